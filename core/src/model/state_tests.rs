//! Every operation in every state of the gateway's life.

use std::vec;
use std::vec::Vec;

use super::fixture::*;
use super::{Mode, Status, Twin};
use crate::addr::{GatewayId, VpcId};
use crate::region::{Command, Error, GatewayOperation};

/// The states, with what has begun in the transitional ones.
const STATES: [&str; 10] = ["A", "X", "C", "I", "P", "V", "E", "B", "M", "D"];

/// vpc-1 with vsw-1, custom tables vtb-2 and vtb-3, gateway table vtb-9, and gateway 1 in a
/// state. In states that can have one, `routed` adds an entry of vtb-2 that names the gateway.
fn in_state(state: &str, routed: bool) -> Twin {
    let mut twin = Twin::new();
    run(
        &mut twin,
        &[
            create_vpc("vpc-1", "vtb-1", "10.0.0.0/16", &[]),
            create_vswitch(1, 1, "10.0.0.0/24"),
            create_table(2, 1, false),
            create_table(3, 1, false),
            create_table(9, 1, true),
        ],
    );
    let to_private_only = [plain(create(1, 1)), plain(enable(1, &[])), plain(delete(1, false))];
    let enabled = [plain(create(1, 1)), plain(enable(1, &[]))];
    match state {
        "A" => {}
        "X" => run(&mut twin, &to_private_only),
        "C" => run(&mut twin, &[begin(create(1, 1))]),
        "I" | "V" | "M" | "D" => run(&mut twin, &[plain(create(1, 1))]),
        "P" => {
            run(&mut twin, &to_private_only);
            run(&mut twin, &[plain(create(1, 1))]);
        }
        "E" => run(&mut twin, &enabled),
        "B" => {
            run(&mut twin, &enabled);
            run(&mut twin, &[plain(associate(9, 1))]);
        }
        _ => unreachable!(),
    }
    if routed && !matches!(state, "A" | "X" | "C") {
        run(&mut twin, &[add_route(2, "30.0.0.0/16", "ipv4gw-1")]);
    }
    match state {
        "V" => run(&mut twin, &[begin(enable(1, &[3]))]),
        "M" => run(&mut twin, &[begin(update(1))]),
        // A routed gateway can be deleted in public mode only.
        "D" => run(&mut twin, &[begin(delete(1, true))]),
        _ => {}
    }
    twin
}

/// The letter of the state that a region is in.
fn state_of(twin: &Twin) -> &'static str {
    let mode = twin.mode(VpcId(1)).unwrap();
    match twin.gateways.get(&GatewayId(1)) {
        None if mode == Mode::Direct => "A",
        None => {
            assert_eq!(mode, Mode::PrivateOnly);
            "X"
        }
        Some(gateway) => match gateway.status {
            Status::Creating => "C",
            Status::Activating => "V",
            Status::Modifying => "M",
            Status::Deleting => "D",
            Status::Created => match (mode, gateway.enabled, gateway.table) {
                (Mode::Direct, false, None) => "I",
                (Mode::PrivateOnly, false, None) => "P",
                (Mode::Centralized, true, None) => "E",
                (Mode::Centralized, true, Some(_)) => "B",
                other => panic!("no such state: {other:?}"),
            },
        },
    }
}

/// One cell of the table: the transitional state and the state at the end, or an error.
type Cell = Result<(&'static str, &'static str), Error>;

/// Checks a row of the table: one operation in the ten states, plain and in two phases.
fn check_row(operation: &GatewayOperation, routed: bool, cells: [Cell; 10]) {
    for (state, cell) in STATES.into_iter().zip(cells) {
        let before = in_state(state, routed);
        assert_eq!(state_of(&before), state);
        let mut twin = before.clone();
        match cell {
            Err(error) => {
                refused(&mut twin, plain(operation.clone()), error);
                refused(&mut twin, begin(operation.clone()), error);
            }
            Ok((during, after)) => {
                run(&mut twin, &[plain(operation.clone())]);
                assert_eq!(state_of(&twin), after, "{operation:?} in {state}");

                let mut phased = before.clone();
                run(&mut phased, &[begin(operation.clone())]);
                assert_eq!(state_of(&phased), during, "{operation:?} in {state}");
                assert_eq!(phased.tables, before.tables, "the data plane is the old one");
                assert_eq!(phased.vpcs, before.vpcs);
                let again = match operation {
                    GatewayOperation::Create { .. } => Error::VpcExistIpv4Gateway,
                    _ => Error::IncorrectStatusGateway,
                };
                refused(&mut phased, begin(operation.clone()), again);
                let mut aborted = phased.clone();
                run(&mut aborted, &[Command::Abort(GatewayId(1))]);
                assert_eq!(aborted, before, "abort restores");
                run(&mut phased, &[Command::Commit(GatewayId(1))]);
                assert_eq!(phased, twin, "begin and commit are the plain operation");
            }
        }
    }
}

const NF: Cell = Err(Error::NoIpv4Gateway);
const IS: Cell = Err(Error::IncorrectStatusGateway);
const VEG: Cell = Err(Error::VpcExistIpv4Gateway);

#[test]
fn create_row() {
    let cells: [Cell; 10] =
        [Ok(("C", "I")), Ok(("C", "P")), VEG, VEG, VEG, VEG, VEG, VEG, VEG, VEG];
    check_row(&create(1, 1), false, cells);
    // A second gateway of the VPC is refused in the same states.
    for state in &STATES[2..] {
        refused(&mut in_state(state, false), plain(create(2, 1)), Error::VpcExistIpv4Gateway);
    }
}

