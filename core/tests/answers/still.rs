//! Answers about a region as it is, against all packets of a slice.

use std::collections::BTreeMap;

use sekisho::addr::{EndpointId, GatewayId, Id, Kind, RouteTargetGroupId, VSwitchId, VpcId};
use sekisho::answers::{self, Direction, Packet, Property, Seen};
use sekisho::model::{Asked, Twin};
use sekisho::resolve::{Action, Flow, Header};

use super::brute::{Claim, Question, said};
use super::pair::Pair;
use super::small::Small;

/// The VPC that is audited.
const VPC: VpcId = VpcId(1);

/// What a campaign of audits has met.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    regions: u64,
    packets: u64,
    ways: u64,
    unsupervised: u64,
    inspected: u64,
    nat: u64,
    chains: u64,
    ports: u64,
}

impl Ways {
    pub(crate) fn check(&self) {
        let Ways { regions, ways, unsupervised, inspected, nat, chains, ports, .. } = *self;
        let least = [ways - unsupervised, unsupervised, inspected, nat, ports].into_iter().min();
        assert!(least > Some(0), "{self:?}");
        // They are rare.
        assert!(regions < 5000 || chains > 0, "{self:?}");
    }
}

/// What an audit says.
pub(crate) struct Audit {
    claims: Vec<Claim>,
    context: String,
}

impl Audit {
    pub(crate) fn ask(pair: &Pair<'_>, seed: u64, found: &mut Ways) -> Audit {
        let mut claims = Vec::new();
        let twin = &pair.twin;
        let answered = answers::audit(&pair.region, VPC, &mut |way| {
            let inspects = |hop: &Id| match hop.kind {
                Kind::Instance | Kind::NetworkInterface => true,
                Kind::Endpoint => twin.is_inspected(EndpointId(hop.number)),
                _ => false,
            };
            let verdict = &way.seen.verdict;
            let passes = |path| verdict.paths.contains(&path);
            let inspected = verdict.via.iter().any(inspects);
            let marks = [way.gateway, way.nat, way.inspection];
            assert_eq!(marks, [passes(13), passes(7), inspected], "seed {seed}: {way}");
            found.ways += 1;
            found.unsupervised += u64::from(!passes(13));
            found.inspected += u64::from(inspected);
            found.nat += u64::from(passes(7));
            // A chain of NAT gateways, whose answers have ports of their own.
            let nats = verdict.paths.iter().filter(|path| **path == 7).count();
            found.chains += u64::from(nats > 1 && way.port.is_some());
            found.ports += u64::from(way.port.is_some());
            claims.push(Claim {
                who: way.who.ids().collect(),
                public: way.public,
                range: way.range,
                flow: way.flow,
                port: way.port,
                pair: [Some(way.seen.clone()), None],
            });
            Ok(())
        });
        assert_eq!(answered.is_ok(), twin.vpcs.contains_key(&VPC));
        found.regions += 1;
        Audit { claims, context: format!("seed {seed}\n{}", pair.lines.join("\n")) }
    }

    pub(crate) fn compare(
        &self,
        twin: &Twin,
        asked: &Question,
        seen: &Option<Seen>,
        found: &mut Ways,
    ) {
        let place = asked.from.or_else(|| target_of(twin, asked));
        let elsewhere = place.and_then(|id| twin.vpc_of(id)) != Some(VPC);
        if elsewhere || twin.is_martian(VPC, asked.remote()) {
            return;
        }
        found.packets += 1;
        let way = seen.as_ref().filter(|seen| is_way(seen, asked.from.is_some()));
        let said = said(&self.claims, asked).and_then(|claim| claim.pair[0].as_ref());
        assert_eq!(said, way, "{asked:?}\n{}\n{:#?}", self.context, self.claims);
    }
}

fn is_way(seen: &Seen, is_sent: bool) -> bool {
    match seen.verdict.action {
        Action::Egress { .. } => true,
        Action::Drop(_) => false,
        _ => !is_sent,
    }
}

/// What the public address of a packet from the Internet is bound to.
fn target_of(twin: &Twin, asked: &Question) -> Option<Id> {
    let public = asked.header.destination;
    let bound = twin.eips.values().find(|eip| eip.address == public).and_then(|eip| eip.target);
    let own = |id: &Id| twin.address_of(*id) == Some(public) && !twin.interfaces.contains_key(id);
    bound.or_else(|| twin.balancers.keys().map(|id| id.id()).find(own))
}

/// What a campaign of proofs has met.
#[derive(Debug, Default)]
pub(crate) struct Proofs {
    regions: u64,
    packets: u64,
    proved: BTreeMap<&'static str, u64>,
    contradicted: BTreeMap<&'static str, u64>,
}

