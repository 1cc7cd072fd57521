//! From codes to people and households.
//!
//! [`link`] takes the code tables of several custodians and finds which records are one person: candidates by shared match keys and
//! near filters ([`kinfold_matcher`] compares every pair), a Fellegi-Sunter model over what the shared keys say (its probabilities
//! learnt from the data, without truth), vetoes, and clusters that never put two records of one custodian or two conflicting
//! identifiers together. [`form_households`] puts people together who have dated evidence of living together.
//!
//! Nothing here sees a name, reads a file or a clock, or draws a random number. Logarithms come from a pure-Rust library and sums run
//! in a fixed order, so the same codes give the same bytes on every machine and with any number of threads.

mod candidates;
mod decisions;
mod evidence;
mod fields;
mod households;
#[cfg(test)]
mod laws;
mod lineage;
mod lives;
pub mod measures;
mod model;
mod pattern;
mod people;
mod periods;
mod pooled;
mod reference;
mod shared_keys;
mod succession;
mod waterfall;

use kinfold_schema::{CodeTable, POOLS_MAX, Schema};

use fields::blocks::Fields;
use lives::Lives;

pub use decisions::{Apart, Decision, Given, Judgement, Life, Outcome, RecordKey};
pub use evidence::Spoken;
pub use fields::Levels as FieldLevels;
pub use households::{
    FormerMember, Household, HouseholdMember, Households, LifeStage, Reason, Seen, form_households,
    form_households_given,
};
pub use kinfold_schema::{Agreement, Comparable};
pub use lineage::{Change, Former, FormerMembership, Lineage, Previous, carry_references};
pub use model::{Doubt, Estimate, ModelSummary};
pub use people::{Bridge, People, PersonCluster, Tie, form_people};
pub use periods::same_records;
pub use waterfall::{WATERFALL_TOLERANCE, WaterfallStep, Waterfalls};

/// The codes of one custodian.
#[derive(Clone, Debug)]
pub struct RecordSet {
    /// The custodian's id.
    pub source: String,
    /// Its codes: one record a person.
    pub table: CodeTable,
}

/// One record: which set, which row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Index of the record set.
    pub set: u32,
    /// Row in its table.
    pub row: u32,
}

/// How to link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Pairs of at least this match probability are linked; `None` links from where the expected F1 is best.
    pub link_probability: Option<f64>,
    /// Pairs of at least this match probability, but not linked, are for clerical review.
    pub review_probability: f64,
    /// Threads of the comparison; 0 uses the pool that is there. The result is the same.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            link_probability: None,
            review_probability: 0.1,
            threads: 0,
        }
    }
}

/// Why a pair is never linked by the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Veto {
    /// Both have a verified NHS number, and they differ.
    NhsNumbersDiffer,
    /// One of the records may not be linked to anything.
    DoNotLink,
    /// A reviewer decided that they are two people.
    Decided,
    /// The person of one record died before an event of the other.
    DiedBefore,
}

/// Why a pair that looks strong goes to review instead of being linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Same birth date and family or home, but no agreement of first names: twins look like this.
    TwinOrSibling,
    /// Birth dates that share nothing: father and son of one name look like this.
    BirthDatesDiffer,
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Taken as one person.
    Linked,
    /// Probable enough to link, but the cluster it would join says otherwise (another record of that custodian, or a veto).
    Outvoted,
    /// Probable enough to link, but another record that cannot be the same person fits as well: for clerical review.
    Tied,
    /// For clerical review.
    Review,
    /// Sent to review by a guard, whatever its weight.
    Guarded(Guard),
    /// Not linked.
    NotLinked,
    /// Never linked.
    Vetoed(Veto),
}

