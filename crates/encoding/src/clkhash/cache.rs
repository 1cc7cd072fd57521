//! Masks that were made before: of whole values, and of single tokens.
//!
//! Names, places and dates come again and again, so nearly all work of a record is to find the masks of its cells and to OR them
//! together. Both caches are bounded, allocate nothing while a cell is looked up, and only ever save work: what they return is what
//! would be computed again.

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

/// Masks of whole values. Each value has one place; a newer value takes it over.
pub struct ValueCache {
    /// Words of a mask.
    words: usize,
    /// Number of places less one; a power of two less one.
    last: usize,
    /// Most places.
    most: usize,
    /// For each place: tag, key, mask.
    data: Vec<u64>,
    used: usize,
    lost: usize,
}

impl ValueCache {
    /// A cache for masks of so many words that takes at most so many bytes.
    pub fn new(words: usize, most_bytes: usize) -> Self {
        let stride = 1 + KEY_WORDS + words;
        let most = (most_bytes / (8 * stride)).max(1);
        let most = if most.is_power_of_two() {
            most
        } else {
            most.next_power_of_two() / 2
        };
        let places = most.min(64);
        Self {
            words,
            last: places - 1,
            most,
            data: vec![0; stride * places],
            used: 0,
            lost: 0,
        }
    }

    fn stride(&self) -> usize {
        1 + KEY_WORDS + self.words
    }

    fn place(&self, tag: u64) -> usize {
        // The upper half of the tag is free of the length.
        (tag >> 32) as usize & self.last
    }

    /// The mask of a value, if it is there.
    pub fn find(&self, key: &Key) -> Option<&[u64]> {
        let stride = self.stride();
        let place = &self.data[self.place(key.tag) * stride..][..stride];
        (place[0] == key.tag && place[1..=KEY_WORDS] == key.words).then(|| &place[1 + KEY_WORDS..])
    }

    /// Remembers a mask.
    pub fn put(&mut self, key: &Key, mask: &[u64]) {
        let places = self.last + 1;
        if places < self.most && (self.used * 2 > places || self.lost * 4 > places) {
            self.grow();
        }
        let stride = self.stride();
        let start = self.place(key.tag) * stride;
        let place = &mut self.data[start..start + stride];
        if place[0] == 0 {
            self.used += 1;
        } else {
            self.lost += 1;
        }
        place[0] = key.tag;
        place[1..=KEY_WORDS].copy_from_slice(&key.words);
        place[1 + KEY_WORDS..].copy_from_slice(mask);
    }

    fn grow(&mut self) {
        let stride = self.stride();
        let places = (self.last + 1) * 4;
        let places = places.min(self.most);
        let old = std::mem::replace(&mut self.data, vec![0; stride * places]);
        self.last = places - 1;
        (self.used, self.lost) = (0, 0);
        for place in old.chunks_exact(stride).filter(|place| place[0] != 0) {
            let start = self.place(place[0]) * stride;
            self.used += usize::from(self.data[start] == 0);
            self.data[start..start + stride].copy_from_slice(place);
        }
    }
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
        let most = (most_bytes / (8 * (1 + words))).max(64);
        let most = if most.is_power_of_two() {
            most
        } else {
            most.next_power_of_two() / 2
        };
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
                if let Some(found) = cache.find(&key(value.as_bytes())) {
                    prop_assert_eq!(found, &mask[..]);
                } else {
                    cache.put(&key(value.as_bytes()), &mask);
                    prop_assert_eq!(cache.find(&key(value.as_bytes())), Some(&mask[..]));
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
