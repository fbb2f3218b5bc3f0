//! Plain packets are what views say of them, and are carried as views translate.

use std::vec::Vec;

use super::plain::{HEAD, Plain};
use super::{Ends, TCP, UDP, View, ViewMut, checksum};

/// splitmix64.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed.wrapping_mul(0x94D0_49BB_1331_11EB) >> 32) as u32
    }

    fn below(&mut self, n: u32) -> u32 {
        self.word() % n
    }

    /// Bytes that mostly are a packet: of any protocol, with or without options, a fragment or whole, cut
    /// off, padded or wrong, with sums that lie at the edges.
    fn packet(&mut self) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..self.below(80)).map(|_| self.word() as u8).collect();
        if bytes.len() < 20 {
            return bytes;
        }
        let len = match self.below(4) {
            0 => self.below(90) as u16,
            _ => bytes.len() as u16,
        };
        bytes[0] = [0x45, 0x45, 0x45, 0x46, 0x44, 0x65][self.below(6) as usize];
        bytes[2..4].copy_from_slice(&len.to_be_bytes());
        bytes[6..8].copy_from_slice(
            &[[0, 0], [0x40, 0], [0x80, 0], [0x20, 0], [0, 9]][self.below(5) as usize],
        );
        bytes[8] = [0, 1, 2, 255][self.below(4) as usize];
        bytes[9] = [TCP, UDP, TCP, UDP, 1, 38, 49, 0x86][self.below(8) as usize];
        for byte in bytes.iter_mut().skip(10) {
            if self.below(4) == 0 {
                *byte = [0, 0xFF][self.below(2) as usize];
            }
        }
        let header = (usize::from(bytes[0] & 15) * 4).clamp(20, bytes.len());
        if self.below(8) != 0 {
            bytes[10..12].fill(0);
            let sum = checksum(&bytes[..header]);
            bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        bytes
    }
}

#[test]
fn plain_packets_are_what_views_say() {
    let mut random = Random(0x9A17);
    let mut found = [0; 2];
    for _ in 0..200_000 {
        let bytes = random.packet();
        let plain = bytes.first_chunk().and_then(|head| Plain::read(head, bytes.len()));
        let view = View::new(&bytes).ok().filter(|view| {
            let has_ports = matches!(view.protocol(), TCP | UDP);
            has_ports && !view.is_fragment() && bytes[0] == 0x45 && bytes.len() >= HEAD
        });
        assert_eq!(plain.is_some(), view.is_some(), "{bytes:?}");
        let (Some(plain), Some(view)) = (plain, view) else { continue };
        let ends = [plain.source, plain.destination, plain.ports];
        assert_eq!(ends, view.ends().words());
        let told = (plain.protocol, plain.flags, plain.len, plain.ttl);
        assert_eq!(told, (view.protocol(), view.tcp_flags(), view.total_len(), view.ttl().into()));
        let is_tcp = plain.is_tcp();
        found[usize::from(is_tcp)] += 1;

        let mut to = ends;
        for word in &mut to {
            match random.below(6) {
                0 | 1 => {}
                2 => *word = 0,
                3 => *word = u32::MAX,
                4 => *word ^= 1 << random.below(32),
                _ => *word = random.word(),
            }
        }
        let crosses = view.ttl() != 0 && random.below(2) == 0;
        let (mut carried, mut translated) = (bytes.clone(), bytes.clone());
        plain.carry(carried.first_chunk_mut().unwrap(), to, crosses);
        let mut packet = ViewMut::new(&mut translated).unwrap();
        if to != ends {
            packet.translate(&Ends::from_words(to));
        }
        if crosses {
            packet.decrement_ttl();
        }
        assert_eq!(carried, translated, "{bytes:?} to {to:?}");
    }
    assert!(found.iter().all(|count| *count > 5_000), "{found:?}");
}
