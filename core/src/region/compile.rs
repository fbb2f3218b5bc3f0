//! Compiling a VPC's records into its world.

use super::Region;
use super::layout;
use super::objects::Route;
use super::objects::{Mode, RouteTable, SnatEntry, Vpc, VpcCidr};
use super::plan::{Scope, TableScope};
use super::store::half;
use crate::addr::{Addr, Kind, NatGatewayId, Prefix, TableId};
use crate::lpm::{Full, Routes, Trie, free};
use crate::region::objects::TableKind;
use crate::tables::{
    CLASS_MARTIAN, CLASS_PRIVATE, MARTIAN, PRIVATE, SERVICE_PREFIX, World, host, route, world,
};

/// The links of the three cells of a world that is being built.
struct Cells {
    first: u32,
    second: u32,
    third: u32,
}

impl<'m> Region<'m> {
    /// Builds a VPC's new world beside the old one, publishes it, and frees what it replaced.
    pub(super) fn switch_world(&self, vpc: &Vpc, scope: &Scope) {
        let word = layout::WORLDS + u32::from(vpc.slot);
        let old = self.mem.load(word);
        // The footprint leaves room for two of the largest worlds. Only in damaged memory does one
        // not fit; the old one stays then.
        if let Ok(new) = self.compile(vpc, scope, old) {
            self.mem.publish(word, new);
            self.free_world(old, Some(new));
        }
    }

    /// Takes the world of a deleted VPC away.
    pub(super) fn drop_world(&self, slot: u16) {
        let word = layout::WORLDS + u32::from(slot);
        let old = self.mem.load(word);
        self.mem.publish(word, 0);
        self.free_world(old, None);
    }

    fn compile(&self, vpc: &Vpc, scope: &Scope, old: u32) -> Result<u32, Full> {
        let pool = self.pool;
        let old = (old != 0).then(|| World::read(pool, old));
        let epoch = old.map_or(0, |old| old.epoch()).wrapping_add(1);
        let second = pool.take([0; 4]).ok_or(Full)?;
        let third = pool.take([0; 4]).ok_or(Full)?;
        let first = pool.take([epoch, vpc.mode.number(), second, third]).ok_or(Full)?;
        let cells = Cells { first, second, third };
        self.compile_tables(vpc, scope, old.as_ref(), &cells)?;
        match old.filter(|_| !scope.hosts) {
            Some(old) => {
                self.mem.store(pool.at(second) + world::HOSTS, old.second(world::HOSTS));
                self.mem.store(pool.at(second) + world::OWNERS, old.second(world::OWNERS));
                self.mem.store(pool.at(third) + world::PUBLICS, old.third(world::PUBLICS));
            }
            None => self.compile_hosts(vpc, &cells)?,
        }
        match old.filter(|_| !scope.classes) {
            Some(old) => {
                self.mem.store(pool.at(third) + world::CLASSES, old.third(world::CLASSES));
            }
            None => self.compile_classes(vpc, &cells)?,
        }
        Ok(cells.first)
    }

