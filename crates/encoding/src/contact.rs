//! Telephone numbers and e-mail addresses, as the atoms of match keys see them.
//!
//! Both are near-unique and shared by families: a mother's number stands in the records of her children. A token of one is evidence of a
//! person or of somebody close to that person, and proof of neither.

use kinfold_identity::{Person, Telephone};
use kinfold_schema::ContactForm;

use crate::codes::{Code, CodeBook, Kind};
use crate::names::deletions;

/// The telephone numbers that may be spoken of: when the address is protected, mobile ones alone. All others may stand in the home, and
/// whoever shares one lives there.
pub(crate) fn telephones(person: &Person) -> impl Iterator<Item = &Telephone> {
    person
        .telephones
        .iter()
        .filter(|number| !person.protected_address || number.is_mobile())
}

/// Hands the codes of one form over, number after number.
pub(crate) fn each(
    person: &Person,
    form: ContactForm,
    codes: &mut CodeBook,
    mut add: impl FnMut(Code),
) {
    let mut one = |kind, text: &[u8]| add(codes.code(kind, &[text]));
    let numbers = telephones(person).map(|number| number.as_str().as_bytes());
    let locals = person.emails.iter().map(|email| email.local().as_bytes());
    match form {
        ContactForm::Telephone => numbers.for_each(|number| one(Kind::Telephone, number)),
        ContactForm::TelephoneDeletions => numbers.for_each(|number| {
            deletions(number, |text| one(Kind::TelephoneDeletion, text));
        }),
        ContactForm::Email => {
            for email in &person.emails {
                one(Kind::Email, email.as_str().as_bytes());
            }
        }
        ContactForm::EmailLocal => locals.for_each(|local| one(Kind::EmailLocal, local)),
        ContactForm::EmailDeletions => locals.for_each(|local| {
            deletions(local, |text| one(Kind::EmailDeletion, text));
        }),
    }
}
