//! Choices that the rules leave open: ports and appliances.

use std::collections::BTreeSet;
use std::vec::Vec;

use super::config::{Answer, Next};
use super::packet::Tuple;
use super::process::FlowModel;
use super::record::{Flow, Mapping, OutPort, Side};
use crate::addr::{Addr, ApplianceId, EndpointId};
use crate::model::Twin;
use crate::region::ForwardProtocol;

const FIRST_PORT: u32 = 1024;
const PORTS: u32 = 65536 - FIRST_PORT;

/// Who wants a port of which address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub protocol: u8,
    pub inside: (Side, Addr, u16),
    pub outside: (Side, Addr),
    /// Whom it is to talk to.
    pub remote: (Addr, u16),
}

impl Wish {
    pub(super) fn is_of(&self, mapping: &Mapping) -> bool {
        let Mapping { protocol, inside, outside, .. } = *mapping;
        (protocol, inside, outside) == (self.protocol, self.inside, self.outside)
    }

    fn competes_with(&self, mapping: &Mapping) -> bool {
        (mapping.protocol, mapping.outside) == (self.protocol, self.outside)
    }
}

impl FlowModel {
    /// The ports that may be given; none if they are exhausted. Flow `without` counts as gone.
    ///
    /// With `tolerant`, ports too that may be given only if the real table has not noticed yet
    /// that flows have ended, or takes one from the flow that goes.
    pub(super) fn ports(
        &self,
        twin: &Twin,
        wish: &Wish,
        without: Option<usize>,
        tolerant: bool,
    ) -> Vec<u16> {
        let mut ports = self.ports_among(twin, wish, &self.mappings(None));
        if !tolerant {
            return ports;
        }
        for others in [None, without] {
            let mut live = self.mappings(others);
            ports.extend(self.ports_among(twin, wish, &live));
            let old = self.ended.iter().filter(|old| wish.is_of(old));
            let free = |port: &u16| live.iter().all(|m| !wish.competes_with(m) || m.port != *port);
            ports.extend(old.map(|old| old.port).filter(free));
            if live.iter().all(|m| !wish.is_of(m)) {
                live.extend(self.ended.iter().filter(|old| !wish.is_of(old)));
                ports.extend(self.ports_among(twin, wish, &live));
            }
        }
        ports.sort();
        ports.dedup();
        ports
    }

    fn mappings(&self, without: Option<usize>) -> Vec<Mapping> {
        let flows = self.flows.iter().enumerate().filter(|(index, _)| Some(*index) != without);
        flows.filter_map(|(_, flow)| flow.mapping()).collect()
    }

    fn ports_among(&self, twin: &Twin, wish: &Wish, taken: &[Mapping]) -> Vec<u16> {
        if let Some(mapping) = taken.iter().find(|mapping| wish.is_of(mapping)) {
            return Vec::from([mapping.port]);
        }
        let named = twin.forward.keys().filter_map(|(_, eip, protocol, port)| {
            let number = match protocol {
                ForwardProtocol::Tcp => 6,
                ForwardProtocol::Udp => 17,
                ForwardProtocol::Any => return None,
            };
            let here = (Side::Internet, twin.eips[eip].address) == wish.outside;
            (here && number == wish.protocol).then_some(*port)
        });
        let mut used: BTreeSet<u16> = named.collect();
        used.extend(taken.iter().filter(|m| wish.competes_with(m)).map(|m| m.port));
        // Those by which an established flow has answers from the same remote.
        let others = self.flows.iter().filter(|flow| flow.is_established());
        let keys = others.flat_map(|flow| [Some(flow.key), flow.answer()]).flatten();
        let alike = keys.filter(|key| {
            let (side, Tuple { source, destination, protocol }) = (key.side, key.tuple);
            (side, destination.0) == wish.outside
                && (source, protocol) == (wish.remote, wish.protocol)
        });
        used.extend(alike.map(|key| key.tuple.destination.1));
        let share = PORTS / u32::from(self.config.instances);
        let first = FIRST_PORT + u32::from(self.config.instance) * share;
        let own = wish.inside.2;
        if (first..first + share).contains(&u32::from(own)) && !used.contains(&own) {
            return Vec::from([own]);
        }
        let free = (first..first + share).map(|port| port as u16).filter(|p| !used.contains(p));
        let free: Vec<u16> = free.collect();
        let alike: Vec<u16> = free.iter().copied().filter(|p| p % 2 == own % 2).collect();
        if alike.is_empty() { free } else { alike }
    }

    /// Whether there is room for another mapping.
    pub(super) fn has_room_for(&self, wish: &Wish, without: Option<usize>) -> bool {
        let all = distinct(self.mappings(without).into_iter());
        all.iter().any(|mapping| wish.is_of(mapping)) || all.len() < self.config.mappings
    }

    /// The port is out: a real packet has it.
    pub(super) fn reveal(flow: &mut Flow, port: u16) -> Result<(), std::string::String> {
        match &flow.port {
            OutPort::OneOf(ports) if !ports.contains(&port) => {
                Err(std::format!("port {port} is none of {}", short(ports)))
            }
            OutPort::OneOf(_) => {
                flow.port = OutPort::Is(port);
                Ok(())
            }
            OutPort::Is(_) => Ok(()),
        }
    }

    /// A healthy appliance of the endpoint: the one that the real table has taken if that is
    /// allowed, else any that is.
    ///
    /// The same healthy ones give the same choice, and a change of them moves only the flows of one
    /// that failed, and some to one that is new.
    pub(super) fn appliance(
        twin: &Twin,
        flow: Option<&mut Flow>,
        endpoint: EndpointId,
        real: Option<&Answer>,
    ) -> ApplianceId {
        let gwlb = twin.endpoints[&endpoint].gwlb;
        let healthy = twin.appliances.iter().filter(|(_, a)| a.gwlb == gwlb && a.healthy);
        let healthy: BTreeSet<ApplianceId> = healthy.map(|(id, _)| *id).collect();
        let before = flow.as_ref().and_then(|flow| flow.appliances.get(&endpoint).cloned());
        let allowed = |chosen: &ApplianceId| match &before {
            Some((old, last)) if healthy.contains(last) => chosen == last || !old.contains(chosen),
            _ => true,
        };
        let wanted = match real.map(|answer| answer.next) {
            Some(Next::Inspect { appliance, .. }) => Some(appliance),
            _ => None,
        };
        let mut all = healthy.iter().copied().filter(allowed);
        let wanted = wanted.filter(|wanted| healthy.contains(wanted) && allowed(wanted));
        let last = before.as_ref().map(|(_, last)| *last).filter(|last| healthy.contains(last));
        let chosen = wanted.or(last).unwrap_or_else(|| all.next().expect("one is healthy"));
        if let Some(flow) = flow {
            flow.appliances.insert(endpoint, (healthy, chosen));
        }
        chosen
    }
}

pub(super) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

fn short(ports: &[u16]) -> std::string::String {
    match ports {
        [first, .., last] if ports.len() > 8 => {
            std::format!("{} ports from {first} to {last}", ports.len())
        }
        _ => std::format!("{ports:?}"),
    }
}
