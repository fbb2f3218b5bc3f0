//! Every kernel beside the portable code: on tables of every form, on random memory, and on damaged
//! memory that ends where nothing may be read.

use std::vec::Vec;

use super::super::entry::{self, OFFSET};
use super::super::fib::{self, Addrs, Start};
use super::super::lookup::{ByteOrder, Kernel, Lookup};
use super::super::tests::{memory, random_prefix};
use super::super::{Config, Lpm, Root, TableHandle};
use super::Work;
use crate::addr::{Addr, Prefix};
use crate::memory::Words;
use crate::model::Rng;
use core::sync::atomic::{AtomicU32, Ordering};

/// Around whole vectors and rounds.
const SIZES: [usize; 24] =
    [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 50, 100, 140, 255, 256, 257, 1000];
/// What is no answer of the tables here.
const UNTOUCHED: u32 = 0xABCD_EF01;

fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for place in (1..items.len()).rev() {
        items.swap(place, rng.below(place as u32 + 1) as usize);
    }
}

/// Asks every kernel about addresses in one table, and in many at once.
fn compare(view: &Lookup<'_>, table: TableHandle, addrs: &[u32], rng: &mut Rng) {
    let expected: Vec<u32> = addrs
        .iter()
        .map(|&addr| view.find(table, Addr(addr)).unwrap_or(super::super::MISS))
        .collect();
    let start = view.fib.start(view.fib.word(table));
    let compact = addrs.iter().map(|&addr| start.find_compact(view.fib.mem, addr));
    assert!(compact.eq(expected.iter().copied()), "compact");
    let pinned = view.pin(table);
    let single = addrs.iter().map(|&addr| pinned.find(Addr(addr)).unwrap_or(super::super::MISS));
    assert!(single.eq(expected.iter().copied()), "pinned");
    let network: Vec<u32> = addrs.iter().map(|addr| addr.to_be()).collect();
    let mut out = std::vec![UNTOUCHED; addrs.len() + 3];
    for size in SIZES.into_iter().chain([addrs.len()]) {
        let size = size.min(addrs.len());
        let from = rng.below((addrs.len() - size) as u32 + 1) as usize;
        // Either slice may be the longer one.
        let more = rng.below(3) as usize;
        let longer = (from + size + more).min(addrs.len());
        let (asked, room) =
            if rng.chance(50) { (longer, size) } else { (from + size, size + more) };
        for kernel in Kernel::available() {
            for (order, addrs) in [(ByteOrder::Host, addrs), (ByteOrder::Network, &network)] {
                out.fill(UNTOUCHED);
                view.find_bulk_by(kernel, table, &addrs[from..asked], order, &mut out[..room]);
                assert!(out[..size] == expected[from..from + size], "{kernel:?} {order:?} {size}");
                assert!(out[size..].iter().all(|&word| word == UNTOUCHED), "{kernel:?} {size}");
            }
            let tables = std::vec![table; asked - from];
            out.fill(UNTOUCHED);
            view.find_mixed_by(kernel, &tables, &addrs[from..asked], &mut out[..room]);
            assert!(out[..size] == expected[from..from + size], "mixed {kernel:?} {size}");
            assert!(out[size..].iter().all(|&word| word == UNTOUCHED), "mixed {kernel:?} {size}");
        }
    }
}

/// The ends of routes and what lies next to them, and others, in any order.
fn addresses(rng: &mut Rng, routes: &[(Prefix, u32)]) -> Vec<u32> {
    let mut addrs: Vec<u32> = (0..1100).map(|_| rng.word()).collect();
    for (prefix, _) in routes {
        let (first, last) = (prefix.addr().0, prefix.last().0);
        let inside = first | rng.word() & (last - first);
        addrs.extend([first.wrapping_sub(1), first, inside, last, last.wrapping_add(1)]);
    }
    shuffle(rng, &mut addrs);
    addrs
}

/// How large values are.
#[derive(Clone, Copy, Debug)]
enum Values {
    Bits(u32),
    AnyBits,
    /// Too large, of short prefixes, for the leaves of those within.
    LargeAbove,
}

impl Values {
    fn value(self, rng: &mut Rng, prefix: Prefix) -> u32 {
        let bits = match self {
            Values::Bits(bits) => bits,
            Values::AnyBits => rng.pick(&[7, 8, 9, 16, 17, 31]),
            Values::LargeAbove if prefix.len() % 8 < 2 => 31,
            Values::LargeAbove => rng.pick(&[6, 6, 6, 15]),
        };
        rng.word() >> (32 - bits)
    }
}

