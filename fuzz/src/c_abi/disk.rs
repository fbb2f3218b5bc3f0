//! A storage of callbacks that may fail, lie, tear or call back.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use sekisho_ffi::*;

use super::tally::call;

/// What callbacks do, from some call on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Right,
    /// Nothing, and say so.
    Fails,
    /// Nothing, and say that it is done.
    Lies,
    /// Half, and say so.
    Tears,
    /// What they should, and call the library for the region in use.
    Meddles,
}

pub(super) const MOODS: [Mood; 5] =
    [Mood::Right, Mood::Fails, Mood::Lies, Mood::Tears, Mood::Meddles];

pub(super) struct Disk {
    content: Vec<u8>,
    pub(super) sectors: u32,
    pub(super) sector_size: u32,
    pub(super) write_size: u32,
    pub(super) erased: u8,
    pub(super) mood: Mood,
    /// Calls before the mood sets in.
    pub(super) right: u32,
    /// Since the last format something was not done as it was asked for: what it holds is not known.
    pub(super) lied: bool,
    /// The region in use; and what a change of it is answered, if that is known.
    pub(super) region: *mut sekisho_region,
    pub(super) wanted: Option<c_int>,
}

impl Disk {
    pub(super) fn new() -> Disk {
        Disk {
            content: vec![0xFF; 4096],
            sectors: 2,
            sector_size: 2048,
            write_size: 8,
            erased: 0xFF,
            mood: Mood::Right,
            right: 0,
            lied: true,
            region: null_mut(),
            wanted: None,
        }
    }

    /// Another geometry, and noise on it.
    pub(super) fn renew(&mut self, sectors: u32, sector_size: u32, write_size: u32, erased: u8) {
        (self.sectors, self.sector_size) = (sectors, sector_size);
        (self.write_size, self.erased) = (write_size, erased);
        let noise = (0..sectors * sector_size).map(|at| (at >> 3) as u8 ^ at as u8);
        self.content = noise.collect();
        self.lied = true;
    }

    /// Writes what nobody has asked for.
    pub(super) fn damage(&mut self, at: usize, byte: u8) {
        let at = at % self.content.len();
        self.content[at] ^= byte;
        self.lied |= byte != 0;
    }

    /// The structure for C.
    pub(super) fn storage(&mut self) -> sekisho_storage {
        sekisho_storage {
            size: size_of::<sekisho_storage>() as u32,
            sectors: self.sectors,
            sector_size: self.sector_size,
            write_size: self.write_size,
            erased: self.erased.into(),
            reserved: 0,
            user: (&raw mut *self).cast(),
            read: Some(read),
            write: Some(write),
            erase: Some(erase),
            sync: Some(sync),
        }
    }

    /// What becomes of a call.
    fn next(&mut self) -> Mood {
        if self.mood == Mood::Right || self.right > 0 {
            self.right = self.right.saturating_sub(1);
            return Mood::Right;
        }
        if self.mood == Mood::Meddles {
            self.meddle();
            return Mood::Right;
        }
        self.lied = true;
        self.mood
    }

    /// Calls amid a call: a change is refused amid another; amid one that only reads, so does this.
    pub(super) fn meddle(&mut self) {
        let Some(wanted) = self.wanted else {
            let mut hash = 0;
            // SAFETY: the region's memory stays where it is as long as the world.
            let read = unsafe { call!(sekisho_region_hash(self.region, &mut hash)) };
            return assert!(read == 0 || super::is_known(read));
        };
        let line = b"region blackout=on";
        // SAFETY: as above; the line is as long as it says, and no answer is wanted.
        let code = unsafe {
            let (text, len) = (line.as_ptr().cast(), line.len());
            call!(sekisho_region_line(self.region, text, len, null_mut(), 0, null_mut()))
        };
        assert_eq!(code, wanted);
    }

    fn place(&mut self, sector: u32, at: u32, len: usize) -> &mut [u8] {
        assert!(sector < self.sectors, "a sector that is not there");
        assert!(at as usize + len <= self.sector_size as usize, "beyond a sector");
        let start = (sector * self.sector_size + at) as usize;
        &mut self.content[start..start + len]
    }
}

