//! Calls that keep state: a journal on a storage that may fail, snapshots, records, followers.

use core::ffi::c_int;
use core::ptr::null;

use sekisho::console::{Line, parse};
use sekisho_ffi::*;

use super::calls::LINES;
use super::disk::{Disk, MOODS, Mood, Sink, send};
use super::frames::{Frame, Frames};
use super::slot::Kind;
use super::tally::call;
use super::{SLOTS, World};

/// A journal as C holds it, and what is known of it.
pub(super) struct Store {
    journal: Box<[u64; size_of::<sekisho_journal>() / 8]>,
    is_live: bool,
    disk: Box<Disk>,
    /// The configuration that the storage holds, if that is known.
    stored: Option<(u64, sekisho_position)>,
    /// What was made of a region, to be given to another.
    pub(super) frames: Frames,
    /// Where a follower without storage stands.
    pub(super) follower: sekisho_position,
}

impl Store {
    pub(super) fn new() -> Store {
        Store {
            journal: Box::new([0; _]),
            is_live: false,
            disk: Box::new(Disk::new()),
            stored: None,
            frames: Frames::new(),
            follower: sekisho_position { history: 1, ..Default::default() },
        }
    }

    fn journal(&mut self) -> *mut sekisho_journal {
        self.journal.as_mut_ptr().cast()
    }

    /// Where the journal says that it stands.
    fn position(&mut self) -> Option<sekisho_position> {
        let before = sekisho_position { sequence: 77, history: 77, reserved: 77 };
        let mut position = before;
        // SAFETY: a journal or zeroes, and a place for the output.
        let code = unsafe { call!(sekisho_journal_position(self.journal(), &mut position)) };
        assert_eq!(code, if self.is_live { 0 } else { SEKISHO_EPROTO });
        assert_eq!(position == before, code != 0);
        (code == 0).then_some(position)
    }

    /// What the storage holds is known again, or not any more.
    fn note(&mut self, hash: Option<u64>, position: Option<sekisho_position>) {
        self.stored = hash.zip(position).filter(|_| !self.disk.lied);
    }
}

