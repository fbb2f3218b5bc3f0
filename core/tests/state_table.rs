//! The gateway's state machine, cell by cell: every operation in every state.
//!
//! Each cell is tried from every way into its state. A refused operation, plain or begun, must
//! answer its error and leave the hash of the configuration as it was. An accepted one must end in
//! its state in one step and in two, show its transitional state between begin and commit, and
//! leave no trace after an abort.

use std::sync::atomic::AtomicU32;

use sekisho::console::{Status, run};
use sekisho::limits::Profile;
use sekisho::region::Region;

use State::{A, B, C, D, E, I, M, P, V, X};

/// The states: absent (Direct, PrivateOnly), creating, inert (Direct, PrivateOnly), activating,
/// enabled, bound, modifying, deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    A,
    X,
    C,
    I,
    P,
    V,
    E,
    B,
    M,
    D,
}

const STATES: [State; 10] = [A, X, C, I, P, V, E, B, M, D];

#[derive(Clone, Copy, Debug)]
enum Cell {
    /// The error.
    No(&'static str),
    /// The state between begin and commit, and the one after.
    To(State, State),
    /// Accepted in one step; the state stays.
    Ok,
}

use Cell::{No, Ok as Stays, To};

const NF: Cell = No("ResourceNotFound.Ipv4Gateway");
const IS: Cell = No("IncorrectStatus.Ipv4Gateway");
const VEG: Cell = No("OperationDenied.VpcExistIpv4Gateway");
const ACTIVE: Cell = No("OperationFailed.Ipv4GatewayAlreadyActive");
const INACTIVE: Cell = No("OperationDenied.Ipv4GatewayNotActive");
const ASSOCIATED: Cell = No("ResourceAlreadyAssociated.Ipv4Gateway");
const RELATION: Cell = No("OperationFailed.NotExistAssociateRelation");
const BOUND: Cell = No("OperationDenied.GatewayAlreadyAssociated");
const ROUTED: Cell = No("OperationDenied.RouteEntryExist");

/// An operation of the table, and what it does in each of [`STATES`].
struct Row {
    name: &'static str,
    /// Whether an entry of vtb-2 names the gateway, where the state allows one.
    routed: bool,
    /// Every way to try the operation that the cells hold for.
    lines: &'static [&'static str],
    cells: [Cell; 10],
}

#[rustfmt::skip]
const ROWS: [Row; 9] = [
    Row {
        name: "create",
        routed: false,
        lines: &["create-ipv4-gateway ipv4gw-1 vpc-1", "create-ipv4-gateway ipv4gw-2 vpc-1"],
        //      A        X        C    I    P    V    E    B    M    D
        cells: [To(C, I), To(C, P), VEG, VEG, VEG, VEG, VEG, VEG, VEG, VEG],
    },
    Row {
        name: "enable",
        routed: false,
        lines: &[
            "enable-vpc-ipv4-gateway ipv4gw-1",
            "enable-vpc-ipv4-gateway ipv4gw-1 vtb-2",
            "enable-vpc-ipv4-gateway ipv4gw-1 vtb-2 vtb-1",
        ],
        cells: [NF, NF, IS, To(V, E), To(V, E), IS, ACTIVE, ACTIVE, IS, IS],
    },
    Row {
        name: "update",
        routed: true,
        lines: &["update-ipv4-gateway-attribute ipv4gw-1"],
        cells: [NF, NF, IS, To(M, I), To(M, P), IS, To(M, E), To(M, B), IS, IS],
    },
    Row {
        name: "associate",
        routed: false,
        lines: &["associate-route-table-with-gateway vtb-9 ipv4gw-1"],
        cells: [NF, NF, IS, INACTIVE, INACTIVE, IS, To(M, B), ASSOCIATED, IS, IS],
    },
    Row {
        name: "dissociate",
        routed: false,
        lines: &["dissociate-route-table-from-gateway vtb-9 ipv4gw-1"],
        cells: [NF, NF, IS, RELATION, RELATION, IS, RELATION, To(M, E), IS, IS],
    },
    Row {
        name: "delete public",
        routed: true,
        lines: &["delete-ipv4-gateway ipv4gw-1 mode=public"],
        cells: [NF, NF, IS, To(D, A), To(D, A), IS, To(D, A), BOUND, IS, IS],
    },
    Row {
        name: "delete private, no route to it",
        routed: false,
        lines: &["delete-ipv4-gateway ipv4gw-1", "delete-ipv4-gateway ipv4gw-1 mode=private"],
        cells: [NF, NF, IS, To(D, A), To(D, X), IS, To(D, X), BOUND, IS, IS],
    },
    Row {
        name: "delete private, a route to it exists",
        routed: true,
        lines: &["delete-ipv4-gateway ipv4gw-1", "delete-ipv4-gateway ipv4gw-1 mode=private"],
        cells: [NF, NF, IS, ROUTED, ROUTED, IS, ROUTED, BOUND, IS, IS],
    },
    Row {
        name: "route entry naming it",
        routed: true,
        lines: &[
            "create-route-entry vtb-2 22.0.0.0/8 ipv4gw-1",
            "modify-route-entry vtb-2 21.0.0.0/8 ipv4gw-1",
            "modify-route-entry vtb-2 20.0.0.0/8 peer-2",
            "modify-route-entry vtb-2 20.0.0.0/8 ipv4gw-1",
            "delete-route-entry vtb-2 20.0.0.0/8",
        ],
        cells: [NF, NF, IS, Stays, Stays, IS, Stays, Stays, IS, IS],
    },
];

