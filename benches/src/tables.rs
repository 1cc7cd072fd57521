//! Tables of open sets: CSV files, compressed or not, in a folder beside the project.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// The folder of the open sets, one folder a set, which is no part of the project.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data")
}

/// A table of a set, `NAME.csv.gz` or `NAME.csv`; `None` where there is neither.
pub fn find(set: &Path, name: &str) -> Option<PathBuf> {
    let both = ["csv.gz", "csv"].map(|ending| set.join(format!("{name}.{ending}")));
    both.into_iter().find(|path| path.exists())
}

/// The text of a table, unpacked where its name ends in `gz`.
///
/// # Errors
/// A file that cannot be opened, with its path.
pub fn open(path: &Path) -> Result<Box<dyn Read>, Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

/// The rows of a table, by column.
///
/// # Errors
/// A file that cannot be read or is no CSV.
pub fn rows(path: &Path) -> Result<Vec<BTreeMap<String, String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(open(path)?);
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}
