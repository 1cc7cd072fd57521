//! What the steps after candidates cost: clustering and households on records and pairs that are made up.
//!
//! `cargo run --release -p kinfold-benches --bin link_scale [-- RECORDS [FALSE]]` (default 1,000,000 records of four custodians, three
//! candidate pairs a record) prints the seconds of each step and the memory at its peak, and a hash of all that came out: two versions that
//! link the same print the same. The pairs have the weights that a good model gives: true ones strong, strangers weak, one in a hundred of
//! either misplaced; one true pair in twenty is no candidate. `FALSE` is how many of a hundred pairs of strangers are strong, to see what a
//! bad model costs: with many false links most records hang together.

use std::time::Instant;

use kinfold_benches::Words;
use kinfold_benches::process::peak_mib;
use kinfold_linkage::{
    Comparable, Given, LifeStage, Options, Pair, People, RecordId, RecordSet, Verdict,
    form_households, form_people, link,
};
use kinfold_schema::{
    Agreement, CodeTable, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE, HOUSEHOLD_UPRN, HouseholdKey,
    NO_MONTH, Schema, Token,
};

const SETS: usize = 4;
/// Candidate pairs for each record.
const PAIRS: usize = 3;

fn main() {
    let records = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000usize);
    let wrong = std::env::args()
        .nth(2)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1u64);
    let schema = Schema::standard();
    let mut words = Words(5);
    let began = Instant::now();
    let (sets, people) = town(&schema, records, &mut words);
    let mut pairs = candidates(&sets, &people, records * PAIRS, wrong, &mut words);
    println!(
        "{} records, {} pairs made in {:.1} s, {} MiB",
        records,
        pairs.len(),
        began.elapsed().as_secs_f64(),
        peak_mib()
    );
    let began = Instant::now();
    let formed = form_people(&schema, &sets, &mut pairs, -2.0, &Given::default());
    println!(
        "people: {} in {:.2} s, {} MiB at the peak",
        formed.people.len(),
        began.elapsed().as_secs_f64(),
        peak_mib()
    );
    let hash = hash(&formed, &pairs);
    // The result of linking nothing, with the people in it.
    let mut linked = link(&schema, &[], &Options::default(), &());
    linked.people = formed.people;
    drop(pairs);
    let began = Instant::now();
    let stages = vec![LifeStage::Unknown; linked.people.len()];
    let households = form_households(&schema, &sets, &linked, &stages);
    println!(
        "households: {} in {:.2} s, {} MiB at the peak",
        households.households.len(),
        began.elapsed().as_secs_f64(),
        peak_mib()
    );
    println!("hash of what came out: {hash}");
}

