//! Households: who lives together, on the list and as household keys show it.

use std::collections::BTreeMap;

use crate::file::Stay;

/// Larger groups are no households: nobody is matched by them.
pub(crate) const HOUSEHOLD_MAX: usize = 5;

/// For each record the smallest number among the records of its household: those that share a home at one time, directly or through others.
/// Homes of more than `crowd` people at all are left out.
pub(crate) fn households(stays: &[Vec<Stay>], crowd: usize) -> Vec<u32> {
    let mut homes: BTreeMap<[u8; 16], Vec<(u32, Stay)>> = BTreeMap::new();
    for (row, own) in stays.iter().enumerate() {
        for stay in own {
            homes
                .entry(stay.home)
                .or_default()
                .push((row as u32, *stay));
        }
    }
    let mut sets = Sets::new(stays.len());
    for people in homes
        .values()
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
    (0..stays.len() as u32).map(|row| sets.first(row)).collect()
}

/// The groups of two to five records, by their first record.
pub(crate) fn groups_of(first: &[u32]) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row, home) in first.iter().enumerate() {
        groups.entry(*home).or_default().push(row as u32);
    }
    groups
        .into_values()
        .filter(|group| group.len() <= HOUSEHOLD_MAX)
        .collect()
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
}
