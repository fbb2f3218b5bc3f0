//! A VPC's epoch goes up with every change that its packets can notice, and never comes back.

use std::sync::atomic::AtomicU32;

use sekisho::addr::{Id, InstanceId};
use sekisho::limits::Profile;
use sekisho::region::Region;

const SENDER: Id = InstanceId(1).id();

fn run(region: &mut Region<'_>, line: &str) {
    let mut answer = String::new();
    let _ = sekisho::console::run(region, line.as_bytes(), &mut answer).unwrap();
    assert_eq!(answer, "ok\n", "{line}");
}

#[test]
fn every_noticeable_change_is_one_step() {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::LARGE).unwrap();
    for line in [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vpc vpc-2 vtb-2 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-vswitch vsw-2 vpc-2 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10",
        "create-instance i-2 vsw-2 10.0.0.10",
        "create-gwlb gwlb-1",
        "create-gwlb-endpoint ep-1 vsw-1 gwlb-1",
    ] {
        run(&mut region, line);
    }
    let mut step = |line: &str, steps: [u32; 2]| {
        let epochs = |region: &Region<'_>| {
            [SENDER, InstanceId(2).id()].map(|id| region.tables().epoch_of(id).unwrap())
        };
        let before = epochs(&region);
        run(&mut region, line);
        let after = epochs(&region);
        assert_eq!([after[0] - before[0], after[1] - before[1]], steps, "{line}");
    };
    // Of one VPC.
    step("create-route-entry vtb-1 0.0.0.0/0 ep-1", [1, 0]);
    step("set-forward i-1 on", [1, 0]);
    step("set-forward i-1 on", [0, 0]);
    step("register-appliance gwlb-1 app-1", [1, 0]);
    step("set-appliance app-1 unhealthy", [1, 0]);
    step("deregister-appliance app-1", [1, 0]);
    // Of all.
    step("region ingress=deliver-local", [1, 1]);
    step("region clb-restricted=on", [1, 1]);
    step("region clb-restricted=on", [0, 0]);
    // A commit is one step, with or without blackout; so is one in a single command.
    step("create-ipv4-gateway ipv4gw-1 vpc-1", [1, 0]);
    step("begin enable-vpc-ipv4-gateway ipv4gw-1", [0, 0]);
    step("commit ipv4gw-1", [1, 0]);
    step("region blackout=on", [1, 1]);
    step("create-route-table vtb-9 vpc-1 type=gateway", [1, 0]);
    step("begin associate-route-table-with-gateway vtb-9 ipv4gw-1", [1, 0]);
    step("commit ipv4gw-1", [1, 0]);
    // What no packet can notice.
    step("allocate-eip eip-9 47.0.0.9", [0, 0]);
    step("create-gwlb gwlb-2", [0, 0]);
}

#[test]
fn a_vpc_made_anew_repeats_no_epoch() {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(&Profile::FIRMWARE)).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &Profile::FIRMWARE).unwrap();
    let mut last = 0;
    for _ in 0..3 {
        for line in [
            "create-vpc vpc-1 vtb-1 10.0.0.0/16",
            "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
            "create-instance i-1 vsw-1 10.0.0.10",
        ] {
            run(&mut region, line);
        }
        let epoch = region.tables().epoch_of(SENDER).unwrap();
        assert!(epoch > last);
        last = epoch;
        for line in ["delete-instance i-1", "delete-vswitch vsw-1", "delete-vpc vpc-1"] {
            run(&mut region, line);
        }
    }
}
