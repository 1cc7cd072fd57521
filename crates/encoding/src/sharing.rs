//! Who shares a value with whom: found by counting fingerprints, told to the records by notices.

use crate::draft::Draft;
use crate::encode::PILES;

/// Bytes of an entry: a fingerprint whose last ten bits give way to the record's pile 8, number of the record in its pile 3, key 1, mark 2.
pub(crate) const ENTRY: usize = 14;

/// Piles of entries, by the last bits of the fingerprint. Entries come one by one, each for another pile: the ends of so many piles stay in
/// the first level of the cache, those of a thousand do not.
pub(crate) const VALUE_PILES: usize = 256;

/// In a fingerprint, the bits that give way to the pile of the record.
const PILE: u64 = PILES as u64 - 1;

/// A value's entry in the pile of its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    fingerprint: u64,
    /// The pile of the record.
    pub pile: usize,
    /// The number of the record in its pile.
    pub number: u32,
    /// The key in the schema's list.
    pub key: u8,
    pub mark: Mark,
}

impl Entry {
    /// The pile that the entry belongs to, and its bytes.
    #[inline]
    pub(crate) fn write(
        fingerprint: u64,
        pile: usize,
        number: u32,
        key: u8,
        mark: Mark,
    ) -> (usize, [u8; ENTRY]) {
        debug_assert!(number < 1 << 24, "a pile has a thousandth of all records");
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&(fingerprint & !PILE | pile as u64).to_le_bytes());
        bytes[8..12].copy_from_slice(&(number | u32::from(key) << 24).to_le_bytes());
        bytes[12..].copy_from_slice(&mark.0.to_le_bytes());
        ((fingerprint % VALUE_PILES as u64) as usize, bytes)
    }

    /// What is left of the fingerprint: the same for the same value, and for two others once in 2^54.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn read(bytes: &[u8; ENTRY]) -> Self {
        let word = print(bytes);
        Self {
            fingerprint: word & !PILE,
            pile: (word & PILE) as usize,
            number: u32::from_le_bytes([bytes[8], bytes[9], bytes[10], 0]),
            key: bytes[11],
            mark: Mark(u16::from_le_bytes([bytes[12], bytes[13]])),
        }
    }
}

/// Of a value: its place among its record's values, the cap of its key, and whether the key is an identifier's, in two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u16);

impl Mark {
    /// Most values of a record; more are not looked at.
    pub(crate) const PLACES: usize = 1 << 12;

    /// Of the first value of a record.
    pub(crate) fn new(cap: u32, identifier: bool) -> Self {
        Self((cap as u16 - 1) << 12 | u16::from(identifier) << 15)
    }

    /// Of a value at a place.
    #[inline]
    pub(crate) fn at(self, place: usize) -> Self {
        Self(self.0 | place as u16)
    }

    pub(crate) fn place(self) -> usize {
        self.0 as usize & (Self::PLACES - 1)
    }

    fn cap(self) -> u64 {
        u64::from(self.0 >> 12 & 7) + 1
    }

    pub(crate) fn is_identifier(self) -> bool {
        self.0 >> 15 == 1
    }
}

#[inline]
fn print(entry: &[u8; ENTRY]) -> u64 {
    u64::from_le_bytes(*entry.first_chunk().expect("eight bytes"))
}

/// The entries of a pile whose value more people have than the cap of its key allows, in the order of the pile.
///
/// Counted in a table of at least half as many places again as entries, at the place that the fingerprint names or the next free one: fingerprints
/// are uniform, and sorting them took several times as long. The last ten bits make room for the count, so a place is eight bytes and
/// the table of a pile stays in the cache.
pub(crate) fn shared_values(entries: &[[u8; ENTRY]], table: &mut Vec<u64>) -> Vec<Entry> {
    const COUNT: u64 = PILE;
    let places = (entries.len() * 3 / 2).next_power_of_two();
    table.clear();
    table.resize(places, 0);
    let find = |table: &[u64], print: u64| {
        let mut at = (print / PILES as u64) as usize & (places - 1);
        while table[at] & COUNT != 0 && (table[at] ^ print) & !COUNT != 0 {
            at = (at + 1) & (places - 1);
        }
        at
    };
    for entry in entries {
        let print = print(entry);
        let at = find(table, print);
        let place = &mut table[at];
        if *place & COUNT == 0 {
            *place = print & !COUNT;
        }
        // No cap is above five.
        *place += u64::from(*place & COUNT < 8);
    }
    entries
        .iter()
        .filter(|entry| {
            let count = table[find(table, print(entry))] & COUNT;
            // Most values are nobody else's, whatever the cap.
            count > 1 && count > Entry::read(entry).mark.cap()
        })
        .map(Entry::read)
        .collect()
}

