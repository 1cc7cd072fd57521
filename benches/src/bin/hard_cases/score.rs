//! The comparison with the truth.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::measures::{HouseholdTable, Labelled, Memberships, Rates, pairwise};
use kinfold_linkage::{Households, Linked, Verdict};
use kinfold_schema::{FLAG_DO_NOT_LINK, FLAG_WITHHELD, HOUSEHOLD_NONE, Token};

use crate::demo::Demo;

/// A result beside its truth.
pub struct Score<'a> {
    demo: &'a Demo,
    linked: &'a Linked,
    households: &'a Households,
    /// The person of each record reference.
    person: BTreeMap<[u8; 16], usize>,
    /// The people of each entity's records.
    people_of: BTreeMap<&'a str, BTreeSet<usize>>,
    /// The entities of each person's records.
    entities_of: Vec<BTreeSet<&'a str>>,
    /// Households of each person.
    households_of: Vec<BTreeSet<u32>>,
    /// True households of each entity.
    true_of: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Entities of each true household.
    members_of: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Score<'a> {
    /// Joins result and truth.
    pub fn new(demo: &'a Demo, linked: &'a Linked, households: &'a Households) -> Self {
        let mut score = Self {
            demo,
            linked,
            households,
            person: BTreeMap::new(),
            people_of: BTreeMap::new(),
            entities_of: vec![BTreeSet::new(); linked.people.len()],
            households_of: vec![BTreeSet::new(); linked.people.len()],
            true_of: BTreeMap::new(),
            members_of: BTreeMap::new(),
        };
        for (person, cluster) in linked.people.iter().enumerate() {
            for id in &cluster.members {
                let reference = demo.sets[id.set as usize].table.record_ref[id.row as usize];
                score.person.insert(reference, person);
                if let Some(entity) = demo.entity.get(&reference) {
                    score.entities_of[person].insert(entity);
                    score.people_of.entry(entity).or_default().insert(person);
                }
            }
        }
        for (index, household) in households.households.iter().enumerate() {
            for member in &household.members {
                score.households_of[member.person].insert(index as u32);
            }
        }
        for membership in &demo.memberships {
            let (household, entity) = (membership.household.as_str(), membership.entity.as_str());
            score.true_of.entry(entity).or_default().insert(household);
            score
                .members_of
                .entry(household)
                .or_default()
                .insert(entity);
        }
        score
    }

    /// The figures of the whole.
    pub fn accuracy(&self) {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut number = |text: &'a str| {
            let next = numbers.len() as u32;
            *numbers.entry(text).or_insert(next)
        };
        let mut labelled = Vec::new();
        let (mut true_homes, mut found_homes) = (Vec::new(), Vec::new());
        for (row, (reference, entity)) in self.demo.rows.iter().enumerate() {
            let person = reference.as_ref().and_then(|r| self.person.get(r)).copied();
            let cluster = person.map_or(self.linked.people.len() + row, |person| person) as u32;
            let entity_number = number(entity);
            labelled.push(Labelled {
                entity: entity_number,
                cluster,
            });
            let of_entity = self
                .true_of
                .get(entity.as_str())
                .cloned()
                .unwrap_or_default();
            true_homes.push(of_entity.into_iter().map(&mut number).collect::<Vec<u32>>());
            found_homes.push(
                person
                    .map(|person| self.households_of[person].clone())
                    .unwrap_or_default(),
            );
        }
        print_rates("pairs of records of one person", &pairwise(&labelled));
        let households = HouseholdTable {
            records: &labelled,
            truth: &Memberships::new(true_homes),
            predicted: &Memberships::new(found_homes),
        };
        print_rates("household pairs", &households.pairs().rates);
        let exact = self
            .people_of
            .iter()
            .filter(|(entity, people)| {
                people.len() == 1
                    && self.entities_of[*people.first().unwrap_or(&0)] == BTreeSet::from([**entity])
            })
            .count();
        println!(
            "people exactly right: recall {:.4}, precision {:.4}",
            exact as f64 / self.people_of.len() as f64,
            exact as f64 / self.linked.people.len() as f64
        );
        let found = self.found_households();
        let (mut whole, mut several, mut whole_several) = (0usize, 0usize, 0usize);
        for members in self.members_of.values() {
            let right = found.contains(members);
            whole += usize::from(right);
            if members.len() > 1 {
                several += 1;
                whole_several += usize::from(right);
            }
        }
        println!(
            "whole households (all members, past ones too, and nobody else): {:.4} of {}; of several people {:.4} of {several}",
            whole as f64 / self.members_of.len() as f64,
            self.members_of.len(),
            whole_several as f64 / several as f64
        );
        let (now, of) = self.whole_now();
        println!(
            "whole households now (current members alone), of several people: {:.4} of {of}",
            now as f64 / of as f64
        );
        println!(
            "overfull homes left out: {}",
            self.households.overfull_homes
        );
        let broken = self
            .linked
            .pairs
            .iter()
            .filter(|pair| matches!(pair.verdict, Verdict::Vetoed(_)))
            .filter(|pair| self.at(pair.left) == self.at(pair.right))
            .count();
        println!("vetoes broken: {broken}");
        println!(
            "ties {}, bridges {} ({} cut)",
            self.linked.ties.len(),
            self.linked.bridges.len(),
            self.linked
                .bridges
                .iter()
                .filter(|bridge| bridge.cut)
                .count()
        );
    }

    /// True households of several current members, and how many of them are found with exactly these people now.
    fn whole_now(&self) -> (usize, usize) {
        let mut truth: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for membership in self.demo.memberships.iter().filter(|m| !m.past) {
            truth
                .entry(&membership.household)
                .or_default()
                .insert(&membership.entity);
        }
        let found: BTreeSet<BTreeSet<&str>> = self
            .households
            .households
            .iter()
            .map(|household| self.current_entities(household))
            .collect();
        let several: Vec<&BTreeSet<&str>> = truth.values().filter(|m| m.len() > 1).collect();
        (
            several.iter().filter(|m| found.contains(**m)).count(),
            several.len(),
        )
    }

    /// The true people who are in a found household now.
    pub fn current_entities(&self, household: &kinfold_linkage::Household) -> BTreeSet<&'a str> {
        let current = household.members.iter().filter(|member| member.current);
        current
            .flat_map(|member| self.entities_of[member.person].iter().copied())
            .collect()
    }

    fn at(&self, id: kinfold_linkage::RecordId) -> usize {
        let reference = self.demo.sets[id.set as usize].table.record_ref[id.row as usize];
        self.person[&reference]
    }

    /// The entities of each predicted household.
    fn found_households(&self) -> BTreeSet<BTreeSet<&'a str>> {
        self.households
            .households
            .iter()
            .map(|household| {
                household
                    .members
                    .iter()
                    .flat_map(|member| self.entities_of[member.person].iter().copied())
                    .collect()
            })
            .collect()
    }

    /// Each planted case: how many of its people and households are right.
    pub fn cases(&self) {
        let found = self.found_households();
        let mut by_case: BTreeMap<&str, [usize; 6]> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for planted in &self.demo.cases {
            let counts = by_case.entry(&planted.case).or_default();
            let Some(people) = self.people_of.get(planted.entity.as_str()) else {
                continue;
            };
            counts[0] += 1;
            let alone = people
                .iter()
                .all(|&person| self.entities_of[person].len() == 1);
            counts[1] += usize::from(people.len() == 1 && alone);
            counts[2] += usize::from(!alone);
            if let Some(members) = self.members_of.get(planted.household.as_str())
                && seen.insert((planted.case.as_str(), planted.household.as_str()))
            {
                counts[3] += 1;
                counts[4] += usize::from(found.contains(members));
                // Somebody of another true household in a household of these people.
                let strangers = members
                    .iter()
                    .any(|entity| self.lives_with_strangers(entity));
                counts[5] += usize::from(strangers);
            }
        }
        println!(
            "\n| planted case | people | exactly right | mixed with another | households | whole | with a stranger |"
        );
        println!("|---|---|---|---|---|---|---|");
        for (case, [people, right, mixed, households, whole, strangers]) in by_case {
            println!(
                "| {case} | {people} | {right} | {mixed} | {households} | {whole} | {strangers} |"
            );
        }
    }

    fn lives_with_strangers(&self, entity: &str) -> bool {
        let own = &self.true_of[entity];
        self.people_of
            .get(entity)
            .into_iter()
            .flatten()
            .flat_map(|&person| &self.households_of[person])
            .any(|&household| {
                self.households.households[household as usize]
                    .members
                    .iter()
                    .flat_map(|member| &self.entities_of[member.person])
                    .any(|other| {
                        self.true_of
                            .get(other)
                            .is_none_or(|theirs| own.is_disjoint(theirs))
                    })
            })
    }

    /// What the released keys allow: a true pair of people can only be found when released keys connect the two inside their household.
    pub fn ceiling(&self) {
        let mut homes: BTreeMap<&str, BTreeSet<Token>> = BTreeMap::new();
        let mut protected: BTreeSet<&str> = BTreeSet::new();
        let mut records: BTreeMap<&str, u64> = BTreeMap::new();
        let slots = self.demo.schema.household_slots();
        for set in &self.demo.sets {
            for row in 0..set.table.len() {
                let Some(entity) = self.demo.entity.get(&set.table.record_ref[row]) else {
                    continue;
                };
                *records.entry(entity).or_default() += 1;
                if set.table.flags[row] & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0 {
                    protected.insert(entity);
                }
                let keys = &set.table.household[row * slots..(row + 1) * slots];
                let released = keys.iter().filter(|key| key.kind != HOUSEHOLD_NONE);
                homes
                    .entry(entity)
                    .or_default()
                    .extend(released.map(|key| key.token));
            }
        }
        let past: BTreeSet<(&str, &str)> = self
            .demo
            .memberships
            .iter()
            .filter(|m| m.past)
            .map(|m| (m.household.as_str(), m.entity.as_str()))
            .collect();
        let (mut all, mut reachable, mut found) = (0, 0, 0);
        let mut reasons: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut large = (0, 0);
        let found_sets = self.found_households();
        for (household, members) in &self.members_of {
            if members.len() > 5 {
                large.0 += 1;
                large.1 += usize::from(found_sets.contains(members));
            }
            let groups = connected(members, &homes, &protected);
            for (position, a) in members.iter().enumerate() {
                for b in members.iter().skip(position + 1) {
                    if !seen.insert((*a, *b)) {
                        continue;
                    }
                    let weight = records.get(a).unwrap_or(&0) * records.get(b).unwrap_or(&0);
                    all += weight;
                    let can = groups
                        .get(a)
                        .is_some_and(|group| groups.get(b) == Some(group));
                    reachable += if can { weight } else { 0 };
                    let is_found = self.share_household(a, b);
                    found += if is_found { weight } else { 0 };
                    if is_found {
                        continue;
                    }
                    let reason = if protected.contains(a) || protected.contains(b) {
                        "protected address or not to be linked"
                    } else if past.contains(&(household, a)) || past.contains(&(household, b)) {
                        "one has left the household"
                    } else if members.len() > 5 {
                        "more than five people"
                    } else {
                        "others"
                    };
                    let entry = reasons.entry(reason).or_default();
                    if can {
                        entry.1 += weight;
                    } else {
                        entry.0 += weight;
                    }
                }
            }
        }
        println!(
            "\nhousehold pairs (records of two people): {all}; that released keys connect {:.4}; found {:.4}",
            reachable as f64 / all as f64,
            found as f64 / all as f64
        );
        println!(
            "households of more than five people: {}, whole {}",
            large.0, large.1
        );
        println!("| not found | no released key connects them | keys connect them |");
        println!("|---|---|---|");
        for (reason, (no, yes)) in reasons {
            println!(
                "| {reason} | {:.4} | {:.4} |",
                no as f64 / all as f64,
                yes as f64 / all as f64
            );
        }
    }

    fn share_household(&self, a: &str, b: &str) -> bool {
        let households = |entity: &str| -> BTreeSet<u32> {
            let people = self.people_of.get(entity).into_iter().flatten();
            people
                .flat_map(|&person| self.households_of[person].iter().copied())
                .collect()
        };
        !households(a).is_disjoint(&households(b))
    }

    /// How often people of a confidence are right.
    pub fn calibration(&self) {
        println!("\n| confidence | people | expected right | right |");
        println!("|---|---|---|---|");
        let people = self
            .linked
            .people
            .iter()
            .enumerate()
            .map(|(index, person)| {
                let of = &self.entities_of[index];
                let right =
                    of.len() == 1 && of.iter().all(|entity| self.people_of[entity].len() == 1);
                (person.confidence, right)
            });
        print_bins(people);
    }
}

