//! `doubtful.csv`: the pairs of rows that are nearly one person, for the officer to decide.
//!
//! It holds own ids, so it stays with the custodian and is readable by its owner alone. Filled in, saved under another name and named in
//! the mapping (`decided`), it tells the next run what was decided.

use crate::files::NewFile;
use crate::survey::Survey;
use kinfold_extract::{Doubtful, PersonRow};
use kinfold_message::{Exit, Problem};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file's name.
pub const NAME: &str = "doubtful.csv";

/// Pairs whose own ids are read at once.
const PAIRS_AT_ONCE: usize = 2048;

/// The list of a survey, to be written into a folder. Always made, so that none of an earlier run stays behind.
///
/// # Errors
/// When the mapping takes its decisions from the very file that would be written over.
pub fn file<'made>(
    folder: &Path,
    survey: &'made Survey,
    mapping: &Path,
) -> Result<NewFile<'made>, Problem> {
    let path = folder.join(NAME);
    if let Some(decided) = decided(survey, mapping)
        && let (Ok(one), Ok(other)) = (decided.canonicalize(), path.canonicalize())
        && one == other
    {
        return Err(Problem::new(
            "E-CHECK-DECISIONS",
            Exit::CouldNotRun,
            "the mapping takes its decisions from the list of doubtful pairs that would be written over",
            "save the decided pairs under another name, beside the mapping, and name that file under `decided`",
        )
        .at(path.display().to_string()));
    }
    let at = path.clone();
    Ok(NewFile::owner_only(path, move |writer| {
        write(writer, survey, &at)
    }))
}

fn decided(survey: &Survey, mapping: &Path) -> Option<PathBuf> {
    let decided = survey.gathered.mapping.decided.as_ref()?;
    Some(mapping.parent().unwrap_or(Path::new("")).join(decided))
}

fn write(writer: &mut dyn Write, survey: &Survey, path: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::io("write the file", path, &error);
    let mut table = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(writer);
    let header = [
        "source",
        "line",
        "own_id",
        "other_source",
        "other_line",
        "other_own_id",
        "why",
        "decision",
    ];
    table
        .write_record(header)
        .map_err(|error| failed(error.into()))?;
    let (rows, people) = (&survey.gathered.rows, &survey.gathered.mapping.people);
    for part in survey.united.doubtful.chunks(PAIRS_AT_ONCE) {
        let numbers = part.iter().flat_map(|pair| [pair.left, pair.right]);
        let numbers: Vec<u32> = numbers.map(|row| row as u32).collect();
        let loaded = rows.load(&numbers)?;
        for (Doubtful { why, .. }, both) in part.iter().zip(loaded.chunks(2)) {
            let row = |of: &PersonRow| (people[of.source].source.as_str(), of.line);
            let ((source, line), (other_source, other_line)) = (row(&both[0]), row(&both[1]));
            let own_ids = [both[0].own_id.expose(), both[1].own_id.expose()];
            let decision = "";
            table
                .serialize((
                    source,
                    line,
                    own_ids[0],
                    other_source,
                    other_line,
                    own_ids[1],
                    why,
                    decision,
                ))
                .map_err(|error| failed(error.into()))?;
        }
    }
    table.flush().map_err(failed)
}
