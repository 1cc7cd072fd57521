//! What is checked: codes, wherever they lie, and what the owner's list says about the people in them.
//!
//! ```text
//!  codes on disk ──────────────► counts, balance, columns, duplicates: all records, some thousand at a time
//!  list in brief ─► samples ───► File: some thousand people with everything ─► attacks
//!  people once more ─► values of match keys of the people of three samples
//! ```
//!
//! Nothing here grows by more than what [`List`] keeps of a person and some forty bytes for sorting.

use std::cell::OnceCell;
use std::io;

use kinfold_encoding::ListedToken;
use kinfold_schema::in_larger_homes;

use crate::codes::{Codes, ROWS_AT_ONCE};
use crate::draws::Draws;
use crate::file::{File, View};
use crate::homes;
use crate::keys::KeyValue;
use crate::list::List;

/// Lists the values of match keys of the people of some records, ascending, once more: for each pool those of each of these people, in the order
/// that [`crate::KeyView::listed`] has.
pub type ListAgain<'a> = dyn Fn(&[u32]) -> io::Result<Vec<Vec<Vec<KeyValue>>>> + 'a;

/// A file to check: record `i` is the code of person `i`, which only the owner knows.
pub struct Subject<'a> {
    /// The file without records and people: its filters, its pools of match keys, its rules.
    pub(crate) shape: File,
    pub(crate) codes: &'a dyn Codes,
    list: &'a List,
    /// For each record the person's place in the list.
    people: &'a [u32],
    keys: Box<ListAgain<'a>>,
    /// For each record whether its filters are random bits because household keys show it in a larger home; empty when homes take nobody's
    /// filter.
    withheld: Vec<bool>,
    homes: OnceCell<Homes>,
}

/// Who lives together.
struct Homes {
    /// For each person the smallest number among those of the household.
    first: Vec<u32>,
    /// People by household, and where each household is among them.
    people: Vec<u32>,
    parts: Vec<(u32, u32)>,
}

impl<'a> Subject<'a> {
    /// Codes with the list of their people: `people` has the place in the list for each record, `keys` lists values of match keys. `shape` is
    /// [`File::shape`] of their schema.
    ///
    /// # Errors
    /// [`crate::NotAligned`], as an error of other kind, when there are not as many people as records; codes that cannot be read.
    pub fn new(
        shape: File,
        codes: &'a dyn Codes,
        list: &'a List,
        people: &'a [u32],
        keys: Box<ListAgain<'a>>,
    ) -> io::Result<Self> {
        let not_there = |person: &&u32| **person as usize >= list.people();
        if people.len() != codes.records() || people.iter().any(|person| not_there(&person)) {
            return Err(io::Error::other(crate::NotAligned {
                records: codes.records(),
                people: people.len(),
            }));
        }
        Ok(Self {
            withheld: without_filters(&shape, codes)?,
            shape,
            codes,
            list,
            people,
            keys,
            homes: OnceCell::new(),
        })
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.people.len()
    }

    fn homes(&self) -> &Homes {
        self.homes.get_or_init(|| {
            let stays = (0..self.records() as u32)
                .flat_map(|row| self.stays(row).iter().map(move |stay| (row, *stay)));
            let first = homes::households_in(stays, self.records(), usize::MAX);
            let mut people: Vec<u32> = (0..first.len() as u32).collect();
            people.sort_by_key(|person| first[*person as usize]);
            let mut parts: Vec<(u32, u32)> = Vec::new();
            let mut start = 0;
            for home in people.chunk_by(|a, b| first[*a as usize] == first[*b as usize]) {
                parts.push((start, home.len() as u32));
                start += home.len() as u32;
            }
            Homes {
                first,
                people,
                parts,
            }
        })
    }

    /// For each person the household, as the smallest number among its people.
    pub(crate) fn households(&self) -> &[u32] {
        &self.homes().first
    }

    fn stays(&self, row: u32) -> &[crate::Stay] {
        self.list.stays(self.people[row as usize])
    }

    /// The names of a record's person.
    pub(crate) fn names(&self, row: u32) -> &[u64] {
        self.list.names(self.people[row as usize])
    }

    /// Whether a record's filter is not random bits.
    pub(crate) fn is_listed(&self, filter: usize, row: u32) -> bool {
        !self.is_withheld(row) && self.is_known(filter, row)
    }

    /// Whether the list has tokens of a record's person, whatever is released.
    fn is_known(&self, filter: usize, row: u32) -> bool {
        self.list.has(filter, self.people[row as usize])
    }

    fn is_withheld(&self, row: u32) -> bool {
        self.withheld.get(row as usize).copied().unwrap_or(false)
    }

    /// How many records have random bits for filters because household keys show them in a larger home; nothing when homes take nobody's filter.
    pub(crate) fn without_filters(&self) -> Option<usize> {
        let count = self.withheld.iter().filter(|own| **own).count();
        self.shape.filter_max.map(|_| count)
    }

    /// The tokens of a record's person, sorted, whatever is released; none where the list has none.
    pub(crate) fn tokens(&self, filter: usize, row: u32, into: &mut Vec<ListedToken>) {
        self.list.tokens(filter, self.people[row as usize], into);
    }

    /// The homes of each record's person.
    pub(crate) fn each_listed_stays(&self) -> impl Iterator<Item = &[crate::Stay]> {
        (0..self.records() as u32).map(|row| self.stays(row))
    }

