//! Homes: which household keys stand for one home, and who lived there when.

use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, HOUSEHOLD_NONE, HOUSEHOLD_UPRN, NO_MONTH, Schema, Token,
};
use rayon::prelude::*;

use super::spell::{Grain, Spell};
use crate::people::Forest;
use crate::{PersonCluster, RecordSet};

/// A home confirmed this recently (months before the latest month of all evidence) is taken as still lived in, unless a later home of the
/// person is known: registers confirm now and then, and the last confirmation is not the end.
const CONFIRMED_MONTHS_MAX: u16 = 11;

/// One person's evidence of one home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stay {
    /// The home.
    pub home: u32,
    /// Index of the person.
    pub person: u32,
    /// When.
    pub spell: Spell,
    /// Who says so.
    pub set: u32,
    /// By which kind of key.
    pub kind: u8,
}

/// A household key of a record, before homes are known.
struct Evidence {
    token: Token,
    person: u32,
    /// Number of the record, so that the UPRN and the address of one spell can be recognised.
    record: u32,
    set: u32,
    kind: u8,
    spell: Spell,
    /// Months as they were sent: keys of one stay have the same.
    sent: (u16, u16),
}

/// All stays, sorted by home and person.
pub(super) fn stays(schema: &Schema, sets: &[RecordSet], people: &[PersonCluster]) -> Vec<Stay> {
    let grain = Grain::of(schema);
    let mut evidence = evidence(schema, sets, people, grain);
    keep_open(&mut evidence, people.len(), grain);
    let (tokens, count) = number_tokens(&evidence);
    let home_of = homes(&evidence, &tokens, count);
    let mut stays: Vec<Stay> = evidence
        .iter()
        .zip(&tokens)
        .map(|(e, &token)| Stay {
            home: home_of[token as usize],
            person: e.person,
            spell: e.spell,
            set: e.set,
            kind: e.kind,
        })
        .collect();
    stays.par_sort_unstable();
    stays
}

fn evidence(
    schema: &Schema,
    sets: &[RecordSet],
    people: &[PersonCluster],
    grain: Grain,
) -> Vec<Evidence> {
    let slots = schema.household_slots();
    let mut evidence = Vec::new();
    let mut record = 0;
    for (person, cluster) in people.iter().enumerate() {
        // One protected record protects the whole person: its other records would show where it lives.
        let flags = cluster.members.iter().fold(0, |all, id| {
            all | sets[id.set as usize].table.flags[id.row as usize]
        });
        if flags & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0 {
            continue;
        }
        for id in &cluster.members {
            record += 1;
            let row = id.row as usize;
            for key in &sets[id.set as usize].table.household[row * slots..(row + 1) * slots] {
                if key.kind != HOUSEHOLD_NONE {
                    evidence.push(Evidence {
                        token: key.token,
                        person: person as u32,
                        record,
                        set: id.set,
                        kind: key.kind,
                        spell: Spell::of(key, grain),
                        sent: (key.from, key.to),
                    });
                }
            }
        }
    }
    evidence
}

/// Keeps a recently confirmed home open: see [`CONFIRMED_MONTHS_MAX`].
fn keep_open(evidence: &mut [Evidence], people: usize, grain: Grain) {
    let latest = evidence
        .iter()
        .map(|e| e.spell.to)
        .filter(|&to| to != NO_MONTH)
        .max()
        .unwrap_or(0);
    let mut last_arrival = vec![0u16; people];
    for e in evidence.iter() {
        let arrival = &mut last_arrival[e.person as usize];
        *arrival = (*arrival).max(e.spell.from);
    }
    for e in evidence.iter_mut() {
        let recent =
            e.spell.to != NO_MONTH && e.spell.to.saturating_add(CONFIRMED_MONTHS_MAX) >= latest;
        let newest = last_arrival[e.person as usize]
            <= e.spell.from.saturating_add(grain.same_arrival_max());
        if recent && newest {
            e.spell.to = latest;
            e.sent = (e.spell.from, latest);
        }
    }
}

/// For each piece of evidence the number of its token, in the order of tokens, and how many there are.
fn number_tokens(evidence: &[Evidence]) -> (Vec<u32>, usize) {
    let mut order: Vec<u32> = (0..evidence.len() as u32).collect();
    order.par_sort_unstable_by_key(|&index| evidence[index as usize].token);
    let mut numbers = vec![0; evidence.len()];
    let mut count = 0;
    for same in order.chunk_by(|&a, &b| evidence[a as usize].token == evidence[b as usize].token) {
        for &index in same {
            numbers[index as usize] = count;
        }
        count += 1;
    }
    (numbers, count as usize)
}

/// The home of each token: tokens that records give for one stay are one home, the best supported first.
fn homes(evidence: &[Evidence], tokens: &[u32], count: usize) -> Vec<u32> {
    // Two keys of a record, and whether the record leaves open which of its keys belong together: without months all of them look alike.
    let mut said: Vec<(u32, u32, bool)> = Vec::new();
    let mut start = 0;
    for same_record in evidence.chunk_by(|a, b| a.record == b.record) {
        for (i, a) in same_record.iter().enumerate() {
            for (j, b) in same_record.iter().enumerate().skip(i + 1) {
                if a.kind != b.kind && a.sent == b.sent {
                    let (x, y) = (tokens[start + i], tokens[start + j]);
                    let alike = same_record.iter().filter(|key| key.sent == a.sent).count();
                    said.push((x.min(y), x.max(y), alike == 2));
                }
            }
        }
        start += same_record.len();
    }
    said.par_sort_unstable();
    let mut support: Vec<([u32; 2], u32, u32)> = said
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .map(|same| {
            let clear = same.iter().filter(|(.., clear)| *clear).count();
            ([clear as u32, same.len() as u32], same[0].0, same[0].1)
        })
        .collect();
    support.par_sort_unstable_by_key(|&(n, a, b)| (std::cmp::Reverse(n), a, b));
    let mut has_uprn = vec![false; count];
    for (e, &token) in evidence.iter().zip(tokens) {
        has_uprn[token as usize] |= e.kind == HOUSEHOLD_UPRN;
    }
    let mut forest = Forest::new(count);
    for (_, a, b) in support {
        let (a, b) = (forest.find(a), forest.find(b));
        // Two UPRNs are two homes, even when one address is written for both (flats without their number).
        if a != b && !(has_uprn[a as usize] && has_uprn[b as usize]) {
            let either = has_uprn[a as usize] || has_uprn[b as usize];
            let root = forest.join(a, b);
            has_uprn[root as usize] = either;
        }
    }
    (0..count as u32).map(|token| forest.find(token)).collect()
}
