//! The regions that are searched.

use sekisho::addr::Addr;
use sekisho::limits::Profile;

use crate::search::{PROFILE, Universe};

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().to_string());
    lines.filter(|line| !line.is_empty()).collect()
}

/// In the user CIDR, and behind a peer.
const ABROAD: &[Addr] = &[Addr::new(30, 0, 0, 5), Addr::new(20, 1, 0, 1)];
const PORTS: &[(u16, u16)] = &[(40000, 443)];

/// Two vSwitches, vsw-1 behind custom table vtb-2, vsw-2 behind the System table, a NAT gateway
/// and an endpoint.
const BORDER: &str = "
    create-vpc vpc-1 vtb-1 10.0.0.0/16 user-cidr=30.0.0.0/16
    create-vswitch vsw-1 vpc-1 10.0.0.0/24
    create-vswitch vsw-2 vpc-1 10.0.1.0/24
    create-route-table vtb-2 vpc-1
    associate-route-table vtb-2 vsw-1
    create-instance i-1 vsw-1 10.0.0.10 forward=on
    create-network-interface eni-1 vsw-2 10.0.1.11
    create-nat-gateway ngw-1 vsw-2 10.0.1.20
    allocate-eip eip-1 47.0.0.1
    allocate-eip eip-2 47.0.0.2
    associate-eip eip-2 ngw-1
    create-snat-entry ngw-1 10.0.0.0/16 eip-2
    create-gwlb gwlb-1
    register-appliance gwlb-1 app-1
    create-gwlb-endpoint ep-1 vsw-2 gwlb-1
";

/// The six gateway operations with every subset of tables, plain and begun, commit and abort.
fn operations() -> Vec<String> {
    let plain = lines(
        "create-ipv4-gateway ipv4gw-1 vpc-1
        enable-vpc-ipv4-gateway ipv4gw-1
        enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
        enable-vpc-ipv4-gateway ipv4gw-1 vtb-2
        enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2
        enable-vpc-ipv4-gateway ipv4gw-1 vtb-2 vtb-1
        update-ipv4-gateway-attribute ipv4gw-1
        associate-route-table-with-gateway vtb-9 ipv4gw-1
        dissociate-route-table-from-gateway vtb-9 ipv4gw-1
        delete-ipv4-gateway ipv4gw-1 mode=public
        delete-ipv4-gateway ipv4gw-1 mode=private",
    );
    let begun = plain.iter().map(|line| format!("begin {line}"));
    let ends = ["commit ipv4gw-1", "abort ipv4gw-1"].map(String::from);
    plain.iter().cloned().chain(begun).chain(ends).collect()
}

pub(crate) fn life_cycle() -> Universe {
    let mut alphabet = operations();
    alphabet.extend(lines(
        "associate-eip eip-1 i-1
        unassociate-eip eip-1
        create-route-table vtb-9 vpc-1 type=gateway
        delete-route-table vtb-9
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 local
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-1
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 eni-1
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 ep-1
        create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1
        delete-route-entry vtb-1 0.0.0.0/0
        create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
        create-route-entry vtb-2 0.0.0.0/0 ngw-1
        modify-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
        modify-route-entry vtb-2 0.0.0.0/0 ngw-1
        delete-route-entry vtb-2 0.0.0.0/0",
    ));
    if !cfg!(debug_assertions) {
        alphabet.extend(lines(
            "create-vswitch vsw-3 vpc-1 10.0.2.0/24
            delete-vswitch vsw-3
            set-forward i-1 on
            set-forward i-1 off
            create-route-entry vtb-1 0.0.0.0/0 ngw-1
            create-route-entry vtb-1 20.0.0.0/8 ipv4gw-1
            delete-route-entry vtb-1 20.0.0.0/8
            update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 local
            update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 i-1",
        ));
    }
    Universe {
        name: "gateway life cycle",
        profile: PROFILE,
        base: lines(BORDER),
        alphabet,
        destinations: ABROAD,
        ports: PORTS,
        whole: true,
    }
}

