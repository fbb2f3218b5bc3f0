//! Public addresses.

use super::objects::{PublicAddress, PublicKind};
use super::plan::{Edit, Plan};
use super::removal::Removal;
use super::{EipMode, Error, Region};
use crate::addr::{Addr, EipId, Id, Kind, LoadBalancerId};

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
        Ok(Plan::region(&[Edit::PutPublic(public)]))
    }

    pub(super) fn public_in_use(&self, address: Addr) -> bool {
        self.publics.iter().any(|public| public.address == address)
            || self.balancers.iter().any(|balancer| balancer.address == address)
    }

    pub(super) fn release_eip<'c>(&self, id: EipId) -> Result<Plan<'c>, Error> {
        let public = self.loose_public(id)?;
        if public.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        Ok(Plan::region(&[Edit::Remove(Removal::Public(public))]))
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
        let vpc = self.vpc_of(target).ok_or(Error::not_found(target.kind))?;
        let public = self.loose_public(id)?;
        if public.target.is_some() {
            return Err(Error::IncorrectEipStatus);
        }
        let is_internet = target == LoadBalancerId(target.number).id()
            && self.balancers.contains(target.number.into());
        if is_internet {
            return Err(Error::InvalidInstanceType);
        }
        let is_interface = matches!(target.kind, Kind::Instance | Kind::NetworkInterface);
        if !is_interface && public.mode != EipMode::Nat {
            return Err(Error::InvalidParameter);
        }
        let is_nat = target.kind == Kind::NatGateway;
        if !is_nat && self.publics_of(vpc).any(|other| other.target == Some(target)) {
            return Err(Error::AssociationDuplicated);
        }
        if public.mode != EipMode::Nat && self.gateway_of(vpc).is_some() {
            return Err(Error::Ipv4GatewayExist);
        }
        let edit = Edit::PutPublic(PublicAddress { target: Some(target), ..public });
        Ok(Plan::hosts(vpc, &[edit]))
    }

    pub(super) fn unassociate_eip<'c>(&self, id: EipId) -> Result<Plan<'c>, Error> {
        let public = self.loose_public(id)?;
        let target = public.target.ok_or(Error::IncorrectEipStatus)?;
        let snat = self.snats.iter().any(|snat| snat.eip == id);
        if snat || self.forwards.iter().any(|forward| forward.eip == id) {
            return Err(Error::HeldByNatGateway);
        }
        let vpc = self.vpc_of(target).ok_or(Error::not_found(target.kind))?;
        let edit = Edit::Remove(Removal::Binding(public));
        Ok(Plan::hosts(vpc, &[edit]))
    }
}
