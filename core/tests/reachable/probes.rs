//! The packets that are judged in every state.

use sekisho::addr::{Addr, Id, Kind};
use sekisho::model::Twin;
use sekisho::region::Region;
use sekisho::region::objects::{Interface, LoadBalancer, PublicAddress};
use sekisho::resolve::{Flow, Header, Verdict};
use sekisho::tables::Tables;

use crate::search::Universe;

pub(crate) const INTERNET: Addr = Addr::new(8, 8, 8, 8);
/// The Internet, the cloud's services, a martian, an address of a vSwitch that nothing owns, one of
/// no vSwitch, and a public address that nothing has.
const DESTINATIONS: [Addr; 6] = [
    INTERNET,
    Addr::new(100, 64, 0, 10),
    Addr::new(169, 254, 1, 1),
    Addr::new(10, 0, 0, 77),
    Addr::new(10, 0, 200, 1),
    Addr::new(47, 0, 0, 99),
];
const SOURCES: [Addr; 2] = [INTERNET, Addr::new(10, 9, 9, 9)];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// The sender; `None` for the Internet.
    pub(crate) from: Option<Id>,
    pub(crate) header: Header,
    pub(crate) flow: Flow,
}

impl Probe {
    pub(crate) fn judge(&self, tables: &Tables<'_>) -> Verdict {
        match self.from {
            Some(from) => tables.egress(from, &self.header, self.flow).unwrap(),
            None => tables.ingress(&self.header, self.flow),
        }
    }

    pub(crate) fn judge_twin(&self, twin: &Twin) -> Verdict {
        match self.from {
            Some(from) => twin.egress(from, &self.header, self.flow).unwrap(),
            None => twin.ingress(&self.header, self.flow),
        }
    }
}

/// The interfaces and load balancers with the addresses that they send from.
fn senders(region: &Region<'_>) -> Vec<(Id, Addr)> {
    let hosts = region.all::<Interface>().filter(|host| host.id.kind != Kind::NatGateway);
    let internet = region.all::<LoadBalancer>().filter_map(|balancer| internet(&balancer));
    hosts.map(|host| (host.id, host.address)).chain(internet).collect()
}

/// An internet load balancer with its address.
pub(crate) fn internet(balancer: &LoadBalancer) -> Option<(Id, Addr)> {
    match balancer.place {
        sekisho::region::BalancerPlace::Internet { address, .. } => {
            Some((balancer.id.id(), address))
        }
        sekisho::region::BalancerPlace::Internal { .. } => None,
    }
}

/// Every address that probes go to, and that lookups are made for.
pub(crate) fn destinations(region: &Region<'_>, universe: &Universe) -> Vec<Addr> {
    let private = region.all::<Interface>().map(|host| host.address);
    let public = region.all::<PublicAddress>().take(1).map(|public| public.address);
    let fixed = DESTINATIONS.into_iter().chain(universe.destinations.iter().copied());
    fixed.chain(private).chain(public).collect()
}

pub(crate) fn probes(region: &Region<'_>, universe: &Universe) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut add = |from, source, destination| {
        for flow in [Flow::New, Flow::Reply] {
            let icmp =
                Header { source, destination, protocol: 1, source_port: 0, destination_port: 0 };
            probes.push(Probe { from, header: icmp, flow });
            for &(source_port, destination_port) in universe.ports {
                let header = Header { protocol: 6, source_port, destination_port, ..icmp };
                probes.push(Probe { from, header, flow });
            }
        }
    };
    let senders = senders(region);
    for destination in destinations(region, universe) {
        for &(from, source) in &senders {
            add(Some(from), source, destination);
        }
    }
    for &(from, _) in &senders {
        // Of a neighbour, and of nobody here: a forwarding interface may send both.
        add(Some(from), Addr::new(10, 0, 0, 99), INTERNET);
        add(Some(from), Addr::new(9, 9, 9, 9), INTERNET);
    }
    let bound = region.all::<PublicAddress>().map(|public| public.address);
    let balancers = region.all::<LoadBalancer>().filter_map(|b| Some(internet(&b)?.1));
    for public in bound.chain(balancers).chain([Addr::new(47, 0, 0, 99)]) {
        for source in SOURCES {
            add(None, source, public);
        }
    }
    probes
}
