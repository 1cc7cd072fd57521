//! Bringing rows together part after part, with hashes on disk, gives what holding everything in memory gives. The second half of this
//! file is how it was done when everything was held.

use super::candidates::LARGEST_GROUP;
use super::evidence::plain_fingerprint;
use super::judge::Verdict;
use super::reference::judge::{clearly_two, judge, never_one};
use super::reference::things::shared_things;
use super::*;
use crate::decided::DecidedPair;
use crate::rows::Tells;
use crate::table::Memory;
use kinfold_identity::{
    AddressSpell, DateRules, NO_MONTH, NhsNumber, Plain, Sex, Upn, read_address, read_date,
    read_family_names, read_given_names,
};
use proptest::prelude::*;
use std::hash::RandomState;

/// As the program does it, with this much memory.
pub(super) fn bounded(rows: &[PersonRow], hash_bytes: usize) -> Together {
    bounded_in(rows, hash_bytes, &Told::of(Care::BENCH))
}

/// What uniting is told beside the rows.
pub(super) struct Told {
    pub(super) care: Care,
    /// Sources whose own ids are people.
    pub(super) numbered: Vec<bool>,
    /// Own ids of two rows, each with its source, and whether they are one person.
    pub(super) decided: Vec<([(usize, String); 2], bool)>,
}

impl Told {
    pub(super) fn of(care: Care) -> Self {
        Self {
            care,
            numbered: Vec::new(),
            decided: Vec::new(),
        }
    }
}

/// The same with all that can be told.
pub(super) fn bounded_in(rows: &[PersonRow], hash_bytes: usize, told: &Told) -> Together {
    let memory = Memory {
        hash_bytes,
        ..Memory::default()
    };
    let mut rows = Rows::held(rows.to_vec(), memory, &std::env::temp_dir());
    rows.numbered.clone_from(&told.numbered);
    let decided = told.decided.iter().map(|(pair, is_one)| {
        let row = |own: &(usize, String)| rows.find(own.0, &own.1).expect("an own id");
        DecidedPair {
            rows: [row(&pair[0]), row(&pair[1])],
            is_one: *is_one,
        }
    });
    let decided = Decided {
        pairs: decided.collect(),
        unknown: 0,
    };
    let united = unite(&rows, told.care, &decided, &|_| ()).expect("rows that are held");
    let mut people = Vec::new();
    united
        .load(&rows, |first, part| {
            assert_eq!(first, people.len());
            people.extend(part.into_iter().enumerate().map(|(at, united_person)| {
                let numbers: Vec<usize> = united
                    .rows(first + at)
                    .iter()
                    .map(|row| *row as usize)
                    .collect();
                assert!(
                    numbers
                        .iter()
                        .all(|row| united.person_of_row(*row) == first + at)
                );
                TogetherPerson {
                    rows: numbers,
                    person: united_person.person,
                }
            }));
            Ok::<(), Error>(())
        })
        .expect("rows that are held");
    Together {
        people,
        joins: united.joins,
        doubtful: united.doubtful,
        shared_own_ids: united.shared_own_ids,
        refused: united.decisions_not_followed,
    }
}

/// Everything about a person that could differ.
fn facts(person: &Person) -> String {
    let upns: Vec<&str> = person
        .upn
        .iter()
        .chain(&person.former_upns)
        .map(Upn::as_str)
        .collect();
    let spells: Vec<Option<String>> = person
        .addresses
        .iter()
        .map(|spell| spell.address.as_ref()?.canonical())
        .collect();
    let births: Vec<String> = person.births.iter().map(|birth| birth.iso()).collect();
    let families: Vec<&str> = person
        .family_names
        .iter()
        .map(|name| name.whole.as_str())
        .collect();
    let firsts: Vec<&str> = person.first_names.iter().map(String::as_str).collect();
    format!(
        "{firsts:?} {families:?} {births:?} {spells:?} {upns:?} {:?} {:?} {}",
        person.sex.map(|sex| sex == Sex::Female),
        person.nhs.as_ref().map(NhsNumber::as_str),
        person.do_not_link
    )
}

