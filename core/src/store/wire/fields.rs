//! What is in commands, as bytes of format version 1.

use heapless::{Vec, VecView};

use super::{Reader, Wire, Writer};
use crate::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, InstanceId, Kind, LoadBalancerId,
    NatGatewayId, NetworkInterfaceId, Prefix, RouteTargetGroupId, RouterInterfaceId, TableId,
    VSwitchId, VpcId,
};
use crate::region::{EipMode, ForwardProtocol, MAX_ECMP_MEMBERS, NextHop, Port};

impl Wire for bool {
    fn put(&self, to: &mut Writer<'_>) {
        to.byte((*self).into());
    }

    fn take(from: &mut Reader<'_>) -> bool {
        match from.byte() {
            0 => false,
            1 => true,
            _ => {
                from.fail();
                false
            }
        }
    }
}

impl Wire for u16 {
    fn put(&self, to: &mut Writer<'_>) {
        to.short(*self);
    }

    fn take(from: &mut Reader<'_>) -> u16 {
        from.short()
    }
}

impl Wire for u32 {
    fn put(&self, to: &mut Writer<'_>) {
        to.number((*self).into());
    }

    fn take(from: &mut Reader<'_>) -> u32 {
        from.word()
    }
}

impl Wire for u64 {
    fn put(&self, to: &mut Writer<'_>) {
        to.number(*self);
    }

    fn take(from: &mut Reader<'_>) -> u64 {
        from.long()
    }
}

/// Parts follow one another with nothing between them.
macro_rules! tuples {
    ($(($($part:ident),*))*) => {$(
        #[expect(non_snake_case, reason = "the names of their types")]
        impl<$($part: Wire),*> Wire for ($($part),*) {
            fn put(&self, to: &mut Writer<'_>) {
                let ($($part),*) = self;
                $($part.put(to);)*
            }

            fn take(from: &mut Reader<'_>) -> Self {
                ($($part::take(from)),*)
            }
        }
    )*};
}
tuples! { (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }

impl<T: Wire> Wire for Option<T> {
    fn put(&self, to: &mut Writer<'_>) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<T> {
        bool::take(from).then(|| T::take(from))
    }
}

impl<T: Wire, const N: usize> Wire for Vec<T, N> {
    fn put(&self, to: &mut Writer<'_>) {
        put_list(self, to);
    }

    fn take(from: &mut Reader<'_>) -> Vec<T, N> {
        let mut list = Vec::new();
        take_list(&mut list, from);
        list
    }
}

#[inline(never)]
fn put_list<T: Wire>(list: &[T], to: &mut Writer<'_>) {
    put_length(list.len(), to);
    for item in list {
        item.put(to);
    }
}

fn put_length(length: usize, to: &mut Writer<'_>) {
    to.short(u16::try_from(length).unwrap_or(u16::MAX));
}

#[inline(never)]
fn take_list<T: Wire>(list: &mut VecView<T>, from: &mut Reader<'_>) {
    for _ in 0..from.word() {
        let item = T::take(from);
        if from.failed || list.push(item).is_err() {
            return from.fail();
        }
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Wire for $id {
            fn put(&self, to: &mut Writer<'_>) {
                to.short(self.0);
            }

            #[inline(never)]
            fn take(from: &mut Reader<'_>) -> $id {
                $id(from.short())
            }
        }
    )*};
}
ids! {
    ApplianceId EipId EndpointId GatewayId GwlbId InstanceId LoadBalancerId NatGatewayId
    NetworkInterfaceId RouteTargetGroupId RouterInterfaceId TableId VSwitchId VpcId
}

/// Four bytes in network order.
impl Wire for Addr {
    #[inline(never)]
    fn put(&self, to: &mut Writer<'_>) {
        for byte in self.0.to_be_bytes() {
            to.byte(byte);
        }
    }

    #[inline(never)]
    fn take(from: &mut Reader<'_>) -> Addr {
        Addr((0..4).fold(0, |address, _| address << 8 | u32::from(from.byte())))
    }
}

