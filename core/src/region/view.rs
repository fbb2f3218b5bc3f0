//! Reading a region: objects, tables, exposure, usage and the state hash.

use core::ops::RangeInclusive;

use super::entries::RouteRecord;
use super::inspection::{Appliance, Endpoint, Gwlb, RouteTargetGroup};
use super::layout;
use super::objects::{
    ForwardEntry, Gateway, Interface, LoadBalancer, Member, PublicAddress, RouteTable, SnatEntry,
    TableKind, VSwitch, Vpc, VpcCidr,
};
use super::plan::Options;
use super::store::{Key, Record, Records, Rows, Store};
use super::{Command, Error, ForwardProtocol, Region, RouteEntry};
use crate::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, Kind, LoadBalancerId,
    NatGatewayId, Prefix, RouteTargetGroupId, TableId, VSwitchId, VpcId,
};
use crate::tables::{World, entry};
use crate::trie::{Routes, lookup};

/// A kind of object that can be read out of a region.
pub trait Object: Sized {
    /// What it is found by.
    type Id;
    #[doc(hidden)]
    fn get(region: &Region<'_>, id: Self::Id) -> Option<Self>;
    #[doc(hidden)]
    fn all<'m>(region: &Region<'m>) -> impl Iterator<Item = Self> + use<'m, Self>;
}

/// Reads objects of a record type straight from its store.
macro_rules! objects {
    ($($object:ident, $id:ty, $store:ident, $key:expr;)*) => {$(
        impl Object for $object {
            type Id = $id;
            fn get(region: &Region<'_>, id: $id) -> Option<$object> {
                let key: fn($id) -> u64 = $key;
                region.$store.get(key(id)).map($object::from)
            }
            fn all<'m>(region: &Region<'m>) -> impl Iterator<Item = $object> + use<'m> {
                region.$store.iter().map($object::from)
            }
        }
    )*};
}

objects! {
    Vpc, VpcId, vpcs, |id| id.0.into();
    VSwitch, VSwitchId, vswitches, |id| id.0.into();
    RouteTable, TableId, tables, |id| id.0.into();
    Gateway, GatewayId, gateways, |id| id.0.into();
    Interface, Id, interfaces, |id| id.to_word().into();
    PublicAddress, EipId, publics, |id| id.0.into();
    SnatEntry, (NatGatewayId, Prefix), snats, |(nat, prefix)| SnatEntry::key_of(nat, prefix);
    ForwardEntry, (NatGatewayId, EipId, ForwardProtocol, u16), forwards,
        |(nat, eip, protocol, port)| ForwardEntry::key_of(nat, eip, protocol, port);
    Gwlb, GwlbId, gwlbs, |id| id.0.into();
    Appliance, ApplianceId, appliances, |id| id.0.into();
    Endpoint, EndpointId, endpoints, |id| id.0.into();
    RouteTargetGroup, RouteTargetGroupId, groups, |id| id.0.into();
}

/// Load balancers come from two stores, merged by id.
impl Object for LoadBalancer {
    type Id = LoadBalancerId;
    fn get(region: &Region<'_>, id: LoadBalancerId) -> Option<LoadBalancer> {
        region.balancer(id)
    }
    fn all<'m>(region: &Region<'m>) -> impl Iterator<Item = LoadBalancer> + use<'m> {
        let mut internal = region
            .interfaces
            .iter()
            .filter(|host| host.id.kind == Kind::LoadBalancer)
            .map(LoadBalancer::from)
            .peekable();
        let mut internet = region.balancers.iter().map(LoadBalancer::from).peekable();
        core::iter::from_fn(move || match (internal.peek(), internet.peek()) {
            (Some(a), Some(b)) if b.id < a.id => internet.next(),
            (Some(_), _) => internal.next(),
            (None, _) => internet.next(),
        })
    }
}

/// A VPC's objects of a kind, ascending by kind and number.
#[derive(Clone)]
pub(crate) struct ObjectsOf<'m, R> {
    members: Records<'m, Member>,
    store: Store<'m, R>,
}

impl<'m, R: Record> ObjectsOf<'m, R> {
    fn new(
        region: &Region<'m>,
        keys: RangeInclusive<u64>,
        store: Store<'m, R>,
    ) -> ObjectsOf<'m, R> {
        ObjectsOf { members: region.members.range(keys), store }
    }
}

