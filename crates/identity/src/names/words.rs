//! Words that stand in name fields and are no names.
//!
//! Each list is matched byte by byte, not by a chain of comparisons: a register asks these questions of every word it holds.

use crate::fold::says_unknown;

/// Titles, dropped wherever other words remain: one system stores them with the name and the next does not. `LADY`, `LORD`,
/// `MASTER` and such only at the front, where they are titles; elsewhere they are names.
pub(crate) fn is_title(word: &str, at_front: bool) -> bool {
    matches!(
        word.as_bytes(),
        b"MR"
            | b"MRS"
            | b"MS"
            | b"MISS"
            | b"MX"
            | b"DR"
            | b"REV"
            | b"REVD"
            | b"PROF"
            | b"MSTR"
            | b"MISTER"
            | b"CLLR"
    ) || (at_front
        && matches!(
            word.as_bytes(),
            b"SIR"
                | b"DAME"
                | b"LADY"
                | b"LORD"
                | b"MASTER"
                | b"INSP"
                | b"PROFESSOR"
                | b"REVEREND"
                | b"SGT"
                | b"CAPT"
                | b"MAJ"
        ))
}

/// Suffixes, dropped: generations and honours, which one system stores and the next does not. `V` and `X` are left to the rule on
/// single letters, because they are initials more often.
pub(crate) fn is_suffix(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"JNR"
            | b"SNR"
            | b"JR"
            | b"SR"
            | b"II"
            | b"III"
            | b"IV"
            | b"VI"
            | b"VII"
            | b"VIII"
            | b"IX"
            | b"ESQ"
            | b"OBE"
            | b"MBE"
            | b"CBE"
            | b"PHD"
    )
}

/// Words in either name field that say "no name here": a placeholder that slips through makes strangers agree.
pub(crate) fn is_placeholder(word: &str) -> bool {
    says_unknown(word)
        || matches!(
            word.as_bytes(),
            b"FNU" | b"LNU" | b"NFA" | b"NOFIXEDABODE" | b"NONAME" | b"UNNAMED" | b"UNBORN"
        )
}

/// A first word after which the whole given-name field is a note on a child that has no name yet (`BABY OF SARAH`, `TWIN 1`):
/// the names that follow are the mother's.
pub(crate) fn announces_unnamed_child(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"BABY" | b"UNBORN" | b"INFANT" | b"FOETUS" | b"FETUS" | b"TWIN" | b"TRIPLET" | b"NEWBORN"
    )
}

/// Words in the given-name field that describe a person instead of naming one.
pub(crate) fn describes_person(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"BOY"
            | b"GIRL"
            | b"MALE"
            | b"FEMALE"
            | b"CHILD"
            | b"MOTHER"
            | b"FATHER"
            | b"MUM"
            | b"DAD"
            | b"PARENT"
    )
}

/// The spellings of Muhammad that occur in UK registers, short forms included, as one: one man is written in several ways even
/// within one file.
pub(crate) fn one_muhammad(word: &str) -> &str {
    match word.as_bytes() {
        b"MD" | b"MHD" | b"MOHD" | b"MOHAMAD" | b"MOHAMED" | b"MOHAMMAD" | b"MOHAMMED"
        | b"MOHAMMOD" | b"MOHAMUD" | b"MOHMAD" | b"MOHMED" | b"MOHMMAD" | b"MOHMMED"
        | b"MUHAMAD" | b"MUHAMED" | b"MUHAMMED" | b"MUHAMMET" | b"MUHAMMID" | b"MUHAMMOD"
        | b"MUHMMAD" | b"MAHAMED" | b"MAHOMED" | b"MAHAMMED" => "MUHAMMAD",
        _ => word,
    }
}

/// A cell that is one plain word of at least two letters, in upper case: the shape of most name cells, which then need no taking
/// apart. The caller still has to ask whether the word is a name.
pub(crate) fn single_word(cell: &str) -> Option<String> {
    let cell = cell.trim_ascii();
    (cell.len() > 1 && cell.bytes().all(|b| b.is_ascii_alphabetic()))
        .then(|| cell.to_ascii_uppercase())
}
