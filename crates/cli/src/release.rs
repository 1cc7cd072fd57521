//! From people to what leaves: record references, codes, coded events. Nothing here writes a file that stays.
//!
//! People are loaded a few thousand at a time and forgotten when they are encoded. Of each stays in memory what the events need (32
//! bytes) and its own ids with the record's reference; codes and coded events wait on disk as they will be written.

use crate::args::Period;
use crate::listing::{Attacked, Listing};
use crate::progress::Progress;
use crate::references::References;
use crate::survey::{Survey, last_day};
use kinfold_encoding::{EncodeReport, Encoder, Input, Options, ProjectSecrets, has_value};
use kinfold_exchange::{
    Agreement, CodesWriter, EventDates, EventRow, EventTable, EventsWriter, LifeStage, Party,
    PartyKey, ProjectKey, SubjectRow, TableFile,
};
use kinfold_extract::{Day, UnitedPerson, civil, days, is_child};
use kinfold_message::{Problem, grouped};
use kinfold_schema::{FieldName, FieldSet, Schema};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What distinguishes this use of the local secret from every other.
const REFERENCE_CONTEXT: &[u8] = b"kinfold/record-reference/v1\0";

const LASTING_CONTEXT: &[u8] = b"kinfold/lasting-reference/v1\0";

/// Fewer people than this are encoded before anybody could read how far it is.
const LONG: usize = 20_000;

/// Records whose events are written at once.
const RECORDS_AT_ONCE: usize = 4096;

/// Bytes of codes that the encoder holds before they go to disk. It holds as much again while it decides what is released, and beside
/// it are the rows and the tables, all of which together have to stay below 300 MiB.
const CODES_HELD: usize = 16 << 20;

/// What one custodian releases for one period.
pub struct Release {
    /// The codes, for the linkage unit.
    pub codes: TableFile,
    /// What was done to make them.
    pub report: EncodeReport,
    /// Events, for the integrator.
    pub events: TableFile,
    /// Subjects, for the integrator.
    pub subjects: TableFile,
    /// Which record is whose; never leaves the custodian.
    pub references: References,
    /// What a list says of the people behind the codes, for the release check; `None` when it was not asked for. Never leaves the custodian.
    pub attacked: Option<Attacked>,
    /// Events left out because they start after the period.
    pub after_period: usize,
    /// Events left out because their person carries too little identity to be encoded.
    pub without_record: usize,
    /// Services that the mapping names and the agreement's contacts do not; their events leave without a service.
    pub unknown_services: BTreeSet<String>,
}

/// The parties' terms and keys under which a custodian encodes.
pub struct Terms<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The custodian.
    pub sender: &'a Party,
    /// The custodian's own key.
    pub key: &'a PartyKey,
    /// The key that the custodians share.
    pub project_key: Arc<ProjectKey>,
    /// The linkage schema that the agreement names.
    pub schema: &'a Schema,
    /// The month.
    pub period: Period,
    /// Where the codes of a large file may wait.
    pub scratch: &'a Path,
    /// Told how far it is.
    pub progress: &'a Progress,
    /// Whether the release check follows, for which people are listed in brief.
    pub attack: bool,
}

