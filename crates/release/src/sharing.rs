//! What equal keys show: the graph of records that share a key inside a file, and the graph of matches between two files.
//!
//! Somebody who holds the same list can draw the same graph of people and look for records whose place in it is the only one of its kind. The
//! places are told apart by colours that are refined until nothing changes (Weisfeiler and Leman): a record's next colour is its own with
//! those of its neighbours and the kinds of keys between. A colour that one record and one person alone have names the record (match key
//! study, section 5).

use std::collections::BTreeMap;
use std::io;

use kinfold_schema::Token;
use rayon::prelude::*;

use crate::codes::{Codes, parts};
use crate::groups::each_value;
use crate::keys::{KeyView, Released};
use kinfold_verdict::Share;

/// A graph: for each node its neighbours with a label of the edge.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    edges: Vec<Vec<(u32, u64)>>,
}

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Singled {
    /// Records whose colour no other record has, and that have some edge: the most an attacker with the very same list can name.
    pub unique: Share,
    /// Records that the attack named rightly.
    pub named: Share,
    /// Records with an edge.
    pub with_edge: Share,
    /// Records in the largest connected part.
    pub largest_part: u64,
}

impl Graph {
    /// A graph of so many nodes without edges.
    pub fn new(nodes: usize) -> Self {
        Self {
            edges: vec![Vec::new(); nodes],
        }
    }

    /// Joins two nodes by an edge of a kind.
    pub fn join(&mut self, a: u32, b: u32, kind: u64) {
        self.edges[a as usize].push((b, kind));
        self.edges[b as usize].push((a, kind));
    }

    /// The records of a file that share a released key, by the released tokens.
    ///
    /// # Errors
    /// When the codes cannot be read.
    pub fn of_codes(codes: &dyn Codes) -> io::Result<Self> {
        let mut graph = Self::new(codes.records());
        for pool in 0..codes.pools() {
            let tell = |each: &mut dyn FnMut(Token, u32)| {
                for (first, rows) in parts(codes.records()) {
                    codes.tokens(pool, first, rows, &mut |row, tokens| {
                        for token in tokens {
                            each(*token, row);
                        }
                    })?;
                }
                Ok(())
            };
            each_value(codes.tokens_of(pool)?, &tell, &mut |same| {
                let mut holders: Vec<u32> = same.iter().map(|(_, row)| *row).collect();
                holders.dedup();
                graph.join_all(holders.iter().copied(), pool);
            })?;
        }
        Ok(graph)
    }

