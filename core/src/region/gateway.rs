//! The IPv4 gateway's life cycle.
//!
//! ```text
//!  absent --create--> Created, not enabled --enable--> enabled <--associate/dissociate--> bound
//!     ^                       |                           |
//!     +------- delete --------+---------------------------+
//! ```
//!
//! The VPC's mode is the real switch: enable makes it Centralized, a public delete Direct, a
//! private delete PrivateOnly; nothing else changes it. Each of the six operations can be begun,
//! which shows a transitional status and changes no forwarding, and then committed or aborted.

use super::entries::Route;
use super::objects::{Gateway, GatewayRecord, Mode, TableKind, Vpc};
use super::plan::{Edit, Plan, Scope, TableScope, put_gateway};
use super::removal::Removal;
use super::routes::settled;
use super::{EipMode, Error, GatewayOperation, NextHop, Region};
use crate::addr::{GatewayId, Prefix, TableId, VpcId};

impl Region<'_> {
    /// The edits of one of the six operations in one step.
    pub(super) fn gateway_operation<'c>(
        &self,
        operation: &GatewayOperation,
    ) -> Result<Plan<'c>, Error> {
        match *operation {
            GatewayOperation::Create { gateway, vpc } => self.create_gateway(gateway, vpc),
            GatewayOperation::Enable { gateway, ref tables } => {
                self.enable_gateway(gateway, tables)
            }
            GatewayOperation::Update(gateway) => {
                settled(&self.gateway(gateway)?)?;
                Ok(Plan::default())
            }
            GatewayOperation::Delete { gateway, public } => self.delete_gateway(gateway, public),
            GatewayOperation::Associate { table, gateway } => self.associate(table, gateway),
            GatewayOperation::Dissociate { table, gateway } => self.dissociate(table, gateway),
        }
    }

    /// Runs all checks of an operation and marks its gateway.
    pub(super) fn begin<'c>(&self, operation: &GatewayOperation) -> Result<Plan<'c>, Error> {
        self.gateway_operation(operation)?;
        let mut gateway = match *operation {
            GatewayOperation::Create { gateway, vpc } => {
                Gateway { id: gateway, vpc, enabled: false, table: None, begun: None }
            }
            _ => self.gateway(operation.gateway())?,
        };
        gateway.begun = Some(operation.clone());
        Ok(self.transition(gateway.vpc, put_gateway(&gateway)))
    }

    /// The operation begun on a gateway.
    pub(super) fn begun(&self, gateway: GatewayId) -> Result<GatewayOperation, Error> {
        self.gateway(gateway)?.begun.ok_or(Error::IncorrectStatusGateway)
    }

    /// The plan of a commit: its operation is judged as if it had not begun. Packets do not see the
    /// record that is put aside for it.
    pub(crate) fn try_commit<'c>(&self, id: GatewayId) -> Result<Plan<'c>, Error> {
        let begun = self.begun(id)?;
        let record = self.gateway(id)?;
        let settled = Gateway { begun: None, ..record.clone() };
        match begun {
            GatewayOperation::Create { .. } => self.gateways.remove(id.0.into()),
            _ => self.gateways.put(GatewayRecord::from(&settled)),
        }
        let plan = self.gateway_operation(&begun);
        self.gateways.put(GatewayRecord::from(&record));
        plan
    }

    /// Restores what was before begin.
    pub(super) fn abort<'c>(&self, id: GatewayId) -> Result<Plan<'c>, Error> {
        let gateway = self.gateway(id)?;
        let vpc = gateway.vpc;
        let edit = match self.begun(id)? {
            GatewayOperation::Create { gateway, .. } => Edit::Remove(Removal::Gateway(gateway)),
            _ => put_gateway(&Gateway { begun: None, ..gateway }),
        };
        Ok(self.transition(vpc, edit))
    }

    /// A change of a gateway's status alone, which packets see only where blackout is on.
    fn transition<'c>(&self, vpc: VpcId, edit: Edit<'c>) -> Plan<'c> {
        match self.options().blackout {
            true => Plan::vpc(vpc, &[edit], Scope::default()),
            false => Plan::region(&[edit]),
        }
    }

    fn create_gateway<'c>(&self, id: GatewayId, vpc_id: VpcId) -> Result<Plan<'c>, Error> {
        if !self.options().gateway {
            return Err(Error::UnsupportedRegion);
        }
        let vpc = self.vpcs.get(vpc_id.0.into()).ok_or(Error::VpcNotExist)?;
        if self.gateways.get(id.0.into()).is_some_and(|own| Gateway::from(own).vpc != vpc_id) {
            return Err(Error::DuplicateId);
        }
        let present = [
            (self.gateway_of(vpc_id).is_some(), Error::VpcExistIpv4Gateway),
            (self.has_direct_eip(vpc_id), Error::ExistDirectEip),
            (self.has_direct_nat(vpc_id), Error::DirectEipExist),
        ];
        let full = [(!self.gateways.has_room(1), Error::CapacityExceeded)];
        let flags = vpc.flags;
        let (facts, kinds) = (flags.refusals().into_iter(), flags.incompatibilities());
        let mut refusals = facts.chain(present).chain(kinds).chain(full);
        if let Some((_, error)) = refusals.find(|(refused, _)| *refused) {
            return Err(error);
        }
        let gateway = Gateway { id, vpc: vpc_id, enabled: false, table: None, begun: None };
        Ok(Plan::vpc(vpc_id, &[put_gateway(&gateway)], Scope::default()))
    }

    fn has_direct_eip(&self, vpc: VpcId) -> bool {
        self.publics_of(vpc).any(|public| public.mode != EipMode::Nat)
    }

    fn has_direct_nat(&self, vpc: VpcId) -> bool {
        self.interfaces_of(vpc).any(|host| host.multi_binded)
    }

    fn enable_gateway<'c>(&self, id: GatewayId, tables: &[TableId]) -> Result<Plan<'c>, Error> {
        let mut named = tables.iter().enumerate();
        if named.any(|(n, table)| tables.iter().take(n).any(|other| other == table)) {
            return Err(Error::InvalidParameter);
        }
        let gateway = self.gateway(id)?;
        settled(&gateway)?;
        if gateway.enabled {
            return Err(Error::AlreadyActive);
        }
        for &table in tables {
            let table = self.table(table)?;
            if table.vpc != gateway.vpc {
                return Err(Error::GatewayTableMismatch);
            }
            if table.kind == TableKind::Gateway {
                return Err(Error::TableTypeIncorrect);
            }
            let made = |dynamic| self.route(table.id, Prefix::DEFAULT, dynamic).is_some();
            if made(false) || made(true) {
                return Err(Error::AllZeroConflict);
            }
        }
        // The incompatibilities of create cannot have come up since: what would bring one about is
        // refused while the gateway exists.
        if tables.iter().any(|&table| !self.table_has_room(table, false)) {
            return Err(Error::CapacityExceeded);
        }
        let next_hop = NextHop::new(id.id()).unwrap_or(NextHop::NOWHERE);
        let mut edits = Plan::vpc(
            gateway.vpc,
            &[put_gateway(&Gateway { enabled: true, ..gateway.clone() })],
            Scope::tables(tables.iter().copied()),
        );
        edits.push(Edit::PutVpc(Vpc { mode: Mode::Centralized, ..self.vpc(gateway.vpc)? }));
        for &table in tables {
            let prefix = Prefix::DEFAULT;
            edits.push(Edit::PutRoute(Route { table, prefix, dynamic: false, next_hop }));
        }
        Ok(edits)
    }

    fn delete_gateway<'c>(&self, id: GatewayId, public: bool) -> Result<Plan<'c>, Error> {
        let gateway = self.gateway(id)?;
        settled(&gateway)?;
        if gateway.table.is_some() {
            return Err(Error::GatewayAlreadyAssociated);
        }
        let vpc = self.vpc(gateway.vpc)?;
        if public {
            let scope = Scope { tables: TableScope::All, hosts: false, classes: false };
            let vpc = Vpc { mode: Mode::Direct, ..vpc };
            let edits = [
                Edit::Remove(Removal::RoutesTo(id)),
                Edit::Remove(Removal::Gateway(id)),
                Edit::PutVpc(vpc),
            ];
            return Ok(Plan::vpc(gateway.vpc, &edits, scope));
        }
        if self.is_next_hop(gateway.vpc, id.id()) {
            return Err(Error::RouteEntryExist);
        }
        let mode = vpc.mode.after_private_delete();
        let edits = [Edit::Remove(Removal::Gateway(id)), Edit::PutVpc(Vpc { mode, ..vpc })];
        Ok(Plan::vpc(gateway.vpc, &edits, Scope::default()))
    }

    fn associate<'c>(&self, table: TableId, id: GatewayId) -> Result<Plan<'c>, Error> {
        let gateway = self.gateway(id)?;
        let table = self.tables.get(table.0.into()).ok_or(Error::NoGatewayRouteTable)?;
        settled(&gateway)?;
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
        let (vpc, bound) = (gateway.vpc, Some(table.id));
        let edit = put_gateway(&Gateway { table: bound, ..gateway });
        Ok(Plan::vpc(vpc, &[edit], Scope::default()))
    }

    fn dissociate<'c>(&self, table: TableId, id: GatewayId) -> Result<Plan<'c>, Error> {
        let gateway = self.gateway(id)?;
        self.tables.get(table.0.into()).ok_or(Error::NoGatewayRouteTable)?;
        settled(&gateway)?;
        if gateway.table != Some(table) {
            return Err(Error::NoRelation);
        }
        let vpc = gateway.vpc;
        let edit = put_gateway(&Gateway { table: None, ..gateway });
        Ok(Plan::vpc(vpc, &[edit], Scope::default()))
    }
}
