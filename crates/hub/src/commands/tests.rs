//! The commands on real folders and real packages: two custodians, forty people, ten households, known truth.

use std::path::{Path, PathBuf};

use kinfold_exchange::{
    Agreement, Contact, Contents, Draft, EventDates, EventRow, LifeStage, Manifest, PackageKind,
    PartyKey, ProjectKey, Reference, Role, STANDARD_EVENT_CODES, SubjectRow, codes_to_ipc,
    events_to_ipc, seal, subjects_to_ipc,
};
use kinfold_indicators::RulePack;
use kinfold_message::Problem;
use kinfold_schema::{CodeTable, FilterColumn, HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Schema};

use crate::args::{Cli, Global};
use crate::screen::{Answer, Screen};

const PEOPLE: usize = 40;

/// A folder with keys, a signed agreement and the packages of two custodians.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let keys: Vec<PartyKey> = [
            ("council", Role::Custodian),
            ("health", Role::Custodian),
            ("unit", Role::LinkageUnit),
            ("team", Role::Integrator),
        ]
        .map(|(id, role)| PartyKey::danger_from_seed(id, role, 7).unwrap())
        .into();
        let mut parties: Vec<_> = keys.iter().map(PartyKey::public).collect();
        parties[0].contacts.push(Contact {
            service: "housing".into(),
            name: "Housing advice".into(),
            phone: Some("01632 960001".into()),
            email: None,
        });
        let (schema, rules) = (Schema::standard(), RulePack::local7());
        let draft = Draft {
            name: "Eastmere".into(),
            project: "eastmere".into(),
            epoch: "2026".into(),
            purpose: "To offer help".into(),
            lawful_basis: "Children Act 2004".into(),
            retention: "12 months".into(),
            expires: "2027-03-31".parse().unwrap(),
            people: 1000,
            test: true,
            event_dates: EventDates::Month,
            event_codes: STANDARD_EVENT_CODES
                .iter()
                .map(|&code| code.to_owned())
                .collect(),
            schema: Reference {
                id: schema.id.clone(),
                hash: schema.hash(),
            },
            rule_packs: vec![Reference {
                id: rules.id().to_owned(),
                hash: rules.hash(),
            }],
            parties,
        };
        let agreement = Agreement::draft(&draft).unwrap();
        std::fs::write(world.path("agreement.toml"), agreement.text()).unwrap();
        for key in &keys {
            Agreement::sign_file(&world.path("agreement.toml"), key).unwrap();
            key.save(&world.path(&format!("{}.key", key.id()))).unwrap();
        }
        world
    }

    /// With packages of both custodians and an empty hub.
    fn with_hub() -> Self {
        let world = Self::new();
        world.send("council", 1, 7);
        world.send("health", 1, 7);
        world
            .run(&["init", "hub", "--agreement", "agreement.toml"])
            .unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a custodian's two packages.
    fn send(&self, custodian: &str, sequence: u64, seed: u64) {
        let agreement = Agreement::load(&self.path("agreement.toml")).unwrap();
        let signer = PartyKey::load(&self.path(&format!("{custodian}.key"))).unwrap();
        let project_key = ProjectKey::danger_from_seed("eastmere", "2026", seed).unwrap();
        let schema = Schema::standard();
        let (table, events, subjects) = (
            codes(custodian, &schema),
            events(custodian),
            subjects(custodian),
        );
        let records = vec![(custodian.to_owned(), codes_to_ipc(&table, &schema).unwrap())];
        let facts = vec![
            ("events".to_owned(), events_to_ipc(&events).unwrap()),
            ("subjects".to_owned(), subjects_to_ipc(&subjects).unwrap()),
        ];
        for (kind, rows, sections) in [
            (PackageKind::Records, PEOPLE, records),
            (PackageKind::Events, events.len(), facts),
        ] {
            let contents = Contents {
                kind,
                period: "2026-08",
                sequence,
                rows: rows as u64,
            };
            let manifest = Manifest::prepare(&agreement, &signer, &project_key, &contents).unwrap();
            let sealed = seal(manifest, sections, &signer, agreement.recipient_of(kind)).unwrap();
            std::fs::write(self.path(&format!("{custodian}.{kind}.kin")), sealed.bytes).unwrap();
        }
    }

    /// Runs a command line; arguments that name a file of the world become its path.
    fn run(&self, line: &[&str]) -> Result<Answer, Problem> {
        let is_path = |word: &str| {
            !word.starts_with('-')
                && (word.contains('.') || ["hub", "out", "again"].contains(&word))
        };
        let words = line[1..].iter().map(|word| {
            if is_path(word) {
                self.path(word).display().to_string()
            } else {
                (*word).to_owned()
            }
        });
        let words: Vec<String> = ["kinfold-hub".to_owned(), line[0].to_owned()]
            .into_iter()
            .chain(words)
            .collect();
        let cli = <Cli as clap::Parser>::try_parse_from(words).unwrap();
        super::run(
            &cli.command,
            &Screen::new(&Global {
                quiet: true,
                ..Global::default()
            }),
        )
    }

    fn ingest(&self, packages: &[&str]) -> Result<Answer, Problem> {
        let rest = [
            "--hub",
            "hub",
            "--key",
            "unit.key",
            "--key",
            "team.key",
            "--on",
            "2026-09-01",
        ];
        self.run(&[&["ingest"], packages, &rest].concat())
    }

    fn ingest_all(&self) -> Answer {
        self.ingest(&[
            "council.records.kin",
            "council.events.kin",
            "health.records.kin",
            "health.events.kin",
        ])
        .unwrap()
    }

    fn link(&self, output: &str) -> Result<Answer, Problem> {
        self.run(&[
            "link",
            "--hub",
            "hub",
            "--reference-date",
            "2026-08-31",
            "-o",
            output,
        ])
    }
}