/// The address, and the length.
impl Wire for Prefix {
    #[inline(never)]
    fn put(&self, to: &mut Writer<'_>) {
        self.addr().put(to);
        to.byte(self.len());
    }

    #[inline(never)]
    fn take(from: &mut Reader<'_>) -> Prefix {
        let (address, length) = (Addr::take(from), from.byte());
        Prefix::new(address, length).unwrap_or_else(|_| {
            from.fail();
            Prefix::DEFAULT
        })
    }
}

/// The number of a kind is its place.
const KINDS: [Kind; 19] = [
    Kind::Vpc,
    Kind::VSwitch,
    Kind::RouteTable,
    Kind::Ipv4Gateway,
    Kind::Instance,
    Kind::NetworkInterface,
    Kind::PublicAddress,
    Kind::NatGateway,
    Kind::LoadBalancer,
    Kind::Gwlb,
    Kind::Appliance,
    Kind::Endpoint,
    Kind::RouteTargetGroup,
    Kind::Peer,
    Kind::TransitRouter,
    Kind::VpnGateway,
    Kind::RouterInterface,
    Kind::Ecr,
    Kind::HaVip,
];
const _: () = assert!(KINDS.len() == Kind::ALL.len());

/// The places of the others, too.
const MODES: [EipMode; 3] = [EipMode::Nat, EipMode::Binded, EipMode::MultiBinded];
const PROTOCOLS: [ForwardProtocol; 3] =
    [ForwardProtocol::Tcp, ForwardProtocol::Udp, ForwardProtocol::Any];

/// Values that have no fields: each is the number of its place in a list.
macro_rules! places {
    ($($what:ident in $list:ident, or $otherwise:ident;)*) => {$(
        impl Wire for $what {
            fn put(&self, to: &mut Writer<'_>) {
                put_length($list.iter().position(|value| value == self).unwrap_or($list.len()), to);
            }

            fn take(from: &mut Reader<'_>) -> $what {
                let place = usize::try_from(from.word()).unwrap_or(usize::MAX);
                $list.get(place).copied().unwrap_or_else(|| {
                    from.fail();
                    $what::$otherwise
                })
            }
        }
    )*};
}
places! {
    Kind in KINDS, or Vpc;
    EipMode in MODES, or Nat;
    ForwardProtocol in PROTOCOLS, or Tcp;
}

impl Wire for Id {
    #[inline(never)]
    fn put(&self, to: &mut Writer<'_>) {
        self.kind.put(to);
        to.short(self.number);
    }

    #[inline(never)]
    fn take(from: &mut Reader<'_>) -> Id {
        Id { kind: Kind::take(from), number: from.short() }
    }
}

impl Wire for Port {
    fn put(&self, to: &mut Writer<'_>) {
        self.id().put(to);
    }

    fn take(from: &mut Reader<'_>) -> Port {
        Port::from_id(Id::take(from)).unwrap_or_else(|| {
            from.fail();
            Port::Instance(InstanceId(0))
        })
    }
}

/// An object, or the members of an equal-cost set in ascending order.
impl Wire for NextHop {
    #[inline(never)]
    fn put(&self, to: &mut Writer<'_>) {
        self.is_ecmp().put(to);
        if self.is_ecmp() {
            put_length(self.members().count(), to);
            self.members().for_each(|member| to.short(member.number));
        } else {
            self.id().put(to);
        }
    }

    #[inline(never)]
    fn take(from: &mut Reader<'_>) -> NextHop {
        let next_hop = match bool::take(from) {
            false => NextHop::new(Id::take(from)),
            true => {
                let members: Vec<RouterInterfaceId, MAX_ECMP_MEMBERS> = Wire::take(from);
                NextHop::ecmp(&members)
            }
        };
        next_hop.unwrap_or_else(|| {
            from.fail();
            NextHop::NOWHERE
        })
    }
}