const VALUES: [Values; 5] =
    [Values::Bits(7), Values::Bits(16), Values::Bits(31), Values::AnyBits, Values::LargeAbove];

/// Prefixes in places of few, so that they nest, some down to one address.
fn clustered(rng: &mut Rng) -> Prefix {
    let place = [0x0A00_0000, 0xC0A8_0000, 0xFFFF_FF00, 0][rng.below(4) as usize];
    let below = [0xFF, 0xFFF, 0xFFFF, 0x00FF_FFFF][rng.below(4) as usize];
    let len = rng.pick(&[8, 12, 16, 17, 20, 24, 24, 26, 28, 30, 31, 32, 32]);
    Prefix::new_truncated(Addr(place | rng.word() & below), len)
}

/// All routes but a default one in one prefix: the first node has few runs, or is reached by fewer bits
/// than its prefix has.
#[test]
fn tables_within_one_prefix() {
    for seed in 700..760 {
        let rng = &mut Rng::new(seed);
        let common = rng.pick(&[8, 16, 24]);
        let base = rng.word() & (u32::MAX << (32 - common));
        let free = rng.pick(&[0x03, 0xFF, 0x0300, 0x0F0F, 0x0003_0003, 0x0103_0000, 0x00FF_FFFF]);
        let free = free & !(u32::MAX << (32 - common));
        let has_default = rng.chance(50);
        let within = |rng: &mut Rng| {
            if has_default && rng.chance(5) {
                return Prefix::DEFAULT;
            }
            let len = common + rng.below(33 - common);
            Prefix::new_truncated(Addr(base | rng.word() & free), u8::try_from(len).unwrap())
        };
        check(Root::Compact, 60, rng.pick(&VALUES), within, seed);
    }
}

/// Fills a table with routes and compares.
fn check(root: Root, count: u32, values: Values, prefix: impl Fn(&mut Rng) -> Prefix, seed: u64) {
    let rng = &mut Rng::new(seed);
    let config = Config::new(count.max(1), 2);
    let config = match root {
        Root::Compact => config,
        Root::Bits16 => config.roots16(1),
        Root::Bits24 => config.roots24(1),
    };
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let (table, empty) = (lpm.create_table_with(root).unwrap(), lpm.create_table().unwrap());
    for _ in 0..count {
        let prefix = prefix(rng);
        let value = values.value(rng, prefix);
        lpm.insert(table, prefix, value).unwrap();
    }
    let routes: Vec<_> = lpm.routes(table).collect();
    let addrs = addresses(rng, &routes);
    compare(&lpm.view(), table, &addrs, rng);
    compare(&lpm.view(), empty, &addrs[..20], rng);
    compare(&lpm.view(), TableHandle(77), &addrs[..20], rng);
}

#[cfg(target_arch = "aarch64")]
#[test]
fn aarch64_has_a_kernel() {
    assert!(Kernel::available().any(|kernel| kernel == Kernel::Neon));
}

#[test]
fn tables_of_a_few_routes() {
    for count in 0..=16 {
        for (seed, values) in (0..).zip(VALUES) {
            check(Root::Compact, count, values, random_prefix, seed << 8 | u64::from(count));
            check(Root::Compact, count, values, clustered, seed << 8 | u64::from(count));
        }
    }
}

#[test]
fn tables_of_nodes() {
    for count in [17, 20, 60, 300, 3000] {
        for (seed, values) in (100..).zip(VALUES) {
            check(Root::Compact, count, values, random_prefix, seed);
            check(Root::Compact, count, values, clustered, seed);
        }
    }
}

#[test]
fn tables_with_a_root_of_16_bits() {
    for count in [0, 1, 40, 1000, 4000] {
        for (seed, values) in (200..).zip(VALUES) {
            check(Root::Bits16, count, values, random_prefix, seed);
            check(Root::Bits16, count, values, clustered, seed);
        }
    }
}

#[test]
fn a_table_with_a_root_of_24_bits() {
    let prefix = |rng: &mut Rng| if rng.chance(50) { clustered(rng) } else { random_prefix(rng) };
    check(Root::Bits24, 500, Values::AnyBits, prefix, 300);
}

