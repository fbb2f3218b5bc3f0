//! The fixed cache of what the first fragments of datagrams have said: their ports, or what they are about.

use super::key::{hash, scaled};
use crate::addr::{Addr, half};
use crate::memory::Words;
use crate::packet::Ends;

/// Places that a datagram may be in.
pub(super) const WAYS: u32 = 4;
/// Words of a place: four of what tells the datagram, the ports, the source address of answers to the packet
/// that an error is about, and the time in two. In the upper half of the last word: that the place is
/// used, that it is of an error, and the protocol of what that is about.
pub(super) const FRAGMENT: u32 = 8;
const PORTS: u32 = 4;
const SOURCE: u32 = 5;
const TIME: u32 = 6;
const USED: u32 = 1 << 31;
const ERROR: u32 = 1 << 30;
const PROTOCOL_SHIFT: u32 = 16;

/// A fragment cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragments<'m> {
    pub(super) mem: Words<'m>,
    pub(super) at: u32,
    pub(super) sets: u32,
    pub(super) timeout: u32,
    pub(super) seed: [u64; 2],
}

/// What tells a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub(super) source: u32,
    pub(super) destination: u32,
    pub(super) identification: u16,
    pub(super) protocol: u8,
    /// Where it came from.
    pub(super) from: u32,
}

/// What a first fragment says of its datagram's flow.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    /// The ports of source and destination.
    Ports(u16, u16),
    /// The datagram is an ICMP error: the protocol and the ends of packets that answer the one that it is
    /// about. They go where it goes.
    About(u8, Ends),
    /// It is of no flow.
    Nothing,
}

impl Datagram {
    fn words(&self) -> [u32; 4] {
        let rest = u32::from(self.identification) << 16 | u32::from(self.protocol);
        [self.source, self.destination, rest, self.from]
    }
}

impl Fragments<'_> {
    fn places(&self, words: [u32; 4]) -> impl Iterator<Item = u32> + use<'_> {
        let set = scaled(hash(self.seed, &words), self.sets);
        let ways = if self.sets == 0 { 0 } else { WAYS };
        (0..ways).map(move |way| self.at + (set * WAYS + way) * FRAGMENT)
    }

    fn time(&self, at: u32) -> Option<u64> {
        let high = self.mem.load(at + TIME + 1);
        let low = self.mem.load(at + TIME);
        (high & USED != 0).then(|| u64::from(half(high, false)) << 32 | u64::from(low))
    }

    fn is(&self, at: u32, words: [u32; 4]) -> bool {
        (at..).zip(words).all(|(at, word)| self.mem.load(at) == word)
    }

    /// Remembers what a first fragment says, in the place of the oldest if there is no other.
    pub(super) fn put(&self, datagram: &Datagram, said: &Said, now: u64) {
        let words = datagram.words();
        let same = self.places(words).find(|&at| self.is(at, words));
        // Unknown and of no flow are the same, but what an earlier datagram has left has to go.
        let (source, ports, kind) = match *said {
            Said::Ports(source, destination) => (0, (source, destination), USED),
            Said::About(protocol, ends) => {
                let kind = USED | ERROR | u32::from(protocol) << PROTOCOL_SHIFT;
                (ends.source.0, (ends.source_port, ends.destination_port), kind)
            }
            Said::Nothing if same.is_none() => return,
            Said::Nothing => (0, (0, 0), 0),
        };
        let oldest = || self.places(words).min_by_key(|&at| self.time(at));
        let Some(at) = same.or_else(oldest) else { return };
        let [low, high] = split(now);
        let ports = u32::from(ports.0) << 16 | u32::from(ports.1);
        let [a, b, c, d] = words;
        for (at, word) in (at..).zip([a, b, c, d, ports, source, low, high | kind]) {
            self.mem.store(at, word);
        }
    }

    /// What the first fragment of the datagram has said, if it was not too long ago.
    pub(super) fn get(&self, datagram: &Datagram, now: u64) -> Said {
        self.find(datagram, now).unwrap_or(Said::Nothing)
    }

    fn find(&self, datagram: &Datagram, now: u64) -> Option<Said> {
        let words = datagram.words();
        let at = self.places(words).find(|&at| self.is(at, words))?;
        let age = now.saturating_sub(self.time(at)?);
        if age >= u64::from(self.timeout) {
            return None;
        }
        let (ports, kind) = (self.mem.load(at + PORTS), self.mem.load(at + TIME + 1));
        let (source_port, destination_port) = (half(ports, true), half(ports, false));
        if kind & ERROR == 0 {
            return Some(Said::Ports(source_port, destination_port));
        }
        let [_, protocol, ..] = kind.to_be_bytes();
        let (source, destination) = (Addr(self.mem.load(at + SOURCE)), Addr(datagram.destination));
        Some(Said::About(protocol, Ends { source, destination, source_port, destination_port }))
    }
}

/// The low and the high word of a time.
pub(super) fn split(time: u64) -> [u32; 2] {
    let word = |time: u64| u32::try_from(time & 0xFFFF_FFFF).unwrap_or(0);
    [word(time), word(time >> 32)]
}

/// The last time; a later one counts as that.
const LAST: u64 = (1 << 48) - 1;

/// The latest time that was told and is kept at a place: an earlier one counts as that.
#[inline]
pub(super) fn tick_at(mem: Words<'_>, at: u32, now: u64) -> u64 {
    let latest = read_time(mem, at);
    if now <= latest {
        return latest;
    }
    let now = now.min(LAST);
    write_time(mem, at, now);
    now
}

/// As [`tick_at`], but the time is not noted.
pub(super) fn time_at(mem: Words<'_>, at: u32, now: u64) -> u64 {
    now.min(LAST).max(read_time(mem, at))
}

pub(super) fn read_time(mem: Words<'_>, at: u32) -> u64 {
    u64::from(mem.load(at)) | u64::from(mem.load(at + 1)) << 32
}

pub(super) fn write_time(mem: Words<'_>, at: u32, time: u64) {
    let [low, high] = split(time);
    mem.store(at, low);
    mem.store(at + 1, high);
}
