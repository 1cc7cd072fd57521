//! Dates as Python 3.11's `datetime.strptime` reads them in the C locale, written as clkhash hashes them (`%Y%m%d`).
//!
//! `strptime` is itself a regular expression with some calendar arithmetic behind it (`Lib/_strptime.py`). It is taken over as it is,
//! because its oddities are visible: `%d` takes ` 7`, any white space stands for any other, digits may be of any script, and of two
//! readings the first one that the expression finds counts, even if another one would have used up the text.

use super::number;
use super::pattern::{Pattern, Refusal};
use super::unicode;

const MONTHS: [&str; 12] = [
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
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A date format, ready to read dates.
#[derive(Clone, Debug)]
pub struct DateFormat {
    pattern: Pattern,
    /// The letter of each directive and the number of its group, counted from 0.
    directives: Vec<(char, usize)>,
}

impl DateFormat {
    /// Reads a format such as `%d/%m/%Y`.
    ///
    /// # Errors
    /// [`Refusal`] for a directive that Python does not know, that stands twice, or whose meaning depends on the machine (`%Z`).
    pub fn new(format: &str) -> Result<Self, Refusal> {
        let mut directives = Vec::new();
        let mut groups = 0;
        let python = expression(format, &mut directives, &mut groups)?;
        for (index, (letter, _)) in directives.iter().enumerate() {
            if directives[..index].iter().any(|(other, _)| other == letter) {
                return Err(Refusal::Invalid(format!("`%{letter}` stands twice")));
            }
        }
        let pattern = Pattern::prefix(&python)?;
        Ok(Self {
            pattern,
            directives,
        })
    }

    /// The date as `%Y%m%d`; nothing if Python raises `ValueError`. As in the C library, years before 1000 are not padded.
    pub fn read(&self, text: &str) -> Option<String> {
        let (end, groups) = self.pattern.captures(text)?;
        if end != text.len() {
            return None;
        }
        let mut parts = Parts::default();
        for &(letter, group) in &self.directives {
            if let Some(found) = groups.get(group).copied().flatten() {
                parts.take(letter, found)?;
            }
        }
        let (year, month, day) = parts.date()?;
        Some(format!("{year}{month:02}{day:02}"))
    }
}

/// The regular expression of a format, in Python's syntax (`TimeRE.pattern`).
fn expression(
    format: &str,
    directives: &mut Vec<(char, usize)>,
    groups: &mut usize,
) -> Result<String, Refusal> {
    let mut text = String::new();
    let mut characters = format.chars().peekable();
    while let Some(c) = characters.next() {
        if unicode::is_space(c) {
            while characters.next_if(|&c| unicode::is_space(c)).is_some() {}
            text.push_str("\\s+");
            continue;
        }
        if c != '%' {
            if "\\.^$*+?(){}[]|".contains(c) {
                text.push('\\');
            }
            text.push(c);
            continue;
        }
        let Some(letter) = characters.next() else {
            return Err(Refusal::Invalid("a `%` stands at the end".to_owned()));
        };
        let inner = match letter {
            '%' => {
                text.push('%');
                continue;
            }
            'c' | 'x' | 'X' => {
                text.push_str(&expression(
                    match letter {
                        'c' => "%a %b %d %H:%M:%S %Y",
                        'x' => "%m/%d/%y",
                        _ => "%H:%M:%S",
                    },
                    directives,
                    groups,
                )?);
                continue;
            }
            'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]".to_owned(),
            'f' => r"[0-9]{1,6}".to_owned(),
            'H' => r"2[0-3]|[0-1]\d|\d".to_owned(),
            'I' => r"1[0-2]|0[1-9]|[1-9]".to_owned(),
            'G' | 'Y' => r"\d\d\d\d".to_owned(),
            'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]".to_owned(),
            'm' => r"1[0-2]|0[1-9]|[1-9]".to_owned(),
            'M' => r"[0-5]\d|\d".to_owned(),
            'S' => r"6[0-1]|[0-5]\d|\d".to_owned(),
            'U' | 'W' => r"5[0-3]|[0-4]\d|\d".to_owned(),
            'w' => r"[0-6]".to_owned(),
            'u' => r"[1-7]".to_owned(),
            'V' => r"5[0-3]|0[1-9]|[1-4]\d|\d".to_owned(),
            'y' => r"\d\d".to_owned(),
            'z' => r"[+-]\d\d:?[0-5]\d(:?[0-5]\d(\.\d{1,6})?)?|(?-i:Z)".to_owned(),
            'A' => longest_first(&DAYS),
            'a' => longest_first(&DAYS.map(|day| &day[..3])),
            'B' => longest_first(&MONTHS),
            'b' => longest_first(&MONTHS.map(|month| &month[..3])),
            'p' => "am|pm".to_owned(),
            'Z' => {
                return Err(Refusal::Unsupported(
                    "`%Z` means something else on every machine".to_owned(),
                ));
            }
            other => return Err(Refusal::Invalid(format!("`%{other}` is not a directive"))),
        };
        directives.push((letter, *groups));
        *groups += 1 + inner.matches('(').count() - inner.matches("(?").count();
        text.push('(');
        text.push_str(&inner);
        text.push(')');
    }
    Ok(text)
}

fn longest_first(words: &[&str]) -> String {
    let mut words = words.to_vec();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.join("|")
}

/// What the directives said.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    iso_year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    second: i64,
    weekday: Option<i64>,
    day_of_year: Option<i64>,
    week: Option<(i64, bool)>,
    iso_week: Option<i64>,
}

