//! The classes of error: which records of one person were not put together, and why two people are in no household together.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::{Households, Linked, Pair, RecordId, Verdict};
use kinfold_schema::Field;

use crate::demo::Demo;

/// How many classes are printed, the largest first.
const CLASSES: usize = 14;

/// Prints the classes of missed pairs of records and of wrong pairs of household members.
pub fn print(demo: &Demo, linked: &Linked, households: &Households) {
    let mut records: BTreeMap<&str, Vec<RecordId>> = BTreeMap::new();
    let mut person_of: BTreeMap<RecordId, usize> = BTreeMap::new();
    let mut entity_of: BTreeMap<RecordId, &str> = BTreeMap::new();
    for (person, cluster) in linked.people.iter().enumerate() {
        for &id in &cluster.members {
            person_of.insert(id, person);
            let reference = demo.sets[id.set as usize].table.record_ref[id.row as usize];
            if let Some(entity) = demo.entity.get(&reference) {
                records.entry(entity).or_default().push(id);
                entity_of.insert(id, entity);
            }
        }
    }
    let mut households_of: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); linked.people.len()];
    for (index, household) in households.households.iter().enumerate() {
        for member in &household.members {
            households_of[member.person].insert(index);
        }
    }
    let mut missed: BTreeMap<String, usize> = BTreeMap::new();
    for own in records.values() {
        for (position, &a) in own.iter().enumerate() {
            for &b in &own[position + 1..] {
                let (x, y) = (person_of[&a], person_of[&b]);
                if x != y {
                    let home = if households_of[x].is_disjoint(&households_of[y]) {
                        "apart"
                    } else {
                        "one household"
                    };
                    let class = format!("{} | {home}", class(linked, a, b));
                    *missed.entry(class).or_default() += 1;
                }
            }
        }
    }
    table(
        "missed pairs of records of one person | their households",
        missed,
    );
    proposals(linked, &person_of, &entity_of);
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for pair in &linked.pairs {
        let (x, y) = (person_of[&pair.left], person_of[&pair.right]);
        if x == y && entity_of.get(&pair.left) != entity_of.get(&pair.right) {
            *wrong.entry(levels(pair)).or_default() += 1;
        }
    }
    table("wrong pairs of records in one person", wrong);
}

fn proposals(
    linked: &Linked,
    person_of: &BTreeMap<RecordId, usize>,
    entity_of: &BTreeMap<RecordId, &str>,
) {
    let mut by: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for pair in &linked.pairs {
        let (x, y) = (person_of[&pair.left], person_of[&pair.right]);
        if x == y || matches!(pair.verdict, Verdict::Vetoed(_) | Verdict::Guarded(_)) {
            continue;
        }
        let sets = |p: usize| {
            linked.people[p]
                .members
                .iter()
                .map(|m| m.set)
                .collect::<Vec<_>>()
        };
        let clash: BTreeSet<u32> = sets(x)
            .iter()
            .filter(|s| sets(y).contains(s))
            .copied()
            .collect();
        if clash.len() != 1 {
            continue;
        }
        let level = |field| pair.agreement.level(field);
        let named =
            level(Field::First) >= 2 || level(Field::AnyName) >= 3 || level(Field::Identifier) > 0;
        let right = entity_of.get(&pair.left) == entity_of.get(&pair.right);
        let w = (pair.weight / 3.0).floor().clamp(-3.0, 6.0) * 3.0;
        let key = format!(
            "w {w:>4} named {named} birth {} id {} home {}",
            level(Field::Birth),
            level(Field::Identifier),
            pair.same_home
        );
        by.entry(key).or_default()[usize::from(right)] += 1;
    }
    println!("\nproposals");
    for (k, [wrong, right]) in by {
        println!("| {k} | right {right} | wrong {wrong} |");
    }
}

fn class(linked: &Linked, a: RecordId, b: RecordId) -> String {
    let ends = (a.min(b), a.max(b));
    let found = linked
        .pairs
        .binary_search_by_key(&ends, |pair| (pair.left, pair.right));
    match found {
        Ok(at) => levels(&linked.pairs[at]),
        Err(_) if a.set == b.set => "two rows of one custodian".to_owned(),
        Err(_) => "no candidate".to_owned(),
    }
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
