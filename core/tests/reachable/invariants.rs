//! The nine invariants, by number, in one state or after one command.

use sekisho::addr::{Addr, EndpointId, GatewayId, Id, Kind, Prefix, TableId, VSwitchId};
use sekisho::model::Twin;
use sekisho::region::objects::{
    Endpoint, Gateway, Interface, LoadBalancer, Mode, PublicAddress, RouteTable, TableKind,
    VSwitch, Vpc,
};
use sekisho::region::{Command, Error, GatewayOperation, Region, RouteEntry};
use sekisho::resolve::{Action, DropReason, MAX_LOOKUPS, Verdict, path};

use crate::probes::{Probe, destinations, internet, probes};
use crate::search::{Desk, Found, Universe};

/// Everything that holds in a state.
pub(crate) fn check(
    universe: &Universe,
    words: &[u32],
    desk: &Desk,
    spare: &Desk,
    twin: &Twin,
    found: &mut Found,
) {
    let region = desk.put(words);
    structure(&region, twin);
    only_one(words, spare);
    for addr in destinations(&region, universe) {
        for table in region.all::<RouteTable>() {
            assert_eq!(region.lookup(table.id, addr), scan(&region, table.id, addr), "8 {twin:#?}");
            found.lookups += 1;
        }
    }
    let tables = region.tables();
    let balancers: Vec<_> = region.all::<LoadBalancer>().filter_map(|b| internet(&b)).collect();
    let restricted = twin.clb_restricted;
    let judged: Vec<(Probe, Verdict)> =
        probes(&region, universe).into_iter().map(|probe| (probe, probe.judge(&tables))).collect();
    for (probe, verdict) in &judged {
        let context = || format!("{probe:?} {verdict:?} {twin:#?}");
        assert_eq!(*verdict, probe.judge_twin(twin), "{}", context());
        bounded(verdict, &context);
        let balancer = balancers.iter().any(|(id, address)| match probe.from {
            Some(from) => from == *id,
            None => *address == probe.header.destination,
        });
        if !balancer {
            fenced(&region, probe, verdict, restricted, &context);
        }
    }
    found.verdicts += judged.len();
    for (_, verdict) in &judged {
        let longest = &mut found.longest[usize::from(!verdict.paths.is_empty())];
        *longest = verdict.via.len().max(*longest);
    }
    found.switched += judged.iter().filter(|(_, verdict)| switching(verdict)).count();
    for gateway in region.all::<Gateway>() {
        without(&gateway, words, spare, &judged, found);
    }
}

/// 1 and 4, and that next hops exist in their VPC.
fn structure(region: &Region<'_>, twin: &Twin) {
    let gateways: Vec<Gateway> = region.all::<Gateway>().collect();
    let tables: Vec<RouteTable> = region.all::<RouteTable>().collect();
    for vpc in region.all::<Vpc>() {
        assert!(gateways.iter().filter(|gateway| gateway.vpc == vpc.id).count() <= 1, "1");
        let of_gateway =
            |table: &&RouteTable| table.vpc == vpc.id && table.kind == TableKind::Gateway;
        assert!(tables.iter().filter(of_gateway).count() <= 1, "1");
        let enabled = gateways.iter().any(|gateway| gateway.vpc == vpc.id && gateway.enabled);
        assert_eq!(enabled, vpc.mode == Mode::Centralized, "mode {twin:#?}");
    }
    for gateway in &gateways {
        if let Some(table) = gateway.table {
            let table = region.get::<RouteTable>(table).unwrap();
            assert_eq!((table.vpc, table.kind), (gateway.vpc, TableKind::Gateway), "1");
            assert!(gateway.enabled, "only an enabled gateway has a table");
        }
    }
    for table in &tables {
        let routes: Vec<RouteEntry> = region.routes(table.id).collect();
        assert_eq!(Some(&routes), twin.routes(table.id).as_ref());
        if table.kind == TableKind::Gateway {
            let mut cidrs: Vec<Prefix> =
                region.all::<VSwitch>().filter(|v| v.vpc == table.vpc).map(|v| v.cidr).collect();
            cidrs.sort();
            assert_eq!(routes.iter().map(|route| route.prefix).collect::<Vec<_>>(), cidrs, "4");
        }
        for hop in routes.iter().filter_map(|route| route.next_hop) {
            if hop.id().kind == Kind::Ipv4Gateway {
                let named = region.get::<Gateway>(GatewayId(hop.id().number));
                assert_eq!(named.map(|gateway| gateway.vpc), Some(table.vpc), "6 {twin:#?}");
            }
        }
    }
}

