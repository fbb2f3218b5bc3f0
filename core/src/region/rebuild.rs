//! A configuration taken apart into steps, and put together again in an empty region.
//!
//! The steps are commands wherever commands can do it, so that every check of theirs is made again
//! and no step can make a configuration that commands cannot. Two things are beyond commands: the
//! mode PrivateOnly of a VPC without gateway, and an operation that has begun, whose begin might be
//! refused by what has changed since.

use heapless::Vec;

use super::command::{
    BalancerPlace, GatewayOperation, MAX_SECONDARY_CIDRS, MAX_USER_CIDRS, RegionOptions,
};
use super::entries::RouteRecord;
use super::inspection::{Appliance, Endpoint, Gwlb, RouteTargetGroup};
use super::layout;
use super::objects::{
    ForwardEntry, Gateway, Interface, Mode, PublicAddress, PublicKind, RouteTable, SnatEntry,
    TableKind, VSwitch, Vpc, VpcCidr,
};
use super::plan::{Edit, Effect, Options, Plan, Scope, put_gateway};
use super::store::Rows;
use super::{Command, Error, Region};
use crate::addr::{
    EipId, GatewayId, Id, InstanceId, Kind, LoadBalancerId, NatGatewayId, NetworkInterfaceId, VpcId,
};

/// A step that rebuilds a part of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made one at a time, on the stack: no allocation")]
pub(crate) enum Step {
    Command(Command),
    /// The VPC, which has no gateway, lost its last one by a private delete.
    PrivateOnly(VpcId),
    /// This operation has begun on its gateway.
    Begun(GatewayOperation),
}

