//! Random scenarios: commands, packets that answer earlier ones, and time going on.

use std::boxed::Box;
use std::collections::VecDeque;
use std::string::String;
use std::vec::Vec;

use super::config::{Answer, Config, Next, Origin, Timeouts};
use super::packet::{ACK, FIN, ICMP, Packet, RST, SYN, TCP, Transport, Tuple, UDP};
use crate::addr::Addr;
use crate::model::ranges::OUTSIDE;
use crate::model::{Generator, Twin};
use crate::region::Command;

/// What a scenario is about. Room and time are not scarce together: which flow goes for want of
/// room is fixed only while none has ended by time without being noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Room for all flows, and time that reaches every time-out.
    Time,
    /// A few flows and hardly any time.
    Room,
}

/// A step of a scenario.
#[derive(Clone, Debug)]
pub enum Step {
    /// The region changes.
    Command(Box<Command>),
    /// A packet is somewhere.
    Packet {
        /// Where it is.
        from: Origin,
        /// The packet.
        packet: Packet,
        /// The clock; now and then earlier than it was.
        now: u64,
    },
    /// The first bytes of a packet, too few.
    Cut {
        /// Where it is.
        from: Origin,
        /// The packet.
        packet: Packet,
        /// How many of its bytes there are.
        bytes: usize,
        /// The clock.
        now: u64,
    },
}

/// A packet that has passed a step.
#[derive(Clone, Debug)]
struct Seen {
    from: Origin,
    packet: Packet,
    next: Next,
    after: Packet,
}

#[derive(Clone, Debug)]
enum Soon {
    Command(Box<Command>),
    Packet(Origin, Packet),
}

impl Soon {
    fn of(command: Command) -> Soon {
        Soon::Command(Box::new(command))
    }
}

/// Makes the steps of a seed.
#[derive(Clone, Debug)]
pub struct Scenario {
    seed: u64,
    generator: Generator,
    /// What decides when everything is set up, if anything but the seed does.
    script: Option<Vec<u8>>,
    kind: Kind,
    config: Config,
    steps: usize,
    now: u64,
    seen: Vec<Seen>,
    /// To come next.
    soon: VecDeque<Soon>,
    /// On their way between hops for longer.
    delayed: Vec<(Origin, Packet)>,
}

/// How many steps at first are mostly commands.
const SETTING_UP: usize = 90;
/// How many packets are remembered.
const MEMORY: usize = 40;

impl Scenario {
    /// The scenario of a seed.
    pub fn new(seed: u64, kind: Kind) -> Scenario {
        let mut generator = Generator::new(seed);
        let rng = generator.rng();
        let mut config = Config::new(match kind {
            Kind::Time => 2048,
            Kind::Room => 1 + rng.below(5) as usize,
        });
        // Four ports an address, now and then.
        if rng.chance(25) {
            config.instances = 16128;
            config.instance = rng.pick(&[0, 39000 / 4, 16127]);
        }
        let (seen, soon, delayed) = (Vec::new(), VecDeque::new(), Vec::new());
        // Now and then shortly before the clock's low word comes to its end.
        let now = if seed % 4 == 3 { (1 << 32) - 200 } else { 1_000 };
        Scenario { seed, generator, script: None, kind, config, steps: 0, now, seen, soon, delayed }
    }

    /// The scenario that begins as that of a seed; when everything is set up the bytes decide, until
    /// there are none left.
    pub fn scripted(seed: u64, kind: Kind, script: &[u8]) -> Scenario {
        Scenario { script: Some(script.to_vec()), ..Scenario::new(seed, kind) }
    }

    /// Whether the bytes of its script have come to an end.
    pub fn is_over(&self) -> bool {
        self.script.is_some() && self.steps > SETTING_UP && !self.generator.is_scripted()
    }

    /// What it is called.
    pub fn name(&self) -> String {
        std::format!("seed {} {:?}", self.seed, self.kind)
    }

    /// What the tables are made with.
    pub fn config(&self) -> Config {
        self.config
    }

