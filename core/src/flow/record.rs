//! What the table knows of a flow: sixteen words, a cache line.
//!
//! ```text
//! 0..3   key of the opener's packets            4..7   key of the answers
//! 8      time of the last packet, low word      9      the VPC's epoch that the steps were judged in
//! 10     high half: time, high word             10     low half: its place among those of its millisecond
//! 11     the opener's kept step                 12     the answers' kept step
//! 13     state, and the opener's interface      14     the answers' interface; if they come from the
//!                                                      Internet, what they have to reach
//! 15     the mapping                            14, 15 top bytes: number of the meter
//! ```

use core::hint::select_unpredictable;

use super::fragments::split;
use super::key::{INTERNET, Key};
use super::queue::Class;
use crate::addr::{Id, half};
use crate::packet::{ICMP, Next, TCP};
use crate::sync::{AtomicU32, Ordering};

/// Who sends a packet of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// The side that sent the first packet.
    Opener,
    /// The other side.
    Answerer,
}

impl Sender {
    /// The bit of an index reference.
    pub(super) const fn bit(self) -> u32 {
        match self {
            Sender::Opener => 0,
            Sender::Answerer => 1,
        }
    }

    pub(super) const fn of_bit(reference: u32) -> Sender {
        if reference & 1 == 0 { Sender::Opener } else { Sender::Answerer }
    }

    /// The other side.
    pub(super) const fn other(self) -> Sender {
        match self {
            Sender::Opener => Sender::Answerer,
            Sender::Answerer => Sender::Opener,
        }
    }

    const fn pick<T: Copy>(self, opener: T, answerer: T) -> T {
        match self {
            Sender::Opener => opener,
            Sender::Answerer => answerer,
        }
    }
}

/// What a flow has seen.
pub(super) mod state {
    /// The other side has sent.
    pub(in crate::flow) const ANSWERED: u32 = 1 << 24;
    /// The opener has sent again after the answer, for TCP with an acknowledgement.
    pub(in crate::flow) const ACKNOWLEDGED: u32 = 1 << 25;
    /// FIN of the opener and of the other side.
    pub(in crate::flow) const FIN: [u32; 2] = [1 << 26, 1 << 27];
    /// FIN of both, or RST.
    pub(in crate::flow) const CLOSED: u32 = 1 << 28;
}

/// Flags of a TCP segment.
pub(super) mod tcp {
    pub(in crate::flow) const FIN: u8 = 1;
    pub(in crate::flow) const SYN: u8 = 2;
    pub(in crate::flow) const RST: u8 = 4;
    pub(in crate::flow) const ACK: u8 = 16;
}

/// What a packet finds: its flow's class, and the time of the last packet. Read once, as the compiler
/// would load the words again each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Was {
    pub(super) class: Class,
    pub(super) seen: u64,
}

/// The last step of a packet, which is no drop, as a record keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step(u32);

impl Step {
    const LEAVES: u32 = 0;
    const DELIVERS: u32 = 1;
    const HANDS_OFF: u32 = 2;
    const SERVES: u32 = 3;

    fn of(next: &Next) -> Option<Step> {
        let (kind, id) = match next {
            Next::Internet => (Step::LEAVES, 0),
            Next::Deliver(id) => (Step::DELIVERS, id.to_word()),
            Next::Handoff(id) => (Step::HANDS_OFF, id.to_word()),
            Next::Service => (Step::SERVES, 0),
            _ => return None,
        };
        Some(Step(KEPT | kind << KIND_SHIFT | id))
    }

    /// Its kind, 0 to 3.
    #[inline(always)]
    pub(super) fn kind(self) -> u32 {
        (self.0 >> KIND_SHIFT) & 3
    }

    /// Whether the packet goes to the Internet.
    #[inline(always)]
    pub(super) fn leaves(self) -> bool {
        self.kind() == Step::LEAVES
    }

    /// Whether it is delivered.
    #[inline(always)]
    pub(super) fn delivers(self) -> bool {
        self.kind() == Step::DELIVERS
    }

    /// What the caller does.
    #[inline(always)]
    pub(super) fn next(self) -> Option<Next> {
        if self.leaves() { Some(Next::Internet) } else { self.next_inside() }
    }

    #[inline(never)]
    fn next_inside(self) -> Option<Next> {
        let id = || Id::from_word(self.0 & ID);
        if self.delivers() {
            return id().map(Next::Deliver);
        }
        if self.kind() == Step::HANDS_OFF { id().map(Next::Handoff) } else { Some(Next::Service) }
    }
}

/// A word that no key has in its fourth place: the flow is no more.
const DEAD: u32 = 0xFF00;
const ID: u32 = (1 << 24) - 1;
const KEPT: u32 = 1 << 31;
const KIND_SHIFT: u32 = 28;

const SEEN: usize = 8;
const EPOCH: usize = 9;
const SEEN_ORDER: usize = 10;
const STEPS: usize = 11;
const OPENER: usize = 13;
const ANSWERER: usize = 14;
const MAPPING: usize = 15;

/// A flow of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow<'m> {
    pub(super) number: u32,
    words: &'m [AtomicU32; 16],
}

