//! Between the commands of this program and those of format version 1.

use heapless::Vec;

use super::types::{Hop, Net, Place, addr, bytes};
use super::v1::{Command, Operation, Step};
use crate::addr::{
    ApplianceId, EipId, EndpointId, GatewayId, GwlbId, InstanceId, LoadBalancerId, NatGatewayId,
    NetworkInterfaceId, Prefix, RouteTargetGroupId, TableId, VSwitchId, VpcId,
};
use crate::limits::gather;
use crate::region::Command as Native;
use crate::region::rebuild::Step as NativeStep;
use crate::region::{BalancerPlace, GatewayOperation, NextHop, Port};
use crate::store::Error;

impl From<&Native> for Command {
    fn from(command: &Native) -> Command {
        match *command {
            Native::Region(options) => Command::Region(options.into()),
            Native::CreateVpc { vpc, table, cidr, ref secondary, ref user, flags } => {
                Command::CreateVpc {
                    vpc: vpc.0,
                    table: table.0,
                    cidr: cidr.into(),
                    secondary: gather(secondary.iter().map(|&prefix| prefix.into())),
                    user: gather(user.iter().map(|&prefix| prefix.into())),
                    flags: flags.into(),
                }
            }
            Native::DeleteVpc(id) => Command::DeleteVpc(id.0),
            Native::CreateVSwitch { vswitch, vpc, cidr } => {
                Command::CreateVSwitch { vswitch: vswitch.0, vpc: vpc.0, cidr: cidr.into() }
            }
            Native::DeleteVSwitch(id) => Command::DeleteVSwitch(id.0),
            Native::CreateRouteTable { table, vpc, gateway } => {
                Command::CreateRouteTable { table: table.0, vpc: vpc.0, gateway }
            }
            Native::DeleteRouteTable(id) => Command::DeleteRouteTable(id.0),
            Native::AssociateRouteTable { table, vswitch } => {
                Command::AssociateRouteTable { table: table.0, vswitch: vswitch.0 }
            }
            Native::UnassociateRouteTable { table, vswitch } => {
                Command::UnassociateRouteTable { table: table.0, vswitch: vswitch.0 }
            }
            Native::CreateRouteEntry { table, prefix, ref next_hop } => Command::CreateRouteEntry {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.into(),
            },
            Native::ModifyRouteEntry { table, prefix, ref next_hop } => Command::ModifyRouteEntry {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.as_ref().map(Hop::from),
            },
            Native::DeleteRouteEntry { table, prefix } => {
                Command::DeleteRouteEntry { table: table.0, prefix: prefix.into() }
            }
            Native::AnnounceRoute { table, prefix, ref next_hop } => Command::AnnounceRoute {
                table: table.0,
                prefix: prefix.into(),
                next_hop: next_hop.into(),
            },
            Native::WithdrawRoute { table, prefix } => {
                Command::WithdrawRoute { table: table.0, prefix: prefix.into() }
            }
            Native::Gateway(ref operation) => Command::Gateway(operation.into()),
            Native::UpdateGatewayEntry { table, prefix, ref next_hop } => {
                Command::UpdateGatewayEntry {
                    table: table.0,
                    prefix: prefix.into(),
                    next_hop: next_hop.as_ref().map(Hop::from),
                }
            }
            Native::Begin(ref operation) => Command::Begin(operation.into()),
            Native::Commit(id) => Command::Commit(id.0),
            Native::Abort(id) => Command::Abort(id.0),
            Native::CreateInstance { instance, vswitch, address, public, forward } => {
                Command::CreateInstance {
                    instance: instance.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    public: public.map(|(eip, address)| (eip.0, bytes(address))),
                    forward,
                }
            }
            Native::DeleteInstance(id) => Command::DeleteInstance(id.0),
            Native::CreateNetworkInterface { interface, vswitch, address, forward } => {
                Command::CreateNetworkInterface {
                    interface: interface.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    forward,
                }
            }
            Native::DeleteNetworkInterface(id) => Command::DeleteNetworkInterface(id.0),
            Native::SetForward { interface, forward } => {
                Command::SetForward { interface: interface.id().into(), forward }
            }
            Native::AllocateEip { eip, address, anycast, mode } => Command::AllocateEip {
                eip: eip.0,
                address: bytes(address),
                anycast,
                mode: mode.into(),
            },
            Native::ReleaseEip(id) => Command::ReleaseEip(id.0),
            Native::AssociateEip { eip, target } => {
                Command::AssociateEip { eip: eip.0, target: target.into() }
            }
            Native::UnassociateEip(id) => Command::UnassociateEip(id.0),
            Native::CreateNatGateway { nat, vswitch, address, multi_binded } => {
                Command::CreateNatGateway {
                    nat: nat.0,
                    vswitch: vswitch.0,
                    address: bytes(address),
                    multi_binded,
                }
            }
            Native::DeleteNatGateway(id) => Command::DeleteNatGateway(id.0),
            Native::CreateSnatEntry { nat, prefix, eip } => {
                Command::CreateSnatEntry { nat: nat.0, prefix: prefix.into(), eip: eip.0 }
            }
            Native::DeleteSnatEntry { nat, prefix } => {
                Command::DeleteSnatEntry { nat: nat.0, prefix: prefix.into() }
            }
            Native::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            } => Command::CreateForwardEntry {
                nat: nat.0,
                eip: eip.0,
                protocol: protocol.into(),
                public_port,
                address: bytes(address),
                private_port,
            },
            Native::DeleteForwardEntry { nat, eip, protocol, public_port } => {
                Command::DeleteForwardEntry {
                    nat: nat.0,
                    eip: eip.0,
                    protocol: protocol.into(),
                    public_port,
                }
            }
            Native::CreateLoadBalancer { balancer, place } => {
                Command::CreateLoadBalancer { balancer: balancer.0, place: place.into() }
            }
            Native::DeleteLoadBalancer(id) => Command::DeleteLoadBalancer(id.0),
            Native::CreateGwlb { gwlb, fail_open } => {
                Command::CreateGwlb { gwlb: gwlb.0, fail_open }
            }
            Native::DeleteGwlb(id) => Command::DeleteGwlb(id.0),
            Native::RegisterAppliance { gwlb, appliance } => {
                Command::RegisterAppliance { gwlb: gwlb.0, appliance: appliance.0 }
            }
            Native::DeregisterAppliance(id) => Command::DeregisterAppliance(id.0),
            Native::SetAppliance { appliance, healthy } => {
                Command::SetAppliance { appliance: appliance.0, healthy }
            }
            Native::CreateEndpoint { endpoint, vswitch, gwlb } => {
                Command::CreateEndpoint { endpoint: endpoint.0, vswitch: vswitch.0, gwlb: gwlb.0 }
            }
            Native::DeleteEndpoint(id) => Command::DeleteEndpoint(id.0),
            Native::CreateRouteTargetGroup { group, active, standby } => {
                Command::CreateRouteTargetGroup {
                    group: group.0,
                    active: active.0,
                    standby: standby.0,
                }
            }
            Native::DeleteRouteTargetGroup(id) => Command::DeleteRouteTargetGroup(id.0),
            Native::ReportProbe { group, endpoint, ok } => {
                Command::ReportProbe { group: group.0, endpoint: endpoint.0, ok }
            }
            Native::SwitchActive(id) => Command::SwitchActive(id.0),
        }
    }
}

