//! What the list says of everybody, in few bytes a person: tokens of filters, homes, names, and no match keys.
//!
//! The samples that are attacked closely are drawn when the codes are known, and together they are nearly everybody: some thirty of up to
//! 20,000 people each. So what they need of a person is kept of all, as briefly as it can be: with `standard` some 60 bytes of tokens and 120 of the
//! rest. Values of match keys, the ten times larger part, are needed of 33,000 people at most; these are listed once more when they are drawn
//! ([`crate::Subject`]).

use std::collections::HashMap;

use kinfold_encoding::{Listed, ListedToken};

use crate::file::{File, Stay};

/// Lists of several things a person, one after another.
#[derive(Clone, Debug)]
struct Lists<T> {
    things: Vec<T>,
    lengths: Vec<u32>,
    /// Where every [`STRIDE`]th list begins.
    starts: Vec<usize>,
}

/// Lengths that are added up to find a list.
const STRIDE: usize = 32;

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            lengths: Vec::new(),
            starts: Vec::new(),
        }
    }
}

impl<T> Lists<T> {
    fn push(&mut self, own: impl IntoIterator<Item = T>) {
        let start = self.things.len();
        if self.lengths.len().is_multiple_of(STRIDE) {
            self.starts.push(start);
        }
        self.things.extend(own);
        self.lengths.push((self.things.len() - start) as u32);
    }

    fn get(&self, person: usize) -> &[T] {
        let before = &self.lengths[person / STRIDE * STRIDE..person];
        let skipped: usize = before.iter().map(|length| *length as usize).sum();
        let start = self.starts[person / STRIDE] + skipped;
        &self.things[start..start + self.lengths[person] as usize]
    }
}

/// The tokens of one filter.
#[derive(Clone, Debug, Default)]
struct Tokens {
    /// The number of each token with its positions, in the order in which they were met: frequent ones have small numbers.
    numbers: HashMap<ListedToken, u32>,
    by_number: Vec<ListedToken>,
    /// Nothing for somebody whose filter is random bits; otherwise a 0 and the numbers, seven bits a byte, the last byte of each below 128.
    lists: Lists<u8>,
}

impl Tokens {
    fn push(&mut self, own: Option<&Vec<ListedToken>>) {
        let mut bytes = Vec::new();
        if let Some(own) = own {
            bytes.push(0);
            for token in own {
                let next = self.by_number.len() as u32;
                let mut number = *self.numbers.entry(*token).or_insert_with(|| {
                    self.by_number.push(*token);
                    next
                });
                while number >= 128 {
                    bytes.push((number & 127) as u8 | 128);
                    number >>= 7;
                }
                bytes.push(number as u8);
            }
        }
        self.lists.push(bytes);
    }

    /// Whether the filter of a person is not random bits.
    fn has(&self, person: usize) -> bool {
        self.lists.lengths[person] > 0
    }

    fn get(&self, person: usize, into: &mut Vec<ListedToken>) {
        into.clear();
        let (mut number, mut shift) = (0u32, 0);
        for byte in self.lists.get(person).iter().skip(1) {
            number |= u32::from(byte & 127) << shift;
            shift += 7;
            if *byte < 128 {
                into.push(self.by_number[number as usize]);
                (number, shift) = (0, 0);
            }
        }
    }
}

/// A list of people, each in the place in which it was added.
#[derive(Clone, Debug, Default)]
pub struct List {
    filters: Vec<Tokens>,
    stays: Lists<Stay>,
    names: Lists<u64>,
    presence: Vec<u32>,
    place: Vec<u64>,
}

impl List {
    /// A list of nobody, under a schema of so many filters.
    #[must_use]
    pub fn new(filters: usize) -> Self {
        Self {
            filters: vec![Tokens::default(); filters],
            ..Self::default()
        }
    }

    /// Adds a person. Values of match keys are left out.
    pub fn add(&mut self, person: &Listed) {
        for (filter, own) in self.filters.iter_mut().zip(&person.filters) {
            filter.push(own.as_ref());
        }
        self.stays.push(person.homes.iter().map(Stay::of));
        self.names.push(person.names.iter().copied());
        self.presence.push(person.presence);
        self.place.push(person.place);
    }

    /// The list of a file that is held in memory.
    pub(crate) fn of(file: &File) -> Self {
        let mut list = Self::new(file.views.len());
        for row in 0..file.records {
            for (filter, view) in list.filters.iter_mut().zip(&file.views) {
                let withheld = || view.withheld.get(row).and_then(Option::as_ref);
                filter.push(view.tokens[row].as_ref().or_else(withheld));
            }
            let stays = file.stays_listed.get(row).into_iter().flatten();
            list.stays.push(stays.copied());
            let names = file.names.get(row).into_iter().flatten();
            list.names.push(names.copied());
        }
        list.presence.clone_from(&file.presence_listed);
        list.place.clone_from(&file.place);
        list
    }

    /// Number of people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.stays.lengths.len()
    }

    /// Whether a filter of a person is not random bits.
    pub(crate) fn has(&self, filter: usize, person: u32) -> bool {
        self.filters[filter].has(person as usize)
    }

    /// The tokens of a filter of a person, sorted; none where the filter is random bits.
    pub(crate) fn tokens(&self, filter: usize, person: u32, into: &mut Vec<ListedToken>) {
        self.filters[filter].get(person as usize, into);
    }

    /// The homes of a person.
    pub(crate) fn stays(&self, person: u32) -> &[Stay] {
        self.stays.get(person as usize)
    }

    /// The names of a person.
    pub(crate) fn names(&self, person: u32) -> &[u64] {
        self.names.get(person as usize)
    }

    /// The presence pattern of a person; `None` when there are no patterns.
    pub(crate) fn presence(&self, person: u32) -> Option<u32> {
        self.presence.get(person as usize).copied()
    }

    /// The neighbourhood of a person; `None` when there are none.
    pub(crate) fn place(&self, person: u32) -> Option<u64> {
        self.place.get(person as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_come_back_as_they_went_in(
            people in proptest::collection::vec(
                proptest::option::of(proptest::collection::vec((0u32..40_000, 0u16..60), 0..40)),
                0..100,
            ),
        ) {
            let mut tokens = Tokens::default();
            for own in &people {
                tokens.push(own.as_ref());
            }
            let mut back = Vec::new();
            for (person, own) in people.iter().enumerate() {
                prop_assert_eq!(tokens.has(person), own.is_some());
                tokens.get(person, &mut back);
                prop_assert_eq!(&back, &own.clone().unwrap_or_default());
            }
        }
    }
}
