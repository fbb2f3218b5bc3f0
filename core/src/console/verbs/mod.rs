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

/// The commands that are no gateway operation, by subject.
const COMMANDS: &[&[Row<Command>]] =
    &[network::COMMANDS, gateway::COMMANDS, addresses::COMMANDS, inspection::COMMANDS];

/// A verb and how to read the words after it.
struct Row<T: 'static> {
    verb: &'static str,
    /// How many positional words follow the verb.
    words: RangeInclusive<usize>,
    /// The options; a `*` at the end of a name allows repetition.
    options: &'static [&'static str],
    /// Reads the positional words in order, then the options.
    read: fn(&mut Words<'_>) -> Result<T, Error>,
}

/// Reads the line that starts with `verb`, whose other words are `words`.
pub(super) fn parse(verb: &[u8], mut words: Words<'_>) -> Result<Line, Error> {
    if let b"dry-run" | b"diff" = verb {
        let tried = words.next_word().ok_or(Error::InvalidCommand)?;
        let line = if verb == b"diff" { Line::Diff } else { Line::DryRun };
        return command(tried, words).ok_or(Error::InvalidCommand)?.map(line);
    }
    if verb == b"explain" {
        let verb = words.next_word().filter(|verb| matches!(*verb, b"send" | b"receive"));
        let query = verb.and_then(|verb| find(queries::QUERIES, verb, &words));
        return query.ok_or(Error::InvalidCommand)?.map(Line::Explain);
    }
    if let Some(command) = command(verb, words) {
        return command.map(Line::Command);
    }
    if let Some(line) = find(queries::TRIALS, verb, &words) {
        return line;
    }
    find(queries::QUERIES, verb, &words).ok_or(Error::InvalidCommand)?.map(Line::Query)
}

/// Reads a line that changes the configuration; `None` if it is none.
fn command(verb: &[u8], mut words: Words<'_>) -> Option<Result<Command, Error>> {
    if verb == b"begin" {
        let begun = words.next_word().and_then(|verb| find(gateway::OPERATIONS, verb, &words));
        return Some(begun.unwrap_or(Err(Error::InvalidCommand)).map(Command::Begin));
    }
    match find(gateway::OPERATIONS, verb, &words) {
        Some(operation) => Some(operation.map(Command::Gateway)),
        None => COMMANDS.iter().find_map(|rows| find(rows, verb, &words)),
    }
}

/// Reads `words` by the row of `verb`; `None` if the table has no such row.
fn find<T>(rows: &[Row<T>], verb: &[u8], words: &Words<'_>) -> Option<Result<T, Error>> {
    let row = rows.iter().find(|row| row.verb.as_bytes() == verb)?;
    let mut words = *words;
    if !row.words.contains(&words.positional_words()) {
        return Some(Err(Error::InvalidCommand));
    }
    words.take_options(row.options);
    Some((row.read)(&mut words).and_then(|made| match words.option()? {
        // Only a verb without options leaves some unread, and then the first is unknown.
        None => Ok(made),
        Some(_) => Err(Error::InvalidParameter),
    }))
}

fn vpc(w: &mut Words<'_>) -> Result<VpcId, Error> {
    w.id(Kind::Vpc, VpcId)
}

fn vswitch(w: &mut Words<'_>) -> Result<VSwitchId, Error> {
    w.id(Kind::VSwitch, VSwitchId)
}

fn table(w: &mut Words<'_>) -> Result<TableId, Error> {
    w.id(Kind::RouteTable, TableId)
}

fn gateway(w: &mut Words<'_>) -> Result<GatewayId, Error> {
    w.id(Kind::Ipv4Gateway, GatewayId)
}

fn nat(w: &mut Words<'_>) -> Result<NatGatewayId, Error> {
    w.id(Kind::NatGateway, NatGatewayId)
}

fn eip(w: &mut Words<'_>) -> Result<EipId, Error> {
    w.id(Kind::PublicAddress, EipId)
}

fn balancer(w: &mut Words<'_>) -> Result<LoadBalancerId, Error> {
    w.id(Kind::LoadBalancer, LoadBalancerId)
}

fn gwlb(w: &mut Words<'_>) -> Result<GwlbId, Error> {
    w.id(Kind::Gwlb, GwlbId)
}

fn endpoint(w: &mut Words<'_>) -> Result<EndpointId, Error> {
    w.id(Kind::Endpoint, EndpointId)
}

fn group(w: &mut Words<'_>) -> Result<RouteTargetGroupId, Error> {
    w.id(Kind::RouteTargetGroup, RouteTargetGroupId)
}
