//! Verdicts and objects in the words of the answer grammar.

use core::fmt::{self, Display, Write};

use crate::addr::{Addr, Decimal, GwlbId, Id, Kind, NatGatewayId, VSwitchId, VpcId};
use crate::region::objects::{
    Appliance, Endpoint, ForwardEntry, Gateway, Gwlb, Interface, LoadBalancer, Mode, PublicAddress,
    PublicKind, RouteTable, RouteTargetGroup, SnatEntry, VSwitch, Vpc,
};
use crate::region::{
    BalancerPlace, EipMode, Exposure, ForwardProtocol, NextHop, Object, Origin, Region, RouteEntry,
};
use crate::resolve::{Action, Verdict};

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
    write_joined(f, " path=", &verdict.paths)?;
    write_joined(f, " via=", &verdict.via)
}

/// Writes `name` and an item. Here and in what it writes nothing is formatted within a format, so that
/// the stack that a line takes is bounded.
fn write_named(f: &mut fmt::Formatter<'_>, name: &str, item: &impl Display) -> fmt::Result {
    f.write_str(name)?;
    item.fmt(f)
}

/// Writes `name` and the items with commas between them; nothing if there are none.
fn write_joined(f: &mut fmt::Formatter<'_>, name: &str, items: &[impl Display]) -> fmt::Result {
    let mut before = name;
    for item in items {
        write_named(f, before, item)?;
        before = ",";
    }
    Ok(())
}

/// What `show` and `list` print of an object.
pub(super) trait Describe: Object {
    /// Its id.
    fn id(&self) -> Id;

    /// Whether it is in the VPC, or serves something that is.
    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool;

    /// Writes its fields, a space before each.
    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result;

    /// Writes its parts, a body line each.
    fn parts(&self, _region: &Region<'_>, _out: &mut dyn Write) -> fmt::Result {
        Ok(())
    }
}

impl Describe for Vpc {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, _region: &Region<'_>) -> bool {
        self.id == vpc
    }

    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let gateway = region.gateway_of(self.id).map(|gateway| gateway.id);
        write!(out, " mode={} gateway={}", mode(self.mode), OrNone(gateway))
    }
}

impl Describe for VSwitch {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, _region: &Region<'_>) -> bool {
        self.vpc == vpc
    }

    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let exposure = match region.exposure(self) {
            Exposure::Public => "public",
            Exposure::Partial => "partial",
            Exposure::Private => "private",
        };
        write!(out, " vpc={} table={} exposure={exposure}", self.vpc, self.table)
    }
}

impl Describe for RouteTable {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, _region: &Region<'_>) -> bool {
        self.vpc == vpc
    }

    fn fields(&self, _region: &Region<'_>, _out: &mut dyn Write) -> fmt::Result {
        Ok(())
    }

    fn parts(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        for entry in region.routes(self.id) {
            let (hop, origin) = (HopOf(&entry), origin(&entry));
            writeln!(out, "  {} {hop} {origin}", entry.prefix)?;
        }
        Ok(())
    }
}

impl Describe for Gateway {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, _region: &Region<'_>) -> bool {
        self.vpc == vpc
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let (status, enabled) = (self.status().name(), on_off(self.enabled));
        let (table, vpc) = (OrNone(self.table), self.vpc);
        write!(out, " status={status} enabled={enabled} table={table} vpc={vpc}")
    }
}

impl Describe for Interface {
    fn id(&self) -> Id {
        self.id
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        region.vpc_of(self.id) == Some(vpc)
    }

    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " vswitch={} address={}", self.vswitch, self.address)?;
        if self.id.kind == Kind::NatGateway {
            let mode = if self.multi_binded { "multi-binded" } else { "nat" };
            return write!(out, " mode={mode}");
        }
        let public = public_of(self.id, region);
        write!(out, " forward={} public={public}", on_off(self.forward))
    }

    fn parts(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let nat = NatGatewayId(self.id.number);
        if self.id != nat.id() {
            return Ok(());
        }
        for entry in region.all::<SnatEntry>().filter(|entry| entry.nat == nat) {
            writeln!(out, "  snat {} {}", entry.prefix, entry.eip)?;
        }
        for entry in region.all::<ForwardEntry>().filter(|entry| entry.nat == nat) {
            let (protocol, address) = (forward_protocol(entry.protocol), entry.address);
            let port = |port: u16| Decimal(port.into());
            let (public, private) = (port(entry.public_port), port(entry.private_port));
            writeln!(out, "  dnat {} {protocol} {public} {address} {private}", entry.eip)?;
        }
        Ok(())
    }
}

