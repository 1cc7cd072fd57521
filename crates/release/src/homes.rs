//! Households: who lives together, on the list and as household keys show it.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_encoding::PEOPLE_OF_A_HOME_MAX;

use crate::draws::Draws;
use crate::file::Stay;

/// Larger groups are no households: nobody is matched by them.
pub(crate) const HOUSEHOLD_MAX: usize = 5;

/// For each record the smallest number among the records of its household: those that share a home at one time, directly or through others.
/// Homes of more than `crowd` people at all are left out.
pub(crate) fn households(stays: &[Vec<Stay>], crowd: usize) -> Vec<u32> {
    let all = (0u32..)
        .zip(stays)
        .flat_map(|(row, own)| own.iter().map(move |stay| (row, *stay)));
    households_in(all, stays.len(), crowd)
}

/// The same of so many records whose homes come one after another.
pub(crate) fn households_in(
    stays: impl Iterator<Item = (u32, Stay)>,
    records: usize,
    crowd: usize,
) -> Vec<u32> {
    let mut stays: Vec<(u32, Stay)> = stays.collect();
    // Whatever the order: a set is known by its smallest member.
    stays.sort_unstable_by_key(|(row, stay)| (stay.home, *row));
    let mut sets = Sets::new(records);
    for people in stays
        .chunk_by(|(_, one), (_, other)| one.home == other.home)
        .filter(|people| (2..=crowd).contains(&people.len()))
    {
        for (place, (a, one)) in people.iter().enumerate() {
            for (b, other) in &people[place + 1..] {
                if one.from <= other.to && other.from <= one.to {
                    sets.join(*a, *b);
                }
            }
        }
    }
    (0..records as u32).map(|row| sets.first(row)).collect()
}

/// What a list says of the groups that household keys show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Households of which everybody is shown.
    pub(crate) whole: Vec<Vec<u32>>,
    /// Households of which some are drawn by lot, and nobody without the key knows which.
    pub(crate) drawn: Vec<Vec<u32>>,
    /// Fewest people who are shown of these.
    pub(crate) drawn_least: usize,
    /// People for whom there is no key at all.
    pub(crate) bare: Vec<u32>,
}

impl Shown {
    /// By the rules of a schema: of a home with more than `group_max` people at once that many are drawn, and of one with more than `crowd`
    /// at once, or with very many one after another, nobody is shown.
    pub(crate) fn of(stays: &[Vec<Stay>], group_max: usize, crowd: usize) -> Self {
        let mut left = stays.to_vec();
        let mut is_drawn = BTreeSet::new();
        for (home, people) in by_home(stays) {
            let most = most_at_once(&people);
            if most > crowd || people.len() > PEOPLE_OF_A_HOME_MAX {
                for (person, _) in &people {
                    left[*person as usize].retain(|stay| stay.home != home);
                }
            } else if most > group_max {
                is_drawn.insert(home);
            }
        }
        let mut shown = Self {
            drawn_least: group_max,
            ..Self::default()
        };
        let mut homes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (person, first) in (0u32..).zip(households(&left, usize::MAX)) {
            if left[person as usize].is_empty() {
                shown.bare.push(person);
            } else {
                homes.entry(first).or_default().push(person);
            }
        }
        for people in homes.into_values() {
            let mut stays = people.iter().flat_map(|person| &left[*person as usize]);
            if stays.any(|stay| is_drawn.contains(&stay.home)) {
                shown.drawn.push(people);
            } else {
                shown.whole.push(people);
            }
        }
        shown
    }
}

/// The stays that household keys show under such a rule, with the people of large homes drawn by lot.
pub(crate) fn drawn_by_lot(
    stays: &[Vec<Stay>],
    group_max: usize,
    crowd: usize,
    draws: &mut Draws,
) -> Vec<Vec<Stay>> {
    // The same order for all homes: one home has two keys.
    let order = draws.order(stays.len());
    let mut left = stays.to_vec();
    for (home, mut people) in by_home(stays) {
        let most = most_at_once(&people);
        if most <= group_max && people.len() <= PEOPLE_OF_A_HOME_MAX {
            continue;
        }
        let mut kept: Vec<(u32, Stay)> = Vec::new();
        people.sort_by_key(|(person, _)| order[*person as usize]);
        for (person, stay) in people {
            kept.push((person, stay));
            if most > crowd || most_at_once(&kept) > group_max {
                kept.pop();
                left[person as usize].retain(|stay| stay.home != home);
            }
        }
    }
    left
}

/// The people of each home.
pub(crate) fn by_home(stays: &[Vec<Stay>]) -> BTreeMap<[u8; 16], Vec<(u32, Stay)>> {
    let mut homes: BTreeMap<[u8; 16], Vec<(u32, Stay)>> = BTreeMap::new();
    for (row, own) in (0u32..).zip(stays) {
        for stay in own {
            homes.entry(stay.home).or_default().push((row, *stay));
        }
    }
    homes
}

