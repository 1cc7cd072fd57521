//! Several packages of one custodian seen together: which records are the same person's, and what the changes between them show.
//!
//! Under one key the same facts give the same codes, so whoever has an earlier package finds most people's records again by equal filters.
//! That alone names nobody. But what changed is now a fact about a record: somebody is new, is gone, moved, has other facts. And a value
//! that may occur once in each package can be one person's earlier and another's now, which joins two people as a shared key would.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;

use kinfold_schema::Token;

use crate::codes::{Codes, parts};
use crate::file::Stay;
use crate::groups::each_value;
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
///
/// # Errors
/// When codes cannot be read.
pub fn compare(now: &dyn Codes, earlier: &dyn Codes) -> io::Result<Joint> {
    let again = again(now, earlier)?;
    let found = again.iter().flatten().count();
    let mut joint = Joint {
        records: now.records(),
        again: found,
        new: now.records() - found,
        gone: earlier.records() - found,
        by_months: by_months(now, earlier)?,
        ..Joint::default()
    };
    if !joint.one_key() {
        return Ok(joint);
    }
    let homes =
        |stays: &[Stay]| -> BTreeSet<[u8; 16]> { stays.iter().map(|stay| stay.home).collect() };
    let (patterns, patterns_before) = (now.presence()?, earlier.presence()?);
    for (first, rows) in parts(earlier.records()) {
        for (before, was) in (first..).zip(earlier.stays(first, rows)?) {
            let Some(row) = again[before] else { continue };
            let row = row as usize;
            let is = now.stays(row, 1)?;
            joint.moved += usize::from(!homes(&is.concat()).is_subset(&homes(&was)));
            joint.other_facts += usize::from(patterns_before.get(before) != patterns.get(row));
        }
    }
    let graph = values_of_two(now, earlier, &again)?;
    let singled = sharing::attack(&graph, &graph, now.records());
    joint.joined = singled.with_edge.hits as usize;
    joint.singled = singled.unique.hits as usize;
    joint.larger_homes = larger_homes(now, earlier, &again)?;
    Ok(joint)
}

/// For each earlier record the later one with an equal filter, when only one of each has it.
fn again(now: &dyn Codes, earlier: &dyn Codes) -> io::Result<Vec<Option<u32>>> {
    let mut again = vec![None; earlier.records()];
    let mut taken = vec![false; now.records()];
    for filter in 0..now.widths().len().min(earlier.widths().len()) {
        let (is, was) = (alone(now, filter)?, alone(earlier, filter)?);
        let mut is = is.into_iter().peekable();
        for (code, was) in was {
            while is.next_if(|(own, _)| *own < code).is_some() {}
            if let Some((_, is)) = is.next_if(|(own, _)| *own == code)
                && again[was as usize].is_none()
                && !taken[is as usize]
            {
                again[was as usize] = Some(is);
                taken[is as usize] = true;
            }
        }
    }
    Ok(again)
}

/// Filters that one record alone has, by their fingerprints, sorted.
fn alone(codes: &dyn Codes, filter: usize) -> io::Result<Vec<(u64, u32)>> {
    let mut rows: Vec<(u64, u32)> = Vec::with_capacity(codes.records());
    codes.each_row(filter, |row, words| {
        rows.push((fingerprint(words), row as u32));
    })?;
    rows.sort_unstable();
    Ok(rows
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|same| same.len() == 1)
        .map(|same| same[0])
        .collect())
}

/// The later records, joined where one has a value that another had.
fn values_of_two(now: &dyn Codes, earlier: &dyn Codes, again: &[Option<u32>]) -> io::Result<Graph> {
    let mut graph = Graph::new(now.records());
    for pool in 0..now.pools().min(earlier.pools()) {
        // The later package's records are told with `false`.
        let tell = |each: &mut dyn FnMut(Token, (bool, u32))| {
            for (before, codes) in [(false, now), (true, earlier)] {
                for (first, rows) in parts(codes.records()) {
                    codes.tokens(pool, first, rows, &mut |row, tokens| {
                        for token in tokens {
                            each(*token, (before, row));
                        }
                    })?;
                }
            }
            Ok(())
        };
        let number = now.tokens_of(pool)? + earlier.tokens_of(pool)?;
        each_value(number, &tell, &mut |same| {
            let later = same.iter().rfind(|(_, (before, _))| !before);
            let Some((_, (_, holder))) = later else {
                return;
            };
            for (_, (before, row)) in same {
                if *before
                    && let Some(own) = again[*row as usize]
                    && own != *holder
                {
                    graph.join(own, *holder, pool as u64);
                }
            }
        })?;
    }
    Ok(graph)
}

