//! What a custodian would release of some people, as the release check takes it: codes beside what an attacker may know.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_encoding::{Input, Lister, Options, ProjectSecrets, encode};
use kinfold_identity::{NO_MONTH, Person};
use kinfold_release::File;
use kinfold_schema::Schema;

/// Encodes people with a schema, under the name `a` and for the partner `b`, and lists them. `reference` gives the record reference of the
/// person with a number.
///
/// # Errors
/// When the schema or the people cannot be encoded.
pub fn released(
    schema: &Schema,
    people: &[Person],
    secrets: &ProjectSecrets,
    reference: impl Fn(usize) -> [u8; 16],
) -> Result<File, Box<dyn Error>> {
    released_in(schema, people, secrets, reference, NO_MONTH)
}

/// The same in a month, from which the schema may count how long ago a home was left.
///
/// # Errors
/// As [`released`].
pub fn released_in(
    schema: &Schema,
    people: &[Person],
    secrets: &ProjectSecrets,
    reference: impl Fn(usize) -> [u8; 16],
    month: u16,
) -> Result<File, Box<dyn Error>> {
    let inputs: Vec<Input<'_>> = (0..)
        .zip(people)
        .map(|(number, person)| Input::new(reference(number), person))
        .collect();
    let options = Options {
        own: "a".to_owned(),
        partners: vec!["b".to_owned()],
        bench: true,
        month,
        ..Options::default()
    };
    let encoded = encode(schema, secrets, &inputs, &options)?;
    let of_reference: BTreeMap<[u8; 16], &Person> = (0..)
        .zip(people)
        .map(|(number, person)| (reference(number), person))
        .collect();
    let mut lister = Lister::at(schema, month)?;
    let listed: Vec<_> = encoded
        .table
        .record_ref
        .iter()
        .map(|own| lister.list(of_reference[own]))
        .collect();
    let vocabulary = lister.vocabulary();
    Ok(File::new(schema, &encoded.table, &listed, &vocabulary)?)
}
