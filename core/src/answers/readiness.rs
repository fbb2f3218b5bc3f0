//! What enabling a VPC's gateway takes, so that nobody loses access, and the way back.

use core::fmt;

use heapless::Vec;

use super::diff::{Change, Pair};
use super::sides::Sides;
use super::steps::{PublicPort, Step};
use crate::addr::{EipId, GatewayId, Id, Kind, NatGatewayId, Prefix, TableId, VSwitchId, VpcId};
use crate::limits::gather;
use crate::region::objects::{
    ForwardEntry, Interface, Mode, PublicAddress, PublicKind, SnatEntry, TableKind, Vpc,
};
use crate::region::{EipMode, Error, GatewayOperation, MAX_ENABLE_TABLES, NextHop, Region, Trial};
use crate::resolve::Action;

/// The most route tables and the most NAT gateways' vSwitches of a VPC that a plan is made for.
const MAX_TABLES: usize = 64;
const MAX_PLACES: usize = 16;

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
    let mut blocked = Ok(false);
    for error in region.facts_against_gateway(&vpc) {
        blocked = blocked.and_then(|_| see(&Readiness::Blocked(error)).map(|()| true));
    }
    match blocked {
        Ok(false) => {}
        told => return Ok(told.map(|_| ())),
    }
    let mut plan = Plan::new(region, &vpc)?;
    match plan.tried(region, |_, _| Ok(())) {
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
    /// The table for packets from the Internet, and whether it is there.
    inbound: TableId,
    has_inbound: bool,
    wants_inbound: bool,
}

impl Plan {
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

    fn wants(&self, part: usize) -> bool {
        let tables = part.checked_sub(self.places.len());
        if let Some(place) = self.places.get(part) {
            place.is_wanted
        } else if let Some(table) = tables.and_then(|at| self.tables.get(at)) {
            table.1
        } else {
            self.wants_inbound
        }
    }

    fn want(&mut self, part: usize, wanted: bool) {
        let tables = part.checked_sub(self.places.len());
        if let Some(place) = self.places.get_mut(part) {
            place.is_wanted = wanted;
        } else if let Some(table) = tables.and_then(|at| self.tables.get_mut(at)) {
            table.1 = wanted;
        } else {
            self.wants_inbound = wanted;
        }
    }

    /// Wants whatever can be done.
    fn add_all(&mut self, region: &mut Region<'_>) -> Result<(), Error> {
        for part in 0..self.parts() {
            self.want(part, true);
            if self.tried(region, |_, _| Ok(())).is_err() {
                self.want(part, false);
            }
        }
        Ok(())
    }

    /// Leaves out, one after the other, what can be left out without a loss.
    fn drop_needless(&mut self, region: &mut Region<'_>) -> Result<(), Error> {
        let mut least = self.losses(region, u64::MAX)?;
        for part in 0..self.parts() {
            if !self.wants(part) {
                continue;
            }
            self.want(part, false);
            let losses = self.losses(region, least)?;
            if losses > least {
                self.want(part, true);
            }
            least = least.min(losses);
        }
        Ok(())
    }

    /// How many packets are lost: addresses, for each sender and public address. Above `enough` it is not
    /// told how many.
    fn losses(&self, region: &mut Region<'_>, enough: u64) -> Result<u64, Error> {
        let mut losses: u64 = 0;
        let counted = self.tried(region, |trial, vpc| {
            if let Some(sides) = sides_of(trial, vpc)? {
                losses = sides.count_that(&is_lost, enough);
            }
            Ok(())
        });
        counted.map(|()| losses)
    }

