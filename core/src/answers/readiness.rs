//! What enabling a VPC's gateway takes, so that nobody loses access, and the way back.

mod again;
mod carried;

use core::fmt;

use heapless::Vec;

use again::{rebound, route_to};
use carried::Carried;

use super::diff::{Change, Losses, Told};
use super::sides::Sides;
use super::steps::Step;
use crate::addr::{EipId, GatewayId, Kind, Prefix, TableId, VSwitchId, VpcId};
use crate::limits::gather;
use crate::region::objects::{Mode, PublicAddress, TableKind, Vpc};
use crate::region::{
    EipMode, Error, GatewayOperation, MAX_ENABLE_TABLES, NextHop, Origin, Region, RouteEntry, Trial,
};

/// The most route tables and the most NAT gateways' vSwitches of a VPC that a plan is made for.
const MAX_TABLES: usize = 64;
const MAX_PLACES: usize = 16;

/// The most routes that the new tables of a plan take over from the old ones; the others are left behind.
const MAX_CARRIED: usize = 128;

/// A line of the answer.
#[derive(Clone, Debug)]
pub enum Readiness<'a> {
    /// What to do next.
    Do(Step),
    /// What to do next to come back.
    Undo(Step),
    /// Who loses access, whatever of the plan is done.
    Loses(&'a Change<'a>),
    /// What refuses the gateway, and no command removes; the error's remedy has to come first.
    Blocked(Error),
}

impl fmt::Display for Readiness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Readiness::Do(step) => say!(f, "do ", step),
            Readiness::Undo(step) => say!(f, "undo ", step),
            Readiness::Loses(change) => say!(f, "loses ", change),
            Readiness::Blocked(error) => say!(f, "blocked ", error, " ", error.remedy()),
        }
    }
}

