//! Packets through endpoints and route target groups; T35.

use super::Twin;
use super::fixture::*;
use crate::addr::*;
use crate::region::*;
use crate::resolve::{DropReason, Flow};

/// The base with ep-1 and ep-2 of gwlb-1 (app-1) in vsw-2 and vsw-4, ep-3 of gwlb-2 (fail-open,
/// no appliance) in vsw-4, and rtg-1 of ep-1 and ep-2; vtb-12 and vtb-14 lead to the gateway,
/// which is enabled, and its table is vtb-20.
fn inspected() -> Twin {
    let mut twin = base();
    run(
        &mut twin,
        &[
            create_gwlb(1, false),
            create_gwlb(2, true),
            register(1, 1),
            create_endpoint(1, 2, 1),
            create_endpoint(2, 4, 1),
            create_endpoint(3, 4, 2),
            create_group(1, 1, 2),
            create_table(20, 1, true),
            plain(create(1, 1)),
            delete_route(14, "0.0.0.0/0"),
            plain(enable(1, &[12, 14])),
            plain(associate(20, 1)),
        ],
    );
    twin
}

#[test]
fn t35_both_ways() {
    let mut twin = inspected();
    run(&mut twin, &[add_route(11, "0.0.0.0/0", "ep-1"), update_entry(20, "10.0.0.0/24", "ep-1")]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[22, 13], &["ep-1"]));
    let delivered = deliver("i-1", &[13, 22, 2], &["ep-1"]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), delivered);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::Reply), delivered);
    // To an address that the VPC has no other interface for, and back through the same endpoint.
    run(&mut twin, &[modify_route(12, "10.0.0.0/24", "ep-1")]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), dropped(DropReason::Loop, &["ep-1"]));
    // LOOP is asked before the appliances are.
    run(&mut twin, &[modify_route(12, "10.0.0.0/24", "rtg-1")]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), dropped(DropReason::Loop, &["ep-1"]));
    run(&mut twin, &[modify_route(12, "10.0.0.0/24", "ep-2")]);
    let twice = deliver("i-1", &[13, 22, 22, 2], &["ep-1", "ep-2"]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), twice);
    // Overriding an entry of a vSwitch's table inspects what stays inside.
    run(&mut twin, &[modify_route(13, "10.0.0.0/24", "ep-2")]);
    assert_eq!(send(&twin, 2, "10.0.0.10"), deliver("i-1", &[22, 2], &["ep-2"]));
}

#[test]
fn no_healthy_appliance() {
    let mut twin = inspected();
    run(&mut twin, &[add_route(11, "0.0.0.0/0", "ep-1"), update_entry(20, "10.0.0.0/24", "ep-1")]);
    let unavailable = dropped(DropReason::ApplianceUnavailable, &[]);
    let leaves = egress("47.0.0.1", &[22, 13], &["ep-1"]);
    run(&mut twin, &[set_appliance(1, false)]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), unavailable);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::Reply), unavailable);
    run(&mut twin, &[register(1, 2)]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), leaves);
    run(&mut twin, &[Command::DeregisterAppliance(ApplianceId(2))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), unavailable);
    run(&mut twin, &[set_appliance(1, true)]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), leaves);
    run(&mut twin, &[Command::DeregisterAppliance(ApplianceId(1))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), unavailable);
    // fail-open: uninspected, but through the endpoint.
    run(&mut twin, &[modify_route(11, "0.0.0.0/0", "ep-3")]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[22, 13], &["ep-3"]));
    // An unusable next hop still wins over a shorter prefix.
    run(&mut twin, &[add_route(11, "8.8.0.0/16", "ep-1")]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), unavailable);
}

