//! No personal value is anywhere but in the extracts: every name, number and address of the sample is searched for in everything
//! that the demo printed or wrote.

use kinfold_tests::extracts::identifying_values;
use kinfold_tests::fixture::demo;
use kinfold_tests::process::files_under;
use kinfold_tests::sources;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use xtask::sample;

/// In files that are not text a short value turns up by chance: there only longer ones count, and only as they are written.
const SHORTEST_IN_BINARY: usize = 8;

#[test]
fn no_personal_value_leaves_the_extracts() {
    let values = identifying_values(&sample::folder());
    assert!(
        values.len() > 2_000,
        "the sample has many values: {}",
        values.len()
    );
    let ordinary = Canaries::new(values.iter().map(String::as_str)).found_in(&our_own_words());
    let canaries = Canaries::new(
        values
            .iter()
            .map(String::as_str)
            .filter(|value| !ordinary.contains(*value)),
    );
    // Names that are words, such as Grace or Summer, are few.
    assert!(
        ordinary.len() * 20 < values.len(),
        "ordinary words among the values: {ordinary:?}"
    );

    let folder = &demo().folder;
    let mut leaks = Vec::new();
    let mut files = 0;
    for name in files_under(folder) {
        let path = folder.join(&name);
        files += 1;
        for text in readable(&path) {
            for value in canaries.found_in(&text.bytes) {
                // The message names the place and never the value.
                if text.is_text || value.len() >= SHORTEST_IN_BINARY {
                    leaks.push(format!(
                        "{}: a value of {} characters",
                        name.display(),
                        value.chars().count()
                    ));
                }
            }
        }
    }
    assert!(
        files > 60,
        "the demo's folder has its keys, packages, logs, hub and results: {files} files"
    );
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

/// The search itself finds what is planted, whatever stands around it.
#[test]
fn a_planted_value_is_found() {
    let canaries = Canaries::new(["Featherstonehaugh", "12 Rowan Close", "943 476 5919"]);
    let found = |text: &str| canaries.found_in(text.as_bytes()).len();
    assert_eq!(found("error: `FEATHERSTONEHAUGH` is not a date"), 1);
    assert_eq!(
        found("{\"address\":\"12, rowan close\",\"nhs\":\"943-476-5919\"}"),
        2
    );
    assert_eq!(found("Featherstonehaughs in 12 Rowanclose"), 0);
}

/// What our own messages, reports and rules say: a name that is also such a word proves nothing.
fn our_own_words() -> Vec<u8> {
    let top = xtask::workspace();
    let mut words = Vec::new();
    for source in sources::all() {
        // The lists of names to make people up from are in `synth`.
        if !source.path.starts_with("crates/synth/") && !source.path.starts_with("crates/identity/")
        {
            words.extend_from_slice(source.without_tests().as_bytes());
        }
    }
    for part in ["crates/hub", "crates/indicators", "crates/schema"] {
        for file in files_under(&top.join(part)) {
            let wanted = ["toml", "html", "css", "sql", "txt"];
            if file
                .extension()
                .is_some_and(|extension| wanted.iter().any(|other| extension == *other))
            {
                words.extend(fs::read(top.join(part).join(file)).unwrap_or_default());
            }
        }
    }
    words
}

/// Something to search.
struct Readable {
    bytes: Vec<u8>,
    is_text: bool,
}

/// The content of a file, decompressed where a search would not see it otherwise.
fn readable(path: &Path) -> Vec<Readable> {
    let bytes = fs::read(path).expect("the demo's own file");
    let mut all = Vec::new();
    if path
        .extension()
        .is_some_and(|extension| extension == "parquet")
    {
        let file = fs::File::open(path).expect("the demo's own file");
        let reader = SerializedFileReader::new(file).expect("a Parquet file");
        let rows = reader.get_row_iter(None).expect("its rows");
        let text: Vec<String> = rows.map(|row| row.expect("a row").to_string()).collect();
        all.push(Readable {
            bytes: text.join("\n").into_bytes(),
            is_text: true,
        });
    }
    let is_text = std::str::from_utf8(&bytes).is_ok();
    all.push(Readable { bytes, is_text });
    all
}

/// A word in lower case. Bytes, because not everything that is searched is text.
type Word = Vec<u8>;

/// Values to look for, word by word: letter case and what stands between words do not matter.
struct Canaries<'a> {
    /// Values by their first word, each with all its words.
    by_first_word: BTreeMap<Word, Vec<(Vec<Word>, &'a str)>>,
}

impl<'a> Canaries<'a> {
    fn new(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_first_word: BTreeMap<Word, Vec<_>> = BTreeMap::new();
        for value in values {
            let words: Vec<Word> = words(value.as_bytes()).collect();
            if let Some(first) = words.first() {
                by_first_word
                    .entry(first.clone())
                    .or_default()
                    .push((words, value));
            }
        }
        Self { by_first_word }
    }

    fn found_in(&self, text: &[u8]) -> BTreeSet<&'a str> {
        let words: Vec<Word> = words(text).collect();
        let mut found = BTreeSet::new();
        for (position, word) in words.iter().enumerate() {
            for (value_words, value) in self.by_first_word.get(word).into_iter().flatten() {
                if words[position..].starts_with(value_words) {
                    found.insert(*value);
                }
            }
        }
        found
    }
}

/// Runs of letters, digits and bytes beyond ASCII, in lower case.
fn words(text: &[u8]) -> impl Iterator<Item = Word> {
    text.split(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(<[u8]>::to_ascii_lowercase)
}
