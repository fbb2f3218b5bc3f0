//! Short forms of commands for the tests of the twin, and the base topology of the vectors.

use std::vec::Vec;

use super::Twin;
use crate::addr::*;
use crate::region::*;
use crate::resolve::{Action, DropReason, Flow, Header, Verdict};

/// A region with the base topology: VPC 10.0.0.0/16 with vsw-1..4, i-1 with eip-1, ngw-1 with
/// eip-2, i-2 and i-3 behind the NAT gateway.
pub(super) fn base() -> Twin {
    let mut twin = Twin::new();
    let commands = [
        create_vpc("vpc-1", "vtb-1", "10.0.0.0/16", &[]),
        create_vswitch(1, 1, "10.0.0.0/24"),
        create_vswitch(2, 1, "10.0.1.0/24"),
        create_vswitch(3, 1, "10.0.2.0/24"),
        create_vswitch(4, 1, "10.0.3.0/24"),
        create_table(11, 1, false),
        create_table(12, 1, false),
        create_table(13, 1, false),
        create_table(14, 1, false),
        associate_table(11, 1),
        associate_table(12, 2),
        associate_table(13, 3),
        associate_table(14, 4),
        create_instance(1, 1, "10.0.0.10"),
        create_instance(2, 3, "10.0.2.10"),
        create_instance(3, 4, "10.0.3.10"),
        create_nat(1, 2, "10.0.1.20"),
        allocate(1, "47.0.0.1", EipMode::Nat),
        allocate(2, "47.0.0.2", EipMode::Nat),
        bind(1, "i-1"),
        bind(2, "ngw-1"),
        add_route(13, "0.0.0.0/0", "ngw-1"),
        add_route(14, "0.0.0.0/0", "ngw-1"),
        Command::CreateSnatEntry { nat: NatGatewayId(1), prefix: p("10.0.0.0/16"), eip: EipId(2) },
    ];
    run(&mut twin, &commands);
    twin
}

/// Applies commands that are all accepted.
pub(super) fn run(twin: &mut Twin, commands: &[Command]) {
    for command in commands {
        assert_eq!(twin.apply(command), Ok(()), "{command:?}");
    }
}

/// Applies a command that is refused, and checks that nothing has changed.
pub(super) fn refused(twin: &mut Twin, command: Command, error: Error) {
    let before = twin.clone();
    assert_eq!(twin.apply(&command), Err(error), "{command:?}");
    assert_eq!(*twin, before, "{command:?}");
}

