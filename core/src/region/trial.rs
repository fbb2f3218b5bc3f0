//! Changes that are tried: the records change and change back, packets see nothing of it.
//!
//! What a change overwrites is kept on a stack in free cells of the pool, a candidate world is built
//! beside the live one, and all of it is given back when the trial is dropped.

use core::marker::PhantomData;

use super::entries::{RouteRecord, route_key};
use super::layout;
use super::objects::{ForwardEntry, Interface, SnatEntry, Vpc, VpcCidr};
use super::plan::{Edit, Effect, Plan, Scope};
use super::store::{Record, Store};
use super::{Command, Error, Region};
use crate::addr::VpcId;
use crate::memory::Words;
use crate::sync::zeros;
use crate::tables::World;
use crate::trie::{Full, Pool};

/// The longest record, in words.
const MAX_RECORD: u32 = 10;
const BUFFER: usize = 10;
/// The number that stands for the region's options among the stores.
const OPTIONS: u32 = 31;

/// A region in which changes are tried. Dropping it takes them back.
pub(crate) struct Trial<'r, 'm> {
    /// The same memory; what its pool is given back is free at once, as no reader has seen it.
    region: Region<'m>,
    log: Log<'m>,
    touched: Touched,
    /// The world that is built, and that of which VPC it would replace.
    candidate: u32,
    beside: u32,
    /// Words that nobody may find changed.
    epoch: u32,
    high: u32,
    only: PhantomData<&'r mut ()>,
}

/// What the changes reach.
#[derive(Default)]
struct Touched {
    everywhere: bool,
    gwlb: Option<crate::addr::GwlbId>,
    vpc: Option<(VpcId, Scope)>,
}

impl<'m> Region<'m> {
    /// Begins to try changes; none can be made before readers have seen the last one.
    pub(crate) fn trial(&mut self) -> Result<Trial<'_, 'm>, Error> {
        self.settle()?;
        let pool = self.pool.freeing_at_once();
        let region = Region { pool, ..*self };
        Ok(Trial {
            log: Log { pool, top: 0, filled: 0 },
            touched: Touched::default(),
            candidate: 0,
            beside: 0,
            epoch: region.mem.load(layout::EPOCH),
            high: pool.high(),
            region,
            only: PhantomData,
        })
    }
}

