//! Calls about routes, against lists that are scanned.

use core::ptr::null_mut;

use sekisho::addr::{Addr, Prefix};
use sekisho::model::NaiveLpm;
use sekisho_ffi::*;

use super::slot::Kind;
use super::tally::call;
use super::{SLOTS, World};

impl World<'_> {
    pub(super) fn prefix(&mut self) -> (u32, u8) {
        let addr = self.bytes.pick(&[0x0A00_0000, 0x0A01_0000, 0, u32::MAX, 0x0A01_0203]);
        let depth = self.bytes.byte();
        (addr ^ u32::from(self.bytes.byte()), if depth & 0x80 == 0 { depth % 33 } else { depth })
    }

    /// One call that may change routes.
    pub(super) fn routes(&mut self) {
        let n = self.slot(Kind::Arena);
        let table = self.bytes.pick(&[0, 0, 0, 1, 2, 3, u32::MAX]);
        let (ip, depth) = self.prefix();
        let next_hop = self.bytes.word() >> self.bytes.pick(&[0, 1, 16, 25]);
        let lpm = self.slots[n].at::<sekisho_lpm>();
        let prefix = (depth <= 32).then(|| Prefix::new_truncated(Addr(ip), depth));
        let held = self.slots[n].tables.get(table as usize).is_some_and(Option::is_some);
        let known = |slot: &super::Slot| !slot.damaged && slot.kind == Some(Kind::Arena);
        let is_known = known(&self.slots[n]);
        match self.bytes.below(8) {
            0 => {
                let mut made = 99;
                // SAFETY: the memory has as many words as a header.
                let code = unsafe { call!(sekisho_lpm_table_create(lpm, &mut made)) };
                self.judge(n, Kind::Arena, code);
                let free = self.slots[n].tables.iter().position(Option::is_none);
                if is_known {
                    assert_eq!(code, if free.is_some() { 0 } else { SEKISHO_ENOSPC });
                    assert_eq!(made, free.map_or(99, |free| free as u32));
                    if let Some(free) = free {
                        self.slots[n].tables[free] = Some(NaiveLpm::new());
                    }
                }
            }
            1 => {
                let is_clear = self.bytes.flag();
                // SAFETY: as above.
                let code = unsafe {
                    match is_clear {
                        true => call!(sekisho_lpm_clear(lpm, table)),
                        false => call!(sekisho_lpm_table_delete(lpm, table)),
                    }
                };
                self.judge(n, Kind::Arena, code);
                if is_known {
                    assert_eq!(code, if held { 0 } else { SEKISHO_EINVAL });
                }
                if is_known && held {
                    self.slots[n].tables[table as usize] = is_clear.then(NaiveLpm::new);
                }
            }
            2 | 3 => {
                let flags = self.bytes.pick(&[0, 0, 2]);
                let mut old = 99;
                // SAFETY: as above.
                let code = unsafe {
                    call!(sekisho_lpm_delete_flags(lpm, table, ip, depth, flags, &mut old))
                };
                self.judge(n, Kind::Arena, code);
                assert!(code == 0 || old == 99);
                if is_known {
                    let has_bits = prefix.is_some_and(|prefix| flags == 2 && prefix.addr().0 != ip);
                    let prefix = prefix.filter(|_| held && !has_bits);
                    let Some(prefix) = prefix else { return assert_eq!(code, SEKISHO_EINVAL) };
                    if matches!(code, SEKISHO_EBUSY | SEKISHO_ENOSPC) {
                        let slot = &self.slots[n];
                        return assert!(slot.is_short || slot.readers > 0 && code == SEKISHO_EBUSY);
                    }
                    let naive = self.slots[n].tables[table as usize].as_mut();
                    let gone = naive.and_then(|naive| naive.remove(prefix));
                    assert_eq!(code, if gone.is_some() { 0 } else { SEKISHO_ENOENT });
                    assert!(gone.is_none_or(|gone| gone == old));
                }
            }
            _ => {
                let flags = self.bytes.pick(&[0, 0, 1, 2, 3, 4]);
                let mut old = 99;
                // SAFETY: as above.
                let code = unsafe {
                    call!(sekisho_lpm_add_flags(lpm, table, ip, depth, next_hop, flags, &mut old))
                };
                self.judge(n, Kind::Arena, code);
                assert!(code == 0 || old == 99);
                if is_known {
                    self.added(n, table, (ip, prefix), (next_hop, flags), (code, old));
                }
            }
        }
        if known(&self.slots[n]) {
            // SAFETY: as above.
            assert_eq!(unsafe { call!(sekisho_lpm_check(lpm)) }, 0);
        }
    }

    /// Whether an addition was answered as it has to be.
    pub(super) fn added(
        &mut self,
        n: usize,
        table: u32,
        (ip, prefix): (u32, Option<Prefix>),
        (next_hop, flags): (u32, u32),
        (code, old): (i32, u32),
    ) {
        let slot = &mut self.slots[n];
        let count: usize = slot.tables.iter().flatten().map(NaiveLpm::len).sum();
        let held = slot.tables.get_mut(table as usize).and_then(Option::as_mut);
        let is_strict = flags & 2 != 0;
        let prefix =
            prefix.filter(|prefix| flags & !3 == 0 && !(is_strict && prefix.addr().0 != ip));
        let (Some(prefix), Some(naive)) = (prefix, held) else {
            return assert_eq!(code, SEKISHO_EINVAL);
        };
        let there = naive.get(prefix);
        match code {
            _ if next_hop > SEKISHO_LPM_MAX_NEXT_HOP => assert_eq!(code, SEKISHO_ERANGE),
            _ if there.is_some() && flags & 1 != 0 => assert_eq!(code, SEKISHO_EEXIST),
            // Readers may keep memory, and there may be less than any routes need.
            SEKISHO_EBUSY => assert!(slot.readers > 0),
            SEKISHO_ENOSPC => {
                assert!(slot.is_short || there.is_none() && count >= slot.max_routes);
            }
            _ => {
                assert_eq!(code, 0);
                assert_eq!(naive.insert(prefix, next_hop).unwrap_or(SEKISHO_LPM_MISS), old);
                assert!(there.is_some() || count < slot.max_routes);
            }
        }
    }

    /// Looks up one by one, in bulk, in order; by the writer and by a reader.
    pub(super) fn look(&mut self) {
        let n = self.slot(Kind::Arena);
        let table = self.bytes.pick(&[0, 0, 1, 2, 9]);
        let lpm = self.slots[n].at::<sekisho_lpm>();
        let count = self.bytes.below(20);
        let mut words = vec![0; 3 * count].into_boxed_slice();
        for word in &mut words {
            *word = self.prefix().0;
        }
        let asked = words[count..2 * count].to_vec();
        let shift = self.bytes.below(2 * count + 1);
        let is_apart = shift == 0 || shift >= count;
        // SAFETY: both arrays lie in this one.
        let (ips, found) = unsafe { (words.as_ptr().add(count), words.as_mut_ptr().add(shift)) };
        // SAFETY: as above.
        let code = unsafe { call!(sekisho_lpm_lookup_bulk(lpm, table, ips, found, count)) };
        self.judge(n, Kind::Arena, code);
        let (mut ip, mut depth, mut next_hop) = (0, 255, 99);
        for (place, addr) in asked.iter().enumerate() {
            next_hop = SEKISHO_LPM_MISS;
            let (mut at, mut len) = (0, 0);
            // SAFETY: as above.
            let one = unsafe { call!(sekisho_lpm_lookup(lpm, table, *addr, &mut next_hop)) };
            // SAFETY: as above.
            let same = unsafe {
                let mut hop = 0;
                call!(sekisho_lpm_lookup_prefix(lpm, table, *addr, &mut at, &mut len, &mut hop))
            };
            let slot = &self.slots[n];
            if slot.damaged {
                continue;
            }
            assert_eq!(one, same);
            let naive = slot.tables.get(table as usize).and_then(Option::as_ref);
            let route = naive.and_then(|naive| naive.lookup(Addr(*addr)));
            if slot.kind == Some(Kind::Arena) {
                assert_eq!(next_hop, route.map_or(SEKISHO_LPM_MISS, |(_, hop)| hop));
                assert!(!is_apart || words[shift + place] == next_hop);
                assert!(
                    route.is_none_or(|(prefix, _)| (prefix.addr().0, prefix.len()) == (at, len))
                );
            }
        }
        // In damaged memory routes rise all the same, or end.
        for _ in 0..60 {
            // SAFETY: as above.
            let code =
                unsafe { call!(sekisho_lpm_next(lpm, table, &mut ip, &mut depth, &mut next_hop)) };
            if self.judge(n, Kind::Arena, code) != 0 {
                break;
            }
        }
        // SAFETY: as above.
        let code = unsafe {
            match self.bytes.below(4) {
                0 => call!(sekisho_lpm_replace_begin(lpm, table)),
                1 => call!(sekisho_lpm_reclaim(lpm)),
                2 => {
                    let mut stats = sekisho_lpm_stats {
                        size: size_of::<sekisho_lpm_stats>() as u32,
                        ..Default::default()
                    };
                    call!(sekisho_lpm_get_stats(lpm, &mut stats))
                }
                _ => call!(sekisho_lpm_load(lpm, u32::MAX, null_mut(), 0)),
            }
        };
        self.judge(n, Kind::Arena, code);
    }

    /// A reader that comes, looks up, or goes.
    pub(super) fn reader(&mut self) {
        let which = self.bytes.below(self.readers.len());
        let reader = &raw mut self.readers[which].opaque;
        let of = self.readers[which].slot;
        if self.bytes.below(3) == 0 && of.is_none() {
            let n = self.slot(Kind::Arena);
            let index = self.bytes.pick(&[0, 1, 2]);
            let lpm = self.slots[n].at();
            // SAFETY: the memory has as many words as a header, and stays where it is.
            let code = unsafe { call!(sekisho_lpm_reader_register(lpm, index, reader)) };
            if self.judge(n, Kind::Arena, code) == 0 {
                (self.readers[which].slot, self.readers[which].index) = (Some(n), index);
            }
            return;
        }
        let (mut next_hop, addr) = (99, self.prefix().0);
        let operation = self.bytes.below(5);
        // SAFETY: none, or registered; its memory stays where it is until the end.
        let code = unsafe {
            match operation {
                0 => call!(sekisho_lpm_reader_quiescent(reader)),
                1 => call!(sekisho_lpm_reader_pause(reader)),
                2 => call!(sekisho_lpm_reader_unregister(reader)),
                _ => call!(sekisho_lpm_reader_lookup(reader, 0, addr, &mut next_hop)),
            }
        };
        let Some(n) = of else { return assert_eq!(code, SEKISHO_EPROTO) };
        let slot = &mut self.slots[n];
        // What it writes where its arena has ended belongs to nobody.
        slot.damaged |= slot.kind != Some(Kind::Arena) && operation < 3;
        if operation > 2 && !slot.damaged && slot.kind == Some(Kind::Arena) {
            let naive = slot.tables.first().and_then(Option::as_ref);
            let route = naive.and_then(|naive| naive.lookup(Addr(addr)));
            assert_eq!(code, if route.is_some() { 0 } else { SEKISHO_ENOENT });
            assert_eq!(next_hop, route.map_or(99, |(_, hop)| hop));
        }
        if operation == 2 {
            assert_eq!(code, 0);
            self.readers[which].slot = None;
        }
        const { assert!(SLOTS > 1) };
    }
}