impl<'m> Flow<'m> {
    pub(super) const fn new(number: u32, words: &'m [AtomicU32; 16]) -> Flow<'m> {
        Flow { number, words }
    }

    #[inline]
    fn get(&self, at: usize) -> u32 {
        self.words.get(at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    #[inline]
    fn set(&self, at: usize, value: u32) {
        if let Some(word) = self.words.get(at) {
            word.store(value, Ordering::Relaxed);
        }
    }

    /// Whether the packets of one side have this key.
    #[inline]
    pub(super) fn has(&self, sender: Sender, key: &Key) -> bool {
        let Some([a, b, c, d]) = self.side(sender) else { return false };
        let differs = |word: &AtomicU32, other| word.load(Ordering::Relaxed) ^ other;
        // Nothing but the whole is worth a branch.
        let Key([w, x, y, z]) = *key;
        (differs(a, w) | differs(b, x) | differs(c, y) | differs(d, z)) == 0
    }

    /// Asks for its memory.
    #[inline(always)]
    pub(super) fn touch(&self) {
        self.get(0);
    }

    /// The words of one side's key. There always are some.
    #[inline]
    fn side(&self, sender: Sender) -> Option<&'m [AtomicU32; 4]> {
        let (quads, _) = self.words.as_chunks();
        quads.get(crate::memory::index(sender.bit()))
    }

    #[inline]
    pub(super) fn key(&self, sender: Sender) -> Key {
        let words = self.side(sender).map(|words| words.each_ref());
        Key(words.map_or([0; 4], |words| words.map(|word| word.load(Ordering::Relaxed))))
    }

    pub(super) fn protocol(&self) -> u8 {
        let [_, _, _, protocol] = self.get(3).to_be_bytes();
        protocol
    }

    /// Makes the record that of a new flow.
    ///
    /// `reach` is what answers from the Internet have to reach.
    pub(super) fn open(
        &self,
        opener: &Key,
        answerer: &Key,
        sender: Option<Id>,
        reach: Option<Id>,
        mapping: u32,
    ) {
        for (at, word) in (0..).zip(opener.0.into_iter().chain(answerer.0)) {
            self.set(at, word);
        }
        for at in SEEN..OPENER {
            self.set(at, 0);
        }
        self.set(OPENER, sender.map_or(0, Id::to_word));
        let reach = reach.filter(|_| answerer.scope() == INTERNET);
        self.set(ANSWERER, reach.map_or(0, Id::to_word));
        self.set(MAPPING, mapping);
        self.set_meter(u16::MAX);
    }

    /// Makes a record that no key finds.
    pub(super) fn end(&self) {
        self.set(3, DEAD);
        self.set(7, DEAD);
    }

    /// The time of the last packet.
    pub(super) fn seen(&self) -> u64 {
        u64::from(half(self.get(SEEN_ORDER), true)) << 32 | u64::from(self.get(SEEN))
    }

    /// The time of the last packet, and its place among those of its millisecond.
    pub(super) fn used(&self) -> (u64, u16) {
        (self.seen(), half(self.get(SEEN_ORDER), false))
    }

    pub(super) fn set_used(&self, now: u64, order: u16) {
        let [low, high] = split(now);
        self.set(SEEN, low);
        self.set(SEEN_ORDER, high << 16 | u32::from(order));
    }

    pub(super) fn meter(&self) -> u16 {
        let (high, low) = (self.get(ANSWERER) >> 24, self.get(MAPPING) >> 24);
        u16::try_from(high << 8 | low).unwrap_or(u16::MAX)
    }

    pub(super) fn set_meter(&self, number: u16) {
        let [high, low] = number.to_be_bytes().map(u32::from);
        self.set(ANSWERER, self.get(ANSWERER) & ID | high << 24);
        self.set(MAPPING, self.get(MAPPING) & ID | low << 24);
    }

    pub(super) fn mapping(&self) -> u32 {
        self.get(MAPPING) & ID
    }

    fn is_from_internet(&self, sender: Sender) -> bool {
        half(self.get(sender.pick(3, 7)), true) == INTERNET
    }

    /// The word of the interface that the packets of one side come from: 0 for the Internet, or while it
    /// has not been seen.
    fn sender_word(&self, sender: Sender) -> u32 {
        let is_inside = !self.is_from_internet(sender);
        if is_inside { self.get(sender.pick(OPENER, ANSWERER)) & ID } else { 0 }
    }

    /// The interface that the packets of one side come from; none for the Internet, or while it has not
    /// been seen.
    pub(super) fn sender(&self, sender: Sender) -> Option<Id> {
        Id::from_word(self.sender_word(sender))
    }

    /// Notes the interface that the packets of one side come from; a step that was kept for another one
    /// is none for it.
    pub(super) fn set_sender(&self, sender: Sender, id: Id) {
        if !self.is_from_internet(sender) && self.sender_word(sender) != id.to_word() {
            self.set(STEPS + sender.pick(0, 1), 0);
            let at = sender.pick(OPENER, ANSWERER);
            self.set(at, self.get(at) & !ID | id.to_word());
        }
    }

    /// What answers from the Internet have to reach.
    pub(super) fn reach(&self) -> Option<Id> {
        let is_told = self.is_from_internet(Sender::Answerer);
        Id::from_word(self.get(ANSWERER) & ID).filter(|_| is_told)
    }

    pub(super) fn set_reach(&self, reach: Option<Id>) {
        if self.is_from_internet(Sender::Answerer) {
            self.set(ANSWERER, self.get(ANSWERER) & !ID | reach.map_or(0, Id::to_word));
        }
    }

    /// The step that was kept for the packets of one side, which are of this scope, if it is of this epoch
    /// and for packets from there.
    #[inline(always)]
    pub(super) fn kept(&self, sender: Sender, scope: u16, from: u32, epoch: u32) -> Option<Step> {
        let step = self.get(STEPS + sender.pick(0, 1));
        let known = self.get(sender.pick(OPENER, ANSWERER)) & ID;
        let known = if scope == INTERNET { 0 } else { known };
        let is_current = step & KEPT != 0 && self.get(EPOCH) == epoch && known == from;
        is_current.then_some(Step(step))
    }

    /// Keeps the step for one side.
    pub(super) fn keep(&self, sender: Sender, next: &Next, epoch: u32) {
        let Some(Step(step)) = Step::of(next) else { return };
        if self.get(EPOCH) != epoch {
            self.set(EPOCH, epoch);
            self.set(STEPS + sender.pick(1, 0), 0);
        }
        self.set(STEPS + sender.pick(0, 1), step);
    }

    /// Whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.state() & state::CLOSED != 0
    }

    pub(super) fn state(&self) -> u32 {
        self.get(OPENER) & !ID
    }

    pub(super) fn class(&self) -> Class {
        self.was(self.protocol()).class
    }

    /// What the flow, which is of this protocol, was up to now.
    #[inline]
    pub(super) fn was(&self, protocol: u8) -> Was {
        let state = self.state();
        // Only TCP is ever closed.
        let is_settled = state & (state::ACKNOWLEDGED | state::CLOSED) == state::ACKNOWLEDGED;
        let pick = |settled, other| if is_settled { settled } else { other };
        let tcp = pick(Class::TcpEstablished, Class::TcpTransitory);
        let udp = pick(Class::UdpBothWays, Class::UdpOneWay);
        // Which protocol it is, is nothing that a processor could foretell.
        let ported = select_unpredictable(protocol == TCP, tcp, udp);
        let class = if protocol == ICMP { Class::Icmp } else { ported };
        Was { class, seen: self.seen() }
    }

    /// The class of a flow that never goes for others, and stays so by a packet with these flags.
    #[inline(always)]
    pub(super) fn settled(&self, is_tcp: bool, flags: u8) -> Option<Class> {
        let state = self.state() & (state::ACKNOWLEDGED | state::CLOSED);
        let changes = flags & (tcp::FIN | tcp::SYN | tcp::RST) != 0;
        // Which protocol it is, is nothing that a processor could foretell.
        let class = select_unpredictable(is_tcp, Class::TcpEstablished, Class::UdpBothWays);
        (state == state::ACKNOWLEDGED && !changes).then_some(class)
    }

    /// The low word of the time of the last packet, if the high one is as of this time and the flow was
    /// settled then.
    #[inline(always)]
    pub(super) fn seen_low(&self, now: u64) -> Option<u32> {
        let [_, high] = split(now);
        (self.get(SEEN_ORDER) == high << 16).then(|| self.get(SEEN))
    }

    /// Notes the time of a packet after that.
    #[inline(always)]
    pub(super) fn set_seen_low(&self, low: u32) {
        self.set(SEEN, low);
    }

    /// Whether a packet with these flags leaves the state as it is.
    pub(super) fn is_settled(&self, sender: Sender, flags: u8) -> bool {
        let state = self.state();
        if self.protocol() != TCP {
            let is_answered = state & state::ANSWERED != 0;
            return state & state::ACKNOWLEDGED != 0 || is_answered == (sender == Sender::Answerer);
        }
        let quiet = flags & (tcp::FIN | tcp::SYN | tcp::RST) == 0;
        quiet && state & state::ACKNOWLEDGED != 0
    }

    /// Notes a packet of one side.
    pub(super) fn note(&self, sender: Sender, flags: u8) {
        let mut state = self.state();
        let (is_tcp, [opener_fin, answerer_fin]) = (self.protocol() == TCP, state::FIN);
        match sender {
            Sender::Answerer => state |= state::ANSWERED,
            Sender::Opener
                if state & state::ANSWERED != 0 && (!is_tcp || flags & tcp::ACK != 0) =>
            {
                state |= state::ACKNOWLEDGED;
            }
            Sender::Opener => {}
        }
        if is_tcp {
            if flags & tcp::FIN != 0 {
                state |= sender.pick(opener_fin, answerer_fin);
            }
            let both = opener_fin | answerer_fin;
            if flags & tcp::RST != 0 || state & both == both {
                state |= state::CLOSED;
            }
        }
        self.set(OPENER, self.get(OPENER) & ID | state);
    }
}
