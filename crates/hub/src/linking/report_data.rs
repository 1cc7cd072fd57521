//! Gathers what the report shows about a run.

mod households;

use std::collections::{BTreeMap, BTreeSet};

use kinfold_indicators::NeedState;
use kinfold_linkage::{Guard, Verdict, Veto};

use super::Run;
use crate::report::{
    AgreementFacts, CountedReason, CustodianFacts, CustodianPairFacts, DatasetFacts,
    IndicatorFacts, Limits, LinkFacts, MethodFacts, OverlapFacts, ReportData, Totals, WeightBin,
};
use crate::terms::{Terms, hex};

/// Width of a bar of the match-weight histogram.
const BIN_WIDTH: f64 = 2.0;
/// Weights beyond this are drawn at it: a probability of 0 or 1 has no finite weight.
const WEIGHT_MAX: f64 = 30.0;

/// The facts of the report.
pub(super) fn collect(run: &Run, terms: &Terms) -> ReportData {
    ReportData {
        agreement: agreement(terms),
        period: run.inputs.period(),
        reference_date: run.reference_date.days(),
        custodians: custodians(run, terms),
        totals: totals(run),
        links: links(run, terms),
        needs: needs(run, terms),
        households_by_current_needs: run.households_by_current_needs(terms),
        overlap: overlap(run),
        households: households::collect(run, terms),
        limits: Limits::default(),
        method: method(run, terms),
    }
}

fn agreement(terms: &Terms) -> AgreementFacts {
    let agreement = &terms.agreement;
    AgreementFacts {
        name: agreement.name().to_owned(),
        purpose: agreement.purpose().to_owned(),
        project: agreement.project().to_owned(),
        epoch: agreement.epoch().to_owned(),
        expires: agreement.expires().to_string(),
        hash: hex(&agreement.hash()),
        test: agreement.is_test(),
    }
}

fn custodians(run: &Run, terms: &Terms) -> Vec<CustodianFacts> {
    let facts = |party: &kinfold_exchange::Party| {
        let position = run
            .inputs
            .sets
            .iter()
            .position(|set| set.source == party.id);
        let events = position.and_then(|position| run.inputs.events[position].as_ref());
        let mut datasets: BTreeMap<&str, u64> = BTreeMap::new();
        for dataset in events
            .iter()
            .flat_map(|events| &events.subjects)
            .flat_map(|subject| &subject.datasets)
        {
            *datasets.entry(dataset).or_default() += 1;
        }
        CustodianFacts {
            id: party.id.clone(),
            name: party.name.clone(),
            records: position.map_or(0, |position| run.inputs.sets[position].table.len() as u64),
            events: events.map_or(0, |events| events.events.len() as u64),
            datasets: datasets
                .into_iter()
                .map(|(id, records)| DatasetFacts {
                    id: id.to_owned(),
                    records,
                })
                .collect(),
        }
    };
    terms.agreement.custodians().map(facts).collect()
}

fn totals(run: &Run) -> Totals {
    let mut people_by_custodians = vec![0; run.inputs.sets.len()];
    for person in &run.linked.people {
        let sets: BTreeSet<u32> = person.members.iter().map(|record| record.set).collect();
        people_by_custodians[sets.len() - 1] += 1;
    }
    let mut in_household = vec![false; run.linked.people.len()];
    for &household in &run.living {
        for member in run.households.households[household]
            .members
            .iter()
            .filter(|member| member.current)
        {
            in_household[member.person] = true;
        }
    }
    Totals {
        records: run.inputs.records() as u64,
        people: run.linked.people.len() as u64,
        households: run.living.len() as u64,
        people_by_custodians,
        people_without_household: in_household.iter().filter(|inside| !**inside).count() as u64,
    }
}

