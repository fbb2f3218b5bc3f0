//! Differential tests: a rewritten packet equals, byte for byte, the packet that etherparse builds
//! with the new address in the first place.

use etherparse::{Icmpv4Type, Ipv4Header, TcpHeader, UdpHeader};
use std::vec::Vec;

use super::*;

/// xorshift64*: repeatable, and good enough to vary packets.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    fn below(&mut self, n: u32) -> u32 {
        self.next() % n
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn bytes(&mut self, n: u32) -> Vec<u8> {
        // Runs of zeros and ones make the sums that overflow and vanish.
        let style = self.below(4);
        (0..n).map(|_| [0, 0xFF, self.next() as u8, self.next() as u8][style as usize]).collect()
    }

    fn addr(&mut self) -> Addr {
        match self.below(8) {
            0 => Addr(0),
            1 => Addr(u32::MAX),
            2 => Addr(0xFFFF_0000),
            3 => Addr(0x0000_FFFF),
            _ => Addr(self.next()),
        }
    }
}

/// A datagram but for its addresses. `build` asks etherparse for every checksum.
#[derive(Clone, Debug)]
struct Recipe {
    options: Vec<u8>,
    tos: u8,
    identification: u16,
    ttl: u8,
    protocol: u8,
    no_udp_checksum: bool,
    transport: Vec<u8>,
    /// What an ICMP error is about, and how many bytes of it are quoted.
    quoted: Option<(std::boxed::Box<Recipe>, usize)>,
}

impl Recipe {
    fn random(random: &mut Random, depth: u32) -> Recipe {
        let protocol = [1, 6, 6, 17, 17, 47, 132][random.below(7) as usize];
        let length = random.below(90);
        let mut transport = random.bytes(20 + length);
        let mut quoted = None;
        match protocol {
            6 => transport[12] = 0x50 | (transport[12] & 0x0F),
            17 => {
                let length = transport.len() as u16;
                transport[4..6].copy_from_slice(&length.to_be_bytes());
            }
            1 if depth == 0 && !random.one_in(4) => {
                let about = Recipe::random(random, 1);
                let whole = about.build(Addr(0), Addr(0)).len();
                // Half a header or half a checksum stays as it is: stop before what would tell.
                let shown = match random.below(80) as usize & !1 {
                    _ if random.one_in(2) => whole,
                    part @ 0..20 => part.min(10),
                    part => part,
                };
                transport.truncate(8);
                transport[0] = [3, 4, 5, 11, 12][random.below(5) as usize];
                quoted = Some((about.into(), shown));
            }
            // An error type over bytes that are no packet is tested by itself.
            1 => transport[0] = [0, 8, 13, 14][random.below(4) as usize],
            _ => {}
        }
        let options = random.below(3) * random.below(11);
        Recipe {
            options: random.bytes(options.min(10) * 4),
            tos: random.next() as u8,
            identification: random.next() as u16,
            ttl: random.next() as u8,
            protocol,
            no_udp_checksum: random.one_in(4),
            transport,
            quoted,
        }
    }

    fn build(&self, source: Addr, destination: Addr) -> Vec<u8> {
        let (s, d) = (source.0.to_be_bytes(), destination.0.to_be_bytes());
        let mut transport = self.transport.clone();
        if let Some((about, shown)) = &self.quoted {
            // The quoted packet went the other way.
            let about = about.build(destination, source);
            transport.extend_from_slice(&about[..(*shown).min(about.len())]);
        }
        match self.protocol {
            6 => {
                let (header, payload) = TcpHeader::from_slice(&transport).unwrap();
                let sum = header.calc_checksum_ipv4_raw(s, d, payload).unwrap();
                transport[16..18].copy_from_slice(&sum.to_be_bytes());
            }
            17 => {
                let (header, payload) = UdpHeader::from_slice(&transport).unwrap();
                let sum = header.calc_checksum_ipv4_raw(s, d, payload).unwrap();
                let sum = if self.no_udp_checksum { 0 } else { sum };
                transport[6..8].copy_from_slice(&sum.to_be_bytes());
            }
            1 => {
                let header = Icmpv4Type::Unknown {
                    type_u8: transport[0],
                    code_u8: transport[1],
                    bytes5to8: transport[4..8].try_into().unwrap(),
                };
                let sum = header.calc_checksum(&transport[8..]);
                transport[2..4].copy_from_slice(&sum.to_be_bytes());
            }
            _ => {}
        }
        let fragment = Fragment { offset: 0, more: false, bytes: transport };
        self.header(source, destination, &fragment)
    }

