//! Rows and cells of a CSV file, as Python's `csv.reader` finds them in a file opened as text.
//!
//! That is: UTF-8; `\r\n` and `\r` are line ends like `\n`, within quotes too (universal newlines); then the state machine of
//! `Modules/_csv.c` in its default dialect. It is lenient in its own way: a quote within an unquoted cell is a character like any other,
//! text after a closing quote is appended, and a quote that never closes runs to the end of the file. The `csv` crate differs in all three.

use super::cache::LONGEST_KEY;

/// Most characters of a cell (`csv.field_size_limit()`).
pub const LONGEST_CELL: usize = 131_072;

/// A cell: where its bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of its first byte.
    pub start: u32,
    /// Number of bytes.
    pub length: u32,
}

/// A row that has as many cells as there are columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number in its part of the file, counted from 0.
    pub number: u32,
    /// Index of its first byte.
    pub start: u32,
}

/// A row that has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OddRow {
    /// Where it is.
    pub row: Row,
    /// Number of its cells.
    pub cells: u32,
}

/// What a part of a file holds.
#[derive(Default)]
pub struct Rows {
    /// The cells of all good rows, one after the other.
    pub cells: Vec<Cell>,
    /// The good rows.
    pub good: Vec<Row>,
    /// The others.
    pub odd: Vec<OddRow>,
    /// All rows.
    pub count: u32,
    /// Index of a cell that is longer than Python's reader allows, if there is one.
    pub too_long: Option<u32>,
}

/// Bytes that follow the text of a part, so that a cell's first bytes can be read in one go wherever it ends.
pub const PADDING: usize = LONGEST_KEY;

impl Rows {
    fn clear(&mut self) {
        self.cells.clear();
        self.good.clear();
        self.odd.clear();
        self.count = 0;
        self.too_long = None;
    }

    /// Cuts a text into rows and cells. The text is whole rows, with `\n` as its only line end, followed by [`PADDING`]. Quoted cells
    /// are unquoted in place.
    pub fn split(&mut self, text: &mut [u8], columns: usize) {
        self.clear();
        let length = text.len() - PADDING;
        if memchr::memchr(b'"', &text[..length]).is_some() {
            self.split_quoted(text, length, columns);
        } else {
            self.split_plain(&text[..length], columns);
        }
        let most = LONGEST_CELL as u32;
        let long = self.cells.iter().find(|cell| {
            cell.length > most && {
                let bytes = &text[cell.start as usize..][..cell.length as usize];
                // Characters, not bytes: count all but continuation bytes.
                bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() > LONGEST_CELL
            }
        });
        self.too_long = long.map(|cell| cell.start).or(self.too_long);
    }

    fn end_row(&mut self, start: usize, first_cell: usize, columns: usize) {
        let row = Row {
            number: self.count,
            start: start as u32,
        };
        self.count += 1;
        let cells = self.cells.len() - first_cell;
        if cells == columns && cells > 0 {
            self.good.push(row);
        } else {
            let longest = self.cells[first_cell..]
                .iter()
                .find(|cell| cell.length as usize > LONGEST_CELL);
            self.too_long = self.too_long.or(longest.map(|cell| cell.start));
            self.cells.truncate(first_cell);
            self.odd.push(OddRow {
                row,
                cells: cells as u32,
            });
        }
    }

    fn push(&mut self, start: usize, end: usize) {
        self.cells.push(Cell {
            start: start as u32,
            length: (end - start) as u32,
        });
    }

    /// Without quotes, only commas and line ends matter: eight bytes are looked at together.
    fn split_plain(&mut self, text: &[u8], columns: usize) {
        let mut row_start = 0;
        let mut cell_start = 0;
        let mut first_cell = 0;
        let mut mark = |rows: &mut Self, at: usize| {
            if text[at] == b',' {
                rows.push(cell_start, at);
            } else {
                // An empty line is a row without cells.
                if at > row_start {
                    rows.push(cell_start, at);
                }
                rows.end_row(row_start, first_cell, columns);
                row_start = at + 1;
                first_cell = rows.cells.len();
            }
            cell_start = at + 1;
        };
        let (words, rest) = text.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let mut marks = equal_bytes(word, b',') | equal_bytes(word, b'\n');
            while marks != 0 {
                mark(self, index * 8 + marks.trailing_zeros() as usize / 8);
                marks &= marks - 1;
            }
        }
        for (index, &byte) in rest.iter().enumerate() {
            if byte == b',' || byte == b'\n' {
                mark(self, words.len() * 8 + index);
            }
        }
        if row_start < text.len() {
            self.push(cell_start, text.len());
            self.end_row(row_start, first_cell, columns);
        }
    }

    fn split_quoted(&mut self, text: &mut [u8], length: usize, columns: usize) {
        let mut state = State::RowStart;
        let (mut row_start, mut cell_start, mut first_cell) = (0, 0, 0);
        // Where the next byte of the cell is written: a cell only ever gets shorter.
        let mut write = 0;
        for at in 0..length {
            let byte = text[at];
            let next = state.after(byte);
            match next {
                Next::Keep(then) => {
                    text[write] = byte;
                    write += 1;
                    state = then;
                    continue;
                }
                Next::Drop(then) => {
                    state = then;
                    continue;
                }
                Next::EndCell => self.push(cell_start, write),
                Next::EndRow { with_cell } => {
                    if with_cell {
                        self.push(cell_start, write);
                    }
                    self.end_row(row_start, first_cell, columns);
                    row_start = at + 1;
                    first_cell = self.cells.len();
                }
            }
            state = if matches!(next, Next::EndCell) {
                State::CellStart
            } else {
                State::RowStart
            };
            cell_start = at + 1;
            write = at + 1;
        }
        if state != State::RowStart {
            self.push(cell_start, write);
            self.end_row(row_start, first_cell, columns);
        }
    }
}

