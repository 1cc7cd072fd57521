//! Ethnic groups, for the panel that compares how well each group is linked. Never for linking.
//!
//! Missed links are not spread evenly: names with a hyphen, a patronymic or a transliteration link worse, so a group can be wronged
//! by a rule that looks fair. To see that, counts by group are needed. As a field to link by, the group is worthless (it is recorded
//! by the onlooker, and differently each time) and harmful, so it is no part of [`crate::Person`].

use crate::fold::{bare, fold};
use crate::plain::hidden_debug;

/// A broad ethnic group of the census of England and Wales.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EthnicGroup {
    /// Asian, Asian British: Indian, Pakistani, Bangladeshi, Chinese, other.
    Asian,
    /// Black, Black British: Caribbean, African, other.
    Black,
    /// Mixed or multiple groups.
    Mixed,
    /// White: British, Irish, Gypsy or Traveller, Roma, other.
    White,
    /// Other: Arab, any other.
    Other,
}
hidden_debug!(EthnicGroup);

impl EthnicGroup {
    /// Every group, in the order of their definition.
    pub const ALL: [Self; 5] = [
        Self::Asian,
        Self::Black,
        Self::Mixed,
        Self::White,
        Self::Other,
    ];

    /// Stable name of the group, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asian => "asian",
            Self::Black => "black",
            Self::Mixed => "mixed",
            Self::White => "white",
            Self::Other => "other",
        }
    }
}

/// Which code list a column uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EthnicCodes {
    /// Department for Education, four letters: school census, Children in Need, SSDA903.
    Education,
    /// NHS 2001, one letter `A` to `S` (`Z` not stated, 99 not known).
    Nhs,
    /// Words of the 2011 census, as H-CLIC has them.
    Words,
}

/// Reads an ethnic group. `None` when the cell is empty, refused, not stated or not in the list.
///
/// Chinese counts as Asian in all lists, as the census has done since 2011; in the NHS list of 2001 it still stands under "other".
pub fn read_ethnic_group(cell: &str, codes: EthnicCodes) -> Option<EthnicGroup> {
    let folded = fold(bare(cell));
    match codes {
        EthnicCodes::Education => education(folded.trim()),
        EthnicCodes::Nhs => nhs(folded.trim()),
        EthnicCodes::Words => words(&folded),
    }
}

fn education(code: &str) -> Option<EthnicGroup> {
    Some(match code {
        "WBRI" | "WIRI" | "WOTH" | "WIRT" | "WROM" => EthnicGroup::White,
        "MWBC" | "MWBA" | "MWAS" | "MOTH" => EthnicGroup::Mixed,
        // CNHE is a printing error in the guidance of the Standard Safeguarding Dataset, and so in files.
        "AIND" | "APKN" | "ABAN" | "AOTH" | "CHNE" | "CNHE" => EthnicGroup::Asian,
        "BCRB" | "BAFR" | "BOTH" => EthnicGroup::Black,
        "OOTH" => EthnicGroup::Other,
        _ => return None,
    })
}

fn nhs(code: &str) -> Option<EthnicGroup> {
    Some(match code {
        "A" | "B" | "C" => EthnicGroup::White,
        "D" | "E" | "F" | "G" => EthnicGroup::Mixed,
        "H" | "J" | "K" | "L" | "R" => EthnicGroup::Asian,
        "M" | "N" | "P" => EthnicGroup::Black,
        "S" => EthnicGroup::Other,
        _ => return None,
    })
}

fn words(text: &str) -> Option<EthnicGroup> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // "White and Asian" is mixed, and "Asian / Asian British: Chinese" is not British; so the order matters.
    if has(&["MIXED", "MULTIPLE", "WHITE AND"]) {
        Some(EthnicGroup::Mixed)
    } else if has(&["ASIAN", "INDIAN", "PAKISTANI", "BANGLADESHI", "CHINESE"]) {
        Some(EthnicGroup::Asian)
    } else if has(&["BLACK", "CARIBBEAN", "AFRICAN"]) {
        Some(EthnicGroup::Black)
    } else if has(&["WHITE", "GYPSY", "TRAVELLER", "ROMA", "IRISH"]) {
        Some(EthnicGroup::White)
    } else if has(&["ARAB", "ANY OTHER ETHNIC", "OTHER ETHNIC"]) {
        Some(EthnicGroup::Other)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_code_of_the_lists() {
        let dfe = |code: &str| read_ethnic_group(code, EthnicCodes::Education);
        let nhs = |code: &str| read_ethnic_group(code, EthnicCodes::Nhs);
        for (group, dfe_codes, nhs_codes) in [
            (
                Some(EthnicGroup::White),
                "WBRI WIRI WOTH WIRT WROM",
                "A B C",
            ),
            (Some(EthnicGroup::Mixed), "MWBC MWBA MWAS MOTH", "D E F G"),
            (
                Some(EthnicGroup::Asian),
                "AIND APKN ABAN AOTH CHNE CNHE",
                "H J K L R",
            ),
            (Some(EthnicGroup::Black), "BCRB BAFR BOTH", "M N P"),
            (Some(EthnicGroup::Other), "OOTH", "S"),
            (None, "REFU NOBT XXXX", "Z 99 I O Q"),
        ] {
            assert!(
                dfe_codes.split(' ').all(|code| dfe(code) == group),
                "{dfe_codes}"
            );
            assert!(
                nhs_codes.split(' ').all(|code| nhs(code) == group),
                "{nhs_codes}"
            );
        }
        assert!(dfe(" wbri ") == Some(EthnicGroup::White) && dfe("").is_none());
    }

    #[test]
    fn words_of_the_census() {
        for (text, group) in [
            (
                "White: English/Welsh/Scottish/Northern Irish/British",
                Some(EthnicGroup::White),
            ),
            ("White: Gypsy or Irish Traveller", Some(EthnicGroup::White)),
            ("Mixed: White and Black Caribbean", Some(EthnicGroup::Mixed)),
            ("White and Asian", Some(EthnicGroup::Mixed)),
            ("Asian / Asian British: Chinese", Some(EthnicGroup::Asian)),
            (
                "Black / African / Caribbean / Black British: African",
                Some(EthnicGroup::Black),
            ),
            ("Other ethnic group: Arab", Some(EthnicGroup::Other)),
            ("Don't know / refused", None),
        ] {
            assert!(
                read_ethnic_group(text, EthnicCodes::Words) == group,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(cell in any::<String>()) {
            for codes in [EthnicCodes::Education, EthnicCodes::Nhs, EthnicCodes::Words] {
                if let Some(group) = read_ethnic_group(&cell, codes) {
                    prop_assert!(EthnicGroup::ALL.contains(&group));
                }
            }
        }
    }
}