const BASE: [&str; 7] = [
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-route-table vtb-2 vpc-1",
    "associate-route-table vtb-2 vsw-1",
    "create-route-table vtb-9 vpc-1 type=gateway",
    "create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1",
    "create-route-entry vtb-2 21.0.0.0/8 peer-1",
];
const CREATE: &str = "create-ipv4-gateway ipv4gw-1 vpc-1";
const BEGIN_CREATE: &str = "begin create-ipv4-gateway ipv4gw-1 vpc-1";
const ROUTE: &str = "create-route-entry vtb-2 20.0.0.0/8 ipv4gw-1";
const ENABLE: &str = "enable-vpc-ipv4-gateway ipv4gw-1";
const BEGIN_ENABLE: &str = "begin enable-vpc-ipv4-gateway ipv4gw-1 vtb-2";
const BEGIN_UPDATE: &str = "begin update-ipv4-gateway-attribute ipv4gw-1";
const ASSOCIATE: &str = "associate-route-table-with-gateway vtb-9 ipv4gw-1";
const BEGIN_ASSOCIATE: &str = "begin associate-route-table-with-gateway vtb-9 ipv4gw-1";
const BEGIN_DISSOCIATE: &str = "begin dissociate-route-table-from-gateway vtb-9 ipv4gw-1";
const DELETE: &str = "delete-ipv4-gateway ipv4gw-1";
const BEGIN_DELETE: &str = "begin delete-ipv4-gateway ipv4gw-1";
const BEGIN_DELETE_PUBLIC: &str = "begin delete-ipv4-gateway ipv4gw-1 mode=public";

/// Every way into a state, as lines after [`BASE`]. `routed` adds [`ROUTE`] once the gateway is
/// there; where a state cannot hold one (no gateway, or one that is being created) it is left out.
fn ways(state: State, routed: bool) -> Vec<Vec<&'static str>> {
    let route = |mut lines: Vec<&'static str>| {
        if routed {
            lines.push(ROUTE);
        }
        lines
    };
    let and = |from: State, line: &'static str| -> Vec<Vec<&'static str>> {
        let with = |mut lines: Vec<&'static str>| {
            lines.push(line);
            lines
        };
        ways(from, routed).into_iter().map(with).collect()
    };
    let absent = |state: State| -> Vec<&'static str> {
        if state == A { vec![] } else { vec![CREATE, ENABLE, DELETE] }
    };
    let created = |state: State| route([absent(state), vec![CREATE]].concat());
    match state {
        A | X => vec![absent(state)],
        C => [A, X].map(|state| [absent(state), vec![BEGIN_CREATE]].concat()).to_vec(),
        I => vec![created(A)],
        P => vec![created(X)],
        V => [and(I, BEGIN_ENABLE), and(P, BEGIN_ENABLE)].concat(),
        E => [and(I, ENABLE), and(P, ENABLE)].concat(),
        B => and(E, ASSOCIATE),
        M => {
            let updates = [I, P, E, B].map(|state| and(state, BEGIN_UPDATE)).concat();
            [updates, and(E, BEGIN_ASSOCIATE), and(B, BEGIN_DISSOCIATE)].concat()
        }
        D => {
            let public = [I, P, E].map(|state| and(state, BEGIN_DELETE_PUBLIC)).concat();
            let private = [I, P, E].map(|state| and(state, BEGIN_DELETE)).concat();
            // A private delete cannot have begun while a route is there.
            if routed { public } else { [public, private].concat() }
        }
    }
}

