//! Dates of events and addresses: one cell to one day.
//!
//! Birth dates are read by `kinfold-identity`, whose rules about placeholders are part of the agreed standardisation. The dates
//! here are administrative: when a case was opened, when an address was last confirmed.

use crate::mapping::DateForm;

/// Two-digit years below this are of this century.
const PIVOT: i32 = 70;

/// A day, as days since 1970-01-01.
pub type Day = i32;

/// The forms in which the dates of one file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateForms {
    forms: [Option<DateForm>; 6],
}

/// Why no forms could be chosen: some cells of a column can only be day first, others only month first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mixed {
    /// Cells that can only be day, month, year.
    pub day_first: usize,
    /// Cells that can only be month, day, year.
    pub month_first: usize,
}

impl DateForms {
    /// The forms that the mapping lists.
    pub fn told(forms: &[DateForm]) -> Self {
        let mut own = [None; 6];
        for (place, form) in own.iter_mut().zip(forms) {
            *place = Some(*form);
        }
        Self { forms: own }
    }

    /// The forms, in the order in which they are tried.
    pub fn forms(&self) -> impl Iterator<Item = DateForm> {
        self.forms.iter().flatten().copied()
    }

    /// Reads a cell in the first form that fits.
    pub fn read(&self, cell: &str) -> Option<Day> {
        self.forms()
            .find_map(|form| read(cell, form))
            .map(|(year, month, day)| days(year, month, day))
    }
}

/// How the dates of a column have been written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormEvidence {
    day_first: usize,
    month_first: usize,
}

impl FormEvidence {
    /// Looks at one cell.
    pub(crate) fn add(&mut self, cell: &str) {
        let day = read(cell, DateForm::DayMonthYear).is_some();
        let month = read(cell, DateForm::MonthDayYear).is_some();
        self.day_first += usize::from(day && !month);
        self.month_first += usize::from(month && !day);
    }

    /// The forms of a column, recognised from its cells: all unmistakable ones, and the one order of day and month that fits.
    /// When every cell fits both orders it is day first, as the country writes.
    pub(crate) fn forms(self) -> Result<DateForms, Mixed> {
        let order = match (self.day_first, self.month_first) {
            (_, 0) => DateForm::DayMonthYear,
            (0, _) => DateForm::MonthDayYear,
            // A single odd cell among many is a typing error, not an order.
            (days, months) if months * 200 <= days => DateForm::DayMonthYear,
            (days, months) if days * 200 <= months => DateForm::MonthDayYear,
            (day_first, month_first) => {
                return Err(Mixed {
                    day_first,
                    month_first,
                });
            }
        };
        Ok(DateForms::told(&[
            order,
            DateForm::YearMonthDay,
            DateForm::DayMonthNameYear,
            DateForm::Compact,
            DateForm::ExcelSerial,
        ]))
    }
}

/// Reads a cell in one form: year, month, day of a day that exists, 1900 to 2199.
fn read(cell: &str, form: DateForm) -> Option<(i32, i32, i32)> {
    let cell = without_time(cell.trim());
    let (year, month, day) = match form {
        DateForm::DayMonthYear | DateForm::MonthDayYear => {
            let [first, second, year] = parts(cell)?;
            if first.len() > 2 || second.len() > 2 {
                return None;
            }
            let (day, month) = if form == DateForm::DayMonthYear {
                (first, second)
            } else {
                (second, first)
            };
            (full_year(year)?, number(month)?, number(day)?)
        }
        DateForm::YearMonthDay => {
            let [year, month, day] = parts(cell)?;
            if year.len() != 4 || month.len() > 2 || day.len() > 2 {
                return None;
            }
            (number(year)?, number(month)?, number(day)?)
        }
        DateForm::DayMonthNameYear => {
            let [day, month, year] = parts(cell)?;
            (full_year(year)?, month_of_name(month)?, number(day)?)
        }
        DateForm::Compact => {
            if cell.len() != 8 || !cell.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (
                number(&cell[..4])?,
                number(&cell[4..6])?,
                number(&cell[6..])?,
            )
        }
        DateForm::ExcelSerial => {
            let serial =
                number(cell.strip_suffix(".0").unwrap_or(cell)).filter(|_| cell.len() >= 4)?;
            // Day 60 is 29 February 1900, which never was; days before it are not offered as dates.
            return (61..=109_574)
                .contains(&serial)
                .then(|| civil(serial - 25_569));
        }
    };
    ((1900..2200).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= month_length(year, month))
    .then_some((year, month, day))
}

