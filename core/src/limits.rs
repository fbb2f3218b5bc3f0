//! Capacities: a profile fixes them all when a region is initialised, and its footprint follows.

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

    /// For firmware: one VPC in some 16 KiB.
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
}
