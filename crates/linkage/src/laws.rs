//! Laws of linking, on made-up codes of made-up people.

mod fields;
mod filters;
mod households;
mod people;
mod succession;

use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::{
    Atom, BirthForm, CodeTable, Fact, FilterColumn, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE,
    HOUSEHOLD_UPRN, HouseholdKey, IdentifierKind, NO_MONTH, NameOf, Schema, Token,
};

use crate::{Linked, RecordSet};

/// A made-up person: small numbers instead of names and dates.
#[derive(Clone, Debug)]
struct Someone {
    first: u32,
    last: u32,
    birth: u32,
    sex: u32,
    nhs: Option<u32>,
    /// (home, from, to)
    homes: Vec<(u32, u16, u16)>,
    flags: u8,
}

fn someone(first: u32, last: u32, birth: u32, home: u32) -> Someone {
    Someone {
        first,
        last,
        birth,
        sex: first % 2,
        nhs: None,
        homes: vec![(home, 1400, 1500)],
        flags: 0,
    }
}

fn hash(parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

fn token(parts: &[&[u8]]) -> Token {
    hash(parts).as_bytes()[..16].try_into().unwrap()
}

/// The value of an atom, or `None` where the made-up person has no such fact.
fn value(person: &Someone, atom: Atom) -> Option<String> {
    let home = person.homes.last().map(|home| home.0);
    match atom {
        Atom::Name(NameOf::Middle, _) | Atom::BirthPlace => None,
        Atom::Name(NameOf::First | NameOf::AnyOne, _) => Some(format!("f{}", person.first)),
        Atom::Name(NameOf::Last, _) => Some(format!("l{}", person.last)),
        Atom::Name(NameOf::AnyTwo, _) => Some(format!("f{}l{}", person.first, person.last)),
        Atom::Birth(BirthForm::FullOrYear | BirthForm::Full | BirthForm::Swapped) => {
            Some(format!("b{}", person.birth))
        }
        Atom::Birth(BirthForm::Year | BirthForm::YearNear) => {
            Some(format!("y{}", person.birth / 365))
        }
        Atom::Birth(_) => Some(format!("m{}", person.birth / 2)),
        Atom::Sex => Some(format!("s{}", person.sex)),
        Atom::Identifier(IdentifierKind::Nhs) => person.nhs.map(|n| n.to_string()),
        Atom::Identifier(_) | Atom::Contact(_) => None,
        _ => home.map(|home| format!("h{home}")),
    }
}

/// A record set as an encoder would make it.
fn set(schema: &Schema, source: &str, people: &[Someone]) -> RecordSet {
    let tokens = |person: &Someone| -> Vec<Option<Token>> {
        schema
            .keys
            .iter()
            .map(|key| {
                let values: Option<Vec<String>> = key
                    .recipe
                    .atoms()
                    .iter()
                    .map(|&atom| value(person, atom))
                    .collect();
                values.map(|values| {
                    token(&[
                        key.recipe.to_string().as_bytes(),
                        values.join("|").as_bytes(),
                    ])
                })
            })
            .collect()
    };
    let mut counts: BTreeMap<(usize, Token), usize> = BTreeMap::new();
    for person in people {
        for (index, token) in tokens(person).into_iter().enumerate() {
            if let Some(token) = token {
                *counts.entry((index, token)).or_default() += 1;
            }
        }
    }
    let mut rows: Vec<usize> = (0..people.len()).collect();
    let reference = |row: usize| token(&[source.as_bytes(), &(row as u64).to_le_bytes()]);
    rows.sort_by_key(|&row| reference(row));
    let mut table = CodeTable::default();
    let words = schema.filters[0].bits as usize / 64;
    let mut filter = Vec::new();
    let bit = |slot| schema.presence.bit(slot).unwrap();
    for row in rows {
        let person = &people[row];
        let record_ref = reference(row);
        table.record_ref.push(record_ref);
        for (index, (key, own)) in schema.keys.iter().zip(tokens(person)).enumerate() {
            for slot in 0..key.slots {
                table.keys.push(match own {
                    Some(own) if slot == 0 && counts[&(index, own)] == 1 => own,
                    _ => token(&[
                        b"dummy",
                        &record_ref,
                        &(index as u64).to_le_bytes(),
                        &slot.to_le_bytes(),
                    ]),
                });
            }
        }
        let identity = format!("{}/{}/{}", person.first, person.last, person.birth);
        let mut reader = blake3::Hasher::new()
            .update(identity.as_bytes())
            .finalize_xof();
        for _ in 0..words {
            let mut bytes = [0; 8];
            reader.fill(&mut bytes);
            filter.push(u64::from_le_bytes(bytes));
        }
        let nhs = if person.nhs.is_some() {
            bit(Fact::Nhs)
        } else {
            0
        };
        table
            .presence
            .push(bit(Fact::First) | bit(Fact::Last) | bit(Fact::Birth) | bit(Fact::Home) | nhs);
        table.flags.push(person.flags);
        let mut household: Vec<HouseholdKey> = person
            .homes
            .iter()
            .flat_map(|&(home, from, to)| {
                [(HOUSEHOLD_UPRN, "uprn"), (HOUSEHOLD_ADDRESS, "address")].map(|(kind, label)| {
                    HouseholdKey {
                        token: token(&[label.as_bytes(), &home.to_le_bytes()]),
                        kind,
                        from,
                        to,
                    }
                })
            })
            .collect();
        while household.len() < schema.household_slots() {
            let token = token(&[b"none", &record_ref, &household.len().to_le_bytes()]);
            household.push(HouseholdKey {
                token,
                kind: HOUSEHOLD_NONE,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        table.household.extend(household);
    }
    table.filters.push(FilterColumn {
        id: schema.filters[0].id.clone(),
        bits: schema.filters[0].bits,
        words: filter,
    });
    RecordSet {
        source: source.to_owned(),
        table,
    }
}

/// A town: couples with distinct birth dates and a few shared names, who all have a filter.
fn town(n: u32) -> Vec<Someone> {
    (0..n)
        .map(|i| someone(i % 37, i % 23, 5000 + i * 7, i / 2))
        .collect()
}

/// People as sets of record references, so that results with other numbering can be compared.
fn people_of(sets: &[RecordSet], linked: &Linked) -> BTreeMap<String, BTreeSet<Token>> {
    linked
        .people
        .iter()
        .map(|person| {
            let members = person
                .members
                .iter()
                .map(|id| sets[id.set as usize].table.record_ref[id.row as usize]);
            (person.reference.clone(), members.collect())
        })
        .collect()
}
