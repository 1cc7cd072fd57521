//! Bad input ends with a coded error that says what to do, a non-zero exit, and nothing half-written.

use kinfold_tests::fixture::demo;
use kinfold_tests::process::{Done, binaries, files_under, hub, kinfold};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use xtask::sample;

/// Exits: finished with a "no", could not run, refused, integrity failure.
const NO: i32 = 1;
const COULD_NOT_RUN: i32 = 2;
const REFUSED: i32 = 3;
const INTEGRITY: i32 = 4;

#[test]
fn an_empty_file() {
    let place = Place::new();
    let extract = place.copy_of_extracts("police");
    let file = first_people_file(&extract);
    fs::write(extract.join(file), "").expect("the copy is ours");
    place
        .encode("police", &extract)
        .badly("E-EXTRACT-EMPTY", &[NO, COULD_NOT_RUN]);
    place.assert_nothing_in("out");
}

#[test]
fn a_missing_column() {
    let place = Place::new();
    let extract = place.copy_of_extracts("police");
    let mapping = extract.join("mapping.toml");
    let text = fs::read_to_string(&mapping).expect("the mapping");
    let line = text
        .lines()
        .find(|line| line.starts_with("family_name"))
        .expect("a column of family names");
    fs::write(
        &mapping,
        text.replace(line, "family_name = \"No such column\""),
    )
    .expect("the copy is ours");
    let done = place
        .encode("police", &extract)
        .badly("E-EXTRACT-COLUMN", &[NO, COULD_NOT_RUN]);
    assert!(done.stderr.contains("No such column"), "{done}");
    place.assert_nothing_in("out");
}

#[test]
fn the_key_of_another_party() {
    let place = Place::new();
    let mut command = run_command(
        &demo_key("health"),
        &demo_key("project"),
        &sample::folder().join("police"),
    );
    Done::run(command.arg("-o").arg(place.at("out")))
        .badly("E-ENCODE-CUSTODIAN", &[COULD_NOT_RUN, REFUSED]);
    place.assert_nothing_in("out");
}

/// It has the right name and is not the one that the agreement lists.
#[test]
fn another_key_of_the_same_party() {
    let place = Place::new();
    let key = place.at("police.key");
    let mut command = kinfold([
        "key",
        "new",
        "--party",
        "police",
        "--role",
        "custodian",
        "--danger-seed",
        "99",
    ]);
    Done::run(command.arg("-o").arg(&key)).well();
    let mut command = run_command(&key, &demo_key("project"), &sample::folder().join("police"));
    Done::run(command.arg("-o").arg(place.at("out")))
        .badly("E-KEY-PARTY", &[COULD_NOT_RUN, REFUSED, INTEGRITY]);
    place.assert_nothing_in("out");
}

#[test]
fn the_project_key_of_another_epoch() {
    let place = Place::new();
    let other = place.at("other.key");
    let mut command = kinfold([
        "key",
        "project",
        "--project",
        "eastmere",
        "--epoch",
        "1999",
        "--danger-seed",
        "7",
    ]);
    Done::run(command.arg("-o").arg(&other)).well();
    let mut command = run_command(
        &demo_key("police"),
        &other,
        &sample::folder().join("police"),
    );
    Done::run(command.arg("-o").arg(place.at("out")))
        .badly("E-KEY-PROJECT", &[COULD_NOT_RUN, REFUSED, INTEGRITY]);
    place.assert_nothing_in("out");
}

/// The linkage unit is never given the project key, and cannot encode with it.
#[test]
fn the_project_key_in_the_wrong_hands() {
    let place = Place::new();
    let mut command = run_command(
        &demo_key("linkage-unit"),
        &demo_key("project"),
        &sample::folder().join("police"),
    );
    Done::run(command.arg("-o").arg(place.at("out")))
        .badly("E-KEY-ROLE", &[COULD_NOT_RUN, REFUSED]);
    place.assert_nothing_in("out");
}

