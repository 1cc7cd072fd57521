//! Death before an event: somebody who died is nobody to whom something happened later.
//!
//! A register that has not heard of a death, or a namesake in the family, would otherwise bring a dead parent back into a household. The
//! dates come from event packages; a record of which nothing is known forbids nothing.

use kinfold_schema::NO_MONTH;

use crate::candidates::SetPair;
use crate::{Life, PersonCluster, RecordId, RecordSet, Veto};

/// Days that an event must begin after a death. Dates may leave as the first of their month, so a month is no contradiction; nor is what a
/// service wrote down some weeks late.
const LATER_DAYS: i32 = 31;

/// When the people of all records lived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lives {
    /// For each set and row the day of death and of the latest event; empty when nothing is known of anybody's death.
    of: Vec<Vec<(Option<i32>, Option<i32>)>>,
}

impl Lives {
    /// From what is given. A death that the record's own events contradict is not believed; rows that are not there are passed over.
    pub(crate) fn new(sets: &[RecordSet], given: &[Life]) -> Self {
        if given.iter().all(|life| life.died.is_none()) {
            return Self::default();
        }
        let mut of: Vec<_> = sets
            .iter()
            .map(|set| vec![(None, None); set.table.len()])
            .collect();
        for life in given {
            let row = of
                .get_mut(life.record.set as usize)
                .and_then(|rows| rows.get_mut(life.record.row as usize));
            if let Some(row) = row {
                let died = life.died.filter(|&died| !is_later(died, life.seen));
                *row = (died, life.seen);
            }
        }
        Self { of }
    }

    /// Whether the person of one record died before an event of the other.
    pub(crate) fn apart(&self, a: RecordId, b: RecordId) -> bool {
        if self.of.is_empty() {
            return false;
        }
        let of = |id: RecordId| self.of[id.set as usize][id.row as usize];
        let (a, b) = (of(a), of(b));
        let before = |died: Option<i32>, seen| died.is_some_and(|died| is_later(died, seen));
        before(a.0, b.1) || before(b.0, a.1)
    }

    /// The day on which a person died: the latest that a record says, as it contradicts least. None when something later happened to the person.
    pub(crate) fn died(&self, person: &PersonCluster) -> Option<i32> {
        if self.of.is_empty() {
            return None;
        }
        let own = || {
            let members = person.members.iter();
            members.map(|id| self.of[id.set as usize][id.row as usize])
        };
        let died = own().filter_map(|(died, _)| died).max()?;
        let seen = own().filter_map(|(_, seen)| seen).max();
        (!is_later(died, seen)).then_some(died)
    }

    /// Writes the veto into the candidates that have none yet, so that they compete for nobody.
    pub(crate) fn veto(&self, set_pairs: &mut [SetPair]) {
        if self.of.is_empty() {
            return;
        }
        for pair in set_pairs {
            let (left, right) = (pair.left_set, pair.right_set);
            for candidate in &mut pair.candidates {
                let ends = [(left, candidate.left), (right, candidate.right)];
                let [a, b] = ends.map(|(set, row)| RecordId { set, row });
                if candidate.veto.is_none() && self.apart(a, b) {
                    candidate.veto = Some(Veto::DiedBefore);
                }
            }
        }
    }
}

fn is_later(died: i32, seen: Option<i32>) -> bool {
    seen.is_some_and(|seen| seen > died.saturating_add(LATER_DAYS))
}

