//! What is given from outside the codes: reviewers' decisions, facts that keep records apart, custodians that hold duplicates.
//!
//! Decisions name records by custodian and record reference, so they can be replayed on every run in whatever order tables come. A
//! decision that two records are one person overrules weights, guards and the rule of one record a custodian. It never overrules a
//! veto or another decision: then it is reported as contradicted and changes nothing.

use crate::{RecordId, Veto};

/// A record as files name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The custodian's id.
    pub source: String,
    /// The record reference.
    pub reference: [u8; 16],
}

/// What a reviewer found about two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judgement {
    /// They are one person: must-link.
    SamePerson,
    /// They are two people: cannot-link, which holds for everyone they are clustered with.
    DifferentPeople,
}

/// A reviewer's decision about two records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// One record.
    pub left: RecordKey,
    /// The other.
    pub right: RecordKey,
    /// What was found.
    pub judgement: Judgement,
}

/// Facts that keep two records apart and that codes do not show, for instance a death before an event of the other record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Apart {
    /// One record.
    pub left: RecordId,
    /// The other.
    pub right: RecordId,
    /// Why.
    pub veto: Veto,
}

/// What one record's custodian knows about when its person lived. Days are counted since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Life {
    /// The record.
    pub record: RecordId,
    /// The day of death, if it is known.
    pub died: Option<i32>,
    /// The latest day on which something began that happens to the living: the start of the latest event.
    pub seen: Option<i32>,
}

/// Everything that is given from outside the codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Reviewers' decisions, in the order they were taken. Of several about the same two records the last one counts.
    pub decisions: Vec<Decision>,
    /// Pairs that facts keep apart.
    pub apart: Vec<Apart>,
    /// When people lived, by record, each record once. Records of somebody who died before an event of the other are two people.
    pub lives: Vec<Life>,
    /// Custodians of whose records several may be one person; of all others at most one record is in a person.
    pub duplicates: Vec<String>,
    /// The month of the release of each set (the period of its package, in months since January 1900), in the order of sets; empty where
    /// nobody knows, and then no membership is dated by releases.
    pub releases: Vec<u16>,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds.
    Honoured,
    /// A later decision about the same records replaced it.
    Replaced,
    /// One of the records is not in this run.
    RecordMissing,
    /// It says that a record is another person than itself, or one record that it is itself.
    SameRecord,
    /// A veto forbids what it asks for.
    Vetoed(Veto),
    /// Together with other decisions it would put two records together that a veto or a decision keeps apart.
    Contradicted,
}
