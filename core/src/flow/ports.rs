//! Port translation: which outside port an inside address and port have, the same for all that they talk
//! to (RFC 4787 REQ-1), and which ports of an address are free.
//!
//! The ports of an address and protocol are kept in blocks of 64, made when one of theirs is given out;
//! a summary counts what is given out. A mapping has one port, so there are never more blocks than
//! mappings.

use super::config::{FIRST_PORT, header};
use super::index::Index;
use super::key::{hash, scaled};
use super::slab::Slab;
use crate::addr::{Addr, NatGatewayId};
use crate::memory::Words;

/// A pair of an inside address and port with an outside address, in a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inside {
    pub(super) address: Addr,
    pub(super) port: u16,
    pub(super) outside: Addr,
    pub(super) protocol: u8,
    pub(super) scope: u16,
}

/// A mapping as it is kept: the words of [`Inside`], how many flows use it, its port and NAT gateway.
/// The first word of a free one is a link.
const USES: u32 = 4;
const PORT_NAT: u32 = 5;

/// A block: address, protocol and number, and 64 ports in two words; or a summary with a count.
const BITS: u32 = 2;
/// The number that tells a summary.
const SUMMARY: u16 = u16::MAX;
/// Ports of a block.
const BLOCK_PORTS: u32 = 64;

impl Inside {
    fn words(&self) -> [u32; 4] {
        [
            self.address.0,
            self.outside.0,
            u32::from(self.port) << 16 | u32::from(self.protocol),
            self.scope.into(),
        ]
    }
}

/// What a block says about an address: which ports are given out, or how many.
#[cfg(any(test, feature = "model"))]
pub(super) enum Given<P> {
    Ports { address: Addr, protocol: u8, ports: P },
    Count { address: Addr, protocol: u8, count: u32 },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Ports<'m> {
    pub(super) mem: Words<'m>,
    pub(super) seed: [u64; 2],
    pub(super) mappings: Slab<'m>,
    pub(super) mapping_index: Index<'m>,
    pub(super) blocks: Slab<'m>,
    pub(super) block_index: Index<'m>,
    /// The first port that is given out here, and the one behind the last.
    pub(super) share: (u32, u32),
    /// Most mappings; there is room for one more while a flow makes room for another.
    pub(super) most: u32,
}

