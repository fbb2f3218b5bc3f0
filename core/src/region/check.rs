//! Whether a region's memory agrees with itself.

use super::layout;
use super::{Region, objects::Vpc};

impl Region<'_> {
    /// Whether every list of records is in order and within its capacity, the pool's cells are all
    /// either in use or free, and every VPC has its compiled tables. False only in memory that
    /// something else has written to. What the records say is told by [`Region::hash`].
    pub fn is_sound(&self) -> bool {
        let head = layout::Head::read(self.mem);
        let is_whole = head.is_some_and(|head| {
            head.words == self.layout.words
                && head.pool.at == self.layout.pool.at
                && head.pool.capacity == self.layout.pool.capacity
        });
        let has_world = |vpc: Vpc| self.tables().world(vpc.slot.into()).is_some();
        is_whole
            && self.stores().into_iter().all(|store| store.is_sound())
            && self.pool.is_sound()
            && self.vpcs.iter().all(has_world)
    }
}
