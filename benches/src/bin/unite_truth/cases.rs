//! What is measured: files with a mapping and a truth, which lie in a folder of their own until they were measured.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kinfold_benches::sets::{self, Set};
use kinfold_benches::tables;
use kinfold_message::grouped;
use kinfold_synth::{MOST_HOUSEHOLDS, Options, Profile};
use tempfile::TempDir;

use crate::{agency, invented};

/// Files, what they are called, and who is who.
pub struct Case {
    /// In the tables.
    pub name: String,
    /// The mapping of one custodian.
    pub mapping: PathBuf,
    /// `source,rec_id,entity_id,…`; rows that it does not name are somebody of their own.
    pub truth: PathBuf,
    /// The folder that goes when the case does.
    _folder: Option<TempDir>,
}

impl Case {
    /// Files in a folder that was made for them: `MAPPING` and `TRUTH` are relative to it.
    pub fn made(name: String, folder: TempDir, mapping: &str, truth: &str) -> Self {
        Self {
            name,
            mapping: folder.path().join(mapping),
            truth: folder.path().join(truth),
            _folder: Some(folder),
        }
    }
}

/// A set that was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The set's name.
    pub name: String,
    /// The letters of its sources; without them, those that are linked together.
    pub sources: Option<String>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, sources) = match text.split_once('=') {
            Some((name, sources)) => (name, Some(sources.to_owned())),
            None => (text, None),
        };
        if name.is_empty() || sources.as_ref().is_some_and(String::is_empty) {
            return Err("a set is `NAME` or `NAME=SOURCES`, as `hist3=ab`".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            sources,
        })
    }
}

/// An invented borough that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Borough(pub Options);

impl Borough {
    /// In the tables.
    pub fn name(self) -> String {
        let profile = match self.0.profile {
            Profile::Uk => "uk",
            Profile::Stress => "stress",
        };
        format!(
            "council, {} households, {profile}, seed {}",
            grouped(self.0.households),
            self.0.seed
        )
    }
}

impl FromStr for Borough {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').collect();
        let said = || "a borough is `HOUSEHOLDS[,uk|stress[,SEED]]`, as `5000,stress,7`".to_owned();
        let (households, profile, seed) = match parts[..] {
            [households] => (households, "uk", "7"),
            [households, profile] => (households, profile, "7"),
            [households, profile, seed] => (households, profile, seed),
            _ => return Err(said()),
        };
        let households: usize = households.parse().map_err(|_| said())?;
        if !(1..=MOST_HOUSEHOLDS).contains(&households) {
            return Err(format!("a borough has 1 to {MOST_HOUSEHOLDS} households"));
        }
        Ok(Self(Options {
            households,
            seed: seed.parse().map_err(|_| said())?,
            profile: match profile {
                "uk" => Profile::Uk,
                "stress" => Profile::Stress,
                _ => return Err(said()),
            },
        }))
    }
}

/// The boroughs of the tables in the documents.
const BOROUGHS: [&str; 5] = [
    "5000,uk,7",
    "20000,uk,7",
    "5000,stress,7",
    "4000,stress,8",
    "4000,stress,9",
];

/// What is to be measured; its files are made when it is its turn, so that those of all need not lie there at once.
pub enum Job {
    /// A mapping and its truth.
    Given(PathBuf, PathBuf),
    /// An open set in a folder of sets, and the letters of its sources.
    Set(PathBuf, Set, String),
    /// A council.
    Borough(Borough),
    /// People who are each there once.
    Once,
}

impl Job {
    /// Makes the files.
    pub fn cases(self) -> Result<Vec<Case>, Box<dyn Error>> {
        Ok(match self {
            Self::Given(mapping, truth) => vec![Case {
                name: mapping.display().to_string(),
                mapping,
                truth,
                _folder: None,
            }],
            Self::Set(data, set, sources) => {
                vec![agency::of_set(&data.join(&set.name), &set, &sources)?]
            }
            Self::Borough(borough) => vec![invented::council(borough)?],
            Self::Once => invented::once()?,
        })
    }
}

/// Everything: open sets as far as they are there, boroughs, people who are each there once.
pub fn all(data: &Path) -> Result<Vec<Job>, Box<dyn Error>> {
    let sets = Set::read_all(&sets::folder(), &[])?;
    let named = sets.into_iter().map(|set| Wanted {
        name: set.name,
        sources: None,
    });
    let mut jobs = open_sets(data, &named.collect::<Vec<_>>())?;
    for borough in BOROUGHS {
        jobs.push(Job::Borough(borough.parse()?));
    }
    jobs.push(Job::Once);
    Ok(jobs)
}

/// The open sets of a folder that were asked for; of those that are not there it is said on standard error.
pub fn open_sets(data: &Path, wanted: &[Wanted]) -> Result<Vec<Job>, Box<dyn Error>> {
    let mut jobs = Vec::new();
    if !wanted.is_empty() && !data.is_dir() {
        eprintln!(
            "there is no folder {}, so no open set is measured",
            data.display()
        );
        return Ok(jobs);
    }
    for wanted in wanted {
        let [set] = &Set::read_all(&sets::folder(), std::slice::from_ref(&wanted.name))?[..] else {
            continue;
        };
        let folder = data.join(&wanted.name);
        if tables::find(&folder, "truth").is_none() {
            eprintln!(
                "{} is absent: there is no truth in {}",
                set.name,
                folder.display()
            );
            continue;
        }
        let linked = set.runs.last().map(|run| run.concat()).unwrap_or_default();
        let sources = wanted.sources.clone().unwrap_or(linked);
        jobs.push(Job::Set(data.to_owned(), set.clone(), sources));
    }
    Ok(jobs)
}
