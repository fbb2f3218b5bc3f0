//! Numbers without a pattern, the same in every run.

/// Xorshift of 32 bits.
pub struct Random(u32);

impl Random {
    /// A sequence for each seed.
    pub fn new(seed: u32) -> Random {
        Random(seed ^ 0x9E37_79B9)
    }

    /// The next number; never 0.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}