#[test]
fn roles_of_a_group() {
    let mut twin = inspected();
    run(&mut twin, &[add_route(11, "0.0.0.0/0", "rtg-1")]);
    let by = |endpoint| egress("47.0.0.1", &[22, 13], &[endpoint]);
    let roles = |twin: &Twin| {
        let group = &twin.groups[&RouteTargetGroupId(1)];
        let marks = (group.active_health.abnormal, group.standby_health.abnormal);
        ((group.active.0, group.standby.0), marks)
    };
    assert_eq!(send(&twin, 1, "8.8.8.8"), by("ep-1"));
    // Two failed probes, a good one, two failed ones: no three in a row.
    let fail = |endpoint| probe(1, endpoint, false);
    let good = |endpoint| probe(1, endpoint, true);
    run(&mut twin, &[fail(1), fail(1), good(1), fail(1), fail(1)]);
    assert_eq!(roles(&twin), ((1, 2), (false, false)));
    // The other member's reports do not end the run.
    run(&mut twin, &[good(2), fail(1)]);
    assert_eq!(roles(&twin), ((2, 1), (false, true)));
    assert_eq!(send(&twin, 1, "8.8.8.8"), by("ep-2"));
    // The recovered member does not take its role back by itself.
    run(&mut twin, &[good(1), good(1), fail(1), good(1), good(1)]);
    assert_eq!(roles(&twin), ((2, 1), (false, true)));
    run(&mut twin, &[good(1)]);
    assert_eq!(roles(&twin), ((2, 1), (false, false)));
    run(&mut twin, &[fail(2), fail(2), fail(2)]);
    assert_eq!(roles(&twin), ((1, 2), (false, true)));
    // By hand, whatever the marks; the next report of any member changes the roles back.
    run(&mut twin, &[Command::SwitchActive(RouteTargetGroupId(1))]);
    assert_eq!(roles(&twin), ((2, 1), (true, false)));
    assert_eq!(send(&twin, 1, "8.8.8.8"), by("ep-2"));
    run(&mut twin, &[good(1)]);
    assert_eq!(roles(&twin), ((1, 2), (false, true)));
    // Both abnormal: the roles stay, nothing passes, not even by fail-open or round a loop.
    run(&mut twin, &[fail(1), fail(1), fail(1)]);
    assert_eq!(roles(&twin), ((1, 2), (true, true)));
    let unavailable = dropped(DropReason::ApplianceUnavailable, &[]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), unavailable);
    run(
        &mut twin,
        &[modify_route(11, "0.0.0.0/0", "ep-1"), modify_route(12, "0.0.0.0/0", "rtg-1")],
    );
    assert_eq!(send(&twin, 1, "8.8.8.8"), dropped(DropReason::Loop, &["ep-1"]));
    // One recovers, the standby: it takes over with the same report.
    run(&mut twin, &[good(2), good(2), good(2)]);
    assert_eq!(roles(&twin), ((2, 1), (false, true)));
    // Probe runs and marks are no configuration; roles are.
    let configuration = twin.configuration();
    run(&mut twin, &[fail(2), good(1)]);
    assert_eq!(twin.configuration(), configuration);
    run(&mut twin, &[Command::SwitchActive(RouteTargetGroupId(1))]);
    assert_ne!(twin.configuration(), configuration);
}

#[test]
fn a_group_with_fail_open_members() {
    let mut twin = inspected();
    run(
        &mut twin,
        &[create_endpoint(4, 2, 2), create_group(2, 3, 4), add_route(11, "0.0.0.0/0", "rtg-2")],
    );
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[22, 13], &["ep-3"]));
    for endpoint in [3, 4] {
        run(&mut twin, &[probe(2, endpoint, false), probe(2, endpoint, false)]);
        run(&mut twin, &[probe(2, endpoint, false)]);
    }
    assert_eq!(send(&twin, 1, "8.8.8.8"), dropped(DropReason::ApplianceUnavailable, &[]));
}

/// Between begin and commit a packet of the VPC passes only if it would after the commit too.
#[test]
fn blackout() {
    let mut twin = base();
    run(
        &mut twin,
        &[
            plain(create(1, 1)),
            create_vpc("vpc-2", "vtb-2", "10.0.0.0/16", &[]),
            begin(enable(1, &[11])),
        ],
    );
    let before = egress("47.0.0.1", &[15], &[]);
    let switching = dropped(DropReason::ModeSwitch, &[]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), before);
    run(&mut twin, &[options(|o| o.blackout = Some(true))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), switching);
    // From the Internet: path 15 now, NO_INGRESS_ROUTE then.
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), switching);
    assert_eq!(receive(&twin, "47.0.0.9", Flow::New), dropped(DropReason::NoDestMapping, &[]));
    // The same in both worlds; and with a hop passed, which MODE_SWITCH does not name.
    assert_eq!(send(&twin, 1, "10.0.2.10"), deliver("i-2", &[2], &[]));
    assert_eq!(send(&twin, 2, "8.8.8.8"), switching);
    assert_eq!(send(&twin, 2, "224.0.0.1"), switching, "vtb-12 has no route then");
    // A commit that would be refused ends as things are.
    run(&mut twin, &[add_route(11, "0.0.0.0/0", "peer-1")]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), before);
    run(&mut twin, &[delete_route(11, "0.0.0.0/0")]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), switching);
    // Create and update change no verdict.
    run(&mut twin, &[Command::Abort(GatewayId(1)), begin(update(1)), begin(create(2, 2))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), before);
    run(&mut twin, &[Command::Abort(GatewayId(1)), begin(enable(1, &[11]))]);
    run(&mut twin, &[Command::Commit(GatewayId(1))]);
    assert_eq!(send(&twin, 1, "8.8.8.8"), egress("47.0.0.1", &[13], &[]));
    // Associate: a New packet from the Internet will find a way; a Reply has one already.
    run(&mut twin, &[create_table(20, 1, true), begin(associate(20, 1))]);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::New), switching);
    assert_eq!(receive(&twin, "47.0.0.1", Flow::Reply), deliver("i-1", &[13], &[]));
}
