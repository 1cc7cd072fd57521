//! Family names.

use std::borrow::Cow;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::words::{is_placeholder, is_suffix, is_title, single_word};
use crate::fold::{bound, fold, says_unknown, transliterated, words};
use crate::plain::hidden_debug;
use crate::rejected::Rejected;

/// A family name. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
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
    /// (`KAUR`, `SINGH`, `BEGUM`, `BIBI`): agreement on it is weak evidence, and another system may hold a given name or the
    /// father's name in its place (see [`crate::Person::given_as_family`]).
    pub fn is_low_information(&self) -> bool {
        self.parts.last().is_some_and(|last| is_honorific(last))
    }
}

/// Reads the present family name from one cell.
///
/// * An apostrophe binds: `O'BRIEN`, `O BRIEN` and `OBRIEN` are one name, because half of all forms refuse the apostrophe.
/// * `MAC DONALD`, `M'DONALD` and `MACDONALD` become `MCDONALD`, since its bearers' papers differ; save for names that only look
///   so (`MACHADO`, `MACKLIN`).
/// * Particles (`VAN DER`, `DE LA`, `AL`) stay in `whole` and leave `parts`, where they would agree with strangers.
///
/// # Errors
/// [`Rejected::Empty`], [`Rejected::Placeholder`] (`UNKNOWN`, `DOE`, only a title), [`Rejected::InitialsOnly`].
pub fn read_family_name(cell: &str) -> Result<FamilyName, Rejected> {
    if let Some(name) = single_word(cell).and_then(one_name) {
        return Ok(name);
    }
    let folded = fold(cell);
    if says_unknown(&folded) {
        return Err(Rejected::Placeholder);
    }
    let (present, former) = split_former(&folded);
    present_name(&present, &former)
}

/// The present name; in a cell that has only a former one, that.
fn present_name(present: &str, former: &[String]) -> Result<FamilyName, Rejected> {
    match (read_one(present, Mac::AsMc), former.first()) {
        (Err(Rejected::Empty), Some(former)) => read_one(former, Mac::AsMc),
        (result, _) => result,
    }
}

/// Reads every family name of a cell; the present one comes first. The others are repeated values of the same person:
///
/// * former names beside it (`SMITH NEE JONES`, `SMITH (JONES)`), under which an older record may stand;
/// * the spelling with AE, OE, UE, AA or DJ when the cell has Ä, Ö, Ø, Ü, Å or Đ: a German or Danish passport writes MUELLER for
///   Müller;
/// * the raw spelling of a Mac (`MACDONALD` beside `MCDONALD`), which a typing slip leaves nearer to the raw spelling elsewhere.
///
/// # Errors
/// As [`read_family_name`].
pub fn read_family_names(cell: &str) -> Result<Vec<FamilyName>, Rejected> {
    // The commonest cell has one word, and nothing that could be written in two ways.
    if let Some(name) = single_word(cell).and_then(one_name)
        && !may_be_mac(&name.whole)
    {
        return Ok(vec![name]);
    }
    let folded = fold(cell);
    if says_unknown(&folded) {
        return Err(Rejected::Placeholder);
    }
    let (present, former) = split_former(&folded);
    let mut names = vec![present_name(&present, &former)?];
    let mut add = |text: &str, mac: Mac| {
        if let Ok(name) = read_one(text, mac)
            && !names.contains(&name)
        {
            names.push(name);
        }
    };
    for text in &former {
        add(text, Mac::AsMc);
    }
    if let Some(spelt) = transliterated(cell) {
        let folded = fold(&spelt);
        let (present, former) = split_former(&folded);
        for text in std::iter::once(present.as_ref()).chain(former.iter().map(String::as_str)) {
            add(text, Mac::AsMc);
        }
    }
    for text in std::iter::once(present.as_ref()).chain(former.iter().map(String::as_str)) {
        if text.contains("MAC") || text.contains("M'") {
            add(text, Mac::AsWritten);
        }
    }
    Ok(names)
}

fn may_be_mac(whole: &str) -> bool {
    whole.starts_with("MC") || whole.contains("MAC")
}

/// What becomes of `MAC` and `M'` before a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mac {
    AsMc,
    AsWritten,
}

/// A whole cell of one word as a name; `None` when the word is no name, for the long way to say why.
fn one_name(word: String) -> Option<FamilyName> {
    if is_title(&word, true)
        || is_suffix(&word)
        || is_placeholder(&word)
        || is_family_placeholder(&word)
    {
        return None;
    }
    let whole = match one_mac(&word) {
        Cow::Owned(mc) => mc,
        Cow::Borrowed(_) => word,
    };
    Some(FamilyName {
        parts: vec![whole.clone()],
        whole,
    })
}