impl TryFrom<Command> for Native {
    type Error = Error;
    fn try_from(command: Command) -> Result<Native, Error> {
        Ok(match command {
            Command::Region(options) => Native::Region(options.into()),
            Command::CreateVpc { vpc, table, cidr, secondary, user, flags } => Native::CreateVpc {
                vpc: VpcId(vpc),
                table: TableId(table),
                cidr: cidr.try_into()?,
                secondary: prefixes(secondary)?,
                user: prefixes(user)?,
                flags: flags.into(),
            },
            Command::DeleteVpc(id) => Native::DeleteVpc(VpcId(id)),
            Command::CreateVSwitch { vswitch, vpc, cidr } => Native::CreateVSwitch {
                vswitch: VSwitchId(vswitch),
                vpc: VpcId(vpc),
                cidr: cidr.try_into()?,
            },
            Command::DeleteVSwitch(id) => Native::DeleteVSwitch(VSwitchId(id)),
            Command::CreateRouteTable { table, vpc, gateway } => {
                Native::CreateRouteTable { table: TableId(table), vpc: VpcId(vpc), gateway }
            }
            Command::DeleteRouteTable(id) => Native::DeleteRouteTable(TableId(id)),
            Command::AssociateRouteTable { table, vswitch } => {
                Native::AssociateRouteTable { table: TableId(table), vswitch: VSwitchId(vswitch) }
            }
            Command::UnassociateRouteTable { table, vswitch } => {
                Native::UnassociateRouteTable { table: TableId(table), vswitch: VSwitchId(vswitch) }
            }
            Command::CreateRouteEntry { table, prefix, next_hop } => Native::CreateRouteEntry {
                table: TableId(table),
                prefix: prefix.try_into()?,
                next_hop: next_hop.try_into()?,
            },
            Command::ModifyRouteEntry { table, prefix, next_hop } => Native::ModifyRouteEntry {
                table: TableId(table),
                prefix: prefix.try_into()?,
                next_hop: next_hop.map(NextHop::try_from).transpose()?,
            },
            Command::DeleteRouteEntry { table, prefix } => {
                Native::DeleteRouteEntry { table: TableId(table), prefix: prefix.try_into()? }
            }
            Command::AnnounceRoute { table, prefix, next_hop } => Native::AnnounceRoute {
                table: TableId(table),
                prefix: prefix.try_into()?,
                next_hop: next_hop.try_into()?,
            },
            Command::WithdrawRoute { table, prefix } => {
                Native::WithdrawRoute { table: TableId(table), prefix: prefix.try_into()? }
            }
            Command::Gateway(operation) => Native::Gateway(operation.into()),
            Command::UpdateGatewayEntry { table, prefix, next_hop } => Native::UpdateGatewayEntry {
                table: TableId(table),
                prefix: prefix.try_into()?,
                next_hop: next_hop.map(NextHop::try_from).transpose()?,
            },
            Command::Begin(operation) => Native::Begin(operation.into()),
            Command::Commit(id) => Native::Commit(GatewayId(id)),
            Command::Abort(id) => Native::Abort(GatewayId(id)),
            Command::CreateInstance { instance, vswitch, address, public, forward } => {
                Native::CreateInstance {
                    instance: InstanceId(instance),
                    vswitch: VSwitchId(vswitch),
                    address: addr(address),
                    public: public.map(|(eip, address)| (EipId(eip), addr(address))),
                    forward,
                }
            }
            Command::DeleteInstance(id) => Native::DeleteInstance(InstanceId(id)),
            Command::CreateNetworkInterface { interface, vswitch, address, forward } => {
                Native::CreateNetworkInterface {
                    interface: NetworkInterfaceId(interface),
                    vswitch: VSwitchId(vswitch),
                    address: addr(address),
                    forward,
                }
            }
            Command::DeleteNetworkInterface(id) => {
                Native::DeleteNetworkInterface(NetworkInterfaceId(id))
            }
            Command::SetForward { interface, forward } => Native::SetForward {
                interface: Port::from_id(interface.into()).ok_or(Error::Malformed)?,
                forward,
            },
            Command::AllocateEip { eip, address, anycast, mode } => Native::AllocateEip {
                eip: EipId(eip),
                address: addr(address),
                anycast,
                mode: mode.into(),
            },
            Command::ReleaseEip(id) => Native::ReleaseEip(EipId(id)),
            Command::AssociateEip { eip, target } => {
                Native::AssociateEip { eip: EipId(eip), target: target.into() }
            }
            Command::UnassociateEip(id) => Native::UnassociateEip(EipId(id)),
            Command::CreateNatGateway { nat, vswitch, address, multi_binded } => {
                Native::CreateNatGateway {
                    nat: NatGatewayId(nat),
                    vswitch: VSwitchId(vswitch),
                    address: addr(address),
                    multi_binded,
                }
            }
            Command::DeleteNatGateway(id) => Native::DeleteNatGateway(NatGatewayId(id)),
            Command::CreateSnatEntry { nat, prefix, eip } => Native::CreateSnatEntry {
                nat: NatGatewayId(nat),
                prefix: prefix.try_into()?,
                eip: EipId(eip),
            },
            Command::DeleteSnatEntry { nat, prefix } => {
                Native::DeleteSnatEntry { nat: NatGatewayId(nat), prefix: prefix.try_into()? }
            }
            Command::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            } => Native::CreateForwardEntry {
                nat: NatGatewayId(nat),
                eip: EipId(eip),
                protocol: protocol.into(),
                public_port,
                address: addr(address),
                private_port,
            },
            Command::DeleteForwardEntry { nat, eip, protocol, public_port } => {
                Native::DeleteForwardEntry {
                    nat: NatGatewayId(nat),
                    eip: EipId(eip),
                    protocol: protocol.into(),
                    public_port,
                }
            }
            Command::CreateLoadBalancer { balancer, place } => Native::CreateLoadBalancer {
                balancer: LoadBalancerId(balancer),
                place: place.into(),
            },
            Command::DeleteLoadBalancer(id) => Native::DeleteLoadBalancer(LoadBalancerId(id)),
            Command::CreateGwlb { gwlb, fail_open } => {
                Native::CreateGwlb { gwlb: GwlbId(gwlb), fail_open }
            }
            Command::DeleteGwlb(id) => Native::DeleteGwlb(GwlbId(id)),
            Command::RegisterAppliance { gwlb, appliance } => {
                Native::RegisterAppliance { gwlb: GwlbId(gwlb), appliance: ApplianceId(appliance) }
            }
            Command::DeregisterAppliance(id) => Native::DeregisterAppliance(ApplianceId(id)),
            Command::SetAppliance { appliance, healthy } => {
                Native::SetAppliance { appliance: ApplianceId(appliance), healthy }
            }
            Command::CreateEndpoint { endpoint, vswitch, gwlb } => Native::CreateEndpoint {
                endpoint: EndpointId(endpoint),
                vswitch: VSwitchId(vswitch),
                gwlb: GwlbId(gwlb),
            },
            Command::DeleteEndpoint(id) => Native::DeleteEndpoint(EndpointId(id)),
            Command::CreateRouteTargetGroup { group, active, standby } => {
                Native::CreateRouteTargetGroup {
                    group: RouteTargetGroupId(group),
                    active: EndpointId(active),
                    standby: EndpointId(standby),
                }
            }
            Command::DeleteRouteTargetGroup(id) => {
                Native::DeleteRouteTargetGroup(RouteTargetGroupId(id))
            }
            Command::ReportProbe { group, endpoint, ok } => Native::ReportProbe {
                group: RouteTargetGroupId(group),
                endpoint: EndpointId(endpoint),
                ok,
            },
            Command::SwitchActive(id) => Native::SwitchActive(RouteTargetGroupId(id)),
        })
    }
}

