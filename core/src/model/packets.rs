//! Packets for the generator.

use std::vec::Vec;

use super::generate::Generator;
use super::objects::Forward;
use super::ranges::{INTERNET, OUTSIDE};
use super::region::{ForwardKey, Twin};
use crate::addr::{Addr, Id, Kind, LoadBalancerId};
use crate::region::{BalancerPlace, ForwardProtocol};
use crate::resolve::{Flow, Header};

impl Generator {
    /// A packet that an instance, network interface or load balancer sends; it may not exist.
    pub fn egress(&mut self, twin: &Twin) -> (Id, Header, Flow) {
        let entry = self.forward_entry(twin).filter(|_| self.rng.chance(15));
        let answer = entry.and_then(|(_, to)| {
            let mut owners = twin.interfaces.iter().filter(|(_, i)| i.address == to.address);
            owners.next().map(|(id, _)| *id)
        });
        let from = answer.unwrap_or_else(|| self.sender(twin));
        let source = own_address(twin, from).filter(|_| self.rng.chance(90));
        let source = source.unwrap_or_else(|| self.address(twin));
        let internet = self.rng.chance(30);
        let destination =
            if internet { self.rng.pick(&OUTSIDE[..INTERNET]) } else { self.address(twin) };
        let (mut header, mut flow) = self.header(source, destination);
        if let (Some(_), Some(((_, _, protocol, _), to))) = (answer, entry) {
            // Mostly the answer to what was forwarded.
            if self.rng.chance(80) {
                forwarded(&mut header, protocol);
                header.source_port = to.port;
                flow = Flow::Reply;
            }
        }
        if from.kind == Kind::LoadBalancer && self.rng.chance(60) {
            flow = Flow::Reply;
        }
        (from, header, flow)
    }

    /// A packet from the Internet.
    pub fn ingress(&mut self, twin: &Twin) -> (Header, Flow) {
        // Addresses that are bound, each twice, and those of internet load balancers.
        let bound = twin.eips.values().filter(|e| e.target.is_some());
        let mut bound: Vec<_> = bound.map(|e| e.address).collect();
        bound.extend_from_within(..);
        for balancer in twin.balancers.keys() {
            if !twin.interfaces.contains_key(&balancer.id()) {
                bound.extend(own_address(twin, balancer.id()));
            }
        }
        let source = self.internet_source(twin);
        if let Some(((_, eip, protocol, port), _)) = self.forward_entry(twin)
            && self.rng.chance(20)
        {
            let (mut header, flow) = self.header(source, twin.eips[&eip].address);
            forwarded(&mut header, protocol);
            if protocol != ForwardProtocol::Any {
                header.destination_port = port;
            }
            return (header, flow);
        }
        let destination = if !bound.is_empty() && self.rng.chance(92) {
            self.rng.pick(&bound)
        } else if self.rng.chance(60) {
            self.public_address()
        } else {
            self.address(twin)
        };
        self.header(source, destination)
    }

    fn forward_entry(&mut self, twin: &Twin) -> Option<(ForwardKey, Forward)> {
        let all: Vec<_> = twin.forward.iter().map(|(key, to)| (*key, *to)).collect();
        (!all.is_empty()).then(|| self.rng.pick(&all))
    }

    /// Mostly an address that can send from the Internet.
    fn internet_source(&mut self, twin: &Twin) -> Addr {
        if self.rng.chance(90) {
            Addr::new(8, 8, self.rng.pick(&[0, 8, 9]), self.rng.pick(&[0, 8, 255]))
        } else {
            self.address(twin)
        }
    }

    /// A port that packets and forward entries have in common.
    pub(super) fn port(&mut self) -> u16 {
        self.rng.pick(&[1, 80, 443, 443, 40000, u16::MAX])
    }

    /// ICMP may carry ports, which count for nothing.
    fn header(&mut self, source: Addr, destination: Addr) -> (Header, Flow) {
        let protocol = self.rng.pick(&[6, 6, 6, 17, 17, 1, 1, 47]);
        let mut port = || match self.rng.below(8) {
            _ if protocol == 47 => 0,
            0 => 0,
            1 => self.rng.word() as u16,
            _ => self.port(),
        };
        let (source_port, destination_port) = (port(), port());
        let header = Header { source, destination, protocol, source_port, destination_port };
        (header, if self.rng.chance(70) { Flow::New } else { Flow::Reply })
    }
}

/// The private address of what stands in a vSwitch, the public one of an internet load balancer.
fn own_address(twin: &Twin, id: Id) -> Option<Addr> {
    let interface = twin.interfaces.get(&id).map(|i| i.address);
    interface.or_else(|| {
        let balancer = (id.kind == Kind::LoadBalancer).then_some(LoadBalancerId(id.number))?;
        match twin.balancers.get(&balancer)? {
            BalancerPlace::Internal { address, .. } | BalancerPlace::Internet { address, .. } => {
                Some(*address)
            }
        }
    })
}

/// Gives a packet the protocol of a forward entry; `any` takes it as it is.
fn forwarded(header: &mut Header, protocol: ForwardProtocol) {
    match protocol {
        ForwardProtocol::Tcp => header.protocol = 6,
        ForwardProtocol::Udp => header.protocol = 17,
        ForwardProtocol::Any => {}
    }
}
