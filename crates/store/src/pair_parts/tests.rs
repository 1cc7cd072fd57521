//! Interruptions, damage, and what is left behind.

use super::*;
use crate::{Column, read_text_columns};
use serde_json::json;

fn job(threshold: &str) -> Map<String, Value> {
    Map::from_iter([("threshold".to_owned(), json!(threshold))])
}

/// The pairs of a tile, in order; tile 1 has none, and tile 2 more than a part holds.
fn pairs(tile: u64) -> impl Iterator<Item = SimilarPair> {
    let count = [70_000, 0, PART_ROWS as u32 + 3, 5][tile as usize];
    (0..count).map(move |right| SimilarPair {
        left: tile as u32,
        right,
        similarity: f64::from(right % 9) / 8.0,
    })
}

/// Pairs come in calls of any size.
fn write(parts: &mut PairParts, tile: u64, at_once: usize) {
    let mut pairs = pairs(tile).peekable();
    while pairs.peek().is_some() {
        parts.write(pairs.by_ref().take(at_once)).unwrap();
    }
    parts.tile_done().unwrap();
}

fn uninterrupted(target: &Path) -> Vec<u8> {
    let mut parts = PairParts::create(target, &job("0.8")).unwrap();
    for tile in 0..4 {
        write(&mut parts, tile, 1_000_000);
    }
    assert!(parts.finish(&|| false).unwrap());
    assert_eq!(parts.pairs(), 70_000 + PART_ROWS + 3 + 5);
    drop(parts);
    assert!(!PairParts::folder_of(target).exists());
    std::fs::read(target).unwrap()
}

#[test]
fn an_interrupted_table_is_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = uninterrupted(&folder.path().join("one.parquet"));
    let target = folder.path().join("two.parquet");
    for tile in 0..4 {
        let mut parts = PairParts::resume(&target, &job("0.8")).unwrap();
        assert_eq!(parts.tiles(), tile);
        write(&mut parts, tile, 777);
        if tile < 3 {
            // Some of the next is lost.
            parts.write(pairs(tile + 1).take(66_000)).unwrap();
        }
        assert!(parts.keep());
        assert!(!target.exists());
    }
    let mut parts = PairParts::resume(&target, &job("0.8")).unwrap();
    assert!(!parts.finish(&|| true).unwrap() && !target.exists());
    assert!(parts.finish(&|| false).unwrap());
    drop(parts);
    assert!(std::fs::read(&target).unwrap() == whole);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let wanted = ["left", "right", "similarity"].map(|name| [name]);
    let wanted = wanted.each_ref().map(|names| Column::needed(names));
    let table = read_text_columns(&target, &wanted).unwrap();
    assert_eq!(table.rows as u64, 70_000 + PART_ROWS + 3 + 5);
    assert_eq!(table.column(1).unwrap()[table.rows - 1], "4");
    assert_eq!(table.column(2).unwrap()[69_999], "0.75");
}

#[test]
fn damage_and_torn_lines_cost_only_what_they_touch() {
    let folder = tempfile::tempdir().unwrap();
    let whole = uninterrupted(&folder.path().join("one.parquet"));
    let target = folder.path().join("two.parquet");
    let parts_folder = PairParts::folder_of(&target);
    let mut parts = PairParts::create(&target, &job("0.8")).unwrap();
    (0..4).for_each(|tile| write(&mut parts, tile, 5_000));
    parts.keep();
    std::fs::write(parts_folder.join("00000002-000001.parquet"), b"x").unwrap();
    let mut parts = PairParts::resume(&target, &job("0.8")).unwrap();
    assert_eq!(parts.tiles(), 2);
    write(&mut parts, 2, 5_000);
    parts.keep();
    let state = parts_folder.join(STATE);
    let text = std::fs::read(&state).unwrap();
    std::fs::write(&state, &text[..text.len() - 1]).unwrap();
    let mut parts = PairParts::resume(&target, &job("0.8")).unwrap();
    assert_eq!(parts.tiles(), 2);
    (2..4).for_each(|tile| write(&mut parts, tile, 5_000));
    assert!(parts.finish(&|| false).unwrap());
    assert!(std::fs::read(&target).unwrap() == whole);
}

#[test]
fn parts_of_another_job_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.parquet");
    let mut parts = PairParts::create(&target, &job("0.8")).unwrap();
    write(&mut parts, 0, 100);
    let busy = PairParts::resume(&target, &job("0.8")).unwrap_err();
    assert!(matches!(busy, Error::Busy(_)), "{busy}");
    let busy = PairParts::create(&target, &job("0.8")).unwrap_err();
    assert!(matches!(busy, Error::Busy(_)), "{busy}");
    parts.keep();
    let unfinished = PairParts::create(&target, &job("0.8")).unwrap_err();
    assert!(matches!(unfinished, Error::Unfinished(_)), "{unfinished}");
    let foreign = PairParts::resume(&target, &job("0.9")).unwrap_err();
    assert!(
        foreign
            .to_string()
            .ends_with(r#"threshold was "0.8" and is now "0.9""#),
        "{foreign}"
    );
    assert_eq!(PairParts::resume(&target, &job("0.8")).unwrap().tiles(), 1);
}

#[test]
fn what_is_dropped_or_empty_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.parquet");
    let mut parts = PairParts::create(&target, &job("0.8")).unwrap();
    write(&mut parts, 0, 100);
    drop(parts);
    assert!(!PairParts::create(&target, &job("0.8")).unwrap().keep());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut parts = PairParts::create(&target, &job("0.8")).unwrap();
    assert!(parts.finish(&|| false).unwrap());
    let table = read_text_columns(&target, &[Column::needed(&["similarity"])]).unwrap();
    assert_eq!(table.rows, 0);
}

#[test]
fn what_cannot_be_written_in_the_end_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let begun = |target: &Path| {
        PairParts::create(target, &job("0.8"))
            .map(|_| ())
            .unwrap_err()
    };
    let missing = begun(&folder.path().join("none/a.parquet"));
    assert_eq!(
        kinfold_message::Problem::from(missing).code,
        "E-FILE-MISSING"
    );
    std::fs::create_dir(folder.path().join("a.parquet")).unwrap();
    let taken = begun(&folder.path().join("a.parquet"));
    assert_eq!(kinfold_message::Problem::from(taken).code, "E-FILE-IO");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
