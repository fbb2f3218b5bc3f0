//! Packets built and checked by etherparse.

use etherparse::checksum::Sum16BitWords;
use etherparse::{
    Icmpv4Slice, Icmpv4Type, IpNumber, Ipv4Header, Ipv4HeaderSlice, TcpHeader, TcpHeaderSlice,
    UdpHeader, UdpHeaderSlice,
};

use super::border::octets;

/// An address and a port, or the identifier of an ICMP query.
pub(crate) type End<'a> = (&'a str, u16);

/// A packet to be built; what is not said is as usual.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) header: Ipv4Header,
    transport: Vec<u8>,
}

fn header(from: &str, to: &str, protocol: IpNumber) -> Ipv4Header {
    Ipv4Header::new(0, 64, protocol, octets(from), octets(to)).unwrap()
}

const PAYLOAD: &[u8] = b"payload!payload!";

pub(crate) fn udp(from: End<'_>, to: End<'_>) -> Packet {
    udp_with(from, to, PAYLOAD)
}

pub(crate) fn udp_with(from: End<'_>, to: End<'_>, payload: &[u8]) -> Packet {
    let header = header(from.0, to.0, IpNumber::UDP);
    let (source, destination) = (header.source, header.destination);
    let length = 8 + u16::try_from(payload.len()).unwrap();
    let mut udp = UdpHeader { source_port: from.1, destination_port: to.1, length, checksum: 0 };
    udp.checksum = udp.calc_checksum_ipv4_raw(source, destination, payload).unwrap();
    Packet { header, transport: [&udp.to_bytes()[..], payload].concat() }
}

/// A segment; flags are letters of SAFR.
pub(crate) fn tcp(from: End<'_>, to: End<'_>, flags: &str) -> Packet {
    let header = header(from.0, to.0, IpNumber::TCP);
    let (source, destination) = (header.source, header.destination);
    let mut tcp = TcpHeader::new(from.1, to.1, 1000, 4096);
    (tcp.syn, tcp.ack) = (flags.contains('S'), flags.contains('A'));
    (tcp.fin, tcp.rst) = (flags.contains('F'), flags.contains('R'));
    tcp.checksum = tcp.calc_checksum_ipv4_raw(source, destination, PAYLOAD).unwrap();
    Packet { header, transport: [&tcp.to_bytes()[..], PAYLOAD].concat() }
}

/// An ICMP message of a type and code; `rest` is what stands behind the checksum.
pub(crate) fn icmp(
    from: &str,
    to: &str,
    (kind, code): (u8, u8),
    rest: [u8; 4],
    body: &[u8],
) -> Packet {
    let header = header(from, to, IpNumber::ICMP);
    let message = Icmpv4Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest };
    let [high, low] = message.calc_checksum(body).to_be_bytes();
    let transport = [&[kind, code, high, low], &rest[..], body].concat();
    Packet { header, transport }
}

/// An ICMP query or reply with an identifier.
pub(crate) fn query(kind: u8, from: &str, to: &str, identifier: u16) -> Packet {
    let [high, low] = identifier.to_be_bytes();
    // Timestamps have three words.
    let body = if matches!(kind, 13 | 14) { &PAYLOAD[..12] } else { PAYLOAD };
    icmp(from, to, (kind, 0), [high, low, 0, 1], body)
}

pub(crate) const REQUEST: u8 = 8;
pub(crate) const REPLY: u8 = 0;
pub(crate) const UNREACHABLE: (u8, u8) = (3, 3);

/// An ICMP error about a packet, to its source; it shows a header and 8 bytes more.
pub(crate) fn error(from: &str, kind: (u8, u8), about: &[u8]) -> Packet {
    let shown = Ipv4HeaderSlice::from_slice(about).unwrap().slice().len() + 8;
    error_showing(from, kind, &about[..shown])
}

pub(crate) fn error_showing(from: &str, kind: (u8, u8), about: &[u8]) -> Packet {
    let [a, b, c, d] = source(about);
    icmp(from, &format!("{a}.{b}.{c}.{d}"), kind, [0; 4], about)
}

