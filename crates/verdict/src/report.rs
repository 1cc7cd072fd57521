//! The report of a check: one line for each question, with a level, a sentence, and what to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bound::{Share, round};

/// Format of the report.
pub const REPORT_SCHEMA: &str = "kinfold.release-check/1";

/// What a line, or the whole check, comes to. The worst line decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Said for information; nothing is judged.
    Note,
    /// Well below the limit.
    Pass,
    /// Above half of the limit.
    Warn,
    /// Above the limit: nothing is released.
    Block,
    /// An attack did not succeed where it must: the check proves nothing, and nothing is released.
    Broken,
}

/// How thorough a check was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Everything.
    Full,
    /// Fewer people and fewer attacks: no ground for a release.
    Quick,
}

/// One question and its answer. Fields stand in alphabetical order, for canonical JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// For attacks: people named by size of household, one to six and more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_size: Vec<Share>,
    /// What was measured besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<String, f64>,
    /// A stable name, for instance `known/200/lot/3000`.
    pub id: String,
    /// What it comes to.
    pub level: Level,
    /// The limit of what is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The answer in one plain sentence.
    pub sentence: String,
    /// What is judged, when it is a share of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// What was looked at: a filter, a key, or everything together.
    pub subject: String,
    /// What to do when it is not well; empty when it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to_do: String,
    /// Why it matters.
    pub why: String,
}

impl Line {
    /// A line that only informs.
    pub fn note(id: &str, subject: &str, why: &str, sentence: String) -> Self {
        Self {
            by_size: Vec::new(),
            figures: BTreeMap::new(),
            id: id.to_owned(),
            level: Level::Note,
            limit: None,
            sentence: begun(sentence),
            share: None,
            subject: subject.to_owned(),
            to_do: String::new(),
            why: why.to_owned(),
        }
    }

    /// Judges a number that must be at most `limit`; more than half of it is a warning.
    #[must_use]
    pub fn at_most(mut self, value: f64, limit: f64, to_do: &str) -> Self {
        self.limit = Some(round(limit));
        self.judge(level(value, limit), to_do)
    }

    /// Judges a share by its upper bound.
    #[must_use]
    pub fn share_at_most(mut self, share: Share, limit: f64, to_do: &str) -> Self {
        self.share = Some(share);
        self.at_most(share.upper, limit, to_do)
    }

    /// Judges a share that was counted over the whole file, where there is nothing to extrapolate.
    #[must_use]
    pub fn counted_at_most(mut self, share: Share, limit: f64, to_do: &str) -> Self {
        self.share = Some(share);
        self.at_most(share.share, limit, to_do)
    }

    /// Judges a share beyond what chance names. In a file so small that chance alone could be above the limit, only what is surely above it
    /// blocks, and the line warns.
    #[must_use]
    pub fn share_beyond_chance(
        mut self,
        share: Share,
        chance: f64,
        limit: f64,
        to_do: &str,
    ) -> Self {
        let limit = limit + chance;
        let by_chance = libm::round(chance * share.of as f64) as u64;
        if Share::new(by_chance.min(share.of), share.of).upper <= limit {
            return self.share_at_most(share, limit, to_do);
        }
        self.share = Some(share);
        self.limit = Some(round(limit));
        if share.lower() > limit {
            self.judge(Level::Block, to_do)
        } else {
            self.judge(
                Level::Warn,
                "The file is too small to tell the attack from chance. Release it together with others, if you can.",
            )
        }
    }

    /// Judges shares by size of household, each beyond what chance names: one of the people in households of that size. Of a size with so few
    /// people that even none named would be above the limit, only what is surely above it counts.
    #[must_use]
    pub fn sizes_at_most(mut self, sizes: &[Share], limit: f64, to_do: &str) -> Self {
        for share in sizes.iter().filter(|share| share.of > 0) {
            let limit = limit + 1.0 / share.of as f64;
            let enough = Share::new(0, share.of).upper <= limit / 2.0;
            let own = if enough {
                level(share.upper, limit)
            } else if share.lower() > limit {
                Level::Block
            } else {
                Level::Pass
            };
            self = self.judge(own, to_do);
        }
        self.by_size = sizes.to_vec();
        self
    }

    /// Takes the worse of its level and another.
    #[must_use]
    pub fn judge(mut self, level: Level, to_do: &str) -> Self {
        self.level = self.level.max(level);
        if self.level >= Level::Warn {
            to_do.clone_into(&mut self.to_do);
        }
        self
    }

    /// Adds a figure.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.figures.insert(name.to_owned(), round(value));
        self
    }
}

