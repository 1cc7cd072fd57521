//! How alike two texts are, and a memory of what was asked before.
//!
//! The measures are those of `strsim`, to the last bit: what is added are ways that need no memory of their own and stop early.

use std::sync::atomic::{AtomicU64, Ordering};

/// Longest text that the quick ways take.
const LONGEST: usize = 64;

/// Jaro-Winkler likeness (Winkler 1990), as [`strsim::jaro_winkler`] has it.
pub(super) fn jaro_winkler(one: &str, other: &str) -> f64 {
    let quick = |text: &str| (1..=LONGEST).contains(&text.len()) && text.is_ascii();
    if !quick(one) || !quick(other) {
        return strsim::jaro_winkler(one, other);
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let range = (one.len().max(other.len()) / 2).saturating_sub(1);
    // A bit for each letter that has a partner.
    let (mut ones, mut others) = (0_u64, 0_u64);
    for (at, letter) in one.iter().enumerate() {
        let (first, last) = (at.saturating_sub(range), other.len().min(at + range + 1));
        for (place, partner) in other.iter().enumerate().take(last).skip(first) {
            if partner == letter && others >> place & 1 == 0 {
                ones |= 1 << at;
                others |= 1 << place;
                break;
            }
        }
    }
    let matches = ones.count_ones() as usize;
    if matches == 0 {
        return 0.0;
    }
    let mut exchanged = 0;
    let (mut left, mut right) = (ones, others);
    while left != 0 && right != 0 {
        let places = (left.trailing_zeros(), right.trailing_zeros());
        exchanged += usize::from(one[places.0 as usize] != other[places.1 as usize]);
        left &= left - 1;
        right &= right - 1;
    }
    exchanged /= 2;
    let jaro = ((matches as f64 / one.len() as f64)
        + (matches as f64 / other.len() as f64)
        + ((matches - exchanged) as f64 / matches as f64))
        / 3.0;
    if jaro > 0.7 {
        let prefix = one.iter().take(4).zip(other);
        let prefix = prefix.take_while(|(one, other)| one == other).count();
        jaro + 0.1 * prefix as f64 * (1.0 - jaro)
    } else {
        jaro
    }
}

/// Whether two texts are at most so many edits apart, 1 or 2, an exchange of neighbours being one (optimal string alignment).
pub(super) fn within(one: &str, other: &str, edits: usize) -> bool {
    if one.len().abs_diff(other.len()) > edits * 4 {
        return false;
    }
    if !(one.is_ascii() && other.is_ascii()) {
        return strsim::osa_distance(one, other) <= edits;
    }
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > edits {
        return false;
    }
    // What two texts begin and end with alike costs nothing.
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (one, other) = (&one[same..], &other[same..]);
    let ends = one.iter().rev().zip(other.iter().rev());
    let same = ends.take_while(|(a, b)| a == b).count();
    (one, other) = (&one[..one.len() - same], &other[..other.len() - same]);
    if one.len().max(other.len()) <= edits {
        return true;
    }
    if edits == 1 {
        return one.len() == 2 && other.len() == 2 && one[0] == other[1] && one[1] == other[0];
    }
    let text = |bytes: &[u8]| -> String { bytes.iter().map(|byte| *byte as char).collect() };
    apart(one, other) <= edits && strsim::osa_distance(&text(one), &text(other)) <= edits
}

/// Letters that one text has and the other lacks: never more than the edits between them.
fn apart(one: &[u8], other: &[u8]) -> usize {
    let mut counts = [0_i8; 128];
    for letter in one {
        counts[usize::from(letter & 127)] = counts[usize::from(letter & 127)].saturating_add(1);
    }
    for letter in other {
        counts[usize::from(letter & 127)] = counts[usize::from(letter & 127)].saturating_sub(1);
    }
    let over = counts.iter().filter(|count| **count > 0);
    let under = counts.iter().filter(|count| **count < 0);
    let sum = |own: &mut dyn Iterator<Item = &i8>| -> usize {
        own.map(|count| usize::from(count.unsigned_abs())).sum()
    };
    sum(&mut { over }).max(sum(&mut { under }))
}

/// What is remembered of two numbered values.
#[derive(Clone, Copy)]
pub(super) enum Question {
    /// How two names stand to each other.
    Names = 1,
    /// Whether two streets are alike.
    Streets,
    /// Whether two towns or places are alike.
    Towns,
    /// Whether the local parts of two e-mail addresses are alike.
    Locals,
    /// How two birth dates stand to each other.
    Births,
}

/// Answers to questions about pairs of values, the latest of those that share a place. An answer is what the two values say, so forgetting
/// one costs time and nothing else.
pub(super) struct Memo(Box<[AtomicU64]>);

/// Bits of a value's number that a place has room for.
const NUMBER: u32 = 28;

impl Memo {
    pub(super) fn new() -> Self {
        Self((0..1 << 20).map(|_| AtomicU64::new(0)).collect())
    }

    /// The answer, which is below 16, to a question about two values.
    pub(super) fn ask(
        &self,
        question: Question,
        one: u32,
        other: u32,
        answer: impl FnOnce() -> u8,
    ) -> u8 {
        if (one | other) >> NUMBER != 0 {
            return answer();
        }
        let asked = u64::from(one) << 36 | u64::from(other) << 8 | (question as u64) << 4;
        let place = super::values::mix(asked) as usize & (self.0.len() - 1);
        let known = self.0[place].load(Ordering::Relaxed);
        if known & !15 == asked {
            return (known & 15) as u8;
        }
        let answer = answer();
        self.0[place].store(asked | u64::from(answer & 15), Ordering::Relaxed);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts() -> impl Strategy<Value = (String, String)> {
        prop_oneof![
            ("[A-D]{0,9}", "[A-D]{0,9}"),
            ("[A-Z]{1,14}", "[A-Z]{1,14}"),
            ("[A-C]{0,70}", "[A-C]{0,70}"),
            ("[AÄÖ]{0,6}", "[AÄB]{0,6}"),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_quick_ways_say_what_the_slow_ones_say((one, other) in texts()) {
            prop_assert_eq!(jaro_winkler(&one, &other).to_bits(), strsim::jaro_winkler(&one, &other).to_bits());
            let edits = strsim::osa_distance(&one, &other);
            prop_assert_eq!(within(&one, &other, 1), edits <= 1);
            prop_assert_eq!(within(&one, &other, 2), edits <= 2);
        }

        #[test]
        fn what_is_remembered_is_what_was_answered(asked in proptest::collection::vec((0_u32..9, 0_u32..9), 1..200)) {
            let memo = Memo::new();
            for (one, other) in asked {
                let answer = || ((one * 7 + other) % 16) as u8;
                prop_assert_eq!(memo.ask(Question::Names, one, other, answer), answer());
                prop_assert_eq!(memo.ask(Question::Towns, one, other, || 3), 3);
            }
        }
    }
}
