//! A draft: the codes of one record before it is known what other people share with it.
//!
//! ```text
//! reference 16 | number 4 | flags 1 | homes 1 | values 2 | lasting reference 16 | filters (8 a word) | values: key 1, token 16 a partner | homes 22
//! ```

use kinfold_schema::{HouseholdKey, Token};

/// Bytes before the filters.
pub(crate) const HEAD: usize = 40;

/// What is fixed for all drafts of an encoding.
#[derive(Clone, Copy)]
pub(crate) struct DraftShape {
    /// Words of all released filters.
    pub words: usize,
    /// Sets of tokens: one for all custodians, or one for each other.
    pub partners: usize,
}

/// One draft in a pile.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    shape: DraftShape,
    head: &'a [u8; HEAD],
    rest: &'a [u8],
}

/// Writes the part of a draft before its values.
pub(crate) fn write_head(
    out: &mut Vec<u8>,
    (record_ref, lasting_ref): (&[u8; 16], &[u8; 16]),
    number: u32,
    flags: u8,
    homes: usize,
    values: usize,
) {
    out.extend_from_slice(record_ref);
    out.extend_from_slice(&number.to_le_bytes());
    out.push(flags);
    out.push(homes as u8);
    out.extend_from_slice(&(values as u16).to_le_bytes());
    out.extend_from_slice(lasting_ref);
}

impl<'a> Draft<'a> {
    /// Takes the first draft off a pile.
    pub(crate) fn next(pile: &mut &'a [u8], shape: DraftShape) -> Option<Self> {
        let (head, rest) = pile.split_first_chunk::<HEAD>()?;
        let draft = Self { shape, head, rest };
        let length = shape.words * 8
            + draft.values_len() * draft.value_bytes()
            + draft.homes_len() * HouseholdKey::BYTES;
        let (own, later) = rest.split_at(length);
        *pile = later;
        Some(Self { rest: own, ..draft })
    }

    pub(crate) fn record_ref(&self) -> &'a [u8; 16] {
        self.head.first_chunk().expect("the head has a reference")
    }

    pub(crate) fn lasting_ref(&self) -> &'a [u8; 16] {
        self.head.last_chunk().expect("the head ends with it")
    }

    pub(crate) fn number(&self) -> u32 {
        u32::from_le_bytes(self.head[16..20].try_into().expect("four bytes"))
    }

    pub(crate) fn flags(&self) -> u8 {
        self.head[20]
    }

    fn homes_len(&self) -> usize {
        self.head[21] as usize
    }

    fn values_len(&self) -> usize {
        u16::from_le_bytes([self.head[22], self.head[23]]) as usize
    }

    fn value_bytes(&self) -> usize {
        1 + 16 * self.shape.partners
    }

    /// Words of all filters, one after another, as bytes.
    pub(crate) fn words(&self) -> &'a [[u8; 8]] {
        self.rest[..self.shape.words * 8].as_chunks::<8>().0
    }

    /// Key and tokens of each value, the most worthy of a key first.
    pub(crate) fn values(&self) -> impl Iterator<Item = (u8, &'a [Token])> + 'a {
        let start = self.shape.words * 8;
        self.rest[start..start + self.values_len() * self.value_bytes()]
            .chunks_exact(self.value_bytes())
            .map(|value| (value[0], value[1..].as_chunks::<16>().0))
    }

    /// Household keys, the latest home first.
    pub(crate) fn homes(&self) -> impl Iterator<Item = HouseholdKey> + 'a {
        let start = self.shape.words * 8 + self.values_len() * self.value_bytes();
        self.rest[start..]
            .chunks_exact(HouseholdKey::BYTES)
            .map(|bytes| HouseholdKey::from_bytes(bytes).expect("it was written as one"))
    }
}
