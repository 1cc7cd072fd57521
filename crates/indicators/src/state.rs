//! The five states of a need, and who an event can be about.
//!
//! "No data" is not "no need": a cell that nobody could have filled must never look like a cell that was checked and found empty. So the
//! state is a closed list of five words, and nothing else in the project turns the absence of evidence into a number.

use std::fmt;

/// What is known about one need of one household or person at the reference date.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum NeedState {
    /// A rule of the pack holds at the reference date; the evidence is listed.
    Current,
    /// Qualifying events exist, but no rule holds any more.
    Past,
    /// Some member is known in a dataset that would have shown it, and nothing qualifying was found.
    Checked,
    /// No dataset that could have shown it knows any member.
    NoData,
    /// There is evidence, and a rule of the agreement withholds it.
    Withheld,
}

impl NeedState {
    /// All five, in the order in which screens and files list them.
    pub const ALL: [Self; 5] = [
        Self::Current,
        Self::Past,
        Self::Checked,
        Self::NoData,
        Self::Withheld,
    ];

    /// The word used in files: `current`, `past`, `checked`, `no_data`, `withheld`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Past => "past",
            Self::Checked => "checked",
            Self::NoData => "no_data",
            Self::Withheld => "withheld",
        }
    }

    /// The words used on screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::Past => "Past",
            Self::Checked => "Checked, none found",
            Self::NoData => "No data",
            Self::Withheld => "Withheld",
        }
    }
}

impl fmt::Display for NeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Whether a person is a child or an adult at the reference date, as far as the custodians said. No age and no birth date reach this crate.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LifeStage {
    /// No custodian could say.
    #[default]
    Unknown,
    /// 0 to 17.
    Child,
    /// 18 or over.
    Adult,
}
