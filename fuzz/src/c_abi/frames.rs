//! Calls about bytes: snapshots saved and loaded, records, requests, a follower without storage.

use core::ptr::null;

use sekisho::console::{Line, parse};
use sekisho_ffi::*;

use super::calls::LINES;
use super::slot::Kind;
use super::tally::call;
use super::{SLOTS, World};

/// Bytes that the library has made, and the configuration and the position that they lead to, if known.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Option<u64>,
    pub(super) position: Option<sekisho_position>,
}

/// The latest of them.
pub(super) struct Frames {
    kept: Vec<Frame>,
    next: usize,
}

const MOST: usize = 8;

impl Frames {
    pub(super) fn new() -> Frames {
        Frames { kept: Vec::new(), next: 0 }
    }

    pub(super) fn keep(&mut self, frame: Frame) {
        match self.kept.get_mut(self.next) {
            Some(place) => *place = frame,
            None => self.kept.push(frame),
        }
        self.next = (self.next + 1) % MOST;
    }
}

impl World<'_> {
    /// Bytes of the library's, perhaps with one that is changed; and what is known of them if none is.
    pub(super) fn frame(&mut self) -> (Box<[u8]>, Option<Frame>) {
        let back = self.bytes.below(MOST);
        let flip = self.bytes.byte();
        let Frames { kept, next } = &self.store.frames;
        let Some(frame) = kept.get((next + MOST - 1 - back) % MOST).or(kept.last()).cloned() else {
            return (vec![flip].into_boxed_slice(), None);
        };
        let mut bytes = frame.bytes.clone().into_boxed_slice();
        if flip < 0xD0 || bytes.is_empty() {
            return (bytes, Some(frame));
        }
        let at = self.bytes.word() as usize % bytes.len();
        bytes[at] ^= 1 << (flip % 8);
        (bytes, None)
    }

    /// The request of a follower, or bytes that are none.
    pub(super) fn request(&mut self) -> (Box<[u8]>, bool) {
        let choice = self.bytes.below(8);
        if choice == 0 {
            return (self.frame().0, false);
        }
        let position = self.store.follower;
        let position = if choice < 3 { null() } else { &raw const position };
        let mut needed = 77;
        let mut request = vec![0; SEKISHO_FRAME_MAX];
        // SAFETY: everything is as long as it says.
        let code = unsafe {
            call!(sekisho_request_encode(
                position,
                request.as_mut_ptr(),
                request.len(),
                &mut needed
            ))
        };
        assert_eq!(code, 0);
        request.truncate(needed);
        // SAFETY: as above; there is no room.
        let code = unsafe {
            call!(sekisho_request_encode(position, request.as_mut_ptr(), needed - 1, &mut needed))
        };
        assert_eq!((code, needed), (SEKISHO_ENOSPC, request.len()));
        (request.into_boxed_slice(), true)
    }

    /// Saves a region, in any room.
    pub(super) fn save(&mut self) {
        let n = self.slot(Kind::Region);
        let (hash, position) = (self.hash(n), self.store.follower);
        let region = self.slots[n].at::<sekisho_region>();
        let mut needed = usize::MAX;
        // SAFETY: the memory has as many words as a header; no room is looked at.
        let code = unsafe {
            let buffer = core::ptr::null_mut();
            call!(sekisho_snapshot_save(region, &position, buffer, 0, &mut needed))
        };
        self.judge(n, Kind::Region, code);
        assert_eq!(needed == usize::MAX, code != SEKISHO_ENOSPC);
        if code != SEKISHO_ENOSPC {
            return assert!(hash.is_none());
        }
        // What damaged memory makes is bounded all the same.
        assert!(needed < 1 << 22);
        let length = needed;
        let less = self.bytes.pick(&[0, 0, 1]);
        let mut bytes = vec![0xA5; length - less].into_boxed_slice();
        // SAFETY: everything is as long as it says.
        let code = unsafe {
            let (buffer, cap) = (bytes.as_mut_ptr(), bytes.len());
            call!(sekisho_snapshot_save(region, &position, buffer, cap, &mut needed))
        };
        assert_eq!((code, needed), (if less == 0 { 0 } else { SEKISHO_ENOSPC }, length));
        assert!(code == 0 || bytes.iter().all(|byte| *byte == 0xA5));
        if code == 0 {
            let bytes = bytes.into_vec();
            self.store.frames.keep(Frame { bytes, hash, position: Some(position) });
        }
    }

    /// Loads a snapshot, or what is none, beside a region or none.
    pub(super) fn load(&mut self) {
        let n = self.slot(Kind::Region);
        let old = self.bytes.below(2 * SLOTS);
        let has_old = old < SLOTS && old != n && self.slots[old].len() >= super::slot::HEADER;
        let (bytes, frame) = self.frame();
        let before = self.hash(n);
        let pattern = sekisho_position { sequence: 77, history: 77, reserved: 77 };
        let mut position = pattern;
        let beside = if has_old { self.slots[old].at() } else { core::ptr::null_mut() };
        let region = self.slots[n].at();
        // SAFETY: the memories have as many words as a header, and the bytes are as long as they say.
        let code = unsafe {
            let (bytes, len) = (bytes.as_ptr(), bytes.len());
            call!(sekisho_snapshot_load(region, beside, bytes, len, &mut position))
        };
        assert!(code >= 0 || super::is_known(code), "{code}");
        assert_eq!(position == pattern, code != 0);
        let Some(before) = before else {
            return assert!(self.slots[n].damaged || code == SEKISHO_EPROTO);
        };
        let after = self.hash(n);
        let is_old = !has_old || self.is_live(old, Kind::Region) == Some(true);
        match code {
            0 => {
                let Some(frame) = frame else { panic!("a damaged snapshot was loaded") };
                assert!(frame.hash.is_none_or(|hash| Some(hash) == after));
                assert!(frame.position.is_none_or(|at| at == position));
            }
            SEKISHO_EEXIST => assert_eq!(after, Some(before)),
            SEKISHO_EPROTO if !is_old => assert_eq!(after, Some(before)),
            SEKISHO_EBADMSG | SEKISHO_EPROTO | SEKISHO_ESTALE => assert!(self.is_empty(n)),
            code => assert!(code <= -SEKISHO_REFUSED && self.is_empty(n), "{code}"),
        }
    }

    /// Makes a record of a line in any room, and checks it.
    pub(super) fn record(&mut self) {
        let (line, position) = (self.bytes.pick(&LINES), self.store.follower);
        let cap = self.bytes.pick(&[SEKISHO_FRAME_MAX, SEKISHO_FRAME_MAX, 30, 0]);
        let mut buffer = vec![0xA5; cap].into_boxed_slice();
        let mut needed = 77;
        // SAFETY: everything is as long as it says.
        let code = unsafe {
            let (text, len) = (line.as_ptr().cast(), line.len());
            let buffer = buffer.as_mut_ptr();
            call!(sekisho_record_encode(&position, text, len, buffer, cap, &mut needed))
        };
        if !matches!(parse(line.as_bytes()), Ok(Some(Line::Command(_)))) {
            return assert_eq!((code, needed), (SEKISHO_EINVAL, 77));
        }
        assert_eq!(code, if needed <= cap { 0 } else { SEKISHO_ENOSPC });
        if code == 0 {
            assert!(buffer[needed..].iter().all(|byte| *byte == 0xA5));
            let bytes = buffer[..needed].to_vec();
            self.store.frames.keep(Frame { bytes, hash: None, position: Some(position) });
        } else {
            assert!(buffer.iter().all(|byte| *byte == 0xA5));
        }
        let (bytes, frame) = self.frame();
        let pattern = sekisho_position { sequence: 77, history: 77, reserved: 77 };
        let mut found = pattern;
        // SAFETY: as above.
        let code = unsafe { call!(sekisho_record_check(bytes.as_ptr(), bytes.len(), &mut found)) };
        assert!(matches!(code, 0 | SEKISHO_EBADMSG | SEKISHO_EPROTO), "{code}");
        assert_eq!(found == pattern, code != 0);
        let known = frame.as_ref().and_then(|frame| frame.position);
        assert!(code != 0 || frame.is_some() && known.is_none_or(|known| known == found));
    }

    /// A follower without storage takes a record, or begins elsewhere.
    pub(super) fn follow(&mut self) {
        let n = self.slot(Kind::Region);
        if self.bytes.below(4) == 0 {
            self.store.follower.sequence = self.bytes.pick(&[0, 1, 7]);
            return;
        }
        let (bytes, _) = self.frame();
        let (before, at) = (self.hash(n), self.store.follower);
        let region = self.slots[n].at();
        // SAFETY: the memory has as many words as a header, and the bytes are as long as they say.
        let code = unsafe {
            let follower = &mut self.store.follower;
            call!(sekisho_follower_receive(follower, region, bytes.as_ptr(), bytes.len()))
        };
        assert!(code >= 0 || super::is_known(code), "{code}");
        let sequence = at.sequence + u64::from(code == 1);
        assert_eq!(self.store.follower, sekisho_position { sequence, ..at });
        if self.is_live(n, Kind::Region) == Some(false) {
            return assert_eq!(code, SEKISHO_EPROTO);
        }
        // A refused commit has aborted.
        let may_change = code == 1 || code <= -SEKISHO_REFUSED;
        assert!(may_change || self.hash(n) == before, "{code}");
    }
}
