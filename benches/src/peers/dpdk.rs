//! DPDK's rte_fib and rte_lpm. One of two files with unsafe code.

use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::ptr::NonNull;
use std::sync::OnceLock;

use sekisho::addr::Prefix;

use super::contender::{Bytes, Contender, GROUP, MAX_BURST, MISS, Route, Table, Tables};

/// An rte_fib or an rte_lpm, which only DPDK looks into.
#[repr(C)]
struct Opaque {
    _opaque: [u8; 0],
}

// The C code first: what it needs comes behind it.
#[link(name = "peers_dpdk", kind = "static")]
#[link(name = "rte_fib")]
#[link(name = "rte_lpm")]
#[link(name = "rte_eal")]
unsafe extern "C" {
    fn peers_start(argc: c_int, argv: *mut *mut c_char) -> c_int;
    fn peers_error() -> *const c_char;
    fn peers_heap() -> usize;

    fn peers_fib_create(
        two_bytes: c_uint,
        max_routes: c_int,
        groups: u32,
        default_hop: u64,
        vector: bool,
    ) -> *mut Opaque;
    fn peers_fib_free(fib: *mut Opaque);
    fn peers_fib_add(fib: *mut Opaque, addr: u32, length: u8, hop: u32) -> c_int;
    fn peers_fib_delete(fib: *mut Opaque, addr: u32, length: u8) -> c_int;
    fn peers_fib_lookup(
        fib: *mut Opaque,
        addrs: *const u32,
        answers: *mut u32,
        n: usize,
        default_hop: u64,
    );
    fn peers_fib_bulk(fib: *mut Opaque, addrs: *const u32, n: usize, burst: usize) -> u64;
    fn peers_fib_single(fib: *mut Opaque, addrs: *const u32, n: usize) -> u64;
    fn peers_fib_dependent(fib: *mut Opaque, addrs: *const u32, n: usize) -> u64;
    fn peers_fib_mixed(
        fibs: *const NonNull<Opaque>,
        tables: *const u32,
        addrs: *const u32,
        n: usize,
    ) -> u64;
    fn peers_fib_grouped(
        fibs: *const NonNull<Opaque>,
        tables: *const u32,
        addrs: *const u32,
        n: usize,
        group: usize,
    ) -> u64;
    fn peers_fib_mixed_dependent(
        fibs: *const NonNull<Opaque>,
        tables: *const u32,
        addrs: *const u32,
        n: usize,
    ) -> u64;

    fn peers_lpm_create(max_routes: u32, groups: u32) -> *mut Opaque;
    fn peers_lpm_free(lpm: *mut Opaque);
    fn peers_lpm_add(lpm: *mut Opaque, addr: u32, length: u8, hop: u32) -> c_int;
    fn peers_lpm_delete(lpm: *mut Opaque, addr: u32, length: u8) -> c_int;
    fn peers_lpm_lookup(lpm: *const Opaque, addr: u32, default_hop: u32) -> u32;
    fn peers_lpm_lookup_bulk(
        lpm: *const Opaque,
        addrs: *const u32,
        answers: *mut u32,
        n: usize,
        default_hop: u32,
    );
    fn peers_lpm_bulk(
        lpm: *const Opaque,
        addrs: *const u32,
        n: usize,
        burst: usize,
        default_hop: u32,
    ) -> u64;
    fn peers_lpm_single(lpm: *const Opaque, addrs: *const u32, n: usize, default_hop: u32) -> u64;
    fn peers_lpm_dependent(
        lpm: *const Opaque,
        addrs: *const u32,
        n: usize,
        default_hop: u32,
    ) -> u64;
}

/// The DPDK contenders.
pub(crate) fn contenders() -> Vec<Contender> {
    vec![
        Contender::new("rte_fib 2 B", one::<true, true>)
            .many(|tables| Ok(Box::new(Fibs::new(tables)?)), MOST_TABLES),
        Contender::new("rte_fib 4 B", one::<false, true>),
        Contender::new("rte_fib 2 B scalar", one::<true, false>),
        Contender::new("rte_fib 4 B scalar", one::<false, false>),
        Contender::new("rte_lpm", |routes| Ok(Box::new(Lpm::new(routes)?))),
    ]
}

/// Each takes 32 MiB.
const MOST_TABLES: usize = 64;

/// Megabytes that everything together takes at most.
const MEMORY: usize = 3_072;

