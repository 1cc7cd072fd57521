//! From drafts to rows: what is held back taken out, gaps filled with random tokens, everything sorted.

use std::collections::HashSet;

use kinfold_schema::{CodeTable, HOUSEHOLD_NONE, HouseholdKey, NO_MONTH, Token};

use crate::Error;
use crate::draft::Draft;
use crate::encode::Presence;
use crate::report::KeyCount;
use crate::worker::{Shared, fingerprint};

/// The rows of a pile, and what became of their values.
pub(crate) struct Finished {
    pub table: CodeTable,
    pub keys: Vec<KeyCount>,
    pub household_keys: usize,
    pub household_keys_crowded: usize,
}

/// Finishes a pile. `held_back` has number and fingerprint of each value that is not released.
pub(crate) fn finish_pile(
    shared: &Shared,
    partners: &[String],
    drafts: &[u8],
    held_back: &HashSet<(u32, u64)>,
    presence: &Presence,
) -> Result<Finished, Error> {
    let mut rest = drafts;
    let mut rows: Vec<Draft<'_>> = Vec::new();
    while let Some(draft) = Draft::next(&mut rest, shared.shape) {
        rows.push(draft);
    }
    rows.sort_unstable_by_key(|draft| *draft.record_ref());
    if rows
        .windows(2)
        .any(|pair| pair[0].record_ref() == pair[1].record_ref())
    {
        return Err(Error::SameReference);
    }
    let schema = &shared.schema;
    let mut finished = Finished {
        table: CodeTable::empty(schema, partners),
        keys: schema
            .keys
            .iter()
            .map(|key| KeyCount::new(key.recipe.to_string()))
            .collect(),
        household_keys: 0,
        household_keys_crowded: 0,
    };
    let mut dummies = Dummies::new(schema.key_slots() * shared.shape.partners);
    let mut kept: Vec<&[Token]> = Vec::new();
    for draft in rows {
        let table = &mut finished.table;
        table.record_ref.push(*draft.record_ref());
        table.flags.push(draft.flags());
        table.presence.push(presence.of(draft.number()));
        let mut words = draft.words();
        for (filter, column) in shared.filters.iter().zip(&mut table.filters) {
            column.words.extend(words.by_ref().take(filter.words));
        }
        dummies.fill(&shared.dummies, draft.record_ref());
        let mut values = draft.values().peekable();
        let start = table.keys.len();
        table
            .keys
            .resize(start + schema.key_slots() * shared.shape.partners, [0; 16]);
        let mut slot = 0;
        for (index, key) in schema.keys.iter().enumerate() {
            let count = &mut finished.keys[index];
            let slots = key.slots as usize;
            kept.clear();
            while let Some((_, tokens)) = values.next_if(|(key, _)| *key as usize == index) {
                count.values += 1;
                if held_back.contains(&(draft.number(), fingerprint(&tokens[0]))) {
                    count.shared += 1;
                } else if kept.len() == slots {
                    count.beyond_slots += 1;
                } else {
                    kept.push(tokens);
                }
            }
            count.released += kept.len();
            for partner in 0..shared.shape.partners {
                let at = start + partner * schema.key_slots() + slot;
                let out = &mut table.keys[at..at + slots];
                for (place, token) in out.iter_mut().enumerate() {
                    *token = kept.get(place).map_or_else(
                        || dummies.token(partner * schema.key_slots() + slot + place),
                        |tokens| tokens[partner],
                    );
                }
                // Tokens look random, so their order tells nothing about which are real.
                out.sort_unstable();
            }
            slot += slots;
        }
        finished.homes(shared, &draft, held_back);
    }
    Ok(finished)
}

impl Finished {
    fn homes(
        &mut self,
        shared: &Shared,
        draft: &Draft<'_>,
        held_back: &HashSet<(u32, u64)>,
    ) {
        let slots = shared.schema.household_slots();
        let start = self.table.household.len();
        for home in draft.homes() {
            if held_back.contains(&(draft.number(), fingerprint(&home.token))) {
                self.household_keys_crowded += 1;
            } else if self.table.household.len() < start + slots {
                self.table.household.push(home);
                self.household_keys += 1;
            }
        }
        let mut dummies = Dummies::new(slots);
        dummies.fill(&shared.household_dummies, draft.record_ref());
        for slot in self.table.household.len() - start..slots {
            self.table.household.push(HouseholdKey {
                token: dummies.token(slot),
                kind: HOUSEHOLD_NONE,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        self.table.household[start..].sort_unstable();
    }
}

/// Random tokens for the gaps of a record, made from its reference: a custodian makes the same file again, and nobody without the key
/// can tell them from values.
struct Dummies {
    bytes: Vec<u8>,
}

impl Dummies {
    fn new(tokens: usize) -> Self {
        Self {
            bytes: vec![0; tokens * 16],
        }
    }

    fn fill(&mut self, hasher: &blake3::Hasher, record_ref: &[u8; 16]) {
        let mut hasher = hasher.clone();
        hasher.update(record_ref);
        hasher.finalize_xof().fill(&mut self.bytes);
    }

    fn token(&self, index: usize) -> Token {
        self.bytes[index * 16..(index + 1) * 16]
            .try_into()
            .expect("sixteen bytes")
    }
}
