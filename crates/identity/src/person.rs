//! The person that everything after standardisation works on.

use crate::address::Address;
use crate::date::BirthDate;
use crate::names::{FamilyName, GivenNames};
use crate::numbers::{NhsNumber, Nino, Upn, Uprn};
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
    /// First month (see [`month_number`]).
    pub from: u16,
    /// Last month; [`NO_MONTH`] while it lasts.
    pub to: u16,
}
hidden_debug!(AddressSpell);

/// Everything one custodian knows about one person, standardised.
///
/// A custodian's rows disagree: a maiden name here, another birth date there. All alternatives are kept, in the order of
/// first appearance and without duplicates, so the result depends on the rows alone.
#[derive(Clone, Default)]
pub struct Person {
    /// First names, also the names the person is known as.
    pub first_names: Vec<String>,
    /// Middle names.
    pub middle_names: Vec<String>,
    /// Family names, present and former.
    pub family_names: Vec<FamilyName>,
    /// Birth dates.
    pub births: Vec<BirthDate>,
    /// Sex as recorded first.
    pub sex: Option<Sex>,
    /// Place of birth in upper-case words.
    pub birth_place: Option<String>,
    /// Addresses with their months.
    pub addresses: Vec<AddressSpell>,
    /// NHS number recorded first.
    pub nhs: Option<NhsNumber>,
    /// Unique pupil number; a permanent one is kept before a temporary one. Only permanent ones may be used in keys.
    pub upn: Option<Upn>,
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
    pub fn add_given_names(&mut self, names: GivenNames) {
        add(
            &mut self.first_names,
            std::iter::once(names.first).chain(names.known_as),
        );
        add(&mut self.middle_names, names.middle);
    }

    /// Brings in what another row says about the same person.
    ///
    /// Lists grow by what is new. Of the values that a person has only one of, the first stays, save that a permanent UPN
    /// replaces a temporary one. Flags that protect are never lost.
    pub fn merge(&mut self, other: Self) {
        add(&mut self.first_names, other.first_names);
        add(&mut self.middle_names, other.middle_names);
        add(&mut self.family_names, other.family_names);
        add(&mut self.births, other.births);
        add(&mut self.addresses, other.addresses);
        self.sex = self.sex.or(other.sex);
        self.birth_place = self.birth_place.take().or(other.birth_place);
        self.nhs = self.nhs.take().or(other.nhs);
        self.nino = self.nino.take().or(other.nino);
        let permanent = |upn: &Option<Upn>| upn.as_ref().is_some_and(Upn::is_permanent);
        if self.upn.is_none() || (!permanent(&self.upn) && permanent(&other.upn)) {
            self.upn = other.upn.or(self.upn.take());
        }
        self.do_not_link |= other.do_not_link;
        self.protected_address |= other.protected_address;
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
        assert!(
            person.upn.as_ref().is_some_and(Upn::is_permanent)
                && person.do_not_link
                && person.sex == Some(Sex::Male)
        );
        assert_eq!(once.first_names, person.first_names);
        assert_eq!(format!("{person:?}"), "Person(hidden)");
    }
}
