//! The twin itself: its state and how commands are dispatched.

use std::collections::BTreeMap;

use super::objects::*;
use crate::addr::{
    Addr, ApplianceId, EipId, EndpointId, GatewayId, GwlbId, Id, LoadBalancerId, NatGatewayId,
    Prefix, RouteTargetGroupId, TableId, VSwitchId, VpcId,
};
use crate::region::{BalancerPlace, Command, Error, ForwardProtocol, RegionOptions};

/// The cloud's services.
pub(super) const SERVICES: Prefix = Prefix::new_truncated(Addr::new(100, 64, 0, 0), 10);

/// What a forward entry is found by.
pub type ForwardKey = (NatGatewayId, EipId, ForwardProtocol, u16);

/// A region in the slow, obvious form. Equal twins have equal configurations and probe runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The region offers IPv4 gateways.
    pub gateway_capability: bool,
    /// Internal load balancers are restricted by the gateway.
    pub clb_restricted: bool,
    /// The region offers GWLBs.
    pub gwlb_capability: bool,
    /// Unsolicited packets are delivered where no gateway table is bound.
    pub deliver_local: bool,
    /// Packets between begin and commit are dropped where the worlds differ.
    pub blackout: bool,
    /// The VPCs.
    pub vpcs: BTreeMap<VpcId, Vpc>,
    /// The vSwitches.
    pub vswitches: BTreeMap<VSwitchId, VSwitch>,
    /// The route tables.
    pub tables: BTreeMap<TableId, RouteTable>,
    /// The IPv4 gateways.
    pub gateways: BTreeMap<GatewayId, Gateway>,
    /// The instances, network interfaces, NAT gateways and internal load balancers.
    pub interfaces: BTreeMap<Id, Interface>,
    /// The public addresses.
    pub eips: BTreeMap<EipId, PublicAddress>,
    /// The SNAT entries.
    pub snat: BTreeMap<(NatGatewayId, Prefix), EipId>,
    /// The forward (DNAT) entries.
    pub forward: BTreeMap<ForwardKey, Forward>,
    /// The load balancers; internal ones are among the interfaces too.
    pub balancers: BTreeMap<LoadBalancerId, BalancerPlace>,
    /// The gateway load balancers.
    pub gwlbs: BTreeMap<GwlbId, Gwlb>,
    /// The appliances.
    pub appliances: BTreeMap<ApplianceId, Appliance>,
    /// The endpoints.
    pub endpoints: BTreeMap<EndpointId, Endpoint>,
    /// The route target groups.
    pub groups: BTreeMap<RouteTargetGroupId, RouteTargetGroup>,
}

impl Default for Twin {
    fn default() -> Twin {
        Twin::new()
    }
}

