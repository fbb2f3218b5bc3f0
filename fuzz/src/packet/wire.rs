//! Packets built and read again, by this file's own reading of the RFCs: nothing here is the core's.

use sekisho::addr::Addr;

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// What a packet with right lengths and checksums is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    pub(super) source: u32,
    pub(super) destination: u32,
    pub(super) protocol: u8,
    /// TCP and UDP.
    pub(super) ports: (u16, u16),
    /// TCP.
    pub(super) flags: u8,
    /// ICMP: the type, and the identifier and sequence number or whatever stands there.
    pub(super) kind: u8,
    pub(super) rest: u32,
    pub(super) ttl: u8,
    pub(super) identification: u16,
    /// Flags and offset.
    pub(super) fragment: u16,
    pub(super) options: usize,
    pub(super) without_checksum: bool,
    pub(super) payload: Vec<u8>,
}

impl Spec {
    pub(super) fn build(&self) -> Vec<u8> {
        let header = 20 + self.options;
        let mut bytes = vec![1; header];
        bytes[0] = 0x40 | (header / 4) as u8;
        bytes[1] = 0;
        put(&mut bytes, 4, self.identification);
        put(&mut bytes, 6, self.fragment);
        (bytes[8], bytes[9]) = (self.ttl, self.protocol);
        bytes[12..16].copy_from_slice(&self.source.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.destination.to_be_bytes());
        if self.fragment & 0x1FFF == 0 {
            let mut transport = match self.protocol {
                TCP => vec![0; 20],
                UDP | ICMP => vec![0; 8],
                _ => Vec::new(),
            };
            match self.protocol {
                TCP | UDP => {
                    put(&mut transport, 0, self.ports.0);
                    put(&mut transport, 2, self.ports.1);
                    if self.protocol == TCP {
                        (transport[12], transport[13]) = (5 << 4, self.flags);
                    } else {
                        put(&mut transport, 4, 8 + self.payload.len() as u16);
                    }
                }
                ICMP => {
                    transport[0] = self.kind;
                    transport[4..8].copy_from_slice(&self.rest.to_be_bytes());
                }
                _ => {}
            }
            bytes.extend(transport);
        }
        bytes.extend(&self.payload);
        let length = bytes.len() as u16;
        put(&mut bytes, 2, length);
        repair(&mut bytes, !self.without_checksum);
        bytes
    }
}

pub(super) fn get(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn put(bytes: &mut [u8], at: usize, word: u16) {
    bytes[at..at + 2].copy_from_slice(&word.to_be_bytes());
}

pub(super) fn address(bytes: &[u8], at: usize) -> u32 {
    u32::from(get(bytes, at)) << 16 | u32::from(get(bytes, at + 2))
}

pub(super) fn source(bytes: &[u8]) -> Addr {
    Addr(address(bytes, 12))
}

pub(super) fn destination(bytes: &[u8]) -> Addr {
    Addr(address(bytes, 16))
}

/// Where the parts of a packet lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) header: usize,
    pub(super) total: usize,
    pub(super) protocol: u8,
    pub(super) offset: u16,
}

impl Layout {
    /// The layout of a header that starts here, whatever is behind it.
    fn of_header(bytes: &[u8]) -> Option<Layout> {
        let first = *bytes.first()?;
        let header = usize::from(first & 15) * 4;
        (bytes.len() >= 20 && first >> 4 == 4 && header >= 20).then(|| Layout {
            header,
            total: get(bytes, 2).into(),
            protocol: bytes[9],
            offset: get(bytes, 6) & 0x1FFF,
        })
    }

    /// The layout of a packet: nothing, if it is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Layout> {
        let layout = Layout::of_header(bytes)?;
        let Layout { header, total, protocol, offset } = layout;
        let least = match protocol {
            TCP if offset == 0 => 20,
            UDP | ICMP if offset == 0 => 8,
            _ => 0,
        };
        let is_whole = header <= total && total <= bytes.len() && total - header >= least;
        (is_whole && residue(&[&bytes[..header]]) == 0).then_some(layout)
    }

    /// Whether it starts with a transport header.
    fn starts(&self) -> bool {
        self.offset == 0
    }
}

/// The one's complement sum of all words, modulo 65535: 0 where a checksum among them is right.
fn residue(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
            sum %= 0xFFFF;
        }
    }
    sum as u16
}

/// Where a checksum lies in a transport header.
fn checksum_at(protocol: u8) -> Option<usize> {
    match protocol {
        TCP => Some(16),
        UDP => Some(6),
        ICMP => Some(2),
        _ => None,
    }
}

