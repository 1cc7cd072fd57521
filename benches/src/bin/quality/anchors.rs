//! What other tools reach, and what kinfold aims at: `benches/quality/anchors.toml`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// All figures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchors {
    target: Vec<Target>,
    anchor: Vec<Anchor>,
}

/// What kinfold aims at in one run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    set: String,
    sources: String,
    standard: f64,
    trusted: f64,
    households: Option<BTreeMap<String, f64>>,
}

/// What a tool reaches in one run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    set: String,
    sources: String,
    /// The set that was measured, where it is not this very one.
    pub of: Option<String>,
    /// The tool.
    pub tool: String,
    /// Whether the tool compares codes and not plain text.
    #[serde(default)]
    pub private: bool,
    /// F1 at the best threshold, chosen with the truth at hand.
    pub f1: f64,
    /// F1 at the tool's own threshold.
    pub fixed: Option<f64>,
    /// F1 of household pairs.
    pub household_pairs: Option<f64>,
    /// Share of whole households.
    pub whole_households: Option<f64>,
}

impl Anchors {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path)?;
        Ok(toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    /// F1 of pairs and of household pairs that a run with a schema aims at.
    pub fn targets(&self, set: &str, sources: &str, schema: &str) -> [Option<f64>; 2] {
        let found = self
            .target
            .iter()
            .find(|target| target.set == set && target.sources == sources);
        let pairs = found.and_then(|target| match schema {
            "standard" | "standard-contact" => Some(target.standard),
            "trusted" => Some(target.trusted),
            _ => None,
        });
        let households = found.and_then(|target| target.households.as_ref()?.get(schema).copied());
        [pairs, households]
    }

    /// The anchors of a run.
    pub fn of(&self, set: &str, sources: &str) -> Vec<&Anchor> {
        self.anchor
            .iter()
            .filter(|anchor| anchor.set == set && anchor.sources == sources)
            .collect()
    }

    /// The best F1 of private tools, or of those on plain text.
    pub fn best<'a>(&'a self, set: &str, sources: &str, private: bool) -> Option<&'a Anchor> {
        let of = self.of(set, sources).into_iter();
        of.filter(|anchor| anchor.private == private)
            .max_by(|a, b| a.f1.total_cmp(&b.f1))
    }
}
