//! Which operation was tried in which state of the gateway, and what must have come of it; the
//! same for the transitions of a gateway table's entries and the tables of enable.

use std::collections::BTreeMap;
use std::fmt;

use sekisho::addr::{GatewayId, Kind, TableId, VpcId};
use sekisho::region::objects::{Gateway, Mode, RouteTable, Status, TableKind, Vpc};
use sekisho::region::{Command, Error, GatewayOperation, NextHop, Region};

use crate::invariants::named;
use State::{A, B, C, D, E, I, M, P, V, X};

const VPC: VpcId = VpcId(1);
const GATEWAY: GatewayId = GatewayId(1);

/// Absent (Direct, PrivateOnly), creating, inert (Direct, PrivateOnly), activating, enabled, bound,
/// modifying, deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
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

fn state(region: &Region<'_>) -> State {
    let mode = region.get::<Vpc>(VPC).unwrap().mode;
    match (region.gateway_of(VPC), mode) {
        (None, Mode::Direct) => A,
        (None, Mode::PrivateOnly) => X,
        (None, Mode::Centralized) => panic!("Centralized without a gateway"),
        (Some(gateway), _) => match (gateway.status(), gateway.enabled, mode) {
            (Status::Creating, ..) => C,
            (Status::Activating, ..) => V,
            (Status::Modifying, ..) => M,
            (Status::Deleting, ..) => D,
            (Status::Created, true, _) if gateway.table.is_some() => B,
            (Status::Created, true, _) => E,
            (Status::Created, false, Mode::PrivateOnly) => P,
            (Status::Created, false, _) => I,
        },
    }
}

/// The rows: the operations, each plain and begun, and what else meets a gateway's state.
const OPERATIONS: [&str; 8] = [
    "create",
    "enable",
    "update",
    "associate",
    "dissociate",
    "delete public",
    "delete private",
    "delete private, routed",
];
const OTHERS: [&str; 6] = [
    "commit",
    "abort",
    "entry to it: create",
    "entry to it: modify",
    "entry to it: delete",
    "gateway table entry",
];
/// Where nothing can name the gateway: it is not there, or was never settled.
const UNNAMED: [State; 3] = [A, X, C];

fn operation_row(operation: &GatewayOperation, routed: bool) -> usize {
    match operation {
        GatewayOperation::Create { .. } => 0,
        GatewayOperation::Enable { .. } => 1,
        GatewayOperation::Update(_) => 2,
        GatewayOperation::Associate { .. } => 3,
        GatewayOperation::Dissociate { .. } => 4,
        GatewayOperation::Delete { public: true, .. } => 5,
        GatewayOperation::Delete { public: false, .. } => 6 + usize::from(routed),
    }
}

/// The state between begin and commit and the one after, or the error of the state.
fn rule(operation: &GatewayOperation, state: State, routed: bool) -> Result<(State, State), Error> {
    if let GatewayOperation::Create { .. } = operation {
        return match state {
            A => Ok((C, I)),
            X => Ok((C, P)),
            _ => Err(Error::VpcExistIpv4Gateway),
        };
    }
    match (operation, state) {
        (_, A | X) => Err(Error::NoIpv4Gateway),
        (_, C | V | M | D) => Err(Error::IncorrectStatusGateway),
        (GatewayOperation::Enable { .. }, I | P) => Ok((V, E)),
        (GatewayOperation::Enable { .. }, _) => Err(Error::AlreadyActive),
        (GatewayOperation::Update(_), _) => Ok((M, state)),
        (GatewayOperation::Associate { .. }, I | P) => Err(Error::GatewayNotActive),
        (GatewayOperation::Associate { .. }, E) => Ok((M, B)),
        (GatewayOperation::Associate { .. }, _) => Err(Error::AlreadyAssociated),
        (GatewayOperation::Dissociate { .. }, B) => Ok((M, E)),
        (GatewayOperation::Dissociate { .. }, _) => Err(Error::NoRelation),
        (GatewayOperation::Delete { .. }, B) => Err(Error::GatewayAlreadyAssociated),
        (GatewayOperation::Delete { public: true, .. }, _) => Ok((D, A)),
        (GatewayOperation::Delete { .. }, _) if routed => Err(Error::RouteEntryExist),
        (GatewayOperation::Delete { .. }, I) => Ok((D, A)),
        (GatewayOperation::Delete { .. }, _) => Ok((D, X)),
        (GatewayOperation::Create { .. }, _) => Err(Error::VpcExistIpv4Gateway),
    }
}

/// The errors that come of the tables named, where the state allows the operation.
fn of_tables(operation: &GatewayOperation, error: Error) -> bool {
    match operation {
        GatewayOperation::Enable { .. } => error == Error::AllZeroConflict,
        GatewayOperation::Associate { .. } => error == Error::TableTypeIncorrect,
        GatewayOperation::Dissociate { .. } => error == Error::NoRelation,
        _ => false,
    }
}

/// What an entry of a gateway table points at: `None` is local.
type Hop = Option<Kind>;
const HOPS: [Hop; 4] =
    [None, Some(Kind::Instance), Some(Kind::NetworkInterface), Some(Kind::Endpoint)];

