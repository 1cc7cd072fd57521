//! Since when somebody is shown in a household, and who was shown in it before: dates to the precision of releases.
//!
//! Where no months leave an agency, no code says when anybody came or left. But a run knows the month of each release, and what the run before
//! showed of the same people and households: so it can say "shown at the release of March and at every one since", or "at that of March, no
//! longer at that of September", and nothing more than what had been released anyway.
//!
//! A membership goes on while the household has its reference and the person is the same one, or was merged with or split off it. A gap ends it:
//! whoever comes back is shown from then on. Those who are gone stay with the household as former members, as long as every record that they were
//! made of is still sent and none is protected: nothing may tell where somebody lived who must not be found now, and a record that may not be
//! linked any more looks like one that was never there.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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
    let open = Open::new(sets, &previous.people);
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
            && open.may_show(&linked.people[main], &membership.person)
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
    for ((place, person), seen) in gone {
        if let Some(seen) = left(&seen, release) {
            let former = &mut households.households[place].former;
            former.push(FormerMember { person, seen });
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

/// Of whom it may be told where they lived before.
struct Open<'a> {
    /// The records of this run and whether each is open, in the order of record references.
    records: Vec<(Token, bool)>,
    sets: &'a [RecordSet],
    before: BTreeMap<&'a str, &'a Former>,
}

impl<'a> Open<'a> {
    fn new(sets: &'a [RecordSet], before: &'a [Former]) -> Self {
        let rows = sets.iter().flat_map(|set| {
            let flags = set.table.flags.iter().map(|&flags| flags == 0);
            set.table.record_ref.iter().copied().zip(flags)
        });
        let mut records: Vec<(Token, bool)> = rows.collect();
        records.sort_unstable();
        let before = before.iter().map(|one| (one.reference.as_str(), one));
        Self {
            records,
            sets,
            before: before.collect(),
        }
    }

    /// Whether no record of the person is protected now, and none of those that it was made of is protected or missing.
    fn may_show(&self, person: &PersonCluster, reference: &str) -> bool {
        let now = person.members.iter();
        let mut now = now.map(|id| self.sets[id.set as usize].table.flags[id.row as usize]);
        let is_open = |record: &Token| {
            let from = self.records.partition_point(|(known, _)| known < record);
            let same = self.records[from..]
                .iter()
                .take_while(|(known, _)| known == record);
            let mut same = same.peekable();
            same.peek().is_some() && same.all(|(_, open)| *open)
        };
        now.all(|flags| flags == 0)
            && self
                .before
                .get(reference)
                .is_some_and(|former| former.records.iter().all(is_open))
    }
}