pub(super) fn p(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

pub(super) fn a(text: &str) -> Addr {
    Addr::parse(text).unwrap()
}

pub(super) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub(super) fn hop(text: &str) -> Option<NextHop> {
    (text != "local").then(|| NextHop::new(id(text)).unwrap())
}

pub(super) fn create_vpc(vpc: &str, table: &str, cidr: &str, user: &[&str]) -> Command {
    Command::CreateVpc {
        vpc: VpcId(id(vpc).number),
        table: TableId(id(table).number),
        cidr: p(cidr),
        secondary: heapless::Vec::new(),
        user: user.iter().map(|text| p(text)).collect(),
        flags: VpcFlags::default(),
    }
}

pub(super) fn create_vswitch(vswitch: u16, vpc: u16, cidr: &str) -> Command {
    Command::CreateVSwitch { vswitch: VSwitchId(vswitch), vpc: VpcId(vpc), cidr: p(cidr) }
}

pub(super) fn create_table(table: u16, vpc: u16, gateway: bool) -> Command {
    Command::CreateRouteTable { table: TableId(table), vpc: VpcId(vpc), gateway }
}

pub(super) fn associate_table(table: u16, vswitch: u16) -> Command {
    Command::AssociateRouteTable { table: TableId(table), vswitch: VSwitchId(vswitch) }
}

pub(super) fn add_route(table: u16, prefix: &str, next_hop: &str) -> Command {
    let next_hop = hop(next_hop).unwrap();
    Command::CreateRouteEntry { table: TableId(table), prefix: p(prefix), next_hop }
}

pub(super) fn modify_route(table: u16, prefix: &str, next_hop: &str) -> Command {
    let next_hop = hop(next_hop);
    Command::ModifyRouteEntry { table: TableId(table), prefix: p(prefix), next_hop }
}

pub(super) fn delete_route(table: u16, prefix: &str) -> Command {
    Command::DeleteRouteEntry { table: TableId(table), prefix: p(prefix) }
}

pub(super) fn update_entry(table: u16, prefix: &str, next_hop: &str) -> Command {
    let next_hop = hop(next_hop);
    Command::UpdateGatewayEntry { table: TableId(table), prefix: p(prefix), next_hop }
}

pub(super) fn create_instance(instance: u16, vswitch: u16, address: &str) -> Command {
    Command::CreateInstance {
        instance: InstanceId(instance),
        vswitch: VSwitchId(vswitch),
        address: a(address),
        public: None,
        forward: false,
    }
}

pub(super) fn forward(instance: u16, forward: bool) -> Command {
    Command::SetForward { interface: Port::Instance(InstanceId(instance)), forward }
}

pub(super) fn create_nat(nat: u16, vswitch: u16, address: &str) -> Command {
    Command::CreateNatGateway {
        nat: NatGatewayId(nat),
        vswitch: VSwitchId(vswitch),
        address: a(address),
        multi_binded: false,
    }
}

pub(super) fn allocate(eip: u16, address: &str, mode: EipMode) -> Command {
    Command::AllocateEip { eip: EipId(eip), address: a(address), anycast: false, mode }
}

pub(super) fn bind(eip: u16, target: &str) -> Command {
    Command::AssociateEip { eip: EipId(eip), target: id(target) }
}

pub(super) fn create(gateway: u16, vpc: u16) -> GatewayOperation {
    GatewayOperation::Create { gateway: GatewayId(gateway), vpc: VpcId(vpc) }
}

pub(super) fn enable(gateway: u16, tables: &[u16]) -> GatewayOperation {
    let tables = tables.iter().copied().map(TableId).collect();
    GatewayOperation::Enable { gateway: GatewayId(gateway), tables }
}

pub(super) fn update(gateway: u16) -> GatewayOperation {
    GatewayOperation::Update(GatewayId(gateway))
}

pub(super) fn delete(gateway: u16, public: bool) -> GatewayOperation {
    GatewayOperation::Delete { gateway: GatewayId(gateway), public }
}

pub(super) fn associate(table: u16, gateway: u16) -> GatewayOperation {
    GatewayOperation::Associate { table: TableId(table), gateway: GatewayId(gateway) }
}

pub(super) fn dissociate(table: u16, gateway: u16) -> GatewayOperation {
    GatewayOperation::Dissociate { table: TableId(table), gateway: GatewayId(gateway) }
}

pub(super) fn plain(operation: GatewayOperation) -> Command {
    Command::Gateway(operation)
}

pub(super) fn begin(operation: GatewayOperation) -> Command {
    Command::Begin(operation)
}

fn header(source: Addr, destination: &str) -> Header {
    Header {
        source,
        destination: a(destination),
        protocol: 6,
        source_port: 40000,
        destination_port: 443,
    }
}

/// An instance sends a first packet from its own address.
pub(super) fn send(twin: &Twin, instance: u16, destination: &str) -> Verdict {
    let instance = InstanceId(instance);
    let own = twin.interfaces[&instance.id()].address;
    twin.egress(instance.id(), &header(own, destination), Flow::New).unwrap()
}

/// The same, from a foreign address.
pub(super) fn send_as(twin: &Twin, instance: u16, source: &str, destination: &str) -> Verdict {
    let from = InstanceId(instance).id();
    twin.egress(from, &header(a(source), destination), Flow::New).unwrap()
}

/// A packet from 8.8.8.8 comes to a public address.
pub(super) fn receive(twin: &Twin, public: &str, flow: Flow) -> Verdict {
    twin.ingress(&header(a("8.8.8.8"), public), flow)
}

fn verdict(action: Action, paths: &[u8], via: &[&str]) -> Verdict {
    Verdict {
        action,
        paths: paths.iter().copied().collect(),
        via: via.iter().map(|text| id(text)).collect(),
    }
}

pub(super) fn egress(public: &str, paths: &[u8], via: &[&str]) -> Verdict {
    verdict(Action::Egress { public: a(public) }, paths, via)
}

pub(super) fn deliver(target: &str, paths: &[u8], via: &[&str]) -> Verdict {
    verdict(Action::Deliver { target: id(target) }, paths, via)
}

pub(super) fn handoff(next_hop: &str, paths: &[u8], via: &[&str]) -> Verdict {
    verdict(Action::Handoff { next_hop: id(next_hop) }, paths, via)
}

pub(super) fn service(paths: &[u8], via: &[&str]) -> Verdict {
    verdict(Action::Service, paths, via)
}

pub(super) fn dropped(reason: DropReason, via: &[&str]) -> Verdict {
    verdict(Action::Drop(reason), &[], via)
}

/// An entry of a table.
pub(super) fn route(prefix: &str, next_hop: &str, origin: Origin) -> RouteEntry {
    RouteEntry { prefix: p(prefix), next_hop: hop(next_hop), origin }
}

/// The entry of exactly this prefix.
pub(super) fn entry(twin: &Twin, table: u16, prefix: &str) -> Option<RouteEntry> {
    let all: Vec<RouteEntry> = twin.routes(TableId(table)).unwrap();
    all.into_iter().find(|e| e.prefix == p(prefix))
}

pub(super) fn announce(table: u16, prefix: &str, next_hop: NextHop) -> Command {
    Command::AnnounceRoute { table: TableId(table), prefix: p(prefix), next_hop }
}

pub(super) fn withdraw(table: u16, prefix: &str) -> Command {
    Command::WithdrawRoute { table: TableId(table), prefix: p(prefix) }
}

/// An equal-cost set of router interfaces.
pub(super) fn equal_cost(members: &[u16]) -> NextHop {
    let members: Vec<_> = members.iter().copied().map(RouterInterfaceId).collect();
    NextHop::ecmp(&members).unwrap()
}

/// `tcp`, `udp` or `any` of ngw-1.
pub(super) fn add_forward(
    eip: u16,
    protocol: ForwardProtocol,
    public_port: u16,
    address: &str,
    private_port: u16,
) -> Command {
    let (nat, eip, address) = (NatGatewayId(1), EipId(eip), a(address));
    Command::CreateForwardEntry { nat, eip, protocol, public_port, address, private_port }
}

pub(super) fn delete_forward(eip: u16, protocol: ForwardProtocol, public_port: u16) -> Command {
    let (nat, eip) = (NatGatewayId(1), EipId(eip));
    Command::DeleteForwardEntry { nat, eip, protocol, public_port }
}

pub(super) fn internal_balancer(balancer: u16, vswitch: u16, address: &str) -> Command {
    let place = BalancerPlace::Internal { vswitch: VSwitchId(vswitch), address: a(address) };
    Command::CreateLoadBalancer { balancer: LoadBalancerId(balancer), place }
}

pub(super) fn internet_balancer(balancer: u16, vpc: u16, address: &str) -> Command {
    let place = BalancerPlace::Internet { vpc: VpcId(vpc), address: a(address) };
    Command::CreateLoadBalancer { balancer: LoadBalancerId(balancer), place }
}

pub(super) fn create_gwlb(gwlb: u16, fail_open: bool) -> Command {
    Command::CreateGwlb { gwlb: GwlbId(gwlb), fail_open }
}

pub(super) fn register(gwlb: u16, appliance: u16) -> Command {
    Command::RegisterAppliance { gwlb: GwlbId(gwlb), appliance: ApplianceId(appliance) }
}

pub(super) fn set_appliance(appliance: u16, healthy: bool) -> Command {
    Command::SetAppliance { appliance: ApplianceId(appliance), healthy }
}

pub(super) fn create_endpoint(endpoint: u16, vswitch: u16, gwlb: u16) -> Command {
    let (endpoint, vswitch, gwlb) = (EndpointId(endpoint), VSwitchId(vswitch), GwlbId(gwlb));
    Command::CreateEndpoint { endpoint, vswitch, gwlb }
}

pub(super) fn create_group(group: u16, active: u16, standby: u16) -> Command {
    let (active, standby) = (EndpointId(active), EndpointId(standby));
    Command::CreateRouteTargetGroup { group: RouteTargetGroupId(group), active, standby }
}

pub(super) fn probe(group: u16, endpoint: u16, ok: bool) -> Command {
    let (group, endpoint) = (RouteTargetGroupId(group), EndpointId(endpoint));
    Command::ReportProbe { group, endpoint, ok }
}

/// Sets options of the region.
pub(super) fn options(change: impl FnOnce(&mut RegionOptions)) -> Command {
    let mut options = RegionOptions::default();
    change(&mut options);
    Command::Region(options)
}

/// A packet with all its facts; protocols are 6, 17 and 1.
pub(super) fn packet(from: (&str, u16), to: (&str, u16), protocol: u8) -> Header {
    Header {
        source: a(from.0),
        destination: a(to.0),
        protocol,
        source_port: from.1,
        destination_port: to.1,
    }
}

/// A load balancer sends a packet from its own address or another.
pub(super) fn send_lb(twin: &Twin, balancer: u16, source: &str, to: &str, flow: Flow) -> Verdict {
    twin.egress(LoadBalancerId(balancer).id(), &header(a(source), to), flow).unwrap()
}
