//! Why people are taken as a household, and how sure that is.

use kinfold_schema::{FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, HOUSEHOLD_NONE, Schema};

use super::HouseholdMember;
use super::groups::Group;
use crate::{Linked, RecordSet};

/// Probability that somebody tied by one custodian alone belongs to the household now.
const TIED_BY_ONE: f64 = 0.986;
/// The same when two or more custodians say so.
const TIED_BY_MORE: f64 = 0.9999;
/// Probability that the household is right as far as a member of unsure records goes: most doubts are about records that no person
/// has or that two of its own members share.
const UNSURE: f64 = 0.999;
/// The same when one member is in another household too: without months nothing tells which home was left.
const ONE_ELSEWHERE: f64 = 0.77;
/// The same when several members are, such as brothers and sisters with two homes.
const SEVERAL_ELSEWHERE: f64 = 0.99;
/// Probability that nobody is missing from a household.
const COMPLETE: f64 = 0.985;
/// The same when a custodian holds a home of members and sent no key for it, and the schema lets large groups release nothing.
const COMPLETE_UNSENT: f64 = 0.42;
/// The same when the schema lets large groups release a drawn part, so that most of them are seen.
const COMPLETE_DRAWN: f64 = 0.97;
/// A person of less confidence makes the household unsure.
const SURE: f64 = 0.95;

/// One reason for a household, or one doubt about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// People lived in one home at overlapping times.
    SharedHome {
        /// How many people.
        people: u32,
        /// By the evidence of how many custodians.
        custodians: u32,
    },
    /// The household lived in several homes, one after another.
    Moved {
        /// How many.
        homes: u32,
    },
    /// Members who also belong to another household at the same time, such as children with two homes.
    TwoHomes {
        /// How many.
        people: u32,
    },
    /// Members who have died: they belonged to it, and are no current ones.
    Died {
        /// How many.
        people: u32,
    },
    /// Doubt: members whom one custodian alone ties to it.
    OneCustodian {
        /// How many.
        people: u32,
    },
    /// Doubt: members whose own records may not all be one person's.
    UnsurePeople {
        /// How many.
        people: u32,
    },
    /// Doubt: not every home that custodians hold could be sent, so somebody may be missing.
    MayBeIncomplete,
    /// People whom earlier runs showed as members, and this one does not.
    NoLonger {
        /// How many.
        people: u32,
    },
    /// Of one such person: the releases between which they left.
    Former {
        /// Month of the last release at which they were shown.
        last: u16,
        /// Month of the release at which they were shown no more.
        gone: u16,
        /// Whether they are shown in another household now.
        elsewhere: bool,
    },
}

impl Reason {
    /// The reason in one plain sentence.
    pub fn sentence(&self) -> String {
        let count = |n: u32, one: &str, many: &str| {
            if n == 1 {
                format!("1 {one}")
            } else {
                format!("{n} {many}")
            }
        };
        match *self {
            Self::SharedHome { people, custodians } => format!(
                "{people} people lived in one home at overlapping times, as {} says.",
                count(custodians, "agency", "agencies").replace("1 agency", "one agency")
            )
            .replace("agencies says", "agencies say"),
            Self::Moved { homes } => {
                format!("The household lived in {homes} homes, one after another.")
            }
            Self::TwoHomes { people } => format!(
                "{} also in another household at the same time.",
                count(people, "member is", "members are")
            ),
            Self::Died { people } => format!(
                "{} no longer counted as living in it.",
                count(
                    people,
                    "member has died and is",
                    "members have died and are"
                )
            ),
            Self::OneCustodian { people } => format!(
                "{} tied to it by one agency alone.",
                count(people, "member is", "members are")
            ),
            Self::UnsurePeople { people } => format!(
                "The records of {} may not all be one person's.",
                count(people, "member", "members")
            ),
            Self::MayBeIncomplete => {
                "Not every home that the agencies hold could be sent, so somebody may be missing."
                    .to_owned()
            }
            Self::NoLonger { people } => format!(
                "{} shown in it at an earlier release and {}.",
                count(people, "person was", "people were"),
                if people == 1 {
                    "is no longer"
                } else {
                    "are no longer"
                }
            ),
            Self::Former {
                last,
                gone,
                elsewhere,
            } => format!(
                "Was shown in this household at the release of {}, and no longer at that of {}. {}",
                written(last),
                written(gone),
                if elsewhere {
                    "Is shown in another one now."
                } else {
                    "No agency sends a home of this person now."
                }
            ),
        }
    }
}

