//! Instances, network interfaces, NAT gateways with SNAT entries, and public addresses.

use super::objects::*;
use super::region::Twin;
use super::routes::not_found;
use crate::addr::{
    Addr, EipId, Id, InstanceId, Kind, NatGatewayId, NetworkInterfaceId, Prefix, VSwitchId,
};
use crate::region::{BalancerPlace, EipMode, Error};

impl Twin {
    pub(super) fn create_instance(
        &mut self,
        instance: InstanceId,
        vswitch: VSwitchId,
        address: Addr,
        public: Option<(EipId, Addr)>,
        forward: bool,
    ) -> Result<(), Error> {
        self.check_new_interface(instance.id(), vswitch)?;
        if public.is_some_and(|(eip, _)| self.eips.contains_key(&eip)) {
            return Err(Error::DuplicateId);
        }
        self.check_private_address(vswitch, address)?;
        if let Some((eip, public)) = public {
            self.check_public_address(public)?;
            let bound = PublicAddress {
                address: public,
                kind: PublicKind::Static,
                mode: EipMode::Nat,
                target: Some(instance.id()),
            };
            self.eips.insert(eip, bound);
        }
        let new = Interface { vswitch, address, forward, multi_binded: false };
        self.interfaces.insert(instance.id(), new);
        Ok(())
    }

    pub(super) fn create_network_interface(
        &mut self,
        interface: NetworkInterfaceId,
        vswitch: VSwitchId,
        address: Addr,
        forward: bool,
    ) -> Result<(), Error> {
        self.check_new_interface(interface.id(), vswitch)?;
        self.check_private_address(vswitch, address)?;
        let new = Interface { vswitch, address, forward, multi_binded: false };
        self.interfaces.insert(interface.id(), new);
        Ok(())
    }

    pub(super) fn create_nat_gateway(
        &mut self,
        nat: NatGatewayId,
        vswitch: VSwitchId,
        address: Addr,
        multi_binded: bool,
    ) -> Result<(), Error> {
        self.check_new_interface(nat.id(), vswitch)?;
        self.check_private_address(vswitch, address)?;
        let vpc = self.vswitches[&vswitch].vpc;
        if multi_binded && self.gateway_of(vpc).is_some() {
            return Err(Error::VpcIpv4GatewayEnabled);
        }
        let new = Interface { vswitch, address, forward: false, multi_binded };
        self.interfaces.insert(nat.id(), new);
        Ok(())
    }

    /// Deletes an instance with its static address, a network interface, or a NAT gateway with
    /// its entries.
    pub(super) fn delete_interface(&mut self, id: Id) -> Result<(), Error> {
        self.interfaces.get(&id).ok_or(not_found(id))?;
        if self.is_next_hop(id) {
            return Err(Error::HeldByRouteEntry);
        }
        if self.public_addresses_of(id).any(|(_, e)| e.kind != PublicKind::Static) {
            return Err(Error::HeldByPublicAddress);
        }
        self.eips.retain(|_, e| e.target != Some(id));
        self.snat.retain(|(nat, _), _| nat.id() != id);
        self.forward.retain(|(nat, ..), _| nat.id() != id);
        self.interfaces.remove(&id);
        Ok(())
    }

    pub(super) fn set_forward(&mut self, id: Id, forward: bool) -> Result<(), Error> {
        self.interfaces.get_mut(&id).ok_or(not_found(id))?.forward = forward;
        Ok(())
    }

    pub(super) fn allocate_eip(
        &mut self,
        eip: EipId,
        address: Addr,
        anycast: bool,
        mode: EipMode,
    ) -> Result<(), Error> {
        if self.eips.contains_key(&eip) {
            return Err(Error::DuplicateId);
        }
        self.check_public_address(address)?;
        let kind = if anycast { PublicKind::Anycast } else { PublicKind::Eip };
        self.eips.insert(eip, PublicAddress { address, kind, mode, target: None });
        Ok(())
    }

    pub(super) fn release_eip(&mut self, eip: EipId) -> Result<(), Error> {
        let old = self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        if old.kind == PublicKind::Static {
            return Err(Error::StaticPublicIp);
        }
        if old.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        self.eips.remove(&eip);
        Ok(())
    }

