//! One packet through a real region: the step that is answered, and the bytes that change.

use std::string::String;
use std::sync::atomic::AtomicU32;
use std::vec::Vec;

use super::tests::datagram;
use super::*;
use crate::addr::{InstanceId, LoadBalancerId, NatGatewayId};
use crate::limits::Profile;
use crate::region::Region;

/// A VPC in Direct mode: i-1 and i-2 with public addresses, i-3 without, i-5 and i-6 forward.
const BASE: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.1.0/24
create-vswitch vsw-2 vpc-1 10.0.2.0/24
create-vswitch vsw-3 vpc-1 10.0.3.0/24
create-vswitch vsw-5 vpc-1 10.0.5.0/24
create-vswitch vsw-6 vpc-1 10.0.6.0/24
create-route-table vtb-2 vpc-1
create-route-table vtb-3 vpc-1
create-route-table vtb-5 vpc-1
create-route-table vtb-6 vpc-1
create-route-table vtb-9 vpc-1 type=gateway
associate-route-table vtb-2 vsw-2
associate-route-table vtb-3 vsw-3
associate-route-table vtb-5 vsw-5
associate-route-table vtb-6 vsw-6
create-instance i-1 vsw-1 10.0.1.10
create-instance i-2 vsw-2 10.0.2.10
create-instance i-3 vsw-3 10.0.3.10
create-instance i-5 vsw-5 10.0.5.10 forward=on
create-instance i-6 vsw-6 10.0.6.10 forward=on
create-nat-gateway ngw-1 vsw-1 10.0.1.20
allocate-eip eip-1 47.0.0.1
allocate-eip eip-2 47.0.0.2
allocate-eip eip-3 47.0.0.3
allocate-eip eip-4 47.0.0.4
associate-eip eip-1 i-1
associate-eip eip-2 i-2
associate-eip eip-3 ngw-1
create-snat-entry ngw-1 10.0.3.0/24 eip-3
create-route-entry vtb-1 30.0.0.0/16 peer-1
create-route-entry vtb-3 0.0.0.0/0 ngw-1
";

/// In front of i-2 both ways: i-5, and behind it i-6.
const CENTRAL: &str = "\
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-6
create-route-entry vtb-2 0.0.0.0/0 i-5
create-route-entry vtb-5 0.0.0.0/0 i-6
update-gateway-route-table-entry-attribute vtb-9 10.0.2.0/24 i-5
modify-route-entry vtb-5 10.0.2.0/24 i-6
associate-route-table-with-gateway vtb-9 ipv4gw-1
";

struct World {
    memory: Vec<AtomicU32>,
}

impl World {
    fn new(scripts: &[&str]) -> World {
        let words = Region::footprint(&Profile::LARGE);
        let memory = (0..words).map(|_| AtomicU32::new(0)).collect();
        let world = World { memory };
        Region::init(&world.memory, &Profile::LARGE).unwrap();
        for line in scripts.iter().flat_map(|script| script.lines()) {
            world.line(line);
        }
        world
    }

    fn line(&self, line: &str) {
        let mut answer = String::new();
        let mut region = Region::attach(&self.memory).unwrap();
        let _ = crate::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{line}");
    }

    fn step(&self, from: Origin, bytes: &mut [u8], flow: Flow) -> Option<Outcome> {
        process(&Region::attach(&self.memory).unwrap().tables(), from, bytes, flow)
    }

    /// A step that has to leave the packet as it is.
    fn unchanged(&self, from: Origin, source: &str, destination: &str, flow: Flow) -> Next {
        let packet = datagram(addr(source), addr(destination), 64);
        let mut bytes = packet.clone();
        let next = self.step(from, &mut bytes, flow).unwrap().next;
        assert_eq!(bytes, packet);
        next
    }

