//! A packet, from its description to the answer.

use std::collections::HashMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::choose::{Wish, distinct};
use super::config::{Answer, Config, Counters, Next, Origin};
use super::packet::{ACK, Packet, SYN, TCP, Transport, Tuple};
use super::readings;
use super::record::{Direction, Flow, Key, Mapping, OutPort, Side};
use super::steps::Way;
use crate::addr::{EndpointId, Id, Kind, VpcId};
use crate::model::Twin;
use crate::resolve::{Action, DropReason, Flow as Kinship};

/// The flow table in the slow, obvious form.
#[derive(Clone, Debug)]
pub struct FlowModel {
    pub(super) config: Config,
    pub(super) flows: Vec<Flow>,
    /// Mappings of flows that time has ended.
    pub(super) ended: Vec<Mapping>,
    /// What first fragments have told, and when they came.
    fragments: HashMap<Fragment, (Told, u64)>,
    pub(super) counters: Counters,
    now: u64,
    /// How many packets have renewed a flow.
    renewals: u64,
}

type Fragment = (Origin, crate::addr::Addr, crate::addr::Addr, u8, u16);

/// What a packet tells of its flow, and of that of its later fragments.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// Its ports.
    Ports((u16, u16)),
    /// An error: how an answer to the packet that it is about would look.
    About(Tuple),
    /// It is of no flow.
    Nothing,
}

/// A packet on its way through the model.
struct Subject<'a> {
    twin: &'a Twin,
    from: Origin,
    side: Side,
    packet: &'a Packet,
    /// Its own addresses and ports; those of a fragment as its first one had them.
    own: Tuple,
    /// Those by which its flow is found.
    key: Option<Key>,
    /// Whether it is an error, or a later fragment of one, that is about the flow of that key.
    is_error: bool,
    /// What the real table has answered.
    real: Option<&'a Answer>,
}

impl Subject<'_> {
    fn opens(&self) -> bool {
        !self.packet.is_later_fragment()
            && !matches!(self.packet.transport, Transport::Error { .. })
    }

    /// Of an error: where the packets of the host come from whose answer it is in the place of.
    fn host_of(&self, tuple: &Tuple) -> Option<Origin> {
        let owner = self.twin.owner(self.vpc().filter(|_| self.is_error)?, tuple.source.0)?;
        Some(Origin::Interface(owner))
    }

    /// Whether the packet has a source that its sender must not use.
    fn is_forged(&self) -> bool {
        let Origin::Interface(id) = self.from else { return false };
        match self.twin.interfaces.get(&id) {
            Some(interface) => interface.address != self.packet.source && !interface.forward,
            // A load balancer outside the VPC has a public address.
            None => {
                let own = self.twin.internet_balancer(id);
                id.kind != Kind::Endpoint && own != Some(self.packet.source)
            }
        }
    }

    fn vpc(&self) -> Option<VpcId> {
        match self.side {
            Side::Vpc(vpc) => Some(vpc),
            Side::Internet => None,
        }
    }

    /// The way of the packet if it belongs to no flow.
    fn way(&self) -> Way {
        self.twin.way_from(self.from, &self.own, Kinship::New).expect("the origin exists")
    }
}

/// An answer, or what is wrong with the real one.
type Checked = Result<Answer, String>;

impl FlowModel {
    /// A table without flows.
    pub fn new(config: Config) -> FlowModel {
        FlowModel {
            config,
            flows: Vec::new(),
            ended: Vec::new(),
            fragments: HashMap::new(),
            counters: Counters::default(),
            now: 0,
            renewals: 0,
        }
    }

    /// What has passed.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many flows there are.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether there is no flow.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// A step of a packet's way, by the model's own choice; `None` if its origin does not exist.
    pub fn process(
        &mut self,
        twin: &Twin,
        from: Origin,
        packet: &Packet,
        now: u64,
    ) -> Option<Answer> {
        self.step(twin, from, packet, now, None).map(|answer| answer.expect("nothing to check"))
    }

