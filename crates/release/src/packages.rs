//! Several packages of one custodian seen together: which records are the same person's, and what the changes between them show.
//!
//! Under one key the same facts give the same codes, so whoever has an earlier package finds most people's records again by equal filters.
//! That alone names nobody. But what changed is now a fact about a record: somebody is new, is gone, moved, has other facts. And a value
//! that may occur once in each package can be one person's earlier and another's now, which joins two people as a shared key would.

use std::collections::{BTreeMap, BTreeSet};

use crate::file::{File, Stay};
use crate::measures::fingerprint;
use crate::sharing::{self, Graph};
use kinfold_verdict::Share;

/// What two packages show together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joint {
    /// Records of the later package.
    pub records: usize,
    /// Of these, records that an equal filter ties to one earlier record.
    pub again: usize,
    /// Records of the later package that are not found in the earlier one.
    pub new: usize,
    /// Records of the earlier package that are not found in the later one.
    pub gone: usize,
    /// Records found again that have a home that they did not have.
    pub moved: usize,
    /// Records found again with another presence pattern.
    pub other_facts: usize,
    /// Records with a value of a match key that is another person's in the other package.
    pub joined: usize,
    /// Of these, records whose place in the net of such values is theirs alone: an attacker with exact lists of both times names them.
    pub singled: usize,
    /// Homes that show more people over both packages than in either.
    pub larger_homes: usize,
    /// Records that months of homes alone would tie to one earlier record, whatever the key.
    pub by_months: usize,
}

impl Joint {
    /// Whether the packages were made under one key: otherwise no filter is found again but by accident.
    pub fn one_key(&self) -> bool {
        self.again * 100 > self.records
    }

    /// Records that a change singles out of the rest, for the rarest kind of change; 0 when nothing changed.
    pub fn rarest_change(&self) -> usize {
        let changes = [self.new, self.gone, self.moved, self.other_facts];
        changes.into_iter().filter(|n| *n > 0).min().unwrap_or(0)
    }

    /// The records that are singled out, as a share.
    pub fn singled_share(&self) -> Share {
        Share::new(self.singled as u64, self.records as u64)
    }
}

/// Lays an earlier package beside a later one. Only what the linkage unit sees is looked at.
pub fn compare(now: &File, earlier: &File) -> Joint {
    let again = again(now, earlier);
    let found: BTreeSet<u32> = again.iter().flatten().copied().collect();
    let mut joint = Joint {
        records: now.records,
        again: found.len(),
        new: now.records - found.len(),
        gone: earlier.records - found.len(),
        by_months: by_months(now, earlier),
        ..Joint::default()
    };
    if !joint.one_key() {
        return joint;
    }
    let homes = |stays: Option<&Vec<Stay>>| -> BTreeSet<[u8; 16]> {
        stays.into_iter().flatten().map(|stay| stay.home).collect()
    };
    for (before, row) in again.iter().enumerate() {
        let Some(row) = row else { continue };
        let (was, is) = (
            homes(earlier.stays_seen.get(before)),
            homes(now.stays_seen.get(*row as usize)),
        );
        joint.moved += usize::from(!is.is_subset(&was));
        let pattern = |file: &File, row: usize| file.presence.get(row).copied();
        joint.other_facts += usize::from(pattern(earlier, before) != pattern(now, *row as usize));
    }
    let graph = values_of_two(now, earlier, &again);
    let singled = sharing::attack(&graph, &graph, now.records);
    joint.joined = singled.with_edge.hits as usize;
    joint.singled = singled.unique.hits as usize;
    joint.larger_homes = larger_homes(now, earlier, &again);
    joint
}

/// For each earlier record the later one with an equal filter, when only one of each has it.
fn again(now: &File, earlier: &File) -> Vec<Option<u32>> {
    let mut again = vec![None; earlier.records];
    let mut taken = vec![false; now.records];
    for (is, was) in now.views.iter().zip(&earlier.views) {
        let mut rows: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for row in 0..now.records {
            rows.entry(fingerprint(is.row(row)))
                .or_default()
                .push(row as u32);
        }
        let mut before: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for row in 0..earlier.records {
            before
                .entry(fingerprint(was.row(row)))
                .or_default()
                .push(row);
        }
        for (code, was) in before {
            if let ([was], Some([is])) = (&was[..], rows.get(&code).map(Vec::as_slice))
                && again[*was].is_none()
                && !taken[*is as usize]
            {
                again[*was] = Some(*is);
                taken[*is as usize] = true;
            }
        }
    }
    again
}

/// The later records, joined where one has a value that another had.
fn values_of_two(now: &File, earlier: &File, again: &[Option<u32>]) -> Graph {
    let mut graph = Graph::new(now.records);
    for (kind, (is, was)) in now.keys.iter().zip(&earlier.keys).enumerate() {
        let mut holder: BTreeMap<[u8; 16], u32> = BTreeMap::new();
        for (row, tokens) in (0u32..).zip(&is.seen) {
            holder.extend(tokens.iter().map(|token| (*token, row)));
        }
        for (before, tokens) in was.seen.iter().enumerate() {
            let Some(own) = again[before] else { continue };
            for other in tokens.iter().filter_map(|token| holder.get(token)) {
                if *other != own {
                    graph.join(own, *other, kind as u64);
                }
            }
        }
    }
    graph
}

