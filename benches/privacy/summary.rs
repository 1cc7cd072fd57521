//! Results of all boroughs together.

use std::collections::BTreeMap;

use kinfold_benches::open::layouts;
use kinfold_release::Share;

use crate::attacks::{Attack, USUAL};
use crate::kept::{Attacked, Linked};
use crate::schemes::Scheme;

/// What an attack reached over all boroughs of a size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reached {
    /// Boroughs.
    pub files: u64,
    /// Named, of so many.
    pub named: u64,
    /// Of how many.
    pub of: u64,
    /// Rightly named among the surest tenth.
    pub sure: u64,
    /// The surest tenth.
    pub sure_of: u64,
    /// What guesses name, as a share.
    pub chance: f64,
}

impl Reached {
    fn add(&mut self, more: &Attacked) {
        let expected = self.chance * self.of as f64 + more.chance * more.of as f64;
        self.files += 1;
        self.named += more.named;
        self.of += more.of;
        self.sure += more.sure;
        self.sure_of += more.sure_of;
        self.chance = expected / self.of.max(1) as f64;
    }

    /// The share with its bounds.
    pub fn share(&self) -> Share {
        Share::new(self.named, self.of)
    }

    /// Named beyond what guesses name, and at most.
    pub fn beyond_chance(&self) -> (f64, f64) {
        let share = self.share();
        let beyond = |value: f64| (value - self.chance).max(0.0);
        (beyond(share.share), beyond(share.upper))
    }
}

/// One scheme.
pub struct Point<'a> {
    /// The scheme.
    pub scheme: &'a Scheme,
    /// F1 by set.
    pub f1: BTreeMap<String, f64>,
    /// By size and attack.
    pub reached: BTreeMap<(usize, String), Reached>,
}

/// A set without birth dates: no filter of names and birth date can be made there.
pub const WITHOUT_DATES: &str = "anonlink_ncvr3_ocp0";

impl Point<'_> {
    /// Mean F1 of the sets with birth dates, when all of them were linked.
    pub fn f1(&self, sets: &[String]) -> Option<f64> {
        let with_dates = || sets.iter().filter(|set| *set != WITHOUT_DATES);
        let all: Option<Vec<f64>> = with_dates().map(|set| self.f1.get(set).copied()).collect();
        let all = all.filter(|all| !all.is_empty())?;
        Some(all.iter().sum::<f64>() / all.len() as f64)
    }

    /// What the attack of a kind that reached most beyond chance reached, by its upper bound. Nothing when graph matching, which takes too much
    /// memory for a file of this size, opens the scheme at a smaller one: what the other attacks reach would mislead.
    pub fn worst(&self, size: usize, kind: impl Fn(Attack) -> bool) -> Option<(Attack, Reached)> {
        let graphs = |own: usize| self.reached.get(&(own, Attack::Graph.id()));
        let opened = graphs(USUAL).is_some_and(|reached| reached.share().share > 0.01);
        if kind(Attack::Graph) && opened && graphs(size).is_none() {
            return None;
        }
        // With an attack that is still to be run the worst is not known.
        let is_missing = |attack: &Attack| {
            kind(*attack)
                && *attack != Attack::Graph
                && attack.applies(self.scheme, size)
                && !self.reached.contains_key(&(size, attack.id()))
        };
        if Attack::ALL.iter().any(is_missing) {
            return None;
        }
        let tried = Attack::ALL
            .into_iter()
            .filter(|attack| kind(*attack))
            .filter_map(|attack| Some((attack, *self.reached.get(&(size, attack.id()))?)));
        tried.max_by(|a, b| a.1.beyond_chance().1.total_cmp(&b.1.beyond_chance().1))
    }
}

/// Nobody is known and there is one list of the population: what is drawn. In the tables alone are those who need more than the codes and a
/// list of the population, and reach so much whatever the filter is that nothing else would be seen: both custodians' lists to the letter, and
/// weighing which keys agree with a partner's.
pub fn nobody_known(attack: Attack) -> bool {
    let in_tables = [Attack::KeysBothLists, Attack::KeysWeighed];
    !attack.knows_people() && !in_tables.contains(&attack)
}

/// A thousand are known, in whatever way.
pub fn thousand_known(attack: Attack) -> bool {
    matches!(attack, Attack::Known(1_000, _))
}

/// Everything.
pub struct Summary<'a> {
    /// In the order of schemes.
    pub points: Vec<Point<'a>>,
    /// Sets that were linked, in order.
    pub sets: Vec<String>,
}

impl<'a> Summary<'a> {
    /// Adds up all boroughs.
    pub fn new(schemes: &'a [Scheme], linked: &[Linked], attacked: &[Attacked]) -> Self {
        let points = schemes.iter().map(|scheme| {
            let mut reached: BTreeMap<(usize, String), Reached> = BTreeMap::new();
            for row in attacked.iter().filter(|row| row.scheme == scheme.id) {
                let own = reached.entry((row.size, row.attack.clone()));
                own.or_default().add(row);
            }
            Point {
                scheme,
                f1: linked
                    .iter()
                    .filter(|row| row.scheme == scheme.id)
                    .map(|row| (row.set.clone(), row.f1))
                    .collect(),
                reached,
            }
        });
        let mut sets: Vec<String> = layouts()
            .iter()
            .map(|layout| layout.name.to_owned())
            .collect();
        sets.push("borough".to_owned());
        sets.retain(|set| linked.iter().any(|row| row.set == *set));
        Self {
            points: points.collect(),
            sets,
        }
    }

    /// Sizes that were attacked.
    pub fn sizes(&self) -> Vec<usize> {
        let all = self.points.iter().flat_map(|point| point.reached.keys());
        let sizes: std::collections::BTreeSet<usize> = all.map(|(size, _)| *size).collect();
        sizes.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boroughs_are_added_up_by_hand() {
        let row = |named, of, chance| Attacked {
            scheme: "plain".to_owned(),
            hash: String::new(),
            size: 100,
            seed: 1,
            attack: "likeness".to_owned(),
            named,
            of,
            named_all: named,
            of_all: of,
            sure: 1,
            sure_of: 2,
            chance,
        };
        let mut sum = Reached::default();
        sum.add(&row(5, 100, 0.01));
        sum.add(&row(10, 300, 0.03));
        assert_eq!(
            (sum.files, sum.named, sum.of, sum.sure, sum.sure_of),
            (2, 15, 400, 2, 4)
        );
        // (1 + 9) of 400 by guesses.
        assert!((sum.chance - 0.025).abs() < 1e-12);
        assert!((sum.beyond_chance().0 - 0.0125).abs() < 1e-12);
        assert!(sum.beyond_chance().1 > 0.0125);
    }
}
