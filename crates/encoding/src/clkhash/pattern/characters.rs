//! Sets of characters, with Python's categories and Python's letter case.

use crate::clkhash::unicode;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A set of characters as sorted ranges.
pub type Set = ClassUnicode;

/// How `\w`, `\d`, `\s` and letter case are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Unicode, as by default for text.
    Unicode,
    /// The flag `a`.
    Ascii,
}

/// One character.
pub fn single(c: char) -> Set {
    range(c, c)
}

/// All characters from one to another.
pub fn range(first: char, last: char) -> Set {
    ClassUnicode::new([ClassUnicodeRange::new(first, last)])
}

/// Every character but those of the set.
pub fn inverse(mut set: Set) -> Set {
    set.negate();
    set
}

/// The set of `\d`, `\s` or `\w` (`'d'`, `'s'`, `'w'`).
pub fn category(letter: char, alphabet: Alphabet) -> Set {
    static UNICODE: OnceLock<[Set; 3]> = OnceLock::new();
    let of = |text: &str| match regex_syntax::parse(text).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(regex_syntax::hir::Class::Unicode(set))) => set,
        other => unreachable!("a fixed class is a class of characters: {other:?}"),
    };
    match alphabet {
        Alphabet::Ascii => of(match letter {
            'd' => "[0-9]",
            's' => r"[ \t\n\r\f\v]",
            _ => "[a-zA-Z0-9_]",
        }),
        Alphabet::Unicode => {
            // `isdecimal`, `isspace`, and `isalnum` or underscore. What Unicode added after 14.0 is unknown to Python 3.11. Python's
            // `isnumeric` knows more characters than category N, all of them ideographs and so letters.
            let sets = UNICODE.get_or_init(|| {
                [
                    of(r"[\p{Nd}&&\p{Age=14.0}]"),
                    of(r"[\p{White_Space}\x1c-\x1f]"),
                    of(r"[[\p{L}\p{N}_]&&\p{Age=14.0}]"),
                ]
            });
            let index = match letter {
                'd' => 0,
                's' => 1,
                _ => 2,
            };
            sets[index].clone()
        }
    }
}

/// Lower-case characters that `re` treats as equal although their mappings differ (`re/_casefix.py` of Python 3.11).
const ALSO_EQUAL: [&[u32]; 24] = [
    &[0x69, 0x131],
    &[0x73, 0x17f],
    &[0xb5, 0x3bc],
    &[0x345, 0x3b9, 0x1fbe],
    &[0x390, 0x1fd3],
    &[0x3b0, 0x1fe3],
    &[0x3b2, 0x3d0],
    &[0x3b5, 0x3f5],
    &[0x3b8, 0x3d1],
    &[0x3ba, 0x3f0],
    &[0x3c0, 0x3d6],
    &[0x3c1, 0x3f1],
    &[0x3c2, 0x3c3],
    &[0x3c6, 0x3d5],
    &[0x432, 0x1c80],
    &[0x434, 0x1c81],
    &[0x43e, 0x1c82],
    &[0x441, 0x1c83],
    &[0x442, 0x1c84, 0x1c85],
    &[0x44a, 0x1c86],
    &[0x463, 0x1c87],
    &[0x1e61, 0x1e9b],
    &[0x1c88, 0xa64b],
    &[0xfb05, 0xfb06],
];

/// One character without regard to letter case.
pub fn folded_single(c: char, alphabet: Alphabet) -> Set {
    folded(&single(c), &Set::empty(), alphabet)
}

/// A class without regard to letter case: what matches is a character whose lower case is that of one of the characters, or is in one
/// of the categories.
pub fn folded(characters: &Set, categories: &Set, alphabet: Alphabet) -> Set {
    let mut lower = Set::empty();
    for part in characters.ranges() {
        match alphabet {
            Alphabet::Ascii => {
                lower.push(*part);
                let capitals = ClassUnicode::new([ClassUnicodeRange::new('A', 'Z')]);
                let mut shifted = Set::new([*part]);
                shifted.intersect(&capitals);
                for part in shifted.ranges() {
                    lower.push(ClassUnicodeRange::new(
                        part.start().to_ascii_lowercase(),
                        part.end().to_ascii_lowercase(),
                    ));
                }
            }
            Alphabet::Unicode => {
                for c in part.start()..=part.end() {
                    let c = unicode::simple_lower(c);
                    lower.push(ClassUnicodeRange::new(c, c));
                    for equal in ALSO_EQUAL
                        .iter()
                        .filter(|equal| equal.contains(&u32::from(c)))
                    {
                        let equal = equal.iter().filter_map(|&code| char::from_u32(code));
                        equal.for_each(|c| lower.push(ClassUnicodeRange::new(c, c)));
                    }
                }
            }
        }
    }
    lower.union(categories);
    preimage(&lower, alphabet)
}

/// All characters whose lower case is in the set.
fn preimage(lower: &Set, alphabet: Alphabet) -> Set {
    let mut all = lower.clone();
    match alphabet {
        Alphabet::Ascii => {
            let mut capitals = range('A', 'Z');
            // A capital itself is never the lower case of anything.
            all.difference(&capitals);
            let mut small = range('a', 'z');
            small.intersect(lower);
            capitals = Set::new(small.ranges().iter().map(|part| {
                ClassUnicodeRange::new(
                    part.start().to_ascii_uppercase(),
                    part.end().to_ascii_uppercase(),
                )
            }));
            all.union(&capitals);
        }
        Alphabet::Unicode => {
            let pairs = partners().iter().flat_map(|(&small, capitals)| {
                capitals.iter().map(move |&capital| (small, capital))
            });
            let contains = |c: char| {
                lower
                    .ranges()
                    .binary_search_by(|part| {
                        if part.end() < c {
                            std::cmp::Ordering::Less
                        } else if part.start() > c {
                            std::cmp::Ordering::Greater
                        } else {
                            std::cmp::Ordering::Equal
                        }
                    })
                    .is_ok()
            };
            let mut gone = Set::empty();
            let mut come = Set::empty();
            for (small, capital) in pairs {
                let part = ClassUnicodeRange::new(capital, capital);
                if contains(small) {
                    come.push(part);
                } else {
                    gone.push(part);
                }
            }
            all.difference(&gone);
            all.union(&come);
        }
    }
    all
}

/// For each lower-case character, the other characters that have it as their lower case.
fn partners() -> &'static HashMap<char, Vec<char>> {
    static PARTNERS: OnceLock<HashMap<char, Vec<char>>> = OnceLock::new();
    PARTNERS.get_or_init(|| {
        let mut partners: HashMap<char, Vec<char>> = HashMap::new();
        for c in '\0'..=char::MAX {
            let small = unicode::simple_lower(c);
            if small != c {
                partners.entry(small).or_default().push(c);
            }
        }
        partners
    })
}