impl Region<'_> {
    /// Gives the steps that rebuild the configuration in an empty region: the same steps for the
    /// same configuration. Ends at the first error of `give`.
    pub(crate) fn steps<E>(&self, mut give: impl FnMut(&Step) -> Result<(), E>) -> Result<(), E> {
        let mut command = |command| give(&Step::Command(command));
        for vpc in self.vpcs.iter() {
            command(self.vpc_step(&vpc))?;
        }
        for VSwitch { id: vswitch, vpc, cidr, .. } in self.vswitches.iter() {
            command(Command::CreateVSwitch { vswitch, vpc, cidr })?;
        }
        for RouteTable { id: table, vpc, kind } in self.tables.iter() {
            let gateway = match kind {
                TableKind::System => continue,
                TableKind::VSwitch => false,
                TableKind::Gateway => true,
            };
            command(Command::CreateRouteTable { table, vpc, gateway })?;
        }
        for VSwitch { id: vswitch, vpc, table, .. } in self.vswitches.iter() {
            if self.vpcs.get(vpc.0.into()).is_some_and(|vpc| vpc.system_table != table) {
                command(Command::AssociateRouteTable { table, vswitch })?;
            }
        }
        // A mode that only a gateway can have made, before what excludes gateways.
        for vpc in self.vpcs.iter().filter(|vpc| vpc.mode == Mode::PrivateOnly) {
            give(&Step::PrivateOnly(vpc.id))?;
        }
        let mut command = |command| give(&Step::Command(command));
        for gateway in self.gateways.iter().map(Gateway::from) {
            let (id, vpc) = (gateway.id, gateway.vpc);
            command(Command::Gateway(GatewayOperation::Create { gateway: id, vpc }))?;
            if gateway.enabled {
                let tables = Vec::new();
                command(Command::Gateway(GatewayOperation::Enable { gateway: id, tables }))?;
            }
            if let Some(table) = gateway.table {
                let operation = GatewayOperation::Associate { table, gateway: id };
                command(Command::Gateway(operation))?;
            }
        }
        for host in self.interfaces.iter() {
            command(self.interface_step(&host))?;
        }
        for balancer in self.balancers.iter() {
            let place = BalancerPlace::Internet { vpc: balancer.vpc, address: balancer.address };
            command(Command::CreateLoadBalancer { balancer: balancer.id, place })?;
        }
        self.inspection_steps(&mut command)?;
        for route in self.routes.iter() {
            command(self.route_step(&route))?;
        }
        // After the entries: an address of mode Binded may have been bound to a next hop.
        for public in self.publics.iter().filter(|public| public.kind != PublicKind::Static) {
            let PublicAddress { id: eip, address, kind, mode, target } = public;
            let anycast = kind == PublicKind::Anycast;
            command(Command::AllocateEip { eip, address, anycast, mode })?;
            if let Some(target) = target {
                command(Command::AssociateEip { eip, target })?;
            }
        }
        for SnatEntry { nat, prefix, eip } in self.snats.iter() {
            command(Command::CreateSnatEntry { nat, prefix, eip })?;
        }
        for forward in self.forwards.iter() {
            let ForwardEntry { nat, eip, protocol, public_port, address, private_port } = forward;
            command(Command::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            })?;
        }
        // The capabilities last: what was made with them stays when they are gone.
        if self.options() != Options::default() {
            command(Command::Region(self.options_step()))?;
        }
        for gateway in self.gateways.iter().map(Gateway::from) {
            if let Some(operation) = gateway.begun {
                give(&Step::Begun(operation))?;
            }
        }
        Ok(())
    }

    fn vpc_step(&self, vpc: &Vpc) -> Command {
        let mut secondary: Vec<_, MAX_SECONDARY_CIDRS> = Vec::new();
        let mut user: Vec<_, MAX_USER_CIDRS> = Vec::new();
        for cidr in self.cidrs.range(VpcCidr::keys(vpc.id)) {
            // A VPC was made with no more than fit.
            let _ = match cidr.user {
                true => user.push(cidr.prefix),
                false => secondary.push(cidr.prefix),
            };
        }
        Command::CreateVpc {
            vpc: vpc.id,
            table: vpc.system_table,
            cidr: vpc.cidr,
            secondary,
            user,
            flags: vpc.flags,
        }
    }

    fn interface_step(&self, host: &Interface) -> Command {
        let Interface { id: Id { kind, number }, vswitch, address, forward, multi_binded } = *host;
        match kind {
            Kind::NatGateway => {
                let nat = NatGatewayId(number);
                Command::CreateNatGateway { nat, vswitch, address, multi_binded }
            }
            Kind::LoadBalancer => Command::CreateLoadBalancer {
                balancer: LoadBalancerId(number),
                place: BalancerPlace::Internal { vswitch, address },
            },
            Kind::NetworkInterface => {
                let interface = NetworkInterfaceId(number);
                Command::CreateNetworkInterface { interface, vswitch, address, forward }
            }
            _ => {
                let instance = InstanceId(number);
                let public = self.static_address(host.id);
                Command::CreateInstance { instance, vswitch, address, public, forward }
            }
        }
    }

    /// The public address that was made with an instance.
    fn static_address(&self, id: Id) -> Option<(EipId, crate::addr::Addr)> {
        let vpc = self.vpc_of(id)?;
        let mut bound = self.publics_of(vpc).filter(|public| public.target == Some(id));
        let public = bound.find(|public| public.kind == PublicKind::Static)?;
        Some((public.id, public.address))
    }

    fn inspection_steps<E>(
        &self,
        command: &mut impl FnMut(Command) -> Result<(), E>,
    ) -> Result<(), E> {
        for Gwlb { id: gwlb, fail_open } in self.gwlbs.iter() {
            command(Command::CreateGwlb { gwlb, fail_open })?;
        }
        for Appliance { id: appliance, gwlb, healthy } in self.appliances.iter() {
            command(Command::RegisterAppliance { gwlb, appliance })?;
            if !healthy {
                command(Command::SetAppliance { appliance, healthy })?;
            }
        }
        for Endpoint { id: endpoint, vswitch, gwlb } in self.endpoints.iter() {
            command(Command::CreateEndpoint { endpoint, vswitch, gwlb })?;
        }
        for group in self.groups.iter().map(RouteTargetGroup::from) {
            let RouteTargetGroup { id: group, active, standby, .. } = group;
            command(Command::CreateRouteTargetGroup { group, active, standby })?;
        }
        Ok(())
    }

    fn route_step(&self, record: &RouteRecord) -> Command {
        let RouteRecord { table, prefix, dynamic, .. } = *record;
        let next_hop = self.next_hop_of(record);
        let is_gateway_table =
            || self.table(table).is_ok_and(|table| table.kind == TableKind::Gateway);
        if dynamic {
            Command::AnnounceRoute { table, prefix, next_hop }
        } else if is_gateway_table() {
            Command::UpdateGatewayEntry { table, prefix, next_hop: Some(next_hop) }
        } else if self.is_automatic(table, prefix) {
            Command::ModifyRouteEntry { table, prefix, next_hop: Some(next_hop) }
        } else {
            Command::CreateRouteEntry { table, prefix, next_hop }
        }
    }

    fn options_step(&self) -> RegionOptions {
        let Options { gateway, clb_restricted, gwlb, deliver_local, blackout } = self.options();
        RegionOptions {
            gateway: Some(gateway),
            clb_restricted: Some(clb_restricted),
            gwlb: Some(gwlb),
            deliver_local: Some(deliver_local),
            blackout: Some(blackout),
        }
    }

    /// Whether nothing has been configured.
    pub fn is_empty(&self) -> bool {
        let made = self.vpcs.count() + self.publics.count() + self.gwlbs.count();
        made == 0 && self.options() == Options::default()
    }

    /// Counts on from another region, which this one, still empty, is to take the place of: whoever
    /// has seen epochs of VPCs in the other one, such as a flow table, sees other ones here.
    pub(crate) fn succeed(&mut self, other: &Region<'_>) {
        for at in [layout::EPOCH, layout::MOVES] {
            self.mem.store(at, other.mem.load(at).wrapping_add(1));
        }
    }
}

