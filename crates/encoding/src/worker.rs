//! One thread's part: people in, drafts and the fingerprints of their values out, a batch at a time.

use kinfold_identity::Person;
use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, HouseholdKey, Invalid, Schema, Token,
};

use crate::codes::CodeBook;
use crate::diffusion::Scratch;
use crate::draft::{DraftShape, write_head};
use crate::filter::{FilterPlan, NameField, TokenBook};
use crate::lanes::BlockHasher;
use crate::names::NameBook;
use crate::person::{fact_of_identifier, facts};
use crate::plan::Plan;
use crate::secrets::token;
use crate::values::{Block, PersonNames, Values};
use crate::{Error, Input, Options, ProjectSecrets, household};

/// What all workers share: the schema, prepared.
pub(crate) struct Shared {
    pub schema: Schema,
    pub plan: Plan,
    pub filters: Vec<FilterPlan>,
    /// For each partner the hasher of each recipe.
    pub recipes: Vec<Vec<BlockHasher>>,
    pub shape: DraftShape,
    pub values: blake3::Hasher,
    pub household: blake3::Hasher,
    pub lots: blake3::Hasher,
    pub dummies: blake3::Hasher,
    pub household_dummies: blake3::Hasher,
    usable: Vec<u32>,
    insists: u32,
}

impl Shared {
    pub(crate) fn new(
        schema: &Schema,
        secrets: &ProjectSecrets,
        options: &Options,
    ) -> Result<Self, Error> {
        let filters: Vec<FilterPlan> = schema
            .filters
            .iter()
            .enumerate()
            .map(|(index, filter)| FilterPlan::new(index, filter, schema, secrets, options.simd))
            .collect();
        let scopes = options.scopes(schema)?;
        let recipes: Vec<Vec<BlockHasher>> = scopes
            .iter()
            .map(|scope| {
                schema
                    .keys
                    .iter()
                    .map(|key| {
                        let purpose = format!("{scope}match-key/{}", key.recipe);
                        BlockHasher::new(secrets.key(&purpose), options.simd)
                    })
                    .collect()
            })
            .collect();
        Ok(Self {
            plan: Plan::of(schema),
            shape: DraftShape {
                words: filters.iter().map(|filter| filter.words).sum(),
                partners: recipes.len(),
            },
            filters,
            recipes,
            values: secrets.hasher("values"),
            household: secrets.hasher("household"),
            lots: secrets.hasher("household-lots"),
            dummies: secrets.hasher("match-key-dummy"),
            household_dummies: secrets.hasher("household-dummy"),
            usable: schema
                .usable
                .iter()
                .map(|list| list.iter().map(|fact| fact.bit()).fold(0, |a, b| a | b))
                .collect(),
            insists: schema
                .fields
                .iter()
                .filter(|field| field.invalid == Invalid::LeaveOut)
                .map(|field| 1 << field.name as u32)
                .sum(),
            schema: schema.clone(),
        })
    }

    /// The facts that a presence pattern may claim: an identifier only when the record has a token of it.
    fn claimed(&self, facts: u32, person: &Person) -> u32 {
        let identifiers = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
        let keyed: u32 = self
            .schema
            .keys
            .iter()
            .map(|key| fact_of_identifier(&key.recipe))
            .fold(0, |all, fact| all | fact);
        let without_token = if person.do_not_link { identifiers } else { identifiers & !keyed };
        facts & !without_token
    }

    /// Whether a record may be made of a person with these facts and these values that could not be read.
    fn is_usable(&self, facts: u32) -> bool {
        self.usable.iter().any(|list| facts & list == *list)
    }
}

/// What a batch gave.
#[derive(Default)]
pub(crate) struct Batch {
    /// Drafts, one after another.
    pub drafts: Vec<u8>,
    /// For each draft: where it ends in `drafts`.
    pub ends: Vec<u32>,
    /// The reference of each draft.
    pub references: Vec<[u8; 16]>,
    /// The facts of each draft's person.
    pub facts: Vec<u32>,
    /// Fingerprint, draft and key of each value.
    pub fingerprints: Vec<(u64, u16, u8)>,
    /// Household keys with the draft they belong to.
    pub homes: Vec<(HouseholdKey, u16)>,
    /// Ones before diffusion and number of filters that are not random, for each filter.
    pub ones: Vec<(u64, usize)>,
    /// Indices of people who were left out, and whether for a value that could not be read.
    pub left_out: Vec<(u32, bool)>,
}

