//! Candidate schemas: the shipped one with another ladder.

use kinfold_schema::{Atom, KeySchema, Recipe, Schema};

use crate::pool::is_of_identifiers;

/// Where the match keys stand in the shipped text.
const BEFORE: &str = "# Match keys.";
const AFTER: &str = "# Homes in which people live now";

/// The keys of identifiers that every ladder has.
pub fn identifiers(schema: &Schema) -> impl Iterator<Item = &KeySchema> {
    schema
        .keys
        .iter()
        .filter(|key| is_of_identifiers(&key.recipe))
}

/// Slots of the keys of identifiers.
pub fn identifier_slots(schema: &Schema) -> usize {
    identifiers(schema).map(|key| usize::from(key.slots)).sum()
}

/// The shipped schema's ladder, identifiers apart.
pub fn shipped(schema: &Schema) -> Vec<(Recipe, u8)> {
    schema
        .keys
        .iter()
        .filter(|key| !is_of_identifiers(&key.recipe))
        .map(|key| (key.recipe.clone(), key.slots as u8))
        .collect()
}

/// In which order keys are listed: by the kinds of facts they join, then by text.
fn order(recipe: &Recipe) -> (u8, String) {
    let has = |of: fn(&Atom) -> bool| recipe.atoms().iter().any(of);
    let names = has(|atom| matches!(atom, Atom::Name(..)));
    let birth = has(|atom| matches!(atom, Atom::Birth(_)));
    let place = has(|atom| matches!(atom, Atom::Place(_)));
    let birth_place = has(|atom| matches!(atom, Atom::BirthPlace));
    let kind = match (names, birth, place, birth_place) {
        (_, _, _, true) => 4,
        (true, true, false, _) => 0,
        (true, false, true, _) => 1,
        (false, true, true, _) => 2,
        (true, true, true, _) => 3,
        _ => 5,
    };
    (kind, recipe.to_string())
}

/// The part of a schema that lists a ladder's keys.
pub fn keys(schema: &Schema, ladder: &[(Recipe, u8)]) -> String {
    let mut text = String::new();
    let mut add = |recipe: &Recipe, slots: u16, pool: Option<&String>| {
        text.push_str(&format!(
            "[[key]]\nrecipe = \"{recipe}\"\nslots = {slots}\n"
        ));
        if let Some(pool) = pool {
            text.push_str(&format!("pool = \"{pool}\"\n"));
        }
    };
    for key in identifiers(schema) {
        add(&key.recipe, key.slots, key.pool.as_ref());
    }
    // Mixed as the shipped ones are.
    let mut others = schema
        .keys
        .iter()
        .filter(|key| !is_of_identifiers(&key.recipe));
    let pool = others.next_back().and_then(|key| key.pool.as_ref());
    let mut ladder = ladder.to_vec();
    ladder.sort_by_cached_key(|(recipe, _)| order(recipe));
    for (recipe, slots) in &ladder {
        add(recipe, u16::from(*slots), pool);
    }
    text
}

/// A whole schema with a ladder for files of `people`, with the diffusion that as many need.
pub fn candidate(schema: &Schema, id: &str, people: u32, ladder: &[(Recipe, u8)]) -> String {
    let text = schema.text();
    let (head, rest) = text.split_once(BEFORE).unwrap_or((text, ""));
    let (_, tail) = rest.split_once(AFTER).unwrap_or(("", ""));
    let filter = &schema.filters[0];
    let diffusion = diffusion_needed(schema, people).unwrap_or(filter.diffusion);
    let head = head
        .split_once("[schema]")
        .map_or(head, |(_, rest)| rest)
        .replace("id = \"standard\"", &format!("id = \"{id}\""))
        .replace(
            &format!("people_max = {}", schema.people_max),
            &format!("people_max = {people}"),
        )
        .replace(
            &format!("diffusion = {}", filter.diffusion),
            &format!("diffusion = {diffusion}"),
        )
        .replace(
            &schema.title,
            &format!("A candidate; up to {people} people a file"),
        );
    let slots: usize = ladder.iter().map(|(_, slots)| usize::from(*slots)).sum();
    format!(
        "# A candidate that the ladder bench chose, not a shipped schema: {} slots over {} keys.\n\n[schema]{head}# Match keys, chosen by \
         `cargo run --release -p kinfold-benches --bin ladder`.\n\n{}\n{AFTER}{tail}",
        slots + identifier_slots(schema),
        ladder.len() + identifiers(schema).count(),
        keys(schema, ladder)
    )
}

/// The diffusion that a file of so many people needs.
fn diffusion_needed(schema: &Schema, people: u32) -> Option<u32> {
    kinfold_schema::risk::diffusion_for(&schema.filters[0], people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_pass_the_rules_of_release() {
        let schema = Schema::standard();
        let ladder: Vec<(Recipe, u8)> =
            vec![("NN D".parse().unwrap(), 3), ("DF H".parse().unwrap(), 1)];
        for people in [15_000, 75_000, 250_000, 1_000_000] {
            let text = candidate(&schema, "try", people, &ladder);
            let read = Schema::parse(&text).unwrap_or_else(|error| panic!("{people}: {error:?}"));
            assert_eq!((read.people_max, read.key_slots()), (people, 9));
            assert_eq!(read.keys.len(), 6);
        }
    }

    #[test]
    fn kept_candidates_pass_too() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ladder/candidates");
        let mut found = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            Schema::parse(&text).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
            found += 1;
        }
        assert!(found > 0);
    }
}
