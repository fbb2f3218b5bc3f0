//! Where things lie in a region's memory.

use super::entries::{EcmpSet, RouteRecord};
use super::inspection::{Appliance, Endpoint, GroupRecord, Gwlb};
use super::objects::{
    ForwardEntry, GatewayRecord, Interface, InternetBalancer, Member, PublicAddress, RouteTable,
    SnatEntry, VSwitch, Vpc, VpcCidr,
};
use super::store::{Place, Record, STORE_HEADER};
use crate::limits::{self, Profile};
use crate::memory::{Words, seal};
use crate::trie::{CELL, POOL_HEADER, Pool};

/// "SKR" and the layout's version.
pub(crate) const MAGIC: u32 = 0x534B_5204;

/// The header: magic, length in words, options, then the profile's capacities.
pub(crate) const LENGTH: u32 = 1;
pub(crate) const OPTIONS: u32 = 2;
const PROFILE: u32 = 3;
const PROFILE_WORDS: u32 = 18;
/// Where the pool lies and how many cells it has, as it follows from the profile.
const POOL: u32 = PROFILE + PROFILE_WORDS;
/// The seal of the length and these two.
const SEAL: u32 = POOL + 2;
/// Not 0 while C's writer is at work.
pub(crate) const TURN: u32 = SEAL + 1;
/// The roots of the maps that all VPCs share: sender → VPC slot, and public address → VPC slot.
pub(crate) const HOSTS_ROOT: u32 = TURN + 1;
pub(crate) const PUBLICS_ROOT: u32 = HOSTS_ROOT + 1;
/// The highest epoch that a VPC has had.
pub(crate) const EPOCH: u32 = PUBLICS_ROOT + 1;
/// Counts the changes that readers can see; never 0.
pub(crate) const GRACE: u32 = EPOCH + 1;
/// Counts the changes of the map of interfaces that all VPCs share.
pub(crate) const MOVES: u32 = GRACE + 1;
/// Counts the changes of the region.
pub(crate) const CHANGES: u32 = MOVES + 1;
/// One published word a VPC slot.
pub(crate) const WORLDS: u32 = CHANGES + 1;

/// The places that follow from a profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) profile: Profile,
    pub(crate) vpcs: Place,
    pub(crate) cidrs: Place,
    pub(crate) vswitches: Place,
    pub(crate) tables: Place,
    pub(crate) routes: Place,
    pub(crate) gateways: Place,
    pub(crate) interfaces: Place,
    pub(crate) publics: Place,
    pub(crate) snats: Place,
    pub(crate) ecmp_sets: Place,
    pub(crate) forwards: Place,
    pub(crate) balancers: Place,
    pub(crate) gwlbs: Place,
    pub(crate) appliances: Place,
    pub(crate) endpoints: Place,
    pub(crate) groups: Place,
    pub(crate) members: Place,
    /// One word a reader: 0, or the change that it has seen last.
    pub(crate) readers: Place,
    pub(crate) pool: Place,
    pub(crate) words: u32,
}

/// A place for `capacity` records, and the first word behind it.
#[expect(clippy::as_conversions, reason = "checked by `Layout::new`; `From` is not const")]
const fn place<R: Record>(at: u64, capacity: u64) -> (Place, u64) {
    let end = at + STORE_HEADER as u64 + capacity * R::WORDS as u64;
    (Place { at: at as u32, capacity: capacity as u32 }, end)
}

impl Layout {
    /// The layout of a profile, if it can be addressed. The 64-bit sums cannot overflow: capacities
    /// have 16 bits, and the largest product is of three of them.
    #[expect(clippy::as_conversions, reason = "widening, or checked; `From` is not const")]
    pub(crate) const fn new(profile: &Profile) -> Option<Layout> {
        if profile.vpcs == 0 || profile.tables_per_vpc == 0 {
            return None;
        }
        let vpcs_count = profile.vpcs as u64;
        let tables_count = vpcs_count * profile.tables_per_vpc as u64;
        let cidrs_count = vpcs_count * profile.cidrs_per_vpc as u64;
        let vswitches_count = vpcs_count * profile.vswitches_per_vpc as u64;
        let per_table = profile.entries_per_table as u64 + profile.dynamic_per_table as u64;
        let routes_count = tables_count * per_table;
        let balancers_count = profile.load_balancers as u64;
        let hosts_count = profile.interfaces as u64 + profile.nat_gateways as u64 + balancers_count;
        let (vpcs, at) = place::<Vpc>(WORLDS as u64 + vpcs_count, vpcs_count);
        let (cidrs, at) = place::<VpcCidr>(at, cidrs_count);
        let (vswitches, at) = place::<VSwitch>(at, vswitches_count);
        let (tables, at) = place::<RouteTable>(at, tables_count);
        let (routes, at) = place::<RouteRecord>(at, routes_count);
        let (gateways, at) = place::<GatewayRecord>(at, vpcs_count);
        let (interfaces, at) = place::<Interface>(at, hosts_count);
        let (publics, at) = place::<PublicAddress>(at, profile.public_addresses as u64);
        let (snats, at) = place::<SnatEntry>(at, profile.snat_entries as u64);
        let (ecmp_sets, at) = place::<EcmpSet>(at, profile.ecmp_sets as u64);
        let (forwards, at) = place::<ForwardEntry>(at, profile.forward_entries as u64);
        let (balancers, at) = place::<InternetBalancer>(at, balancers_count);
        let (gwlbs, at) = place::<Gwlb>(at, profile.gwlbs as u64);
        let (appliances, at) = place::<Appliance>(at, profile.appliances as u64);
        let (endpoints, at) = place::<Endpoint>(at, profile.endpoints as u64);
        let (groups, at) = place::<GroupRecord>(at, profile.route_target_groups as u64);
        // Gateways, one a VPC, and whatever else is in one.
        let members_count = vpcs_count
            + tables_count
            + vswitches_count
            + profile.hosts()
            + profile.public_addresses as u64;
        let (members, at) = place::<Member>(at, members_count);
        let readers = Place { at: at as u32, capacity: profile.readers as u32 };
        let at = at + profile.readers as u64;
        let cells = profile.cells();
        let words = at + profile.pool_words(cells);
        if words > (u32::MAX / 4) as u64 || cells > crate::trie::LINK as u64 {
            return None;
        }
        let pool = Place { at: at as u32, capacity: cells as u32 };
        let profile = *profile;
        Some(Layout {
            profile,
            vpcs,
            cidrs,
            vswitches,
            tables,
            routes,
            gateways,
            interfaces,
            publics,
            snats,
            ecmp_sets,
            forwards,
            balancers,
            gwlbs,
            appliances,
            endpoints,
            groups,
            members,
            readers,
            pool,
            words: words as u32,
        })
    }

