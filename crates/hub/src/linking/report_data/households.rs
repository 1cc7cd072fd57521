//! The households of the report's worklist: members, needs, services, and how the records were joined.
//!
//! A withheld person contributes nothing here but their place: no event, no service, no sentence.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_indicators::{HouseholdNeeds, NeedState};
use kinfold_linkage::{Household, Pair, Reason, Spoken, Verdict};

use crate::linking::Run;
use crate::linking::tables::month;
use crate::report::{
    ContactFacts, HouseholdFacts, JoinFacts, LinkStrength, NeedFacts, PersonFacts, Since,
    TimelineFacts,
};
use crate::terms::Terms;

/// A link at least this probable is firm.
const FIRM: f64 = 0.99;
/// A household at least this probable is firm: somebody may always be missing, so none comes near the certainty of a link.
const FIRM_HOUSEHOLD: f64 = 0.95;

/// Every living household with at least one current need.
pub(super) fn collect(run: &Run, terms: &Terms) -> Vec<HouseholdFacts> {
    let gathering = Gathering::new(run, terms);
    let households = run.living.iter().zip(&run.needs);
    households
        .filter(|(_, needs)| needs.current() > 0)
        .map(|(&index, needs)| gathering.household(&run.households.households[index], needs))
        .collect()
}

struct Gathering<'a> {
    run: &'a Run,
    terms: &'a Terms,
    /// Linked pairs of each person, in the order of pairs.
    links: BTreeMap<usize, Vec<&'a Pair>>,
}

impl<'a> Gathering<'a> {
    fn new(run: &'a Run, terms: &'a Terms) -> Self {
        let mut person_of = BTreeMap::new();
        for (person, cluster) in run.linked.people.iter().enumerate() {
            person_of.extend(cluster.members.iter().map(|&record| (record, person)));
        }
        let mut links: BTreeMap<usize, Vec<&Pair>> = BTreeMap::new();
        for pair in run
            .linked
            .pairs
            .iter()
            .filter(|pair| pair.verdict == Verdict::Linked)
        {
            links.entry(person_of[&pair.left]).or_default().push(pair);
        }
        Self { run, terms, links }
    }

    fn household(&self, household: &Household, needs: &HouseholdNeeds) -> HouseholdFacts {
        // The needs list each current member once; the report follows their order.
        let people: Vec<usize> = needs.members.iter().map(|member| member.person).collect();
        let facts: Vec<PersonFacts> = people
            .iter()
            .map(|&person| PersonFacts {
                since: since(household, person),
                ..self.person(person)
            })
            .collect();
        HouseholdFacts {
            reference: household.reference.clone(),
            area: self.area(&people),
            needs: self.needs(needs),
            contacts: self.contacts(needs),
            // Firm only if the people are and their living together is.
            strength: together(
                facts
                    .iter()
                    .filter(|person| !person.withheld)
                    .map(|person| person.strength)
                    .chain(household.confidence.map(strength_of_household)),
            ),
            joins: self.joins(household, &people),
            timeline: self.timeline(&people),
            people: facts,
        }
    }

    fn person(&self, person: usize) -> PersonFacts {
        let cluster = &self.run.linked.people[person];
        let facts = &self.run.facts[person];
        let custodians: BTreeSet<u32> = cluster.members.iter().map(|record| record.set).collect();
        PersonFacts {
            reference: cluster.reference.clone(),
            life_stage: facts.life_stage,
            since: Since::Unknown,
            custodians: custodians
                .into_iter()
                .map(|set| self.custodian(set))
                .collect(),
            records: cluster.members.len() as u64,
            strength: self.strength(person),
            withheld: facts.withheld,
        }
    }

