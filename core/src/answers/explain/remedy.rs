//! Commands that end a drop.

use heapless::Vec;

use super::tell::Place;
use crate::addr::{
    ApplianceId, EipId, EndpointId, GatewayId, Id, Kind, NatGatewayId, Prefix, RouteTargetGroupId,
    TableId,
};
use crate::region::objects::{Appliance, Endpoint, Mode, PublicAddress, RouteTargetGroup, VSwitch};
use crate::region::{Command, GatewayOperation, NextHop, Port, Region};
use crate::resolve::{Action, DropReason, Flow, Header, Told};
use crate::tables::Host;

/// A command that ends a drop, by what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A default route.
    Route(TableId, NextHop),
    /// A public address for the source.
    Bind(EipId, Id),
    /// The gateway, with a default route in this table.
    Enable(GatewayId, Option<TableId>),
    /// A table for the gateway.
    Associate(TableId, GatewayId),
    /// An entry of the gateway's table, back to `local`.
    Reset(TableId, Prefix),
    /// An interface passes packets on.
    SetForward(Port),
    /// An appliance takes packets again.
    Recover(ApplianceId),
    /// The other endpoint of a group.
    Switch(RouteTargetGroupId),
    /// A translation for the source.
    Snat(NatGatewayId, Prefix, EipId),
    /// The begun operation.
    Commit(GatewayId),
}

impl Remedy {
    /// The command.
    #[inline(never)]
    pub fn command(&self) -> Command {
        match *self {
            Remedy::Route(table, next_hop) => {
                Command::CreateRouteEntry { table, prefix: Prefix::DEFAULT, next_hop }
            }
            Remedy::Bind(eip, target) => Command::AssociateEip { eip, target },
            Remedy::Enable(gateway, table) => {
                let tables = Vec::from_iter(table);
                Command::Gateway(GatewayOperation::Enable { gateway, tables })
            }
            Remedy::Associate(table, gateway) => {
                Command::Gateway(GatewayOperation::Associate { table, gateway })
            }
            Remedy::Reset(table, prefix) => {
                Command::UpdateGatewayEntry { table, prefix, next_hop: None }
            }
            Remedy::SetForward(interface) => Command::SetForward { interface, forward: true },
            Remedy::Recover(appliance) => Command::SetAppliance { appliance, healthy: true },
            Remedy::Switch(group) => Command::SwitchActive(group),
            Remedy::Snat(nat, prefix, eip) => Command::CreateSnatEntry { nat, prefix, eip },
            Remedy::Commit(gateway) => Command::Commit(gateway),
        }
    }
}

