//! A part of a file: its rows become CLKs, as text, or findings.

use super::column::Column;
use super::keys::Keys;
use super::problem::{Findings, Place, Rule};
use super::rows::{Cell, PADDING, Rows};
use super::schema::Schema;
use super::unicode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encodes parts of a file, one after the other. Each thread has its own.
pub struct PartEncoder {
    columns: Vec<Option<Column>>,
    rows: Rows,
    filters: Vec<u64>,
    words: usize,
    length: usize,
    folds: u32,
    trim: bool,
    bytes: Vec<u8>,
    column: Vec<Cell>,
}

/// What a part gives.
pub struct Encoded {
    /// `,"…"` for every row.
    pub text: Vec<u8>,
    /// All rows, good or not.
    pub rows: u64,
    /// Line ends.
    pub lines: u64,
    /// What is wrong.
    pub findings: Findings,
    /// Why the part cannot be read at all.
    pub unreadable: Option<Unreadable>,
}

/// Why a part cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Lines before the trouble, in this part.
    pub line: u64,
    /// What it is, in words.
    pub what: &'static str,
}

/// Filters of so many bytes are filled together, column by column: they and one column's caches stay near the processor.
const BLOCK_BYTES: usize = 128 << 10;

impl PartEncoder {
    /// An encoder with caches of about so many bytes in all.
    pub fn new(schema: &Schema, keys: &Keys, trim: bool, cache_bytes: usize) -> Self {
        let each = cache_bytes / schema.hashed_columns().max(1);
        let columns =
            (0..schema.features.len()).map(|index| Column::new(schema, index, keys, each));
        Self {
            columns: columns.collect(),
            rows: Rows::default(),
            filters: Vec::new(),
            words: schema.filter_length().div_ceil(64) as usize,
            length: schema.length as usize,
            folds: schema.folds,
            trim,
            bytes: Vec::new(),
            column: Vec::new(),
        }
    }

    /// Encodes whole rows, followed by [`PADDING`]; `output` is memory that is no longer needed.
    pub fn encode(&mut self, text: &mut [u8], mut output: Vec<u8>) -> Encoded {
        let length = text.len() - PADDING;
        output.clear();
        let mut encoded = Encoded {
            text: output,
            rows: 0,
            lines: memchr::memchr_iter(b'\n', &text[..length]).count() as u64,
            findings: Findings::default(),
            unreadable: None,
        };
        let unreadable = |at: usize, text: &[u8], what: &'static str| {
            Some(Unreadable {
                line: memchr::memchr_iter(b'\n', &text[..at]).count() as u64,
                what,
            })
        };
        if let Err(error) = std::str::from_utf8(&text[..length]) {
            encoded.unreadable = unreadable(error.valid_up_to(), text, "the text is not UTF-8");
            return encoded;
        }
        // Unquoting moves bytes, but lines are asked for in the text as it was.
        let quoted = memchr::memchr(b'"', &text[..length]).is_some();
        let original = quoted.then(|| text[..length].to_vec());
        self.rows.split(text, self.columns.len());
        if let Some(at) = self.rows.too_long {
            encoded.unreadable =
                unreadable(at as usize, text, "a cell has more than 131,072 characters");
            return encoded;
        }
        encoded.rows = u64::from(self.rows.count);
        let lines = original.as_deref().unwrap_or(&text[..length]);
        let place = |row: &super::rows::Row| Place {
            row: u64::from(row.number) + 1,
            line: memchr::memchr_iter(b'\n', &lines[..row.start as usize]).count() as u64 + 1,
        };
        for odd in &self.rows.odd {
            let rule = Rule::CellCount { found: odd.cells };
            encoded.findings.note(None, rule, || place(&odd.row));
        }
        let clk_text = 3 + self.length.div_ceil(8).div_ceil(3) * 4;
        encoded.text.reserve(self.rows.good.len() * clk_text);
        let in_block = (BLOCK_BYTES / (8 * self.words)).max(1);
        let width = self.columns.len();
        let rows = &self.rows;
        let blocks = rows
            .good
            .chunks(in_block)
            .zip(rows.cells.chunks(in_block * width.max(1)));
        let text = &*text;
        for (block, cells) in blocks {
            self.filters.clear();
            self.filters.resize(block.len() * self.words, 0);
            for (index, column) in self.columns.iter_mut().enumerate() {
                let Some(column) = column else {
                    continue;
                };
                self.column.clear();
                self.column.extend(cells.iter().skip(index).step_by(width));
                if self.trim {
                    for cell in &mut self.column {
                        trim(text, cell);
                    }
                }
                column.add_all(text, &self.column, &mut self.filters, |row, rule| {
                    encoded
                        .findings
                        .note(Some(index), rule, || place(&block[row]));
                });
            }
            if encoded.findings.is_empty() {
                for filter in self.filters.chunks_exact(self.words) {
                    write_clk(
                        filter,
                        self.length,
                        self.folds,
                        &mut self.bytes,
                        &mut encoded.text,
                    );
                }
            }
        }
        encoded
    }
}

