//! From what a walk shows to the steps that people read.

use super::step::{Loss, Mapping, Packet, Range, Rule, Step, Target, Way};
use crate::addr::{Addr, Id, Kind, Prefix, TableId, VSwitchId, VpcId};
use crate::region::objects::{VSwitch, Vpc};
use crate::region::{Origin, Region, RouteEntry};
use crate::resolve::{Action, DropReason, Event, Flow, Header, Skipped, flow_hash};
use crate::tables::{PRIVATE, World};

/// Where a packet is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) vpc: VpcId,
    /// The packet as it is there.
    pub(super) header: Header,
    /// The object that judges it.
    pub(super) at: Option<Id>,
    /// The table asked last, and the vSwitch that it was asked for; `None`: for the gateway.
    pub(super) table: Option<TableId>,
    pub(super) vswitch: Option<VSwitchId>,
    /// What it answered, until the packet has passed that.
    pub(super) entry: Option<RouteEntry>,
    /// Whether a NAT gateway has given the packet its source.
    pub(super) translated: bool,
}

/// Tells one packet's way.
pub(super) struct Teller<'t, 'm> {
    pub(super) region: &'t Region<'m>,
    pub(super) packet: Packet,
    /// What the public address of a packet from the Internet is bound to.
    pub(super) target: Option<Target>,
    pub(super) way: Way,
    /// The packet inside the VPC whose flow it is; `None` if its host is not known.
    pub(super) inside: Option<Header>,
    /// Where the packet is; `None` before it starts.
    pub(super) place: Option<Place>,
    /// Where it was dropped in the configuration as it is.
    pub(super) end: Option<Place>,
    /// The port that a DNAT entry gives it on its way out.
    pub(super) public_port: Option<u16>,
    pub(super) tell: &'t mut dyn FnMut(Way, Step),
}

