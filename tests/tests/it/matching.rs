//! `kinfold-hub match`: the same bytes on any way there, nothing lost, nothing left behind.

use kinfold_store::{Column, PairParts, read_text_columns};
use kinfold_tests::process::{Done, files_under, hub};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bits of a filter, in bytes.
const WIDTH: usize = 16;

/// Filters that are near each other in groups of some five: a plain generator, so that the tests need no data.
fn filters(rows: usize, mut seed: u64) -> Vec<u8> {
    let mut next = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 32) as usize
    };
    let mut bytes = Vec::with_capacity(rows * WIDTH);
    for _ in 0..rows {
        // The same few hundred groups whatever the seed.
        let mut group = next() % 300;
        let row = bytes.len();
        bytes.extend((0..WIDTH).map(|place| {
            group = group
                .wrapping_mul(2_654_435_761)
                .wrapping_add(place + 12_345);
            (group >> 9) as u8 & (group >> 17) as u8
        }));
        for _ in 0..3 {
            let bit = next() % (WIDTH * 8);
            bytes[row + bit / 8] ^= 1 << (bit % 8);
        }
    }
    bytes
}

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(left: usize, right: usize) -> Self {
        let files = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        std::fs::write(files.path("a.bin"), filters(left, 1)).expect("written");
        std::fs::write(files.path("b.bin"), filters(right, 2)).expect("written");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `match`, in this folder.
    fn command(&self, output: &str, more: &[&str]) -> Command {
        let mut command = hub(["match", "--bits", "128", "--json", "-o", output]);
        command.args(more).current_dir(self.folder.path());
        command
    }

    fn matched(&self, output: &str, more: &[&str]) -> Vec<u8> {
        Done::run(&mut self.command(output, more)).well();
        std::fs::read(self.path(output)).expect("the output is there")
    }

    fn names(&self) -> Vec<PathBuf> {
        files_under(self.folder.path())
    }
}

/// Pairs as `left right`, with their similarity.
fn pairs(path: &Path) -> Vec<(u32, u32, f64)> {
    let names = ["left", "right", "similarity"].map(|name| [name]);
    let wanted = names.each_ref().map(|names| Column::needed(names));
    let table = read_text_columns(path, &wanted).expect("a table of pairs");
    let column = |place: usize| table.column(place).expect("a column");
    (0..table.rows)
        .map(|row| {
            let number = |place: usize| column(place)[row].parse().expect("a row number");
            let similarity = column(2)[row].parse().expect("a similarity");
            (number(0), number(1), similarity)
        })
        .collect()
}

/// What anonlink does, without any of its speed: every pair, bit by bit.
fn by_hand(left: &[u8], right: &[u8], numerator: u32, denominator: u32) -> Vec<(u32, u32, f64)> {
    let ones = |row: &[u8]| row.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let mut found = Vec::new();
    for (i, a) in left.chunks_exact(WIDTH).enumerate() {
        for (j, b) in right.chunks_exact(WIDTH).enumerate() {
            let common: u32 = a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum();
            let total = ones(a) + ones(b);
            if 2 * common * denominator >= numerator * total && total > 0 {
                found.push((i as u32, j as u32, f64::from(2 * common) / f64::from(total)));
            }
        }
    }
    found
}

/// Two tiles and a bit, so that every cut is met.
#[test]
fn every_way_gives_the_same_bytes_and_the_pairs_of_a_plain_loop() {
    let files = Files::new(9_000, 400);
    let order = ["a.bin", "b.bin", "--threshold", "0.8"];
    let first = files.matched("first.parquet", &order);
    for (name, more) in [
        ("one", &["--threads", "1"][..]),
        ("three", &["--threads", "3", "--simd", "scalar"]),
        ("avx2", &["--simd", "avx2", "--resume"]),
        ("exact", &["--sequential", "exact"]),
    ] {
        let output = format!("{name}.parquet");
        let same = files.matched(&output, &[&order[..], more].concat());
        assert!(same == first, "{name} has other bytes");
    }
    let by_hand = by_hand(&filters(9_000, 1), &filters(400, 2), 4, 5);
    assert!(
        by_hand.len() > 1_000,
        "{} pairs prove little",
        by_hand.len()
    );
    assert_eq!(pairs(&files.path("first.parquet")), by_hand);

    // The nearest are the best of all.
    files.matched("top.parquet", &[&order[..], &["--top", "2"]].concat());
    let mut best = by_hand;
    best.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.total_cmp(&a.2)).then(a.1.cmp(&b.1)));
    let mut seen = (0, 0);
    best.retain(|pair| {
        seen = if seen.0 == pair.0 {
            (seen.0, seen.1 + 1)
        } else {
            (pair.0, 1)
        };
        seen.1 <= 2
    });
    best.sort_by_key(|pair| (pair.0, pair.1));
    assert_eq!(pairs(&files.path("top.parquet")), best);
}

#[test]
fn a_file_with_itself_is_half_of_two_copies() {
    let files = Files::new(1_500, 1);
    let order = ["--metric", "hamming", "--threshold", "0.9"];
    files.matched("self.parquet", &[&["a.bin", "--self"], &order[..]].concat());
    files.matched("both.parquet", &[&["a.bin", "a.bin"], &order[..]].concat());
    let mut both = pairs(&files.path("both.parquet"));
    both.retain(|pair| pair.0 < pair.1);
    assert!(!both.is_empty());
    assert_eq!(pairs(&files.path("self.parquet")), both);
}

