//! What an encoding reads of a person: which facts there are, and the homes that may be spoken of.

use std::ops::Deref;

use kinfold_identity::{
    Address, AddressKind, AddressSpell, BirthDate, Person, PostcodeSector, UpnKind,
};
use kinfold_schema::{Fact, FieldName, IdentifierKind, Recipe};

use crate::contact;

/// A person as a schema sees it. One that had to be cut is elsewhere, so that this is small.
pub(crate) enum Seen<'a> {
    Whole(&'a Person),
    Cut(Box<Person>),
}

impl Deref for Seen<'_> {
    type Target = Person;

    fn deref(&self) -> &Person {
        match self {
            Self::Whole(person) => person,
            Self::Cut(person) => person,
        }
    }
}

/// The person as a schema sees it: fields that it does not list are gone. Nearly always that is the person itself.
pub(crate) fn seen<'a>(person: &'a Person, hidden: &[FieldName]) -> Seen<'a> {
    if !hidden.iter().any(|&field| has_value(person, field)) {
        return Seen::Whole(person);
    }
    let mut seen = person.clone();
    for &field in hidden {
        match field {
            FieldName::FirstName => seen.first_names.clear(),
            FieldName::MiddleName => seen.middle_names.clear(),
            FieldName::LastName => seen.family_names.clear(),
            FieldName::FirstInitial => seen.first_initials.clear(),
            FieldName::LastInitial => seen.last_initials.clear(),
            FieldName::BirthDate => seen.births.clear(),
            FieldName::Sex => seen.sex = None,
            FieldName::BirthPlace => seen.birth_place = None,
            FieldName::PostcodeSector => seen.sectors.clear(),
            FieldName::NhsNumber => seen.nhs = None,
            FieldName::Upn => {
                seen.upn = None;
                seen.former_upns.clear();
            }
            FieldName::Nino => seen.nino = None,
            FieldName::Uln => seen.uln = None,
            FieldName::Telephone => seen.telephones.clear(),
            FieldName::Email => seen.emails.clear(),
            FieldName::Postcode | FieldName::Address | FieldName::Uprn | FieldName::Town => {
                for spell in &mut seen.addresses {
                    hide_in_home(spell, field);
                }
            }
        }
    }
    seen.addresses
        .retain(|spell| spell.address.is_some() || spell.uprn.is_some() || spell.town.is_some());
    Seen::Cut(Box::new(seen))
}

/// Whether a person has a value of a field: of the address a line, not only a postcode.
pub fn has_value(person: &Person, field: FieldName) -> bool {
    let homes = |has: fn(&Address) -> bool| {
        person
            .addresses
            .iter()
            .filter_map(|spell| spell.address.as_ref())
            .any(has)
    };
    match field {
        FieldName::FirstName => !person.first_names.is_empty(),
        FieldName::MiddleName => !person.middle_names.is_empty(),
        FieldName::LastName => !person.family_names.is_empty(),
        FieldName::FirstInitial => !person.first_initials.is_empty(),
        FieldName::LastInitial => !person.last_initials.is_empty(),
        FieldName::BirthDate => !person.births.is_empty(),
        FieldName::Sex => person.sex.is_some(),
        FieldName::BirthPlace => person.birth_place.is_some(),
        FieldName::Postcode => homes(|address| address.postcode.is_some()),
        FieldName::PostcodeSector => !person.sectors.is_empty(),
        FieldName::Address => homes(|address| {
            address.number.is_some() || address.flat.is_some() || !address.street.is_empty()
        }),
        FieldName::Uprn => person.addresses.iter().any(|spell| spell.uprn.is_some()),
        FieldName::NhsNumber => person.nhs.is_some(),
        FieldName::Upn => person.upn.is_some() || !person.former_upns.is_empty(),
        FieldName::Nino => person.nino.is_some(),
        FieldName::Uln => person.uln.is_some(),
        FieldName::Telephone => !person.telephones.is_empty(),
        FieldName::Email => !person.emails.is_empty(),
        FieldName::Town => person.addresses.iter().any(|spell| spell.town.is_some()),
    }
}

fn hide_in_home(spell: &mut AddressSpell, field: FieldName) {
    match (field, &mut spell.address) {
        (FieldName::Uprn, _) => spell.uprn = None,
        (FieldName::Town, _) => spell.town = None,
        (FieldName::Postcode, Some(address)) => address.postcode = None,
        (FieldName::Address, Some(address)) => {
            address.flat = None;
            address.number = None;
            address.street.clear();
            address.town = None;
        }
        _ => {}
    }
}