/// A sentence that begins with a capital letter, even when its first word is a share (`none`).
fn begun(mut sentence: String) -> String {
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

fn level(value: f64, limit: f64) -> Level {
    if value > limit {
        Level::Block
    } else if value > limit / 2.0 {
        Level::Warn
    } else {
        Level::Pass
    }
}

/// What a check found. It holds counts and shares only: no name, no reference, no code. Fields stand in alphabetical order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// How thorough the check was.
    pub form: Form,
    /// The answers.
    pub lines: Vec<Line>,
    /// BLAKE3 of the payload that was checked, in hexadecimal: the seed of all that was drawn by lot.
    pub payload: String,
    /// Records of the file.
    pub records: u64,
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// The worst of the lines.
    pub verdict: Level,
}

impl Report {
    /// Puts a report together: the verdict is the worst of the lines.
    pub fn new(form: Form, payload: &[u8; 32], records: usize, lines: Vec<Line>) -> Self {
        Self {
            form,
            verdict: worst(&lines),
            lines,
            payload: blake3::Hash::from_bytes(*payload).to_hex().to_string(),
            records: records as u64,
            schema: REPORT_SCHEMA.to_owned(),
        }
    }

    /// Whether the file may be released: the check was a full one, nothing is above its limit, and every attack proved itself.
    pub fn allows_release(&self) -> bool {
        self.form == Form::Full && self.verdict <= Level::Warn
    }

    /// Canonical JSON: no spaces, keys in alphabetical order.
    ///
    /// # Panics
    /// Never: text and finite numbers are always JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and finite numbers are always JSON")
    }

    /// Whether the report is of these codes: their BLAKE3 hash and their number are the ones in it.
    pub fn is_of(&self, payload: &[u8; 32], records: u64) -> bool {
        self.records == records
            && self.payload == blake3::Hash::from_bytes(*payload).to_hex().as_str()
    }

    /// The lines of a level.
    pub fn lines_at(&self, level: Level) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.level == level)
    }

    /// Why the file may not be released, in one sentence; `None` when it may.
    pub fn why_not(&self) -> Option<String> {
        if self.allows_release() {
            return None;
        }
        let ids = |level| {
            let ids: Vec<&str> = self.lines_at(level).map(|line| line.id.as_str()).collect();
            ids.join(", ")
        };
        Some(match self.verdict {
            Level::Broken => format!(
                "the check is broken, so it proves nothing ({})",
                ids(Level::Broken)
            ),
            Level::Block => format!("above the limit: {}", ids(Level::Block)),
            _ => "only the quick form of the check was run, which allows no release".to_owned(),
        })
    }

    /// Reads a report: of this format, in its one spelling, with the lines that every check has, and with the verdict and the bounds that
    /// follow from them.
    ///
    /// # Errors
    /// [`NotAReport`] says which of these does not hold.
    pub fn parse(json: &[u8]) -> Result<Self, NotAReport> {
        if json.len() > REPORT_BYTES_MAX {
            return Err(NotAReport("it is longer than any report"));
        }
        let report: Self = serde_json::from_slice(json)
            .map_err(|_| NotAReport("it is not JSON of the format kinfold.release-check/1"))?;
        if report.schema != REPORT_SCHEMA {
            return Err(NotAReport("it has another format"));
        }
        if report.to_json() != json {
            return Err(NotAReport("it is not canonical JSON"));
        }
        if report.verdict != worst(&report.lines) {
            return Err(NotAReport("its verdict is not that of its worst line"));
        }
        if !report.lines.iter().any(|line| line.id == CONTROL) {
            return Err(NotAReport(
                "the line that says whether the attacks proved themselves is missing",
            ));
        }
        let shares = report
            .lines
            .iter()
            .flat_map(|line| line.share.iter().chain(&line.by_size));
        if shares
            .clone()
            .any(|share| share.hits > share.of || Share::new(share.hits, share.of) != *share)
        {
            return Err(NotAReport("a bound is not the one that its counts give"));
        }
        Ok(report)
    }
}

fn worst(lines: &[Line]) -> Level {
    let levels = lines.iter().map(|line| line.level);
    levels.max().unwrap_or(Level::Broken)
}

/// Largest report, in bytes; one of a shipped schema takes some 15,000.
pub const REPORT_BYTES_MAX: usize = 4 << 20;

/// The line on which the attacks prove themselves.
const CONTROL: &str = "control";

/// Why something is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAReport(&'static str);

