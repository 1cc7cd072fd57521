//! Escapes and classes of characters.

use super::Refusal;
use super::characters::{self, Alphabet, Set};
use super::parse::{Flags, Parser, invalid, unsupported};
use super::tree::{Anchor, Node};

enum ClassItem {
    One(char),
    Category(Set),
}

impl Parser {
    pub(super) fn escape(&mut self, flags: Flags) -> Result<Node, Refusal> {
        let Some(c) = self.next() else {
            return invalid("the pattern ends with a backslash");
        };
        let alphabet = flags.alphabet;
        Ok(match c {
            'A' => Node::Anchor(Anchor::Start),
            'Z' => Node::Anchor(Anchor::VeryEnd),
            'b' | 'B' => Node::Anchor(Anchor::Word {
                inverse: c == 'B',
                alphabet,
            }),
            'd' | 's' | 'w' | 'D' | 'S' | 'W' => Node::Set(category(c, alphabet)),
            '0' => {
                let digits = self.take_while(2, |c| matches!(c, '0'..='7'));
                literal(code(&digits, 8)?, flags)
            }
            '1'..='9' => return self.octal_or_reference(c, flags),
            _ => literal(self.character(c)?, flags),
        })
    }

    fn octal_or_reference(&mut self, first: char, flags: Flags) -> Result<Node, Refusal> {
        let octal = |c: Option<char>| c.filter(|c| matches!(c, '0'..='7'));
        let mut digits = String::from(first);
        if let Some(second) = self.peek().filter(char::is_ascii_digit) {
            self.at += 1;
            digits.push(second);
            if octal(Some(first)).is_some()
                && octal(Some(second)).is_some()
                && let Some(third) = octal(self.peek())
            {
                self.at += 1;
                digits.push(third);
                let c = code(&digits, 8)?;
                if c > '\u{ff}' {
                    return invalid("an octal escape is greater than 0o377");
                }
                return Ok(literal(c, flags));
            }
        }
        let group = digits.parse().unwrap_or(usize::MAX);
        if group > self.groups.len() {
            return invalid("a reference names a group that does not exist");
        }
        self.reference(group, flags)
    }

    /// An escape that stands for one character, in a class or outside.
    fn character(&mut self, c: char) -> Result<char, Refusal> {
        let hexadecimal = |c: char| c.is_ascii_hexdigit();
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' | 'u' | 'U' => {
                let length = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = self.take_while(length, hexadecimal);
                if digits.len() != length {
                    return invalid("an escape has too few hexadecimal digits");
                }
                code(&digits, 16)?
            }
            'N' => return unsupported("characters by name (`\\N{…}`) are not known here"),
            _ if c.is_ascii_alphanumeric() => return invalid("an escape is unknown"),
            _ => c,
        })
    }

    pub(super) fn class(&mut self, flags: Flags) -> Result<Node, Refusal> {
        let negate = self.skip('^');
        let mut characters = Set::empty();
        let mut categories = Set::empty();
        let mut is_empty = true;
        loop {
            let Some(c) = self.next() else {
                return invalid("a class of characters has no end");
            };
            if c == ']' && !is_empty {
                break;
            }
            is_empty = false;
            let first = self.class_item(c, flags)?;
            if self.peek() == Some('-') && self.text.get(self.at + 1) != Some(&']') {
                self.at += 1;
                let Some(c) = self.next() else {
                    return invalid("a class of characters has no end");
                };
                let last = self.class_item(c, flags)?;
                match (first, last) {
                    (ClassItem::One(first), ClassItem::One(last)) if first <= last => {
                        characters.union(&characters::range(first, last));
                    }
                    _ => return invalid("a range of characters is not one"),
                }
                continue;
            }
            match first {
                ClassItem::One(c) => {
                    characters.union(&characters::single(c));
                }
                ClassItem::Category(set) => {
                    categories.union(&set);
                }
            }
        }
        let mut set = if flags.ignore_case {
            characters::folded(&characters, &categories, flags.alphabet)
        } else {
            characters.union(&categories);
            characters
        };
        if negate {
            set = characters::inverse(set);
        }
        Ok(Node::Set(set))
    }

    fn class_item(&mut self, c: char, flags: Flags) -> Result<ClassItem, Refusal> {
        if c != '\\' {
            return Ok(ClassItem::One(c));
        }
        let Some(c) = self.next() else {
            return invalid("a class of characters has no end");
        };
        Ok(match c {
            'd' | 's' | 'w' | 'D' | 'S' | 'W' => ClassItem::Category(category(c, flags.alphabet)),
            'b' => ClassItem::One('\x08'),
            '0'..='7' => {
                let mut digits = String::from(c);
                digits.push_str(&self.take_while(2, |c| matches!(c, '0'..='7')));
                let c = code(&digits, 8)?;
                if c > '\u{ff}' {
                    return invalid("an octal escape is greater than 0o377");
                }
                ClassItem::One(c)
            }
            _ => ClassItem::One(self.character(c)?),
        })
    }
}

pub fn literal(c: char, flags: Flags) -> Node {
    Node::Set(if flags.ignore_case {
        characters::folded_single(c, flags.alphabet)
    } else {
        characters::single(c)
    })
}

fn category(letter: char, alphabet: Alphabet) -> Set {
    let set = characters::category(letter.to_ascii_lowercase(), alphabet);
    if letter.is_ascii_uppercase() {
        characters::inverse(set)
    } else {
        set
    }
}

/// The character of a code; half a surrogate pair can be in no value that was read from UTF-8.
fn code(digits: &str, radix: u32) -> Result<char, Refusal> {
    let code = if digits.is_empty() {
        0
    } else {
        u32::from_str_radix(digits, radix).unwrap_or(u32::MAX)
    };
    match char::from_u32(code) {
        Some(c) => Ok(c),
        None if code > 0x10_ffff => invalid("an escape is beyond the last character"),
        None => unsupported("an escape writes half of a surrogate pair"),
    }
}
