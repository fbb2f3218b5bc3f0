//! Check orders: commands with several faults get the error that comes first.

use super::Twin;
use super::fixture::*;
use crate::addr::*;
use crate::region::*;

/// The base, and vpc-2 with vsw-9 (i-9), vtb-2 (System), vtb-29 (custom), vtb-28 (gateway).
fn two_vpcs() -> Twin {
    let mut twin = base();
    run(
        &mut twin,
        &[
            create_vpc("vpc-2", "vtb-2", "10.0.0.0/16", &[]),
            create_vswitch(9, 2, "10.0.0.0/24"),
            create_table(29, 2, false),
            create_table(28, 2, true),
            create_instance(9, 9, "10.0.0.10"),
        ],
    );
    twin
}

#[test]
fn vpcs_and_vswitches() {
    let mut twin = two_vpcs();
    for (command, error) in [
        (create_vpc("vpc-1", "vtb-90", "10.0.0.0/16", &[]), Error::DuplicateId),
        (create_vpc("vpc-3", "vtb-1", "10.0.0.0/16", &[]), Error::DuplicateId),
        (create_vswitch(1, 7, "0.0.0.0/0"), Error::NoVpc),
        (create_vswitch(1, 1, "0.0.0.0/0"), Error::DuplicateId),
        (create_vswitch(5, 1, "10.0.0.128/25"), Error::InvalidCidrBlock),
        (create_vswitch(5, 1, "10.1.0.0/24"), Error::InvalidCidrBlock),
        (Command::DeleteVpc(VpcId(7)), Error::NoVpc),
        (Command::DeleteVpc(VpcId(1)), Error::HeldByVSwitch),
        (Command::DeleteVpc(VpcId(2)), Error::HeldByGatewayRouteTable),
        (Command::DeleteVSwitch(VSwitchId(1)), Error::HeldByInstance),
        (Command::DeleteVSwitch(VSwitchId(2)), Error::HeldByNatGateway),
    ] {
        refused(&mut twin, command, error);
    }
    run(&mut twin, &[plain(create(2, 2))]);
    refused(&mut twin, Command::DeleteVpc(VpcId(2)), Error::HeldByIpv4Gateway);
    // A vSwitch may lie inside a Custom destination, but not hold one.
    run(&mut twin, &[add_route(11, "10.0.4.0/24", "peer-1")]);
    refused(&mut twin, create_vswitch(5, 1, "10.0.4.0/24"), Error::InvalidCidrBlock);
    refused(&mut twin, create_vswitch(5, 1, "10.0.4.0/23"), Error::InvalidCidrBlock);
    run(&mut twin, &[create_vswitch(5, 1, "10.0.4.0/25")]);
    assert_eq!(
        entry(&twin, 11, "10.0.4.0/25"),
        Some(route("10.0.4.0/25", "local", Origin::System))
    );
    // 100.64.0.0/10 may be a part of a VPC, but of no vSwitch.
    run(&mut twin, &[create_vpc("vpc-3", "vtb-3", "0.0.0.0/0", &[])]);
    refused(&mut twin, create_vswitch(6, 3, "100.64.0.0/24"), Error::InvalidCidrBlock);
    refused(&mut twin, create_vswitch(6, 3, "0.0.0.0/1"), Error::InvalidCidrBlock);
    run(&mut twin, &[create_vswitch(6, 3, "128.0.0.0/1")]);
}

#[test]
fn route_tables() {
    let mut twin = two_vpcs();
    let unassociate = |table, vswitch| Command::UnassociateRouteTable {
        table: TableId(table),
        vswitch: VSwitchId(vswitch),
    };
    for (command, error) in [
        (create_table(11, 7, true), Error::NoVpc),
        (create_table(11, 2, true), Error::DuplicateId),
        (create_table(30, 2, true), Error::GatewayTableQuota),
        (Command::DeleteRouteTable(TableId(1)), Error::SystemRouteTable),
        (Command::DeleteRouteTable(TableId(13)), Error::HeldByVSwitch),
        (associate_table(99, 99), Error::NoRouteTable),
        (associate_table(28, 99), Error::NoVSwitch),
        (associate_table(28, 1), Error::AssociateGatewayRouteTable),
        (associate_table(29, 1), Error::NotInSameVpc),
        (unassociate(99, 99), Error::NoRouteTable),
        (unassociate(1, 99), Error::NoVSwitch),
        (unassociate(1, 1), Error::SystemRouteTable),
        (unassociate(12, 1), Error::InvalidBindingStatus),
    ] {
        refused(&mut twin, command, error);
    }
    run(&mut twin, &[unassociate(13, 3)]);
    assert_eq!(twin.vswitches[&VSwitchId(3)].table, TableId(1));
    refused(&mut twin, Command::DeleteRouteTable(TableId(13)), Error::HeldByRouteEntry);
    run(&mut twin, &[associate_table(12, 2), delete_route(13, "0.0.0.0/0")]);
    run(&mut twin, &[Command::DeleteRouteTable(TableId(13))]);
    run(&mut twin, &[update_entry(28, "10.0.0.0/24", "i-9")]);
    refused(&mut twin, Command::DeleteRouteTable(TableId(28)), Error::HeldByRouteEntry);
}