    fn header(&self, source: Addr, destination: Addr, fragment: &Fragment) -> Vec<u8> {
        let mut header = Ipv4Header {
            dscp: (self.tos >> 2).try_into().unwrap(),
            ecn: (self.tos & 3).try_into().unwrap(),
            total_len: (20 + self.options.len() + fragment.bytes.len()) as u16,
            identification: self.identification,
            dont_fragment: false,
            more_fragments: fragment.more,
            fragment_offset: fragment.offset.try_into().unwrap(),
            time_to_live: self.ttl,
            protocol: self.protocol.into(),
            header_checksum: 0,
            source: source.0.to_be_bytes(),
            destination: destination.0.to_be_bytes(),
            options: self.options.as_slice().try_into().unwrap(),
        };
        header.header_checksum = header.calc_header_checksum();
        let mut packet = header.to_bytes().to_vec();
        packet.extend_from_slice(&fragment.bytes);
        packet
    }

    /// The datagram in fragments of `size` (a multiple of 8) bytes of payload.
    fn fragments(&self, source: Addr, destination: Addr, size: usize) -> Vec<Vec<u8>> {
        let whole = self.build(source, destination);
        let payload = &whole[20 + self.options.len()..];
        let count = payload.chunks(size).count();
        let fragments = payload.chunks(size).enumerate().map(|(i, bytes)| Fragment {
            offset: (i * size / 8) as u16,
            more: i + 1 < count,
            bytes: bytes.to_vec(),
        });
        fragments.map(|fragment| self.header(source, destination, &fragment)).collect()
    }
}

/// A small UDP packet.
pub(super) fn datagram(source: Addr, destination: Addr, ttl: u8) -> Vec<u8> {
    let mut transport = [0x9C, 0x40, 0, 53, 0, 12, 0, 0].to_vec();
    transport.extend_from_slice(b"data");
    let recipe = Recipe {
        options: Vec::new(),
        tos: 0,
        identification: 1,
        ttl,
        protocol: UDP,
        no_udp_checksum: false,
        transport,
        quoted: None,
    };
    recipe.build(source, destination)
}

struct Fragment {
    offset: u16,
    more: bool,
    bytes: Vec<u8>,
}

fn rewritten(packet: &[u8], side: Side, to: Addr) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    ViewMut::new(&mut bytes).unwrap().set_address(side, to);
    bytes
}

#[test]
fn a_rewritten_packet_equals_one_built_with_the_new_address() {
    let mut random = Random::new(1);
    let mut seen = [0; 3];
    for _ in 0..60_000 {
        let recipe = Recipe::random(&mut random, 0);
        let (source, destination, new) = (random.addr(), random.addr(), random.addr());
        let packet = recipe.build(source, destination);
        let source_changed = recipe.build(new, destination);
        assert_eq!(rewritten(&packet, Side::Source, new), source_changed, "{recipe:?}");
        let destination_changed = recipe.build(source, new);
        assert_eq!(rewritten(&packet, Side::Destination, new), destination_changed, "{recipe:?}");
        // And back again.
        assert_eq!(rewritten(&source_changed, Side::Source, source), packet, "{recipe:?}");
        seen[0] += usize::from(recipe.quoted.is_some());
        seen[1] += usize::from(!recipe.options.is_empty());
        seen[2] += usize::from(packet.len() % 2 == 1);
    }
    assert!(seen.iter().all(|&n| n > 5_000), "the recipes lost their variety: {seen:?}");
}

#[test]
fn the_time_to_live_counts_down_as_built() {
    let mut random = Random::new(2);
    for _ in 0..20_000 {
        let mut recipe = Recipe::random(&mut random, 0);
        recipe.ttl = recipe.ttl.max(1);
        let (source, destination) = (random.addr(), random.addr());
        let mut packet = recipe.build(source, destination);
        ViewMut::new(&mut packet).unwrap().decrement_ttl();
        recipe.ttl -= 1;
        assert_eq!(packet, recipe.build(source, destination));
    }
    let mut recipe = Recipe::random(&mut random, 0);
    recipe.ttl = 0;
    let mut packet = recipe.build(Addr(1), Addr(2));
    ViewMut::new(&mut packet).unwrap().decrement_ttl();
    assert_eq!(packet, recipe.build(Addr(1), Addr(2)));
}

