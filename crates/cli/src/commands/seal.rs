//! `seal`: encoded files into two packages, records for the linkage unit and events for the integrator. Neither alone shows who has
//! what.

use crate::args::SealArgs;
use crate::commands::encode::Office;
use crate::earlier::Earlier;
use crate::encoded::{Note, hex};
use crate::files::{NewFile, make_folder, write_together};
use crate::gate;
use crate::outcome::Outcome;
use crate::progress::Progress;
use kinfold_exchange::{
    Contents, Manifest, PackageKind, RELEASE_CHECK, SectionBytes, Written, seal_into,
};
use kinfold_message::{Problem, grouped};
use kinfold_verdict::Report;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// The tables of one custodian and period, ready to be sealed.
pub struct Tables<'made> {
    /// The month.
    pub period: String,
    /// Number of records.
    pub records: u64,
    /// Number of events.
    pub events: u64,
    /// Arrow bytes of the codes.
    pub codes: &'made dyn SectionBytes,
    /// Arrow bytes of the events.
    pub events_table: &'made dyn SectionBytes,
    /// Arrow bytes of the subjects.
    pub subjects: &'made dyn SectionBytes,
    /// The report of the release check.
    pub release_check: Vec<u8>,
}

/// A sealed package and where it goes.
pub struct SealedFile {
    /// The file.
    pub path: PathBuf,
    /// The package's manifest and the hash of its content.
    pub sealed: Written,
    /// The package, in a file without a name.
    package: File,
    /// Bytes of the package.
    length: u64,
}

impl SealedFile {
    /// The package under its name.
    pub fn new_file(&self) -> NewFile<'_> {
        NewFile::ordinary(self.path.clone(), |writer| {
            let mut package = &self.package;
            package
                .seek(SeekFrom::Start(0))
                .and_then(|_| std::io::copy(&mut package, writer))
                .map(|_| ())
                .map_err(|error| Problem::io("write the file", &self.path, &error))
        })
    }
}

/// Seals both packages; they wait in `scratch`, encrypted.
///
/// # Errors
/// When keys, agreement and tables do not belong together, or a limit is passed.
pub fn seal_both(
    office: &Office,
    tables: &Tables<'_>,
    sequence: u64,
    folder: &Path,
    scratch: &Path,
) -> Result<[SealedFile; 2], Problem> {
    let name = |kind: PackageKind| {
        folder.join(format!(
            "{}-{}.{}.kin",
            office.key.id(),
            tables.period,
            kind.as_str()
        ))
    };
    let make = |kind: PackageKind,
                rows: u64,
                sections: &[(String, &dyn SectionBytes)]|
     -> Result<SealedFile, Problem> {
        let contents = Contents {
            kind,
            period: &tables.period,
            sequence,
            rows,
        };
        let manifest = Manifest::prepare(
            &office.agreement,
            &office.key,
            &office.project_key,
            &contents,
        )?;
        let failed = |error: std::io::Error| {
            Problem::io("use the folder for working files", scratch, &error)
        };
        let mut package = BufWriter::new(tempfile::tempfile_in(scratch).map_err(failed)?);
        let sealed = seal_into(
            manifest,
            sections,
            &office.key,
            office.agreement.recipient_of(kind),
            &mut package,
        )
        .map_err(|error| {
            let problem = Problem::from(error);
            let place = problem
                .place
                .clone()
                .unwrap_or_else(|| name(kind).display().to_string());
            problem.at(place)
        })?;
        let package = package.into_inner();
        let package = package.map_err(|error| failed(error.into_error()))?;
        Ok(SealedFile {
            path: name(kind),
            sealed,
            length: package.metadata().map_err(failed)?.len(),
            package,
        })
    };
    Ok([
        make(
            PackageKind::Records,
            tables.records,
            &[
                (office.key.id().to_owned(), tables.codes),
                (RELEASE_CHECK.to_owned(), &tables.release_check),
            ],
        )?,
        make(
            PackageKind::Events,
            tables.events,
            &[
                ("events".to_owned(), tables.events_table),
                ("subjects".to_owned(), tables.subjects),
            ],
        )?,
    ])
}

