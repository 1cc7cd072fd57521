//! The months of homes against a list with moving-in dates.
//!
//! Household keys may say from which month each person of a home was there, and until when. A family whose members came at different times (a
//! couple, then each child) has a row of months that few families share, and registers hold such dates. The attacker knows nobody, and has two
//! ways. He looks for places in the net of people and homes that only one record and one listed person have, months and all ([`crate::patterns`]).
//! And he matches every home that the keys show with the listed home of as many people whose first months fit best, where a month may be one or a
//! few off, and then its people by their months. Filters and match keys are not looked at.

use std::collections::BTreeMap;

use kinfold_schema::NO_MONTH;
use rayon::prelude::*;

use crate::draws::Draws;
use crate::file::Stay;
use crate::homes::by_home;
use crate::known::{Named, Pick, judge};
use crate::patterns::Patterns;
use crate::scene::{NOBODY, Scene};

/// More people of a home than this are not matched.
const PEOPLE_MAX: usize = 15;
/// How likely the list's month is so many months from the key's: none, one, up to three, more; and unknown to one of the two.
const OFF: [f64; 4] = [0.8, 0.08, 0.01, 1e-5];
const UNKNOWN: f64 = 0.02;

/// A home: its people with the month in which each came, the earliest first.
struct Home {
    people: Vec<(u16, u32)>,
}

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Dated {
    /// Records with a known month, named or not.
    pub named: Named,
    /// Listed people of whose home no other has the same row of months, and who came in a month of their own: with the list as the keys are,
    /// all of them can be named.
    pub alone: u64,
    /// Of these, those named.
    pub alone_named: u64,
}

/// Names the records that have a month. On the list a share of the months, drawn by lot, is one month off.
pub fn attack(scene: &Scene, off: f64, draws: &mut Draws) -> Dated {
    let seen = homes(&scene.stays.0);
    let mut listed_stays = scene.stays.1.clone();
    if off > 0.0 {
        for stay in listed_stays.iter_mut().flatten() {
            stay.from = slipped(stay.from, scene.step, off, draws);
            stay.to = slipped(stay.to, scene.step, off, draws);
        }
    }
    let listed = homes(&listed_stays);
    let alone = alone(&listed);
    // Both sides by the number of people.
    let mut of_size: BTreeMap<usize, (Vec<&Home>, Vec<&Home>)> = BTreeMap::new();
    for home in &seen {
        of_size.entry(home.people.len()).or_default().0.push(home);
    }
    for home in &listed {
        of_size.entry(home.people.len()).or_default().1.push(home);
    }
    let mut best: BTreeMap<u32, Pick> = BTreeMap::new();
    for (seen, listed) in of_size.values() {
        for pick in matched(seen, listed, scene.step) {
            // A person has several homes, and each home one or two keys: the surest counts.
            let own = best.entry(pick.row);
            own.and_modify(|old| {
                if (pick.mutual, pick.ahead) > (old.mutual, old.ahead) {
                    *old = Pick { ..pick };
                }
            })
            .or_insert(pick);
        }
    }
    let patterns = Patterns::of(&scene.stays.0, &listed_stays);
    for (row, person) in (0u32..).zip(patterns.named()) {
        if let Some(candidate) = person {
            // Nobody else fits at all.
            let alone = Pick {
                row,
                candidate,
                ahead: f64::MAX,
                mutual: true,
            };
            best.insert(row, alone);
        }
    }
    let dated = |row: u32| scene.stays.0[row as usize].iter().any(|stay| stay.from > 0);
    let picks: Vec<Pick> = (0..scene.records as u32)
        .filter(|row| dated(*row))
        .map(|row| {
            best.remove(&row).unwrap_or(Pick {
                row,
                candidate: NOBODY,
                ahead: 0.0,
                mutual: false,
            })
        })
        .collect();
    let (mut of, mut right) = (0, 0);
    for pick in &picks {
        let person = scene.truth[pick.row as usize];
        if person != NOBODY && alone[person as usize] {
            of += 1;
            right += u64::from(pick.candidate == person);
        }
    }
    Dated {
        named: judge(scene, &picks, &[]),
        alone: of,
        alone_named: right,
    }
}

