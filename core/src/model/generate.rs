//! Random commands, plausible but drawn to the edges.

use std::vec::Vec;

use super::choices::IDS;
use super::objects::Status;
use super::region::Twin;
use super::rng::Rng;
use super::script::BEFORE_GATEWAY;
use crate::addr::{
    EipId, InstanceId, Kind, NatGatewayId, NetworkInterfaceId, TableId, VSwitchId, VpcId,
};
use crate::region::{Command, Port};

/// Makes random commands and packets for a region whose state a [`Twin`] knows.
///
/// The twin's state draws the choices towards working topologies: most commands name objects
/// that exist and belong together, the others collide, cross VPCs or name nothing. Most programs
/// start with a script that makes one of everything.
#[derive(Clone, Debug)]
pub struct Generator {
    pub(super) rng: Rng,
    /// Whether most probes fail at present.
    pub(super) failing: bool,
    /// The next command of the script that makes a working topology.
    step: usize,
    /// The end of that script.
    end: usize,
}

/// The kinds of commands.
#[derive(Clone, Copy)]
pub(super) enum Draw {
    Region,
    CreateVpc,
    DeleteVpc,
    CreateVSwitch,
    DeleteVSwitch,
    CreateTable,
    DeleteTable,
    AssociateTable,
    UnassociateTable,
    CreateEntry,
    ModifyEntry,
    DeleteEntry,
    UpdateGatewayEntry,
    Gateway,
    Begin,
    Commit,
    Abort,
    CreateInstance,
    DeleteInstance,
    CreateNetworkInterface,
    DeleteNetworkInterface,
    SetForward,
    AllocateEip,
    ReleaseEip,
    AssociateEip,
    UnassociateEip,
    CreateNat,
    DeleteNat,
    CreateSnat,
    DeleteSnat,
    Announce,
    Withdraw,
    CreateForward,
    DeleteForward,
    CreateBalancer,
    DeleteBalancer,
    CreateGwlb,
    DeleteGwlb,
    RegisterAppliance,
    DeregisterAppliance,
    SetAppliance,
    CreateEndpoint,
    DeleteEndpoint,
    CreateGroup,
    DeleteGroup,
    ReportProbe,
    SwitchActive,
}

impl Generator {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Generator {
        let mut rng = Rng::new(seed);
        let end = match rng.below(10) {
            0..4 => 0,
            4..6 => BEFORE_GATEWAY,
            _ => usize::MAX,
        };
        Generator { rng, failing: false, step: 0, end }
    }

    /// Whether bytes decide, for the time being.
    pub fn is_scripted(&self) -> bool {
        self.rng.follows()
    }

    /// The random numbers behind it, for choices of the caller.
    pub const fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// A command for the region in this state.
    pub fn command(&mut self, twin: &Twin) -> Command {
        while self.step < self.end {
            let command = self.scripted(self.step);
            match command {
                None => self.end = 0,
                // Something may be missing, or come in between.
                Some(_) if self.rng.chance(2) => self.step += 1,
                Some(_) if self.rng.chance(3) => break,
                Some(command) => {
                    self.step += 1;
                    return command;
                }
            }
        }
        let draw = self.draw(twin);
        self.make(draw, twin)
    }

