//! Which pairs of records are worth a comparison: those that share an identifier, a name with the birth date, or a first name with
//! the home.

use kinfold_identity::{Person, canonical_nicknames};
use std::hash::{Hash as _, Hasher as _};

/// Candidates are looked for among rows that share something; a group larger than this shares something meaningless.
const LARGEST_GROUP: usize = 400;

/// Pairs that share something worth a comparison, each once, sorted.
pub(super) fn candidates(units: &[Person]) -> Vec<(usize, usize)> {
    // Shared things are kept as hashes: two that collide cost a needless comparison and nothing else.
    let mut shelves: Vec<(u64, usize)> = Vec::new();
    for (index, person) in units.iter().enumerate() {
        let mut put = |kind: u8, one: &str, other: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            (kind, one, other).hash(&mut hasher);
            shelves.push((hasher.finish(), index));
        };
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
    }
    shelves.sort_unstable();
    shelves.dedup();
    let mut pairs = Vec::new();
    for shelf in shelves
        .chunk_by(|one, other| one.0 == other.0)
        .filter(|shelf| shelf.len() <= LARGEST_GROUP)
    {
        for (at, (_, left)) in shelf.iter().enumerate() {
            pairs.extend(shelf[at + 1..].iter().map(|(_, right)| (*left, *right)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
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
