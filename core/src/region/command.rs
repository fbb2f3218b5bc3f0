//! The typed form of every command. The console parses to it and the C ABI builds it.

use heapless::Vec;

use super::Error;
use crate::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, InstanceId, Kind, LoadBalancerId,
    NatGatewayId, NetworkInterfaceId, Prefix, RouteTargetGroupId, RouterInterfaceId, TableId,
    VSwitchId, VpcId,
};

/// The most tables that `enable` takes.
pub const MAX_ENABLE_TABLES: usize = 10;
/// The most user CIDRs of a VPC.
pub const MAX_USER_CIDRS: usize = 3;
/// The most secondary CIDRs that one `create-vpc` can carry; a console line has no room for more.
pub const MAX_SECONDARY_CIDRS: usize = 32;

/// One change of the region's configuration.
#[expect(clippy::large_enum_variant, reason = "made one at a time, on the stack: no allocation")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sets the region's capabilities and profiles.
    Region(RegionOptions),
    /// Makes a VPC with its System table.
    CreateVpc {
        /// The new VPC.
        vpc: VpcId,
        /// Its System table.
        table: TableId,
        /// The primary CIDR.
        cidr: Prefix,
        /// Secondary CIDRs.
        secondary: Vec<Prefix, MAX_SECONDARY_CIDRS>,
        /// User CIDRs: public ranges that the VPC treats as private destinations.
        user: Vec<Prefix, MAX_USER_CIDRS>,
        /// Declared incompatibilities.
        flags: VpcFlags,
    },
    /// Deletes an empty VPC with its System table.
    DeleteVpc(VpcId),
    /// Makes a vSwitch, bound to the System table.
    CreateVSwitch {
        /// The new vSwitch.
        vswitch: VSwitchId,
        /// Its VPC.
        vpc: VpcId,
        /// Its CIDR.
        cidr: Prefix,
    },
    /// Deletes an empty vSwitch.
    DeleteVSwitch(VSwitchId),
    /// Makes a custom or a gateway table.
    CreateRouteTable {
        /// The new table.
        table: TableId,
        /// Its VPC.
        vpc: VpcId,
        /// Whether it is a gateway table.
        gateway: bool,
    },
    /// Deletes an unbound table without entries of its own.
    DeleteRouteTable(TableId),
    /// Binds a table to a vSwitch, replacing the one that is bound.
    AssociateRouteTable {
        /// The table.
        table: TableId,
        /// The vSwitch.
        vswitch: VSwitchId,
    },
    /// Binds a vSwitch back to the System table.
    UnassociateRouteTable {
        /// The table that is bound now.
        table: TableId,
        /// The vSwitch.
        vswitch: VSwitchId,
    },
    /// Adds a Custom entry.
    CreateRouteEntry {
        /// The table.
        table: TableId,
        /// The destination.
        prefix: Prefix,
        /// The next hop.
        next_hop: NextHop,
    },
    /// Changes the next hop of an entry; `None` is `local`.
    ModifyRouteEntry {
        /// The table.
        table: TableId,
        /// The destination.
        prefix: Prefix,
        /// The new next hop, or `None` for `local`.
        next_hop: Option<NextHop>,
    },
    /// Deletes a Custom entry, or resets an overridden automatic one.
    DeleteRouteEntry {
        /// The table.
        table: TableId,
        /// The destination.
        prefix: Prefix,
    },
    /// Adds or replaces a Dynamic entry, fed by a routing daemon.
    AnnounceRoute {
        /// The table.
        table: TableId,
        /// The destination.
        prefix: Prefix,
        /// The next hop, of an external kind.
        next_hop: NextHop,
    },
    /// Takes a Dynamic entry back, effective or candidate.
    WithdrawRoute {
        /// The table.
        table: TableId,
        /// The destination.
        prefix: Prefix,
    },
    /// One of the six gateway operations, begun and committed in one step.
    Gateway(GatewayOperation),
    /// Changes the next hop of a gateway table's entry; `None` is `local`.
    UpdateGatewayEntry {
        /// The gateway table.
        table: TableId,
        /// The vSwitch's CIDR.
        prefix: Prefix,
        /// The new next hop, or `None` for `local`.
        next_hop: Option<NextHop>,
    },
    /// Begins a gateway operation.
    Begin(GatewayOperation),
    /// Commits the operation begun on this gateway.
    Commit(GatewayId),
    /// Aborts the operation begun on this gateway.
    Abort(GatewayId),
    /// Makes an instance, with or without a static public address.
    CreateInstance {
        /// The new instance.
        instance: InstanceId,
        /// Its vSwitch.
        vswitch: VSwitchId,
        /// Its private address.
        address: Addr,
        /// A static public address made with it.
        public: Option<(EipId, Addr)>,
        /// Whether it forwards packets that are not its own.
        forward: bool,
    },
    /// Deletes an instance and its static address.
    DeleteInstance(InstanceId),
    /// Makes a secondary network interface.
    CreateNetworkInterface {
        /// The new interface.
        interface: NetworkInterfaceId,
        /// Its vSwitch.
        vswitch: VSwitchId,
        /// Its private address.
        address: Addr,
        /// Whether it forwards packets that are not its own.
        forward: bool,
    },
    /// Deletes a secondary network interface.
    DeleteNetworkInterface(NetworkInterfaceId),
    /// Lets an interface forward foreign packets, or stops it.
    SetForward {
        /// The interface.
        interface: Port,
        /// On or off.
        forward: bool,
    },
    /// Allocates a public address.
    AllocateEip {
        /// The new address' id.
        eip: EipId,
        /// The address.
        address: Addr,
        /// Eip or AnycastEip.
        anycast: bool,
        /// How it is bound.
        mode: EipMode,
    },
    /// Gives an unbound public address back.
    ReleaseEip(EipId),
    /// Binds a public address.
    AssociateEip {
        /// The public address.
        eip: EipId,
        /// What it is bound to: an instance, network interface, NAT gateway or load balancer.
        target: Id,
    },
    /// Unbinds a public address.
    UnassociateEip(EipId),
    /// Makes a NAT gateway.
    CreateNatGateway {
        /// The new NAT gateway.
        nat: NatGatewayId,
        /// Its vSwitch.
        vswitch: VSwitchId,
        /// Its private address.
        address: Addr,
        /// Whether its bind mode is MultiBinded.
        multi_binded: bool,
    },
    /// Deletes a NAT gateway and its entries.
    DeleteNatGateway(NatGatewayId),
    /// Translates sources of a prefix to a public address.
    CreateSnatEntry {
        /// The NAT gateway.
        nat: NatGatewayId,
        /// The source prefix.
        prefix: Prefix,
        /// The public address, bound to the NAT gateway.
        eip: EipId,
    },
    /// Deletes a source translation.
    DeleteSnatEntry {
        /// The NAT gateway.
        nat: NatGatewayId,
        /// The source prefix.
        prefix: Prefix,
    },
    /// Forwards a port, or everything, of a public address to a private one.
    CreateForwardEntry {
        /// The NAT gateway.
        nat: NatGatewayId,
        /// The public address, bound to the NAT gateway.
        eip: EipId,
        /// What is forwarded.
        protocol: ForwardProtocol,
        /// The public port: 1 to 65535, or 0 for `any`.
        public_port: u16,
        /// The private address.
        address: Addr,
        /// The private port: 1 to 65535, or 0 for `any`.
        private_port: u16,
    },
    /// Deletes a port forwarding.
    DeleteForwardEntry {
        /// The NAT gateway.
        nat: NatGatewayId,
        /// The public address.
        eip: EipId,
        /// What is forwarded.
        protocol: ForwardProtocol,
        /// The public port.
        public_port: u16,
    },
    /// Makes a load balancer.
    CreateLoadBalancer {
        /// The new load balancer.
        balancer: LoadBalancerId,
        /// Where it stands.
        place: BalancerPlace,
    },
    /// Deletes a load balancer.
    DeleteLoadBalancer(LoadBalancerId),
    /// Makes a gateway load balancer without appliances.
    CreateGwlb {
        /// The new GWLB.
        gwlb: GwlbId,
        /// Whether packets pass uninspected when no appliance is healthy.
        fail_open: bool,
    },
    /// Deletes a gateway load balancer with its appliances.
    DeleteGwlb(GwlbId),
    /// Registers a healthy appliance.
    RegisterAppliance {
        /// The GWLB.
        gwlb: GwlbId,
        /// The new appliance; its id is unique in the region.
        appliance: ApplianceId,
    },
    /// Takes an appliance away.
    DeregisterAppliance(ApplianceId),
    /// Says whether an appliance is healthy.
    SetAppliance {
        /// The appliance.
        appliance: ApplianceId,
        /// Healthy or not.
        healthy: bool,
    },
    /// Makes an endpoint of a GWLB in a vSwitch.
    CreateEndpoint {
        /// The new endpoint.
        endpoint: EndpointId,
        /// Its vSwitch.
        vswitch: VSwitchId,
        /// Its GWLB.
        gwlb: GwlbId,
    },
    /// Deletes an endpoint.
    DeleteEndpoint(EndpointId),
    /// Makes a route target group.
    CreateRouteTargetGroup {
        /// The new group.
        group: RouteTargetGroupId,
        /// The endpoint that is used.
        active: EndpointId,
        /// The endpoint that stands by.
        standby: EndpointId,
    },
    /// Deletes a route target group.
    DeleteRouteTargetGroup(RouteTargetGroupId),
    /// Reports the result of a health probe.
    ReportProbe {
        /// The group.
        group: RouteTargetGroupId,
        /// The member that was probed.
        endpoint: EndpointId,
        /// Whether it answered.
        ok: bool,
    },
    /// Exchanges the roles of a group's members, whatever their health.
    SwitchActive(RouteTargetGroupId),
}