    /// The same, with the choices that the real table has made; what is wrong with them, or with
    /// the step that it has answered. Of its packet only the ports are looked at: the caller compares
    /// the bytes with those of the packet that is answered here.
    pub fn check(
        &mut self,
        twin: &Twin,
        from: Origin,
        packet: &Packet,
        now: u64,
        real: Option<&Answer>,
    ) -> Result<Option<Answer>, String> {
        let answer = self.step(twin, from, packet, now, real).transpose()?;
        let (wanted, next) = (answer.as_ref().map(|a| a.next), real.map(|real| real.next));
        if wanted == next { Ok(answer) } else { Err(format!("{next:?} instead of {wanted:?}")) }
    }

    /// Bytes that are no packet.
    pub fn malformed(&mut self, bytes: usize, now: u64) -> Next {
        self.now = self.now.max(now);
        let next = Next::Drop(DropReason::Malformed);
        self.count(next, bytes);
        next
    }

    /// The first packet of a flow whose port no packet has shown yet, to be sent again.
    pub fn unsettled(&self) -> Option<(Origin, Packet)> {
        let open = |flow: &&Flow| matches!(flow.port, OutPort::OneOf(_));
        let (origin, packet) = self.flows.iter().find(open)?.opened_by.clone();
        let mut packet = Packet { ttl: 64, ..packet };
        if let Transport::Tcp { flags, .. } = &mut packet.transport {
            *flags = ACK;
        }
        Some((origin, packet))
    }

    fn step(
        &mut self,
        twin: &Twin,
        from: Origin,
        packet: &Packet,
        now: u64,
        real: Option<&Answer>,
    ) -> Option<Checked> {
        self.now = self.now.max(now);
        self.end_by_time();
        let side = twin.side_of(from)?;
        let told = self.told_by(from, packet);
        let ports = if let Told::Ports(ports) = told { ports } else { (0, 0) };
        let own = packet.tuple_with(ports);
        let tuple = match told {
            Told::Ports(_) => Some(own),
            Told::About(tuple) => Some(tuple),
            Told::Nothing => None,
        };
        let key = tuple.map(|tuple| Key { side, tuple });
        let is_error = matches!(told, Told::About(_));
        let subject = Subject { twin, from, side, packet, own, key, is_error, real };
        let answer = self.judge(&subject);
        if let Ok(answer) = &answer {
            self.count(answer.next, packet.total_len());
            self.meter(&subject, answer);
        }
        Some(answer)
    }

    fn end_by_time(&mut self) {
        let (now, timeouts) = (self.now, self.config.timeouts);
        let over = |flow: &Flow| flow.has_ended(now, &timeouts);
        let ended = self.flows.iter().filter(|flow| over(flow));
        self.ended.extend(ended.filter_map(Flow::mapping));
        self.flows.retain(|flow| !over(flow));
        self.fragments.retain(|_, (_, left)| now - *left < u64::from(timeouts.fragment));
    }

    /// What a packet tells; a later fragment what its first one has told, if that is known.
    fn told_by(&mut self, from: Origin, packet: &Packet) -> Told {
        let Packet { source, destination, identification, .. } = *packet;
        let fragment = (from, source, destination, packet.protocol(), identification);
        if packet.is_later_fragment() {
            return self.fragments.get(&fragment).map_or(Told::Nothing, |(told, _)| *told);
        }
        let told = match packet.transport {
            Transport::Error { .. } => packet
                .answers()
                .filter(|tuple| readings::goes_to_sender(packet, tuple.destination.0))
                .map_or(Told::Nothing, Told::About),
            _ => Told::Ports(packet.ports()),
        };
        if packet.more {
            self.fragments.insert(fragment, (told, self.now));
        }
        told
    }