/// The storage that a callback is for.
///
/// # Safety
/// `user` is of [`Disk::storage`], whose disk nobody uses while a call goes on.
unsafe fn disk<'a>(user: *mut c_void) -> &'a mut Disk {
    // SAFETY: passed on.
    unsafe { &mut *user.cast::<Disk>() }
}

unsafe extern "C" fn read(
    user: *mut c_void,
    sector: u32,
    at: u32,
    into: *mut u8,
    len: usize,
) -> c_int {
    // SAFETY: passed on.
    let disk = unsafe { disk(user) };
    let (count, code) = match disk.next() {
        Mood::Right | Mood::Meddles => (len, 0),
        Mood::Fails => (0, 5),
        Mood::Lies => (0, 0),
        Mood::Tears => (len / 2, -5),
    };
    let place = disk.place(sector, at, len);
    // SAFETY: the library gives room for `len` bytes, which is not the storage.
    unsafe { core::ptr::copy_nonoverlapping(place.as_ptr(), into, count) };
    code
}

unsafe extern "C" fn write(
    user: *mut c_void,
    sector: u32,
    at: u32,
    bytes: *const u8,
    len: usize,
) -> c_int {
    // SAFETY: passed on.
    let disk = unsafe { disk(user) };
    assert!(at.is_multiple_of(disk.write_size), "half a unit");
    assert!(len.is_multiple_of(disk.write_size as usize), "half a unit");
    let (count, code) = match disk.next() {
        Mood::Right | Mood::Meddles => (len, 0),
        Mood::Fails => (0, -5),
        Mood::Lies => (0, 0),
        Mood::Tears => (len / 2, 1),
    };
    let (erased, lied) = (disk.erased, disk.lied);
    let place = disk.place(sector, at, len);
    assert!(lied || place.iter().all(|byte| *byte == erased), "written twice");
    // SAFETY: the library gives `len` bytes, which are not the storage.
    unsafe { core::ptr::copy_nonoverlapping(bytes, place.as_mut_ptr(), count) };
    code
}

unsafe extern "C" fn erase(user: *mut c_void, sector: u32) -> c_int {
    // SAFETY: passed on.
    let disk = unsafe { disk(user) };
    let size = disk.sector_size as usize;
    let (count, code) = match disk.next() {
        Mood::Right | Mood::Meddles => (size, 0),
        Mood::Fails => (0, -5),
        Mood::Lies => (0, 0),
        Mood::Tears => (size / 2, -1),
    };
    let erased = disk.erased;
    disk.place(sector, 0, size)[..count].fill(erased);
    code
}

unsafe extern "C" fn sync(user: *mut c_void) -> c_int {
    // SAFETY: passed on.
    match unsafe { disk(user) }.next() {
        Mood::Right | Mood::Meddles | Mood::Lies => 0,
        Mood::Fails | Mood::Tears => -5,
    }
}

/// Frames that a call has handed over.
pub(super) struct Sink {
    pub(super) frames: Vec<Vec<u8>>,
    /// How many are taken.
    pub(super) most: usize,
    /// A storage to call back for.
    pub(super) disk: *mut Disk,
}

pub(super) unsafe extern "C" fn send(user: *mut c_void, frame: *const u8, len: usize) -> c_int {
    // SAFETY: `user` is a sink that nobody uses while a call goes on.
    let sink = unsafe { &mut *user.cast::<Sink>() };
    assert!(len <= SEKISHO_FRAME_MAX);
    // SAFETY: the library gives `len` bytes.
    sink.frames.push(unsafe { core::slice::from_raw_parts(frame, len) }.to_vec());
    if !sink.disk.is_null() {
        // SAFETY: no callback of the storage goes on meanwhile.
        unsafe { &mut *sink.disk }.meddle();
    }
    c_int::from(sink.frames.len() > sink.most)
}
