//! A rule pack: the published, versioned text that says what each need means.
//!
//! A pack is data, so that a borough can read it, argue about it and change it without a programmer; it is hashed, so that a report can
//! say exactly which rules it used.

mod explain;
mod parse;
#[cfg(test)]
mod tests;

use crate::calendar::Months;
use crate::{Error, LifeStage};

/// The indicators that a pack may have rules for. The ids appear in files and never change meaning.
pub const INDICATORS: [&str; 7] = [
    "parental-mental-health",
    "alcohol-and-drugs",
    "domestic-abuse",
    "anti-social-behaviour",
    "worklessness",
    "homelessness",
    "education",
];

/// A parsed and checked rule pack.
#[derive(Clone, Debug)]
pub struct RulePack {
    pub(crate) text: String,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) minimum_history: Months,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) codes: Vec<Code>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl RulePack {
    /// Reads a pack.
    ///
    /// # Errors
    /// [`Error::Syntax`] for text that is not a rule pack, with its line: unknown keys are errors, because a misspelt key would silently
    /// change a rule. [`Error::Content`] for a pack that contradicts itself: an unknown indicator or code, an id used twice, a severity
    /// outside 1 to 3.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text)
    }

    /// The built-in pack: the seven needs as first agreed.
    pub fn local7() -> Self {
        Self::parse(include_str!("../../packs/LOCAL7.toml")).expect("the built-in pack is tested")
    }

    /// Id, such as `LOCAL7`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Version, such as `1.0.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Title in words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How much history the custodians should supply, in months.
    pub fn minimum_history(&self) -> Months {
        self.minimum_history
    }

    /// What a reader must know about that history.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The text as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// BLAKE3 of the text: what agreements, runs and reports name.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text.as_bytes()).as_bytes()
    }

    /// The indicators, in the pack's order, which is the order of every list of needs.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// All event codes, sorted.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The rules, in the pack's order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What progress looks like. Carried and printed; this version does not compute outcomes.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// One event code, or `None` when the pack does not know it.
    pub fn code(&self, id: &str) -> Option<&Code> {
        self.codes
            .binary_search_by(|code| code.id.as_str().cmp(id))
            .ok()
            .map(|found| &self.codes[found])
    }

    /// The whole pack in plain English, for an appendix or a website.
    pub fn explain(&self) -> String {
        explain::explain(self)
    }
}

/// One of the needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// One of [`INDICATORS`].
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it means, a clause that can follow "means that".
    pub meaning: String,
    /// Factors of the Digital Economy Act's multiple-disadvantages objective.
    pub dea: Vec<String>,
    /// The highest severity for an adult in a household without a child.
    pub cap_without_parental_role: Option<u8>,
}

/// One event code that custodians may release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Such as `housing/main-duty`.
    pub id: String,
    /// In plain words.
    pub words: String,
    /// The indicator that it is evidence for; `None` for context, which is shown and never scored.
    pub indicator: Option<String>,
}

/// Whom a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A child.
    Child,
    /// An adult, or somebody whose life stage nobody knows.
    Adult,
    /// An adult in a household with a child.
    Parent,
    /// Anybody.
    Any,
}

impl Subject {
    /// Whether a person of this life stage, in a household with or without a child, is meant.
    pub fn includes(self, stage: LifeStage, household_has_child: bool) -> bool {
        match self {
            Self::Child => stage == LifeStage::Child,
            Self::Adult => stage != LifeStage::Child,
            Self::Parent => stage == LifeStage::Adult && household_has_child,
            Self::Any => true,
        }
    }
}

/// When a need is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Id within the pack, such as `3.2a`; evidence names it.
    pub id: String,
    /// Indicator id.
    pub indicator: String,
    /// The rule in plain words.
    pub words: String,
    /// Factors of the Digital Economy Act: the indicator's, unless the rule has its own.
    pub dea: Vec<String>,
    /// Whom it is about.
    pub subject: Subject,
    /// Event codes that count.
    pub codes: Vec<String>,
    /// Lowest grade that counts; 0 for all.
    pub minimum_grade: u8,
    /// Datasets that would have shown such an event.
    pub datasets: Vec<String>,
    /// The window before the reference date.
    pub look_back: Months,
    /// How many events one person needs.
    pub minimum_count: usize,
    /// Event codes of which the household must have at least one in the same window; empty for none.
    pub together_with: Vec<String>,
    /// The rule holds for the household, and only when it holds for every adult at the reference date.
    pub all_adults: bool,
    /// How long a spell must have lasted.
    pub minimum_duration: Option<Months>,
    /// Spells at most this far apart count as one.
    pub largest_gap: Option<Months>,
    /// 1 emerging, 2 established, 3 acute or statutory.
    pub severity: u8,
}

/// What significant and sustained progress looks like for one indicator. Carried for readers and for later versions; nothing computes it
/// yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Id within the pack.
    pub id: String,
    /// Indicator id.
    pub indicator: String,
    /// The test in plain words.
    pub words: String,
    /// How long progress must last.
    pub window: Months,
    /// Events that must not occur in the window.
    pub no_events: Vec<String>,
    /// Events whose number must fall.
    pub measure: Vec<String>,
    /// By what share it must fall, 0 to 1.
    pub minimum_reduction: Option<f64>,
    /// A practitioner must confirm, because absence of reports alone proves nothing.
    pub needs_confirmation: bool,
}