    fn find(&self, key: &Key) -> Option<(usize, Direction)> {
        let opener = self.flows.iter().position(|flow| flow.key == *key);
        let answers = self.flows.iter().position(|flow| flow.answer() == Some(*key));
        let opener = opener.map(|index| (index, Direction::Opener));
        opener.or(answers.map(|index| (index, Direction::Answers)))
    }

    /// Of an error that is sent inside about a packet as it came from the Internet: how an answer to
    /// that packet would look inside, and its flow.
    fn about_carried(&self, subject: &Subject<'_>) -> Option<(Tuple, (usize, Direction))> {
        let Key { side, tuple } = subject.key?;
        if !subject.is_error || side == Side::Internet {
            return None;
        }
        let (index, direction) =
            self.find(&Key { side: Side::Internet, tuple: tuple.reversed() })?;
        let flow = &self.flows[index];
        let (key, direction) = match direction {
            Direction::Opener => (flow.answer()?, Direction::Answers),
            Direction::Answers => (flow.key, Direction::Opener),
        };
        (key.side == side).then_some((key.tuple, (index, direction)))
    }

    fn judge(&mut self, subject: &Subject<'_>) -> Checked {
        let found = subject.key.and_then(|key| Some((key.tuple, self.find(&key)?)));
        let found = found.or_else(|| self.about_carried(subject));
        let Some((tuple, (index, direction))) = found else {
            return self.open(subject, subject.way(), None);
        };
        let flow = &self.flows[index];
        let again = subject.packet.flags() & (SYN | ACK) == SYN;
        if tuple.protocol == TCP && flow.is_closing() && again {
            return self.open(subject, subject.way(), Some(index));
        }
        let (origin, kinship) = match direction {
            Direction::Opener => (Some(flow.origin), Kinship::New),
            Direction::Answers => (flow.answers_from.or(subject.host_of(&tuple)), Kinship::Reply),
        };
        let error = subject.is_error;
        if let (true, Side::Internet, Some(vpc)) = (error, subject.side, flow.vpc())
            && subject.twin.is_martian(vpc, subject.packet.source)
        {
            return subject.drop(DropReason::MartianSource);
        }
        if !subject.opens() && subject.is_forged() {
            return subject.drop(DropReason::SpoofedSource);
        }
        let (from, vpc) = (subject.from, subject.vpc());
        let way = subject.twin.way_of_flow(from, origin, vpc, &tuple, kinship);
        let way = way.expect("the origin exists");
        if way.dropped().is_some() {
            return self.walk_or_drop(subject, &way, Some(index));
        }
        let has_changed = match direction {
            Direction::Opener => way.translation(&tuple) != flow.translation,
            Direction::Answers => self.reaches_another(index, &way),
        };
        if !has_changed {
            return self.pass(subject, index, direction, &tuple, way);
        }
        // An error ends no flow, but has lost the one that it seemed to be of.
        if !error {
            self.flows.remove(index);
        }
        // The opener's packet goes on where it is.
        let goes_on = direction == Direction::Opener && subject.opens();
        let way = if goes_on { way } else { subject.way() };
        self.open(subject, way, None)
    }

    fn reaches_another(&self, index: usize, way: &Way) -> bool {
        let flow = &self.flows[index];
        let Action::Deliver { target } = way.judged.verdict.action else { return false };
        let another = flow.reach.is_some_and(|reach| reach != target);
        let Side::Internet = flow.translation.side else { return another };
        // An id or an address may have become somebody else's.
        let elsewhere = matches!(flow.key.side, Side::Vpc(vpc) if vpc != way.judged.vpc);
        let moved =
            !flow.translation.mapped && way.judged.packet.destination != flow.key.tuple.source.0;
        another || elsewhere || moved
    }

