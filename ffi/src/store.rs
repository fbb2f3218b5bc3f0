//! State that survives: snapshots in buffers, a journal on C's storage, followers.

use core::ffi::{c_char, c_int, c_void};

use sekisho::console::{Line, parse};
use sekisho::region::{Command, Region};
use sekisho::store::snapshot::{self, Loader};
use sekisho::store::{
    ApplyError, Error, Follower, Geometry, Journal, Position, Record, Recovery, Request, Storage,
    StorageFault, Turn, frame,
};

use crate::guard::{self, Output, answer};
use crate::region::{attached, changing, sekisho_region};
use crate::status::{
    SEKISHO_EBADMSG, SEKISHO_ECANCELED, SEKISHO_EEXIST, SEKISHO_EFAULT, SEKISHO_EINVAL,
    SEKISHO_EIO, SEKISHO_ENOENT, SEKISHO_ENOSPC, SEKISHO_EPROTO, SEKISHO_ESTALE, command_error,
};

/// The most bytes of a frame: a record, a request, or a part of a snapshot.
pub const SEKISHO_FRAME_MAX: usize = 512;
const _: () = assert!(SEKISHO_FRAME_MAX == frame::MAX_FRAME);

/// Where a configuration stands in the history of changes that made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_position {
    /// How many changes there have been.
    pub sequence: u64,
    /// Which history: a number of your choice, another one for each region that counts on its own.
    pub history: u32,
    /// 0.
    pub reserved: u32,
}

impl From<Position> for sekisho_position {
    fn from(Position { history, sequence }: Position) -> sekisho_position {
        sekisho_position { sequence, history, reserved: 0 }
    }
}

impl sekisho_position {
    fn position(&self) -> Result<Position, c_int> {
        match self.reserved {
            0 => Ok(Position { history: self.history, sequence: self.sequence }),
            _ => Err(SEKISHO_EPROTO),
        }
    }
}

/// Storage of two or more sectors that are erased whole and written once, such as flash memory. Set size to
/// sizeof(sekisho_storage) first. Callbacks must not call this library with the journal that is in use; changes
/// of its region are answered SEKISHO_EBUSY meanwhile.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sekisho_storage {
    /// sizeof(sekisho_storage).
    pub size: u32,
    /// How many sectors there are: 2 or more.
    pub sectors: u32,
    /// Bytes of a sector: 1024 or more, a multiple of write_size.
    pub sector_size: u32,
    /// Bytes that are written together: a power of two, at most 512.
    pub write_size: u32,
    /// What erased bytes read as: 0 to 255.
    pub erased: u32,
    /// 0.
    pub reserved: u32,
    /// Handed to the callbacks.
    pub user: *mut c_void,
    /// Reads len bytes of a sector. Like the others it answers 0, or anything else if it failed.
    pub read: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            sector: u32,
            at: u32,
            into: *mut u8,
            len: usize,
        ) -> c_int,
    >,
    /// Writes len bytes of a sector that have been erased.
    pub write: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            sector: u32,
            at: u32,
            bytes: *const u8,
            len: usize,
        ) -> c_int,
    >,
    /// Erases a sector.
    pub erase: Option<unsafe extern "C" fn(user: *mut c_void, sector: u32) -> c_int>,
    /// Returns once everything that was written or erased is there to stay.
    pub sync: Option<unsafe extern "C" fn(user: *mut c_void) -> c_int>,
}

/// A region's state on a storage. The handle is the structure itself, in the caller's memory: zeroed, then
/// made by sekisho_journal_format or sekisho_journal_mount, and from then on touched by this library alone. It
/// holds the callbacks: behind its first word, damage leads anywhere.
#[derive(Debug)]
#[repr(C)]
pub struct sekisho_journal {
    _private: [u64; 24],
}

/// What was found on a storage. Set size to sizeof(sekisho_recovery) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_recovery {
    /// sizeof(sekisho_recovery).
    pub size: u32,
    /// 0, or what kept the storage from being put in order again; the next change tries again.
    pub pending: i32,
    /// Where the region stands.
    pub position: sekisho_position,
    /// Records that were replayed behind the snapshot.
    pub records: u32,
    /// 1 if the last record was torn or damaged and has been cut.
    pub cut: u32,
}

