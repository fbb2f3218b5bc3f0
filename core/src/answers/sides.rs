//! Who is judged: the senders and public addresses of a VPC before and after a change, and which of
//! them differ in nothing that a packet meets.

use super::judge::target_of;
use crate::addr::{Addr, Id, Kind};
use crate::tables::{Host, World};

/// A VPC before and after.
#[derive(Clone, Copy)]
pub(super) struct Sides<'m> {
    pub(super) worlds: [World<'m>; 2],
}

/// What of a sender decides about its packets, on one side.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Traits {
    is_balancer: bool,
    is_internet: bool,
    table: Option<u32>,
    has_own: bool,
}

impl<'m> Sides<'m> {
    /// One world, which does not change.
    pub(super) fn still(world: World<'m>) -> Sides<'m> {
        Sides { worlds: [world, world] }
    }

    /// Who sends, on either side, by kind and number.
    pub(super) fn senders(&self) -> impl Iterator<Item = Id> + use<'m> {
        let worlds = self.worlds;
        let mut last = None;
        core::iter::from_fn(move || {
            loop {
                let next = worlds.iter().filter_map(|world| world.host_after(last)).min()?;
                last = Some(next);
                match next.kind {
                    Kind::Instance | Kind::NetworkInterface | Kind::LoadBalancer => {
                        return Some(next);
                    }
                    Kind::NatGateway => {}
                    _ => return None,
                }
            }
        })
    }

    /// The public addresses that are bound on either side.
    pub(super) fn publics(&self) -> impl Iterator<Item = Addr> + use<'m> {
        let worlds = self.worlds;
        let mut last = None;
        core::iter::from_fn(move || {
            last = worlds.iter().filter_map(|world| world.public_after(last)).min();
            last
        })
    }

    /// Whether a sender is the first of those that are judged with it.
    pub(super) fn leads(&self, sender: Id) -> bool {
        let mut earlier = self.senders().take_while(|&other| other < sender);
        !earlier.any(|other| self.alike(other, sender))
    }

    /// Those that are judged with the first of them.
    pub(super) fn following(&self, first: Id) -> impl Iterator<Item = Id> + use<'m> {
        let sides = *self;
        self.senders()
            .filter(move |&other| other == first || other > first && sides.alike(first, other))
    }

    /// Whether two senders' packets end alike, but for their own public addresses.
    pub(super) fn alike(&self, a: Id, b: Id) -> bool {
        let changes = |id| {
            let [before, after] = self.worlds.map(|world| own_public(&world, id));
            before == after
        };
        self.worlds.iter().all(|world| alike(world, a, b)) && changes(a) == changes(b)
    }

    /// Whether answers of a sender may go another way than what it opens.
    pub(super) fn has_answers(&self, sender: Id) -> bool {
        let answers = |world: &World<'_>| {
            world.host(sender).is_some_and(|host| is_forwarded_to(world, host.address))
        };
        sender.kind == Kind::LoadBalancer || self.worlds.iter().any(answers)
    }

    /// The next protocol and port behind a key by which a sender's answers differ.
    pub(super) fn answered_after(&self, sender: Id, key: u32) -> Option<u32> {
        let next = |world: &World<'_>| {
            let address = world.host(sender)?.address;
            nats(world).filter_map(|nat| world.answered_port_after(&nat, address, key)).min()
        };
        self.worlds.iter().filter_map(next).min()
    }

    /// The next protocol and port behind a key by which new flows to a public address differ.
    pub(super) fn forwarded_after(&self, public: Addr, key: u32) -> Option<u32> {
        let next = |world: &World<'_>| {
            let (_, nat) =
                target_of(world, public).filter(|(id, _)| id.kind == Kind::NatGateway)?;
            world.forwarded_port_after(&nat, public, key)
        };
        self.worlds.iter().filter_map(next).min()
    }
}

/// The public address that a sender has for itself.
pub(super) fn own_public(world: &World<'_>, id: Id) -> Option<Addr> {
    let host = world.host(id)?;
    if host.is_internet { Some(host.address) } else { host.public }
}

/// The NAT gateways of a world.
pub(super) fn nats<'m>(world: &World<'m>) -> impl Iterator<Item = Host> + use<'m> {
    let world = *world;
    let mut last = None;
    core::iter::from_fn(move || {
        last = world.nat_after(last);
        world.host(last?)
    })
}

fn is_forwarded_to(world: &World<'_>, address: Addr) -> bool {
    nats(world).any(|nat| world.is_forwarded_to(&nat, address))
}

fn alike(world: &World<'_>, a: Id, b: Id) -> bool {
    let (a_host, b_host) = match (world.host(a), world.host(b)) {
        (None, None) => return true,
        (Some(a), Some(b)) => (a, b),
        _ => return false,
    };
    let traits = |id: Id, host: &Host| Traits {
        is_balancer: id.kind == Kind::LoadBalancer,
        is_internet: host.is_internet,
        table: world.table_of(host.vswitch),
        has_own: host.is_internet || host.public.is_some(),
    };
    traits(a, &a_host) == traits(b, &b_host)
        && nats(world).all(|nat| {
            let gives = |host: &Host| world.snat(&nat, host.address);
            let forwards = |host: &Host| world.is_forwarded_to(&nat, host.address);
            gives(&a_host) == gives(&b_host) && !forwards(&a_host) && !forwards(&b_host)
        })
}
