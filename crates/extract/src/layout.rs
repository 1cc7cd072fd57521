//! The layout of a delimited text: which character separates its fields, and which line is the header.
//!
//! A report exported from a case system often begins with a title, a date and an empty line. The header is the first record that
//! is as wide as the table below it and whose cells read like column names, not like data.

use crate::records::{Record, fields, records};

/// How many records at the top of the file are looked at.
const SAMPLE: usize = 60;

/// What the layout was taken to be.
pub(crate) struct Layout {
    pub delimiter: u8,
    /// Index of the header among the records.
    pub header: usize,
}

/// Finds the layout; parts that are told are not guessed. `None` when no record could be a header.
pub(crate) fn sniff(
    text: &str,
    delimiter: Option<u8>,
    header_line: Option<usize>,
) -> Option<Layout> {
    let sample = head(text);
    let candidates = delimiter.map_or_else(|| b",;\t|".to_vec(), |told| vec![told]);
    let mut best: Option<(usize, Layout)> = None;
    for delimiter in candidates {
        let found = records(sample, delimiter);
        let Some((score, header)) = header(sample, &found, delimiter, header_line) else {
            continue;
        };
        if best.as_ref().is_none_or(|(other, _)| score > *other) {
            best = Some((score, Layout { delimiter, header }));
        }
    }
    best.map(|(_, layout)| layout)
}

/// The first lines of a text, enough for the guess; whole lines only.
fn head(text: &str) -> &str {
    &text[..head_end(text).unwrap_or(text.len())]
}

/// Where the first lines end; `None` when they are all that there is.
fn head_end(text: &str) -> Option<usize> {
    text.match_indices('\n')
        .enumerate()
        .find(|(number, (at, _))| *number >= SAMPLE * 4 || *at > 400_000)
        .map(|(_, (at, _))| at + 1)
}

/// Whether more text after this one would change nothing about its layout.
pub(crate) fn enough_for_layout(text: &str) -> bool {
    head_end(text).is_some()
}

/// The header's index for one delimiter, and how well this delimiter explains the text: the number of cells in records that have
/// the table's width.
fn header(
    text: &str,
    found: &[Record],
    delimiter: u8,
    header_line: Option<usize>,
) -> Option<(usize, usize)> {
    let top = &found[..found.len().min(SAMPLE)];
    let width = common_width(top)?;
    let of_width = || top.iter().filter(move |record| record.fields == width);
    // A delimiter that splits nothing explains nothing, whatever the number of lines.
    let score = if width == 1 {
        0
    } else {
        of_width().count() * width
    };
    // Lines that all end in a delimiter have one column that is always empty.
    let filled_width = of_width().map(|record| record.last_filled).max()?;
    let index = match header_line {
        Some(line) => found.iter().position(|record| record.line == line)?,
        None => top
            .iter()
            .position(|record| looks_like_header(text, record, delimiter, filled_width))
            .or_else(|| {
                // A table whose column names are all odd: the first record of the table's width.
                top.iter()
                    .position(|record| record.fields == width && record.filled > 0)
            })?,
    };
    Some((score, index))
}

/// The number of fields most records have; a wider table wins a tie, and blank records do not vote.
fn common_width(top: &[Record]) -> Option<usize> {
    let mut votes = std::collections::BTreeMap::<usize, usize>::new();
    for record in top.iter().filter(|record| record.filled > 0) {
        *votes.entry(record.fields).or_default() += record.fields;
    }
    votes
        .into_iter()
        .max_by_key(|(width, votes)| (*votes, *width))
        .map(|(width, _)| width)
}

/// Whether a record reads like column names: as wide as the table, nearly all cells filled, different from each other, and none
/// a number or a date.
fn looks_like_header(text: &str, record: &Record, delimiter: u8, width: usize) -> bool {
    // Titles in a file saved by a spreadsheet are padded with delimiters to the table's width, so the filled cells count.
    if record.last_filled * 10 < width * 8 || record.filled * 10 < width * 6 || record.filled == 0 {
        return false;
    }
    let mut names = fields(text, record, delimiter);
    names.retain(|name| !name.trim().is_empty());
    let wordy = names.iter().all(|name| {
        let name = name.trim();
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        name.chars().any(char::is_alphabetic) && digits * 2 <= name.len()
    });
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    wordy && names.len() == count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_titles() {
        let text = "Eastmere Council; pupils, all schools\nRun on 31/08/2026\n\nUPN;Surname;Forename\nA1;Smith, J;Ann\nA2;Jones;Bob\n";
        let layout = sniff(text, None, None).expect("a layout");
        assert_eq!((layout.delimiter, layout.header), (b';', 3));
    }

    #[test]
    fn padded_titles_are_not_headers() {
        let text = "Pupils,,,\n,,,\nUPN,Surname,Forename,DOB\nA1,Smith,Ann,01/02/2003\n";
        let layout = sniff(text, None, None).expect("a layout");
        assert_eq!((layout.delimiter, layout.header), (b',', 2));
    }

    #[test]
    fn one_column_and_told_header() {
        assert_eq!(sniff("name\nx\n", None, None).expect("a layout").header, 0);
        assert_eq!(
            sniff("a,b\nc,d\n1,2\n", None, Some(2))
                .expect("a layout")
                .header,
            1
        );
        assert!(sniff("", None, None).is_none());
        assert!(sniff("a,b\n", None, Some(9)).is_none());
    }
}
