//! The twin itself: its state, how commands are dispatched, VPCs and vSwitches, and reading.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::objects::*;
use crate::addr::{
    Addr, EipId, GatewayId, Id, Kind, NatGatewayId, Prefix, TableId, VSwitchId, VpcId,
};
use crate::region::{Command, Error, RegionOptions, RouteEntry, VpcFlags};

/// The cloud's services.
pub(super) const SERVICES: Prefix = Prefix::new_truncated(Addr::new(100, 64, 0, 0), 10);

/// A region in the slow, obvious form. Equal twins hold equal configurations.
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
    /// The instances, network interfaces and NAT gateways.
    pub interfaces: BTreeMap<Id, Interface>,
    /// The public addresses.
    pub eips: BTreeMap<EipId, PublicAddress>,
    /// The SNAT entries.
    pub snat: BTreeMap<(NatGatewayId, Prefix), EipId>,
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

    fn create_vpc(
        &mut self,
        vpc: VpcId,
        table: TableId,
        cidr: Prefix,
        secondary: &[Prefix],
        user: &[Prefix],
        flags: VpcFlags,
    ) -> Result<(), Error> {
        if self.vpcs.contains_key(&vpc) || self.tables.contains_key(&table) {
            return Err(Error::DuplicateId);
        }
        let mut cidrs = Vec::from([cidr]);
        cidrs.extend_from_slice(secondary);
        for (i, a) in cidrs.iter().enumerate() {
            if cidrs[i + 1..].iter().any(|b| a.overlaps(*b)) {
                return Err(Error::InvalidCidrBlock);
            }
        }
        let user = user.to_vec();
        self.vpcs.insert(vpc, Vpc { cidrs, user, flags, mode: Mode::Direct, system_table: table });
        let services = Entry { prefix: SERVICES, next_hop: None, automatic: true };
        let entries = Vec::from([services]);
        self.tables.insert(table, RouteTable { vpc, kind: TableKind::System, entries });
        Ok(())
    }

    fn delete_vpc(&mut self, vpc: VpcId) -> Result<(), Error> {
        let system_table = self.vpcs.get(&vpc).ok_or(Error::NoVpc)?.system_table;
        let has_table =
            |kind: TableKind| self.tables.values().any(|t| t.vpc == vpc && t.kind == kind);
        if self.gateway_of(vpc).is_some() {
            return Err(Error::HeldByIpv4Gateway);
        }
        if has_table(TableKind::Gateway) {
            return Err(Error::HeldByGatewayRouteTable);
        }
        if self.vswitches.values().any(|v| v.vpc == vpc) {
            return Err(Error::HeldByVSwitch);
        }
        if has_table(TableKind::VSwitch) {
            return Err(Error::HeldByRouteTable);
        }
        self.tables.remove(&system_table);
        self.vpcs.remove(&vpc);
        Ok(())
    }

    fn create_vswitch(
        &mut self,
        vswitch: VSwitchId,
        vpc: VpcId,
        cidr: Prefix,
    ) -> Result<(), Error> {
        let owner = self.vpcs.get(&vpc).ok_or(Error::NoVpc)?;
        if self.vswitches.contains_key(&vswitch) {
            return Err(Error::DuplicateId);
        }
        let overlaps_another =
            self.vswitches.values().any(|v| v.vpc == vpc && v.cidr.overlaps(cidr));
        let inside_vpc = owner.cidrs.iter().any(|c| c.covers(cidr));
        let contains_route = self
            .tables
            .values()
            .filter(|t| t.vpc == vpc)
            .flat_map(|t| &t.entries)
            .any(|e| e.next_hop.is_some() && cidr.covers(e.prefix));
        if overlaps_another || !inside_vpc || cidr.overlaps(SERVICES) || contains_route {
            return Err(Error::InvalidCidrBlock);
        }
        let table = owner.system_table;
        self.vswitches.insert(vswitch, VSwitch { vpc, cidr, table });
        for table in self.tables.values_mut().filter(|t| t.vpc == vpc) {
            table.insert(Entry { prefix: cidr, next_hop: None, automatic: true });
        }
        Ok(())
    }

    fn delete_vswitch(&mut self, vswitch: VSwitchId) -> Result<(), Error> {
        let VSwitch { vpc, cidr, .. } = *self.vswitches.get(&vswitch).ok_or(Error::NoVSwitch)?;
        let holds = |kind: Kind| {
            self.interfaces.iter().any(|(id, i)| id.kind == kind && i.vswitch == vswitch)
        };
        if holds(Kind::Instance) {
            return Err(Error::HeldByInstance);
        }
        if holds(Kind::NetworkInterface) {
            return Err(Error::HeldByNetworkInterface);
        }
        if holds(Kind::NatGateway) {
            return Err(Error::HeldByNatGateway);
        }
        self.vswitches.remove(&vswitch);
        for table in self.tables.values_mut().filter(|t| t.vpc == vpc) {
            table.entries.retain(|e| e.prefix != cidr);
        }
        Ok(())
    }
}

