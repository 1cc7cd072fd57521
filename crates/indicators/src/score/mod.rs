//! Applying a rule pack to households.
//!
//! Three passes of thought, each small: which events count for a rule ([`window`]), which rules hold for which member ([`judge`]), and
//! what that makes of the household ([`score`]).

mod judge;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use crate::{HouseholdFacts, NeedState, PersonFacts, RulePack};
use judge::{Judge, Judgement};

/// The needs of one household at the reference date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseholdNeeds {
    /// One need per indicator of the pack, in the pack's order.
    pub needs: Vec<Need>,
    /// The same for each current member, in the order of [`HouseholdFacts::members`] (a member listed twice is kept once).
    pub members: Vec<MemberNeeds>,
}

impl HouseholdNeeds {
    /// One need by indicator id.
    pub fn need(&self, indicator: &str) -> Option<&Need> {
        self.needs.iter().find(|need| need.indicator == indicator)
    }

    /// How many needs are current.
    pub fn current(&self) -> usize {
        self.needs
            .iter()
            .filter(|need| need.state == NeedState::Current)
            .count()
    }
}

/// The needs of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberNeeds {
    /// The caller's number of the person ([`PersonFacts::person`]).
    pub person: usize,
    /// One need per indicator of the pack, in the pack's order. All are withheld when the person is.
    pub needs: Vec<Need>,
}

/// One need: its state and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Indicator id.
    pub indicator: String,
    /// What is known.
    pub state: NeedState,
    /// 1 emerging, 2 established, 3 acute or statutory; 0 unless current.
    pub severity: u8,
    /// First day of the earliest evidence.
    pub first: Option<i32>,
    /// Last day of the latest evidence; the reference date for an episode that is still open.
    pub last: Option<i32>,
    /// How many events are evidence.
    pub records: usize,
    /// Who supplied it, latest first.
    pub sources: Vec<Source>,
    /// Datasets that know a person whom this need could concern and would have shown it.
    pub datasets: BTreeSet<String>,
    /// The events, earliest first. For a current need those within the window of a rule that holds; for a past need all that qualify.
    pub evidence: Vec<Evidence>,
}

/// A service that supplied evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Custodian id.
    pub custodian: String,
    /// Service id.
    pub service: String,
    /// Last day of its latest evidence.
    pub last: i32,
}

/// One event behind a need, and the rule that it serves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// First day.
    pub start: i32,
    /// Last day, if given.
    pub end: Option<i32>,
    /// Still open when the extract was made.
    pub ongoing: bool,
    /// Event code.
    pub code: String,
    /// Grade, 0 where the code has none.
    pub grade: u8,
    /// The caller's number of the person.
    pub person: usize,
    /// The rule of highest severity that it is evidence for.
    pub rule_id: String,
    /// Custodian id.
    pub custodian: String,
    /// Service id.
    pub service: String,
}

/// Scores every household by the pack at the reference date (a day number). Events that start after the reference date are ignored.
///
/// Answers are in the order of `households`. Order of people's events and of members changes nothing else.
///
/// # Panics
/// When a household lists a member that is not a position in `people`.
pub fn score(
    pack: &RulePack,
    reference: i32,
    people: &[PersonFacts],
    households: &[HouseholdFacts],
) -> Vec<HouseholdNeeds> {
    let judge = Judge::new(pack, reference);
    households
        .iter()
        .map(|household| score_household(pack, &judge, people, household))
        .collect()
}

fn score_household(
    pack: &RulePack,
    judge: &Judge<'_>,
    people: &[PersonFacts],
    household: &HouseholdFacts,
) -> HouseholdNeeds {
    let mut seen = BTreeSet::new();
    let members: Vec<&PersonFacts> = household
        .members
        .iter()
        .filter(|&&member| seen.insert(member))
        .map(|&member| &people[member])
        .collect();
    let any_withheld = members.iter().any(|member| member.withheld);

    let mut needs = Vec::with_capacity(pack.indicators().len());
    let mut member_needs: Vec<MemberNeeds> = members
        .iter()
        .map(|member| MemberNeeds {
            person: member.person,
            needs: Vec::new(),
        })
        .collect();
    for indicator in pack.indicators() {
        let open = judge.members(indicator, &members);
        let mut need = join(&indicator.id, judge, open.iter());
        // Whatever the withheld member's records say or do not say, the household shows the same: a state that appeared only where
        // there is something to hide would tell it.
        if any_withheld && need.state != NeedState::Current {
            need = empty(&indicator.id, NeedState::Withheld);
        }
        needs.push(need);
        for ((member, judgement), target) in members.iter().zip(&open).zip(&mut member_needs) {
            target.needs.push(if member.withheld {
                empty(&indicator.id, NeedState::Withheld)
            } else {
                join(&indicator.id, judge, std::iter::once(judgement))
            });
        }
    }
    HouseholdNeeds {
        needs,
        members: member_needs,
    }
}

/// The need that some members' judgements amount to: the strongest state, with the evidence of the members that are in it.
fn join<'a>(
    indicator: &str,
    judge: &Judge<'_>,
    judgements: impl Iterator<Item = &'a Judgement> + Clone,
) -> Need {
    let datasets: BTreeSet<String> = judgements
        .clone()
        .flat_map(|one| one.datasets.iter().cloned())
        .collect();
    let severity = judgements
        .clone()
        .map(|one| one.severity)
        .max()
        .unwrap_or(0);
    let qualifies = judgements.clone().any(|one| !one.past.is_empty());
    let state = match (severity, qualifies, datasets.is_empty()) {
        (1.., _, _) => NeedState::Current,
        (0, true, _) => NeedState::Past,
        (0, false, false) => NeedState::Checked,
        (0, false, true) => NeedState::NoData,
    };
    let mut evidence: Vec<Evidence> = match state {
        NeedState::Current => judgements
            .flat_map(|one| one.current.iter().cloned())
            .collect(),
        NeedState::Past => judgements
            .flat_map(|one| one.past.iter().cloned())
            .collect(),
        _ => Vec::new(),
    };
    evidence.sort();

    let mut latest: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    for event in &evidence {
        let last = judge.last_day(event.start, event.end, event.ongoing);
        let entry = latest
            .entry((&event.custodian, &event.service))
            .or_insert(last);
        *entry = last.max(*entry);
    }
    let mut sources: Vec<Source> = latest
        .into_iter()
        .map(|((custodian, service), last)| Source {
            custodian: custodian.into(),
            service: service.into(),
            last,
        })
        .collect();
    // Stable, so that services with the same last day stay in alphabetical order.
    sources.sort_by_key(|source| std::cmp::Reverse(source.last));
    Need {
        indicator: indicator.to_string(),
        state,
        severity,
        first: evidence.first().map(|event| event.start),
        last: sources.first().map(|source| source.last),
        records: evidence.len(),
        sources,
        datasets,
        evidence,
    }
}

fn empty(indicator: &str, state: NeedState) -> Need {
    Need {
        indicator: indicator.to_string(),
        state,
        severity: 0,
        first: None,
        last: None,
        records: 0,
        sources: Vec::new(),
        datasets: BTreeSet::new(),
        evidence: Vec::new(),
    }
}
