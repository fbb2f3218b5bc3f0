//! A path-compressed binary trie whose nodes are cells of a pool.
//!
//! ```text
//! word 0  address of the node's prefix
//! word 1  value
//! word 2  length in the top 6 bits, link to the 0-side below
//! word 3  top bit: the node holds a value; link to the 1-side below
//! ```
//!
//! A node without a value has two children, so `n` prefixes take at most `2n - 1` nodes. Each
//! change is published by one store: of a link, a value or the top word, and a lookup meets the
//! trie before or after it.

use crate::sync::Ordering;

use heapless::Vec;

use super::pool::{LINK, Pool};
use crate::addr::{Addr, Prefix};

const HAS_VALUE: u32 = 1 << 31;
const LENGTH_SHIFT: u32 = 26;
/// The most steps down a path: its nodes have growing lengths of 0 to 32, and the last one leads nowhere.
const STEPS: usize = 33 + 1;

/// The pool cannot hold the new nodes; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A node read out of its cell.
#[derive(Clone, Copy)]
struct Node {
    addr: u32,
    value: u32,
    len: u8,
    has_value: bool,
    zero: u32,
    one: u32,
}

impl Node {
    fn prefix(&self) -> Prefix {
        Prefix::new_truncated(Addr(self.addr), self.len)
    }

    fn entry(&self) -> Option<(Prefix, u32)> {
        self.has_value.then(|| (self.prefix(), self.value))
    }

    /// The child on the side of `addr`.
    fn child(&self, addr: u32) -> u32 {
        if bit(addr, self.len) { self.one } else { self.zero }
    }
}

/// The bit of `addr` behind a prefix of length `len`.
fn bit(addr: u32, len: u8) -> bool {
    (addr << (len & 31)) & (1 << 31) != 0
}

fn pack(prefix: Prefix, value: Option<u32>, zero: u32, one: u32) -> [u32; 4] {
    let top = if value.is_some() { HAS_VALUE } else { 0 };
    let length = u32::from(prefix.len()) << LENGTH_SHIFT;
    [prefix.addr().0, value.unwrap_or(0), length | zero, top | one]
}

/// A trie: the pool of its nodes and the place of the word that holds the link to its root.
///
/// The root word's bits above the link belong to whoever owns the word and are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trie<'m> {
    pool: Pool<'m>,
    root: u32,
}

