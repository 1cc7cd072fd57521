//! The encoding of a file: all people at once, because what may be released of one person depends on the others.

use std::collections::HashMap;

use kinfold_identity::Person;
use kinfold_schema::{
    CodeTable, FLAG_DO_NOT_LINK, FLAG_WITHHELD, FilterColumn, HOUSEHOLD_NONE, HouseholdKey,
    NO_MONTH, Recipe, Schema, Token,
};
use rayon::prelude::*;

use crate::filter::{Cache, FilterMaker};
use crate::keys::Facts;
use crate::secrets::token;
use crate::{Error, ProjectSecrets, household, presence};

/// One person to encode, under the record reference that the custodian minted.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Reference of the encoded record; distinct in the file.
    pub record_ref: [u8; 16],
    /// The person, all rows brought together.
    pub person: &'a Person,
}

/// The codes of a file and what was done to make them.
#[derive(Debug)]
pub struct Encoded {
    /// The codes, sorted by record reference: the order of the source is gone.
    pub table: CodeTable,
    /// Counts for the data officer; no personal value.
    pub report: EncodeReport,
}

/// What an encoding did, in counts.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct EncodeReport {
    /// Records made.
    pub records: usize,
    /// Indices (into the input) of people with no usable identity.
    pub left_out: Vec<usize>,
    /// Mean share of ones before diffusion, over the filters that are not random; 0.47 to 0.48 is right.
    pub mean_fill: Vec<f64>,
    /// Filters that are random bits because the person lacks a name or a full birth date.
    pub blank_filters: usize,
    /// For each match key, what became of its values.
    pub keys: Vec<KeyCount>,
    /// Household keys released.
    pub household_keys: usize,
    /// Household keys dropped because more people than the schema allows share the home.
    pub household_keys_crowded: usize,
    /// Distinct presence patterns released.
    pub presence_patterns: usize,
    /// Records whose presence pattern was made coarser.
    pub presence_coarsened: usize,
}

/// What became of the values of one match key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyCount {
    /// The key's recipe.
    pub recipe: String,
    /// Values that people have.
    pub values: usize,
    /// Released tokens.
    pub released: usize,
    /// Dropped because more than one person of the file has the value.
    pub shared: usize,
    /// Dropped because the record's slots were full.
    pub beyond_slots: usize,
}

