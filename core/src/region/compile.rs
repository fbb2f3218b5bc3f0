//! Compiling a VPC's records into its world.

use heapless::Vec;

use super::entries::{RouteRecord, route_key};
use super::layout;
use super::objects::{
    ForwardEntry, Mode, PublicAddress, RouteTable, SnatEntry, TableKind, Vpc, VpcCidr,
};
use super::plan::{Scope, TableScope};
use super::store::half;
use super::{
    GatewayOperation, MAX_ENABLE_TABLES, MAX_SECONDARY_CIDRS, MAX_USER_CIDRS, NextHop, Region,
};
use crate::addr::{Addr, GwlbId, Kind, NatGatewayId, Prefix, TableId};
use crate::tables::{
    CLASS_MARTIAN, CLASS_PRIVATE, MARTIAN, PRIVATE, SERVICE_PREFIX, World, after, ecmp,
    forward_key, gwlb, host, nat, route, waiting, world,
};
use crate::trie::{Full, Routes, Trie, free};

/// The most ranges of addresses that a VPC tells apart: its prefixes, and those that are alike in every VPC.
const MAX_RANGES: usize = 1 + MAX_SECONDARY_CIDRS + MAX_USER_CIDRS + PRIVATE.len() + MARTIAN.len();

/// The links of the three cells of a world that is being built.
struct Cells {
    first: u32,
    second: u32,
    third: u32,
}

impl<'m> Region<'m> {
    /// Builds a VPC's new world beside the old one, publishes it, and frees what it replaced.
    ///
    /// The footprint leaves room for it, so building cannot fail; in damaged memory it may, and the
    /// old world stays then.
    pub(super) fn switch_world(&self, vpc: &Vpc, scope: &Scope) {
        let word = layout::WORLDS + u32::from(vpc.slot);
        let old = self.mem.load(word);
        let Ok(new) = self.compile(vpc, scope, old) else { return };
        self.mem.publish(word, new);
        self.free_world(old, Some(new));
    }

    /// Takes the world of a deleted VPC away.
    pub(super) fn drop_world(&self, slot: u16) {
        let word = layout::WORLDS + u32::from(slot);
        let old = self.mem.load(word);
        self.mem.publish(word, 0);
        self.free_world(old, None);
    }

    pub(super) fn compile(&self, vpc: &Vpc, scope: &Scope, old: u32) -> Result<u32, Full> {
        let pool = self.pool;
        let old = (old != 0).then(|| World::read(pool, old));
        // A VPC made anew does not repeat an epoch that somebody remembers.
        let highest = self.mem.load(layout::EPOCH);
        let epoch = old.map_or(highest, |old| old.epoch()).wrapping_add(1);
        self.mem.store(layout::EPOCH, highest.max(epoch));
        let options = self.options();
        let local = if options.deliver_local { world::DELIVER_LOCAL } else { 0 };
        let restricted = if options.clb_restricted { world::CLB_RESTRICTED } else { 0 };
        let state = vpc.mode.number() << world::MODE_SHIFT | local | restricted;
        let second = pool.take([0; 4]).ok_or(Full)?;
        let third = pool.take([0; 4]).ok_or(Full)?;
        let first = pool.take([epoch, state, second, third]).ok_or(Full)?;
        let cells = Cells { first, second, third };
        self.compile_tables(vpc, scope, old.as_ref(), &cells)?;
        let gwlbs = self.trie(first, world::STATE);
        for endpoint in self.endpoints_of(vpc.id) {
            let key = key(endpoint.gwlb.0.into());
            if gwlbs.get(key).is_none() {
                gwlbs.insert(key, self.compile_gwlb(endpoint.gwlb)?)?;
            }
        }
        match &old {
            Some(old) if !scope.hosts => {
                self.mem.store(pool.at(second) + world::HOSTS, old.second(world::HOSTS));
                self.mem.store(pool.at(second) + world::OWNERS, old.second(world::OWNERS));
                self.mem.store(pool.at(third) + world::PUBLICS, old.third(world::PUBLICS));
            }
            _ => self.compile_hosts(vpc, &cells)?,
        }
        match &old {
            Some(old) if !scope.classes => {
                self.mem.store(pool.at(third) + world::CLASSES, old.third(world::CLASSES));
            }
            _ => self.compile_classes(vpc, &cells)?,
        }
        if options.blackout {
            self.foresee(vpc, &cells)?;
        }
        Ok(cells.first)
    }

