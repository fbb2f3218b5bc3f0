//! Capacities: a profile fixes them all when a region is initialised, and its footprint follows.

use crate::lpm::{CELL, POOL_HEADER};
use crate::region::layout::Layout;

/// Every capacity of a region. A command that would exceed one is refused with `CapacityExceeded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Profile {
    /// VPCs in the region; also IPv4 gateways, as a VPC has at most one.
    pub vpcs: u16,
    /// Secondary and user CIDRs of one VPC.
    pub cidrs_per_vpc: u16,
    /// vSwitches of one VPC.
    pub vswitches_per_vpc: u16,
    /// Route tables of one VPC, the System table and the gateway table included.
    pub tables_per_vpc: u16,
    /// Entries of one table beside the automatic ones: Custom entries and overrides.
    pub entries_per_table: u16,
    /// Instances and network interfaces in the region.
    pub interfaces: u16,
    /// Public addresses in the region.
    pub public_addresses: u16,
    /// NAT gateways in the region.
    pub nat_gateways: u16,
    /// SNAT entries in the region.
    pub snat_entries: u16,
}

impl Profile {
    /// For hosts: the vendor's default quotas and more.
    pub const LARGE: Profile = Profile {
        vpcs: 8,
        cidrs_per_vpc: 35,
        vswitches_per_vpc: 150,
        tables_per_vpc: 11,
        entries_per_table: 400,
        interfaces: 512,
        public_addresses: 256,
        nat_gateways: 64,
        snat_entries: 16384,
    };

    /// For firmware: one VPC.
    pub const FIRMWARE: Profile = Profile {
        vpcs: 1,
        cidrs_per_vpc: 4,
        vswitches_per_vpc: 8,
        tables_per_vpc: 4,
        entries_per_table: 16,
        interfaces: 16,
        public_addresses: 16,
        nat_gateways: 2,
        snat_entries: 8,
    };

    /// Words of memory for a region of this profile; 0 if it is more than can be addressed.
    ///
    /// The figure holds for every content within the capacities: no command fails for want of
    /// memory before a capacity is reached.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub const fn footprint(&self) -> usize {
        match Layout::new(self) {
            Some(layout) => layout.words as usize,
            None => 0,
        }
    }

    /// Cells for every compiled table at its fullest, twice: one live world and one candidate.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub(crate) const fn cells(&self) -> u64 {
        let vpcs = self.vpcs as u64;
        let vswitches = vpcs * self.vswitches_per_vpc as u64;
        let tables = vpcs * self.tables_per_vpc as u64;
        let hosts = self.interfaces as u64 + self.nat_gateways as u64;
        let automatic = self.vswitches_per_vpc as u64 + 1;
        // A trie of n entries takes at most 2n cells.
        let routes = 2 * tables * (automatic + self.entries_per_table as u64);
        let maps = 2 * (tables + vswitches + 2 * hosts + self.public_addresses as u64);
        let facts = hosts + 2 * self.snat_entries as u64;
        let classes = 2 * vpcs * (FIXED_CLASSES + 1 + self.cidrs_per_vpc as u64);
        let worlds = vpcs * WORLD_CELLS;
        let shared = 2 * (hosts + self.public_addresses as u64);
        2 * (routes + maps + facts + classes + worlds) + shared
    }

    /// Words of the pool.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub(crate) const fn pool_words(&self) -> u64 {
        POOL_HEADER as u64 + self.cells() * CELL as u64
    }
}

/// Prefixes that every VPC classifies: the private and martian ranges.
pub(crate) const FIXED_CLASSES: u64 = 9;
/// Cells that hold the roots of a VPC's world.
pub(crate) const WORLD_CELLS: u64 = 3;