fn links(run: &Run, terms: &Terms) -> LinkFacts {
    let mut facts = LinkFacts {
        histogram: histogram(run),
        link_threshold: weight_of(run.linked.model.link_probability),
        review_threshold: weight_of(run.linked.model.review_probability),
        expected_precision: Some(run.linked.model.expected_precision),
        ..LinkFacts::default()
    };
    let mut between: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut kept_apart: BTreeMap<&str, u64> = BTreeMap::new();
    for pair in &run.linked.pairs {
        match pair.verdict {
            Verdict::Linked => {
                facts.links += 1;
                *between.entry((pair.left.set, pair.right.set)).or_default() += 1;
            }
            verdict if for_review(verdict) => facts.review += 1,
            _ => {}
        }
        if let Some(reason) = reason(pair.verdict) {
            *kept_apart.entry(reason).or_default() += 1;
        }
    }
    let name = |set: u32| terms.party_name(&run.inputs.sets[set as usize].source);
    facts.custodian_pairs = between
        .into_iter()
        .map(|((left, right), links)| CustodianPairFacts {
            left: name(left),
            right: name(right),
            links,
        })
        .collect();
    facts.vetoes = kept_apart
        .into_iter()
        .map(|(reason, count)| CountedReason {
            reason: reason.to_owned(),
            count,
        })
        .collect();
    let overfull = run.households.overfull_homes as u64;
    if overfull > 0 {
        facts.not_households.push(CountedReason {
            reason: "more people at once than a household has".to_owned(),
            count: overfull,
        });
    }
    facts
}

/// Why a pair that looked alike was kept apart.
fn reason(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Vetoed(Veto::NhsNumbersDiffer) => Some("two verified NHS numbers that differ"),
        Verdict::Vetoed(Veto::DoNotLink) => Some("a record that may not be linked"),
        Verdict::Guarded(Guard::TwinOrSibling) => Some(
            "same birth date and family or home, other first name: perhaps twins (sent to review)",
        ),
        Verdict::Guarded(Guard::BirthDatesDiffer) => {
            Some("same names, other birth date: perhaps parent and child (sent to review)")
        }
        Verdict::Vetoed(Veto::Decided) => Some("a reviewer decided that they are two people"),
        Verdict::Vetoed(Veto::DiedBefore) => {
            Some("one died before something that happened to the other")
        }
        Verdict::Outvoted => Some("the other records of the two people speak against it"),
        Verdict::Tied => Some("another record fits as well (sent to review)"),
        Verdict::Linked | Verdict::Review | Verdict::NotLinked => None,
    }
}

/// Whether a person must decide about the pair.
fn for_review(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Review | Verdict::Guarded(_) | Verdict::Tied
    )
}

/// Bins that touch, from the lowest to the highest weight. The weights are those after other records have competed for the
/// pair, because these decide what becomes of it.
fn histogram(run: &Run) -> Vec<WeightBin> {
    let mut bins: BTreeMap<i64, WeightBin> = BTreeMap::new();
    for pair in &run.linked.pairs {
        let weight = weight_of(pair.probability).clamp(-WEIGHT_MAX, WEIGHT_MAX - BIN_WIDTH / 2.0);
        let bin = bins.entry((weight / BIN_WIDTH).floor() as i64).or_default();
        match pair.verdict {
            Verdict::Linked => bin.linked += 1,
            verdict if for_review(verdict) => bin.review += 1,
            _ => bin.not_linked += 1,
        }
    }
    let (Some((&first, _)), Some((&last, _))) = (bins.first_key_value(), bins.last_key_value())
    else {
        return Vec::new();
    };
    (first..=last)
        .map(|bin| WeightBin {
            from: bin as f64 * BIN_WIDTH,
            to: (bin + 1) as f64 * BIN_WIDTH,
            ..bins.get(&bin).copied().unwrap_or_default()
        })
        .collect()
}

/// The match weight of a probability: log2 of its odds.
fn weight_of(probability: f64) -> f64 {
    libm::log2(probability / (1.0 - probability))
}

fn needs(run: &Run, terms: &Terms) -> Vec<IndicatorFacts> {
    let facts = |(indicator, (_, states)): (
        &kinfold_indicators::Indicator,
        (String, BTreeMap<NeedState, u64>),
    )| {
        IndicatorFacts {
            indicator: indicator.id.clone(),
            name: indicator.name.clone(),
            meaning: indicator.meaning.clone(),
            current: states[&NeedState::Current],
            past: states[&NeedState::Past],
            checked: states[&NeedState::Checked],
            no_data: states[&NeedState::NoData],
            withheld: states[&NeedState::Withheld],
        }
    };
    terms
        .rules
        .indicators()
        .iter()
        .zip(run.needs_by_state(terms))
        .map(facts)
        .collect()
}