    /// A step across the border: from these addresses to those.
    fn crosses(&self, from: Origin, before: [&str; 2], after: [&str; 2]) -> Next {
        let mut bytes = datagram(addr(before[0]), addr(before[1]), 64);
        let next = self.step(from, &mut bytes, Flow::New).unwrap().next;
        assert_eq!(bytes, datagram(addr(after[0]), addr(after[1]), 63));
        next
    }
}

fn addr(text: &str) -> Addr {
    Addr::parse(text).unwrap()
}

fn i(number: u16) -> Id {
    InstanceId(number).id()
}

fn interface(number: u16) -> Origin {
    Origin::Interface(Place::Instance(InstanceId(number)))
}

fn via(number: u16) -> Origin {
    Origin::InternetVia(Place::Instance(InstanceId(number)))
}

#[test]
fn the_border_in_direct_mode() {
    let world = World::new(&[BASE]);
    let next = world.crosses(interface(1), ["10.0.1.10", "8.8.8.8"], ["47.0.0.1", "8.8.8.8"]);
    assert_eq!(next, Next::Internet);
    let next = world.crosses(Origin::Internet, ["8.8.8.8", "47.0.0.1"], ["8.8.8.8", "10.0.1.10"]);
    assert_eq!(next, Next::Deliver(i(1)));
}

#[test]
fn what_does_not_cross_the_border_is_unchanged() {
    let world = World::new(&[BASE]);
    let next = |from, source, destination| world.unchanged(from, source, destination, Flow::New);
    assert_eq!(next(interface(1), "10.0.1.10", "10.0.2.10"), Next::Deliver(i(2)));
    let nat = NatGatewayId(1).id();
    assert_eq!(next(interface(1), "10.0.1.10", "10.0.1.20"), Next::Deliver(nat));
    assert_eq!(next(interface(1), "10.0.1.10", "100.64.0.1"), Next::Service);
    assert_eq!(next(interface(1), "10.0.1.10", "10.0.1.99"), Next::Drop(DropReason::NoHost));
    assert_eq!(next(interface(1), "1.1.1.1", "8.8.8.8"), Next::Drop(DropReason::SpoofedSource));
    assert_eq!(
        next(Origin::Internet, "8.8.8.8", "47.0.0.4"),
        Next::Drop(DropReason::NoDestMapping)
    );
    assert_eq!(
        next(Origin::Internet, "10.1.1.1", "47.0.0.1"),
        Next::Drop(DropReason::MartianSource)
    );
    world.line("unassociate-eip eip-1");
    let handoff = next(interface(1), "10.0.1.10", "30.0.0.1");
    assert!(matches!(handoff, Next::Handoff(id) if id.kind == Kind::Peer), "{handoff:?}");
}

#[test]
fn port_translation_is_never_skipped() {
    for scripts in [&[BASE][..], &[BASE, CENTRAL]] {
        let world = World::new(scripts);
        let nat = NatGatewayId(1).id();
        let next =
            |from, source, destination, flow| world.unchanged(from, source, destination, flow);
        assert_eq!(next(interface(3), "10.0.3.10", "8.8.8.8", Flow::New), Next::Translate(nat));
        let inbound = next(Origin::Internet, "8.8.8.8", "47.0.0.3", Flow::Reply);
        assert_eq!(inbound, Next::Translate(nat));
        let inbound = next(Origin::Internet, "8.8.8.8", "47.0.0.3", Flow::New);
        assert!(matches!(inbound, Next::Drop(_)), "{inbound:?}");
    }
}

#[test]
fn a_drop_behind_a_nat_gateway_is_a_drop() {
    let world = World::new(&[BASE, CENTRAL]);
    world.line("create-route-table vtb-7 vpc-1");
    world.line("associate-route-table vtb-7 vsw-1");
    // The translated packet finds no route in the NAT gateway's own table.
    let next = world.unchanged(interface(3), "10.0.3.10", "8.8.8.8", Flow::New);
    assert_eq!(next, Next::Drop(DropReason::NoRoute));
}

