//! The truth: who is who, who lives with whom and when, which needs are current, and what was planted where.

use crate::Borough;
use crate::calendar::Day;
use crate::files::{PLAIN, sheet};
use crate::names::Sex;
use crate::plan::{Indicator, Plan};

/// The id of a person in the truth.
fn entity(person: usize) -> String {
    format!("E{:06}", person + 1)
}

/// The id of a household in the truth.
fn household_id(household: usize) -> String {
    format!("H{:06}", household + 1)
}

/// The people of the truth: everybody whom at least one agency knows.
pub(crate) fn entities(borough: &Borough) -> impl Iterator<Item = usize> {
    let mut known = vec![false; borough.world.people.len()];
    for record in &borough.records {
        known[record.person] = true;
    }
    known
        .into_iter()
        .enumerate()
        .filter(|(_, known)| *known)
        .map(|(person, _)| person)
}

/// All truth files.
pub(crate) fn files(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("truth/truth.csv", records(borough)),
        ("truth/people.csv", people(borough)),
        ("truth/groups.csv", groups(borough)),
        ("truth/households.csv", households(borough)),
        ("truth/needs.csv", needs(borough)),
        ("truth/cases.csv", cases(borough)),
        ("truth/errors.csv", errors(borough)),
    ]
}

fn records(borough: &Borough) -> Vec<u8> {
    let mut sorted: Vec<_> = borough.records.iter().collect();
    sorted.sort_by(|a, b| (a.source, &a.own_id).cmp(&(b.source, &b.own_id)));
    let rows = sorted.into_iter().map(|record| {
        let households: Vec<String> = borough
            .world
            .current_households(record.person)
            .into_iter()
            .map(household_id)
            .collect();
        vec![
            record.source.id().to_owned(),
            record.own_id.clone(),
            entity(record.person),
            households.join(";"),
        ]
    });
    sheet(PLAIN, "source,rec_id,entity_id,household_id", rows)
}

fn people(borough: &Borough) -> Vec<u8> {
    let rows = entities(borough).map(|index| {
        let person = &borough.world.people[index];
        let cases: Vec<&str> = person.cases.iter().map(|case| case.name()).collect();
        vec![
            entity(index),
            person.forename.clone(),
            person.middle.clone().unwrap_or_default(),
            person.surname.clone(),
            person.birth_surname.clone(),
            person.born.iso(),
            if person.sex == Sex::Female { "F" } else { "M" }.to_owned(),
            person.birth_place.clone(),
            person.community.id().to_owned(),
            cases.join(";"),
        ]
    });
    sheet(
        PLAIN,
        "entity_id,forename,middle_names,surname,birth_surname,birth_date,sex,birth_place,community,cases",
        rows,
    )
}

/// Groups of people for `kinfold-hub evaluate --groups`: who might be found less well than others.
fn groups(borough: &Borough) -> Vec<u8> {
    let rows = entities(borough).map(|index| {
        let person = &borough.world.people[index];
        vec![
            entity(index),
            if person.sex == Sex::Female { "F" } else { "M" }.to_owned(),
            age_band(person.age()).to_owned(),
            name_length(&person.forename, &person.surname).to_owned(),
            person.community.id().to_owned(),
        ]
    });
    sheet(PLAIN, "entity_id,sex,age_band,name_length,community", rows)
}

/// Bands of age in years: before school, school in two parts, and adults.
fn age_band(age: i32) -> &'static str {
    match age {
        ..=4 => "0-4",
        5..=10 => "5-10",
        11..=17 => "11-17",
        18..=34 => "18-34",
        35..=59 => "35-59",
        60.. => "60 and over",
    }
}

/// Bands of letters of first and family name together: short names carry less evidence.
fn name_length(forename: &str, surname: &str) -> &'static str {
    match forename.chars().count() + surname.chars().count() {
        ..=8 => "up to 8 letters",
        9..=11 => "9-11 letters",
        12..=14 => "12-14 letters",
        15.. => "15 letters and over",
    }
}

fn households(borough: &Borough) -> Vec<u8> {
    let mut rows = Vec::new();
    for (index, household) in borough.world.households.iter().enumerate() {
        for member in &household.members {
            rows.push(vec![
                household_id(index),
                entity(member.person),
                member.from.iso_month(),
                member.to.map(Day::iso_month).unwrap_or_default(),
                member.role.id().to_owned(),
            ]);
        }
    }
    sheet(PLAIN, "household_id,entity_id,from,to,role", rows)
}

fn needs(borough: &Borough) -> Vec<u8> {
    let mut rows = Vec::new();
    for (index, household) in borough.world.households.iter().enumerate() {
        if household.current().next().is_none() {
            continue;
        }
        for indicator in Indicator::ALL {
            let current = household.plan[indicator as usize] == Plan::Current;
            rows.push(vec![
                household_id(index),
                indicator.id().to_owned(),
                current.to_string(),
            ]);
        }
    }
    sheet(PLAIN, "household_id,indicator,current", rows)
}

fn cases(borough: &Borough) -> Vec<u8> {
    let mut sorted: Vec<_> = borough.world.cases.iter().collect();
    sorted.sort_by_key(|row| (row.case, row.household, row.person));
    let rows = sorted.into_iter().map(|row| {
        let household = row.household.or_else(|| {
            borough
                .world
                .current_households(row.person)
                .first()
                .copied()
        });
        vec![
            row.case.name().to_owned(),
            entity(row.person),
            household.map(household_id).unwrap_or_default(),
            row.note.clone(),
        ]
    });
    sheet(PLAIN, "case,entity_id,household_id,note", rows)
}

fn errors(borough: &Borough) -> Vec<u8> {
    let mut rows: Vec<Vec<String>> = borough
        .slips
        .iter()
        .map(|slip| {
            let record = &borough.records[slip.record];
            vec![
                record.source.id().to_owned(),
                record.own_id.clone(),
                slip.field.to_owned(),
                slip.kind.to_owned(),
            ]
        })
        .collect();
    rows.sort();
    sheet(PLAIN, "source,rec_id,field,kind", rows)
}