#[test]
fn mistakes_are_named_and_leave_nothing() {
    let files = Files::new(3, 3);
    std::fs::write(files.path("c.json"), r#"{"clks":["AAAAAAAAAAA="]}"#).expect("written");
    let before = files.names();
    for (code, more) in [
        (
            "E-MATCH-FILE",
            &["a.bin", "c.json", "--threshold", "0.8"][..],
        ),
        (
            "E-MATCH-THRESHOLD",
            &["a.bin", "b.bin", "--threshold", "80%"],
        ),
        (
            "E-FILE-MISSING",
            &["a.bin", "none.bin", "--threshold", "0.8"],
        ),
        ("E-USAGE", &["a.bin", "--threshold", "0.8"]),
        (
            "E-USAGE",
            &["a.bin", "b.bin", "--self", "--threshold", "0.8"],
        ),
        (
            "E-USAGE",
            &[
                "a.bin",
                "b.bin",
                "--threshold",
                "0.8",
                "--sequential",
                "bounded=2",
            ],
        ),
        (
            "E-USAGE",
            &["a.bin", "b.bin", "--threshold", "0.8", "--top", "0"],
        ),
        (
            "E-USAGE",
            &[
                "a.bin",
                "--self",
                "--threshold",
                "0.8",
                "--top",
                "3",
                "--sequential",
                "exact",
            ],
        ),
    ] {
        Done::run(&mut files.command("pairs.parquet", more)).badly(code, &[2]);
    }
    let order = ["a.bin", "b.bin", "--threshold", "0.8"];
    Done::run(&mut files.command("none/pairs.parquet", &order)).badly("E-FILE-MISSING", &[2]);
    assert_eq!(files.names(), before);
}

/// Signals and the numbers of a process are Unix's.
#[cfg(unix)]
mod while_it_runs {
    use super::*;
    use kinfold_tests::process::binaries;
    use std::process::{Child, Stdio};
    use std::time::Duration;

    /// Starts a run whose tiles take long enough to be interrupted: the plain loop on one thread.
    fn slow(files: &Files, more: &[&str]) -> Child {
        let slow = [
            "a.bin",
            "--self",
            "--threshold",
            "0.8",
            "--simd",
            "scalar",
            "--threads",
            "1",
        ];
        let _ = binaries();
        files
            .command("pairs.parquet", &[&slow[..], more].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    }

    /// Waits for something that the run does; a run that ended does it no more.
    fn wait_for(child: &mut Child, is_there: impl Fn() -> bool) {
        while !is_there() {
            let ended = child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "it ended too early: {ended:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ctrl-C; gives what was said on standard error.
    fn interrupted(child: Child) -> String {
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill runs").success());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("[E-MATCH-INTERRUPTED]"), "{said}");
        said
    }

    /// Lines of the list of finished tiles, the line with the job included.
    fn lines(files: &Files) -> usize {
        let list = PairParts::folder_of(&files.path("pairs.parquet")).join("state.jsonl");
        std::fs::read_to_string(list).map_or(0, |text| text.lines().count())
    }

    #[test]
    fn ctrl_c_leaves_nothing_of_a_short_run() {
        let files = Files::new(40_000, 1);
        let before = files.names();
        let mut child = slow(&files, &[]);
        wait_for(&mut child, || lines(&files) > 1);
        let said = interrupted(child);
        assert!(said.contains("nothing is left"), "{said}");
        assert_eq!(files.names(), before);
    }

    #[test]
    fn an_interrupted_run_goes_on_to_the_same_bytes() {
        let files = Files::new(40_000, 1);
        let mut child = slow(&files, &["--keep-after", "0"]);
        wait_for(&mut child, || lines(&files) > 2);
        let said = interrupted(child);
        assert!(said.contains("--resume"), "{said}");
        assert!(!files.path("pairs.parquet").exists());

        let order = ["a.bin", "--self", "--threshold", "0.8"];
        Done::run(&mut files.command("pairs.parquet", &order)).badly("E-MATCH-UNFINISHED", &[2]);
        let other = ["a.bin", "--self", "--threshold", "0.81", "--resume"];
        Done::run(&mut files.command("pairs.parquet", &other)).badly("E-MATCH-RESUME", &[2]);
        let again = [&order[..], &["--resume"]].concat();
        let done = Done::run(&mut files.command("pairs.parquet", &again)).well();
        let answer: Value = serde_json::from_str(&done.stdout).expect("JSON");
        assert!(answer["tiles_resumed"].as_u64() >= Some(2), "{done}");

        let whole = files.matched("whole.parquet", &order);
        assert!(std::fs::read(files.path("pairs.parquet")).expect("it is there") == whole);
        assert!(!PairParts::folder_of(&files.path("pairs.parquet")).exists());
        let found = pairs(&files.path("whole.parquet")).len() as u64;
        assert_eq!(answer["pairs"].as_u64(), Some(found));
    }

    /// Six million pairs are 120 MB as the matcher has them, beside some 30 MB of everything else.
    #[cfg(target_os = "linux")]
    #[test]
    fn memory_does_not_grow_with_the_pairs() {
        // Twelve million pairs of sixteen bytes: 188,000 KiB, if they were held.
        let files = Files::new(3_000, 4_000);
        let mut child = files
            .command(
                "pairs.parquet",
                &["a.bin", "b.bin", "--threshold", "0", "--threads", "2"],
            )
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let status = format!("/proc/{}/status", child.id());
        let mut peak_kib = 0;
        while child.try_wait().expect("it can be asked").is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
            peak_kib = number.unwrap_or(0).max(peak_kib);
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(child.wait().expect("it ended").success());
        assert!(peak_kib > 0 && peak_kib < 150_000, "{peak_kib} KiB");
    }
}
