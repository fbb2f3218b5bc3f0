//! GWLBs with their appliances, endpoints and route target groups.

use super::{Row, endpoint, group, gwlb, vswitch};
use crate::addr::{ApplianceId, Kind};
use crate::console::parse::{Line, Words};
use crate::region::{Command, Error};

pub(super) const COMMANDS: &[Row] = &[
    Row {
        verb: "create-gwlb",
        words: 1..=1,
        options: &["fail-open"],
        read: |w| {
            let gwlb = gwlb(w);
            let mut fail_open = false;
            while w.option().is_some() {
                fail_open = w.on_off();
            }
            Line::Command(Command::CreateGwlb { gwlb, fail_open })
        },
    },
    Row {
        verb: "delete-gwlb",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteGwlb(gwlb(w))),
    },
    Row {
        verb: "register-appliance",
        words: 2..=2,
        options: &[],
        read: |w| {
            Line::Command(Command::RegisterAppliance { gwlb: gwlb(w), appliance: appliance(w) })
        },
    },
    Row {
        verb: "deregister-appliance",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeregisterAppliance(appliance(w))),
    },
    Row {
        verb: "set-appliance",
        words: 2..=2,
        options: &[],
        read: |w| {
            let appliance = appliance(w);
            let healthy = w.either("unhealthy", "healthy");
            Line::Command(Command::SetAppliance { appliance, healthy })
        },
    },
    Row {
        verb: "create-gwlb-endpoint",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::CreateEndpoint {
                endpoint: endpoint(w),
                vswitch: vswitch(w),
                gwlb: gwlb(w),
            })
        },
    },
    Row {
        verb: "delete-gwlb-endpoint",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteEndpoint(endpoint(w))),
    },
    Row {
        verb: "create-route-target-group",
        words: 3..=3,
        options: &[],
        read: |w| {
            let (group, active, standby) = (group(w), endpoint(w), endpoint(w));
            if active == standby {
                w.fail(Error::InvalidParameter);
            }
            Line::Command(Command::CreateRouteTargetGroup { group, active, standby })
        },
    },
    Row {
        verb: "delete-route-target-group",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteRouteTargetGroup(group(w))),
    },
    Row {
        verb: "report-probe",
        words: 3..=3,
        options: &[],
        read: |w| {
            let (group, endpoint) = (group(w), endpoint(w));
            let ok = w.either("fail", "ok");
            Line::Command(Command::ReportProbe { group, endpoint, ok })
        },
    },
    Row {
        verb: "switch-active",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::SwitchActive(group(w))),
    },
];

fn appliance(w: &mut Words<'_>) -> ApplianceId {
    ApplianceId(w.id(Kind::Appliance))
}