/// Bytes that depend on the text alone.
fn random<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    blake3::Hasher::new()
        .update(text.as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

fn reference(custodian: &str, person: usize) -> [u8; 16] {
    random(&format!("{custodian} {person}"))
}

/// Both custodians know all people; both have the same keys and filters for each.
fn codes(custodian: &str, schema: &Schema) -> CodeTable {
    let mut table = CodeTable {
        filters: schema
            .filters
            .iter()
            .map(|filter| FilterColumn {
                id: filter.id.clone(),
                bits: filter.bits,
                words: Vec::new(),
            })
            .collect(),
        ..CodeTable::default()
    };
    for person in 0..PEOPLE {
        table.record_ref.push(reference(custodian, person));
        for filter in &mut table.filters {
            for word in 0..filter.bits / 64 {
                filter.words.push(u64::from_le_bytes(random(&format!(
                    "filter {person} {word}"
                ))));
            }
        }
        table.keys.extend(
            (0..schema.key_slots()).map(|slot| random::<16>(&format!("key {person} {slot}"))),
        );
        table.presence.push((1 << schema.presence.slots.len()) - 1);
        table.flags.push(0);
        table
            .household
            .extend((0..schema.household_slots()).map(|slot| match slot {
                0 => HouseholdKey {
                    token: random(&format!("home {}", person / 4)),
                    kind: HOUSEHOLD_UPRN,
                    from: 1440,
                    to: NO_MONTH,
                },
                _ => HouseholdKey {
                    token: random(&format!("{custodian} {person} {slot}")),
                    kind: 0,
                    from: NO_MONTH,
                    to: NO_MONTH,
                },
            }));
    }
    table
}

/// The council knows of rent arrears of the first person of every second household.
fn events(custodian: &str) -> Vec<EventRow> {
    let homes = if custodian == "council" {
        (0..PEOPLE).step_by(8).collect()
    } else {
        Vec::new()
    };
    homes
        .into_iter()
        .map(|person| EventRow {
            record_ref: reference(custodian, person),
            code: "housing/main-duty".into(),
            start: 20_605, // 2026-06-01
            end: None,
            ongoing: false,
            grade: 0,
            service: "housing".into(),
        })
        .collect()
}

fn subjects(custodian: &str) -> Vec<SubjectRow> {
    (0..PEOPLE)
        .map(|person| SubjectRow {
            record_ref: reference(custodian, person),
            life_stage: if person % 4 < 2 {
                LifeStage::Adult
            } else {
                LifeStage::Child
            },
            datasets: vec![
                if custodian == "council" {
                    "housing"
                } else {
                    "mental-health"
                }
                .into(),
            ],
            last_contact: None,
        })
        .collect()
}

fn codes_of(answer: &Answer) -> Vec<&str> {
    answer.problems.iter().map(|problem| problem.code).collect()
}

fn truth(world: &World) {
    let mut truth = "source,record_ref,entity_id,household_id\n".to_owned();
    let mut needs = "household_id,indicator,current\n".to_owned();
    for custodian in ["council", "health"] {
        for person in 0..PEOPLE {
            let reference = crate::terms::hex(&reference(custodian, person));
            truth.push_str(&format!(
                "{custodian},{reference},E{person},H{:02}\n",
                person / 4
            ));
        }
    }
    for home in 0..PEOPLE / 4 {
        needs.push_str(&format!("H{home:02},homelessness,{}\n", home % 2 == 0));
    }
    std::fs::write(world.path("truth.csv"), truth).unwrap();
    std::fs::write(world.path("true-needs.csv"), needs).unwrap();
}

#[test]
fn the_whole_path_finds_what_is_there() {
    let world = World::with_hub();
    let answer = world.ingest_all();
    assert!(answer.problems.is_empty(), "{:?}", answer.problems);
    assert_eq!(answer.text.matches("accepted: ").count(), 4);

    let listed = world.run(&["packages", "--hub", "hub"]).unwrap();
    assert_eq!(listed.data["packages"].as_array().unwrap().len(), 4);
    assert!(listed.data["awaited"].as_array().unwrap().is_empty());

    let linked = world.link("out").unwrap();
    assert_eq!(
        (&linked.data["records"], &linked.data["people"]),
        (&80.into(), &40.into())
    );
    assert_eq!(linked.data["needs"]["homelessness"]["current"], 5);
    assert_eq!(linked.data["households_by_current_needs"]["1"], 5);

    truth(&world);
    let line = [
        "evaluate",
        "--people",
        "out/people.parquet",
        "--truth",
        "truth.csv",
        "--households",
        "out/households.parquet",
        "--needs",
        "out/needs.parquet",
        "--true-needs",
        "true-needs.csv",
    ];
    let found = world.run(&line).unwrap();
    for measure in ["pairwise", "household_pair", "needs"] {
        assert_eq!(
            found.data[measure]["f1"], 1.0,
            "{measure}: {:?}",
            found.data
        );
    }

    let health = world.run(&["doctor", "--hub", "hub"]).unwrap();
    assert!(health.problems.is_empty());
    assert_eq!(health.data["ledger_entries"], 5);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    world
        .run(&[
            "link",
            "--hub",
            "hub",
            "--reference-date",
            "2026-08-31",
            "-o",
            "again",
            "--threads",
            "1",
        ])
        .unwrap();
    let mut names: Vec<_> = std::fs::read_dir(world.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 6, "{names:?}");
    for name in names {
        let bytes = |folder: &str| std::fs::read(world.path(folder).join(&name)).unwrap();
        assert!(
            bytes("out") == bytes("again"),
            "{} differs",
            Path::new(&name).display()
        );
    }
}

#[test]
fn the_manifest_names_every_output_by_its_hash() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    let manifest = std::fs::read_to_string(world.path("out").join("run.json")).unwrap();
    for name in [
        "pairs.parquet",
        "people.parquet",
        "households.parquet",
        "needs.parquet",
        "report.html",
    ] {
        let bytes = std::fs::read(world.path("out").join(name)).unwrap();
        assert!(
            manifest.contains(blake3::hash(&bytes).to_hex().as_str()),
            "{name}"
        );
    }
}

