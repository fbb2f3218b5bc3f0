//! What lookups read: the tables' words, the roots and the nodes. Nothing here is ever written.
//!
//! Reads may run beside the one writer, on any number of cores: a lookup loads a table's word, then
//! follows entries, and every entry that it can meet leads to a node that stays as it is until all
//! readers have said that they look at nothing (see `readers`). There is no lock, no retry and no
//! loop but over the at most four nodes of a path. Offsets are checked against the memory at every
//! load, so damaged memory gives wrong answers and nothing worse.

use core::hint::select_unpredictable;

use super::TableHandle;
use super::decode::{self, Kind};
use super::entry::{
    self, LARGE_HEAD, MISS, SMALL_HEAD, Target, behind, entry_of, is_pointer, is_small, large_run,
    leaf, leaf_word, offset, ones, shift, small_run, width, word_of,
};
use super::intervals;
use crate::addr::Addr;
use crate::memory::{Words, index};
use crate::sync::{AtomicU32, Ordering};

/// The most nodes on a path.
pub(super) const DEPTH: usize = 4;

/// Whether one loop looks up in tables of every form, for processors that have little room for code and
/// stack and no loads to overlap.
pub(super) const COMPACT: bool = !cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Where the words that lookups begin with lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fib<'m> {
    pub(super) mem: Words<'m>,
    pub(super) tables: u32,
    pub(super) max_tables: u32,
    pub(super) roots16: u32,
    pub(super) roots24: u32,
}

/// Where a lookup goes on from, when its table is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// All addresses have this answer.
    Answer(u32),
    /// A table without a root: the entry of its first node.
    Node(u32),
    Intervals(u32),
    /// The first word of a root, and how far its slots lie from the lowest bit.
    Root(u32, u32),
}

impl<'m> Fib<'m> {
    /// The word of a table, which publishes all that it leads to.
    #[inline]
    pub(super) fn word(&self, table: TableHandle) -> u32 {
        if table.0 < self.max_tables { self.mem.acquire(self.tables + table.0) } else { MISS }
    }

    #[inline]
    pub(super) fn start(&self, entry: u32) -> Start {
        match entry::target(entry) {
            Target::Value | Target::Miss => Start::Answer(entry),
            Target::Node => Start::Node(entry),
            Target::Intervals(at) => Start::Intervals(at),
            Target::Root16(number) => Start::Root(self.roots16.wrapping_add(number << 16), 16),
            Target::Root24(number) => Start::Root(self.roots24.wrapping_add(number << 24), 8),
        }
    }

    /// The value of the longest match, or [`MISS`].
    #[inline(always)]
    pub(super) fn find(&self, table: TableHandle, addr: Addr) -> u32 {
        let entry = self.word(table);
        if COMPACT {
            self.find_compact(entry, addr.0)
        } else {
            self.start(entry).find(self.mem, addr.0)
        }
    }

    /// What the word of a table leads to for an address, once for all who look up.
    #[inline(never)]
    pub(super) fn find_compact(&self, entry: u32, addr: u32) -> u32 {
        self.start(entry).find_compact(self.mem, addr)
    }
}

impl Fib<'_> {
    /// Looks each address up in a table of its own.
    #[inline(always)]
    pub(super) fn mixed(&self, tables: &[TableHandle], addrs: &[u32], out: &mut [u32]) {
        for ((&table, &addr), out) in tables.iter().zip(addrs).zip(out) {
            *out = self.find(table, Addr(addr));
        }
    }
}

impl Start {
    /// The value of the longest match, or [`MISS`].
    #[inline(always)]
    pub(super) fn find(self, mem: Words<'_>, addr: u32) -> u32 {
        match self {
            _ if COMPACT => self.find_compact(mem, addr),
            Start::Answer(answer) => answer,
            Start::Node(entry) => walk(mem, entry, addr, true),
            Start::Root(root, 16) => rooted::<16>(mem, root, addr),
            Start::Root(root, _) => rooted::<8>(mem, root, addr),
            Start::Intervals(at) => intervals::find(mem, at, addr),
        }
    }

    /// As [`Start::find`], in as little code as it takes.
    pub(super) fn find_compact(self, mem: Words<'_>, addr: u32) -> u32 {
        let (entry, skips) = match self {
            Start::Answer(answer) => (answer, false),
            Start::Node(entry) => (entry, true),
            Start::Root(root, shift) => (mem.acquire(root.wrapping_add(addr >> shift)), false),
            Start::Intervals(at) => return intervals::find_compact(mem, at, addr),
        };
        walk(mem, entry, addr, skips)
    }
}

