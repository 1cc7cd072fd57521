//! A result measured against known truth, and what it promises where there is none.
//!
//! Only synthetic or specially labelled data has a truth. The files are joined here; the measures themselves are
//! `kinfold_linkage::measures`. Records that the result does not have count as people of their own, so leaving records out never
//! makes a result look better.

mod files;
mod groups;
mod labels;
mod needs;
mod promise;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use kinfold_linkage::measures::{
    BCubedMeasured, HouseholdTable, Measured, Share, Table, household_links,
};
use kinfold_message::Problem;
use serde::Serialize;

use crate::args::EvaluateArgs;
use files::{Keys, People};
use groups::{ByGroup, LargestGap};
pub(crate) use labels::Labels;
use promise::Promise;
pub(crate) use words::text;

/// Everything that `evaluate` says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Evaluation {
    /// Against the truth, when it is given.
    #[serde(flatten)]
    pub(crate) truth: Option<Against>,
    /// What the result promises by itself, when pairs are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) without_truth: Option<Promise>,
}

/// A result against the truth.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Against {
    /// Records of the truth.
    pub(crate) records: usize,
    /// Of these, how many the result does not have.
    pub(crate) missing: usize,
    /// Records of the result that the truth does not have; they are left out of all measures.
    pub(crate) unknown: usize,
    /// True people.
    pub(crate) entities: usize,
    /// Predicted people among the records of the truth; missing records count as one each.
    pub(crate) people: usize,
    /// Pairs of records of one person.
    pub(crate) pairwise: Measured,
    /// The same, averaged over records.
    pub(crate) b_cubed: BCubedMeasured,
    /// Of these, pairs of records of two sources, when the truth says the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) across_sources: Option<Measured>,
    /// Each two sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) by_source_pair: Vec<SourcePair>,
    /// People of two or more records that were found with no record too many and none too few.
    pub(crate) exact_cluster: Measured,
    /// The same over all people, those of one record too.
    pub(crate) exact_person: Measured,
    /// By group: source, and whatever columns were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) by_group: Vec<ByGroup>,
    /// The largest gap between a group and all others that chance does not explain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) largest_gap: Option<LargestGap>,
    /// Pairs of records of different people of one household, when households are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) household_pair: Option<Measured>,
    /// Households of two or more people with all their records, no other, and each person right; when households are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) whole_household: Option<Measured>,
    /// Pairs of records of different people who are in one household now, when both households' files say who is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) household_pair_now: Option<Measured>,
    /// Households of two or more people with everybody who is in them now, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) whole_household_now: Option<Measured>,
    /// Which household of one source is which of another, by the people in both; when true households are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) household_link: Option<HouseholdLink>,
    /// Household by indicator, current or not, when needs are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<NeedsEvaluation>,
    /// F1 of the needs once more, under the name that summaries use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs_f1: Option<f64>,
}

/// Pairs of records of two sources.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SourcePair {
    /// The two sources, in the order of their names; one source twice for pairs within it.
    pub(crate) sources: [String; 2],
    /// Pairwise measures.
    #[serde(flatten)]
    pub(crate) measured: Measured,
}

/// Households across sources.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HouseholdLink {
    /// Pairs of households with a person in both.
    #[serde(flatten)]
    pub(crate) links: Measured,
    /// Of the true pairs: all people in both found, and none wrong.
    pub(crate) whole: Share,
}

/// How well current needs were found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NeedsEvaluation {
    /// Over all indicators.
    #[serde(flatten)]
    pub(crate) measured: Measured,
    /// Each indicator.
    pub(crate) by_indicator: BTreeMap<String, Measured>,
    /// True households with at least one record in the result.
    pub(crate) true_households: usize,
    /// Predicted households with at least one record of the truth.
    pub(crate) predicted_households: usize,
    /// Pairs of a predicted and a true household.
    pub(crate) matched: usize,
}

/// Reads the files and measures.
pub(crate) fn evaluate(args: &EvaluateArgs) -> Result<Evaluation, Problem> {
    let keys = Keys::choose(args)?;
    let people = People::read(&args.people, &keys)?;
    let labels = match &args.truth {
        Some(truth) => Some(Labels::read(args, truth, &keys, &people)?),
        None => None,
    };
    let truth = match (&args.truth, &labels) {
        (Some(path), Some(labels)) => Some(against(args, path, &keys, labels)?),
        _ => None,
    };
    let without_truth = match &args.pairs {
        Some(pairs) => Some(promise::evaluate(
            pairs,
            args.households.as_deref(),
            &keys,
            &people,
            labels.as_ref(),
        )?),
        None => None,
    };
    Ok(Evaluation {
        truth,
        without_truth,
    })
}

fn against(
    args: &EvaluateArgs,
    truth: &Path,
    keys: &Keys,
    labels: &Labels,
) -> Result<Against, Problem> {
    let table = Table::new(&labels.records, &labels.sources);
    let by_source = (labels.source_names.len() > 1).then(|| table.by_source());
    let (by_group, largest_gap) = groups::evaluate(args, truth, keys, labels, &table)?;
    let households = HouseholdTable {
        records: &labels.records,
        truth: &labels.truth,
        predicted: &labels.predicted,
    };
    let now = labels
        .now
        .as_ref()
        .map(|[truth, predicted]| HouseholdTable {
            records: &labels.records,
            truth,
            predicted,
        });
    let both_households = args.households.is_some() && labels.has_true_households;
    let linked_households = by_source.is_some() && labels.has_true_households;
    let needs = match (&args.needs, &args.true_needs) {
        (Some(predicted), Some(truth)) => Some(needs::evaluate(labels, predicted, truth)?),
        _ => None,
    };
    Ok(Against {
        records: table.records(),
        missing: labels.present.iter().filter(|present| !**present).count(),
        unknown: labels.unknown,
        entities: table.entities(),
        people: table.clusters(),
        pairwise: table.pairwise(),
        b_cubed: table.b_cubed(),
        across_sources: by_source.as_ref().map(|by| by.across),
        by_source_pair: by_source.map_or_else(Vec::new, |by| {
            let name = |source: u32| labels.source_names[source as usize].clone();
            by.pairs
                .into_iter()
                .map(|(a, b, measured)| SourcePair {
                    sources: [name(a), name(b)],
                    measured,
                })
                .collect()
        }),
        exact_cluster: table.exact(2),
        exact_person: table.exact(1),
        by_group,
        largest_gap,
        household_pair: both_households.then(|| households.pairs()),
        whole_household: both_households.then(|| households.whole()),
        household_pair_now: now.map(|now| now.pairs()),
        whole_household_now: now.map(|now| now.whole()),
        household_link: linked_households.then(|| {
            let found = household_links(&labels.records, &labels.sources, &labels.homes);
            HouseholdLink {
                links: found.links,
                whole: found.whole,
            }
        }),
        needs_f1: needs.as_ref().map(|needs| needs.measured.rates.f1),
        needs,
    })
}
