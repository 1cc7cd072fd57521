//! The schema's file: what each table and key of the TOML text is. The published JSON Schema is made from these types.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::fact::{Fact, FieldName};

/// A linkage schema of kinfold: what all custodians of an agreement encode, and how strongly it is protected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// What the schema is.
    pub schema: Head,
    /// The fields that are read; a field that is not listed is not encoded.
    pub field: Vec<FieldSchema>,
    /// Filters: diffused Bloom filters over groups of fields. Any number up to 8.
    #[serde(default)]
    pub filter: Vec<FilterSchema>,
    /// Match keys, in the order of their slots. Any number up to 128.
    pub key: Vec<KeyText>,
    /// Household keys; left out, there are none.
    pub household_keys: Option<HouseholdSchema>,
    /// The presence pattern.
    pub presence: PresenceSchema,
}

/// What the schema is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// Version of this file format: 2.
    pub format: u32,
    /// Short name: small letters, digits, hyphens.
    pub id: String,
    /// Version of this schema.
    pub version: String,
    /// One sentence for people.
    pub title: String,
    /// Version of the rules by which names, dates and addresses are standardised.
    pub standardisation: String,
    /// Most people of one file for whom the schema is meant. Diffusion must be strong enough for them.
    pub people_max: u32,
    /// Where the linkage unit stands. Only `inside` allows filters that are not diffused, and the agreement must say so too.
    #[serde(default)]
    pub linkage_unit: LinkageUnit,
    /// Whether all custodians share the keys of match keys, or every two have their own.
    #[serde(default)]
    pub key_scope: KeyScope,
    /// A record is encoded when it has all facts of one of these lists; others are left out and counted.
    pub usable: Vec<Vec<Fact>>,
}

/// Where the linkage unit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkageUnit {
    /// Outside the custodians' own trust: it may try to learn who somebody is.
    #[default]
    Outside,
    /// Inside the custodians' own trust, for instance a unit of one of them under their own rules.
    Inside,
}

/// Who shares the key under which match keys are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyScope {
    /// All custodians of the agreement: one set of tokens a record.
    #[default]
    Agreement,
    /// Every two custodians: one set of tokens a record for each other custodian. The linkage unit cannot see by tokens that three agencies
    /// share a value, nor compare a custodian's tokens for one partner with those for another. Filters and household keys are as for all.
    Pair,
}

/// A field that is read.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSchema {
    /// Which field.
    pub name: FieldName,
    /// The group it belongs to; filters scale and require groups.
    pub group: String,
    /// What becomes of a value that cannot be read: it counts as missing, or the whole record is left out.
    #[serde(default)]
    pub invalid: Invalid,
}

/// What becomes of a value that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Invalid {
    /// The value counts as missing; the reason is counted.
    #[default]
    Missing,
    /// The record is left out and counted, unless another value of the field can be read.
    LeaveOut,
}

impl Invalid {
    /// As a schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::LeaveOut => "leave-out",
        }
    }
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterSchema {
    /// Short name, part of the column's name.
    pub id: String,
    /// Released bits (l): a multiple of 64 from 256 to 4096.
    #[schemars(range(min = 256, max = 4096))]
    pub bits: u32,
    /// Bits before diffusion (m); as many as `bits` when left out.
    #[schemars(range(min = 256, max = 8192))]
    pub inner_bits: Option<u32>,
    /// Input bits that each released bit is the exclusive-or of (t); 0 releases the filter as it is.
    #[schemars(range(max = 16))]
    pub diffusion: u32,
    /// How two filters are compared.
    pub metric: Metric,
    /// Positions of a token of weight 1 (k), chosen so that the mean fill before diffusion is 0.47 to 0.48.
    #[schemars(range(min = 1, max = 512))]
    pub unit_positions: u32,
    /// A pair becomes a candidate by the filter alone when its distance is this many standard deviations below the mean of strangers.
    /// For `hamming` only.
    #[schemars(range(min = 3, max = 12))]
    pub candidate_sigmas: Option<f64>,
    /// A pair becomes a candidate by the filter alone at this Dice coefficient. For `dice` only.
    #[schemars(range(min = 0, max = 1))]
    pub candidate_dice: Option<f64>,
    /// Facts that a record must have; otherwise the filter is random bits, since a filter of part of the tokens is a bare code of that
    /// part.
    pub requires: Vec<Fact>,
    /// What each group's weights are multiplied with, so that long values do not outweigh short ones.
    pub scale: std::collections::BTreeMap<String, f64>,
    /// The tokens.
    pub tokens: Vec<TokenSchema>,
}

/// How two filters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Share of equal bits; for diffused filters.
    Hamming,
    /// Dice coefficient; for filters that are not diffused.
    Dice,
}

impl Metric {
    /// As a schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hamming => "hamming",
            Self::Dice => "dice",
        }
    }
}

/// One kind of token of a filter.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenSchema {
    /// The field whose values are cut into tokens.
    pub field: FieldName,
    /// How.
    pub form: TokenForm,
    /// Positions of one token, in units of `unit_positions` times the group's scale: 0 to 4.
    #[schemars(range(min = 0, max = 4))]
    pub weight: f64,
}

