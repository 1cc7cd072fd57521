//! What two people who may be one share, slips and all: the passes of blocking.
//!
//! No single pass finds a pair whose first name, birth date and home all have a slip; the passes differ in what they forgive. Each shelf is
//! bounded (see [`largest_group`]), so the number of pairs grows with the number of rows and not with its square: a shelf that is too full
//! shares something that says little, and its pairs are found by another pass or not at all.

use super::super::brief::{Brief, List};
use super::super::candidates::{LARGEST_GROUP, shared_things, thing};
use super::super::values::{NONE, Values};

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
pub(super) fn things(values: &Values, person: &Brief) -> Vec<u64> {
    let mut things: Vec<u64> = shared_things(values, person)
        .into_iter()
        .map(|hash| hash & !KIND)
        .collect();
    let mut put = |kind: u64, pass: u8, one: u32, other: u32, third: u32| {
        things.push(thing(pass, [one, other, third]) & !KIND | kind);
    };
    let families = person.list(List::Family).iter();
    let firsts = person.list(List::First).iter().copied();
    let names: Vec<u32> = firsts
        .chain(families.map(|family| values.family(*family).whole))
        .collect();
    let sounds = names.iter().map(|name| values.name(*name).sound);
    let sounds: Vec<u32> = sounds.filter(|sound| *sound != 0).collect();
    for telephone in person.list(List::Telephone) {
        put(1, 10, *telephone, 0, 0);
    }
    for email in person.list(List::Email) {
        put(1, 11, *email, 0, 0);
    }
    for local in person.list(List::EmailLocal) {
        put(1, 12, *local, 0, 0);
    }
    let dates = || {
        let births = person.list(List::Birth).iter();
        births.map(|birth| values.birth(*birth).date)
    };
    for date in dates() {
        let (Some(month), Some(day)) = (date.month, date.day) else {
            continue;
        };
        let (year, month, day) = (u32::from(date.year), u32::from(month), u32::from(day));
        for name in &names {
            let initial = values.initial(*name);
            put(1, 13, year, month << 8 | day, initial.into());
        }
        for sound in &sounds {
            put(1, 24, year, *sound, 0);
            put(1, 14, year, month, *sound);
            put(1, 15, month, day, *sound);
            put(1, 16, year, day, *sound);
        }
    }
    // Both names in either order.
    for (at, one) in sounds.iter().enumerate() {
        for other in &sounds[at + 1..] {
            put(1, 17, *one.min(other), *one.max(other), 0);
        }
    }
    for (at, one) in names.iter().enumerate() {
        for other in &names[at + 1..] {
            put(1, 18, *one.min(other), *one.max(other), 0);
        }
    }
    for home in person.list(List::Home) {
        let home = values.home(*home);
        for sound in &sounds {
            if home.postcode != NONE {
                put(1, 19, home.postcode, *sound, 0);
            }
            if home.town != NONE {
                for date in dates() {
                    put(1, 20, home.town, date.year.into(), *sound);
                }
            }
        }
        if home.street == NONE {
            continue;
        }
        if home.house != NONE {
            put(2, 21, home.house, home.street, 0);
        }
        for date in dates() {
            put(1, 22, home.street, date.year.into(), 0);
        }
        for sound in &sounds {
            put(1, 23, home.street, *sound, 0);
        }
    }
    things.sort_unstable();
    things.dedup();
    things
}
