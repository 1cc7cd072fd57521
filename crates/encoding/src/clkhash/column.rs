//! One column of the file: from a cell to the bits it sets.

use super::cache::{Gram, GramCache, Key, LONGEST_KEY, TokenCache, ValueCache};
use super::format::Format;
use super::hash::{Hashed, Hasher};
use super::keys::Keys;
use super::problem::Rule;
use super::rows::Cell;
use super::schema::{Encoding, HashKind, Hashing, Schema, Strategy};
use super::token::{Comparison, NoTokens};
use std::collections::HashMap;

/// Makes masks of the cells of one column.
pub struct Column {
    hashing: Hashing,
    hasher: Hasher,
    masks: Option<Masks>,
    /// Whether whole values are remembered.
    remembers: bool,
    /// Tokens, as bytes, and what they hash to.
    hashed: HashMap<Box<[u8]>, Hashed>,
    scratch: Scratch,
}

struct Masks {
    values: ValueCache,
    tokens: TokenCache,
    grams: GramCache,
}

#[derive(Default)]
struct Scratch {
    mask: Vec<u64>,
    token_mask: Vec<u64>,
    token: Vec<u8>,
    padded: String,
    starts: Vec<usize>,
    text: String,
}

/// As many positions of hashed tokens are kept, in all; then they are forgotten and come back as they are needed.
const MOST_POSITIONS: usize = 1 << 20;
/// Longer tokens, and tokens with more positions, are hashed each time.
const LONGEST_TOKEN: usize = 64;
const MOST_COUNT: u32 = 1 << 10;
/// Masks longer than this many words are not kept: copying them costs as much as making them.
const LONGEST_MASK: usize = 256;
/// n-grams of up to so many ASCII characters fit into a key of 64 bits, with their number and their count of positions.
const PACKED: usize = 4;
/// With fewer positions it is faster to set them than to OR a mask.
const DENSE: u32 = 12;

impl Column {
    /// The column at this index of the schema, with caches of about so many bytes. Nothing for an ignored column.
    pub fn new(schema: &Schema, index: usize, keys: &Keys, cache_bytes: usize) -> Option<Self> {
        let hashing = schema.features[index].hashing.clone()?;
        let length = schema.filter_length();
        let words = length.div_ceil(64) as usize;
        let (first, second) = keys.of(index);
        let hasher = match hashing.hash {
            HashKind::Blake => Hasher::blake(first, length),
            HashKind::Double {
                prevent_singularity,
            } => Hasher::double(first, second, prevent_singularity, length),
        };
        let masks = (words <= LONGEST_MASK).then(|| Masks {
            values: ValueCache::new(words, cache_bytes / 4 * 3),
            tokens: TokenCache::new(words, cache_bytes / 8),
            grams: GramCache::new(cache_bytes / 8),
        });
        let scratch = Scratch {
            mask: vec![0; words],
            token_mask: vec![0; words],
            ..Scratch::default()
        };
        // The tokens of a number by the places of its digits are so few that their masks are always at hand, while birth dates would
        // push everything else out of the processor's caches.
        let remembers = !(matches!(hashing.format, Format::Integer { .. })
            && hashing.comparison
                == Comparison::Ngram {
                    n: 1,
                    positional: true,
                });
        Some(Self {
            hashing,
            hasher,
            remembers,
            masks,
            hashed: HashMap::new(),
            scratch,
        })
    }

    /// ORs the bits of each cell into its filter; `wrong` is told which cell breaks which rule. Cells are looked up a few at a time:
    /// while the first ones are worked on, the caches' places of the others come from memory.
    pub fn add_all(
        &mut self,
        text: &[u8],
        cells: &[Cell],
        filters: &mut [u64],
        mut wrong: impl FnMut(usize, Rule),
    ) {
        const TOGETHER: usize = 16;
        let words = self.scratch.mask.len();
        let mut keys = [(None, None); TOGETHER];
        for (group, cells) in cells.chunks(TOGETHER).enumerate() {
            for (key, cell) in keys.iter_mut().zip(cells) {
                *key = self.key(text, *cell);
            }
            if let Some(masks) = &mut self.masks {
                masks.values.count(cells.len());
            }
            for (index, ((key, entry), cell)) in keys.iter().zip(cells).enumerate() {
                let row = group * TOGETHER + index;
                let filter = &mut filters[row * words..][..words];
                if let (Some(masks), Some(key), &Some(entry)) = (&self.masks, key, entry)
                    && let Some(mask) = masks.values.get(entry, key)
                {
                    or(filter, mask);
                    continue;
                }
                let cell = &text[cell.start as usize..][..cell.length as usize];
                if let Err(rule) = self.add_new(cell, key.as_ref(), filter) {
                    wrong(row, rule);
                }
            }
        }
    }

