//! Masks that were made before: of whole values, and of single tokens.
//!
//! Names, places and dates come again and again, so nearly all work of a record is to find the masks of its cells and to OR them
//! together. Both caches are bounded, allocate nothing while a cell is looked up, and only ever save work: what they return is what
//! would be computed again.

use super::hash::Hashed;

/// Longest cell in bytes that is remembered.
pub const LONGEST_KEY: usize = 32;
const KEY_WORDS: usize = LONGEST_KEY / 8;

/// A cell's bytes, padded, with a hash of them.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    tag: u64,
    words: [u64; KEY_WORDS],
}

impl Key {
    /// The key of `length` bytes at the beginning of a window; what follows them in the window is read over.
    pub fn new(window: &[u8; LONGEST_KEY], length: usize) -> Self {
        let mut words = [0; KEY_WORDS];
        let (chunks, _) = window.as_chunks::<8>();
        for (index, chunk) in chunks.iter().enumerate() {
            let kept = length.saturating_sub(8 * index).min(8);
            words[index] = u64::from_le_bytes(*chunk) & KEPT[kept];
        }
        // Two wide multiplications, folded, as in wyhash. Somebody who makes values collide makes the cache slower, nothing else.
        let first = fold(
            words[0] ^ 0x9e37_79b9_7f4a_7c15,
            words[1] ^ 0xd1b5_4a32_d192_ed03,
        );
        let second = fold(
            words[2] ^ 0x8ebc_6af0_9c88_c6e3,
            words[3] ^ 0x5896_1169_5ac4_7a7b,
        );
        let hash = fold(
            first ^ second.rotate_left(23),
            length as u64 ^ 0xa0761d6478bd642f,
        );
        // The length stands in the tag, so that padding cannot be taken for zero bytes; 0 is an empty slot.
        Self {
            tag: (hash & !0xff) | (length as u64 + 1),
            words,
        }
    }
}

const KEPT: [u64; 9] = {
    let mut masks = [0; 9];
    let mut bytes = 1;
    while bytes <= 8 {
        masks[bytes] = u64::MAX >> (64 - 8 * bytes);
        bytes += 1;
    }
    masks
};

fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Masks of whole values, one after the other as they came, and an index to find them. Full, it is emptied.
pub struct ValueCache {
    /// Words of a mask.
    words: usize,
    /// Words of an entry: tag, key, mask, filled up to whole cache lines.
    stride: usize,
    /// Upper half: the upper half of the tag. Lower half: number of the entry, counted from 1; 0 for nothing.
    index: Vec<u64>,
    /// Entries, a few together: what is remembered never moves, and memory is asked for as it is needed.
    blocks: Vec<Block>,
    used: usize,
    /// Most entries.
    most: usize,
    asked: u64,
    put: u64,
    is_useful: bool,
}

struct Block {
    data: Vec<u64>,
    /// Words before the first entry, so that entries begin where cache lines do.
    offset: usize,
}

/// Words of a cache line.
const LINE: usize = 8;
/// Entries of a block.
const IN_BLOCK: usize = 64;

impl ValueCache {
    /// A cache for masks of so many words that takes at most about so many bytes.
    pub fn new(words: usize, most_bytes: usize) -> Self {
        let stride = (1 + KEY_WORDS + words).next_multiple_of(LINE);
        Self {
            words,
            stride,
            // Four words for an entry: hardly a search takes two steps.
            index: vec![0; 4 * IN_BLOCK],
            blocks: Vec::new(),
            used: 0,
            most: at_most(most_bytes / (8 * (stride + 4))).max(IN_BLOCK),
            asked: 0,
            put: 0,
            is_useful: true,
        }
    }

    /// Whether values come again often enough.
    pub fn is_useful(&self) -> bool {
        self.is_useful
    }

    fn entry(&self, number: usize) -> &[u64] {
        let block = &self.blocks[number / IN_BLOCK];
        &block.data[block.offset + number % IN_BLOCK * self.stride..][..self.stride]
    }

    fn enter(&mut self, entered: u64) {
        let last = self.index.len() - 1;
        let mut place = (entered >> 32) as usize & last;
        while self.index[place] != 0 {
            place = (place + 1) & last;
        }
        self.index[place] = entered;
    }

    /// The number of the entry that may be this value's. It is read a little: when it is needed, a moment later, it has come from
    /// memory.
    pub fn probe(&self, key: &Key) -> Option<u32> {
        let last = self.index.len() - 1;
        let mut place = (key.tag >> 32) as usize & last;
        loop {
            let found = self.index[place];
            if found == 0 {
                return None;
            }
            if found >> 32 == key.tag >> 32 {
                let number = found as u32 - 1;
                let entry = self.entry(number as usize);
                if let Some(lines) = entry.first_chunk::<{ 3 * LINE }>() {
                    std::hint::black_box(lines[0] ^ lines[LINE] ^ lines[2 * LINE]);
                }
                return Some(number);
            }
            place = (place + 1) & last;
        }
    }

