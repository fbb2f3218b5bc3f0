//! Bytes as ids, addresses and packets over a handful of each, so that programs collide often. The
//! ids are those of the world, and one or two more of each kind.

use sekisho::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, InstanceId, Kind, LoadBalancerId,
    NatGatewayId, NetworkInterfaceId, Prefix, RouteTargetGroupId, RouterInterfaceId, TableId,
    VSwitchId, VpcId,
};
use sekisho::region::{NextHop, Port};
use sekisho::resolve::{Flow, Header};

use crate::bytes::Bytes;

/// Addresses at the bounds of everything that a walk asks about.
const ADDRESSES: [[u8; 4]; 33] = [
    [10, 0, 0, 10],
    [10, 0, 0, 11],
    [10, 0, 0, 20],
    [10, 0, 1, 20],
    [10, 0, 2, 10],
    [10, 0, 3, 10],
    [10, 0, 0, 0],
    [10, 0, 0, 1],
    [10, 0, 0, 252],
    [10, 0, 0, 253],
    [10, 0, 0, 255],
    [10, 0, 1, 10],
    [10, 0, 2, 11],
    [10, 0, 4, 10],
    [10, 1, 0, 10],
    [30, 0, 0, 5],
    [30, 0, 1, 10],
    [100, 64, 0, 1],
    [100, 128, 0, 0],
    [172, 16, 0, 1],
    [192, 168, 0, 10],
    [169, 254, 0, 1],
    [127, 0, 0, 1],
    [224, 0, 0, 1],
    [8, 8, 8, 8],
    [47, 0, 0, 1],
    [47, 0, 0, 2],
    [47, 0, 0, 3],
    [47, 0, 0, 4],
    [47, 0, 0, 5],
    [47, 0, 0, 9],
    [0, 0, 0, 0],
    [255, 255, 255, 255],
];

/// A host of the Internet.
pub(crate) const INTERNET: Addr = Addr::new(8, 8, 8, 8);

const PREFIXES: [([u8; 4], u8); 24] = [
    ([0, 0, 0, 0], 0),
    ([10, 0, 0, 0], 8),
    ([10, 0, 0, 0], 16),
    ([10, 0, 0, 0], 24),
    ([10, 0, 1, 0], 24),
    ([10, 0, 2, 0], 24),
    ([10, 0, 3, 0], 24),
    ([10, 0, 4, 0], 24),
    ([10, 0, 0, 0], 23),
    ([10, 0, 0, 0], 28),
    ([10, 0, 0, 10], 32),
    ([10, 1, 0, 0], 16),
    ([10, 1, 0, 0], 24),
    ([30, 0, 0, 0], 16),
    ([30, 0, 1, 0], 24),
    ([100, 64, 0, 0], 10),
    ([100, 64, 0, 0], 16),
    ([8, 8, 0, 0], 16),
    ([8, 8, 8, 8], 32),
    ([128, 0, 0, 0], 1),
    ([0, 0, 0, 0], 1),
    ([172, 16, 0, 0], 12),
    ([0, 0, 0, 0], 32),
    ([255, 255, 255, 255], 32),
];

const PORTS: [u16; 6] = [443, 80, 40000, 0, 1, u16::MAX];

/// How many ids there are of a kind, from 0 on.
const fn ids(kind: Kind) -> usize {
    match kind {
        Kind::Vpc | Kind::Ipv4Gateway | Kind::NatGateway | Kind::Gwlb | Kind::RouteTargetGroup => 3,
        Kind::LoadBalancer | Kind::Appliance | Kind::Endpoint => 4,
        Kind::Instance | Kind::NetworkInterface => 5,
        Kind::VSwitch => 6,
        _ => 8,
    }
}

/// Every address that packets are sent to or from.
pub(crate) fn addresses() -> impl Iterator<Item = Addr> {
    ADDRESSES.iter().map(|&[a, b, c, d]| Addr::new(a, b, c, d))
}

