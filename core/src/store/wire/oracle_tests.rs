//! Format version 1 as types of its own, whose bytes postcard derives, and the commands of this program made
//! into them. What is stored has to be the same.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::addr::{Addr, Id, Kind, Prefix};
use crate::limits::gather;
use crate::region::rebuild::Step as NativeStep;
use crate::region::{
    BalancerPlace, Command as Native, EipMode, ForwardProtocol, GatewayOperation, MAX_ECMP_MEMBERS,
    MAX_ENABLE_TABLES, MAX_SECONDARY_CIDRS, MAX_USER_CIDRS, NextHop, RegionOptions, VpcFlags,
};

/// A command. The number of a variant is its byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Command {
    /// 0
    Region(Options),
    CreateVpc {
        vpc: u16,
        table: u16,
        cidr: Net,
        secondary: Vec<Net, MAX_SECONDARY_CIDRS>,
        user: Vec<Net, MAX_USER_CIDRS>,
        flags: Flags,
    },
    DeleteVpc(u16),
    CreateVSwitch {
        vswitch: u16,
        vpc: u16,
        cidr: Net,
    },
    DeleteVSwitch(u16),
    /// 5
    CreateRouteTable {
        table: u16,
        vpc: u16,
        gateway: bool,
    },
    DeleteRouteTable(u16),
    AssociateRouteTable {
        table: u16,
        vswitch: u16,
    },
    UnassociateRouteTable {
        table: u16,
        vswitch: u16,
    },
    CreateRouteEntry {
        table: u16,
        prefix: Net,
        next_hop: Hop,
    },
    /// 10
    ModifyRouteEntry {
        table: u16,
        prefix: Net,
        next_hop: Option<Hop>,
    },
    DeleteRouteEntry {
        table: u16,
        prefix: Net,
    },
    AnnounceRoute {
        table: u16,
        prefix: Net,
        next_hop: Hop,
    },
    WithdrawRoute {
        table: u16,
        prefix: Net,
    },
    Gateway(Operation),
    /// 15
    UpdateGatewayEntry {
        table: u16,
        prefix: Net,
        next_hop: Option<Hop>,
    },
    Begin(Operation),
    Commit(u16),
    Abort(u16),
    CreateInstance {
        instance: u16,
        vswitch: u16,
        address: [u8; 4],
        public: Option<(u16, [u8; 4])>,
        forward: bool,
    },
    /// 20
    DeleteInstance(u16),
    CreateNetworkInterface {
        interface: u16,
        vswitch: u16,
        address: [u8; 4],
        forward: bool,
    },
    DeleteNetworkInterface(u16),
    SetForward {
        interface: Object,
        forward: bool,
    },
    AllocateEip {
        eip: u16,
        address: [u8; 4],
        anycast: bool,
        mode: Eip,
    },
    /// 25
    ReleaseEip(u16),
    AssociateEip {
        eip: u16,
        target: Object,
    },
    UnassociateEip(u16),
    CreateNatGateway {
        nat: u16,
        vswitch: u16,
        address: [u8; 4],
        multi_binded: bool,
    },
    DeleteNatGateway(u16),
    /// 30
    CreateSnatEntry {
        nat: u16,
        prefix: Net,
        eip: u16,
    },
    DeleteSnatEntry {
        nat: u16,
        prefix: Net,
    },
    CreateForwardEntry {
        nat: u16,
        eip: u16,
        protocol: Forwarded,
        public_port: u16,
        address: [u8; 4],
        private_port: u16,
    },
    DeleteForwardEntry {
        nat: u16,
        eip: u16,
        protocol: Forwarded,
        public_port: u16,
    },
    CreateLoadBalancer {
        balancer: u16,
        place: Place,
    },
    /// 35
    DeleteLoadBalancer(u16),
    CreateGwlb {
        gwlb: u16,
        fail_open: bool,
    },
    DeleteGwlb(u16),
    RegisterAppliance {
        gwlb: u16,
        appliance: u16,
    },
    DeregisterAppliance(u16),
    /// 40
    SetAppliance {
        appliance: u16,
        healthy: bool,
    },
    CreateEndpoint {
        endpoint: u16,
        vswitch: u16,
        gwlb: u16,
    },
    DeleteEndpoint(u16),
    CreateRouteTargetGroup {
        group: u16,
        active: u16,
        standby: u16,
    },
    DeleteRouteTargetGroup(u16),
    /// 45
    ReportProbe {
        group: u16,
        endpoint: u16,
        ok: bool,
    },
    SwitchActive(u16),
}

