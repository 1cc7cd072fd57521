//! Family names.

use super::words::{is_placeholder, is_suffix, is_title};
use crate::fold::{fold, says_unknown, words};
use crate::plain::hidden_debug;
use crate::rejected::Rejected;

/// A family name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyName {
    /// All its letters joined: `SMITHJONES`, `OBRIEN`, `VANDERBERG`. The form to compare whole names by, since systems
    /// disagree about hyphens and spaces more than about letters.
    pub whole: String,
    /// The names it is made of, without particles: `SMITH` and `JONES`; `BERG`. Never empty.
    pub parts: Vec<String>,
}
hidden_debug!(FamilyName);

impl FamilyName {
    /// Whether the last part is one that a large share of a community bears beside or instead of a family name
    /// (`KAUR`, `SINGH`, `BEGUM`, `BIBI`): agreement on it is weak evidence.
    pub fn is_low_information(&self) -> bool {
        self.parts.last().is_some_and(|last| is_honorific(last))
    }
}

/// Reads the present family name from one cell.
///
/// * An apostrophe binds: `O'BRIEN`, `O BRIEN` and `OBRIEN` are one name.
/// * `MAC DONALD`, `M'DONALD` and `MACDONALD` become `MCDONALD`, save for names that only look so (`MACHADO`, `MACKLIN`).
/// * Particles (`VAN DER`, `DE LA`, `AL`) stay in `whole` and leave `parts`, where they would agree with strangers.
///
/// # Errors
/// [`Rejected::Empty`], [`Rejected::Placeholder`] (`UNKNOWN`, `DOE`, only a title), [`Rejected::InitialsOnly`].
pub fn read_family_name(cell: &str) -> Result<FamilyName, Rejected> {
    let folded = fold(cell);
    if says_unknown(&folded) {
        return Err(Rejected::Placeholder);
    }
    let (present, former) = split_former(&folded);
    match read_one(&present) {
        Err(Rejected::Empty) if !former.is_empty() => read_one(&former[0]),
        result => result,
    }
}