/// A region that was brought into a state.
struct World(Region<'static>);

impl World {
    fn new(lines: &[&str]) -> World {
        let words = Region::footprint(&Profile::FIRMWARE);
        let memory: Vec<AtomicU32> = (0..words).map(|_| AtomicU32::new(0)).collect();
        let mut world = World(Region::init(memory.leak(), &Profile::FIRMWARE).unwrap());
        for line in BASE.iter().chain(lines) {
            assert_eq!(world.ask(line), "ok\n", "{line} of {lines:?}");
        }
        world
    }

    fn ask(&mut self, line: &str) -> String {
        let mut answer = String::new();
        let status = run(&mut self.0, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(matches!(status, Status::Refused(_)), answer.starts_with("error "), "{answer}");
        answer
    }

    /// The state, from what the objects show.
    fn state(&mut self) -> State {
        let vpc = self.ask("show vpc-1");
        let private = vpc.contains(" mode=private-only ");
        let Some((_, gateway)) = vpc.trim_end().split_once(" gateway=ipv4gw-") else {
            assert!(vpc.ends_with(" gateway=none\n"), "{vpc}");
            assert!(private || vpc.contains(" mode=direct "), "{vpc}");
            return if private { X } else { A };
        };
        let shown = self.ask(&format!("show ipv4gw-{gateway}"));
        let enabled = shown.contains(" enabled=on ");
        assert_eq!(enabled, vpc.contains(" mode=centralized "), "{vpc}{shown}");
        let status = shown.strip_prefix("ok status=").unwrap().split(' ').next().unwrap();
        match (status, enabled) {
            ("Creating", false) => C,
            ("Activating", false) => V,
            ("Modifying", _) => M,
            ("Deleting", _) => D,
            ("Created", true) if shown.contains(" table=none ") => E,
            ("Created", true) => B,
            ("Created", false) if private => P,
            ("Created", false) => I,
            _ => panic!("{shown}"),
        }
    }

    /// What traffic does, and every effective route.
    fn forwarding(&mut self) -> String {
        [
            "show vtb-1",
            "show vtb-2",
            "show vtb-9",
            "send i-1 8.8.8.8",
            "send i-1 20.0.0.1",
            "receive 8.8.8.8 47.0.0.1",
            "receive 8.8.8.8 47.0.0.1 flow=reply",
        ]
        .map(|line| self.ask(line))
        .concat()
    }
}

#[test]
fn every_operation_in_every_state() {
    let mut cells = 0;
    for row in &ROWS {
        for (state, cell) in STATES.into_iter().zip(row.cells) {
            let mut tried = 0;
            for way in ways(state, row.routed) {
                for line in row.lines {
                    // Nothing can name a gateway that is not there, or not there yet.
                    let named = way.contains(&ROUTE);
                    if line.contains(" 20.0.0.0/8") && !named {
                        continue;
                    }
                    let what = format!("{} in {state:?}: {line} after {way:?}", row.name);
                    assert_eq!(World::new(&way).state(), state, "{what}");
                    match cell {
                        No(error) => refused(&way, line, error, &what),
                        To(between, end) => moves(&way, line, between, end, &what),
                        Stays => accepted(&way, line, state, &what),
                    }
                    tried += 1;
                }
            }
            assert!(tried > 0, "{} in {state:?} was not tried", row.name);
            cells += 1;
        }
    }
    println!("{cells} cells");
    assert_eq!(cells, 90);
}

/// The operation is refused, begun or not, and nothing changes.
fn refused(way: &[&str], line: &str, error: &str, what: &str) {
    let mut world = World::new(way);
    let (hash, forwarding) = (world.0.hash(), world.forwarding());
    let begin = format!("begin {line}");
    for line in [line, &begin] {
        if line == begin && line.contains("-route-entry ") {
            continue;
        }
        assert_eq!(world.ask(line), format!("error {error}\n"), "{what}");
        assert_eq!(world.0.hash(), hash, "{what}");
        assert_eq!(world.forwarding(), forwarding, "{what}");
    }
}

/// The operation ends in `end`, in one step and in two, and an abort restores everything.
fn moves(way: &[&str], line: &str, between: State, end: State, what: &str) {
    let mut plain = World::new(way);
    assert_eq!(plain.ask(line), "ok\n", "{what}");
    assert_eq!(plain.state(), end, "{what}");
    if end == A && between == D {
        assert!(!plain.forwarding().contains("ipv4gw-"), "{what}");
    }
    if line.contains(ENABLE) {
        for table in line.split(' ').skip(2) {
            let default = plain.ask(&format!("lookup {table} 8.8.8.8"));
            assert_eq!(default, "ok prefix=0.0.0.0/0 next-hop=ipv4gw-1 origin=custom\n", "{what}");
        }
    }

    let mut split = World::new(way);
    let (hash, forwarding) = (split.0.hash(), split.forwarding());
    let gateway = line.split(' ').find(|word| word.starts_with("ipv4gw-")).unwrap();
    let abort = format!("abort {gateway}");
    let commit = format!("commit {gateway}");
    for last in [abort, commit] {
        assert_eq!(split.ask(&format!("begin {line}")), "ok\n", "{what}");
        assert_eq!(split.state(), between, "{what}");
        assert_eq!(split.forwarding(), forwarding, "{what}: the old world until the commit");
        assert_eq!(split.ask(&last), "ok\n", "{what}");
        if last.starts_with("abort") {
            assert_eq!(split.0.hash(), hash, "{what}: abort restores");
        }
    }
    assert_eq!(split.state(), end, "{what}");
    assert_eq!(split.0.hash(), plain.0.hash(), "{what}: two phases are one step");
    assert_eq!(split.forwarding(), plain.forwarding(), "{what}");
}

/// An edit of a route entry is accepted; the gateway's state stays, and while the gateway is not
/// enabled the route sends nothing anywhere.
fn accepted(way: &[&str], line: &str, state: State, what: &str) {
    let mut world = World::new(way);
    let before = world.ask("send i-1 20.0.0.1");
    assert_eq!(world.ask(line), "ok\n", "{what}");
    assert_eq!(world.state(), state, "{what}");
    let after = world.ask("send i-1 20.0.0.1");
    match state {
        I => assert_eq!((&*before, &*after), (DIRECT, DIRECT), "{what}"),
        P => assert!(before.starts_with("drop "), "{what}: {before}"),
        _ => assert_eq!(before, CENTRAL, "{what}"),
    }
    if state == P {
        assert!(!after.starts_with("egress"), "{what}: {after}");
    }
    let words: Vec<&str> = line.split(' ').collect();
    let shown = world.ask(&format!("lookup vtb-2 {}", words[2].replace("/8", "")));
    let expected = match words[..] {
        ["delete-route-entry", ..] => String::from("ok none\n"),
        [_, _, prefix, hop] => format!("ok prefix={prefix} next-hop={hop} origin=custom\n"),
        _ => panic!("{line}"),
    };
    assert_eq!(shown, expected, "{what}");
}

const DIRECT: &str = "egress public=47.0.0.1 path=15\n";
const CENTRAL: &str = "egress public=47.0.0.1 path=13\n";

/// Dissociating a table that is not the one bound names no relation.
#[test]
fn another_table_is_no_relation() {
    for way in ways(B, false) {
        for table in ["vtb-1", "vtb-2"] {
            let line = format!("dissociate-route-table-from-gateway {table} ipv4gw-1");
            refused(&way, &line, "OperationFailed.NotExistAssociateRelation", &line);
        }
    }
}
