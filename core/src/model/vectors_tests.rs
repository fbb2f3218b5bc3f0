//! The conformance vectors T1 to T29 that need no load balancer, GWLB or DNAT.

use std::format;
use std::vec::Vec;

use super::fixture::*;
use super::{Mode, Twin};
use crate::addr::{EipId, TableId, VpcId};
use crate::region::{Command, EipMode, Error, ForwardProtocol, Origin, RegionOptions};
use crate::resolve::{DropReason, Flow};

/// The base with an enabled gateway as after T5.
fn centralized() -> Twin {
    let mut twin = base();
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[11, 12]))]);
    twin
}

/// T12 on top: a gateway table.
fn with_gateway_table() -> Twin {
    let mut twin = centralized();
    run(&mut twin, &[create_table(20, 1, true)]);
    twin
}

#[test]
fn t1_t2_direct() {
    let mut twin = base();
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[15], &[]));
    run(&mut twin, &[plain(create(1, 1))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[15], &[]));
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), deliver("i-1", &[15], &[]));
}

#[test]
fn t3_t4_t5_enable() {
    let mut twin = base();
    run(&mut twin, &[plain(create(1, 1)), create_table(20, 1, true)]);
    refused(&mut twin, plain(associate(20, 1)), Error::GatewayNotActive);
    refused(&mut twin, plain(enable(1, &[13])), Error::AllZeroConflict);
    refused(&mut twin, plain(enable(1, &[11, 13])), Error::AllZeroConflict);
    run(&mut twin, &[plain(enable(1, &[11, 12]))]);
    let to_gateway = Some(route("0.0.0.0/0", "ipv4gw-1", Origin::Custom));
    assert_eq!(entry(&twin, 11, "0.0.0.0/0"), to_gateway);
    assert_eq!(entry(&twin, 12, "0.0.0.0/0"), to_gateway);
    assert_eq!(twin.mode(VpcId(1)), Some(Mode::Centralized));
}

#[test]
fn t6_t7_t8_t9_centralized_egress() {
    let mut twin = centralized();
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[13], &[]));
    assert_eq!(send(&twin, 2, "8.8.8.8"), egress("47.0.0.2", &[7, 13], &["ngw-1"]));
    run(&mut twin, &[delete_route(12, "0.0.0.0/0")]);
    assert_eq!(send(&twin, 2, "8.8.8.8"), dropped(DropReason::NoRoute, &["ngw-1"]));
    run(
        &mut twin,
        &[
            add_route(12, "0.0.0.0/0", "ipv4gw-1"),
            allocate(3, "47.0.0.3", EipMode::Nat),
            bind(3, "i-2"),
        ],
    );
    assert_eq!(send(&twin, 2, "8.8.8.8"), egress("47.0.0.2", &[7, 13], &["ngw-1"]));
}

#[test]
fn t10_t11_centralized_ingress() {
    let mut twin = centralized();
    let drop = dropped(DropReason::NoIngressRoute, &[]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), drop);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::Reply), deliver("i-1", &[13], &[]));
    let deliver_local = RegionOptions { deliver_local: Some(true), ..Default::default() };
    run(&mut twin, &[Command::Region(deliver_local)]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), deliver("i-1", &[13], &[]));
}

#[test]
fn t12_t14_to_t17_gateway_table() {
    let mut twin = with_gateway_table();
    let system: Vec<_> = ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
        .iter()
        .map(|cidr| route(cidr, "local", Origin::System))
        .collect();
    assert_eq!(twin.routes(TableId(20)), Some(system.clone()));
    refused(&mut twin, add_route(20, "30.0.0.0/16", "i-1"), Error::TableTypeNotPermitted);
    run(&mut twin, &[update_entry(20, "10.0.0.0/24", "i-1")]);
    let custom = Some(route("10.0.0.0/24", "i-1", Origin::Custom));
    assert_eq!(entry(&twin, 20, "10.0.0.0/24"), custom);
    let another = update_entry(20, "10.0.0.0/24", "i-2");
    refused(&mut twin, another, Error::UpdateGatewayRouteEntry);
    run(&mut twin, &[update_entry(20, "10.0.0.0/24", "local")]);
    assert_eq!(twin.routes(TableId(20)), Some(system));
}

