//! What the steps after candidates cost with the whole model: patterns, expectation and maximisation, clusters, households.
//!
//! `cargo run --release -p kinfold-benches --bin model_scale [-- RECORDS...]` (default 250,000, 500,000 and 1,000,000 records of four custodians)
//! makes records with match-key tokens in one pool, as the schema `standard` mixes them, but half as many kinds with one token each and no filter: near
//! filters are found before these steps. Each person is in about three of four files, four records in five keep nearly all tokens and the fifth two in
//! five, and each shares single tokens with six strangers, so that about three candidates come of each record. It prints the seconds of each step
//! (by the clock and of the processor, which other programs do not lengthen), the memory at its peak after it, and a hash of all that came out.

use std::sync::Mutex;
use std::time::Instant;

use kinfold_benches::Words;
use kinfold_benches::process::{peak_mib, processor_seconds};
use kinfold_linkage::{
    Households, LifeStage, Linked, Options, Progress, RecordSet, form_households, link,
};
use kinfold_schema::{
    Agreement, AlikePairs, CodeTable, Comparing, Fact, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE,
    HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Pool, Schema, Token,
};

const SETS: usize = 4;
/// Kinds of match keys in the pool.
const KINDS: usize = 20;
/// Strangers with whom each person shares a token: the one whose number differs in this bit.
const STRANGERS: usize = 6;

fn main() {
    let mut sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes = vec![250_000, 500_000, 1_000_000];
    }
    for records in sizes {
        run(records);
    }
}

fn run(records: usize) {
    let schema = few_kinds();
    let sets = town(&schema, records);
    let records: usize = sets.iter().map(|set| set.table.len()).sum();
    println!("{records} records: {} MiB before linking", peak_mib());
    let steps = Steps(Mutex::new(Vec::new()));
    let linked = link(&schema, &sets, &Options::default(), &steps);
    steps.end("forming households");
    let stages = vec![LifeStage::Unknown; linked.people.len()];
    let households = form_households(&schema, &sets, &linked, &stages);
    steps.end("end");
    let steps = steps.0.into_inner().unwrap_or_default();
    for ends in steps.windows(2) {
        println!(
            "  {:.2} s by the clock, {:.2} s of processor time: {} (peak {} MiB)",
            (ends[1].at - ends[0].at).as_secs_f64(),
            ends[1].processor - ends[0].processor,
            ends[0].what,
            ends[1].peak
        );
    }
    println!(
        "  {} pairs, {} people, {} households, {} rounds; hash {}",
        linked.pairs.len(),
        linked.people.len(),
        households.households.len(),
        linked.model.rounds,
        hash(&linked, &households)
    );
}

/// A moment at which a step began.
struct Moment {
    at: Instant,
    /// Processor seconds so far, of all threads.
    processor: f64,
    what: String,
    peak: u64,
}

struct Steps(Mutex<Vec<Moment>>);

impl Steps {
    fn end(&self, what: &str) {
        if let Ok(mut steps) = self.0.lock() {
            steps.push(Moment {
                at: Instant::now(),
                processor: processor_seconds().iter().sum(),
                what: what.to_owned(),
                peak: peak_mib(),
            });
        }
    }
}

impl Progress for Steps {
    fn step(&self, _: usize, _: usize, what: &str) {
        self.end(what);
    }
}

/// `standard` with its identifiers, the first kinds of its pool with a token each, and no filter.
fn few_kinds() -> Schema {
    let mut schema = Schema::standard();
    schema.filters.clear();
    let mut taken = 0;
    schema.keys.retain_mut(|key| {
        let pooled = key.pool.as_deref() == Some("all");
        taken += usize::from(pooled);
        key.slots = 1;
        !pooled || taken <= KINDS
    });
    schema
}

