//! What the model is told, and what it answers.

use std::collections::BTreeMap;

use super::packet::Packet;
use crate::addr::{Addr, ApplianceId, EndpointId, Id};
use crate::resolve::DropReason;

/// Capacities, the share of ports, and time-outs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Room for flows.
    pub flows: usize,
    /// Room for pairs of an inside and an outside port.
    pub mappings: usize,
    /// Which instance this is, from 0.
    pub instance: u16,
    /// How many there are, not 0.
    pub instances: u16,
    /// When flows end.
    pub timeouts: Timeouts,
}

impl Config {
    /// The only instance, with room for so many flows and the time-outs of the RFCs.
    pub fn new(flows: usize) -> Config {
        let timeouts = Timeouts::default();
        Config { flows, mappings: flows, instance: 0, instances: 1, timeouts }
    }
}

/// Idle times in milliseconds; a flow has ended when it reaches the one of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP, not established or closing.
    pub tcp_transitory: u32,
    /// TCP, established.
    pub tcp_established: u32,
    /// UDP, and protocols other than TCP and ICMP.
    pub udp: u32,
    /// ICMP.
    pub icmp: u32,
    /// How long a first fragment is remembered.
    pub fragment: u32,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            tcp_transitory: 240_000,
            tcp_established: 7_440_000,
            udp: 300_000,
            icmp: 60_000,
            fragment: 30_000,
        }
    }
}

/// Where a packet is. Ids are those of interfaces, load balancers and endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This one sent it, or it was carried there on its way from inside.
    Interface(Id),
    /// The Internet: the destination is a public address.
    Internet,
    /// The Internet, and it was carried to this hop; the destination is still the public address.
    InternetVia(Id),
}

impl Origin {
    /// Where the packet is when it has been carried to this hop.
    pub fn at(self, hop: Id) -> Origin {
        match self {
            Origin::Interface(_) => Origin::Interface(hop),
            Origin::Internet | Origin::InternetVia(_) => Origin::InternetVia(hop),
        }
    }

    /// Whether it came from the Internet.
    pub fn is_internet(self) -> bool {
        !matches!(self, Origin::Interface(_))
    }
}

/// What the caller does with the packet now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send it to the Internet.
    Internet,
    /// Hand it to this interface or load balancer.
    Deliver(Id),
    /// Send it to this external next hop.
    Handoff(Id),
    /// Send it to the cloud's services.
    Service,
    /// Carry it to this interface.
    Forward(Id),
    /// Carry it to this appliance behind this endpoint.
    Inspect {
        /// The endpoint, where the packet comes from again.
        endpoint: EndpointId,
        /// One of the endpoint's healthy appliances.
        appliance: ApplianceId,
    },
    /// Drop it.
    Drop(DropReason),
}

impl Next {
    /// The hop that the packet is carried to.
    pub fn hop(self) -> Option<Id> {
        match self {
            Next::Forward(hop) => Some(hop),
            Next::Inspect { endpoint, .. } => Some(endpoint.id()),
            _ => None,
        }
    }

    /// What it is counted as.
    pub fn name(self) -> &'static str {
        match self {
            Next::Internet => "egress",
            Next::Deliver(_) => "deliver",
            Next::Handoff(_) => "handoff",
            Next::Service => "service",
            Next::Forward(_) => "forward",
            Next::Inspect { .. } => "inspect",
            Next::Drop(_) => "drop",
        }
    }
}

/// A step of a packet's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to do with it.
    pub next: Next,
    /// The packet as it is now.
    pub packet: Packet,
}

/// Packets and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes, by the IP total length.
    pub bytes: u64,
}

impl Count {
    pub(super) fn add(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }
}

/// What has passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// By the name of the verdict or step.
    pub verdicts: BTreeMap<&'static str, Count>,
    /// By the reason of the drop.
    pub drops: BTreeMap<DropReason, Count>,
    /// What left with this source.
    pub sent: BTreeMap<Addr, Count>,
    /// What was sent to this address and reached its end.
    pub received: BTreeMap<Addr, Count>,
}
