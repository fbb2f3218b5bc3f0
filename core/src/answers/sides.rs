//! Who is judged: the senders and public addresses of a VPC before and after a change, and which of
//! them differ in nothing that a packet meets.

use super::judge::{place_of, target_of};
use super::packets::About;
use crate::addr::{Addr, Id, Kind, VSwitchId};
use crate::resolve::Flow;
use crate::tables::{Host, World};

/// A VPC before and after.
#[derive(Clone, Copy)]
pub(super) struct Sides<'m> {
    pub(super) worlds: [World<'m>; 2],
    /// Whether both have the same hosts, and whether they differ in route tables at most.
    same_hosts: bool,
    same_but_tables: bool,
    /// Whether a NAT gateway forwards to another, whose translated packets are then answers too.
    has_chains: bool,
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
    pub(super) fn new(worlds: [World<'m>; 2]) -> Sides<'m> {
        let [before, after] = &worlds;
        let same_hosts = before.has_hosts_of(after);
        let same_but_tables = same_hosts && before.decides_as(after);
        let chains = |world: &World<'_>| nats(world).any(|nat| is_forwarded_to(world, nat.address));
        let has_chains = chains(before) || !same_hosts && chains(after);
        Sides { worlds, same_hosts, same_but_tables, has_chains }
    }

    /// One world, which does not change.
    pub(super) fn still(world: World<'m>) -> Sides<'m> {
        Sides::new([world, world])
    }

    /// The most intervals of addresses that any question tells apart, before and after.
    pub(super) fn most_intervals(&self) -> u32 {
        self.worlds.iter().fold(0, |most, world| most.saturating_add(world.most_intervals()))
    }

    /// The worlds that may have different hosts.
    fn hosting(&self) -> &[World<'m>] {
        let [before, _] = &self.worlds;
        if self.same_hosts { core::slice::from_ref(before) } else { &self.worlds }
    }

    /// Whether a packet of a sender that has met no other tables in the first world than those of a
    /// vSwitch and of some hops meets the same in the second.
    pub(super) fn is_same_way(&self, from: VSwitchId, via: &[Id]) -> bool {
        let [before, after] = &self.worlds;
        let same = |vswitch| before.table_of(vswitch) == after.table_of(vswitch);
        let mut places = via.iter().filter_map(|&hop| place_of(before, hop));
        self.same_but_tables && same(from) && places.all(same)
    }

    /// Who sends, on either side, by kind and number.
    pub(super) fn senders(&self) -> impl Iterator<Item = Id> {
        let mut last = None;
        core::iter::from_fn(move || {
            last = Some(self.sender_after(last)?);
            last
        })
    }

    /// The sender behind another, or the first. Not inlined, as many look for senders.
    #[inline(never)]
    fn sender_after(&self, mut last: Option<Id>) -> Option<Id> {
        loop {
            let next = self.hosting().iter().filter_map(|world| world.host_after(last)).min()?;
            last = Some(next);
            match next.kind {
                Kind::Instance | Kind::NetworkInterface | Kind::LoadBalancer => return last,
                Kind::NatGateway => {}
                _ => return None,
            }
        }
    }

    /// The public addresses that are bound on either side.
    pub(super) fn publics(&self) -> impl Iterator<Item = Addr> {
        let mut last = None;
        core::iter::from_fn(move || {
            last = self.worlds.iter().filter_map(|world| world.public_after(last)).min();
            last
        })
    }

    /// Whether a sender is the first of those that are judged with it.
    #[inline(never)]
    fn leads(&self, sender: Id) -> bool {
        let own = self.traits(sender);
        let mut earlier = self.senders().take_while(|&other| other < sender);
        !earlier.any(|other| self.traits(other) == own && self.is_translated_alike(other, sender))
    }

    /// The first of each that are judged as one.
    pub(super) fn leaders(&self) -> impl Iterator<Item = Id> {
        self.senders().filter(|&sender| self.leads(sender))
    }

    /// Those that are judged with the first of them.
    pub(super) fn following(&self, first: Id) -> impl Iterator<Item = Id> {
        let own = self.traits(first);
        self.senders().filter(move |&other| {
            let alike = || self.traits(other) == own && self.is_translated_alike(first, other);
            other == first || other > first && alike()
        })
    }

    /// Whether two senders' packets end alike, but for their own public addresses.
    pub(super) fn alike(&self, a: Id, b: Id) -> bool {
        self.traits(a) == self.traits(b) && self.is_translated_alike(a, b)
    }

    /// What decides about a sender's packets on both sides, and whether its public address is the same
    /// on both.
    fn traits(&self, id: Id) -> ([Option<Traits>; 2], bool) {
        let [before, after] = &self.worlds;
        let host = before.host(id);
        let then = if self.same_hosts { host } else { after.host(id) };
        let of = |world: &World<'_>, host: Option<Host>| {
            host.map(|host| Traits {
                is_balancer: id.kind == Kind::LoadBalancer,
                is_internet: host.is_internet,
                table: world.table_of(host.vswitch),
                has_own: own_of(&host).is_some(),
            })
        };
        let same_own = host.as_ref().and_then(own_of) == then.as_ref().and_then(own_of);
        ([of(before, host), of(after, then)], same_own)
    }

    fn is_translated_alike(&self, a: Id, b: Id) -> bool {
        self.hosting().iter().all(|world| {
            let (Some(a), Some(b)) = (world.host(a), world.host(b)) else { return true };
            nats(world).all(|nat| {
                let gives = |host: &Host| world.snat(&nat, host.address);
                let forwards = |host: &Host| world.is_forwarded_to(&nat, host.address);
                gives(&a) == gives(&b) && !forwards(&a) && !forwards(&b)
            })
        })
    }

    /// Whether answers of a sender may go another way than what it opens.
    pub(super) fn has_answers(&self, sender: Id) -> bool {
        let answers = |world: &World<'_>| {
            world.host(sender).is_some_and(|host| is_forwarded_to(world, host.address))
        };
        let is_balancer = sender.kind == Kind::LoadBalancer;
        is_balancer || self.has_chains || self.worlds.iter().any(answers)
    }

    /// The flows whose verdicts are told apart for a sender; `None` is both.
    pub(super) fn flows_of(&self, sender: Id) -> &'static [Option<Flow>] {
        match self.has_answers(sender) {
            true => &[Some(Flow::New), Some(Flow::Reply)],
            false => &[None],
        }
    }

    /// The next protocol and port behind a key that have verdicts of their own.
    pub(super) fn port_after(&self, about: About, flow: Option<Flow>, key: u32) -> Option<u32> {
        match (about, flow) {
            (About::Sent(sender), Some(Flow::Reply)) => self.answered_after(sender, key),
            (About::Received(public), Some(Flow::New)) => self.forwarded_after(public, key),
            _ => None,
        }
    }

    /// The next protocol and port behind a key by which a sender's answers differ.
    pub(super) fn answered_after(&self, sender: Id, key: u32) -> Option<u32> {
        let next = |world: &World<'_>| {
            let own = answered_after(world, world.host(sender)?.address, key);
            // Behind the first NAT gateway the packet has that one's source, and its own port still.
            let chains = nats(world).filter(|_| self.has_chains);
            let others = chains.filter_map(|nat| answered_after(world, nat.address, key));
            own.into_iter().chain(others).min()
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

    /// The same, of new flows or their answers: what an entry of all ports forwards keeps its port, by
    /// which the answers may differ.
    pub(super) fn exchanged_after(&self, public: Addr, key: u32) -> Option<u32> {
        let kept = |world: &World<'_>| {
            let (_, nat) =
                target_of(world, public).filter(|(id, _)| id.kind == Kind::NatGateway)?;
            let any = world.forward_in(&nat, public, 0, 0)?;
            answered_after(world, any.private, key)
        };
        let kept = self.worlds.iter().filter_map(kept);
        self.forwarded_after(public, key).into_iter().chain(kept).min()
    }
}

/// The public address that a sender has for itself.
pub(super) fn own_public(world: &World<'_>, id: Id) -> Option<Addr> {
    own_of(&world.host(id)?)
}

fn own_of(host: &Host) -> Option<Addr> {
    if host.is_internet { Some(host.address) } else { host.public }
}

/// The NAT gateways of a world.
pub(super) fn nats(world: &World<'_>) -> impl Iterator<Item = Host> {
    let mut last = None;
    core::iter::from_fn(move || {
        last = world.nat_after(last);
        world.host(last?)
    })
}

/// The next protocol and port behind a key by which answers from a private address differ.
fn answered_after(world: &World<'_>, address: Addr, key: u32) -> Option<u32> {
    nats(world).filter_map(|nat| world.answered_port_after(&nat, address, key)).min()
}

fn is_forwarded_to(world: &World<'_>, address: Addr) -> bool {
    nats(world).any(|nat| world.is_forwarded_to(&nat, address))
}