    /// The mask of a value, if the entry is its.
    pub fn get(&self, number: u32, key: &Key) -> Option<&[u64]> {
        let entry = self.entry(number as usize);
        let found: &[u64; 1 + KEY_WORDS] = entry.first_chunk()?;
        let differs = (found[0] ^ key.tag)
            | (found[1] ^ key.words[0])
            | (found[2] ^ key.words[1])
            | (found[3] ^ key.words[2])
            | (found[4] ^ key.words[3]);
        (differs == 0).then(|| &entry[1 + KEY_WORDS..][..self.words])
    }

    /// Counts how often values were looked up.
    pub fn count(&mut self, asked: usize) {
        self.asked += asked as u64;
    }

    /// Remembers a mask, unless another value of the same tag is there.
    pub fn put(&mut self, key: &Key, mask: &[u64]) {
        if self.probe(key).is_some() {
            return;
        }
        if self.used == self.most {
            // Where less than a third were found again, remembering costs more than it saves.
            self.is_useful = self.asked > self.put + self.put / 2;
            (self.asked, self.put, self.used) = (0, 0, 0);
            self.index.fill(0);
        }
        if self.index.len() < 4 * (self.used + 1) {
            let doubled = vec![0; 2 * self.index.len()];
            let old = std::mem::replace(&mut self.index, doubled);
            old.into_iter()
                .filter(|&entered| entered != 0)
                .for_each(|entered| self.enter(entered));
        }
        if self.used == self.blocks.len() * IN_BLOCK {
            let data = vec![0; self.stride * IN_BLOCK + LINE];
            let offset = data.as_ptr().align_offset(8 * LINE);
            // An alignment that cannot be had would only cost time.
            let offset = if offset <= LINE { offset } else { 0 };
            self.blocks.push(Block { data, offset });
        }
        let stride = self.stride;
        let block = &mut self.blocks[self.used / IN_BLOCK];
        let start = block.offset + self.used % IN_BLOCK * stride;
        let entry = &mut block.data[start..][..stride];
        entry[0] = key.tag;
        entry[1..=KEY_WORDS].copy_from_slice(&key.words);
        entry[1 + KEY_WORDS..][..self.words].copy_from_slice(mask);
        self.used += 1;
        self.put += 1;
        self.enter((key.tag & !0xffff_ffff) | self.used as u64);
    }
}

/// The greatest power of two that is not more, and at least one.
fn at_most(places: usize) -> usize {
    1 << places.max(1).ilog2()
}

/// Masks of tokens, each for one number of positions. Full, it is emptied: the tokens in use come back at once.
pub struct TokenCache {
    words: usize,
    last: usize,
    most: usize,
    keys: Vec<u64>,
    masks: Vec<u64>,
    used: usize,
}

impl TokenCache {
    /// A cache for masks of so many words that takes at most about so many bytes.
    pub fn new(words: usize, most_bytes: usize) -> Self {
        let most = at_most(most_bytes / (8 * (1 + words))).max(64);
        let places = most.min(256);
        Self {
            words,
            last: places - 1,
            most,
            keys: vec![0; places],
            masks: vec![0; words * places],
            used: 0,
        }
    }

    /// Where the mask of a key stands: `Ok` if it is there, `Err` with the place for it if not. Keys are not zero.
    pub fn find(&self, key: u64) -> Result<usize, usize> {
        let mut place = spread(key) & self.last;
        loop {
            match self.keys[place] {
                found if found == key => return Ok(place * self.words),
                0 => return Err(place),
                _ => place = (place + 1) & self.last,
            }
        }
    }

    /// The mask at a place that [`Self::find`] gave.
    pub fn mask(&self, start: usize) -> &[u64] {
        &self.masks[start..start + self.words]
    }

    /// Adds a mask and returns where it stands.
    pub fn put(&mut self, key: u64, mask: &[u64]) -> usize {
        let places = self.last + 1;
        if (self.used + 1) * 2 > places {
            if places < self.most {
                self.grow();
            } else {
                self.keys.fill(0);
                self.used = 0;
            }
        }
        let place = match self.find(key) {
            Ok(start) => return start,
            Err(place) => place,
        };
        self.used += 1;
        self.keys[place] = key;
        let start = place * self.words;
        self.masks[start..start + self.words].copy_from_slice(mask);
        start
    }

