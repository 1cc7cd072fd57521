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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
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
/// A custodian's rows disagree: a maiden name here, another birth date there. All alternatives are kept, each once: of one row in the
/// order in which it names them, of several in an order that depends on the rows and not on which comes first (see
/// [`crate::PersonRows`]).
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
    /// Sex as recorded.
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
    /// NHS number. Only a verified one belongs here (see [`crate::is_verified_trace`]): it is used as proof.
    pub nhs: Option<NhsNumber>,
    /// Unique pupil number; a permanent one is kept before a temporary one. Only permanent ones may be used in keys.
    pub upn: Option<Upn>,
    /// Other unique pupil numbers that the person has had. They are further values to be found by and never proof: an adopted child
    /// gets a new number precisely so that the old one leads nowhere, and a temporary one is only one school's.
    pub former_upns: Vec<Upn>,
    /// Unique learner number.
    pub uln: Option<Uln>,
    /// National insurance number.
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
    /// permanent number of one row becomes a former one, because nothing tells which of two is the right one and the first column stays.
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

    #[test]
    fn months() {
        assert_eq!(month_number(1900, 1), 0);
        assert_eq!(month_number(2026, 8), 126 * 12 + 7);
        assert_eq!(month_number(1899, 12), NO_MONTH);
        assert_eq!(month_number(2026, 0), NO_MONTH);
        assert_eq!(month_number(u16::MAX, 12), NO_MONTH);
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
}