    /// Whether nobody is joined to anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.edges.iter().all(Vec::is_empty)
    }

    /// The people of a list that would share a released key.
    pub fn of_list(keys: &[KeyView], people: usize) -> Self {
        let mut graph = Self::new(people);
        for (pool, key) in keys.iter().enumerate() {
            for holders in key.released().chunk_by(|a, b| a.value == b.value) {
                graph.join_all(holders.iter().map(|own| own.row), pool);
            }
        }
        graph
    }

    fn join_all(&mut self, people: impl Iterator<Item = u32> + Clone, pool: usize) {
        for (place, a) in people.clone().enumerate() {
            for b in people.clone().skip(place + 1) {
                self.join(a, b, pool as u64);
            }
        }
    }

    /// The matches between two files in which every released value occurs once: people of the first are the first nodes, those of the second
    /// follow. `first` and `second` are the keys of the two files.
    pub fn of_matches(first: &[KeyView], second: &[KeyView], people: usize, others: usize) -> Self {
        let mut graph = Self::new(people + others);
        let same = |a: &Released, b: &Released| a.value == b.value;
        for (pool, (a, b)) in first.iter().zip(second).enumerate() {
            let (left, right) = (a.released(), b.released());
            let mut others = right.chunk_by(same).peekable();
            for own in left.chunk_by(same) {
                let value = own[0].value;
                while others.next_if(|other| other[0].value < value).is_some() {}
                if let ([own], Some([other])) = (own, others.peek())
                    && other.value == value
                {
                    graph.join(own.row, people as u32 + other.row, pool as u64);
                }
            }
        }
        graph
    }

    /// The colour of each node after refinement. Edges between two nodes count as one, of how many there are of each kind: of a pool it is
    /// seen how many of its tokens two records share.
    pub fn colours(&self, start: &[u64]) -> Vec<u64> {
        let merged: Vec<Vec<(u32, u64)>> = self
            .edges
            .iter()
            .map(|edges| {
                let mut edges = edges.clone();
                edges.sort_unstable();
                let merged = edges.chunk_by(|a, b| a.0 == b.0).map(|between| {
                    let mut hasher = blake3::Hasher::new();
                    for (_, kind) in between {
                        hasher.update(&kind.to_le_bytes());
                    }
                    (between[0].0, first_eight(&hasher))
                });
                merged.collect()
            })
            .collect();
        let mut colours = start.to_vec();
        let mut distinct = number_of_colours(&colours);
        // A path of many records needs many rounds; each round that changes nothing ends it.
        for _ in 0..self.edges.len() {
            let next: Vec<u64> = merged
                .par_iter()
                .zip(&colours)
                .map(|(edges, own)| {
                    let mut around: Vec<(u64, u64)> = edges
                        .iter()
                        .map(|(other, kinds)| (*kinds, colours[*other as usize]))
                        .collect();
                    around.sort_unstable();
                    let mut hasher = blake3::Hasher::new();
                    hasher.update(&own.to_le_bytes());
                    for (kinds, colour) in around {
                        hasher
                            .update(&kinds.to_le_bytes())
                            .update(&colour.to_le_bytes());
                    }
                    first_eight(&hasher)
                })
                .collect();
            let now = number_of_colours(&next);
            if now == distinct {
                break;
            }
            (colours, distinct) = (next, now);
        }
        colours
    }

    /// The largest connected part.
    fn largest_part(&self) -> u64 {
        let mut sets = crate::homes::Sets::new(self.edges.len());
        for (node, edges) in self.edges.iter().enumerate() {
            for (other, _) in edges {
                sets.join(node as u32, *other);
            }
        }
        let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
        for node in 0..self.edges.len() as u32 {
            *sizes.entry(sets.first(node)).or_default() += 1;
        }
        sizes.into_values().max().unwrap_or(0)
    }
}

impl Singled {
    /// What is found where nobody shares anything.
    pub(crate) fn nobody(records: usize) -> Self {
        let none = Share::new(0, records as u64);
        Self {
            unique: none,
            named: none,
            with_edge: none,
            largest_part: records.min(1) as u64,
        }
    }
}

/// Matches the graph of records with the graph of a list. Node `i` of the one is node `i` of the other, which only the judge knows; the first
/// `records` nodes are those that are judged.
pub fn attack(seen: &Graph, list: &Graph, records: usize) -> Singled {
    // The rounds of refinement have to be the same on both sides to be compared: both graphs are refined as one.
    let (left, right) = (seen.edges.len(), list.edges.len());
    let mut both = Graph::new(left + right);
    for (node, edges) in seen.edges.iter().enumerate() {
        both.edges[node].clone_from(edges);
    }
    for (node, edges) in list.edges.iter().enumerate() {
        both.edges[left + node] = edges
            .iter()
            .map(|(other, kind)| (other + left as u32, *kind))
            .collect();
    }
    // Of two files it is known which record is of which.
    let side = |node: usize| u64::from(node >= records);
    let start: Vec<u64> = (0..left).chain(0..right).map(side).collect();
    let colours = both.colours(&start);
    let mut of_record: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    let mut of_person: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (node, colour) in colours[..left].iter().enumerate() {
        of_record.entry(*colour).or_default().push(node as u32);
    }
    for (node, colour) in colours[left..].iter().enumerate() {
        of_person.entry(*colour).or_default().push(node as u32);
    }
    let (mut unique, mut named, mut with_edge) = (0, 0, 0);
    for (row, edges) in seen.edges.iter().enumerate().take(records) {
        with_edge += u64::from(!edges.is_empty());
        if edges.is_empty() || of_record[&colours[row]].len() > 1 {
            continue;
        }
        unique += 1;
        if let Some([person]) = of_person.get(&colours[row]).map(Vec::as_slice) {
            named += u64::from(*person == row as u32);
        }
    }
    let of = records as u64;
    Singled {
        unique: Share::new(unique, of),
        named: Share::new(named, of),
        with_edge: Share::new(with_edge, of),
        largest_part: seen.largest_part(),
    }
}

