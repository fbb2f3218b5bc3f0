//! A small deterministic generator of random numbers: splitmix64.

use std::vec::Vec;

/// Random numbers, the same for the same seed on every machine.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    /// The first bytes of the next words, the last one first.
    script: Vec<u8>,
}

impl Rng {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Rng {
        Rng { state: seed, script: Vec::new() }
    }

    /// Decides the next words by bytes: their highest eight bits, which count most for a choice.
    pub fn follow(&mut self, script: &[u8]) {
        self.script = script.iter().rev().copied().collect();
    }

    /// Whether there are bytes left to decide by.
    pub fn follows(&self) -> bool {
        !self.script.is_empty()
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        let word = (self.bits() >> 32) as u32;
        match self.script.pop() {
            Some(byte) => u32::from(byte) << 24 | word >> 8,
            None => word,
        }
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u32) -> u32 {
        ((self.word() as u64 * n as u64) >> 32) as u32
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the items, which are not none.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    /// An index, each as often as its weight says. Some weight is not 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum")
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn splitmix64_reference_values() {
        let mut rng = Rng::new(1234567);
        assert_eq!(rng.bits(), 6457827717110365317);
        assert_eq!(rng.bits(), 3203168211198807973);
        assert_eq!(rng.bits(), 9817491932198370423);
    }
}
