//! GWLBs with their appliances, endpoints, and route target groups with their probes.

use super::objects::pair;
use super::plan::{Edit, Plan};
use super::removal::Removal;
use super::store::{Key, Record, field, half};
use super::{Error, Region};
use crate::addr::{ApplianceId, EndpointId, GwlbId, RouteTargetGroupId, VSwitchId};
use crate::memory::Words;

/// A gateway load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gwlb {
    /// Its id.
    pub id: GwlbId,
    /// Whether packets pass uninspected when no appliance is healthy.
    pub fail_open: bool,
}

impl Record for Gwlb {
    const WORDS: u32 = 1;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> Gwlb {
        let w0 = mem.load(at);
        Gwlb { id: GwlbId(half(w0, true)), fail_open: field(w0, 0, 1) == 1 }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, u16::from(self.fail_open)));
    }
}

/// An appliance of a GWLB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appliance {
    /// Its id.
    pub id: ApplianceId,
    /// Its GWLB.
    pub gwlb: GwlbId,
    /// Whether it takes packets.
    pub healthy: bool,
}

impl Record for Appliance {
    const WORDS: u32 = 2;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> Appliance {
        let w0 = mem.load(at);
        Appliance {
            id: ApplianceId(half(w0, true)),
            gwlb: GwlbId(half(w0, false)),
            healthy: mem.load(at + 1) == 1,
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.gwlb.0));
        mem.store(at + 1, u32::from(self.healthy));
    }
}

/// An endpoint of a GWLB in a vSwitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its vSwitch.
    pub vswitch: VSwitchId,
    /// Its GWLB.
    pub gwlb: GwlbId,
}

impl Record for Endpoint {
    const WORDS: u32 = 2;
    const KEY: Key = Key::Number;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> Endpoint {
        let w0 = mem.load(at);
        Endpoint {
            id: EndpointId(half(w0, true)),
            vswitch: VSwitchId(half(w0, false)),
            gwlb: GwlbId(half(mem.load(at + 1), false)),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, pair(self.id.0, self.vswitch.0));
        mem.store(at + 1, u32::from(self.gwlb.0));
    }
}

/// Reports of one result in a row that change a member's mark.
const RUN: u8 = 3;

/// What probes say of a member of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    abnormal: bool,
    last_ok: bool,
    run: u8,
}

impl Health {
    /// After another report: three of a kind in a row set the mark, and either ends the other's run.
    fn after(self, ok: bool) -> Health {
        let run = if self.last_ok == ok { self.run.saturating_add(1).min(RUN) } else { 1 };
        let abnormal = if run == RUN { !ok } else { self.abnormal };
        Health { abnormal, last_ok: ok, run }
    }

    fn to_byte(self) -> u8 {
        u8::from(self.abnormal) << 7 | u8::from(self.last_ok) << 6 | self.run & 3
    }

    fn from_byte(byte: u8) -> Health {
        Health { abnormal: byte & 0x80 != 0, last_ok: byte & 0x40 != 0, run: byte & 3 }
    }
}

/// A route target group: two endpoints, one of which is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteTargetGroup {
    /// Its id.
    pub id: RouteTargetGroupId,
    /// The endpoint that is used.
    pub active: EndpointId,
    /// The endpoint that stands by.
    pub standby: EndpointId,
    /// Whether probes have marked the active one abnormal.
    pub active_abnormal: bool,
    /// Whether probes have marked the standby one abnormal.
    pub standby_abnormal: bool,
}

/// A group with the runs of its probes, which are not configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupRecord {
    pub(crate) id: RouteTargetGroupId,
    pub(crate) active: EndpointId,
    pub(crate) standby: EndpointId,
    active_health: Health,
    standby_health: Health,
}

impl GroupRecord {
    /// Whether neither member can be used.
    pub(crate) fn is_down(&self) -> bool {
        self.active_health.abnormal && self.standby_health.abnormal
    }

    fn switched(self) -> GroupRecord {
        GroupRecord {
            id: self.id,
            active: self.standby,
            standby: self.active,
            active_health: self.standby_health,
            standby_health: self.active_health,
        }
    }
}

