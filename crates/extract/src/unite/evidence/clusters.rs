//! From odds of pairs to people, without chaining the unlike.

use super::facts::Comparer;
use super::model::Model;
use super::{Before, Found, People};
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
    pub(super) before: &'a Before<'a>,
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
        if lefts.len() > 1 || rights.len() > 1 {
            let own = |group: &[u32]| -> Vec<&Brief> {
                let some = some(group.iter().copied(), self.prints);
                some.map(|person| self.people.brief(person)).collect()
            };
            let odds = self.each_with_each(&own(lefts), &own(rights));
            if odds.iter().flatten().sum::<f64>() < 0.0 {
                return false;
            }
        }
        let before = |units: &[u32]| -> Vec<&Brief> {
            let people = units.iter().map(|unit| self.before.people.of_unit(*unit));
            let people: BTreeSet<u32> = people.collect();
            let some = some(people.into_iter(), &self.before.prints);
            some.map(|person| self.before.people.brief(person))
                .collect()
        };
        let (lefts, rights): (Vec<&Brief>, Vec<&Brief>) =
            (before(&left_units), before(&right_units));
        if lefts.len() == 1 || rights.len() == 1 {
            return true;
        }
        // Of two groups that evidence made the best of all values is compared, and the more rows they have, the sooner some of these agree by
        // chance. So the people whom the rules left must each know somebody on the other side, on average.
        let odds = self.each_with_each(&lefts, &rights);
        let best = |odds: &mut dyn Iterator<Item = f64>| odds.fold(-WEIGHT_MAX, f64::max);
        let of_lefts = odds.iter().map(|row| best(&mut row.iter().copied()));
        let of_rights = (0..rights.len()).map(|at| best(&mut odds.iter().map(|row| row[at])));
        of_lefts.chain(of_rights).sum::<f64>() >= 0.0
    }

    /// The log odds of each two, none of them more than [`WEIGHT_MAX`] either way, and less than any number where something forbids them.
    fn each_with_each(&self, lefts: &[&Brief], rights: &[&Brief]) -> Vec<Vec<f64>> {
        let of = |left: &Brief, right: &Brief| {
            let pattern = self.comparer.compare(left, right);
            if pattern.is_forbidden() {
                return f64::NEG_INFINITY;
            }
            let odds = self.model.log_odds(pattern);
            odds.clamp(-WEIGHT_MAX, WEIGHT_MAX)
        };
        let rows = lefts.iter();
        rows.map(|left| rights.iter().map(|right| of(left, right)).collect())
            .collect()
    }
}

/// The first [`MEMBERS`] people in the order of their fingerprints.
fn some(people: impl Iterator<Item = u32>, prints: &[u64]) -> impl Iterator<Item = u32> {
    let mut people: Vec<u32> = people.collect();
    people.sort_unstable_by_key(|person| prints[*person as usize]);
    people.truncate(MEMBERS);
    people.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unite::brief::Briefs;
    use crate::unite::care::{Apart, Care};
    use crate::unite::evidence::tests::{row, town};
    use crate::unite::evidence::together::Together;
    use crate::unite::evidence::{Counts, Ground};
    use crate::unite::likeness::Memo;
    use crate::unite::values::Values;

    /// Of two people whose rows evidence brought together: whether all their values taken together look like one person's, and whether they come
    /// together.
    fn looks_and_agrees(ones: [&str; 3], others: [&str; 3]) -> (bool, bool) {
        let mut values = Values::new();
        let texts = ones.into_iter().chain(others).enumerate();
        let rows = texts.map(|(at, text)| row(at, text)).chain(town());
        let units = rows.map(|row| Brief::of(&row.person, &mut values));
        let units: Vec<Brief> = units.collect();
        let prints: Vec<u64> = (0..units.len() as u64).collect();
        let alone = Groups::new(units.len());
        let mut groups = alone.clone();
        for unit in [1, 2] {
            groups.join(0, unit);
            groups.join(3, 3 + unit);
        }
        let briefs = Briefs { values, units };
        let apart = Apart::default();
        let people = |groups| People::of(&briefs, groups, &apart, Care::BENCH, &prints, &[]);
        let (before, people) = (Before::of(people(&alone)), people(&groups));
        let (memo, ground) = (Memo::new(), Ground::of(&people));
        let comparer = ground.comparer(&people, &memo);
        // As if the file had three hundred pairs of one person who agree in all.
        let same = comparer.compare(people.brief(2), people.brief(2));
        let (same, none) = (Counts::from([(same, 300)]), Counts::new());
        let together = Together::count(|person| people.brief(person), comparer, &ground.prints);
        let weighed = Weighed {
            before: &before,
            people: &people,
            comparer,
            model: &Model::learn(&same, &none, together, prints.len()),
            prints: &ground.prints,
        };
        let pattern = comparer.compare(people.brief(0), people.brief(1));
        let looks = weighed.model.log_odds(pattern) > Care::BENCH.log_odds();
        (looks, weighed.agree(&[0], &[1]))
    }

    #[test]
    fn the_best_of_all_values_of_two_people_does_not_make_them_one() {
        // A row of each has the names in each other's column, so as a whole both are called Zebedee and have the family name Zebedee, which nobody else has; and a misread year makes
        // two of their birth dates a slip apart.
        let stubbs = [
            "Zebedee|Stubbs|26/05/1989|M|150 Heard Street|",
            "Stubbs|Zebedee|26/05/1989|M|150 Heard Street|",
            "|Stubbs|26/05/1953|M|150 Heard Street|",
        ];
        let browne = [
            "Zebedee|Browne|25/08/1953|M|23 Hartley Street|",
            "Browne|Zebedee|25/08/1953|M|23 Hartley Street|",
            "|Browne|25/05/1953|M|23 Hartley Street|",
        ];
        assert_eq!(looks_and_agrees(stubbs, browne), (true, false));
    }

    #[test]
    fn rows_of_one_person_that_came_together_apart_are_one() {
        let some = [
            "Zebedee|Stubbs|26/05/1989|M|150 Heard Street|",
            "Stubbs|Zebedee|26/05/1989|M|150 Heard Street|",
            "Zebedee|Stubs|26/05/1989|M|150 Heard Street|",
        ];
        let others = [
            "Zebedee|Stubbs|26/05/1983|M|23 Hartley Street|",
            "Zebede|Stubbs|26/05/1983|M|23 Hartley Street|",
            "Zebedee|Stubbs|26/05/1983|M||",
        ];
        assert_eq!(looks_and_agrees(some, others), (true, true));
    }
}