impl Parts {
    fn take(&mut self, letter: char, found: &str) -> Option<()> {
        let number = || i64::try_from(number::int(found)?).ok();
        let index = |words: &[&str], length: usize| {
            let found = found.to_lowercase();
            let at = words
                .iter()
                .position(|word| word[..length.min(word.len())] == found)?;
            i64::try_from(at).ok()
        };
        match letter {
            'y' => {
                let year = number()?;
                self.year = Some(if year <= 68 { year + 2000 } else { year + 1900 });
            }
            'Y' => self.year = Some(number()?),
            'G' => self.iso_year = Some(number()?),
            'm' => self.month = Some(number()?),
            'B' => self.month = Some(index(&MONTHS, usize::MAX)? + 1),
            'b' => self.month = Some(index(&MONTHS, 3)? + 1),
            'd' => self.day = Some(number()?),
            'S' => self.second = number()?,
            'A' => self.weekday = Some(index(&DAYS, usize::MAX)?),
            'a' => self.weekday = Some(index(&DAYS, 3)?),
            'w' => self.weekday = Some((number()? + 6) % 7),
            'u' => self.weekday = Some(number()? - 1),
            'j' => self.day_of_year = Some(number()?),
            'U' => self.week = Some((number()?, false)),
            'W' => self.week = Some((number()?, true)),
            'V' => self.iso_week = Some(number()?),
            'z' => offset_is_valid(found)?,
            // Hours, minutes and fractions are always within their bounds, and the date does not depend on them.
            _ => {}
        }
        Some(())
    }

    fn date(&self) -> Option<(i64, i64, i64)> {
        if self.year.is_none() && self.iso_year.is_some() {
            if self.iso_week.is_none() || self.weekday.is_none() || self.day_of_year.is_some() {
                return None;
            }
        } else if self.week.is_none() && self.iso_week.is_some() {
            return None;
        }
        // `datetime` has no leap seconds.
        if self.second > 59 {
            return None;
        }
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let is_leap_day = self.year.is_none() && month == 2 && day == 29;
        let mut year = self.year.unwrap_or(if is_leap_day { 1904 } else { 1900 });
        let mut day_of_year = self.day_of_year;
        if day_of_year.is_none()
            && let Some(weekday) = self.weekday
        {
            if let Some((week, starts_on_monday)) = self.week {
                day_of_year = Some(day_of_week(year, week, weekday, starts_on_monday)?);
            } else if let (Some(iso_year), Some(iso_week)) = (self.iso_year, self.iso_week) {
                let (first, found) = iso_day(iso_year, iso_week, weekday + 1)?;
                year = first;
                day_of_year = Some(found);
            }
            if let Some(found) = day_of_year.filter(|&found| found <= 0) {
                year -= 1;
                day_of_year = Some(found + if is_leap(year) { 366 } else { 365 });
            }
        }
        match day_of_year {
            None => {
                days_before(year, month, day)?;
            }
            Some(found) => {
                (year, month, day) = from_ordinal(found - 1 + days_before(year, 1, 1)?)?;
            }
        }
        if is_leap_day {
            year = 1900;
        }
        days_before(year, month, day)?;
        Some((year, month, day))
    }
}

/// `%U` and `%W` (`_calc_julian_from_U_or_W`): the day of the year, which may lie before its first.
fn day_of_week(year: i64, week: i64, weekday: i64, starts_on_monday: bool) -> Option<i64> {
    let mut first = (days_before(year, 1, 1)? + 6) % 7;
    let mut weekday = weekday;
    if !starts_on_monday {
        first = (first + 1) % 7;
        weekday = (weekday + 1) % 7;
    }
    let week_0 = (7 - first) % 7;
    Some(if week == 0 {
        1 + weekday - first
    } else {
        1 + week_0 + 7 * (week - 1) + weekday
    })
}

