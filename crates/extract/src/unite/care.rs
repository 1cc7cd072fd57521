//! How sure it must be that two rows are one person, and what says that they are two whatever the evidence says.

use super::units::Units;
use crate::rows::Rows;

/// How carefully rows are brought together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Care {
    /// By own ids, verified identifiers and exact identities alone.
    Rules,
    /// Evidence with this probability, own ids respected.
    Release(f64),
    /// Evidence.
    Bench(f64),
}

impl Care {
    pub(super) fn log_odds(self) -> f64 {
        match self {
            Self::Rules => f64::INFINITY,
            Self::Release(p) | Self::Bench(p) => libm::log(p / (1.0 - p)),
        }
    }

    pub(super) fn is_for_release(self) -> bool {
        matches!(self, Self::Release(_))
    }
}

/// A unit of a source whose own ids say nothing about people.
const NO_SOURCE: u16 = u16::MAX;

/// What keeps units apart beside what they say.
pub(super) struct Apart {
    /// The source of each unit, where an own id is a person.
    sources: Vec<u16>,
}

impl Apart {
    pub(super) fn of(rows: &Rows, units: &Units, care: Care) -> Self {
        let sources = if care.is_for_release() {
            let numbers = 0..units.len();
            numbers
                .map(|unit| {
                    let source = rows.source(units.rows(unit)[0] as usize);
                    if rows.own_ids_are_people(source) {
                        source as u16
                    } else {
                        NO_SOURCE
                    }
                })
                .collect()
        } else {
            Vec::new()
        };
        Self { sources }
    }

    /// Whether one source gives units of the two groups own ids of their own, where an own id is a person.
    pub(super) fn own_ids_differ(&self, lefts: &[u32], rights: &[u32]) -> bool {
        let source = |unit: &u32| self.sources.get(*unit as usize).copied().unwrap_or(NO_SOURCE);
        lefts.iter().any(|left| {
            let left = source(left);
            left != NO_SOURCE && rights.iter().any(|right| source(right) == left)
        })
    }

    /// Whether two groups must stay two.
    pub(super) fn never(&self, lefts: &[u32], rights: &[u32]) -> bool {
        self.own_ids_differ(lefts, rights)
    }
}
