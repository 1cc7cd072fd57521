//! What the release check attacks: the codes that would leave, and beside each record what a list says of the person behind it.
//!
//! All of it is in memory, so only the commands that run the check make it. Nothing of it is written.

use kinfold_encoding::{Input, Listed, Lister};
use kinfold_message::Problem;
use kinfold_release::File;
use kinfold_schema::{CodeTable, Schema};

use crate::args::Period;

/// Codes and people side by side.
pub struct Attacked {
    /// What is attacked: record `i` is the code of person `i`.
    pub file: File,
    /// The references of the records.
    pub record_refs: Vec<[u8; 16]>,
}

/// People as they are pushed into the encoder, and codes as they come out of it.
pub struct Listing {
    lister: Lister,
    people: Vec<([u8; 16], Listed)>,
    codes: CodeTable,
}

impl Listing {
    /// A listing of nobody.
    ///
    /// # Errors
    /// A schema that cannot be encoded with.
    pub fn new(schema: &Schema, partners: &[String], period: Period) -> Result<Self, Problem> {
        Ok(Self {
            lister: Lister::at(schema, period.number())?,
            people: Vec::new(),
            codes: CodeTable::empty(schema, partners),
        })
    }

    /// Lists people, in the order in which they are encoded.
    pub fn add(&mut self, inputs: &[Input<'_>]) {
        let lister = &mut self.lister;
        let listed = inputs
            .iter()
            .map(|input| (input.record_ref, lister.list(input.person)));
        self.people.extend(listed.map(|(record_ref, mut person)| {
            // Lists that grew have room for as much again, which many people together would keep.
            person.keys.shrink_to_fit();
            person.names.shrink_to_fit();
            for tokens in person.filters.iter_mut().flatten() {
                tokens.shrink_to_fit();
            }
            (record_ref, person)
        }));
    }

    /// Takes released rows, in the order of their references.
    pub fn released(&mut self, chunk: CodeTable) {
        if self.codes.is_empty() {
            self.make_room(&chunk);
        }
        self.codes.append(chunk);
    }

    /// Room for all codes at once: a list that grows holds up to as much again, and these are the largest there are.
    fn make_room(&mut self, first: &CodeTable) {
        let records = self.people.len();
        let all = |of_first: usize| of_first / first.len().max(1) * records;
        let codes = &mut self.codes;
        codes.record_ref.reserve_exact(records);
        codes.keys.reserve_exact(all(first.keys.len()));
        codes.household.reserve_exact(all(first.household.len()));
        for (filter, own) in codes.filters.iter_mut().zip(&first.filters) {
            filter.words.reserve_exact(all(own.words.len()));
        }
    }

    /// Both side by side, without the people that were left out.
    ///
    /// # Panics
    /// Never: the encoder releases a record for every person that it does not leave out.
    pub fn finish(self, schema: &Schema, left_out: &[usize]) -> Attacked {
        let mut stays = vec![true; self.people.len()];
        for person in left_out {
            stays[*person] = false;
        }
        let mut people: Vec<([u8; 16], Listed)> = self
            .people
            .into_iter()
            .zip(stays)
            .filter_map(|(person, stays)| stays.then_some(person))
            .collect();
        people.sort_unstable_by_key(|(record_ref, _)| *record_ref);
        let of_codes = self.codes.record_ref.iter();
        assert!(
            of_codes.eq(people.iter().map(|(record_ref, _)| record_ref)),
            "every released record is a person that was listed"
        );
        let people: Vec<Listed> = people.into_iter().map(|(_, listed)| listed).collect();
        let file = File::new(schema, &self.codes, &people, &self.lister.vocabulary());
        Attacked {
            file: file.expect("there are as many people as records"),
            record_refs: self.codes.record_ref,
        }
    }
}
