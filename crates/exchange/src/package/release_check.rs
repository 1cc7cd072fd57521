//! The report of the release check inside a package of records: is it whole, is it of these codes, does it let them leave?
//!
//! A receiver cannot run the check again, having no list of the people. What it can tell is in [`kinfold_verdict::Report::parse`] and here.

use crate::agreement::Agreement;
use crate::error::{Error, Result};
use crate::manifest::{Manifest, PackageKind, Section};
use kinfold_verdict::Report;

/// Name of the section that holds the report, as canonical JSON. It is never the name of a section of codes.
pub const RELEASE_CHECK: &str = "release-check";

/// Whether a section of a package of records holds codes.
pub fn is_codes(section: &str) -> bool {
    section != RELEASE_CHECK
}

/// Refuses codes that their release check does not let leave. Under a test agreement, which says that every person is made up, nothing is
/// refused: what the report says is shown instead.
///
/// # Errors
/// [`Error::ReleaseMissing`] or [`Error::ReleaseBlocked`].
pub fn refuse_unsafe(agreement: &Agreement, party: &str, report: Option<&Report>) -> Result<()> {
    if agreement.is_test() {
        return Ok(());
    }
    let party = party.to_owned();
    let Some(report) = report else {
        return Err(Error::ReleaseMissing { party });
    };
    match report.why_not() {
        Some(why) => Err(Error::ReleaseBlocked { party, why }),
        None => Ok(()),
    }
}

/// The report of a package, checked against its codes and the agreement. Events have none.
pub(super) fn release_check(
    manifest: &Manifest,
    sections: &[(String, Vec<u8>)],
    agreement: &Agreement,
) -> Result<Option<Report>> {
    if manifest.kind != PackageKind::Records {
        return Ok(None);
    }
    let party = &manifest.custodian;
    let json = sections.iter().find(|(name, _)| name == RELEASE_CHECK);
    let report = json
        .map(|(_, json)| of_codes(party, json, manifest))
        .transpose()?;
    refuse_unsafe(agreement, party, report.as_ref())?;
    Ok(report)
}

fn of_codes(party: &str, json: &[u8], manifest: &Manifest) -> Result<Report> {
    let wrong = |what: String| Error::ReleaseReport {
        party: party.to_owned(),
        what,
    };
    let report = Report::parse(json).map_err(|not| wrong(not.to_string()))?;
    let codes: Vec<&Section> = manifest
        .sections
        .iter()
        .filter(|section| is_codes(&section.name))
        .collect();
    match codes.as_slice() {
        [codes] if report.is_of(&codes.blake3, manifest.rows) => Ok(report),
        _ => Err(wrong(
            "it is of other codes than those of the package".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{open, seal};
    use crate::testing::{World, date, draft, sign};
    use crate::{PartyKey, ProjectKey, Role};
    use kinfold_verdict::{Form, Level, Line};
    use std::sync::LazyLock;

    /// The parties with keys that no seed makes, as a real agreement demands.
    static REAL: LazyLock<World> = LazyLock::new(|| {
        let generated = |id: &str, role: Role| PartyKey::generate(id, role).unwrap();
        let (council, health) = (
            generated("council", Role::Custodian),
            generated("health", Role::Custodian),
        );
        let (linkage_unit, integrator) = (
            generated("hub", Role::LinkageUnit),
            generated("team", Role::Integrator),
        );
        let keys = [&linkage_unit, &integrator, &health, &council];
        let mut real = draft();
        real.test = false;
        real.parties = keys.map(PartyKey::public).to_vec();
        World {
            agreement: sign(Agreement::draft(&real).unwrap(), &keys),
            project_key: ProjectKey::generate("eastmere", "2026").unwrap(),
            council,
            health,
            linkage_unit,
            integrator,
        }
    });
    static REHEARSAL: LazyLock<World> = LazyLock::new(crate::testing::world);

    const CODES: &[u8] = b"codes";

    fn report(form: Form, level: Level) -> Report {
        let line = |id: &str| Line::note(id, "names", "why", "It is so.".to_owned());
        let lines = vec![line("control"), line("law").judge(level, "do")];
        let hash = *blake3::hash(CODES).as_bytes();
        Report::new(form, &hash, 3, lines)
    }

    /// What the recipient says to a package with this section of a report.
    fn opened(world: &World, report: Option<Vec<u8>>) -> Result<Option<Report>> {
        let mut sections = vec![("council".to_owned(), CODES.to_vec())];
        sections.extend(report.map(|json| (RELEASE_CHECK.to_owned(), json)));
        let manifest = world.manifest(PackageKind::Records);
        let hub = world.agreement.party("hub").unwrap();
        let sealed = seal(manifest, sections, &world.council, hub).unwrap();
        let on = date("2026-09-01");
        open(&sealed.bytes, &world.linkage_unit, &world.agreement, on)
            .map(|package| package.release_check)
    }

    fn code(world: &World, report: Option<Vec<u8>>) -> &'static str {
        opened(world, report).map_or_else(|error| error.code(), |_| "accepted")
    }

    #[test]
    fn only_what_passed_a_full_check_is_taken() {
        for level in [Level::Pass, Level::Warn] {
            let report = report(Form::Full, level);
            assert_eq!(opened(&REAL, Some(report.to_json())).unwrap(), Some(report));
        }
        assert_eq!(code(&REAL, None), "E-RELEASE-MISSING");
        for (form, level) in [
            (Form::Full, Level::Block),
            (Form::Full, Level::Broken),
            (Form::Quick, Level::Pass),
        ] {
            let json = report(form, level).to_json();
            assert_eq!(code(&REAL, Some(json.clone())), "E-RELEASE-BLOCKED");
            assert_eq!(code(&REHEARSAL, Some(json)), "accepted");
        }
        assert_eq!(code(&REHEARSAL, None), "accepted");
    }

    #[test]
    fn a_doctored_report_is_refused_under_every_agreement() {
        let good = report(Form::Full, Level::Block);
        let mut verdict = good.clone();
        verdict.verdict = Level::Pass;
        let mut line = good.clone();
        line.lines[1].level = Level::Pass;
        let mut records = good.clone();
        records.records += 1;
        let other = Report {
            payload: "0".repeat(64),
            ..good.clone()
        };
        let mut spaced = good.to_json();
        spaced.push(b'\n');
        let doctored = [verdict, line, records, other].map(|report| report.to_json());
        for json in doctored.into_iter().chain([spaced, b"{}".to_vec()]) {
            for world in [&*REAL, &*REHEARSAL] {
                assert_eq!(code(world, Some(json.clone())), "E-RELEASE-REPORT");
            }
        }
    }

    #[test]
    fn events_need_no_check() {
        let world = &*REAL;
        let team = world.agreement.party("team").unwrap();
        let manifest = world.manifest(PackageKind::Events);
        let sections = vec![("events".to_owned(), b"e".to_vec())];
        let sealed = seal(manifest, sections, &world.council, team).unwrap();
        let on = date("2026-09-01");
        let package = open(&sealed.bytes, &world.integrator, &world.agreement, on).unwrap();
        assert_eq!(package.release_check, None);
    }
}
