//! The answers to questions.

use core::fmt::{self, Write};

use crate::addr::{Addr, Decimal, Id, Kind, LoadBalancerId, TableId, VpcId};
use crate::answers::explain::Packet;
use crate::console::counters::{self, Counters};
use crate::console::parse::{Probe, Query};
use crate::console::print::{HopOf, is_in, origin, write_fields, write_parts};
use crate::console::whole;
use crate::region::objects::{LoadBalancer, RouteTable, Vpc};
use crate::region::{BalancerPlace, Error, Region};
use crate::resolve::{Header, Verdict};
use crate::text::{Hex, Word};

/// Why no answer was written, or not all of it.
pub(super) enum Failure {
    /// The question was refused; nothing was written.
    Refused(Error),
    /// The output took no more.
    Write(fmt::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Refused(error)
    }
}

impl From<fmt::Error> for Failure {
    fn from(error: fmt::Error) -> Failure {
        Failure::Write(error)
    }
}

/// Writes the answer to `query`.
#[inline(never)]
pub(super) fn answer(
    region: &Region<'_>,
    query: Query,
    counters: &dyn Counters,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match query {
        Query::Send { .. } | Query::Receive { .. } => {
            let packet = packet(region, query)?;
            let verdict = verdict(region, &packet)?;
            Ok(writeln!(out, "{verdict}")?)
        }
        Query::Lookup { table, addr } => lookup(region, table, addr, out),
        Query::Show(id) => show(region, id, out),
        Query::List { kind, vpc } => list(region, kind, vpc, out),
        Query::Counters { eip } => counters::answer(region, eip, counters, out),
        Query::Audit(vpc) => whole::audit(region, vpc, out),
        Query::Prove(property) => whole::prove(region, &property, out),
        Query::Capacity => capacity(region, out),
        Query::Hash => Ok(writeln!(out, "ok hash={}", Hex(region.hash()))?),
    }
}

/// The packet of a `send` or `receive`.
pub(super) fn packet(region: &Region<'_>, query: Query) -> Result<Packet, Error> {
    let (from, source, destination, probe) = match query {
        Query::Send { from, destination, source, probe } => {
            let own = address_of(region, from).ok_or(Error::not_found(from.kind))?;
            (Some(from), source.unwrap_or(own), destination, probe)
        }
        Query::Receive { source, public, probe } => (None, source, public, probe),
        _ => return Err(Error::InvalidCommand),
    };
    let Probe { protocol, source_port, destination_port, flow } = probe;
    let header = Header { source, destination, protocol, source_port, destination_port };
    Ok(Packet { from, header, flow })
}

/// The verdict on a packet.
pub(super) fn verdict(region: &Region<'_>, packet: &Packet) -> Result<Verdict, Error> {
    let unknown = packet.from.map_or(Error::InvalidCommand, |from| Error::not_found(from.kind));
    region.verdict(packet).ok_or(unknown)
}

/// The address that an interface or load balancer sends from.
fn address_of(region: &Region<'_>, id: Id) -> Option<Addr> {
    if id.kind != Kind::LoadBalancer {
        return region.tables().address_of(id);
    }
    let balancer = region.get::<LoadBalancer>(LoadBalancerId(id.number))?;
    match balancer.place {
        BalancerPlace::Internal { address, .. } | BalancerPlace::Internet { address, .. } => {
            Some(address)
        }
    }
}

/// Not inlined, so that a program can load it apart from the rest.
#[inline(never)]
fn capacity(region: &Region<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    out.write_str("ok\n")?;
    for usage in region.usage() {
        let number = |number: u32| Decimal(number.into());
        let (name, used) = (Word(usage.name), number(usage.used));
        let (max, high) = (number(usage.max), number(usage.high));
        writeln!(out, "  {name} used={used} max={max} high={high}")?;
    }
    Ok(())
}

fn lookup(
    region: &Region<'_>,
    table: TableId,
    addr: Addr,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    region.get::<RouteTable>(table).ok_or(Error::not_found(Kind::RouteTable))?;
    match region.lookup(table, addr) {
        None => out.write_str("ok none\n")?,
        Some(entry) => {
            let (prefix, hop, origin) = (entry.prefix, HopOf(&entry), origin(&entry));
            writeln!(out, "ok prefix={prefix} next-hop={hop} origin={origin}")?;
        }
    }
    Ok(())
}

fn show(region: &Region<'_>, id: Id, out: &mut dyn Write) -> Result<(), Failure> {
    if !region.has(id) {
        return Err(Error::not_found(id.kind).into());
    }
    out.write_str("ok")?;
    write_fields(region, id, out)?;
    out.write_char('\n')?;
    Ok(write_parts(region, id, out)?)
}

fn list(
    region: &Region<'_>,
    kind: Kind,
    vpc: Option<VpcId>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if let Some(vpc) = vpc {
        region.get::<Vpc>(vpc).ok_or(Error::not_found(Kind::Vpc))?;
    }
    let listed = || region.ids(kind).filter(|&id| vpc.is_none_or(|vpc| is_in(region, id, vpc)));
    writeln!(out, "ok n={}", Decimal(listed().fold(0, |count, _| count + 1)))?;
    for id in listed() {
        write!(out, "  {id}")?;
        write_fields(region, id, out)?;
        out.write_char('\n')?;
    }
    Ok(())
}
