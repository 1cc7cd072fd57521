//! The linkage schema as data: what is encoded, how, and what it means when two codes agree.
//!
//! A schema is one TOML text that every party of an agreement signs (by its hash). It lists the **fields** that are read, any number
//! of **filters** (diffused Bloom filters over groups of tokens) and **match keys** (keyed tokens of exact combinations), the
//! **household keys**, and the **presence** slots. The engine has no profile wired in: [`Schema::shipped`] gives just the texts in
//! `schemas/`.
//!
//! ```text
//!  text ─► shape ─► rules ─► Schema::parse ─► encode, link        (every fault: line, key, mend)
//!                     └────► Schema::parse_for_bench ─► tried on open data, never released
//! ```
//!
//! The crate knows no plaintext. It is shared by both sides: the custodian's encoder reads it to know what to make, the linkage
//! unit reads it to know what a shared token says ([`Recipe::implies`]). [`CodeTable`] is the table of codes that travels between
//! them.

mod diff;
mod error;
mod fact;
mod file;
mod json_schema;
mod locate;
mod pools;
mod recipe;
pub mod risk;
mod rules;
mod schema;
mod shipped;
mod shown;
mod table;
#[cfg(test)]
mod tests;
mod within;

pub use diff::{Change, diff};
pub use error::{Error, Fault, FaultKind, without_controls};
pub use fact::{Fact, FieldName, FieldSet};
pub use file::{
    FieldSchema, FilterSchema, HouseholdSchema, Invalid, KeyScope, LinkageUnit, Metric,
    PresenceSchema, TokenForm, TokenSchema,
};
pub use json_schema::json_schema;
pub use pools::{Mixing, Pool};
pub use recipe::{
    Agreement, Atom, BirthForm, ContactForm, FACTS_MAX, Field, IdentifierKind, NameForm, NameOf,
    POOLS_MAX, PlaceForm, Recipe,
};
pub use rules::is_name;
pub use schema::{KeySchema, Schema};
pub use shown::in_larger_homes;
pub use table::{
    CodeTable, FLAG_DO_NOT_LINK, FLAG_WITHHELD, FilterColumn, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE,
    HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Token,
};
pub use within::{AlikePairs, Comparable, Comparing, WithinCounts};