/// A month of the list that may be one off. One month in a step lies at either end of it, so of coarse months fewer change, and by a step.
fn slipped(month: u16, step: u16, off: f64, draws: &mut Draws) -> u16 {
    let step = step.max(1);
    let known = month > step && month < NO_MONTH - step;
    if !known || draws.share() >= off || draws.below(usize::from(step)) > 0 {
        return month;
    }
    if draws.below(2) == 0 {
        month - step
    } else {
        month + step
    }
}

/// The homes of some stays.
fn homes(stays: &[Vec<Stay>]) -> Vec<Home> {
    by_home(stays)
        .into_values()
        .filter(|people| people.len() <= PEOPLE_MAX)
        .map(|people| {
            let mut people: Vec<(u16, u32)> =
                people.iter().map(|(row, stay)| (stay.from, *row)).collect();
            people.sort_unstable();
            Home { people }
        })
        .collect()
}

/// For each person whether some home has a row of months that no other home has but as the second key of the same people, in which the person
/// came in a known month of nobody else.
fn alone(homes: &[Home]) -> Vec<bool> {
    let mut rows: BTreeMap<Vec<u16>, Vec<&Home>> = BTreeMap::new();
    for home in homes {
        let months = home.people.iter().map(|(from, _)| *from).collect();
        rows.entry(months).or_default().push(home);
    }
    let most = homes
        .iter()
        .flat_map(|home| &home.people)
        .map(|(_, person)| *person + 1);
    let mut alone = vec![false; most.max().unwrap_or(0) as usize];
    for same in rows.values() {
        let people = &same[0].people;
        if same.iter().any(|home| home.people != *people) {
            continue;
        }
        for (at, (from, person)) in people.iter().enumerate() {
            let others = people.iter().enumerate();
            if *from > 0
                && others
                    .filter(|(other, _)| *other != at)
                    .all(|(_, (other, _))| other != from)
            {
                alone[*person as usize] = true;
            }
        }
    }
    alone
}

/// The logarithm of how likely the months of one person are.
fn likely(seen: u16, listed: u16) -> f64 {
    libm::log(match (seen, listed) {
        (0, 0) => OFF[0],
        (0, _) | (_, 0) => UNKNOWN,
        _ => {
            OFF[match seen.abs_diff(listed) {
                0 => 0,
                1 => 1,
                2 | 3 => 2,
                _ => 3,
            }]
        }
    })
}

