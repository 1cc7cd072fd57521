//! The person that everything after standardisation works on.

use crate::address::{Address, Town};
use crate::birth_place::BirthPlace;
use crate::date::BirthDate;
use crate::email::Email;
use crate::name_list::Names;
use crate::names::{FamilyName, GivenNames};
use crate::numbers::{NhsNumber, Nino, Telephone, Uln, Upn, Uprn};
use crate::partial::{Initial, PostcodeSector};
use crate::plain::hidden_debug;
use crate::sex::Sex;

/// Month "not known" or "still open".
pub const NO_MONTH: u16 = u16::MAX;

/// Months since January 1900; [`NO_MONTH`] for a month outside 1 to 12 or a year outside 1900 to 7360.
pub fn month_number(year: u16, month: u8) -> u16 {
    if !(1..=12).contains(&month) {
        return NO_MONTH;
    }
    year.checked_sub(1900)
        .and_then(|years| years.checked_mul(12))
        .and_then(|months| months.checked_add(u16::from(month) - 1))
        .unwrap_or(NO_MONTH)
}

/// An address and the months in which it is known to be the person's.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressSpell {
    /// The address as read, if it could be.
    pub address: Option<Address>,
    /// The property's number, if the source has it.
    pub uprn: Option<Uprn>,
    /// The town, if the source has a column of its own for it. The address may have one too.
    pub town: Option<Town>,
    /// First month (see [`month_number`]).
    pub from: u16,
    /// Last month; [`NO_MONTH`] while it lasts.
    pub to: u16,
}
hidden_debug!(AddressSpell);

impl Default for AddressSpell {
    /// Nothing, in months that are not known.
    fn default() -> Self {
        Self {
            address: None,
            uprn: None,
            town: None,
            from: NO_MONTH,
            to: NO_MONTH,
        }
    }
}

/// Everything one custodian knows about one person, standardised.
///
/// A custodian's rows disagree: a maiden name here, another birth date there. All alternatives are kept, in the order of
/// first appearance and without duplicates, so the result depends on the rows alone.
#[derive(Clone, Default)]
pub struct Person {
    /// First names, also the names the person is known as.
    pub first_names: Names,
    /// Middle names.
    pub middle_names: Names,
    /// Family names, present and former.
    pub family_names: Vec<FamilyName>,
    /// First initials, from sources without names.
    pub first_initials: Vec<Initial>,
    /// Family initials, from sources without names.
    pub last_initials: Vec<Initial>,
    /// Birth dates.
    pub births: Vec<BirthDate>,
    /// Sex as recorded first.
    pub sex: Option<Sex>,
    /// Place of birth in upper-case words.
    pub birth_place: Option<BirthPlace>,
    /// Addresses with their months.
    pub addresses: Vec<AddressSpell>,
    /// Postcode sectors, from sources without full postcodes.
    pub sectors: Vec<PostcodeSector>,
    /// Telephone numbers, of which others may be reached by the same.
    pub telephones: Vec<Telephone>,
    /// E-mail addresses, likewise.
    pub emails: Vec<Email>,
    /// NHS number recorded first. Only a verified one belongs here (see [`crate::is_verified_trace`]): it is used as proof.
    pub nhs: Option<NhsNumber>,
    /// Unique pupil number; a permanent one is kept before a temporary one. Only permanent ones may be used in keys.
    pub upn: Option<Upn>,
    /// Other unique pupil numbers that the person has had. They are further values to be found by and never proof: an adopted child
    /// gets a new number precisely so that the old one leads nowhere, and a temporary one is only one school's.
    pub former_upns: Vec<Upn>,
    /// Unique learner number recorded first.
    pub uln: Option<Uln>,
    /// National insurance number recorded first.
    pub nino: Option<Nino>,
    /// The person must not be linked (adoption, a court's order).
    pub do_not_link: bool,
    /// The person's address must not leave, nor be inferred.
    pub protected_address: bool,
}
hidden_debug!(Person);

impl Person {
    /// Adds the given names of one cell.
    pub fn add_given_names(&mut self, mut names: GivenNames) {
        let first = std::mem::take(&mut names.first);
        let known_as = std::mem::take(&mut names.known_as);
        add(
            &mut self.first_names,
            std::iter::once(first).chain(known_as),
        );
        add(&mut self.middle_names, std::mem::take(&mut names.middle));
    }

