//! What a flow is found by: the 5-tuple of a packet where it enters, and the side that it enters from.

use crate::addr::{Addr, half};
use crate::packet::Ends;
use crate::resolve::Header;

/// The scope of packets from the Internet. VPCs have their slot.
pub(super) const INTERNET: u16 = u16::MAX;

/// A 5-tuple and where it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) ends: Ends,
    pub(super) protocol: u8,
    /// The slot of the VPC that sends it, or [`INTERNET`].
    pub(super) scope: u16,
}

impl Key {
    pub(super) fn words(&self) -> [u32; 4] {
        let Ends { source, destination, source_port, destination_port } = self.ends;
        [
            source.0,
            destination.0,
            u32::from(source_port) << 16 | u32::from(destination_port),
            u32::from(self.scope) << 16 | u32::from(self.protocol),
        ]
    }

    pub(super) fn from_words(words: [u32; 4]) -> Key {
        let [source, destination, ports, rest] = words;
        let [_, _, _, protocol] = rest.to_be_bytes();
        Key {
            ends: Ends {
                source: Addr(source),
                destination: Addr(destination),
                source_port: half(ports, true),
                destination_port: half(ports, false),
            },
            protocol,
            scope: half(rest, true),
        }
    }

    /// The facts that a verdict about the packet needs.
    pub(super) fn header(&self) -> Header {
        let Ends { source, destination, source_port, destination_port } = self.ends;
        let has_ports = matches!(self.protocol, crate::packet::TCP | crate::packet::UDP);
        let port = |port| if has_ports { port } else { 0 };
        Header {
            source,
            destination,
            protocol: self.protocol,
            source_port: port(source_port),
            destination_port: port(destination_port),
        }
    }
}

/// A keyed hash of four words. Who does not know the seed cannot aim at a place.
pub(super) fn hash(seed: [u64; 2], words: [u32; 4]) -> u64 {
    let [a, b, c, d] = words.map(u64::from);
    let [low, high] = seed;
    let once = fold((a | b << 32) ^ low, (c | d << 32) ^ high);
    fold(once ^ high, 0x9E37_79B9_7F4A_7C15)
}

/// A number below `n`, evenly, of the low half of a hash.
pub(super) fn scaled(hash: u64, n: u32) -> u32 {
    u32::try_from(((hash & 0xFFFF_FFFF) * u64::from(n)) >> 32).unwrap_or(0)
}

/// The two halves of a product, one over the other.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(product >> 64).unwrap_or(0);
    low ^ high
}
