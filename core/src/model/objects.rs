//! The objects of the twin, as plain records.

use std::collections::BTreeMap;
use std::vec::Vec;

use crate::addr::{Addr, EndpointId, GwlbId, Id, Prefix, TableId, VSwitchId, VpcId};
use crate::region::{EipMode, GatewayOperation, NextHop, Origin, RouteEntry, VpcFlags};

/// What a VPC's packets may do at its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A public address means direct Internet access.
    Direct,
    /// Every packet obeys the route tables.
    Centralized,
    /// No Internet at all.
    PrivateOnly,
}

impl Mode {
    /// The name that the console writes.
    pub const fn text(self) -> &'static str {
        match self {
            Mode::Direct => "direct",
            Mode::Centralized => "centralized",
            Mode::PrivateOnly => "private-only",
        }
    }
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// The primary CIDR first, then the secondary ones.
    pub cidrs: Vec<Prefix>,
    /// User CIDRs.
    pub user: Vec<Prefix>,
    /// Declared incompatibilities.
    pub flags: VpcFlags,
    /// The mode.
    pub mode: Mode,
    /// The System table.
    pub system_table: TableId,
}

/// A vSwitch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VSwitch {
    /// Its VPC.
    pub vpc: VpcId,
    /// Its CIDR.
    pub cidr: Prefix,
    /// The bound table.
    pub table: TableId,
}

/// The kinds of route tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Made with its VPC.
    System,
    /// Custom, for vSwitches.
    VSwitch,
    /// For the IPv4 gateway.
    Gateway,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc: VpcId,
    /// Its kind.
    pub kind: TableKind,
    /// Its automatic and Custom entries, sorted by address then length.
    pub entries: Vec<Entry>,
    /// Its Dynamic entries; one is a candidate while a Custom entry has its destination.
    pub dynamic: BTreeMap<Prefix, NextHop>,
}

impl RouteTable {
    /// The entries that count, sorted by address then length.
    pub fn effective(&self) -> Vec<RouteEntry> {
        let mut all: Vec<RouteEntry> = self.entries.iter().map(|e| e.to_route()).collect();
        for (prefix, hop) in &self.dynamic {
            if all.iter().all(|e| e.prefix != *prefix) {
                let next_hop = Some(*hop);
                all.push(RouteEntry { prefix: *prefix, next_hop, origin: Origin::Dynamic });
            }
        }
        all.sort_by_key(|e| e.prefix);
        all
    }
}

/// An automatic or Custom entry of a route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The destination.
    pub prefix: Prefix,
    /// The next hop, or `None` for `local`.
    pub next_hop: Option<NextHop>,
    /// Whether it was made with the table or a vSwitch, overridden or not.
    pub automatic: bool,
}

impl Entry {
    /// Custom when a user made or overrode it.
    pub fn origin(&self) -> Origin {
        if self.next_hop.is_some() { Origin::Custom } else { Origin::System }
    }

    /// The entry as readers see it.
    pub fn to_route(self) -> RouteEntry {
        RouteEntry { prefix: self.prefix, next_hop: self.next_hop, origin: self.origin() }
    }
}

/// What an IPv4 gateway is going through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Create has begun.
    Creating,
    /// Nothing has begun.
    Created,
    /// Enable has begun.
    Activating,
    /// Update, associate or dissociate has begun.
    Modifying,
    /// Delete has begun.
    Deleting,
}

impl Status {
    /// The name that the console writes.
    pub const fn text(self) -> &'static str {
        match self {
            Status::Creating => "Creating",
            Status::Created => "Created",
            Status::Activating => "Activating",
            Status::Modifying => "Modifying",
            Status::Deleting => "Deleting",
        }
    }
}

/// An IPv4 gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its VPC.
    pub vpc: VpcId,
    /// Its status.
    pub status: Status,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The bound gateway table.
    pub table: Option<TableId>,
    /// The operation that has begun; `None` exactly when the status is Created.
    pub begun: Option<GatewayOperation>,
}

/// What owns a private address: an instance, a network interface, a NAT gateway or an internal
/// load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// The private address.
    pub address: Addr,
    /// Whether it forwards packets that are not its own; only instances and network interfaces do.
    pub forward: bool,
    /// Whether it is a NAT gateway of bind mode MultiBinded.
    pub multi_binded: bool,
}

/// The kinds of public addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKind {
    /// An elastic address.
    Eip,
    /// An anycast address.
    Anycast,
    /// Made with an instance, and dies with it.
    Static,
}

/// A public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// The address.
    pub address: Addr,
    /// Its kind.
    pub kind: PublicKind,
    /// How it is bound.
    pub mode: EipMode,
    /// What it is bound to.
    pub target: Option<Id>,
}

/// A gateway load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gwlb {
    /// Whether packets pass uninspected when no appliance is healthy.
    pub fail_open: bool,
}

/// An appliance behind a GWLB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appliance {
    /// Its GWLB.
    pub gwlb: GwlbId,
    /// Whether it is healthy.
    pub healthy: bool,
}

/// An endpoint of a GWLB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// Its GWLB.
    pub gwlb: GwlbId,
}

/// What probes have told about a member of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether the member is marked abnormal.
    pub abnormal: bool,
    /// Failed probes in a row, at most three.
    pub failed: u8,
    /// Good probes in a row, at most three.
    pub passed: u8,
}

impl Health {
    /// Takes a probe's result: three in a row set the mark.
    pub(super) fn report(&mut self, ok: bool) {
        if ok {
            self.failed = 0;
            self.passed = 3.min(self.passed + 1);
        } else {
            self.passed = 0;
            self.failed = 3.min(self.failed + 1);
        }
        if self.failed == 3 {
            self.abnormal = true;
        }
        if self.passed == 3 {
            self.abnormal = false;
        }
    }
}

/// A route target group. Health belongs to the endpoint and moves with its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTargetGroup {
    /// The endpoint that is used.
    pub active: EndpointId,
    /// The endpoint that stands by.
    pub standby: EndpointId,
    /// The health of the active endpoint.
    pub active_health: Health,
    /// The health of the standby endpoint.
    pub standby_health: Health,
}

impl RouteTargetGroup {
    /// Exchanges the roles.
    pub(super) fn switch(&mut self) {
        std::mem::swap(&mut self.active, &mut self.standby);
        std::mem::swap(&mut self.active_health, &mut self.standby_health);
    }
}

/// Where a forward entry leads; its key is the NAT gateway, public address, protocol and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The private address.
    pub address: Addr,
    /// The private port; 0 for `any`.
    pub port: u16,
}
