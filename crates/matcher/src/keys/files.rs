//! The match keys of one file, in parts, and where a token is.

use std::fmt;

use super::MAX_KEY_TYPES;

/// The match keys of one file. It borrows the tokens: parts may be slices of memory-mapped files, such as the record batches of an
/// Arrow file, and the join reads them in place, as often as it needs to.
///
/// Every record has the same slots, and which key type a slot belongs to is the same for all records of the file. Unused slots hold
/// random tokens, which meet nothing.
///
/// A file may have records that hold tokens of several kinds of partner beside each other: [`Self::every`] reads some of each record,
/// and [`Self::in_group`] keeps them from the files that they are not for.
#[derive(Clone, Debug)]
pub struct KeyFile<'a> {
    slot_types: &'a [u8],
    group: u32,
    /// Tokens from the start of a record to that of the next: at least the slots.
    stride: usize,
    /// First row and tokens of each part, sorted; no two overlap.
    parts: Vec<(u32, &'a [[u8; 16]])>,
}

impl<'a> KeyFile<'a> {
    /// A file without records yet. `slot_types[s]` is the key type of slot `s`.
    ///
    /// # Errors
    /// [`KeyFileError::Type`] when a type is not below [`MAX_KEY_TYPES`], [`KeyFileError::Slots`] when there are more than 65,535
    /// slots.
    pub fn new(slot_types: &'a [u8]) -> Result<Self, KeyFileError> {
        if let Some(&key_type) = slot_types
            .iter()
            .find(|t| usize::from(**t) >= MAX_KEY_TYPES)
        {
            return Err(KeyFileError::Type(key_type));
        }
        if u16::try_from(slot_types.len()).is_err() {
            return Err(KeyFileError::Slots(slot_types.len()));
        }
        Ok(Self {
            slot_types,
            group: 0,
            stride: slot_types.len(),
            parts: Vec::new(),
        })
    }

    /// The same file in another group (without this it is in group 0): files of one group are joined with each other, those of two
    /// groups are not, even if they hold equal tokens.
    #[must_use]
    pub fn in_group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// The same file, still without records, of which each record has `stride` tokens and only the first of them, one for each slot,
    /// are read: to join one of several sets of tokens where they lie, begin the slice at it. A stride below the number of slots is
    /// taken for that number.
    #[must_use]
    pub fn every(mut self, stride: usize) -> Self {
        self.stride = stride.max(self.slots());
        self.parts.clear();
        self
    }

    /// Adds records after the last ones: whole rows, row-major. Behind the slots of the last row the rest of its stride may be absent.
    ///
    /// # Errors
    /// As [`Self::push_at`].
    pub fn push(&mut self, tokens: &'a [[u8; 16]]) -> Result<(), KeyFileError> {
        self.push_at(self.rows(), tokens)
    }

    /// Adds the records whose first is number `first`. Parts may come in any order, and rows that no part holds meet nothing.
    ///
    /// # Errors
    /// [`KeyFileError::PartOfARow`] when the tokens are not whole rows, [`KeyFileError::Rows`] when a `u32` cannot number the rows,
    /// [`KeyFileError::Overlap`] when a row is there already.
    pub fn push_at(&mut self, first: u64, tokens: &'a [[u8; 16]]) -> Result<(), KeyFileError> {
        if tokens.is_empty() {
            return Ok(());
        }
        if self.slots() == 0 {
            return Err(KeyFileError::PartOfARow);
        }
        let last = tokens.len() % self.stride;
        if last != 0 && last < self.slots() {
            return Err(KeyFileError::PartOfARow);
        }
        let end = first.saturating_add(tokens.len().div_ceil(self.stride) as u64);
        // The number of rows fits a `u32` too, so that one past the last row does.
        let (Ok(first), Ok(end)) = (u32::try_from(first), u32::try_from(end)) else {
            return Err(KeyFileError::Rows(end));
        };
        let place = self.parts.partition_point(|part| part.0 < first);
        if place > 0 && self.end_of(place - 1) > first {
            return Err(KeyFileError::Overlap(first));
        }
        if let Some(next) = self.parts.get(place)
            && end > next.0
        {
            return Err(KeyFileError::Overlap(next.0));
        }
        self.parts.insert(place, (first, tokens));
        Ok(())
    }

    /// One more than the highest row number, as a `u64` so that it can be what [`Self::push_at`] takes.
    pub fn rows(&self) -> u64 {
        self.parts
            .len()
            .checked_sub(1)
            .map_or(0, |last| u64::from(self.end_of(last)))
    }

