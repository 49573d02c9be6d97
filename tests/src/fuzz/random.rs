//! Reproducible chance for the fuzzer.

/// `SplitMix64`, as published by Steele, Lea and Flood (2014).
pub(super) struct Random {
    state: u64,
}

impl Random {
    pub(super) const fn new(seed: u64, number: u64) -> Self {
        Self {
            state: seed ^ number.wrapping_mul(0xd134_2543_de82_ef95),
        }
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; 0 if that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound.max(1)).unwrap_or_default()
    }

    pub(super) fn pick<'t, T: ?Sized>(&mut self, choices: &[&'t T]) -> &'t T {
        choices[self.below(choices.len())]
    }
}