    /// The key of a cell and the number of its entry in the cache; nothing if the cell is not remembered.
    fn key(&self, text: &[u8], cell: Cell) -> (Option<Key>, Option<u32>) {
        let masks = self.masks.as_ref().filter(|_| self.remembers);
        let values = masks.map(|masks| &masks.values);
        let window = text[cell.start as usize..].first_chunk();
        let window = window.filter(|_| cell.length as usize <= LONGEST_KEY);
        let (Some(values), Some(window)) = (values.filter(|values| values.is_useful()), window)
        else {
            return (None, None);
        };
        let key = Key::new(window, cell.length as usize);
        (Some(key), values.probe(&key))
    }

    fn add_new(&mut self, cell: &[u8], key: Option<&Key>, filter: &mut [u64]) -> Result<(), Rule> {
        let cell = std::str::from_utf8(cell)
            .expect("the whole text was checked, and cells end at ASCII characters");
        let Some(key) = key else {
            return self.make(cell, filter);
        };
        let mut mask = std::mem::take(&mut self.scratch.mask);
        mask.fill(0);
        let made = self.make(cell, &mut mask);
        if made.is_ok() {
            or(filter, &mask);
            if let Some(masks) = &mut self.masks {
                masks.values.put(key, &mask);
            }
        }
        self.scratch.mask = mask;
        made
    }

    /// Validates, formats, cuts into tokens and sets the bits.
    fn make(&mut self, cell: &str, filter: &mut [u64]) -> Result<(), Rule> {
        let hashing = &self.hashing;
        let must_be_ascii = hashing.encoding == Encoding::Ascii;
        if let Some(missing) = hashing
            .missing
            .as_ref()
            .filter(|missing| missing.sentinel == cell)
        {
            let replacement = missing.replacement.clone();
            // What stands for a missing value is not validated; only its tokens are encoded, and those of a number are ASCII.
            let is_number = matches!(hashing.comparison, Comparison::Numeric(_));
            if must_be_ascii && !is_number && !replacement.is_ascii() {
                return Err(Rule::NotAscii);
            }
            return self.add_tokens(&replacement, filter);
        }
        if must_be_ascii && !cell.is_ascii() {
            return Err(Rule::NotAscii);
        }
        match hashing.format.written(cell)? {
            std::borrow::Cow::Borrowed(value) => self.add_tokens(value, filter),
            std::borrow::Cow::Owned(value) => self.add_tokens(&value, filter),
        }
    }

    fn add_tokens(&mut self, value: &str, filter: &mut [u64]) -> Result<(), Rule> {
        if value.is_empty() {
            return Ok(());
        }
        match &self.hashing.comparison {
            Comparison::Exact => {
                let count = self.counts(1).0;
                self.add_token(value, count, filter, false);
            }
            Comparison::Numeric(numeric) => {
                let tokens = numeric.tokens(value).map_err(|trouble| match trouble {
                    NoTokens::NotNumber => Rule::NotNumber,
                    NoTokens::TooLarge => Rule::TooManyDigits,
                })?;
                let (count, extra) = self.counts(tokens.len());
                for (index, token) in tokens.iter().enumerate() {
                    self.add_token(token, count + u32::from(index < extra), filter, true);
                }
            }
            &Comparison::Ngram { n, positional } => {
                if value.is_ascii() && n <= PACKED && self.masks.is_some() {
                    self.add_packed(value.as_bytes(), n, positional, filter);
                } else {
                    self.add_ngrams(value, n, positional, filter);
                }
            }
        }
        Ok(())
    }

