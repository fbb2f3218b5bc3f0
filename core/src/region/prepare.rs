//! From a command to its plan: every check, and nothing touched.

use super::objects::ForwardEntry;
use super::{Command, Error, Plan, Region};

impl Region<'_> {
    /// Tries a command: runs every check and gives the plan that [`Region::apply`] would carry
    /// out, or the error it would answer. Nothing changes.
    pub fn dry_run<'c>(&mut self, command: &'c Command) -> Result<Plan<'c>, Error> {
        match command {
            Command::Commit(gateway) => self.try_commit(*gateway),
            command => self.prepare(command),
        }
    }

    /// Runs every check of a command and gives the edits that carry it out.
    pub(super) fn prepare<'c>(&self, command: &'c Command) -> Result<Plan<'c>, Error> {
        match *command {
            Command::Region(ref options) => Ok(self.set_options(options)),
            Command::CreateVpc { vpc, table, cidr, ref secondary, ref user, flags } => {
                self.create_vpc(vpc, table, cidr, secondary, user, flags)
            }
            Command::CreateVSwitch { vswitch, vpc, cidr } => {
                self.create_vswitch(vswitch, vpc, cidr)
            }
            Command::CreateRouteTable { table, vpc, gateway } => {
                self.create_route_table(table, vpc, gateway)
            }
            Command::AssociateRouteTable { table, vswitch } => {
                self.associate_route_table(table, vswitch)
            }
            Command::CreateRouteEntry { table, prefix, next_hop } => {
                self.create_route_entry(table, prefix, next_hop)
            }
            Command::ModifyRouteEntry { table, prefix, next_hop } => {
                self.modify_route_entry(table, prefix, next_hop)
            }
            Command::UpdateGatewayEntry { table, prefix, next_hop } => {
                self.update_gateway_entry(table, prefix, next_hop)
            }
            Command::Gateway(ref operation) => self.gateway_operation(operation),
            Command::CreateInstance { instance, vswitch, address, public, forward } => {
                self.create_interface(instance.id(), vswitch, address, public, forward)
            }
            Command::CreateNetworkInterface { interface, vswitch, address, forward } => {
                self.create_interface(interface.id(), vswitch, address, None, forward)
            }
            Command::AllocateEip { eip, address, anycast, mode } => {
                self.allocate_eip(eip, address, anycast, mode)
            }
            Command::AssociateEip { eip, target } => self.associate_eip(eip, target),
            Command::CreateNatGateway { nat, vswitch, address, multi_binded } => {
                self.create_nat_gateway(nat, vswitch, address, multi_binded)
            }
            Command::CreateSnatEntry { nat, prefix, eip } => {
                self.create_snat_entry(nat, prefix, eip)
            }
            Command::AnnounceRoute { table, prefix, next_hop } => {
                self.announce_route(table, prefix, next_hop)
            }
            Command::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            } => self.create_forward_entry(ForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            }),
            Command::CreateLoadBalancer { balancer, place } => {
                self.create_balancer(balancer, place)
            }
            Command::CreateGwlb { gwlb, fail_open } => self.create_gwlb(gwlb, fail_open),
            Command::RegisterAppliance { gwlb, appliance } => {
                self.register_appliance(gwlb, appliance)
            }
            Command::SetAppliance { appliance, healthy } => self.set_appliance(appliance, healthy),
            Command::CreateEndpoint { endpoint, vswitch, gwlb } => {
                self.create_endpoint(endpoint, vswitch, gwlb)
            }
            Command::CreateRouteTargetGroup { group, active, standby } => {
                self.create_group(group, active, standby)
            }
            Command::DeleteVpc(_)
            | Command::DeleteVSwitch(_)
            | Command::DeleteRouteTable(_)
            | Command::UnassociateRouteTable { .. }
            | Command::DeleteRouteEntry { .. }
            | Command::Begin(_)
            | Command::Commit(_)
            | Command::Abort(_)
            | Command::DeleteInstance(_)
            | Command::DeleteNetworkInterface(_)
            | Command::SetForward { .. }
            | Command::ReleaseEip(_)
            | Command::UnassociateEip(_)
            | Command::DeleteNatGateway(_)
            | Command::DeleteSnatEntry { .. }
            | Command::WithdrawRoute { .. }
            | Command::DeleteForwardEntry { .. }
            | Command::DeleteLoadBalancer(_)
            | Command::DeleteGwlb(_)
            | Command::DeregisterAppliance(_)
            | Command::DeleteEndpoint(_)
            | Command::DeleteRouteTargetGroup(_)
            | Command::ReportProbe { .. }
            | Command::SwitchActive(_) => self.prepare_other(command),
        }
    }

    /// As [`Region::prepare`], for the commands that make nothing: those that a configuration need not have had.
    /// Not inlined, so that a program can load what they need apart from the rest.
    #[inline(never)]
    fn prepare_other<'c>(&self, command: &Command) -> Result<Plan<'c>, Error> {
        match *command {
            Command::DeleteVpc(vpc) => self.delete_vpc(vpc),
            Command::DeleteVSwitch(vswitch) => self.delete_vswitch(vswitch),
            Command::DeleteRouteTable(table) => self.delete_route_table(table),
            Command::UnassociateRouteTable { table, vswitch } => {
                self.unassociate_route_table(table, vswitch)
            }
            Command::DeleteRouteEntry { table, prefix } => self.delete_route_entry(table, prefix),
            Command::Begin(ref operation) => self.begin(operation),
            Command::Commit(gateway) => self.begun(gateway).map(|_| Plan::default()),
            Command::Abort(gateway) => self.abort(gateway),
            Command::DeleteInstance(instance) => self.delete_interface(instance.id()),
            Command::DeleteNetworkInterface(interface) => self.delete_interface(interface.id()),
            Command::SetForward { interface, forward } => self.set_forward(interface, forward),
            Command::ReleaseEip(eip) => self.release_eip(eip),
            Command::UnassociateEip(eip) => self.unassociate_eip(eip),
            Command::DeleteNatGateway(nat) => self.delete_nat_gateway(nat),
            Command::DeleteSnatEntry { nat, prefix } => self.delete_snat_entry(nat, prefix),
            Command::WithdrawRoute { table, prefix } => self.withdraw_route(table, prefix),
            Command::DeleteForwardEntry { nat, eip, protocol, public_port } => {
                self.delete_forward_entry(nat, eip, protocol, public_port)
            }
            Command::DeleteLoadBalancer(balancer) => self.delete_balancer(balancer),
            Command::DeleteGwlb(gwlb) => self.delete_gwlb(gwlb),
            Command::DeregisterAppliance(appliance) => self.deregister_appliance(appliance),
            Command::DeleteEndpoint(endpoint) => self.delete_endpoint(endpoint),
            Command::DeleteRouteTargetGroup(group) => self.delete_group(group),
            Command::ReportProbe { group, endpoint, ok } => self.report_probe(group, endpoint, ok),
            Command::SwitchActive(group) => self.switch_active(group),
            // What makes something has been prepared. By name, so that a new command is missed in neither.
            Command::Region(_)
            | Command::CreateVpc { .. }
            | Command::CreateVSwitch { .. }
            | Command::CreateRouteTable { .. }
            | Command::AssociateRouteTable { .. }
            | Command::CreateRouteEntry { .. }
            | Command::ModifyRouteEntry { .. }
            | Command::UpdateGatewayEntry { .. }
            | Command::Gateway(_)
            | Command::CreateInstance { .. }
            | Command::CreateNetworkInterface { .. }
            | Command::AllocateEip { .. }
            | Command::AssociateEip { .. }
            | Command::CreateNatGateway { .. }
            | Command::CreateSnatEntry { .. }
            | Command::AnnounceRoute { .. }
            | Command::CreateForwardEntry { .. }
            | Command::CreateLoadBalancer { .. }
            | Command::CreateGwlb { .. }
            | Command::RegisterAppliance { .. }
            | Command::SetAppliance { .. }
            | Command::CreateEndpoint { .. }
            | Command::CreateRouteTargetGroup { .. } => Ok(Plan::default()),
        }
    }
}
