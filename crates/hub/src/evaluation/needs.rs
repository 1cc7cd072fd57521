//! Household by indicator, current or not: predicted households are matched to true ones, then their current needs are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kinfold_linkage::measures::{self, CurrentNeeds};
use kinfold_message::Problem;
use kinfold_store::Column;

use super::files::{filled, visit};
use super::labels::Numbers;
use super::{Labels, NeedsEvaluation};

/// Measures the needs of the households in `predicted` against those in `truth`.
///
/// Households are matched one to one by the number of records they share. A true household counts when the truth of needs lists
/// it and the result has at least one of its records.
pub(super) fn evaluate(
    labels: &Labels,
    predicted: &Path,
    truth: &Path,
) -> Result<NeedsEvaluation, Problem> {
    let mut indicators = BTreeMap::new();
    let truth = read_needs(truth, &labels.true_households, &mut indicators)?;
    let predicted = read_needs(predicted, &labels.predicted_households, &mut indicators)?;

    let mut shared: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let (mut true_households, mut predicted_households) = (BTreeSet::new(), BTreeSet::new());
    for record in (0..labels.records.len() as u32).filter(|&r| labels.present[r as usize]) {
        let found = labels.predicted.of(record);
        predicted_households.extend(found.iter().copied());
        for &household in labels.truth.of(record) {
            if !truth.listed.contains(&household) {
                continue;
            }
            true_households.insert(household);
            for &other in found {
                *shared.entry((other, household)).or_default() += 1;
            }
        }
    }

    let matched = measures::match_households(&shared);
    let mut actual = truth.current;
    actual.retain(|household, _| true_households.contains(household));
    let (measured, each) = measures::needs(&matched, &predicted.current, &actual);
    let names: BTreeMap<u32, &String> = indicators
        .iter()
        .map(|(name, number)| (*number, name))
        .collect();
    Ok(NeedsEvaluation {
        measured,
        by_indicator: each
            .into_iter()
            .map(|(number, measured)| (names[&number].clone(), measured))
            .collect(),
        true_households: true_households.len(),
        predicted_households: predicted_households.len(),
        matched: matched.len(),
    })
}

struct Needs {
    /// Households that the file lists, whatever their state.
    listed: BTreeSet<u32>,
    current: CurrentNeeds,
}

/// Reads a table of needs; a household that has no record among the labels keeps a number of its own, so that its current needs
/// still count.
fn read_needs(
    path: &Path,
    households: &Numbers,
    indicators: &mut BTreeMap<String, u32>,
) -> Result<Needs, Problem> {
    let wanted = [
        Column::needed(&["household_id"]),
        Column::needed(&["indicator"]),
        Column::needed(&["current", "state"]),
    ];
    let mut needs = Needs {
        listed: BTreeSet::new(),
        current: CurrentNeeds::new(),
    };
    let mut strangers: BTreeMap<String, u32> = BTreeMap::new();
    visit(path, &wanted, |row, at| {
        let household = filled(row, at, 0, &["household_id"])?;
        let indicator = filled(row, at, 1, &["indicator"])?;
        let next = u32::MAX - strangers.len() as u32;
        let number = households
            .find(household)
            .unwrap_or_else(|| *strangers.entry(household.to_owned()).or_insert(next));
        needs.listed.insert(number);
        let state = row.cell(2).unwrap_or_default();
        if ["current", "true", "1"]
            .iter()
            .any(|word| state.eq_ignore_ascii_case(word))
        {
            let next = indicators.len() as u32;
            let indicator = *indicators.entry(indicator.to_owned()).or_insert(next);
            needs.current.entry(number).or_default().insert(indicator);
        }
        Ok(())
    })?;
    Ok(needs)
}
