//! What a release check found, as it is kept, sent and read.
//!
//! The custodian's program makes a [`Report`] of its own codes (the crate `release` holds the attacks) and
//! signs it into the package. Whoever receives the package reads the same report with this crate: it knows counts, shares and sentences,
//! and neither people nor codes, so it may be used on both sides.
//!
//! ```text
//!  custodian: attacks ─► lines ─► Report ─┬─► release.json ─► package ─► linkage unit: Report::parse, is_of, allows_release
//!                                         └─► release.html (for a data protection impact assessment)
//! ```

mod bound;
pub mod html;
mod page;
mod report;

pub use bound::{Share, round};
pub use page::{headline, page};
pub use report::{Form, Level, Line, NotAReport, REPORT_BYTES_MAX, REPORT_SCHEMA, Report};
