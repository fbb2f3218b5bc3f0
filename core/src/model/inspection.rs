//! Gateway load balancers, appliances, endpoints and route target groups.

use core::cmp::Reverse;

use super::objects::*;
use super::region::Twin;
use super::walk::ecmp_hash;
use crate::addr::{ApplianceId, EndpointId, GwlbId, RouteTargetGroupId, VSwitchId};
use crate::region::Error;
use crate::resolve::Header;

impl Twin {
    pub(super) fn create_gwlb(&mut self, gwlb: GwlbId, fail_open: bool) -> Result<(), Error> {
        if !self.gwlb_capability {
            return Err(Error::UnsupportedRegion);
        }
        if self.gwlbs.contains_key(&gwlb) {
            return Err(Error::DuplicateId);
        }
        self.gwlbs.insert(gwlb, Gwlb { fail_open });
        Ok(())
    }

    pub(super) fn delete_gwlb(&mut self, gwlb: GwlbId) -> Result<(), Error> {
        self.gwlbs.get(&gwlb).ok_or(Error::NoGwlb)?;
        if self.endpoints.values().any(|e| e.gwlb == gwlb) {
            return Err(Error::HeldByEndpoint);
        }
        self.gwlbs.remove(&gwlb);
        self.appliances.retain(|_, a| a.gwlb != gwlb);
        Ok(())
    }

    pub(super) fn register_appliance(
        &mut self,
        gwlb: GwlbId,
        appliance: ApplianceId,
    ) -> Result<(), Error> {
        self.gwlbs.get(&gwlb).ok_or(Error::NoGwlb)?;
        if self.appliances.contains_key(&appliance) {
            return Err(Error::DuplicateId);
        }
        self.appliances.insert(appliance, Appliance { gwlb, healthy: true });
        Ok(())
    }

    pub(super) fn deregister_appliance(&mut self, appliance: ApplianceId) -> Result<(), Error> {
        self.appliances.remove(&appliance).ok_or(Error::NoAppliance)?;
        Ok(())
    }

    pub(super) fn set_appliance(
        &mut self,
        appliance: ApplianceId,
        healthy: bool,
    ) -> Result<(), Error> {
        self.appliances.get_mut(&appliance).ok_or(Error::NoAppliance)?.healthy = healthy;
        Ok(())
    }

    pub(super) fn create_endpoint(
        &mut self,
        endpoint: EndpointId,
        vswitch: VSwitchId,
        gwlb: GwlbId,
    ) -> Result<(), Error> {
        self.vswitches.get(&vswitch).ok_or(Error::NoVSwitch)?;
        self.gwlbs.get(&gwlb).ok_or(Error::NoGwlb)?;
        if self.endpoints.contains_key(&endpoint) {
            return Err(Error::DuplicateId);
        }
        self.endpoints.insert(endpoint, Endpoint { vswitch, gwlb });
        Ok(())
    }

    pub(super) fn delete_endpoint(&mut self, endpoint: EndpointId) -> Result<(), Error> {
        self.endpoints.get(&endpoint).ok_or(Error::NoEndpoint)?;
        if self.is_next_hop(endpoint.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        if self.groups.values().any(|g| g.active == endpoint || g.standby == endpoint) {
            return Err(Error::HeldByRouteTargetGroup);
        }
        self.endpoints.remove(&endpoint);
        Ok(())
    }

    pub(super) fn create_group(
        &mut self,
        group: RouteTargetGroupId,
        active: EndpointId,
        standby: EndpointId,
    ) -> Result<(), Error> {
        if active == standby {
            return Err(Error::InvalidParameter);
        }
        for endpoint in [active, standby] {
            self.endpoints.get(&endpoint).ok_or(Error::NoEndpoint)?;
        }
        if self.groups.contains_key(&group) {
            return Err(Error::DuplicateId);
        }
        if self.vpc_of(active.id()) != self.vpc_of(standby.id()) {
            return Err(Error::InvalidParameter);
        }
        let new = RouteTargetGroup {
            active,
            standby,
            active_health: Health::default(),
            standby_health: Health::default(),
        };
        self.groups.insert(group, new);
        Ok(())
    }

    pub(super) fn delete_group(&mut self, group: RouteTargetGroupId) -> Result<(), Error> {
        self.groups.get(&group).ok_or(Error::NoRouteTargetGroup)?;
        if self.is_next_hop(group.id()) {
            return Err(Error::HeldByRouteEntry);
        }
        self.groups.remove(&group);
        Ok(())
    }

    pub(super) fn report_probe(
        &mut self,
        group: RouteTargetGroupId,
        endpoint: EndpointId,
        ok: bool,
    ) -> Result<(), Error> {
        let group = self.groups.get_mut(&group).ok_or(Error::NoRouteTargetGroup)?;
        if endpoint == group.active {
            group.active_health.report(ok);
        } else if endpoint == group.standby {
            group.standby_health.report(ok);
        } else {
            return Err(Error::NoEndpoint);
        }
        if group.active_health.abnormal && !group.standby_health.abnormal {
            group.switch();
        }
        Ok(())
    }

    pub(super) fn switch_active(&mut self, group: RouteTargetGroupId) -> Result<(), Error> {
        self.groups.get_mut(&group).ok_or(Error::NoRouteTargetGroup)?.switch();
        Ok(())
    }

    /// The appliance that a flow meets behind an endpoint: of the healthy ones the one of the highest
    /// weight. The header is that of the flow inside.
    pub fn appliance(&self, endpoint: EndpointId, header: &Header) -> Option<ApplianceId> {
        let gwlb = self.endpoints.get(&endpoint)?.gwlb;
        let healthy = self.appliances.iter().filter(|(_, a)| a.gwlb == gwlb && a.healthy);
        let scramble = |mut bits: u32| {
            for (shift, factor) in [(16, 0x85eb_ca6b), (13, 0xc2b2_ae35)] {
                bits = (bits ^ (bits >> shift)).wrapping_mul(factor);
            }
            bits ^ (bits >> 16)
        };
        let weight = |id: ApplianceId| scramble(ecmp_hash(header) ^ scramble(u32::from(id.0) + 1));
        // Of equal weights the lower id.
        healthy.map(|(id, _)| *id).max_by_key(|id| (weight(*id), Reverse(*id)))
    }
}
