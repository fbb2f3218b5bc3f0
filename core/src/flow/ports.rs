//! Port translation: which outside port an inside address and port have, the same for all that they talk
//! to (RFC 4787 REQ-1), and which ports of an address are free.
//!
//! The ports of an address and protocol are kept in blocks of 64, made when one of theirs is given out;
//! a summary counts what is given out. A mapping has one port, so there are never more blocks than
//! mappings. A search looks at each block twice at most, and gives up after some ports that are free but
//! in use by others for the same remote; one that found nothing is not repeated until a port is free.

use core::cell::Cell;

use super::config::{FIRST_PORT, header};
use super::index::Index;
use super::key::{hash, scaled};
use super::slab::Slab;
use crate::addr::{Addr, NatGatewayId};
use crate::memory::Words;
#[cfg(any(test, feature = "model"))]
use crate::packet::ICMP;
use crate::packet::{TCP, UDP};

/// A pair of an inside address and port with an outside address, in a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inside {
    pub(super) address: Addr,
    pub(super) port: u16,
    pub(super) outside: Addr,
    pub(super) protocol: u8,
    pub(super) scope: u16,
    /// Where answers come from: the Internet, or the VPC where the packet stays inside.
    pub(super) answers_from: u16,
}

/// Who wants a mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) inside: Inside,
    /// The epoch of its VPC, whose forwardings name ports.
    pub(super) epoch: u32,
    /// Whether another mapping will make room for this one.
    pub(super) one_goes: bool,
}

/// Whose ports are given out: an address as one side sees it. Private ones may be alike in VPCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pool {
    pub(super) address: Addr,
    pub(super) protocol: u8,
    pub(super) scope: u16,
}

/// A mapping as it is kept: the words of [`Inside`], how many flows use it, its port and NAT gateway.
/// The first word of a free one is a link.
const USES: u32 = 4;
const PORT_NAT: u32 = 5;

/// A block: address, then scope, protocol and number, and 64 ports in two words. Or a summary with a
/// count, and the epoch in which a search has found nothing, until a port is free again.
const BITS: u32 = 2;
const COUNT: u32 = 2;
const NOTHING: u32 = 3;
/// The number that tells a summary: numbers have 14 bits.
const SUMMARY: u16 = 0x3FFF;
/// Ports that are in use for the same remote after which a search gives up.
const TRIES: u32 = 64;
/// Ports of a block.
const BLOCK_PORTS: u32 = 64;

impl Inside {
    fn words(&self) -> [u32; 4] {
        [
            self.address.0,
            self.outside.0,
            u32::from(self.port) << 16 | u32::from(self.protocol),
            u32::from(self.scope) << 16 | u32::from(self.answers_from),
        ]
    }

    pub(super) fn pool(&self) -> Pool {
        let Inside { outside, protocol, answers_from, .. } = *self;
        Pool { address: outside, protocol, scope: answers_from }
    }
}

/// What a block says about an address: which ports are given out, or how many.
#[cfg(any(test, feature = "model"))]
pub(super) enum Given<P> {
    Ports { pool: Pool, ports: P },
    Count { pool: Pool, count: u32 },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Ports<'m> {
    pub(super) mem: Words<'m>,
    pub(super) seed: [u64; 2],
    pub(super) mappings: Slab<'m>,
    pub(super) mapping_index: Index<'m>,
    pub(super) blocks: Slab<'m>,
    pub(super) block_index: Index<'m>,
    /// The first port that is given out here, and the one behind the last.
    pub(super) share: (u32, u32),
    /// Most mappings; there is room for one more while a flow makes room for another.
    pub(super) most: u32,
}

