//! How many units have a value: two people of one rare name are one person sooner than two of a common one.
//!
//! Values are counted by hash in tables of a fixed size (a count-min sketch: Cormode and Muthukrishnan, Journal of Algorithms 55, 2005).
//! A count is never too low, so a collision only makes a value look more common than it is, which never unites strangers. The hash has no
//! key, so that the same rows give the same counts; the tables live in memory alone, and no value can be read from them.

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

/// Counts of values.
pub(super) struct Frequencies {
    /// Two tables for each kind, one after another.
    cells: Vec<u32>,
    cells_each: usize,
    units: usize,
}

impl Frequencies {
    /// No counts yet, of so many units.
    pub(super) fn new(units: usize) -> Self {
        let cells_each = (units * 2).next_power_of_two().clamp(1 << 10, CELLS_MAX);
        Self {
            cells: vec![0; cells_each * KINDS * 2],
            cells_each,
            units,
        }
    }

    /// Counts a value of a unit.
    pub(super) fn add(&mut self, kind: Kind, value: u64) {
        for at in self.places(kind, value) {
            self.cells[at] = self.cells[at].saturating_add(1);
        }
    }

    /// How likely another unit is to have this value, which two units are known to have: the count without one of the two, over all
    /// units. Never nothing: a value that nobody else has was seen once.
    pub(super) fn share(&self, kind: Kind, value: u64) -> f64 {
        let places = self.places(kind, value);
        let count = places.map(|at| self.cells[at]);
        let others = count[0].min(count[1]).saturating_sub(1).max(1);
        f64::from(others) / self.units.max(2) as f64
    }

    fn places(&self, kind: Kind, value: u64) -> [usize; 2] {
        [0_usize, 1].map(|table| {
            let mixed = mix(value ^ (table as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let cell = mixed as usize & (self.cells_each - 1);
            (kind as usize * 2 + table) * self.cells_each + cell
        })
    }
}

/// A text's hash: FNV-1a (Fowler, Noll, Vo), finished by the mixer of `SplitMix64` (Steele, Lea, Flood 2014). The same on every machine.
pub(super) fn hash(text: &str) -> u64 {
    let bytes = text.bytes();
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
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
                prop_assert!(counted.share(Kind::Town, value) * 10.0 >= f64::from((count - 1).max(1)) - 1e-9);
                prop_assert!(counted.share(Kind::Email, value) * 10.0 < 1.5, "kinds have tables of their own");
            }
        }
    }
}
