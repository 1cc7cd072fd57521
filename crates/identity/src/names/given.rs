//! Given names.

use std::borrow::Cow;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::words::{
    announces_unnamed_child, describes_person, is_placeholder, is_suffix, is_title, one_muhammad,
    single_word,
};
use crate::fold::{bound, fold, says_unknown, transliterated, words};
use crate::plain::hidden_debug;
use crate::rejected::Rejected;

/// Given names of one person, each a word of A to Z. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct GivenNames {
    /// The first name of at least two letters.
    pub first: String,
    /// The other names in order, an initial as one letter; behind them the names that have another spelling without accents.
    pub middle: Vec<String>,
    /// Names in brackets or quotes, or after `AKA`: what the person is called. Also the joined form of a hyphenated first
    /// name (`ANNE-MARIE` gives first `ANNE`, middle `MARIE`, known as `ANNEMARIE`), which other systems hold as one word, and the
    /// spelt-out form of a first name with Ä, Ö, Ø, Ü, Å or Đ (`JÖRG` gives first `JORG`, known as `JOERG`).
    pub known_as: Vec<String>,
}
hidden_debug!(GivenNames);

/// Reads given names from one cell (`Mary Ann`, `MARY-ANN`, `Mr Robert "Bob" J.`).
///
/// * Titles, generation suffixes and words that are no names go: only some systems store them.
/// * A leading initial moves behind the first full name: systems that hold `J EDGAR` file him under E elsewhere, and a lone letter
///   agrees with every 13th stranger.
/// * All spellings of Muhammad become one word, since one man is written in several ways even within one file. Whether it stands
///   first or second varies as much; [`crate::Person::name_bag`] forgets the order.
/// * A name with Ä, Ö, Ø, Ü, Å or Đ is given without the accent and, as an extra name, spelt out: clerks do one or the other.
///
/// # Errors
/// [`Rejected::Empty`], [`Rejected::Placeholder`] (`BABY BOY`, `UNKNOWN`, only a title), [`Rejected::InitialsOnly`].
pub fn read_given_names(cell: &str) -> Result<GivenNames, Rejected> {
    if let Some(first) = single_word(cell).filter(|word| is_one_name(word)) {
        return Ok(GivenNames {
            first: match one_muhammad(&first) {
                same if same == first => first,
                one => one.to_owned(),
            },
            middle: Vec::new(),
            known_as: Vec::new(),
        });
    }
    let mut names = read_folded(&fold(cell))?;
    if let Some(spelt) = transliterated(cell)
        && let Ok(mut other) = read_folded(&fold(&spelt))
    {
        let first = std::mem::take(&mut other.first);
        let known_as = std::mem::take(&mut other.known_as);
        for name in std::iter::once(first).chain(known_as) {
            if name != names.first && !names.known_as.contains(&name) {
                names.known_as.push(name);
            }
        }
        for name in std::mem::take(&mut other.middle) {
            if !names.middle.contains(&name) {
                names.middle.push(name);
            }
        }
    }
    Ok(names)
}

/// Whether a whole cell of one word is a name and nothing else.
fn is_one_name(word: &str) -> bool {
    !is_title(word, true)
        && !is_suffix(word)
        && !is_placeholder(word)
        && !announces_unnamed_child(word)
        && !describes_person(word)
        && !matches!(word.as_bytes(), b"AKA" | b"ALIAS" | b"ANOTHER")
}

fn read_folded(folded: &str) -> Result<GivenNames, Rejected> {
    if says_unknown(folded) {
        return Err(Rejected::Placeholder);
    }
    let (formal, called) = split_called(folded);
    let formal = bound(formal);
    let called: Vec<Cow<'_, str>> = called.into_iter().map(bound).collect();
    let mut names: Vec<Vec<&str>> = Vec::new();
    for text in &called {
        // (AKA BOB), (KNOWN AS BOB)
        let (mut own, mut aliases) = (words(text).collect(), Vec::new());
        split_at_aliases(&mut own, &mut aliases);
        names.push(own);
        names.append(&mut aliases);
    }
    let mut all: Vec<&str> = words(&formal).collect();
    split_at_aliases(&mut all, &mut names);
    let called = names;
    if all.is_empty() && called.is_empty() {
        return Err(Rejected::Empty);
    }
    if all
        .first()
        .is_some_and(|word| announces_unnamed_child(word))
        || is_a_n_other(&all)
    {
        return Err(Rejected::Placeholder);
    }
    let kept = names_among(&all);
    let full = kept
        .iter()
        .position(|word| word.len() > 1)
        .unwrap_or(kept.len());
    let (initials, full) = kept.split_at(full);
    let mut known_as: Vec<&str> = called
        .iter()
        .filter_map(|words| names_among(words).into_iter().find(|name| name.len() > 1))
        .collect();
    let (first, others) = match full.split_first() {
        Some((first, others)) => (*first, others),
        // Only a name in brackets: that is the name.
        None if !known_as.is_empty() => (known_as.remove(0), full),
        None if kept.is_empty() => return Err(Rejected::Placeholder),
        None => return Err(Rejected::InitialsOnly),
    };
    if announces_unnamed_child(first) {
        return Err(Rejected::Placeholder);
    }
    let middle: Vec<&str> = others.iter().chain(initials).copied().collect();
    // Words that are names apart can be none together (NOT KNOWN, NO NAME).
    if !middle.is_empty() && is_placeholder(&format!("{first}{}", middle.concat())) {
        return Err(Rejected::Placeholder);
    }
    let mut known_as: Vec<String> = known_as.into_iter().map(str::to_owned).collect();
    if let Some(second) = middle.first()
        && is_hyphenated(&formal, first, &all)
    {
        known_as.push(format!("{first}{second}"));
    }
    known_as.retain(|name| name != first);
    known_as.dedup();
    Ok(GivenNames {
        first: first.to_owned(),
        middle: middle.into_iter().map(str::to_owned).collect(),
        known_as,
    })
}