/// Two custodians with two project keys would silently never link: the second one is refused.
#[test]
fn two_custodians_with_two_project_keys() {
    let place = Place::new();
    let other = place.at("other.key");
    let mut command = kinfold([
        "key",
        "project",
        "--project",
        "eastmere",
        "--epoch",
        "2026",
        "--danger-seed",
        "8",
    ]);
    Done::run(command.arg("-o").arg(&other)).well();
    let mut command = run_command(
        &demo_key("police"),
        &other,
        &sample::folder().join("police"),
    );
    Done::run(command.arg("-o").arg(place.at("out"))).well();
    place.new_hub(&agreement());
    place.ingest(&[package("council", "records")]).well();
    let before = place.hub_files();
    place
        .ingest(&[place.at("out/police-2026-08.records.kin")])
        .badly("E-KEY-CHECK", &[REFUSED, INTEGRITY]);
    assert_eq!(place.hub_files(), before);
}

#[test]
fn a_key_that_cannot_open_the_package() {
    let place = Place::new();
    place.new_hub(&agreement());
    let before = place.hub_files();
    let mut command = hub(["ingest", "--on", "2026-09-01"]);
    command
        .arg(package("police", "records"))
        .arg("--hub")
        .arg(place.at("hub"));
    command.arg("--key").arg(demo_key("integrator"));
    Done::run(&mut command).badly("E-PKG-RECIPIENT", &[COULD_NOT_RUN, REFUSED, INTEGRITY]);
    assert_eq!(place.hub_files(), before);
}

#[test]
fn a_truncated_package() {
    let place = Place::new();
    place.new_hub(&agreement());
    let before = place.hub_files();
    let whole = fs::read(package("police", "records")).expect("the package");
    for kept in [0, 1, 40, 400, whole.len() / 2, whole.len() - 1] {
        let cut = place.at("cut.kin");
        fs::write(&cut, &whole[..kept]).expect("the copy is ours");
        let done = place.ingest(&[cut]);
        let coded = done.stderr.contains("[E-PKG-");
        assert!(
            coded && done.exit.is_some_and(|exit| exit >= COULD_NOT_RUN),
            "cut to {kept} bytes: {done}"
        );
        assert!(done.stderr.contains("hint: "), "{done}");
        assert_eq!(place.hub_files(), before, "cut to {kept} bytes");
    }
}

#[test]
fn a_tampered_package() {
    let place = Place::new();
    place.new_hub(&agreement());
    let before = place.hub_files();
    let whole = fs::read(package("police", "records")).expect("the package");
    // The head, a stanza, the first and the last of the encrypted bytes.
    for position in [3, 60, 300, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        let path = place.at("changed.kin");
        fs::write(&path, &changed).expect("the copy is ours");
        let done = place.ingest(&[path]);
        let coded = done.stderr.contains("[E-PKG-");
        assert!(
            coded && done.exit.is_some_and(|exit| exit >= COULD_NOT_RUN),
            "byte {position}: {done}"
        );
        assert_eq!(place.hub_files(), before, "byte {position}");
    }
    let mut longer = whole;
    longer.push(0);
    let path = place.at("longer.kin");
    fs::write(&path, &longer).expect("the copy is ours");
    let done = place.ingest(&[path]);
    assert!(
        done.exit.is_some_and(|exit| exit >= COULD_NOT_RUN),
        "one byte too many: {done}"
    );
    assert_eq!(place.hub_files(), before);
}

#[test]
fn a_package_of_another_agreement() {
    let place = Place::new();
    let other = place.another_agreement();
    place.new_hub(&other);
    let before = place.hub_files();
    place
        .ingest(&[package("police", "records")])
        .badly("E-PKG-AGREEMENT", &[REFUSED, INTEGRITY]);
    assert_eq!(place.hub_files(), before);
}

#[test]
fn an_agreement_that_was_changed_after_signing() {
    let place = Place::new();
    let changed = place.at("agreement.toml");
    let text = fs::read_to_string(agreement()).expect("the agreement");
    fs::write(&changed, text.replace("2027-03-31", "2037-03-31")).expect("the copy is ours");
    fs::copy(agreement().with_extension("sig"), place.at("agreement.sig")).expect("the signatures");
    let mut command = hub(["init"]);
    command
        .arg(place.at("hub"))
        .arg("--agreement")
        .arg(&changed);
    Done::run(&mut command).badly("E-AGR-SIGNATURE", &[REFUSED, INTEGRITY]);
    place.assert_nothing_in("hub");
}

#[test]
fn an_expired_agreement() {
    let place = Place::new();
    place.new_hub(&agreement());
    let mut command = hub(["ingest", "--on", "2030-01-01"]);
    command
        .arg(package("police", "records"))
        .arg("--hub")
        .arg(place.at("hub"));
    command.arg("--key").arg(demo_key("linkage-unit"));
    Done::run(&mut command).badly("E-AGR-EXPIRED", &[REFUSED]);
}

