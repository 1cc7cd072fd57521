//! What one thread has for the piles of a [`Spill`], gathered until it fills a sheet for each of their ranges.
//!
//! One by one, each piece would cost a look at the end of another pile, far away in memory. Here all pieces are written one after another, and
//! only when they are as many as stay in the second level of the cache each is put where its pile begins: into new memory, from its
//! beginning to its end.

use crate::spill::{Sheet, Spill};

/// Bytes that are gathered.
const GATHERED: usize = 120 << 10;

/// Entries of `N` bytes, each for a pile.
pub(crate) struct Entries<const N: usize> {
    waiting: Vec<(u16, [u8; N])>,
    /// For each pile how many are waiting.
    counts: Vec<u32>,
}

impl<const N: usize> Entries<N> {
    /// As many as are gathered.
    const MOST: usize = GATHERED / N;

    /// No entries, for so many piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            waiting: Vec::new(),
            counts: vec![0; piles],
        }
    }

    /// Adds an entry for a pile of `spill`, the same in every call.
    #[inline]
    pub(crate) fn add(&mut self, pile: usize, entry: [u8; N], spill: &Spill) {
        self.waiting.push((pile as u16, entry));
        self.counts[pile] += 1;
        if self.waiting.len() >= Self::MOST {
            self.hand_over(spill);
        }
    }

    /// Hands over what is waiting.
    pub(crate) fn hand_over(&mut self, spill: &Spill) {
        if self.waiting.is_empty() {
            return;
        }
        let width = spill.range();
        let mut sheets: Vec<Sheet> = Vec::with_capacity(spill.ranges());
        for counts in self.counts.chunks_mut(width) {
            let mut start = 0;
            for count in counts {
                let next = start + *count;
                *count = start;
                start = next;
            }
            let mut sheet = spill.sheet(start as usize * N);
            sheet.bytes.resize(start as usize * N, 0);
            sheets.push(sheet);
        }
        let shift = width.trailing_zeros();
        {
            let mut places: Vec<&mut [[u8; N]]> = sheets
                .iter_mut()
                .map(|sheet| sheet.bytes.as_chunks_mut().0)
                .collect();
            for (pile, entry) in &self.waiting {
                let pile = usize::from(*pile);
                let place = &mut self.counts[pile];
                places[pile >> shift][*place as usize] = *entry;
                *place += 1;
            }
        }
        for (range, (mut sheet, counts)) in sheets
            .into_iter()
            .zip(self.counts.chunks_mut(width))
            .enumerate()
        {
            // Each place has moved on to where the entries of its pile end.
            sheet.ends.extend(counts.iter().map(|end| *end * N as u32));
            spill.add(range, sheet);
            counts.fill(0);
        }
        self.waiting.clear();
    }
}

/// Pieces of any length, each for a pile.
#[derive(Default)]
pub(crate) struct Pieces {
    bytes: Vec<u8>,
    /// Of each piece its pile and where it begins.
    starts: Vec<(u16, u32)>,
    /// The same with where each ends, by piles.
    order: Vec<(u16, u32, u32)>,
}

impl Pieces {
    /// How many are waiting.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Begins a piece for a pile: it is what is appended until the next call.
    #[inline]
    pub(crate) fn begin(&mut self, pile: u16) -> &mut Vec<u8> {
        self.starts.push((pile, self.bytes.len() as u32));
        &mut self.bytes
    }

    /// All bytes, and where each piece from so many on begins.
    pub(crate) fn later(&mut self, first: usize) -> (&mut [u8], impl Iterator<Item = usize>) {
        let starts = self.starts[first..].iter();
        (&mut self.bytes, starts.map(|&(_, start)| start as usize))
    }

    /// Hands over what is waiting when it is much.
    pub(crate) fn make_room(&mut self, spill: &Spill) {
        if self.bytes.len() >= GATHERED {
            self.hand_over(spill);
        }
    }

