//! Verdicts and objects in the words of the answer grammar.

use core::fmt::{self, Display, Write};

use crate::addr::{
    Addr, ApplianceId, Decimal, EipId, EndpointId, GatewayId, GwlbId, Id, Kind, LoadBalancerId,
    NatGatewayId, RouteTargetGroupId, TableId, VSwitchId, VpcId,
};
use crate::region::objects::{
    Appliance, Endpoint, ForwardEntry, Gateway, Gwlb, Interface, LoadBalancer, Mode, PublicAddress,
    PublicKind, RouteTargetGroup, SnatEntry, VSwitch, Vpc,
};
use crate::region::{
    BalancerPlace, EipMode, Exposure, ForwardProtocol, NextHop, Origin, Region, RouteEntry,
};
use crate::resolve::{Action, Verdict};
use crate::text::Word;

/// The answer to `send` and `receive`, as `egress public=47.0.0.1 path=7,13 via=ngw-1`.
impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_verdict(f, self, None)
    }
}

/// Writes a verdict, with the equal-cost set if that is known whole.
pub(crate) fn write_verdict(
    f: &mut fmt::Formatter<'_>,
    verdict: &Verdict,
    set: Option<&NextHop>,
) -> fmt::Result {
    match (verdict.action, set) {
        (Action::Egress { public }, _) => write_named(f, "egress public=", &public)?,
        (Action::Deliver { target }, _) => write_named(f, "deliver ", &target)?,
        (Action::Handoff { .. }, Some(set)) => write_named(f, "handoff ", set)?,
        (Action::Handoff { next_hop }, None) => write_named(f, "handoff ", &next_hop)?,
        (Action::Service, _) => f.write_str("service")?,
        (Action::Drop(reason), _) => write_named(f, "drop ", &reason)?,
    }
    write_joined(f, " path=", verdict.paths.iter().map(|&path| Decimal(path.into())))?;
    write_joined(f, " via=", verdict.via.iter())
}

/// Writes `name` and an item. Here and in what it writes nothing is formatted within a format, so that
/// the stack that a line takes is bounded.
fn write_named(f: &mut fmt::Formatter<'_>, name: &str, item: &impl Display) -> fmt::Result {
    f.write_str(name)?;
    item.fmt(f)
}

/// Writes `name` and the items with commas between them; nothing if there are none.
fn write_joined(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    items: impl Iterator<Item = impl Display>,
) -> fmt::Result {
    let mut before = name;
    for item in items {
        write_named(f, before, &item)?;
        before = ",";
    }
    Ok(())
}

/// Whether an object is in the VPC, or serves something that is.
pub(super) fn is_in(region: &Region<'_>, id: Id, vpc: VpcId) -> bool {
    let gwlb = match id.kind {
        Kind::Vpc => return id == vpc.id(),
        Kind::Gwlb => Some(GwlbId(id.number)),
        Kind::Appliance => {
            region.get::<Appliance>(ApplianceId(id.number)).map(|appliance| appliance.gwlb)
        }
        _ => return region.has_member(vpc, id),
    };
    // A GWLB is in no VPC itself, and neither are its appliances.
    let mut endpoints = region.all::<Endpoint>().filter(|endpoint| Some(endpoint.gwlb) == gwlb);
    endpoints.any(|endpoint| region.has_member(vpc, endpoint.id.id()))
}

/// Writes what `show` and `list` print of an object in one line, a space before each field.
pub(super) fn write_fields(region: &Region<'_>, id: Id, out: &mut dyn Write) -> fmt::Result {
    fields(region, id, out).unwrap_or(Ok(()))
}

/// `None` is an object that is not there.
fn fields(region: &Region<'_>, id: Id, out: &mut dyn Write) -> Option<fmt::Result> {
    let number = id.number;
    Some(match id.kind {
        Kind::Vpc => {
            let vpc = region.get::<Vpc>(VpcId(number))?;
            let gateway = region.gateway_of(vpc.id).map(|gateway| gateway.id);
            write!(out, " mode={} gateway={}", mode(vpc.mode), OrNone(gateway))
        }
        Kind::VSwitch => {
            let vswitch = region.get::<VSwitch>(VSwitchId(number))?;
            let exposure = Word(match region.exposure(&vswitch) {
                Exposure::Public => "public",
                Exposure::Partial => "partial",
                Exposure::Private => "private",
            });
            write!(out, " vpc={} table={} exposure={exposure}", vswitch.vpc, vswitch.table)
        }
        Kind::Ipv4Gateway => write_gateway(&region.get::<Gateway>(GatewayId(number))?, out),
        Kind::PublicAddress => {
            let public = region.get::<PublicAddress>(EipId(number))?;
            let kind = Word(match public.kind {
                PublicKind::Eip => "eip",
                PublicKind::Anycast => "anycast",
                PublicKind::Static => "static",
            });
            let mode = Word(match public.mode {
                EipMode::Nat => "nat",
                EipMode::Binded => "binded",
                EipMode::MultiBinded => "multi-binded",
            });
            let target = OrNone(public.target);
            write!(out, " address={} kind={kind} mode={mode} target={target}", public.address)
        }
        Kind::LoadBalancer => match region.get::<LoadBalancer>(LoadBalancerId(number))?.place {
            BalancerPlace::Internal { vswitch, address } => {
                let public = public_of(id, region);
                write!(out, " type=internal vswitch={vswitch} address={address} public={public}")
            }
            BalancerPlace::Internet { vpc, address } => {
                write!(out, " type=internet vpc={vpc} address={address}")
            }
        },
        Kind::Gwlb => {
            let gwlb = region.get::<Gwlb>(GwlbId(number))?;
            write!(out, " fail-open={}", on_off(gwlb.fail_open))
        }
        Kind::Appliance => {
            let appliance = region.get::<Appliance>(ApplianceId(number))?;
            write!(out, " gwlb={} health={}", appliance.gwlb, health(appliance.healthy))
        }
        Kind::Endpoint => {
            let endpoint = region.get::<Endpoint>(EndpointId(number))?;
            write!(out, " vswitch={} gwlb={}", endpoint.vswitch, endpoint.gwlb)
        }
        Kind::RouteTargetGroup => {
            let group = region.get::<RouteTargetGroup>(RouteTargetGroupId(number))?;
            write!(out, " active={} standby={}", group.active, group.standby)
        }
        Kind::Instance | Kind::NetworkInterface | Kind::NatGateway => {
            write_interface(region, &region.get::<Interface>(id)?, out)
        }
        // A table has parts alone.
        _ => Ok(()),
    })
}