/// What a forward entry forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ForwardProtocol {
    /// One TCP port.
    Tcp,
    /// One UDP port.
    Udp,
    /// The whole address, every protocol and port.
    Any,
}

/// Where a load balancer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BalancerPlace {
    /// In a vSwitch, with a private address.
    Internal {
        /// The vSwitch.
        vswitch: VSwitchId,
        /// The private address.
        address: Addr,
    },
    /// Outside the VPC that it serves, with a public address of its own.
    Internet {
        /// The VPC.
        vpc: VpcId,
        /// The public address.
        address: Addr,
    },
}

/// The six gateway operations, which can be split into begin and commit or abort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayOperation {
    /// Makes the gateway; the mode stays.
    Create {
        /// The new gateway.
        gateway: GatewayId,
        /// Its VPC.
        vpc: VpcId,
    },
    /// Activates it: the mode becomes Centralized.
    Enable {
        /// The gateway.
        gateway: GatewayId,
        /// The tables that get `0.0.0.0/0` to the gateway, in the order given.
        tables: Vec<TableId, MAX_ENABLE_TABLES>,
    },
    /// Walks the states only: names and descriptions are host data.
    Update(GatewayId),
    /// Deletes it.
    Delete {
        /// The gateway.
        gateway: GatewayId,
        /// Public mode instead of private.
        public: bool,
    },
    /// Binds the gateway table.
    Associate {
        /// The gateway table.
        table: TableId,
        /// The gateway.
        gateway: GatewayId,
    },
    /// Unbinds the gateway table.
    Dissociate {
        /// The gateway table.
        table: TableId,
        /// The gateway.
        gateway: GatewayId,
    },
}

