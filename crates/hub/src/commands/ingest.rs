//! `ingest`: opens, verifies and keeps packages. Each package is accepted whole or not at all, and one that is refused does not
//! keep the others out.

use std::io::Read as _;
use std::path::Path;

use kinfold_exchange::{
    Agreement, Date, Error, EventTable, Manifest, PACKAGE_BYTES_MAX, Package, PackageKind,
    PartyKey, Role, codes_from_ipc, events_from_ipc, is_codes, open, subjects_from_ipc,
};
use kinfold_message::{Exit, Problem};
use kinfold_store::{Accepted, Hub, Incoming, PackageInfo};
use kinfold_verdict::Report;
use serde_json::{Value, json};

use crate::args::IngestArgs;
use crate::keys::different_keys;
use crate::release_check;
use crate::screen::{Answer, Screen};
use crate::terms::{Terms, day, hex};

pub(super) fn run(args: &IngestArgs, screen: &Screen) -> Result<Answer, Problem> {
    let on = day("--on", &args.on)?;
    let (mut hub, terms) = Terms::open(&args.hub)?;
    terms.agreement.check_date(on)?;
    let keys = load_keys(args, &terms.agreement)?;

    let mut answer = Answer::default();
    let mut outcomes = Vec::new();
    // Records first and then by name, so that the order of arguments changes nothing.
    let mut paths: Vec<&Path> = args
        .packages
        .iter()
        .map(std::path::PathBuf::as_path)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let step = screen.step("Verifying packages", paths.len() as u64);
    for (done, path) in paths.iter().enumerate() {
        match ingest(path, &mut hub, &terms, &keys, on, args.dry_run) {
            Ok(taken) => {
                answer.text.push_str(&line(&taken));
                outcomes.push(outcome(path, &taken));
            }
            Err(problem) => {
                outcomes.push(json!({"file": path.display().to_string(), "outcome": "refused", "code": problem.code}));
                answer.problems.push(if problem.place.is_some() {
                    problem
                } else {
                    problem.at(path.display().to_string())
                });
            }
        }
        step.at(done as u64 + 1);
    }
    let accepted = paths.len() - answer.problems.len();
    step.done(&format!(
        "{accepted} of {}",
        kinfold_message::counted(paths.len(), "package", "packages")
    ));
    answer
        .data
        .insert("packages".into(), Value::Array(outcomes));
    Ok(answer)
}

