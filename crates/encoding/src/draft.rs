//! A draft: the codes of one record before it is known what other people share with it.
//!
//! ```text
//! reference 16 | lasting reference 16 | number in its pile 4 | flags 1 | homes 1 | values 2 | values of each key 1 |
//! filters (8 a word) |
//! second halves of tokens 8 | for each partner but the first: tokens 16 | homes 22
//! ```
//!
//! The first halves of the tokens for the first partner, or for all, wait where equal ones meet (see [`crate::entry`]).

use kinfold_schema::{HouseholdKey, Token};

use crate::entry::Half;

/// Bytes before the number of values of each key.
const HEAD: usize = 40;

/// What is fixed for all drafts of an encoding.
#[derive(Clone, Copy)]
pub(crate) struct DraftShape {
    /// Match keys of the schema.
    pub keys: usize,
    /// Words of all released filters.
    pub words: usize,
    /// Sets of tokens in a draft: one for each partner but the first.
    pub more_sets: usize,
}

impl DraftShape {
    /// Where the filters of a draft begin.
    pub(crate) fn filters_at(&self) -> usize {
        HEAD + self.keys
    }

    /// Where the tokens of a draft begin.
    pub(crate) fn tokens_at(&self) -> usize {
        self.filters_at() + self.words * 8
    }

    /// Bytes of a draft with so many values and homes.
    pub(crate) fn bytes(&self, values: usize, homes: usize) -> usize {
        self.tokens_at() + values * (8 + self.more_sets * 16) + homes * HouseholdKey::BYTES
    }
}

/// One draft in a pile.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    shape: DraftShape,
    bytes: &'a [u8],
}

/// Writes the part of a draft before its filters.
pub(crate) fn write_head(
    out: &mut Vec<u8>,
    (record_ref, lasting_ref): (&[u8; 16], &[u8; 16]),
    number: u32,
    flags: u8,
    homes: usize,
    counts: &[u8],
) {
    let values: usize = counts.iter().map(|&n| usize::from(n)).sum();
    let mut head = [0; HEAD];
    head[..16].copy_from_slice(record_ref);
    head[16..32].copy_from_slice(lasting_ref);
    head[32..36].copy_from_slice(&number.to_le_bytes());
    head[36] = flags;
    head[37] = homes as u8;
    head[38..].copy_from_slice(&(values as u16).to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(counts);
}

impl<'a> Draft<'a> {
    /// Takes the first draft off a pile.
    pub(crate) fn next(pile: &mut &'a [u8], shape: DraftShape) -> Option<Self> {
        let head = pile.first_chunk::<HEAD>()?;
        let values = u16::from_le_bytes([head[38], head[39]]);
        let (bytes, later) = pile.split_at(shape.bytes(values.into(), head[37].into()));
        *pile = later;
        Some(Self { shape, bytes })
    }

    pub(crate) fn record_ref(&self) -> &'a [u8; 16] {
        self.bytes.first_chunk().expect("a draft begins with it")
    }

    pub(crate) fn lasting_ref(&self) -> &'a [u8; 16] {
        self.bytes[16..].first_chunk().expect("it comes second")
    }

    /// The record's number in its pile.
    pub(crate) fn number(&self) -> u32 {
        u32::from_le_bytes(*self.bytes[32..].first_chunk().expect("it comes third"))
    }

    pub(crate) fn flags(&self) -> u8 {
        self.bytes[36]
    }

    pub(crate) fn homes_len(&self) -> usize {
        self.bytes[37].into()
    }

    pub(crate) fn values_len(&self) -> usize {
        u16::from_le_bytes([self.bytes[38], self.bytes[39]]).into()
    }

    /// How many values there are of each key.
    pub(crate) fn counts(&self) -> &'a [u8] {
        &self.bytes[HEAD..self.shape.filters_at()]
    }

    /// Words of all filters, one after another, as bytes.
    pub(crate) fn words(&self) -> &'a [[u8; 8]] {
        self.bytes[self.shape.filters_at()..self.shape.tokens_at()]
            .as_chunks::<8>()
            .0
    }

    /// The second halves of the tokens of the first set, likewise.
    pub(crate) fn second_halves(&self) -> &'a [Half] {
        let start = self.shape.tokens_at();
        self.bytes[start..start + self.values_len() * 8]
            .as_chunks::<8>()
            .0
    }

    /// The tokens of one set after the first, key after key, the most worthy of a key first.
    pub(crate) fn more_tokens(&self, set: usize) -> &'a [Token] {
        let values = self.values_len();
        let start = self.shape.tokens_at() + values * (8 + set * 16);
        self.bytes[start..start + values * 16].as_chunks::<16>().0
    }

    /// Household keys, the latest home first.
    pub(crate) fn homes(&self) -> impl Iterator<Item = HouseholdKey> + 'a {
        let start = self.shape.bytes(self.values_len(), 0);
        self.bytes[start..]
            .chunks_exact(HouseholdKey::BYTES)
            .map(|bytes| HouseholdKey::from_bytes(bytes).expect("it was written as one"))
    }
}
