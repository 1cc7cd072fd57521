//! Reading label files: rows of names and numbers of many makers, each fault with its file, line and column.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kinfold_message::{Exit, Problem};
use kinfold_store::{Column, Place, TextRow, column_names, visit_text_rows};

use crate::args::EvaluateArgs;

/// Names that the source of a record may have.
pub(super) const SOURCE: &[&str] = &["source", "source_dataset"];
/// Names that a record reference may have.
pub(super) const RECORD_REF: &[&str] = &["record_ref", "unique_id"];
/// Names that a source's own id may have.
pub(super) const OWN_ID: &[&str] = &["rec_id", "own_id"];

/// A place in a file, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) path: &'a Path,
    pub(super) place: Place,
}

impl At<'_> {
    /// A cell that cannot be used, by its column.
    pub(super) fn cell(self, column: &[&str], what: &str) -> Problem {
        contradiction(what).at(format!(
            "{}, column \"{}\"",
            self.place.of(self.path),
            column.join("\" or \"")
        ))
    }

    /// A row that contradicts another.
    pub(super) fn row(self, what: &str) -> Problem {
        contradiction(what).at(self.place.of(self.path))
    }
}

/// The files contradict each other.
fn contradiction(what: &str) -> Problem {
    Problem::new(
        "E-EVALUATE-INPUT",
        Exit::CouldNotRun,
        what,
        "check that the files belong to the same run and the same sample",
    )
}

/// Visits the rows of a file with their places.
pub(super) fn visit(
    path: &Path,
    wanted: &[Column<'_>],
    mut each: impl FnMut(&TextRow<'_>, At<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    visit_text_rows::<Wrapped>(path, wanted, |row| {
        let place = row.place;
        each(row, At { path, place }).map_err(Wrapped)
    })
    .map_err(|wrapped| wrapped.0)
}

/// A problem, whoever found it.
struct Wrapped(Problem);

impl From<kinfold_store::Error> for Wrapped {
    fn from(error: kinfold_store::Error) -> Self {
        Self(error.into())
    }
}

/// The cell of a needed column; refused when it is blank.
pub(super) fn filled<'a>(
    row: &'a TextRow<'_>,
    at: At<'_>,
    position: usize,
    names: &[&str],
) -> Result<&'a str, Problem> {
    match row.cell(position) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(at.cell(names, "a cell that must be filled is empty")),
    }
}

/// Texts numbered as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a text, a new one if it was not met before.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The number of a text that was met before.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The texts, by their numbers.
    pub(super) fn list(&self) -> Vec<&str> {
        let mut list = vec![""; self.numbers.len()];
        for (text, &number) in &self.numbers {
            list[number as usize] = text;
        }
        list
    }
}

/// What names a record in the files.
pub(super) enum Keys {
    /// Source and own id stand in all of them.
    OwnId,
    /// The record reference stands in all of them.
    Reference,
    /// The result has record references, the truth own ids; the custodians' files say which is which.
    Translated(HashMap<String, String>),
}

impl Keys {
    /// What the columns of the files allow.
    pub(super) fn choose(args: &EvaluateArgs) -> Result<Self, Problem> {
        if !args.references.is_empty() {
            return read_references(&args.references).map(Self::Translated);
        }
        let has_reference = |path: &Path| {
            let names = column_names(path)?;
            Ok::<_, Problem>(
                RECORD_REF
                    .iter()
                    .any(|wanted| names.iter().any(|name| name == wanted)),
            )
        };
        let mut reference = has_reference(&args.people)?;
        if let Some(truth) = &args.truth {
            reference = reference && has_reference(truth)?;
        }
        Ok(if reference {
            Self::Reference
        } else {
            Self::OwnId
        })
    }

    /// Whether the result names records by their references.
    pub(super) fn by_reference(&self) -> bool {
        !matches!(self, Self::OwnId)
    }

    /// The key of a record of the result.
    pub(super) fn of_result(&self, source: &str, id: &str) -> String {
        if self.by_reference() {
            id.to_ascii_lowercase()
        } else {
            own(source, id)
        }
    }