    /// Number of tokens that are joined: those in the slots of all rows.
    pub fn tokens(&self) -> u64 {
        let rows = |part: &(u32, &[[u8; 16]])| part.1.len().div_ceil(self.stride.max(1));
        (self.parts.iter().map(rows).sum::<usize>() * self.slots()) as u64
    }

    pub(super) fn group(&self) -> u32 {
        self.group
    }

    pub(super) fn slots(&self) -> usize {
        self.slot_types.len()
    }

    pub(super) fn slot_types(&self) -> &'a [u8] {
        self.slot_types
    }

    /// The parts in pieces of at most `rows` rows: first row and tokens.
    pub(super) fn pieces(&self, rows: usize) -> impl Iterator<Item = (u32, &'a [[u8; 16]])> {
        let stride = self.stride.max(1);
        self.parts.iter().flat_map(move |&(first, tokens)| {
            tokens
                .chunks(rows * stride)
                .enumerate()
                .map(move |(index, piece)| (first + (index * rows) as u32, piece))
        })
    }

    /// The rows of a piece.
    pub(super) fn rows_of(&self, piece: &'a [[u8; 16]]) -> impl Iterator<Item = &'a [[u8; 16]]> {
        let slots = self.slots();
        piece
            .chunks(self.stride.max(1))
            .map(move |row| &row[..slots])
    }

    /// The tokens of a row; of a row that no part holds, none.
    pub(super) fn row(&self, row: u32) -> &'a [[u8; 16]] {
        let place = self.parts.partition_point(|part| part.0 <= row);
        let Some(&(first, tokens)) = place.checked_sub(1).and_then(|at| self.parts.get(at)) else {
            return &[];
        };
        let start = (row - first) as usize * self.stride;
        tokens.get(start..start + self.slots()).unwrap_or_default()
    }

    fn end_of(&self, part: usize) -> u32 {
        let (first, tokens) = self.parts[part];
        first + tokens.len().div_ceil(self.stride) as u32
    }
}

/// Why tokens cannot be the match keys of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFileError {
    /// A key type that no bit of a candidate can name.
    Type(u8),
    /// More slots than can be numbered.
    Slots(usize),
    /// The tokens of a part are not whole rows.
    PartOfARow,
    /// More rows than a `u32` can number.
    Rows(u64),
    /// Two parts hold this row.
    Overlap(u32),
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(key_type) => write!(
                formatter,
                "key type {key_type} is not below {MAX_KEY_TYPES}"
            ),
            Self::Slots(slots) => write!(formatter, "{slots} slots a record are more than 65,535"),
            Self::PartOfARow => write!(formatter, "the match keys of a part are not whole rows"),
            Self::Rows(rows) => write!(formatter, "{rows} rows are more than a file can have"),
            Self::Overlap(row) => write!(formatter, "two parts of a file hold row {row}"),
        }
    }
}

impl std::error::Error for KeyFileError {}

/// How a place of a token (file, row, slot) is packed into the low bits of a word: as few bits as these files need, so that as many
/// as can be are left for the token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    row_bits: u32,
    slot_bits: u32,
    /// All bits of a place.
    pub bits: u32,
}

/// The place of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub file: u16,
    pub row: u32,
    pub slot: u16,
}

impl Places {
    pub(super) fn of(files: &[KeyFile]) -> Self {
        let bits_for = |count: u64| u64::BITS - count.saturating_sub(1).leading_zeros();
        let row_bits = bits_for(files.iter().map(KeyFile::rows).max().unwrap_or(0));
        let slots = files.iter().map(KeyFile::slots).max().unwrap_or(0);
        let slot_bits = bits_for(slots as u64);
        Self {
            row_bits,
            slot_bits,
            bits: bits_for(files.len() as u64) + row_bits + slot_bits,
        }
    }

    /// The place of slot 0 of a row; the slot is added to it.
    pub(super) fn pack(self, file: usize, row: u32) -> u64 {
        ((file as u64) << self.row_bits | u64::from(row)) << self.slot_bits
    }

    /// The bits of a word that are the token's.
    pub(super) fn token_mask(self) -> u64 {
        !((1 << self.bits) - 1)
    }

    pub(super) fn file(self, word: u64) -> u64 {
        (word & !self.token_mask()) >> (self.row_bits + self.slot_bits)
    }

    pub(super) fn unpack(self, word: u64) -> Place {
        let row = word >> self.slot_bits & ((1 << self.row_bits) - 1);
        let slot = word & ((1 << self.slot_bits) - 1);
        Place {
            file: self.file(word) as u16,
            row: row as u32,
            slot: slot as u16,
        }
    }
}
