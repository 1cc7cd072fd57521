//! References that stay: `P-` and `HH-` references are carried from the run before, and what became of each is written down.
//!
//! A person (or household) of this run takes over the reference of the one before with which it shares most records. Each reference
//! goes to one heir, and each heir takes one; what is left over was merged, split off, is new or is withdrawn. A reference that is not
//! carried on is retired and never given out again: the lineage of every run lists all that were ever used.
//!
//! Everything is decided by record references, so the order of tables changes nothing.

use std::collections::BTreeMap;

use crate::reference::Mint;
use crate::succession;
use crate::{Households, Linked, RecordSet, Seen};

/// A person or household of the run before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Former {
    /// Its reference.
    pub reference: String,
    /// The record references of its records, or of the records of its people.
    pub records: Vec<[u8; 16]>,
}

/// Somebody whom the run before showed in a household, then or earlier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormerMembership {
    /// Reference of the person.
    pub person: String,
    /// Reference of the household.
    pub household: String,
    /// At which releases.
    pub seen: Seen,
}

/// What the run before leaves to this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Previous {
    /// Its people.
    pub people: Vec<Former>,
    /// Its households.
    pub households: Vec<Former>,
    /// References of either kind that were retired in it or before it.
    pub retired: Vec<String>,
    /// Who was shown in which household, and when. These are no evidence that a household goes on: they date memberships alone.
    pub memberships: Vec<FormerMembership>,
}

/// What became of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Carried on by an heir with the same records.
    Kept,
    /// Carried on; records were added or left.
    Changed,
    /// Given out for the first time, to records that had none.
    New,
    /// Given out for the first time, to records of another reference, which went on without them.
    Split,
    /// Retired: its records are with another reference now.
    Merged,
    /// Retired: none of its records is in this run, or its people are in no household that goes on from it.
    Withdrawn,
    /// Retired in an earlier run.
    Retired,
}

impl Change {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Withdrawn => "withdrawn",
            Self::Retired => "retired",
        }
    }

    /// Whether somebody has the reference in this run.
    pub fn is_current(self) -> bool {
        matches!(self, Self::Kept | Self::Changed | Self::New | Self::Split)
    }
}

/// One reference and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lineage {
    /// The reference.
    pub reference: String,
    /// What became of it.
    pub change: Change,
    /// For what was merged, the reference that has most of its records now; for what was split off, the one that it was part of.
    pub other: Option<String>,
    /// Records that it has in common with the run before.
    pub shared: u32,
    /// Records of the run before that it has no more.
    pub lost: u32,
    /// Records that it did not have before.
    pub gained: u32,
}

impl Lineage {
    /// Why, in one plain sentence.
    pub fn sentence(&self) -> String {
        let records = |n: u32| {
            if n == 1 {
                "1 record".to_owned()
            } else {
                format!("{n} records")
            }
        };
        let other = self.other.as_deref().unwrap_or("another");
        match self.change {
            Change::Kept => "The same records as before.".to_owned(),
            Change::Changed => format!(
                "{} as before, {} gone, {} new.",
                records(self.shared),
                self.lost,
                self.gained
            ),
            Change::New => "Its records had no reference before.".to_owned(),
            Change::Split => format!("{} that belonged to {other}.", records(self.shared)),
            Change::Merged => format!("{} of it belong to {other} now.", records(self.shared)),
            Change::Withdrawn if self.shared > 0 => {
                "Its people are in other households now.".to_owned()
            }
            Change::Withdrawn => "None of its records is in this run.".to_owned(),
            Change::Retired => "Retired in an earlier run.".to_owned(),
        }
    }
}

