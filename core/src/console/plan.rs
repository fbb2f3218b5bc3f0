//! The answer to `dry-run`: what a command would change, a body line each.

use core::fmt::{self, Write};

use super::answer::Failure;
use super::print::{OrNone, forward_protocol, health, mode, on_off, write_gateway};
use crate::addr::{Decimal, Prefix, TableId};
use crate::region::objects::{
    Appliance, ForwardEntry, Gateway, RouteTargetGroup, SnatEntry, TableKind,
};
use crate::region::plan::{Edit, Options};
use crate::region::{Command, Region};
use crate::text::Word;

/// Writes `ok` and the changes that a command would make.
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
        Edit::DropVpc(vpc) => writeln!(out, "  {} removed", vpc.id),
        Edit::PutCidrs { vpc, user, prefixes } => {
            let name = Word(if *user { "user-cidr" } else { "cidr" });
            prefixes.iter().try_for_each(|prefix| writeln!(out, "  {vpc} {name}={prefix}"))
        }
        Edit::PutVSwitch(v) => {
            writeln!(out, "  {} vpc={} cidr={} table={}", v.id, v.vpc, v.cidr, v.table)
        }
        Edit::DropVSwitch(vswitch) => writeln!(out, "  {} removed", vswitch.id),
        Edit::PutTable(table) => {
            let kind = Word(match table.kind {
                TableKind::System => "system",
                TableKind::VSwitch => "vswitch",
                TableKind::Gateway => "gateway",
            });
            writeln!(out, "  {} vpc={} type={kind}", table.id, table.vpc)
        }
        Edit::DropTable(table) => writeln!(out, "  {table} removed"),
        Edit::PutRoute(route) => {
            let origin = Word(match route.dynamic {
                true if region.is_custom(route.table, route.prefix) => " candidate",
                true => " dynamic",
                false => "",
            });
            writeln!(out, "  {} {} {}{origin}", route.table, route.prefix, route.next_hop)
        }
        Edit::DropRoute(table, prefix, dynamic) => reset(region, *table, *prefix, *dynamic, out),
        Edit::DropRoutesTo(gateway) => {
            let mut naming = region.routes_to(gateway.id());
            naming.try_for_each(|(table, prefix)| reset(region, table, prefix, false, out))
        }
        Edit::PutGateway(record) => {
            let gateway = Gateway::from(*record);
            write!(out, "  {}", gateway.id)?;
            write_gateway(&gateway, out)?;
            out.write_char('\n')
        }
        Edit::DropGateway(gateway) => writeln!(out, "  {gateway} removed"),
        Edit::PutInterface(host) => {
            let (id, vswitch, address) = (host.id, host.vswitch, host.address);
            writeln!(
                out,
                "  {id} vswitch={vswitch} address={address} forward={}",
                on_off(host.forward)
            )
        }
        Edit::DropInterface(id) => writeln!(out, "  {id} removed"),
        Edit::PutPublic(public) => {
            let (id, address, target) = (public.id, public.address, OrNone(public.target));
            writeln!(out, "  {id} address={address} target={target}")
        }
        Edit::DropPublic(public) => writeln!(out, "  {} removed", public.id),
        Edit::PutSnat(snat) => writeln!(out, "  {} snat {} {}", snat.nat, snat.prefix, snat.eip),
        Edit::DropSnat(nat, prefix) => writeln!(out, "  {nat} snat {prefix} removed"),
        Edit::PutForward(entry) => {
            write_forward(entry, out)?;
            writeln!(out, " {} {}", entry.address, Decimal(entry.private_port.into()))
        }
        Edit::DropForward(entry) => {
            write_forward(entry, out)?;
            out.write_str(" removed\n")
        }
        Edit::DropEntriesOf(nat) => {
            let mut snats = region.all::<SnatEntry>().filter(|snat| snat.nat == *nat);
            snats.try_for_each(|snat| writeln!(out, "  {nat} snat {} removed", snat.prefix))?;
            let mut forwards = region.all::<ForwardEntry>().filter(|entry| entry.nat == *nat);
            forwards.try_for_each(|entry| {
                write_forward(&entry, out)?;
                out.write_str(" removed\n")
            })
        }
        Edit::PutBalancer(balancer) => {
            let (id, vpc, address) = (balancer.id, balancer.vpc, balancer.address);
            writeln!(out, "  {id} vpc={vpc} address={address}")
        }
        Edit::DropBalancer(balancer) => writeln!(out, "  {} removed", balancer.id),
        Edit::PutGwlb(gwlb) => {
            writeln!(out, "  {} fail-open={}", gwlb.id, on_off(gwlb.fail_open))
        }
        Edit::DropGwlb(gwlb) => {
            let mut with = region.all::<Appliance>().filter(|appliance| appliance.gwlb == *gwlb);
            with.try_for_each(|appliance| writeln!(out, "  {} removed", appliance.id))?;
            writeln!(out, "  {gwlb} removed")
        }
        Edit::PutAppliance(appliance) => {
            let health = health(appliance.healthy);
            writeln!(out, "  {} gwlb={} health={health}", appliance.id, appliance.gwlb)
        }
        Edit::DropAppliance(appliance) => writeln!(out, "  {} removed", appliance.id),
        Edit::PutEndpoint(endpoint) => {
            writeln!(out, "  {} vswitch={} gwlb={}", endpoint.id, endpoint.vswitch, endpoint.gwlb)
        }
        Edit::DropEndpoint(endpoint) => writeln!(out, "  {endpoint} removed"),
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
        Edit::DropGroup(group) => writeln!(out, "  {group} removed"),
    }
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
