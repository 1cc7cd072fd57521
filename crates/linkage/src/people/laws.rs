//! Laws of clustering, on made-up judged pairs.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::{Agreement, CodeTable, FLAG_DO_NOT_LINK, Schema};
use proptest::prelude::*;

use super::{People, form_people};
use crate::{
    Comparable, Decision, Given, Guard, Judgement, Life, Outcome, Pair, RecordId, RecordKey,
    RecordSet, Verdict, Veto,
};

/// The record reference of record `row` of set `set` before anything is moved about.
pub(super) fn reference(set: usize, row: usize) -> [u8; 16] {
    let hash = blake3::hash(&[set as u8, row as u8, 7]);
    hash.as_bytes()[..16].try_into().unwrap()
}

/// Sets of so many records each, without any codes.
pub(crate) fn sets(sizes: &[usize]) -> Vec<RecordSet> {
    sizes
        .iter()
        .enumerate()
        .map(|(set, &rows)| RecordSet {
            source: format!("s{set}"),
            table: CodeTable {
                record_ref: (0..rows).map(|row| reference(set, row)).collect(),
                presence: vec![0; rows],
                flags: vec![0; rows],
                ..CodeTable::default()
            },
        })
        .collect()
}

pub(crate) fn pair(left: (u32, u32), right: (u32, u32), weight: f64, verdict: Verdict) -> Pair {
    let id = |(set, row)| RecordId { set, row };
    let (left, right) = (id(left), id(right));
    Pair {
        left: left.min(right),
        right: left.max(right),
        weight,
        probability: 1.0 / (1.0 + libm::exp2(-weight)),
        agreement: Agreement::default(),
        keys: 0,
        counts: [0; 4],
        filter_bits: 0.0,
        fields: crate::FieldLevels::default(),
        same_home: false,
        sigmas: None,
        comparable: Comparable::default(),
        verdict,
    }
}

fn link(left: (u32, u32), right: (u32, u32), weight: f64) -> Pair {
    pair(left, right, weight, Verdict::Linked)
}

fn run(sets: &[RecordSet], pairs: &mut Vec<Pair>, given: &Given) -> People {
    pairs.sort_by_key(|pair| (pair.left, pair.right));
    pairs.dedup_by_key(|pair| (pair.left, pair.right));
    form_people(&Schema::standard(), sets, pairs, -2.0, given)
}

/// People as sets of record references.
fn partition(sets: &[RecordSet], people: &People) -> BTreeMap<String, BTreeSet<[u8; 16]>> {
    let record = |id: &RecordId| sets[id.set as usize].table.record_ref[id.row as usize];
    people
        .people
        .iter()
        .map(|person| {
            (
                person.reference.clone(),
                person.members.iter().map(record).collect(),
            )
        })
        .collect()
}

fn sizes(people: &People) -> Vec<usize> {
    let mut sizes: Vec<usize> = people.people.iter().map(|p| p.members.len()).collect();
    sizes.sort_unstable();
    sizes
}

fn key(set: usize, row: usize) -> RecordKey {
    RecordKey {
        source: format!("s{set}"),
        reference: reference(set, row),
    }
}

fn decision(left: (usize, usize), right: (usize, usize), judgement: Judgement) -> Decision {
    Decision {
        left: key(left.0, left.1),
        right: key(right.0, right.1),
        judgement,
    }
}

fn decided(decisions: Vec<Decision>) -> Given {
    Given {
        decisions,
        ..Given::default()
    }
}

#[test]
fn a_record_that_fits_two_people_equally_well_is_joined_to_neither() {
    let sets = sets(&[2, 1]);
    let mut pairs = vec![link((0, 0), (1, 0), 9.0), link((0, 1), (1, 0), 9.4)];
    let people = run(&sets, &mut pairs, &Given::default());
    assert_eq!(sizes(&people), [1, 1, 1]);
    assert_eq!(people.ties.len(), 1);
    assert!(pairs.iter().all(|pair| pair.verdict == Verdict::Tied));
    // A clear difference is no tie.
    let mut pairs = vec![link((0, 0), (1, 0), 9.0), link((0, 1), (1, 0), 13.0)];
    let people = run(&sets, &mut pairs, &Given::default());
    assert_eq!(sizes(&people), [1, 2]);
    assert!(people.ties.is_empty());
    assert_eq!(pairs[0].verdict, Verdict::Outvoted);
}