/// Reads a column of middle names: all names in order, initials kept as one letter because many systems hold no more.
///
/// # Errors
/// [`Rejected::Empty`] and [`Rejected::Placeholder`].
pub fn read_middle_names(cell: &str) -> Result<Vec<String>, Rejected> {
    let mut names = read_middle(cell)?;
    if let Some(spelt) = transliterated(cell)
        && let Ok(others) = read_middle(&spelt)
    {
        for name in others {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

fn read_middle(cell: &str) -> Result<Vec<String>, Rejected> {
    if says_unknown(cell) {
        return Err(Rejected::Placeholder);
    }
    let text = bound(fold(cell));
    let all: Vec<&str> = words(&text).collect();
    if all.is_empty() {
        return Err(Rejected::Empty);
    }
    let names = names_among(&all);
    let no_names = names
        .first()
        .is_none_or(|first| announces_unnamed_child(first));
    if no_names || is_a_n_other(&names) || (names.len() > 1 && is_placeholder(&names.concat())) {
        return Err(Rejected::Placeholder);
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Takes out what stands in brackets or double quotes.
fn split_called(text: &str) -> (Cow<'_, str>, Vec<Cow<'_, str>>) {
    if !text.contains(['(', '[', '"']) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut formal = String::new();
    let mut called = Vec::new();
    let mut inside: Option<String> = None;
    for c in text.chars() {
        match (c, &mut inside) {
            ('(' | '[' | '"', None) => inside = Some(String::new()),
            (')' | ']' | '"', Some(name)) => {
                called.push(Cow::Owned(std::mem::take(name)));
                inside = None;
                formal.push(' ');
            }
            (_, Some(name)) => name.push(c),
            (_, None) => formal.push(c),
        }
    }
    called.extend(inside.map(Cow::Owned));
    (Cow::Owned(formal), called)
}

/// Takes what follows an `AKA` out of a list of words, the last first.
fn split_at_aliases<'text>(words: &mut Vec<&'text str>, names: &mut Vec<Vec<&'text str>>) {
    while let Some((at, length)) = also_known_as(words) {
        names.push(words.split_off(at + length));
        words.truncate(at);
    }
}

/// Where `AKA`, `ALIAS` or `KNOWN AS` stands last, and how many words it takes.
fn also_known_as(all: &[&str]) -> Option<(usize, usize)> {
    let one = all
        .iter()
        .rposition(|word| *word == "AKA" || *word == "ALIAS");
    let two = all
        .windows(2)
        .rposition(|pair| pair[0] == "KNOWN" && pair[1] == "AS");
    one.map(|at| (at, 1)).max(two.map(|at| (at, 2)))
}

/// The words that are names, Muhammad in one spelling.
fn names_among<'text>(all: &[&'text str]) -> Vec<&'text str> {
    let mut kept: Vec<&str> = Vec::with_capacity(all.len());
    let mut at_front = true;
    for &word in all {
        if !is_title(word, at_front)
            && !is_suffix(word)
            && !is_placeholder(word)
            && !describes_person(word)
        {
            kept.push(one_muhammad(word));
            at_front &= word.len() == 1;
        }
    }
    kept
}

/// `A N OTHER`, the clerk's joke name.
fn is_a_n_other(all: &[&str]) -> bool {
    let joined = |text: &str| {
        let mut rest = text;
        all.iter().all(|word| match rest.strip_prefix(word) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        }) && rest.is_empty()
    };
    joined("ANOTHER") || (all.len() > 1 && joined("AN"))
}