    /// The pool of a region of this layout.
    pub(crate) fn pool<'m>(&self, mem: Words<'m>) -> Pool<'m> {
        let pool = Pool::new(mem, self.pool.at, self.pool.capacity);
        match self.profile.readers {
            0 => pool,
            _ => {
                let list = self.pool.at + POOL_HEADER + self.pool.capacity * CELL;
                let room = u32::try_from(self.profile.waiting()).unwrap_or(0);
                pool.deferring(Place { at: list, capacity: room })
            }
        }
    }

    /// Writes the profile into the header, and what follows from it.
    pub(crate) fn write(&self, mem: Words<'_>) {
        mem.store(LENGTH, self.words);
        for (n, capacity) in (0..).zip(self.profile.capacities()) {
            mem.store(PROFILE + n, capacity.into());
        }
        mem.store(POOL, self.pool.at);
        mem.store(POOL + 1, self.pool.capacity);
        mem.store(SEAL, seal([self.words, self.pool.at, self.pool.capacity]));
    }

    /// The layout of the profile in the header.
    pub(crate) fn read(mem: Words<'_>) -> Option<Layout> {
        let mut capacities = Profile::FIRMWARE.capacities();
        for (n, capacity) in (0..).zip(capacities.iter_mut()) {
            *capacity = u16::try_from(mem.load(PROFILE + n)).ok()?;
        }
        Layout::new(&Profile::from_capacities(capacities))
    }
}

/// The length of a region and the place of its pool, from its header alone: all that packets need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) words: u32,
    pub(crate) pool: Place,
}

impl Head {
    /// Reads a header that agrees with its seal; the memory may end behind it.
    pub(crate) fn read(mem: Words<'_>) -> Option<Head> {
        if mem.acquire(0) != MAGIC {
            return None;
        }
        let (words, at, capacity) = (mem.load(LENGTH), mem.load(POOL), mem.load(POOL + 1));
        let end = u64::from(at) + u64::from(POOL_HEADER) + u64::from(CELL) * u64::from(capacity);
        let is_whole = mem.load(SEAL) == seal([words, at, capacity]) && end <= words.into();
        is_whole.then_some(Head { words, pool: Place { at, capacity } })
    }
}

/// The numbers that [`Profile::footprint`] is made of, by name, for the macros of the C header.
#[doc(hidden)]
#[expect(clippy::as_conversions, reason = "small numbers; `TryFrom` is not const")]
pub const TERMS: [(&str, u32); 24] = [
    ("WORLDS", WORLDS),
    ("STORES", 17 * STORE_HEADER),
    ("VPC", Vpc::WORDS),
    ("CIDR", VpcCidr::WORDS),
    ("VSWITCH", VSwitch::WORDS),
    ("TABLE", RouteTable::WORDS),
    ("ROUTE", RouteRecord::WORDS),
    ("GATEWAY", GatewayRecord::WORDS),
    ("INTERFACE", Interface::WORDS),
    ("PUBLIC", PublicAddress::WORDS),
    ("SNAT", SnatEntry::WORDS),
    ("ECMP", EcmpSet::WORDS),
    ("FORWARD", ForwardEntry::WORDS),
    ("BALANCER", InternetBalancer::WORDS),
    ("GWLB", Gwlb::WORDS),
    ("APPLIANCE", Appliance::WORDS),
    ("ENDPOINT", Endpoint::WORDS),
    ("GROUP", GroupRecord::WORDS),
    ("MEMBER", Member::WORDS),
    ("POOL_HEADER", POOL_HEADER),
    ("CELL", CELL),
    ("CLASS_CELLS", 2 * (limits::FIXED_CLASSES as u32 + 1)),
    ("WORLD_CELLS", limits::WORLD_CELLS as u32),
    ("FORWARD_CELLS", limits::FORWARD_CELLS as u32),
];

/// The capacities in the order of the header.
macro_rules! capacities {
    ($($field:ident),* $(,)?) => {
        impl Profile {
            const fn capacities(&self) -> [u16; 18] {
                [$(self.$field),*]
            }

            const fn from_capacities(capacities: [u16; 18]) -> Profile {
                let [$($field),*] = capacities;
                Profile { $($field),* }
            }
        }
    };
}

capacities! {
    vpcs,
    cidrs_per_vpc,
    vswitches_per_vpc,
    tables_per_vpc,
    entries_per_table,
    dynamic_per_table,
    ecmp_sets,
    interfaces,
    public_addresses,
    nat_gateways,
    snat_entries,
    forward_entries,
    load_balancers,
    gwlbs,
    appliances,
    endpoints,
    route_target_groups,
    readers,
}