    fn trie(&self, cell: u32, word: u32) -> Trie<'m> {
        Trie::new(self.pool, self.pool.at(cell) + word)
    }

    fn compile_tables(
        &self,
        vpc: &Vpc,
        scope: &Scope,
        old: Option<&World<'_>>,
        cells: &Cells,
    ) -> Result<(), Full> {
        let is_dirty = |table: &RouteTable| match &scope.tables {
            TableScope::All => true,
            TableScope::Listed(listed) => listed.contains(&table.id),
        };
        let tables = self.trie(cells.second, world::TABLES);
        for table in self.tables_of(vpc.id) {
            let kept = old.and_then(|old| old.table(table.id)).filter(|_| !is_dirty(&table));
            let root = match kept {
                Some(root) => root,
                None => self.compile_table(&table, cells)?,
            };
            tables.insert(key(table.id.0.into()), root)?;
        }
        let root_of = |table| tables.get(key(u32::from(table))).unwrap_or(0);
        let switches = self.trie(cells.second, world::SWITCHES);
        for vswitch in self.vswitches_of(vpc.id) {
            switches.insert(key(vswitch.id.0.into()), root_of(vswitch.table.0))?;
        }
        if let Some(table) = self.gateway_of(vpc.id).and_then(|gateway| gateway.table)
            && vpc.mode == Mode::Centralized
        {
            let at = self.pool.at(cells.third) + world::GATEWAY_TABLE;
            self.mem.store(at, root_of(table.0));
        }
        Ok(())
    }

    /// The automatic entries of a table, then what overrides or joins them.
    fn compile_table(&self, table: &RouteTable, cells: &Cells) -> Result<u32, Full> {
        let scratch = self.trie(cells.third, world::SCRATCH);
        if table.kind != TableKind::Gateway {
            scratch.insert(SERVICE_PREFIX, route::SERVICE)?;
        }
        for vswitch in self.vswitches_of(table.vpc) {
            scratch.insert(vswitch.cidr, 0)?;
        }
        for entry in self.routes.range(Route::keys(table.id)) {
            scratch.insert(entry.prefix, entry.next_hop.id().to_word() | route::CUSTOM)?;
        }
        let root = scratch.link();
        self.mem.store(self.pool.at(cells.third) + world::SCRATCH, 0);
        Ok(root)
    }

    fn compile_hosts(&self, vpc: &Vpc, cells: &Cells) -> Result<(), Full> {
        let hosts = self.trie(cells.second, world::HOSTS);
        let owners = self.trie(cells.second, world::OWNERS);
        let publics = self.trie(cells.third, world::PUBLICS);
        for interface in self.interfaces.iter() {
            if self.vswitches.get(interface.vswitch.0.into()).is_none_or(|v| v.vpc != vpc.id) {
                continue;
            }
            let forwards = if interface.forward { host::FORWARDS } else { 0 };
            let place = u32::from(interface.vswitch.0) << 16 | forwards;
            let cell = self.pool.take([interface.address.0, place, 0, 0]).ok_or(Full)?;
            hosts.insert(key(interface.id.to_word()), cell)?;
            owners.insert(key(interface.address.0), interface.id.to_word())?;
            if interface.id.kind == Kind::NatGateway {
                self.compile_snats(NatGatewayId(interface.id.number), cell)?;
            }
        }
        for public in self.publics.iter() {
            let Some(target) = public.target else { continue };
            let Some(cell) = hosts.get(key(target.to_word())) else { continue };
            publics.insert(key(public.address.0), target.to_word())?;
            let at = self.pool.at(cell);
            let place = self.mem.load(at + host::PLACE);
            self.mem.store(at + host::PLACE, place | host::HAS_PUBLIC);
            self.mem.store(at + host::PUBLIC, public.address.0);
        }
        Ok(())
    }

    fn compile_snats(&self, nat: NatGatewayId, cell: u32) -> Result<(), Full> {
        let sources = self.trie(cell, host::SNAT);
        for snat in self.snats.range(SnatEntry::keys(nat)) {
            if let Some(public) = self.publics.get(snat.eip.0.into()) {
                sources.insert(snat.prefix, public.address.0)?;
            }
        }
        Ok(())
    }

    /// Each prefix gets the classes of every range that covers it, so that the longest match of an
    /// address knows them all.
    fn compile_classes(&self, vpc: &Vpc, cells: &Cells) -> Result<(), Full> {
        let classes = self.trie(cells.third, world::CLASSES);
        let both = CLASS_PRIVATE | CLASS_MARTIAN;
        let ranges = || {
            let own = self
                .cidrs
                .range(VpcCidr::keys(vpc.id))
                .map(|cidr| (cidr.prefix, if cidr.user { CLASS_PRIVATE } else { both }));
            let private = PRIVATE.into_iter().map(|prefix| (prefix, CLASS_PRIVATE));
            let martian = MARTIAN.into_iter().map(|prefix| (prefix, CLASS_MARTIAN));
            own.chain([(vpc.cidr, both)]).chain(private).chain(martian)
        };
        for (prefix, _) in ranges() {
            let covering = ranges().filter(|(range, _)| range.covers(prefix));
            classes.insert(prefix, covering.fold(0, |all, (_, class)| all | class))?;
        }
        Ok(())
    }

    /// Gives back what only the old world holds.
    fn free_world(&self, old: u32, new: Option<u32>) {
        if old == 0 {
            return;
        }
        let pool = self.pool;
        let world = World::read(pool, old);
        let new = new.map(|link| World::read(pool, link));
        let kept = |root: u32, of: &dyn Fn(&World<'_>) -> u32| {
            new.as_ref().is_some_and(|new| of(new) == root)
        };
        let at = pool.at(old);
        let (second, third) = (self.mem.load(at + world::SECOND), self.mem.load(at + world::THIRD));

        for (table, root) in Routes::below(pool, world.second(world::TABLES)) {
            let shared = new.as_ref().and_then(|new| new.table(table_id(table))) == Some(root);
            if !shared {
                free(&pool, root);
            }
        }
        free(&pool, world.second(world::TABLES));
        free(&pool, world.second(world::SWITCHES));

        let hosts = world.second(world::HOSTS);
        if !kept(hosts, &|new| new.second(world::HOSTS)) {
            for (_, cell) in Routes::below(pool, hosts) {
                free(&pool, self.mem.load(pool.at(cell) + host::SNAT));
                pool.give(cell);
            }
            free(&pool, hosts);
            free(&pool, world.second(world::OWNERS));
            free(&pool, world.third(world::PUBLICS));
        }
        let classes = world.third(world::CLASSES);
        if !kept(classes, &|new| new.third(world::CLASSES)) {
            free(&pool, classes);
        }
        for cell in [old, second, third] {
            pool.give(cell);
        }
    }
}

/// A 32-bit key as a prefix.
fn key(word: u32) -> Prefix {
    Prefix::host(Addr(word))
}

/// The table of a key of the tables map.
fn table_id(prefix: Prefix) -> TableId {
    TableId(half(prefix.addr().0, false))
}
