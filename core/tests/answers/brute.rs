//! All packets of a slice, one after the other, against what a diff says of them.

use std::collections::BTreeSet;

use sekisho::addr::{Addr, Id, Kind};
use sekisho::answers::{self, Change, Range, Seen};
use sekisho::model::{Asked, Twin};
use sekisho::region::ForwardProtocol;
use sekisho::resolve::{Flow, Header};

use super::pair::{Pair, command_of};
use super::small::Small;

/// What a campaign has met, so that it cannot pass for want of anything to compare.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) regions: u64,
    pub(crate) refused: u64,
    pub(crate) empty: u64,
    pub(crate) packets: u64,
    pub(crate) changed: u64,
    pub(crate) ports: u64,
    pub(crate) stills: u64,
    pub(crate) sets: u64,
    pub(crate) switches: u64,
}

impl Found {
    pub(crate) fn check(&self) {
        let Found { regions, refused, empty, changed, ports, stills, sets, switches, .. } = *self;
        assert!(regions > 4 * refused && regions > empty, "{self:?}");
        let least = [changed, ports, stills, sets, switches].into_iter().min();
        assert!(least > Some(0), "{self:?}");
    }
}

/// A line of a diff, owned.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) who: Vec<Id>,
    pub(crate) public: Option<Addr>,
    pub(crate) range: Range,
    pub(crate) flow: Option<Flow>,
    pub(crate) port: Option<(u8, u16)>,
    pub(crate) pair: [Option<Seen>; 2],
}

impl Claim {
    /// A claim for each range of a line.
    pub(crate) fn of(change: &Change<'_>) -> Vec<Claim> {
        let claim = |&range| Claim {
            who: change.who.ids().collect(),
            public: change.public,
            range,
            flow: change.flow,
            port: change.port,
            pair: [change.was.clone(), change.now.clone()],
        };
        change.ranges.iter().map(claim).collect()
    }
}

/// A packet of which something may be said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    /// Who sends it, with its own address; `None`: it comes from the Internet.
    pub(crate) from: Option<Id>,
    pub(crate) header: Header,
    pub(crate) flow: Flow,
    pub(crate) port: Option<(u8, u16)>,
}

impl Question {
    /// The remote address.
    pub(crate) fn remote(&self) -> Addr {
        if self.from.is_some() { self.header.destination } else { self.header.source }
    }

    /// What the twin says; a sender that it does not have is `None`.
    pub(crate) fn seen(&self, asked: &Asked) -> Option<Seen> {
        match self.from {
            None => Some(asked.received(&self.header, self.flow)),
            Some(from) => {
                let header = Header { source: asked.now.address_of(from)?, ..self.header };
                asked.sent(from, &header, self.flow)
            }
        }
    }
}

/// Every packet of a slice, and some others.
pub(crate) fn packets(twins: [&Twin; 2], small: &mut Small, see: &mut dyn FnMut(&Question)) {
    let mut points: Vec<Addr> = small.slice().collect();
    points.extend((0..24).map(|_| small.address()));
    points.extend([Addr(0), Addr(u32::MAX), Addr::new(8, 8, 8, 8), Addr::new(224, 0, 0, 1)]);
    packets_at(twins, &points, see);
}

/// Every packet to or from some addresses.
pub(crate) fn packets_at(twins: [&Twin; 2], points: &[Addr], see: &mut dyn FnMut(&Question)) {
    let ports = ports_of(twins);
    for (flow, port, is_sent) in kinds(&ports) {
        let (protocol, number) = port.unwrap_or((1, 0));
        // The other side's port must not count.
        let header = |source, destination| Header {
            source,
            destination,
            protocol,
            source_port: number,
            destination_port: number,
        };
        for from in senders(twins).into_iter().filter(|_| is_sent).map(Some) {
            for &address in points {
                see(&Question { from, header: header(Addr(0), address), flow, port });
            }
        }
        for public in publics(twins).into_iter().filter(|_| !is_sent) {
            // Packets to what is bound to nothing all meet the same end.
            let is_bound = twins.iter().any(|twin| twin.is_bound(public));
            let step = if is_bound { 1 } else { 16 };
            for &address in points.iter().step_by(step) {
                let header = header(address, public);
                see(&Question { from: None, header, flow, port });
            }
        }
    }
}

/// What a diff says of a command.
pub(crate) struct Diff {
    claims: Vec<Claim>,
    /// Whether there is anything to compare.
    pub(crate) is_accepted: bool,
    /// The region as it would be.
    pub(crate) after: Twin,
    context: String,
}

