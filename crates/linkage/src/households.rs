//! Households: people with dated evidence of living together.
//!
//! 1. Tokens that stand for one home (its UPRN, its address) are brought together.
//! 2. In each home, people whose spells overlap form a group; successive tenants do not. A home that holds more people at once than
//!    a household can is communal and forms none.
//! 3. Groups in different homes are one household that moved when they share people whose spells follow one another. A child with
//!    two homes lives in both at the same time, so the two homes stay two households, with the child in both.
//! 4. People without such evidence are households of one.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::{
    FLAG_DO_NOT_LINK, FLAG_WITHHELD, HOUSEHOLD_NONE, HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH,
    Schema, Token,
};

use crate::reference::Mint;
use crate::{Linked, RecordSet};

/// More people at once than this make a home communal.
const PEOPLE_AT_ONCE_MAX: usize = 12;
/// Months that two spells must share to count as living together, unless one lies within the other: a month shared at a change of
/// tenants is none.
const SHARED_MONTHS_MIN: u16 = 2;
/// Months that the spells of a person who moves may overlap: registers learn of a move late.
const MOVE_MONTHS_MAX: u16 = 4;

/// A home confirmed this recently (months before the latest month of all evidence) is taken as still lived in, unless a later home of the
/// person is known: registers confirm now and then, and the last confirmation is not the end.
const CONFIRMED_MONTHS_MAX: u16 = 11;
/// Months between the starts of two spells of one person that are one arrival, written down twice.
const SAME_ARRIVAL_MONTHS_MAX: u16 = 1;

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
    /// `HH-` reference, minted from the smallest record reference of its people.
    pub reference: String,
    /// Its people, with dates.
    pub members: Vec<HouseholdMember>,
    /// Share of the members who are tied by evidence of two custodians or of two kinds of key; a household of one has none.
    pub confidence: Option<f64>,
    /// Homes in which it lived.
    pub homes: usize,
    /// Custodians whose evidence ties it, sorted.
    pub sources: Vec<String>,
}

/// A person in a household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseholdMember {
    /// Index into the people.
    pub person: usize,
    /// First month of evidence, or [`NO_MONTH`].
    pub from: u16,
    /// Last month of evidence, or [`NO_MONTH`] when it is open.
    pub to: u16,
    /// Whether the person still belongs to it: no later household has taken over.
    pub current: bool,
}

/// All households, and the homes that make none.
#[derive(Clone, Debug, PartialEq)]
pub struct Households {
    /// Sorted by their first member.
    pub households: Vec<Household>,
    /// Homes left out because they hold too many people at once.
    pub overfull_homes: usize,
}

/// A spell of a person in a home or household, in months; both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spell {
    from: u16,
    to: u16,
}

impl Spell {
    fn cover(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }

    /// Months that both spells have.
    fn shared(self, other: Self) -> u16 {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        if to < from {
            0
        } else {
            (to - from).saturating_add(1)
        }
    }

    fn within(self, other: Self) -> bool {
        other.from <= self.from && self.to <= other.to
    }

    fn together(self, other: Self) -> bool {
        self.shared(other) >= SHARED_MONTHS_MIN || self.within(other) || other.within(self)
    }
}

/// People who live in one home at overlapping times.
#[derive(Clone, Debug, Default)]
struct Group {
    people: BTreeMap<usize, Spell>,
    homes: usize,
    /// Custodians and key kinds that tie each person to the home.
    ties: BTreeMap<usize, BTreeSet<(u32, u8)>>,
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
    assert_eq!(
        life_stages.len(),
        linked.people.len(),
        "one life stage a person"
    );
    let mut evidence = evidence(schema, sets, linked);
    keep_open(&mut evidence);
    let homes = homes(&evidence);
    let mut overfull_homes = 0;
    let mut groups = Vec::new();
    for home in homes {
        if at_once(&home) > PEOPLE_AT_ONCE_MAX {
            overfull_homes += 1;
        } else {
            groups.extend(groups_of(&home));
        }
    }
    let groups = join_moves(groups, life_stages);
    let groups = drop_outlived_singles(groups, linked.people.len());
    Households {
        households: name(groups, sets, linked),
        overfull_homes,
    }
}

/// One person's evidence of one home.
struct Evidence {
    person: usize,
    set: u32,
    key: HouseholdKey,
    /// Record it comes from, so that the UPRN and the address of one spell can be recognised.
    record: usize,
}

