//! Real packets carried from step to step through random regions: where no NAT gateway is on the
//! way, the steps are the verdict's hops, and the last one is its action.

use sekisho::Memory;
use sekisho::addr::{EndpointId, Id, Kind};
use sekisho::limits::Profile;
use sekisho::model::{Generator, Twin};
use sekisho::packet::{Next, Origin, Outcome, Place, View, checksum, process};
use sekisho::region::{Command, Region};
use sekisho::resolve::{Action, DropReason, Flow, Header, MAX_VIA, Verdict};
use sekisho::tables::Tables;

const PROFILE: Profile = Profile { readers: 0, ..Profile::LARGE };

/// A packet with these facts.
fn packet(header: &Header) -> Vec<u8> {
    let mut bytes = vec![0; 40];
    bytes[0] = 0x45;
    bytes[3] = 40;
    bytes[8] = 64;
    bytes[9] = header.protocol;
    bytes[12..16].copy_from_slice(&header.source.0.to_be_bytes());
    bytes[16..20].copy_from_slice(&header.destination.0.to_be_bytes());
    let sum = checksum(&bytes[..20]);
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    if header.protocol != 1 {
        bytes[20..22].copy_from_slice(&header.source_port.to_be_bytes());
        bytes[22..24].copy_from_slice(&header.destination_port.to_be_bytes());
    }
    match header.protocol {
        6 => bytes[32] = 0x50,
        17 => bytes[25] = 20,
        _ => {}
    }
    bytes
}

#[derive(Debug, Default)]
struct Met {
    whole: usize,
    forwarded: usize,
    inspected: usize,
    uninspected: usize,
    translated: usize,
    drops_behind_a_step: usize,
    loops: usize,
    balancers: usize,
    /// Both directions of one flow at an appliance.
    both: usize,
}

/// Carries a packet on until it ends; gives the hops and the last step.
fn carry(
    tables: &Tables<'_>,
    origin: Origin,
    bytes: &mut [u8],
    flow: Flow,
    mut see: impl FnMut(Next),
) -> (Vec<Id>, Outcome) {
    let (mut from, mut hops) = (origin, Vec::new());
    loop {
        let before = bytes.to_vec();
        let outcome = process(tables, from, bytes, flow).unwrap();
        let hop = match outcome.next {
            Next::Forward(hop) => hop,
            Next::Inspect { endpoint, .. } => endpoint.id(),
            _ => return (hops, outcome),
        };
        see(outcome.next);
        assert_eq!(bytes, before);
        hops.push(hop);
        assert!(hops.len() <= MAX_VIA);
        let place = Place::from_id(hop).unwrap();
        from = match from {
            Origin::Interface(_) => Origin::Interface(place),
            _ => Origin::InternetVia(place),
        };
    }
}

/// One packet all the way. `inside` is its header with the private address.
fn follow(
    tables: &Tables<'_>,
    twin: &Twin,
    origin: Origin,
    header: &Header,
    flow: Flow,
    met: &mut Met,
    context: &str,
) -> Option<Verdict> {
    let mut bytes = packet(header);
    let header = View::new(&bytes).unwrap().header();
    let (verdict, inside) = match origin {
        Origin::Interface(place) => (tables.egress(place.id(), &header, flow)?, header),
        _ => {
            let mut bound = twin.eips.values().filter(|eip| eip.address == header.destination);
            let target = bound.next().and_then(|eip| eip.target);
            let private = target.and_then(|target| tables.address_of(target));
            let destination = private.unwrap_or(header.destination);
            (tables.ingress(&header, flow), Header { destination, ..header })
        }
    };
    let context = format!("{origin:?} {header:?} {flow:?} {verdict:?} {context}");
    let (hops, last) = carry(tables, origin, &mut bytes, flow, |next| match next {
        Next::Inspect { endpoint, appliance } => {
            met.inspected += 1;
            assert_eq!(Some(appliance), twin.appliance(endpoint, &inside), "{context}");
        }
        _ => met.forwarded += 1,
    });
    let is_inspected = |hop: &Id| {
        hop.kind != Kind::Endpoint || twin.appliance(EndpointId(hop.number), &inside).is_some()
    };
    let before_nat = verdict.via.iter().take_while(|hop| hop.kind != Kind::NatGateway);
    let stops: Vec<Id> = before_nat.copied().filter(is_inspected).collect();
    let has_nat = verdict.via.iter().any(|hop| hop.kind == Kind::NatGateway);
    if verdict.action == Action::Drop(DropReason::Loop) {
        assert_eq!((&hops[..], last.next), (&[][..], Next::Drop(DropReason::Loop)), "{context}");
        met.loops += 1;
        return Some(verdict);
    }
    assert_eq!(hops, stops, "{context}");
    if let Action::Drop(reason) = verdict.action {
        assert_eq!(last.next, Next::Drop(reason), "{context}");
        met.drops_behind_a_step += usize::from(!hops.is_empty());
        return Some(verdict);
    }
    if has_nat {
        assert!(matches!(last.next, Next::Translate(_)), "{context}");
        met.translated += 1;
        return Some(verdict);
    }
    met.whole += 1;
    met.uninspected += usize::from(verdict.via.iter().any(|hop| !is_inspected(hop)));
    assert_eq!(last.verdict.action, verdict.action, "{context}");
    let to_nat = |id: Id| id.kind == Kind::NatGateway && !matches!(origin, Origin::Interface(_));
    let rewritten = match (verdict.action, last.next) {
        (Action::Egress { public }, Next::Internet) => Header { source: public, ..header },
        (Action::Deliver { target }, Next::Translate(id)) if to_nat(id) => {
            assert_eq!(target, id);
            header
        }
        (Action::Deliver { target }, Next::Deliver(id)) => {
            assert_eq!(target, id);
            Header { destination: inside.destination, ..header }
        }
        (Action::Handoff { next_hop }, Next::Handoff(id)) => {
            assert_eq!(next_hop, id);
            header
        }
        (Action::Service, Next::Service) => header,
        (action, next) => panic!("{action:?} {next:?} {context}"),
    };
    assert_eq!(View::new(&bytes).unwrap().header(), rewritten, "{context}");
    Some(verdict)
}