    /// The clock.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The next step.
    pub fn step(&mut self, twin: &Twin) -> Step {
        self.steps += 1;
        if let Some(script) = self.script.as_ref().filter(|_| self.steps == SETTING_UP) {
            self.generator.rng().follow(script);
        }
        if self.soon.is_empty() && self.steps > SETTING_UP && self.chance(3) {
            self.move_address(twin);
        }
        match self.soon.pop_front() {
            Some(Soon::Command(command)) => return Step::Command(command),
            Some(Soon::Packet(from, packet)) => {
                return Step::Packet { from, packet, now: self.now };
            }
            None => {}
        }
        let commands = if self.steps < SETTING_UP { 92 } else { 6 };
        if self.chance(commands) {
            return Step::Command(Box::new(self.generator.command(twin)));
        }
        self.go_on();
        let (from, mut packet) = self.packet(twin);
        if self.chance(3) {
            packet.ttl = self.pick(&[0, 1, 2, 255]);
        }
        if self.chance(4) {
            packet.options = (0..self.pick(&[4, 8, 40])).map(|_| 1).collect();
        }
        if self.chance(1) {
            let bytes = self.below(packet.total_len() as u32) as usize;
            return Step::Cut { from, packet, bytes, now: self.now };
        }
        let earlier = if self.chance(2) { 500 } else { 0 };
        Step::Packet { from, packet, now: self.now - earlier }
    }

