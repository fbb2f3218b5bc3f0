//! Flow tables: packets with a memory.

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use sekisho::MemoryError;
use sekisho::addr::Addr;
use sekisho::flow::{
    Config, Count, FlowTable, Meter, Outcomes, Packet, Shape, Steering, Timeouts, Watch,
};
use sekisho::packet::{Next, Origin};
use sekisho::resolve::DropReason;

use crate::guard::{self, Output, answer, memory_error};
use crate::packet::{converted, from, sekisho_id, sekisho_next, sekisho_outcome};
use crate::region::{sekisho_region, tables};
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOENT, SEKISHO_EPROTO};

/// Words of a table's header that tell its length.
const HEADER: usize = 32;
/// Words of a steering's header.
const STEERING_HEADER: usize = 6;
/// Packets that a burst is taken in.
const PART: usize = sekisho::flow::BURST;

/// A flow table: the flows of one thread's packets, with port translation, fragments and counters. The
/// handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_flows {
    _memory: [AtomicU32; 0],
}

/// Says which of several flow tables a packet belongs to. The handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_steering {
    _memory: [AtomicU32; 0],
}

/// What a flow table is made for. Set size to sizeof(sekisho_flows_config), then let
/// sekisho_flows_config_default fill in the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_flows_config {
    /// sizeof(sekisho_flows_config).
    pub size: u32,
    /// Most flows, 1 to 16777214.
    pub flows: u32,
    /// Most pairs of an inside address and port that have an outside port; 0 without port translation.
    pub mappings: u32,
    /// Fragmented packets that are remembered, rounded up to a multiple of 4.
    pub fragments: u32,
    /// Public addresses whose traffic is counted one by one, at most 65535.
    pub meters: u32,
    /// This is instance `instance`, from 0, of `instances`, which share the ports of each address.
    pub instance: u16,
    /// At least 1.
    pub instances: u16,
    /// After how long without a packet TCP flows end that are not established, or closing.
    pub tcp_transitory_ms: u32,
    /// After how long established TCP flows end.
    pub tcp_established_ms: u32,
    /// After how long UDP flows end, and those of other protocols.
    pub udp_ms: u32,
    /// After how long ICMP flows end.
    pub icmp_ms: u32,
    /// How long later fragments find the ports of the first.
    pub fragment_ms: u32,
    /// A secret random number, low half first: without it nobody can aim at one place of the table.
    pub seed: [u32; 2],
}

/// Packets and their bytes, counted as IP total lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_count {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How full a flow table is. Set size to sizeof(sekisho_flow_stats) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_flow_stats {
    /// sizeof(sekisho_flow_stats).
    pub size: u32,
    /// Flows.
    pub flows: u32,
    /// The most flows at a time so far.
    pub flows_high: u32,
    /// Flows that are never ended for others: established TCP, and UDP whose opener has sent again after
    /// an answer.
    pub established: u32,
    /// Pairs of an inside address and port that have an outside port.
    pub mappings: u32,
    /// Zero.
    pub reserved: u32,
    /// Flows opened so far.
    pub opened: u64,
    /// Flows that ended because their time was over.
    pub expired: u64,
    /// Flows that ended for others in a full table.
    pub evicted: u64,
}

/// The traffic of a public address. Set size to sizeof(sekisho_meter) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_meter {
    /// sizeof(sekisho_meter).
    pub size: u32,
    /// The address in host order; 0 for all those that no meter was left for.
    pub address: u32,
    /// Sent to the Internet from it.
    pub out: sekisho_count,
    /// From the Internet to it, and not dropped.
    pub inward: sekisho_count,
}

/// A packet of a burst, and what became of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sekisho_burst {
    /// The packet's bytes, from the IPv4 header on.
    pub bytes: *mut u8,
    /// How many there are.
    pub len: usize,
    /// A sekisho_origin.
    pub origin: u32,
    /// The port that origin speaks of.
    pub port: sekisho_id,
    /// Written: a sekisho_next. What comes from a port that does not exist is answered DROP with detail 0.
    pub next: u32,
    /// Written: to or by what, as in sekisho_outcome.
    pub id: sekisho_id,
    /// Written: for DROP the sekisho_drop_reason, for INTERNET the public source address, for INSPECT
    /// the number of the appliance; else 0.
    pub detail: u32,
}

