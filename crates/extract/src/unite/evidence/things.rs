//! What two people who may be one share, slips and all: the passes of blocking.
//!
//! No single pass finds a pair whose first name, birth date and home all have a slip; the passes differ in what they forgive. Each shelf is
//! bounded (see [`largest_group`]), so the number of pairs grows with the number of rows and not with its square: a shelf that is too full
//! shares something that says little, and its pairs are found by another pass or not at all.

use super::super::candidates::{LARGEST_GROUP, shared_things};
use kinfold_identity::{Person, soundex};
use std::hash::{BuildHasher as _, RandomState};

/// Shelves of the passes that forgive much.
const LARGEST_WEAK_GROUP: usize = 40;
/// People of one home; more are a block of flats without its numbers, or a hostel.
const LARGEST_HOME: usize = 12;

/// The bits of a hash that say how large its shelf may be.
const KIND: u64 = 3;

/// How many may share a thing before it says nothing.
pub(super) fn largest_group(hash: u64) -> usize {
    match hash & KIND {
        0 => LARGEST_GROUP,
        1 => LARGEST_WEAK_GROUP,
        _ => LARGEST_HOME,
    }
}

/// Hashes of what a person shares with others.
pub(super) fn things(person: &Person, key: &RandomState) -> Vec<u64> {
    let mut things: Vec<u64> = shared_things(person, key)
        .into_iter()
        .map(|hash| hash & !KIND)
        .collect();
    let mut put = |kind: u64, pass: u8, one: &str, other: &str| {
        things.push(key.hash_one((pass, one, other)) & !KIND | kind);
    };
    let families = person.family_names.iter().map(|name| name.whole.as_str());
    let names: Vec<&str> = person
        .first_names
        .iter()
        .map(String::as_str)
        .chain(families)
        .collect();
    let sounds: Vec<String> = names
        .iter()
        .filter_map(|name| soundex(name))
        .map(|code| String::from_utf8_lossy(&code).into_owned())
        .collect();
    let days: Vec<String> = person
        .births
        .iter()
        .filter(|birth| birth.is_full())
        .map(|birth| birth.iso())
        .collect();
    for telephone in &person.telephones {
        put(1, 10, telephone.as_str(), "");
    }
    for email in &person.emails {
        put(1, 11, email.as_str(), "");
        put(1, 12, email.local(), "");
    }
    for day in &days {
        for name in &names {
            put(1, 13, day, &name[..name.len().min(1)]);
        }
        let (year_month, month_day) = (&day[..day.len().min(7)], &day[day.len().min(5)..]);
        let year_day = format!("{}{}", &day[..4], &day[day.len().min(8)..]);
        for sound in &sounds {
            put(1, 24, &day[..4], sound);
            put(1, 14, year_month, sound);
            put(1, 15, month_day, sound);
            put(1, 16, &year_day, sound);
        }
    }
    // Both names in either order.
    for (at, one) in sounds.iter().enumerate() {
        for other in &sounds[at + 1..] {
            put(1, 17, one.min(other), one.max(other));
        }
    }
    for (at, one) in names.iter().enumerate() {
        for other in &names[at + 1..] {
            put(1, 18, one.min(other), one.max(other));
        }
    }
    for spell in &person.addresses {
        let address = spell.address.as_ref();
        let postcode = address.and_then(|address| Some(address.postcode.as_ref()?.unit()));
        let town = spell.town.as_deref().or_else(|| address?.town.as_deref());
        for sound in &sounds {
            if let Some(postcode) = postcode {
                put(1, 19, postcode, sound);
            }
            for year in person.births.iter().map(|birth| birth.year.to_string()) {
                if let Some(town) = town {
                    put(1, 20, &format!("{town}|{year}"), sound);
                }
            }
        }
        if let Some(address) = address.filter(|address| !address.street.is_empty()) {
            let street = address.street.concat();
            let number = address.number.as_deref().unwrap_or("");
            if !number.is_empty() {
                put(2, 21, number, &street);
            }
            for year in person.births.iter().map(|birth| birth.year.to_string()) {
                put(1, 22, &street, &year);
            }
            for sound in &sounds {
                put(1, 23, &street, sound);
            }
        }
    }
    things.sort_unstable();
    things.dedup();
    things
}
