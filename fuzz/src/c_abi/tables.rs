//! Calls about whole tables and single routes, against lists that are scanned.

use core::ffi::c_int;

use sekisho::addr::{Addr, Prefix};
use sekisho::model::NaiveLpm;
use sekisho_ffi::*;

use super::World;
use super::slot::Kind;
use super::tally::call;

/// Steps of a cursor in memory of which nothing is known.
const STEPS: usize = 60;

impl World<'_> {
    /// One call about a table.
    pub(super) fn tables(&mut self) {
        let n = self.slot(Kind::Arena);
        let table = self.bytes.pick(&[0, 0, 0, 1, 2, 3, u32::MAX]);
        match self.bytes.below(8) {
            0 => self.create(n),
            1 => self.load_routes(n, table),
            2 => self.replace(n, table),
            3 => self.list(n, table),
            4 => self.forget(n),
            5 => self.delete(n, table),
            _ => self.add(n, table),
        }
        if self.is_live(n, Kind::Arena) == Some(true) {
            // SAFETY: the memory has as many words as a header.
            assert_eq!(unsafe { call!(sekisho_lpm_check(self.slots[n].at())) }, 0);
        }
    }

    /// The routes of a table that nothing has damaged.
    pub(super) fn naive(&self, n: usize, table: u32) -> Option<&NaiveLpm> {
        let is_live = self.is_live(n, Kind::Arena) == Some(true);
        self.slots[n].tables.get(table as usize).filter(|_| is_live)?.as_ref()
    }

    fn create(&mut self, n: usize) {
        let bits = self.bytes.pick(&[0, 0, 16, 24, 8, u32::MAX]);
        let mut made = 99;
        // SAFETY: the memory has as many words as a header, and a place for the output.
        let code =
            unsafe { call!(sekisho_lpm_table_create_root(self.slots[n].at(), bits, &mut made)) };
        self.judge(n, Kind::Arena, code);
        assert_eq!(made == 99, code != 0);
        let mut config = sekisho_lpm_config::default();
        config.size = size_of_val(&config) as u32;
        // SAFETY: as above.
        let told =
            unsafe { call!(sekisho_lpm_capacity(self.slots[n].at::<sekisho_lpm>(), &mut config)) };
        self.judge(n, Kind::Arena, told);
        if self.is_live(n, Kind::Arena) != Some(true) {
            return;
        }
        let slot = &mut self.slots[n];
        assert_eq!((config.max_routes as usize, config.readers), (slot.max_routes, slot.readers));
        assert_eq!((config.max_tables as usize, config.roots16), (slot.tables.len(), 0));
        let free = slot.tables.iter().position(Option::is_none);
        match (bits, free) {
            (0, Some(free)) => {
                assert_eq!((code, made), (0, free as u32));
                slot.tables[free] = Some(NaiveLpm::new());
            }
            (0 | 16 | 24, _) => assert_eq!(code, SEKISHO_ENOSPC),
            _ => assert_eq!(code, SEKISHO_EINVAL),
        }
    }

    fn add(&mut self, n: usize, table: u32) {
        let ((ip, depth), next_hop) = (self.prefix(), self.bytes.word() >> 1);
        // SAFETY: the memory has as many words as a header.
        let code =
            unsafe { call!(sekisho_lpm_add(self.slots[n].at(), table, ip, depth, next_hop)) };
        self.judge(n, Kind::Arena, code);
        let prefix = (depth <= 32).then(|| Prefix::new_truncated(Addr(ip), depth));
        if self.is_live(n, Kind::Arena) == Some(true) {
            let there = self.naive(n, table).zip(prefix).and_then(|(list, at)| list.get(at));
            let old = there.unwrap_or(SEKISHO_LPM_MISS);
            self.added(n, table, (ip, prefix), (next_hop, 0), (code, old));
        }
    }

    fn delete(&mut self, n: usize, table: u32) {
        let (ip, depth) = self.prefix();
        let mut next_hop = 99;
        // SAFETY: the memory has as many words as a header, and a place for the output.
        let found = unsafe {
            let lpm = self.slots[n].at::<sekisho_lpm>();
            call!(sekisho_lpm_get(lpm, table, ip, depth, &mut next_hop))
        };
        self.judge(n, Kind::Arena, found);
        // SAFETY: as above.
        let code = unsafe { call!(sekisho_lpm_delete(self.slots[n].at(), table, ip, depth)) };
        self.judge(n, Kind::Arena, code);
        assert!(found == 0 || next_hop == 99);
        if self.is_live(n, Kind::Arena) != Some(true) {
            return;
        }
        if depth > 32 {
            return assert_eq!((found, code), (SEKISHO_EINVAL, SEKISHO_EINVAL));
        }
        let Some(naive) = self.naive(n, table) else {
            return assert_eq!((found, code), (SEKISHO_ENOENT, SEKISHO_EINVAL));
        };
        let prefix = Prefix::new_truncated(Addr(ip), depth);
        let there = naive.get(prefix);
        assert_eq!(found, if there.is_some() { 0 } else { SEKISHO_ENOENT });
        assert_eq!(next_hop, there.unwrap_or(99));
        let slot = &mut self.slots[n];
        match code {
            SEKISHO_EBUSY | SEKISHO_ENOSPC if there.is_some() => {
                assert!(slot.is_short || slot.readers > 0 && code == SEKISHO_EBUSY);
            }
            _ => {
                assert_eq!(code, found);
                slot.tables[table as usize].as_mut().and_then(|naive| naive.remove(prefix));
            }
        }
    }

    /// Routes in order, or nearly.
    fn load_routes(&mut self, n: usize, table: u32) {
        let count = self.bytes.below(12);
        let mut routes: Vec<_> = (0..count)
            .map(|_| {
                let (ip, depth) = self.prefix();
                let next_hop = self.bytes.word() >> 1;
                sekisho_lpm_route { ip, next_hop, depth, reserved: [0; 3] }
            })
            .collect();
        let prefix_of = |route: &sekisho_lpm_route| {
            (route.depth <= 32).then(|| Prefix::new_truncated(Addr(route.ip), route.depth))
        };
        if self.bytes.below(4) > 0 {
            routes.retain(|route| route.depth <= 32);
            routes.sort_by_key(prefix_of);
            routes.dedup_by_key(|route| prefix_of(route));
        }
        let prefixes: Option<Vec<_>> = routes.iter().map(prefix_of).collect();
        let prefixes = prefixes.filter(|prefixes| prefixes.is_sorted_by(|a, b| a < b));
        let routes = routes.into_boxed_slice();
        // SAFETY: the memory has as many words as a header, and the routes are as many as they say.
        let code = unsafe {
            call!(sekisho_lpm_load(self.slots[n].at(), table, routes.as_ptr(), routes.len()))
        };
        self.judge(n, Kind::Arena, code);
        if self.is_live(n, Kind::Arena) != Some(true) {
            return;
        }
        let slot = &mut self.slots[n];
        let held: usize = slot.tables.iter().flatten().map(NaiveLpm::len).sum();
        let naive = slot.tables.get_mut(table as usize).and_then(Option::as_mut);
        let (Some(naive), Some(prefixes)) = (naive, prefixes) else {
            return assert!(matches!(code, SEKISHO_EINVAL | SEKISHO_EEXIST), "{code}");
        };
        match code {
            0 => {
                assert!(naive.is_empty() && held + prefixes.len() <= slot.max_routes);
                for (prefix, route) in prefixes.into_iter().zip(&routes) {
                    naive.insert(prefix, route.next_hop);
                }
            }
            SEKISHO_EEXIST => assert!(!naive.is_empty()),
            SEKISHO_EBUSY => assert!(slot.readers > 0),
            _ => {
                assert_eq!(code, SEKISHO_ENOSPC);
                assert!(slot.is_short || held + prefixes.len() > slot.max_routes);
            }
        }
    }

    /// Replaces the routes of a table by some of them and others.
    fn replace(&mut self, n: usize, table: u32) {
        // SAFETY: the memory has as many words as a header.
        let begun = unsafe { call!(sekisho_lpm_replace_begin(self.slots[n].at(), table)) };
        self.judge(n, Kind::Arena, begun);
        let mut kept = NaiveLpm::new();
        for _ in 0..self.bytes.below(6) {
            let ((ip, depth), next_hop) = (self.prefix(), self.bytes.word() >> 1);
            // SAFETY: as above.
            let code =
                unsafe { call!(sekisho_lpm_add(self.slots[n].at(), table, ip, depth, next_hop)) };
            self.judge(n, Kind::Arena, code);
            if code == 0 && depth <= 32 {
                let prefix = Prefix::new_truncated(Addr(ip), depth);
                kept.insert(prefix, next_hop);
                let held = self.slots[n].tables.get_mut(table as usize).and_then(Option::as_mut);
                held.and_then(|held| held.insert(prefix, next_hop));
            }
        }
        let mut removed = 99;
        // SAFETY: as above, and a place for the output.
        let code =
            unsafe { call!(sekisho_lpm_replace_finish(self.slots[n].at(), table, &mut removed)) };
        self.judge(n, Kind::Arena, code);
        assert_eq!(removed == 99, code != 0);
        let Some(held) = self.naive(n, table).cloned() else {
            let is_live = self.is_live(n, Kind::Arena) == Some(true);
            return assert!(!is_live || begun == SEKISHO_EINVAL && code == SEKISHO_EINVAL);
        };
        assert_eq!(begun, 0);
        if code == 0 {
            assert_eq!(removed as usize, held.len() - kept.len());
            self.slots[n].tables[table as usize] = Some(kept);
            return;
        }
        let slot = &self.slots[n];
        assert!(slot.is_short || slot.readers > 0 && code == SEKISHO_EBUSY, "{code}");
        // Some are out: none that was added, and none came.
        let mut left = NaiveLpm::new();
        let (mut ip, mut depth, mut next_hop) = (0, 255, 0);
        // SAFETY: as above.
        while unsafe {
            let lpm = self.slots[n].at::<sekisho_lpm>();
            call!(sekisho_lpm_next(lpm, table, &mut ip, &mut depth, &mut next_hop))
        } == 0
        {
            left.insert(Prefix::new_truncated(Addr(ip), depth), next_hop);
        }
        assert!(left.iter().all(|(prefix, hop)| held.get(prefix) == Some(hop)));
        assert!(kept.iter().all(|(prefix, hop)| left.get(prefix) == Some(hop)));
        self.slots[n].tables[table as usize] = Some(left);
    }

    /// All routes that a prefix covers, and that cover it.
    fn list(&mut self, n: usize, table: u32) {
        let (of_ip, of_depth) = self.prefix();
        let is_covering = self.bytes.flag();
        let (mut ip, mut depth, mut next_hop) = (0, 255, 99);
        let mut found = Vec::new();
        let mut code: c_int = 0;
        for _ in 0..STEPS {
            let before = (ip, depth, next_hop);
            let lpm = self.slots[n].at::<sekisho_lpm>();
            let (ip_at, depth_at, hop) = (&mut ip, &mut depth, &mut next_hop);
            // SAFETY: the memory has as many words as a header, and places for the outputs.
            code = unsafe {
                if is_covering {
                    call!(sekisho_lpm_covering(lpm, table, of_ip, of_depth, ip_at, depth_at, hop))
                } else {
                    call!(sekisho_lpm_covered(lpm, table, of_ip, of_depth, ip_at, depth_at, hop))
                }
            };
            self.judge(n, Kind::Arena, code);
            if code != 0 {
                assert_eq!((ip, depth, next_hop), before);
                break;
            }
            found.push((ip, depth, next_hop));
        }
        if self.is_live(n, Kind::Arena) != Some(true) {
            return;
        }
        assert_eq!(code, if of_depth > 32 { SEKISHO_EINVAL } else { SEKISHO_ENOENT });
        let Some(naive) = self.naive(n, table) else { return assert!(found.is_empty()) };
        if of_depth > 32 {
            return;
        }
        let of = Prefix::new_truncated(Addr(of_ip), of_depth);
        let holds = |outer: Prefix, inner: Prefix| {
            outer.len() <= inner.len() && outer.contains(inner.addr())
        };
        let related = naive.iter().filter(|(prefix, _)| match is_covering {
            true => holds(*prefix, of),
            false => holds(of, *prefix),
        });
        let related: Vec<_> =
            related.map(|(prefix, hop)| (prefix.addr().0, prefix.len(), hop)).collect();
        assert_eq!(found, related);
    }

    /// Unregisters a reader that is gone.
    fn forget(&mut self, n: usize) {
        let index = self.bytes.pick(&[0, 1, 2, u16::MAX]);
        // SAFETY: the memory has as many words as a header.
        let code = unsafe { call!(sekisho_lpm_forget_reader(self.slots[n].at(), index)) };
        self.judge(n, Kind::Arena, code);
        if self.is_live(n, Kind::Arena) == Some(true) {
            assert!(matches!(code, 0 | SEKISHO_EINVAL), "{code}");
            assert!(code == 0 || index >= self.slots[n].readers);
        }
        for reader in &mut self.readers {
            if reader.slot == Some(n) && reader.index == index {
                (reader.slot, reader.opaque) = (None, sekisho_lpm_reader { opaque: [0; 8] });
            }
        }
    }
}
