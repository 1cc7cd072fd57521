//! Members assigned one to one inside homes.
//!
//! Two records that are for review, because their names are not known to agree well enough, are one person when more speaks for it than
//! the pair itself: they lived in one home at the same time, they have the same full birth date, and no other record of that home
//! competes for either. Where mixed keys cannot say that the birth date agrees, names and birth date must as a whole. Twins do not look like this: they are kept apart by their guard, which stays.

use kinfold_schema::{Field, Schema};

use super::groups;
use super::homes;
use super::spell::Grain;
use crate::pattern::agree_as_a_whole;
use crate::{Pair, PersonCluster, RecordId, RecordSet, Verdict};

/// Level of a birth date that agrees in full.
const FULL: u8 = 3;

/// Makes links of pairs for review that are the only ones of their kind between the people of a home; returns how many.
pub(crate) fn settle(
    schema: &Schema,
    sets: &[RecordSet],
    people: &[PersonCluster],
    pairs: &mut [Pair],
) -> usize {
    let candidates: Vec<usize> = (0..pairs.len())
        .filter(|&index| {
            let pair = &pairs[index];
            pair.verdict == Verdict::Review
                && (pair.agreement.level(Field::Birth) >= FULL
                    || agree_as_a_whole(pair.agreement, pair.sigmas))
        })
        .collect();
    if candidates.is_empty() {
        return 0;
    }
    let person_of = person_of(sets, people);
    let person = |id: RecordId| person_of[id.set as usize][id.row as usize];
    let mut wanted: Vec<(u32, u32, usize)> = candidates
        .iter()
        .map(|&index| {
            let (a, b) = (person(pairs[index].left), person(pairs[index].right));
            (a.min(b), a.max(b), index)
        })
        .filter(|(a, b, _)| a != b)
        .collect();
    wanted.sort_unstable();
    let together = lived_together(
        &homes::stays(schema, sets, people),
        Grain::of(schema),
        &wanted,
    );
    // One to one: a person with two such partners is left to the reviewer.
    let mut partners: Vec<(u32, u32)> = wanted
        .iter()
        .zip(&together)
        .filter(|(_, together)| **together)
        .flat_map(|(&(a, b, _), _)| [(a, b), (b, a)])
        .collect();
    partners.sort_unstable();
    partners.dedup();
    let only = |person: u32| {
        let from = partners.partition_point(|&(p, _)| p < person);
        partners[from..]
            .iter()
            .take_while(|&&(p, _)| p == person)
            .count()
            == 1
    };
    let mut settled = 0;
    for (&(a, b, index), together) in wanted.iter().zip(together) {
        if together && only(a) && only(b) {
            pairs[index].verdict = Verdict::Linked;
            settled += 1;
        }
    }
    settled
}

fn person_of(sets: &[RecordSet], people: &[PersonCluster]) -> Vec<Vec<u32>> {
    let mut person_of: Vec<Vec<u32>> = sets.iter().map(|set| vec![0; set.table.len()]).collect();
    for (person, cluster) in people.iter().enumerate() {
        for id in &cluster.members {
            person_of[id.set as usize][id.row as usize] = person as u32;
        }
    }
    person_of
}

/// For each two people whether they are in one group of one home.
fn lived_together(stays: &[homes::Stay], grain: Grain, wanted: &[(u32, u32, usize)]) -> Vec<bool> {
    let (groups, _) = groups::in_homes(stays, grain);
    let memberships = groups::memberships(&groups);
    let groups_of = |person: u32| groups::groups_with(&memberships, person);
    wanted
        .iter()
        .map(|&(a, b, _)| {
            let others = groups_of(b);
            groups_of(a)
                .iter()
                .any(|&(_, group)| others.iter().any(|&(_, other)| other == group))
        })
        .collect()
}