/// C's callbacks, none of them NULL.
#[derive(Clone, Copy, Debug)]
struct Callbacks {
    geometry: Geometry,
    user: *mut c_void,
    read: unsafe extern "C" fn(*mut c_void, u32, u32, *mut u8, usize) -> c_int,
    write: unsafe extern "C" fn(*mut c_void, u32, u32, *const u8, usize) -> c_int,
    erase: unsafe extern "C" fn(*mut c_void, u32) -> c_int,
    sync: unsafe extern "C" fn(*mut c_void) -> c_int,
}

impl Callbacks {
    fn new(storage: &sekisho_storage) -> Result<Callbacks, c_int> {
        guard::size::<sekisho_storage>(storage.size)?;
        if storage.reserved != 0 {
            return Err(SEKISHO_EPROTO);
        }
        let &sekisho_storage { sectors, sector_size, write_size, user, .. } = storage;
        let erased = u8::try_from(storage.erased).map_err(|_| SEKISHO_EINVAL)?;
        Ok(Callbacks {
            geometry: Geometry { sectors, sector_size, write_size, erased },
            user,
            read: storage.read.ok_or(SEKISHO_EINVAL)?,
            write: storage.write.ok_or(SEKISHO_EINVAL)?,
            erase: storage.erase.ok_or(SEKISHO_EINVAL)?,
            sync: storage.sync.ok_or(SEKISHO_EINVAL)?,
        })
    }
}

fn done(code: c_int) -> Result<(), StorageFault> {
    if code == 0 { Ok(()) } else { Err(StorageFault(code)) }
}

impl Storage for Callbacks {
    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        // SAFETY: the caller's promise of its callback; it gets room for `len` bytes.
        done(unsafe { (self.read)(self.user, sector, at, into.as_mut_ptr(), into.len()) })
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        // SAFETY: the caller's promise of its callback; it gets `len` bytes.
        done(unsafe { (self.write)(self.user, sector, at, bytes.as_ptr(), bytes.len()) })
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        // SAFETY: the caller's promise of its callback.
        done(unsafe { (self.erase)(self.user, sector) })
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        // SAFETY: the caller's promise of its callback.
        done(unsafe { (self.sync)(self.user) })
    }
}

/// What a [`sekisho_journal`] holds.
#[repr(C)]
struct Held {
    magic: u64,
    journal: Journal<Callbacks>,
}

/// "SKJournl".
const MAGIC: u64 = 0x534B_4A6F_7572_6E6C;
const _: () = assert!(size_of::<Held>() <= size_of::<sekisho_journal>());
const _: () = assert!(align_of::<Held>() <= align_of::<sekisho_journal>());

/// The journal of a handle.
///
/// # Safety
/// If not null and aligned, `journal` points to a `sekisho_journal` that nothing else accesses during `'a`,
/// which is zero or was made by this library.
#[inline(never)]
unsafe fn held<'a>(journal: *mut sekisho_journal) -> Result<&'a mut Held, c_int> {
    if journal.is_null() {
        return Err(SEKISHO_EINVAL);
    }
    if !journal.is_aligned() {
        return Err(SEKISHO_EFAULT);
    }
    // SAFETY: the caller says that the structure is there; of what it may hold the magic comes first, and
    // any bits are a number.
    let magic = unsafe { journal.cast::<u64>().read() };
    if magic != MAGIC {
        return Err(SEKISHO_EPROTO);
    }
    // SAFETY: the magic is written with the rest and only so.
    Ok(unsafe { &mut *journal.cast::<Held>() })
}

/// The structure that is to become a journal, which is none yet.
///
/// # Safety
/// If not null, `journal` points to a structure that nobody else uses, as for [`held`].
unsafe fn vacant(journal: *mut sekisho_journal) -> Result<Output<Held>, c_int> {
    // SAFETY: passed on.
    if unsafe { held(journal) }.is_ok() {
        return Err(SEKISHO_EEXIST);
    }
    // SAFETY: passed on.
    unsafe { Output::new(journal.cast::<Held>()) }
}

