//! Where the rules can be read in more than one way: how the model reads them.

use super::packet::{ICMP, Packet, TCP, Transport, UDP, is_reply, is_request};
use crate::addr::Addr;

/// An ICMP error renews no flow.
pub(super) const ERRORS_RENEW: bool = false;

/// Whether a NAT gateway can pass a packet on. An ICMP answer needs a question that it answers.
pub(super) fn supported(packet: &Packet, in_flow: bool) -> bool {
    match packet.transport {
        Transport::Tcp { .. } | Transport::Udp { .. } => true,
        Transport::Icmp { kind, .. } => is_request(kind) || (in_flow && is_reply(kind)),
        Transport::Error { .. } => in_flow,
        Transport::Other(_) => false,
        Transport::Later(protocol) => matches!(protocol, TCP | UDP | ICMP),
    }
}

/// An error is about the packet that it carries only if it goes to who sent that.
pub(super) fn goes_to_sender(error: &Packet, about_source: Addr) -> bool {
    error.destination == about_source
}
