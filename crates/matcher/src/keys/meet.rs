//! The tokens of one partition that meet.

use super::Crowd;
use super::files::{KeyFile, Place};
use super::hits::{Hits, hit};
use super::partition::{Layout, Scatter};

/// Words that share a hash and are taken for one token without a look, since every pair is compared in full before it is delivered.
/// More than this many are compared at once: they may be different tokens made to share a hash, and all their pairs would be many.
const PLAIN: usize = 32;

/// What is the same for all partitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub files: &'a [KeyFile<'a>],
    pub layout: Layout,
    pub within: bool,
    pub crowd: Crowd,
}

/// The tokens held by too many records.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowds {
    pub tokens: u64,
    /// The first of them by type and token: type, token, holders, file.
    pub first: Option<(u8, [u8; 16], u32, u16)>,
}

impl Crowds {
    fn add(&mut self, token: (u8, [u8; 16], u32, u16)) {
        self.tokens += 1;
        if self.first.is_none_or(|first| token < first) {
            self.first = Some(token);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.first = match (self.first, other.first) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
    }
}

/// Work space for one partition after another.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    words: Vec<u64>,
    /// For each value of a word's leading bits, which file has such a word; or that several do.
    seen: Vec<u8>,
    pub crowds: Crowds,
}

/// More than one file, or a file with too high a number to be told apart.
const SEVERAL: u8 = u8::MAX;

impl Meeting {
    /// Finds what meets in a partition.
    pub(super) fn partition(
        &mut self,
        scatters: &[Scatter],
        partition: usize,
        rules: Rules,
        hits: &mut Hits,
    ) {
        self.gather(scatters, partition, rules);
        self.words.sort_unstable();
        let places = rules.layout.places;
        let token = |word: u64| word & places.token_mask();
        let limit = rules.crowd.limit();
        let mut words = std::mem::take(&mut self.words);
        for group in words.chunk_by_mut(|one, next| token(*one) == token(*next)) {
            let (first, last) = (group[0], group[group.len() - 1]);
            let alone = if rules.within {
                group.len() == 1
            } else {
                places.file(first) == places.file(last)
            };
            if alone {
                continue;
            }
            let few = || most_holders(group, rules).is_none_or(|most| most.0 <= limit);
            if group.len() <= PLAIN && (group.len() <= limit as usize || few()) {
                pairs(group, rules, hits);
            } else {
                self.crowd(group, rules, hits);
            }
        }
        self.words = words;
    }

    /// Collects the words of a partition whose leading bits are those of another file's word too. Most tokens meet nothing, and a
    /// byte each in a table that fits the second-level cache is enough to drop nearly all of those before anything is sorted.
    fn gather(&mut self, scatters: &[Scatter], partition: usize, rules: Rules) {
        let places = rules.layout.places;
        let count: usize = scatters.iter().map(|scatter| scatter.len(partition)).sum();
        self.words.clear();
        self.words.reserve(count);
        // Four places a word and more; only bits of the token may decide.
        let bits = (count.max(1).ilog2() + 3)
            .min(24)
            .min(u64::BITS - places.bits);
        let shift = u64::BITS - bits;
        self.seen.clear();
        self.seen.resize(1 << bits, 0);
        // Two loops: the first has only copies in it, so that many cache lines are on their way from memory at once.
        for scatter in scatters {
            scatter.read(partition, |piece| self.words.extend_from_slice(piece));
        }
        for &word in &self.words {
            let file = places.file(word).min(u64::from(SEVERAL) - 1) as u8;
            let tag = if rules.within { 1 } else { file + 1 };
            let again = if rules.within { SEVERAL } else { tag };
            let seen = &mut self.seen[(word >> shift) as usize];
            // Without branches: which it is cannot be foretold.
            let first = if *seen == 0 { tag } else { SEVERAL };
            *seen = if *seen == tag { again } else { first };
        }
        let seen = &self.seen;
        let mut kept = 0;
        for index in 0..self.words.len() {
            let word = self.words[index];
            self.words[kept] = word;
            kept += usize::from(seen[(word >> shift) as usize] == SEVERAL);
        }
        self.words.truncate(kept);
    }

    /// Many words that share a hash: the tokens are looked at.
    #[cold]
    fn crowd(&mut self, group: &mut [u64], rules: Rules, hits: &mut Hits) {
        let held = |word: &u64| {
            let place = rules.layout.places.unpack(*word);
            let file = &rules.files[usize::from(place.file)];
            let slot = usize::from(place.slot);
            let key_type = file.slot_types()[slot];
            (file.group(), key_type, file.row(place.row)[slot])
        };
        let first = held(&group[0]);
        // Mostly it is one token, and its words are in order already.
        if group.iter().any(|word| held(word) != first) {
            group.sort_unstable_by_key(|word| (held(word), *word));
        }
        for same in group.chunk_by(|one, next| held(one) == held(next)) {
            let place = |index: usize| rules.layout.places.unpack(same[index]);
            let (from, to) = (place(0), place(same.len() - 1));
            let alone = if rules.within {
                (from.file, from.row) == (to.file, to.row)
            } else {
                from.file == to.file
            };
            if alone {
                continue;
            }
            if let Some((holders, file)) = most_holders(same, rules)
                && holders > rules.crowd.limit()
            {
                let (_, key_type, token) = held(&same[0]);
                self.crowds.add((key_type, token, holders, file));
            } else {
                pairs(same, rules, hits);
            }
        }
    }
}

/// In which file the most records hold the token of these words, which are in order of their places.
fn most_holders(same: &[u64], rules: Rules) -> Option<(u32, u16)> {
    let places = rules.layout.places;
    let record = |word: &u64| {
        let Place { file, row, .. } = places.unpack(*word);
        (file, row)
    };
    same.chunk_by(|one, next| places.file(*one) == places.file(*next))
        .map(|of_file| {
            let holders = of_file
                .chunk_by(|one, next| record(one) == record(next))
                .count();
            (holders as u32, record(&of_file[0]).0)
        })
        // The first of those with as many.
        .reduce(|most, next| if next.0 > most.0 { next } else { most })
}

/// All pairs of these words, which are in order of their places.
fn pairs(same: &[u64], rules: Rules, hits: &mut Hits) {
    let places = rules.layout.places;
    let mut next_file = 0;
    for (index, &word) in same.iter().enumerate() {
        let left = places.unpack(word);
        if next_file <= index {
            let length = same[index..]
                .iter()
                .take_while(|other| places.file(**other) == u64::from(left.file))
                .count();
            next_file = index + length;
        }
        let from = if rules.within { index + 1 } else { next_file };
        for &other in &same[from..] {
            let right = places.unpack(other);
            if (left.file, left.row) != (right.file, right.row) {
                hits.push(hit(left, right));
            }
        }
    }
}