    /// A packet of no flow opens one if it can, in the place of an old one, if there is one.
    fn open(&mut self, subject: &Subject<'_>, way: Way, old: Option<usize>) -> Checked {
        let Subject { packet, own, twin, .. } = *subject;
        if way.dropped().is_some() {
            return self.walk_or_drop(subject, &way, None);
        }
        if way.passes_nat() && !readings::supported(packet, false) {
            return subject.drop(DropReason::UnsupportedProtocol);
        }
        if way.passes_nat() && packet.is_later_fragment() {
            return subject.drop(DropReason::Fragment);
        }
        let stop = way.stop(twin);
        if stop.is_none() && subject.expires(&way) {
            return subject.drop(DropReason::TtlExpired);
        }
        if subject.opens() {
            if let Some(old) = old {
                self.flows.remove(old);
            }
            if let Err(reason) = self.make(subject, &way)? {
                return subject.drop(reason);
            }
            let (index, direction) = (self.flows.len() - 1, Direction::Opener);
            return self.pass(subject, index, direction, &own, way);
        }
        if let Some(stop) = stop {
            return subject.carry(stop, None);
        }
        let translation = way.translation(&own);
        let moved = packet.moved(translation.source, translation.destination.0);
        Ok(subject.end(&way, None, moved))
    }

    /// Makes a flow, or says why not; nothing has changed then.
    fn make(&mut self, subject: &Subject<'_>, way: &Way) -> Result<Result<(), DropReason>, String> {
        let Subject { twin, side, own, real, .. } = *subject;
        let translation = way.translation(&own);
        let (address, port) = own.source;
        let wish = Wish {
            protocol: own.protocol,
            inside: (side, address, port),
            outside: (translation.side, translation.source),
            remote: translation.destination,
        };
        // Under the eyes of the real table its choice counts, if it shows.
        let victim = (self.flows.len() >= self.config.flows).then(|| self.least_recent(None));
        let shown = real.filter(|_| way.stop(twin).is_none());
        let out = if !translation.mapped {
            Some(OutPort::Is(port))
        } else if !self.has_room_for(&wish, victim.flatten()) {
            None
        } else {
            let own_choice = self.ports(twin, &wish, None, false);
            let mut ports = own_choice.clone();
            if real.is_some() {
                ports = self.ports(twin, &wish, victim.flatten(), true);
            }
            let shown = shown.map(|real| real.packet.ports().0);
            let refused = real.is_some_and(|real| matches!(real.next, Next::Drop(_)));
            match (ports.as_slice(), shown) {
                ([], _) => None,
                _ if refused && own_choice.is_empty() => None,
                (_, Some(port)) if ports.contains(&port) => Some(OutPort::Is(port)),
                ([_, _, ..], None) if real.is_some() => Some(OutPort::OneOf(ports)),
                _ => Some(OutPort::Is(*own_choice.first().unwrap_or(&ports[0]))),
            }
        };
        let flow = Flow {
            key: Key { side, tuple: own },
            translation,
            port: out.clone().unwrap_or(OutPort::OneOf(Vec::new())),
            reach: way.reach(twin),
            origin: way.origin,
            answers_from: None,
            opened_by: (subject.from, subject.packet.clone()),
            last: (self.now, self.renewals),
            answered: false,
            acknowledged: false,
            fins: [false; 2],
            reset: false,
            appliances: Default::default(),
        };
        let other = flow.answer().and_then(|answer| {
            // An answer that is like the packet itself is no other flow's.
            self.flows.iter().position(|f| f.key == answer || f.answer() == Some(answer))
        });
        let goes = other.filter(|other| !self.flows[*other].is_established());
        let mut gone = Vec::from_iter(goes);
        if self.flows.len() - gone.len() >= self.config.flows {
            match self.least_recent(other) {
                Some(victim) => gone.push(victim),
                None => return Ok(Err(DropReason::FlowTableFull)),
            }
        }
        if out.is_none() || (other.is_some() && goes.is_none()) {
            return Ok(Err(DropReason::PortsExhausted));
        }
        // Who was to make room for the mapping goes, also if another has made room for the flow.
        let left = self.flows.iter().enumerate().filter(|(index, _)| !gone.contains(index));
        let left = distinct(left.filter_map(|(_, flow)| flow.mapping()));
        let is_new = flow.translation.mapped && !left.iter().any(|mapping| wish.is_of(mapping));
        if left.len() + usize::from(is_new) > self.config.mappings {
            gone.extend(victim.flatten());
        }
        if let Some(mapping) = flow.mapping() {
            let same = |m: &Mapping| {
                (m.protocol, m.outside, m.port) == (mapping.protocol, mapping.outside, mapping.port)
            };
            self.ended.retain(|old| !same(old));
        }
        gone.sort();
        gone.into_iter().rev().for_each(|index| drop(self.flows.remove(index)));
        self.flows.push(flow);
        Ok(Ok(()))
    }

