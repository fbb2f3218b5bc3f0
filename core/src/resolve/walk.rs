//! The walk through route tables that both directions share.

use heapless::Vec;

use super::observe::{Event, Observer, Skipped};
use super::verdict::{
    Action, DropReason, Flow, Header, MAX_LOOKUPS, MAX_PATHS, MAX_VIA, Verdict, Way, path,
};
use crate::addr::{Addr, Id, Kind, VSwitchId};
use crate::tables::{Host, Mode, Target, World, mix};

/// A packet under way in one VPC.
pub(super) struct Walk<'m, O> {
    pub(super) world: World<'m>,
    pub(super) flow: Flow,
    /// The packet as it is now.
    header: Header,
    /// The source as it was sent.
    original_source: Addr,
    /// The NAT gateway that has given the packet its source, and the public address with it.
    translated: Option<(Id, Addr)>,
    /// For a packet from the Internet that has not arrived yet: its public address and the target
    /// that it is bound to.
    pub(super) arriving: Option<(Addr, Id)>,
    lookups: usize,
    paths: Vec<u8, MAX_PATHS>,
    via: Vec<Id, MAX_VIA>,
    observer: O,
}

impl<'m, O: Observer> Walk<'m, O> {
    pub(super) fn new(world: World<'m>, header: &Header, flow: Flow, observer: O) -> Walk<'m, O> {
        let mut walk = Walk {
            world,
            flow,
            header: *header,
            original_source: header.source,
            translated: None,
            arriving: None,
            lookups: 0,
            paths: Vec::new(),
            via: Vec::new(),
            observer,
        };
        walk.see(Event::Start);
        walk
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    fn see(&mut self, event: Event) {
        self.observer.see(&self.world, &self.header, event);
    }

    /// Notes that no table is asked from here on.
    pub(super) fn skip(&mut self, why: Skipped) {
        self.see(Event::Skip(why));
    }

    /// Notes a path; there is room for one a lookup and the ends.
    pub(super) fn path(&mut self, path: u8) {
        let _ = self.paths.push(path);
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn drop(mut self, reason: DropReason) -> Way {
        self.paths.clear();
        self.end(Action::Drop(reason))
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn deliver(self, target: Id) -> Way {
        self.end(Action::Deliver { target })
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    fn end(mut self, action: Action) -> Way {
        self.see(Event::End(action));
        Way {
            verdict: Verdict { action, paths: self.paths, via: self.via },
            end: self.header,
            translated: self.translated.map(|(nat, _)| nat),
            set: None,
        }
    }

    /// To the Internet, which has no martian destinations.
    pub(super) fn egress(self, public: Addr) -> Way {
        if self.world.is_martian(self.header.destination) {
            return self.drop(DropReason::MartianDestination);
        }
        self.end(Action::Egress { public })
    }

    /// Looks the destination up in a vSwitch's table or the gateway's, if another lookup is allowed.
    pub(super) fn lookup(
        &mut self,
        root: u32,
        of: Option<VSwitchId>,
    ) -> Result<Option<Target>, DropReason> {
        if self.lookups >= MAX_LOOKUPS {
            return Err(DropReason::Loop);
        }
        self.lookups += 1;
        self.see(Event::Ask(of));
        Ok(self.world.route(root, self.header.destination))
    }

    /// Follows the route tables from a vSwitch to the packet's end.
    pub(super) fn follow(mut self, mut vswitch: VSwitchId) -> Way {
        loop {
            let root = self.world.table_of(vswitch).unwrap_or(0);
            let target = match self.lookup(root, Some(vswitch)) {
                Err(reason) => return self.drop(reason),
                Ok(None) => return self.no_route(),
                Ok(Some(target)) => target,
            };
            let step = match target {
                Target::Service => return self.service(),
                Target::Local => match self.local() {
                    Ok(vswitch) => Ok(Step::On(vswitch)),
                    Err(Arrival::At(target)) => return self.deliver(target),
                    Err(Arrival::Lost(reason)) => return self.drop(reason),
                },
                Target::Ecmp(set) => {
                    let member = self.world.member(set, flow_hash(&self.header));
                    return Way { set: Some(set), ..self.hand_off(member) };
                }
                Target::Hop(hop) => match hop.kind {
                    Kind::Instance | Kind::NetworkInterface => {
                        if self.owns_destination(hop) {
                            self.path(path::LOCAL);
                            return self.deliver(hop);
                        }
                        self.pass_interface(hop)
                    }
                    Kind::NatGateway => self.pass_nat(hop),
                    Kind::Ipv4Gateway => return self.leave(),
                    Kind::Endpoint | Kind::RouteTargetGroup => self.inspect(hop),
                    _ => return self.hand_off(hop),
                },
            };
            vswitch = match step {
                Ok(Step::On(vswitch)) => vswitch,
                Ok(Step::Out(public)) => return self.egress(public),
                Err(reason) => return self.drop(reason),
            };
        }
    }

    fn no_route(self) -> Way {
        let cut_off = self.world.mode == Mode::PrivateOnly
            && !self.world.is_private(self.header.destination)
            && self.world.public_of(self.original_source).is_some();
        self.drop(if cut_off { DropReason::VpcPrivateOnly } else { DropReason::NoRoute })
    }

    fn service(mut self) -> Way {
        self.path(path::SERVICE);
        self.end(Action::Service)
    }

    fn hand_off(mut self, next_hop: Id) -> Way {
        if let Some(path) = path::external(next_hop.kind) {
            self.path(path);
        }
        self.end(Action::Handoff { next_hop })
    }

    /// At the owner of the destination; or on from a vSwitch.
    fn local(&mut self) -> Result<VSwitchId, Arrival> {
        let owner = self.world.owner(self.header.destination);
        let owner = owner.ok_or(Arrival::Lost(DropReason::NoHost))?;
        // A NAT gateway is where a new flow from the Internet finds its port forwarding, once.
        let forwards = owner.kind == Kind::NatGateway && self.flow == Flow::New;
        if forwards && self.arriving.is_some() {
            return self.enter();
        }
        self.path(path::LOCAL);
        Err(Arrival::At(owner))
    }

    /// A packet from the Internet at the target that its public address is bound to.
    pub(super) fn arrive(mut self) -> Way {
        match self.enter() {
            Ok(vswitch) => self.follow(vswitch),
            Err(Arrival::At(target)) => self.deliver(target),
            Err(Arrival::Lost(reason)) => self.drop(reason),
        }
    }

    /// As [`Walk::arrive`], up to the vSwitch from whose table a forwarded packet goes on.
    fn enter(&mut self) -> Result<VSwitchId, Arrival> {
        let lost = Arrival::Lost;
        let (public, target) = self.arriving.take().ok_or(lost(DropReason::NoHost))?;
        if target.kind != Kind::NatGateway || self.flow == Flow::Reply {
            self.skip(Skipped::Arrived);
            return Err(Arrival::At(target));
        }
        let nat = self.world.host(target).ok_or(lost(DropReason::NoHost))?;
        let (protocol, port) = (self.header.protocol, self.header.destination_port);
        let forward = self.world.forward_in(&nat, public, protocol, port);
        let forward = forward.ok_or(lost(DropReason::NoDnatEntry))?;
        self.header.destination = forward.private;
        self.header.destination_port = forward.private_port.unwrap_or(port);
        self.pass(target, path::NAT, Event::Forward(target));
        Ok(nat.vswitch)
    }

    /// At the IPv4 gateway.
    fn leave(mut self) -> Way {
        if self.world.mode != Mode::Centralized {
            return self.drop(DropReason::GatewayInactive);
        }
        if self.world.is_martian(self.header.destination) {
            return self.drop(DropReason::MartianDestination);
        }
        let translated = self.translated.map(|(_, public)| public);
        match translated.or_else(|| self.world.public_of(self.header.source)) {
            None => self.drop(DropReason::NoPublicMapping),
            Some(public) => {
                self.path(path::GATEWAY);
                self.egress(public)
            }
        }
    }

    /// Whether a hop is where the packet goes.
    pub(super) fn owns_destination(&self, hop: Id) -> bool {
        self.world.host(hop).is_some_and(|host| host.address == self.header.destination)
    }

    /// Through an interface that does not own the destination.
    pub(super) fn pass_interface(&mut self, hop: Id) -> Result<Step, DropReason> {
        let host = self.unmet(hop)?;
        if !host.forwards {
            return Err(DropReason::ApplianceNotForwarding);
        }
        self.pass(hop, path::INTERFACE, Event::Pass(hop));
        Ok(Step::On(host.vswitch))
    }

    /// Through the appliances behind an endpoint, or behind the active endpoint of a group.
    pub(super) fn inspect(&mut self, hop: Id) -> Result<Step, DropReason> {
        let (endpoint, is_down) = match hop.kind {
            Kind::RouteTargetGroup => {
                self.world.group(hop).ok_or(DropReason::ApplianceUnavailable)?
            }
            _ => (hop, false),
        };
        if self.via.contains(&endpoint) {
            return Err(DropReason::Loop);
        }
        let facts = self.world.endpoint(endpoint).filter(|_| !is_down);
        let (vswitch, gwlb) = facts.ok_or(DropReason::ApplianceUnavailable)?;
        if !self.world.passes(gwlb) {
            return Err(DropReason::ApplianceUnavailable);
        }
        self.pass(endpoint, path::ENDPOINT, Event::Pass(endpoint));
        Ok(Step::On(vswitch))
    }

    /// Through a NAT gateway, which gives the packet its own source.
    fn pass_nat(&mut self, hop: Id) -> Result<Step, DropReason> {
        let nat = self.unmet(hop)?;
        if self.world.mode == Mode::PrivateOnly && !self.world.is_private(self.header.destination) {
            return Err(DropReason::VpcPrivateOnly);
        }
        let public = self.translation(&nat).ok_or(DropReason::NoSnatEntry)?;
        self.header.source = nat.address;
        self.translated = Some((hop, public));
        self.pass(hop, path::NAT, Event::Translate(hop));
        Ok(match self.world.mode {
            Mode::Direct => {
                self.skip(Skipped::DirectNat);
                Step::Out(public)
            }
            Mode::Centralized | Mode::PrivateOnly => Step::On(nat.vswitch),
        })
    }

    /// The public address that a NAT gateway gives: for an answer that of the port forwarding it
    /// came through, else that of the longest source prefix.
    fn translation(&self, nat: &Host) -> Option<Addr> {
        let Header { source, protocol, source_port, .. } = self.header;
        let forward = match self.flow {
            Flow::Reply => self.world.forward_out(nat, source, protocol, source_port),
            Flow::New => None,
        };
        match forward {
            Some(forward) => Some(forward.public),
            None => self.world.snat(nat, source),
        }
    }

    /// What is known of a hop that the packet has not met before.
    fn unmet(&self, hop: Id) -> Result<Host, DropReason> {
        if self.via.contains(&hop) {
            return Err(DropReason::Loop);
        }
        // A route names what exists, so only corrupted tables have no such host.
        self.world.host(hop).ok_or(DropReason::NoHost)
    }

    fn pass(&mut self, hop: Id, path: u8, event: Event) {
        self.path(path);
        let _ = self.via.push(hop);
        self.see(event);
    }
}

/// Where a packet ends that goes no further inside the VPC.
enum Arrival {
    At(Id),
    Lost(DropReason),
}

/// Where a hop sends the packet.
pub(super) enum Step {
    /// On, by the table of this vSwitch.
    On(VSwitchId),
    /// To the Internet.
    Out(Addr),
}

/// The hash that picks a member of an equal-cost set, and an appliance if the header is that of the
/// flow inside, with the private address: FNV-1a over the two (address, port) ends in
/// network order, the smaller first, and the protocol, with MurmurHash3's final mix. Both directions
/// of a flow have the same; protocols without ports count without them.
pub(crate) fn flow_hash(header: &Header) -> u32 {
    let has_ports = matches!(header.protocol, 6 | 17);
    let end = |addr: Addr, port: u16| {
        let port = if has_ports { port } else { 0 };
        u64::from(addr.0) << 16 | u64::from(port)
    };
    let source = end(header.source, header.source_port);
    let destination = end(header.destination, header.destination_port);
    let mut hash: u32 = 0x811C_9DC5;
    let mut feed = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    for end in [source.min(destination), source.max(destination)] {
        let [_, _, bytes @ ..] = end.to_be_bytes();
        bytes.into_iter().for_each(&mut feed);
    }
    feed(header.protocol);
    mix(hash)
}
