//! Capacities: a profile fixes them all when a region is initialised, and its footprint follows.

use crate::region::layout::Layout;
use crate::trie::{CELL, POOL_HEADER};

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
    /// Dynamic entries of one table, effective or candidate.
    pub dynamic_per_table: u16,
    /// Entries of all tables whose next hop is an equal-cost set.
    pub ecmp_sets: u16,
    /// Instances and network interfaces in the region.
    pub interfaces: u16,
    /// Public addresses in the region.
    pub public_addresses: u16,
    /// NAT gateways in the region.
    pub nat_gateways: u16,
    /// SNAT entries in the region.
    pub snat_entries: u16,
    /// DNAT entries in the region.
    pub forward_entries: u16,
    /// Load balancers in the region, internal and internet ones.
    pub load_balancers: u16,
    /// Gateway load balancers in the region.
    pub gwlbs: u16,
    /// Appliances in the region.
    pub appliances: u16,
    /// GWLB endpoints in the region.
    pub endpoints: u16,
    /// Route target groups in the region.
    pub route_target_groups: u16,
    /// Readers that may judge packets while the region changes, on other cores or in interrupts;
    /// 0 if everything happens in turn.
    pub readers: u16,
}

impl Profile {
    /// For hosts: the vendor's default quotas and more.
    pub const LARGE: Profile = Profile {
        vpcs: 8,
        cidrs_per_vpc: 35,
        vswitches_per_vpc: 150,
        tables_per_vpc: 11,
        entries_per_table: 400,
        dynamic_per_table: 200,
        ecmp_sets: 1024,
        interfaces: 512,
        public_addresses: 256,
        nat_gateways: 64,
        snat_entries: 16384,
        forward_entries: 16384,
        load_balancers: 64,
        gwlbs: 64,
        appliances: 64,
        endpoints: 64,
        route_target_groups: 64,
        readers: 0,
    };

    /// For firmware: one VPC with 64 entries of its own and 16 public addresses.
    pub const FIRMWARE: Profile = Profile {
        vpcs: 1,
        cidrs_per_vpc: 4,
        vswitches_per_vpc: 8,
        tables_per_vpc: 4,
        entries_per_table: 16,
        dynamic_per_table: 0,
        ecmp_sets: 0,
        interfaces: 12,
        public_addresses: 16,
        nat_gateways: 1,
        snat_entries: 4,
        forward_entries: 2,
        load_balancers: 1,
        gwlbs: 1,
        appliances: 2,
        endpoints: 2,
        route_target_groups: 1,
        readers: 0,
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

    /// Everything that has facts in a world: interfaces, NAT gateways, load balancers, endpoints
    /// and groups.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub(crate) const fn hosts(&self) -> u64 {
        self.interfaces as u64
            + self.nat_gateways as u64
            + self.load_balancers as u64
            + self.endpoints as u64
            + self.route_target_groups as u64
    }

    /// Cells for every compiled table at its fullest, and for one candidate beside them.
    pub(crate) const fn cells(&self) -> u64 {
        let Cells { live, candidate, renewed, .. } = self.cells_by_use();
        live + candidate + renewed
    }

    /// Cells that are enough for a candidate world with new tables, new hosts, or both.
    pub(crate) const fn candidate_cells(&self, tables: bool, hosts: bool) -> u64 {
        let Cells { candidate, tables: of_tables, hosts: of_hosts, .. } = self.cells_by_use();
        let larger = if of_tables > of_hosts { of_tables } else { of_hosts };
        let index = candidate - larger;
        index + if tables { of_tables } else { 0 } + if hosts { of_hosts } else { 0 }
    }

    /// The most cells that one command frees, where they have to wait for readers.
    pub(crate) const fn waiting(&self) -> u64 {
        let Cells { candidate, renewed, classes, .. } = self.cells_by_use();
        candidate + renewed + classes + 8
    }

    /// One VPC's world is built at a time, and its tables and its hosts never in one change but the
    /// first, which replaces nothing.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    const fn cells_by_use(&self) -> Cells {
        let vpcs = self.vpcs as u64;
        let automatic = self.vswitches_per_vpc as u64 + 1;
        let made = self.entries_per_table as u64 + self.dynamic_per_table as u64;
        let publics = self.public_addresses as u64 + self.load_balancers as u64;
        // A trie of n entries takes at most 2n cells. Of one VPC:
        let tables = 2 * self.tables_per_vpc as u64 * (automatic + made);
        let index = 2 * (self.tables_per_vpc as u64 + self.vswitches_per_vpc as u64) + WORLD_CELLS;
        let classes = 2 * (FIXED_CLASSES + 1 + self.cidrs_per_vpc as u64);
        // Of the region, and perhaps all in one VPC:
        let gwlbs = 2 * self.endpoints as u64;
        let lists = self.appliance_cells(vpcs);
        let sets = ECMP_CELLS * self.ecmp_sets as u64;
        let nats = self.nat_gateways as u64 + 2 * self.snat_entries as u64;
        let facts = self.hosts() + nats + FORWARD_CELLS * self.forward_entries as u64;
        let hosts = 2 * (2 * self.hosts() + publics) + facts;
        let shared = 2 * (self.hosts() + publics);

