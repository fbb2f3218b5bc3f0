//! Load balancers, forward entries, Dynamic routes and equal-cost sets.

use std::format;

use super::Twin;
use super::fixture::*;
use super::walk::ecmp_hash;
use crate::addr::*;
use crate::region::ForwardProtocol::{Any, Tcp, Udp};
use crate::region::*;
use crate::resolve::{DropReason, Flow, Verdict};

/// The base with lb-1 (10.0.0.20, eip-3) and lb-2 (10.0.0.21) in vsw-1, and lb-3 of the Internet.
fn balanced() -> Twin {
    let mut twin = base();
    run(
        &mut twin,
        &[
            internal_balancer(1, 1, "10.0.0.20"),
            internal_balancer(2, 1, "10.0.0.21"),
            internet_balancer(3, 1, "47.0.0.9"),
            allocate(3, "47.0.0.3", EipMode::Nat),
            bind(3, "lb-1"),
        ],
    );
    twin
}

#[test]
fn load_balancers_send() {
    let mut twin = balanced();
    let new = dropped(DropReason::LbNoOriginate, &[]);
    let spoofed = dropped(DropReason::SpoofedSource, &[]);
    let martian = dropped(DropReason::MartianDestination, &[]);
    let reply = |twin: &Twin, n, from: &str, to: &str| send_lb(twin, n, from, to, Flow::Reply);
    for (n, own) in [(1, "10.0.0.20"), (2, "10.0.0.21"), (3, "47.0.0.9")] {
        assert_eq!(send_lb(&twin, n, own, "8.8.8.8", Flow::New), new);
        assert_eq!(send_lb(&twin, n, "10.0.0.10", "8.8.8.8", Flow::New), spoofed);
        assert_eq!(reply(&twin, n, "10.0.0.10", "8.8.8.8"), spoofed);
    }
    let unknown = packet(("47.0.0.9", 1), ("8.8.8.8", 1), 6);
    assert_eq!(twin.egress(id("lb-9"), &unknown, Flow::Reply), None);
    assert_eq!(twin.egress(id("ngw-1"), &unknown, Flow::Reply), None);
    let (public, internet) = (egress("47.0.0.3", &[15], &[]), egress("47.0.0.9", &[15], &[]));
    assert_eq!(reply(&twin, 1, "10.0.0.20", "8.8.8.8"), public);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "224.0.0.1"), martian);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "10.0.2.10"), deliver("i-2", &[2], &[]));
    assert_eq!(reply(&twin, 2, "10.0.0.21", "8.8.8.8"), dropped(DropReason::NoRoute, &[]));
    assert_eq!(reply(&twin, 3, "47.0.0.9", "8.8.8.8"), internet);
    assert_eq!(reply(&twin, 3, "47.0.0.9", "10.0.2.10"), martian);
    // Centralized: an exempt one leaves directly to the outside, one without address by the table.
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[11]))]);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "8.8.8.8"), public);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "224.0.0.1"), martian);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "10.0.2.10"), deliver("i-2", &[2], &[]));
    let no_mapping = dropped(DropReason::NoPublicMapping, &[]);
    assert_eq!(reply(&twin, 2, "10.0.0.21", "8.8.8.8"), no_mapping);
    assert_eq!(reply(&twin, 3, "47.0.0.9", "8.8.8.8"), internet);
    run(&mut twin, &[options(|o| o.clb_restricted = Some(true))]);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "8.8.8.8"), egress("47.0.0.3", &[13], &[]));
    assert_eq!(reply(&twin, 3, "47.0.0.9", "8.8.8.8"), internet);
    // PrivateOnly: only the load balancer of the Internet is left.
    run(&mut twin, &[delete_route(11, "0.0.0.0/0"), plain(delete(1, false))]);
    run(&mut twin, &[options(|o| o.clb_restricted = Some(false))]);
    let private = dropped(DropReason::VpcPrivateOnly, &[]);
    assert_eq!(reply(&twin, 1, "10.0.0.20", "8.8.8.8"), private);
    assert_eq!(reply(&twin, 2, "10.0.0.21", "8.8.8.8"), dropped(DropReason::NoRoute, &[]));
    assert_eq!(reply(&twin, 3, "47.0.0.9", "8.8.8.8"), internet);
}

