//! From people to what leaves: record references, codes, coded events. Everything is made in memory; nothing here writes a file.

use crate::args::Period;
use crate::survey::{Survey, last_day};
use kinfold_encoding::{EncodeReport, Input, Options, ProjectSecrets, encode};
use kinfold_exchange::{
    Agreement, EventDates, EventRow, EventTable, LifeStage, Party, PartyKey, ProjectKey, SubjectRow,
};
use kinfold_extract::{Day, UnitedPerson, civil, days, is_child};
use kinfold_identity::Person;
use kinfold_message::Problem;
use kinfold_schema::{CodeTable, FieldName, FieldSet, Schema};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What distinguishes this use of the local secret from every other.
const REFERENCE_CONTEXT: &[u8] = b"kinfold/record-reference/v1\0";

const LASTING_CONTEXT: &[u8] = b"kinfold/lasting-reference/v1\0";

/// What one custodian releases for one period.
pub struct Release {
    /// The codes, for the linkage unit.
    pub codes: CodeTable,
    /// What was done to make them.
    pub report: EncodeReport,
    /// Events and subjects, for the integrator.
    pub events: EventTable,
    /// Which record is whose; never leaves the custodian.
    pub references: Vec<LocalReference>,
    /// Events left out because they start after the period.
    pub after_period: usize,
    /// Events left out because their person carries too little identity to be encoded.
    pub without_record: usize,
    /// Services that the mapping names and the agreement's contacts do not; their events leave without a service.
    pub unknown_services: BTreeSet<String>,
}

/// One line of `CUSTODIAN-PERIOD.local-references.csv`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalReference {
    /// The people source.
    pub source: String,
    /// The custodian's own id.
    pub own_id: String,
    /// The record it left under.
    pub record_ref: [u8; 16],
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
}

/// Encodes the people and codes the events of a survey.
///
/// # Errors
/// When nobody can be encoded, there are more people than agreed, or the events break a rule of the agreement.
pub fn release(survey: &Survey, terms: &Terms<'_>) -> Result<Release, Problem> {
    let secret = terms.key.local_secret()?;
    let people = &survey.united.people;
    let references: Vec<[u8; 16]> = people
        .iter()
        .map(|person| record_reference(secret, terms.period, &own_ids(survey, person)))
        .collect();
    let inputs: Vec<Input<'_>> = people
        .iter()
        .zip(&references)
        .map(|(person, record_ref)| Input {
            record_ref: *record_ref,
            lasting_ref: lasting_reference(secret, &own_ids(survey, person)),
            person: &person.person,
            rejected: rejected_fields(survey, person),
        })
        .collect();
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
        ..Options::default()
    };
    let encoded = encode(terms.schema, &secrets, &inputs, &options)?;

    let left_out: BTreeSet<usize> = encoded.report.left_out.iter().copied().collect();
    let released = |index: usize| (!left_out.contains(&index)).then_some(references[index]);
    let mut release = Release {
        codes: encoded.table,
        report: encoded.report,
        events: EventTable::default(),
        references: Vec::new(),
        after_period: 0,
        without_record: 0,
        unknown_services: BTreeSet::new(),
    };
    for (index, person) in people.iter().enumerate() {
        let Some(record_ref) = released(index) else {
            continue;
        };
        release
            .events
            .subjects
            .push(subject(survey, person, record_ref, terms));
        let ids = own_ids(survey, person);
        release
            .references
            .extend(ids.into_iter().map(|(source, own_id)| LocalReference {
                source: source.to_owned(),
                own_id: own_id.to_owned(),
                record_ref,
            }));
    }
    add_events(survey, terms, &released, &mut release);
    release.references.sort_unstable();
    release.events.subjects.sort_unstable();
    release.events.events.sort_unstable();
    release.events.check(terms.agreement, terms.sender)?;
    Ok(release)
}

/// The fields of the linkage schema of which some row of a person holds something that is no value, and no row a value.
fn rejected_fields(survey: &Survey, person: &UnitedPerson) -> FieldSet {
    let mut fields = FieldSet::default();
    for role in person
        .rows
        .iter()
        .flat_map(|row| &survey.gathered.rows[*row].rejected)
    {
        if let Some(field) = field_of_role(role)
            && !has_value(&person.person, field)
        {
            fields.insert(field);
        }
    }
    fields
}