    /// The flow that goes when the table is full.
    fn least_recent(&self, but: Option<usize>) -> Option<usize> {
        let all = self.flows.iter().enumerate();
        let can_go = all.filter(|(index, flow)| !flow.is_established() && Some(*index) != but);
        can_go.min_by_key(|(_, flow)| flow.last.1).map(|(index, _)| index)
    }

    /// A packet of a flow, on a way that does not end in a drop.
    fn pass(
        &mut self,
        subject: &Subject<'_>,
        index: usize,
        direction: Direction,
        tuple: &Tuple,
        way: Way,
    ) -> Checked {
        let Subject { packet, twin, .. } = *subject;
        if way.passes_nat() && !readings::supported(packet, true) {
            return subject.drop(DropReason::UnsupportedProtocol);
        }
        let host = match self.host(subject, index, direction, &way) {
            Some(Err(reason)) => return subject.drop(reason),
            Some(Ok(host)) => Some(host),
            None => None,
        };
        let stop = way.stop(twin);
        if stop.is_none() && (subject.expires(&way) || host == Some(None) && packet.ttl <= 1) {
            return subject.drop(DropReason::TtlExpired);
        }
        let error = subject.is_error;
        let flow = &mut self.flows[index];
        if readings::ERRORS_RENEW || !error {
            self.renewals += 1;
            flow.last = (self.now, self.renewals);
        }
        if !error {
            flow.take(direction, packet);
        }
        match direction {
            _ if error => {}
            Direction::Opener => {
                flow.origin = way.origin;
                flow.reach = way.reach(twin);
            }
            Direction::Answers => flow.answers_from = Some(way.origin),
        }
        if let Some(stop) = stop {
            return subject.carry(stop, Some(flow));
        }
        if let (Direction::Opener, Some(real), false) = (direction, subject.real, error)
            && !packet.is_later_fragment()
        {
            FlowModel::reveal(flow, real.packet.ports().0)?;
        }
        let to = match direction {
            Direction::Opener => match &flow.port {
                OutPort::Is(_) => flow.answer().expect("the port is known").tuple.reversed(),
                OutPort::OneOf(_) => return Err("the port is not known yet".into()),
            },
            Direction::Answers => answer_tuple(flow, tuple, &way),
        };
        let mut moved = if error { packet.told(tuple, &to) } else { packet.translated(&to) };
        let leaves = matches!(way.judged.verdict.action, Action::Egress { .. });
        if error && (leaves || host == Some(None)) {
            moved.source = to.source.0;
        }
        Ok(subject.end(&way, host, moved))
    }

    /// Of an answer that reaches a NAT gateway: who gets it instead.
    fn host(
        &self,
        subject: &Subject<'_>,
        index: usize,
        direction: Direction,
        way: &Way,
    ) -> Option<Result<Option<Id>, DropReason>> {
        let flow = &self.flows[index];
        let back = direction == Direction::Answers && flow.translation.mapped;
        let Action::Deliver { target } = way.judged.verdict.action else { return None };
        if !back || target.kind != Kind::NatGateway {
            return None;
        }
        let Side::Vpc(vpc) = flow.key.side else { return Some(Ok(None)) };
        let owner = subject.twin.owner(vpc, flow.key.tuple.source.0);
        let sender = match flow.origin {
            Origin::Interface(id) if id.kind != Kind::Endpoint => Some(id),
            _ => None,
        };
        let sender = sender.filter(|id| subject.twin.vpc_of(*id) == Some(vpc));
        Some(owner.or(sender).map(Some).ok_or(DropReason::NoHost))
    }