fn overlap(run: &Run) -> Vec<OverlapFacts> {
    let mut sets: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for household in &run.needs {
        let current = household
            .needs
            .iter()
            .filter(|need| need.state == NeedState::Current);
        *sets
            .entry(current.map(|need| need.indicator.clone()).collect())
            .or_default() += 1;
    }
    sets.into_iter()
        .map(|(indicators, households)| OverlapFacts {
            indicators,
            households,
        })
        .collect()
}

fn method(run: &Run, terms: &Terms) -> MethodFacts {
    MethodFacts {
        rule_pack: terms.rules.id().to_owned(),
        rule_pack_version: terms.rules.version().to_owned(),
        rule_pack_hash: hex(&terms.rules.hash()),
        look_back: look_back(&terms.rules),
        schema: format!("{} {}", terms.schema.id, terms.schema.version),
        schema_hash: hex(&terms.schema.hash()),
        run: run.id.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        accuracy: "The share of right links is the model's own expectation, learnt from these records without knowing the truth; \
                   it was not measured against known answers."
            .to_owned(),
        limits: run
            .inputs
            .gaps
            .iter()
            .cloned()
            .chain(large_families(terms))
            .chain(months_of_homes(terms))
            .chain(plain_filters(terms))
            .collect(),
    }
}

/// The months that all rules look back, if they look back equally far.
fn look_back(rules: &kinfold_indicators::RulePack) -> Option<i32> {
    let months: BTreeSet<i32> = rules.rules().iter().map(|rule| rule.look_back.0).collect();
    months.first().copied().filter(|_| months.len() == 1)
}

/// Large families lose members before anything is sent: a large group that shares a code is easy to recognise.
fn large_families(terms: &Terms) -> Option<String> {
    let keys = terms.schema.household.as_ref()?;
    let (most, crowd) = (keys.group_max, keys.crowd());
    if most == crowd {
        return Some(format!(
            "Homes with more than {crowd} people in one agency's file are left out."
        ));
    }
    Some(format!(
        "Of homes with {} to {crowd} people in one agency's file, the household keys of {most} are drawn and the others' are not sent, \
         so large families may be shown without some members; homes with more than {crowd} are left out.",
        most + 1,
    ))
}

/// When somebody came and left is known as finely as the schema releases it.
fn months_of_homes(terms: &Terms) -> Option<String> {
    let keys = terms.schema.household.as_ref()?;
    let left = keys.left_max.map_or_else(String::new, |months| {
        format!(" Homes that an agency last confirmed more than {months} months before its release are not sent.")
    });
    match (keys.step(), left.is_empty()) {
        (0, _) => Some(format!(
            "Agencies send no months of homes, so when somebody came or left is known to the release only: \u{201c}by\u{201d} a month means shown at the \
             release of that month and in every run since, and somebody who left in the last months may still be shown.{left}"
        )),
        (1, true) => None,
        (1, false) => Some(left.trim().to_owned()),
        (step, _) => Some(format!(
            "Months of homes are sent in steps of {step} months: a first month means that month or up to {} later, a last month that month or \
             up to {} earlier.{left}",
            step - 1,
            step - 1
        )),
    }
}

/// What is not compared: plain filters count only where every field has one.
fn plain_filters(terms: &Terms) -> Option<String> {
    let plain =
        |filter: &kinfold_schema::FilterSchema| filter.metric == kinfold_schema::Metric::Dice;
    let compared = kinfold_linkage::Spoken::of(&terms.schema).compares_fields();
    (!compared && terms.schema.filters.iter().any(plain)).then(|| {
        "The linkage schema has a plain filter by itself, or beside diffused ones, which is not compared: links rest on match keys and \
         diffused filters."
            .to_owned()
    })
}