impl Diff {
    pub(crate) fn ask(pair: &mut Pair<'_>, line: &str, seed: u64, found: &mut Found) -> Diff {
        let command = command_of(line);
        let mut after = pair.twin.clone();
        let accepted = after.apply(&command);
        let (hash, usage) = (pair.region.hash(), pair.region.usage().collect::<Vec<_>>());
        let mut claims = Vec::new();
        let answered = answers::diff(&mut pair.region, &command, &mut |change| {
            claims.extend(Claim::of(change));
            Ok(())
        });
        let context = format!("seed {seed}: diff {line}\nafter\n{}\n", pair.lines.join("\n"));
        assert_eq!(pair.region.hash(), hash, "{context}");
        assert_eq!(pair.region.usage().collect::<Vec<_>>(), usage, "{context}");
        assert_eq!(answered.map(|written| written.is_ok()), accepted.map(|()| true), "{context}");
        found.regions += 1;
        found.refused += u64::from(accepted.is_err());
        found.empty += u64::from(accepted.is_ok() && claims.is_empty());
        Diff { claims, is_accepted: accepted.is_ok(), after, context }
    }

    pub(crate) fn compare(
        &self,
        asked: &Question,
        expected: &[Option<Seen>; 2],
        found: &mut Found,
    ) {
        compare(expected, said(&self.claims, asked), found, &|| {
            format!("{}{asked:?}\n{:#?}", self.context, self.claims)
        });
    }
}

fn compare(
    expected: &[Option<Seen>; 2],
    said: Option<&Claim>,
    found: &mut Found,
    context: &dyn Fn() -> String,
) {
    found.packets += 1;
    let [was, now] = expected;
    match said {
        None => assert_eq!(was, now, "nothing said: {}", context()),
        Some(claim) => {
            assert_eq!(&claim.pair, expected, "{}", context());
            let still = was == now;
            // Such a line is there for a port alone.
            assert!(!still || claim.port.is_some(), "{}", context());
            found.changed += 1;
            found.stills += u64::from(still);
            found.ports += u64::from(claim.port.is_some());
            let has_set = |seen: &Option<Seen>| seen.as_ref().is_some_and(|s| s.set.is_some());
            found.sets += u64::from(has_set(was) || has_set(now));
            let switches = |seen: &Option<Seen>| {
                seen.as_ref().is_some_and(|s| s.to_string().contains("MODE_SWITCH"))
            };
            found.switches += u64::from(switches(was) || switches(now));
        }
    }
}

/// The line that is about a packet: that of its port, else that of all others.
pub(crate) fn said<'c>(claims: &'c [Claim], asked: &Question) -> Option<&'c Claim> {
    let about = |claim: &&Claim| {
        let who = match asked.from {
            Some(from) => claim.public.is_none() && claim.who.contains(&from),
            None => claim.public == Some(asked.header.destination),
        };
        let holds = claim.range.first <= asked.remote() && asked.remote() <= claim.range.last;
        who && holds && claim.flow.is_none_or(|flow| flow == asked.flow)
    };
    let of_port = |port| {
        let mut lines = claims.iter().filter(about).filter(move |claim| claim.port == port);
        let first = lines.next();
        assert!(lines.next().is_none(), "said twice: {first:?}");
        first
    };
    of_port(asked.port).or_else(|| of_port(None))
}

fn senders(twins: [&Twin; 2]) -> BTreeSet<Id> {
    let kinds = [Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer];
    twins.iter().flat_map(|twin| kinds.into_iter().flat_map(|kind| twin.ids(kind))).collect()
}

/// Every public address that something has, bound or not.
fn publics(twins: [&Twin; 2]) -> BTreeSet<Addr> {
    let eips = twins.iter().flat_map(|twin| twin.eips.values().map(|eip| eip.address));
    let balancers = twins.iter().flat_map(|twin| {
        let ids = twin.balancers.keys().filter(|id| !twin.interfaces.contains_key(&id.id()));
        ids.filter_map(|id| twin.address_of(id.id()))
    });
    eips.chain(balancers).collect()
}

/// The protocols and ports that entries name on either side, and one that none does.
fn ports_of(twins: [&Twin; 2]) -> BTreeSet<(u8, u16)> {
    let mut ports: BTreeSet<(u8, u16)> = BTreeSet::new();
    for ((_, _, protocol, public_port), to) in twins.iter().flat_map(|twin| &twin.forward) {
        let number = match protocol {
            ForwardProtocol::Tcp => 6,
            ForwardProtocol::Udp => 17,
            ForwardProtocol::Any => continue,
        };
        ports.extend([(number, *public_port), (number, to.port)]);
    }
    if !ports.is_empty() {
        ports.insert((6, 7));
    }
    ports
}

/// A flow, a port, and whether it is about packets that are sent.
type Kinds = (Flow, Option<(u8, u16)>, bool);

/// Flows and ports of packets that are sent, and of those that are received.
fn kinds(ports: &BTreeSet<(u8, u16)>) -> Vec<Kinds> {
    let mut kinds = Vec::new();
    for (flow, is_sent) in
        [Flow::New, Flow::Reply].into_iter().flat_map(|f| [(f, true), (f, false)])
    {
        kinds.push((flow, None, is_sent));
        kinds.extend(ports.iter().map(|&port| (flow, Some(port), is_sent)));
    }
    kinds
}
