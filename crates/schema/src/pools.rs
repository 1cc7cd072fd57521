//! Pools: kinds of match keys whose tokens are mixed.
//!
//! Which kinds of keys of a person agree with another custodian's record depends on which of the person's values nobody else has, and
//! somebody who holds a list of the population can work that out for everybody: forty kinds, told apart, name two people in five. How many
//! agree tells hardly anything, and it is nearly as good for linking. So the tokens of a pool are mixed within each record, and all that
//! the linkage unit sees of a pool is a number.

use std::ops::Range;

use crate::{Agreement, Field, POOLS_MAX, Schema};

/// Kinds of match keys whose tokens cannot be told apart: those of a pool, or one kind by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name; of a kind by itself the recipe.
    pub name: String,
    /// The kinds, as places in [`Schema::keys`].
    pub keys: Range<usize>,
    /// The slots of a record that hold their tokens.
    pub slots: Range<usize>,
    /// Where the number of agreeing tokens stands in [`Agreement::pools`]; `None` for a kind by itself. A pool of which every kind has a
    /// place stands at [`Pool::PLACE`], one of which every kind has something to contact by at [`Pool::CONTACT`] and one of identifiers at
    /// [`Pool::IDENTIFIERS`], as far as these are free; what is left, 0 first, is for the others.
    pub counted: Option<usize>,
    /// What so many agreeing tokens imply, whichever they are; the first of these is for one token.
    implied: Vec<Agreement>,
}

/// How kinds of match keys are mixed, to compare what mixing tells and costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixing {
    /// Every kind by itself.
    Apart,
    /// Identifiers by themselves, places in the pool `place`, all others in `names-birth`.
    PlacesApart,
}

impl Schema {
    /// The same kinds mixed in another way, for benches and tests: text and hash stay those of this schema, so nothing made with it may be
    /// released.
    #[must_use]
    pub fn with(mut self, mixing: Mixing) -> Self {
        for key in &mut self.keys {
            let level = |field| key.recipe.implies().level(field);
            let pool = match (mixing, level(Field::Identifier), level(Field::Place)) {
                (Mixing::Apart, ..) | (_, 1.., _) => None,
                (Mixing::PlacesApart, 0, 0) => Some("names-birth"),
                (Mixing::PlacesApart, 0, _) => Some("place"),
            };
            key.pool = pool.map(str::to_owned);
        }
        // Kinds of one pool stand together; the names of the two are in the right order, and none comes first.
        self.keys.sort_by(|a, b| a.pool.cmp(&b.pool));
        self
    }

    /// The pools of match keys, in the order of their slots. What the linkage unit can tell apart is these, not the kinds.
    pub fn pools(&self) -> Vec<Pool> {
        let layout = self.key_layout();
        let mut pools: Vec<Pool> = Vec::new();
        for (index, key) in self.keys.iter().enumerate() {
            let same = index > 0 && key.pool.is_some() && self.keys[index - 1].pool == key.pool;
            if let (true, Some(last)) = (same, pools.last_mut()) {
                last.keys.end = index + 1;
                last.slots.end = layout[index].end;
                continue;
            }
            pools.push(Pool {
                name: key.pool.clone().unwrap_or_else(|| key.recipe.to_string()),
                keys: index..index + 1,
                slots: layout[index].clone(),
                counted: None,
                implied: Vec::new(),
            });
        }
        for pool in &mut pools {
            pool.implied = self.implied(pool.keys.clone());
        }
        let mut free: Vec<usize> = (0..POOLS_MAX).collect();
        let mixed = |pool: &Pool| self.keys[pool.keys.start].pool.is_some();
        for (at, field) in [
            (Pool::PLACE, Some(Field::Place)),
            (Pool::CONTACT, Some(Field::Contact)),
            (Pool::IDENTIFIERS, Some(Field::Identifier)),
        ]
        .into_iter()
        .chain((0..POOLS_MAX).map(|at| (at, None)))
        {
            let fits = |pool: &Pool| field.is_none_or(|field| pool.implied_by(1).level(field) > 0);
            let next = pools
                .iter_mut()
                .find(|pool| pool.counted.is_none() && mixed(pool) && fits(pool));
            if let (Some(pool), Some(place)) = (next, free.iter().position(|&own| own == at)) {
                pool.counted = Some(free.remove(place));
            }
        }
        pools
    }

    /// What one, two, … agreeing tokens of these kinds imply. A kind has as many tokens as slots, so in each field so many tokens imply at
    /// least the level that is left when they are of the kinds that say least about it.
    fn implied(&self, keys: Range<usize>) -> Vec<Agreement> {
        let each = self.keys[keys].iter().flat_map(|key| {
            let levels = key.recipe.implies().levels;
            std::iter::repeat_n(levels, key.slots.into())
        });
        let each: Vec<_> = each.collect();
        let mut implied = vec![Agreement::default(); each.len()];
        for field in 0..Field::ALL.len() {
            let mut levels: Vec<u8> = each.iter().map(|levels| levels[field]).collect();
            levels.sort_unstable();
            for (implied, level) in implied.iter_mut().zip(levels) {
                implied.levels[field] = level;
            }
        }
        implied
    }
}

