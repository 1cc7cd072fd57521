//! Two releases of the sample through the real binaries: who is shown in a household since when, who no longer, and nobody who is protected.

use kinfold_tests::fixture::{demo, rows};
use kinfold_tests::process::{Done, hub, kinfold};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use xtask::demo::CUSTODIANS;

/// The demo's release, and one half a year later of the same extracts.
const FIRST: &str = "2026-08";
const LATER: &str = "2027-02";

/// The council's list of pupils, which has a column for protected addresses.
const PUPILS: &str = "school-census-preamble-and-temporary-upns.csv";
/// Its lines before the column names.
const TITLE_LINES: usize = 2;

/// One row of `households.parquet`.
#[derive(Debug)]
struct Member {
    person: String,
    seen: [String; 3],
    current: bool,
    ties: String,
    withheld: bool,
}

/// Encodes a custodian's extracts, which lie in a folder, as the later release.
fn encode(custodian: &str, extracts: &Path, output: &Path) {
    let demo = &demo().folder;
    let mut command = kinfold(["run", "--period", LATER, "--sequence", "1"]);
    command
        .arg("--agreement")
        .arg(demo.join("agreement.toml"))
        .arg("--key")
        .arg(demo.join(format!("keys/{custodian}.key")))
        .arg("--project-key")
        .arg(demo.join("keys/project.key"))
        .arg("--mapping")
        .arg(extracts.join("mapping.toml"))
        .arg("-o")
        .arg(output);
    Done::run(&mut command).well();
}

/// A new hub with the later packages of these folders, linked after the demo's own run; gives its memberships.
fn link_after_the_demo(
    hub_folder: &Path,
    packages: &[(&str, &Path)],
    output: &Path,
) -> Vec<Member> {
    let demo = demo();
    let mut command = hub(["init"]);
    command
        .arg(hub_folder)
        .arg("--agreement")
        .arg(demo.folder.join("agreement.toml"));
    Done::run(&mut command).well();
    let first: Vec<_> = CUSTODIANS
        .iter()
        .map(|custodian| (custodian.id, demo.folder.join(custodian.id)))
        .collect();
    let first = first.iter().map(|(id, folder)| (*id, folder.as_path()));
    for (packages, period, day) in [
        (first.collect::<Vec<_>>(), FIRST, "2026-09-01"),
        (packages.to_vec(), LATER, "2027-02-28"),
    ] {
        let mut command = hub(["ingest"]);
        for (custodian, folder) in packages {
            for kind in ["records", "events"] {
                command.arg(folder.join(format!("{custodian}-{period}.{kind}.kin")));
            }
        }
        command.arg("--hub").arg(hub_folder);
        for party in ["linkage-unit", "integrator"] {
            command
                .arg("--key")
                .arg(demo.folder.join(format!("keys/{party}.key")));
        }
        command.args(["--on", day]);
        Done::run(&mut command).well();
    }
    let mut command = hub(["link", "--reference-date", "2027-02-28"]);
    command
        .arg("--hub")
        .arg(hub_folder)
        .arg("--previous")
        .arg(demo.results())
        .arg("-o")
        .arg(output);
    Done::run(&mut command).well();
    let columns = [
        "cluster_id",
        "seen_from",
        "seen_to",
        "gone_by",
        "current",
        "custodians",
        "withheld",
    ];
    let members = rows(&output.join("households.parquet"), columns);
    let members = members.into_iter();
    members
        .map(|[person, from, to, gone, current, ties, withheld]| Member {
            person,
            seen: [from, to, gone],
            current: current == "true",
            ties,
            withheld: withheld == "true",
        })
        .collect()
}

