//! From odds of pairs to people, without chaining the unlike.

use super::facts::Comparer;
use super::model::Model;
use super::{Found, People};
use crate::unite::Doubt;
use crate::unite::brief::{Brief, List};
use crate::unite::compare::Two;
use crate::unite::groups::Groups;
use crate::unite::judge::never_one;
use std::collections::BTreeSet;

/// A pair counts for the average of its two groups with at most these log odds, either way: one pair that is beyond doubt must not
/// outvote several that are clearly two people, nor the other way round.
const WEIGHT_MAX: f64 = 8.0;
/// So many of each group are compared with each other.
const MEMBERS: usize = 8;
/// Units of each group that are held against each other for what forbids.
const UNITS: usize = 64;

/// Two people and the odds that they are one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    log_odds: f64,
    /// Whether that is enough to bring the two together.
    sure: bool,
    /// The lower and the higher fingerprint.
    prints: [u64; 2],
    pair: [u32; 2],
}

impl Edge {
    pub(super) fn new(log_odds: f64, sure: bool, pair: [u32; 2], prints: &[u64]) -> Self {
        let [one, other] = pair.map(|person| prints[person as usize]);
        Self {
            log_odds,
            sure,
            prints: [one.min(other), one.max(other)],
            pair,
        }
    }
}

/// All that is needed to weigh pairs that were no candidates.
pub(super) struct Weighed<'a> {
    pub(super) people: &'a People<'a>,
    pub(super) comparer: Comparer<'a>,
    pub(super) model: &'a Model,
    pub(super) prints: &'a [u64],
}

impl Weighed<'_> {
    /// Brings people together, the surest pairs first.
    pub(super) fn cluster(&self, mut edges: Vec<Edge>) -> Found {
        edges.sort_unstable_by(|one, other| {
            let by_odds = other.log_odds.total_cmp(&one.log_odds);
            by_odds.then_with(|| (one.prints, one.pair).cmp(&(other.prints, other.pair)))
        });
        let mut groups = Groups::new(self.people.len());
        let mut found = Found::default();
        // Two groups that do not agree are not asked again for every pair of theirs.
        let mut apart = BTreeSet::new();
        for edge in edges {
            let [left, right] = edge.pair;
            if groups.find(left) == groups.find(right) {
                continue;
            }
            let units = edge.pair.map(|person| self.people.firsts[person as usize]);
            let doubt = |why| {
                let members = edge.pair.map(|person| self.people.members(person));
                if self.people.apart.own_ids_differ(&members[0], &members[1]) {
                    (units[0], units[1], Doubt::TwoOwnIds)
                } else {
                    (units[0], units[1], why)
                }
            };
            if !edge.sure {
                found.doubts.push(doubt(Doubt::Likely));
                continue;
            }
            let (lefts, rights) = (groups.members(left), groups.members(right));
            if self.could_be_either_twin(&lefts, &rights) {
                found.doubts.push(doubt(Doubt::Twins));
                continue;
            }
            // Groups only grow, so the lowest member and the size say which group it is.
            let name = |person: u32, members: &[u32]| (groups.find(person), members.len());
            let two = (name(left, &lefts), name(right, &rights));
            let two = (two.0.min(two.1), two.0.max(two.1));
            if !apart.contains(&two) && self.agree(&lefts, &rights) {
                groups.join(left, right);
                found.joins.push((units[0], units[1]));
            } else {
                apart.insert(two);
                found.doubts.push(doubt(Doubt::Chain));
            }
        }
        found
    }

    /// Whether one of two groups has no first name and the other is one of twins. All that the two have in common, the other twin has too: a baby
    /// that has no name yet, a row whose first name is lost. Half of such unions would put one twin's history on the other.
    fn could_be_either_twin(&self, lefts: &[u32], rights: &[u32]) -> bool {
        let people = self.people;
        let mut groups = [(lefts, rights), (rights, lefts)].into_iter();
        groups.any(|(one, other)| {
            let mut nameless = one
                .iter()
                .map(|person| people.brief(*person).list(List::First));
            nameless.all(<[u32]>::is_empty) && other.iter().any(|person| people.is_twin(*person))
        })
    }

    /// Whether two groups agree on average, and nothing forbids that they are one.
    fn agree(&self, lefts: &[u32], rights: &[u32]) -> bool {
        let briefs = self.people.briefs;
        let members = |group: &[u32]| -> Vec<u32> {
            let members = group.iter().map(|person| self.people.members(*person));
            members.flatten().collect()
        };
        let (left_units, right_units) = (members(lefts), members(rights));
        let apart = self.people.apart;
        if apart.own_ids_differ(&left_units, &right_units)
            || apart.are_decided_two(&left_units, &right_units)
        {
            return false;
        }
        let units = |group: &[u32]| -> Vec<&Brief> {
            let units = group.iter().flat_map(|person| self.people.members(*person));
            let units = units.take(UNITS);
            units.map(|unit| &briefs.units[unit as usize]).collect()
        };
        let (one, other) = (units(lefts), units(rights));
        let never = |left, right| {
            never_one(Two {
                values: &briefs.values,
                left,
                right,
            })
        };
        if one
            .iter()
            .any(|one| other.iter().any(|other| never(one, other)))
        {
            return false;
        }
        if lefts.len() == 1 && rights.len() == 1 {
            return true;
        }
        let some = |group: &[u32]| -> Vec<&Brief> {
            let mut group = group.to_vec();
            group.sort_unstable_by_key(|person| self.prints[*person as usize]);
            group.truncate(MEMBERS);
            let people = group.iter();
            people.map(|person| self.people.brief(*person)).collect()
        };
        let (lefts, rights) = (some(lefts), some(rights));
        let mut sum = 0.0;
        for left in &lefts {
            for right in &rights {
                let pattern = self.comparer.compare(left, right);
                if pattern.is_forbidden() {
                    return false;
                }
                sum += self.model.log_odds(pattern).clamp(-WEIGHT_MAX, WEIGHT_MAX);
            }
        }
        sum >= 0.0
    }
}
