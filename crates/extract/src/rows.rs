//! The rows of all people files of a custodian, most of them left in the files.
//!
//! A row with its names and addresses takes some kilobytes, so only few are held. Of every row stay in memory: where it lies (24 bytes),
//! a keyed hash of its own id (16), its place among the own ids (4) and what it tells (1). The row itself is read again when it is
//! needed.

use crate::error::Error;
use crate::mapping::{OwnIds, PeopleInput};
use crate::people::{PeopleFile, PersonRow};
use crate::table::Memory;
use kinfold_identity::Person;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

/// Whether a row, or all rows of a person together, carry enough to be recognised elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tells(u8);

impl Tells {
    const FIRST_NAME: u8 = 1;
    const FAMILY_NAME: u8 = 2;
    const BIRTH: u8 = 4;
    const NUMBER: u8 = 8;
    const DO_NOT_LINK: u8 = 16;

    /// What a person tells. What two rows tell together is what the person merged of them tells.
    pub fn of(person: &Person) -> Self {
        let numbered = person.nhs.is_some()
            || person.nino.is_some()
            || person
                .upn
                .as_ref()
                .is_some_and(kinfold_identity::Upn::is_permanent);
        let facts = [
            (!person.first_names.is_empty(), Self::FIRST_NAME),
            (!person.family_names.is_empty(), Self::FAMILY_NAME),
            (
                person.births.iter().any(|birth| birth.is_full()),
                Self::BIRTH,
            ),
            (numbered, Self::NUMBER),
            (person.do_not_link, Self::DO_NOT_LINK),
        ];
        let told = facts.into_iter().filter(|(tells, _)| *tells);
        Self(told.fold(0, |all, (_, bit)| all | bit))
    }

    /// What two rows tell together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// A first and a family name with a full birth date, or a verified number; and linking is not forbidden.
    pub fn is_linkable(self) -> bool {
        let named = Self::FIRST_NAME | Self::FAMILY_NAME | Self::BIRTH;
        let enough = self.0 & named == named || self.0 & Self::NUMBER != 0;
        enough && self.0 & Self::DO_NOT_LINK == 0
    }
}

/// Where rows that are not held can be read again.
pub trait RowsAgain: Send + Sync {
    /// Some rows by number, from 0 on, in the order in which they are asked for.
    ///
    /// # Errors
    /// [`Error::Changed`], or a file that can no longer be read.
    fn load(&self, rows: &[u32]) -> Result<Vec<PersonRow>, Error>;
}

/// All rows of all people files, file after file.
pub struct Rows {
    inputs: Vec<PeopleInput>,
    files: Vec<PeopleFile>,
    /// The number of each file's first row.
    starts: Vec<usize>,
    own_ids: Vec<[u64; 2]>,
    /// The rows in the order of the hashes of their own ids.
    by_own_id: Vec<u32>,
    tells: Vec<Tells>,
    /// Whether an own id is a person, for each source.
    pub(crate) numbered: Vec<bool>,
    /// The rows as they were read, while they are few.
    held: Option<Vec<PersonRow>>,
    /// Rows of no mapping.
    again: Option<Box<dyn RowsAgain>>,
    keys: [RandomState; 2],
    pub(crate) memory: Memory,
    pub(crate) scratch: PathBuf,
}

impl Rows {
    pub(crate) fn new(memory: Memory, scratch: &Path) -> Self {
        Self {
            inputs: Vec::new(),
            files: Vec::new(),
            starts: Vec::new(),
            own_ids: Vec::new(),
            by_own_id: Vec::new(),
            tells: Vec::new(),
            numbered: Vec::new(),
            held: Some(Vec::new()),
            again: None,
            keys: [RandomState::new(), RandomState::new()],
            memory,
            scratch: scratch.to_owned(),
        }
    }

    /// Rows that are held, of no file.
    pub fn held(rows: Vec<PersonRow>, memory: Memory, scratch: &Path) -> Self {
        let memory = Memory {
            rows: usize::MAX,
            ..memory
        };
        let mut all = Self::new(memory, scratch);
        all.add(rows);
        all.index();
        all
    }

    /// No rows yet, of a table that no mapping describes: to be given with [`Rows::push`], part after part, and ended with
    /// [`Rows::read_again_from`].
    pub fn of_table(memory: Memory, scratch: &Path) -> Self {
        Self::new(memory, scratch)
    }

    /// Adds rows of a table.
    pub fn push(&mut self, rows: Vec<PersonRow>) {
        self.add(rows);
    }

    /// Ends a table. Rows are read again from there, once there are more than are held.
    pub fn read_again_from(&mut self, again: Box<dyn RowsAgain>) {
        self.again = Some(again);
        self.index();
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.own_ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.own_ids.is_empty()
    }

