//! How many rows come together rightly and wrongly, at several limits of evidence.
//!
//! ```text
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- DEMO/sample/council/mapping.toml DEMO/sample/truth/truth.csv
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- mapping.toml truth.csv 0.9 0.95 0.98
//! ```
//!
//! Reads what a mapping names, as `kinfold run` does, and the truth (`source,rec_id,entity_id,…`, the own id being the `rec_id`). Prints for
//! the sure rules alone, and for a release and a bench at each limit: pairs of rows rightly and wrongly together, precision, recall, joins by
//! reason, and of the doubtful pairs by reason how many are one person and how many are two. An open set needs a mapping of its own.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_extract::{Care, Gathered, Memory, gather, unite};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mapping, truth, limits @ ..] = args.as_slice() else {
        return Err("give a mapping and the truth, and limits if you like".into());
    };
    let limits: Vec<f64> = if limits.is_empty() {
        vec![0.9, 0.95, 0.98, 0.99]
    } else {
        let limits = limits.iter().map(|limit| limit.parse());
        limits.collect::<Result<_, _>>()?
    };
    let scratch = std::env::temp_dir();
    let gathered = gather(Path::new(mapping), Memory::default(), &scratch, |_| ())?;
    let entities = entities(&gathered, &std::fs::read_to_string(truth)?)?;
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for entity in &entities {
        *sizes.entry(*entity).or_default() += 1;
    }
    let pairs = sizes.values().map(|size| size * (size - 1) / 2);
    let pairs: usize = pairs.sum();
    println!("{} rows, {pairs} pairs of one person", entities.len());
    let mut cares = vec![("rules".to_owned(), Care::Rules)];
    for limit in limits {
        cares.push((format!("release {limit}"), Care::Release(limit)));
        cares.push((format!("bench {limit}"), Care::Bench(limit)));
    }
    for (name, care) in cares {
        let began = Instant::now();
        let united = unite(&gathered.rows, care, &gathered.decided, &|_| ())?;
        let seconds = began.elapsed().as_secs_f64();
        let [mut right, mut wrong] = [0_usize; 2];
        for person in 0..united.people() {
            let rows = united.rows(person);
            for (at, one) in rows.iter().enumerate() {
                for other in &rows[at + 1..] {
                    if entities[*one as usize] == entities[*other as usize] {
                        right += 1;
                    } else {
                        wrong += 1;
                    }
                }
            }
        }
        let mut doubtful: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for pair in &united.doubtful {
            let counts = doubtful.entry(format!("{:?}", pair.why)).or_default();
            counts[usize::from(entities[pair.left] != entities[pair.right])] += 1;
        }
        println!(
            "{name}: {right} right, {wrong} wrong, precision {:.5}, recall {:.4}, {seconds:.1} s\n  joins {:?}\n  doubtful [one person, two] {doubtful:?}",
            right as f64 / (right + wrong).max(1) as f64,
            right as f64 / pairs.max(1) as f64,
            united.joins,
        );
    }
    Ok(())
}

/// The person of each row, as a number; a row without truth is somebody of its own.
fn entities(gathered: &Gathered, truth: &str) -> Result<Vec<u32>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(truth.as_bytes());
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut known: HashMap<(String, String), u32> = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let next = numbers.len() as u32;
        let number = *numbers.entry(record[2].to_owned()).or_insert(next);
        known.insert((record[0].to_owned(), record[1].to_owned()), number);
    }
    let rows = &gathered.rows;
    let mut next = numbers.len() as u32;
    let mut entities = Vec::with_capacity(rows.len());
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    for part in all.chunks(4096) {
        for row in rows.load(part)? {
            let source = gathered.mapping.people[row.source].source.clone();
            let found = known.get(&(source, row.own_id.expose().clone()));
            entities.push(found.copied().unwrap_or_else(|| {
                next += 1;
                next
            }));
        }
    }
    Ok(entities)
}