    /// The key of a record of the truth; none when its custodian left it out.
    pub(super) fn of_truth(&self, source: &str, id: &str) -> Option<String> {
        match self {
            Self::OwnId => Some(own(source, id)),
            Self::Reference => Some(id.to_ascii_lowercase()),
            Self::Translated(references) => references.get(&own(source, id)).cloned(),
        }
    }

    /// The columns of id and source in the truth, and in files about its records.
    pub(super) fn truth_columns(&self) -> (&'static [&'static str], Column<'static>) {
        if matches!(self, Self::Reference) {
            (RECORD_REF, Column::optional(SOURCE))
        } else {
            (OWN_ID, Column::needed(SOURCE))
        }
    }
}

/// One text that names the record; sources and ids come from files, so a separator they cannot hold is used.
pub(super) fn own(source: &str, id: &str) -> String {
    let mut key = String::with_capacity(source.len() + id.len() + 1);
    key.push_str(source);
    key.push('\0');
    key.push_str(id);
    key
}

fn read_references(paths: &[PathBuf]) -> Result<HashMap<String, String>, Problem> {
    let mut references = HashMap::new();
    for path in paths {
        let by_name = source_of_name(path);
        let source = match by_name {
            Some(_) => Column::optional(SOURCE),
            None => Column::needed(SOURCE),
        };
        let wanted = [
            Column::needed(&["own_id", "rec_id"]),
            Column::needed(RECORD_REF),
            source,
        ];
        visit(path, &wanted, |row, at| {
            let id = filled(row, at, 0, &["own_id"])?;
            let reference = filled(row, at, 1, RECORD_REF)?;
            let source = match (row.cell(2).filter(|cell| !cell.is_empty()), by_name) {
                (Some(source), _) | (None, Some(source)) => source,
                (None, None) => filled(row, at, 2, SOURCE)?,
            };
            references.insert(own(source, id), reference.to_ascii_lowercase());
            Ok(())
        })?;
    }
    Ok(references)
}

/// The source of a file that a bench wrote, `SOURCE.local-references.csv`: it has no column of it.
fn source_of_name(path: &Path) -> Option<&str> {
    path.file_name()?
        .to_str()?
        .strip_suffix(".local-references.csv")
}

/// The records of the result.
pub(super) struct People {
    /// Record key to record number.
    pub(super) numbers: HashMap<String, u32>,
    /// The predicted person of each record.
    pub(super) cluster: Vec<u32>,
    /// The source of each record; empty when the file does not say.
    pub(super) source: Vec<u32>,
    /// Ids of the predicted people.
    pub(super) clusters: Names,
    /// Names of the sources.
    pub(super) sources: Names,
}

impl People {
    /// Reads the people of a result.
    pub(super) fn read(path: &Path, keys: &Keys) -> Result<Self, Problem> {
        let (id, source) = if keys.by_reference() {
            (RECORD_REF, Column::optional(SOURCE))
        } else {
            (OWN_ID, Column::needed(SOURCE))
        };
        let wanted = [Column::needed(&["cluster_id"]), Column::needed(id), source];
        let mut people = Self {
            numbers: HashMap::new(),
            cluster: Vec::new(),
            source: Vec::new(),
            clusters: Names::default(),
            sources: Names::default(),
        };
        visit(path, &wanted, |row, at| {
            let cluster = people.clusters.number(filled(row, at, 0, &["cluster_id"])?);
            let source = row.cell(2);
            let key = keys.of_result(source.unwrap_or_default(), filled(row, at, 1, id)?);
            let next = people.cluster.len() as u32;
            let record = *people.numbers.entry(key).or_insert(next);
            if record < next {
                return if people.cluster[record as usize] == cluster {
                    Ok(())
                } else {
                    Err(at.row("the record of this row is in two clusters"))
                };
            }
            people.cluster.push(cluster);
            if let Some(source) = source {
                people.source.push(people.sources.number(source));
            }
            Ok(())
        })?;
        Ok(people)
    }
}