#[test]
fn route_entries() {
    let mut twin = two_vpcs();
    run(&mut twin, &[allocate(5, "47.0.0.5", EipMode::Binded), bind(5, "i-3")]);
    for (command, error) in [
        (add_route(99, "0.0.0.0/0", "i-77"), Error::NoRouteTable),
        (add_route(28, "0.0.0.0/0", "i-77"), Error::TableTypeNotPermitted),
        (add_route(13, "0.0.0.0/0", "i-77"), Error::NoInstance),
        (add_route(13, "0.0.0.0/0", "eni-1"), Error::NoNetworkInterface),
        (add_route(13, "0.0.0.0/0", "ep-1"), Error::NoEndpoint),
        (add_route(13, "0.0.0.0/0", "rtg-1"), Error::NoRouteTargetGroup),
        (add_route(13, "0.0.0.0/0", "ngw-9"), Error::NoNatGateway),
        (add_route(13, "0.0.0.0/0", "i-9"), Error::NextHopNotInSameVpc),
        (add_route(13, "0.0.0.0/0", "i-3"), Error::DirectEni),
        (add_route(13, "0.0.0.0/0", "i-2"), Error::DuplicateCidrBlock),
        (add_route(13, "10.0.0.0/24", "i-2"), Error::InvalidCidrBlock),
        (add_route(13, "10.0.0.8/29", "i-2"), Error::InvalidCidrBlock),
        (add_route(13, "100.64.0.0/10", "i-2"), Error::InvalidCidrBlock),
        (modify_route(28, "10.0.0.0/24", "i-77"), Error::TableTypeNotPermitted),
        (modify_route(13, "9.0.0.0/8", "i-77"), Error::NoInstance),
        (modify_route(13, "9.0.0.0/8", "i-3"), Error::DirectEni),
        (modify_route(13, "9.0.0.0/8", "i-2"), Error::NoRouteEntry),
        (modify_route(13, "0.0.0.0/0", "local"), Error::NextHopTypeNotPermitted),
        (modify_route(13, "10.0.0.0/24", "ngw-1"), Error::NextHopTypeNotPermitted),
        (modify_route(13, "100.64.0.0/10", "i-2"), Error::ModifySystemEntry),
        (modify_route(1, "10.0.0.0/24", "i-2"), Error::ModifySystemEntry),
        (delete_route(99, "0.0.0.0/0"), Error::NoRouteTable),
        (delete_route(13, "9.0.0.0/8"), Error::NoRouteEntry),
        (delete_route(13, "10.0.0.0/24"), Error::DeleteSystemEntry),
        (delete_route(28, "10.0.0.0/24"), Error::DeleteSystemEntry),
        (update_entry(99, "10.0.0.0/24", "ngw-9"), Error::NoGatewayRouteTable),
        (update_entry(13, "10.0.0.0/24", "ngw-9"), Error::TableTypeIncorrect),
        (update_entry(28, "10.0.0.0/25", "ngw-9"), Error::NoRouteEntry),
        (update_entry(28, "10.0.0.0/24", "ngw-9"), Error::NextHopTypeNotPermitted),
        (update_entry(28, "10.0.0.0/24", "i-77"), Error::NoInstance),
        (update_entry(28, "10.0.0.0/24", "i-2"), Error::NextHopNotInSameVpc),
    ] {
        refused(&mut twin, command, error);
    }
    run(
        &mut twin,
        &[
            add_route(13, "100.64.1.0/24", "vpn-1"),
            add_route(13, "10.0.0.0/23", "havip-1"),
            modify_route(13, "10.0.0.0/24", "i-1"),
            modify_route(13, "10.0.0.0/24", "i-2"),
        ],
    );
    let overridden = Some(route("10.0.0.0/24", "i-2", Origin::Custom));
    assert_eq!(entry(&twin, 13, "10.0.0.0/24"), overridden);
    run(&mut twin, &[delete_route(13, "10.0.0.0/24")]);
    let local = Some(route("10.0.0.0/24", "local", Origin::System));
    assert_eq!(entry(&twin, 13, "10.0.0.0/24"), local);
    run(&mut twin, &[modify_route(13, "10.0.0.0/24", "i-1")]);
    refused(&mut twin, Command::DeleteInstance(InstanceId(1)), Error::HeldByRouteEntry);
    run(&mut twin, &[modify_route(13, "10.0.0.0/24", "local")]);
    refused(&mut twin, Command::DeleteInstance(InstanceId(1)), Error::HeldByPublicAddress);
}

