//! An invented borough as two agencies know it.

use std::collections::BTreeMap;

use kinfold_identity::Person;
use kinfold_synth::{Options, Profile, Source as Register, generate};

use crate::open::{OpenSet, Source};

/// Registers of the council; of a person's rows the first is taken.
const COUNCIL: [Register; 3] = [
    Register::Housing,
    Register::SchoolCensus,
    Register::LscbPeople,
];

/// So many people of a borough of half as many households as two agencies know them, with their slips: the patients of the health service, and
/// the people whom the council knows.
pub fn two_agencies(people: usize, seed: u64, profile: Profile) -> OpenSet {
    let borough = generate(&Options {
        households: people / 2,
        seed,
        profile,
    });
    let files = [
        sample(borough.known_to(Register::Patients), people),
        sample(
            COUNCIL
                .into_iter()
                .flat_map(|source| borough.known_to(source)),
            people,
        ),
    ];
    let mut truth = BTreeMap::new();
    let sources = ["a", "b"]
        .into_iter()
        .zip(files)
        .map(|(name, people)| {
            let number = |person: usize| person.to_string();
            for (person, _) in &people {
                truth.insert((name.to_owned(), number(*person)), *person as u32);
            }
            Source {
                name: name.to_owned(),
                people: people
                    .into_iter()
                    .map(|(person, known)| (number(person), known))
                    .collect(),
            }
        })
        .collect();
    OpenSet { sources, truth }
}

/// The first row of each of so many people, drawn by a hash of their number: the same people in both files, as far as it has them.
fn sample(rows: impl Iterator<Item = (usize, Person)>, count: usize) -> Vec<(usize, Person)> {
    let mut people: BTreeMap<([u8; 32], usize), Person> = BTreeMap::new();
    for (number, person) in rows {
        let lot = *blake3::hash(&(number as u64).to_le_bytes()).as_bytes();
        people.entry((lot, number)).or_insert(person);
    }
    let drawn = people.into_iter().take(count);
    drawn
        .map(|((_, number), person)| (number, person))
        .collect()
}
