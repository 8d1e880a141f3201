//! Chance that can be repeated.

/// Small and deterministic: what falls is told by the seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as this seed says.
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `most`, which is not 0.
    pub const fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of such a generator repeat too soon.
        (self.0 >> 24) % most
    }

    /// True once in so many times.
    pub const fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