#[test]
fn addresses() {
    let mut twin = base();
    let with_public =
        |instance, vswitch, address: &str, eip, public: &str| Command::CreateInstance {
            instance: InstanceId(instance),
            vswitch: VSwitchId(vswitch),
            address: a(address),
            public: Some((EipId(eip), a(public))),
            forward: false,
        };
    let snat = |nat, eip| Command::CreateSnatEntry {
        nat: NatGatewayId(nat),
        prefix: p("10.0.0.0/16"),
        eip: EipId(eip),
    };
    run(&mut twin, &[with_public(5, 1, "10.0.0.20", 5, "47.0.0.5")]);
    for (command, error) in [
        (with_public(1, 99, "10.0.0.0", 1, "47.0.0.1"), Error::NoVSwitch),
        (with_public(6, 1, "10.0.0.0", 1, "47.0.0.1"), Error::DuplicateId),
        (with_public(6, 1, "10.0.0.0", 6, "47.0.0.1"), Error::InvalidPrivateIpAddress),
        (with_public(6, 1, "10.0.0.253", 6, "47.0.0.1"), Error::InvalidPrivateIpAddress),
        (with_public(6, 1, "10.0.1.9", 6, "47.0.0.1"), Error::InvalidPrivateIpAddress),
        (with_public(6, 1, "10.0.0.10", 6, "47.0.0.1"), Error::InvalidPrivateIpAddressDuplicate),
        (with_public(6, 1, "10.0.0.252", 6, "47.0.0.1"), Error::AddressInUse),
        (allocate(1, "47.0.0.1", EipMode::Nat), Error::DuplicateId),
        (allocate(6, "47.0.0.1", EipMode::Nat), Error::AddressInUse),
        (Command::ReleaseEip(EipId(9)), Error::NoPublicAddress),
        (Command::ReleaseEip(EipId(5)), Error::StaticPublicIp),
        (Command::ReleaseEip(EipId(1)), Error::IncorrectEipStatus),
        (bind(9, "vpc-1"), Error::InvalidParameter),
        (bind(9, "i-9"), Error::NoPublicAddress),
        (bind(5, "lb-9"), Error::NoLoadBalancer),
        (bind(5, "i-1"), Error::StaticPublicIp),
        (bind(1, "i-1"), Error::IncorrectEipStatus),
        (Command::UnassociateEip(EipId(5)), Error::StaticPublicIp),
        (snat(9, 9), Error::NoNatGateway),
        (snat(1, 9), Error::NoPublicAddress),
        (snat(1, 1), Error::IncorrectEipStatus),
        (snat(1, 2), Error::DuplicateEntry),
        (
            Command::DeleteSnatEntry { nat: NatGatewayId(1), prefix: p("10.0.0.0/8") },
            Error::NoSnatEntry,
        ),
        (Command::DeleteNatGateway(NatGatewayId(1)), Error::HeldByRouteEntry),
        (
            Command::SetForward {
                interface: Port::NetworkInterface(NetworkInterfaceId(1)),
                forward: true,
            },
            Error::NoNetworkInterface,
        ),
    ] {
        refused(&mut twin, command, error);
    }
    run(&mut twin, &[plain(create(1, 1)), allocate(6, "47.0.0.6", EipMode::MultiBinded)]);
    refused(&mut twin, Command::UnassociateEip(EipId(6)), Error::IncorrectEipStatus);
    refused(&mut twin, bind(6, "ngw-1"), Error::InvalidParameter);
    refused(&mut twin, bind(6, "i-1"), Error::AssociationDuplicated);
    refused(&mut twin, bind(6, "i-2"), Error::Ipv4GatewayExist);
    let multi = |address: &str| Command::CreateNatGateway {
        nat: NatGatewayId(2),
        vswitch: VSwitchId(2),
        address: a(address),
        multi_binded: true,
    };
    refused(&mut twin, multi("10.0.1.20"), Error::InvalidPrivateIpAddressDuplicate);
    refused(&mut twin, multi("10.0.1.21"), Error::VpcIpv4GatewayEnabled);
    run(&mut twin, &[Command::DeleteInstance(InstanceId(5))]);
    assert!(!twin.eips.contains_key(&EipId(5)), "the static address dies with its instance");
}

