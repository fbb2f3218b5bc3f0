//! Programs of commands on capacities that the bytes choose: the region against the twin.

use sekisho::limits::Profile;
use sekisho::region::Region;

use crate::bytes::Bytes;
use crate::pair::Pair;
use crate::{commands, drain, memory};

const MAX_STEPS: usize = 200;
/// Every so many commands all tables and objects are compared.
const COMPARE_EVERY: usize = 16;

/// Runs a program of commands, and at the end perhaps takes everything down again.
pub fn region_ops(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let profile = profile(&mut bytes);
    let memory = memory(Region::footprint(&profile));
    let mut pair = Pair::new(&memory, profile);
    pair.prepare(bytes.below(3));
    let drains = bytes.flag();
    for step in 1..=MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        let _ = pair.apply(&commands::command(&mut bytes));
        if step % COMPARE_EVERY == 0 {
            pair.compare();
        }
    }
    pair.compare();
    pair.attach_again();
    if drains {
        drain::drain(&mut pair);
    }
}

/// Capacities of up to 9, one byte for two of them; small enough that programs reach them all.
fn profile(bytes: &mut Bytes<'_>) -> Profile {
    let mut left = None;
    let mut capacity = || {
        u16::from(match left.take() {
            Some(high) => high,
            None => {
                let byte = bytes.byte();
                left = Some(byte >> 4);
                byte & 15
            }
        })
        .min(9)
    };
    Profile {
        vpcs: capacity().max(1),
        tables_per_vpc: capacity().max(1),
        cidrs_per_vpc: capacity(),
        vswitches_per_vpc: capacity(),
        entries_per_table: capacity(),
        dynamic_per_table: capacity(),
        ecmp_sets: capacity(),
        interfaces: capacity(),
        public_addresses: capacity(),
        nat_gateways: capacity(),
        snat_entries: capacity(),
        forward_entries: capacity(),
        load_balancers: capacity(),
        gwlbs: capacity(),
        appliances: capacity(),
        endpoints: capacity(),
        route_target_groups: capacity(),
        readers: 0,
    }
}
