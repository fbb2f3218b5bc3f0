//! Regions: memory, and the console's lines.

use core::ffi::{c_char, c_int, c_void};
use core::fmt;
use core::sync::atomic::AtomicU32;

use sekisho::MemoryError;
use sekisho::console::{self, Counters, Line, Status};
use sekisho::flow::Watch;
use sekisho::limits::Profile;
use sekisho::region::{Head, Region, Shape};
use sekisho::tables::Tables;

use crate::flows::{sekisho_flows, watch};
use crate::guard::{self, Changing, Output, WORD, answer, memory_error};
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOSPC, SEKISHO_EPROTO, command_error};

/// The alignment of every memory that is handed over, in bytes.
pub const SEKISHO_ALIGN: usize = 4;
/// The least room for an answer that sekisho_region_line takes. Every answer to a command that can
/// change something fits.
pub const SEKISHO_ANSWER_MIN: usize = 128;

/// The words of a header that tell the length of a region: three, one a capacity, and what follows
/// from them under its seal.
const HEADER: usize = 25;

const _: () = assert!(SEKISHO_ALIGN == align_of::<AtomicU32>());

/// A region: VPCs with their borders, and the compiled tables that packets are judged by. The
/// handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_region {
    _memory: [AtomicU32; 0],
}

/// The capacities of a region. Set size to sizeof(sekisho_profile) first, then let
/// sekisho_profile_firmware or sekisho_profile_large fill in the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_profile {
    /// sizeof(sekisho_profile).
    pub size: u32,
    /// VPCs in the region; also IPv4 gateways, as a VPC has at most one.
    pub vpcs: u16,
    /// Secondary and user CIDRs of one VPC.
    pub cidrs_per_vpc: u16,
    /// vSwitches of one VPC.
    pub vswitches_per_vpc: u16,
    /// Route tables of one VPC, the System table and the gateway table included.
    pub tables_per_vpc: u16,
    /// Entries of one table beside the automatic ones: Custom entries and overrides.
    pub entries_per_table: u16,
    /// Dynamic entries of one table, effective or candidate.
    pub dynamic_per_table: u16,
    /// Entries of all tables whose next hop is an equal-cost set.
    pub ecmp_sets: u16,
    /// Instances and network interfaces in the region.
    pub interfaces: u16,
    /// Public addresses in the region.
    pub public_addresses: u16,
    /// NAT gateways in the region.
    pub nat_gateways: u16,
    /// SNAT entries in the region.
    pub snat_entries: u16,
    /// DNAT entries in the region.
    pub forward_entries: u16,
    /// Load balancers in the region, internal and internet ones.
    pub load_balancers: u16,
    /// Gateway load balancers in the region.
    pub gwlbs: u16,
    /// Appliances in the region.
    pub appliances: u16,
    /// GWLB endpoints in the region.
    pub endpoints: u16,
    /// Route target groups in the region.
    pub route_target_groups: u16,
    /// Threads that may judge packets while the region changes; 0 if everything happens in turn. See
    /// sekisho_region_reader_register.
    pub readers: u16,
}

impl sekisho_profile {
    pub(crate) const fn of(profile: &Profile) -> sekisho_profile {
        sekisho_profile {
            size: size_of::<sekisho_profile>() as u32,
            vpcs: profile.vpcs,
            cidrs_per_vpc: profile.cidrs_per_vpc,
            vswitches_per_vpc: profile.vswitches_per_vpc,
            tables_per_vpc: profile.tables_per_vpc,
            entries_per_table: profile.entries_per_table,
            dynamic_per_table: profile.dynamic_per_table,
            ecmp_sets: profile.ecmp_sets,
            interfaces: profile.interfaces,
            public_addresses: profile.public_addresses,
            nat_gateways: profile.nat_gateways,
            snat_entries: profile.snat_entries,
            forward_entries: profile.forward_entries,
            load_balancers: profile.load_balancers,
            gwlbs: profile.gwlbs,
            appliances: profile.appliances,
            endpoints: profile.endpoints,
            route_target_groups: profile.route_target_groups,
            readers: profile.readers,
        }
    }

