//! Since when somebody is shown in a household, and who was shown in it before: dates to the precision of releases.
//!
//! Where no months leave an agency, no code says when anybody came or left. But a run knows the month of each release, and what the run before
//! showed of the same people and households: so it can say "shown at the release of March and at every one since", or "at that of March, no
//! longer at that of September", and nothing more than what had been released anyway.
//!
//! A membership goes on while the household has its reference and the person is the same one, or was merged with or split off it. A gap ends it:
//! whoever comes back is shown from then on. Those who are gone stay with the household as former members, as long as every record that they were
//! made of is still sent and none is protected: nothing may tell where somebody lived who must not be found now, and a record that may not be
//! linked any more looks like one that was never there. Nor is anybody said to have left a household in which somebody was who is protected now:
//! a child whose flag was forgotten would lead from the old home to the new one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::Token;

use crate::lineage::FormerMembership;
use crate::{Change, Former, Households, Lineage, Linked, Previous, Reason, RecordSet, Seen};
use crate::{FormerMember, PersonCluster};

/// Dates the memberships of households that have their references already by those of the run before. `people` is the lineage of people.
pub(crate) fn carry(
    sets: &[RecordSet],
    linked: &Linked,
    households: &mut Households,
    previous: &Previous,
    people: &[Lineage],
) {
    let Some(release) = households.release else {
        return;
    };
    if previous.memberships.is_empty() {
        return;
    }
    let heirs = Heirs::new(&linked.people, people);
    let records = Records::new(sets, &previous.people);
    let standing = |reference: &str| {
        let (_, all) = heirs.of(reference);
        let people = all.iter().map(|&person| &linked.people[person]);
        records.standing(reference, people)
    };
    let memberships = previous.memberships.iter();
    let silent: BTreeSet<&str> = memberships
        .filter(|membership| standing(&membership.person) == Standing::Protected)
        .map(|membership| membership.household.as_str())
        .collect();
    // A household without evidence of a home is one person of whom nothing is known, perhaps because it is protected: nobody was in it.
    let places: BTreeMap<&str, usize> = households
        .households
        .iter()
        .enumerate()
        .filter(|(_, household)| household.homes > 0)
        .map(|(place, household)| (household.reference.as_str(), place))
        .collect();
    let mut going_on: BTreeMap<(usize, usize), Vec<Seen>> = BTreeMap::new();
    let mut gone: BTreeMap<(usize, usize), Vec<Seen>> = BTreeMap::new();
    // What only a later release said than there is one now was withdrawn.
    let stands = |membership: &&FormerMembership| membership.seen.to <= release;
    for membership in previous.memberships.iter().filter(stands) {
        let Some(&place) = places.get(membership.household.as_str()) else {
            continue;
        };
        let members = &households.households[place].members;
        let (main, all) = heirs.of(&membership.person);
        let mut went_on = false;
        for &person in all {
            if members.iter().any(|member| member.person == person) {
                went_on = true;
                let own = going_on.entry((place, person)).or_default();
                own.push(membership.seen);
            }
        }
        if let Some(main) = main
            && !went_on
            && !silent.contains(membership.household.as_str())
            && standing(&membership.person) == Standing::Open
        {
            gone.entry((place, main)).or_default().push(membership.seen);
        }
    }
    drop(places);
    for ((place, person), seen) in going_on {
        let members = households.households[place].members.iter_mut();
        for member in members.filter(|member| member.person == person) {
            member.seen = match member.seen {
                Some(now) => Some(since(now, &seen)),
                None => left(&seen, release),
            };
        }
    }
    let homes = households.households.iter();
    let housed: BTreeSet<usize> = homes
        .filter(|household| household.homes > 0)
        .flat_map(|household| &household.members)
        .filter(|member| member.current)
        .map(|member| member.person)
        .collect();
    for ((place, person), seen) in gone {
        if let Some(seen) = left(&seen, release) {
            households.households[place].former.push(FormerMember {
                person,
                seen,
                elsewhere: housed.contains(&person),
            });
        }
    }
    for household in &mut households.households {
        let people = household.former.len() as u32;
        if people > 0 {
            household.reasons.push(Reason::NoLonger { people });
        }
    }
}