#[test]
fn load_balancers_receive() {
    let mut twin = balanced();
    let new = |twin: &Twin, public| receive(twin, public, Flow::New);
    let (internal, internet) = (deliver("lb-1", &[15], &[]), deliver("lb-3", &[15], &[]));
    assert_eq!(new(&twin, "47.0.0.3"), internal);
    assert_eq!(new(&twin, "47.0.0.9"), internet);
    assert_eq!(send(&twin, 2, "10.0.0.21"), deliver("lb-2", &[2], &[]));
    let martian = packet(("10.0.0.10", 1), ("47.0.0.9", 1), 6);
    assert_eq!(twin.ingress(&martian, Flow::New), dropped(DropReason::MartianSource, &[]));
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[11]))]);
    assert_eq!(new(&twin, "47.0.0.3"), internal, "exempt");
    assert_eq!(new(&twin, "47.0.0.9"), internet);
    run(&mut twin, &[options(|o| o.clb_restricted = Some(true))]);
    assert_eq!(new(&twin, "47.0.0.3"), dropped(DropReason::NoIngressRoute, &[]));
    let reply = receive(&twin, "47.0.0.3", Flow::Reply);
    assert_eq!(reply, deliver("lb-1", &[13], &[]));
    run(&mut twin, &[create_table(20, 1, true), plain(associate(20, 1))]);
    assert_eq!(new(&twin, "47.0.0.3"), deliver("lb-1", &[13], &[]));
    run(&mut twin, &[update_entry(20, "10.0.0.0/24", "i-2"), forward(2, true)]);
    assert_eq!(new(&twin, "47.0.0.3"), deliver("lb-1", &[13, 3, 2], &["i-2"]));
    run(&mut twin, &[plain(dissociate(20, 1)), delete_route(11, "0.0.0.0/0")]);
    run(&mut twin, &[plain(delete(1, false))]);
    assert_eq!(new(&twin, "47.0.0.3"), dropped(DropReason::VpcPrivateOnly, &[]));
    assert_eq!(new(&twin, "47.0.0.9"), internet);
    run(&mut twin, &[Command::DeleteLoadBalancer(LoadBalancerId(3))]);
    assert_eq!(new(&twin, "47.0.0.9"), dropped(DropReason::NoDestMapping, &[]));
}

/// A packet comes from 8.8.8.8 to a port of a public address.
fn arrives(twin: &Twin, public: &str, port: u16, protocol: u8, flow: Flow) -> Verdict {
    twin.ingress(&packet(("8.8.8.8", 40000), (public, port), protocol), flow)
}

