//! Prefixes and addresses for the generator.

use std::vec::Vec;

use super::generate::Generator;
use super::region::Twin;
use crate::addr::{Addr, NatGatewayId, Prefix, TableId, VSwitchId, VpcId};

const VPC_CIDRS: [&str; 9] = [
    "10.0.0.0/16",
    "10.0.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "30.0.0.0/16",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "128.0.0.0/1",
    "100.64.0.0/10",
];

const CIDRS: [&str; 24] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.0.0/25",
    "10.0.0.10/32",
    "10.0.1.0/24",
    "10.0.2.0/24",
    "10.1.0.0/16",
    "172.16.0.0/12",
    "172.16.1.0/24",
    "192.168.1.0/24",
    "30.0.0.0/16",
    "30.0.1.0/24",
    "100.64.0.0/10",
    "100.64.1.0/24",
    "100.0.0.0/8",
    "8.8.8.0/24",
    "8.8.8.8/32",
    "224.0.0.0/4",
    "0.0.0.0/32",
    "255.255.255.255/32",
];

/// How many of [`OUTSIDE`] are on the Internet, or in user CIDRs.
pub(super) const INTERNET: usize = 6;

/// Destinations and sources outside: public, in user CIDRs, and martian.
pub(super) const OUTSIDE: [Addr; 16] = [
    Addr::new(8, 8, 8, 8),
    Addr::new(8, 8, 8, 8),
    Addr::new(8, 8, 9, 9),
    Addr::new(1, 1, 1, 1),
    Addr::new(30, 0, 0, 5),
    Addr::new(30, 0, 1, 5),
    Addr::new(100, 64, 0, 1),
    Addr::new(100, 64, 1, 1),
    Addr::new(100, 128, 0, 0),
    Addr::new(10, 0, 0, 10),
    Addr::new(10, 200, 0, 1),
    Addr::new(127, 0, 0, 1),
    Addr::new(169, 254, 1, 1),
    Addr::new(224, 0, 0, 1),
    Addr::new(0, 0, 0, 0),
    Addr::new(255, 255, 255, 255),
];

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("a canonical prefix")
}

/// Prefixes and addresses.
impl Generator {
    pub(super) fn vpc_cidr(&mut self) -> Prefix {
        prefix(self.rng.pick(&VPC_CIDRS))
    }

    pub(super) fn cidr(&mut self) -> Prefix {
        prefix(self.rng.pick(&CIDRS))
    }

    /// A destination in a table: one that is there in `existing` of 100 cases, otherwise from the
    /// pool, the default route, or next to a vSwitch's CIDR.
    pub(super) fn destination(&mut self, twin: &Twin, table: TableId, existing: u32) -> Prefix {
        let entries = twin.routes(table).unwrap_or_default();
        if !entries.is_empty() && self.rng.chance(existing) {
            return self.rng.pick(&entries).prefix;
        }
        match self.rng.below(10) {
            0..4 => Prefix::DEFAULT,
            4..9 => self.cidr(),
            _ => {
                let cidrs: Vec<_> = twin.vswitches.values().map(|v| v.cidr).collect();
                if cidrs.is_empty() {
                    return self.cidr();
                }
                let cidr = self.rng.pick(&cidrs);
                let len = self.rng.pick(&[cidr.len().saturating_sub(1), cidr.len() + 1, 32]);
                Prefix::new_truncated(cidr.addr(), len)
            }
        }
    }

    /// A source prefix for a NAT gateway: one that it has, one around something, or any.
    pub(super) fn snat_prefix(&mut self, twin: &Twin, nat: NatGatewayId) -> Prefix {
        let own: Vec<_> = twin.snat.keys().filter(|(n, _)| *n == nat).map(|(_, p)| *p).collect();
        let mut around: Vec<_> = twin.vpcs.values().flat_map(|v| &v.cidrs).copied().collect();
        around.extend(twin.vswitches.values().map(|v| v.cidr));
        match self.rng.below(10) {
            0..2 if !own.is_empty() => self.rng.pick(&own),
            2..7 if !around.is_empty() => self.rng.pick(&around),
            _ => self.cidr(),
        }
    }

    /// A CIDR for a vSwitch: mostly a small part of its VPC.
    pub(super) fn vswitch_cidr(&mut self, twin: &Twin, vpc: VpcId) -> Prefix {
        let cidrs = twin.vpcs.get(&vpc).map(|v| v.cidrs.as_slice()).unwrap_or_default();
        if cidrs.is_empty() || self.rng.chance(15) {
            return self.cidr();
        }
        let cidr = self.rng.pick(cidrs);
        let len = self.rng.pick(&[24, 24, 24, 24, 24, 24, 24, 25, 28, 29, 30, 31, 32, 16]);
        let offset = self.rng.below(4) << 8;
        let subnet = Prefix::new_truncated(Addr(cidr.addr().0 | offset), len);
        if cidr.covers(subnet) || self.rng.chance(10) { subnet } else { cidr }
    }

    /// An address for an interface: mostly one that its vSwitch can give.
    pub(super) fn private_address(&mut self, twin: &Twin, vswitch: VSwitchId) -> Addr {
        let Some(vswitch) = twin.vswitches.get(&vswitch).filter(|_| !self.rng.chance(3)) else {
            return self.address(twin);
        };
        let (first, last) = (vswitch.cidr.addr().0, vswitch.cidr.last().0);
        Addr(match self.rng.below(10) {
            0..8 => first.wrapping_add(self.rng.pick(&[1, 4, 5, 6, 10, 11, 12])),
            8 if self.rng.chance(50) => last.wrapping_sub(self.rng.below(5)),
            8 => first.wrapping_add(self.rng.below(3)),
            _ => vswitch.cidr.addr().0 | (self.rng.word() & (last - first)),
        })
    }

    pub(super) fn public_address(&mut self) -> Addr {
        match self.rng.below(20) {
            0 => self.rng.pick(&OUTSIDE),
            1 => Addr(self.rng.pick(&[0, u32::MAX])),
            _ => Addr(Addr::new(47, 0, 0, 0).0 + self.rng.below(16)),
        }
    }

    /// Any address: owned, public, outside, at a route's edge, or random.
    pub(super) fn address(&mut self, twin: &Twin) -> Addr {
        let owned: Vec<_> = twin.interfaces.values().map(|i| i.address).collect();
        let public: Vec<_> = twin.eips.values().map(|e| e.address).collect();
        let routes: Vec<_> =
            twin.tables.values().flat_map(|t| t.effective()).map(|e| e.prefix).collect();
        match self.rng.below(100) {
            0..30 if !owned.is_empty() => self.rng.pick(&owned),
            30..35 if !public.is_empty() => self.rng.pick(&public),
            35..50 if !routes.is_empty() => {
                let route = self.rng.pick(&routes);
                let edges = [
                    route.addr().0.wrapping_sub(1),
                    route.addr().0,
                    route.addr().0.wrapping_add(7),
                    route.last().0,
                    route.last().0.wrapping_add(1),
                ];
                Addr(self.rng.pick(&edges))
            }
            50..97 => self.rng.pick(&OUTSIDE),
            _ => Addr(self.rng.word()),
        }
    }
}