    /// A way that ends in a drop is walked to it, or not at all.
    fn walk_or_drop(&mut self, subject: &Subject<'_>, way: &Way, flow: Option<usize>) -> Checked {
        match (way.stop(subject.twin), way.dropped()) {
            (None, Some(reason)) => subject.drop(reason),
            (Some(stop), _) => subject.carry(stop, flow.map(|index| &mut self.flows[index])),
            (None, None) => unreachable!("the way ends in a drop"),
        }
    }

    fn count(&mut self, next: Next, bytes: usize) {
        self.counters.verdicts.entry(next.name()).or_default().add(bytes);
        if let Next::Drop(reason) = next {
            self.counters.drops.entry(reason).or_default().add(bytes);
        }
    }

    fn meter(&mut self, subject: &Subject<'_>, answer: &Answer) {
        let bytes = subject.packet.total_len();
        if answer.next == Next::Internet {
            self.counters.sent.entry(answer.packet.source).or_default().add(bytes);
        }
        let ends = answer.next.hop().is_none() && !matches!(answer.next, Next::Drop(_));
        if subject.side == Side::Internet && ends {
            let address = subject.packet.destination;
            self.counters.received.entry(address).or_default().add(bytes);
        }
    }
}

/// An answer back as the opener knows the other side; but its source is what the verdict says.
fn answer_tuple(flow: &Flow, tuple: &Tuple, way: &Way) -> Tuple {
    let port = flow.key.tuple.destination.1;
    let source = match way.judged.verdict.action {
        Action::Egress { public } => (public, port),
        _ if way.judged.nat.is_some() => (way.judged.packet.source, port),
        _ => tuple.source,
    };
    Tuple { source, destination: flow.key.tuple.source, protocol: tuple.protocol }
}

impl Subject<'_> {
    fn drop(&self, reason: DropReason) -> Checked {
        Ok(Answer { next: Next::Drop(reason), packet: self.packet.clone() })
    }

    fn carry(&self, stop: Id, flow: Option<&mut Flow>) -> Checked {
        let next = if stop.kind == Kind::Endpoint {
            let endpoint = EndpointId(stop.number);
            let appliance = FlowModel::appliance(self.twin, flow, endpoint, self.real);
            Next::Inspect { endpoint, appliance }
        } else {
            Next::Forward(stop)
        };
        Ok(Answer { next, packet: self.packet.clone() })
    }

    /// Whether the border is crossed where the way ends.
    fn crosses(&self, way: &Way) -> bool {
        match way.judged.verdict.action {
            Action::Egress { .. } => true,
            Action::Deliver { .. } => self.side == Side::Internet,
            _ => false,
        }
    }

    fn expires(&self, way: &Way) -> bool {
        self.crosses(way) && self.packet.ttl <= 1
    }

    /// `host` is who gets an answer that reaches a NAT gateway, or nobody inside: the Internet.
    fn end(&self, way: &Way, host: Option<Option<Id>>, mut packet: Packet) -> Answer {
        if self.crosses(way) || host == Some(None) {
            packet.ttl -= 1;
        }
        let next = match way.judged.verdict.action {
            Action::Egress { .. } => Next::Internet,
            Action::Deliver { target } => match host {
                Some(None) => Next::Internet,
                Some(Some(host)) => Next::Deliver(host),
                None => Next::Deliver(target),
            },
            Action::Handoff { next_hop } => Next::Handoff(next_hop),
            Action::Service => Next::Service,
            Action::Drop(reason) => Next::Drop(reason),
        };
        Answer { next, packet }
    }
}
