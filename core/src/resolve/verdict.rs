//! What can happen to a packet: verdicts, the reasons of drops, and the facts that decide.

use core::fmt;
use heapless::Vec;

use crate::addr::{Addr, Id, Kind};
use crate::tables::World;

/// The most route lookups of one walk; a walk that needs more is a LOOP.
pub const MAX_LOOKUPS: usize = 16;
/// Room for every path that a walk can take: the entry, one a lookup, the end.
pub const MAX_PATHS: usize = MAX_LOOKUPS + 2;
/// Room for every hop: one a lookup, and a NAT gateway that translates before the first.
pub const MAX_VIA: usize = MAX_LOOKUPS + 1;

/// Whether the packet opens a flow or answers one that the other side opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Flow {
    /// The first packet of a flow.
    #[default]
    New,
    /// A packet of a flow that the other side opened.
    Reply,
}

/// The protocol, addresses and ports of a packet. For ICMP and other protocols ports match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// The source address.
    pub source: Addr,
    /// The destination address.
    pub destination: Addr,
    /// The IP protocol number: 6 TCP, 17 UDP, 1 ICMP.
    pub protocol: u8,
    /// The source port, or 0.
    pub source_port: u16,
    /// The destination port, or 0.
    pub destination_port: u16,
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Leaves to the Internet with this public source address.
    Egress {
        /// The public source address.
        public: Addr,
    },
    /// Reaches an interface of the VPC or a load balancer.
    Deliver {
        /// An `i-`, `eni-`, `ngw-` or `lb-` id.
        target: Id,
    },
    /// Leaves the model through an external next hop.
    Handoff {
        /// The external next hop.
        next_hop: Id,
    },
    /// Reaches the cloud's own services in 100.64.0.0/10.
    Service,
    /// Is dropped.
    Drop(DropReason),
}

/// An action with the paths taken and the hops passed.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Verdict {
    /// What happens to the packet.
    pub action: Action,
    /// Traffic-path codes in the order taken; empty for a drop.
    pub paths: Vec<u8, MAX_PATHS>,
    /// The interfaces, NAT gateways and endpoints that the packet passed, without its end.
    pub via: Vec<Id, MAX_VIA>,
}

/// As derived, but for the answers that copy verdicts a function of its own.
impl Clone for Verdict {
    #[inline(never)]
    fn clone(&self) -> Verdict {
        let Verdict { action, paths, via } = self;
        Verdict { action: *action, paths: paths.clone(), via: via.clone() }
    }
}

/// A verdict, and the packet as it is at the end of its way.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) verdict: Verdict,
    /// The packet's facts at the end: its destination inside the VPC, and behind a NAT gateway that
    /// translates sources that gateway's address. Ports are as they came but for DNAT.
    pub(crate) end: Header,
    /// The NAT gateway that translates the source.
    pub(crate) translated: Option<Id>,
    /// The equal-cost set of which the next hop is a member.
    pub(crate) set: Option<u32>,
}

impl Way {
    /// With the slot of the VPC whose world it was made from.
    pub(crate) fn judged(self, seen: Option<(u32, World<'_>)>, inside: Header) -> Judged<'_> {
        let Way { verdict, end, translated, .. } = self;
        let (slot, world) = seen.unzip();
        Judged { verdict, slot, world, inside, end, translated }
    }
}

/// A verdict with what it was made from, to be asked what else is on the packet's way.
#[derive(Clone, Debug)]
pub(crate) struct Judged<'m> {
    pub(crate) verdict: Verdict,
    /// The slot of the VPC whose world the packet has seen.
    pub(crate) slot: Option<u32>,
    /// The world that the packet has seen; `None` where its destination belongs to nothing.
    pub(crate) world: Option<World<'m>>,
    /// The packet inside the VPC, as the walk saw it first: from the Internet with the private
    /// destination.
    pub(crate) inside: Header,
    /// The packet at the end of its way, as [`Way::end`].
    pub(crate) end: Header,
    /// The NAT gateway that translates the source.
    pub(crate) translated: Option<Id>,
}

/// The numeric traffic-path codes of a verdict.
pub mod path {
    use super::Kind;