    /// Whether any record has a household key.
    pub(crate) fn has_stays(&self) -> io::Result<bool> {
        for (first, rows) in crate::codes::parts(self.records()) {
            if self
                .codes
                .stays(first, rows)?
                .iter()
                .any(|own| !own.is_empty())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// About so many people in whole households, by lot, without match keys; all when there are no more.
    pub(crate) fn sample(&self, people: usize, seed: &[u8; 32]) -> io::Result<File> {
        self.only(&self.drawn(people, seed))
    }

    /// The same with what the list says of their match keys.
    pub(crate) fn sample_with_keys(&self, people: usize, seed: &[u8; 32]) -> io::Result<File> {
        let rows = self.drawn(people, seed);
        let mut file = self.only(&rows)?;
        file.keys.clone_from(&self.shape.keys);
        for (key, listed) in file.keys.iter_mut().zip((self.keys)(&rows)?) {
            key.listed = listed;
        }
        Ok(file)
    }

    /// What the list says of the values of everybody's match keys. This is the only thing that is as large as the file, and asked for only where a
    /// schema lets several records share a value.
    pub(crate) fn all_keys(&self) -> io::Result<Vec<Vec<Vec<KeyValue>>>> {
        let rows: Vec<u32> = (0..self.records() as u32).collect();
        (self.keys)(&rows)
    }

    /// The records of such a sample, ascending.
    fn drawn(&self, people: usize, seed: &[u8; 32]) -> Vec<u32> {
        if self.records() <= people {
            return (0..self.records() as u32).collect();
        }
        let homes = self.homes();
        let mut parts = homes.parts.clone();
        Draws::new(seed, "sample").shuffle(&mut parts);
        let mut rows: Vec<u32> = Vec::with_capacity(people);
        for (start, length) in parts {
            let home = &homes.people[start as usize..(start + length) as usize];
            if rows.len() + home.len() <= people {
                rows.extend(home);
            }
        }
        rows.sort_unstable();
        rows
    }

    /// The records and people with these numbers, which are ascending, without match keys.
    fn only(&self, rows: &[u32]) -> io::Result<File> {
        let mut views: Vec<View> = Vec::new();
        for (filter, shape) in self.shape.views.iter().enumerate() {
            let width = shape.bits / 64;
            let mut codes = vec![0; rows.len() * width];
            for (row, words) in rows.iter().zip(codes.chunks_exact_mut(width.max(1))) {
                self.codes.words(filter, *row as usize, words)?;
            }
            let tokens = rows.iter().map(|row| {
                self.is_known(filter, *row).then(|| {
                    let mut own = Vec::new();
                    self.tokens(filter, *row, &mut own);
                    own.shrink_to_fit();
                    own
                })
            });
            let mut view = View {
                codes,
                tokens: tokens.collect(),
                ..shape.clone()
            };
            if !self.withheld.is_empty() {
                let without = rows.iter().map(|row| self.is_withheld(*row));
                view.withhold(&without.collect::<Vec<bool>>());
            }
            views.push(view);
        }
        let mut stays_seen = Vec::with_capacity(rows.len());
        // Runs of records that lie beside each other are read together.
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            for run in run.chunks(ROWS_AT_ONCE) {
                stays_seen.extend(self.codes.stays(run[0] as usize, run.len())?);
            }
        }
        let presence = self.codes.presence()?;
        let person = |row: &u32| self.people[*row as usize];
        Ok(File {
            records: rows.len(),
            views,
            keys: Vec::new(),
            stays_seen,
            stays_listed: rows.iter().map(|row| self.stays(*row).to_vec()).collect(),
            presence: if presence.is_empty() {
                presence
            } else {
                rows.iter().map(|row| presence[*row as usize]).collect()
            },
            presence_listed: rows
                .iter()
                .filter_map(|row| self.list.presence(person(row)))
                .collect(),
            place: rows
                .iter()
                .filter_map(|row| self.list.place(person(row)))
                .collect(),
            names: rows.iter().map(|row| self.names(*row).to_vec()).collect(),
            ..self.shape.clone()
        })
    }
}

/// For each record whether household keys show it in a home of more people than keep their filters; nothing when homes take nobody's filter.
fn without_filters(shape: &File, codes: &dyn Codes) -> io::Result<Vec<bool>> {
    let Some(most) = shape.filter_max else {
        return Ok(Vec::new());
    };
    let mut homes = Vec::new();
    codes.each_stays(|row, stays| {
        homes.extend(stays.into_iter().map(|stay| (row as u32, stay.home)));
    })?;
    Ok(in_larger_homes(homes, codes.records(), most))
}

/// A file that is held in memory, whole, with its list.
pub(crate) struct Held<'a> {
    file: &'a File,
    list: List,
    people: Vec<u32>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        Self {
            file,
            list: List::of(file),
            people: (0..file.records as u32).collect(),
        }
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        let file = self.file;
        let keys = |rows: &[u32]| {
            let own = file.keys.iter().map(|key| key.only(rows).listed);
            Ok(own.collect())
        };
        Subject {
            shape: file.shape_of(),
            codes: file,
            list: &self.list,
            people: &self.people,
            keys: Box::new(keys),
            withheld: file.withheld(),
            homes: OnceCell::new(),
        }
    }
}