/// Whether a person has a value of a field.
fn has_value(person: &Person, field: FieldName) -> bool {
    let address = || {
        person
            .addresses
            .iter()
            .filter_map(|spell| spell.address.as_ref())
    };
    match field {
        FieldName::FirstName => !person.first_names.is_empty(),
        FieldName::MiddleName => !person.middle_names.is_empty(),
        FieldName::LastName => !person.family_names.is_empty(),
        FieldName::FirstInitial => !person.first_initials.is_empty(),
        FieldName::LastInitial => !person.last_initials.is_empty(),
        FieldName::BirthDate => !person.births.is_empty(),
        FieldName::Sex => person.sex.is_some(),
        FieldName::BirthPlace => person.birth_place.is_some(),
        FieldName::Postcode => address().any(|address| address.postcode.is_some()),
        FieldName::PostcodeSector => !person.sectors.is_empty(),
        FieldName::Address => address().next().is_some(),
        FieldName::Uprn => person.addresses.iter().any(|spell| spell.uprn.is_some()),
        FieldName::NhsNumber => person.nhs.is_some(),
        FieldName::Upn => person.upn.is_some(),
        FieldName::Nino => person.nino.is_some(),
        FieldName::Uln => person.uln.is_some(),
    }
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
        _ => return None,
    })
}

/// The `(source, own id)` pairs of a person, sorted, each once.
fn own_ids<'survey>(
    survey: &'survey Survey,
    person: &UnitedPerson,
) -> BTreeSet<(&'survey str, &'survey str)> {
    let Survey { gathered, .. } = survey;
    let name = |row: &usize| {
        let row = &gathered.rows[*row];
        (
            gathered.mapping.people[row.source].source.as_str(),
            row.own_id.expose().as_str(),
        )
    };
    person.rows.iter().map(name).collect()
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

/// What the custodian checked for a person, and nothing finer than child or adult.
fn subject(
    survey: &Survey,
    person: &UnitedPerson,
    record_ref: [u8; 16],
    terms: &Terms<'_>,
) -> SubjectRow {
    let gathered = &survey.gathered;
    let end = last_day(terms.period);
    let rows = || person.rows.iter().map(|row| &gathered.rows[*row]);
    let datasets: BTreeSet<&String> = rows()
        .flat_map(|row| &gathered.mapping.people[row.source].datasets)
        .collect();
    let life_stage = match is_child(&person.person, end) {
        Some(true) => LifeStage::Child,
        Some(false) => LifeStage::Adult,
        None => LifeStage::Unknown,
    };
    let last_contact = rows()
        .filter_map(|row| row.last_contact)
        .filter(|day| *day <= end)
        .max();
    SubjectRow {
        record_ref,
        life_stage,
        datasets: datasets.into_iter().cloned().collect(),
        last_contact: last_contact.map(|day| as_agreed(day, terms.agreement)),
    }
}

/// Adds the events of released records. An event that two own ids of one person both have is sent once.
fn add_events(
    survey: &Survey,
    terms: &Terms<'_>,
    released: &dyn Fn(usize) -> Option<[u8; 16]>,
    release: &mut Release,
) {
    let person_of = survey.person_of_own_id();
    let end_of_period = last_day(terms.period);
    let mut events: BTreeSet<EventRow> = BTreeSet::new();
    for event in &survey.gathered.events {
        let Some(person) = person_of.get(&(event.source, event.own_id.expose().as_str())) else {
            continue;
        };
        if event.start > end_of_period {
            release.after_period += 1;
            continue;
        }
        let Some(record_ref) = released(*person) else {
            release.without_record += 1;
            continue;
        };
        let service = if terms.sender.contact(&event.service).is_some() {
            event.service.clone()
        } else {
            release.unknown_services.insert(event.service.clone());
            String::new()
        };
        events.insert(EventRow {
            record_ref,
            code: event.code.clone(),
            start: event.start,
            // An end in the future is a plan, not a fact.
            end: event.end.filter(|end| *end <= end_of_period),
            ongoing: event.ongoing,
            grade: event.grade,
            service,
        });
    }
    release.events.events = events
        .into_iter()
        .map(|event| EventRow {
            start: as_agreed(event.start, terms.agreement),
            end: event.end.map(|end| as_agreed(end, terms.agreement)),
            ..event
        })
        .collect();
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

/// The custodian's own list of which record is whose.
pub fn references_csv(references: &[LocalReference]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer
        .write_record(["source", "own_id", "record_ref"])
        .and_then(|()| {
            references.iter().try_for_each(|line| {
                writer.write_record([
                    line.source.as_str(),
                    line.own_id.as_str(),
                    crate::encoded::hex(&line.record_ref).as_str(),
                ])
            })
        });
    written.expect("writing to memory cannot fail");
    writer.into_inner().expect("writing to memory cannot fail")
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

    #[test]
    fn the_list_of_references_is_a_table() {
        let line = LocalReference {
            source: "housing".to_owned(),
            own_id: "7,\"x\"".to_owned(),
            record_ref: [0xAB; 16],
        };
        let text = String::from_utf8(references_csv(&[line])).expect("text");
        assert_eq!(
            text,
            format!(
                "source,own_id,record_ref\nhousing,\"7,\"\"x\"\"\",{}\n",
                "ab".repeat(16)
            )
        );
    }
}