impl<R: Record> Iterator for ObjectsOf<'_, R> {
    type Item = R;

    #[inline(never)]
    fn next(&mut self) -> Option<R> {
        loop {
            let id = self.members.next()?.id;
            let key = match R::KEY {
                Key::Id => id.to_word().into(),
                _ => id.number.into(),
            };
            let found = self.store.get(key);
            if found.is_some() {
                return found;
            }
        }
    }
}

/// How a vSwitch is exposed to the Internet by its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Exposure {
    /// Its default route names an enabled gateway.
    Public,
    /// Only other entries do.
    Partial,
    /// None does.
    Private,
}

/// How much of a capacity is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What is counted.
    pub name: &'static str,
    /// How many there are now.
    pub used: u32,
    /// How many there can be in the region.
    pub max: u32,
    /// The most there have been.
    pub high: u32,
}

impl<'m> Region<'m> {
    /// The object of that id.
    pub fn get<R: Object>(&self, id: R::Id) -> Option<R> {
        R::get(self, id)
    }

    /// Every object of a kind, in ascending order of id.
    pub fn all<R: Object>(&self) -> impl Iterator<Item = R> + use<'m, R> {
        R::all(self)
    }

    /// The object of a kind with the lowest number from `number` on.
    fn next_id(&self, kind: Kind, number: u16) -> Option<Id> {
        let rows: Option<&Rows<'_>> = match kind {
            Kind::Vpc => Some(&self.vpcs),
            Kind::VSwitch => Some(&self.vswitches),
            Kind::RouteTable => Some(&self.tables),
            Kind::Ipv4Gateway => Some(&self.gateways),
            Kind::PublicAddress => Some(&self.publics),
            Kind::LoadBalancer => Some(&self.balancers),
            Kind::Gwlb => Some(&self.gwlbs),
            Kind::Appliance => Some(&self.appliances),
            Kind::Endpoint => Some(&self.endpoints),
            Kind::RouteTargetGroup => Some(&self.groups),
            _ => None,
        };
        let first = |rows: &Rows<'_>, low: u32| {
            let from = low | u32::from(number);
            rows.keys(from.into()..=u64::from(low | 0xFFFF)).next()
        };
        let own = rows.and_then(|rows| first(rows, 0));
        // Interfaces of all kinds stand together; internal load balancers are some of them.
        let is_host = rows.is_none() || kind == Kind::LoadBalancer;
        let hosts = Some(&self.interfaces).filter(|_| is_host);
        let host = hosts.and_then(|hosts| first(hosts, Id { kind, number: 0 }.to_word()));
        let number = match (own, host.map(|key| key & 0xFFFF)) {
            (Some(own), Some(host)) => own.min(host),
            (own, host) => own.or(host)?,
        };
        Some(Id { kind, number: u16::try_from(number & 0xFFFF).ok()? })
    }

    /// The objects of a kind, in ascending order.
    pub(crate) fn ids(&self, kind: Kind) -> impl Iterator<Item = Id> {
        let mut from = Some(0);
        core::iter::from_fn(move || {
            let id = self.next_id(kind, from?)?;
            from = id.number.checked_add(1);
            Some(id)
        })
    }

    /// Whether there is an object of that id.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.next_id(id.kind, id.number) == Some(id)
    }

    /// Whether a VPC has the object, or the target that it is bound to.
    pub(crate) fn has_member(&self, vpc: VpcId, id: Id) -> bool {
        self.members.contains(Member { vpc, id }.key())
    }

    /// The effective entries of a table, by address and then length; none for an unknown table.
    #[inline(never)]
    pub fn routes(&self, table: TableId) -> impl Iterator<Item = RouteEntry> + use<'_, 'm> {
        let root = self.root(table).unwrap_or(0);
        let pool = self.pool;
        Routes::below(pool, root).map(move |(prefix, value)| entry(&pool, prefix, value))
    }

    fn root(&self, table: TableId) -> Option<u32> {
        self.world(self.table(table).ok()?.vpc)?.table(table)
    }

    /// The longest match of an address in a table.
    pub fn lookup(&self, table: TableId, addr: Addr) -> Option<RouteEntry> {
        lookup(&self.pool, self.root(table)?, addr)
            .map(|(prefix, value)| entry(&self.pool, prefix, value))
    }

    /// How a vSwitch is exposed to the Internet.
    pub fn exposure(&self, vswitch: &VSwitch) -> Exposure {
        let gateway = self.gateway_of(vswitch.vpc).filter(|gateway| gateway.enabled);
        let Some(gateway) = gateway else { return Exposure::Private };
        let names = |route: &RouteRecord| route.names(gateway.id.id());
        let keys = RouteRecord::keys(vswitch.table, false);
        let mut named = self.routes.range(keys).filter(names).peekable();
        match named.peek() {
            Some(first) if first.prefix == Prefix::DEFAULT => Exposure::Public,
            Some(_) => Exposure::Partial,
            None => Exposure::Private,
        }
    }

    /// The VPC that an interface, NAT gateway, load balancer, endpoint or route target group is in.
    pub fn vpc_of(&self, id: Id) -> Option<VpcId> {
        let number = u64::from(id.number);
        let vswitch = match id.kind {
            Kind::Endpoint => self.endpoints.get(number)?.vswitch,
            Kind::RouteTargetGroup => self.endpoint(self.groups.get(number)?.active).ok()?.vswitch,
            Kind::LoadBalancer => match self.balancers.get(number) {
                Some(balancer) => return Some(balancer.vpc),
                None => self.interface(id)?.vswitch,
            },
            _ => self.interface(id)?.vswitch,
        };
        Some(self.vswitch(vswitch).ok()?.vpc)
    }

    /// The IPv4 gateway of a VPC, in any status.
    pub fn gateway_of(&self, vpc: VpcId) -> Option<Gateway> {
        let id = self.members_of(vpc, Kind::Ipv4Gateway).next()?;
        self.gateways.get(id.into()).map(Gateway::from)
    }

    /// A hash of the configuration: equal for equal configurations, however they were reached.
    ///
    /// FNV-1a over the words of every record in order of kind and id, with a final mix.
    pub fn hash(&self) -> u64 {
        let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
        let mut word = |word: u32| {
            for byte in word.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        };
        word(self.mem.load(layout::OPTIONS));
        // Of the index of members no word is configuration.
        let [stores @ .., _] = self.stores();
        for store in stores {
            store.hash(&mut word);
        }
        hash ^= hash >> 32;
        hash = hash.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        hash ^ hash >> 32
    }

    /// Every capacity with its use.
    pub fn usage(&self) -> impl Iterator<Item = Usage> {
        const NAMES: [&str; 17] = [
            "vpcs",
            "cidrs",
            "vswitches",
            "route-tables",
            "route-entries",
            "ipv4-gateways",
            "interfaces",
            "public-addresses",
            "snat-entries",
            "ecmp-sets",
            "forward-entries",
            "internet-load-balancers",
            "gwlbs",
            "appliances",
            "endpoints",
            "route-target-groups",
            "pool-cells",
        ];
        NAMES.into_iter().enumerate().map(|(place, name)| self.usage_of(place, name))
    }

    /// The use of the store at a place, or behind those of the configuration that of the pool.
    #[inline(never)]
    fn usage_of(&self, place: usize, name: &'static str) -> Usage {
        let [stores @ .., _] = self.stores();
        let (used, max, high) = match stores.get(place) {
            Some(store) => (store.count(), store.capacity(), store.high()),
            None => (self.pool.used(), self.pool.capacity(), self.pool.high()),
        };
        Usage { name, used, max, high }
    }

    /// The entries of all tables that name an object, by table and destination.
    pub(crate) fn routes_to(&self, id: Id) -> impl Iterator<Item = (TableId, Prefix)> + use<'m> {
        let naming = self.routes.iter().filter(move |route| route.names(id));
        naming.map(|route| (route.table, route.prefix))
    }

    #[inline(never)]
    pub(crate) fn options(&self) -> Options {
        Options::read(self.mem)
    }

    #[inline(never)]
    pub(crate) fn vpc(&self, id: VpcId) -> Result<Vpc, Error> {
        self.vpcs.get(id.0.into()).ok_or(Error::NoVpc)
    }

    #[inline(never)]
    pub(crate) fn vswitch(&self, id: VSwitchId) -> Result<VSwitch, Error> {
        self.vswitches.get(id.0.into()).ok_or(Error::NoVSwitch)
    }

    #[inline(never)]
    pub(crate) fn table(&self, id: TableId) -> Result<RouteTable, Error> {
        self.tables.get(id.0.into()).ok_or(Error::NoRouteTable)
    }

    #[inline(never)]
    pub(crate) fn gateway(&self, id: GatewayId) -> Result<Gateway, Error> {
        self.gateways.get(id.0.into()).map(Gateway::from).ok_or(Error::NoIpv4Gateway)
    }

    #[inline(never)]
    pub(super) fn public(&self, id: EipId) -> Result<PublicAddress, Error> {
        self.publics.get(id.0.into()).ok_or(Error::NoPublicAddress)
    }

    #[inline(never)]
    pub(super) fn interface(&self, id: Id) -> Option<Interface> {
        self.interfaces.get(id.to_word().into())
    }

    /// The numbers of a VPC's objects of a kind, ascending.
    #[inline(never)]
    pub(crate) fn members_of(&self, vpc: VpcId, kind: Kind) -> impl Iterator<Item = u16> + use<'m> {
        self.members.range(Member::keys(vpc, kind)).map(|member| member.id.number)
    }

    #[inline(never)]
    pub(crate) fn vswitches_of(&self, vpc: VpcId) -> ObjectsOf<'m, VSwitch> {
        ObjectsOf::new(self, Member::keys(vpc, Kind::VSwitch), self.vswitches)
    }

    #[inline(never)]
    pub(crate) fn tables_of(&self, vpc: VpcId) -> ObjectsOf<'m, RouteTable> {
        ObjectsOf::new(self, Member::keys(vpc, Kind::RouteTable), self.tables)
    }

    /// The instances, network interfaces, NAT gateways and internal load balancers of a VPC.
    #[inline(never)]
    pub(crate) fn interfaces_of(&self, vpc: VpcId) -> ObjectsOf<'m, Interface> {
        // What else is numbered between them is no interface.
        let first = *Member::keys(vpc, Kind::Instance).start();
        let last = *Member::keys(vpc, Kind::LoadBalancer).end();
        ObjectsOf::new(self, first..=last, self.interfaces)
    }

    /// The endpoints of a VPC.
    #[inline(never)]
    pub(super) fn endpoints_of(&self, vpc: VpcId) -> ObjectsOf<'m, Endpoint> {
        ObjectsOf::new(self, Member::keys(vpc, Kind::Endpoint), self.endpoints)
    }

    /// The public addresses bound in a VPC.
    #[inline(never)]
    pub(crate) fn publics_of(&self, vpc: VpcId) -> ObjectsOf<'m, PublicAddress> {
        ObjectsOf::new(self, Member::keys(vpc, Kind::PublicAddress), self.publics)
    }

    /// Whether an entry of a table of the VPC names an object of it.
    pub(super) fn is_next_hop(&self, vpc: VpcId, id: Id) -> bool {
        self.tables_of(vpc).any(|table| {
            self.routes.range(RouteRecord::keys(table.id, false)).any(|route| route.names(id))
        })
    }

    /// The Gateway table of a VPC, bound or not.
    #[inline(never)]
    pub(crate) fn gateway_table(&self, vpc: VpcId) -> Option<RouteTable> {
        self.tables_of(vpc).find(|table| table.kind == TableKind::Gateway)
    }

    /// The secondary and user CIDRs of a VPC.
    #[inline(never)]
    pub(crate) fn cidrs_of(&self, vpc: VpcId) -> impl Iterator<Item = VpcCidr> + use<'m> {
        self.cidrs.range(VpcCidr::keys(vpc))
    }

    /// Whether a command would be accepted now.
    pub(crate) fn accepts(&self, command: &Command) -> bool {
        match command {
            Command::Commit(gateway) => self.try_commit(*gateway).is_ok(),
            command => self.prepare(command).is_ok(),
        }
    }

    /// The compiled world of a VPC.
    #[inline(never)]
    pub(crate) fn world(&self, vpc: VpcId) -> Option<World<'m>> {
        self.tables().world(self.vpcs.get(vpc.0.into())?.slot.into())
    }
}