/// Encodes the people and codes the events of a survey.
///
/// # Errors
/// When nobody can be encoded, there are more people than agreed, the events break a rule of the agreement, or a file was changed after
/// the survey.
pub fn release(survey: &Survey, terms: &Terms<'_>) -> Result<Release, Problem> {
    let secret = terms.key.local_secret()?;
    let (project_key, schema_hash) = (Arc::clone(&terms.project_key), terms.schema.hash());
    let secrets = ProjectSecrets::new(move |purpose| project_key.expand(purpose, &schema_hash));
    let options = Options {
        own: terms.sender.id.clone(),
        partners: terms
            .agreement
            .custodians()
            .map(|party| party.id.clone())
            .filter(|id| *id != terms.sender.id)
            .collect(),
        scratch: terms.scratch.to_owned(),
        memory: CODES_HELD,
        month: terms.period.number(),
        ..Options::default()
    };
    let mut encoder = Encoder::new(terms.schema, &secrets, &options)?;
    let people = survey.united.people();
    if people > terms.schema.people_max as usize {
        // Said at once and with the whole number, which the encoder would only learn in the end.
        return Err(kinfold_encoding::Error::TooManyPeople {
            people,
            most: terms.schema.people_max,
            schema: terms.schema.id.clone(),
        }
        .into());
    }
    let rows = &survey.gathered.rows;
    let mut records = Records::new(people);
    let partners = encoder.empty_table().partners;
    let mut listing = if terms.attack {
        Some(Listing::new(terms.schema, &partners, terms.period)?)
    } else {
        None
    };
    let mut tenths = 0;
    survey.united.load(rows, |first, people| {
        let now = (first + people.len()) * 10 / survey.united.people().max(1);
        if now > tenths && survey.united.people() >= LONG {
            tenths = now;
            let done = grouped(first + people.len());
            terms
                .progress
                .step(&format!("Encoding people: {done} done"));
        }
        let own_ids: Vec<_> = people
            .iter()
            .map(|person| own_ids(survey, person))
            .collect();
        let inputs: Vec<Input<'_>> = people
            .iter()
            .zip(&own_ids)
            .map(|(person, own_ids)| Input {
                record_ref: record_reference(secret, terms.period, own_ids),
                lasting_ref: lasting_reference(secret, own_ids),
                person: &person.person,
                rejected: rejected_fields(person),
            })
            .collect();
        encoder.push(&inputs)?;
        if let Some(listing) = &mut listing {
            listing.add(&inputs);
        }
        for ((person, own_ids), input) in people.iter().zip(&own_ids).zip(&inputs) {
            records.add(survey, person, own_ids, input.record_ref, terms);
        }
        Ok::<(), Problem>(())
    })?;
    rows.must_be_unchanged()?;

    let mut codes = CodesWriter::new(terms.schema, &partners, terms.scratch)?;
    let report = encoder.finish(|chunk| {
        codes.write(&chunk)?;
        Ok::<(), Problem>(())
    })?;
    let ranked = records.rank(&report.left_out);
    let mut events = coded_events(survey, terms, &ranked);
    let (event_rows, subjects) = write_events(&records, &ranked, &events.coded, survey, terms)?;
    events.coded = Vec::new();
    let mut references = records.references;
    references.keep(|person| ranked.of_person[person as usize] != NO_RECORD);
    Ok(Release {
        codes: codes.finish(),
        attacked: listing.map(|listing| listing.finish(ranked.people)),
        report,
        events: event_rows,
        subjects,
        references,
        after_period: events.after_period,
        without_record: events.without_record,
        unknown_services: events.unknown_services,
    })
}

/// What is kept of each person when it has been encoded.
#[derive(Clone, Copy)]
struct Kept {
    record_ref: [u8; 16],
    life_stage: LifeStage,
    /// Index in the list of sets of datasets.
    datasets: u32,
    last_contact: Option<Day>,
}

/// All people, in their order.
struct Records {
    people: Vec<Kept>,
    datasets: Vec<Vec<String>>,
    references: References,
}

/// The records that leave, in the order of their references.
struct Ranked {
    people: Vec<u32>,
    /// The place of each person among them, or [`NO_RECORD`].
    of_person: Vec<u32>,
}

/// The place of somebody who was left out.
const NO_RECORD: u32 = u32::MAX;

impl Records {
    fn new(people: usize) -> Self {
        Self {
            people: Vec::with_capacity(people),
            datasets: Vec::new(),
            references: References::default(),
        }
    }

    /// Keeps what the custodian checked for a person, and nothing finer than child or adult.
    fn add(
        &mut self,
        survey: &Survey,
        person: &UnitedPerson,
        own_ids: &BTreeSet<(&str, &str)>,
        record_ref: [u8; 16],
        terms: &Terms<'_>,
    ) {
        let mapping = &survey.gathered.mapping;
        let end = last_day(terms.period);
        let datasets: BTreeSet<&String> = person
            .rows
            .iter()
            .flat_map(|row| &mapping.people[row.source].datasets)
            .collect();
        let datasets: Vec<String> = datasets.into_iter().cloned().collect();
        let known = self.datasets.iter().position(|known| *known == datasets);
        let datasets = known.unwrap_or_else(|| {
            self.datasets.push(datasets);
            self.datasets.len() - 1
        });
        let last_contact = person
            .rows
            .iter()
            .filter_map(|row| row.last_contact)
            .filter(|day| *day <= end)
            .max();
        for (source, own_id) in own_ids {
            let number = self.people.len() as u32;
            self.references.add(source, own_id, record_ref, number);
        }
        self.people.push(Kept {
            record_ref,
            life_stage: match is_child(&person.person, end) {
                Some(true) => LifeStage::Child,
                Some(false) => LifeStage::Adult,
                None => LifeStage::Unknown,
            },
            datasets: datasets as u32,
            last_contact: last_contact.map(|day| as_agreed(day, terms.agreement)),
        });
    }

