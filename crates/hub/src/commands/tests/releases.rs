//! Who is shown in a household since when, over the sealed packages of several periods that release no months.

use std::path::Path;

use kinfold_schema::FLAG_WITHHELD;

use super::world::{World, home, reference};
use crate::terms::hex;

/// A child of home 0, who may live in home 1 too.
const CHILD: usize = 2;
/// An adult of home 1.
const PARENT: usize = 4;

const FEBRUARY: &str = "2026-02";
const MAY: &str = "2026-05";
const AUGUST: &str = "2026-08";

/// Both custodians send the records of a period, the child with these homes; and a run of them goes into the folder `PERIOD.run`.
fn release(world: &World, period: &str, homes: &[usize], flags: u8, previous: Option<&str>) {
    for custodian in ["council", "health"] {
        world.send_records_of(custodian, period, |table, schema| {
            let slots = schema.household_slots();
            for (person, keys) in table.household.chunks_mut(slots).enumerate() {
                keys[0] = home(person / 4);
                if person == CHILD {
                    for (slot, &number) in homes.iter().enumerate() {
                        keys[slot] = home(number);
                    }
                }
            }
            // One custodian's flag is enough.
            if custodian == "health" {
                table.flags[CHILD] = flags;
            }
        });
    }
    let packages = ["council.records.kin", "health.records.kin"];
    let answer = world.ingest(&packages).unwrap();
    assert!(answer.problems.is_empty(), "{:?}", answer.problems);
    let output = format!("{period}.run");
    link(world, period, &output, previous);
}

fn link(world: &World, period: &str, output: &str, previous: Option<&str>) {
    let date = format!("{period}-28");
    let mut line = vec![
        "link",
        "--hub",
        "hub",
        "--reference-date",
        &date,
        "-o",
        output,
    ];
    line.extend(
        previous
            .into_iter()
            .flat_map(|folder| ["--previous", folder]),
    );
    world.run(&line).unwrap();
}

/// The rows of a person of the town: household, current, first and last release, release at which it was gone, custodians, reasons.
fn memberships(world: &World, period: &str, person: usize) -> Vec<[String; 7]> {
    let wanted = hex(&reference(&format!("council {period}"), person));
    let people = world.rows(
        &format!("{period}.run/people.parquet"),
        ["record_ref", "cluster_id"],
    );
    let found = people.into_iter().find(|[record, _]| *record == wanted);
    let [_, own] = found.unwrap();
    let columns = [
        "cluster_id",
        "household_id",
        "current",
        "seen_from",
        "seen_to",
        "gone_by",
        "custodians",
        "reasons",
    ];
    let rows = world.rows(&format!("{period}.run/households.parquet"), columns);
    rows.into_iter()
        .filter(|[person, ..]| *person == own)
        .map(|[_, rest @ ..]| rest)
        .collect()
}

/// The same without households and reasons, in order.
fn dates(world: &World, period: &str, person: usize) -> Vec<[String; 5]> {
    let mut dates: Vec<[String; 5]> = memberships(world, period, person)
        .into_iter()
        .map(|[_, dates @ .., _]| dates)
        .collect();
    dates.sort();
    dates
}

fn row(current: &str, from: &str, to: &str, gone: &str, custodians: &str) -> [String; 5] {
    [current, from, to, gone, custodians].map(str::to_owned)
}

fn same_files(world: &World, one: &str, other: &str) {
    for name in ["households.parquet", "report.html", "run.json"] {
        let bytes = |folder: &str| std::fs::read(world.path(folder).join(name)).unwrap();
        assert!(bytes(one) == bytes(other), "{}", Path::new(name).display());
    }
}

#[test]
fn a_child_that_leaves_one_of_two_homes_is_dated_in_both() {
    let world = World::with_hub();
    release(&world, FEBRUARY, &[0, 1], 0, None);
    let first = row("true", FEBRUARY, FEBRUARY, "", "2");
    assert_eq!(dates(&world, FEBRUARY, CHILD), [first.clone(), first]);

    release(&world, MAY, &[0, 1], 0, Some("2026-02.run"));
    let both = row("true", FEBRUARY, MAY, "", "2");
    assert_eq!(dates(&world, MAY, CHILD), [both.clone(), both]);

    release(&world, AUGUST, &[0], 0, Some("2026-05.run"));
    assert_eq!(
        dates(&world, AUGUST, CHILD),
        [
            row("false", FEBRUARY, MAY, AUGUST, "0"),
            row("true", FEBRUARY, AUGUST, "", "2"),
        ]
    );
    let rows = memberships(&world, AUGUST, CHILD);
    let [left, .., why] = rows.iter().find(|row| row[1] == "false").unwrap();
    assert_eq!(
        why,
        "Was shown in this household at the release of 2026-05, and no longer at that of 2026-08. Is shown in another one now."
    );
    let [household, .., reasons] = &memberships(&world, AUGUST, PARENT)[0];
    assert_eq!(household, left);
    assert!(
        reasons.ends_with("1 person was shown in it at an earlier release and is no longer."),
        "{reasons}"
    );
    // The same inputs, the same bytes.
    link(&world, AUGUST, "again.run", Some("2026-05.run"));
    same_files(&world, "2026-08.run", "again.run");

    // The former member is none of the household's evidence: its reference stays, with the very records that it has.
    link(&world, AUGUST, "next.run", Some("2026-08.run"));
    let lineage = world.rows(
        "next.run/lineage.parquet",
        ["reference", "change", "gained"],
    );
    let [_, change, gained] = lineage.iter().find(|[name, ..]| name == left).unwrap();
    assert_eq!((change.as_str(), gained.as_str()), ("kept", "0"));
    let households = |folder: &str| {
        let columns = [
            "household_id",
            "cluster_id",
            "seen_from",
            "seen_to",
            "gone_by",
        ];
        world.rows(&format!("{folder}/households.parquet"), columns)
    };
    assert_eq!(households("2026-08.run"), households("next.run"));
}

#[test]
fn somebody_protected_has_no_former_home() {
    let world = World::with_hub();
    release(&world, FEBRUARY, &[0, 1], 0, None);
    release(&world, MAY, &[0], 0, Some("2026-02.run"));
    assert_eq!(dates(&world, MAY, CHILD).len(), 2);
    release(&world, AUGUST, &[0], FLAG_WITHHELD, Some("2026-05.run"));
    // A household of one, without home and date.
    assert_eq!(dates(&world, AUGUST, CHILD), [row("true", "", "", "", "0")]);
    let reasons = world.rows("2026-08.run/households.parquet", ["reasons"]);
    assert!(reasons.iter().all(|[reasons]| !reasons.contains("release")));
}
