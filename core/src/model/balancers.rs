//! Load balancers, and the forward (DNAT) entries of NAT gateways.

use super::objects::*;
use super::region::{ForwardKey, Twin};
use crate::addr::LoadBalancerId;
use crate::region::{BalancerPlace, Error, ForwardProtocol};

impl Twin {
    pub(super) fn create_load_balancer(
        &mut self,
        balancer: LoadBalancerId,
        place: BalancerPlace,
    ) -> Result<(), Error> {
        match place {
            BalancerPlace::Internal { vswitch, .. } => {
                self.vswitches.get(&vswitch).ok_or(Error::NoVSwitch)?;
            }
            BalancerPlace::Internet { vpc, .. } => {
                self.vpcs.get(&vpc).ok_or(Error::NoVpc)?;
            }
        }
        if self.balancers.contains_key(&balancer) {
            return Err(Error::DuplicateId);
        }
        match place {
            BalancerPlace::Internal { vswitch, address } => {
                self.check_private_address(vswitch, address)?;
                let new = Interface { vswitch, address, forward: false, multi_binded: false };
                self.interfaces.insert(balancer.id(), new);
            }
            BalancerPlace::Internet { address, .. } => self.check_public_address(address)?,
        }
        self.balancers.insert(balancer, place);
        Ok(())
    }

    pub(super) fn delete_load_balancer(&mut self, balancer: LoadBalancerId) -> Result<(), Error> {
        self.balancers.get(&balancer).ok_or(Error::NoLoadBalancer)?;
        if self.public_addresses_of(balancer.id()).next().is_some() {
            return Err(Error::HeldByPublicAddress);
        }
        self.balancers.remove(&balancer);
        self.interfaces.remove(&balancer.id());
        Ok(())
    }

    pub(super) fn create_forward_entry(
        &mut self,
        key: ForwardKey,
        to: Forward,
    ) -> Result<(), Error> {
        let (nat, eip, protocol, public_port) = key;
        if !port_fits(protocol, public_port) || !port_fits(protocol, to.port) {
            return Err(Error::InvalidParameter);
        }
        self.interfaces.get(&nat.id()).ok_or(Error::NoNatGateway)?;
        let address = self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        if address.target != Some(nat.id()) {
            return Err(Error::IncorrectEipStatus);
        }
        let on_eip = self.forward.keys().filter(|(_, e, ..)| *e == eip);
        for (_, _, other, port) in on_eip {
            let any = protocol == ForwardProtocol::Any || *other == ForwardProtocol::Any;
            if any || (*other, *port) == (protocol, public_port) {
                return Err(Error::DuplicateEntry);
            }
        }
        self.forward.insert(key, to);
        Ok(())
    }

    pub(super) fn delete_forward_entry(&mut self, key: ForwardKey) -> Result<(), Error> {
        let (nat, eip, protocol, public_port) = key;
        if !port_fits(protocol, public_port) {
            return Err(Error::InvalidParameter);
        }
        self.interfaces.get(&nat.id()).ok_or(Error::NoNatGateway)?;
        self.eips.get(&eip).ok_or(Error::NoPublicAddress)?;
        self.forward.remove(&key).ok_or(Error::NoForwardEntry)?;
        Ok(())
    }
}

/// `any` takes port 0 only, the others take none but 0.
fn port_fits(protocol: ForwardProtocol, port: u16) -> bool {
    (protocol == ForwardProtocol::Any) == (port == 0)
}
