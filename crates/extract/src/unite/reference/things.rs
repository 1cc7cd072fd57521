//! What two people who may be one share, as texts.

use kinfold_identity::{Person, canonical_nicknames};
use std::hash::{BuildHasher as _, RandomState};

/// Hashes of the things of which two people who may be one share some.
pub(in crate::unite) fn shared_things(person: &Person, key: &RandomState) -> Vec<u64> {
    let mut things = Vec::new();
    let mut put = |kind: u8, one: &str, other: &str| things.push(key.hash_one((kind, one, other)));
    if let Some(number) = &person.nhs {
        put(0, number.as_str(), "");
    }
    if let Some(number) = &person.nino {
        put(1, number.as_str(), "");
    }
    for number in person.upn.iter().filter(|upn| upn.is_permanent()) {
        put(2, number.as_str(), "");
    }
    let firsts = first_names(person);
    for birth in person.births.iter().filter(|birth| birth.is_full()) {
        let birth = birth.iso();
        // One shelf for both kinds of name, so that swapped ones meet.
        let families = person
            .family_names
            .iter()
            .flat_map(|name| name.parts.iter().chain([&name.whole]));
        for name in families.map(String::as_str).chain(firsts.iter().copied()) {
            put(3, &birth, name);
        }
    }
    for spell in &person.addresses {
        let address = spell
            .address
            .as_ref()
            .and_then(kinfold_identity::Address::canonical);
        for first in &firsts {
            if let Some(uprn) = &spell.uprn {
                put(4, uprn.as_str(), first);
            }
            if let Some(address) = &address {
                put(5, address, first);
            }
        }
    }
    things
}

/// The first names and the formal names they may stand for.
fn first_names(person: &Person) -> Vec<&str> {
    let forms = |name: &'_ String| canonical_nicknames(name).iter().copied();
    person
        .first_names
        .iter()
        .flat_map(|name| std::iter::once(name.as_str()).chain(forms(name)))
        .collect()
}