    /// Takes notice of what became of a packet.
    pub fn note(&mut self, from: Origin, packet: &Packet, answer: &Answer) {
        if let Some(hop) = answer.next.hop() {
            let (from, packet) = (from.at(hop), answer.packet.clone());
            if self.chance(90) {
                self.soon.push_front(Soon::Packet(from, packet));
            } else if self.chance(60) {
                self.delayed.push((from, packet));
            }
        }
        // What is dropped leads nowhere.
        if matches!(answer.next, Next::Drop(_)) && !self.chance(8) {
            return;
        }
        let (packet, after) = (packet.clone(), answer.packet.clone());
        self.seen.push(Seen { from, packet, next: answer.next, after });
        if self.seen.len() > MEMORY {
            let gone = self.below(MEMORY as u32) as usize;
            self.seen.remove(gone);
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.generator.rng().chance(percent)
    }

    fn below(&mut self, n: u32) -> u32 {
        self.generator.rng().below(n)
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        self.generator.rng().pick(items)
    }

    fn go_on(&mut self) {
        if self.kind == Kind::Room {
            self.now += u64::from(self.below(3));
            return;
        }
        let Timeouts { tcp_transitory, tcp_established, udp, icmp, fragment } =
            self.config.timeouts;
        let all = [tcp_transitory, tcp_established, udp, icmp, icmp, fragment];
        self.now += match self.below(100) {
            0..60 => 0,
            60..90 => u64::from(self.below(1000)),
            90..95 => u64::from(self.pick(&all)) / 2,
            _ => u64::from(self.pick(&all) + self.below(3) - 1),
        };
    }

    fn packet(&mut self, twin: &Twin) -> (Origin, Packet) {
        let seen = (!self.seen.is_empty()).then(|| {
            let index = self.below(self.seen.len() as u32) as usize;
            self.seen[index].clone()
        });
        match (self.below(100), seen) {
            (0..3, _) if !self.delayed.is_empty() => {
                let index = self.below(self.delayed.len() as u32) as usize;
                self.delayed.remove(index)
            }
            (3..18, Some(seen)) => self.again(twin, seen),
            (18..30, Some(seen)) => self.variation(seen),
            (30..64, Some(seen)) => self.answer(twin, seen),
            (64..74, Some(seen)) => self.error(twin, seen),
            (74..79, Some(seen)) => self.fragment(seen),
            (79..90, _) => self.internet_sends(twin),
            _ => self.inside_sends(twin),
        }
    }

    /// A public address that a flow has gets another target; then its packets come again.
    fn move_address(&mut self, twin: &Twin) {
        let left: Vec<Seen> =
            self.seen.iter().filter(|seen| seen.next == Next::Internet).cloned().collect();
        let moved = left.iter().filter_map(|seen| {
            let eip = twin.eips.iter().find(|(_, e)| e.address == seen.after.source)?;
            Some((*eip.0, seen.clone()))
        });
        let moved: Vec<_> = moved.collect();
        if moved.is_empty() {
            return;
        }
        let (eip, seen) = moved[self.below(moved.len() as u32) as usize].clone();
        // The entries of NAT gateways hold their addresses.
        let snat = twin.snat.iter().filter(|(_, held)| **held == eip).map(|(key, _)| *key);
        for (nat, prefix) in snat {
            self.soon.push_back(Soon::of(Command::DeleteSnatEntry { nat, prefix }));
        }
        for (nat, held, protocol, public_port) in twin.forward.keys().copied() {
            if held == eip {
                let command = Command::DeleteForwardEntry { nat, eip, protocol, public_port };
                self.soon.push_back(Soon::of(command));
            }
        }
        self.soon.push_back(Soon::of(Command::UnassociateEip(eip)));
        let kind = self.pick(&[true, true, false]);
        let target =
            if kind { self.generator.interface(twin) } else { self.generator.nat(twin).id() };
        self.soon.push_back(Soon::of(Command::AssociateEip { eip, target }));
        if let Some(((nat, prefix), _)) = twin.snat.iter().find(|(_, held)| **held == eip) {
            let nat = if kind { *nat } else { crate::addr::NatGatewayId(target.number) };
            let command = Command::CreateSnatEntry { nat, prefix: *prefix, eip };
            self.soon.push_back(Soon::of(command));
        }
        let (from, packet) =
            if self.chance(70) { self.answer(twin, seen) } else { self.again(twin, seen) };
        self.soon.push_back(Soon::Packet(from, packet));
    }

    fn inside_sends(&mut self, twin: &Twin) -> (Origin, Packet) {
        let (from, header, _) = self.generator.egress(twin);
        let tuple = Tuple {
            source: (header.source, header.source_port),
            destination: (header.destination, header.destination_port),
            protocol: header.protocol,
        };
        (Origin::Interface(from), self.first(tuple))
    }

    fn internet_sends(&mut self, twin: &Twin) -> (Origin, Packet) {
        let (header, _) = self.generator.ingress(twin);
        let tuple = Tuple {
            source: (header.source, header.source_port),
            destination: (header.destination, header.destination_port),
            protocol: header.protocol,
        };
        let hop = self.generator.interface(twin);
        let from = if self.chance(4) { Origin::InternetVia(hop) } else { Origin::Internet };
        (from, self.first(tuple))
    }

    /// A packet that may be the first of a flow.
    fn first(&mut self, tuple: Tuple) -> Packet {
        let (source, destination) = (tuple.source.1, tuple.destination.1);
        let transport = match tuple.protocol {
            TCP => Transport::Tcp { source, destination, flags: self.pick(&[SYN, SYN, SYN, ACK]) },
            UDP => Transport::Udp { source, destination, checksum: self.chance(75) },
            ICMP => {
                let kind = self.pick(&[8, 8, 8, 8, 13, 15, 17, 0, 9]);
                Transport::Icmp { kind, id: source }
            }
            other => Transport::Other(other),
        };
        let payload = self.payload();
        Packet {
            source: tuple.source.0,
            destination: tuple.destination.0,
            ttl: 64,
            identification: self.below(5) as u16,
            offset: 0,
            more: self.chance(12),
            options: Vec::new(),
            transport,
            payload,
        }
    }

    fn payload(&mut self) -> Vec<u8> {
        let length = self.pick(&[0, 1, 2, 8, 31]);
        let byte = self.pick(&[0, 0xFF, 0x5A]);
        (0..length).map(|n| byte ^ (n & 1)).collect()
    }

    fn flags(&mut self) -> u8 {
        self.pick(&[SYN, SYN | ACK, ACK, ACK, ACK, ACK, ACK, FIN | ACK, FIN | ACK, RST])
    }

    /// The same flow again, mostly from where it came.
    fn again(&mut self, twin: &Twin, seen: Seen) -> (Origin, Packet) {
        let mut packet = Packet { ttl: 64, ..seen.packet };
        if let Transport::Tcp { flags, .. } = &mut packet.transport {
            *flags = self.flags();
        }
        let from = match seen.from {
            Origin::Interface(_) if self.chance(8) => {
                Origin::Interface(self.generator.interface(twin))
            }
            from if self.chance(3) => from.at(self.generator.interface(twin)),
            from => from,
        };
        (from, packet)
    }

    /// The same sender to another destination, or another to the same.
    fn variation(&mut self, seen: Seen) -> (Origin, Packet) {
        let mut packet = Packet { ttl: 64, ..seen.packet };
        let ports = [packet.ports().0 ^ 1, packet.ports().0, 40000, 443];
        let port = self.pick(&ports);
        match &mut packet.transport {
            Transport::Tcp { source, flags, .. } => (*source, *flags) = (port, SYN),
            Transport::Udp { source, .. } => *source = port,
            Transport::Icmp { id, .. } => *id = port,
            _ => {}
        }
        if self.chance(70) {
            packet.destination = self.pick(&OUTSIDE[..4]);
        }
        (seen.from, packet)
    }

    /// Where the answer to a packet comes from.
    fn other_side(&mut self, twin: &Twin, next: Next) -> Origin {
        match next {
            Next::Internet => Origin::Internet,
            Next::Deliver(id) => Origin::Interface(id),
            _ => Origin::Interface(self.generator.sender(twin)),
        }
    }

    fn answer(&mut self, twin: &Twin, seen: Seen) -> (Origin, Packet) {
        let from = self.other_side(twin, seen.next);
        let flags = self.pick(&[SYN | ACK, SYN | ACK, ACK, ACK, FIN | ACK, RST]);
        let Packet { source, destination, .. } = seen.after;
        let transport = match seen.after.transport {
            Transport::Tcp { source, destination, .. } => {
                Transport::Tcp { source: destination, destination: source, flags }
            }
            Transport::Udp { source, destination, checksum } => {
                Transport::Udp { source: destination, destination: source, checksum }
            }
            Transport::Icmp { kind, id } => Transport::Icmp {
                kind: match kind {
                    8 => 0,
                    13 | 15 | 17 => kind + 1,
                    0 => 8,
                    14 | 16 | 18 => kind - 1,
                    other => other,
                },
                id,
            },
            other => other,
        };
        let (source, destination) = (destination, source);
        let payload = match transport {
            Transport::Error { .. } => Vec::new(),
            _ => self.payload(),
        };
        (from, Packet { source, destination, ttl: 64, transport, payload, ..seen.after })
    }

    /// An error about a packet, from its receiver or from someone on its way.
    fn error(&mut self, twin: &Twin, seen: Seen) -> (Origin, Packet) {
        let mut about = seen.after;
        let mut from = self.other_side(twin, seen.next);
        let (mut source, mut destination) = (about.destination, about.source);
        if self.chance(30) {
            (from, source) = match from {
                Origin::Interface(_) => {
                    let router = self.generator.interface(twin);
                    let own = twin.interfaces.get(&router).map(|i| i.address);
                    (Origin::Interface(router), own.unwrap_or(source))
                }
                _ => (from, Addr::new(9, 9, 9, 9)),
            };
        }
        if self.chance(3) {
            destination = self.pick(&OUTSIDE);
        }
        if matches!(about.transport, Transport::Error { .. }) && self.chance(80) {
            about.transport = Transport::Icmp { kind: 9, id: 0 };
        }
        about.ttl = self.pick(&[about.ttl, 0, 1]);
        // What shows half a checksum is left as it is: not what is tested here.
        let header = about.header_len();
        let shown = match self.below(20) {
            0 => self.pick(&[0, 12, 20, header, header + 4, header + 6]),
            1..12 => header + 8,
            12..14 => header + 16,
            14 => header + 20,
            _ => usize::MAX,
        };
        let kind = self.pick(&[3, 3, 3, 4, 5, 11, 11, 12]);
        let transport = Transport::Error { kind, about: Box::new(about), shown };
        let packet = Packet {
            source,
            destination,
            ttl: 64,
            identification: self.below(5) as u16,
            offset: 0,
            more: self.chance(15),
            options: Vec::new(),
            transport,
            payload: Vec::new(),
        };
        (from, packet)
    }

    /// Another fragment: mostly of a packet that was seen.
    fn fragment(&mut self, seen: Seen) -> (Origin, Packet) {
        let mut of = seen;
        if let Some(first) = self.seen.iter().rev().find(|seen| seen.packet.more) {
            of = first.clone();
        }
        let known = self.chance(85);
        let packet = Packet {
            ttl: 64,
            identification: if known { of.packet.identification } else { self.below(5) as u16 },
            offset: self.pick(&[1, 2, 185, 0x1FFF]),
            more: self.chance(50),
            transport: Transport::Later(of.packet.protocol()),
            payload: self.payload(),
            ..of.packet
        };
        (of.from, packet)
    }
}
