//! What commands are made of, as bytes of format version 1.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::addr::{Addr, Id, Kind, Prefix, RouterInterfaceId};
use crate::limits::gather;
use crate::region::{EipMode, ForwardProtocol, MAX_ECMP_MEMBERS, NextHop, RegionOptions, VpcFlags};
use crate::store::Error;

/// A prefix: the address in network order, and the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Net([u8; 4], u8);

impl From<Prefix> for Net {
    fn from(prefix: Prefix) -> Net {
        Net(prefix.addr().0.to_be_bytes(), prefix.len())
    }
}

impl TryFrom<Net> for Prefix {
    type Error = Error;
    fn try_from(Net(address, len): Net) -> Result<Prefix, Error> {
        Prefix::new(addr(address), len).map_err(|_| Error::Malformed)
    }
}

pub(super) fn addr(bytes: [u8; 4]) -> Addr {
    Addr(u32::from_be_bytes(bytes))
}

pub(super) fn bytes(addr: Addr) -> [u8; 4] {
    addr.0.to_be_bytes()
}

/// An object of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Object {
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

/// Both directions of a conversion whose variants have the same names.
macro_rules! objects {
    ($($kind:ident)*) => {
        impl From<Id> for Object {
            fn from(Id { kind, number }: Id) -> Object {
                match kind { $(Kind::$kind => Object::$kind(number),)* }
            }
        }

        impl From<Object> for Id {
            fn from(object: Object) -> Id {
                match object { $(Object::$kind(number) => Id { kind: Kind::$kind, number },)* }
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
pub(crate) enum Hop {
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

impl TryFrom<Hop> for NextHop {
    type Error = Error;
    fn try_from(hop: Hop) -> Result<NextHop, Error> {
        let next_hop = match hop {
            Hop::One(object) => NextHop::new(object.into()),
            Hop::Ecmp(members) => {
                let members: Vec<_, MAX_ECMP_MEMBERS> =
                    gather(members.iter().map(|&number| RouterInterfaceId(number)));
                NextHop::ecmp(&members)
            }
        };
        next_hop.ok_or(Error::Malformed)
    }
}

/// The options that a command sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Options {
    gateway: Option<bool>,
    clb_restricted: Option<bool>,
    gwlb: Option<bool>,
    deliver_local: Option<bool>,
    blackout: Option<bool>,
}

/// Both directions of a conversion between structs of the same fields.
macro_rules! same_fields {
    ($wire:ident, $native:ident { $($field:ident),* }) => {
        impl From<$native> for $wire {
            fn from($native { $($field),* }: $native) -> $wire {
                $wire { $($field),* }
            }
        }

        impl From<$wire> for $native {
            fn from($wire { $($field),* }: $wire) -> $native {
                $native { $($field),* }
            }
        }
    };
}

same_fields!(Options, RegionOptions { gateway, clb_restricted, gwlb, deliver_local, blackout });

/// The facts of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flags {
    normal_nat: bool,
    vpn: bool,
    subnet_route_v1: bool,
    shared_principal: bool,
    unsupported: bool,
}

same_fields!(Flags, VpcFlags { normal_nat, vpn, subnet_route_v1, shared_principal, unsupported });

/// How a public address is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Eip {
    Nat,
    Binded,
    MultiBinded,
}

/// What is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Forwarded {
    Tcp,
    Udp,
    Any,
}

/// Both directions of a conversion between enums of the same names.
macro_rules! same_variants {
    ($wire:ident, $native:ident { $($variant:ident),* }) => {
        impl From<$native> for $wire {
            fn from(native: $native) -> $wire {
                match native { $($native::$variant => $wire::$variant,)* }
            }
        }

        impl From<$wire> for $native {
            fn from(wire: $wire) -> $native {
                match wire { $($wire::$variant => $native::$variant,)* }
            }
        }
    };
}

same_variants!(Eip, EipMode { Nat, Binded, MultiBinded });
same_variants!(Forwarded, ForwardProtocol { Tcp, Udp, Any });

/// Where a load balancer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Internal { vswitch: u16, address: [u8; 4] },
    Internet { vpc: u16, address: [u8; 4] },
}
