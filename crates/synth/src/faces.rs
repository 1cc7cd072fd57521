//! Hard cases in single records: one person shown with another face by one agency.

use crate::dice::{Dice, Stage};
use crate::happenings::Source;
use crate::names::{Names, Sex};
use crate::record::{Record, temporary_upn};
use crate::slips::{NINETEEN_HUNDRED, Slip};
use crate::structure::quota;
use crate::world::{Case, World};
use crate::{Options, Profile};

/// What the cases did to the records.
pub(crate) struct Faces {
    /// For each record, the fields that slips must leave alone.
    pub(crate) touched: Vec<Vec<&'static str>>,
    pub(crate) slips: Vec<Slip>,
}

/// Plants the cases that live in records.
pub(crate) fn plant(
    world: &mut World,
    records: &mut [Record],
    names: &Names,
    options: &Options,
) -> Faces {
    let mut dice = Dice::new(options.seed, Stage::Cases);
    let mut faces = Faces {
        touched: vec![Vec::new(); records.len()],
        slips: Vec::new(),
    };
    let households = options.households;
    let often = if options.profile == Profile::Stress {
        3.0
    } else {
        1.0
    };
    let known_twice: Vec<bool> = records.iter().map(|_| false).collect();
    let mut planter = Planter {
        world,
        records,
        names,
        dice: &mut dice,
        faces: &mut faces,
        known_twice,
    };
    planter.count_sources();
    planter.double_barrelled();
    planter.maiden_names(quota(households, 24));
    planter.transliterated(quota(households, 26));
    planter.swapped(quota(households, 5));
    planter.nineteen_hundred(quota(households, 6));
    planter.spreadsheets(0.02 * often, 0.015 * often);
    planter.numbers(0.015 * often, 0.025 * often);
    faces
}

struct Planter<'a> {
    world: &'a mut World,
    records: &'a mut [Record],
    names: &'a Names,
    dice: &'a mut Dice,
    faces: &'a mut Faces,
    /// For each record: whether another agency knows the person too.
    known_twice: Vec<bool>,
}

