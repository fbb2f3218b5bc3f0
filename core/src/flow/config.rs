//! The capacities of a flow table, and where things lie in its memory.

use super::counters::{COUNTERS, METER};
use super::fragments::{FRAGMENT, WAYS};
use super::index;
use super::queue::QUEUES;
use super::slab::SLAB_STATE;
use crate::memory::{Words, seal};
use crate::sync::{AtomicU32, Ordering};

/// The lowest port that is given out by port translation; the highest is 65535.
pub const FIRST_PORT: u16 = 1024;
/// Ports and ICMP identifiers of each address that are given out, by all instances together.
pub const PORTS: u32 = 65536 - 1024;
/// Most flows or mappings of one table: references have 24 bits.
pub const MAX_FLOWS: u32 = (1 << 24) - 2;

/// After how long without a packet a flow has ended, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeouts {
    /// TCP that is not established yet or is closing (RFC 5382 REQ-5: at least 4 minutes).
    pub tcp_transitory: u32,
    /// Established TCP (RFC 5382 REQ-5: at least 2 hours and 4 minutes).
    pub tcp_established: u32,
    /// UDP, and protocols that have no class of their own (RFC 4787 REQ-5: at least 2 minutes).
    pub udp: u32,
    /// ICMP queries (RFC 5508 REQ-2: at least 60 seconds).
    pub icmp: u32,
    /// How long later fragments of a datagram find what the first one has said: its ports, or what an ICMP
    /// error is about.
    pub fragment: u32,
}

impl Timeouts {
    /// The behaviour's defaults: 4 min, 2 h 4 min, 5 min, 60 s, and 30 s for fragments.
    pub const DEFAULT: Timeouts = Timeouts {
        tcp_transitory: 240_000,
        tcp_established: 7_440_000,
        udp: 300_000,
        icmp: 60_000,
        fragment: 30_000,
    };
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts::DEFAULT
    }
}

/// The capacities and options of a [`FlowTable`](super::FlowTable).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Most flows, 1 to [`MAX_FLOWS`].
    pub flows: u32,
    /// Most pairs of an inside address and port that have an outside port; 0 without port
    /// translation.
    pub mappings: u32,
    /// Fragmented datagrams that are remembered, rounded up to a multiple of 4.
    pub fragments: u32,
    /// Public addresses whose traffic is counted one by one; what is over is counted together.
    pub meters: u16,
    /// This is instance `instance`, from 0, of `instances`.
    pub instance: u16,
    /// How many instances share the ports of each address.
    pub instances: u16,
    /// When flows end.
    pub timeouts: Timeouts,
    /// A secret random number, without which nobody can aim packets at one place of the table.
    pub seed: u64,
}

/// Words of the header, and what lies in it.
pub(super) mod header {
    use super::{COUNTERS, QUEUES, SLAB_STATE};

    pub(in crate::flow) const MAGIC: u32 = 0;
    pub(in crate::flow) const LENGTH: u32 = 1;
    /// The configuration, [`CONFIG_WORDS`](super::CONFIG_WORDS) long.
    pub(in crate::flow) const CONFIG: u32 = 2;
    /// Where things lie, as it follows from the configuration, [`PLACES`](super::PLACES) long.
    pub(in crate::flow) const PLACES: u32 = CONFIG + super::CONFIG_WORDS;
    /// The seal of everything above but the magic.
    pub(in crate::flow) const SEAL: u32 = PLACES + super::PLACES;
    /// Not 0 while C's thread is at work.
    pub(in crate::flow) const TURN: u32 = SEAL + 1;
    /// The latest time, low word first, and that before which nothing can have ended.
    pub(in crate::flow) const CLOCK: u32 = TURN + 1;
    pub(in crate::flow) const DUE: u32 = CLOCK + 2;
    /// How many packets have renewed flows in the latest millisecond, and the low word of that.
    pub(in crate::flow) const ORDER: u32 = DUE + 2;
    /// The most flows at a time.
    pub(in crate::flow) const HIGH: u32 = ORDER + 2;
    /// Flows that are established.
    pub(in crate::flow) const ESTABLISHED: u32 = HIGH + 1;
    /// Counters of 3 words: flows opened, ended by time, and ended for others.
    pub(in crate::flow) const OPENED: u32 = ESTABLISHED + 1;
    pub(in crate::flow) const EXPIRED: u32 = OPENED + 3;
    pub(in crate::flow) const EVICTED: u32 = EXPIRED + 3;
    /// The states of the slabs.
    pub(in crate::flow) const FLOWS: u32 = EVICTED + 3;
    pub(in crate::flow) const MAPPINGS: u32 = FLOWS + SLAB_STATE;
    pub(in crate::flow) const BLOCKS: u32 = MAPPINGS + SLAB_STATE;
    /// First and last of each queue.
    pub(in crate::flow) const QUEUE_ENDS: u32 = BLOCKS + SLAB_STATE;
    /// When the remembered slots of interfaces were read.
    pub(in crate::flow) const MOVES: u32 = QUEUE_ENDS + 2 * QUEUES;
    pub(in crate::flow) const COUNTS: u32 = MOVES + 1;
    pub(in crate::flow) const END: u32 = COUNTS + COUNTERS;
}