#[test]
fn carried_from_hop_to_hop_and_out() {
    let world = World::new(&[BASE, CENTRAL]);
    let (s, d) = ("10.0.2.10", "8.8.8.8");
    assert_eq!(world.unchanged(interface(2), s, d, Flow::New), Next::Forward(i(5)));
    assert_eq!(world.unchanged(interface(5), s, d, Flow::New), Next::Forward(i(6)));
    assert_eq!(world.crosses(interface(6), [s, d], ["47.0.0.2", d]), Next::Internet);
}

#[test]
fn carried_from_hop_to_hop_and_in() {
    let world = World::new(&[BASE, CENTRAL]);
    let (s, d) = ("8.8.8.8", "47.0.0.2");
    assert_eq!(world.unchanged(Origin::Internet, s, d, Flow::New), Next::Forward(i(5)));
    assert_eq!(world.unchanged(via(5), s, d, Flow::New), Next::Forward(i(6)));
    assert_eq!(world.crosses(via(6), [s, d], [s, "10.0.2.10"]), Next::Deliver(i(2)));
    // An interface that is not on the way has it from nowhere, unless it forwards and the way has
    // changed: then the way begins again.
    let forged = Next::Drop(DropReason::SpoofedSource);
    assert_eq!(world.unchanged(via(3), s, d, Flow::New), forged);
    world.line("set-forward i-3 on");
    assert_eq!(world.unchanged(via(3), s, d, Flow::New), Next::Forward(i(5)));
    let mut bytes = datagram(addr(s), addr(d), 64);
    assert_eq!(world.step(via(99), &mut bytes, Flow::New), None);
    assert_eq!(world.step(interface(99), &mut bytes, Flow::New), None);
}

#[test]
fn a_loop_is_dropped_before_it_is_walked() {
    let world = World::new(&[BASE, CENTRAL]);
    world.line("modify-route-entry vtb-6 0.0.0.0/0 i-5");
    for from in [2, 5, 6] {
        let next = world.unchanged(interface(from), "10.0.2.10", "8.8.8.8", Flow::New);
        assert_eq!(next, Next::Drop(DropReason::Loop));
    }
    world.line("modify-route-entry vtb-6 10.0.2.0/24 i-5");
    for from in [Origin::Internet, via(5), via(6)] {
        let next = world.unchanged(from, "8.8.8.8", "47.0.0.2", Flow::New);
        assert_eq!(next, Next::Drop(DropReason::Loop));
    }
}

#[test]
fn the_time_to_live_counts_at_the_border_only() {
    let world = World::new(&[BASE, CENTRAL]);
    for ttl in [0, 1, 2] {
        let cases = [
            (interface(1), "10.0.1.10", "8.8.8.8", true),
            (Origin::Internet, "8.8.8.8", "47.0.0.1", true),
            (via(6), "8.8.8.8", "47.0.0.2", true),
            (Origin::Internet, "8.8.8.8", "47.0.0.2", false),
            (interface(2), "10.0.2.10", "8.8.8.8", false),
            (interface(1), "10.0.1.10", "10.0.2.10", false),
            (interface(1), "10.0.1.10", "100.64.0.1", false),
            (interface(3), "10.0.3.10", "8.8.8.8", false),
        ];
        for (from, source, destination, crosses) in cases {
            let packet = datagram(addr(source), addr(destination), ttl);
            let mut bytes = packet.clone();
            // The gateway table is bound, so New and Reply go the same way.
            let outcome = world.step(from, &mut bytes, Flow::Reply).unwrap();
            let expired = outcome.next == Next::Drop(DropReason::TtlExpired);
            assert_eq!(expired, crosses && ttl < 2, "{from:?} {destination} {ttl}");
            assert_eq!(expired, outcome.verdict.action == Action::Drop(DropReason::TtlExpired));
            assert_eq!(bytes != packet, crosses && ttl == 2);
        }
        // What is dropped anyway is dropped for that reason.
        let mut bytes = datagram(addr("10.0.1.10"), addr("127.0.0.1"), ttl);
        let outcome = world.step(interface(1), &mut bytes, Flow::New).unwrap();
        assert_eq!(outcome.next, Next::Drop(DropReason::MartianDestination));
    }
}

