//! Packets through the border.

use core::ffi::c_int;

use sekisho::addr::{Addr, Id, Kind};
use sekisho::packet::{self, Next, NoAnswer, Origin, Place};
use sekisho::resolve::{Action, Flow};

use crate::guard::{self, Output, answer};
use crate::region::{sekisho_region, tables};
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOENT, SEKISHO_ENOSPC};

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sekisho_origin {
    /// The Internet: the destination is a public address.
    SEKISHO_ORIGIN_INTERNET = 0,
    /// An interface or load balancer sent it, or SEKISHO_NEXT_FORWARD or SEKISHO_NEXT_INSPECT brought it
    /// to this interface or endpoint on its way out.
    SEKISHO_ORIGIN_INTERFACE = 1,
    /// The Internet, and SEKISHO_NEXT_FORWARD or SEKISHO_NEXT_INSPECT brought it to this interface or
    /// endpoint, which passes it on. The destination is still the public address. Only for packets that
    /// the caller itself carried there on the way in: whatever else an interface sends, with whatever
    /// source, is SEKISHO_ORIGIN_INTERFACE.
    SEKISHO_ORIGIN_INTERNET_VIA = 2,
}

/// Whether the packet opens a flow or answers one that the other side opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sekisho_flow {
    /// The first packet of a flow.
    SEKISHO_FLOW_NEW = 0,
    /// A packet of a flow that the other side opened.
    SEKISHO_FLOW_REPLY = 1,
}

/// What to do with the packet now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sekisho_next {
    /// Send it to the Internet. Its source is the public address now, its time to live one less. By
    /// sekisho_flows_packet and sekisho_flows_burst its source port is another one, too, where a NAT
    /// gateway is on its way.
    SEKISHO_NEXT_INTERNET = 0,
    /// Hand it to id, an interface or a load balancer. From the Internet its destination is the private
    /// address now and its time to live one less; inside the VPC it is unchanged. By sekisho_flows_packet
    /// and sekisho_flows_burst its addresses and ports are translated where a NAT gateway is on its way.
    SEKISHO_NEXT_DELIVER = 1,
    /// Send it to the external next hop id. By sekisho_packet it is unchanged; by sekisho_flows_packet and
    /// sekisho_flows_burst it is where no NAT gateway is on its way, else it is translated.
    SEKISHO_NEXT_HANDOFF = 2,
    /// Send it to the cloud's own services; unchanged or translated as for SEKISHO_NEXT_HANDOFF.
    SEKISHO_NEXT_SERVICE = 3,
    /// Carry it, unchanged by any function, to interface id, then give it again to the function that
    /// answered, from there: as SEKISHO_ORIGIN_INTERFACE on the way out and SEKISHO_ORIGIN_INTERNET_VIA on
    /// the way in.
    SEKISHO_NEXT_FORWARD = 4,
    /// Port translation by NAT gateway id is due, which takes a flow table: sekisho_flows_packet. The
    /// packet is unchanged and must not be sent. Answered by sekisho_packet alone.
    SEKISHO_NEXT_TRANSLATE = 5,
    /// Drop it for the reason drop; it is unchanged by any function.
    SEKISHO_NEXT_DROP = 6,
    /// Carry it, unchanged by any function, to appliance behind GWLB endpoint id. If the appliance lets it
    /// pass, give it again to the function that answered, from the endpoint, as after SEKISHO_NEXT_FORWARD.
    SEKISHO_NEXT_INSPECT = 7,
}

/// An id: a sekisho_kind and a number. The interface eni-7 is
/// { SEKISHO_KIND_NETWORK_INTERFACE, 7 }; kind 0 is no id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_id {
    /// A sekisho_kind, or 0.
    pub kind: u16,
    /// The number, unique per kind in a region.
    pub number: u16,
}

/// What happens to a packet. Set size to sizeof(sekisho_outcome) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_outcome {
    /// sizeof(sekisho_outcome).
    pub size: u32,
    /// A sekisho_next.
    pub next: u32,
    /// For DELIVER, HANDOFF, FORWARD, TRANSLATE and INSPECT: to or by what.
    pub id: sekisho_id,
    /// For DROP: a sekisho_drop_reason; else 0.
    pub drop: u32,
    /// For INTERNET: the public address in host order, which is the packet's source now; else 0.
    pub public_address: u32,
    /// For INSPECT: the number of the appliance, 1 for app-1; else 0. Both directions of a flow meet
    /// the same.
    pub appliance: u32,
}