#[test]
fn one_bad_package_does_not_keep_the_others_out() {
    let world = World::with_hub();
    let damage = |name: &str, edit: fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(world.path(name)).unwrap();
        edit(&mut bytes);
        std::fs::write(world.path(name), bytes).unwrap();
    };
    damage("council.records.kin", |bytes| {
        *bytes.last_mut().unwrap() ^= 1
    });
    damage("council.events.kin", |bytes| {
        bytes.truncate(bytes.len() / 2)
    });
    damage("health.events.kin", Vec::clear);
    let answer = world.ingest_all();
    assert_eq!(answer.problems.len(), 3, "{:?}", answer.problems);
    assert!(
        answer
            .problems
            .iter()
            .all(|problem| problem.place.is_some() && problem.code.starts_with("E-PKG-"))
    );
    assert_eq!(answer.text.matches("accepted: health records").count(), 1);
    assert_eq!(
        std::fs::read_dir(world.path("hub").join("packages"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn the_same_package_again_is_fine_and_a_replay_is_not() {
    let world = World::with_hub();
    world.ingest_all();
    let again = world.ingest_all();
    assert!(again.problems.is_empty() && again.text.matches("already ingested").count() == 4);
    // Another content under a number that is not higher than the last.
    world.send("council", 0x7fff, 7);
    assert!(
        world
            .ingest(&["council.records.kin"])
            .unwrap()
            .problems
            .is_empty()
    );
    world.send("council", 2, 7);
    assert_eq!(
        codes_of(&world.ingest(&["council.records.kin"]).unwrap()),
        ["E-PKG-REPLAY"]
    );
}

#[test]
fn a_custodian_with_another_project_key_is_noticed() {
    let world = World::with_hub();
    world.send("health", 1, 8);
    let answer = world
        .ingest(&["council.records.kin", "health.records.kin"])
        .unwrap();
    assert_eq!(codes_of(&answer), ["E-KEY-CHECK"]);
}

#[test]
fn keys_of_the_wrong_party_are_refused() {
    let world = World::with_hub();
    let wrong = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "council.key",
        "--on",
        "2026-09-01",
    ];
    assert_eq!(world.run(&wrong).unwrap_err().code, "E-INGEST-KEY");
    let other = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "team.key",
        "--on",
        "2026-09-01",
    ];
    assert_eq!(codes_of(&world.run(&other).unwrap()), ["E-PKG-RECIPIENT"]);
}

#[test]
fn nothing_is_opened_after_the_agreement_has_ended() {
    let world = World::with_hub();
    let late = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "unit.key",
        "--on",
        "2027-04-01",
    ];
    assert_eq!(world.run(&late).unwrap_err().code, "E-AGR-EXPIRED");
}

