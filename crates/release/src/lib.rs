//! The release check: what could an attacker learn from the file that is about to be sent?
//!
//! kinfold runs the published attacks, and stronger ones of its own, on the custodian's own codes, on the custodian's own machine, with the
//! custodian's own list of people as the attacker's knowledge, and says in plain words what they reached. The attacks know every public
//! parameter and no key.
//!
//! ```text
//!  codes + people ─► File ─► measures (M1 to M6, M9)
//!                     ├────► Scene (records, a list in another order) ─► attacks ─► Named ─┐
//!                     └────► the same people coded without hardening ─► the same attacks ──┴─► Report
//! ```
//!
//! Every attack is run on un-hardened codes of the same people first and must succeed there; otherwise the check is broken and releases
//! nothing. All randomness comes from the hash of the payload: the same file meets the same attacks and gets the same verdict, on any
//! machine and number of threads.

pub mod agreement;
mod check;
mod coded;
mod codes;
mod draws;
pub mod embedding;
mod exact;
mod file;
mod fit;
mod groups;
mod homes;
pub mod household_attack;
mod kernel;
mod keys;
mod known;
pub mod law;
pub mod legacy;
pub mod linear;
mod list;
#[cfg(test)]
mod made_up;
pub mod measures;
pub mod mining;
pub mod months;
pub mod packages;
mod partner;
pub mod patterns;
mod predict;
mod scene;
pub mod sharing;
mod subject;
pub mod visible;
mod withheld;

pub use check::{Options, Outcome, Progress, check, check_subject, check_with_earlier};
pub use codes::Codes;
pub use draws::Draws;
pub use file::{File, NotAligned, Stay, View, by_pool};
pub use kernel::{Kernel, common, positions};
pub use keys::{KeyValue, KeyView};
pub use kinfold_verdict::{Form, Level, Line, REPORT_SCHEMA, Report, Share, page};
pub use known::{Choice, Named, attack, choose};
pub use list::List;
pub use partner::{Likeness, Partner};
pub use predict::Known;
pub use scene::{ListQuality, NOBODY, Scene};
pub use subject::{ListAgain, Subject};
