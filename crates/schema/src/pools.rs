//! Pools: kinds of match keys whose tokens are mixed.
//!
//! Which kinds of keys of a person agree with another custodian's record depends on which of the person's values nobody else has, and
//! somebody who holds a list of the population can work that out for everybody: forty kinds, told apart, name two people in five. How many
//! agree tells hardly anything, and it is nearly as good for linking. So the tokens of a pool are mixed within each record, and all that
//! the linkage unit sees of a pool is a number.

use std::ops::Range;

use crate::{Agreement, Schema};

/// Kinds of match keys whose tokens cannot be told apart: those of a pool, or one kind by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name; of a kind by itself the recipe.
    pub name: String,
    /// The kinds, as places in [`Schema::keys`].
    pub keys: Range<usize>,
    /// The slots of a record that hold their tokens.
    pub slots: Range<usize>,
    /// Where the number of agreeing tokens stands in [`Agreement::pools`]; `None` for a kind by itself.
    pub counted: Option<usize>,
    /// What one agreeing token implies, whichever it is: in each field the least that any of the kinds implies.
    pub implied: Agreement,
}

impl Schema {
    /// The pools of match keys, in the order of their slots. What the linkage unit can tell apart is these, not the kinds.
    pub fn pools(&self) -> Vec<Pool> {
        let layout = self.key_layout();
        let mut pools: Vec<Pool> = Vec::new();
        let mut counted = 0..;
        for (index, key) in self.keys.iter().enumerate() {
            let implied = key.recipe.implies();
            let same = index > 0 && key.pool.is_some() && self.keys[index - 1].pool == key.pool;
            if let (true, Some(last)) = (same, pools.last_mut()) {
                last.keys.end = index + 1;
                last.slots.end = layout[index].end;
                last.implied = last.implied.min(implied);
                continue;
            }
            pools.push(Pool {
                name: key.pool.clone().unwrap_or_else(|| key.recipe.to_string()),
                keys: index..index + 1,
                slots: layout[index].clone(),
                counted: key.pool.as_ref().and_then(|_| counted.next()),
                implied,
            });
        }
        pools
    }
}

impl Pool {
    /// Adds to an agreement that so many tokens of this pool agree.
    pub fn add_to(&self, agreement: &mut Agreement, tokens: usize) {
        if tokens == 0 {
            return;
        }
        *agreement = (*agreement).max(self.implied);
        if let Some(counted) = self.counted {
            let step = &mut agreement.pools[counted];
            *step = (*step).max(Agreement::step(tokens));
        }
    }
}