/// Reads the present family name and the former ones beside it (`SMITH NEE JONES`, `SMITH (JONES)`), and the spelling with
/// AE, OE, UE when the cell has Ä, Ö, Ø or Ü: a German or Danish passport writes MUELLER for Müller.
/// The present name comes first.
///
/// # Errors
/// As [`read_family_name`].
pub fn read_family_names(cell: &str) -> Result<Vec<FamilyName>, Rejected> {
    let mut names = vec![read_family_name(cell)?];
    let spelt = spell_umlauts(cell);
    let (present, mut others) = split_former(&fold(&spelt));
    others.insert(0, present);
    for text in others {
        if let Ok(name) = read_one(&text)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

fn read_one(text: &str) -> Result<FamilyName, Rejected> {
    let all = words(&spell_m(text));
    if all.is_empty() {
        return Err(Rejected::Empty);
    }
    let joined_words = join_prefixes(&without_fillers(&all));
    if joined_words.is_empty() {
        return Err(Rejected::Placeholder);
    }
    let named: Vec<String> = joined_words
        .into_iter()
        .filter(|word| word.len() > 1)
        .collect();
    if named.is_empty() {
        return Err(Rejected::InitialsOnly);
    }
    let last = named.len() - 1;
    let mut parts: Vec<String> = Vec::new();
    for (at, word) in named.iter().enumerate() {
        if (at == last || !is_particle(word)) && !parts.contains(word) {
            parts.push(word.clone());
        }
    }
    let whole = one_mac(&named.concat());
    // Words that are names apart can be none together (UN KNOWN).
    if is_placeholder(&whole)
        || is_family_placeholder(&whole)
        || is_title(&whole, true)
        || is_suffix(&whole)
    {
        return Err(Rejected::Placeholder);
    }
    Ok(FamilyName { whole, parts })
}

/// `M'DONALD` as `MC DONALD`; a lone `M` before a name means the same only with its apostrophe.
fn spell_m(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for word in text.split_inclusive(|c: char| !c.is_ascii_uppercase() && c != '\'') {
        match word.strip_prefix("M'") {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_uppercase()) => {
                out.push_str("MC");
                out.push_str(rest);
            }
            _ => out.push_str(word),
        }
    }
    out
}

fn without_fillers(all: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in all {
        if !is_title(word, kept.is_empty()) && !is_suffix(word) && !is_placeholder(word) {
            kept.push(word.clone());
        }
    }
    if kept.len() == 1 && is_family_placeholder(&kept[0]) {
        kept.clear();
    }
    kept
}

/// Binds prefixes that are written apart: `O BRIEN`, `MC DONALD`, `ST JOHN`, `FITZ GERALD`.
fn join_prefixes(words: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut prefix = String::new();
    for (at, word) in words.iter().enumerate() {
        let is_last = at + 1 == words.len();
        let binds = match word.as_str() {
            "O" => at == 0 || prefix.is_empty(),
            "MC" | "MAC" | "ST" | "SAINT" | "FITZ" => prefix.is_empty(),
            _ => false,
        };
        if binds && !is_last {
            prefix = match word.as_str() {
                "MAC" => String::from("MC"),
                "SAINT" => String::from("ST"),
                other => other.to_owned(),
            };
            continue;
        }
        let bound = std::mem::take(&mut prefix);
        joined.push(one_mac(&format!("{bound}{word}")));
    }
    joined
}

/// `MACDONALD` as `MCDONALD`. A name that goes on with H, K or a vowel is a Mac only when it is a known one.
fn one_mac(word: &str) -> String {
    let Some(rest) = word.strip_prefix("MAC") else {
        return word.to_owned();
    };
    const AFTER_H_K_OR_VOWEL: [&str; 19] = [
        "ALISTER", "ALLISTER", "ALPINE", "ANDREW", "ARTHUR", "ASKILL", "AULAY", "EACHERN", "ELROY",
        "EVOY", "EWAN", "EWEN", "INNES", "INTOSH", "INTYRE", "ISAAC", "IVER", "KENZIE", "KINNON",
    ];
    const KINTOSH: [&str; 3] = ["KAY", "KINTOSH", "KENNA"];
    let generic = rest.len() >= 4
        && rest.starts_with(|c: char| "BCDFGLMNPQSTVW".contains(c))
        && rest != "LIN";
    if generic || rest == "RAE" || AFTER_H_K_OR_VOWEL.contains(&rest) || KINTOSH.contains(&rest) {
        format!("MC{rest}")
    } else {
        word.to_owned()
    }
}

/// Words between the parts of a name, in the languages spoken in the country.
fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "AL" | "BIN"
            | "BINT"
            | "BINTI"
            | "DA"
            | "DAS"
            | "DE"
            | "DEL"
            | "DELA"
            | "DELLA"
            | "DEN"
            | "DER"
            | "DI"
            | "DO"
            | "DOS"
            | "DU"
            | "EL"
            | "IBN"
            | "LA"
            | "LAS"
            | "LE"
            | "LOS"
            | "TEN"
            | "TER"
            | "UL"
            | "UR"
            | "VAN"
            | "VON"
            | "ZU"
            | "ZUR"
    )
}

fn is_honorific(word: &str) -> bool {
    matches!(
        word,
        "BANO"
            | "BEGUM"
            | "BI"
            | "BIBI"
            | "DEVI"
            | "KAUR"
            | "KHATOON"
            | "KHATUN"
            | "KUMAR"
            | "KUMARI"
            | "SINGH"
    )
}

/// Made-up surnames. Few real families bear them, and registers are full of them.
fn is_family_placeholder(word: &str) -> bool {
    matches!(
        word,
        "DOE" | "OTHER" | "ANOTHER" | "NOOTHER" | "NOSURNAME" | "UNBORN" | "BABY"
    )
}

/// Present name and former names: what stands in brackets, or after NEE, FORMERLY, PREVIOUSLY, AKA.
fn split_former(folded: &str) -> (String, Vec<String>) {
    let mut former = Vec::new();
    let mut rest = folded.replace(['[', '{'], "(").replace([']', '}'], ")");
    while let Some(open) = rest.find('(') {
        let close = rest[open..].find(')').map_or(rest.len(), |at| open + at);
        former.push(rest[open + 1..close].to_owned());
        rest.replace_range(open..(close + 1).min(rest.len()), " ");
    }
    let mut present = rest;
    for mark in [
        " NEE ",
        " FORMERLY ",
        " PREVIOUSLY ",
        " FORMER ",
        " AKA ",
        " ALIAS ",
        " F/K/A ",
    ] {
        if let Some((before, after)) = present.clone().split_once(mark) {
            former.insert(0, after.to_owned());
            before.clone_into(&mut present);
        }
    }
    for name in &mut former {
        for mark in ["NEE ", "FORMERLY ", "PREVIOUSLY ", "FORMER "] {
            if let Some(after) = name.trim_start().strip_prefix(mark) {
                *name = after.to_owned();
            }
        }
    }
    (present, former)
}

