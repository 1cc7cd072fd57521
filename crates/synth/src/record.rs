//! What one agency knows about one person, before it is written in the agency's own way.
//!
//! Here lie the differences that are nobody's mistake: an agency that has not heard of a move or a marriage, a temporary pupil
//! number, a protected address. Slips of the pen come after, in `slips`.

use crate::calendar::{Day, TODAY};
use crate::dice::{Dice, Stage};
use crate::happenings::Source;
use crate::home::HomeKind;
use crate::inclusion::Inclusion;
use crate::names::{Names, Sex};
use crate::numbers;
use crate::world::{HouseholdKind, Person, Spell, World};
use crate::{Options, Profile};

/// One row of a people file.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) source: Source,
    pub(crate) person: usize,
    /// The own id, set when the file is put in order.
    pub(crate) own_id: String,
    pub(crate) forename: String,
    pub(crate) middle: Option<String>,
    pub(crate) surname: String,
    pub(crate) former_surname: Option<String>,
    pub(crate) known_as_forename: Option<String>,
    pub(crate) known_as_surname: Option<String>,
    pub(crate) born: Option<Day>,
    /// The birth date cell holds the number of a spreadsheet.
    pub(crate) born_as_serial: bool,
    pub(crate) sex: Option<Sex>,
    pub(crate) home: usize,
    /// The agency writes "no fixed abode" instead of the address.
    pub(crate) no_fixed_abode: bool,
    pub(crate) postcode: Option<String>,
    pub(crate) uprn: Option<String>,
    pub(crate) from: Day,
    pub(crate) confirmed: Day,
    pub(crate) contact: Day,
    pub(crate) current_address: bool,
    pub(crate) protected: bool,
    pub(crate) do_not_link: bool,
    pub(crate) upn: Option<String>,
    pub(crate) former_upn: Option<String>,
    pub(crate) nhs: Option<String>,
    pub(crate) nhs_trace: &'static str,
    pub(crate) nino: Option<String>,
}

/// How likely a source is to hold the address before the last move.
const fn stale_rate(source: Source) -> f64 {
    match source {
        Source::SchoolCensus => 0.12,
        Source::Housing => 0.2,
        Source::Patients => 0.3,
        Source::PolicePeople => 0.35,
        Source::LscbPeople => 0.18,
    }
}

/// How often a source has the UPRN of an address.
const fn uprn_rate(source: Source) -> f64 {
    match source {
        Source::SchoolCensus => 0.9,
        Source::Housing => 0.97,
        Source::Patients => 0.6,
        Source::PolicePeople => 0.0,
        Source::LscbPeople => 0.5,
    }
}

/// One record for every person and source; about 1 % of people have a second one in the same source.
pub(crate) fn make(
    world: &World,
    inclusion: &Inclusion,
    names: &Names,
    options: &Options,
) -> Vec<Record> {
    let mut clerk = Clerk {
        world,
        names,
        dice: Dice::new(options.seed, Stage::Records),
        stale: if options.profile == Profile::Stress {
            1.8
        } else {
            1.0
        },
    };
    let mut records = Vec::new();
    // A family that moves tells an agency together: one draw for a household and source.
    let tells: Vec<[bool; 5]> = world
        .households
        .iter()
        .map(|_| {
            Source::ALL.map(|source| {
                !clerk
                    .dice
                    .chance((stale_rate(source) * clerk.stale).min(0.75))
            })
        })
        .collect();
    for person in 0..world.people.len() {
        let residences = world.residences(person);
        if residences.is_empty() {
            continue;
        }
        let first = records.len();
        for source in inclusion.sources(person) {
            let told = clerk.world.belongs[person]
                .last()
                .is_none_or(|h| tells[*h][source as usize]);
            records.push(clerk.record(person, source, &residences, told));
            if clerk.dice.chance(0.01) && !world.people[person].do_not_link {
                let told_then = clerk.dice.chance(0.5);
                records.push(clerk.record(person, source, &residences, told_then));
            }
        }
        // Somebody knows where a person lives now.
        let private = |r: &Record| !r.protected && !r.no_fixed_abode;
        if !records[first..].iter().any(|r| r.current_address)
            && residences.last().is_some_and(|spell| spell.to.is_none())
        {
            let index = (first..records.len())
                .find(|i| private(&records[*i]))
                .unwrap_or(first);
            let source = records[index].source;
            records[index] = clerk.record(person, source, &residences, true);
        }
    }
    records
}

struct Clerk<'a> {
    world: &'a World,
    names: &'a Names,
    dice: Dice,
    /// How much worse than usual agencies hear of moves.
    stale: f64,
}