#[test]
fn t19_t20_ingress_through_an_interface() {
    let mut twin = with_gateway_table();
    run(&mut twin, &[update_entry(20, "10.0.0.0/24", "i-1"), plain(associate(20, 1))]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), deliver("i-1", &[13], &[]));
    run(
        &mut twin,
        &[
            create_instance(4, 1, "10.0.0.11"),
            allocate(4, "47.0.0.4", EipMode::Nat),
            bind(4, "i-4"),
        ],
    );
    let drop = dropped(DropReason::ApplianceNotForwarding, &[]);
    assert_eq!(receive(&twin, "47.0.0.4", Flow::New), drop);
    run(&mut twin, &[forward(1, true)]);
    let through = deliver("i-4", &[13, 3, 2], &["i-1"]);
    assert_eq!(receive(&twin, "47.0.0.4", Flow::New), through);
    assert_eq!(receive(&twin, "47.0.0.2", Flow::New), dropped(DropReason::NoDnatEntry, &[]));
    assert_eq!(receive(&twin, "47.0.0.2", Flow::Reply), deliver("ngw-1", &[13], &[]));
}

#[test]
fn t22_to_t25_delete() {
    let mut twin = with_gateway_table();
    run(&mut twin, &[plain(associate(20, 1))]);
    refused(&mut twin, plain(delete(1, false)), Error::GatewayAlreadyAssociated);
    refused(&mut twin, plain(delete(1, true)), Error::GatewayAlreadyAssociated);
    run(&mut twin, &[plain(dissociate(20, 1))]);
    refused(&mut twin, plain(delete(1, false)), Error::RouteEntryExist);
    run(
        &mut twin,
        &[delete_route(11, "0.0.0.0/0"), delete_route(12, "0.0.0.0/0"), plain(delete(1, false))],
    );
    assert_eq!(twin.mode(VpcId(1)), Some(Mode::PrivateOnly));
    assert_eq!(send(&twin, 1, "8.8.8.8"), dropped(DropReason::VpcPrivateOnly, &[]));
    assert_eq!(send(&twin, 2, "8.8.8.8"), dropped(DropReason::VpcPrivateOnly, &[]));
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), dropped(DropReason::VpcPrivateOnly, &[]));
    run(&mut twin, &[plain(create(1, 1)), plain(delete(1, true))]);
    assert_eq!(twin.mode(VpcId(1)), Some(Mode::Direct));
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[15], &[]));
}

#[test]
fn t27_t28_t29_user_cidr() {
    let mut twin = base();
    run(&mut twin, &[add_route(11, "30.0.0.0/16", "peer-1")]);
    assert_eq!(send(&twin, 1, "30.0.0.5"), egress("47.0.0.1", &[15], &[]));
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[11]))]);
    assert_eq!(send(&twin, 1, "30.0.0.5"), handoff("peer-1", &[17], &[]));

    let mut twin = Twin::new();
    run(
        &mut twin,
        &[
            create_vpc("vpc-1", "vtb-1", "10.0.0.0/16", &["30.0.0.0/16"]),
            create_vswitch(1, 1, "10.0.0.0/24"),
            create_instance(1, 1, "10.0.0.10"),
            allocate(1, "47.0.0.1", EipMode::Nat),
            bind(1, "i-1"),
            add_route(1, "30.0.0.0/16", "peer-1"),
        ],
    );
    assert_eq!(send(&twin, 1, "30.0.0.5"), handoff("peer-1", &[17], &[]));
}

