//! Check orders of the operations on Dynamic routes, forward entries, load balancers, GWLBs,
//! endpoints and groups, and what holds what.

use super::Twin;
use super::fixture::*;
use crate::addr::*;
use crate::region::ForwardProtocol::{Any, Tcp, Udp};
use crate::region::*;

/// The base; lb-1 (vsw-1) and lb-2 (Internet); gwlb-1 with app-1, ep-1 (vsw-1), ep-2 (vsw-2) and
/// rtg-1 of both; vpc-2 with vsw-9, ep-9, i-9 and gateway table vtb-28.
fn equipped() -> Twin {
    let mut twin = base();
    run(
        &mut twin,
        &[
            internal_balancer(1, 1, "10.0.0.20"),
            internet_balancer(2, 1, "47.0.0.9"),
            create_gwlb(1, false),
            register(1, 1),
            create_endpoint(1, 1, 1),
            create_endpoint(2, 2, 1),
            create_group(1, 1, 2),
            create_vpc("vpc-2", "vtb-2", "10.0.0.0/16", &[]),
            create_vswitch(9, 2, "10.0.0.0/24"),
            create_table(28, 2, true),
            create_endpoint(9, 9, 1),
            create_instance(9, 9, "10.0.0.10"),
        ],
    );
    twin
}

fn refused_all(twin: &mut Twin, cases: impl IntoIterator<Item = (Command, Error)>) {
    for (command, error) in cases {
        refused(twin, command, error);
    }
}

#[test]
fn dynamic_routes() {
    let mut twin = equipped();
    let external = NextHop::new(id("vpn-1")).unwrap();
    let instance = NextHop::new(id("i-77")).unwrap();
    refused_all(
        &mut twin,
        [
            (announce(99, "10.0.0.0/24", instance), Error::NoRouteTable),
            (announce(28, "10.0.0.0/24", instance), Error::TableTypeNotPermitted),
            (announce(11, "10.0.0.0/24", instance), Error::NextHopTypeNotPermitted),
            (announce(11, "10.0.0.0/24", external), Error::RouteConflictSystem),
            (announce(11, "10.0.0.8/29", equal_cost(&[1, 2])), Error::RouteConflictSystem),
            (announce(1, "100.64.0.0/10", external), Error::RouteConflictSystem),
            (withdraw(99, "0.0.0.0/0"), Error::NoRouteTable),
            (withdraw(11, "0.0.0.0/0"), Error::NoRouteEntry),
            (withdraw(13, "0.0.0.0/0"), Error::NoRouteEntry),
            (withdraw(11, "10.0.0.0/24"), Error::NoRouteEntry),
        ],
    );
    run(
        &mut twin,
        &[
            announce(11, "10.0.0.0/23", external),
            announce(11, "100.64.0.0/24", external),
            announce(1, "10.0.9.0/25", external),
        ],
    );
    // A vSwitch lies inside a Dynamic destination, but neither equals nor holds one.
    refused(&mut twin, create_vswitch(5, 1, "10.0.9.0/25"), Error::InvalidCidrBlock);
    refused(&mut twin, create_vswitch(5, 1, "10.0.8.0/23"), Error::InvalidCidrBlock);
    run(&mut twin, &[create_vswitch(5, 1, "10.0.9.0/26")]);
    refused_all(
        &mut twin,
        [
            (add_route(11, "10.0.0.0/23", "i-77"), Error::NoInstance),
            (add_route(11, "10.0.0.0/23", "i-2"), Error::RouteConflictAlreadyExist),
            (modify_route(11, "10.0.0.0/23", "i-77"), Error::NoInstance),
            (modify_route(11, "10.0.0.0/23", "i-2"), Error::ModifyManagedRouteEntry),
            (modify_route(11, "10.0.0.0/23", "local"), Error::ModifyManagedRouteEntry),
            (delete_route(11, "10.0.0.0/23"), Error::DeleteManagedRouteEntry),
        ],
    );
    // Neither deletion of a table nor of a VPC minds Dynamic entries.
    run(&mut twin, &[announce(2, "0.0.0.0/0", external), Command::DeleteRouteTable(TableId(28))]);
    run(&mut twin, &[Command::DeleteEndpoint(EndpointId(9))]);
    run(&mut twin, &[Command::DeleteInstance(InstanceId(9))]);
    run(&mut twin, &[Command::DeleteVSwitch(VSwitchId(9)), Command::DeleteVpc(VpcId(2))]);
}

