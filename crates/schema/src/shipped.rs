//! The schemas that kinfold ships, for a borough of the United Kingdom. Each is only a text: the engine has none of them wired in.

use crate::Schema;

/// Name and text of each.
const TEXTS: [(&str, &str); 4] = [
    ("standard", include_str!("../schemas/standard.toml")),
    ("high", include_str!("../schemas/high.toml")),
    ("trusted", include_str!("../schemas/trusted.toml")),
    ("partial", include_str!("../schemas/partial.toml")),
];

impl Schema {
    /// The names of the shipped schemas.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        TEXTS.iter().map(|(name, _)| *name)
    }

    /// A shipped schema.
    ///
    /// # Panics
    /// Never: a test parses every shipped text.
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = TEXTS.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text).expect("the shipped schemas keep the rules"))
    }

    /// The schema for agencies that hold names and birth dates: one diffused filter, the ladder of match keys, household keys.
    ///
    /// # Panics
    /// Never, as [`Schema::shipped`].
    pub fn standard() -> Self {
        Self::shipped("standard").expect("`standard` is shipped")
    }
}
