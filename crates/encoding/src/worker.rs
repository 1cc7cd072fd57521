//! One thread's part: people in, drafts out, a batch at a time.

use std::ops::Range;

use kinfold_identity::Person;
use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, FieldName, HouseholdKey, Invalid, Schema, Token,
};

use zeroize::Zeroizing;

use crate::blocks::Block;
use crate::codes::CodeBook;
use crate::diffusion::Scratch;
use crate::draft::{DraftShape, write_head};
use crate::dummies::Dummies;
use crate::encode::{PILES, Piles, STAY, pile_of};
use crate::entry::{ENTRY, Entry, PLACES, RANK_MAX, Ranks, VALUE_PILES};
use crate::filter::{FilterPlan, NameField, Themes};
use crate::gather::{Entries, Pieces};
use crate::lanes::BlockHasher;
use crate::person::{Seen, fact_of_identifier, facts, seen};
use crate::plan::Plan;
use crate::secrets::token;
use crate::sharing::Rule;
use crate::values::{Books, PersonNames, Values};
use crate::{Error, Input, Options, ProjectSecrets, household};

/// What all workers share: the schema, prepared.
pub(crate) struct Shared {
    pub schema: Schema,
    pub plan: Plan,
    pub filters: Vec<FilterPlan>,
    /// For each partner the hasher of values.
    pub partners: Vec<BlockHasher>,
    /// For each match key its cap and whether it is an identifier's.
    pub rules: Vec<Rule>,
    /// Match keys that stand for a fact, with that fact.
    identifiers: Vec<(usize, u32)>,
    pub shape: DraftShape,
    /// Tokens of each match key of a record, for one partner.
    pub slots: Vec<usize>,
    /// Tokens of each pool of match keys of a record, for one partner.
    pub pools: Vec<usize>,
    /// Tokens of a record, for one partner.
    pub key_slots: usize,
    pub values: blake3::Hasher,
    pub household: blake3::Hasher,
    /// The month of the release; [`kinfold_schema::NO_MONTH`] when it is not known.
    pub month: u16,
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
            pools: schema.pools().iter().map(|pool| pool.slots.len()).collect(),
            key_slots: schema.key_slots(),
            shape: DraftShape {
                keys: schema.keys.len(),
                words: filters.iter().map(|filter| filter.words).sum(),
                more_sets: partners.len() - 1,
            },
            filters,
            partners,
            rules: schema
                .keys
                .iter()
                .map(|key| Rule {
                    cap: key.cap as usize,
                    identifier: fact_of_identifier(&key.recipe) != 0,
                })
                .collect(),
            identifiers: schema
                .keys
                .iter()
                .map(|key| fact_of_identifier(&key.recipe))
                .enumerate()
                .filter(|(_, fact)| *fact != 0)
                .collect(),
            values: secrets.hasher("values"),
            household: secrets.hasher("household"),
            month: options.month,
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

    /// The facts of a person of whom a record may be made; otherwise whether a value is to blame that could not be read.
    /// With the facts whether the schema hides something of the person.
    pub(crate) fn facts(&self, input: &Input<'_>) -> Result<(u32, bool), bool> {
        let person = seen(input.person, &self.hidden);
        let facts = facts(&person);
        let invalid = input.rejected.bits() & self.insists != 0;
        let usable = self.usable.iter().any(|list| facts & list == *list);
        if invalid || !usable {
            return Err(invalid);
        }
        Ok((facts, matches!(person, Seen::Cut(_))))
    }
}

/// A record that is to be made.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// Its person among those given.
    pub input: u32,
    /// The facts of the person.
    pub facts: u32,
    /// Whether the schema hides something of the person.
    pub cut: bool,
    /// Its pile.
    pub pile: u16,
    /// Its number there.
    pub number: u32,
}

/// What a batch gave besides what went to the piles.
#[derive(Default)]
pub(crate) struct Batch {
    /// For each record the facts that it may claim.
    pub facts: Vec<u32>,
    /// Ones before diffusion and number of filters that are not random, for each filter.
    pub ones: Vec<(u64, usize)>,
    /// Of each key how many values there are of each rank.
    pub ranks: Vec<Ranks>,
}

