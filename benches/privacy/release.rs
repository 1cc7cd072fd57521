//! What is sent under a scheme, as the attacks of the release check see it.

use std::error::Error;

use kinfold_benches::released::released;
use kinfold_encoding::{ListedToken, Lister, ProjectSecrets};
use kinfold_identity::Person;
use kinfold_release::{File, Stay, View};
use kinfold_schema::{HouseholdKey, Schema};

use crate::hardening::Hardening;
use crate::schemes::{Kind, Scheme};

/// A seed for a purpose.
pub fn seed(purpose: &str) -> [u8; 32] {
    *blake3::hash(format!("kinfold frontier\0{purpose}").as_bytes()).as_bytes()
}

/// Encodes people under a scheme.
///
/// # Errors
/// People who cannot be encoded.
pub fn release(scheme: &Scheme, people: &[Person], name: &str) -> Result<File, Box<dyn Error>> {
    let key = seed(&format!("key/{name}"));
    match &scheme.kind {
        Kind::Alone(hardening) => alone(*hardening, people, &key),
        Kind::Package(schema) => package(schema, people, &key),
    }
}

/// For each person the pieces of a filter; none where it is random bits.
pub type Pieces = Vec<Option<Vec<ListedToken>>>;

/// The pieces of the filter of `standard` of each person, with the number of different pieces.
pub fn pieces(people: &[&Person]) -> Result<(Pieces, usize), Box<dyn Error>> {
    let mut lister = Lister::new(&keyless())?;
    let tokens = people
        .iter()
        .map(|person| lister.list(person).filters.swap_remove(0))
        .collect();
    Ok((tokens, lister.vocabulary()[0]))
}

/// `standard` without its match keys: what is needed of it here, in half of the time.
fn keyless() -> Schema {
    let mut schema = Schema::standard();
    schema.keys.clear();
    schema
}

/// The years of birth, for the salt.
pub fn years(people: &[&Person]) -> Vec<Option<u16>> {
    let year = |person: &&Person| person.births.first().map(|birth| birth.year);
    people.iter().map(year).collect()
}

/// A file of one filter, not yet coded.
pub fn uncoded(tokens: Pieces, vocabulary: usize) -> File {
    let filter = &Schema::standard().filters[0];
    let bits = filter.bits as usize;
    File {
        records: tokens.len(),
        views: vec![View {
            id: filter.id.clone(),
            bits,
            inner_bits: bits,
            diffusion: 0,
            codes: Vec::new(),
            tokens,
            withheld: Vec::new(),
            vocabulary,
        }],
        ..File::default()
    }
}

/// One filter of names and birth date and nothing else: no match keys, no household keys, no presence pattern.
fn alone(hardening: Hardening, people: &[Person], key: &[u8; 32]) -> Result<File, Box<dyn Error>> {
    let all: Vec<&Person> = people.iter().collect();
    let mut lister = Lister::new(&keyless())?;
    let mut listed: Vec<_> = people.iter().map(|person| lister.list(person)).collect();
    let tokens = listed
        .iter_mut()
        .map(|person| person.filters.swap_remove(0))
        .collect();
    let vocabulary = lister.vocabulary()[0];
    let stay = |key: &HouseholdKey| Stay {
        home: key.token,
        from: 0,
        to: u16::MAX,
    };
    let file = File {
        // Who lives with whom is on the list, and is not released.
        stays_listed: listed
            .iter()
            .map(|person| person.homes.iter().map(stay).collect())
            .collect(),
        place: listed.iter().map(|person| person.place).collect(),
        names: listed.into_iter().map(|person| person.names).collect(),
        ..uncoded(tokens, vocabulary)
    };
    let noise = *blake3::keyed_hash(key, b"noise").as_bytes();
    Ok(hardening.harden(&file, &years(&all), key, &noise))
}

/// All that a schema releases, by the encoder itself.
fn package(schema: &Schema, people: &[Person], key: &[u8; 32]) -> Result<File, Box<dyn Error>> {
    let key = *key;
    let secrets = ProjectSecrets::new(move |purpose| {
        *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes()
    });
    let reference = |number: usize| {
        let mut reference = [0; 16];
        let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
        reference.copy_from_slice(&hash.as_bytes()[..16]);
        reference
    };
    released(schema, people, &secrets, reference)
}