impl Bytes<'_> {
    pub(crate) fn addr(&mut self) -> Addr {
        let [a, b, c, d] = self.pick(&ADDRESSES);
        Addr::new(a, b, c, d)
    }

    pub(crate) fn prefix(&mut self) -> Prefix {
        // Rarely one that is in no list.
        if self.below(32) == 31 {
            let addr = Addr(self.word());
            return Prefix::new_truncated(addr, self.below(33) as u8);
        }
        let ([a, b, c, d], len) = self.pick(&PREFIXES);
        Prefix::new_truncated(Addr::new(a, b, c, d), len)
    }

    pub(crate) fn port_number(&mut self) -> u16 {
        self.pick(&PORTS)
    }

    pub(crate) fn id(&mut self, kind: Kind) -> Id {
        Id { kind, number: self.below(ids(kind)) as u16 }
    }

    pub(crate) fn vpc(&mut self) -> VpcId {
        VpcId(self.id(Kind::Vpc).number)
    }

    pub(crate) fn vswitch(&mut self) -> VSwitchId {
        VSwitchId(self.id(Kind::VSwitch).number)
    }

    pub(crate) fn table(&mut self) -> TableId {
        TableId(self.id(Kind::RouteTable).number)
    }

    pub(crate) fn gateway(&mut self) -> GatewayId {
        GatewayId(self.id(Kind::Ipv4Gateway).number)
    }

    pub(crate) fn instance(&mut self) -> InstanceId {
        InstanceId(self.id(Kind::Instance).number)
    }

    pub(crate) fn network_interface(&mut self) -> NetworkInterfaceId {
        NetworkInterfaceId(self.id(Kind::NetworkInterface).number)
    }

    pub(crate) fn eip(&mut self) -> EipId {
        EipId(self.id(Kind::PublicAddress).number)
    }

    pub(crate) fn nat(&mut self) -> NatGatewayId {
        NatGatewayId(self.id(Kind::NatGateway).number)
    }

    pub(crate) fn balancer(&mut self) -> LoadBalancerId {
        LoadBalancerId(self.id(Kind::LoadBalancer).number)
    }

    pub(crate) fn gwlb(&mut self) -> GwlbId {
        GwlbId(self.id(Kind::Gwlb).number)
    }

    pub(crate) fn appliance(&mut self) -> ApplianceId {
        ApplianceId(self.id(Kind::Appliance).number)
    }

    pub(crate) fn endpoint(&mut self) -> EndpointId {
        EndpointId(self.id(Kind::Endpoint).number)
    }

    pub(crate) fn group(&mut self) -> RouteTargetGroupId {
        RouteTargetGroupId(self.id(Kind::RouteTargetGroup).number)
    }

    pub(crate) fn port(&mut self) -> Port {
        if self.flag() {
            Port::NetworkInterface(self.network_interface())
        } else {
            Port::Instance(self.instance())
        }
    }

    /// What public addresses are bound to, and now and then what they cannot be bound to.
    pub(crate) fn target(&mut self) -> Id {
        const KINDS: [Kind; 9] = [
            Kind::Instance,
            Kind::Instance,
            Kind::Instance,
            Kind::NetworkInterface,
            Kind::NetworkInterface,
            Kind::NatGateway,
            Kind::NatGateway,
            Kind::LoadBalancer,
            Kind::Endpoint,
        ];
        let kind = self.pick(&KINDS);
        self.id(kind)
    }

    /// What packets are sent from.
    pub(crate) fn sender(&mut self) -> Id {
        let kind = self.pick(&[
            Kind::Instance,
            Kind::Instance,
            Kind::NetworkInterface,
            Kind::LoadBalancer,
        ]);
        self.id(kind)
    }

    pub(crate) fn next_hop(&mut self) -> NextHop {
        const KINDS: [Kind; 17] = [
            Kind::Instance,
            Kind::Instance,
            Kind::NetworkInterface,
            Kind::Ipv4Gateway,
            Kind::Ipv4Gateway,
            Kind::Ipv4Gateway,
            Kind::NatGateway,
            Kind::NatGateway,
            Kind::Endpoint,
            Kind::Endpoint,
            Kind::RouteTargetGroup,
            Kind::Peer,
            Kind::TransitRouter,
            Kind::VpnGateway,
            Kind::RouterInterface,
            Kind::Ecr,
            Kind::HaVip,
        ];
        match self.below(KINDS.len() + 3) {
            at if at < KINDS.len() => {
                NextHop::new(self.id(KINDS[at])).expect("a kind that can be a next hop")
            }
            _ => self.equal_cost(),
        }
    }

    /// A set of 2 to 16 router interfaces in no order.
    fn equal_cost(&mut self) -> NextHop {
        let (count, first, step) = (2 + self.below(15), self.byte(), self.pick(&[1, 7, 4001]));
        let members =
            (0..count as u16).rev().map(|n| RouterInterfaceId(u16::from(first) + n * step));
        NextHop::ecmp(&members.collect::<Vec<_>>()).expect("different members")
    }

    pub(crate) fn optional_next_hop(&mut self) -> Option<NextHop> {
        (self.below(3) > 0).then(|| self.next_hop())
    }

    pub(crate) fn header(&mut self, source: Addr, destination: Addr) -> Header {
        Header {
            source,
            destination,
            protocol: self.pick(&[6, 17, 1, 47]),
            source_port: self.port_number(),
            destination_port: self.port_number(),
        }
    }

    pub(crate) fn flow(&mut self) -> Flow {
        if self.flag() { Flow::Reply } else { Flow::New }
    }
}
