//! Time in the table: which packet of a flow was when, and which flows are over.

use core::hint::select_unpredictable;

use super::config::header;
use super::fragments::{read_time, split, write_time};
use super::queue::Class;
use super::record::{Flow, Sender, Was, tcp};
use super::table::{FlowTable, NEVER};

impl FlowTable<'_> {
    /// The place of the next packet among those of its millisecond; the last one, if there are that many.
    pub(super) fn order(&self, now: u64) -> u16 {
        let [now, _] = split(now);
        let mem = self.head();
        let is_same = mem.load(header::ORDER + 1) == now;
        let order = if is_same { mem.load(header::ORDER).saturating_add(1) } else { 0 };
        let order = u16::try_from(order).unwrap_or(u16::MAX);
        mem.store(header::ORDER, order.into());
        mem.store(header::ORDER + 1, now);
        order
    }

    /// Notes a packet that leaves a flow as it is, which never goes for others. `None`, and nothing is noted,
    /// if its time is over, or if more than usual has to be noted.
    #[inline(always)]
    pub(super) fn renew_settled(&self, flow: &Flow<'_>, class: Class, now: u64) -> Option<()> {
        let [low, _] = split(now);
        let seen = flow.seen_low(now)?;
        // A grain is less than any time-out.
        if seen ^ low >= self.grain(class) {
            let age = u64::from(low.wrapping_sub(seen));
            if age >= self.timeout(class) {
                return None;
            }
            self.queues.move_last(class, flow.number);
        }
        flow.set_seen_low(low);
        Some(())
    }

    /// Notes a packet of a flow, of which this was known: its state and its time.
    #[inline(always)]
    pub(super) fn renew(&self, flow: &Flow<'_>, was: Was, sender: Sender, flags: u8, now: u64) {
        let Was { class, seen } = was;
        if class.is_transitory() || flags & (tcp::FIN | tcp::SYN | tcp::RST) != 0 {
            return self.renew_transitory(*flow, class, sender, flags, now);
        }
        // Whether it was used in this very millisecond already is nothing that a processor could foretell.
        if seen ^ now >= self.grain(class).into() {
            self.queues.move_last(class, flow.number);
        }
        // The order within a millisecond counts only where flows go for others.
        flow.set_used(now, 0);
    }

    /// Notes a packet of a flow that can go for others, or may change its class.
    #[inline(never)]
    fn renew_transitory(&self, flow: Flow<'_>, class: Class, sender: Sender, flags: u8, now: u64) {
        if !flow.is_settled(sender, flags) {
            return self.note(flow, class, sender, flags, now);
        }
        self.queues.move_last(class, flow.number);
        flow.set_used(now, self.order(now));
    }

    /// The milliseconds, a power of two, within which the order of a class does not count whose flows never
    /// go for others: a 32nd of the time-out or less. Moving a flow costs three cache lines that nothing
    /// else needs.
    #[inline]
    pub(super) fn grain(&self, class: Class) -> u32 {
        let [established, udp] = self.grains;
        select_unpredictable(class == Class::TcpEstablished, established, udp)
    }

    /// Notes a packet that changes the state of its flow.
    #[cold]
    fn note(&self, flow: Flow<'_>, class: Class, sender: Sender, flags: u8, now: u64) {
        self.dequeue(&flow, class);
        flow.note(sender, flags);
        flow.set_used(now, self.order(now));
        self.enqueue(&flow, now);
    }

    /// Ends flows whose time is over, at most `limit`; gives how many.
    #[inline]
    pub(super) fn sweep(&self, now: u64, limit: u32) -> u32 {
        if now < read_time(self.head(), header::DUE) {
            return 0;
        }
        self.sweep_due(now, limit)
    }

    /// Whether a flow may end while packets of this time pass: of a new one the time is over at once only
    /// if it has none.
    pub(super) fn may_sweep(&self, now: u64) -> bool {
        let ends_at_once = Class::ALL.into_iter().any(|class| self.timeout(class) == 0);
        ends_at_once || now >= read_time(self.head(), header::DUE)
    }

    #[cold]
    fn sweep_due(&self, now: u64, limit: u32) -> u32 {
        // There are no more, so that this ends whatever the memory holds.
        let limit = limit.min(self.config().flows);
        let mut ended = 0;
        let mut due = NEVER;
        for class in Class::ALL {
            while let Some(first) = self.flow(self.queues.first(class)) {
                let end = first.seen().saturating_add(self.timeout(class));
                if end > now || ended >= limit {
                    due = due.min(end);
                    break;
                }
                self.end(&first);
                self.count(header::EXPIRED);
                ended += 1;
            }
        }
        write_time(self.mem, header::DUE, due);
        ended
    }
}
