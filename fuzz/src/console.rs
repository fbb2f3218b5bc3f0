//! Arbitrary bytes as console lines: answers keep to the grammar, refusals change nothing, the
//! typed commands that the lines stand for do the same to the twin, and questions are answered from
//! what it knows.

use sekisho::console::{self, Line, Status};
use sekisho::limits::Profile;
use sekisho::region::{Command, Error, Region};

use crate::memory;
use crate::pair::Pair;
use crate::world;

mod answers;
mod grammar;

/// The world of the start, and little more.
const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 6,
    vswitches_per_vpc: 6,
    tables_per_vpc: 8,
    entries_per_table: 6,
    dynamic_per_table: 3,
    ecmp_sets: 3,
    interfaces: 8,
    public_addresses: 8,
    nat_gateways: 3,
    snat_entries: 4,
    forward_entries: 4,
    load_balancers: 4,
    gwlbs: 3,
    appliances: 3,
    endpoints: 4,
    route_target_groups: 3,
    readers: 0,
};

const MAX_LINES: usize = 64;

/// Runs the input line by line on a small world.
pub fn console(data: &[u8]) {
    let memory = memory(Region::footprint(&PROFILE));
    let mut pair = Pair::new(&memory, PROFILE);
    for line in world::NETWORK.lines().chain(["create-ipv4-gateway ipv4gw-1 vpc-1"]) {
        assert_eq!(run(&mut pair, line.as_bytes()), Status::Done, "{line}");
    }
    for line in data.split(|&byte| byte == b'\n').take(MAX_LINES) {
        let _status = run(&mut pair, line);
    }
}

fn run(pair: &mut Pair<'_>, line: &[u8]) -> Status {
    let hash = pair.region.hash();
    let parsed = console::parse(line);
    let mut answer = String::new();
    let status =
        console::run(&mut pair.region, line, &mut answer).expect("a string takes everything");
    let text = String::from_utf8_lossy(line);
    grammar::check(status, &answer).unwrap_or_else(|fault| panic!("{fault}: {text}\n{answer}"));

    let command = match parsed {
        Ok(Some(Line::Command(command))) => command,
        other => {
            assert_eq!(pair.region.hash(), hash, "changed without a command: {text}");
            match other {
                Err(error) => assert_eq!(status, Status::Refused(error), "{text}"),
                Ok(None) => assert_eq!(status, Status::Silent, "{text}"),
                Ok(Some(Line::Query(query))) => answers::check(pair, query, &answer),
                Ok(Some(Line::Explain(query))) => {
                    let first = answer.split_inclusive('\n').next().unwrap_or_default();
                    answers::check(pair, query, first);
                }
                Ok(Some(Line::DryRun(command) | Line::Command(command))) => {
                    assert_eq!(status, answered(pair.expected(&command).0), "{text}");
                }
                Ok(Some(Line::Readiness(_))) => {}
                Ok(Some(Line::Diff(command))) => {
                    // Only the region knows whether it has room to try.
                    if status != Status::Refused(Error::CapacityExceeded) {
                        assert_eq!(status, answered(pair.expected(&command).0), "{text}");
                    }
                }
            }
            return status;
        }
    };
    let (expected, after) = pair.expected(&command);
    assert_eq!(status, answered(expected), "{text}");
    if expected.is_err() && !matches!(command, Command::Commit(_)) {
        assert_eq!(pair.region.hash(), hash, "refused, yet changed: {text}");
    }
    pair.settle(after, &command);
    status
}

fn answered(result: Result<(), Error>) -> Status {
    match result {
        Ok(()) => Status::Done,
        Err(error) => Status::Refused(error),
    }
}
