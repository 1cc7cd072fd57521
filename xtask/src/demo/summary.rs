//! `summary.json`: the figures of a demo.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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
    /// The same of the households in which people are now.
    pub household_pair_now: Rates,
    /// Households by state, for each indicator.
    pub needs: BTreeMap<String, States>,
    /// Household by indicator, current or not: F1 against the truth.
    pub needs_f1: f64,
    /// Households by their number of current needs.
    pub households_by_current_needs: BTreeMap<String, u64>,
    /// What each custodian's release check said of its codes. Not in `summary.json`: each custodian's folder has its `release.json`.
    #[serde(skip)]
    pub release_checks: BTreeMap<String, ReleaseCheck>,
    /// Time of the steps.
    pub seconds: Seconds,
}

/// What a release check said, as `kinfold run` gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseCheck {
    /// `quick` or `full`.
    pub form: String,
    /// `pass`, `warn`, `block` or `broken`.
    pub verdict: String,
    /// Whether real records could leave as these codes.
    pub allows_release: bool,
    /// The lines above their limit.
    pub above_the_limit: Vec<String>,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// All custodians together: reading, checking, encoding, the release check, sealing.
    pub encode: f64,
    /// Keys and filters to people and households.
    pub link: f64,
    /// Events to needs.
    pub score: f64,
}

impl Summary {
    /// From what `kinfold-hub link` and `kinfold-hub evaluate` say.
    ///
    /// # Errors
    /// When a figure is missing or is not what it should be.
    pub(super) fn new(
        linked: &Value,
        measures: &Value,
        encode_seconds: f64,
        release_checks: BTreeMap<String, ReleaseCheck>,
    ) -> Result<Self> {
        let seconds = figure::<BTreeMap<String, f64>>(linked, "seconds")?;
        let part = |name: &str| {
            let part = seconds.get(name).copied();
            part.with_context(|| format!("the linkage unit does not say the seconds of `{name}`"))
        };
        Ok(Self {
            records: figure(linked, "records")?,
            people: figure(linked, "people")?,
            households: figure(linked, "households")?,
            pairwise: figure(measures, "pairwise")?,
            household_pair: figure(measures, "household_pair")?,
            household_pair_now: figure(measures, "household_pair_now")?,
            needs: figure(linked, "needs")?,
            needs_f1: figure::<Rates>(measures, "needs")?.f1,
            households_by_current_needs: figure(linked, "households_by_current_needs")?,
            release_checks,
            seconds: Seconds {
                encode: encode_seconds,
                link: part("link")?,
                score: part("score")?,
            },
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
            ("the same, now", self.household_pair_now),
        ] {
            let Rates {
                precision,
                recall,
                f1,
            } = rates;
            println!("  {name:<24}{precision:>10.4}{recall:>9.4}{f1:>9.4}");
        }
        println!("  {:<24}{:>28.4}", "needs, current or not", self.needs_f1);
        println!();
        println!("  households with the need  current     past  checked  no data withheld");
        for (indicator, states) in &self.needs {
            let States {
                current,
                past,
                checked,
                no_data,
                withheld,
            } = states;
            println!("  {indicator:<24}{current:>9}{past:>9}{checked:>9}{no_data:>9}{withheld:>9}");
        }
        println!();
        println!("  households by number of current needs");
        for (number, households) in &self.households_by_current_needs {
            println!("  {number:>24}{households:>9}");
        }
        println!();
        println!("  release check of each agency's codes, before they left");
        for (custodian, check) in &self.release_checks {
            println!("  {custodian:<24}{}", check.words());
        }
        println!();
        let Seconds {
            encode,
            link,
            score,
        } = self.seconds;
        println!("  encode and attack {encode:.1} s, link {link:.1} s, score {score:.1} s");
    }
}

impl ReleaseCheck {
    /// From the answer of `kinfold run`.
    ///
    /// # Errors
    /// When the answer has none.
    pub(super) fn of_run(answer: &Value) -> Result<Self> {
        figure(answer, "release_check")
    }

    /// One line for a reader.
    fn words(&self) -> String {
        let Self {
            form,
            verdict,
            above_the_limit,
            ..
        } = self;
        match verdict.as_str() {
            "pass" | "warn" => format!("{verdict} ({form} form)"),
            _ => format!(
                "{verdict} ({form} form; {}): real records would have stayed; these are made up",
                above_the_limit.join(", ")
            ),
        }
    }
}

/// One figure of a command's answer.
fn figure<T: DeserializeOwned>(answer: &Value, name: &str) -> Result<T> {
    // Some commands wrap what they found in `data`.
    let data = answer.get("data").unwrap_or(answer);
    let value = data
        .get(name)
        .with_context(|| format!("the answer has no figure `{name}`"))?;
    T::deserialize(value).with_context(|| format!("the figure `{name}` is not what it should be"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_figures_come_from_the_answers() {
        let states = json!({"current": 3, "past": 1, "checked": 2, "no_data": 0, "withheld": 1});
        let linked = json!({
            "records": 9, "people": 4, "households": 2, "needs": {"education": states},
            "households_by_current_needs": {"0": 1, "2": 1}, "seconds": {"link": 2.0, "score": 0.5},
        });
        let rates = json!({"precision": 1.0, "recall": 0.5, "f1": 0.75, "predicted": 3});
        let measures = json!({"pairwise": rates, "household_pair": rates, "household_pair_now": rates, "needs": rates});
        let summary = Summary::new(&linked, &measures, 1.5, BTreeMap::new()).unwrap();
        assert_eq!(
            (summary.records, summary.people, summary.households),
            (9, 4, 2)
        );
        assert_eq!(summary.needs["education"].withheld, 1);
        assert_eq!(
            summary.seconds,
            Seconds {
                encode: 1.5,
                link: 2.0,
                score: 0.5
            }
        );

        let wrapped = json!({ "data": linked });
        assert!(Summary::new(&wrapped, &measures, 1.5, BTreeMap::new()).is_ok());
        let error = Summary::new(&json!({}), &measures, 1.5, BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("seconds"), "{error}");
    }

    #[test]
    fn what_a_release_check_said_is_said_plainly() {
        let answer = |verdict: &str| {
            json!({"data": {"release_check": {
                "form": "quick", "verdict": verdict, "allows_release": false, "broken": [], "above_the_limit": ["known/20", "law"],
            }}})
        };
        let words = |verdict| ReleaseCheck::of_run(&answer(verdict)).unwrap().words();
        assert_eq!(words("warn"), "warn (quick form)");
        assert_eq!(
            words("block"),
            "block (quick form; known/20, law): real records would have stayed; these are made up"
        );
        assert!(ReleaseCheck::of_run(&json!({"data": {}})).is_err());
    }
}
