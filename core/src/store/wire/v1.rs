//! Format version 1. Variants and fields keep their places for ever: what is new goes to the end,
//! and what the bytes of version 1 mean never changes.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use super::types::{Eip, Flags, Forwarded, Hop, Net, Object, Options, Place};
use crate::region::{MAX_ENABLE_TABLES, MAX_SECONDARY_CIDRS, MAX_USER_CIDRS};

/// A command. The number of a variant is its byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
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
pub(crate) enum Operation {
    Create { gateway: u16, vpc: u16 },
    Enable { gateway: u16, tables: Vec<u16, MAX_ENABLE_TABLES> },
    Update(u16),
    Delete { gateway: u16, public: bool },
    Associate { table: u16, gateway: u16 },
    Dissociate { table: u16, gateway: u16 },
}

/// A step of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Command(Command),
    PrivateOnly(u16),
    Begun(Operation),
}