impl Proofs {
    pub(crate) fn check(&self) {
        assert_eq!(self.proved.len(), 7, "{self:?}");
        assert_eq!(self.contradicted.len(), 7, "{self:?}");
    }
}

/// Properties, and the packets of a slice by which each would be contradicted.
pub(crate) struct Claims {
    properties: Vec<(&'static str, Property, Option<Question>)>,
}

impl Claims {
    pub(crate) fn draw(pair: &Pair<'_>, small: &mut Small, found: &mut Proofs) -> Claims {
        found.regions += 1;
        let drawn = (0..7).map(|kind| property(kind, small)).filter(|(_, property)| {
            let exist = parts(property).into_iter().all(|id| exists(&pair.twin, id));
            let answered = answers::prove(&pair.region, property);
            assert_eq!(answered.is_ok(), exist, "{property:?}");
            exist
        });
        Claims { properties: drawn.map(|(name, property)| (name, property, None)).collect() }
    }

    pub(crate) fn note(
        &mut self,
        whole: &Asked,
        asked: &Question,
        seen: &Option<Seen>,
        found: &mut Proofs,
    ) {
        found.packets += 1;
        let Some(seen) = seen else { return };
        for (_, property, against) in &mut self.properties {
            if against.is_none() && contradicts(whole, property, asked, seen) {
                *against = Some(*asked);
            }
        }
    }