    /// The area that most records of the members name; the first in the alphabet when several are named as often.
    fn area(&self, people: &[usize]) -> Option<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for &person in people
            .iter()
            .filter(|&&person| !self.run.facts[person].withheld)
        {
            for record in &self.run.linked.people[person].members {
                let table = &self.run.inputs.sets[record.set as usize].table;
                if let Some(areas) = &table.area {
                    *counts.entry(&areas[record.row as usize]).or_default() += 1;
                }
            }
        }
        counts.remove("");
        let most = counts.values().copied().max()?;
        counts
            .into_iter()
            .find(|(_, count)| *count == most)
            .map(|(area, _)| area.to_owned())
    }

    fn needs(&self, needs: &HouseholdNeeds) -> Vec<NeedFacts> {
        let facts = |(position, need): (usize, &kinfold_indicators::Need)| {
            let custodians: BTreeSet<&str> = need
                .sources
                .iter()
                .map(|source| source.custodian.as_str())
                .collect();
            NeedFacts {
                indicator: need.indicator.clone(),
                state: need.state,
                severity: need.severity,
                last: need.last,
                records: need.records as u64,
                sources: custodians
                    .into_iter()
                    .map(|id| self.terms.party_name(id))
                    .collect(),
                people: needs
                    .members
                    .iter()
                    .map(|member| member.needs[position].state)
                    .collect(),
            }
        };
        needs.needs.iter().enumerate().map(facts).collect()
    }

    /// Services that supplied evidence, most recent first.
    fn contacts(&self, needs: &HouseholdNeeds) -> Vec<ContactFacts> {
        let mut services: BTreeMap<(&str, &str), (i32, BTreeSet<&str>)> = BTreeMap::new();
        for need in needs
            .needs
            .iter()
            .filter(|need| need.state != NeedState::Withheld)
        {
            for source in need
                .sources
                .iter()
                .filter(|source| !source.service.is_empty())
            {
                let entry = services
                    .entry((&source.custodian, &source.service))
                    .or_insert_with(|| (source.last, BTreeSet::new()));
                entry.0 = entry.0.max(source.last);
                entry.1.insert(&need.indicator);
            }
        }
        let mut contacts: Vec<ContactFacts> = services
            .into_iter()
            .map(|((custodian, service), (last, indicators))| ContactFacts {
                custodian: self.terms.party_name(custodian),
                service: self.service(custodian, service),
                contact: self.how_to_reach(custodian, service),
                last_involved: Some(last),
                indicators: indicators.into_iter().map(str::to_owned).collect(),
            })
            .collect();
        contacts.sort_by_key(|contact| std::cmp::Reverse(contact.last_involved));
        contacts
    }

    fn joins(&self, household: &Household, people: &[usize]) -> Vec<JoinFacts> {
        let mut joins = Vec::new();
        let spoken = Spoken::of(&self.terms.schema);
        for (position, &person) in people.iter().enumerate() {
            if self.run.facts[person].withheld {
                continue;
            }
            for pair in self.links.get(&person).into_iter().flatten() {
                joins.push(JoinFacts {
                    person: Some(position),
                    sentence: format!(
                        "{} and {}: {} Match weight {:.1}.",
                        self.custodian(pair.left.set),
                        self.custodian(pair.right.set),
                        finished(&pair.sentence(&spoken)),
                        pair.weight
                    ),
                    strength: strength_of(pair.probability),
                });
            }
        }
        if people.len() > 1 || !household.former.is_empty() {
            let sentences: Vec<String> = household.reasons.iter().map(Reason::sentence).collect();
            let names: Vec<String> = household
                .sources
                .iter()
                .map(|id| self.terms.party_name(id))
                .collect();
            joins.push(JoinFacts {
                person: None,
                sentence: format!(
                    "{} The evidence is from {}.",
                    sentences.join(" "),
                    names.join(", ")
                ),
                // Nobody can be missing from, or wrong in, what is said of somebody who lives alone.
                strength: household
                    .confidence
                    .map_or(LinkStrength::Firm, strength_of_household),
            });
        }
        joins
    }

    fn timeline(&self, people: &[usize]) -> Vec<TimelineFacts> {
        let mut timeline = Vec::new();
        for (position, &person) in people.iter().enumerate() {
            let facts = &self.run.facts[person];
            if facts.withheld {
                continue;
            }
            let seen = facts
                .events
                .iter()
                .filter(|event| event.start <= self.run.reference_date.days());
            timeline.extend(seen.map(|event| {
                let code = self.terms.rules.code(&event.code);
                TimelineFacts {
                    start: event.start,
                    end: event.end,
                    ongoing: event.ongoing,
                    person: Some(position),
                    indicator: code.and_then(|code| code.indicator.clone()),
                    what: code.map_or_else(|| event.code.clone(), |code| code.words.clone()),
                    custodian: self.terms.party_name(&event.custodian),
                    service: self.service(&event.custodian, &event.service),
                }
            }));
        }
        timeline
    }

    fn custodian(&self, set: u32) -> String {
        self.terms
            .party_name(&self.run.inputs.sets[set as usize].source)
    }

    fn service(&self, custodian: &str, service: &str) -> String {
        let party = self.terms.agreement.party(custodian).ok();
        party
            .and_then(|party| party.contact(service))
            .map_or_else(|| service.to_owned(), |contact| contact.name.clone())
    }

    fn how_to_reach(&self, custodian: &str, service: &str) -> String {
        let party = self.terms.agreement.party(custodian).ok();
        let contact = party.and_then(|party| party.contact(service));
        let ways = contact.map(|contact| [contact.phone.as_deref(), contact.email.as_deref()]);
        ways.into_iter()
            .flatten()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }

    /// A person of one record rests on no link, so nothing about it is uncertain.
    fn strength(&self, person: usize) -> LinkStrength {
        let links = self.links.get(&person).into_iter().flatten();
        together(links.map(|pair| strength_of(pair.probability)))
    }
}

/// Since when a member is in the household: the first month of evidence, or else the first release at which it was shown.
fn since(household: &Household, person: usize) -> Since {
    let mut members = household.members.iter();
    let member = members.find(|member| member.person == person);
    let first = member.and_then(|member| month(member.from));
    let seen = member.and_then(|member| month(member.seen?.from));
    first
        .map(Since::Month)
        .or(seen.map(Since::Release))
        .unwrap_or_default()
}

fn strength_of(probability: f64) -> LinkStrength {
    if probability >= FIRM {
        LinkStrength::Firm
    } else {
        LinkStrength::Probable
    }
}

fn strength_of_household(confidence: f64) -> LinkStrength {
    if confidence >= FIRM_HOUSEHOLD {
        LinkStrength::Firm
    } else {
        LinkStrength::Probable
    }
}

/// Firm when all parts are, probable when none is, else mixed.
fn together(parts: impl Iterator<Item = LinkStrength>) -> LinkStrength {
    let parts: BTreeSet<LinkStrength> = parts.collect();
    match parts.len() {
        0 => LinkStrength::Firm,
        1 => parts.into_iter().next().unwrap_or_default(),
        _ => LinkStrength::Mixed,
    }
}

/// The sentence with a full stop.
fn finished(sentence: &str) -> String {
    let sentence = sentence.trim_end();
    if sentence.ends_with('.') {
        sentence.to_owned()
    } else {
        format!("{sentence}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_add_up_to_a_word() {
        use LinkStrength::{Firm, Mixed, Probable};
        assert_eq!(together([].into_iter()), Firm);
        assert_eq!(together([Firm, Firm].into_iter()), Firm);
        assert_eq!(together([Probable].into_iter()), Probable);
        assert_eq!(together([Firm, Probable].into_iter()), Mixed);
    }
}