    /// Weighs the commands: more creation while a region is small and little when ids run out,
    /// more commits while an operation has begun.
    fn draw(&mut self, twin: &Twin) -> Draw {
        use Draw::*;
        let grow = |count: usize, target: usize, weight: u32| match count {
            count if count < target => weight * 4,
            count if count < IDS as usize => weight,
            _ => 1,
        };
        let count = |kind: Kind| twin.ids(kind).len();
        let begun = twin.gateways.values().any(|g| g.status != Status::Created);
        let weights = [
            (Region, 2),
            (CreateVpc, grow(count(Kind::Vpc), 2, 6)),
            (DeleteVpc, 2),
            (CreateVSwitch, grow(count(Kind::VSwitch), 4, 8)),
            (DeleteVSwitch, 2),
            (CreateTable, grow(count(Kind::RouteTable), 5, 6)),
            (DeleteTable, 2),
            (AssociateTable, 8),
            (UnassociateTable, 2),
            (CreateEntry, 26),
            (ModifyEntry, 10),
            (DeleteEntry, 6),
            (UpdateGatewayEntry, 10),
            (Gateway, 24),
            (Begin, 8),
            (Commit, if begun { 12 } else { 1 }),
            (Abort, if begun { 8 } else { 1 }),
            (CreateInstance, grow(count(Kind::Instance), 4, 5)),
            (DeleteInstance, 2),
            (CreateNetworkInterface, grow(count(Kind::NetworkInterface), 2, 4)),
            (DeleteNetworkInterface, 2),
            (SetForward, 8),
            (AllocateEip, grow(count(Kind::PublicAddress), 4, 4)),
            (ReleaseEip, 2),
            (AssociateEip, 10),
            (UnassociateEip, 3),
            (CreateNat, grow(count(Kind::NatGateway), 2, 3)),
            (DeleteNat, 1),
            (CreateSnat, 6),
            (DeleteSnat, 2),
            (Announce, 10),
            (Withdraw, 3),
            (CreateForward, 10),
            (DeleteForward, 3),
            (CreateBalancer, grow(count(Kind::LoadBalancer), 2, 3)),
            (DeleteBalancer, 2),
            (CreateGwlb, grow(count(Kind::Gwlb), 2, 2)),
            (DeleteGwlb, 1),
            (RegisterAppliance, grow(count(Kind::Appliance), 2, 2)),
            (DeregisterAppliance, 2),
            (SetAppliance, 5),
            (CreateEndpoint, grow(count(Kind::Endpoint), 3, 4)),
            (DeleteEndpoint, 2),
            (CreateGroup, grow(count(Kind::RouteTargetGroup), 1, 3)),
            (DeleteGroup, 1),
            (ReportProbe, 12),
            (SwitchActive, 3),
        ];
        let only: Vec<u32> = weights.iter().map(|(_, weight)| *weight).collect();
        weights[self.rng.weighted(&only)].0
    }