/// Where the last whole row of a text ends, so that the text can be cut there; nothing if there is none.
pub fn last_row_end(text: &[u8]) -> Option<usize> {
    if memchr::memchr(b'"', text).is_none() {
        return memchr::memrchr(b'\n', text).map(|at| at + 1);
    }
    row_ends(text).last()
}

/// Where the first row of a text ends; nothing if it does not.
pub fn first_row_end(text: &[u8]) -> Option<usize> {
    row_ends(text).next()
}

fn row_ends(text: &[u8]) -> impl Iterator<Item = usize> {
    let mut state = State::RowStart;
    text.iter().enumerate().filter_map(move |(at, &byte)| {
        let next = state.after(byte);
        state = match next {
            Next::Keep(then) | Next::Drop(then) => then,
            Next::EndCell => State::CellStart,
            Next::EndRow { .. } => State::RowStart,
        };
        matches!(next, Next::EndRow { .. }).then_some(at + 1)
    })
}

/// The states of `_csv.c` that its default dialect can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    RowStart,
    CellStart,
    InCell,
    InQuotes,
    QuoteInQuotes,
}

/// What a byte does.
enum Next {
    Keep(State),
    Drop(State),
    EndCell,
    EndRow { with_cell: bool },
}

impl State {
    fn after(self, byte: u8) -> Next {
        match (self, byte) {
            (Self::RowStart, b'\n') => Next::EndRow { with_cell: false },
            (Self::RowStart | Self::CellStart, b'"') => Next::Drop(Self::InQuotes),
            (Self::InQuotes, b'"') => Next::Drop(Self::QuoteInQuotes),
            (Self::InQuotes, _) | (Self::QuoteInQuotes, b'"') => Next::Keep(Self::InQuotes),
            (_, b'\n') => Next::EndRow { with_cell: true },
            (_, b',') => Next::EndCell,
            _ => Next::Keep(Self::InCell),
        }
    }
}

/// The high bit of each byte that equals `byte`; exact for every byte.
fn equal_bytes(word: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let difference = word ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    !(((difference & LOW) + LOW) | difference | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(text: &str, columns: usize) -> (Vec<Vec<String>>, Vec<(u32, u32)>) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend([0; PADDING]);
        let mut rows = Rows::default();
        rows.split(&mut bytes, columns);
        let read = |cell: &Cell| {
            String::from_utf8(bytes[cell.start as usize..][..cell.length as usize].to_vec())
                .unwrap()
        };
        (
            rows.cells
                .chunks(columns)
                .map(|row| row.iter().map(read).collect())
                .collect(),
            rows.odd
                .iter()
                .map(|odd| (odd.row.number, odd.cells))
                .collect(),
        )
    }

    #[test]
    fn as_python_splits() {
        for (text, expected) in [
            ("a,b\n", vec![vec!["a", "b"]]),
            ("a,b", vec![vec!["a", "b"]]),
            (",\n", vec![vec!["", ""]]),
            ("\"a,\"\"b\"\"\n\",c", vec![vec!["a,\"b\"\n", "c"]]),
            ("a\"b\",\"c\"d\"e\"\n", vec![vec!["a\"b\"", "cd\"e\""]]),
            (" \"a\",b", vec![vec![" \"a\"", "b"]]),
            ("a,\"b\nc,d\n", vec![vec!["a", "b\nc,d\n"]]),
            ("\"\",\"\"", vec![vec!["", ""]]),
            ("a,\"", vec![vec!["a", ""]]),
            ("a,", vec![vec!["a", ""]]),
        ] {
            assert_eq!(
                cells(text, 2),
                (
                    expected
                        .iter()
                        .map(|row| row.iter().map(ToString::to_string).collect())
                        .collect(),
                    vec![]
                ),
                "{text:?}"
            );
        }
    }

    #[test]
    fn odd_rows_are_left_out_and_named() {
        let (good, odd) = cells("a,b\n\na\na,b,c\nc,d\n", 2);
        assert_eq!(good.len(), 2);
        assert_eq!(odd, [(1, 0), (2, 1), (3, 3)]);
        let (good, odd) = cells("a,b\n\n\"a\"\na,b,c\nc,d\n\n", 2);
        assert_eq!(good.len(), 2);
        assert_eq!(odd, [(1, 0), (2, 1), (3, 3), (5, 0)]);
    }

    #[test]
    fn a_text_is_cut_after_its_last_whole_row() {
        assert_eq!(last_row_end(b"a\nb\nc"), Some(4));
        assert_eq!(last_row_end(b"a\n\"b\nc\n"), Some(2));
        assert_eq!(last_row_end(b"\"a\n"), None);
        assert_eq!(first_row_end(b"\"a\n\"\nb\n"), Some(5));
    }

    proptest! {
        #[test]
        fn the_fast_way_splits_like_the_slow_one(text in "[ab,\n\u{e9}]{0,40}") {
            let mut bytes = text.as_bytes().to_vec();
            bytes.extend([0; PADDING]);
            let (mut fast, mut slow) = (Rows::default(), Rows::default());
            let length = bytes.len() - PADDING;
            fast.split_plain(&bytes[..length], 2);
            slow.split_quoted(&mut bytes, length, 2);
            prop_assert_eq!(&fast.cells, &slow.cells);
            prop_assert_eq!(&fast.good, &slow.good);
            prop_assert_eq!(&fast.odd, &slow.odd);
        }
    }
}
