//! `summary.json`: the figures of a demo.

use super::evaluation::rows;
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The figures of one demo.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Records that reached the linkage unit.
    pub records: u64,
    /// People that they became.
    pub people: u64,
    /// Households that the people form.
    pub households: u64,
    /// Pairs of records of one person: found against true.
    pub pairwise: Rates,
    /// Pairs of records of two people of one household: found against true.
    pub household_pair: Rates,
    /// Households by state, for each indicator.
    pub needs: BTreeMap<String, States>,
    /// Household by indicator, current or not: F1 against the truth.
    pub needs_f1: f64,
    /// Households by their number of current needs.
    pub households_by_current_needs: BTreeMap<String, u64>,
    /// Time of the steps.
    pub seconds: Seconds,
}

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Share of what was found that is true.
    pub precision: f64,
    /// Share of what is true that was found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// Households in each state of one need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct States {
    /// There is evidence, recent enough.
    pub current: u64,
    /// There was evidence, too old now.
    pub past: u64,
    /// Somebody looked, and there is none.
    pub checked: u64,
    /// Nobody could have seen it.
    pub no_data: u64,
    /// Not shown.
    pub withheld: u64,
}

/// Time of the steps, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// All custodians together: reading, checking, encoding, sealing.
    pub encode: f64,
    /// Keys and filters to people and households.
    pub link: f64,
    /// Events to needs.
    pub score: f64,
}

/// A row of `people.csv`.
#[derive(Deserialize)]
struct Person {
    cluster_id: String,
}

/// A row of `households.csv`.
#[derive(Deserialize)]
struct Household {
    household_id: String,
}

/// A row of `needs.csv`.
#[derive(Deserialize)]
struct Need {
    household_id: String,
    indicator: String,
    state: String,
}

impl Summary {
    /// From the tables of a result, as CSV, and the answer of `kinfold-hub evaluate`.
    ///
    /// # Errors
    /// When a table cannot be read or the answer lacks a measure.
    pub(super) fn new(
        people: &Path,
        households: &Path,
        needs: &Path,
        measures: &Value,
        seconds: Seconds,
    ) -> Result<Self> {
        let people = rows::<Person>(people)?;
        let households: BTreeSet<String> = rows::<Household>(households)?
            .into_iter()
            .map(|row| row.household_id)
            .collect();
        let mut states: BTreeMap<String, States> = BTreeMap::new();
        let mut current_needs: BTreeMap<&str, usize> =
            households.iter().map(|household| (household.as_str(), 0)).collect();
        let needs = rows::<Need>(needs)?;
        for need in &needs {
            states.entry(need.indicator.clone()).or_default().add(&need.state)?;
            if need.state == "current" {
                *current_needs.entry(&need.household_id).or_default() += 1;
            }
        }
        let mut by_current = BTreeMap::new();
        for number in current_needs.values() {
            *by_current.entry(number.to_string()).or_default() += 1;
        }
        let distinct: BTreeSet<&str> = people.iter().map(|row| row.cluster_id.as_str()).collect();
        Ok(Self {
            records: people.len() as u64,
            people: distinct.len() as u64,
            households: households.len() as u64,
            pairwise: rates(measures, "pairwise")?,
            household_pair: rates(measures, "household_pair")?,
            needs: states,
            needs_f1: rates(measures, "needs")?.f1,
            households_by_current_needs: by_current,
            seconds,
        })
    }

    /// Writes `summary.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        kinfold_message::write_whole(path, text.as_bytes()).map_err(anyhow::Error::from)
    }

    /// Prints the figures for a reader.
    pub fn print(&self) {
        println!();
        println!(
            "{} records of four agencies are {} people in {} households.",
            self.records, self.people, self.households
        );
        println!();
        println!("  against the truth        precision   recall       F1");
        for (name, rates) in [
            ("records of one person", self.pairwise),
            ("people of a household", self.household_pair),
        ] {
            let Rates { precision, recall, f1 } = rates;
            println!("  {name:<24}{precision:>10.4}{recall:>9.4}{f1:>9.4}");
        }
        println!("  {:<24}{:>28.4}", "needs, current or not", self.needs_f1);
        println!();
        println!("  households with the need  current     past  checked  no data withheld");
        for (indicator, states) in &self.needs {
            let States { current, past, checked, no_data, withheld } = states;
            println!("  {indicator:<24}{current:>9}{past:>9}{checked:>9}{no_data:>9}{withheld:>9}");
        }
        println!();
        let Seconds { encode, link, score } = self.seconds;
        println!("  encode {encode:.1} s, link {link:.1} s, score {score:.1} s");
    }
}

impl States {
    fn add(&mut self, state: &str) -> Result<()> {
        let count = match state {
            "current" => &mut self.current,
            "past" => &mut self.past,
            "checked" => &mut self.checked,
            "no_data" => &mut self.no_data,
            "withheld" => &mut self.withheld,
            _ => bail!("`{state}` is not a state of a need"),
        };
        *count += 1;
        Ok(())
    }
}

/// The seconds of linking and of scoring, as the hub says; without them, the whole step counts as linking.
pub(super) fn link_and_score_seconds(answer: &Value, whole: f64) -> (f64, f64) {
    let part = |name: &str| data(answer).get("seconds")?.get(name)?.as_f64();
    match (part("link"), part("score")) {
        (Some(link), Some(score)) => (link, score),
        _ => (whole, 0.0),
    }
}

fn rates(answer: &Value, measure: &str) -> Result<Rates> {
    let value = data(answer)
        .get(measure)
        .with_context(|| format!("the evaluation has no measure `{measure}`"))?;
    serde_json::from_value(value.clone()).with_context(|| format!("the measure `{measure}` is not precision, recall, F1"))
}

/// Commands wrap what they found in an envelope.
fn data(answer: &Value) -> &Value {
    answer.get("data").unwrap_or(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_figures_are_counted_from_the_tables() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let people = file("p.csv", "cluster_id,source,record_ref\nP-1,a,x\nP-1,b,y\nP-2,a,z\n");
        let households = file("h.csv", "household_id,cluster_id\nHH-1,P-1\nHH-1,P-2\nHH-2,P-3\n");
        let needs = file(
            "n.csv",
            "household_id,indicator,state\nHH-1,education,current\nHH-1,homelessness,current\nHH-2,education,no_data\n",
        );
        let rates = serde_json::json!({"precision": 1.0, "recall": 0.5, "f1": 0.75, "predicted": 3});
        let measures = serde_json::json!({"data": {"pairwise": rates, "household_pair": rates, "needs": rates}});
        let summary = Summary::new(&people, &households, &needs, &measures, Seconds::default()).unwrap();
        assert_eq!((summary.records, summary.people, summary.households), (3, 2, 2));
        assert_eq!(summary.households_by_current_needs["2"], 1);
        assert_eq!(summary.households_by_current_needs["0"], 1);
        assert_eq!(summary.needs["education"].no_data, 1);
        assert!((summary.pairwise.recall - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn the_hub_may_or_may_not_say_its_seconds() {
        let said = serde_json::json!({"seconds": {"link": 2.0, "score": 0.5}});
        assert_eq!(link_and_score_seconds(&said, 9.0), (2.0, 0.5));
        assert_eq!(link_and_score_seconds(&Value::Null, 9.0), (9.0, 0.0));
    }
}