/// Writes the configuration of a table of so many flows, all of which may be under port translation: one
/// instance, time-outs of 4 min, 2 h 4 min, 5 min, 60 s, and 30 s for fragments, and the seed 0.
///
/// Any thread may call this.
///
/// EINVAL: out is NULL, or out->size is under sizeof(sekisho_flows_config). EPROTO: it is over it.
/// EFAULT: out is misaligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_config_default(
    out: *mut sekisho_flows_config,
    flows: u32,
) -> c_int {
    let fill = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_flows_config>(size)?;
        let Config { mappings, fragments, meters, instance, instances, timeouts, .. } =
            Config::new(flows);
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_flows_config {
            size,
            flows,
            mappings,
            fragments,
            meters: meters.into(),
            instance,
            instances,
            tcp_transitory_ms: timeouts.tcp_transitory,
            tcp_established_ms: timeouts.tcp_established,
            udp_ms: timeouts.udp,
            icmp_ms: timeouts.icmp,
            fragment_ms: timeouts.fragment,
            seed: [0; 2],
        });
        Ok(())
    };
    answer(fill())
}

/// The configuration that C means.
///
/// # Safety
/// As for [`guard::input`].
unsafe fn config(config: *const sekisho_flows_config) -> Result<Config, c_int> {
    // SAFETY: passed on.
    let config = unsafe { guard::input(config) }?;
    guard::size::<sekisho_flows_config>(config.size)?;
    let [low, high] = config.seed.map(u64::from);
    Ok(Config {
        flows: config.flows,
        mappings: config.mappings,
        fragments: config.fragments,
        meters: u16::try_from(config.meters).map_err(|_| SEKISHO_EINVAL)?,
        instance: config.instance,
        instances: config.instances,
        timeouts: Timeouts {
            tcp_transitory: config.tcp_transitory_ms,
            tcp_established: config.tcp_established_ms,
            udp: config.udp_ms,
            icmp: config.icmp_ms,
            fragment: config.fragment_ms,
        },
        seed: high << 32 | low,
    })
}

/// Answers the bytes that a table of this configuration takes, or 0 if config is NULL, misaligned or
/// none. Any thread may call this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_footprint(config: *const sekisho_flows_config) -> usize {
    // SAFETY: the caller's promise.
    unsafe { self::config(config) }.map_or(0, |config| guard::bytes_of(config.footprint()))
}

/// Makes an empty table in len bytes of zeroed memory, aligned to SEKISHO_ALIGN; aligned to 64 it is
/// fastest. No other thread may be using the memory.
///
/// EINVAL: a pointer is NULL, or the configuration is none. EFAULT: a pointer is misaligned.
/// ENOSPC: len is under the footprint. EEXIST: the memory is not zero. EPROTO: the configuration is of a
/// newer version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_init(
    mem: *mut c_void,
    len: usize,
    config: *const sekisho_flows_config,
    out: *mut *mut sekisho_flows,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let config = unsafe { self::config(config) }?;
        let words = config.footprint();
        if words == 0 {
            return Err(SEKISHO_EINVAL);
        }
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        FlowTable::init(memory, &config).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the table that sekisho_flows_init made in this memory, mapped at another address or by another
/// program, say. May be called while another thread is at work on the table.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_flows,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::found(mem, len, HEADER, length) }?;
        FlowTable::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the table: the memory can be initialised again, and every handle to it answers EPROTO. No other
/// thread may be using it.
///
/// EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_fini(flows: *mut sekisho_flows) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { table(flows) }.map(FlowTable::fini))
}

fn length(header: &[AtomicU32]) -> Result<usize, MemoryError> {
    Ok(Shape::read(header)?.words())
}

/// # Safety
/// As for [`guard::handle`], and no other thread is at work on the table.
unsafe fn table<'m>(flows: *const sekisho_flows) -> Result<FlowTable<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(flows.cast(), HEADER, |header| Ok(shape.insert(Shape::read(header)?).words()))
    }?;
    shape.ok_or(SEKISHO_EPROTO)?.table(memory).map_err(memory_error)
}

/// The source address of a packet that left, which has been checked.
fn public_of(next: &Next, bytes: &[u8]) -> u32 {
    let source = bytes.get(12..).and_then(|rest| rest.first_chunk());
    match (next, source) {
        (Next::Internet, Some(source)) => u32::from_be_bytes(*source),
        _ => 0,
    }
}