#[test]
fn next_hops_of_every_kind() {
    let mut twin = equipped();
    refused_all(
        &mut twin,
        [
            (add_route(11, "10.0.0.0/24", "ep-77"), Error::NoEndpoint),
            (add_route(11, "10.0.0.0/24", "rtg-77"), Error::NoRouteTargetGroup),
            (add_route(11, "10.0.0.0/24", "ep-9"), Error::NextHopNotInSameVpc),
            (add_route(11, "10.0.0.0/24", "ep-1"), Error::InvalidCidrBlock),
            (modify_route(11, "10.0.0.0/24", "ri-1"), Error::NextHopTypeNotPermitted),
            (update_entry(28, "10.0.0.0/24", "ep-1"), Error::NextHopNotInSameVpc),
            (update_entry(28, "10.0.0.0/24", "rtg-1"), Error::NextHopNotInSameVpc),
        ],
    );
    run(
        &mut twin,
        &[
            update_entry(28, "10.0.0.0/24", "ep-9"),
            modify_route(11, "10.0.0.0/24", "rtg-1"),
            modify_route(11, "10.0.0.0/24", "ep-1"),
        ],
    );
    let set = equal_cost(&[2, 1]);
    let prefix = p("10.0.1.0/24");
    let change = Command::ModifyRouteEntry { table: TableId(11), prefix, next_hop: Some(set) };
    refused(&mut twin, change, Error::NextHopTypeNotPermitted);
    let prefix = p("0.0.0.0/0");
    let change = Command::ModifyRouteEntry { table: TableId(13), prefix, next_hop: Some(set) };
    run(&mut twin, &[change]);
    assert_eq!(entry(&twin, 13, "0.0.0.0/0").unwrap().next_hop, Some(equal_cost(&[1, 2])));
}

#[test]
fn forward_entries() {
    let mut twin = equipped();
    run(
        &mut twin,
        &[
            add_forward(2, Tcp, 80, "10.0.2.10", 8080),
            allocate(3, "47.0.0.3", EipMode::Nat),
            bind(3, "ngw-1"),
            add_forward(3, Any, 0, "10.0.2.10", 0),
            allocate(4, "47.0.0.4", EipMode::Nat),
        ],
    );
    let other = |nat| Command::CreateForwardEntry {
        nat: NatGatewayId(nat),
        eip: EipId(77),
        protocol: Tcp,
        public_port: 80,
        address: a("10.0.2.10"),
        private_port: 80,
    };
    let delete = |nat, public_port| Command::DeleteForwardEntry {
        nat: NatGatewayId(nat),
        eip: EipId(77),
        protocol: Tcp,
        public_port,
    };
    refused_all(
        &mut twin,
        [
            (add_forward(77, Tcp, 0, "10.0.2.10", 80), Error::InvalidParameter),
            (add_forward(77, Udp, 80, "10.0.2.10", 0), Error::InvalidParameter),
            (add_forward(77, Any, 80, "10.0.2.10", 0), Error::InvalidParameter),
            (add_forward(77, Any, 0, "10.0.2.10", 80), Error::InvalidParameter),
            (other(77), Error::NoNatGateway),
            (other(1), Error::NoPublicAddress),
            (add_forward(1, Tcp, 80, "10.0.2.10", 80), Error::IncorrectEipStatus),
            (add_forward(4, Tcp, 80, "10.0.2.10", 80), Error::IncorrectEipStatus),
            (add_forward(2, Tcp, 80, "10.0.3.10", 80), Error::DuplicateEntry),
            (add_forward(2, Any, 0, "10.0.3.10", 0), Error::DuplicateEntry),
            (add_forward(3, Any, 0, "10.0.3.10", 0), Error::DuplicateEntry),
            (add_forward(3, Udp, 9, "10.0.3.10", 9), Error::DuplicateEntry),
            (delete(77, 0), Error::InvalidParameter),
            (delete(77, 80), Error::NoNatGateway),
            (delete(1, 80), Error::NoPublicAddress),
            (delete_forward(2, Tcp, 8080), Error::NoForwardEntry),
            (delete_forward(2, Udp, 80), Error::NoForwardEntry),
            (delete_forward(2, Any, 0), Error::NoForwardEntry),
            (delete_forward(1, Tcp, 80), Error::NoForwardEntry),
            (Command::UnassociateEip(EipId(3)), Error::HeldByNatGateway),
        ],
    );
    run(&mut twin, &[add_forward(2, Udp, 80, "10.0.3.10", 80), delete_forward(3, Any, 0)]);
    run(&mut twin, &[Command::UnassociateEip(EipId(3))]);
    // An address that only forward entries name is held all the same.
    let snat = Command::DeleteSnatEntry { nat: NatGatewayId(1), prefix: p("10.0.0.0/16") };
    run(&mut twin, &[snat]);
    refused(&mut twin, Command::UnassociateEip(EipId(2)), Error::HeldByNatGateway);
    run(&mut twin, &[delete_forward(2, Tcp, 80), delete_forward(2, Udp, 80)]);
    run(&mut twin, &[Command::UnassociateEip(EipId(2))]);
}