    /// The people source of a row, as its index in the mapping.
    pub fn source(&self, row: usize) -> usize {
        match &self.held {
            Some(held) => held[row].source,
            None if self.again.is_some() => 0,
            None => self.file_of(row),
        }
    }

    /// Whether an own id of a source is a person, so that two own ids are two people unless somebody says otherwise.
    pub(crate) fn own_ids_are_people(&self, source: usize) -> bool {
        self.numbered.get(source).copied().unwrap_or_default()
    }

    /// The 1-based line of a row in its file.
    pub fn line(&self, row: usize) -> usize {
        if let Some(held) = &self.held {
            return held[row].line;
        }
        if self.again.is_some() {
            // A header and rows of a line each, as far as anybody knows.
            return row + 2;
        }
        let file = self.file_of(row);
        self.files[file].table.line(row - self.starts[file])
    }

    /// What a row tells.
    pub fn tells(&self, row: usize) -> Tells {
        self.tells[row]
    }

    /// The first row with an own id of a source.
    pub fn find(&self, source: usize, own_id: &str) -> Option<u32> {
        let wanted = self.hash(source, own_id);
        let at = self
            .by_own_id
            .partition_point(|row| self.own_ids[*row as usize] < wanted);
        let row = *self.by_own_id.get(at)?;
        (self.own_ids[row as usize] == wanted).then_some(row)
    }

    /// Some rows, in the order in which they are asked for.
    ///
    /// # Errors
    /// [`Error::Changed`], or a file that can no longer be read.
    pub fn load(&self, rows: &[u32]) -> Result<Vec<PersonRow>, Error> {
        if let Some(held) = &self.held {
            return Ok(rows.iter().map(|row| held[*row as usize].clone()).collect());
        }
        if let Some(again) = &self.again {
            return again.load(rows);
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by_key(|at| rows[*at]);
        let mut loaded: Vec<Option<PersonRow>> = Vec::new();
        loaded.resize_with(rows.len(), || None);
        let file = |at: &usize| self.file_of(rows[*at] as usize);
        for part in order.chunk_by(|one, other| file(one) == file(other)) {
            let number = file(&part[0]);
            let start = self.starts[number];
            let wanted = part.iter().map(|at| rows[*at] as usize - start);
            let read = self.files[number].load(&self.inputs[number], number, wanted)?;
            if read.len() != part.len() {
                return Err(Error::Changed);
            }
            for (at, row) in part.iter().zip(read) {
                loaded[*at] = Some(row);
            }
        }
        Ok(loaded.into_iter().flatten().collect())
    }

    /// Refuses files that were changed since they were read first. To be called when nothing more is read from them.
    ///
    /// # Errors
    /// [`Error::Changed`].
    pub fn must_be_unchanged(&self) -> Result<(), Error> {
        self.files
            .iter()
            .try_for_each(|file| file.table.must_be_unchanged())
    }

    /// The rows in the order of the hashes of their own ids, rows of one own id together and ascending.
    pub(crate) fn by_own_id(&self) -> impl Iterator<Item = &[u32]> {
        let own_id = |row: &u32| self.own_ids[*row as usize];
        self.by_own_id
            .chunk_by(move |one, other| own_id(one) == own_id(other))
    }

    /// Adds rows of the file that will be added next.
    pub(crate) fn add(&mut self, rows: Vec<PersonRow>) {
        for row in &rows {
            self.own_ids
                .push(self.hash(row.source, row.own_id.expose()));
            self.tells.push(Tells::of(&row.person));
        }
        if let Some(held) = &mut self.held {
            if held.len() + rows.len() <= self.memory.rows {
                held.extend(rows);
            } else {
                self.held = None;
            }
        }
    }

    /// Adds the file of the rows that were added after the last one.
    pub(crate) fn add_file(&mut self, file: PeopleFile, input: &PeopleInput) {
        self.starts.push(self.len() - file.table.rows());
        self.files.push(file);
        self.numbered.push(input.own_ids == OwnIds::People);
        self.inputs.push(input.clone());
    }

    /// Brings the own ids in order, once all rows are there.
    pub(crate) fn index(&mut self) {
        let own_ids = &self.own_ids;
        self.by_own_id = (0..own_ids.len() as u32).collect();
        self.by_own_id
            .sort_unstable_by_key(|row| (own_ids[*row as usize], *row));
    }

    fn file_of(&self, row: usize) -> usize {
        self.starts.partition_point(|start| *start <= row) - 1
    }

    /// 128 bits under keys of this run: two own ids of one hash are not to be expected in any number of rows, and nobody can make them.
    fn hash(&self, source: usize, own_id: &str) -> [u64; 2] {
        [0, 1].map(|key| self.keys[key].hash_one((source, own_id)))
    }
}
