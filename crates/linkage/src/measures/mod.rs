//! How good is a result? Counted where the truth is known, expected where it is not.
//!
//! With truth, every measure is a count over records that were asked about:
//! - [`Table`]: of all pairs of records, which belong together, and which did we join? Overall ([`Table::pairwise`]), across sources
//!   and for each two of them ([`Table::by_source`]), for groups of people ([`Table::by_group`], [`compare`]); the same record by record
//!   ([`Table::b_cubed`]); and which people were found exactly ([`Table::exact`]).
//! - [`HouseholdTable`]: pairs of records of two *different* people of one household, and households that came out whole.
//!   [`household_links`]: which household of one source is which of another.
//! - [`needs`]: household by indicator, is the need current or not?
//!
//! Each comes with a 95 % interval; the module `interval` says how and why. Without truth, [`expected`] says what the match
//! probabilities promise, and [`bridges`] finds links that alone hold a person together.
//!
//! Pairs are counted from group sizes, never enumerated: a cluster of `n` records has `n(n-1)/2` pairs. The tests compare every
//! count with a brute-force enumeration. Groups are numbered by the caller; the numbers have no meaning, only equality and, where
//! a tie must be broken, order.

mod b_cubed;
mod bridges;
#[cfg(test)]
mod brute;
#[cfg(test)]
mod coverage;
mod expected;
mod groups;
mod household_links;
mod households;
mod interval;
mod needs;
mod rates;
mod sources;
mod table;
mod units;

pub use b_cubed::{BCubed, BCubedMeasured, b_cubed};
pub use bridges::{Bridge, bridges};
pub use expected::{Expected, ExpectedIntervals, Scored, expected};
pub use groups::{Gap, Gaps, Group, compare};
pub use household_links::{HouseholdLinks, household_links};
pub use households::{HouseholdTable, Memberships};
pub use interval::{Interval, Moments, Z95};
pub use needs::{CurrentNeeds, match_households, needs};
pub use rates::{Counts, Intervals, Measured, Rates, Share, Sums};
pub use sources::BySource;
pub use table::{Labelled, Table, pairwise};
pub use units::{Joiner, Units};
