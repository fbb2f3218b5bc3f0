//! Tables of a few routes: sorted intervals instead of nodes.
//!
//! A table of up to [`ROUTES`] routes is one block, made anew by each change:
//!
//! ```text
//! word -2  size and kind      word -1  table (or, when it waits for readers, the list's link)
//! word  0  number of ends | number of routes << 8 | a mark a route << 16
//! then     the last address of each interval but the last, rising, filled up to a multiple of 8
//!          with 255.255.255.255
//! then     the answers of the intervals, in as many words and one more
//! then     the routes: the address and, below it, a bit behind the prefix's last; the value, with
//!          the top bit for /32, where no such bit fits
//! ```

use core::hint::select_unpredictable;

use super::entry::MISS;
use super::pool::{OTHER, Pool};
use crate::addr::{Addr, Prefix};
use crate::limits::gather;
use crate::memory::{Words, index};

/// The most routes of a table in this form.
pub(super) const ROUTES: u32 = 16;
/// The most ends of intervals.
pub(super) const ENDS: usize = 32;
/// Words of a block before the one that its pointer leads to.
pub(super) const LEAD: u32 = 2;
const HOST: u32 = 1 << 31;
const LANES: u32 = 8;

/// Sorted routes.
pub(super) type Routes = heapless::Vec<(Prefix, u32), { 16 + 1 }>;

/// The ends of a block, filled up, and the place of its answers.
#[inline]
pub(super) fn ends(mem: Words<'_>, at: u32) -> (u32, u32) {
    let ends = (mem.load(at) & 0xFF).min(32).next_multiple_of(LANES);
    (ends, at + 1 + ends)
}

/// The answer for an address.
#[inline(always)]
pub(super) fn find(mem: Words<'_>, at: u32, addr: u32) -> u32 {
    let (count, answers) = ends(mem, at);
    // Halving without branches: how many ends lie before the address.
    let (mut before, mut left) = (0, count);
    while left > 1 {
        let half = left / 2;
        let behind = mem.load(at + before + half) < addr;
        before = select_unpredictable(behind, before + half, before);
        left -= half;
    }
    before += u32::from(left != 0 && mem.load(at + 1 + before) < addr);
    mem.load(answers + before)
}

/// As [`find`], in less code.
pub(super) fn find_compact(mem: Words<'_>, at: u32, addr: u32) -> u32 {
    let (count, answers) = ends(mem, at);
    let (mut before, mut step) = (0, 32);
    while step != 0 {
        let more = before + step;
        if more <= count && mem.load(at + more) < addr {
            before = more;
        }
        step /= 2;
    }
    mem.load(answers + before)
}

/// Sorted routes cut into intervals of one answer.
pub(super) struct Cut {
    /// The last end, which is not kept, is there while it is not known to be the last.
    ends: heapless::Vec<u32, { ENDS + 1 }>,
    answers: heapless::Vec<u32, { ENDS + 1 }>,
}

impl Cut {
    /// Of at most [`ROUTES`] routes, by address, then length.
    pub(super) fn of(routes: &[(Prefix, u32)]) -> Cut {
        let mut cut = Cut { ends: heapless::Vec::new(), answers: heapless::Vec::new() };
        // The routes that hold the address reached, the longest last, by their last addresses.
        let mut open = heapless::Vec::<(u32, u32), { 16 + 1 }>::new();
        // The first address that no interval has yet; none behind the last of all.
        let mut from = Some(0);
        let first_addrs = routes.iter().map(|(prefix, _)| Some(prefix.addr().0));
        for (number, first) in first_addrs.chain([None]).enumerate() {
            while let Some(&(last, answer)) = open.last()
                && first.is_none_or(|first| last < first)
            {
                open.pop();
                if from.is_some_and(|from| from <= last) {
                    cut.add(last, answer);
                    from = last.checked_add(1);
                }
            }
            if let (Some(first), Some(&(prefix, value))) = (first, routes.get(number)) {
                if from.is_some_and(|from| from < first) {
                    cut.add(first - 1, open.last().map_or(MISS, |&(_, answer)| answer));
                    from = Some(first);
                }
                let _ = open.push((prefix.last().0, value));
            }
        }
        if from.is_some() {
            cut.add(u32::MAX, MISS);
        }
        cut
    }

    fn add(&mut self, end: u32, answer: u32) {
        // Room is there: n routes have at most 2n bounds.
        if self.answers.last() == Some(&answer) {
            if let Some(last) = self.ends.last_mut() {
                *last = end;
            }
        } else {
            let _ = self.answers.push(answer);
            let _ = self.ends.push(end);
        }
        if end == u32::MAX {
            self.ends.pop();
        }
    }