/// Encodes the people of a file.
///
/// # Errors
/// When nobody has a usable identity, the file has more people than the schema is safe for, or the schema wants other
/// standardisation rules than this program has.
///
/// # Panics
/// When two inputs have the same record reference.
pub fn encode(
    schema: &Schema,
    secrets: &ProjectSecrets,
    inputs: &[Input<'_>],
) -> Result<Encoded, Error> {
    if schema.standardisation != kinfold_identity::STANDARDISATION {
        return Err(Error::Standardisation {
            wanted: schema.standardisation.clone(),
            own: kinfold_identity::STANDARDISATION,
        });
    }
    if inputs.len() > schema.people_max as usize {
        return Err(Error::TooManyPeople {
            people: inputs.len(),
            most: schema.people_max,
            schema: schema.id.clone(),
        });
    }
    let left_out: Vec<usize> = (0..inputs.len())
        .filter(|&index| !is_usable(inputs[index].person))
        .collect();
    let mut order: Vec<usize> = (0..inputs.len())
        .filter(|index| left_out.binary_search(index).is_err())
        .collect();
    if order.is_empty() {
        return Err(Error::Nobody {
            people: inputs.len(),
        });
    }
    order.sort_unstable_by_key(|&index| inputs[index].record_ref);
    assert!(
        order
            .windows(2)
            .all(|pair| inputs[pair[0]].record_ref != inputs[pair[1]].record_ref),
        "record references are distinct"
    );
    let people: Vec<Input<'_>> = order.iter().map(|&index| inputs[index]).collect();

    let (filters, mean_fill, blank_filters) = make_filters(schema, secrets, &people);
    let (keys, key_counts) = make_keys(schema, secrets, &people);
    let (household, household_keys, household_keys_crowded) =
        make_household(schema, secrets, &people);
    let (presence, presence_patterns, presence_coarsened) = make_presence(schema, &people, &keys);
    let flags = people
        .iter()
        .map(|input| {
            (u8::from(input.person.do_not_link) * FLAG_DO_NOT_LINK)
                | (u8::from(input.person.protected_address) * FLAG_WITHHELD)
        })
        .collect();
    let table = CodeTable {
        record_ref: people.iter().map(|input| input.record_ref).collect(),
        filters,
        keys: keys.tokens,
        presence,
        flags,
        household,
        area: None,
    };
    let report = EncodeReport {
        records: people.len(),
        left_out,
        mean_fill,
        blank_filters,
        keys: key_counts,
        household_keys,
        household_keys_crowded,
        presence_patterns,
        presence_coarsened,
    };
    Ok(Encoded { table, report })
}

/// A person is usable with a name and one more fact, or with a verified identifier: anything less would be a bare name code.
fn is_usable(person: &Person) -> bool {
    let named = !person.first_names.is_empty() || !person.family_names.is_empty();
    let more = !person.births.is_empty()
        || person
            .addresses
            .iter()
            .any(|spell| spell.address.is_some() || spell.uprn.is_some());
    (named && more) || person.nhs.is_some() || person.nino.is_some()
}

fn make_filters(
    schema: &Schema,
    secrets: &ProjectSecrets,
    people: &[Input<'_>],
) -> (Vec<FilterColumn>, Vec<f64>, usize) {
    let mut columns = Vec::new();
    let mut means = Vec::new();
    let mut blank = 0;
    for filter in &schema.filters {
        let maker = FilterMaker::new(filter, secrets);
        let width = maker.words();
        let mut words = vec![0u64; people.len() * width];
        let fills: Vec<Option<f64>> = words
            .par_chunks_mut(width)
            .zip(people)
            .map_init(Cache::default, |cache, (out, input)| {
                maker.make(input.person, &input.record_ref, cache, out)
            })
            .collect();
        let made: Vec<f64> = fills.iter().flatten().copied().collect();
        means.push(if made.is_empty() {
            0.0
        } else {
            made.iter().sum::<f64>() / made.len() as f64
        });
        blank += fills.len() - made.len();
        columns.push(FilterColumn {
            id: filter.id.clone(),
            bits: filter.bits,
            words,
        });
    }
    (columns, means, blank)
}

/// The padded tokens, and which of them are real.
struct KeyTokens {
    tokens: Vec<Token>,
    real: Vec<bool>,
}

fn make_keys(
    schema: &Schema,
    secrets: &ProjectSecrets,
    people: &[Input<'_>],
) -> (KeyTokens, Vec<KeyCount>) {
    let hashers: Vec<blake3::Hasher> = schema
        .keys
        .iter()
        .map(|key| secrets.hasher(&format!("match-key/{}", key.recipe)))
        .collect();
    let dummy = secrets.hasher("match-key-dummy");
    let layout = schema.key_layout();
    let slots = schema.key_slots();
    // tokens[person][key]: all values of a person, most worthy first.
    let all: Vec<Vec<Vec<Token>>> = people
        .par_iter()
        .map(|input| {
            // A record that may not be linked releases nothing that could link it: all its tokens are random.
            let nobody = Person::default();
            let facts = Facts::of(if input.person.do_not_link {
                &nobody
            } else {
                input.person
            });
            schema
                .keys
                .iter()
                .zip(&hashers)
                .map(|(key, hasher)| tokens_of(&facts, &key.recipe, hasher))
                .collect()
        })
        .collect();
    let holders: Vec<HashMap<Token, u32>> = (0..schema.keys.len())
        .into_par_iter()
        .map(|key| {
            let mut counts = HashMap::new();
            for token in all.iter().flat_map(|person| &person[key]) {
                *counts.entry(*token).or_default() += 1;
            }
            counts
        })
        .collect();
    let mut tokens = vec![[0u8; 16]; people.len() * slots];
    let mut real = vec![false; people.len() * slots];
    let mut counts: Vec<KeyCount> = schema
        .keys
        .iter()
        .map(|key| KeyCount {
            recipe: key.recipe.to_string(),
            values: 0,
            released: 0,
            shared: 0,
            beyond_slots: 0,
        })
        .collect();
    for (row, (input, person)) in people.iter().zip(&all).enumerate() {
        for (index, key) in schema.keys.iter().enumerate() {
            let values = &person[index];
            let mut kept: Vec<(Token, bool)> = values
                .iter()
                .filter(|token| holders[index][*token] <= key.cap)
                .map(|&token| (token, true))
                .collect();
            let count = &mut counts[index];
            count.values += values.len();
            count.shared += values.len() - kept.len();
            count.beyond_slots += kept.len().saturating_sub(key.slots as usize);
            kept.truncate(key.slots as usize);
            count.released += kept.len();
            for slot in kept.len()..key.slots as usize {
                let label = [
                    &input.record_ref[..],
                    &(index as u16).to_le_bytes(),
                    &(slot as u16).to_le_bytes(),
                ]
                .concat();
                kept.push((token(&dummy, &label), false));
            }
            // Tokens look random, so their order tells nothing about which are real.
            kept.sort_unstable();
            let start = row * slots + layout[index].start;
            for (offset, (token, is_real)) in kept.into_iter().enumerate() {
                tokens[start + offset] = token;
                real[start + offset] = is_real;
            }
        }
    }
    (KeyTokens { tokens, real }, counts)
}

fn tokens_of(facts: &Facts, recipe: &Recipe, hasher: &blake3::Hasher) -> Vec<Token> {
    facts
        .values(recipe)
        .iter()
        .map(|value| token(hasher, value.as_bytes()))
        .collect()
}

fn make_household(
    schema: &Schema,
    secrets: &ProjectSecrets,
    people: &[Input<'_>],
) -> (Vec<HouseholdKey>, usize, usize) {
    let hasher = secrets.hasher("household");
    let dummy = secrets.hasher("household-dummy");
    let slots = schema.household_slots();
    let all: Vec<Vec<HouseholdKey>> = people
        .par_iter()
        .map(|input| household::keys_of(input.person, &hasher))
        .collect();
    let record_refs: Vec<[u8; 16]> = people.iter().map(|input| input.record_ref).collect();
    let rule = &schema.household;
    let withheld = household::withheld(&all, &record_refs, rule.group_max, rule.crowd_max, &dummy);
    let mut keys = Vec::with_capacity(people.len() * slots);
    let (mut released, mut dropped) = (0, 0);
    for (person, (input, own)) in people.iter().zip(&all).enumerate() {
        let mut kept: Vec<HouseholdKey> = own
            .iter()
            .filter(|key| withheld.binary_search(&(person, key.token)).is_err())
            .copied()
            .collect();
        dropped += own.len() - kept.len();
        kept.truncate(slots);
        released += kept.len();
        for slot in kept.len()..slots {
            let token = token(
                &dummy,
                &[&input.record_ref[..], &(slot as u16).to_le_bytes()].concat(),
            );
            kept.push(HouseholdKey {
                token,
                kind: HOUSEHOLD_NONE,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        kept.sort_unstable();
        keys.extend(kept);
    }
    (keys, released, dropped)
}

fn make_presence(
    schema: &Schema,
    people: &[Input<'_>],
    keys: &KeyTokens,
) -> (Vec<u32>, usize, usize) {
    let slots = schema.key_slots();
    let layout = schema.key_layout();
    let has = |row: usize, names: &[&str]| {
        schema
            .keys
            .iter()
            .zip(&layout)
            .filter(|(key, _)| names.contains(&key.recipe.to_string().as_str()))
            .any(|(_, range)| range.clone().any(|slot| keys.real[row * slots + slot]))
    };
    let full: Vec<u32> = people
        .iter()
        .enumerate()
        .map(|(row, input)| {
            presence::pattern(
                &schema.presence,
                input.person,
                has(row, &["NHS"]),
                has(row, &["UPN", "NINO"]),
            )
        })
        .collect();
    let mut coarse = full.clone();
    presence::coarsen(&mut coarse, schema.presence.min_records);
    let changed = full
        .iter()
        .zip(&coarse)
        .filter(|(before, after)| before != after)
        .count();
    let mut distinct = coarse.clone();
    distinct.sort_unstable();
    distinct.dedup();
    (coarse, distinct.len(), changed)
}
