//! Households: people with dated evidence of living together.
//!
//! ```text
//! household keys ─ homes ─► stays ─ groups ─► groups in homes ─► moves joined ─ reasons ─► households
//! ```
//!
//! 1. Tokens that stand for one home (its UPRN, its address) are brought together.
//! 2. In each home, people whose spells overlap form a group; successive tenants do not. A home that holds more people at once than
//!    a household can is communal and forms none.
//! 3. Groups in different homes are one household that moved when they share people whose spells follow one another. A child with
//!    two homes lives in both at the same time, so the two homes stay two households, with the child in both.
//!    Where household keys carry no months, a group whose people are all in a larger one is part of that, two groups of mostly the same people with
//!    an adult in both are one household, and the other groups of a person stay side by side, all of them current.
//! 4. People without such evidence are households of one.
//!
//! A person with one protected record has no evidence at all, whatever the other records say.

mod groups;
mod homes;
mod reasons;
mod settle;
mod spell;

use kinfold_schema::{NO_MONTH, Schema};

use crate::lives::{Lives, month_of};
use crate::reference::Mint;
use crate::{Given, Linked, RecordSet};
use groups::Group;
pub use reasons::Reason;
pub(crate) use settle::settle;
use spell::{Grain, Spell};

/// Where in life a person is, as the event packages say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LifeStage {
    /// Not known.
    #[default]
    Unknown,
    /// Under 18.
    Child,
    /// 18 or over.
    Adult,
}

/// A household.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// `HH-` reference. Minted from the smallest record reference of its people, or carried over from the run before.
    pub reference: String,
    /// Its people, with dates, in the order of people.
    pub members: Vec<HouseholdMember>,
    /// People whom earlier runs showed as members and this one does not, in the order of people. Empty until references are carried.
    pub former: Vec<FormerMember>,
    /// Probability that exactly these people belong to it now; a household of one has none.
    pub confidence: Option<f64>,
    /// Homes in which it lived.
    pub homes: usize,
    /// Custodians whose evidence ties it, sorted.
    pub sources: Vec<String>,
    /// Why these people are taken as a household, and what makes it unsure; empty for a household of one.
    pub reasons: Vec<Reason>,
}

/// A person in a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseholdMember {
    /// Index into the people.
    pub person: usize,
    /// First month of evidence, or [`kinfold_schema::NO_MONTH`].
    pub from: u16,
    /// Last month of evidence, the month of death if that is earlier, or [`kinfold_schema::NO_MONTH`] when it is open.
    pub to: u16,
    /// Whether the person still belongs to it: is not known to have died, and no later household has taken over.
    pub current: bool,
    /// How many custodians' evidence ties the person to the home.
    pub custodians: u32,
    /// At which releases the person was shown as a current member; none where that was never so, or the months of releases are not known.
    pub seen: Option<Seen>,
}

/// The releases at which somebody was shown as a current member of a household, one run after another without a gap.
///
/// This is as exact as releases are frequent: whoever came in did so before the first, and whoever left did so between the last and the one
/// at which they were gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Month of the first.
    pub from: u16,
    /// Month of the last.
    pub to: u16,
    /// Month of the release at which they were shown no more; none for those who still are.
    pub gone: Option<u16>,
}

/// Somebody whom earlier runs showed in a household, and whom no evidence of this run ties to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormerMember {
    /// Index into the people.
    pub person: usize,
    /// When they were shown.
    pub seen: Seen,
    /// Whether evidence of this run shows them in another household. Who is nowhere may still live here, and no agency has confirmed it.
    pub elsewhere: bool,
}

/// All households, and the homes that make none.
#[derive(Clone, Debug, PartialEq)]
pub struct Households {
    /// Sorted by their first member.
    pub households: Vec<Household>,
    /// Homes left out because they hold too many people at once.
    pub overfull_homes: usize,
    /// Month of the newest release of all sets, if it is known.
    pub release: Option<u16>,
}

/// Forms households from the household keys of linked people. `life_stages` has one entry a person (in the order of
/// [`Linked::people`]); where it is known, a group of children alone is never taken as a household that moved.
///
/// # Panics
/// When `life_stages` has another length than the people.
pub fn form_households(
    schema: &Schema,
    sets: &[RecordSet],
    linked: &Linked,
    life_stages: &[LifeStage],
) -> Households {
    form_households_given(schema, sets, linked, life_stages, &Given::default())
}

/// As [`form_households`], with what is known from outside the codes: whoever has died ([`Given::lives`]) is a member until the month of death
/// and no current one.
///
/// # Panics
/// When `life_stages` has another length than the people.
pub fn form_households_given(
    schema: &Schema,
    sets: &[RecordSet],
    linked: &Linked,
    life_stages: &[LifeStage],
    given: &Given,
) -> Households {
    assert_eq!(
        life_stages.len(),
        linked.people.len(),
        "one life stage a person"
    );
    let grain = Grain::of(schema);
    let stays = homes::stays(schema, sets, &linked.people);
    let (groups, overfull_homes) = groups::in_homes(&stays, grain);
    drop(stays);
    let groups = groups::join_moves(groups, life_stages, grain);
    let groups = groups::join_contained(groups);
    let groups = groups::drop_outlived_singles(groups, linked.people.len());
    let lives = Lives::new(sets, &given.lives);
    let people = linked.people.iter();
    let died: Vec<Option<u16>> = people
        .map(|person| lives.died(person).map(month_of))
        .collect();
    Households {
        households: name(schema, &groups, sets, linked, &died, &given.releases),
        overfull_homes,
        release: given.releases.iter().copied().max(),
    }
}

