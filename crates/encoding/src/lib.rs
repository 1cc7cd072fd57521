//! From a person to codes.
//!
//! [`encode`] takes standardised people ([`kinfold_identity::Person`]) and a linkage schema and makes the table that leaves the
//! agency: for each person a diffused filter of names and birth date, a padded ladder of match keys, household keys with months, a
//! coarse presence pattern and rule flags. Everything is keyed: [`ProjectSecrets`] holds one sub-key per purpose, so that equal
//! values under different purposes, schemas, projects or epochs give unrelated codes.
//!
//! The result depends on the people, the schema and the secrets only: not on the order of rows, the number of threads or the clock.

pub mod clkhash;
mod diffusion;
mod encode;
mod error;
mod filter;
mod household;
mod keys;
#[cfg(test)]
mod laws;
mod presence;
mod secrets;

pub use encode::{EncodeReport, Encoded, Input, KeyCount, encode};
pub use error::Error;
pub use secrets::ProjectSecrets;