impl std::fmt::Display for NotAReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotAReport {}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::note("a/b", "names-birth", "why", "so it is".to_owned())
    }

    #[test]
    fn the_limit_blocks_and_half_of_it_warns() {
        let level = |value| line().at_most(value, 0.01, "do").level;
        assert_eq!(
            [0.0, 0.005, 0.006, 0.01, 0.011].map(level),
            [
                Level::Pass,
                Level::Pass,
                Level::Warn,
                Level::Warn,
                Level::Block
            ]
        );
        assert_eq!(line().at_most(0.0, 0.01, "do").to_do, "");
        assert_eq!(line().at_most(1.0, 0.01, "do").to_do, "do");
    }

    #[test]
    fn a_small_file_blocks_only_when_it_is_surely_above() {
        let level = |hits, of, chance| {
            let share = Share::new(hits, of);
            line().share_beyond_chance(share, chance, 0.01, "do").level
        };
        // Chance names 5 of 320, and could name 10.
        assert_eq!(level(7, 320, 5.0 / 320.0), Level::Warn);
        assert_eq!(level(40, 320, 5.0 / 320.0), Level::Block);
        // Of 10,000 chance names 5; 50 are too many to be half of the limit.
        assert_eq!(level(5, 10_000, 0.0005), Level::Pass);
        assert_eq!(level(80, 10_000, 0.0005), Level::Warn);
        assert_eq!(level(110, 10_000, 0.0005), Level::Block);
    }

    #[test]
    fn a_small_size_blocks_only_when_it_is_surely_above() {
        let level = |hits, of| {
            line()
                .sizes_at_most(&[Share::new(hits, of)], 0.01, "do")
                .level
        };
        // Nobody of 40 could still be 7 %.
        assert_eq!(level(0, 40), Level::Pass);
        assert_eq!(level(10, 40), Level::Block);
        assert_eq!(level(0, 5_000), Level::Pass);
        assert_eq!(level(60, 5_000), Level::Block);
    }

    fn report() -> Report {
        let lines = vec![
            Line::note("control", "everything", "why", "so it is".to_owned()),
            line()
                .with("rho", 0.012)
                .sizes_at_most(&[Share::new(1, 40)], 0.01, "do"),
            line().share_at_most(Share::new(2, 3_000), 0.01, "do"),
        ];
        Report::new(Form::Full, &[7; 32], 3_000, lines)
    }

    #[test]
    fn a_report_comes_back_from_its_json_and_only_in_one_spelling() {
        let report = report();
        let json = report.to_json();
        assert_eq!(Report::parse(&json).unwrap(), report);
        assert!(report.allows_release());
        let mut spaced = json.clone();
        spaced.insert(1, b' ');
        assert!(Report::parse(&spaced).is_err());
        let quick = Report {
            form: Form::Quick,
            ..report
        };
        assert!(!quick.allows_release());
        assert!(quick.why_not().unwrap().contains("quick"));
    }

    #[test]
    fn what_was_doctored_is_no_report() {
        let why = |change: &dyn Fn(&mut Report)| {
            let mut report = report();
            change(&mut report);
            Report::parse(&report.to_json()).map_err(|not| not.to_string())
        };
        assert!(why(&|_| {}).is_ok());
        let says = |change: &dyn Fn(&mut Report), what: &str| {
            let why = why(change).unwrap_err();
            assert!(why.contains(what), "{why}");
        };
        says(&|report| report.lines[1].level = Level::Block, "verdict");
        says(&|report| report.verdict = Level::Note, "verdict");
        says(&|report| report.lines.clear(), "verdict");
        says(&|report| drop(report.lines.remove(0)), "proved themselves");
        says(
            &|report| report.lines[2].share.as_mut().unwrap().upper = 0.0,
            "bound",
        );
        says(
            &|report| report.lines[2].share.as_mut().unwrap().hits = 4_000,
            "bound",
        );
        says(&|report| report.schema.push('2'), "another format");
        assert!(Report::parse(b"{}").is_err());
        assert!(Report::parse(&vec![b' '; REPORT_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn a_report_is_of_one_file() {
        let report = report();
        assert!(report.is_of(&[7; 32], 3_000));
        assert!(!report.is_of(&[8; 32], 3_000) && !report.is_of(&[7; 32], 2_999));
    }

    #[test]
    fn why_not_names_the_lines() {
        let mut lines = report().lines;
        assert_eq!(report().why_not(), None);
        lines.push(Line::note("law", "x", "y", String::new()).judge(Level::Block, "do"));
        let blocked = Report::new(Form::Full, &[7; 32], 3_000, lines);
        assert_eq!(blocked.why_not().unwrap(), "above the limit: law");
        let broken = Report::new(Form::Full, &[7; 32], 0, Vec::new());
        assert!(broken.why_not().unwrap().contains("proves nothing"));
    }
}
