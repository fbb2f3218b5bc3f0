//! Load balancers: internal ones are interfaces of a vSwitch, internet ones stand outside the VPC.

use super::objects::{Interface, InternetBalancer, LoadBalancer};
use super::plan::{Edit, Plan};
use super::removal::Removal;
use super::{BalancerPlace, Error, Region};
use crate::addr::{Addr, Kind, LoadBalancerId, VSwitchId, VpcId};

impl Region<'_> {
    pub(super) fn create_balancer<'c>(
        &self,
        id: LoadBalancerId,
        place: BalancerPlace,
    ) -> Result<Plan<'c>, Error> {
        match place {
            BalancerPlace::Internal { vswitch, address } => {
                self.create_internal(id, vswitch, address)
            }
            BalancerPlace::Internet { vpc, address } => self.create_internet(id, vpc, address),
        }
    }

    fn check_new(&self, id: LoadBalancerId) -> Result<(), Error> {
        if self.balancer(id).is_some() { Err(Error::DuplicateId) } else { Ok(()) }
    }

    fn check_room_for_balancer(&self) -> Result<(), Error> {
        let used = self.count_of(Kind::LoadBalancer) + crate::memory::index(self.balancers.count());
        if used >= self.layout.profile.load_balancers.into() {
            return Err(Error::CapacityExceeded);
        }
        Ok(())
    }

    fn create_internal<'c>(
        &self,
        id: LoadBalancerId,
        vswitch: VSwitchId,
        address: Addr,
    ) -> Result<Plan<'c>, Error> {
        let vswitch = self.vswitch(vswitch)?;
        self.check_new(id)?;
        self.check_private_address(&vswitch, address)?;
        self.check_room_for_balancer()?;
        let (vpc, vswitch, id) = (vswitch.vpc, vswitch.id, id.id());
        let host = Interface { id, vswitch, address, forward: false, multi_binded: false };
        Ok(Plan::hosts(vpc, &[Edit::PutInterface(host)]))
    }

    fn create_internet<'c>(
        &self,
        id: LoadBalancerId,
        vpc: VpcId,
        address: Addr,
    ) -> Result<Plan<'c>, Error> {
        self.vpc(vpc)?;
        self.check_new(id)?;
        if self.public_in_use(address) {
            return Err(Error::AddressInUse);
        }
        self.check_room_for_balancer()?;
        let balancer = InternetBalancer { id, vpc, address };
        Ok(Plan::hosts(vpc, &[Edit::PutBalancer(balancer)]))
    }

    pub(super) fn delete_balancer<'c>(&self, id: LoadBalancerId) -> Result<Plan<'c>, Error> {
        if let Some(balancer) = self.balancers.get(id.0.into()) {
            return Ok(Plan::hosts(balancer.vpc, &[Edit::Remove(Removal::Balancer(balancer))]));
        }
        let vpc = self.vpc_of(id.id()).ok_or(Error::NoLoadBalancer)?;
        if self.publics_of(vpc).any(|public| public.target == Some(id.id())) {
            return Err(Error::HeldByPublicAddress);
        }
        Ok(Plan::hosts(vpc, &[Edit::Remove(Removal::Interface(id.id()))]))
    }

    pub(super) fn balancer(&self, id: LoadBalancerId) -> Option<LoadBalancer> {
        let internal = self.interface(id.id()).map(LoadBalancer::from);
        internal.or_else(|| self.balancers.get(id.0.into()).map(LoadBalancer::from))
    }
}