impl Twin {
    /// An empty region with the default options.
    pub fn new() -> Twin {
        Twin {
            gateway_capability: true,
            clb_restricted: false,
            gwlb_capability: true,
            deliver_local: false,
            blackout: false,
            vpcs: BTreeMap::new(),
            vswitches: BTreeMap::new(),
            tables: BTreeMap::new(),
            gateways: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            eips: BTreeMap::new(),
            snat: BTreeMap::new(),
            forward: BTreeMap::new(),
            balancers: BTreeMap::new(),
            gwlbs: BTreeMap::new(),
            appliances: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    /// Applies a command. A refused command changes nothing: every operation checks first.
    pub fn apply(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Region(options) => self.set_options(options),
            Command::CreateVpc { vpc, table, cidr, secondary, user, flags } => {
                self.create_vpc(*vpc, *table, *cidr, secondary, user, *flags)
            }
            Command::DeleteVpc(vpc) => self.delete_vpc(*vpc),
            Command::CreateVSwitch { vswitch, vpc, cidr } => {
                self.create_vswitch(*vswitch, *vpc, *cidr)
            }
            Command::DeleteVSwitch(vswitch) => self.delete_vswitch(*vswitch),
            Command::CreateRouteTable { table, vpc, gateway } => {
                self.create_route_table(*table, *vpc, *gateway)
            }
            Command::DeleteRouteTable(table) => self.delete_route_table(*table),
            Command::AssociateRouteTable { table, vswitch } => {
                self.associate_route_table(*table, *vswitch)
            }
            Command::UnassociateRouteTable { table, vswitch } => {
                self.unassociate_route_table(*table, *vswitch)
            }
            Command::CreateRouteEntry { table, prefix, next_hop } => {
                self.create_route_entry(*table, *prefix, *next_hop)
            }
            Command::ModifyRouteEntry { table, prefix, next_hop } => {
                self.modify_route_entry(*table, *prefix, *next_hop)
            }
            Command::DeleteRouteEntry { table, prefix } => self.delete_route_entry(*table, *prefix),
            Command::AnnounceRoute { table, prefix, next_hop } => {
                self.announce_route(*table, *prefix, *next_hop)
            }
            Command::WithdrawRoute { table, prefix } => self.withdraw_route(*table, *prefix),
            Command::UpdateGatewayEntry { table, prefix, next_hop } => {
                self.update_gateway_entry(*table, *prefix, *next_hop)
            }
            Command::Gateway(operation) => self.gateway_operation(operation),
            Command::Begin(operation) => self.begin(operation),
            Command::Commit(gateway) => self.commit(*gateway),
            Command::Abort(gateway) => self.abort(*gateway).map(|_| ()),
            Command::CreateInstance { instance, vswitch, address, public, forward } => {
                self.create_instance(*instance, *vswitch, *address, *public, *forward)
            }
            Command::DeleteInstance(instance) => self.delete_interface(instance.id()),
            Command::CreateNetworkInterface { interface, vswitch, address, forward } => {
                self.create_network_interface(*interface, *vswitch, *address, *forward)
            }
            Command::DeleteNetworkInterface(interface) => self.delete_interface(interface.id()),
            Command::SetForward { interface, forward } => {
                self.set_forward(interface.id(), *forward)
            }
            Command::AllocateEip { eip, address, anycast, mode } => {
                self.allocate_eip(*eip, *address, *anycast, *mode)
            }
            Command::ReleaseEip(eip) => self.release_eip(*eip),
            Command::AssociateEip { eip, target } => self.associate_eip(*eip, *target),
            Command::UnassociateEip(eip) => self.unassociate_eip(*eip),
            Command::CreateNatGateway { nat, vswitch, address, multi_binded } => {
                self.create_nat_gateway(*nat, *vswitch, *address, *multi_binded)
            }
            Command::DeleteNatGateway(nat) => self.delete_interface(nat.id()),
            Command::CreateSnatEntry { nat, prefix, eip } => {
                self.create_snat_entry(*nat, *prefix, *eip)
            }
            Command::DeleteSnatEntry { nat, prefix } => self.delete_snat_entry(*nat, *prefix),
            Command::CreateForwardEntry {
                nat,
                eip,
                protocol,
                public_port,
                address,
                private_port,
            } => {
                let to = Forward { address: *address, port: *private_port };
                self.create_forward_entry((*nat, *eip, *protocol, *public_port), to)
            }
            Command::DeleteForwardEntry { nat, eip, protocol, public_port } => {
                self.delete_forward_entry((*nat, *eip, *protocol, *public_port))
            }
            Command::CreateLoadBalancer { balancer, place } => {
                self.create_load_balancer(*balancer, *place)
            }
            Command::DeleteLoadBalancer(balancer) => self.delete_load_balancer(*balancer),
            Command::CreateGwlb { gwlb, fail_open } => self.create_gwlb(*gwlb, *fail_open),
            Command::DeleteGwlb(gwlb) => self.delete_gwlb(*gwlb),
            Command::RegisterAppliance { gwlb, appliance } => {
                self.register_appliance(*gwlb, *appliance)
            }
            Command::DeregisterAppliance(appliance) => self.deregister_appliance(*appliance),
            Command::SetAppliance { appliance, healthy } => {
                self.set_appliance(*appliance, *healthy)
            }
            Command::CreateEndpoint { endpoint, vswitch, gwlb } => {
                self.create_endpoint(*endpoint, *vswitch, *gwlb)
            }
            Command::DeleteEndpoint(endpoint) => self.delete_endpoint(*endpoint),
            Command::CreateRouteTargetGroup { group, active, standby } => {
                self.create_group(*group, *active, *standby)
            }
            Command::DeleteRouteTargetGroup(group) => self.delete_group(*group),
            Command::ReportProbe { group, endpoint, ok } => {
                self.report_probe(*group, *endpoint, *ok)
            }
            Command::SwitchActive(group) => self.switch_active(*group),
        }
    }

    fn set_options(&mut self, options: &RegionOptions) -> Result<(), Error> {
        let set = |field: &mut bool, value: Option<bool>| *field = value.unwrap_or(*field);
        set(&mut self.gateway_capability, options.gateway);
        set(&mut self.clb_restricted, options.clb_restricted);
        set(&mut self.gwlb_capability, options.gwlb);
        set(&mut self.deliver_local, options.deliver_local);
        set(&mut self.blackout, options.blackout);
        Ok(())
    }
}
