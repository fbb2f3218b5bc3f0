//! The control plane: the objects of a region and the commands that change them.
//!
//! ```text
//! Command --> prepare: every check; touches nothing ---> Plan: the edits that would be made
//!                |                                         |
//!             refused: a named Error                    publish: cannot fail
//!                                                          |
//!                records (read by the writer alone) <------+--> compiled tables, one store a VPC
//! ```
//!
//! Each operation's checks live beside their kind: `network` for VPCs, vSwitches, tables and
//! interfaces, `routes`, `addresses`, `nat`, `balancers`, `inspection`, and `gateway` for the life
//! cycle.

mod addresses;
mod balancers;
mod check;
mod command;
mod compile;
mod entries;
mod error;
mod gateway;
mod inspection;
pub(crate) mod layout;
mod nat;
mod network;
pub mod objects;
pub(crate) mod plan;
mod prepare;
mod readers;
pub(crate) mod rebuild;
pub(crate) mod removal;
mod routes;
mod store;
mod trial;
mod view;
pub(crate) mod written;

use crate::sync::AtomicU32;

pub use command::*;
pub use error::Error;
#[doc(hidden)]
pub use layout::TERMS;
pub use plan::Plan;
pub use readers::Reader;
pub(crate) use trial::Trial;
pub use view::{Exposure, Object, Usage};

use crate::addr::GatewayId;
use crate::limits::Profile;
use crate::memory::{MemoryError, Turn, Words};
use crate::tables::Tables;
use crate::trie::Pool;
use entries::{EcmpSet, RouteRecord};
use inspection::{Appliance, Endpoint, GroupRecord, Gwlb};
use layout::Layout;
use objects::{
    ForwardEntry, GatewayRecord, Interface, InternetBalancer, Member, PublicAddress, RouteTable,
    SnatEntry, VSwitch, Vpc, VpcCidr,
};
use store::{Rows, Store};

/// A region: its configuration and the compiled tables that packets are judged by, in the
/// caller's memory.
///
/// One writer at a time. Nothing is kept outside the memory, so a region can be dropped and
/// [attached](Region::attach) again.
///
/// ```
/// use sekisho::{limits::Profile, region::Region};
///
/// static MEMORY: sekisho::Memory<{ Profile::FIRMWARE.footprint() }> = sekisho::Memory::new();
/// let mut region = Region::init(&MEMORY, &Profile::FIRMWARE)?;
/// let mut answer = String::new();
/// sekisho::console::run(&mut region, b"create-vpc vpc-1 vtb-1 10.0.0.0/16", &mut answer)?;
/// assert_eq!(answer, "ok\n");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Region<'m> {
    mem: Words<'m>,
    layout: Layout,
    vpcs: Store<'m, Vpc>,
    cidrs: Store<'m, VpcCidr>,
    vswitches: Store<'m, VSwitch>,
    tables: Store<'m, RouteTable>,
    routes: Store<'m, RouteRecord>,
    gateways: Store<'m, GatewayRecord>,
    interfaces: Store<'m, Interface>,
    publics: Store<'m, PublicAddress>,
    snats: Store<'m, SnatEntry>,
    ecmp_sets: Store<'m, EcmpSet>,
    forwards: Store<'m, ForwardEntry>,
    balancers: Store<'m, InternetBalancer>,
    gwlbs: Store<'m, Gwlb>,
    appliances: Store<'m, Appliance>,
    endpoints: Store<'m, Endpoint>,
    groups: Store<'m, GroupRecord>,
    members: Store<'m, Member>,
    pool: Pool<'m>,
}

/// What a region's header says that packets need, under its seal: a fraction of a [`Shape`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Head(layout::Head);

impl Head {
    /// Reads a header, of at least 25 words, that agrees with its seal; the memory may end behind it.
    #[inline]
    pub fn read(memory: &[AtomicU32]) -> Result<Head, MemoryError> {
        layout::Head::read(Words(memory)).map(Head).ok_or(MemoryError::NotInitialised)
    }

    /// The length of the memory in words.
    pub fn words(&self) -> usize {
        crate::memory::index(self.0.words)
    }

    /// The compiled tables in this memory.
    pub fn tables<'m>(&self, memory: &'m [AtomicU32]) -> Result<Tables<'m>, MemoryError> {
        let mem = Words(memory.get(..self.words()).ok_or(MemoryError::TooSmall)?);
        Ok(Tables::new(mem, Pool::new(mem, self.0.pool.at, self.0.pool.capacity)))
    }
}

/// What a region's header says, read once for both the length of its memory and the region in it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape(Layout);

impl Shape {
    /// Reads a header that agrees with itself; the memory may end behind it.
    pub fn read(memory: &[AtomicU32]) -> Result<Shape, MemoryError> {
        let mem = Words(memory);
        if mem.acquire(0) != layout::MAGIC {
            return Err(MemoryError::NotInitialised);
        }
        let layout = Layout::read(mem).ok_or(MemoryError::NotInitialised)?;
        if mem.load(layout::LENGTH) != layout.words {
            return Err(MemoryError::NotInitialised);
        }
        Ok(Shape(layout))
    }

