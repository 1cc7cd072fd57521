//! One thread's part: people in, drafts out, a batch at a time.

use std::borrow::Cow;
use std::ops::Range;

use kinfold_identity::Person;
use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, FieldName, HouseholdKey, Invalid, Schema, Token,
};

use zeroize::Zeroizing;

use crate::codes::CodeBook;
use crate::diffusion::Scratch;
use crate::draft::{DraftShape, write_head};
use crate::dummies::Dummies;
use crate::filter::{FilterPlan, NameField, Themes};
use crate::lanes::BlockHasher;
use crate::person::{fact_of_identifier, facts, seen};
use crate::plan::Plan;
use crate::secrets::token;
use crate::sharing::Mark;
use crate::values::{Block, Books, PersonNames, Values};
use crate::{Error, Input, Options, ProjectSecrets, household};

/// What all workers share: the schema, prepared.
pub(crate) struct Shared {
    pub schema: Schema,
    pub plan: Plan,
    pub filters: Vec<FilterPlan>,
    /// For each partner the hasher of values.
    pub partners: Vec<BlockHasher>,
    /// For each match key its cap and whether it is an identifier's.
    pub marks: Vec<Mark>,
    /// For each match key the fact that it stands for, 0 for most.
    identifiers: Vec<u32>,
    pub shape: DraftShape,
    /// Tokens of each match key of a record, for one partner.
    pub slots: Vec<usize>,
    /// Tokens of a record, for one partner.
    pub key_slots: usize,
    pub values: blake3::Hasher,
    pub household: blake3::Hasher,
    pub lots: blake3::Hasher,
    pub dummies: Dummies,
    pub household_dummies: Dummies,
    usable: Vec<u32>,
    insists: u32,
    /// Fields that the schema does not list.
    pub hidden: Vec<FieldName>,
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
            slots: schema.keys.iter().map(|key| key.slots as usize).collect(),
            key_slots: schema.key_slots(),
            shape: DraftShape {
                keys: schema.keys.len(),
                words: filters.iter().map(|filter| filter.words).sum(),
                partners: partners.len(),
            },
            filters,
            partners,
            marks: schema
                .keys
                .iter()
                .map(|key| Mark::new(key.cap, fact_of_identifier(&key.recipe) != 0))
                .collect(),
            identifiers: schema
                .keys
                .iter()
                .map(|key| fact_of_identifier(&key.recipe))
                .collect(),
            values: secrets.hasher("values"),
            household: secrets.hasher("household"),
            lots: secrets.hasher("household-lots"),
            dummies: Dummies::new(&secrets.key("match-key-dummy")),
            household_dummies: Dummies::new(&secrets.key("household-dummy")),
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
            hidden: FieldName::ALL
                .into_iter()
                .filter(|&name| schema.field(name).is_none())
                .collect(),
            schema: schema.clone(),
        })
    }

    /// About as many bytes as a draft has.
    fn draft_bytes(&self) -> usize {
        self.shape.bytes(self.key_slots / 3, 2)
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
    /// The lasting reference of each draft.
    pub lasting: Vec<[u8; 16]>,
    /// The facts of each draft's person.
    pub facts: Vec<u32>,
    /// Household keys with the draft they belong to and their place among its homes.
    pub homes: Vec<(HouseholdKey, u16, u16)>,
    /// Ones before diffusion and number of filters that are not random, for each filter.
    pub ones: Vec<(u64, usize)>,
    /// Indices of people who were left out, and whether for a value that could not be read.
    pub left_out: Vec<(u32, bool)>,
}

/// One thread's books and working memory.
pub(crate) struct Worker {
    books: Books,
    codes: CodeBook,
    values: Values,
    person: PersonNames,
    scratch: Scratch,
    /// The values of a group of people, which are plain text until they are hashed.
    blocks: Zeroizing<Vec<Block>>,
    /// For each of them the number of values of each key.
    counts: Vec<u8>,
    /// For each partner the tokens of the values.
    tokens: Vec<Vec<Token>>,
    inner: Vec<Vec<u64>>,
    released: Vec<Vec<u64>>,
}

/// People whose values are hashed together: enough to fill the lanes of the hash, few enough to stay in the first level of the cache.
const GROUP: usize = 8;

