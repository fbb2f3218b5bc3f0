//! Packets of the least length that Ethernet carries, and flows of them that a table knows.

use sekisho::addr::Addr;
use sekisho::flow::FlowTable;
use sekisho::model::Rng;
use sekisho::packet::{Ends, Next, Origin, TCP, UDP, View, checksum, sum};
use sekisho::tables::Tables;

use super::place::{HOSTS, Host};

/// Bytes of a packet: with Ethernet's header and check sequence it has 64.
pub(crate) const LEN: usize = 46;

/// A packet in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Frame(pub(crate) [u8; 64]);

/// Flags of TCP segments.
pub(crate) const SYN: u8 = 2;
pub(crate) const ACK: u8 = 16;

/// A packet and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) frame: Frame,
    pub(crate) from: Origin,
}

/// Packets in the order in which they come.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) frames: Vec<Frame>,
    pub(crate) from: Vec<Origin>,
}

impl Stream {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Sent> {
        self.frames.iter().zip(&self.from).map(|(&frame, &from)| Sent { frame, from })
    }
}

impl FromIterator<Sent> for Stream {
    fn from_iter<T: IntoIterator<Item = Sent>>(packets: T) -> Stream {
        let (frames, from) = packets.into_iter().map(|sent| (sent.frame, sent.from)).unzip();
        Stream { frames, from }
    }
}

/// How a host's packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To another host.
    Inside,
    /// To the Internet, with the host's own public address.
    OneToOne,
    /// To the Internet, through a NAT gateway.
    Nat,
}

/// A flow before its first packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    host: Host,
    peer: Host,
    way: Way,
    protocol: u8,
    ends: Ends,
}

impl Opening {
    /// The n-th of flows that all differ, half of them TCP, half UDP.
    pub(crate) fn nth(way: Way, n: u32, rng: &mut Rng) -> Opening {
        let host_number = u16::try_from(n % u32::from(HOSTS)).expect("a remainder");
        let turn = n / u32::from(HOSTS);
        let host = match way {
            Way::Nat => Host::behind_nat(host_number),
            _ => Host::public(host_number),
        };
        let peer = Host::public((host_number + 1) % HOSTS);
        let outside = Addr(Addr::new(20, 0, 0, 0).0 + rng.below(60 << 24));
        // A prime step goes through all ports.
        let port = 1024 + turn.wrapping_mul(40_507) % 64_512;
        let ends = Ends {
            source: host.address,
            destination: if way == Way::Inside { peer.address } else { outside },
            source_port: u16::try_from(port).expect("below 65536"),
            destination_port: rng.pick(&[80, 443, 443, 8_443]),
        };
        Opening { host, peer, way, protocol: if rng.chance(50) { TCP } else { UDP }, ends }
    }

    /// The same over TCP.
    pub(crate) fn tcp(self) -> Opening {
        Opening { protocol: TCP, ..self }
    }

    /// A packet of the host that opens it.
    pub(crate) fn packet(&self, flags: u8) -> Sent {
        Sent { frame: frame(self.protocol, &self.ends, flags), from: self.host.origin() }
    }

    /// The packet that answers one that arrived with these ends.
    fn answer(&self, arrived: &Ends, flags: u8) -> Sent {
        let from = if self.way == Way::Inside { self.peer.origin() } else { Origin::Internet };
        Sent { frame: frame(self.protocol, &arrived.reversed(), flags), from }
    }

    /// Opens it, has it answered and confirms the answer; a packet and an answer of the time after.
    pub(crate) fn establish(
        &self,
        table: &mut FlowTable<'_>,
        tables: &Tables<'_>,
        now: u64,
    ) -> (Sent, Sent) {
        let mut pass = |sent: Sent| {
            let mut bytes = sent.frame.0;
            let next = table.process(tables, sent.from, &mut bytes[..LEN], now);
            assert!(self.is_passed(next), "{next:?} for {self:?}");
            check(&bytes[..LEN]);
            View::new(&bytes[..LEN]).expect("still a packet").ends()
        };
        let arrived = pass(self.packet(SYN));
        assert_eq!(pass(self.answer(&arrived, SYN | ACK)), self.ends.reversed());
        assert_eq!(pass(self.packet(ACK)), arrived);
        (self.packet(ACK), self.answer(&arrived, ACK))
    }