fn evidence(schema: &Schema, sets: &[RecordSet], linked: &Linked) -> Vec<Evidence> {
    let slots = schema.household_slots();
    let mut evidence = Vec::new();
    let mut record = 0;
    for (person, cluster) in linked.people.iter().enumerate() {
        let flags = cluster.members.iter().fold(0, |all, id| {
            all | sets[id.set as usize].table.flags[id.row as usize]
        });
        for id in &cluster.members {
            record += 1;
            // One protected record protects the whole person: its other records would show where it lives.
            if flags & (FLAG_WITHHELD | FLAG_DO_NOT_LINK) != 0 {
                continue;
            }
            let row = id.row as usize;
            for &key in &sets[id.set as usize].table.household[row * slots..(row + 1) * slots] {
                if key.kind != HOUSEHOLD_NONE {
                    evidence.push(Evidence {
                        person,
                        set: id.set,
                        key,
                        record,
                    });
                }
            }
        }
    }
    evidence
}

/// Keeps a recently confirmed home open: see [`CONFIRMED_MONTHS_MAX`].
fn keep_open(evidence: &mut [Evidence]) {
    let latest = evidence
        .iter()
        .map(|e| spell(&e.key).to)
        .filter(|&to| to != NO_MONTH)
        .max()
        .unwrap_or(0);
    let mut last_arrival: BTreeMap<usize, u16> = BTreeMap::new();
    for e in evidence.iter() {
        let arrival = last_arrival.entry(e.person).or_default();
        *arrival = (*arrival).max(spell(&e.key).from);
    }
    for e in evidence.iter_mut() {
        let own = spell(&e.key);
        let recent = own.to != NO_MONTH && own.to.saturating_add(CONFIRMED_MONTHS_MAX) >= latest;
        if recent && last_arrival[&e.person] <= own.from.saturating_add(SAME_ARRIVAL_MONTHS_MAX) {
            e.key.from = own.from;
            e.key.to = latest;
        }
    }
}

/// The spells of everyone who lived in one home.
type Home = BTreeMap<usize, (Vec<Spell>, BTreeSet<(u32, u8)>)>;