impl<'m> Trial<'_, 'm> {
    /// The region as it is with the changes; its worlds are those without.
    pub(crate) fn region(&self) -> &Region<'m> {
        &self.region
    }

    /// Makes a change, or refuses it. After `CapacityExceeded` for want of cells only dropping is
    /// left.
    pub(crate) fn apply(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Commit(gateway) => {
                let abort = self.region.abort(*gateway)?;
                let plan = self.region.try_commit(*gateway)?;
                let none = plan.is_empty();
                self.edit(&abort)?;
                self.touch(if none { &abort } else { &plan });
                self.edit(&plan)?;
            }
            command => {
                let plan = self.region.prepare(command)?;
                self.edit(&plan)?;
                self.touch(&plan);
            }
        }
        Ok(())
    }

    /// Lets a NAT gateway be of bind mode Nat, which no packet notices.
    pub(crate) fn unbind(&mut self, nat: Interface) -> Result<(), Error> {
        let edit = Edit::PutInterface(Interface { multi_binded: false, ..nat });
        self.edit(&Plan::region([edit]))
    }

    /// The world of a VPC as it is, and as it would be; `None` if no change reaches it.
    ///
    /// The second is valid until the next call.
    pub(crate) fn worlds(&mut self, vpc: &Vpc) -> Result<Option<[World<'m>; 2]>, Error> {
        self.discard();
        let live = self.region.mem.load(layout::WORLDS + u32::from(vpc.slot));
        // Nothing is in a VPC that is made just now.
        let Some(scope) = self.scope_of(vpc.id).filter(|_| live != 0) else { return Ok(None) };
        let needed = self.region.profile().candidate_cells(scope.needs_tables(), scope.hosts);
        let pool = self.region.pool;
        if u64::from(pool.available()) < needed {
            return Err(Error::CapacityExceeded);
        }
        let compiled = self.region.compile(vpc, &scope, live);
        self.candidate = compiled.map_err(|Full| Error::CapacityExceeded)?;
        self.beside = live;
        Ok(Some([World::read(pool, live), World::read(pool, self.candidate)]))
    }

    fn scope_of(&self, vpc: VpcId) -> Option<Scope> {
        let Touched { everywhere, gwlb, vpc: own } = &self.touched;
        match own {
            Some((id, scope)) if *id == vpc => Some(scope.clone()),
            _ => {
                let uses = |gwlb| self.region.endpoints_of(vpc).any(|e| Some(e.gwlb) == gwlb);
                (*everywhere || gwlb.is_some() && uses(*gwlb)).then(Scope::default)
            }
        }
    }

    fn touch(&mut self, plan: &Plan<'_>) {
        let touched = &mut self.touched;
        match plan.effect() {
            Effect::None | Effect::Removed(_) => {}
            Effect::Region => touched.everywhere = true,
            Effect::Gwlb(gwlb) if touched.gwlb.is_none_or(|other| other == *gwlb) => {
                touched.gwlb = Some(*gwlb);
            }
            Effect::Gwlb(_) => touched.everywhere = true,
            Effect::Vpc(vpc, scope) => match &mut touched.vpc {
                Some((own, all)) if own == vpc => all.join(scope),
                // Those who make several changes make them in one VPC.
                other => *other = Some((*vpc, scope.clone())),
            },
        }
    }

    fn edit(&mut self, plan: &Plan<'_>) -> Result<(), Error> {
        plan.edits().iter().try_for_each(|edit| self.change(edit)).map_err(|Full| {
            // What is kept so far is taken back with the trial.
            Error::CapacityExceeded
        })
    }

    fn change(&mut self, edit: &Edit<'_>) -> Result<(), Full> {
        let region = &self.region;
        let log = &mut self.log;
        if let Some(member) = region.left(edit) {
            log.keep(MEMBERS, &region.members, member.key())?;
            region.members.remove(member.key());
        }
        region.remember(edit, log)?;
        region.change(edit);
        if let Some(member) = region.joined(edit) {
            log.keep(MEMBERS, &region.members, member.key())?;
            region.members.put(member);
        }
        Ok(())
    }

    /// Gives the candidate back.
    fn discard(&mut self) {
        if self.candidate != 0 {
            let pool = self.region.pool;
            self.region.free_world(self.candidate, Some(self.beside));
            self.candidate = 0;
            pool.set_high(self.high);
            self.region.mem.store(layout::EPOCH, self.epoch);
        }
    }
}

impl Drop for Trial<'_, '_> {
    fn drop(&mut self) {
        self.discard();
        while let Some(tag) = self.log.pop() {
            self.region.put_back(tag, &mut self.log);
        }
        self.region.pool.set_high(self.high);
    }
}

/// A stack of words in cells: the link to the one below, then three words.
struct Log<'m> {
    pool: Pool<'m>,
    top: u32,
    /// Words in the top cell.
    filled: u32,
}

