//! A packet that an interface sends.

use super::verdict::{DropReason, Flow, Header, Verdict, path};
use super::walk::Walk;
use crate::region::Port;
use crate::tables::{Mode, Tables};

impl Tables<'_> {
    /// What happens to a packet that leaves an interface; `None` if there is no such interface.
    pub fn egress(&self, from: Port, header: &Header, flow: Flow) -> Option<Verdict> {
        let world = self.world_of(from.id())?;
        let sender = world.host(from.id())?;
        let mut walk = Walk::new(world, header.source, header.destination, flow);
        if header.source != sender.address && !sender.forwards {
            return Some(walk.drop(DropReason::SpoofedSource));
        }
        // In Direct mode a public address goes before the route tables.
        if world.mode == Mode::Direct
            && !world.is_private(header.destination)
            && let Some(public) = world.public_of(header.source)
        {
            walk.path(path::DIRECT);
            return Some(walk.egress(public));
        }
        Some(walk.follow(sender.vswitch))
    }
}
