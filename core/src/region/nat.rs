//! NAT gateways with their source translations and port forwardings.

use super::objects::{ForwardEntry, Interface, SnatEntry};
use super::plan::{Edit, Plan};
use super::removal::Removal;
use super::store::Record;
use super::{Error, ForwardProtocol, Region};
use crate::addr::{Addr, EipId, Kind, NatGatewayId, Prefix, VSwitchId, VpcId};

impl Region<'_> {
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
        if self.count_of(Kind::NatGateway) >= self.layout.profile.nat_gateways.into() {
            return Err(Error::CapacityExceeded);
        }
        let (id, vswitch_id) = (id.id(), vswitch.id);
        let nat = Interface { id, vswitch: vswitch_id, address, forward: false, multi_binded };
        Ok(Plan::hosts(vswitch.vpc, &[Edit::PutInterface(nat)]))
    }

    fn nat_vpc(&self, id: NatGatewayId) -> Result<VpcId, Error> {
        self.vpc_of(id.id()).ok_or(Error::NoNatGateway)
    }

    pub(super) fn delete_nat_gateway<'c>(&self, id: NatGatewayId) -> Result<Plan<'c>, Error> {
        let vpc = self.nat_vpc(id)?;
        if self.is_next_hop(vpc, id.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        if self.publics_of(vpc).any(|public| public.target == Some(id.id())) {
            return Err(Error::HeldByPublicAddress);
        }
        let edits =
            [Edit::Remove(Removal::Interface(id.id())), Edit::Remove(Removal::EntriesOf(id))];
        Ok(Plan::hosts(vpc, &edits))
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
        Ok(Plan::hosts(vpc, &[edit]))
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
        Ok(Plan::hosts(vpc, &[Edit::Remove(Removal::Snat(nat, prefix))]))
    }

    pub(super) fn create_forward_entry<'c>(&self, entry: ForwardEntry) -> Result<Plan<'c>, Error> {
        let ForwardEntry { nat, eip, protocol, public_port, private_port, .. } = entry;
        check_ports(protocol, &[public_port, private_port])?;
        let vpc = self.nat_vpc(nat)?;
        if self.public(eip)?.target != Some(nat.id()) {
            return Err(Error::IncorrectEipStatus);
        }
        // `any` takes the whole address, so it stands alone there; its key is the lowest.
        let any = ForwardEntry::key_of(nat, eip, ForwardProtocol::Any, 0);
        let excluded = match protocol {
            ForwardProtocol::Any => {
                self.forwards.range(ForwardEntry::keys_of(nat, eip)).next().is_some()
            }
            _ => self.forwards.contains(any) || self.forwards.contains(entry.key()),
        };
        if excluded {
            return Err(Error::DuplicateEntry);
        }
        if !self.forwards.has_room(1) {
            return Err(Error::CapacityExceeded);
        }
        Ok(Plan::hosts(vpc, &[Edit::PutForward(entry)]))
    }

    pub(super) fn delete_forward_entry<'c>(
        &self,
        nat: NatGatewayId,
        eip: EipId,
        protocol: ForwardProtocol,
        public_port: u16,
    ) -> Result<Plan<'c>, Error> {
        check_ports(protocol, &[public_port])?;
        let vpc = self.nat_vpc(nat)?;
        self.public(eip)?;
        let key = ForwardEntry::key_of(nat, eip, protocol, public_port);
        let entry = self.forwards.get(key).ok_or(Error::NoForwardEntry)?;
        Ok(Plan::hosts(vpc, &[Edit::Remove(Removal::Forward(entry))]))
    }
}

/// `any` goes with port 0, the others with ports from 1 up.
fn check_ports(protocol: ForwardProtocol, ports: &[u16]) -> Result<(), Error> {
    let is_any = protocol == ForwardProtocol::Any;
    if ports.iter().any(|&port| (port == 0) != is_any) {
        return Err(Error::InvalidParameter);
    }
    Ok(())
}
