//! The encoding of a file: all people, because what may be released of one person depends on the others.
//!
//! ```text
//!  people ─► drafts in piles by reference ──────────────────────────┐
//!              ├─► fingerprints in piles by value ─► shared values ─┤
//!              └─► homes in piles by home ─► crowded homes ─────────┴─► rows in the order of their references
//! ```
//!
//! Every pile can go to disk (see [`crate::spill`]), so memory does not grow with the file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;

use kinfold_identity::Person;
use kinfold_schema::{CodeTable, FieldSet, KeyScope, NO_MONTH, Schema};
use rayon::prelude::*;

use crate::finish::{Finished, finish_pile};
use crate::household::{Stay, withheld};
use crate::person::fact_of_identifier;
use crate::report::{EncodeReport, KeyCount};
use crate::spill::Spill;
use crate::worker::{Batch, Shared, Worker, lot};
use crate::{Error, ProjectSecrets, Simd, presence};

/// People that a worker encodes at once; as many as are diffused at once.
const BATCH: usize = crate::diffusion::ROWS;
/// Piles of drafts: by the first ten bits of the record reference.
const PILES: usize = 1024;
/// Rows that are handed on at once.
const CHUNK: usize = 8192;
/// Bytes of a fingerprint's entry: fingerprint 8, number of the record 4, its pile 2, key 1.
const ENTRY: usize = 15;
/// Bytes of a stay's entry: token 16, number 4, pile 2, from 2, to 2, lot 16.
const STAY: usize = 42;
/// Bytes of a notice that a value is held back: number 4, fingerprint 8.
const NOTICE: usize = 12;