    /// Adds a unique pupil number that is said to be the present one. A permanent number takes the place of a temporary one; a second
    /// permanent number becomes a former one, because nothing tells which of two is the right one and the first stays.
    pub fn add_upn(&mut self, upn: Upn) {
        let replaces = match &self.upn {
            None => true,
            Some(own) => !own.is_permanent() && upn.is_permanent(),
        };
        if replaces {
            self.former_upns.retain(|known| *known != upn);
            if let Some(own) = self.upn.replace(upn) {
                self.add_former_upn(own);
            }
        } else {
            self.add_former_upn(upn);
        }
    }

    /// Adds a unique pupil number that is said to be a former one.
    pub fn add_former_upn(&mut self, upn: Upn) {
        if self.upn.as_ref() != Some(&upn) {
            add(&mut self.former_upns, [upn]);
        }
    }

    /// Brings in what another row says about the same person.
    ///
    /// Lists grow by what is new. Of the values that a person has only one of, the first stays; pupil numbers as
    /// [`Person::add_upn`] says. Flags that protect are never lost.
    pub fn merge(&mut self, mut other: Self) {
        add(&mut self.first_names, other.first_names.drain(..));
        add(&mut self.middle_names, other.middle_names.drain(..));
        add(&mut self.family_names, other.family_names);
        add(&mut self.first_initials, other.first_initials);
        add(&mut self.last_initials, other.last_initials);
        add(&mut self.sectors, other.sectors);
        add(&mut self.telephones, other.telephones);
        add(&mut self.emails, other.emails);
        add(&mut self.births, other.births);
        add(&mut self.addresses, other.addresses);
        self.sex = self.sex.or(other.sex);
        self.birth_place = self.birth_place.take().or(other.birth_place);
        self.nhs = self.nhs.take().or(other.nhs);
        self.uln = self.uln.take().or(other.uln);
        self.nino = self.nino.take().or(other.nino);
        if let Some(upn) = other.upn {
            self.add_upn(upn);
        }
        for upn in other.former_upns {
            self.add_former_upn(upn);
        }
        self.do_not_link |= other.do_not_link;
        self.protected_address |= other.protected_address;
    }

    /// All name words of the person, sorted, each once: first, middle and family names and the parts of these.
    ///
    /// The bag forgets which field a word stood in and in which order. That is how the names of one person agree when two systems
    /// cut them differently: `Muhammad Ali` and `Ali Muhammad`, given and family name swapped, `Fatima Begum` in one field.
    pub fn name_bag(&self) -> Vec<&str> {
        let families = self
            .family_names
            .iter()
            .flat_map(|name| name.parts.iter().chain(std::iter::once(&name.whole)));
        let given = self.first_names.iter().chain(self.middle_names.iter());
        let mut bag: Vec<&str> = given.chain(families).map(String::as_str).collect();
        bag.sort_unstable();
        bag.dedup();
        bag
    }

    /// The given names that stand in for the family name, when every family name ends in one that says little (`KAUR`, `BEGUM`);
    /// none for everybody else. To be used beside the family names and never instead of them.
    ///
    /// `Fatima Begum` has no family name in the English sense. One system holds `Begum` as hers, another `Fatima`, a third her
    /// husband's; what stays is the given names. Single letters are left out, because they agree with strangers.
    pub fn given_as_family(&self) -> impl Iterator<Item = &str> {
        let weak = !self.family_names.is_empty()
            && self.family_names.iter().all(FamilyName::is_low_information);
        self.first_names
            .iter()
            .chain(self.middle_names.iter())
            .filter(move |name| weak && name.len() > 1)
            .map(String::as_str)
    }
}

