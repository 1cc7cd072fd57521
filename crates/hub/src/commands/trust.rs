//! What a run of `link` says of itself on the screen: how many links, how right they should be, and why not to believe it.

use std::fmt::Write as _;

use kinfold_linkage::{Doubt, ModelSummary};
use kinfold_message::{Exit, Problem, counted};

/// A few lines of text. `files` is how many files of codes, or custodians, were linked.
pub(super) fn lines(model: &ModelSummary, files: usize) -> String {
    if files < 2 {
        return "Nothing to link with: the rows of one person in a file come together when it is encoded, and each record is a person here\n".to_owned();
    }
    if model.candidates == 0 {
        return "No two records of different files have anything in common: are they of one area and time, and was each column read as the right field?\n".to_owned();
    }
    let mut text = String::new();
    if model.linked == 0 {
        let _ = writeln!(
            text,
            "None of {} is sure enough to be a link",
            counted(model.candidates, "candidate pair", "candidate pairs")
        );
    } else {
        let _ = writeln!(
            text,
            "{} of {} {}, from a match probability of {:.2} on: expected precision {}",
            model.linked,
            counted(model.candidates, "candidate pair", "candidate pairs"),
            if model.linked == 1 {
                "is a link"
            } else {
                "are links"
            },
            model.link_probability,
            share(model.at_link.precision),
        );
        let _ = writeln!(
            text,
            "Expected recall at most {}, of all matches as far as shared keys and facts tell; matches that share nothing cannot be counted",
            share(model.at_link.recall)
        );
    }
    for doubt in &model.doubts {
        let _ = writeln!(text, "Do not rely on these figures: {}", words(*doubt));
    }
    text
}

/// The doubts as warnings, for programs: they read no screen.
pub(super) fn warnings(model: &ModelSummary, files: usize) -> Vec<Problem> {
    if files < 2 || model.candidates == 0 {
        return Vec::new();
    }
    let doubts = model.doubts.iter().map(|doubt| {
        let (what, to_do) = words(*doubt).split_once("; ").unwrap_or_default();
        let what = format!("do not rely on the expected precision and recall: {what}");
        Problem::new("E-LINK-DOUBT", Exit::Done, what, to_do)
    });
    doubts.collect()
}

/// A share with its interval, in per cent.
fn share([expected, lower, upper]: [f64; 3]) -> String {
    let per_cent = |share: f64| format!("{:.1}", share * 100.0);
    format!(
        "{} % ({} to {})",
        per_cent(expected),
        per_cent(lower),
        per_cent(upper)
    )
}

/// What a doubt means and what to do, in one line. The manual says more.
fn words(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::FewMatches => {
            "fewer than 50 matches are expected, too few to learn from; look at every link by hand"
        }
        Doubt::Unsettled => {
            "the model did not settle; look for a column that was read wrongly, since contradictory evidence does this"
        }
        Doubt::NotCounted => {
            "a file does not say how often its own people agree by chance; encode it again with this version"
        }
        Doubt::SmallOverlap => {
            "fewer than one record in twenty of the smaller file has a match; look at a sample of the links"
        }
        Doubt::Rivals => {
            "many records have two likely partners that compete; a file probably holds people twice"
        }
        Doubt::MuchInReview => {
            "more than one in five of the expected matches are too uncertain to link; plan time for review"
        }
        Doubt::Relatives => {
            "between two files very many pairs agree on little, as relatives do, for the few that agree on all; such pairs are for review, so check that no column was read wrongly"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_linkage::Estimate;

    fn model(doubts: Vec<Doubt>) -> ModelSummary {
        ModelSummary {
            rounds: 6,
            settled: true,
            counted: true,
            candidates: 29,
            by_filter_alone: 0,
            expected_matches: 10.8,
            expected_missed: 0.0,
            missed_bounds: [0.0; 2],
            vetoed: 0,
            guarded: 0,
            linked: 12,
            link_probability: 0.7948,
            review_probability: 0.1,
            expected_precision: 0.8979,
            at_link: Estimate {
                precision: [0.8979, 0.6509, 1.0],
                recall: [0.9999, 0.9902, 1.0],
            },
            at_review: Estimate::default(),
            doubts,
        }
    }

    #[test]
    fn a_run_says_what_to_expect_and_why_to_doubt_it() {
        insta::assert_snapshot!(lines(&model(vec![Doubt::FewMatches]), 2), @r"
        12 of 29 candidate pairs are links, from a match probability of 0.79 on: expected precision 89.8 % (65.1 to 100.0)
        Expected recall at most 100.0 % (99.0 to 100.0), of all matches as far as shared keys and facts tell; matches that share nothing cannot be counted
        Do not rely on these figures: fewer than 50 matches are expected, too few to learn from; look at every link by hand
        ");
        let told = warnings(&model(vec![Doubt::FewMatches]), 2);
        assert_eq!(told[0].code, "E-LINK-DOUBT");
        assert_eq!(told[0].hint, "look at every link by hand");
        assert!(warnings(&model(vec![Doubt::FewMatches]), 1).is_empty());
        assert_eq!(lines(&model(Vec::new()), 2).lines().count(), 2);
        assert!(lines(&model(Vec::new()), 1).starts_with("Nothing to link with"));
        let nothing = ModelSummary {
            candidates: 0,
            ..model(Vec::new())
        };
        assert!(lines(&nothing, 2).starts_with("No two records"));
    }

    #[test]
    fn every_doubt_has_words_of_its_own() {
        let all = [
            Doubt::FewMatches,
            Doubt::Unsettled,
            Doubt::NotCounted,
            Doubt::SmallOverlap,
            Doubt::Rivals,
            Doubt::MuchInReview,
            Doubt::Relatives,
        ];
        let mut said: Vec<&str> = all.map(words).to_vec();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), all.len());
        assert!(
            said.iter().all(|words| words.contains(';')),
            "each says what to do"
        );
    }
}