fn spell_umlauts(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for c in cell.chars() {
        match c {
            'ä' | 'Ä' => out.push_str("AE"),
            'ö' | 'Ö' | 'ø' | 'Ø' => out.push_str("OE"),
            'ü' | 'Ü' => out.push_str("UE"),
            'å' | 'Å' => out.push_str("AA"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(cell: &str) -> String {
        match read_family_name(cell) {
            Ok(name) => format!("{}|{}", name.whole, name.parts.join(" ")),
            Err(why) => why.rule().to_owned(),
        }
    }

    #[test]
    fn names() {
        for (cell, expected) in [
            ("Smith-Jones", "SMITHJONES|SMITH JONES"),
            ("Smith Jones", "SMITHJONES|SMITH JONES"),
            ("O'Brien", "OBRIEN|OBRIEN"),
            ("O Brien", "OBRIEN|OBRIEN"),
            ("O’BRIEN", "OBRIEN|OBRIEN"),
            ("Mc Donald", "MCDONALD|MCDONALD"),
            ("MacDonald", "MCDONALD|MCDONALD"),
            ("M'Donald", "MCDONALD|MCDONALD"),
            ("MACHADO", "MACHADO|MACHADO"),
            ("Macklin", "MACKLIN|MACKLIN"),
            ("Mackenzie", "MCKENZIE|MCKENZIE"),
            ("van der Berg", "VANDERBERG|BERG"),
            ("de Souza", "DESOUZA|SOUZA"),
            ("Al-Masri", "ALMASRI|MASRI"),
            ("Le", "LE|LE"),
            ("St. John", "STJOHN|STJOHN"),
            ("Smith Jr", "SMITH|SMITH"),
            ("Mr Smith", "SMITH|SMITH"),
            ("Kaur", "KAUR|KAUR"),
            ("Müller", "MULLER|MULLER"),
            ("Smith (nee Jones)", "SMITH|SMITH"),
            ("S. Kumar", "KUMAR|KUMAR"),
            ("Unknown", "placeholder"),
            ("DOE", "placeholder"),
            ("un known", "placeholder"),
            ("A", "initials-only"),
            ("", "empty"),
        ] {
            assert_eq!(parts(cell), expected, "{cell}");
        }
    }

    #[test]
    fn former_names_and_spellings() {
        let wholes = |cell: &str| {
            read_family_names(cell)
                .unwrap()
                .into_iter()
                .map(|n| n.whole)
                .collect::<Vec<_>>()
        };
        assert_eq!(wholes("Smith née Jones"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Smith (Jones)"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Müller"), ["MULLER", "MUELLER"]);
        assert_eq!(wholes("Patel"), ["PATEL"]);
    }

    #[test]
    fn weak_last_names_are_marked() {
        assert!(read_family_name("Kaur").unwrap().is_low_information());
        assert!(
            read_family_name("Parveen Bibi")
                .unwrap()
                .is_low_information()
        );
        assert!(
            !read_family_name("Kaur Dhillon")
                .unwrap()
                .is_low_information()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|([A-Za-z'.(]{1,8}[ -]?){1,4}|(MR|MAC|MC|M|O|VAN|DER|JR|NEE|UN|KNOWN|LA|DY|ST)( (MR|MAC|DONALD|MC|O|VAN|DER|JR|NEE|UN|KNOWN|LA|DY|ST|IAN))*") {
            if let Ok(name) = read_family_name(&cell) {
                prop_assert!(!name.parts.is_empty());
                for word in std::iter::once(&name.whole).chain(&name.parts) {
                    prop_assert!(word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase()));
                }
                let again = read_family_name(&name.whole).map_err(|why| TestCaseError::fail(why.rule()))?;
                prop_assert_eq!(again.whole, name.whole);
            }
            let _ = read_family_names(&cell);
        }
    }
}