/// The answer of a root and what is below it.
#[inline(always)]
fn rooted<const SHIFT: u32>(mem: Words<'_>, root: u32, addr: u32) -> u32 {
    // In 64 bits, or the compiler makes one slow shift of the sum and the root's number.
    let at = index(root).wrapping_add(index(addr >> SHIFT));
    let entry = mem.0.get(at).map_or(0, |slot| slot.load(Ordering::Acquire));
    // A wrong guess here costs less than waiting for a node's words in vain.
    if !is_pointer(entry) {
        return entry;
    }
    // The byte behind the root's bits, which is known before the entry is.
    let [slot, ..] = (addr >> (SHIFT - 8)).to_le_bytes();
    below::<true>(mem, entry, addr, slot)
}

/// The slots of a root of 16 bits.
pub(super) type Slots = [AtomicU32; 1 << 16];

/// As [`Start::find`], with the slots of the root at hand.
#[inline(always)]
pub(super) fn find_in(slots: &Slots, mem: Words<'_>, addr: u32) -> u32 {
    let [_, slot, low, high] = addr.to_le_bytes();
    let entry = slots
        .get(usize::from(u16::from_le_bytes([low, high])))
        .map_or(0, |slot| slot.load(Ordering::Acquire));
    if is_pointer(entry) { below::<false>(mem, entry, addr, slot) } else { entry }
}

/// The answer of the first node below a root, and of what is below that.
///
/// `GUESS`: the processor is to guess whether the node is small, and mostly guesses right where traffic
/// goes to routes, most of which lie in large ones. A wrong guess undoes the lookups behind this one. Else
/// both kinds are worked out: this lookup takes longer, but lookups that do not wait for it take less
/// where small nodes are met by chance.
#[inline(always)]
fn below<const GUESS: bool>(mem: Words<'_>, node: u32, addr: u32, slot: u8) -> u32 {
    let (at, kind, small) = (offset(node), Kind::of(node), is_small(node));
    let bits = u32::from(slot);
    let place = decode::place(slot);
    let run = if !GUESS {
        let word = select_unpredictable(small, 1, place >> 8);
        let Some(head) = mem.get(at + word) else { return outside(mem, node, addr, slot) };
        let head = head.load(Ordering::Relaxed);
        let begun = select_unpredictable(small, behind(head, bits), head.wrapping_shr(place));
        (head & kind.counted()) + begun.count_ones()
    } else if small {
        let Some(head) = mem.get(at + 1) else { return outside(mem, node, addr, slot) };
        small_run(head.load(Ordering::Relaxed), bits)
    } else {
        let Some(head) = mem.get(at + (place >> 8)) else { return outside(mem, node, addr, slot) };
        let head = head.load(Ordering::Relaxed);
        (head & 255) + head.wrapping_shr(place).count_ones()
    };
    let bit = run.wrapping_shl(kind.leaf_bits());
    let Some(word) = mem.get(at + kind.leaves() + (bit >> 5)) else {
        return outside(mem, node, addr, slot);
    };
    // A pointer leads to what was written before it.
    let leaf = word.load(Ordering::Acquire).wrapping_shr(bit) & kind.ones();
    if leaf < kind.odd() {
        return leaf.wrapping_sub(kind.less());
    }
    let found = if is_pointer(leaf) { leaf } else { mem.acquire(at) };
    if is_pointer(found) { deeper(mem, found, addr) } else { found }
}

/// Follows what few lookups meet. Not inlined, so that the others have the registers.
#[inline(never)]
fn deeper(mem: Words<'_>, entry: u32, addr: u32) -> u32 {
    walk(mem, entry, addr, false)
}

/// As [`below`], where one of the node's words is not in the memory.
#[cold]
#[inline(never)]
fn outside(mem: Words<'_>, node: u32, addr: u32, slot: u8) -> u32 {
    let found = step_at(mem, node, slot.into());
    if is_pointer(found) { walk(mem, found, addr, false) } else { found }
}

/// Follows an entry to its end. `skips`: nodes may be reached by fewer bits than their prefix has,
/// where the node before looked at another byte than the one in front of theirs.
#[inline(always)]
fn walk(mem: Words<'_>, mut entry: u32, addr: u32, skips: bool) -> u32 {
    let mut next = 24;
    for _ in 0..DEPTH {
        if !is_pointer(entry) {
            return entry;
        }
        let at = offset(entry);
        let shift = shift(entry);
        let differs = || (addr ^ mem.load(at.wrapping_sub(1))) >> shift >> 8 != 0;
        // After a default that has changed, the next lookup does not begin where it had not.
        entry = if skips && shift != next && differs() {
            mem.acquire(at)
        } else {
            step(mem, entry, addr)
        };
        next = shift.wrapping_sub(8);
    }
    if is_pointer(entry) { MISS } else { entry }
}