#[test]
fn a_full_disk() {
    let place = Place::new();
    let small = place.at("small");
    fs::create_dir(&small).expect("the folder is ours");
    let out = small.join("out");

    let mut encode = run_command(
        &demo_key("council"),
        &demo_key("project"),
        &sample::folder().join("council"),
    );
    encode.arg("-o").arg(&out);
    let mut link = hub(["link", "--reference-date", xtask::demo::REFERENCE_DATE]);
    link.arg("--hub")
        .arg(demo().folder.join("hub"))
        .arg("-o")
        .arg(&out);
    let mut make_sample = kinfold(["sample", "--households", "500", "--seed", "7", "-o"]);
    make_sample.arg(&out);
    for command in [&encode, &link, &make_sample] {
        let Some(done) = on_a_small_disk(&small, command) else {
            eprintln!("SKIPPED: a full disk (no right to mount a small one)");
            return;
        };
        let done = done.badly("E-FILE-DISK-FULL", &[COULD_NOT_RUN]);
        // Each file that is there is whole, and a folder without run.json is known not to be a finished run.
        let unfinished = [".part", ".kin", "run.json"];
        let left: Vec<&str> = done
            .stdout
            .lines()
            .filter(|line| unfinished.iter().any(|part| line.contains(part)))
            .collect();
        assert!(left.is_empty(), "half-written: {left:?}\n{done}");
    }
}

/// The hub's database says that it is full, and is still whole.
#[test]
fn a_full_disk_under_the_hub() {
    let place = Place::new();
    let small = place.at("small");
    fs::create_dir(&small).expect("the folder is ours");
    let binary = &binaries().hub;
    let script = format!(
        "{hub} init {small}/hub --agreement {agreement} >&2 && {hub} ingest {package} --hub {small}/hub --key {key} --on 2026-09-01",
        hub = binary.display(),
        small = small.display(),
        agreement = agreement().display(),
        package = package("council", "records").display(),
        key = demo_key("linkage-unit").display(),
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    let Some(done) = on_a_small_disk(&small, &command) else {
        eprintln!("SKIPPED: a full disk under the hub (no right to mount a small one)");
        return;
    };
    let done = done.badly("E-FILE-DISK-FULL", &[COULD_NOT_RUN]);
    assert!(!done.stdout.contains(".arrow"), "half-ingested: {done}");
}

#[test]
fn a_folder_that_holds_something_else() {
    let place = Place::new();
    let precious = place.at("out");
    fs::create_dir(&precious).expect("the folder is ours");
    fs::write(precious.join("thesis.txt"), "years of work").expect("the folder is ours");
    let mut command = kinfold(["sample", "--households", "5", "-o"]);
    Done::run(command.arg(&precious));
    assert_eq!(
        fs::read_to_string(precious.join("thesis.txt")).expect("it is still there"),
        "years of work"
    );
}

#[test]
fn a_package_that_was_sent_before() {
    let place = Place::new();
    place.new_hub(&agreement());
    place.ingest(&[package("police", "records")]).well();
    let before = place.hub_files();
    // The same bytes again are no harm: nothing changes.
    let again = place.ingest(&[package("police", "records")]).well();
    assert!(again.stdout.contains("already"), "{again}");
    assert_eq!(place.hub_files(), before);
}

/// A temporary folder and the things a test does in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A copy of one custodian's extracts that may be damaged.
    fn copy_of_extracts(&self, custodian: &str) -> PathBuf {
        let from = sample::folder().join(custodian);
        let to = self.at("extracts");
        for name in files_under(&from) {
            let target = to.join(&name);
            fs::create_dir_all(target.parent().expect("a folder")).expect("the folder is ours");
            fs::copy(from.join(&name), target).expect("the copy is ours");
        }
        to
    }

    fn encode(&self, custodian: &str, extracts: &Path) -> Done {
        let mut command = run_command(&demo_key(custodian), &demo_key("project"), extracts);
        Done::run(command.arg("-o").arg(self.at("out")))
    }

    fn new_hub(&self, agreement: &Path) {
        let mut command = hub(["init"]);
        Done::run(
            command
                .arg(self.at("hub"))
                .arg("--agreement")
                .arg(agreement),
        )
        .well();
    }

    fn ingest(&self, packages: &[PathBuf]) -> Done {
        let mut command = hub(["ingest", "--on", "2026-09-01"]);
        command.args(packages).arg("--hub").arg(self.at("hub"));
        Done::run(command.arg("--key").arg(demo_key("linkage-unit")))
    }

    /// What the hub holds, without the files that SQLite makes and removes as it pleases.
    fn hub_files(&self) -> Vec<PathBuf> {
        let mut names = files_under(&self.at("hub"));
        names.retain(|name| !name.to_string_lossy().contains("sqlite-"));
        names
    }

    /// An agreement of the same parties for another year.
    fn another_agreement(&self) -> PathBuf {
        let path = self.at("agreement.toml");
        let mut command = kinfold([
            "agreement",
            "draft",
            "--test",
            "--name",
            "Another",
            "--project",
            "eastmere",
        ]);
        command.args([
            "--epoch",
            "2026",
            "--expires",
            "2028-03-31",
            "--people",
            "75000",
            "--purpose",
            "a rehearsal",
            "--lawful-basis",
            "none is needed for synthetic records",
            "--retention",
            "nothing is kept",
        ]);
        let parties = [
            "council",
            "health",
            "police",
            "lscb",
            "linkage-unit",
            "integrator",
        ];
        for party in parties {
            command
                .arg("--public")
                .arg(demo().folder.join(format!("keys/{party}.pub.toml")));
        }
        Done::run(command.arg("-o").arg(&path)).well();
        for party in parties {
            let mut command = kinfold(["agreement", "sign"]);
            Done::run(command.arg(&path).arg("--key").arg(demo_key(party))).well();
        }
        path
    }

    fn assert_nothing_in(&self, folder: &str) {
        let left = files_under(&self.at(folder));
        let written: Vec<&PathBuf> = left
            .iter()
            .filter(|name| !(name.ends_with("check.json") || name.ends_with("doubtful.csv")))
            .collect();
        assert!(written.is_empty(), "left behind: {written:?}");
    }
}

