//! Codes of statistical and administrative areas.
//!
//! An area is what a custodian may release in place of an address, where the cell rules allow it; the address itself stays. The
//! code says its own kind, so a column mapped wrongly (regions where wards should be) is noticed.

use crate::fold::{compact, is_blank_code, says_unknown};
use crate::rejected::Rejected;

/// Nine characters of the Government Statistical Service for an area of England: `E09000004` is Bexley. Not personal data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(String);

/// What an area is. Source: Register of Geographic Codes, Office for National Statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKind {
    /// England, E92.
    Country,
    /// Region, E12.
    Region,
    /// Local authority: unitary E06, district E07, metropolitan district E08, London borough E09.
    LocalAuthority,
    /// Electoral ward, E05.
    Ward,
    /// Middle layer super output area, about 8,000 people, E02.
    MiddleSuperOutputArea,
    /// Lower layer super output area, about 1,600 people, E01.
    LowerSuperOutputArea,
}

impl AreaCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`Rejected::BadShape`] for other characters, [`Rejected::OutOfRange`] for a kind of area that is not in the list, and for
    /// empty cells and placeholders as everywhere.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        if says_unknown(cell) {
            return Err(Rejected::Placeholder);
        }
        let text = compact(cell);
        if text.is_empty() {
            return Err(Rejected::Empty);
        }
        if is_blank_code(&text) {
            return Err(Rejected::Placeholder);
        }
        let shape = text.len() == 9
            && text.starts_with('E')
            && text[1..].bytes().all(|byte| byte.is_ascii_digit());
        if !shape {
            return Err(Rejected::BadShape);
        }
        kind_of(&text[..3]).ok_or(Rejected::OutOfRange)?;
        Ok(Self(text))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the area is.
    pub fn kind(&self) -> AreaKind {
        kind_of(&self.0[..3]).expect("the kind was known when the code was read")
    }
}

fn kind_of(prefix: &str) -> Option<AreaKind> {
    Some(match prefix {
        "E01" => AreaKind::LowerSuperOutputArea,
        "E02" => AreaKind::MiddleSuperOutputArea,
        "E05" => AreaKind::Ward,
        "E06" | "E07" | "E08" | "E09" => AreaKind::LocalAuthority,
        "E12" => AreaKind::Region,
        "E92" => AreaKind::Country,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        let kind = |cell: &str| AreaCode::parse(cell).map(|area| area.kind());
        for (cell, expected) in [
            ("E09000004", AreaKind::LocalAuthority),
            ("e09000006", AreaKind::LocalAuthority),
            ("E09000011", AreaKind::LocalAuthority),
            ("E12000007", AreaKind::Region),
            ("E01000337", AreaKind::LowerSuperOutputArea),
            ("E92000001", AreaKind::Country),
        ] {
            assert_eq!(kind(cell), Ok(expected), "{cell}");
        }
        assert_eq!(kind("E99000001"), Err(Rejected::OutOfRange));
        assert_eq!(kind("W06000015"), Err(Rejected::BadShape));
        assert_eq!(kind("E0900004"), Err(Rejected::BadShape));
        assert_eq!(kind("unknown"), Err(Rejected::Placeholder));
        assert_eq!(kind(""), Err(Rejected::Empty));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|E[0-9]{8}") {
            if let Ok(area) = AreaCode::parse(&cell) {
                prop_assert_eq!(AreaCode::parse(area.as_str()).map(|again| again.kind()), Ok(area.kind()));
            }
        }
    }
}