/// 1: a second gateway and a second gateway table are refused.
fn only_one(words: &[u32], spare: &Desk) {
    let mut region = spare.put(words);
    let vpcs: Vec<_> = region.all::<Vpc>().map(|vpc| vpc.id).collect();
    for vpc in vpcs {
        if region.gateway_of(vpc).is_some() {
            let second = GatewayOperation::Create { gateway: GatewayId(99), vpc };
            let refused = Err(Error::VpcExistIpv4Gateway);
            assert_eq!(region.apply(&Command::Begin(second.clone())), refused, "1");
            assert_eq!(region.apply(&Command::Gateway(second)), refused, "1");
        }
        let of_gateway = |t: RouteTable| t.vpc == vpc && t.kind == TableKind::Gateway;
        if region.all::<RouteTable>().any(of_gateway) {
            let second = Command::CreateRouteTable { table: TableId(99), vpc, gateway: true };
            assert_eq!(region.apply(&second), Err(Error::GatewayTableQuota), "1");
        }
    }
    assert!(spare.holds(words), "7");
}

/// 8: the longest match, by looking at every entry.
fn scan(region: &Region<'_>, table: TableId, addr: Addr) -> Option<RouteEntry> {
    region.routes(table).filter(|r| r.prefix.contains(addr)).max_by_key(|r| r.prefix.len())
}

/// 7: the walk ended in time, and passed no hop twice.
fn bounded(verdict: &Verdict, context: &dyn Fn() -> String) {
    let dropped = matches!(verdict.action, Action::Drop(_));
    // Each hop but a DNAT gateway took a lookup, and the end of the walk took one.
    let hops = verdict.via.len();
    assert!(hops <= MAX_LOOKUPS && (dropped || hops < MAX_LOOKUPS), "7 {}", context());
    for (n, hop) in verdict.via.iter().enumerate() {
        assert!(!verdict.via[..n].contains(hop), "7 {}", context());
    }
    assert_eq!(dropped, verdict.paths.is_empty(), "{}", context());
}

/// 3 and 5: nothing passes a private VPC's border, and only the gateway that of a centralized one.
fn fenced(
    region: &Region<'_>,
    probe: &Probe,
    verdict: &Verdict,
    restricted: bool,
    context: &dyn Fn() -> String,
) {
    let end = match probe.from {
        Some(from) => Some(from),
        None => region
            .all::<PublicAddress>()
            .find(|public| public.address == probe.header.destination)
            .and_then(|public| public.target),
    };
    let dropped = matches!(verdict.action, Action::Drop(_));
    let Some(end) = end else {
        assert!(dropped, "nothing has the address: {}", context());
        return;
    };
    let vpc = region.get::<Vpc>(region.vpc_of(end).unwrap()).unwrap();
    let leaves = matches!(verdict.action, Action::Egress { .. });
    if vpc.mode == Mode::PrivateOnly {
        assert!(!leaves, "3 {}", context());
        assert!(dropped || probe.from.is_some(), "3 {}", context());
    }
    if vpc.mode != Mode::Centralized || !leaves {
        return;
    }
    let exempt = end.kind == Kind::LoadBalancer && !restricted;
    if exempt && verdict.paths == [path::DIRECT] {
        return;
    }
    assert_eq!(verdict.paths.last(), Some(&path::GATEWAY), "5 {}", context());
    // The table of the last hop, or of the sender, names the gateway.
    let last = verdict.via.last().copied().unwrap_or(end);
    let vswitch = region.get::<VSwitch>(vswitch_of(region, last)).unwrap();
    let route = scan(region, vswitch.table, probe.header.destination);
    let gateway = region.gateway_of(vpc.id).map(|gateway| gateway.id.id());
    assert_eq!(route.and_then(|r| r.next_hop).map(|hop| hop.id()), gateway, "5 {}", context());
}

fn vswitch_of(region: &Region<'_>, hop: Id) -> VSwitchId {
    match hop.kind {
        Kind::Endpoint => region.get::<Endpoint>(EndpointId(hop.number)).unwrap().vswitch,
        _ => region.get::<Interface>(hop).unwrap().vswitch,
    }
}

fn switching(verdict: &Verdict) -> bool {
    verdict.action == Action::Drop(DropReason::ModeSwitch)
}

