//! What one world answers about a packet, and how far that reaches.

use core::fmt;

use super::packets::{About, Packets};
use crate::addr::{Addr, Id, Kind, VSwitchId};
use crate::console::print::write_verdict;
use crate::region::NextHop;
use crate::resolve::{Action, DropReason, Flow, Header, Told, Verdict, Way};
use crate::tables::{Host, MARTIAN, World};

/// A verdict, in which an equal-cost next hop is the whole set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The verdict; its next hop is the lowest member of a set.
    pub verdict: Verdict,
    /// The set.
    pub set: Option<NextHop>,
}

impl Seen {
    pub(super) fn dropped(reason: DropReason) -> Seen {
        Seen { verdict: Verdict::dropped(reason), set: None }
    }

    fn of(world: &World<'_>, way: Way) -> Seen {
        let mut verdict = way.verdict;
        let set = way.set.and_then(|link| world.set(link));
        if let Some(set) = &set {
            verdict.action = Action::Handoff { next_hop: set.id() };
        }
        Seen { verdict, set }
    }

    /// Whether the packet gets anywhere.
    pub(super) fn arrives(&self) -> bool {
        !matches!(self.verdict.action, Action::Drop(_))
    }

    pub(super) fn leaves(&self) -> bool {
        matches!(self.verdict.action, Action::Egress { .. })
    }

    /// The same of another sender, whose public address stands where this one's does.
    pub(super) fn with_own(&self, own: Option<Addr>, other: Option<Addr>) -> Seen {
        let mut seen = self.clone();
        match (seen.verdict.action, own, other) {
            (Action::Egress { public }, Some(own), Some(other)) if public == own => {
                seen.verdict.action = Action::Egress { public: other };
            }
            _ => {}
        }
        seen
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_verdict(f, &self.verdict, self.set.as_ref())
    }
}

/// A verdict, and the last address for which it is the same: of destinations for a packet that is
/// sent, of sources for one that is received.
pub(super) struct Judged {
    pub(super) seen: Seen,
    pub(super) until: Addr,
}

/// Judges by a world, and by the one after a begun operation where that counts.
fn settled(world: &World<'_>, judge: impl Fn(&World<'_>) -> Judged) -> Judged {
    let mut judged = judge(world);
    if let Some(after) = world.after() {
        let then = judge(&after);
        if judged.seen != then.seen {
            judged.seen = Seen::dropped(DropReason::ModeSwitch);
        }
        judged.until = judged.until.min(then.until);
    }
    judged
}

/// A packet of a kind, to or from an address; `None` as for [`sent`].
pub(super) fn judged(
    world: &World<'_>,
    about: About,
    packets: Packets,
    address: Addr,
) -> Option<Judged> {
    match about {
        About::Sent(sender) => {
            let header = packets.header(world.host(sender)?.address, address, true);
            sent(world, sender, &header, packets.flow)
        }
        About::Received(public) => {
            let header = packets.header(address, public, false);
            Some(received(world, &header, packets.flow))
        }
    }
}

/// A packet that a host sends; `None` if the world has no such host, or it is a NAT gateway, which
/// sends nothing of its own.
#[inline(never)]
pub(super) fn sent(world: &World<'_>, from: Id, header: &Header, flow: Flow) -> Option<Judged> {
    let host = world.host(from).filter(|_| from.kind != Kind::NatGateway)?;
    Some(settled(world, |world| {
        let way = world.leave(from, &host, header, flow, Told(None));
        let until = routed_until(world, host.vswitch, header.destination, &way.verdict.via);
        Judged { seen: Seen::of(world, way), until }
    }))
}

/// How far a packet that starts in a vSwitch and passes these hops would meet the same entries.
fn routed_until(world: &World<'_>, from: VSwitchId, address: Addr, via: &[Id]) -> Addr {
    let known = world.known_until(address).min(world.routed_until(from, address));
    via.iter().fold(known, |until, &hop| match place_of(world, hop) {
        Some(vswitch) => until.min(world.routed_until(vswitch, address)),
        None => until,
    })
}

/// The vSwitch that a hop stands in.
pub(super) fn place_of(world: &World<'_>, hop: Id) -> Option<VSwitchId> {
    match hop.kind {
        Kind::Endpoint => world.endpoint(hop).map(|(vswitch, _)| vswitch),
        _ => world.host(hop).map(|host| host.vswitch),
    }
}

/// A packet from the Internet to a public address, which may be bound to nothing in the world.
#[inline(never)]
pub(super) fn received(world: &World<'_>, header: &Header, flow: Flow) -> Judged {
    // Hosts have sources that do not come from the Internet, and whole classes of them are alike.
    let known = world.classed_until(header.source);
    let bound = target_of(world, header.destination);
    if let Some((target, host)) = bound {
        return settled(world, |world| {
            let way = world.enter(header, flow, target, &host, Told(None));
            let until = known.min(world.translated_until(header.source));
            Judged { seen: Seen::of(world, way), until }
        });
    }
    let martian = MARTIAN.iter().any(|range| range.contains(header.source));
    let reason = if martian { DropReason::MartianSource } else { DropReason::NoDestMapping };
    // The classes of every VPC have these ranges.
    Judged { seen: Seen::dropped(reason), until: known }
}

/// What a public address is bound to.
pub(super) fn target_of(world: &World<'_>, public: Addr) -> Option<(Id, Host)> {
    let target = world.target(public)?;
    Some((target, world.host(target)?))
}
