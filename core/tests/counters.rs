//! What the console answers of packets that have passed: everything once, summed up over the tables of a
//! region, and in an order that does not depend on theirs.

use std::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, InstanceId};
use sekisho::console::{Counters, Status, run, run_with};
use sekisho::flow::{Config, FlowTable, Watch};
use sekisho::limits::Profile;
use sekisho::packet::{Next, Origin, Place, checksum};
use sekisho::region::Region;

const NETWORK: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16 user-cidr=30.0.0.0/8
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-1 10.0.0.11
allocate-eip eip-7 47.0.0.1
allocate-eip eip-3 47.0.0.2
associate-eip eip-7 i-1
associate-eip eip-3 i-2
create-load-balancer lb-1 internet vpc-1 47.0.0.3
create-route-entry vtb-1 30.0.0.0/8 peer-1";

fn zeroed(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

fn packet(source: &str, destination: &str, port: u16, len: u16) -> Vec<u8> {
    let mut packet = vec![0; len.into()];
    let octets = |text| Addr::parse(text).unwrap().0.to_be_bytes();
    (packet[0], packet[8], packet[9]) = (0x45, 64, 17);
    packet[2..4].copy_from_slice(&len.to_be_bytes());
    packet[12..16].copy_from_slice(&octets(source));
    packet[16..20].copy_from_slice(&octets(destination));
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet[20..22].copy_from_slice(&port.to_be_bytes());
    packet[24..26].copy_from_slice(&(len - 20).to_be_bytes());
    packet
}

fn sent_by(number: u16) -> Origin {
    Origin::Interface(Place::Instance(InstanceId(number)))
}

fn ask(region: &mut Region<'_>, line: &str, counters: &dyn Counters) -> String {
    let mut answer = String::new();
    assert_eq!(run_with(region, line.as_bytes(), counters, &mut answer), Ok(Status::Done));
    answer
}

#[test]
fn what_has_passed() {
    let memory = zeroed(Profile::LARGE.footprint());
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    for line in NETWORK.lines() {
        ask(&mut region, line, &[]);
    }
    let config = |instance| Config { instance, instances: 2, ..Config::new(16) };
    let memories = [0, 1].map(|k| zeroed(config(k).footprint()));
    let mut tables =
        [0u16, 1].map(|k| FlowTable::init(&memories[usize::from(k)], &config(k)).unwrap());
    let none = ask(&mut region, "counters", &[]);
    assert_eq!(ask(&mut region, "counters", &tables.each_ref().map(FlowTable::watch)), none);

    let mut pass = |table: usize, from, mut bytes: Vec<u8>| {
        tables[table].process(&region.tables(), from, &mut bytes, 0).unwrap()
    };
    // The higher address first; both tables know both.
    assert_eq!(pass(0, sent_by(2), packet("10.0.0.11", "8.8.8.8", 1, 40)), Next::Internet);
    assert_eq!(pass(0, sent_by(1), packet("10.0.0.10", "8.8.8.8", 1, 40)), Next::Internet);
    assert_eq!(pass(1, sent_by(1), packet("10.0.0.10", "8.8.8.8", 2, 50)), Next::Internet);
    assert_eq!(pass(1, sent_by(2), packet("10.0.0.11", "8.8.8.8", 2, 28)), Next::Internet);
    for port in 3..6 {
        let next = pass(1, Origin::Internet, packet("8.8.8.8", "47.0.0.1", port, 30));
        assert!(matches!(next, Next::Deliver(_)));
    }
    let next = pass(0, Origin::Internet, packet("8.8.8.8", "47.0.0.3", 3, 33));
    assert!(matches!(next, Next::Deliver(_)));
    let next = pass(0, sent_by(1), packet("10.0.0.10", "30.0.0.1", 3, 44));
    assert!(matches!(next, Next::Handoff(_)));
    assert_eq!(pass(0, sent_by(1), packet("10.0.0.10", "100.64.0.1", 3, 45)), Next::Service);
    for (table, len) in [(0, 19), (1, 7)] {
        assert!(matches!(pass(table, Origin::Internet, vec![0; len]), Next::Drop(_)));
    }
    let lost = packet("10.0.0.10", "10.0.0.99", 3, 46);
    assert!(matches!(pass(1, sent_by(1), lost), Next::Drop(_)));

    let watches = tables.each_ref().map(FlowTable::watch);
    let all = "ok
  egress packets=4 bytes=158
  deliver packets=4 bytes=123
  handoff packets=1 bytes=44
  service packets=1 bytes=45
  forward packets=0 bytes=0
  inspect packets=0 bytes=0
  drop packets=3 bytes=72
  drop NO_HOST packets=1 bytes=46
  drop MALFORMED packets=2 bytes=26
  eip-7 47.0.0.1 out-packets=2 out-bytes=90 in-packets=3 in-bytes=90
  eip-3 47.0.0.2 out-packets=2 out-bytes=68 in-packets=0 in-bytes=0
  lb-1 47.0.0.3 out-packets=0 out-bytes=0 in-packets=1 in-bytes=33
";
    assert_eq!(ask(&mut region, "counters", &watches), all);
    let [first, second] = watches;
    assert_eq!(ask(&mut region, "counters", &[second, first]), all);
    assert_eq!(ask(&mut region, "counters", &&[first, second][..]), all);
    let one = "ok
  eip-3 47.0.0.2 out-packets=1 out-bytes=28 in-packets=0 in-bytes=0
";
    assert_eq!(ask(&mut region, "counters eip-3", &[second]), one);

    // Other lines are answered as without packets, and these change nothing.
    let hash = region.hash();
    let mut answers = [String::new(), String::new()];
    for line in ["hash", "counters eip-9", "counters i-1", "# nothing", "list eip"] {
        let [without, with] = &mut answers;
        let status = run(&mut region, line.as_bytes(), without);
        assert_eq!(run_with(&mut region, line.as_bytes(), &watches, with), status);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(region.hash(), hash);

    // An address that is nobody's any more has had its traffic all the same.
    for line in ["unassociate-eip eip-3", "release-eip eip-3"] {
        ask(&mut region, line, &watches);
    }
    let all = all.replace("eip-3 47.0.0.2", "none 47.0.0.2");
    assert_eq!(ask(&mut region, "counters", &watches), all);
    assert_eq!(ask(&mut region, "counters", &[second; 0]), none);
}

/// More addresses than are looked for in one pass, in tables that know some of them each.
#[test]
fn many_addresses_come_in_order() {
    let memory = zeroed(Profile::LARGE.footprint());
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    let line = |region: &mut Region<'_>, line: String| ask(region, &line, &[]);
    line(&mut region, "create-vpc vpc-1 vtb-1 10.0.0.0/16".into());
    line(&mut region, "create-vswitch vsw-1 vpc-1 10.0.0.0/24".into());
    let count = 150u16;
    for n in 1..=count {
        let public = 47 << 24 | u32::from(n.wrapping_mul(40_503));
        line(
            &mut region,
            format!("create-instance i-{n} vsw-1 10.0.0.{n} public=eip-{n}:{}", Addr(public)),
        );
    }
    // The second table has few meters: the others share one, of the address 0.0.0.0.
    let configs = [1024, 20].map(|meters| Config { meters, ..Config::new(256) });
    let memories = configs.map(|config| zeroed(config.footprint()));
    let mut tables = [0, 1].map(|k| FlowTable::init(&memories[k], &configs[k]).unwrap());
    for n in 1..=count {
        for (table, len) in tables.iter_mut().zip([30, 40]) {
            let mut bytes = packet(&format!("10.0.0.{n}"), "8.8.8.8", 1, len);
            let next = table.process(&region.tables(), sent_by(n), &mut bytes, 0);
            assert_eq!(next, Some(Next::Internet));
        }
    }
    let watches: Vec<Watch<'_>> = tables.iter().map(FlowTable::watch).collect();
    let answer = ask(&mut region, "counters", &&watches[..]);
    let lines: Vec<_> = answer.lines().skip_while(|line| !line.contains("out-packets")).collect();
    assert_eq!(lines.len(), 1 + usize::from(count));
    assert!(lines[0].starts_with("  none 0.0.0.0 out-packets=130 out-bytes=5200 "), "{}", lines[0]);
    let addresses: Vec<_> = lines[1..]
        .iter()
        .map(|line| {
            let mut words = line.split_whitespace();
            let (eip, address) = (words.next().unwrap(), words.next().unwrap());
            let address = Addr::parse(address).unwrap();
            let n: u16 = eip.strip_prefix("eip-").unwrap().parse().unwrap();
            assert_eq!(address.0, 47 << 24 | u32::from(n.wrapping_mul(40_503)), "{line}");
            let own = ask(&mut region, &format!("counters {eip}"), &&watches[..]);
            assert_eq!(own, format!("ok\n{line}\n"));
            address
        })
        .collect();
    assert!(addresses.is_sorted_by(|a, b| a < b));
    assert!(
        lines.iter().filter(|line| line.contains(" out-packets=2 out-bytes=70 ")).count() == 20
    );
}