#[test]
fn forward_entries() {
    let mut twin = base();
    run(
        &mut twin,
        &[
            add_forward(2, Tcp, 80, "10.0.2.10", 8080),
            add_forward(2, Udp, 80, "10.0.3.10", 80),
            allocate(3, "47.0.0.3", EipMode::Nat),
            bind(3, "ngw-1"),
            add_forward(3, Any, 0, "10.0.2.10", 0),
        ],
    );
    let none = dropped(DropReason::NoDnatEntry, &[]);
    let to = |target| deliver(target, &[15, 7, 2], &["ngw-1"]);
    let new =
        |twin: &Twin, public, port, protocol| arrives(twin, public, port, protocol, Flow::New);
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), to("i-2"));
    assert_eq!(new(&twin, "47.0.0.2", 80, 17), to("i-3"));
    assert_eq!(new(&twin, "47.0.0.2", 81, 6), none);
    assert_eq!(new(&twin, "47.0.0.2", 8080, 6), none);
    assert_eq!(new(&twin, "47.0.0.2", 80, 1), none, "ICMP matches no port");
    for protocol in [6, 17, 1, 47] {
        assert_eq!(new(&twin, "47.0.0.3", 9, protocol), to("i-2"));
    }
    let reply = arrives(&twin, "47.0.0.2", 80, 6, Flow::Reply);
    assert_eq!(reply, deliver("ngw-1", &[15], &[]));

    // Answers leave by the address that they were asked at: the lowest that matches.
    let answer = |twin: &Twin, port, protocol, flow| {
        let header = packet(("10.0.2.10", port), ("8.8.8.8", 40000), protocol);
        twin.egress(id("i-2"), &header, flow).unwrap()
    };
    let by = |public| egress(public, &[7], &["ngw-1"]);
    assert_eq!(answer(&twin, 8080, 6, Flow::Reply), by("47.0.0.2"));
    assert_eq!(answer(&twin, 80, 6, Flow::Reply), by("47.0.0.3"), "`any` takes every port");
    assert_eq!(answer(&twin, 8080, 17, Flow::Reply), by("47.0.0.3"));
    assert_eq!(answer(&twin, 0, 1, Flow::Reply), by("47.0.0.3"));
    assert_eq!(answer(&twin, 80, 6, Flow::New), by("47.0.0.2"), "by SNAT");
    // With an entry, no SNAT entry is needed.
    let snat = Command::DeleteSnatEntry { nat: NatGatewayId(1), prefix: p("10.0.0.0/16") };
    run(&mut twin, &[snat]);
    assert_eq!(answer(&twin, 8080, 6, Flow::Reply), by("47.0.0.2"));
    assert_eq!(answer(&twin, 8080, 6, Flow::New), dropped(DropReason::NoSnatEntry, &[]));

    // Centralized, with and without a gateway table.
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[12]))]);
    assert_eq!(answer(&twin, 8080, 6, Flow::Reply), egress("47.0.0.2", &[7, 13], &["ngw-1"]));
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), dropped(DropReason::NoIngressRoute, &[]));
    run(&mut twin, &[create_table(20, 1, true), plain(associate(20, 1))]);
    let through_nat = deliver("i-2", &[13, 7, 2], &["ngw-1"]);
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), through_nat);
    // Over an interface to the NAT gateway's address, then translated.
    run(&mut twin, &[update_entry(20, "10.0.1.0/24", "i-3"), forward(3, true)]);
    let both = deliver("i-2", &[13, 3, 7, 2], &["i-3", "ngw-1"]);
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), both);
    assert_eq!(new(&twin, "47.0.0.2", 81, 6), dropped(DropReason::NoDnatEntry, &["i-3"]));
    let reply = arrives(&twin, "47.0.0.2", 80, 6, Flow::Reply);
    assert_eq!(reply, deliver("ngw-1", &[13, 3, 2], &["i-3"]));
    // i-3 again after the translation.
    run(&mut twin, &[modify_route(12, "10.0.2.0/24", "i-3")]);
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), dropped(DropReason::Loop, &["i-3", "ngw-1"]));
    run(&mut twin, &[plain(dissociate(20, 1)), delete_route(12, "0.0.0.0/0")]);
    run(&mut twin, &[plain(delete(1, false))]);
    assert_eq!(new(&twin, "47.0.0.2", 80, 6), dropped(DropReason::VpcPrivateOnly, &[]));
}

