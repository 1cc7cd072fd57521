//! The grammar of Python 3.11's `re` (`Lib/re/_parser.py`), for text rather than bytes.
//!
//! Flags are applied while reading: what comes out says for every place which characters fit there.

use super::Refusal;
use super::characters::{self, Alphabet, Set};
use super::escape::literal;
use super::tree::{Anchor, Greed, Node, Width};

#[derive(Clone, Copy, Debug)]
pub struct Flags {
    pub ignore_case: bool,
    multiline: bool,
    dot_all: bool,
    verbose: bool,
    pub alphabet: Alphabet,
}

/// Reads a pattern; `ignore_case` is the flag `re.IGNORECASE`.
pub fn parse(pattern: &str, ignore_case: bool) -> Result<Node, Refusal> {
    let mut parser = Parser {
        text: pattern.chars().collect(),
        at: 0,
        groups: Vec::new(),
        behind: 0,
        depth: 0,
        wanted: 0,
        unicode_wanted: false,
    };
    let mut flags = Flags {
        ignore_case,
        multiline: false,
        dot_all: false,
        verbose: false,
        alphabet: Alphabet::Unicode,
    };
    parser.global_flags(&mut flags)?;
    let node = parser.choice(flags)?;
    if parser.at < parser.text.len() {
        return invalid("a closing bracket has no opening one");
    }
    if parser.wanted > parser.groups.len() {
        return invalid("a condition names a group that does not exist");
    }
    Ok(node)
}

pub fn invalid<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(what.to_owned()))
}

pub fn unsupported<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Unsupported(what.to_owned()))
}

/// Groups and look-arounds may be nested this deep.
const DEEPEST: u32 = 100;

pub struct Group {
    name: Option<String>,
    is_open: bool,
    width: Width,
}

pub struct Parser {
    pub(super) text: Vec<char>,
    pub(super) at: usize,
    pub(super) groups: Vec<Group>,
    /// How many look-behinds are open.
    behind: u32,
    depth: u32,
    /// Highest group that a condition named.
    wanted: usize,
    unicode_wanted: bool,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    pub(super) fn skip(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        self.at += usize::from(there);
        there
    }

    pub(super) fn take_while(&mut self, most: usize, fits: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while taken.len() < most
            && let Some(c) = self.peek().filter(|&c| fits(c))
        {
            taken.push(c);
            self.at += 1;
        }
        taken
    }

    /// Up to a closing character, which is taken too.
    fn until(&mut self, end: char, what: &str) -> Result<String, Refusal> {
        let mut taken = String::new();
        loop {
            match self.next() {
                None => return invalid(&format!("{what} has no end")),
                Some(c) if c == end && taken.is_empty() => {
                    return invalid(&format!("{what} is missing"));
                }
                Some(c) if c == end => return Ok(taken),
                Some(c) => taken.push(c),
            }
        }
    }

    /// `(?i)` and the like stand at the very beginning, or are an error.
    fn global_flags(&mut self, flags: &mut Flags) -> Result<(), Refusal> {
        loop {
            if flags.verbose {
                self.blanks();
            }
            let rest = &self.text[self.at..];
            let letters = rest.strip_prefix(&['(', '?']).unwrap_or_default();
            let count = letters
                .iter()
                .take_while(|c| "aiLmsxut".contains(**c))
                .count();
            if count == 0 || letters.get(count) != Some(&')') {
                return Ok(());
            }
            let letters: Vec<char> = letters[..count].to_vec();
            for letter in letters {
                self.flag(letter, true, flags)?;
            }
            if self.unicode_wanted && flags.alphabet == Alphabet::Ascii {
                return invalid("the flags `a` and `u` exclude each other");
            }
            self.at += count + 3;
            // The flag `x` counts from the very beginning, where nothing but flags has been read.
        }
    }

    fn flag(&mut self, letter: char, on: bool, flags: &mut Flags) -> Result<(), Refusal> {
        match letter {
            'i' => flags.ignore_case = on,
            'm' => flags.multiline = on,
            's' => flags.dot_all = on,
            'x' => flags.verbose = on,
            'a' if on => flags.alphabet = Alphabet::Ascii,
            'u' if on => {
                self.unicode_wanted = true;
            }
            't' => return unsupported("the flag `t` is not known here"),
            _ => return invalid("this flag cannot be used here"),
        }
        Ok(())
    }

