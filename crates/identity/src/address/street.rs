//! Streets: where they end in a line, and their words written out.

use super::parse::Words;
use super::vocabulary::{is_direction, street_type};

/// Types that hardly occur in the names of towns, unlike `HEATH`, `WOOD` or `GREEN`: the first of them ends the street.
const STRONG: &[&str] = &[
    "AVENUE", "CLOSE", "COURT", "CRESCENT", "DRIVE", "GARDENS", "GROVE", "LANE", "MEWS", "PLACE",
    "ROAD", "SQUARE", "STREET", "TERRACE", "WALK", "WAY",
];

/// The full form of a street type, `ST` included.
pub(crate) fn expanded_type(word: &str) -> Option<&'static str> {
    if word == "ST" {
        Some("STREET")
    } else {
        street_type(word)
    }
}

/// Whether the last word is a street type.
pub(crate) fn ends_in_type(words: &[&str]) -> bool {
    words.last().is_some_and(|w| expanded_type(w).is_some())
}

/// Whether the last word is a street type that is hardly ever the end of another name.
pub(crate) fn ends_in_strong_type(words: &[&str]) -> bool {
    words.last().is_some_and(|w| strong(w))
}

/// Whether any word is a street type.
pub(crate) fn has_type(words: &[&str]) -> bool {
    words.iter().any(|w| expanded_type(w).is_some())
}

/// Splits `HIGH ST BEXLEYHEATH KENT` after the street, its words written out. Without a street type all words are the street.
pub(crate) fn cut_street(words: Words<'_>) -> (Words<'_>, Words<'_>) {
    let end = street_end(&words);
    let last = end.unwrap_or(words.len());
    let mut street: Words<'_> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate().take(last.saturating_add(1)) {
        street.push(match expanded_type(word) {
            _ if *word == "ST" && is_saint(&words, at) => "SAINT",
            Some(full) if at > 0 => full,
            _ => word,
        });
    }
    let leftover = end.map_or_else(Vec::new, |end| words[end + 1..].to_vec());
    (street, leftover)
}

/// Where the street ends: after its type, the types right behind it (`PARK LANE CLOSE`) and the points of the compass.
///
/// A type as the first word is part of the name (`AVENUE ROAD`, `GREEN LANE`).
fn street_end(words: &[&str]) -> Option<usize> {
    let is_type = |at: usize| expanded_type(words[at]).is_some() && !is_saint(words, at);
    let is_strong = |at: usize| is_type(at) && strong(words[at]);
    let mut end = (1..words.len())
        .find(|at| is_strong(*at))
        .or_else(|| (1..words.len()).find(|at| is_type(*at)))?;
    while end + 1 < words.len() && (is_type(end + 1) || is_direction(words[end + 1])) {
        end += 1;
    }
    Some(end)
}

fn strong(word: &str) -> bool {
    expanded_type(word).is_some_and(|full| STRONG.contains(&full))
}

/// `ST` is SAINT as the first word and wherever another strong type follows (`UPPER ST JOHNS ROAD`).
fn is_saint(words: &[&str], at: usize) -> bool {
    words[at] == "ST" && words.len() > 1 && (at == 0 || words[at + 1..].iter().any(|w| strong(w)))
}