#[test]
fn enable_row() {
    let active = Err(Error::AlreadyActive);
    let cells = [NF, NF, IS, Ok(("V", "E")), Ok(("V", "E")), IS, active, active, IS, IS];
    for tables in [&[][..], &[3], &[3, 1]] {
        for routed in [false, true] {
            check_row(&enable(1, tables), routed, cells);
        }
    }
}

#[test]
fn update_row() {
    let (i, p, e, b) = (Ok(("M", "I")), Ok(("M", "P")), Ok(("M", "E")), Ok(("M", "B")));
    check_row(&update(1), true, [NF, NF, IS, i, p, IS, e, b, IS, IS]);
}

#[test]
fn associate_row() {
    let inactive = Err(Error::GatewayNotActive);
    let already = Err(Error::AlreadyAssociated);
    let cells = [NF, NF, IS, inactive, inactive, IS, Ok(("M", "B")), already, IS, IS];
    check_row(&associate(9, 1), true, cells);
}

#[test]
fn dissociate_row() {
    let none = Err(Error::NoRelation);
    let cells = |bound| [NF, NF, IS, none, none, IS, none, bound, IS, IS];
    check_row(&dissociate(9, 1), true, cells(Ok(("M", "E"))));
    check_row(&dissociate(2, 1), true, cells(none));
}

#[test]
fn delete_rows() {
    let bound = Err(Error::GatewayAlreadyAssociated);
    let cells = |i, p, e| [NF, NF, IS, i, p, IS, e, bound, IS, IS];
    let to_a: Cell = Ok(("D", "A"));
    let to_x: Cell = Ok(("D", "X"));
    check_row(&delete(1, true), false, cells(to_a, to_a, to_a));
    check_row(&delete(1, true), true, cells(to_a, to_a, to_a));
    check_row(&delete(1, false), false, cells(to_a, to_x, to_x));
    let routed: Cell = Err(Error::RouteEntryExist);
    check_row(&delete(1, false), true, cells(routed, routed, routed));
    for state in ["I", "P", "E"] {
        let mut twin = in_state(state, true);
        run(&mut twin, &[plain(delete(1, true))]);
        assert_eq!(entry(&twin, 2, "30.0.0.0/16"), None, "routes removed in {state}");
    }
}

#[test]
fn route_entry_row() {
    for state in STATES {
        let error = match state {
            "A" | "X" => Some(Error::NoIpv4Gateway),
            "C" | "V" | "M" | "D" => Some(Error::IncorrectStatusGateway),
            _ => None,
        };
        let mut commands: Vec<Command> = vec![add_route(3, "40.0.0.0/16", "ipv4gw-1")];
        let mut twin = in_state(state, true);
        run(&mut twin, &[add_route(3, "50.0.0.0/16", "peer-1")]);
        commands.push(modify_route(3, "50.0.0.0/16", "ipv4gw-1"));
        if !matches!(state, "A" | "X" | "C") {
            commands.push(modify_route(2, "30.0.0.0/16", "peer-1"));
            commands.push(delete_route(2, "30.0.0.0/16"));
        }
        for command in commands {
            match error {
                Some(error) => refused(&mut twin, command, error),
                None => run(&mut twin, &[command]),
            }
        }
    }
}

#[test]
fn commit_and_abort_without_begin() {
    for state in ["A", "X", "I", "P", "E", "B"] {
        let error = if matches!(state, "A" | "X") {
            Error::NoIpv4Gateway
        } else {
            Error::IncorrectStatusGateway
        };
        let mut twin = in_state(state, true);
        refused(&mut twin, Command::Commit(GatewayId(1)), error);
        refused(&mut twin, Command::Abort(GatewayId(1)), error);
    }
}

#[test]
fn refused_commits_leave_the_abort_standing() {
    let mut twin = in_state("C", false);
    let off = crate::region::RegionOptions { gateway: Some(false), ..Default::default() };
    run(&mut twin, &[Command::Region(off)]);
    assert_eq!(twin.apply(&Command::Commit(GatewayId(1))), Err(Error::UnsupportedRegion));
    assert_eq!(state_of(&twin), "A");

    let mut twin = in_state("V", false);
    run(&mut twin, &[add_route(3, "0.0.0.0/0", "peer-1")]);
    assert_eq!(twin.apply(&Command::Commit(GatewayId(1))), Err(Error::AllZeroConflict));
    assert_eq!(state_of(&twin), "I");
    assert_eq!(entry(&twin, 3, "0.0.0.0/0").unwrap().next_hop, hop("peer-1"));
}

#[test]
fn gateway_tables_of_gateways_in_transition() {
    let mut twin = in_state("B", false);
    let instance = create_instance(1, 1, "10.0.0.10");
    run(&mut twin, &[instance, update_entry(9, "10.0.0.0/24", "i-1"), begin(update(1))]);
    for command in [
        update_entry(9, "10.0.0.0/24", "local"),
        update_entry(9, "10.0.0.0/25", "local"),
        delete_route(9, "10.0.0.0/24"),
        delete_route(9, "10.0.0.0/25"),
    ] {
        refused(&mut twin, command, Error::IncorrectStatusGateway);
    }
    // A table that associate has only begun to bind is not bound yet.
    let mut twin = in_state("E", false);
    let instance = create_instance(1, 1, "10.0.0.10");
    run(&mut twin, &[instance, begin(associate(9, 1)), update_entry(9, "10.0.0.0/24", "i-1")]);
    run(&mut twin, &[delete_route(9, "10.0.0.0/24"), Command::Commit(GatewayId(1))]);
    assert_eq!(state_of(&twin), "B");
}
