//! Where household pairs are lost and where false ones come from, a cause for each, weighed by records as `kinfold-hub evaluate` counts them.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::{Households, Linked};
use kinfold_schema::{FLAG_DO_NOT_LINK, FLAG_WITHHELD, HOUSEHOLD_NONE, Token};

use crate::demo::Demo;

/// Records of one true person that were put to one found person (none: the custodian left them out).
type Unit<'a> = (&'a str, Option<usize>);

/// What the causes are read from.
pub struct Causes<'a> {
    linked: &'a Linked,
    /// Records of each unit.
    units: BTreeMap<Unit<'a>, u64>,
    /// Units of each true person, and of each found one.
    of_entity: BTreeMap<&'a str, Vec<Unit<'a>>>,
    of_person: BTreeMap<usize, Vec<Unit<'a>>>,
    /// Found households of each person, and people of each found household.
    homes_of: Vec<BTreeSet<usize>>,
    people_of: Vec<Vec<usize>>,
    /// The same with past members.
    ever_of: Vec<BTreeSet<usize>>,
    /// True memberships: households of each person, people of each household, and who of them has left.
    true_of: BTreeMap<&'a str, BTreeSet<&'a str>>,
    members_of: BTreeMap<&'a str, BTreeSet<&'a str>>,
    left: BTreeSet<(&'a str, &'a str)>,
    /// Households of each person, past ones too.
    ever_true: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Released household keys of each true person.
    keys: BTreeMap<&'a str, BTreeSet<Token>>,
    protected: BTreeSet<&'a str>,
}

impl<'a> Causes<'a> {
    /// Joins result and truth, of all times or of now alone.
    pub fn new(demo: &'a Demo, linked: &'a Linked, households: &'a Households, now: bool) -> Self {
        let mut person_of: BTreeMap<[u8; 16], usize> = BTreeMap::new();
        for (person, cluster) in linked.people.iter().enumerate() {
            for id in &cluster.members {
                let table = &demo.sets[id.set as usize].table;
                person_of.insert(table.record_ref[id.row as usize], person);
            }
        }
        let mut causes = Self {
            linked,
            units: BTreeMap::new(),
            of_entity: BTreeMap::new(),
            of_person: BTreeMap::new(),
            homes_of: vec![BTreeSet::new(); linked.people.len()],
            people_of: Vec::new(),
            ever_of: vec![BTreeSet::new(); linked.people.len()],
            ever_true: BTreeMap::new(),
            true_of: BTreeMap::new(),
            members_of: BTreeMap::new(),
            left: BTreeSet::new(),
            keys: BTreeMap::new(),
            protected: BTreeSet::new(),
        };
        for (reference, entity) in &demo.rows {
            let person = reference.and_then(|reference| person_of.get(&reference).copied());
            *causes.units.entry((entity, person)).or_default() += 1;
        }
        for &unit in causes.units.keys() {
            causes.of_entity.entry(unit.0).or_default().push(unit);
            if let Some(person) = unit.1 {
                causes.of_person.entry(person).or_default().push(unit);
            }
        }
        for (index, household) in households.households.iter().enumerate() {
            let there = || household.members.iter().filter(|m| m.current || !now);
            causes.people_of.push(there().map(|m| m.person).collect());
            for member in there() {
                causes.homes_of[member.person].insert(index);
            }
            for member in &household.members {
                causes.ever_of[member.person].insert(index);
            }
        }
        for m in &demo.memberships {
            let ever = causes.ever_true.entry(&m.entity).or_default();
            ever.insert(&m.household);
            if m.past && now {
                continue;
            }
            causes
                .true_of
                .entry(&m.entity)
                .or_default()
                .insert(&m.household);
            causes
                .members_of
                .entry(&m.household)
                .or_default()
                .insert(&m.entity);
            if m.past {
                causes.left.insert((&m.household, &m.entity));
            }
        }
        let slots = demo.schema.household_slots();
        for set in &demo.sets {
            for row in 0..set.table.len() {
                let Some(entity) = demo.entity.get(&set.table.record_ref[row]) else {
                    continue;
                };
                if set.table.flags[row] & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0 {
                    causes.protected.insert(entity);
                }
                let keys = &set.table.household[row * slots..(row + 1) * slots];
                let released = keys.iter().filter(|key| key.kind != HOUSEHOLD_NONE);
                let own = causes.keys.entry(entity).or_default();
                own.extend(released.map(|key| key.token));
            }
        }
        causes
    }

    /// Prints the tables.
    pub fn print(&self, title: &str) {
        let (missed, all) = self.missed();
        let (wrong, found) = self.wrong();
        println!("\n{title}: {all} true, {found} found");
        println!("| cause | missed | of true |\n|---|---|---|");
        print_shares(missed, all);
        println!("| cause | false | of found |\n|---|---|---|");
        print_shares(wrong, found);
    }

    fn missed(&self) -> (BTreeMap<&'static str, u64>, u64) {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        let (mut counts, mut all) = (BTreeMap::new(), 0);
        for (household, members) in &self.members_of {
            let members: Vec<&str> = members.iter().copied().collect();
            for (position, &a) in members.iter().enumerate() {
                for &b in &members[position + 1..] {
                    if !seen.insert((a, b)) {
                        continue;
                    }
                    let cause = self.why_missed(household, a, b);
                    for (x, y) in self.pairs_of(a, b) {
                        let weight = self.units[&x] * self.units[&y];
                        all += weight;
                        if !self.together(x, y) {
                            let cause = match (x.1, y.1) {
                                (Some(x), Some(y)) if x == y => "two people taken as one",
                                (Some(_), Some(_)) => cause,
                                _ => "a record that was left out",
                            };
                            *counts.entry(cause).or_default() += weight;
                        }
                    }
                }
            }
        }
        (counts, all)
    }

