//! Rewriting a checked packet in place, checksums updated incrementally.

use super::checksum::Delta;
use super::view::{
    self, Ends, FIXED_HEADER, ICMP, Message, Side, TCP, Transport, UDP, ViewMut, fragment_offset,
    header_len,
};
use crate::addr::Addr;

/// Where the checksum lies in a TCP header, in bytes.
const TCP_CHECKSUM: usize = 16;
/// Where the checksum lies in a UDP header, in bytes.
const UDP_CHECKSUM: usize = 6;
/// The length of an ICMP header: an error message carries the packet it is about behind it.
const ICMP_HEADER: usize = 8;

impl ViewMut<'_> {
    /// Writes `to` as the address of that side: the IP header, and the TCP or UDP checksum, which
    /// covers the addresses. A later fragment has no such checksum; its first one accounts for it.
    ///
    /// An ICMP error (destination unreachable, source quench, redirect, time exceeded, parameter
    /// problem) carries the head of a packet that went the other way. If that packet's address on
    /// the opposite side is the one that is replaced here, it is replaced there too (RFC 5508),
    /// with every checksum that lies within the message; what is cut off is left out. Another
    /// address is not this mapping's to change and stays.
    pub fn set_address(&mut self, side: Side, to: Addr) {
        let from = self.view().ends();
        let old = view::address(self.head, side);
        self.translate(&from.with(side, to));
        if self.view().message() == Some(Message::Error) {
            rewrite_embedded(self.payload, |ends| {
                let side = side.opposite();
                (ends.address(side) == old).then(|| ends.with(side, to))
            });
        }
    }

    /// Gives the packet other ends: addresses, TCP or UDP ports or the identifier of an ICMP query, and
    /// the checksums that cover them. A later fragment has addresses only. What an ICMP error carries
    /// stays: see [`ViewMut::translate_embedded`].
    pub fn translate(&mut self, to: &Ends) {
        let transport = self.view().transport();
        let from = self.view().ends();
        let addresses = rewrite_addresses(self.head, &from, to);
        if !matches!(transport, Transport::Other | Transport::LaterFragment) {
            rewrite_transport(self.head[9], self.payload, &from, to, addresses);
        }
    }

    /// Gives the packet that an ICMP error carries other ends, with every checksum that lies within
    /// the message (RFC 5508); what is cut off is left out. Does nothing to other packets.
    pub fn translate_embedded(&mut self, to: &Ends) {
        if self.view().message() == Some(Message::Error) {
            rewrite_embedded(self.payload, |_| Some(*to));
        }
    }

    /// Counts the time to live down by one; 0 stays 0.
    pub fn decrement_ttl(&mut self) {
        let delta = count_down(self.head);
        set_header_checksum(self.head, delta.apply(header_checksum(self.head)));
    }
}

impl Ends {
    const fn address(&self, side: Side) -> Addr {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }

    const fn with(self, side: Side, address: Addr) -> Ends {
        match side {
            Side::Source => Ends { source: address, ..self },
            Side::Destination => Ends { destination: address, ..self },
        }
    }
}

/// Counts the time to live down by one, and answers how its word changed.
fn count_down(head: &mut [u8; FIXED_HEADER]) -> Delta {
    let old = u16::from_be_bytes([head[8], head[9]]);
    head[8] = head[8].saturating_sub(1);
    let new = u16::from_be_bytes([head[8], head[9]]);
    let mut delta = Delta::default();
    delta.word(old, new);
    delta
}

/// Writes the addresses and the checksum over them, and answers how the addresses changed.
fn rewrite_addresses(head: &mut [u8; FIXED_HEADER], from: &Ends, to: &Ends) -> Delta {
    let delta = write_addresses(head, from, to);
    set_header_checksum(head, delta.apply(header_checksum(head)));
    delta
}

/// Writes the addresses, and answers how they changed.
#[inline]
fn write_addresses(head: &mut [u8; FIXED_HEADER], from: &Ends, to: &Ends) -> Delta {
    let mut delta = Delta::default();
    for side in [Side::Source, Side::Destination] {
        let (old, new) = (from.address(side), to.address(side));
        if old != new {
            view::set_address(head, side, new);
            delta.addr(old, new);
        }
    }
    delta
}