    pub(crate) fn settle(self, whole: &Asked, pair: &Pair<'_>, seed: u64, found: &mut Proofs) {
        for (name, property, against) in self.properties {
            let lines = || format!("seed {seed}: {property:?}\n{}", pair.lines.join("\n"));
            let Some(packets) = answers::prove(&pair.region, &property).unwrap() else {
                assert!(against.is_none(), "{against:?} {}", lines());
                *found.proved.entry(name).or_default() += 1;
                continue;
            };
            // What contradicts it may lie outside of the slice, but it must be what it says.
            for Packet { from, header, flow, seen } in &packets {
                let again = match from {
                    Some(from) => whole.sent(*from, header, *flow).unwrap(),
                    None => whole.received(header, *flow),
                };
                assert_eq!(&again, seen, "{}", lines());
            }
            let Packet { from, header, flow, ref seen } = packets[0];
            let asked = Question { from, header, flow, port: None };
            let shown = contradicts(whole, &property, &asked, seen);
            assert!(shown, "{asked:?} {packets:?} {}", lines());
            *found.contradicted.entry(name).or_default() += 1;
        }
    }
}

fn property(kind: u32, small: &mut Small) -> (&'static str, Property) {
    let mut id = |some: &[&str]| Id::parse(small.rng.pick(some)).unwrap();
    let subjects =
        ["vpc-1", "vsw-1", "vsw-2", "vsw-3", "i-1", "i-2", "i-3", "eni-1", "lb-1", "lb-2"];
    let hops = ["ipv4gw-1", "ipv4gw-1", "ep-1", "rtg-1", "ngw-1", "i-1", "eni-1"];
    let (subject, other, hop) = (id(&subjects), id(&subjects), id(&hops));
    match kind {
        0 => ("no-egress", Property::NoEgress(subject)),
        1 => ("unreachable", Property::Unreachable(subject)),
        2 => {
            let direction = Direction::Egress;
            ("only-via egress", Property::OnlyVia { hop, direction, subject })
        }
        3 => {
            let direction = Direction::Ingress;
            ("only-via ingress", Property::OnlyVia { hop, direction, subject })
        }
        4 => ("egress-only", Property::EgressOnly { subject, hop }),
        5 => ("isolated", Property::Isolated(subject, other)),
        _ => ("symmetric", Property::Symmetric(subject)),
    }
}

fn parts(property: &Property) -> Vec<Id> {
    match *property {
        Property::NoEgress(a) | Property::Unreachable(a) | Property::Symmetric(a) => vec![a],
        Property::Isolated(a, b) => vec![a, b],
        Property::OnlyVia { hop, subject, .. } | Property::EgressOnly { subject, hop } => {
            vec![hop, subject]
        }
    }
}

fn exists(twin: &Twin, id: Id) -> bool {
    twin.ids(id.kind).contains(&id)
}

/// Whether a packet shows that a property does not hold.
fn contradicts(whole: &Asked, property: &Property, asked: &Question, seen: &Seen) -> bool {
    let twin = &whole.now;
    let leaves = matches!(seen.verdict.action, Action::Egress { .. });
    let reached = match seen.verdict.action {
        Action::Deliver { target } => Some(target),
        _ => None,
    };
    let sent_by = |subject| asked.from.is_some_and(|from| is_in(twin, from, subject));
    let reaches = |subject| {
        asked.from.is_none() && reached.is_some_and(|target| is_in(twin, target, subject))
    };
    let escapes = |subject, hop| sent_by(subject) && leaves && !passes(twin, seen, subject, hop);
    let is_new = asked.flow == Flow::New;
    match *property {
        Property::NoEgress(subject) => sent_by(subject) && leaves,
        Property::Unreachable(subject) => is_new && reaches(subject),
        Property::OnlyVia { hop, direction: Direction::Egress, subject } => escapes(subject, hop),
        Property::OnlyVia { hop, direction: Direction::Ingress, subject } => {
            reaches(subject) && !passes(twin, seen, subject, hop)
        }
        Property::EgressOnly { subject, hop } => {
            is_new && reaches(subject) || escapes(subject, hop)
        }
        Property::Isolated(subject, other) => {
            sent_by(subject) && reached.is_some_and(|target| is_in(twin, target, other))
        }
        Property::Symmetric(subject) => {
            is_new
                && (sent_by(subject) && leaves || reaches(subject))
                && !comes_back(whole, asked, seen)
        }
    }
}

fn is_in(twin: &Twin, id: Id, subject: Id) -> bool {
    match subject.kind {
        Kind::Vpc => twin.vpc_of(id) == Some(VpcId(subject.number)),
        Kind::VSwitch => {
            let interface = twin.interfaces.get(&id);
            interface.is_some_and(|interface| interface.vswitch == VSwitchId(subject.number))
        }
        _ => id == subject,
    }
}

fn passes(twin: &Twin, seen: &Seen, subject: Id, hop: Id) -> bool {
    let vpc = match subject.kind {
        Kind::Vpc => Some(VpcId(subject.number)),
        Kind::VSwitch => twin.vswitches.get(&VSwitchId(subject.number)).map(|v| v.vpc),
        _ => twin.vpc_of(subject),
    };
    let via = |id: Id| seen.verdict.via.contains(&id);
    match hop.kind {
        Kind::Ipv4Gateway => {
            let own = twin.gateways.get(&GatewayId(hop.number)).map(|gateway| gateway.vpc);
            own == vpc && seen.verdict.paths.contains(&13)
        }
        Kind::RouteTargetGroup => {
            let group = &twin.groups[&RouteTargetGroupId(hop.number)];
            via(group.active.id()) || via(group.standby.id())
        }
        _ => via(hop),
    }
}

/// Whether the answer to the first packet of a flow comes through, by the same hops.
fn comes_back(whole: &Asked, asked: &Question, seen: &Seen) -> bool {
    let twin = &whole.now;
    let mut header = asked.header;
    if let Some(from) = asked.from {
        header.source = twin.address_of(from).unwrap();
    }
    let mut back = Header {
        source: header.destination,
        destination: header.source,
        source_port: header.destination_port,
        destination_port: header.source_port,
        ..header
    };
    let via: Vec<Id> = seen.verdict.via.iter().copied().collect();
    match (asked.from, seen.verdict.action) {
        (Some(from), Action::Egress { public }) => {
            back.destination = public;
            let answer = whole.received(&back, Flow::Reply).verdict;
            let nat = via.iter().rposition(|hop| hop.kind == Kind::NatGateway);
            let (end, mut outside) = match nat {
                // Whoever is before the NAT gateway does not see the answer.
                Some(0) => (via[0], via[1..].to_vec()),
                Some(_) => return false,
                None => (from, via.clone()),
            };
            outside.reverse();
            answer.action == Action::Deliver { target: end } && answer.via == *outside
        }
        (None, Action::Deliver { target }) => {
            let public = header.destination;
            back.source = twin.address_of(target).unwrap();
            if let Some(nat) = via.iter().find(|hop| hop.kind == Kind::NatGateway) {
                let forwards = twin.forward.iter().find(|((n, eip, protocol, port), _)| {
                    let number = match protocol {
                        sekisho::region::ForwardProtocol::Tcp => 6,
                        sekisho::region::ForwardProtocol::Udp => 17,
                        sekisho::region::ForwardProtocol::Any => 0,
                    };
                    n.id() == *nat
                        && twin.eips[eip].address == public
                        && number == header.protocol
                        && *port == header.destination_port
                });
                if let Some((_, to)) = forwards {
                    back.source_port = to.port;
                }
            }
            let Some(answer) = whole.sent(target, &back, Flow::Reply) else { return true };
            let back: Vec<Id> = via.into_iter().rev().collect();
            answer.verdict.action == Action::Egress { public } && answer.verdict.via == *back
        }
        _ => true,
    }
}