        let of_tables = tables + sets;
        let larger = if of_tables > hosts { of_tables } else { hosts };
        // Beside readers nothing is used again within a command, and a command may renew the index
        // of every VPC.
        let renewed = if self.readers > 0 { vpcs * index + gwlbs + lists + 8 } else { 0 };
        Cells {
            live: vpcs * (tables + index + classes) + gwlbs + lists + sets + hosts + shared,
            candidate: index + gwlbs + self.appliance_cells(1) + larger,
            renewed,
            classes,
            tables: of_tables,
            hosts,
        }
    }

    /// Cells for the appliances of the GWLBs that endpoints name, in so many VPCs: each VPC has the
    /// appliances of its own, six a cell, and of each GWLB a cell that is not full.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    const fn appliance_cells(&self, vpcs: u64) -> u64 {
        let (endpoints, appliances) = (self.endpoints as u64, self.appliances as u64);
        // VPCs with an endpoint, the GWLBs with an appliance, and pairs of both.
        let vpcs = least(vpcs, endpoints);
        let lists = least(endpoints, vpcs * least(self.gwlbs as u64, appliances));
        (vpcs * appliances + (APPLIANCES_A_CELL - 1) * lists) / APPLIANCES_A_CELL
    }

    /// Words of the pool, which has so many cells.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub(crate) const fn pool_words(&self, cells: u64) -> u64 {
        let waiting = if self.readers > 0 { 1 + self.waiting() } else { 0 };
        POOL_HEADER as u64 + cells * CELL as u64 + waiting
    }
}

const fn least(a: u64, b: u64) -> u64 {
    if a < b { a } else { b }
}

/// What a pool's cells are for.
struct Cells {
    live: u64,
    candidate: u64,
    renewed: u64,
    /// Of one VPC, freed with it.
    classes: u64,
    /// Of one VPC at its fullest: its tables, and its hosts.
    tables: u64,
    hosts: u64,
}

/// With a flow table of its size to come, the firmware profile is made for 16 KiB of memory.
const _: () = assert!(Profile::FIRMWARE.footprint() * 4 <= 14 * 1024);

/// Prefixes that every VPC classifies: the private and martian ranges.
pub(crate) const FIXED_CLASSES: u64 = 9;
/// Cells that hold the roots of a VPC's world, and those of a begun operation: one, and four for the
/// ten tables of an enable.
pub(crate) const WORLD_CELLS: u64 = 3 + 5;
/// Cells of an equal-cost set: the head and two of eight members.
pub(crate) const ECMP_CELLS: u64 = 3;
/// Appliances of a GWLB that one cell holds.
pub(crate) const APPLIANCES_A_CELL: u64 = 6;
/// Cells of a DNAT entry: its own, and two tries of two levels in each direction.
pub(crate) const FORWARD_CELLS: u64 = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Every way to deal appliances out to GWLBs, as their numbers in descending order.
    fn deals(
        appliances: u64,
        gwlbs: u16,
        most: u64,
        deal: &mut Vec<u64>,
        see: &mut dyn FnMut(&[u64]),
    ) {
        see(deal);
        for one in 1..=if gwlbs == 0 { 0 } else { most.min(appliances) } {
            deal.push(one);
            deals(appliances - one, gwlbs - 1, one, deal, see);
            deal.pop();
        }
    }

    #[test]
    fn there_are_cells_for_every_deal_of_appliances_and_endpoints() {
        let mut tight = 0;
        for (vpcs, gwlbs, appliances, endpoints) in (1..4).flat_map(|vpcs| {
            (0..4).flat_map(move |gwlbs| {
                (0..20).flat_map(move |a| (0..7).map(move |e| (vpcs, gwlbs, a, e)))
            })
        }) {
            let profile = Profile { gwlbs, appliances, endpoints, ..Profile::LARGE };
            let cells = profile.appliance_cells(vpcs);
            let mut worst = 0;
            deals(appliances.into(), gwlbs, 20, &mut Vec::new(), &mut |deal| {
                // The longest lists first, each in every VPC, as long as there are endpoints.
                let lists = deal.iter().map(|n| n.div_ceil(APPLIANCES_A_CELL));
                let all = lists.flat_map(|n| (0..vpcs).map(move |_| n));
                worst = worst.max(all.take(endpoints.into()).sum());
            });
            assert!(cells >= worst, "{vpcs} {gwlbs} {appliances} {endpoints}: {cells} {worst}");
            tight += u32::from(cells == worst && worst > 0);
        }
        assert!(tight > 100, "{tight}");
    }
}
