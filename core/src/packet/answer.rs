//! The ICMP answer that a packet whose time is over gets.

use super::checksum::checksum;
use super::view::{ICMP, Message, Transport, View};
use crate::addr::Addr;

/// The most bytes of an answer: RFC 1812 4.3.2.3 wants as much of the packet as fits into 576.
pub const MAX_ANSWER: usize = 576;
const HEADERS: usize = 28;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NoAnswer {
    /// None is due: to what is no packet, an ICMP error, a later fragment, or a packet from a source that
    /// is no single host's (RFC 1812 4.3.2.7).
    NotDue,
    /// The room given is too small for the packet's header and 8 bytes of what follows.
    TooSmall,
}

/// Writes the ICMP time-exceeded message (type 11, code 0) that a packet dropped as TTL_EXPIRED is
/// answered with, an IPv4 packet from `router` to the packet's source; gives its length.
///
/// `packet` is as it was before it was processed, which a drop leaves it. The answer carries as much of
/// it as fits the room, at most to [`MAX_ANSWER`] bytes in all. Sending it, and how often, is the
/// caller's.
pub fn time_exceeded(packet: &[u8], router: Addr, out: &mut [u8]) -> Result<usize, NoAnswer> {
    let view = View::new(packet).map_err(|_| NoAnswer::NotDue)?;
    let source = view.source();
    let [first, ..] = source.0.to_be_bytes();
    let is_host = first != 0 && first != 127 && first < 224;
    let is_error = view.message() == Some(Message::Error);
    if !is_host || is_error || view.transport() == Transport::LaterFragment {
        return Err(NoAnswer::NotDue);
    }
    let total = usize::from(view.total_len());
    let header = total - view.payload().len();
    let least = HEADERS + total.min(header + 8);
    let room = out.len().min(MAX_ANSWER);
    if room < least {
        return Err(NoAnswer::TooSmall);
    }
    let quoted = packet.get(..total.min(room - HEADERS)).ok_or(NoAnswer::NotDue)?;
    let len = HEADERS + quoted.len();
    let answer = out.get_mut(..len).ok_or(NoAnswer::TooSmall)?;
    let (head, rest) = answer.split_first_chunk_mut::<20>().ok_or(NoAnswer::TooSmall)?;
    let [len_high, len_low] = u16::try_from(len).unwrap_or(0).to_be_bytes();
    let [a, b, c, d] = router.0.to_be_bytes();
    let [e, f, g, h] = source.0.to_be_bytes();
    // Precedence 6, as RFC 1812 4.3.2.5 has it for errors.
    *head = [0x45, 0xC0, len_high, len_low, 0, 0, 0, 0, 64, ICMP, 0, 0, a, b, c, d, e, f, g, h];
    let [sum_high, sum_low] = checksum(head).to_be_bytes();
    (head[10], head[11]) = (sum_high, sum_low);
    let (icmp, body) = rest.split_first_chunk_mut::<8>().ok_or(NoAnswer::TooSmall)?;
    *icmp = [11, 0, 0, 0, 0, 0, 0, 0];
    body.copy_from_slice(quoted);
    let [high, low] = checksum(rest).to_be_bytes();
    if let Some([_, _, sum_high, sum_low, ..]) = rest.first_chunk_mut::<8>() {
        (*sum_high, *sum_low) = (high, low);
    }
    Ok(len)
}
