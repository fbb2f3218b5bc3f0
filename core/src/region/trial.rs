//! Changes that are tried: the records change and change back, packets see nothing of it.
//!
//! What a change overwrites is kept on a stack in free cells of the pool, a candidate world is built
//! beside the live one, and all of it is given back when the trial is dropped.

use core::marker::PhantomData;
use core::ops::RangeInclusive;

use super::layout;
use super::objects::{Interface, Vpc};
use super::plan::{Edit, Effect, Options, Plan, Scope};
use super::store::{BUFFER, Record, Rows, Store};
use super::{Command, Error, Region};
use crate::addr::{GatewayId, VpcId};
use crate::memory::Words;
use crate::sync::zeros;
use crate::tables::World;
use crate::trie::{Full, Pool};

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
    #[inline(never)]
    pub(crate) fn trial(&mut self) -> Result<Trial<'_, 'm>, Error> {
        self.settle()?;
        let pool = self.pool.freeing_at_once();
        let mut region = Region::over(self.mem, self.layout);
        region.pool = pool;
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
            Command::Commit(gateway) => self.commit(*gateway),
            command => self.change(command),
        }
    }

    // Apart from one another, as plans are large.
    #[inline(never)]
    fn change(&mut self, command: &Command) -> Result<(), Error> {
        let plan = self.region.prepare(command)?;
        self.edit(&plan)?;
        self.touch(&plan);
        Ok(())
    }

    #[inline(never)]
    fn commit(&mut self, gateway: GatewayId) -> Result<(), Error> {
        let abort = self.region.abort(gateway)?;
        let plan = self.region.try_commit(gateway)?;
        let none = plan.is_empty();
        self.edit(&abort)?;
        self.touch(if none { &abort } else { &plan });
        self.edit(&plan)
    }

    /// Lets a NAT gateway be of bind mode Nat, which no packet notices.
    pub(crate) fn unbind(&mut self, nat: Interface) -> Result<(), Error> {
        let edit = Edit::PutInterface(Interface { multi_binded: false, ..nat });
        self.edit(&Plan::region(&[edit]))
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
        // What is kept so far is taken back with the trial.
        let edited = self.region.edit(plan, &mut Kept(Some(&mut self.log)));
        edited.map_err(|Full| Error::CapacityExceeded)
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
    #[inline(never)]
    fn drop(&mut self) {
        self.discard();
        while let Some(tag) = self.log.pop() {
            self.log.restore(&self.region, tag);
        }
        self.region.pool.set_high(self.high);
    }
}

/// A stack of words in cells: the link to the one below, then three words. What keeps is not inlined, so that
/// a program can load it apart from changes that are made for good.
pub(super) struct Log<'m> {
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

    /// Keeps the options.
    #[inline(never)]
    fn keep_options(&mut self, mem: Words<'_>) -> Result<(), Full> {
        self.check_room(2)?;
        self.push(mem.load(layout::OPTIONS))?;
        self.push(0)
    }

    /// Keeps what a store has for a key: the record, or that there is none.
    #[inline(never)]
    fn keep(&mut self, rows: &Rows<'_>, key: u64) -> Result<(), Full> {
        self.check_room(1 + rows.words().max(3))?;
        match rows.find(key) {
            Some(mut record) => {
                record.try_for_each(|word| self.push(word))?;
                self.push(rows.place() << 1 | 1)
            }
            None => {
                let [high, low] = [key >> 32, key & u64::from(u32::MAX)];
                for word in [high, low, rows.high().into()] {
                    self.push(u32::try_from(word).unwrap_or(0))?;
                }
                self.push(rows.place() << 1)
            }
        }
    }

    /// Takes back what was kept last, of the store at a place or, at 0, of the options.
    fn restore(&mut self, region: &Region<'_>, tag: u32) {
        let mut pop = || self.pop().unwrap_or(0);
        let mut stores = region.stores().into_iter();
        match stores.find(|rows| rows.place() == tag >> 1) {
            None => region.mem.publish(layout::OPTIONS, pop()),
            Some(rows) if tag & 1 == 1 => rows.put_words(pop),
            Some(rows) => {
                let (most, low, high) = (pop(), pop(), pop());
                rows.remove(u64::from(high) << 32 | u64::from(low));
                rows.set_high(most);
            }
        }
    }
}

/// Changes of the records, and what a trial keeps of those that they overwrite or take out; nothing is
/// kept of what is done for good, and that cannot fail.
pub(super) struct Kept<'l, 'm>(pub(super) Option<&'l mut Log<'m>>);

impl Kept<'_, '_> {
    #[inline(never)]
    fn keep(&mut self, rows: &Rows<'_>, key: u64) -> Result<(), Full> {
        self.0.as_mut().map_or(Ok(()), |log| log.keep(rows, key))
    }

    pub(super) fn put<R: Record>(&mut self, store: &Store<'_, R>, record: R) -> Result<(), Full> {
        let memory = zeros::<BUFFER>();
        record.write(Words(&memory), 0);
        self.put_row(store, Words(&memory))
    }

    /// As [`Kept::put`], of a record in words, once for all kinds of them.
    #[inline(never)]
    fn put_row(&mut self, rows: &Rows<'_>, words: Words<'_>) -> Result<(), Full> {
        self.keep(rows, rows.key_of(words))?;
        rows.put_row(words);
        Ok(())
    }

    pub(super) fn put_options(&mut self, mem: Words<'_>, options: Options) -> Result<(), Full> {
        if let Some(log) = &mut self.0 {
            log.keep_options(mem)?;
        }
        options.write(mem);
        Ok(())
    }

    pub(super) fn remove(&mut self, rows: &Rows<'_>, key: u64) -> Result<(), Full> {
        self.remove_range(rows, key..=key)
    }

    pub(super) fn remove_range(
        &mut self,
        rows: &Rows<'_>,
        keys: RangeInclusive<u64>,
    ) -> Result<(), Full> {
        for key in rows.keys(keys.clone()) {
            self.keep(rows, key)?;
        }
        rows.remove_range(keys);
        Ok(())
    }

    pub(super) fn retain<R: Record>(
        &mut self,
        store: &Store<'_, R>,
        keep: impl Fn(&R) -> bool,
    ) -> Result<(), Full> {
        for record in store.iter().filter(|record| !keep(record)) {
            self.keep(store, record.key())?;
        }
        store.retain(keep);
        Ok(())
    }
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