/// The life cycle where packets are dropped between begin and commit.
pub(crate) fn blackout() -> Universe {
    let mut base = lines(BORDER);
    base.extend(lines("create-route-table vtb-9 vpc-1 type=gateway"));
    let mut alphabet = operations();
    alphabet.extend(lines(
        "region blackout=on
        region blackout=off
        associate-eip eip-1 i-1
        unassociate-eip eip-1
        region ingress=deliver-local
        region ingress=drop-unsolicited
        create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1
        create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
        modify-route-entry vtb-2 0.0.0.0/0 ngw-1
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 local
        update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 ep-1
        delete-route-entry vtb-1 0.0.0.0/0
        create-route-entry vtb-2 0.0.0.0/0 ngw-1
        delete-route-entry vtb-2 0.0.0.0/0",
    ));
    Universe {
        name: "blackout",
        profile: PROFILE,
        base,
        alphabet,
        destinations: &[],
        ports: PORTS,
        whole: false,
    }
}

/// vsw-1 with a server, vsw-2 and vsw-3 with endpoints, an enabled gateway with its table.
const INSPECTED: &str = "
    create-vpc vpc-1 vtb-1 10.0.0.0/16
    create-vswitch vsw-1 vpc-1 10.0.0.0/24
    create-vswitch vsw-2 vpc-1 10.0.1.0/24
    create-vswitch vsw-3 vpc-1 10.0.2.0/24
    create-route-table vtb-2 vpc-1
    associate-route-table vtb-2 vsw-1
    create-route-table vtb-9 vpc-1 type=gateway
    create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1
    create-instance i-2 vsw-2 10.0.1.10
    create-gwlb gwlb-1
    create-gwlb-endpoint ep-1 vsw-2 gwlb-1
    create-ipv4-gateway ipv4gw-1 vpc-1
    enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
    associate-route-table-with-gateway vtb-9 ipv4gw-1
";

pub(crate) fn inspection() -> Universe {
    Universe {
        name: "inspection",
        profile: PROFILE,
        base: lines(INSPECTED),
        alphabet: lines(
            "register-appliance gwlb-1 app-1
            deregister-appliance app-1
            set-appliance app-1 healthy
            set-appliance app-1 unhealthy
            register-appliance gwlb-1 app-2
            deregister-appliance app-2
            set-appliance app-2 healthy
            set-appliance app-2 unhealthy
            create-gwlb gwlb-2 fail-open=on
            create-gwlb gwlb-2 fail-open=off
            delete-gwlb gwlb-2
            create-gwlb-endpoint ep-2 vsw-3 gwlb-1
            create-gwlb-endpoint ep-2 vsw-3 gwlb-2
            delete-gwlb-endpoint ep-2
            create-route-target-group rtg-1 ep-1 ep-2
            create-route-target-group rtg-1 ep-2 ep-1
            delete-route-target-group rtg-1
            switch-active rtg-1
            create-route-entry vtb-2 0.0.0.0/0 ep-1
            modify-route-entry vtb-2 0.0.0.0/0 ep-2
            modify-route-entry vtb-2 0.0.0.0/0 rtg-1
            modify-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
            delete-route-entry vtb-2 0.0.0.0/0
            create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1
            delete-route-entry vtb-1 0.0.0.0/0
            set-forward i-2 on
            set-forward i-2 off
            associate-route-table-with-gateway vtb-9 ipv4gw-1
            dissociate-route-table-from-gateway vtb-9 ipv4gw-1
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-2
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 ep-1
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 ep-2
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 rtg-1
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 local",
        ),
        destinations: &[],
        ports: PORTS,
        whole: false,
    }
}

/// The probes of both members, with their roles, and the appliances behind one.
pub(crate) fn group() -> Universe {
    let mut base = lines(INSPECTED);
    base.extend(lines(
        "create-gwlb gwlb-2
        register-appliance gwlb-1 app-1
        register-appliance gwlb-2 app-2
        create-gwlb-endpoint ep-2 vsw-3 gwlb-2
        create-route-target-group rtg-1 ep-1 ep-2",
    ));
    Universe {
        name: "probes of a group",
        profile: PROFILE,
        base,
        alphabet: lines(
            "report-probe rtg-1 ep-1 ok
            report-probe rtg-1 ep-1 fail
            report-probe rtg-1 ep-2 ok
            report-probe rtg-1 ep-2 fail
            switch-active rtg-1
            delete-route-target-group rtg-1
            create-route-target-group rtg-1 ep-1 ep-2
            set-appliance app-1 healthy
            set-appliance app-1 unhealthy
            set-appliance app-2 healthy
            set-appliance app-2 unhealthy
            create-route-entry vtb-2 0.0.0.0/0 rtg-1
            delete-route-entry vtb-2 0.0.0.0/0
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 rtg-1
            update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 local",
        ),
        destinations: &[],
        ports: PORTS,
        whole: false,
    }
}