fn first_eight(hasher: &blake3::Hasher) -> u64 {
    let hash = hasher.finalize();
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"))
}

fn number_of_colours(colours: &[u64]) -> usize {
    let mut sorted = colours.to_vec();
    sorted.par_sort_unstable();
    sorted.dedup();
    sorted.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::File;

    fn of_seen(keys: &[KeyView], records: usize) -> Graph {
        let file = File {
            records,
            keys: keys.to_vec(),
            ..File::default()
        };
        Graph::of_codes(&file).unwrap()
    }

    /// Keys of one kind from values; a value's token is the value itself.
    fn key(values: &[&[u64]], cap: u32) -> KeyView {
        let token = |value: &u64| {
            let mut token = [0; 16];
            token[..8].copy_from_slice(&value.to_le_bytes());
            token
        };
        KeyView {
            id: "NN D".to_owned(),
            cap,
            slots: vec![usize::MAX],
            seen: values
                .iter()
                .map(|own| own.iter().map(token).collect())
                .collect(),
            listed: values
                .iter()
                .map(|own| own.iter().map(|value| (0, *value)).collect())
                .collect(),
        }
    }

    #[test]
    fn a_path_singles_out_its_middle() {
        // 0 - 1 - 2 and 3 alone: the ends look alike, the middle does not.
        let keys = [key(&[&[1], &[1, 2], &[2], &[3]], 5)];
        let (seen, list) = (of_seen(&keys, 4), Graph::of_list(&keys, 4));
        let singled = attack(&seen, &list, 4);
        assert_eq!(
            (
                singled.unique.hits,
                singled.named.hits,
                singled.with_edge.hits
            ),
            (1, 1, 3)
        );
        assert_eq!(singled.largest_part, 3);
    }

    #[test]
    fn kinds_of_keys_tell_the_ends_apart() {
        let keys = [
            key(&[&[1], &[1], &[], &[]], 5),
            key(&[&[], &[2], &[2], &[]], 5),
        ];
        let singled = attack(&of_seen(&keys, 4), &Graph::of_list(&keys, 4), 4);
        assert_eq!((singled.unique.hits, singled.named.hits), (3, 3));
    }

    #[test]
    fn with_every_value_once_there_is_no_graph() {
        let keys = [key(&[&[1], &[1, 2], &[2], &[3]], 1)];
        assert!(Graph::of_list(&keys, 4).edges.iter().all(Vec::is_empty));
    }

    #[test]
    fn matches_of_two_files_are_a_graph_too() {
        // Of the second file the first person matches the first and the second of the first file.
        let first = [key(&[&[1], &[2], &[9]], 1), key(&[&[], &[5], &[]], 1)];
        let second = [key(&[&[1, 2], &[8]], 1), key(&[&[5], &[]], 1)];
        let graph = Graph::of_matches(&first, &second, 3, 2);
        let singled = attack(&graph, &graph, 3);
        // The first matches by one kind, the second by two.
        assert_eq!(
            (
                singled.unique.hits,
                singled.named.hits,
                singled.with_edge.hits
            ),
            (2, 2, 2)
        );
    }

    #[test]
    fn of_a_pool_the_number_of_shared_tokens_is_seen() {
        // Two pairs of records that share keys: the one pair two, the other one. Who of a pair is who is not told.
        let keys = [key(&[&[1, 2], &[1, 2], &[3], &[3]], 2)];
        let graph = Graph::of_list(&keys, 4);
        let colours = graph.colours(&[0; 4]);
        assert_eq!((colours[0], colours[2]), (colours[1], colours[3]));
        assert_ne!(colours[0], colours[2]);
    }
}
