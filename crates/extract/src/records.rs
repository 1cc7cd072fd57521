//! Where each record of a delimited text begins and ends.
//!
//! polars does the reading; this pass before it keeps the line number of every record (a quoted field may span lines), finds the
//! records that hold fields beyond the header, and puts right the quotes that no reader agrees on (`6" pipe`, `"The "Old" Inn"`),
//! so that one careless quote cannot swallow the rest of a file.

use std::cell::Cell;

/// A quoted field that runs over more lines than this is taken to be a stray quote.
const LONGEST_QUOTE: usize = 40;

/// One record: where it lies, and how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset just after its last character, the line ending left out.
    pub end: usize,
    /// 1-based line number of its first character.
    pub line: usize,
    /// Number of fields.
    pub fields: usize,
    /// Number of fields that hold something other than blanks.
    pub filled: usize,
    /// 1-based number of the last field that holds something; 0 when all are blank.
    pub last_filled: usize,
    /// Whether a quote stands where it should not.
    pub loose: bool,
}

/// Splits a text into records.
pub(crate) fn records(text: &str, delimiter: u8) -> Vec<Record> {
    let mut found = Vec::new();
    records_so_far(text, delimiter, true, 1, |record| found.push(record));
    found
}

/// Finds the records that a text begins with, and gives the number of bytes they take. Unless it is the `whole` text, or the end of it,
/// records that the text after it could still change are left.
pub(crate) fn records_so_far(
    text: &str,
    delimiter: u8,
    whole: bool,
    mut line: usize,
    mut found: impl FnMut(Record),
) -> usize {
    let mut at = 0;
    while at < text.len() {
        let mut record = Record {
            start: at,
            end: at,
            line,
            fields: 0,
            filled: 0,
            last_filled: 0,
            loose: false,
        };
        let mut next = at;
        let met_end = for_each_field(text, at, delimiter, |field| {
            record.fields += 1;
            if !field.value.trim().is_empty() {
                record.filled += 1;
                record.last_filled = record.fields;
            }
            record.loose |= field.loose;
            record.end = field.end;
            next = field.next;
        });
        if met_end && !whole {
            break;
        }
        line += text[at..next].matches('\n').count();
        at = next;
        found(record);
    }
    at
}

/// The fields of one record, without their quotes.
pub(crate) fn fields(text: &str, record: &Record, delimiter: u8) -> Vec<String> {
    let mut values = Vec::with_capacity(record.fields);
    for_each_field(text, record.start, delimiter, |field| {
        values.push(field.text());
    });
    values
}

/// Writes a record in the one form every reader agrees on: each field quoted, quotes doubled.
pub(crate) fn write_quoted(text: &str, record: &Record, delimiter: u8, out: &mut String) {
    let mut first = true;
    for_each_field(text, record.start, delimiter, |field| {
        if !first {
            out.push(delimiter as char);
        }
        first = false;
        out.push('"');
        out.push_str(&field.text().replace('"', "\"\""));
        out.push('"');
    });
}

/// One field as it stands in the text.
struct Field<'text> {
    /// Its text: without the outer quotes when quoted, inner doubled quotes left as they are.
    value: &'text str,
    quoted: bool,
    loose: bool,
    /// Offset after the field.
    end: usize,
    /// Offset where the next field or record begins.
    next: usize,
}

impl Field<'_> {
    /// The value the field stands for.
    fn text(&self) -> String {
        if self.quoted {
            self.value.replace("\"\"", "\"")
        } else {
            self.value.to_owned()
        }
    }
}

/// Calls `sink` for each field of the record that begins at `start`. Says whether it looked beyond the end of the text: with more text
/// the record might be another.
fn for_each_field<'text>(
    text: &'text str,
    start: usize,
    delimiter: u8,
    mut sink: impl FnMut(Field<'text>),
) -> bool {
    let bytes = Bytes {
        bytes: text.as_bytes(),
        met_end: Cell::new(false),
    };
    let mut at = start;
    loop {
        let field = quoted_field(text, &bytes, at, delimiter)
            .unwrap_or_else(|| plain_field(text, &bytes, at, delimiter));
        let (end, next) = (field.end, field.next);
        sink(field);
        let more = bytes.get(end) == Some(&delimiter);
        if !more {
            return bytes.met_end.get();
        }
        at = next;
    }
}

