//! Whether a region's memory agrees with itself.

use super::layout;
use super::{Region, objects::Vpc};

impl Region<'_> {
    /// Whether every list of records is in order and within its capacity, the pool's cells are all
    /// either in use or free, and every VPC has its compiled tables. False only in memory that
    /// something else has written to. What the records say is told by [`Region::hash`].
    pub fn is_sound(&self) -> bool {
        let stores = [
            self.vpcs.is_sound(),
            self.cidrs.is_sound(),
            self.vswitches.is_sound(),
            self.tables.is_sound(),
            self.routes.is_sound(),
            self.gateways.is_sound(),
            self.interfaces.is_sound(),
            self.publics.is_sound(),
            self.snats.is_sound(),
            self.ecmp_sets.is_sound(),
            self.forwards.is_sound(),
            self.balancers.is_sound(),
            self.gwlbs.is_sound(),
            self.appliances.is_sound(),
            self.endpoints.is_sound(),
            self.groups.is_sound(),
            self.members.is_sound(),
        ];
        let head = layout::Head::read(self.mem);
        let is_whole = head.is_some_and(|head| {
            head.words == self.layout.words
                && head.pool.at == self.layout.pool.at
                && head.pool.capacity == self.layout.pool.capacity
        });
        let has_world = |vpc: Vpc| self.tables().world(vpc.slot.into()).is_some();
        is_whole
            && stores.into_iter().all(|is_sound| is_sound)
            && self.pool.is_sound()
            && self.vpcs.iter().all(has_world)
    }
}