#[test]
fn rewritten_fragments_make_up_the_rewritten_datagram() {
    let mut random = Random::new(3);
    let mut fragments = 0;
    for _ in 0..20_000 {
        let mut recipe = Recipe::random(&mut random, 0);
        // A quoted packet cut by fragmentation can only be rewritten as far as it is there.
        recipe.quoted = None;
        recipe.transport[0] = if recipe.protocol == 1 { 8 } else { recipe.transport[0] };
        let (source, destination, new) = (random.addr(), random.addr(), random.addr());
        let size = 24 + 8 * random.below(4) as usize;
        let before = recipe.fragments(source, destination, size);
        let after = recipe.fragments(new, destination, size);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(rewritten(before, Side::Source, new), *after, "{recipe:?}");
        }
        for (i, fragment) in before.iter().enumerate() {
            let view = View::new(fragment).unwrap();
            assert_eq!(i > 0, view.transport() == Transport::LaterFragment);
            if i > 0 {
                assert_eq!((view.header().source_port, view.header().destination_port), (0, 0));
            }
        }
        fragments += before.len();
    }
    assert!(fragments > 40_000, "{fragments}");
}

#[test]
fn a_wrong_checksum_stays_wrong() {
    let mut random = Random::new(4);
    for _ in 0..20_000 {
        let mut recipe = Recipe::random(&mut random, 0);
        recipe.no_udp_checksum = false;
        let at = match recipe.protocol {
            6 => 16,
            17 => 6,
            1 => 2,
            _ => continue,
        } + 20
            + recipe.options.len();
        let (source, destination, new) = (random.addr(), random.addr(), random.addr());
        let mut packet = recipe.build(source, destination);
        let right = recipe.build(new, destination);
        let bit = 1 << random.below(8);
        packet[at] ^= bit;
        if packet[at..at + 2] == [0, 0] && recipe.protocol == 17 {
            continue;
        }
        let wrong = rewritten(&packet, Side::Source, new);
        assert_ne!(wrong[at..at + 2], right[at..at + 2], "{recipe:?}");
    }
}

#[test]
fn an_error_about_another_address_keeps_what_it_quotes() {
    let mut random = Random::new(5);
    for _ in 0..20_000 {
        let mut recipe = Recipe::random(&mut random, 0);
        let Some((about, shown)) = recipe.quoted.take() else { continue };
        let other = about.build(Addr::new(192, 0, 2, 1), Addr::new(192, 0, 2, 2));
        recipe.transport.extend_from_slice(&other[..shown.min(other.len())]);
        let packet = recipe.build(Addr(1), Addr(2));
        assert_eq!(rewritten(&packet, Side::Source, Addr(3)), recipe.build(Addr(3), Addr(2)));
    }
}

#[test]
fn a_quoted_later_fragment_has_no_transport_header() {
    let mut random = Random::new(12);
    let mut errors = 0;
    while errors < 2_000 {
        let mut about = Recipe::random(&mut random, 1);
        about.transport.resize(60, 0x55);
        about.protocol = [TCP, UDP][random.below(2) as usize];
        if about.protocol == UDP {
            about.transport[4..6].copy_from_slice(&60u16.to_be_bytes());
        } else {
            about.transport[12] = 0x50;
        }
        let mut error = Recipe::random(&mut random, 0);
        error.protocol = ICMP;
        error.quoted = None;
        error.transport.truncate(8);
        error.transport[0] = 3;
        let (source, destination, new) = (random.addr(), random.addr(), random.addr());
        let quoting = |address: Addr| {
            let mut error = error.clone();
            // The first fragment's checksum knows the address; this one's bytes do not.
            error.transport.extend_from_slice(&about.fragments(destination, address, 24)[1]);
            error.build(address, destination)
        };
        assert_eq!(rewritten(&quoting(source), Side::Source, new), quoting(new), "{about:?}");
        errors += 1;
    }
}