#[derive(Default)]
pub(crate) struct Coverage {
    /// Accepted and refused, by row and state.
    cells: BTreeMap<(String, State), [usize; 2]>,
    /// Accepted and refused, by old and new next hop, with the table bound to nothing or to a
    /// gateway that is settled; refused for the gateway's status.
    entries: BTreeMap<(Hop, Hop), [usize; 3]>,
    /// Accepted enables, plain and begun, by their tables.
    enables: BTreeMap<Vec<u16>, usize>,
}

/// What a command met.
pub(crate) struct Step {
    state: State,
    rows: Vec<String>,
    routed: bool,
    /// The old next hop of a gateway table's entry, if there is one.
    old: Option<Option<NextHop>>,
    /// Whether the table of that entry is bound to a gateway in a transitional status.
    busy: bool,
    begun: Option<GatewayOperation>,
    /// Whether the table that the operation names exists.
    known: bool,
}

impl Coverage {
    pub(crate) fn before(&self, region: &Region<'_>, command: &Command) -> Step {
        let gateway = region.gateway_of(VPC);
        let settled = gateway.as_ref().is_some_and(|gateway| gateway.begun.is_none());
        let routed = gateway.is_some() && named(region, GATEWAY);
        let old = match *command {
            Command::ModifyRouteEntry { table, prefix, .. }
            | Command::DeleteRouteEntry { table, prefix }
            | Command::UpdateGatewayEntry { table, prefix, .. } => region
                .routes(table)
                .find(|route| route.prefix == prefix)
                .map(|route| route.next_hop),
            _ => None,
        };
        let is_gateway = |hop: &Option<NextHop>| hop.is_some_and(|h| h.id() == GATEWAY.id());
        let was = old.as_ref().is_some_and(is_gateway);
        let mut rows = Vec::new();
        match command {
            Command::Gateway(operation) => {
                rows.push(OPERATIONS[operation_row(operation, routed)].into());
            }
            Command::Begin(operation) => {
                rows.push(format!("begin {}", OPERATIONS[operation_row(operation, routed)]));
            }
            Command::Commit(_) => rows.push(OTHERS[0].into()),
            Command::Abort(_) => rows.push(OTHERS[1].into()),
            Command::CreateRouteEntry { next_hop, .. } if is_gateway(&Some(*next_hop)) => {
                rows.push(OTHERS[2].into());
            }
            Command::ModifyRouteEntry { next_hop, .. } if was || is_gateway(next_hop) => {
                rows.push(OTHERS[3].into());
            }
            Command::DeleteRouteEntry { .. } if was => rows.push(OTHERS[4].into()),
            Command::UpdateGatewayEntry { .. } => rows.push(OTHERS[5].into()),
            _ => {}
        }
        let bound = |table: TableId| gateway.as_ref().is_some_and(|g| g.table == Some(table));
        let busy = match *command {
            Command::UpdateGatewayEntry { table, .. } => bound(table) && !settled,
            _ => false,
        };
        let known = match *command {
            Command::Gateway(GatewayOperation::Associate { table, .. })
            | Command::Gateway(GatewayOperation::Dissociate { table, .. })
            | Command::Begin(GatewayOperation::Associate { table, .. })
            | Command::Begin(GatewayOperation::Dissociate { table, .. }) => {
                region.get::<RouteTable>(table).is_some()
            }
            _ => true,
        };
        let begun = gateway.and_then(|gateway: Gateway| gateway.begun);
        Step { state: state(region), rows, routed, old, busy, begun, known }
    }

    pub(crate) fn after(
        &mut self,
        region: &Region<'_>,
        command: &Command,
        answer: Result<(), Error>,
        step: Step,
        untouched: bool,
    ) {
        for row in &step.rows {
            let cell = self.cells.entry((row.clone(), step.state)).or_default();
            cell[usize::from(answer.is_err())] += 1;
        }
        let context = || format!("{command:?} in {:?} answers {answer:?}", step.state);
        let now = state(region);
        let expect = |operation: &GatewayOperation, begin: bool| {
            let rule = rule(operation, step.state, step.routed);
            match (rule, answer) {
                (Ok((between, end)), Ok(())) => {
                    assert_eq!(now, if begin { between } else { end }, "{}", context());
                }
                (Err(error), Err(other)) if error == other => {}
                (Ok(_), Err(error)) if of_tables(operation, error) => {}
                (_, Err(Error::NoGatewayRouteTable)) if !step.known => {}
                _ => panic!("the state says {rule:?}: {}", context()),
            }
        };
        match command {
            Command::Gateway(operation) => expect(operation, false),
            Command::Begin(operation) => expect(operation, true),
            Command::Commit(_) | Command::Abort(_) => {
                let status = match step.state {
                    A | X => Err(Error::NoIpv4Gateway),
                    I | P | E | B => Err(Error::IncorrectStatusGateway),
                    C | V | M | D => Ok(()),
                };
                let late = step.begun.is_some() && matches!(command, Command::Commit(_));
                assert!(answer == status || (late && answer.is_err()), "{}", context());
                assert!(step.begun.is_none() || ![C, V, M, D].contains(&now), "{}", context());
            }
            // No other command moves a gateway.
            _ => assert_eq!(now, step.state, "{}", context()),
        }
        if let (Command::Gateway(operation) | Command::Begin(operation), Ok(())) = (command, answer)
            && let GatewayOperation::Enable { tables, .. } = operation
        {
            *self.enables.entry(tables.iter().map(|table| table.0).collect()).or_default() += 1;
        }
        if let Command::UpdateGatewayEntry { table, next_hop, .. } = command {
            self.entry(region, *table, step.old, *next_hop, step.busy, answer, untouched);
        }
    }

