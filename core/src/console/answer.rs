//! The answers to questions.

use core::fmt::{self, Write};

use crate::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, Kind, LoadBalancerId,
    RouteTargetGroupId, TableId, VSwitchId, VpcId,
};
use crate::answers::explain::Packet;
use crate::console::counters::{self, Counters};
use crate::console::parse::{Probe, Query};
use crate::console::print::{Describe, HopOf, origin};
use crate::console::whole;
use crate::region::objects::{
    Appliance, Endpoint, Gateway, Gwlb, Interface, LoadBalancer, PublicAddress, RouteTable,
    RouteTargetGroup, VSwitch, Vpc,
};
use crate::region::{BalancerPlace, Error, Region};
use crate::resolve::{Header, Verdict};

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
        Query::Capacity => {
            out.write_str("ok\n")?;
            for usage in region.usage() {
                let (name, used, max, high) = (usage.name, usage.used, usage.max, usage.high);
                writeln!(out, "  {name} used={used} max={max} high={high}")?;
            }
            Ok(())
        }
        Query::Hash => Ok(writeln!(out, "ok hash={:016x}", region.hash())?),
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
    let tables = region.tables();
    match packet.from {
        Some(from) => {
            let verdict = tables.egress(from, &packet.header, packet.flow);
            verdict.ok_or(Error::not_found(from.kind))
        }
        None => Ok(tables.ingress(&packet.header, packet.flow)),
    }
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
    let number = id.number;
    match id.kind {
        Kind::Vpc => show_object(region, region.get::<Vpc>(VpcId(number)), id.kind, out),
        Kind::VSwitch => {
            show_object(region, region.get::<VSwitch>(VSwitchId(number)), id.kind, out)
        }
        Kind::RouteTable => {
            show_object(region, region.get::<RouteTable>(TableId(number)), id.kind, out)
        }
        Kind::Ipv4Gateway => {
            show_object(region, region.get::<Gateway>(GatewayId(number)), id.kind, out)
        }
        Kind::Instance | Kind::NetworkInterface | Kind::NatGateway => {
            show_object(region, region.get::<Interface>(id), id.kind, out)
        }
        Kind::PublicAddress => {
            show_object(region, region.get::<PublicAddress>(EipId(number)), id.kind, out)
        }
        Kind::LoadBalancer => {
            show_object(region, region.get::<LoadBalancer>(LoadBalancerId(number)), id.kind, out)
        }
        Kind::Gwlb => show_object(region, region.get::<Gwlb>(GwlbId(number)), id.kind, out),
        Kind::Appliance => {
            show_object(region, region.get::<Appliance>(ApplianceId(number)), id.kind, out)
        }
        Kind::Endpoint => {
            show_object(region, region.get::<Endpoint>(EndpointId(number)), id.kind, out)
        }
        Kind::RouteTargetGroup => {
            let group = region.get::<RouteTargetGroup>(RouteTargetGroupId(number));
            show_object(region, group, id.kind, out)
        }
        // The parser lets no external kind through.
        kind => Err(Error::not_found(kind).into()),
    }
}

fn show_object<R: Describe>(
    region: &Region<'_>,
    object: Option<R>,
    kind: Kind,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let object = object.ok_or(Error::not_found(kind))?;
    out.write_str("ok")?;
    object.fields(region, out)?;
    out.write_char('\n')?;
    Ok(object.parts(region, out)?)
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
    match kind {
        Kind::Vpc => list_objects::<Vpc>(region, kind, vpc, out)?,
        Kind::VSwitch => list_objects::<VSwitch>(region, kind, vpc, out)?,
        Kind::RouteTable => list_objects::<RouteTable>(region, kind, vpc, out)?,
        Kind::Ipv4Gateway => list_objects::<Gateway>(region, kind, vpc, out)?,
        Kind::Instance | Kind::NetworkInterface | Kind::NatGateway => {
            list_objects::<Interface>(region, kind, vpc, out)?;
        }
        Kind::PublicAddress => list_objects::<PublicAddress>(region, kind, vpc, out)?,
        Kind::LoadBalancer => list_objects::<LoadBalancer>(region, kind, vpc, out)?,
        Kind::Gwlb => list_objects::<Gwlb>(region, kind, vpc, out)?,
        Kind::Appliance => list_objects::<Appliance>(region, kind, vpc, out)?,
        Kind::Endpoint => list_objects::<Endpoint>(region, kind, vpc, out)?,
        Kind::RouteTargetGroup => list_objects::<RouteTargetGroup>(region, kind, vpc, out)?,
        // The parser lets no external kind through.
        kind => return Err(Error::not_found(kind).into()),
    }
    Ok(())
}

fn list_objects<R: Describe>(
    region: &Region<'_>,
    kind: Kind,
    vpc: Option<VpcId>,
    out: &mut dyn Write,
) -> fmt::Result {
    let listed =
        |object: &R| object.id().kind == kind && vpc.is_none_or(|vpc| object.is_in(vpc, region));
    writeln!(out, "ok n={}", region.all::<R>().filter(listed).count())?;
    for object in region.all::<R>().filter(listed) {
        write!(out, "  {}", object.id())?;
        object.fields(region, out)?;
        out.write_char('\n')?;
    }
    Ok(())
}