/// One node's answer: a value, [`MISS`], or a pointer further down.
#[inline(always)]
pub(super) fn step(mem: Words<'_>, node: u32, addr: u32) -> u32 {
    step_at(mem, node, addr >> shift(node) & 255)
}

/// A node's answer for a slot.
#[inline(always)]
fn step_at(mem: Words<'_>, node: u32, slot: u32) -> u32 {
    let (at, width) = (offset(node), width(node));
    let (run, leaves) = if is_small(node) {
        (small_run(mem.load(at + 1), slot), at + SMALL_HEAD)
    } else {
        (large_run(mem.load(at + 1 + word_of(slot)), slot), at + LARGE_HEAD)
    };
    // A pointer leads to what was written before it.
    let word = mem.acquire(leaves + leaf_word(run, width));
    let leaf = leaf(word, run, width);
    if leaf == ones(width) { mem.acquire(at) } else { entry_of(leaf, width) }
}

/// How many lookups one round of a bulk lookup takes.
pub(super) const BURST: usize = 256;

/// So few are looked up one by one.
const SHORT: usize = 8;

/// Portable bulk lookup below a root: the root's slots of a round first, then the rest of those that
/// it does not answer, so that many loads are under way at once and none waits for a guess.
#[inline(always)]
pub(super) fn bulk_rooted(
    mem: Words<'_>,
    root: u32,
    shift: u32,
    addrs: Addrs<'_>,
    out: &mut [u32],
) {
    if addrs.words.len() <= SHORT {
        for (addr, out) in addrs.iter().zip(out) {
            *out = Start::Root(root, shift).find(mem, addr);
        }
        return;
    }
    let mut pending = Pending::new();
    for (addrs, out) in addrs.chunks().zip(out.chunks_mut(BURST)) {
        for (addr, out) in addrs.iter().zip(out.iter_mut()) {
            *out = mem.acquire(root.wrapping_add(addr >> shift));
        }
        pending.len = 0;
        for (place, (addr, &mut entry)) in (0..).zip(addrs.iter().zip(out.iter_mut())) {
            pending.add(place, entry, addr);
        }
        for &(place, entry, addr) in pending.get() {
            let found = step(mem, entry, addr);
            let found = if is_pointer(found) { walk(mem, found, addr, false) } else { found };
            if let Some(out) = out.get_mut(usize::from(place)) {
                *out = found;
            }
        }
    }
}

/// What a root has not answered: the place in the round, the entry and the address.
struct Pending {
    items: [(u16, u32, u32); BURST],
    len: usize,
}

impl Pending {
    fn new() -> Pending {
        Pending { items: [(0, 0, 0); BURST], len: 0 }
    }

    /// Adds what is a pointer. Whether it is cannot be foreseen, so there is no branch.
    #[inline(always)]
    fn add(&mut self, place: u16, entry: u32, addr: u32) {
        if let Some(item) = self.items.get_mut(self.len) {
            *item = (place, entry, addr);
        }
        self.len += usize::from(is_pointer(entry));
    }

    fn get(&self) -> &[(u16, u32, u32)] {
        self.items.get(..self.len).unwrap_or(&[])
    }
}

/// Portable bulk lookup from one node on.
#[inline(always)]
pub(super) fn bulk_node(mem: Words<'_>, node: u32, addrs: Addrs<'_>, out: &mut [u32]) {
    for (addr, out) in addrs.iter().zip(out) {
        *out = walk(mem, node, addr, true);
    }
}

/// Addresses of a bulk lookup, as they lie in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addrs<'a> {
    pub(super) words: &'a [u32],
    /// Whether they are in network order.
    pub(super) network: bool,
}

impl<'a> Addrs<'a> {
    #[inline(always)]
    pub(super) fn iter(self) -> impl Iterator<Item = u32> + use<'a> {
        let network = self.network;
        self.words.iter().map(move |&word| if network { u32::from_be(word) } else { word })
    }

    pub(super) fn chunks(self) -> impl Iterator<Item = Addrs<'a>> {
        let network = self.network;
        self.words.chunks(BURST).map(move |words| Addrs { words, network })
    }
}
