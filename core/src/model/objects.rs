//! The objects of the twin, as plain records.

use std::vec::Vec;

use crate::addr::{Addr, Id, Prefix, TableId, VSwitchId, VpcId};
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
    /// Its entries, sorted by address then length.
    pub entries: Vec<Entry>,
}

/// An entry of a route table.
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

/// What owns a private address: an instance, a network interface or a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// The private address.
    pub address: Addr,
    /// Whether it forwards packets that are not its own; never for a NAT gateway.
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
