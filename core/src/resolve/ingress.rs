//! A packet that comes from the Internet.

use super::observe::{Observer, See, Skipped, Told, Unseen};
use super::verdict::{Action, DropReason, Flow, Header, Judged, Verdict, Way, path};
use super::walk::{Step, Walk};
use crate::addr::{Id, Kind};
use crate::tables::{Host, MARTIAN, Mode, Tables, Target, World};

impl<'m> Tables<'m> {
    /// What happens to a packet from the Internet to a public address.
    pub fn ingress(&self, header: &Header, flow: Flow) -> Verdict {
        self.arriving(header, flow).verdict
    }

    /// As [`Tables::ingress`], with the world and the private address that the public one stands
    /// for in it.
    pub(crate) fn arriving(&self, header: &Header, flow: Flow) -> Judged<'m> {
        self.arriving_seen(header, flow, Unseen)
    }

    /// As [`Tables::arriving`], with every step of the way, and of the way in the world after a begun
    /// operation where that counts too; no step where the public address is bound to nothing.
    #[inline(never)]
    pub(crate) fn arriving_step_by_step(
        &self,
        header: &Header,
        flow: Flow,
        see: Option<See<'_>>,
    ) -> Judged<'m> {
        self.arriving_seen(header, flow, Told(see))
    }

    #[inline(always)]
    fn arriving_seen(
        &self,
        header: &Header,
        flow: Flow,
        mut observer: impl Observer,
    ) -> Judged<'m> {
        let public = header.destination;
        let bound = self.slot_of_public(public).and_then(|slot| {
            let world = self.world(slot)?;
            let target = world.target(public)?;
            Some((slot, world, target, world.host(target)?))
        });
        let Some((slot, world, target, host)) = bound else {
            let martian = MARTIAN.iter().any(|range| range.contains(header.source));
            let reason =
                if martian { DropReason::MartianSource } else { DropReason::NoDestMapping };
            return Way::dropped(reason, header).judged(None, *header);
        };
        let judge =
            |world: World<'_>| Some(world.enter(header, flow, target, &host, observer.again()));
        let way = self.before_and_after(world, judge);
        // The world has the target, so there is a verdict.
        let way = way.unwrap_or_else(|| Way::dropped(DropReason::NoDestMapping, header));
        let inside = Header { destination: host.address, ..*header };
        way.judged(Some((slot, world)), inside)
    }
}

impl World<'_> {
    /// What happens to a packet to the public address of a target, in this world alone.
    pub(crate) fn enter(
        self,
        header: &Header,
        flow: Flow,
        target: Id,
        host: &Host,
        observer: impl Observer,
    ) -> Way {
        let inside = Header { destination: host.address, ..*header };
        let mut walk = Walk::new(self, &inside, flow, observer);
        if self.is_martian(header.source) {
            walk.skip(Skipped::MartianSource);
            return walk.drop(DropReason::MartianSource);
        }
        if host.is_internet {
            walk.skip(Skipped::InternetLb);
            walk.path(path::DIRECT);
            return walk.deliver(target);
        }
        walk.arriving = Some((header.destination, target));
        match self.mode {
            Mode::PrivateOnly => {
                walk.skip(Skipped::PrivateOnly);
                walk.drop(DropReason::VpcPrivateOnly)
            }
            Mode::Direct => {
                walk.skip(Skipped::DirectAddress);
                walk.path(path::DIRECT);
                walk.arrive()
            }
            Mode::Centralized if target.kind == Kind::LoadBalancer && !self.clb_restricted() => {
                walk.skip(Skipped::ExemptLb);
                walk.path(path::DIRECT);
                walk.deliver(target)
            }
            Mode::Centralized => {
                walk.path(path::GATEWAY);
                through_gateway(walk)
            }
        }
    }
}

fn through_gateway(mut walk: Walk<'_, impl Observer>) -> Way {
    let Some(root) = walk.world.gateway_table() else {
        walk.skip(Skipped::NoGatewayTable);
        return if walk.flow == Flow::Reply || walk.world.deliver_local() {
            walk.arrive()
        } else {
            walk.drop(DropReason::NoIngressRoute)
        };
    };
    let step = match walk.lookup(root, None) {
        Ok(Some(Target::Hop(hop))) => match hop.kind {
            Kind::Endpoint | Kind::RouteTargetGroup => walk.inspect(hop),
            _ if walk.owns_destination(hop) => return walk.arrive(),
            _ => walk.pass_interface(hop),
        },
        // Every vSwitch has its entry, so anything else is Local.
        _ => return walk.arrive(),
    };
    match step {
        Ok(Step::On(vswitch)) => walk.follow(vswitch),
        Ok(Step::Out(public)) => walk.egress(public),
        Err(reason) => walk.drop(reason),
    }
}

impl Way {
    fn dropped(reason: DropReason, header: &Header) -> Way {
        Way { verdict: Verdict::dropped(reason), end: *header, translated: None, set: None }
    }
}

impl Verdict {
    /// A drop before any hop.
    pub(crate) fn dropped(reason: DropReason) -> Verdict {
        Verdict {
            action: Action::Drop(reason),
            paths: heapless::Vec::new(),
            via: heapless::Vec::new(),
        }
    }
}
