//! Taking everything down again, in an order that nothing can refuse.

use sekisho::addr::{Id, InstanceId, Kind, NatGatewayId, NetworkInterfaceId};
use sekisho::model::{PublicKind, TableKind, Twin};
use sekisho::region::{Command, GatewayOperation};

use crate::pair::Pair;

/// Deletes all objects; then nothing is in use, no cell either.
pub(crate) fn drain(pair: &mut Pair<'_>) {
    while let Some(command) = next(&pair.twin) {
        assert_eq!(pair.apply(&command), Ok(()), "draining: {command:?}");
    }
    for usage in pair.region.usage() {
        assert_eq!(usage.used, 0, "{} of the empty region", usage.name);
    }
}

fn next(twin: &Twin) -> Option<Command> {
    routing(twin).or_else(|| services(twin)).or_else(|| network(twin))
}

fn routing(twin: &Twin) -> Option<Command> {
    if let Some((&gateway, object)) = twin.gateways.first_key_value() {
        return Some(match object.table {
            _ if object.begun.is_some() => Command::Abort(gateway),
            Some(table) => Command::Gateway(GatewayOperation::Dissociate { table, gateway }),
            None => Command::Gateway(GatewayOperation::Delete { gateway, public: true }),
        });
    }
    twin.tables.iter().find_map(|(&table, object)| {
        if let Some(entry) = object.entries.iter().find(|entry| entry.next_hop.is_some()) {
            return Some(Command::DeleteRouteEntry { table, prefix: entry.prefix });
        }
        let (&prefix, _) = object.dynamic.first_key_value()?;
        Some(Command::WithdrawRoute { table, prefix })
    })
}

fn services(twin: &Twin) -> Option<Command> {
    if let Some((&(nat, prefix), _)) = twin.snat.first_key_value() {
        return Some(Command::DeleteSnatEntry { nat, prefix });
    }
    if let Some((&(nat, eip, protocol, public_port), _)) = twin.forward.first_key_value() {
        return Some(Command::DeleteForwardEntry { nat, eip, protocol, public_port });
    }
    if let Some((&group, _)) = twin.groups.first_key_value() {
        return Some(Command::DeleteRouteTargetGroup(group));
    }
    if let Some((&endpoint, _)) = twin.endpoints.first_key_value() {
        return Some(Command::DeleteEndpoint(endpoint));
    }
    if let Some((&gwlb, _)) = twin.gwlbs.first_key_value() {
        return Some(Command::DeleteGwlb(gwlb));
    }
    let (&eip, public) = twin.eips.iter().find(|(_, e)| e.kind != PublicKind::Static)?;
    Some(match public.target {
        Some(_) => Command::UnassociateEip(eip),
        None => Command::ReleaseEip(eip),
    })
}

fn network(twin: &Twin) -> Option<Command> {
    if let Some((&balancer, _)) = twin.balancers.first_key_value() {
        return Some(Command::DeleteLoadBalancer(balancer));
    }
    if let Some((&Id { kind, number }, _)) = twin.interfaces.first_key_value() {
        return Some(match kind {
            Kind::Instance => Command::DeleteInstance(InstanceId(number)),
            Kind::NetworkInterface => Command::DeleteNetworkInterface(NetworkInterfaceId(number)),
            _ => Command::DeleteNatGateway(NatGatewayId(number)),
        });
    }
    if let Some((&vswitch, _)) = twin.vswitches.first_key_value() {
        return Some(Command::DeleteVSwitch(vswitch));
    }
    let mut made = twin.tables.iter().filter(|(_, table)| table.kind != TableKind::System);
    if let Some((&table, _)) = made.next() {
        return Some(Command::DeleteRouteTable(table));
    }
    Some(Command::DeleteVpc(*twin.vpcs.first_key_value()?.0))
}