/// `%G`, `%V` and a weekday (`_calc_julian_from_V`): year and day of the year.
fn iso_day(year: i64, week: i64, weekday: i64) -> Option<(i64, i64)> {
    let fourth = (days_before(year, 1, 4)? + 6) % 7 + 1;
    let mut day = week * 7 + weekday - (fourth + 3);
    let mut year = year;
    if day < 1 {
        day += days_before(year, 1, 1)?;
        year -= 1;
        day -= days_before(year, 1, 1)?;
    }
    Some((year, day))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `date(year, month, day).toordinal()`: 1 January of year 1 is day 1. Nothing for dates that do not exist or lie outside the years 1
/// to 9999.
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day);
    if !exists {
        return None;
    }
    let past = year - 1;
    let months: i64 = (1..month).map(|month| month_length(year, month)).sum();
    Some(past * 365 + past / 4 - past / 100 + past / 400 + months + day)
}

fn from_ordinal(ordinal: i64) -> Option<(i64, i64, i64)> {
    // 400 years have 146,097 days; the estimate is never too high by more than a year.
    let mut year = ordinal * 400 / 146_097 + 2;
    loop {
        match days_before(year, 1, 1) {
            Some(first) if first <= ordinal => break,
            _ if year > 1 => year -= 1,
            _ => return None,
        }
    }
    let mut left = ordinal - days_before(year, 1, 1)?;
    for month in 1..=12 {
        let length = month_length(year, month);
        if left < length {
            return Some((year, month, left + 1));
        }
        left -= length;
    }
    None
}

/// Whether Python makes a time zone of `%z`'s text; the date does not depend on it.
fn offset_is_valid(found: &str) -> Option<()> {
    if found == "Z" {
        return Some(());
    }
    let mut z: Vec<char> = found.chars().collect();
    if z.get(3) == Some(&':') {
        z.remove(3);
        if z.len() > 5 {
            if z[5] != ':' {
                return None;
            }
            z.remove(5);
        }
    }
    let number = |from: usize, to: usize| {
        let part: String = z[from.min(z.len())..to.min(z.len())].iter().collect();
        if part.is_empty() {
            Some(0)
        } else {
            i64::try_from(number::int(&part)?).ok()
        }
    };
    let seconds = number(1, 3)? * 3600 + number(3, 5)? * 60 + number(5, 7)?;
    number(8, 14)?;
    // `timezone` takes less than a day.
    (seconds < 86_400).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        DateFormat::new(format).unwrap().read(text)
    }

    #[test]
    fn what_python_reads() {
        for (format, text, expected) in [
            ("%Y-%m-%d", "1996-12-19", "19961219"),
            ("%d/%m/%y", "1/2/69", "19690201"),
            ("%d/%m/%y", " 1/2/68", "20680201"),
            ("%d %b %Y", "03\tMAR  2001", "20010303"),
            ("%B %d, %Y", "september 9, 1999", "19990909"),
            ("%Y%j", "2000366", "20001231"),
            ("%Y %U %w", "2021 00 5", "20210101"),
            ("%Y %W %a", "2021 0 thu", "20201231"),
            ("%G-W%V-%u", "2020-W53-7", "20210103"),
            (
                "%Y-%m-%dT%H:%M:%S%z",
                "2020-02-29T23:59:59+01:00",
                "20200229",
            ),
            ("%I:%M %p %x", "12:30 pm 12/31/99", "19991231"),
            ("%c", "Tue Nov  9 01:02:03 1999", "19991109"),
            ("%Y%m%d", "00990101", "990101"),
            ("%Y%m%d", "\u{662}\u{660}\u{660}\u{661}1109", "20011109"),
            ("100%% %Y", "100% 2001", "20010101"),
            ("%m/%d", "3/1", "19000301"),
        ] {
            assert_eq!(
                read(format, text).as_deref(),
                Some(expected),
                "{format} {text}"
            );
        }
    }

    #[test]
    fn what_python_refuses() {
        for (format, text) in [
            ("%Y-%m-%d", "1996-02-30"),
            ("%Y-%m-%d", "1996-2-3 "),
            ("%Y-%m-%d", ""),
            ("%Y", "0000"),
            ("%m/%d", "2/29"),
            ("%Y%j", "2001366x"),
            ("%H:%M:%S", "1:1:60"),
            ("%z", "+2400"),
            ("%b", "\u{17f}ep"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
        for format in ["%", "%Q", "%d %d", "% d", "%Z", "%-d", "%e"] {
            assert!(DateFormat::new(format).is_err(), "{format}");
        }
    }

    #[test]
    fn ordinals_run_both_ways() {
        for ordinal in (1..3_652_059).step_by(97).chain([3_652_059]) {
            let (year, month, day) = from_ordinal(ordinal).unwrap();
            assert_eq!(days_before(year, month, day), Some(ordinal));
        }
        assert_eq!(from_ordinal(3_652_060), None);
        assert_eq!(from_ordinal(0), None);
    }
}