/// A region that is being rebuilt: its records change and its compiled tables wait for
/// [`Replay::finish`], so that a command costs its checks alone. Dropped before that, it is empty.
#[derive(Debug)]
pub(crate) struct Replay<'r, 'm> {
    region: &'r mut Region<'m>,
    finished: bool,
}

/// Stands in a VPC's world word until the world is compiled: the slot is taken.
const TAKEN: u32 = u32::MAX;

impl<'m> Region<'m> {
    /// Starts to rebuild an empty region; `None` if it holds anything.
    pub(crate) fn replay(&mut self) -> Option<Replay<'_, 'm>> {
        // Not made for nothing: one that is dropped empties its region.
        if self.is_empty() { Some(Replay { region: self, finished: false }) } else { None }
    }
}

impl<'m> Replay<'_, 'm> {
    /// The records as they are now.
    pub(crate) fn region(&self) -> &Region<'m> {
        self.region
    }

    pub(crate) fn step(&mut self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Command(command) => self.command(command),
            Step::PrivateOnly(id) => {
                // It can have had a gateway, and has none.
                let gateway = GatewayId(u16::MAX);
                let create = GatewayOperation::Create { gateway, vpc: *id };
                self.region.gateway_operation(&create)?;
                let vpc = self.region.vpc(*id)?;
                let edit = Edit::PutVpc(Vpc { mode: Mode::PrivateOnly, ..vpc });
                self.record(&Plan::region(&[edit]));
                Ok(())
            }
            Step::Begun(operation) => {
                self.region.can_have_begun(operation)?;
                let mut gateway = self.region.gateway(operation.gateway())?;
                gateway.begun = Some(operation.clone());
                self.record(&Plan::region(&[put_gateway(&gateway)]));
                Ok(())
            }
        }
    }

    /// What [`Region::apply`] does, but for the compiled tables.
    pub(crate) fn command(&mut self, command: &Command) -> Result<(), Error> {
        if let Command::Commit(gateway) = command {
            let abort = self.region.abort(*gateway)?;
            let plan = self.region.try_commit(*gateway);
            self.record(&abort);
            self.record(&plan?);
            return Ok(());
        }
        let plan = self.region.prepare(command)?;
        self.record(&plan);
        Ok(())
    }

    fn record(&mut self, plan: &Plan<'_>) {
        let region = &mut *self.region;
        if let Effect::Removed(id) = plan.effect()
            && let Some(vpc) = region.vpcs.get(id.0.into())
        {
            region.mem.store(layout::WORLDS + u32::from(vpc.slot), 0);
        }
        region.record(plan);
        for edit in plan.edits() {
            if let Edit::PutVpc(vpc) = edit {
                region.mem.store(layout::WORLDS + u32::from(vpc.slot), TAKEN);
            }
        }
    }

    /// Empties the region again.
    pub(crate) fn restart(&mut self) {
        let region = &mut *self.region;
        for slot in 0..region.layout.profile.vpcs {
            region.mem.store(layout::WORLDS + u32::from(slot), 0);
        }
        region.stores().into_iter().for_each(Rows::clear);
        Options::default().write(region.mem);
    }

    /// Compiles every VPC's world.
    pub(crate) fn finish(mut self) {
        self.finished = true;
        let region = &mut *self.region;
        for vpc in region.vpcs.iter() {
            region.mem.store(layout::WORLDS + u32::from(vpc.slot), 0);
            for host in region.interfaces_of(vpc.id) {
                region.announce(&Edit::PutInterface(host), vpc.slot);
            }
            for endpoint in region.endpoints_of(vpc.id) {
                region.announce(&Edit::PutEndpoint(endpoint), vpc.slot);
            }
            for number in region.members_of(vpc.id, Kind::LoadBalancer) {
                if let Some(balancer) = region.balancers.get(number.into()) {
                    region.announce(&Edit::PutBalancer(balancer), vpc.slot);
                }
            }
            for public in region.publics_of(vpc.id) {
                region.announce(&Edit::PutPublic(public), vpc.slot);
            }
            region.switch_world(&vpc, &Scope::everything());
        }
    }
}

impl Drop for Replay<'_, '_> {
    fn drop(&mut self) {
        if !self.finished {
            self.restart();
        }
    }
}