    pub(super) fn associate_eip(&mut self, eip: EipId, target: Id) -> Result<(), Error> {
        if !matches!(
            target.kind,
            Kind::Instance | Kind::NetworkInterface | Kind::NatGateway | Kind::LoadBalancer
        ) {
            return Err(Error::InvalidParameter);
        }
        let address = self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        self.vpc_of(target).ok_or(not_found(target))?;
        if address.kind == PublicKind::Static {
            return Err(Error::StaticPublicIp);
        }
        if address.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        if !self.interfaces.contains_key(&target) {
            return Err(Error::InvalidInstanceType); // an internet load balancer
        }
        let plain = matches!(target.kind, Kind::Instance | Kind::NetworkInterface);
        if address.mode != EipMode::Nat && !plain {
            return Err(Error::InvalidParameter);
        }
        if target.kind != Kind::NatGateway && self.public_addresses_of(target).next().is_some() {
            return Err(Error::AssociationDuplicated);
        }
        if address.mode != EipMode::Nat && self.has_gateway(target) {
            return Err(Error::Ipv4GatewayExist);
        }
        self.eips.get_mut(&eip).unwrap().target = Some(target);
        Ok(())
    }

    pub(super) fn unassociate_eip(&mut self, eip: EipId) -> Result<(), Error> {
        let address = self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        if address.kind == PublicKind::Static {
            return Err(Error::StaticPublicIp);
        }
        if address.target.is_none() {
            return Err(Error::IncorrectEipStatus);
        }
        let forwarded = self.forward.keys().any(|(_, named, ..)| *named == eip);
        if forwarded || self.snat.values().any(|named| *named == eip) {
            return Err(Error::HeldByNatGateway);
        }
        self.eips.get_mut(&eip).unwrap().target = None;
        Ok(())
    }

    pub(super) fn create_snat_entry(
        &mut self,
        nat: NatGatewayId,
        prefix: Prefix,
        eip: EipId,
    ) -> Result<(), Error> {
        self.interfaces.get(&nat.id()).ok_or(Error::NoNatGateway)?;
        let address = self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        if address.target != Some(nat.id()) {
            return Err(Error::IncorrectEipStatus);
        }
        if self.snat.contains_key(&(nat, prefix)) {
            return Err(Error::DuplicateEntry);
        }
        self.snat.insert((nat, prefix), eip);
        Ok(())
    }

    pub(super) fn delete_snat_entry(
        &mut self,
        nat: NatGatewayId,
        prefix: Prefix,
    ) -> Result<(), Error> {
        self.interfaces.get(&nat.id()).ok_or(Error::NoNatGateway)?;
        self.snat.remove(&(nat, prefix)).ok_or(Error::NoSnatEntry)?;
        Ok(())
    }

    pub(super) fn check_new_interface(&self, id: Id, vswitch: VSwitchId) -> Result<(), Error> {
        self.vswitches.get(&vswitch).ok_or(Error::NoVSwitch)?;
        if self.interfaces.contains_key(&id) {
            return Err(Error::DuplicateId);
        }
        Ok(())
    }

    pub(super) fn check_private_address(
        &self,
        vswitch: VSwitchId,
        address: Addr,
    ) -> Result<(), Error> {
        let cidr = self.vswitches[&vswitch].cidr;
        let first = address == cidr.addr();
        let last_three = cidr.contains(address) && cidr.last().0 - address.0 < 3;
        if !cidr.contains(address) || first || last_three {
            return Err(Error::InvalidPrivateIpAddress);
        }
        if self.interfaces.values().any(|i| i.vswitch == vswitch && i.address == address) {
            return Err(Error::InvalidPrivateIpAddressDuplicate);
        }
        Ok(())
    }

    pub(super) fn check_public_address(&self, address: Addr) -> Result<(), Error> {
        let balancer = |p: &BalancerPlace| matches!(p, BalancerPlace::Internet { address: own, .. } if *own == address);
        if self.eips.values().any(|e| e.address == address) || self.balancers.values().any(balancer)
        {
            return Err(Error::AddressInUse);
        }
        Ok(())
    }
}
