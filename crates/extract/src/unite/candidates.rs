//! Which pairs of records are worth a comparison: those that share an identifier, a name with the birth date, or a first name with
//! the home.

use super::ROWS_AT_ONCE;
use crate::error::Error;
use crate::piles::Piles;
use crate::rows::Rows;
use kinfold_identity::{Person, canonical_nicknames};
use rayon::prelude::*;
use std::hash::{BuildHasher as _, RandomState};

/// Candidates are looked for among rows that share something; a group larger than this shares something meaningless.
pub(super) const LARGEST_GROUP: usize = 400;
/// Piles of hashes, and of pairs.
const PILES: usize = 256;

/// Two units, the lower first.
pub(super) type Pair = [u32; 2];

/// Units of rows, by number.
pub(super) trait Many {
    /// How many there are.
    fn len(&self) -> usize;
    /// How many rows one has.
    fn rows_in(&self, number: u32) -> usize;
    /// What some of them say, in the order in which they are asked for.
    fn load(&self, rows: &Rows, numbers: &[u32]) -> Result<Vec<Person>, Error>;
}

/// Units by the things they share.
pub(super) struct Shelves(Piles<12>);

impl Shelves {
    /// Puts every unit on the shelves of its things; `see` is shown all units on the way, part after part.
    pub(super) fn fill(
        rows: &Rows,
        units: &impl Many,
        things: impl Fn(&Person, &RandomState) -> Vec<u64> + Sync,
        mut see: impl FnMut(&[Person]),
    ) -> Result<Self, Error> {
        // Shared things are kept as hashes: two that collide cost a needless comparison and nothing else.
        let mut shelves: Piles<12> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
        let key = RandomState::new();
        let mut first = 0;
        while first < units.len() {
            let mut last = first;
            let mut wanted = 0;
            while last < units.len() && (last == first || wanted < ROWS_AT_ONCE) {
                wanted += units.rows_in(last as u32);
                last += 1;
            }
            let numbers: Vec<u32> = (first as u32..last as u32).collect();
            let people = units.load(rows, &numbers)?;
            see(&people);
            let shared: Vec<Vec<u64>> = people
                .into_par_iter()
                .map(|person| things(&person, &key))
                .collect();
            for (unit, hashes) in numbers.iter().zip(shared) {
                for hash in hashes {
                    let mut entry = [0; 12];
                    // Big end first: entries in order are hashes in order.
                    entry[..8].copy_from_slice(&hash.to_be_bytes());
                    entry[8..].copy_from_slice(&unit.to_be_bytes());
                    shelves.add((hash >> 56) as usize, entry)?;
                }
            }
            first = last;
        }
        Ok(Self(shelves))
    }

    /// Hands on the pairs that share something, each once, sorted, some thousands at a time. `largest` says of a thing's hash how many
    /// may share it before it says nothing.
    pub(super) fn pairs(
        mut self,
        rows: &Rows,
        units: usize,
        largest: impl Fn(u64) -> usize,
        mut take: impl FnMut(&[Pair]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut pairs: Piles<8> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
        let units_of_a_pile = units.div_ceil(PILES).max(1);
        for pile in 0..PILES {
            let pile = self.0.take(pile)?;
            for shelf in pile.chunk_by(|one, other| one[..8] == other[..8]) {
                let hash = u64::from_be_bytes(shelf[0][..8].try_into().expect("eight bytes"));
                if shelf.len() > largest(hash) {
                    continue;
                }
                let unit =
                    |entry: &[u8; 12]| -> [u8; 4] { entry[8..].try_into().expect("four bytes") };
                for (at, left) in shelf.iter().enumerate() {
                    let left = unit(left);
                    let place = u32::from_be_bytes(left) as usize / units_of_a_pile;
                    for right in &shelf[at + 1..] {
                        let mut pair = [0; 8];
                        pair[..4].copy_from_slice(&left);
                        pair[4..].copy_from_slice(&unit(right));
                        pairs.add(place, pair)?;
                    }
                }
            }
        }
        for pile in 0..PILES {
            let pile: Vec<Pair> = pairs.take(pile)?.into_iter().map(pair_of).collect();
            take(&pile)?;
        }
        Ok(())
    }
}

fn pair_of(entry: [u8; 8]) -> Pair {
    let number = |at: usize| u32::from_be_bytes(entry[at..at + 4].try_into().expect("four bytes"));
    [number(0), number(4)]
}

/// Hashes of the things of which two people who may be one share some.
pub(super) fn shared_things(person: &Person, key: &RandomState) -> Vec<u64> {
    let mut things = Vec::new();
    let mut put = |kind: u8, one: &str, other: &str| things.push(key.hash_one((kind, one, other)));
    if let Some(number) = &person.nhs {
        put(0, number.as_str(), "");
    }
    if let Some(number) = &person.nino {
        put(1, number.as_str(), "");
    }
    for number in person.upn.iter().filter(|upn| upn.is_permanent()) {
        put(2, number.as_str(), "");
    }
    let firsts = first_names(person);
    for birth in person.births.iter().filter(|birth| birth.is_full()) {
        let birth = birth.iso();
        // One shelf for both kinds of name, so that swapped ones meet.
        let families = person
            .family_names
            .iter()
            .flat_map(|name| name.parts.iter().chain([&name.whole]));
        for name in families.map(String::as_str).chain(firsts.iter().copied()) {
            put(3, &birth, name);
        }
    }
    for spell in &person.addresses {
        let address = spell
            .address
            .as_ref()
            .and_then(kinfold_identity::Address::canonical);
        for first in &firsts {
            if let Some(uprn) = &spell.uprn {
                put(4, uprn.as_str(), first);
            }
            if let Some(address) = &address {
                put(5, address, first);
            }
        }
    }
    things
}

/// The first names and the formal names they may stand for.
fn first_names(person: &Person) -> Vec<&str> {
    let forms = |name: &'_ String| canonical_nicknames(name).iter().copied();
    person
        .first_names
        .iter()
        .flat_map(|name| std::iter::once(name.as_str()).chain(forms(name)))
        .collect()
}
