//! The schema's text: parsing, the rules it must keep, its hash.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;

use crate::{Error, Recipe};

/// The `standard` schema as shipped.
const STANDARD: &str = include_str!("../schemas/standard.toml");

/// Most key types a schema may list; the join keeps agreeing types in a 128-bit set.
const KEYS_MAX: usize = 128;
/// Most slots a key may have.
const SLOTS_MAX: u16 = 32;
/// Most presence slots; the pattern is a 32-bit word.
const PRESENCE_MAX: usize = 32;

/// A linkage schema that keeps every rule.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Short name, for instance `standard`.
    pub id: String,
    /// Version of this schema.
    pub version: String,
    /// One sentence for people.
    pub title: String,
    /// Version of the standardisation rules that custodians must use.
    pub standardisation: String,
    /// Most people in the agreement for which the diffusion is safe.
    pub people_max: u32,
    /// The filters.
    pub filters: Vec<FilterSchema>,
    /// The match keys, in the order of their slots.
    pub keys: Vec<KeySchema>,
    /// The household keys.
    pub household: HouseholdSchema,
    /// The presence pattern.
    pub presence: PresenceSchema,
    text: String,
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterSchema {
    /// Short name, part of the column's name.
    pub id: String,
    /// Bits, before and after diffusion; a multiple of 64.
    pub bits: u32,
    /// Input bits that each output bit is the exclusive-or of (t).
    pub diffusion: u32,
    /// `hamming`; diffused filters are compared by nothing else.
    pub metric: String,
    /// Positions of a token of weight 1 (k), chosen so that the mean fill before diffusion is 0.47 to 0.48.
    pub unit_positions: u32,
    /// A pair becomes a candidate by the filter alone when its distance is this many standard deviations below the mean of strangers.
    pub candidate_sigmas: f64,
    /// Token weights.
    pub weights: TokenWeights,
}

/// Weights of the tokens inside a filter, relative to `unit_positions`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenWeights {
    /// A padded bigram of a name part.
    pub name_bigram: f64,
    /// A whole name part.
    pub name_part: f64,
    /// Day and month, one token each under one shared key, so that a swap changes little.
    pub birth_day_month: f64,
    /// The birth year.
    pub birth_year: f64,
    /// One of the eight digits of the date with its position.
    pub birth_digit: f64,
}

/// One kind of match key.
#[derive(Clone, Debug)]
pub struct KeySchema {
    /// What the value is made of.
    pub recipe: Recipe,
    /// Tokens released for every record, padded with random ones.
    pub slots: u16,
    /// Most records of one file that may share a released value.
    pub cap: u32,
}

/// Household keys.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HouseholdSchema {
    /// Keys a record, padded with random ones.
    pub slots: u16,
    /// The largest group of people of a file that may share a released value in one month.
    pub group_max: u32,
    /// A value that more people of a file share in one month is not released at all; in between, `group_max` of them are drawn.
    pub crowd_max: u32,
}

/// The presence pattern.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceSchema {
    /// Names of the slots; bit `i` of a pattern is slot `i`.
    pub slots: Vec<String>,
    /// A pattern that fewer records of a file share is made coarser.
    pub min_records: u32,
}

impl PresenceSchema {
    /// The names a slot may have, in the order that the encoder knows.
    pub const KNOWN: [&'static str; 11] = [
        "first",
        "last",
        "middle",
        "birth",
        "birth-year",
        "sex",
        "postcode",
        "home",
        "birth-place",
        "nhs",
        "upn-or-nino",
    ];

    /// Bit of a slot, if the schema lists it.
    pub fn bit(&self, slot: &str) -> Option<u32> {
        self.slots
            .iter()
            .position(|name| name == slot)
            .map(|index| 1 << index)
    }
}

impl Schema {
    /// The schema that kinfold ships for agencies that hold names: one diffused filter, the ladder of match keys, household keys.
    ///
    /// # Panics
    /// Never: a test parses the shipped text.
    pub fn standard() -> Self {
        Self::parse(STANDARD).expect("the shipped schema keeps the rules")
    }