/// One thread's books and working memory.
pub(crate) struct Worker {
    books: Books,
    codes: CodeBook,
    values: Values,
    /// The names of a group of people.
    names: Vec<PersonNames>,
    scratch: Scratch,
    /// The values of a group of people, which are plain text until they are hashed.
    blocks: Zeroizing<Vec<Block>>,
    /// For each person of a batch the number of values of each key.
    counts: Vec<u8>,
    /// For each partner the tokens of the values of a batch.
    tokens: Vec<Vec<Token>>,
    inner: Vec<Vec<u64>>,
    released: Vec<Vec<u64>>,
    /// Of each key, how many people of a batch have how many values.
    people: Vec<Ranks>,
    /// Drafts on their way to their piles.
    drafts: Pieces,
    /// Their values, on their way to their piles.
    entries: Entries<ENTRY>,
    /// Their homes, likewise.
    stays: Entries<STAY>,
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
            names: (0..GROUP).map(|_| PersonNames::default()).collect(),
            scratch: Scratch::default(),
            blocks: Zeroizing::default(),
            counts: Vec::new(),
            tokens: vec![Vec::new(); shared.partners.len()],
            inner: vec![Vec::new(); filters],
            released: vec![Vec::new(); filters],
            people: vec![Ranks::default(); shared.shape.keys],
            drafts: Pieces::default(),
            entries: Entries::new(VALUE_PILES),
            stays: Entries::new(PILES),
        }
    }

    /// Encodes a batch of people, `records` of `inputs`, and puts what it makes into the piles.
    pub(crate) fn encode(
        &mut self,
        shared: &Shared,
        inputs: &[Input<'_>],
        records: &[Record],
        piles: &Piles,
    ) -> Batch {
        for (filter, words) in shared.filters.iter().zip(&mut self.inner) {
            words.clear();
            words.resize(records.len() * filter.inner_words, 0);
        }
        self.drafts.make_room(&piles.drafts);
        let first_draft = self.drafts.len();
        self.counts.clear();
        for tokens in &mut self.tokens {
            tokens.clear();
        }
        let mut start = 0;
        let mut batch = Batch {
            facts: Vec::with_capacity(records.len()),
            ones: vec![(0, 0); shared.filters.len()],
            ranks: vec![Ranks::default(); shared.shape.keys],
        };
        let mut people: Vec<Seen<'_>> = Vec::with_capacity(GROUP);
        for (first, group) in (0..).step_by(GROUP).zip(records.chunks(GROUP)) {
            self.blocks.clear();
            people.clear();
            people.extend(group.iter().map(|record| {
                let person = inputs[record.input as usize].person;
                if record.cut {
                    seen(person, &shared.hidden)
                } else {
                    Seen::Whole(person)
                }
            }));
            self.look_up(shared, &people);
            for ((nth, record), person) in group.iter().enumerate().zip(&people) {
                let input = &inputs[record.input as usize];
                let facts = record.facts;
                let row = first + nth;
                let identifiers =
                    self.person(shared, person, input, facts, (row, nth), &mut batch.ones);
                // An identifier is claimed only when the record has a token of it: the linkage unit would take a random one for it.
                let all = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
                batch.facts.push(facts & !all | identifiers);
            }
            for (hasher, tokens) in shared.partners.iter().zip(&mut self.tokens) {
                hasher.tokens(&self.blocks, tokens);
            }
            for (row, (record, person)) in (first..).zip(group.iter().zip(&people)) {
                let keys = shared.shape.keys;
                let counts = row * keys..(row + 1) * keys;
                let own = &self.counts[counts.clone()];
                let values: usize = own.iter().map(|&n| usize::from(n)).sum();
                let values = start..start + values;
                start = values.end;
                let input = &inputs[record.input as usize];
                self.write(shared, person, input, *record, counts, values, piles);
            }
        }
        self.send(shared, records, piles, &mut batch.ranks);
        self.count_ranks(&mut batch.ranks);
        self.filters(shared, first_draft);
        batch
    }

    /// Adds to each key's count of the values of each rank those of the last batch.
    fn count_ranks(&mut self, ranks: &mut [Ranks]) {
        for (ranks, people) in ranks.iter_mut().zip(&mut self.people) {
            // A value of each rank is of whoever has more values than that.
            let mut more = people[RANK_MAX];
            for rank in (0..RANK_MAX).rev() {
                ranks[rank] += more;
                more += people[rank];
            }
            *people = Ranks::default();
        }
    }

    /// Hands over what has not gone to its pile yet. To be called after the last batch.
    pub(crate) fn hand_over(&mut self, piles: &Piles) {
        self.drafts.hand_over(&piles.drafts);
        self.entries.hand_over(&piles.values);
        self.stays.hand_over(&piles.stays);
    }

    /// Looks up the names of a group of people. What the books say of them lies anywhere in memory, so all of it is fetched at once before any is
    /// used.
    fn look_up(&mut self, shared: &Shared, people: &[Seen<'_>]) {
        self.books.make_room();
        let mut fetched = 0;
        for (person, names) in people.iter().zip(&mut self.names) {
            if person.do_not_link {
                continue;
            }
            let filters = shared.filters.len();
            let (books, codes) = (&mut self.books, &mut self.codes);
            names.read(person, &shared.plan, filters, books, codes);
            fetched ^= names.fetch(&self.books.names);
        }
        std::hint::black_box(fetched);
    }

    /// Works out the values and the filter bits of one person, in a row of the batch and a place of the group; gives the facts of identifiers
    /// that have a token.
    fn person(
        &mut self,
        shared: &Shared,
        person: &Person,
        input: &Input<'_>,
        facts: u32,
        (row, nth): (usize, usize),
        ones: &mut [(u64, usize)],
    ) -> u32 {
        let mut identifiers = 0;
        // A record that may not be linked releases nothing that could link it: all its tokens and bits are random.
        if person.do_not_link {
            self.counts.resize(self.counts.len() + shared.shape.keys, 0);
        } else {
            self.values.read(
                person,
                &self.names[nth],
                &shared.plan,
                &self.books,
                &mut self.codes,
            );
            let before = self.counts.len();
            self.values.all_blocks(
                &shared.plan,
                &self.books.names,
                PLACES,
                &mut self.blocks,
                &mut self.counts,
            );
            for &(key, fact) in &shared.identifiers {
                if self.counts[before + key] > 0 {
                    identifiers |= fact;
                }
            }
        }
        for filter in &shared.filters {
            let width = filter.inner_words;
            let out = &mut self.inner[filter.index][row * width..(row + 1) * width];
            let allowed = !person.do_not_link && facts & filter.requires == filter.requires;
            // Whatever the schema requires: a filter that got nothing of one of its themes is a bare code of the rest.
            if allowed
                && mark(filter, person, &self.names[nth], &mut self.books, out) == filter.themes
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

    /// Diffuses the filters of a batch and puts them into its drafts, all from the first one on.
    fn filters(&mut self, shared: &Shared, first_draft: usize) {
        let mut before = shared.shape.filters_at();
        for filter in &shared.filters {
            let inner = &self.inner[filter.index];
            let released = &mut self.released[filter.index];
            let (drafts, starts) = self.drafts.later(first_draft);
            if let Some(diffusion) = &filter.diffusion {
                let rows = inner.len() / filter.inner_words;
                released.resize(rows * filter.words, 0);
                diffusion.apply(inner, released, &mut self.scratch);
            } else {
                released.clear();
                released.extend_from_slice(inner);
            }
            for (words, at) in released.chunks_exact(filter.words).zip(starts) {
                let at = at + before;
                let out = &mut drafts[at..at + filter.words * 8];
                for (bytes, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words.iter()) {
                    *bytes = word.to_le_bytes();
                }
            }
            before += filter.words * 8;
        }
    }

    /// Writes the draft of a person, with room for the filters, and the entries of its values and homes.
    #[allow(clippy::too_many_arguments)]
    fn write(
        &mut self,
        shared: &Shared,
        person: &Person,
        input: &Input<'_>,
        record: Record,
        counts: Range<usize>,
        values: Range<usize>,
        piles: &Piles,
    ) {
        let homes =
            shared.schema.household.as_ref().map(|rule| {
                household::keys_for_release(person, &shared.household, rule, shared.month)
            });
        let homes = homes.unwrap_or_default();
        // More homes than a byte counts are no homes of one person.
        let homes = &homes[..homes.len().min(u8::MAX as usize)];
        let flags = (u8::from(person.do_not_link) * FLAG_DO_NOT_LINK)
            | (u8::from(person.protected_address) * FLAG_WITHHELD);
        let counts = &self.counts[counts];
        let drafts = self.drafts.begin(record.pile);
        write_head(
            drafts,
            (&input.record_ref, &input.lasting_ref),
            record.number,
            flags,
            homes.len(),
            counts,
        );
        drafts.resize(drafts.len() + shared.shape.words * 8, 0);
        if let [first, more @ ..] = self.tokens.as_slice() {
            let seconds = drafts.len();
            drafts.resize(seconds + values.len() * 8, 0);
            let seconds = drafts[seconds..].as_chunks_mut::<8>().0;
            for (second, token) in seconds.iter_mut().zip(&first[values.clone()]) {
                second.copy_from_slice(&token[8..]);
            }
            for tokens in more {
                drafts.extend_from_slice(tokens[values.clone()].as_flattened());
            }
        }
        for (place, home) in homes.iter().enumerate() {
            drafts.extend_from_slice(&home.to_bytes());
            self.stays.add(
                pile_of(&home.token),
                stay(shared, home, record, (place, homes.len()), input),
                &piles.stays,
            );
        }
    }

    /// Sends the values of a batch on their way, all at once: the ends of so many runs stay near only while nothing else is done. The first set
    /// speaks for all: whoever shares a value shares it in each.
    fn send(&mut self, shared: &Shared, records: &[Record], piles: &Piles, ranks: &mut [Ranks]) {
        let mut rest = self.tokens[0].as_slice();
        let counts = self.counts.chunks_exact(shared.shape.keys);
        for (record, counts) in records.iter().zip(counts) {
            let mut place = 0;
            for (key, &values) in (0u8..).zip(counts) {
                if values == 0 {
                    continue;
                }
                let values = usize::from(values);
                let (tokens, later) = rest.split_at(values);
                rest = later;
                let number = usize::from(key);
                self.people[number][values.min(RANK_MAX)] += 1;
                ranks[number][RANK_MAX] += values.saturating_sub(RANK_MAX) as u64;
                let own = Entry::first(record.pile, record.number, key, place);
                for (nth, token) in (0..).zip(tokens) {
                    let (pile, entry) = own.with(token, nth);
                    self.entries.add(pile, entry, &piles.values);
                }
                place += tokens.len();
            }
        }
    }
}

/// The entry of a home in the pile of its token.
fn stay(
    shared: &Shared,
    home: &HouseholdKey,
    record: Record,
    (place, homes): (usize, usize),
    input: &Input<'_>,
) -> [u8; STAY] {
    let mut entry = [0; STAY];
    entry[..16].copy_from_slice(&home.token);
    entry[16..20].copy_from_slice(&record.number.to_le_bytes());
    entry[20] = place as u8;
    entry[21] = u8::from(homes > shared.schema.household_slots());
    entry[22..24].copy_from_slice(&record.pile.to_le_bytes());
    entry[24..26].copy_from_slice(&home.from.to_le_bytes());
    entry[26..28].copy_from_slice(&home.to.to_le_bytes());
    entry[28..].copy_from_slice(&lot(shared, &input.lasting_ref));
    entry
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
fn lot(shared: &Shared, person: &[u8; 16]) -> [u8; 16] {
    token(&shared.lots, &person[..])
}
