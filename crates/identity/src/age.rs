//! Whether a birth date is plausible for the people a file is about.
//!
//! A doubt never rejects: a grandmother in the pupils' file is more often a column mapped wrongly than a slip of one cell, and which
//! of the two it is only the custodian can tell. So doubts are counted and shown, and the date is used.

use std::ops::RangeInclusive;

use crate::date::BirthDate;

/// Whom a file is about, for the plausibility of ages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgeRole {
    /// Anybody: newborn to 116, the age of the oldest person that the country has had.
    #[default]
    Anyone,
    /// Children: 0 to 18.
    Child,
    /// Pupils: 2 (nursery classes) to 20 (special schools and colleges).
    Pupil,
    /// Adults: 16 (tenants, carers, patients of adult services) to 110.
    Adult,
}

impl AgeRole {
    /// The plausible ages in completed years.
    pub fn years(self) -> RangeInclusive<u16> {
        match self {
            Self::Anyone => 0..=116,
            Self::Child => 0..=18,
            Self::Pupil => 2..=20,
            Self::Adult => 16..=110,
        }
    }
}

/// Why a birth date is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeDoubt {
    /// Born after the day on which the file was made: an expected date of birth, or a slip.
    NotYetBorn,
    /// Younger than the people the file is about.
    TooYoung,
    /// Older than the people the file is about.
    TooOld,
}

impl AgeDoubt {
    /// Stable id of the rule, for counting and for reports.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NotYetBorn => "not-yet-born",
            Self::TooYoung => "too-young",
            Self::TooOld => "too-old",
        }
    }
}

/// The doubt about a birth date in a file made on a day (a full date), or `None`. A date of which only a part is known is doubted
/// when every day that it can mean would be.
pub fn age_doubt(birth: BirthDate, made_on: BirthDate, role: AgeRole) -> Option<AgeDoubt> {
    let made = made_on.latest();
    if birth.earliest() > made {
        return Some(AgeDoubt::NotYetBorn);
    }
    let plausible = role.years();
    if completed_years(birth.earliest(), made) < *plausible.start() {
        Some(AgeDoubt::TooYoung)
    } else if completed_years(birth.latest(), made) > *plausible.end() {
        Some(AgeDoubt::TooOld)
    } else {
        None
    }
}

/// Birthdays passed between two days; none when the first is the later one.
fn completed_years(from: (u16, u8, u8), to: (u16, u8, u8)) -> u16 {
    let before_birthday = (to.1, to.2) < (from.1, from.2);
    to.0.saturating_sub(from.0)
        .saturating_sub(u16::from(before_birthday))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateRules, read_date};
    use proptest::prelude::*;

    fn doubt(birth: &str, role: AgeRole) -> Option<AgeDoubt> {
        let made_on = BirthDate::on(2026, 8, 31).unwrap();
        let birth = read_date(birth, &DateRules::default()).unwrap();
        age_doubt(birth, made_on, role)
    }

    #[test]
    fn ages_by_role() {
        for (birth, role, expected) in [
            ("2026-08-31", AgeRole::Child, None),
            ("2026-09-01", AgeRole::Child, Some(AgeDoubt::NotYetBorn)),
            ("2007-09-01", AgeRole::Child, None),
            ("2007-08-31", AgeRole::Child, Some(AgeDoubt::TooOld)),
            ("2024-08-31", AgeRole::Pupil, None),
            ("2024-09-01", AgeRole::Pupil, Some(AgeDoubt::TooYoung)),
            ("2005-08-31", AgeRole::Pupil, Some(AgeDoubt::TooOld)),
            ("2010-08-31", AgeRole::Adult, None),
            ("2010-09-01", AgeRole::Adult, Some(AgeDoubt::TooYoung)),
            ("1915-08-31", AgeRole::Adult, Some(AgeDoubt::TooOld)),
            ("1915-08-31", AgeRole::Anyone, None),
            ("1900-03-01", AgeRole::Anyone, Some(AgeDoubt::TooOld)),
            // Of a part of a date every reading must be doubtful.
            ("2026", AgeRole::Child, None),
            ("2007", AgeRole::Child, None),
            ("2006", AgeRole::Child, Some(AgeDoubt::TooOld)),
            ("2027", AgeRole::Anyone, Some(AgeDoubt::NotYetBorn)),
        ] {
            assert_eq!(doubt(birth, role), expected, "{birth} {role:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_too_young_and_too_old(year in 0u16..3000, month in 1u8..13, day in 1u8..29, made in 0u16..3000) {
            let birth = BirthDate::on(year, month, day).unwrap();
            let made_on = BirthDate::on(made, 6, 15).unwrap();
            // A wider role never doubts what a narrower one accepts.
            if age_doubt(birth, made_on, AgeRole::Child).is_none() {
                prop_assert_eq!(age_doubt(birth, made_on, AgeRole::Anyone), None);
            }
        }
    }
}
