//! What a household's page must not give away where somebody may be in danger, and the line that says how to handle the page.
//!
//! Domestic abuse is shown for a household, never by person. Leaving a person's cell blank is not enough: when one adult alone is known
//! to the agency that told of the abuse, "known to", a number of records, a sentence about a link or another need seen by the same agency
//! points at that adult just as well. So in such a household nothing on the page depends on which adult an agency knows.

use std::collections::BTreeSet;

use kinfold_indicators::{LifeStage, NeedState};

use super::{HouseholdFacts, NeedFacts, TimelineFacts};

/// The need whose evidence is shown for the household only.
pub(super) const HOUSEHOLD_ONLY: &str = "domestic-abuse";

/// How a household's page is to be handled.
#[derive(Clone, Debug)]
pub(super) struct Safety {
    /// State of domestic abuse for the household.
    state: NeedState,
    /// Agencies that supplied evidence of domestic abuse.
    agencies: BTreeSet<String>,
}

impl Safety {
    pub(super) fn of(household: &HouseholdFacts) -> Self {
        let need = household
            .needs
            .iter()
            .find(|need| need.indicator == HOUSEHOLD_ONLY);
        let told = household
            .timeline
            .iter()
            .filter(|event| is_abuse(event))
            .map(|event| &event.custodian);
        let state = need.map_or(NeedState::NoData, |need| need.state);
        let sources = need
            .filter(|_| tells(state))
            .into_iter()
            .flat_map(|need| &need.sources);
        Self {
            state,
            agencies: told.chain(sources).cloned().collect(),
        }
    }

    /// Whether agencies, numbers of records and links are told for the household as a whole only. Also where the state is withheld:
    /// otherwise the page of a household with a protected member would tell more than that of any other.
    pub(super) fn as_a_whole(&self) -> bool {
        tells(self.state) || !self.agencies.is_empty()
    }

    /// The line at the top of the household's page; empty where none is needed.
    pub(super) fn line(&self) -> &'static str {
        match self.state {
            NeedState::Withheld => {
                "Never show or leave this page with the family. A member\u{2019}s records are protected by a rule, and nothing is said about why: ask the agency before any contact."
            }
            _ if self.as_a_whole() => {
                "Never show or leave this page with the family. A suspect must not learn of a referral: speak to the domestic-abuse coordinator before any contact."
            }
            _ => "",
        }
    }

    /// Why nothing is said by person.
    pub(super) fn reason(&self) -> &'static str {
        if self.state == NeedState::Withheld {
            "a member\u{2019}s records are protected by a rule"
        } else {
            "domestic abuse is on record"
        }
    }

    /// Whether an event may be put to its person. A child's may: what is told of a child does not point at an adult.
    pub(super) fn names_person(&self, event: &TimelineFacts, stage: LifeStage) -> bool {
        !is_abuse(event)
            && (stage == LifeStage::Child
                || !self.as_a_whole()
                || !self.agencies.contains(&event.custodian))
    }

    /// How a person's state of a need may be shown.
    pub(super) fn cell(&self, need: &NeedFacts, state: NeedState, stage: LifeStage) -> Shown {
        let of_the_abuse = need.indicator == HOUSEHOLD_ONLY;
        if !self.as_a_whole() {
            // Everybody gets the same cell, or the exceptions would give the person away.
            return if of_the_abuse && tells(state) {
                Shown::HouseholdOnly
            } else {
                Shown::State
            };
        }
        let same_agency = need
            .sources
            .iter()
            .any(|agency| self.agencies.contains(agency));
        let told = matches!(need.state, NeedState::Current | NeedState::Past);
        if of_the_abuse || (told && same_agency && stage != LifeStage::Child) {
            Shown::HouseholdOnly
        } else if matches!(state, NeedState::Checked | NeedState::NoData) {
            Shown::NothingFound
        } else {
            Shown::State
        }
    }
}

/// How a person's cell of the grid is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it is.
    State,
    /// The need is shown for the household only.
    HouseholdOnly,
    /// No evidence, without saying whether an agency that would have seen it knows the person.
    NothingFound,
}

/// Whether an event is one of domestic abuse.
pub(super) fn is_abuse(event: &TimelineFacts) -> bool {
    event.indicator.as_deref() == Some(HOUSEHOLD_ONLY)
}

fn tells(state: NeedState) -> bool {
    matches!(
        state,
        NeedState::Current | NeedState::Past | NeedState::Withheld
    )
}