    fn rank(&self, left_out: &[usize]) -> Ranked {
        let mut of_person = vec![0; self.people.len()];
        for person in left_out {
            of_person[*person] = NO_RECORD;
        }
        let released =
            (0..self.people.len() as u32).filter(|person| of_person[*person as usize] != NO_RECORD);
        let mut people: Vec<u32> = released.collect();
        people.sort_unstable_by_key(|person| self.people[*person as usize].record_ref);
        for (rank, person) in people.iter().enumerate() {
            of_person[*person as usize] = rank as u32;
        }
        Ranked { people, of_person }
    }
}

/// An event as it leaves, in few bytes; in the order in which rows of events are sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Coded {
    /// Place of the record.
    rank: u32,
    /// Index in the sorted list of codes.
    code: u32,
    start: Day,
    end: Option<Day>,
    ongoing: bool,
    grade: u8,
    /// Index in the sorted list of services.
    service: u32,
}

/// The events of released records.
struct CodedEvents {
    coded: Vec<Coded>,
    after_period: usize,
    without_record: usize,
    unknown_services: BTreeSet<String>,
}

/// All codes or services that the mapping's rules name, sorted, and the empty text.
fn names_in_rules(survey: &Survey) -> Vec<&str> {
    let inputs = survey.gathered.mapping.events.iter();
    let names: BTreeSet<&str> = inputs
        .flat_map(|input| {
            let rules = input
                .rules
                .iter()
                .flat_map(|rule| [&rule.code, &rule.service]);
            rules.flatten().chain([&input.service])
        })
        .map(|name| name.get_ref().as_str())
        .chain([""])
        .collect();
    names.into_iter().collect()
}

/// Codes the events of released records. An event that two own ids of one person both have is sent once.
fn coded_events(survey: &Survey, terms: &Terms<'_>, ranked: &Ranked) -> CodedEvents {
    let mapping = &survey.gathered.mapping;
    let names = names_in_rules(survey);
    let number = |name: &str| names.binary_search(&name).expect("a name in a rule") as u32;
    let end_of_period = last_day(terms.period);
    let mut events = CodedEvents {
        coded: Vec::new(),
        after_period: 0,
        without_record: 0,
        unknown_services: BTreeSet::new(),
    };
    for event in &survey.gathered.events {
        let Some(row) = event.row() else {
            continue;
        };
        if event.start > end_of_period {
            events.after_period += 1;
            continue;
        }
        let rank = ranked.of_person[survey.united.person_of_row(row)];
        if rank == NO_RECORD {
            events.without_record += 1;
            continue;
        }
        let mut service = event.service(mapping);
        if terms.sender.contact(service).is_none() {
            if !events.unknown_services.contains(service) {
                events.unknown_services.insert(service.to_owned());
            }
            service = "";
        }
        events.coded.push(Coded {
            rank,
            code: number(event.code(mapping)),
            start: event.start,
            // An end in the future is a plan, not a fact.
            end: event.end.filter(|end| *end <= end_of_period),
            ongoing: event.ongoing,
            grade: event.grade,
            service: number(service),
        });
    }
    events.coded.sort_unstable();
    events.coded.dedup();
    events
}

/// Writes events and subjects, some thousand records at a time.
fn write_events(
    records: &Records,
    ranked: &Ranked,
    coded: &[Coded],
    survey: &Survey,
    terms: &Terms<'_>,
) -> Result<(TableFile, TableFile), Problem> {
    let names = names_in_rules(survey);
    let record = |rank: u32| &records.people[ranked.people[rank as usize] as usize];
    let mut writer = EventsWriter::new(terms.scratch)?;
    let mut events = coded;
    for (part, people) in ranked.people.chunks(RECORDS_AT_ONCE).enumerate() {
        let next = (part * RECORDS_AT_ONCE + people.len()) as u32;
        let (own, others) = events.split_at(events.partition_point(|event| event.rank < next));
        events = others;
        let rows = EventTable {
            events: own
                .iter()
                .map(|event| EventRow {
                    record_ref: record(event.rank).record_ref,
                    code: names[event.code as usize].to_owned(),
                    start: as_agreed(event.start, terms.agreement),
                    end: event.end.map(|end| as_agreed(end, terms.agreement)),
                    ongoing: event.ongoing,
                    grade: event.grade,
                    service: names[event.service as usize].to_owned(),
                })
                .collect(),
            subjects: people
                .iter()
                .map(|person| {
                    let record = &records.people[*person as usize];
                    SubjectRow {
                        record_ref: record.record_ref,
                        life_stage: record.life_stage,
                        datasets: records.datasets[record.datasets as usize].clone(),
                        last_contact: record.last_contact,
                    }
                })
                .collect(),
        };
        writer.write(&rows, terms.agreement, terms.sender)?;
    }
    Ok(writer.finish())
}

