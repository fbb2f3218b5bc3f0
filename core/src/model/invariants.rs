//! What holds in every state of the twin, after every command and for every packet.

use std::vec::Vec;

use super::{Mode, Status, TableKind, Twin};
use crate::addr::{Id, Kind, Prefix, VpcId};
use crate::region::{Command, GatewayOperation};
use crate::resolve::{Action, DropReason, Flow, Header, Verdict, path};

/// One gateway and one gateway table a VPC; the mode is Centralized exactly when the gateway is
/// enabled; tables have the automatic entries of their kind; nothing names what is gone.
pub(super) fn check_invariants(twin: &Twin) {
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
        let vswitches: Vec<_> = twin.vswitches.values().filter(|v| v.vpc == table.vpc).collect();
        for (prefix, hop) in &table.dynamic {
            assert!(table.kind != TableKind::Gateway && hop.id().kind.is_external());
            assert!(*prefix != super::region::SERVICES);
            assert!(vswitches.iter().all(|v| !v.cidr.covers(*prefix)));
        }
        for hop in table.effective().iter().filter_map(|e| e.next_hop) {
            let id = hop.id();
            if !id.kind.is_external() {
                assert_eq!(twin.vpc_of(id), Some(table.vpc));
            }
        }
    }
    for (nat, eip, ..) in twin.forward.keys() {
        assert_eq!(twin.eips[eip].target, Some(nat.id()));
    }
    for ((nat, _), eip) in &twin.snat {
        assert_eq!(twin.eips[eip].target, Some(nat.id()));
    }
    for public in twin.eips.values() {
        let owned = |id| twin.interfaces.contains_key(&id);
        assert!(public.target.is_none_or(owned), "no internet load balancer, nothing gone");
    }
    for group in twin.groups.values() {
        let (a, b) = (&twin.endpoints[&group.active], &twin.endpoints[&group.standby]);
        assert_eq!(twin.vswitches[&a.vswitch].vpc, twin.vswitches[&b.vswitch].vpc);
        for health in [group.active_health, group.standby_health] {
            assert!(health.failed == 0 || health.passed == 0, "one run at a time");
        }
    }
    assert!(twin.endpoints.values().all(|e| twin.gwlbs.contains_key(&e.gwlb)));
    assert!(twin.appliances.values().all(|a| twin.gwlbs.contains_key(&a.gwlb)));
}

/// After a delete in public mode no entry names the gateway.
pub(super) fn check_deletion(twin: &Twin, command: &Command) {
    if let Command::Gateway(GatewayOperation::Delete { gateway, .. }) = command {
        assert!(!twin.gateways.contains_key(gateway));
        assert!(!twin.is_next_hop(gateway.id()));
    }
}

/// Deleting what was just created restores the region.
pub(super) fn check_undo(before: &Twin, after: &Twin, command: &Command) {
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
        Command::AnnounceRoute { table, prefix, .. } => {
            if before.tables[&table].dynamic.contains_key(&prefix) {
                return; // Replaced, not created.
            }
            Command::WithdrawRoute { table, prefix }
        }
        Command::CreateForwardEntry { nat, eip, protocol, public_port, .. } => {
            Command::DeleteForwardEntry { nat, eip, protocol, public_port }
        }
        Command::CreateLoadBalancer { balancer, .. } => Command::DeleteLoadBalancer(balancer),
        Command::CreateGwlb { gwlb, .. } => Command::DeleteGwlb(gwlb),
        Command::RegisterAppliance { appliance, .. } => Command::DeregisterAppliance(appliance),
        Command::CreateEndpoint { endpoint, .. } => Command::DeleteEndpoint(endpoint),
        Command::CreateRouteTargetGroup { group, .. } => Command::DeleteRouteTargetGroup(group),
        Command::SwitchActive(group) => Command::SwitchActive(group),
        _ => return,
    };
    let mut undone = after.clone();
    assert_eq!(undone.apply(&undo), Ok(()), "{command:?}");
    assert_eq!(undone, *before, "{command:?}");
}

