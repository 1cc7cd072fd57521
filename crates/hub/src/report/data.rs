//! What the report needs to know: plain facts, already linked and scored.
//!
//! Nothing here is personal: people are pseudonyms, places are at most ward codes, and the only free words are those that the agreement,
//! the rule pack and the linkage's evidence sentences supply. Days are `i32` days since 1 January 1970; the report shows months.

use kinfold_indicators::{LifeStage, NeedState};

/// Everything on the page. The order of `Vec`s is kept, except that households are sorted by the rule that the page prints.
#[derive(Clone, Debug, Default)]
pub struct ReportData {
    /// Who agreed to what.
    pub agreement: AgreementFacts,
    /// The period that the packages cover, such as `2026-08`.
    pub period: String,
    /// The day at which needs were judged.
    pub reference_date: i32,
    /// What each custodian sent, in the agreement's order.
    pub custodians: Vec<CustodianFacts>,
    /// How many records, people and households.
    pub totals: Totals,
    /// How the records were joined.
    pub links: LinkFacts,
    /// Need states of all households, one entry per indicator, in the rule pack's order.
    pub needs: Vec<IndicatorFacts>,
    /// Households by their number of current needs: entry `n` counts those with exactly `n` (8 entries for seven needs).
    pub households_by_current_needs: Vec<u64>,
    /// How many households have exactly this set of current needs. Any order; sets may be empty; each set once.
    pub overlap: Vec<OverlapFacts>,
    /// Candidates for the worklist: every household with at least one current need, or fewer. Any order.
    pub households: Vec<HouseholdFacts>,
    /// How much of the worklist is printed.
    pub limits: Limits,
    /// How the figures were made.
    pub method: MethodFacts,
}

/// The agreement in a few words.
#[derive(Clone, Debug, Default)]
pub struct AgreementFacts {
    /// Its name.
    pub name: String,
    /// What it allows the data to be used for, in a sentence.
    pub purpose: String,
    /// Project id.
    pub project: String,
    /// Epoch of the project key.
    pub epoch: String,
    /// Last day, `YYYY-MM-DD`.
    pub expires: String,
    /// BLAKE3 of the text, as lower-case hexadecimal.
    pub hash: String,
    /// A test agreement: the page says that the data is made up.
    pub test: bool,
}

/// What one custodian sent.
#[derive(Clone, Debug, Default)]
pub struct CustodianFacts {
    /// Party id, such as `council`.
    pub id: String,
    /// Party name, such as "Eastmere Council".
    pub name: String,
    /// Records (encoded rows) received.
    pub records: u64,
    /// Events received.
    pub events: u64,
    /// Datasets that the custodian looked into, with the number of its records known in each.
    pub datasets: Vec<DatasetFacts>,
}

/// One dataset of one custodian.
#[derive(Clone, Debug, Default)]
pub struct DatasetFacts {
    /// Dataset id, such as `school-census`.
    pub id: String,
    /// Records of the custodian that are known in it.
    pub records: u64,
}

/// The size of the result.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Records received.
    pub records: u64,
    /// People after linkage.
    pub people: u64,
    /// Households formed.
    pub households: u64,
    /// People by the number of custodians that know them: entry 0 counts those known to one, entry 1 to two, and so on.
    pub people_by_custodians: Vec<u64>,
    /// People who are in no household at the reference date.
    pub people_without_household: u64,
}

/// How the records were joined.
#[derive(Clone, Debug, Default)]
pub struct LinkFacts {
    /// Compared pairs by match weight and what became of them, bins touching and ascending. They add up to `links` and `review`.
    pub histogram: Vec<WeightBin>,
    /// At this match weight or above a pair is a link.
    pub link_threshold: f64,
    /// At this match weight or above (but below a link) a pair is for clerical review.
    pub review_threshold: f64,
    /// Pairs linked.
    pub links: u64,
    /// Pairs for clerical review.
    pub review: u64,
    /// Share of links that the model expects to be right, 0 to 1.
    pub expected_precision: Option<f64>,
    /// Links by pair of custodians (names); the same name twice for links within one custodian.
    pub custodian_pairs: Vec<CustodianPairFacts>,
    /// Vetoes that kept pairs apart.
    pub vetoes: Vec<CountedReason>,
    /// Homes that the custodians sent and that were not allowed to form a household, by reason.
    pub not_households: Vec<CountedReason>,
}