/// Runs `seal`.
pub fn run(args: &SealArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let note = Note::load(&args.encoded)?;
    let office = Office::open(
        &args.agreement,
        &args.key,
        &args.project_key,
        args.schema.as_deref(),
        args.on.as_deref(),
        note.period()?,
    )?;
    note.must_fit(&office, &args.encoded)?;
    let report = gate::load(&args.encoded, &note, &office)?;
    let messages = gate::judge(&office, &report)?;
    progress.step("Sealing");
    let tables = Tables {
        codes: &note.file(&args.encoded, "codes.arrow")?,
        events_table: &note.file(&args.encoded, "events.arrow")?,
        subjects: &note.file(&args.encoded, "subjects.arrow")?,
        release_check: report.to_json(),
        period: note.period.clone(),
        records: note.records,
        events: note.events,
    };
    let scratch = super::encode::scratch(&args.output);
    let sealed = seal_both(&office, &tables, args.sequence, &args.output, scratch)?;
    Earlier::in_folder(&args.output).check(&sealed)?;
    let earlier = Earlier::in_folder(&args.encoded);
    earlier.check(&sealed)?;
    let earlier = earlier.with(&sealed);
    let text = receipt(&office, &sealed, &report);
    let data = receipt_json(&sealed);
    if !args.dry_run {
        make_folder(&args.output)?;
        let mut files: Vec<NewFile> = sealed.iter().map(SealedFile::new_file).collect();
        files.extend(gate::report_files(
            &args.output,
            &office,
            &note.period,
            &report,
        ));
        // The encoded folder remembers what was sealed from it, wherever the packages go.
        if let Some(report) = earlier.in_report(&args.encoded) {
            files.push(NewFile::of_bytes(args.encoded.join("check.json"), report));
        }
        write_together(&files)?;
    }
    let mut outcome = Outcome::done(
        "kinfold.seal/1",
        text,
        json!({"packages": data, "release_check": gate::summary_json(&report)}),
    );
    outcome.messages = messages;
    Ok(outcome)
}

/// What was sealed, for paper.
pub fn receipt(office: &Office, sealed: &[SealedFile; 2], report: &Report) -> String {
    let mut text = String::from("Sealed two packages. Neither alone shows who has what.\n");
    for SealedFile { path, sealed, .. } in sealed {
        let manifest = &sealed.manifest;
        let recipient = office.agreement.recipient_of(manifest.kind);
        let inside = match manifest.kind {
            PackageKind::Records => {
                "codes of people: no names, no dates of birth, no addresses, no row order"
            }
            PackageKind::Events => "coded events by record reference: no names, no free text",
        };
        let _ = writeln!(text, "\n  {}", path.display());
        let _ = writeln!(
            text,
            "    inside     {} {}: {inside}",
            grouped(manifest.rows as usize),
            manifest.kind.as_str()
        );
        let _ = writeln!(
            text,
            "    for        {} ({}), fingerprint {}",
            recipient.name,
            recipient.role,
            recipient.fingerprint_words()
        );
        let _ = writeln!(
            text,
            "    sequence   {} of period {} · may be opened until {}",
            manifest.sequence, manifest.period, manifest.expires
        );
        if manifest.kind == PackageKind::Records {
            let _ = writeln!(text, "    check      {}", gate::receipt(report));
        }
        let _ = writeln!(text, "    content    {}", hex(&sealed.payload_hash));
    }
    text
}

/// The same for programs.
pub fn receipt_json(sealed: &[SealedFile; 2]) -> Vec<Value> {
    let one = |file: &SealedFile| {
        let manifest = &file.sealed.manifest;
        json!({
            "file": file.path.display().to_string(),
            "kind": manifest.kind.as_str(),
            "rows": manifest.rows,
            "sequence": manifest.sequence,
            "period": manifest.period,
            "expires": manifest.expires.to_string(),
            "payload_hash": hex(&file.sealed.payload_hash),
            "bytes": file.length,
        })
    };
    sealed.iter().map(one).collect()
}