#[test]
fn a_header_length_under_five_words_is_malformed() {
    let recipe = Recipe { protocol: 47, ..Recipe::random(&mut Random::new(13), 1) };
    for (version, words) in [(4, 0), (4, 1), (4, 4), (5, 5), (6, 5), (0, 5), (15, 15)] {
        let mut packet = recipe.build(Addr(1), Addr(2));
        packet.resize(packet.len().max(60), 0);
        packet[0] = version << 4 | words;
        packet[10..12].copy_from_slice(&[0, 0]);
        let sum = checksum(&packet[..usize::from(words) * 4]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        assert!(View::new(&packet).is_err(), "{version} {words}");

        // Quoted, it is nothing to rewrite.
        let mut error = Recipe::random(&mut Random::new(14), 0);
        error.protocol = ICMP;
        error.quoted = None;
        error.transport = [&[3, 0, 0, 0, 0, 0, 0, 0], &packet[..]].concat();
        let before = error.build(Addr(2), Addr(1));
        assert_eq!(rewritten(&before, Side::Source, Addr(9)), error.build(Addr(9), Addr(1)));
    }
}

#[test]
fn any_bytes_may_follow_an_icmp_error() {
    let mut random = Random::new(6);
    for _ in 0..50_000 {
        let mut recipe = Recipe::random(&mut random, 0);
        recipe.protocol = 1;
        recipe.quoted = None;
        recipe.transport = random.bytes(8);
        recipe.transport[0] = 3;
        let mut quoted = random.below(90);
        quoted = random.below(quoted + 1);
        recipe.transport.extend_from_slice(&random.bytes(quoted));
        if recipe.transport.len() > 8 {
            recipe.transport[8] = 0x40 | (recipe.transport[8] & 0x0F);
        }
        let from = Addr(random.below(2).wrapping_neg());
        let packet = recipe.build(from, Addr(7));
        let after = rewritten(&packet, Side::Source, Addr::new(198, 51, 100, 1));
        // Whatever was in there, the message's checksum fits before and after.
        let payload = 20 + recipe.options.len();
        assert_eq!(checksum(&packet[payload..]), 0);
        assert_eq!(checksum(&after[payload..]), 0, "{recipe:?}");
        assert_eq!(packet.len(), after.len());
    }
}

#[test]
fn the_view_says_what_etherparse_says() {
    let mut random = Random::new(7);
    for _ in 0..20_000 {
        let recipe = Recipe::random(&mut random, 0);
        let (source, destination) = (random.addr(), random.addr());
        let mut packet = recipe.build(source, destination);
        let length = packet.len();
        // Padding of the link is not looked at.
        let padding = random.below(20);
        packet.extend_from_slice(&random.bytes(padding));
        let view = View::new(&packet).unwrap();
        let (header, rest) = Ipv4Header::from_slice(&packet).unwrap();
        assert_eq!(view.source().0.to_be_bytes(), header.source);
        assert_eq!(view.destination().0.to_be_bytes(), header.destination);
        assert_eq!(view.protocol(), header.protocol.0);
        assert_eq!(view.ttl(), header.time_to_live);
        assert_eq!(view.payload(), &rest[..length - header.header_len()]);
        let ports = match view.protocol() {
            6 => TcpHeader::from_slice(rest).map(|(h, _)| (h.source_port, h.destination_port)).ok(),
            17 => {
                UdpHeader::from_slice(rest).map(|(h, _)| (h.source_port, h.destination_port)).ok()
            }
            _ => Some((0, 0)),
        };
        let header = view.header();
        assert_eq!(Some((header.source_port, header.destination_port)), ports);

        let mut changed = packet.clone();
        ViewMut::new(&mut changed).unwrap().set_address(Side::Source, Addr(1));
        assert_eq!(changed[length..], packet[length..]);
    }
}

#[test]
fn every_truncation_is_malformed() {
    let mut random = Random::new(8);
    for _ in 0..500 {
        let recipe = Recipe::random(&mut random, 0);
        let packet = recipe.build(random.addr(), random.addr());
        for length in 0..packet.len() {
            assert_eq!(View::new(&packet[..length]).unwrap_err(), Malformed);
            let mut cut = packet[..length].to_vec();
            assert!(ViewMut::new(&mut cut).is_err());
            assert_eq!(cut, packet[..length]);
        }
    }
}

#[test]
fn a_transport_header_that_is_cut_off_is_malformed() {
    let mut random = Random::new(9);
    for (protocol, least) in [(6, 20), (17, 8), (1, 8), (47, 0)] {
        for length in 0..24 {
            for (offset, more) in [(0, false), (0, true), (5, false), (5, true)] {
                let recipe = Recipe { protocol, ..Recipe::random(&mut random, 1) };
                let bytes = random.bytes(length);
                let packet = recipe.header(Addr(1), Addr(2), &Fragment { offset, more, bytes });
                let fits = length >= least || offset > 0;
                assert_eq!(View::new(&packet).is_ok(), fits, "{protocol} {length} {offset}");
            }
        }
    }
}

#[test]
fn a_header_with_one_byte_changed_is_malformed_or_the_same_packet() {
    let mut random = Random::new(10);
    for _ in 0..40 {
        let recipe = Recipe::random(&mut random, 0);
        let packet = recipe.build(random.addr(), random.addr());
        for at in 0..20 + recipe.options.len() {
            for value in 0..=255 {
                let mut changed = packet.clone();
                changed[at] = value;
                // One changed byte changes the sum, except that a header length may put bytes of
                // the payload into it: then the longer header has to fit as a whole.
                if let Ok(view) = View::new(&changed) {
                    let length = usize::from(changed[0] & 0x0F) * 4;
                    assert!(value == packet[at] || at == 0, "byte {at} = {value}: {recipe:?}");
                    assert_eq!(changed[0] >> 4, 4);
                    assert_eq!(checksum(&changed[..length]), 0);
                    assert_eq!(view.payload(), &changed[length..]);
                }
            }
        }
    }
}

#[test]
fn lengths_at_their_limits() {
    let recipe = Recipe {
        protocol: 47,
        options: Vec::new(),
        transport: Vec::new(),
        ..Recipe::random(&mut Random::new(11), 1)
    };
    let packet = recipe.build(Addr(1), Addr(2));
    assert_eq!(View::new(&packet).unwrap().payload(), []);
    assert!(View::new(&[]).is_err());
    let longest = recipe.header(
        Addr(1),
        Addr(2),
        &Fragment { offset: 0, more: false, bytes: std::vec![7; 65515] },
    );
    assert_eq!(View::new(&longest).unwrap().payload().len(), 65515);
    for total in [0u16, 19, 21, u16::MAX] {
        let mut packet = packet.clone();
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet[10..12].copy_from_slice(&[0, 0]);
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        assert!(View::new(&packet).is_err(), "{total}");
    }
}

#[test]
fn sums_of_known_bytes() {
    // The example of RFC 1071.
    assert_eq!(sum(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), 0xDDF2);
    assert_eq!(sum(&[]), 0);
    assert_eq!(sum(&[0xAB]), 0xAB00);
    assert_eq!(checksum(&[0xFF; 65536]), 0);
    // The example of RFC 1624: the older equation gave 0xFFFF here.
    assert_eq!(update(0xDD2F, 0x5555, 0x3285), 0x0000);
}

#[test]
fn updates_equal_computing_again_at_every_corner() {
    let corners = [0, 1, 2, 0x7FFF, 0x8000, 0x8001, 0xFFFD, 0xFFFE, 0xFFFF];
    // Two words, `other` fixed and `old` changing; every value of `other` meets every corner.
    for other in 0..=u16::MAX {
        for old in corners {
            for new in corners {
                let of = |word: u16| {
                    let [a, b, c, d] = (u32::from(word) << 16 | u32::from(other)).to_be_bytes();
                    checksum(&[a, b, c, d])
                };
                if (old, other) == (0, 0) || (new, other) == (0, 0) {
                    // All zero, which no header is: any of the two zeros will do.
                    assert!(matches!(update(of(old), old, new) ^ of(new), 0 | u16::MAX));
                    continue;
                }
                assert_eq!(update(of(old), old, new), of(new), "{other} {old} {new}");
            }
        }
    }
    // A checksum that arrives as the other zero counts as the same.
    for old in corners {
        for new in 0..=u16::MAX {
            assert_eq!(update(u16::MAX, old, new), update(0, old, new));
            assert_ne!(update(0, old, new), u16::MAX);
        }
    }
}

#[test]
fn a_udp_checksum_is_never_computed_as_none() {
    let addr = |high: u16, low: u16| Addr(u32::from(high) << 16 | u32::from(low));
    for new in 0..=u16::MAX {
        assert_eq!(update_udp(0, addr(1, 2), addr(new, 9)), 0);
        let updated = update_udp(0x1234, addr(1, 2), addr(new, 9));
        assert_ne!(updated, 0);
        let plain = update_addr(0x1234, addr(1, 2), addr(new, 9));
        assert_eq!(updated, if plain == 0 { u16::MAX } else { plain });
        assert_eq!(update_udp(u16::MAX, addr(new, 1), addr(new, 1)), u16::MAX);
    }
}
