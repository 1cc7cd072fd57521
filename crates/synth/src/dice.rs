//! The only source of chance: a ChaCha8 stream, and a few ways to draw from it.
//!
//! The draws are written out here, in integers, so that a seed gives the same borough whatever version of a random-number library
//! is in use. Every stage of the generation has its own stream: a change in one does not shift the others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The stages that draw from their own stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    Population = 1,
    Cases = 2,
    Plan = 3,
    Events = 4,
    Inclusion = 5,
    Records = 6,
    Slips = 7,
    Order = 8,
    Files = 9,
}

/// A stream of chance.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, stage: Stage) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stage as u64);
        Self(generator)
    }

    /// A number from 0 to `n - 1`; `n` must not be zero.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // Multiply and shift: the bias is below 2^-32 for every n used here.
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included; `low` if the range is empty.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        if high <= low {
            low
        } else {
            low.saturating_add_unsigned(self.below((high - low + 1) as usize) as u32)
        }
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        let draw = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        draw < probability
    }

    /// One of the items, all equally likely; the slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of the items, likely in proportion to its weight; at least one weight must be positive.
    pub(crate) fn weighted<T: Copy>(&mut self, items: &[(T, u32)]) -> T {
        let total: u32 = items.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(total as usize) as u32;
        for (item, weight) in items {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        items[items.len() - 1].0
    }

    /// Puts the items in random order (Fisher-Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