impl World<'_> {
    /// One call of the store's.
    pub(super) fn store(&mut self) {
        match self.bytes.below(16) {
            0 | 1 => self.format(),
            2 => self.mount(),
            3..=6 => self.apply(),
            7 => self.receive(),
            8 => self.adopt(),
            9 => self.serve(),
            10 => self.save(),
            11 => self.load(),
            12 => self.record(),
            13 => self.follow(),
            14 => self.mood(),
            _ => self.close(),
        }
    }

    /// The region's hash, if it holds a configuration that nothing has damaged.
    pub(super) fn hash(&mut self, n: usize) -> Option<u64> {
        let mut hash = 0;
        let is_live = self.is_live(n, Kind::Region) == Some(true);
        // SAFETY: the memory has as many words as a header, and a place for the output.
        let code = unsafe { call!(sekisho_region_hash(self.slots[n].at(), &mut hash)) };
        assert!(!is_live || code == 0);
        is_live.then_some(hash)
    }

    /// Judges an answer that a journal and a region have made; answers whether both were what they should be.
    fn judge_both(&mut self, n: usize, code: c_int, codes: &[c_int]) -> bool {
        assert!(code >= 0 || super::is_known(code), "{code}");
        if !self.store.is_live || self.is_live(n, Kind::Region) == Some(false) {
            assert_eq!(code, SEKISHO_EPROTO);
            return false;
        }
        let is_known = self.is_live(n, Kind::Region).is_some();
        let can_be = code >= 0 || code <= -SEKISHO_REFUSED || codes.contains(&code);
        assert!(!is_known || can_be, "{code}");
        assert!(!is_known || code != SEKISHO_EIO || self.store.disk.lied);
        if !is_known {
            // What a damaged region makes may be on the storage now.
            self.store.stored = None;
        }
        is_known
    }

    /// Which region callbacks may call for, and what a change of it is answered meanwhile.
    fn in_use(&mut self, n: usize, is_change: bool) {
        let is_live = self.is_live(n, Kind::Region) == Some(true);
        self.store.disk.region = self.slots[n].at();
        self.store.disk.wanted = match is_change {
            true if is_live => Some(SEKISHO_EBUSY),
            _ => None,
        };
    }

    fn position(&mut self) -> sekisho_position {
        let (sequence, history) = (self.bytes.pick(&[0, 1, 7, 1 << 40]), self.bytes.pick(&[1, 2]));
        sekisho_position { sequence, history, reserved: 0 }
    }

    fn format(&mut self) {
        let n = self.slot(Kind::Region);
        let position = self.position();
        let was_live = self.store.is_live;
        let mut is_usable = true;
        if !was_live {
            let (sectors, size) = (self.bytes.pick(&[2, 3]), self.bytes.pick(&[2048, 1024]));
            let (unit, erased) = (self.bytes.pick(&[8, 1, 64]), self.bytes.pick(&[0xFF, 0]));
            self.store.disk.renew(sectors, size, unit, erased);
            self.store.disk.lied = false;
            self.store.stored = None;
            is_usable = self.bytes.below(16) != 15;
        }
        self.in_use(n, false);
        let mut storage = self.store.disk.storage();
        storage.sectors = if is_usable { storage.sectors } else { 1 };
        let (journal, region) = (self.store.journal(), self.slots[n].at::<sekisho_region>());
        // SAFETY: the journal is one or zero, and callbacks keep to the storage.
        let code = unsafe { call!(sekisho_journal_format(journal, &storage, region, &position)) };
        assert!(code >= 0 || super::is_known(code), "{code}");
        let is_live = self.is_live(n, Kind::Region);
        match code {
            _ if was_live => return assert_eq!(code, SEKISHO_EEXIST),
            _ if is_live == Some(false) => assert_eq!(code, SEKISHO_EPROTO),
            _ if is_live == Some(true) && !is_usable => assert_eq!(code, SEKISHO_EINVAL),
            0 => self.store.is_live = true,
            SEKISHO_EIO => assert!(self.store.disk.lied),
            SEKISHO_ENOSPC => {}
            code => assert!(is_live.is_none() || self.store.disk.lied, "{code}"),
        }
        if code == 0 {
            assert_eq!(self.store.position(), Some(position));
            let hash = self.hash(n);
            self.store.note(hash, Some(position));
        }
    }

    fn mount(&mut self) {
        let n = self.slot(Kind::Region);
        let (was_live, before) = (self.store.is_live, self.hash(n));
        self.in_use(n, true);
        let storage = self.store.disk.storage();
        let mut found = sekisho_recovery {
            size: size_of::<sekisho_recovery>() as u32,
            records: 77,
            ..Default::default()
        };
        let pattern = found;
        let (journal, region) = (self.store.journal(), self.slots[n].at());
        // SAFETY: the journal is one or zero, and callbacks keep to the storage.
        let code = unsafe { call!(sekisho_journal_mount(journal, &storage, region, &mut found)) };
        assert!(code >= 0 || super::is_known(code), "{code}");
        assert!(code == 0 || found == pattern);
        if was_live {
            return assert_eq!(code, SEKISHO_EEXIST);
        }
        let is_live = self.is_live(n, Kind::Region);
        assert!(is_live != Some(false) || code == SEKISHO_EPROTO);
        self.store.is_live = code == 0;
        if code == 0 {
            assert_eq!(self.store.position(), Some(found.position));
        }
        let Some(before) = before else { return };
        let after = self.hash(n);
        match code {
            0 => {
                if let Some(stored) = self.store.stored.filter(|_| !self.store.disk.lied) {
                    assert_eq!((after, found.position), (Some(stored.0), stored.1));
                    assert_eq!((found.cut, found.pending), (0, 0));
                }
                self.store.note(after, Some(found.position));
            }
            SEKISHO_EEXIST => assert_eq!(after, Some(before)),
            _ => {
                assert!(self.is_empty(n), "not mounted, and not empty: {code}");
                let is_right = self.store.stored.is_some() && !self.store.disk.lied;
                assert!(!is_right || code <= -SEKISHO_REFUSED, "{code}");
            }
        }
    }

    /// Whether a region holds nothing.
    pub(super) fn is_empty(&mut self, n: usize) -> bool {
        let mut stats = sekisho_region_stats {
            size: size_of::<sekisho_region_stats>() as u32,
            ..Default::default()
        };
        // SAFETY: the memory has as many words as a header, and a place for the output.
        let code = unsafe { call!(sekisho_stats(self.slots[n].at(), &mut stats)) };
        assert_eq!(code, 0);
        stats.vpcs.used + stats.public_addresses.used + stats.interfaces.used == 0
    }

    fn apply(&mut self) {
        let n = self.slot(Kind::Region);
        let line = self.bytes.pick(&LINES);
        let (before, at) = (self.hash(n), self.store.position());
        let sends = self.bytes.flag();
        self.in_use(n, true);
        let disk = &raw mut *self.store.disk;
        let mut sink = Sink { frames: Vec::new(), most: 0, disk };
        let (journal, region) = (self.store.journal(), self.slots[n].at());
        // SAFETY: the journal is one or zero, callbacks keep to the storage, and the line is as long as it says.
        let code = unsafe {
            let (text, len, user) = (line.as_ptr().cast(), line.len(), (&raw mut sink).cast());
            let send: Option<unsafe extern "C" fn(_, _, _) -> _> =
                if sends { Some(send) } else { None };
            call!(sekisho_journal_apply(journal, region, text, len, send, user))
        };
        if !matches!(parse(line.as_bytes()), Ok(Some(Line::Command(_)))) {
            return assert_eq!(code, SEKISHO_EINVAL);
        }
        if !self.judge_both(
            n,
            code,
            &[SEKISHO_EIO, SEKISHO_ENOSPC, SEKISHO_ESTALE, SEKISHO_EBADMSG],
        ) {
            return;
        }
        let (after, now) = (self.hash(n), self.store.position());
        // What changes nothing that lasts is not written.
        let is_written = code == 0 && at != now;
        assert!(is_written || code != 0 || before == after);
        self.advanced(is_written, at, now);
        assert_eq!(sink.frames.len(), usize::from(sends && is_written));
        for bytes in sink.frames {
            self.store.frames.keep(Frame { bytes, hash: after, position: now });
        }
        self.changed(n, code, before, line.starts_with("commit"));
    }

    /// The journal has gone on by one change, or not at all.
    fn advanced(&self, is_done: bool, at: Option<sekisho_position>, now: Option<sekisho_position>) {
        let (Some(at), Some(now)) = (at, now) else { return };
        let sequence = at.sequence.wrapping_add(u64::from(is_done));
        assert_eq!(now, sekisho_position { sequence, ..at });
    }

    /// A change that was refused has changed nothing, and what the storage holds is known as before.
    fn changed(&mut self, n: usize, code: c_int, before: Option<u64>, may_abort: bool) {
        let after = self.hash(n);
        let is_refused = code <= -SEKISHO_REFUSED;
        assert!(code > 0 || before == after || code == 0 || is_refused && may_abort, "{code}");
        let was_stored = self.store.stored.is_some_and(|(hash, _)| Some(hash) == before);
        match code {
            SEKISHO_EIO | SEKISHO_ENOSPC | SEKISHO_EBADMSG => self.store.stored = None,
            _ if before == after && code < 0 => {}
            _ if was_stored => {
                let now = self.store.position();
                self.store.note(after, now);
            }
            _ => self.store.stored = None,
        }
    }

    fn receive(&mut self) {
        let n = self.slot(Kind::Region);
        let (frame, _) = self.frame();
        let (before, at) = (self.hash(n), self.store.position());
        self.in_use(n, true);
        let (journal, region) = (self.store.journal(), self.slots[n].at());
        // SAFETY: as for apply.
        let code =
            unsafe { call!(sekisho_journal_receive(journal, region, frame.as_ptr(), frame.len())) };
        let codes = [SEKISHO_EIO, SEKISHO_ENOSPC, SEKISHO_ESTALE, SEKISHO_EBADMSG, SEKISHO_EPROTO];
        if self.judge_both(n, code, &codes) {
            let now = self.store.position();
            self.advanced(code == 1, at, now);
            assert!(code != 0 || self.hash(n) == before);
            self.changed(n, code, before, true);
        }
    }

    fn adopt(&mut self) {
        let n = self.slot(Kind::Region);
        let position = self.position();
        let before = self.hash(n);
        self.in_use(n, false);
        let (journal, region) = (self.store.journal(), self.slots[n].at::<sekisho_region>());
        // SAFETY: as for apply.
        let code = unsafe { call!(sekisho_journal_adopt(journal, region, &position)) };
        let is_known = self.judge_both(n, code, &[SEKISHO_EIO, SEKISHO_ENOSPC, SEKISHO_EBADMSG]);
        if self.store.is_live && code == 0 {
            assert_eq!(self.store.position(), Some(position));
        }
        match code {
            0 if is_known => self.store.note(before, Some(position)),
            0 | SEKISHO_EIO | SEKISHO_ENOSPC | SEKISHO_EBADMSG => self.store.stored = None,
            _ => {}
        }
    }

    fn serve(&mut self) {
        let n = self.slot(Kind::Region);
        let (request, _) = self.request();
        let most = self.bytes.pick(&[100, 100, 1, 0]);
        let hash = self.hash(n);
        self.in_use(n, false);
        let mut sink = Sink { frames: Vec::new(), most, disk: core::ptr::null_mut() };
        let (journal, region) = (self.store.journal(), self.slots[n].at::<sekisho_region>());
        // SAFETY: as for apply.
        let code = unsafe {
            let (bytes, len, user) = (request.as_ptr(), request.len(), (&raw mut sink).cast());
            call!(sekisho_journal_serve(journal, region, bytes, len, Some(send), user))
        };
        assert!(code >= 0 || super::is_known(code), "{code}");
        assert!(code == 0 || code != SEKISHO_ECANCELED || sink.frames.len() == most + 1);
        assert!(code != 0 || sink.frames.len() <= most);
        if code == 0 {
            assert!(self.store.is_live && self.is_live(n, Kind::Region) != Some(false));
            let position = self.store.position();
            if let [record] = &sink.frames[..] {
                self.store.frames.keep(Frame { bytes: record.clone(), hash, position });
            }
            self.store.frames.keep(Frame {
                bytes: sink.frames.concat(),
                hash: None,
                position: None,
            });
        }
    }

    fn mood(&mut self) {
        let mood = self.bytes.pick(&MOODS);
        self.store.disk.mood = if self.bytes.flag() { mood } else { Mood::Right };
        self.store.disk.right = u32::from(self.bytes.byte() % 32);
    }

    /// Ends the journal, or as when the power is off; or changes a byte of the storage, or its first word.
    fn close(&mut self) {
        let what = self.bytes.below(4);
        if what == 0 {
            let (at, byte) = (self.bytes.word() as usize, self.bytes.byte());
            self.store.disk.damage(at, byte);
        }
        if what == 1 || what == 2 {
            self.store.journal[0] ^= u64::from(what == 1) << (self.bytes.byte() % 64);
            self.store.is_live &= what != 1;
        }
        // SAFETY: the journal is one or zero.
        let code = unsafe { call!(sekisho_journal_close(self.store.journal())) };
        assert_eq!(code, if self.store.is_live { 0 } else { SEKISHO_EPROTO });
        self.store.is_live = false;
        // SAFETY: as above.
        let none = unsafe { call!(sekisho_journal_close(null::<sekisho_journal>().cast_mut())) };
        assert_eq!(none, SEKISHO_EINVAL);
        self.store.journal.fill(0);
        const { assert!(SLOTS > 1) };
    }
}