/// One bar of the match-weight histogram.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeightBin {
    /// Lower edge, included.
    pub from: f64,
    /// Upper edge, excluded.
    pub to: f64,
    /// Pairs in the bin that were linked.
    pub linked: u64,
    /// Pairs in the bin that are for clerical review.
    pub review: u64,
    /// Pairs in the bin that were not linked, by their weight, a rule or another record that fits better.
    pub not_linked: u64,
}

impl WeightBin {
    /// All pairs in the bin.
    pub fn pairs(&self) -> u64 {
        self.linked + self.review + self.not_linked
    }
}

/// Links between two custodians.
#[derive(Clone, Debug, Default)]
pub struct CustodianPairFacts {
    /// One custodian's name.
    pub left: String,
    /// The other's name.
    pub right: String,
    /// Linked pairs of records.
    pub links: u64,
}

/// A reason in words and how often it applied.
#[derive(Clone, Debug, Default)]
pub struct CountedReason {
    /// The reason, such as "two verified NHS numbers that differ".
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// The states of one indicator over all households.
#[derive(Clone, Debug, Default)]
pub struct IndicatorFacts {
    /// Indicator id, such as `homelessness`.
    pub indicator: String,
    /// Indicator name for people, such as "Homelessness".
    pub name: String,
    /// What the indicator means, one clause from the rule pack.
    pub meaning: String,
    /// Households in each state.
    pub current: u64,
    /// See [`NeedState::Past`].
    pub past: u64,
    /// See [`NeedState::Checked`].
    pub checked: u64,
    /// See [`NeedState::NoData`].
    pub no_data: u64,
    /// See [`NeedState::Withheld`].
    pub withheld: u64,
}

impl IndicatorFacts {
    /// Households in one state.
    pub fn count(&self, state: NeedState) -> u64 {
        match state {
            NeedState::Current => self.current,
            NeedState::Past => self.past,
            NeedState::Checked => self.checked,
            NeedState::NoData => self.no_data,
            NeedState::Withheld => self.withheld,
        }
    }
}

/// Households that have exactly one set of current needs.
#[derive(Clone, Debug, Default)]
pub struct OverlapFacts {
    /// Indicator ids, in the rule pack's order.
    pub indicators: Vec<String>,
    /// Households with exactly these current needs.
    pub households: u64,
}

/// How sure the linkage is about a person or a household.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkStrength {
    /// Every link rests on strong evidence.
    #[default]
    Firm,
    /// Every link is above the threshold, none is strong on its own.
    Probable,
    /// Some links are firm and some only probable.
    Mixed,
}

impl LinkStrength {
    /// The word for screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Probable => "probable",
            Self::Mixed => "mixed",
        }
    }
}

/// One household of the worklist.
#[derive(Clone, Debug, Default)]
pub struct HouseholdFacts {
    /// `HH-` reference.
    pub reference: String,
    /// Ward or similar coarse area, if the agreement releases one.
    pub area: Option<String>,
    /// Current members, in any order. The report lists adults first and names them "Adult A", "Child 1" in the order given.
    pub people: Vec<PersonFacts>,
    /// All seven needs, in the rule pack's order.
    pub needs: Vec<NeedFacts>,
    /// Services involved, most recent first.
    pub contacts: Vec<ContactFacts>,
    /// How sure the linkage is of the household as a whole: of its people's links and of their living together.
    pub strength: LinkStrength,
    /// How the records were joined, one plain sentence each, people first and then the household itself.
    pub joins: Vec<JoinFacts>,
    /// Events, any order; the report prints newest first.
    pub timeline: Vec<TimelineFacts>,
}

/// Since when somebody is in a household.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// Nothing tells: no evidence of a home.
    #[default]
    Unknown,
    /// First month of evidence, `YYYY-MM`.
    Month(String),
    /// Shown at the release of this month, `YYYY-MM`, and at every one since: in the household by then.
    Release(String),
}

