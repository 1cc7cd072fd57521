//! The hub's folder: what the linkage unit received, what it ran, and the tables it writes.
//!
//! ```text
//! hub/
//!   agreement.toml, agreement.sig          the signed agreement
//!   schema.toml, rules.toml                the linkage schema and the rule pack that it names
//!   hub.sqlite                             packages, withdrawals, runs and the journal (append-only tables)
//!   packages/<payload hash>.<section>.arrow  the opened sections, each written whole
//!   runs/<run id>/run.json                 the manifest of each run
//!   ledger.jsonl                           every step, as a Merkle log
//! ```
//!
//! [`Hub`] is the only way to change any of it. A package is accepted whole or not at all, and never twice with different
//! contents; sections are checked against their hash each time they are read. The tables of a run (pairs, people, households,
//! needs) are Parquet files with documented columns, and the same rows give the same bytes.
//!
//! Two things serve `kinfold-hub match` and need no hub: [`Filters`] reads filters in place from a [`MappedFile`], and [`PairParts`]
//! streams pairs into a table that can be taken up again after an interruption.
//!
//! The store knows nothing of identities or of the rules of linking: it keeps bytes and counts.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod database;
mod error;
mod filters;
mod hub;
mod journal;
mod mapped;
mod packages;
mod pair_parts;
mod read;
mod runs;
mod tables;
mod whole;
mod withdrawals;

pub use error::Error;
pub use filters::{ARROW_MAGIC, Filters, push_row};
pub use hub::{Hub, Texts};
pub use mapped::MappedFile;
pub use packages::{Accepted, Incoming, PackageInfo, SectionInfo};
pub use pair_parts::{PairParts, SimilarPair};
pub use read::{
    Column, Place, TextRow, TextTable, column_names, read_text_columns, visit_text_rows,
};
pub use runs::RunInfo;
pub use tables::{
    HouseholdRow, LineageRow, NOT_FOR_RELEASE, NeedRow, Origin, PairRow, PersonRow, RELEASE_KEY,
    write_households, write_households_of, write_lineage, write_needs, write_pairs, write_pairs_of,
    write_people, write_people_of,
};
pub use whole::{Failure, WholeFile};
pub use withdrawals::Withdrawal;
