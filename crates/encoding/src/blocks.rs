//! From the codes of a person's facts to the values of match keys, each a block that is hashed.

use kinfold_schema::FACTS_MAX;

use crate::codes::{CODE, Code};
use crate::lanes::BLOCK;
use crate::names::NameBook;
use crate::plan::{Alternatives, AtomUse, Plan, RecipePlan, SINGLES_MAX};
use crate::values::Values;

/// Most values of one key that are looked at; a person with very many names and homes cannot make the work explode.
pub(crate) const VALUES_MAX: usize = 96;

/// One value of a match key: the codes of its facts, zeroes, and in the last two bytes the number of the key, so that all values of a record
/// are hashed under one key.
pub(crate) type Block = [u8; BLOCK];

impl Values {
    /// The values of all recipes, and how many there are of each; no more than `most` together.
    pub(crate) fn all_blocks(
        &self,
        plan: &Plan,
        book: &NameBook,
        most: usize,
        out: &mut Vec<Block>,
        counts: &mut Vec<u8>,
    ) {
        let most = out.len() + most;
        counts.extend(plan.recipes.iter().map(|recipe| {
            // Half of the recipes find nothing to join in a record.
            if recipe.needs & !self.present != 0 {
                return 0;
            }
            let before = out.len();
            self.recipe_blocks(recipe, book, out);
            out.truncate(most);
            (out.len() - before) as u8
        }));
    }

    /// The values of one recipe.
    pub(crate) fn blocks(&self, key: usize, plan: &Plan, book: &NameBook, out: &mut Vec<Block>) {
        let recipe = &plan.recipes[key];
        if recipe.needs & !self.present == 0 {
            self.recipe_blocks(recipe, book, out);
        }
    }

    /// The values of a recipe: every combination of its atoms' values, the most worthy first, each once.
    #[inline]
    fn recipe_blocks(&self, recipe: &RecipePlan, book: &NameBook, out: &mut Vec<Block>) {
        let count = |varies: bool, number: usize| if varies { number } else { 1 };
        if recipe.needs & !self.single == 0 {
            self.one_block(recipe, out);
            return;
        }
        let places = count(recipe.places, self.places);
        let births = count(recipe.births, self.births);
        if places == 1 && births == 1 {
            self.combine(recipe, book, (0, 0), VALUES_MAX, out);
            return;
        }
        let start = out.len();
        for place in 0..places {
            for birth in 0..births {
                let before = out.len();
                let room = (start + VALUES_MAX).saturating_sub(before);
                self.combine(recipe, book, (place, birth), room, out);
                // An atom's values are distinct, so only values of other homes and dates can come again.
                if before > start {
                    let mut kept = before;
                    for index in before..out.len() {
                        if !out[start..before].contains(&out[index]) {
                            out.swap(kept, index);
                            kept += 1;
                        }
                    }
                    out.truncate(kept);
                }
            }
        }
    }

    /// The value of a recipe whose atoms have one value each: that of most keys.
    #[inline]
    fn one_block(&self, recipe: &RecipePlan, out: &mut Vec<Block>) {
        let before = out.len();
        // Written where it stays: put together elsewhere it would be read back before it is written.
        out.push(recipe.bare);
        let places = out[before].as_chunks_mut::<CODE>().0;
        for (place, &code) in places.iter_mut().zip(recipe.codes()) {
            *place = self.singles[usize::from(code)];
        }
    }

    /// Every combination of the atoms' values for one home and one date: the last atom turns fastest.
    ///
    /// All values are first written with what they have in common and then get the codes of one atom after another. Nothing is read that was just written: a
    /// processor would have to wait for it.
    #[inline]
    fn combine(
        &self,
        recipe: &RecipePlan,
        book: &NameBook,
        alternative: (usize, usize),
        room: usize,
        out: &mut Vec<Block>,
    ) {
        // Atoms of several values, and what all values have in common.
        let mut several: [(&[Code], AtomUse); FACTS_MAX] = [(&[], AtomUse::default()); FACTS_MAX];
        let mut count = 0;
        let mut base = recipe.bare;
        let places = base.as_chunks_mut::<CODE>().0;
        let mut total = 1;
        for atom in recipe.atoms() {
            let codes = if self.single & atom.bit == 0 || atom.index >= SINGLES_MAX {
                let which = match atom.varies {
                    Alternatives::One => 0,
                    Alternatives::Places => alternative.0,
                    Alternatives::Births => alternative.1,
                };
                self.codes(atom.index, which, book)
            } else {
                &self.singles[2 * atom.index..2 * atom.index + atom.width]
            };
            if codes.len() == atom.width {
                for (place, code) in places[atom.at..].iter_mut().zip(codes) {
                    *place = *code;
                }
            } else {
                total *= codes.len() >> (atom.width - 1);
                several[count] = (codes, *atom);
                count += 1;
            }
        }
        let count_of_all = total.min(room);
        if count_of_all == 0 {
            return;
        }
        let before = out.len();
        out.resize(before + count_of_all, base);
        let values = &mut out[before..];
        // How often a value of an atom comes before the next one takes its turn.
        let mut stays = total;
        for (list, atom) in &several[..count] {
            stays /= list.len() >> (atom.width - 1);
            if atom.width == 2 {
                put(values, list.as_chunks::<2>().0, atom.at, stays);
            } else {
                put(values, list.as_chunks::<1>().0, atom.at, stays);
            }
        }
    }
}

/// Puts the codes of an atom's values into a place, each as often as it stays and then from the first again.
#[inline]
fn put<const WIDTH: usize>(values: &mut [Block], list: &[[Code; WIDTH]], at: usize, stays: usize) {
    let write = |value: &mut Block, codes: &[Code; WIDTH]| {
        let places = value.as_chunks_mut::<CODE>().0;
        if let Some(place) = places[at..].first_chunk_mut() {
            *place = *codes;
        }
    };
    if stays == 1 {
        for values in values.chunks_mut(list.len()) {
            for (value, codes) in values.iter_mut().zip(list) {
                write(value, codes);
            }
        }
    } else {
        for (values, codes) in values.chunks_mut(stays).zip(list.iter().cycle()) {
            for value in values {
                write(value, codes);
            }
        }
    }
}