fn demo_key(party: &str) -> PathBuf {
    demo().folder.join(format!("keys/{party}.key"))
}

fn agreement() -> PathBuf {
    demo().folder.join("agreement.toml")
}

fn package(custodian: &str, kind: &str) -> PathBuf {
    demo()
        .folder
        .join(custodian)
        .join(format!("{custodian}-2026-08.{kind}.kin"))
}

/// `kinfold run` without its output folder.
fn run_command(key: &Path, project_key: &Path, extracts: &Path) -> Command {
    let mut command = kinfold(["run", "--period", "2026-08", "--sequence", "1"]);
    command
        .arg("--agreement")
        .arg(agreement())
        .arg("--key")
        .arg(key);
    command.arg("--project-key").arg(project_key);
    command.arg("--mapping").arg(extracts.join("mapping.toml"));
    command
}

/// The file of the first `[[people]]` of a mapping.
fn first_people_file(extracts: &Path) -> String {
    let text = fs::read_to_string(extracts.join("mapping.toml")).expect("the mapping");
    let mapping: toml::Table = text.parse().expect("the mapping is TOML");
    mapping["people"][0]["file"]
        .as_str()
        .expect("a file")
        .to_owned()
}

/// Runs a command with a disk of 192 KiB at `folder`, which only the command sees, and then lists what is left there on standard
/// output. `None` when this machine does not let anybody mount one.
fn on_a_small_disk(folder: &Path, command: &Command) -> Option<Done> {
    let mount = r#"mount -t tmpfs -o size=192k none "$0" || exit 99"#;
    let script = format!(r#"{mount}; "$@"; code=$?; find "$0" -type f; exit $code"#);
    for rights in [
        &["--mount"][..],
        &["--user", "--map-root-user", "--mount"][..],
    ] {
        let mut inside = Command::new("unshare");
        inside.args(rights).args(["sh", "-c", &script]).arg(folder);
        inside.arg(command.get_program()).args(command.get_args());
        let may_mount = Command::new("unshare")
            .args(rights)
            .args(["sh", "-c", mount])
            .arg(folder)
            .status();
        if may_mount.is_ok_and(|status| status.success()) {
            return Some(Done::run(&mut inside));
        }
    }
    None
}
