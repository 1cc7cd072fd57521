//! Which tokens of two files agree: what the linkage unit sees of each record, and what a list expects of each person.

use std::collections::BTreeMap;

use crate::keys::{KeyView, Released};

/// In which part of the net of agreements a token stands, as seen from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Between the record and the partner's that most tokens agree with.
    Pair,
    /// Between the record and others of the partner's.
    Own,
    /// Between that partner's record and others of the file.
    Theirs,
}

const PARTS: usize = 3;

/// One agreeing token.
struct Edge {
    row: u32,
    other: u32,
    pool: usize,
    kind: u16,
}

/// All agreements between two files.
fn agreements(first: &[KeyView], second: &[KeyView]) -> Vec<Edge> {
    let mut all = Vec::new();
    for (pool, (a, b)) in first.iter().zip(second).enumerate() {
        let (left, right) = (a.released(), b.released());
        let same = |a: &Released, b: &Released| a.value == b.value;
        let mut others = right.chunk_by(same).peekable();
        for own in left.chunk_by(same) {
            let value = own[0].value;
            while others.next_if(|other| other[0].value < value).is_some() {}
            let Some(theirs) = others.peek().filter(|other| other[0].value == value) else {
                continue;
            };
            for own in own {
                all.extend(theirs.iter().map(|other| Edge {
                    row: own.row,
                    other: other.row,
                    pool,
                    kind: own.kind,
                }));
            }
        }
    }
    all
}

/// Small numbers in rows of the same width.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub width: usize,
    counts: Vec<u8>,
}

impl Rows {
    fn new(rows: usize, width: usize) -> Self {
        Self {
            width,
            counts: vec![0; rows * width],
        }
    }

    /// Rows of the one before those of the other.
    fn beside(&self, other: &Self, rows: usize) -> Self {
        let row = |row| self.row(row).iter().chain(other.row(row)).copied();
        Self {
            width: self.width + other.width,
            counts: (0..rows).flat_map(row).collect(),
        }
    }

    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.counts[row * self.width..(row + 1) * self.width]
    }

    fn add(&mut self, row: u32, column: usize) {
        let count = &mut self.counts[row as usize * self.width + column];
        *count = count.saturating_add(1);
    }
}

/// The agreements with one partner: of each record by pools, as they are seen, and of each person by kinds, as a list expects them and as
/// they truly are.
pub(super) struct Met {
    /// For each pool and part of the net how many tokens agree, of each record.
    pub seen: Rows,
    /// Whether any agrees.
    pub paired: Vec<bool>,
    /// For each kind and part of the net how many tokens can agree, of each person.
    pub expected: Rows,
    /// How many truly do. Only who learns how much is lost looks here.
    pub truly: Rows,
    /// Whom the partner has.
    pub has: Vec<bool>,
    /// For each column of `expected` the column of `seen` that it adds to.
    pub pool_of: Vec<usize>,
    /// Names of the columns of `seen`.
    pub names: Vec<String>,
}

/// The keys of a file as they are and as a list of the population has them.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// As the custodian wrote them.
    pub written: &'a [KeyView],
    /// As the list has them.
    pub listed: &'a [KeyView],
}

impl<'a> Known<'a> {
    /// Of a custodian whose keys are those of the list to the letter.
    pub fn exact(keys: &'a [KeyView]) -> Self {
        Self {
            written: keys,
            listed: keys,
        }
    }
}

