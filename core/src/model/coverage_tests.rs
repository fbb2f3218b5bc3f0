//! Random programs: what they reach, and what holds after every step.

use std::collections::BTreeMap;
use std::eprintln;
use std::vec::Vec;

use super::{Generator, Mode, Status, TableKind, Twin};
use crate::addr::{GatewayId, Prefix, VpcId};
use crate::region::{Command, Error, GatewayOperation, Port};
use crate::resolve::{Action, DropReason, Flow, Header, Verdict, path};

const PROGRAMS: u64 = 200;
const STEPS: usize = 500;

/// Errors of commands that have no typed form yet, of text, and of capacities.
const UNREACHABLE_ERRORS: [Error; 14] = [
    Error::InvalidCommand,
    Error::IllegalCidrBlock,
    Error::CapacityExceeded,
    Error::RouteConflictAlreadyExist,
    Error::RouteConflictSystem,
    Error::InvalidInstanceType,
    Error::NoGwlb,
    Error::NoAppliance,
    Error::NoForwardEntry,
    Error::ModifyManagedRouteEntry,
    Error::DeleteManagedRouteEntry,
    Error::HeldByLoadBalancer,
    Error::HeldByEndpoint,
    Error::HeldByRouteTargetGroup,
];

/// Drop reasons that need appliances, load balancers, blackout or real packets.
const UNREACHABLE_DROPS: [DropReason; 9] = [
    DropReason::ApplianceUnavailable,
    DropReason::LbNoOriginate,
    DropReason::ModeSwitch,
    DropReason::Malformed,
    DropReason::TtlExpired,
    DropReason::Fragment,
    DropReason::FlowTableFull,
    DropReason::PortsExhausted,
    DropReason::UnsupportedProtocol,
];

/// How often each thing was met.
#[derive(Default)]
struct Met {
    accepted: usize,
    errors: BTreeMap<Error, usize>,
    drops: BTreeMap<DropReason, usize>,
    /// By the first word of the action's debug form.
    actions: BTreeMap<&'static str, usize>,
    longest_via: usize,
    phased: usize,
}

impl Met {
    fn verdict(&mut self, verdict: &Verdict) {
        let name = match verdict.action {
            Action::Egress { .. } => "egress",
            Action::Deliver { .. } => "deliver",
            Action::Handoff { .. } => "handoff",
            Action::Service => "service",
            Action::Drop(reason) => {
                *self.drops.entry(reason).or_default() += 1;
                "drop"
            }
        };
        *self.actions.entry(name).or_default() += 1;
        self.longest_via = self.longest_via.max(verdict.via.len());
    }
}