/// One member of a household.
#[derive(Clone, Debug, Default)]
pub struct PersonFacts {
    /// `P-` reference.
    pub reference: String,
    /// Child, adult or unknown.
    pub life_stage: LifeStage,
    /// Since when in the household.
    pub since: Since,
    /// Names of the custodians that know the person.
    pub custodians: Vec<String>,
    /// Records joined into this person.
    pub records: u64,
    /// How sure the linkage is of this person.
    pub strength: LinkStrength,
    /// A rule withholds this person: the report lists that somebody is withheld and nothing else.
    pub withheld: bool,
}

/// One need of one household.
#[derive(Clone, Debug)]
pub struct NeedFacts {
    /// Indicator id.
    pub indicator: String,
    /// State of the household.
    pub state: NeedState,
    /// 1 emerging, 2 established, 3 acute or statutory; 0 unless current.
    pub severity: u8,
    /// Day of the last qualifying event.
    pub last: Option<i32>,
    /// Events that are evidence.
    pub records: u64,
    /// Names of the custodians that supplied evidence, or that were checked.
    pub sources: Vec<String>,
    /// State of each person, in the order of [`HouseholdFacts::people`].
    pub people: Vec<NeedState>,
}

/// A service that is or was involved.
#[derive(Clone, Debug, Default)]
pub struct ContactFacts {
    /// Custodian's name.
    pub custodian: String,
    /// Service's name, from the agreement.
    pub service: String,
    /// Telephone, e-mail or both, from the agreement.
    pub contact: String,
    /// Day of the service's last event about a member.
    pub last_involved: Option<i32>,
    /// Indicator ids for which this service supplied evidence.
    pub indicators: Vec<String>,
}

/// One sentence of evidence.
#[derive(Clone, Debug, Default)]
pub struct JoinFacts {
    /// Position in [`HouseholdFacts::people`]; `None` when the sentence is about the household.
    pub person: Option<usize>,
    /// "School census and patient index: NHS number, names and birth date agree exactly; match weight 31.2."
    pub sentence: String,
    /// How sure.
    pub strength: LinkStrength,
}

/// One event on the timeline.
#[derive(Clone, Debug, Default)]
pub struct TimelineFacts {
    /// First day.
    pub start: i32,
    /// Last day, if given.
    pub end: Option<i32>,
    /// Still open.
    pub ongoing: bool,
    /// Position in [`HouseholdFacts::people`]; `None` when unknown.
    pub person: Option<usize>,
    /// Indicator id, or `None` for context such as a child protection plan.
    pub indicator: Option<String>,
    /// The event code in plain words, from the rule pack.
    pub what: String,
    /// Custodian's name.
    pub custodian: String,
    /// Service's name.
    pub service: String,
}

/// How much of the worklist is printed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows of the worklist table, if there are so many households with a need.
    pub worklist_rows: usize,
    /// Households with a section of their own, if there are so many with a need.
    pub sections: usize,
    /// Every household with three or more current needs has a row and a section, however many that makes, up to this number.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            worklist_rows: 100,
            sections: 25,
            most: 250,
        }
    }
}

/// How the figures were made, so that they can be made again.
#[derive(Clone, Debug, Default)]
pub struct MethodFacts {
    /// Rule pack id, such as `LOCAL7`.
    pub rule_pack: String,
    /// Rule pack version.
    pub rule_pack_version: String,
    /// BLAKE3 of the rule pack, hexadecimal.
    pub rule_pack_hash: String,
    /// Months that the pack's rules look back, when all look back equally far.
    pub look_back: Option<i32>,
    /// Linkage schema id.
    pub schema: String,
    /// BLAKE3 of the linkage schema, hexadecimal.
    pub schema_hash: String,
    /// Run id.
    pub run: String,
    /// Version of kinfold-hub.
    pub tool_version: String,
    /// How the accuracy was estimated and what that rests on, in one or two sentences.
    pub accuracy: String,
    /// Further limits that this run has, one sentence each (for instance a source that was not supplied).
    pub limits: Vec<String>,
}
