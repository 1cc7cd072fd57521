//! What pairs of different people of one file share: counts that tell chance from evidence.
//!
//! A value that two people of a file have is not released, so the linkage unit never sees how often strangers meet: in its own pairs a
//! stranger with the same value as somebody's true record has been dropped together with it. The custodian does see it. It counts, for
//! pairs of its own people that share values, how far they agree, and ships these few hundred counts with the file: "of 75,000 people,
//! 212 pairs share the sound of two names and the birth year". They say nothing about anybody; they make match weights honest.
//!
//! The idea is that of decoys in proteomics (Elias and Gygi, Nature Methods 4, 2007, pages 207-214): what is known to be false, made in the same
//! way as what may be true, says how much of the latter is false.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{Agreement, Fact, PresenceSchema};

/// What both records of a pair have, so that silence is not taken for disagreement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comparable {
    /// Both have a first name.
    pub first: bool,
    /// Both have a family name.
    pub last: bool,
    /// Both have a full birth date.
    pub birth: bool,
    /// Both have a place.
    pub place: bool,
    /// Both have a verified NHS number.
    pub nhs: bool,
}

impl Comparable {
    /// Number of classes.
    pub const CLASSES: usize = 32;

    /// The class as a number below [`Self::CLASSES`].
    pub fn class(self) -> usize {
        usize::from(self.birth)
            | usize::from(self.place) << 1
            | usize::from(self.nhs) << 2
            | usize::from(self.first) << 3
            | usize::from(self.last) << 4
    }

    /// The class with a number; bits beyond the five are not looked at.
    pub fn of_class(class: usize) -> Self {
        let has = |bit: usize| class >> bit & 1 == 1;
        Self {
            birth: has(0),
            place: has(1),
            nhs: has(2),
            first: has(3),
            last: has(4),
        }
    }
}

/// Bits of released presence patterns that say what two records can be compared by.
#[derive(Clone, Copy, Debug)]
pub struct Comparing {
    first: u32,
    last: u32,
    birth: u32,
    place: u32,
    nhs: u32,
}

impl Comparing {
    /// Of the patterns of a schema.
    pub fn new(presence: &PresenceSchema) -> Self {
        let bit = |fact| presence.bit(fact).unwrap_or(0);
        Self {
            first: bit(Fact::First),
            last: bit(Fact::Last),
            birth: bit(Fact::Birth),
            place: bit(Fact::Home) | bit(Fact::Postcode) | bit(Fact::Place),
            nhs: bit(Fact::Nhs),
        }
    }

    /// What two records of these patterns both have.
    pub fn comparable(&self, left: u32, right: u32) -> Comparable {
        let both = |bits: u32| left & bits != 0 && right & bits != 0;
        Comparable {
            first: both(self.first),
            last: both(self.last),
            birth: both(self.birth),
            place: both(self.place),
            nhs: both(self.nhs),
        }
    }
}

/// Digits and letters of a step.
const RADIX: u8 = 36;
/// Most lines that are read.
const LINES_MAX: usize = 20_000;

/// Pairs of people of one file that agree alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlikePairs {
    /// How many, in thousandths: a pair counts as much as it is likely that both would release what they share.
    pub thousandths: u64,
    /// Of the values that they share the share, in thousandths, that nobody else would have in a second file of the same size of a large
    /// population either. A value that three people have is seldom free in another file.
    pub alone: u16,
}

impl AlikePairs {
    /// All of them.
    const ALL: u16 = 1000;
}

/// Of the pairs of people of one file that share values which nobody else has, how many agree how far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithinCounts {
    counts: BTreeMap<(Agreement, Comparable), AlikePairs>,
}

impl WithinCounts {
    /// Counts pairs; the share of values that nobody else has is the mean over all.
    pub fn add(&mut self, agreement: Agreement, comparable: Comparable, more: AlikePairs) {
        if more.thousandths == 0 {
            return;
        }
        let own = self
            .counts
            .entry((agreement, comparable))
            .or_insert(AlikePairs {
                thousandths: 0,
                alone: 0,
            });
        let sum = |of: AlikePairs| u128::from(of.thousandths) * u128::from(of.alone);
        let all = own.thousandths.saturating_add(more.thousandths);
        let mean = (sum(*own) + sum(more) + u128::from(all) / 2) / u128::from(all);
        *own = AlikePairs {
            thousandths: all,
            alone: mean.min(u128::from(AlikePairs::ALL)) as u16,
        };
    }

