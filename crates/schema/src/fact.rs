//! Fields that a schema may use, and the facts about a record that rules can ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field of a person that can be encoded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FieldName {
    /// First names, also those the person is known by.
    FirstName,
    /// Middle names.
    MiddleName,
    /// Family names, present and former.
    LastName,
    /// First initial, from sources that hold no names.
    FirstInitial,
    /// Family initial, from sources that hold no names.
    LastInitial,
    /// Birth date.
    BirthDate,
    /// Sex.
    Sex,
    /// Place of birth.
    BirthPlace,
    /// Postcode.
    Postcode,
    /// Postcode sector, from sources that hold no full postcode.
    PostcodeSector,
    /// Address.
    Address,
    /// Unique property reference number.
    Uprn,
    /// Verified NHS number.
    NhsNumber,
    /// Unique pupil number.
    Upn,
    /// National Insurance number.
    Nino,
    /// Unique learner number.
    Uln,
    /// Telephone numbers.
    Telephone,
    /// E-mail addresses.
    Email,
    /// Town, from a column of its own. An address may have one too.
    Town,
}

impl FieldName {
    /// Every field.
    pub const ALL: [Self; 19] = [
        Self::FirstName,
        Self::MiddleName,
        Self::LastName,
        Self::FirstInitial,
        Self::LastInitial,
        Self::BirthDate,
        Self::Sex,
        Self::BirthPlace,
        Self::Postcode,
        Self::PostcodeSector,
        Self::Address,
        Self::Uprn,
        Self::NhsNumber,
        Self::Upn,
        Self::Nino,
        Self::Uln,
        Self::Telephone,
        Self::Email,
        Self::Town,
    ];

    /// As a schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "first-name",
            Self::MiddleName => "middle-name",
            Self::LastName => "last-name",
            Self::FirstInitial => "first-initial",
            Self::LastInitial => "last-initial",
            Self::BirthDate => "birth-date",
            Self::Sex => "sex",
            Self::BirthPlace => "birth-place",
            Self::Postcode => "postcode",
            Self::PostcodeSector => "postcode-sector",
            Self::Address => "address",
            Self::Uprn => "uprn",
            Self::NhsNumber => "nhs-number",
            Self::Upn => "upn",
            Self::Nino => "nino",
            Self::Uln => "uln",
            Self::Telephone => "telephone",
            Self::Email => "email",
            Self::Town => "town",
        }
    }

    /// Names, dates or places: what decides how a filter over the field can be attacked.
    pub(crate) fn theme(self) -> Theme {
        match self {
            Self::FirstName
            | Self::MiddleName
            | Self::LastName
            | Self::FirstInitial
            | Self::LastInitial => Theme::Names,
            Self::BirthDate => Theme::Birth,
            Self::Postcode | Self::PostcodeSector | Self::Address | Self::Uprn | Self::Town => {
                Theme::Place
            }
            Self::Sex | Self::BirthPlace => Theme::Other,
            Self::NhsNumber | Self::Upn | Self::Nino | Self::Uln => Theme::Identifier,
            Self::Telephone | Self::Email => Theme::Contact,
        }
    }
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u32);

impl FieldSet {
    /// Adds a field.
    pub fn insert(&mut self, field: FieldName) {
        self.0 |= 1 << field as u32;
    }

    /// Adds all fields of another set.
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Bit `i` stands for the field with number `i` in [`FieldName::ALL`].
    pub fn bits(self) -> u32 {
        self.0
    }
}

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Theme {
    Names,
    Birth,
    Place,
    Other,
    Identifier,
    /// How somebody is reached: near-unique like an identifier, and shared by a family, so that it alone is no identity.
    Contact,
}

/// Something that a record has or has not: a slot of the presence pattern, and what filters and records can require.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// A first name.
    First,
    /// A family name.
    Last,
    /// A middle name.
    Middle,
    /// A first initial, of a name or alone.
    FirstInitial,
    /// A family initial, of a name or alone.
    LastInitial,
    /// A full birth date.
    Birth,
    /// A birth year, with or without the rest.
    BirthYear,
    /// Sex.
    Sex,
    /// A postcode.
    Postcode,
    /// An address in canonical form: house, street or name, postcode.
    Home,
    /// Any place: a postcode, an address or a UPRN. A town alone is none: a tenth of a register lives in it.
    Place,
    /// A place of birth.
    BirthPlace,
    /// A verified NHS number; in a presence pattern only when its key is released.
    Nhs,
    /// A permanent UPN or a National Insurance number; in a presence pattern only when its key is released.
    UpnOrNino,
    /// A telephone number.
    Telephone,
    /// An e-mail address.
    Email,
    /// A town, of an address or from a column of its own.
    Town,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Self; 17] = [
        Self::First,
        Self::Last,
        Self::Middle,
        Self::FirstInitial,
        Self::LastInitial,
        Self::Birth,
        Self::BirthYear,
        Self::Sex,
        Self::Postcode,
        Self::Home,
        Self::Place,
        Self::BirthPlace,
        Self::Nhs,
        Self::UpnOrNino,
        Self::Telephone,
        Self::Email,
        Self::Town,
    ];

    /// As a schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Middle => "middle",
            Self::FirstInitial => "first-initial",
            Self::LastInitial => "last-initial",
            Self::Birth => "birth",
            Self::BirthYear => "birth-year",
            Self::Sex => "sex",
            Self::Postcode => "postcode",
            Self::Home => "home",
            Self::Place => "place",
            Self::BirthPlace => "birth-place",
            Self::Nhs => "nhs",
            Self::UpnOrNino => "upn-or-nino",
            Self::Telephone => "telephone",
            Self::Email => "email",
            Self::Town => "town",
        }
    }

    /// What the fact is about.
    pub(crate) fn theme(self) -> Theme {
        match self {
            Self::First | Self::Last | Self::Middle | Self::FirstInitial | Self::LastInitial => {
                Theme::Names
            }
            Self::Birth | Self::BirthYear => Theme::Birth,
            Self::Postcode | Self::Home | Self::Place | Self::Town => Theme::Place,
            Self::Sex | Self::BirthPlace => Theme::Other,
            Self::Nhs | Self::UpnOrNino => Theme::Identifier,
            Self::Telephone | Self::Email => Theme::Contact,
        }
    }

    /// Whether having the fact means having something about a theme.
    pub(crate) fn speaks_of(self, theme: Theme) -> bool {
        self.theme() == theme
    }

    /// The bit of the fact in a set of facts (not in a released pattern: there its place in the schema's list counts).
    pub fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_those_of_the_file() {
        for field in FieldName::ALL {
            assert_eq!(
                serde_json::to_value(field).unwrap(),
                serde_json::json!(field.as_str())
            );
        }
        for fact in Fact::ALL {
            assert_eq!(
                serde_json::to_value(fact).unwrap(),
                serde_json::json!(fact.as_str())
            );
        }
    }
}