/// Takes off the white space around a cell, as Python's `str.strip` does.
fn trim(text: &[u8], cell: &mut Cell) {
    let bytes = &text[cell.start as usize..][..cell.length as usize];
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|&byte| byte <= b' ' || byte >= 0x80);
    if !is_edge(bytes.first()) && !is_edge(bytes.last()) {
        return;
    }
    let whole = std::str::from_utf8(bytes).expect("checked with the whole text");
    let stripped = unicode::strip(whole);
    cell.start += (stripped.as_ptr().addr() - whole.as_ptr().addr()) as u32;
    cell.length = stripped.len() as u32;
}

/// Folds a filter and appends it as `,"base64"`.
fn write_clk(filter: &[u64], length: usize, folds: u32, bytes: &mut Vec<u8>, text: &mut Vec<u8>) {
    bytes.clear();
    for word in filter {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    for fold in (0..folds).rev() {
        fold_in_half(bytes, length << fold);
    }
    bytes.truncate(length.div_ceil(8));
    text.extend_from_slice(b",\"");
    let start = text.len();
    let encoded = bytes.len().div_ceil(3) * 4;
    text.resize(start + encoded, 0);
    STANDARD
        .encode_slice(&*bytes, &mut text[start..])
        .expect("the length was computed");
    text.push(b'"');
}

/// The left half XOR the right half, where a half has so many bits.
fn fold_in_half(bytes: &mut Vec<u8>, half: usize) {
    if half.is_multiple_of(8) {
        let (left, right) = bytes.split_at_mut(half / 8);
        left.iter_mut()
            .zip(right)
            .for_each(|(left, right)| *left ^= *right);
        bytes.truncate(half / 8);
        return;
    }
    let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    let mut folded = vec![0; half.div_ceil(8)];
    for at in 0..half {
        let value = bit(bytes, at) ^ bit(bytes, at + half);
        folded[at / 8] |= value << (7 - at % 8);
    }
    *bytes = folded;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_any_length_are_folded() {
        let mut bytes = vec![0b1010_0101, 0b1100_0000];
        fold_in_half(&mut bytes, 5);
        // 10100 XOR 10111
        assert_eq!(bytes, [0b0001_1000]);
        let mut bytes = vec![0b1111_0000, 0b1010_1010];
        fold_in_half(&mut bytes, 8);
        assert_eq!(bytes, [0b0101_1010]);
    }

    #[test]
    fn cells_are_trimmed_as_python_strips() {
        let text = "x \u{a0}a b\t,\u{e9} ";
        for (start, length, expected) in [(1, 7, "a b"), (9, 3, "\u{e9}"), (1, 1, "")] {
            let mut cell = Cell { start, length };
            trim(text.as_bytes(), &mut cell);
            assert_eq!(
                &text[cell.start as usize..][..cell.length as usize],
                expected
            );
        }
    }
}
