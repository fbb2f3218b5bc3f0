//! Checked views of IPv4 packets: the bytes are checked once, then no accessor can fail.
//!
//! Only a mutable view's own methods change the bytes, and none of them touches a field that the
//! check relied on (version, lengths, fragment offset, protocol), so a view stays valid.

use core::ops::Range;

use super::checksum;
use crate::addr::{Addr, half};
use crate::resolve::Header;

/// The protocol number of ICMP.
pub const ICMP: u8 = 1;
/// The protocol number of TCP.
pub const TCP: u8 = 6;
/// The protocol number of UDP.
pub const UDP: u8 = 17;

/// The length of an IPv4 header without options, in bytes.
pub(super) const FIXED_HEADER: usize = 20;

/// The bytes are not a valid IPv4 packet: the version is not 4, a length is wrong, the header
/// checksum does not fit, or the transport header is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Malformed;

/// What follows the IPv4 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Transport {
    /// A TCP header of at least 20 bytes.
    Tcp,
    /// A UDP header of 8 bytes.
    Udp,
    /// An ICMP header of 8 bytes.
    Icmp,
    /// Another protocol, which the packet path does not look into.
    Other,
    /// The middle or end of a fragmented packet: no transport header.
    LaterFragment,
}

/// Which of the two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Side {
    /// The source address.
    Source,
    /// The destination address.
    Destination,
}

impl Side {
    /// The other side.
    pub const fn opposite(self) -> Side {
        match self {
            Side::Source => Side::Destination,
            Side::Destination => Side::Source,
        }
    }
}

/// The two ends of a packet: addresses, and ports where there are any. A query of ICMP has its
/// identifier as the port of who asks, the source port of a request and the destination port of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ends {
    /// The source address.
    pub source: Addr,
    /// The destination address.
    pub destination: Addr,
    /// The source port, or 0.
    pub source_port: u16,
    /// The destination port, or 0.
    pub destination_port: u16,
}

impl Ends {
    /// The ends as words: the addresses, and the source port above the destination port.
    pub(crate) fn words(&self) -> [u32; 3] {
        let ports = u32::from(self.source_port) << 16 | u32::from(self.destination_port);
        [self.source.0, self.destination.0, ports]
    }

    /// The ends of such words.
    pub(crate) fn from_words([source, destination, ports]: [u32; 3]) -> Ends {
        Ends {
            source: Addr(source),
            destination: Addr(destination),
            source_port: half(ports, true),
            destination_port: half(ports, false),
        }
    }

    /// The ends of a packet that goes the other way.
    pub const fn reversed(self) -> Ends {
        Ends {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
        }
    }
}

/// What an ICMP message is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message {
    /// Echo, timestamp, information or mask request, with its identifier.
    Request(u16),
    /// A reply to one of them.
    Reply(u16),
    /// Destination unreachable, source quench, redirect, time exceeded or parameter problem: it carries
    /// the head of the packet that it is about.
    Error,
    /// Another type.
    Other,
}

impl Message {
    /// Reads the first bytes of an ICMP header.
    pub(super) const fn read(header: &[u8; 6]) -> Message {
        let id = u16::from_be_bytes([header[4], header[5]]);
        match header[0] {
            8 | 13 | 15 | 17 => Message::Request(id),
            0 | 14 | 16 | 18 => Message::Reply(id),
            3 | 4 | 5 | 11 | 12 => Message::Error,
            _ => Message::Other,
        }
    }

    /// The ports that stand for the identifier.
    pub(super) const fn ports(self) -> (u16, u16) {
        match self {
            Message::Request(id) => (id, 0),
            Message::Reply(id) => (0, id),
            Message::Error | Message::Other => (0, 0),
        }
    }
}

/// A checked packet.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    head: &'a [u8; FIXED_HEADER],
    payload: &'a [u8],
    transport: Transport,
    flags: u8,
    ports: u32,
}