/// Judges one IPv4 packet, keeps its flow, and rewrites it in place where it ends: at the border, and
/// behind a NAT gateway.
///
/// bytes, len, origin and port are as for sekisho_packet. now_ms is the caller's clock in milliseconds;
/// a time before the latest one counts as that, and one beyond 2^48 - 1 as 2^48 - 1, when nothing ends
/// any more. A flow table belongs to one region.
///
/// One thread at a time may call this for a table, beside those that read what it has counted. The
/// region is only read: a thread that is registered by sekisho_region_reader_register may call this
/// beside the region's writer.
///
/// EINVAL: a pointer is NULL, len is no length, origin or the port's kind is none, or out->size is under
/// sizeof(sekisho_outcome). EPROTO: it is over it, or flows or region is none. EFAULT: flows, region or
/// out is misaligned. ENOENT: there is no such port; the packet is not counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_packet(
    flows: *mut sekisho_flows,
    region: *const sekisho_region,
    origin: u32,
    port: sekisho_id,
    bytes: *mut u8,
    len: usize,
    now_ms: u64,
    out: *mut sekisho_outcome,
) -> c_int {
    let process = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_outcome>(size)?;
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let bytes = unsafe { guard::bytes_mut(bytes, len) }?;
        let from = from(origin, port)?;
        // SAFETY: the caller's promise.
        let tables = unsafe { tables(region) }?;
        // SAFETY: the caller's promise.
        let mut table = unsafe { table(flows) }?;
        let next = table.process(&tables, from, bytes, now_ms).ok_or(SEKISHO_ENOENT)?;
        out.set(sekisho_outcome { size, ..converted(&next, public_of(&next, bytes)) });
        Ok(())
    };
    answer(process())
}

/// Judges n packets as sekisho_flows_packet would one after the other, and writes next, id and detail of
/// each; the packets' bytes may not overlap. Nothing is done if an error is answered. A packet from a port
/// that does not exist is no error here: it is answered SEKISHO_NEXT_DROP with detail 0, which is no
/// sekisho_drop_reason, is unchanged, and is counted nowhere. With n 0 packets is not looked at.
///
/// Threads are as for sekisho_flows_packet.
///
/// EINVAL: a pointer is NULL, a len is no length, or an origin or a port's kind is none. EFAULT: flows,
/// region or packets is misaligned. EPROTO: flows or region is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_burst(
    flows: *mut sekisho_flows,
    region: *const sekisho_region,
    packets: *mut sekisho_burst,
    n: usize,
    now_ms: u64,
) -> c_int {
    let process = || {
        // SAFETY: the caller's promise.
        let packets = unsafe { guard::items_mut(packets, n) }?;
        for packet in packets.iter() {
            from(packet.origin, packet.port)?;
            // SAFETY: the caller's promise; dropped at once.
            unsafe { guard::bytes_mut(packet.bytes, packet.len) }?;
        }
        // SAFETY: the caller's promise.
        let tables = unsafe { tables(region) }?;
        // SAFETY: the caller's promise.
        let mut table = unsafe { table(flows) }?;
        for part in packets.chunks_mut(PART) {
            let none = || Packet { from: Origin::Internet, bytes: &mut [], next: None };
            let mut burst: [Packet<'_>; PART] = core::array::from_fn(|_| none());
            for (packet, place) in part.iter().zip(&mut burst) {
                // SAFETY: checked above; the caller says that the packets are apart.
                let bytes = unsafe { guard::bytes_mut(packet.bytes, packet.len) }?;
                let from = from(packet.origin, packet.port)?;
                *place = Packet { from, bytes, next: None };
            }
            let burst = burst.get_mut(..part.len()).unwrap_or_default();
            table.process_burst(&tables, burst, now_ms);
            for (packet, done) in part.iter_mut().zip(burst) {
                let outcome = match &done.next {
                    Some(next) => converted(next, public_of(next, done.bytes)),
                    None => sekisho_outcome {
                        next: sekisho_next::SEKISHO_NEXT_DROP as u32,
                        ..sekisho_outcome::default()
                    },
                };
                packet.next = outcome.next;
                packet.id = outcome.id;
                packet.detail = outcome.drop | outcome.public_address | outcome.appliance;
            }
        }
        Ok(())
    };
    answer(process())
}

/// Ends flows whose time is over, at most limit of them, and answers how many. Packets do this too, a few
/// each. now_ms and threads are as for sekisho_flows_packet; no region is looked at.
///
/// EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_expire(
    flows: *mut sekisho_flows,
    now_ms: u64,
    limit: u32,
) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { table(flows) } {
        Ok(mut table) => c_int::try_from(table.expire(now_ms, limit)).unwrap_or(c_int::MAX),
        Err(code) => code,
    }
}

