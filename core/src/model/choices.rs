//! What the generator chooses from: ids, next hops and gateway operations.

use std::vec::Vec;

use super::generate::Generator;
use super::objects::{Status, TableKind};
use super::region::Twin;
use crate::addr::{
    EipId, EndpointId, GatewayId, GwlbId, Id, Kind, NatGatewayId, Prefix, RouterInterfaceId,
    TableId, VSwitchId, VpcId,
};
use crate::region::{
    Command, EipMode, GatewayOperation, MAX_ECMP_MEMBERS, MAX_ENABLE_TABLES, NextHop,
    RegionOptions, VpcFlags,
};

/// Ids are drawn from `0..IDS`, so that collisions and wrong owners are frequent.
pub(super) const IDS: u32 = 6;
/// VPCs from fewer, so that objects meet in one VPC.
const VPC_IDS: u32 = 3;

/// Ids: mostly of objects that exist.
impl Generator {
    fn any_number(&mut self, kind: Kind) -> u16 {
        self.rng.below(if kind == Kind::Vpc { VPC_IDS } else { IDS }) as u16
    }

    /// A number for a new object: mostly one that is free.
    pub(super) fn fresh(&mut self, twin: &Twin, kind: Kind) -> u16 {
        let taken = twin.ids(kind);
        let numbers = 0..if kind == Kind::Vpc { VPC_IDS } else { IDS } as u16;
        let free: Vec<u16> =
            numbers.filter(|number| !taken.contains(&Id { kind, number: *number })).collect();
        if free.is_empty() || self.rng.chance(6) {
            self.any_number(kind)
        } else {
            self.rng.pick(&free)
        }
    }

    /// A number of a kind: mostly one that exists, and more often the first VPC or an object in
    /// it, so that they meet there.
    pub(super) fn known(&mut self, twin: &Twin, kind: Kind) -> u16 {
        let mut ids = twin.ids(kind);
        if ids.is_empty() || self.rng.chance(6) {
            return self.any_number(kind);
        }
        let first = twin.vpcs.keys().next().copied();
        let in_first = |id: &Id| match id.kind {
            Kind::Vpc => Some(VpcId(id.number)) == first,
            Kind::VSwitch => Some(twin.vswitches[&VSwitchId(id.number)].vpc) == first,
            Kind::RouteTable => Some(twin.tables[&TableId(id.number)].vpc) == first,
            _ => true,
        };
        if self.rng.chance(50) && ids.iter().any(in_first) {
            ids.retain(in_first);
        }
        self.rng.pick(&ids).number
    }

    pub(super) fn vpc(&mut self, twin: &Twin) -> VpcId {
        VpcId(self.known(twin, Kind::Vpc))
    }

    pub(super) fn vswitch(&mut self, twin: &Twin) -> VSwitchId {
        VSwitchId(self.known(twin, Kind::VSwitch))
    }

    pub(super) fn table(&mut self, twin: &Twin) -> TableId {
        TableId(self.known(twin, Kind::RouteTable))
    }

    pub(super) fn eip(&mut self, twin: &Twin) -> EipId {
        EipId(self.known(twin, Kind::PublicAddress))
    }

    pub(super) fn nat(&mut self, twin: &Twin) -> NatGatewayId {
        NatGatewayId(self.known(twin, Kind::NatGateway))
    }

    /// Mostly a public address that can be bound.
    pub(super) fn unbound_eip(&mut self, twin: &Twin) -> EipId {
        let unbound = twin.eips.iter().filter(|(_, e)| e.target.is_none());
        let unbound: Vec<_> = unbound.map(|(id, _)| *id).collect();
        if unbound.is_empty() || self.rng.chance(20) {
            self.eip(twin)
        } else {
            self.rng.pick(&unbound)
        }
    }

    /// Mostly a NAT gateway with a public address, and one of its addresses.
    pub(super) fn nat_and_eip(&mut self, twin: &Twin) -> (NatGatewayId, EipId) {
        let bound = twin.eips.iter().filter_map(|(eip, public)| {
            let nat = public.target.filter(|id| id.kind == Kind::NatGateway)?;
            Some((NatGatewayId(nat.number), *eip))
        });
        let bound: Vec<_> = bound.collect();
        if bound.is_empty() || self.rng.chance(15) {
            (self.nat(twin), self.eip(twin))
        } else {
            self.rng.pick(&bound)
        }
    }

    pub(super) fn gwlb(&mut self, twin: &Twin) -> GwlbId {
        GwlbId(self.known(twin, Kind::Gwlb))
    }