impl Ports<'_> {
    fn is(&self, slab: &Slab<'_>, number: u32, words: &[u32]) -> bool {
        (slab.place(number)..).zip(words).all(|(at, word)| self.mem.load(at) == *word)
    }

    /// The mapping of an inside address and port, if it has one.
    pub(super) fn find(&self, inside: &Inside) -> Option<u32> {
        let words = inside.words();
        self.mapping_index.find(hash(self.seed, words), |number| {
            self.is(&self.mappings, number, &words).then_some(number)
        })
    }

    pub(super) fn port(&self, mapping: u32) -> u16 {
        crate::addr::half(self.mem.load(self.mappings.place(mapping) + PORT_NAT), true)
    }

    pub(super) fn nat(&self, mapping: u32) -> NatGatewayId {
        let word = self.mem.load(self.mappings.place(mapping) + PORT_NAT);
        NatGatewayId(crate::addr::half(word, false))
    }

    pub(super) fn outside(&self, mapping: u32) -> Addr {
        Addr(self.mem.load(self.mappings.place(mapping) + 1))
    }

    /// Gives a flow the use of a mapping.
    pub(super) fn hold(&self, mapping: u32) {
        let at = self.mappings.place(mapping) + USES;
        self.mem.store(at, self.mem.load(at).saturating_add(1));
    }

    /// Takes a flow's use away, and the mapping with the last one.
    pub(super) fn release(&self, mapping: u32) {
        let at = self.mappings.place(mapping);
        let uses = self.mem.load(at + USES).saturating_sub(1);
        self.mem.store(at + USES, uses);
        if uses > 0 {
            return;
        }
        let word = |n| self.mem.load(at + n);
        let [_, _, _, protocol] = word(2).to_be_bytes();
        self.free(Addr(word(1)), protocol, self.port(mapping).into());
        let words = [word(0), word(1), word(2), word(3)];
        self.mapping_index.remove(hash(self.seed, words), mapping);
        self.mappings.give(mapping);
    }

    /// How many flows use a mapping.
    pub(super) fn uses(&self, mapping: u32) -> u32 {
        self.mem.load(self.mappings.place(mapping) + USES)
    }

    /// Notes that the outside address is another NAT gateway's now.
    pub(super) fn set_nat(&self, mapping: u32, nat: NatGatewayId) {
        let at = self.mappings.place(mapping) + PORT_NAT;
        self.mem.store(at, self.mem.load(at) & 0xFFFF_0000 | u32::from(nat.0));
    }

    /// Makes a mapping, if there is a free port that is not taken by a forwarding. No flow uses it yet.
    /// `one_goes` says that another mapping will make room for it.
    pub(super) fn map(
        &self,
        inside: &Inside,
        nat: NatGatewayId,
        one_goes: bool,
        is_taken: impl Fn(u16) -> bool,
    ) -> Option<u32> {
        if self.mappings.used() >= self.most + u32::from(one_goes) {
            return None;
        }
        let port = self.pick(inside, is_taken)?;
        let mapping = self.mappings.take()?;
        let words = inside.words();
        let at = self.mappings.place(mapping);
        let port_nat = u32::from(port) << 16 | u32::from(nat.0);
        for (at, word) in (at..).zip(words.into_iter().chain([0, port_nat])) {
            self.mem.store(at, word);
        }
        let is_placed = self.mapping_index.insert(hash(self.seed, words), mapping)
            && self.give_out(inside.outside, inside.protocol, port.into());
        if !is_placed {
            self.mapping_index.remove(hash(self.seed, words), mapping);
            self.mappings.give(mapping);
            return None;
        }
        Some(mapping)
    }

    /// A free port: the inside one, else one of its parity, else any; from a place that only the seed
    /// tells (RFC 6056).
    fn pick(&self, inside: &Inside, is_taken: impl Fn(u16) -> bool) -> Option<u16> {
        let (address, protocol) = (inside.outside, inside.protocol);
        let (first, end) = self.share;
        let own = u32::from(inside.port);
        let given = self.block(address, protocol, SUMMARY).map_or(0, |at| self.mem.load(at + BITS));
        if first + given >= end {
            return None;
        }
        let is_own_free = (first..end).contains(&own)
            && self.bits(address, protocol, block_of(own)) & bit(own) == 0;
        if is_own_free && !is_taken(inside.port) {
            return Some(inside.port);
        }
        let blocks = block_of(first)..block_of(end - 1) + 1;
        let count = u32::try_from(blocks.len()).unwrap_or(0);
        let spread = scaled(hash(self.seed, inside.words()), count);
        let start = blocks.start + u16::try_from(spread).unwrap_or(0);
        // Ports of even number have the even bits of a block, as blocks start with one.
        let even = 0x5555_5555_5555_5555_u64;
        let (same, other) = if own.is_multiple_of(2) { (even, !even) } else { (!even, even) };
        for parity in [same, other] {
            for number in (start..blocks.end).chain(blocks.start..start) {
                let mut free = !self.bits(address, protocol, number) & parity;
                while free != 0 {
                    let port = first_of(number) + free.trailing_zeros();
                    free &= free - 1;
                    let found = u16::try_from(port).ok().filter(|_| (first..end).contains(&port));
                    if let Some(port) = found.filter(|&port| !is_taken(port)) {
                        return Some(port);
                    }
                }
            }
        }
        None
    }

    /// Where a block lies, if it is there.
    fn block(&self, address: Addr, protocol: u8, number: u16) -> Option<u32> {
        Some(self.blocks.place(self.block_number(address, protocol, number)?))
    }

    fn block_number(&self, address: Addr, protocol: u8, number: u16) -> Option<u32> {
        let [words @ .., _, _] = block_words(address, protocol, number);
        self.block_index.find(self.block_hash(words), |block| {
            self.is(&self.blocks, block, &words).then_some(block)
        })
    }

    fn block_hash(&self, words: [u32; 2]) -> u64 {
        let [address, number] = words;
        hash(self.seed, [address, number, 0, 0])
    }

    fn block_or_new(&self, address: Addr, protocol: u8, number: u16) -> Option<u32> {
        if let Some(at) = self.block(address, protocol, number) {
            return Some(at);
        }
        let block = self.blocks.take()?;
        let words = block_words(address, protocol, number);
        let at = self.blocks.place(block);
        for (at, word) in (at..).zip(words) {
            self.mem.store(at, word);
        }
        let [key @ .., _, _] = words;
        if !self.block_index.insert(self.block_hash(key), block) {
            self.blocks.give(block);
            return None;
        }
        Some(at)
    }

    fn drop_block(&self, address: Addr, protocol: u8, number: u16) {
        if let Some(block) = self.block_number(address, protocol, number) {
            let [key @ .., _, _] = block_words(address, protocol, number);
            self.block_index.remove(self.block_hash(key), block);
            self.blocks.give(block);
        }
    }

    fn bits(&self, address: Addr, protocol: u8, number: u16) -> u64 {
        let word = |at| u64::from(self.mem.load(at));
        self.block(address, protocol, number)
            .map_or(0, |at| word(at + BITS) | word(at + BITS + 1) << 32)
    }

    fn store_bits(&self, at: u32, bits: u64) {
        let [low, high] = super::fragments::split(bits);
        self.mem.store(at + BITS, low);
        self.mem.store(at + BITS + 1, high);
    }

    /// Notes that a port is given out; false if there was no room to.
    fn give_out(&self, address: Addr, protocol: u8, port: u32) -> bool {
        let Some(summary) = self.block_or_new(address, protocol, SUMMARY) else { return false };
        let number = block_of(port);
        let Some(at) = self.block_or_new(address, protocol, number) else {
            if self.mem.load(summary + BITS) == 0 {
                self.drop_block(address, protocol, SUMMARY);
            }
            return false;
        };
        self.store_bits(at, self.bits(address, protocol, number) | bit(port));
        self.mem.store(summary + BITS, self.mem.load(summary + BITS) + 1);
        true
    }

    fn free(&self, address: Addr, protocol: u8, port: u32) {
        let number = block_of(port);
        let Some(at) = self.block(address, protocol, number) else { return };
        let left = self.bits(address, protocol, number) & !bit(port);
        self.store_bits(at, left);
        if left == 0 {
            self.drop_block(address, protocol, number);
        }
        let Some(summary) = self.block(address, protocol, SUMMARY) else { return };
        let given = self.mem.load(summary + BITS).saturating_sub(1);
        self.mem.store(summary + BITS, given);
        if given == 0 {
            self.drop_block(address, protocol, SUMMARY);
        }
    }

    /// What a mapping is of.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn inside(&self, mapping: u32) -> Inside {
        let at = self.mappings.place(mapping);
        let [address, outside, rest, scope] = [0, 1, 2, 3].map(|n| self.mem.load(at + n));
        Inside {
            address: Addr(address),
            port: crate::addr::half(rest, true),
            outside: Addr(outside),
            protocol: rest.to_be_bytes()[3],
            scope: crate::addr::half(scope, false),
        }
    }

    /// What a block says.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn given(&self, block: u32) -> Given<impl Iterator<Item = u16> + use<>> {
        let at = self.blocks.place(block);
        let [address, kind, low, high] = [0, 1, 2, 3].map(|n| self.mem.load(at + n));
        let (address, protocol) = (Addr(address), kind.to_be_bytes()[1]);
        let number = crate::addr::half(kind, false);
        if number == SUMMARY {
            return Given::Count { address, protocol, count: low };
        }
        let bits = u64::from(low) | u64::from(high) << 32;
        let ports = (0..BLOCK_PORTS).filter(move |n| bits >> n & 1 == 1);
        let ports = ports.map(move |n| u16::try_from(first_of(number) + n).unwrap_or(0));
        Given::Ports { address, protocol, ports }
    }

    /// Whether there is one mapping more than there may be.
    pub(super) fn is_over(&self) -> bool {
        self.used() > self.most
    }

    /// Mappings that are used.
    pub(super) fn used(&self) -> u32 {
        self.mem.load(header::MAPPINGS + 2)
    }
}

fn block_words(address: Addr, protocol: u8, number: u16) -> [u32; 4] {
    [address.0, u32::from(protocol) << 16 | u32::from(number), 0, 0]
}

fn block_of(port: u32) -> u16 {
    u16::try_from(port.saturating_sub(FIRST_PORT.into()) / BLOCK_PORTS).unwrap_or(0)
}

fn first_of(block: u16) -> u32 {
    u32::from(FIRST_PORT) + u32::from(block) * BLOCK_PORTS
}

fn bit(port: u32) -> u64 {
    1 << (port.saturating_sub(FIRST_PORT.into()) % BLOCK_PORTS)
}