/// Gives the people and households of a run the references of the run before, and says what became of each. Memberships that go on get the
/// dates of the run before, and households the people who were shown in them. Households are sorted anew.
pub fn carry_references(
    sets: &[RecordSet],
    linked: &mut Linked,
    households: &mut Households,
    previous: &Previous,
) -> Vec<Lineage> {
    let records_of = |person: usize, linked: &Linked| -> Vec<[u8; 16]> {
        linked.people[person]
            .members
            .iter()
            .map(|id| sets[id.set as usize].table.record_ref[id.row as usize])
            .collect()
    };
    let people: Vec<Vec<[u8; 16]>> = (0..linked.people.len())
        .map(|person| records_of(person, linked))
        .collect();
    let homes: Vec<Vec<[u8; 16]>> = households
        .households
        .iter()
        .map(|household| {
            let members = household.members.iter();
            members
                .flat_map(|member| people[member.person].iter().copied())
                .collect()
        })
        .collect();
    let (names, mut lineage) = carry("P", people, &previous.people, &previous.retired);
    for (person, name) in linked.people.iter_mut().zip(names) {
        person.reference = name;
    }
    // `lineage` is that of people alone until the end.
    let (names, of_households) = carry("HH", homes, &previous.households, &previous.retired);
    for (household, name) in households.households.iter_mut().zip(names) {
        household.reference = name;
    }
    households.households.sort_by(|a, b| {
        (a.members[0].person, &a.reference).cmp(&(b.members[0].person, &b.reference))
    });
    succession::carry(sets, linked, households, previous, &lineage);
    lineage.extend(of_households);
    lineage
}