/// The month of a day since 1970-01-01 by the Gregorian calendar, in months since January 1900 as household keys count them; a day outside that
/// range gives its nearest end. After Howard Hinnant's `civil_from_days`: years start in March, so that the day that leap years add is their last.
pub(crate) fn month_of(day: i32) -> u16 {
    // Days since 1 March of year 0.
    let days = i64::from(day) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let since_march = (5 * of_year + 2) / 153;
    let months = (era * 400 + year_of_era) * 12 + since_march + 2 - 1_900 * 12;
    months.clamp(0, i64::from(NO_MONTH) - 1) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::laws::sets;
    use proptest::prelude::*;

    fn life(set: u32, died: Option<i32>, seen: Option<i32>) -> Life {
        Life {
            record: RecordId { set, row: 0 },
            died,
            seen,
        }
    }

    fn apart(a: (Option<i32>, Option<i32>), b: (Option<i32>, Option<i32>)) -> bool {
        let lives = Lives::new(&sets(&[1, 1]), &[life(0, a.0, a.1), life(1, b.0, b.1)]);
        let id = |set| RecordId { set, row: 0 };
        assert_eq!(lives.apart(id(0), id(1)), lives.apart(id(1), id(0)));
        lives.apart(id(0), id(1))
    }

    #[test]
    fn an_event_well_after_a_death_is_somebody_elses() {
        assert!(apart((Some(1000), None), (None, Some(1032))));
        assert!(!apart((Some(1000), None), (None, Some(1031))));
        assert!(!apart((Some(1000), None), (None, None)));
        assert!(!apart((None, Some(9)), (None, Some(9000))));
        // Two deaths say nothing, whatever their dates: registers hear of them at different times.
        assert!(!apart((Some(1000), None), (Some(2000), None)));
    }

    #[test]
    fn a_death_that_its_own_record_contradicts_is_not_believed() {
        assert!(!apart((Some(1000), Some(2000)), (None, Some(2000))));
        assert!(apart((Some(1000), Some(1010)), (None, Some(2000))));
    }

    #[test]
    fn rows_that_are_not_there_are_passed_over() {
        let lives = Lives::new(
            &sets(&[1]),
            &[life(7, Some(0), None), life(0, Some(0), None)],
        );
        let id = RecordId { set: 0, row: 0 };
        assert!(!lives.apart(id, id));
    }

    #[test]
    fn a_day_has_the_month_of_household_keys() {
        let month = |year: u16, month: u16| (year - 1900) * 12 + month - 1;
        for (day, expected) in [
            (0, month(1970, 1)),
            (-1, month(1969, 12)),
            (59, month(1970, 3)),
            (11_015, month(2000, 2)),
            (11_016, month(2000, 2)),
            (11_017, month(2000, 3)),
            (20_605, month(2026, 6)),
            (20_604, month(2026, 5)),
            (-25_567, month(1900, 1)),
            (-25_568, 0),
            (i32::MIN, 0),
            (i32::MAX, NO_MONTH - 1),
        ] {
            assert_eq!(month_of(day), expected, "{day}");
        }
    }

    #[test]
    fn a_person_died_on_the_latest_day_that_nothing_contradicts() {
        let of = |lives: &[Life]| {
            let person = PersonCluster {
                reference: String::new(),
                members: lives.iter().map(|life| life.record).collect(),
                confidence: 1.0,
            };
            Lives::new(&sets(&[1, 1]), lives).died(&person)
        };
        assert_eq!(of(&[life(0, None, Some(5)), life(1, None, None)]), None);
        assert_eq!(of(&[life(0, Some(1000), None)]), Some(1000));
        let both = [life(0, Some(1000), Some(990)), life(1, Some(1010), None)];
        assert_eq!(of(&both), Some(1010));
        // Only a decision could put these two together, and a veto forbids that; the living win all the same.
        assert_eq!(
            of(&[life(0, Some(1000), None), life(1, None, Some(1040))]),
            None
        );
    }

    proptest! {
        /// Months never go back, and each has 28 to 31 days.
        #[test]
        fn months_follow_one_another(day in -25_567i32..60_000) {
            let month = month_of(day);
            prop_assert!(month_of(day + 1) >= month && month_of(day + 1) <= month + 1);
            prop_assert!(month_of(day + 31) > month && month_of(day + 28) <= month + 1);
        }

        /// Whoever is known to have lived longer contradicts at least as much.
        #[test]
        fn later_events_never_lift_the_veto(died in -40_000i32..40_000, seen in -40_000i32..40_000, more in 0i32..9_000) {
            let earlier = apart((Some(died), None), (None, Some(seen)));
            let later = apart((Some(died), None), (None, Some(seen + more)));
            prop_assert!(!earlier || later);
        }
    }
}
