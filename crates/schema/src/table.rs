//! The table of codes: what leaves a custodian's machine for the linkage unit, one row a person.

use std::borrow::Cow;

use crate::{Schema, WithinCounts, in_larger_homes};

/// A keyed token: the first 16 bytes of a keyed hash. Equal tokens mean equal values; nothing else can be read from one without
/// the key.
pub type Token = [u8; 16];

/// Month value for "unknown or open". Months count from January 1900.
pub const NO_MONTH: u16 = u16::MAX;

/// Record flag: rules forbid linking this record to anything (for instance a record from before an adoption).
pub const FLAG_DO_NOT_LINK: u8 = 1;
/// Record flag: the address is protected; the record carries no household keys and no household may be inferred from it.
pub const FLAG_WITHHELD: u8 = 2;

/// Household key kind: an empty slot, filled with a random token.
pub const HOUSEHOLD_NONE: u8 = 0;
/// Household key kind: a token of the UPRN.
pub const HOUSEHOLD_UPRN: u8 = 1;
/// Household key kind: a token of the standardised address.
pub const HOUSEHOLD_ADDRESS: u8 = 2;

/// One household key: the keyed token of a home, and the months for which the custodian has evidence that the person lived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HouseholdKey {
    /// Keyed token of the home.
    pub token: Token,
    /// [`HOUSEHOLD_NONE`], [`HOUSEHOLD_UPRN`] or [`HOUSEHOLD_ADDRESS`].
    pub kind: u8,
    /// First month, or [`NO_MONTH`].
    pub from: u16,
    /// Last month for which there is evidence, or [`NO_MONTH`].
    pub to: u16,
}

impl HouseholdKey {
    /// Bytes of one key in a fixed-size binary column: token, kind, a zero byte, from and to (little-endian).
    pub const BYTES: usize = 22;

    /// The key as bytes.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.token);
        bytes[16] = self.kind;
        bytes[18..20].copy_from_slice(&self.from.to_le_bytes());
        bytes[20..22].copy_from_slice(&self.to.to_le_bytes());
        bytes
    }

    /// The key from its bytes; `None` when the kind is unknown, the spare byte is not zero or the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES || bytes[16] > HOUSEHOLD_ADDRESS || bytes[17] != 0 {
            return None;
        }
        Some(Self {
            token: bytes[..16].try_into().ok()?,
            kind: bytes[16],
            from: u16::from_le_bytes([bytes[18], bytes[19]]),
            to: u16::from_le_bytes([bytes[20], bytes[21]]),
        })
    }
}

/// One filter of every record, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterColumn {
    /// The filter's id in the schema.
    pub id: String,
    /// Bits of one filter; a multiple of 64.
    pub bits: u32,
    /// Row-major: `bits / 64` words a row; bit `i` of a row is bit `i % 64` of word `i / 64`.
    pub words: Vec<u64>,
}

impl FilterColumn {
    /// The words of one row.
    pub fn row(&self, row: usize) -> &[u64] {
        let width = self.bits as usize / 64;
        &self.words[row * width..(row + 1) * width]
    }
}

/// The codes of `n` records, as plain vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTable {
    /// Random record references, one a record.
    pub record_ref: Vec<[u8; 16]>,
    /// One column for each filter of the schema, in its order.
    pub filters: Vec<FilterColumn>,
    /// The custodians for whom there is a set of tokens each, sorted; empty when one set is for all.
    pub partners: Vec<String>,
    /// Match-key tokens, row-major: for each partner (or once) [`crate::Schema::key_slots`] a row, laid out by
    /// [`crate::Schema::key_layout`].
    pub keys: Vec<Token>,
    /// Presence patterns: bit `i` says that slot `i` of the schema's presence list is filled.
    pub presence: Vec<u32>,
    /// [`FLAG_DO_NOT_LINK`] and [`FLAG_WITHHELD`].
    pub flags: Vec<u8>,
    /// Household keys, row-major, [`crate::Schema::household_slots`] a row.
    pub household: Vec<HouseholdKey>,
    /// Coarse area code of each record, when the agreement lists one.
    pub area: Option<Vec<String>>,
    /// How far pairs of people of this file agree that share a value with each other and nobody else. Of a table that comes in parts, the
    /// first part has them all.
    pub within: WithinCounts,
}

impl CodeTable {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.record_ref.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.record_ref.is_empty()
    }

    /// A table without rows that has the columns of a schema.
    pub fn empty(schema: &Schema, partners: &[String]) -> Self {
        Self {
            filters: schema
                .filters
                .iter()
                .map(|filter| FilterColumn {
                    id: filter.id.clone(),
                    bits: filter.bits,
                    words: Vec::new(),
                })
                .collect(),
            partners: partners.to_vec(),
            ..Self::default()
        }
    }

    /// Puts the rows of another table of the same schema and partners after its own.
    pub fn append(&mut self, more: Self) {
        let (before, after) = (self.len(), more.len());
        let areas =
            |area: Option<Vec<String>>, rows| area.unwrap_or_else(|| vec![String::new(); rows]);
        self.area = match (self.area.take(), more.area) {
            (None, None) => None,
            (one, other) => Some([areas(one, before), areas(other, after)].concat()),
        };
        self.record_ref.extend(more.record_ref);
        for (filter, extra) in self.filters.iter_mut().zip(more.filters) {
            filter.words.extend(extra.words);
        }
        self.keys.extend(more.keys);
        self.presence.extend(more.presence);
        self.flags.extend(more.flags);
        self.household.extend(more.household);
        self.within.append(&more.within);
    }

    /// For each record whether it has random bits in place of its filters because household keys show it in a larger home
    /// ([`crate::HouseholdSchema::filter_max`]); nothing when the schema has no such rule.
    pub fn without_filters(&self, schema: &Schema) -> Option<Vec<bool>> {
        let most = schema.household.as_ref()?.filter_max?;
        let slots = schema.household_slots().max(1);
        let homes = self.household.iter().enumerate();
        let homes = homes.filter(|(_, key)| key.kind != HOUSEHOLD_NONE);
        let homes = homes.map(|(place, key)| ((place / slots) as u32, key.token));
        Some(in_larger_homes(homes, self.len(), most))
    }

    /// Sets of tokens of a record.
    pub fn key_sets(&self) -> usize {
        self.partners.len().max(1)
    }

    /// The tokens that are compared with those of another custodian, row-major with `slots` a row; `None` when none were made for it.
    pub fn keys_for(&self, partner: &str, slots: usize) -> Option<Cow<'_, [Token]>> {
        if self.partners.is_empty() {
            return Some(Cow::Borrowed(&self.keys));
        }
        let set = self.partners.iter().position(|known| known == partner)?;
        let own = |row: usize| {
            let start = (row * self.partners.len() + set) * slots;
            &self.keys[start..start + slots]
        };
        Some(Cow::Owned((0..self.len()).flat_map(own).copied().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn household_keys_round_trip(token: [u8; 16], kind in 0u8..=2, from: u16, to: u16) {
            let key = HouseholdKey { token, kind, from, to };
            prop_assert_eq!(HouseholdKey::from_bytes(&key.to_bytes()), Some(key));
        }
    }

    #[test]
    fn a_household_key_of_unknown_kind_is_refused() {
        let mut bytes = [0; HouseholdKey::BYTES];
        bytes[16] = 3;
        assert_eq!(HouseholdKey::from_bytes(&bytes), None);
        assert_eq!(HouseholdKey::from_bytes(&bytes[..21]), None);
    }
}