/// Matches homes of one number of people.
fn matched(seen: &[&Home], listed: &[&Home], step: u16) -> Vec<Pick> {
    let step = step.max(1);
    // Of the differences there are few kinds, so their logarithms are looked up.
    let table: Vec<f64> = (0..5u16).map(|off| likely(100, 100 + off)).collect();
    let unknown = likely(0, 100);
    let score = |a: &Home, b: &Home| -> f64 {
        let pairs = a.people.iter().zip(&b.people);
        pairs
            .map(|((seen, _), (listed, _))| match (seen, listed) {
                (0, 0) => table[0],
                (0, _) | (_, 0) => unknown,
                _ => table[(seen.abs_diff(*listed) / step).min(4) as usize],
            })
            .sum()
    };
    let people = |home: &Home| {
        let mut people: Vec<u32> = home.people.iter().map(|(_, own)| *own).collect();
        people.sort_unstable();
        people
    };
    let of_listed: Vec<Vec<u32>> = listed.iter().map(|home| people(home)).collect();
    // For each seen home the best listed one and how far it is ahead of the next of other people.
    let best: Vec<(f64, usize, f64)> = seen
        .par_iter()
        .map(|home| {
            let (mut score_best, mut at, mut second) =
                (f64::NEG_INFINITY, usize::MAX, f64::NEG_INFINITY);
            for (number, other) in listed.iter().enumerate() {
                let score = score(home, other);
                if score > score_best {
                    if at == usize::MAX || of_listed[at] != of_listed[number] {
                        second = score_best;
                    }
                    (score_best, at) = (score, number);
                } else if score > second && of_listed[at] != of_listed[number] {
                    second = score;
                }
            }
            (score_best, at, score_best - second)
        })
        .collect();
    let mut of_home: BTreeMap<&[u32], (f64, Vec<u32>)> = BTreeMap::new();
    for (home, (score, at, _)) in seen.iter().zip(&best) {
        let Some(people_there) = of_listed.get(*at) else {
            continue;
        };
        let own = of_home
            .entry(people_there)
            .or_insert_with(|| (f64::NEG_INFINITY, Vec::new()));
        if *score > own.0 {
            *own = (*score, people(home));
        }
    }
    let mut picks = Vec::new();
    for (home, (_, at, ahead)) in seen.iter().zip(&best) {
        let other = listed.get(*at);
        for (place, (from, row)) in home.people.iter().enumerate() {
            // Who came together cannot be told apart.
            let same = home
                .people
                .iter()
                .filter(|(other, _)| other == from)
                .count();
            picks.push(Pick {
                row: *row,
                candidate: other.map_or(NOBODY, |other| other.people[place].1),
                ahead: if same > 1 { 0.0 } else { *ahead },
                mutual: other.is_some_and(|_| of_home[&of_listed[*at][..]].1 == people(home)),
            });
        }
    }
    picks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::File;
    use crate::made_up;
    use crate::scene::ListQuality;

    const SEED: [u8; 32] = [11; 32];

    fn scene(months: impl Fn(usize, &mut Draws) -> u16) -> Scene {
        let mut file: File = made_up::people(400, 8).coded(&SEED, 8);
        let mut draws = Draws::new(&SEED, "months");
        for (person, stays) in file.stays_listed.iter_mut().enumerate() {
            stays[0].from = months(person, &mut draws);
        }
        file.stays_seen.clone_from(&file.stays_listed);
        Scene::draw(&file, ListQuality::EXACT, &SEED)
    }

    #[test]
    fn families_are_named_by_when_they_came() {
        let scene = scene(|_, draws| 1_200 + draws.below(240) as u16);
        let exact = attack(&scene, 0.0, &mut Draws::new(&SEED, "test"));
        let share = exact.named.all.unwrap();
        assert_eq!(share.of, 400);
        assert!(share.share > 0.7, "{exact:?}");
        assert_eq!(exact.alone, exact.alone_named);
        let off = attack(&scene, 0.2, &mut Draws::new(&SEED, "test"));
        let with_slips = off.named.all.unwrap().share;
        assert!(with_slips > 0.4 && with_slips < share.share, "{off:?}");
    }

    #[test]
    fn one_month_for_all_names_nobody_and_unknown_months_are_not_counted() {
        let one = scene(|_, _| 1_300);
        let found = attack(&one, 0.0, &mut Draws::new(&SEED, "test"));
        assert!(
            found.named.all.unwrap().share < 0.05 && found.alone == 0,
            "{found:?}"
        );
        let none = scene(|_, _| 0);
        let found = attack(&none, 0.0, &mut Draws::new(&SEED, "test"));
        assert_eq!(found.named.all.unwrap().of, 0);
    }

    #[test]
    fn months_by_hand() {
        let home = |people: &[(u16, u32)]| Home {
            people: people.to_vec(),
        };
        let (a, b) = (home(&[(10, 0), (20, 1)]), home(&[(11, 5), (25, 6)]));
        let seen = [home(&[(10, 7), (20, 8)])];
        let picks = matched(&[&seen[0]], &[&a, &b], 1);
        assert_eq!((picks[0].candidate, picks[1].candidate), (0, 1));
        // 0.8 * 0.8 against 0.08 * 1e-5.
        let ahead = libm::log(0.64 / (0.08 * 1e-5));
        assert!(libm::fabs(picks[0].ahead - ahead) < 1e-9 && picks[0].mutual);
        assert_eq!(
            alone(&[a, b]),
            [true, true, false, false, false, true, true]
        );
        assert_eq!(alone(&[home(&[(10, 0), (10, 1)])]), [false, false]);
    }
}
