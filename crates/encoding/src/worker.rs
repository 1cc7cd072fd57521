//! One thread's part: people in, drafts and the fingerprints of their values out, a batch at a time.

use kinfold_identity::Person;
use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, FieldSet, HouseholdKey, Invalid, Schema, Token,
};

use crate::codes::CodeBook;
use crate::diffusion::Scratch;
use crate::draft::{DraftShape, HEAD, write_head};
use crate::filter::{FilterPlan, NameField, Themes};
use crate::lanes::BlockHasher;
use crate::person::{fact_of_identifier, facts, seen};
use crate::plan::Plan;
use crate::secrets::token;
use crate::values::{Block, Books, PersonNames, Values};
use crate::{Error, Input, Options, ProjectSecrets, household};

/// What all workers share: the schema, prepared.
pub(crate) struct Shared {
    pub schema: Schema,
    pub plan: Plan,
    pub filters: Vec<FilterPlan>,
    /// For each partner the hasher of values.
    pub partners: Vec<BlockHasher>,
    /// For each match key its cap, and whether it is an identifier's.
    caps: Vec<(u32, bool)>,
    pub shape: DraftShape,
    /// Tokens of a record, for one partner.
    pub key_slots: usize,
    pub values: blake3::Hasher,
    pub household: blake3::Hasher,
    pub lots: blake3::Hasher,
    pub dummies: BlockHasher,
    pub household_dummies: BlockHasher,
    usable: Vec<u32>,
    insists: u32,
    fields: FieldSet,
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
        let partners: Vec<BlockHasher> = options
            .scopes(schema)?
            .iter()
            .map(|scope| BlockHasher::new(secrets.key(&format!("{scope}match-key")), options.simd))
            .collect();
        Ok(Self {
            plan: Plan::of(schema),
            key_slots: schema.key_slots(),
            shape: DraftShape {
                words: filters.iter().map(|filter| filter.words).sum(),
                partners: partners.len(),
            },
            filters,
            partners,
            caps: schema
                .keys
                .iter()
                .map(|key| (key.cap, fact_of_identifier(&key.recipe) != 0))
                .collect(),
            values: secrets.hasher("values"),
            household: secrets.hasher("household"),
            lots: secrets.hasher("household-lots"),
            dummies: BlockHasher::new(secrets.key("match-key-dummy"), options.simd),
            household_dummies: BlockHasher::new(secrets.key("household-dummy"), options.simd),
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
            fields: {
                let mut fields = FieldSet::default();
                schema
                    .fields
                    .iter()
                    .for_each(|field| fields.insert(field.name));
                fields
            },
            schema: schema.clone(),
        })
    }

    /// About as many bytes as a draft has.
    fn draft_bytes(&self) -> usize {
        HEAD + self.shape.words * 8 + self.key_slots / 2 * (1 + 16 * self.shape.partners)
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
    /// Of each value: fingerprint, draft, and what [`Mark`] says.
    pub fingerprints: Vec<(u64, u16, u16)>,
    /// Household keys with the draft they belong to and their place among its homes.
    pub homes: Vec<(HouseholdKey, u16, u16)>,
    /// Ones before diffusion and number of filters that are not random, for each filter.
    pub ones: Vec<(u64, usize)>,
    /// Indices of people who were left out, and whether for a value that could not be read.
    pub left_out: Vec<(u32, bool)>,
}

/// Of a value: its place among its record's values, the cap of its key, and whether the key is an identifier's, in two bytes.
pub(crate) struct Mark;

impl Mark {
    /// Most values of a record; more are not looked at.
    pub(crate) const PLACES: usize = 1 << 12;

    fn of(place: usize, cap: u32, identifier: bool) -> u16 {
        place as u16 | (cap as u16 - 1) << 12 | u16::from(identifier) << 15
    }

    pub(crate) fn place(mark: u16) -> u16 {
        mark & (Self::PLACES as u16 - 1)
    }

    pub(crate) fn cap(mark: u16) -> u32 {
        u32::from(mark >> 12 & 7) + 1
    }

    pub(crate) fn is_identifier(mark: u16) -> bool {
        mark >> 15 == 1
    }
}

