//! Given names.

use super::words::{
    announces_unnamed_child, describes_person, is_placeholder, is_suffix, is_title,
};
use crate::fold::{fold, says_unknown, words};
use crate::plain::hidden_debug;
use crate::rejected::Rejected;

/// Given names of one person, each a word of A to Z.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenNames {
    /// The first name of at least two letters.
    pub first: String,
    /// The other names in order; an initial stays as one letter.
    pub middle: Vec<String>,
    /// Names in brackets or quotes, or after `AKA`: what the person is called. Also the joined form of a hyphenated first
    /// name (`ANNE-MARIE` gives first `ANNE`, middle `MARIE`, known as `ANNEMARIE`), which other systems hold as one word.
    pub known_as: Vec<String>,
}
hidden_debug!(GivenNames);

/// Reads given names from one cell (`Mary Ann`, `MARY-ANN`, `Mr Robert "Bob" J.`).
///
/// Titles, generation suffixes and words that are no names go. A leading initial moves behind the first full name: systems
/// that hold `J EDGAR` file him under E elsewhere, and a lone letter agrees with every 13th stranger.
/// All spellings of Muhammad become one word, since one man is written in several ways even within one file.
///
/// # Errors
/// [`Rejected::Empty`], [`Rejected::Placeholder`] (`BABY BOY`, `UNKNOWN`, only a title), [`Rejected::InitialsOnly`].
pub fn read_given_names(cell: &str) -> Result<GivenNames, Rejected> {
    let folded = fold(cell);
    if says_unknown(&folded) {
        return Err(Rejected::Placeholder);
    }
    let (formal, called) = split_called(&folded);
    let mut called: Vec<Vec<String>> = called.iter().map(|text| words(text)).collect();
    let mut all = words(&formal);
    while let Some((at, length)) = also_known_as(&all) {
        called.push(all.split_off(at + length));
        all.truncate(at);
    }
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
    let only_fillers = kept.is_empty();
    let (full, initials): (Vec<String>, Vec<String>) = split_leading_initials(kept);
    let mut known_as: Vec<String> = Vec::new();
    for name_words in called {
        if let Some(name) = names_among(&name_words)
            .into_iter()
            .find(|name| name.len() > 1)
        {
            known_as.push(name);
        }
    }
    let mut names = full.into_iter();
    let first = match names.next() {
        Some(first) => first,
        // Only a name in brackets: that is the name.
        None if !known_as.is_empty() => known_as.remove(0),
        None if only_fillers => return Err(Rejected::Placeholder),
        None => return Err(Rejected::InitialsOnly),
    };
    if announces_unnamed_child(&first) {
        return Err(Rejected::Placeholder);
    }
    let middle: Vec<String> = names.chain(initials).collect();
    // Words that are names apart can be none together (NOT KNOWN with a space in the wrong place).
    if says_unknown(&format!("{first}{}", middle.concat())) {
        return Err(Rejected::Placeholder);
    }
    if let (true, Some(second)) = (is_hyphenated(&formal, &first, &all), middle.first()) {
        known_as.push(format!("{first}{second}"));
    }
    known_as.retain(|name| *name != first);
    known_as.dedup();
    Ok(GivenNames {
        first,
        middle,
        known_as,
    })
}

/// Reads a column of middle names: all names in order, initials kept as one letter.
///
/// # Errors
/// [`Rejected::Empty`] and [`Rejected::Placeholder`].
pub fn read_middle_names(cell: &str) -> Result<Vec<String>, Rejected> {
    if says_unknown(cell) {
        return Err(Rejected::Placeholder);
    }
    let all = words(cell);
    if all.is_empty() {
        return Err(Rejected::Empty);
    }
    let names = names_among(&all);
    let no_names = names
        .first()
        .is_none_or(|first| announces_unnamed_child(first));
    if no_names || is_a_n_other(&names) || says_unknown(&names.concat()) {
        return Err(Rejected::Placeholder);
    }
    Ok(names)
}

