//! Words that stand in name fields and are no names.

use crate::fold::says_unknown;

/// Titles, dropped wherever other words remain. `LADY`, `LORD`, `MASTER` and such only at the front, where they are titles.
pub(crate) fn is_title(word: &str, at_front: bool) -> bool {
    matches!(
        word,
        "MR" | "MRS"
            | "MS"
            | "MISS"
            | "MX"
            | "DR"
            | "REV"
            | "REVD"
            | "PROF"
            | "MSTR"
            | "MISTER"
            | "CLLR"
    ) || (at_front
        && matches!(
            word,
            "SIR"
                | "DAME"
                | "LADY"
                | "LORD"
                | "MASTER"
                | "INSP"
                | "PROFESSOR"
                | "SGT"
                | "CAPT"
                | "MAJ"
        ))
}

/// Suffixes, dropped: generations, honours.
pub(crate) fn is_suffix(word: &str) -> bool {
    matches!(
        word,
        "JNR"
            | "SNR"
            | "JR"
            | "SR"
            | "II"
            | "III"
            | "IV"
            | "VI"
            | "VII"
            | "VIII"
            | "IX"
            | "ESQ"
            | "OBE"
            | "MBE"
            | "CBE"
            | "PHD"
    )
}

/// Words in either name field that say "no name here".
pub(crate) fn is_placeholder(word: &str) -> bool {
    says_unknown(word) || matches!(word, "FNU" | "LNU" | "NFA" | "NONAME" | "UNNAMED")
}

/// A first word after which the whole given-name field is a note on a child that has no name yet (`BABY OF SARAH`, `TWIN 1`).
pub(crate) fn announces_unnamed_child(word: &str) -> bool {
    matches!(
        word,
        "BABY" | "UNBORN" | "INFANT" | "FOETUS" | "FETUS" | "TWIN" | "TRIPLET" | "NEWBORN"
    )
}

/// Words in the given-name field that describe a person instead of naming one.
pub(crate) fn describes_person(word: &str) -> bool {
    matches!(
        word,
        "BOY"
            | "GIRL"
            | "MALE"
            | "FEMALE"
            | "CHILD"
            | "MOTHER"
            | "FATHER"
            | "MUM"
            | "DAD"
            | "PARENT"
    )
}