fn run(seed: u64, met: &mut Met) {
    let memory = Box::new(Memory::<{ Region::footprint(&PROFILE) }>::new());
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
    for step in 0..300 {
        let command: Command = generator.command(&twin);
        let answer = region.apply(&command);
        assert_eq!(answer, twin.apply(&command));
        let tables = region.tables();
        let context = format!("seed {seed} step {step}");
        for _ in 0..8 {
            let (from, header, flow) = generator.egress(&twin);
            let Some(place) = Place::from_id(from) else { continue };
            let origin = Origin::Interface(place);
            let judged = follow(&tables, &twin, origin, &header, flow, met, &context);
            met.balancers += usize::from(judged.is_some() && from.kind == Kind::LoadBalancer);
            both_ways(&tables, origin, &header, judged.as_ref(), met);
            let (header, flow) = generator.ingress(&twin);
            let _ = follow(&tables, &twin, Origin::Internet, &header, flow, met, &context);
        }
    }
}

/// The answer to a packet that has left meets the same appliance, where it meets one of an endpoint
/// that the packet has met.
fn both_ways(
    tables: &Tables<'_>,
    origin: Origin,
    header: &Header,
    verdict: Option<&Verdict>,
    met: &mut Met,
) {
    let Some(Verdict { action: Action::Egress { public }, .. }) = verdict else { return };
    let (mut out, mut back) = (Vec::new(), Vec::new());
    let is_inspection = |next: &Next| matches!(next, Next::Inspect { .. });
    let _ = carry(tables, origin, &mut packet(header), Flow::New, |next| out.push(next));
    let answer = Header {
        source: header.destination,
        destination: *public,
        source_port: header.destination_port,
        destination_port: header.source_port,
        ..*header
    };
    let mut bytes = packet(&answer);
    let _ = carry(tables, Origin::Internet, &mut bytes, Flow::Reply, |next| back.push(next));
    for (out, back) in out
        .iter()
        .filter(|next| is_inspection(next))
        .flat_map(|out| back.iter().filter(|next| is_inspection(next)).map(move |back| (out, back)))
    {
        let (Next::Inspect { endpoint, appliance }, Next::Inspect { endpoint: e, appliance: a }) =
            (out, back)
        else {
            continue;
        };
        if endpoint == e {
            assert_eq!(appliance, a);
            met.both += 1;
        }
    }
}

#[test]
fn the_steps_chained_give_the_verdict() {
    let mut met = Met::default();
    for seed in 0..if cfg!(debug_assertions) { 60 } else { 200 } {
        run(seed, &mut met);
    }
    println!("{met:?}");
    let Met { whole, forwarded, inspected, uninspected, translated, .. } = met;
    let Met { drops_behind_a_step, loops, balancers, both, .. } = met;
    for (name, count) in [
        ("whole", whole),
        ("forwarded", forwarded),
        ("inspected", inspected),
        ("uninspected", uninspected),
        ("translated", translated),
        ("drops behind a step", drops_behind_a_step),
        ("loops", loops),
        ("balancers", balancers),
        ("both ways", both),
    ] {
        assert!(count > 10, "{name}: {count}");
    }
}
