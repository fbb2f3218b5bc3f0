//! A packet that an interface or a load balancer sends.

use super::observe::{Observer, See, Skipped, Told, Unseen};
use super::verdict::{DropReason, Flow, Header, Judged, Verdict, Way, path};
use super::walk::Walk;
use crate::addr::{EndpointId, Id, Kind};
use crate::tables::{Host, Mode, Tables, World};

impl<'m> Tables<'m> {
    /// What happens to a packet that an instance, network interface or load balancer sends; `None`
    /// if there is no such sender.
    pub fn egress(&self, from: Id, header: &Header, flow: Flow) -> Option<Verdict> {
        Some(self.leaving(from, header, flow)?.verdict)
    }

    /// As [`Tables::egress`], with the world.
    pub(crate) fn leaving(&self, from: Id, header: &Header, flow: Flow) -> Option<Judged<'m>> {
        self.leaving_seen(from, header, flow, Unseen)
    }

    /// As [`Tables::leaving`], with every step of the way, and of the way in the world after a begun
    /// operation where that counts too.
    #[inline(never)]
    pub(crate) fn leaving_step_by_step(
        &self,
        from: Id,
        header: &Header,
        flow: Flow,
        see: Option<See<'_>>,
    ) -> Option<Judged<'m>> {
        self.leaving_seen(from, header, flow, Told(see))
    }

    #[inline(always)]
    fn leaving_seen(
        &self,
        from: Id,
        header: &Header,
        flow: Flow,
        mut observer: impl Observer,
    ) -> Option<Judged<'m>> {
        let sends =
            matches!(from.kind, Kind::Instance | Kind::NetworkInterface | Kind::LoadBalancer);
        let slot = self.slot_of(from).filter(|_| sends)?;
        let world = self.world(slot)?;
        let judge = |world: World<'_>| {
            Some(world.leave(from, &world.host(from)?, header, flow, observer.again()))
        };
        Some(self.before_and_after(world, judge)?.judged(Some((slot, world)), *header))
    }

    /// What happens to a packet on its way out that was carried to an endpoint and inspected there;
    /// `None` if there is no such endpoint. It goes on by the table of the endpoint's vSwitch, as
    /// one does that an interface there forwards.
    pub(crate) fn resume(
        &self,
        endpoint: EndpointId,
        header: &Header,
        flow: Flow,
    ) -> Option<Judged<'m>> {
        let id = endpoint.id();
        let slot = self.slot_of(id)?;
        let world = self.world(slot)?;
        let judge = |world: World<'_>| {
            let (vswitch, _) = world.endpoint(id)?;
            let from = Host::passing_on(header.source, vswitch);
            Some(world.leave(id, &from, header, flow, Unseen))
        };
        Some(self.before_and_after(world, judge)?.judged(Some((slot, world)), *header))
    }

    /// The verdict of the world as it is; where blackout is on and an operation has begun, only if
    /// the world after it agrees.
    pub(super) fn before_and_after<'w>(
        &self,
        world: World<'w>,
        mut judge: impl FnMut(World<'w>) -> Option<Way>,
    ) -> Option<Way> {
        let way = judge(world)?;
        match world.after() {
            None => Some(way),
            Some(after) => Some(way.if_also(judge(after))),
        }
    }
}

impl Way {
    /// This way, if the packet has the same verdict where an operation has been committed.
    #[cold]
    #[inline(never)]
    fn if_also(self, after: Option<Way>) -> Way {
        match after {
            Some(after) if after.verdict == self.verdict => self,
            _ => Way { verdict: Verdict::dropped(DropReason::ModeSwitch), ..self },
        }
    }
}

impl World<'_> {
    /// Whether what a NAT gateway has translated, to this destination, comes by that interface or endpoint.
    pub(crate) fn passes_behind(self, nat: &Host, header: &Header, at: Id) -> bool {
        let header = Header { source: nat.address, ..*header };
        // In Direct mode it leaves at the NAT gateway.
        let goes_on = self.mode != Mode::Direct;
        let walk = Walk::new(self, &header, Flow::New, Unseen);
        goes_on && walk.follow(nat.vswitch).verdict.via.contains(&at)
    }

    /// What happens to a packet that a host of this world sends, in this world alone.
    pub(crate) fn leave(
        self,
        from: Id,
        sender: &Host,
        header: &Header,
        flow: Flow,
        observer: impl Observer,
    ) -> Way {
        let mut walk = Walk::new(self, header, flow, observer);
        if header.source != sender.address && !sender.forwards {
            walk.skip(Skipped::SpoofedSource);
            return walk.drop(DropReason::SpoofedSource);
        }
        let is_balancer = from.kind == Kind::LoadBalancer;
        if is_balancer && flow == Flow::New {
            walk.skip(Skipped::LbOpensNoFlow);
            return walk.drop(DropReason::LbNoOriginate);
        }
        let is_private = self.is_private(header.destination);
        // What goes before the route tables: load balancers that the gateway does not restrict,
        // and in Direct mode every public address.
        let public = if sender.is_internet {
            Some(sender.address)
        } else if is_private {
            None
        } else if is_balancer && self.mode == Mode::Centralized && !self.clb_restricted() {
            sender.public
        } else if self.mode == Mode::Direct {
            self.public_of(header.source)
        } else {
            None
        };
        match public {
            Some(public) => {
                walk.skip(match self.mode {
                    _ if sender.is_internet => Skipped::InternetLb,
                    Mode::Centralized => Skipped::ExemptLb,
                    _ => Skipped::DirectAddress,
                });
                walk.path(path::DIRECT);
                walk.egress(public)
            }
            None => walk.follow(sender.vswitch),
        }
    }
}
