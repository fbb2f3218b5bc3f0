//! What decides about a packet, read out of it.

use super::fragments::{Datagram, Fragments, Said};
use super::key::{INTERNET, Key};
use super::record::{Flow, Step, tcp};
use crate::addr::Id;
use crate::packet::{Ends, ICMP, Message, Origin, Transport, View};

/// Where a packet enters: the key's scope, whether it came from the Internet, and the interface or
/// endpoint that it comes from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) scope: u16,
    pub(super) is_inward: bool,
    /// The word of that interface or endpoint; 0 if there is none.
    pub(super) from: u32,
}

/// What a packet is to its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A packet that has the flow's ends.
    Own,
    /// An ICMP error about a packet of the flow, or a later fragment of one.
    Error,
    /// An ICMP error that is about no flow.
    Stray,
    /// A later fragment whose ports are known.
    Fragment,
    /// A later fragment without a flow: its first is unknown, or of none itself.
    Unknown,
}

/// What decides about a packet, read out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) key: Key,
    pub(super) part: Part,
    /// Flags of a TCP segment.
    pub(super) flags: u8,
    pub(super) bytes: u32,
}

/// The word of the interface or endpoint that a packet comes from; 0 if there is none.
#[inline(always)]
pub(super) fn word_of(from: Origin) -> u32 {
    match from {
        Origin::Internet => 0,
        Origin::Interface(place) | Origin::InternetVia(place) => {
            // `Id::to_word` in as few instructions as can be.
            let Id { kind, number } = place.id();
            u32::from(kind.number()) << 16 | u32::from(number)
        }
    }
}

/// Whether a packet came from the Internet.
#[inline(always)]
pub(super) fn is_inward(from: Origin) -> bool {
    !matches!(from, Origin::Interface(_))
}

impl Entry {
    /// Where a packet enters; `slot` tells the slot of an interface's VPC by its word. None, if it comes
    /// from what does not exist.
    pub(super) fn of(from: Origin, slot: impl Fn(u32) -> Option<u32>) -> Option<Entry> {
        let (word, is_inward) = (word_of(from), is_inward(from));
        let slot = if word == 0 { None } else { Some(u16::try_from(slot(word)?).ok()?) };
        let scope = slot.filter(|_| !is_inward).unwrap_or(INTERNET);
        Some(Entry { scope, is_inward, from: word })
    }

    /// Whether a packet crosses the border by this step.
    #[inline(always)]
    pub(super) fn crosses(&self, step: Step) -> bool {
        step.leaves() || self.is_inward && step.delivers()
    }

    pub(super) fn at(&self) -> Option<Id> {
        Id::from_word(self.from)
    }

    /// A word that tells where packets come from: nobody elsewhere can leave ports for their fragments.
    #[inline(always)]
    pub(super) fn word(&self) -> u32 {
        self.from | u32::from(self.is_inward) << 31
    }

    /// The entry of such a word, with that scope.
    #[inline(always)]
    pub(super) fn of_word(word: u32, scope: u16) -> Entry {
        Entry { scope, is_inward: word >> 31 != 0, from: word & !(1 << 31) }
    }
}

impl Facts {
    /// Whether the packet opens a flow anew that is closed.
    pub(super) fn reopens(&self, flow: &Flow<'_>) -> bool {
        let opens = self.flags & (tcp::SYN | tcp::ACK) == tcp::SYN;
        opens && self.part == Part::Own && flow.is_closed()
    }

    /// The facts of a packet that turns out to have no flow: an error is about nothing then.
    pub(super) fn without_flow(self, view: &View<'_>) -> Facts {
        if self.part != Part::Error {
            return self;
        }
        let is_later = view.transport() == Transport::LaterFragment;
        let part = if is_later { Part::Unknown } else { Part::Stray };
        let ends = Ends { source_port: 0, destination_port: 0, ..view.ends() };
        Facts { key: Key::new(&ends, ICMP, self.key.scope()), part, ..self }
    }
}

/// Reads what decides about a packet, unless it is a fragment or an ICMP message.
#[inline(always)]
pub(super) fn plain_facts(view: &View<'_>, entry: &Entry) -> Option<Facts> {
    let protocol = view.protocol();
    if view.is_fragment() || protocol == ICMP {
        return None;
    }
    let key = Key::of(view.end_words(), protocol, entry.scope);
    let bytes = view.total_len().into();
    Some(Facts { key, part: Part::Own, flags: view.tcp_flags(), bytes })
}

/// Reads what decides about a packet; first fragments leave what they say for later ones.
#[inline(always)]
pub(super) fn facts_of(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    entry: &Entry,
    now: u64,
) -> Facts {
    plain_facts(view, entry).unwrap_or_else(|| special(fragments, view, entry, true, now))
}

/// As [`facts_of`], but nothing is left for later fragments.
pub(super) fn facts_seen(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    entry: &Entry,
    now: u64,
) -> Facts {
    plain_facts(view, entry).unwrap_or_else(|| special(fragments, view, entry, false, now))
}

/// The facts of fragments and ICMP messages.
#[cold]
fn special(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    entry: &Entry,
    is_left: bool,
    now: u64,
) -> Facts {
    let (ends, protocol) = (view.ends(), view.protocol());
    let datagram = Datagram {
        source: ends.source.0,
        destination: ends.destination.0,
        identification: view.identification(),
        protocol,
        from: entry.word(),
    };
    let is_later = view.transport() == Transport::LaterFragment;
    let said = if is_later { fragments.get(&datagram, now) } else { said_by(view) };
    if is_left && !is_later && view.has_more_fragments() {
        fragments.put(&datagram, &said, now);
    }
    let (protocol, ends, part) = match said {
        Said::Ports(source_port, destination_port) => {
            let part = if is_later { Part::Fragment } else { Part::Own };
            (protocol, Ends { source_port, destination_port, ..ends }, part)
        }
        Said::About(protocol, answers) => (protocol, answers, Part::Error),
        Said::Nothing => (protocol, ends, if is_later { Part::Unknown } else { Part::Stray }),
    };
    let key = Key::new(&ends, protocol, entry.scope);
    Facts { key, part, flags: view.tcp_flags(), bytes: view.total_len().into() }
}

/// What a packet that is no later fragment says of its flow.
fn said_by(view: &View<'_>) -> Said {
    let ends = view.ends();
    if view.message() != Some(Message::Error) {
        return Said::Ports(ends.source_port, ends.destination_port);
    }
    match view.embedded() {
        // The packet that the error carries went the other way, and its sender is told.
        Some((protocol, about)) if about.source == ends.destination => {
            Said::About(protocol, about.reversed())
        }
        _ => Said::Nothing,
    }
}