impl<'m> Trie<'m> {
    pub(crate) fn new(pool: Pool<'m>, root: u32) -> Trie<'m> {
        Trie { pool, root }
    }

    /// The link to the root node, or 0 when empty.
    pub(crate) fn link(&self) -> u32 {
        self.pool.mem.acquire(self.root) & LINK
    }

    fn node(&self, link: u32) -> Option<Node> {
        node(&self.pool, link)
    }

    /// Points the word at `slot` to another node, keeping its other bits.
    fn relink(&self, slot: u32, link: u32) {
        let mem = self.pool.mem;
        mem.publish(slot, mem.load(slot) & !LINK | link);
    }

    /// The place of the link to the side of `addr` below a node.
    fn side(&self, link: u32, node: &Node, addr: u32) -> u32 {
        self.pool.at(link) + if bit(addr, node.len) { 3 } else { 2 }
    }

    /// Adds a prefix or replaces its value; gives the value replaced.
    pub(crate) fn insert(&self, prefix: Prefix, value: u32) -> Result<Option<u32>, Full> {
        let addr = prefix.addr().0;
        let mut slot = self.root;
        for _ in 0..STEPS {
            let link = self.pool.mem.load(slot) & LINK;
            let Some(node) = self.node(link) else {
                let leaf = self.pool.take(pack(prefix, Some(value), 0, 0)).ok_or(Full)?;
                self.relink(slot, leaf);
                return Ok(None);
            };
            let common = common_length(node.prefix(), prefix);
            if common == node.len && common == prefix.len() {
                let at = self.pool.at(link);
                let mem = self.pool.mem;
                mem.publish(at + 1, value);
                mem.publish(at + 3, mem.load(at + 3) | HAS_VALUE);
                return Ok(node.has_value.then_some(node.value));
            }
            if common == node.len {
                slot = self.side(link, &node, addr);
                continue;
            }
            if common == prefix.len() {
                // The new prefix goes between: the node lies on one of its sides.
                let (zero, one) = if bit(node.addr, common) { (0, link) } else { (link, 0) };
                let above = self.pool.take(pack(prefix, Some(value), zero, one)).ok_or(Full)?;
                self.relink(slot, above);
                return Ok(None);
            }
            if self.pool.available() < 2 {
                return Err(Full);
            }
            let leaf = self.pool.take(pack(prefix, Some(value), 0, 0)).ok_or(Full)?;
            let (zero, one) = if bit(addr, common) { (link, leaf) } else { (leaf, link) };
            let fork = Prefix::new_truncated(prefix.addr(), common);
            let fork = self.pool.take(pack(fork, None, zero, one)).ok_or(Full)?;
            self.relink(slot, fork);
            return Ok(None);
        }
        Err(Full)
    }

    /// Takes a prefix out; gives its value.
    pub(crate) fn remove(&self, prefix: Prefix) -> Option<u32> {
        let addr = prefix.addr().0;
        let mem = self.pool.mem;
        // The slot of the node, and the node and slot above it.
        let mut slot = self.root;
        let mut above: Option<(u32, u32, Node)> = None;
        for _ in 0..STEPS {
            let link = mem.load(slot) & LINK;
            let node = self.node(link)?;
            if !node.prefix().covers(prefix) {
                return None;
            }
            if node.len < prefix.len() {
                above = Some((slot, link, node));
                slot = self.side(link, &node, addr);
                continue;
            }
            if !node.has_value {
                return None;
            }
            let at = self.pool.at(link);
            match (node.zero, node.one) {
                (0, 0) => {
                    // A fork above is left with one child, which takes its place.
                    match above {
                        Some((above_slot, above_link, fork)) if !fork.has_value => {
                            let other = if bit(addr, fork.len) { fork.zero } else { fork.one };
                            self.relink(above_slot, other);
                            self.pool.give(above_link);
                        }
                        _ => self.relink(slot, 0),
                    }
                    self.pool.give(link);
                }
                (0, only) | (only, 0) => {
                    self.relink(slot, only);
                    self.pool.give(link);
                }
                _ => mem.publish(at + 3, mem.load(at + 3) & !HAS_VALUE),
            }
            return Some(node.value);
        }
        None
    }

    /// The value of exactly this prefix.
    pub(crate) fn get(&self, prefix: Prefix) -> Option<u32> {
        let mut link = self.link();
        for _ in 0..STEPS {
            let node = self.node(link)?;
            if !node.prefix().covers(prefix) {
                return None;
            }
            if node.len == prefix.len() {
                return node.has_value.then_some(node.value);
            }
            link = node.child(prefix.addr().0);
        }
        None
    }
}

/// The longest prefix that holds `addr` below a root link, with its value.
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), inline)]
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
pub(crate) fn lookup(pool: &Pool<'_>, root: u32, addr: Addr) -> Option<(Prefix, u32)> {
    let mut best = None;
    let mut link = root;
    for _ in 0..STEPS {
        let Some(node) = node(pool, link) else { break };
        if !node.prefix().contains(addr) {
            break;
        }
        best = node.entry().or(best);
        if node.len >= 32 {
            break;
        }
        link = node.child(addr.0);
    }
    best
}