/// The words of the header, which are always there: what lies in it needs no look at the bounds.
pub(super) type Head<'m> = &'m [AtomicU32; HEAD];

#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
const HEAD: usize = header::END as usize;

/// "SKF" and the layout's version.
pub(super) const MAGIC: u32 = 0x534B_4604;
pub(super) const CONFIG_WORDS: u32 = 12;
pub(super) const PLACES: u32 = 17;

/// Words of a flow's record, of a mapping's, and of a block of ports.
pub(super) const FLOW: u32 = 16;
pub(super) const MAPPING: u32 = 6;
pub(super) const BLOCK: u32 = 4;

/// Where things lie, in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) config: Config,
    /// The remembered slots of interfaces, two words each, and how many.
    pub(super) slots: u32,
    pub(super) slot_count: u32,
    pub(super) meters: u32,
    pub(super) fragments: u32,
    pub(super) fragment_sets: u32,
    pub(super) flow_index: u32,
    pub(super) flow_buckets: u32,
    pub(super) flows: u32,
    pub(super) links: u32,
    pub(super) mapping_index: u32,
    pub(super) mapping_buckets: u32,
    pub(super) mappings: u32,
    pub(super) block_index: u32,
    pub(super) block_buckets: u32,
    pub(super) blocks: u32,
    /// The first port of this instance's share, and the one behind the last.
    pub(super) share: (u32, u32),
    pub(super) words: u32,
}

impl Config {
    /// A table of so many flows, all of which may be under port translation: one instance, default
    /// time-outs, seed 0, fragments and meters in proportion.
    pub const fn new(flows: u32) -> Config {
        let share = flows / 16;
        let fragments = if share < 16 {
            16
        } else if share > 4096 {
            4096
        } else {
            share
        };
        Config {
            flows,
            mappings: flows,
            fragments,
            meters: if flows < 1024 { 16 } else { 1024 },
            instance: 0,
            instances: 1,
            timeouts: Timeouts::DEFAULT,
            seed: 0,
        }
    }

    /// Words of memory for a table of this configuration; 0 if there is none such.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub const fn footprint(&self) -> usize {
        match Layout::new(self) {
            Some(layout) => layout.words as usize,
            None => 0,
        }
    }

    /// The ports that this instance gives out: the first, and the one behind the last.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub(super) const fn share(&self) -> (u32, u32) {
        const fn bound(k: u32, instances: u16) -> u32 {
            FIRST_PORT as u32 + PORTS * k / instances as u32
        }
        let instance = self.instance as u32;
        (bound(instance, self.instances), bound(instance + 1, self.instances))
    }

    fn words(&self) -> [u32; 12] {
        let Timeouts { tcp_transitory, tcp_established, udp, icmp, fragment } = self.timeouts;
        [
            self.flows,
            self.mappings,
            self.fragments,
            self.meters.into(),
            u32::from(self.instance) << 16 | u32::from(self.instances),
            tcp_transitory,
            tcp_established,
            udp,
            icmp,
            fragment,
            u32::try_from(self.seed & 0xFFFF_FFFF).unwrap_or(0),
            u32::try_from(self.seed >> 32).unwrap_or(0),
        ]
    }

    fn from_words(words: [u32; 12]) -> Config {
        let [flows, mappings, fragments, meters, instance, times @ .., low, high] = words;
        let [tcp_transitory, tcp_established, udp, icmp, fragment] = times;
        let half = crate::addr::half;
        Config {
            flows,
            mappings,
            fragments,
            meters: half(meters, false),
            instance: half(instance, true),
            instances: half(instance, false),
            timeouts: Timeouts { tcp_transitory, tcp_established, udp, icmp, fragment },
            seed: u64::from(low) | u64::from(high) << 32,
        }
    }
}