impl<'m> Teller<'_, 'm> {
    #[inline(never)]
    pub(super) fn tell(&mut self, step: Step) {
        (self.tell)(self.way, step);
    }

    /// The VPC that the packet meets.
    pub(super) fn vpc(&self) -> Option<VpcId> {
        self.region.vpc_of(self.packet.from.or(self.target.map(|target| target.id))?)
    }

    pub(super) fn event(&mut self, world: &World<'_>, header: &Header, event: Event) {
        if event == Event::Start {
            return self.start(world, header);
        }
        let Some(mut place) = self.place.take() else { return };
        match event {
            Event::Start => {}
            Event::Skip(why) => self.skip(why, &mut place),
            Event::Ask(of) => self.ask(world, of, &mut place),
            Event::Pass(hop) => self.pass(world, hop, &place),
            Event::Translate(hop) => self.translate(world, header, hop, &mut place),
            Event::Forward(hop) => {
                if let Some(host) = world.host(hop) {
                    let (destination, port) = (header.destination, header.destination_port);
                    self.tell(Step::Forward { hop, next: host.vswitch, destination, port });
                }
            }
            Event::End(Action::Drop(reason)) => {
                self.stop(reason, &place);
                if !self.way.after {
                    self.end = Some(place.clone());
                }
            }
            Event::End(_) => {}
        }
        if let Event::Pass(hop) | Event::Translate(hop) | Event::Forward(hop) = event {
            (place.at, place.entry) = (Some(hop), None);
        }
        place.header = *header;
        self.place = Some(place);
    }

    fn start(&mut self, world: &World<'_>, header: &Header) {
        let Some(vpc) = self.vpc() else { return };
        // The second walk is that in the configuration to come.
        self.way.after = self.place.is_some();
        let (packet, target) = (self.packet, self.target);
        self.tell(Step::From { packet, target, vpc: Some((vpc, world.mode)) });
        if packet.from.is_some() {
            let range = self.range(vpc, header.destination);
            self.tell(Step::Range(range));
        }
        self.place = Some(Place {
            vpc,
            header: *header,
            at: packet.from.or(target.map(|target| target.id)),
            table: None,
            vswitch: None,
            entry: None,
            translated: false,
        });
    }

    /// The longest private range that holds a destination.
    fn range(&self, vpc: VpcId, destination: Addr) -> Option<(Prefix, Range)> {
        let mut longest: Option<(Prefix, Range)> = None;
        let mut consider = |prefix: Prefix, range| {
            let is_shorter = |(other, _): (Prefix, Range)| other.len() <= prefix.len();
            if prefix.contains(destination) && longest.is_none_or(is_shorter) {
                longest = Some((prefix, range));
            }
        };
        // Of equal ones the last counts, and so the VPC's own.
        for prefix in PRIVATE {
            consider(prefix, Range::Fixed);
        }
        for cidr in self.region.cidrs_of(vpc) {
            consider(cidr.prefix, if cidr.user { Range::UserCidr } else { Range::Cidr });
        }
        if let Some(vpc) = self.region.get::<Vpc>(vpc) {
            consider(vpc.cidr, Range::Cidr);
        }
        longest
    }

    /// The table of the vSwitch that an interface, NAT gateway or internal load balancer is in. An
    /// internet load balancer is in none.
    fn table_of(&self, id: Option<Id>) -> Option<TableId> {
        let id = id?;
        let host = self.region.tables().world_of(id)?.host(id).filter(|host| !host.is_internet)?;
        Some(self.region.get::<VSwitch>(host.vswitch)?.table)
    }

    fn skip(&mut self, why: Skipped, place: &mut Place) {
        let gateways = self.region.gateway_table(place.vpc).map(|table| table.id);
        let is_out = self.packet.from.is_some();
        let own = if is_out { self.table_of(self.packet.from) } else { gateways };
        let (table, rule) = match why {
            Skipped::SpoofedSource => (own, Rule::Out(1)),
            Skipped::LbOpensNoFlow => (own, Rule::Out(2)),
            Skipped::InternetLb => (None, if is_out { Rule::Out(3) } else { Rule::In(3) }),
            Skipped::ExemptLb => (own, if is_out { Rule::Out(4) } else { Rule::In(6) }),
            Skipped::DirectAddress => (own, if is_out { Rule::Out(5) } else { Rule::In(5) }),
            Skipped::DirectNat => (self.table_of(place.at), Rule::Nat),
            Skipped::MartianSource => (own, Rule::In(1)),
            Skipped::NoTarget => (None, Rule::In(2)),
            Skipped::PrivateOnly => (own, Rule::In(4)),
            Skipped::NoGatewayTable => (own, Rule::In(7)),
            Skipped::Arrived => (self.table_of(self.target.map(|target| target.id)), Rule::Arrive),
        };
        match why {
            Skipped::PrivateOnly => place.at = Some(place.vpc.id()),
            Skipped::NoGatewayTable => place.at = self.gateway_id(place.vpc),
            _ => {}
        }
        self.tell(Step::Skip { table, why, rule });
        let matters = matches!(
            why,
            Skipped::ExemptLb
                | Skipped::DirectAddress
                | Skipped::DirectNat
                | Skipped::NoGatewayTable
        );
        let destination = place.header.destination;
        let ignored = table.filter(|_| matters && !self.way.after);
        if let Some(entry) = ignored.and_then(|table| self.region.lookup(table, destination)) {
            self.tell(Step::Would(entry));
        }
    }

    pub(super) fn gateway_id(&self, vpc: VpcId) -> Option<Id> {
        self.region.gateway_of(vpc).map(|gateway| gateway.id.id())
    }

    fn ask(&mut self, world: &World<'_>, vswitch: Option<VSwitchId>, place: &mut Place) {
        let destination = place.header.destination;
        let (table, of, root, rule) = match vswitch {
            Some(id) => {
                let table = self.region.get::<VSwitch>(id).map(|vswitch| vswitch.table);
                (table, Some(id.id()), world.table_of(id), Rule::Out(6))
            }
            None => {
                let table = self.region.gateway_table(place.vpc).map(|table| table.id);
                (table, self.gateway_id(place.vpc), world.gateway_table(), Rule::In(7))
            }
        };
        let (Some(table), Some(of), Some(root)) = (table, of, root) else { return };
        self.tell(Step::Ask { table, destination, of, rule });
        (place.table, place.vswitch, place.entry) = (Some(table), vswitch, None);
        for entry in world.matching(root, destination) {
            match place.entry {
                None => {
                    place.entry = Some(entry);
                    self.tell(Step::Win(entry));
                }
                Some(_) => self.tell(Step::Lose(entry, Loss::Shorter)),
            }
            self.behind(table, &entry);
        }
        if place.entry.is_none() {
            self.tell(Step::Miss);
        }
        let hop = place.entry.and_then(|entry| entry.next_hop).map(|hop| hop.id());
        place.at = Some(match hop {
            Some(group) if group.kind == Kind::RouteTargetGroup => {
                world.group(group).map_or(group, |(endpoint, _)| endpoint)
            }
            Some(hop) => hop,
            None => table.id(),
        });
    }

    /// The entries that stand behind an effective one, for the same destination.
    fn behind(&mut self, table: TableId, entry: &RouteEntry) {
        let prefix = entry.prefix;
        if entry.origin != Origin::Custom {
            return;
        }
        if self.region.is_automatic(table, prefix) {
            let entry = RouteEntry { prefix, next_hop: None, origin: Origin::System };
            self.tell(Step::Lose(entry, Loss::Overridden));
        }
        if let Some(next_hop) = self.region.candidate(table, prefix) {
            let entry = RouteEntry { prefix, next_hop: Some(next_hop), origin: Origin::Dynamic };
            self.tell(Step::Lose(entry, Loss::Candidate));
        }
    }

    fn pass(&mut self, world: &World<'_>, hop: Id, place: &Place) {
        if hop.kind != Kind::Endpoint {
            if let Some(host) = world.host(hop) {
                self.tell(Step::Interface { hop, next: host.vswitch });
            }
            return;
        }
        let Some((next, _)) = world.endpoint(hop) else { return };
        let named = place.entry.and_then(|entry| entry.next_hop).map(|named| named.id());
        let group = named.filter(|named| named.kind == Kind::RouteTargetGroup);
        let appliance = self.inside.map(|inside| world.inspector(hop, flow_hash(&inside)));
        self.tell(Step::Endpoint { hop, next, group, appliance });
    }

    fn translate(&mut self, world: &World<'_>, header: &Header, hop: Id, place: &mut Place) {
        let Some(host) = world.host(hop) else { return };
        let Header { source, protocol, source_port, .. } = place.header;
        let answered = match self.packet.flow {
            Flow::Reply => world.forward_out(&host, source, protocol, source_port),
            Flow::New => None,
        };
        let found = match answered {
            Some(forward) => Some((forward.public, Mapping::Dnat)),
            None => world.snat_match(&host, source).map(|(prefix, a)| (a, Mapping::Snat(prefix))),
        };
        let Some((public, by)) = found else { return };
        if !self.way.after {
            self.public_port = answered.and_then(|forward| forward.public_port());
        }
        place.translated = true;
        let next = Some(host.vswitch).filter(|_| world.mode != crate::tables::Mode::Direct);
        self.tell(Step::Translate { hop, next, source: header.source, public, by });
    }

    fn stop(&mut self, reason: DropReason, place: &Place) {
        let is_out = self.packet.from.is_some();
        let (at, rule) = match reason {
            DropReason::SpoofedSource => (place.at, Rule::Out(1)),
            DropReason::LbNoOriginate => (place.at, Rule::Out(2)),
            DropReason::MartianSource => (place.at, Rule::In(1)),
            DropReason::NoDestMapping => (None, Rule::In(2)),
            DropReason::VpcPrivateOnly if !is_out && place.table.is_none() => {
                (place.at, Rule::In(4))
            }
            DropReason::NoIngressRoute => (place.at, Rule::In(7)),
            DropReason::NoDnatEntry => (self.target.map(|target| target.id), Rule::Arrive),
            DropReason::NoSnatEntry => (place.at, Rule::Nat),
            DropReason::Loop => (place.at, Rule::Loop),
            DropReason::MartianDestination => (place.at, Rule::Martian),
            DropReason::GatewayInactive
            | DropReason::ApplianceNotForwarding
            | DropReason::ApplianceUnavailable => (place.at, Rule::Unusable),
            DropReason::ModeSwitch => (self.gateway_id(place.vpc), Rule::Blackout),
            _ => (place.at, Rule::Out(6)),
        };
        self.tell(Step::Stop { reason, at, rule });
    }

    /// How the packet ended, after all that was seen of its way: what to do about a drop.
    pub(super) fn finish(&mut self, action: Action) {
        self.way.after = false;
        let Action::Drop(reason) = action else { return };
        match self.place.take() {
            None => {
                // Nothing of the region has been met.
                let (packet, target) = (self.packet, self.target);
                self.tell(Step::From { packet, target, vpc: None });
                let (why, rule) = match reason {
                    DropReason::MartianSource => (Skipped::MartianSource, Rule::In(1)),
                    _ => (Skipped::NoTarget, Rule::In(2)),
                };
                self.tell(Step::Skip { table: None, why, rule });
                self.tell(Step::Stop { reason, at: None, rule });
            }
            Some(place) if reason == DropReason::ModeSwitch => {
                self.stop(reason, &place);
                self.end = Some(place);
            }
            Some(_) => {}
        }
        let place = self.end.take();
        let remedy = place.and_then(|place| self.region.remedy(reason, &place));
        self.tell(match remedy {
            Some(remedy) => Step::Remedy(remedy),
            None => Step::Advice(reason.remedy()),
        });
    }
}
