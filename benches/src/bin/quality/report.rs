//! The figures as tables and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::anchors::{Anchor, Anchors};
use crate::errors;
use crate::run::Outcome;

/// Tables in Markdown.
pub fn markdown(results: &[Outcome], anchors: &Anchors, absent: &[String]) -> String {
    let mut text = String::from(
        "F1 at kinfold's own threshold; the anchors' at the best threshold, chosen with the truth at hand.\n\n\
         | set | sources | schema | precision | recall | F1 | target | best private anchor | Splink, plain text | expected precision | seconds |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for outcome in results {
        let sources = outcome.sources.concat();
        let [target, _] = anchors.targets(&outcome.set, &sources, &outcome.schema);
        let best = |private| anchors.best(&outcome.set, &sources, private);
        row(
            &mut text,
            &[
                outcome.set.clone(),
                sources.clone(),
                outcome.schema.clone(),
                figure(outcome.measures.pairs.precision),
                figure(outcome.measures.pairs.recall),
                format!("**{}**", figure(outcome.measures.pairs.f1)),
                against(target, outcome.measures.pairs.f1),
                anchor(best(true), |anchor| Some(anchor.f1)),
                anchor(best(false), |anchor| Some(anchor.f1)),
                outcome.model["expected_precision"]
                    .as_f64()
                    .filter(|expected| *expected > 0.0)
                    .map_or(String::new(), figure),
                format!("{:.1}", outcome.seconds),
            ],
        );
    }
    text.push_str(
        "\nPeople (rows are all rows; those that could not be encoded are people of one row):\n\n\
         | set | sources | schema | rows | encoded | B-cubed P | R | F1 | exact people P | R | each two sources: F1 |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for outcome in results {
        let measures = &outcome.measures;
        let each = measures.by_sources.iter();
        let each: Vec<String> = each
            .map(|(name, rates)| format!("{name} {}", figure(rates.f1)))
            .collect();
        row(
            &mut text,
            &[
                outcome.set.clone(),
                outcome.sources.concat(),
                outcome.schema.clone(),
                outcome.rows.to_string(),
                outcome.encoded.to_string(),
                figure(measures.b_cubed.precision),
                figure(measures.b_cubed.recall),
                figure(measures.b_cubed.f1),
                figure(measures.exact.precision),
                figure(measures.exact.recall),
                each.join(", "),
            ],
        );
    }
    text.push_str(
        "\nHouseholds of the first two sources:\n\n\
         | set | sources | schema | pairs P | R | F1 | target | best private anchor | Splink | whole | best private anchor | Splink |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for outcome in results {
        let Some(households) = outcome.measures.households else {
            continue;
        };
        let sources = outcome.sources.concat();
        let [_, target] = anchors.targets(&outcome.set, &sources, &outcome.schema);
        let best = |private, of: fn(&Anchor) -> Option<f64>| {
            anchor(anchors.best(&outcome.set, &sources, private), of)
        };
        row(
            &mut text,
            &[
                outcome.set.clone(),
                sources.clone(),
                outcome.schema.clone(),
                figure(households.pairs.precision),
                figure(households.pairs.recall),
                format!("**{}**", figure(households.pairs.f1)),
                against(target, households.pairs.f1),
                best(true, |anchor| anchor.household_pairs),
                best(false, |anchor| anchor.household_pairs),
                figure(households.whole),
                best(true, |anchor| anchor.whole_households),
                best(false, |anchor| anchor.whole_households),
            ],
        );
    }
    unions(results, &mut text);
    for outcome in results {
        if let Some(errors) = &outcome.errors {
            let _ = write!(
                text,
                "\n{} {} with {}:\n\n{}",
                outcome.set,
                outcome.sources.concat(),
                outcome.schema,
                errors::markdown(errors)
            );
        }
    }
    let mut notes: Vec<String> = Vec::new();
    for outcome in results {
        for anchor in anchors.of(&outcome.set, &outcome.sources.concat()) {
            if let Some(of) = &anchor.of {
                let note = format!("the anchors of {} were measured on {of}", outcome.set);
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
    if !notes.is_empty() {
        let _ = writeln!(text, "\n\\* {}.", notes.join("; "));
    }
    if !absent.is_empty() {
        let _ = writeln!(
            text,
            "\nNot measured, because the data are not there: {}.",
            absent.join(", ")
        );
    }
    text
}

/// What `kinfold encode` brought together inside each source, against the truth.
fn unions(results: &[Outcome], text: &mut String) {
    text.push_str(
        "\nRows of one person inside a source, brought together before encoding (pairs; rows of strangers are rows in another person's \
         record):\n\n\
         | set | source | schema | rows | united | precision | recall | F1 | rows of strangers |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut seen = BTreeSet::new();
    for outcome in results {
        for (source, said) in &outcome.encodings {
            if !seen.insert((&outcome.set, source, &outcome.schema)) {
                continue;
            }
            let unions = &said["unions"];
            let rate = |name: &str| unions["pairs"][name].as_f64().map_or(String::new(), figure);
            row(
                text,
                &[
                    outcome.set.clone(),
                    source.clone(),
                    outcome.schema.clone(),
                    said["rows"].to_string(),
                    said["united"]["rows_united"].to_string(),
                    rate("precision"),
                    rate("recall"),
                    rate("f1"),
                    unions["rows_of_strangers"].to_string(),
                ],
            );
        }
    }
}

/// One JSON object: every run with its figures, targets and anchors.
pub fn json(results: &[Outcome], anchors: &Anchors, absent: &[String]) -> Value {
    let runs: Vec<Value> = results
        .iter()
        .map(|outcome| {
            let sources = outcome.sources.concat();
            let [pairs, households] = anchors.targets(&outcome.set, &sources, &outcome.schema);
            json!({
                "set": outcome.set,
                "title": outcome.title,
                "sources": outcome.sources,
                "schema": outcome.schema,
                "rows": outcome.rows,
                "encoded": outcome.encoded,
                "encodings": outcome.encodings,
                "measures": outcome.measures,
                "errors": outcome.errors,
                "model": outcome.model,
                "seconds": outcome.seconds,
                "target": { "pairs": pairs, "household_pairs": households },
                "anchors": anchors.of(&outcome.set, &sources),
            })
        })
        .collect();
    json!({ "runs": runs, "absent": absent })
}

fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn figure(value: f64) -> String {
    format!("{value:.4}")
}

/// A target, and whether it is met.
fn against(target: Option<f64>, reached: f64) -> String {
    match target {
        Some(target) if reached >= target => format!("{target} met"),
        Some(target) => format!("{target} ({:+.4})", reached - target),
        None => String::new(),
    }
}

fn anchor(anchor: Option<&Anchor>, of: impl Fn(&Anchor) -> Option<f64>) -> String {
    let Some((anchor, value)) = anchor.and_then(|anchor| Some((anchor, of(anchor)?))) else {
        return String::new();
    };
    let star = if anchor.of.is_some() { "\\*" } else { "" };
    format!("{}{star} ({})", figure(value), anchor.tool)
}
