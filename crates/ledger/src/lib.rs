//! What happened, in a form that cannot be changed later without being found out.
//!
//! - [`Ledger`] is a file of JSON lines that only grows, and the leaves of an RFC 6962 [`Tree`]. An [inclusion
//!   proof](Tree::inclusion_proof) shows that an entry is in it; a [consistency proof](Tree::consistency_proof) shows that
//!   yesterday's ledger is the beginning of today's.
//! - [`Checkpoint`] is the size and root of a ledger as a [signed note](Note) in the C2SP format, which other tools can verify.
//!   Every party keeps the last one it saw: that, not the file, makes changed history visible.
//! - [`RunManifest`] (`run.json`) lists everything that went into a run and everything that came out, by hash. Two runs with the
//!   same manifest are the same run; [`RunManifest::diff`] says where two are not.
//!
//! Entries and manifests hold hashes, counts and ids, never a personal value, and no time is read here.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod canonical;
mod checkpoint;
mod error;
mod files;
mod hex;
mod ledger;
mod note;
mod proof;
mod run;
mod tree;

pub use canonical::canonical_json;
pub use checkpoint::Checkpoint;
pub use error::{Error, Result};
pub use files::{FileCheck, FileRecord, FileState};
pub use ledger::Ledger;
pub use note::{Note, NoteKey};
pub use proof::{verify_consistency, verify_inclusion};
pub use run::{Difference, NamedHash, RUN_VERSION, RunManifest};
pub use tree::{Hash, Tree, leaf_hash};
