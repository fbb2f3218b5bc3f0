//! What a flow is found by: the 5-tuple of a packet where it enters, and the side that it enters from.

use crate::addr::half;
use crate::packet::{Ends, Plain};
use crate::resolve::Header;

/// The scope of packets from the Internet. VPCs have their slot.
pub(super) const INTERNET: u16 = u16::MAX;

/// A 5-tuple and where it is seen, as the words that are hashed and compared: both addresses, the ports
/// of source and destination, and the scope above the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key(pub(super) [u32; 4]);

impl Key {
    /// The key of packets with these ends; `scope` is the slot of the VPC that sends them, or
    /// [`INTERNET`].
    pub(super) fn new(ends: &Ends, protocol: u8, scope: u16) -> Key {
        Key::of(ends.words(), protocol, scope)
    }

    /// The same of the ends' words.
    #[inline]
    pub(super) fn of([source, destination, ports]: [u32; 3], protocol: u8, scope: u16) -> Key {
        Key([source, destination, ports, u32::from(scope) << 16 | u32::from(protocol)])
    }

    /// The key of a plain packet.
    #[inline(always)]
    pub(super) fn of_plain(plain: &Plain, scope: u16) -> Key {
        let Plain { source, destination, ports, protocol, .. } = *plain;
        Key::of([source, destination, ports], protocol, scope)
    }

    /// The words of the ends.
    #[inline]
    pub(super) fn end_words(&self) -> [u32; 3] {
        let Key([source, destination, ports, _]) = *self;
        [source, destination, ports]
    }

    /// The words of the ends that packets have which go the other way.
    #[inline]
    pub(super) fn reversed_words(&self) -> [u32; 3] {
        let Key([source, destination, ports, _]) = *self;
        [destination, source, ports.rotate_left(16)]
    }

    pub(super) fn ends(&self) -> Ends {
        Ends::from_words(self.end_words())
    }

    #[inline]
    pub(super) fn protocol(&self) -> u8 {
        let Key([.., rest]) = *self;
        let [_, _, _, protocol] = rest.to_be_bytes();
        protocol
    }

    /// The slot of the VPC that sends it, or [`INTERNET`].
    #[inline]
    pub(super) fn scope(&self) -> u16 {
        let Key([.., rest]) = *self;
        half(rest, true)
    }

    /// The facts that a verdict about the packet needs.
    pub(super) fn header(&self) -> Header {
        let Ends { source, destination, source_port, destination_port } = self.ends();
        let protocol = self.protocol();
        let has_ports = matches!(protocol, crate::packet::TCP | crate::packet::UDP);
        let port = |port| if has_ports { port } else { 0 };
        Header {
            source,
            destination,
            protocol,
            source_port: port(source_port),
            destination_port: port(destination_port),
        }
    }
}

/// A keyed hash of four words. Who does not know the seed cannot aim at a place.
#[inline]
pub(super) fn hash(seed: [u64; 2], words: &[u32; 4]) -> u64 {
    let &[a, b, c, d] = words;
    hash_pairs(seed, pair(a, b), pair(c, d))
}

/// The same of two [pairs](pair).
#[inline(always)]
pub(super) fn hash_pairs([low, high]: [u64; 2], first: u64, second: u64) -> u64 {
    let once = fold(first ^ low, second ^ high);
    fold(once ^ high, 0x9E37_79B9_7F4A_7C15)
}

/// Two words as one, the first one low.
#[inline(always)]
pub(super) fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// A number below `n`, evenly, of the low half of a hash.
pub(super) fn scaled(hash: u64, n: u32) -> u32 {
    u32::try_from(((hash & 0xFFFF_FFFF) * u64::from(n)) >> 32).unwrap_or(0)
}

/// The two halves of a product, one over the other.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(product >> 64).unwrap_or(0);
    low ^ high
}
