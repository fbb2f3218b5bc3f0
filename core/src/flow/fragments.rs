//! The fixed cache of what the first fragments of datagrams have said: their ports.

use super::key::{hash, scaled};
use crate::memory::Words;

/// Places that a datagram may be in.
pub(super) const WAYS: u32 = 4;
/// Words of a place: four of what tells the datagram, the ports, and the time in two, whose high word's
/// top bit says that the place is used.
pub(super) const FRAGMENT: u32 = 7;
const PORTS: u32 = 4;
const TIME: u32 = 5;
const USED: u32 = 1 << 31;

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
        (high & USED != 0)
            .then(|| u64::from(high & !USED) << 32 | u64::from(self.mem.load(at + TIME)))
    }

    fn is(&self, at: u32, words: [u32; 4]) -> bool {
        (at..).zip(words).all(|(at, word)| self.mem.load(at) == word)
    }

    /// Remembers the ports of a first fragment, in the place of the oldest if there is no other.
    pub(super) fn put(&self, datagram: &Datagram, ports: (u16, u16), now: u64) {
        let words = datagram.words();
        let same = self.places(words).find(|&at| self.is(at, words));
        let oldest = || self.places(words).min_by_key(|&at| self.time(at));
        let Some(at) = same.or_else(oldest) else { return };
        let [low, high] = split(now);
        let ports = u32::from(ports.0) << 16 | u32::from(ports.1);
        let [a, b, c, d] = words;
        for (at, word) in (at..).zip([a, b, c, d, ports, low, high | USED]) {
            self.mem.store(at, word);
        }
    }

    /// The ports that the first fragment of the datagram had, if it was not too long ago.
    pub(super) fn get(&self, datagram: &Datagram, now: u64) -> Option<(u16, u16)> {
        let words = datagram.words();
        let at = self.places(words).find(|&at| self.is(at, words) && self.time(at).is_some())?;
        let age = now.saturating_sub(self.time(at)?);
        let ports = self.mem.load(at + PORTS);
        let half = |high| crate::addr::half(ports, high);
        (age < u64::from(self.timeout)).then(|| (half(true), half(false)))
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
