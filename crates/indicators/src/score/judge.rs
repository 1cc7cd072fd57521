//! Which rules hold for which member.

use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use super::window::{Window, last_day, spells};
use crate::{Event, Indicator, LifeStage, PersonFacts, Rule, RulePack};

/// A pack bound to a reference date.
pub(super) struct Judge<'a> {
    reference: i32,
    rules: Vec<(&'a Rule, Window)>,
}

/// What one member contributes to one need.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// Highest severity of the rules that hold, after the cap; 0 for none.
    pub(super) severity: u8,
    /// Events within the windows of the rules that hold.
    pub(super) current: Vec<Evidence>,
    /// All events up to the reference date that some rule could use.
    pub(super) past: Vec<Evidence>,
    /// Datasets that know this member and would have shown the need.
    pub(super) datasets: BTreeSet<String>,
}

/// For each event of a member (by position): the highest severity of the rules it serves, and the position of the first such rule.
type Served = BTreeMap<usize, (u8, usize)>;

impl<'a> Judge<'a> {
    pub(super) fn new(pack: &'a RulePack, reference: i32) -> Self {
        let rules = pack
            .rules()
            .iter()
            .map(|rule| (rule, Window::before(reference, rule.look_back)))
            .collect();
        Self { reference, rules }
    }

    pub(super) fn last_day(&self, start: i32, end: Option<i32>, ongoing: bool) -> i32 {
        last_day(start, end, ongoing, self.reference)
    }

    /// Judges every member for one indicator. The evidence of withheld members is not looked at.
    pub(super) fn members(
        &self,
        indicator: &Indicator,
        members: &[&PersonFacts],
    ) -> Vec<Judgement> {
        let has_child = members
            .iter()
            .any(|member| member.life_stage == LifeStage::Child);
        let usable: Vec<bool> = members.iter().map(|member| !member.withheld).collect();
        let mut holds: Vec<Served> = vec![Served::new(); members.len()];
        let mut could: Vec<Served> = vec![Served::new(); members.len()];
        let mut judgements: Vec<Judgement> = members.iter().map(|_| Judgement::default()).collect();

        for (position, &(rule, window)) in self
            .rules
            .iter()
            .enumerate()
            .filter(|(_, (rule, _))| rule.indicator == indicator.id)
        {
            let allowed = together(rule, window, members, &usable);
            let serving: Vec<Vec<usize>> = members
                .iter()
                .zip(&usable)
                .map(|(member, &usable)| {
                    if allowed && usable && rule.subject.includes(member.life_stage, has_child) {
                        self.serving(rule, window, member)
                    } else {
                        Vec::new()
                    }
                })
                .collect();
            // A withheld adult counts as an adult about whom nothing is known: what nobody may look at cannot prove "all".
            let adults = || {
                members
                    .iter()
                    .zip(&serving)
                    .filter(|(member, _)| member.life_stage != LifeStage::Child)
            };
            let holds_for_all = !rule.all_adults || adults().all(|(_, events)| !events.is_empty());

            for (index, member) in members.iter().enumerate() {
                if !usable[index] || !rule.subject.includes(member.life_stage, has_child) {
                    continue;
                }
                judgements[index].datasets.extend(
                    rule.datasets
                        .iter()
                        .filter(|id| member.datasets.contains(*id))
                        .cloned(),
                );
                let severity = match indicator.cap_without_parental_role {
                    Some(cap) if !has_child || member.life_stage == LifeStage::Unknown => {
                        rule.severity.min(cap)
                    }
                    _ => rule.severity,
                };
                if holds_for_all && !serving[index].is_empty() {
                    judgements[index].severity = judgements[index].severity.max(severity);
                    serve(
                        &mut holds[index],
                        serving[index].iter().copied(),
                        severity,
                        position,
                    );
                }
                let qualifying = member
                    .events
                    .iter()
                    .enumerate()
                    .filter(|(_, event)| self.qualifies(rule, event));
                serve(
                    &mut could[index],
                    qualifying.map(|(event, _)| event),
                    severity,
                    position,
                );
            }
        }
        for (index, judgement) in judgements.iter_mut().enumerate() {
            judgement.current = self.evidence(members[index], &holds[index]);
            judgement.past = self.evidence(members[index], &could[index]);
        }
        judgements
    }

    /// The member's events (by position) that make the rule hold, or none.
    fn serving(&self, rule: &Rule, window: Window, member: &PersonFacts) -> Vec<usize> {
        let events: Vec<(usize, &Event)> = member
            .events
            .iter()
            .enumerate()
            .filter(|(_, event)| self.qualifies(rule, event))
            .collect();
        if let Some(duration) = rule.minimum_duration {
            return spells(&events, self.reference, rule.largest_gap)
                .into_iter()
                .filter(|spell| spell.lasts(duration) && spell.overlaps(window))
                .filter(|spell| !rule.all_adults || spell.open_at(self.reference, rule.largest_gap))
                .flat_map(|spell| spell.events)
                .collect();
        }
        let within: Vec<usize> = events
            .into_iter()
            .filter(|(_, event)| window.overlaps(event))
            .map(|(position, _)| position)
            .collect();
        if within.len() >= rule.minimum_count {
            within
        } else {
            Vec::new()
        }
    }

    /// Whether the rule could use the event, whatever the window.
    fn qualifies(&self, rule: &Rule, event: &Event) -> bool {
        event.start <= self.reference
            && event.grade >= rule.minimum_grade
            && rule.codes.contains(&event.code)
    }

    fn evidence(&self, member: &PersonFacts, served: &Served) -> Vec<Evidence> {
        served
            .iter()
            .map(|(&event, &(_, rule))| {
                let event = &member.events[event];
                Evidence {
                    start: event.start,
                    end: event.end,
                    ongoing: event.ongoing,
                    code: event.code.clone(),
                    grade: event.grade,
                    person: member.person,
                    rule_id: self.rules[rule].0.id.clone(),
                    custodian: event.custodian.clone(),
                    service: event.service.clone(),
                }
            })
            .collect()
    }
}

/// Whether the household has what the rule's `together_with` asks for.
fn together(rule: &Rule, window: Window, members: &[&PersonFacts], usable: &[bool]) -> bool {
    rule.together_with.is_empty()
        || members
            .iter()
            .zip(usable)
            .filter(|(_, usable)| **usable)
            .flat_map(|(member, _)| &member.events)
            .any(|event| rule.together_with.contains(&event.code) && window.overlaps(event))
}

/// Notes that these events serve a rule, keeping for each the rule of highest severity, and of those the first in the pack.
fn serve(served: &mut Served, events: impl Iterator<Item = usize>, severity: u8, rule: usize) {
    for event in events {
        let entry = served.entry(event).or_insert((severity, rule));
        if severity > entry.0 {
            *entry = (severity, rule);
        }
    }
}