/// References of things of one kind, each given by its records, and the lineage of all references of that kind.
fn carry(
    prefix: &'static str,
    mut things: Vec<Vec<[u8; 16]>>,
    former: &[Former],
    retired: &[String],
) -> (Vec<String>, Vec<Lineage>) {
    for records in &mut things {
        records.sort_unstable();
        records.dedup();
    }
    let mut former: Vec<Former> = former.to_vec();
    for one in &mut former {
        one.records.sort_unstable();
        one.records.dedup();
    }
    former.sort_unstable();
    // Things in the order of their records, whatever order they come in.
    let mut order: Vec<usize> = (0..things.len()).collect();
    order.sort_by(|&a, &b| things[a].cmp(&things[b]).then(a.cmp(&b)));
    let shared = shared(&things, &former, &order);

    // Heirs: the largest share first. Records that are most of one side or the other make an heir; less is a coincidence.
    let mut wishes: Vec<(u32, usize, usize)> = shared
        .iter()
        .map(|(&(thing, one), &count)| (count, thing, one))
        .filter(|&(count, thing, one)| {
            let (own, other) = (
                things[order[thing]].len() as u32,
                former[one].records.len() as u32,
            );
            prefix == "P" || 2 * count > own || 2 * count > other
        })
        .collect();
    wishes.sort_by_key(|&(count, thing, one)| (std::cmp::Reverse(count), one, thing));
    let mut heir_of: Vec<Option<usize>> = vec![None; former.len()];
    let mut taken: Vec<Option<usize>> = vec![None; things.len()];
    for (_, thing, one) in wishes {
        if heir_of[one].is_none() && taken[thing].is_none() {
            heir_of[one] = Some(thing);
            taken[thing] = Some(one);
        }
    }

    let mut mint = Mint::new(prefix);
    for reference in former.iter().map(|one| &one.reference).chain(retired) {
        mint.reserve(reference);
    }
    let mut names = vec![String::new(); things.len()];
    let mut lineage = Vec::with_capacity(things.len() + former.len());
    for (thing, &index) in order.iter().enumerate() {
        let size = things[index].len() as u32;
        let (name, line) = if let Some(one) = taken[thing] {
            let both = shared[&(thing, one)];
            let before = former[one].records.len() as u32;
            let change = if both == size && both == before {
                Change::Kept
            } else {
                Change::Changed
            };
            let name = former[one].reference.clone();
            (name, (change, None, both, before - both, size - both))
        } else {
            let anchor = things[index].first().copied().unwrap_or_default();
            let name = mint.mint(&anchor);
            let part_of = most(&shared, thing);
            match part_of {
                Some((one, both)) => {
                    let other = Some(former[one].reference.clone());
                    (name, (Change::Split, other, both, 0, size - both))
                }
                None => (name, (Change::New, None, 0, 0, size)),
            }
        };
        let (change, other, shared, lost, gained) = line;
        lineage.push(Lineage {
            reference: name.clone(),
            change,
            other,
            shared,
            lost,
            gained,
        });
        names[index] = name;
    }
    let name_at = |thing: usize| names[order[thing]].clone();
    let by_former = by_former(&shared, former.len());
    for (one, before) in former.iter().enumerate() {
        if heir_of[one].is_some() {
            continue;
        }
        let size = before.records.len() as u32;
        let (change, other, both) = match by_former[one] {
            Some((thing, both)) if prefix == "P" || 2 * both > size => {
                (Change::Merged, Some(name_at(thing)), both)
            }
            Some((_, both)) => (Change::Withdrawn, None, both),
            None => (Change::Withdrawn, None, 0),
        };
        lineage.push(Lineage {
            reference: before.reference.clone(),
            change,
            other,
            shared: both,
            lost: size - both,
            gained: 0,
        });
    }
    let own_kind = |reference: &&String| {
        reference
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    lineage.extend(retired.iter().filter(own_kind).map(|reference| Lineage {
        reference: reference.clone(),
        change: Change::Retired,
        other: None,
        shared: 0,
        lost: 0,
        gained: 0,
    }));
    lineage.sort_unstable();
    (names, lineage)
}

/// How many records each thing (by its place in `order`) shares with each former one.
fn shared(
    things: &[Vec<[u8; 16]>],
    former: &[Former],
    order: &[usize],
) -> BTreeMap<(usize, usize), u32> {
    let mut before: Vec<([u8; 16], usize)> = former
        .iter()
        .enumerate()
        .flat_map(|(one, former)| former.records.iter().map(move |record| (*record, one)))
        .collect();
    before.sort_unstable();
    let mut shared = BTreeMap::new();
    for (thing, &index) in order.iter().enumerate() {
        for record in &things[index] {
            let from = before.partition_point(|(known, _)| known < record);
            for &(_, one) in before[from..]
                .iter()
                .take_while(|(known, _)| known == record)
            {
                *shared.entry((thing, one)).or_default() += 1;
            }
        }
    }
    shared
}

/// The former one with which a thing shares most.
fn most(shared: &BTreeMap<(usize, usize), u32>, thing: usize) -> Option<(usize, u32)> {
    shared
        .range((thing, 0)..=(thing, usize::MAX))
        .map(|(&(_, one), &count)| (one, count))
        .max_by_key(|&(one, count)| (count, std::cmp::Reverse(one)))
}

/// For each former one, the thing with which it shares most.
fn by_former(shared: &BTreeMap<(usize, usize), u32>, count: usize) -> Vec<Option<(usize, u32)>> {
    let mut best: Vec<Option<(usize, u32)>> = vec![None; count];
    for (&(thing, one), &both) in shared {
        if best[one].is_none_or(|(_, known)| both > known) {
            best[one] = Some((thing, both));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn record(number: u8) -> [u8; 16] {
        [number; 16]
    }

    fn thing(numbers: &[u8]) -> Vec<[u8; 16]> {
        numbers.iter().map(|&number| record(number)).collect()
    }

    fn former(reference: &str, numbers: &[u8]) -> Former {
        Former {
            reference: reference.to_owned(),
            records: thing(numbers),
        }
    }

    /// The lineage of one reference.
    fn of<'a>(lineage: &'a [Lineage], reference: &str) -> &'a Lineage {
        lineage
            .iter()
            .find(|line| line.reference == reference)
            .unwrap()
    }

    #[test]
    fn the_same_records_keep_their_reference_in_any_order() {
        let before = [former("P-000001-1", &[1, 2]), former("P-000002-1", &[3])];
        let (names, lineage) = carry("P", vec![thing(&[3]), thing(&[2, 1])], &before, &[]);
        assert_eq!(names, ["P-000002-1", "P-000001-1"]);
        assert!(lineage.iter().all(|line| line.change == Change::Kept));
    }

    #[test]
    fn a_record_more_or_less_is_a_change() {
        let before = [former("P-000001-1", &[1, 2])];
        let (names, lineage) = carry("P", vec![thing(&[2, 9])], &before, &[]);
        assert_eq!(names, ["P-000001-1"]);
        let line = of(&lineage, "P-000001-1");
        assert_eq!(
            (line.change, line.shared, line.lost, line.gained),
            (Change::Changed, 1, 1, 1)
        );
        assert_eq!(line.sentence(), "1 record as before, 1 gone, 1 new.");
    }

    #[test]
    fn of_two_that_merge_the_larger_one_stays_and_the_other_points_to_it() {
        let before = [former("P-000001-1", &[1]), former("P-000002-1", &[2, 3])];
        let (names, lineage) = carry("P", vec![thing(&[1, 2, 3])], &before, &[]);
        assert_eq!(names, ["P-000002-1"]);
        let merged = of(&lineage, "P-000001-1");
        assert_eq!(
            (merged.change, merged.other.as_deref()),
            (Change::Merged, Some("P-000002-1"))
        );
    }

    #[test]
    fn of_one_that_splits_the_larger_part_stays_and_the_other_names_where_it_came_from() {
        let before = [former("P-000001-1", &[1, 2, 3])];
        let (names, lineage) = carry("P", vec![thing(&[1]), thing(&[2, 3])], &before, &[]);
        assert_eq!(names[1], "P-000001-1");
        let split = of(&lineage, &names[0]);
        assert_eq!(
            (split.change, split.other.as_deref()),
            (Change::Split, Some("P-000001-1"))
        );
    }

    #[test]
    fn what_is_gone_is_withdrawn_and_stays_retired() {
        let before = [former("P-000001-1", &[1])];
        let (_, lineage) = carry("P", vec![thing(&[2])], &before, &[]);
        assert_eq!(of(&lineage, "P-000001-1").change, Change::Withdrawn);
        let retired = ["P-000001-1".to_owned(), "HH-000001-1".to_owned()];
        let (_, lineage) = carry("P", vec![thing(&[2])], &[], &retired);
        assert_eq!(of(&lineage, "P-000001-1").change, Change::Retired);
        assert!(lineage.iter().all(|line| line.reference != "HH-000001-1"));
    }

    #[test]
    fn a_retired_reference_is_never_minted_again() {
        let (names, _) = carry("P", vec![thing(&[1])], &[], &[]);
        let (again, _) = carry("P", vec![thing(&[1])], &[], &names);
        assert_ne!(names, again);
    }

    #[test]
    fn a_child_alone_does_not_carry_a_household_on() {
        // A child with two homes; then the second home's adult is another one.
        let before = [
            former("HH-000001-1", &[1, 9]),
            former("HH-000002-1", &[2, 9]),
        ];
        let now = vec![thing(&[1, 9]), thing(&[3, 9])];
        let (names, lineage) = carry("HH", now, &before, &[]);
        assert_eq!(names[0], "HH-000001-1");
        assert_ne!(names[1], "HH-000002-1");
        assert_eq!(of(&lineage, "HH-000002-1").change, Change::Withdrawn);
    }

    proptest! {
        #[test]
        fn references_are_given_once_and_none_is_lost(
            before in prop::collection::vec(0u8..6, 1..24),
            now in prop::collection::vec(0u8..6, 1..24),
            retired in 0usize..4,
        ) {
            // Record i belonged to `before[i]` and belongs to `now[i]`.
            let group = |labels: &[u8]| -> Vec<Vec<[u8; 16]>> {
                let mut groups: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
                for (index, &label) in labels.iter().enumerate() {
                    groups.entry(label).or_default().push(index as u8);
                }
                groups.values().map(|numbers| thing(numbers)).collect()
            };
            let (old, _) = carry("P", group(&before), &[], &[]);
            let former: Vec<Former> = old.iter().zip(group(&before)).map(|(name, records)| Former {
                reference: name.clone(),
                records,
            }).collect();
            let retired: Vec<String> = (0..retired).map(|n| format!("P-00000{n}-0")).collect();
            let (names, lineage) = carry("P", group(&now), &former, &retired);
            let distinct: BTreeSet<&String> = names.iter().collect();
            prop_assert_eq!(distinct.len(), names.len());
            prop_assert!(retired.iter().all(|reference| !distinct.contains(reference)));
            // Every reference ever used has one line, and the current ones are the names.
            let lines: BTreeSet<&String> = lineage.iter().map(|line| &line.reference).collect();
            prop_assert_eq!(lines.len(), lineage.len());
            prop_assert!(old.iter().chain(&retired).all(|reference| lines.contains(reference)));
            let current: BTreeSet<&String> = lineage.iter().filter(|line| line.change.is_current()).map(|line| &line.reference).collect();
            prop_assert_eq!(&current, &distinct);
            // The order of things changes nothing.
            let mut turned = group(&now);
            turned.reverse();
            let (mut backward, same) = carry("P", turned, &former, &retired);
            backward.reverse();
            prop_assert_eq!(backward, names);
            prop_assert_eq!(same, lineage);
        }
    }
}
