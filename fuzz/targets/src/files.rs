//! Files that people and other programs hand over: tables of records, mappings, agreements, keys, rule packs, manifests, reports, notes.

use crate::texts;
use kinfold_exchange::{Agreement, Manifest, Party};
use kinfold_extract::{Mapping, Sheet, Told};
use kinfold_indicators::RulePack;
use kinfold_ledger::{Note, NoteKey, RunManifest};
use kinfold_verdict::Report;
use std::path::Path;

/// A table, read as it comes and as somebody might tell how to read it: every row has a cell for each column and a line of the file,
/// columns have names of their own.
pub fn table(bytes: &[u8]) {
    let (head, rest) = bytes.split_at(bytes.len().min(1));
    let told = [
        (Told::default(), bytes),
        (
            Told {
                encoding: None,
                delimiter: head.first().copied().filter(u8::is_ascii),
                header_line: head.first().map(|line| usize::from(line % 4)),
            },
            rest,
        ),
    ];
    for (told, bytes) in told {
        let Ok(sheet) = Sheet::from_bytes(bytes, &told) else {
            continue;
        };
        let lines = bytes
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count()
            + 1;
        for row in 0..sheet.rows() {
            assert!((1..=lines).contains(&sheet.line(row)));
            for column in 0..sheet.columns().len() {
                let _ = sheet.cell(row, column);
            }
        }
        let mut names = sheet.columns().to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), sheet.columns().len(), "names of their own");
    }
}

/// The first lines of the sample extracts, with everything that makes them awkward.
pub fn tables() -> Vec<Vec<u8>> {
    sample_files(|file| file.extension().is_none_or(|kind| kind != "toml"))
        .into_iter()
        .map(|mut bytes| {
            bytes.truncate(1500);
            bytes
        })
        .collect()
}

/// A mapping: a fault names a line that is there.
pub fn mapping(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(kinfold_extract::Error::Mapping { what, line, hint }) = Mapping::parse(&text) {
        assert!(line.is_none_or(|line| (1..=text.split('\n').count()).contains(&line)));
        assert!(!what.is_empty() && !hint.is_empty());
    }
}

/// The mappings of the sample.
pub fn mappings() -> Vec<Vec<u8>> {
    sample_files(|file| file.ends_with("mapping.toml"))
}

/// An agreement, and the public part of a key: what is read is the text that was given, or is written as text that reads back.
pub fn agreement(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(agreement) = Agreement::parse(&text) {
        assert_eq!(agreement.text(), text);
    }
    if let Ok(party) = Party::parse(&text) {
        let again = Party::parse(&party.to_toml());
        assert!(again.is_ok_and(|again| again == party), "it reads back");
    }
}

/// An agreement with seven parties, and one of them.
pub fn agreements() -> Vec<Vec<u8>> {
    texts([
        include_str!("../seeds/agreement.toml"),
        include_str!("../seeds/party.toml"),
    ])
}

/// A rule pack.
pub fn rule_pack(bytes: &[u8]) {
    if let Ok(pack) = RulePack::parse(&String::from_utf8_lossy(bytes)) {
        assert!(!pack.id().is_empty());
    }
}

/// The built-in pack, whole and its first rules.
pub fn rule_packs() -> Vec<Vec<u8>> {
    let whole = include_str!("../../../crates/indicators/packs/LOCAL7.toml");
    let start = whole.len().min(6000);
    let cut = whole[..start].rfind("\n\n").unwrap_or(start);
    texts([whole, &whole[..cut]])
}

/// Manifests and reports, which have one spelling each: what is read is written as it was.
pub fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.to_json(), bytes);
    }
    if let Ok(report) = Report::parse(bytes) {
        assert_eq!(report.to_json(), bytes);
        assert!(!kinfold_verdict::page(&report, "title").is_empty());
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(run) = RunManifest::parse(&text) {
        assert_eq!(run.to_json(), text);
    }
}

/// A manifest of a package, one of a run and a report of a release check.
pub fn manifests() -> Vec<Vec<u8>> {
    texts([
        include_str!("../seeds/manifest.json"),
        include_str!("../seeds/run.json"),
        include_str!("../seeds/release.json"),
    ])
}

/// A signed note, and the public key of a signer: what is read is written as it was.
pub fn note(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(note) = Note::parse(&text) {
        assert_eq!(note.to_string(), text);
    }
    if let Ok(key) = NoteKey::parse(&text) {
        assert_eq!(key.to_string(), text);
    }
}

/// The example of the standard (C2SP signed-note), and the key that signed it.
pub fn notes() -> Vec<Vec<u8>> {
    texts([
        "This is an example message.\n\n\u{2014} example.com/foo Aj4dU5LbBPTh7cHq0zGg62mGF6Tyqhb1VuXvVMsZwVCOZ65L2HUBWvVGcM63kvoUO6Ua3hqNV0SaDHBv2ZcTtNXB8A8=\n",
        "kinfold/eastmere/2026\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} hub Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ])
}

/// Sample files whose path passes.
fn sample_files(wanted: impl Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-samples/eastmere-500");
    let mut files = Vec::new();
    for custodian in ["council", "health", "lscb", "police"] {
        let folder = std::fs::read_dir(sample.join(custodian)).expect("the sample is there");
        let mut paths: Vec<_> = folder
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        paths.sort();
        files.extend(paths.into_iter().filter(|path| wanted(path)));
    }
    files
        .iter()
        .map(|path| std::fs::read(path).expect("a sample file reads"))
        .collect()
}
