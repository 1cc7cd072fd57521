//! Calendar arithmetic on day numbers: days since 1 January 1970, as everywhere in the project.
//!
//! Months are added the way people do it: 31 August less six months is 28 (or 29) February. A result outside the years -9999 to 9999
//! saturates, so that no event date, however wrong, can stop a run.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, Unit};

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The day number of a date, or `None` when there is no such date.
///
/// ```
/// assert_eq!(kinfold_indicators::calendar::day(1970, 1, 2), Some(1));
/// assert_eq!(kinfold_indicators::calendar::day(2026, 2, 29), None);
/// ```
pub fn day(year: i16, month: i8, day_of_month: i8) -> Option<i32> {
    number(Date::new(year, month, day_of_month).ok()?)
}

/// Year, month (1 to 12) and day of month of a day number, or `None` outside the years -9999 to 9999.
pub fn year_month_day(day: i32) -> Option<(i16, i8, i8)> {
    date(day).map(|date| (date.year(), date.month(), date.day()))
}

/// The day `months` later (earlier when negative), at the end of the month when the month is too short.
///
/// ```
/// use kinfold_indicators::calendar::{add_months, day};
/// assert_eq!(add_months(day(2026, 8, 31).unwrap(), -6), day(2026, 2, 28).unwrap());
/// ```
pub fn add_months(day: i32, months: i32) -> i32 {
    let moved = || {
        number(
            date(day)?
                .checked_add(Span::new().try_months(months).ok()?)
                .ok()?,
        )
    };
    moved().unwrap_or(if months < 0 { i32::MIN } else { i32::MAX })
}

/// A length in whole months, written as in ISO 8601: `P12M`, `P1Y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Months(pub i32);

impl Months {
    /// The longest period that a rule pack may name: a hundred years.
    pub const MAX: Self = Self(1200);
}

impl FromStr for Months {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a period in months or years such as `P12M` or `P1Y`");
        let body = text.strip_prefix('P').ok_or_else(wrong)?;
        let (digits, factor) = match (body.strip_suffix('M'), body.strip_suffix('Y')) {
            (Some(digits), _) => (digits, 1),
            (_, Some(digits)) => (digits, 12),
            _ => return Err(wrong()),
        };
        if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let months = digits.parse::<i32>().map_err(|_| wrong())? * factor;
        if (1..=Self::MAX.0).contains(&months) {
            Ok(Self(months))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 month"),
            months => write!(f, "{months} months"),
        }
    }
}

fn date(day: i32) -> Option<Date> {
    EPOCH.checked_add(Span::new().try_days(day).ok()?).ok()
}

fn number(date: Date) -> Option<i32> {
    date.since((Unit::Day, EPOCH))
        .ok()
        .map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_clamp_to_the_end_of_the_month() {
        let end_of_august = day(2026, 8, 31).unwrap();
        assert_eq!(add_months(end_of_august, -12), day(2025, 8, 31).unwrap());
        assert_eq!(add_months(end_of_august, -30), day(2024, 2, 29).unwrap());
        assert_eq!(year_month_day(end_of_august), Some((2026, 8, 31)));
        assert_eq!(year_month_day(-1), Some((1969, 12, 31)));
    }

    #[test]
    fn the_ends_of_time_saturate() {
        assert_eq!(add_months(i32::MAX, 1), i32::MAX);
        assert_eq!(add_months(i32::MIN, -1), i32::MIN);
        assert_eq!(year_month_day(i32::MIN), None);
    }

    #[test]
    fn periods_are_whole_months() {
        assert_eq!("P12M".parse(), Ok(Months(12)));
        assert_eq!("P2Y".parse(), Ok(Months(24)));
        for wrong in [
            "", "P", "12M", "P0M", "P-1M", "P1D", "P1.5M", "P99999M", "P1Y6M", "P+1M",
        ] {
            assert!(wrong.parse::<Months>().is_err(), "{wrong}");
        }
    }
}
