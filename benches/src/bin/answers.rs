//! What answers about every packet cost: a diff over a large VPC, and how it grows.
//!
//! `cargo run --release -p sekisho-benches --bin answers`
//!
//! The VPC has 150 vSwitches, 11 tables with 500 entries each, and 1,000 interfaces of which a quarter
//! have public addresses. Times are those that one core has worked, the best of three.

use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use sekisho::limits::Profile;
use sekisho::region::Region;

const PROFILE: Profile = Profile {
    vpcs: 1,
    entries_per_table: 500,
    interfaces: 1_100,
    public_addresses: 300,
    ..Profile::LARGE
};

/// How much of a VPC there is.
#[derive(Clone, Copy)]
struct Size {
    vswitches: u32,
    tables: u32,
    /// Of each table.
    entries: u32,
    interfaces: u32,
}

const LARGE: Size = Size { vswitches: 150, tables: 10, entries: 500, interfaces: 1_000 };

fn main() {
    println!("## A large VPC\n");
    println!(
        "{} vSwitches, {} tables of {} entries and the System table, {} interfaces\n",
        LARGE.vswitches, LARGE.tables, LARGE.entries, LARGE.interfaces
    );
    println!("| question | ms | lines |\n|---|---:|---:|");
    with_vpc(LARGE, |region| {
        for line in [
            "diff create-route-entry vtb-1 99.0.0.0/8 peer-9",
            "diff delete-route-entry vtb-1 20.0.0.0/19",
            "diff set-forward i-1 on",
            "diff create-instance i-60000 vsw-1 10.0.1.250",
            "diff associate-eip eip-999 i-3",
            &enable(),
            "audit vpc-1",
            "prove no-egress vsw-2",
            "prove symmetric vpc-1",
            "readiness vpc-1",
        ] {
            let (time, lines) = best(region, line);
            let name = if line.starts_with("diff enable") {
                "diff enable-vpc-ipv4-gateway …"
            } else {
                line
            };
            println!("| `{name}` | {:.1} | {lines} |", time.as_secs_f64() * 1e3);
        }
    });
    let grow = |name: &str, sizes: &[Size], by: fn(Size) -> u32| {
        println!(
            "\n## The activation's diff by {name}\n\n| {name} | ms | lines |\n|---:|---:|---:|"
        );
        for &size in sizes {
            with_vpc(size, |region| {
                let (time, lines) = best(region, &enable());
                println!("| {} | {:.1} | {lines} |", by(size), time.as_secs_f64() * 1e3);
            });
        }
    };
    grow("entries a table", &[10, 50, 200, 500].map(|entries| Size { entries, ..LARGE }), |s| {
        s.entries
    });
    grow("interfaces", &[10, 100, 300, 1_000].map(|n| Size { interfaces: n, ..LARGE }), |s| {
        s.interfaces
    });
    grow("vSwitches", &[10, 50, 150].map(|vswitches| Size { vswitches, ..LARGE }), |s| s.vswitches);
    grow("tables", &[1, 2, 5, 10].map(|tables| Size { tables, ..LARGE }), |s| s.tables);
}

fn enable() -> String {
    "diff enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2 vtb-3 vtb-4 vtb-5".to_owned()
}

/// The best time of three, and the lines of the answer.
fn best(region: &mut Region<'_>, line: &str) -> (Duration, usize) {
    let mut answer = String::new();
    let times = (0..3).map(|_| {
        answer.clear();
        let start = Clock::start();
        let _ =
            sekisho::console::run(region, line.as_bytes(), &mut answer).expect("strings take all");
        start.elapsed()
    });
    let time = times.min().expect("three of them");
    assert!(answer.starts_with("ok"), "{line}: {answer}");
    (time, answer.lines().count() - 1)
}

/// The time that this thread has run, where the system tells it; otherwise the time of day.
struct Clock {
    wall: Instant,
    run: Option<u64>,
}

impl Clock {
    fn start() -> Clock {
        Clock { wall: Instant::now(), run: Clock::run() }
    }

    fn elapsed(&self) -> Duration {
        match (self.run, Clock::run()) {
            (Some(start), Some(end)) => Duration::from_nanos(end - start),
            _ => self.wall.elapsed(),
        }
    }

    fn run() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    }
}

fn with_vpc(size: Size, run: impl FnOnce(&mut Region<'_>)) {
    let words = Region::footprint(&PROFILE);
    let memory: Vec<AtomicU32> = (0..words).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &PROFILE).expect("the memory is as large as it must be");
    make(&mut region, size);
    run(&mut region);
}

fn make(region: &mut Region<'_>, size: Size) {
    let mut ok = |line: String| {
        let mut answer = String::new();
        let _ =
            sekisho::console::run(region, line.as_bytes(), &mut answer).expect("strings take all");
        assert_eq!(answer, "ok\n", "{line}");
    };
    ok("create-vpc vpc-1 vtb-0 10.0.0.0/16 user-cidr=30.0.0.0/16".into());
    for n in 0..size.vswitches {
        ok(format!("create-vswitch vsw-{n} vpc-1 10.0.{n}.0/24"));
    }
    // The NAT gateway, the firewall and the endpoint stand in the System table's last vSwitch.
    let last = size.vswitches - 1;
    ok(format!("create-nat-gateway ngw-1 vsw-{last} 10.0.{last}.201"));
    ok(format!("create-instance i-9999 vsw-{last} 10.0.{last}.202 forward=on"));
    ok("allocate-eip eip-998 46.0.0.1".into());
    ok("associate-eip eip-998 ngw-1".into());
    ok("create-snat-entry ngw-1 10.0.0.0/16 eip-998".into());
    ok("allocate-eip eip-999 46.0.0.2".into());
    for table in 1..=10 {
        ok(format!("create-route-table vtb-{table} vpc-1"));
    }
    for n in 0..last {
        ok(format!("associate-route-table vtb-{} vsw-{n}", n % size.tables + 1));
    }
    let hops = ["peer-1", "ri-1+ri-2", "i-9999", "ngw-1", "vpn-7"];
    for table in 1..=size.tables {
        for n in 0..size.entries - 1 {
            let (a, b, c) = (20 + n / 2_000, n / 8 % 256, n % 8 * 32);
            let hop = hops[((n + table) % 5) as usize];
            ok(format!("create-route-entry vtb-{table} {a}.{b}.{c}.0/19 {hop}"));
        }
        if table > 5 {
            ok(format!("create-route-entry vtb-{table} 0.0.0.0/0 ngw-1"));
        }
    }
    for n in 0..size.interfaces {
        let (vswitch, host) = (n % size.vswitches, n / size.vswitches + 10);
        ok(format!("create-instance i-{n} vsw-{vswitch} 10.0.{vswitch}.{host}"));
        if n % 4 == 0 && n / 4 < 250 {
            ok(format!("allocate-eip eip-{n} 47.0.{}.{}", n / 256, n % 256));
            ok(format!("associate-eip eip-{n} i-{n}"));
        }
    }
    ok("create-ipv4-gateway ipv4gw-1 vpc-1".into());
}