impl<'a> View<'a> {
    /// Checks that the bytes start with a whole IPv4 packet.
    ///
    /// Bytes beyond the packet's total length are link padding: neither looked at nor changed. A
    /// packet or first fragment of TCP, UDP or ICMP that is too short for the protocol's fixed
    /// header (20, 8 and 8 bytes) is malformed, as its ports or checksum could not be had. Lengths
    /// that TCP and UDP state themselves, and their checksums, are for the receiver to judge.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Result<View<'a>, Malformed> {
        let (head, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
        let layout = Layout::check(head, rest).ok_or(Malformed)?;
        let Layout { payload, transport, flags, ports } = layout;
        let payload = rest.get(payload).ok_or(Malformed)?;
        Ok(View { head, payload, transport, flags, ports })
    }

    /// The source address.
    pub const fn source(&self) -> Addr {
        address(self.head, Side::Source)
    }

    /// The destination address.
    pub const fn destination(&self) -> Addr {
        address(self.head, Side::Destination)
    }

    /// The IP protocol number.
    pub const fn protocol(&self) -> u8 {
        self.head[9]
    }

    /// The time to live.
    pub const fn ttl(&self) -> u8 {
        self.head[8]
    }

    /// What follows the IPv4 header.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The packet's length in bytes, as its header states it.
    pub const fn total_len(&self) -> u16 {
        u16::from_be_bytes([self.head[2], self.head[3]])
    }

    /// The identification that the fragments of a datagram share.
    pub const fn identification(&self) -> u16 {
        u16::from_be_bytes([self.head[4], self.head[5]])
    }

    /// Whether more fragments of the datagram follow this one.
    pub const fn has_more_fragments(&self) -> bool {
        self.head[6] & 0x20 != 0
    }

    /// Whether it is a part of a fragmented packet.
    #[inline]
    pub(crate) const fn is_fragment(&self) -> bool {
        u16::from_be_bytes([self.head[6], self.head[7]]) & 0x3FFF != 0
    }

    /// The flags of a TCP segment: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32; 0 for anything else.
    pub const fn tcp_flags(&self) -> u8 {
        self.flags
    }

    /// What an ICMP message is; `None` for other protocols and later fragments.
    pub const fn message(&self) -> Option<Message> {
        match (self.transport, self.payload.first_chunk()) {
            (Transport::Icmp, Some(header)) => Some(Message::read(header)),
            _ => None,
        }
    }

    /// The ends of the packet.
    #[inline]
    pub const fn ends(&self) -> Ends {
        let (source_port, destination_port) = match self.message() {
            Some(message) => message.ports(),
            None => split_ports(self.ports),
        };
        Ends {
            source: self.source(),
            destination: self.destination(),
            source_port,
            destination_port,
        }
    }

    /// The ends as words, but for ICMP without an identifier: see [`Ends::words`].
    #[inline]
    pub(crate) fn end_words(&self) -> [u32; 3] {
        [self.source().0, self.destination().0, self.ports]
    }

    /// The protocol and the ends of the packet that an ICMP error is about; `None` if this is no error,
    /// or what it carries is too short or no first fragment.
    pub fn embedded(&self) -> Option<(u8, Ends)> {
        if self.message() != Some(Message::Error) {
            return None;
        }
        let (_, embedded) = self.payload.split_first_chunk::<8>()?;
        let (head, rest) = embedded.split_first_chunk::<FIXED_HEADER>()?;
        let transport = rest.get(header_len(head)? - FIXED_HEADER..)?;
        if fragment_offset(head) != 0 {
            return None;
        }
        let (source_port, destination_port) = match head[9] {
            TCP | UDP => ports(transport.first_chunk()?),
            ICMP => match Message::read(transport.first_chunk()?) {
                Message::Error => return None,
                message => message.ports(),
            },
            _ => (0, 0),
        };
        let (source, destination) = (address(head, Side::Source), address(head, Side::Destination));
        Some((head[9], Ends { source, destination, source_port, destination_port }))
    }

    /// The bytes after the IPv4 header and its options.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The facts that decide about the packet. Ports are 0 unless it is TCP or UDP and not a later
    /// fragment.
    pub const fn header(&self) -> Header {
        let (source_port, destination_port) = split_ports(self.ports);
        Header {
            source: self.source(),
            destination: self.destination(),
            protocol: self.protocol(),
            source_port,
            destination_port,
        }
    }
}

/// A checked packet that can be rewritten.
#[derive(Debug)]
pub struct ViewMut<'a> {
    pub(super) head: &'a mut [u8; FIXED_HEADER],
    pub(super) payload: &'a mut [u8],
    transport: Transport,
    flags: u8,
    ports: u32,
}