#[test]
fn random_programs_reach_everything_in_scope() {
    let mut met = Met::default();
    for seed in 0..PROGRAMS {
        let mut generator = Generator::new(seed);
        let mut twin = Twin::new();
        for _ in 0..STEPS {
            let command = generator.command(&twin);
            let before = twin.clone();
            match twin.apply(&command) {
                Ok(()) => {
                    met.accepted += 1;
                    met.phased += usize::from(matches!(command, Command::Commit(_)));
                    check_invariants(&twin);
                    check_deletion(&twin, &command);
                    check_undo(&before, &twin, &command);
                }
                Err(error) => {
                    *met.errors.entry(error).or_default() += 1;
                    if !matches!(command, Command::Commit(_)) {
                        assert_eq!(twin, before, "refused {command:?}");
                    }
                }
            }
            for _ in 0..3 {
                let (port, header, flow) = generator.egress(&twin);
                if let Some(verdict) = twin.egress(port, &header, flow) {
                    met.verdict(&verdict);
                    check_egress(&twin, port, &header, flow, &verdict);
                }
                let (header, flow) = generator.ingress(&twin);
                let verdict = twin.ingress(&header, flow);
                met.verdict(&verdict);
                check_ingress(&twin, &header, &verdict);
            }
        }
    }
    eprintln!("accepted {} of {}", met.accepted, PROGRAMS * STEPS as u64);
    eprintln!("{:?}, longest via {}, commits {}", met.actions, met.longest_via, met.phased);
    eprintln!("errors {:?}", met.errors);
    eprintln!("drops {:?}", met.drops);
    let in_scope = Error::ALL.iter().filter(|e| !UNREACHABLE_ERRORS.contains(e));
    let missed: Vec<_> = in_scope.filter(|e| !met.errors.contains_key(e)).collect();
    assert!(missed.is_empty(), "errors not met: {missed:?}");
    let surprising: Vec<_> =
        UNREACHABLE_ERRORS.iter().filter(|e| met.errors.contains_key(e)).collect();
    assert!(surprising.is_empty(), "errors that cannot be: {surprising:?}");
    let in_scope = DropReason::ALL.iter().filter(|r| !UNREACHABLE_DROPS.contains(r));
    let missed: Vec<_> = in_scope.filter(|r| !met.drops.contains_key(r)).collect();
    assert!(missed.is_empty(), "drop reasons not met: {missed:?}");
    assert!(UNREACHABLE_DROPS.iter().all(|r| !met.drops.contains_key(r)));
    assert_eq!(met.actions.len(), 5, "{:?}", met.actions);
    assert!(met.accepted as u64 * 4 > PROGRAMS * STEPS as u64, "most programs lead nowhere");
    assert!(met.longest_via >= 3 && met.phased > 0);
}

/// One gateway and one gateway table a VPC; the mode is Centralized exactly when the gateway is
/// enabled; tables have the automatic entries of their kind; nothing names what is gone.
fn check_invariants(twin: &Twin) {
    for (vpc, object) in &twin.vpcs {
        let gateways: Vec<_> = twin.gateways.values().filter(|g| g.vpc == *vpc).collect();
        assert!(gateways.len() <= 1);
        let enabled = gateways.iter().any(|g| g.enabled);
        assert_eq!(object.mode == Mode::Centralized, enabled);
        let tables = twin.tables.values().filter(|t| t.vpc == *vpc);
        assert!(tables.filter(|t| t.kind == TableKind::Gateway).count() <= 1);
        assert_eq!(twin.tables[&object.system_table].kind, TableKind::System);
    }
    for gateway in twin.gateways.values() {
        assert_eq!(gateway.begun.is_some(), gateway.status != Status::Created);
        if let Some(table) = gateway.table {
            assert_eq!(twin.tables[&table].kind, TableKind::Gateway);
            assert_eq!(twin.tables[&table].vpc, gateway.vpc);
        }
    }
    for table in twin.tables.values() {
        assert!(table.entries.is_sorted_by(|a, b| a.prefix < b.prefix));
        let vswitches = twin.vswitches.values().filter(|v| v.vpc == table.vpc);
        let mut expected: Vec<Prefix> = vswitches.map(|v| v.cidr).collect();
        if table.kind != TableKind::Gateway {
            expected.push(super::region::SERVICES);
        }
        expected.sort();
        let automatic = table.entries.iter().filter(|e| e.automatic).map(|e| e.prefix);
        assert_eq!(automatic.collect::<Vec<_>>(), expected);
        let custom = table.entries.iter().any(|e| !e.automatic);
        assert!(!custom || table.kind != TableKind::Gateway);
        for hop in table.entries.iter().filter_map(|e| e.next_hop) {
            let id = hop.id();
            let vpc = twin.gateways.get(&GatewayId(id.number)).map(|g| g.vpc);
            match id.kind {
                crate::addr::Kind::Ipv4Gateway => assert_eq!(vpc, Some(table.vpc)),
                kind if kind.is_external() => {}
                _ => assert_eq!(twin.vpc_of(id), Some(table.vpc)),
            }
        }
    }
}

/// After a delete in public mode no entry names the gateway.
fn check_deletion(twin: &Twin, command: &Command) {
    if let Command::Gateway(GatewayOperation::Delete { gateway, .. }) = command {
        assert!(!twin.gateways.contains_key(gateway));
        assert!(!twin.is_next_hop(gateway.id()));
    }
}

