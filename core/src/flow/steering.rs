//! Which instance a packet belongs to, when several tables share the work.
//!
//! Both directions of a flow belong to the same instance, and all flows of an inside address and port
//! under port translation, whose outside port that instance gives out:
//!
//! ```text
//! through a NAT gateway, outward   by the inside address and port; also what leaves from no interface's
//!                                  address, wherever on its way it is
//!                        inward    a forwarding: by its target; else by whose share the port is in
//! anything else                    by both ends, in either order, with private addresses
//! ```
//!
//! A forwarding of all ports of an address leaves no inside port to tell, so there both directions go
//! by the share that the port is in. Behind a NAT gateway only the source tells of it: what has none of
//! an interface's, where a NAT gateway leads it that forwards all ports of an address to it, is taken to
//! have passed that one.

use super::config::{Config, FIRST_PORT, PORTS};
use super::facts::{Entry, Part, facts_of};
use super::fragments::{FRAGMENT, Fragments, WAYS, tick_at};
use super::judge::leaving;
use super::key::{INTERNET, Key, hash, scaled};
use crate::addr::{Addr, Id, Kind};
use crate::memory::{MemoryError, Turn, Words};
use crate::packet::{Origin, View};
use crate::resolve::Flow;
use crate::sync::{AtomicU32, Ordering};
use crate::tables::{Forward, Host, Tables, World};

/// "SKG" and the layout's version.
const MAGIC: u32 = 0x534B_4703;
/// The header: magic, length, instances, fragments and their time-out, the time, the turn; then remembered
/// answers, then fragments.
const LENGTH: u32 = 1;
const INSTANCES: u32 = 2;
const FRAGMENTS: u32 = 3;
const TIMEOUT: u32 = 4;
const CLOCK: u32 = 5;
/// Not 0 while C's thread is at work.
const TURN: u32 = 7;
const ANSWERS: u32 = 8;
/// An answer: the key, who sent it, the epoch of its VPC, and the instance with a bit that says that it is
/// one.
const ANSWER: u32 = 7;
const ANSWER_COUNT: u32 = 512;
const IS_ANSWER: u32 = 1 << 16;
pub(super) const HEADER: u32 = ANSWERS + ANSWER * ANSWER_COUNT;
/// Where hashes begin. Who knows it can send all packets to one instance, but not break anything.
const SEED: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];

/// Says which instance of several a packet belongs to. Each thread that receives packets has one of its
/// own, in memory that it gives: later fragments belong where their first one does.
#[derive(Debug)]
pub struct Steering<'m> {
    mem: Words<'m>,
    fragments: Fragments<'m>,
    instances: u16,
}