#[test]
fn load_balancers() {
    let mut twin = equipped();
    run(
        &mut twin,
        &[
            allocate(3, "47.0.0.3", EipMode::Nat),
            allocate(4, "47.0.0.4", EipMode::Nat),
            allocate(5, "47.0.0.5", EipMode::MultiBinded),
        ],
    );
    refused_all(
        &mut twin,
        [
            (internal_balancer(1, 77, "10.0.0.0"), Error::NoVSwitch),
            (internal_balancer(1, 1, "10.0.0.0"), Error::DuplicateId),
            (internal_balancer(2, 1, "10.0.0.0"), Error::DuplicateId),
            (internal_balancer(3, 1, "10.0.0.0"), Error::InvalidPrivateIpAddress),
            (internal_balancer(3, 1, "10.0.0.20"), Error::InvalidPrivateIpAddressDuplicate),
            (internet_balancer(1, 77, "47.0.0.9"), Error::NoVpc),
            (internet_balancer(1, 1, "47.0.0.9"), Error::DuplicateId),
            (internet_balancer(3, 1, "47.0.0.9"), Error::AddressInUse),
            (internet_balancer(3, 1, "47.0.0.1"), Error::AddressInUse),
            (allocate(6, "47.0.0.9", EipMode::Nat), Error::AddressInUse),
            (create_instance(6, 1, "10.0.0.20"), Error::InvalidPrivateIpAddressDuplicate),
            (bind(1, "lb-2"), Error::IncorrectEipStatus),
            (bind(3, "lb-77"), Error::NoLoadBalancer),
            (bind(5, "lb-2"), Error::InvalidInstanceType),
            (bind(5, "lb-1"), Error::InvalidParameter),
            (Command::DeleteLoadBalancer(LoadBalancerId(77)), Error::NoLoadBalancer),
            (Command::DeleteVpc(VpcId(1)), Error::HeldByVSwitch),
        ],
    );
    run(&mut twin, &[bind(3, "lb-1")]);
    refused(&mut twin, bind(4, "lb-1"), Error::AssociationDuplicated);
    refused(&mut twin, bind(5, "lb-1"), Error::InvalidParameter);
    let delete = |n| Command::DeleteLoadBalancer(LoadBalancerId(n));
    refused(&mut twin, delete(1), Error::HeldByPublicAddress);
    run(&mut twin, &[Command::UnassociateEip(EipId(3)), delete(1), delete(2)]);
    run(&mut twin, &[internet_balancer(1, 1, "10.0.0.20"), create_instance(6, 1, "10.0.0.20")]);
    // Internal ones hold their vSwitch, the others their VPC, before custom tables do.
    let mut twin = Twin::new();
    run(
        &mut twin,
        &[
            create_vpc("vpc-1", "vtb-1", "10.0.0.0/16", &[]),
            create_vswitch(1, 1, "10.0.0.0/24"),
            create_table(2, 1, false),
            internal_balancer(1, 1, "10.0.0.20"),
            internet_balancer(2, 1, "47.0.0.9"),
            create_gwlb(1, true),
            create_endpoint(1, 1, 1),
        ],
    );
    refused(&mut twin, Command::DeleteVSwitch(VSwitchId(1)), Error::HeldByLoadBalancer);
    run(&mut twin, &[delete(1)]);
    refused(&mut twin, Command::DeleteVSwitch(VSwitchId(1)), Error::HeldByEndpoint);
    run(&mut twin, &[Command::DeleteEndpoint(EndpointId(1))]);
    run(&mut twin, &[Command::DeleteVSwitch(VSwitchId(1))]);
    refused(&mut twin, Command::DeleteVpc(VpcId(1)), Error::HeldByLoadBalancer);
    run(&mut twin, &[delete(2)]);
    refused(&mut twin, Command::DeleteVpc(VpcId(1)), Error::HeldByRouteTable);
}

