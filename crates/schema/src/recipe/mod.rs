//! Recipes: the small language in which match keys are written.
//!
//! A recipe lists **atoms** separated by spaces, for instance `NN D`: any two name parts together with the birth date. An atom is
//! what it is taken from and, for names, how: `F` the first name, `Fs` its sound, `Fi` its initial, `F3` its first three letters, `Fd`
//! all its one-letter deletions, `Fc` only its formal form. An atom can have several values; two records agree on the key when they
//! share one. The names are those of the measured ladder that the schema `standard` ships.

mod atom;
mod implies;

pub use atom::{Atom, BirthForm, ContactForm, IdentifierKind, NameForm, NameOf, PlaceForm};
pub use implies::{Agreement, Field, POOLS_MAX};

use std::fmt;
use std::str::FromStr;

/// Most facts that a recipe joins; "any two name parts" counts as two. Each fact has a code of 12 bytes, and the codes of a value are
/// hashed as one 64-byte block, so that many are hashed at once.
pub const FACTS_MAX: usize = 5;

/// A match key's recipe: the atoms whose values are joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    atoms: Vec<Atom>,
}

impl Recipe {
    /// The atoms, in the recipe's order.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Whether the recipe uses the atom.
    pub fn has(&self, atom: Atom) -> bool {
        self.atoms.contains(&atom)
    }

    /// The recipe in plain words.
    pub fn describe(&self) -> String {
        let words: Vec<String> = self.atoms.iter().map(|atom| atom.describe()).collect();
        words.join(" + ")
    }

    /// The identifier that the recipe is made of, when it is made of one alone.
    pub fn identifier(&self) -> Option<IdentifierKind> {
        match self.atoms[..] {
            [Atom::Identifier(kind)] => Some(kind),
            _ => None,
        }
    }
}

impl FromStr for Recipe {
    type Err = String;

    /// Atoms separated by spaces; each at most once, at least one, at most [`FACTS_MAX`] facts.
    fn from_str(text: &str) -> Result<Self, String> {
        let atoms = text
            .split_whitespace()
            .map(Atom::from_str)
            .collect::<Result<Vec<_>, _>>()?;
        if atoms.is_empty() {
            return Err("a recipe names at least one atom".to_owned());
        }
        for (index, atom) in atoms.iter().enumerate() {
            if atoms[..index].contains(atom) {
                return Err(format!("the recipe names `{atom}` twice"));
            }
        }
        let facts: usize = atoms.iter().map(|atom| atom.facts()).sum();
        if facts > FACTS_MAX {
            return Err(format!(
                "the recipe joins {facts} facts, and {FACTS_MAX} are the most (any two name parts are two)"
            ));
        }
        Ok(Self { atoms })
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, atom) in self.atoms.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{atom}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn recipes_print_as_they_are_written() {
        for text in [
            "NN D", "NHS", "F3 L3 Y", "DF MI SX", "N1d PS", "Fc Ls Dd", "HS Y1", "TELd N1i", "EMl",
            "EMd Y",
        ] {
            assert_eq!(text.parse::<Recipe>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_recipes_are_refused() {
        for text in ["", "  ", "QQ", "F F", "nn", "NNd D", "F0", "N1 NN Fs Ls D"] {
            assert!(text.parse::<Recipe>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_recipes_read_back(text in "[A-Za-z0-9 ]{0,20}|\\PC{0,10}") {
            if let Ok(recipe) = text.parse::<Recipe>() {
                prop_assert_eq!(recipe.to_string().parse::<Recipe>(), Ok(recipe));
            }
        }
    }
}
