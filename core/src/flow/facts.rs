//! What decides about a packet, read out of it.

use super::fragments::{Datagram, Fragments};
use super::key::{INTERNET, Key};
use super::record::{Flow, tcp};
use crate::addr::Id;
use crate::packet::{Ends, ICMP, Message, Origin, Transport, View};

/// Where a packet enters: the key's scope, whether it came from the Internet, and the interface or
/// endpoint that it comes from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) scope: u16,
    pub(super) is_inward: bool,
    pub(super) at: Option<Id>,
}

/// What a packet is to its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A packet that has the flow's ends.
    Own,
    /// An ICMP error about a packet of the flow.
    Error,
    /// An ICMP error that is about no flow.
    Stray,
    /// A later fragment whose ports are known.
    Fragment,
    /// A later fragment whose first is unknown: it has no flow.
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

impl Entry {
    /// Where a packet enters; `slot` tells the slot of an interface's VPC. None, if it comes from what
    /// does not exist.
    #[inline(always)]
    pub(super) fn of(from: Origin, slot: impl Fn(Id) -> Option<u16>) -> Option<Entry> {
        Some(match from {
            Origin::Internet => Entry { scope: INTERNET, is_inward: true, at: None },
            Origin::InternetVia(place) => {
                slot(place.id())?;
                Entry { scope: INTERNET, is_inward: true, at: Some(place.id()) }
            }
            Origin::Interface(place) => {
                let scope = slot(place.id())?;
                Entry { scope, is_inward: false, at: Some(place.id()) }
            }
        })
    }

    /// A word that tells where packets come from: nobody elsewhere can leave ports for their fragments.
    fn word(&self) -> u32 {
        self.at.map_or(0, Id::to_word) | u32::from(self.is_inward) << 31
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
        match self.part {
            Part::Error => {
                let ends = Ends { source_port: 0, destination_port: 0, ..view.ends() };
                Facts { key: Key { ends, protocol: ICMP, ..self.key }, part: Part::Stray, ..self }
            }
            _ => self,
        }
    }
}

/// Reads what decides about a packet; first fragments leave their ports for later ones.
#[inline(always)]
pub(super) fn facts_of(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    entry: &Entry,
    now: u64,
) -> Facts {
    let facts = own(view, entry);
    if is_plain(view) {
        return facts;
    }
    leave_ports(fragments, view, &facts, entry, now);
    special(fragments, view, facts, entry, now)
}

/// As [`facts_of`], but nothing is left for later fragments.
pub(super) fn facts_seen(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    entry: &Entry,
    now: u64,
) -> Facts {
    let facts = own(view, entry);
    if is_plain(view) { facts } else { special(fragments, view, facts, entry, now) }
}

/// The facts of a packet that has its flow's ends.
#[inline(always)]
fn own(view: &View<'_>, entry: &Entry) -> Facts {
    let key = Key { ends: view.ends(), protocol: view.protocol(), scope: entry.scope };
    let bytes = view.total_len().into();
    Facts { key, part: Part::Own, flags: view.tcp_flags(), bytes }
}

/// Whether a packet is neither a fragment nor an ICMP message.
#[inline(always)]
fn is_plain(view: &View<'_>) -> bool {
    let is_whole = !view.has_more_fragments() && view.transport() != Transport::LaterFragment;
    is_whole && view.protocol() != ICMP
}

fn datagram_of(view: &View<'_>, facts: &Facts, entry: &Entry) -> Datagram {
    Datagram {
        source: facts.key.ends.source.0,
        destination: facts.key.ends.destination.0,
        identification: view.identification(),
        protocol: facts.key.protocol,
        from: entry.word(),
    }
}

/// Leaves a first fragment's ports for later ones.
#[cold]
fn leave_ports(fragments: &Fragments<'_>, view: &View<'_>, facts: &Facts, entry: &Entry, now: u64) {
    if view.has_more_fragments() && view.transport() != Transport::LaterFragment {
        let Ends { source_port, destination_port, .. } = facts.key.ends;
        let datagram = datagram_of(view, facts, entry);
        fragments.put(&datagram, (source_port, destination_port), now);
    }
}

/// The facts of fragments and ICMP messages.
#[cold]
fn special(
    fragments: &Fragments<'_>,
    view: &View<'_>,
    facts: Facts,
    entry: &Entry,
    now: u64,
) -> Facts {
    let key = facts.key;
    if view.transport() == Transport::LaterFragment {
        return match fragments.get(&datagram_of(view, &facts, entry), now) {
            Some((source_port, destination_port)) => {
                let ends = Ends { source_port, destination_port, ..key.ends };
                Facts { key: Key { ends, ..key }, part: Part::Fragment, ..facts }
            }
            None => Facts { part: Part::Unknown, ..facts },
        };
    }
    if view.message() != Some(Message::Error) {
        return facts;
    }
    match view.embedded() {
        // The packet that the error carries went the other way, and its sender is told.
        Some((protocol, ends)) if ends.source == key.ends.destination => {
            let key = Key { ends: ends.reversed(), protocol, ..key };
            Facts { key, part: Part::Error, ..facts }
        }
        _ => Facts { part: Part::Stray, ..facts },
    }
}