/// Of people, ties, bridges and what became of the pairs.
fn hash(formed: &People, pairs: &[Pair]) -> String {
    let mut hasher = blake3::Hasher::new();
    for person in &formed.people {
        hasher.update(person.reference.as_bytes());
        hasher.update(&person.confidence.to_bits().to_le_bytes());
        for member in &person.members {
            hasher.update(&member.set.to_le_bytes());
            hasher.update(&member.row.to_le_bytes());
        }
    }
    hasher.update(format!("{:?} {:?}", formed.ties, formed.bridges).as_bytes());
    for pair in pairs {
        hasher.update(format!("{:?}", pair.verdict).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Records of people in homes of three: for each set its codes, and for each row the person.
fn town(schema: &Schema, records: usize, words: &mut Words) -> (Vec<RecordSet>, Vec<Vec<u32>>) {
    let slots = schema.household_slots();
    // Each person is in about three of four files.
    let count = records * 10 / (SETS * 7);
    let mut draw = |below: u64| words.next().unwrap_or(0) % below;
    let mut tables = vec![CodeTable::default(); SETS];
    let mut people = vec![Vec::new(); SETS];
    for person in 0..count {
        for set in 0..SETS {
            if draw(10) >= 7 {
                continue;
            }
            let table = &mut tables[set];
            table
                .record_ref
                .push(token(1, set as u64, table.len() as u64));
            table.presence.push(0);
            table.flags.push(0);
            people[set].push(person as u32);
            let home = person as u64 / 3;
            for slot in 0..slots {
                let kind = [HOUSEHOLD_UPRN, HOUSEHOLD_ADDRESS].get(slot).copied();
                table.household.push(HouseholdKey {
                    token: match kind {
                        Some(kind) => token(2, u64::from(kind), home),
                        None => token(3, person as u64, slot as u64),
                    },
                    kind: kind.unwrap_or(HOUSEHOLD_NONE),
                    from: if kind.is_some() { 1400 } else { NO_MONTH },
                    to: if kind.is_some() { 1500 } else { NO_MONTH },
                });
            }
        }
    }
    for table in &mut tables {
        let keys = table.len() * schema.key_slots();
        // Nobody has a verified number, so no token is looked at: one shared block would do, but the table says how many there are.
        table.keys = vec![[0; 16]; keys.min(1)];
    }
    let sets = tables
        .into_iter()
        .enumerate()
        .map(|(set, table)| RecordSet {
            source: format!("s{set}"),
            table,
        })
        .collect();
    (sets, people)
}

fn candidates(
    sets: &[RecordSet],
    people: &[Vec<u32>],
    wanted: usize,
    wrong: u64,
    words: &mut Words,
) -> Vec<Pair> {
    let mut draw = |below: u64| words.next().unwrap_or(0) % below;
    let mut pairs: Vec<Pair> = Vec::with_capacity(wanted);
    for left in 0..SETS {
        for right in left + 1..SETS {
            let (mut i, mut j) = (0, 0);
            while i < people[left].len() && j < people[right].len() {
                match people[left][i].cmp(&people[right][j]) {
                    std::cmp::Ordering::Less => i += 1,
                    std::cmp::Ordering::Greater => j += 1,
                    std::cmp::Ordering::Equal => {
                        if draw(20) > 0 {
                            pairs.push(pair((left, i), (right, j), draw(100) > 0, draw(12)));
                        }
                        i += 1;
                        j += 1;
                    }
                }
            }
        }
    }
    while pairs.len() < wanted {
        let (a, b) = (draw(SETS as u64) as usize, draw(SETS as u64) as usize);
        if a == b {
            continue;
        }
        let (left, right) = (a.min(b), a.max(b));
        let (i, j) = (
            draw(sets[left].table.len() as u64) as usize,
            draw(sets[right].table.len() as u64) as usize,
        );
        pairs.push(pair((left, i), (right, j), draw(100) < wrong, draw(12)));
    }
    pairs.sort_by_key(|pair| (pair.left, pair.right));
    pairs.dedup_by_key(|pair| (pair.left, pair.right));
    pairs
}

fn pair(left: (usize, usize), right: (usize, usize), strong: bool, spread: u64) -> Pair {
    let weight = if strong { 6.0 } else { -12.0 } + spread as f64;
    let probability = 1.0 / (1.0 + (-weight).exp2());
    let id = |(set, row): (usize, usize)| RecordId {
        set: set as u32,
        row: row as u32,
    };
    Pair {
        left: id(left),
        right: id(right),
        weight,
        probability,
        agreement: Agreement::default(),
        keys: 0,
        counts: [0; 4],
        filter_bits: 0.0,
        fields: kinfold_linkage::FieldLevels::default(),
        same_home: false,
        sigmas: None,
        comparable: Comparable::default(),
        verdict: match probability {
            p if p >= 0.85 => Verdict::Linked,
            p if p >= 0.2 => Verdict::Review,
            _ => Verdict::NotLinked,
        },
    }
}

fn token(kind: u8, a: u64, b: u64) -> Token {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&[kind])
        .update(&a.to_le_bytes())
        .update(&b.to_le_bytes());
    let mut token = [0; 16];
    token.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    token
}
