//! Route entries: Custom ones in vSwitch tables, overrides of automatic ones, gateway tables.

use super::entries::{Route, RouteRecord, route_key};
use super::objects::{Gateway, PublicAddress, RouteTable, Status, TableKind};
use super::plan::{Edit, Plan, Scope};
use super::removal::Removal;
use super::{EipMode, Error, NextHop, Region};
use crate::addr::{GatewayId, Kind, Prefix, TableId};
use crate::tables::SERVICE_PREFIX;

impl Region<'_> {
    pub(super) fn create_route_entry<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
        next_hop: NextHop,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        if table.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        self.check_next_hop(&table, next_hop)?;
        self.check_gateway_settled(next_hop)?;
        let automatic = self.vswitches_of(table.vpc).any(|vswitch| vswitch.cidr.covers(prefix));
        if automatic || prefix == SERVICE_PREFIX {
            return Err(Error::InvalidCidrBlock);
        }
        if self.route(id, prefix, false).is_some() {
            return Err(Error::DuplicateCidrBlock);
        }
        if self.route(id, prefix, true).is_some() {
            return Err(Error::RouteConflictAlreadyExist);
        }
        self.check_room(id, None, &next_hop, false)?;
        Ok(put(&table, prefix, next_hop, false))
    }

    pub(super) fn announce_route<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
        next_hop: NextHop,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        if table.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        if !next_hop.id().kind.is_external() {
            return Err(Error::NextHopTypeNotPermitted);
        }
        let automatic = self.vswitches_of(table.vpc).any(|vswitch| vswitch.cidr.covers(prefix));
        if automatic || prefix == SERVICE_PREFIX {
            return Err(Error::RouteConflictSystem);
        }
        let old = self.route(id, prefix, true);
        self.check_room(id, old.as_ref(), &next_hop, true)?;
        if old.is_some_and(|old| old.next_hop == next_hop) {
            return Ok(Plan::default());
        }
        Ok(put(&table, prefix, next_hop, true))
    }

    pub(super) fn withdraw_route<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        match self.route(id, prefix, true) {
            None => Err(Error::NoRouteEntry),
            old => Ok(reset(&table, old)),
        }
    }

    pub(super) fn modify_route_entry<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
        next_hop: Option<NextHop>,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        if table.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        if let Some(next_hop) = next_hop {
            self.check_next_hop(&table, next_hop)?;
            self.check_gateway_settled(next_hop)?;
        }
        let old = self.route(id, prefix, false);
        if !self.has_automatic(&table, prefix) {
            let old = match old {
                Some(old) => old,
                None if self.route(id, prefix, true).is_some() => {
                    return Err(Error::ModifyManagedRouteEntry);
                }
                None => return Err(Error::NoRouteEntry),
            };
            let next_hop = next_hop.ok_or(Error::NextHopTypeNotPermitted)?;
            self.check_gateway_settled(old.next_hop)?;
            self.check_room(id, Some(&old), &next_hop, false)?;
            return Ok(put_if_new(&table, prefix, Some(old), next_hop));
        }
        if table.kind == TableKind::System || prefix == SERVICE_PREFIX {
            return Err(Error::ModifySystemEntry);
        }
        let Some(next_hop) = next_hop else { return Ok(reset(&table, old)) };
        if !next_hop.can_override() {
            return Err(Error::NextHopTypeNotPermitted);
        }
        self.check_room(id, old.as_ref(), &next_hop, false)?;
        Ok(put_if_new(&table, prefix, old, next_hop))
    }

    pub(super) fn delete_route_entry<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
    ) -> Result<Plan<'c>, Error> {
        let table = self.table(id)?;
        self.check_table_settled(&table)?;
        let automatic = self.has_automatic(&table, prefix);
        match self.route(id, prefix, false) {
            None if automatic => Err(Error::DeleteSystemEntry),
            None if self.route(id, prefix, true).is_some() => Err(Error::DeleteManagedRouteEntry),
            None => Err(Error::NoRouteEntry),
            Some(old) => {
                self.check_gateway_settled(old.next_hop)?;
                Ok(reset(&table, Some(old)))
            }
        }
    }

    pub(super) fn update_gateway_entry<'c>(
        &self,
        id: TableId,
        prefix: Prefix,
        next_hop: Option<NextHop>,
    ) -> Result<Plan<'c>, Error> {
        let table = self.tables.get(id.0.into()).ok_or(Error::NoGatewayRouteTable)?;
        if table.kind != TableKind::Gateway {
            return Err(Error::TableTypeIncorrect);
        }
        self.check_table_settled(&table)?;
        if !self.has_automatic(&table, prefix) {
            return Err(Error::NoRouteEntry);
        }
        if let Some(next_hop) = next_hop {
            if !next_hop.can_override() {
                return Err(Error::NextHopTypeNotPermitted);
            }
            self.check_next_hop(&table, next_hop)?;
        }
        let old = self.route(id, prefix, false);
        match (old, next_hop) {
            (old, None) => Ok(reset(&table, old)),
            (Some(old), Some(next_hop)) if old.next_hop == next_hop => Ok(Plan::default()),
            (Some(_), Some(_)) => Err(Error::UpdateGatewayRouteEntry),
            (None, Some(next_hop)) => {
                self.check_room(id, None, &next_hop, false)?;
                Ok(put(&table, prefix, next_hop, false))
            }
        }
    }

    /// Whether a table has an automatic entry for exactly this prefix, overridden or not.
    pub(crate) fn is_automatic(&self, table: TableId, prefix: Prefix) -> bool {
        self.tables.get(table.0.into()).is_some_and(|table| self.has_automatic(&table, prefix))
    }

    /// The next hop of a Dynamic entry, effective or not.
    pub(crate) fn candidate(&self, table: TableId, prefix: Prefix) -> Option<NextHop> {
        self.route(table, prefix, true).map(|route| route.next_hop)
    }

    /// Whether somebody made an entry for exactly this prefix.
    pub(crate) fn is_custom(&self, table: TableId, prefix: Prefix) -> bool {
        self.route(table, prefix, false).is_some()
    }

    fn has_automatic(&self, table: &RouteTable, prefix: Prefix) -> bool {
        let service = prefix == SERVICE_PREFIX && table.kind != TableKind::Gateway;
        service || self.vswitches_of(table.vpc).any(|vswitch| vswitch.cidr == prefix)
    }

    /// An entry that somebody made, with its next hop whole.
    pub(super) fn route(&self, table: TableId, prefix: Prefix, dynamic: bool) -> Option<Route> {
        let record = self.routes.get(route_key(table, prefix, dynamic))?;
        let next_hop = self.next_hop_of(&record);
        Some(Route { table, prefix, dynamic, next_hop })
    }

    pub(super) fn next_hop_of(&self, record: &RouteRecord) -> NextHop {
        let key = route_key(record.table, record.prefix, record.dynamic);
        let next_hop = match record.is_ecmp {
            true => self.ecmp_sets.get(key).and_then(|set| set.next_hop()),
            false => NextHop::new(record.id),
        };
        // Only damaged memory has neither.
        next_hop.unwrap_or(NextHop::NOWHERE)
    }

    /// Whether one more Custom entry or override, or one more Dynamic entry, fits into a table.
    pub(super) fn table_has_room(&self, table: TableId, dynamic: bool) -> bool {
        let profile = &self.layout.profile;
        let max = if dynamic { profile.dynamic_per_table } else { profile.entries_per_table };
        self.routes.count_in(RouteRecord::keys(table, dynamic)) < max.into()
    }

    fn check_room(
        &self,
        table: TableId,
        old: Option<&Route>,
        next_hop: &NextHop,
        dynamic: bool,
    ) -> Result<(), Error> {
        let had_set = old.is_some_and(|old| old.next_hop.is_ecmp());
        let needs_set = next_hop.is_ecmp() && !had_set;
        let fits = old.is_some() || self.table_has_room(table, dynamic);
        if !fits || (needs_set && !self.ecmp_sets.has_room(1)) {
            return Err(Error::CapacityExceeded);
        }
        Ok(())
    }

    /// Next hop exists, is of the table's VPC, and has no address bound in mode Binded.
    fn check_next_hop(&self, table: &RouteTable, next_hop: NextHop) -> Result<(), Error> {
        let id = next_hop.id();
        match id.kind {
            kind if kind.is_external() => Ok(()),
            Kind::Ipv4Gateway => {
                let gateway = self.gateway(GatewayId(id.number))?;
                if gateway.vpc == table.vpc { Ok(()) } else { Err(Error::GatewayTableMismatch) }
            }
            kind => {
                let vpc = self.vpc_of(id).ok_or(Error::not_found(kind))?;
                if vpc != table.vpc {
                    return Err(Error::NextHopNotInSameVpc);
                }
                let direct = |public: PublicAddress| {
                    public.target == Some(id) && public.mode == EipMode::Binded
                };
                if self.publics_of(vpc).any(direct) { Err(Error::DirectEni) } else { Ok(()) }
            }
        }
    }

    /// A gateway that is named as a next hop, old or new, is not in a transitional status.
    fn check_gateway_settled(&self, next_hop: NextHop) -> Result<(), Error> {
        let id = next_hop.id();
        if id.kind != Kind::Ipv4Gateway {
            return Ok(());
        }
        settled(&self.gateway(GatewayId(id.number))?)
    }

    /// A gateway that this gateway table is bound to is not in a transitional status.
    fn check_table_settled(&self, table: &RouteTable) -> Result<(), Error> {
        match self.gateway_of(table.vpc) {
            Some(gateway) if gateway.table == Some(table.id) => settled(&gateway),
            _ => Ok(()),
        }
    }
}