/// How the value of a field becomes tokens.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Deserialize,
    serde::Serialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TokenForm {
    /// Pairs of neighbouring letters, with a pad at each end; as a set, and the same for every field of names. Of an e-mail address the local
    /// part.
    Bigrams,
    /// The whole value, each part of a name by itself.
    Whole,
    /// Bigrams of the formal names of short forms.
    NicknameBigrams,
    /// Day and month, each by itself under one shared label, so that a swap changes little.
    DayMonth,
    /// The birth year.
    Year,
    /// The digits with their positions: the eight of a date, or the four of a year; those of a number.
    Digits,
    /// The words of the value.
    Words,
    /// Postcode sector.
    Sector,
    /// Postcode district.
    District,
    /// Pairs of neighbouring characters with their positions.
    PositionalBigrams,
    /// House number or name.
    House,
    /// House with postcode.
    HousePostcode,
    /// House with street.
    HouseStreet,
    /// Words of the street.
    StreetWords,
    /// Bigrams of the street.
    StreetBigrams,
    /// Town.
    Town,
    /// Flat or unit.
    Flat,
}

impl TokenForm {
    /// The fields that have the form.
    pub fn fits(self, field: FieldName) -> bool {
        use FieldName as F;
        match self {
            Self::Bigrams => matches!(
                field,
                F::FirstName
                    | F::MiddleName
                    | F::LastName
                    | F::BirthPlace
                    | F::Telephone
                    | F::Email
                    | F::Town
            ),
            Self::Whole => field != F::Address,
            Self::NicknameBigrams => field == F::FirstName,
            Self::DayMonth | Self::Year => field == F::BirthDate,
            Self::Digits => matches!(
                field,
                F::BirthDate | F::NhsNumber | F::Uln | F::Uprn | F::Telephone
            ),
            Self::Words => matches!(field, F::BirthPlace | F::Town),
            Self::Sector | Self::District | Self::PositionalBigrams => field == F::Postcode,
            Self::House
            | Self::HousePostcode
            | Self::HouseStreet
            | Self::StreetWords
            | Self::StreetBigrams
            | Self::Town
            | Self::Flat => field == F::Address,
        }
    }

    /// As a schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bigrams => "bigrams",
            Self::Whole => "whole",
            Self::NicknameBigrams => "nickname-bigrams",
            Self::DayMonth => "day-month",
            Self::Year => "year",
            Self::Digits => "digits",
            Self::Words => "words",
            Self::Sector => "sector",
            Self::District => "district",
            Self::PositionalBigrams => "positional-bigrams",
            Self::House => "house",
            Self::HousePostcode => "house-postcode",
            Self::HouseStreet => "house-street",
            Self::StreetWords => "street-words",
            Self::StreetBigrams => "street-bigrams",
            Self::Town => "town",
            Self::Flat => "flat",
        }
    }
}

/// One kind of match key, as written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyText {
    /// The atoms whose values are joined, separated by spaces.
    pub recipe: String,
    /// Tokens released for every record, padded with random ones: 1 to 32.
    #[schemars(range(min = 1, max = 32))]
    pub slots: u16,
    /// Most records of one file that may share a released value; 1 when left out, and more than 1 is not released.
    #[schemars(range(min = 1, max = 5))]
    pub cap: Option<u32>,
    /// Kinds of keys of one pool stand one after another. A record's tokens of a pool are mixed, so that the linkage unit sees how many agree
    /// with another record's and never which. Left out, the tokens of the kind stay by themselves.
    pub pool: Option<String>,
}

/// Household keys.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdSchema {
    /// Keys a record, padded with random ones.
    #[schemars(range(min = 1, max = 16))]
    pub slots: u16,
    /// The largest group of people of a file that may share a released value in one month.
    #[schemars(range(min = 1, max = 5))]
    pub group_max: u32,
    /// A value that more people of a file share in one month is not released at all; in between, `group_max` of them are drawn by key.
    /// As `group_max` when left out: then larger groups release nothing.
    #[schemars(range(min = 1, max = 12))]
    pub crowd_max: Option<u32>,
    /// How finely months of homes are released: 1 month (as when left out), or steps of 3, 6 or 12 that begin with a calendar year: a first month
    /// becomes the first of its step, a last month the last of its step. 0 releases no months at all.
    #[schemars(range(min = 0, max = 12))]
    pub months: Option<u16>,
    /// A home whose last month is further than this before the month of the release is left, and its key is not released. Left out, homes are
    /// released however long ago they were left. Where no months are released it is needed, since nothing else would tell tenants from the next.
    #[schemars(range(min = 1, max = 1200))]
    pub left_max: Option<u16>,
    /// People whom household keys show in a home of more people of the file than this get random bits in place of every filter: whoever shows a
    /// family needs no filter to be found by, and families are named by how alike the filters of their members are. From 1 to the largest group.
    /// Left out, everybody keeps the filter.
    #[schemars(range(min = 1, max = 5))]
    pub filter_max: Option<u32>,
}

impl HouseholdSchema {
    /// The length of the steps in which months are released, 0 for no months at all.
    pub fn step(&self) -> u16 {
        self.months.unwrap_or(1)
    }

    /// The largest group of which anything is released.
    pub fn crowd(&self) -> u32 {
        self.crowd_max.unwrap_or(self.group_max)
    }
}

/// The presence pattern: which facts a record has.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceSchema {
    /// The facts; bit `i` of a pattern is slot `i`.
    pub slots: Vec<Fact>,
    /// A pattern that fewer records of a file share is made coarser.
    #[schemars(range(min = 2))]
    pub min_records: u32,
}

impl PresenceSchema {
    /// Bit of a slot in a released pattern, if the schema lists it.
    pub fn bit(&self, fact: Fact) -> Option<u32> {
        self.slots
            .iter()
            .position(|&slot| slot == fact)
            .map(|index| 1 << index)
    }

    /// The released pattern of a set of facts (bits of [`Fact::bit`]).
    pub fn pattern(&self, facts: u32) -> u32 {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, fact)| facts & fact.bit() != 0)
            .map(|(index, _)| 1 << index)
            .sum()
    }
}