fn any_row() -> impl Strategy<Value = PersonRow> {
    let pick = |all: Vec<&'static str>| proptest::sample::select(all);
    let names = (
        pick(vec!["Amy", "Amie", "Bob", "Robert", "Tom", "Khan", ""]),
        pick(vec!["Smith", "Smyth", "Khan", "Smith-Jones", ""]),
    );
    let numbers = (
        pick(vec!["", "", "", "9990000018", "9990000026"]),
        pick(vec![
            "",
            "",
            "H801200001001",
            "B801200005001",
            "G80120000101A",
        ]),
    );
    let rest = (
        pick(vec!["13/02/2015", "14/02/2015", "01/09/1980", ""]),
        pick(vec!["F", "M", ""]),
        pick(vec!["4 Mill Road", "9 High Street", ""]),
        any::<[bool; 4]>(),
    );
    (0usize..2, 0u8..30, names, numbers, rest).prop_map(|(source, own_id, names, numbers, rest)| {
        let mut person = Person {
            family_names: read_family_names(names.1).unwrap_or_default(),
            births: read_date(rest.0, &DateRules::default())
                .into_iter()
                .collect(),
            nhs: NhsNumber::parse(numbers.0).ok(),
            do_not_link: rest.3 == [true; 4],
            sex: match rest.1 {
                "F" => Some(Sex::Female),
                "M" => Some(Sex::Male),
                _ => None,
            },
            ..Person::default()
        };
        if let Ok(names) = read_given_names(names.0) {
            person.add_given_names(names);
        }
        if let Ok(upn) = Upn::parse(numbers.1) {
            person.add_upn(upn);
        }
        person.addresses = read_address(&[rest.2], "XE4 7AB")
            .ok()
            .map(|address| AddressSpell {
                address: Some(address),
                uprn: None,
                town: None,
                from: NO_MONTH,
                to: NO_MONTH,
            })
            .into_iter()
            .collect();
        PersonRow {
            source,
            own_id: Plain::new(own_id.to_string()),
            line: 0,
            person,
            rejected: Vec::new(),
            last_contact: None,
        }
    })
}

proptest! {
    #[test]
    fn parts_and_disk_change_nothing(rows in proptest::collection::vec(any_row(), 0..60), hash_bytes in 0usize..3000) {
        let (expected, found) = (in_memory(&rows), bounded_in(&rows, hash_bytes, &Told::of(Care::Rules)));
        prop_assert_eq!(&found.joins, &expected.joins);
        prop_assert_eq!(&found.doubtful, &expected.doubtful);
        prop_assert_eq!(&found.shared_own_ids, &expected.shared_own_ids);
        prop_assert_eq!(found.people.len(), expected.people.len());
        for (found, expected) in found.people.iter().zip(&expected.people) {
            prop_assert_eq!(&found.rows, &expected.rows);
            prop_assert_eq!(facts(&found.person), facts(&expected.person));
            let told = found.rows.iter().map(|row| Tells::of(&rows[*row].person));
            prop_assert_eq!(told.fold(Tells::default(), Tells::and), Tells::of(&found.person));
        }
    }
}

