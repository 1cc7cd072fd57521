//! Bringing the rows of one person together inside one custodian, in the clear, on its own machine.
//!
//! A council knows a child from the school census and from the homelessness register. Both rows must leave as one record: the
//! linkage unit would otherwise have to find out again, with codes, what the council can see, and match keys that two records of
//! one file share are not released at all.
//!
//! Rows with one own id are always one person. Beyond that, rows come together only on strong agreement, and never twins (the same
//! family and birth date, clearly different first names), never two verified NHS numbers, never a record that must not be linked.
//! What is nearly but not quite enough is listed for the custodian as doubtful, by line number alone.

use crate::compare::{
    Births, FirstNames, address_agrees, births, family_agrees, family_tells, first_names, identifiers, postcode_agrees, sex_agrees,
};
use crate::people::PersonRow;
use kinfold_identity::{Person, canonical_nicknames};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

/// Candidates are looked for among rows that share something; a group larger than this shares something meaningless.
const LARGEST_GROUP: usize = 400;

/// Why two rows are one person, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The same own id in the same source.
    OwnId,
    /// The same verified NHS number, permanent pupil number or National Insurance number.
    Identifier,
    /// The same first and family name and full birth date, and the address, the postcode or the sex.
    NameAndBirth,
    /// The same family name, full birth date and address, and nearly the same first name.
    NearNameAtAddress,
    /// The same first name, full birth date and address under another family name.
    OtherFamilyName,
    /// The same names and address, and birth dates a slip apart in one year.
    BirthSlip,
}

/// Why two rows that nearly agree are left apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The same family name, birth date and address, but clearly different first names.
    Twins,
    /// Two different verified NHS numbers.
    TwoNhsNumbers,
    /// The same identifier, but name and birth date both differ.
    IdentifierOfAnother,
    /// Names and address agree, but a birth date is missing.
    BirthMissing,
    /// The first names are neither clearly one nor clearly two.
    FirstNameUnsure,
    /// Names and birth date agree, but nothing confirms it, or another number contradicts it.
    Unconfirmed,
    /// Together they would contradict a third row.
    Chain,
}

/// A pair of rows that a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubtful {
    /// Index of one row.
    pub left: usize,
    /// Index of the other.
    pub right: usize,
    /// Why they were left apart.
    pub why: Doubt,
}

/// The rows of one person.
#[derive(Clone, Debug)]
pub struct UnitedPerson {
    /// Indices of the rows, ascending.
    pub rows: Vec<usize>,
    /// What the rows say together.
    pub person: Person,
}

/// All people of a custodian.
#[derive(Clone, Debug)]
pub struct United {
    /// Each person once, in the order of their first rows.
    pub people: Vec<UnitedPerson>,
    /// How many joins each reason made.
    pub joins: BTreeMap<Reason, usize>,
    /// Pairs left apart that are worth a look, sorted.
    pub doubtful: Vec<Doubtful>,
}

/// Brings together the rows that are one person.
pub fn unite(rows: &[PersonRow]) -> United {
    let (units, unit_rows, own_id_joins) = by_own_id(rows);
    let mut verdicts: Vec<(Reason, usize, usize)> = Vec::new();
    let mut doubts: Vec<(usize, usize, Doubt)> = Vec::new();
    for (left, right) in candidates(&units) {
        match judge(&units[left], &units[right]) {
            Verdict::One(reason) => verdicts.push((reason, left, right)),
            Verdict::Doubt(why) => doubts.push((left, right, why)),
            Verdict::Two => {}
        }
    }
    verdicts.sort_unstable();
    let mut groups = Groups::new(units.len());
    let mut joins = BTreeMap::new();
    if own_id_joins > 0 {
        joins.insert(Reason::OwnId, own_id_joins);
    }
    for (reason, left, right) in verdicts {
        if groups.find(left) == groups.find(right) {
            continue;
        }
        let clash = groups.members(left).iter().any(|one| groups.members(right).iter().any(|other| never_one(&units[*one], &units[*other])));
        if clash {
            doubts.push((left, right, Doubt::Chain));
        } else {
            groups.join(left, right);
            *joins.entry(reason).or_default() += 1;
        }
    }
    doubts.retain(|(left, right, _)| groups.find(*left) != groups.find(*right));
    let mut doubtful: Vec<Doubtful> =
        doubts.into_iter().map(|(left, right, why)| Doubtful { left: unit_rows[left][0], right: unit_rows[right][0], why }).collect();
    doubtful.sort_unstable();
    let people = groups.into_lists().into_iter().map(|list| together(rows, list.iter().flat_map(|unit| &unit_rows[*unit]).copied())).collect();
    United { people, joins, doubtful }
}

