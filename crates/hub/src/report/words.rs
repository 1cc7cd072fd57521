//! Numbers, months and lists as people write them.

use kinfold_indicators::calendar;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `12,345`.
pub(super) fn number(value: u64) -> String {
    kinfold_message::grouped(value)
}

/// Words for numbers up to nine, digits above: how a sentence says a count.
pub(super) fn spoken(value: u64) -> String {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    match usize::try_from(value)
        .ok()
        .and_then(|value| WORDS.get(value))
    {
        Some(word) => (*word).to_string(),
        None => number(value),
    }
}

/// `one household`, `3,000 households`.
pub(super) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", spoken(value), if value == 1 { one } else { many })
}

/// `35 %`, `4.2 %`, `under 0.1 %`; `0 %` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_string();
    }
    let share = 100.0 * part as f64 / whole as f64;
    if share < 0.1 {
        "under 0.1 %".to_string()
    } else if share < 9.95 {
        format!("{share:.1} %")
    } else if part < whole && share > 99.5 {
        // Never round up to a certainty.
        "over 99 %".to_string()
    } else {
        format!("{share:.0} %")
    }
}

/// `August 2026`.
pub(super) fn month(day: i32) -> String {
    calendar::year_month_day(day)
        .and_then(|(year, month, _)| {
            Some(format!(
                "{} {year}",
                MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?
            ))
        })
        .unwrap_or_else(|| "unknown month".to_string())
}

/// `Aug 2026`.
pub(super) fn short_month(day: i32) -> String {
    let long = month(day);
    match long.split_once(' ') {
        Some((name, year)) if long != "unknown month" => format!("{} {year}", &name[..3]),
        _ => long,
    }
}

/// `31 August 2026`.
pub(super) fn date(day: i32) -> String {
    match calendar::year_month_day(day) {
        Some((_, _, day_of_month)) => format!("{day_of_month} {}", month(day)),
        None => "unknown day".to_string(),
    }
}

/// A month `2026-08` or date `2027-03-31` in words; anything else as it is.
pub(super) fn iso(text: &str) -> String {
    let mut parts = text.split('-').map(str::parse::<i16>);
    let day = |year, month: i16, day: i16| {
        calendar::day(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    };
    let words = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(year)), Some(Ok(number)), None, None) => day(year, number, 1).map(month),
        (Some(Ok(year)), Some(Ok(number)), Some(Ok(of_month)), None) => {
            day(year, number, of_month).map(date)
        }
        _ => None,
    };
    words.unwrap_or_else(|| text.to_string())
}

/// Months since the year 0, for axes.
pub(super) fn month_number(day: i32) -> Option<i32> {
    calendar::year_month_day(day)
        .map(|(year, month, _)| i32::from(year) * 12 + i32::from(month) - 1)
}

/// `housing`, `housing and health`, `housing, health and police`.
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

/// The first letter in upper case.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The first letter in lower case, for a name inside a sentence.
pub(super) fn small(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(counted(1, "household", "households"), "one household");
        assert_eq!(counted(0, "household", "households"), "no households");
        assert_eq!(counted(1200, "household", "households"), "1,200 households");
    }

    #[test]
    fn shares_never_round_to_certainty_or_nothing() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(1, 20), "5.0 %");
        assert_eq!(percent(1, 10_000), "under 0.1 %");
        assert_eq!(percent(9_999, 10_000), "over 99 %");
        assert_eq!(percent(5, 5), "100 %");
    }

    #[test]
    fn months_and_lists() {
        let day = calendar::day(2026, 8, 31).unwrap();
        assert_eq!(
            (month(day), short_month(day), date(day)),
            (
                "August 2026".into(),
                "Aug 2026".into(),
                "31 August 2026".into()
            )
        );
        assert_eq!(month(i32::MAX), "unknown month");
        assert_eq!(
            (iso("2026-08"), iso("2027-03-31"), iso("spring")),
            (
                "August 2026".into(),
                "31 March 2027".into(),
                "spring".into()
            )
        );
        assert_eq!(iso("2026-13"), "2026-13");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list::<&str>(&[]), "");
    }
}
