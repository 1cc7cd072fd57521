//! The linkage schema as data: what is encoded, how, and what it means when two codes agree.
//!
//! A schema is one TOML text that every party of an agreement signs (by its hash). It lists any number of **filters** (diffused
//! Bloom filters over groups of tokens) and **match keys** (keyed tokens of exact combinations), the **household keys**, and the
//! **presence** slots. The engine has no profile wired in: [`Schema::standard`] is just the text in `schemas/standard.toml`.
//!
//! The crate knows no plaintext. It is shared by both sides: the custodian's encoder reads it to know what to make, the linkage
//! unit reads it to know what a shared token says ([`Recipe::implies`]). [`CodeTable`] is the table of codes that travels between
//! them.

mod error;
mod parse;
mod recipe;
mod table;

pub use error::Error;
pub use parse::{FilterSchema, HouseholdSchema, KeySchema, PresenceSchema, Schema, TokenWeights};
pub use recipe::{Agreement, Atom, Field, Recipe};
pub use table::{
    CodeTable, FLAG_DO_NOT_LINK, FLAG_WITHHELD, FilterColumn, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE,
    HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Token,
};