#[test]
fn gwlbs_and_endpoints() {
    let mut twin = equipped();
    let delete_endpoint = |n| Command::DeleteEndpoint(EndpointId(n));
    let delete_group = |n| Command::DeleteRouteTargetGroup(RouteTargetGroupId(n));
    refused_all(
        &mut twin,
        [
            (create_gwlb(1, true), Error::DuplicateId),
            (Command::DeleteGwlb(GwlbId(77)), Error::NoGwlb),
            (Command::DeleteGwlb(GwlbId(1)), Error::HeldByEndpoint),
            (register(77, 1), Error::NoGwlb),
            (register(1, 1), Error::DuplicateId),
            (Command::DeregisterAppliance(ApplianceId(77)), Error::NoAppliance),
            (set_appliance(77, true), Error::NoAppliance),
            (create_endpoint(1, 77, 77), Error::NoVSwitch),
            (create_endpoint(1, 1, 77), Error::NoGwlb),
            (create_endpoint(1, 1, 1), Error::DuplicateId),
            (delete_endpoint(77), Error::NoEndpoint),
            (delete_endpoint(1), Error::HeldByRouteTargetGroup),
            (create_group(1, 77, 77), Error::InvalidParameter),
            (create_group(1, 77, 1), Error::NoEndpoint),
            (create_group(1, 1, 77), Error::NoEndpoint),
            (create_group(1, 1, 9), Error::DuplicateId),
            (create_group(2, 1, 9), Error::InvalidParameter),
            (delete_group(77), Error::NoRouteTargetGroup),
            (probe(77, 77, true), Error::NoRouteTargetGroup),
            (probe(1, 77, true), Error::NoEndpoint),
            (probe(1, 9, true), Error::NoEndpoint),
            (Command::SwitchActive(RouteTargetGroupId(77)), Error::NoRouteTargetGroup),
        ],
    );
    run(
        &mut twin,
        &[add_route(13, "30.0.0.0/16", "ep-2"), modify_route(13, "10.0.0.0/24", "rtg-1")],
    );
    refused(&mut twin, delete_endpoint(2), Error::HeldByRouteEntry);
    refused(&mut twin, delete_group(1), Error::HeldByRouteEntry);
    run(&mut twin, &[delete_route(13, "10.0.0.0/24"), delete_group(1)]);
    refused(&mut twin, delete_endpoint(2), Error::HeldByRouteEntry);
    run(&mut twin, &[delete_route(13, "30.0.0.0/16"), delete_endpoint(1), delete_endpoint(2)]);
    // The capability is asked first, and only when a GWLB is made.
    run(&mut twin, &[options(|o| o.gwlb = Some(false))]);
    refused(&mut twin, create_gwlb(1, true), Error::UnsupportedRegion);
    refused(&mut twin, create_gwlb(2, true), Error::UnsupportedRegion);
    run(&mut twin, &[register(1, 2), set_appliance(2, true), create_endpoint(1, 1, 1)]);
    run(&mut twin, &[delete_endpoint(1), delete_endpoint(9), Command::DeleteGwlb(GwlbId(1))]);
    assert!(twin.appliances.is_empty(), "appliances go with their GWLB");
}