/// 2: a gateway that is not enabled and that no entry names changes no verdict of a Direct VPC;
/// nor does a begun operation before its commit change any.
fn without(
    gateway: &Gateway,
    words: &[u32],
    spare: &Desk,
    judged: &[(Probe, Verdict)],
    found: &mut Found,
) {
    let mut other = spare.put(words);
    if gateway.begun.is_some() {
        assert_eq!(other.apply(&Command::Abort(gateway.id)), Ok(()));
        alike(&other, judged, "before the commit", found);
    }
    let direct = other.get::<Vpc>(gateway.vpc).unwrap().mode == Mode::Direct;
    if !direct || named(&other, gateway.id) {
        return;
    }
    if other.get::<Gateway>(gateway.id).is_some() {
        let delete = GatewayOperation::Delete { gateway: gateway.id, public: true };
        assert_eq!(other.apply(&Command::Gateway(delete)), Ok(()), "2");
    }
    assert!(other.gateway_of(gateway.vpc).is_none());
    alike(&other, judged, "2", found);
}

fn alike(other: &Region<'_>, judged: &[(Probe, Verdict)], what: &str, found: &mut Found) {
    let tables = other.tables();
    for (probe, verdict) in judged.iter().filter(|(_, verdict)| !switching(verdict)) {
        assert_eq!(*verdict, probe.judge(&tables), "{what}: {probe:?}");
        found.compared += 1;
    }
}

/// Whether an entry of any table names the gateway.
pub(crate) fn named(region: &Region<'_>, gateway: GatewayId) -> bool {
    region.all::<RouteTable>().any(|table| {
        region.routes(table.id).any(|r| r.next_hop.is_some_and(|hop| hop.id() == gateway.id()))
    })
}

/// 6: no entry names a gateway that is gone, after whatever command took it away.
pub(crate) fn after(region: &Region<'_>, command: &Command) {
    let gateway = match *command {
        Command::Gateway(GatewayOperation::Delete { gateway, public }) => {
            let mode = region.all::<Vpc>().next().unwrap().mode;
            assert!(!public || mode == Mode::Direct);
            assert!(region.get::<Gateway>(gateway).is_none());
            gateway
        }
        Command::Commit(gateway) if region.get::<Gateway>(gateway).is_none() => gateway,
        _ => return,
    };
    assert!(!named(region, gateway), "6: {command:?}");
}

/// A commit is an abort and then the plain operation, in its answer and its effect.
pub(crate) fn commit(
    words: &[u32],
    spare: &Desk,
    gateway: GatewayId,
    answer: Result<(), Error>,
    hash: u64,
) {
    let mut region = spare.put(words);
    let Some(begun) = region.get::<Gateway>(gateway).and_then(|gateway| gateway.begun) else {
        assert!(answer.is_err());
        return;
    };
    assert_eq!(region.apply(&Command::Abort(gateway)), Ok(()));
    assert_eq!(region.apply(&Command::Gateway(begun)), answer);
    assert_eq!(region.hash(), hash);
}

/// What takes a creation back; `None` for what creates nothing.
pub(crate) fn undo(before: &Twin, command: &Command) -> Option<Command> {
    Some(match *command {
        Command::CreateVpc { vpc, .. } => Command::DeleteVpc(vpc),
        Command::CreateVSwitch { vswitch, .. } => Command::DeleteVSwitch(vswitch),
        Command::CreateRouteTable { table, .. } => Command::DeleteRouteTable(table),
        Command::CreateRouteEntry { table, prefix, .. } => {
            Command::DeleteRouteEntry { table, prefix }
        }
        Command::AnnounceRoute { table, prefix, .. } => {
            if before.tables[&table].dynamic.contains_key(&prefix) {
                return None; // Replaced, not created.
            }
            Command::WithdrawRoute { table, prefix }
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
        Command::CreateForwardEntry { nat, eip, protocol, public_port, .. } => {
            Command::DeleteForwardEntry { nat, eip, protocol, public_port }
        }
        Command::CreateLoadBalancer { balancer, .. } => Command::DeleteLoadBalancer(balancer),
        Command::CreateGwlb { gwlb, .. } => Command::DeleteGwlb(gwlb),
        Command::RegisterAppliance { appliance, .. } => Command::DeregisterAppliance(appliance),
        Command::CreateEndpoint { endpoint, .. } => Command::DeleteEndpoint(endpoint),
        Command::CreateRouteTargetGroup { group, .. } => Command::DeleteRouteTargetGroup(group),
        Command::SwitchActive(group) => Command::SwitchActive(group),
        _ => return None,
    })
}
