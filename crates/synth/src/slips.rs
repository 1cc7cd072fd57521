//! Slips of the pen, at the rates measured in UK record linkage.
//!
//! The rates of names, sex and birth date are the constants that the Cambridge CRATE validation publishes (women and men apart);
//! every row of every file draws each kind once. The stress profile triples them. Rates of missing values are assumptions.
//! Each slip is noted, so that a missed link can be explained.

use crate::calendar::Day;
use crate::dice::{Dice, Stage};
use crate::happenings::Source;
use crate::names::{Names, Sex};
use crate::record::Record;
use crate::typing;
use crate::world::{Case, World};
use crate::{Options, Profile};

/// How often each kind of slip happens, per row.
#[derive(Clone, Copy, Debug)]
pub struct SlipRates {
    /// Another spelling that sounds the same: female, male.
    pub forename_sound: (f64, f64),
    /// The same first two letters, then something else (a typing error or a short form): female, male.
    pub forename_start: (f64, f64),
    /// Another forename altogether (a nickname, the middle name): female, male.
    pub forename_other: (f64, f64),
    /// Forename and surname in each other's columns.
    pub swapped: f64,
    /// Another spelling that sounds the same: female, male.
    pub surname_sound: (f64, f64),
    /// The same first two letters, then something else: female, male.
    pub surname_start: (f64, f64),
    /// Another surname altogether (the former one, the other parent's): female, male.
    pub surname_other: (f64, f64),
    /// The other sex.
    pub sex: f64,
    /// A birth date with one wrong component.
    pub birth_date_one: f64,
    /// A birth date wrong in more than one component.
    pub birth_date_more: f64,
    /// A wrong character in the postcode.
    pub postcode: f64,
    /// No birth date.
    pub no_birth_date: f64,
    /// No sex.
    pub no_sex: f64,
    /// No postcode.
    pub no_postcode: f64,
}

impl SlipRates {
    /// The rates measured in the UK.
    pub const UK: Self = Self {
        forename_sound: (0.00894, 0.00840),
        forename_start: (0.00881, 0.00688),
        forename_other: (0.00572, 0.00625),
        swapped: 0.00191,
        surname_sound: (0.00551, 0.00471),
        surname_start: (0.00378, 0.00247),
        surname_other: (0.0567, 0.0134),
        sex: 0.0033,
        birth_date_one: 0.00492 * 0.933,
        birth_date_more: 0.00492 * 0.067,
        postcode: 0.0097,
        no_birth_date: 0.003,
        no_sex: 0.004,
        no_postcode: 0.008,
    };

    /// The rates of a profile.
    pub fn of(profile: Profile) -> Self {
        match profile {
            Profile::Uk => Self::UK,
            Profile::Stress => Self::UK.times(3.0),
        }
    }

    fn times(self, factor: f64) -> Self {
        let both = |(female, male): (f64, f64)| (female * factor, male * factor);
        Self {
            forename_sound: both(self.forename_sound),
            forename_start: both(self.forename_start),
            forename_other: both(self.forename_other),
            swapped: self.swapped * factor,
            surname_sound: both(self.surname_sound),
            surname_start: both(self.surname_start),
            surname_other: both(self.surname_other),
            sex: self.sex * factor,
            birth_date_one: self.birth_date_one * factor,
            birth_date_more: self.birth_date_more * factor,
            postcode: self.postcode * factor,
            no_birth_date: self.no_birth_date * factor,
            no_sex: self.no_sex * factor,
            no_postcode: self.no_postcode * factor,
        }
    }
}

/// One slip that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    /// Index of the record.
    pub(crate) record: usize,
    pub(crate) field: &'static str,
    pub(crate) kind: &'static str,
}

/// Makes slips in the records. `touched` says which fields of a record a planted case has already changed.
pub(crate) fn make(
    world: &mut World,
    records: &mut [Record],
    touched: &[Vec<&'static str>],
    names: &Names,
    options: &Options,
) -> Vec<Slip> {
    let rates = SlipRates::of(options.profile);
    let mut dice = Dice::new(options.seed, Stage::Slips);
    let mut slips = Vec::new();
    for (index, record) in records.iter_mut().enumerate() {
        let mut pen = Pen {
            dice: &mut dice,
            names,
            slips: &mut slips,
            index,
            touched: &touched[index],
        };
        pen.forename(record, world, &rates);
        pen.surname(record, world, &rates);
        pen.sex_and_birth(record, &rates);
        pen.postcode(record, &rates);
        if pen.happens("forename", rates.swapped) && !pen.touched.contains(&"surname") {
            std::mem::swap(&mut record.forename, &mut record.surname);
            pen.note("forename", "swapped");
            world.plant(Case::SwappedNames, record.person, None, record.source.id());
        }
    }
    slips
}

struct Pen<'a> {
    dice: &'a mut Dice,
    names: &'a Names,
    slips: &'a mut Vec<Slip>,
    index: usize,
    touched: &'a [&'static str],
}