fn store_error(error: Error) -> c_int {
    match error {
        Error::Refused(error) => command_error(error),
        Error::NewerVersion(_) => SEKISHO_EPROTO,
        Error::Gap(_) | Error::ForeignHistory | Error::Bypassed => SEKISHO_ESTALE,
        Error::NotEmpty => SEKISHO_EEXIST,
        Error::Full | Error::StorageFull | Error::HistoryFull => SEKISHO_ENOSPC,
        Error::Unformatted => SEKISHO_ENOENT,
        Error::BadGeometry => SEKISHO_EINVAL,
        Error::Storage(_) => SEKISHO_EIO,
        Error::Output => SEKISHO_ECANCELED,
        _ => SEKISHO_EBADMSG,
    }
}

fn apply_error(error: ApplyError) -> c_int {
    match error {
        ApplyError::Refused(error) => command_error(error),
        ApplyError::NotStored(error) => store_error(error),
    }
}

/// The command of a line.
fn command(line: &[u8]) -> Result<Command, c_int> {
    match parse(line) {
        Ok(Some(Line::Command(command))) => Ok(command),
        Ok(_) => Err(SEKISHO_EINVAL),
        Err(error) => Err(command_error(error)),
    }
}

/// Bytes for C: all of them are counted, and those kept that fit.
struct Bytes<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl Bytes<'_> {
    fn add(&mut self, bytes: &[u8]) {
        if let Some(place) = self.room.get_mut(self.length..).filter(|p| p.len() >= bytes.len()) {
            for (place, byte) in place.iter_mut().zip(bytes) {
                *place = *byte;
            }
        }
        self.length += bytes.len();
    }
}

/// Runs `make` for the length alone, and then, if that fits, for the bytes.
///
/// # Safety
/// As for [`guard::bytes_mut`] and [`Output::new`]; with a capacity of 0 the pointer is not looked at.
unsafe fn fill(
    buffer: *mut u8,
    cap: usize,
    needed: *mut usize,
    make: impl Fn(&mut Bytes<'_>) -> Result<(), c_int>,
) -> Result<(), c_int> {
    // SAFETY: passed on.
    let needed = unsafe { Output::new(needed) }?;
    let room = match cap {
        0 => &mut [],
        // SAFETY: passed on.
        _ => unsafe { guard::bytes_mut(buffer, cap) }?,
    };
    let mut counted = Bytes { room: &mut [], length: 0 };
    make(&mut counted)?;
    let length = counted.length;
    needed.set(length);
    if length > room.len() {
        return Err(SEKISHO_ENOSPC);
    }
    make(&mut Bytes { room, length: 0 })
}

/// Makes the record of a command, given as a line of the console language, that leads to a position.
///
/// Writes the length to *needed. ENOSPC: cap is under it; nothing else was written then. EINVAL: a pointer is
/// NULL, or the line is no command that changes something. A line that is none is answered as
/// sekisho_region_line does.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_record_encode(
    position: *const sekisho_position,
    line: *const c_char,
    len: usize,
    buffer: *mut u8,
    cap: usize,
    needed: *mut usize,
) -> c_int {
    let encode = || {
        // SAFETY: the caller's promise.
        let position = unsafe { guard::input(position) }?.position()?;
        // SAFETY: the caller's promise.
        let command = command(unsafe { guard::bytes(line.cast(), len) }?)?;
        let make = |bytes: &mut Bytes<'_>| {
            let mut frame = [0; SEKISHO_FRAME_MAX];
            bytes.add(Record::encode(position, &command, &mut frame).map_err(store_error)?);
            Ok(())
        };
        // SAFETY: the caller's promise.
        unsafe { fill(buffer, cap, needed, make) }
    };
    answer(encode())
}

/// Checks that bytes are one whole record, and writes the position that it leads to.
///
/// EBADMSG: they are none. EPROTO: they are one of a newer format version.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_record_check(
    frame: *const u8,
    len: usize,
    position: *mut sekisho_position,
) -> c_int {
    let check = || {
        // SAFETY: the caller's promise.
        let position = unsafe { Output::new(position) }?;
        // SAFETY: the caller's promise.
        let record = Record::decode(unsafe { guard::bytes(frame, len) }?).map_err(store_error)?;
        position.set(record.position.into());
        Ok(())
    };
    answer(check())
}

