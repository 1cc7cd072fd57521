//! Tokens by the leading bits of their hash.

use std::ops::Range;

use super::files::{KeyFile, Places};

/// Words that a partition collects before they are written away together: four cache lines, so that thousands of partitions can be
/// filled side by side from a buffer that stays in the second-level cache, and read again without waiting for each line.
const CHUNK: usize = 32;
/// Words of one block of memory: a mebibyte, so that growth copies nothing and wastes little.
const BLOCK: usize = 1 << 17;

/// How tokens become words and words belong to partitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub places: Places,
    /// The number of partitions is two to this power.
    pub partition_bits: u32,
}

impl Layout {
    /// The hash of a token of a type and of a file's group. Only its quality is of interest, since what meets by hash is compared in full: both halves are
    /// multiplied into each other, so tokens that share one half differ, and the constants are digits of pi and of the golden ratio.
    #[inline]
    fn hash(token: &[u8; 16], group: u32, key_type: u8) -> u64 {
        let whole = u128::from_le_bytes(*token);
        let kind = u64::from(group) << 8 | u64::from(key_type);
        let seed = kind.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let low = whole as u64 ^ 0x243f_6a88_85a3_08d3 ^ seed;
        let high = (whole >> 64) as u64 ^ 0x1319_8a2e_0370_7344;
        let product = u128::from(low) * u128::from(high);
        (product as u64) ^ (product >> 64) as u64
    }

    /// The partition of a token, and its word without the place: the hash's next bits.
    #[inline]
    pub(super) fn split(self, token: &[u8; 16], group: u32, key_type: u8) -> (usize, u64) {
        let hash = Self::hash(token, group, key_type);
        // In two steps, since no bits at all are a possible number.
        let partition = hash >> 1 >> (63 - self.partition_bits);
        let rest = hash << self.partition_bits & self.places.token_mask();
        (partition as usize, rest)
    }

    /// Calls `each` with partition and word of every token of some rows.
    #[inline]
    fn for_each<'a>(
        self,
        file: &KeyFile<'a>,
        number: usize,
        first: u32,
        tokens: &'a [[u8; 16]],
        mut each: impl FnMut(usize, u64),
    ) {
        let (types, group) = (file.slot_types(), file.group());
        for (index, row) in file.rows_of(tokens).enumerate() {
            let place = self.places.pack(number, first + index as u32);
            for (slot, (token, &key_type)) in row.iter().zip(types).enumerate() {
                let (partition, rest) = self.split(token, group, key_type);
                each(partition, rest | place | slot as u64);
            }
        }
    }

    /// Adds the number of tokens in each partition.
    pub(super) fn count<'a>(
        self,
        file: &KeyFile<'a>,
        first: u32,
        tokens: &'a [[u8; 16]],
        counts: &mut [u64],
    ) {
        self.for_each(file, 0, first, tokens, |partition, _| {
            counts[partition] += 1;
        });
    }
}

/// The words of a range of partitions, as one worker met them.
#[derive(Debug, Default)]
pub(super) struct Scatter {
    range: Range<usize>,
    /// The words of each partition that are not written away yet.
    open: Vec<[u64; CHUNK]>,
    filled: Vec<u8>,
    /// Which chunks belong to each partition.
    chunks: Vec<Vec<u32>>,
    blocks: Vec<Vec<[u64; CHUNK]>>,
    used: u32,
}

impl Scatter {
    /// Forgets all words, keeps the memory, and collects those of `range` from now on.
    pub(super) fn begin(&mut self, range: Range<usize>) {
        self.open.clear();
        self.open.resize(range.len(), [0; CHUNK]);
        self.filled.clear();
        self.filled.resize(range.len(), 0);
        self.chunks.iter_mut().for_each(Vec::clear);
        self.chunks.resize_with(range.len(), Vec::new);
        self.blocks.iter_mut().for_each(Vec::clear);
        self.used = 0;
        self.range = range;
    }

    /// Takes the tokens of some rows that belong to the range.
    pub(super) fn take<'a>(
        &mut self,
        layout: Layout,
        file: &KeyFile<'a>,
        number: usize,
        first: u32,
        tokens: &'a [[u8; 16]],
    ) {
        let (start, width) = (self.range.start, self.range.len());
        layout.for_each(file, number, first, tokens, |partition, word| {
            let partition = partition.wrapping_sub(start);
            if partition < width {
                self.put(partition, word);
            }
        });
    }

    #[inline]
    fn put(&mut self, partition: usize, word: u64) {
        let filled = &mut self.filled[partition];
        let open = &mut self.open[partition];
        open[usize::from(*filled) % CHUNK] = word;
        *filled += 1;
        if usize::from(*filled) == CHUNK {
            *filled = 0;
            let full = *open;
            self.write(partition, full);
        }
    }

    fn write(&mut self, partition: usize, chunk: [u64; CHUNK]) {
        let block = self.used as usize / (BLOCK / CHUNK);
        if block == self.blocks.len() {
            self.blocks.push(Vec::with_capacity(BLOCK / CHUNK));
        }
        self.blocks[block].push(chunk);
        self.chunks[partition].push(self.used);
        self.used += 1;
    }

    /// Calls `each` with the words of a partition, in pieces.
    pub(super) fn read(&self, partition: usize, mut each: impl FnMut(&[u64])) {
        let at = partition - self.range.start;
        for &chunk in &self.chunks[at] {
            let chunk = chunk as usize;
            each(&self.blocks[chunk / (BLOCK / CHUNK)][chunk % (BLOCK / CHUNK)]);
        }
        each(&self.open[at][..usize::from(self.filled[at])]);
    }

    /// Number of words in a partition.
    pub(super) fn len(&self, partition: usize) -> usize {
        let at = partition - self.range.start;
        self.chunks[at].len() * CHUNK + usize::from(self.filled[at])
    }
}