#[test]
fn walks_beyond_the_vectors() {
    let mut twin = base();
    run(&mut twin, &[create_instance(5, 1, "10.0.0.15"), forward(5, true)]);
    assert_eq!(send(&twin, 1, "10.0.2.10"), deliver("i-2", &[2], &[]));
    assert_eq!(send(&twin, 1, "10.0.1.20"), deliver("ngw-1", &[2], &[]));
    assert_eq!(send(&twin, 1, "10.0.2.11"), dropped(DropReason::NoHost, &[]));
    assert_eq!(send(&twin, 1, "100.100.2.136"), service(&[5], &[]));
    assert_eq!(send(&twin, 1, "224.0.0.1"), dropped(DropReason::MartianDestination, &[]));
    assert_eq!(send(&twin, 2, "8.8.8.8"), egress("47.0.0.2", &[7], &["ngw-1"]));
    assert_eq!(send(&twin, 2, "224.0.0.1"), dropped(DropReason::MartianDestination, &["ngw-1"]));
    assert_eq!(send_as(&twin, 2, "10.0.0.10", "8.8.8.8"), dropped(DropReason::SpoofedSource, &[]));
    assert_eq!(send_as(&twin, 5, "10.0.0.10", "8.8.8.8"), egress("47.0.0.1", &[15], &[]));
    // i-5 sends every unknown destination to itself: it is no hop the first time, then it is.
    run(&mut twin, &[add_route(11, "0.0.0.0/0", "i-5")]);
    assert_eq!(send(&twin, 5, "8.8.8.8"), dropped(DropReason::Loop, &["i-5"]));
    run(&mut twin, &[plain(create(1, 1)), add_route(1, "30.0.0.0/16", "ipv4gw-1")]);
    run(
        &mut twin,
        &[Command::AssociateRouteTable { table: TableId(1), vswitch: crate::addr::VSwitchId(4) }],
    );
    assert_eq!(send(&twin, 3, "30.0.0.1"), dropped(DropReason::GatewayInactive, &[]));
    run(&mut twin, &[plain(enable(1, &[]))]);
    assert_eq!(send(&twin, 3, "30.0.0.1"), dropped(DropReason::NoPublicMapping, &[]));
    assert_eq!(send(&twin, 3, "8.8.8.8"), dropped(DropReason::NoRoute, &[]));
    // A modified entry swaps directly; deletion of what SNAT names is refused.
    run(&mut twin, &[modify_route(1, "30.0.0.0/16", "vpn-3")]);
    assert_eq!(send(&twin, 3, "30.0.0.1"), handoff("vpn-3", &[9], &[]));
    refused(&mut twin, Command::UnassociateEip(EipId(2)), Error::HeldByNatGateway);
    assert_eq!(twin.exposure(crate::addr::VSwitchId(4)), Some("private"));
}

#[test]
fn exposure_of_vswitches() {
    let mut twin = base();
    let exposure = |twin: &Twin, n| twin.exposure(crate::addr::VSwitchId(n));
    run(&mut twin, &[plain(create(1, 1)), add_route(13, "30.0.0.0/16", "ipv4gw-1")]);
    assert_eq!(exposure(&twin, 3), Some("private"));
    run(&mut twin, &[plain(enable(1, &[11]))]);
    assert_eq!(exposure(&twin, 1), Some("public"));
    assert_eq!(exposure(&twin, 3), Some("partial"));
    assert_eq!(exposure(&twin, 4), Some("private"));
    assert_eq!(exposure(&twin, 9), None);
}

/// i-1..=i-17, each in a vSwitch of its own whose table sends the default route to the next one;
/// i-1 has a public address and i-17 forwards to peer-1.
fn chain() -> Twin {
    let mut twin = Twin::new();
    run(&mut twin, &[create_vpc("vpc-1", "vtb-100", "10.0.0.0/16", &[])]);
    for n in 1..=17 {
        run(
            &mut twin,
            &[
                create_vswitch(n, 1, &format!("10.0.{n}.0/24")),
                create_table(n, 1, false),
                associate_table(n, n),
                create_instance(n, n, &format!("10.0.{n}.10")),
                forward(n, true),
            ],
        );
    }
    for n in 1..=16 {
        run(&mut twin, &[add_route(n, "0.0.0.0/0", &format!("i-{}", n + 1))]);
    }
    run(&mut twin, &[add_route(17, "0.0.0.0/0", "peer-1")]);
    run(&mut twin, &[allocate(1, "47.0.0.1", EipMode::Nat), bind(1, "i-1")]);
    twin
}

