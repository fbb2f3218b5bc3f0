//! A packet as a plain description.

use std::boxed::Box;
use std::vec::Vec;

use crate::addr::Addr;
use crate::resolve::Header;

/// The TCP flag that ends a direction.
pub const FIN: u8 = 0x01;
/// The TCP flag that opens.
pub const SYN: u8 = 0x02;
/// The TCP flag that breaks off.
pub const RST: u8 = 0x04;
/// The TCP flag that acknowledges.
pub const ACK: u8 = 0x10;

/// The protocol number of ICMP.
pub(super) const ICMP: u8 = 1;
/// The protocol number of TCP.
pub(super) const TCP: u8 = 6;
/// The protocol number of UDP.
pub(super) const UDP: u8 = 17;

/// A packet, but for what follows from the rest: lengths and checksums.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// The source address.
    pub source: Addr,
    /// The destination address.
    pub destination: Addr,
    /// The time to live.
    pub ttl: u8,
    /// What fragments of one packet have in common.
    pub identification: u16,
    /// Where a fragment belongs, in units of 8 bytes; not 0 exactly for [`Transport::Later`].
    pub offset: u16,
    /// Whether more fragments follow.
    pub more: bool,
    /// The IP options: whole words, at most ten.
    pub options: Vec<u8>,
    /// The transport header.
    pub transport: Transport,
    /// What follows the transport header; nothing for [`Transport::Error`].
    pub payload: Vec<u8>,
}

/// A transport header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP without options.
    Tcp {
        /// The source port.
        source: u16,
        /// The destination port.
        destination: u16,
        /// [`FIN`], [`SYN`], [`RST`], [`ACK`].
        flags: u8,
    },
    /// UDP.
    Udp {
        /// The source port.
        source: u16,
        /// The destination port.
        destination: u16,
        /// Whether there is a checksum.
        checksum: bool,
    },
    /// ICMP that is no error.
    Icmp {
        /// The type.
        kind: u8,
        /// The identifier of a query; of others, whatever stands there.
        id: u16,
    },
    /// An ICMP error.
    Error {
        /// The type: 3, 4, 5, 11 or 12.
        kind: u8,
        /// The packet that it is about.
        about: Box<Packet>,
        /// How many bytes of that are shown; more than there are shows all.
        shown: usize,
    },
    /// A protocol without ports.
    Other(u8),
    /// The middle or end of a fragmented packet of this protocol.
    Later(u8),
}

/// Addresses, protocol and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Source address and port.
    pub source: (Addr, u16),
    /// Destination address and port.
    pub destination: (Addr, u16),
    /// The protocol number.
    pub protocol: u8,
}

impl Tuple {
    /// That of an answer.
    pub fn reversed(self) -> Tuple {
        Tuple { source: self.destination, destination: self.source, protocol: self.protocol }
    }

    pub(super) fn header(self) -> Header {
        Header {
            source: self.source.0,
            destination: self.destination.0,
            protocol: self.protocol,
            source_port: self.source.1,
            destination_port: self.destination.1,
        }
    }
}

/// Whether ICMP of this type asks, with an identifier: echo, timestamp, information, mask.
pub(super) fn is_request(kind: u8) -> bool {
    matches!(kind, 8 | 13 | 15 | 17)
}

/// Whether ICMP of this type answers a request.
pub(super) fn is_reply(kind: u8) -> bool {
    matches!(kind, 0 | 14 | 16 | 18)
}

impl Packet {
    /// The protocol number.
    pub fn protocol(&self) -> u8 {
        match self.transport {
            Transport::Tcp { .. } => TCP,
            Transport::Udp { .. } => UDP,
            Transport::Icmp { .. } | Transport::Error { .. } => ICMP,
            Transport::Other(protocol) | Transport::Later(protocol) => protocol,
        }
    }

    /// The length of the IP header.
    pub fn header_len(&self) -> usize {
        20 + self.options.len()
    }