/// The gateway has no begun operation.
pub(super) fn settled(gateway: &Gateway) -> Result<(), Error> {
    match gateway.status() {
        Status::Created => Ok(()),
        _ => Err(Error::IncorrectStatusGateway),
    }
}

fn put<'c>(table: &RouteTable, prefix: Prefix, next_hop: NextHop, dynamic: bool) -> Plan<'c> {
    let edit = Edit::PutRoute(Route { table: table.id, prefix, dynamic, next_hop });
    Plan::vpc(table.vpc, &[edit], Scope::tables([table.id]))
}

fn put_if_new<'c>(
    table: &RouteTable,
    prefix: Prefix,
    old: Option<Route>,
    next_hop: NextHop,
) -> Plan<'c> {
    let same = old.is_some_and(|old| old.next_hop == next_hop);
    if same { Plan::default() } else { put(table, prefix, next_hop, false) }
}

/// Takes an entry's record out: a Custom or Dynamic one is gone, an overridden one automatic again.
fn reset<'c>(table: &RouteTable, old: Option<Route>) -> Plan<'c> {
    let Some(old) = old else { return Plan::default() };
    let edit = Edit::Remove(Removal::Route(table.id, old.prefix, old.dynamic));
    Plan::vpc(table.vpc, &[edit], Scope::tables([table.id]))
}