    /// The words of a block, with so many routes.
    pub(super) fn words(&self, routes: u32) -> u32 {
        let ends = u32::try_from(self.ends.len()).unwrap_or(0);
        LEAD + 1 + ends.next_multiple_of(LANES) + ends + 1 + 2 * routes
    }

    /// Writes a block.
    pub(super) fn write(&self, pool: &Pool<'_>, at: u32, table: u32, routes: &[(Prefix, u32)]) {
        let mem = pool.mem;
        let ends = u32::try_from(self.ends.len()).unwrap_or(0);
        let count = u32::try_from(routes.len()).unwrap_or(0);
        mem.store(at, self.words(count) << 2 | OTHER);
        mem.store(at + 1, table);
        mem.store(at + LEAD, ends | count << 8);
        let mut place = at + LEAD + 1;
        let mut put = |word| {
            mem.store(place, word);
            place += 1;
        };
        let fill = index(ends.next_multiple_of(LANES));
        let filled = self.ends.iter().copied().chain(core::iter::repeat(u32::MAX));
        filled.take(fill).for_each(&mut put);
        self.answers.iter().copied().for_each(&mut put);
        for &(prefix, value) in routes {
            let (addr, len) = (prefix.addr().0, u32::from(prefix.len()));
            put(addr | (HOST.checked_shr(len).unwrap_or(0)));
            put(value | if len == 32 { HOST } else { 0 });
        }
    }
}

/// The number of ends in use and of routes.
pub(super) fn counts(mem: Words<'_>, at: u32) -> (u32, u32) {
    let word = mem.load(at);
    ((word & 0xFF).min(32), (word >> 8 & 0xFF).min(ROUTES))
}

/// The marks of the routes, a bit each.
pub(super) fn marks(mem: Words<'_>, at: u32) -> u32 {
    mem.load(at) >> 16
}

pub(super) fn set_marks(mem: Words<'_>, at: u32, marks: u32) {
    mem.store(at, mem.load(at) & 0xFFFF | marks << 16);
}

/// The words of a block, and of those the ones that lookups read.
pub(super) fn words(mem: Words<'_>, at: u32) -> (u32, u32) {
    let (ends, routes) = counts(mem, at);
    let lookup = 1 + ends.next_multiple_of(LANES) + ends + 1;
    (LEAD + lookup + 2 * routes, lookup)
}

/// The routes of a block, by address, then length.
pub(super) fn routes(mem: Words<'_>, at: u32) -> Routes {
    let (ends, count) = counts(mem, at);
    let first = at + 1 + ends.next_multiple_of(LANES) + ends + 1;
    gather((0..count).map(|number| {
        let (addr, value) = (mem.load(first + 2 * number), mem.load(first + 2 * number + 1));
        if value & HOST != 0 {
            return (Prefix::host(Addr(addr)), value & !HOST);
        }
        let len = u8::try_from(31 - addr.trailing_zeros().min(31)).unwrap_or(0);
        (Prefix::new_truncated(Addr(addr), len), value)
    }))
}

/// Puts a route between others; `None` where no more fit.
pub(super) fn insert(routes: &mut Routes, place: usize, route: (Prefix, u32)) -> Option<()> {
    // One by one: code that moves memory is larger than all of this, and nothing else asks for it.
    let mut held = route;
    for there in routes.iter_mut().skip(place) {
        core::mem::swap(there, &mut held);
    }
    routes.push(held).ok()
}

/// Takes a route out.
pub(super) fn remove(routes: &mut Routes, place: usize) -> Option<(Prefix, u32)> {
    let mut held = routes.pop()?;
    for there in routes.iter_mut().skip(place).rev() {
        core::mem::swap(there, &mut held);
    }
    Some(held)
}

/// The ends of a block, read once for a bulk lookup.
pub(super) struct Ends {
    ends: [u32; ENDS],
    count: u32,
    pub(super) answers: u32,
}

impl Ends {
    pub(super) fn read(mem: Words<'_>, at: u32) -> Ends {
        let (count, answers) = ends(mem, at);
        let mut local = [u32::MAX; ENDS];
        for (place, end) in (0..count).zip(local.iter_mut()) {
            *end = mem.load(at + 1 + place);
        }
        Ends { ends: local, count, answers }
    }

    pub(super) fn get(&self) -> &[u32] {
        self.ends.get(..index(self.count)).unwrap_or(&[])
    }
}

/// Portable bulk lookup.
#[inline(always)]
pub(super) fn bulk(
    mem: Words<'_>,
    ends: &[u32],
    answers: u32,
    addrs: super::fib::Addrs<'_>,
    out: &mut [u32],
) {
    for (addr, out) in addrs.iter().zip(out) {
        let before: u32 = ends.iter().map(|&end| u32::from(end < addr)).sum();
        *out = mem.load(answers + before);
    }
}