/// Whether the first two names of the cell were one name with a hyphen. `formal` is the folded cell without apostrophes.
fn is_hyphenated(formal: &str, first: &str, all: &[&str]) -> bool {
    formal.contains('-')
        && all
            .iter()
            .skip_while(|word| one_muhammad(word) != first)
            .nth(1)
            .is_some_and(|second| formal.contains(&format!("{first}-{second}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(cell: &str) -> Result<(String, Vec<String>, Vec<String>), Rejected> {
        read_given_names(cell).map(|n| (n.first.clone(), n.middle.clone(), n.known_as.clone()))
    }

    fn parts(cell: &str) -> String {
        match read(cell) {
            Ok((first, middle, known_as)) => {
                format!("{first}|{}|{}", middle.join(" "), known_as.join(" "))
            }
            Err(why) => why.rule().to_owned(),
        }
    }

    #[test]
    fn names() {
        for (cell, expected) in [
            ("Mary Ann", "MARY|ANN|"),
            ("mary-ann", "MARY|ANN|MARYANN"),
            ("Mr. Robert J.", "ROBERT|J|"),
            ("Robert (Bob) James", "ROBERT|JAMES|BOB"),
            ("Robert \"Bob\"", "ROBERT||BOB"),
            ("Katarzyna aka Kasia", "KATARZYNA||KASIA"),
            ("Katarzyna (aka Kasia)", "KATARZYNA||KASIA"),
            ("Robert (known as Bob) James", "ROBERT|JAMES|BOB"),
            ("Robert \"Bob alias Robin\"", "ROBERT||BOB ROBIN"),
            ("(alias Bob)", "BOB||"),
            ("J Edgar", "EDGAR|J|"),
            ("D'Arcy", "DARCY||"),
            ("Zoë", "ZOE||"),
            ("Jörg", "JORG||JOERG"),
            ("Anna Søren", "ANNA|SOREN SOEREN|"),
            ("Björn-Åke", "BJORN|AKE AAKE|BJORNAKE BJOERN BJOERNAAKE"),
            ("Weiß", "WEISS||"),
            ("Mohd. Ali", "MUHAMMAD|ALI|"),
            ("Md", "MUHAMMAD||"),
            ("MOHAMMED", "MUHAMMAD||"),
            ("Lady Jane", "JANE||"),
            ("John Jnr", "JOHN||"),
            ("Junior", "JUNIOR||"),
            ("Unknown John", "JOHN||"),
            ("(Bob)", "BOB||"),
            ("Bob (unknown)", "BOB||"),
            ("J", "initials-only"),
            ("J P", "initials-only"),
            ("", "empty"),
            ("-", "placeholder"),
            ("Baby Boy", "placeholder"),
            ("BABY OF SARAH", "placeholder"),
            ("Twin 1", "placeholder"),
            ("U/K", "placeholder"),
            ("unborn", "placeholder"),
            ("A N Other", "placeholder"),
            ("A.N.", "placeholder"),
            ("Male", "placeholder"),
            ("Mrs", "placeholder"),
            ("TBC", "placeholder"),
            ("Baby", "placeholder"),
            ("Baby Girl Smith", "placeholder"),
            ("twin a", "placeholder"),
            ("No Name", "placeholder"),
            ("NFA", "placeholder"),
            ("Anon", "placeholder"),
            ("Anon.", "placeholder"),
            ("unk", "placeholder"),
            ("Female Child", "placeholder"),
            ("not yet named", "placeholder"),
            ("U", "initials-only"),
            ("Test", "placeholder"),
        ] {
            assert_eq!(parts(cell), expected, "{cell}");
        }
    }

    #[test]
    fn middle_names_may_be_initials() {
        let read = |cell: &str| read_middle_names(cell).map(|names| names.join(" "));
        assert_eq!(read("J. Mohammed").as_deref(), Ok("J MUHAMMAD"));
        assert_eq!(read("P").as_deref(), Ok("P"));
        assert_eq!(read("none"), Err(Rejected::Placeholder));
        assert_eq!(read("  "), Err(Rejected::Empty));
    }

    proptest! {
        #[test]
        fn any_middle_names_are_survived_and_read_back(cell in "\\PC*|([A-Za-z'.(]{1,8}[ -]?){1,4}") {
            if let Ok(names) = read_middle_names(&cell) {
                let again = read_middle_names(&names.join(" ")).map_err(|why| TestCaseError::fail(why.rule()))?;
                prop_assert_eq!(again, names);
            }
        }

        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|([AB ]{0,3}[(\"\\[]?(AKA|ALIAS|KNOWN AS|JO|B)?[ )]?){1,4}|([A-Za-z'.\"(]{1,8}[ -]?){1,4}|(MR|LADY|JR|AKA|BABY|UNKNOWN|MOHD|A|N)( (MR|LADY|JR|AKA|BABY|UNKNOWN|MOHD|A|N|JO-JO))*") {
            if let Ok(names) = read_given_names(&cell) {
                for word in std::iter::once(&names.first).chain(&names.middle).chain(&names.known_as) {
                    prop_assert!(!word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()));
                }
                let canonical = std::iter::once(names.first.clone()).chain(names.middle.clone()).collect::<Vec<_>>().join(" ");
                let again = read_given_names(&canonical).map_err(|why| TestCaseError::fail(why.rule()))?;
                prop_assert_eq!(&again.first, &names.first);
                prop_assert_eq!(&again.middle, &names.middle);
            }
        }

        /// The short way for a single word gives what the long way gives.
        #[test]
        fn one_plain_word_is_read_as_in_a_longer_cell(word in "[A-Za-z]{1,9}|MR|Jr|BABY|unknown|Mohd|another|AKA|male|xx|NFA") {
            prop_assert!(read_given_names(&word) == read_folded(&fold(&word)));
        }
    }
}