/// Takes out what stands in brackets or double quotes.
fn split_called(text: &str) -> (String, Vec<String>) {
    let mut formal = String::new();
    let mut called = Vec::new();
    let mut inside: Option<String> = None;
    for c in text.chars() {
        match (c, &mut inside) {
            ('(' | '[' | '"', None) => inside = Some(String::new()),
            (')' | ']' | '"', Some(name)) => {
                called.push(std::mem::take(name));
                inside = None;
                formal.push(' ');
            }
            (_, Some(name)) => name.push(c),
            (_, None) => formal.push(c),
        }
    }
    called.extend(inside);
    (formal, called)
}

/// Where `AKA`, `ALIAS` or `KNOWN AS` stands last, and how many words it takes.
fn also_known_as(all: &[String]) -> Option<(usize, usize)> {
    let one = all
        .iter()
        .rposition(|word| word == "AKA" || word == "ALIAS");
    let two = all
        .windows(2)
        .rposition(|pair| pair[0] == "KNOWN" && pair[1] == "AS");
    one.map(|at| (at, 1)).max(two.map(|at| (at, 2)))
}

/// The words that are names, Muhammad in one spelling.
fn names_among(all: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in all {
        let at_front = kept.iter().all(|name| name.len() == 1);
        if !is_title(word, at_front)
            && !is_suffix(word)
            && !is_placeholder(word)
            && !describes_person(word)
        {
            kept.push(one_muhammad(word).to_owned());
        }
    }
    kept
}

fn split_leading_initials(kept: Vec<String>) -> (Vec<String>, Vec<String>) {
    let start = kept
        .iter()
        .position(|word| word.len() > 1)
        .unwrap_or(kept.len());
    let mut initials = kept;
    let full = initials.split_off(start);
    (full, initials)
}

/// The spellings of Muhammad that occur in UK registers, short forms included, as one.
fn one_muhammad(word: &str) -> &str {
    match word {
        "MD" | "MHD" | "MOHD" | "MOHAMAD" | "MOHAMED" | "MOHAMMAD" | "MOHAMMED" | "MOHAMMOD"
        | "MOHAMUD" | "MOHMAD" | "MOHMED" | "MOHMMAD" | "MOHMMED" | "MUHAMAD" | "MUHAMED"
        | "MUHAMMED" | "MUHAMMET" | "MUHAMMID" | "MUHAMMOD" | "MUHMMAD" | "MAHAMED" | "MAHOMED"
        | "MAHAMMED" => "MUHAMMAD",
        other => other,
    }
}

/// `A N OTHER`, the clerk's joke name.
fn is_a_n_other(all: &[String]) -> bool {
    let joined: String = all.concat();
    joined == "ANOTHER" || (all.len() > 1 && joined == "AN")
}

/// Whether the first two names of the cell were one name with a hyphen.
fn is_hyphenated(formal: &str, first: &str, all: &[String]) -> bool {
    let follower = all
        .iter()
        .skip_while(|word| one_muhammad(word) != first)
        .nth(1);
    follower.is_some_and(|second| {
        formal
            .replace('\'', "")
            .contains(&format!("{first}-{second}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(cell: &str) -> Result<(String, Vec<String>, Vec<String>), Rejected> {
        read_given_names(cell).map(|n| (n.first, n.middle, n.known_as))
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
            ("J Edgar", "EDGAR|J|"),
            ("D'Arcy", "DARCY||"),
            ("Zoë", "ZOE||"),
            ("Mohd. Ali", "MUHAMMAD|ALI|"),
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
                prop_assert_eq!(read_middle_names(&names.join(" ")), Ok(names));
            }
        }

        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|([A-Za-z'.\"(]{1,8}[ -]?){1,4}|(MR|LADY|JR|AKA|BABY|UNKNOWN|MOHD|A|N)( (MR|LADY|JR|AKA|BABY|UNKNOWN|MOHD|A|N|JO-JO))*") {
            if let Ok(names) = read_given_names(&cell) {
                for word in std::iter::once(&names.first).chain(&names.middle).chain(&names.known_as) {
                    prop_assert!(!word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()));
                }
                let canonical = std::iter::once(names.first.clone()).chain(names.middle.clone()).collect::<Vec<_>>().join(" ");
                let again = read_given_names(&canonical).map_err(|why| TestCaseError::fail(why.rule()))?;
                prop_assert_eq!(again.first, names.first);
                prop_assert_eq!(again.middle, names.middle);
            }
        }
    }
}