#[test]
fn gateways() {
    let mut twin = two_vpcs();
    run(&mut twin, &[plain(create(1, 1))]);
    let options =
        |gateway| Command::Region(RegionOptions { gateway: Some(gateway), ..Default::default() });
    run(&mut twin, &[options(false)]);
    refused(&mut twin, plain(create(1, 9)), Error::UnsupportedRegion);
    run(&mut twin, &[options(true)]);
    for (operation, error) in [
        (create(1, 9), Error::VpcNotExist),
        (create(1, 2), Error::DuplicateId),
        (create(1, 1), Error::VpcExistIpv4Gateway),
        (enable(9, &[11, 11]), Error::InvalidParameter),
        (enable(9, &[99]), Error::NoIpv4Gateway),
        (enable(1, &[99]), Error::NoRouteTable),
        (enable(1, &[29]), Error::GatewayTableMismatch),
        (enable(1, &[28]), Error::GatewayTableMismatch),
        (enable(1, &[13, 99]), Error::AllZeroConflict),
        (associate(99, 9), Error::NoIpv4Gateway),
        (associate(99, 1), Error::NoGatewayRouteTable),
        (associate(13, 1), Error::GatewayNotActive),
        (dissociate(99, 9), Error::NoIpv4Gateway),
        (dissociate(99, 1), Error::NoGatewayRouteTable),
        (dissociate(13, 1), Error::NoRelation),
        (delete(9, true), Error::NoIpv4Gateway),
    ] {
        refused(&mut twin, plain(operation), error);
    }
    run(&mut twin, &[create_table(20, 1, true)]);
    refused(&mut twin, plain(enable(1, &[20])), Error::TableTypeIncorrect);
    run(&mut twin, &[plain(enable(1, &[]))]);
    refused(&mut twin, plain(enable(1, &[99])), Error::AlreadyActive);
    refused(&mut twin, plain(associate(29, 1)), Error::TableTypeIncorrect);
    refused(&mut twin, plain(associate(28, 1)), Error::NotInOneVpc);
    run(&mut twin, &[plain(associate(20, 1))]);
    refused(&mut twin, plain(associate(29, 1)), Error::AlreadyAssociated);
    refused(&mut twin, Command::DeleteRouteTable(TableId(20)), Error::GatewayTableAssociated);
    refused(&mut twin, begin(delete(1, true)), Error::GatewayAlreadyAssociated);
    run(&mut twin, &[begin(update(1))]);
    refused(&mut twin, plain(associate(99, 1)), Error::NoGatewayRouteTable);
    refused(&mut twin, plain(associate(28, 1)), Error::IncorrectStatusGateway);
}

#[test]
fn flags_in_order() {
    let vpc = |flags| Command::CreateVpc {
        vpc: VpcId(1),
        table: TableId(1),
        cidr: p("10.0.0.0/16"),
        secondary: heapless::Vec::new(),
        user: heapless::Vec::new(),
        flags,
    };
    let mut flags = VpcFlags {
        normal_nat: true,
        vpn: true,
        subnet_route_v1: true,
        shared_principal: true,
        unsupported: true,
    };
    let expect = |flags, error| {
        let mut twin = Twin::new();
        run(&mut twin, &[vpc(flags)]);
        refused(&mut twin, plain(create(1, 1)), error);
    };
    expect(flags, Error::OperateShareResource);
    flags.shared_principal = false;
    expect(flags, Error::UnsupportedIpv4Gateway);
    flags.unsupported = false;
    expect(flags, Error::NormalNatExist);
    let mut twin = Twin::new();
    run(
        &mut twin,
        &[
            vpc(flags),
            create_vswitch(1, 1, "10.0.0.0/24"),
            create_instance(1, 1, "10.0.0.10"),
            allocate(1, "47.0.0.1", EipMode::MultiBinded),
            bind(1, "i-1"),
            Command::CreateNatGateway {
                nat: NatGatewayId(1),
                vswitch: VSwitchId(1),
                address: a("10.0.0.11"),
                multi_binded: true,
            },
        ],
    );
    refused(&mut twin, plain(create(1, 1)), Error::ExistDirectEip);
    run(&mut twin, &[Command::UnassociateEip(EipId(1))]);
    refused(&mut twin, plain(create(1, 1)), Error::DirectEipExist);
    run(&mut twin, &[Command::DeleteNatGateway(NatGatewayId(1))]);
    refused(&mut twin, plain(create(1, 1)), Error::NormalNatExist);
    flags.normal_nat = false;
    expect(flags, Error::VpnExist);
    flags.vpn = false;
    expect(flags, Error::SubnetRouteV1Exist);
}
