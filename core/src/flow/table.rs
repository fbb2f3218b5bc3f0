//! The table itself: memory, flows found, opened and ended.

use super::config::{BLOCK, Config, FLOW, Head, Layout, MAGIC, MAPPING, header};
use super::counters::{self, Counters, add_at};
use super::fragments::{self, Fragments, read_time, write_time};
use super::index::Index;
use super::key::{Key, hash, hash_pairs, pair};
use super::ports::Ports;
use super::queue::{Class, Queues};
use super::record::{Flow, Sender, Was};
use super::slab::Slab;
use super::watch::{Shape, Watch, counters_of};
use crate::addr::{Id, half};
use crate::memory::{MemoryError, Turn, Words};
use crate::packet::Plain;
use crate::sync::{AtomicU32, Ordering};
use crate::tables::Tables;

/// No flow can end before this.
pub(super) const NEVER: u64 = u64::MAX;

/// Flows of a region's packets, in the caller's memory. One thread at a time; [`Watch`] reads the
/// counters from others.
#[derive(Debug)]
pub struct FlowTable<'m> {
    pub(super) mem: Words<'m>,
    head: Head<'m>,
    layout: Layout,
    pub(super) seed: [u64; 2],
    pub(super) flow_index: Index<'m>,
    /// The records of the slab, by number from 1.
    records: &'m [[AtomicU32; 16]],
    /// What [`FlowTable::grain`] is of established TCP and of UDP.
    pub(super) grains: [u32; 2],
    /// Interfaces' words and their VPCs' slots, by the low bits of the interfaces' numbers.
    slots: &'m [[AtomicU32; 2]],
    slot_mask: u32,
    pub(super) queues: Queues<'m>,
    pub(super) counters: Counters<'m>,
}

/// How full a flow table is, and what has become of its flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stats {
    /// Flows.
    pub flows: u32,
    /// The most flows at a time so far.
    pub flows_high: u32,
    /// Flows that are never ended for others: established TCP, and UDP whose opener has sent again after
    /// an answer.
    pub established: u32,
    /// Inside addresses and ports that have an outside port.
    pub mappings: u32,
    /// Flows opened so far.
    pub opened: u64,
    /// Flows that ended because their time was over.
    pub expired: u64,
    /// Flows that ended for others in a full table.
    pub evicted: u64,
}

/// What a flow is opened with.
pub(super) struct Opening {
    pub(super) opener: Key,
    pub(super) answerer: Key,
    /// Where the opener's packets enter, inside.
    pub(super) sender: Option<Id>,
    /// What answers from the Internet have to reach.
    pub(super) reach: Option<Id>,
    pub(super) mapping: u32,
}

/// A power of two, a 32nd of a time-out or less; without a time-out 0.
fn grain_of(timeout: u32) -> u32 {
    let bits = (timeout / 32).checked_ilog2().unwrap_or(0);
    if timeout == 0 { 0 } else { 1 << bits }
}

impl<'m> FlowTable<'m> {
    /// Words of memory for a table of this configuration; 0 if there is none such.
    pub const fn footprint(config: &Config) -> usize {
        config.footprint()
    }

    /// Makes an empty table in uninitialised (zero) memory; at a multiple of 64 bytes it is fastest.
    pub fn init(memory: &'m [AtomicU32], config: &Config) -> Result<FlowTable<'m>, MemoryError> {
        let layout = Layout::new(config).ok_or(MemoryError::BadProfile)?;
        let memory =
            memory.get(..crate::memory::index(layout.words)).ok_or(MemoryError::TooSmall)?;
        let mem = Words(memory);
        if mem.load(header::MAGIC) != 0 {
            return Err(MemoryError::AlreadyInitialised);
        }
        for at in 1..mem.len() {
            mem.store(at, 0);
        }
        layout.write(mem);
        write_time(mem, header::DUE, NEVER);
        mem.publish(header::MAGIC, MAGIC);
        FlowTable::over(mem, &layout).ok_or(MemoryError::TooSmall)
    }

    /// The table that [`FlowTable::init`] made in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<FlowTable<'m>, MemoryError> {
        Shape::read(memory)?.table(memory)
    }

