//! Names of persons: given names, family names, short forms, sound.

mod family;
mod given;
mod nicknames;
mod sound;
mod words;

pub use family::{FamilyName, read_family_name, read_family_names};
pub use given::{GivenNames, read_given_names, read_middle_names};
pub use nicknames::canonical_nicknames;
pub use sound::soundex;