    /// Adds the counts of another part of the file.
    pub fn append(&mut self, more: &Self) {
        for (agreement, comparable, pairs) in more.iter() {
            self.add(agreement, comparable, pairs);
        }
    }

    /// The counts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Agreement, Comparable, AlikePairs)> + '_ {
        self.counts
            .iter()
            .map(|(&(agreement, comparable), &pairs)| (agreement, comparable, pairs))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// As text, one line an agreement: its levels as digits and the steps of its pools as digits or small letters (`a` is ten), the class of what both
    /// have, and the two numbers of [`AlikePairs`].
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (agreement, comparable, AlikePairs { thousandths, alone }) in self.iter() {
            for level in agreement.levels {
                text.push(char::from(b'0' + level.min(3)));
            }
            for step in agreement.pools {
                text.extend(char::from_digit(
                    u32::from(step.min(RADIX - 1)),
                    RADIX.into(),
                ));
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, " {} {thousandths} {alone}", comparable.class());
        }
        text
    }

    /// Reads the text; `None` when it is not of this form or too long.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut counts = Self::default();
        for (index, line) in text.lines().enumerate() {
            let mut parts = line.split(' ');
            let (levels, class) = (parts.next()?, parts.next()?);
            let (pairs, alone) = (parts.next()?, parts.next()?);
            let mut agreement = Agreement::default();
            let fits = parts.next().is_none() && index < LINES_MAX && levels.is_ascii();
            let (levels, steps) = levels.as_bytes().split_at_checked(agreement.levels.len())?;
            let fits = fits
                && steps.len() == agreement.pools.len()
                && levels.iter().all(|digit| (b'0'..=b'3').contains(digit));
            let class: usize = class.parse().ok()?;
            let alone: u16 = alone.parse().ok()?;
            if !fits || class >= Comparable::CLASSES || alone > AlikePairs::ALL {
                return None;
            }
            for (level, digit) in agreement.levels.iter_mut().zip(levels) {
                *level = digit - b'0';
            }
            for (step, digit) in agreement.pools.iter_mut().zip(steps) {
                // Small letters only: one text for one count.
                let value = char::from(*digit).to_digit(RADIX.into())?;
                if digit.is_ascii_uppercase() {
                    return None;
                }
                *step = value as u8;
            }
            let pairs = AlikePairs {
                thousandths: pairs.parse().ok()?,
                alone,
            };
            counts.add(agreement, Comparable::of_class(class), pairs);
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_survive_as_text(
            lines in proptest::collection::vec((any::<[u8; 8]>(), any::<[u8; 4]>(), 0usize..32, 0u64..1_000_000_000, 0u16..=1000), 0..40),
        ) {
            let mut counts = WithinCounts::default();
            for (levels, steps, class, thousandths, alone) in lines {
                let mut agreement = Agreement::default();
                for (level, random) in agreement.levels.iter_mut().zip(levels) {
                    *level = random % 4;
                }
                agreement.pools = steps.map(|random| random % RADIX);
                counts.add(agreement, Comparable::of_class(class), AlikePairs { thousandths, alone });
            }
            prop_assert_eq!(WithinCounts::from_text(&counts.to_text()), Some(counts));
        }

        #[test]
        fn other_text_is_refused_and_never_panics(text in "[0-4a-z \n]{0,80}") {
            if let Some(counts) = WithinCounts::from_text(&text) {
                prop_assert_eq!(WithinCounts::from_text(&counts.to_text()), Some(counts));
            }
        }
    }

    #[test]
    fn shares_of_parts_are_brought_together() {
        let mut counts = WithinCounts::default();
        let mut add = |thousandths, alone| {
            let more = AlikePairs { thousandths, alone };
            counts.add(Agreement::default(), Comparable::default(), more);
        };
        add(30, 1000);
        add(10, 200);
        add(0, 0);
        assert_eq!(
            counts.iter().next().unwrap().2,
            AlikePairs {
                thousandths: 40,
                alone: 800
            }
        );
    }

    #[test]
    fn classes_are_numbers() {
        for class in 0..Comparable::CLASSES {
            assert_eq!(Comparable::of_class(class).class(), class);
        }
    }
}
