//! From dated events to the seven needs of a household.
//!
//! Practitioners do not ask "how risky is this family?" but "which needs has somebody seen evidence of, when, and whom do I call?". So this
//! crate computes no score and learns nothing. A published, versioned rule pack says which events make a need current; [`score`] applies
//! it to the people of each household at a reference date and returns, for every need, one of five worded states ([`NeedState`]) with the
//! events behind it.
//!
//! ```text
//! LOCAL7.toml ──► RulePack ─┐
//! PersonFacts ──────────────┼──► score ──► HouseholdNeeds: state, severity, dates, sources, evidence
//! HouseholdFacts ───────────┘
//! ```
//!
//! The crate is pure: no files, no clock, no randomness, no plaintext. The same facts in any order give the same answer.
//!
//! ```
//! use kinfold_indicators::{Event, HouseholdFacts, LifeStage, NeedState, PersonFacts, RulePack, calendar, score};
//!
//! let pack = RulePack::local7();
//! let reference = calendar::day(2026, 8, 31).unwrap();
//! let tenant = PersonFacts {
//!     person: 0,
//!     life_stage: LifeStage::Adult,
//!     events: vec![Event {
//!         code: "housing/prevention-duty".into(),
//!         start: calendar::day(2026, 3, 1).unwrap(),
//!         end: None,
//!         ongoing: false,
//!         grade: 0,
//!         custodian: "council".into(),
//!         service: "housing-options".into(),
//!     }],
//!     datasets: ["housing".to_string()].into(),
//!     withheld: false,
//! };
//! let needs = score(&pack, reference, &[tenant], &[HouseholdFacts { members: vec![0] }]);
//! let homelessness = needs[0].need("homelessness").unwrap();
//! assert_eq!(homelessness.state, NeedState::Current);
//! assert_eq!(homelessness.severity, 2);
//! assert_eq!(homelessness.evidence[0].rule_id, "6.2a");
//! assert_eq!(needs[0].need("education").unwrap().state, NeedState::NoData);
//! ```

pub mod calendar;
mod error;
mod facts;
mod pack;
mod score;
mod state;

pub use error::Error;
pub use facts::{Event, HouseholdFacts, PersonFacts};
pub use pack::{Code, INDICATORS, Indicator, Outcome, Rule, RulePack, Subject};
pub use score::{Evidence, HouseholdNeeds, MemberNeeds, Need, Source, score};
pub use state::{LifeStage, NeedState};

/// The example of the README, tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