impl GatewayOperation {
    /// The gateway that the operation is about.
    pub const fn gateway(&self) -> GatewayId {
        match *self {
            GatewayOperation::Create { gateway, .. }
            | GatewayOperation::Enable { gateway, .. }
            | GatewayOperation::Update(gateway)
            | GatewayOperation::Delete { gateway, .. }
            | GatewayOperation::Associate { gateway, .. }
            | GatewayOperation::Dissociate { gateway, .. } => gateway,
        }
    }
}

/// Options of the region; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegionOptions {
    /// The region offers IPv4 gateways.
    pub gateway: Option<bool>,
    /// Internal load balancers are restricted by the gateway.
    pub clb_restricted: Option<bool>,
    /// The region offers GWLBs.
    pub gwlb: Option<bool>,
    /// Unsolicited packets are delivered where no gateway table is bound.
    pub deliver_local: Option<bool>,
    /// Packets between begin and commit are dropped where the worlds differ.
    pub blackout: Option<bool>,
}

/// Facts of a VPC that the integrator declares; the core only checks them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VpcFlags {
    /// A NAT gateway of the old normal type is in the VPC.
    pub normal_nat: bool,
    /// A VPN gateway is in the VPC.
    pub vpn: bool,
    /// The VPC uses first-generation subnet routing.
    pub subnet_route_v1: bool,
    /// The caller does not own the shared VPC.
    pub shared_principal: bool,
    /// The VPC cannot have an IPv4 gateway.
    pub unsupported: bool,
}

impl VpcFlags {
    /// What refuses a gateway whatever is in the VPC, in the order in which it is checked.
    pub(crate) const fn refusals(self) -> [(bool, Error); 2] {
        [
            (self.shared_principal, Error::OperateShareResource),
            (self.unsupported, Error::UnsupportedIpv4Gateway),
        ]
    }

    /// What the VPC has that is checked behind all that can be seen in it.
    pub(crate) const fn incompatibilities(self) -> [(bool, Error); 3] {
        [
            (self.normal_nat, Error::NormalNatExist),
            (self.vpn, Error::VpnExist),
            (self.subnet_route_v1, Error::SubnetRouteV1Exist),
        ]
    }
}

/// How a public address is bound to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EipMode {
    /// Translated one to one.
    #[default]
    Nat,
    /// Visible on the interface itself.
    Binded,
    /// Several addresses visible on the interface itself.
    MultiBinded,
}

