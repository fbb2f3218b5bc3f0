//! The questions.

use super::{Row, eip, table, vpc};
use crate::addr::{Addr, Id, Kind};
use crate::answers::{Direction, Property};
use crate::console::parse::{Line, Probe, Query, Words};
use crate::region::Error;
use crate::resolve::Flow;

/// Packets, which can be explained too.
pub(super) const PACKETS: &[Row] = &[
    Row {
        verb: "send",
        words: 2..=2,
        options: &["source", "proto", "sport", "dport", "flow"],
        read: |w| {
            let from = w.id_of(&[Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer]);
            let destination = w.addr();
            let (source, probe) = probe(w);
            Line::Query(Query::Send { from, destination, source, probe })
        },
    },
    Row {
        verb: "receive",
        words: 2..=2,
        options: &["proto", "sport", "dport", "flow"],
        read: |w| {
            let (source, public) = (w.addr(), w.addr());
            let (_, probe) = probe(w);
            Line::Query(Query::Receive { source, public, probe })
        },
    },
];

pub(super) const QUERIES: &[Row] = &[
    Row {
        verb: "lookup",
        words: 2..=2,
        options: &[],
        read: |w| Line::Query(Query::Lookup { table: table(w), addr: w.addr() }),
    },
    Row {
        verb: "show",
        words: 1..=1,
        options: &[],
        read: |w| Line::Query(Query::Show(w.object())),
    },
    Row {
        verb: "list",
        words: 1..=2,
        options: &[],
        read: |w| Line::Query(Query::List { kind: w.kind(), vpc: w.has_more().then(|| vpc(w)) }),
    },
    Row {
        verb: "counters",
        words: 0..=1,
        options: &[],
        read: |w| Line::Query(Query::Counters { eip: w.has_more().then(|| eip(w)) }),
    },
    Row { verb: "audit", words: 1..=1, options: &[], read: |w| Line::Query(Query::Audit(vpc(w))) },
    Row {
        verb: "prove",
        words: 2..=4,
        options: &[],
        read: |w| Line::Query(Query::Prove(property(w))),
    },
    Row { verb: "readiness", words: 1..=1, options: &[], read: |w| Line::Readiness(vpc(w)) },
    Row { verb: "capacity", words: 0..=0, options: &[], read: |_| Line::Query(Query::Capacity) },
    Row { verb: "hash", words: 0..=0, options: &[], read: |_| Line::Query(Query::Hash) },
];

/// The words after `prove`. Not inlined, so that a program can load it apart from the rest.
#[inline(never)]
fn property(w: &mut Words<'_>) -> Property {
    let name = w.word();
    let words = match name {
        b"no-egress" | b"unreachable-from-internet" | b"symmetric" => 1,
        b"isolated" => 2,
        b"only-via" | b"egress-only" => 3,
        _ => {
            w.fail(Error::InvalidParameter);
            0
        }
    };
    if w.positional_words() != words {
        w.fail(Error::InvalidCommand);
    }
    match name {
        b"unreachable-from-internet" => Property::Unreachable(subject(w)),
        b"symmetric" => Property::Symmetric(subject(w)),
        b"isolated" => Property::Isolated(subject(w), subject(w)),
        b"only-via" => {
            let hop = hop(w);
            let direction =
                if w.either("egress", "ingress") { Direction::Ingress } else { Direction::Egress };
            Property::OnlyVia { hop, direction, subject: subject(w) }
        }
        b"egress-only" => {
            let subject = subject(w);
            if w.word() != b"via" {
                w.fail(Error::InvalidParameter);
            }
            Property::EgressOnly { subject, hop: hop(w) }
        }
        _ => Property::NoEgress(subject(w)),
    }
}

/// What a property is about.
fn subject(w: &mut Words<'_>) -> Id {
    w.id_of(&[
        Kind::Vpc,
        Kind::VSwitch,
        Kind::Instance,
        Kind::NetworkInterface,
        Kind::LoadBalancer,
        Kind::NatGateway,
    ])
}

/// What packets may have to pass.
fn hop(w: &mut Words<'_>) -> Id {
    w.id_of(&[
        Kind::Instance,
        Kind::NetworkInterface,
        Kind::NatGateway,
        Kind::Endpoint,
        Kind::RouteTargetGroup,
        Kind::Ipv4Gateway,
    ])
}

/// The options of a packet: its source, and the rest.
fn probe(w: &mut Words<'_>) -> (Option<Addr>, Probe) {
    let (mut source, mut probe) = (None, Probe::default());
    while let Some(option) = w.option() {
        match option {
            "source" => source = Some(w.addr()),
            "proto" => probe.protocol = w.choice(("tcp", 6), &[("udp", 17), ("icmp", 1)]),
            "sport" => probe.source_port = w.port(),
            "dport" => probe.destination_port = w.port(),
            _ => probe.flow = if w.either("new", "reply") { Flow::Reply } else { Flow::New },
        }
    }
    (source, probe)
}
