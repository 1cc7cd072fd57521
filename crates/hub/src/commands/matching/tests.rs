//! Small files, looked at cell by cell.

use super::*;
use crate::args::{Global, Metric, SequentialMode, Simd};
use kinfold_store::{Column, read_text_columns};

fn quiet() -> Screen {
    Screen::new(&Global {
        quiet: true,
        ..Global::default()
    })
}

fn matched(
    metric: Metric,
    threshold: &str,
    change: impl FnOnce(&mut MatchArgs),
) -> (Vec<String>, Answer) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.bin"), [0xff; 16]).unwrap();
    let mut right = [0xff; 24];
    right[8..12].fill(0);
    right[16..].fill(0);
    std::fs::write(path("b.bin"), right).unwrap();
    let mut args = MatchArgs {
        left: path("a.bin"),
        right: Some(path("b.bin")),
        itself: false,
        metric,
        threshold: threshold.into(),
        top: None,
        bits: Some(64),
        filter: None,
        sequential: SequentialMode::Off,
        threads: 1,
        simd: Simd::Auto,
        output: path("pairs.parquet"),
        resume: false,
        keep_after: 60,
    };
    change(&mut args);
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
    let (rows, answer) = matched(Metric::Dice, "0.6", |_| ());
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
    let (rows, _) = matched(Metric::Hamming, "0.5", |_| ());
    assert_eq!(rows, ["0 0 1.0", "0 1 0.5", "1 0 1.0", "1 1 0.5"]);
}

#[test]
fn a_file_with_itself_has_every_two_rows_once() {
    let (rows, answer) = matched(Metric::Hamming, "0", |args| {
        args.left = args.right.take().unwrap();
    });
    assert_eq!(rows, ["0 1 0.5", "0 2 0.0", "1 2 0.5"]);
    assert_eq!(answer.data["comparisons"], json!(3));
}

#[test]
fn the_nearest_come_in_the_order_of_their_rows() {
    let nearest = |most| {
        matched(Metric::Hamming, "0.1", |args| {
            args.left = args.right.take().unwrap();
            args.top = Some(most);
        })
    };
    assert_eq!(nearest(1).0, ["0 1 0.5", "1 0 0.5", "2 1 0.5"]);
    assert_eq!(nearest(2).0, ["0 1 0.5", "1 0 0.5", "1 2 0.5", "2 1 0.5"]);
}

#[test]
fn the_probability_of_a_loss_is_stated() {
    let (_, off) = matched(Metric::Hamming, "0.5", |_| ());
    assert_eq!(off.data["dismissal_probability"], json!(0.0));
    let (rows, bounded) = matched(Metric::Hamming, "0.5", |args| {
        args.sequential = SequentialMode::Bounded(1e-9);
    });
    assert_eq!(rows.len(), 4);
    assert_eq!(bounded.data["job"]["sequential"], json!("bounded=1e-9"));
    assert!(bounded.data["dismissal_probability"].as_f64().unwrap() <= 1e-9);
}

#[test]
fn an_empty_side_gives_an_empty_table() {
    let (rows, answer) = matched(Metric::Dice, "0.5", |args| {
        std::fs::write(&args.left, b"").unwrap();
    });
    assert_eq!(rows, [""; 0]);
    assert_eq!(answer.data["pairs"], json!(0));
}