impl Ports<'_> {
    /// Whether there is a record of this number that has these words.
    fn is(&self, slab: &Slab<'_>, number: u32, words: &[u32]) -> bool {
        number <= slab.capacity
            && (slab.place(number)..).zip(words).all(|(at, word)| self.mem.load(at) == *word)
    }

    /// The mapping of an inside address and port, if it has one.
    pub(super) fn find(&self, inside: &Inside) -> Option<u32> {
        let words = inside.words();
        self.mapping_index.find(hash(self.seed, &words), |number| {
            self.is(&self.mappings, number, &words).then_some(number)
        })
    }

    pub(super) fn port(&self, mapping: u32) -> u16 {
        crate::addr::half(self.mem.load(self.mappings.place(mapping) + PORT_NAT), true)
    }

    pub(super) fn nat(&self, mapping: u32) -> NatGatewayId {
        let word = self.mem.load(self.mappings.place(mapping) + PORT_NAT);
        NatGatewayId(crate::addr::half(word, false))
    }

    pub(super) fn outside(&self, mapping: u32) -> Addr {
        Addr(self.mem.load(self.mappings.place(mapping) + 1))
    }

    /// Gives a flow the use of a mapping.
    pub(super) fn hold(&self, mapping: u32) {
        let at = self.mappings.place(mapping) + USES;
        self.mem.store(at, self.mem.load(at).saturating_add(1));
    }

    /// Takes a flow's use away, and the mapping with the last one.
    pub(super) fn release(&self, mapping: u32) {
        let at = self.mappings.place(mapping);
        let uses = self.mem.load(at + USES).saturating_sub(1);
        self.mem.store(at + USES, uses);
        if uses > 0 {
            return;
        }
        let word = |n| self.mem.load(at + n);
        self.free(&self.inside(mapping).pool(), self.port(mapping).into());
        let words = [word(0), word(1), word(2), word(3)];
        self.mapping_index.remove(hash(self.seed, &words), mapping);
        self.mappings.give(mapping);
    }

    /// How many flows use a mapping.
    pub(super) fn uses(&self, mapping: u32) -> u32 {
        self.mem.load(self.mappings.place(mapping) + USES)
    }

    /// Notes that the outside address is another NAT gateway's now.
    pub(super) fn set_nat(&self, mapping: u32, nat: NatGatewayId) {
        let at = self.mappings.place(mapping) + PORT_NAT;
        self.mem.store(at, self.mem.load(at) & 0xFFFF_0000 | u32::from(nat.0));
    }

    /// Makes a mapping, if there is a free port that no forwarding names, and that is not in use by
    /// answers of the same remote. No flow uses it yet.
    pub(super) fn map(
        &self,
        wish: &Wish,
        nat: NatGatewayId,
        is_named: impl Fn(u16) -> bool,
        is_in_use: impl Fn(u16) -> bool,
    ) -> Option<u32> {
        if self.mappings.used() >= self.most.saturating_add(u32::from(wish.one_goes)) {
            return None;
        }
        let port = self.pick(wish, is_named, is_in_use)?;
        let mapping = self.mappings.take()?;
        let words = wish.inside.words();
        let at = self.mappings.place(mapping);
        let port_nat = u32::from(port) << 16 | u32::from(nat.0);
        for (at, word) in (at..).zip(words.into_iter().chain([0, port_nat])) {
            self.mem.store(at, word);
        }
        let is_placed = self.mapping_index.insert(hash(self.seed, &words), mapping)
            && self.give_out(&wish.inside.pool(), port.into());
        if !is_placed {
            self.mapping_index.remove(hash(self.seed, &words), mapping);
            self.mappings.give(mapping);
            return None;
        }
        Some(mapping)
    }

    /// A free port: the inside one, else one of its parity, else any; from a place that only the seed
    /// tells (RFC 6056).
    fn pick(
        &self,
        wish: &Wish,
        is_named: impl Fn(u16) -> bool,
        is_in_use: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        let (pool, inside) = (wish.inside.pool(), &wish.inside);
        let (first, end) = self.share;
        let summary = self.block(&pool, SUMMARY);
        let told = |word| summary.map_or(0, |at| self.mem.load(at + word));
        if first.saturating_add(told(COUNT)) >= end || told(NOTHING) == wish.epoch {
            return None;
        }
        let own = u32::from(inside.port);
        let tries = Cell::new(0);
        let is_good = |port: u16| {
            if is_named(port) {
                return false;
            }
            let is_used = is_in_use(port);
            tries.set(tries.get() + u32::from(is_used));
            !is_used
        };
        let is_own_free =
            (first..end).contains(&own) && self.bits(&pool, block_of(own)) & bit(own) == 0;
        if is_own_free && is_good(inside.port) {
            return Some(inside.port);
        }
        let blocks = block_of(first)..block_of(end - 1) + 1;
        let count = u32::try_from(blocks.len()).unwrap_or(0);
        let spread = scaled(hash(self.seed, &inside.words()), count);
        let start = blocks.start + u16::try_from(spread).unwrap_or(0);
        // Ports of even number have the even bits of a block, as blocks start with one.
        let even = 0x5555_5555_5555_5555_u64;
        let (same, other) = if own.is_multiple_of(2) { (even, !even) } else { (!even, even) };
        for parity in [same, other] {
            for number in (start..blocks.end).chain(blocks.start..start) {
                let mut free = !self.bits(&pool, number) & parity;
                while free != 0 && tries.get() < TRIES {
                    let port = first_of(number) + free.trailing_zeros();
                    free &= free - 1;
                    let found = u16::try_from(port).ok().filter(|_| (first..end).contains(&port));
                    if let Some(port) = found.filter(|&port| is_good(port)) {
                        return Some(port);
                    }
                }
            }
        }
        if tries.get() == 0
            && let Some(at) = summary
        {
            self.mem.store(at + NOTHING, wish.epoch);
        }
        None
    }

    /// Where a block lies, if it is there.
    fn block(&self, pool: &Pool, number: u16) -> Option<u32> {
        Some(self.blocks.place(self.block_number(pool, number)?))
    }

    fn block_number(&self, pool: &Pool, number: u16) -> Option<u32> {
        let [words @ .., _, _] = block_words(pool, number);
        self.block_index.find(self.block_hash(words), |block| {
            self.is(&self.blocks, block, &words).then_some(block)
        })
    }

    fn block_hash(&self, words: [u32; 2]) -> u64 {
        let [address, number] = words;
        hash(self.seed, &[address, number, 0, 0])
    }

    fn block_or_new(&self, pool: &Pool, number: u16) -> Option<u32> {
        if let Some(at) = self.block(pool, number) {
            return Some(at);
        }
        let block = self.blocks.take()?;
        let words = block_words(pool, number);
        let at = self.blocks.place(block);
        for (at, word) in (at..).zip(words) {
            self.mem.store(at, word);
        }
        let [key @ .., _, _] = words;
        if !self.block_index.insert(self.block_hash(key), block) {
            self.blocks.give(block);
            return None;
        }
        Some(at)
    }

    fn drop_block(&self, pool: &Pool, number: u16) {
        if let Some(block) = self.block_number(pool, number) {
            let [key @ .., _, _] = block_words(pool, number);
            self.block_index.remove(self.block_hash(key), block);
            self.blocks.give(block);
        }
    }

    fn bits(&self, pool: &Pool, number: u16) -> u64 {
        let word = |at| u64::from(self.mem.load(at));
        self.block(pool, number).map_or(0, |at| word(at + BITS) | word(at + BITS + 1) << 32)
    }

    fn store_bits(&self, at: u32, bits: u64) {
        let [low, high] = super::fragments::split(bits);
        self.mem.store(at + BITS, low);
        self.mem.store(at + BITS + 1, high);
    }

    /// Notes that a port is given out; false if there was no room to.
    fn give_out(&self, pool: &Pool, port: u32) -> bool {
        let Some(summary) = self.block_or_new(pool, SUMMARY) else { return false };
        let number = block_of(port);
        let Some(at) = self.block_or_new(pool, number) else {
            if self.mem.load(summary + COUNT) == 0 {
                self.drop_block(pool, SUMMARY);
            }
            return false;
        };
        self.store_bits(at, self.bits(pool, number) | bit(port));
        self.mem.store(summary + COUNT, self.mem.load(summary + COUNT).saturating_add(1));
        true
    }

    fn free(&self, pool: &Pool, port: u32) {
        let number = block_of(port);
        let Some(at) = self.block(pool, number) else { return };
        let left = self.bits(pool, number) & !bit(port);
        self.store_bits(at, left);
        if left == 0 {
            self.drop_block(pool, number);
        }
        let Some(summary) = self.block(pool, SUMMARY) else { return };
        let given = self.mem.load(summary + COUNT).saturating_sub(1);
        self.mem.store(summary + COUNT, given);
        self.mem.store(summary + NOTHING, 0);
        if given == 0 {
            self.drop_block(pool, SUMMARY);
        }
    }

    /// What a mapping is of.
    pub(super) fn inside(&self, mapping: u32) -> Inside {
        let at = self.mappings.place(mapping);
        let [address, outside, rest, scope] = [0, 1, 2, 3].map(|n| self.mem.load(at + n));
        Inside {
            address: Addr(address),
            port: crate::addr::half(rest, true),
            outside: Addr(outside),
            protocol: rest.to_be_bytes()[3],
            scope: crate::addr::half(scope, true),
            answers_from: crate::addr::half(scope, false),
        }
    }

    /// What a block says.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn given(&self, block: u32) -> Given<impl Iterator<Item = u16> + use<>> {
        let at = self.blocks.place(block);
        let [address, kind, low, high] = [0, 1, 2, 3].map(|n| self.mem.load(at + n));
        let protocol = match (kind >> 14) & 3 {
            0 => TCP,
            1 => UDP,
            _ => ICMP,
        };
        let pool = Pool { address: Addr(address), protocol, scope: crate::addr::half(kind, true) };
        let number = crate::addr::half(kind, false) & SUMMARY;
        if number == SUMMARY {
            return Given::Count { pool, count: low };
        }
        let bits = u64::from(low) | u64::from(high) << 32;
        let ports = (0..BLOCK_PORTS).filter(move |n| bits >> n & 1 == 1);
        let ports = ports.map(move |n| u16::try_from(first_of(number) + n).unwrap_or(0));
        Given::Ports { pool, ports }
    }

    /// Whether there is one mapping more than there may be.
    pub(super) fn is_over(&self) -> bool {
        self.used() > self.most
    }

    /// Mappings that are used.
    pub(super) fn used(&self) -> u32 {
        self.mem.load(header::MAPPINGS + 2)
    }
}

fn block_words(pool: &Pool, number: u16) -> [u32; 4] {
    // Ports are given out for these protocols alone.
    let protocol = match pool.protocol {
        TCP => 0,
        UDP => 1,
        _ => 2,
    };
    let kind = u32::from(pool.scope) << 16 | protocol << 14 | u32::from(number & SUMMARY);
    [pool.address.0, kind, 0, 0]
}

fn block_of(port: u32) -> u16 {
    u16::try_from(port.saturating_sub(FIRST_PORT.into()) / BLOCK_PORTS).unwrap_or(0)
}

fn first_of(block: u16) -> u32 {
    u32::from(FIRST_PORT) + u32::from(block) * BLOCK_PORTS
}

fn bit(port: u32) -> u64 {
    1 << (port.saturating_sub(FIRST_PORT.into()) % BLOCK_PORTS)
}
