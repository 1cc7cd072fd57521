//! Records per second of an encoding, and the memory it takes.
//!
//! `cargo run -p kinfold-benches --bin encode_speed [-- SCHEMA [RECORDS [THREADS]]]` makes invented people of six fields, encodes them with a
//! shipped schema as a file of any size is encoded (in parts, in bounded memory), and prints one line a step. Peak memory is the system's
//! own account of the process (`VmHWM`), the people themselves included.

use std::error::Error;
use std::time::Instant;

use kinfold_encoding::{Encoder, Input, Options, ProjectSecrets, Simd};
use kinfold_schema::{CodeTable, Schema};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "standard".to_owned());
    let records: usize = arguments.next().map_or(Ok(400_000), |text| text.parse())?;
    let threads: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let schema = Schema::shipped(&name).ok_or("no such schema is shipped")?;
    let people = kinfold_benches::people::people(records.min(400_000));
    println!(
        "{} people of six fields, schema `{name}`, {threads} thread(s); {}",
        records,
        memory()
    );
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    pool.install(|| {
        let both = std::env::var_os("SCALAR").is_some();
        for simd in [Simd::Auto, Simd::Scalar].into_iter().take(1 + usize::from(both)) {
            let secrets = ProjectSecrets::new(|purpose| {
                *blake3::keyed_hash(&[42; 32], purpose.as_bytes()).as_bytes()
            });
            let options = Options {
                bench: true,
                simd,
                scratch: std::env::current_dir()?,
                ..Options::default()
            };
            let (start, used) = (Instant::now(), processor());
            let mut encoder = Encoder::new(&schema, &secrets, &options)?;
            for first in (0..records).step_by(8192) {
                let inputs: Vec<Input<'_>> = (first..(first + 8192).min(records))
                    .map(|index| {
                        let mut reference = [0; 16];
                        blake3::Hasher::new()
                            .update(&index.to_le_bytes())
                            .finalize_xof()
                            .fill(&mut reference);
                        Input::new(reference, &people[index % people.len()])
                    })
                    .collect();
                encoder.push(&inputs)?;
            }
            let pushed = start.elapsed().as_secs_f64();
            let mut rows = 0;
            let report = encoder.finish(|table: CodeTable| {
                rows += table.len();
                Ok::<(), kinfold_encoding::Error>(())
            })?;
            let whole = start.elapsed().as_secs_f64();
            println!(
                "{simd:?}: {:.0} records/s by the clock, {:.0} by processor time ({:.2} s values and bits, {:.2} s release), {rows} rows, fill {:.3?}; {}",
                records as f64 / whole,
                records as f64 / (processor() - used),
                pushed,
                whole - pushed,
                report.mean_fill,
                memory()
            );
        }
        Ok(())
    })
}

/// Processor seconds of the process so far.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks: f64 = [11, 12]
        .iter()
        .filter_map(|&field| fields.get(field)?.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// Peak memory of the process, where the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    format!("peak memory {}", peak.map_or("unknown", str::trim))
}
