//! The tables, in Markdown: counts alone.

use std::fmt::Write as _;

use kinfold_extract::{Care, Reason};
use kinfold_message::grouped;

use crate::score::{Kind, Scored, Unions};

/// All tables.
pub fn markdown(scored: &[Scored], detail: bool) -> String {
    let mut text = String::new();
    for (kind, title) in [
        (
            Kind::Release,
            "With a release's care, right / wrong pairs of rows",
        ),
        (
            Kind::Bench,
            "With a bench's care, right / wrong pairs of rows",
        ),
    ] {
        pairs(&mut text, scored, kind, title);
    }
    gain(&mut text, scored);
    if detail {
        for case in scored {
            details(&mut text, case);
        }
    }
    text
}

/// A row a case, a column a limit.
fn pairs(text: &mut String, scored: &[Scored], kind: Kind, title: &str) {
    let limits: Vec<f64> = scored
        .first()
        .map(|case| of_kind(case, kind).map(|(limit, _)| limit).collect())
        .unwrap_or_default();
    if limits.is_empty() {
        return;
    }
    let heads: Vec<String> = limits.iter().map(f64::to_string).collect();
    let _ = write!(
        text,
        "{title}:\n\n| rows of | rows | possible | rules alone | {} |\n|---|---|---|---|{}\n",
        heads.join(" | "),
        "---|".repeat(limits.len())
    );
    for case in scored {
        let _ = write!(
            text,
            "| {} | {} | {} | {} |",
            case.name,
            grouped(case.rows),
            grouped(case.possible),
            both(&case.rules)
        );
        for (_, unions) in of_kind(case, kind) {
            let _ = write!(text, " {} |", both(unions));
        }
        text.push('\n');
    }
    text.push('\n');
}

/// What evidence adds at the limit of a release, where that was measured.
fn gain(text: &mut String, scored: &[Scored]) {
    let Care::Release(usual) = Care::RELEASE else {
        return;
    };
    let at_usual = |case: &Scored| {
        let mut found = case.with_evidence.iter();
        found.position(|(kind, limit, _)| *kind == Kind::Release && *limit == usual)
    };
    let measured: Vec<(&Scored, &Unions)> = scored
        .iter()
        .filter_map(|case| Some((case, &case.with_evidence[at_usual(case)?].2)))
        .collect();
    if measured.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "What all evidence adds to the sure rules, with a release's care at {usual}:\n\n\
         | rows of | unions by evidence | wrong pairs beyond the rules' | recall, rules alone → with evidence |\n|---|---|---|---|\n"
    );
    let [mut unions, mut wrong] = [0_usize; 2];
    for (case, with) in measured {
        let by_evidence = with.joins.get(&Reason::Evidence).copied().unwrap_or(0);
        let beyond = with.wrong.saturating_sub(case.rules.wrong);
        unions += by_evidence;
        wrong += beyond;
        let recalls = match case.possible {
            0 => String::new(),
            _ => format!(
                "{:.3} → {:.3}",
                share(case.rules.right, case.possible),
                share(with.right, case.possible)
            ),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {recalls} |",
            case.name,
            grouped(by_evidence),
            grouped(beyond)
        );
    }
    let _ = write!(
        text,
        "| **together** | {} | {} | |\n\n",
        grouped(unions),
        grouped(wrong)
    );
}

/// Precision and recall, joins by reason and doubtful pairs of a case.
fn details(text: &mut String, case: &Scored) {
    let _ = write!(text, "{}:\n\n", case.name);
    let mut line = |name: String, unions: &Unions| {
        let joins: Vec<String> = unions
            .joins
            .iter()
            .map(|(reason, count)| format!("{reason:?} {count}"))
            .collect();
        let doubtful: Vec<String> = unions
            .doubtful
            .iter()
            .map(|(why, [one, two])| format!("{why} {one} / {two}"))
            .collect();
        let _ = writeln!(
            text,
            "- {name}: precision {:.5}, recall {:.4}; joins: {}; doubtful, of one person / of two: {}",
            share(unions.right, unions.right + unions.wrong),
            share(unions.right, case.possible),
            listed(&joins),
            listed(&doubtful)
        );
    };
    line("rules alone".to_owned(), &case.rules);
    for (kind, limit, unions) in &case.with_evidence {
        line(format!("{kind:?} {limit}").to_lowercase(), unions);
    }
    text.push('\n');
}

fn of_kind(case: &Scored, kind: Kind) -> impl Iterator<Item = (f64, &Unions)> {
    let all = case.with_evidence.iter();
    all.filter(move |(own, ..)| *own == kind)
        .map(|(_, limit, unions)| (*limit, unions))
}

/// `1,234 / 5`.
fn both(unions: &Unions) -> String {
    format!("{} / {}", grouped(unions.right), grouped(unions.wrong))
}

fn share(some: usize, of: usize) -> f64 {
    some as f64 / of.max(1) as f64
}

fn listed(words: &[String]) -> String {
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unions(right: usize, wrong: usize, by_evidence: usize) -> Unions {
        Unions {
            right,
            wrong,
            joins: [(Reason::Evidence, by_evidence)].into(),
            doubtful: [("Likely".to_owned(), [3, 1])].into(),
        }
    }

    #[test]
    fn tables_say_right_wrong_and_possible() {
        let case = Scored {
            name: "own".to_owned(),
            rows: 5_000,
            possible: 2_000,
            rules: unions(1_000, 1, 0),
            with_evidence: vec![
                (Kind::Release, 0.95, unions(1_500, 3, 400)),
                (Kind::Release, 0.99, unions(1_400, 1, 300)),
                (Kind::Bench, 0.95, unions(1_600, 9, 500)),
            ],
        };
        let text = markdown(&[case], true);
        assert!(
            text.contains("| rows of | rows | possible | rules alone | 0.95 | 0.99 |"),
            "{text}"
        );
        assert!(
            text.contains("| own | 5,000 | 2,000 | 1,000 / 1 | 1,500 / 3 | 1,400 / 1 |"),
            "{text}"
        );
        assert!(
            text.contains("| own | 5,000 | 2,000 | 1,000 / 1 | 1,600 / 9 |"),
            "{text}"
        );
        assert!(text.contains("| own | 400 | 2 | 0.500 → 0.750 |"), "{text}");
        assert!(text.contains("| **together** | 400 | 2 | |"), "{text}");
        assert!(text.contains("- release 0.95: precision 0.99800, recall 0.7500; joins: Evidence 400; doubtful, of one person / of two: Likely 3 / 1"), "{text}");
    }
}
