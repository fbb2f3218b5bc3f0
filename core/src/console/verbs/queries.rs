//! The questions.

use super::{Row, eip, table, vpc};
use crate::addr::{Id, Kind};
use crate::answers::{Direction, Property};
use crate::console::parse::{Line, Opt, Probe, Query, Words};
use crate::region::Error;
use crate::resolve::Flow;

/// Questions for whose answer changes are tried.
pub(super) const TRIALS: &[Row<Line>] = &[Row {
    verb: "readiness",
    words: 1..=1,
    options: &[],
    read: |w| Ok(Line::Readiness(vpc(w)?)),
}];

pub(super) const QUERIES: &[Row<Query>] = &[
    Row {
        verb: "send",
        words: 2..=2,
        options: &["source", "proto", "sport", "dport", "flow"],
        read: |w| {
            let from = w.id_of(&[Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer])?;
            let destination = w.addr()?;
            let (mut source, mut probe) = (None, Probe::default());
            while let Some(option) = w.option()? {
                match option.key {
                    "source" => source = Some(option.addr()?),
                    _ => read_probe(&option, &mut probe)?,
                }
            }
            Ok(Query::Send { from, destination, source, probe })
        },
    },
    Row {
        verb: "receive",
        words: 2..=2,
        options: &["proto", "sport", "dport", "flow"],
        read: |w| {
            let (source, public) = (w.addr()?, w.addr()?);
            let mut probe = Probe::default();
            while let Some(option) = w.option()? {
                read_probe(&option, &mut probe)?;
            }
            Ok(Query::Receive { source, public, probe })
        },
    },
    Row {
        verb: "lookup",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Query::Lookup { table: table(w)?, addr: w.addr()? }),
    },
    Row { verb: "show", words: 1..=1, options: &[], read: |w| Ok(Query::Show(w.object()?)) },
    Row {
        verb: "list",
        words: 1..=2,
        options: &[],
        read: |w| Ok(Query::List { kind: w.kind()?, vpc: w.optional(vpc)? }),
    },
    Row {
        verb: "counters",
        words: 0..=1,
        options: &[],
        read: |w| Ok(Query::Counters { eip: w.optional(eip)? }),
    },
    Row { verb: "audit", words: 1..=1, options: &[], read: |w| Ok(Query::Audit(vpc(w)?)) },
    Row { verb: "prove", words: 2..=4, options: &[], read: |w| Ok(Query::Prove(property(w)?)) },
    Row { verb: "capacity", words: 0..=0, options: &[], read: |_| Ok(Query::Capacity) },
    Row { verb: "hash", words: 0..=0, options: &[], read: |_| Ok(Query::Hash) },
];

/// The words after `prove`.
fn property(w: &mut Words<'_>) -> Result<Property, Error> {
    // The number of words that follow, and how they are read.
    type Read = fn(&mut Words<'_>) -> Result<Property, Error>;
    const PROPERTIES: &[(&str, (usize, Read))] = &[
        ("no-egress", (1, |w| Ok(Property::NoEgress(subject(w)?)))),
        ("unreachable-from-internet", (1, |w| Ok(Property::Unreachable(subject(w)?)))),
        ("symmetric", (1, |w| Ok(Property::Symmetric(subject(w)?)))),
        ("isolated", (2, |w| Ok(Property::Isolated(subject(w)?, subject(w)?)))),
        (
            "only-via",
            (3, |w| {
                let hop = hop(w)?;
                let directions = [("egress", Direction::Egress), ("ingress", Direction::Ingress)];
                let direction = w.choice(&directions)?;
                Ok(Property::OnlyVia { hop, direction, subject: subject(w)? })
            }),
        ),
        (
            "egress-only",
            (3, |w| {
                let subject = subject(w)?;
                w.choice(&[("via", ())])?;
                Ok(Property::EgressOnly { subject, hop: hop(w)? })
            }),
        ),
    ];
    let (words, read) = w.choice(PROPERTIES)?;
    if w.positional_words() == words { read(w) } else { Err(Error::InvalidCommand) }
}

/// What a property is about.
fn subject(w: &mut Words<'_>) -> Result<Id, Error> {
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
fn hop(w: &mut Words<'_>) -> Result<Id, Error> {
    w.id_of(&[
        Kind::Instance,
        Kind::NetworkInterface,
        Kind::NatGateway,
        Kind::Endpoint,
        Kind::RouteTargetGroup,
        Kind::Ipv4Gateway,
    ])
}

fn read_probe(option: &Opt<'_>, probe: &mut Probe) -> Result<(), Error> {
    match option.key {
        "proto" => probe.protocol = option.choice(&[("tcp", 6), ("udp", 17), ("icmp", 1)])?,
        "sport" => probe.source_port = option.port()?,
        "dport" => probe.destination_port = option.port()?,
        _ => probe.flow = option.choice(&[("new", Flow::New), ("reply", Flow::Reply)])?,
    }
    Ok(())
}
