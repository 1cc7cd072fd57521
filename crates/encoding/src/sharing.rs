//! Who shares a value with whom: found by counting fingerprints, told to the records by notices.

use crate::draft::Draft;
use crate::encode::PILES;

/// Bytes of an entry: a fingerprint whose last ten bits give way to the record's pile 8, number of the record in its pile and rank among the
/// values of the key 3, key 1, mark 2.
pub(crate) const ENTRY: usize = 14;

/// Piles of entries, by the last bits of the fingerprint. Entries come one by one, each for another pile: the ends of so many piles stay in
/// the first level of the cache, those of a thousand do not.
pub(crate) const VALUE_PILES: usize = 256;

/// In a fingerprint, the bits that give way to the pile of the record.
const PILE: u64 = PILES as u64 - 1;

/// A value's entry in the pile of its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The pile of the record.
    pub pile: usize,
    /// The number of the record in its pile.
    pub number: u32,
    /// The key in the schema's list.
    pub key: u8,
    /// How many values of the key the record has that are more worthy, at most [`RANK_MAX`].
    pub rank: u8,
    pub mark: Mark,
}

/// Ranks from here on are not told apart.
pub(crate) const RANK_MAX: usize = 15;
/// How many values of a key there are of each rank.
pub(crate) type Ranks = [u64; RANK_MAX + 1];
/// Bits of a record's number in its pile.
const NUMBER_BITS: u32 = 20;

