//! A value on its way: its token with the record that it is of, in the pile of its token, and from there, when it may be released, in the
//! pile of its record.
//!
//! A token is written twice and no more: what may be released of a record depends on all others, so tokens first go where equal ones
//! meet, and only those that remain go on to their records.

use kinfold_schema::Token;

use crate::encode::PILES;

/// Bytes of an entry: the token 16; the number of the record in its pile 20 bits, the value's place among those of its record 12, the record's
/// pile 10, the key 8, the value's rank among the values of the key 4.
pub(crate) const ENTRY: usize = 24;

/// Piles of entries, by the first bits of the token. With more, the runs that wait for their piles would leave the second level of the
/// cache; with fewer, the piles would.
pub(crate) const VALUE_PILES: usize = 256;

/// Entries that wait for their pile, see [`crate::runs`].
pub(crate) const ENTRY_RUN: usize = 16;

/// Bytes of a value that may be released, in the pile of its record: the token 16, the number of the record there 20 bits, the place 12.
pub(crate) const KEPT: usize = 20;

/// Kept values that wait for their pile.
pub(crate) const KEPT_RUN: usize = 8;

/// Ranks from here on are not told apart.
pub(crate) const RANK_MAX: usize = 15;
/// How many values of a key there are of each rank.
pub(crate) type Ranks = [u64; RANK_MAX + 1];

/// Most values of a record; more are not looked at.
pub(crate) const PLACES: usize = 1 << 12;

// Where in the number behind the token each part begins.
const PLACE_AT: u32 = 20;
const PILE_AT: u32 = 32;
const KEY_AT: u32 = 42;
const RANK_AT: u32 = 50;

/// Whose a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(u64);

impl Entry {
    /// The first value that a record has of a key, which comes at a place among all its values.
    #[inline]
    pub(crate) fn first(pile: u16, number: u32, key: u8, place: usize) -> Self {
        debug_assert!(
            number < 1 << PLACE_AT && place < PLACES && usize::from(pile) < PILES,
            "a pile has a thousandth of all records"
        );
        Self(
            u64::from(number)
                | (place as u64) << PLACE_AT
                | u64::from(pile) << PILE_AT
                | u64::from(key) << KEY_AT,
        )
    }

    /// The value that comes `nth` after the first: the pile it belongs to, and its bytes.
    #[inline]
    pub(crate) fn with(self, token: &Token, nth: u64) -> (usize, [u8; ENTRY]) {
        let rank = nth.min(RANK_MAX as u64);
        let own = self.0 + (nth << PLACE_AT | rank << RANK_AT);
        let mut bytes = [0; ENTRY];
        bytes[..16].copy_from_slice(token);
        bytes[16..].copy_from_slice(&own.to_le_bytes());
        (usize::from(token[0]) % VALUE_PILES, bytes)
    }

    /// Whose the value of these bytes is.
    #[inline]
    pub(crate) fn read(bytes: &[u8; ENTRY]) -> Self {
        Self(u64::from_le_bytes(
            *bytes[16..].first_chunk().expect("eight bytes"),
        ))
    }

    /// The pile of the record.
    #[inline]
    pub(crate) fn pile(self) -> usize {
        (self.0 >> PILE_AT) as usize % PILES
    }

    /// The number of the record in its pile.
    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.0 as u32 & ((1 << PLACE_AT) - 1)
    }

    /// The key in the schema's list.
    #[inline]
    pub(crate) fn key(self) -> u8 {
        (self.0 >> KEY_AT) as u8
    }

    /// How many values of the key the record has that are more worthy, at most [`RANK_MAX`].
    #[inline]
    pub(crate) fn rank(self) -> u8 {
        (self.0 >> RANK_AT) as u8
    }

    /// The place of the value among those of its record.
    #[cfg(test)]
    pub(crate) fn place(self) -> usize {
        (self.0 >> PLACE_AT) as usize % PLACES
    }
}

/// What sharing is judged by: the first eight bytes of a token. In a file of ten million people two of half a thousand million values meet
/// by chance with a probability below one in a hundred; the two would be held back, and no harm done.
#[inline]
pub(crate) fn fingerprint(entry: &[u8; ENTRY]) -> u64 {
    u64::from_le_bytes(*entry.first_chunk().expect("eight bytes"))
}

/// What goes on of an entry to the pile of its record.
#[inline]
pub(crate) fn kept(entry: &[u8; ENTRY]) -> (usize, [u8; KEPT]) {
    let kept = *entry.first_chunk().expect("an entry is longer");
    (Entry::read(entry).pile(), kept)
}

/// Of a kept value, the number of its record, its place and its token.
#[inline]
pub(crate) fn read_kept(bytes: &[u8; KEPT]) -> (usize, usize, Token) {
    let (token, own) = bytes.split_at(16);
    let own = u32::from_le_bytes(own.try_into().expect("four bytes"));
    let token = token.try_into().expect("sixteen bytes");
    (
        (own & ((1 << PLACE_AT) - 1)) as usize,
        (own >> PLACE_AT) as usize,
        token,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_reads_back(
            pile in 0..PILES as u16,
            number in 0u32..1 << PLACE_AT,
            (key, token) in any::<(u8, Token)>(),
            (place, nth) in (0..PLACES - 200, 0u64..200),
        ) {
            let (value_pile, bytes) = Entry::first(pile, number, key, place).with(&token, nth);
            prop_assert_eq!(value_pile, usize::from(token[0]));
            prop_assert_eq!(&fingerprint(&bytes).to_le_bytes(), &token[..8]);
            let entry = Entry::read(&bytes);
            let place = place + nth as usize;
            prop_assert_eq!(
                (entry.pile(), entry.number(), entry.key(), entry.place()),
                (usize::from(pile), number, key, place)
            );
            prop_assert_eq!(u64::from(entry.rank()), nth.min(15));
            let (own, bytes) = kept(&bytes);
            prop_assert_eq!(own, usize::from(pile));
            prop_assert_eq!(read_kept(&bytes), (number as usize, place, token));
        }
    }
}
