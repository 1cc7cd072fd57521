//! Two agencies' views of one invented borough, at any size: the patients of the health service, and the people whom the council knows from
//! housing, schools or children's social care.

use kinfold_identity::Person;
use kinfold_synth::{Options, Profile, Source, generate};

use crate::pair::{Pair, mixed};

/// Registers of the council; of a person's rows the first is taken.
const COUNCIL: [Source; 3] = [Source::Housing, Source::SchoolCensus, Source::LscbPeople];

/// People of a household, fewer than there are: enough for both files to have the number asked for.
const PEOPLE_A_HOUSEHOLD: f64 = 2.0;

/// Two files of `size` people each, or as many as there are; `stress` triples the errors.
pub fn borough(size: usize, stress: bool) -> Pair {
    let borough = generate(&Options {
        households: (size as f64 / PEOPLE_A_HOUSEHOLD) as usize,
        seed: 0x0135_2906 ^ size as u64,
        profile: if stress { Profile::Stress } else { Profile::Uk },
    });
    let patients = sample(borough.known_to(Source::Patients), size);
    let council = sample(
        COUNCIL
            .into_iter()
            .flat_map(|source| borough.known_to(source)),
        size,
    );
    let kind = if stress { "stress" } else { "uk" };
    Pair::new(&format!("borough {kind} {size}"), [patients, council])
}

/// The first row of each of `size` people, drawn by a hash of their number: the same people in every file, as far as it has them.
fn sample(rows: impl Iterator<Item = (usize, Person)>, size: usize) -> Vec<(u64, Person)> {
    let mut people: std::collections::BTreeMap<(u64, u64), Person> =
        std::collections::BTreeMap::new();
    for (number, person) in rows {
        let number = number as u64;
        people.entry((mixed(number), number)).or_insert(person);
    }
    let drawn = people.into_iter().take(size);
    drawn
        .map(|((_, number), person)| (number, person))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_have_the_size_and_share_most_people() {
        let pair = borough(1_500, false);
        assert_eq!(pair.files.each_ref().map(Vec::len), [1_500, 1_500]);
        assert!(pair.mates.len() > 700, "{}", pair.mates.len());
        assert_eq!(pair.repeated, 0);
    }
}