/// A month as files have it, `YYYY-MM`.
fn written(month: u16) -> String {
    format!("{:04}-{:02}", 1900 + month / 12, month % 12 + 1)
}

/// What reasons and confidence come from.
pub(super) struct Facts {
    people: u32,
    custodians: u32,
    homes: u32,
    two_homes: u32,
    died: u32,
    tied_by_one: u32,
    unsure: u32,
    unsent: bool,
    /// Probability that nobody is missing.
    complete: f64,
}

impl Facts {
    pub(super) fn of(
        group: &Group,
        members: &[HouseholdMember],
        sources: &[String],
        linked: &Linked,
        (unsent, drawn): (&[bool], bool),
        died: &[Option<u16>],
        elsewhere: &dyn Fn(&HouseholdMember) -> bool,
    ) -> Self {
        let count = |test: &dyn Fn(&HouseholdMember) -> bool| {
            members.iter().filter(|member| test(member)).count() as u32
        };
        let confidence = |member: &HouseholdMember| linked.people[member.person].confidence;
        let unsent = members.iter().any(|member| unsent[member.person]);
        Self {
            people: members.len() as u32,
            custodians: sources.len() as u32,
            homes: group.homes,
            two_homes: count(&|member| member.current && elsewhere(member)),
            died: count(&|member| died[member.person].is_some()),
            tied_by_one: count(&|member| member.current && member.custodians < 2),
            unsure: count(&|member| confidence(member) < SURE),
            unsent,
            complete: match (unsent, drawn) {
                (false, _) => COMPLETE,
                (true, true) => COMPLETE_DRAWN,
                (true, false) => COMPLETE_UNSENT,
            },
        }
    }

    /// The probability that exactly the current members belong to it now: that each belongs, that each is one person, and that nobody
    /// is missing. The three are taken as independent. The constants are
    /// the most likely ones on five synthetic boroughs of 1,200 households (`uk` with seeds 7, 8, 10, `stress` with 9, 11; schema `standard`
    /// 5.0.0; `hard_cases` fits them), but for a home that was not sent under a schema that draws nobody.
    pub(super) fn confidence(&self) -> Option<f64> {
        if self.people < 2 {
            return None;
        }
        let tied_by_more = self.people.saturating_sub(self.tied_by_one);
        let power = |base: f64, count: u32| libm::pow(base, f64::from(count));
        Some(
            power(TIED_BY_ONE, self.tied_by_one)
                * power(TIED_BY_MORE, tied_by_more)
                * power(UNSURE, self.unsure)
                * match self.two_homes {
                    0 => 1.0,
                    1 => ONE_ELSEWHERE,
                    _ => SEVERAL_ELSEWHERE,
                }
                * self.complete,
        )
    }

    pub(super) fn reasons(&self) -> Vec<Reason> {
        if self.people < 2 {
            return Vec::new();
        }
        let mut reasons = vec![Reason::SharedHome {
            people: self.people,
            custodians: self.custodians,
        }];
        if self.homes > 1 {
            reasons.push(Reason::Moved { homes: self.homes });
        }
        let counted = [
            Reason::TwoHomes {
                people: self.two_homes,
            },
            Reason::Died { people: self.died },
            Reason::OneCustodian {
                people: self.tied_by_one,
            },
            Reason::UnsurePeople {
                people: self.unsure,
            },
        ];
        let numbers = [self.two_homes, self.died, self.tied_by_one, self.unsure];
        let there = counted.into_iter().zip(numbers).filter(|(_, n)| *n > 0);
        reasons.extend(there.map(|(reason, _)| reason));
        if self.unsent {
            reasons.push(Reason::MayBeIncomplete);
        }
        reasons
    }
}