/// Writes how full the table is. Not while another thread is at work on the table.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_flow_stats). EPROTO: it is over it, or
/// flows is none. EFAULT: a pointer is misaligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_stats(
    flows: *const sekisho_flows,
    out: *mut sekisho_flow_stats,
) -> c_int {
    let stats = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_flow_stats>(size)?;
        // SAFETY: the caller's promise.
        let stats = unsafe { table(flows) }?.stats();
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_flow_stats {
            size,
            flows: stats.flows,
            flows_high: stats.flows_high,
            established: stats.established,
            mappings: stats.mappings,
            reserved: 0,
            opened: stats.opened,
            expired: stats.expired,
            evicted: stats.evicted,
        });
        Ok(())
    };
    answer(stats())
}

/// # Safety
/// As for [`guard::handle`].
pub(crate) unsafe fn watch<'m>(flows: *const sekisho_flows) -> Result<Watch<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(flows.cast(), HEADER, |header| Ok(shape.insert(Shape::read(header)?).words()))
    }?;
    shape.ok_or(SEKISHO_EPROTO)?.watch(memory).map_err(memory_error)
}

const fn count(count: Count) -> sekisho_count {
    sekisho_count { packets: count.packets, bytes: count.bytes }
}

/// Writes how many packets have had this sekisho_next. Any thread may call this while packets pass.
///
/// EINVAL: a pointer is NULL, or next is none or SEKISHO_NEXT_TRANSLATE, which no flow table answers.
/// EFAULT: a pointer is misaligned. EPROTO: flows is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_next_count(
    flows: *const sekisho_flows,
    next: u32,
    out: *mut sekisho_count,
) -> c_int {
    use sekisho_next as n;
    const KINDS: [(u32, Outcomes); 7] = [
        (n::SEKISHO_NEXT_INTERNET as u32, Outcomes::Egress),
        (n::SEKISHO_NEXT_DELIVER as u32, Outcomes::Deliver),
        (n::SEKISHO_NEXT_HANDOFF as u32, Outcomes::Handoff),
        (n::SEKISHO_NEXT_SERVICE as u32, Outcomes::Service),
        (n::SEKISHO_NEXT_FORWARD as u32, Outcomes::Forward),
        (n::SEKISHO_NEXT_INSPECT as u32, Outcomes::Inspect),
        (n::SEKISHO_NEXT_DROP as u32, Outcomes::Drop),
    ];
    let read = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        let kind = KINDS.iter().find(|(number, _)| *number == next).ok_or(SEKISHO_EINVAL)?;
        // SAFETY: the caller's promise.
        out.set(count(unsafe { watch(flows) }?.outcomes(kind.1)));
        Ok(())
    };
    answer(read())
}

/// Writes how many packets were dropped for this sekisho_drop_reason. Any thread may call this while
/// packets pass.
///
/// EINVAL: a pointer is NULL, or reason is none. EFAULT: a pointer is misaligned. EPROTO: flows is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_drop_count(
    flows: *const sekisho_flows,
    reason: u32,
    out: *mut sekisho_count,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        let mut reasons = DropReason::ALL.iter();
        let reason = reasons.find(|known| u32::from(known.number()) == reason);
        // SAFETY: the caller's promise.
        let watch = unsafe { watch(flows) }?;
        out.set(count(watch.dropped(*reason.ok_or(SEKISHO_EINVAL)?)));
        Ok(())
    };
    answer(read())
}

const fn metered(size: u32, meter: &Meter) -> sekisho_meter {
    sekisho_meter {
        size,
        address: meter.address.0,
        out: count(meter.out),
        inward: count(meter.inward),
    }
}

