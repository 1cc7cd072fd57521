//! From drafts to rows: what is held back taken out, gaps filled with random tokens, everything sorted.

use kinfold_schema::{CodeTable, HOUSEHOLD_NONE, HouseholdKey, NO_MONTH, Schema, Token};

use crate::Error;
use crate::draft::Draft;
use crate::encode::Presence;
use crate::lanes::{BLOCK, BlockHasher};
use crate::report::KeyCount;
use crate::worker::Shared;

/// The rows of a pile, and what became of their values.
pub(crate) struct Finished {
    pub table: CodeTable,
    pub keys: Vec<KeyCount>,
    pub household_keys: usize,
    pub household_keys_crowded: usize,
}

/// In a notice, what tells a home from a value.
pub(crate) const HOME: u16 = 1 << 15;

/// Bytes of a notice that a value or a home is held back: number of the record 4, place among its values or homes 2.
pub(crate) const NOTICE: usize = 6;

/// What is held back of the records of a pile: number of the record, and place among its values or (with [`HOME`]) homes.
pub(crate) struct HeldBack(Vec<(u32, u16)>);

impl HeldBack {
    pub(crate) fn read(notices: &[u8]) -> Self {
        let mut all: Vec<(u32, u16)> = notices
            .as_chunks::<NOTICE>()
            .0
            .iter()
            .map(|&[a, b, c, d, low, high]| {
                (
                    u32::from_le_bytes([a, b, c, d]),
                    u16::from_le_bytes([low, high]),
                )
            })
            .collect();
        all.sort_unstable();
        Self(all)
    }

    /// What is held back of one record, sorted.
    fn of(&self, number: u32) -> &[(u32, u16)] {
        let start = self.0.partition_point(|&(other, _)| other < number);
        let length = self.0[start..]
            .iter()
            .take_while(|(other, _)| *other == number)
            .count();
        &self.0[start..start + length]
    }
}

impl Finished {
    /// No rows yet.
    pub(crate) fn new(schema: &Schema, partners: &[String]) -> Self {
        Self {
            table: CodeTable::empty(schema, partners),
            keys: schema
                .keys
                .iter()
                .map(|key| KeyCount::new(key.recipe.to_string()))
                .collect(),
            household_keys: 0,
            household_keys_crowded: 0,
        }
    }

    /// Finishes the drafts of a pile and puts them after the rows there are.
    pub(crate) fn add_pile(
        &mut self,
        shared: &Shared,
        drafts: &[u8],
        held_back: &HeldBack,
        presence: &Presence,
    ) -> Result<(), Error> {
        let mut rest = drafts;
        let mut rows: Vec<Draft<'_>> = Vec::new();
        while let Some(draft) = Draft::next(&mut rest, shared.shape) {
            rows.push(draft);
        }
        rows.sort_unstable_by_key(|draft| u128::from_be_bytes(*draft.record_ref()));
        if rows
            .windows(2)
            .any(|pair| pair[0].record_ref() == pair[1].record_ref())
        {
            return Err(Error::SameReference);
        }
        let mut dummies = Dummies::default();
        for draft in rows {
            let table = &mut self.table;
            table.record_ref.push(*draft.record_ref());
            table.flags.push(draft.flags());
            table.presence.push(presence.of(draft.number()));
            let mut words = draft.words();
            for (filter, column) in shared.filters.iter().zip(&mut table.filters) {
                let (own, rest) = words.split_at(filter.words);
                column
                    .words
                    .extend(own.iter().map(|bytes| u64::from_le_bytes(*bytes)));
                words = rest;
            }
            let held_back = held_back.of(draft.number());
            self.values(shared, &draft, held_back, &mut dummies);
            self.homes(shared, &draft, held_back, &mut dummies);
        }
        Ok(())
    }

