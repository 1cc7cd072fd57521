//! Records per second of an encoding, and the memory it takes.
//!
//! `cargo run --release -p kinfold-benches --bin encode_speed [-- SCHEMA [RECORDS [THREADS [MEMORY]]]]` makes invented people of six fields and encodes
//! them with a shipped schema as a file of any size is encoded: some thousands at a time, in bounded memory. Only the encoding is timed,
//! by the clock and by the system's account of the processor; peak memory is its account of the process (`VmHWM`).

use std::error::Error;
use std::time::Instant;

use kinfold_benches::Words;
use kinfold_benches::people::People;
use kinfold_encoding::{Encoder, Input, Options, ProjectSecrets, Simd};
use kinfold_identity::Person;
use kinfold_schema::{CodeTable, Schema};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "standard".to_owned());
    let records: usize = arguments.next().map_or(Ok(400_000), |text| text.parse())?;
    let threads: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    // Mebibytes of codes before they go to disk.
    let memory_most: Option<usize> = arguments.next().map(|text| text.parse()).transpose()?;
    let schema = Schema::shipped(&name).ok_or("no such schema is shipped")?;
    let rounds: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    println!("{records} people of six fields, schema `{name}`, {threads} thread(s)");
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    pool.install(|| {
        let both = std::env::var_os("SCALAR").is_some();
        let scalar = both.then_some(Simd::Scalar);
        for simd in std::iter::repeat_n(Simd::Auto, rounds).chain(scalar) {
            let mut source = People::new(records);
            let secrets = ProjectSecrets::new(|purpose| {
                *blake3::keyed_hash(&[42; 32], purpose.as_bytes()).as_bytes()
            });
            let memory_most = memory_most.map_or(Options::default().memory, |most| most << 20);
            let options = Options {
                memory: memory_most,
                bench: true,
                simd,
                scratch: std::env::current_dir()?,
                ..Options::default()
            };
            let mut encoder = Encoder::new(&schema, &secrets, &options)?;
            let (mut clock, mut used) = (0.0, 0.0);
            for first in (0..records).step_by(PART) {
                let part = first..(first + PART).min(records);
                let people: Vec<Person> = part.clone().map(|index| source.person(index)).collect();
                let inputs: Vec<Input<'_>> = part
                    .zip(&people)
                    .map(|(index, person)| Input::new(reference(index), person))
                    .collect();
                let (start, before) = (Instant::now(), processor());
                encoder.push(&inputs)?;
                clock += start.elapsed().as_secs_f64();
                used += processor() - before;
            }
            let pushed = used;
            let (start, before) = (Instant::now(), processor());
            let mut rows = 0;
            let report = encoder.finish(|table: CodeTable| {
                rows += table.len();
                Ok::<(), kinfold_encoding::Error>(())
            })?;
            clock += start.elapsed().as_secs_f64();
            used += processor() - before;
            let each = |count: fn(&kinfold_encoding::KeyCount) -> usize| {
                report.keys.iter().map(count).sum::<usize>() as f64 / records as f64
            };
            println!(
                "{:.1} values a record, {:.1} of them shared, {:.1} released in {} places",
                each(|key| key.values),
                each(|key| key.shared),
                each(|key| key.released),
                schema.key_slots()
            );
            println!(
                "{simd:?}: {:.0} records/s by the clock, {:.0} by processor time ({:.2} us a record for values and bits, {:.2} us for release), {rows} rows, fill {:.3?}; {}",
                records as f64 / clock,
                records as f64 / used,
                pushed / records as f64 * 1e6,
                (used - pushed) / records as f64 * 1e6,
                report.mean_fill,
                memory()
            );
        }
        Ok(())
    })
}

/// People that are made and encoded at once.
const PART: usize = 4096;

/// A reference that no other record has, and that looks random.
fn reference(index: usize) -> [u8; 16] {
    let mut reference = [0; 16];
    let words = Words(index as u64);
    for (half, word) in reference.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *half = word.to_le_bytes();
    }
    reference
}

/// Processor seconds of all threads of the process so far.
fn processor() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<f64>().ok())
        .sum::<f64>()
        / 1e9
}

/// Peak memory of the process, where the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    format!("peak memory {}", peak.map_or("unknown", str::trim))
}
