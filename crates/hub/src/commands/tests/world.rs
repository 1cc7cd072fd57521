//! A small world for the tests: keys, a signed agreement, and the packages of two custodians who both know forty people in ten
//! households.

use std::path::PathBuf;

use kinfold_exchange::{
    Agreement, Contact, Contents, DEATH_EVENT_CODE, Draft, EventDates, EventRow, LifeStage,
    Manifest, PackageKind, PartyKey, ProjectKey, Reference, Role, STANDARD_EVENT_CODES, SubjectRow,
    codes_to_ipc, events_to_ipc, seal, subjects_to_ipc,
};
use kinfold_indicators::RulePack;
use kinfold_message::Problem;
use kinfold_schema::{CodeTable, FilterColumn, HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Schema};
use kinfold_store::{Column, read_text_columns};

use crate::args::{Cli, Global};
use crate::screen::{Answer, Screen};

pub(super) const PEOPLE: usize = 40;

/// A folder with keys, a signed agreement and the packages of two custodians.
pub(super) struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// An empty folder.
    pub(super) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn new() -> Self {
        let world = Self::empty();
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
            trusted_linkage_unit: false,
            event_dates: EventDates::Month,
            event_codes: STANDARD_EVENT_CODES
                .iter()
                .chain(&[DEATH_EVENT_CODE])
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
    pub(super) fn with_hub() -> Self {
        let world = Self::new();
        world.send("council", 1, 7);
        world.send("health", 1, 7);
        world
            .run(&["init", "hub", "--agreement", "agreement.toml"])
            .unwrap();
        world
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a custodian's two packages.
    pub(super) fn send(&self, custodian: &str, sequence: u64, seed: u64) {
        self.send_with(custodian, sequence, seed, &[]);
    }

    /// The same, with more events.
    pub(super) fn send_with(&self, custodian: &str, sequence: u64, seed: u64, more: &[EventRow]) {
        let agreement = Agreement::load(&self.path("agreement.toml")).unwrap();
        let signer = PartyKey::load(&self.path(&format!("{custodian}.key"))).unwrap();
        let project_key = ProjectKey::danger_from_seed("eastmere", "2026", seed).unwrap();
        let schema = Schema::standard();
        let (table, mut events, subjects) = (
            codes(custodian, &schema),
            events(custodian),
            subjects(custodian),
        );
        events.extend_from_slice(more);
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

    /// Writes a custodian's records of another period, after some edits. Record references are those of the period, as real ones are.
    pub(super) fn send_records_of(
        &self,
        custodian: &str,
        period: &str,
        edit: impl Fn(&mut CodeTable, &Schema),
    ) {
        let agreement = Agreement::load(&self.path("agreement.toml")).unwrap();
        let signer = PartyKey::load(&self.path(&format!("{custodian}.key"))).unwrap();
        let project_key = ProjectKey::danger_from_seed("eastmere", "2026", 7).unwrap();
        let schema = Schema::standard();
        let mut table = codes(custodian, &schema);
        for (person, own) in table.record_ref.iter_mut().enumerate() {
            *own = reference(&format!("{custodian} {period}"), person);
        }
        edit(&mut table, &schema);
        let records = vec![(custodian.to_owned(), codes_to_ipc(&table, &schema).unwrap())];
        let contents = Contents {
            kind: PackageKind::Records,
            period,
            sequence: 1,
            rows: table.len() as u64,
        };
        let manifest = Manifest::prepare(&agreement, &signer, &project_key, &contents).unwrap();
        let recipient = agreement.recipient_of(PackageKind::Records);
        let sealed = seal(manifest, records, &signer, recipient).unwrap();
        std::fs::write(self.path(&format!("{custodian}.records.kin")), sealed.bytes).unwrap();
    }

    /// Some columns of a table, row by row.
    pub(super) fn rows<const N: usize>(
        &self,
        file: &str,
        columns: [&'static str; N],
    ) -> Vec<[String; N]> {
        let names = columns.map(|column| [column]);
        let wanted: Vec<Column<'_>> = names.iter().map(|name| Column::needed(name)).collect();
        let table = read_text_columns(&self.path(file), &wanted).unwrap();
        (0..table.rows)
            .map(|row| std::array::from_fn(|column| table.column(column).unwrap()[row].clone()))
            .collect()
    }

    /// Runs a command line; arguments that name a file of the world become its path.
    pub(super) fn run(&self, line: &[&str]) -> Result<Answer, Problem> {
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
        crate::commands::run(
            &cli.command,
            &Screen::new(&Global {
                quiet: true,
                ..Global::default()
            }),
        )
    }

    pub(super) fn ingest(&self, packages: &[&str]) -> Result<Answer, Problem> {
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

    pub(super) fn ingest_all(&self) -> Answer {
        self.ingest(&[
            "council.records.kin",
            "council.events.kin",
            "health.records.kin",
            "health.events.kin",
        ])
        .unwrap()
    }

    pub(super) fn link(&self, output: &str) -> Result<Answer, Problem> {
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

/// The key of a home, without months.
pub(super) fn home(number: usize) -> HouseholdKey {
    HouseholdKey {
        token: random(&format!("home {number}")),
        kind: HOUSEHOLD_UPRN,
        from: NO_MONTH,
        to: NO_MONTH,
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

/// The record reference of a custodian's record of a person.
pub(super) fn reference(custodian: &str, person: usize) -> [u8; 16] {
    random(&format!("{custodian} {person}"))
}

/// Both custodians know all people; both have the same keys and filters for each.
pub(super) fn codes(custodian: &str, schema: &Schema) -> CodeTable {
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

pub(super) fn truth(world: &World) {
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
