//! Lookups of many addresses, in either byte order and in many tables, by the writer and by a reader.

use sekisho::addr::Addr;
use sekisho_ffi::*;

use super::World;
use super::slot::Kind;
use super::tally::call;

impl World<'_> {
    /// Looks up in bulk by the arena itself.
    pub(super) fn bulk(&mut self) {
        let n = self.slot(Kind::Arena);
        let (tables, ips) = self.asked();
        let mut found = vec![77; ips.len()].into_boxed_slice();
        let (lpm, count) = (self.slots[n].at::<sekisho_lpm>(), ips.len());
        let is_mixed = self.bytes.flag();
        let swapped: Box<[u32]> = ips.iter().map(|ip| ip.to_be()).collect();
        let into = found.as_mut_ptr();
        // SAFETY: the memory has as many words as a header, and all arrays have as many places.
        let code = unsafe {
            match is_mixed {
                true => {
                    let (tables, ips) = (tables.as_ptr(), ips.as_ptr());
                    call!(sekisho_lpm_lookup_mixed(lpm, tables, ips, into, count))
                }
                false => {
                    let table = tables.first().copied().unwrap_or(0);
                    call!(sekisho_lpm_lookup_bulk_be(lpm, table, swapped.as_ptr(), into, count))
                }
            }
        };
        self.judge(n, Kind::Arena, code);
        self.judge_found(n, code, &tables, &ips, &mut found, is_mixed);
    }

    /// Looks up in bulk by a reader.
    pub(super) fn reader_bulk(&mut self) {
        let which = self.bytes.below(self.readers.len());
        let (tables, ips) = self.asked();
        let mut found = vec![77; ips.len()].into_boxed_slice();
        let table = tables.first().copied().unwrap_or(0);
        let how = self.bytes.below(4);
        let swapped: Box<[u32]> = ips.iter().map(|ip| ip.to_be()).collect();
        let reader = &raw mut self.readers[which].opaque;
        let (into, count) = (found.as_mut_ptr(), ips.len());
        // SAFETY: none, or registered, whose memory stays where it is; all arrays have as many places.
        let code = unsafe {
            let (tables, ips) = (tables.as_ptr(), ips.as_ptr());
            match how {
                0 => call!(sekisho_lpm_reader_lookup_bulk(reader, table, ips, into, count)),
                1 => {
                    let swapped = swapped.as_ptr();
                    call!(sekisho_lpm_reader_lookup_bulk_be(reader, table, swapped, into, count))
                }
                2 => call!(sekisho_lpm_reader_lookup_mixed(reader, tables, ips, into, count)),
                _ => call!(sekisho_lpm_reader_resume(reader)),
            }
        };
        let Some(n) = self.readers[which].slot else { return assert_eq!(code, SEKISHO_EPROTO) };
        if how == 3 {
            // What it writes where its arena has ended belongs to nobody.
            self.slots[n].damaged |= self.slots[n].kind != Some(Kind::Arena);
            return;
        }
        assert!(code >= 0 || super::is_known(code));
        self.judge_found(n, code, &tables, &ips, &mut found, how == 2);
    }

    /// Up to 40 addresses, each with a table.
    fn asked(&mut self) -> (Box<[u32]>, Box<[u32]>) {
        let count = self.bytes.below(41);
        (0..count).map(|_| (self.bytes.pick(&[0, 0, 1, 2, 9]), self.prefix().0)).unzip_boxed()
    }

    /// What was found is what the lists say, and the hits among it are counted so.
    fn judge_found(
        &mut self,
        n: usize,
        code: i32,
        tables: &[u32],
        ips: &[u32],
        found: &mut [u32],
        is_mixed: bool,
    ) {
        assert!(code == 0 || found.iter().all(|hop| *hop == 77), "{code}");
        if self.is_live(n, Kind::Arena) == Some(true) {
            assert_eq!(code, 0);
            for (place, (ip, hop)) in ips.iter().zip(&*found).enumerate() {
                let table = tables[if is_mixed { place } else { 0 }];
                let route = self.naive(n, table).and_then(|naive| naive.lookup(Addr(*ip)));
                assert_eq!(*hop, route.map_or(SEKISHO_LPM_MISS, |(_, hop)| hop));
            }
        }
        let hits = found.iter().filter(|hop| **hop <= SEKISHO_LPM_MAX_NEXT_HOP).count();
        let before = found.to_vec();
        let mut bits = vec![u32::MAX; found.len().div_ceil(32)].into_boxed_slice();
        // SAFETY: as many places as there are, and a bit for each.
        let told = unsafe {
            call!(sekisho_lpm_hits(found.as_mut_ptr(), found.len(), 55, bits.as_mut_ptr()))
        };
        assert_eq!(usize::try_from(told), Ok(hits));
        let counted: u32 = bits.iter().map(|word| word.count_ones()).sum();
        assert_eq!(counted as usize, hits);
        for (place, (old, new)) in before.iter().zip(&*found).enumerate() {
            let is_hit = bits[place / 32] >> (place % 32) & 1 == 1;
            assert_eq!(is_hit, *old <= SEKISHO_LPM_MAX_NEXT_HOP);
            assert_eq!(*new, if is_hit { *old } else { 55 });
        }
    }
}

/// Two arrays of exactly their length.
trait UnzipBoxed {
    fn unzip_boxed(self) -> (Box<[u32]>, Box<[u32]>);
}

impl<I: Iterator<Item = (u32, u32)>> UnzipBoxed for I {
    fn unzip_boxed(self) -> (Box<[u32]>, Box<[u32]>) {
        let (first, second): (Vec<_>, Vec<_>) = self.unzip();
        (first.into_boxed_slice(), second.into_boxed_slice())
    }
}