/// The first eight bytes of a token: what sharing is judged by. In a file of ten million people two of half a thousand million values meet
/// by chance with a probability below one in a hundred; the two would be held back, and no harm done.
fn fingerprint(token: &Token) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("a token has sixteen bytes"))
}

/// One thread's books and working memory.
pub(crate) struct Worker {
    books: Books,
    codes: CodeBook,
    values: Values,
    person: PersonNames,
    scratch: Scratch,
    blocks: Vec<Block>,
    /// For each value of a record the number of its key.
    keys: Vec<u8>,
    /// For each partner the tokens of a record's values.
    tokens: Vec<Vec<Token>>,
    inner: Vec<Vec<u64>>,
    released: Vec<Vec<u64>>,
}

impl Worker {
    pub(crate) fn new(shared: &Shared) -> Self {
        let filters = shared.filters.len();
        Self {
            books: Books::default(),
            codes: CodeBook::new(shared.values.clone()),
            values: Values::default(),
            person: PersonNames::default(),
            scratch: Scratch::default(),
            blocks: Vec::new(),
            keys: Vec::new(),
            tokens: vec![Vec::new(); shared.partners.len()],
            inner: vec![Vec::new(); filters],
            released: vec![Vec::new(); filters],
        }
    }

    /// Encodes a batch of people.
    pub(crate) fn encode(&mut self, shared: &Shared, inputs: &[Input<'_>]) -> Batch {
        for (filter, words) in shared.filters.iter().zip(&mut self.inner) {
            words.clear();
            words.resize(inputs.len() * filter.inner_words, 0);
        }
        let mut batch = Batch {
            drafts: Vec::with_capacity(inputs.len() * shared.draft_bytes()),
            ones: vec![(0, 0); shared.filters.len()],
            ..Batch::default()
        };
        // For each draft: where its filters stand in it.
        let mut made: Vec<usize> = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.iter().enumerate() {
            let person = seen(input.person, shared.fields);
            let facts = facts(&person);
            let invalid = input.rejected.bits() & shared.insists != 0;
            if invalid || !shared.is_usable(facts) {
                batch.left_out.push((index as u32, invalid));
                continue;
            }
            let row = made.len();
            let identifiers = self.person(shared, &person, input, facts, row, &mut batch.ones);
            made.push(batch.drafts.len() + HEAD);
            self.write(shared, &person, input, row, &mut batch);
            batch.references.push(input.record_ref);
            // An identifier is claimed only when the record has a token of it: the linkage unit would take a random one for it.
            let all = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
            batch.facts.push(facts & !all | identifiers);
        }
        self.filters(shared, &made, &mut batch);
        batch
    }

    /// Works out the values, their tokens and the filter bits of one person; gives the facts of identifiers that have a token.
    fn person(
        &mut self,
        shared: &Shared,
        person: &Person,
        input: &Input<'_>,
        facts: u32,
        row: usize,
        ones: &mut [(u64, usize)],
    ) -> u32 {
        self.blocks.clear();
        self.keys.clear();
        for tokens in &mut self.tokens {
            tokens.clear();
        }
        let mut identifiers = 0;
        // A record that may not be linked releases nothing that could link it: all its tokens and bits are random.
        if !person.do_not_link {
            self.books.make_room();
            self.person.read(
                person,
                &shared.plan,
                shared.filters.len(),
                &mut self.books,
                &mut self.codes,
            );
            self.values.read(
                person,
                &self.person,
                &shared.plan,
                &self.books,
                &mut self.codes,
            );
            for key in 0..shared.plan.recipes.len() {
                let before = self.blocks.len();
                self.values.blocks(key, &shared.plan, &mut self.blocks);
                self.blocks.truncate(Mark::PLACES);
                self.keys.resize(self.blocks.len(), key as u8);
                if self.blocks.len() > before {
                    identifiers |= fact_of_identifier(&shared.schema.keys[key].recipe);
                }
            }
            for (hasher, tokens) in shared.partners.iter().zip(&mut self.tokens) {
                hasher.tokens(&self.blocks, tokens);
            }
        }
        for filter in &shared.filters {
            let width = filter.inner_words;
            let out = &mut self.inner[filter.index][row * width..(row + 1) * width];
            let allowed = !person.do_not_link && facts & filter.requires == filter.requires;
            // Whatever the schema requires: a filter that got nothing of one of its themes is a bare code of the rest.
            if allowed && mark(filter, person, &self.person, &mut self.books, out) == filter.themes
            {
                let (sum, filters) = &mut ones[filter.index];
                *sum += out
                    .iter()
                    .map(|word| u64::from(word.count_ones()))
                    .sum::<u64>();
                *filters += 1;
            } else {
                filter.random(&input.lasting_ref, out);
            }
        }
        identifiers
    }

    /// Writes the draft of a person, with room for the filters.
    fn write(
        &mut self,
        shared: &Shared,
        person: &Person,
        input: &Input<'_>,
        row: usize,
        batch: &mut Batch,
    ) {
        let homes = if shared.schema.household.is_some() {
            household::keys_of(person, &shared.household)
        } else {
            Vec::new()
        };
        // More homes than a byte counts are no homes of one person.
        let homes = &homes[..homes.len().min(u8::MAX as usize)];
        let flags = (u8::from(person.do_not_link) * FLAG_DO_NOT_LINK)
            | (u8::from(person.protected_address) * FLAG_WITHHELD);
        let drafts = &mut batch.drafts;
        // The number of the record in the file is filled in when the batch is put in its place.
        write_head(
            drafts,
            (&input.record_ref, &input.lasting_ref),
            row as u32,
            flags,
            homes.len(),
            self.keys.len(),
        );
        drafts.resize(drafts.len() + shared.shape.words * 8, 0);
        for (place, &key) in self.keys.iter().enumerate() {
            drafts.push(key);
            for tokens in &self.tokens {
                drafts.extend_from_slice(&tokens[place]);
            }
            let (cap, identifier) = shared.caps[key as usize];
            batch.fingerprints.push((
                fingerprint(&self.tokens[0][place]),
                row as u16,
                Mark::of(place, cap, identifier),
            ));
        }
        for (place, home) in homes.iter().enumerate() {
            drafts.extend_from_slice(&home.to_bytes());
            batch.homes.push((*home, row as u16, place as u16));
        }
        batch.ends.push(drafts.len() as u32);
    }

    /// Diffuses the filters of a batch and puts them into the drafts.
    fn filters(&mut self, shared: &Shared, made: &[usize], batch: &mut Batch) {
        let mut before = 0;
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
            for (words, &at) in released.chunks_exact(filter.words).zip(made) {
                let at = at + before;
                let out = &mut batch.drafts[at..at + filter.words * 8];
                for (bytes, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words.iter()) {
                    *bytes = word.to_le_bytes();
                }
            }
            before += filter.words * 8;
        }
    }
}