#[test]
fn tables_of_all_forms_at_once() {
    let config = Config::new(2000, 6).roots16(2);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let mut rng = Rng::new(400);
    for (root, count) in [
        (Root::Compact, 5),
        (Root::Bits16, 400),
        (Root::Compact, 600),
        (Root::Compact, 0),
        (Root::Bits16, 0),
        (Root::Compact, 16),
    ] {
        let table = lpm.create_table_with(root).unwrap();
        for _ in 0..count {
            let prefix = clustered(&mut rng);
            lpm.insert(table, prefix, Values::AnyBits.value(&mut rng, prefix)).unwrap();
        }
    }
    let view = lpm.view();
    for size in SIZES {
        let tables: Vec<_> = (0..size).map(|_| TableHandle(rng.below(7))).collect();
        let addrs: Vec<_> = (0..size).map(|_| clustered(&mut rng).last().0).collect();
        let expected: Vec<_> = (0..size)
            .map(|n| view.find(tables[n], Addr(addrs[n])).unwrap_or(super::super::MISS))
            .collect();
        for kernel in Kernel::available() {
            let mut out = std::vec![UNTOUCHED; size];
            view.find_mixed_by(kernel, &tables, &addrs, &mut out);
            assert!(out == expected, "{kernel:?} {size}");
        }
    }
}

/// Zeroed memory between pages that cannot be read; never given back.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn guarded(words: usize) -> &'static [AtomicU32] {
    use core::ffi::{c_int, c_void};
    unsafe extern "C" {
        fn mmap(
            at: *mut c_void,
            len: usize,
            prot: c_int,
            flags: c_int,
            fd: c_int,
            from: i64,
        ) -> *mut c_void;
        fn mprotect(at: *mut c_void, len: usize, prot: c_int) -> c_int;
    }
    // No page is larger.
    const PAGE: usize = 1 << 16;
    const PRIVATE_ANONYMOUS: c_int = 0x22;
    const READ_WRITE: c_int = 3;
    let bytes = 4 * words;
    assert_eq!(bytes % PAGE, 0);
    // SAFETY: a new mapping touches no other.
    let base =
        unsafe { mmap(core::ptr::null_mut(), bytes + 2 * PAGE, 0, PRIVATE_ANONYMOUS, -1, 0) };
    assert_ne!(base.addr(), usize::MAX);
    let inner = base.wrapping_byte_add(PAGE);
    // SAFETY: these pages are of the mapping.
    assert_eq!(unsafe { mprotect(inner, bytes, READ_WRITE) }, 0);
    // SAFETY: they can be read and written from now on, by atomic operations alone, and are zero.
    unsafe { core::slice::from_raw_parts(inner.cast(), words) }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn guarded(words: usize) -> &'static [AtomicU32] {
    Vec::leak(memory(words))
}

fn random_addrs(rng: &mut Rng, count: usize) -> Vec<u32> {
    (0..count).map(|_| rng.word()).collect()
}

/// Where pointers lead to nodes within the memory, all kernels answer alike, however little sense the
/// nodes make.
#[test]
fn nodes_of_random_words() {
    const WORDS: u32 = 1 << 20;
    let rng = &mut Rng::new(500);
    let words = guarded(WORDS as usize);
    // A node's last word is at most so far behind its default.
    let most = WORDS - 400;
    // Of the bits that tell where, the upper ones stay 0. The place is odd, so that there is a word
    // before it. A width of 3 is no node's.
    let mut random = || {
        let word = (rng.word() & !OFFSET | rng.below(most)) | 1;
        if entry::width(word) == 3 { word ^ 1 << 30 } else { word }
    };
    for word in words {
        word.store(random(), Ordering::Relaxed);
    }
    let nodes: Vec<_> = (0..200).map(|_| random() | 1 << 31).collect();
    let rng = &mut Rng::new(501);
    let mut works: Vec<_> = nodes.iter().map(|&node| Work::Node(node)).collect();
    for _ in 0..20 {
        let root = rng.below(WORDS - (1 << 16));
        // What a root of 16 bits leads to looks at the byte behind those bits. Few slots or many have
        // nodes.
        let nodes = rng.pick(&[0, 10, 30, 50, 70, 90, 100]);
        for word in words.iter().skip(root as usize).take(1 << 16) {
            let entry = word.load(Ordering::Relaxed) & !(1 << 31 | 3 << 27) | 1 << 27;
            let pointer = u32::from(rng.chance(nodes)) << 31;
            word.store(entry | pointer, Ordering::Relaxed);
        }
        works.push(Work::Root(root, 16));
    }
    let ends: Vec<_> = (0..32).map(|_| rng.word()).collect();
    for count in [0, 8, 16, 24, 32] {
        works.push(Work::Intervals(&ends[..count], rng.below(WORDS - 33)));
    }
    for work in works {
        let count = rng.pick(&[32, 33, 48, 64, 100, 176, 256, 300, 530]);
        let addrs = random_addrs(rng, count);
        let network: Vec<_> = addrs.iter().map(|addr| addr.to_be()).collect();
        let mut expected = std::vec![0; count];
        let mem = Words(words);
        work.portable(mem, Addrs { words: &addrs, network: false }, &mut expected);
        if let Work::Root(root, shift) = work {
            let (start, slots) = (Start::Root(root, shift), mem.chunk(root).unwrap());
            for (&addr, &expected) in addrs.iter().zip(&expected) {
                assert_eq!(start.find(mem, addr), expected);
                assert_eq!(fib::find_in(slots, mem, addr), expected);
            }
        }
        for kernel in Kernel::available() {
            for addrs in
                [Addrs { words: &addrs, network: false }, Addrs { words: &network, network: true }]
            {
                let mut out = std::vec![UNTOUCHED; count];
                if super::bulk(kernel, words, &work, addrs, &mut out) {
                    assert!(out == expected, "{kernel:?} {count}");
                }
            }
        }
    }
}

