//! Whether a value follows its column's format, and how it is written before it is cut into tokens (`clkhash/field_formats.py`).

use super::date::DateFormat;
use super::number;
use super::pattern::Pattern;
use super::problem::Rule;
use super::unicode;
use num_bigint::BigInt;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// A limit of a number or a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound(pub BigInt);

impl Bound {
    /// Whether the bound is greater than a number, which is written without anything around it.
    fn is_above(&self, number: &str) -> bool {
        self.compare(number) == Some(Ordering::Greater)
    }

    fn is_below(&self, number: &str) -> bool {
        self.compare(number) == Some(Ordering::Less)
    }

    fn compare(&self, number: &str) -> Option<Ordering> {
        // Nearly all numbers are small, and small ones need no memory of their own.
        if let (Ok(number), Ok(bound)) = (number.parse::<i64>(), i64::try_from(&self.0)) {
            return Some(bound.cmp(&number));
        }
        number
            .parse::<BigInt>()
            .ok()
            .map(|number| self.0.cmp(&number))
    }
}

/// The letters of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// The text is its own upper case.
    Upper,
    /// The text is its own lower case.
    Lower,
    /// Any.
    Mixed,
}

/// What the values of a column look like.
#[derive(Clone, Debug)]
pub enum Format {
    /// A text, by length in characters and by letter case.
    Text {
        /// Its letters.
        letters: Letters,
        /// Fewest characters.
        shortest: Option<Bound>,
        /// Most characters.
        longest: Option<Bound>,
    },
    /// A text that a pattern matches from beginning to end.
    Pattern(Arc<Pattern>),
    /// A whole number.
    Integer {
        /// The least.
        least: Option<Bound>,
        /// The greatest.
        most: Option<Bound>,
    },
    /// A date.
    Date(Arc<DateFormat>),
    /// One of these.
    Enum(Arc<HashSet<String>>),
}

impl Format {
    /// Validates a value and writes it as it is hashed.
    ///
    /// # Errors
    /// The [`Rule`] that the value breaks.
    pub fn written<'value>(&self, value: &'value str) -> Result<Cow<'value, str>, Rule> {
        match self {
            Self::Text {
                letters,
                shortest,
                longest,
            } => {
                if shortest.is_some() || longest.is_some() {
                    let length = BigInt::from(value.chars().count());
                    if shortest.as_ref().is_some_and(|bound| length < bound.0) {
                        return Err(Rule::TooShort);
                    }
                    if longest.as_ref().is_some_and(|bound| length > bound.0) {
                        return Err(Rule::TooLong);
                    }
                }
                match letters {
                    Letters::Upper if !unicode::is_upper(value) => Err(Rule::NotUpper),
                    Letters::Lower if !unicode::is_lower(value) => Err(Rule::NotLower),
                    _ => Ok(Cow::Borrowed(value)),
                }
            }
            Self::Pattern(pattern) => match pattern.matches_all(value) {
                Ok(true) => Ok(Cow::Borrowed(value)),
                Ok(false) => Err(Rule::Pattern),
                Err(_) => Err(Rule::PatternTooSlow),
            },
            Self::Integer { least, most } => {
                let written = number::int_as_text(value).ok_or(Rule::NotInteger)?;
                if least.as_ref().is_some_and(|bound| bound.is_above(&written)) {
                    return Err(Rule::TooSmall);
                }
                if most.as_ref().is_some_and(|bound| bound.is_below(&written)) {
                    return Err(Rule::TooGreat);
                }
                Ok(written)
            }
            Self::Date(format) => format.read(value).map(Cow::Owned).ok_or(Rule::NotDate),
            Self::Enum(values) if values.contains(value) => Ok(Cow::Borrowed(value)),
            Self::Enum(_) => Err(Rule::NotListed),
        }
    }
}