/// Homes in which both packages together show more people than either.
fn larger_homes(now: &File, earlier: &File, again: &[Option<u32>]) -> usize {
    // A person of both is one; one of the earlier package alone has a number beyond.
    let mut people: BTreeMap<[u8; 16], [BTreeSet<u32>; 2]> = BTreeMap::new();
    for (row, stays) in (0u32..).zip(&now.stays_seen) {
        for stay in stays {
            people.entry(stay.home).or_default()[0].insert(row);
        }
    }
    for (before, stays) in earlier.stays_seen.iter().enumerate() {
        let own = again[before].unwrap_or((now.records + before) as u32);
        for stay in stays {
            people.entry(stay.home).or_default()[1].insert(own);
        }
    }
    let larger = |[is, was]: &&[BTreeSet<u32>; 2]| is.union(was).count() > is.len().max(was.len());
    people.values().filter(larger).count()
}

/// The months of a record's homes, if there are any.
fn months(stays: &[Stay]) -> Option<Vec<(u16, u16)>> {
    let mut months: Vec<(u16, u16)> = stays.iter().map(|stay| (stay.from, stay.to)).collect();
    months.sort_unstable();
    (!months.is_empty()).then_some(months)
}

/// Records that have months of homes, and of these the records whose months no other record has.
pub fn own_months(file: &File) -> Share {
    let mut count: BTreeMap<Vec<(u16, u16)>, u64> = BTreeMap::new();
    for months in file.stays_seen.iter().filter_map(|stays| months(stays)) {
        *count.entry(months).or_default() += 1;
    }
    let alone = count.values().filter(|count| **count == 1).count();
    Share::new(alone as u64, count.values().sum())
}

/// Records whose first months of homes one record alone has in each package. The last month of a stay grows with every period.
fn by_months(now: &File, earlier: &File) -> usize {
    let firsts = |file: &File| {
        let mut count: BTreeMap<Vec<u16>, u32> = BTreeMap::new();
        for stays in file.stays_seen.iter().filter(|stays| !stays.is_empty()) {
            let mut firsts: Vec<u16> = stays.iter().map(|stay| stay.from).collect();
            firsts.sort_unstable();
            *count.entry(firsts).or_default() += 1;
        }
        count.retain(|_, count| *count == 1);
        count
    };
    let before = firsts(earlier);
    firsts(now)
        .keys()
        .filter(|own| before.contains_key(*own))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyView;
    use crate::made_up;

    fn key(seen: Vec<Vec<[u8; 16]>>) -> KeyView {
        KeyView {
            id: "NN".to_owned(),
            cap: 1,
            slots: vec![2],
            seen,
            listed: Vec::new(),
        }
    }

    fn tokens(of: &[&[u8]]) -> Vec<Vec<[u8; 16]>> {
        of.iter()
            .map(|own| own.iter().map(|token| [*token; 16]).collect())
            .collect()
    }

    /// Three people earlier, of whom the first is gone now, and one new.
    fn two() -> (File, File) {
        let all = made_up::people(4, 3).coded(&[1; 32], 4);
        let (mut earlier, mut now) = (all.only(&[0, 1, 2]), all.only(&[3, 2, 1]));
        let stay = |home: u8, from| Stay {
            home: [home; 16],
            from,
            to: 900,
        };
        earlier.stays_seen = vec![vec![stay(1, 10)], vec![stay(2, 20)], vec![stay(2, 30)]];
        now.stays_seen = vec![vec![stay(3, 50)], vec![stay(2, 30)], vec![stay(1, 60)]];
        earlier.presence = vec![3, 3, 3];
        now.presence = vec![3, 1, 3];
        // Value 7 was person 1's and is person 2's.
        earlier.keys = vec![key(tokens(&[&[5], &[7], &[8]]))];
        now.keys = vec![key(tokens(&[&[9], &[7, 8], &[6]]))];
        (now, earlier)
    }

    #[test]
    fn changes_by_hand() {
        let (now, earlier) = two();
        let joint = compare(&now, &earlier);
        assert!(joint.one_key());
        assert_eq!(
            (joint.records, joint.again, joint.new, joint.gone),
            (3, 2, 1, 1)
        );
        // Person 1 moved to the home that person 0 had: together it shows two.
        assert_eq!(
            (joint.moved, joint.other_facts, joint.larger_homes),
            (1, 1, 1)
        );
        // Persons 1 and 2 are joined; their places are alike, so neither is told.
        assert_eq!((joint.joined, joint.singled), (2, 0));
        assert_eq!(joint.rarest_change(), 1);
        assert_eq!(joint.by_months, 1);
        assert_eq!(own_months(&now), Share::new(3, 3));
    }

    #[test]
    fn under_another_key_nothing_is_found_but_months() {
        let (now, earlier) = two();
        let earlier = earlier.coded(&[2; 32], 4);
        let joint = compare(&now, &earlier);
        assert!(!joint.one_key());
        assert_eq!(
            (joint.again, joint.new, joint.gone, joint.moved),
            (0, 3, 3, 0)
        );
        assert_eq!(joint.by_months, 1);
    }

    #[test]
    fn the_same_package_shows_no_change() {
        let file = made_up::people(50, 4).coded(&[1; 32], 6);
        let joint = compare(&file, &file);
        assert_eq!(
            (joint.again, joint.new, joint.moved, joint.joined),
            (50, 0, 0, 0)
        );
        assert_eq!((joint.rarest_change(), joint.larger_homes), (0, 0));
    }
}