/// A copy of the council's extracts in which some pupils' addresses are protected.
fn protect(extracts: &Path, copy: &Path, pupils: &BTreeSet<&str>) {
    fs::create_dir(copy).expect("a folder");
    for entry in fs::read_dir(extracts).expect("the extracts") {
        let path = entry.expect("an extract").path();
        fs::copy(&path, copy.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(extracts.join(PUPILS))
        .expect("the pupils");
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_path(copy.join(PUPILS))
        .expect("a file");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let column = |name: &str| {
        let mut names = rows[TITLE_LINES].iter();
        names
            .position(|column| column == name)
            .expect("the column is there")
    };
    let (id, flag) = (column("Pupil ID"), column("Addr Protected"));
    for row in &rows {
        let hidden = row.get(id).is_some_and(|id| pupils.contains(id));
        let cells = row.iter().enumerate();
        let cells = cells.map(|(at, cell)| if hidden && at == flag { "Y" } else { cell });
        writer.write_record(cells).expect("a row is written");
    }
    writer.flush().expect("the file is written");
}

#[test]
fn a_later_release_tells_who_is_there_since_when_and_hides_the_protected() {
    let desk = tempfile::tempdir().expect("a folder");
    let desk = desk.path();
    let sample = xtask::sample::folder();
    let folders: Vec<_> = CUSTODIANS
        .iter()
        .map(|custodian| (custodian.id, desk.join(custodian.id)))
        .collect();
    for (custodian, folder) in &folders {
        encode(custodian, &sample.join(custodian), folder);
    }
    let mut packages: Vec<(&str, &Path)> = folders
        .iter()
        .map(|(id, folder)| (*id, folder.as_path()))
        .collect();
    let members = link_after_the_demo(&desk.join("hub"), &packages, &desk.join("out"));

    let mut kinds = [0; 4];
    for member in &members {
        let seen = member.seen.each_ref().map(String::as_str);
        let kind = match (seen, member.current) {
            (["", "", ""], true) => 0,
            ([FIRST, LATER, ""], true) => 1,
            ([LATER, LATER, ""], true) => 2,
            ([FIRST, FIRST, LATER], false) => 3,
            _ => panic!("{member:?}"),
        };
        // Without evidence of a home, and of former members, no custodian says anything.
        assert_eq!(member.ties == "0", kind == 0 || kind == 3, "{member:?}");
        assert!(!member.withheld || kind == 0, "{member:?}");
        kinds[kind] += 1;
    }
    assert!(kinds.iter().all(|&count| count > 0), "{kinds:?}");
    assert!(kinds[1] > 10 * kinds[3], "{kinds:?}");

    // Pupils who are shown as gone; then their addresses are protected.
    let former: BTreeSet<&str> = members
        .iter()
        .filter(|member| !member.seen[2].is_empty())
        .map(|member| member.person.as_str())
        .collect();
    let people = rows(
        &desk.join("out/people.parquet"),
        ["record_ref", "cluster_id"],
    );
    let person_of: BTreeMap<String, String> = people
        .into_iter()
        .map(|[record, own]| (record, own))
        .collect();
    let list = desk.join(format!("council/council-{LATER}.local-references.csv"));
    let records = rows(&list, ["own_id", "record_ref"]);
    let gone: Vec<(&str, &str)> = records
        .iter()
        .filter_map(|[own_id, record]| Some((own_id.as_str(), person_of.get(record)?.as_str())))
        .filter(|(own_id, person)| own_id.starts_with("PU") && former.contains(person))
        .collect();
    assert!(gone.len() >= 3, "{gone:?}");
    let pupils: BTreeSet<&str> = gone.iter().map(|(pupil, _)| *pupil).collect();
    let (extracts, hidden) = (desk.join("protected"), desk.join("hidden"));
    protect(&sample.join("council"), &extracts, &pupils);
    encode("council", &extracts, &hidden);
    for (custodian, folder) in &mut packages {
        if *custodian == "council" {
            *folder = &hidden;
        }
    }
    let output = desk.join("out-hidden");
    let members = link_after_the_demo(&desk.join("hub-hidden"), &packages, &output);
    for (_, person) in gone {
        let own = members.iter().filter(|member| member.person == person);
        let own: Vec<_> = own.collect();
        let [only] = own.as_slice() else {
            panic!("one row of a protected person: {own:?}");
        };
        assert!(
            only.withheld && only.seen.iter().all(String::is_empty),
            "{only:?}"
        );
    }
    let still = members.iter().filter(|member| !member.seen[2].is_empty());
    assert!(still.count() < former.len());
}