impl Pool {
    /// Where a pool of places stands in [`Agreement::pools`].
    pub const PLACE: usize = 1;
    /// Where a pool of telephone numbers and e-mail addresses stands in [`Agreement::pools`].
    pub const CONTACT: usize = 2;
    /// Where a pool of verified identifiers stands in [`Agreement::pools`].
    pub const IDENTIFIERS: usize = 3;

    /// What so many agreeing tokens imply, whichever they are.
    pub fn implied_by(&self, tokens: usize) -> Agreement {
        let at = tokens.min(self.implied.len());
        at.checked_sub(1)
            .map_or_else(Agreement::default, |at| self.implied[at])
    }

    /// Adds to an agreement that so many tokens of this pool agree.
    pub fn add_to(&self, agreement: &mut Agreement, tokens: usize) {
        *agreement = (*agreement).max(self.implied_by(tokens));
        if let Some(counted) = self.counted {
            let step = &mut agreement.pools[counted];
            *step = (*step).max(Agreement::step(tokens));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_stand_where_their_kinds_say() {
        let schema = Schema::standard().with(Mixing::PlacesApart);
        let counted: Vec<_> = (schema.pools().into_iter())
            .filter_map(|pool| Some((pool.name, pool.counted?)))
            .collect();
        let expected = [("names-birth", 0), ("place", Pool::PLACE)];
        assert_eq!(counted, expected.map(|(name, at)| (name.to_owned(), at)));
        // By themselves, places do not move up; nor does the order of the pools matter.
        let mut places = schema.clone();
        places
            .keys
            .retain(|key| key.pool.as_deref() == Some("place"));
        assert_eq!(places.pools()[0].counted, Some(Pool::PLACE));
        // Identifiers that are mixed leave the first place to the pool of all others, although they come first.
        let mut one = schema.clone();
        for key in &mut one.keys {
            let is_identifier = key.recipe.implies().level(Field::Identifier) > 0;
            let pool = if is_identifier { "identifiers" } else { "all" };
            key.pool = Some(pool.to_owned());
        }
        let counted: Vec<_> = one.pools().iter().filter_map(|p| p.counted).collect();
        assert_eq!(counted, [Pool::IDENTIFIERS, 0]);
        let mut turned = schema.clone();
        turned.keys.reverse();
        let counted: Vec<_> = turned.pools().iter().filter_map(|p| p.counted).collect();
        assert_eq!(counted, [Pool::PLACE, 0]);
    }

    /// What the linkage unit tells apart covers every kind and every slot once, in order.
    #[test]
    fn pools_share_out_kinds_and_slots() {
        let mut counted = 0;
        for name in Schema::shipped_names() {
            let schema = Schema::shipped(name).unwrap();
            let pools = schema.pools();
            let (mut keys, mut slots) = (0, 0);
            for pool in &pools {
                assert_eq!((pool.keys.start, pool.slots.start), (keys, slots));
                (keys, slots) = (pool.keys.end, pool.slots.end);
                if pool.counted.is_some() {
                    counted += 1;
                } else {
                    assert_eq!(pool.keys.len(), 1);
                    assert_eq!(pool.name, schema.keys[pool.keys.start].recipe.to_string());
                }
                for key in &schema.keys[pool.keys.clone()] {
                    let implied = key.recipe.implies();
                    assert_eq!(pool.implied_by(1).max(implied), implied, "{}", key.recipe);
                }
            }
            assert_eq!((keys, slots), (schema.keys.len(), schema.key_slots()));
        }
        assert!(counted >= 3, "no shipped schema would show a fault");
        let standard = Schema::standard();
        let alone = standard
            .pools()
            .into_iter()
            .filter(|pool| pool.counted.is_none());
        let names: Vec<String> = alone.map(|pool| pool.name).collect();
        assert_eq!(names, ["NHS"]);
    }

    #[test]
    fn kinds_told_apart_imply_what_their_recipe_does() {
        let schema = Schema::standard().with(Mixing::Apart);
        for (pool, key) in schema.pools().iter().zip(&schema.keys) {
            assert_eq!(pool.counted, None);
            for tokens in [1, 2, 99] {
                assert_eq!(pool.implied_by(tokens), key.recipe.implies());
            }
            assert_eq!(pool.implied_by(0), Agreement::default());
        }
    }

    /// The law: whichever tokens agree, the levels that their kinds imply are at least what the number of them does.
    #[test]
    fn so_many_tokens_imply_no_more_than_any_choice_of_them() {
        let schema = Schema::standard();
        let mut state = 7u64;
        for pool in schema.pools().iter().filter(|pool| pool.counted.is_some()) {
            let slots = schema.keys[pool.keys.clone()].iter();
            let slots = slots.flat_map(|key| std::iter::repeat_n(key, key.slots.into()));
            let slots: Vec<_> = slots.map(|key| key.recipe.implies()).collect();
            assert_eq!(slots.len(), pool.slots.len());
            for _ in 0..2_000 {
                let mut chosen = (0, Agreement::default());
                for implied in &slots {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    if state >> 62 == 0 {
                        chosen = (chosen.0 + 1, chosen.1.max(*implied));
                    }
                }
                let sure = pool.implied_by(chosen.0);
                assert_eq!(sure.max(chosen.1), chosen.1, "{} tokens", chosen.0);
            }
            let all = slots
                .iter()
                .copied()
                .fold(Agreement::default(), Agreement::max);
            assert_eq!(pool.implied_by(slots.len()), all);
        }
    }
}