    fn grow(&mut self) {
        let places = ((self.last + 1) * 4).min(self.most);
        let keys = std::mem::replace(&mut self.keys, vec![0; places]);
        let masks = std::mem::replace(&mut self.masks, vec![0; self.words * places]);
        self.last = places - 1;
        for (&key, mask) in keys
            .iter()
            .zip(masks.chunks_exact(self.words))
            .filter(|(key, _)| **key != 0)
        {
            if let Err(place) = self.find(key) {
                self.keys[place] = key;
                self.masks[place * self.words..][..self.words].copy_from_slice(mask);
            }
        }
    }
}

/// What a short token hashes to, in a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gram {
    /// The first positions.
    Blake([u16; 32]),
    /// First position and step.
    Double(u32, u32),
}

impl Gram {
    /// The beginning of what a token hashes to.
    pub fn new(hashed: &Hashed) -> Self {
        match hashed {
            Hashed::Blake(positions) => {
                let mut first = [0; 32];
                first
                    .iter_mut()
                    .zip(positions)
                    .for_each(|(place, &position)| *place = position);
                Self::Blake(first)
            }
            &Hashed::Double(first, step) => Self::Double(first, step),
        }
    }

    /// Whether so many positions can be taken from it.
    pub fn holds(&self, count: u32) -> bool {
        count <= 32 || matches!(self, Self::Double(..))
    }
}

/// What short tokens hash to. Full, it is emptied, as [`TokenCache`].
pub struct GramCache {
    last: usize,
    most: usize,
    keys: Vec<u64>,
    grams: Vec<Gram>,
    used: usize,
}

impl GramCache {
    /// A cache that takes at most about so many bytes.
    pub fn new(most_bytes: usize) -> Self {
        let most = at_most(most_bytes / 80).max(64);
        let places = most.min(1024);
        Self {
            last: places - 1,
            most,
            keys: vec![0; places],
            grams: vec![Gram::Double(0, 0); places],
            used: 0,
        }
    }

    /// What a key hashes to, or the place for it. Keys are not zero.
    pub fn find(&self, key: u64) -> Result<&Gram, usize> {
        let mut place = spread(key) & self.last;
        loop {
            match self.keys[place] {
                found if found == key => return Ok(&self.grams[place]),
                0 => return Err(place),
                _ => place = (place + 1) & self.last,
            }
        }
    }

    /// Adds one.
    pub fn put(&mut self, key: u64, gram: Gram) {
        if (self.used + 1) * 2 > self.last + 1 {
            if self.last + 1 < self.most {
                self.grow();
            } else {
                self.keys.fill(0);
                self.used = 0;
            }
        }
        if let Err(place) = self.find(key) {
            self.keys[place] = key;
            self.grams[place] = gram;
            self.used += 1;
        }
    }

    fn grow(&mut self) {
        let places = ((self.last + 1) * 4).min(self.most);
        let keys = std::mem::replace(&mut self.keys, vec![0; places]);
        let grams = std::mem::replace(&mut self.grams, vec![Gram::Double(0, 0); places]);
        self.last = places - 1;
        self.used = 0;
        for (key, gram) in keys.into_iter().zip(grams).filter(|(key, _)| *key != 0) {
            self.put(key, gram);
        }
    }
}

fn spread(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn key(value: &[u8]) -> Key {
        let mut window = [b'#'; LONGEST_KEY];
        window[..value.len()].copy_from_slice(value);
        Key::new(&window, value.len())
    }

    #[test]
    fn keys_know_their_length() {
        assert_ne!(key(b"a\0").tag, key(b"a").tag);
        assert_ne!(key(b"").tag, 0);
        assert_eq!(key(b"abc").tag, key(b"abc").tag);
    }

    proptest! {
        #[test]
        fn a_cache_gives_what_was_put_or_nothing(values in prop::collection::vec("[a-d]{0,3}", 1..400)) {
            let mut cache = ValueCache::new(2, 1 << 12);
            for value in &values {
                let mask = [value.len() as u64, value.bytes().map(u64::from).sum()];
                let key = key(value.as_bytes());
                let found = cache.probe(&key).and_then(|number| cache.get(number, &key));
                if let Some(found) = found {
                    prop_assert_eq!(found, &mask[..]);
                } else {
                    cache.put(&key, &mask);
                    let number = cache.probe(&key).expect("just put");
                    prop_assert_eq!(cache.get(number, &key), Some(&mask[..]));
                }
            }
        }

        #[test]
        fn tokens_too(keys in prop::collection::vec(1_u64..500, 1..2000)) {
            let mut cache = TokenCache::new(1, 1 << 12);
            let mut all = HashMap::new();
            for key in keys {
                let start = match cache.find(key) {
                    Ok(start) => start,
                    Err(_) => cache.put(key, &[key * 3]),
                };
                prop_assert_eq!(cache.mask(start), &[key * 3][..]);
                all.insert(key, start);
            }
        }
    }
}
