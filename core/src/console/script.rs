//! A configuration as the lines that make it.

use core::fmt::{self, Display, Formatter, Write};
use core::slice;

use super::print::{forward_protocol, health, on_off};
use crate::addr::{GatewayId, Kind, TableId, VpcId};
use crate::region::objects::{Gateway, RouteTable};
use crate::region::rebuild::Step;
use crate::region::{
    BalancerPlace, Command, EipMode, GatewayOperation, NextHop, Region, RegionOptions, VpcFlags,
};
use crate::text::Word;

/// Writes the lines that make the region's configuration in an empty one, each ended by `\n`: the same
/// lines for the same configuration, and none for an empty region.
///
/// A table that a begun operation names and that has gone since is made for it, and deleted again. Two things get
/// a line that is refused: a VPC whose secondary CIDRs do not fit into 512 bytes, as no line can make it, and an
/// operation that has begun on a table which is gone, if there is no room for it, or its id another's now.
///
/// ```
/// # use sekisho::{Memory, console, limits::Profile, region::Region};
/// # static REGION: Memory<{ Profile::FIRMWARE.footprint() }> = Memory::new();
/// # let mut region = Region::init(&REGION, &Profile::FIRMWARE)?;
/// # let mut answer = String::new();
/// let _ = console::run(&mut region, b"create-vpc vpc-1 vtb-1 10.0.0.0/16 flag=vpn", &mut answer)?;
/// let mut script = String::new();
/// console::script(&region, &mut script)?;
/// assert_eq!(script, "create-vpc vpc-1 vtb-1 10.0.0.0/16 flag=vpn\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline(never)]
pub fn script(region: &Region<'_>, out: &mut dyn Write) -> fmt::Result {
    for turn in [Turn::Objects, Turn::Named, Turn::Begun, Turn::Others] {
        let mut steps = region.steps().filter(|step| Turn::of(step, region) == turn);
        steps.try_for_each(|step| write!(out, "{}", Lines(&step, region)))?;
    }
    Ok(())
}

/// When a step's lines come. What has begun was allowed by what there was then, and what has come since may
/// be what would forbid it; but an entry that names the gateway, or one of its table, cannot have come since.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Everything but entries, addresses and options.
    Objects,
    /// Entries of gateway tables, and those that name a gateway on which an operation has begun.
    Named,
    /// What has begun.
    Begun,
    /// The rest.
    Others,
    /// Never: another line makes it.
    Never,
}

impl Turn {
    fn of(step: &Step, region: &Region<'_>) -> Turn {
        let begun = |id: GatewayId| region.get::<Gateway>(id).and_then(|gateway| gateway.begun);
        let is_busy = |hop: &NextHop| {
            hop.id().kind == Kind::Ipv4Gateway && begun(GatewayId(hop.id().number)).is_some()
        };
        let Step::Command(command) = step else {
            return if matches!(step, Step::Begun(_)) { Turn::Begun } else { Turn::Objects };
        };
        // A VPC has one gateway table at a time.
        let had_another = |vpc: VpcId| {
            let begun = region.gateway_of(vpc).and_then(|gateway| gateway.begun);
            begun.is_some_and(|operation| {
                matches!(operation, GatewayOperation::Associate { .. })
                    && gone(&operation, region).next().is_some()
            })
        };
        match command {
            Command::CreateRouteTable { vpc, gateway: true, .. } if had_another(*vpc) => {
                Turn::Others
            }
            Command::UpdateGatewayEntry { table, .. }
                if region.get::<RouteTable>(*table).is_some_and(|table| had_another(table.vpc)) =>
            {
                Turn::Others
            }
            Command::Gateway(GatewayOperation::Create { gateway, .. }) => match begun(*gateway) {
                Some(GatewayOperation::Create { .. }) => Turn::Never,
                _ => Turn::Objects,
            },
            Command::CreateRouteEntry { next_hop, .. } if is_busy(next_hop) => Turn::Named,
            Command::UpdateGatewayEntry { .. } => Turn::Named,
            Command::CreateRouteEntry { .. }
            | Command::AnnounceRoute { .. }
            | Command::ModifyRouteEntry { .. }
            | Command::AllocateEip { .. }
            | Command::AssociateEip { .. }
            | Command::CreateSnatEntry { .. }
            | Command::CreateForwardEntry { .. }
            | Command::Region(_) => Turn::Others,
            _ => Turn::Objects,
        }
    }
}