/// Appends what is not there yet. The lists are a handful long, so a scan is the fastest set.
fn add<T: PartialEq>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_family_name, read_given_names};
    use proptest::prelude::*;

    #[test]
    fn months() {
        assert_eq!(month_number(1900, 1), 0);
        assert_eq!(month_number(2026, 8), 126 * 12 + 7);
        assert_eq!(month_number(1899, 12), NO_MONTH);
        assert_eq!(month_number(2026, 0), NO_MONTH);
        assert_eq!(month_number(u16::MAX, 12), NO_MONTH);
    }

    #[test]
    fn rows_of_one_person_come_together() {
        let mut person = Person::default();
        person.add_given_names(read_given_names("Robert (Bob) James").unwrap());
        person.family_names.push(read_family_name("Smith").unwrap());
        person.upn = Upn::parse("G80120000101A").ok();
        let mut other = Person {
            do_not_link: true,
            sex: Some(Sex::Male),
            ..Person::default()
        };
        other.add_given_names(read_given_names("Robert Lee").unwrap());
        other
            .family_names
            .push(read_family_name("Smith-Jones").unwrap());
        other.family_names.push(read_family_name("Smith").unwrap());
        other.upn = Upn::parse("H801200001001").ok();
        person.merge(other.clone());
        let once = person.clone();
        person.merge(other);
        assert_eq!(person.first_names, ["ROBERT", "BOB"]);
        assert_eq!(person.middle_names, ["JAMES", "LEE"]);
        assert_eq!(
            person
                .family_names
                .iter()
                .map(|f| f.whole.as_str())
                .collect::<Vec<_>>(),
            ["SMITH", "SMITHJONES"]
        );
        assert!(person.upn.as_ref().is_some_and(Upn::is_permanent));
        assert!(person.do_not_link && person.sex == Some(Sex::Male));
        assert_eq!(person.former_upns.len(), 1, "the temporary number");
        assert!(once.former_upns == person.former_upns && once.upn == person.upn);
        assert_eq!(once.first_names, person.first_names);
        assert_eq!(format!("{person:?}"), "Person(hidden)");
    }

    #[test]
    fn a_second_permanent_number_becomes_a_former_one() {
        let upn = |text: &str| Upn::parse(text).unwrap();
        let (one, two, temporary) = (
            upn("H801200001001"),
            upn("B801200005001"),
            upn("G80120000101A"),
        );
        let mut person = Person::default();
        person.add_upn(temporary.clone());
        person.add_former_upn(one.clone());
        assert!(person.upn.as_ref() == Some(&temporary));
        person.add_upn(one.clone());
        assert!(person.upn.as_ref() == Some(&one));
        assert!(person.former_upns == [temporary.clone()]);
        person.add_upn(two.clone());
        person.add_former_upn(one.clone());
        assert!(person.upn.as_ref() == Some(&one));
        assert!(person.former_upns == [temporary, two]);
    }

    #[test]
    fn a_bag_forgets_field_and_order() {
        let person = |given: &str, family: &str| {
            let mut person = Person::default();
            person.add_given_names(read_given_names(given).unwrap());
            person.family_names.push(read_family_name(family).unwrap());
            person
        };
        assert_eq!(
            person("Mohammed Ali", "Khan").name_bag(),
            person("Ali Muhammad", "Khan").name_bag()
        );
        assert_eq!(
            person("Khan", "Ali").name_bag(),
            person("Ali", "Khan").name_bag()
        );
        let weak = person("Fatima J", "Begum");
        assert_eq!(weak.given_as_family().collect::<Vec<_>>(), ["FATIMA"]);
        assert_eq!(person("Fatima", "Miah").given_as_family().count(), 0);
        assert_eq!(Person::default().given_as_family().count(), 0);
    }

    fn any_person() -> impl Strategy<Value = Person> {
        let given =
            proptest::sample::select(vec!["Robert (Bob)", "Jörg", "Anne-Marie", "Mohd Ali"]);
        let family =
            proptest::sample::select(vec!["Smith nee Jones", "MacDonald", "Begum", "Müller"]);
        let upn = || {
            let all = vec!["H801200001001", "B801200005001", "G80120000101A", "none"];
            proptest::sample::select(all)
        };
        let parts = (given, family, upn(), upn(), any::<bool>());
        parts.prop_map(|(given, family, upn, former, do_not_link)| {
            let mut person = Person {
                do_not_link,
                family_names: crate::read_family_names(family).unwrap(),
                ..Person::default()
            };
            person.add_given_names(read_given_names(given).unwrap());
            if let Ok(upn) = Upn::parse(upn) {
                person.add_upn(upn);
            }
            if let Ok(former) = Upn::parse(former) {
                person.add_former_upn(former);
            }
            person
        })
    }

    proptest! {
        #[test]
        fn merging_again_changes_nothing_and_loses_nothing(mut person in any_person(), other in any_person()) {
            let facts = |person: &Person| {
                let mut upns: Vec<Upn> = person.upn.iter().chain(&person.former_upns).cloned().collect();
                upns.sort_unstable();
                let bag: Vec<String> = person.name_bag().into_iter().map(str::to_owned).collect();
                (bag, upns, person.do_not_link)
            };
            let (own, theirs) = (facts(&person), facts(&other));
            person.merge(other.clone());
            let once = facts(&person);
            prop_assert!(own.0.iter().chain(&theirs.0).all(|name| once.0.contains(name)));
            prop_assert!(own.1.iter().chain(&theirs.1).all(|upn| once.1.contains(upn)));
            prop_assert_eq!(once.2, own.2 || theirs.2);
            let listed: Vec<&Upn> = person.upn.iter().chain(&person.former_upns).collect();
            prop_assert!((1..listed.len()).all(|at| !listed[..at].contains(&listed[at])), "a number twice");
            person.merge(other);
            prop_assert!(facts(&person) == once);
        }
    }
}