#[test]
fn walks_of_sixteen_lookups() {
    let mut twin = chain();
    let hops: Vec<_> = (1..=17).map(|n| format!("i-{n}")).collect();
    let hops: Vec<&str> = hops.iter().map(|text| text.as_str()).collect();
    let last_in_time = send(&twin, 2, "8.8.8.8");
    let mut paths = [3; 16];
    paths[15] = 17;
    assert_eq!(last_in_time, handoff("peer-1", &paths, &hops[2..]));
    run(&mut twin, &[Command::UnassociateEip(EipId(1))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), dropped(DropReason::Loop, &hops[1..]));

    // From the Internet the lookup in the gateway table is the first of the sixteen: the chain
    // now leads from the gateway table over i-2 … towards i-1.
    run(
        &mut twin,
        &[
            bind(1, "i-1"),
            create_table(101, 1, true),
            update_entry(101, "10.0.1.0/24", "i-2"),
            plain(create(1, 1)),
            plain(enable(1, &[])),
            plain(associate(101, 1)),
        ],
    );
    for n in 2..=16 {
        run(&mut twin, &[modify_route(n, "10.0.1.0/24", &format!("i-{}", n + 1))]);
    }
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), dropped(DropReason::Loop, &hops[1..]));
    run(&mut twin, &[modify_route(16, "10.0.1.0/24", "local")]);
    let mut paths = [3; 17];
    (paths[0], paths[16]) = (13, 2);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), deliver("i-1", &paths, &hops[1..16]));
}

#[test]
fn ingress_continues_as_egress() {
    let mut twin = with_gateway_table();
    run(
        &mut twin,
        &[
            create_instance(5, 1, "10.0.0.15"),
            forward(5, true),
            update_entry(20, "10.0.1.0/24", "i-5"),
            update_entry(20, "10.0.0.0/24", "i-5"),
            plain(associate(20, 1)),
        ],
    );
    // The packet finds the NAT gateway by Local: New has no DNAT entry, a Reply is delivered.
    assert_eq!(receive(&twin, "47.0.0.2", Flow::New), dropped(DropReason::NoDnatEntry, &["i-5"]));
    let reply = deliver("ngw-1", &[13, 3, 2], &["i-5"]);
    assert_eq!(receive(&twin, "47.0.0.2", Flow::Reply), reply);
    // Sent on by the table of i-5's vSwitch: to the gateway, through it again, or by NAT.
    run(&mut twin, &[modify_route(11, "10.0.0.0/24", "i-5")]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), dropped(DropReason::Loop, &["i-5"]));
    run(&mut twin, &[modify_route(11, "10.0.0.0/24", "i-1")]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), deliver("i-1", &[13, 3, 2], &["i-5"]));
    run(&mut twin, &[modify_route(11, "10.0.0.0/24", "i-2"), forward(2, false)]);
    let drop = dropped(DropReason::ApplianceNotForwarding, &["i-5"]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), drop);
}

#[test]
fn sixteen_lookups_after_translation() {
    let mut twin = chain();
    run(
        &mut twin,
        &[
            create_nat(1, 1, "10.0.1.20"),
            allocate(2, "47.0.0.2", EipMode::Nat),
            bind(2, "ngw-1"),
            add_forward(2, ForwardProtocol::Any, 0, "30.0.0.5", 0),
        ],
    );
    // The NAT gateway that translates the destination takes no lookup, and sixteen hops follow.
    let mut hops: Vec<_> = (1..=17).map(|n| format!("i-{n}")).collect();
    hops[0] = "ngw-1".into();
    let hops: Vec<&str> = hops.iter().map(|text| text.as_str()).collect();
    assert_eq!(receive(&twin, "47.0.0.2", Flow::New), dropped(DropReason::Loop, &hops));
}
