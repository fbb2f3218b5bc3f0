//! Memory in huge pages, alike for every contender: an allocator for those that allocate, and leases
//! of words for those that are given their memory. One of two files with unsafe code.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

/// From this size on, memory begins on a huge page.
const BIG: usize = 1 << 20;

/// A huge page.
const PAGE: usize = 2 << 20;

thread_local! {
    /// Bytes that this thread has allocated less those that it has freed.
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// Bytes that this thread has allocated and not freed, as they were asked for. Only differences mean
/// something.
pub fn live() -> usize {
    LIVE.with(Cell::get)
}

fn count(more: usize, less: usize) {
    // While a thread ends there may be nothing to count with, and nobody who asks.
    let _ = LIVE.try_with(|live| live.set(live.get().wrapping_add(more).wrapping_sub(less)));
}

/// The system's allocator, but large blocks are in huge pages, and it counts.
pub struct Huge;

/// The layout to ask the system for.
const fn placed(layout: Layout) -> Layout {
    if layout.size() < BIG || layout.align() >= PAGE {
        return layout;
    }
    match Layout::from_size_align(layout.size(), PAGE) {
        Ok(layout) => layout,
        Err(_) => layout,
    }
}

// SAFETY: all memory is the system's; a block is freed with the layout that it was taken with, which
// `placed` makes of the caller's, with the same size and at least the same alignment.
unsafe impl GlobalAlloc for Huge {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let placed = placed(layout);
        // SAFETY: the size is the caller's, so not zero.
        let block = unsafe { System.alloc(placed) };
        if !block.is_null() {
            count(layout.size(), 0);
            if layout.size() >= BIG {
                in_huge_pages(block, layout.size());
            }
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: `alloc` took the block with this same layout.
        unsafe { System.dealloc(block, placed(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() < BIG && size < BIG {
            // SAFETY: `alloc` took the block with this same layout; the size is the caller's.
            let new = unsafe { System.realloc(block, layout, size) };
            if !new.is_null() {
                count(size, layout.size());
            }
            return new;
        }
        let Ok(larger) = Layout::from_size_align(size, layout.align()) else {
            return std::ptr::null_mut();
        };
        // SAFETY: the size is the caller's, so not zero.
        let new = unsafe { self.alloc(larger) };
        if !new.is_null() {
            // SAFETY: both blocks have so many bytes, and the new one is none of the old.
            unsafe { block.copy_to_nonoverlapping(new, layout.size().min(size)) };
            // SAFETY: the caller gives up the old block.
            unsafe { self.dealloc(block, layout) };
        }
        new
    }
}

/// Asks for huge pages; without them everything is as right, only slower.
fn in_huge_pages(block: *mut u8, bytes: usize) {
    // SAFETY: this advice changes no contents; what else is on the last page does not mind it.
    unsafe { libc::madvise(block.cast(), bytes, libc::MADV_HUGEPAGE) };
}

/// Words that are given back when the lease ends. Memory that was leased once stays the process's and
/// is leased again, so that slices of it may live for ever.
pub struct Lease {
    words: &'static [AtomicU32],
    used: usize,
}

/// What was given back.
static FREE: Mutex<Vec<&'static [AtomicU32]>> = Mutex::new(Vec::new());

impl Lease {
    /// So many words of value 0, of which no page has been touched.
    ///
    /// # Panics
    ///
    /// If the system has no more memory.
    pub fn new(words: usize) -> Lease {
        let mut free = FREE.lock().expect("nobody panics with it");
        let fitting = free.iter().enumerate().filter(|(_, block)| block.len() >= words);
        let found = fitting.min_by_key(|(_, block)| block.len()).map(|(at, _)| at);
        let block = found.map(|at| free.swap_remove(at));
        Lease { words: block.unwrap_or_else(|| map(words)), used: words }
    }

    /// The words, as many as were asked for.
    pub fn words(&self) -> &'static [AtomicU32] {
        &self.words[..self.used]
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let block = self.words.as_ptr().cast_mut();
        // SAFETY: it is a whole private mapping of atomic words; the advice sets them to 0.
        let done =
            unsafe { libc::madvise(block.cast(), size_of_val(self.words), libc::MADV_DONTNEED) };
        // What could not be cleared is never used again.
        if let (0, Ok(mut free)) = (done, FREE.lock()) {
            free.push(self.words);
        }
    }
}

/// Words of value 0 that begin on a huge page and are nobody else's.
fn map(words: usize) -> &'static [AtomicU32] {
    let bytes = (words * 4).next_multiple_of(PAGE);
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping anywhere touches no other.
    let block = unsafe { libc::mmap(std::ptr::null_mut(), bytes + PAGE, access, kind, -1, 0) };
    assert_ne!(block, libc::MAP_FAILED, "no memory for {bytes} bytes");
    let block: *mut u8 = block.cast();
    let start = block.wrapping_add(block.align_offset(PAGE));
    in_huge_pages(start, bytes);
    // SAFETY: so many bytes from `start` are inside the mapping, which is zero, aligned, and never
    // unmapped; from now on it is only used as atomic words.
    unsafe { std::slice::from_raw_parts(start.cast(), bytes / 4) }
}

/// Keeps this thread on the processor where it is; its number, if that could be done.
pub fn pin() -> Option<usize> {
    // SAFETY: it has no arguments.
    let cpu = usize::try_from(unsafe { libc::sched_getcpu() }).ok()?;
    if cpu >= libc::CPU_SETSIZE as usize {
        return None;
    }
    // SAFETY: a set of bits of which none is set is valid.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the number is below the size of the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is as large as is said.
    let done = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    (done == 0).then_some(cpu)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[global_allocator]
    static ALLOCATOR: Huge = Huge;

    #[test]
    fn blocks_grow_and_are_counted() {
        let start = live();
        let more = || live().wrapping_sub(start);
        let mut bytes: Vec<u8> = vec![7; 1000];
        assert_eq!(more(), 1000);
        bytes.reserve_exact(3 * BIG);
        assert_eq!(more(), 1000 + 3 * BIG);
        assert_eq!(bytes.as_ptr().align_offset(PAGE), 0);
        assert!(bytes.iter().all(|byte| *byte == 7));
        bytes.shrink_to_fit();
        assert_eq!((more(), bytes.len()), (1000, 1000));
        drop(bytes);
        assert_eq!(more(), 0);
    }

    #[test]
    fn leases_are_zero_each_time() {
        for words in [1, 1_000_000, 10] {
            let lease = Lease::new(words);
            assert_eq!(lease.words().len(), words);
            assert!(lease.words().iter().all(|word| word.load(Relaxed) == 0));
            lease.words().iter().for_each(|word| word.store(1, Relaxed));
        }
    }
}
