//! What must be true before a run: the date fits the data, all records speak the same code, and the files of the run go to a
//! folder of their own.

use std::path::{Component, Path, PathBuf};

use kinfold_exchange::Date;
use kinfold_message::{Exit, Problem};
use kinfold_store::PackageInfo;

use crate::keys::different_keys;

/// How far the reference date may lie outside the periods of the packages.
const MONTHS_OUTSIDE_MAX: i32 = 3;

/// Needs are decided for a day that the packages know something about.
pub(crate) fn date_fits(reference_date: Date, packages: &[PackageInfo]) -> Result<(), Problem> {
    let periods: std::collections::BTreeSet<&str> = packages
        .iter()
        .map(|package| package.period.as_str())
        .collect();
    // Periods are written YYYY-MM, so their order is that of time.
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Ok(());
    };
    let date = reference_date.to_string();
    let (Some(first_month), Some(last_month), Some(month)) =
        (month(first), month(last), month(&date))
    else {
        return Ok(());
    };
    if (first_month - MONTHS_OUTSIDE_MAX..=last_month + MONTHS_OUTSIDE_MAX).contains(&month) {
        return Ok(());
    }
    let periods = periods.into_iter().collect::<Vec<_>>().join(", ");
    Err(Problem::new(
        "E-LINK-DATE",
        Exit::CouldNotRun,
        format!(
            "the reference date {date} is more than {MONTHS_OUTSIDE_MAX} months outside the periods of the packages"
        ),
        format!("give a `--reference-date` near the packages' periods: {periods}"),
    ))
}

/// All records that are linked were encoded with the same project key. Ingesting sees to it, except where custodians disagreed
/// or a correction was withdrawn.
pub(crate) fn keys_agree(packages: &[PackageInfo]) -> Result<(), Problem> {
    let mut records = packages.iter().filter(|package| package.kind == "records");
    let Some(first) = records.next() else {
        return Ok(());
    };
    let others: Vec<&PackageInfo> = records
        .filter(|package| package.key_check != first.key_check)
        .collect();
    if others.is_empty() {
        Ok(())
    } else {
        Err(different_keys(&first.custodian, &others))
    }
}

/// The files of a run are handed on, the hub's folder never is: neither may hold the other.
pub(crate) fn output_is_apart(output: &Path, hub: &Path) -> Result<(), Problem> {
    let (target, own) = (resolved(output), resolved(hub));
    if !target.starts_with(&own) && !own.starts_with(&target) {
        return Ok(());
    }
    let what = if target.starts_with(&own) {
        "the folder for the run's files is in the hub's own folder"
    } else {
        "the folder for the run's files contains the hub's folder"
    };
    Err(Problem::new(
        "E-LINK-OUTPUT",
        Exit::CouldNotRun,
        what,
        "give another folder with `-o`, such as one beside the hub's",
    )
    .at(output.display().to_string()))
}

/// Months since the year 0 of a text that begins with YYYY-MM.
fn month(text: &str) -> Option<i32> {
    let (year, month) = (text.get(..4)?, text.get(5..7)?);
    Some(year.parse::<i32>().ok()? * 12 + month.parse::<i32>().ok()?)
}

/// The path without links, `.` and `..`, whether or not its last parts exist yet.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut resolved = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            part => resolved.push(part),
        }
        if let Ok(real) = resolved.canonicalize() {
            resolved = real;
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(period: &str, key_check: &str) -> PackageInfo {
        PackageInfo {
            payload_hash: String::new(),
            kind: "records".into(),
            custodian: "council".into(),
            period: period.into(),
            sequence: 1,
            rows: 0,
            schema_hash: String::new(),
            key_check: key_check.into(),
            received_on: String::new(),
        }
    }

    #[test]
    fn the_date_lies_within_three_months_of_the_periods() {
        let packages = [package("2026-08", "a"), package("2026-06", "a")];
        let fits = |date: &str| date_fits(date.parse().unwrap(), &packages);
        for date in ["2026-03-01", "2026-08-31", "2026-11-30"] {
            assert!(fits(date).is_ok(), "{date}");
        }
        for date in ["2026-02-28", "2026-12-01", "2062-08-31"] {
            let problem = fits(date).unwrap_err();
            assert_eq!(problem.code, "E-LINK-DATE");
            assert!(problem.hint.ends_with("2026-06, 2026-08"), "{problem}");
        }
    }

    #[test]
    fn records_of_different_keys_are_not_linked() {
        assert!(keys_agree(&[package("2026-08", "a"), package("2026-08", "a")]).is_ok());
        let refused = keys_agree(&[package("2026-08", "a"), package("2026-08", "b")]);
        assert_eq!(refused.unwrap_err().code, "E-KEY-CHECK");
    }

    #[test]
    fn the_output_is_neither_in_the_hub_nor_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("hub")).unwrap();
        for inside in [
            "hub",
            "hub/out",
            "",
            "absent/../hub/out",
            "hub/../hub/./runs",
        ] {
            let refused = output_is_apart(&path(inside), &path("hub"));
            assert_eq!(refused.unwrap_err().code, "E-LINK-OUTPUT", "{inside}");
        }
        for apart in ["out", "hub-out", "hub/../out"] {
            assert!(
                output_is_apart(&path(apart), &path("hub")).is_ok(),
                "{apart}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_the_hub_is_the_hub() {
        let folder = tempfile::tempdir().unwrap();
        let hub = folder.path().join("hub");
        std::fs::create_dir(&hub).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&hub, &link).unwrap();
        assert!(output_is_apart(&link.join("out"), &hub).is_err());
    }
}
