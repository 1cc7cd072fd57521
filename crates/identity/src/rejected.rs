//! [`Rejected`]: why a cell could not be read, without the cell.

use thiserror::Error;

/// Why a cell gave no value. It carries no part of the cell, so it can be counted and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Rejected {
    /// Nothing but spaces and punctuation.
    #[error("the cell is empty")]
    Empty,
    /// Text or a number that stands for "not known": `UNKNOWN`, `9999999999`, 01/01/1900.
    #[error("the cell holds a placeholder for a missing value")]
    Placeholder,
    /// The characters or their number are not those of this kind of value.
    #[error("the cell does not have the shape of this kind of value")]
    BadShape,
    /// The shape is right and the check digit or check letter is wrong: a typing error.
    #[error("the check digit is wrong")]
    BadCheckDigit,
    /// The shape is right and the value cannot exist: 31 February, an NHS number in a range that is not issued.
    #[error("the value is outside what can exist")]
    OutOfRange,
    /// A birth date after the day on which the file was made, in a column that is not of expected dates.
    #[error("the date is in the future")]
    Future,
    /// A spreadsheet has rounded the value or turned it into a number of days; the digits cannot be brought back.
    #[error("a spreadsheet has damaged the value")]
    ExcelDamaged,
    /// Only initials where a name is needed.
    #[error("the cell holds initials only")]
    InitialsOnly,
}

impl Rejected {
    /// Every reason, in the order of their definition.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Placeholder,
        Self::BadShape,
        Self::BadCheckDigit,
        Self::OutOfRange,
        Self::Future,
        Self::ExcelDamaged,
        Self::InitialsOnly,
    ];

    /// Stable id of the rule, for counting and for reports.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Placeholder => "placeholder",
            Self::BadShape => "shape",
            Self::BadCheckDigit => "check-digit",
            Self::OutOfRange => "range",
            Self::Future => "future",
            Self::ExcelDamaged => "excel-damaged",
            Self::InitialsOnly => "initials-only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_ids_are_distinct() {
        let ids: std::collections::BTreeSet<_> = Rejected::ALL.iter().map(|r| r.rule()).collect();
        assert_eq!(ids.len(), Rejected::ALL.len());
    }
}