/// Writes the ports or the identifier, and the checksum that covers them and the addresses, as far as
/// the bytes reach. Answers how the words here changed.
#[inline]
fn rewrite_transport(
    protocol: u8,
    bytes: &mut [u8],
    from: &Ends,
    to: &Ends,
    addresses: Delta,
) -> Delta {
    let mut changes = Delta::default();
    let at = match protocol {
        TCP => TCP_CHECKSUM,
        UDP => UDP_CHECKSUM,
        ICMP => {
            rewrite_identifier(bytes, to, &mut changes);
            return changes;
        }
        _ => return changes,
    };
    if let Some(ports) = bytes.first_chunk_mut::<4>() {
        let [a, b, c, d] = ports;
        rewrite_word([a, b], from.source_port, to.source_port, &mut changes);
        rewrite_word([c, d], from.destination_port, to.destination_port, &mut changes);
    }
    let mut covered = addresses;
    covered.add(changes);
    let field = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>());
    if let Some([high, low]) = field {
        let old = u16::from_be_bytes([*high, *low]);
        let new = covered.apply_to(protocol == UDP, old);
        rewrite_word([high, low], old, new, &mut changes);
    }
    changes
}

/// Writes the identifier of an ICMP query and the checksum over it.
fn rewrite_identifier(bytes: &mut [u8], to: &Ends, changes: &mut Delta) {
    let Some(header) = bytes.first_chunk_mut::<6>() else { return };
    let (old, new) = match Message::read(header) {
        Message::Request(id) => (id, to.source_port),
        Message::Reply(id) => (id, to.destination_port),
        Message::Error | Message::Other => return,
    };
    let [_, _, sum_high, sum_low, high, low] = header;
    let mut covered = Delta::default();
    rewrite_word([high, low], old, new, &mut covered);
    let sum = u16::from_be_bytes([*sum_high, *sum_low]);
    changes.add(covered);
    rewrite_word([sum_high, sum_low], sum, covered.apply(sum), changes);
}

/// Writes a word where it changes, and notes that.
fn rewrite_word(bytes: [&mut u8; 2], old: u16, new: u16, changes: &mut Delta) {
    if old != new {
        changes.word(old, new);
        let [high, low] = bytes;
        [*high, *low] = new.to_be_bytes();
    }
}

/// Rewrites the packet within an ICMP error, if `to` has other ends for it. The embedded bytes are not a
/// checked packet: they may end anywhere and hold anything.
fn rewrite_embedded(message: &mut [u8], to: impl Fn(&Ends) -> Option<Ends>) {
    let Some((icmp, embedded)) = message.split_first_chunk_mut::<ICMP_HEADER>() else { return };
    let Some((head, rest)) = embedded.split_first_chunk_mut::<FIXED_HEADER>() else { return };
    let Some(header_len) = header_len(head) else { return };
    let from = embedded_ends(head, rest.get(header_len - FIXED_HEADER..).unwrap_or(&[]));
    let Some(to) = to(&from) else { return };

    let old = header_checksum(head);
    let addresses = rewrite_addresses(head, &from, &to);
    let mut changes = addresses;
    let new = header_checksum(head);
    if new != old {
        changes.word(old, new);
    }
    if fragment_offset(head) == 0
        && let Some(transport) = rest.get_mut(header_len - FIXED_HEADER..)
    {
        changes.add(rewrite_transport(head[9], transport, &from, &to, addresses));
    }
    let sum = changes.apply(u16::from_be_bytes([icmp[2], icmp[3]]));
    [icmp[2], icmp[3]] = sum.to_be_bytes();
}

/// The ends of an embedded packet, as far as they can be read; ports that cannot are 0.
fn embedded_ends(head: &[u8; FIXED_HEADER], transport: &[u8]) -> Ends {
    let (source, destination) =
        (view::address(head, Side::Source), view::address(head, Side::Destination));
    let (source_port, destination_port) = match head[9] {
        _ if fragment_offset(head) != 0 => (0, 0),
        TCP | UDP => transport.first_chunk().map_or((0, 0), view::ports),
        ICMP => transport.first_chunk().map_or((0, 0), |header| Message::read(header).ports()),
        _ => (0, 0),
    };
    Ends { source, destination, source_port, destination_port }
}

const fn header_checksum(head: &[u8; FIXED_HEADER]) -> u16 {
    u16::from_be_bytes([head[10], head[11]])
}

const fn set_header_checksum(head: &mut [u8; FIXED_HEADER], sum: u16) {
    [head[10], head[11]] = sum.to_be_bytes();
}
