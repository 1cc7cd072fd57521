//! A value on its way: the first half of its token with the record that it is of, in the pile of its token, and from there, when it may be
//! released, in the pile of its record.
//!
//! What may be released of a record depends on all others, so tokens first go where equal ones meet, and only those that remain go on to
//! their records. Sharing is judged by the first half of a token alone, so only that half makes the journey; the second one waits in the
//! draft (see [`crate::draft`]).

use kinfold_schema::Token;

use crate::encode::PILES;

/// First or second half of a token.
pub(crate) type Half = [u8; 8];

/// Bytes of an entry: the token's first half without the byte that names the pile 7; the number of the record in its pile 20 bits, the
/// value's place among those of its record 12, the record's pile 10, the key 8, the value's rank among the values of the key 4. Most of
/// the memory of an encoding is entries.
pub(crate) const ENTRY: usize = 14;

/// Piles of entries, by the first bits of the token. With fewer, a pile would leave the second level of the cache; with more, a sheet would
/// have little for each (see [`crate::spill`]).
pub(crate) const VALUE_PILES: usize = 256;

/// Bytes of a value that may be released, in the pile of its record: the token's first half 8, the number of the record there 20 bits, the
/// place 12.
pub(crate) const KEPT: usize = 12;

/// Ranks from here on are not told apart.
pub(crate) const RANK_MAX: usize = 15;
/// How many values of a key there are of each rank.
pub(crate) type Ranks = [u64; RANK_MAX + 1];

/// Most values of a record; more are not looked at.
pub(crate) const PLACES: usize = 1 << 12;

// Where in the number behind the half each part begins.
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
        let half = u64::from_le_bytes(*token.first_chunk().expect("sixteen bytes"));
        // As one number: a copy byte by byte would be read back before it is written.
        let entry = u128::from(half >> 8) | u128::from(own) << 56;
        let bytes = entry.to_le_bytes();
        let bytes = *bytes.first_chunk().expect("sixteen bytes");
        (half as usize % VALUE_PILES, bytes)
    }

    /// Whose the value of these bytes is.
    #[inline]
    pub(crate) fn read(bytes: &[u8; ENTRY]) -> Self {
        Self(u64::from_le_bytes(*bytes.last_chunk().expect("an entry is longer")) >> 8)
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

/// What sharing is judged by, in a pile: the first eight bytes of a token, of which the first names the pile. In a file of ten million people
/// two of half a thousand million values meet by chance with a probability below one in a hundred; the two would be held back, and no harm
/// done.
#[inline]
pub(crate) fn fingerprint(pile: u8, entry: &[u8; ENTRY]) -> u64 {
    u64::from_le_bytes(*entry.first_chunk().expect("an entry is longer")) << 8 | u64::from(pile)
}

/// What goes on of an entry of a pile to the pile of its record.
#[inline]
pub(crate) fn kept(pile: u8, entry: &[u8; ENTRY]) -> (usize, [u8; KEPT]) {
    let own = Entry::read(entry);
    let kept = u128::from(fingerprint(pile, entry)) | u128::from(own.0 as u32) << 64;
    let kept = kept.to_le_bytes();
    (own.pile(), *kept.first_chunk().expect("sixteen bytes"))
}

/// Of a kept value, the number of its record, its place and the first half of its token.
#[inline]
pub(crate) fn read_kept(bytes: &[u8; KEPT]) -> (usize, usize, Half) {
    let (half, own) = bytes.split_at(8);
    let own = u32::from_le_bytes(own.try_into().expect("four bytes"));
    let half = half.try_into().expect("eight bytes");
    (
        (own & ((1 << PLACE_AT) - 1)) as usize,
        (own >> PLACE_AT) as usize,
        half,
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
            prop_assert_eq!(&fingerprint(token[0], &bytes).to_le_bytes(), &token[..8]);
            let entry = Entry::read(&bytes);
            let place = place + nth as usize;
            prop_assert_eq!(
                (entry.pile(), entry.number(), entry.key(), entry.place()),
                (usize::from(pile), number, key, place)
            );
            prop_assert_eq!(u64::from(entry.rank()), nth.min(15));
            let (own, bytes) = kept(token[0], &bytes);
            prop_assert_eq!(own, usize::from(pile));
            let (at, nth, half) = read_kept(&bytes);
            prop_assert_eq!((at, nth, &half[..]), (number as usize, place, &token[..8]));
        }
    }
}