pub(crate) fn translation() -> Universe {
    Universe {
        name: "translation and balancers",
        profile: PROFILE,
        base: lines(
            "create-vpc vpc-1 vtb-1 10.0.0.0/16
            create-vswitch vsw-1 vpc-1 10.0.0.0/24
            create-vswitch vsw-2 vpc-1 10.0.1.0/24
            create-route-table vtb-2 vpc-1
            associate-route-table vtb-2 vsw-1
            create-instance i-1 vsw-1 10.0.0.10
            create-nat-gateway ngw-1 vsw-2 10.0.1.20
            create-route-entry vtb-2 0.0.0.0/0 ngw-1
            allocate-eip eip-1 47.0.0.1
            allocate-eip eip-2 47.0.0.2
            allocate-eip eip-3 47.0.0.3
            associate-eip eip-1 ngw-1
            create-route-table vtb-9 vpc-1 type=gateway",
        ),
        alphabet: lines(
            "region clb-restricted=on
            region clb-restricted=off
            region ingress=deliver-local
            region ingress=drop-unsolicited
            associate-eip eip-2 ngw-1
            associate-eip eip-2 i-1
            unassociate-eip eip-2
            create-snat-entry ngw-1 10.0.0.0/16 eip-1
            delete-snat-entry ngw-1 10.0.0.0/16
            create-snat-entry ngw-1 10.0.0.0/24 eip-2
            delete-snat-entry ngw-1 10.0.0.0/24
            create-forward-entry ngw-1 eip-1 any 0 10.0.0.10 0
            delete-forward-entry ngw-1 eip-1 any 0
            create-forward-entry ngw-1 eip-1 tcp 80 10.0.0.10 8080
            delete-forward-entry ngw-1 eip-1 tcp 80
            create-forward-entry ngw-1 eip-2 tcp 80 10.0.0.10 8080
            delete-forward-entry ngw-1 eip-2 tcp 80
            create-load-balancer lb-1 internal vsw-1 10.0.0.30
            delete-load-balancer lb-1
            associate-eip eip-3 lb-1
            unassociate-eip eip-3
            create-load-balancer lb-2 internet vpc-1 47.0.0.4
            delete-load-balancer lb-2
            create-ipv4-gateway ipv4gw-1 vpc-1
            enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
            delete-ipv4-gateway ipv4gw-1 mode=public
            delete-ipv4-gateway ipv4gw-1 mode=private
            delete-route-entry vtb-1 0.0.0.0/0
            create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1
            modify-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
            modify-route-entry vtb-2 0.0.0.0/0 ngw-1
            delete-route-entry vtb-2 0.0.0.0/0
            create-route-entry vtb-2 0.0.0.0/0 ngw-1
            associate-route-table-with-gateway vtb-9 ipv4gw-1
            dissociate-route-table-from-gateway vtb-9 ipv4gw-1",
        ),
        destinations: &[],
        ports: &[(8080, 80)],
        whole: false,
    }
}

/// Addresses that the announced and created routes lead.
const ROUTED: &[Addr] = &[Addr::new(20, 1, 0, 1), Addr::new(10, 0, 2, 9), Addr::new(10, 0, 3, 9)];

