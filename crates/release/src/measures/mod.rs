//! Measures M1 to M4, M6 and M9 of the security study, section 3: what codes show before anybody attacks them.

mod balance;
mod columns;
mod counts;
mod length;
mod outliers;
mod scan;

pub use balance::{Balance, balance};
pub use columns::{CoOccurrence, co_occurrence};
pub(crate) use counts::count_told;
pub use counts::{Counts, count, fingerprint};
pub use length::Length;
pub(crate) use length::length;
pub use outliers::Outliers;
pub(crate) use outliers::outliers;
pub use scan::{Scan, scan};