    /// Positions of each token of a value with so many, and how many of them get one more.
    fn counts(&self, tokens: usize) -> (u32, usize) {
        match self.hashing.strategy {
            Strategy::BitsPerToken(bits) => (bits, 0),
            Strategy::BitsPerFeature(bits) => {
                let bits = bits as usize;
                ((bits / tokens) as u32, bits % tokens)
            }
        }
    }

    /// n-grams of any characters and any length.
    fn add_ngrams(&mut self, value: &str, n: usize, positional: bool, filter: &mut [u64]) {
        let mut padded = std::mem::take(&mut self.scratch.padded);
        let mut starts = std::mem::take(&mut self.scratch.starts);
        let mut text = std::mem::take(&mut self.scratch.text);
        padded.clear();
        padded.extend(std::iter::repeat_n(' ', n - 1));
        padded.push_str(value);
        padded.extend(std::iter::repeat_n(' ', n - 1));
        starts.clear();
        starts.extend(padded.char_indices().map(|(start, _)| start));
        starts.push(padded.len());
        let tokens = starts.len() - n;
        let (count, extra) = self.counts(tokens);
        for index in 0..tokens {
            let gram = &padded[starts[index]..starts[index + n]];
            let count = count + u32::from(index < extra);
            if positional {
                text.clear();
                push_position(&mut text, index, gram);
                self.add_token(&text, count, filter, true);
            } else {
                self.add_token(gram, count, filter, true);
            }
        }
        self.scratch.padded = padded;
        self.scratch.starts = starts;
        self.scratch.text = text;
    }

    /// Short n-grams of ASCII characters: the mask of each is found by a number that holds all of it.
    fn add_packed(&mut self, value: &[u8], n: usize, positional: bool, filter: &mut [u64]) {
        let tokens = value.len() + n - 1;
        let (count, extra) = self.counts(tokens);
        if tokens >= 1 << 16 || count >= (1 << 16) - 1 {
            let value = std::str::from_utf8(value).expect("ASCII");
            return self.add_ngrams(value, n, positional, filter);
        }
        let kept = (1_u64 << (7 * n)) - 1;
        let mut gram = 0;
        for _ in 1..n {
            gram = (gram << 7) | u64::from(b' ');
        }
        for index in 0..tokens {
            let next = value.get(index).copied().unwrap_or(b' ');
            gram = ((gram << 7) | u64::from(next)) & kept;
            let count = count + u32::from(index < extra);
            if count == 0 {
                // With more tokens than positions, the last ones get none.
                return;
            }
            let number = if positional { index as u64 + 1 } else { 0 };
            let key = (1 << 63) | (number << 28) | gram;
            if count < DENSE {
                self.add_sparse(key, n, count, filter);
            } else {
                self.add_dense(key, n, count, filter);
            }
        }
    }

    /// A token with few positions: each is set.
    fn add_sparse(&mut self, key: u64, n: usize, count: u32, filter: &mut [u64]) {
        let masks = self.masks.as_ref().expect("asked before");
        if let Ok(hashed) = masks.grams.find(key) {
            set_all(hashed, count, self.hasher.length(), filter);
        } else {
            let hashed = self.hash_packed(key, n);
            set_all(&hashed, count, self.hasher.length(), filter);
        }
    }

    /// A token with many positions: its mask is kept.
    fn add_dense(&mut self, key: u64, n: usize, count: u32, filter: &mut [u64]) {
        let key_with_count = key | (u64::from(count) << 44);
        let masks = self.masks.as_ref().expect("asked before");
        if let Ok(start) = masks.tokens.find(key_with_count) {
            return or(filter, masks.tokens.mask(start));
        }
        let mut mask = std::mem::take(&mut self.scratch.token_mask);
        mask.fill(0);
        let hashed = match masks.grams.find(key) {
            Ok(hashed) => *hashed,
            Err(_) => self.hash_packed(key, n),
        };
        if hashed.holds(count) {
            set_all(&hashed, count, self.hasher.length(), &mut mask);
        } else {
            let text = packed_text(key, n);
            self.add_token(&text, count, &mut mask, true);
        }
        or(filter, &mask);
        if let Some(masks) = &mut self.masks {
            masks.tokens.put(key_with_count, &mask);
        }
        self.scratch.token_mask = mask;
    }