    fn values(
        &mut self,
        shared: &Shared,
        draft: &Draft<'_>,
        held_back: &[(u32, u16)],
        dummies: &mut Dummies,
    ) {
        let sets = shared.shape.partners;
        let width = shared.key_slots;
        let mut values = draft.values().zip(0u16..).peekable();
        let mut not_released = held_back.iter().map(|&(_, place)| place).peekable();
        let start = self.table.keys.len();
        self.table.keys.resize(start + width * sets, [0; 16]);
        let keys = &mut self.table.keys[start..];
        dummies.fill(&shared.dummies, draft.lasting_ref(), width * sets);
        let mut slot = 0;
        for (index, key) in shared.schema.keys.iter().enumerate() {
            let count = &mut self.keys[index];
            let slots = key.slots as usize;
            let mut kept = 0;
            while let Some(((_, tokens), place)) =
                values.next_if(|((key, _), _)| *key as usize == index)
            {
                count.values += 1;
                if not_released.next_if_eq(&place).is_some() {
                    count.shared += 1;
                } else if kept == slots {
                    count.beyond_slots += 1;
                } else {
                    for (set, token) in tokens.iter().enumerate() {
                        keys[set * width + slot + kept] = *token;
                    }
                    kept += 1;
                }
            }
            count.released += kept;
            // The random token of a place is the same in every period, so that what changes between two looks like a value that changed.
            for set in 0..sets {
                let at = set * width + slot;
                keys[at + kept..at + slots].copy_from_slice(&dummies.tokens[at + kept..at + slots]);
            }
            slot += slots;
        }
        // Tokens look random, so once sorted their order tells nothing about which are real. That holds only when random ones alone are
        // sorted too.
        let mut slot = 0;
        for key in &shared.schema.keys {
            let slots = key.slots as usize;
            for set in 0..sets {
                let at = set * width + slot;
                sort(&mut keys[at..at + slots]);
            }
            slot += slots;
        }
    }

    fn homes(
        &mut self,
        shared: &Shared,
        draft: &Draft<'_>,
        held_back: &[(u32, u16)],
        dummies: &mut Dummies,
    ) {
        let slots = shared.schema.household_slots();
        let start = self.table.household.len();
        for (home, place) in draft.homes().zip(0u16..) {
            if held_back.iter().any(|&(_, other)| other == place | HOME) {
                self.household_keys_crowded += 1;
            } else if self.table.household.len() < start + slots {
                self.table.household.push(home);
                self.household_keys += 1;
            }
        }
        dummies.fill(&shared.household_dummies, draft.lasting_ref(), slots);
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

/// Random tokens for the gaps of a record, one for each place, made from the reference that lasts: a custodian makes the same file again, the
/// next period's file has the same ones (those of a reference that changes would stand out beside values that stay), and nobody without the
/// key can tell them from values.
#[derive(Default)]
struct Dummies {
    /// Reference and number; only the reference changes from record to record.
    blocks: Vec<[u8; BLOCK]>,
    tokens: Vec<Token>,
}

impl Dummies {
    /// Makes so many. Two come from one block of the reference and a number.
    fn fill(&mut self, hasher: &BlockHasher, lasting_ref: &[u8; 16], count: usize) {
        let needed = count.div_ceil(2);
        while self.blocks.len() < needed {
            let mut block = [0; BLOCK];
            block[16..20].copy_from_slice(&(self.blocks.len() as u32).to_le_bytes());
            self.blocks.push(block);
        }
        for block in &mut self.blocks[..needed] {
            block[..16].copy_from_slice(lasting_ref);
        }
        self.tokens.clear();
        hasher.halves(&self.blocks[..needed], &mut self.tokens);
    }

    fn token(&self, index: usize) -> Token {
        self.tokens[index]
    }
}

/// Sorts a few tokens: by insertion, which beats everything below a dozen.
fn sort(tokens: &mut [Token]) {
    // Two tokens with eight equal bytes are one in 10^19.
    let above = |a: &Token, b: &Token| {
        let first =
            |token: &Token| u64::from_be_bytes(*token.first_chunk().expect("sixteen bytes"));
        match first(a).cmp(&first(b)) {
            std::cmp::Ordering::Equal => a > b,
            order => order.is_gt(),
        }
    };
    for index in 1..tokens.len() {
        let own = tokens[index];
        let mut at = index;
        while at > 0 && above(&tokens[at - 1], &own) {
            tokens[at] = tokens[at - 1];
            at -= 1;
        }
        tokens[at] = own;
    }
}