/// A date without the time of day after it.
fn without_time(cell: &str) -> &str {
    let cut = cell.char_indices().find(|&(at, c)| {
        let clock = |rest: &str| {
            rest.trim_start().as_bytes().get(..2).is_some_and(|two| {
                two[0].is_ascii_digit() && (two[1].is_ascii_digit() || two[1] == b':')
            })
        };
        at >= 6 && (c == 'T' || c == ' ') && cell[at + 1..].contains(':') && clock(&cell[at + 1..])
    });
    cut.map_or(cell, |(at, _)| &cell[..at])
}

/// The three parts of a date, between `/`, `-`, `.` or blanks.
fn parts(cell: &str) -> Option<[&str; 3]> {
    let mut parts = cell
        .split(['/', '-', '.', ' '])
        .filter(|part| !part.is_empty());
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn number(text: &str) -> Option<i32> {
    (text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn full_year(text: &str) -> Option<i32> {
    let year = number(text)?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < PIVOT {
            2000 + year
        } else {
            1900 + year
        }),
        _ => None,
    }
}

fn month_of_name(text: &str) -> Option<i32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    if text.len() < 3 {
        return None;
    }
    (1..)
        .zip(NAMES)
        .find(|(_, name)| name.starts_with(&text) || text == "sept" && *name == "september")
        .map(|(number, _)| number)
}

fn month_length(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant's days-from-civil: years start in March, so that the
/// leap day is the last).
pub fn days(year: i32, month: i32, day: i32) -> Day {
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the inverse of [`days`].
pub fn civil(days: Day) -> (i32, i32, i32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i32::from(month <= 2), month, day)
}

/// Months since January 1900 of a day, for address spells; `None` before 1900.
pub fn month(day: Day) -> Option<u16> {
    let (year, month, _) = civil(day);
    u16::try_from((year - 1900) * 12 + month - 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(cell: &str, forms: &[DateForm]) -> Option<(i32, i32, i32)> {
        DateForms::told(forms).read(cell).map(civil)
    }

    fn recognise(cells: &[&str]) -> Result<DateForms, Mixed> {
        let mut seen = FormEvidence::default();
        for cell in cells {
            seen.add(cell);
        }
        seen.forms()
    }

    #[test]
    fn every_form() {
        use DateForm::{
            Compact, DayMonthNameYear, DayMonthYear, ExcelSerial, MonthDayYear, YearMonthDay,
        };
        let cases = [
            ("31/08/2026", DayMonthYear, Some((2026, 8, 31))),
            ("1/9/26", DayMonthYear, Some((2026, 9, 1))),
            ("01.09.98", DayMonthYear, Some((1998, 9, 1))),
            ("31/08/2026 00:00:00", DayMonthYear, Some((2026, 8, 31))),
            ("08/31/2026", MonthDayYear, Some((2026, 8, 31))),
            ("08/31/2026", DayMonthYear, None),
            ("2026-08-31", YearMonthDay, Some((2026, 8, 31))),
            ("2026-08-31T23:10", YearMonthDay, Some((2026, 8, 31))),
            ("20260831", Compact, Some((2026, 8, 31))),
            ("05-MAR-1987", DayMonthNameYear, Some((1987, 3, 5))),
            ("5 September 2020", DayMonthNameYear, Some((2020, 9, 5))),
            ("39448", ExcelSerial, Some((2008, 1, 1))),
            ("39448.0", ExcelSerial, Some((2008, 1, 1))),
            ("29/02/2023", DayMonthYear, None),
            ("29/02/2024", DayMonthYear, Some((2024, 2, 29))),
            ("", DayMonthYear, None),
            ("unknown", DayMonthYear, None),
            ("é/é/é", YearMonthDay, None),
        ];
        for (cell, form, expected) in cases {
            assert_eq!(day(cell, &[form]), expected, "{cell} {form:?}");
        }
    }

    #[test]
    fn orders_are_recognised() {
        let order = |cells: &[&str]| recognise(cells).map(|forms| forms.forms().next());
        assert_eq!(
            order(&["01/02/2020", "13/02/2020"]),
            Ok(Some(DateForm::DayMonthYear))
        );
        assert_eq!(
            order(&["01/02/2020", "02/13/2020"]),
            Ok(Some(DateForm::MonthDayYear))
        );
        assert_eq!(order(&["01/02/2020", ""]), Ok(Some(DateForm::DayMonthYear)));
        assert_eq!(
            order(&["13/02/2020", "02/13/2020"]),
            Err(Mixed {
                day_first: 1,
                month_first: 1
            })
        );
    }

    proptest! {
        #[test]
        fn days_and_civil_are_inverse(day in -40_000i32..90_000) {
            let (year, month, date) = civil(day);
            prop_assert_eq!(days(year, month, date), day);
        }

        #[test]
        fn no_cell_panics(cell in any::<String>()) {
            let _ = recognise(&[cell.as_str()]).map(|forms| forms.read(&cell));
        }
    }
}
