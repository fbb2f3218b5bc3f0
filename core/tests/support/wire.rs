//! Descriptions of packets to bytes and back, every checksum by etherparse.
//!
//! A fragment's transport checksum is made as if the fragment were the whole: a translation changes
//! either by the same amount.

use etherparse::checksum::Sum16BitWords;
use etherparse::{Icmpv4Type, Ipv4Header, TcpHeader, UdpHeader};
use sekisho::addr::Addr;
use sekisho::model::flow::{ACK, FIN, Packet, RST, SYN, Transport};

type Octets = [u8; 4];

/// The bytes of a packet.
pub(crate) fn build(packet: &Packet) -> Vec<u8> {
    let ends = (packet.source.0.to_be_bytes(), packet.destination.0.to_be_bytes());
    let mut bytes = ip_header(packet, ends);
    bytes.extend(transport(packet, ends));
    bytes
}

fn ip_header(packet: &Packet, (source, destination): (Octets, Octets)) -> Vec<u8> {
    let mut header = Ipv4Header {
        total_len: packet.total_len() as u16,
        identification: packet.identification,
        more_fragments: packet.more,
        fragment_offset: packet.offset.try_into().expect("13 bits"),
        time_to_live: packet.ttl,
        protocol: packet.protocol().into(),
        source,
        destination,
        options: packet.options.as_slice().try_into().expect("whole words, at most ten"),
        dont_fragment: false,
        ..Default::default()
    };
    header.header_checksum = header.calc_header_checksum();
    header.to_bytes().to_vec()
}

fn transport(packet: &Packet, (from, to): (Octets, Octets)) -> Vec<u8> {
    let payload = packet.payload.as_slice();
    let mut bytes = match &packet.transport {
        Transport::Tcp { source, destination, flags } => {
            let mut header = TcpHeader::new(*source, *destination, 0x0102_0304, 4096);
            header.acknowledgment_number = 0x0506_0708;
            (header.fin, header.syn) = (flags & FIN != 0, flags & SYN != 0);
            (header.rst, header.ack) = (flags & RST != 0, flags & ACK != 0);
            header.checksum = header.calc_checksum_ipv4_raw(from, to, payload).expect("short");
            header.to_bytes().to_vec()
        }
        Transport::Udp { source, destination, checksum } => {
            let length = 8 + payload.len() as u16;
            let (source_port, destination_port) = (*source, *destination);
            let mut header = UdpHeader { source_port, destination_port, length, checksum: 0 };
            if *checksum {
                let sum = header.calc_checksum_ipv4_raw(from, to, payload);
                header.checksum = sum.expect("short");
            }
            header.to_bytes().to_vec()
        }
        Transport::Icmp { kind, id } => {
            let [high, low] = id.to_be_bytes();
            icmp(*kind, [high, low, 0, 7], payload)
        }
        Transport::Error { kind, about, shown } => {
            let mut body = build(about);
            body.truncate(*shown);
            let mut bytes = icmp(*kind, [0; 4], &body);
            bytes.extend(body);
            bytes
        }
        Transport::Other(_) | Transport::Later(_) => Vec::new(),
    };
    bytes.extend(payload);
    bytes
}

fn icmp(kind: u8, rest: Octets, body: &[u8]) -> Vec<u8> {
    let header = Icmpv4Type::Unknown { type_u8: kind, code_u8: 0, bytes5to8: rest };
    let sum = header.calc_checksum(body).to_be_bytes();
    [&[kind, 0], &sum[..], &rest[..]].concat()
}

/// The packet that these bytes are, all checksums verified. Of a packet within an error that is not
/// shown whole, what is missing reads as 0.
pub(crate) fn parse(bytes: &[u8]) -> Result<Packet, String> {
    parse_with(bytes, true)
}