/// Writes a gateway's fields.
pub(super) fn write_gateway(gateway: &Gateway, out: &mut dyn Write) -> fmt::Result {
    let (status, enabled) = (Word(gateway.status().name()), on_off(gateway.enabled));
    let (table, vpc) = (OrNone(gateway.table), gateway.vpc);
    write!(out, " status={status} enabled={enabled} table={table} vpc={vpc}")
}

fn write_interface(region: &Region<'_>, host: &Interface, out: &mut dyn Write) -> fmt::Result {
    write!(out, " vswitch={} address={}", host.vswitch, host.address)?;
    if host.id.kind == Kind::NatGateway {
        return out.write_str(if host.multi_binded { " mode=multi-binded" } else { " mode=nat" });
    }
    let public = public_of(host.id, region);
    write!(out, " forward={} public={public}", on_off(host.forward))
}

/// Writes what `show` prints below, a body line for each part of an object.
pub(super) fn write_parts(region: &Region<'_>, id: Id, out: &mut dyn Write) -> fmt::Result {
    match id.kind {
        Kind::RouteTable => {
            for entry in region.routes(TableId(id.number)) {
                let (hop, origin) = (HopOf(&entry), origin(&entry));
                writeln!(out, "  {} {hop} {origin}", entry.prefix)?;
            }
        }
        Kind::NatGateway => {
            let nat = NatGatewayId(id.number);
            for entry in region.all::<SnatEntry>().filter(|entry| entry.nat == nat) {
                writeln!(out, "  snat {} {}", entry.prefix, entry.eip)?;
            }
            for entry in region.all::<ForwardEntry>().filter(|entry| entry.nat == nat) {
                let (protocol, address) = (forward_protocol(entry.protocol), entry.address);
                let port = |port: u16| Decimal(port.into());
                let (public, private) = (port(entry.public_port), port(entry.private_port));
                writeln!(out, "  dnat {} {protocol} {public} {address} {private}", entry.eip)?;
            }
        }
        Kind::Gwlb => {
            let own = |appliance: &Appliance| appliance.gwlb.0 == id.number;
            for appliance in region.all::<Appliance>().filter(own) {
                writeln!(out, "  {} {}", appliance.id, health(appliance.healthy))?;
            }
        }
        Kind::RouteTargetGroup => {
            let group = region.get::<RouteTargetGroup>(RouteTargetGroupId(id.number));
            let members = group.map_or([None; 2], |group| {
                let standby = (group.standby, group.standby_abnormal);
                [Some((group.active, group.active_abnormal)), Some(standby)]
            });
            for (endpoint, abnormal) in members.into_iter().flatten() {
                let mark = Word(if abnormal { "abnormal" } else { "normal" });
                writeln!(out, "  {endpoint} {mark}")?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The public address bound to an interface or load balancer.
fn public_of(id: Id, region: &Region<'_>) -> OrNone<Addr> {
    let bound = region.all::<PublicAddress>().find(|eip| eip.target == Some(id));
    OrNone(bound.map(|eip| eip.address))
}

/// The word for an appliance's health.
pub(super) const fn health(healthy: bool) -> Word<'static> {
    Word(if healthy { "healthy" } else { "unhealthy" })
}

/// The word for what a forward entry forwards.
pub(crate) const fn forward_protocol(protocol: ForwardProtocol) -> Word<'static> {
    Word(match protocol {
        ForwardProtocol::Tcp => "tcp",
        ForwardProtocol::Udp => "udp",
        ForwardProtocol::Any => "any",
    })
}

/// The word for a VPC's mode.
pub(super) const fn mode(mode: Mode) -> Word<'static> {
    Word(match mode {
        Mode::Direct => "direct",
        Mode::Centralized => "centralized",
        Mode::PrivateOnly => "private-only",
    })
}

/// An entry's next hop, or `local`.
pub(super) struct HopOf<'a>(pub(super) &'a RouteEntry);

impl Display for HopOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.next_hop {
            Some(hop) => hop.fmt(f),
            None => f.write_str("local"),
        }
    }
}

/// The word for where an entry comes from.
pub(super) fn origin(entry: &RouteEntry) -> Word<'static> {
    Word(match entry.origin {
        Origin::System => "system",
        Origin::Custom => "custom",
        Origin::Dynamic => "dynamic",
    })
}

/// A value, or `none`.
pub(super) struct OrNone<T>(pub(super) Option<T>);

impl<T: Display> Display for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}

pub(super) const fn on_off(value: bool) -> Word<'static> {
    Word(if value { "on" } else { "off" })
}
