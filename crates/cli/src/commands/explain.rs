//! `explain`: the long version of any message.

use crate::outcome::Outcome;
use kinfold_message::{CODES, Exit, Problem, explain};
use serde_json::json;

/// Explains one code, or lists all.
pub fn run(code: Option<&str>) -> Result<Outcome, Problem> {
    let Some(code) = code else {
        let width = CODES
            .iter()
            .map(|entry| entry.code.len())
            .max()
            .unwrap_or_default();
        let lines: Vec<String> = CODES
            .iter()
            .map(|entry| format!("{:width$}  {}\n", entry.code, entry.meaning))
            .collect();
        let text = lines.concat();
        let all: Vec<_> = CODES
            .iter()
            .map(|entry| json!({"code": entry.code, "meaning": entry.meaning}))
            .collect();
        return Ok(Outcome::done(
            "kinfold.explain/1",
            text,
            json!({"codes": all}),
        ));
    };
    let entry = explain(code).ok_or_else(|| {
        Problem::new(
            "E-EXPLAIN-CODE",
            Exit::CouldNotRun,
            format!("there is no message with the code `{code}`"),
            "run `kinfold explain` for the list of all codes",
        )
    })?;
    let text = format!("{}\n\n{}\n\n{}\n", entry.code, entry.meaning, entry.advice);
    let data = json!({"code": entry.code, "meaning": entry.meaning, "advice": entry.advice});
    Ok(Outcome::done("kinfold.explain/1", text, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_and_an_unknown_one_refused() {
        assert!(
            run(Some("e-file-missing"))
                .expect("explained")
                .text
                .contains("E-FILE-MISSING")
        );
        assert_eq!(
            run(Some("NO-SUCH")).err().map(|problem| problem.code),
            Some("E-EXPLAIN-CODE")
        );
        assert!(run(None).expect("listed").text.lines().count() >= 3);
    }
}
