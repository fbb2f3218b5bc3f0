//! Packets of any form, through a table of a few flows: what holds of every packet, whatever came before.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use sekisho::addr::{EndpointId, Id, InstanceId, Kind, LoadBalancerId, NetworkInterfaceId};
use sekisho::flow::{Config, FlowTable, Packet, Steering};
use sekisho::packet::{MAX_ANSWER, Next, Origin, Place, time_exceeded};
use sekisho::region::Region;
use sekisho::resolve::DropReason;

use crate::bytes::Bytes;
use crate::{commands, memory, world};
use oracles::{Counted, Step};
use wire::{ICMP, Layout, Spec, TCP, UDP, address, get, is_error, put, repair};

mod oracles;
mod start;
mod wire;

const MAX_STEPS: usize = 200;
/// How many packets are remembered.
const SEEN: usize = 16;
/// How far a packet is carried on.
const MAX_HOPS: usize = 6;
/// Instances that packets are steered to.
const INSTANCES: u16 = 3;

/// How often each step has been answered, and each reason of a drop been given.
static MET: [AtomicU64; 7 + DropReason::ALL.len()] =
    [const { AtomicU64::new(0) }; 7 + DropReason::ALL.len()];

/// The names of the steps that packets were answered in this process, and of the reasons for which they
/// were dropped, and how often.
pub fn packets() -> impl Iterator<Item = (&'static str, u64)> {
    let names = oracles::STEPS.into_iter();
    let names = names.chain(DropReason::ALL.iter().map(|reason| reason.name()));
    names.zip(&MET).map(|(name, count)| (name, count.load(Ordering::Relaxed)))
}

/// Runs a program of packets, commands and leaps of the clock.
pub fn packet(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let words = start::region(bytes.below(start::CHOICES));
    let region_memory: Vec<AtomicU32> = words.iter().copied().map(AtomicU32::new).collect();
    let config = start::config(&mut bytes);
    let flow_memory = memory(config.footprint());
    let steered = Config { instances: INSTANCES, fragments: 4, ..config };
    let steering_memory = memory(Steering::footprint(4));
    let mut machine = Machine {
        region: Region::attach(&region_memory).expect("a copied region"),
        flow_memory: &flow_memory,
        flows: FlowTable::init(&flow_memory, &config).expect("memory of the footprint"),
        steering: Steering::init(&steering_memory, &steered).expect("memory of the footprint"),
        now: 1_000,
        seen: Vec::new(),
        counted: Counted::default(),
        ends_at_once: config.timeouts.udp == 0,
    };
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        machine.step(&mut bytes);
    }
    machine.counted.check(&machine.flows);
}

/// A packet, and what became of it.
#[derive(Clone)]
struct Seen {
    from: Origin,
    before: Vec<u8>,
    next: Next,
    after: Vec<u8>,
}

struct Machine<'m> {
    region: Region<'m>,
    flow_memory: &'m [AtomicU32],
    flows: FlowTable<'m>,
    steering: Steering<'m>,
    now: u64,
    seen: Vec<Seen>,
    counted: Counted,
    /// Whether no flow outlives the millisecond of its packet.
    ends_at_once: bool,
}

