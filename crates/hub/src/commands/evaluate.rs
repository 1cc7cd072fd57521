//! `evaluate`: measures a result against known truth, or says what to expect of it without.

use kinfold_message::{Exit, Problem};

use crate::args::EvaluateArgs;
use crate::evaluation::{evaluate, text};
use crate::screen::{Answer, Screen};

pub(super) fn run(args: &EvaluateArgs, screen: &Screen) -> Result<Answer, Problem> {
    let title = if args.truth.is_some() {
        "Comparing with the truth"
    } else {
        "Looking at the result"
    };
    let step = screen.step(title, 0);
    let found = evaluate(args)?;
    let records = match (&found.truth, &found.without_truth) {
        (Some(truth), _) => truth.records,
        (None, Some(promise)) => promise.records,
        (None, None) => 0,
    };
    step.done(&format!("{records} records"));
    let data = serde_json::to_value(&found).map_err(|error| {
        Problem::new(
            "E-BUG",
            Exit::CouldNotRun,
            format!("a figure has no JSON form: {error}"),
            "report this message",
        )
    })?;
    Ok(Answer::new(text(&found), data))
}