    /// Why two members of a household are in none together.
    fn why_missed(&self, household: &'a str, a: &'a str, b: &'a str) -> &'static str {
        let none = BTreeSet::new();
        let keys = |entity: &str| self.keys.get(entity).unwrap_or(&none);
        let left = [a, b].iter().any(|&e| self.left.contains(&(household, e)));
        let large = self.members_of[household].len() > 5;
        if self.pairs_of(a, b).any(|(x, y)| self.together(x, y)) {
            return "other records of the two are together: a person in parts";
        }
        let apart = |(x, y): (Unit<'_>, Unit<'_>)| match (x.1, y.1) {
            (Some(x), Some(y)) => self.ever_of[x].is_disjoint(&self.ever_of[y]),
            _ => true,
        };
        if !self.pairs_of(a, b).all(apart) {
            return "together, and taken as past for one";
        }
        if self.protected.contains(a) || self.protected.contains(b) {
            return "protected or not to be linked, by design";
        }
        if !keys(a).is_disjoint(keys(b)) {
            return "one key on both, and kept apart";
        }
        if keys(a).is_empty() || keys(b).is_empty() {
            return match (left, large) {
                (true, _) => "somebody without any key: left the household",
                (_, true) => "somebody without any key: six people and more",
                _ => "somebody without any key: others",
            };
        }
        let through = self.members_of[household]
            .iter()
            .any(|&third| !keys(a).is_disjoint(keys(third)) && !keys(b).is_disjoint(keys(third)));
        match (through, left, large) {
            (true, true, _) => "keys of different homes, a third has both: one left",
            (true, _, true) => "keys of different homes, a third has both: six and more",
            (true, ..) => "keys of different homes, a third has both: others",
            (_, true, _) => "keys of different homes: one left",
            (_, _, true) => "keys of different homes: six and more",
            _ => "keys of different homes: others",
        }
    }

    fn wrong(&self) -> (BTreeMap<&'static str, u64>, u64) {
        let mut seen: BTreeSet<(Unit<'_>, Unit<'_>)> = BTreeSet::new();
        let (mut counts, mut all) = (BTreeMap::new(), 0);
        for people in &self.people_of {
            for (position, p) in people.iter().enumerate() {
                for q in &people[position + 1..] {
                    let none = Vec::new();
                    for &x in self.of_person.get(p).unwrap_or(&none) {
                        for &y in self.of_person.get(q).unwrap_or(&none) {
                            if !seen.insert((x.min(y), x.max(y))) {
                                continue;
                            }
                            let weight = self.units[&x] * self.units[&y];
                            all += weight;
                            if let Some(cause) = self.why_wrong(x, y) {
                                *counts.entry(cause).or_default() += weight;
                            }
                        }
                    }
                }
            }
        }
        (counts, all)
    }

    /// Why two units are in one found household that are in no true one.
    fn why_wrong(&self, x: Unit<'a>, y: Unit<'a>) -> Option<&'static str> {
        let none = BTreeSet::new();
        let own = |unit: Unit<'a>| self.true_of.get(unit.0).unwrap_or(&none);
        if x.0 == y.0 {
            return Some("one person in two parts, both in the household");
        }
        if !own(x).is_disjoint(own(y)) {
            return None;
        }
        let ever = |unit: Unit<'a>| self.ever_true.get(unit.0).unwrap_or(&none);
        if !ever(x).is_disjoint(ever(y)) {
            let elsewhere =
                |unit: Unit<'_>| unit.1.is_some_and(|person| self.homes_of[person].len() > 1);
            return Some(if elsewhere(x) || elsewhere(y) {
                "one has left the household, and has another home too"
            } else {
                "one has left the household, and no other home is known"
            });
        }
        let mixed = |unit: Unit<'_>| {
            unit.1.is_some_and(|person| {
                self.of_person[&person].len() > 1 && self.linked.people[person].members.len() > 1
            })
        };
        if mixed(x) || mixed(y) {
            return Some("a person made of two");
        }
        let no_keys = BTreeSet::new();
        let keys = |unit: Unit<'_>| self.keys.get(unit.0).unwrap_or(&no_keys);
        if !keys(x).is_disjoint(keys(y)) {
            return Some("one key on both: two households at one address");
        }
        let through = own(x).iter().any(|h| {
            let members = &self.members_of[h];
            members
                .iter()
                .any(|third| !self.true_of[third].is_disjoint(own(y)))
        });
        Some(if through {
            "brought together by somebody of both households"
        } else {
            "no key on both, nobody in common"
        })
    }

    fn pairs_of(&self, a: &'a str, b: &'a str) -> impl Iterator<Item = (Unit<'a>, Unit<'a>)> {
        let of = |entity: &str| self.of_entity.get(entity).cloned().unwrap_or_default();
        let others = of(b);
        of(a)
            .into_iter()
            .flat_map(move |x| others.clone().into_iter().map(move |y| (x, y)))
    }

    fn together(&self, x: Unit<'_>, y: Unit<'_>) -> bool {
        match (x.1, y.1) {
            (Some(x), Some(y)) => x != y && !self.homes_of[x].is_disjoint(&self.homes_of[y]),
            _ => false,
        }
    }
}

fn print_shares(counts: BTreeMap<&'static str, u64>, all: u64) {
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(cause, n)| (std::cmp::Reverse(n), cause));
    for (cause, n) in counts {
        println!("| {cause} | {n} | {:.4} |", n as f64 / all as f64);
    }
}
