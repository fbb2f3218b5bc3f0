//! Prints how the structures of the C interface lie in memory, as assertions for C compilers: made into
//! `ffi/tests/golden/layout.h` by `.ci/abi.sh`. What has been there once stays as it is.

use std::mem::{align_of, offset_of, size_of};

use sekisho_ffi::*;

/// Asserts the size and alignment of a structure and where its fields lie.
macro_rules! layout {
    ($($structure:ident { $($field:ident)* })*) => {$(
        let name = stringify!($structure);
        println!("LAYOUT(sizeof({name}) == {});", size_of::<$structure>());
        println!("LAYOUT(ALIGN_OF({name}) == {});", align_of::<$structure>());
        $(
            let offset = offset_of!($structure, $field);
            println!("LAYOUT(offsetof({name}, {}) == {offset});", stringify!($field));
        )*
    )*};
}

fn main() {
    layout! {
                sekisho_flows_config { size flows mappings fragments meters instance instances
            tcp_transitory_ms tcp_established_ms udp_ms icmp_ms fragment_ms seed }
                sekisho_id { kind number }
                sekisho_outcome { size next id drop public_address appliance }
                sekisho_flow_stats { size flows flows_high established mappings reserved opened
            expired evicted }
                sekisho_count { packets bytes }
                sekisho_meter { size address out inward }
                sekisho_lpm_config { size max_routes max_tables roots16 roots24 readers reserved
            }
                sekisho_lpm_stats { size routes high max_routes bytes high_bytes max_bytes
            lookup_bytes root_bytes waiting_bytes }
                sekisho_lpm_reader {  }
                sekisho_lpm_route { ip next_hop depth reserved }
                sekisho_usage { used high max }
        sekisho_region_stats { size vpcs cidrs vswitches route_tables route_entries ipv4_gateways interfaces
            public_addresses snat_entries ecmp_sets forward_entries internet_load_balancers gwlbs
            appliances endpoints route_target_groups pool_cells }
        sekisho_profile { size vpcs cidrs_per_vpc vswitches_per_vpc tables_per_vpc
            entries_per_table dynamic_per_table ecmp_sets interfaces public_addresses
            nat_gateways snat_entries forward_entries load_balancers gwlbs appliances endpoints
            route_target_groups readers }
        sekisho_position { sequence history reserved }
        sekisho_journal {  }
        sekisho_recovery { size pending position records cut }
    }
    println!("#if UINTPTR_MAX > 0xffffffff");
    layout! {
        sekisho_storage { size sectors sector_size write_size erased reserved user read write erase sync }
                sekisho_burst { bytes len origin port next id detail }
    }
    println!("#endif");
}