impl Packet {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut header = self.header.clone();
        header.set_payload_len(self.transport.len()).unwrap();
        header.header_checksum = header.calc_header_checksum();
        [&header.to_bytes()[..], &self.transport[..]].concat()
    }

    pub(crate) fn with_options(mut self, options: &[u8]) -> Packet {
        self.header.options = options.try_into().unwrap();
        self
    }

    /// Its fragments: the first has so many bytes, a multiple of 8.
    pub(crate) fn fragments(&self, identification: u16, first: u16) -> [Vec<u8>; 2] {
        let (head, tail) = self.transport.split_at(first.into());
        let part = |bytes: &[u8], offset: u16, more| {
            let mut packet = Packet { transport: bytes.to_vec(), ..self.clone() };
            packet.header.identification = identification;
            packet.header.dont_fragment = false;
            packet.header.fragment_offset = offset.try_into().unwrap();
            packet.header.more_fragments = more;
            packet.bytes()
        };
        [part(head, 0, true), part(tail, first / 8, false)]
    }
}

pub(crate) fn source(packet: &[u8]) -> [u8; 4] {
    Ipv4HeaderSlice::from_slice(packet).unwrap().source()
}

pub(crate) fn destination(packet: &[u8]) -> [u8; 4] {
    Ipv4HeaderSlice::from_slice(packet).unwrap().destination()
}

fn body(packet: &[u8]) -> (IpNumber, &[u8]) {
    let header = Ipv4HeaderSlice::from_slice(packet).unwrap();
    (header.protocol(), &packet[header.slice().len()..])
}

/// The source and destination port; of a query the identifier twice.
pub(crate) fn ports(packet: &[u8]) -> (u16, u16) {
    match body(packet) {
        (IpNumber::TCP, body) => {
            let header = TcpHeaderSlice::from_slice(body).unwrap();
            (header.source_port(), header.destination_port())
        }
        (IpNumber::UDP, body) => {
            let header = UdpHeaderSlice::from_slice(body).unwrap();
            (header.source_port(), header.destination_port())
        }
        (_, body) => {
            let [a, b, ..] = Icmpv4Slice::from_slice(body).unwrap().bytes5to8();
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([a, b]))
        }
    }
}

/// Type and code of an ICMP message.
pub(crate) fn kind(packet: &[u8]) -> (u8, u8) {
    let message = Icmpv4Slice::from_slice(body(packet).1).unwrap();
    (message.type_u8(), message.code_u8())
}

/// The packet that an ICMP error carries, as far as it is shown.
pub(crate) fn about(packet: &[u8]) -> &[u8] {
    &body(packet).1[8..]
}

/// Whether every checksum of a packet is right, also that of the header within an ICMP error; a first
/// fragment's transport checksum is of more than is there.
pub(crate) fn check(packet: &[u8]) -> Result<(), String> {
    let header = Ipv4HeaderSlice::from_slice(packet).map_err(|error| error.to_string())?;
    let right = |what: &str, sum: Sum16BitWords| match sum.ones_complement() {
        0 => Ok(()),
        _ => Err(format!("the {what} checksum is wrong")),
    };
    let sum = |bytes: &[u8]| Sum16BitWords::new().add_slice(bytes);
    right("IP", sum(header.slice()))?;
    if header.more_fragments() || header.fragments_offset().value() != 0 {
        return Ok(());
    }
    let (protocol, body) = body(packet);
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let covered = sum(body)
        .add_4bytes(header.source())
        .add_4bytes(header.destination())
        .add_2bytes([0, protocol.0])
        .add_2bytes(length);
    match protocol {
        IpNumber::TCP => right("TCP", covered),
        IpNumber::UDP => right("UDP", covered),
        IpNumber::ICMP => {
            right("ICMP", sum(body))?;
            let is_error = matches!(body[0], 3 | 4 | 5 | 11 | 12);
            match Ipv4HeaderSlice::from_slice(&body[8..]).ok().filter(|_| is_error) {
                Some(inner) => right("embedded IP", sum(inner.slice())),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
