//! Every verb of the language: its words, its options, and what they make.

use core::ops::RangeInclusive;

use crate::addr::{
    EipId, EndpointId, GatewayId, GwlbId, Kind, LoadBalancerId, NatGatewayId, RouteTargetGroupId,
    TableId, VSwitchId, VpcId,
};
use crate::console::parse::{Line, Words};
use crate::region::{Command, Error};

mod addresses;
mod gateway;
mod inspection;
mod network;
mod queries;

/// The lines that change the configuration, by subject.
const COMMANDS: &[&[Row]] = &[
    network::COMMANDS,
    gateway::OPERATIONS,
    gateway::COMMANDS,
    addresses::COMMANDS,
    inspection::COMMANDS,
];

/// A verb and how to read the words after it.
struct Row {
    verb: &'static str,
    /// How many positional words follow the verb.
    words: RangeInclusive<usize>,
    /// The options; a `*` at the end of a name allows repetition.
    options: &'static [&'static str],
    /// Reads the positional words in order, then the options.
    read: fn(&mut Words<'_>) -> Line,
}

/// Reads the line that starts with `verb`, whose other words are `words`.
pub(super) fn parse(verb: &[u8], mut words: Words<'_>) -> Result<Line, Error> {
    if let b"dry-run" | b"diff" = verb {
        let tried = words.next_word().unwrap_or_default();
        return Ok(match command(tried, words)? {
            Line::Command(command) if verb == b"diff" => Line::Diff(command),
            Line::Command(command) => Line::DryRun(command),
            line => line,
        });
    }
    if verb == b"explain" {
        let row = words.next_word().and_then(|verb| find(&[queries::PACKETS], verb));
        return Ok(match read(row, words)? {
            Line::Query(query) => Line::Explain(query),
            line => line,
        });
    }
    match find(&[queries::PACKETS, queries::QUERIES], verb) {
        None => command(verb, words),
        row => read(row, words),
    }
}

/// Reads a line that changes the configuration.
fn command(verb: &[u8], mut words: Words<'_>) -> Result<Line, Error> {
    if verb != b"begin" {
        return read(find(COMMANDS, verb), words);
    }
    let row = words.next_word().and_then(|verb| find(&[gateway::OPERATIONS], verb));
    Ok(match read(row, words)? {
        Line::Command(Command::Gateway(operation)) => Line::Command(Command::Begin(operation)),
        line => line,
    })
}

fn find(tables: &[&'static [Row]], verb: &[u8]) -> Option<&'static Row> {
    tables.iter().flat_map(|rows| rows.iter()).find(|row| row.verb.as_bytes() == verb)
}

/// Reads the words after the verb of a row.
#[inline(never)]
fn read(row: Option<&Row>, mut words: Words<'_>) -> Result<Line, Error> {
    let row = row.ok_or(Error::InvalidCommand)?;
    if !row.words.contains(&words.positional_words()) {
        return Err(Error::InvalidCommand);
    }
    words.take_options(row.options);
    let line = (row.read)(&mut words);
    // Only a verb without options leaves some unread, and then the first is a fault.
    words.option();
    words.fault().map_or(Ok(line), Err)
}

fn vpc(w: &mut Words<'_>) -> VpcId {
    VpcId(w.id(Kind::Vpc))
}

fn vswitch(w: &mut Words<'_>) -> VSwitchId {
    VSwitchId(w.id(Kind::VSwitch))
}

fn table(w: &mut Words<'_>) -> TableId {
    TableId(w.id(Kind::RouteTable))
}

fn gateway(w: &mut Words<'_>) -> GatewayId {
    GatewayId(w.id(Kind::Ipv4Gateway))
}

fn nat(w: &mut Words<'_>) -> NatGatewayId {
    NatGatewayId(w.id(Kind::NatGateway))
}

fn eip(w: &mut Words<'_>) -> EipId {
    EipId(w.id(Kind::PublicAddress))
}

fn balancer(w: &mut Words<'_>) -> LoadBalancerId {
    LoadBalancerId(w.id(Kind::LoadBalancer))
}

fn gwlb(w: &mut Words<'_>) -> GwlbId {
    GwlbId(w.id(Kind::Gwlb))
}

fn endpoint(w: &mut Words<'_>) -> EndpointId {
    EndpointId(w.id(Kind::Endpoint))
}

fn group(w: &mut Words<'_>) -> RouteTargetGroupId {
    RouteTargetGroupId(w.id(Kind::RouteTargetGroup))
}