/// A gateway operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Create { gateway: u16, vpc: u16 },
    Enable { gateway: u16, tables: Vec<u16, MAX_ENABLE_TABLES> },
    Update(u16),
    Delete { gateway: u16, public: bool },
    Associate { table: u16, gateway: u16 },
    Dissociate { table: u16, gateway: u16 },
}

/// A step of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    Command(Command),
    PrivateOnly(u16),
    Begun(Operation),
}

/// A prefix: the address in network order, and the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Net([u8; 4], u8);

impl From<Prefix> for Net {
    fn from(prefix: Prefix) -> Net {
        Net(prefix.addr().0.to_be_bytes(), prefix.len())
    }
}

pub(super) fn bytes(addr: Addr) -> [u8; 4] {
    addr.0.to_be_bytes()
}

/// An object of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Object {
    Vpc(u16),
    VSwitch(u16),
    RouteTable(u16),
    Ipv4Gateway(u16),
    Instance(u16),
    NetworkInterface(u16),
    PublicAddress(u16),
    NatGateway(u16),
    LoadBalancer(u16),
    Gwlb(u16),
    Appliance(u16),
    Endpoint(u16),
    RouteTargetGroup(u16),
    Peer(u16),
    TransitRouter(u16),
    VpnGateway(u16),
    RouterInterface(u16),
    Ecr(u16),
    HaVip(u16),
}

/// A conversion whose variants have the same names.
macro_rules! objects {
    ($($kind:ident)*) => {
        impl From<Id> for Object {
            fn from(Id { kind, number }: Id) -> Object {
                match kind { $(Kind::$kind => Object::$kind(number),)* }
            }
        }
    };
}

objects! {
    Vpc VSwitch RouteTable Ipv4Gateway Instance NetworkInterface PublicAddress NatGateway
    LoadBalancer Gwlb Appliance Endpoint RouteTargetGroup Peer TransitRouter VpnGateway
    RouterInterface Ecr HaVip
}

/// A next hop: an object, or the members of an equal-cost set in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Hop {
    One(Object),
    Ecmp(Vec<u16, MAX_ECMP_MEMBERS>),
}

impl From<&NextHop> for Hop {
    fn from(next_hop: &NextHop) -> Hop {
        match next_hop.is_ecmp() {
            true => Hop::Ecmp(gather(next_hop.members().map(|id| id.number))),
            false => Hop::One(next_hop.id().into()),
        }
    }
}

/// The options that a command sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Options {
    gateway: Option<bool>,
    clb_restricted: Option<bool>,
    gwlb: Option<bool>,
    deliver_local: Option<bool>,
    blackout: Option<bool>,
}

/// A conversion between structs of the same fields.
macro_rules! same_fields {
    ($wire:ident, $native:ident { $($field:ident),* }) => {
        impl From<$native> for $wire {
            fn from($native { $($field),* }: $native) -> $wire {
                $wire { $($field),* }
            }
        }
    };
}

same_fields!(Options, RegionOptions { gateway, clb_restricted, gwlb, deliver_local, blackout });

/// The facts of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flags {
    normal_nat: bool,
    vpn: bool,
    subnet_route_v1: bool,
    shared_principal: bool,
    unsupported: bool,
}

same_fields!(Flags, VpcFlags { normal_nat, vpn, subnet_route_v1, shared_principal, unsupported });

/// How a public address is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Eip {
    Nat,
    Binded,
    MultiBinded,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Forwarded {
    Tcp,
    Udp,
    Any,
}

/// A conversion between enums of the same names.
macro_rules! same_variants {
    ($wire:ident, $native:ident { $($variant:ident),* }) => {
        impl From<$native> for $wire {
            fn from(native: $native) -> $wire {
                match native { $($native::$variant => $wire::$variant,)* }
            }
        }
    };
}

same_variants!(Eip, EipMode { Nat, Binded, MultiBinded });
same_variants!(Forwarded, ForwardProtocol { Tcp, Udp, Any });

