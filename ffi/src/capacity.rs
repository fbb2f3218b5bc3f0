//! What a region was made for, how full it is, and whether its memory is whole.

use core::ffi::c_int;

use sekisho::region::Usage;

use crate::guard::{self, Output, answer};
use crate::region::{attached, sekisho_profile, sekisho_region};
use crate::status::SEKISHO_EUCLEAN;

/// How many there are of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_usage {
    /// How many there are now.
    pub used: u32,
    /// The most there have been.
    pub high: u32,
    /// How many there can be.
    pub max: u32,
}

/// How full a region is. Set size to sizeof(sekisho_region_stats) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_region_stats {
    /// sizeof(sekisho_region_stats).
    pub size: u32,
    /// VPCs.
    pub vpcs: sekisho_usage,
    /// Secondary and user CIDRs.
    pub cidrs: sekisho_usage,
    /// vSwitches.
    pub vswitches: sekisho_usage,
    /// Route tables.
    pub route_tables: sekisho_usage,
    /// Entries of route tables beside the automatic ones.
    pub route_entries: sekisho_usage,
    /// IPv4 gateways.
    pub ipv4_gateways: sekisho_usage,
    /// Instances, network interfaces, NAT gateways and internal load balancers.
    pub interfaces: sekisho_usage,
    /// Public addresses.
    pub public_addresses: sekisho_usage,
    /// SNAT entries.
    pub snat_entries: sekisho_usage,
    /// Equal-cost sets.
    pub ecmp_sets: sekisho_usage,
    /// DNAT entries.
    pub forward_entries: sekisho_usage,
    /// Internet load balancers.
    pub internet_load_balancers: sekisho_usage,
    /// Gateway load balancers.
    pub gwlbs: sekisho_usage,
    /// Appliances.
    pub appliances: sekisho_usage,
    /// GWLB endpoints.
    pub endpoints: sekisho_usage,
    /// Route target groups.
    pub route_target_groups: sekisho_usage,
    /// Cells of compiled tables. They never run out before something else does.
    pub pool_cells: sekisho_usage,
}

/// Writes the capacities that the region was made with.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_profile). EPROTO: it is over it, or
/// region is none. EFAULT: a pointer is misaligned.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_capacity(
    region: *const sekisho_region,
    out: *mut sekisho_profile,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        guard::size::<sekisho_profile>(unsafe { guard::input(out) }?.size)?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_profile::of(region.profile()));
        Ok(())
    };
    answer(read())
}

/// Writes how full the region is.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_region_stats). EPROTO: it is over it, or
/// region is none. EFAULT: a pointer is misaligned.
///
/// Cost: constant. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_stats(
    region: *const sekisho_region,
    out: *mut sekisho_region_stats,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_region_stats>(size)?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        // In the order of the core's list.
        let mut all = [sekisho_usage::default(); 17];
        for (place, Usage { used, high, max, .. }) in all.iter_mut().zip(region.usage()) {
            *place = sekisho_usage { used, high, max };
        }
        let [
            vpcs,
            cidrs,
            vswitches,
            route_tables,
            route_entries,
            ipv4_gateways,
            interfaces,
            public_addresses,
            snat_entries,
            ecmp_sets,
            forward_entries,
            internet_load_balancers,
            gwlbs,
            appliances,
            endpoints,
            route_target_groups,
            pool_cells,
        ] = all;
        let stats = sekisho_region_stats {
            size,
            vpcs,
            cidrs,
            vswitches,
            route_tables,
            route_entries,
            ipv4_gateways,
            interfaces,
            public_addresses,
            snat_entries,
            ecmp_sets,
            forward_entries,
            internet_load_balancers,
            gwlbs,
            appliances,
            endpoints,
            route_target_groups,
            pool_cells,
        };
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(stats);
        Ok(())
    };
    answer(read())
}

/// Says whether the region agrees with itself: that every list is in order and within its capacity, all
/// cells are in use or free, and each VPC has its compiled tables. Whether it is still the same
/// configuration is told by sekisho_region_hash.
///
/// EUCLEAN: something else has written to the memory. EINVAL: region is NULL. EFAULT: it is misaligned.
/// EPROTO: it is none, or its header is damaged.
///
/// Cost: all of the memory, once. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_check(region: *const sekisho_region) -> c_int {
    let check = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let is_sound = unsafe { attached(region, &mut place) }?.is_sound();
        if is_sound { Ok(()) } else { Err(SEKISHO_EUCLEAN) }
    };
    answer(check())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho::limits::Profile;
    use sekisho::region::Region;
    use std::string::String;
    use std::sync::atomic::AtomicU32;
    use std::vec::Vec;

    /// The fields are filled by their order alone.
    #[test]
    fn the_statistics_of_c_are_in_the_order_of_the_core() {
        let words = Profile::FIRMWARE.footprint();
        let memory: Vec<AtomicU32> = (0..words).map(|_| AtomicU32::new(0)).collect();
        let region = Region::init(&memory, &Profile::FIRMWARE).unwrap();
        let mut stats = sekisho_region_stats { size: 208, ..Default::default() };
        // SAFETY: a region's memory, and a place for its statistics.
        assert_eq!(unsafe { sekisho_stats(memory.as_ptr().cast(), &mut stats) }, 0);
        let printed = std::format!("{stats:?}").replace('_', "-");
        let mut rest = printed.as_str();
        for usage in region.usage() {
            let field = String::from(usage.name) + ": sekisho-usage { used: ";
            let (_, behind) = rest.split_once(field.as_str()).expect(usage.name);
            let told = std::format!("{}, high: {}, max: {} ", usage.used, usage.high, usage.max);
            assert!(behind.starts_with(&told), "{} {behind}", usage.name);
            rest = behind;
        }
    }
}