/// Rows with one own id in one source, merged; their indices; and the number of joins made.
fn by_own_id(rows: &[PersonRow]) -> (Vec<Person>, Vec<Vec<usize>>, usize) {
    let mut position: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut lists: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let list = *position.entry((row.source, row.own_id.expose())).or_insert_with(|| {
            lists.push(Vec::new());
            lists.len() - 1
        });
        lists[list].push(index);
    }
    let units = lists.iter().map(|list| together(rows, list.iter().copied()).person).collect();
    let joins = rows.len() - lists.len();
    (units, lists, joins)
}

fn together(rows: &[PersonRow], indices: impl Iterator<Item = usize>) -> UnitedPerson {
    let mut list: Vec<usize> = indices.collect();
    list.sort_unstable();
    let mut person = Person::default();
    for index in &list {
        person.merge(rows[*index].person.clone());
    }
    UnitedPerson { rows: list, person }
}

/// Pairs that share something worth a comparison, each once, sorted.
fn candidates(units: &[Person]) -> BTreeSet<(usize, usize)> {
    // Shared things are kept as hashes: two that collide cost a needless comparison and nothing else.
    let mut shelves: Vec<(u64, usize)> = Vec::new();
    for (index, person) in units.iter().enumerate() {
        let mut put = |kind: u8, one: &str, other: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            (kind, one, other).hash(&mut hasher);
            shelves.push((hasher.finish(), index));
        };
        person.nhs.iter().for_each(|number| put(0, number.as_str(), ""));
        person.nino.iter().for_each(|number| put(1, number.as_str(), ""));
        person.upn.iter().filter(|upn| upn.is_permanent()).for_each(|number| put(2, number.as_str(), ""));
        let families = || person.family_names.iter().flat_map(|name| name.parts.iter().chain([&name.whole]));
        let firsts = || {
            let with_forms = |name: &'_ String| -> Vec<String> {
                std::iter::once(name.as_str()).chain(canonical_nicknames(name).iter().copied()).map(str::to_owned).collect()
            };
            person.first_names.iter().flat_map(with_forms).collect::<Vec<_>>()
        };
        for birth in person.births.iter().filter(|birth| birth.is_full()) {
            let birth = birth.iso();
            families().for_each(|family| put(3, &birth, family));
            firsts().iter().for_each(|first| put(4, &birth, first));
        }
        for spell in &person.addresses {
            spell.uprn.iter().for_each(|uprn| firsts().iter().for_each(|first| put(5, uprn.as_str(), first)));
            let address = spell.address.as_ref().and_then(|address| address.canonical());
            address.iter().for_each(|address| firsts().iter().for_each(|first| put(6, address, first)));
        }
    }
    shelves.sort_unstable();
    shelves.dedup();
    let mut pairs = BTreeSet::new();
    for shelf in shelves.chunk_by(|one, other| one.0 == other.0).filter(|shelf| shelf.len() <= LARGEST_GROUP) {
        for (at, (_, left)) in shelf.iter().enumerate() {
            pairs.extend(shelf[at + 1..].iter().map(|(_, right)| (*left, *right)));
        }
    }
    pairs
}

enum Verdict {
    One(Reason),
    Doubt(Doubt),
    Two,
}

