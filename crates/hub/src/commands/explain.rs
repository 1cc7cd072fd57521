//! `explain`: the long version of any message.

use kinfold_message::{CODES, Exit, Explanation, Problem};
use serde_json::json;

use crate::args::ExplainArgs;
use crate::screen::Answer;

pub(super) fn run(args: &ExplainArgs) -> Result<Answer, Problem> {
    let Some(code) = &args.code else {
        let width = CODES
            .iter()
            .map(|entry| entry.code.len())
            .max()
            .unwrap_or(0);
        let line = |entry: &Explanation| format!("{:width$}  {}\n", entry.code, entry.meaning);
        let codes: Vec<_> = CODES
            .iter()
            .map(|e| json!({"code": e.code, "meaning": e.meaning}))
            .collect();
        return Ok(Answer::new(
            CODES.iter().map(line).collect::<String>(),
            json!({ "codes": codes }),
        ));
    };
    let Some(entry) = kinfold_message::explain(code) else {
        return Err(Problem::new(
            "E-EXPLAIN-UNKNOWN",
            Exit::CouldNotRun,
            format!("there is no message code `{code}`"),
            "run `kinfold-hub explain` for the list of all codes",
        ));
    };
    Ok(Answer::new(
        format!("{}\n\n{}\n\n{}\n", entry.code, entry.meaning, entry.advice),
        json!({"code": entry.code, "meaning": entry.meaning, "advice": entry.advice}),
    ))
}