impl Machine<'_> {
    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let (from, mut packet) = match bytes.below(32) {
            0 => {
                let _ = self.region.apply(&commands::command(bytes));
                return;
            }
            1 => {
                let line = bytes.pick(&LINES);
                for command in world::commands(line) {
                    let _ = self.region.apply(&command);
                }
                return;
            }
            2 | 3 => return self.turn_clock(bytes),
            4 => return self.tend(bytes),
            5 => return self.burst(bytes),
            6..10 => self.inside_sends(bytes),
            10..13 => internet_sends(bytes),
            13 => {
                let count = bytes.below(80);
                (origin(bytes), (0..count).map(|_| bytes.byte()).collect())
            }
            14..20 => self.answer(bytes),
            20..24 => self.error(bytes),
            24 | 25 => self.fragment(bytes),
            _ => self.again(bytes),
        };
        mutate(&mut packet, bytes);
        self.carry(from, packet, bytes);
    }

    /// Passes a packet, and mostly carries it on to where it has to go.
    fn carry(&mut self, from: Origin, packet: Vec<u8>, bytes: &mut Bytes<'_>) {
        let (mut from, mut packet) = (from, packet);
        for _ in 0..MAX_HOPS {
            let Some(next) = self.process(from, &mut packet) else { return };
            let hop = match next {
                Next::Forward(id) => id,
                Next::Inspect { endpoint, .. } => endpoint.id(),
                _ => return,
            };
            if bytes.below(8) == 0 {
                return;
            }
            let place =
                Place::from_id(hop).expect("packets are carried to interfaces and endpoints");
            from = match from {
                Origin::Interface(_) => Origin::Interface(place),
                _ => Origin::InternetVia(place),
            };
        }
    }

    fn process(&mut self, from: Origin, packet: &mut Vec<u8>) -> Option<Next> {
        let before = packet.clone();
        let tables = self.region.tables();
        let owner = self.steering.owner_of(&tables, from, packet, self.now);
        assert!(owner.is_none_or(|owner| owner < INSTANCES), "no such instance: {owner:?}");
        let stats = self.flows.stats();
        let next = self.flows.process(&tables, from, packet, self.now);
        let step = Step { from, before: &before, after: packet, next };
        step.check_bytes();
        step.check_table(&stats, &self.flows);
        self.counted.note(&step);
        if Layout::of(&before).is_some() {
            assert_eq!(owner.is_none(), next.is_none(), "from what exists or not");
        }
        if next == Some(Next::Drop(DropReason::TtlExpired)) {
            answer_expired(&before);
        }
        let after = packet.clone();
        let next = next?;
        MET[oracles::kind(&next)].fetch_add(1, Ordering::Relaxed);
        if let Next::Drop(reason) = next {
            let at = DropReason::ALL.iter().position(|other| *other == reason);
            MET[7 + at.expect("one of all")].fetch_add(1, Ordering::Relaxed);
        }
        if self.seen.len() == SEEN {
            self.seen.remove(0);
        }
        self.seen.push(Seen { from, before, next, after });
        Some(next)
    }

    fn turn_clock(&mut self, bytes: &mut Bytes<'_>) {
        let most = u64::MAX;
        self.now = match bytes.below(24) {
            0..14 => self.now.saturating_add(bytes.byte().into()),
            14..18 => {
                let steps = [5, 10, 20, 30, 60, 60_000, 240_000, 300_000, 7_440_000, 1 << 32];
                self.now.saturating_add(bytes.pick(&steps))
            }
            18 => self.now.saturating_sub(bytes.byte().into()),
            19 => bytes.word().into(),
            20 => u64::from(bytes.word()) << 32 | u64::from(bytes.word()),
            21 => bytes.pick(&[0, most, most - 1, (1 << 48) - 1, 1 << 48, (1 << 32) - 1, 1 << 63]),
            _ => self.now.saturating_add(1),
        };
    }

    /// The table by another handle, or ended flows swept.
    fn tend(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(4) {
            0 => self.flows = FlowTable::attach(self.flow_memory).expect("a table that was made"),
            1 => {
                let limit = bytes.pick(&[0, 1, 2, u32::MAX]);
                assert!(self.flows.expire(self.now, limit) <= limit.min(8 * 5));
            }
            _ => self.counted.check(&self.flows),
        }
        assert_eq!(self.flows.check(), Ok(()));
    }

    /// Earlier packets in a burst: all as one by one. Nothing is due then, which a burst sweeps once.
    fn burst(&mut self, bytes: &mut Bytes<'_>) {
        if self.ends_at_once {
            return;
        }
        self.flows.expire(self.now, u32::MAX);
        let count = (bytes.below(5) * 3).min(self.seen.len());
        let from = bytes.below(self.seen.len() + 1);
        let packets: Vec<Seen> = self.seen.iter().cycle().skip(from).take(count).cloned().collect();
        let tables = self.region.tables();
        let words = self.flow_memory.iter().map(|word| word.load(Ordering::Relaxed));
        let copy: Vec<AtomicU32> = words.map(AtomicU32::new).collect();
        let mut other = FlowTable::attach(&copy).expect("a copied table");
        let mut buffers: Vec<Vec<u8>> = packets.iter().map(|seen| seen.before.clone()).collect();
        let mut burst: Vec<Packet<'_>> = packets
            .iter()
            .zip(&mut buffers)
            .map(|(seen, bytes)| Packet { from: seen.from, bytes, next: None })
            .collect();
        other.process_burst(&tables, &mut burst, self.now);
        let nexts: Vec<Option<Next>> = burst.iter().map(|packet| packet.next).collect();
        for ((seen, after), next) in packets.into_iter().zip(&buffers).zip(nexts) {
            let mut packet = seen.before;
            assert_eq!(self.process(seen.from, &mut packet), next, "one by one and in a burst");
            assert_eq!(packet, *after, "one by one and in a burst");
        }
        assert_eq!(other.check(), Ok(()), "after a burst");
        self.counted.check(&other);
        if count > 0 {
            assert_eq!(self.flows.stats(), other.stats(), "one by one and in a burst");
        }
    }

    fn inside_sends(&mut self, bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
        let place = place(bytes);
        let own = self.region.tables().address_of(place.id());
        let foreign = bytes.below(8) == 0;
        let source = own.filter(|_| !foreign).unwrap_or_else(|| bytes.addr());
        let destination = if bytes.below(4) == 0 { bytes.addr() } else { far(bytes) };
        (Origin::Interface(place), spec(bytes, source.0, destination.0).build())
    }

    fn earlier(&self, bytes: &mut Bytes<'_>) -> Option<Seen> {
        // Mostly one of the last.
        let back = bytes.below(4 * SEEN);
        let back = if back < SEEN { back } else { back % 3 };
        self.seen.iter().rev().nth(back).or(self.seen.last()).cloned()
    }

    /// The other side's answer to an earlier packet.
    fn answer(&mut self, bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
        let Some(seen) = self.earlier(bytes) else { return internet_sends(bytes) };
        let from = other_side(&seen, bytes);
        let Some(layout) = Layout::of(&seen.after) else { return (from, seen.after) };
        let mut spec = spec_of(&seen.after, &layout, bytes);
        (spec.source, spec.destination) = (spec.destination, spec.source);
        spec.ports = (spec.ports.1, spec.ports.0);
        spec.kind = match spec.kind {
            8 => 0,
            0 => 8,
            kind @ (13 | 15 | 17) => kind + 1,
            kind @ (14 | 16 | 18) => kind - 1,
            kind => kind,
        };
        (from, spec.build())
    }

    /// An earlier packet again, with other flags.
    fn again(&mut self, bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
        let Some(seen) = self.earlier(bytes) else { return self.inside_sends(bytes) };
        let from = if bytes.below(8) == 0 { origin(bytes) } else { seen.from };
        match Layout::of(&seen.before) {
            Some(layout) if bytes.below(4) > 0 => {
                (from, spec_of(&seen.before, &layout, bytes).build())
            }
            _ => (from, seen.before),
        }
    }

    /// An ICMP error about an earlier packet, of which anything may be shown.
    fn error(&mut self, bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
        let Some(seen) = self.earlier(bytes) else { return internet_sends(bytes) };
        let mut from = other_side(&seen, bytes);
        let mut about = seen.after;
        if about.len() < 20 {
            return (from, about);
        }
        let (mut source, mut destination) = (address(&about, 16), address(&about, 12));
        match bytes.below(16) {
            0 => source = bytes.addr().0,
            1 => destination = bytes.addr().0,
            2 | 3 => {
                // From someone on its way.
                from = if matches!(from, Origin::Interface(_)) {
                    Origin::Interface(place(bytes))
                } else {
                    from
                };
                let id = if let Origin::Interface(place) = from { Some(place.id()) } else { None };
                let own = id.and_then(|id| self.region.tables().address_of(id));
                source = own.unwrap_or(far(bytes)).0;
            }
            _ => {}
        }
        let header = usize::from(about[0] & 15) * 4;
        let shown = match bytes.below(8) {
            0..4 => header + 8,
            4 => bytes.byte().into(),
            5 => header + bytes.below(20),
            _ => usize::MAX,
        };
        about.truncate(shown);
        if bytes.below(8) == 0 {
            mutate(&mut about, bytes);
        }
        let kind = bytes.pick(&[3, 3, 3, 11, 11, 4, 5, 12, 3, 9]);
        let mut spec = spec(bytes, source, destination);
        spec = Spec { protocol: ICMP, kind, payload: about, fragment: 0, ..spec };
        (from, spec.build())
    }

    /// A fragment of an earlier packet: the first, or a later one.
    fn fragment(&mut self, bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
        let Some(seen) = self.earlier(bytes) else { return self.inside_sends(bytes) };
        let mut packet = seen.before;
        let Some(layout) = Layout::of(&packet) else { return (seen.from, packet) };
        let fragment = bytes.pick(&[0x2000, 0x2000, 1, 0x2001, 0x1FFF, 185]);
        put(&mut packet, 6, fragment);
        if fragment & 0x1FFF != 0 {
            packet.truncate(layout.header);
            packet.extend((0..bytes.below(20)).map(|n| n as u8));
            let length = packet.len() as u16;
            put(&mut packet, 2, length);
        }
        repair(&mut packet, true);
        (seen.from, packet)
    }
}