/// Writes the snapshot of a region that stands at a position, and its length to *needed. With cap 0 buffer is
/// not looked at.
///
/// ENOSPC: cap is under the length; nothing but *needed was written then.
///
/// Cost: grows with the configuration. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_snapshot_save(
    region: *const sekisho_region,
    position: *const sekisho_position,
    buffer: *mut u8,
    cap: usize,
    needed: *mut usize,
) -> c_int {
    let save = || {
        // SAFETY: the caller's promise.
        let position = unsafe { guard::input(position) }?.position()?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        let make = |bytes: &mut Bytes<'_>| {
            let saved = snapshot::save(region, position, |frame| {
                bytes.add(frame);
                Ok(())
            });
            saved.map(|_| ()).map_err(store_error)
        };
        // SAFETY: the caller's promise.
        unsafe { fill(buffer, cap, needed, make) }
    };
    answer(save())
}

/// Loads a snapshot into an empty region, and writes its position. The region that this one is to take the
/// place of may be given as old, so that a flow table can go on with it; else old is NULL.
///
/// EEXIST: the region is not empty. EBADMSG: the snapshot is damaged, not whole, or something is behind it.
/// EPROTO: it is of a newer format version. -(SEKISHO_REFUSED + CapacityExceeded): the region is too small.
/// The region is empty after each of these.
///
/// Cost: grows with the snapshot. Threads: writer of region; shared of old.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_snapshot_load(
    region: *mut sekisho_region,
    old: *const sekisho_region,
    bytes: *const u8,
    len: usize,
    position: *mut sekisho_position,
) -> c_int {
    let load = || {
        // SAFETY: the caller's promise.
        let position = unsafe { Output::new(position) }?;
        // SAFETY: the caller's promise.
        let bytes = unsafe { guard::bytes(bytes, len) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        // SAFETY: the caller's promise.
        let loader = unsafe { loader(&mut region, old) }?;
        position.set(loader.whole(bytes).map_err(store_error)?.into());
        Ok(())
    };
    answer(load())
}

/// The loader of a region, that is to take the place of another one if there is one. Apart from the loading,
/// so that what the other takes of the stack is free again.
///
/// # Safety
/// As for [`guard::handle`].
#[inline(never)]
unsafe fn loader<'r, 'm>(
    region: &'r mut Region<'m>,
    old: *const sekisho_region,
) -> Result<Loader<'r, 'm>, c_int> {
    if old.is_null() {
        return Loader::new(region).map_err(store_error);
    }
    let mut place = None;
    // SAFETY: passed on.
    let old = unsafe { attached(old, &mut place) }?;
    Loader::beside(region, old).map_err(store_error)
}

/// Makes a storage hold a region's configuration, which stands at a position, and nothing else; what it held
/// is lost. The journal is then this structure, until sekisho_journal_close.
///
/// EINVAL: a pointer is NULL, or the geometry cannot be used. EEXIST: the structure is a journal in use.
/// EPROTO: the storage's size is of a newer version. ENOSPC: the state does not fit into a sector. EIO: the
/// storage failed.
///
/// Cost: grows with the configuration and the sectors. Threads: owner of journal; shared of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_format(
    journal: *mut sekisho_journal,
    storage: *const sekisho_storage,
    region: *const sekisho_region,
    position: *const sekisho_position,
) -> c_int {
    let format = || {
        // SAFETY: the caller's promise.
        let out = unsafe { vacant(journal) }?;
        // SAFETY: the caller's promise.
        let callbacks = Callbacks::new(unsafe { guard::input(storage) }?)?;
        // SAFETY: the caller's promise.
        let position = unsafe { guard::input(position) }?.position()?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        let journal = Journal::format(callbacks, region, position).map_err(store_error)?;
        out.set(Held { magic: MAGIC, journal });
        Ok(())
    };
    answer(format())
}