    fn make(&mut self, draw: Draw, twin: &Twin) -> Command {
        match draw {
            Draw::Region => Command::Region(self.options()),
            Draw::CreateVpc => self.create_vpc(twin),
            Draw::DeleteVpc => {
                let without = |vpc: &VpcId| twin.vswitches.values().all(|v| v.vpc != *vpc);
                let open: Vec<_> = twin.vpcs.keys().copied().filter(without).collect();
                let open = (!open.is_empty() && self.rng.chance(70)).then(|| self.rng.pick(&open));
                Command::DeleteVpc(open.unwrap_or_else(|| self.vpc(twin)))
            }
            Draw::CreateVSwitch => {
                let vpc = self.vpc(twin);
                let cidr = self.vswitch_cidr(twin, vpc);
                Command::CreateVSwitch {
                    vswitch: VSwitchId(self.fresh(twin, Kind::VSwitch)),
                    vpc,
                    cidr,
                }
            }
            Draw::DeleteVSwitch => Command::DeleteVSwitch(self.vswitch(twin)),
            Draw::CreateTable => Command::CreateRouteTable {
                table: TableId(self.fresh(twin, Kind::RouteTable)),
                vpc: self.vpc(twin),
                gateway: self.rng.chance(40),
            },
            Draw::DeleteTable => Command::DeleteRouteTable(self.table(twin)),
            Draw::AssociateTable => Command::AssociateRouteTable {
                table: self.table(twin),
                vswitch: self.vswitch(twin),
            },
            Draw::UnassociateTable => {
                let vswitch = self.vswitch(twin);
                let bound = twin.vswitches.get(&vswitch).map(|v| v.table);
                let table = bound.filter(|_| self.rng.chance(70));
                let table = table.unwrap_or_else(|| self.table(twin));
                Command::UnassociateRouteTable { table, vswitch }
            }
            Draw::CreateEntry => {
                let table = self.table(twin);
                let prefix = self.destination(twin, table, 10);
                Command::CreateRouteEntry { table, prefix, next_hop: self.next_hop(twin, table) }
            }
            Draw::ModifyEntry => {
                let table = self.table(twin);
                let prefix = self.destination(twin, table, 85);
                let next_hop = (!self.rng.chance(25)).then(|| self.next_hop(twin, table));
                Command::ModifyRouteEntry { table, prefix, next_hop }
            }
            Draw::DeleteEntry => {
                let table = self.table(twin);
                Command::DeleteRouteEntry { table, prefix: self.destination(twin, table, 85) }
            }
            Draw::UpdateGatewayEntry => {
                let table = self.gateway_table(twin);
                let prefix = self.destination(twin, table, 85);
                let next_hop = (!self.rng.chance(30)).then(|| self.next_hop(twin, table));
                Command::UpdateGatewayEntry { table, prefix, next_hop }
            }
            Draw::Gateway => Command::Gateway(self.operation(twin)),
            Draw::Begin => Command::Begin(self.operation(twin)),
            Draw::Commit => Command::Commit(self.begun_gateway(twin)),
            Draw::Abort => Command::Abort(self.begun_gateway(twin)),
            Draw::CreateInstance => {
                let vswitch = self.vswitch(twin);
                let eip = EipId(self.fresh(twin, Kind::PublicAddress));
                Command::CreateInstance {
                    instance: InstanceId(self.fresh(twin, Kind::Instance)),
                    vswitch,
                    address: self.private_address(twin, vswitch),
                    public: self.rng.chance(25).then(|| (eip, self.public_address())),
                    forward: self.rng.chance(40),
                }
            }
            Draw::DeleteInstance => {
                Command::DeleteInstance(InstanceId(self.known(twin, Kind::Instance)))
            }
            Draw::CreateNetworkInterface => {
                let vswitch = self.vswitch(twin);
                let number = self.fresh(twin, Kind::NetworkInterface);
                Command::CreateNetworkInterface {
                    interface: NetworkInterfaceId(number),
                    vswitch,
                    address: self.private_address(twin, vswitch),
                    forward: self.rng.chance(60),
                }
            }
            Draw::DeleteNetworkInterface => {
                let number = self.known(twin, Kind::NetworkInterface);
                Command::DeleteNetworkInterface(NetworkInterfaceId(number))
            }
            Draw::SetForward => {
                let interface = Port::from_id(self.interface(twin)).expect("an i- or eni- id");
                Command::SetForward { interface, forward: self.rng.chance(70) }
            }
            Draw::AllocateEip => Command::AllocateEip {
                eip: EipId(self.fresh(twin, Kind::PublicAddress)),
                address: self.public_address(),
                anycast: self.rng.chance(20),
                mode: self.eip_mode(),
            },
            Draw::ReleaseEip => Command::ReleaseEip(self.eip(twin)),
            Draw::AssociateEip => {
                Command::AssociateEip { eip: self.unbound_eip(twin), target: self.eip_target(twin) }
            }
            Draw::UnassociateEip => Command::UnassociateEip(self.eip(twin)),
            Draw::CreateNat => {
                let vswitch = self.vswitch(twin);
                Command::CreateNatGateway {
                    nat: NatGatewayId(self.fresh(twin, Kind::NatGateway)),
                    vswitch,
                    address: self.private_address(twin, vswitch),
                    multi_binded: self.rng.chance(15),
                }
            }
            Draw::DeleteNat => Command::DeleteNatGateway(self.nat(twin)),
            Draw::CreateSnat => {
                let (nat, eip) = self.nat_and_eip(twin);
                Command::CreateSnatEntry { nat, prefix: self.snat_prefix(twin, nat), eip }
            }
            Draw::DeleteSnat => {
                let entries: Vec<_> = twin.snat.keys().copied().collect();
                if !entries.is_empty() && self.rng.chance(80) {
                    let (nat, prefix) = self.rng.pick(&entries);
                    Command::DeleteSnatEntry { nat, prefix }
                } else {
                    Command::DeleteSnatEntry { nat: self.nat(twin), prefix: self.cidr() }
                }
            }
            service => self.make_service(service, twin),
        }
    }
}
