//! How many units have a value: two people of one rare name are one person sooner than two of a common one.
//!
//! Values are counted by hash in tables of a fixed size (a count-min sketch: Cormode and Muthukrishnan, Journal of Algorithms 55, 2005).
//! A count is never too low, so a collision only makes a value look more common than it is, which never unites strangers. The hash has no
//! key, so that the same rows give the same counts; the tables live in memory alone, and no value can be read from them.

use super::pattern::BUCKETS;
use crate::unite::values::mix;

/// Kinds of values that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    First,
    Family,
    Birth,
    Home,
    Area,
    Town,
    Telephone,
    Email,
    BirthPlace,
}

const KINDS: usize = 9;
/// Cells of a table at most: nine kinds, two tables each, four bytes a cell are 18 MiB.
const CELLS_MAX: usize = 1 << 18;

/// Counts of which the rarity is worked out beforehand.
const COUNTS_READY: u32 = 1 << 12;
/// The rarest that a value can be said to be.
pub(super) const RAREST: u64 = BUCKETS - 1;

/// Counts of values.
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Frequencies {
    /// Two tables for each kind, one after another.
    cells: Vec<u32>,
    cells_each: usize,
    units: usize,
    /// The rarity of each small count.
    rarities: Vec<u8>,
}

impl Frequencies {
    /// No counts yet, of so many units.
    pub(super) fn new(units: usize) -> Self {
        let cells_each = (units * 2).next_power_of_two().clamp(1 << 10, CELLS_MAX);
        let mut new = Self {
            cells: vec![0; cells_each * KINDS * 2],
            cells_each,
            units,
            rarities: Vec::new(),
        };
        new.rarities = (0..COUNTS_READY)
            .map(|others| new.rarity_of(others) as u8)
            .collect();
        new
    }

    /// Counts a value of a unit.
    pub(super) fn add(&mut self, kind: Kind, value: u64) {
        for at in self.places(kind, value) {
            self.cells[at] = self.cells[at].saturating_add(1);
        }
    }

    /// How rare a value is that two units are known to have: the negative logarithm to base two of the share of others who have it, rounded.
    pub(super) fn rarity(&self, kind: Kind, value: u64) -> u64 {
        let others = self.others(kind, value);
        match self.rarities.get(others as usize) {
            Some(known) => u64::from(*known),
            None => self.rarity_of(others),
        }
    }

    /// The count without one of the two. Never nothing: a value that nobody else has was seen once.
    fn others(&self, kind: Kind, value: u64) -> u32 {
        let count = self.places(kind, value).map(|at| self.cells[at]);
        count[0].min(count[1]).saturating_sub(1).max(1)
    }

    /// The share of others who have a value, which its rarity is made of.
    #[cfg(test)]
    pub(super) fn share(&self, kind: Kind, value: u64) -> f64 {
        f64::from(self.others(kind, value)) / self.units.max(2) as f64
    }

    fn rarity_of(&self, others: u32) -> u64 {
        let share = f64::from(others) / self.units.max(2) as f64;
        let rarity = -libm::log2(share.clamp(1e-12, 1.0));
        (libm::round(rarity) as u64).min(RAREST)
    }

    fn places(&self, kind: Kind, value: u64) -> [usize; 2] {
        [0_usize, 1].map(|table| {
            let mixed = mix(value ^ (table as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let cell = mixed as usize & (self.cells_each - 1);
            (kind as usize * 2 + table) * self.cells_each + cell
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_count_is_never_too_low(values in proptest::collection::vec(0_u64..5000, 1..3000)) {
            let mut counted = Frequencies::new(10);
            let mut exact: BTreeMap<u64, u32> = BTreeMap::new();
            for value in &values {
                counted.add(Kind::Town, *value);
                *exact.entry(*value).or_default() += 1;
            }
            for (value, count) in exact {
                prop_assert!(counted.others(Kind::Town, value) >= (count - 1).max(1));
                prop_assert_eq!(counted.others(Kind::Email, value), 1, "kinds have tables of their own");
                prop_assert!(counted.rarity(Kind::Town, value) <= counted.rarity(Kind::Email, value));
            }
        }
    }
}
