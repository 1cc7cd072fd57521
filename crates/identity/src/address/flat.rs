//! Parts of a building: flats, floors, rooms; and the numbers they share with houses.

use super::parse::Words;
use super::vocabulary::{floor, is_flat_word};

/// Takes flat or floor out of a segment, unless an earlier segment had one, and the room.
pub(crate) fn take_flat(
    words: &mut Words<'_>,
    flat: &mut Option<String>,
    room: &mut Option<String>,
) {
    let mut found: Option<String> = None;
    if let Some(at) = words
        .iter()
        .position(|w| matches!(*w, "GFF" | "FFF" | "TFF" | "BFF"))
    {
        let name = match words[at] {
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
            .is_some_and(|w| matches!(*w, "NO" | "NUMBER"))
        {
            end += 1;
        }
        let mut start = at;
        while start > 0 && words[start - 1] == "FLOOR" {
            start -= 1;
        }
        let which = start.checked_sub(1).and_then(|before| floor(words[before]));
        if let Some(name) = which {
            // "GROUND FLOOR FLAT 12 HIGH STREET": the number is the house's.
            start -= 1;
            end = at + 1;
            found = Some(name.to_owned());
        } else if let Some(id) = words.get(end).filter(|w| flat_id(w)) {
            start = at;
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
        } else if words.len() == at + 1 && (at == 0 || (at == 1 && words[0] == "THE")) {
            // "THE FLAT", "FLAT" on its own line.
            start = 0;
            found = Some(String::from("FLAT"));
        }
        if found.is_some() {
            words.drain(start..end.min(words.len()));
        }
    }
    if let Some(at) = words.iter().position(|w| matches!(*w, "ROOM" | "RM"))
        && let Some(id) = words.get(at + 1).filter(|w| flat_id(w))
    {
        let found = format!("ROOM {}", without_zeros(id));
        words.drain(at..at + 2);
        room.get_or_insert(found);
    }
    if flat.is_none() {
        *flat = found;
    }
}

/// Takes out a builder's plot number (`PLOT 37`), which is no part of the address once the house has a number.
pub(crate) fn drop_plot(segments: &mut [Words<'_>]) {
    let numbers = segments.iter().flatten().filter(|w| number_like(w)).count();
    for words in segments {
        if let Some(at) = words.iter().position(|w| *w == "PLOT")
            && words.get(at + 1).is_some_and(|w| number_like(w))
            && numbers > 1
        {
            words.drain(at..at + 2);
        }
    }
}

/// Flat and room as one text: `3 ROOM 2`.
pub(crate) fn flat_and_room(flat: Option<String>, room: Option<String>) -> Option<String> {
    match (flat, room) {
        (Some(flat), Some(room)) => Some(format!("{flat} {room}")),
        (flat, room) => flat.or(room),
    }
}

/// `12`, `12A`, `12-14`.
pub(crate) fn number_like(word: &str) -> bool {
    let body = word
        .strip_suffix(|c: char| c.is_ascii_uppercase())
        .unwrap_or(word);
    !body.is_empty()
        && body.len() <= 9
        && body.starts_with(|c: char| c.is_ascii_digit())
        && body.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// One letter, as behind a house number.
pub(crate) fn single_letter(word: &str) -> bool {
    word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A number without its leading zeros.
pub(crate) fn without_zeros(number: &str) -> String {
    let short = number.trim_start_matches('0');
    if short.starts_with(|c: char| c.is_ascii_digit()) {
        short.to_owned()
    } else {
        number.to_owned()
    }
}

/// `3`, `3B`, `B`, `B3`: what can follow `FLAT`.
fn flat_id(word: &str) -> bool {
    let after_letter = word.strip_prefix(|c: char| c.is_ascii_uppercase());
    number_like(word)
        || after_letter
            .is_some_and(|rest| rest.len() <= 4 && rest.bytes().all(|b| b.is_ascii_digit()))
}