/// An interface that a packet can be sent from: an instance's primary or a secondary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Port {
    /// An instance's primary interface.
    Instance(InstanceId),
    /// A secondary interface.
    NetworkInterface(NetworkInterfaceId),
}

impl Port {
    /// The id with its kind.
    pub const fn id(self) -> Id {
        match self {
            Port::Instance(id) => id.id(),
            Port::NetworkInterface(id) => id.id(),
        }
    }

    /// The port of an `i-` or `eni-` id.
    pub const fn from_id(id: Id) -> Option<Port> {
        match id.kind {
            Kind::Instance => Some(Port::Instance(InstanceId(id.number))),
            Kind::NetworkInterface => Some(Port::NetworkInterface(NetworkInterfaceId(id.number))),
            _ => None,
        }
    }
}

/// The most members of an equal-cost set of router interfaces.
pub const MAX_ECMP_MEMBERS: usize = 16;

/// What a route entry points at: an object of a kind that can be a next hop, or 2 to 16 router
/// interfaces of equal cost.
///
/// Automatic entries point at the VPC itself instead, written `local`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NextHop {
    /// The object, or the lowest member.
    id: Id,
    /// The further members of a set in ascending order; the rest is 0.
    others: [u16; MAX_ECMP_MEMBERS - 1],
    /// How many of `others` are members.
    count: u8,
}

impl NextHop {
    /// What a damaged record reads as.
    pub(crate) const NOWHERE: NextHop = NextHop::one(Id { kind: Kind::Instance, number: 0 });

    const fn one(id: Id) -> NextHop {
        NextHop { id, others: [0; MAX_ECMP_MEMBERS - 1], count: 0 }
    }

    /// The next hop of that id: `i-`, `eni-`, `ep-`, `rtg-`, `ipv4gw-`, `ngw-` or an external kind.
    #[inline(never)]
    pub const fn new(id: Id) -> Option<NextHop> {
        match id.kind {
            Kind::Instance
            | Kind::NetworkInterface
            | Kind::Endpoint
            | Kind::RouteTargetGroup
            | Kind::Ipv4Gateway
            | Kind::NatGateway => Some(NextHop::one(id)),
            kind if kind.is_external() => Some(NextHop::one(id)),
            _ => None,
        }
    }

    /// An equal-cost set, in ascending order whatever the order given; `None` unless there are 2
    /// to 16 members and all differ.
    pub fn ecmp(members: &[RouterInterfaceId]) -> Option<NextHop> {
        let mut sorted: Vec<u16, MAX_ECMP_MEMBERS> = Vec::new();
        for &RouterInterfaceId(mut member) in members {
            let place = sorted.iter().take_while(|&&other| other < member).count();
            if sorted.get(place) == Some(&member) {
                return None;
            }
            for higher in sorted.iter_mut().skip(place) {
                core::mem::swap(higher, &mut member);
            }
            sorted.push(member).ok()?;
        }
        let (&first, rest) = sorted.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let mut set = NextHop::one(RouterInterfaceId(first).id());
        for (slot, &member) in set.others.iter_mut().zip(rest) {
            *slot = member;
        }
        set.count = u8::try_from(rest.len()).ok()?;
        Some(set)
    }

    /// The id of the object, or of the lowest member of a set.
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Whether it is a set of router interfaces.
    pub const fn is_ecmp(&self) -> bool {
        self.count > 0
    }

    /// The number of members: 1 for a single object.
    pub fn member_count(&self) -> u32 {
        u32::from(self.count) + 1
    }

    /// The ids in ascending order: one, or the members of a set.
    pub fn members(&self) -> impl Iterator<Item = Id> + '_ {
        let others = self.others.iter().take(self.count.into());
        let kind = self.id.kind;
        core::iter::once(self.id).chain(others.map(move |&number| Id { kind, number }))
    }

    /// Whether an automatic entry can be overridden by this next hop.
    pub const fn can_override(&self) -> bool {
        matches!(
            self.id.kind,
            Kind::Instance | Kind::NetworkInterface | Kind::Endpoint | Kind::RouteTargetGroup
        )
    }
}

impl core::fmt::Display for NextHop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut before = "";
        for member in self.members() {
            f.write_str(before)?;
            member.fmt(f)?;
            before = "+";
        }
        Ok(())
    }
}

/// Where a route entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Origin {
    /// Made with the table or a vSwitch, and not overridden.
    System,
    /// Made or overridden by a user.
    Custom,
    /// Announced by a routing daemon.
    Dynamic,
}

/// An effective entry of a route table; the next hop `None` is `local`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RouteEntry {
    /// The destination.
    pub prefix: Prefix,
    /// The next hop, or `None` for `local`.
    pub next_hop: Option<NextHop>,
    /// Where the entry comes from.
    pub origin: Origin,
}
