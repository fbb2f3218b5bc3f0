//! A packet that an interface or a load balancer sends.

use super::verdict::{DropReason, Flow, Header, Verdict, Way, path};
use super::walk::Walk;
use crate::addr::{Id, Kind};
use crate::tables::{Host, Mode, Tables, World};

impl Tables<'_> {
    /// What happens to a packet that an instance, network interface or load balancer sends; `None`
    /// if there is no such sender.
    pub fn egress(&self, from: Id, header: &Header, flow: Flow) -> Option<Verdict> {
        Some(self.way_out(from, header, flow)?.verdict)
    }

    /// The verdict, and how the packet ends.
    pub(crate) fn way_out(&self, from: Id, header: &Header, flow: Flow) -> Option<Way> {
        let sends =
            matches!(from.kind, Kind::Instance | Kind::NetworkInterface | Kind::LoadBalancer);
        let world = self.world_of(from).filter(|_| sends)?;
        let judge =
            |world: World<'_>| Some(self.leave(world, from, &world.host(from)?, header, flow));
        self.before_and_after(world, judge)
    }

    fn leave(
        &self,
        world: World<'_>,
        from: Id,
        sender: &Host,
        header: &Header,
        flow: Flow,
    ) -> Way {
        let mut walk = Walk::new(world, header, flow);
        if header.source != sender.address && !sender.forwards {
            return walk.drop(DropReason::SpoofedSource);
        }
        let is_balancer = from.kind == Kind::LoadBalancer;
        if is_balancer && flow == Flow::New {
            return walk.drop(DropReason::LbNoOriginate);
        }
        let is_private = world.is_private(header.destination);
        // What goes before the route tables: load balancers that the gateway does not restrict,
        // and in Direct mode every public address.
        let public = if sender.is_internet {
            Some(sender.address)
        } else if is_private {
            None
        } else if is_balancer && world.mode == Mode::Centralized && !world.clb_restricted() {
            sender.public
        } else if world.mode == Mode::Direct {
            world.public_of(header.source)
        } else {
            None
        };
        match public {
            Some(public) => {
                walk.path(path::DIRECT);
                walk.egress(public)
            }
            None => walk.follow(sender.vswitch),
        }
    }

    /// The verdict of the world as it is; where blackout is on and an operation has begun, only if
    /// the world after it agrees.
    pub(super) fn before_and_after<'m>(
        &self,
        world: World<'m>,
        judge: impl Fn(World<'m>) -> Option<Way>,
    ) -> Option<Way> {
        let way = judge(world)?;
        match world.after().map(judge) {
            Some(after) if after.as_ref().map(|after| &after.verdict) != Some(&way.verdict) => {
                Some(Way { verdict: Verdict::dropped(DropReason::ModeSwitch), ..way })
            }
            _ => Some(way),
        }
    }
}