    /// Checks and counts the transition of a gateway table's entry.
    #[expect(clippy::too_many_arguments, reason = "the facts of one transition")]
    fn entry(
        &mut self,
        region: &Region<'_>,
        table: TableId,
        old: Option<Option<NextHop>>,
        new: Option<NextHop>,
        busy: bool,
        answer: Result<(), Error>,
        untouched: bool,
    ) {
        let Some(kind) = region.get::<RouteTable>(table).map(|table| table.kind) else {
            assert_eq!(answer, Err(Error::NoGatewayRouteTable));
            return;
        };
        let expected = match (old, new) {
            _ if kind != TableKind::Gateway => Err(Error::TableTypeIncorrect),
            _ if busy => Err(Error::IncorrectStatusGateway),
            (None, _) => Err(Error::NoRouteEntry),
            (_, Some(new)) if region.vpc_of(new.id()).is_none() => Err(absent(new.id().kind)),
            (Some(Some(old)), Some(new)) if old != new => Err(Error::UpdateGatewayRouteEntry),
            _ => Ok(()),
        };
        assert_eq!(answer, expected, "{old:?} to {new:?} of {table}");
        let (Some(old), TableKind::Gateway) = (old, kind) else { return };
        assert_eq!(untouched, old == new || answer.is_err(), "{old:?} to {new:?} of {table}");
        if [Err(Error::NoEndpoint), Err(Error::NoRouteTargetGroup)].contains(&answer) {
            return;
        }
        let kind = |hop: Option<NextHop>| hop.map(|hop| hop.id().kind);
        let cell = self.entries.entry((kind(old), kind(new))).or_default();
        cell[if busy { 2 } else { usize::from(answer.is_err()) }] += 1;
    }

    /// Every operation in every state, every transition of an entry, every set of tables.
    pub(crate) fn assert_complete(&self) {
        for row in rows() {
            let unnamed = row.contains("routed") || row == OTHERS[4];
            for state in STATES {
                let tried = self.cells.get(&(row.clone(), state));
                let possible = !unnamed || !UNNAMED.contains(&state);
                assert_eq!(tried.is_some(), possible, "{row} in {state:?}");
            }
        }
        for old in HOPS {
            for new in HOPS {
                let cell = self.entries.get(&(old, new)).copied().unwrap_or_default();
                let refused = old.is_some() && new.is_some() && old != new;
                assert!(cell[usize::from(refused)] > 0 && cell[usize::from(!refused)] == 0);
                assert!(cell[2] > 0, "{old:?} to {new:?} while the gateway is modified");
            }
        }
        let subsets: Vec<&[u16]> = self.enables.keys().map(|tables| &tables[..]).collect();
        assert_eq!(subsets, [&[][..], &[1], &[1, 2], &[2], &[2, 1]]);
    }
}

/// The error for a next hop that is not there.
fn absent(kind: Kind) -> Error {
    match kind {
        Kind::Endpoint => Error::NoEndpoint,
        Kind::RouteTargetGroup => Error::NoRouteTargetGroup,
        _ => panic!("a {} is always there", kind.text()),
    }
}

fn rows() -> Vec<String> {
    let plain = OPERATIONS.into_iter().map(String::from);
    let begun = OPERATIONS.into_iter().map(|operation| format!("begin {operation}"));
    plain.chain(begun).chain(OTHERS.into_iter().map(String::from)).collect()
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  accepted/refused {:11}", "")?;
        for state in STATES {
            write!(f, "{:>13}", format!("{state:?}"))?;
        }
        for row in rows() {
            write!(f, "\n  {row:28}")?;
            for state in STATES {
                let cell = match self.cells.get(&(row.clone(), state)) {
                    Some([accepted, refused]) => format!("{accepted}/{refused}"),
                    None => String::from("-"),
                };
                write!(f, "{cell:>13}")?;
            }
        }
        let name = |hop: &Hop| hop.map_or("local", Kind::text);
        write!(f, "\n  gateway table entries, accepted/refused/refused while modified:")?;
        for ((old, new), [accepted, refused, busy]) in &self.entries {
            write!(f, "\n    {} to {}: {accepted}/{refused}/{busy}", name(old), name(new))?;
        }
        write!(f, "\n  tables of an accepted enable:")?;
        for (tables, count) in &self.enables {
            write!(f, " {tables:?} {count}")?;
        }
        Ok(())
    }
}