impl<'a> ViewMut<'a> {
    /// Checks as [`View::new`] does.
    #[inline(always)]
    pub fn new(bytes: &'a mut [u8]) -> Result<ViewMut<'a>, Malformed> {
        let (head, rest) = bytes.split_first_chunk_mut().ok_or(Malformed)?;
        let layout = Layout::check(head, rest).ok_or(Malformed)?;
        let Layout { payload, transport, flags, ports } = layout;
        let payload = rest.get_mut(payload).ok_or(Malformed)?;
        Ok(ViewMut { head, payload, transport, flags, ports })
    }

    /// The same packet, read only.
    pub const fn view(&self) -> View<'_> {
        View {
            head: self.head,
            payload: self.payload,
            transport: self.transport,
            flags: self.flags,
            ports: self.ports,
        }
    }
}

/// What a check found.
struct Layout {
    /// The payload within the bytes behind the fixed header.
    payload: Range<usize>,
    transport: Transport,
    flags: u8,
    ports: u32,
}

impl Layout {
    /// Checks a header and what is behind its fixed part.
    #[inline(always)]
    fn check(head: &[u8; FIXED_HEADER], rest: &[u8]) -> Option<Layout> {
        let options = header_len(head)? - FIXED_HEADER;
        let total_len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let mut sum = checksum::words(head);
        if options != 0 {
            sum += checksum::words(rest.get(..options)?);
        }
        if !checksum::is_right(sum) {
            return None;
        }
        // Nothing if the total length is under the header's or over that of the bytes.
        let range = options..total_len.checked_sub(FIXED_HEADER)?;
        let payload = rest.get(range.clone())?;
        let (transport, flags, ports) = if fragment_offset(head) != 0 {
            (Transport::LaterFragment, 0, 0)
        } else {
            transport(head[9], payload)?
        };
        Some(Layout { payload: range, transport, flags, ports })
    }
}

/// The transport, its flags and its ports, or nothing if its fixed header is cut off.
#[inline(always)]
fn transport(protocol: u8, payload: &[u8]) -> Option<(Transport, u8, u32)> {
    Some(match protocol {
        TCP => {
            let header: &[u8; 20] = payload.first_chunk()?;
            (Transport::Tcp, header[13], u32::from_be_bytes(*header.first_chunk()?))
        }
        UDP => {
            let header: &[u8; 8] = payload.first_chunk()?;
            (Transport::Udp, 0, u32::from_be_bytes(*header.first_chunk()?))
        }
        ICMP => {
            payload.first_chunk::<8>()?;
            (Transport::Icmp, 0, 0)
        }
        _ => (Transport::Other, 0, 0),
    })
}

/// The ports of source and destination in one word.
const fn split_ports(ports: u32) -> (u16, u16) {
    (half(ports, true), half(ports, false))
}

pub(super) const fn ports(header: &[u8; 4]) -> (u16, u16) {
    (u16::from_be_bytes([header[0], header[1]]), u16::from_be_bytes([header[2], header[3]]))
}

/// The length of the header with its options in bytes, 20 to 60, if the version is 4.
pub(super) fn header_len(head: &[u8; FIXED_HEADER]) -> Option<usize> {
    let words = head[0] & 0x0F;
    (head[0] >> 4 == 4 && words >= 5).then_some(usize::from(words) * 4)
}

/// Where the packet belongs in the one that was fragmented, in units of 8 bytes.
pub(super) const fn fragment_offset(head: &[u8; FIXED_HEADER]) -> u16 {
    u16::from_be_bytes([head[6], head[7]]) & 0x1FFF
}

pub(super) const fn address(head: &[u8; FIXED_HEADER], side: Side) -> Addr {
    match side {
        Side::Source => Addr::new(head[12], head[13], head[14], head[15]),
        Side::Destination => Addr::new(head[16], head[17], head[18], head[19]),
    }
}

pub(super) const fn set_address(head: &mut [u8; FIXED_HEADER], side: Side, address: Addr) {
    let octets = address.0.to_be_bytes();
    match side {
        Side::Source => [head[12], head[13], head[14], head[15]] = octets,
        Side::Destination => [head[16], head[17], head[18], head[19]] = octets,
    }
}