/// A pointer may lead anywhere: answers are wrong, and may then differ, but nothing outside the memory
/// is touched.
#[test]
fn damaged_memory() {
    const WORDS: usize = 1 << 19;
    let rng = &mut Rng::new(600);
    let words = guarded(WORDS);
    let config = Config::new(4000, 8).roots16(1);
    let mut lpm = Lpm::init_with(words, &config).unwrap();
    for (root, count) in [(Root::Bits16, 2000), (Root::Compact, 1000), (Root::Compact, 12)] {
        let table = lpm.create_table_with(root).unwrap();
        for _ in 0..count {
            let prefix = clustered(rng);
            lpm.insert(table, prefix, Values::AnyBits.value(rng, prefix)).unwrap();
        }
    }
    let view = lpm.view();
    for round in 0..150 {
        // A table begins anywhere; more and more of the rest is wrong too.
        for table in 3..8 {
            let word = (rng.word() | 1 << 31) & !(rng.below(2) * (OFFSET ^ 0xF_FFFF));
            words[(view.fib.tables + table) as usize].store(word, Ordering::Relaxed);
        }
        for _ in 0..round * 40 {
            let word = if rng.chance(80) { rng.word() | 1 << 31 } else { rng.word() };
            let at = (view.fib.tables + 3 + rng.below(WORDS as u32 - 100)) as usize;
            if let Some(place) = words.get(at) {
                place.store(word, Ordering::Relaxed);
            }
        }
        let addrs: Vec<_> = (0..40)
            .map(|_| if rng.chance(50) { rng.word() } else { clustered(rng).last().0 })
            .collect();
        let tables: Vec<_> = (0..40).map(|_| TableHandle(rng.below(9))).collect();
        let mut out = [0; 40];
        for kernel in Kernel::available() {
            for table in (0..9).map(TableHandle) {
                view.find_bulk_by(kernel, table, &addrs, ByteOrder::Host, &mut out);
                if matches!(kernel, Kernel::Portable | Kernel::Scalar | Kernel::Neon) {
                    let mut expected = [0; 40];
                    let by = Kernel::Portable;
                    view.find_bulk_by(by, table, &addrs, ByteOrder::Host, &mut expected);
                    assert_eq!(out, expected, "{kernel:?}");
                }
            }
            view.find_mixed_by(kernel, &tables, &addrs, &mut out);
        }
        for (&table, &addr) in tables.iter().zip(&addrs) {
            assert_eq!(view.pin(table).find(Addr(addr)), view.find(table, Addr(addr)));
        }
    }
}

/// A pointer to a root so far out that its slots' offsets wrap.
#[test]
fn damaged_roots() {
    let words = guarded(1 << 14);
    let lpm = Lpm::init_with(words, &Config::new(100, 1)).unwrap();
    let view = lpm.view();
    let addrs = [0, 0x1234_5678, u32::MAX, 0x8000_0000, 1, 2, 3, 4, 5];
    for number in [1, 0xFF, 0xFFFF, OFFSET] {
        for root in [entry::root16(number), entry::root24(number)] {
            words[view.fib.tables as usize].store(root, Ordering::Relaxed);
            for kernel in Kernel::available() {
                let mut out = [0; 9];
                view.find_bulk_by(kernel, TableHandle(0), &addrs, ByteOrder::Host, &mut out);
                view.find_mixed_by(kernel, &[TableHandle(0); 9], &addrs, &mut out);
            }
            for addr in addrs {
                let pinned = view.pin(TableHandle(0));
                assert_eq!(pinned.find(Addr(addr)), view.find(TableHandle(0), Addr(addr)));
            }
        }
    }
}
