//! Months in which somebody lived somewhere.

use kinfold_schema::{HouseholdKey, NO_MONTH, Schema};

/// Months that the spells of a person who moves may overlap: registers learn of a move late.
const MOVE_MONTHS_MAX: u16 = 4;

/// How finely months are released, and how long months have to be shared for that.
///
/// A first month is the first of its step and a last month the last of its step, so two spells seem to share up to a step less a month at either
/// end more than they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grain {
    step: u16,
}

impl Grain {
    /// As a schema says. Without months every spell is open at both ends, and there is nothing to allow for.
    pub(super) fn of(schema: &Schema) -> Self {
        Self {
            step: schema
                .household
                .as_ref()
                .map_or(1, kinfold_schema::HouseholdSchema::step)
                .max(1),
        }
    }

    /// Months that two spells must share to count as living together, unless one lies within the other: a change of tenants lies in one month
    /// or step, which both have.
    fn shared_min(self) -> u16 {
        self.step + 1
    }

    /// Months that the spells of a person who moves may overlap: a step more for the old home's end, and one for the new one's beginning.
    pub(super) fn move_max(self) -> u16 {
        MOVE_MONTHS_MAX + 2 * (self.step - 1)
    }

    /// Months between the starts of two spells of one person that are one arrival, written down twice. A step is more than that by itself.
    pub(super) fn same_arrival_max(self) -> u16 {
        u16::from(self.step == 1)
    }
}

/// A spell of a person in a home or household, in months; both ends included, [`NO_MONTH`] as the end when it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spell {
    pub from: u16,
    pub to: u16,
}

impl Spell {
    /// A key's spell. An unknown start is taken as the end (one month or step of evidence); a key without any month is open at both ends.
    pub(super) fn of(key: &HouseholdKey, grain: Grain) -> Self {
        match (key.from, key.to) {
            (NO_MONTH, NO_MONTH) => Self {
                from: 0,
                to: NO_MONTH,
            },
            (NO_MONTH, to) => Self {
                from: to.saturating_sub(grain.step - 1),
                to,
            },
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

    /// The first month, if it is known.
    pub(super) fn begun(self) -> Option<u16> {
        (self.from != 0 && self.from != NO_MONTH).then_some(self.from)
    }

    /// The part up to the month of death; a home that the evidence names only later ends in its first month.
    pub(super) fn until(self, died: Option<u16>) -> Self {
        match died {
            Some(month) if self.from == NO_MONTH => Self { to: month, ..self },
            Some(month) => Self {
                to: self.to.min(month.max(self.from)),
                ..self
            },
            None => self,
        }
    }

    fn within(self, other: Self) -> bool {
        other.from <= self.from && self.to <= other.to
    }

    /// Whether two people with these spells in one home lived together.
    pub(super) fn together(self, other: Self, grain: Grain) -> bool {
        self.shared(other) >= grain.shared_min() || self.within(other) || other.within(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A spell as it is released in steps.
    fn coarse(from: u16, to: u16, step: u16) -> Spell {
        Spell {
            from: from / step * step,
            to: to / step * step + step - 1,
        }
    }

    #[test]
    fn a_change_of_tenants_is_none_together_whatever_the_step() {
        for step in [1, 3, 6, 12] {
            let grain = Grain { step };
            // Out and in within one month.
            let (old, new) = (coarse(1_300, 1_350, step), coarse(1_350, 1_400, step));
            assert!(!old.together(new, grain), "{step}");
            assert!(coarse(1_300, 1_400, step).together(new, grain), "{step}");
        }
    }

    #[test]
    fn an_unknown_start_is_a_step_of_evidence() {
        let key = |from, to| HouseholdKey {
            token: [0; 16],
            kind: kinfold_schema::HOUSEHOLD_UPRN,
            from,
            to,
        };
        let of = |from, to, step| {
            let spell = Spell::of(&key(from, to), Grain { step });
            (spell.from, spell.to)
        };
        assert_eq!(of(NO_MONTH, 1_355, 1), (1_355, 1_355));
        assert_eq!(of(NO_MONTH, 1_355, 12), (1_344, 1_355));
        assert_eq!(of(NO_MONTH, NO_MONTH, 1), (0, NO_MONTH));
        assert_eq!(
            Spell::of(&key(NO_MONTH, NO_MONTH), Grain { step: 1 }).begun(),
            None
        );
    }

    proptest! {
        /// People who lived together for longer than two steps are still seen together, and a move is still a move.
        #[test]
        fn coarse_months_lose_no_long_time_together(
            (from, length) in (1_000u16..1_500, 0u16..100),
            (other, more) in (1_000u16..1_500, 0u16..100),
            step in prop::sample::select(vec![1u16, 3, 6, 12]),
        ) {
            let grain = Grain { step };
            let (a, b) = (Spell { from, to: from + length }, Spell { from: other, to: other + more });
            let (x, y) = (coarse(a.from, a.to, step), coarse(b.from, b.to, step));
            prop_assert!(a.shared(b) <= step || x.together(y, grain));
            prop_assert!(x.together(y, grain) == y.together(x, grain));
            prop_assert!(a.shared(b) > MOVE_MONTHS_MAX || x.shared(y) <= grain.move_max());
        }
    }
}