impl Clerk<'_> {
    fn record(&mut self, index: usize, source: Source, residences: &[Spell], told: bool) -> Record {
        let person = &self.world.people[index];
        let age = person.age();
        let kind = self.world.belongs[index]
            .last()
            .map(|h| self.world.households[*h].kind);
        let spell = self.address(source, residences, told, kind);
        let home = &self.world.homes[spell.home];
        let (from, confirmed, contact) = self.dates(spell, person.born);
        let known_as = self
            .names
            .nickname(&person.forename)
            .filter(|_| self.dice.chance(0.25))
            .map(str::to_owned);
        let middle = person.middle.clone().filter(|_| {
            self.dice.chance(match source {
                Source::SchoolCensus => 0.75,
                Source::Housing => 0.5,
                Source::Patients => 0.85,
                Source::PolicePeople => 0.55,
                Source::LscbPeople => 0.0,
            })
        });
        let former = (person.birth_surname != person.surname).then(|| person.birth_surname.clone());
        let former_surname = former.filter(|_| {
            self.dice.chance(match source {
                Source::SchoolCensus | Source::LscbPeople => 0.0,
                Source::Housing => 0.35,
                Source::Patients => 0.45,
                Source::PolicePeople => 0.3,
            })
        });
        let uprn = self
            .dice
            .chance(uprn_rate(source))
            .then(|| home.uprn.to_string());
        let flagged = person.protected
            && matches!(
                source,
                Source::SchoolCensus | Source::Patients | Source::PolicePeople
            );
        let (nhs, nhs_trace) = self.nhs(person, source, age);
        let no_fixed_abode = source == Source::PolicePeople
            && home.kind == HomeKind::Hostel
            && index.is_multiple_of(7);
        Record {
            source,
            person: index,
            own_id: String::new(),
            forename: person.forename.clone(),
            middle,
            surname: person.surname.clone(),
            former_surname,
            known_as_forename: known_as.filter(|_| {
                matches!(
                    source,
                    Source::Patients | Source::PolicePeople | Source::LscbPeople
                )
            }),
            known_as_surname: None,
            born: Some(person.born),
            born_as_serial: false,
            sex: Some(person.sex),
            home: spell.home,
            no_fixed_abode,
            postcode: Some(home.postcode.clone()),
            uprn,
            from,
            confirmed,
            contact,
            current_address: spell.to.is_none(),
            protected: flagged,
            do_not_link: person.do_not_link
                && matches!(source, Source::SchoolCensus | Source::LscbPeople),
            upn: self.upn(person, source),
            former_upn: None,
            nhs,
            nhs_trace,
            nino: person
                .nino
                .clone()
                .filter(|_| source == Source::Housing && age >= 16 && self.dice.chance(0.88)),
        }
    }

    /// The address that a source holds: usually the present one, sometimes the one before.
    fn address(
        &mut self,
        source: Source,
        residences: &[Spell],
        told: bool,
        kind: Option<HouseholdKind>,
    ) -> Spell {
        let open: Vec<Spell> = residences
            .iter()
            .copied()
            .filter(|spell| spell.to.is_none())
            .collect();
        let before = residences
            .iter()
            .rev()
            .copied()
            .find(|spell| spell.to.is_some_and(|to| to.0 - spell.from.0 > 60));
        let Some(last) = open.last().copied() else {
            return before.unwrap_or(residences[residences.len() - 1]);
        };
        match kind {
            // Housing kept the home they fled, the police know where it happened; health, schools and social care know the refuge.
            Some(HouseholdKind::Refuge)
                if matches!(source, Source::Housing | Source::PolicePeople) =>
            {
                return before.unwrap_or(last);
            }
            Some(HouseholdKind::CareHome) if source != Source::Patients => {
                return before.unwrap_or(last);
            }
            // Too few residents are known to social care to be told from a family there.
            Some(HouseholdKind::Hostel) if source == Source::LscbPeople => {
                return before.unwrap_or(last);
            }
            Some(HouseholdKind::Refuge | HouseholdKind::Hostel | HouseholdKind::CareHome) => {
                return last;
            }
            _ => {}
        }
        if open.len() > 1 {
            // Two homes: the school and social care know the first parent's, the doctor and the police the second's.
            return match source {
                Source::SchoolCensus | Source::LscbPeople | Source::Housing => open[0],
                _ => open[1],
            };
        }
        // One in ten members is told about separately from the rest of the family.
        let told = if self.dice.chance(0.1) {
            !self
                .dice
                .chance((stale_rate(source) * self.stale).min(0.75))
        } else {
            told
        };
        if told {
            last
        } else {
            before
                .filter(|spell| spell.to.is_some_and(|to| to > crate::calendar::MOVES_FROM))
                .unwrap_or(last)
        }
    }

    /// First and last day that the agency knows of the address, and its last contact with the person.
    fn dates(&mut self, spell: Spell, born: Day) -> (Day, Day, Day) {
        let confirmed = match spell.to {
            None => TODAY.plus(-self.dice.between(1, 250)),
            Some(to) => to.plus(-self.dice.between(4, 150)),
        }
        .max(spell.from.plus(2));
        let from = spell
            .from
            .plus(self.dice.between(0, 45))
            .max(born)
            .min(confirmed.plus(-1))
            .max(spell.from);
        let contact = TODAY.plus(-self.dice.between(1, 220)).max(confirmed);
        (from, confirmed, contact)
    }

    fn upn(&mut self, person: &Person, source: Source) -> Option<String> {
        match source {
            Source::SchoolCensus => person.upn.clone(),
            Source::LscbPeople if person.age() < 18 => {
                person.upn.clone().filter(|_| self.dice.chance(0.7))
            }
            _ => None,
        }
    }

    fn nhs(&mut self, person: &Person, source: Source, age: i32) -> (Option<String>, &'static str) {
        match source {
            Source::Patients => {
                let trace = self.dice.weighted(&[("01", 94), ("02", 4), ("03", 2)]);
                (Some(person.nhs.clone()), trace)
            }
            Source::LscbPeople if age < 18 => (
                Some(person.nhs.clone()).filter(|_| self.dice.chance(0.4)),
                "",
            ),
            _ => (None, ""),
        }
    }
}

/// A temporary UPN for a pupil.
pub(crate) fn temporary_upn(person: usize) -> String {
    numbers::temporary_upn(person as u32 / 50, person as u32 % 100, person)
}