#[test]
fn a_tie_is_solved_by_evidence_that_comes_later() {
    // Record 0 of set 2 fits both records of set 1 equally; set 0 knows the first one well and supports it.
    let sets = sets(&[1, 2, 1]);
    let mut pairs = vec![
        link((1, 0), (2, 0), 9.0),
        link((1, 1), (2, 0), 9.0),
        link((0, 0), (1, 0), 8.0),
        link((0, 0), (2, 0), 5.0),
    ];
    let people = run(&sets, &mut pairs, &Given::default());
    assert_eq!(sizes(&people), [1, 3]);
    assert!(people.ties.is_empty());
}

#[test]
fn a_single_weak_link_between_two_strong_groups_is_reported_or_cut() {
    let sets = sets(&[1, 1, 1, 1]);
    let strong = [link((0, 0), (1, 0), 18.0), link((2, 0), (3, 0), 18.0)];
    // One link of 5 bits and three silent pairs of -2 each: the groups stay two people.
    let mut pairs = strong.to_vec();
    pairs.push(link((1, 0), (2, 0), 5.0));
    let people = run(&sets, &mut pairs, &Given::default());
    assert_eq!(sizes(&people), [2, 2]);
    // With 10 bits they are one, and the bridge is told.
    let mut pairs = strong.to_vec();
    pairs.push(link((1, 0), (2, 0), 10.0));
    let people = run(&sets, &mut pairs, &Given::default());
    assert_eq!(sizes(&people), [4]);
    assert_eq!(people.bridges.len(), 1);
    assert!(!people.bridges[0].cut);
    assert!((people.bridges[0].bits - 4.0).abs() < 1e-9);
}

/// The weight of a pair begins with the odds of any two records. A link that brings a record to a person has overcome these, so that another
/// record of the person shares less with it does not speak against it; filters that are far apart do.
#[test]
fn keys_in_common_do_not_speak_against_a_link() {
    let sets = sets(&[1, 1, 1]);
    let run_with = |keys, filter_bits| {
        let mut pairs = vec![
            link((0, 0), (1, 0), 18.0),
            link((1, 0), (2, 0), 2.5),
            Pair {
                keys,
                filter_bits,
                ..pair((0, 0), (2, 0), -9.0, Verdict::NotLinked)
            },
        ];
        sizes(&run(&sets, &mut pairs, &Given::default()))
    };
    assert_eq!(run_with(1, 0.0), [3]);
    assert_eq!(run_with(1, -2.0), [3]);
    assert_eq!(run_with(1, -4.0), [1, 2]);
    assert_eq!(run_with(0, 0.0), [1, 2]);
}

#[test]
fn a_guard_keeps_twins_apart_until_a_record_with_both_names_comes() {
    let sets = sets(&[1, 1, 1]);
    let guarded = pair((0, 0), (1, 0), 10.0, Verdict::Guarded(Guard::TwinOrSibling));
    let named = |left, right, level| {
        let mut pair = link(left, right, if level > 0 { 12.0 } else { 9.0 });
        pair.agreement.levels[kinfold_schema::Field::First as usize] = level;
        pair
    };
    let mut pairs = vec![
        guarded.clone(),
        named((0, 0), (2, 0), 0),
        named((1, 0), (2, 0), 3),
    ];
    assert_eq!(sizes(&run(&sets, &mut pairs, &Given::default())), [1, 2]);
    let mut pairs = vec![
        guarded.clone(),
        named((0, 0), (2, 0), 3),
        named((1, 0), (2, 0), 3),
    ];
    assert_eq!(sizes(&run(&sets, &mut pairs, &Given::default())), [3]);
    // A reviewer's decision lifts it too.
    let same = decided(vec![decision((0, 0), (1, 0), Judgement::SamePerson)]);
    let mut pairs = vec![guarded];
    let people = run(&sets, &mut pairs, &same);
    assert_eq!(sizes(&people), [1, 2]);
    assert_eq!(pairs[0].verdict, Verdict::Linked);
}

#[test]
fn decisions_beat_weights_but_never_a_veto() {
    let mut sets = sets(&[2, 2]);
    sets[0].table.flags[1] = FLAG_DO_NOT_LINK;
    let given = decided(vec![
        decision((0, 0), (1, 0), Judgement::SamePerson),
        decision((0, 1), (1, 1), Judgement::SamePerson),
        decision((0, 0), (5, 0), Judgement::SamePerson),
        decision((0, 0), (0, 0), Judgement::SamePerson),
    ]);
    let mut pairs = vec![pair((0, 0), (1, 0), -9.0, Verdict::NotLinked)];
    let people = run(&sets, &mut pairs, &given);
    assert_eq!(sizes(&people), [1, 1, 2]);
    assert_eq!(
        people.outcomes,
        [
            Outcome::Honoured,
            Outcome::Vetoed(Veto::DoNotLink),
            Outcome::RecordMissing,
            Outcome::SameRecord
        ]
    );
}