pub(crate) fn dynamic() -> Universe {
    Universe {
        name: "dynamic routes",
        profile: PROFILE,
        base: lines(
            "create-vpc vpc-1 vtb-1 10.0.0.0/16
            create-vswitch vsw-1 vpc-1 10.0.0.0/24
            create-route-table vtb-2 vpc-1
            associate-route-table vtb-2 vsw-1
            create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1
            create-network-interface eni-1 vsw-1 10.0.0.11 forward=on
            create-ipv4-gateway ipv4gw-1 vpc-1",
        ),
        alphabet: lines(
            "create-route-entry vtb-2 20.0.0.0/8 peer-1
            create-route-entry vtb-2 20.0.0.0/8 ri-1+ri-2
            modify-route-entry vtb-2 20.0.0.0/8 eni-1
            modify-route-entry vtb-2 20.0.0.0/8 ri-1+ri-2
            delete-route-entry vtb-2 20.0.0.0/8
            announce-route vtb-2 20.0.0.0/8 tr-1
            announce-route vtb-2 20.0.0.0/8 ri-3+ri-4+ri-5
            withdraw-route vtb-2 20.0.0.0/8
            announce-route vtb-2 10.0.2.0/23 vpn-1
            withdraw-route vtb-2 10.0.2.0/23
            announce-route vtb-1 20.0.0.0/8 ri-6+ri-7
            withdraw-route vtb-1 20.0.0.0/8
            create-route-entry vtb-1 20.0.0.0/8 ipv4gw-1
            delete-route-entry vtb-1 20.0.0.0/8
            set-forward eni-1 on
            set-forward eni-1 off
            create-route-entry vtb-2 10.0.2.0/24 peer-2
            delete-route-entry vtb-2 10.0.2.0/24
            create-vswitch vsw-2 vpc-1 10.0.2.0/24
            delete-vswitch vsw-2
            modify-route-entry vtb-2 10.0.0.0/24 eni-1
            modify-route-entry vtb-2 10.0.0.0/24 local
            delete-route-entry vtb-2 10.0.0.0/24
            announce-route vtb-2 0.0.0.0/0 ecr-1
            withdraw-route vtb-2 0.0.0.0/0
            create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
            delete-route-entry vtb-2 0.0.0.0/0
            enable-vpc-ipv4-gateway ipv4gw-1 vtb-2
            enable-vpc-ipv4-gateway ipv4gw-1
            create-ipv4-gateway ipv4gw-1 vpc-1
            delete-ipv4-gateway ipv4gw-1 mode=public
            delete-ipv4-gateway ipv4gw-1",
        ),
        destinations: ROUTED,
        ports: PORTS,
        whole: false,
    }
}

/// The interfaces of the chain.
const LINKS: usize = 18;

/// A chain of forwarding interfaces, each in its own vSwitch with its own table, that leads to the
/// gateway after as many lookups as a walk may have, one fewer, one more, or never.
pub(crate) fn chain() -> Universe {
    let mut base = lines("create-vpc vpc-1 vtb-100 10.0.0.0/16");
    for n in 1..=LINKS {
        base.extend([
            format!("create-vswitch vsw-{n} vpc-1 10.0.{n}.0/24"),
            format!("create-route-table vtb-{n} vpc-1"),
            format!("associate-route-table vtb-{n} vsw-{n}"),
            format!("create-instance i-{n} vsw-{n} 10.0.{n}.10 forward=on"),
        ]);
    }
    base.extend(lines(
        "allocate-eip eip-1 47.0.0.1
        associate-eip eip-1 i-1
        create-ipv4-gateway ipv4gw-1 vpc-1
        enable-vpc-ipv4-gateway ipv4gw-1",
    ));
    for n in 1..LINKS - 4 {
        base.push(format!("create-route-entry vtb-{n} 0.0.0.0/0 i-{}", n + 1));
    }
    let mut alphabet = Vec::new();
    for n in LINKS - 4..=LINKS {
        let next = if n < LINKS { format!("i-{}", n + 1) } else { String::from("i-1") };
        alphabet.extend([
            format!("create-route-entry vtb-{n} 0.0.0.0/0 {next}"),
            format!("create-route-entry vtb-{n} 0.0.0.0/0 ipv4gw-1"),
            format!("delete-route-entry vtb-{n} 0.0.0.0/0"),
        ]);
    }
    Universe {
        name: "long walks",
        profile: Profile {
            vswitches_per_vpc: 18,
            tables_per_vpc: 20,
            entries_per_table: 1,
            interfaces: 18,
            ..PROFILE
        },
        base,
        alphabet,
        destinations: &[],
        ports: PORTS,
        whole: false,
    }
}