/// What starting DPDK, which can be done once, came to.
static STARTED: OnceLock<Result<String, String>> = OnceLock::new();

/// Starts DPDK on this processor if it does not run yet; what it uses, in words.
pub(crate) fn start(cpu: Option<usize>) -> Result<String, String> {
    STARTED.get_or_init(|| start_once(cpu)).clone()
}

/// Without devices: in reserved huge pages if there are enough, else in 4 KiB pages.
fn start_once(cpu: Option<usize>) -> Result<String, String> {
    let version = env!("SEKISHO_DPDK");
    let free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
    let free = std::fs::read_to_string(free).ok().and_then(|text| text.trim().parse().ok());
    let enough = free.is_some_and(|pages: usize| pages * 2 >= MEMORY);
    let pages =
        if enough { "2 MiB huge pages" } else { "4 KiB pages (too few huge pages reserved)" };
    let said = format!("DPDK {version} in {pages}");
    let cpu = format!("-l{}", cpu.unwrap_or(0));
    let memory = format!("-m{MEMORY}");
    let mut arguments = vec!["peers", "--no-pci", "--no-telemetry", "--file-prefix=sekisho", &cpu];
    // Without the latter rte_fib refuses its AVX-512.
    arguments.extend(["--log-level=error", "--iova-mode=va", "--force-max-simd-bitwidth=512"]);
    arguments.extend(if enough { vec!["--in-memory"] } else { vec!["--no-huge", &memory] });
    let owned: Vec<CString> = arguments
        .into_iter()
        .map(|argument| CString::new(argument).expect("no argument has a zero"))
        .collect();
    let mut pointers: Vec<*mut c_char> =
        owned.iter().map(|text| text.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    let count = c_int::try_from(owned.len()).expect("few arguments");
    // SAFETY: as many strings as are said, and NULL behind them; DPDK orders them, but changes none.
    let code = unsafe { peers_start(count, pointers.as_mut_ptr()) };
    // DPDK may keep them.
    std::mem::forget(owned);
    if code != 0 {
        return Err(format!("DPDK does not start: {}", error()));
    }
    Ok(said)
}

/// What DPDK's last error was.
fn error() -> String {
    // SAFETY: it has no arguments.
    let text = unsafe { peers_error() };
    // SAFETY: it is a string that ends in zero, and copied before it can change.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn heap() -> usize {
    // SAFETY: it only reads statistics, under DPDK's lock.
    unsafe { peers_heap() }
}

/// Groups of 256 entries that the /24s with longer prefixes need, and one.
fn groups(routes: &[Route]) -> u32 {
    let long = routes.iter().filter(|(prefix, _)| prefix.len() > 24);
    let mut blocks: Vec<u32> = long.map(|(prefix, _)| prefix.addr().0 >> 8).collect();
    blocks.dedup();
    u32::try_from(blocks.len()).map_or(u32::MAX, |blocks| blocks + 1)
}

/// Rooms for as many routes, and for a few more.
fn room(routes: &[Route]) -> Result<c_int, String> {
    c_int::try_from(routes.len() + 16).map_err(|error| error.to_string())
}

fn one<const TWO_BYTES: bool, const VECTOR: bool>(
    routes: &[Route],
) -> Result<Box<dyn Table>, String> {
    Ok(Box::new(Fib::new(routes, TWO_BYTES, VECTOR)?))
}

/// One rte_fib.
struct Fib {
    fib: NonNull<Opaque>,
    /// What it answers where no route matches; next hops are below it.
    default_hop: u32,
    bytes: Bytes,
}

impl Fib {
    fn new(routes: &[Route], two_bytes: bool, vector: bool) -> Result<Fib, String> {
        let default_hop = if two_bytes { 0x7FFF } else { 0x7FFF_FFFF };
        let (before, groups) = (heap(), groups(routes));
        // SAFETY: it has no pointers.
        let fib = unsafe {
            peers_fib_create(two_bytes.into(), room(routes)?, groups, default_hop.into(), vector)
        };
        let fib = NonNull::new(fib).ok_or_else(error)?;
        let size = if two_bytes { 2 } else { 4 };
        let lookup = ((1 << 24) + groups as usize * 256) * size;
        let total = heap().wrapping_sub(before);
        let mut fib = Fib { fib, default_hop, bytes: Bytes { lookup, total } };
        for &(prefix, hop) in routes {
            if !fib.insert(prefix, hop) {
                return Err(format!("no room for {prefix} with next hop {hop}"));
            }
        }
        Ok(fib)
    }
}

impl Drop for Fib {
    fn drop(&mut self) {
        // SAFETY: it was created, and nobody else has it.
        unsafe { peers_fib_free(self.fib.as_ptr()) }
    }
}

impl Table for Fib {
    fn lookup(&self, addr: u32) -> u32 {
        let mut answer = 0;
        self.lookup_bulk(&[addr], std::slice::from_mut(&mut answer));
        answer
    }

    fn lookup_bulk(&self, addrs: &[u32], answers: &mut [u32]) {
        let (n, fib) = (addrs.len().min(answers.len()), self.fib.as_ptr());
        let (addrs, answers) = (addrs.as_ptr(), answers.as_mut_ptr());
        // SAFETY: the fib lives, and there are `n` addresses and room for `n` answers.
        unsafe { peers_fib_lookup(fib, addrs, answers, n, self.default_hop.into()) }
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        // SAFETY: the fib lives, and nobody looks anything up in it meanwhile.
        let add =
            || unsafe { peers_fib_add(self.fib.as_ptr(), prefix.addr().0, prefix.len(), hop) };
        hop < self.default_hop && add() == 0
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        // SAFETY: the fib lives, and nobody looks anything up in it meanwhile.
        unsafe { peers_fib_delete(self.fib.as_ptr(), prefix.addr().0, prefix.len()) == 0 }
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.bytes
    }

    fn run_bulk(&self, addrs: &[u32], burst: usize) -> u64 {
        assert!((1..=MAX_BURST).contains(&burst));
        // SAFETY: the fib lives, and there are so many addresses.
        unsafe { peers_fib_bulk(self.fib.as_ptr(), addrs.as_ptr(), addrs.len(), burst) }
    }

    fn run_single(&self, addrs: &[u32]) -> u64 {
        // SAFETY: the fib lives, and there are so many addresses.
        unsafe { peers_fib_single(self.fib.as_ptr(), addrs.as_ptr(), addrs.len()) }
    }

    fn run_dependent(&self, addrs: &[u32]) -> u64 {
        // SAFETY: the fib lives, and there are so many addresses.
        unsafe { peers_fib_dependent(self.fib.as_ptr(), addrs.as_ptr(), addrs.len()) }
    }
}

/// An rte_fib of two bytes for each table.
struct Fibs {
    fibs: Vec<Fib>,
    pointers: Vec<NonNull<Opaque>>,
}

impl Fibs {
    fn new(tables: &[Vec<Route>]) -> Result<Fibs, String> {
        let fibs = tables.iter().map(|routes| Fib::new(routes, true, true));
        let fibs = fibs.collect::<Result<Vec<Fib>, String>>()?;
        let pointers = fibs.iter().map(|fib| fib.fib).collect();
        Ok(Fibs { fibs, pointers })
    }

    /// Pointers to the fibs, to the tables' numbers and to the addresses, and how many packets.
    fn packets(
        &self,
        tables: &[u32],
        addrs: &[u32],
    ) -> (*const NonNull<Opaque>, *const u32, *const u32, usize) {
        assert!(tables.iter().all(|table| (*table as usize) < self.pointers.len()));
        let n = tables.len().min(addrs.len());
        (self.pointers.as_ptr(), tables.as_ptr(), addrs.as_ptr(), n)
    }
}

impl Tables for Fibs {
    fn lookup(&self, table: u32, addr: u32) -> u32 {
        self.fibs[table as usize].lookup(addr)
    }

    fn lookup_group(&self, table: u32, addrs: &[u32], answers: &mut [u32]) {
        self.fibs[table as usize].lookup_bulk(addrs, answers);
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        let sum = |part: fn(Bytes) -> usize| self.fibs.iter().map(|fib| part(fib.bytes)).sum();
        Bytes { lookup: sum(|bytes| bytes.lookup), total: sum(|bytes| bytes.total) }
    }

    fn run_mixed(&self, tables: &[u32], addrs: &[u32], _burst: usize) -> u64 {
        let (fibs, tables, addrs, n) = self.packets(tables, addrs);
        // SAFETY: the fibs live, there are `n` packets, and their tables exist.
        unsafe { peers_fib_mixed(fibs, tables, addrs, n) }
    }

    fn run_grouped(&self, tables: &[u32], addrs: &[u32]) -> u64 {
        let (fibs, tables, addrs, n) = self.packets(tables, addrs);
        // SAFETY: the fibs live, there are `n` packets, and their tables exist.
        unsafe { peers_fib_grouped(fibs, tables, addrs, n, GROUP) }
    }

    fn run_dependent(&self, tables: &[u32], addrs: &[u32]) -> u64 {
        let (fibs, tables, addrs, n) = self.packets(tables, addrs);
        // SAFETY: the fibs live, there are `n` packets, and their tables exist.
        unsafe { peers_fib_mixed_dependent(fibs, tables, addrs, n) }
    }
}

/// One rte_lpm.
struct Lpm {
    lpm: NonNull<Opaque>,
    /// The next hop of the default route, which is none of its routes.
    default_hop: u32,
    bytes: Bytes,
}

impl Lpm {
    fn new(routes: &[Route]) -> Result<Lpm, String> {
        let (before, groups) = (heap(), groups(routes));
        let room = room(routes)?.unsigned_abs();
        // SAFETY: it has no pointers.
        let lpm = NonNull::new(unsafe { peers_lpm_create(room, groups) }).ok_or_else(error)?;
        let lookup = ((1 << 24) + groups as usize * 256) * 4;
        let bytes = Bytes { lookup, total: heap().wrapping_sub(before) };
        let mut lpm = Lpm { lpm, default_hop: MISS, bytes };
        for &(prefix, hop) in routes {
            if !lpm.insert(prefix, hop) {
                return Err(format!("no room for {prefix} with next hop {hop}"));
            }
        }
        Ok(lpm)
    }
}

impl Drop for Lpm {
    fn drop(&mut self) {
        // SAFETY: it was created, and nobody else has it.
        unsafe { peers_lpm_free(self.lpm.as_ptr()) }
    }
}

impl Table for Lpm {
    fn lookup(&self, addr: u32) -> u32 {
        // SAFETY: the lpm lives.
        unsafe { peers_lpm_lookup(self.lpm.as_ptr(), addr, self.default_hop) }
    }

    fn lookup_bulk(&self, addrs: &[u32], answers: &mut [u32]) {
        let (n, lpm) = (addrs.len().min(answers.len()), self.lpm.as_ptr());
        let (addrs, answers) = (addrs.as_ptr(), answers.as_mut_ptr());
        // SAFETY: the lpm lives, and there are `n` addresses and room for `n` answers.
        unsafe { peers_lpm_lookup_bulk(lpm, addrs, answers, n, self.default_hop) }
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        if prefix == Prefix::DEFAULT {
            self.default_hop = hop;
            return true;
        }
        // SAFETY: the lpm lives, and nobody looks anything up in it meanwhile.
        let add =
            || unsafe { peers_lpm_add(self.lpm.as_ptr(), prefix.addr().0, prefix.len(), hop) };
        hop < 1 << 24 && add() == 0
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        if prefix == Prefix::DEFAULT {
            return std::mem::replace(&mut self.default_hop, MISS) != MISS;
        }
        // SAFETY: the lpm lives, and nobody looks anything up in it meanwhile.
        unsafe { peers_lpm_delete(self.lpm.as_ptr(), prefix.addr().0, prefix.len()) == 0 }
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.bytes
    }

    fn run_bulk(&self, addrs: &[u32], burst: usize) -> u64 {
        assert!((1..=MAX_BURST).contains(&burst));
        let (lpm, default_hop) = (self.lpm.as_ptr(), self.default_hop);
        // SAFETY: the lpm lives, and there are so many addresses.
        unsafe { peers_lpm_bulk(lpm, addrs.as_ptr(), addrs.len(), burst, default_hop) }
    }

    fn run_single(&self, addrs: &[u32]) -> u64 {
        let (lpm, default_hop) = (self.lpm.as_ptr(), self.default_hop);
        // SAFETY: the lpm lives, and there are so many addresses.
        unsafe { peers_lpm_single(lpm, addrs.as_ptr(), addrs.len(), default_hop) }
    }

    fn run_dependent(&self, addrs: &[u32]) -> u64 {
        let (lpm, default_hop) = (self.lpm.as_ptr(), self.default_hop);
        // SAFETY: the lpm lives, and there are so many addresses.
        unsafe { peers_lpm_dependent(lpm, addrs.as_ptr(), addrs.len(), default_hop) }
    }
}