/// The largest number of stays that share a month.
pub(crate) fn most_at_once(people: &[(u32, Stay)]) -> usize {
    // A largest group is there in the first month of some stay.
    let there = |month: u16| {
        let in_month = |(_, stay): &&(u32, Stay)| stay.from <= month && month <= stay.to;
        people.iter().filter(in_month).count()
    };
    people
        .iter()
        .map(|(_, stay)| there(stay.from))
        .max()
        .unwrap_or(0)
}

/// The groups of one to five records, by their first record.
pub(crate) fn groups_of(first: &[u32]) -> Vec<Vec<u32>> {
    let mut groups = all_groups_of(first);
    groups.retain(|group| group.len() <= HOUSEHOLD_MAX);
    groups
}

/// The groups of any size, by their first record.
pub(crate) fn all_groups_of(first: &[u32]) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row, home) in first.iter().enumerate() {
        groups.entry(*home).or_default().push(row as u32);
    }
    groups.into_values().collect()
}

/// Sets that are joined; each is known by its smallest member.
pub(crate) struct Sets {
    above: Vec<u32>,
}

impl Sets {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            above: (0..size as u32).collect(),
        }
    }

    pub(crate) fn first(&mut self, mut member: u32) -> u32 {
        while self.above[member as usize] != member {
            let next = self.above[self.above[member as usize] as usize];
            self.above[member as usize] = next;
            member = next;
        }
        member
    }

    pub(crate) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.above[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_who_lived_together_are_a_household() {
        let stay = |home: u8, from, to| Stay {
            home: [home; 16],
            from,
            to,
        };
        let stays = vec![
            vec![stay(1, 10, 20)],
            vec![stay(1, 15, 30), stay(2, 31, 40)],
            // Moved into the home after all had left.
            vec![stay(1, 31, 50)],
            vec![stay(2, 0, u16::MAX)],
            vec![],
        ];
        assert_eq!(households(&stays, 9), [0, 0, 2, 0, 4]);
        // Three people of one home are a crowd.
        assert_eq!(households(&stays, 2), [0, 1, 2, 1, 4]);
        assert_eq!(
            groups_of(&[0, 0, 2, 0, 4]),
            [vec![0, 1, 3], vec![2], vec![4]]
        );
    }

    #[test]
    fn a_list_says_what_household_keys_will_show() {
        let stay = |home: u8, from, to| Stay {
            home: [home; 16],
            from,
            to,
        };
        // Six at once in home 1, of whom one had another home later; two in home 2; seven in home 3; somebody without a home.
        let mut stays: Vec<Vec<Stay>> = (0..6).map(|_| vec![stay(1, 10, 20)]).collect();
        stays[5].push(stay(4, 30, 40));
        stays.extend((0..2).map(|_| vec![stay(2, 10, 20)]));
        stays.extend((0..7).map(|_| vec![stay(3, 10, 20)]));
        stays.push(Vec::new());
        let strict = Shown::of(&stays, 5, 5);
        assert_eq!(strict.whole, [vec![5], vec![6, 7]]);
        assert!(strict.drawn.is_empty());
        assert_eq!(strict.bare, [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15]);
        let drawn = Shown::of(&stays, 5, 6);
        assert_eq!(drawn.drawn, [vec![0, 1, 2, 3, 4, 5]]);
        assert_eq!(drawn.whole, [vec![6, 7]]);
        assert_eq!((drawn.drawn_least, drawn.bare.len()), (5, 8));
        // Sixteen one after another show nobody, five do.
        let passing = |n: u16| -> Vec<Vec<Stay>> {
            (0..n)
                .map(|at| vec![stay(9, at * 10, at * 10 + 5)])
                .collect()
        };
        assert_eq!(Shown::of(&passing(16), 5, 8).bare.len(), 16);
        assert_eq!(Shown::of(&passing(5), 5, 8).whole.len(), 5);
    }

    #[test]
    fn as_many_as_may_be_are_drawn() {
        let stay = |home: u8| Stay {
            home: [home; 16],
            from: 10,
            to: 20,
        };
        // Seven people with two keys for one home, two in another, nine in a third.
        let mut stays: Vec<Vec<Stay>> = (0..7).map(|_| vec![stay(1), stay(2)]).collect();
        stays.extend((0..2).map(|_| vec![stay(3)]));
        stays.extend((0..9).map(|_| vec![stay(4)]));
        let shown = drawn_by_lot(&stays, 5, 8, &mut Draws::new(&[3; 32], "lots"));
        let both = shown[..7].iter().filter(|own| own.len() == 2).count();
        let none = shown[..7].iter().filter(|own| own.is_empty()).count();
        assert_eq!((both, none), (5, 2));
        assert!(shown[7..9].iter().all(|own| own.len() == 1));
        assert!(shown[9..].iter().all(Vec::is_empty));
    }
}
