//! CLKs as Python's clkhash 0.18.3 makes them, to the bit.
//!
//! clkhash (Data61, Apache-2.0) is what many linkage projects encode with today: names and dates become tokens, each token sets bits
//! of a Bloom filter by keyed hashes, and the filter leaves as base64. This module reads clkhash's own schemas (versions 1, 2 and 3) and
//! gives the same CLKs for the same records and secret, so that a custodian can take part in such a project, or leave it, with kinfold.
//! It is **not** kinfold's own encoding: without diffusion a CLK tells more about a name than kinfold's filter does. Prefer
//! [`encode`](crate::encode()).
//!
//! ```text
//!  schema.json ─► json ─► shape ─► upgrade ─► schema          (what is to be done)
//!  secret ──────────────────────────────────► keys            (HKDF)
//!  input.csv ─► stream ─► rows ─► column: format ─► token ─► hash ─► filter ─► base64
//! ```
//!
//! Much of clkhash is Python: `int()` takes `" +23 "`, patterns are those of `re`, dates those of `strptime`, rows those of `csv`. Those
//! parts are written after CPython 3.11 with Unicode 14.0; [`encode_csv`] fails where clkhash fails. Three differences are on purpose.
//! What clkhash discovers only while hashing (a length that BLAKE2 cannot work with, keys that are too long) is a fault of the schema
//! here, even if no record would have met it. Names that clkhash reads over although they look as if they did something are refused,
//! unless [`Trap::Ignore`] is asked for. And there are limits where clkhash would only run out of memory or time.

mod base64;
mod cache;
mod column;
mod date;
mod format;
mod hash;
mod json;
mod keys;
mod number;
mod part;
mod pattern;
mod problem;
mod rows;
mod schema;
mod shape;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod unicode;
mod upgrade;

pub use problem::{Finding, Findings, Place, Rule};
pub use schema::{Schema, SchemaFault, Trap};
pub use stream::{Failure, Header, Options, Summary, encode_csv};