/// The fields of the linkage schema of which some row of a person holds something that is no value, and no row a value.
pub fn rejected_fields(person: &UnitedPerson) -> FieldSet {
    let mut fields = FieldSet::default();
    for role in person.rows.iter().flat_map(|row| &row.rejected) {
        if let Some(field) = field_of_role(role)
            && !has_value(&person.person, field)
        {
            fields.insert(field);
        }
    }
    fields
}

/// The field of a role in `mapping.toml`. A role that is only one more source of a field (a former name) does not count: the person has
/// another value of it.
pub fn field_of_role(role: &str) -> Option<FieldName> {
    Some(match role {
        "given_name" => FieldName::FirstName,
        "middle_names" => FieldName::MiddleName,
        "family_name" => FieldName::LastName,
        "given_initial" => FieldName::FirstInitial,
        "family_initial" => FieldName::LastInitial,
        "birth_date" => FieldName::BirthDate,
        "sex" => FieldName::Sex,
        "birth_place" => FieldName::BirthPlace,
        "postcode" => FieldName::Postcode,
        "postcode_sector" => FieldName::PostcodeSector,
        "address" => FieldName::Address,
        "uprn" => FieldName::Uprn,
        "nhs_number" => FieldName::NhsNumber,
        "upn" => FieldName::Upn,
        "nino" => FieldName::Nino,
        "uln" => FieldName::Uln,
        "telephone" => FieldName::Telephone,
        "email" => FieldName::Email,
        "town" => FieldName::Town,
        _ => return None,
    })
}

/// The `(source, own id)` pairs of a person, sorted, each once.
fn own_ids<'own>(
    survey: &'own Survey,
    person: &'own UnitedPerson,
) -> BTreeSet<(&'own str, &'own str)> {
    let people = &survey.gathered.mapping.people;
    person
        .rows
        .iter()
        .map(|row| {
            (
                people[row.source].source.as_str(),
                row.own_id.expose().as_str(),
            )
        })
        .collect()
}

/// The reference of a record: a keyed hash of the own ids and the period under the custodian's local secret. Nobody else can make or
/// undo it, and two periods' references of one person have nothing in common.
fn record_reference(
    secret: &[u8; 32],
    period: Period,
    own_ids: &BTreeSet<(&str, &str)>,
) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher
        .update(REFERENCE_CONTEXT)
        .update(period.to_string().as_bytes());
    hash_ids(hasher, own_ids)
}

/// A number of a person that stays the same from period to period. It never leaves; lots are drawn by it.
fn lasting_reference(secret: &[u8; 32], own_ids: &BTreeSet<(&str, &str)>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(LASTING_CONTEXT);
    hash_ids(hasher, own_ids)
}

fn hash_ids(mut hasher: blake3::Hasher, own_ids: &BTreeSet<(&str, &str)>) -> [u8; 16] {
    for (source, own_id) in own_ids {
        for part in [source, own_id] {
            // The length before each part: two lists can only give the same bytes when they are the same list.
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part.as_bytes());
        }
    }
    let mut reference = [0; 16];
    reference.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    reference
}

/// A day as exactly as the agreement lets it leave.
fn as_agreed(day: Day, agreement: &Agreement) -> Day {
    match agreement.event_dates() {
        EventDates::Day => day,
        EventDates::Month => {
            let (year, month, _) = civil(day);
            days(year, month, 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_depend_on_secret_period_and_own_ids_alone() {
        let period: Period = "2026-08".parse().expect("a period");
        let make = |secret: u8, period: Period, ids: &[(&str, &str)]| {
            record_reference(&[secret; 32], period, &ids.iter().copied().collect())
        };
        let base = make(1, period, &[("a", "1"), ("b", "2")]);
        assert_eq!(base, make(1, period, &[("b", "2"), ("a", "1"), ("a", "1")]));
        let others = [
            make(2, period, &[("a", "1"), ("b", "2")]),
            make(
                1,
                "2026-09".parse().expect("a period"),
                &[("a", "1"), ("b", "2")],
            ),
            make(1, period, &[("a", "1")]),
            make(1, period, &[("a", "1b"), ("", "2")]),
            make(1, period, &[("a", "2"), ("b", "1")]),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
