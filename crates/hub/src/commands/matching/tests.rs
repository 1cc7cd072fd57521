//! Small files, looked at cell by cell.

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
    let rows =
        (0..table.rows).map(|row| format!("{} {} {}", cell(0, row), cell(1, row), cell(2, row)));
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
