//! Arbitrary bytes as console lines: answers keep to the grammar, refusals change nothing, and the
//! typed commands that the lines stand for do the same to the twin.

use sekisho::console::{self, Line, Status};
use sekisho::limits::Profile;
use sekisho::model::Twin;
use sekisho::region::{Command, Error, Region};

use crate::memory;

mod grammar;

const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 6,
    vswitches_per_vpc: 6,
    tables_per_vpc: 8,
    entries_per_table: 6,
    interfaces: 10,
    public_addresses: 8,
    nat_gateways: 3,
    snat_entries: 4,
};

/// What the lines find: one VPC with a public and a private vSwitch, and a NAT gateway.
const WORLD: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-route-table vtb-11 vpc-1
create-route-table vtb-12 vpc-1
create-route-table vtb-20 vpc-1 type=gateway
associate-route-table vtb-11 vsw-1
associate-route-table vtb-12 vsw-2
create-instance i-1 vsw-1 10.0.0.10 forward=on
create-instance i-2 vsw-2 10.0.1.10
allocate-eip eip-1 47.0.0.1
associate-eip eip-1 i-1
create-nat-gateway ngw-1 vsw-1 10.0.0.20
allocate-eip eip-2 47.0.0.2
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-route-entry vtb-12 0.0.0.0/0 ngw-1
create-ipv4-gateway ipv4gw-1 vpc-1
";

const MAX_LINES: usize = 64;

/// Runs the input line by line on a small world.
pub fn console(data: &[u8]) {
    let memory = memory(Region::footprint(&PROFILE));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let mut twin = Twin::new();
    for line in WORLD.lines() {
        assert_eq!(run(&mut region, &mut twin, line.as_bytes()), Status::Done, "{line}");
    }
    for line in data.split(|&byte| byte == b'\n').take(MAX_LINES) {
        let _status = run(&mut region, &mut twin, line);
    }
}

fn run(region: &mut Region<'_>, twin: &mut Twin, line: &[u8]) -> Status {
    let hash = region.hash();
    let parsed = console::parse(line);
    let mut answer = String::new();
    let status = console::run(region, line, &mut answer).expect("a string takes everything");
    let text = String::from_utf8_lossy(line);
    grammar::check(status, &answer).unwrap_or_else(|fault| panic!("{fault}: {text}\n{answer}"));

    let commits = matches!(parsed, Ok(Some(Line::Command(Command::Commit(_)))));
    if status != Status::Done && !commits {
        assert_eq!(region.hash(), hash, "refused, yet changed: {text}");
    }
    match parsed {
        Err(error) => assert_eq!(status, Status::Refused(error), "{text}"),
        Ok(None) => assert_eq!(status, Status::Silent, "{text}"),
        Ok(Some(Line::Query(_))) => assert_eq!(region.hash(), hash, "a query changed: {text}"),
        Ok(Some(Line::DryRun(command))) => {
            assert_eq!(region.hash(), hash, "a dry run changed: {text}");
            let expected = twin.clone().apply(&command);
            match status {
                Status::Refused(Error::CapacityExceeded) => assert_eq!(expected, Ok(()), "{text}"),
                Status::Refused(error) => assert_eq!(expected, Err(error), "{text}"),
                _ => assert_eq!(expected, Ok(()), "{text}"),
            }
        }
        Ok(Some(Line::Command(command))) => match (status, &command) {
            // The twin has no capacities; a refused commit has aborted all the same.
            (Status::Refused(Error::CapacityExceeded), Command::Commit(gateway)) => {
                twin.apply(&Command::Abort(*gateway)).expect("something had begun");
            }
            (Status::Refused(Error::CapacityExceeded), _) => {
                assert_eq!(twin.clone().apply(&command), Ok(()), "{text}");
            }
            (Status::Refused(error), _) => assert_eq!(twin.apply(&command), Err(error), "{text}"),
            (_, _) => assert_eq!(twin.apply(&command), Ok(()), "{text}"),
        },
    }
    status
}
