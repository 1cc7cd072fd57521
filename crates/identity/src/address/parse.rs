//! From lines to an [`Address`].
//!
//! ```text
//!  lines ─► segments of words ─► flat taken out ─► number and street, or house name ─► town
//! ```
//!
//! The layout of the columns must not matter: `["Flat 3", "12", "High St"]` and `["FLAT 3 12 HIGH STREET, TOWN"]` are one
//! home. So commas and line ends only help, and the words decide.

use super::Address;
use super::flat::{drop_plot, flat_and_room, number_like, take_flat};
use super::kind::{is_no_fixed_abode, kind_of};
use super::place::place;
use super::vocabulary::{full_word, is_flat_word};
use crate::fold::{fold, says_unknown};
use crate::postcode::{Postcode, PostcodeReading};
use crate::rejected::Rejected;

/// The words of one segment.
pub(crate) type Words = Vec<String>;

/// Reads an address from one or several columns and the postcode's own column, which may be empty when the last line ends
/// with the postcode.
///
/// A postcode that cannot be read leaves the address without one; count it with [`Postcode::read`].
///
/// # Errors
/// [`Rejected::Empty`] when there is nothing in any column, [`Rejected::Placeholder`] when all say "not known".
pub fn read_address(lines: &[&str], postcode: &str) -> Result<Address, Rejected> {
    let given = Postcode::read(postcode);
    let mut no_fixed_abode = given == Ok(PostcodeReading::NoFixedAbode);
    let mut postcode = match given.clone() {
        Ok(PostcodeReading::Valid(postcode)) => Some(postcode),
        _ => None,
    };
    let mut care_of = false;
    let mut segments: Vec<Words> = Vec::new();
    let mut any_text = false;
    for line in lines {
        any_text |= line.chars().any(char::is_alphanumeric);
        for segment in split_line(line, &mut care_of) {
            if !says_unknown(&segment.join(" ")) {
                segments.push(segment);
            }
        }
    }
    take_postcode(&mut segments, &mut postcode);
    no_fixed_abode |= segments.iter().any(|words| is_no_fixed_abode(words));
    if segments.is_empty() && postcode.is_none() && !no_fixed_abode {
        return Err(if any_text || given == Ok(PostcodeReading::Unknown) {
            Rejected::Placeholder
        } else {
            Rejected::Empty
        });
    }
    if no_fixed_abode {
        let kind = kind_of(true, care_of, false);
        return Ok(Address {
            flat: None,
            number: None,
            street: Vec::new(),
            town: None,
            postcode,
            kind,
        });
    }
    drop_plot(&mut segments);
    let (mut flat, mut room) = (None, None);
    for words in &mut segments {
        take_flat(words, &mut flat, &mut room);
    }
    segments.retain(|words| !words.is_empty());
    let placed = place(segments, flat_and_room(flat, room));
    let kind = kind_of(false, care_of, placed.communal);
    Ok(Address {
        flat: placed.flat,
        number: placed.number,
        street: placed.street,
        town: placed.town,
        postcode,
        kind,
    })
}

/// Words of a line, cut at commas and brackets. Names after `c/o` are left out: they are somebody else's.
fn split_line(line: &str, care_of: &mut bool) -> Vec<Words> {
    let text = fold(line)
        .into_owned()
        .replace('\'', "")
        .replace("B&B", " B AND B ")
        .replace("B & B", " B AND B ")
        .replace('&', " AND ");
    let mut segments = Vec::new();
    for piece in text.split([',', ';', '(', ')', '\n', '|']) {
        let spaced = format!(" {piece} ");
        let owner =
            ["C/O", "C/-"].iter().any(|mark| spaced.contains(mark)) || spaced.contains(" CARE OF ");
        let piece = piece
            .replace("C/O", " ")
            .replace("C/-", " ")
            .replace("CARE OF", if owner { " " } else { "CARE OF" });
        let mut words = words_of(&piece);
        if owner {
            *care_of = true;
            let start = words
                .iter()
                .position(|w| number_like(w) || is_flat_word(w))
                .unwrap_or(words.len());
            words.drain(..start);
        }
        if !words.is_empty() {
            segments.push(words);
        }
    }
    segments
}

/// Letters and digits; a hyphen or slash between two digits stays (`12-14`), any other separates.
fn words_of(piece: &str) -> Words {
    let chars: Vec<char> = piece.chars().collect();
    let mut text = String::with_capacity(piece.len());
    for (at, c) in chars.iter().enumerate() {
        let beside = |i: Option<usize>| {
            i.and_then(|i| chars.get(i))
                .is_some_and(char::is_ascii_digit)
        };
        match c {
            '0'..='9' | 'A'..='Z' => text.push(*c),
            '-' | '/' if beside(at.checked_sub(1)) && beside(Some(at + 1)) => text.push('-'),
            '.' => {}
            _ => text.push(' '),
        }
    }
    text.split(' ')
        .filter(|w| !w.is_empty())
        .map(|w| full_word(w).to_owned())
        .collect()
}

/// Takes the postcode out of the lines: a copy of the given one, or, when none was given, the last words of the last segment.
fn take_postcode(segments: &mut Vec<Words>, postcode: &mut Option<Postcode>) {
    for words in segments.iter_mut().rev() {
        for take in [2, 1] {
            let Some(start) = words.len().checked_sub(take) else {
                continue;
            };
            let text = words[start..].join("");
            let read = (text.len() >= 5).then(|| Postcode::read(&text));
            if let Some(Ok(PostcodeReading::Valid(found))) = read
                && text.ends_with(|c: char| c.is_ascii_uppercase())
                && postcode.as_ref().is_none_or(|known| *known == found)
            {
                words.truncate(start);
                *postcode = Some(found);
                break;
            }
        }
    }
    segments.retain(|words| !words.is_empty());
}