/// The tables that an operation names and that are not there.
fn gone(operation: &GatewayOperation, region: &Region<'_>) -> impl Iterator<Item = TableId> {
    let named = match operation {
        GatewayOperation::Enable { tables, .. } => tables.as_slice(),
        GatewayOperation::Associate { table, .. } => slice::from_ref(table),
        _ => &[],
    };
    named.iter().copied().filter(|table| region.get::<RouteTable>(*table).is_none())
}

/// The lines of a step.
struct Lines<'s, 'm>(&'s Step, &'s Region<'m>);

impl Display for Lines<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Step::Command(command) => write_command(command, f)?,
            Step::PrivateOnly(vpc) => {
                // Of a gateway that this VPC alone has, and not for long.
                let gateway = GatewayId(u16::MAX);
                say!(f, "create-ipv4-gateway ", gateway, " ", vpc, "\n")?;
                say!(f, "enable-vpc-ipv4-gateway ", gateway, "\n")?;
                say!(f, "delete-ipv4-gateway ", gateway)?;
            }
            Step::Begun(operation) => {
                let Lines(_, region) = *self;
                if let Some(gateway) = region.get::<Gateway>(operation.gateway()) {
                    let kind = match operation {
                        GatewayOperation::Associate { .. } => " type=gateway",
                        _ => "",
                    };
                    gone(operation, region).try_for_each(|table| {
                        say!(f, "create-route-table ", table, " ", gateway.vpc, Word(kind), "\n")
                    })?;
                }
                f.write_str("begin ")?;
                write_operation(operation, f)?;
                gone(operation, region)
                    .try_for_each(|table| say!(f, "\ndelete-route-table ", table))?;
            }
        }
        f.write_char('\n')
    }
}

/// Writes the commands that rebuild a configuration.
fn write_command(command: &Command, f: &mut Formatter<'_>) -> fmt::Result {
    match command {
        Command::Region(options) => write_options(options, f),
        Command::CreateVpc { vpc, table, cidr, secondary, user, flags } => {
            say!(f, "create-vpc ", vpc, " ", table, " ", cidr)?;
            secondary.iter().try_for_each(|cidr| say!(f, " cidr=", cidr))?;
            user.iter().try_for_each(|cidr| say!(f, " user-cidr=", cidr))?;
            write_flags(flags, f)
        }
        Command::CreateVSwitch { vswitch, vpc, cidr } => {
            say!(f, "create-vswitch ", vswitch, " ", vpc, " ", cidr)
        }
        Command::CreateRouteTable { table, vpc, gateway } => {
            let kind = if *gateway { " type=gateway" } else { "" };
            say!(f, "create-route-table ", table, " ", vpc, kind)
        }
        Command::AssociateRouteTable { table, vswitch } => {
            say!(f, "associate-route-table ", table, " ", vswitch)
        }
        Command::CreateRouteEntry { table, prefix, next_hop } => {
            say!(f, "create-route-entry ", table, " ", prefix, " ", next_hop)
        }
        Command::AnnounceRoute { table, prefix, next_hop } => {
            say!(f, "announce-route ", table, " ", prefix, " ", next_hop)
        }
        Command::ModifyRouteEntry { table, prefix, next_hop: Some(next_hop) } => {
            say!(f, "modify-route-entry ", table, " ", prefix, " ", next_hop)
        }
        Command::UpdateGatewayEntry { table, prefix, next_hop: Some(next_hop) } => {
            let verb = "update-gateway-route-table-entry-attribute ";
            say!(f, verb, table, " ", prefix, " ", next_hop)
        }
        Command::Gateway(operation) => write_operation(operation, f),
        Command::CreateInstance { instance, vswitch, address, public, forward } => {
            say!(f, "create-instance ", instance, " ", vswitch, " ", address)?;
            if let Some((eip, address)) = public {
                say!(f, " public=", eip, ":", address)?;
            }
            write_forward(*forward, f)
        }
        Command::CreateNetworkInterface { interface, vswitch, address, forward } => {
            say!(f, "create-network-interface ", interface, " ", vswitch, " ", address)?;
            write_forward(*forward, f)
        }
        Command::AllocateEip { eip, address, anycast, mode } => {
            let kind = if *anycast { " kind=anycast" } else { "" };
            say!(f, "allocate-eip ", eip, " ", address, kind)?;
            f.write_str(match mode {
                EipMode::Nat => "",
                EipMode::Binded => " mode=binded",
                EipMode::MultiBinded => " mode=multi-binded",
            })
        }
        Command::AssociateEip { eip, target } => say!(f, "associate-eip ", eip, " ", target),
        Command::CreateNatGateway { nat, vswitch, address, multi_binded } => {
            let mode = if *multi_binded { " mode=multi-binded" } else { "" };
            say!(f, "create-nat-gateway ", nat, " ", vswitch, " ", address, mode)
        }
        Command::CreateSnatEntry { nat, prefix, eip } => {
            say!(f, "create-snat-entry ", nat, " ", prefix, " ", eip)
        }
        Command::CreateForwardEntry { nat, eip, protocol, public_port, address, private_port } => {
            let protocol = forward_protocol(*protocol);
            say!(f, "create-forward-entry ", nat, " ", eip, " ", protocol, " ", public_port)?;
            say!(f, " ", address, " ", private_port)
        }
        Command::CreateLoadBalancer { balancer, place } => {
            say!(f, "create-load-balancer ", balancer)?;
            match place {
                BalancerPlace::Internal { vswitch, address } => {
                    say!(f, " internal ", vswitch, " ", address)
                }
                BalancerPlace::Internet { vpc, address } => {
                    say!(f, " internet ", vpc, " ", address)
                }
            }
        }
        Command::CreateGwlb { gwlb, fail_open } => {
            let option = if *fail_open { " fail-open=on" } else { "" };
            say!(f, "create-gwlb ", gwlb, option)
        }
        Command::RegisterAppliance { gwlb, appliance } => {
            say!(f, "register-appliance ", gwlb, " ", appliance)
        }
        Command::SetAppliance { appliance, healthy } => {
            say!(f, "set-appliance ", appliance, " ", health(*healthy))
        }
        Command::CreateEndpoint { endpoint, vswitch, gwlb } => {
            say!(f, "create-gwlb-endpoint ", endpoint, " ", vswitch, " ", gwlb)
        }
        Command::CreateRouteTargetGroup { group, active, standby } => {
            say!(f, "create-route-target-group ", group, " ", active, " ", standby)
        }
        // No step is made of the others.
        _ => Err(fmt::Error),
    }
}

