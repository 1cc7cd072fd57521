//! The schema's match keys, prepared: each distinct atom once, and each recipe as the numbers of its atoms.

use kinfold_schema::{Atom, FACTS_MAX, NameForm, Schema};

use crate::blocks::Block;
use crate::lanes::BLOCK;

/// What an atom's values depend on, besides the person.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Alternatives {
    /// Nothing.
    #[default]
    One,
    /// One of the person's birth dates.
    Births,
    /// One of the person's homes.
    Places,
}

/// The match keys of a schema, prepared.
pub(crate) struct Plan {
    /// Distinct atoms.
    pub atoms: Vec<Atom>,
    /// For each atom of names, the number of its form in `name_forms`; 0 for others.
    pub atom_forms: Vec<usize>,
    /// For each atom the facts that it joins.
    pub atom_widths: Vec<usize>,
    /// Recipes in the schema's order.
    pub recipes: Vec<RecipePlan>,
    /// Distinct forms of names that the atoms use.
    pub name_forms: Vec<NameForm>,
}

/// One recipe.
pub(crate) struct RecipePlan {
    /// Its atoms, in the first `count` places: all recipes stand together in memory.
    atoms: [AtomUse; FACTS_MAX],
    count: usize,
    /// Where its codes stand among those of atoms of one value (see [`crate::values::Values::singles`]): the first `width` of them.
    codes: [u16; FACTS_MAX],
    /// Facts that it joins.
    width: usize,
    /// Whether some atom is about a home: then all that are speak of the same home.
    pub places: bool,
    /// Whether some atom is about a birth date: then all that are speak of the same date.
    pub births: bool,
    /// A bit for each of its atoms: a person without one of them has no value.
    pub needs: u64,
    /// A value without its facts.
    pub bare: Block,
}

impl RecipePlan {
    /// Its atoms.
    #[inline]
    pub(crate) fn atoms(&self) -> &[AtomUse] {
        &self.atoms[..self.count]
    }

    /// Where its codes stand among those of atoms of one value.
    #[inline]
    pub(crate) fn codes(&self) -> &[u16] {
        &self.codes[..self.width]
    }
}

/// Atoms that have a bit of their own.
pub(crate) const SINGLES_MAX: usize = 63;

/// The bit of an atom; a schema of very many atoms has the last bit for all the rest.
pub(crate) fn bit_of(atom: usize) -> u64 {
    1 << atom.min(SINGLES_MAX)
}

/// One atom of a recipe.
#[derive(Clone, Copy, Default)]
pub(crate) struct AtomUse {
    /// Its index in [`Plan::atoms`].
    pub index: usize,
    /// Facts that it joins.
    pub width: usize,
    /// The place of its first code in a value.
    pub at: usize,
    /// What its values depend on.
    pub varies: Alternatives,
    /// Its bit, see [`bit_of`].
    pub bit: u64,
}

impl Plan {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut plan = Self {
            atoms: Vec::new(),
            atom_forms: Vec::new(),
            atom_widths: Vec::new(),
            recipes: Vec::new(),
            name_forms: Vec::new(),
        };
        for (number, key) in (0u16..).zip(&schema.keys) {
            let mut bare = [0; BLOCK];
            bare[BLOCK - 2..].copy_from_slice(&number.to_le_bytes());
            let mut recipe = RecipePlan {
                atoms: [AtomUse::default(); FACTS_MAX],
                count: 0,
                codes: [0; FACTS_MAX],
                width: 0,
                places: false,
                births: false,
                needs: 0,
                bare,
            };
            for &atom in key.recipe.atoms() {
                let known = plan.atoms.iter().position(|&other| other == atom);
                let index = known.unwrap_or_else(|| {
                    plan.atoms.push(atom);
                    plan.atoms.len() - 1
                });
                let before = recipe.atoms().last();
                let at = before.map_or(0, |other| other.at + other.width);
                recipe.atoms[recipe.count] = AtomUse {
                    index,
                    width: atom.facts(),
                    at,
                    varies: alternatives(atom),
                    bit: bit_of(index),
                };
                recipe.count += 1;
                for nth in 0..atom.facts() {
                    recipe.codes[recipe.width] = (2 * index + nth) as u16;
                    recipe.width += 1;
                }
                recipe.needs |= bit_of(index);
                recipe.places |= alternatives(atom) == Alternatives::Places;
                recipe.births |= alternatives(atom) == Alternatives::Births;
            }
            plan.recipes.push(recipe);
        }
        for &atom in &plan.atoms {
            let mut number = 0;
            if let Atom::Name(_, form) = atom {
                let known = plan.name_forms.iter().position(|&known| known == form);
                number = known.unwrap_or_else(|| {
                    plan.name_forms.push(form);
                    plan.name_forms.len() - 1
                });
            }
            plan.atom_forms.push(number);
            plan.atom_widths.push(atom.facts());
        }
        plan
    }
}

fn alternatives(atom: Atom) -> Alternatives {
    match atom {
        Atom::Birth(_) => Alternatives::Births,
        Atom::Place(_) => Alternatives::Places,
        _ => Alternatives::One,
    }
}