/// Gives the plan after which a VPC's gateway is enabled and as little access as can be is lost: what
/// to do, what undoes it, and what is lost all the same. Nothing changes.
///
/// `Err` in the outer result: there is no such VPC, or no room to try; in the inner one: `see` did
/// not want more.
pub fn readiness(
    region: &mut Region<'_>,
    vpc: VpcId,
    see: &mut dyn FnMut(&Readiness<'_>) -> fmt::Result,
) -> Result<fmt::Result, Error> {
    let vpc = region.vpc(vpc)?;
    if vpc.mode == Mode::Centralized {
        return Ok(Ok(()));
    }
    match region.tell_against_gateway(&vpc, see) {
        Ok(false) => {}
        told => return Ok(told.map(|_| ())),
    }
    let mut plan = Plan::new(region, &vpc);
    let plan = plan.as_mut().map_err(|error| *error)?;
    match plan.check(region) {
        Ok(()) => {}
        Err(error @ (Error::CapacityExceeded | Error::Busy)) => return Err(error),
        Err(error) => return Ok(see(&Readiness::Blocked(error))),
    }
    plan.add_all(region)?;
    plan.drop_needless(region)?;
    plan.tell(region, see)
}

/// A vSwitch that gets a table of its own, as a NAT gateway in it is where its table leads.
#[derive(Clone, Copy)]
struct Place {
    vswitch: VSwitchId,
    /// The table that it has, and the one it gets.
    old: TableId,
    new: TableId,
    is_wanted: bool,
}

/// What is to be done. What is wanted of it varies while the least is looked for.
struct Plan {
    vpc: Vpc,
    gateway: GatewayId,
    has_gateway: bool,
    /// What has begun on it, and is taken back first.
    begun: Option<GatewayOperation>,
    /// vSwitch tables without a default route, and whether each gets one.
    tables: Vec<(TableId, bool), MAX_TABLES>,
    places: Vec<Place, MAX_PLACES>,
    /// The routes that they take over, by place.
    carried: Vec<Carried, MAX_CARRIED>,
    /// The table for packets from the Internet, and whether it is there.
    inbound: TableId,
    has_inbound: bool,
    wants_inbound: bool,
}

impl Plan {
    #[inline(never)]
    fn new(region: &Region<'_>, vpc: &Vpc) -> Result<Plan, Error> {
        let own = region.gateway_of(vpc.id);
        let begun = own.as_ref().and_then(|gateway| gateway.begun.clone());
        let is_made = !matches!(begun, Some(GatewayOperation::Create { .. }));
        let mut fresh =
            (1..=u16::MAX).chain([0]).map(TableId).filter(|&id| region.table(id).is_err());
        let mut fresh = || fresh.next().ok_or(Error::CapacityExceeded);
        let free = || {
            let mut ids = (1..=u16::MAX).chain([0]).map(GatewayId);
            ids.find(|&id| region.gateway(id).is_err()).ok_or(Error::CapacityExceeded)
        };
        let gateway = match &own {
            Some(gateway) => gateway.id,
            None => free()?,
        };
        let (mut tables, mut places, mut inbound) = (Vec::new(), Vec::new(), None);
        for table in region.tables_of(vpc.id) {
            match table.kind {
                TableKind::Gateway => inbound = Some(table.id),
                _ if region.has_default(table.id) => {}
                _ => tables.push((table.id, false)).map_err(|_| Error::CapacityExceeded)?,
            }
        }
        for vswitch in region.vswitches_of(vpc.id) {
            let leads_to_nat = region.default_of(vswitch.table) == Some(Kind::NatGateway);
            if leads_to_nat && region.has_nat(vpc.id, vswitch.id) {
                let (old, new) = (vswitch.table, fresh()?);
                let place = Place { vswitch: vswitch.id, old, new, is_wanted: false };
                places.push(place).map_err(|_| Error::CapacityExceeded)?;
            }
        }
        let has_inbound = inbound.is_some();
        let inbound = match inbound {
            Some(table) => table,
            None => fresh()?,
        };
        Ok(Plan {
            vpc: *vpc,
            gateway,
            has_gateway: own.is_some() && is_made,
            begun,
            tables,
            carried: carried::all(region, vpc.id, &places),
            places,
            inbound,
            has_inbound,
            wants_inbound: false,
        })
    }

    /// The parts that may be wanted, by number.
    fn parts(&self) -> usize {
        self.places.len() + self.tables.len() + 1
    }

    /// Wants a part or not, and tells whether it was wanted before.
    fn want(&mut self, part: usize, wanted: bool) -> bool {
        let tables = part.checked_sub(self.places.len());
        let is_wanted = if let Some(place) = self.places.get_mut(part) {
            &mut place.is_wanted
        } else if let Some(table) = tables.and_then(|at| self.tables.get_mut(at)) {
            &mut table.1
        } else {
            &mut self.wants_inbound
        };
        core::mem::replace(is_wanted, wanted)
    }

    /// Wants whatever can be done.
    fn add_all(&mut self, region: &mut Region<'_>) -> Result<(), Error> {
        for part in 0..self.parts() {
            self.want(part, true);
            if self.check(region).is_err() {
                self.want(part, false);
            } else if part < self.places.len() {
                self.carry(part, true);
                if self.check(region).is_err() {
                    self.carry(part, false);
                }
            }
        }
        Ok(())
    }

    /// Leaves out, one after the other, what can be left out without a loss.
    fn drop_needless(&mut self, region: &mut Region<'_>) -> Result<(), Error> {
        let mut least = self.losses(region, Losses::MOST)?;
        let (places, parts) = (self.places.len(), self.parts());
        // What was needed before the gateway's table, a place or a route went may not be after. Default
        // routes only help, so one that goes without a loss leaves all others as needed as they were.
        loop {
            let mut is_less = self.drop_if_needless(region, parts.saturating_sub(1), &mut least)?;
            is_less |= self.drop_carried(region, &mut least)?;
            for place in 0..places {
                is_less |= self.drop_if_needless(region, place, &mut least)?;
            }
            if !is_less {
                break;
            }
        }
        for part in places..parts.saturating_sub(1) {
            self.drop_if_needless(region, part, &mut least)?;
        }
        Ok(())
    }

    /// Whether a part was wanted and is not any more, as no more is lost without it.
    fn drop_if_needless(
        &mut self,
        region: &mut Region<'_>,
        part: usize,
        least: &mut Losses,
    ) -> Result<bool, Error> {
        if !self.want(part, false) {
            return Ok(false);
        }
        let losses = self.losses(region, *least)?;
        let needless = losses <= *least;
        self.want(part, !needless);
        *least = losses.min(*least);
        Ok(needless)
    }

    /// Whether all of it can be done.
    fn check(&self, region: &mut Region<'_>) -> Result<(), Error> {
        self.tried(region, &mut |_| Ok(()))
    }

    /// What is lost; above `enough` it is not told how much.
    fn losses(&self, region: &mut Region<'_>, enough: Losses) -> Result<Losses, Error> {
        let mut losses = Losses::NONE;
        self.tried(region, &mut |trial| {
            if let Some(sides) = self.sides(trial)? {
                losses = sides.losses(enough);
            }
            Ok(())
        })?;
        Ok(losses)
    }

    /// Does all of it in a trial, and lets somebody look.
    #[inline(never)]
    fn tried(
        &self,
        region: &mut Region<'_>,
        look: &mut dyn FnMut(&mut Trial<'_, '_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut trial = region.trial();
        let trial = trial.as_mut().map_err(|error| *error)?;
        self.apply_to(trial)?;
        look(trial)
    }

    /// Does all of it. Apart from the look at it, so that the commands are gone then.
    #[inline(never)]
    fn apply_to(&self, trial: &mut Trial<'_, '_>) -> Result<(), Error> {
        if self.begun.is_some() {
            apply(trial, &Step::Abort { gateway: self.gateway })?;
        }
        // Making NAT gateways again, as they were, comes down to their mode.
        loop {
            let next = trial.region().direct_nats(self.vpc.id).next();
            match next {
                Some(nat) => trial.unbind(nat)?,
                None => break,
            }
        }
        // The direct addresses are taken one after the other, as they are replaced.
        let mut last = None;
        while let Some(direct) = trial.region().direct_after(self.vpc.id, last) {
            last = Some(direct.id);
            for step in rebound(&direct, EipMode::Nat).into_iter().flatten() {
                apply(trial, &step)?;
            }
        }
        let mut number = 0;
        while let Some(step) = self.after_rebinding(trial.region(), number) {
            apply(trial, &step)?;
            number += 1;
        }
        Ok(())
    }

    /// The VPC before and after.
    #[inline(never)]
    fn sides<'m>(&self, trial: &mut Trial<'_, 'm>) -> Result<Option<Sides<'m>>, Error> {
        let vpc = trial.region().vpc(self.vpc.id)?;
        // What a blackout takes away for a while is no less to be kept.
        let worlds = trial.worlds(&vpc)?;
        Ok(worlds.map(|[before, after]| Sides::new([before.settled(), after])))
    }

    /// A step behind those that take away what refuses a gateway, by its number.
    fn after_rebinding(&self, region: &Region<'_>, mut number: usize) -> Option<Step> {
        let nth = &mut |step| match number.checked_sub(1) {
            Some(less) => {
                number = less;
                Ok(())
            }
            None => Err(step),
        };
        self.each_after_rebinding(region, nth).err()
    }

    /// The steps behind those that take away what refuses a gateway.
    fn each_after_rebinding<E>(
        &self,
        region: &Region<'_>,
        see: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        let (vpc, gateway) = (self.vpc.id, self.gateway);
        for (at, place) in self.wanted_places() {
            see(Step::CreateTable { table: place.new, vpc, gateway: false })?;
            for entry in self.carried(region, at) {
                see(carried::step(region, place, &entry))?;
            }
            see(Step::BindTable { table: place.new, vswitch: place.vswitch })?;
        }
        if self.wants_inbound && !self.has_inbound {
            see(Step::CreateTable { table: self.inbound, vpc, gateway: true })?;
        }
        if !self.has_gateway {
            see(Step::CreateGateway { gateway, vpc })?;
        }
        // Enabling takes so many tables; the others get their routes before, inert as yet.
        for table in self.defaults().skip(MAX_ENABLE_TABLES) {
            see(route_to(table, Prefix::DEFAULT, gateway.id()))?;
        }
        let tables = gather(self.defaults().take(MAX_ENABLE_TABLES));
        see(Step::Enable { gateway, tables })?;
        if self.wants_inbound {
            see(Step::BindGateway { table: self.inbound, gateway })?;
        }
        Ok(())
    }

    /// The gateway as a next hop.
    fn hop(&self) -> NextHop {
        NextHop::new(self.gateway.id()).unwrap_or(NextHop::NOWHERE)
    }

    fn wanted_places(&self) -> impl DoubleEndedIterator<Item = (usize, &Place)> {
        self.places.iter().enumerate().filter(|(_, place)| place.is_wanted)
    }

    /// The tables that get a default route to the gateway.
    fn defaults(&self) -> impl Iterator<Item = TableId> {
        let places = self.places.iter().filter(|place| place.is_wanted).map(|place| place.new);
        let tables = self.tables.iter().filter(|(_, wanted)| *wanted).map(|&(table, _)| table);
        places.chain(tables)
    }

    fn tell(
        &self,
        region: &mut Region<'_>,
        see: &mut dyn FnMut(&Readiness<'_>) -> fmt::Result,
    ) -> Result<fmt::Result, Error> {
        let mut told = self.tell_steps(region, see);
        if told.is_ok() {
            self.tried(region, &mut |trial| {
                if let Some(sides) = self.sides(trial)? {
                    told =
                        sides.changes(Told::Losses, &mut |change| see(&Readiness::Loses(change)));
                }
                Ok(())
            })?;
        }
        Ok(told)
    }

    #[inline(never)]
    fn tell_steps(
        &self,
        region: &Region<'_>,
        see: &mut dyn FnMut(&Readiness<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let gateway = self.gateway;
        if self.begun.is_some() {
            see(&Readiness::Do(Step::Abort { gateway }))?;
        }
        for nat in region.direct_nats(self.vpc.id) {
            region.make_again(&nat, false, &mut |step| see(&Readiness::Do(step)))?;
        }
        for direct in region.directs(self.vpc.id) {
            for step in rebound(&direct, EipMode::Nat).into_iter().flatten() {
                see(&Readiness::Do(step))?;
            }
        }
        self.each_after_rebinding(region, &mut |step| see(&Readiness::Do(step)))?;
        self.undo(region, &mut |step| see(&Readiness::Undo(step)))
    }

    /// The steps back, as the region is before the plan.
    fn undo(&self, region: &Region<'_>, see: &mut dyn FnMut(Step) -> fmt::Result) -> fmt::Result {
        let (vpc, gateway) = (self.vpc.id, self.gateway);
        let named = || region.routes_to(gateway.id()).filter(|_| self.has_gateway);
        if self.wants_inbound {
            see(Step::UnbindGateway { table: self.inbound, gateway })?;
            if !self.has_inbound {
                see(Step::DeleteTable { table: self.inbound })?;
            }
        }
        // A public delete takes the routes along, but leaves the VPC Direct.
        let public = self.vpc.mode == Mode::Direct;
        if !public {
            let defaults = self.defaults().map(|table| (table, Prefix::DEFAULT));
            for (table, prefix) in defaults.chain(self.carried_to_gateway(region)).chain(named()) {
                see(Step::DeleteRoute { table, prefix })?;
            }
        }
        see(Step::DeleteGateway { gateway, public })?;
        if self.has_gateway {
            see(Step::CreateGateway { gateway, vpc })?;
            for (table, prefix) in named() {
                region.lead_again(table, prefix, gateway.id(), see)?;
            }
        }
        for (at, place) in self.wanted_places().rev() {
            see(match place.old == self.vpc.system_table {
                true => Step::UnbindTable { table: place.new, vswitch: place.vswitch },
                false => Step::BindTable { table: place.old, vswitch: place.vswitch },
            })?;
            // Those to the gateway went with it, and Dynamic ones go with the table.
            let gone = |entry: &RouteEntry| {
                entry.origin == Origin::Dynamic || entry.next_hop == Some(self.hop())
            };
            for RouteEntry { prefix, .. } in self.carried(region, at).filter(|e| !gone(e)) {
                see(Step::DeleteRoute { table: place.new, prefix })?;
            }
            see(Step::DeleteTable { table: place.new })?;
        }
        for direct in region.directs(self.vpc.id) {
            for step in rebound(&direct, direct.mode).into_iter().flatten() {
                see(step)?;
            }
        }
        for nat in region.direct_nats(self.vpc.id) {
            region.make_again(&nat, true, see)?;
        }
        match self.begun.clone() {
            Some(operation) => see(Step::Begin { operation }),
            None => Ok(()),
        }
    }
}

#[inline(never)]
fn apply(trial: &mut Trial<'_, '_>, step: &Step) -> Result<(), Error> {
    trial.apply(&step.command())
}

impl Region<'_> {
    /// Tells what refuses a VPC a gateway, if anything.
    #[inline(never)]
    fn tell_against_gateway(
        &self,
        vpc: &Vpc,
        see: &mut dyn FnMut(&Readiness<'_>) -> fmt::Result,
    ) -> Result<bool, fmt::Error> {
        let mut facts = self.facts_against_gateway(vpc);
        facts.try_fold(false, |_, error| see(&Readiness::Blocked(error)).map(|()| true))
    }

    /// What refuses a VPC a gateway, or one that is begun on, and no plan takes away.
    fn facts_against_gateway(&self, vpc: &Vpc) -> impl Iterator<Item = Error> {
        // Who cannot make a gateway cannot come back to one either.
        let capability = (!self.options().gateway, Error::UnsupportedRegion);
        // What could not be committed cannot be begun again.
        let own = self.gateway_of(vpc.id).filter(|gateway| gateway.begun.is_some());
        let stuck = own.is_some_and(|gateway| self.try_commit(gateway.id).is_err());
        let status = (stuck, Error::IncorrectStatusGateway);
        let (facts, kinds) = (vpc.flags.refusals(), vpc.flags.incompatibilities());
        let all = [capability].into_iter().chain(facts).chain(kinds).chain([status]);
        all.filter(|(refused, _)| *refused).map(|(_, error)| error)
    }

    /// The public addresses of a VPC that go around a gateway, by id.
    fn directs(&self, vpc: VpcId) -> impl Iterator<Item = PublicAddress> {
        self.publics_of(vpc).filter(|public| public.mode != EipMode::Nat)
    }

    fn direct_after(&self, vpc: VpcId, last: Option<EipId>) -> Option<PublicAddress> {
        self.directs(vpc).find(|public| last.is_none_or(|last| public.id > last))
    }

    /// Whether somebody made a default route in a table.
    fn has_default(&self, table: TableId) -> bool {
        self.default_of(table).is_some()
    }

    /// The kind of next hop that a table's default route has.
    fn default_of(&self, table: TableId) -> Option<Kind> {
        let mut routes = self.routes(table);
        let default = routes.next().filter(|entry| entry.prefix == Prefix::DEFAULT)?;
        default.next_hop.map(|hop| hop.id().kind)
    }

    /// Whether a NAT gateway stands in a vSwitch.
    fn has_nat(&self, vpc: VpcId, vswitch: VSwitchId) -> bool {
        let mut hosts = self.interfaces_of(vpc);
        hosts.any(|host| host.id.kind == Kind::NatGateway && host.vswitch == vswitch)
    }
}