/// A current member's dates: from the start of what went on until now.
fn since(now: Seen, before: &[Seen]) -> Seen {
    let unbroken = before.iter().filter(|seen| seen.gone.is_none());
    unbroken.fold(now, |all, seen| Seen {
        from: all.from.min(seen.from),
        to: all.to.max(seen.to),
        gone: None,
    })
}

/// The dates of somebody who is a member no more: those of the latest time. None for somebody whom a release of this very month showed: a later
/// delivery or a decision has put that right, and nobody left.
fn left(before: &[Seen], release: u16) -> Option<Seen> {
    before
        .iter()
        .filter(|seen| seen.gone.is_some() || seen.to < release)
        .map(|seen| Seen {
            gone: seen.gone.or(Some(release)),
            ..*seen
        })
        .max_by_key(|seen| (seen.to, Reverse(seen.from), seen.gone))
}

/// Who a person of the run before is now.
struct Heirs<'a> {
    /// By the reference of the run before: whoever has it or took it over, and with them everyone who was split off.
    of: BTreeMap<&'a str, (Option<usize>, Vec<usize>)>,
}

impl<'a> Heirs<'a> {
    fn new(people: &'a [PersonCluster], lineage: &'a [Lineage]) -> Self {
        let numbered = people.iter().enumerate();
        let numbers: BTreeMap<&str, usize> = numbered
            .map(|(number, person)| (person.reference.as_str(), number))
            .collect();
        let mut of: BTreeMap<&str, (Option<usize>, Vec<usize>)> = BTreeMap::new();
        for line in lineage {
            let (own, other) = (line.reference.as_str(), line.other.as_deref());
            let (before, now) = match line.change {
                Change::Kept | Change::Changed => (own, own),
                Change::Split => (other.unwrap_or_default(), own),
                Change::Merged => (own, other.unwrap_or_default()),
                Change::New | Change::Withdrawn | Change::Retired => continue,
            };
            if let Some(&person) = numbers.get(now) {
                let (main, all) = of.entry(before).or_default();
                if line.change != Change::Split {
                    *main = Some(person);
                }
                all.push(person);
            }
        }
        Self { of }
    }

    fn of(&self, reference: &str) -> (Option<usize>, &[usize]) {
        self.of
            .get(reference)
            .map_or((None, &[]), |(main, all)| (*main, all))
    }
}

/// What is known now of the records that a person was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// All are here, and nothing is protected.
    Open,
    /// One is not here, or not to be recognised.
    Missing,
    /// One is protected, or another one of whoever has them now.
    Protected,
}

/// The records of this run, and those of the people of the run before.
struct Records<'a> {
    sets: &'a [RecordSet],
    /// Record references with their flags, in their order.
    now: Vec<(Token, u8)>,
    before: BTreeMap<&'a str, &'a [Token]>,
}

impl<'a> Records<'a> {
    fn new(sets: &'a [RecordSet], before: &'a [Former]) -> Self {
        let rows = sets.iter().flat_map(|set| {
            let flags = set.table.flags.iter().copied();
            set.table.record_ref.iter().copied().zip(flags)
        });
        let mut now: Vec<(Token, u8)> = rows.collect();
        now.sort_unstable();
        let before = before.iter();
        Self {
            sets,
            now,
            before: before
                .map(|one| (one.reference.as_str(), one.records.as_slice()))
                .collect(),
        }
    }

    fn standing<'p>(
        &self,
        reference: &str,
        heirs: impl Iterator<Item = &'p PersonCluster>,
    ) -> Standing {
        let mut standing = Standing::Open;
        for record in self.before.get(reference).copied().unwrap_or_default() {
            let from = self.now.partition_point(|(known, _)| known < record);
            let mut same = self.now[from..]
                .iter()
                .take_while(|(known, _)| known == record)
                .peekable();
            if same.peek().is_none() {
                standing = Standing::Missing;
            }
            if same.any(|&(_, flags)| flags != 0) {
                return Standing::Protected;
            }
        }
        let mut others = heirs.flat_map(|person| &person.members);
        if others.any(|id| self.sets[id.set as usize].table.flags[id.row as usize] != 0) {
            standing = Standing::Protected;
        }
        standing
    }
}
