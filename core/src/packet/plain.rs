//! Packets such as nearly all are: TCP or UDP, whole, without IP options. Of these all that a known flow
//! asks for lies at fixed places, so they need no view, and no branch tells the two protocols apart.

use core::hint::select_unpredictable;

use super::checksum::{self, Delta};
use super::view::{FIXED_HEADER, TCP, UDP};
use crate::addr::Addr;

/// The bytes that all of them have: with TCP's header, or padding behind a shorter UDP packet. Ethernet
/// pads to more.
pub(crate) const HEAD: usize = FIXED_HEADER + 20;
/// The least length of a packet: with UDP's header, and what TCP's has more.
const LEAST: u16 = 28;
const MORE: u16 = 12;
/// Where the checksum lies in TCP's and in UDP's header, and the flags of a TCP segment.
const TCP_CHECKSUM: usize = FIXED_HEADER + 16;
const UDP_CHECKSUM: usize = FIXED_HEADER + 6;
const FLAGS: usize = FIXED_HEADER + 13;
/// In the first eight bytes: the version, the header's length, and what fragments have; version 4, a header
/// of five words, and no fragment.
const KIND: u64 = 0xFF00_0000_0000_3FFF;
const WHOLE: u64 = 0x4500_0000_0000_0000;
/// In the second: the time to live and the protocol; the checksum and the source are behind them.
const TIME: u64 = 0xFFFF_0000_0000_0000;
/// A bit for each of both protocols.
const PORTED: u32 = 1 << TCP | 1 << UDP;

/// What is read of such a packet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain {
    pub(crate) source: u32,
    pub(crate) destination: u32,
    /// The source port above the destination port.
    pub(crate) ports: u32,
    pub(crate) protocol: u8,
    /// Flags of a TCP segment.
    pub(crate) flags: u8,
    /// The packet's length as its header states it.
    pub(crate) len: u16,
    pub(crate) ttl: u32,
}

impl Plain {
    /// Reads a packet of so many bytes with padding. What gives none is another one, or malformed:
    /// [`View::new`](super::View::new) tells.
    #[inline(always)]
    pub(crate) fn read(head: &[u8; HEAD], bytes: usize) -> Option<Plain> {
        let [first, second, third, ..] = head.as_chunks::<8>().0 else { return None };
        let [first, second, third] = [first, second, third].map(|word| u64::from_be_bytes(*word));
        let [_, _, len_high, len_low, ..] = first.to_be_bytes();
        let [ttl, protocol, ..] = second.to_be_bytes();
        // No branch tells the two protocols apart.
        let has_ports = (PORTED >> (protocol & 31)) & 1 != 0;
        if first & KIND != WHOLE
            || !has_ports
            || protocol > 31
            || !checksum::is_right_header(first, second, third >> 32)
        {
            return None;
        }
        let (len, is_tcp) = (u16::from_be_bytes([len_high, len_low]), protocol == TCP);
        let least = select_unpredictable(is_tcp, LEAST + MORE, LEAST);
        if len < least || usize::from(len) > bytes {
            return None;
        }
        Some(Plain {
            source: low(second),
            destination: low(third >> 32),
            ports: low(third),
            protocol,
            flags: select_unpredictable(is_tcp, head[FLAGS], 0),
            len,
            ttl: ttl.into(),
        })
    }

    #[inline(always)]
    pub(crate) fn is_tcp(&self) -> bool {
        self.protocol == TCP
    }

    /// Gives the packet that was read these ends, and counts its time to live down, which is not 0, if it
    /// `crosses` the border: in one go.
    #[inline(always)]
    pub(crate) fn carry(
        &self,
        head: &mut [u8; HEAD],
        [source, destination, ports]: [u32; 3],
        crosses: bool,
    ) {
        let [_, second, third, ..] = head.as_chunks_mut::<8>().0 else { return };
        // A word that stays adds nothing to a sum that changes.
        let mut covered = Delta::default();
        covered.addr(Addr(self.source), Addr(source));
        covered.addr(Addr(self.destination), Addr(destination));
        let moves = self.source != source || self.destination != destination;
        if moves || crosses {
            let (mut header, mut down) = (covered, 0);
            if crosses {
                header.count_down();
                down = 1 << 56;
            }
            let old = u64::from_be_bytes(*second);
            let sum = header.apply_to_inverse((!old >> 32) & 0xFFFF);
            let time = (old & TIME).wrapping_sub(down);
            *second = (time | u64::from(sum) << 32 | u64::from(source)).to_be_bytes();
        }
        if !moves && self.ports == ports {
            return;
        }
        *third = (u64::from(destination) << 32 | u64::from(ports)).to_be_bytes();
        covered.addr(Addr(self.ports), Addr(ports));
        let at = select_unpredictable(self.is_tcp(), TCP_CHECKSUM, UDP_CHECKSUM);
        if let Some([high, low]) = head.get_mut(at..at + 2) {
            let old = u16::from_be_bytes([*high, *low]);
            [*high, *low] = covered.apply_to(!self.is_tcp(), old).to_be_bytes();
        }
    }
}

/// The low half.
#[inline(always)]
fn low(word: u64) -> u32 {
    u32::try_from(word & 0xFFFF_FFFF).unwrap_or(0)
}
