//! Days of the world's calendar, and how each agency writes them.

/// Days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i32);

/// The day of the extracts and of the needs: 31 August 2026.
pub(crate) const TODAY: Day = Day::of(2026, 8, 31);

/// Addresses are followed from here on.
pub(crate) const MOVES_FROM: Day = Day::of(2019, 1, 1);

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

impl Day {
    /// The day of a date of the Gregorian calendar (the usual days-from-civil count, with the year beginning in March).
    pub(crate) const fn of(year: i32, month: i32, day: i32) -> Self {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted - era * 400;
        let month_from_march = (month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day.
    pub(crate) const fn parts(self) -> (i32, i32, i32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days - era * 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }

    pub(crate) const fn year(self) -> i32 {
        self.parts().0
    }

    pub(crate) const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Age in full years, as a fraction good enough for drawing lots (a year is 365.25 days).
    pub(crate) fn age_on(self, day: Self) -> f64 {
        f64::from(day.0 - self.0) / 365.25
    }

    /// Full years on the day of the extracts, to the day.
    pub(crate) fn age_today(self) -> i32 {
        let (year, month, day) = self.parts();
        let (this_year, this_month, this_day) = TODAY.parts();
        this_year - year - i32::from((this_month, this_day) < (month, day))
    }

    /// `05/03/1987`
    pub(crate) fn slashes(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day:02}/{month:02}/{year:04}")
    }

    /// `05/03/87`
    pub(crate) fn short_slashes(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day:02}/{month:02}/{:02}", year % 100)
    }

    /// `1987-03-05`
    pub(crate) fn iso(self) -> String {
        let (year, month, day) = self.parts();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `1987-03`
    pub(crate) fn iso_month(self) -> String {
        let (year, month, _) = self.parts();
        format!("{year:04}-{month:02}")
    }

    /// `19870305`
    pub(crate) fn compact(self) -> String {
        let (year, month, day) = self.parts();
        format!("{year:04}{month:02}{day:02}")
    }

    /// `05-MAR-1987`
    pub(crate) fn month_name(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day:02}-{}-{year:04}", MONTHS[(month - 1) as usize])
    }

    /// `05/03/1987 00:00:00`
    pub(crate) fn timestamp(self) -> String {
        format!("{} 00:00:00", self.slashes())
    }

    /// The number that Excel shows for this day when the cell has lost its date format (1900 system; from March 1900).
    pub(crate) fn excel_serial(self) -> String {
        (self.0 + 25_569).to_string()
    }

    /// Whether year, month and day are a date.
    pub(crate) fn exists(year: i32, month: i32, day: i32) -> bool {
        (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && Self::of(year, month, day).parts() == (year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::of(1970, 1, 1).0, 0);
        assert_eq!(TODAY.0, 20_696);
        assert_eq!(Day::of(2008, 1, 1).excel_serial(), "39448");
        assert_eq!(Day::of(1987, 3, 5).month_name(), "05-MAR-1987");
        assert_eq!(Day::of(2008, 8, 31).age_today(), 18);
        assert_eq!(Day::of(2008, 9, 1).age_today(), 17);
        assert!(!Day::exists(2023, 2, 29));
    }

    proptest! {
        #[test]
        fn a_day_and_its_parts_agree(days in -60_000_i32..60_000) {
            let (year, month, day) = Day(days).parts();
            prop_assert_eq!(Day::of(year, month, day), Day(days));
            prop_assert!(Day::exists(year, month, day));
        }
    }
}