/// Changes that move something away from under flows, and back.
const LINES: [&str; 22] = [
    "unassociate-eip eip-6\nassociate-eip eip-6 i-4",
    "unassociate-eip eip-6\nassociate-eip eip-6 i-0",
    "unassociate-eip eip-1\nassociate-eip eip-1 i-3",
    "unassociate-eip eip-1\nassociate-eip eip-1 i-1",
    "delete-snat-entry ngw-1 10.0.0.0/16\ncreate-snat-entry ngw-1 10.0.0.0/16 eip-3",
    "delete-snat-entry ngw-1 10.0.0.0/16\ncreate-snat-entry ngw-1 10.0.0.0/16 eip-2",
    "create-snat-entry ngw-1 10.0.2.10/32 eip-5",
    "delete-forward-entry ngw-1 eip-3 tcp 443",
    "create-forward-entry ngw-1 eip-2 udp 5353 10.0.2.11 53",
    "create-forward-entry ngw-1 eip-3 tcp 443 10.0.2.11 80",
    "set-appliance app-1 unhealthy",
    "set-appliance app-1 healthy\nset-appliance app-2 unhealthy",
    "region ingress=deliver-local",
    "region ingress=drop-unsolicited",
    "delete-instance i-4",
    "create-instance i-4 vsw-3 10.0.2.11",
    "set-forward i-1 on\ncreate-route-entry vtb-4 8.0.0.0/8 i-1",
    "modify-route-entry vtb-4 0.0.0.0/0 ipv4gw-1",
    "delete-ipv4-gateway ipv4gw-1 mode=private",
    "delete-ipv4-gateway ipv4gw-1 mode=public",
    "dissociate-route-table-from-gateway vtb-6 ipv4gw-1\ndelete-ipv4-gateway ipv4gw-1 mode=private",
    "create-ipv4-gateway ipv4gw-1 vpc-1\ncreate-route-entry vtb-3 8.0.0.0/7 ipv4gw-1",
];

