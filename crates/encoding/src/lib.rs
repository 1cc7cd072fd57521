//! From a person to codes.
//!
//! [`encode`] takes standardised people ([`kinfold_identity::Person`]) and a linkage schema and makes the table that leaves the
//! agency: for each person the schema's filters, a padded ladder of match keys, household keys with months, a coarse presence pattern
//! and rule flags. [`Encoder`] does the same for a file of any size in bounded memory. Everything is keyed: [`ProjectSecrets`] holds one
//! sub-key per purpose, so that equal values under different purposes, schemas, projects or epochs give unrelated codes.
//!
//! The result depends on the people, the schema and the secrets only: not on the order of rows, the number of threads, the vector
//! instructions of the processor, the memory there is, or the clock.

mod births;
mod blocks;
pub mod clkhash;
mod codes;
mod contact;
mod diffusion;
mod draft;
mod dummies;
mod encode;
mod entry;
mod error;
mod filter;
mod finish;
mod gather;
mod household;
mod kept;
mod lanes;
#[cfg(test)]
mod laws;
mod listing;
mod measure;
mod meetings;
mod names;
mod person;
mod places;
mod plain;
mod plan;
mod presence;
mod report;
mod secrets;
mod settle;
mod sharing;
mod shown;
mod spill;
mod values;
mod worker;

pub use encode::{Encoded, Encoder, Input, Options, encode};
pub use error::Error;
pub use household::PEOPLE_OF_A_HOME_MAX;
pub use listing::{Listed, ListedToken, Lister};
pub use measure::{FilterMeasure, measure};
pub use person::has_value;
pub use plain::PlainValues;
pub use report::{EncodeReport, KeyCount};
pub use secrets::ProjectSecrets;

/// A map for books of what was met before: none of them is ever iterated, so the hasher cannot matter to the result, and what is looked
/// up is the custodian's own data, so nobody chooses keys to slow it down.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;

/// Which vector instructions an encoding uses. The result is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Simd {
    /// The best that the processor has.
    #[default]
    Auto,
    /// None: the definitions, one bit and one hash after another.
    Scalar,
}