/// What the checksums of a packet are off by: `None` for one that is not there or not made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Residues {
    ip: u16,
    transport: Option<u16>,
    /// Those of the packet that an ICMP error carries.
    embedded: Option<Box<Residues>>,
}

impl Residues {
    /// Of a whole packet.
    pub(super) fn of(bytes: &[u8], layout: &Layout) -> Residues {
        let body = &bytes[layout.header..layout.total];
        Residues {
            ip: residue(&[&bytes[..layout.header]]),
            transport: transport(bytes, layout, body),
            embedded: embedded(body, layout).map(|inner| {
                let layout = Layout::of_header(inner).expect("what is embedded has a header");
                let end = layout.header.min(inner.len());
                let (header, body) = inner.split_at(end);
                let transport = transport(inner, &layout, body);
                Box::new(Residues { ip: residue(&[header]), transport, embedded: None })
            }),
        }
    }
}

impl Residues {
    pub(super) fn are_right(&self) -> bool {
        self.ip == 0 && self.transport.is_none_or(|residue| residue == 0)
    }
}

fn transport(bytes: &[u8], layout: &Layout, body: &[u8]) -> Option<u16> {
    let at = checksum_at(layout.protocol).filter(|_| layout.starts())?;
    if body.len() < at + 2 || (layout.protocol == UDP && get(body, at) == 0) {
        return None;
    }
    if layout.protocol == ICMP {
        return Some(residue(&[body]));
    }
    let length = (layout.total.saturating_sub(layout.header) as u16).to_be_bytes();
    Some(residue(&[&bytes[12..20], &[0, layout.protocol], &length, body]))
}

/// What an ICMP error carries, if it starts with a header.
fn embedded<'a>(body: &'a [u8], layout: &Layout) -> Option<&'a [u8]> {
    let is_error = layout.protocol == ICMP && layout.starts() && is_error(*body.first()?);
    let inner = body.get(8..).filter(|_| is_error)?;
    Layout::of_header(inner).map(|_| inner)
}

pub(super) fn is_error(kind: u8) -> bool {
    matches!(kind, 3 | 4 | 5 | 11 | 12)
}

pub(super) fn is_query(kind: u8) -> bool {
    matches!(kind, 0 | 8 | 13..=18)
}

/// Whether it is an ICMP error.
pub(super) fn carries(bytes: &[u8], layout: &Layout) -> bool {
    layout.protocol == ICMP && layout.starts() && is_error(bytes[layout.header])
}

/// The bytes that translation may change, but for the time to live: addresses, ports, identifiers and
/// checksums.
pub(super) fn translatable(bytes: &[u8], layout: &Layout) -> Vec<bool> {
    let mut may = vec![false; bytes.len()];
    let mut mark = |from: usize, count: usize| {
        may.iter_mut().take(layout.total).skip(from).take(count).for_each(|byte| *byte = true);
    };
    let body = &bytes[layout.header..layout.total];
    let mut parts = vec![(0, *layout)];
    if let Some(inner) = embedded(body, layout) {
        parts.push((layout.header + 8, Layout::of_header(inner).expect("a header")));
    }
    for (start, part) in parts {
        mark(start + 10, 2);
        mark(start + 12, 8);
        let body = start + part.header;
        let Some(at) = checksum_at(part.protocol).filter(|_| part.starts()) else { continue };
        mark(body + at, 2);
        match part.protocol {
            TCP | UDP => mark(body, 4),
            _ if bytes.get(body).copied().is_some_and(is_query) => mark(body + 4, 2),
            _ => {}
        }
    }
    may
}

/// Makes the checksums right; that of UDP only if there is to be one.
pub(super) fn repair(bytes: &mut [u8], with_udp: bool) {
    let Some(layout) = Layout::of_header(bytes) else { return };
    let header = layout.header.min(bytes.len());
    put(bytes, 10, 0);
    let sum = residue(&[&bytes[..header]]);
    put(bytes, 10, !sum);
    let (Some(at), total) = (checksum_at(layout.protocol), layout.total.min(bytes.len())) else {
        return;
    };
    if !layout.starts() || total < header + at + 2 {
        return;
    }
    put(bytes, header + at, 0);
    if layout.protocol == UDP && !with_udp {
        return;
    }
    let body = &bytes[header..total];
    let length = (layout.total.saturating_sub(layout.header) as u16).to_be_bytes();
    let sum = match layout.protocol {
        ICMP => residue(&[body]),
        protocol => residue(&[&bytes[12..20], &[0, protocol], &length, body]),
    };
    let sum = if layout.protocol == UDP && sum == 0xFFFF { 0 } else { sum };
    put(bytes, header + at, !sum);
}
