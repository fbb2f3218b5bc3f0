//! What must hold of every step of every packet.

use std::collections::BTreeMap;

use sekisho::addr::Addr;
use sekisho::flow::{Count, FlowTable, Outcomes, Stats};
use sekisho::packet::{Next, Origin};
use sekisho::resolve::DropReason;

use super::wire::{Layout, Residues, carries, destination, source, translatable};

/// A step: the bytes before and after it, and the answer.
pub(super) struct Step<'a> {
    pub(super) from: Origin,
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
    pub(super) next: Option<Next>,
}

impl Step<'_> {
    /// Whether the packet stays where it is, or is none.
    fn stays(&self) -> bool {
        let is_carried = |next| matches!(next, Next::Forward(_) | Next::Inspect { .. });
        self.next.is_none_or(|next| is_carried(next) || matches!(next, Next::Drop(_)))
    }

    /// Whether it crosses the border.
    fn crosses(&self) -> bool {
        match self.next {
            Some(Next::Internet) => true,
            Some(Next::Deliver(_)) => !matches!(self.from, Origin::Interface(_)),
            _ => false,
        }
    }

    /// Checks the bytes.
    pub(super) fn check_bytes(&self) {
        let Step { before, after, next, .. } = self;
        let layout = Layout::of(before);
        let is_malformed = *next == Some(Next::Drop(DropReason::Malformed));
        assert_eq!(is_malformed, layout.is_none(), "malformed or not");
        assert!(!matches!(next, Some(Next::Translate(_))), "the table translates");
        let Some(layout) = layout.filter(|_| !self.stays()) else {
            assert_eq!(before, after, "{next:?} changed the packet");
            return;
        };
        assert_eq!(Layout::of(after), Some(layout), "what comes out has another form");
        let may = translatable(before, &layout);
        for (at, (old, new)) in before.iter().zip(*after).enumerate() {
            let is_time = at == 8;
            assert!(may[at] || is_time || old == new, "byte {at} was {old} and is {new}");
        }
        let crossing = u8::from(self.crosses());
        assert!(before[8] > crossing || crossing == 0, "its time was over");
        assert_eq!(after[8], before[8] - crossing, "the time to live after {next:?}");
        // A right checksum is right again, a wrong one as wrong as before, and none is still none.
        let (was, is) = (Residues::of(before, &layout), Residues::of(after, &layout));
        assert_eq!(was, is, "checksums");
    }

    /// Checks what became of the table.
    pub(super) fn check_table(&self, before: &Stats, flows: &FlowTable<'_>) {
        let after = flows.stats();
        assert_eq!(flows.check(), Ok(()), "after {:?}", self.next);
        let opened = after.opened - before.opened;
        let layout = Layout::of(self.before);
        let opens =
            layout.is_some_and(|layout| layout.offset == 0 && !carries(self.before, &layout));
        let is_dropped = self.next.is_none_or(|next| matches!(next, Next::Drop(_)));
        assert!(opened <= u64::from(opens && !is_dropped), "{opened} flows by {:?}", self.next);
    }
}

/// What the counters must say.
#[derive(Default)]
pub(super) struct Counted {
    outcomes: [Count; 7],
    dropped: BTreeMap<DropReason, Count>,
    out: BTreeMap<Addr, Count>,
    inward: BTreeMap<Addr, Count>,
}

/// The kinds of steps.
pub(super) const STEPS: [&str; 7] =
    ["egress", "deliver", "handoff", "service", "drop", "forward", "inspect"];
const OUTCOMES: [Outcomes; 7] = [
    Outcomes::Egress,
    Outcomes::Deliver,
    Outcomes::Handoff,
    Outcomes::Service,
    Outcomes::Drop,
    Outcomes::Forward,
    Outcomes::Inspect,
];

/// Which of the kinds it is.
pub(super) fn kind(next: &Next) -> usize {
    match next {
        Next::Internet => 0,
        Next::Deliver(_) => 1,
        Next::Handoff(_) => 2,
        Next::Service => 3,
        Next::Drop(_) | Next::Translate(_) => 4,
        Next::Forward(_) => 5,
        Next::Inspect { .. } => 6,
    }
}

fn add(count: &mut Count, bytes: usize) {
    count.packets += 1;
    count.bytes += bytes as u64;
}

impl Counted {
    pub(super) fn note(&mut self, step: &Step<'_>) {
        let Some(next) = step.next else { return };
        let bytes = Layout::of(step.before).map_or(step.before.len(), |layout| layout.total);
        add(&mut self.outcomes[kind(&next)], bytes);
        if let Next::Drop(reason) = next {
            add(self.dropped.entry(reason).or_default(), bytes);
        }
        if next == Next::Internet {
            add(self.out.entry(source(step.after)).or_default(), bytes);
        }
        let is_end = kind(&next) < 4;
        if is_end && !matches!(step.from, Origin::Interface(_)) {
            add(self.inward.entry(destination(step.before)).or_default(), bytes);
        }
    }

    /// Compares with the table's.
    pub(super) fn check(&self, flows: &FlowTable<'_>) {
        let watch = flows.watch();
        for (outcomes, expected) in OUTCOMES.into_iter().zip(self.outcomes) {
            assert_eq!(watch.outcomes(outcomes), expected, "{outcomes:?}");
        }
        for reason in DropReason::ALL {
            let expected = self.dropped.get(reason).copied().unwrap_or_default();
            assert_eq!(watch.dropped(*reason), expected, "{reason:?}");
        }
        // What has no meter of its own is counted together.
        let (mut out, mut inward) = (self.out.clone(), self.inward.clone());
        let mut others = None;
        for meter in watch.meters() {
            if meter.address == Addr(0) {
                others = Some(meter);
                continue;
            }
            let sent = out.remove(&meter.address).unwrap_or_default();
            assert_eq!(meter.out, sent, "sent from {}", meter.address);
            let received = inward.remove(&meter.address).unwrap_or_default();
            assert_eq!(meter.inward, received, "received by {}", meter.address);
        }
        let total = |counts: &BTreeMap<Addr, Count>| {
            counts.values().fold(Count::default(), |sum, count| Count {
                packets: sum.packets + count.packets,
                bytes: sum.bytes + count.bytes,
            })
        };
        let (sent, received) = others.map(|meter| (meter.out, meter.inward)).unwrap_or_default();
        assert_eq!((sent, received), (total(&out), total(&inward)), "the meter of all others");
    }
}
