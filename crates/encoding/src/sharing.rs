//! Who shares a value with whom: found by comparing fingerprints, a pile at a time.

use crate::entry::{ENTRY, Entry, Ranks, fingerprint};

/// Of a key: most people of a file who may have one value, and whether it is an identifier's.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub cap: usize,
    pub identifier: bool,
}

/// How many values two people have, three, up to eight.
pub(crate) type Sizes = [u64; 7];
/// Most people of a value that are told from one more.
const COUNTED: usize = 8;

/// What the entries of a pile tell about the values that more people have than the cap of their key allows.
pub(crate) struct SharedValues {
    /// Of each key how many of these there are of each rank.
    pub held_back: Vec<Ranks>,
    /// The records of which an identifier is among them, by their piles and numbers.
    pub hidden: Vec<(usize, u32)>,
    /// The two entries of each of them that exactly two people have.
    pub pairs: Vec<[Entry; 2]>,
    /// Of each key how many of these two people have, three, up to eight.
    pub sizes: Vec<Sizes>,
}

impl SharedValues {
    fn new(keys: usize) -> Self {
        Self {
            held_back: vec![Ranks::default(); keys],
            hidden: Vec::new(),
            pairs: Vec::new(),
            sizes: vec![Sizes::default(); keys],
        }
    }

    /// Takes the entries of a group in whose value others have too. Those that more people have than their key's cap allows are marked in
    /// `held_back`.
    fn add(
        &mut self,
        entries: &[[u8; ENTRY]],
        some: &[Several],
        rules: &[Rule],
        held_back: &mut [u64],
    ) {
        for (at, one) in some.iter().enumerate() {
            let people = one.people as usize;
            let entry = Entry::read(&entries[one.number as usize]);
            let key = usize::from(entry.key());
            let rule = rules[key];
            if people <= rule.cap {
                continue;
            }
            held_back[one.number as usize / 64] |= 1 << (one.number % 64);
            self.held_back[key][usize::from(entry.rank())] += 1;
            if rule.identifier {
                self.hidden.push((entry.pile(), entry.number()));
            }
            if people <= COUNTED {
                self.sizes[key][people - 2] += 1;
            }
            if people > 2 {
                continue;
            }
            // The first of two finds the second behind it.
            if let Some(other) = some[at + 1..].iter().find(|other| other.print == one.print) {
                let other = Entry::read(&entries[other.number as usize]);
                if rules[usize::from(other.key())].cap < 2 {
                    self.pairs.push([entry, other]);
                }
            }
        }
    }
}

/// An entry whose value others have too.
#[derive(Clone, Copy, Default)]
struct Several {
    print: u64,
    /// The number of the entry in the pile.
    number: u32,
    /// How many people have the value.
    people: u32,
}

/// Working memory, kept from pile to pile.
#[derive(Clone, Default)]
pub(crate) struct Room {
    /// Bits of what was met once, and of what was met again.
    met: Vec<[u64; 2]>,
    /// Fingerprints that may not be alone, with the numbers of their entries.
    left: Vec<(u64, u32)>,
    /// Where each group of fingerprints ends, once they are put there.
    ends: Vec<u32>,
    /// Fingerprints with the numbers of their entries, group after group.
    prints: Vec<(u64, u32)>,
    /// Of a group, what somebody else has too.
    some: Vec<Several>,
    /// A bit for each entry: whether it is held back.
    held_back: Vec<u64>,
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
pub(crate) fn shared_values(
    pile: u8,
    entries: &[[u8; ENTRY]],
    rules: &[Rule],
    room: &mut Room,
) -> SharedValues {
    room.sift(pile, entries);
    room.group();
    let Room {
        ends,
        prints,
        some,
        held_back,
        ..
    } = room;
    held_back.clear();
    held_back.resize(entries.len().div_ceil(64), 0);
    let mut shared = SharedValues::new(rules.len());
    let mut start = 0;
    for &end in ends.iter() {
        let group = &mut prints[start..end as usize];
        start = end as usize;
        if group.len() <= EACH_WITH_EACH {
            several(group, some);
        } else {
            several_of_many(group, some);
        }
        shared.add(entries, some, rules, held_back);
    }
    for sizes in &mut shared.sizes {
        for (people, size) in (2..).zip(sizes) {
            *size /= people;
        }
    }
    shared
}

impl Room {
    /// Gives the entries of the pile judged last that are not held back.
    #[inline]
    pub(crate) fn each_kept(&self, entries: &[[u8; ENTRY]], mut give: impl FnMut(&[u8; ENTRY])) {
        for (held_back, entries) in self.held_back.iter().zip(entries.chunks(64)) {
            let mut kept = !held_back & (u64::MAX >> (64 - entries.len()));
            while let Some(entry) = entries.get(kept.trailing_zeros() as usize) {
                kept &= kept - 1;
                give(entry);
            }
        }
    }