/// Judges one IPv4 packet and rewrites it in place if it crosses the border here. Keeps nothing
/// between packets.
///
/// bytes start at the IPv4 header; len may count padding behind the packet, which is left alone.
/// Bytes that are no valid packet are an outcome (MALFORMED), not an error. port is what origin speaks
/// of: an i- or eni- interface, an lb- load balancer, or an ep- endpoint behind which the packet was
/// inspected; it is not looked at for SEKISHO_ORIGIN_INTERNET. flow is a sekisho_flow, from the
/// caller's own connection tracking.
///
/// EINVAL: a pointer is NULL, len is no length, origin, flow or the port's kind is none, or out->size is
/// under sizeof(sekisho_outcome). EPROTO: it is over it, or the region is not initialised.
/// EFAULT: region or out is misaligned. ENOENT: there is no such port.
///
/// Cost: bounded: at most 16 lookups. Threads: reader or shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_packet(
    region: *const sekisho_region,
    origin: u32,
    port: sekisho_id,
    bytes: *mut u8,
    len: usize,
    flow: u32,
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
        let flow = match flow {
            NEW => Flow::New,
            REPLY => Flow::Reply,
            _ => return Err(SEKISHO_EINVAL),
        };
        // SAFETY: the caller's promise.
        let tables = unsafe { tables(region) }?;
        let outcome = packet::process(&tables, from, bytes, flow).ok_or(SEKISHO_ENOENT)?;
        let public = match outcome.verdict.action {
            Action::Egress { public } => public.0,
            _ => 0,
        };
        out.set(sekisho_outcome { size, ..converted(&outcome.next, public) });
        Ok(())
    };
    answer(process())
}

const INTERNET: u32 = sekisho_origin::SEKISHO_ORIGIN_INTERNET as u32;
const INTERFACE: u32 = sekisho_origin::SEKISHO_ORIGIN_INTERFACE as u32;
const INTERNET_VIA: u32 = sekisho_origin::SEKISHO_ORIGIN_INTERNET_VIA as u32;
const NEW: u32 = sekisho_flow::SEKISHO_FLOW_NEW as u32;
const REPLY: u32 = sekisho_flow::SEKISHO_FLOW_REPLY as u32;

pub(crate) fn from(origin: u32, port: sekisho_id) -> Result<Origin, c_int> {
    let place = || {
        let kind = u8::try_from(port.kind).ok().and_then(Kind::from_number);
        let id = Id { kind: kind.ok_or(SEKISHO_EINVAL)?, number: port.number };
        Place::from_id(id).ok_or(SEKISHO_EINVAL)
    };
    match origin {
        INTERNET => Ok(Origin::Internet),
        INTERFACE => Ok(Origin::Interface(place()?)),
        INTERNET_VIA => Ok(Origin::InternetVia(place()?)),
        _ => Err(SEKISHO_EINVAL),
    }
}

/// What C is told: `public` is the source address of a packet that left.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
pub(crate) fn converted(next: &Next, public: u32) -> sekisho_outcome {
    let to = |next, id: Id| sekisho_outcome {
        next: next as u32,
        id: sekisho_id { kind: id.kind.number().into(), number: id.number },
        ..sekisho_outcome::default()
    };
    let plain = |next| sekisho_outcome { next: next as u32, ..sekisho_outcome::default() };
    match *next {
        Next::Internet => {
            sekisho_outcome { public_address: public, ..plain(sekisho_next::SEKISHO_NEXT_INTERNET) }
        }
        Next::Deliver(id) => to(sekisho_next::SEKISHO_NEXT_DELIVER, id),
        Next::Handoff(id) => to(sekisho_next::SEKISHO_NEXT_HANDOFF, id),
        Next::Service => plain(sekisho_next::SEKISHO_NEXT_SERVICE),
        Next::Forward(id) => to(sekisho_next::SEKISHO_NEXT_FORWARD, id),
        Next::Inspect { endpoint, appliance } => sekisho_outcome {
            appliance: appliance.0.into(),
            ..to(sekisho_next::SEKISHO_NEXT_INSPECT, endpoint.id())
        },
        Next::Translate(id) => to(sekisho_next::SEKISHO_NEXT_TRANSLATE, id),
        Next::Drop(reason) => sekisho_outcome {
            drop: reason.number().into(),
            ..plain(sekisho_next::SEKISHO_NEXT_DROP)
        },
    }
}

/// Writes the ICMP time-exceeded answer to a packet that was dropped as TTL_EXPIRED: an IPv4 packet from
/// address router (host order) to the packet's source, in at most room bytes of out, which may not
/// overlap the packet. SEKISHO_MAX_ANSWER bytes are always enough. Sending it, and how often, is the
/// caller's.
///
/// Answers its length; 0 if none is due (to what is no packet, an ICMP error, a later fragment, or a
/// source that is no single host's).
///
/// EINVAL: a pointer is NULL. ENOSPC: there is no room for the headers and the packet's first 8 bytes.
///
/// Cost: bounded: 576 bytes. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_time_exceeded(
    packet: *const u8,
    len: usize,
    router: u32,
    out: *mut u8,
    room: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let packet = unsafe { guard::bytes(packet, len) };
    // SAFETY: the caller's promise.
    let out = unsafe { guard::bytes_mut(out, room) };
    let written =
        packet.and_then(|packet| match packet::time_exceeded(packet, Addr(router), out?) {
            Ok(len) => c_int::try_from(len).map_err(|_| SEKISHO_EINVAL),
            Err(NoAnswer::NotDue) => Ok(0),
            Err(NoAnswer::TooSmall) => Err(SEKISHO_ENOSPC),
        });
    written.unwrap_or_else(|code| code)
}

/// The most bytes that sekisho_time_exceeded writes.
pub const SEKISHO_MAX_ANSWER: usize = 576;

const _: () = assert!(SEKISHO_MAX_ANSWER == packet::MAX_ANSWER);
