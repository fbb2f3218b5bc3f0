//! The walk through route tables that both directions share.

use heapless::Vec;

use super::verdict::{Action, DropReason, Flow, MAX_LOOKUPS, MAX_PATHS, Verdict, path};
use crate::addr::{Addr, Id, Kind, VSwitchId};
use crate::tables::{Mode, Target, World};

/// A packet under way in one VPC.
pub(super) struct Walk<'m> {
    pub(super) world: World<'m>,
    pub(super) flow: Flow,
    pub(super) destination: Addr,
    /// The source as it is now, and as it was sent.
    source: Addr,
    original_source: Addr,
    /// The public address that a NAT gateway has given.
    translated: Option<Addr>,
    /// Whether the packet came from the Internet and has not arrived at its target yet.
    pub(super) arriving: bool,
    lookups: usize,
    paths: Vec<u8, MAX_PATHS>,
    via: Vec<Id, MAX_LOOKUPS>,
}

impl<'m> Walk<'m> {
    pub(super) fn new(world: World<'m>, source: Addr, destination: Addr, flow: Flow) -> Walk<'m> {
        Walk {
            world,
            flow,
            destination,
            source,
            original_source: source,
            translated: None,
            arriving: false,
            lookups: 0,
            paths: Vec::new(),
            via: Vec::new(),
        }
    }

    /// Notes a path; there is room for one a lookup and the ends.
    pub(super) fn path(&mut self, path: u8) {
        let _ = self.paths.push(path);
    }

    pub(super) fn drop(self, reason: DropReason) -> Verdict {
        Verdict { action: Action::Drop(reason), paths: Vec::new(), via: self.via }
    }

    pub(super) fn deliver(self, target: Id) -> Verdict {
        Verdict { action: Action::Deliver { target }, paths: self.paths, via: self.via }
    }

    /// To the Internet, which has no martian destinations.
    pub(super) fn egress(self, public: Addr) -> Verdict {
        if self.world.is_martian(self.destination) {
            return self.drop(DropReason::MartianDestination);
        }
        Verdict { action: Action::Egress { public }, paths: self.paths, via: self.via }
    }

    /// Looks the destination up in a table, if another lookup is allowed.
    pub(super) fn lookup(&mut self, root: u32) -> Result<Option<Target>, DropReason> {
        if self.lookups >= MAX_LOOKUPS {
            return Err(DropReason::Loop);
        }
        self.lookups += 1;
        Ok(self.world.route(root, self.destination))
    }

    /// Follows the route tables from a vSwitch to the packet's end.
    pub(super) fn follow(mut self, mut vswitch: VSwitchId) -> Verdict {
        loop {
            let root = self.world.table_of(vswitch).unwrap_or(0);
            let target = match self.lookup(root) {
                Err(reason) => return self.drop(reason),
                Ok(None) => return self.no_route(),
                Ok(Some(target)) => target,
            };
            let step = match target {
                Target::Service => return self.service(),
                Target::Local => return self.local(),
                Target::Hop(hop) => match hop.kind {
                    Kind::Instance | Kind::NetworkInterface => {
                        if self.world.host(hop).is_some_and(|h| h.address == self.destination) {
                            self.path(path::LOCAL);
                            return self.deliver(hop);
                        }
                        self.pass_interface(hop)
                    }
                    Kind::NatGateway => self.pass_nat(hop),
                    Kind::Ipv4Gateway => return self.leave(),
                    // Endpoints and groups, which cannot be made yet.
                    Kind::Endpoint | Kind::RouteTargetGroup => {
                        Err(DropReason::ApplianceUnavailable)
                    }
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

    fn no_route(self) -> Verdict {
        let cut_off = self.world.mode == Mode::PrivateOnly
            && !self.world.is_private(self.destination)
            && self.world.public_of(self.original_source).is_some();
        self.drop(if cut_off { DropReason::VpcPrivateOnly } else { DropReason::NoRoute })
    }

    fn service(mut self) -> Verdict {
        self.path(path::SERVICE);
        Verdict { action: Action::Service, paths: self.paths, via: self.via }
    }

    fn hand_off(mut self, next_hop: Id) -> Verdict {
        if let Some(path) = path::external(next_hop.kind) {
            self.path(path);
        }
        Verdict { action: Action::Handoff { next_hop }, paths: self.paths, via: self.via }
    }

    fn local(mut self) -> Verdict {
        match self.world.owner(self.destination) {
            None => self.drop(DropReason::NoHost),
            // The target of a packet from the Internet: a new flow needs a DNAT entry there.
            Some(nat)
                if self.arriving && nat.kind == Kind::NatGateway && self.flow == Flow::New =>
            {
                self.drop(DropReason::NoDnatEntry)
            }
            Some(owner) => {
                self.path(path::LOCAL);
                self.deliver(owner)
            }
        }
    }

    /// At the IPv4 gateway.
    fn leave(mut self) -> Verdict {
        if self.world.mode != Mode::Centralized {
            return self.drop(DropReason::GatewayInactive);
        }
        if self.world.is_martian(self.destination) {
            return self.drop(DropReason::MartianDestination);
        }
        match self.translated.or_else(|| self.world.public_of(self.source)) {
            None => self.drop(DropReason::NoPublicMapping),
            Some(public) => {
                self.path(path::GATEWAY);
                self.egress(public)
            }
        }
    }

    /// Through an interface that does not own the destination.
    pub(super) fn pass_interface(&mut self, hop: Id) -> Result<Step, DropReason> {
        let host = self.unmet(hop)?;
        if !host.forwards {
            return Err(DropReason::ApplianceNotForwarding);
        }
        self.pass(hop, path::INTERFACE);
        Ok(Step::On(host.vswitch))
    }

    /// Through a NAT gateway, which gives the packet its own source.
    fn pass_nat(&mut self, hop: Id) -> Result<Step, DropReason> {
        let nat = self.unmet(hop)?;
        if self.world.mode == Mode::PrivateOnly && !self.world.is_private(self.destination) {
            return Err(DropReason::VpcPrivateOnly);
        }
        let public = self.world.snat(&nat, self.source).ok_or(DropReason::NoSnatEntry)?;
        self.pass(hop, path::NAT);
        self.source = nat.address;
        self.translated = Some(public);
        Ok(match self.world.mode {
            Mode::Direct => Step::Out(public),
            Mode::Centralized | Mode::PrivateOnly => Step::On(nat.vswitch),
        })
    }

    /// What is known of a hop that the packet has not met before.
    fn unmet(&self, hop: Id) -> Result<crate::tables::Host, DropReason> {
        if self.via.contains(&hop) {
            return Err(DropReason::Loop);
        }
        // A route names what exists, so only corrupted tables have no such host.
        self.world.host(hop).ok_or(DropReason::NoHost)
    }

    fn pass(&mut self, hop: Id, path: u8) {
        self.path(path);
        let _ = self.via.push(hop);
    }
}

/// Where a hop sends the packet.
pub(super) enum Step {
    /// On, by the table of this vSwitch.
    On(VSwitchId),
    /// To the Internet.
    Out(Addr),
}
