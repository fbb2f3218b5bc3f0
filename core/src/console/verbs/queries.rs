//! The questions.

use super::{Row, eip, table, vpc};
use crate::addr::Kind;
use crate::console::parse::{Opt, Probe, Query};
use crate::region::Error;
use crate::resolve::Flow;

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
    Row { verb: "capacity", words: 0..=0, options: &[], read: |_| Ok(Query::Capacity) },
    Row { verb: "hash", words: 0..=0, options: &[], read: |_| Ok(Query::Hash) },
];

fn read_probe(option: &Opt<'_>, probe: &mut Probe) -> Result<(), Error> {
    match option.key {
        "proto" => probe.protocol = option.choice(&[("tcp", 6), ("udp", 17), ("icmp", 1)])?,
        "sport" => probe.source_port = option.port()?,
        "dport" => probe.destination_port = option.port()?,
        _ => probe.flow = option.choice(&[("new", Flow::New), ("reply", Flow::Reply)])?,
    }
    Ok(())
}