/// Nothing leaves a private VPC; out of a centralized one everything leaves by the gateway; load
/// balancers of the Internet and exempt ones aside.
pub(super) fn check_egress(twin: &Twin, from: Id, header: &Header, flow: Flow, verdict: &Verdict) {
    check_shape(verdict);
    let vpc = twin.vpc_of(from).unwrap();
    let balancer = from.kind == Kind::LoadBalancer;
    let internet = balancer && !twin.interfaces.contains_key(&from);
    if balancer {
        assert!(flow == Flow::Reply || matches!(verdict.action, Action::Drop(_)));
    }
    if let Action::Egress { public } = verdict.action {
        let last = verdict.paths.last().copied();
        let exempt = balancer && !twin.clb_restricted && last == Some(path::DIRECT);
        match twin.mode(vpc).unwrap() {
            _ if internet => assert_eq!((public, last), (header.source, Some(path::DIRECT))),
            Mode::Direct => assert!(matches!(last, Some(path::DIRECT | path::NAT))),
            Mode::Centralized => assert!(exempt || last == Some(path::GATEWAY)),
            Mode::PrivateOnly => panic!("egress of a private VPC: {header:?}"),
        }
    }
    check_mode_switch(twin, vpc, verdict);
    let without = without_inert_gateway(twin, vpc);
    if let Some(without) = without.filter(|_| !is_mode_switch(verdict)) {
        assert_eq!(without.egress(from, header, flow).as_ref(), Some(verdict));
    }
}

/// Nothing comes into a private VPC, internet load balancers aside.
pub(super) fn check_ingress(twin: &Twin, header: &Header, flow: Flow, verdict: &Verdict) {
    check_shape(verdict);
    let mut bound = twin.eips.values().filter(|e| e.address == header.destination);
    let target = bound.next().and_then(|e| e.target);
    let Some(target) = target else {
        let to_internet_balancer = matches!(verdict.action, Action::Deliver { target }
            if target.kind == Kind::LoadBalancer && !twin.interfaces.contains_key(&target));
        assert!(to_internet_balancer || matches!(verdict.action, Action::Drop(_)));
        return;
    };
    let vpc = twin.vpc_of(target).unwrap();
    if twin.mode(vpc) == Some(Mode::PrivateOnly) {
        assert!(matches!(verdict.action, Action::Drop(_)));
    }
    check_mode_switch(twin, vpc, verdict);
    let without = without_inert_gateway(twin, vpc);
    if let Some(without) = without.filter(|_| !is_mode_switch(verdict)) {
        assert_eq!(without.ingress(header, flow), *verdict);
    }
}

/// A drop has no path; otherwise each hop that was passed has one, in order. No hop comes twice.
fn check_shape(verdict: &Verdict) {
    for (i, hop) in verdict.via.iter().enumerate() {
        assert!(!verdict.via[i + 1..].contains(hop), "{verdict:?}");
    }
    if let Action::Drop(_) = verdict.action {
        assert!(verdict.paths.is_empty());
        return;
    }
    let of_hop = |hop: &Id| match hop.kind {
        Kind::NatGateway => path::NAT,
        Kind::Endpoint => 22,
        _ => path::INTERFACE,
    };
    let passed: Vec<u8> = verdict.via.iter().map(of_hop).collect();
    let mut taken = verdict.paths.to_vec();
    taken.retain(|code| matches!(*code, path::NAT | path::INTERFACE | 22));
    assert_eq!(taken, passed, "{verdict:?}");
}

fn is_mode_switch(verdict: &Verdict) -> bool {
    verdict.action == Action::Drop(DropReason::ModeSwitch)
}

/// MODE_SWITCH needs blackout and a begun operation of the VPC's gateway, and names no hop.
fn check_mode_switch(twin: &Twin, vpc: VpcId, verdict: &Verdict) {
    if is_mode_switch(verdict) {
        let gateway = &twin.gateways[&twin.gateway_of(vpc).unwrap()];
        assert!(twin.blackout && gateway.begun.is_some());
        assert!(verdict.via.is_empty() && verdict.paths.is_empty());
    }
}

/// In mode Direct, a gateway that no entry names changes no verdict: the region without it.
fn without_inert_gateway(twin: &Twin, vpc: VpcId) -> Option<Twin> {
    if twin.mode(vpc) != Some(Mode::Direct) {
        return None;
    }
    let gateway = twin.gateway_of(vpc).filter(|g| !twin.is_next_hop(g.id()))?;
    let mut without = twin.clone();
    without.gateways.remove(&gateway);
    Some(without)
}
