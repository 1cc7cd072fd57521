//! The plain ways to compare people, which the quick ones are held against, and people to compare.

pub(super) mod compare;
pub(super) mod judge;
pub(super) mod things;

use kinfold_identity::{
    AddressSpell, BirthDate, Email, NO_MONTH, NhsNumber, Nino, Person, Sex, Upn, Uprn,
    read_address, read_family_names, read_given_names, read_place, read_telephones, read_town,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Some of these, as many as three.
fn some(all: &[&'static str]) -> impl Strategy<Value = Vec<&'static str>> + use<> {
    subsequence(all.to_vec(), 0..=3.min(all.len()))
}

/// One of these, or none.
fn one(all: &[&'static str]) -> impl Strategy<Value = Option<&'static str>> + use<> {
    proptest::option::of(select(all.to_vec()))
}

/// A person of values that meet often, nearly and not at all.
pub(super) fn any_person() -> impl Strategy<Value = Person> {
    let names = (
        some(&[
            "Robert",
            "Bob",
            "Rob",
            "Roberta",
            "Amy James",
            "James Amy",
            "J",
            "Khan",
            "Kahn",
            "Katherine",
            "Kathrine Ann",
            "Liz",
            "Elizabeth",
            "Ng",
        ]),
        some(&[
            "Smith",
            "Smyth",
            "Smith-Jones",
            "Jones",
            "Khan",
            "Robert",
            "Kaur",
            "James",
            "Okonkwo",
            "van der Berg",
        ]),
    );
    let births = subsequence(
        vec![
            (1984, Some(3), Some(4)),
            (1984, Some(4), Some(3)),
            (1984, Some(3), Some(14)),
            (1985, Some(3), Some(4)),
            (1984, Some(3), None),
            (1984, None, None),
            (1948, Some(3), Some(4)),
            (2001, Some(11), Some(12)),
        ],
        0..=2,
    );
    let homes = (
        some(&[
            "4 Mill Road",
            "4 Mil Road",
            "Flat 2, 4 Mill Road",
            "Flat 3, 4 Mill Road",
            "9 High Street",
            "Rose Cottage, High Street",
            "6 Mill Road",
        ]),
        select(vec!["XE4 7AB", "XE4 7AC", "XE9 1ZZ", ""]),
        one(&["100012345678", "100012345679"]),
        one(&["Sidcup", "Sidcupp", "Welling"]),
    );
    let contact = (
        some(&["01632 960001", "01632 960011", "07700 900123"]),
        some(&[
            "r.smith@example.org",
            "r.smith@example.com",
            "rsmith@example.org",
            "amy@example.org",
        ]),
        one(&["Leeds", "Leeds Yorkshire", "Lagos"]),
    );
    let upns = ["H801200001001", "B801200005001", "G80120000101A"];
    let numbers = (
        one(&["9990000018", "9990000026"]),
        one(&["AB123456C", "AB123457C"]),
        one(&upns),
        some(&upns),
        one(&["F", "M"]),
        (0..20).prop_map(|lot| lot == 0),
    );
    (names, births, homes, contact, numbers).prop_map(
        |(names, births, (lines, postcode, uprn, town), contact, numbers)| {
            let mut person = Person {
                nhs: numbers.0.and_then(|text| NhsNumber::parse(text).ok()),
                nino: numbers.1.and_then(|text| Nino::parse(text).ok()),
                sex: numbers
                    .4
                    .map(|sex| if sex == "F" { Sex::Female } else { Sex::Male }),
                do_not_link: numbers.5,
                birth_place: contact.2.and_then(|text| read_place(text).ok()),
                ..Person::default()
            };
            for name in names.0 {
                if let Ok(names) = read_given_names(name) {
                    person.add_given_names(names);
                }
            }
            for name in names.1 {
                person
                    .family_names
                    .extend(read_family_names(name).unwrap_or_default());
            }
            let births = births.into_iter();
            person.births = births
                .map(|(year, month, day)| BirthDate { year, month, day })
                .collect();
            for line in lines {
                person.addresses.push(AddressSpell {
                    address: read_address(&[line], postcode).ok(),
                    uprn: uprn.and_then(|text| Uprn::parse(text).ok()),
                    town: town.and_then(|text| read_town(text).ok()),
                    from: NO_MONTH,
                    to: NO_MONTH,
                });
            }
            for text in contact.0 {
                person
                    .telephones
                    .extend(read_telephones(text).unwrap_or_default());
            }
            let emails = contact.1.into_iter();
            person
                .emails
                .extend(emails.filter_map(|text| Email::parse(text).ok()));
            if let Some(upn) = numbers.2.and_then(|text| Upn::parse(text).ok()) {
                person.add_upn(upn);
            }
            for text in numbers.3 {
                if let Ok(upn) = Upn::parse(text) {
                    person.add_former_upn(upn);
                }
            }
            person
        },
    )
}
