//! A date as it is written: the numbers of a cell, before the column's rules say what they mean.

use crate::fold::{bare, fold};
use crate::rejected::Rejected;

/// A date as written, before the column's rules say what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Year, month, day in no doubt; 0 for what is not known.
    Known(u32, u32, u32),
    /// Two numbers and a year whose order depends on the column; the flag says that the year has two digits.
    Ordered {
        first: u32,
        second: u32,
        year: u32,
        short_year: bool,
    },
    /// Day and month name, with a two-digit year.
    ShortYear { year: u32, month: u32, day: u32 },
    /// A spreadsheet's count of days.
    Serial(u32),
}

/// Takes a cell apart.
pub(crate) fn parts(cell: &str) -> Result<Written, Rejected> {
    let text = fold(bare(cell));
    let text = without_time(text.trim());
    let tokens = tokens(text);
    let tokens: Vec<&str> = tokens
        .iter()
        .map(String::as_str)
        .filter(|t| !is_noise(t))
        .collect();
    if tokens.is_empty() {
        return Err(Rejected::Empty);
    }
    let number = |token: &str| -> Option<u32> {
        if token.bytes().all(|b| b == b'?' || b == b'X') && token.len() <= 4 {
            return Some(0);
        }
        (token.len() <= 8).then(|| token.parse().ok()).flatten()
    };
    match tokens.as_slice() {
        [one] => single(one, number(one).ok_or(Rejected::BadShape)?),
        // A data frame's day count or year: "33304.0".
        [whole, "0"] if whole.len() >= 4 => single(whole, number(whole).ok_or(Rejected::BadShape)?),
        [a, b] => two(a, b, number),
        [a, b, c] => three(a, b, c, number),
        _ => Err(Rejected::BadShape),
    }
}

fn single(text: &str, value: u32) -> Result<Written, Rejected> {
    match text.len() {
        8 => {
            let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
            // A year 19xx or 20xx at the end reads as month 19 or 20 when taken from the front: never both possible.
            if month <= 12 && day <= 31 && year >= 1000 {
                return Ok(Written::Known(year, month, day));
            }
            let (first, second, year) = (value / 1_000_000, value / 10_000 % 100, value % 10_000);
            Ok(Written::Ordered {
                first,
                second,
                year,
                short_year: false,
            })
        }
        4 => Ok(Written::Known(value, 0, 0)),
        5 => Ok(Written::Serial(value)),
        1..=3 if value <= 1 => Err(Rejected::Placeholder),
        _ => Err(Rejected::BadShape),
    }
}

fn two(a: &str, b: &str, number: impl Fn(&str) -> Option<u32>) -> Result<Written, Rejected> {
    let year_of = |text: &str| (text.len() == 4).then(|| number(text)).flatten();
    let month_of =
        |text: &str| month_name(text).or_else(|| (text.len() <= 2).then(|| number(text)).flatten());
    match (year_of(a), month_of(b), month_of(a), year_of(b)) {
        (Some(year), Some(month), _, _) | (_, _, Some(month), Some(year)) => {
            Ok(Written::Known(year, month, 0))
        }
        _ => Err(Rejected::BadShape),
    }
}

fn three(
    a: &str,
    b: &str,
    c: &str,
    number: impl Fn(&str) -> Option<u32>,
) -> Result<Written, Rejected> {
    // The month in words settles the order.
    let named = month_name(b)
        .map(|month| (month, a, c))
        .or_else(|| month_name(a).map(|month| (month, b, c)));
    if let Some((month, day, year)) = named {
        if day.len() == 4 {
            let (year, day) = (
                number(day).ok_or(Rejected::BadShape)?,
                number(year).ok_or(Rejected::BadShape)?,
            );
            return Ok(Written::Known(year, month, day));
        }
        let day = number(day).ok_or(Rejected::BadShape)?;
        let value = number(year).ok_or(Rejected::BadShape)?;
        return match year.len() {
            4 => Ok(Written::Known(value, month, day)),
            2 => Ok(Written::ShortYear {
                year: value,
                month,
                day,
            }),
            _ => Err(Rejected::BadShape),
        };
    }
    let (Some(first), Some(second), Some(third)) = (number(a), number(b), number(c)) else {
        return Err(Rejected::BadShape);
    };
    if b.len() > 2 {
        return Err(Rejected::BadShape);
    }
    match (a.len(), c.len()) {
        (4, 1 | 2) => Ok(Written::Known(first, second, third)),
        (1 | 2, 4) => Ok(Written::Ordered {
            first,
            second,
            year: third,
            short_year: false,
        }),
        (1 | 2, 2) => Ok(Written::Ordered {
            first,
            second,
            year: third,
            short_year: true,
        }),
        _ => Err(Rejected::BadShape),
    }
}

/// Cuts off a time of day: `T00:00:00Z`, ` 00:00`.
fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else {
        return text;
    };
    let head = &text[..colon];
    match head.rfind(|c: char| !c.is_ascii_digit()) {
        Some(at) if at > 0 => head[..at].trim_end(),
        _ => text,
    }
}

/// Runs of digits (with `?`) and runs of letters; everything else separates. `XX` counts as letters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut kind = 0u8;
    for c in text.chars() {
        let now = match c {
            '0'..='9' => 1,
            'A'..='Z' => 2,
            '?' => 3,
            _ => 0,
        };
        if now != 0 {
            if now != kind {
                tokens.push(String::new());
            }
            tokens.last_mut().expect("one was just pushed").push(c);
        }
        kind = now;
    }
    tokens
}

/// Words around a date that say nothing: ordinals, week days.
fn is_noise(token: &str) -> bool {
    matches!(token, "ST" | "ND" | "RD" | "TH" | "OF")
        || (token.len() >= 3
            && [
                "MONDAY",
                "TUESDAY",
                "WEDNESDAY",
                "THURSDAY",
                "FRIDAY",
                "SATURDAY",
                "SUNDAY",
            ]
            .iter()
            .any(|day| day.starts_with(token)))
}

fn month_name(token: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    if token == "SEPT" {
        return Some(9);
    }
    let at = NAMES
        .iter()
        .position(|name| token.len() >= 3 && name.starts_with(token))?;
    Some(at as u32 + 1)
}