/// Whether two rows are one person.
fn judge(left: &Person, right: &Person) -> Verdict {
    if left.do_not_link || right.do_not_link {
        return Verdict::Two;
    }
    let first = first_names(left, right);
    let birth = births(left, right);
    let family = family_agrees(left, right);
    let address = address_agrees(left, right);
    let ids = identifiers(left, right);
    let sex = sex_agrees(left, right);
    let alike = family && birth == Births::Same && first >= FirstNames::Near;
    if ids.nhs_differs {
        return if alike { Verdict::Doubt(Doubt::TwoNhsNumbers) } else { Verdict::Two };
    }
    if is_twins(left, right) {
        return if ids.shared || address { Verdict::Doubt(Doubt::Twins) } else { Verdict::Two };
    }
    if ids.shared {
        let name_differs = first == FirstNames::Different && !family;
        let birth_differs = birth == Births::Different;
        // A spouse's number typed into the wrong form: the family name agrees, and nothing else.
        let spouse = first == FirstNames::Different && birth_differs;
        return if (name_differs && birth_differs) || spouse { Verdict::Doubt(Doubt::IdentifierOfAnother) } else { Verdict::One(Reason::Identifier) };
    }
    let sex_contradicts = sex == Some(false);
    match (first, family, birth) {
        (FirstNames::Same | FirstNames::Near, true, Births::Same) => {
            // Near names with two different numbers are siblings as likely as a slip.
            let contradicted = ids.other_differs && (first == FirstNames::Near || !(address || postcode_agrees(left, right)));
            let confirmed = address || postcode_agrees(left, right) || (sex == Some(true) && family_tells(left, right));
            let near_but_other_sex = first == FirstNames::Near && sex_contradicts;
            if confirmed && !contradicted && !near_but_other_sex {
                Verdict::One(Reason::NameAndBirth)
            } else {
                Verdict::Doubt(Doubt::Unconfirmed)
            }
        }
        (FirstNames::Loose, true, Births::Same) if address && !sex_contradicts && !ids.other_differs => {
            Verdict::One(Reason::NearNameAtAddress)
        }
        (FirstNames::Loose | FirstNames::Unsure, true, Births::Same) if address => Verdict::Doubt(Doubt::FirstNameUnsure),
        (FirstNames::Same, false, Births::Same) if address && !sex_contradicts && !ids.other_differs => Verdict::One(Reason::OtherFamilyName),
        (FirstNames::Same, true, Births::Slip) if address && !sex_contradicts && !ids.other_differs => Verdict::One(Reason::BirthSlip),
        (FirstNames::Same, true, Births::Unknown) if address => Verdict::Doubt(Doubt::BirthMissing),
        _ => Verdict::Two,
    }
}

/// Twins, or two children of one name: the same family and birth date, and first names that are clearly two.
fn is_twins(left: &Person, right: &Person) -> bool {
    births(left, right) == Births::Same && family_agrees(left, right) && first_names(left, right) == FirstNames::Different
}

/// Whether two rows must not be one person whatever a third row says.
fn never_one(left: &Person, right: &Person) -> bool {
    left.do_not_link || right.do_not_link || identifiers(left, right).nhs_differs || is_twins(left, right)
}