/// Bytes of a notice that a value or a home is held back: number of the record in its pile 4, place among its values 2, or with [`HOME`] among
/// its homes.
pub(crate) const NOTICE: usize = 6;

/// In a notice, what tells a home from a value.
const HOME: u16 = 1 << 15;

/// A notice of a value.
pub(crate) fn value_notice(number: u32, place: usize) -> [u8; NOTICE] {
    notice(number, place as u16)
}

/// A notice of a home.
pub(crate) fn home_notice(number: u32, place: u16) -> [u8; NOTICE] {
    notice(number, place | HOME)
}

fn notice(number: u32, place: u16) -> [u8; NOTICE] {
    let mut bytes = [0; NOTICE];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes[4..].copy_from_slice(&place.to_le_bytes());
    bytes
}

/// What is held back of the records of a pile: a bit for each value and each home of them.
pub(crate) struct HeldBack {
    bits: Vec<u64>,
    /// The first bit of each record.
    starts: Vec<u32>,
}

impl HeldBack {
    /// Reads the notices of a pile; `drafts` are its drafts in their order.
    pub(crate) fn read<'a>(
        notices: &[u8],
        drafts: impl Iterator<Item = &'a Draft<'a>> + Clone,
    ) -> Self {
        let mut end = 0;
        let starts: Vec<u32> = drafts
            .clone()
            .map(|draft| {
                let start = end;
                end += (draft.values_len() + draft.homes_len()) as u32;
                start
            })
            .collect();
        let values: Vec<u16> = drafts.map(|draft| draft.values_len() as u16).collect();
        let mut bits = vec![0u64; (end as usize).div_ceil(64)];
        for &[a, b, c, d, low, high] in notices.as_chunks::<NOTICE>().0 {
            let number = u32::from_le_bytes([a, b, c, d]) as usize;
            let place = u16::from_le_bytes([low, high]);
            let own = if place & HOME == 0 {
                place
            } else {
                values[number] + (place & !HOME)
            };
            let bit = (starts[number] + u32::from(own)) as usize;
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self { bits, starts }
    }

    /// Whether a value of a record is held back, or (after its values) a home.
    #[inline]
    pub(crate) fn has(&self, number: u32, place: usize) -> bool {
        let bit = self.starts[number as usize] as usize + place;
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn exactly_what_more_have_than_the_cap_allows_is_shared(
            values in proptest::collection::vec((0u64..40, 1u32..6, any::<bool>()), 0..200),
        ) {
            // All in one pile, half of them so near to each other that they want one place of the table.
            let fingerprint = |n: u64| (n % 2 * 0x9e37_79b9 + n / 2) << 20 | 5;
            let entries: Vec<[u8; ENTRY]> = values
                .iter()
                .enumerate()
                .map(|(n, &(value, cap, identifier))| {
                    let mark = Mark::new(cap, identifier).at(n % 4096);
                    let (pile, bytes) =
                        Entry::write(fingerprint(value), n % PILES, n as u32, n as u8, mark);
                    assert_eq!(pile, 5);
                    bytes
                })
                .collect();
            let mut counts: HashMap<u64, u32> = HashMap::new();
            for &(value, _, _) in &values {
                *counts.entry(value).or_default() += 1;
            }
            let expected: Vec<(u32, usize, usize, bool)> = (0..)
                .zip(&values)
                .filter(|(_, (value, cap, _))| counts[value] > *cap)
                .map(|(n, (_, _, identifier))| (n, n as usize % PILES, n as usize % 4096, *identifier))
                .collect();
            let mut table = vec![3; 7];
            let shared: Vec<(u32, usize, usize, bool)> = shared_values(&entries, &mut table)
                .iter()
                .map(|entry| (entry.number, entry.pile, entry.mark.place(), entry.mark.is_identifier()))
                .collect();
            prop_assert_eq!(shared, expected);
        }
    }
}