impl Worker {
    pub(crate) fn new(shared: &Shared) -> Self {
        let filters = shared.filters.len();
        Self {
            books: Books::default(),
            codes: CodeBook::new(shared.values.clone()),
            values: Values::default(),
            person: PersonNames::default(),
            scratch: Scratch::default(),
            blocks: Zeroizing::default(),
            counts: Vec::new(),
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
        // For each draft: where its filters stand.
        let mut made: Vec<usize> = Vec::with_capacity(inputs.len());
        for (first, group) in (0..).step_by(GROUP).zip(inputs.chunks(GROUP)) {
            self.blocks.clear();
            self.counts.clear();
            let mut people: Vec<(&Input<'_>, Cow<'_, Person>)> = Vec::with_capacity(GROUP);
            for (index, input) in (first..).zip(group) {
                let person = seen(input.person, &shared.hidden);
                let facts = facts(&person);
                let invalid = input.rejected.bits() & shared.insists != 0;
                if invalid || !shared.is_usable(facts) {
                    batch.left_out.push((index, invalid));
                    continue;
                }
                let row = made.len() + people.len();
                let identifiers = self.person(shared, &person, input, facts, row, &mut batch.ones);
                // An identifier is claimed only when the record has a token of it: the linkage unit would take a random one for it.
                let all = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
                batch.facts.push(facts & !all | identifiers);
                people.push((input, person));
            }
            for (hasher, tokens) in shared.partners.iter().zip(&mut self.tokens) {
                tokens.clear();
                hasher.tokens(&self.blocks, tokens);
            }
            let mut start = 0;
            for (place, (input, person)) in people.iter().enumerate() {
                let keys = shared.shape.keys;
                let counts = &self.counts[place * keys..(place + 1) * keys];
                let end = start + counts.iter().map(|&n| usize::from(n)).sum::<usize>();
                made.push(batch.drafts.len() + shared.shape.filters_at());
                write(
                    shared,
                    person,
                    input,
                    counts,
                    &self.tokens,
                    start..end,
                    made.len() - 1,
                    &mut batch,
                );
                start = end;
            }
        }
        self.filters(shared, &made, &mut batch);
        batch
    }

    /// Works out the values and the filter bits of one person; gives the facts of identifiers that have a token.
    fn person(
        &mut self,
        shared: &Shared,
        person: &Person,
        input: &Input<'_>,
        facts: u32,
        row: usize,
        ones: &mut [(u64, usize)],
    ) -> u32 {
        let mut identifiers = 0;
        // A record that may not be linked releases nothing that could link it: all its tokens and bits are random.
        if person.do_not_link {
            self.counts.resize(self.counts.len() + shared.shape.keys, 0);
        } else {
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
            let most = self.blocks.len() + Mark::PLACES;
            for (key, identifier) in shared.identifiers.iter().enumerate() {
                let before = self.blocks.len();
                self.values.blocks(key, &shared.plan, &mut self.blocks);
                self.blocks.truncate(most);
                let values = self.blocks.len() - before;
                self.counts.push(values as u8);
                if values > 0 {
                    identifiers |= identifier;
                }
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

    /// Diffuses the filters of a batch and puts them into the drafts.
    fn filters(&mut self, shared: &Shared, made: &[usize], batch: &mut Batch) {
        let mut before = 0;
        for filter in &shared.filters {
            let inner = &self.inner[filter.index][..made.len() * filter.inner_words];
            let released = &mut self.released[filter.index];
            if let Some(diffusion) = &filter.diffusion {
                released.resize(made.len() * filter.words, 0);
                diffusion.apply(inner, released, &mut self.scratch);
            } else {
                released.clear();
                released.extend_from_slice(inner);
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

/// Writes the draft of a person, with room for the filters.
#[allow(clippy::too_many_arguments)]
fn write(
    shared: &Shared,
    person: &Person,
    input: &Input<'_>,
    counts: &[u8],
    tokens: &[Vec<Token>],
    values: Range<usize>,
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
    write_head(
        drafts,
        (&input.record_ref, &input.lasting_ref),
        flags,
        homes.len(),
        counts,
    );
    drafts.resize(drafts.len() + shared.shape.words * 8, 0);
    for tokens in tokens {
        drafts.extend_from_slice(tokens[values.clone()].as_flattened());
    }
    for (place, home) in homes.iter().enumerate() {
        drafts.extend_from_slice(&home.to_bytes());
        batch.homes.push((*home, row as u16, place as u16));
    }
    batch.ends.push(drafts.len() as u32);
    batch.references.push(input.record_ref);
    batch.lasting.push(input.lasting_ref);
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
    if let Some(&(birth, _)) = own.births.first() {
        marked.birth = books.births.mark(birth, filter, tokens, out);
    }
    if filter.themes.others {
        let before = ones(out);
        filter.mark_others(person, tokens, out);
        marked.others = ones(out) > before;
    }
    marked
}

/// The number by which a person is drawn in a crowded home. The home has no part in it: one home has a key by its property number and one
/// by its address, and two draws would together show more people than either may.
pub(crate) fn lot(shared: &Shared, person: &[u8; 16]) -> [u8; 16] {
    token(&shared.lots, &person[..])
}