/// Something that packets come from.
fn place(bytes: &mut Bytes<'_>) -> Place {
    let number = bytes.byte();
    let of = |count: u8| u16::from(number / 16 % count);
    match number % 16 {
        0..10 => Place::Instance(InstanceId(of(5))),
        10 | 11 => Place::NetworkInterface(NetworkInterfaceId(of(3))),
        12 | 13 => Place::Endpoint(EndpointId(of(4))),
        _ => Place::LoadBalancer(LoadBalancerId(of(4))),
    }
}

fn origin(bytes: &mut Bytes<'_>) -> Origin {
    match bytes.below(4) {
        0 => Origin::Internet,
        1 => Origin::InternetVia(place(bytes)),
        _ => Origin::Interface(place(bytes)),
    }
}

/// Where an answer to a packet comes from.
fn other_side(seen: &Seen, bytes: &mut Bytes<'_>) -> Origin {
    let of = |id: Id| Place::from_id(id).map(Origin::Interface);
    match seen.next {
        Next::Internet => Origin::Internet,
        Next::Deliver(id) if id.kind != Kind::NatGateway => of(id).unwrap_or(Origin::Internet),
        _ => origin(bytes),
    }
}

/// A host of the Internet.
fn far(bytes: &mut Bytes<'_>) -> sekisho::addr::Addr {
    let [a, b, c, d] = bytes.pick(&[[8, 8, 8, 8], [8, 8, 8, 8], [9, 9, 9, 9]]);
    sekisho::addr::Addr::new(a, b, c, d)
}

fn internet_sends(bytes: &mut Bytes<'_>) -> (Origin, Vec<u8>) {
    let source = if bytes.below(8) == 0 { bytes.addr() } else { far(bytes) };
    let last = bytes.pick(&[1, 2, 3, 4, 5, 6, 9, 7]);
    let from = if bytes.below(8) == 0 { origin(bytes) } else { Origin::Internet };
    let mut spec = spec(bytes, source.0, 0x2F00_0000 | last);
    // To the ports of forwardings, now and then.
    spec.ports.1 = if bytes.below(3) == 0 { spec.ports.1 } else { 443 };
    (from, spec.build())
}

