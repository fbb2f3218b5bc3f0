//! What edits take away: out of the records, the index of members and what packets find objects by.

use super::Region;
use super::entries::{RouteRecord, route_key};
use super::inspection::Appliance;
use super::layout;
use super::objects::{
    ForwardEntry, InternetBalancer, Member, PublicAddress, SnatEntry, VSwitch, Vpc, VpcCidr,
};
use super::store::Record;
use super::trial::Kept;
use crate::addr::{
    Addr, EndpointId, GatewayId, GwlbId, Id, NatGatewayId, Prefix, RouteTargetGroupId, TableId,
};
use crate::trie::Full;

/// What an edit takes away.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Removal {
    Vpc(Vpc),
    /// With its entry in every table, overridden or not.
    VSwitch(VSwitch),
    /// With its entries.
    Table(TableId),
    /// The Custom entry or override, or the Dynamic entry if that is `true`.
    Route(TableId, Prefix, bool),
    /// In every table.
    RoutesTo(GatewayId),
    Gateway(GatewayId),
    Interface(Id),
    Public(PublicAddress),
    /// What the address is bound to; the address stays.
    Binding(PublicAddress),
    Snat(NatGatewayId, Prefix),
    Forward(ForwardEntry),
    /// SNAT and DNAT.
    EntriesOf(NatGatewayId),
    Balancer(InternetBalancer),
    /// With its appliances.
    Gwlb(GwlbId),
    Appliance(Appliance),
    Endpoint(EndpointId),
    Group(RouteTargetGroupId),
}

impl Region<'_> {
    /// Takes away what an edit does. Not inlined, so that a program can load it apart from the rest.
    #[inline(never)]
    pub(super) fn remove(&self, removal: &Removal, kept: &mut Kept<'_, '_>) -> Result<(), Full> {
        if let Some(member) = self.left(removal) {
            kept.remove(&self.members, member.key())?;
        }
        match *removal {
            Removal::Vpc(vpc) => {
                kept.remove(&self.vpcs, vpc.id.0.into())?;
                kept.remove_range(&self.cidrs, VpcCidr::keys(vpc.id))
            }
            Removal::VSwitch(vswitch) => {
                for table in self.tables_of(vswitch.vpc) {
                    kept.remove(&self.routes, route_key(table.id, vswitch.cidr, false))?;
                }
                kept.remove(&self.vswitches, vswitch.id.0.into())
            }
            Removal::Table(table) => {
                let keys = RouteRecord::keys_of(table);
                kept.remove_range(&self.routes, keys.clone())?;
                kept.remove_range(&self.ecmp_sets, keys)?;
                kept.remove(&self.tables, table.0.into())
            }
            Removal::Route(table, prefix, dynamic) => {
                let key = route_key(table, prefix, dynamic);
                kept.remove(&self.routes, key)?;
                kept.remove(&self.ecmp_sets, key)
            }
            Removal::RoutesTo(id) => kept.retain(&self.routes, |route| !route.names(id.id())),
            Removal::Gateway(gateway) => kept.remove(&self.gateways, gateway.0.into()),
            Removal::Interface(id) => kept.remove(&self.interfaces, id.to_word().into()),
            Removal::Public(public) => kept.remove(&self.publics, public.id.0.into()),
            Removal::Binding(public) => {
                kept.put(&self.publics, PublicAddress { target: None, ..public })
            }
            Removal::Snat(nat, prefix) => kept.remove(&self.snats, SnatEntry::key_of(nat, prefix)),
            Removal::Forward(forward) => kept.remove(&self.forwards, forward.key()),
            Removal::EntriesOf(nat) => {
                kept.remove_range(&self.snats, SnatEntry::keys(nat))?;
                kept.remove_range(&self.forwards, ForwardEntry::keys(nat))
            }
            Removal::Balancer(balancer) => kept.remove(&self.balancers, balancer.key()),
            Removal::Gwlb(gwlb) => {
                kept.remove(&self.gwlbs, gwlb.0.into())?;
                kept.retain(&self.appliances, |appliance| appliance.gwlb != gwlb)
            }
            Removal::Appliance(appliance) => kept.remove(&self.appliances, appliance.key()),
            Removal::Endpoint(endpoint) => kept.remove(&self.endpoints, endpoint.0.into()),
            Removal::Group(group) => kept.remove(&self.groups, group.0.into()),
        }
    }

    /// The object that leaves its VPC, while it is still there.
    fn left(&self, removal: &Removal) -> Option<Member> {
        let (vpc, id) = match *removal {
            Removal::VSwitch(vswitch) => (Some(vswitch.vpc), vswitch.id.id()),
            Removal::Table(table) => (self.table(table).ok().map(|t| t.vpc), table.id()),
            Removal::Gateway(gateway) => {
                (self.gateway(gateway).ok().map(|gateway| gateway.vpc), gateway.id())
            }
            Removal::Interface(id) => (self.vpc_of(id), id),
            Removal::Balancer(balancer) => (Some(balancer.vpc), balancer.id.id()),
            Removal::Endpoint(endpoint) => (self.vpc_of(endpoint.id()), endpoint.id()),
            Removal::Group(group) => (self.vpc_of(group.id()), group.id()),
            Removal::Public(PublicAddress { id, .. })
            | Removal::Binding(PublicAddress { id, .. }) => {
                let bound = self.public(id).ok().and_then(|public| public.target);
                (bound.and_then(|target| self.vpc_of(target)), id.id())
            }
            _ => return None,
        };
        vpc.map(|vpc| Member { vpc, id })
    }

    /// Takes what a VPC has lost out of the shared maps.
    #[inline(never)]
    pub(super) fn withdraw(&self, removal: &Removal) {
        let remove = |root, key| self.shared(root).remove(Prefix::host(Addr(key)));
        match removal {
            Removal::Interface(id) => {
                remove(layout::HOSTS_ROOT, id.to_word());
            }
            Removal::Endpoint(endpoint) => {
                remove(layout::HOSTS_ROOT, endpoint.id().to_word());
            }
            Removal::Balancer(balancer) => {
                remove(layout::HOSTS_ROOT, balancer.id.id().to_word());
                remove(layout::PUBLICS_ROOT, balancer.address.0);
            }
            Removal::Public(public) | Removal::Binding(public) => {
                remove(layout::PUBLICS_ROOT, public.address.0);
            }
            _ => {}
        }
        self.count_move();
    }
}