/// Gives households their references and says who still belongs to them, why, and how sure it is. `died` has the month of death of each person,
/// `releases` the month of the release of each set.
fn name(
    schema: &Schema,
    groups: &[Group],
    sets: &[RecordSet],
    linked: &Linked,
    died: &[Option<u16>],
    releases: &[u16],
) -> Vec<Household> {
    // Where each person lives last: a household is current for the person unless another one follows it.
    let mut spells: Vec<(u32, u32, Spell)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        spells.extend(
            group
                .people
                .iter()
                .map(|&(person, spell)| (person, index as u32, spell)),
        );
    }
    spells.sort_unstable();
    let of_person = |person: u32| {
        let from = spells.partition_point(|&(p, _, _)| p < person);
        let to = spells.partition_point(|&(p, _, _)| p <= person);
        &spells[from..to]
    };
    let move_max = Grain::of(schema).move_max();
    let is_current = |person: u32, own: u32, spell: Spell| {
        died[person as usize].is_none()
            && !of_person(person).iter().any(|&(_, other, later)| {
                other != own
                    && later.to > spell.to
                    && later.from.saturating_add(move_max) > spell.to
            })
    };
    let anchors: Vec<[u8; 16]> = linked
        .people
        .iter()
        .map(|person| {
            let references = person
                .members
                .iter()
                .map(|id| sets[id.set as usize].table.record_ref[id.row as usize]);
            references.min().expect("people have records")
        })
        .collect();
    let unsent = reasons::unsent_homes(schema, sets, linked);
    let drawn = schema
        .household
        .as_ref()
        .is_some_and(|keys| keys.crowd() > keys.group_max);
    let mut households: Vec<([u8; 16], u32, Household)> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let index = index as u32;
            let members: Vec<HouseholdMember> = group
                .people
                .iter()
                .map(|&(person, spell)| {
                    let current = is_current(person, index, spell);
                    let sets = sets_of(group, person);
                    HouseholdMember {
                        person: person as usize,
                        from: spell.begun().unwrap_or(NO_MONTH),
                        to: spell.until(died[person as usize]).to,
                        current,
                        custodians: sets.len() as u32,
                        seen: seen_at(&sets, releases).filter(|_| current),
                    }
                })
                .collect();
            let mut sources: Vec<u32> = group.ties.iter().map(|&(_, set, _)| set).collect();
            sources.sort_unstable();
            sources.dedup();
            let mut sources: Vec<String> = sources
                .iter()
                .map(|&set| sets[set as usize].source.clone())
                .collect();
            sources.sort_unstable();
            let elsewhere = |member: &HouseholdMember| {
                let now = |&&(person, other, spell): &&(u32, u32, Spell)| {
                    other != index && is_current(person, other, spell)
                };
                of_person(member.person as u32).iter().find(now).is_some()
            };
            let facts = reasons::Facts::of(
                group,
                &members,
                &sources,
                linked,
                (&unsent, drawn),
                died,
                &elsewhere,
            );
            let anchor = group
                .people
                .iter()
                .map(|&(person, _)| anchors[person as usize])
                .min()
                .expect("a group has people");
            let household = Household {
                reference: String::new(),
                confidence: facts.confidence(),
                homes: group.homes as usize,
                reasons: facts.reasons(),
                members,
                former: Vec::new(),
                sources,
            };
            (anchor, index, household)
        })
        .collect();
    households.sort_by_key(|(anchor, index, household)| (*anchor, household.members.len(), *index));
    let mut mint = Mint::new("HH");
    let mut named: Vec<Household> = households
        .into_iter()
        .map(|(anchor, _, household)| Household {
            reference: mint.mint(&anchor),
            ..household
        })
        .collect();
    named.sort_by(|a, b| {
        (a.members[0].person, &a.reference).cmp(&(b.members[0].person, &b.reference))
    });
    named
}

/// The sets whose evidence ties a person to the group's homes.
fn sets_of(group: &Group, person: u32) -> Vec<u32> {
    let from = group.ties.partition_point(|&(p, _, _)| p < person);
    let own = group.ties[from..]
        .iter()
        .take_while(|&&(p, _, _)| p == person);
    let mut sets: Vec<u32> = own.map(|&(_, set, _)| set).collect();
    sets.dedup();
    sets
}

/// The release of this run at which somebody is shown: the newest of those that tie the person. An old package says nothing about the month of
/// another custodian's newer one.
fn seen_at(sets: &[u32], releases: &[u16]) -> Option<Seen> {
    let months = sets.iter().filter_map(|&set| releases.get(set as usize));
    let month = months.copied().max()?;
    Some(Seen {
        from: month,
        to: month,
        gone: None,
    })
}