/// Writes the traffic of a public address in host order. Any thread may call this while packets pass.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
/// is none. EFAULT: a pointer is misaligned. ENOENT: there was no traffic.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_meter(
    flows: *const sekisho_flows,
    address: u32,
    out: *mut sekisho_meter,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_meter>(size)?;
        // SAFETY: the caller's promise.
        let meter = unsafe { watch(flows) }?.meter(Addr(address)).ok_or(SEKISHO_ENOENT)?;
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(metered(size, &meter));
        Ok(())
    };
    answer(read())
}

/// Writes the traffic of one public address after the other: *cursor is 0 at first, and moved on. Any
/// thread may call this while packets pass.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
/// is none. EFAULT: a pointer is misaligned. ENOENT: there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_meters(
    flows: *const sekisho_flows,
    cursor: *mut u32,
    out: *mut sekisho_meter,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_meter>(size)?;
        // SAFETY: the caller's promise.
        let at = *unsafe { guard::input(cursor) }?;
        // SAFETY: the caller's promise.
        let next = unsafe { Output::new(cursor) }?;
        // SAFETY: the caller's promise.
        let watch = unsafe { watch(flows) }?;
        let (at, meter) = watch.meter_from(at).ok_or(SEKISHO_ENOENT)?;
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(metered(size, &meter));
        next.set(at.saturating_add(1));
        Ok(())
    };
    answer(read())
}

/// Answers the bytes that a steering takes which remembers so many fragmented packets, or 0 if they are
/// too many. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_steering_footprint(fragments: u32) -> usize {
    guard::bytes_of(Steering::footprint(fragments))
}

/// Makes a steering for so many flow tables in len bytes of zeroed memory, aligned to SEKISHO_ALIGN. Each
/// thread that receives packets has one of its own. No other thread may be using the memory.
///
/// EINVAL: a pointer is NULL, instances is 0 or over 64512, or fragments are too many. EFAULT: a pointer
/// is misaligned. ENOSPC: len is under the footprint. EEXIST: the memory is not zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_init(
    mem: *mut c_void,
    len: usize,
    instances: u16,
    fragments: u32,
    out: *mut *mut sekisho_steering,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        let words = Steering::footprint(fragments);
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        Steering::init(memory, instances, fragments).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the steering that sekisho_steering_init made in this memory, mapped at another address or by
/// another program, say. May be called while another thread is at work on it.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_steering,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::found(mem, len, STEERING_HEADER, Steering::length) }?;
        Steering::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the steering: the memory can be initialised again, and every handle to it answers EPROTO. No other
/// thread may be using it.
///
/// EINVAL: steering is NULL. EFAULT: it is misaligned. EPROTO: it is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_fini(steering: *mut sekisho_steering) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { steering_of(steering) }.map(Steering::fini))
}

/// # Safety
/// As for [`guard::handle`], and no other thread is at work on it.
unsafe fn steering_of<'m>(steering: *const sekisho_steering) -> Result<Steering<'m>, c_int> {
    // SAFETY: passed on.
    let words = unsafe { guard::handle(steering.cast(), STEERING_HEADER, Steering::length) }?;
    Steering::attach(words).map_err(memory_error)
}

/// Answers which flow table, from 0, a packet belongs to, whose arguments are as for
/// sekisho_flows_packet: both directions of a flow, and all fragments of a packet, belong to the same.
/// What is no packet belongs to any, so to 0. The packet is only read.
///
/// One thread at a time may call this for a steering. The region is only read: a thread that is registered
/// by sekisho_region_reader_register may call this beside the region's writer.
///
/// EINVAL: a pointer is NULL, len is no length, or origin or the port's kind is none. EFAULT: steering or
/// region is misaligned. EPROTO: steering or region is none. ENOENT: there is no such port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_owner(
    steering: *mut sekisho_steering,
    region: *const sekisho_region,
    origin: u32,
    port: sekisho_id,
    bytes: *const u8,
    len: usize,
    now_ms: u64,
) -> c_int {
    let owner = || {
        // SAFETY: the caller's promise.
        let bytes = unsafe { guard::bytes(bytes, len) }?;
        let from = from(origin, port)?;
        // SAFETY: the caller's promise.
        let tables = unsafe { tables(region) }?;
        // SAFETY: the caller's promise.
        let mut steering = unsafe { steering_of(steering) }?;
        steering.owner_of(&tables, from, bytes, now_ms).ok_or(SEKISHO_ENOENT)
    };
    owner().map_or_else(|code| code, c_int::from)
}