fn load_keys(args: &IngestArgs, agreement: &Agreement) -> Result<Vec<PartyKey>, Problem> {
    let mut keys = Vec::new();
    for path in &args.keys {
        let place = |problem: Problem| {
            if problem.place.is_some() {
                problem
            } else {
                problem.at(path.display().to_string())
            }
        };
        let key = PartyKey::load(path).map_err(|error| place(error.into()))?;
        agreement
            .check_key(&key)
            .map_err(|error| place(error.into()))?;
        if key.role() == Role::Custodian {
            return Err(place(Problem::new(
                "E-INGEST-KEY",
                Exit::Refused,
                format!("`{}` is a custodian's key", key.id()),
                "give the linkage unit's key for records and the integrator's key for events; a custodian's key never leaves its custodian",
            )));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// A package that is acceptable.
struct Taken {
    info: PackageInfo,
    release_check: Option<Report>,
    /// What became of it.
    word: &'static str,
}

/// One package, from file to folder.
fn ingest(
    path: &Path,
    hub: &mut Hub,
    terms: &Terms,
    keys: &[PartyKey],
    on: Date,
    dry_run: bool,
) -> Result<Taken, Problem> {
    let bytes = read_capped(path, PACKAGE_BYTES_MAX)?;
    let package = open_with_any(&bytes, keys, &terms.agreement, on)?;
    same_keys(hub, &package.manifest)?;
    check_tables(&package, terms)?;

    let manifest = &package.manifest;
    let release_check = package.release_check.clone();
    let info = PackageInfo {
        payload_hash: hex(&package.payload_hash),
        kind: manifest.kind.as_str().to_owned(),
        custodian: manifest.custodian.clone(),
        period: manifest.period.clone(),
        sequence: manifest.sequence,
        rows: manifest.rows,
        schema_hash: hex(&manifest.schema_hash),
        key_check: hex(&manifest.key_check),
        received_on: on.to_string(),
    };
    if dry_run {
        return Ok(Taken {
            info,
            release_check,
            word: "would be accepted",
        });
    }
    let json =
        String::from_utf8(manifest.to_json()).map_err(|_| disagree("its manifest is not text"))?;
    let accepted = hub.record_package(&Incoming {
        info: info.clone(),
        manifest: &json,
        sections: &package.sections,
    })?;
    Ok(Taken {
        info,
        release_check,
        word: if accepted == Accepted::New {
            "accepted"
        } else {
            "already ingested"
        },
    })
}

/// The whole file, if it is not longer than any package may be: what is too long is refused before it takes memory.
fn read_capped(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Problem> {
    let failed = |error: std::io::Error| Problem::io("read the package", path, &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    if length <= bytes_max {
        // A file that grows meanwhile, or a pipe, whose length is not known, is cut off too.
        file.take(bytes_max + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    }
    if length.max(bytes.len() as u64) > bytes_max {
        return Err(Problem::new(
            "E-PKG-LIMIT",
            Exit::Refused,
            format!("the file is longer than the {bytes_max} bytes of the largest package"),
            "check that the custodian sent the right file",
        ));
    }
    Ok(bytes)
}

/// Which of our keys a package is for stands only inside it, so each is tried.
fn open_with_any(
    bytes: &[u8],
    keys: &[PartyKey],
    agreement: &Agreement,
    on: Date,
) -> Result<Package, Problem> {
    let mut refused = None;
    for key in keys {
        match open(bytes, key, agreement, on) {
            Ok(package) => return Ok(package),
            Err(error @ Error::PackageRecipient { .. }) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.map_or_else(
        || disagree("no key was given to open it with"),
        Problem::from,
    ))
}

/// Packages of different project keys would never link, so a newcomer is compared with the newest records of each other
/// custodian. A custodian's own earlier packages do not count, nor do withdrawn ones: either way a wrong key can be corrected.
/// Where the others disagree among themselves, the newcomer may side with half of them or more; linking then refuses until the
/// wrong ones are corrected or withdrawn.
fn same_keys(hub: &Hub, manifest: &Manifest) -> Result<(), Problem> {
    let check = hex(&manifest.key_check);
    let latest = hub.latest_packages()?;
    let (same, other): (Vec<&PackageInfo>, Vec<&PackageInfo>) = latest
        .iter()
        .filter(|package| package.kind == PackageKind::Records.as_str())
        .filter(|package| package.custodian != manifest.custodian)
        .partition(|package| package.key_check == check);
    if other.len() <= same.len() {
        return Ok(());
    }
    Err(different_keys(&manifest.custodian, &other))
}

/// Reads every table now, so that a package that cannot be linked later is refused while its sender can still be asked.
fn check_tables(package: &Package, terms: &Terms) -> Result<(), Problem> {
    let manifest = &package.manifest;
    let rows = match manifest.kind {
        PackageKind::Records => {
            let mut rows = 0;
            let codes = package.sections.iter().filter(|(name, _)| is_codes(name));
            for (_, bytes) in codes {
                rows += codes_from_ipc(bytes, &terms.schema)?.len();
            }
            rows
        }
        PackageKind::Events => {
            let events = events_from_ipc(package.section("events")?)?;
            let subjects = subjects_from_ipc(package.section("subjects")?)?;
            let table = EventTable { events, subjects };
            table.check(
                &terms.agreement,
                terms.agreement.party(&manifest.custodian)?,
            )?;
            table.events.len()
        }
    };
    if rows as u64 == manifest.rows {
        Ok(())
    } else {
        Err(disagree(&format!(
            "its manifest says {} rows, its tables hold {rows}",
            manifest.rows
        )))
    }
}

fn disagree(what: &str) -> Problem {
    Problem::new(
        "E-INGEST-PACKAGE",
        Exit::Integrity,
        format!("the package contradicts itself: {what}"),
        "ask the custodian to make the package again with the current version of kinfold",
    )
}

fn line(taken: &Taken) -> String {
    let Taken {
        info,
        release_check,
        word,
    } = taken;
    let mut line = format!(
        "{word}: {} {} {} #{} · {} · {}\n",
        info.custodian,
        info.kind,
        info.period,
        info.sequence,
        kinfold_message::counted(info.rows, "row", "rows"),
        &info.payload_hash[..12]
    );
    if info.kind == PackageKind::Records.as_str() {
        line.push_str(&format!(
            "  {}\n",
            release_check::words(release_check.as_ref())
        ));
    }
    line
}

fn outcome(path: &Path, taken: &Taken) -> Value {
    let info = &taken.info;
    json!({
        "file": path.display().to_string(),
        "outcome": taken.word,
        "custodian": info.custodian,
        "kind": info.kind,
        "period": info.period,
        "sequence": info.sequence,
        "rows": info.rows,
        "payload_hash": info.payload_hash,
        "release_check": release_check::json(taken.release_check.as_ref()),
    })
}