/// Switches on the bits of a person's tokens and says of what there were any.
pub(crate) fn mark(
    filter: &FilterPlan,
    person: &Person,
    own: &PersonNames,
    books: &mut Books,
    out: &mut [u64],
) -> Themes {
    let ones = |out: &[u64]| out.iter().map(|word| word.count_ones()).sum::<u32>();
    let tokens = &mut books.tokens;
    let mut marked = Themes::default();
    let lists = [
        (NameField::First, &own.own_first),
        (NameField::Middle, &own.own_middle),
        (NameField::Last, &own.own_last),
    ];
    for (field, list) in lists {
        for &name in list {
            books.names.mark(name, field, filter, tokens, out);
        }
    }
    marked.names = out.iter().any(|word| *word != 0);
    if let Some(&(number, birth)) = own.births.first() {
        marked.birth = books.births.mark(number, birth, filter, tokens, out);
    }
    if filter.themes.others {
        let before = ones(out);
        filter.mark_others(person, tokens, out);
        marked.others = ones(out) > before;
    }
    marked
}

/// The number by which a person is drawn in a crowded home.
pub(crate) fn lot(shared: &Shared, home: &Token, person: &[u8; 16]) -> [u8; 16] {
    token(&shared.lots, &[&home[..], &person[..]].concat())
}