#[test]
fn malformed_bytes_are_dropped_untouched() {
    let world = World::new(&[BASE]);
    let packet = datagram(addr("10.0.1.10"), addr("8.8.8.8"), 64);
    for length in 0..packet.len() {
        let mut bytes = packet[..length].to_vec();
        let outcome = world.step(interface(1), &mut bytes, Flow::New).unwrap();
        assert_eq!(outcome.next, Next::Drop(DropReason::Malformed));
        assert_eq!(bytes, packet[..length]);
    }
}

#[test]
fn the_steps_chained_give_the_verdict() {
    let (mut forwards, mut ends) = (0, 0);
    for scripts in [&[BASE][..], &[BASE, CENTRAL]] {
        let world = World::new(scripts);
        let places = ["8.8.8.8", "30.0.0.1", "100.64.1.1", "10.0.1.10", "10.0.1.20", "10.0.2.10"];
        let more = ["10.0.3.10", "10.0.5.10", "10.0.6.10", "10.0.9.9", "127.0.0.1", "47.0.0.1"];
        let publics = ["47.0.0.1", "47.0.0.2", "47.0.0.3", "47.0.0.4"];
        let mut cases = Vec::new();
        for from in [1, 2, 3, 5, 6] {
            let source = Addr::new(10, 0, from as u8, 10);
            cases.extend(places.iter().chain(&more).map(|d| (interface(from), source, addr(d))));
        }
        cases.extend(publics.iter().map(|d| (Origin::Internet, addr("8.8.8.8"), addr(d))));
        for (origin, source, destination) in cases {
            for flow in [Flow::New, Flow::Reply] {
                let mut from = origin;
                let mut bytes = datagram(source, destination, 64);
                let whole = world.step(from, &mut bytes.clone(), flow).unwrap();
                let mut hops = Vec::new();
                let last = loop {
                    let step = world.step(from, &mut bytes, flow).unwrap();
                    let Next::Forward(hop) = step.next else { break step };
                    hops.push(hop);
                    let port = Place::from_id(hop).unwrap();
                    from = match from {
                        Origin::Interface(_) => Origin::Interface(port),
                        _ => Origin::InternetVia(port),
                    };
                    assert!(hops.len() <= MAX_VIA);
                };
                forwards += hops.len();
                ends += 1;
                assert_eq!(last.verdict.action, whole.verdict.action);
                let mut via = whole.verdict.via.to_vec();
                via.retain(|hop| hop.kind != Kind::NatGateway);
                if last.next != Next::Drop(DropReason::Loop) {
                    assert_eq!(hops, via);
                }
            }
        }
    }
    assert!(forwards > 10 && ends > 200, "{forwards} {ends}");
}

/// A packet that is at an interface cannot have passed a NAT gateway unchanged, even if the routes of
/// now say that the interface lies behind one.
#[test]
fn an_interface_behind_a_nat_gateway_is_no_way_around_it() {
    let world = World::new(&[
        BASE,
        "create-route-table vtb-7 vpc-1\n\
         associate-route-table vtb-7 vsw-1\n\
         modify-route-entry vtb-7 10.0.2.0/24 i-5\n\
         create-forward-entry ngw-1 eip-3 any 0 10.0.2.10 0",
    ]);
    let nat = NatGatewayId(1).id();
    for from in [Origin::Internet, via(5), via(6)] {
        let next = world.unchanged(from, "8.8.8.8", "47.0.0.3", Flow::New);
        assert_eq!(next, Next::Translate(nat), "{from:?}");
    }
}

