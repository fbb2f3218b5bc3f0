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
use super::inspection::{Appliance, Endpoint, GroupRecord, Gwlb};
use super::layout;
use super::objects::{
    ForwardEntry, Gateway, Interface, InternetBalancer, Mode, PublicAddress, PublicKind,
    RouteTable, SnatEntry, TableKind, VSwitch, Vpc, VpcCidr,
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

/// The steps that rebuild a configuration in an empty region: the same steps for the same configuration.
#[derive(Clone, Debug)]
pub(crate) struct Steps<'r, 'm> {
    region: &'r Region<'m>,
    /// Which kind of objects it is the turn of, which of them, and which of that one's steps.
    stage: usize,
    index: u32,
    part: u32,
}

/// The most steps of an object.
const PARTS: u32 = 3;

impl Iterator for Steps<'_, '_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let &(stage, count) = self.region.stages().get(self.stage)?;
            if self.index == count {
                (self.stage, self.index) = (self.stage + 1, 0);
                continue;
            }
            let step = self.region.step(stage, self.index, self.part);
            self.part += 1;
            if self.part == PARTS {
                (self.index, self.part) = (self.index + 1, 0);
            }
            if step.is_some() {
                return step;
            }
        }
    }
}

/// Objects of which steps come one after another.
#[derive(Clone, Copy)]
enum Stage {
    Vpcs,
    VSwitches,
    Tables,
    Bindings,
    /// A mode that only a gateway can have made, before what excludes gateways.
    PrivateOnly,
    Gateways,
    Interfaces,
    Balancers,
    Gwlbs,
    Appliances,
    Endpoints,
    Groups,
    Routes,
    /// After the entries: an address of mode Binded may have been bound to a next hop.
    Publics,
    Snats,
    Forwards,
    /// The capabilities last: what was made with them stays when they are gone.
    Options,
    Begun,
}

impl<'m> Region<'m> {
    pub(crate) fn steps(&self) -> Steps<'_, 'm> {
        Steps { region: self, stage: 0, index: 0, part: 0 }
    }

    /// The stages in their order, and how many objects each has.
    fn stages(&self) -> [(Stage, u32); 18] {
        let (vpcs, vswitches, gateways) =
            (self.vpcs.count(), self.vswitches.count(), self.gateways.count());
        [
            (Stage::Vpcs, vpcs),
            (Stage::VSwitches, vswitches),
            (Stage::Tables, self.tables.count()),
            (Stage::Bindings, vswitches),
            (Stage::PrivateOnly, vpcs),
            (Stage::Gateways, gateways),
            (Stage::Interfaces, self.interfaces.count()),
            (Stage::Balancers, self.balancers.count()),
            (Stage::Gwlbs, self.gwlbs.count()),
            (Stage::Appliances, self.appliances.count()),
            (Stage::Endpoints, self.endpoints.count()),
            (Stage::Groups, self.groups.count()),
            (Stage::Routes, self.routes.count()),
            (Stage::Publics, self.publics.count()),
            (Stage::Snats, self.snats.count()),
            (Stage::Forwards, self.forwards.count()),
            (Stage::Options, 1),
            (Stage::Begun, gateways),
        ]
    }