impl Planter<'_> {
    fn count_sources(&mut self) {
        let mut sources: Vec<u8> = vec![0; self.world.people.len()];
        for record in self.records.iter() {
            sources[record.person] |= 1 << record.source as u8;
        }
        self.known_twice = self
            .records
            .iter()
            .map(|record| sources[record.person].count_ones() > 1)
            .collect();
    }

    /// Records that fit, in random order: of people known elsewhere too, untouched so far in the field.
    fn fitting(
        &mut self,
        field: &'static str,
        fits: impl Fn(&Record, &World) -> bool,
    ) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.records.len())
            .filter(|i| {
                let record = &self.records[*i];
                let free = self.known_twice[*i] && !self.faces.touched[*i].contains(&field);
                free && !self.world.people[record.person].do_not_link && fits(record, self.world)
            })
            .collect();
        self.dice.shuffle(&mut found);
        found
    }

    fn mark(&mut self, record: usize, case: Case, field: &'static str, note: &str) {
        let (person, source) = (self.records[record].person, self.records[record].source);
        self.world
            .plant(case, person, None, format!("{note} in {}", source.id()));
        self.faces.touched[record].push(field);
        self.faces.slips.push(Slip {
            record,
            field,
            kind: case.name(),
        });
    }

    /// Every agency has its own way with two surnames.
    fn double_barrelled(&mut self) {
        for index in 0..self.records.len() {
            let record = &mut self.records[index];
            if !self.world.people[record.person]
                .cases
                .contains(&Case::DoubleBarrelled)
            {
                continue;
            }
            let Some((one, other)) = record
                .surname
                .split_once('-')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
            else {
                continue;
            };
            if record.source == Source::SchoolCensus && self.dice.chance(0.3) {
                record.known_as_surname = Some(other.clone());
            }
            let (surname, kind) = match self.dice.below(100) {
                0..=54 => continue,
                55..=69 => (format!("{one} {other}"), "double-barrelled: space"),
                70..=81 => (one, "double-barrelled: first only"),
                82..=93 => (other, "double-barrelled: second only"),
                _ => (
                    format!("{one}{}", other.to_lowercase()),
                    "double-barrelled: one word",
                ),
            };
            record.surname = surname;
            self.faces.touched[index].push("surname");
            self.faces.slips.push(Slip {
                record: index,
                field: "surname",
                kind,
            });
        }
    }

    fn maiden_names(&mut self, wanted: usize) {
        let fits = |record: &Record, world: &World| {
            let person = &world.people[record.person];
            person.sex == Sex::Female
                && person.renamed.is_some()
                && person.birth_surname != person.surname
                && record.source != Source::SchoolCensus
        };
        let mut found = self.fitting("surname", fits);
        // Those who married lately come first: the agencies have not heard yet.
        found.sort_by_key(|i| {
            std::cmp::Reverse(
                self.world.people[self.records[*i].person]
                    .renamed
                    .map_or(0, |day| day.year().max(2019)),
            )
        });
        let mut planted = 0;
        for index in found {
            let person = self.records[index].person;
            if planted == wanted || self.world.people[person].cases.contains(&Case::MaidenName) {
                continue;
            }
            self.records[index]
                .surname
                .clone_from(&self.world.people[person].birth_surname);
            self.records[index].former_surname = None;
            self.mark(index, Case::MaidenName, "surname", "name before marriage");
            planted += 1;
        }
        for index in 0..self.records.len() {
            let person = &self.world.people[self.records[index].person];
            if self.records[index].source == Source::PolicePeople
                && person.birth_surname != person.surname
                && self.dice.chance(0.2)
            {
                self.records[index].known_as_surname = Some(person.birth_surname.clone());
            }
        }
    }

    fn transliterated(&mut self, wanted: usize) {
        let found = self.fitting("forename", |record, world| {
            world.people[record.person].cases.is_empty()
        });
        let mut planted = 0;
        for index in found {
            let person = self.records[index].person;
            if planted == wanted
                || self.world.people[person]
                    .cases
                    .contains(&Case::TransliteratedName)
            {
                continue;
            }
            let (forename, surname) = (
                self.records[index].forename.clone(),
                self.records[index].surname.clone(),
            );
            let of_forename = self.names.variants(&forename);
            let of_surname = self.names.variants(&surname);
            if !of_forename.is_empty() {
                let other = *self.dice.pick(of_forename);
                other.clone_into(&mut self.records[index].forename);
                self.mark(
                    index,
                    Case::TransliteratedName,
                    "forename",
                    "another spelling of the forename",
                );
            } else if !of_surname.is_empty() && !self.faces.touched[index].contains(&"surname") {
                let other = *self.dice.pick(of_surname);
                other.clone_into(&mut self.records[index].surname);
                self.mark(
                    index,
                    Case::TransliteratedName,
                    "surname",
                    "another spelling of the surname",
                );
            } else {
                continue;
            }
            planted += 1;
        }
    }

    fn swapped(&mut self, wanted: usize) {
        let found = self.fitting("forename", |record, world| {
            record.middle.is_none() && world.people[record.person].cases.is_empty()
        });
        for index in found
            .into_iter()
            .filter(|i| !self.faces.touched[*i].contains(&"surname"))
            .take(wanted)
            .collect::<Vec<_>>()
        {
            let record = &mut self.records[index];
            std::mem::swap(&mut record.forename, &mut record.surname);
            self.mark(
                index,
                Case::SwappedNames,
                "forename",
                "forename and surname exchanged",
            );
            self.faces.touched[index].push("surname");
        }
    }

    fn nineteen_hundred(&mut self, wanted: usize) {
        let sources = [Source::Housing, Source::Patients, Source::PolicePeople];
        let found = self.fitting("birth_date", |record, world| {
            sources.contains(&record.source) && world.people[record.person].age() >= 20
        });
        for index in found.into_iter().take(wanted) {
            self.records[index].born = Some(NINETEEN_HUNDRED);
            self.mark(
                index,
                Case::NineteenHundredBirth,
                "birth_date",
                "1 January 1900",
            );
        }
    }

    /// The housing file has been through a spreadsheet: some UPRNs and birth dates did not survive.
    fn spreadsheets(&mut self, uprns: f64, dates: f64) {
        let housing: Vec<usize> = (0..self.records.len())
            .filter(|i| self.records[*i].source == Source::Housing)
            .collect();
        for (count, index) in housing.into_iter().enumerate() {
            let (by_chance_uprn, by_chance_date) =
                (self.dice.chance(uprns), self.dice.chance(dates));
            let record = &mut self.records[index];
            if (by_chance_uprn || count % 400 == 7) && record.uprn.is_some() {
                record.uprn = Some("9E+11".to_owned());
                self.mark(index, Case::ExcelDamagedUprn, "uprn", "9E+11");
            }
            if (by_chance_date || count % 400 == 11)
                && self.records[index]
                    .born
                    .is_some_and(|born| born.year() > 1900)
            {
                self.records[index].born_as_serial = true;
                self.mark(
                    index,
                    Case::ExcelSerialDates,
                    "birth_date",
                    "a number for a date",
                );
            }
        }
    }

    fn numbers(&mut self, temporary: f64, missing: f64) {
        let mut pupils = 0;
        let mut patients = 0;
        for index in 0..self.records.len() {
            let record = &mut self.records[index];
            match record.source {
                Source::SchoolCensus => {
                    pupils += 1;
                    if self.dice.chance(temporary) || pupils % 300 == 5 {
                        // Some schools keep the permanent number as the former one; most do not know it.
                        record.former_upn = record.upn.take().filter(|_| self.dice.chance(0.2));
                        record.upn = Some(temporary_upn(record.person));
                        self.mark(index, Case::TemporaryUpn, "upn", "temporary number");
                    }
                }
                Source::Patients => {
                    patients += 1;
                    if self.dice.chance(missing) || patients % 600 == 9 {
                        record.nhs = None;
                        record.nhs_trace = "07";
                        self.mark(index, Case::MissingNhsNumber, "nhs", "no NHS number");
                    }
                }
                _ => {}
            }
        }
    }
}