#[test]
fn terms_edited_in_the_hubs_folder_are_noticed() {
    let world = World::with_hub();
    let path = world.path("hub").join("rules.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n# a comment\n")).unwrap();
    assert_eq!(
        world.run(&["packages", "--hub", "hub"]).unwrap_err().code,
        "E-HUB-TERMS"
    );
}

#[test]
fn an_empty_hub_cannot_link_and_a_missing_one_says_so() {
    let world = World::with_hub();
    assert_eq!(world.link("out").unwrap_err().code, "E-LINK-EMPTY");
    assert!(!world.path("out").exists());
    assert_eq!(
        world.run(&["packages", "--hub", "out"]).unwrap_err().code,
        "E-HUB-MISSING"
    );
}

#[test]
fn a_dry_run_keeps_nothing() {
    let world = World::with_hub();
    let dry = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "unit.key",
        "--on",
        "2026-09-01",
        "--dry-run",
    ];
    assert!(
        world
            .run(&dry)
            .unwrap()
            .text
            .starts_with("would be accepted")
    );
    assert_eq!(
        std::fs::read_dir(world.path("hub").join("packages"))
            .unwrap()
            .count(),
        0
    );
    world.ingest_all();
    let line = [
        "link",
        "--hub",
        "hub",
        "--reference-date",
        "2026-08-31",
        "-o",
        "out",
        "--dry-run",
    ];
    assert_eq!(world.run(&line).unwrap().data["comparisons"], 1600);
    assert!(!world.path("out").exists());
}