    fn profile(&self) -> Result<Profile, c_int> {
        guard::size::<sekisho_profile>(self.size)?;
        Ok(Profile {
            vpcs: self.vpcs,
            cidrs_per_vpc: self.cidrs_per_vpc,
            vswitches_per_vpc: self.vswitches_per_vpc,
            tables_per_vpc: self.tables_per_vpc,
            entries_per_table: self.entries_per_table,
            dynamic_per_table: self.dynamic_per_table,
            ecmp_sets: self.ecmp_sets,
            interfaces: self.interfaces,
            public_addresses: self.public_addresses,
            nat_gateways: self.nat_gateways,
            snat_entries: self.snat_entries,
            forward_entries: self.forward_entries,
            load_balancers: self.load_balancers,
            gwlbs: self.gwlbs,
            appliances: self.appliances,
            endpoints: self.endpoints,
            route_target_groups: self.route_target_groups,
            readers: self.readers,
        })
    }
}

/// Writes the profile for hosts, with the vendor's default quotas and more.
///
/// EINVAL: out is NULL, or out->size is under sizeof(sekisho_profile); EPROTO: it is over it.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_profile_large(out: *mut sekisho_profile) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { fill(out, &Profile::LARGE) })
}

/// Writes the profile for firmware, with one VPC. Return codes as for sekisho_profile_large.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_profile_firmware(out: *mut sekisho_profile) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { fill(out, &Profile::FIRMWARE) })
}

/// # Safety
/// As for [`guard::input`] and [`Output::new`].
unsafe fn fill(out: *mut sekisho_profile, profile: &Profile) -> Result<(), c_int> {
    // SAFETY: passed on.
    guard::size::<sekisho_profile>(unsafe { guard::input(out) }?.size)?;
    // SAFETY: passed on.
    unsafe { Output::new(out) }?.set(sekisho_profile::of(profile));
    Ok(())
}

/// Answers the bytes that a region of this profile takes, or 0 if the profile is NULL or none.
/// SEKISHO_REGION_FOOTPRINT_FIRMWARE and _LARGE are the same as constants.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_footprint(profile: *const sekisho_profile) -> usize {
    // SAFETY: the caller's promise.
    let words = unsafe { guard::input(profile) }
        .and_then(sekisho_profile::profile)
        .and_then(|profile| words(&profile));
    words.map_or(0, |words| words * WORD)
}

/// Answers SEKISHO_ALIGN.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_region_align() -> usize {
    SEKISHO_ALIGN
}

/// Makes an empty region in len bytes of zeroed memory, aligned to SEKISHO_ALIGN.
///
/// EINVAL: a pointer is NULL, or the profile is none. EFAULT: a pointer is misaligned.
/// ENOSPC: len is under the footprint. EEXIST: the memory is not zero. EPROTO: the profile is of a
/// newer version.
///
/// Cost: writes every word of the memory. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_init(
    mem: *mut c_void,
    len: usize,
    profile: *const sekisho_profile,
    out: *mut *mut sekisho_region,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let profile = unsafe { guard::input(profile) }?.profile()?;
        let words = words(&profile)?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        Region::init(memory, &profile).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the region that sekisho_region_init made in this memory, mapped at another address or by
/// another program, say.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_region,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::found(mem, len, HEADER, length) }?;
        Region::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the region: the memory can be initialised again, and every handle to it answers EPROTO.
///
/// EINVAL: region is NULL. EFAULT: it is misaligned. EPROTO: it is none.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_fini(region: *mut sekisho_region) -> c_int {
    let mut place = None;
    // SAFETY: the caller's promise.
    let found = unsafe { attached(region, &mut place) }.map(|_| ());
    place.into_iter().for_each(Region::fini);
    answer(found)
}