fn prefixes<const N: usize>(nets: Vec<Net, N>) -> Result<Vec<Prefix, N>, Error> {
    let mut prefixes = Vec::new();
    for &net in &nets {
        prefixes.push(net.try_into()?).map_err(|_| Error::Malformed)?;
    }
    Ok(prefixes)
}

impl From<&GatewayOperation> for Operation {
    fn from(operation: &GatewayOperation) -> Operation {
        match *operation {
            GatewayOperation::Create { gateway, vpc } => {
                Operation::Create { gateway: gateway.0, vpc: vpc.0 }
            }
            GatewayOperation::Enable { gateway, ref tables } => Operation::Enable {
                gateway: gateway.0,
                tables: gather(tables.iter().map(|table| table.0)),
            },
            GatewayOperation::Update(gateway) => Operation::Update(gateway.0),
            GatewayOperation::Delete { gateway, public } => {
                Operation::Delete { gateway: gateway.0, public }
            }
            GatewayOperation::Associate { table, gateway } => {
                Operation::Associate { table: table.0, gateway: gateway.0 }
            }
            GatewayOperation::Dissociate { table, gateway } => {
                Operation::Dissociate { table: table.0, gateway: gateway.0 }
            }
        }
    }
}

impl From<Operation> for GatewayOperation {
    fn from(operation: Operation) -> GatewayOperation {
        match operation {
            Operation::Create { gateway, vpc } => {
                GatewayOperation::Create { gateway: GatewayId(gateway), vpc: VpcId(vpc) }
            }
            Operation::Enable { gateway, tables } => GatewayOperation::Enable {
                gateway: GatewayId(gateway),
                tables: gather(tables.iter().map(|&table| TableId(table))),
            },
            Operation::Update(gateway) => GatewayOperation::Update(GatewayId(gateway)),
            Operation::Delete { gateway, public } => {
                GatewayOperation::Delete { gateway: GatewayId(gateway), public }
            }
            Operation::Associate { table, gateway } => {
                GatewayOperation::Associate { table: TableId(table), gateway: GatewayId(gateway) }
            }
            Operation::Dissociate { table, gateway } => {
                GatewayOperation::Dissociate { table: TableId(table), gateway: GatewayId(gateway) }
            }
        }
    }
}

