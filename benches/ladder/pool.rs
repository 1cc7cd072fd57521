//! The pool: recipes worth trying, put together from the atoms of the recipe language.
//!
//! One or two parts of a name (whole, by sound, by beginning, one letter apart), with a birth date, a home, a place of birth, or two of
//! these; dates with homes. Identifiers are no part of it: every ladder has them.

use std::collections::BTreeSet;

use kinfold_schema::{KeySchema, Recipe, Schema};

/// One part of a name.
const ONE: [&str; 11] = [
    "N1", "N1s", "N1d", "F", "Fs", "L", "Ls", "Fi", "F3", "L3", "MI",
];

/// Two or three parts.
const TWO: [&str; 13] = [
    "NN", "NNs", "NN3", "Fs Ls", "Fi L", "F Li", "Fi Ls", "F3 L3", "Fi Li", "Fd Ls", "Fs Ld",
    "L MI", "F MI",
];

/// Birth dates.
const DATES: [&str; 9] = ["DF", "D", "DS", "YM", "YD", "MD", "Y", "Y1", "Dd"];

/// Homes. Town is left out: an agency's people nearly all live in one.
const PLACES: [&str; 8] = ["LOC", "PS", "PD", "PDX", "SW", "AD", "HS", "H"];

/// Every recipe of the pool, each once, in order of its text; the recipes of `schema` are among them, identifiers apart.
pub fn pool(schema: &Schema) -> Vec<Recipe> {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    let mut add = |parts: &[&str]| {
        texts.insert(parts.join(" "));
    };
    for names in ONE.iter().chain(&TWO) {
        for date in DATES {
            add(&[names, date]);
        }
        for place in PLACES {
            add(&[names, place]);
        }
        add(&[names, "PB"]);
        add(&[names, "Y", "PB"]);
    }
    for names in TWO {
        add(&[names]);
        add(&[names, "SX"]);
    }
    // Three facts: what is left when a file grows.
    for names in [
        "N1", "N1s", "NNs", "F", "Fs", "L", "Ls", "Fi", "F3", "Fi Li", "Fs Ls",
    ] {
        for date in ["Y", "Y1", "YM", "MD"] {
            for place in ["PS", "PD", "PDX", "H", "SW", "LOC"] {
                add(&[names, date, place]);
            }
        }
        for date in ["DF", "DS", "YM", "YD", "MD", "Y"] {
            add(&[names, date, "SX"]);
        }
    }
    for date in ["DF", "DS", "Dd", "YM", "YD", "MD", "Y"] {
        for place in PLACES {
            add(&[date, place]);
            add(&[date, place, "SX"]);
        }
        add(&[date, "PB"]);
        add(&[date, "PB", "SX"]);
    }
    for place in PLACES {
        add(&[place, "PB"]);
    }
    for initials in ["Fi Li", "MI SX", "MI Fi"] {
        for date in ["DF", "DS", "Dd"] {
            add(&[date, initials]);
        }
    }
    let own = schema.keys.iter().map(|key| &key.recipe);
    for recipe in own.filter(|recipe| !is_of_identifiers(recipe)) {
        texts.insert(recipe.to_string());
    }
    let mut atoms_seen = BTreeSet::new();
    let mut recipes: Vec<Recipe> = Vec::new();
    for text in &texts {
        let Ok(recipe) = text.parse::<Recipe>() else {
            continue;
        };
        let mut atoms = recipe.atoms().to_vec();
        atoms.sort_unstable();
        // The same atoms in another order are the same key.
        if atoms_seen.insert(atoms) {
            recipes.push(recipe);
        }
    }
    recipes
}

/// Whether some atom of a recipe is an identifier.
pub fn is_of_identifiers(recipe: &Recipe) -> bool {
    let identifier = |atom| matches!(atom, &kinfold_schema::Atom::Identifier(_));
    recipe.atoms().iter().any(identifier)
}

/// A schema with other match keys of one slot each: what a reader of values needs.
pub fn with_keys(schema: &Schema, recipes: &[Recipe]) -> Schema {
    let mut schema = schema.clone();
    schema.keys = recipes
        .iter()
        .map(|recipe| KeySchema {
            pool: None,
            recipe: recipe.clone(),
            slots: 1,
            cap: 1,
        })
        .collect();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_holds_each_recipe_once_and_all_of_the_schema() {
        let schema = Schema::standard();
        let pool = pool(&schema);
        let texts: BTreeSet<String> = pool.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), pool.len());
        assert!(pool.len() > 500, "{}", pool.len());
        for key in &schema.keys {
            let mut own = key.recipe.atoms().to_vec();
            own.sort_unstable();
            let found = pool.iter().any(|recipe| {
                let mut atoms = recipe.atoms().to_vec();
                atoms.sort_unstable();
                atoms == own
            });
            assert_eq!(found, !is_of_identifiers(&key.recipe), "{}", key.recipe);
        }
    }
}
