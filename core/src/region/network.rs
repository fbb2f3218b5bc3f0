//! VPCs, vSwitches, route tables, interfaces and the region's options.

use super::command::{Port, RegionOptions, VpcFlags};
use super::entries::RouteRecord;
use super::layout::WORLDS;
use super::objects::{Interface, Mode, PublicAddress, RouteTable, TableKind, VSwitch, Vpc};
use super::objects::{PublicKind, VpcCidr};
use super::plan::{Edit, Options, Plan, Scope};
use super::removal::Removal;
use super::{EipMode, Error, Region};
use crate::addr::{Addr, EipId, Id, Kind, Prefix, TableId, VSwitchId, VpcId};
use crate::tables::SERVICE_PREFIX;

impl Region<'_> {
    pub(super) fn set_options<'c>(&self, options: &RegionOptions) -> Plan<'c> {
        let old = self.options();
        let new = Options {
            gateway: options.gateway.unwrap_or(old.gateway),
            clb_restricted: options.clb_restricted.unwrap_or(old.clb_restricted),
            gwlb: options.gwlb.unwrap_or(old.gwlb),
            deliver_local: options.deliver_local.unwrap_or(old.deliver_local),
            blackout: options.blackout.unwrap_or(old.blackout),
        };
        if new == old { Plan::default() } else { Plan::everywhere(&[Edit::Options(new)]) }
    }

    pub(super) fn create_vpc<'c>(
        &self,
        id: VpcId,
        table: TableId,
        cidr: Prefix,
        secondary: &'c [Prefix],
        user: &'c [Prefix],
        flags: VpcFlags,
    ) -> Result<Plan<'c>, Error> {
        if self.vpcs.contains(id.0.into()) || self.tables.contains(table.0.into()) {
            return Err(Error::DuplicateId);
        }
        let collides = |n: usize, prefix: &Prefix| {
            cidr.overlaps(*prefix) || secondary.iter().take(n).any(|other| other.overlaps(*prefix))
        };
        if secondary.iter().enumerate().any(|(n, prefix)| collides(n, prefix)) {
            return Err(Error::InvalidCidrBlock);
        }
        // A user CIDR that is given twice is one.
        let distinct = |(n, prefix): (usize, &Prefix)| !user.iter().take(n).any(|p| p == prefix);
        let cidrs = secondary.len() + user.iter().enumerate().filter(|&p| distinct(p)).count();
        if !self.vpcs.has_room(1) || cidrs > self.layout.profile.cidrs_per_vpc.into() {
            return Err(Error::CapacityExceeded);
        }
        let slot = self.free_slot().ok_or(Error::CapacityExceeded)?;
        let vpc = Vpc { id, mode: Mode::Direct, cidr, flags, system_table: table, slot };
        let edits = [
            Edit::PutVpc(vpc),
            Edit::PutCidrs { vpc: id, user: false, prefixes: secondary },
            Edit::PutCidrs { vpc: id, user: true, prefixes: user },
            Edit::PutTable(RouteTable { id: table, vpc: id, kind: TableKind::System }),
        ];
        Ok(Plan::vpc(id, &edits, Scope::everything()))
    }

    /// The lowest slot without a world.
    fn free_slot(&self) -> Option<u16> {
        let is_free = |&slot: &u16| self.mem.load(WORLDS + u32::from(slot)) == 0;
        (0..self.layout.profile.vpcs).find(is_free)
    }

    pub(super) fn delete_vpc<'c>(&self, id: VpcId) -> Result<Plan<'c>, Error> {
        let vpc = self.vpc(id)?;
        if self.gateway_of(id).is_some() {
            return Err(Error::HeldByIpv4Gateway);
        }
        if self.gateway_table(id).is_some() {
            return Err(Error::HeldByGatewayRouteTable);
        }
        if self.vswitches_of(id).next().is_some() {
            return Err(Error::HeldByVSwitch);
        }
        if self.members_of(id, Kind::LoadBalancer).next().is_some() {
            return Err(Error::HeldByLoadBalancer);
        }
        if self.tables_of(id).any(|table| table.kind == TableKind::VSwitch) {
            return Err(Error::HeldByRouteTable);
        }
        Ok(Plan::removed(
            id,
            &[Edit::Remove(Removal::Table(vpc.system_table)), Edit::Remove(Removal::Vpc(vpc))],
        ))
    }

    pub(super) fn create_vswitch<'c>(
        &self,
        id: VSwitchId,
        vpc_id: VpcId,
        cidr: Prefix,
    ) -> Result<Plan<'c>, Error> {
        let vpc = self.vpc(vpc_id)?;
        if self.vswitches.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        let mut own = self.cidrs.range(VpcCidr::keys(vpc_id)).filter(|cidr| !cidr.user);
        let inside = vpc.cidr.covers(cidr) || own.any(|own| own.prefix.covers(cidr));
        let taken = self.vswitches_of(vpc_id).any(|other| other.cidr.overlaps(cidr));
        if !inside || taken || cidr.overlaps(SERVICE_PREFIX) || self.swallows(vpc_id, cidr) {
            return Err(Error::InvalidCidrBlock);
        }
        if self.vswitches_of(vpc_id).count() >= self.layout.profile.vswitches_per_vpc.into() {
            return Err(Error::CapacityExceeded);
        }
        let vswitch = VSwitch { id, vpc: vpc_id, cidr, table: vpc.system_table };
        Ok(Plan::vpc(vpc_id, &[Edit::PutVSwitch(vswitch)], Scope::all_tables()))
    }

    /// Whether a table of the VPC has an entry whose destination lies in `cidr`. Overrides do not
    /// count: they have the CIDRs of other vSwitches, which `cidr` does not overlap.
    fn swallows(&self, vpc: VpcId, cidr: Prefix) -> bool {
        self.tables_of(vpc).any(|table| {
            let mut routes = self.routes.range(RouteRecord::keys_of(table.id));
            routes.any(|route| cidr.covers(route.prefix))
        })
    }

    pub(super) fn delete_vswitch<'c>(&self, id: VSwitchId) -> Result<Plan<'c>, Error> {
        let vswitch = self.vswitch(id)?;
        let mut hosts = self.interfaces_of(vswitch.vpc).filter(|host| host.vswitch == id);
        let first = hosts.next().map(|host| host.id.kind);
        let holds = |kind| first == Some(kind);
        if holds(Kind::Instance) {
            return Err(Error::HeldByInstance);
        }
        if holds(Kind::NetworkInterface) {
            return Err(Error::HeldByNetworkInterface);
        }
        if holds(Kind::NatGateway) {
            return Err(Error::HeldByNatGateway);
        }
        if holds(Kind::LoadBalancer) {
            return Err(Error::HeldByLoadBalancer);
        }
        let mut endpoints = self.members_of(vswitch.vpc, Kind::Endpoint);
        if endpoints.any(|n| self.endpoints.get(n.into()).is_some_and(|e| e.vswitch == id)) {
            return Err(Error::HeldByEndpoint);
        }
        Ok(Plan::vpc(vswitch.vpc, &[Edit::Remove(Removal::VSwitch(vswitch))], Scope::all_tables()))
    }

    pub(super) fn create_route_table<'c>(
        &self,
        id: TableId,
        vpc: VpcId,
        gateway: bool,
    ) -> Result<Plan<'c>, Error> {
        self.vpc(vpc)?;
        if self.tables.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if gateway && self.gateway_table(vpc).is_some() {
            return Err(Error::GatewayTableQuota);
        }
        if self.tables_of(vpc).count() >= self.layout.profile.tables_per_vpc.into() {
            return Err(Error::CapacityExceeded);
        }
        let kind = if gateway { TableKind::Gateway } else { TableKind::VSwitch };
        let edit = Edit::PutTable(RouteTable { id, vpc, kind });
        Ok(Plan::vpc(vpc, &[edit], Scope::tables([id])))
    }

    pub(super) fn delete_route_table<'c>(&self, id: TableId) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        match table.kind {
            TableKind::System => return Err(Error::SystemRouteTable),
            TableKind::VSwitch => {
                if self.vswitches_of(table.vpc).any(|vswitch| vswitch.table == id) {
                    return Err(Error::HeldByVSwitch);
                }
            }
            TableKind::Gateway => {
                if self.gateway_of(table.vpc).is_some_and(|gateway| gateway.table == Some(id)) {
                    return Err(Error::GatewayTableAssociated);
                }
            }
        }
        if self.routes.range(RouteRecord::keys(id, false)).next().is_some() {
            return Err(Error::HeldByRouteEntry);
        }
        Ok(Plan::vpc(table.vpc, &[Edit::Remove(Removal::Table(id))], Scope::tables([id])))
    }

    pub(super) fn associate_route_table<'c>(
        &self,
        id: TableId,
        vswitch: VSwitchId,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        let vswitch = self.vswitch(vswitch)?;
        if table.kind == TableKind::Gateway {
            return Err(Error::AssociateGatewayRouteTable);
        }
        if table.vpc != vswitch.vpc {
            return Err(Error::NotInSameVpc);
        }
        if vswitch.table == id {
            return Ok(Plan::default());
        }
        let edit = Edit::PutVSwitch(VSwitch { table: id, ..vswitch });
        Ok(Plan::vpc(vswitch.vpc, &[edit], Scope::default()))
    }

    pub(super) fn unassociate_route_table<'c>(
        &self,
        id: TableId,
        vswitch: VSwitchId,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        let vswitch = self.vswitch(vswitch)?;
        if table.kind == TableKind::System {
            return Err(Error::SystemRouteTable);
        }
        if vswitch.table != id {
            return Err(Error::InvalidBindingStatus);
        }
        let system_table = self.vpc(vswitch.vpc)?.system_table;
        let edit = Edit::PutVSwitch(VSwitch { table: system_table, ..vswitch });
        Ok(Plan::vpc(vswitch.vpc, &[edit], Scope::default()))
    }

    /// An instance or a network interface.
    pub(super) fn create_interface<'c>(
        &self,
        id: Id,
        vswitch: VSwitchId,
        address: Addr,
        public: Option<(EipId, Addr)>,
        forward: bool,
    ) -> Result<Plan<'c>, Error> {
        let vswitch = self.vswitch(vswitch)?;
        let taken = |(eip, _): (EipId, Addr)| self.publics.contains(eip.0.into());
        if self.interface(id).is_some() || public.is_some_and(taken) {
            return Err(Error::DuplicateId);
        }
        self.check_private_address(&vswitch, address)?;
        if public.is_some_and(|(_, address)| self.public_in_use(address)) {
            return Err(Error::AddressInUse);
        }
        let used = self.count_of(Kind::Instance) + self.count_of(Kind::NetworkInterface);
        let has_public_room = public.is_none() || self.publics.has_room(1);
        if used >= self.layout.profile.interfaces.into() || !has_public_room {
            return Err(Error::CapacityExceeded);
        }
        let host = Interface { id, vswitch: vswitch.id, address, forward, multi_binded: false };
        let mut plan = Plan::hosts(vswitch.vpc, &[Edit::PutInterface(host)]);
        if let Some((eip, address)) = public {
            plan.push(Edit::PutPublic(PublicAddress {
                id: eip,
                address,
                kind: PublicKind::Static,
                mode: EipMode::Nat,
                target: Some(id),
            }));
        }
        Ok(plan)
    }

    pub(super) fn delete_interface<'c>(&self, id: Id) -> Result<Plan<'c>, Error> {
        let host = self.interface(id).ok_or(Error::not_found(id.kind))?;
        let vpc = self.vswitch(host.vswitch)?.vpc;
        if self.is_next_hop(vpc, id) {
            return Err(Error::HeldByRouteEntry);
        }
        let bound = || self.publics_of(vpc).filter(move |public| public.target == Some(id));
        if bound().any(|public| public.kind != PublicKind::Static) {
            return Err(Error::HeldByPublicAddress);
        }
        let mut plan = Plan::hosts(vpc, &[]);
        if let Some(public) = bound().next() {
            plan.push(Edit::Remove(Removal::Public(public)));
        }
        plan.push(Edit::Remove(Removal::Interface(id)));
        Ok(plan)
    }

    pub(super) fn set_forward<'c>(&self, port: Port, forward: bool) -> Result<Plan<'c>, Error> {
        let id = port.id();
        let host = self.interface(id).ok_or(Error::not_found(id.kind))?;
        if host.forward == forward {
            return Ok(Plan::default());
        }
        let vpc = self.vswitch(host.vswitch)?.vpc;
        let edit = Edit::PutInterface(Interface { forward, ..host });
        Ok(Plan::hosts(vpc, &[edit]))
    }

    /// How many interfaces, NAT gateways or internal load balancers there are.
    pub(super) fn count_of(&self, kind: Kind) -> usize {
        let low = u64::from(Id { kind, number: 0 }.to_word());
        self.interfaces.count_in(low..=low | 0xFFFF)
    }

    /// The rules for the private address of a new interface, NAT gateway or load balancer.
    pub(super) fn check_private_address(
        &self,
        vswitch: &VSwitch,
        address: Addr,
    ) -> Result<(), Error> {
        let last = vswitch.cidr.last().0;
        let reserved = address == vswitch.cidr.addr() || last.saturating_sub(address.0) < 3;
        if !vswitch.cidr.contains(address) || reserved {
            return Err(Error::InvalidPrivateIpAddress);
        }
        // vSwitches of a VPC do not overlap, so only this one's interfaces can have the address.
        let taken = |host: Interface| host.vswitch == vswitch.id && host.address == address;
        if self.interfaces_of(vswitch.vpc).any(taken) {
            return Err(Error::InvalidPrivateIpAddressDuplicate);
        }
        Ok(())
    }
}
