//! What the linkage unit knows about people and households when it scores: dated event codes, and which datasets were looked at.
//!
//! Days are `i32` days since 1 January 1970. An event dated by month carries the first day of that month.

use std::collections::BTreeSet;

use crate::LifeStage;

/// One dated fact about one person, as a custodian released it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// Event code of the agreement, such as `housing/main-duty`.
    pub code: String,
    /// First day.
    pub start: i32,
    /// Last day, when the custodian gave one. Without it, and not ongoing, the event is a single day.
    pub end: Option<i32>,
    /// The episode was still open when the extract was made: it has no last day.
    pub ongoing: bool,
    /// Grade where the code has grades (domestic abuse: 1 standard, 2 medium, 3 high), else 0.
    pub grade: u8,
    /// The custodian that released it.
    pub custodian: String,
    /// The service to call, an id among the custodian's contacts in the agreement.
    pub service: String,
}

/// Everything that is known about one linked person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFacts {
    /// The caller's number of the person; evidence refers to it.
    pub person: usize,
    /// Child, adult or unknown at the reference date.
    pub life_stage: LifeStage,
    /// The person's events, in any order.
    pub events: Vec<Event>,
    /// Ids of the datasets in which the person was found, such as `school-census`.
    pub datasets: BTreeSet<String>,
    /// A rule withholds this person's evidence: protected address or do-not-link.
    pub withheld: bool,
}

/// One household at the reference date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HouseholdFacts {
    /// Its current members, as positions in the slice of [`PersonFacts`]. People who have left are not listed, so that their later events
    /// count where they live now.
    pub members: Vec<usize>,
}