/// Two records that share a match key or have near filters, with the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The record of the earlier set.
    pub left: RecordId,
    /// The record of the later set.
    pub right: RecordId,
    /// Match weight: log2 of the odds that the two are one person, before others compete for them.
    pub weight: f64,
    /// Match probability, after others have competed.
    pub probability: f64,
    /// How far the records agree, by what their shared keys imply.
    pub agreement: Agreement,
    /// Pools of match keys in which a token agrees: bit `i` is pool `i` of the schema ([`Schema::pools`]).
    pub keys: u128,
    /// How many tokens of each pool of mixed match keys agree, in the order of the schema; up to 255.
    pub counts: [u8; POOLS_MAX],
    /// Whether they share a household key.
    pub same_home: bool,
    /// Distance of the filters in standard deviations below that of strangers; `None` when either filter is blank.
    pub sigmas: Option<f64>,
    /// What the nearness of the filters adds to the weight, given the keys, in bits.
    pub filter_bits: f64,
    /// How near each field is; where the schema has no filters of single fields, nothing is compared.
    pub fields: FieldLevels,
    /// What both have, so that silence is not taken for disagreement.
    pub comparable: Comparable,
    /// What became of it.
    pub verdict: Verdict,
}

impl Pair {
    /// The evidence in one plain sentence, without values.
    pub fn sentence(&self, spoken: &Spoken) -> String {
        evidence::sentence(self, spoken)
    }
}

/// The result of linking.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Every candidate pair, sorted by records.
    pub pairs: Vec<Pair>,
    /// The weight of each pair as a sum of steps, in the order of the pairs.
    pub waterfalls: Waterfalls,
    /// Every person, sorted by its first record; records that link to nothing are people of one record.
    pub people: Vec<PersonCluster>,
    /// Records that fit two people equally well, for review.
    pub ties: Vec<Tie>,
    /// Single weak links between groups of records: cut, or for review.
    pub bridges: Vec<Bridge>,
    /// What became of each decision, in the order of [`Given::decisions`].
    pub outcomes: Vec<Outcome>,
    /// What the model learnt.
    pub model: ModelSummary,
}

/// Steps of the work, for a progress display.
pub trait Progress: Sync {
    /// A step begins: `done` of `total` steps are finished.
    fn step(&self, done: usize, total: usize, what: &str);
}

/// No display.
impl Progress for () {
    fn step(&self, _: usize, _: usize, _: &str) {}
}

/// Links the records of several custodians into people. `sets` may come in any order; the result depends on their order only in the
/// numbers of [`RecordId`].
pub fn link(
    schema: &Schema,
    sets: &[RecordSet],
    options: &Options,
    progress: &dyn Progress,
) -> Linked {
    link_given(schema, sets, options, &Given::default(), progress)
}

/// As [`link`], with reviewers' decisions and other facts from outside the codes.
pub fn link_given(
    schema: &Schema,
    sets: &[RecordSet],
    options: &Options,
    given: &Given,
    progress: &dyn Progress,
) -> Linked {
    let fields = Fields::new(schema, sets, options);
    let mut candidates = candidates::find(schema, sets, fields.as_ref(), options, progress);
    let steps = candidates::steps(sets.len());
    progress.step(steps - 2, steps, "learning what agreements say");
    Lives::new(sets, &given.lives).veto(&mut candidates);
    let fitted = model::fit(sets, &candidates, fields.as_ref(), options);
    let (mut pairs, waterfalls) = model::judge(&candidates, &fitted);
    drop(candidates);
    progress.step(steps - 1, steps, "putting records together");
    let mut formed = form_people(schema, sets, &mut pairs, fitted.silence, given);
    if households::settle(schema, sets, &formed.people, &mut pairs) > 0 {
        people::reopen(&mut pairs);
        formed = form_people(schema, sets, &mut pairs, fitted.silence, given);
    }
    let twice = people::second_rows::find(sets, &formed.people, &mut pairs, given);
    if !twice.is_empty() {
        people::reopen(&mut pairs);
        formed = people::form_with(schema, sets, &mut pairs, fitted.silence, given, &twice);
    }
    let mut model = fitted.summary;
    model.guarded = pairs
        .iter()
        .filter(|pair| matches!(pair.verdict, Verdict::Guarded(_)))
        .count();
    let linked = || pairs.iter().filter(|pair| pair.verdict == Verdict::Linked);
    model.linked = linked().count();
    let sum = linked().fold(0.0, |sum, pair| sum + pair.probability);
    model.expected_precision = sum / linked().count().max(1) as f64;
    Linked {
        waterfalls,
        pairs,
        people: formed.people,
        ties: formed.ties,
        bridges: formed.bridges,
        outcomes: formed.outcomes,
        model,
    }
}
