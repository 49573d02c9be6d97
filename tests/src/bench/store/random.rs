//! Reproducible chance: the same seed gives the same organisation on every machine.

use crate::bench::measure::as_float;

/// `SplitMix64`, as published by Steele, Lea and Flood ("Fast splittable pseudorandom number generators", 2014).
pub(super) struct Random {
    state: u64,
}

impl Random {
    pub(super) const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a usize has at most 64 bits");
        usize::try_from(self.next() % bound).expect("it is below a usize")
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ranks from 0, the `n`th with a weight of 1 / (n + 1): a few packages are in nearly every application.
pub(super) struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    pub(super) fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let cumulated = (1..=ranks)
            .map(|rank| {
                sum += 1.0 / as_float(rank);
                sum
            })
            .collect();
        Self { cumulated }
    }

    pub(super) fn draw(&self, random: &mut Random) -> usize {
        let sum = self.cumulated.last().copied().unwrap_or_default();
        let wanted = random.fraction() * sum;
        let rank = self
            .cumulated
            .partition_point(|cumulated| *cumulated <= wanted);
        rank.min(self.cumulated.len() - 1)
    }
}