#[test]
fn forward_entries_to_other_places() {
    let mut twin = base();
    run(
        &mut twin,
        &[
            create_nat(2, 3, "10.0.2.30"),
            add_forward(2, Tcp, 1, "10.0.1.20", 1),
            add_forward(2, Tcp, 2, "10.0.2.30", 2),
            add_forward(2, Tcp, 3, "10.0.2.77", 3),
            add_forward(2, Tcp, 4, "30.0.0.5", 4),
            add_forward(2, Tcp, 5, "40.0.0.5", 5),
            add_forward(2, Tcp, 6, "50.0.0.5", 6),
            add_forward(2, Tcp, 7, "60.0.0.5", 7),
            add_forward(2, Tcp, 8, "100.100.0.5", 8),
            add_route(12, "40.0.0.0/16", "peer-1"),
            add_route(12, "50.0.0.0/16", "ngw-1"),
            add_route(12, "60.0.0.0/16", "ngw-2"),
        ],
    );
    let new = |port| arrives(&twin, "47.0.0.2", port, 6, Flow::New);
    let via = &["ngw-1"];
    // Any owner of the new destination gets it, a NAT gateway too: it is translated once.
    assert_eq!(new(1), deliver("ngw-1", &[15, 7, 2], via));
    assert_eq!(new(2), deliver("ngw-2", &[15, 7, 2], via));
    assert_eq!(new(3), dropped(DropReason::NoHost, via));
    assert_eq!(new(4), dropped(DropReason::NoRoute, via));
    assert_eq!(new(5), handoff("peer-1", &[15, 7, 17], via));
    // The Internet source is no source of SNAT, and ngw-1 was passed.
    assert_eq!(new(6), dropped(DropReason::Loop, via));
    assert_eq!(new(7), dropped(DropReason::NoSnatEntry, via));
    assert_eq!(new(8), service(&[15, 7, 5], via));
    // A gateway finds no mapping for it.
    run(&mut twin, &[plain(create(1, 1)), modify_route(12, "40.0.0.0/16", "ipv4gw-1")]);
    let new = |twin: &Twin, port| arrives(twin, "47.0.0.2", port, 6, Flow::New);
    assert_eq!(new(&twin, 5), dropped(DropReason::GatewayInactive, via));
    run(&mut twin, &[plain(enable(1, &[])), options(|o| o.deliver_local = Some(true))]);
    assert_eq!(new(&twin, 5), dropped(DropReason::NoPublicMapping, via));
    // A NAT gateway on the way translates the source too.
    let snat =
        Command::CreateSnatEntry { nat: NatGatewayId(2), prefix: Prefix::DEFAULT, eip: EipId(3) };
    run(&mut twin, &[allocate(3, "47.0.0.3", EipMode::Nat), bind(3, "ngw-2"), snat]);
    run(&mut twin, &[delete_route(13, "0.0.0.0/0"), add_route(13, "0.0.0.0/0", "ipv4gw-1")]);
    let twice = egress("47.0.0.3", &[13, 7, 7, 13], &["ngw-1", "ngw-2"]);
    assert_eq!(new(&twin, 7), twice);
}

#[test]
fn dynamic_routes() {
    let mut twin = base();
    let peer = |text: &str| NextHop::new(id(text)).unwrap();
    let found = |twin: &Twin| entry(twin, 11, "30.0.0.0/16");
    let dynamic = |hop| Some(route("30.0.0.0/16", hop, Origin::Dynamic));
    run(&mut twin, &[announce(11, "30.0.0.0/16", peer("vpn-1"))]);
    assert_eq!(found(&twin), dynamic("vpn-1"));
    assert_eq!(send(&twin, 3, "30.0.0.5"), egress("47.0.0.2", &[7], &["ngw-1"]));
    // Announced again: the next hop is replaced.
    run(&mut twin, &[announce(11, "30.0.0.0/16", peer("peer-2"))]);
    assert_eq!(found(&twin), dynamic("peer-2"));
    refused(&mut twin, add_route(11, "30.0.0.0/16", "i-2"), Error::RouteConflictAlreadyExist);
    // A candidate while a Custom entry has the destination.
    run(&mut twin, &[withdraw(11, "30.0.0.0/16"), add_route(11, "30.0.0.0/16", "tr-1")]);
    refused(&mut twin, withdraw(11, "30.0.0.0/16"), Error::NoRouteEntry);
    run(&mut twin, &[announce(11, "30.0.0.0/16", peer("ecr-1"))]);
    let custom = Some(route("30.0.0.0/16", "tr-1", Origin::Custom));
    assert_eq!(found(&twin), custom);
    run(&mut twin, &[announce(11, "30.0.0.0/16", peer("ecr-2"))]);
    run(&mut twin, &[modify_route(11, "30.0.0.0/16", "tr-2"), delete_route(11, "30.0.0.0/16")]);
    assert_eq!(found(&twin), dynamic("ecr-2"));
    refused(&mut twin, delete_route(11, "30.0.0.0/16"), Error::DeleteManagedRouteEntry);
    let modify = modify_route(11, "30.0.0.0/16", "tr-2");
    refused(&mut twin, modify, Error::ModifyManagedRouteEntry);
    run(&mut twin, &[withdraw(11, "30.0.0.0/16")]);
    assert_eq!(found(&twin), None);
    // Withdraw finds candidates too.
    run(&mut twin, &[add_route(11, "30.0.0.0/16", "tr-1")]);
    run(&mut twin, &[announce(11, "30.0.0.0/16", peer("ecr-1")), withdraw(11, "30.0.0.0/16")]);
    run(&mut twin, &[delete_route(11, "30.0.0.0/16")]);
    assert_eq!(found(&twin), None);
    // An effective 0.0.0.0/0 keeps enable from its table; a public delete uncovers a candidate.
    run(&mut twin, &[plain(create(1, 1)), announce(12, "0.0.0.0/0", peer("vpn-1"))]);
    refused(&mut twin, plain(enable(1, &[12])), Error::AllZeroConflict);
    run(&mut twin, &[plain(enable(1, &[11])), announce(11, "0.0.0.0/0", peer("vpn-1"))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[13], &[]));
    run(&mut twin, &[plain(delete(1, true))]);
    let default = Some(route("0.0.0.0/0", "vpn-1", Origin::Dynamic));
    assert_eq!(entry(&twin, 11, "0.0.0.0/0"), default);
    // The entries go with their table.
    run(&mut twin, &[create_table(15, 1, false), announce(15, "30.0.0.0/16", peer("vpn-1"))]);
    run(&mut twin, &[Command::DeleteRouteTable(TableId(15))]);
}