fn read_one(text: &str, mac: Mac) -> Result<FamilyName, Rejected> {
    let spelt = match mac {
        Mac::AsMc => spell_m(text),
        Mac::AsWritten => Cow::Borrowed(text),
    };
    let text = bound(spelt);
    let mut kept: Vec<&str> = Vec::new();
    let mut any_word = false;
    for word in words(&text) {
        any_word = true;
        if !is_title(word, kept.is_empty()) && !is_suffix(word) && !is_placeholder(word) {
            kept.push(word);
        }
    }
    if !any_word {
        return Err(Rejected::Empty);
    }
    // `BABY SMITH` on a maternity ward is a Smith.
    if kept.len() > 1 && kept[0] == "BABY" {
        kept.remove(0);
    }
    if kept.is_empty() || (kept.len() == 1 && is_family_placeholder(kept[0])) {
        return Err(Rejected::Placeholder);
    }
    let mut named = join_prefixes(&kept, mac);
    named.retain(|word| word.len() > 1);
    if named.is_empty() {
        return Err(Rejected::InitialsOnly);
    }
    let last = named.len() - 1;
    let mut parts: Vec<String> = Vec::with_capacity(named.len());
    for (at, word) in named.iter().enumerate() {
        if (at == last || !is_particle(word)) && !parts.iter().any(|part| part == word) {
            parts.push(word.as_ref().to_owned());
        }
    }
    let joined = named.concat();
    let whole = match mac {
        Mac::AsMc => one_mac(&joined).into_owned(),
        Mac::AsWritten => joined,
    };
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
fn spell_m(text: &str) -> Cow<'_, str> {
    if !text.contains("M'") {
        return Cow::Borrowed(text);
    }
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
    Cow::Owned(out)
}

/// Binds prefixes that are written apart: `O BRIEN`, `MC DONALD`, `ST JOHN`, `FITZ GERALD`. With or without the space is the same
/// family.
fn join_prefixes<'text>(words: &[&'text str], mac: Mac) -> Vec<Cow<'text, str>> {
    let mut joined: Vec<Cow<'text, str>> = Vec::with_capacity(words.len());
    let mut prefix = "";
    for (at, word) in words.iter().enumerate() {
        let is_last = at + 1 == words.len();
        let binds = match *word {
            "O" => at == 0 || prefix.is_empty(),
            "MC" | "MAC" | "ST" | "SAINT" | "FITZ" => prefix.is_empty(),
            _ => false,
        };
        if binds && !is_last {
            prefix = match *word {
                "MAC" if mac == Mac::AsMc => "MC",
                "SAINT" => "ST",
                other => other,
            };
            continue;
        }
        let bound = std::mem::take(&mut prefix);
        joined.push(match (bound, mac) {
            ("", Mac::AsMc) => one_mac(word),
            ("", Mac::AsWritten) => Cow::Borrowed(*word),
            (bound, Mac::AsMc) => Cow::Owned(one_mac(&format!("{bound}{word}")).into_owned()),
            (bound, Mac::AsWritten) => Cow::Owned(format!("{bound}{word}")),
        });
    }
    joined
}

/// `MACDONALD` as `MCDONALD`. A name that goes on with H, K or a vowel is a Mac only when it is a known one: the lists are the
/// Scottish and Irish names common in the country, and all others (Machado, Macklin, Macaulay's cousins) stay as they are.
fn one_mac(word: &str) -> Cow<'_, str> {
    let Some(rest) = word.strip_prefix("MAC") else {
        return Cow::Borrowed(word);
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
        Cow::Owned(format!("MC{rest}"))
    } else {
        Cow::Borrowed(word)
    }
}

/// Words between the parts of a name, in the languages spoken in the country (Dutch, German, Portuguese, Spanish, Italian, French,
/// Arabic). One system keeps them and another drops them, so `parts` do without.
fn is_particle(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"AL"
            | b"BIN"
            | b"BINT"
            | b"BINTI"
            | b"DA"
            | b"DAS"
            | b"DE"
            | b"DEL"
            | b"DELA"
            | b"DELLA"
            | b"DEN"
            | b"DER"
            | b"DI"
            | b"DO"
            | b"DOS"
            | b"DU"
            | b"EL"
            | b"IBN"
            | b"LA"
            | b"LAS"
            | b"LE"
            | b"LOS"
            | b"TEN"
            | b"TER"
            | b"UL"
            | b"UR"
            | b"VAN"
            | b"VON"
            | b"ZU"
            | b"ZUR"
    )
}

/// Names that say "woman", "lady", "lion" or "princess" of a whole community: Sikh, Bangladeshi, Pakistani and Indian. Where they
/// stand last, about one person in two of the community has them.
fn is_honorific(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"BANO"
            | b"BEGUM"
            | b"BI"
            | b"BIBI"
            | b"DEVI"
            | b"KAUR"
            | b"KHATOON"
            | b"KHATUN"
            | b"KUMAR"
            | b"KUMARI"
            | b"SINGH"
    )
}

