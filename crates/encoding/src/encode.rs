//! The encoding of a file: all people, because what may be released of one person depends on the others.
//!
//! ```text
//!  people ─► drafts in piles by reference ──────────────────────────┐
//!              ├─► fingerprints in piles by value ─► shared values ─┤
//!              └─► homes in piles by home ─► crowded homes ─────────┴─► rows in the order of their references
//! ```
//!
//! Every pile can go to disk (see [`crate::spill`]), so memory hardly grows with the file: by four bytes a record.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;

use kinfold_identity::Person;
use kinfold_schema::{CodeTable, Fact, FieldSet, KeyScope, NO_MONTH, Schema, Token};
use rayon::prelude::*;

use crate::draft::Draft;
use crate::finish::Finished;
use crate::household::{Stay, withheld};
use crate::meetings::Meetings;
use crate::report::{EncodeReport, KeyCount};
use crate::sharing::{
    ENTRY, Entry, RANK_MAX, Ranks, SharedValues, Table, VALUE_PILES, home_notice, shared_values,
    value_notice,
};
use crate::spill::Spill;
use crate::worker::{Batch, Shared, Worker, lot};
use crate::{Error, ProjectSecrets, Simd, presence};

/// People that a worker encodes at once; as many as are diffused at once.
const BATCH: usize = crate::diffusion::ROWS;
/// Piles of drafts: by the first ten bits of the record reference.
pub(crate) const PILES: usize = 1024;
/// Rows that are handed on at once.
const CHUNK: usize = 1024;
/// Bytes of a stay's entry: token 16, number of the record in its pile 4, place among its homes 2, pile 2, from 2, to 2, lot 16.
const STAY: usize = 44;

/// One person to encode, under the record reference that the custodian minted.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Reference of the encoded record; distinct in the file.
    pub record_ref: [u8; 16],
    /// A number of the person that stays the same from period to period, and never leaves. What is random about a record is made from it and
    /// not from the reference: beside values that stay from period to period, random ones that changed would be known for what they are.
    pub lasting_ref: [u8; 16],
    /// The person, all rows brought together.
    pub person: &'a Person,
    /// Fields of which some value could not be read.
    pub rejected: FieldSet,
}

impl<'a> Input<'a> {
    /// A person with this reference, every value of whom could be read.
    pub fn new(record_ref: [u8; 16], person: &'a Person) -> Self {
        Self {
            record_ref,
            lasting_ref: record_ref,
            person,
            rejected: FieldSet::default(),
        }
    }
}

/// How to encode.
#[derive(Clone, Debug)]
pub struct Options {
    /// The custodian that encodes; needed when the schema makes keys for every two custodians.
    pub own: String,
    /// The other custodians; likewise.
    pub partners: Vec<String>,
    /// Bytes of codes that are kept in memory before they go to disk. The result is the same. By default enough for the 75,000 people that
    /// most shipped schemas allow.
    pub memory: usize,
    /// The folder for codes that wait on disk.
    pub scratch: PathBuf,
    /// Vector instructions. The result is the same.
    pub simd: Simd,
    /// For trying a schema on open data: limits of release are not enforced.
    pub bench: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            own: String::new(),
            partners: Vec::new(),
            memory: 112 << 20,
            scratch: std::env::temp_dir(),
            simd: Simd::Auto,
            bench: false,
        }
    }
}

impl Options {
    /// What stands before the purpose of match keys: nothing, or the two custodians.
    pub(crate) fn scopes(&self, schema: &Schema) -> Result<Vec<String>, Error> {
        match schema.key_scope {
            KeyScope::Agreement => Ok(vec![String::new()]),
            KeyScope::Pair
                if self.partners.is_empty()
                    || self.own.is_empty()
                    || self.partners.contains(&self.own) =>
            {
                Err(Error::NoPartner {
                    schema: schema.id.clone(),
                })
            }
            KeyScope::Pair => Ok(self
                .partners()
                .iter()
                .map(|partner| self.scope(partner))
                .collect()),
        }
    }

    /// The other custodians, sorted.
    fn partners(&self) -> Vec<&str> {
        let mut partners: Vec<&str> = self.partners.iter().map(String::as_str).collect();
        partners.sort_unstable();
        partners.dedup();
        partners
    }

