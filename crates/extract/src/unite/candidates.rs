//! Which pairs of records are worth a comparison: those that share an identifier, a name with the birth date, or a first name with
//! the home.

use super::brief::{Brief, List};
use super::values::{NONE, Values, mix};
use crate::error::Error;
use crate::piles::Piles;
use crate::rows::Rows;
use crate::steps::Way;
use rayon::prelude::*;

/// Candidates are looked for among rows that share something; a group larger than this shares something meaningless.
pub(super) const LARGEST_GROUP: usize = 400;
/// Piles of shared things, and of pairs.
const PILES: usize = 256;
/// People of whom the shared things are worked out at once.
const AT_ONCE: usize = 8192;

/// Two units, the lower first.
pub(super) type Pair = [u32; 2];

/// Units by the things they share.
pub(super) struct Shelves(Piles<12>);

impl Shelves {
    /// Puts people, so many of them, on the shelves of their things.
    pub(super) fn fill<'a>(
        rows: &Rows,
        people: usize,
        person: impl Fn(u32) -> &'a Brief + Sync,
        things: impl Fn(&Brief) -> Vec<u64> + Sync,
    ) -> Result<Self, Error> {
        // Shared things are kept as hashes: two that collide cost a needless comparison and nothing else.
        let mut shelves: Piles<12> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
        let numbers: Vec<u32> = (0..people as u32).collect();
        for part in numbers.chunks(AT_ONCE) {
            let shared: Vec<Vec<u64>> = part
                .par_iter()
                .map(|number| things(person(*number)))
                .collect();
            for (number, hashes) in part.iter().zip(shared) {
                for hash in hashes {
                    let mut entry = [0; 12];
                    // Big end first: entries in order are hashes in order.
                    entry[..8].copy_from_slice(&hash.to_be_bytes());
                    entry[8..].copy_from_slice(&number.to_be_bytes());
                    shelves.add((hash >> 56) as usize, entry)?;
                }
            }
        }
        Ok(Self(shelves))
    }

    /// Hands on the pairs that share something, each once, sorted, some thousands at a time. `largest` says of a thing's hash how many
    /// may share it before it says nothing; `way` is told how far it is.
    pub(super) fn pairs(
        mut self,
        rows: &Rows,
        people: usize,
        largest: impl Fn(u64) -> usize,
        way: &Way<'_>,
        mut take: impl FnMut(&[Pair]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut pairs: Piles<8> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
        let people_of_a_pile = people.div_ceil(PILES).max(1);
        for pile in 0..PILES {
            let pile = self.0.take(pile)?;
            for shelf in pile.chunk_by(|one, other| one[..8] == other[..8]) {
                let hash = u64::from_be_bytes(shelf[0][..8].try_into().expect("eight bytes"));
                if shelf.len() > largest(hash) {
                    continue;
                }
                let number =
                    |entry: &[u8; 12]| -> [u8; 4] { entry[8..].try_into().expect("four bytes") };
                for (at, left) in shelf.iter().enumerate() {
                    let left = number(left);
                    let place = u32::from_be_bytes(left) as usize / people_of_a_pile;
                    for right in &shelf[at + 1..] {
                        let mut pair = [0; 8];
                        pair[..4].copy_from_slice(&left);
                        pair[4..].copy_from_slice(&number(right));
                        pairs.add(place, pair)?;
                    }
                }
            }
        }
        for number in 0..PILES {
            let pile: Vec<Pair> = pairs.take(number)?.into_iter().map(pair_of).collect();
            take(&pile)?;
            way.at(number + 1, PILES, people);
        }
        Ok(())
    }
}

fn pair_of(entry: [u8; 8]) -> Pair {
    let number = |at: usize| u32::from_be_bytes(entry[at..at + 4].try_into().expect("four bytes"));
    [number(0), number(4)]
}

/// One number for a thing of a kind that is made of values. The numbers of values say nothing to whoever does not hold the values.
pub(super) fn thing(kind: u8, values: [u32; 3]) -> u64 {
    let start = mix(u64::from(kind) + 1);
    values
        .iter()
        .fold(start, |all, value| mix(all ^ u64::from(*value)))
}

/// The things of which two people who may be one share some.
pub(super) fn shared_things(values: &Values, person: &Brief) -> Vec<u64> {
    let mut things = Vec::new();
    let mut put = |kind: u8, one: u32, other: u32| things.push(thing(kind, [one, other, 0]));
    let upn = if person.upn_is_permanent {
        person.upn
    } else {
        NONE
    };
    for (kind, number) in [(0, person.nhs), (1, person.nino), (2, upn)] {
        if number != NONE {
            put(kind, number, 0);
        }
    }
    let firsts = || {
        let firsts = person.list(List::First).iter();
        firsts.flat_map(|name| values.forms(*name))
    };
    for birth in person.list(List::Birth) {
        if !values.birth(*birth).date.is_full() {
            continue;
        }
        // One shelf for both kinds of name, so that swapped ones meet.
        for family in person.list(List::Family) {
            let family = values.family(*family);
            put(3, *birth, family.whole);
            for part in values.parts(family) {
                put(3, *birth, *part);
            }
        }
        for name in firsts() {
            put(3, *birth, name);
        }
    }
    for home in person.list(List::Home) {
        let home = values.home(*home);
        for first in firsts() {
            if home.uprn != NONE {
                put(4, home.uprn, first);
            }
            if home.canonical != NONE {
                put(5, home.canonical, first);
            }
        }
    }
    things
}
