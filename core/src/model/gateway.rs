//! The life cycle of the IPv4 gateway.

use super::objects::*;
use super::region::Twin;
use crate::addr::{GatewayId, Id, Prefix, TableId, VpcId};
use crate::region::{EipMode, Error, GatewayOperation, NextHop};

impl Twin {
    /// A plain operation: begin and commit in one step.
    pub(super) fn gateway_operation(&mut self, operation: &GatewayOperation) -> Result<(), Error> {
        self.check_operation(operation)?;
        self.perform(operation);
        Ok(())
    }

    pub(super) fn begin(&mut self, operation: &GatewayOperation) -> Result<(), Error> {
        self.check_operation(operation)?;
        let status = match operation {
            GatewayOperation::Create { .. } => Status::Creating,
            GatewayOperation::Enable { .. } => Status::Activating,
            GatewayOperation::Update(_)
            | GatewayOperation::Associate { .. }
            | GatewayOperation::Dissociate { .. } => Status::Modifying,
            GatewayOperation::Delete { .. } => Status::Deleting,
        };
        if let GatewayOperation::Create { .. } = operation {
            self.perform(operation);
        }
        let gateway = self.gateways.get_mut(&operation.gateway()).unwrap();
        gateway.status = status;
        gateway.begun = Some(operation.clone());
        Ok(())
    }

    /// Abort, then the plain operation. A refusal leaves the abort standing.
    pub(super) fn commit(&mut self, gateway: GatewayId) -> Result<(), Error> {
        let operation = self.abort(gateway)?;
        self.gateway_operation(&operation)
    }

    /// Restores what was before begin, and answers what had begun.
    pub(super) fn abort(&mut self, id: GatewayId) -> Result<GatewayOperation, Error> {
        let gateway = self.gateways.get_mut(&id).ok_or(Error::NoIpv4Gateway)?;
        let operation = gateway.begun.take().ok_or(Error::IncorrectStatusGateway)?;
        gateway.status = Status::Created;
        if let GatewayOperation::Create { .. } = operation {
            self.gateways.remove(&id);
        }
        Ok(operation)
    }

    fn check_operation(&self, operation: &GatewayOperation) -> Result<(), Error> {
        match operation {
            GatewayOperation::Create { gateway, vpc } => self.check_create(*gateway, *vpc),
            GatewayOperation::Enable { gateway, tables } => self.check_enable(*gateway, tables),
            GatewayOperation::Update(gateway) => self.settled(*gateway).map(|_| ()),
            GatewayOperation::Delete { gateway, public } => self.check_delete(*gateway, *public),
            GatewayOperation::Associate { table, gateway } => {
                self.check_associate(*table, *gateway)
            }
            GatewayOperation::Dissociate { table, gateway } => {
                self.check_dissociate(*table, *gateway)
            }
        }
    }

    fn check_create(&self, gateway: GatewayId, vpc: VpcId) -> Result<(), Error> {
        if !self.gateway_capability {
            return Err(Error::UnsupportedRegion);
        }
        let flags = self.vpcs.get(&vpc).ok_or(Error::VpcNotExist)?.flags;
        if self.gateways.get(&gateway).is_some_and(|g| g.vpc != vpc) {
            return Err(Error::DuplicateId);
        }
        if flags.shared_principal {
            return Err(Error::OperateShareResource);
        }
        if flags.unsupported {
            return Err(Error::UnsupportedIpv4Gateway);
        }
        if self.gateway_of(vpc).is_some() {
            return Err(Error::VpcExistIpv4Gateway);
        }
        self.check_incompatibilities(vpc)?;
        if flags.subnet_route_v1 {
            return Err(Error::SubnetRouteV1Exist);
        }
        Ok(())
    }

    /// The rows of the create table that enable asks again.
    fn check_incompatibilities(&self, vpc: VpcId) -> Result<(), Error> {
        let in_vpc = |id: Id| self.vpc_of(id) == Some(vpc);
        if self.eips.values().any(|e| e.mode != EipMode::Nat && e.target.is_some_and(in_vpc)) {
            return Err(Error::ExistDirectEip);
        }
        if self.interfaces.iter().any(|(id, i)| i.multi_binded && in_vpc(*id)) {
            return Err(Error::DirectEipExist);
        }
        let flags = self.vpcs[&vpc].flags;
        if flags.normal_nat {
            return Err(Error::NormalNatExist);
        }
        if flags.vpn {
            return Err(Error::VpnExist);
        }
        Ok(())
    }

