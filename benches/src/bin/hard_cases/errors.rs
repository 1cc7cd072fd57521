//! The classes of error: which records of one person were not put together, whom places of many households joined, and what a tie of parent
//! and child would add.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::{Households, Linked, Pair, RecordId, Verdict};
use kinfold_schema::{FLAG_DO_NOT_LINK, FLAG_WITHHELD, Field};

use crate::demo::Demo;

/// How many classes are printed, the largest first.
const CLASSES: usize = 14;
/// Places of many households, as the planted cases name them.
const COMMUNAL: [&str; 3] = ["care-home", "hostel", "refuge"];

/// A result, its records joined with the truth.
pub struct Errors<'a> {
    demo: &'a Demo,
    linked: &'a Linked,
    /// Records of each entity.
    records: BTreeMap<&'a str, Vec<RecordId>>,
    entity_of: BTreeMap<RecordId, &'a str>,
    person_of: BTreeMap<RecordId, usize>,
    /// Found households of each person.
    households_of: Vec<BTreeSet<usize>>,
}

impl<'a> Errors<'a> {
    /// Joins result and truth.
    pub fn new(demo: &'a Demo, linked: &'a Linked, households: &'a Households) -> Self {
        let mut errors = Self {
            demo,
            linked,
            records: BTreeMap::new(),
            entity_of: BTreeMap::new(),
            person_of: BTreeMap::new(),
            households_of: vec![BTreeSet::new(); linked.people.len()],
        };
        for (person, cluster) in linked.people.iter().enumerate() {
            for &id in &cluster.members {
                errors.person_of.insert(id, person);
                let reference = demo.sets[id.set as usize].table.record_ref[id.row as usize];
                if let Some(entity) = demo.entity.get(&reference) {
                    errors.records.entry(entity).or_default().push(id);
                    errors.entity_of.insert(id, entity);
                }
            }
        }
        for (index, household) in households.households.iter().enumerate() {
            for member in &household.members {
                errors.households_of[member.person].insert(index);
            }
        }
        errors
    }

    /// Prints all classes.
    pub fn print(&self) {
        self.communal();
        self.ties();
        let mut missed: BTreeMap<String, usize> = BTreeMap::new();
        for own in self.records.values() {
            for (position, &a) in own.iter().enumerate() {
                for &b in &own[position + 1..] {
                    let (x, y) = (self.person_of[&a], self.person_of[&b]);
                    if x != y {
                        let apart = self.households_of[x].is_disjoint(&self.households_of[y]);
                        let home = if apart { "apart" } else { "one household" };
                        let class = format!("{} | {home}", self.class(a, b));
                        *missed.entry(class).or_default() += 1;
                    }
                }
            }
        }
        table(
            "missed pairs of records of one person | their households",
            missed,
        );
        let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
        for pair in &self.linked.pairs {
            let together = self.person_of[&pair.left] == self.person_of[&pair.right];
            if together && self.entity_of.get(&pair.left) != self.entity_of.get(&pair.right) {
                *wrong.entry(levels(pair)).or_default() += 1;
            }
        }
        table("wrong pairs of records in one person", wrong);
    }

    /// Entities of one communal place who are in one found household and in no true one.
    fn communal(&self) {
        let truth = self.true_households();
        for case in COMMUNAL {
            let planted: BTreeSet<&str> = self
                .demo
                .cases
                .iter()
                .filter(|planted| planted.case == case)
                .map(|planted| planted.entity.as_str())
                .collect();
            let planted: Vec<&str> = planted.into_iter().collect();
            let joined = pairs(&planted)
                .filter(|&(a, b)| disjoint(&truth, a, b) && self.share_household(a, b))
                .count();
            println!(
                "{case}: {} people, {joined} pairs of strangers in one household",
                planted.len()
            );
        }
    }

