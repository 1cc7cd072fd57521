//! Groups: people who lived in one home at overlapping times, and which groups are one household before and after a move.

use kinfold_schema::NO_MONTH;

use super::LifeStage;
use super::homes::Stay;
use super::spell::{Grain, Spell};
use crate::people::Forest;

/// More people at once than this make a home communal.
const PEOPLE_AT_ONCE_MAX: usize = 12;
/// Months that may lie between the last evidence of an old home and the first of a new one.
const GAP_MONTHS_MAX: u16 = 12;

/// People who live in one home, or one home after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    /// Sorted by person.
    pub people: Vec<(u32, Spell)>,
    /// Homes in which they lived.
    pub homes: u32,
    /// Person, custodian and kind of key of each tie to a home; sorted, each once.
    pub ties: Vec<(u32, u32, u8)>,
}

impl Group {
    /// The spell of a member.
    ///
    /// # Panics
    /// For somebody who is not in the group.
    fn spell(&self, person: u32) -> Spell {
        let at = self.people.binary_search_by_key(&person, |&(p, _)| p);
        self.people[at.expect("only members are asked about")].1
    }

    fn absorb(&mut self, other: Self) {
        self.homes += other.homes;
        self.people.extend(other.people);
        self.people.sort_unstable_by_key(|&(person, _)| person);
        self.people.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = earlier.1.cover(later.1);
            }
            same
        });
        self.ties.extend(other.ties);
        self.ties.sort_unstable();
        self.ties.dedup();
    }
}

/// The groups of all homes, and how many homes hold too many people at once. `stays` are sorted by home and person.
pub(super) fn in_homes(stays: &[Stay], grain: Grain) -> (Vec<Group>, usize) {
    let mut groups = Vec::new();
    let mut overfull = 0;
    for home in stays.chunk_by(|a, b| a.home == b.home) {
        // One spell a person: from the first evidence to the last.
        let people: Vec<(u32, Spell)> = home
            .chunk_by(|a, b| a.person == b.person)
            .map(|own| {
                let whole = own.iter().map(|stay| stay.spell).reduce(Spell::cover);
                (own[0].person, whole.expect("chunks are not empty"))
            })
            .collect();
        if at_once(&people) > PEOPLE_AT_ONCE_MAX {
            overfull += 1;
        } else {
            groups_of(home, &people, grain, &mut groups);
        }
    }
    (groups, overfull)
}

/// The most people in a home in one month.
fn at_once(people: &[(u32, Spell)]) -> usize {
    let mut begins: Vec<u16> = people.iter().map(|(_, spell)| spell.from).collect();
    let mut ends: Vec<u16> = people.iter().map(|(_, spell)| spell.to).collect();
    begins.sort_unstable();
    ends.sort_unstable();
    let (mut over, mut most) = (0, 0);
    for (begun, month) in begins.iter().enumerate() {
        while ends[over] < *month {
            over += 1;
        }
        most = most.max(begun + 1 - over);
    }
    most
}

/// People connected by overlapping spells.
fn groups_of(home: &[Stay], people: &[(u32, Spell)], grain: Grain, groups: &mut Vec<Group>) {
    let mut forest = Forest::new(people.len());
    for (i, (_, a)) in people.iter().enumerate() {
        for (j, (_, b)) in people.iter().enumerate().skip(i + 1) {
            if a.together(*b, grain) {
                forest.join(i as u32, j as u32);
            }
        }
    }
    let first = groups.len();
    let mut group_at = vec![usize::MAX; people.len()];
    for (place, &(person, spell)) in people.iter().enumerate() {
        let root = forest.find(place as u32) as usize;
        if group_at[root] == usize::MAX {
            group_at[root] = groups.len();
            groups.push(Group {
                homes: 1,
                ..Group::default()
            });
        }
        group_at[place] = group_at[root];
        groups[group_at[root]].people.push((person, spell));
    }
    for stay in home {
        let place = people
            .binary_search_by_key(&stay.person, |&(person, _)| person)
            .expect("everyone with a stay is among the people");
        groups[group_at[place]]
            .ties
            .push((stay.person, stay.set, stay.kind));
    }
    for group in &mut groups[first..] {
        group.ties.sort_unstable();
        group.ties.dedup();
    }
}