    /// One of an object's steps, if it has it.
    fn step(&self, stage: Stage, index: u32, part: u32) -> Option<Step> {
        let command = match (stage, part) {
            (Stage::Vpcs, 0) => self.vpc_step(&self.vpcs.at(index)),
            (Stage::VSwitches, 0) => {
                let VSwitch { id: vswitch, vpc, cidr, .. } = self.vswitches.at(index);
                Command::CreateVSwitch { vswitch, vpc, cidr }
            }
            (Stage::Tables, 0) => {
                let RouteTable { id: table, vpc, kind } = self.tables.at(index);
                let gateway = kind == TableKind::Gateway;
                match kind {
                    TableKind::System => return None,
                    _ => Command::CreateRouteTable { table, vpc, gateway },
                }
            }
            (Stage::Bindings, 0) => {
                let VSwitch { id: vswitch, vpc, table, .. } = self.vswitches.at(index);
                self.vpcs.get(vpc.0.into()).filter(|vpc| vpc.system_table != table)?;
                Command::AssociateRouteTable { table, vswitch }
            }
            (Stage::PrivateOnly, 0) => {
                let vpc = self.vpcs.at(index);
                return (vpc.mode == Mode::PrivateOnly).then_some(Step::PrivateOnly(vpc.id));
            }
            (Stage::Gateways, part) => {
                let Gateway { id, vpc, enabled, table, .. } = self.gateways.at(index).into();
                Command::Gateway(match part {
                    0 => GatewayOperation::Create { gateway: id, vpc },
                    1 if enabled => GatewayOperation::Enable { gateway: id, tables: Vec::new() },
                    2 => GatewayOperation::Associate { table: table?, gateway: id },
                    _ => return None,
                })
            }
            (Stage::Interfaces, 0) => self.interface_step(&self.interfaces.at(index)),
            (Stage::Balancers, 0) => {
                let InternetBalancer { id: balancer, vpc, address } = self.balancers.at(index);
                let place = BalancerPlace::Internet { vpc, address };
                Command::CreateLoadBalancer { balancer, place }
            }
            (Stage::Gwlbs, 0) => {
                let Gwlb { id: gwlb, fail_open } = self.gwlbs.at(index);
                Command::CreateGwlb { gwlb, fail_open }
            }
            (Stage::Appliances, part) => {
                let Appliance { id: appliance, gwlb, healthy } = self.appliances.at(index);
                match part {
                    0 => Command::RegisterAppliance { gwlb, appliance },
                    1 if !healthy => Command::SetAppliance { appliance, healthy },
                    _ => return None,
                }
            }
            (Stage::Endpoints, 0) => {
                let Endpoint { id: endpoint, vswitch, gwlb } = self.endpoints.at(index);
                Command::CreateEndpoint { endpoint, vswitch, gwlb }
            }
            (Stage::Groups, 0) => {
                let GroupRecord { id: group, active, standby, .. } = self.groups.at(index);
                Command::CreateRouteTargetGroup { group, active, standby }
            }
            (Stage::Routes, 0) => self.route_step(&self.routes.at(index)),
            (Stage::Publics, part) => {
                let PublicAddress { id: eip, address, kind, mode, target } = self.publics.at(index);
                let anycast = kind == PublicKind::Anycast;
                match part {
                    _ if kind == PublicKind::Static => return None,
                    0 => Command::AllocateEip { eip, address, anycast, mode },
                    1 => Command::AssociateEip { eip, target: target? },
                    _ => return None,
                }
            }
            (Stage::Snats, 0) => {
                let SnatEntry { nat, prefix, eip } = self.snats.at(index);
                Command::CreateSnatEntry { nat, prefix, eip }
            }
            (Stage::Forwards, 0) => {
                let ForwardEntry { nat, eip, protocol, public_port, address, private_port } =
                    self.forwards.at(index);
                Command::CreateForwardEntry {
                    nat,
                    eip,
                    protocol,
                    public_port,
                    address,
                    private_port,
                }
            }
            (Stage::Options, 0) if self.options() != Options::default() => {
                Command::Region(self.options_step())
            }
            (Stage::Begun, 0) => {
                return Gateway::from(self.gateways.at(index)).begun.map(Step::Begun);
            }
            _ => return None,
        };
        Some(Step::Command(command))
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
            step => self.no_command(step),
        }
    }

    #[inline(never)]
    fn no_command(&mut self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Command(_) => Ok(()),
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
        match command {
            Command::Commit(gateway) => self.commit(*gateway),
            command => self.change(command),
        }
    }

    // Apart from one another, as plans are large.
    #[inline(never)]
    fn change(&mut self, command: &Command) -> Result<(), Error> {
        let plan = self.region.prepare(command)?;
        self.record(&plan);
        Ok(())
    }

    #[inline(never)]
    fn commit(&mut self, gateway: GatewayId) -> Result<(), Error> {
        let abort = self.region.abort(gateway)?;
        let plan = self.region.try_commit(gateway);
        self.record(&abort);
        self.record(&plan?);
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