/// Reading.
impl Twin {
    /// The effective entries of a table, sorted by address then length.
    pub fn routes(&self, table: TableId) -> Option<Vec<RouteEntry>> {
        Some(self.tables.get(&table)?.entries.iter().map(|e| e.to_route()).collect())
    }

    /// The entry of the longest prefix that holds `addr`.
    pub fn lookup(&self, table: TableId, addr: Addr) -> Option<RouteEntry> {
        let entries = &self.tables.get(&table)?.entries;
        let holding = entries.iter().filter(|e| e.prefix.contains(addr));
        Some(holding.max_by_key(|e| e.prefix.len())?.to_route())
    }

    /// The mode of a VPC.
    pub fn mode(&self, vpc: VpcId) -> Option<Mode> {
        Some(self.vpcs.get(&vpc)?.mode)
    }

    /// The gateway of a VPC, in any status.
    pub fn gateway_of(&self, vpc: VpcId) -> Option<GatewayId> {
        self.gateways.iter().find(|(_, g)| g.vpc == vpc).map(|(id, _)| *id)
    }

    /// `public` when the effective `0.0.0.0/0` of the vSwitch's table names an enabled gateway,
    /// `partial` when only other entries do, `private` otherwise.
    pub fn exposure(&self, vswitch: VSwitchId) -> Option<&'static str> {
        let table = self.vswitches.get(&vswitch)?.table;
        let names_enabled = |e: &&Entry| {
            let gateway = e.next_hop.map(|hop| hop.id()).filter(|id| id.kind == Kind::Ipv4Gateway);
            gateway.is_some_and(|id| self.gateways[&GatewayId(id.number)].enabled)
        };
        let mut naming = self.tables[&table].entries.iter().filter(names_enabled).peekable();
        Some(if naming.peek().is_none() {
            "private"
        } else if naming.any(|e| e.prefix == Prefix::DEFAULT) {
            "public"
        } else {
            "partial"
        })
    }

    /// The VPC of an instance, a network interface or a NAT gateway that exists.
    pub(super) fn vpc_of(&self, interface: Id) -> Option<VpcId> {
        let vswitch = self.interfaces.get(&interface)?.vswitch;
        Some(self.vswitches[&vswitch].vpc)
    }

    /// The ids of a kind that exist, ascending. Kinds without objects have none.
    pub fn ids(&self, kind: Kind) -> Vec<Id> {
        match kind {
            Kind::Vpc => self.vpcs.keys().map(|id| id.id()).collect(),
            Kind::VSwitch => self.vswitches.keys().map(|id| id.id()).collect(),
            Kind::RouteTable => self.tables.keys().map(|id| id.id()).collect(),
            Kind::Ipv4Gateway => self.gateways.keys().map(|id| id.id()).collect(),
            Kind::PublicAddress => self.eips.keys().map(|id| id.id()).collect(),
            _ => self.interfaces.keys().copied().filter(|id| id.kind == kind).collect(),
        }
    }
}