/// Brings the state on a storage into an empty region. A record at the end that is torn or damaged is cut.
/// The journal is then this structure, until sekisho_journal_close. recovery may be NULL.
///
/// ENOENT: the storage holds no state; format it. EBADMSG: it is damaged elsewhere than at its end. EEXIST: the
/// region is not empty, or the structure is a journal in use; the region is as before then, and empty after
/// each other one. EPROTO: the state is of a newer format version. -(SEKISHO_REFUSED + CapacityExceeded): the
/// region is too small. EIO: the storage failed. EINVAL: a pointer is NULL, the geometry cannot be used, or
/// recovery->size is under sizeof(sekisho_recovery); EPROTO: it is over it, which, as with EINVAL for a
/// pointer, leaves the region as before.
///
/// Cost: grows with what is on the storage. Threads: owner of journal; writer of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_mount(
    journal: *mut sekisho_journal,
    storage: *const sekisho_storage,
    region: *mut sekisho_region,
    recovery: *mut sekisho_recovery,
) -> c_int {
    let mount = || {
        // SAFETY: the caller's promise.
        let out = unsafe { vacant(journal) }?;
        // SAFETY: the caller's promise.
        let found = unsafe { Output::maybe(recovery) }?;
        let size = match found {
            // SAFETY: the caller's promise.
            Some(_) => unsafe { guard::input(recovery) }?.size,
            None => 0,
        };
        if found.is_some() {
            guard::size::<sekisho_recovery>(size)?;
        }
        // SAFETY: the caller's promise.
        let callbacks = Callbacks::new(unsafe { guard::input(storage) }?)?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        let (journal, recovery) = Journal::mount(callbacks, &mut region).map_err(store_error)?;
        let Recovery { position, records, cut, pending } = recovery;
        if let Some(found) = found {
            found.set(sekisho_recovery {
                size,
                pending: pending.map_or(0, store_error),
                position: position.into(),
                records,
                cut: cut.into(),
            });
        }
        out.set(Held { magic: MAGIC, journal });
        Ok(())
    };
    answer(mount())
}

/// Ends a journal; the state stays on the storage.
///
/// EPROTO: the structure is no journal in use.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_close(journal: *mut sekisho_journal) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { held(journal) }.map(|held| held.magic = 0))
}

/// Writes where the journal's region stands.
///
/// EPROTO: the structure is no journal in use.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_position(
    journal: *mut sekisho_journal,
    position: *mut sekisho_position,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let position = unsafe { Output::new(position) }?;
        // SAFETY: the caller's promise.
        position.set(unsafe { held(journal) }?.journal.position().into());
        Ok(())
    };
    answer(read())
}