    fn trie(&self, cell: u32, word: u32) -> Trie<'m> {
        Trie::new(self.pool, self.pool.at(cell) + word)
    }

    /// Builds a trie in the scratch word and gives its root.
    fn scratch(
        &self,
        cells: &Cells,
        from: u32,
        build: impl FnOnce(&Trie<'m>) -> Result<(), Full>,
    ) -> Result<u32, Full> {
        let at = self.pool.at(cells.third) + world::AFTER;
        self.mem.store(at, from);
        let scratch = Trie::new(self.pool, at);
        build(&scratch)?;
        let root = scratch.link();
        self.mem.store(at, 0);
        Ok(root)
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
        if let Some(table) = self.gateway_of(vpc.id).and_then(|gateway| gateway.table) {
            let at = self.pool.at(cells.third) + world::GATEWAY_TABLE;
            self.mem.store(at, root_of(table.0));
        }
        Ok(())
    }

    /// Notes what a begun operation's commit would change for packets, if it would be accepted.
    fn foresee(&self, vpc: &Vpc, cells: &Cells) -> Result<(), Full> {
        let Some(gateway) = self.gateway_of(vpc.id) else { return Ok(()) };
        let Some(operation) = &gateway.begun else { return Ok(()) };
        if self.try_commit(gateway.id).is_err() {
            return Ok(());
        }
        let tables = self.trie(cells.second, world::TABLES);
        let root_of = |table: TableId| tables.get(key(table.0.into())).unwrap_or(0);
        let (mut mode, mut without) = (vpc.mode, 0);
        let mut bound = gateway.table.map_or(0, root_of);
        let mut defaults = 0;
        match operation {
            GatewayOperation::Create { .. } | GatewayOperation::Update(_) => {}
            GatewayOperation::Enable { tables, .. } => {
                mode = Mode::Centralized;
                for three in tables.chunks(3) {
                    let mut words = [0, 0, 0, defaults];
                    for (word, &table) in words.iter_mut().zip(three) {
                        *word = root_of(table);
                    }
                    defaults = self.pool.take(words).ok_or(Full)?;
                }
            }
            GatewayOperation::Delete { public: true, .. } => {
                (mode, without) = (Mode::Direct, after::WITHOUT);
            }
            GatewayOperation::Delete { .. } => mode = mode.after_private_delete(),
            GatewayOperation::Associate { table, .. } => bound = root_of(*table),
            GatewayOperation::Dissociate { .. } => bound = 0,
        }
        let id = gateway.id.id().to_word() | without;
        let after = self.pool.take([mode.number(), id, bound, defaults]).ok_or(Full)?;
        self.mem.store(self.pool.at(cells.third) + world::AFTER, after);
        Ok(())
    }

    /// The automatic entries of a table, then Dynamic ones, then what overrides or joins them.
    fn compile_table(&self, table: &RouteTable, cells: &Cells) -> Result<u32, Full> {
        self.scratch(cells, 0, |trie| {
            if table.kind != TableKind::Gateway {
                trie.insert(SERVICE_PREFIX, route::SERVICE)?;
            }
            for vswitch in self.vswitches_of(table.vpc) {
                trie.insert(vswitch.cidr, 0)?;
            }
            for entry in self.routes.range(RouteRecord::keys(table.id, true)) {
                // A candidate waits for the Custom entry to go.
                if self.route(table.id, entry.prefix, false).is_none() {
                    trie.insert(entry.prefix, self.compile_hop(&entry)? | route::DYNAMIC)?;
                }
            }
            for entry in self.routes.range(RouteRecord::keys(table.id, false)) {
                let own = self.compile_hop(&entry)? | route::CUSTOM;
                trie.insert(entry.prefix, self.with_waiting(&entry, own)?)?;
            }
            Ok(())
        })
    }

    /// A Custom entry's value, with that of the candidate which a public delete of the gateway would
    /// bring up.
    fn with_waiting(&self, entry: &RouteRecord, own: u32) -> Result<u32, Full> {
        if entry.id.kind != Kind::Ipv4Gateway {
            return Ok(own);
        }
        let candidate = self.routes.get(route_key(entry.table, entry.prefix, true));
        let Some(candidate) = candidate else { return Ok(own) };
        let waiting = self.compile_hop(&candidate)? | route::DYNAMIC;
        let cell = self.pool.take([own, waiting, 0, 0]).ok_or(Full)?;
        Ok(cell | route::WAITING | route::CUSTOM)
    }

    fn compile_hop(&self, entry: &RouteRecord) -> Result<u32, Full> {
        if !entry.is_ecmp {
            return Ok(entry.id.to_word());
        }
        let next_hop = self.next_hop_of(entry);
        let set = self.compile_set(&next_hop)?;
        Ok(set | route::ECMP)
    }

    fn compile_set(&self, next_hop: &NextHop) -> Result<u32, Full> {
        let pool = self.pool;
        let low = pool.take([0; 4]).ok_or(Full)?;
        let high = pool.take([0; 4]).ok_or(Full)?;
        for (n, member) in (0..).zip(next_hop.members()) {
            let at = pool.at(if n < 8 { low } else { high }) + n % 8 / 2;
            let shift = if n % 2 == 0 { 16 } else { 0 };
            self.mem.store(at, self.mem.load(at) | u32::from(member.number) << shift);
        }
        pool.take([next_hop.member_count(), low, high, 0]).ok_or(Full)
    }

    /// The value of a GWLB: its healthy appliances, or what happens without any.
    fn compile_gwlb(&self, id: GwlbId) -> Result<u32, Full> {
        let pool = self.pool;
        let (mut first, mut last, mut count) = (0, 0, gwlb::MEMBERS);
        for number in self.healthy_appliances(id) {
            if count == gwlb::MEMBERS {
                let cell = pool.take([0; 4]).ok_or(Full)?;
                if last == 0 {
                    first = cell;
                } else {
                    self.mem.store(pool.at(last), gwlb::MEMBERS << gwlb::COUNT_SHIFT | cell);
                }
                (last, count) = (cell, 0);
            }
            let at = pool.at(last) + 1 + count / 2;
            let shift = if count % 2 == 0 { 16 } else { 0 };
            self.mem.store(at, self.mem.load(at) | u32::from(number.0) << shift);
            count += 1;
            self.mem.store(pool.at(last), count << gwlb::COUNT_SHIFT);
        }
        let fails_open = || self.gwlbs.get(id.0.into()).is_some_and(|gwlb| gwlb.fail_open);
        Ok(if first == 0 && fails_open() { gwlb::UNINSPECTED } else { first })
    }

    fn compile_hosts(&self, vpc: &Vpc, cells: &Cells) -> Result<(), Full> {
        let hosts = self.trie(cells.second, world::HOSTS);
        let owners = self.trie(cells.second, world::OWNERS);
        let publics = self.trie(cells.third, world::PUBLICS);
        for interface in self.interfaces_of(vpc.id) {
            let forwards = if interface.forward { host::FORWARDS } else { 0 };
            let place = u32::from(interface.vswitch.0) << 16 | forwards;
            let nat = match interface.id.kind {
                Kind::NatGateway => self.compile_nat(NatGatewayId(interface.id.number), cells)?,
                _ => 0,
            };
            let cell = self.pool.take([interface.address.0, place, 0, nat]).ok_or(Full)?;
            hosts.insert(key(interface.id.to_word()), cell)?;
            owners.insert(key(interface.address.0), interface.id.to_word())?;
        }
        for number in self.members_of(vpc.id, Kind::LoadBalancer) {
            let Some(balancer) = self.balancers.get(number.into()) else { continue };
            let (id, address) = (balancer.id.id().to_word(), balancer.address.0);
            let cell = self.pool.take([address, host::INTERNET, 0, 0]).ok_or(Full)?;
            hosts.insert(key(id), cell)?;
            publics.insert(key(address), id)?;
        }
        for endpoint in self.endpoints_of(vpc.id) {
            let place = u32::from(endpoint.vswitch.0) << 16;
            let cell = self.pool.take([endpoint.gwlb.0.into(), place, 0, 0]).ok_or(Full)?;
            hosts.insert(key(endpoint.id.id().to_word()), cell)?;
        }
        for number in self.members_of(vpc.id, Kind::RouteTargetGroup) {
            let Some(group) = self.groups.get(number.into()) else { continue };
            let down = if group.is_down() { host::DOWN } else { 0 };
            let cell = self.pool.take([group.active.0.into(), down, 0, 0]).ok_or(Full)?;
            hosts.insert(key(group.id.id().to_word()), cell)?;
        }
        for public in self.publics_of(vpc.id) {
            self.compile_public(&public, &hosts, &publics)?;
        }
        Ok(())
    }

    fn compile_public(
        &self,
        public: &PublicAddress,
        hosts: &Trie<'_>,
        publics: &Trie<'_>,
    ) -> Result<(), Full> {
        let Some(target) = public.target else { return Ok(()) };
        let Some(cell) = hosts.get(key(target.to_word())) else { return Ok(()) };
        publics.insert(key(public.address.0), target.to_word())?;
        let at = self.pool.at(cell);
        let place = self.mem.load(at + host::PLACE);
        self.mem.store(at + host::PLACE, place | host::HAS_PUBLIC);
        self.mem.store(at + host::PUBLIC, public.address.0);
        Ok(())
    }

    /// A NAT gateway's cell with its tries.
    fn compile_nat(&self, id: NatGatewayId, cells: &Cells) -> Result<u32, Full> {
        let cell = self.pool.take([0; 4]).ok_or(Full)?;
        let sources = self.trie(cell, nat::SNAT);
        for snat in self.snats.range(SnatEntry::keys(id)) {
            if let Some(public) = self.publics.get(snat.eip.0.into()) {
                sources.insert(snat.prefix, public.address.0)?;
            }
        }
        let (inward, outward) = (self.trie(cell, nat::IN), self.trie(cell, nat::OUT));
        for entry in self.forwards.range(ForwardEntry::keys(id)) {
            let Some(public) = self.publics.get(entry.eip.0.into()) else { continue };
            let order = u32::from(entry.eip.0) << 16 | u32::from(entry.public_port);
            let words = [order, public.address.0, entry.address.0, entry.private_port.into()];
            let forward = self.pool.take(words).ok_or(Full)?;
            let protocol = entry.protocol.number();
            let by_public = forward_key(protocol, entry.public_port);
            self.add_port(cells, &inward, public.address, by_public, forward)?;
            let by_private = forward_key(protocol, entry.private_port);
            self.add_port(cells, &outward, entry.address, by_private, forward)?;
        }
        Ok(cell)
    }

    /// Adds a forward cell below an address and port, unless an earlier one is there: entries come
    /// in order of public address and port, and the lowest counts.
    fn add_port(
        &self,
        cells: &Cells,
        addresses: &Trie<'m>,
        address: Addr,
        port: u32,
        forward: u32,
    ) -> Result<(), Full> {
        let from = addresses.get(key(address.0)).unwrap_or(0);
        let root = self.scratch(cells, from, |ports| {
            if ports.get(key(port)).is_none() {
                ports.insert(key(port), forward)?;
            }
            Ok(())
        })?;
        addresses.insert(key(address.0), root)?;
        Ok(())
    }

    /// Each prefix gets the classes of every range that covers it, so that the longest match of an
    /// address knows them all.
    fn compile_classes(&self, vpc: &Vpc, cells: &Cells) -> Result<(), Full> {
        let classes = self.trie(cells.third, world::CLASSES);
        let both = CLASS_PRIVATE | CLASS_MARTIAN;
        let mut ranges: Vec<(Prefix, u32), MAX_RANGES> = Vec::new();
        let mut add = |prefix, class| {
            let _ = ranges.push((prefix, class));
        };
        for cidr in self.cidrs.range(VpcCidr::keys(vpc.id)) {
            add(cidr.prefix, if cidr.user { CLASS_PRIVATE } else { both });
        }
        add(vpc.cidr, both);
        PRIVATE.iter().for_each(|&prefix| add(prefix, CLASS_PRIVATE));
        MARTIAN.iter().for_each(|&prefix| add(prefix, CLASS_MARTIAN));
        for &(prefix, _) in &ranges {
            let covering = ranges.iter().filter(|(range, _)| range.covers(prefix));
            classes.insert(prefix, covering.fold(0, |all, (_, class)| all | class))?;
        }
        Ok(())
    }

    /// Gives back what only the old world holds.
    pub(super) fn free_world(&self, old: u32, new: Option<u32>) {
        if old == 0 {
            return;
        }
        let pool = self.pool;
        let world = World::read(pool, old);
        let new = new.map(|link| World::read(pool, link));
        let new = new.as_ref();
        let at = pool.at(old);
        let (second, third) = (self.mem.load(at + world::SECOND), self.mem.load(at + world::THIRD));

        for (table, root) in Routes::below(pool, world.second(world::TABLES)) {
            if new.and_then(|new| new.table(table_id(table))) != Some(root) {
                self.free_table(root);
            }
        }
        free(&pool, world.second(world::TABLES));
        free(&pool, world.second(world::SWITCHES));
        for (_, value) in Routes::below(pool, world.gwlbs()) {
            self.free_gwlb(value);
        }
        free(&pool, world.gwlbs());

        let hosts = world.second(world::HOSTS);
        if new.is_none_or(|new| new.second(world::HOSTS) != hosts) {
            for (_, cell) in Routes::below(pool, hosts) {
                self.free_nat(self.mem.load(pool.at(cell) + host::NAT));
                pool.give(cell);
            }
            free(&pool, hosts);
            free(&pool, world.second(world::OWNERS));
            free(&pool, world.third(world::PUBLICS));
        }
        let classes = world.third(world::CLASSES);
        if new.is_none_or(|new| new.third(world::CLASSES) != classes) {
            free(&pool, classes);
        }
        self.free_after(world.third(world::AFTER));
        for cell in [old, second, third] {
            pool.give(cell);
        }
    }

    /// Gives the cells of a GWLB's appliances back.
    fn free_gwlb(&self, value: u32) {
        let pool = self.pool;
        let mut next = if value & gwlb::UNINSPECTED == 0 { value } else { 0 };
        // The bound holds for damaged links too.
        for _ in 0..pool.capacity() {
            if next == 0 {
                break;
            }
            let cell = next;
            next = self.mem.load(pool.at(cell)) & crate::trie::LINK;
            pool.give(cell);
        }
    }

    /// Gives the note about a begun operation back; 0 is none.
    fn free_after(&self, after: u32) {
        if after == 0 {
            return;
        }
        let pool = self.pool;
        let mut next = self.mem.load(pool.at(after) + after::DEFAULTS);
        for _ in 0..MAX_ENABLE_TABLES {
            if next == 0 {
                break;
            }
            let cell = next;
            next = self.mem.load(pool.at(cell) + 3);
            pool.give(cell);
        }
        pool.give(after);
    }

    /// Gives a table back with its equal-cost sets.
    fn free_table(&self, root: u32) {
        let pool = self.pool;
        for (_, mut value) in Routes::below(pool, root) {
            if let Some(behind) = waiting(&pool, value) {
                pool.give(value & route::LINK);
                value = behind;
            }
            if value & route::ECMP != 0 {
                let set = value & route::LINK;
                let at = pool.at(set);
                for cell in [self.mem.load(at + ecmp::LOW), self.mem.load(at + ecmp::HIGH), set] {
                    pool.give(cell);
                }
            }
        }
        free(&pool, root);
    }

    /// Gives a NAT gateway's cell back with its tries; 0 is none.
    fn free_nat(&self, cell: u32) {
        if cell == 0 {
            return;
        }
        let pool = self.pool;
        let root = |word| self.mem.load(pool.at(cell) + word);
        free(&pool, root(nat::SNAT));
        for (_, ports) in Routes::below(pool, root(nat::IN)) {
            // Both directions lead to the same cells; each is in exactly one place here.
            for (_, forward) in Routes::below(pool, ports) {
                pool.give(forward);
            }
            free(&pool, ports);
        }
        for (_, ports) in Routes::below(pool, root(nat::OUT)) {
            free(&pool, ports);
        }
        free(&pool, root(nat::IN));
        free(&pool, root(nat::OUT));
        pool.give(cell);
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
