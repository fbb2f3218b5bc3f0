//! Commands and packets: the region against the twin.

use sekisho::limits::Profile;
use sekisho::model::Twin;
use sekisho::region::{Command, Error, Region};
use sekisho::resolve::Flow;

use crate::bytes::Bytes;
use crate::commands;
use crate::memory;

/// So small that programs reach every capacity, the twin has none.
const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 3,
    vswitches_per_vpc: 3,
    tables_per_vpc: 4,
    entries_per_table: 3,
    interfaces: 5,
    public_addresses: 4,
    nat_gateways: 2,
    snat_entries: 2,
};

const MAX_STEPS: usize = 200;

/// Runs a program of commands with packets in between, and at the end asks everything.
pub fn resolve(data: &[u8]) {
    let memory = memory(Region::footprint(&PROFILE));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let mut twin = Twin::new();
    let mut bytes = Bytes::new(data);
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        if bytes.below(4) == 0 {
            packet(&region, &twin, &mut bytes);
        } else {
            let command = commands::command(&mut bytes);
            apply(&mut region, &mut twin, &command);
        }
    }
    compare(&region, &twin);
    let again = Region::attach(&memory).expect("an initialised region");
    assert_eq!(again.hash(), region.hash(), "attached again");
}

/// Applies a command to both and checks that they agree, refusals and the hash included.
pub(crate) fn apply(region: &mut Region<'_>, twin: &mut Twin, command: &Command) {
    let hash = region.hash();
    let before = twin.clone();
    let tried = region.dry_run(command).map(|_| ());
    assert_eq!(region.hash(), hash, "trying {command:?} changed something");
    let result = region.apply(command);
    assert_eq!(tried, result, "{command:?} tried, then done");
    if result == Err(Error::CapacityExceeded) {
        // Capacity is asked last, so nothing else may be wrong with the command.
        assert_eq!(twin.clone().apply(command), Ok(()), "{command:?} without capacities");
        if let Command::Commit(gateway) = command {
            // The refused commit has aborted.
            twin.apply(&Command::Abort(*gateway)).expect("something had begun");
        }
    } else {
        assert_eq!(result, twin.apply(command), "{command:?}");
    }
    assert_eq!(region.hash() == hash, *twin == before, "the hash after {command:?}: {result:?}");
    assert!(
        result.is_ok() || *twin == before || matches!(command, Command::Commit(_)),
        "refused {command:?} changed something"
    );
}

fn packet(region: &Region<'_>, twin: &Twin, bytes: &mut Bytes<'_>) {
    let (header, flow) = (commands::header(bytes), commands::flow(bytes));
    if bytes.flag() {
        let port = commands::port(bytes);
        let real = region.tables().egress(port, &header, flow);
        assert_eq!(real, twin.egress(port, &header, flow), "{port:?} {header:?} {flow:?}");
    } else {
        let real = region.tables().ingress(&header, flow);
        assert_eq!(real, twin.ingress(&header, flow), "{header:?} {flow:?}");
    }
}

/// Every route, every lookup and every packet of the small world.
pub(crate) fn compare(region: &Region<'_>, twin: &Twin) {
    for table in commands::tables() {
        let real: Vec<_> = region.routes(table).collect();
        assert_eq!(real, twin.routes(table).unwrap_or_default(), "{table}");
        for addr in commands::addresses() {
            assert_eq!(region.lookup(table, addr), twin.lookup(table, addr), "{table} {addr}");
        }
    }
    for flow in [Flow::New, Flow::Reply] {
        for destination in commands::addresses() {
            for port in commands::ports() {
                let source = region.tables().address_of(port.id()).unwrap_or(destination);
                let header = commands::tcp(source, destination);
                let real = region.tables().egress(port, &header, flow);
                assert_eq!(real, twin.egress(port, &header, flow), "{port:?} {header:?} {flow:?}");
            }
            let header = commands::tcp(commands::INTERNET, destination);
            let real = region.tables().ingress(&header, flow);
            assert_eq!(real, twin.ingress(&header, flow), "{header:?} {flow:?}");
        }
    }
}
