//! `cargo run --release -p kinfold-benches --bin match_speed -- LEFT.bin RIGHT.bin BITS RULE [SIMD [THREADS [REPEATS [OUT.parquet]]]]`: how fast
//! two files of raw filters are joined, and with OUT.parquet written as `kinfold-hub match` writes, though by the threads that compare.
//!
//! RULE is `dice:4/5` or `hamming:870`; SIMD `auto`, `scalar`, `avx2`, `avx512` or `neon`. It prints one line of JSON: pairs found, pairs
//! compared, seconds on the clock and of processor time, the comparison alone with everything it prepares (reading the files is left out).

use std::error::Error;
use std::time::Instant;

use kinfold_benches::process::processor_seconds;
use kinfold_matcher::{
    Control, Cut, Join, Match, Options, PackedSet, Pairing, Progress, Rule, Sequential, SimdLevel,
    Sink, Tile,
};
use kinfold_store::{PairParts, SimilarPair};
use serde_json::Map;
use std::ops::ControlFlow;

/// Counts, and writes or forgets.
struct Count {
    pairs: u64,
    parts: Option<PairParts>,
    /// Bits of a filter where the similarity is the share of equal ones.
    bits: Option<usize>,
}

impl Sink for Count {
    fn matches(&mut self, _: &Tile, matches: &[Match]) -> ControlFlow<()> {
        self.pairs += matches.len() as u64;
        let bits = self.bits;
        let pairs = matches.iter().map(|found| SimilarPair {
            left: found.left,
            right: found.right,
            similarity: bits.map_or_else(
                || found.dice(),
                |bits| 1.0 - f64::from(found.distance) / bits as f64,
            ),
        });
        match self.parts.as_mut().map(|parts| parts.write(pairs)) {
            Some(Err(_)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn done(&mut self, _: &Tile, _: Progress) -> ControlFlow<()> {
        match self.parts.as_mut().map(PairParts::tile_done) {
            Some(Err(_)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize| arguments.get(place).map(String::as_str);
    let (Some(left), Some(right), Some(bits), Some(rule)) =
        (argument(0), argument(1), argument(2), argument(3))
    else {
        return Err("LEFT.bin RIGHT.bin BITS RULE [SIMD [THREADS [REPEATS [OUT.parquet]]]]".into());
    };
    let bits: usize = bits.parse()?;
    let rule = read_rule(rule).ok_or("a rule is dice:N/D or hamming:D")?;
    let simd = match argument(4).unwrap_or("auto") {
        "auto" => SimdLevel::Auto,
        "scalar" => SimdLevel::Scalar,
        "avx2" => SimdLevel::Avx2,
        "avx512" => SimdLevel::Avx512,
        "neon" => SimdLevel::Neon,
        _ => return Err("no such instruction set".into()),
    };
    let threads = argument(5).map_or(Ok(1), str::parse)?;
    let repeats: usize = argument(6).map_or(Ok(1), str::parse)?;
    let sequential = match std::env::var("SEQUENTIAL").as_deref() {
        Ok("exact") => Sequential::Exact { key: [1, 2, 3, 4] },
        Ok("bounded") => Sequential::Bounded {
            key: [1, 2, 3, 4],
            dismissal: kinfold_matcher::DEFAULT_DISMISSAL,
        },
        _ => Sequential::Off,
    };
    let (left, right) = (read(left)?, read(right)?);
    let (left, right) = (
        [PackedSet::new(bits, &left)?],
        [PackedSet::new(bits, &right)?],
    );
    let sets: [&[PackedSet]; 2] = [&left, &right];
    let mut cut = Cut::default();
    if let Ok(rows) = std::env::var("TILE") {
        cut.tile_rows = rows.parse()?;
    }
    for _ in 0..repeats {
        let (start, used) = (Instant::now(), processor_seconds().iter().sum::<f64>());
        let join = Join::new(
            &sets,
            &[rule],
            Pairing::Between,
            sequential,
            Options { threads, simd },
            cut,
        )?;
        let parts = argument(7).map(|path| PairParts::create(path.as_ref(), &Map::new()));
        let mut count = Count {
            pairs: 0,
            parts: parts.transpose()?,
            bits: matches!(rule, Rule::Hamming { .. }).then_some(bits),
        };
        join.run(0, &Control::default(), &mut count)
            .map_err(|_| "stopped")?;
        if let Some(parts) = &mut count.parts {
            parts.finish(&|| false)?;
        }
        let (seconds, used) = (
            start.elapsed().as_secs_f64(),
            processor_seconds().iter().sum::<f64>() - used,
        );
        println!(
            "{{\"pairs\":{},\"comparisons\":{},\"seconds\":{seconds:.4},\"cpu\":{used:.3},\"rate\":{:.0},\"rate_cpu\":{:.0},\"scanned\":{},\"simd\":\"{simd:?}\",\"threads\":{threads},\"dismissal\":{:e}}}",
            count.pairs,
            join.comparisons(),
            join.comparisons() as f64 / seconds / 1e6,
            join.comparisons() as f64 / used / 1e6,
            join.scanned_bits()[0][0],
            join.dismissal(),
        );
    }
    Ok(())
}

fn read_rule(text: &str) -> Option<Rule> {
    let (kind, value) = text.split_once(':')?;
    match kind {
        "hamming" => Some(Rule::Hamming {
            max_distance: value.parse().ok()?,
        }),
        "dice" => {
            let (numerator, denominator) = value.split_once('/')?;
            Some(Rule::Dice {
                numerator: numerator.parse().ok()?,
                denominator: denominator.parse().ok()?,
            })
        }
        _ => None,
    }
}

fn read(path: &str) -> Result<Vec<u64>, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(bytes
        .as_chunks()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .collect())
}