/// For each person whether a custodian holds a home of it and sent no household key at all, although nothing about the person is
/// protected: then the home has more people than a released group may have, or it is a place that makes no household.
pub(super) fn unsent_homes(schema: &Schema, sets: &[RecordSet], linked: &Linked) -> Vec<bool> {
    let slots = schema.household_slots();
    let home = schema.presence.bit(Fact::Home).unwrap_or(0);
    linked
        .people
        .iter()
        .map(|person| {
            let records = || {
                person
                    .members
                    .iter()
                    .map(|id| (&sets[id.set as usize].table, id.row as usize))
            };
            let protected = records()
                .any(|(table, row)| table.flags[row] & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0);
            !protected
                && slots > 0
                && records().any(|(table, row)| {
                    let keys = &table.household[row * slots..(row + 1) * slots];
                    table.presence[row] & home != 0
                        && keys.iter().all(|key| key.kind == HOUSEHOLD_NONE)
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            people: 4,
            custodians: 2,
            homes: 1,
            two_homes: 0,
            died: 0,
            tied_by_one: 0,
            unsure: 0,
            unsent: false,
            complete: COMPLETE,
        }
    }

    #[test]
    fn reasons_are_plain_sentences() {
        let text = |facts: &Facts| -> String {
            let reasons = facts.reasons();
            let sentences: Vec<String> = reasons.iter().map(Reason::sentence).collect();
            sentences.join(" ")
        };
        assert_eq!(
            text(&facts()),
            "4 people lived in one home at overlapping times, as 2 agencies say."
        );
        let doubtful = Facts {
            custodians: 1,
            homes: 2,
            two_homes: 1,
            tied_by_one: 3,
            unsure: 1,
            unsent: true,
            ..facts()
        };
        assert_eq!(
            text(&doubtful),
            "4 people lived in one home at overlapping times, as one agency says. The household lived in 2 homes, one after another. \
             1 member is also in another household at the same time. 3 members are tied to it by one agency alone. The records of 1 \
             member may not all be one person's. Not every home that the agencies hold could be sent, so somebody may be missing."
        );
        let alone = Facts {
            people: 1,
            ..facts()
        };
        assert!(alone.reasons().is_empty() && alone.confidence().is_none());
    }

    #[test]
    fn who_is_gone_is_told_with_the_releases_between() {
        let no_longer = |people| Reason::NoLonger { people }.sentence();
        assert_eq!(
            no_longer(1),
            "1 person was shown in it at an earlier release and is no longer."
        );
        assert_eq!(
            no_longer(2),
            "2 people were shown in it at an earlier release and are no longer."
        );
        let (last, gone) = ((2026 - 1900) * 12 + 2, (2026 - 1900) * 12 + 11);
        let former = |elsewhere| Reason::Former {
            last,
            gone,
            elsewhere,
        };
        assert_eq!(
            former(true).sentence(),
            "Was shown in this household at the release of 2026-03, and no longer at that of 2026-12. Is shown in another one now."
        );
        let nowhere = former(false).sentence();
        assert!(nowhere.ends_with("2026-12. No agency sends a home of this person now."));
    }

    #[test]
    fn every_doubt_lowers_the_confidence() {
        let sure = facts().confidence().unwrap();
        let doubts = [
            Facts {
                tied_by_one: 1,
                ..facts()
            },
            Facts {
                unsure: 1,
                ..facts()
            },
            Facts {
                two_homes: 1,
                ..facts()
            },
            Facts {
                complete: COMPLETE_UNSENT,
                ..facts()
            },
        ];
        for doubt in doubts {
            assert!(doubt.confidence().unwrap() < sure);
        }
        assert!(sure < 1.0);
    }
}