    /// Does all of it in a trial, and lets somebody look.
    fn tried(
        &self,
        region: &mut Region<'_>,
        look: impl FnOnce(&mut Trial<'_, '_>, VpcId) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut trial = region.trial()?;
        if self.begun.is_some() {
            trial.apply(&Step::Abort { gateway: self.gateway }.command())?;
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
                trial.apply(&step.command())?;
            }
        }
        self.after_rebinding(&mut |step| trial.apply(&step.command()))?;
        look(&mut trial, self.vpc.id)
    }

    /// The steps behind those that take away what refuses a gateway.
    fn after_rebinding<E>(&self, see: &mut dyn FnMut(Step) -> Result<(), E>) -> Result<(), E> {
        let (vpc, gateway) = (self.vpc.id, self.gateway);
        for place in self.places.iter().filter(|place| place.is_wanted) {
            see(Step::CreateTable { table: place.new, vpc, gateway: false })?;
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
            self.tried(region, |trial, vpc| {
                if let Some(sides) = sides_of(trial, vpc)? {
                    told =
                        sides.changes_that(&is_lost, &mut |change| see(&Readiness::Loses(change)));
                }
                Ok(())
            })?;
        }
        Ok(told)
    }

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
        self.after_rebinding(&mut |step| see(&Readiness::Do(step)))?;
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
            for (table, prefix) in
                self.defaults().map(|table| (table, Prefix::DEFAULT)).chain(named())
            {
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
        for place in self.places.iter().rev().filter(|place| place.is_wanted) {
            see(match place.old == self.vpc.system_table {
                true => Step::UnbindTable { table: place.new, vswitch: place.vswitch },
                false => Step::BindTable { table: place.old, vswitch: place.vswitch },
            })?;
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

/// The step that makes a route.
fn route_to(table: TableId, prefix: Prefix, hop: Id) -> Step {
    Step::Route { table, prefix, next_hop: NextHop::new(hop).unwrap_or(NextHop::NOWHERE) }
}

/// The steps that bind a public address in another mode.
fn rebound(public: &PublicAddress, mode: EipMode) -> [Option<Step>; 4] {
    let PublicAddress { id: eip, address, kind, target, .. } = *public;
    let anycast = kind == PublicKind::Anycast;
    [
        Some(Step::Unbind { eip }),
        Some(Step::Release { eip }),
        Some(Step::Allocate { eip, address, anycast, mode }),
        target.map(|target| Step::Bind { eip, target }),
    ]
}

fn public_port(entry: &ForwardEntry) -> PublicPort {
    let ForwardEntry { nat, eip, protocol, public_port: port, .. } = *entry;
    PublicPort { nat, eip, protocol, port }
}

/// The VPC before and after.
fn sides_of<'m>(trial: &mut Trial<'_, 'm>, vpc: VpcId) -> Result<Option<Sides<'m>>, Error> {
    let vpc = trial.region().vpc(vpc)?;
    // What a blackout takes away for a while is no less to be kept.
    let worlds = trial.worlds(&vpc)?;
    Ok(worlds.map(|[before, after]| Sides::new([before.settled(), after])))
}

/// Whether packets that arrived do not, or arrive elsewhere. Another public address is no loss.
fn is_lost([was, now]: &Pair) -> bool {
    let Some(was) = was.as_ref().filter(|was| was.arrives()) else { return false };
    let Some(now) = now else { return true };
    match (was.verdict.action, now.verdict.action) {
        (Action::Egress { .. }, Action::Egress { .. }) => false,
        (was_end, now_end) => was_end != now_end || was.set != now.set,
    }
}

impl Region<'_> {
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

    /// The NAT gateways of a VPC that go around a gateway, by id.
    fn direct_nats(&self, vpc: VpcId) -> impl Iterator<Item = Interface> {
        self.interfaces_of(vpc).filter(|host| host.multi_binded)
    }

    /// Makes a NAT gateway again in another bind mode, with all that it has and what leads to it.
    fn make_again<E>(
        &self,
        nat: &Interface,
        multi_binded: bool,
        see: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        let Interface { id, vswitch, address, .. } = *nat;
        let nat = NatGatewayId(id.number);
        let snats = || self.all::<SnatEntry>().filter(|entry| entry.nat == nat);
        let forwards = || self.all::<ForwardEntry>().filter(|entry| entry.nat == nat);
        let bound = || self.all::<PublicAddress>().filter(|public| public.target == Some(id));
        for (table, prefix) in self.routes_to(id) {
            see(Step::DeleteRoute { table, prefix })?;
        }
        snats().try_for_each(|SnatEntry { prefix, .. }| {
            see(Step::DeleteTranslation { nat, prefix })
        })?;
        forwards().try_for_each(|entry| see(Step::DeleteForward { from: public_port(&entry) }))?;
        bound().try_for_each(|public| see(Step::Unbind { eip: public.id }))?;
        see(Step::DeleteNat { nat })?;
        see(Step::CreateNat { nat, vswitch, address, multi_binded })?;
        bound().try_for_each(|public| see(Step::Bind { eip: public.id, target: id }))?;
        snats().try_for_each(|SnatEntry { prefix, eip, .. }| {
            see(Step::Translate { nat, prefix, eip })
        })?;
        forwards().try_for_each(|entry| {
            let ForwardEntry { address, private_port: port, .. } = entry;
            see(Step::Forward { from: public_port(&entry), address, port })
        })?;
        for (table, prefix) in self.routes_to(id) {
            self.lead_again(table, prefix, id, see)?;
        }
        Ok(())
    }

    /// Makes an entry again that has been taken out.
    fn lead_again<E>(
        &self,
        table: TableId,
        prefix: Prefix,
        hop: Id,
        see: &mut dyn FnMut(Step) -> Result<(), E>,
    ) -> Result<(), E> {
        // A Dynamic entry that waits behind it would take its place for good.
        let waiting = self.candidate(table, prefix);
        if waiting.is_some() {
            see(Step::Withdraw { table, prefix })?;
        }
        see(route_to(table, prefix, hop))?;
        if let Some(next_hop) = waiting {
            see(Step::Announce { table, prefix, next_hop })?;
        }
        Ok(())
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
