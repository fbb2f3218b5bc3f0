//! A flow as the model keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use super::config::{Origin, Timeouts};
use super::packet::{ACK, FIN, ICMP, Packet, RST, TCP, Tuple};
use crate::addr::{Addr, ApplianceId, EndpointId, Id, VpcId};

/// From which side packets enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// Inside this VPC.
    Vpc(VpcId),
    /// The Internet.
    Internet,
}

/// What a flow is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub side: Side,
    pub tuple: Tuple,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Opener,
    Answers,
}

/// What becomes of the opener's packets, but for the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// From which side answers come.
    pub side: Side,
    /// The source address then.
    pub source: Addr,
    /// Whether the source port is one that was given out.
    pub mapped: bool,
    /// The destination then.
    pub destination: (Addr, u16),
}

/// The source port of the opener's packets after translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OutPort {
    /// This one.
    Is(u16),
    /// One of these: the real table has chosen, and no packet has shown it yet.
    OneOf(Vec<u16>),
}

/// What is left of a mapping whose flows have ended by time: the real table may not have noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub protocol: u8,
    pub inside: (Side, Addr, u16),
    pub outside: (Side, Addr),
    pub port: u16,
}

/// A flow.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Of the opener's packets.
    pub key: Key,
    pub translation: Translation,
    pub port: OutPort,
    /// The interface or NAT gateway that answers reach, where that matters.
    pub reach: Option<Id>,
    /// Where the opener's packets enter now.
    pub origin: Origin,
    /// Where answers from inside enter now.
    pub answers_from: Option<Origin>,
    /// The packet that opened it, to be sent again if the port is yet unknown.
    pub opened_by: (Origin, Packet),
    /// When its last packet was, and the how manieth.
    pub last: (u64, u64),
    pub answered: bool,
    pub acknowledged: bool,
    pub fins: [bool; 2],
    pub reset: bool,
    /// For each endpoint: which appliances were healthy, and the one that was chosen.
    pub appliances: BTreeMap<EndpointId, (BTreeSet<ApplianceId>, ApplianceId)>,
}

impl Flow {
    /// The key of the answers, if the port is known.
    pub(super) fn answer(&self) -> Option<Key> {
        let OutPort::Is(port) = self.port else { return None };
        let translation = &self.translation;
        let tuple = Tuple {
            source: translation.destination,
            destination: (translation.source, port),
            protocol: self.key.tuple.protocol,
        };
        Some(Key { side: translation.side, tuple })
    }

    /// The pair of ports that it holds.
    pub(super) fn mapping(&self) -> Option<Mapping> {
        let OutPort::Is(port) = self.port else { return None };
        let (address, inside) = self.key.tuple.source;
        self.translation.mapped.then_some(Mapping {
            protocol: self.key.tuple.protocol,
            inside: (self.key.side, address, inside),
            outside: (self.translation.side, self.translation.source),
            port,
        })
    }

    /// TCP that both have closed or one has broken off.
    pub(super) fn is_closing(&self) -> bool {
        self.reset || self.fins == [true, true]
    }

    /// The VPC that it is in.
    pub(super) fn vpc(&self) -> Option<VpcId> {
        [self.key.side, self.translation.side].into_iter().find_map(|side| match side {
            Side::Vpc(vpc) => Some(vpc),
            Side::Internet => None,
        })
    }

    /// Whether it stays when the table is full.
    pub(super) fn is_established(&self) -> bool {
        match self.key.tuple.protocol {
            TCP => self.acknowledged && !self.is_closing(),
            ICMP => false,
            _ => self.acknowledged,
        }
    }

    /// Whether its time is over.
    pub(super) fn has_ended(&self, now: u64, timeouts: &Timeouts) -> bool {
        let timeout = match self.key.tuple.protocol {
            TCP if self.is_established() => timeouts.tcp_established,
            TCP => timeouts.tcp_transitory,
            ICMP => timeouts.icmp,
            _ => timeouts.udp,
        };
        now - self.last.0 >= u64::from(timeout)
    }

    /// A packet of it that was not dropped.
    pub(super) fn take(&mut self, direction: Direction, packet: &Packet) {
        let flags = packet.flags();
        match direction {
            Direction::Opener => {
                let counts = self.key.tuple.protocol != TCP || flags & ACK != 0;
                self.acknowledged |= self.answered && counts;
            }
            Direction::Answers => self.answered = true,
        }
        self.reset |= flags & RST != 0;
        self.fins[direction as usize] |= flags & FIN != 0;
    }
}