/// Who came together and what they say, in an order that does not depend on the rows'.
fn people(rows: &[PersonRow], together: &Together) -> Vec<(Vec<String>, String)> {
    let mut people = Vec::new();
    for person in &together.people {
        let lines = person.rows.iter().map(|row| {
            let row = &rows[*row];
            format!(
                "{} {} {}",
                row.source,
                row.own_id.expose(),
                facts(&row.person)
            )
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort_unstable();
        people.push((lines, facts(&person.person)));
    }
    people.sort_unstable();
    people
}

proptest! {
    /// Rows that contradict each other, several of a person: which of them stands first changes neither who is one nor what a person says.
    #[test]
    fn no_order_of_rows_changes_a_person(
        (rows, moved) in proptest::collection::vec(any_row(), 0..40)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        hash_bytes in 0usize..3000,
    ) {
        for care in [Care::Rules, Care::BENCH] {
            let told = Told::of(care);
            let (found, again) = (bounded_in(&rows, hash_bytes, &told), bounded_in(&moved, hash_bytes, &told));
            prop_assert_eq!(people(&rows, &found), people(&moved, &again));
            prop_assert_eq!(&found.joins, &again.joins);
            prop_assert_eq!(found.doubtful.len(), again.doubtful.len());
        }
    }
}

/// The rows of one person.
#[derive(Clone, Debug)]
pub(super) struct TogetherPerson {
    /// Indices of the rows, ascending.
    pub(super) rows: Vec<usize>,
    /// What the rows say together.
    pub(super) person: Person,
}

/// All people of a custodian.
#[derive(Clone, Debug)]
pub(super) struct Together {
    /// Each person once, in the order of their first rows.
    pub(super) people: Vec<TogetherPerson>,
    /// How many joins each reason made.
    pub(super) joins: BTreeMap<Reason, usize>,
    /// Pairs left apart that are worth a look, sorted.
    pub(super) doubtful: Vec<Doubtful>,
    /// Own ids that several people share, in the order of their first rows. Nothing may be sent while there is one: nobody can
    /// tell whose the events of such an id are.
    pub(super) shared_own_ids: Vec<SharedOwnId>,
    /// Decisions that were not followed.
    pub(super) refused: usize,
}

/// Brings together the rows that are one person.
fn in_memory(rows: &[PersonRow]) -> Together {
    let ByOwnId {
        units,
        rows: unit_rows,
        shared: shared_own_ids,
    } = by_own_id(rows);
    let own_id_joins = rows.len() - units.len();
    let mut verdicts: Vec<(Reason, usize, usize)> = Vec::new();
    let mut doubts: Vec<(usize, usize, Doubt)> = Vec::new();
    let judged: Vec<(usize, usize, Verdict)> = pairs_in_memory(&units)
        .into_par_iter()
        .map(|(left, right)| (left, right, judge(&units[left], &units[right])))
        .collect();
    for (left, right, verdict) in judged {
        match verdict {
            Verdict::One(reason) => verdicts.push((reason, left, right)),
            Verdict::Doubt(why) => doubts.push((left, right, why)),
            Verdict::Two => {}
        }
    }
    let prints: Vec<u64> = units.iter().map(plain_fingerprint).collect();
    verdicts.sort_unstable_by_key(|(reason, left, right)| {
        let (one, other) = (prints[*left], prints[*right]);
        (*reason, one.min(other), one.max(other), *left, *right)
    });
    let mut groups = MemberLists::new(units.len());
    let mut joins = BTreeMap::new();
    if own_id_joins > 0 {
        joins.insert(Reason::OwnId, own_id_joins);
    }
    for (reason, left, right) in verdicts {
        if groups.find(left) == groups.find(right) {
            continue;
        }
        let clash = groups.members(left).iter().any(|one| {
            groups
                .members(right)
                .iter()
                .any(|other| never_one(&units[*one], &units[*other]))
        });
        if clash {
            doubts.push((left, right, Doubt::Chain));
        } else {
            groups.join(left, right);
            *joins.entry(reason).or_default() += 1;
        }
    }
    doubts.retain(|(left, right, _)| groups.find(*left) != groups.find(*right));
    let mut doubtful: Vec<Doubtful> = doubts
        .into_iter()
        .map(|(left, right, why)| Doubtful {
            left: unit_rows[left][0],
            right: unit_rows[right][0],
            why,
        })
        .collect();
    doubtful.sort_unstable();
    let mut people = Vec::new();
    for list in groups.into_lists() {
        let units = list.iter();
        let mut numbers: Vec<usize> = units.flat_map(|unit| &unit_rows[*unit]).copied().collect();
        numbers.sort_unstable();
        people.push(TogetherPerson {
            person: together(rows, &numbers),
            rows: numbers,
        });
    }
    Together {
        people,
        joins,
        doubtful,
        shared_own_ids,
        refused: 0,
    }
}

/// The rows after the first step.
struct ByOwnId {
    /// Rows of one own id in one source, merged; rows of an own id that several people share, each alone.
    units: Vec<Person>,
    /// The indices of each unit's rows.
    rows: Vec<Vec<usize>>,
    /// The own ids that several people share.
    shared: Vec<SharedOwnId>,
}

/// Brings together the rows with one own id in one source, unless they are clearly of several people.
fn by_own_id(rows: &[PersonRow]) -> ByOwnId {
    let mut position: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut lists: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let list = *position
            .entry((row.source, row.own_id.expose()))
            .or_insert_with(|| {
                lists.push(Vec::new());
                lists.len() - 1
            });
        lists[list].push(index);
    }
    let mut found = ByOwnId {
        units: Vec::new(),
        rows: Vec::new(),
        shared: Vec::new(),
    };
    for list in lists {
        if several_people(rows, &list) {
            for index in &list {
                found.units.push(rows[*index].person.clone());
                found.rows.push(vec![*index]);
            }
            found.shared.push(SharedOwnId { rows: list });
        } else {
            found.units.push(together(rows, &list));
            found.rows.push(list);
        }
    }
    found
}

/// Whether any two of some rows are clearly two people.
fn several_people(rows: &[PersonRow], indices: &[usize]) -> bool {
    // A person with many rows has few ways to be written, so only those are compared.
    let mut seen: Vec<&Person> = Vec::new();
    for index in indices {
        let person = &rows[*index].person;
        let known = seen.iter().any(|other| {
            other.first_names == person.first_names
                && other.middle_names == person.middle_names
                && other.family_names == person.family_names
                && other.births == person.births
        });
        if known {
            continue;
        }
        if seen.iter().any(|other| clearly_two(other, person)) {
            return true;
        }
        seen.push(person);
    }
    false
}

/// What some rows say together.
fn together(rows: &[PersonRow], indices: &[usize]) -> Person {
    let mut person = PersonRows::default();
    for index in indices {
        let row = &rows[*index];
        person.add(row.person.clone(), row.seen());
    }
    person.together()
}

/// Disjoint groups of units; small ones, so members are kept as lists.
struct MemberLists {
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl MemberLists {
    fn new(units: usize) -> Self {
        Self {
            group: (0..units).collect(),
            members: (0..units).map(|unit| vec![unit]).collect(),
        }
    }

    fn find(&self, unit: usize) -> usize {
        self.group[unit]
    }

    fn members(&self, unit: usize) -> &[usize] {
        &self.members[self.group[unit]]
    }

    fn join(&mut self, left: usize, right: usize) {
        let (keep, give) = (
            self.find(left).min(self.find(right)),
            self.find(left).max(self.find(right)),
        );
        let moved = std::mem::take(&mut self.members[give]);
        for unit in &moved {
            self.group[*unit] = keep;
        }
        self.members[keep].extend(moved);
    }

    /// The groups in the order of their first unit, each sorted.
    fn into_lists(self) -> impl Iterator<Item = Vec<usize>> {
        self.members
            .into_iter()
            .filter(|list| !list.is_empty())
            .map(|mut list| {
                list.sort_unstable();
                list
            })
    }
}

/// All pairs, each once, sorted.
fn pairs_in_memory(units: &[Person]) -> Vec<(usize, usize)> {
    let key = RandomState::new();
    let mut shelves: Vec<(u64, usize)> = Vec::new();
    for (index, person) in units.iter().enumerate() {
        shelves.extend(
            shared_things(person, &key)
                .into_iter()
                .map(|thing| (thing, index)),
        );
    }
    shelves.sort_unstable();
    shelves.dedup();
    let mut pairs = Vec::new();
    for shelf in shelves
        .chunk_by(|one, other| one.0 == other.0)
        .filter(|shelf| shelf.len() <= LARGEST_GROUP)
    {
        for (at, (_, left)) in shelf.iter().enumerate() {
            pairs.extend(shelf[at + 1..].iter().map(|(_, right)| (*left, *right)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
