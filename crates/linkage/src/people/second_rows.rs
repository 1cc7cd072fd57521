//! Second rows: a custodian that holds somebody twice without knowing it.
//!
//! Every custodian brings the rows of one person together before it encodes, and so a person has at most one record of each. It cannot
//! know them all: two rows with two slips between them stay apart, and then the one that fits less well loses the competition for the
//! person, by that rule alone. A third record tells what the custodian could not see: when a record of another custodian agrees by itself
//! with both rows in name and birth date, the two are one person.
//!
//! Where the kinds of keys are mixed, so that their number does not say what of name and birth date agrees, the filters have to: they must be
//! nearer than those of twins.
//!
//! Asked for is more than a link needs: the pair has so much evidence that it would be a link many times over without the other row, the
//! two people share one custodian only, and nobody else competes for either. Verified numbers that differ, guards and decisions hold.

use kinfold_schema::Field;

use crate::decisions::Given;
use crate::pattern::agree_as_a_whole;
use crate::{Pair, PersonCluster, RecordId, RecordSet, Verdict};

/// Match weight, before others compete, that a pair needs: odds of 64. On the synthetic borough of 5,000 households 40 of 42 such pairs
/// of two people were right (profile `uk`) and 98 of 103 (`stress`); down to 3 bits 7 of 8 more and 27 of 30 more
/// (`benches/quality/README.md`).
const BITS_MIN: f64 = 6.0;
/// Level of birth dates that agree but for a part.
const BIRTH_MIN: u8 = 2;
/// Level of first names that agree, and of any name part that does.
const FIRST_MIN: u8 = 2;
const ANY_NAME_MIN: u8 = 3;
/// Filters so much nearer than those of strangers, in standard deviations: names and birth date agree as a whole. An identifier or a
/// home in common does as well, because family names change.
const SIGMAS_MIN: f64 = 6.0;

/// Makes links of the pairs that show a second row, and returns the two rows of each custodian that may be one person all the same.
pub(crate) fn find(
    sets: &[RecordSet],
    people: &[PersonCluster],
    pairs: &mut [Pair],
    given: &Given,
) -> Vec<(RecordId, RecordId)> {
    let mut person_of: Vec<Vec<u32>> = sets.iter().map(|set| vec![0; set.table.len()]).collect();
    for (person, cluster) in people.iter().enumerate() {
        for id in &cluster.members {
            person_of[id.set as usize][id.row as usize] = person as u32;
        }
    }
    let person = |id: RecordId| person_of[id.set as usize][id.row as usize];
    let mut shown: Vec<(u32, u32, usize)> = pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| is_strong(pair))
        .map(|(index, pair)| {
            let (a, b) = (person(pair.left), person(pair.right));
            (a.min(b), a.max(b), index)
        })
        .filter(|(a, b, _)| a != b)
        .collect();
    shown.sort_unstable();
    // One to one: whoever fits two others is left to the reviewer.
    let mut partners: Vec<(u32, u32)> = shown
        .iter()
        .flat_map(|&(a, b, _)| [(a, b), (b, a)])
        .collect();
    partners.sort_unstable();
    partners.dedup();
    let alone = |own: u32| {
        let from = partners.partition_point(|&(p, _)| p < own);
        let to = partners.partition_point(|&(p, _)| p <= own);
        to - from == 1
    };
    let mut rows = Vec::new();
    for same in shown.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
        let (a, b, _) = same[0];
        if !alone(a) || !alone(b) {
            continue;
        }
        let twice = held_twice(&people[a as usize], &people[b as usize]);
        let single = |set: u32| !given.duplicates.contains(&sets[set as usize].source);
        // Where a custodian may hold somebody twice, clustering has looked at the two already.
        let [(one, other)] = twice[..] else { continue };
        if !single(one.set) {
            continue;
        }
        rows.push((one, other));
        for &(_, _, index) in same {
            pairs[index].verdict = Verdict::Linked;
        }
    }
    rows
}

/// Whether a pair that was not linked says by itself that the two are one person.
fn is_strong(pair: &Pair) -> bool {
    let level = |field| pair.agreement.level(field);
    let open = matches!(
        pair.verdict,
        Verdict::NotLinked | Verdict::Review | Verdict::Outvoted | Verdict::Tied
    );
    let known = level(Field::Birth) >= BIRTH_MIN
        && (level(Field::First) >= FIRST_MIN || level(Field::AnyName) >= ANY_NAME_MIN);
    open && pair.weight >= BITS_MIN
        && (known || agree_as_a_whole(pair.agreement, pair.sigmas))
        && (pair.sigmas.is_some_and(|sigmas| sigmas >= SIGMAS_MIN)
            || level(Field::Identifier) > 0
            || pair.same_home)
}

