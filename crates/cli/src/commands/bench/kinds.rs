//! Files that are no CSV in UTF-8, told by their first bytes, so that the message names what the file is and how to change it.

use kinfold_message::{Exit, Problem};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// First bytes, what a file is that begins with them, and how it becomes a table.
const KINDS: [(&[u8], &str, &str); 8] = [
    (
        b"\xff\xfe",
        "is text in UTF-16",
        "change it to UTF-8, for instance `iconv -f UTF-16 -t UTF-8 TABLE > table.csv`",
    ),
    (
        b"\xfe\xff",
        "is text in UTF-16",
        "change it to UTF-8, for instance `iconv -f UTF-16 -t UTF-8 TABLE > table.csv`",
    ),
    (
        b"\x1f\x8b",
        "is compressed (gzip)",
        "unpack it first, for instance `gunzip -c TABLE > table.csv`",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed (zstd)",
        "unpack it first, for instance `zstd -dc TABLE > table.csv`",
    ),
    (
        b"PK\x03\x04",
        "is a spreadsheet (xlsx, ods) or a zip archive",
        "open it and save the sheet as CSV in UTF-8, or unpack the archive",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "is a spreadsheet (xls)",
        "open it and save the sheet as CSV in UTF-8",
    ),
    (
        b"PAR1",
        "is a Parquet file",
        "write it as CSV, for instance `duckdb -c \"COPY 'TABLE' TO 'table.csv'\"`",
    ),
    (
        b"SQLite format 3",
        "is a database",
        "write the table of people as CSV in UTF-8",
    ),
];

/// Refuses a file that begins as another kind of file does.
///
/// # Errors
/// The file cannot be read, or is of another kind.
pub(super) fn refuse_others(input: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::io("read the table", input, &error);
    let mut first = Vec::new();
    File::open(input)
        .map_err(failed)?
        .take(16)
        .read_to_end(&mut first)
        .map_err(failed)?;
    match KINDS.iter().find(|(magic, ..)| first.starts_with(magic)) {
        None => Ok(()),
        Some((_, what, fix)) => Err(Problem::new(
            "E-ENCODE-TABLE",
            Exit::CouldNotRun,
            format!("the table {what}, and a bench reads CSV in UTF-8"),
            *fix,
        )
        .at(input.display().to_string())),
    }
}