/// The first eight bytes of a token: what sharing is judged by.
pub(crate) fn fingerprint(token: &Token) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("a token has sixteen bytes"))
}

/// One thread's books and working memory.
pub(crate) struct Worker {
    names: NameBook,
    tokens: TokenBook,
    codes: CodeBook,
    values: Values,
    person: PersonNames,
    scratch: Scratch,
    /// For each recipe the values of the batch, and how many each draft has.
    blocks: Vec<Vec<Block>>,
    counts: Vec<Vec<u16>>,
    hashed: Vec<Vec<Vec<Token>>>,
    inner: Vec<Vec<u64>>,
    released: Vec<Vec<u64>>,
}

impl Worker {
    pub(crate) fn new(shared: &Shared) -> Self {
        let recipes = shared.plan.recipes.len();
        let filters = shared.filters.len();
        Self {
            names: NameBook::default(),
            tokens: TokenBook::default(),
            codes: CodeBook::new(shared.values.clone()),
            values: Values::default(),
            person: PersonNames::default(),
            scratch: Scratch::default(),
            blocks: vec![Vec::new(); recipes],
            counts: vec![Vec::new(); recipes],
            hashed: vec![vec![Vec::new(); recipes]; shared.recipes.len()],
            inner: vec![Vec::new(); filters],
            released: vec![Vec::new(); filters],
        }
    }

