//! Python's regular expressions, as `re.compile(...)` of Python 3.11 reads them.
//!
//! A pattern is parsed by Python's own grammar ([`parse`]) and written anew for the engine ([`write`]), every class of characters as
//! explicit ranges: `\w`, `\d`, `\s` and letter case mean different things in the two worlds, explicit ranges mean one. What cannot be
//! carried over exactly is refused ([`Refusal::Unsupported`]) rather than matched almost right.

mod characters;
mod escape;
mod parse;
mod tree;
mod write;

use fancy_regex::{Regex, RegexBuilder};

/// Why a pattern is not usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Python refuses it too.
    Invalid(String),
    /// Python accepts it, but it cannot be carried over exactly.
    Unsupported(String),
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

/// The pattern needs more steps for a value than the engine is willing to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow;

/// Bytes that a compiled pattern may take: enough for long repetitions of large classes such as `\w{1,500}`.
const LARGEST: usize = 256 << 20;

impl Pattern {
    /// A pattern for [`Self::matches_all`].
    ///
    /// # Errors
    /// [`Refusal`], with the reason.
    pub fn full(python: &str) -> Result<Self, Refusal> {
        let node = parse::parse(python, false)?;
        Self::compile(&format!("\\A(?:{})\\z", write::without_ends(&node)))
    }

    /// A pattern for [`Self::captures`], which ignores letter case.
    ///
    /// # Errors
    /// [`Refusal`], with the reason.
    pub fn prefix(python: &str) -> Result<Self, Refusal> {
        let node = parse::parse(python, true)?;
        Self::compile(&format!("\\A(?:{})", write::whole(&node)))
    }

    fn compile(text: &str) -> Result<Self, Refusal> {
        let built = RegexBuilder::new(text)
            .delegate_size_limit(LARGEST)
            .backtrack_limit(10_000_000)
            .build();
        built
            .map(|regex| Self { regex })
            .map_err(|_| Refusal::Unsupported("the engine cannot hold it; simplify it".to_owned()))
    }

    /// `re.fullmatch(pattern, text) is not None`
    ///
    /// # Errors
    /// [`TooSlow`]
    pub fn matches_all(&self, text: &str) -> Result<bool, TooSlow> {
        self.regex.is_match(text).map_err(|_| TooSlow)
    }

    /// `re.match(pattern, text)`: the length of the match in bytes and its groups, the first at index 0.
    pub fn captures<'text>(&self, text: &'text str) -> Option<(usize, Vec<Option<&'text str>>)> {
        let captures = self.regex.captures(text).ok()??;
        let end = captures.get(0)?.end();
        let groups = captures.iter().skip(1);
        Some((
            end,
            groups
                .map(|group| group.map(|found| found.as_str()))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests;