impl Met {
    /// Record `i` of both files is person `i`. With `strangers` the agreements with other people's records are looked at too.
    pub(super) fn of(first: Known<'_>, second: Known<'_>, people: usize, strangers: bool) -> Self {
        let parts = if strangers { PARTS } else { 1 };
        let mut first_kind = Vec::new();
        let mut pool_of = Vec::new();
        let mut names = Vec::new();
        for (pool, view) in first.written.iter().enumerate() {
            first_kind.push(pool_of.len() / parts);
            for _ in &view.slots {
                pool_of.extend((0..parts).map(|part| pool * parts + part));
            }
            names.push(view.id.clone());
            if strangers {
                names.push(format!("{}, others'", view.id));
                names.push(format!("{}, others'", view.id));
            }
        }
        let by_kind = |pool: usize, kind: u16| (first_kind[pool] + usize::from(kind)) * parts;
        let kinds = |edges: &[Edge]| {
            let mut rows = Rows::new(people, pool_of.len());
            for edge in edges {
                let column = by_kind(edge.pool, edge.kind);
                if edge.row == edge.other {
                    rows.add(edge.row, column + Part::Pair as usize);
                } else if strangers {
                    rows.add(edge.row, column + Part::Own as usize);
                    rows.add(edge.other, column + Part::Theirs as usize);
                }
            }
            rows
        };
        let edges = agreements(first.written, second.written);
        let mut has = vec![false; people];
        for key in second.listed {
            for (person, own) in key.listed.iter().enumerate() {
                has[person] |= !own.is_empty();
            }
        }
        let best = best_partners(&edges, people);
        let mut seen = Rows::new(people, names.len());
        let mut of_other: Vec<Vec<u32>> = vec![Vec::new(); people];
        for (row, best) in (0u32..).zip(&best) {
            if let Some(best) = best {
                of_other[*best as usize].push(row);
            }
        }
        for edge in &edges {
            let column = edge.pool * parts;
            if best[edge.row as usize] == Some(edge.other) {
                seen.add(edge.row, column + Part::Pair as usize);
            } else if strangers {
                seen.add(edge.row, column + Part::Own as usize);
            }
            if strangers {
                for row in of_other[edge.other as usize]
                    .iter()
                    .filter(|row| **row != edge.row)
                {
                    seen.add(*row, column + Part::Theirs as usize);
                }
            }
        }
        Self {
            seen,
            paired: best.iter().map(Option::is_some).collect(),
            expected: kinds(&agreements(first.listed, second.listed)),
            truly: kinds(&edges),
            has,
            pool_of,
            names,
        }
    }

    /// The agreements with several partners as one.
    ///
    /// # Panics
    /// Without any partner.
    pub(super) fn beside(all: Vec<Self>) -> Self {
        let both = |a: Self, b: Self| {
            let people = a.has.len();
            let or = |a: &[bool], b: &[bool]| a.iter().zip(b).map(|(a, b)| a | b).collect();
            let later = b.pool_of.iter().map(|column| column + a.seen.width);
            Self {
                seen: a.seen.beside(&b.seen, people),
                paired: or(&a.paired, &b.paired),
                expected: a.expected.beside(&b.expected, people),
                truly: a.truly.beside(&b.truly, people),
                has: or(&a.has, &b.has),
                pool_of: a.pool_of.iter().copied().chain(later).collect(),
                names: a.names.iter().chain(&b.names).cloned().collect(),
            }
        };
        all.into_iter().reduce(both).expect("some partner")
    }
}

/// For each record the partner's that most tokens agree with; the first of several that are as good.
fn best_partners(edges: &[Edge], records: usize) -> Vec<Option<u32>> {
    let mut shared: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for edge in edges {
        *shared.entry((edge.row, edge.other)).or_default() += 1;
    }
    let mut best: Vec<Option<(u32, u32)>> = vec![None; records];
    for ((row, other), count) in shared {
        let best = &mut best[row as usize];
        if best.is_none_or(|(most, _)| count > most) {
            *best = Some((count, other));
        }
    }
    let other = |best: Option<(u32, u32)>| best.map(|(_, other)| other);
    best.into_iter().map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool of two kinds with two slots each.
    fn pool(listed: Vec<Vec<(u16, u64)>>) -> KeyView {
        KeyView {
            id: "names".to_owned(),
            cap: 1,
            slots: vec![2, 2],
            seen: Vec::new(),
            listed,
        }
    }

    #[test]
    fn parts_of_the_net_by_hand() {
        // Person 0 agrees with himself twice, of both kinds, and with the partner's person 1 once; person 1 with himself once.
        let first = [pool(vec![vec![(0, 1), (1, 11), (1, 12)], vec![(0, 2)]])];
        let second = [pool(vec![vec![(0, 1), (1, 11)], vec![(0, 2), (1, 12)]])];
        let met = Met::of(Known::exact(&first), Known::exact(&second), 2, true);
        assert_eq!(
            (met.seen.row(0), met.seen.row(1)),
            (&[2, 1, 0][..], &[1, 0, 1][..])
        );
        // Kind by kind, each with its three parts.
        assert_eq!(met.expected.row(0), [1, 0, 0, 1, 1, 0]);
        assert_eq!(met.expected.row(1), [1, 0, 0, 0, 0, 1]);
        assert_eq!(met.truly.row(0), met.expected.row(0));
        assert_eq!(met.pool_of, [0, 1, 2, 0, 1, 2]);
        let pairs = Met::of(Known::exact(&first), Known::exact(&second), 2, false);
        assert_eq!((pairs.seen.row(0), pairs.seen.row(1)), (&[2][..], &[1][..]));
    }
}