/// Homes in which both packages together show more people than either.
fn larger_homes(now: &dyn Codes, earlier: &dyn Codes, again: &[Option<u32>]) -> io::Result<usize> {
    let number = Cell::new(0);
    // A person of both is one; one of the earlier package alone has a number beyond.
    let tell = |each: &mut dyn FnMut([u8; 16], (u32, bool))| {
        number.set(0);
        now.each_stays(|row, stays| {
            number.set(number.get() + stays.len());
            for stay in stays {
                each(stay.home, (row as u32, false));
            }
        })?;
        earlier.each_stays(|before, stays| {
            number.set(number.get() + stays.len());
            let own = again[before].unwrap_or((now.records() + before) as u32);
            for stay in stays {
                each(stay.home, (own, true));
            }
        })
    };
    tell(&mut |_, _| {})?;
    let mut larger = 0;
    each_value(number.get(), &tell, &mut |same| {
        let mut people = same.to_vec();
        people.dedup();
        let is = people.iter().filter(|(_, (_, before))| !before).count();
        let was = people.len() - is;
        people.dedup_by_key(|(_, (person, _))| *person);
        larger += usize::from(people.len() > is.max(was));
    })?;
    Ok(larger)
}

/// A number for a list of months. With sixteen bytes two lists of a million have one number once in 10^26.
fn number_of(months: &[u16]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    for month in months {
        hasher.update(&month.to_le_bytes());
    }
    u128::from_le_bytes(
        *hasher
            .finalize()
            .as_bytes()
            .first_chunk()
            .expect("32 bytes"),
    )
}

/// The numbers of those lists of months that one record alone has, sorted, and how many records have any. `list` gives the list of a record.
fn alone_by(
    codes: &dyn Codes,
    list: impl Fn(&[Stay]) -> Vec<u16>,
) -> io::Result<(Vec<u128>, usize)> {
    let mut all: Vec<u128> = Vec::new();
    codes.each_stays(|_, stays| {
        if !stays.is_empty() {
            all.push(number_of(&list(&stays)));
        }
    })?;
    all.sort_unstable();
    let alone = all.chunk_by(|a, b| a == b).filter(|same| same.len() == 1);
    Ok((alone.map(|same| same[0]).collect(), all.len()))
}

/// Records that have months of homes, and of these the records whose months no other record has.
///
/// # Errors
/// When the codes cannot be read.
pub fn own_months(codes: &dyn Codes) -> io::Result<Share> {
    let months = |stays: &[Stay]| {
        let mut months: Vec<(u16, u16)> = stays.iter().map(|stay| (stay.from, stay.to)).collect();
        months.sort_unstable();
        months
            .into_iter()
            .flat_map(|(from, to)| [from, to])
            .collect()
    };
    let (alone, of) = alone_by(codes, months)?;
    Ok(Share::new(alone.len() as u64, of as u64))
}

/// Records whose first months of homes one record alone has in each package. The last month of a stay grows with every period.
fn by_months(now: &dyn Codes, earlier: &dyn Codes) -> io::Result<usize> {
    let firsts = |stays: &[Stay]| {
        let mut firsts: Vec<u16> = stays.iter().map(|stay| stay.from).collect();
        firsts.sort_unstable();
        firsts
    };
    let (before, _) = alone_by(earlier, firsts)?;
    let (is, _) = alone_by(now, firsts)?;
    Ok(is
        .iter()
        .filter(|own| before.binary_search(own).is_ok())
        .count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::File;
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
        let joint = compare(&now, &earlier).unwrap();
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
        assert_eq!(own_months(&now).unwrap(), Share::new(3, 3));
    }

    #[test]
    fn under_another_key_nothing_is_found_but_months() {
        let (now, earlier) = two();
        let earlier = earlier.coded(&[2; 32], 4);
        let joint = compare(&now, &earlier).unwrap();
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
        let joint = compare(&file, &file).unwrap();
        assert_eq!(
            (joint.again, joint.new, joint.moved, joint.joined),
            (50, 0, 0, 0)
        );
        assert_eq!((joint.rarest_change(), joint.larger_homes), (0, 0));
    }
}