impl Log<'_> {
    /// Checks that an entry fits, so that each is there whole or not at all.
    fn check_room(&self, words: u32) -> Result<(), Full> {
        // A cell may be begun, and the last one not full.
        if self.pool.available() > 1 + words / 3 { Ok(()) } else { Err(Full) }
    }

    fn push(&mut self, word: u32) -> Result<(), Full> {
        if self.top == 0 || self.filled == 3 {
            self.top = self.pool.take([self.top, 0, 0, 0]).ok_or(Full)?;
            self.filled = 0;
        }
        self.filled += 1;
        self.pool.mem.store(self.pool.at(self.top) + self.filled, word);
        Ok(())
    }

    fn pop(&mut self) -> Option<u32> {
        if self.top == 0 {
            return None;
        }
        let at = self.pool.at(self.top);
        let word = self.pool.mem.load(at + self.filled);
        self.filled -= 1;
        if self.filled == 0 {
            let below = self.pool.mem.load(at);
            self.pool.give(self.top);
            (self.top, self.filled) = (below, 3);
        }
        Some(word)
    }

    /// Keeps what a store has for a key: the record, or that there is none.
    fn keep<R: Record>(&mut self, number: u32, store: &Store<'_, R>, key: u64) -> Result<(), Full> {
        const { assert!(R::WORDS <= MAX_RECORD) };
        self.check_room(1 + R::WORDS.max(3))?;
        match store.get(key) {
            Some(record) => {
                let memory = zeros::<BUFFER>();
                let words = Words(&memory);
                record.write(words, 0);
                for n in 0..R::WORDS {
                    self.push(words.load(n))?;
                }
                self.push(number << 1 | 1)
            }
            None => {
                let [high, low] = [key >> 32, key & u64::from(u32::MAX)];
                for word in [high, low, store.high().into()] {
                    self.push(u32::try_from(word).unwrap_or(0))?;
                }
                self.push(number << 1)
            }
        }
    }

    fn restore<R: Record>(&mut self, store: &Store<'_, R>, existed: bool) {
        let mut pop = || self.pop().unwrap_or(0);
        if existed {
            let memory = zeros::<BUFFER>();
            let words = Words(&memory);
            for n in (0..R::WORDS).rev() {
                words.store(n, pop());
            }
            store.put(R::read(words, 0));
        } else {
            let (most, low, high) = (pop(), pop(), pop());
            store.remove(u64::from(high) << 32 | u64::from(low));
            store.set_high(most);
        }
    }
}

/// Numbers the stores, and takes back what was kept of one.
macro_rules! stores {
    ($($number:ident = $value:literal, $store:ident;)*) => {
        $(const $number: u32 = $value;)*

        impl Region<'_> {
            fn put_back(&self, tag: u32, log: &mut Log<'_>) {
                match tag >> 1 {
                    $($value => log.restore(&self.$store, tag & 1 == 1),)*
                    // Only the options are left.
                    _ => self.mem.publish(layout::OPTIONS, log.pop().unwrap_or(0)),
                }
            }
        }
    };
}

stores! {
    VPCS = 0, vpcs;
    CIDRS = 1, cidrs;
    VSWITCHES = 2, vswitches;
    TABLES = 3, tables;
    ROUTES = 4, routes;
    GATEWAYS = 5, gateways;
    INTERFACES = 6, interfaces;
    PUBLICS = 7, publics;
    SNATS = 8, snats;
    ECMP_SETS = 9, ecmp_sets;
    FORWARDS = 10, forwards;
    BALANCERS = 11, balancers;
    GWLBS = 12, gwlbs;
    APPLIANCES = 13, appliances;
    ENDPOINTS = 14, endpoints;
    GROUPS = 15, groups;
    MEMBERS = 16, members;
}