    /// A packet from anywhere on the Internet to a host's public address: UDP, or TCP's SYN.
    pub(crate) fn flood(rng: &mut Rng) -> Sent {
        let host = Host::public(u16::try_from(rng.below(HOSTS.into())).expect("below"));
        let [source_port, destination_port] = [rng.word(), rng.word()].map(|word| {
            let [high, low, ..] = word.to_be_bytes();
            u16::from_be_bytes([high, low])
        });
        let ends = Ends {
            source: Addr(Addr::new(130, 0, 0, 0).0 + rng.below(38 << 24)),
            destination: host.own_public(),
            source_port,
            destination_port,
        };
        let protocol = if rng.chance(50) { TCP } else { UDP };
        Sent { frame: frame(protocol, &ends, SYN), from: Origin::Internet }
    }

    fn is_passed(&self, next: Option<Next>) -> bool {
        match next {
            Some(Next::Internet) => self.way != Way::Inside,
            Some(Next::Deliver(_)) => true,
            _ => false,
        }
    }
}

/// A packet with right checksums.
pub(crate) fn frame(protocol: u8, ends: &Ends, flags: u8) -> Frame {
    let mut bytes = [0; 64];
    let len = u16::try_from(LEN).expect("a small number");
    bytes[..10].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol]);
    bytes[2..4].copy_from_slice(&len.to_be_bytes());
    bytes[12..16].copy_from_slice(&ends.source.0.to_be_bytes());
    bytes[16..20].copy_from_slice(&ends.destination.0.to_be_bytes());
    let header = checksum(&bytes[..20]);
    bytes[10..12].copy_from_slice(&header.to_be_bytes());
    bytes[20..22].copy_from_slice(&ends.source_port.to_be_bytes());
    bytes[22..24].copy_from_slice(&ends.destination_port.to_be_bytes());
    if protocol == TCP {
        bytes[32..34].copy_from_slice(&[0x50, flags]);
    } else {
        bytes[24..26].copy_from_slice(&(len - 20).to_be_bytes());
    }
    let at = checksum_at(protocol);
    let transport = match !covered(&bytes[..LEN]) {
        // Of UDP 0 would say that there is none.
        0 if protocol == UDP => u16::MAX,
        sum => sum,
    };
    bytes[at..at + 2].copy_from_slice(&transport.to_be_bytes());
    Frame(bytes)
}

const fn checksum_at(protocol: u8) -> usize {
    if protocol == TCP { 36 } else { 26 }
}

/// The sum of what the transport's checksum covers.
fn covered(packet: &[u8]) -> u16 {
    let transport = u16::try_from(packet.len() - 20).expect("a small number");
    let [high, low] = transport.to_be_bytes();
    let parts = [sum(&packet[12..20]), sum(&[0, packet[9], high, low]), sum(&packet[20..])];
    sum(&parts.map(u16::to_be_bytes).concat())
}

/// Checks that a packet's checksums are right.
pub(crate) fn check(packet: &[u8]) {
    assert!(View::new(packet).is_ok(), "{packet:?}");
    assert_eq!(covered(packet), u16::MAX, "{packet:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_right() {
        let mut rng = Rng::new(1);
        for way in [Way::Inside, Way::OneToOne, Way::Nat] {
            for n in 0..300 {
                let opening = Opening::nth(way, n, &mut rng);
                let frame = opening.packet(ACK).frame;
                check(&frame.0[..LEN]);
                let view = View::new(&frame.0).unwrap();
                assert_eq!(view.ends(), opening.ends);
                assert_eq!(usize::from(view.total_len()), LEN);
            }
        }
    }
}