    /// The IP total length.
    pub fn total_len(&self) -> usize {
        let transport = match &self.transport {
            Transport::Tcp { .. } => 20,
            Transport::Udp { .. } | Transport::Icmp { .. } => 8,
            Transport::Error { about, shown, .. } => 8 + about.total_len().min(*shown),
            Transport::Other(_) | Transport::Later(_) => 0,
        };
        self.header_len() + transport + self.payload.len()
    }

    /// The ports; of an ICMP query the identifier, as source port of a request and destination
    /// port of an answer; else 0.
    pub fn ports(&self) -> (u16, u16) {
        match self.transport {
            Transport::Tcp { source, destination, .. }
            | Transport::Udp { source, destination, .. } => (source, destination),
            Transport::Icmp { kind, id } if is_request(kind) => (id, 0),
            Transport::Icmp { kind, id } if is_reply(kind) => (0, id),
            _ => (0, 0),
        }
    }

    /// Addresses, protocol and ports.
    pub fn tuple(&self) -> Tuple {
        self.tuple_with(self.ports())
    }

    pub(super) fn tuple_with(&self, (source, destination): (u16, u16)) -> Tuple {
        Tuple {
            source: (self.source, source),
            destination: (self.destination, destination),
            protocol: self.protocol(),
        }
    }

    /// Whether it is the middle or end of a packet.
    pub fn is_later_fragment(&self) -> bool {
        self.offset != 0
    }

    /// The TCP flags, or none.
    pub(super) fn flags(&self) -> u8 {
        match self.transport {
            Transport::Tcp { flags, .. } => flags,
            _ => 0,
        }
    }

    /// Of an error, what an answer to the packet that it is about would have, if so much is shown.
    pub(super) fn answers(&self) -> Option<Tuple> {
        let Transport::Error { about, shown, .. } = &self.transport else { return None };
        let needed = match &about.transport {
            Transport::Tcp { .. } | Transport::Udp { .. } => 4,
            Transport::Icmp { .. } => 6,
            Transport::Other(_) => 0,
            Transport::Error { .. } | Transport::Later(_) => return None,
        };
        (*shown >= about.header_len() + needed).then(|| about.tuple().reversed())
    }

    fn set(&mut self, to: &Tuple) {
        (self.source, self.destination) = (to.source.0, to.destination.0);
        match &mut self.transport {
            Transport::Tcp { source, destination, .. }
            | Transport::Udp { source, destination, .. } => {
                (*source, *destination) = (to.source.1, to.destination.1);
            }
            Transport::Icmp { kind, id } if is_request(*kind) => *id = to.source.1,
            Transport::Icmp { kind, id } if is_reply(*kind) => *id = to.destination.1,
            _ => {}
        }
    }

    /// The packet with the ends of its flow's packets where they end.
    pub(super) fn translated(&self, to: &Tuple) -> Packet {
        let mut packet = self.clone();
        packet.set(to);
        packet
    }

    /// An error, or a later fragment of one, about a flow whose packets on this way are translated: from
    /// those addresses and ports to these.
    pub(super) fn told(&self, from: &Tuple, to: &Tuple) -> Packet {
        let mut packet = self.clone();
        // What it is about may have been carried as it came: as its sender knows it.
        if let Transport::Error { about, .. } = &mut packet.transport
            && from != to
        {
            about.set(&to.reversed());
        }
        packet.destination = to.destination.0;
        // Whoever inside sends it: it leaves as the flow does.
        if from.source.0 != to.source.0 {
            packet.source = to.source.0;
        }
        packet
    }

    /// A packet of no flow: addresses change, and in an error those of the packet that it is about
    /// where they are the same.
    pub(super) fn moved(&self, source: Addr, destination: Addr) -> Packet {
        let mut packet = self.clone();
        if let Transport::Error { about, shown, .. } = &mut packet.transport
            && *shown >= 20
        {
            if about.source == self.destination {
                about.source = destination;
            }
            if about.destination == self.source {
                about.destination = source;
            }
        }
        (packet.source, packet.destination) = (source, destination);
        packet
    }
}