/// Disjoint groups of units; small ones, so members are kept as lists.
struct Groups {
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Groups {
    fn new(units: usize) -> Self {
        Self { group: (0..units).collect(), members: (0..units).map(|unit| vec![unit]).collect() }
    }

    fn find(&self, unit: usize) -> usize {
        self.group[unit]
    }

    fn members(&self, unit: usize) -> &[usize] {
        &self.members[self.group[unit]]
    }

    fn join(&mut self, left: usize, right: usize) {
        let (keep, give) = (self.find(left).min(self.find(right)), self.find(left).max(self.find(right)));
        let moved = std::mem::take(&mut self.members[give]);
        for unit in &moved {
            self.group[*unit] = keep;
        }
        self.members[keep].extend(moved);
    }

    /// The groups in the order of their first unit.
    fn into_lists(self) -> Vec<Vec<usize>> {
        self.members.into_iter().filter(|list| !list.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_identity::{
        AddressSpell, DateRules, NO_MONTH, NhsNumber, Nino, Plain, Sex, Upn, read_address, read_date, read_family_names, read_given_names,
    };
    use proptest::prelude::*;

    /// `first|family|birth|sex|house|postcode`; an empty part is not known.
    fn row(source: usize, own_id: &str, text: &str) -> PersonRow {
        let part: Vec<&str> = text.split('|').collect();
        let mut person = Person::default();
        if let Ok(names) = read_given_names(part[0]) {
            person.add_given_names(names);
        }
        person.family_names = read_family_names(part[1]).unwrap_or_default();
        person.births = read_date(part[2], &DateRules::default()).into_iter().collect();
        person.sex = match part[3] {
            "F" => Some(Sex::Female),
            "M" => Some(Sex::Male),
            _ => None,
        };
        person.addresses = read_address(&[part[4]], part[5])
            .ok()
            .map(|address| AddressSpell { address: Some(address), uprn: None, from: NO_MONTH, to: NO_MONTH })
            .into_iter()
            .collect();
        PersonRow { source, own_id: Plain::new(own_id.to_owned()), line: 0, person, last_contact: None }
    }

    fn lists(rows: &[PersonRow]) -> Vec<Vec<usize>> {
        unite(rows).people.into_iter().map(|person| person.rows).collect()
    }

    const AMY: &str = "Amy|Smith|13/02/2015|F|4 Mill Road|XE4 7AB";

    #[test]
    fn one_own_id_is_one_person() {
        let rows = [row(0, "1", AMY), row(1, "1", "Tom|Jones|01/05/1980|M||"), row(0, "1", "Amelia|Brown|||5 High Street|XE1 1AA")];
        assert_eq!(lists(&rows), [vec![0, 2], vec![1]]);
        assert_eq!(unite(&rows).joins, BTreeMap::from([(Reason::OwnId, 1)]));
    }

    #[test]
    fn a_pupil_and_a_housing_applicant_come_together() {
        for (other, reason) in [
            ("Amy|Smith|13/02/2015|F|9 High Street|XE1 1AA", Reason::NameAndBirth),
            ("Amy Louise|Smith-Brown|13/02/2015||4 Mill Road|XE4 7AB", Reason::NameAndBirth),
            ("Amyleigh|Smith|13/02/2015|F|4 Mill Road|XE4 7AB", Reason::NearNameAtAddress),
            ("Amy|Brown|13/02/2015|F|4 Mill Road|XE4 7AB", Reason::OtherFamilyName),
            ("Amy|Smith|23/02/2015|F|4 Mill Road|XE4 7AB", Reason::BirthSlip),
        ] {
            let united = unite(&[row(0, "1", AMY), row(1, "1", other)]);
            assert_eq!(united.joins, BTreeMap::from([(reason, 1)]), "{other}");
        }
    }

    #[test]
    fn these_stay_apart() {
        for (other, doubt) in [
            // A twin at home, a father of one name, a namesake elsewhere, a sister.
            ("Tom|Smith|13/02/2015|M|4 Mill Road|XE4 7AB", Some(Doubt::Twins)),
            ("Amy|Smith|01/06/1985|F|4 Mill Road|XE4 7AB", None),
            ("Amy|Smith|13/02/2014|F|9 High Street|XE1 1AA", None),
            ("Amy|Smith|13/02/2015||9 High Street|XE1 1AA", Some(Doubt::Unconfirmed)),
            ("Amy|Smith|||4 Mill Road|XE4 7AB", Some(Doubt::BirthMissing)),
            ("Zoe|Smith|01/05/2017|F|4 Mill Road|XE4 7AB", None),
        ] {
            let united = unite(&[row(0, "1", AMY), row(1, "1", other)]);
            assert_eq!(united.people.len(), 2, "{other}");
            assert_eq!(united.doubtful.first().map(|doubtful| doubtful.why), doubt, "{other}");
        }
    }

    #[test]
    fn a_record_that_must_not_be_linked_stays_alone() {
        let mut flagged = row(1, "1", AMY);
        flagged.person.do_not_link = true;
        let rows = [row(0, "1", AMY), flagged, row(2, "1", AMY)];
        assert_eq!(lists(&rows), [vec![0, 2], vec![1]]);
        assert!(unite(&rows).doubtful.is_empty(), "not even a hint");
    }

    #[test]
    fn identifiers_join_and_contradict() {
        let with_nino = |text: &str, nino: &str| {
            let mut row = row(0, text, text);
            row.person.nino = Nino::parse(nino).ok();
            assert!(row.person.nino.is_some());
            row
        };
        let joined = [with_nino("Amy|Smith|13/02/1985|F||", "AB123456C"), with_nino("Amy|Brown|13/02/1985|F||", "AB123456C")];
        assert_eq!(lists(&joined).len(), 1);
        let spouse = [with_nino("Amy|Smith|13/02/1985|F||", "AB123456C"), with_nino("John|Smith|01/07/1983|M||", "AB123456C")];
        let united = unite(&spouse);
        assert_eq!((united.people.len(), united.doubtful[0].why), (2, Doubt::IdentifierOfAnother));

        let with_nhs = |id: &str, number: &str| {
            let mut row = row(0, id, AMY);
            row.person.nhs = NhsNumber::parse(number).ok();
            row
        };
        let united = unite(&[with_nhs("1", "9990000018"), with_nhs("2", "9990000026")]);
        assert_eq!((united.people.len(), united.doubtful[0].why), (2, Doubt::TwoNhsNumbers));

        // Near names and two pupil numbers: sisters born on one day, not a slip.
        let with_upn = |id: &str, name: &str, upn: &str| {
            let mut row = row(0, id, &AMY.replace("Amy", name));
            row.person.upn = Upn::parse(upn).ok();
            assert!(row.person.upn.is_some());
            row
        };
        let united = unite(&[with_upn("1", "Maria", "H801200001001"), with_upn("2", "Mariam", "T801200001007")]);
        assert_eq!(united.people.len(), 2);
    }

    #[test]
    fn a_third_row_cannot_join_twins() {
        // A row that knows both names: whichever twin it joins first, the other stays apart.
        let rows = [row(0, "1", AMY), row(0, "2", "Tom|Smith|13/02/2015|M|4 Mill Road|XE4 7AB"), row(1, "1", "Amy Tom|Smith|13/02/2015||4 Mill Road|XE4 7AB")];
        let united = unite(&rows);
        assert_eq!(united.people.len(), 2);
        assert!(united.doubtful.iter().any(|doubtful| doubtful.why == Doubt::Chain));
    }

    prop_compose! {
        fn any_row()(source in 0usize..2, own_id in 0usize..6, first in 0usize..4, family in 0usize..2, birth in 0usize..3, house in 0usize..2, flag in 0usize..8) -> PersonRow {
            let text = [
                ["Amy", "Tom", "Amie", ""][first],
                ["Smith", "Jones"][family],
                ["13/02/2015", "13/03/2015", ""][birth],
                "",
                ["4 Mill Road", "7 High Street"][house],
                "XE4 7AB",
            ].join("|");
            let mut row = row(source, &own_id.to_string(), &text);
            row.person.do_not_link = flag == 0;
            row
        }
    }

    proptest! {
        /// Every row is in exactly one person, the counts add up, and a flagged record stays alone.
        #[test]
        fn the_people_are_a_partition_of_the_rows(rows in proptest::collection::vec(any_row(), 0..12)) {
            let united = unite(&rows);
            let mut all: Vec<usize> = united.people.iter().flat_map(|person| person.rows.clone()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
            let by_reason: usize = united.joins.values().sum();
            prop_assert_eq!(united.people.len() + by_reason, rows.len());
            for person in &united.people {
                let flagged = person.rows.iter().any(|index| rows[*index].person.do_not_link);
                let own_ids: BTreeSet<_> = person.rows.iter().map(|index| (rows[*index].source, rows[*index].own_id.expose())).collect();
                prop_assert!(!flagged || own_ids.len() == 1, "a flagged record came together with another");
            }
            prop_assert_eq!(unite(&rows).doubtful, united.doubtful);
        }
    }
}
