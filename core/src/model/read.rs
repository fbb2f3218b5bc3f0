//! Reading the twin.

use std::vec::Vec;

use super::objects::*;
use super::region::Twin;
use crate::addr::{
    Addr, EipId, EndpointId, GatewayId, Id, Kind, LoadBalancerId, Prefix, RouteTargetGroupId,
    TableId, VSwitchId, VpcId,
};
use crate::region::{BalancerPlace, Origin, RouteEntry};

impl Twin {
    /// The effective entries of a table, sorted by address then length.
    pub fn routes(&self, table: TableId) -> Option<Vec<RouteEntry>> {
        Some(self.tables.get(&table)?.effective())
    }

    /// The entry of the longest prefix that holds `addr`.
    pub fn lookup(&self, table: TableId, addr: Addr) -> Option<RouteEntry> {
        let table = self.tables.get(&table)?;
        let own = table.entries.iter().filter(|entry| entry.prefix.contains(addr));
        let own = own.max_by_key(|entry| entry.prefix.len()).map(|entry| entry.to_route());
        let fed = table.dynamic.iter().filter(|(prefix, _)| prefix.contains(addr));
        let fed = fed.max_by_key(|(prefix, _)| prefix.len()).map(|(&prefix, &hop)| RouteEntry {
            prefix,
            next_hop: Some(hop),
            origin: Origin::Dynamic,
        });
        // Of the same prefix the Dynamic one is a candidate only.
        match (own, fed) {
            (Some(own), Some(fed)) if fed.prefix.len() <= own.prefix.len() => Some(own),
            (own, fed) => fed.or(own),
        }
    }

    /// The mode of a VPC.
    pub fn mode(&self, vpc: VpcId) -> Option<Mode> {
        Some(self.vpcs.get(&vpc)?.mode)
    }

    /// The gateway of a VPC, in any status.
    pub fn gateway_of(&self, vpc: VpcId) -> Option<GatewayId> {
        self.gateways.iter().find(|(_, g)| g.vpc == vpc).map(|(id, _)| *id)
    }

    /// `public` when the effective `0.0.0.0/0` of the vSwitch's table names an enabled gateway,
    /// `partial` when only other entries do, `private` otherwise.
    pub fn exposure(&self, vswitch: VSwitchId) -> Option<&'static str> {
        let table = self.vswitches.get(&vswitch)?.table;
        let names_enabled = |e: &RouteEntry| {
            let gateway = e.next_hop.map(|hop| hop.id()).filter(|id| id.kind == Kind::Ipv4Gateway);
            gateway.is_some_and(|id| self.gateways[&GatewayId(id.number)].enabled)
        };
        let entries = self.tables[&table].effective().into_iter();
        let mut naming = entries.filter(names_enabled).peekable();
        Some(if naming.peek().is_none() {
            "private"
        } else if naming.any(|e| e.prefix == Prefix::DEFAULT) {
            "public"
        } else {
            "partial"
        })
    }

    /// The VPC of an object that stands in one, if it exists: an interface, a load balancer, an
    /// endpoint, a route target group or a gateway.
    pub fn vpc_of(&self, id: Id) -> Option<VpcId> {
        let number = id.number;
        let vswitch = match id.kind {
            Kind::LoadBalancer => match *self.balancers.get(&LoadBalancerId(number))? {
                BalancerPlace::Internet { vpc, .. } => return Some(vpc),
                BalancerPlace::Internal { vswitch, .. } => vswitch,
            },
            Kind::Endpoint => self.endpoints.get(&EndpointId(number))?.vswitch,
            Kind::RouteTargetGroup => {
                let group = self.groups.get(&RouteTargetGroupId(number))?;
                self.endpoints[&group.active].vswitch
            }
            Kind::Ipv4Gateway => return Some(self.gateways.get(&GatewayId(number))?.vpc),
            _ => self.interfaces.get(&id)?.vswitch,
        };
        Some(self.vswitches[&vswitch].vpc)
    }

    /// The public addresses bound to an object.
    pub fn public_addresses_of(
        &self,
        target: Id,
    ) -> impl Iterator<Item = (&EipId, &PublicAddress)> {
        self.eips.iter().filter(move |(_, e)| e.target == Some(target))
    }

    /// Whether an entry of any table names the object.
    pub fn is_next_hop(&self, id: Id) -> bool {
        let mut entries = self.tables.values().flat_map(|t| t.effective());
        entries.any(|e| e.next_hop.is_some_and(|hop| hop.members().any(|member| member == id)))
    }

    /// The ids of a kind that exist, ascending. Kinds without objects have none.
    pub fn ids(&self, kind: Kind) -> Vec<Id> {
        match kind {
            Kind::Vpc => self.vpcs.keys().map(|id| id.id()).collect(),
            Kind::VSwitch => self.vswitches.keys().map(|id| id.id()).collect(),
            Kind::RouteTable => self.tables.keys().map(|id| id.id()).collect(),
            Kind::Ipv4Gateway => self.gateways.keys().map(|id| id.id()).collect(),
            Kind::PublicAddress => self.eips.keys().map(|id| id.id()).collect(),
            Kind::LoadBalancer => self.balancers.keys().map(|id| id.id()).collect(),
            Kind::Gwlb => self.gwlbs.keys().map(|id| id.id()).collect(),
            Kind::Appliance => self.appliances.keys().map(|id| id.id()).collect(),
            Kind::Endpoint => self.endpoints.keys().map(|id| id.id()).collect(),
            Kind::RouteTargetGroup => self.groups.keys().map(|id| id.id()).collect(),
            _ => self.interfaces.keys().copied().filter(|id| id.kind == kind).collect(),
        }
    }

    /// The same without what is no configuration: probe runs and the marks that they set.
    pub fn configuration(&self) -> Twin {
        let mut twin = self.clone();
        for group in twin.groups.values_mut() {
            group.active_health = Health::default();
            group.standby_health = Health::default();
        }
        twin
    }
}