    /// Finds the entries whose fingerprint others may have too.
    fn sift(&mut self, pile: u8, entries: &[[u8; ENTRY]]) {
        let words = (entries.len() * BITS / 64).next_power_of_two();
        // The first eight bits are those of the pile.
        let place = |print: u64| {
            (
                (print >> 14) as usize & (words - 1),
                1u64 << (print >> 8 & 63),
            )
        };
        self.met.clear();
        self.met.resize(words, [0; 2]);
        for entry in entries {
            let (word, bit) = place(fingerprint(pile, entry));
            let [once, again] = &mut self.met[word];
            *again |= *once & bit;
            *once |= bit;
        }
        self.left.resize(entries.len(), (0, 0));
        let mut count = 0;
        for (number, entry) in (0..).zip(entries) {
            let print = fingerprint(pile, entry);
            let (word, bit) = place(print);
            self.left[count] = (print, number);
            count += usize::from(self.met[word][1] & bit != 0);
        }
        self.left.truncate(count);
    }

    /// Puts what is left into groups.
    fn group(&mut self) {
        let groups = (self.left.len() / GROUP).next_power_of_two();
        // Bits that the sifting did not look at: of those that were alone and seemed not to be, two have the same there.
        let group_of = |print: u64| (print >> 40) as usize & (groups - 1);
        self.ends.clear();
        self.ends.resize(groups, 0);
        for &(print, _) in &self.left {
            self.ends[group_of(print)] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            let count = *end;
            *end = start;
            start += count;
        }
        self.prints.resize(self.left.len(), (0, 0));
        for &one in &self.left {
            let end = &mut self.ends[group_of(one.0)];
            self.prints[*end as usize] = one;
            *end += 1;
        }
    }
}

/// Of a group of fingerprints with the numbers of their entries, those that are there more than once, in their order.
fn several(group: &[(u64, u32)], some: &mut Vec<Several>) {
    some.resize(group.len(), Several::default());
    let mut count = 0;
    for &(print, number) in group {
        let people: u32 = group.iter().map(|other| u32::from(other.0 == print)).sum();
        some[count] = Several {
            print,
            number,
            people,
        };
        count += usize::from(people > 1);
    }
    some.truncate(count);
}

/// The same of a large group, value after value.
fn several_of_many(group: &mut [(u64, u32)], some: &mut Vec<Several>) {
    group.sort_unstable();
    some.clear();
    for own in group.chunk_by(|a, b| a.0 == b.0) {
        if own.len() > 1 {
            some.extend(own.iter().map(|&(print, number)| Several {
                print,
                number,
                people: own.len() as u32,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::PILES;
    use kinfold_schema::Token;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// A token of pile 5 with this number behind.
    fn token(n: u64) -> Token {
        let mut token = [9; 16];
        token[..8].copy_from_slice(&(n << 8 | 5).to_le_bytes());
        token
    }

    proptest! {
        #[test]
        fn exactly_what_more_have_than_the_cap_allows_is_shared(
            values in proptest::collection::vec((0u64..40, 1usize..6, any::<bool>()), 0..200),
        ) {
            // Half of them so near to each other that they want one place of the table.
            let value_token = |n: u64| token((n % 2 * 0x9e37_79b9 + n / 2) << 20);
            // A key for each entry.
            let rules: Vec<Rule> = values.iter().map(|&(_, cap, identifier)| Rule { cap, identifier }).collect();
            let entries: Vec<[u8; ENTRY]> = values
                .iter()
                .enumerate()
                .map(|(n, &(value, ..))| {
                    let entry = Entry::first((n % PILES) as u16, n as u32, n as u8, n % 4096);
                    let (pile, bytes) = entry.with(&value_token(value), 0);
                    assert_eq!(pile, 5);
                    bytes
                })
                .collect();
            let mut counts: HashMap<u64, usize> = HashMap::new();
            for &(value, ..) in &values {
                *counts.entry(value).or_default() += 1;
            }
            let expected: Vec<(u32, usize, usize, bool)> = (0..)
                .zip(&values)
                .filter(|(_, (value, cap, _))| counts[value] > *cap)
                .map(|(n, (_, _, identifier))| (n, n as usize % PILES, n as usize % 4096, *identifier))
                .collect();
            let mut room = Room {
                met: vec![[7; 2]; 3],
                left: vec![(1, 1)],
                ends: vec![3; 7],
                prints: vec![(9, 9); 3],
                some: vec![Several { print: 1, number: 2, people: 3 }],
                held_back: vec![7; 9],
            };
            let found = shared_values(5, &entries, &rules, &mut room);
            let whose = |entry: Entry| (entry.number(), entry.pile(), entry.place(), rules[entry.number() as usize].identifier);
            let shared: Vec<_> = entries
                .iter()
                .enumerate()
                .filter(|(n, _)| room.held_back[n / 64] >> (n % 64) & 1 == 1)
                .map(|(_, bytes)| whose(Entry::read(bytes)))
                .collect();
            prop_assert_eq!(&shared, &expected);
            let mut kept = Vec::new();
            room.each_kept(&entries, |bytes| kept.push(whose(Entry::read(bytes))));
            let others: Vec<_> = entries
                .iter()
                .map(|bytes| whose(Entry::read(bytes)))
                .filter(|entry| !expected.contains(entry))
                .collect();
            prop_assert_eq!(kept, others);
            let mut hidden = found.hidden;
            hidden.sort_unstable_by_key(|record| record.1);
            let identifiers: Vec<_> = expected.iter().filter(|entry| entry.3).map(|entry| (entry.1, entry.0)).collect();
            prop_assert_eq!(hidden, identifiers);
            let held_back: Vec<u64> = found.held_back.iter().map(|ranks| ranks[0]).collect();
            let by_key: Vec<u64> = (0..rules.len() as u32)
                .map(|n| u64::from(expected.iter().any(|entry| entry.0 == n)))
                .collect();
            prop_assert_eq!(held_back, by_key);
        }

        #[test]
        fn who_shares_a_value_with_one_other_and_how_many_have_each_is_counted(
            values in proptest::collection::vec((0u64..60, 0u32..400), 0..300),
        ) {
            // A value's key is the value's own; two caps.
            let key = |value: u64| value as u8 % 3;
            let cap = |key: u8| if key == 2 { 3 } else { 1 };
            let rules = [0, 1, 2].map(|key| Rule { cap: cap(key), identifier: false });
            let entries: Vec<[u8; ENTRY]> = values
                .iter()
                .map(|&(value, number)| Entry::first(4, number, key(value), 0).with(&token(value << 20), 0).1)
                .collect();
            let mut people: HashMap<u64, Vec<u32>> = HashMap::new();
            for &(value, number) in &values {
                people.entry(value).or_default().push(number);
            }
            let mut sizes = vec![Sizes::default(); 3];
            let mut pairs = Vec::new();
            for (&value, people) in &people {
                if people.len() > cap(key(value)) && (2..=8).contains(&people.len()) {
                    sizes[usize::from(key(value))][people.len() - 2] += 1;
                    if let [a, b] = people[..] {
                        pairs.push((a, b, key(value)));
                    }
                }
            }
            let found = shared_values(5, &entries, &rules, &mut Room::default());
            prop_assert_eq!(found.sizes, sizes);
            let mut met: Vec<_> = found.pairs.iter().map(|[a, b]| (a.number(), b.number(), a.key())).collect();
            met.sort_unstable();
            pairs.sort_unstable();
            prop_assert_eq!(met, pairs);
        }
    }
}