impl From<GroupRecord> for RouteTargetGroup {
    fn from(record: GroupRecord) -> RouteTargetGroup {
        RouteTargetGroup {
            id: record.id,
            active: record.active,
            standby: record.standby,
            active_abnormal: record.active_health.abnormal,
            standby_abnormal: record.standby_health.abnormal,
        }
    }
}

impl Record for GroupRecord {
    const WORDS: u32 = 3;
    const HASHED: u32 = 2;
    const KEY: Key = Key::Id;

    fn key(&self) -> u64 {
        u64::from(self.id.0)
    }

    fn read(mem: Words<'_>, at: u32) -> GroupRecord {
        let w1 = mem.load(at + 1);
        let [_, _, standby, active] = mem.load(at + 2).to_be_bytes();
        GroupRecord {
            id: RouteTargetGroupId(half(mem.load(at), false)),
            active: EndpointId(half(w1, true)),
            standby: EndpointId(half(w1, false)),
            active_health: Health::from_byte(active),
            standby_health: Health::from_byte(standby),
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        mem.store(at, u32::from(self.id.0));
        mem.store(at + 1, pair(self.active.0, self.standby.0));
        let health = [0, 0, self.standby_health.to_byte(), self.active_health.to_byte()];
        mem.store(at + 2, u32::from_be_bytes(health));
    }
}

impl Region<'_> {
    pub(super) fn create_gwlb<'c>(&self, id: GwlbId, fail_open: bool) -> Result<Plan<'c>, Error> {
        if !self.options().gwlb {
            return Err(Error::UnsupportedRegion);
        }
        if self.gwlbs.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if !self.gwlbs.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        Ok(Plan::region(&[Edit::PutGwlb(Gwlb { id, fail_open })]))
    }

    fn gwlb(&self, id: GwlbId) -> Result<Gwlb, Error> {
        self.gwlbs.get(id.0.into()).ok_or(Error::NoGwlb)
    }

    pub(super) fn delete_gwlb<'c>(&self, id: GwlbId) -> Result<Plan<'c>, Error> {
        self.gwlb(id)?;
        if self.endpoints.iter().any(|endpoint| endpoint.gwlb == id) {
            return Err(Error::HeldByEndpoint);
        }
        Ok(Plan::region(&[Edit::Remove(Removal::Gwlb(id))]))
    }