    /// The length of the memory in words.
    pub fn words(&self) -> usize {
        crate::memory::index(self.0.words)
    }

    /// The region in this memory.
    pub fn region(self, memory: &[AtomicU32]) -> Result<Region<'_>, MemoryError> {
        let memory = memory.get(..self.words()).ok_or(MemoryError::TooSmall)?;
        Ok(Region::over(Words(memory), self.0))
    }
}

impl<'m> Region<'m> {
    /// The words of memory that a region of this profile takes; 0 for an impossible profile.
    pub const fn footprint(profile: &Profile) -> usize {
        profile.footprint()
    }

    /// Makes an empty region in uninitialised (zero) memory.
    pub fn init(memory: &'m [AtomicU32], profile: &Profile) -> Result<Region<'m>, MemoryError> {
        let layout = Layout::new(profile).ok_or(MemoryError::BadProfile)?;
        let memory = memory.get(..profile.footprint()).ok_or(MemoryError::TooSmall)?;
        let mem = Words(memory);
        if mem.load(0) != 0 {
            return Err(MemoryError::AlreadyInitialised);
        }
        for at in 1..mem.len() {
            mem.store(at, 0);
        }
        layout.write(mem);
        plan::Options::default().write(mem);
        mem.store(layout::GRACE, 1);
        mem.publish(0, layout::MAGIC);
        Ok(Region::over(mem, layout))
    }

    /// The region that `init` made in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<Region<'m>, MemoryError> {
        Shape::read(memory)?.region(memory)
    }

    fn over(mem: Words<'m>, layout: Layout) -> Region<'m> {
        Region {
            mem,
            layout,
            vpcs: Store::new(mem, layout.vpcs),
            cidrs: Store::new(mem, layout.cidrs),
            vswitches: Store::new(mem, layout.vswitches),
            tables: Store::new(mem, layout.tables),
            routes: Store::new(mem, layout.routes),
            gateways: Store::new(mem, layout.gateways),
            interfaces: Store::new(mem, layout.interfaces),
            publics: Store::new(mem, layout.publics),
            snats: Store::new(mem, layout.snats),
            ecmp_sets: Store::new(mem, layout.ecmp_sets),
            forwards: Store::new(mem, layout.forwards),
            balancers: Store::new(mem, layout.balancers),
            gwlbs: Store::new(mem, layout.gwlbs),
            appliances: Store::new(mem, layout.appliances),
            endpoints: Store::new(mem, layout.endpoints),
            groups: Store::new(mem, layout.groups),
            members: Store::new(mem, layout.members),
            pool: layout.pool(mem),
        }
    }

    /// Every store, those of the configuration first, in the order of their places.
    fn stores(&self) -> [&Rows<'m>; 17] {
        [
            &self.vpcs,
            &self.cidrs,
            &self.vswitches,
            &self.tables,
            &self.routes,
            &self.gateways,
            &self.interfaces,
            &self.publics,
            &self.snats,
            &self.ecmp_sets,
            &self.forwards,
            &self.balancers,
            &self.gwlbs,
            &self.appliances,
            &self.endpoints,
            &self.groups,
            &self.members,
        ]
    }

    /// Makes the memory uninitialised again, for another `init`.
    pub fn fini(self) {
        self.mem.publish(0, 0);
    }

    /// The turn at changing this region; none while another is held.
    #[doc(hidden)]
    pub fn turn(&self) -> Option<Turn<'m>> {
        Turn::take(self.mem, layout::TURN)
    }

    /// The compiled tables, for judging packets. They always show the newest committed change.
    pub fn tables(&self) -> Tables<'m> {
        Tables::new(self.mem, self.pool)
    }

    /// The capacities.
    pub fn profile(&self) -> &Profile {
        &self.layout.profile
    }

    /// Carries a command out, or refuses it and changes nothing.
    ///
    /// One exception: a `commit` that is refused, other than as `Busy`, has aborted the begun
    /// operation, as an abort always restores.
    ///
    /// Where readers are registered, a change waits for the grace period of the one before it: it
    /// is refused as `Busy` until each of them has been [quiescent](Reader::quiescent).
    pub fn apply(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Commit(gateway) => self.commit(*gateway),
            command => self.carry_out(command),
        }
    }

    // Apart from one another, as plans are large.
    #[inline(never)]
    fn carry_out(&mut self, command: &Command) -> Result<(), Error> {
        let plan = self.prepare(command)?;
        if !plan.is_empty() {
            self.settle()?;
            self.publish(&plan);
            self.count_change();
        }
        Ok(())
    }

    /// Not inlined, so that a program can load it apart from the rest.
    #[inline(never)]
    fn commit(&mut self, gateway: GatewayId) -> Result<(), Error> {
        let abort = self.abort(gateway)?;
        let plan = self.try_commit(gateway);
        self.settle()?;
        match &plan {
            // One switch: packets never see the aborted state between.
            Ok(plan) if !plan.is_empty() => {
                self.record(&abort);
                self.publish(plan);
            }
            _ => self.publish(&abort),
        }
        self.count_change();
        plan?;
        Ok(())
    }
}