impl Describe for PublicAddress {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        self.target.is_some_and(|target| region.vpc_of(target) == Some(vpc))
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let kind = match self.kind {
            PublicKind::Eip => "eip",
            PublicKind::Anycast => "anycast",
            PublicKind::Static => "static",
        };
        let mode = match self.mode {
            EipMode::Nat => "nat",
            EipMode::Binded => "binded",
            EipMode::MultiBinded => "multi-binded",
        };
        let target = OrNone(self.target);
        write!(out, " address={} kind={kind} mode={mode} target={target}", self.address)
    }
}

impl Describe for LoadBalancer {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        match self.place {
            BalancerPlace::Internal { vswitch, .. } => stands_in(vswitch, vpc, region),
            BalancerPlace::Internet { vpc: served, .. } => served == vpc,
        }
    }

    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        match self.place {
            BalancerPlace::Internal { vswitch, address } => {
                let public = public_of(self.id.id(), region);
                write!(out, " type=internal vswitch={vswitch} address={address} public={public}")
            }
            BalancerPlace::Internet { vpc, address } => {
                write!(out, " type=internet vpc={vpc} address={address}")
            }
        }
    }
}

impl Describe for Gwlb {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        serves(self.id, vpc, region)
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " fail-open={}", on_off(self.fail_open))
    }

    fn parts(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        for appliance in region.all::<Appliance>().filter(|appliance| appliance.gwlb == self.id) {
            writeln!(out, "  {} {}", appliance.id, health(appliance.healthy))?;
        }
        Ok(())
    }
}

impl Describe for Appliance {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        serves(self.gwlb, vpc, region)
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " gwlb={} health={}", self.gwlb, health(self.healthy))
    }
}

impl Describe for Endpoint {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        stands_in(self.vswitch, vpc, region)
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " vswitch={} gwlb={}", self.vswitch, self.gwlb)
    }
}

impl Describe for RouteTargetGroup {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn is_in(&self, vpc: VpcId, region: &Region<'_>) -> bool {
        region.get::<Endpoint>(self.active).is_some_and(|active| active.is_in(vpc, region))
    }

    fn fields(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " active={} standby={}", self.active, self.standby)
    }

    fn parts(&self, _region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        let members = [(self.active, self.active_abnormal), (self.standby, self.standby_abnormal)];
        for (endpoint, abnormal) in members {
            writeln!(out, "  {endpoint} {}", if abnormal { "abnormal" } else { "normal" })?;
        }
        Ok(())
    }
}

/// The public address bound to an interface or load balancer.
fn public_of(id: Id, region: &Region<'_>) -> OrNone<Addr> {
    let bound = region.all::<PublicAddress>().find(|eip| eip.target == Some(id));
    OrNone(bound.map(|eip| eip.address))
}

fn stands_in(vswitch: VSwitchId, vpc: VpcId, region: &Region<'_>) -> bool {
    region.get::<VSwitch>(vswitch).is_some_and(|vswitch| vswitch.vpc == vpc)
}

/// Whether a GWLB has an endpoint in the VPC. It is in none itself, and neither are its appliances.
fn serves(gwlb: GwlbId, vpc: VpcId, region: &Region<'_>) -> bool {
    let mut endpoints = region.all::<Endpoint>().filter(|endpoint| endpoint.gwlb == gwlb);
    endpoints.any(|endpoint| endpoint.is_in(vpc, region))
}

/// The word for an appliance's health.
pub(super) const fn health(healthy: bool) -> &'static str {
    if healthy { "healthy" } else { "unhealthy" }
}

/// The word for what a forward entry forwards.
pub(crate) const fn forward_protocol(protocol: ForwardProtocol) -> &'static str {
    match protocol {
        ForwardProtocol::Tcp => "tcp",
        ForwardProtocol::Udp => "udp",
        ForwardProtocol::Any => "any",
    }
}

/// The word for a VPC's mode.
pub(super) const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Direct => "direct",
        Mode::Centralized => "centralized",
        Mode::PrivateOnly => "private-only",
    }
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
pub(super) fn origin(entry: &RouteEntry) -> &'static str {
    match entry.origin {
        Origin::System => "system",
        Origin::Custom => "custom",
        Origin::Dynamic => "dynamic",
    }
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

pub(super) const fn on_off(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}
