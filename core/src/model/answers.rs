//! What answers about every packet are compared with: one packet after the other.

use super::region::Twin;
use super::resolve::settle;
use super::walk::Judged;
use crate::addr::{Addr, EndpointId, Id, Kind};
use crate::answers::Seen;
use crate::resolve::{Action, DropReason, Flow, Header};

/// A twin that is asked of many packets: what a begun operation would make of it is made once.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The twin as it is.
    pub now: Twin,
    then: Option<Twin>,
}

impl Asked {
    /// A twin to be asked.
    pub fn new(now: Twin) -> Asked {
        Asked { then: now.after_commits(), now }
    }

    /// [`Twin::egress`] with an equal-cost next hop whole.
    pub fn sent(&self, from: Id, header: &Header, flow: Flow) -> Option<Seen> {
        let sends = from.kind != Kind::Endpoint;
        self.settled(|twin| twin.egress_now(from, header, flow).filter(|_| sends))
    }

    /// [`Twin::ingress`] with an equal-cost next hop whole.
    pub fn received(&self, header: &Header, flow: Flow) -> Seen {
        let judged = self.settled(|twin| Some(twin.ingress_now(header, flow)));
        judged.expect("whatever comes is judged")
    }

    fn settled(&self, judge: impl Fn(&Twin) -> Option<Judged>) -> Option<Seen> {
        let now = judge(&self.now)?;
        Some(seen(match &self.then {
            Some(then) => settle(now, judge(then)?),
            None => now,
        }))
    }
}

impl Twin {
    /// Whether a public address leads to something.
    pub fn is_bound(&self, public: Addr) -> bool {
        self.holder(public).is_some()
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