const PORTS: [u16; 12] = [53, 443, 80, 5353, 1024, 1025, 40000, 40001, 40002, 65535, 0, 1023];
const TTLS: [u8; 8] = [64, 64, 64, 64, 2, 1, 0, 255];
const FLAGS: [u8; 8] = [2, 0x12, 0x10, 0x10, 0x11, 4, 0x14, 0];

fn spec(bytes: &mut Bytes<'_>, source: u32, destination: u32) -> Spec {
    let (kinds, more) = (bytes.byte(), bytes.byte());
    let ports = (bytes.pick(&PORTS), bytes.pick(&PORTS));
    let queries = [8, 8, 8, 13, 15, 17, 0, 9];
    let rest = bytes.byte();
    Spec {
        source,
        destination,
        protocol: [TCP, TCP, UDP, UDP, UDP, ICMP, ICMP, 47][usize::from(kinds & 7)],
        ports,
        flags: FLAGS[usize::from(more & 7)],
        kind: queries[usize::from(more & 7)],
        rest: u32::from(ports.0) << 16 | u32::from(rest),
        ttl: TTLS[usize::from(kinds >> 3 & 7)],
        identification: u16::from(rest & 3),
        fragment: if more & 0xF0 == 0x10 { 0x2000 } else { u16::from(more & 0x80) << 7 },
        options: if kinds >> 6 == 3 { usize::from(rest & 3) * 12 + 4 } else { 0 },
        without_checksum: more & 8 != 0,
        payload: (0..rest >> 4).map(|n| n ^ rest).collect(),
    }
}

/// What an earlier packet was made of, with other flags and lengths.
fn spec_of(packet: &[u8], layout: &Layout, bytes: &mut Bytes<'_>) -> Spec {
    let mut spec = spec(bytes, address(packet, 12), address(packet, 16));
    spec.protocol = layout.protocol;
    if layout.offset != 0 {
        return spec;
    }
    let at = layout.header;
    match layout.protocol {
        TCP | UDP => spec.ports = (get(packet, at), get(packet, at + 2)),
        ICMP => {
            spec.kind = packet[at];
            spec.rest = address(packet, at + 4);
            if is_error(spec.kind) {
                spec.payload = packet[at + 8..layout.total].to_vec();
            }
        }
        _ => {}
    }
    spec
}

/// Sometimes a change somewhere, with or without right checksums afterwards; or link padding; or the end
/// cut off.
fn mutate(packet: &mut Vec<u8>, bytes: &mut Bytes<'_>) {
    let choice = bytes.below(32);
    if packet.is_empty() || choice < 20 {
        return;
    }
    let at = usize::from(bytes.byte()) % packet.len();
    match choice {
        20..26 => packet[at] = bytes.byte(),
        26 => packet[at] ^= 1 << bytes.below(8),
        27 => packet.truncate(at),
        28 | 29 => packet.extend((0..at).map(|n| n as u8)),
        // A wrong checksum.
        _ => {
            let Some(layout) = Layout::of(packet) else { return };
            let at = layout.header + [16, 6, 2][bytes.below(3)];
            if at < layout.total {
                packet[at] ^= bytes.byte();
            }
            return;
        }
    }
    if bytes.below(4) > 0 {
        repair(packet, true);
    }
}

/// The answer to a packet whose time was over is a packet.
fn answer_expired(packet: &[u8]) {
    let mut answer = [0xEE; MAX_ANSWER + 8];
    let router = sekisho::addr::Addr::new(10, 0, 0, 1);
    for room in [MAX_ANSWER + 8, 60, 27] {
        if let Ok(length) = time_exceeded(packet, router, &mut answer[..room]) {
            let layout = Layout::of(&answer[..length]).expect("the answer is a packet");
            assert_eq!(layout.total, length);
            assert_eq!(wire::destination(&answer), wire::source(packet));
            let right = wire::Residues::of(&answer, &layout);
            assert!(right.are_right(), "{right:?}");
        }
    }
}

#[test]
fn every_change_is_a_line() {
    for line in LINES {
        assert!(world::commands(line).count() > 0);
    }
}
