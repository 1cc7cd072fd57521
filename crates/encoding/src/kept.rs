//! What may be released of the records of a pile: the tokens that remain, and the homes that do not.

use crate::draft::Draft;
use crate::entry::{Half, KEPT, read_kept};

/// Bytes of a notice that a home is crowded: number of the record in its pile 4, place among its homes 2.
pub(crate) const NOTICE: usize = 6;
/// In place of a place: the record's filters are not released. No record has so many homes.
pub(crate) const NO_FILTERS: u16 = u16::MAX;

/// A notice that a home is crowded.
pub(crate) fn notice(number: u32, place: u16) -> [u8; NOTICE] {
    let mut bytes = [0; NOTICE];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes[4..].copy_from_slice(&place.to_le_bytes());
    bytes
}

/// What may be released of the records of a pile. Its memory is kept from pile to pile.
#[derive(Default)]
pub(crate) struct Kept {
    /// The first halves of the tokens of each record, each in its place. Of those that are held back there is something else.
    halves: Vec<Half>,
    /// A bit for each of them: whether it is kept.
    bits: Vec<u64>,
    /// The first value of each record.
    starts: Vec<u32>,
    /// A bit for each home: whether it is crowded.
    crowded: Vec<u64>,
    /// The first home of each record.
    homes: Vec<u32>,
    /// A bit for each record: whether its filters are not released.
    bare: Vec<u64>,
}

impl Kept {
    /// Reads the kept values of a pile of so many records, and the notices of crowded homes; `drafts` are its drafts in any order.
    pub(crate) fn read(
        &mut self,
        kept: &[u8],
        notices: &[u8],
        records: usize,
        drafts: &[Draft<'_>],
    ) {
        self.starts.resize(records, 0);
        self.homes.resize(records, 0);
        let (mut values, mut homes) = (0, 0);
        for draft in drafts {
            let number = draft.number() as usize;
            self.starts[number] = values;
            self.homes[number] = homes;
            values += draft.values_len() as u32;
            homes += draft.homes_len() as u32;
        }
        self.halves.resize(values as usize, [0; 8]);
        // A word more: all bits have one after their own.
        self.bits.clear();
        self.bits.resize((values as usize).div_ceil(64) + 1, 0);
        for bytes in kept.as_chunks::<KEPT>().0 {
            let (number, place, half) = read_kept(bytes);
            let value = self.starts[number] as usize + place;
            self.halves[value] = half;
            self.bits[value / 64] |= 1 << (value % 64);
        }
        self.crowded.clear();
        self.crowded.resize((homes as usize).div_ceil(64), 0);
        self.bare.clear();
        self.bare.resize(records.div_ceil(64), 0);
        for &[a, b, c, d, low, high] in notices.as_chunks::<NOTICE>().0 {
            let number = u32::from_le_bytes([a, b, c, d]) as usize;
            let place = u16::from_le_bytes([low, high]);
            if place == NO_FILTERS {
                self.bare[number / 64] |= 1 << (number % 64);
                continue;
            }
            let home = self.homes[number] as usize + usize::from(place);
            self.crowded[home / 64] |= 1 << (home % 64);
        }
    }

    /// The first halves of the tokens of so many values of a record, key after key, the most worthy of a key first.
    #[inline]
    pub(crate) fn halves(&self, number: u32, values: usize) -> &[Half] {
        let start = self.starts[number as usize] as usize;
        &self.halves[start..start + values]
    }

    /// Which of a record's values from a first one on are kept, up to 64 of them: a bit for each. Bits after those of its values say
    /// nothing.
    #[inline]
    pub(crate) fn among(&self, number: u32, first: usize) -> u64 {
        let bit = self.starts[number as usize] as usize + first;
        let (low, high) = (self.bits[bit / 64], self.bits[bit / 64 + 1]);
        // In two steps, because a shift by all bits is none.
        low >> (bit % 64) | high << 1 << (63 - bit % 64)
    }

    /// Whether a home of a record is crowded.
    #[inline]
    pub(crate) fn is_crowded(&self, number: u32, home: usize) -> bool {
        let bit = self.homes[number as usize] as usize + home;
        self.crowded[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Whether a record's filters are not released.
    #[inline]
    pub(crate) fn is_bare(&self, number: u32) -> bool {
        self.bare[number as usize / 64] >> (number % 64) & 1 == 1
    }
}
