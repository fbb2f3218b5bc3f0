//! A routing table on the smallest board: it is filled until it says that it is full, and every answer is
//! compared with a plain scan of the routes.

#![no_std]
#![no_main]

use cortex_m::Peripherals;
use cortex_m_rt::{entry, exception};
use sekisho::Memory;
use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, LpmError, TableHandle};
use sekisho_firmware::{clock, exit, random::Random, stack};

/// As many as fit into 16 KiB of RAM with the stack that changes of them take.
const MAX_ROUTES: usize = if cfg!(board = "microbit") { 32 } else { 64 };

static MEMORY: Memory<{ Lpm::footprint(MAX_ROUTES as u32, 1) }> = Memory::new();

#[entry]
fn main() -> ! {
    if let Some(mut core) = Peripherals::take() {
        clock::start(&mut core.SYST);
    }
    stack::paint();
    match run() {
        Ok(()) => exit(true),
        Err(error) => {
            defmt::error!("{}", error);
            exit(false)
        }
    }
}

/// What may go wrong.
#[derive(defmt::Format)]
enum Trouble {
    Memory(sekisho::MemoryError),
    Table(LpmError),
    Prefix,
    /// The table answers this where the scan answers that.
    Differs(Addr, Option<u32>, Option<u32>),
    NotFull,
}

fn run() -> Result<(), Trouble> {
    let mut lpm = Lpm::init(&MEMORY, MAX_ROUTES as u32, 1).map_err(Trouble::Memory)?;
    let table = lpm.create_table().map_err(Trouble::Table)?;

    let ten = Prefix::parse("10.0.0.0/8").ok_or(Trouble::Prefix)?;
    lpm.insert(table, ten, 7).map_err(Trouble::Table)?;
    let addr = Addr::new(10, 1, 2, 3);
    defmt::info!("{} is routed to {}", addr, lpm.view().find(table, addr));

    let mut routes = heapless::Vec::<(Prefix, u32), MAX_ROUTES>::new();
    let _ = routes.push((ten, 7));
    let mut random = Random::new(2);
    while !routes.is_full() {
        // Short and long, many within others.
        let addr = random.next() & 0x0F0F_FFFF;
        let prefix = Prefix::new_truncated(Addr(addr), (random.next() % 33) as u8);
        if routes.iter().all(|&(other, _)| other != prefix) {
            let next_hop = random.next() % 1000;
            lpm.insert(table, prefix, next_hop).map_err(Trouble::Table)?;
            let _ = routes.push((prefix, next_hop));
        }
    }
    let full = lpm.insert(table, Prefix::parse("240.0.0.0/4").ok_or(Trouble::Prefix)?, 1);
    let Err(LpmError::CapacityExceeded) = full else { return Err(Trouble::NotFull) };

    let compared = compare(&lpm, table, &routes, &mut random)?;
    let per_lookup = time(&lpm, table, &mut random);
    while let Some((prefix, _)) = routes.pop() {
        lpm.remove(table, prefix).map_err(Trouble::Table)?;
        compare(&lpm, table, &routes, &mut Random::new(routes.len() as u32))?;
    }
    defmt::info!(
        "newcomer: routes={=usize} bytes={=usize} compared={=u32} ticks-per-1000={=u32} stack={=usize}",
        MAX_ROUTES,
        size_of_val(&MEMORY),
        compared,
        per_lookup,
        stack::deepest(),
    );
    Ok(())
}

/// Asks the table and the list the same, near each route and anywhere.
#[inline(never)]
fn compare(
    lpm: &Lpm<'_>,
    table: TableHandle,
    routes: &[(Prefix, u32)],
    random: &mut Random,
) -> Result<u32, Trouble> {
    let mut compared = 0;
    let mut ask = |addr: Addr| {
        let matching = routes.iter().filter(|(prefix, _)| prefix.contains(addr));
        let wanted = matching.max_by_key(|(prefix, _)| prefix.len()).map(|&(_, next_hop)| next_hop);
        let found = lpm.view().find(table, addr);
        compared += 1;
        if found == wanted { Ok(()) } else { Err(Trouble::Differs(addr, found, wanted)) }
    };
    for (prefix, _) in routes {
        let (first, last) = (prefix.addr().0, prefix.last().0);
        for edge in [first.wrapping_sub(1), first, last, last.wrapping_add(1)] {
            ask(Addr(edge))?;
        }
    }
    for _ in 0..256 {
        ask(Addr(random.next()))?;
        ask(Addr(random.next() & 0x0F0F_FFFF))?;
    }
    Ok(compared)
}

/// The ticks of a thousand lookups.
#[inline(never)]
fn time(lpm: &Lpm<'_>, table: TableHandle, random: &mut Random) -> u32 {
    let view = lpm.view();
    let mut sum = 0u32;
    let start = clock::ticks();
    for _ in 0..1000 {
        sum = sum.wrapping_add(view.find(table, Addr(random.next() & 0x0F0F_FFFF)).unwrap_or(0));
    }
    let ticks = clock::ticks().wrapping_sub(start);
    defmt::debug!("{=u32}", sum);
    ticks
}

#[exception]
fn SysTick() {
    clock::tick();
}
