//! What answers about every packet are compared with: one packet after the other.

use super::region::Twin;
use super::walk::Judged;
use crate::addr::{Addr, EndpointId, Id, Kind};
use crate::answers::Seen;
use crate::resolve::{Action, DropReason, Flow, Header};

impl Twin {
    /// [`Twin::egress`] with an equal-cost next hop whole.
    pub fn sees_sent(&self, from: Id, header: &Header, flow: Flow) -> Option<Seen> {
        let sends = from.kind != Kind::Endpoint;
        Some(seen(self.judge_egress(from, header, flow).filter(|_| sends)?))
    }

    /// [`Twin::ingress`] with an equal-cost next hop whole.
    pub fn sees_received(&self, header: &Header, flow: Flow) -> Seen {
        seen(self.judge_ingress(header, flow))
    }

    /// Whether an endpoint's packets meet an appliance.
    pub fn is_inspected(&self, endpoint: EndpointId) -> bool {
        let gwlb = self.endpoints[&endpoint].gwlb;
        self.appliances.values().any(|appliance| appliance.gwlb == gwlb && appliance.healthy)
    }

    /// The address that a packet of a host has as its source.
    pub fn address_of(&self, id: Id) -> Option<Addr> {
        let own = self.interfaces.get(&id).map(|interface| interface.address);
        own.or_else(|| self.internet_balancer(id))
    }
}

fn seen(judged: Judged) -> Seen {
    let Judged { mut verdict, set, .. } = judged;
    let switching = verdict.action == Action::Drop(DropReason::ModeSwitch);
    let set = set.filter(|_| !switching);
    if let Some(set) = &set {
        verdict.action = Action::Handoff { next_hop: set.id() };
    }
    Seen { verdict, set }
}
