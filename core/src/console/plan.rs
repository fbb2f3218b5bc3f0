//! The answer to `dry-run`: what a command would change, a body line each.

use core::fmt::{self, Write};

use super::answer::Failure;
use super::print::{OrNone, forward_protocol, health, mode, on_off, write_gateway};
use crate::addr::{Decimal, Prefix, TableId};
use crate::region::objects::{
    Appliance, ForwardEntry, Gateway, PublicAddress, RouteTargetGroup, SnatEntry, TableKind,
};
use crate::region::plan::{Edit, Options};
use crate::region::removal::Removal;
use crate::region::{Command, Region};
use crate::text::Word;

/// Writes `ok` and what a command would change. Not inlined, so that a program can load it apart from the rest.
#[inline(never)]
pub(super) fn answer(
    region: &mut Region<'_>,
    command: &Command,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let plan = region.dry_run(command)?;
    out.write_str("ok\n")?;
    Ok(plan.edits().iter().try_for_each(|edit| change(region, edit, out))?)
}

pub(super) fn change(region: &Region<'_>, edit: &Edit<'_>, out: &mut dyn Write) -> fmt::Result {
    match edit {
        Edit::Options(options) => write_options(options, out),
        Edit::PutVpc(vpc) => writeln!(out, "  {} mode={}", vpc.id, mode(vpc.mode)),
        Edit::PutCidrs { vpc, user, prefixes } => {
            let name = Word(if *user { "user-cidr" } else { "cidr" });
            prefixes.iter().try_for_each(|prefix| writeln!(out, "  {vpc} {name}={prefix}"))
        }
        Edit::PutVSwitch(v) => {
            writeln!(out, "  {} vpc={} cidr={} table={}", v.id, v.vpc, v.cidr, v.table)
        }
        Edit::PutTable(table) => {
            let kind = Word(match table.kind {
                TableKind::System => "system",
                TableKind::VSwitch => "vswitch",
                TableKind::Gateway => "gateway",
            });
            writeln!(out, "  {} vpc={} type={kind}", table.id, table.vpc)
        }
        Edit::PutRoute(route) => {
            let origin = Word(match route.dynamic {
                true if region.is_custom(route.table, route.prefix) => " candidate",
                true => " dynamic",
                false => "",
            });
            writeln!(out, "  {} {} {}{origin}", route.table, route.prefix, route.next_hop)
        }
        Edit::PutGateway(record) => {
            let gateway = Gateway::from(*record);
            write!(out, "  {}", gateway.id)?;
            write_gateway(&gateway, out)?;
            out.write_char('\n')
        }
        Edit::PutInterface(host) => {
            let (id, vswitch, address) = (host.id, host.vswitch, host.address);
            writeln!(
                out,
                "  {id} vswitch={vswitch} address={address} forward={}",
                on_off(host.forward)
            )
        }
        Edit::PutPublic(public) => write_public(public, out),
        Edit::PutSnat(snat) => writeln!(out, "  {} snat {} {}", snat.nat, snat.prefix, snat.eip),
        Edit::PutForward(entry) => {
            write_forward(entry, out)?;
            writeln!(out, " {} {}", entry.address, Decimal(entry.private_port.into()))
        }
        Edit::PutBalancer(balancer) => {
            let (id, vpc, address) = (balancer.id, balancer.vpc, balancer.address);
            writeln!(out, "  {id} vpc={vpc} address={address}")
        }
        Edit::PutGwlb(gwlb) => {
            writeln!(out, "  {} fail-open={}", gwlb.id, on_off(gwlb.fail_open))
        }
        Edit::PutAppliance(appliance) => {
            let health = health(appliance.healthy);
            writeln!(out, "  {} gwlb={} health={health}", appliance.id, appliance.gwlb)
        }
        Edit::PutEndpoint(endpoint) => {
            writeln!(out, "  {} vswitch={} gwlb={}", endpoint.id, endpoint.vswitch, endpoint.gwlb)
        }
        // A report that changes no role changes no configuration.
        Edit::PutGroup(group)
            if region
                .get::<RouteTargetGroup>(group.id)
                .is_some_and(|old| old.active == group.active) =>
        {
            Ok(())
        }
        Edit::PutGroup(group) => {
            writeln!(out, "  {} active={} standby={}", group.id, group.active, group.standby)
        }
        Edit::Remove(removal) => removed(region, removal, out),
    }
}