    pub(super) fn endpoint(&mut self, twin: &Twin) -> EndpointId {
        EndpointId(self.known(twin, Kind::Endpoint))
    }

    /// An instance or a network interface.
    pub(super) fn interface(&mut self, twin: &Twin) -> Id {
        let instance = self.rng.chance(60);
        let kind = if instance { Kind::Instance } else { Kind::NetworkInterface };
        Id { kind, number: self.known(twin, kind) }
    }

    /// Something that sends packets.
    pub(super) fn sender(&mut self, twin: &Twin) -> Id {
        if self.rng.chance(20) {
            Id { kind: Kind::LoadBalancer, number: self.known(twin, Kind::LoadBalancer) }
        } else {
            self.interface(twin)
        }
    }

    /// Mostly a gateway table.
    pub(super) fn gateway_table(&mut self, twin: &Twin) -> TableId {
        let all = twin.tables.iter().filter(|(_, t)| t.kind == TableKind::Gateway);
        let all: Vec<_> = all.map(|(id, _)| *id).collect();
        if all.is_empty() || self.rng.chance(8) { self.table(twin) } else { self.rng.pick(&all) }
    }

    /// Mostly a gateway on which an operation has begun.
    pub(super) fn begun_gateway(&mut self, twin: &Twin) -> GatewayId {
        let all = twin.gateways.iter().filter(|(_, g)| g.status != Status::Created);
        let all: Vec<_> = all.map(|(id, _)| *id).collect();
        if all.is_empty() || self.rng.chance(8) {
            GatewayId(self.known(twin, Kind::Ipv4Gateway))
        } else {
            self.rng.pick(&all)
        }
    }

    pub(super) fn eip_target(&mut self, twin: &Twin) -> Id {
        let kind = match self.rng.below(100) {
            0..50 => Kind::Instance,
            50..65 => Kind::NetworkInterface,
            65..88 => Kind::NatGateway,
            88..98 => Kind::LoadBalancer,
            _ => self.rng.pick(Kind::ALL),
        };
        Id { kind, number: self.known(twin, kind) }
    }

    /// A next hop for a table: mostly of a kind that it can have, and of its VPC.
    pub(super) fn next_hop(&mut self, twin: &Twin, table: TableId) -> NextHop {
        let table = twin.tables.get(&table);
        let for_gateway = table.is_some_and(|t| t.kind == TableKind::Gateway);
        if let Some(table) = table.filter(|_| self.rng.chance(80)) {
            let mut near: Vec<Id> = twin.ids(Kind::Endpoint);
            near.extend(twin.ids(Kind::RouteTargetGroup));
            near.extend_from_within(..);
            near.extend(twin.interfaces.keys());
            near.retain(|id| {
                let other =
                    id.kind == Kind::LoadBalancer || (for_gateway && id.kind == Kind::NatGateway);
                twin.vpc_of(*id) == Some(table.vpc) && !other
            });
            // The gateway is as likely as all others together.
            if let Some(gateway) = twin.gateway_of(table.vpc).filter(|_| !for_gateway) {
                near.resize(near.len() * 2 + 1, gateway.id());
            }
            if !near.is_empty() {
                return NextHop::new(self.rng.pick(&near)).expect("a kind of next hop");
            }
        }
        loop {
            if self.rng.chance(15) {
                return self.equal_cost();
            }
            let kind = self.rng.pick(Kind::ALL);
            let number = self.known(twin, kind);
            if let Some(hop) = NextHop::new(Id { kind, number }) {
                return hop;
            }
        }
    }
}

/// External next hops.
impl Generator {
    /// A set of router interfaces: mostly a few.
    fn equal_cost(&mut self) -> NextHop {
        let count = self.rng.pick(&[2, 2, 3, 3, 5, MAX_ECMP_MEMBERS]);
        let first = self.rng.below(IDS) as u16;
        let step = self.rng.pick(&[1, 1, 7]);
        let all = (0..count as u16).map(|n| RouterInterfaceId(first + n * step));
        let members: Vec<_> = all.rev().collect();
        NextHop::ecmp(&members).expect("different members")
    }

    pub(super) fn external_hop(&mut self) -> NextHop {
        if self.rng.chance(35) {
            return self.equal_cost();
        }
        let kinds: Vec<_> = Kind::ALL.iter().copied().filter(|kind| kind.is_external()).collect();
        let (kind, number) = (self.rng.pick(&kinds), self.rng.below(IDS) as u16);
        NextHop::new(Id { kind, number }).expect("an external kind")
    }
}

