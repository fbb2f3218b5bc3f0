//! Hostile sequences of calls through the C interface: live memories, blank ones, ended ones, damaged ones and
//! wrong ones in any order, with any argument.
//!
//! Memories are of exactly the size that they state: under the address sanitizer, which watches the library too,
//! a byte outside ends the program; without one, words behind and before them are compared. Every answer is a
//! code of the header; an error leaves every output as it was; a handle is refused exactly if its memory holds
//! nothing of that kind, as long as nothing has damaged it; and the routes of an arena that nothing has damaged
//! are those of a list that is scanned.
#![allow(unsafe_code, reason = "it is C's part that is played here")]

mod arena;
mod calls;
mod disk;
mod frames;
mod lookups;
mod names;
mod slot;
mod store;
mod tables;
mod tally;

use core::ffi::{CStr, c_int};

use sekisho_ffi::*;

use crate::bytes::Bytes;
use slot::{Kind, Slot};
use store::Store;
pub use tally::c_calls;
use tally::call;

const STEPS: usize = 200;
/// Memories at a time.
const SLOTS: usize = 4;

/// Runs a program of calls.
pub fn c_abi(data: &[u8]) {
    let mut world = World::new(Bytes::new(data));
    for _ in 0..STEPS {
        if world.bytes.is_empty() {
            break;
        }
        world.step();
    }
    world.slots.iter().for_each(Slot::check);
}

struct World<'a> {
    bytes: Bytes<'a>,
    slots: [Slot; SLOTS],
    readers: [Reader; 2],
    store: Store,
}

/// A reader as C holds it, and the memory that it is of.
struct Reader {
    opaque: sekisho_lpm_reader,
    index: u16,
    slot: Option<usize>,
}

impl<'a> World<'a> {
    fn new(mut bytes: Bytes<'a>) -> World<'a> {
        let sizes = [(); SLOTS].map(|()| bytes.byte());
        let mut slots =
            sizes.map(|size| Slot::new(slot::SIZES[usize::from(size) % slot::SIZES.len()]));
        if slots[0].len() < slot::HEADER {
            slots[0] = Slot::new(slot::SIZES[0]);
        }
        let none =
            || Reader { opaque: sekisho_lpm_reader { opaque: [0; 8] }, index: 0, slot: None };
        World { bytes, slots, readers: [none(), none()], store: Store::new() }
    }

    fn step(&mut self) {
        match self.bytes.below(16) {
            0 | 1 => self.init(),
            2 => self.attach(),
            3 => self.fini(),
            4 => self.damage(),
            5 | 6 => self.line(),
            7..=9 => self.packet(),
            10 => self.count(),
            11 => self.reader(),
            12 => self.look(),
            13 => self.routes(),
            14 => self.store(),
            _ => match self.bytes.below(8) {
                0 => self.bulk(),
                1 => self.reader_bulk(),
                2 => self.names(),
                3..=5 => self.tables(),
                _ => self.store(),
            },
        }
    }

    /// A memory to hand over as a handle, mostly one of this kind.
    fn slot(&mut self, kind: Kind) -> usize {
        let byte = self.bytes.byte();
        let from = usize::from(byte) % SLOTS;
        let all = || (0..SLOTS).map(|n| (from + n) % SLOTS);
        let long = || all().filter(|&n| self.slots[n].len() >= slot::HEADER);
        let live = long().find(|&n| self.slots[n].kind == Some(kind));
        let any = long().next().unwrap_or(0);
        if byte & 0xC0 == 0xC0 { any } else { live.unwrap_or(any) }
    }

    /// Whether a memory holds this, if that is known.
    fn is_live(&self, n: usize, kind: Kind) -> Option<bool> {
        let slot = &self.slots[n];
        (!slot.damaged).then_some(slot.kind == Some(kind))
    }

    /// Whether an answer is one that the header knows, and the one that this handle makes.
    fn judge(&self, slot: usize, kind: Kind, answer: c_int) -> c_int {
        assert!(answer >= 0 || is_known(answer), "{answer}");
        let slot = &self.slots[slot];
        if !slot.damaged {
            let is_one = slot.kind == Some(kind);
            // A larger structure is answered alike; none is handed over here.
            assert_eq!(is_one, answer != SEKISHO_EPROTO, "{:?} as {kind:?}: {answer}", slot.kind);
        }
        answer
    }
}

fn is_known(answer: c_int) -> bool {
    // SAFETY: a static string.
    let name = unsafe { CStr::from_ptr(call!(sekisho_strerror(answer))) };
    name != c"unknown error"
}