/// The last address up to which [`lookup`] finds the same as for `addr`, or one before it.
pub(crate) fn same_until(pool: &Pool<'_>, root: u32, addr: Addr) -> Addr {
    let mut last = u32::MAX;
    // The nearest subtree above the address.
    let (mut link, mut above) = (root, 0);
    for _ in 0..STEPS {
        let Some(node) = node(pool, link) else { break };
        if !node.prefix().contains(addr) {
            if node.addr > addr.0 {
                above = link;
            }
            break;
        }
        if node.has_value {
            last = node.prefix().last().0;
        }
        if node.len >= 32 {
            break;
        }
        if !bit(addr.0, node.len) && node.one != 0 {
            above = node.one;
        }
        link = node.child(addr.0);
    }
    let before = node(pool, above).map_or(u32::MAX, |node| node.addr.saturating_sub(1));
    // Links of damaged memory may lead anywhere; an interval holds its first address.
    Addr(last.min(before).max(addr.0))
}

/// One step of a walk over all prefixes that hold `addr`, shortest first: the next entry at or
/// below `link`, and the link to go on from.
pub(crate) fn next_match(
    pool: &Pool<'_>,
    mut link: u32,
    addr: Addr,
) -> Option<((Prefix, u32), u32)> {
    for _ in 0..STEPS {
        let node = node(pool, link)?;
        if !node.prefix().contains(addr) {
            return None;
        }
        link = if node.len >= 32 { 0 } else { node.child(addr.0) };
        if let Some(entry) = node.entry() {
            return Some((entry, link));
        }
    }
    None
}

/// The first entry of a root link, by address and then length, behind `prefix`.
pub(crate) fn after(pool: &Pool<'_>, root: u32, prefix: Prefix) -> Option<(Prefix, u32)> {
    let mut link = root;
    // The subtree that comes next once the path's own has nothing more.
    let mut next = 0;
    for _ in 0..STEPS {
        let Some(node) = node(pool, link) else { break };
        if !node.prefix().covers(prefix) {
            if node.prefix() > prefix {
                next = link;
            }
            break;
        }
        if node.len == prefix.len() {
            next = [node.zero, node.one, next].into_iter().find(|&link| link != 0)?;
            break;
        }
        if !bit(prefix.addr().0, node.len) && node.one != 0 {
            next = node.one;
        }
        link = node.child(prefix.addr().0);
    }
    first(pool, next)
}

/// The first entry at or below a link, by address and then length.
pub(crate) fn first(pool: &Pool<'_>, mut link: u32) -> Option<(Prefix, u32)> {
    for _ in 0..STEPS {
        let node = node(pool, link)?;
        if let Some(entry) = node.entry() {
            return Some(entry);
        }
        link = node.zero;
    }
    None
}

/// Gives back every node at and below `link`.
pub(crate) fn free(pool: &Pool<'_>, link: u32) {
    // One waiting sibling a level at most. The bound on nodes holds for corrupted links too.
    let mut waiting: Vec<u32, STEPS> = Vec::new();
    let mut next = Some(link);
    let mut nodes = 0..pool.capacity();
    while let Some(link) = next {
        next = match node(pool, link) {
            None => waiting.pop(),
            Some(node) => {
                if nodes.next().is_none() {
                    return;
                }
                pool.give(link);
                if node.one != 0 && node.zero != 0 {
                    let _ = waiting.push(node.one);
                }
                Some(if node.zero != 0 { node.zero } else { node.one })
            }
        };
    }
}

#[inline]
fn node(pool: &Pool<'_>, link: u32) -> Option<Node> {
    if link == 0 {
        return None;
    }
    let [addr, value, zero, one] = pool.mem.quad(pool.at(link))?;
    let (zero, one) = (zero.load(Ordering::Acquire), one.load(Ordering::Acquire));
    Some(Node {
        addr: addr.load(Ordering::Relaxed),
        value: value.load(Ordering::Acquire),
        len: u8::try_from(zero >> LENGTH_SHIFT).unwrap_or(32),
        has_value: one & HAS_VALUE != 0,
        zero: zero & LINK,
        one: one & LINK,
    })
}

/// The length of the longest prefix that covers both.
fn common_length(a: Prefix, b: Prefix) -> u8 {
    let equal = u8::try_from((a.addr().0 ^ b.addr().0).leading_zeros()).unwrap_or(32);
    equal.min(a.len()).min(b.len())
}
