//! The people of the bench: invented boroughs of seeds that nothing was tuned on.

use std::collections::BTreeMap;

use kinfold_benches::open::{OpenSet, Source};
use kinfold_identity::Person;
use kinfold_synth::{Options, Profile, generate};

/// Seeds of the attacked boroughs. They are new with this bench: the other benches, the tests and the studies use 1, 7, 11, 17, 21, 77,
/// 1000 and more, and 0x01352906 with the size. No parameter was chosen by what happens on these.
pub const SEEDS: [u64; 3] = [611_953, 611_957, 612_011];
/// Seed of the borough that linkage is measured on.
pub const LINKAGE_SEED: u64 = 612_023;
/// People of each of its two files.
const LINKAGE_PEOPLE: usize = 10_000;
/// Registers of the council; of a person's rows the first is taken.
const COUNCIL: [kinfold_synth::Source; 3] = [
    kinfold_synth::Source::Housing,
    kinfold_synth::Source::SchoolCensus,
    kinfold_synth::Source::LscbPeople,
];

/// So many people of the borough of a seed, without slips, in whole households but for the last.
pub fn attacked(size: usize, seed: u64) -> Vec<Person> {
    let mut people = generate(&Options {
        households: size / 2,
        seed,
        profile: Profile::Uk,
    })
    .people();
    people.truncate(size);
    people
}

/// The borough as two agencies know it, with their slips: the patients of the health service, and the people whom the council knows.
pub fn two_agencies() -> OpenSet {
    let borough = generate(&Options {
        households: LINKAGE_PEOPLE / 2,
        seed: LINKAGE_SEED,
        profile: Profile::Uk,
    });
    let files = [
        sample(borough.known_to(kinfold_synth::Source::Patients)),
        sample(
            COUNCIL
                .into_iter()
                .flat_map(|source| borough.known_to(source)),
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
fn sample(rows: impl Iterator<Item = (usize, Person)>) -> Vec<(usize, Person)> {
    let mut people: BTreeMap<([u8; 32], usize), Person> = BTreeMap::new();
    for (number, person) in rows {
        let lot = *blake3::hash(&(number as u64).to_le_bytes()).as_bytes();
        people.entry((lot, number)).or_insert(person);
    }
    let drawn = people.into_iter().take(LINKAGE_PEOPLE);
    drawn
        .map(|((_, number), person)| (number, person))
        .collect()
}
