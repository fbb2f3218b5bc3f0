//! What state that survives costs: replaying a journal, and saving and loading a snapshot, from one
//! full VPC to the large profile full of objects.
//!
//! `cargo run --release -p sekisho-benches --bin replay`; exits with 1 if growth is not linear.

use std::process::ExitCode;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use sekisho::console::{Line, parse};
use sekisho::limits::Profile;
use sekisho::region::{Command, Region};
use sekisho::store::snapshot::{Loader, save};
use sekisho::store::{Error, Geometry, Journal, Position, Ram, Record, frame};

const PROFILE: Profile = Profile::LARGE;
const SECTOR: u32 = 16 * 1024 * 1024;
const GEOMETRY: Geometry =
    Geometry { sectors: 2, sector_size: SECTOR, write_size: 1, erased: 0x00 };
/// How much dearer an object may be in the full profile than in a single VPC.
const LINEAR: f64 = 2.0;

fn main() -> ExitCode {
    println!(
        "| VPCs | objects | replay, s | records/s | snapshot, bytes | bytes/object | save, ms | load, s | objects/s |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut first = None;
    let mut linear = true;
    for vpcs in [1, 2, 4, 8] {
        let commands: Vec<Command> = (0..vpcs).flat_map(lines).map(|line| command(&line)).collect();
        let row = measure(&commands);
        let Row { objects, replay, bytes, saving, loading } = row;
        let each = [replay, bytes as f64, saving, loading].map(|all| all / objects as f64);
        println!(
            "| {vpcs} | {objects} | {replay:.3} | {:.0} | {bytes} | {:.1} | {:.1} | {loading:.3} | {:.0} |",
            commands.len() as f64 / replay,
            each[1],
            saving * 1e3,
            objects as f64 / loading,
        );
        let first = first.get_or_insert(each);
        linear &= each.iter().zip(first).all(|(each, first)| *each < LINEAR * *first);
    }
    println!(
        "\nA full VPC and the full profile: each object costs less than {LINEAR} times as much: {linear}."
    );
    if linear { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Row {
    objects: u32,
    /// Seconds, and bytes of the snapshot.
    replay: f64,
    bytes: usize,
    saving: f64,
    loading: f64,
}

fn measure(commands: &[Command]) -> Row {
    let mut storage = vec![0; 2 * SECTOR as usize];
    write(&mut storage, commands);
    let [memory, other] = [(); 2].map(|()| memory());
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let start = Instant::now();
    let ram = Ram::new(&mut storage, GEOMETRY).expect("a geometry");
    let (_, recovery) = Journal::mount(ram, &mut region).expect("a whole journal");
    let replay = start.elapsed().as_secs_f64();
    assert_eq!(recovery.records as usize, commands.len());

    let mut frames = Vec::new();
    let start = Instant::now();
    let size = save(&region, Position::start(1), |frame| {
        frames.push(frame.to_vec());
        Ok(())
    })
    .expect("a sink that takes all");
    let saving = start.elapsed().as_secs_f64();

    let mut copy = Region::init(&other, &PROFILE).expect("memory of the footprint");
    let start = Instant::now();
    let mut loader = Loader::new(&mut copy).expect("an empty region");
    for frame in &frames {
        loader.frame(frame).expect("a sound snapshot");
    }
    let loading = start.elapsed().as_secs_f64();
    drop(loader);
    assert_eq!(copy.hash(), region.hash());
    let counted = |name: &str| name != "pool-cells" && name != "cidrs" && name != "ecmp-sets";
    let used = region.usage().filter(|usage| counted(usage.name)).map(|usage| usage.used);
    Row { objects: used.sum(), replay, bytes: size.bytes, saving, loading }
}

/// A journal of these commands behind the snapshot of nothing.
fn write(storage: &mut [u8], commands: &[Command]) {
    let memory = memory();
    let empty = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let ram = Ram::new(storage, GEOMETRY).expect("a geometry");
    Journal::format(ram, &empty, Position::start(1)).expect("an erased storage");
    // Behind the one frame of that snapshot, which is the last that is there.
    let mut starts = (0..SECTOR as usize / 1024).filter(|&at| frame::first(&storage[at..]).is_ok());
    let mut at = starts.next_back().expect("a snapshot");
    at += frame::first(&storage[at..]).expect("a snapshot").0.bytes.len();
    let mut position = Position::start(1);
    for command in commands {
        position = position.next().unwrap();
        let record: Result<&[u8], Error> = Record::encode(position, command, &mut storage[at..]);
        at += record.expect("room for a record").len();
    }
    assert!(at < SECTOR as usize);
}

fn memory() -> Vec<AtomicU32> {
    (0..Region::footprint(&PROFILE)).map(|_| AtomicU32::new(0)).collect()
}

fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

/// A VPC with an eighth of everything that the large profile holds.
fn lines(vpc: u32) -> Vec<String> {
    let table = |n: u32| vpc * 11 + n;
    let mut lines = vec![format!("create-vpc vpc-{vpc} vtb-{} 10.0.0.0/8", table(0))];
    let mut add = |line: String| lines.push(line);
    for n in 0..150 {
        add(format!("create-vswitch vsw-{} vpc-{vpc} 10.0.{n}.0/24", vpc * 150 + n));
    }
    let vswitch = |n: u32| vpc * 150 + n % 150;
    for n in 1..11 {
        let kind = if n == 10 { "gateway" } else { "vswitch" };
        add(format!("create-route-table vtb-{} vpc-{vpc} type={kind}", table(n)));
    }
    for n in 0..150 {
        add(format!("associate-route-table vtb-{} vsw-{}", table(1 + n % 9), vswitch(n)));
    }
    for n in 0..64 {
        let address = format!("10.0.{n}.10");
        add(format!("create-instance i-{} vsw-{} {address}", vpc * 64 + n, vswitch(n)));
    }
    for n in 0..8 {
        add(format!("create-nat-gateway ngw-{} vsw-{} 10.0.{n}.20", vpc * 8 + n, vswitch(n)));
        add(format!("create-gwlb gwlb-{}", vpc * 8 + n));
        add(format!("register-appliance gwlb-{0} app-{0}", vpc * 8 + n));
        add(format!("create-gwlb-endpoint ep-{0} vsw-{1} gwlb-{0}", vpc * 8 + n, vswitch(n)));
        let place = format!("internal vsw-{} 10.0.{n}.30", vswitch(n));
        add(format!("create-load-balancer lb-{} {place}", vpc * 8 + n));
    }
    for n in 0..32 {
        let (eip, address) = (vpc * 32 + n, format!("47.0.{vpc}.{n}"));
        add(format!("allocate-eip eip-{eip} {address}"));
        let target = match n {
            0..8 => format!("ngw-{}", vpc * 8 + n),
            _ => format!("i-{}", vpc * 64 + n),
        };
        add(format!("associate-eip eip-{eip} {target}"));
    }
    for n in 0..2048 {
        let (nat, eip) = (vpc * 8 + n / 256, vpc * 32 + n / 256);
        add(format!("create-snat-entry ngw-{nat} 10.1.{}.{}/32 eip-{eip}", n / 256, n % 256));
        let to = format!("10.0.{}.10 {}", n % 64, 1 + n % 256);
        add(format!("create-forward-entry ngw-{nat} eip-{eip} tcp {} {to}", 1 + n % 256));
    }
    add(format!("create-ipv4-gateway ipv4gw-{vpc} vpc-{vpc}"));
    add(format!("enable-vpc-ipv4-gateway ipv4gw-{vpc}"));
    for n in 0..10 {
        for entry in 0..400 {
            let (a, b) = (20 + entry / 200, entry % 200);
            let hop = match entry % 3 {
                0 => format!("i-{}", vpc * 64 + entry % 64),
                1 => format!("ipv4gw-{vpc}"),
                _ => format!("peer-{entry}"),
            };
            add(format!("create-route-entry vtb-{} {a}.{b}.0.0/16 {hop}", table(n)));
        }
        for entry in 0..200 {
            add(format!("announce-route vtb-{} 30.{entry}.0.0/16 tr-{entry}", table(n)));
        }
    }
    add(format!("associate-route-table-with-gateway vtb-{} ipv4gw-{vpc}", table(10)));
    lines
}
