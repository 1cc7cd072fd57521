//! From lines to an [`Address`].
//!
//! ```text
//!  lines ─► segments of words ─► flat taken out ─► number and street, or house name ─► town
//! ```
//!
//! The layout of the columns must not matter: `["Flat 3", "12", "High St"]` and `["FLAT 3 12 HIGH STREET, TOWN"]` are one
//! home. So commas and line ends only help, and the words decide.

use super::Address;
use super::kind::{is_communal, is_no_fixed_abode, kind_of};
use super::vocabulary::{
    building, floor, full_word, is_direction, is_flat_word, is_region, street_type,
};
use crate::fold::{fold, says_unknown};
use crate::postcode::{Postcode, PostcodeReading};
use crate::rejected::Rejected;

type Words = Vec<String>;

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
    let mut flat = None;
    for words in &mut segments {
        take_flat(words, &mut flat);
    }
    segments.retain(|words| !words.is_empty());
    let placed = place(segments, flat);
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

/// `12`, `12A`, `12-14`.
fn number_like(word: &str) -> bool {
    let body = word
        .strip_suffix(|c: char| c.is_ascii_uppercase())
        .unwrap_or(word);
    !body.is_empty()
        && body.len() <= 9
        && body.starts_with(|c: char| c.is_ascii_digit())
        && body.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

fn single_letter(word: &str) -> bool {
    word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// `3`, `3B`, `B`, `B3`: what can follow `FLAT`.
fn flat_id(word: &str) -> bool {
    let after_letter = word.strip_prefix(|c: char| c.is_ascii_uppercase());
    number_like(word)
        || after_letter
            .is_some_and(|rest| rest.len() <= 4 && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn without_zeros(number: &str) -> String {
    let short = number.trim_start_matches('0');
    if short.starts_with(|c: char| c.is_ascii_digit()) {
        short.to_owned()
    } else {
        number.to_owned()
    }
}

/// Takes flat, floor and room out of a segment.
fn take_flat(words: &mut Words, flat: &mut Option<String>) {
    let mut found: Option<String> = None;
    if let Some(at) = words
        .iter()
        .position(|w| matches!(w.as_str(), "GFF" | "FFF" | "TFF" | "BFF"))
    {
        let name = match words[at].as_str() {
            "GFF" => "GROUND",
            "FFF" => "FIRST",
            "TFF" => "TOP",
            _ => "BASEMENT",
        };
        found = Some(name.to_owned());
        words.remove(at);
    } else if let Some(at) = words.iter().position(|w| is_flat_word(w)) {
        let mut end = at + 1;
        while words
            .get(end)
            .is_some_and(|w| matches!(w.as_str(), "NO" | "NUMBER"))
        {
            end += 1;
        }
        let mut start = at;
        if let Some(id) = words.get(end).filter(|w| flat_id(w)) {
            let mut id = without_zeros(id);
            end += 1;
            // "FLAT 3 B 12 HIGH STREET": the letter belongs to the flat when a number or nothing follows.
            if let Some(letter) = words.get(end)
                && single_letter(letter)
                && id.bytes().all(|b| b.is_ascii_digit())
                && words.get(end + 1).is_none_or(|next| number_like(next))
            {
                id.push_str(letter);
                end += 1;
            }
            found = Some(id);
        } else {
            while start > 0 && words[start - 1] == "FLOOR" {
                start -= 1;
            }
            if let Some(name) = start
                .checked_sub(1)
                .and_then(|before| floor(&words[before]))
            {
                start -= 1;
                found = Some(name.to_owned());
            } else if words.len() == at + 1 && at <= 1 {
                // "THE FLAT", "FLAT" on its own line.
                start = if at == 1 && words[0] == "THE" { 0 } else { at };
                found = (start == 0).then(|| String::from("FLAT"));
            }
        }
        if found.is_some() {
            words.drain(start..end.min(words.len()));
        }
    }
    if let Some(at) = words.iter().position(|w| w == "ROOM" || w == "RM")
        && let Some(id) = words.get(at + 1).filter(|w| flat_id(w))
    {
        let room = format!("ROOM {}", without_zeros(id));
        words.drain(at..at + 2);
        found = Some(match found.or(flat.take()) {
            Some(flat) => format!("{flat} {room}"),
            None => room,
        });
    }
    if let Some(found) = found
        && (flat.is_none() || found.contains("ROOM"))
    {
        *flat = Some(found);
    }
}

/// Where the words of an address went.
struct Placed {
    flat: Option<String>,
    number: Option<String>,
    street: Words,
    town: Option<String>,
    communal: bool,
}

/// A segment that begins with a number, and what follows.
struct Numbered {
    number: String,
    rest: Words,
}

/// Gives every segment its role.
fn place(segments: Vec<Words>, mut flat: Option<String>) -> Placed {
    let mut before: Vec<Words> = Vec::new();
    let mut numbered: Option<Numbered> = None;
    let mut after: Vec<Words> = Vec::new();
    let mut waiting = join_lone_numbers(segments).into_iter().peekable();
    while let Some(words) = waiting.next() {
        if numbered.is_some() {
            after.push(words);
            continue;
        }
        let Some((names, mut found)) = split_number(words.clone()) else {
            before.push(words);
            continue;
        };
        if !names.is_empty() {
            before.push(names);
        }
        // "3 ALBION HOUSE, 12 HIGH STREET": the first number is the flat's.
        let next_is_numbered = waiting
            .peek()
            .is_some_and(|next| number_like(&next[0]) && next.len() > 1);
        if flat.is_none() && next_is_numbered && !found.rest.is_empty() {
            flat = Some(found.number);
            before.push(std::mem::take(&mut found.rest));
            continue;
        }
        numbered = Some(found);
    }
    let communal = before.iter().chain(&after).any(|words| is_communal(words));
    match numbered {
        Some(found) => with_number(found, flat, after, communal),
        None => with_name(before, flat, communal),
    }
}

/// A segment that is only a number belongs to the next one: a form with a column of its own for it.
fn join_lone_numbers(segments: Vec<Words>) -> Vec<Words> {
    let mut joined: Vec<Words> = Vec::new();
    let mut lone: Words = Vec::new();
    for mut words in segments {
        if matches!(words[0].as_str(), "NO" | "NUMBER" | "NUM")
            && words.get(1).is_some_and(|w| number_like(w))
        {
            words.remove(0);
        }
        if lone.is_empty() && words.len() == 1 && number_like(&words[0]) {
            lone = words;
        } else {
            let mut whole = std::mem::take(&mut lone);
            whole.append(&mut words);
            joined.push(whole);
        }
    }
    if !lone.is_empty() {
        joined.push(lone);
    }
    joined
}

/// Finds the house number of a segment: names before it, the number, the words after it.
fn split_number(mut words: Words) -> Option<(Words, Numbered)> {
    let at = words.iter().position(|w| number_like(w))?;
    let mut rest = words.split_off(at + 1);
    let mut number = words.pop()?;
    // "HIGH STREET 12"
    if rest.is_empty() && words.last().is_some_and(|w| street_type(w).is_some()) {
        return Some((
            Vec::new(),
            Numbered {
                number: without_zeros(&number),
                rest: words,
            },
        ));
    }
    // "12 A HIGH STREET"
    if number.bytes().all(|b| b.is_ascii_digit()) && rest.first().is_some_and(|w| single_letter(w))
    {
        number.push_str(&rest.remove(0));
    }
    Some((
        words,
        Numbered {
            number: without_zeros(&number),
            rest,
        },
    ))
}

fn with_number(
    found: Numbered,
    mut flat: Option<String>,
    after: Vec<Words>,
    communal_around: bool,
) -> Placed {
    let Numbered { mut number, rest } = found;
    let mut after = after;
    // "12" in one column and nothing else in that segment: the street is the next one.
    let rest = if rest.is_empty() && !after.is_empty() {
        after.remove(0)
    } else {
        rest
    };
    let (mut street, leftover) = cut_street(rest);
    let names_building = street.last().is_some_and(|w| building(w).is_some());
    let ends_like_building = names_building || street.last().is_some_and(|w| w == "COURT");
    let next_street = after
        .first()
        .is_some_and(|w| w.last().is_some_and(|w| expanded_type(w).is_some()));
    let mut communal = communal_around || is_communal(&leftover);
    if names_building {
        communal |= is_communal(&street);
    } else if !street.is_empty() && street.last().is_some_and(|w| expanded_type(w).is_none()) {
        communal |= is_communal(&street);
    }
    if flat.is_none() && (names_building || (ends_like_building && next_street)) {
        flat = Some(std::mem::replace(&mut number, street.join(" ")));
        street = if next_street {
            cut_street(after.remove(0)).0
        } else {
            Vec::new()
        };
    }
    let town = town_of(std::iter::once(leftover).chain(after));
    Placed {
        flat,
        number: Some(number),
        street,
        town,
        communal,
    }
}

fn with_name(segments: Vec<Words>, flat: Option<String>, communal: bool) -> Placed {
    let mut segments = segments;
    let (mut number, mut street) = (None, Vec::new());
    let is_street = |words: &Words| words.last().is_some_and(|w| expanded_type(w).is_some());
    if let Some(first) = segments.first().cloned() {
        let next_street = segments.get(1).is_some_and(is_street);
        let cut = first.iter().rposition(|w| building(w).is_some());
        match cut {
            // "ROSE COTTAGE MILL LANE": the building's word ends the name.
            Some(at) if at > 0 => {
                let mut name = first;
                let rest = name.split_off(at + 1);
                number = Some(name.join(" "));
                segments.remove(0);
                if !rest.is_empty() {
                    segments.insert(0, rest);
                }
            }
            _ if next_street && (flat.is_some() || !is_street(&first)) => {
                number = Some(cut_street(first).0.join(" "));
                segments.remove(0);
            }
            _ if flat.is_some() && is_street(&first) => {
                // "FLAT 3, TUDOR COURT": the block has the street's place.
                number = Some(cut_street(first).0.join(" "));
                segments.remove(0);
            }
            _ if first.len() >= 3 && first[0] == "THE" && first[1] == "OLD" => {
                number = Some(first.join(" "));
                segments.remove(0);
            }
            _ => {}
        }
        if segments
            .first()
            .is_some_and(|words| words.iter().any(|w| expanded_type(w).is_some()))
        {
            let (found, leftover) = cut_street(segments.remove(0));
            street = found;
            if !leftover.is_empty() {
                segments.insert(0, leftover);
            }
        }
    }
    Placed {
        flat,
        number,
        street,
        town: town_of(segments.into_iter()),
        communal,
    }
}

/// The full form of a street type, `ST` included.
fn expanded_type(word: &str) -> Option<&'static str> {
    if word == "ST" {
        Some("STREET")
    } else {
        street_type(word)
    }
}

/// Splits `HIGH ST BEXLEYHEATH KENT` after the street, its words written out. Without a street type all words are the street.
fn cut_street(words: Words) -> (Words, Words) {
    // A type as the first word is part of the name (AVENUE ROAD, GREEN LANE), and ST before a name is SAINT.
    let is_type = |at: usize| at > 0 && expanded_type(&words[at]).is_some();
    let saint = |at: usize| {
        words[at] == "ST"
            && (at == 0 || (at + 1 < words.len() && (at + 1..words.len()).any(is_type)))
    };
    let Some(mut end) = (1..words.len()).find(|at| is_type(*at) && !saint(*at)) else {
        return (
            words
                .iter()
                .map(|w| {
                    if w == "ST" {
                        String::from("SAINT")
                    } else {
                        w.clone()
                    }
                })
                .collect(),
            Vec::new(),
        );
    };
    while end + 1 < words.len()
        && ((is_type(end + 1) && words[end + 1] != "ST") || is_direction(&words[end + 1]))
    {
        end += 1;
    }
    let street = (0..=end)
        .map(|at| match words[at].as_str() {
            "ST" if saint(at) => "SAINT",
            word if is_type(at) => expanded_type(word).unwrap_or(word),
            word => word,
        })
        .map(str::to_owned)
        .collect();
    (street, words[end + 1..].to_vec())
}

/// The last segment that is a place and no county or country.
fn town_of(segments: impl Iterator<Item = Words>) -> Option<String> {
    segments
        .map(|words| words.join(" "))
        .filter(|text| {
            !text.is_empty() && !is_region(text) && !text.bytes().any(|b| b.is_ascii_digit())
        })
        .last()
}
