//! Small entries on their way to many piles: gathered pile by pile, and handed over in runs.
//!
//! One by one, each entry would cost a look at the end of another pile, far away in memory. Here it is written once into a short run of its
//! pile, which stays in the second level of the cache, and every full run goes to its pile at once.

use crate::spill::{Spill, Writer};

/// Entries of `N` bytes for numbered piles, up to `RUN` waiting for each.
pub(crate) struct Runs<const N: usize, const RUN: usize> {
    waiting: Vec<[[u8; N]; RUN]>,
    /// For each pile how many are waiting: fewer than `RUN`.
    counts: Vec<u8>,
    writer: Writer,
}

impl<const N: usize, const RUN: usize> Runs<N, RUN> {
    /// No entries, for so many piles.
    pub(crate) fn new(piles: usize) -> Self {
        const {
            // So that the place of an entry needs no check.
            assert!(RUN.is_power_of_two() && RUN <= 128);
        }
        Self {
            waiting: vec![[[0; N]; RUN]; piles],
            counts: vec![0; piles],
            writer: Writer::new(piles),
        }
    }

    /// Adds an entry for a pile of `spill`, the same in every call.
    #[inline]
    pub(crate) fn add(&mut self, pile: usize, entry: [u8; N], spill: &Spill) {
        let count = &mut self.counts[pile];
        let run = &mut self.waiting[pile];
        run[usize::from(*count) % RUN] = entry;
        *count += 1;
        if usize::from(*count) == RUN {
            *count = 0;
            self.writer.append(pile, run.as_flattened(), spill);
        }
    }

    /// Hands over what is waiting.
    pub(crate) fn hand_over(&mut self, spill: &Spill) {
        for (pile, (run, count)) in self.waiting.iter().zip(&mut self.counts).enumerate() {
            if *count > 0 {
                let run = &run[..usize::from(*count)];
                self.writer.append(pile, run.as_flattened(), spill);
                *count = 0;
            }
        }
        self.writer.hand_over(spill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Store;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pile_gets_its_entries_in_order(
            batches in proptest::collection::vec(proptest::collection::vec((0usize..5, any::<[u8; 3]>()), 0..40), 1..4),
        ) {
            let spill = Spill::new(5, &Store::new(1));
            let mut runs = Runs::<3, 4>::new(5);
            let mut expected = vec![Vec::new(); 5];
            for batch in batches {
                for (pile, entry) in batch {
                    runs.add(pile, entry, &spill);
                    expected[pile].extend(entry);
                }
                runs.hand_over(&spill);
            }
            let mut out = Vec::new();
            for (pile, expected) in expected.iter().enumerate() {
                spill.take(pile, &mut out).unwrap();
                prop_assert_eq!(&out, expected);
            }
        }
    }
}
