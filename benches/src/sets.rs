//! What an open set is: which column is which field, which sources are linked, and where one person may have several rows. One TOML file a set in
//! `benches/quality/sets`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A field's columns, as `--column` takes them: the key is the field; each text is one `COLUMN` or `COLUMN+COLUMN`.
pub type Columns = BTreeMap<String, Vec<String>>;

/// One set of open data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// What it is, in one line.
    pub title: String,
    /// Sources that are linked with each other, one list a run; a list of one source is searched for people whom it has twice.
    pub runs: Vec<Vec<String>>,
    /// Whether the truth is one row a person and source; what few people have several then count as one match.
    #[serde(default)]
    pub one_to_one: bool,
    /// Sources in which one person may have several rows: an identifier is a record's there, and not a person's.
    #[serde(default)]
    pub many_rows: Vec<String>,
    /// What dates begin with, where the cells may not tell: `day-first` or `month-first`.
    pub date_order: Option<String>,
    /// The columns of all sources.
    pub columns: Columns,
    /// The columns of a source that has others.
    #[serde(default)]
    pub sources: BTreeMap<String, Columns>,
}

/// The folder of the sets' TOML files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("quality/sets")
}

impl Set {
    /// Reads the sets of a folder, or those that are named, by name.
    ///
    /// # Errors
    /// A folder or file that cannot be read, a file that is no set, or a name that no set has.
    pub fn read_all(folder: &Path, named: &[String]) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut sets = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let name = path.file_stem().and_then(|stem| stem.to_str());
            let name = name.unwrap_or_default().to_owned();
            let text = std::fs::read_to_string(&path)?;
            let set: Self =
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            sets.push(Self { name, ..set });
        }
        sets.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(unknown) = named
            .iter()
            .find(|name| sets.iter().all(|set| set.name != **name))
        {
            let known: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
            return Err(format!("no set `{unknown}`; there are {}", known.join(", ")).into());
        }
        sets.retain(|set| named.is_empty() || named.contains(&set.name));
        Ok(sets)
    }

    /// Every source of every run, each once.
    pub fn all_sources(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.runs.iter().flatten().map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The columns of a source.
    pub fn columns_of(&self, source: &str) -> &Columns {
        self.sources.get(source).unwrap_or(&self.columns)
    }

    /// Every field of any source, by name.
    pub fn fields(&self) -> Vec<String> {
        let all = self.sources.values().chain([&self.columns]);
        let mut fields: Vec<String> = all.flat_map(|columns| columns.keys().cloned()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The flags of `kinfold encode` that say what the columns of a source are.
    pub fn flags(&self, source: &str) -> Vec<String> {
        let columns = self.columns_of(source);
        let mut flags = Vec::new();
        for (field, each) in columns {
            for column in each {
                flags.extend(["--column".to_owned(), format!("{field}={column}")]);
            }
        }
        if let Some(order) = &self.date_order {
            flags.extend(["--date-order".to_owned(), order.clone()]);
        }
        flags
    }
}