    /// Encodes a batch of people.
    pub(crate) fn encode(&mut self, shared: &Shared, inputs: &[Input<'_>]) -> Batch {
        for list in &mut self.blocks {
            list.clear();
        }
        for list in &mut self.counts {
            list.clear();
        }
        for (filter, words) in shared.filters.iter().zip(&mut self.inner) {
            words.clear();
            words.resize(inputs.len() * filter.inner_words, 0);
        }
        let mut batch = Batch {
            ones: vec![(0, 0); shared.filters.len()],
            ..Batch::default()
        };
        // For each draft the input it is made of, and which of its filters are random.
        let mut made: Vec<(usize, u8)> = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.iter().enumerate() {
            let facts = facts(input.person);
            let invalid = input.rejected.bits() & shared.insists != 0;
            if invalid || !shared.is_usable(facts) {
                batch.left_out.push((index as u32, invalid));
                continue;
            }
            let random = self.person(shared, input.person, facts, made.len(), &mut batch.ones);
            batch.references.push(input.record_ref);
            batch.facts.push(shared.claimed(facts, input.person));
            made.push((index, random));
        }
        for (hashers, tokens) in shared.recipes.iter().zip(&mut self.hashed) {
            for ((hasher, blocks), tokens) in hashers.iter().zip(&self.blocks).zip(tokens) {
                tokens.clear();
                hasher.tokens(blocks, tokens);
            }
        }
        self.diffuse(shared, &batch.references, &made);
        self.write(shared, inputs, &made, &mut batch);
        batch
    }

    /// Works out the values and filter bits of one person; says which filters are to be random.
    fn person(
        &mut self,
        shared: &Shared,
        person: &Person,
        facts: u32,
        row: usize,
        ones: &mut [(u64, usize)],
    ) -> u8 {
        // A record that may not be linked releases nothing that could link it: all its tokens and bits are random.
        if person.do_not_link {
            for counts in &mut self.counts {
                counts.push(0);
            }
            return u8::MAX;
        }
        self.names.make_room();
        self.person.read(
            person,
            &shared.plan,
            shared.filters.len(),
            &mut self.names,
            &mut self.codes,
        );
        self.values.read(
            person,
            &self.person,
            &shared.plan,
            &self.names,
            &mut self.codes,
        );
        for ((recipe, blocks), counts) in shared
            .plan
            .recipes
            .iter()
            .zip(&mut self.blocks)
            .zip(&mut self.counts)
        {
            let before = blocks.len();
            self.values.blocks(recipe, &shared.plan, blocks);
            counts.push((blocks.len() - before) as u16);
        }
        let mut random = 0;
        for filter in &shared.filters {
            let width = filter.inner_words;
            let out = &mut self.inner[filter.index][row * width..(row + 1) * width];
            if facts & filter.requires != filter.requires {
                random |= 1 << filter.index;
                continue;
            }
            mark(filter, person, &self.person, &mut self.names, &mut self.tokens, out);
            let (sum, filters) = &mut ones[filter.index];
            *sum += out
                .iter()
                .map(|word| u64::from(word.count_ones()))
                .sum::<u64>();
            *filters += 1;
        }
        random
    }

    fn diffuse(&mut self, shared: &Shared, references: &[[u8; 16]], made: &[(usize, u8)]) {
        for filter in &shared.filters {
            let inner = &self.inner[filter.index][..made.len() * filter.inner_words];
            let released = &mut self.released[filter.index];
            released.clear();
            match &filter.diffusion {
                Some(diffusion) => {
                    released.resize(made.len() * filter.words, 0);
                    diffusion.apply(inner, released, &mut self.scratch);
                }
                None => released.extend_from_slice(inner),
            }
            let rows = released.chunks_exact_mut(filter.words);
            for ((out, reference), (_, random)) in rows.zip(references).zip(made) {
                if random >> filter.index & 1 == 1 {
                    filter.random(reference, out);
                }
            }
        }
    }

    fn write(
        &mut self,
        shared: &Shared,
        inputs: &[Input<'_>],
        made: &[(usize, u8)],
        batch: &mut Batch,
    ) {
        let mut cursors = vec![0usize; shared.plan.recipes.len()];
        for (row, &(index, _)) in made.iter().enumerate() {
            let person = inputs[index].person;
            let homes = if shared.schema.household.is_some() {
                household::keys_of(person, &shared.household)
            } else {
                Vec::new()
            };
            // More homes than a byte counts are no homes of one person.
            let homes = &homes[..homes.len().min(u8::MAX as usize)];
            let values: usize = self.counts.iter().map(|counts| counts[row] as usize).sum();
            let flags = (u8::from(person.do_not_link) * FLAG_DO_NOT_LINK)
                | (u8::from(person.protected_address) * FLAG_WITHHELD);
            let reference = &batch.references[row];
            // The number of the record in the file is filled in when the batch is put in its place.
            write_head(&mut batch.drafts, reference, row as u32, flags, homes.len(), values);
            for filter in &shared.filters {
                let width = filter.words;
                for word in &self.released[filter.index][row * width..(row + 1) * width] {
                    batch.drafts.extend_from_slice(&word.to_le_bytes());
                }
            }
            for (key, cursor) in cursors.iter_mut().enumerate() {
                for _ in 0..self.counts[key][row] {
                    batch.drafts.push(key as u8);
                    for tokens in &self.hashed {
                        batch.drafts.extend_from_slice(&tokens[key][*cursor]);
                    }
                    batch
                        .fingerprints
                        .push((fingerprint(&self.hashed[0][key][*cursor]), row as u16, key as u8));
                    *cursor += 1;
                }
            }
            for home in homes {
                batch.drafts.extend_from_slice(&home.to_bytes());
                batch.homes.push((*home, row as u16));
            }
            batch.ends.push(batch.drafts.len() as u32);
        }
    }
}

/// Switches on the bits of a person's tokens.
pub(crate) fn mark(
    filter: &FilterPlan,
    person: &Person,
    own: &PersonNames,
    names: &mut NameBook,
    tokens: &mut TokenBook,
    out: &mut [u64],
) {
    let lists = [
        (NameField::First, &own.own_first),
        (NameField::Middle, &own.middle),
        (NameField::Last, &own.own_last),
    ];
    for (field, list) in lists {
        for &name in list {
            names.mark(name, field, filter, tokens, out);
        }
    }
    let birth = person.births.iter().find(|birth| birth.is_full());
    if let Some(&birth) = birth.or(person.births.first()) {
        filter.mark_birth(birth, tokens, out);
    }
    if filter.has_others() {
        filter.mark_others(person, tokens, out);
    }
}

/// The number by which a person is drawn in a crowded home.
pub(crate) fn lot(shared: &Shared, home: &Token, person: &[u8; 16]) -> [u8; 16] {
    token(&shared.lots, &[&home[..], &person[..]].concat())
}