/// Does what one line of the console language says, and writes the answer as it is specified, each
/// of its lines ended by a line feed, with a NUL behind. A comment or a blank line is answered by
/// an empty string.
///
/// Answers 0, or for a line that is refused -(SEKISHO_REFUSED + the error's number): nothing has
/// changed then (but a refused commit has aborted), and the answer is written all the same.
///
/// ENOSPC always means that nothing was done or written but *needed, so that the line can simply
/// be given again: cap is under SEKISHO_ANSWER_MIN, or the answer to a question takes *needed
/// bytes, the NUL included. With answer NULL and cap 0 no answer is wanted and there is no ENOSPC.
///
/// EINVAL: region or line is NULL, or answer is NULL and cap is not 0. needed may be NULL; else the
/// size of the answer is written to it, the NUL included.
///
/// Cost: a question grows with its answer; a command with what it changes of one VPC, and is built
/// beside the live tables. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_line(
    region: *mut sekisho_region,
    line: *const c_char,
    len: usize,
    answer: *mut c_char,
    cap: usize,
    needed: *mut usize,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        sekisho_region_line_counted(region, core::ptr::null(), 0, line, len, answer, cap, needed)
    }
}

/// As sekisho_region_line, for a region whose packets pass through n flow tables: "counters" answers what
/// they have counted, together. Packets may pass meanwhile: if that makes the answer too long in the end, it
/// is ENOSPC and an empty string.
///
/// EINVAL: flows is NULL and n is not 0, or one of them is NULL. EFAULT: flows or one of them is misaligned.
/// EPROTO: one of them is no flow table.
///
/// Cost: as sekisho_region_line. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_line_counted(
    region: *mut sekisho_region,
    flows: *const *const sekisho_flows,
    n: usize,
    line: *const c_char,
    len: usize,
    answer: *mut c_char,
    cap: usize,
    needed: *mut usize,
) -> c_int {
    let apply = || {
        // SAFETY: the caller's promise.
        let needed = unsafe { Output::maybe(needed) }?;
        // SAFETY: the caller's promise.
        let line = unsafe { guard::bytes(line.cast(), len) }?;
        let answer = match (answer.is_null(), cap) {
            (true, 0) => None,
            // SAFETY: the caller's promise.
            _ => Some(unsafe { guard::bytes_mut(answer.cast(), cap) }?),
        };
        // SAFETY: the caller's promise.
        let counters = Counted(unsafe { guard::items(flows, n) }?);
        for flows in counters.0 {
            // SAFETY: the caller's promise.
            unsafe { watch(*flows) }?;
        }
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut region = unsafe { changing(region, &mut place) }?;
        run(&mut region, line, &counters, answer, needed)
    };
    self::answer(apply())
}

/// Flow tables that have been seen to be some, and stay so during a call.
struct Counted<'a>(&'a [*const sekisho_flows]);

impl Counters for Counted<'_> {
    fn watch(&self, n: usize) -> Option<Watch<'_>> {
        // SAFETY: C's promise holds as long as the call.
        self.0.get(n).and_then(|flows| unsafe { watch(*flows) }.ok())
    }
}

/// Runs a line once it is certain that the answer fits.
fn run(
    region: &mut Region<'_>,
    line: &[u8],
    counters: &Counted<'_>,
    answer: Option<&mut [u8]>,
    needed: Option<Output<usize>>,
) -> Result<(), c_int> {
    // A question changes nothing, so it can be asked for the length alone first.
    let question = !is_command(line);
    let mut least = SEKISHO_ANSWER_MIN;
    if question {
        let mut counter = Text { room: &mut [], length: 0 };
        let _ = console::run_with(region, line, counters, &mut counter);
        least = least.max(counter.length + 1);
    }
    let mut nothing = [];
    let room = match answer {
        Some(answer) if answer.len() < least => {
            if let Some(needed) = needed {
                needed.set(least);
            }
            return Err(SEKISHO_ENOSPC);
        }
        Some(answer) => answer,
        None => &mut nothing,
    };
    let cap = room.len();
    let mut text = Text { room, length: 0 };
    let status = console::run_with(region, line, counters, &mut text);
    let length = text.finish();
    if let Some(needed) = needed {
        needed.set(length);
    }
    match status {
        // The numbers have grown since they were asked for the length.
        _ if question && cap != 0 && length > cap => Err(SEKISHO_ENOSPC),
        Ok(Status::Refused(error)) => Err(command_error(error)),
        _ => Ok(()),
    }
}

