//! Counters that one thread writes and any may read meanwhile.
//!
//! A counter is three words: high, low, high. The writer, when the low word runs over, stores the
//! second high word, the low one, the first high one; a reader loads them in the opposite order. If it
//! sees the same high word twice, the low one belongs to it; else the low word is running over meanwhile.
//! So what is read was the value at some time during the reading, or one that it has jumped over.

use super::config::{Head, header};
use super::key::scaled;
use super::record::Step;
use crate::addr::Addr;
use crate::memory::Words;
use crate::packet::Next;
use crate::resolve::DropReason;
use crate::sync::{AtomicU32, Ordering};

/// Words of a counter.
pub(super) const COUNTER: u32 = 3;
/// Words of a pair: packets and bytes.
const PAIR: u32 = 2 * COUNTER;
/// Pairs for what became of packets, then for the reasons of drops by number.
const NEXTS: u32 = 8;
const REASONS: u32 = 32;
/// Words of all of them.
pub(super) const COUNTERS: u32 = (NEXTS + REASONS) * PAIR;
/// Places that an address may have its meter in; if others have them all, it is counted with the rest.
const PROBES: usize = 16;
/// Words of a meter: the address, a pair for each direction, and padding to a cache line.
pub(super) const METER: u32 = 16;

const _: () = assert!(DropReason::ALL.len() < 32);

/// Packets and their bytes: IP total lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The traffic of a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Meter {
    /// The address; 0.0.0.0 for those that had no meter of their own left.
    pub address: Addr,
    /// Sent to the Internet from it.
    pub out: Count,
    /// From the Internet to it, and not dropped.
    pub inward: Count,
}

impl Meter {
    pub(super) fn is_used(&self) -> bool {
        self.out.packets != 0 || self.inward.packets != 0
    }
}

/// What became of packets, as counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcomes {
    /// Left to the Internet.
    Egress,
    /// Delivered inside the VPC.
    Deliver,
    /// Handed to an external next hop.
    Handoff,
    /// Reached the cloud's services.
    Service,
    /// Dropped, for whatever reason.
    Drop,
    /// A step to an interface that forwards.
    Forward,
    /// A step to an appliance.
    Inspect,
}

impl Outcomes {
    const fn place(self) -> u32 {
        match self {
            Outcomes::Egress => 0,
            Outcomes::Deliver => 1,
            Outcomes::Handoff => 2,
            Outcomes::Service => 3,
            Outcomes::Drop => 4,
            Outcomes::Forward => 5,
            Outcomes::Inspect => 6,
        }
    }

    fn of(next: &Next) -> Outcomes {
        match next {
            Next::Internet => Outcomes::Egress,
            Next::Deliver(_) => Outcomes::Deliver,
            Next::Handoff(_) => Outcomes::Handoff,
            Next::Service => Outcomes::Service,
            Next::Forward(_) => Outcomes::Forward,
            Next::Inspect { .. } => Outcomes::Inspect,
            Next::Drop(_) | Next::Translate(_) => Outcomes::Drop,
        }
    }
}

/// The counters of a flow table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters<'m> {
    pub(super) mem: Words<'m>,
    pub(super) head: Head<'m>,
    pub(super) meters: u32,
    /// The meters, by number.
    pub(super) lines: &'m [[AtomicU32; 16]],
    /// Without the one for all others.
    pub(super) meter_count: u32,
}

/// What became of known flows' packets in a burst, to be counted at once.
#[derive(Debug, Default)]
pub(super) struct Tally([Sum; 4]);

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    packets: u32,
    bytes: u32,
}

impl Tally {
    /// Notes a packet; of no more than 65536 the bytes do not run over.
    #[inline(always)]
    pub(super) fn add(&mut self, step: Step, bytes: u32) {
        if let Some(sum) = self.0.get_mut(crate::memory::index(step.kind())) {
            sum.packets = sum.packets.wrapping_add(1);
            sum.bytes = sum.bytes.wrapping_add(bytes);
        }
    }
}

impl<'m> Counters<'m> {
    /// Counts what became of a packet.
    pub(super) fn count(&self, next: &Next, bytes: u32) {
        self.count_passed(next, bytes);
        if let Next::Drop(reason) = next {
            bump(Words(self.head), reason_at(*reason), bytes);
        }
    }

    /// Counts a packet of a known flow. The kinds of steps are the first places.
    #[inline(always)]
    pub(super) fn count_step(&self, step: Step, bytes: u32) {
        let at = crate::memory::index(header::COUNTS + step.kind() * PAIR);
        if let Some(pair) = self.head.get(at..).and_then(|rest| rest.first_chunk()) {
            add_pair(pair, bytes);
        }
    }

    /// Counts the packets of a burst.
    pub(super) fn count_all(&self, tally: &Tally) {
        for (kind, sum) in (0..).zip(&tally.0).filter(|(_, sum)| sum.packets != 0) {
            let at = header::COUNTS + kind * PAIR;
            add_at(Words(self.head), at, sum.packets);
            add_at(Words(self.head), at + COUNTER, sum.bytes);
        }
    }