    /// The turn at this table's packets; none while another is held.
    #[doc(hidden)]
    pub fn turn(&self) -> Option<Turn<'m>> {
        Turn::take(self.mem, header::TURN)
    }

    /// Ends the table: the memory can be initialised again.
    pub fn fini(self) {
        self.mem.publish(header::MAGIC, 0);
    }

    #[inline(always)]
    pub(super) fn over(mem: Words<'m>, layout: &Layout) -> Option<FlowTable<'m>> {
        // What a packet of a known flow asks for; the rest is made when it is asked for.
        let config = &layout.config;
        let head = mem.chunk(0)?;
        Some(FlowTable {
            mem,
            head,
            layout: *layout,
            seed: [config.seed ^ 0x2545_F491_4F6C_DD1D, config.seed.rotate_left(32) | 1],
            flow_index: Index::new(mem, layout.flow_index, layout.flow_buckets),
            records: mem.range(layout.flows, config.flows.saturating_mul(FLOW)).as_chunks().0,
            grains: [grain_of(config.timeouts.tcp_established), grain_of(config.timeouts.udp)],
            slots: mem.range(layout.slots, 2 * layout.slot_count).as_chunks().0,
            slot_mask: layout.slot_count.wrapping_sub(1),
            queues: Queues { mem, head, links: layout.links },
            counters: counters_of(mem, layout)?,
        })
    }

    fn slab(&self, state: u32, at: u32, words: u32, capacity: u32) -> Slab<'m> {
        Slab { mem: self.mem, state, at, words, capacity }
    }

    /// The records of flows.
    pub(super) fn flows(&self) -> Slab<'m> {
        self.slab(header::FLOWS, self.layout.flows, FLOW, self.config().flows)
    }

    /// The ports that are given out.
    pub(super) fn ports(&self) -> Ports<'m> {
        let (mem, layout, most) = (self.mem, &self.layout, self.config().mappings);
        let room = if most == 0 { 0 } else { most + 1 };
        Ports {
            mem,
            seed: self.seed,
            mappings: self.slab(header::MAPPINGS, layout.mappings, MAPPING, room),
            mapping_index: Index::new(mem, layout.mapping_index, layout.mapping_buckets),
            blocks: self.slab(header::BLOCKS, layout.blocks, BLOCK, 2 * room),
            block_index: Index::new(mem, layout.block_index, layout.block_buckets),
            share: layout.share,
            most,
        }
    }

    /// What first fragments have said.
    pub(super) fn fragments(&self) -> Fragments<'m> {
        Fragments {
            mem: self.mem,
            at: self.layout.fragments,
            sets: self.layout.fragment_sets,
            timeout: self.config().timeouts.fragment,
            seed: self.seed,
        }
    }

    /// The words of the header.
    #[inline]
    pub(super) fn head(&self) -> Words<'m> {
        Words(self.head)
    }

    /// What the table was made for.
    pub fn config(&self) -> &Config {
        &self.layout.config
    }

    /// The counters, for any thread.
    pub fn watch(&self) -> Watch<'m> {
        Watch { counters: self.counters }
    }

    /// How full the table is, and what has become of flows.
    pub fn stats(&self) -> Stats {
        let mem = self.mem;
        Stats {
            flows: self.flows().used(),
            flows_high: mem.load(header::HIGH),
            established: mem.load(header::ESTABLISHED),
            mappings: self.ports().used(),
            opened: counters::read(mem, header::OPENED),
            expired: counters::read(mem, header::EXPIRED),
            evicted: counters::read(mem, header::EVICTED),
        }
    }

    /// Ends flows whose time is over, at most `limit` of them; gives how many. Packets do this too, a
    /// few each; a caller with time to spare can do more.
    pub fn expire(&mut self, now: u64, limit: u32) -> u32 {
        let now = fragments::tick_at(self.mem, header::CLOCK, now);
        self.sweep(now, limit)
    }

    /// The flow of a number from 1; 0 is none.
    #[inline]
    pub(super) fn flow(&self, number: u32) -> Option<Flow<'m>> {
        let words = self.records.get(crate::memory::index(number.wrapping_sub(1)))?;
        Some(Flow::new(number, words))
    }

    #[inline]
    pub(super) fn hash(&self, key: &Key) -> u64 {
        hash(self.seed, &key.0)
    }

    /// The hash of the key of a plain packet. It is made of what lies in registers: words that were just
    /// stored one by one and are loaded two at a time wait until all before them has reached the cache,
    /// also what an earlier packet's flow is still fetched for.
    #[inline(always)]
    pub(super) fn hash_of(&self, plain: &Plain, scope: u16) -> u64 {
        let rest = u32::from(scope) << 16 | u32::from(plain.protocol);
        let addresses = pair(plain.source, plain.destination);
        hash_pairs(self.seed, addresses, pair(plain.ports, rest))
    }

    /// The flow of a reference, and whose packets it is for.
    #[inline(always)]
    pub(super) fn referred(&self, reference: u32) -> Option<(Flow<'m>, Sender)> {
        Some((self.flow(reference >> 1)?, Sender::of_bit(reference)))
    }

    /// The flow with this key, and whose packets have it. It may be over.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    pub(super) fn find_by(&self, hash: u64, key: &Key) -> Option<(Flow<'m>, Sender)> {
        // Its own copy, so that nothing else has to lie in memory.
        let key = *key;
        self.flow_index.find(hash, move |reference| {
            self.referred(reference).filter(|(flow, sender)| flow.has(*sender, &key))
        })
    }

    /// The flow with this key, if it is not over.
    pub(super) fn find(&self, key: &Key, now: u64) -> Option<(Flow<'m>, Sender)> {
        let (flow, sender) = self.find_by(self.hash(key), key)?;
        if self.is_over(flow.was(flow.protocol()), now) {
            self.end(&flow);
            self.count(header::EXPIRED);
            return None;
        }
        Some((flow, sender))
    }

    pub(super) fn count(&self, at: u32) {
        add_at(self.mem, at, 1);
    }

    #[inline]
    pub(super) fn timeout(&self, class: Class) -> u64 {
        let timeouts = &self.config().timeouts;
        let timeout = match class {
            Class::TcpTransitory => timeouts.tcp_transitory,
            Class::TcpEstablished => timeouts.tcp_established,
            Class::UdpOneWay | Class::UdpBothWays => timeouts.udp,
            Class::Icmp => timeouts.icmp,
        };
        timeout.into()
    }

    /// Whether the time of a flow of which this is known is over.
    #[inline]
    pub(super) fn is_over(&self, was: Was, now: u64) -> bool {
        now.saturating_sub(was.seen) >= self.timeout(was.class)
    }

    /// Whether a flow can be opened: there is a record, or a flow that can go.
    pub(super) fn has_room(&self) -> bool {
        !self.flows().is_full() || self.victim().is_some()
    }

    /// The least recently used transitory flow.
    fn victim(&self) -> Option<Flow<'m>> {
        let transitory = Class::ALL.into_iter().filter(|class| class.is_transitory());
        let firsts = transitory.filter_map(|class| match self.queues.first(class) {
            0 => None,
            first => self.flow(first),
        });
        firsts.min_by_key(Flow::used)
    }

    /// Ends the least recently used transitory flow, if there is one.
    pub(super) fn evict(&self) -> bool {
        let Some(victim) = self.victim() else { return false };
        self.end(&victim);
        self.count(header::EVICTED);
        true
    }

    /// Ends a flow that another takes the key of, if it can go.
    pub(super) fn give_way(&self, flow: &Flow<'_>) -> bool {
        let can = flow.class().is_transitory();
        if can {
            self.end(flow);
            self.count(header::EVICTED);
        }
        can
    }

    /// Whether the flow that has to go for another takes a mapping with it.
    pub(super) fn frees_mapping(&self) -> bool {
        let victim = if self.flows().is_full() { self.victim() } else { None };
        victim.is_some_and(|flow| flow.mapping() != 0 && self.ports().uses(flow.mapping()) == 1)
    }

    /// Opens a flow, if there is room. Its keys are not those of other flows.
    pub(super) fn open(&self, new: &Opening, now: u64) -> Option<Flow<'m>> {
        let Opening { opener, answerer, sender, reach, mapping } = new;
        if self.flows().is_full() && !self.evict() {
            return None;
        }
        let number = self.flows().take()?;
        let Some(flow) = self.flow(number) else {
            self.flows().give(number);
            return None;
        };
        if !self.place(number, opener, answerer) {
            self.flows().give(number);
            return None;
        }
        flow.open(opener, answerer, *sender, *reach, *mapping);
        flow.set_used(now, self.order(now));
        self.enqueue(&flow, now);
        if *mapping != 0 {
            self.ports().hold(*mapping);
        }
        let used = self.flows().used();
        if used > self.mem.load(header::HIGH) {
            self.mem.store(header::HIGH, used);
        }
        self.count(header::OPENED);
        Some(flow)
    }

    /// Puts both keys into the index; a flow of one address and port with itself has only one.
    fn place(&self, number: u32, opener: &Key, answerer: &Key) -> bool {
        let at = |key: &Key, sender: Sender| (self.hash(key), number << 1 | sender.bit());
        let (hash, reference) = at(opener, Sender::Opener);
        if !self.flow_index.insert(hash, reference) {
            return false;
        }
        let (other_hash, other) = at(answerer, Sender::Answerer);
        if opener == answerer || self.flow_index.insert(other_hash, other) {
            return true;
        }
        self.flow_index.remove(hash, reference);
        false
    }

    /// Ends a flow.
    pub(super) fn end(&self, flow: &Flow<'_>) {
        self.dequeue(flow, flow.class());
        for sender in [Sender::Opener, Sender::Answerer] {
            let hash = self.hash(&flow.key(sender));
            self.flow_index.remove(hash, flow.number << 1 | sender.bit());
        }
        if flow.mapping() != 0 {
            self.ports().release(flow.mapping());
        }
        flow.end();
        self.flows().give(flow.number);
    }

    pub(super) fn enqueue(&self, flow: &Flow<'_>, now: u64) {
        let class = flow.class();
        self.queues.push(class, flow.number);
        if !class.is_transitory() {
            let established = self.mem.load(header::ESTABLISHED).saturating_add(1);
            self.mem.store(header::ESTABLISHED, established);
        }
        let due = now.saturating_add(self.timeout(class));
        if due < read_time(self.mem, header::DUE) {
            write_time(self.mem, header::DUE, due);
        }
    }

    pub(super) fn dequeue(&self, flow: &Flow<'_>, class: Class) {
        self.queues.remove(class, flow.number);
        if !class.is_transitory() {
            let established = self.mem.load(header::ESTABLISHED).saturating_sub(1);
            self.mem.store(header::ESTABLISHED, established);
        }
    }

    /// Forgets the remembered slots of interfaces if one has come or gone.
    #[inline(always)]
    pub(super) fn check_slots(&self, tables: &Tables<'_>) {
        let moves = tables.moves();
        if self.head().load(header::MOVES) != moves {
            self.forget_slots(moves);
        }
    }

    /// The slot of the VPC of an interface by its word, remembered once it was asked for.
    #[inline(always)]
    pub(super) fn slot(&self, tables: &Tables<'_>, word: u32) -> Option<u16> {
        // The low half of the word is the interface's number.
        let [known, slot] = self.slots.get(crate::memory::index(word & self.slot_mask))?;
        if known.load(Ordering::Relaxed) != word {
            return self.learn_slot(tables, word);
        }
        Some(half(slot.load(Ordering::Relaxed), false))
    }

    #[cold]
    fn learn_slot(&self, tables: &Tables<'_>, word: u32) -> Option<u16> {
        let [known, place] = self.slots.get(crate::memory::index(word & self.slot_mask))?;
        let slot = u16::try_from(tables.slot_of(Id::from_word(word)?)?).ok()?;
        known.store(word, Ordering::Relaxed);
        place.store(slot.into(), Ordering::Relaxed);
        Some(slot)
    }

    #[cold]
    fn forget_slots(&self, moves: u32) {
        for [word, _] in self.slots {
            word.store(0, Ordering::Relaxed);
        }
        self.head().store(header::MOVES, moves);
    }
}
