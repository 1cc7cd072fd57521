//! Small entries on their way to many piles: gathered, put in the order of their piles, and handed over in runs.
//!
//! One by one, each entry would cost a lock and a look at the end of another pile, and the ends of all piles together do not fit into the
//! first level of the cache. A batch's entries do fit into the second, and a pile gets some dozens at once.

use crate::spill::Spill;

/// Entries of `N` bytes for numbered piles.
pub(crate) struct Runs<const N: usize> {
    entries: Vec<(u32, [u8; N])>,
    /// For each pile how many entries there are for it, then where its next one goes.
    next: Vec<u32>,
    sorted: Vec<[u8; N]>,
}

impl<const N: usize> Runs<N> {
    /// No entries, for so many piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            entries: Vec::new(),
            next: vec![0; piles],
            sorted: Vec::new(),
        }
    }

    /// Adds an entry for a pile.
    #[inline]
    pub(crate) fn add(&mut self, pile: usize, entry: [u8; N]) {
        self.next[pile] += 1;
        self.entries.push((pile as u32, entry));
    }

    /// Hands all entries to their piles, each pile's in the order in which they came.
    pub(crate) fn hand_over(&mut self, spill: &Spill) {
        let mut start = 0;
        for next in &mut self.next {
            let count = *next;
            *next = start;
            start += count;
        }
        // What stands there from the last time is all written over.
        self.sorted.resize(self.entries.len(), [0; N]);
        for (pile, entry) in self.entries.drain(..) {
            let next = &mut self.next[pile as usize];
            self.sorted[*next as usize] = entry;
            *next += 1;
        }
        let mut start = 0;
        for (pile, end) in self.next.iter_mut().enumerate() {
            let own = &self.sorted[start..*end as usize];
            if !own.is_empty() {
                spill.append(pile, own.as_flattened());
            }
            start = *end as usize;
            *end = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pile_gets_its_entries_in_order(
            batches in proptest::collection::vec(proptest::collection::vec((0usize..5, any::<[u8; 3]>()), 0..40), 1..4),
        ) {
            let spill = Spill::new(5);
            let mut runs = Runs::new(5);
            let mut expected = vec![Vec::new(); 5];
            for batch in batches {
                for (pile, entry) in batch {
                    runs.add(pile, entry);
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