/// Records of one custodian in both of two people.
fn held_twice(a: &PersonCluster, b: &PersonCluster) -> Vec<(RecordId, RecordId)> {
    let mut twice = Vec::new();
    for &one in &a.members {
        let others = b.members.iter().filter(|other| other.set == one.set);
        twice.extend(others.map(|&other| (one.min(other), one.max(other))));
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::laws::{pair, sets};
    use crate::people::{form_people, form_with};
    use kinfold_schema::{Agreement, Schema};

    /// Two rows of the first custodian, one of the second: the one row is linked, the other lost the competition.
    fn lost(weight: f64, birth: u8) -> Vec<Pair> {
        let mut agreement = Agreement::default();
        for (field, level) in [(Field::First, 2), (Field::Last, 2), (Field::Birth, birth)] {
            agreement.levels[field as usize] = level;
        }
        vec![
            pair((0, 0), (1, 0), 18.0, Verdict::Linked),
            Pair {
                agreement,
                sigmas: Some(9.0),
                ..pair((0, 1), (1, 0), weight, Verdict::NotLinked)
            },
        ]
    }

    fn sizes(pairs: &mut [Pair], given: &Given) -> Vec<usize> {
        let (schema, sets) = (Schema::standard(), sets(&[2, 1]));
        let formed = form_people(&schema, &sets, pairs, -2.0, given);
        let rows = find(&sets, &formed.people, pairs, given);
        let formed = form_with(&schema, &sets, pairs, -2.0, given, &rows);
        let mut sizes: Vec<usize> = formed.people.iter().map(|p| p.members.len()).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn a_third_record_shows_a_second_row() {
        let mut pairs = lost(12.0, 3);
        assert_eq!(sizes(&mut pairs, &Given::default()), [3]);
        assert_eq!(pairs[1].verdict, Verdict::Linked);
    }

    #[test]
    fn too_little_evidence_or_another_birth_date_shows_none() {
        for (weight, birth) in [(BITS_MIN - 0.1, 3), (12.0, 1)] {
            assert_eq!(sizes(&mut lost(weight, birth), &Given::default()), [1, 2]);
        }
        let far = |pairs: &mut Vec<Pair>| pairs[1].sigmas = Some(SIGMAS_MIN - 0.1);
        let mut pairs = lost(12.0, 3);
        far(&mut pairs);
        assert_eq!(sizes(&mut pairs, &Given::default()), [1, 2]);
        // A home in common stands for the filter.
        pairs[1].same_home = true;
        assert_eq!(sizes(&mut pairs, &Given::default()), [3]);
    }

    #[test]
    fn of_mixed_keys_the_filters_have_to_say_it() {
        let mixed = |sigmas| {
            let mut pairs = lost(12.0, 0);
            pairs[1].agreement = Agreement::default();
            pairs[1].agreement.pools[0] = 9;
            pairs[1].sigmas = sigmas;
            pairs[1].same_home = true;
            pairs
        };
        assert_eq!(sizes(&mut mixed(Some(9.0)), &Given::default()), [3]);
        for sigmas in [None, Some(SIGMAS_MIN), Some(7.9)] {
            assert_eq!(sizes(&mut mixed(sigmas), &Given::default()), [1, 2]);
        }
    }

    #[test]
    fn vetoes_and_deaths_hold() {
        let mut pairs = lost(12.0, 3);
        pairs[1].verdict = Verdict::Vetoed(crate::Veto::DoNotLink);
        assert_eq!(sizes(&mut pairs, &Given::default()), [1, 2]);
        let life = |set, row, died, seen| crate::Life {
            record: RecordId { set, row },
            died,
            seen,
        };
        let given = Given {
            lives: vec![life(0, 0, Some(100), None), life(0, 1, None, Some(900))],
            ..Given::default()
        };
        assert_eq!(sizes(&mut lost(12.0, 3), &given), [1, 2]);
    }

    #[test]
    fn whoever_fits_two_is_left_to_the_reviewer() {
        let sets = sets(&[3, 1]);
        let mut pairs = lost(12.0, 3);
        pairs.push(Pair {
            left: RecordId { set: 0, row: 2 },
            ..pairs[1].clone()
        });
        let formed = form_people(
            &Schema::standard(),
            &sets,
            &mut pairs,
            -2.0,
            &Given::default(),
        );
        assert!(find(&sets, &formed.people, &mut pairs, &Given::default()).is_empty());
        assert_eq!(pairs[1].verdict, Verdict::NotLinked);
    }
}