impl Region<'_> {
    /// A command that would be accepted now and after which a packet is no longer dropped for that
    /// reason at that place; `None` if no single one is known.
    pub(super) fn remedy(&self, reason: DropReason, place: &Place) -> Option<Remedy> {
        let remedy = self.candidate_remedy(reason, place)?;
        self.accepts(&remedy.command()).then_some(remedy)
    }

    fn candidate_remedy(&self, reason: DropReason, place: &Place) -> Option<Remedy> {
        let gateway = self.gateway_of(place.vpc);
        let gateway = || gateway.map(|gateway| gateway.id);
        let hop = place.at;
        match reason {
            DropReason::NoRoute => self.way_out(place),
            DropReason::NoPublicMapping => self.free_address(place),
            DropReason::GatewayInactive => Some(Remedy::Enable(gateway()?, None)),
            DropReason::VpcPrivateOnly => {
                let gateway = gateway()?;
                let vswitch = match place.entry {
                    None => place.vswitch,
                    Some(_) => Some(self.world(place.vpc)?.host(hop?)?.vswitch),
                };
                let table = vswitch.and_then(|id| self.get::<VSwitch>(id)).map(|v| v.table);
                let with = Remedy::Enable(gateway, table);
                let without = Remedy::Enable(gateway, None);
                Some(if self.accepts(&with.command()) { with } else { without })
            }
            DropReason::NoIngressRoute => {
                Some(Remedy::Associate(self.gateway_table(place.vpc)?.id, gateway()?))
            }
            DropReason::ApplianceNotForwarding => match place.vswitch {
                None => Some(Remedy::Reset(place.table?, place.entry?.prefix)),
                Some(_) => Port::from_id(hop?).map(Remedy::SetForward),
            },
            DropReason::ApplianceUnavailable => self.inspector(place),
            DropReason::NoSnatEntry => {
                let nat = NatGatewayId(hop.filter(|hop| hop.kind == Kind::NatGateway)?.number);
                let bound = |eip: &PublicAddress| eip.target == Some(nat.id());
                let eip = self.all::<PublicAddress>().find(bound)?.id;
                let source = place.header.source;
                let world = self.world(place.vpc)?;
                let owner = world.owner(source).and_then(|owner| world.host(owner));
                let vswitch = owner.and_then(|owner| self.get::<VSwitch>(owner.vswitch));
                let prefix = vswitch.map_or(Prefix::host(source), |vswitch| vswitch.cidr);
                Some(Remedy::Snat(nat, prefix, eip))
            }
            DropReason::SpoofedSource => Port::from_id(hop?).map(Remedy::SetForward),
            DropReason::ModeSwitch => Some(Remedy::Commit(gateway()?)),
            _ => None,
        }
    }

    /// A way to the Internet for a packet that a table knows no route for.
    fn way_out(&self, place: &Place) -> Option<Remedy> {
        let (world, header) = (self.world(place.vpc)?, &place.header);
        let is_public =
            !world.is_private(header.destination) && !world.is_martian(header.destination);
        if !is_public || world.mode == Mode::PrivateOnly {
            return None;
        }
        let table = place.table?;
        let centralized = world.mode == Mode::Centralized;
        if centralized && (place.translated || world.public_of(header.source).is_some()) {
            let gateway = self.gateway_of(place.vpc)?.id.id();
            return Some(Remedy::Route(table, NextHop::new(gateway)?));
        }
        if place.translated {
            return None;
        }
        // Behind the NAT gateway, which is no sender, the packet has its address and a public one.
        let leads_on = |nat: Id, host: &Host| {
            let header = Header { source: host.address, ..*header };
            let from = Host::passing_on(host.address, host.vswitch);
            let way = world.leave(nat, &from, &header, Flow::New, Told(None));
            let action = way.verdict.action;
            action == Action::Drop(DropReason::NoPublicMapping)
                || !matches!(action, Action::Drop(_))
        };
        let nats = self.members_of(place.vpc, Kind::NatGateway);
        let nat = nats.map(|number| NatGatewayId(number).id()).find(|nat| {
            world.host(*nat).is_some_and(|host| {
                world.snat(&host, header.source).is_some()
                    && (!centralized || leads_on(*nat, &host))
            })
        });
        match nat {
            Some(nat) => Some(Remedy::Route(table, NextHop::new(nat)?)),
            None if centralized => None,
            None => self.free_address(place),
        }
    }

    /// A public address that nobody has, for the owner of the source.
    fn free_address(&self, place: &Place) -> Option<Remedy> {
        let owner = self.world(place.vpc)?.owner(place.header.source)?;
        let free = self.all::<PublicAddress>().filter(|eip| eip.target.is_none());
        let mut binds = free.map(|eip| Remedy::Bind(eip.id, owner));
        binds.find(|bind| self.accepts(&bind.command()) && owner.kind != Kind::NatGateway)
    }

    /// The appliance to bring back, or the endpoint to change to.
    fn inspector(&self, place: &Place) -> Option<Remedy> {
        let hop = place.entry?.next_hop?.id();
        let endpoint = match hop.kind {
            Kind::RouteTargetGroup => {
                let group = self.get::<RouteTargetGroup>(RouteTargetGroupId(hop.number))?;
                if group.active_abnormal && group.standby_abnormal {
                    return None;
                }
                let standby = self.get::<Endpoint>(group.standby)?;
                if self.world(place.vpc)?.passes(standby.gwlb) {
                    return Some(Remedy::Switch(group.id));
                }
                group.active
            }
            _ => EndpointId(hop.number),
        };
        let gwlb = self.get::<Endpoint>(endpoint)?.gwlb;
        let mut appliances = self.all::<Appliance>().filter(|appliance| appliance.gwlb == gwlb);
        appliances.next().map(|appliance| Remedy::Recover(appliance.id))
    }
}
