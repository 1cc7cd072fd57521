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
    let tokens = Tokens::of(text)?;
    let number = |token: &str| -> Option<u32> {
        if token.bytes().all(|b| b == b'?' || b == b'X') && token.len() <= 4 {
            return Some(0);
        }
        (token.len() <= 8).then(|| token.parse().ok()).flatten()
    };
    match tokens.as_slice() {
        [] => Err(Rejected::Empty),
        // The date and time of a health message (HL7): 20070307134500, to the minute or the second.
        [one] if matches!(one.len(), 12 | 14) => {
            let (day, time) = one.split_at(8);
            if !time.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Rejected::BadShape);
            }
            single(day, number(day).ok_or(Rejected::BadShape)?)
        }
        ["U"] => Err(Rejected::Placeholder),
        [one] => single(one, number(one).ok_or(Rejected::BadShape)?),
        // A data frame's day count or year: "33304.0".
        [whole, "0"] if whole.len() >= 4 => single(whole, number(whole).ok_or(Rejected::BadShape)?),
        // A spreadsheet's date and time: "33304.75".
        [whole, _] if whole.len() == 5 && text.contains('.') => {
            single(whole, number(whole).ok_or(Rejected::BadShape)?)
        }
        [a, b] => two(a, b, number),
        [a, b, c] => three(a, b, c, number),
        _ => Err(Rejected::BadShape),
    }
}

fn single(text: &str, value: u32) -> Result<Written, Rejected> {
    // The blank rule: zeros and nines fill date columns that may not be empty.
    let one_repeated = |digit: u8| text.len() > 1 && text.bytes().all(|b| b == digit);
    if one_repeated(b'0') || one_repeated(b'9') {
        return Err(Rejected::Placeholder);
    }
    match text.len() {
        8 => {
            let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
            // A year 16xx to 20xx at the end reads as month 16 to 20 when taken from the front: never both possible.
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

/// Cuts off a time of day: `T00:00:00Z`, `T00`, ` 00:00`.
fn without_time(text: &str) -> &str {
    // "1990-03-07T13": a T between two digits is no part of a month's name.
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    if let Some(at) = (8..=10).find(|at| bytes.get(*at) == Some(&b'T'))
        && digit(at - 1)
        && digit(at + 1)
    {
        return &text[..at];
    }
    let Some(colon) = text.find(':') else {
        return text;
    };
    let head = &text[..colon];
    match head.rfind(|c: char| !c.is_ascii_digit()) {
        Some(at) if at > 0 => head[..at].trim_end(),
        _ => text,
    }
}

/// A written date has three parts, and a cell with many more is something else.
const PARTS_MAX: usize = 4;

/// Runs of digits, runs of `?` and runs of letters; everything else separates. `XX` counts as letters.
struct Tokens<'text> {
    list: [&'text str; PARTS_MAX],
    count: usize,
}

impl<'text> Tokens<'text> {
    fn of(text: &'text str) -> Result<Self, Rejected> {
        let mut tokens = Self {
            list: [""; PARTS_MAX],
            count: 0,
        };
        let bytes = text.as_bytes();
        let kind = |at: usize| match bytes.get(at) {
            Some(b'0'..=b'9') => 1,
            Some(b'A'..=b'Z') => 2,
            Some(b'?') => 3,
            _ => 0,
        };
        let mut start = 0;
        while start < bytes.len() {
            let mut end = start + 1;
            while end < bytes.len() && kind(end) == kind(start) {
                end += 1;
            }
            // The text is folded, so every byte is a character.
            let token = &text[start..end];
            if kind(start) != 0 && !is_noise(token) {
                *tokens
                    .list
                    .get_mut(tokens.count)
                    .ok_or(Rejected::BadShape)? = token;
                tokens.count += 1;
            }
            start = end;
        }
        Ok(tokens)
    }

    fn as_slice(&self) -> &[&'text str] {
        &self.list[..self.count]
    }
}

/// Words around a date that say nothing: ordinals, week days.
fn is_noise(token: &str) -> bool {
    matches!(token, "ST" | "ND" | "RD" | "TH" | "OF")
        || (token.len() >= 3
            && token.starts_with(|c: char| "MTWFS".contains(c))
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
    // Most tokens are numbers.
    if !token.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    if token == "SEPT" {
        return Some(9);
    }
    let at = NAMES
        .iter()
        .position(|name| token.len() >= 3 && name.starts_with(token))?;
    Some(at as u32 + 1)
}
