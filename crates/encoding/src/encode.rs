//! The encoding of a file: all people, because what may be released of one person depends on the others.
//!
//! ```text
//!  people ─► drafts in piles by reference ────────────────────────────────────┐
//!              ├─► values in piles by token ─► those that nobody shares ──────┤ in piles by reference
//!              └─► homes in piles by home ─► crowded homes ───────────────────┴─► rows in the order of their references
//! ```
//!
//! Every pile can go to disk (see [`crate::spill`]), so memory hardly grows with the file: by four bytes a record.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use kinfold_identity::{NO_MONTH, Person};
use kinfold_schema::{CodeTable, FieldSet, KeyScope, Schema};
use rayon::prelude::*;

use crate::entry::{Ranks, VALUE_PILES};
use crate::report::EncodeReport;
use crate::spill::{PARTS, Spill, Store};
use crate::worker::{Batch, Record, Shared, Worker};
use crate::{Error, Map, ProjectSecrets, Simd};

/// People that a worker encodes at once; as many as are diffused at once.
const BATCH: usize = crate::diffusion::ROWS;
/// Piles of drafts: by the first ten bits of the record reference.
pub(crate) const PILES: usize = 1024;
/// Ranges of the piles of values: when those of one have been judged, its memory takes what was kept of them.
pub(crate) const RANGES: usize = 8;
/// Bytes of a stay's entry: token 16, number of the record in its pile 4, place among its homes 1, whether it has more homes
/// than slots 1, pile 2, from 2, to 2, lot 16.
pub(crate) const STAY: usize = 44;

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
    /// Bytes of codes that are kept in memory before they go to disk. The result is the same. By default 104 MiB, some 52,000 people of
    /// `standard` (2,100 bytes each).
    pub memory: usize,
    /// The folder for codes that wait on disk.
    pub scratch: PathBuf,
    /// Vector instructions. The result is the same.
    pub simd: Simd,
    /// For trying a schema on open data: limits of release are not enforced.
    pub bench: bool,
    /// The month of the release (see [`kinfold_identity::month_number`]), from which the schema counts how long ago a home was left;
    /// [`NO_MONTH`] when it is not known, and then every home with a last month counts as left where the schema asks for it.
    pub month: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            own: String::new(),
            partners: Vec::new(),
            memory: 104 << 20,
            scratch: std::env::temp_dir(),
            simd: Simd::Auto,
            bench: false,
            month: NO_MONTH,
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
    pub(crate) shared: Shared,
    pub(crate) options: Options,
    pub(crate) partners: Vec<String>,
    /// One for each thread, once it has had something to do.
    pub(crate) workers: Vec<Mutex<Option<Worker>>>,
    pub(crate) piles: Piles,
    /// People given so far.
    pub(crate) given: usize,
    /// Facts of each record of each pile, as a number in the list of what facts there are together.
    pub(crate) facts: Vec<Vec<u16>>,
    pub(crate) records: usize,
    pub(crate) facts_known: Vec<u32>,
    facts_numbers: Map<u32, u16>,
    pub(crate) ones: Vec<(u64, usize)>,
    /// Of each key how many values there are of each rank.
    pub(crate) ranks: Vec<Ranks>,
    pub(crate) left_out: Vec<usize>,
    pub(crate) left_out_for_invalid: usize,
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
            ranks: vec![Ranks::default(); shared.shape.keys],
            shared,
            options: options.clone(),
            partners,
            workers: (0..rayon::current_num_threads().max(1))
                .map(|_| Mutex::default())
                .collect(),
            piles: Piles::new(),
            given: 0,
            facts: vec![Vec::new(); PILES],
            records: 0,
            facts_known: Vec::new(),
            facts_numbers: Map::default(),
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
        // Some batches for each thread at a time: what they give must not fill the memory.
        let threads = rayon::current_num_threads();
        let together = (threads * 16).min(64).max(threads);
        let mut records: Vec<Record> = Vec::new();
        for wave in inputs.chunks(BATCH * together) {
            self.number(wave, &mut records);
            let batches: Vec<Batch> = records
                .par_chunks(BATCH)
                .map(|records| {
                    // Each thread takes its own worker again: its books are in the cache of that thread's core.
                    let thread = rayon::current_thread_index().unwrap_or(0);
                    let own = &self.workers[thread % self.workers.len()];
                    let mut worker = own.lock().expect("no worker panics");
                    let worker = worker.get_or_insert_with(|| Worker::new(&self.shared));
                    worker.encode(&self.shared, wave, records, &self.piles)
                })
                .collect();
            for (records, batch) in records.chunks(BATCH).zip(&batches) {
                self.note(records, batch);
            }
            self.make_room()?;
        }
        Ok(())
    }

    /// Finds out of whom records are made, and gives each the next number of its pile: what threads do after that they do in any order.
    fn number(&mut self, wave: &[Input<'_>], records: &mut Vec<Record>) {
        let shared = &self.shared;
        let facts: Vec<Result<(u32, bool), bool>> = wave
            .par_iter()
            .with_min_len(BATCH)
            .map(|input| shared.facts(input))
            .collect();
        records.clear();
        for ((index, input), facts) in (0..).zip(wave).zip(facts) {
            match facts {
                Ok((facts, cut)) => {
                    let pile = pile_of(&input.record_ref);
                    let own = &mut self.facts[pile];
                    records.push(Record {
                        input: index,
                        facts,
                        cut,
                        pile: pile as u16,
                        number: own.len() as u32,
                    });
                    own.push(0);
                }
                Err(invalid) => {
                    self.left_out.push(self.given + index as usize);
                    self.left_out_for_invalid += usize::from(invalid);
                }
            }
        }
        self.records += records.len();
        self.given += wave.len();
    }

    /// Notes what a batch says of its records.
    fn note(&mut self, records: &[Record], batch: &Batch) {
        for (record, facts) in records.iter().zip(&batch.facts) {
            let number = self.facts_number(*facts);
            self.facts[usize::from(record.pile)][record.number as usize] = number;
        }
        for (total, (ones, filters)) in self.ones.iter_mut().zip(&batch.ones) {
            total.0 += ones;
            total.1 += filters;
        }
        for (own, more) in self.ranks.iter_mut().zip(&batch.ranks) {
            for (own, more) in own.iter_mut().zip(more) {
                *own += more;
            }
        }
    }

    /// The number of facts that there are together.
    pub(crate) fn facts_number(&mut self, facts: u32) -> u16 {
        let next = self.facts_known.len() as u16;
        let known = &mut self.facts_known;
        *self.facts_numbers.entry(facts).or_insert_with(|| {
            known.push(facts);
            next
        })
    }

    /// Moves piles to disk when they take more memory than they may.
    fn make_room(&mut self) -> Result<(), Error> {
        if self.piles.store.in_use() <= self.options.memory {
            return Ok(());
        }
        let folder = &self.options.scratch;
        let Piles {
            store,
            drafts,
            values,
            stays,
        } = &mut self.piles;
        for _ in 0..PARTS {
            if store.in_use() <= self.options.memory {
                break;
            }
            let (one, other) = rayon::join(
                || drafts.flush(folder).and_then(|()| stays.flush(folder)),
                || values.flush(folder),
            );
            one.and(other)?;
        }
        Ok(())
    }
}

/// What waits for the end of the file.
pub(crate) struct Piles {
    /// The memory of all piles.
    pub store: Arc<Store>,
    /// Drafts, by their references.
    pub drafts: Spill,
    /// Values with their tokens, by these.
    pub values: Spill,
    /// Entries of stays, by their homes.
    pub stays: Spill,
}

impl Piles {
    fn new() -> Self {
        let store = Store::new();
        Self {
            drafts: Spill::new(PILES, 1, &store),
            values: Spill::new(VALUE_PILES, RANGES, &store),
            stays: Spill::new(PILES, 1, &store),
            store,
        }
    }
}

/// The pile of a reference or token: its first ten bits, so that piles in order are references in order.
pub(crate) fn pile_of(bytes: &[u8; 16]) -> usize {
    (usize::from(bytes[0]) << 2) | usize::from(bytes[1] >> 6)
}