/// In front of i-2 both ways: ep-1 with two appliances, and behind it ep-2, whose GWLB fails open.
const INSPECTED: &str = "\
create-gwlb gwlb-1
create-gwlb gwlb-2 fail-open=on
register-appliance gwlb-1 app-1
register-appliance gwlb-1 app-2
create-gwlb-endpoint ep-1 vsw-5 gwlb-1
create-gwlb-endpoint ep-2 vsw-6 gwlb-2
create-route-target-group rtg-1 ep-1 ep-2
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-6
create-route-entry vtb-2 0.0.0.0/0 rtg-1
create-route-entry vtb-5 0.0.0.0/0 ep-2
update-gateway-route-table-entry-attribute vtb-9 10.0.2.0/24 ep-1
modify-route-entry vtb-5 10.0.2.0/24 ep-2
associate-route-table-with-gateway vtb-9 ipv4gw-1
";

fn endpoint(number: u16) -> Place {
    Place::Endpoint(EndpointId(number))
}

fn appliance_of(next: Next) -> (u16, u16) {
    let Next::Inspect { endpoint, appliance } = next else { panic!("{next:?}") };
    (endpoint.0, appliance.0)
}

#[test]
fn carried_to_the_same_appliance_out_and_in() {
    let world = World::new(&[BASE, INSPECTED]);
    let (s, d, public) = ("10.0.2.10", "8.8.8.8", "47.0.0.2");
    let [out, back] = [Origin::Interface(endpoint(1)), Origin::InternetVia(endpoint(1))];
    let first = world.unchanged(interface(2), s, d, Flow::New);
    let (ep, app) = appliance_of(first);
    assert_eq!(ep, 1);
    // The endpoint that packets pass uninspected is no step.
    assert_eq!(world.crosses(out, [s, d], [public, d]), Next::Internet);
    assert_eq!(world.unchanged(Origin::Internet, d, public, Flow::Reply), first);
    assert_eq!(world.crosses(back, [d, public], [d, s]), Next::Deliver(i(2)));
    // Another appliance takes over, and another endpoint.
    world.line(&std::format!("set-appliance app-{app} unhealthy"));
    assert_eq!(appliance_of(world.unchanged(interface(2), s, d, Flow::New)), (1, 3 - app));
    world.line("register-appliance gwlb-2 app-3");
    assert_eq!(appliance_of(world.unchanged(out, s, d, Flow::New)), (2, 3));
    assert_eq!(appliance_of(world.unchanged(back, d, public, Flow::New)), (2, 3));
    let behind = Origin::Interface(endpoint(2));
    assert_eq!(world.crosses(behind, [s, d], [public, d]), Next::Internet);
    world.line("switch-active rtg-1");
    assert_eq!(appliance_of(world.unchanged(interface(2), s, d, Flow::New)), (2, 3));
    // None is left.
    world.line("deregister-appliance app-1");
    world.line("deregister-appliance app-2");
    let drop = Next::Drop(DropReason::ApplianceUnavailable);
    assert_eq!(world.unchanged(Origin::Internet, d, public, Flow::New), drop);
    let mut bytes = datagram(addr(s), addr(d), 64);
    assert_eq!(world.step(Origin::Interface(endpoint(9)), &mut bytes, Flow::New), None);
    assert_eq!(world.step(Origin::InternetVia(endpoint(9)), &mut bytes, Flow::New), None);
}

/// A packet comes back from inspection to a VPC that has meanwhile become one without a gateway.
#[test]
fn back_from_inspection_after_a_mode_switch() {
    let world = World::new(&[BASE, INSPECTED]);
    let behind = Origin::Interface(endpoint(2));
    let (s, d) = ("10.0.2.10", "8.8.8.8");
    for line in [
        "dissociate-route-table-from-gateway vtb-9 ipv4gw-1",
        "region blackout=on",
        "begin delete-ipv4-gateway ipv4gw-1 mode=public",
    ] {
        world.line(line);
    }
    let switch = Next::Drop(DropReason::ModeSwitch);
    assert_eq!(world.unchanged(behind, s, d, Flow::New), switch);
    world.line("commit ipv4gw-1");
    assert_eq!(world.crosses(behind, [s, d], ["47.0.0.2", d]), Next::Internet);
}