    /// Reads a schema and checks every rule.
    ///
    /// # Errors
    /// [`Error::Shape`] with line and key when the text has the wrong shape (an unknown key is one), [`Error::Rule`] when a value
    /// breaks a rule.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)
            .map_err(|error| Error::Shape(error.to_string().trim().to_owned()))?;
        let keys = file
            .key
            .iter()
            .map(|key| {
                Ok(KeySchema {
                    recipe: key.recipe.parse()?,
                    slots: key.slots,
                    cap: key.cap.unwrap_or(1),
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let schema = Self {
            id: file.schema.id,
            version: file.schema.version,
            title: file.schema.title,
            standardisation: file.schema.standardisation,
            people_max: file.schema.people_max,
            filters: file.filter,
            keys,
            household: file.household_keys,
            presence: file.presence,
            text: text.to_owned(),
        };
        schema.check()?;
        Ok(schema)
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// BLAKE3 of the text: what an agreement pins. A comment changes it too, on purpose: parties sign what they read.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text.as_bytes()).as_bytes()
    }

    /// Match-key tokens of one record.
    pub fn key_slots(&self) -> usize {
        self.keys.iter().map(|key| key.slots as usize).sum()
    }

    /// For each key, in order, the slots of a record that hold its tokens.
    pub fn key_layout(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        self.keys
            .iter()
            .map(|key| {
                let range = start..start + key.slots as usize;
                start = range.end;
                range
            })
            .collect()
    }

    /// Household keys of one record.
    pub fn household_slots(&self) -> usize {
        self.household.slots as usize
    }

    /// Most people for whom a single filter of names and birth date with diffusion `t` keeps the attacker's signal below the
    /// threshold n * rho^2 <= ln n, with a factor of four in hand. Measured with 2,048 bits at fill 0.48.
    pub fn people_max_for_diffusion(t: u32) -> u32 {
        match t {
            0..=3 => 0,
            4 => 1_500,
            5 => 15_000,
            6 => 75_000,
            7 => 270_000,
            _ => 1_000_000,
        }
    }

    fn check(&self) -> Result<(), Error> {
        let rule = |holds: bool, text: String| {
            if holds {
                Ok(())
            } else {
                Err(Error::Rule(text))
            }
        };
        let name = |id: &str| {
            !id.is_empty()
                && id.len() <= 40
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        rule(
            name(&self.id),
            format!(
                "the id `{}` may have small letters, digits and hyphens only",
                self.id
            ),
        )?;
        rule(!self.keys.is_empty(), "there is no match key".to_owned())?;
        rule(
            self.keys.len() <= KEYS_MAX,
            format!("there are more than {KEYS_MAX} match keys"),
        )?;
        rule(
            self.filters.len() <= 8,
            "there are more than 8 filters".to_owned(),
        )?;
        let mut seen = BTreeSet::new();
        for filter in &self.filters {
            let id = &filter.id;
            rule(
                name(id),
                format!("the filter id `{id}` may have small letters, digits and hyphens only"),
            )?;
            rule(
                seen.insert(id.clone()),
                format!("two filters are called `{id}`"),
            )?;
            rule(
                (256..=4096).contains(&filter.bits) && filter.bits.is_multiple_of(64),
                format!("filter `{id}`: bits must be a multiple of 64 from 256 to 4096"),
            )?;
            rule(
                filter.metric == "hamming",
                format!("filter `{id}`: a diffused filter is compared by `hamming` only"),
            )?;
            rule(
                (1..=512).contains(&filter.unit_positions),
                format!("filter `{id}`: unit_positions must be from 1 to 512"),
            )?;
            rule(
                (3.0..=12.0).contains(&filter.candidate_sigmas),
                format!("filter `{id}`: candidate_sigmas must be from 3 to 12"),
            )?;
            let safe = Self::people_max_for_diffusion(filter.diffusion);
            rule(
                filter.diffusion <= 16 && self.people_max <= safe,
                format!(
                    "filter `{id}`: diffusion {} is safe for {safe} people at most, but people_max is {}",
                    filter.diffusion, self.people_max
                ),
            )?;
            let w = filter.weights;
            for weight in [
                w.name_bigram,
                w.name_part,
                w.birth_day_month,
                w.birth_year,
                w.birth_digit,
            ] {
                rule(
                    (0.0..=4.0).contains(&weight),
                    format!("filter `{id}`: a weight must be from 0 to 4"),
                )?;
            }
        }
        let mut recipes = BTreeSet::new();
        for key in &self.keys {
            let recipe = key.recipe.to_string();
            rule(
                recipes.insert(recipe.clone()),
                format!("the match key `{recipe}` is listed twice"),
            )?;
            rule(
                (1..=SLOTS_MAX).contains(&key.slots),
                format!("match key `{recipe}`: slots must be from 1 to {SLOTS_MAX}"),
            )?;
            rule(
                key.cap == 1,
                format!(
                    "match key `{recipe}`: only a cap of 1 is released; sharing inside a file can be read like a map"
                ),
            )?;
        }
        rule(
            (1..=16).contains(&self.household.slots),
            "household_keys: slots must be from 1 to 16".to_owned(),
        )?;
        rule(
            (1..=5).contains(&self.household.group_max),
            "household_keys: group_max must be from 1 to 5".to_owned(),
        )?;
        rule(
            (self.household.group_max..=12).contains(&self.household.crowd_max),
            "household_keys: crowd_max must be from group_max to 12".to_owned(),
        )?;
        rule(
            self.presence.slots.len() <= PRESENCE_MAX && self.presence.min_records >= 2,
            "presence: at most 32 slots, min_records at least 2".to_owned(),
        )?;
        for slot in &self.presence.slots {
            rule(
                PresenceSchema::KNOWN.contains(&slot.as_str()),
                format!(
                    "presence: `{slot}` is not a slot; the slots are {}",
                    PresenceSchema::KNOWN.join(", ")
                ),
            )?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Head,
    #[serde(default)]
    filter: Vec<FilterSchema>,
    key: Vec<KeyText>,
    household_keys: HouseholdSchema,
    presence: PresenceSchema,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    version: String,
    title: String,
    standardisation: String,
    people_max: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    recipe: String,
    slots: u16,
    cap: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_schema_keeps_its_own_rules() {
        let schema = Schema::standard();
        assert_eq!(schema.id, "standard");
        assert_eq!(schema.key_layout().last().unwrap().end, schema.key_slots());
        assert_eq!(schema.filters[0].diffusion, 6);
    }

    #[test]
    fn the_layout_covers_every_slot_once() {
        let schema = Schema::standard();
        let mut next = 0;
        for (range, key) in schema.key_layout().into_iter().zip(&schema.keys) {
            assert_eq!(range.start, next);
            assert_eq!(range.len(), key.slots as usize);
            next = range.end;
        }
    }

    #[test]
    fn broken_schemas_say_what_is_wrong() {
        let cases = [
            ("diffusion = 6", "diffusion = 5", "safe for 15000 people"),
            (
                "metric = \"hamming\"",
                "metric = \"dice\"",
                "`hamming` only",
            ),
            ("bits = 2048", "bits = 2047", "multiple of 64"),
            (
                "recipe = \"NN D\"",
                "recipe = \"NN QQ\"",
                "`QQ` is not an atom",
            ),
            (
                "group_max = 5",
                "group_max = 6",
                "group_max must be from 1 to 5",
            ),
            ("people_max", "people_maximum", "people_maximum"),
            ("\"first\", ", "\"shoe-size\", ", "shoe-size"),
        ];
        for (from, to, expected) in cases {
            assert!(STANDARD.contains(from), "{from}");
            let error = Schema::parse(&STANDARD.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{to}: {error}");
        }
    }

    #[test]
    fn any_change_of_the_text_changes_the_hash() {
        let other = Schema::parse(&format!("{STANDARD}\n# a remark\n")).unwrap();
        assert_ne!(other.hash(), Schema::standard().hash());
    }
}
