//! Results that are kept cell by cell, so that a run can be stopped and continued.

use std::error::Error;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What one attack reached on one release of one borough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attacked {
    /// The scheme's id and hash.
    pub scheme: String,
    /// Results of another hash are of another scheme.
    pub hash: String,
    /// People of the file.
    pub size: usize,
    /// The borough.
    pub seed: u64,
    /// The attack's id.
    pub attack: String,
    /// Records named rightly.
    pub named: u64,
    /// Records that the attack tried to name, without those whose person lives with somebody known.
    pub of: u64,
    /// The same with housemates of known people.
    pub named_all: u64,
    /// The same with housemates of known people.
    pub of_all: u64,
    /// Rightly named among the surest tenth of the picks.
    pub sure: u64,
    /// The surest tenth.
    pub sure_of: u64,
    /// What a guess names, as a share.
    pub chance: f64,
}

/// How well a set is linked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    /// The scheme's id.
    pub scheme: String,
    /// Results of another hash are of another scheme.
    pub hash: String,
    /// The set.
    pub set: String,
    /// `best` when the threshold was chosen with the truth, `own` when kinfold chose it.
    pub threshold: String,
    /// True pairs.
    pub pairs: u64,
    /// Share of the links that are right.
    pub precision: f64,
    /// Share of the true pairs that were linked.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// A row of a kept file.
pub trait Row: Serialize + DeserializeOwned + Clone {
    /// What tells the row from others, in the order of the file.
    fn key(&self) -> (String, String, usize, u64, String);
}

impl Row for Attacked {
    fn key(&self) -> (String, String, usize, u64, String) {
        let own = (self.scheme.clone(), self.hash.clone());
        (own.0, own.1, self.size, self.seed, self.attack.clone())
    }
}

impl Row for Linked {
    fn key(&self) -> (String, String, usize, u64, String) {
        (
            self.scheme.clone(),
            self.hash.clone(),
            0,
            0,
            self.set.clone(),
        )
    }
}

/// The rows of a kept file.
pub struct Kept<T> {
    path: PathBuf,
    rows: Vec<T>,
}

impl<T: Row> Kept<T> {
    /// Reads what is there; nothing when there is no file. Rows of schemes that are no more, by `is_current` of id and hash, are dropped.
    pub fn read(
        path: &Path,
        is_current: impl Fn(&str, &str) -> bool,
    ) -> Result<Self, Box<dyn Error>> {
        let mut rows: Vec<T> = Vec::new();
        if path.exists() {
            for row in csv::Reader::from_path(path)?.into_deserialize() {
                rows.push(row?);
            }
        }
        rows.retain(|row| {
            let (scheme, hash, ..) = row.key();
            is_current(&scheme, &hash)
        });
        Ok(Self {
            path: path.to_owned(),
            rows,
        })
    }

    /// Whether there is a row like this one.
    pub fn has(&self, key: &(String, String, usize, u64, String)) -> bool {
        self.rows.iter().any(|row| row.key() == *key)
    }

    /// The rows.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// Adds a row and writes it before anything else happens.
    pub fn add(&mut self, row: T) -> Result<(), Box<dyn Error>> {
        let is_new = !self.path.exists();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        let mut writer = csv::WriterBuilder::new()
            .has_headers(is_new)
            .from_writer(file);
        writer.serialize(&row)?;
        writer.flush()?;
        self.rows.push(row);
        Ok(())
    }

    /// Writes all rows in order, so that the file does not tell in which order they were made.
    pub fn tidy(&mut self) -> Result<(), Box<dyn Error>> {
        self.rows.sort_by_key(Row::key);
        self.rows.dedup_by_key(|row| row.key());
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut writer = csv::Writer::from_path(&self.path)?;
        for row in &self.rows {
            writer.serialize(row)?;
        }
        writer.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(set: &str, hash: &str) -> Linked {
        Linked {
            scheme: "plain".to_owned(),
            hash: hash.to_owned(),
            set: set.to_owned(),
            threshold: "best".to_owned(),
            pairs: 10,
            precision: 1.0,
            recall: 0.5,
            f1: 2.0 / 3.0,
        }
    }

    #[test]
    fn a_run_goes_on_where_it_stopped() {
        let folder = std::env::temp_dir().join(format!("frontier-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("linked.csv");
        let _ = std::fs::remove_file(&path);
        let mut kept: Kept<Linked> = Kept::read(&path, |_, _| true).unwrap();
        kept.add(row("hist3", "new")).unwrap();
        kept.add(row("febrl4", "new")).unwrap();
        kept.add(row("febrl4", "old")).unwrap();
        drop(kept);
        let mut kept: Kept<Linked> = Kept::read(&path, |_, hash| hash == "new").unwrap();
        assert!(kept.has(&row("hist3", "new").key()));
        assert!(!kept.has(&row("febrl4", "old").key()));
        assert!(!kept.has(&row("other", "new").key()));
        kept.tidy().unwrap();
        let kept: Kept<Linked> = Kept::read(&path, |_, _| true).unwrap();
        assert_eq!(kept.rows(), [row("febrl4", "new"), row("hist3", "new")]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