impl Region<'_> {
    /// Keeps all that an edit is about to overwrite or take out.
    fn remember(&self, edit: &Edit<'_>, log: &mut Log<'_>) -> Result<(), Full> {
        match *edit {
            Edit::Options(_) => {
                log.check_room(2)?;
                log.push(self.mem.load(layout::OPTIONS))?;
                log.push(OPTIONS << 1)
            }
            Edit::PutVpc(vpc) => log.keep(VPCS, &self.vpcs, vpc.key()),
            Edit::DropVpc(vpc) => {
                log.keep(VPCS, &self.vpcs, vpc.key())?;
                let mut cidrs = self.cidrs.range(VpcCidr::keys(vpc.id));
                cidrs.try_for_each(|cidr| log.keep(CIDRS, &self.cidrs, cidr.key()))
            }
            Edit::PutCidrs { vpc, user, prefixes } => prefixes.iter().try_for_each(|&prefix| {
                log.keep(CIDRS, &self.cidrs, VpcCidr { vpc, user, prefix }.key())
            }),
            Edit::PutVSwitch(vswitch) => log.keep(VSWITCHES, &self.vswitches, vswitch.key()),
            Edit::DropVSwitch(vswitch) => {
                log.keep(VSWITCHES, &self.vswitches, vswitch.key())?;
                self.tables_of(vswitch.vpc).try_for_each(|table| {
                    log.keep(ROUTES, &self.routes, route_key(table.id, vswitch.cidr, false))
                })
            }
            Edit::PutTable(table) => log.keep(TABLES, &self.tables, table.key()),
            Edit::DropTable(table) => {
                log.keep(TABLES, &self.tables, table.0.into())?;
                for dynamic in [false, true] {
                    for route in self.routes.range(RouteRecord::keys(table, dynamic)) {
                        self.remember_route(route.key(), log)?;
                    }
                }
                Ok(())
            }
            Edit::PutRoute(ref route) => {
                self.remember_route(route_key(route.table, route.prefix, route.dynamic), log)
            }
            Edit::DropRoute(table, prefix, dynamic) => {
                self.remember_route(route_key(table, prefix, dynamic), log)
            }
            Edit::DropRoutesTo(gateway) => {
                let mut named = self.routes.iter().filter(|route| route.names(gateway.id()));
                named.try_for_each(|route| log.keep(ROUTES, &self.routes, route.key()))
            }
            Edit::PutGateway(gateway) => log.keep(GATEWAYS, &self.gateways, gateway.key()),
            Edit::DropGateway(gateway) => log.keep(GATEWAYS, &self.gateways, gateway.0.into()),
            Edit::PutInterface(host) => log.keep(INTERFACES, &self.interfaces, host.key()),
            Edit::DropInterface(id) => log.keep(INTERFACES, &self.interfaces, id.to_word().into()),
            Edit::PutPublic(public) | Edit::DropPublic(public) => {
                log.keep(PUBLICS, &self.publics, public.key())
            }
            Edit::PutSnat(snat) => log.keep(SNATS, &self.snats, snat.key()),
            Edit::DropSnat(nat, prefix) => {
                log.keep(SNATS, &self.snats, SnatEntry::key_of(nat, prefix))
            }
            Edit::PutForward(entry) | Edit::DropForward(entry) => {
                log.keep(FORWARDS, &self.forwards, entry.key())
            }
            Edit::DropEntriesOf(nat) => {
                let mut snats = self.snats.range(SnatEntry::keys(nat));
                snats.try_for_each(|snat| log.keep(SNATS, &self.snats, snat.key()))?;
                let mut entries = self.forwards.range(ForwardEntry::keys(nat));
                entries.try_for_each(|entry| log.keep(FORWARDS, &self.forwards, entry.key()))
            }
            Edit::PutBalancer(balancer) | Edit::DropBalancer(balancer) => {
                log.keep(BALANCERS, &self.balancers, balancer.key())
            }
            Edit::PutGwlb(gwlb) => log.keep(GWLBS, &self.gwlbs, gwlb.key()),
            Edit::DropGwlb(gwlb) => {
                log.keep(GWLBS, &self.gwlbs, gwlb.0.into())?;
                let mut with = self.appliances.iter().filter(|appliance| appliance.gwlb == gwlb);
                with.try_for_each(|one| log.keep(APPLIANCES, &self.appliances, one.key()))
            }
            Edit::PutAppliance(appliance) | Edit::DropAppliance(appliance) => {
                log.keep(APPLIANCES, &self.appliances, appliance.key())
            }
            Edit::PutEndpoint(endpoint) => log.keep(ENDPOINTS, &self.endpoints, endpoint.key()),
            Edit::DropEndpoint(id) => log.keep(ENDPOINTS, &self.endpoints, id.0.into()),
            Edit::PutGroup(group) => log.keep(GROUPS, &self.groups, group.key()),
            Edit::DropGroup(id) => log.keep(GROUPS, &self.groups, id.0.into()),
        }
    }

    /// Keeps a route with its equal-cost set.
    fn remember_route(&self, key: u64, log: &mut Log<'_>) -> Result<(), Full> {
        log.keep(ROUTES, &self.routes, key)?;
        log.keep(ECMP_SETS, &self.ecmp_sets, key)
    }
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
