//! Verdicts and objects in the words of the answer grammar.

use core::fmt::{self, Display, Write};

use crate::addr::{Id, Kind, NatGatewayId, VpcId};
use crate::region::objects::{
    Gateway, Interface, Mode, PublicAddress, PublicKind, RouteTable, SnatEntry, VSwitch, Vpc,
};
use crate::region::{EipMode, Exposure, Object, Origin, Region, RouteEntry};
use crate::resolve::{Action, Verdict};

/// The answer to `send` and `receive`, as `egress public=47.0.0.1 path=7,13 via=ngw-1`.
impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.action {
            Action::Egress { public } => write!(f, "egress public={public}")?,
            Action::Deliver { target } => write!(f, "deliver {target}")?,
            Action::Handoff { next_hop } => write!(f, "handoff {next_hop}")?,
            Action::Service => f.write_str("service")?,
            Action::Drop(reason) => write!(f, "drop {reason}")?,
        }
        write_joined(f, " path=", &self.paths)?;
        write_joined(f, " via=", &self.via)
    }
}

/// Writes `name` and the items with commas between them; nothing if there are none.
fn write_joined(f: &mut fmt::Formatter<'_>, name: &str, items: &[impl Display]) -> fmt::Result {
    let mut before = name;
    for item in items {
        write!(f, "{before}{item}")?;
        before = ",";
    }
    Ok(())
}

/// What `show` and `list` print of an object.
pub(super) trait Describe: Object {
    /// Its id.
    fn id(&self) -> Id;

    /// The VPC that it is in or bound in.
    fn vpc(&self, region: &Region<'_>) -> Option<VpcId>;

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

    fn vpc(&self, _region: &Region<'_>) -> Option<VpcId> {
        Some(self.id)
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

    fn vpc(&self, _region: &Region<'_>) -> Option<VpcId> {
        Some(self.vpc)
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

    fn vpc(&self, _region: &Region<'_>) -> Option<VpcId> {
        Some(self.vpc)
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

    fn vpc(&self, _region: &Region<'_>) -> Option<VpcId> {
        Some(self.vpc)
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

    fn vpc(&self, region: &Region<'_>) -> Option<VpcId> {
        region.vpc_of_interface(self.id)
    }

    fn fields(&self, region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
        write!(out, " vswitch={} address={}", self.vswitch, self.address)?;
        if self.id.kind == Kind::NatGateway {
            let mode = if self.multi_binded { "multi-binded" } else { "nat" };
            return write!(out, " mode={mode}");
        }
        let public = region.all::<PublicAddress>().find(|eip| eip.target == Some(self.id));
        let public = OrNone(public.map(|eip| eip.address));
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
        Ok(())
    }
}

impl Describe for PublicAddress {
    fn id(&self) -> Id {
        self.id.id()
    }

    fn vpc(&self, region: &Region<'_>) -> Option<VpcId> {
        region.vpc_of_interface(self.target?)
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