    /// Inside the VPC.
    pub const LOCAL: u8 = 2;
    /// Through an interface that forwards.
    pub const INTERFACE: u8 = 3;
    /// To the cloud's services.
    pub const SERVICE: u8 = 5;
    /// Through a NAT gateway.
    pub const NAT: u8 = 7;
    /// Through the IPv4 gateway.
    pub const GATEWAY: u8 = 13;
    /// Through a GWLB endpoint.
    pub const ENDPOINT: u8 = 22;
    /// Directly by a public address.
    pub const DIRECT: u8 = 15;

    /// The path of an external next hop.
    pub const fn external(kind: Kind) -> Option<u8> {
        match kind {
            Kind::Peer => Some(17),
            Kind::TransitRouter => Some(8),
            Kind::VpnGateway => Some(9),
            Kind::RouterInterface => Some(10),
            Kind::Ecr => Some(21),
            Kind::HaVip => Some(4),
            _ => None,
        }
    }
}

macro_rules! drop_reasons {
    ($($variant:ident = $number:literal, $name:literal, $remedy:literal;)*) => {
        /// Why a packet is dropped. Numbers are stable and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum DropReason { $(#[doc = concat!("`", $name, "`: ", $remedy)] $variant = $number,)* }

        impl DropReason {
            /// Every reason, in order of number.
            pub const ALL: &'static [DropReason] = &[$(DropReason::$variant),*];

            /// The stable number.
            pub const fn number(self) -> u8 {
                match self { $(DropReason::$variant => $number,)* }
            }

            /// The name as the console and the documentation write it.
            pub const fn name(self) -> &'static str {
                match self { $(DropReason::$variant => $name,)* }
            }

            /// What to do about it, in a sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(DropReason::$variant => $remedy,)* }
            }
        }
    };
}

drop_reasons! {
    NoRoute = 1, "NO_ROUTE", "Add a route for the destination to the sender's table.";
    NoHost = 2, "NO_HOST", "Nothing owns the destination address; check it.";
    NoPublicMapping = 3, "NO_PUBLIC_MAPPING", "Bind a public address to the sender, or route it through a NAT gateway.";
    GatewayInactive = 4, "GATEWAY_INACTIVE", "Enable the IPv4 gateway that the route names.";
    VpcPrivateOnly = 5, "VPC_PRIVATE_ONLY", "Create an IPv4 gateway, then enable it or delete it in public mode.";
    NoIngressRoute = 6, "NO_INGRESS_ROUTE", "Bind a gateway route table to the IPv4 gateway.";
    NoDestMapping = 7, "NO_DEST_MAPPING", "Bind the public address to something.";
    ApplianceNotForwarding = 8, "APPLIANCE_NOT_FORWARDING", "Let the next hop forward, or route to the destination itself.";
    ApplianceUnavailable = 9, "APPLIANCE_UNAVAILABLE", "Bring an appliance of the GWLB back, or set fail-open.";
    Loop = 10, "LOOP", "The routes send the packet through the same hop twice; break the circle.";
    NoSnatEntry = 11, "NO_SNAT_ENTRY", "Add a SNAT entry that holds the sender's address.";
    NoDnatEntry = 12, "NO_DNAT_ENTRY", "Add a DNAT entry for the public address and port.";
    MartianSource = 13, "MARTIAN_SOURCE", "The source cannot come from the Internet; the packet is forged.";
    MartianDestination = 14, "MARTIAN_DESTINATION", "The destination is not on the Internet; route it elsewhere.";
    LbNoOriginate = 15, "LB_NO_ORIGINATE", "Load balancers answer flows, they do not open them.";
    SpoofedSource = 16, "SPOOFED_SOURCE", "Use the interface's own address, or let the interface forward.";
    ModeSwitch = 17, "MODE_SWITCH", "Send again once the begun operation is committed or aborted.";
    Malformed = 18, "MALFORMED", "The bytes are not a valid IPv4 packet.";
    TtlExpired = 19, "TTL_EXPIRED", "Send with a larger time to live, or look for a routing loop.";
    Fragment = 20, "FRAGMENT", "A later fragment came before its first one; port translation cannot place it.";
    FlowTableFull = 21, "FLOW_TABLE_FULL", "Give the flow table more room.";
    PortsExhausted = 22, "PORTS_EXHAUSTED", "Bind more public addresses to the NAT gateway.";
    UnsupportedProtocol = 23, "UNSUPPORTED_PROTOCOL", "Port translation works for TCP, UDP and ICMP only.";
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