/// Writes a gateway's operation as the console reads it.
pub(crate) fn write_operation(operation: &GatewayOperation, f: &mut Formatter<'_>) -> fmt::Result {
    match operation {
        GatewayOperation::Create { gateway, vpc } => {
            say!(f, "create-ipv4-gateway ", gateway, " ", vpc)
        }
        GatewayOperation::Enable { gateway, tables } => {
            say!(f, "enable-vpc-ipv4-gateway ", gateway)?;
            for table in tables {
                say!(f, " ", table)?;
            }
            Ok(())
        }
        GatewayOperation::Update(gateway) => say!(f, "update-ipv4-gateway-attribute ", gateway),
        GatewayOperation::Delete { gateway, public } => {
            let mode = Word(if *public { "public" } else { "private" });
            say!(f, "delete-ipv4-gateway ", gateway, " mode=", mode)
        }
        GatewayOperation::Associate { table, gateway } => {
            say!(f, "associate-route-table-with-gateway ", table, " ", gateway)
        }
        GatewayOperation::Dissociate { table, gateway } => {
            say!(f, "dissociate-route-table-from-gateway ", table, " ", gateway)
        }
    }
}

fn write_forward(forward: bool, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(if forward { " forward=on" } else { "" })
}

fn write_flags(flags: &VpcFlags, f: &mut Formatter<'_>) -> fmt::Result {
    let VpcFlags { normal_nat, vpn, subnet_route_v1, shared_principal, unsupported } = *flags;
    let named = [
        (normal_nat, "normal-nat"),
        (vpn, "vpn"),
        (subnet_route_v1, "subnet-route-v1"),
        (shared_principal, "shared-principal"),
        (unsupported, "unsupported"),
    ];
    named.iter().filter(|(set, _)| *set).try_for_each(|(_, name)| say!(f, " flag=", name))
}

fn write_options(options: &RegionOptions, f: &mut Formatter<'_>) -> fmt::Result {
    let RegionOptions { gateway, clb_restricted, gwlb, deliver_local, blackout } = *options;
    f.write_str("region")?;
    let switches = [
        (" gateway=", gateway),
        (" clb-restricted=", clb_restricted),
        (" gwlb=", gwlb),
        (" blackout=", blackout),
    ];
    for (name, value) in switches {
        if let Some(value) = value {
            say!(f, name, on_off(value))?;
        }
    }
    match deliver_local {
        Some(true) => f.write_str(" ingress=deliver-local"),
        Some(false) => f.write_str(" ingress=drop-unsolicited"),
        None => Ok(()),
    }
}