/// Groups of members that released keys connect, by member.
fn connected<'a>(
    members: &BTreeSet<&'a str>,
    homes: &BTreeMap<&str, BTreeSet<Token>>,
    protected: &BTreeSet<&str>,
) -> BTreeMap<&'a str, usize> {
    let free: Vec<&str> = members
        .iter()
        .copied()
        .filter(|m| !protected.contains(m))
        .collect();
    let mut group: Vec<usize> = (0..free.len()).collect();
    let none = BTreeSet::new();
    for i in 0..free.len() {
        for j in i + 1..free.len() {
            let (a, b) = (
                homes.get(free[i]).unwrap_or(&none),
                homes.get(free[j]).unwrap_or(&none),
            );
            if !a.is_disjoint(b) {
                let (keep, lose) = (group[i], group[j]);
                group
                    .iter_mut()
                    .filter(|g| **g == lose)
                    .for_each(|g| *g = keep);
            }
        }
    }
    free.into_iter().zip(group).collect()
}

fn print_rates(name: &str, rates: &Rates) {
    println!(
        "{name}: precision {:.4} recall {:.4} F1 {:.4} ({} right of {} found, {} true)",
        rates.precision,
        rates.recall,
        rates.f1,
        rates.true_positives,
        rates.predicted,
        rates.actual
    );
}

/// Prints values of a stated probability by how often they are right.
pub fn print_bins(values: impl Iterator<Item = (f64, bool)>) {
    const EDGES: [f64; 8] = [0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1.01];
    let mut bins = [(0u32, 0.0, 0u32); 7];
    for (confidence, right) in values {
        let bin = EDGES[1..]
            .iter()
            .position(|edge| confidence < *edge)
            .unwrap_or(6);
        bins[bin].0 += 1;
        bins[bin].1 += confidence;
        bins[bin].2 += u32::from(right);
    }
    for (bin, (count, sum, right)) in bins.into_iter().enumerate().filter(|(_, bin)| bin.0 > 0) {
        println!(
            "| {} to {} | {count} | {:.4} | {:.4} |",
            EDGES[bin],
            EDGES[bin + 1].min(1.0),
            sum / f64::from(count),
            f64::from(right) / f64::from(count)
        );
    }
}