    /// How many pairs of parent and child are in no household together although one custodian holds both and nothing about either is
    /// protected: what a tie that custodians send could add.
    fn ties(&self) {
        let protected = |entity: &str| {
            self.records.get(entity).into_iter().flatten().any(|id| {
                let flags = self.demo.sets[id.set as usize].table.flags[id.row as usize];
                flags & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0
            })
        };
        let sets = |entity: &str| -> BTreeSet<u32> {
            let own = self.records.get(entity).into_iter().flatten();
            own.map(|id| id.set).collect()
        };
        let mut members: BTreeMap<&str, Vec<(&str, &str, bool)>> = BTreeMap::new();
        for m in &self.demo.memberships {
            let own = members.entry(&m.household).or_default();
            own.push((&m.entity, &m.role, m.past));
        }
        let (mut all, mut large, mut left, mut other) = (0, 0, 0, 0);
        for own in members.values() {
            for &(parent, _, parent_left) in own.iter().filter(|m| m.1 == "parent") {
                for &(child, _, child_left) in own.iter().filter(|m| m.1 == "child") {
                    all += 1;
                    let both = !sets(parent).is_disjoint(&sets(child));
                    let found = self.share_household(parent, child);
                    if found || !both || protected(parent) || protected(child) {
                        continue;
                    }
                    if parent_left || child_left {
                        left += 1;
                    } else if own.len() > 5 {
                        large += 1;
                    } else {
                        other += 1;
                    }
                }
            }
        }
        println!(
            "parent and child in no household together, held by one custodian: {large} in families of six and more, {left} after \
             one has left, {other} others, of {all} pairs"
        );
    }

    fn true_households(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut truth: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for m in &self.demo.memberships {
            truth.entry(&m.entity).or_default().insert(&m.household);
        }
        truth
    }

    fn share_household(&self, a: &str, b: &str) -> bool {
        let of = |entity: &str| -> BTreeSet<usize> {
            let own = self.records.get(entity).into_iter().flatten();
            own.flat_map(|id| self.households_of[self.person_of[id]].iter().copied())
                .collect()
        };
        !of(a).is_disjoint(&of(b))
    }

    fn class(&self, a: RecordId, b: RecordId) -> String {
        let ends = (a.min(b), a.max(b));
        let found = self
            .linked
            .pairs
            .binary_search_by_key(&ends, |pair| (pair.left, pair.right));
        match found {
            Ok(at) => levels(&self.linked.pairs[at]),
            Err(_) if a.set == b.set => "two rows of one custodian".to_owned(),
            Err(_) => "no candidate".to_owned(),
        }
    }
}

fn pairs<'a>(of: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    of.iter()
        .enumerate()
        .flat_map(move |(position, &a)| of[position + 1..].iter().map(move |&b| (a, b)))
}

fn disjoint(truth: &BTreeMap<&str, BTreeSet<&str>>, a: &str, b: &str) -> bool {
    let none = BTreeSet::new();
    let of = |entity: &str| truth.get(entity).unwrap_or(&none);
    of(a).is_disjoint(of(b))
}

fn levels(pair: &Pair) -> String {
    let verdict = match pair.verdict {
        Verdict::Vetoed(_) => "vetoed".to_owned(),
        other => format!("{other:?}"),
    };
    let level = |field| pair.agreement.level(field);
    format!(
        "{verdict}, birth {} first {} last {} place {}{}",
        level(Field::Birth),
        level(Field::First),
        level(Field::Last),
        level(Field::Place),
        if pair.same_home { ", one home" } else { "" }
    )
}

fn table(title: &str, classes: BTreeMap<String, usize>) {
    let mut classes: Vec<(usize, String)> =
        classes.into_iter().map(|(name, n)| (n, name)).collect();
    classes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let all: usize = classes.iter().map(|class| class.0).sum();
    println!("\n{title}: {all}");
    for (count, name) in classes.iter().take(CLASSES) {
        println!("| {name} | {count} |");
    }
    let rest: usize = classes.iter().skip(CLASSES).map(|class| class.0).sum();
    if rest > 0 {
        println!("| others | {rest} |");
    }
}
