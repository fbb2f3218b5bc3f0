//! VPCs and vSwitches.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::objects::*;
use super::region::{SERVICES, Twin};
use crate::addr::{Kind, Prefix, TableId, VSwitchId, VpcId};
use crate::region::{BalancerPlace, Error, VpcFlags};

impl Twin {
    pub(super) fn create_vpc(
        &mut self,
        vpc: VpcId,
        table: TableId,
        cidr: Prefix,
        secondary: &[Prefix],
        user: &[Prefix],
        flags: VpcFlags,
    ) -> Result<(), Error> {
        if self.vpcs.contains_key(&vpc) || self.tables.contains_key(&table) {
            return Err(Error::DuplicateId);
        }
        let mut cidrs = Vec::from([cidr]);
        cidrs.extend_from_slice(secondary);
        for (i, a) in cidrs.iter().enumerate() {
            if cidrs[i + 1..].iter().any(|b| a.overlaps(*b)) {
                return Err(Error::InvalidCidrBlock);
            }
        }
        let user = user.to_vec();
        self.vpcs.insert(vpc, Vpc { cidrs, user, flags, mode: Mode::Direct, system_table: table });
        let services = Entry { prefix: SERVICES, next_hop: None, automatic: true };
        let entries = Vec::from([services]);
        let kind = TableKind::System;
        self.tables.insert(table, RouteTable { vpc, kind, entries, dynamic: BTreeMap::new() });
        Ok(())
    }

    pub(super) fn delete_vpc(&mut self, vpc: VpcId) -> Result<(), Error> {
        let system_table = self.vpcs.get(&vpc).ok_or(Error::NoVpc)?.system_table;
        let has_table =
            |kind: TableKind| self.tables.values().any(|t| t.vpc == vpc && t.kind == kind);
        if self.gateway_of(vpc).is_some() {
            return Err(Error::HeldByIpv4Gateway);
        }
        if has_table(TableKind::Gateway) {
            return Err(Error::HeldByGatewayRouteTable);
        }
        if self.vswitches.values().any(|v| v.vpc == vpc) {
            return Err(Error::HeldByVSwitch);
        }
        let serves =
            |p: &BalancerPlace| matches!(p, BalancerPlace::Internet { vpc: v, .. } if *v == vpc);
        if self.balancers.values().any(serves) {
            return Err(Error::HeldByLoadBalancer);
        }
        if has_table(TableKind::VSwitch) {
            return Err(Error::HeldByRouteTable);
        }
        self.tables.remove(&system_table);
        self.vpcs.remove(&vpc);
        Ok(())
    }

    pub(super) fn create_vswitch(
        &mut self,
        vswitch: VSwitchId,
        vpc: VpcId,
        cidr: Prefix,
    ) -> Result<(), Error> {
        let owner = self.vpcs.get(&vpc).ok_or(Error::NoVpc)?;
        if self.vswitches.contains_key(&vswitch) {
            return Err(Error::DuplicateId);
        }
        let overlaps_another =
            self.vswitches.values().any(|v| v.vpc == vpc && v.cidr.overlaps(cidr));
        let inside_vpc = owner.cidrs.iter().any(|c| c.covers(cidr));
        let contains_route = self
            .tables
            .values()
            .filter(|t| t.vpc == vpc)
            .flat_map(|t| t.effective())
            .any(|e| e.next_hop.is_some() && cidr.covers(e.prefix));
        if overlaps_another || !inside_vpc || cidr.overlaps(SERVICES) || contains_route {
            return Err(Error::InvalidCidrBlock);
        }
        let table = owner.system_table;
        self.vswitches.insert(vswitch, VSwitch { vpc, cidr, table });
        for table in self.tables.values_mut().filter(|t| t.vpc == vpc) {
            table.insert(Entry { prefix: cidr, next_hop: None, automatic: true });
        }
        Ok(())
    }

    pub(super) fn delete_vswitch(&mut self, vswitch: VSwitchId) -> Result<(), Error> {
        let VSwitch { vpc, cidr, .. } = *self.vswitches.get(&vswitch).ok_or(Error::NoVSwitch)?;
        let holds = |kind: Kind| {
            self.interfaces.iter().any(|(id, i)| id.kind == kind && i.vswitch == vswitch)
        };
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
        if self.endpoints.values().any(|e| e.vswitch == vswitch) {
            return Err(Error::HeldByEndpoint);
        }
        self.vswitches.remove(&vswitch);
        for table in self.tables.values_mut().filter(|t| t.vpc == vpc) {
            table.entries.retain(|e| e.prefix != cidr);
        }
        Ok(())
    }
}