    fn check_enable(&self, id: GatewayId, tables: &[TableId]) -> Result<(), Error> {
        for (i, table) in tables.iter().enumerate() {
            if tables[..i].contains(table) {
                return Err(Error::InvalidParameter);
            }
        }
        let gateway = self.settled(id)?;
        if gateway.enabled {
            return Err(Error::AlreadyActive);
        }
        for table in tables {
            let table = self.tables.get(table).ok_or(Error::NoRouteTable)?;
            if table.vpc != gateway.vpc {
                return Err(Error::GatewayTableMismatch);
            }
            if table.kind == TableKind::Gateway {
                return Err(Error::TableTypeIncorrect);
            }
            if table.effective().iter().any(|e| e.prefix == Prefix::DEFAULT) {
                return Err(Error::AllZeroConflict);
            }
        }
        self.check_incompatibilities(gateway.vpc)
    }

    fn check_delete(&self, id: GatewayId, public: bool) -> Result<(), Error> {
        let gateway = self.settled(id)?;
        if gateway.table.is_some() {
            return Err(Error::GatewayAlreadyAssociated);
        }
        if !public && self.is_next_hop(id.id()) {
            return Err(Error::RouteEntryExist);
        }
        Ok(())
    }

    fn check_associate(&self, table: TableId, id: GatewayId) -> Result<(), Error> {
        self.gateways.get(&id).ok_or(Error::NoIpv4Gateway)?;
        let table = self.tables.get(&table).ok_or(Error::NoGatewayRouteTable)?;
        let gateway = self.settled(id)?;
        if !gateway.enabled {
            return Err(Error::GatewayNotActive);
        }
        if gateway.table.is_some() {
            return Err(Error::AlreadyAssociated);
        }
        if table.kind != TableKind::Gateway {
            return Err(Error::TableTypeIncorrect);
        }
        if table.vpc != gateway.vpc {
            return Err(Error::NotInOneVpc);
        }
        Ok(())
    }

    fn check_dissociate(&self, table: TableId, id: GatewayId) -> Result<(), Error> {
        self.gateways.get(&id).ok_or(Error::NoIpv4Gateway)?;
        self.tables.get(&table).ok_or(Error::NoGatewayRouteTable)?;
        let gateway = self.settled(id)?;
        if gateway.table != Some(table) {
            return Err(Error::NoRelation);
        }
        Ok(())
    }

    /// The gateway, in no transitional status.
    fn settled(&self, id: GatewayId) -> Result<&Gateway, Error> {
        let gateway = self.gateways.get(&id).ok_or(Error::NoIpv4Gateway)?;
        if gateway.status != Status::Created {
            return Err(Error::IncorrectStatusGateway);
        }
        Ok(gateway)
    }

    /// The effect of an operation whose checks have passed.
    fn perform(&mut self, operation: &GatewayOperation) {
        let id = operation.gateway();
        match operation {
            GatewayOperation::Create { vpc, .. } => {
                let gateway = Gateway {
                    vpc: *vpc,
                    status: Status::Created,
                    enabled: false,
                    table: None,
                    begun: None,
                };
                self.gateways.insert(id, gateway);
            }
            GatewayOperation::Enable { tables, .. } => {
                let hop = NextHop::new(id.id()).unwrap();
                for table in tables {
                    self.tables.get_mut(table).unwrap().insert(Entry {
                        prefix: Prefix::DEFAULT,
                        next_hop: Some(hop),
                        automatic: false,
                    });
                }
                let gateway = self.gateways.get_mut(&id).unwrap();
                gateway.enabled = true;
                self.vpcs.get_mut(&gateway.vpc).unwrap().mode = Mode::Centralized;
            }
            GatewayOperation::Update(_) => {}
            GatewayOperation::Delete { public, .. } => {
                let vpc = self.gateways.remove(&id).unwrap().vpc;
                if *public {
                    let names_it = |e: &Entry| e.next_hop.is_some_and(|hop| hop.id() == id.id());
                    for table in self.tables.values_mut() {
                        table.entries.retain(|e| !names_it(e));
                    }
                }
                let mode = &mut self.vpcs.get_mut(&vpc).unwrap().mode;
                *mode = match *mode {
                    _ if *public => Mode::Direct,
                    Mode::Direct => Mode::Direct,
                    Mode::Centralized | Mode::PrivateOnly => Mode::PrivateOnly,
                };
            }
            GatewayOperation::Associate { table, .. } => {
                self.gateways.get_mut(&id).unwrap().table = Some(*table);
            }
            GatewayOperation::Dissociate { .. } => {
                self.gateways.get_mut(&id).unwrap().table = None;
            }
        }
    }

    /// Whether the VPC of an interface has a gateway, in any status.
    pub(super) fn has_gateway(&self, interface: Id) -> bool {
        self.vpc_of(interface).is_some_and(|vpc| self.gateway_of(vpc).is_some())
    }

    /// The table bound to the gateway of a VPC.
    pub(super) fn bound_gateway_table(&self, vpc: VpcId) -> Option<TableId> {
        self.gateways[&self.gateway_of(vpc)?].table
    }
}
