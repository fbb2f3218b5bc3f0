//! The Internet checksum: computed over bytes (RFC 1071) and updated for changed words (RFC 1624).
//!
//! In one's complement arithmetic 0x0000 and 0xFFFF are the same number, and a receiver takes
//! either. A checksum over data that is not all zero is never computed as 0xFFFF, and neither
//! [`checksum`] nor [`update`] answers it; IP, TCP, UDP and ICMP errors are never all zero. Only UDP
//! writes 0xFFFF for a computed 0, because 0 says there that no checksum was made: [`update_udp`].

use crate::addr::Addr;

/// The one's complement sum of the big-endian 16-bit words; an odd last byte counts as a high byte.
#[inline]
pub fn sum(bytes: &[u8]) -> u16 {
    fold(words(bytes))
}

/// The sum of the words as it is added up.
#[inline]
pub(super) fn words(bytes: &[u8]) -> u64 {
    // Two words at once: their carries go round in the end.
    let (pairs, rest) = bytes.as_chunks::<4>();
    let sum: u64 = pairs.iter().map(|pair| u64::from(u32::from_be_bytes(*pair))).sum();
    let last = match *rest {
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c] => [a, b, c, 0],
        _ => [0; 4],
    };
    sum + u64::from(u32::from_be_bytes(last))
}

/// Whether words that add up to this, their checksum among them, have a right one.
#[inline]
pub(super) fn is_right(sum: u64) -> bool {
    fold(sum) == u16::MAX
}

/// Whether a header without options, in three words of which the last has 32 bits, has a right checksum.
#[inline(always)]
pub(super) fn is_right_header(first: u64, second: u64, third: u64) -> bool {
    // A carry out of 64 bits counts 1, as one out of 16 does.
    let (sum, one) = first.overflowing_add(second);
    let (sum, other) = sum.overflowing_add(third + u64::from(one));
    is_right(sum.wrapping_add(other.into()))
}

/// The checksum of bytes whose checksum field is zero. Over bytes with a right one it is 0.
#[inline]
pub fn checksum(bytes: &[u8]) -> u16 {
    !sum(bytes)
}

/// The checksum after one 16-bit word changed from `old` to `new`: equation 3 of RFC 1624.
///
/// A wrong checksum stays wrong by the same amount, so damage on the way in is not hidden.
pub fn update(checksum: u16, old: u16, new: u16) -> u16 {
    // With 0xFFFF taken as its equal 0 the sum below is never 0, and the answer never 0xFFFF.
    let checksum = if checksum == u16::MAX { 0 } else { checksum };
    !fold(u64::from(!checksum) + u64::from(!old) + u64::from(new))
}

/// Changes of the words that a checksum covers, collected to be applied at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta(u64);

impl Delta {
    /// Notes that a 16-bit word changed.
    pub(super) fn word(&mut self, old: u16, new: u16) {
        self.0 += u64::from(!old) + u64::from(new);
    }

    /// Notes that an address changed: its halves count like the whole.
    pub(super) fn addr(&mut self, old: Addr, new: Addr) {
        self.0 += u64::from(!old.0) + u64::from(new.0);
    }

    /// Notes that the time to live, in the upper half of its word, is one less.
    pub(super) fn count_down(&mut self) {
        self.0 += u64::from(!0x0100_u16);
    }

    /// Adds the changes of another.
    pub(super) fn add(&mut self, other: Delta) {
        self.0 += other.0;
    }

    /// The checksum after the changes, as [`update`] would give it one by one.
    #[inline]
    pub(super) fn apply(self, checksum: u16) -> u16 {
        self.apply_to_inverse((!checksum).into())
    }

    /// The same, told the inverse of the checksum.
    #[inline]
    pub(super) fn apply_to_inverse(self, inverse: u64) -> u16 {
        // Where something changes this is not 0, whether 0xFFFF is taken as its equal or not.
        !fold(inverse + self.0)
    }

    /// The same, for UDP too: there 0 says that there is no checksum and stays, and a computed 0 is
    /// written 0xFFFF.
    #[inline(always)]
    pub(super) fn apply_to(self, is_udp: bool, checksum: u16) -> u16 {
        // No branch that is often taken tells the two protocols apart: traffic has both.
        let computed = self.apply(checksum);
        if computed == 0 || checksum == 0 { special(is_udp, checksum, computed) } else { computed }
    }
}

/// What is written where a checksum was 0 or is computed as 0.
#[cold]
fn special(is_udp: bool, checksum: u16, computed: u16) -> u16 {
    match (is_udp, checksum, computed) {
        (true, 0, _) => 0,
        (true, _, 0) => u16::MAX,
        _ => computed,
    }
}

/// The checksum after an address changed from `old` to `new`.
pub fn update_addr(checksum: u16, old: Addr, new: Addr) -> u16 {
    let [o0, o1, o2, o3] = old.0.to_be_bytes();
    let [n0, n1, n2, n3] = new.0.to_be_bytes();
    let high = update(checksum, u16::from_be_bytes([o0, o1]), u16::from_be_bytes([n0, n1]));
    update(high, u16::from_be_bytes([o2, o3]), u16::from_be_bytes([n2, n3]))
}

/// [`update_addr`] for a UDP checksum: 0 means that there is none and stays 0; a computed 0 is
/// written 0xFFFF.
pub fn update_udp(checksum: u16, old: Addr, new: Addr) -> u16 {
    if checksum == 0 {
        return 0;
    }
    match update_addr(checksum, old, new) {
        0 => u16::MAX,
        computed => computed,
    }
}

/// Adds the carries back in until the sum fits 16 bits.
#[inline]
fn fold(sum: u64) -> u16 {
    // Both halves added to each other: the upper one gets the sum and the lower one's carry.
    let sum = u32::try_from(sum.wrapping_add(sum.rotate_left(32)) >> 32).unwrap_or(0);
    u16::try_from(sum.wrapping_add(sum.rotate_left(16)) >> 16).unwrap_or(0)
}
