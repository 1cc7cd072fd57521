//! Standardisation of UK identity: text in, a checked value or a counted reason out.
//!
//! A custodian's columns hold names, dates, numbers and addresses in every shape that people and spreadsheets can give them.
//! Each reader here turns one cell into one standard form, or says by a stable rule id ([`Rejected::rule`]) why it cannot.
//! What a reader returns needs no second check downstream: an [`NhsNumber`] has a right check digit, a [`Postcode`] has the
//! shape and the area of a real one, a name is upper-case A to Z.
//!
//! ```text
//!  cell ── read / parse ──► value ──► Person ──► (encoding)
//!             └───────────► Rejected ──► counted by rule, never printed
//! ```
//!
//! The one rule behind all others: *a wrong value is worse than a missing one*. A placeholder that slips through (a surname
//! UNKNOWN, a birth date 01/01/1900, ten nines for an NHS number) makes strangers agree; a rejected cell only leaves less evidence.
//!
//! Nothing here has a `Display`, and every `Debug` says `hidden`: personal values cannot reach a log by accident.
//! The crate does no I/O, reads no clock and knows nothing of linkage; nothing on the linkage unit's side may depend on it.
//!
//! Both sides of a link must be standardised by the same rules, so the rules have a version: [`STANDARDISATION`].

mod address;
mod age;
mod area_code;
mod birth_place;
mod date;
mod date_order;
mod email;
mod ethnic_group;
mod fold;
#[cfg(test)]
mod golden;
mod name_list;
mod names;
mod numbers;
mod partial;
mod person;
mod plain;
mod postcode;
mod rejected;
mod rows;
mod sex;
mod written;

pub use address::{Address, AddressKind, Town, read_address, read_address_abroad, read_town};
pub use age::{AgeDoubt, AgeRole, age_doubt};
pub use area_code::{AreaCode, AreaKind};
pub use birth_place::{BirthPlace, read_place};
pub use date::{
    BirthDate, DEFAULT_TWO_DIGIT_PIVOT, DateOrder, DateRules, read_date, read_rest_of_date,
};
pub use date_order::{DateEvidence, MixedDateOrder, infer_date_rules};
pub use email::Email;
pub use ethnic_group::{EthnicCodes, EthnicGroup, read_ethnic_group};
pub use name_list::Names;
pub use names::{
    FamilyName, GivenNames, canonical_nicknames, read_family_name, read_family_names,
    read_given_names, read_middle_names, soundex,
};
pub use numbers::{
    NhsNumber, Nino, Telephone, Uln, Upn, UpnKind, Uprn, Usrn, is_verified_trace, read_telephones,
};
pub use partial::{Initial, PostcodeSector};
pub use person::{AddressSpell, NO_MONTH, Person, month_number};
pub use plain::Plain;
pub use postcode::{Postcode, PostcodeReading};
pub use rejected::Rejected;
pub use rows::{PersonRows, Seen};
pub use sex::{Sex, SexCodes, read_sex};

/// Version of the standardisation rules. It changes whenever any reader gives another result for some text.
///
/// Codes made under different versions must not be compared: the same person would get different codes. A reader that is new changes
/// nothing: no code was made of its values before, and a program without it refuses a schema that names its field.
pub const STANDARDISATION: &str = "uk-2";

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct ReadmeExample;