/// Deleting what was just created restores the region.
fn check_undo(before: &Twin, after: &Twin, command: &Command) {
    let undo = match *command {
        Command::CreateVpc { vpc, .. } => Command::DeleteVpc(vpc),
        Command::CreateVSwitch { vswitch, .. } => Command::DeleteVSwitch(vswitch),
        Command::CreateRouteTable { table, .. } => Command::DeleteRouteTable(table),
        Command::CreateRouteEntry { table, prefix, .. } => {
            Command::DeleteRouteEntry { table, prefix }
        }
        Command::Gateway(GatewayOperation::Create { gateway, .. }) => {
            Command::Gateway(GatewayOperation::Delete { gateway, public: false })
        }
        Command::Gateway(GatewayOperation::Associate { table, gateway }) => {
            Command::Gateway(GatewayOperation::Dissociate { table, gateway })
        }
        Command::Begin(ref operation) => Command::Abort(operation.gateway()),
        Command::CreateInstance { instance, .. } => Command::DeleteInstance(instance),
        Command::CreateNetworkInterface { interface, .. } => {
            Command::DeleteNetworkInterface(interface)
        }
        Command::AllocateEip { eip, .. } => Command::ReleaseEip(eip),
        Command::AssociateEip { eip, .. } => Command::UnassociateEip(eip),
        Command::CreateNatGateway { nat, .. } => Command::DeleteNatGateway(nat),
        Command::CreateSnatEntry { nat, prefix, .. } => Command::DeleteSnatEntry { nat, prefix },
        _ => return,
    };
    let mut undone = after.clone();
    assert_eq!(undone.apply(&undo), Ok(()), "{command:?}");
    assert_eq!(undone, *before, "{command:?}");
}

fn check_egress(twin: &Twin, port: Port, header: &Header, flow: Flow, verdict: &Verdict) {
    let vpc = twin.vpc_of(port.id()).unwrap();
    if let Action::Egress { .. } = verdict.action {
        let last = verdict.paths.last().copied();
        match twin.mode(vpc).unwrap() {
            Mode::Direct => assert!(matches!(last, Some(path::DIRECT | path::NAT))),
            Mode::Centralized => assert_eq!(last, Some(path::GATEWAY)),
            Mode::PrivateOnly => panic!("egress of a private VPC: {header:?}"),
        }
    }
    if twin.mode(vpc) == Some(Mode::Direct) {
        check_gateway_is_inert(twin, vpc, port, header, flow, verdict);
    }
}

/// In mode Direct, a gateway that no entry names changes no verdict.
fn check_gateway_is_inert(
    twin: &Twin,
    vpc: VpcId,
    port: Port,
    header: &Header,
    flow: Flow,
    verdict: &Verdict,
) {
    if let Some(gateway) = twin.gateway_of(vpc).filter(|g| !twin.is_next_hop(g.id())) {
        let mut without = twin.clone();
        without.gateways.remove(&gateway);
        assert_eq!(without.egress(port, header, flow).as_ref(), Some(verdict));
    }
}

fn check_ingress(twin: &Twin, header: &Header, verdict: &Verdict) {
    let bound = twin.eips.values().find(|e| e.address == header.destination);
    let mode = bound.and_then(|e| e.target).and_then(|id| twin.vpc_of(id)).map(|v| twin.mode(v));
    if mode.is_none_or(|mode| mode == Some(Mode::PrivateOnly)) {
        assert!(matches!(verdict.action, Action::Drop(_)));
    }
}

#[test]
fn the_same_seed_makes_the_same_program() {
    let program = |seed| {
        let mut generator = Generator::new(seed);
        let mut twin = Twin::new();
        let mut commands = Vec::new();
        for _ in 0..100 {
            let command = generator.command(&twin);
            let _ = twin.apply(&command);
            commands.push(command);
        }
        commands
    };
    assert_eq!(program(5), program(5));
    assert_ne!(program(5), program(6));
}