impl<'m> Steering<'m> {
    /// Words of memory for a steering that remembers so many fragmented datagrams, rounded up to a
    /// multiple of 4; 0 if they are too many.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub const fn footprint(fragments: u32) -> usize {
        let words = HEADER as u64 + sets(fragments) as u64 * (WAYS * FRAGMENT) as u64;
        if words > (u32::MAX / 4) as u64 { 0 } else { words as usize }
    }

    /// Makes one for the tables of this configuration in uninitialised (zero) memory. Of that the number of
    /// instances, of fragments and the time-out of those count: as long as a table knows a datagram, so
    /// does who steers its fragments there.
    pub fn init(memory: &'m [AtomicU32], config: &Config) -> Result<Steering<'m>, MemoryError> {
        let Config { instances, fragments, timeouts, .. } = *config;
        let words = Steering::footprint(fragments);
        if words == 0 || instances == 0 || u32::from(instances) > PORTS {
            return Err(MemoryError::BadProfile);
        }
        let mem = Words(memory.get(..words).ok_or(MemoryError::TooSmall)?);
        if mem.load(0) != 0 {
            return Err(MemoryError::AlreadyInitialised);
        }
        for at in 1..mem.len() {
            mem.store(at, 0);
        }
        mem.store(LENGTH, mem.len());
        mem.store(INSTANCES, instances.into());
        mem.store(FRAGMENTS, fragments);
        mem.store(TIMEOUT, timeouts.fragment);
        mem.publish(0, MAGIC);
        Ok(Steering::over(mem, instances, fragments))
    }

    /// The length in words of the steering whose header, of at least 6 words, this is.
    #[doc(hidden)]
    pub fn length(head: &[AtomicU32]) -> Result<usize, MemoryError> {
        let mem = Words(head);
        let words = Steering::footprint(mem.load(FRAGMENTS));
        let is_one = mem.acquire(0) == MAGIC && words != 0;
        if is_one { Ok(words) } else { Err(MemoryError::NotInitialised) }
    }

    /// The steering that [`Steering::init`] made in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<Steering<'m>, MemoryError> {
        let mem = Words(memory);
        let fragments = mem.load(FRAGMENTS);
        let words = Steering::footprint(fragments);
        let is_whole = usize::try_from(mem.load(LENGTH)) == Ok(words) && words != 0;
        if mem.acquire(0) != MAGIC || !is_whole {
            return Err(MemoryError::NotInitialised);
        }
        let instances = u16::try_from(mem.load(INSTANCES)).unwrap_or(1).max(1);
        let mem = Words(memory.get(..words).ok_or(MemoryError::TooSmall)?);
        Ok(Steering::over(mem, instances, fragments))
    }

    fn over(mem: Words<'m>, instances: u16, fragments: u32) -> Steering<'m> {
        let (sets, timeout) = (sets(fragments), mem.load(TIMEOUT));
        let fragments = Fragments { mem, at: HEADER, sets, timeout, seed: SEED };
        Steering { mem, fragments, instances }
    }

    /// The turn at this steering; none while another is held.
    #[doc(hidden)]
    pub fn turn(&self) -> Option<Turn<'m>> {
        Turn::take(self.mem, TURN)
    }

    /// Ends it: the memory can be initialised again.
    pub fn fini(self) {
        self.mem.publish(0, 0);
    }

    /// The instance, from 0, that a packet belongs to; `None` if the interface, load balancer or
    /// endpoint that it came from does not exist. What is no packet belongs to any, so to 0.
    pub fn owner_of(
        &mut self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &[u8],
        now: u64,
    ) -> Option<u16> {
        let place = match from {
            Origin::Internet => None,
            Origin::Interface(place) | Origin::InternetVia(place) => {
                Some((place.id(), tables.slot_of(place.id())?))
            }
        };
        if self.instances == 1 {
            return Some(0);
        }
        let Ok(view) = View::new(bytes) else { return Some(0) };
        let now = tick_at(self.mem, CLOCK, now);
        let mut inside = place.filter(|_| matches!(from, Origin::Interface(_)));
        let scope = inside.and_then(|(_, slot)| u16::try_from(slot).ok()).unwrap_or(INTERNET);
        let entry = Entry {
            scope,
            is_inward: !matches!(from, Origin::Interface(_)),
            from: place.map_or(0, |(at, _)| at.to_word()),
        };
        let facts = facts_of(&self.fragments, &view, &entry, now);
        let mut key = facts.key;
        // An error sent inside about a packet as it came from the Internet belongs where that does.
        if let (Part::Error, Some((_, slot))) = (facts.part, inside)
            && tables.slot_of_public(key.ends().source) == Some(slot)
        {
            key = Key::of(key.reversed_words(), key.protocol(), INTERNET);
            inside = None;
        }
        let slot = match inside {
            Some((_, slot)) => Some(slot),
            None => tables.slot_of_public(key.ends().destination),
        };
        let Some((slot, world)) = slot.and_then(|slot| Some((slot, tables.world(slot)?))) else {
            return Some(0);
        };
        // Epochs are a VPC's own, so the slot is part of the question.
        let at = inside.map_or(1 << 31 | slot, |(at, _)| at.to_word());
        let [a, b, c, d] = key.0;
        let question = [a, b, c, d, at, world.epoch()];
        let answer = self.answer_at(&question);
        if let Some(owner) = self.remembered(answer, &question) {
            return Some(owner);
        }
        let owner = match inside {
            Some((at, _)) => {
                // The sender knows of NAT gateways before the interface that it was carried to.
                let sender =
                    world.owner(key.ends().source).filter(|id| id.kind != Kind::NatGateway);
                let via = leaving(tables, sender.unwrap_or(at), &key.header(), Flow::Reply);
                let via = via.map(|judged| judged.verdict.via).unwrap_or_default();
                let nat = via.iter().find(|hop| hop.kind == Kind::NatGateway);
                let nat = nat.and_then(|nat| world.host(*nat));
                let is_own =
                    || world.host(at).is_some_and(|host| host.address == key.ends().source);
                let is_owned = sender.is_some() || is_own();
                self.outward(&world, at, nat.as_ref(), &key, slot, is_owned)
            }
            None => self.inward(&world, &key, slot),
        };
        let is_answer = u32::from(owner) | IS_ANSWER;
        for (at, word) in (answer..).zip(question.into_iter().chain([is_answer])) {
            self.mem.store(at, word);
        }
        Some(owner)
    }

    /// Where the answer to a question is remembered.
    fn answer_at(&self, question: &[u32; 6]) -> u32 {
        let [a, b, c, d, ..] = *question;
        let place = hash(SEED, &[a, b, c, d]) & u64::from(ANSWER_COUNT - 1);
        ANSWERS + ANSWER * u32::try_from(place).unwrap_or(0)
    }

    fn remembered(&self, at: u32, question: &[u32; 6]) -> Option<u16> {
        let words = self.mem.range(at, ANSWER).first_chunk::<7>()?;
        let [words @ .., owner] = words.each_ref().map(|word| word.load(Ordering::Relaxed));
        let is_it = words == *question && owner & IS_ANSWER != 0;
        is_it.then(|| u16::try_from(owner & 0xFFFF).unwrap_or(0))
    }

    fn outward(
        &self,
        world: &World<'_>,
        at: Id,
        nat: Option<&Host>,
        key: &Key,
        slot: u32,
        is_owned: bool,
    ) -> u16 {
        let ends = key.ends();
        if let Some(nat) = nat {
            let port = ends.source_port;
            let forward =
                world.forward_out(nat, ends.source, key.protocol(), key.header().source_port);
            return match forward {
                Some(forward) => self.forwarded(&forward, ends.source, port, key, slot),
                None => self.by_inside(ends.source, port, key, slot),
            };
        }
        let owner = world.owner(ends.destination);
        if owner.is_some_and(|owner| owner.kind == Kind::NatGateway) {
            return self.by_share(ends.destination_port);
        }
        // Out of the VPC nothing but a NAT gateway brings what nobody's address has sent: it is behind
        // already where it is not ahead.
        if !is_owned && owner.is_none() {
            let all_ports = forwards_all_behind(world, at, key);
            let port = ends.source_port;
            return match all_ports {
                Some(forward) => self.forwarded(&forward, ends.source, port, key, slot),
                None => self.by_inside(ends.source, port, key, slot),
            };
        }
        self.by_both(ends.source, ends.destination, key, slot)
    }

    fn inward(&self, world: &World<'_>, key: &Key, slot: u32) -> u16 {
        let ends = key.ends();
        let target = world.target(ends.destination);
        let Some((target, host)) = target.and_then(|target| Some((target, world.host(target)?)))
        else {
            return 0;
        };
        if target.kind != Kind::NatGateway {
            return self.by_both(ends.source, host.address, key, slot);
        }
        let port = key.header().destination_port;
        match world.forward_in(&host, ends.destination, key.protocol(), port) {
            Some(forward) => {
                let port = forward.private_port.unwrap_or(ends.destination_port);
                self.forwarded(&forward, forward.private, port, key, slot)
            }
            None => self.by_share(ends.destination_port),
        }
    }

    /// By the target of a forwarding and the port that it has there.
    fn forwarded(&self, forward: &Forward, private: Addr, port: u16, key: &Key, slot: u32) -> u16 {
        match forward.private_port {
            None if port >= FIRST_PORT => self.by_share(port),
            _ => self.by_inside(private, port, key, slot),
        }
    }

    fn by_inside(&self, address: Addr, port: u16, key: &Key, slot: u32) -> u16 {
        let rest = u32::from(port) << 16 | u32::from(key.protocol());
        self.of_hash(hash(SEED, &[address.0, rest, slot, 0]))
    }

    /// By both ends; the ports are the key's, wherever they are.
    fn by_both(&self, source: Addr, destination: Addr, key: &Key, slot: u32) -> u16 {
        let end = |address: Addr, port: u16| (address.0, u32::from(port));
        let one = end(source, key.ends().source_port);
        let other = end(destination, key.ends().destination_port);
        let ((a, b), (c, d)) = (one.min(other), one.max(other));
        self.of_hash(hash(SEED, &[a, c, b << 16 | d, slot << 8 | u32::from(key.protocol())]))
    }

    fn of_hash(&self, hash: u64) -> u16 {
        u16::try_from(scaled(hash, self.instances.into())).unwrap_or(0)
    }

    /// The instance whose share a port is in.
    pub(super) fn by_share(&self, port: u16) -> u16 {
        let offset = u32::from(port.saturating_sub(FIRST_PORT));
        let n = u32::from(self.instances);
        // The largest k with PORTS * k / n <= offset.
        let k = (u64::from(offset) + 1) * u64::from(n) - 1;
        u16::try_from(k / u64::from(PORTS)).unwrap_or(0).min(self.instances - 1)
    }
}

/// The forwarding of all ports of an address to the source of a packet, by a NAT gateway that would have led
/// it to where it is.
fn forwards_all_behind(world: &World<'_>, at: Id, key: &Key) -> Option<Forward> {
    let (header, mut last) = (key.header(), None);
    while let Some(id) = world.nat_after(last) {
        last = Some(id);
        let Some(nat) = world.host(id) else { continue };
        let forward = world.forward_out(&nat, header.source, header.protocol, header.source_port);
        let all_ports = forward.filter(|forward| forward.private_port.is_none());
        if all_ports.is_some() && world.passes_behind(&nat, &header, at) {
            return all_ports;
        }
    }
    None
}

const fn sets(fragments: u32) -> u32 {
    fragments.div_ceil(WAYS)
}