/// One person to encode, under the record reference that the custodian minted.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Reference of the encoded record; distinct in the file.
    pub record_ref: [u8; 16],
    /// A number that stays the same from period to period: who is drawn in a crowded home depends on it, and not on the reference, so
    /// that several periods together show no more than one.
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
    /// Bytes of codes that are kept in memory before they go to disk. The result is the same.
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
            memory: 96 << 20,
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
            KeyScope::Pair if self.partners.is_empty() => Err(Error::NoPartner {
                schema: schema.id.clone(),
            }),
            KeyScope::Pair => Ok(self.partners().iter().map(|partner| self.scope(partner)).collect()),
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
        let (a, b) = (self.own.as_str().min(partner), self.own.as_str().max(partner));
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
    stays: Spill,
    /// People given so far.
    given: usize,
    /// Facts of each record, as a number in the list of what facts there are together.
    facts: Vec<u16>,
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
        let shared = Shared::new(schema, secrets, options)?;
        let partners = match schema.key_scope {
            KeyScope::Agreement => Vec::new(),
            KeyScope::Pair => options.partners().into_iter().map(str::to_owned).collect(),
        };
        Ok(Self {
            ones: vec![(0, 0); shared.filters.len()],
            shared,
            options: options.clone(),
            partners,
            workers: Mutex::new(Vec::new()),
            drafts: Spill::new(PILES),
            fingerprints: Spill::new(PILES),
            stays: Spill::new(PILES),
            given: 0,
            facts: Vec::new(),
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
                self.take_in(inputs, batch);
                self.make_room()?;
            }
        }
        Ok(())
    }

    fn take_in(&mut self, inputs: &[Input<'_>], batch: Batch) {
        let first = self.facts.len() as u32;
        let mut start = 0;
        for (row, &end) in batch.ends.iter().enumerate() {
            let number = first + row as u32;
            let draft = &batch.drafts[start..end as usize];
            let pile = pile_of(&batch.references[row]);
            self.drafts.append(pile, &draft[..16]);
            self.drafts.append(pile, &number.to_le_bytes());
            self.drafts.append(pile, &draft[20..]);
            start = end as usize;
            let facts = batch.facts[row];
            let next = self.facts_known.len() as u16;
            let known = &mut self.facts_known;
            self.facts
                .push(*self.facts_numbers.entry(facts).or_insert_with(|| {
                    known.push(facts);
                    next
                }));
        }
        for (fingerprint, row, key) in batch.fingerprints {
            let pile = pile_of(&batch.references[row as usize]) as u16;
            let mut entry = [0; ENTRY];
            entry[..8].copy_from_slice(&fingerprint.to_le_bytes());
            entry[8..12].copy_from_slice(&(first + u32::from(row)).to_le_bytes());
            entry[12..14].copy_from_slice(&pile.to_le_bytes());
            entry[14] = key;
            self.fingerprints
                .append((fingerprint % PILES as u64) as usize, &entry);
        }
        // A draft is made of the input of the same rank among those that were not left out.
        let mut left_out = batch.left_out.iter().map(|(index, _)| *index as usize).peekable();
        let lasting: Vec<[u8; 16]> = inputs
            .iter()
            .enumerate()
            .filter(|(index, _)| left_out.next_if_eq(index).is_none())
            .map(|(_, input)| input.lasting_ref)
            .collect();
        for (home, row) in batch.homes {
            let reference = &batch.references[row as usize];
            let mut entry = [0; STAY];
            entry[..16].copy_from_slice(&home.token);
            entry[16..20].copy_from_slice(&(first + u32::from(row)).to_le_bytes());
            entry[20..22].copy_from_slice(&(pile_of(reference) as u16).to_le_bytes());
            entry[22..24].copy_from_slice(&home.from.to_le_bytes());
            entry[24..26].copy_from_slice(&home.to.to_le_bytes());
            entry[26..].copy_from_slice(&lot(&self.shared, &home.token, &lasting[row as usize]));
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
        self.given += inputs.len();
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

    /// Decides what is released and hands on the rows, sorted by record reference, some thousands at a time.
    ///
    /// # Errors
    /// Nobody was usable; two people had one reference; a disk that is full; what `sink` gives.
    pub fn finish<E: From<Error>>(
        mut self,
        mut sink: impl FnMut(CodeTable) -> Result<(), E>,
    ) -> Result<EncodeReport, E> {
        if self.facts.is_empty() {
            return Err(Error::Nobody { people: self.given }.into());
        }
        self.workers = Mutex::new(Vec::new());
        let mut notices = Spill::new(PILES);
        let mut hidden_facts: Vec<(u32, u32)> = Vec::new();
        self.judge_values(&mut notices, &mut hidden_facts)?;
        self.judge_homes(&mut notices)?;
        let presence = self.presence(&hidden_facts);
        let mut report = self.report(&presence);
        let mut table = self.empty_table();
        let group = rayon::current_num_threads() * 2;
        for first in (0..PILES).step_by(group) {
            let piles: Vec<(Vec<u8>, Vec<u8>)> = (first..(first + group).min(PILES))
                .map(|pile| Ok((self.drafts.take(pile)?, notices.take(pile)?)))
                .collect::<Result<_, Error>>()?;
            let finished: Vec<Finished> = piles
                .into_par_iter()
                .map(|(drafts, notices)| {
                    let held_back: HashSet<(u32, u64)> =
                        notices.as_chunks::<NOTICE>().0.iter().map(read_notice).collect();
                    finish_pile(&self.shared, &self.partners, &drafts, &held_back, &presence)
                })
                .collect::<Result<_, Error>>()?;
            for pile in finished {
                for (count, more) in report.keys.iter_mut().zip(&pile.keys) {
                    count.add(more);
                }
                report.household_keys += pile.household_keys;
                report.household_keys_crowded += pile.household_keys_crowded;
                table.append(pile.table);
            }
            if table.len() >= CHUNK {
                sink(std::mem::replace(&mut table, self.empty_table()))?;
            }
        }
        if !table.is_empty() {
            sink(table)?;
        }
        Ok(report)
    }

    /// Finds the values that more people have than their key's cap allows.
    fn judge_values(
        &mut self,
        notices: &mut Spill,
        hidden_facts: &mut Vec<(u32, u32)>,
    ) -> Result<(), Error> {
        let caps: Vec<usize> = self.shared.schema.keys.iter().map(|key| key.cap as usize).collect();
        let facts: Vec<u32> = self
            .shared
            .schema
            .keys
            .iter()
            .map(|key| fact_of_identifier(&key.recipe))
            .collect();
        let group = rayon::current_num_threads() * 2;
        for first in (0..PILES).step_by(group) {
            let piles: Vec<Vec<u8>> = (first..(first + group).min(PILES))
                .map(|pile| self.fingerprints.take(pile))
                .collect::<Result<_, _>>()?;
            let shared: Vec<Vec<[u8; ENTRY]>> = piles
                .into_par_iter()
                .map(|mut pile| {
                    let entries = pile.as_chunks_mut::<ENTRY>().0;
                    entries.sort_unstable();
                    entries
                        .chunk_by(|a, b| a[..8] == b[..8])
                        .filter(|same| same.len() > caps[same[0][14] as usize])
                        .flatten()
                        .copied()
                        .collect()
                })
                .collect();
            for entry in shared.into_iter().flatten() {
                let number = u32::from_le_bytes(entry[8..12].try_into().expect("four bytes"));
                let pile = u16::from_le_bytes([entry[12], entry[13]]) as usize;
                notices.append(pile, &entry[8..12]);
                notices.append(pile, &entry[..8]);
                let fact = facts[entry[14] as usize];
                if fact != 0 {
                    hidden_facts.push((number, fact));
                }
            }
            if notices.in_memory() > self.options.memory {
                notices.flush(&self.options.scratch)?;
            }
        }
        Ok(())
    }

    /// Finds the household keys of crowded homes.
    fn judge_homes(&mut self, notices: &mut Spill) -> Result<(), Error> {
        let Some(rule) = &self.shared.schema.household else {
            return Ok(());
        };
        let (group_max, crowd_max) = (rule.group_max, rule.crowd());
        for pile in 0..PILES {
            let mut pile = self.stays.take(pile)?;
            let entries = pile.as_chunks_mut::<STAY>().0;
            entries.sort_unstable();
            for home in entries.chunk_by(|a, b| a[..16] == b[..16]) {
                let stays: Vec<Stay> = home.iter().map(read_stay).collect();
                for index in withheld(&stays, group_max, crowd_max) {
                    let entry = &home[index];
                    let pile = u16::from_le_bytes([entry[20], entry[21]]) as usize;
                    notices.append(pile, &entry[16..20]);
                    notices.append(pile, &entry[..8]);
                }
            }
            if notices.in_memory() > self.options.memory {
                notices.flush(&self.options.scratch)?;
            }
        }
        Ok(())
    }

    /// The released presence pattern of each record.
    fn presence(&mut self, hidden_facts: &[(u32, u32)]) -> Presence {
        let schema = &self.shared.schema.presence;
        // A fact whose key is held back is not claimed: the linkage unit would take the random token for the value.
        for &(number, fact) in hidden_facts {
            let own = self.facts_known[self.facts[number as usize] as usize] & !fact;
            let next = self.facts_known.len() as u16;
            let known = &mut self.facts_known;
            self.facts[number as usize] = *self.facts_numbers.entry(own).or_insert_with(|| {
                known.push(own);
                next
            });
        }
        let patterns: Vec<u32> = self.facts_known.iter().map(|facts| schema.pattern(*facts)).collect();
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for &facts in &self.facts {
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
        let records = presence.facts.len();
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
            blank_filters: self.ones.iter().map(|(_, filters)| records - filters).collect(),
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

/// The presence patterns of all records.
pub(crate) struct Presence {
    facts: Vec<u16>,
    patterns: Vec<u32>,
    released: usize,
    coarsened: usize,
}

impl Presence {
    /// The pattern of a record.
    pub(crate) fn of(&self, number: u32) -> u32 {
        self.patterns[self.facts[number as usize] as usize]
    }
}

/// The pile of a reference or token: its first ten bits, so that piles in order are references in order.
fn pile_of(bytes: &[u8; 16]) -> usize {
    (usize::from(bytes[0]) << 2) | usize::from(bytes[1] >> 6)
}

fn read_stay(entry: &[u8; STAY]) -> Stay {
    let month = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
    let from = month(22);
    Stay {
        lot: entry[26..].try_into().expect("sixteen bytes"),
        from: if from == NO_MONTH { 0 } else { from },
        to: month(24),
    }
}

fn read_notice(notice: &[u8; NOTICE]) -> (u32, u64) {
    let (number, fingerprint) = notice.split_at(4);
    (
        u32::from_le_bytes(number.try_into().expect("four bytes")),
        u64::from_le_bytes(fingerprint.try_into().expect("eight bytes")),
    )
}
