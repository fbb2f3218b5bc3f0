//! Packets such as nearly all are: TCP or UDP, whole, without IP options. Of these all that a known flow
//! asks for lies at fixed places, so they need no view, and no branch tells the two protocols apart.

use core::hint::select_unpredictable;

use super::checksum::{self, Delta};
use super::view::{FIXED_HEADER, TCP, UDP};
use crate::addr::Addr;

/// The least length: with UDP's header, and what TCP's has more.
const LEAST: usize = FIXED_HEADER + 8;
const MORE: usize = 12;
/// Where the checksum lies in UDP's header, and how much farther in TCP's.
const CHECKSUM: usize = FIXED_HEADER + 6;
const FARTHER: usize = 10;
/// Where the flags of a TCP segment lie, and a byte that is always there: the protocol.
const FLAGS: usize = FIXED_HEADER + 13;
const PROTOCOL: usize = 9;
/// Version 4, and a header of five words.
const NO_OPTIONS: u8 = 0x45;
/// A bit for each of both protocols.
const PORTED: u32 = 1 << TCP | 1 << UDP;

/// What is read of such a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    /// The source above the destination.
    pub(crate) addresses: u64,
    /// The source port above the destination port.
    pub(crate) ports: u32,
    pub(crate) protocol: u8,
    /// Flags of a TCP segment.
    pub(crate) flags: u8,
    /// The packet's length as its header states it.
    pub(crate) len: u16,
}

impl Plain {
    /// Reads a packet. What gives none is another one, or malformed: [`View::new`](super::View::new)
    /// tells.
    #[inline(always)]
    pub(crate) fn read(bytes: &[u8]) -> Option<Plain> {
        let head: &[u8; LEAST] = bytes.first_chunk()?;
        let fixed: &[u8; FIXED_HEADER] = head.first_chunk()?;
        let protocol = head[PROTOCOL];
        let has_ports = PORTED.checked_shr(protocol.into()).unwrap_or(0) & 1 != 0;
        let fragment = u16::from_be_bytes([head[6], head[7]]) & 0x3FFF;
        if head[0] != NO_OPTIONS || !has_ports || fragment != 0 || !checksum::is_right_head(fixed) {
            return None;
        }
        let (len, is_tcp) = (u16::from_be_bytes([head[2], head[3]]), protocol == TCP);
        let least = select_unpredictable(is_tcp, LEAST + MORE, LEAST);
        if usize::from(len) < least || usize::from(len) > bytes.len() {
            return None;
        }
        let flags = *bytes.get(select_unpredictable(is_tcp, FLAGS, PROTOCOL))?;
        let [_, _, _, addresses @ .., ports, _] = head.as_chunks::<4>().0 else { return None };
        let addresses = addresses.as_flattened().first_chunk()?;
        Some(Plain {
            addresses: u64::from_be_bytes(*addresses),
            ports: u32::from_be_bytes(*ports),
            protocol,
            flags: select_unpredictable(is_tcp, flags, 0),
            len,
        })
    }

    /// The [words](super::Ends::words) of the ends.
    #[inline(always)]
    pub(crate) fn ends(&self) -> [u32; 3] {
        let word = |half: u64| u32::try_from(half & 0xFFFF_FFFF).unwrap_or(0);
        [word(self.addresses >> 32), word(self.addresses), self.ports]
    }

    /// The time to live of a packet that was read.
    #[inline(always)]
    pub(crate) fn ttl(bytes: &[u8]) -> u8 {
        bytes.first_chunk::<LEAST>().map_or(0, |head| head[8])
    }

    /// Gives a packet that was read, with these ends, other ones, and counts its time to live down, which
    /// is not 0, if it `crosses` the border: in one go.
    #[inline(always)]
    pub(crate) fn carry(
        bytes: &mut [u8],
        is_tcp: bool,
        from: [u32; 3],
        to: [u32; 3],
        crosses: bool,
    ) {
        let Some(head) = bytes.first_chunk_mut::<LEAST>() else { return };
        let [_, _, time, source, destination, ports, _] = head.as_chunks_mut::<4>().0 else {
            return;
        };
        // A word that stays adds nothing to a sum that changes.
        let mut covered = Delta::default();
        covered.addr(Addr(from[0]), Addr(to[0]));
        covered.addr(Addr(from[1]), Addr(to[1]));
        let moves = from[0] != to[0] || from[1] != to[1];
        if moves || crosses {
            let (mut header, mut down) = (covered, 0);
            if crosses {
                header.count_down();
                down = 1 << 24;
            }
            let old = u32::from_be_bytes(*time);
            let sum = header.apply(crate::addr::half(old, false));
            *time = ((old & 0xFFFF_0000).wrapping_sub(down) | u32::from(sum)).to_be_bytes();
            *source = to[0].to_be_bytes();
            *destination = to[1].to_be_bytes();
        }
        if !moves && from[2] == to[2] {
            return;
        }
        *ports = to[2].to_be_bytes();
        covered.addr(Addr(from[2]), Addr(to[2]));
        let at = select_unpredictable(is_tcp, CHECKSUM + FARTHER, CHECKSUM);
        if let Some([high, low]) = bytes.get_mut(at..at + 2) {
            let old = u16::from_be_bytes([*high, *low]);
            [*high, *low] = covered.apply_to(!is_tcp, old).to_be_bytes();
        }
    }
}