/// What an edit takes away. Not inlined either: outlines write edits too, but none of these.
#[inline(never)]
fn removed(region: &Region<'_>, removal: &Removal, out: &mut dyn Write) -> fmt::Result {
    match removal {
        Removal::Vpc(vpc) => writeln!(out, "  {} removed", vpc.id),
        Removal::VSwitch(vswitch) => writeln!(out, "  {} removed", vswitch.id),
        Removal::Table(table) => writeln!(out, "  {table} removed"),
        Removal::Route(table, prefix, dynamic) => reset(region, *table, *prefix, *dynamic, out),
        Removal::RoutesTo(gateway) => {
            let mut naming = region.routes_to(gateway.id());
            naming.try_for_each(|(table, prefix)| reset(region, table, prefix, false, out))
        }
        Removal::Gateway(gateway) => writeln!(out, "  {gateway} removed"),
        Removal::Interface(id) => writeln!(out, "  {id} removed"),
        Removal::Public(public) => writeln!(out, "  {} removed", public.id),
        Removal::Snat(nat, prefix) => writeln!(out, "  {nat} snat {prefix} removed"),
        Removal::Forward(entry) => {
            write_forward(entry, out)?;
            out.write_str(" removed\n")
        }
        Removal::EntriesOf(nat) => {
            let mut snats = region.all::<SnatEntry>().filter(|snat| snat.nat == *nat);
            snats.try_for_each(|snat| writeln!(out, "  {nat} snat {} removed", snat.prefix))?;
            let mut forwards = region.all::<ForwardEntry>().filter(|entry| entry.nat == *nat);
            forwards.try_for_each(|entry| {
                write_forward(&entry, out)?;
                out.write_str(" removed\n")
            })
        }
        Removal::Balancer(balancer) => writeln!(out, "  {} removed", balancer.id),
        Removal::Gwlb(gwlb) => {
            let mut with = region.all::<Appliance>().filter(|appliance| appliance.gwlb == *gwlb);
            with.try_for_each(|appliance| writeln!(out, "  {} removed", appliance.id))?;
            writeln!(out, "  {gwlb} removed")
        }
        Removal::Appliance(appliance) => writeln!(out, "  {} removed", appliance.id),
        Removal::Endpoint(endpoint) => writeln!(out, "  {endpoint} removed"),
        Removal::Group(group) => writeln!(out, "  {group} removed"),
        Removal::Binding(public) => write_public(&PublicAddress { target: None, ..*public }, out),
    }
}

fn write_public(public: &PublicAddress, out: &mut dyn Write) -> fmt::Result {
    let (id, address, target) = (public.id, public.address, OrNone(public.target));
    writeln!(out, "  {id} address={address} target={target}")
}

/// A DNAT entry's public side.
fn write_forward(entry: &ForwardEntry, out: &mut dyn Write) -> fmt::Result {
    let protocol = forward_protocol(entry.protocol);
    write!(
        out,
        "  {} dnat {} {protocol} {}",
        entry.nat,
        entry.eip,
        Decimal(entry.public_port.into())
    )
}

/// An entry without its record: gone, automatic again, or the Dynamic candidate's turn.
fn reset(
    region: &Region<'_>,
    table: TableId,
    prefix: Prefix,
    dynamic: bool,
    out: &mut dyn Write,
) -> fmt::Result {
    if region.is_automatic(table, prefix) {
        return writeln!(out, "  {table} {prefix} local");
    }
    let candidate = region.candidate(table, prefix).filter(|_| !dynamic);
    match candidate {
        Some(next_hop) => writeln!(out, "  {table} {prefix} {next_hop} dynamic"),
        None if dynamic && region.is_custom(table, prefix) => {
            writeln!(out, "  {table} {prefix} candidate removed")
        }
        None => writeln!(out, "  {table} {prefix} removed"),
    }
}

fn write_options(options: &Options, out: &mut dyn Write) -> fmt::Result {
    let ingress = Word(if options.deliver_local { "deliver-local" } else { "drop-unsolicited" });
    writeln!(
        out,
        "  region gateway={} clb-restricted={} gwlb={} ingress={ingress} blackout={}",
        on_off(options.gateway),
        on_off(options.clb_restricted),
        on_off(options.gwlb),
        on_off(options.blackout)
    )
}
