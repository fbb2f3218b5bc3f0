//! Packets through a flow table.

use core::ffi::c_int;

use sekisho::flow::Packet;
use sekisho::packet::{Next, Origin};

use super::{changing, sekisho_flows, table_here};
use crate::guard::{self, Output, answer};
use crate::packet::{converted, from, sekisho_id, sekisho_next, sekisho_outcome};
use crate::region::{sekisho_region, tables};
use crate::status::{SEKISHO_EBUSY, SEKISHO_ENOENT};

/// Packets that a burst is taken in.
const PART: usize = sekisho::flow::BURST;

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
/// EINVAL: a pointer is NULL, len is no length, origin or the port's kind is none, or out->size is under
/// sizeof(sekisho_outcome). EPROTO: it is over it, or flows or region is none. EFAULT: flows, region or
/// out is misaligned. ENOENT: there is no such port; the packet is not counted, but the clock moves on.
///
/// Cost: bounded: at most 16 lookups, some places of each index, 4 flows ended. Threads: writer of
/// flows; reader or shared of region.
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
        let mut table = unsafe { table_here(flows) }?;
        // Beside the table, which is too large to be moved for each packet.
        let _turn = table.turn().ok_or(SEKISHO_EBUSY)?;
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
/// EINVAL: a pointer is NULL, a len is no length, or an origin or a port's kind is none. EFAULT: flows,
/// region or packets is misaligned. EPROTO: flows or region is none.
///
/// Cost: as n sekisho_flows_packet, which wait for memory together. Threads: writer of flows; reader or
/// shared of region.
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
        let mut table = unsafe { table_here(flows) }?;
        // Beside the table, which is too large to be moved for each packet.
        let _turn = table.turn().ok_or(SEKISHO_EBUSY)?;
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
/// each. now_ms is as for sekisho_flows_packet; no region is looked at.
///
/// EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
///
/// Cost: grows with the flows that are ended. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_expire(
    flows: *mut sekisho_flows,
    now_ms: u64,
    limit: u32,
) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { changing(flows) } {
        Ok(mut table) => c_int::try_from(table.expire(now_ms, limit)).unwrap_or(c_int::MAX),
        Err(code) => code,
    }
}
