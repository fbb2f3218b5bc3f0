//! Rewriting a checked packet in place, checksums updated incrementally.

use super::checksum;
use super::view::{
    self, FIXED_HEADER, Side, TCP, Transport, UDP, ViewMut, fragment_offset, header_len,
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
        let from = view::address(self.head, side);
        rewrite_header(self.head, side, from, to);
        match self.view().transport() {
            Transport::Tcp | Transport::Udp => {
                update_transport(self.head[9], self.payload, from, to);
            }
            Transport::Icmp => rewrite_icmp_error(self.payload, side.opposite(), from, to),
            Transport::Other | Transport::LaterFragment => {}
        }
    }

    /// Counts the time to live down by one; 0 stays 0.
    pub fn decrement_ttl(&mut self) {
        let old = u16::from_be_bytes([self.head[8], self.head[9]]);
        self.head[8] = self.head[8].saturating_sub(1);
        let new = u16::from_be_bytes([self.head[8], self.head[9]]);
        let sum = checksum::update(header_checksum(self.head), old, new);
        set_header_checksum(self.head, sum);
    }
}

fn rewrite_header(head: &mut [u8; FIXED_HEADER], side: Side, from: Addr, to: Addr) {
    view::set_address(head, side, to);
    let sum = checksum::update_addr(header_checksum(head), from, to);
    set_header_checksum(head, sum);
}

/// Rewrites the packet within an ICMP error. The embedded bytes are not a checked packet: they may
/// end anywhere and hold anything.
fn rewrite_icmp_error(message: &mut [u8], side: Side, from: Addr, to: Addr) {
    let Some((icmp, embedded)) = message.split_first_chunk_mut::<ICMP_HEADER>() else { return };
    if !matches!(icmp[0], 3 | 4 | 5 | 11 | 12) {
        return;
    }
    let Some((head, rest)) = embedded.split_first_chunk_mut::<FIXED_HEADER>() else { return };
    let Some(header_len) = header_len(head) else { return };
    if view::address(head, side) != from {
        return;
    }
    let old = header_checksum(head);
    rewrite_header(head, side, from, to);
    let mut sum = u16::from_be_bytes([icmp[2], icmp[3]]);
    sum = checksum::update_addr(sum, from, to);
    sum = checksum::update(sum, old, header_checksum(head));

    if fragment_offset(head) == 0
        && let Some(transport) = rest.get_mut(header_len - FIXED_HEADER..)
        && let Some((old, new)) = update_transport(head[9], transport, from, to)
    {
        sum = checksum::update(sum, old, new);
    }
    [icmp[2], icmp[3]] = sum.to_be_bytes();
}

/// Updates the checksum of a TCP or UDP header, if there is one and the bytes reach so far, and
/// answers it as it was and as it is.
fn update_transport(protocol: u8, bytes: &mut [u8], from: Addr, to: Addr) -> Option<(u16, u16)> {
    let at = match protocol {
        TCP => TCP_CHECKSUM,
        UDP => UDP_CHECKSUM,
        _ => return None,
    };
    let field: &mut [u8; 2] = bytes.get_mut(at..)?.first_chunk_mut()?;
    let old = u16::from_be_bytes(*field);
    let new = match protocol {
        UDP => checksum::update_udp(old, from, to),
        _ => checksum::update_addr(old, from, to),
    };
    *field = new.to_be_bytes();
    Some((old, new))
}

const fn header_checksum(head: &[u8; FIXED_HEADER]) -> u16 {
    u16::from_be_bytes([head[10], head[11]])
}

const fn set_header_checksum(head: &mut [u8; FIXED_HEADER], sum: u16) {
    [head[10], head[11]] = sum.to_be_bytes();
}