#[test]
fn decisions_that_contradict_each_other_are_reported() {
    let sets = sets(&[1, 1, 1]);
    let given = decided(vec![
        decision((0, 0), (1, 0), Judgement::SamePerson),
        decision((1, 0), (2, 0), Judgement::SamePerson),
        decision((0, 0), (2, 0), Judgement::DifferentPeople),
        decision((1, 0), (0, 0), Judgement::SamePerson),
    ]);
    let people = run(&sets, &mut Vec::new(), &given);
    assert_eq!(sizes(&people), [1, 2]);
    let count = |outcome| people.outcomes.iter().filter(|&&o| o == outcome).count();
    assert_eq!(count(Outcome::Contradicted), 1);
    assert_eq!(count(Outcome::Replaced), 1);
    assert_eq!(count(Outcome::Honoured), 2);
}

#[test]
fn a_custodian_that_holds_duplicates_may_have_two_records_of_a_person() {
    let sets = sets(&[2, 1]);
    let pairs = || {
        vec![
            link((0, 0), (1, 0), 12.0),
            link((0, 1), (1, 0), 12.0),
            link((0, 0), (0, 1), 12.0),
        ]
    };
    let people = run(&sets, &mut pairs(), &Given::default());
    assert_eq!(sizes(&people), [1, 1, 1]);
    let given = Given {
        duplicates: vec!["s0".to_owned()],
        ..Given::default()
    };
    assert_eq!(sizes(&run(&sets, &mut pairs(), &given)), [3]);
}

#[test]
fn whoever_died_before_an_event_is_somebody_else_even_through_a_third_record() {
    let sets = sets(&[1, 1, 1]);
    let pairs = || {
        vec![
            link((0, 0), (1, 0), 15.0),
            link((1, 0), (2, 0), 12.0),
            link((0, 0), (2, 0), 11.0),
        ]
    };
    let life = |set, died, seen| Life {
        record: RecordId { set, row: 0 },
        died,
        seen,
    };
    assert_eq!(sizes(&run(&sets, &mut pairs(), &Given::default())), [3]);
    let given = Given {
        lives: vec![life(0, Some(1000), None), life(2, None, Some(2000))],
        ..Given::default()
    };
    assert_eq!(sizes(&run(&sets, &mut pairs(), &given)), [1, 2]);
    // A reviewer cannot decide against it.
    let decided = Given {
        decisions: vec![decision((0, 0), (2, 0), Judgement::SamePerson)],
        ..given
    };
    let people = run(&sets, &mut pairs(), &decided);
    assert_eq!(people.outcomes, [Outcome::Vetoed(Veto::DiedBefore)]);
    assert_eq!(sizes(&people), [1, 2]);
    // The stronger link stays.
    assert!(
        people
            .people
            .iter()
            .any(|person| person.members.len() == 2 && person.members[0].set == 0)
    );
}

/// Any pairs of four sets of five records, with any verdict that a model gives, and decisions.
fn world() -> impl Strategy<Value = (Vec<Pair>, Vec<Decision>)> {
    let verdict = prop_oneof![
        6 => Just(Verdict::Linked),
        2 => Just(Verdict::Review),
        1 => Just(Verdict::NotLinked),
        1 => Just(Verdict::Guarded(Guard::TwinOrSibling)),
        1 => Just(Verdict::Vetoed(Veto::NhsNumbersDiffer)),
    ];
    let record = || (0u32..4, 0u32..5);
    let pairs = prop::collection::vec((record(), record(), -4i32..20, verdict), 0..60);
    let decisions = prop::collection::vec((record(), record(), any::<bool>()), 0..6);
    (pairs, decisions).prop_map(|(pairs, decisions)| {
        let pairs: BTreeMap<(RecordId, RecordId), Pair> = pairs
            .into_iter()
            .filter(|(left, right, _, _)| left.0 != right.0)
            .map(|(left, right, weight, verdict)| pair(left, right, f64::from(weight), verdict))
            .map(|pair| ((pair.left, pair.right), pair))
            .collect();
        let pairs = pairs.into_values().collect();
        let decisions = decisions
            .into_iter()
            .map(|(left, right, same)| {
                let at = |(set, row): (u32, u32)| (set as usize, row as usize);
                let judgement = if same {
                    Judgement::SamePerson
                } else {
                    Judgement::DifferentPeople
                };
                decision(at(left), at(right), judgement)
            })
            .collect();
        (pairs, decisions)
    })
}