#[test]
fn members_of_equal_cost_sets() {
    let hash = |from, to, protocol| ecmp_hash(&packet(from, to, protocol));
    let (host, peer) = (("10.0.0.10", 40000), ("8.8.8.8", 443));
    assert_eq!(hash(host, peer, 6), 0xa5c2_4b25);
    assert_eq!(hash(peer, host, 6), 0xa5c2_4b25, "both directions");
    assert_eq!(hash(host, peer, 17), 0xd8cc_acf9);
    assert_eq!(hash(host, peer, 1), 0xe154_f71b);
    assert_eq!(hash(("10.0.0.10", 0), ("8.8.8.8", 0), 1), 0xe154_f71b);
    assert_eq!(hash(("10.0.0.10", 443), ("10.0.0.10", 40000), 6), 0x935f_afa9);
    assert_eq!(hash(("200.0.0.1", 1), ("8.8.8.8", 65535), 17), 0xe56f_884a);

    let mut twin = base();
    let set = equal_cost(&[9, 3, 5]);
    let add = |table, next_hop| Command::CreateRouteEntry {
        table: TableId(table),
        prefix: p("30.0.0.0/16"),
        next_hop,
    };
    run(&mut twin, &[add(11, set), add(12, set), announce(13, "30.0.0.0/16", equal_cost(&[1, 2]))]);
    assert_eq!(entry(&twin, 11, "30.0.0.0/16").unwrap().next_hop, Some(set));
    let over = |n: u16, code| handoff(&format!("ri-{n}"), code, &[]);
    // vtb-11 in PrivateOnly, where i-1's address does not lead out directly: hash 0x21fce764.
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[])), plain(delete(1, false))]);
    assert_eq!(send(&twin, 1, "30.0.0.5"), over(3, &[10]));
    // 10.0.2.10 over two members: hash 0x1846c912.
    assert_eq!(send(&twin, 2, "30.0.0.5"), over(1, &[10]));

    // As the packet is at that lookup: behind ngw-1 the source is 10.0.1.20, hash 0xf02bcb1f.
    run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[]))]);
    let translated = handoff("ri-9", &[7, 10], &["ngw-1"]);
    assert_eq!(send(&twin, 3, "30.0.0.5"), translated);
    // After DNAT the destination is the private end: port 8080 hashes to 0x89636db1, 443 to
    // 0x31ef4a6e.
    run(&mut twin, &[options(|o| o.deliver_local = Some(true))]);
    run(&mut twin, &[add_forward(2, Tcp, 443, "30.0.0.5", 8080)]);
    let private_port = handoff("ri-5", &[13, 7, 10], &["ngw-1"]);
    assert_eq!(receive(&twin, "47.0.0.2", Flow::New), private_port);
    run(&mut twin, &[delete_forward(2, Tcp, 443), add_forward(2, Any, 0, "30.0.0.5", 0)]);
    let same_port = handoff("ri-3", &[13, 7, 10], &["ngw-1"]);
    assert_eq!(receive(&twin, "47.0.0.2", Flow::New), same_port);
}
