//! What decides about a packet, read out of it.

use super::fragments::{Datagram, Fragments};
use super::key::Key;
use crate::addr::Id;
use crate::packet::{Ends, ICMP, Message, Transport, View};

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
    /// A word that tells where packets come from: nobody elsewhere can leave ports for their fragments.
    fn word(&self) -> u32 {
        self.at.map_or(0, Id::to_word) | u32::from(self.is_inward) << 31
    }
}

impl Facts {
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
    let key = Key { ends: view.ends(), protocol: view.protocol(), scope: entry.scope };
    let bytes = view.total_len().into();
    let facts = Facts { key, part: Part::Own, flags: view.tcp_flags(), bytes };
    let is_whole = !view.has_more_fragments() && view.transport() != Transport::LaterFragment;
    if is_whole && view.protocol() != ICMP {
        return facts;
    }
    special(fragments, view, facts, entry, now)
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
    let datagram = Datagram {
        source: key.ends.source.0,
        destination: key.ends.destination.0,
        identification: view.identification(),
        protocol: key.protocol,
        from: entry.word(),
    };
    if view.transport() == Transport::LaterFragment {
        return match fragments.get(&datagram, now) {
            Some((source_port, destination_port)) => {
                let ends = Ends { source_port, destination_port, ..key.ends };
                Facts { key: Key { ends, ..key }, part: Part::Fragment, ..facts }
            }
            None => Facts { part: Part::Unknown, ..facts },
        };
    }
    if view.has_more_fragments() {
        fragments.put(&datagram, (key.ends.source_port, key.ends.destination_port), now);
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
