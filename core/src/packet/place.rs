//! Where a packet can be.

use crate::addr::{EndpointId, Id, InstanceId, Kind, LoadBalancerId, NetworkInterfaceId};
use crate::region::Port;

/// What sends a packet, or passes on one that was carried there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Place {
    /// An instance's primary interface.
    Instance(InstanceId),
    /// A secondary interface.
    NetworkInterface(NetworkInterfaceId),
    /// An endpoint, behind which the packet has been inspected.
    Endpoint(EndpointId),
    /// A load balancer, which answers flows.
    LoadBalancer(LoadBalancerId),
}

impl Place {
    /// The id with its kind.
    pub const fn id(self) -> Id {
        match self {
            Place::Instance(id) => id.id(),
            Place::NetworkInterface(id) => id.id(),
            Place::Endpoint(id) => id.id(),
            Place::LoadBalancer(id) => id.id(),
        }
    }

    /// The place of an `i-`, `eni-`, `ep-` or `lb-` id.
    pub const fn from_id(id: Id) -> Option<Place> {
        let number = id.number;
        Some(match id.kind {
            Kind::Instance => Place::Instance(InstanceId(number)),
            Kind::NetworkInterface => Place::NetworkInterface(NetworkInterfaceId(number)),
            Kind::Endpoint => Place::Endpoint(EndpointId(number)),
            Kind::LoadBalancer => Place::LoadBalancer(LoadBalancerId(number)),
            _ => return None,
        })
    }
}

impl From<Port> for Place {
    fn from(port: Port) -> Place {
        match port {
            Port::Instance(id) => Place::Instance(id),
            Port::NetworkInterface(id) => Place::NetworkInterface(id),
        }
    }
}
