//! The answer to `counters`: what the flow tables of a region's packets have counted, together.

use core::fmt::{self, Write};

use heapless::Vec;

use super::answer::Failure;
use super::print::OrNone;
use crate::addr::{Addr, Decimal, EipId, Id, Kind};
use crate::flow::{Count, Outcomes, Watch};
use crate::region::objects::{LoadBalancer, PublicAddress};
use crate::region::{BalancerPlace, Error, Region};
use crate::resolve::DropReason;
use crate::text::Word;

/// Where the counters of a region's packets are: with each instance of its flow tables.
pub trait Counters {
    /// The counters of table `n`, from 0; `None` behind the last one.
    fn watch(&self, n: usize) -> Option<Watch<'_>>;
}

impl Counters for &[Watch<'_>] {
    fn watch(&self, n: usize) -> Option<Watch<'_>> {
        self.get(n).copied()
    }
}

impl<const N: usize> Counters for [Watch<'_>; N] {
    fn watch(&self, n: usize) -> Option<Watch<'_>> {
        self.get(n).copied()
    }
}

/// What becomes of packets, in the words of the answer.
const OUTCOMES: [(&str, Outcomes); 7] = [
    ("egress", Outcomes::Egress),
    ("deliver", Outcomes::Deliver),
    ("handoff", Outcomes::Handoff),
    ("service", Outcomes::Service),
    ("forward", Outcomes::Forward),
    ("inspect", Outcomes::Inspect),
    ("drop", Outcomes::Drop),
];

/// Addresses that are found in one pass over all meters.
const PASS: usize = 64;

/// Writes the counts of everything, or of one public address. Not inlined, so that a program can load it apart
/// from the rest.
#[inline(never)]
pub(super) fn answer(
    region: &Region<'_>,
    eip: Option<EipId>,
    counters: &dyn Counters,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if let Some(eip) = eip {
        let unknown = Error::not_found(Kind::PublicAddress);
        let public = region.get::<PublicAddress>(eip).ok_or(unknown)?;
        out.write_str("ok\n")?;
        return Ok(write_meter(Some(eip.id()), public.address, counters, out)?);
    }
    out.write_str("ok\n")?;
    for (name, outcomes) in OUTCOMES {
        write_count("", name, total(counters, |watch| watch.outcomes(outcomes)), out)?;
    }
    for reason in DropReason::ALL {
        let count = total(counters, |watch| watch.dropped(*reason));
        if count != Count::default() {
            write_count("drop ", reason.name(), count, out)?;
        }
    }
    let mut least = Some(Addr(0));
    while let Some(from) = least {
        let found = metered(counters, from);
        for address in &found {
            write_meter(owner_of(region, *address), *address, counters, out)?;
        }
        let last = found.last().filter(|_| found.is_full());
        least = last.and_then(|last| last.0.checked_add(1)).map(Addr);
    }
    Ok(())
}

fn write_count(kind: &str, name: &str, count: Count, out: &mut dyn Write) -> fmt::Result {
    let (packets, bytes) = (Decimal(count.packets), Decimal(count.bytes));
    let (kind, name) = (Word(kind), Word(name));
    writeln!(out, "  {kind}{name} packets={packets} bytes={bytes}")
}

fn write_meter(
    owner: Option<Id>,
    address: Addr,
    counters: &dyn Counters,
    out: &mut dyn Write,
) -> fmt::Result {
    let (mut sent, mut received) = (Count::default(), Count::default());
    for meter in all(counters).filter_map(|watch| watch.meter(address)) {
        (sent, received) = (sum(sent, meter.out), sum(received, meter.inward));
    }
    let (packets, bytes) = (Decimal(sent.packets), Decimal(sent.bytes));
    write!(out, "  {} {address} out-packets={packets} out-bytes={bytes}", OrNone(owner))?;
    let (packets, bytes) = (Decimal(received.packets), Decimal(received.bytes));
    writeln!(out, " in-packets={packets} in-bytes={bytes}")
}

fn all(counters: &dyn Counters) -> impl Iterator<Item = Watch<'_>> {
    (0..).map_while(|n| counters.watch(n))
}

/// The sum over all tables.
fn total(counters: &dyn Counters, of: impl Fn(&Watch<'_>) -> Count) -> Count {
    all(counters).fold(Count::default(), |total, watch| sum(total, of(&watch)))
}

#[inline(never)]
fn sum(a: Count, b: Count) -> Count {
    Count { packets: a.packets.saturating_add(b.packets), bytes: a.bytes.saturating_add(b.bytes) }
}

/// The lowest addresses from `least` on that have had traffic, in ascending order.
fn metered(counters: &dyn Counters, least: Addr) -> Vec<Addr, PASS> {
    let mut lowest: Vec<Addr, PASS> = Vec::new();
    for meter in all(counters).flat_map(|watch| watch.meters()) {
        let mut address = meter.address;
        let Err(place) = lowest.binary_search(&address) else { continue };
        if address < least {
            continue;
        }
        for higher in lowest.iter_mut().skip(place) {
            core::mem::swap(higher, &mut address);
        }
        // The highest, for which there may be no room.
        let _ = lowest.push(address);
    }
    lowest
}

/// The public address object, or the internet load balancer, that has an address.
fn owner_of(region: &Region<'_>, address: Addr) -> Option<Id> {
    let mut publics = region.all::<PublicAddress>().filter(|public| public.address == address);
    let balancer = || {
        let has = |balancer: &LoadBalancer| matches!(balancer.place, BalancerPlace::Internet { address: own, .. } if own == address);
        region.all::<LoadBalancer>().find(has).map(|balancer| balancer.id.id())
    };
    publics.next().map(|public| public.id.id()).or_else(balancer)
}
