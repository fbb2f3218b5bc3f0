//! The tour: a VPC's border from open doors to one gate, then an Internet-size routing table.
//!
//! `demo [--routes FILE]`: FILE holds lines of `a.b.c.d/len nexthop`, `-` is standard input;
//! without it the table is generated, with the length histogram of the public Internet.

use std::error::Error;
use std::hint::black_box;
use std::io::Read;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use sekisho::addr::{Addr, Prefix};
use sekisho::limits::Profile;
use sekisho::lpm::{Lpm, TableHandle};
use sekisho::model::{IntervalOracle, Rng, internet_table, parse_table};
use sekisho::region::Region;

const WALKTHROUGH: &str = include_str!("../tests/vectors/walkthrough.console");
/// Prefixes of the public IPv4 table in early 2024.
const INTERNET: usize = 901_899;
const LOOKUPS: usize = 1 << 22;

fn main() -> Result<(), Box<dyn Error>> {
    let mut routes = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.next()) {
            ("--routes", Some(file)) => routes = Some(read_routes(&file)?),
            _ => return Err("usage: demo [--routes FILE]".into()),
        }
    }
    println!("1. The border of a VPC\n");
    walkthrough()?;
    println!("\n2. A routing table in fixed memory\n");
    table(&routes.unwrap_or_else(|| internet_table(1, INTERNET)))
}

fn memory(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

/// Runs the commands of the walkthrough and prints them between its explanations. The answers come
/// from the region; a difference from those written down is an error.
fn walkthrough() -> Result<(), Box<dyn Error>> {
    let memory = memory(Region::footprint(&Profile::FIRMWARE));
    println!("   (in {} bytes of memory)\n", memory.len() * 4);
    let mut region = Region::init(&memory, &Profile::FIRMWARE)?;
    let mut lines = WALKTHROUGH.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("> ") else {
            println!("   {}", line.trim_start_matches(['#', ' ']));
            continue;
        };
        let mut answer = String::new();
        let _ = sekisho::console::run(&mut region, command.as_bytes(), &mut answer)?;
        let mut written = String::new();
        let is_answer = |line: &&str| !(line.starts_with(['>', '#']) || line.is_empty());
        while let Some(line) = lines.next_if(is_answer) {
            written += line;
            written += "\n";
        }
        println!("     > {command}");
        answer.lines().for_each(|line| println!("       {line}"));
        if answer != written {
            return Err(format!("expected of {command}: {written}").into());
        }
    }
    Ok(())
}

fn read_routes(file: &str) -> Result<Vec<(Prefix, u32)>, Box<dyn Error>> {
    let mut text = String::new();
    match file {
        "-" => std::io::stdin().read_to_string(&mut text)?,
        file => std::fs::File::open(file)?.read_to_string(&mut text)?,
    };
    parse_table(&text).map_err(|(line, what)| format!("{file}:{line}: {what}").into())
}

fn table(routes: &[(Prefix, u32)]) -> Result<(), Box<dyn Error>> {
    let count = u32::try_from(routes.len())?;
    let memory = memory(Lpm::footprint(count, 1));
    let mut lpm = Lpm::init(&memory, count, 1)?;
    let table = lpm.create_table()?;

    let start = Instant::now();
    for &(prefix, next_hop) in routes {
        lpm.insert(table, prefix, next_hop)?;
    }
    let load = start.elapsed();
    let in_use = |words: u32| mib(words as usize * 4);
    let stats = lpm.stats();
    println!("   {count} routes");
    println!(
        "   memory given      {:>8.2} MiB, enough for any {count} routes",
        mib(memory.len() * 4)
    );
    println!(
        "   memory in use     {:>8.2} MiB, of which lookups read {:.2} MiB",
        in_use(stats.words),
        in_use(stats.lookup_words)
    );
    let rate = f64::from(count) / load.as_secs_f64() / 1e6;
    println!("   load, one by one  {:>8.0} ms, {rate:.2} M routes/s", load.as_secs_f64() * 1e3);

    let mut rng = Rng::new(7);
    let uniform: Vec<Addr> = (0..LOOKUPS).map(|_| Addr(rng.word())).collect();
    let inside: Vec<Addr> = (0..LOOKUPS)
        .map(|_| {
            let (prefix, _) = routes[rng.below(count) as usize];
            Addr(prefix.addr().0 | rng.word() & (prefix.last().0 ^ prefix.addr().0))
        })
        .collect();
    println!("   lookups, random   {:>8.2} M/s", speed(&lpm, table, &uniform));
    println!(
        "   lookups, inside   {:>8.2} M/s of the table's prefixes",
        speed(&lpm, table, &inside)
    );

    let oracle = IntervalOracle::new(routes);
    for addr in uniform.into_iter().chain(inside) {
        let found = lpm.lookup(table, addr).map(|(_, next_hop)| next_hop);
        if found != oracle.lookup(addr) {
            return Err(format!("wrong answer for {addr}").into());
        }
    }
    println!("   wrong answers     {:>8} of {} against an interval oracle", 0, 2 * LOOKUPS);

    let start = Instant::now();
    for &(prefix, _) in routes {
        lpm.remove(table, prefix)?;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64() / 1e6;
    println!(
        "   removal           {rate:>8.2} M routes/s; {} bytes left in use",
        lpm.stats().words * 4
    );
    Ok(())
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The best of three passes, in millions of lookups a second.
fn speed(lpm: &Lpm<'_>, table: TableHandle, addrs: &[Addr]) -> f64 {
    let view = lpm.view();
    let pass = |_| {
        let start = Instant::now();
        for &addr in addrs {
            black_box(view.find(table, black_box(addr)));
        }
        addrs.len() as f64 / start.elapsed().as_secs_f64() / 1e6
    };
    (0..3).map(pass).fold(0.0, f64::max)
}