proptest! {
    #[test]
    fn no_person_outlives_its_death((mut pairs, decisions) in world(), lives in prop::collection::vec((0u32..4, 0u32..5, any::<bool>(), 0i32..400), 0..12)) {
        let sets = sets(&[5; 4]);
        let mut known: BTreeMap<RecordId, Life> = BTreeMap::new();
        for (set, row, died, day) in lives {
            let record = RecordId { set, row };
            let life = Life { record, died: died.then_some(day), seen: (!died).then_some(day) };
            known.insert(record, life);
        }
        let given = Given { lives: known.values().copied().collect(), ..decided(decisions) };
        let people = run(&sets, &mut pairs, &given);
        for person in &people.people {
            let own = || person.members.iter().filter_map(|id| known.get(id));
            let died = own().filter_map(|life| life.died).min();
            let seen = own().filter_map(|life| life.seen).max();
            if let (Some(died), Some(seen)) = (died, seen) {
                prop_assert!(seen <= died + 31, "{person:?}");
            }
        }
    }

    #[test]
    fn no_person_holds_a_veto_and_every_decision_holds_or_is_reported((mut pairs, decisions) in world()) {
        let sets = sets(&[5; 4]);
        let given = decided(decisions);
        let people = run(&sets, &mut pairs, &given);
        let mut person = BTreeMap::new();
        for (number, cluster) in people.people.iter().enumerate() {
            for &id in &cluster.members {
                prop_assert!(person.insert(id, number).is_none());
            }
            prop_assert!((0.0..=1.0).contains(&cluster.confidence));
        }
        prop_assert_eq!(person.len(), 20);
        for pair in &pairs {
            let together = person[&pair.left] == person[&pair.right];
            match pair.verdict {
                Verdict::Vetoed(_) | Verdict::Outvoted | Verdict::Tied => prop_assert!(!together),
                Verdict::Linked => prop_assert!(together),
                _ => {}
            }
        }
        let find = |key: &RecordKey| {
            let set = sets.iter().position(|set| set.source == key.source).unwrap();
            let row = sets[set].table.record_ref.iter().position(|r| *r == key.reference).unwrap();
            person[&RecordId { set: set as u32, row: row as u32 }]
        };
        for (decision, outcome) in given.decisions.iter().zip(&people.outcomes) {
            let together = find(&decision.left) == find(&decision.right);
            if *outcome == Outcome::Honoured {
                prop_assert_eq!(together, decision.judgement == Judgement::SamePerson);
            }
        }
        // Two records of one custodian are together only by decisions.
        let forced: BTreeSet<usize> = given.decisions.iter().zip(&people.outcomes)
            .filter(|(d, o)| d.judgement == Judgement::SamePerson && **o == Outcome::Honoured)
            .map(|(d, _)| find(&d.left))
            .collect();
        for (number, cluster) in people.people.iter().enumerate() {
            let mut of: Vec<u32> = cluster.members.iter().map(|id| id.set).collect();
            of.dedup();
            prop_assert!(of.len() == cluster.members.len() || forced.contains(&number));
        }
    }

    #[test]
    fn the_order_of_sets_and_rows_changes_nothing((mut pairs, decisions) in world(), turn in 0usize..4, shift in 0usize..5) {
        let given = decided(decisions);
        let before = sets(&[5; 4]);
        let forward = run(&before, &mut pairs.clone(), &given);
        // The sets rotate, and so do the rows of each.
        let mut after: Vec<RecordSet> = before.clone();
        for set in &mut after {
            set.table.record_ref.rotate_right(shift);
        }
        after.rotate_right(turn);
        for pair in &mut pairs {
            let moved = |id: RecordId| RecordId {
                set: (id.set + turn as u32) % 4,
                row: (id.row + shift as u32) % 5,
            };
            let (left, right) = (moved(pair.left), moved(pair.right));
            (pair.left, pair.right) = (left.min(right), left.max(right));
        }
        let backward = run(&after, &mut pairs, &given);
        prop_assert_eq!(partition(&before, &forward), partition(&after, &backward));
        prop_assert_eq!(&forward.outcomes, &backward.outcomes);
        prop_assert_eq!(forward.ties.len(), backward.ties.len());
        let sure = |people: &People| {
            let mut all: Vec<(String, u64)> = people.people.iter().map(|p| (p.reference.clone(), p.confidence.to_bits())).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sure(&forward), sure(&backward));
    }
}
