//! The parts of a pattern, and how much text they can take up.

use super::characters::{Alphabet, Set};

/// Least and most characters; no most if there is no end.
pub type Width = (u64, Option<u64>);

/// A part of a pattern.
#[derive(Clone, Debug)]
pub enum Node {
    /// One character of a set.
    Set(Set),
    /// A place in the text.
    Anchor(Anchor),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first that leads to a match.
    Choice(Vec<Node>),
    /// A group that remembers what it matched; groups are numbered by their opening brackets.
    Group(Box<Node>),
    /// `(?>…)`
    Atomic(Box<Node>),
    /// `(?=…)` and its relatives.
    Look {
        /// What precedes rather than what follows.
        behind: bool,
        /// Must not match.
        negative: bool,
        /// The pattern.
        inner: Box<Node>,
    },
    /// `*`, `+`, `?`, `{2,3}`
    Repeat {
        /// At least so often.
        least: u32,
        /// At most so often.
        most: Option<u32>,
        /// Which number of repetitions is tried first.
        greed: Greed,
        /// What is repeated.
        inner: Box<Node>,
    },
    /// What a group matched, again.
    Reference(usize),
    /// `(?(1)…|…)`
    If {
        /// Whether this group has matched.
        group: usize,
        /// If it has.
        yes: Box<Node>,
        /// If not.
        no: Box<Node>,
    },
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// `\A`, and `^` without the flag `m`.
    Start,
    /// `^` with the flag `m`.
    LineStart,
    /// `\Z`
    VeryEnd,
    /// `$` without the flag `m`: the end, or before a line end that ends the text.
    End,
    /// `$` with the flag `m`.
    LineEnd,
    /// `\b` and `\B`.
    Word {
        /// `\B`
        inverse: bool,
        /// What a word consists of.
        alphabet: Alphabet,
    },
}

/// Which number of repetitions is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greed {
    /// The most.
    Greedy,
    /// The least.
    Lazy,
    /// The most, and no other.
    Possessive,
}

impl Node {
    /// Least and most characters that a part can match; no most if there is no end.
    pub fn width(&self, group_width: &impl Fn(usize) -> Width) -> Width {
        match self {
            Self::Set(_) => (1, Some(1)),
            Self::Anchor(_) | Self::Look { .. } => (0, Some(0)),
            Self::Group(inner) | Self::Atomic(inner) => inner.width(group_width),
            Self::Sequence(nodes) => nodes.iter().map(|node| node.width(group_width)).fold(
                (0, Some(0)),
                |(least, most), (low, high)| {
                    (least + low, most.zip(high).map(|(most, high)| most + high))
                },
            ),
            Self::Choice(nodes) => either(nodes.iter().map(|node| node.width(group_width))),
            Self::If { yes, no, .. } => {
                either([yes.width(group_width), no.width(group_width)].into_iter())
            }
            Self::Repeat {
                least, most, inner, ..
            } => {
                let (low, high) = inner.width(group_width);
                let most = most
                    .zip(high)
                    .map(|(most, high)| u64::from(most).saturating_mul(high));
                (
                    u64::from(*least).saturating_mul(low),
                    most.or(if high == Some(0) { Some(0) } else { None }),
                )
            }
            Self::Reference(group) => group_width(*group),
        }
    }
}

fn either(widths: impl Iterator<Item = Width>) -> Width {
    widths
        .reduce(|(least, most), (low, high)| {
            (
                least.min(low),
                most.zip(high).map(|(most, high)| most.max(high)),
            )
        })
        .unwrap_or((0, Some(0)))
}
