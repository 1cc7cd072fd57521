//! From lines to an [`Address`].
//!
//! ```text
//!  lines ─► segments of words ─► flat taken out ─► number and street, or house name ─► town
//! ```
//!
//! The layout of the columns must not matter: `["Flat 3", "12", "High St"]` and `["FLAT 3 12 HIGH STREET, TOWN"]` are one
//! home. So commas and line ends only help, and the words decide.

use std::ops::Range;

use super::Address;
use super::flat::{drop_plot, flat_and_room, number_like, take_flat};
use super::kind::{is_no_fixed_abode, kind_of};
use super::place::place;
use super::vocabulary::{full_word, is_flat_word};
use crate::fold::{bound, fold, says_unknown};
use crate::postcode::{Postcode, PostcodeReading};
use crate::rejected::Rejected;

/// The words of one segment: slices of one standard text, or of the vocabulary.
pub(crate) type Words<'text> = Vec<&'text str>;

/// Reads an address from one or several columns and the postcode's own column, which may be empty when the last line ends
/// with the postcode.
///
/// A postcode that cannot be read leaves the address without one; count it with [`Postcode::read`]. Two postcodes that differ are a
/// move half entered: the one in its own column stands.
///
/// # Errors
/// [`Rejected::Empty`] when there is nothing in any column, [`Rejected::Placeholder`] when all say "not known".
pub fn read_address(lines: &[&str], postcode: &str) -> Result<Address, Rejected> {
    read(lines, Postcode::read(postcode))
}

/// Reads an address of a table that may come from abroad: as [`read_address`], but a column of postcodes may hold the postal codes of
/// another country ([`Postcode::read_abroad`]).
///
/// For tables of any country that are encoded to try things out. In an agency's extract such a code is a slip, and stays one.
///
/// # Errors
/// As [`read_address`].
pub fn read_address_abroad(lines: &[&str], code: &str) -> Result<Address, Rejected> {
    let here = Postcode::read(code);
    let given = match &here {
        Err(_) => Postcode::read_abroad(code).map(PostcodeReading::Valid),
        Ok(_) => here,
    };
    read(lines, given)
}

fn read(lines: &[&str], given: Result<PostcodeReading, Rejected>) -> Result<Address, Rejected> {
    let given_unknown = given == Ok(PostcodeReading::Unknown);
    let mut no_fixed_abode = given == Ok(PostcodeReading::NoFixedAbode);
    let mut postcode = match given {
        Ok(PostcodeReading::Valid(postcode)) => Some(postcode),
        _ => None,
    };
    let text = Text::of(lines);
    let mut care_of = false;
    let mut segments: Vec<Words<'_>> = Vec::with_capacity(text.pieces.len());
    for (range, owner) in &text.pieces {
        care_of |= owner;
        let piece = &text.all[range.clone()];
        if says_unknown(piece) {
            continue;
        }
        let mut words: Words<'_> = piece
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(full_word)
            .collect();
        if *owner {
            // The name after c/o is somebody else's.
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
    take_postcode(&mut segments, &mut postcode);
    no_fixed_abode |= segments.iter().any(|words| is_no_fixed_abode(words));
    if segments.is_empty() && postcode.is_none() && !no_fixed_abode {
        return Err(if text.any || given_unknown {
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

/// All lines as one text in standard letters, and where its pieces are.
struct Text {
    all: String,
    /// Pieces between commas, brackets and line ends; the flag says that it named somebody else (`c/o`).
    pieces: Vec<(Range<usize>, bool)>,
    /// Whether there was a letter or digit anywhere.
    any: bool,
}

impl Text {
    fn of(lines: &[&str]) -> Self {
        let mut text = Self {
            all: String::with_capacity(lines.iter().map(|line| line.len() + 8).sum()),
            pieces: Vec::with_capacity(lines.len() + 2),
            any: false,
        };
        for line in lines.iter().flat_map(|line| line.lines()) {
            text.any |= line.chars().any(char::is_alphanumeric);
            let line = bound(fold(line));
            for piece in line.split([',', ';', '(', ')', '|']) {
                text.push(piece);
            }
        }
        text
    }

    fn push(&mut self, piece: &str) {
        let owner = names_owner(piece);
        let start = self.all.len();
        if owner {
            let mut rest = piece.to_owned();
            for mark in ["C/O", "C/-", "C\\O", "CARE OF"] {
                rest = rest.replace(mark, " ");
            }
            self.push_words(&rest);
        } else {
            self.push_words(piece);
        }
        self.pieces.push((start..self.all.len(), owner));
    }

    /// Letters and digits; a hyphen or slash between two digits stays (`12-14`), any other separates; a point binds (`ST.`).
    fn push_words(&mut self, piece: &str) {
        let bytes = piece.as_bytes();
        let digit_at = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(u8::is_ascii_digit)
        };
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' => self.all.push(char::from(*byte)),
                b'-' | b'/' if digit_at(at.checked_sub(1)) && digit_at(Some(at + 1)) => {
                    self.all.push('-');
                }
                b'.' => {}
                b'&' => self.all.push_str(" AND "),
                _ => self.all.push(' '),
            }
        }
    }
}

/// Whether a piece of a line says that the address is somebody else's.
fn names_owner(piece: &str) -> bool {
    if !piece.contains('C') {
        return false;
    }
    let of = |at: usize| {
        let before = piece[..at].chars().next_back();
        let after = piece[at + "CARE OF".len()..].chars().next();
        let apart = |c: Option<char>| c.is_none_or(|c| c == ' ');
        apart(before) && apart(after)
    };
    ["C/O", "C/-", "C\\O"]
        .iter()
        .any(|mark| piece.contains(mark))
        || piece.match_indices("CARE OF").any(|(at, _)| of(at))
}

/// Takes the postcode out of the lines: a copy of the given one, or, when none was given, the last words of the last segment.
fn take_postcode(segments: &mut Vec<Words<'_>>, postcode: &mut Option<Postcode>) {
    for words in segments.iter_mut().rev() {
        for take in [2, 1] {
            let Some(start) = words.len().checked_sub(take) else {
                continue;
            };
            if !may_be_postcode(&words[start..]) {
                continue;
            }
            if let Ok(PostcodeReading::Valid(found)) = Postcode::read(&words[start..].concat())
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

/// Whether words have the length of a postcode, end in a letter and hold a digit: nearly all others need no closer look.
fn may_be_postcode(words: &[&str]) -> bool {
    let length: usize = words.iter().map(|word| word.len()).sum();
    let ends = words
        .last()
        .is_some_and(|word| word.ends_with(|c: char| c.is_ascii_uppercase()));
    let digit = |word: &&str| word.bytes().any(|b| b.is_ascii_digit());
    (5..=7).contains(&length) && ends && words.iter().any(digit)
}