impl Layout {
    /// The layout of a configuration, if it makes sense and can be addressed.
    #[expect(clippy::as_conversions, reason = "widening, or checked; `From` is not const")]
    pub(super) const fn new(config: &Config) -> Option<Layout> {
        let Config { flows, mappings, fragments, meters, instance, instances, .. } = *config;
        let is_sound = flows != 0
            && flows <= MAX_FLOWS
            && mappings <= MAX_FLOWS
            && instance < instances
            && instances as u32 <= PORTS;
        if !is_sound {
            return None;
        }
        let flow_count = flows as u64;
        // While a flow makes room for another the new one has its mapping already.
        let mapping_count = if mappings == 0 { 0 } else { mappings as u64 + 1 };
        // Of each mapping at most one block of ports, and the summary of its address.
        let block_count = 2 * mapping_count;
        let fragment_sets = (fragments as u64).div_ceil(WAYS as u64);

        let slot_count = match flows / 4 {
            0..=16 => 16,
            count @ 17..1024 => count.next_power_of_two(),
            _ => 1024,
        };

        let at = header::END as u64;
        let (slots, at) = (at, at + slot_count as u64 * 2);
        let (meters, at) = (at, at + (meters as u64 + 1) * METER as u64);
        let (fragments, at) = (at, at + fragment_sets * WAYS as u64 * FRAGMENT as u64);
        // On the bound of a cache line, if the memory is.
        let at = at.next_multiple_of(16);
        let (flow_index, at) = (at, at + index::words(2 * flow_count));
        let (flow_records, at) = (at, at + flow_count * FLOW as u64);
        let (links, at) = (at, at + flow_count * 2);
        let at = at.next_multiple_of(16);
        let (mapping_index, at) = (at, at + index::words(mapping_count));
        let (block_index, at) = (at, at + index::words(block_count));
        let (mapping_records, at) = (at, at + mapping_count * MAPPING as u64);
        let (blocks, at) = (at, at + block_count * BLOCK as u64);
        if at > (u32::MAX / 4) as u64 {
            return None;
        }
        Some(Layout {
            config: *config,
            slots: slots as u32,
            slot_count,
            meters: meters as u32,
            fragments: fragments as u32,
            fragment_sets: fragment_sets as u32,
            flow_index: flow_index as u32,
            flow_buckets: index::buckets(2 * flow_count) as u32,
            flows: flow_records as u32,
            links: links as u32,
            mapping_index: mapping_index as u32,
            mapping_buckets: index::buckets(mapping_count) as u32,
            mappings: mapping_records as u32,
            block_index: block_index as u32,
            block_buckets: index::buckets(block_count) as u32,
            blocks: blocks as u32,
            share: config.share(),
            words: at as u32,
        })
    }

    /// Writes the configuration and all that follows from it into the header.
    pub(super) fn write(&self, mem: Words<'_>) {
        let (config, places) = (self.config.words(), self.places());
        mem.store(header::LENGTH, self.words);
        for (at, word) in (header::CONFIG..).zip(config.into_iter().chain(places)) {
            mem.store(at, word);
        }
        let sealed = core::iter::once(self.words).chain(config).chain(places);
        mem.store(header::SEAL, seal(sealed));
    }

    /// The layout in a header that agrees with its seal; the memory may end behind it.
    #[inline(always)]
    pub(super) fn read(mem: Words<'_>) -> Option<Layout> {
        if mem.acquire(header::MAGIC) != MAGIC {
            return None;
        }
        let told: &[AtomicU32; TOLD] = mem.chunk(header::LENGTH)?;
        let told = told.each_ref().map(|word| word.load(Ordering::Relaxed));
        let [words, told @ .., stated] = told;
        let sealed = told.into_iter().fold(words, |all, word| all ^ word);
        if seal([sealed]) != stated {
            return None;
        }
        let (config, places) = told.split_first_chunk()?;
        Some(Layout::from_places(Config::from_words(*config), words, *places.first_chunk()?))
    }
}

/// The words from the length to the seal.
#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
const TOLD: usize = (header::SEAL - header::LENGTH + 1) as usize;

/// The places in the order of the header.
macro_rules! places {
    ($($field:ident),* $(,)?) => {
        impl Layout {
            fn places(&self) -> [u32; 17] {
                [$(self.$field,)* self.share.0, self.share.1]
            }

            #[inline(always)]
            fn from_places(config: Config, words: u32, places: [u32; 17]) -> Layout {
                let [$($field,)* first, end] = places;
                Layout { config, $($field,)* share: (first, end), words }
            }
        }
    };
}

places! {
    slots,
    slot_count,
    meters,
    fragments,
    fragment_sets,
    flow_index,
    flow_buckets,
    flows,
    links,
    mapping_index,
    mapping_buckets,
    mappings,
    block_index,
    block_buckets,
    blocks,
}

/// The numbers that [`Config::footprint`] and that of a steering are made of, by name, for the macros of
/// the C header.
#[doc(hidden)]
#[expect(clippy::as_conversions, reason = "small numbers; `TryFrom` is not const")]
pub const TERMS: [(&str, u32); 10] = [
    ("HEAD", header::END),
    ("METER", METER),
    ("FRAGMENT", FRAGMENT),
    ("WAYS", WAYS),
    ("BUCKET", index::BUCKET),
    ("KEYS", index::KEYS as u32),
    ("FLOW", FLOW),
    ("MAPPING", MAPPING),
    ("BLOCK", BLOCK),
    ("STEERING", super::steering::HEADER),
];