    /// Counts a packet that was not dropped.
    #[inline]
    pub(super) fn count_passed(&self, next: &Next, bytes: u32) {
        bump(Words(self.head), header::COUNTS + Outcomes::of(next).place() * PAIR, bytes);
    }

    pub(super) fn outcomes(&self, outcomes: Outcomes) -> Count {
        self.read(header::COUNTS + outcomes.place() * PAIR)
    }

    pub(super) fn dropped(&self, reason: DropReason) -> Count {
        self.read(reason_at(reason))
    }

    fn read(&self, at: u32) -> Count {
        Count { packets: read(self.mem, at), bytes: read(self.mem, at + COUNTER) }
    }

    /// The number of the meter of an address, made if there is room: else that of all others.
    pub(super) fn meter(&self, address: Addr) -> u32 {
        self.probe(address).unwrap_or(self.meter_count)
    }

    fn meter_at(&self, number: u32) -> u32 {
        self.meters + number.min(self.meter_count) * METER
    }

    /// The meter of an address, or a new one: meters are never given back, so the first that is
    /// empty ends the search.
    fn probe(&self, address: Addr) -> Option<u32> {
        let number = self.search(address)?;
        // An address becomes visible when its counters are zero, which they are.
        self.mem.publish(self.meter_at(number), address.0);
        Some(number)
    }

    fn search(&self, address: Addr) -> Option<u32> {
        if address.0 == 0 {
            return None;
        }
        let spread = u64::from(address.0.wrapping_mul(0x9E37_79B1));
        let start = scaled(spread, self.meter_count);
        let numbers = (start..self.meter_count).chain(0..start);
        for number in numbers.take(PROBES) {
            let found = self.mem.acquire(self.meter_at(number));
            if found == address.0 || found == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Counts a packet of an address in the meter of this number, if that is the address' own.
    #[inline(always)]
    pub(super) fn meter_known(&self, number: u32, address: Addr, is_out: bool, bytes: u32) -> bool {
        // A meter is a cache line: one look at the bounds serves the address and the counters.
        let meter = self.lines.get(crate::memory::index(number));
        let Some([known, pairs @ ..]) = meter else { return false };
        let ([out, inward, ..], _) = pairs.as_chunks::<6>() else { return false };
        let is_its = known.load(Ordering::Relaxed) == address.0;
        if is_its {
            add_pair(if is_out { out } else { inward }, bytes);
        }
        is_its
    }

    /// Counts a packet of an address.
    pub(super) fn meter_packet(&self, number: u32, is_out: bool, bytes: u32) {
        bump(self.mem, self.meter_at(number) + 1 + if is_out { 0 } else { PAIR }, bytes);
    }

    /// The meter of an address, if it has one.
    pub(super) fn find_meter(&self, address: Addr) -> Option<Meter> {
        let number = if address.0 == 0 { self.meter_count } else { self.search(address)? };
        self.read_meter(number).filter(|meter| meter.address == address)
    }

    /// A meter by number; the last one is of all addresses without their own.
    pub(super) fn read_meter(&self, number: u32) -> Option<Meter> {
        if number > self.meter_count {
            return None;
        }
        let at = self.meter_at(number);
        let address = Addr(self.mem.acquire(at));
        Some(Meter { address, out: self.read(at + 1), inward: self.read(at + 1 + PAIR) })
    }
}

fn reason_at(reason: DropReason) -> u32 {
    header::COUNTS + (NEXTS + u32::from(reason.number()) % REASONS) * PAIR
}

/// Counts a packet in the pair at a place.
#[inline]
fn bump(mem: Words<'_>, at: u32, bytes: u32) {
    if let Some(pair) = mem.chunk::<6>(at) {
        add_pair(pair, bytes);
    }
}

/// Counts a packet.
#[inline(always)]
fn add_pair([high, low, check, more @ ..]: &[AtomicU32; 6], bytes: u32) {
    add([high, low, check], 1);
    add(more.each_ref(), bytes);
}

#[inline(always)]
fn add([high, low, check]: [&AtomicU32; 3], amount: u32) {
    let (sum, is_over) = low.load(Ordering::Relaxed).overflowing_add(amount);
    if is_over {
        let next = check.load(Ordering::Relaxed).wrapping_add(1);
        check.store(next, Ordering::Relaxed);
        low.store(sum, Ordering::Release);
        high.store(next, Ordering::Release);
    } else {
        // Whoever sees this has to see the high word that was stored before an earlier one, too.
        low.store(sum, Ordering::Release);
    }
}

/// Adds to the counter at a place.
pub(super) fn add_at(mem: Words<'_>, at: u32, amount: u32) {
    if let Some(words) = mem.chunk::<3>(at) {
        add(words.each_ref(), amount);
    }
}

/// Reads the counter at a place. Ends without waiting for the writer, who may have been interrupted.
pub(super) fn read(mem: Words<'_>, at: u32) -> u64 {
    let high = mem.acquire(at);
    let low = mem.acquire(at + 1);
    let next = mem.acquire(at + 2);
    // While the high words differ, the low one runs over: the counter passes this value.
    let low = if high == next { low } else { 0 };
    u64::from(next) << 32 | u64::from(low)
}
