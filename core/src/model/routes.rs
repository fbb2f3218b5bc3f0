//! Route tables and their entries.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::objects::*;
use super::region::{SERVICES, Twin};
use crate::addr::{GatewayId, Id, Kind, Prefix, TableId, VSwitchId, VpcId};
use crate::region::{EipMode, Error, NextHop};

impl RouteTable {
    /// Adds an entry in its place. The prefix must not be in the table.
    pub(super) fn insert(&mut self, entry: Entry) {
        assert!(self.entry(entry.prefix).is_none(), "{} twice", entry.prefix);
        self.entries.push(entry);
        self.entries.sort_by_key(|e| e.prefix);
    }

    fn entry(&self, prefix: Prefix) -> Option<&Entry> {
        self.entries.iter().find(|e| e.prefix == prefix)
    }

    /// The automatic or Custom entry; the error is for a Dynamic one.
    fn own_or_dynamic(&self, prefix: Prefix, error: Error) -> Result<&Entry, Error> {
        let dynamic = self.dynamic.contains_key(&prefix);
        self.entry(prefix).ok_or(if dynamic { error } else { Error::NoRouteEntry })
    }

    fn set(&mut self, prefix: Prefix, next_hop: Option<NextHop>) {
        self.entries.iter_mut().find(|e| e.prefix == prefix).unwrap().next_hop = next_hop;
    }
}

impl Twin {
    pub(super) fn create_route_table(
        &mut self,
        table: TableId,
        vpc: VpcId,
        gateway: bool,
    ) -> Result<(), Error> {
        self.vpcs.get(&vpc).ok_or(Error::NoVpc)?;
        if self.tables.contains_key(&table) {
            return Err(Error::DuplicateId);
        }
        let has_one = self.tables.values().any(|t| t.vpc == vpc && t.kind == TableKind::Gateway);
        if gateway && has_one {
            return Err(Error::GatewayTableQuota);
        }
        let kind = if gateway { TableKind::Gateway } else { TableKind::VSwitch };
        let mut new = RouteTable { vpc, kind, entries: Vec::new(), dynamic: BTreeMap::new() };
        if !gateway {
            new.insert(Entry { prefix: SERVICES, next_hop: None, automatic: true });
        }
        for vswitch in self.vswitches.values().filter(|v| v.vpc == vpc) {
            new.insert(Entry { prefix: vswitch.cidr, next_hop: None, automatic: true });
        }
        self.tables.insert(table, new);
        Ok(())
    }

    pub(super) fn delete_route_table(&mut self, table: TableId) -> Result<(), Error> {
        let old = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        match old.kind {
            TableKind::System => return Err(Error::SystemRouteTable),
            TableKind::VSwitch => {
                if self.vswitches.values().any(|v| v.table == table) {
                    return Err(Error::HeldByVSwitch);
                }
            }
            TableKind::Gateway => {
                if self.gateways.values().any(|g| g.table == Some(table)) {
                    return Err(Error::GatewayTableAssociated);
                }
            }
        }
        if old.entries.iter().any(|e| e.next_hop.is_some()) {
            return Err(Error::HeldByRouteEntry);
        }
        self.tables.remove(&table);
        Ok(())
    }

    pub(super) fn associate_route_table(
        &mut self,
        table: TableId,
        vswitch: VSwitchId,
    ) -> Result<(), Error> {
        let from = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        let to = self.vswitches.get_mut(&vswitch).ok_or(Error::NoVSwitch)?;
        if from.kind == TableKind::Gateway {
            return Err(Error::AssociateGatewayRouteTable);
        }
        if from.vpc != to.vpc {
            return Err(Error::NotInSameVpc);
        }
        to.table = table;
        Ok(())
    }

    pub(super) fn unassociate_route_table(
        &mut self,
        table: TableId,
        vswitch: VSwitchId,
    ) -> Result<(), Error> {
        let from = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        let to = self.vswitches.get_mut(&vswitch).ok_or(Error::NoVSwitch)?;
        if from.kind == TableKind::System {
            return Err(Error::SystemRouteTable);
        }
        if to.table != table {
            return Err(Error::InvalidBindingStatus);
        }
        to.table = self.vpcs[&to.vpc].system_table;
        Ok(())
    }

    pub(super) fn create_route_entry(
        &mut self,
        table: TableId,
        prefix: Prefix,
        next_hop: NextHop,
    ) -> Result<(), Error> {
        let to = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        if to.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        self.check_next_hop(next_hop, to.vpc)?;
        self.check_gateway_settled(Some(next_hop))?;
        if self.is_automatic_or_inside(prefix, to.vpc) {
            return Err(Error::InvalidCidrBlock);
        }
        if to.entry(prefix).is_some() {
            return Err(Error::DuplicateCidrBlock);
        }
        if to.dynamic.contains_key(&prefix) {
            return Err(Error::RouteConflictAlreadyExist);
        }
        let entry = Entry { prefix, next_hop: Some(next_hop), automatic: false };
        self.tables.get_mut(&table).unwrap().insert(entry);
        Ok(())
    }

    pub(super) fn modify_route_entry(
        &mut self,
        table: TableId,
        prefix: Prefix,
        next_hop: Option<NextHop>,
    ) -> Result<(), Error> {
        let of = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        if of.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        if let Some(hop) = next_hop {
            self.check_next_hop(hop, of.vpc)?;
        }
        self.check_gateway_settled(next_hop)?;
        let entry = of.own_or_dynamic(prefix, Error::ModifyManagedRouteEntry)?;
        if !entry.automatic {
            if next_hop.is_none() {
                return Err(Error::NextHopTypeNotPermitted);
            }
            self.check_gateway_settled(entry.next_hop)?;
        } else if of.kind == TableKind::System || prefix == SERVICES {
            return Err(Error::ModifySystemEntry);
        } else if next_hop.is_some_and(|hop| !hop.can_override()) {
            return Err(Error::NextHopTypeNotPermitted);
        }
        self.tables.get_mut(&table).unwrap().set(prefix, next_hop);
        Ok(())
    }