/// Where a load balancer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    Internal { vswitch: u16, address: [u8; 4] },
    Internet { vpc: u16, address: [u8; 4] },
}

impl From<&Native> for Command {
    fn from(command: &Native) -> Command {
        match *command {
            Native::Region(options) => Command::Region(options.into()),
            Native::CreateVpc { vpc, table, cidr, ref secondary, ref user, flags } => {
                Command::CreateVpc {
                    vpc: vpc.0,
                    table: table.0,
                    cidr: cidr.into(),
                    secondary: gather(secondary.iter().map(|&prefix| prefix.into())),
                    user: gather(user.iter().map(|&prefix| prefix.into())),
                    flags: flags.into(),
                }
            }
            Native::DeleteVpc(id) => Command::DeleteVpc(id.0),
            Native::CreateVSwitch { vswitch, vpc, cidr } => {
                Command::CreateVSwitch { vswitch: vswitch.0, vpc: vpc.0, cidr: cidr.into() }
            }
            Native::DeleteVSwitch(id) => Command::DeleteVSwitch(id.0),
            Native::CreateRouteTable { table, vpc, gateway } => {
                Command::CreateRouteTable { table: table.0, vpc: vpc.0, gateway }
            }
            Native::DeleteRouteTable(id) => Command::DeleteRouteTable(id.0),
            Native::AssociateRouteTable { table, vswitch } => {
                Command::AssociateRouteTable { table: table.0, vswitch: vswitch.0 }
            }
            Native::UnassociateRouteTable { table, vswitch } => {
                Command::UnassociateRouteTable { table: table.0, vswitch: vswitch.0 }
            }
            Native::CreateRouteEntry { table, prefix, ref next_hop } => Command::CreateRouteEntry {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.into(),
            },
            Native::ModifyRouteEntry { table, prefix, ref next_hop } => Command::ModifyRouteEntry {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.as_ref().map(Hop::from),
            },
            Native::DeleteRouteEntry { table, prefix } => {
                Command::DeleteRouteEntry { table: table.0, prefix: prefix.into() }
            }
            Native::AnnounceRoute { table, prefix, ref next_hop } => Command::AnnounceRoute {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.into(),
            },
            Native::WithdrawRoute { table, prefix } => {
                Command::WithdrawRoute { table: table.0, prefix: prefix.into() }
            }
            Native::Gateway(ref operation) => Command::Gateway(operation.into()),
            Native::UpdateGatewayEntry { table, prefix, ref next_hop } => {
                Command::UpdateGatewayEntry {
                    table: table.0,
                    prefix: prefix.into(),
                    next_hop: next_hop.as_ref().map(Hop::from),
                }
            }
            Native::Begin(ref operation) => Command::Begin(operation.into()),
            Native::Commit(id) => Command::Commit(id.0),
            Native::Abort(id) => Command::Abort(id.0),
            Native::CreateInstance { instance, vswitch, address, public, forward } => {
                Command::CreateInstance {
                    instance: instance.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    public: public.map(|(eip, address)| (eip.0, bytes(address))),
                    forward,
                }
            }
            Native::DeleteInstance(id) => Command::DeleteInstance(id.0),
            Native::CreateNetworkInterface { interface, vswitch, address, forward } => {
                Command::CreateNetworkInterface {
                    interface: interface.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    forward,
                }
            }
            Native::DeleteNetworkInterface(id) => Command::DeleteNetworkInterface(id.0),
            Native::SetForward { interface, forward } => {
                Command::SetForward { interface: interface.id().into(), forward }
            }
            Native::AllocateEip { eip, address, anycast, mode } => Command::AllocateEip {
                eip: eip.0,
                address: bytes(address),
                anycast,
                mode: mode.into(),
            },
            Native::ReleaseEip(id) => Command::ReleaseEip(id.0),
            Native::AssociateEip { eip, target } => {
                Command::AssociateEip { eip: eip.0, target: target.into() }
            }
            Native::UnassociateEip(id) => Command::UnassociateEip(id.0),
            Native::CreateNatGateway { nat, vswitch, address, multi_binded } => {
                Command::CreateNatGateway {
                    nat: nat.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    multi_binded,
                }
            }
            Native::DeleteNatGateway(id) => Command::DeleteNatGateway(id.0),
            Native::CreateSnatEntry { nat, prefix, eip } => {
                Command::CreateSnatEntry { nat: nat.0, prefix: prefix.into(), eip: eip.0 }
            }
            Native::DeleteSnatEntry { nat, prefix } => {
                Command::DeleteSnatEntry { nat: nat.0, prefix: prefix.into() }
            }
            Native::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            } => Command::CreateForwardEntry {
                nat: nat.0,
                eip: eip.0,
                protocol: protocol.into(),
                public_port,
                address: bytes(address),
                private_port,
            },
            Native::DeleteForwardEntry { nat, eip, protocol, public_port } => {
                Command::DeleteForwardEntry {
                    nat: nat.0,
                    eip: eip.0,
                    protocol: protocol.into(),
                    public_port,
                }
            }
            Native::CreateLoadBalancer { balancer, place } => {
                Command::CreateLoadBalancer { balancer: balancer.0, place: place.into() }
            }
            Native::DeleteLoadBalancer(id) => Command::DeleteLoadBalancer(id.0),
            Native::CreateGwlb { gwlb, fail_open } => {
                Command::CreateGwlb { gwlb: gwlb.0, fail_open }
            }
            Native::DeleteGwlb(id) => Command::DeleteGwlb(id.0),
            Native::RegisterAppliance { gwlb, appliance } => {
                Command::RegisterAppliance { gwlb: gwlb.0, appliance: appliance.0 }
            }
            Native::DeregisterAppliance(id) => Command::DeregisterAppliance(id.0),
            Native::SetAppliance { appliance, healthy } => {
                Command::SetAppliance { appliance: appliance.0, healthy }
            }
            Native::CreateEndpoint { endpoint, vswitch, gwlb } => {
                Command::CreateEndpoint { endpoint: endpoint.0, vswitch: vswitch.0, gwlb: gwlb.0 }
            }
            Native::DeleteEndpoint(id) => Command::DeleteEndpoint(id.0),
            Native::CreateRouteTargetGroup { group, active, standby } => {
                Command::CreateRouteTargetGroup {
                    group: group.0,
                    active: active.0,
                    standby: standby.0,
                }
            }
            Native::DeleteRouteTargetGroup(id) => Command::DeleteRouteTargetGroup(id.0),
            Native::ReportProbe { group, endpoint, ok } => {
                Command::ReportProbe { group: group.0, endpoint: endpoint.0, ok }
            }
            Native::SwitchActive(id) => Command::SwitchActive(id.0),
        }
    }
}

