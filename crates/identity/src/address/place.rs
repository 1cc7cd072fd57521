//! Which words are the number, the street, the house's name and the town.

use super::flat::{number_like, single_letter, without_zeros};
use super::kind::is_communal;
use super::parse::Words;
use super::street::{cut_street, ends_in_strong_type, ends_in_type, expanded_type, has_type};
use super::vocabulary::{building, is_region};

/// Where the words of an address went.
pub(crate) struct Placed {
    pub(crate) flat: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) street: Vec<String>,
    pub(crate) town: Option<String>,
    /// Whether a word outside the street names a communal place.
    pub(crate) communal: bool,
}

/// A segment that begins with a number, and what follows.
struct Numbered<'text> {
    number: String,
    rest: Words<'text>,
}

/// Gives every segment its role.
pub(crate) fn place(segments: Vec<Words<'_>>, mut flat: Option<String>) -> Placed {
    let mut before: Vec<Words<'_>> = Vec::new();
    let mut numbered: Option<Numbered<'_>> = None;
    let mut after: Vec<Words<'_>> = Vec::new();
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
            .is_some_and(|next| number_like(next[0]) && next.len() > 1);
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
fn join_lone_numbers(segments: Vec<Words<'_>>) -> Vec<Words<'_>> {
    let mut joined: Vec<Words<'_>> = Vec::new();
    let mut lone: Words<'_> = Vec::new();
    for mut words in segments {
        if matches!(words[0], "NO" | "NUMBER" | "NUM")
            && words.get(1).is_some_and(|w| number_like(w))
        {
            words.remove(0);
        }
        if lone.is_empty() && words.len() == 1 && number_like(words[0]) {
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
fn split_number(mut words: Words<'_>) -> Option<(Words<'_>, Numbered<'_>)> {
    let at = words.iter().position(|w| number_like(w))?;
    let mut rest = words.split_off(at + 1);
    let mut number = words.pop()?.to_owned();
    // "HIGH STREET 12"
    if rest.is_empty() && ends_in_type(&words) {
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
        number.push_str(rest.remove(0));
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
    found: Numbered<'_>,
    mut flat: Option<String>,
    after: Vec<Words<'_>>,
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
    // "12 ALBION HOUSE HIGH STREET": the building and its street in one go.
    let mut rest = rest;
    if let Some(at) = building_end(&rest)
        && rest.len() > at + 2
        && rest[at + 1..].iter().any(|w| expanded_type(w).is_some())
    {
        let street = rest.split_off(at + 1);
        after.insert(0, street);
    }
    let (mut street, leftover) = cut_street(rest);
    let names_building = street.last().is_some_and(|w| building(w).is_some());
    let ends_like_building = names_building || street.last().is_some_and(|w| *w == "COURT");
    let next_street = after
        .first()
        .is_some_and(|words| names_building && has_type(words) || ends_in_type(words));
    let mut communal = communal_around || is_communal(&leftover);
    // A segment that does not end like a street may be the name of a place ("4 THE GRANGE CARE HOME").
    if names_building || !ends_in_type(&street) {
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
        street: owned(street),
        town,
        communal,
    }
}

fn with_name(segments: Vec<Words<'_>>, flat: Option<String>, communal: bool) -> Placed {
    let mut segments = segments;
    let (mut number, mut street) = (None, Vec::new());
    if let Some(first) = segments.first().cloned() {
        let next_street = segments.get(1).is_some_and(|words| ends_in_type(words));
        let cut = building_end(&first);
        match cut {
            // "ROSE COTTAGE MILL LANE": the building's word ends the name.
            Some(at) => {
                let mut name = first;
                let rest = name.split_off(at + 1);
                number = Some(name.join(" "));
                segments.remove(0);
                if !rest.is_empty() {
                    segments.insert(0, rest);
                }
            }
            // "BRAMBLE END, BIRCH LANE": a name may end like a street, if only weakly.
            _ if next_street && (flat.is_some() || !ends_in_strong_type(&first)) => {
                number = Some(cut_street(first).0.join(" "));
                segments.remove(0);
            }
            _ if flat.is_some() && ends_in_type(&first) => {
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
        if segments.first().is_some_and(|words| has_type(words)) {
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
        street: owned(street),
        town: town_of(segments.into_iter()),
        communal,
    }
}

/// Where the name of a building ends in a segment (`ALBION HOUSE HIGH STREET`: at 1). A building's word right before a street
/// type belongs to the street (`FARM LANE`, `MANOR ROAD`).
fn building_end(words: &[&str]) -> Option<usize> {
    (1..words.len()).rev().find(|at| {
        building(words[*at]).is_some()
            && words
                .get(at + 1)
                .is_none_or(|next| expanded_type(next).is_none())
    })
}

fn owned(words: Words<'_>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// The last segment that is a place and no county or country.
fn town_of<'text>(segments: impl Iterator<Item = Words<'text>>) -> Option<String> {
    segments
        .map(|words| words.join(" "))
        .filter(|text| {
            !text.is_empty() && !is_region(text) && !text.bytes().any(|b| b.is_ascii_digit())
        })
        .last()
}