impl Entry {
    /// The pile that the entry belongs to, and its bytes.
    #[inline]
    pub(crate) fn write(
        fingerprint: u64,
        pile: usize,
        number: u32,
        (key, rank): (u8, usize),
        mark: Mark,
    ) -> (usize, [u8; ENTRY]) {
        debug_assert!(
            number < 1 << NUMBER_BITS,
            "a pile has a thousandth of all records"
        );
        let number = number | (rank.min(RANK_MAX) as u32) << NUMBER_BITS;
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&(fingerprint & !PILE | pile as u64).to_le_bytes());
        bytes[8..12].copy_from_slice(&(number | u32::from(key) << 24).to_le_bytes());
        bytes[12..].copy_from_slice(&mark.0.to_le_bytes());
        ((fingerprint % VALUE_PILES as u64) as usize, bytes)
    }

    fn read(bytes: &[u8; ENTRY]) -> Self {
        let word = print(bytes);
        let number = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], 0]);
        Self {
            pile: (word & PILE) as usize,
            number: number & ((1 << NUMBER_BITS) - 1),
            key: bytes[11],
            rank: (number >> NUMBER_BITS) as u8,
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

/// What the entries of a pile tell: which values are too common, and who shares a value with whom.
#[derive(Default)]
pub(crate) struct SharedValues {
    /// The entries whose value more people have than the cap of its key allows, in the order of the pile.
    pub entries: Vec<Entry>,
    /// Of these the two entries of each value that exactly two people have.
    pub pairs: Vec<[Entry; 2]>,
    /// Of these, for each key of the schema, how many values two people have, three, up to eight.
    pub sizes: Vec<Sizes>,
}

/// How many values two people have, three, up to eight.
pub(crate) type Sizes = [u64; 7];

/// Working memory, kept from pile to pile.
#[derive(Clone, Default)]
pub(crate) struct Table {
    /// A fingerprint and how many entries have it.
    counts: Vec<u64>,
    /// At the same place, one more than the first entry of the fingerprint where two have it.
    first: Vec<u32>,
}

/// Finds the values of a pile that more people have than the cap of their key allows.
///
/// Counted in a table of at least half as many places again as entries, at the place that the fingerprint names or the next free one: fingerprints
/// are uniform, and sorting them took several times as long. The last ten bits make room for the count, so a place is eight bytes and
/// the table of a pile stays in the cache.
pub(crate) fn shared_values(entries: &[[u8; ENTRY]], table: &mut Table) -> SharedValues {
    const COUNT: u64 = PILE;
    let places = (entries.len() * 3 / 2).next_power_of_two();
    let Table { counts, first } = table;
    counts.clear();
    counts.resize(places, 0);
    first.clear();
    first.resize(places, 0);
    let find = |counts: &[u64], print: u64| {
        let mut at = (print / PILES as u64) as usize & (places - 1);
        while counts[at] & COUNT != 0 && (counts[at] ^ print) & !COUNT != 0 {
            at = (at + 1) & (places - 1);
        }
        at
    };
    for entry in entries {
        let print = print(entry);
        let at = find(counts, print);
        let place = &mut counts[at];
        if *place & COUNT == 0 {
            *place = print & !COUNT;
        }
        // No cap is above five, and more than eight are not told apart.
        *place += u64::from(*place & COUNT < COUNTED + 1);
    }
    let mut shared = SharedValues::default();
    for (number, bytes) in (0u32..).zip(entries) {
        let at = find(counts, print(bytes));
        let count = counts[at] & COUNT;
        // Most values are nobody else's, whatever the cap.
        if count < 2 {
            continue;
        }
        let entry = Entry::read(bytes);
        if count <= entry.mark.cap() {
            continue;
        }
        shared.entries.push(entry);
        if count > COUNTED {
            continue;
        }
        // One of a value's people counts it.
        let key = usize::from(entry.key);
        if shared.sizes.len() <= key {
            shared.sizes.resize(key + 1, Sizes::default());
        }
        let sizes = &mut shared.sizes[key];
        if count > 2 {
            sizes[count as usize - 2] += 1;
            continue;
        }
        match first[at].checked_sub(1) {
            None => first[at] = number + 1,
            Some(other) => {
                sizes[0] += 1;
                shared
                    .pairs
                    .push([Entry::read(&entries[other as usize]), entry]);
            }
        }
    }
    for sizes in &mut shared.sizes {
        for (people, size) in (3..).zip(&mut sizes[1..]) {
            *size /= people;
        }
    }
    shared
}

/// Most people of a value that are told from one more.
const COUNTED: u64 = 8;

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
                        Entry::write(fingerprint(value), n % PILES, n as u32, (n as u8, n), mark);
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
            let mut table = Table { counts: vec![3; 7], first: vec![9; 3] };
            let found = shared_values(&entries, &mut table);
            let shared: Vec<(u32, usize, usize, bool)> = found
                .entries
                .iter()
                .map(|entry| (entry.number, entry.pile, entry.mark.place(), entry.mark.is_identifier()))
                .collect();
            prop_assert_eq!(shared, expected);
        }

        #[test]
        fn who_shares_a_value_with_one_other_and_how_many_have_each_is_counted(
            values in proptest::collection::vec((0u64..60, 0u32..400), 0..300),
        ) {
            // A value's key is the value's own; two caps.
            let key = |value: u64| value as u8 % 3;
            let cap = |value: u64| if key(value) == 2 { 3 } else { 1 };
            let entries: Vec<[u8; ENTRY]> = values
                .iter()
                .map(|&(value, number)| Entry::write(value << 20, 4, number, (key(value), 0), Mark::new(cap(value), false)).1)
                .collect();
            let mut people: HashMap<u64, Vec<u32>> = HashMap::new();
            for &(value, number) in &values {
                people.entry(value).or_default().push(number);
            }
            let mut sizes = vec![Sizes::default(); 3];
            let mut pairs = Vec::new();
            for (&value, people) in &people {
                if people.len() > cap(value) as usize && (2..=8).contains(&people.len()) {
                    sizes[usize::from(key(value))][people.len() - 2] += 1;
                    if let [a, b] = people[..] {
                        pairs.push((a, b, key(value)));
                    }
                }
            }
            let mut found = shared_values(&entries, &mut Table::default());
            found.sizes.resize(3, Sizes::default());
            prop_assert_eq!(found.sizes, sizes);
            let mut met: Vec<_> = found.pairs.iter().map(|[a, b]| (a.number, b.number, a.key)).collect();
            met.sort_unstable();
            pairs.sort_unstable();
            prop_assert_eq!(met, pairs);
        }
    }
}
