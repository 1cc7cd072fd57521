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
use kinfold_schema::{CodeTable, Fact, FieldSet, KeyScope, NO_MONTH, Schema};
use rayon::prelude::*;

use crate::finish::{Finished, HOME, HeldBack, NOTICE};
use crate::household::{Stay, withheld};
use crate::report::{EncodeReport, KeyCount};
use crate::spill::Spill;
use crate::worker::{Batch, Mark, Shared, Worker, lot};
use crate::{Error, ProjectSecrets, Simd, presence};

/// People that a worker encodes at once; as many as are diffused at once.
const BATCH: usize = crate::diffusion::ROWS;
/// Piles of drafts: by the first ten bits of the record reference.
const PILES: usize = 1024;
/// Rows that are handed on at once.
const CHUNK: usize = 8192;
/// Bytes of a value's entry: fingerprint 8, number of the record 4, mark 2.
const ENTRY: usize = 14;
/// Bytes of a stay's entry: token 16, number 4, place among its homes 2, pile 2, from 2, to 2, lot 16.
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
            memory: 64 << 20,
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
    stays: Spill,
    /// People given so far.
    given: usize,
    /// The pile of each record.
    piles: Vec<u16>,
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
            shared,
            options: options.clone(),
            partners,
            workers: Mutex::new(Vec::new()),
            drafts: Spill::new(PILES),
            fingerprints: Spill::new(PILES),
            stays: Spill::new(PILES),
            given: 0,
            piles: Vec::new(),
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

    fn take_in(&mut self, inputs: &[Input<'_>], mut batch: Batch) {
        let first = self.facts.len() as u32;
        let mut start = 0;
        for (row, &end) in batch.ends.iter().enumerate() {
            let number = first + row as u32;
            let draft = &mut batch.drafts[start..end as usize];
            draft[16..20].copy_from_slice(&number.to_le_bytes());
            let pile = pile_of(&batch.references[row]);
            self.piles.push(pile as u16);
            self.drafts.append(pile, draft);
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
        for (fingerprint, row, mark) in batch.fingerprints {
            let mut entry = [0; ENTRY];
            entry[..8].copy_from_slice(&fingerprint.to_le_bytes());
            entry[8..12].copy_from_slice(&(first + u32::from(row)).to_le_bytes());
            entry[12..].copy_from_slice(&mark.to_le_bytes());
            self.fingerprints
                .append((fingerprint % PILES as u64) as usize, &entry);
        }
        // A draft is made of the input of the same rank among those that were not left out.
        let mut left_out = batch
            .left_out
            .iter()
            .map(|(index, _)| *index as usize)
            .peekable();
        let lasting: Vec<[u8; 16]> = inputs
            .iter()
            .enumerate()
            .filter(|(index, _)| left_out.next_if_eq(index).is_none())
            .map(|(_, input)| input.lasting_ref)
            .collect();
        for (home, row, place) in batch.homes {
            let reference = &batch.references[row as usize];
            let mut entry = [0; STAY];
            entry[..16].copy_from_slice(&home.token);
            entry[16..20].copy_from_slice(&(first + u32::from(row)).to_le_bytes());
            entry[20..22].copy_from_slice(&(place | HOME).to_le_bytes());
            entry[22..24].copy_from_slice(&(pile_of(reference) as u16).to_le_bytes());
            entry[24..26].copy_from_slice(&home.from.to_le_bytes());
            entry[26..28].copy_from_slice(&home.to.to_le_bytes());
            entry[28..].copy_from_slice(&lot(&self.shared, &home.token, &lasting[row as usize]));
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
        let mut hidden: Vec<u32> = Vec::new();
        self.judge_values(&mut notices, &mut hidden)?;
        self.judge_homes(&mut notices)?;
        let presence = self.presence(&hidden);
        let mut report = self.report(&presence);
        // Neighbouring piles together make a chunk; each thread makes its own.
        let together = (PILES * CHUNK).div_ceil(report.records).clamp(1, PILES);
        let chunks: Vec<usize> = (0..PILES).step_by(together).collect();
        for wave in chunks.chunks(rayon::current_num_threads()) {
            let parts: Vec<Vec<(Vec<u8>, Vec<u8>)>> = wave
                .iter()
                .map(|&first| {
                    (first..(first + together).min(PILES))
                        .map(|pile| Ok((self.drafts.take(pile)?, notices.take(pile)?)))
                        .collect()
                })
                .collect::<Result<_, Error>>()?;
            let finished: Vec<Finished> = parts
                .into_par_iter()
                .map(|piles| {
                    let mut chunk = Finished::new(&self.shared.schema, &self.partners);
                    for (drafts, notices) in piles {
                        let held_back = HeldBack::read(&notices);
                        chunk.add_pile(&self.shared, &drafts, &held_back, &presence)?;
                    }
                    Ok(chunk)
                })
                .collect::<Result<_, Error>>()?;
            for chunk in finished {
                for (count, more) in report.keys.iter_mut().zip(&chunk.keys) {
                    count.add(more);
                }
                report.household_keys += chunk.household_keys;
                report.household_keys_crowded += chunk.household_keys_crowded;
                if !chunk.table.is_empty() {
                    sink(chunk.table)?;
                }
            }
        }
        Ok(report)
    }

    /// Finds the values that more people have than their key's cap allows, and the records of which an identifier is among them.
    fn judge_values(&mut self, notices: &mut Spill, hidden: &mut Vec<u32>) -> Result<(), Error> {
        let group = rayon::current_num_threads() * 2;
        for first in (0..PILES).step_by(group) {
            let piles: Vec<Vec<u8>> = (first..(first + group).min(PILES))
                .map(|pile| self.fingerprints.take(pile))
                .collect::<Result<_, _>>()?;
            let shared: Vec<Vec<[u8; ENTRY]>> = piles
                .into_par_iter()
                .map(|pile| shared_values(pile.as_chunks::<ENTRY>().0))
                .collect();
            for entry in shared.into_iter().flatten() {
                let number = u32::from_le_bytes(entry[8..12].try_into().expect("four bytes"));
                let mark = u16::from_le_bytes([entry[12], entry[13]]);
                let mut notice = [0; NOTICE];
                notice[..4].copy_from_slice(&entry[8..12]);
                notice[4..].copy_from_slice(&Mark::place(mark).to_le_bytes());
                notices.append(self.piles[number as usize].into(), &notice);
                if Mark::is_identifier(mark) {
                    hidden.push(number);
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
                    let pile = u16::from_le_bytes([entry[22], entry[23]]) as usize;
                    notices.append(pile, &entry[16..22]);
                }
            }
            if notices.in_memory() > self.options.memory {
                notices.flush(&self.options.scratch)?;
            }
        }
        Ok(())
    }

    /// The released presence pattern of each record.
    fn presence(&mut self, hidden: &[u32]) -> Presence {
        let schema = &self.shared.schema.presence;
        // An identifier that is held back is not claimed: the linkage unit would take the random token for the value. Which of several
        // it was does not matter: claiming fewer is always safe, and an identifier that two people share is doubtful anyway.
        let identifiers = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
        for &number in hidden {
            let own = self.facts_known[self.facts[number as usize] as usize] & !identifiers;
            let next = self.facts_known.len() as u16;
            let known = &mut self.facts_known;
            self.facts[number as usize] = *self.facts_numbers.entry(own).or_insert_with(|| {
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
    let from = month(24);
    Stay {
        lot: entry[28..].try_into().expect("sixteen bytes"),
        from: if from == NO_MONTH { 0 } else { from },
        to: month(26),
    }
}

/// The entries of a pile whose value more people have than the cap of its key allows, in the order of the pile.
///
/// Counted in a table of at least half as many places again as entries, at the place that the fingerprint names or the next free one: fingerprints
/// are uniform, and sorting them took several times as long. The last ten bits, which chose the pile, make room for the count, so a
/// place is eight bytes and the table of a pile stays in the cache.
fn shared_values(entries: &[[u8; ENTRY]]) -> Vec<[u8; ENTRY]> {
    const COUNT: u64 = PILES as u64 - 1;
    let places = (entries.len() * 3 / 2).next_power_of_two();
    let mut table: Vec<u64> = vec![0; places];
    let print =
        |entry: &[u8; ENTRY]| u64::from_le_bytes(*entry.first_chunk().expect("eight bytes"));
    let find = |table: &[u64], print: u64| {
        let mut at = (print / PILES as u64) as usize & (places - 1);
        while table[at] & COUNT != 0 && (table[at] ^ print) & !COUNT != 0 {
            at = (at + 1) & (places - 1);
        }
        at
    };
    for entry in entries {
        let print = print(entry);
        let at = find(&table, print);
        let place = &mut table[at];
        if *place & COUNT == 0 {
            *place = print & !COUNT;
        }
        // No cap is above five.
        *place += u64::from(*place & COUNT < 8);
    }
    entries
        .iter()
        .filter(|entry| {
            let mark = u16::from_le_bytes([entry[12], entry[13]]);
            (table[find(&table, print(entry))] & COUNT) > u64::from(Mark::cap(mark))
        })
        .copied()
        .collect()
}