/// Records of people in homes of three.
fn town(schema: &Schema, records: usize) -> Vec<RecordSet> {
    let mut words = Words(5);
    let mut draw = |below: u64| words.next().unwrap_or(0) % below;
    let pools = schema.pools();
    let mixed = pools.iter().find(|pool| pool.name == "all");
    let Some(mixed) = mixed else {
        return Vec::new();
    };
    let slots = schema.key_slots();
    let homes = schema.household_slots();
    // Everything but a verified number.
    let facts = (1u32 << schema.presence.slots.len()) - 1;
    let presence = facts & !schema.presence.bit(Fact::Nhs).unwrap_or(0);
    let mut tables = vec![CodeTable::default(); SETS];
    for person in 0..(records * 10 / (SETS * 7)) as u64 {
        for (set, table) in tables.iter_mut().enumerate() {
            if draw(10) >= 7 {
                continue;
            }
            let row = table.len() as u64;
            table.record_ref.push(token(1, set as u64, row));
            table.presence.push(presence);
            table.flags.push(0);
            let kept = if draw(5) == 0 { 40 } else { 95 };
            let mut keys: Vec<Token> = (0..slots)
                .map(|slot| {
                    let own = slot.checked_sub(mixed.slots.start).filter(|&at| at < KINDS);
                    match own {
                        Some(at) if at < STRANGERS && shares(person, at, set) => {
                            token(10 + at as u64, 0, person & !(1 << at))
                        }
                        Some(at) if draw(100) < kept => token(30 + at as u64, 0, person),
                        _ => token(60 + set as u64, row, slot as u64),
                    }
                })
                .collect();
            keys[mixed.slots.clone()].sort_unstable();
            table.keys.extend(keys);
            for slot in 0..homes {
                let kind = [HOUSEHOLD_UPRN, HOUSEHOLD_ADDRESS].get(slot).copied();
                table.household.push(HouseholdKey {
                    token: match kind {
                        Some(kind) => token(2, u64::from(kind), person / 3),
                        None => token(70 + set as u64, row, slot as u64),
                    },
                    kind: kind.unwrap_or(HOUSEHOLD_NONE),
                    from: NO_MONTH,
                    to: NO_MONTH,
                });
            }
        }
    }
    for table in &mut tables {
        count_within(schema, mixed, presence, table);
    }
    let named = tables.into_iter().enumerate();
    named
        .map(|(set, table)| RecordSet {
            source: format!("s{set}"),
            table,
        })
        .collect()
}

/// Whether a record releases what its person shares with a stranger. Files see one side of it each, so no value is twice in a file.
fn shares(person: u64, at: usize, set: usize) -> bool {
    (person >> at & 1) == (set as u64 & 1)
}

/// As many pairs of people who share one token as the files have of them between each other.
fn count_within(schema: &Schema, mixed: &Pool, presence: u32, table: &mut CodeTable) {
    let mut agreement = Agreement::default();
    mixed.add_to(&mut agreement, 1);
    let comparable = Comparing::new(&schema.presence).comparable(presence, presence);
    let pairs = AlikePairs {
        thousandths: table.len() as u64 * 1_000,
        alone: 900,
    };
    table.within.add(agreement, comparable, pairs);
}

fn token(kind: u64, a: u64, b: u64) -> Token {
    let mut words = Words(kind << 56 ^ a << 28 ^ b);
    let mut token = [0; 16];
    for half in token.chunks_exact_mut(8) {
        half.copy_from_slice(&words.next().unwrap_or(0).to_le_bytes());
    }
    token
}

/// Of people, households and what became of the pairs.
fn hash(linked: &Linked, households: &Households) -> String {
    let mut hasher = blake3::Hasher::new();
    for person in &linked.people {
        hasher.update(person.reference.as_bytes());
        hasher.update(&person.confidence.to_bits().to_le_bytes());
    }
    for pair in &linked.pairs {
        hasher.update(&pair.probability.to_bits().to_le_bytes());
        hasher.update(format!("{:?}", pair.verdict).as_bytes());
    }
    for household in &households.households {
        hasher.update(household.reference.as_bytes());
        for member in &household.members {
            hasher.update(&(member.person as u64).to_le_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