impl From<BalancerPlace> for Place {
    fn from(place: BalancerPlace) -> Place {
        match place {
            BalancerPlace::Internal { vswitch, address } => {
                Place::Internal { vswitch: vswitch.0, address: bytes(address) }
            }
            BalancerPlace::Internet { vpc, address } => {
                Place::Internet { vpc: vpc.0, address: bytes(address) }
            }
        }
    }
}

impl From<Place> for BalancerPlace {
    fn from(place: Place) -> BalancerPlace {
        match place {
            Place::Internal { vswitch, address } => {
                BalancerPlace::Internal { vswitch: VSwitchId(vswitch), address: addr(address) }
            }
            Place::Internet { vpc, address } => {
                BalancerPlace::Internet { vpc: VpcId(vpc), address: addr(address) }
            }
        }
    }
}

impl From<&NativeStep> for Step {
    fn from(step: &NativeStep) -> Step {
        match step {
            NativeStep::Command(command) => Step::Command(command.into()),
            NativeStep::PrivateOnly(vpc) => Step::PrivateOnly(vpc.0),
            NativeStep::Begun(operation) => Step::Begun(operation.into()),
        }
    }
}

impl TryFrom<Step> for NativeStep {
    type Error = Error;
    fn try_from(step: Step) -> Result<NativeStep, Error> {
        Ok(match step {
            Step::Command(command) => NativeStep::Command(command.try_into()?),
            Step::PrivateOnly(vpc) => NativeStep::PrivateOnly(VpcId(vpc)),
            Step::Begun(operation) => NativeStep::Begun(operation.into()),
        })
    }
}
