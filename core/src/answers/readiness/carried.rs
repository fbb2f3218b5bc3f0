//! The routes that a vSwitch's new table takes over from its old one: what has its address by them keeps
//! it, whatever the default route becomes.

use heapless::Vec;

use super::super::diff::Losses;
use super::super::steps::Step;
use super::{MAX_CARRIED, Place, Plan};
use crate::addr::{Kind, Prefix, TableId, VpcId};
use crate::region::{Error, NextHop, Origin, Region, RouteEntry};

/// The most trials that look for routes that are not needed.
const MAX_TRIALS: usize = 128;

/// An entry of an old table, by its place and its number in the table.
pub(super) struct Carried {
    place: u8,
    number: u16,
    wish: Wish,
}

/// Whether an entry is carried over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Wanted,
    /// It may be left behind.
    Trying,
    Left,
}

/// All that could be carried over: entries that somebody made, but for the default route and those to a
/// NAT gateway that stands in the vSwitch, whose packets they would lead back to it.
pub(super) fn all(region: &Region<'_>, vpc: VpcId, places: &[Place]) -> Vec<Carried, MAX_CARRIED> {
    let mut all = Vec::new();
    for (place, Place { vswitch, old, .. }) in (0..).zip(places) {
        let is_own_nat = |entry: &RouteEntry| {
            let hop = entry.next_hop.map(|hop| hop.id());
            hop.filter(|hop| hop.kind == Kind::NatGateway).is_some_and(|nat| {
                region.interfaces_of(vpc).any(|host| host.id == nat && host.vswitch == *vswitch)
            })
        };
        for (number, entry) in (0..).zip(region.routes(*old)) {
            let is_made = entry.next_hop.is_some() && entry.prefix != Prefix::DEFAULT;
            if is_made && !is_own_nat(&entry) {
                let _ = all.push(Carried { place, number, wish: Wish::Left });
            }
        }
    }
    all
}

/// The step that makes an entry of a place's old table in its new one.
pub(super) fn step(region: &Region<'_>, place: &Place, entry: &RouteEntry) -> Step {
    let (table, prefix) = (place.new, entry.prefix);
    let next_hop = entry.next_hop.unwrap_or(NextHop::NOWHERE);
    match entry.origin {
        Origin::Dynamic => Step::Announce { table, prefix, next_hop },
        _ if region.is_automatic(place.old, prefix) => Step::Override { table, prefix, next_hop },
        _ => Step::Route { table, prefix, next_hop },
    }
}

impl Plan {
    /// Wants all routes of a place carried over, or none.
    pub(super) fn carry(&mut self, place: usize, wanted: bool) {
        let wish = if wanted { Wish::Wanted } else { Wish::Left };
        self.carried.iter_mut().filter(|own| own.is_of(place)).for_each(|own| own.wish = wish);
    }

    /// The entries that a place's new table takes over.
    pub(super) fn carried(
        &self,
        region: &Region<'_>,
        place: usize,
    ) -> impl Iterator<Item = RouteEntry> {
        let mut routes = self.places.get(place).map(|place| region.routes(place.old));
        let mut read = 0;
        let own = self.carried.iter().filter(move |own| own.is_of(place));
        own.filter(|own| own.wish == Wish::Wanted).filter_map(move |own| {
            let number = usize::from(own.number);
            let entry = routes.as_mut()?.nth(number.checked_sub(read)?);
            read = number + 1;
            entry
        })
    }

    /// Where the new tables have taken over entries to the gateway.
    pub(super) fn carried_to_gateway(
        &self,
        region: &Region<'_>,
    ) -> impl Iterator<Item = (TableId, Prefix)> {
        self.wanted_places().flat_map(move |(at, place)| {
            let named = self.carried(region, at).filter(|e| e.next_hop == Some(self.hop()));
            named.map(|entry| (place.new, entry.prefix))
        })
    }

    /// Leaves behind what can be left behind without a loss: many at once where that does, halves of them
    /// where it does not.
    pub(super) fn drop_carried(
        &mut self,
        region: &mut Region<'_>,
        least: &mut Losses,
    ) -> Result<bool, Error> {
        let (mut is_less, mut trials) = (false, 0);
        let mut size = MAX_CARRIED;
        while size > 0 {
            let mut start = 0;
            while start < self.carried.len() {
                let (own, both) =
                    (self.wanted_within(start, size), self.wanted_within(start & !size, 2 * size));
                // As many as could not be left behind together are not tried again.
                let is_new = own > 0 && (size == MAX_CARRIED || own < both);
                if is_new && trials < MAX_TRIALS {
                    trials += 1;
                    self.turn(start, size, Wish::Wanted, Wish::Trying);
                    let losses = self.losses(region, *least)?;
                    let needless = losses <= *least;
                    is_less |= needless;
                    let wish = if needless { Wish::Left } else { Wish::Wanted };
                    self.turn(start, size, Wish::Trying, wish);
                    *least = losses.min(*least);
                }
                start += size;
            }
            size /= 2;
        }
        Ok(is_less)
    }

    fn turn(&mut self, start: usize, size: usize, from: Wish, to: Wish) {
        let within = self.carried.iter_mut().skip(start).take(size);
        within.filter(|own| own.wish == from).for_each(|own| own.wish = to);
    }

    /// How many of so many routes are wanted, of places that are.
    fn wanted_within(&self, start: usize, size: usize) -> usize {
        let within = self.carried.iter().skip(start).take(size);
        let of_wanted = |own: &&Carried| {
            self.wanted_places().any(|(at, _)| own.is_of(at)) && own.wish == Wish::Wanted
        };
        within.filter(of_wanted).count()
    }
}

impl Carried {
    fn is_of(&self, place: usize) -> bool {
        usize::from(self.place) == place
    }
}
