//! Who looks on while a packet walks: nobody, where packets are judged; `explain`, where people ask.
//!
//! The walk of real packets has code of its own, in which no trace of observing is left; questions share
//! the other, whether somebody is told or not.

use super::verdict::{Action, Header};
use crate::addr::{Id, VSwitchId};
use crate::tables::World;

/// What happens on a packet's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It starts.
    Start,
    /// No table is asked from here on.
    Skip(Skipped),
    /// The table of this vSwitch is asked, or that of the gateway.
    Ask(Option<VSwitchId>),
    /// It has passed an interface or endpoint.
    Pass(Id),
    /// A NAT gateway has given it its own source.
    Translate(Id),
    /// A NAT gateway has given it a private destination.
    Forward(Id),
    /// It ends.
    End(Action),
}

/// Why no table is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Skipped {
    /// The sender may not use that source.
    SpoofedSource,
    /// Load balancers open no flows.
    LbOpensNoFlow,
    /// An internet load balancer is outside the VPC.
    InternetLb,
    /// The gateway does not restrict internal load balancers.
    ExemptLb,
    /// In Direct mode a public address is enough.
    DirectAddress,
    /// In Direct mode packets leave at the NAT gateway.
    DirectNat,
    /// The source cannot come from the Internet.
    MartianSource,
    /// The public address is bound to nothing.
    NoTarget,
    /// The VPC has no Internet.
    PrivateOnly,
    /// No table is bound to the gateway.
    NoGatewayTable,
    /// The packet is where it goes.
    Arrived,
}

/// Is called back with each step of a packet's way: the world, the packet as it is then, and the step.
pub(crate) type See<'s> = &'s mut dyn FnMut(&World<'_>, &Header, Event);

/// Sees a packet's way as it is walked: the world, the packet as it is then, and what happens.
pub(crate) trait Observer {
    /// Nothing, unless somebody looks on.
    #[inline(always)]
    fn see(&mut self, _: &World<'_>, _: &Header, _: Event) {}

    /// The same observer, for another walk.
    fn again(&mut self) -> impl Observer;
}

/// Nobody looks on; costs nothing.
#[derive(Clone, Copy)]
pub(crate) struct Unseen;

impl Observer for Unseen {
    #[inline(always)]
    fn again(&mut self) -> impl Observer {
        Unseen
    }
}

/// Calls back, if there is whom to call.
pub(crate) struct Told<'s>(pub(crate) Option<See<'s>>);

impl Observer for Told<'_> {
    fn see(&mut self, world: &World<'_>, header: &Header, event: Event) {
        if let Some(see) = &mut self.0 {
            see(world, header, event);
        }
    }

    fn again(&mut self) -> impl Observer {
        Told(match &mut self.0 {
            Some(see) => Some(*see),
            None => None,
        })
    }
}
