//! Public addresses and NAT gateways.

use super::objects::{Interface, PublicAddress, PublicKind, SnatEntry};
use super::plan::{Edit, Plan, Scope};
use super::{EipMode, Error, Region};
use crate::addr::{Addr, EipId, Id, Kind, NatGatewayId, Prefix, VSwitchId, VpcId};

impl Region<'_> {
    pub(super) fn allocate_eip<'c>(
        &self,
        id: EipId,
        address: Addr,
        anycast: bool,
        mode: EipMode,
    ) -> Result<Plan<'c>, Error> {
        if self.publics.contains(id.0.into()) {
            return Err(Error::DuplicateId);
        }
        if self.public_in_use(address) {
            return Err(Error::AddressInUse);
        }
        if !self.publics.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        let kind = if anycast { PublicKind::Anycast } else { PublicKind::Eip };
        let public = PublicAddress { id, address, kind, mode, target: None };
        Ok(Plan::region([Edit::PutPublic(public)]))
    }

    pub(super) fn public_in_use(&self, address: Addr) -> bool {
        self.publics.iter().any(|public| public.address == address)
    }

    pub(super) fn release_eip<'c>(&self, id: EipId) -> Result<Plan<'c>, Error> {
        let public = self.loose_public(id)?;
        if public.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        Ok(Plan::region([Edit::DropPublic(public)]))
    }

    /// A public address that is not bound to its instance for life.
    fn loose_public(&self, id: EipId) -> Result<PublicAddress, Error> {
        let public = self.public(id)?;
        match public.kind {
            PublicKind::Static => Err(Error::StaticPublicIp),
            _ => Ok(public),
        }
    }

    pub(super) fn associate_eip<'c>(&self, id: EipId, target: Id) -> Result<Plan<'c>, Error> {
        let bindable = matches!(
            target.kind,
            Kind::Instance | Kind::NetworkInterface | Kind::NatGateway | Kind::LoadBalancer
        );
        if !bindable {
            return Err(Error::InvalidParameter);
        }
        self.public(id)?;
        let host = self.interface(target).ok_or(Error::not_found(target.kind))?;
        let public = self.loose_public(id)?;
        if public.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        let is_nat = target.kind == Kind::NatGateway;
        if is_nat && public.mode != EipMode::Nat {
            return Err(Error::InvalidParameter);
        }
        if !is_nat && self.publics.iter().any(|other| other.target == Some(target)) {
            return Err(Error::AssociationDuplicated);
        }
        let vpc = self.vswitch(host.vswitch)?.vpc;
        if public.mode != EipMode::Nat && self.gateway_of(vpc).is_some() {
            return Err(Error::Ipv4GatewayExist);
        }
        let edit = Edit::PutPublic(PublicAddress { target: Some(target), ..public });
        Ok(Plan::vpc(vpc, [edit], Scope::hosts()))
    }

    pub(super) fn unassociate_eip<'c>(&self, id: EipId) -> Result<Plan<'c>, Error> {
        let public = self.loose_public(id)?;
        let target = public.target.ok_or(Error::IncorrectEipStatus)?;
        if self.snats.iter().any(|snat| snat.eip == id) {
            return Err(Error::HeldByNatGateway);
        }
        let vpc = self.vpc_of_interface(target).ok_or(Error::not_found(target.kind))?;
        let edit = Edit::PutPublic(PublicAddress { target: None, ..public });
        Ok(Plan::vpc(vpc, [edit], Scope::hosts()))
    }

    pub(super) fn create_nat_gateway<'c>(
        &self,
        id: NatGatewayId,
        vswitch: VSwitchId,
        address: Addr,
        multi_binded: bool,
    ) -> Result<Plan<'c>, Error> {
        let vswitch = self.vswitch(vswitch)?;
        if self.interface(id.id()).is_some() {
            return Err(Error::DuplicateId);
        }
        self.check_private_address(&vswitch, address)?;
        if multi_binded && self.gateway_of(vswitch.vpc).is_some() {
            return Err(Error::VpcIpv4GatewayEnabled);
        }
        let nats = self.interfaces.iter().filter(|host| host.id.kind == Kind::NatGateway).count();
        if nats >= self.layout.profile.nat_gateways.into() {
            return Err(Error::CapacityExceeded);
        }
        let (id, vswitch_id) = (id.id(), vswitch.id);
        let nat = Interface { id, vswitch: vswitch_id, address, forward: false, multi_binded };
        Ok(Plan::vpc(vswitch.vpc, [Edit::PutInterface(nat)], Scope::hosts()))
    }

    fn nat_vpc(&self, id: NatGatewayId) -> Result<VpcId, Error> {
        self.vpc_of_interface(id.id()).ok_or(Error::NoNatGateway)
    }

    pub(super) fn delete_nat_gateway<'c>(&self, id: NatGatewayId) -> Result<Plan<'c>, Error> {
        let vpc = self.nat_vpc(id)?;
        if self.routes.iter().any(|route| route.next_hop.id() == id.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        if self.publics.iter().any(|public| public.target == Some(id.id())) {
            return Err(Error::HeldByPublicAddress);
        }
        let edits = [Edit::DropInterface(id.id()), Edit::DropSnatsOf(id)];
        Ok(Plan::vpc(vpc, edits, Scope::hosts()))
    }

    pub(super) fn create_snat_entry<'c>(
        &self,
        nat: NatGatewayId,
        prefix: Prefix,
        eip: EipId,
    ) -> Result<Plan<'c>, Error> {
        let vpc = self.nat_vpc(nat)?;
        let public = self.public(eip)?;
        if public.target != Some(nat.id()) {
            return Err(Error::IncorrectEipStatus);
        }
        if self.snats.contains(SnatEntry::key_of(nat, prefix)) {
            return Err(Error::DuplicateEntry);
        }
        if !self.snats.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        let edit = Edit::PutSnat(SnatEntry { nat, prefix, eip });
        Ok(Plan::vpc(vpc, [edit], Scope::hosts()))
    }

    pub(super) fn delete_snat_entry<'c>(
        &self,
        nat: NatGatewayId,
        prefix: Prefix,
    ) -> Result<Plan<'c>, Error> {
        let vpc = self.nat_vpc(nat)?;
        if !self.snats.contains(SnatEntry::key_of(nat, prefix)) {
            return Err(Error::NoSnatEntry);
        }
        Ok(Plan::vpc(vpc, [Edit::DropSnat(nat, prefix)], Scope::hosts()))
    }
}