    /// White space and comments of the flag `x`.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') => self.at += 1,
                Some('#') => while self.next().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    fn choice(&mut self, flags: Flags) -> Result<Node, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return unsupported("brackets are nested too deep");
        }
        let mut choices = vec![self.sequence(flags)?];
        while self.skip('|') {
            choices.push(self.sequence(flags)?);
        }
        self.depth -= 1;
        Ok(if choices.len() == 1 {
            choices.remove(0)
        } else {
            Node::Choice(choices)
        })
    }

    fn sequence(&mut self, flags: Flags) -> Result<Node, Refusal> {
        let mut nodes = Vec::new();
        loop {
            if flags.verbose {
                self.blanks();
            }
            let Some(c) = self.peek().filter(|&c| c != '|' && c != ')') else {
                return Ok(Node::Sequence(nodes));
            };
            self.at += 1;
            let node = match c {
                '\\' => self.escape(flags)?,
                '[' => self.class(flags)?,
                '.' if flags.dot_all => Node::Set(characters::inverse(Set::empty())),
                '.' => Node::Set(characters::inverse(characters::single('\n'))),
                '^' if flags.multiline => Node::Anchor(Anchor::LineStart),
                '^' => Node::Anchor(Anchor::Start),
                '$' if flags.multiline => Node::Anchor(Anchor::LineEnd),
                '$' => Node::Anchor(Anchor::End),
                '(' => match self.bracket(flags)? {
                    Some(node) => node,
                    None => continue,
                },
                '*' | '+' | '?' | '{' => {
                    match self.bounds(c)? {
                        Some((least, most)) => {
                            let node = self.repeat(nodes.pop(), least, most)?;
                            nodes.push(node);
                        }
                        None => nodes.push(literal('{', flags)),
                    }
                    continue;
                }
                _ => literal(c, flags),
            };
            nodes.push(node);
        }
    }

    /// How often, after `*`, `+`, `?` or `{`; nothing if the brace stands for itself.
    fn bounds(&mut self, c: char) -> Result<Option<(u32, Option<u32>)>, Refusal> {
        match c {
            '*' => return Ok(Some((0, None))),
            '+' => return Ok(Some((1, None))),
            '?' => return Ok(Some((0, Some(1)))),
            _ => {}
        }
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let here = self.at;
        let digits = |parser: &mut Self| parser.take_while(usize::MAX, |c| c.is_ascii_digit());
        let low = digits(self);
        let high = if self.skip(',') {
            digits(self)
        } else {
            low.clone()
        };
        if !self.skip('}') {
            self.at = here;
            return Ok(None);
        }
        let number = |digits: &str| {
            if digits.is_empty() {
                return Ok(None);
            }
            match digits.parse::<u32>() {
                Ok(number) if number <= 10_000 => Ok(Some(number)),
                _ => unsupported("something is repeated more than 10000 times"),
            }
        };
        let (low, high) = (number(&low)?, number(&high)?);
        if high.is_some_and(|high| high < low.unwrap_or(0)) {
            return invalid("the least number of repetitions is greater than the most");
        }
        Ok(Some((low.unwrap_or(0), high)))
    }

    fn repeat(
        &mut self,
        item: Option<Node>,
        least: u32,
        most: Option<u32>,
    ) -> Result<Node, Refusal> {
        let inner = match item {
            None | Some(Node::Anchor(_)) => return invalid("there is nothing to repeat"),
            Some(Node::Repeat { .. }) => return invalid("a repetition is repeated"),
            Some(Node::Look { .. }) => return unsupported("a look-around is repeated"),
            Some(node) => Box::new(node),
        };
        let greed = if self.skip('?') {
            Greed::Lazy
        } else if self.skip('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        Ok(Node::Repeat {
            least,
            most,
            greed,
            inner,
        })
    }

    fn close(&mut self) -> Result<(), Refusal> {
        if self.skip(')') {
            Ok(())
        } else {
            invalid("a closing bracket is missing")
        }
    }

    fn bracket(&mut self, flags: Flags) -> Result<Option<Node>, Refusal> {
        if !self.skip('?') {
            return self.group(None, flags).map(Some);
        }
        let Some(c) = self.next() else {
            return invalid("the pattern ends inside an extension");
        };
        match c {
            'P' => match self.next() {
                Some('<') => {
                    let name = self.until('>', "the name of a group")?;
                    check_name(&name)?;
                    if self
                        .groups
                        .iter()
                        .any(|group| group.name.as_ref() == Some(&name))
                    {
                        return invalid("two groups have the same name");
                    }
                    self.group(Some(name), flags).map(Some)
                }
                Some('=') => {
                    let name = self.until(')', "the name of a group")?;
                    check_name(&name)?;
                    let group = self.named(&name)?;
                    self.reference(group, flags).map(Some)
                }
                _ => invalid("the extension is unknown"),
            },
            ':' => self.inside(flags, |inner| inner).map(Some),
            '>' => self
                .inside(flags, |inner| Node::Atomic(Box::new(inner)))
                .map(Some),
            '#' => loop {
                match self.next() {
                    None => return invalid("a comment has no end"),
                    Some(')') => return Ok(None),
                    Some(_) => {}
                }
            },
            '=' | '!' => self.look(false, c == '!', flags).map(Some),
            '<' => match self.next() {
                Some(sign @ ('=' | '!')) => self.look(true, sign == '!', flags).map(Some),
                _ => invalid("the extension is unknown"),
            },
            '(' => self.condition(flags).map(Some),
            _ => {
                let flags = self.local_flags(c, flags)?;
                self.inside(flags, |inner| inner).map(Some)
            }
        }
    }

    /// The rest of a bracket, which must not become one with a repetition around it.
    fn inside(&mut self, flags: Flags, wrap: impl Fn(Node) -> Node) -> Result<Node, Refusal> {
        let inner = self.choice(flags)?;
        self.close()?;
        Ok(wrap(match inner {
            // Python takes `(?:a*)*` for what it is, not for a repetition of a repetition.
            Node::Sequence(nodes) => Node::Choice(vec![Node::Sequence(nodes)]),
            other => other,
        }))
    }

    fn group(&mut self, name: Option<String>, flags: Flags) -> Result<Node, Refusal> {
        let index = self.groups.len();
        self.groups.push(Group {
            name,
            is_open: true,
            width: (0, None),
        });
        let inner = self.choice(flags)?;
        self.close()?;
        let width = self.width_of(&inner);
        self.groups[index].is_open = false;
        self.groups[index].width = width;
        Ok(Node::Group(Box::new(inner)))
    }

    fn named(&self, name: &str) -> Result<usize, Refusal> {
        let index = self
            .groups
            .iter()
            .position(|group| group.name.as_deref() == Some(name));
        index.map_or_else(
            || invalid("a name belongs to no group"),
            |index| Ok(index + 1),
        )
    }

    pub(super) fn reference(&mut self, group: usize, flags: Flags) -> Result<Node, Refusal> {
        if self.groups[group - 1].is_open {
            return invalid("a group is referred to before its end");
        }
        if flags.ignore_case {
            return unsupported("a group is referred to without regard to letter case");
        }
        if self.behind > 0 {
            return unsupported("a look-behind refers to a group");
        }
        Ok(Node::Reference(group))
    }

    fn look(&mut self, behind: bool, negative: bool, flags: Flags) -> Result<Node, Refusal> {
        self.behind += u32::from(behind);
        let inner = self.choice(flags)?;
        self.close()?;
        self.behind -= u32::from(behind);
        if behind {
            let (least, most) = self.width_of(&inner);
            if most != Some(least) {
                return invalid("a look-behind has no fixed width");
            }
        }
        Ok(Node::Look {
            behind,
            negative,
            inner: Box::new(inner),
        })
    }

    fn condition(&mut self, flags: Flags) -> Result<Node, Refusal> {
        let name = self.until(')', "the name of a group")?;
        let group = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            match name.parse::<usize>() {
                Ok(0) => return invalid("there is no group 0"),
                Ok(group) => group,
                Err(_) => return invalid("a condition names a group that does not exist"),
            }
        } else {
            check_name(&name)?;
            self.named(&name)?
        };
        self.wanted = self.wanted.max(group);
        if self.behind > 0 || self.groups.get(group - 1).is_none_or(|group| group.is_open) {
            return unsupported("a condition asks for a group that has not ended");
        }
        let yes = self.sequence(flags)?;
        let no = if self.skip('|') {
            self.sequence(flags)?
        } else {
            Node::Sequence(Vec::new())
        };
        if self.peek() == Some('|') {
            return invalid("a condition has more than two branches");
        }
        self.close()?;
        Ok(Node::If {
            group,
            yes: Box::new(yes),
            no: Box::new(no),
        })
    }

    /// `(?i:`, `(?-i:`, `(?i-s:`
    fn local_flags(&mut self, first: char, mut flags: Flags) -> Result<Flags, Refusal> {
        let mut c = first;
        let mut on = Vec::new();
        while c != '-' && c != ':' {
            if c == ')' {
                return invalid("flags for the whole pattern do not stand at its beginning");
            }
            if !"aiLmsxut".contains(c) {
                return invalid("the flag or extension is unknown");
            }
            on.push(c);
            c = self
                .next()
                .map_or_else(|| invalid("flags have no end"), Ok)?;
        }
        if on.contains(&'a') && on.contains(&'u') {
            return invalid("the flags `a` and `u` exclude each other");
        }
        let mut off = Vec::new();
        if c == '-' {
            loop {
                c = self
                    .next()
                    .map_or_else(|| invalid("flags have no end"), Ok)?;
                if c == ':' && !off.is_empty() {
                    break;
                }
                if !"imsx".contains(c) {
                    return invalid("this flag cannot be switched off");
                }
                off.push(c);
            }
        }
        if on.iter().any(|flag| off.contains(flag)) {
            return invalid("a flag is switched on and off");
        }
        for &letter in &on {
            if letter == 'u' {
                flags.alphabet = Alphabet::Unicode;
            } else {
                self.flag(letter, true, &mut flags)?;
            }
        }
        for &letter in &off {
            self.flag(letter, false, &mut flags)?;
        }
        Ok(flags)
    }

    fn width_of(&self, node: &Node) -> Width {
        node.width(&|group| self.groups[group - 1].width)
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|c| c == '_' || c.is_alphabetic());
    if !name.is_ascii() {
        return unsupported("the name of a group is not ASCII");
    }
    if starts && characters.all(|c| c == '_' || c.is_alphanumeric()) {
        Ok(())
    } else {
        invalid("the name of a group is not an identifier")
    }
}