/// Joins groups that are one household before and after a move.
pub(super) fn join_moves(
    groups: Vec<Group>,
    life_stages: &[LifeStage],
    grain: Grain,
) -> Vec<Group> {
    let memberships = memberships(&groups);
    let of_person = |person: u32| groups_with(&memberships, person);
    let mut shared: Vec<(u32, u32, u32)> = Vec::new();
    for own in memberships.chunk_by(|a, b| a.0 == b.0) {
        for (position, &(person, a)) in own.iter().enumerate() {
            shared.extend(own[position + 1..].iter().map(|&(_, b)| (a, b, person)));
        }
    }
    shared.sort_unstable();
    let mut forest = Forest::new(groups.len());
    for pair in shared.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
        let (a, b) = (&groups[pair[0].0 as usize], &groups[pair[0].1 as usize]);
        let people: Vec<u32> = pair.iter().map(|&(_, _, person)| person).collect();
        let lives_on_elsewhere = |person: u32, after: u16| {
            of_person(person).iter().any(|&(_, group)| {
                group != pair[0].0
                    && group != pair[0].1
                    && groups[group as usize].spell(person).to > after
            })
        };
        let moved = is_move(a, b, &people, life_stages, grain)
            || is_only_continuation(a, b, &people, grain, &lives_on_elsewhere)
            || is_only_continuation(b, a, &people, grain, &lives_on_elsewhere)
            || is_undated_move(a, b, &people, life_stages, &|person| {
                of_person(person).len()
            });
        if moved {
            forest.join(pair[0].0, pair[0].1);
        }
    }
    let mut at: Vec<usize> = vec![usize::MAX; groups.len()];
    let mut joined: Vec<Group> = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let root = forest.find(index as u32) as usize;
        if at[root] == usize::MAX {
            at[root] = joined.len();
            joined.push(group);
        } else {
            joined[at[root]].absorb(group);
        }
    }
    joined
}

/// Whether two groups that share people are one household that moved: at least half of the smaller one is shared, everyone shared
/// follows on from one home to the other, and an adult moves too where ages are known. Or whether they are one home written in two ways.
fn is_move(a: &Group, b: &Group, shared: &[u32], life_stages: &[LifeStage], grain: Grain) -> bool {
    let is = |person: u32, stage: LifeStage| life_stages[person as usize] == stage;
    // An adult who arrives in two homes in the same month lives in one home that is written in two ways.
    let written_twice = shared
        .iter()
        .filter(|&&person| is(person, LifeStage::Adult))
        .any(|&person| {
            let (a, b) = (a.spell(person), b.spell(person));
            let (Some(one), Some(other)) = (a.begun(), b.begun()) else {
                return false;
            };
            one.abs_diff(other) <= grain.same_arrival_max() && a.together(b, grain)
        });
    let at_the_same_time = shared
        .iter()
        .filter(|&&person| a.spell(person).shared(b.spell(person)) > grain.move_max())
        .count();
    let only_children = shared.iter().all(|&person| is(person, LifeStage::Child));
    let has_adults = |group: &Group| {
        let mut people = group.people.iter();
        people.any(|&(person, _)| is(person, LifeStage::Adult))
    };
    let smaller = a.people.len().min(b.people.len());
    // One person alone in one home and with others in another is leaving home, not a move of the household.
    let leaves_alone = shared.len() == 1 && a.people.len().max(b.people.len()) > 1;
    let moved = shared.len() * 2 >= smaller
        && !leaves_alone
        && at_the_same_time * 2 < shared.len()
        && !(only_children && has_adults(a) && has_adults(b));
    written_twice || moved
}

/// Whether the later group is the only thing known of the earlier one after it ended: its home was left by all at the time when the
/// shared people appear in the new one, and none of the others is known anywhere else since. Large families look like this, because
/// most of their keys are not released.
fn is_only_continuation(
    earlier: &Group,
    later: &Group,
    shared: &[u32],
    grain: Grain,
    lives_on_elsewhere: &dyn Fn(u32, u16) -> bool,
) -> bool {
    let ended = earlier.people.iter().map(|(_, spell)| spell.to).max();
    let arrived = shared.iter().map(|&person| later.spell(person).from).min();
    let (Some(ended), Some(arrived)) = (ended, arrived) else {
        return false;
    };
    ended != NO_MONTH
        && ended <= arrived.saturating_add(grain.move_max())
        && arrived <= ended.saturating_add(GAP_MONTHS_MAX)
        && shared
            .iter()
            .all(|&person| earlier.spell(person).from < later.spell(person).from)
        && !earlier
            .people
            .iter()
            .any(|&(person, _)| lives_on_elsewhere(person, ended))
}

/// Whether nothing tells when anybody came or left.
fn undated(group: &Group) -> bool {
    let spells = &mut group.people.iter().map(|(_, spell)| spell);
    spells.all(|spell| spell.begun().is_none() && spell.to == NO_MONTH)
}

