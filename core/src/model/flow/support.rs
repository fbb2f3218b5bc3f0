//! Short forms for the tests of the flow model.

use std::boxed::Box;
use std::vec::Vec;

use super::*;
use crate::addr::Addr;
use crate::model::Twin;
use crate::model::fixture::*;
use crate::region::Command;
use crate::resolve::DropReason;

/// The base topology and a flow table. i-1 has 47.0.0.1; i-2 and i-3 are behind ngw-1, 47.0.0.2.
pub(super) struct World {
    pub twin: Twin,
    pub model: FlowModel,
    pub now: u64,
}

impl World {
    /// The gateway is enabled, with room for so many flows.
    pub(super) fn with_room(flows: usize) -> World {
        let mut twin = base();
        run(&mut twin, &[plain(create(1, 1)), plain(enable(1, &[11, 12]))]);
        World { twin, model: FlowModel::new(Config::new(flows)), now: 0 }
    }

    pub(super) fn new() -> World {
        World::with_room(100)
    }

    /// As [`World::new`], and packets from the Internet are delivered without a gateway table.
    pub(super) fn open() -> World {
        let mut world = World::new();
        world.change(&[options(|options| options.deliver_local = Some(true))]);
        world
    }

    pub(super) fn change(&mut self, commands: &[Command]) {
        run(&mut self.twin, commands);
    }

    pub(super) fn step(&mut self, from: Origin, packet: &Packet) -> Answer {
        self.model.process(&self.twin, from, packet, self.now).unwrap()
    }

    /// An instance sends.
    pub(super) fn send(&mut self, from: &str, packet: &Packet) -> Answer {
        self.step(Origin::Interface(id(from)), packet)
    }

    /// The Internet sends.
    pub(super) fn receive(&mut self, packet: &Packet) -> Answer {
        self.step(Origin::Internet, packet)
    }

    /// A packet that leaves to the Internet; as what.
    #[track_caller]
    pub(super) fn leaves(&mut self, from: &str, packet: &Packet) -> Packet {
        let answer = self.send(from, packet);
        assert_eq!(answer.next, Next::Internet);
        assert_eq!(answer.packet.ttl, packet.ttl - 1);
        answer.packet
    }

    /// A packet from the Internet that reaches this interface; as what.
    #[track_caller]
    pub(super) fn reaches(&mut self, to: &str, packet: &Packet) -> Packet {
        let answer = self.receive(packet);
        assert_eq!(answer.next, Next::Deliver(id(to)));
        assert_eq!(answer.packet.ttl, packet.ttl - 1);
        answer.packet
    }

    #[track_caller]
    pub(super) fn is_dropped(&mut self, from: Origin, packet: &Packet, reason: DropReason) {
        let answer = self.step(from, packet);
        assert_eq!(answer, Answer { next: Next::Drop(reason), packet: packet.clone() });
    }
}

pub(super) fn interface(text: &str) -> Origin {
    Origin::Interface(id(text))
}

/// The ends of a packet.
pub(super) fn ends(packet: &Packet) -> ((Addr, u16), (Addr, u16)) {
    (packet.tuple().source, packet.tuple().destination)
}

/// An address and a port, `10.0.0.10:443`.
pub(super) fn end(text: &str) -> (Addr, u16) {
    let (address, port) = text.split_once(':').unwrap();
    (a(address), port.parse().unwrap())
}

fn packet(from: &str, to: &str, transport: Transport) -> Packet {
    Packet {
        source: a(from.split(':').next().unwrap()),
        destination: a(to.split(':').next().unwrap()),
        ttl: 64,
        identification: 7,
        offset: 0,
        more: false,
        options: Vec::new(),
        transport,
        payload: Vec::from(*b"payload"),
    }
}

pub(super) fn tcp(from: &str, to: &str, flags: u8) -> Packet {
    let (source, destination) = (end(from).1, end(to).1);
    packet(from, to, Transport::Tcp { source, destination, flags })
}

pub(super) fn udp(from: &str, to: &str) -> Packet {
    let (source, destination) = (end(from).1, end(to).1);
    packet(from, to, Transport::Udp { source, destination, checksum: true })
}

pub(super) fn icmp(from: &str, to: &str, kind: u8, identifier: u16) -> Packet {
    packet(from, to, Transport::Icmp { kind, id: identifier })
}

pub(super) fn protocol(from: &str, to: &str, number: u8) -> Packet {
    packet(from, to, Transport::Other(number))
}

/// An error about a packet, to its sender, of which a header and 8 bytes are shown.
pub(super) fn error(from: &str, about: &Packet) -> Packet {
    let shown = about.header_len() + 8;
    let transport = Transport::Error { kind: 3, about: Box::new(about.clone()), shown };
    let mut packet = packet(from, "0.0.0.0", transport);
    packet.destination = about.source;
    packet.payload.clear();
    packet
}

/// What an error is about.
pub(super) fn about(packet: &Packet) -> &Packet {
    match &packet.transport {
        Transport::Error { about, .. } => about,
        other => panic!("{other:?}"),
    }
}