/// Made-up surnames. Few real families bear them, and registers are full of them.
fn is_family_placeholder(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"DOE"
            | b"NOLASTNAME"
            | b"OTHER"
            | b"ANOTHER"
            | b"NOOTHER"
            | b"NOSURNAME"
            | b"UNBORN"
            | b"BABY"
    )
}

/// What stands before another name of the same person, in brackets or not.
const FORMER_MARKS: [&str; 9] = [
    " NEE ",
    " FORMERLY ",
    " PREVIOUSLY ",
    " FORMER ",
    " KNOWN AS ",
    " AKA ",
    " ALIAS ",
    " FKA ",
    " F/K/A ",
];

/// Present name and former names: what stands in brackets, or after one of [`FORMER_MARKS`].
fn split_former(folded: &str) -> (Cow<'_, str>, Vec<String>) {
    if !folded.contains([' ', '(', '[', '{']) {
        return (Cow::Borrowed(folded), Vec::new());
    }
    let mut former = Vec::new();
    let mut present = Cow::Borrowed(folded);
    if folded.contains(['(', '[', '{']) {
        let mut rest = folded.replace(['[', '{'], "(").replace([']', '}'], ")");
        while let Some(open) = rest.find('(') {
            let close = rest[open..].find(')').map_or(rest.len(), |at| open + at);
            former.push(rest[open + 1..close].to_owned());
            rest.replace_range(open..(close + 1).min(rest.len()), " ");
        }
        present = Cow::Owned(rest);
    }
    for mark in FORMER_MARKS {
        let Some((before, after)) = present.split_once(mark) else {
            continue;
        };
        former.insert(0, after.to_owned());
        present = Cow::Owned(before.to_owned());
    }
    for name in &mut former {
        // One may follow another: FORMERLY KNOWN AS.
        for mark in FORMER_MARKS {
            if let Some(after) = name.trim_start().strip_prefix(mark.trim_start()) {
                *name = after.to_owned();
            }
        }
    }
    (present, former)
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
            ("Baby Smith", "SMITH|SMITH"),
            ("Unborn Smith", "SMITH|SMITH"),
            ("BABY", "placeholder"),
            ("Unborn", "placeholder"),
            ("A N Other", "placeholder"),
            ("No Surname", "placeholder"),
            ("NFA", "placeholder"),
            ("No fixed abode", "placeholder"),
            ("unk", "placeholder"),
            ("T.B.C.", "placeholder"),
            ("U", "initials-only"),
            ("Smith OBE", "SMITH|SMITH"),
            ("Dr Smith PhD", "SMITH|SMITH"),
            ("Smith III", "SMITH|SMITH"),
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
                .iter()
                .map(|n| n.whole.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(wholes("Smith née Jones"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Smith (Jones)"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Müller"), ["MULLER", "MUELLER"]);
        assert_eq!(wholes("Mu\u{308}ller"), ["MULLER", "MUELLER"]);
        assert_eq!(wholes("Weiß"), ["WEISS"]);
        assert_eq!(wholes("Đorđević"), ["DORDEVIC", "DJORDJEVIC"]);
        assert_eq!(wholes("Mac Donald"), ["MCDONALD", "MACDONALD"]);
        assert_eq!(
            wholes("MacDonald-Smith"),
            ["MCDONALDSMITH", "MACDONALDSMITH"]
        );
        assert_eq!(wholes("M'Donald"), ["MCDONALD", "MDONALD"]);
        assert_eq!(wholes("McDonald"), ["MCDONALD"]);
        assert_eq!(wholes("Smith aka MacRae"), ["SMITH", "MCRAE", "MACRAE"]);
        assert_eq!(wholes("Smith (aka Jones)"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Smith (formerly Jones)"), ["SMITH", "JONES"]);
        assert_eq!(wholes("Smith formerly known as Jones"), ["SMITH", "JONES"]);
        assert_eq!(
            wholes("Smith (previously known as Jones)"),
            ["SMITH", "JONES"]
        );
        assert_eq!(wholes("Smith f/k/a Jones"), ["SMITH", "JONES"]);
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
                prop_assert_eq!(&again.whole, &name.whole);
                let all = read_family_names(&cell).map_err(|why| TestCaseError::fail(why.rule()))?;
                prop_assert!(all[0] == name);
                for (at, one) in all.iter().enumerate() {
                    prop_assert!(!all[..at].contains(one), "a name twice");
                }
            }
        }

        /// The short way for a single word gives what the long way gives.
        #[test]
        fn one_plain_word_is_read_as_in_a_longer_cell(word in "[A-Za-z]{1,9}|(MAC|Mc|O)[A-Z]{2,6}|MR|Jr|BABY|unknown|doe|lady|NFA|unborn|le") {
            prop_assert!(read_family_name(&word) == read_one(&fold(&word), Mac::AsMc));
        }
    }
}
