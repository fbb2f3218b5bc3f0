//! A packet that comes from the Internet.

use super::verdict::{DropReason, Flow, Header, Verdict, path};
use super::walk::{Step, Walk};
use crate::addr::{Addr, Id, Kind};
use crate::tables::{MARTIAN, Mode, Tables, Target};

impl Tables<'_> {
    /// What happens to a packet from the Internet to a public address.
    pub fn ingress(&self, header: &Header, flow: Flow) -> Verdict {
        self.ingress_to(header, flow).0
    }

    /// The verdict, with the private address that the public one stands for in the same world.
    pub(crate) fn ingress_to(&self, header: &Header, flow: Flow) -> (Verdict, Option<Addr>) {
        let public = header.destination;
        let bound = self.world_of_public(public).and_then(|world| {
            let target = world.target(public)?;
            Some((world, target, world.host(target)?))
        });
        let Some((world, target, host)) = bound else {
            let martian = MARTIAN.iter().any(|range| range.contains(header.source));
            let reason =
                if martian { DropReason::MartianSource } else { DropReason::NoDestMapping };
            return (Verdict::dropped(reason), None);
        };
        let walk = Walk::new(world, header.source, host.address, flow);
        (self.enter(walk, header.source, target), Some(host.address))
    }

    fn enter(&self, mut walk: Walk<'_>, source: Addr, target: Id) -> Verdict {
        if walk.world.is_martian(source) {
            return walk.drop(DropReason::MartianSource);
        }
        walk.arriving = true;
        match walk.world.mode {
            Mode::PrivateOnly => walk.drop(DropReason::VpcPrivateOnly),
            Mode::Direct => {
                walk.path(path::DIRECT);
                arrive(walk, target)
            }
            Mode::Centralized => {
                walk.path(path::GATEWAY);
                self.through_gateway(walk, target)
            }
        }
    }

    fn through_gateway(&self, mut walk: Walk<'_>, target: Id) -> Verdict {
        let Some(root) = walk.world.gateway_table() else {
            return if walk.flow == Flow::Reply || self.deliver_local() {
                arrive(walk, target)
            } else {
                walk.drop(DropReason::NoIngressRoute)
            };
        };
        match walk.lookup(root) {
            Ok(Some(Target::Hop(hop))) => {
                let host = walk.world.host(hop);
                if host.is_some_and(|host| host.address == walk.destination) {
                    return arrive(walk, target);
                }
                match walk.pass_interface(hop) {
                    Ok(Step::On(vswitch)) => walk.follow(vswitch),
                    Ok(Step::Out(public)) => walk.egress(public),
                    Err(reason) => walk.drop(reason),
                }
            }
            // Every vSwitch has its entry, so anything else is Local.
            _ => arrive(walk, target),
        }
    }
}

/// At the target that the public address is bound to.
fn arrive(walk: Walk<'_>, target: Id) -> Verdict {
    if target.kind == Kind::NatGateway && walk.flow == Flow::New {
        return walk.drop(DropReason::NoDnatEntry);
    }
    walk.deliver(target)
}

impl Verdict {
    /// A drop before any hop.
    pub(crate) fn dropped(reason: DropReason) -> Verdict {
        Verdict {
            action: super::Action::Drop(reason),
            paths: heapless::Vec::new(),
            via: heapless::Vec::new(),
        }
    }
}
