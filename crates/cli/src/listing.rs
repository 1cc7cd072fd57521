//! What the release check attacks: the codes that would leave, as they wait on disk, and beside each record what a list says of the person
//! behind it.
//!
//! Of everybody is kept in brief what the samples need ([`List`]), in memory only. Match keys, of which a list is ten times as large, are listed once
//! more for the few thousand people of a sample, whose rows are read again for it. Nothing of a list is written.

use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::path::Path;

use kinfold_encoding::{Input, Lister};
use kinfold_exchange::{CodesReader, TableFile};
use kinfold_message::Problem;
use kinfold_release::{Codes, File, KeyValue, List, Stay, Subject, by_pool};
use kinfold_schema::{Schema, Token};

use crate::args::Period;
use crate::survey::Survey;

/// The list of the people whose records leave.
pub struct Attacked {
    list: List,
    /// For each record the person, as a number of the survey and of the list.
    people: Vec<u32>,
    /// Distinct tokens of each filter.
    vocabulary: Vec<usize>,
    partners: Vec<String>,
    period: Period,
}

/// People as they are pushed into the encoder.
pub struct Listing {
    lister: Lister,
    list: List,
    partners: Vec<String>,
    period: Period,
}

impl Listing {
    /// A listing of nobody.
    ///
    /// # Errors
    /// A schema that cannot be encoded with.
    pub fn new(schema: &Schema, partners: &[String], period: Period) -> Result<Self, Problem> {
        Ok(Self {
            lister: Lister::at(schema, period.number())?,
            list: List::new(schema.filters.len()),
            partners: partners.to_vec(),
            period,
        })
    }

    /// Lists people, in the order in which they are encoded.
    pub fn add(&mut self, inputs: &[Input<'_>]) {
        for input in inputs {
            self.list.add(&self.lister.list_without_keys(input.person));
        }
    }

    /// The list beside the records: `people` has the person of each, in the order of the records.
    pub fn finish(self, people: Vec<u32>) -> Attacked {
        Attacked {
            vocabulary: self.lister.vocabulary(),
            list: self.list,
            people,
            partners: self.partners,
            period: self.period,
        }
    }
}

impl Attacked {
    /// The person of each record.
    #[cfg(test)]
    pub fn people(&self) -> &[u32] {
        &self.people
    }

    /// Hands the codes and their list to a check.
    ///
    /// # Errors
    /// When the codes or the people's rows cannot be read again; what the check gives.
    pub fn with<T>(
        &self,
        schema: &Schema,
        codes: &TableFile,
        survey: &Survey,
        check: impl FnOnce(&Subject<'_>, &OnDisk<'_>) -> io::Result<T>,
    ) -> Result<T, Problem> {
        let codes = OnDisk::new(codes, schema, &self.partners)?;
        // A problem of its own words, which an input or output error has no room for.
        let problem: RefCell<Option<Problem>> = RefCell::new(None);
        let keys = |records: &[u32]| {
            self.keys_again(schema, survey, records).map_err(|why| {
                let error = io::Error::other(why.what.clone());
                *problem.borrow_mut() = Some(why);
                error
            })
        };
        let shape = File::shape(schema, &self.vocabulary, codes.reader.within());
        let subject = Subject::new(shape, &codes, &self.list, &self.people, Box::new(keys));
        let checked = subject.and_then(|subject| check(&subject, &codes));
        checked.map_err(|error| {
            let own = problem.borrow_mut().take();
            own.unwrap_or_else(|| unread(&error))
        })
    }

    /// The values of match keys of the people of some records, pool by pool.
    fn keys_again(
        &self,
        schema: &Schema,
        survey: &Survey,
        records: &[u32],
    ) -> Result<Vec<Vec<Vec<KeyValue>>>, Problem> {
        let mut lister = Lister::at(schema, self.period.number())?;
        // People are loaded in their own order, which is that of their files.
        let person = |at: &u32| self.people[records[*at as usize] as usize];
        let mut order: Vec<u32> = (0..records.len() as u32).collect();
        order.sort_unstable_by_key(person);
        let people: Vec<u32> = order.iter().map(person).collect();
        let mut keys = vec![vec![Vec::new(); records.len()]; schema.pools().len()];
        let rows = &survey.gathered.rows;
        let mut places = order.iter();
        survey.united.load_some(rows, &people, |people| {
            for person in &people {
                let listed = lister.list(&person.person).keys;
                let own = by_pool(schema, std::iter::once(listed.as_slice()));
                let Some(place) = places.next() else {
                    break;
                };
                for (keys, mut own) in keys.iter_mut().zip(own) {
                    let own = own.pop().unwrap_or_default();
                    keys[*place as usize] = own.into_boxed_slice().into_vec();
                }
            }
            Ok::<(), Problem>(())
        })?;
        rows.must_be_unchanged()?;
        Ok(keys)
    }
}

/// Working files that can no longer be read.
fn unread(error: &io::Error) -> Problem {
    let problem = Problem::io(
        "read the working files with the codes",
        Path::new(""),
        error,
    );
    Problem {
        place: None,
        ..problem
    }
}

/// Codes that wait on disk.
pub struct OnDisk<'table> {
    reader: CodesReader<'table>,
    widths: Vec<usize>,
    /// The slots of each pool of match keys among all slots of a record.
    pools: Vec<Range<usize>>,
    key_slots: usize,
    household_slots: usize,
}

impl<'table> OnDisk<'table> {
    /// Codes under a schema, made for these partners.
    ///
    /// # Errors
    /// When the table is another one.
    pub fn new(
        table: &'table TableFile,
        schema: &Schema,
        partners: &[String],
    ) -> Result<Self, Problem> {
        let widths = schema
            .filters
            .iter()
            .map(|filter| filter.bits as usize / 64);
        Ok(Self {
            reader: CodesReader::new(table, schema, partners)?,
            widths: widths.collect(),
            pools: schema.pools().into_iter().map(|pool| pool.slots).collect(),
            key_slots: schema.key_slots(),
            household_slots: schema.household_slots(),
        })
    }

    /// The reference of a record.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn record_ref(&self, record: u32) -> io::Result<[u8; 16]> {
        self.reader.record_ref(record as usize)
    }
}

impl Codes for OnDisk<'_> {
    fn records(&self) -> usize {
        self.reader.records()
    }

    fn widths(&self) -> Vec<usize> {
        self.widths.clone()
    }

    fn pools(&self) -> usize {
        self.pools.len()
    }

    fn words(&self, filter: usize, first: usize, out: &mut [u64]) -> io::Result<()> {
        self.reader.filter(filter, first, out)
    }

    fn tokens(
        &self,
        pool: usize,
        first: usize,
        rows: usize,
        each: &mut dyn FnMut(u32, &[Token]),
    ) -> io::Result<()> {
        let keys = self.reader.keys(first, rows)?;
        for (row, keys) in (first..).zip(keys.chunks_exact(self.key_slots.max(1))) {
            each(row as u32, &keys[self.pools[pool].clone()]);
        }
        Ok(())
    }

    fn stays(&self, first: usize, rows: usize) -> io::Result<Vec<Vec<Stay>>> {
        if self.household_slots == 0 {
            return Ok(vec![Vec::new(); rows]);
        }
        let keys = self.reader.household(first, rows)?;
        let keys = keys.chunks_exact(self.household_slots);
        Ok(keys.map(Stay::of_row).collect())
    }

    fn presence(&self) -> io::Result<Vec<u32>> {
        self.reader.presence()
    }
}