/// Carries out a command, given as a line of the console language, once it is on the storage to stay. With
/// send, its record is then handed over, for followers; what send answers does not count. Questions are
/// for sekisho_region_line.
///
/// EINVAL: a pointer is NULL, or the line is no command that changes something. EPROTO: the structure is no journal
/// in use. EIO, ENOSPC: it could not be stored (ENOSPC as well where sequence can count no further: adopt another
/// history), and the region is as before; until another change is stored, a mount may find it made all the same.
/// ESTALE: the region has been changed past the journal: nothing was done, and
/// sekisho_journal_adopt makes the region's state count. -(SEKISHO_REFUSED + the error's number): it is refused.
///
/// Cost: as sekisho_region_line, and a write; now and then as sekisho_journal_adopt. Threads: owner of journal;
/// writer of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_apply(
    journal: *mut sekisho_journal,
    region: *mut sekisho_region,
    line: *const c_char,
    len: usize,
    send: Option<unsafe extern "C" fn(user: *mut c_void, frame: *const u8, len: usize) -> c_int>,
    user: *mut c_void,
) -> c_int {
    let apply = || {
        // SAFETY: the caller's promise.
        let command = command(unsafe { guard::bytes(line.cast(), len) }?)?;
        // SAFETY: the caller's promise.
        let held = unsafe { held(journal) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        let applied = held.journal.apply_and_send(&mut region, &command, |frame| {
            if let Some(send) = send {
                // SAFETY: the caller's promise of its callback; it gets `len` bytes.
                unsafe { send(user, frame.as_ptr(), frame.len()) };
            }
        });
        applied.map_err(apply_error)
    };
    answer(apply())
}

/// Takes a record of the region that this one follows: stores it and makes its change. Answers 1 if its turn
/// had come, 0 if its change had been made before.
///
/// ESTALE: a record before it has not come, it is of another history, or the region has been changed past the
/// journal; ask for what is missing.
/// EBADMSG, EPROTO: as for sekisho_record_check. EIO, ENOSPC: as for sekisho_journal_apply.
///
/// Cost: as sekisho_journal_apply. Threads: owner of journal; writer of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_receive(
    journal: *mut sekisho_journal,
    region: *mut sekisho_region,
    frame: *const u8,
    len: usize,
) -> c_int {
    let receive = || {
        // SAFETY: the caller's promise.
        let frame = unsafe { guard::bytes(frame, len) }?;
        // SAFETY: the caller's promise.
        let held = unsafe { held(journal) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        held.journal.receive(&mut region, frame).map_err(store_error)
    };
    turn(receive())
}

/// Stores the state of a region that was loaded from a snapshot of this position, in place of what the journal
/// had. Return codes as for sekisho_journal_format, and EPROTO: the structure is no journal in use.
///
/// Cost: as sekisho_journal_format. Threads: owner of journal; shared of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_adopt(
    journal: *mut sekisho_journal,
    region: *const sekisho_region,
    position: *const sekisho_position,
) -> c_int {
    let adopt = || {
        // SAFETY: the caller's promise.
        let position = unsafe { guard::input(position) }?.position()?;
        // SAFETY: the caller's promise.
        let held = unsafe { held(journal) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        held.journal.adopt(region, position).map_err(store_error)
    };
    answer(adopt())
}

/// Hands to send what a follower's request asks for, frame by frame: the records behind its position, or a
/// snapshot.
///
/// EBADMSG, EPROTO: the request is damaged, or of a newer format version. ECANCELED: send has ended it.
///
/// Cost: grows with the records behind the request, or the configuration. Threads: owner of journal; shared of
/// region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_journal_serve(
    journal: *mut sekisho_journal,
    region: *const sekisho_region,
    request: *const u8,
    len: usize,
    send: Option<unsafe extern "C" fn(user: *mut c_void, frame: *const u8, len: usize) -> c_int>,
    user: *mut c_void,
) -> c_int {
    let serve = || {
        let send = send.ok_or(SEKISHO_EINVAL)?;
        // SAFETY: the caller's promise.
        let request =
            Request::decode(unsafe { guard::bytes(request, len) }?).map_err(store_error)?;
        // SAFETY: the caller's promise.
        let held = unsafe { held(journal) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let region = unsafe { attached(region, &mut place) }?;
        let served = held.journal.serve(region, &request, |frame| {
            // SAFETY: the caller's promise of its callback; it gets `len` bytes.
            match unsafe { send(user, frame.as_ptr(), frame.len()) } {
                0 => Ok(()),
                _ => Err(Error::Output),
            }
        });
        served.map(|_| ()).map_err(store_error)
    };
    answer(serve())
}

/// As sekisho_journal_receive, for a follower without storage: its position is all that it keeps, and that
/// goes on with each change. There is no storage to fail: no EIO.
///
/// Cost: as sekisho_region_line. Threads: owner of position; writer of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_follower_receive(
    position: *mut sekisho_position,
    region: *mut sekisho_region,
    frame: *const u8,
    len: usize,
) -> c_int {
    let receive = || {
        // SAFETY: the caller's promise.
        let mut follower = Follower::at(unsafe { guard::input(position) }?.position()?);
        // SAFETY: the caller's promise.
        let frame = unsafe { guard::bytes(frame, len) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        let turn = follower.receive(&mut region, frame).map_err(store_error)?;
        if let Some(next) = follower.position() {
            // SAFETY: the caller's promise; it was read above.
            unsafe { Output::new(position) }?.set(next.into());
        }
        Ok(turn)
    };
    turn(receive())
}

/// Makes the request of a follower that stands at a position; with position NULL it asks for a snapshot.
/// Writes the length to *needed. ENOSPC: cap is under it.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_request_encode(
    position: *const sekisho_position,
    buffer: *mut u8,
    cap: usize,
    needed: *mut usize,
) -> c_int {
    let encode = || {
        let position = match position.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { guard::input(position) }?.position()?),
        };
        let make = |bytes: &mut Bytes<'_>| {
            let mut frame = [0; SEKISHO_FRAME_MAX];
            bytes.add(Request { position }.encode(&mut frame).map_err(store_error)?);
            Ok(())
        };
        // SAFETY: the caller's promise.
        unsafe { fill(buffer, cap, needed, make) }
    };
    answer(encode())
}

fn turn(turn: Result<Turn, c_int>) -> c_int {
    match turn {
        Ok(Turn::Next) => 1,
        Ok(Turn::Past) => 0,
        Err(code) => code,
    }
}