    /// The two custodians in one order, whichever of them encodes.
    fn scope(&self, partner: &str) -> String {
        let (a, b) = (
            self.own.as_str().min(partner),
            self.own.as_str().max(partner),
        );
        format!("pair/{}:{a}/{}:{b}/", a.len(), b.len())
    }
}

/// The codes of a file and what was done to make them.
#[derive(Debug)]
pub struct Encoded {
    /// The codes, sorted by record reference: the order of the source is gone.
    pub table: CodeTable,
    /// Counts for the data officer; no personal value.
    pub report: EncodeReport,
}

/// Encodes the people of a file that fits in memory.
///
/// # Errors
/// As [`Encoder::push`] and [`Encoder::finish`].
pub fn encode(
    schema: &Schema,
    secrets: &ProjectSecrets,
    inputs: &[Input<'_>],
    options: &Options,
) -> Result<Encoded, Error> {
    let mut encoder = Encoder::new(schema, secrets, options)?;
    encoder.push(inputs)?;
    let mut table = encoder.empty_table();
    let report = encoder.finish(|chunk| {
        table.append(chunk);
        Ok::<(), Error>(())
    })?;
    Ok(Encoded { table, report })
}

/// Encodes a file of any size: people in by parts, rows out by parts.
pub struct Encoder {
    shared: Shared,
    options: Options,
    partners: Vec<String>,
    workers: Mutex<Vec<Worker>>,
    drafts: Spill,
    fingerprints: Spill,
    /// Of each key how many values there are of each rank.
    ranks: Vec<Ranks>,
    stays: Spill,
    /// People given so far.
    given: usize,
    /// Facts of each record of each pile, as a number in the list of what facts there are together.
    facts: Vec<Vec<u16>>,
    records: usize,
    facts_known: Vec<u32>,
    facts_numbers: HashMap<u32, u16>,
    ones: Vec<(u64, usize)>,
    left_out: Vec<usize>,
    left_out_for_invalid: usize,
}

impl Encoder {
    /// Prepares an encoding.
    ///
    /// # Errors
    /// When the schema wants other standardisation rules than this program has, or partners that are not named.
    pub fn new(
        schema: &Schema,
        secrets: &ProjectSecrets,
        options: &Options,
    ) -> Result<Self, Error> {
        if schema.standardisation != kinfold_identity::STANDARDISATION {
            return Err(Error::Standardisation {
                wanted: schema.standardisation.clone(),
                own: kinfold_identity::STANDARDISATION,
            });
        }
        if let (false, Some(fault)) = (options.bench, schema.refusals().first()) {
            return Err(Error::NotForRelease {
                schema: schema.id.clone(),
                fault: fault.to_string(),
            });
        }
        let shared = Shared::new(schema, secrets, options)?;
        let partners = match schema.key_scope {
            KeyScope::Agreement => Vec::new(),
            KeyScope::Pair => options.partners().into_iter().map(str::to_owned).collect(),
        };
        Ok(Self {
            ones: vec![(0, 0); shared.filters.len()],
            ranks: vec![Ranks::default(); shared.schema.keys.len()],
            shared,
            options: options.clone(),
            partners,
            workers: Mutex::new(Vec::new()),
            drafts: Spill::new(PILES),
            fingerprints: Spill::new(VALUE_PILES),
            stays: Spill::new(PILES),
            given: 0,
            facts: vec![Vec::new(); PILES],
            records: 0,
            facts_known: Vec::new(),
            facts_numbers: HashMap::new(),
            left_out: Vec::new(),
            left_out_for_invalid: 0,
        })
    }

    /// A table of no rows, with the columns of the result.
    pub fn empty_table(&self) -> CodeTable {
        CodeTable::empty(&self.shared.schema, &self.partners)
    }

    /// Adds people, in any order and in parts of any size.
    ///
    /// # Errors
    /// More people than the schema is meant for; a disk that is full.
    pub fn push(&mut self, inputs: &[Input<'_>]) -> Result<(), Error> {
        let most = self.shared.schema.people_max;
        if !self.options.bench && self.given + inputs.len() > most as usize {
            return Err(Error::TooManyPeople {
                people: self.given + inputs.len(),
                most,
                schema: self.shared.schema.id.clone(),
            });
        }
        // A few batches for each thread at a time: what they give must not fill the memory either.
        for wave in inputs.chunks(BATCH * 4 * rayon::current_num_threads()) {
            let batches: Vec<(&[Input<'_>], Batch)> = wave
                .par_chunks(BATCH)
                .map(|inputs| {
                    let idle = self.workers.lock().expect("no worker panics").pop();
                    let mut worker = idle.unwrap_or_else(|| Worker::new(&self.shared));
                    let batch = worker.encode(&self.shared, inputs);
                    self.workers.lock().expect("no worker panics").push(worker);
                    (inputs, batch)
                })
                .collect();
            for (inputs, batch) in batches {
                self.take_in(inputs.len(), batch);
                self.make_room()?;
            }
        }
        Ok(())
    }

    fn take_in(&mut self, people: usize, batch: Batch) {
        let shape = self.shared.shape;
        let mut rest = batch.drafts.as_slice();
        // Of each record of the batch its number in its pile.
        let mut numbers: Vec<u32> = Vec::with_capacity(batch.facts.len());
        for &facts in &batch.facts {
            let draft = Draft::next(&mut rest, shape).expect("each record has a draft");
            let pile = pile_of(draft.record_ref());
            let next = self.facts_known.len() as u16;
            let known = &mut self.facts_known;
            let facts = *self.facts_numbers.entry(facts).or_insert_with(|| {
                known.push(facts);
                next
            });
            let number = self.facts[pile].len() as u32;
            numbers.push(number);
            self.facts[pile].push(facts);
            self.drafts.append(pile, draft.bytes());
            // The first set speaks for all: whoever shares a value shares it in each.
            let tokens = draft.tokens(0);
            let mut place = 0;
            for ((key, mark), &values) in (0u8..).zip(&self.shared.marks).zip(draft.counts()) {
                let end = place + usize::from(values);
                for (rank, token) in tokens[place..end].iter().enumerate() {
                    let (fingerprint, mark) = (fingerprint(token), mark.at(place + rank));
                    let (own, entry) = Entry::write(fingerprint, pile, number, (key, rank), mark);
                    self.fingerprints.append(own, &entry);
                    self.ranks[usize::from(key)][rank.min(RANK_MAX)] += 1;
                }
                place = end;
            }
        }
        self.records += batch.facts.len();
        for (home, row, place) in batch.homes {
            let row = row as usize;
            let mut entry = [0; STAY];
            entry[..16].copy_from_slice(&home.token);
            entry[16..20].copy_from_slice(&numbers[row].to_le_bytes());
            entry[20..22].copy_from_slice(&place.to_le_bytes());
            entry[22..24].copy_from_slice(&(pile_of(&batch.references[row]) as u16).to_le_bytes());
            entry[24..26].copy_from_slice(&home.from.to_le_bytes());
            entry[26..28].copy_from_slice(&home.to.to_le_bytes());
            entry[28..].copy_from_slice(&lot(&self.shared, &home.token, &batch.lasting[row]));
            self.stays.append(pile_of(&home.token), &entry);
        }
        for (total, (ones, filters)) in self.ones.iter_mut().zip(batch.ones) {
            total.0 += ones;
            total.1 += filters;
        }
        for (index, invalid) in batch.left_out {
            self.left_out.push(self.given + index as usize);
            self.left_out_for_invalid += usize::from(invalid);
        }
        self.given += people;
    }

    /// Moves piles to disk when they take more memory than they may.
    fn make_room(&mut self) -> Result<(), Error> {
        let all = [&self.drafts, &self.fingerprints, &self.stays];
        if all.iter().map(|spill| spill.in_memory()).sum::<usize>() <= self.options.memory {
            return Ok(());
        }
        let folder = &self.options.scratch;
        self.drafts.flush(folder)?;
        self.fingerprints.flush(folder)?;
        self.stays.flush(folder)
    }

    /// Moves notices to disk when they and what still waits take more memory than they may.
    fn make_room_for(&self, notices: &mut Spill) -> Result<(), Error> {
        let all = [&self.drafts, &self.fingerprints, &self.stays, notices];
        if all.iter().map(|spill| spill.in_memory()).sum::<usize>() <= self.options.memory {
            return Ok(());
        }
        notices.flush(&self.options.scratch)
    }

    /// Decides what is released and hands on the rows, sorted by record reference, some thousands at a time.
    ///
    /// # Errors
    /// Nobody was usable; two people had one reference; a disk that is full; what `sink` gives.
    pub fn finish<E: From<Error>>(
        mut self,
        mut sink: impl FnMut(CodeTable) -> Result<(), E>,
    ) -> Result<EncodeReport, E> {
        if self.records == 0 {
            return Err(Error::Nobody { people: self.given }.into());
        }
        self.workers = Mutex::new(Vec::new());
        let mut notices = Spill::new(PILES);
        let mut hidden: Vec<(usize, u32)> = Vec::new();
        let mut meetings = Meetings::default();
        self.judge_values(&mut notices, &mut hidden, &mut meetings)?;
        self.fingerprints.shrink();
        self.judge_homes(&mut notices)?;
        self.stays.shrink();
        let presence = self.presence(&hidden);
        let mut within = meetings.count(&self.shared.schema, &self.ranks, &presence);
        let mut report = self.report(&presence);
        // Neighbouring piles together make a chunk; each thread makes its own, in buffers that are kept.
        let together = (PILES * CHUNK).div_ceil(report.records).clamp(1, PILES);
        let chunks: Vec<usize> = (0..PILES).step_by(together).collect();
        let mut parts: Vec<Vec<Part>> = Vec::new();
        for wave in chunks.chunks(rayon::current_num_threads()) {
            parts.resize(wave.len(), Vec::new());
            for (part, &first) in parts.iter_mut().zip(wave) {
                let piles = first..(first + together).min(PILES);
                part.resize(piles.len(), (0, Vec::new(), Vec::new()));
                for ((number, drafts, told), pile) in part.iter_mut().zip(piles) {
                    *number = pile;
                    self.drafts.take(pile, drafts)?;
                    notices.take(pile, told)?;
                }
            }
            let finished: Vec<Finished> = parts
                .par_iter()
                .map(|piles| {
                    let mut chunk = Finished::new(&self.shared.schema, &self.partners);
                    let rows = |pile: usize| presence.records_of(pile);
                    chunk.reserve(&self.shared, piles.iter().map(|part| rows(part.0)).sum());
                    for (pile, drafts, notices) in piles {
                        chunk.add_pile(&self.shared, *pile, drafts, notices, &presence)?;
                    }
                    Ok(chunk)
                })
                .collect::<Result<_, Error>>()?;
            for mut chunk in finished {
                for (count, more) in report.keys.iter_mut().zip(&chunk.keys) {
                    count.add(more);
                }
                report.household_keys += chunk.household_keys;
                report.household_keys_crowded += chunk.household_keys_crowded;
                if !chunk.table.is_empty() {
                    chunk.table.within = std::mem::take(&mut within);
                    sink(chunk.table)?;
                }
            }
        }
        Ok(report)
    }

    /// Finds the values that more people have than their key's cap allows, and the records of which an identifier is among them.
    fn judge_values(
        &mut self,
        notices: &mut Spill,
        hidden: &mut Vec<(usize, u32)>,
        meetings: &mut Meetings,
    ) -> Result<(), Error> {
        let group = rayon::current_num_threads() * 2;
        let mut piles: Vec<(Vec<u8>, Table)> = vec![Default::default(); group];
        for first in (0..VALUE_PILES).step_by(group) {
            piles.truncate(VALUE_PILES - first);
            for (number, (pile, _)) in (first..).zip(&mut piles) {
                self.fingerprints.take(number, pile)?;
            }
            let shared: Vec<SharedValues> = piles
                .par_iter_mut()
                .map(|(pile, table)| shared_values(pile.as_chunks::<ENTRY>().0, table))
                .collect();
            for values in &shared {
                meetings.add(values);
            }
            for entry in shared.iter().flat_map(|values| &values.entries) {
                notices.append(entry.pile, &value_notice(entry.number, entry.mark.place()));
                if entry.mark.is_identifier() {
                    hidden.push((entry.pile, entry.number));
                }
            }
            self.make_room_for(notices)?;
        }
        Ok(())
    }

    /// Finds the household keys of crowded homes.
    fn judge_homes(&mut self, notices: &mut Spill) -> Result<(), Error> {
        let Some(rule) = &self.shared.schema.household else {
            return Ok(());
        };
        let (group_max, crowd_max) = (rule.group_max, rule.crowd());
        let mut pile = Vec::new();
        for number in 0..PILES {
            self.stays.take(number, &mut pile)?;
            let entries = pile.as_chunks_mut::<STAY>().0;
            entries.sort_unstable();
            for home in entries.chunk_by(|a, b| a[..16] == b[..16]) {
                let stays: Vec<Stay> = home.iter().map(read_stay).collect();
                for index in withheld(&stays, group_max, crowd_max) {
                    let entry = &home[index];
                    let pile = u16::from_le_bytes([entry[22], entry[23]]) as usize;
                    let number = u32::from_le_bytes(entry[16..20].try_into().expect("four bytes"));
                    let place = u16::from_le_bytes([entry[20], entry[21]]);
                    notices.append(pile, &home_notice(number, place));
                }
            }
            self.make_room_for(notices)?;
        }
        Ok(())
    }

    /// The released presence pattern of each record.
    fn presence(&mut self, hidden: &[(usize, u32)]) -> Presence {
        let schema = &self.shared.schema.presence;
        // An identifier that is held back is not claimed: the linkage unit would take the random token for the value. Which of several
        // it was does not matter: claiming fewer is always safe, and an identifier that two people share is doubtful anyway.
        let identifiers = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
        for &(pile, number) in hidden {
            let facts = &mut self.facts[pile][number as usize];
            let own = self.facts_known[*facts as usize] & !identifiers;
            let next = self.facts_known.len() as u16;
            let known = &mut self.facts_known;
            *facts = *self.facts_numbers.entry(own).or_insert_with(|| {
                known.push(own);
                next
            });
        }
        let patterns: Vec<u32> = self
            .facts_known
            .iter()
            .map(|facts| schema.pattern(*facts))
            .collect();
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for &facts in self.facts.iter().flatten() {
            *counts.entry(patterns[facts as usize]).or_default() += 1;
        }
        let coarser = presence::coarsen(&counts, schema.min_records);
        let coarsened = counts
            .iter()
            .filter(|(pattern, _)| coarser[pattern] != **pattern)
            .map(|(_, n)| *n as usize)
            .sum();
        let released: std::collections::BTreeSet<u32> = coarser.values().copied().collect();
        Presence {
            facts: std::mem::take(&mut self.facts),
            patterns: patterns
                .iter()
                .map(|pattern| coarser.get(pattern).copied().unwrap_or(0))
                .collect(),
            released: released.len(),
            coarsened,
        }
    }

    fn report(&self, presence: &Presence) -> EncodeReport {
        let records = self.records;
        let fills = self.ones.iter().zip(&self.shared.filters);
        EncodeReport {
            records,
            left_out: self.left_out.clone(),
            left_out_for_invalid: self.left_out_for_invalid,
            mean_fill: fills
                .map(|((ones, filters), plan)| {
                    *ones as f64 / (*filters).max(1) as f64 / (plan.inner_words * 64) as f64
                })
                .collect(),
            blank_filters: self
                .ones
                .iter()
                .map(|(_, filters)| records - filters)
                .collect(),
            keys: self
                .shared
                .schema
                .keys
                .iter()
                .map(|key| KeyCount::new(key.recipe.to_string()))
                .collect(),
            presence_patterns: presence.released,
            presence_coarsened: presence.coarsened,
            ..EncodeReport::default()
        }
    }
}

/// A pile by its number, with its drafts and the notices to them.
type Part = (usize, Vec<u8>, Vec<u8>);

/// The presence patterns of all records.
pub(crate) struct Presence {
    facts: Vec<Vec<u16>>,
    patterns: Vec<u32>,
    released: usize,
    coarsened: usize,
}

impl Presence {
    /// The pattern of a record by its pile and its number there.
    pub(crate) fn of(&self, pile: usize, number: usize) -> u32 {
        self.patterns[self.facts[pile][number] as usize]
    }

    /// Records of a pile.
    fn records_of(&self, pile: usize) -> usize {
        self.facts[pile].len()
    }
}

/// The first eight bytes of a token: what sharing is judged by. In a file of ten million people two of half a thousand million values meet
/// by chance with a probability below one in a hundred; the two would be held back, and no harm done.
fn fingerprint(token: &Token) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("a token has sixteen bytes"))
}

/// The pile of a reference or token: its first ten bits, so that piles in order are references in order.
fn pile_of(bytes: &[u8; 16]) -> usize {
    (usize::from(bytes[0]) << 2) | usize::from(bytes[1] >> 6)
}

fn read_stay(entry: &[u8; STAY]) -> Stay {
    let month = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
    let from = month(24);
    Stay {
        lot: entry[28..].try_into().expect("sixteen bytes"),
        from: if from == NO_MONTH { 0 } else { from },
        to: month(26),
    }
}