#[test]
fn load_balancers_answer() {
    let world = World::new(&[
        BASE,
        "create-load-balancer lb-1 internal vsw-1 10.0.1.30\n\
         create-load-balancer lb-2 internet vpc-1 47.0.0.9\n\
         associate-eip eip-4 lb-1",
    ]);
    let from = |number| Origin::Interface(Place::LoadBalancer(LoadBalancerId(number)));
    let d = "8.8.8.8";
    for (number, own, public) in [(1, "10.0.1.30", "47.0.0.4"), (2, "47.0.0.9", "47.0.0.9")] {
        let next = world.crosses(Origin::Internet, [d, public], [d, own]);
        assert_eq!(next, Next::Deliver(LoadBalancerId(number).id()));
        let mut bytes = datagram(addr(own), addr(d), 64);
        let answer = world.step(from(number), &mut bytes, Flow::Reply).unwrap();
        assert_eq!(answer.next, Next::Internet);
        assert_eq!(bytes, datagram(addr(public), addr(d), 63));
        let new = world.unchanged(from(number), own, d, Flow::New);
        assert_eq!(new, Next::Drop(DropReason::LbNoOriginate));
        let spoofed = world.unchanged(from(number), "10.0.1.31", d, Flow::Reply);
        assert_eq!(spoofed, Next::Drop(DropReason::SpoofedSource));
    }
    let next = world.unchanged(from(1), "10.0.1.30", "10.0.1.10", Flow::Reply);
    assert_eq!(next, Next::Deliver(i(1)));
    let mut bytes = datagram(addr("10.0.1.30"), addr(d), 64);
    assert_eq!(world.step(from(3), &mut bytes, Flow::Reply), None);
}

/// A drop behind a NAT gateway cannot be walked to by the unchanged packet, whatever lies between.
#[test]
fn a_drop_far_behind_a_nat_gateway_is_a_drop() {
    let world = World::new(&[
        BASE,
        "create-ipv4-gateway ipv4gw-1 vpc-1\n\
         enable-vpc-ipv4-gateway ipv4gw-1 vtb-6\n\
         create-route-table vtb-7 vpc-1\n\
         associate-route-table vtb-7 vsw-1\n\
         create-route-entry vtb-7 0.0.0.0/0 i-5\n\
         create-route-entry vtb-2 0.0.0.0/0 i-6\n\
         modify-route-entry vtb-6 0.0.0.0/0 ngw-1\n\
         create-snat-entry ngw-1 10.0.2.0/24 eip-3",
    ]);
    let no_route = Next::Drop(DropReason::NoRoute);
    assert_eq!(world.unchanged(interface(3), "10.0.3.10", "8.8.8.8", Flow::New), no_route);
    // Before it the packet is carried on.
    let next = |from| world.unchanged(interface(from), "10.0.2.10", "8.8.8.8", Flow::New);
    assert_eq!(next(2), Next::Forward(i(6)));
    assert_eq!(next(6), no_route);
}

#[test]
fn places_have_ids() {
    for place in [
        Place::Instance(InstanceId(1)),
        Place::NetworkInterface(crate::addr::NetworkInterfaceId(2)),
        endpoint(3),
        Place::LoadBalancer(LoadBalancerId(4)),
    ] {
        assert_eq!(Place::from_id(place.id()), Some(place));
    }
    assert_eq!(Place::from_id(NatGatewayId(1).id()), None);
    let port = crate::region::Port::Instance(InstanceId(5));
    assert_eq!(Place::from(port).id(), port.id());
}
