//! The tables of a run.

use std::path::Path;

use kinfold_linkage::{Pair, Reason, RecordId, Verdict, Veto};
use kinfold_message::Problem;
use kinfold_schema::NO_MONTH;
use kinfold_store::{
    HouseholdRow, LineageRow, NeedRow, PairRow, PersonRow, write_households, write_lineage,
    write_needs, write_pairs, write_people,
};

use serde_json::json;

use super::Run;
use crate::terms::{Terms, hex};

/// Candidates less likely than this, and not vetoed, are left out of the table of pairs: they are strangers who share one common
/// fact, and there are very many of them.
const PROBABILITY_MIN: f64 = 0.01;

/// File names of the tables.
pub(super) const NAMES: [&str; 5] = [
    "pairs.parquet",
    "people.parquet",
    "households.parquet",
    "needs.parquet",
    "lineage.parquet",
];

/// Writes the tables.
pub(super) fn write(run: &Run, terms: &Terms, folder: &Path) -> Result<(), Problem> {
    let [pairs, people, households, needs, lineage] = NAMES.map(|name| folder.join(name));
    let recipes: Vec<String> = terms
        .schema
        .keys
        .iter()
        .map(|key| key.recipe.to_string())
        .collect();
    let kept = run.linked.pairs.iter().enumerate().filter(|(_, pair)| {
        // That two records may not be linked would be told by listing the pair; such pairs are only counted.
        let secret = pair.verdict == Verdict::Vetoed(Veto::DoNotLink);
        !secret && (pair.probability >= PROBABILITY_MIN || pair.verdict != Verdict::NotLinked)
    });
    write_pairs(
        &pairs,
        kept.map(|(index, pair)| pair_row(run, index, pair, &recipes)),
    )?;
    write_people(&people, people_rows(run))?;
    write_households(&households, household_rows(run))?;
    write_lineage(&lineage, lineage_rows(run))?;
    Ok(write_needs(&needs, need_rows(run))?)
}

/// The word for a verdict in files.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Linked => "linked",
        Verdict::Outvoted => "outvoted",
        Verdict::Tied => "tied",
        Verdict::Review => "review",
        Verdict::Guarded(_) => "guarded",
        Verdict::NotLinked => "not_linked",
        Verdict::Vetoed(_) => "vetoed",
    }
}

fn pair_row(run: &Run, index: usize, pair: &Pair, recipes: &[String]) -> PairRow {
    let (source_l, record_ref_l) = named(run, pair.left);
    let (source_r, record_ref_r) = named(run, pair.right);
    let shared = recipes
        .iter()
        .enumerate()
        .filter(|(key, _)| pair.keys >> key & 1 == 1);
    PairRow {
        source_l,
        record_ref_l,
        source_r,
        record_ref_r,
        match_weight: pair.weight,
        match_probability: pair.probability,
        decision: word(pair.verdict).to_owned(),
        match_keys: shared
            .map(|(_, recipe)| recipe.as_str())
            .collect::<Vec<_>>()
            .join("; "),
        filter_sigmas: pair.sigmas,
        evidence: pair.sentence(),
        waterfall: json!(run.linked.waterfalls.steps(index)).to_string(),
    }
}

fn people_rows(run: &Run) -> impl Iterator<Item = PersonRow> + '_ {
    run.linked
        .people
        .iter()
        .zip(&run.facts)
        .flat_map(|(person, facts)| {
            person.members.iter().map(|&record| {
                let (source, record_ref) = named(run, record);
                PersonRow {
                    cluster_id: person.reference.clone(),
                    source,
                    record_ref,
                    confidence: Some(person.confidence),
                    withheld: facts.withheld,
                }
            })
        })
}

fn household_rows(run: &Run) -> impl Iterator<Item = HouseholdRow> + '_ {
    run.households.households.iter().flat_map(|household| {
        household.members.iter().map(|member| HouseholdRow {
            household_id: household.reference.clone(),
            cluster_id: run.linked.people[member.person].reference.clone(),
            from: month(member.from),
            to: month(member.to),
            current: member.current,
            confidence: household.confidence,
            homes: household.homes as u32,
            sources: household.sources.join(";"),
            custodians: member.custodians,
            reasons: household
                .reasons
                .iter()
                .map(Reason::sentence)
                .collect::<Vec<_>>()
                .join(" "),
            withheld: run.facts[member.person].withheld,
        })
    })
}

fn lineage_rows(run: &Run) -> impl Iterator<Item = LineageRow> + '_ {
    run.lineage.iter().map(|line| LineageRow {
        reference: line.reference.clone(),
        change: line.change.as_str().to_owned(),
        other: line.other.clone(),
        shared: line.shared,
        lost: line.lost,
        gained: line.gained,
        why: line.sentence(),
    })
}

fn need_rows(run: &Run) -> impl Iterator<Item = NeedRow> + '_ {
    run.living
        .iter()
        .zip(&run.needs)
        .flat_map(move |(&household, needs)| {
            needs.needs.iter().map(move |need| NeedRow {
                household_id: run.households.households[household].reference.clone(),
                indicator: need.indicator.clone(),
                state: need.state.id().to_owned(),
                severity: need.severity,
                first: need.first,
                last: need.last,
                records: need.records as u32,
                sources: need
                    .sources
                    .iter()
                    .map(|source| format!("{}/{}", source.custodian, source.service))
                    .collect::<Vec<_>>()
                    .join(";"),
            })
        })
}

/// Custodian and record reference of a record.
fn named(run: &Run, record: RecordId) -> (String, String) {
    let set = &run.inputs.sets[record.set as usize];
    (
        set.source.clone(),
        hex(&set.table.record_ref[record.row as usize]),
    )
}

/// A month as `YYYY-MM`; months count from January 1900.
pub(super) fn month(month: u16) -> Option<String> {
    (month != NO_MONTH).then(|| format!("{:04}-{:02}", 1900 + month / 12, month % 12 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_from_january_1900() {
        assert_eq!(month(0).as_deref(), Some("1900-01"));
        assert_eq!(month((2026 - 1900) * 12 + 7).as_deref(), Some("2026-08"));
        assert_eq!(month(NO_MONTH), None);
    }
}