impl Pen<'_> {
    /// Draws for every record alike, so that a planted case does not shift the draws of the records after it.
    fn happens(&mut self, field: &str, rate: f64) -> bool {
        self.dice.chance(rate) && !self.touched.contains(&field)
    }

    fn note(&mut self, field: &'static str, kind: &'static str) {
        self.slips.push(Slip {
            record: self.index,
            field,
            kind,
        });
    }

    fn forename(&mut self, record: &mut Record, world: &World, rates: &SlipRates) {
        let person = &world.people[record.person];
        let by_sex = |(female, male)| {
            if person.sex == Sex::Female {
                female
            } else {
                male
            }
        };
        if self.happens("forename", by_sex(rates.forename_sound)) {
            record.forename = typing::sounds_alike(&record.forename, self.names, self.dice);
            self.note("forename", "sound");
        } else if self.happens("forename", by_sex(rates.forename_start)) {
            record.forename = typing::typed_wrong(&record.forename, self.dice);
            self.note("forename", "start");
        } else if self.happens("forename", by_sex(rates.forename_other)) {
            let nickname = self.names.nickname(&record.forename).map(str::to_owned);
            record.forename = match (&person.middle, nickname) {
                (_, Some(nickname)) => nickname,
                (Some(middle), None) => {
                    record.middle = None;
                    middle.clone()
                }
                (None, None) => {
                    self.names
                        .forename(person.community, person.sex, person.born, self.dice)
                }
            };
            self.note("forename", "other");
        }
    }

    fn surname(&mut self, record: &mut Record, world: &World, rates: &SlipRates) {
        let person = &world.people[record.person];
        let by_sex = |(female, male)| {
            if person.sex == Sex::Female {
                female
            } else {
                male
            }
        };
        if self.happens("surname", by_sex(rates.surname_sound)) {
            record.surname = typing::sounds_alike(&record.surname, self.names, self.dice);
            self.note("surname", "sound");
        } else if self.happens("surname", by_sex(rates.surname_start)) {
            record.surname = typing::typed_wrong(&record.surname, self.dice);
            self.note("surname", "start");
        } else if self.happens("surname", by_sex(rates.surname_other)) {
            if person.birth_surname == person.surname {
                // A step-parent's, the other parent's, or a name of an earlier marriage.
                let other = world.belongs[record.person]
                    .first()
                    .map_or(&[][..], |h| &world.households[*h].members);
                let others: Vec<&String> = other
                    .iter()
                    .map(|m| &world.people[m.person].surname)
                    .filter(|s| **s != person.surname)
                    .collect();
                record.surname = match others.first() {
                    Some(surname) => (*surname).clone(),
                    None => self.names.surname(person.community, self.dice),
                };
                self.note("surname", "other");
            } else {
                record.surname.clone_from(&person.birth_surname);
                record.former_surname = None;
                self.note("surname", "former");
            }
        }
    }

    fn sex_and_birth(&mut self, record: &mut Record, rates: &SlipRates) {
        if self.happens("sex", rates.sex) {
            record.sex = record.sex.map(Sex::other);
            self.note("sex", "other");
        } else if self.happens("sex", rates.no_sex)
            && matches!(
                record.source,
                Source::Patients | Source::PolicePeople | Source::LscbPeople | Source::Housing
            )
        {
            record.sex = None;
            self.note("sex", "missing");
        }
        if self.happens("birth_date", rates.birth_date_one) {
            record.born = record
                .born
                .map(|born| typing::one_component_wrong(born, self.dice));
            self.note("birth_date", "one component");
        } else if self.happens("birth_date", rates.birth_date_more) {
            record.born = record
                .born
                .map(|born| typing::two_components_wrong(born, self.dice));
            self.note("birth_date", "more components");
        } else if self.happens("birth_date", rates.no_birth_date) {
            record.born = None;
            self.note("birth_date", "missing");
        }
    }

    fn postcode(&mut self, record: &mut Record, rates: &SlipRates) {
        if self.happens("postcode", rates.postcode) {
            record.postcode = record
                .postcode
                .as_deref()
                .map(|postcode| typing::postcode_wrong(postcode, self.dice));
            self.note("postcode", "character");
        } else if self.happens("postcode", rates.no_postcode) {
            record.postcode = None;
            self.note("postcode", "missing");
        }
    }
}

/// The unknown birth date of old systems.
pub(crate) const NINETEEN_HUNDRED: Day = Day::of(1900, 1, 1);