/// Brings the tokens of one home together and collects who lived there.
fn homes(evidence: &[Evidence]) -> Vec<Home> {
    let tokens: Vec<Token> = {
        let mut tokens: Vec<Token> = evidence.iter().map(|e| e.key.token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    };
    let index = |token: &Token| tokens.binary_search(token).expect("all tokens are listed");
    // How many records say that two tokens are one home: same record, same months, different kinds.
    let mut support: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for same_record in evidence.chunk_by(|a, b| a.record == b.record) {
        for (position, a) in same_record.iter().enumerate() {
            for b in &same_record[position + 1..] {
                if a.key.kind != b.key.kind && (a.key.from, a.key.to) == (b.key.from, b.key.to) {
                    let (i, j) = (index(&a.key.token), index(&b.key.token));
                    *support.entry((i.min(j), i.max(j))).or_default() += 1;
                }
            }
        }
    }
    let mut homes = Partition::new(tokens.len());
    let mut uprns: Vec<usize> = vec![0; tokens.len()];
    for e in evidence {
        if e.key.kind == HOUSEHOLD_UPRN {
            uprns[index(&e.key.token)] = 1;
        }
    }
    let mut ordered: Vec<((usize, usize), usize)> = support.into_iter().collect();
    ordered.sort_by_key(|&(pair, n)| (std::cmp::Reverse(n), pair));
    for ((a, b), _) in ordered {
        let (a, b) = (homes.find(a), homes.find(b));
        // Two UPRNs are two homes, even when one address is written for both (flats without their number).
        if a != b && uprns[a] + uprns[b] <= 1 {
            let root = homes.join(a, b);
            uprns[root] = uprns[a].max(uprns[b]);
        }
    }
    let mut people: BTreeMap<usize, Home> = BTreeMap::new();
    for e in evidence {
        let home = people.entry(homes.find(index(&e.key.token))).or_default();
        let entry = home.entry(e.person).or_default();
        entry.0.push(spell(&e.key));
        entry.1.insert((e.set, e.key.kind));
    }
    people.into_values().collect()
}

/// A key's spell. An unknown start is taken as the end (one month of evidence); a key without any month is open at both ends.
fn spell(key: &HouseholdKey) -> Spell {
    match (key.from, key.to) {
        (NO_MONTH, NO_MONTH) => Spell {
            from: 0,
            to: NO_MONTH,
        },
        (NO_MONTH, to) => Spell { from: to, to },
        (from, to) if from <= to => Spell { from, to },
        // The two are exchanged in the source: a span all the same.
        (from, to) => Spell { from: to, to: from },
    }
}

/// One spell a person: from the first evidence to the last.
fn whole_spells(home: &Home) -> BTreeMap<usize, Spell> {
    home.iter()
        .filter_map(|(&person, (spells, _))| {
            Some((person, spells.iter().copied().reduce(Spell::cover)?))
        })
        .collect()
}

/// The most people in a home in one month.
fn at_once(home: &Home) -> usize {
    let spells = whole_spells(home);
    spells
        .values()
        .map(|start| {
            spells
                .values()
                .filter(|s| s.from <= start.from && start.from <= s.to)
                .count()
        })
        .max()
        .unwrap_or(0)
}

/// The groups of a home: people connected by overlapping spells.
fn groups_of(home: &Home) -> Vec<Group> {
    let spells: Vec<(usize, Spell)> = whole_spells(home).into_iter().collect();
    let mut parts = Partition::new(spells.len());
    for (i, (_, a)) in spells.iter().enumerate() {
        for (j, (_, b)) in spells.iter().enumerate().skip(i + 1) {
            if a.together(*b) {
                parts.join(i, j);
            }
        }
    }
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (i, &(person, spell)) in spells.iter().enumerate() {
        let group = groups.entry(parts.find(i)).or_default();
        group.homes = 1;
        group.people.insert(person, spell);
        group.ties.insert(person, home[&person].1.clone());
    }
    groups.into_values().collect()
}

/// Joins groups that are one household before and after a move.
fn join_moves(groups: Vec<Group>, life_stages: &[LifeStage]) -> Vec<Group> {
    let mut of_person: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        for &person in group.people.keys() {
            of_person.entry(person).or_default().push(index);
        }
    }
    let mut shared: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (&person, indices) in &of_person {
        for (position, &a) in indices.iter().enumerate() {
            for &b in &indices[position + 1..] {
                shared.entry((a, b)).or_default().push(person);
            }
        }
    }
    let mut ordered: Vec<((usize, usize), Vec<usize>)> = shared.into_iter().collect();
    ordered.sort_by_key(|(pair, people)| (std::cmp::Reverse(people.len()), *pair));
    let mut parts = Partition::new(groups.len());
    for ((a, b), people) in ordered {
        if is_move(&groups[a], &groups[b], &people, life_stages) {
            parts.join(a, b);
        }
    }
    let mut joined: BTreeMap<usize, Group> = BTreeMap::new();
    for (index, group) in groups.into_iter().enumerate() {
        let whole = joined.entry(parts.find(index)).or_default();
        whole.homes += group.homes;
        for (person, spell) in group.people {
            whole
                .people
                .entry(person)
                .and_modify(|known| *known = known.cover(spell))
                .or_insert(spell);
        }
        for (person, ties) in group.ties {
            whole.ties.entry(person).or_default().extend(ties);
        }
    }
    joined.into_values().collect()
}

