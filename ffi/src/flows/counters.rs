//! What a flow table holds and has counted.

use core::ffi::c_int;

use sekisho::addr::Addr;
use sekisho::flow::{Count, Meter, Outcomes};
use sekisho::resolve::DropReason;

use super::{sekisho_flows, table, watch};
use crate::guard::{self, Output, answer};
use crate::packet::sekisho_next;
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOENT};

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

/// Writes how full the table is.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_flow_stats). EPROTO: it is over it, or
/// flows is none. EFAULT: a pointer is misaligned.
///
/// Cost: constant. Threads: shared.
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

const fn count(count: Count) -> sekisho_count {
    sekisho_count { packets: count.packets, bytes: count.bytes }
}

/// Writes how many packets have had this sekisho_next.
///
/// EINVAL: a pointer is NULL, or next is none or SEKISHO_NEXT_TRANSLATE, which no flow table answers.
/// EFAULT: a pointer is misaligned. EPROTO: flows is none.
///
/// Cost: constant. Threads: any.
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

/// Writes how many packets were dropped for this sekisho_drop_reason.
///
/// EINVAL: a pointer is NULL, or reason is none. EFAULT: a pointer is misaligned. EPROTO: flows is none.
///
/// Cost: constant. Threads: any.
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

/// Writes the traffic of a public address in host order.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
/// is none. EFAULT: a pointer is misaligned. ENOENT: there was no traffic.
///
/// Cost: constant. Threads: any.
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

/// Writes the traffic of one public address after the other: *cursor is 0 at first, and moved on.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_meter). EPROTO: it is over it, or flows
/// is none. EFAULT: a pointer is misaligned. ENOENT: there are no more.
///
/// Cost: the meters up to the one that is written, at most all. Threads: any.
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