    pub(super) fn register_appliance<'c>(
        &self,
        gwlb: GwlbId,
        id: ApplianceId,
    ) -> Result<Plan<'c>, Error> {
        self.gwlb(gwlb)?;
        if self.appliances.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if !self.appliances.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        Ok(Plan::gwlb(gwlb, &[Edit::PutAppliance(Appliance { id, gwlb, healthy: true })]))
    }

    fn appliance(&self, id: ApplianceId) -> Result<Appliance, Error> {
        self.appliances.get(id.0.into()).ok_or(Error::NoAppliance)
    }

    pub(super) fn deregister_appliance<'c>(&self, id: ApplianceId) -> Result<Plan<'c>, Error> {
        let appliance = self.appliance(id)?;
        Ok(Plan::gwlb(appliance.gwlb, &[Edit::Remove(Removal::Appliance(appliance))]))
    }

    pub(super) fn set_appliance<'c>(
        &self,
        id: ApplianceId,
        healthy: bool,
    ) -> Result<Plan<'c>, Error> {
        let old = self.appliance(id)?;
        if old.healthy == healthy {
            return Ok(Plan::default());
        }
        Ok(Plan::gwlb(old.gwlb, &[Edit::PutAppliance(Appliance { healthy, ..old })]))
    }

    pub(super) fn create_endpoint<'c>(
        &self,
        id: EndpointId,
        vswitch: VSwitchId,
        gwlb: GwlbId,
    ) -> Result<Plan<'c>, Error> {
        let vpc = self.vswitch(vswitch)?.vpc;
        self.gwlb(gwlb)?;
        if self.endpoints.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if !self.endpoints.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        let edit = Edit::PutEndpoint(Endpoint { id, vswitch, gwlb });
        Ok(Plan::hosts(vpc, &[edit]))
    }

    pub(super) fn endpoint(&self, id: EndpointId) -> Result<Endpoint, Error> {
        self.endpoints.get(id.0.into()).ok_or(Error::NoEndpoint)
    }

    pub(super) fn delete_endpoint<'c>(&self, id: EndpointId) -> Result<Plan<'c>, Error> {
        let vpc = self.vswitch(self.endpoint(id)?.vswitch)?.vpc;
        if self.is_next_hop(vpc, id.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        if self.groups.iter().any(|group| group.active == id || group.standby == id) {
            return Err(Error::HeldByRouteTargetGroup);
        }
        Ok(Plan::hosts(vpc, &[Edit::Remove(Removal::Endpoint(id))]))
    }

    pub(super) fn create_group<'c>(
        &self,
        id: RouteTargetGroupId,
        active: EndpointId,
        standby: EndpointId,
    ) -> Result<Plan<'c>, Error> {
        if active == standby {
            return Err(Error::InvalidParameter);
        }
        let vpc_of = |id| Ok(self.vswitch(self.endpoint(id)?.vswitch)?.vpc);
        let (vpc, other) = (vpc_of(active)?, vpc_of(standby)?);
        if self.groups.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if vpc != other {
            return Err(Error::InvalidParameter);
        }
        if !self.groups.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        let (active_health, standby_health) = (Health::default(), Health::default());
        let group = GroupRecord { id, active, standby, active_health, standby_health };
        Ok(Plan::hosts(vpc, &[Edit::PutGroup(group)]))
    }

    fn group(&self, id: RouteTargetGroupId) -> Result<GroupRecord, Error> {
        self.groups.get(id.0.into()).ok_or(Error::NoRouteTargetGroup)
    }

    pub(super) fn delete_group<'c>(&self, id: RouteTargetGroupId) -> Result<Plan<'c>, Error> {
        self.group(id)?;
        let vpc = self.vpc_of(id.id()).ok_or(Error::NoRouteTargetGroup)?;
        if self.is_next_hop(vpc, id.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        Ok(Plan::hosts(vpc, &[Edit::Remove(Removal::Group(id))]))
    }

    pub(super) fn report_probe<'c>(
        &self,
        id: RouteTargetGroupId,
        endpoint: EndpointId,
        ok: bool,
    ) -> Result<Plan<'c>, Error> {
        let old = self.group(id)?;
        let mut group = old;
        if endpoint == old.active {
            group.active_health = old.active_health.after(ok);
        } else if endpoint == old.standby {
            group.standby_health = old.standby_health.after(ok);
        } else {
            return Err(Error::NoEndpoint);
        }
        if group.active_health.abnormal && !group.standby_health.abnormal {
            group = group.switched();
        }
        self.put_group(&old, group)
    }

    pub(super) fn switch_active<'c>(&self, id: RouteTargetGroupId) -> Result<Plan<'c>, Error> {
        let old = self.group(id)?;
        self.put_group(&old, old.switched())
    }

    /// A group whose next report counts on; packets see only who is active and whether both are down.
    fn put_group<'c>(&self, old: &GroupRecord, new: GroupRecord) -> Result<Plan<'c>, Error> {
        let edit = Edit::PutGroup(new);
        if old.active == new.active && old.is_down() == new.is_down() {
            return Ok(Plan::region(&[edit]));
        }
        let vpc = self.vpc_of(new.id.id()).ok_or(Error::NoRouteTargetGroup)?;
        Ok(Plan::hosts(vpc, &[edit]))
    }

    /// The healthy appliances of a GWLB, ascending.
    pub(super) fn healthy_appliances(&self, gwlb: GwlbId) -> impl Iterator<Item = ApplianceId> {
        let healthy = move |appliance: &Appliance| appliance.gwlb == gwlb && appliance.healthy;
        self.appliances.iter().filter(healthy).map(|appliance| appliance.id)
    }
}