impl From<&GatewayOperation> for Operation {
    fn from(operation: &GatewayOperation) -> Operation {
        match *operation {
            GatewayOperation::Create { gateway, vpc } => {
                Operation::Create { gateway: gateway.0, vpc: vpc.0 }
            }
            GatewayOperation::Enable { gateway, ref tables } => Operation::Enable {
                gateway: gateway.0,
                tables: gather(tables.iter().map(|table| table.0)),
            },
            GatewayOperation::Update(gateway) => Operation::Update(gateway.0),
            GatewayOperation::Delete { gateway, public } => {
                Operation::Delete { gateway: gateway.0, public }
            }
            GatewayOperation::Associate { table, gateway } => {
                Operation::Associate { table: table.0, gateway: gateway.0 }
            }
            GatewayOperation::Dissociate { table, gateway } => {
                Operation::Dissociate { table: table.0, gateway: gateway.0 }
            }
        }
    }
}

impl From<BalancerPlace> for Place {
    fn from(place: BalancerPlace) -> Place {
        match place {
            BalancerPlace::Internal { vswitch, address } => {
                Place::Internal { vswitch: vswitch.0, address: bytes(address) }
            }
            BalancerPlace::Internet { vpc, address } => {
                Place::Internet { vpc: vpc.0, address: bytes(address) }
            }
        }
    }
}

impl From<&NativeStep> for Step {
    fn from(step: &NativeStep) -> Step {
        match step {
            NativeStep::Command(command) => Step::Command(command.into()),
            NativeStep::PrivateOnly(vpc) => Step::PrivateOnly(vpc.0),
            NativeStep::Begun(operation) => Step::Begun(operation.into()),
        }
    }
}