fn parse_with(bytes: &[u8], verify: bool) -> Result<Packet, String> {
    let (header, rest) = Ipv4Header::from_slice(bytes).map_err(|error| format!("{error:?}"))?;
    right("IP", Sum16BitWords::new().add_slice(&bytes[..header.header_len()]))?;
    let length = usize::from(header.total_len).checked_sub(header.header_len());
    let length = length.ok_or("the total length is less than the header's")?;
    let body = rest.get(..length).ok_or("the packet is cut off")?;
    let (transport, payload) = if header.fragment_offset.value() == 0 {
        let ends = (header.source, header.destination);
        parse_transport(header.protocol.0, ends, body, verify)?
    } else {
        (Transport::Later(header.protocol.0), body)
    };
    Ok(Packet {
        source: Addr(u32::from_be_bytes(header.source)),
        destination: Addr(u32::from_be_bytes(header.destination)),
        ttl: header.time_to_live,
        identification: header.identification,
        offset: header.fragment_offset.value(),
        more: header.more_fragments,
        options: header.options.to_vec(),
        transport,
        payload: payload.to_vec(),
    })
}

fn parse_transport(
    protocol: u8,
    (from, to): (Octets, Octets),
    body: &[u8],
    verify: bool,
) -> Result<(Transport, &[u8]), String> {
    let pseudo = Sum16BitWords::new().add_4bytes(from).add_4bytes(to).add_2bytes([0, protocol]);
    let with_addresses = pseudo.add_2bytes((body.len() as u16).to_be_bytes()).add_slice(body);
    match protocol {
        6 => {
            let (header, payload) = TcpHeader::from_slice(body).map_err(|e| format!("{e:?}"))?;
            if verify {
                right("TCP", with_addresses)?;
            }
            let all = [(FIN, header.fin), (SYN, header.syn), (RST, header.rst), (ACK, header.ack)];
            let flags = all.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).sum();
            let (source, destination) = (header.source_port, header.destination_port);
            Ok((Transport::Tcp { source, destination, flags }, payload))
        }
        17 => {
            let (header, payload) = UdpHeader::from_slice(body).map_err(|e| format!("{e:?}"))?;
            let checksum = header.checksum != 0;
            if checksum && verify {
                right("UDP", with_addresses)?;
            }
            let (source, destination) = (header.source_port, header.destination_port);
            Ok((Transport::Udp { source, destination, checksum }, payload))
        }
        1 => {
            let (header, payload) = body.split_first_chunk::<8>().ok_or("ICMP is cut off")?;
            let [kind, _, _, _, rest @ ..] = *header;
            if verify {
                right("ICMP", Sum16BitWords::new().add_slice(body))?;
            }
            if matches!(kind, 3 | 4 | 5 | 11 | 12) {
                let about = if verify { parse_about(payload)? } else { opaque(payload) };
                let (about, shown) = (about.into(), payload.len());
                return Ok((Transport::Error { kind, about, shown }, &[]));
            }
            let id = u16::from_be_bytes([rest[0], rest[1]]);
            Ok((Transport::Icmp { kind, id }, payload))
        }
        other => Ok((Transport::Other(other), body)),
    }
}

/// A sum over everything, its checksum too, says that nothing has changed.
fn right(what: &str, sum: Sum16BitWords) -> Result<(), String> {
    match sum.ones_complement() {
        0 => Ok(()),
        other => Err(format!("the {what} checksum is off by {:#06x}", u16::from_be(other))),
    }
}

/// The packet within an error.
fn parse_about(shown: &[u8]) -> Result<Packet, String> {
    let header_len = shown.first().map_or(20, |first| usize::from(first & 0x0F) * 4);
    if shown.len() < header_len {
        return Ok(opaque(shown));
    }
    let length = usize::from(u16::from_be_bytes([shown[2], shown[3]]));
    let mut bytes = shown.to_vec();
    let whole = bytes.len() >= length;
    bytes.resize(length.max(bytes.len()), 0);
    // A TCP header has a length that may be cut off too.
    let at = header_len + 12;
    if !whole && shown.len() <= at && shown[9] == 6 && bytes.len() > at {
        bytes[at] = 5 << 4;
    }
    parse_with(&bytes, whole)
}

/// What is not even a header.
fn opaque(bytes: &[u8]) -> Packet {
    Packet {
        source: Addr(0),
        destination: Addr(0),
        ttl: 0,
        identification: 0,
        offset: 0,
        more: false,
        options: Vec::new(),
        transport: Transport::Other(255),
        payload: bytes.to_vec(),
    }
}
