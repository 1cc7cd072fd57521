//! The schema's match keys, prepared: each distinct atom once, and each recipe as the numbers of its atoms.

use kinfold_schema::{Atom, BirthForm, NameForm, Schema};

use crate::codes::CODE;

/// What an atom's values depend on, besides the person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternatives {
    /// Nothing.
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
    /// Recipes in the schema's order.
    pub recipes: Vec<RecipePlan>,
    /// Distinct forms of names that the atoms use.
    pub name_forms: Vec<NameForm>,
    /// Distinct forms of birth dates, in the order of their atoms.
    pub birth_forms: Vec<BirthForm>,
}

/// One recipe.
pub(crate) struct RecipePlan {
    /// Its atoms.
    pub atoms: Vec<AtomUse>,
    /// Whether some atom is about a home: then all that are speak of the same home.
    pub places: bool,
    /// Whether some atom is about a birth date: then all that are speak of the same date.
    pub births: bool,
}

/// One atom of a recipe.
#[derive(Clone, Copy)]
pub(crate) struct AtomUse {
    /// Its index in [`Plan::atoms`].
    pub index: usize,
    /// Facts that it joins.
    pub width: usize,
    /// Where its codes stand in a value.
    pub at: usize,
    /// What its values depend on.
    pub varies: Alternatives,
}

impl Plan {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut plan = Self {
            atoms: Vec::new(),
            recipes: Vec::new(),
            name_forms: Vec::new(),
            birth_forms: Vec::new(),
        };
        for key in &schema.keys {
            let mut recipe = RecipePlan {
                atoms: Vec::new(),
                places: false,
                births: false,
            };
            for &atom in key.recipe.atoms() {
                let known = plan.atoms.iter().position(|&other| other == atom);
                let index = known.unwrap_or_else(|| {
                    plan.atoms.push(atom);
                    plan.atoms.len() - 1
                });
                let before = recipe.atoms.last();
                let at = before.map_or(0, |other| other.at + other.width * CODE);
                recipe.atoms.push(AtomUse {
                    index,
                    width: atom.facts(),
                    at,
                    varies: alternatives(atom),
                });
                recipe.places |= alternatives(atom) == Alternatives::Places;
                recipe.births |= alternatives(atom) == Alternatives::Births;
            }
            plan.recipes.push(recipe);
        }
        for &atom in &plan.atoms {
            match atom {
                Atom::Name(_, form) if !plan.name_forms.contains(&form) => {
                    plan.name_forms.push(form);
                }
                Atom::Birth(form) => plan.birth_forms.push(form),
                _ => {}
            }
        }
        plan
    }

    /// The number of a form of names.
    pub(crate) fn form(&self, form: NameForm) -> usize {
        self.name_forms
            .iter()
            .position(|&known| known == form)
            .expect("the plan has every form that its atoms use")
    }
}

fn alternatives(atom: Atom) -> Alternatives {
    match atom {
        Atom::Birth(_) => Alternatives::Births,
        Atom::Place(_) => Alternatives::Places,
        _ => Alternatives::One,
    }
}
