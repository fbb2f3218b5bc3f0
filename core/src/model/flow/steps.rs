//! The way of a packet, and where it is on it.

use std::vec::Vec;

use super::config::Origin;
use super::packet::Tuple;
use super::record::{Side, Translation};
use crate::addr::{Addr, EndpointId, Id, Kind, VpcId};
use crate::model::Twin;
use crate::model::walk::Judged;
use crate::resolve::{Action, DropReason, Flow, Verdict};

/// A judged packet at some place of its way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub judged: Judged,
    /// Where its packets enter.
    pub origin: Origin,
    /// How many hops it has behind it.
    pub passed: usize,
}

impl Way {
    /// The reason of the drop in which it ends.
    pub(super) fn dropped(&self) -> Option<DropReason> {
        match self.judged.verdict.action {
            Action::Drop(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether a NAT gateway is on it.
    pub(super) fn passes_nat(&self) -> bool {
        self.judged.verdict.via.iter().any(|hop| hop.kind == Kind::NatGateway)
    }

    /// The next hop that the packet has to be carried to; of a way that ends in a drop only if the
    /// drop has to be walked to.
    pub(super) fn stop(&self, twin: &Twin) -> Option<Id> {
        let left: Vec<Id> = self.judged.verdict.via.iter().skip(self.passed).copied().collect();
        let stop = left.iter().position(|hop| match hop.kind {
            Kind::NatGateway => false,
            Kind::Endpoint => twin.inspects(EndpointId(hop.number)),
            _ => true,
        })?;
        let at_once = self.dropped().is_some_and(|reason| {
            let nat = left[..stop].iter().any(|hop| hop.kind == Kind::NatGateway);
            reason == DropReason::Loop || nat
        });
        (!at_once).then(|| left[stop])
    }

    /// What becomes of the packet where the way ends, but for the port.
    pub(super) fn translation(&self, sent: &Tuple) -> Translation {
        let packet = &self.judged.packet;
        let egress = match self.judged.verdict.action {
            Action::Egress { public } => Some(public),
            _ => None,
        };
        let mapped = self.judged.nat.is_some();
        Translation {
            side: egress.map_or(Side::Vpc(self.judged.vpc), |_| Side::Internet),
            source: egress.unwrap_or(if mapped { packet.source } else { sent.source.0 }),
            mapped,
            destination: (packet.destination, packet.destination_port),
        }
    }

    /// What answers to the opener's packets have to reach, if they are translated back.
    pub(super) fn reach(&self, twin: &Twin) -> Option<Id> {
        let egress = matches!(self.judged.verdict.action, Action::Egress { .. });
        let owner = || twin.owner(self.judged.vpc, self.judged.packet.source);
        self.judged.nat.or_else(|| owner().filter(|_| egress))
    }
}

impl Twin {
    /// Whether packets through an endpoint meet an appliance.
    pub(super) fn inspects(&self, endpoint: EndpointId) -> bool {
        let gwlb = self.endpoints[&endpoint].gwlb;
        self.appliances.values().any(|a| a.gwlb == gwlb && a.healthy)
    }

    /// From which side packets of this origin enter, if it exists.
    pub(super) fn side_of(&self, origin: Origin) -> Option<Side> {
        let sends = |id: &Id| {
            let kinds =
                [Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer, Kind::Endpoint];
            kinds.contains(&id.kind)
        };
        Some(match origin {
            Origin::Interface(id) => Side::Vpc(self.vpc_of(Some(id).filter(sends)?)?),
            Origin::Internet => Side::Internet,
            Origin::InternetVia(id) => {
                self.vpc_of(Some(id).filter(sends)?)?;
                Side::Internet
            }
        })
    }

    /// The way of a packet of no flow, or of one whose packets enter elsewhere now.
    pub(super) fn way_from(&self, from: Origin, sent: &Tuple, flow: Flow) -> Option<Way> {
        let header = sent.header();
        Some(match from {
            Origin::Interface(id) => {
                let judged = self.judge_egress(id, &header, flow)?;
                Way { judged, origin: from, passed: 0 }
            }
            Origin::Internet | Origin::InternetVia(_) => {
                let mut judged = self.judge_ingress(&header, flow);
                let mut passed = 0;
                if let Origin::InternetVia(id) = from {
                    match position(&judged, id) {
                        Some(at) => passed = at + 1,
                        None if self.may_bring(id, sent.destination.0) => {}
                        None => judged.verdict = Verdict::dropped(DropReason::SpoofedSource),
                    }
                }
                Way { judged, origin: Origin::Internet, passed }
            }
        })
    }

    /// The way of a packet of a flow whose packets have entered at `origin` so far.
    pub(super) fn way_of_flow(
        &self,
        from: Origin,
        origin: Option<Origin>,
        vpc: Option<VpcId>,
        sent: &Tuple,
        flow: Flow,
    ) -> Option<Way> {
        if let (Origin::Interface(id), Some(Origin::Interface(entry))) = (from, origin)
            && id != entry
            && self.vpc_of(entry) == vpc
            && let Some(judged) = self.judge_egress(entry, &sent.header(), flow)
            && let Some(at) = position(&judged, id)
        {
            return Some(Way { judged, origin: Origin::Interface(entry), passed: at + 1 });
        }
        self.way_from(from, sent, flow)
    }
}

impl Twin {
    /// Whether packets from the Internet to an address can have been carried to an interface or endpoint.
    fn may_bring(&self, id: Id, public: Addr) -> bool {
        let forwards = id.kind == Kind::Endpoint
            || self.interfaces.get(&id).is_some_and(|interface| interface.forward);
        let Some((target, _)) = self.holder(public) else { return true };
        forwards && self.vpc_of(target) == self.vpc_of(id)
    }
}

fn position(judged: &Judged, id: Id) -> Option<usize> {
    judged.verdict.via.iter().position(|hop| *hop == id)
}