/// The facts of a person, as bits of [`Fact::bit`].
pub(crate) fn facts(person: &Person) -> u32 {
    let homes = || open_homes(person);
    let permanent = |kind| kind == UpnKind::Permanent;
    let all = [
        (Fact::First, !person.first_names.is_empty()),
        (Fact::Last, !person.family_names.is_empty()),
        (Fact::Middle, !person.middle_names.is_empty()),
        (Fact::FirstInitial, first_initials(person).next().is_some()),
        (Fact::LastInitial, last_initials(person).next().is_some()),
        (
            Fact::Birth,
            person.births.iter().any(|birth| birth.is_full()),
        ),
        (Fact::BirthYear, !person.births.is_empty()),
        (Fact::Sex, person.sex.is_some()),
        (Fact::Postcode, homes().any(|home| home.postcode.is_some())),
        // What `Address::canonical` needs.
        (
            Fact::Home,
            homes().any(|home| home.number.is_some() && home.postcode.is_some()),
        ),
        (
            Fact::Place,
            homes().next().is_some()
                || sectors(person).next().is_some()
                || (!person.protected_address
                    && person.addresses.iter().any(|spell| spell.uprn.is_some())),
        ),
        (Fact::BirthPlace, person.birth_place.is_some()),
        (Fact::Nhs, person.nhs.is_some()),
        (
            Fact::UpnOrNino,
            person.nino.is_some() || person.upn.as_ref().is_some_and(|upn| permanent(upn.kind())),
        ),
        (
            Fact::Telephone,
            contact::telephones(person).next().is_some(),
        ),
        (Fact::Email, !person.emails.is_empty()),
        (
            Fact::Town,
            towns(person).next().is_some() || homes().any(|home| home.town.is_some()),
        ),
    ];
    all.iter()
        .filter(|(_, has)| *has)
        .map(|(fact, _)| fact.bit())
        .sum()
}

/// The homes that may be spoken of: none when the address is protected. No fixed abode is a fact about housing, not a place.
pub(crate) fn open_homes(person: &Person) -> impl Iterator<Item = &Address> {
    person
        .addresses
        .iter()
        .filter(|_| !person.protected_address)
        .filter_map(|spell| spell.address.as_ref())
        .filter(|address| address.kind != AddressKind::NoFixedAbode)
}

/// The town that a source has beside or in place of an address, unless the address says that there is no home.
pub(crate) fn own_town(spell: &AddressSpell) -> Option<&str> {
    let homeless = spell
        .address
        .as_ref()
        .is_some_and(|address| address.kind == AddressKind::NoFixedAbode);
    spell.town.as_deref().filter(|_| !homeless)
}

/// The towns of columns of their own that may be spoken of: none when the address is protected.
pub(crate) fn towns(person: &Person) -> impl Iterator<Item = &str> {
    person
        .addresses
        .iter()
        .filter(|_| !person.protected_address)
        .filter_map(own_town)
}

/// First letters of first names.
pub(crate) fn first_initials(person: &Person) -> impl Iterator<Item = u8> {
    let named = person
        .first_names
        .iter()
        .filter_map(|name| name.bytes().next());
    named.chain(person.first_initials.iter().map(|initial| initial.letter()))
}

/// First letters of family names.
pub(crate) fn last_initials(person: &Person) -> impl Iterator<Item = u8> {
    let named = person
        .family_names
        .iter()
        .filter_map(|name| name.whole.bytes().next());
    named.chain(person.last_initials.iter().map(|initial| initial.letter()))
}

/// The postcode sectors of sources that hold no full postcode; none when the address is protected.
pub(crate) fn sectors(person: &Person) -> impl Iterator<Item = &PostcodeSector> {
    person.sectors.iter().filter(|_| !person.protected_address)
}

/// Year, month and day as digits; what is not known stays zero.
pub(crate) fn date_digits(birth: BirthDate, out: &mut [u8; 8]) {
    let mut put = |at: usize, number: u16, places: usize| {
        let mut rest = number;
        for place in (at..at + places).rev() {
            out[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    };
    put(0, birth.year, 4);
    put(4, birth.month.unwrap_or(0).into(), 2);
    put(6, birth.day.unwrap_or(0).into(), 2);
}

/// The fact that a key of one identifier alone stands for in the presence pattern; 0 for other keys.
pub(crate) fn fact_of_identifier(recipe: &Recipe) -> u32 {
    match recipe.identifier() {
        Some(IdentifierKind::Nhs) => Fact::Nhs.bit(),
        Some(IdentifierKind::Upn | IdentifierKind::Nino) => Fact::UpnOrNino.bit(),
        _ => 0,
    }
}