/// Apart from the answer, so that the line's stack is free again.
#[inline(never)]
fn is_command(line: &[u8]) -> bool {
    matches!(console::parse(line), Ok(Some(Line::Command(_))))
}

/// Text for C: as much as fits is kept, all of it is counted.
struct Text<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl Text<'_> {
    /// Ends the text with a NUL, and answers the bytes that it takes with it. What does not fit is made
    /// an empty text.
    fn finish(self) -> usize {
        let end = if self.length < self.room.len() { self.length } else { 0 };
        if let Some(end) = self.room.get_mut(end) {
            *end = 0;
        }
        self.length + 1
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.room.iter_mut().skip(self.length);
        for (place, byte) in room.zip(text.bytes()) {
            *place = byte;
        }
        self.length += text.len();
        Ok(())
    }
}

/// Writes the hash of the configuration: equal for equal configurations, however reached.
///
/// Cost: grows with the configuration. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_hash(
    region: *const sekisho_region,
    hash: *mut u64,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let hash = unsafe { Output::new(hash) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        hash.set(unsafe { attached(region, &mut place) }?.hash());
        Ok(())
    };
    answer(read())
}

/// The region of a handle, made in its place: it is large, and moving it would take stack twice.
///
/// # Safety
/// As for [`guard::handle`].
#[inline(never)]
pub(crate) unsafe fn attached<'p, 'm>(
    region: *const sekisho_region,
    place: &'p mut Option<Region<'m>>,
) -> Result<&'p mut Region<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(region.cast(), HEADER, |header| {
            Ok(shape.insert(Shape::read(header)?).words())
        })
    }?;
    put(shape.ok_or(SEKISHO_EPROTO)?, memory, place)
}

/// Apart, as the region is moved once.
#[inline(never)]
fn put<'p, 'm>(
    shape: Shape,
    memory: &'m [AtomicU32],
    place: &'p mut Option<Region<'m>>,
) -> Result<&'p mut Region<'m>, c_int> {
    Ok(place.insert(shape.region(memory).map_err(memory_error)?))
}

/// The region of a handle, with the turn at changing it.
///
/// # Safety
/// As for [`guard::handle`].
pub(crate) unsafe fn changing<'p, 'm>(
    region: *const sekisho_region,
    place: &'p mut Option<Region<'m>>,
) -> Result<Changing<'m, &'p mut Region<'m>>, c_int> {
    // SAFETY: passed on.
    let region = unsafe { attached(region, place) }?;
    let turn = region.turn();
    Changing::new(region, turn)
}

/// The compiled tables of a handle's region.
///
/// # Safety
/// As for [`guard::handle`].
pub(crate) unsafe fn tables<'m>(region: *const sekisho_region) -> Result<Tables<'m>, c_int> {
    let mut head = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(region.cast(), HEADER, |header| Ok(head.insert(Head::read(header)?).words()))
    }?;
    head.ok_or(SEKISHO_EPROTO)?.tables(memory).map_err(memory_error)
}

/// The words of a handle's region.
///
/// # Safety
/// As for [`guard::handle`].
pub(crate) unsafe fn words_of<'m>(region: *const sekisho_region) -> Result<&'m [AtomicU32], c_int> {
    // SAFETY: passed on.
    unsafe { guard::handle(region.cast(), HEADER, length) }
}

/// The words of a region, if there can be one whose bytes can be counted.
fn words(profile: &Profile) -> Result<usize, c_int> {
    match profile.footprint() {
        0 => Err(SEKISHO_EINVAL),
        words if words > isize::MAX as usize / WORD => Err(SEKISHO_EINVAL),
        words => Ok(words),
    }
}

/// The length in words of the region with this header.
fn length(header: &[AtomicU32]) -> Result<usize, MemoryError> {
    Ok(Shape::read(header)?.words())
}