/// The larger parts of commands.
impl Generator {
    pub(super) fn options(&mut self) -> RegionOptions {
        // The gateway capability is mostly on: off, nothing else of the gateway happens.
        let mut options =
            RegionOptions { gateway: Some(self.rng.chance(85)), ..Default::default() };
        let mut some = || self.rng.chance(30).then(|| self.rng.chance(50));
        options.clb_restricted = some();
        options.deliver_local = some();
        options.blackout = some();
        options.gwlb = Some(self.rng.chance(85));
        options
    }

    pub(super) fn create_vpc(&mut self, twin: &Twin) -> Command {
        let mut secondary = heapless::Vec::new();
        let mut user = heapless::Vec::new();
        for _ in 0..self.rng.pick(&[0, 0, 1, 2]) {
            let cidr = self.vpc_cidr();
            secondary.push(cidr).expect("room for two");
        }
        for _ in 0..self.rng.pick(&[0, 0, 1, 3]) {
            user.push(self.cidr()).expect("room for three");
        }
        Command::CreateVpc {
            vpc: VpcId(self.fresh(twin, Kind::Vpc)),
            table: TableId(self.fresh(twin, Kind::RouteTable)),
            cidr: self.vpc_cidr(),
            secondary,
            user,
            flags: VpcFlags {
                normal_nat: self.rng.chance(3),
                vpn: self.rng.chance(3),
                subnet_route_v1: self.rng.chance(3),
                shared_principal: self.rng.chance(3),
                unsupported: self.rng.chance(3),
            },
        }
    }

    pub(super) fn eip_mode(&mut self) -> EipMode {
        self.rng.pick(&[
            EipMode::Nat,
            EipMode::Nat,
            EipMode::Nat,
            EipMode::Nat,
            EipMode::Binded,
            EipMode::MultiBinded,
        ])
    }

    /// A gateway operation; mostly one on a gateway that exists, with tables of its VPC.
    pub(super) fn operation(&mut self, twin: &Twin) -> GatewayOperation {
        let without: Vec<VpcId> =
            twin.vpcs.keys().copied().filter(|vpc| twin.gateway_of(*vpc).is_none()).collect();
        if twin.gateways.is_empty() || self.rng.chance(if without.is_empty() { 5 } else { 25 }) {
            let vpc = if without.is_empty() || self.rng.chance(20) {
                self.vpc(twin)
            } else {
                self.rng.pick(&without)
            };
            return GatewayOperation::Create {
                gateway: GatewayId(self.fresh(twin, Kind::Ipv4Gateway)),
                vpc,
            };
        }
        let gateway = GatewayId(self.known(twin, Kind::Ipv4Gateway));
        let enabled = twin.gateways.get(&gateway).is_some_and(|g| g.enabled);
        match self.rng.below(100) {
            0..15 => GatewayOperation::Update(gateway),
            15..60 if enabled == self.rng.chance(10) => {
                GatewayOperation::Enable { gateway, tables: self.enable_tables(twin, gateway) }
            }
            15..60 => {
                let vpc = twin.gateways.get(&gateway).map(|g| g.vpc);
                let own = twin
                    .tables
                    .iter()
                    .find(|(_, t)| Some(t.vpc) == vpc && t.kind == TableKind::Gateway)
                    .map(|(id, _)| *id);
                let table = own.filter(|_| self.rng.chance(80));
                let table = table.unwrap_or_else(|| self.gateway_table(twin));
                GatewayOperation::Associate { table, gateway }
            }
            60..75 => {
                let bound = twin.gateways.get(&gateway).and_then(|g| g.table);
                let table = bound.filter(|_| self.rng.chance(85));
                let table = table.unwrap_or_else(|| self.gateway_table(twin));
                GatewayOperation::Dissociate { table, gateway }
            }
            _ => GatewayOperation::Delete { gateway, public: self.rng.chance(40) },
        }
    }

    fn enable_tables(
        &mut self,
        twin: &Twin,
        gateway: GatewayId,
    ) -> heapless::Vec<TableId, MAX_ENABLE_TABLES> {
        let vpc = twin.gateways.get(&gateway).map(|g| g.vpc);
        let mut tables = heapless::Vec::new();
        for (id, table) in &twin.tables {
            let open = table.kind != TableKind::Gateway
                && table.effective().iter().all(|e| e.prefix != Prefix::DEFAULT);
            let chosen = self.rng.chance(if open { 60 } else { 4 });
            if Some(table.vpc) == vpc && chosen {
                tables.push(*id).expect("fewer tables than ids");
            }
        }
        if self.rng.chance(20) {
            // IDS tables at most so far, and one more fits.
            let _ = tables.push(self.table(twin));
        }
        tables
    }
}
