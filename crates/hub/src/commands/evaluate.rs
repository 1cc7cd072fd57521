//! `evaluate`: measures a result against known truth.

use std::fmt::Write as _;

use kinfold_linkage::measures::Rates;
use kinfold_message::{Exit, Problem};

use crate::args::EvaluateArgs;
use crate::evaluation::{Evaluation, evaluate};
use crate::screen::{Answer, Screen};

pub(super) fn run(args: &EvaluateArgs, screen: &Screen) -> Result<Answer, Problem> {
    let step = screen.step("Comparing with the truth", 0);
    let found = evaluate(args)?;
    step.done(&format!("{} records", found.records));
    let data = serde_json::to_value(&found).map_err(|error| {
        Problem::new(
            "E-BUG",
            Exit::CouldNotRun,
            format!("a figure has no JSON form: {error}"),
            "report this message",
        )
    })?;
    Ok(Answer::new(table(&found), data))
}

fn table(found: &Evaluation) -> String {
    let mut text = format!(
        "{} records of {} people; {} of them not in the result\n\n{:24} precision  recall      F1\n",
        found.records, found.entities, found.missing, ""
    );
    let mut line = |name: &str, precision: f64, recall: f64, f1: f64| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:24} {precision:9.4} {recall:7.4} {f1:7.4}");
    };
    let rates = |rates: &Rates| (rates.precision, rates.recall, rates.f1);
    let (precision, recall, f1) = rates(&found.pairwise);
    line("pairs of records", precision, recall, f1);
    line(
        "B-cubed",
        found.b_cubed.precision,
        found.b_cubed.recall,
        found.b_cubed.f1,
    );
    if let Some(pairs) = &found.household_pair {
        let (precision, recall, f1) = rates(pairs);
        line("household pairs", precision, recall, f1);
    }
    if let Some(needs) = &found.needs {
        let (precision, recall, f1) = rates(&needs.rates);
        line("current needs", precision, recall, f1);
        for (indicator, each) in &needs.by_indicator {
            let (precision, recall, f1) = rates(each);
            line(&format!("  {indicator}"), precision, recall, f1);
        }
    }
    text
}