    pub(super) fn delete_route_entry(
        &mut self,
        table: TableId,
        prefix: Prefix,
    ) -> Result<(), Error> {
        let of = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        if self.bound_to_unsettled_gateway(table) {
            return Err(Error::IncorrectStatusGateway);
        }
        let entry = *of.own_or_dynamic(prefix, Error::DeleteManagedRouteEntry)?;
        if entry.automatic && entry.next_hop.is_none() {
            return Err(Error::DeleteSystemEntry);
        }
        self.check_gateway_settled(entry.next_hop)?;
        let of = self.tables.get_mut(&table).unwrap();
        if entry.automatic {
            of.set(prefix, None);
        } else {
            of.entries.retain(|e| e.prefix != prefix);
        }
        Ok(())
    }

    pub(super) fn update_gateway_entry(
        &mut self,
        table: TableId,
        prefix: Prefix,
        next_hop: Option<NextHop>,
    ) -> Result<(), Error> {
        let of = self.tables.get(&table).ok_or(Error::NoGatewayRouteTable)?;
        if of.kind != TableKind::Gateway {
            return Err(Error::TableTypeIncorrect);
        }
        if self.bound_to_unsettled_gateway(table) {
            return Err(Error::IncorrectStatusGateway);
        }
        let old = of.entry(prefix).ok_or(Error::NoRouteEntry)?.next_hop;
        if let Some(hop) = next_hop {
            if !hop.can_override() {
                return Err(Error::NextHopTypeNotPermitted);
            }
            self.check_next_hop(hop, of.vpc)?;
        }
        if old.is_some() && next_hop.is_some() && old != next_hop {
            return Err(Error::UpdateGatewayRouteEntry);
        }
        self.tables.get_mut(&table).unwrap().set(prefix, next_hop);
        Ok(())
    }

    pub(super) fn announce_route(
        &mut self,
        table: TableId,
        prefix: Prefix,
        next_hop: NextHop,
    ) -> Result<(), Error> {
        let to = self.tables.get(&table).ok_or(Error::NoRouteTable)?;
        if to.kind == TableKind::Gateway {
            return Err(Error::TableTypeNotPermitted);
        }
        if !next_hop.id().kind.is_external() {
            return Err(Error::NextHopTypeNotPermitted);
        }
        if self.is_automatic_or_inside(prefix, to.vpc) {
            return Err(Error::RouteConflictSystem);
        }
        self.tables.get_mut(&table).unwrap().dynamic.insert(prefix, next_hop);
        Ok(())
    }

    pub(super) fn withdraw_route(&mut self, table: TableId, prefix: Prefix) -> Result<(), Error> {
        let of = self.tables.get_mut(&table).ok_or(Error::NoRouteTable)?;
        of.dynamic.remove(&prefix).ok_or(Error::NoRouteEntry)?;
        Ok(())
    }

    /// Equal to the cloud's services, or inside a vSwitch's CIDR or equal to it.
    fn is_automatic_or_inside(&self, prefix: Prefix, vpc: VpcId) -> bool {
        let mut vswitches = self.vswitches.values().filter(|v| v.vpc == vpc);
        prefix == SERVICES || vswitches.any(|v| v.cidr.covers(prefix))
    }

    /// The next hop exists, is of the table's VPC, and is no interface with a Binded address.
    fn check_next_hop(&self, hop: NextHop, vpc: VpcId) -> Result<(), Error> {
        let id = hop.id();
        if !id.kind.is_external() {
            let owner = self.vpc_of(id).ok_or(not_found(id))?;
            if owner != vpc {
                return Err(if id.kind == Kind::Ipv4Gateway {
                    Error::GatewayTableMismatch
                } else {
                    Error::NextHopNotInSameVpc
                });
            }
        }
        if self.public_addresses_of(id).any(|(_, e)| e.mode == EipMode::Binded) {
            return Err(Error::DirectEni);
        }
        Ok(())
    }

    /// A next hop that is a gateway is in no transitional status.
    fn check_gateway_settled(&self, hop: Option<NextHop>) -> Result<(), Error> {
        match hop.map(|hop| hop.id()) {
            Some(Id { kind: Kind::Ipv4Gateway, number })
                if self.gateways[&GatewayId(number)].status != Status::Created =>
            {
                Err(Error::IncorrectStatusGateway)
            }
            _ => Ok(()),
        }
    }

    fn bound_to_unsettled_gateway(&self, table: TableId) -> bool {
        self.gateways.values().any(|g| g.table == Some(table) && g.status != Status::Created)
    }
}

/// The error of an id that names nothing, for the kinds that a command can name so.
pub(super) fn not_found(id: Id) -> Error {
    match id.kind {
        Kind::Instance => Error::NoInstance,
        Kind::NetworkInterface => Error::NoNetworkInterface,
        Kind::NatGateway => Error::NoNatGateway,
        Kind::LoadBalancer => Error::NoLoadBalancer,
        Kind::Ipv4Gateway => Error::NoIpv4Gateway,
        Kind::Endpoint => Error::NoEndpoint,
        Kind::RouteTargetGroup => Error::NoRouteTargetGroup,
        kind => panic!("{kind:?} is never looked up this way"),
    }
}
