//! What custodians, linkage unit and integrator agree on and send each other.
//!
//! - [`Agreement`]: one signed text. It names the [parties](Party), their public keys, the linkage schema, the event codes and the
//!   end; its hash is in every package, so a package made under other terms is refused.
//! - [`PartyKey`] and [`ProjectKey`]: secrets, in private files. The project key is for custodians alone.
//! - [`Manifest`], [`seal`] and [`open`]: a package is signed by its custodian and encrypted to one recipient. [`open`] gives back
//!   a package only when everything about it holds.
//! - [`codes_to_ipc`] and [`events_to_ipc`]: the tables inside a package, as Arrow files that other tools can read.
//!
//! The crate reads no clock: the day on which a package is opened is an argument. It knows codes and references, never names.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod agreement;
mod date;
mod error;
mod hex;
mod key;
mod manifest;
mod names;
mod package;
mod party;
mod table;
#[cfg(test)]
mod testing;
mod words;

pub use agreement::{
    Agreement, DEATH_EVENT_CODE, Draft, EventDates, Reference, STANDARD_EVENT_CODES, TO_BE_WRITTEN,
};
pub use date::{Date, NotADate};
pub use error::{Error, Result};
pub use key::{PartyKey, ProjectKey};
pub use manifest::{Contents, MANIFEST_VERSION, Manifest, PackageKind, Section, check_same_keys};
pub use package::{
    Inspection, PACKAGE_BYTES_MAX, Package, RELEASE_CHECK, Sealed, SectionBytes, Written, inspect,
    is_codes, open, payload_hash, refuse_unsafe, seal, seal_into,
};
pub use party::{Contact, Party, Role};
pub use table::{
    BenchCodes, BenchCodesWriter, CodesReader, CodesWriter, EventRow, EventTable, EventsWriter,
    LifeStage, SubjectRow, TableFile, bench_codes_from_ipc, codes_from_ipc, codes_to_ipc,
    events_from_ipc, events_to_ipc, open_codes, subjects_from_ipc, subjects_to_ipc,
};
pub use words::{FINGERPRINT_WORDS, NICKNAME_WORDS, fingerprint_nickname, fingerprint_words};

use kinfold_message::Problem;
use std::io::Read as _;
use std::path::Path;

/// Reads a text file of at most `bytes_max` bytes.
fn read_text(path: &Path, bytes_max: u64, action: &str) -> Result<String> {
    let failed = |error: &std::io::Error| Error::from(Problem::io(action, path, error));
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > bytes_max {
        return Err(
            Error::agreement(format!("the file is larger than {bytes_max} bytes")).in_file(path),
        );
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::agreement("the file is not UTF-8 text").in_file(path))
}

/// A TOML error with its line, for texts without secrets.
fn toml_message(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().lines().next().unwrap_or("not TOML");
    match line_of(error, text) {
        Some(line) => format!("line {line}: {message}"),
        None => message.to_owned(),
    }
}

/// The line of a TOML error and nothing of its content, for key files: the message itself would quote the value.
fn toml_place(error: &toml::de::Error, text: &str) -> String {
    match line_of(error, text) {
        Some(line) => format!("line {line} does not follow the format of a key file"),
        None => "the file does not follow the format of a key file".to_owned(),
    }
}

fn line_of(error: &toml::de::Error, text: &str) -> Option<usize> {
    let start = error.span()?.start.min(text.len());
    let until = &text.as_bytes()[..start];
    Some(until.split(|byte| *byte == b'\n').count())
}
