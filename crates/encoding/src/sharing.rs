//! Who shares a value with whom: found by counting fingerprints, told to the records by notices.

use kinfold_schema::Token;

use crate::draft::Draft;
use crate::encode::PILES;

/// Bytes of an entry: a fingerprint whose last ten bits give way to the record's pile 8, number of the record in its pile and rank among the
/// values of the key 3, key 1, mark 2.
pub(crate) const ENTRY: usize = 14;

/// Piles of entries, by the last bits of the fingerprint. Entries come one by one, each for another pile: the ends of so many piles stay in
/// the first level of the cache, those of a thousand do not.
pub(crate) const VALUE_PILES: usize = 256;

/// The first eight bytes of a token: what sharing is judged by. In a file of ten million people two of half a thousand million values meet
/// by chance with a probability below one in a hundred; the two would be held back, and no harm done.
#[inline]
pub(crate) fn fingerprint(token: &Token) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("a token has sixteen bytes"))
}

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
    /// What all entries of one key of a record begin from; the mark is the first value's.
    #[inline]
    pub(crate) fn of(pile: u16, number: u32, key: u8, mark: Mark) -> Unprinted {
        debug_assert!(
            number < 1 << NUMBER_BITS,
            "a pile has a thousandth of all records"
        );
        Unprinted {
            pile: pile.into(),
            rest: u64::from(number) | u64::from(key) << 24 | u64::from(mark.0) << 32,
        }
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

/// An entry that lacks its fingerprint.
#[derive(Clone, Copy)]
pub(crate) struct Unprinted {
    pile: u64,
    rest: u64,
}

impl Unprinted {
    /// The entry of the value that comes `nth` after the first: the pile it belongs to, and its bytes.
    #[inline]
    pub(crate) fn with(self, fingerprint: u64, nth: u64) -> (usize, [u8; ENTRY]) {
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&(fingerprint & !PILE | self.pile).to_le_bytes());
        let rank = nth.min(RANK_MAX as u64);
        let rest = self.rest + (nth << 32 | rank << NUMBER_BITS);
        bytes[8..].copy_from_slice(&rest.to_le_bytes()[..6]);
        ((fingerprint % VALUE_PILES as u64) as usize, bytes)
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

    fn cap(self) -> usize {
        usize::from(self.0 >> 12 & 7) + 1
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
    /// The entries whose value more people have than the cap of its key allows.
    pub entries: Vec<Entry>,
    /// Of these the two entries of each value that exactly two people have.
    pub pairs: Vec<[Entry; 2]>,
    /// Of these, for each key of the schema, how many values two people have, three, up to eight.
    pub sizes: Vec<Sizes>,
}

impl SharedValues {
    /// Takes the entries of one value in, with their numbers in the pile, unless the cap of its key allows so many.
    fn add(&mut self, entries: &[[u8; ENTRY]], own: &[(u64, u32)]) {
        // Most values are nobody else's, whatever the cap.
        if own.len() < 2 {
            return;
        }
        let before = self.entries.len();
        let own_entries = own
            .iter()
            .map(|&(_, number)| Entry::read(&entries[number as usize]))
            .filter(|entry| own.len() > entry.mark.cap());
        self.entries.extend(own_entries);
        if own.len() > COUNTED {
            return;
        }
        for entry in &self.entries[before..] {
            let key = usize::from(entry.key);
            if self.sizes.len() <= key {
                self.sizes.resize(key + 1, Sizes::default());
            }
            self.sizes[key][own.len() - 2] += 1;
        }
        if let (2, &[a, b]) = (own.len(), &self.entries[before..]) {
            self.pairs.push([a, b]);
        }
    }
}

/// How many values two people have, three, up to eight.
pub(crate) type Sizes = [u64; 7];

/// Working memory, kept from pile to pile.
#[derive(Clone, Default)]
pub(crate) struct Room {
    /// Bits of what was met once, and of what was met again.
    met: Vec<[u64; 2]>,
    /// The numbers of entries that may not be alone.
    numbers: Vec<u32>,
    /// Where each group of fingerprints ends, once they are put there.
    ends: Vec<u32>,
    /// Fingerprints with the numbers of their entries, group after group.
    prints: Vec<(u64, u32)>,
    /// Of a group, what somebody else has too.
    some: Vec<(u64, u32)>,
    /// Of these, all of one value.
    own: Vec<(u64, u32)>,
}

/// Bits for each entry: with eight, an eighth of those that are alone seem not to be.
const BITS: usize = 8;
/// Fingerprints of a group, on average about.
const GROUP: usize = 6;
/// Most fingerprints of a group that are compared each with each.
const EACH_WITH_EACH: usize = 48;

/// Finds the values of a pile that more people have than the cap of their key allows.
///
/// Most values are nobody else's. Those fall out first: a bit that their fingerprint names is met once only. The rest falls into small groups,
/// by other bits of the fingerprints, and in a group each is compared with each. None of this branches on what is found, so that a
/// processor need not guess it; a table of counts, whose every other place was a surprise, took several times as long. A value that very
/// many have makes its group large, which is then sorted.
pub(crate) fn shared_values(entries: &[[u8; ENTRY]], room: &mut Room) -> SharedValues {
    room.sift(entries);
    room.group(entries);
    let Room {
        ends,
        prints,
        some,
        own,
        ..
    } = room;
    let mut shared = SharedValues::default();
    let mut start = 0;
    for &end in ends.iter() {
        let group = &prints[start..end as usize];
        start = end as usize;
        if group.len() < 2 {
            continue;
        }
        some.clear();
        if group.len() > EACH_WITH_EACH {
            some.extend_from_slice(group);
            some.sort_unstable();
            for own in some.chunk_by(|a, b| a.0 == b.0) {
                shared.add(entries, own);
            }
            continue;
        }
        several(group, some);
        while let Some(&(print, _)) = some.first() {
            own.clear();
            some.retain(|&one| {
                if one.0 == print {
                    own.push(one);
                }
                one.0 != print
            });
            shared.add(entries, own);
        }
    }
    for sizes in &mut shared.sizes {
        for (people, size) in (2..).zip(sizes) {
            *size /= people;
        }
    }
    shared
}

impl Room {
    /// Finds the entries whose fingerprint others may have too.
    fn sift(&mut self, entries: &[[u8; ENTRY]]) {
        let words = (entries.len() * BITS / 64).next_power_of_two();
        let place = |entry: &[u8; ENTRY]| {
            let print = print(entry) / PILES as u64;
            ((print / 64) as usize & (words - 1), 1 << (print % 64))
        };
        self.met.clear();
        self.met.resize(words, [0; 2]);
        for entry in entries {
            let (word, bit) = place(entry);
            let [once, again] = &mut self.met[word];
            *again |= *once & bit;
            *once |= bit;
        }
        self.numbers.resize(entries.len(), 0);
        let mut count = 0;
        for (number, entry) in (0..).zip(entries) {
            let (word, bit) = place(entry);
            self.numbers[count] = number;
            count += usize::from(self.met[word][1] & bit != 0);
        }
        self.numbers.truncate(count);
    }

    /// Puts what is left into groups.
    fn group(&mut self, entries: &[[u8; ENTRY]]) {
        let left = || {
            self.numbers
                .iter()
                .map(|&number| (print(&entries[number as usize]) & !PILE, number))
        };
        let groups = (self.numbers.len() / GROUP).next_power_of_two();
        // Bits that the sifting did not look at: of those that were alone and seemed not to be, two have the same there.
        let group_of = |print: u64| (print >> 40) as usize & (groups - 1);
        self.ends.clear();
        self.ends.resize(groups, 0);
        for (print, _) in left() {
            self.ends[group_of(print)] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            let count = *end;
            *end = start;
            start += count;
        }
        self.prints.resize(self.numbers.len(), (0, 0));
        for (print, number) in left() {
            let end = &mut self.ends[group_of(print)];
            self.prints[*end as usize] = (print, number);
            *end += 1;
        }
    }
}

/// Of a group of fingerprints with the numbers of their entries, those that are there more than once, in their order.
fn several(group: &[(u64, u32)], some: &mut Vec<(u64, u32)>) {
    some.resize(group.len(), (0, 0));
    let mut count = 0;
    for one in group {
        let people: u32 = group.iter().map(|other| u32::from(other.0 == one.0)).sum();
        some[count] = *one;
        count += usize::from(people > 1);
    }
    some.truncate(count);
}

/// Most people of a value that are told from one more.
const COUNTED: usize = 8;

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
    /// Reads the notices of a pile of so many records; `drafts` are its drafts in any order.
    pub(crate) fn read(notices: &[u8], records: usize, drafts: &[Draft<'_>]) -> Self {
        let mut end = 0;
        let mut starts = vec![0; records];
        let mut values = vec![0u16; records];
        for draft in drafts {
            let number = draft.number() as usize;
            starts[number] = end;
            values[number] = draft.values_len() as u16;
            end += (draft.values_len() + draft.homes_len()) as u32;
        }
        // A word more: all bits have one after their own.
        let mut bits = vec![0u64; (end as usize).div_ceil(64) + 1];
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

    /// Which of a record's values from a first one on are held back, up to 64 of them: a bit for each. Bits after those of its values say
    /// nothing.
    #[inline]
    pub(crate) fn among(&self, number: u32, first: usize) -> u64 {
        let bit = self.starts[number as usize] as usize + first;
        let (low, high) = (self.bits[bit / 64], self.bits[bit / 64 + 1]);
        // In two steps, because a shift by all bits is none.
        low >> (bit % 64) | high << 1 << (63 - bit % 64)
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
                    let entry = Entry::of((n % PILES) as u16, n as u32, n as u8, mark);
                    let (pile, bytes) = entry.with(fingerprint(value), 0);
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
            let mut room = Room {
                met: vec![[7; 2]; 3],
                numbers: vec![1],
                ends: vec![3; 7],
                prints: vec![(9, 9); 3],
                some: vec![(1, 2)],
                own: vec![(3, 4)],
            };
            let found = shared_values(&entries, &mut room);
            let mut shared: Vec<(u32, usize, usize, bool)> = found
                .entries
                .iter()
                .map(|entry| (entry.number, entry.pile, entry.mark.place(), entry.mark.is_identifier()))
                .collect();
            shared.sort_unstable();
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
                .map(|&(value, number)| {
                    let mark = Mark::new(cap(value), false);
                    Entry::of(4, number, key(value), mark).with(value << 20, 0).1
                })
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
            let mut found = shared_values(&entries, &mut Room::default());
            found.sizes.resize(3, Sizes::default());
            prop_assert_eq!(found.sizes, sizes);
            let mut met: Vec<_> = found.pairs.iter().map(|[a, b]| (a.number, b.number, a.key)).collect();
            met.sort_unstable();
            pairs.sort_unstable();
            prop_assert_eq!(met, pairs);
        }
    }
}
