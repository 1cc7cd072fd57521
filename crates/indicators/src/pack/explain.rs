//! A rule pack in plain English.
//!
//! The text is what a family, a councillor or an auditor reads instead of TOML; a golden file keeps it from changing by accident.

use std::fmt::Write as _;

use super::{Indicator, Outcome, Rule, RulePack, Subject};

/// Writing to a `String` cannot fail, so the results of `write!` are dropped throughout.
pub(super) fn explain(pack: &RulePack) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} ({} {})", pack.title, pack.id, pack.version);
    let hash = blake3::Hash::from_bytes(pack.hash()).to_hex();
    let _ = writeln!(out, "Hash: blake3:{hash}");
    let _ = writeln!(out);
    let _ = writeln!(
        out,
        "A need is current when one of its rules holds at the reference date. Severity is 1 emerging, 2 established,"
    );
    let _ = writeln!(
        out,
        "3 acute or statutory; a household takes the highest of its members. There is no score."
    );
    let _ = writeln!(
        out,
        "Custodians should supply at least {} of events. {}",
        pack.minimum_history, pack.note
    );
    for (position, indicator) in pack.indicators.iter().enumerate() {
        explain_indicator(&mut out, pack, position + 1, indicator);
    }
    let context: Vec<&str> = pack
        .codes
        .iter()
        .filter(|code| code.indicator.is_none())
        .map(|code| code.words.as_str())
        .collect();
    if !context.is_empty() {
        let _ = writeln!(
            out,
            "\nShown as context, never as a need: {}.",
            context.join("; ")
        );
    }
    out
}

fn explain_indicator(out: &mut String, pack: &RulePack, number: usize, indicator: &Indicator) {
    let _ = writeln!(out, "\n{number} {}", indicator.name);
    let _ = writeln!(out, "  Means that {}.", indicator.meaning);
    let _ = writeln!(
        out,
        "  Factor of the Digital Economy Act: {}.",
        indicator.dea.join("; ")
    );
    if let Some(cap) = indicator.cap_without_parental_role {
        let _ = writeln!(
            out,
            "  An adult in a household without a child reaches severity {cap} at most."
        );
    }
    for severity in 1..=3 {
        for rule in pack
            .rules
            .iter()
            .filter(|rule| rule.indicator == indicator.id && rule.severity == severity)
        {
            let _ = writeln!(
                out,
                "  Severity {severity}, rule {}: {}.",
                rule.id, rule.words
            );
            explain_rule(out, pack, rule);
        }
    }
    for outcome in pack
        .outcomes
        .iter()
        .filter(|outcome| outcome.indicator == indicator.id)
    {
        explain_outcome(out, outcome);
    }
}

fn explain_rule(out: &mut String, pack: &RulePack, rule: &Rule) {
    let events: Vec<&str> = rule
        .codes
        .iter()
        .filter_map(|code| pack.code(code))
        .map(|code| code.words.as_str())
        .collect();
    let who = match rule.subject {
        Subject::Child => "a child",
        Subject::Adult if rule.all_adults => "every adult",
        Subject::Adult => "an adult",
        Subject::Parent => "an adult in a household with a child",
        Subject::Any => "anyone",
    };
    let count = match rule.minimum_count {
        1 => "at least one event".to_string(),
        n => format!("at least {n} events"),
    };
    let _ = write!(
        out,
        "      {who}; {count} in {}: {}",
        rule.look_back,
        events.join("; ")
    );
    if rule.minimum_grade > 0 {
        let _ = write!(out, "; grade {} or higher", rule.minimum_grade);
    }
    if let Some(duration) = rule.minimum_duration {
        let open = if rule.all_adults {
            ", and still open"
        } else {
            ""
        };
        let _ = write!(out, "; lasting {duration} or more{open}");
    }
    if let Some(gap) = rule.largest_gap {
        let _ = write!(out, "; gaps of up to {gap} do not count");
    }
    if !rule.together_with.is_empty() {
        let with: Vec<&str> = rule
            .together_with
            .iter()
            .filter_map(|code| pack.code(code))
            .map(|code| code.words.as_str())
            .collect();
        let _ = write!(
            out,
            "; together with, in the household: {}",
            with.join("; ")
        );
    }
    let _ = writeln!(out, ". Seen in: {}.", rule.datasets.join(", "));
}

fn explain_outcome(out: &mut String, outcome: &Outcome) {
    let _ = writeln!(
        out,
        "  What good looks like ({}, not computed yet): {}.",
        outcome.window, outcome.words
    );
}
