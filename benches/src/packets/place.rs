//! The region that packets pass: a VPC with hosts that have public addresses of their own, and hosts
//! behind a NAT gateway with sixteen.

use std::fmt::Write as _;

use sekisho::addr::{Addr, InstanceId};
use sekisho::limits::Profile;
use sekisho::packet::{Origin, Place};
use sekisho::region::Region;
use sekisho::tables::Tables;
use sekisho_benches::huge::Lease;

/// Hosts with a public address of their own, and hosts behind the NAT gateway.
pub(crate) const HOSTS: u16 = 128;
/// vSwitches behind the NAT gateway; each has a public address there.
const SWITCHES: u16 = 16;
/// The first number of a host behind the NAT gateway.
const BEHIND: u16 = 1_000;

/// A host of the VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    number: u16,
    pub(crate) address: Addr,
}

impl Host {
    /// One with a public address of its own, by number from 0.
    pub(crate) fn public(n: u16) -> Host {
        Host { number: 1 + n, address: Addr(Addr::new(10, 0, 0, 10).0 + u32::from(n)) }
    }

    /// One behind the NAT gateway, by number from 0.
    pub(crate) fn behind_nat(n: u16) -> Host {
        let (switch, place) = (n % SWITCHES, n / SWITCHES);
        let vswitch = Addr::new(10, 0, 0, 0).0 + (10 + u32::from(switch)) * 256;
        Host { number: BEHIND + n, address: Addr(vswitch + 10 + u32::from(place)) }
    }

    /// Where its packets come from.
    pub(crate) fn origin(self) -> Origin {
        Origin::Interface(Place::Instance(InstanceId(self.number)))
    }

    /// The public address of a host that has one.
    pub(crate) fn own_public(self) -> Addr {
        Addr(Addr::new(47, 0, 0, 0).0 + u32::from(self.number))
    }
}

/// The region's tables, for as long as the program runs.
pub(crate) fn tables() -> Tables<'static> {
    let profile = Profile { interfaces: 2 * HOSTS, ..Profile::LARGE };
    let lease = Lease::new(profile.footprint());
    let memory = lease.words();
    std::mem::forget(lease);
    let mut region = Region::init(memory, &profile).expect("the memory is as large as it must be");
    for line in script().lines() {
        let mut answer = String::new();
        let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut answer)
            .expect("strings take all");
        assert_eq!(answer, "ok\n", "{line}");
    }
    region.tables()
}

fn script() -> String {
    let mut script = String::from(
        "create-vpc vpc-1 vtb-1 10.0.0.0/16\n\
         create-vswitch vsw-1 vpc-1 10.0.0.0/24\n\
         create-vswitch vsw-2 vpc-1 10.0.1.0/24\n\
         create-route-table vtb-11 vpc-1\n\
         create-route-table vtb-12 vpc-1\n\
         create-route-table vtb-13 vpc-1\n\
         create-route-table vtb-14 vpc-1 type=gateway\n\
         associate-route-table vtb-11 vsw-1\n\
         associate-route-table vtb-12 vsw-2\n\
         create-nat-gateway ngw-1 vsw-2 10.0.1.20\n\
         create-route-entry vtb-13 0.0.0.0/0 ngw-1\n\
         create-ipv4-gateway ipv4gw-1 vpc-1\n\
         enable-vpc-ipv4-gateway ipv4gw-1 vtb-11 vtb-12\n\
         associate-route-table-with-gateway vtb-14 ipv4gw-1\n",
    );
    for n in 0..HOSTS {
        let host = Host::public(n);
        let Host { number, address } = host;
        let _ = writeln!(
            script,
            "create-instance i-{number} vsw-1 {address}\n\
             allocate-eip eip-{number} {}\n\
             associate-eip eip-{number} i-{number}",
            host.own_public()
        );
    }
    for n in 0..SWITCHES {
        let (vswitch, eip, third) = (10 + n, BEHIND + n, 10 + n);
        let _ = writeln!(
            script,
            "create-vswitch vsw-{vswitch} vpc-1 10.0.{third}.0/24\n\
             associate-route-table vtb-13 vsw-{vswitch}\n\
             allocate-eip eip-{eip} 47.0.1.{}\n\
             associate-eip eip-{eip} ngw-1\n\
             create-snat-entry ngw-1 10.0.{third}.0/24 eip-{eip}",
            1 + n
        );
    }
    for n in 0..HOSTS {
        let Host { number, address } = Host::behind_nat(n);
        let vswitch = 10 + n % SWITCHES;
        let _ = writeln!(script, "create-instance i-{number} vsw-{vswitch} {address}");
    }
    script
}