    /// Hands over what is waiting.
    pub(crate) fn hand_over(&mut self, spill: &Spill) {
        if self.starts.is_empty() {
            return;
        }
        let ends = self.starts.iter().skip(1).map(|&(_, start)| start);
        let ends = ends.chain([self.bytes.len() as u32]);
        self.order.clear();
        for (&(pile, start), end) in self.starts.iter().zip(ends) {
            self.order.push((pile, start, end));
        }
        // By pile, and where they begin: pieces of a pile stay in their order.
        self.order.sort_unstable();
        let mut rest = self.order.as_slice();
        for range in 0..spill.ranges() {
            let first = range * spill.range();
            let later = first + spill.range();
            let own = rest.partition_point(|piece| usize::from(piece.0) < later);
            let (own, after) = rest.split_at(own);
            rest = after;
            let length = own.iter().map(|&(_, start, end)| end - start).sum::<u32>();
            let mut sheet = spill.sheet(length as usize);
            for &(pile, start, end) in own {
                // Piles without a piece end where the one before does.
                let before = sheet.bytes.len() as u32;
                sheet.ends.resize(usize::from(pile) - first, before);
                sheet
                    .bytes
                    .extend_from_slice(&self.bytes[start as usize..end as usize]);
            }
            let end = sheet.bytes.len() as u32;
            sheet.ends.resize(later.min(spill.piles()) - first, end);
            spill.add(range, sheet);
        }
        self.bytes.clear();
        self.starts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Store;
    use proptest::prelude::*;

    fn taken(spill: &Spill, pile: usize) -> Vec<u8> {
        let mut out = vec![7; 3];
        spill.take(pile, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn every_pile_gets_its_entries_in_order(
            batches in proptest::collection::vec(proptest::collection::vec((0usize..13, any::<[u8; 3]>()), 0..40), 1..4),
            ranges in 1usize..20,
        ) {
            let spill = Spill::new(13, ranges, &Store::new());
            let mut entries = Entries::<3>::new(13);
            let mut expected = vec![Vec::new(); 13];
            for batch in batches {
                for (pile, entry) in batch {
                    entries.add(pile, entry, &spill);
                    expected[pile].extend(entry);
                }
                entries.hand_over(&spill);
            }
            for (pile, expected) in expected.iter().enumerate() {
                prop_assert_eq!(&taken(&spill, pile), expected);
            }
        }

        #[test]
        fn every_pile_gets_its_pieces_in_order(
            batches in proptest::collection::vec(proptest::collection::vec((0u16..13, 0usize..50, any::<u8>()), 0..40), 1..4),
            ranges in 1usize..20,
        ) {
            let spill = Spill::new(13, ranges, &Store::new());
            let mut pieces = Pieces::default();
            let mut expected = vec![Vec::new(); 13];
            for batch in batches {
                for (pile, length, byte) in batch {
                    pieces.begin(pile).extend(vec![byte; length]);
                    expected[usize::from(pile)].extend(vec![byte; length]);
                }
                pieces.hand_over(&spill);
                prop_assert_eq!(pieces.len(), 0);
            }
            for (pile, expected) in expected.iter().enumerate() {
                prop_assert_eq!(&taken(&spill, pile), expected);
            }
        }
    }

    #[test]
    fn many_entries_and_pieces_are_handed_over_by_themselves() {
        let spill = Spill::new(4, 2, &Store::new());
        let mut entries = Entries::<12_000>::new(4);
        let most = Entries::<12_000>::MOST as u8;
        for n in 0..=most {
            entries.add(usize::from(n % 4), [n; 12_000], &spill);
        }
        assert_eq!(entries.waiting.len(), 1);
        entries.hand_over(&spill);
        let expected = |pile: u8| -> Vec<u8> {
            let own = (pile..=most).step_by(4);
            own.flat_map(|n| vec![n; 12_000]).collect()
        };
        for pile in 0..4 {
            assert!(taken(&spill, pile.into()) == expected(pile), "{pile}");
        }
        let spill = Spill::new(4, 2, &Store::new());
        let mut pieces = Pieces::default();
        for n in 0..7u8 {
            pieces.make_room(&spill);
            pieces.begin(2).extend(vec![n; GATHERED / 2]);
        }
        assert_eq!(pieces.len(), 1);
        pieces.hand_over(&spill);
        assert_eq!(taken(&spill, 2).len(), 7 * (GATHERED / 2));
    }
}
