//! What a run will cost, said before it starts.
//!
//! The time comes from comparing a small sample of the run's own filters on this machine, with the same code; the memory from the
//! sizes of the tables.

use std::time::Instant;

use kinfold_linkage::RecordSet;
use kinfold_matcher::{Options, PackedSet, hamming_scan};

/// Rows of the sample: large enough to measure, small enough to take milliseconds.
const SAMPLE_ROWS: usize = 2_000;

/// Time and memory of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    /// Pairs of records of different custodians, each compared once by every filter.
    pub(crate) comparisons: u64,
    /// Seconds of comparing, rounded up by what else linking does.
    pub(crate) seconds: f64,
    /// Bytes of memory at the peak.
    pub(crate) bytes: u64,
}

impl Estimate {
    /// Measures a sample of these sets.
    pub(crate) fn of(sets: &[RecordSet], threads: usize) -> Self {
        let sizes: Vec<u64> = sets.iter().map(|set| set.table.len() as u64).collect();
        let total: u64 = sizes.iter().sum();
        let squares: u64 = sizes.iter().map(|size| size * size).sum();
        let comparisons = (total * total - squares) / 2;
        let filters = sets.first().map_or(0, |set| set.table.filters.len());
        let per_pair: f64 = (0..filters)
            .map(|filter| seconds_per_pair(sets, filter, threads))
            .sum();
        let bytes_in_tables: u64 = sets.iter().map(|set| bytes_of(&set.table)).sum();
        Self {
            comparisons,
            seconds: comparisons as f64 * per_pair * 1.3,
            // The tables, the joined keys beside them, and candidates with their evidence.
            bytes: bytes_in_tables * 3 + total * 2_000,
        }
    }

    /// In a sentence.
    pub(crate) fn words(&self) -> String {
        format!(
            "{} comparisons, about {} and {} MiB of memory",
            self.comparisons,
            match self.seconds {
                seconds if seconds < 90.0 => format!("{seconds:.0} seconds"),
                seconds => format!("{:.0} minutes", seconds / 60.0),
            },
            self.bytes.div_ceil(1 << 20)
        )
    }
}

fn seconds_per_pair(sets: &[RecordSet], filter: usize, threads: usize) -> f64 {
    let Some(set) = sets.iter().max_by_key(|set| set.table.len()) else {
        return 0.0;
    };
    let column = &set.table.filters[filter];
    let width = column.bits as usize / 64;
    let rows = set.table.len().min(SAMPLE_ROWS);
    let Ok(sample) = PackedSet::new(column.bits as usize, &column.words[..rows * width]) else {
        return 0.0;
    };
    let options = Options {
        threads,
        ..Options::default()
    };
    let began = Instant::now();
    // What linking itself does: the histogram needs the distance of every pair in full.
    let _ = hamming_scan(&sample, &sample, 0, &options);
    began.elapsed().as_secs_f64() / (rows * rows).max(1) as f64
}

fn bytes_of(table: &kinfold_schema::CodeTable) -> u64 {
    let filters: usize = table
        .filters
        .iter()
        .map(|filter| filter.words.len() * 8)
        .sum();
    let rest = table.keys.len() * 16 + table.household.len() * 22 + table.len() * 32;
    (filters + rest) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_within_one_custodian_are_not_compared() {
        let set = |rows: usize| {
            let table = kinfold_schema::CodeTable {
                record_ref: vec![[0; 16]; rows],
                ..Default::default()
            };
            RecordSet {
                source: "a".into(),
                table,
            }
        };
        let estimate = Estimate::of(&[set(3), set(4), set(5)], 1);
        assert_eq!(estimate.comparisons, 3 * 4 + 3 * 5 + 4 * 5);
        assert!(estimate.words().starts_with("47 comparisons"));
    }
}
