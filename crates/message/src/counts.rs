//! Counts as a sentence says them.

use std::fmt::Display;

/// A whole number with a comma before every three digits: `1,234,567`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 person`, `2,000 people`: so many of something whose name for one and for several is told.
pub fn counted(number: impl Display, one: &str, several: &str) -> String {
    let text = grouped(number);
    let thing = if text == "1" { one } else { several };
    format!("{text} {thing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well() {
        for (number, expected) in [
            (0_u64, "0 people"),
            (1, "1 person"),
            (999, "999 people"),
            (1_000, "1,000 people"),
            (1_234_567, "1,234,567 people"),
        ] {
            assert_eq!(counted(number, "person", "people"), expected);
        }
    }
}