    #[cold]
    fn hash_packed(&mut self, key: u64, n: usize) -> Gram {
        let text = packed_text(key, n);
        let mut bytes = std::mem::take(&mut self.scratch.token);
        encode(&text, self.hashing.encoding, &mut bytes);
        let gram = Gram::new(&self.hasher.hash(&bytes));
        self.scratch.token = bytes;
        if let Some(masks) = &mut self.masks {
            masks.grams.put(key, gram);
        }
        gram
    }

    /// Sets the bits of one token.
    fn add_token(&mut self, token: &str, count: u32, filter: &mut [u64], remember: bool) {
        if count == 0 {
            return;
        }
        let mut bytes = std::mem::take(&mut self.scratch.token);
        encode(token, self.hashing.encoding, &mut bytes);
        let set = |position: u32| filter[position as usize / 64] |= (1 << 63) >> (position % 64);
        if let Some(hashed) = self.hashed.get_mut(&bytes[..]) {
            self.hasher.positions(&bytes, hashed, count, set);
        } else {
            let mut hashed = self.hasher.hash(&bytes);
            self.hasher.positions(&bytes, &mut hashed, count, set);
            if remember && bytes.len() <= LONGEST_TOKEN && count <= MOST_COUNT {
                if self.hashed.len() >= MOST_POSITIONS / count.max(32) as usize {
                    self.hashed.clear();
                }
                self.hashed.insert(bytes.clone().into_boxed_slice(), hashed);
            }
        }
        self.scratch.token = bytes;
    }
}

fn or(filter: &mut [u64], mask: &[u64]) {
    // 1,024 bits are what nearly every schema has: with a known length the loop becomes a few wide instructions.
    if let (Ok(filter), Ok(mask)) = (
        <&mut [u64; 16]>::try_from(&mut *filter),
        <&[u64; 16]>::try_from(mask),
    ) {
        *filter = std::array::from_fn(|word| filter[word] | mask[word]);
        return;
    }
    for (word, bits) in filter.iter_mut().zip(mask) {
        *word |= bits;
    }
}

/// Sets the first positions of a token.
fn set_all(gram: &Gram, count: u32, length: u32, filter: &mut [u64]) {
    let mut set = |position: u32| {
        if let Some(word) = filter.get_mut(position as usize / 64) {
            *word |= (1 << 63) >> (position % 64);
        }
    };
    match gram {
        Gram::Blake(positions) => {
            positions
                .iter()
                .take(count as usize)
                .for_each(|&position| set(u32::from(position)));
        }
        &Gram::Double(first, step) => {
            let mut position = first;
            for _ in 0..count {
                set(position);
                position += step;
                if position >= length {
                    position -= length;
                }
            }
        }
    }
}

/// The text of a packed token: its number, if it has one, and its characters.
fn packed_text(key: u64, n: usize) -> String {
    let mut text = String::new();
    let number = (key >> 28) as u16;
    if number > 0 {
        push_position(&mut text, usize::from(number) - 1, "");
    }
    for index in (0..n).rev() {
        text.push(char::from((key >> (7 * index)) as u8 & 0x7f));
    }
    text
}

/// A token's number, counted from 1, a space and its characters.
fn push_position(text: &mut String, index: usize, gram: &str) {
    use std::fmt::Write as _;
    write!(text, "{} {gram}", index + 1).expect("a string takes everything");
}

/// The bytes of a token. ASCII has been checked before.
fn encode(token: &str, encoding: Encoding, bytes: &mut Vec<u8>) {
    bytes.clear();
    match encoding {
        Encoding::Ascii | Encoding::Utf8 => bytes.extend_from_slice(token.as_bytes()),
        Encoding::Utf16 => {
            bytes.extend_from_slice(&[0xff, 0xfe]);
            token
                .encode_utf16()
                .for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
        }
        Encoding::Utf32 => {
            bytes.extend_from_slice(&[0xff, 0xfe, 0, 0]);
            token
                .chars()
                .for_each(|c| bytes.extend_from_slice(&u32::from(c).to_le_bytes()));
        }
    }
}