/// The bytes of a text, which remember whether somebody asked for one beyond them.
struct Bytes<'text> {
    bytes: &'text [u8],
    met_end: Cell<bool>,
}

impl<'text> Bytes<'text> {
    fn get(&self, at: usize) -> Option<&'text u8> {
        let byte = self.bytes.get(at);
        if byte.is_none() {
            self.met_end.set(true);
        }
        byte
    }
}

/// A field that begins with a quote; `None` when it does not, or when its quote never closes properly.
fn quoted_field<'text>(
    text: &'text str,
    bytes: &Bytes<'_>,
    start: usize,
    delimiter: u8,
) -> Option<Field<'text>> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let (mut at, mut lines) = (start + 1, 0);
    loop {
        match bytes.get(at)? {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => {
                let end = at + 1;
                return field_end(bytes, end, delimiter).map(|next| Field {
                    value: &text[start + 1..at],
                    quoted: true,
                    loose: false,
                    end,
                    next,
                });
            }
            b'\n' => {
                lines += 1;
                if lines > LONGEST_QUOTE {
                    return None;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Where the next field begins when a field ends at `end`; `None` when something else follows.
fn field_end(bytes: &Bytes<'_>, end: usize, delimiter: u8) -> Option<usize> {
    match bytes.get(end) {
        None => Some(end),
        Some(byte) if *byte == delimiter || *byte == b'\n' => Some(end + 1),
        Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => Some(end + 2),
        Some(b'\r') if end + 1 == bytes.bytes.len() => Some(end + 1),
        Some(_) => None,
    }
}

/// A field up to the next delimiter or line ending, whatever quotes it holds.
fn plain_field<'text>(
    text: &'text str,
    bytes: &Bytes<'_>,
    start: usize,
    delimiter: u8,
) -> Field<'text> {
    let mut end = start;
    let next = loop {
        if let Some(next) = field_end(bytes, end, delimiter) {
            break next;
        }
        end += 1;
    };
    let value = &text[start..end];
    Field {
        value,
        quoted: false,
        loose: value.contains('"'),
        end,
        next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        records(text, b',')
            .iter()
            .map(|record| fields(text, record, b','))
            .collect()
    }

    #[test]
    fn quotes_lines_and_endings() {
        let text = "a,b\r\n\"x, y\",\"two\r\nlines\"\r\n,\"say \"\"hi\"\"\"\nlast";
        assert_eq!(
            values(text),
            vec![
                vec!["a", "b"],
                vec!["x, y", "two\r\nlines"],
                vec!["", "say \"hi\""],
                vec!["last"]
            ]
        );
        assert_eq!(
            records(text, b',')
                .iter()
                .map(|record| record.line)
                .collect::<Vec<_>>(),
            [1, 2, 4, 5]
        );
        assert!(records(text, b',').iter().all(|record| !record.loose));
    }

    #[test]
    fn a_stray_quote_stays_in_its_field() {
        let text = "a,b\n\"6 inch, pipe\nx,y\n";
        let found = records(text, b',');
        assert_eq!(found.len(), 3);
        assert!(found[1].loose);
        let mut quoted = String::new();
        write_quoted(text, &found[1], b',', &mut quoted);
        assert_eq!(quoted, "\"\"\"6 inch\",\" pipe\"");
    }

    #[test]
    fn a_quote_inside_a_field_is_kept() {
        let text = "12 \"The Cottage\",SE1\n";
        let found = records(text, b',');
        assert!(found[0].loose);
        assert_eq!(values(text)[0], ["12 \"The Cottage\"", "SE1"]);
    }

    #[test]
    fn blank_records_have_nothing_filled() {
        assert_eq!(records(",, ,\n", b',')[0].filled, 0);
        assert_eq!(records(" ,x,,\n", b',')[0].last_filled, 2);
    }
}
