//! Months in which somebody lived somewhere.

use kinfold_schema::{HouseholdKey, NO_MONTH};

/// Months that two spells must share to count as living together, unless one lies within the other: a month shared at a change of
/// tenants is none.
const SHARED_MONTHS_MIN: u16 = 2;

/// A spell of a person in a home or household, in months; both ends included, [`NO_MONTH`] as the end when it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spell {
    pub from: u16,
    pub to: u16,
}

impl Spell {
    /// A key's spell. An unknown start is taken as the end (one month of evidence); a key without any month is open at both ends.
    pub(super) fn of(key: &HouseholdKey) -> Self {
        match (key.from, key.to) {
            (NO_MONTH, NO_MONTH) => Self {
                from: 0,
                to: NO_MONTH,
            },
            (NO_MONTH, to) => Self { from: to, to },
            (from, to) if from <= to => Self { from, to },
            // The two are exchanged in the source: a span all the same.
            (from, to) => Self { from: to, to: from },
        }
    }

    /// From the earlier start to the later end.
    pub(super) fn cover(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }

    /// Months that both spells have.
    pub(super) fn shared(self, other: Self) -> u16 {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        if to < from {
            0
        } else {
            (to - from).saturating_add(1)
        }
    }

    fn within(self, other: Self) -> bool {
        other.from <= self.from && self.to <= other.to
    }

    /// Whether two people with these spells in one home lived together.
    pub(super) fn together(self, other: Self) -> bool {
        self.shared(other) >= SHARED_MONTHS_MIN || self.within(other) || other.within(self)
    }
}