/// Whether two groups that share people are one household that moved: at least half of the smaller one is shared, everyone shared
/// follows on from one home to the other, and an adult moves too where ages are known. Or whether they are one home written in two ways.
fn is_move(a: &Group, b: &Group, shared: &[usize], life_stages: &[LifeStage]) -> bool {
    let stage_is = |stage: LifeStage| move |person: &&usize| life_stages[**person] == stage;
    // An adult who arrives in two homes in the same month lives in one home that is written in two ways.
    let written_twice = shared
        .iter()
        .filter(stage_is(LifeStage::Adult))
        .any(|person| {
            let (a, b) = (a.people[person], b.people[person]);
            a.from.abs_diff(b.from) <= SAME_ARRIVAL_MONTHS_MAX && a.together(b)
        });
    let at_the_same_time = shared
        .iter()
        .filter(|person| a.people[person].shared(b.people[person]) > MOVE_MONTHS_MAX)
        .count();
    let only_children = shared.iter().filter(stage_is(LifeStage::Child)).count() == shared.len();
    let has_adults = |group: &Group| {
        group
            .people
            .keys()
            .any(|person| stage_is(LifeStage::Adult)(&person))
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

/// Drops a home of one person who is, at the same time or later, in a household with others: it adds nothing but a household that
/// nobody lives in. Adds a household of one for everyone who is in none.
fn drop_outlived_singles(groups: Vec<Group>, people: usize) -> Vec<Group> {
    let mut latest_with_others = vec![None; people];
    for group in groups.iter().filter(|group| group.people.len() > 1) {
        for (&person, spell) in &group.people {
            let latest: &mut Option<u16> = &mut latest_with_others[person];
            *latest = (*latest).max(Some(spell.to));
        }
    }
    let mut kept: Vec<Group> = Vec::new();
    let mut latest_single: BTreeMap<usize, usize> = BTreeMap::new();
    for group in groups {
        if group.people.len() > 1 {
            kept.push(group);
            continue;
        }
        let (&person, &spell) = group.people.iter().next().expect("a group has people");
        if latest_with_others[person].is_some_and(|to| to >= spell.to) {
            continue;
        }
        // Of several homes alone, one household of one: the person moved.
        if let Some(&index) = latest_single.get(&person) {
            let known = &mut kept[index];
            known.homes += group.homes;
            known
                .people
                .entry(person)
                .and_modify(|own| *own = own.cover(spell));
            for (person, ties) in group.ties {
                known.ties.entry(person).or_default().extend(ties);
            }
        } else {
            latest_single.insert(person, kept.len());
            kept.push(group);
        }
    }
    let mut housed = vec![false; people];
    for &person in kept.iter().flat_map(|group| group.people.keys()) {
        housed[person] = true;
    }
    for person in (0..people).filter(|&person| !housed[person]) {
        kept.push(Group {
            people: BTreeMap::from([(
                person,
                Spell {
                    from: NO_MONTH,
                    to: NO_MONTH,
                },
            )]),
            homes: 0,
            ties: BTreeMap::new(),
        });
    }
    kept
}

/// Gives households their references and says who still belongs to them.
fn name(groups: Vec<Group>, sets: &[RecordSet], linked: &Linked) -> Vec<Household> {
    // Where each person lives last: a household is current for the person unless another one follows it.
    let mut spells: BTreeMap<usize, Vec<(usize, Spell)>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        for (&person, &spell) in &group.people {
            spells.entry(person).or_default().push((index, spell));
        }
    }
    let is_current = |person: usize, own: usize, spell: Spell| {
        !spells[&person].iter().any(|&(other, later)| {
            other != own
                && later.to > spell.to
                && later.from.saturating_add(MOVE_MONTHS_MAX) > spell.to
        })
    };
    let anchor = |person: usize| {
        linked.people[person]
            .members
            .iter()
            .map(|id| sets[id.set as usize].table.record_ref[id.row as usize])
            .min()
            .expect("people have records")
    };
    let mut households: Vec<([u8; 16], usize, Household)> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let members: Vec<HouseholdMember> = group
                .people
                .iter()
                .map(|(&person, &spell)| HouseholdMember {
                    person,
                    from: spell.from,
                    to: spell.to,
                    current: is_current(person, index, spell),
                })
                .collect();
            let sources: BTreeSet<u32> =
                group.ties.values().flatten().map(|&(set, _)| set).collect();
            let firm = group.ties.values().filter(|ties| ties.len() > 1).count();
            let household = Household {
                reference: String::new(),
                confidence: (members.len() > 1).then(|| firm as f64 / members.len() as f64),
                members,
                homes: group.homes,
                sources: sources
                    .iter()
                    .map(|&set| sets[set as usize].source.clone())
                    .collect(),
            };
            (
                group
                    .people
                    .keys()
                    .map(|&person| anchor(person))
                    .min()
                    .expect("a group has people"),
                index,
                household,
            )
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
    named.sort_by_key(|household| (household.members[0].person, household.reference.clone()));
    named
}

/// Union-find whose roots are the smallest members, so that the result does not depend on the order of joins.
struct Partition {
    parent: Vec<usize>,
}

impl Partition {
    fn new(len: usize) -> Self {
        Self {
            parent: (0..len).collect(),
        }
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) -> usize {
        let (a, b) = (self.find(a), self.find(b));
        let (root, child) = (a.min(b), a.max(b));
        self.parent[child] = root;
        root
    }
}
