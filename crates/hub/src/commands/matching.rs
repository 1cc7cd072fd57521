//! `match`: compares every row of one file of encodings with every row of another.

use std::cell::Cell;
use std::time::{Duration, Instant};

use kinfold_matcher::{Options, PackedSet, SimdLevel, dice_at_least, hamming_within};
use kinfold_message::Problem;
use kinfold_store::{SimilarPair, write_similar_pairs};
use serde_json::json;

use crate::args::{MatchArgs, Metric, Simd};
use crate::encodings::{Encodings, Threshold, broken};
use crate::screen::{Answer, Screen};

/// Pairs compared before the results are written: bounds the memory, whatever the threshold.
const PAIRS_AT_A_TIME: usize = 1 << 28;

pub(super) fn run(args: &MatchArgs, screen: &Screen) -> Result<Answer, Problem> {
    let threshold = Threshold::parse(&args.threshold)?;
    let left = Encodings::read(&args.left, args.bits)?;
    let right = Encodings::read(&args.right, args.bits)?;
    if left.len() > 0 && right.len() > 0 && left.bits != right.bits {
        let reason = format!(
            "its filters have {} bits, those of the other file {}",
            right.bits, left.bits
        );
        return Err(broken(&args.right, &reason));
    }
    let options = Options {
        threads: args.threads,
        simd: level(args.simd),
    };
    if options.simd != SimdLevel::Auto && options.simd.resolve() != options.simd {
        screen.note(&format!(
            "this processor does not have {:?}; using {:?}",
            options.simd,
            options.simd.resolve()
        ));
    }

    let comparisons = left.len() as u64 * right.len() as u64;
    let step = screen.step(
        &format!("Comparing {} × {} filters", left.len(), right.len()),
        left.len() as u64,
    );
    let (spent, pairs) = (Cell::new(Duration::ZERO), Cell::new(0_u64));
    let rows = right.len().max(1);
    let part = (PAIRS_AT_A_TIME / rows).max(1);
    let found = (0..left.len()).step_by(part).flat_map(|start| {
        let end = (start + part).min(left.len());
        let began = Instant::now();
        let similar = match (left.part(start, end), right.packed()) {
            (Some(some), Some(all)) => {
                compare(&some, &all, args.metric, threshold, left.bits, &options)
            }
            _ => Vec::new(),
        };
        spent.set(spent.get() + began.elapsed());
        pairs.set(pairs.get() + similar.len() as u64);
        step.at(end as u64);
        similar.into_iter().map(move |pair| SimilarPair {
            left: pair.left + start as u32,
            ..pair
        })
    });
    write_similar_pairs(&args.output, found)?;
    let seconds = spent.get().as_secs_f64();
    step.done(&format!("{} pairs in {seconds:.2} s", pairs.get()));
    Ok(Answer::new(
        format!(
            "{} pairs of {comparisons} comparisons written to {}",
            pairs.get(),
            args.output.display()
        ),
        json!({
            "pairs": pairs.get(),
            "comparisons": comparisons,
            "seconds": seconds,
            "left": left.len(),
            "right": right.len(),
            "bits": left.bits.max(right.bits),
            "simd": format!("{:?}", options.simd.resolve()).to_lowercase(),
        }),
    ))
}

/// Pairs in order of left, then right; `bits` is the length of a filter without its padding.
fn compare(
    left: &PackedSet,
    right: &PackedSet,
    metric: Metric,
    threshold: Threshold,
    bits: usize,
    options: &Options,
) -> Vec<SimilarPair> {
    match metric {
        Metric::Dice => dice_at_least(
            left,
            right,
            threshold.numerator,
            threshold.denominator,
            options,
        )
        .into_iter()
        .map(|pair| {
            let total = pair.left_count + pair.right_count;
            let similarity = if total == 0 {
                0.0
            } else {
                f64::from(2 * pair.intersection) / f64::from(total)
            };
            SimilarPair {
                left: pair.left,
                right: pair.right,
                similarity,
            }
        })
        .collect(),
        Metric::Hamming => hamming_within(left, right, threshold.distance_max(bits), options)
            .into_iter()
            .map(|pair| SimilarPair {
                left: pair.left,
                right: pair.right,
                similarity: (bits as f64 - f64::from(pair.distance)) / bits as f64,
            })
            .collect(),
    }
}

fn level(simd: Simd) -> SimdLevel {
    match simd {
        Simd::Auto => SimdLevel::Auto,
        Simd::Scalar => SimdLevel::Scalar,
        Simd::Avx2 => SimdLevel::Avx2,
        Simd::Avx512 => SimdLevel::Avx512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Global;
    use kinfold_store::{Column, read_text_columns};

    fn quiet() -> Screen {
        Screen::new(&Global {
            quiet: true,
            ..Global::default()
        })
    }

    fn matched(metric: Metric, threshold: &str) -> (Vec<String>, Answer) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.bin"), [0xff; 16]).unwrap();
        let mut right = [0xff; 24];
        right[8..12].fill(0);
        right[16..].fill(0);
        std::fs::write(path("b.bin"), right).unwrap();
        let args = MatchArgs {
            left: path("a.bin"),
            right: path("b.bin"),
            metric,
            threshold: threshold.into(),
            bits: Some(64),
            threads: 1,
            simd: Simd::Auto,
            output: path("pairs.parquet"),
        };
        let answer = run(&args, &quiet()).unwrap();
        let wanted = [
            Column::needed(&["left"]),
            Column::needed(&["right"]),
            Column::needed(&["similarity"]),
        ];
        let table = read_text_columns(&args.output, &wanted).unwrap();
        let cell = |column, row: usize| table.column(column).unwrap()[row].clone();
        let rows = (0..table.rows)
            .map(|row| format!("{} {} {}", cell(0, row), cell(1, row), cell(2, row)));
        (rows.collect(), answer)
    }

    #[test]
    fn dice_pairs_are_sorted_and_counted() {
        let (rows, answer) = matched(Metric::Dice, "0.6");
        assert_eq!(
            rows,
            [
                "0 0 1.0",
                "0 1 0.6666666666666666",
                "1 0 1.0",
                "1 1 0.6666666666666666"
            ]
        );
        assert_eq!(
            (&answer.data["pairs"], &answer.data["comparisons"]),
            (&json!(4), &json!(6))
        );
    }

    #[test]
    fn hamming_similarity_is_the_share_of_equal_bits() {
        let (rows, _) = matched(Metric::Hamming, "0.5");
        assert_eq!(rows, ["0 0 1.0", "0 1 0.5", "1 0 1.0", "1 1 0.5"]);
    }
}