/// Whether two groups without months are one household in its old and its new home: agencies that know different members heard of the move at
/// different times, so neither group has everybody. Most of either are in both, an adult among them; all others are in no third
/// group; and not both homes have an adult, or somebody who may be one, whom the other has not: those may be a former and a new partner.
fn is_undated_move(
    a: &Group,
    b: &Group,
    shared: &[u32],
    life_stages: &[LifeStage],
    groups_of: &dyn Fn(u32) -> usize,
) -> bool {
    let stage = |person: u32| life_stages[person as usize];
    let larger = a.people.len().max(b.people.len());
    let own = |group: &Group| -> Vec<u32> {
        let people = group.people.iter().map(|&(person, _)| person);
        people.filter(|person| !shared.contains(person)).collect()
    };
    let (left, right) = (own(a), own(b));
    let child = |&person: &u32| stage(person) == LifeStage::Child;
    shared.len() >= 2
        && shared.len() * 2 > larger
        && shared
            .iter()
            .any(|&person| stage(person) == LifeStage::Adult)
        && (left.iter().all(child) || right.iter().all(child))
        && left
            .iter()
            .chain(&right)
            .all(|&person| groups_of(person) == 1)
        && undated(a)
        && undated(b)
}

/// Takes a group without months whose people are all in a larger group without months as part of it: registers that heard of a move at different
/// times name both homes, and without months nothing tells which was left. It adds nobody to the larger group. Of several larger ones the largest
/// takes it, so groups that share nothing else are not brought together.
pub(super) fn join_contained(groups: Vec<Group>) -> Vec<Group> {
    let memberships = memberships(&groups);
    // The larger one of two; of two alike the first.
    let rank = |index: usize| (groups[index].people.len(), std::cmp::Reverse(index));
    let into: Vec<Option<usize>> = (0..groups.len())
        .map(|index| {
            let group = &groups[index];
            if group.people.len() < 2 || !undated(group) {
                return None;
            }
            groups_with(&memberships, group.people[0].0)
                .iter()
                .map(|&(_, other)| other as usize)
                .filter(|&other| rank(other) > rank(index) && undated(&groups[other]))
                .filter(|&other| {
                    let larger = &groups[other].people;
                    let has =
                        |person: &u32| larger.binary_search_by_key(person, |(p, _)| *p).is_ok();
                    group.people.iter().all(|(person, _)| has(person))
                })
                .max_by_key(|&other| rank(other))
        })
        .collect();
    // Whoever takes a group is in no larger one itself: that one would have taken it.
    let mut kept: Vec<Option<Group>> = groups.into_iter().map(Some).collect();
    for (index, into) in into.iter().enumerate() {
        if let Some(into) = into
            && let Some(group) = kept[index].take()
            && let Some(larger) = &mut kept[*into]
        {
            // How many homes there were one after another is not known either.
            let homes = larger.homes;
            larger.absorb(group);
            larger.homes = homes;
        }
    }
    kept.into_iter().flatten().collect()
}

/// Drops a home of one person who is, at the same time or later, in a household with others: it adds nothing but a household that
/// nobody lives in. Adds a household of one for everyone who is in none.
pub(super) fn drop_outlived_singles(groups: Vec<Group>, people: usize) -> Vec<Group> {
    let mut latest_with_others: Vec<Option<u16>> = vec![None; people];
    for group in groups.iter().filter(|group| group.people.len() > 1) {
        for &(person, spell) in &group.people {
            let latest = &mut latest_with_others[person as usize];
            *latest = (*latest).max(Some(spell.to));
        }
    }
    let mut kept: Vec<Group> = Vec::with_capacity(groups.len());
    let mut latest_single: Vec<u32> = vec![u32::MAX; people];
    for group in groups {
        if group.people.len() > 1 {
            kept.push(group);
            continue;
        }
        let (person, spell) = group.people[0];
        if latest_with_others[person as usize].is_some_and(|to| to >= spell.to) {
            continue;
        }
        // Of several homes alone, one household of one: the person moved.
        let single = latest_single[person as usize];
        if single == u32::MAX {
            latest_single[person as usize] = kept.len() as u32;
            kept.push(group);
        } else {
            kept[single as usize].absorb(group);
        }
    }
    let mut housed = vec![false; people];
    for &(person, _) in kept.iter().flat_map(|group| &group.people) {
        housed[person as usize] = true;
    }
    for person in (0..people).filter(|&person| !housed[person]) {
        let spell = Spell {
            from: NO_MONTH,
            to: NO_MONTH,
        };
        kept.push(Group {
            people: vec![(person as u32, spell)],
            ..Group::default()
        });
    }
    kept
}

/// Every person with every group that it is in, by person.
pub(super) fn memberships(groups: &[Group]) -> Vec<(u32, u32)> {
    let mut memberships: Vec<(u32, u32)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let people = group.people.iter();
        memberships.extend(people.map(|&(person, _)| (person, index as u32)));
    }
    memberships.sort_unstable();
    memberships
}

/// A person's part of the memberships.
pub(super) fn groups_with(memberships: &[(u32, u32)], person: u32) -> &[(u32, u32)] {
    let from = memberships.partition_point(|&(p, _)| p < person);
    let to = memberships.partition_point(|&(p, _)| p <= person);
    &memberships[from..to]
}
