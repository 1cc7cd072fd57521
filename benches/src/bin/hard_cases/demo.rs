//! What a demo's folder holds: the linkage unit's codes, and the truth about them.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use kinfold_exchange::{LifeStage as Sent, codes_from_ipc, is_codes, subjects_from_ipc};
use kinfold_linkage::{LifeStage, RecordSet};
use kinfold_schema::{CodeTable, Schema};
use kinfold_store::Hub;

/// A membership of the truth.
pub struct Membership {
    /// Household id.
    pub household: String,
    /// Entity id.
    pub entity: String,
    /// Whether it is over.
    pub past: bool,
    /// What the member is there: `parent`, `child` and others.
    pub role: String,
}

/// A planted case.
pub struct Planted {
    /// Its name.
    pub case: String,
    /// Entity id.
    pub entity: String,
    /// Household id, or empty.
    pub household: String,
}

/// Codes and truth.
pub struct Demo {
    /// The schema of the agreement.
    pub schema: Schema,
    /// The codes of each custodian.
    pub sets: Vec<RecordSet>,
    /// What event packages say about life stages, by record reference.
    pub stages: BTreeMap<[u8; 16], Vec<LifeStage>>,
    /// The entity of each record reference; the first when a custodian joined rows of several.
    pub entity: BTreeMap<[u8; 16], String>,
    /// For each row of the truth: its record reference (none when the custodian left it out) and its entity.
    pub rows: Vec<(Option<[u8; 16]>, String)>,
    /// True memberships.
    pub memberships: Vec<Membership>,
    /// Planted cases.
    pub cases: Vec<Planted>,
}

impl Demo {
    /// Reads the folder that `cargo xtask demo` wrote.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let hub = Hub::open(&folder.join("hub"))?;
        let schema = Schema::parse(&std::fs::read_to_string(hub.schema_path())?)?;
        let mut tables: BTreeMap<String, CodeTable> = BTreeMap::new();
        let mut stages: BTreeMap<[u8; 16], Vec<LifeStage>> = BTreeMap::new();
        for package in hub.latest_packages()? {
            let sections = hub.sections(&package.payload_hash)?;
            for section in sections.iter().filter(|section| is_codes(&section.name)) {
                let bytes = hub
                    .load_section(&package.payload_hash, &section.name)?
                    .ok_or("a section without bytes")?;
                if package.kind == "records" {
                    let codes = codes_from_ipc(&bytes, &schema)?;
                    match tables.get_mut(&package.custodian) {
                        Some(table) => table.append(codes),
                        None => {
                            tables.insert(package.custodian.clone(), codes);
                        }
                    }
                } else if section.name == "subjects" {
                    for subject in subjects_from_ipc(&bytes)? {
                        let stage = match subject.life_stage {
                            Sent::Unknown => LifeStage::Unknown,
                            Sent::Child => LifeStage::Child,
                            Sent::Adult => LifeStage::Adult,
                        };
                        stages.entry(subject.record_ref).or_default().push(stage);
                    }
                }
            }
        }
        let sets: Vec<RecordSet> = tables
            .into_iter()
            .map(|(source, table)| RecordSet { source, table })
            .collect();

        let mut references: BTreeMap<(String, String), [u8; 16]> = BTreeMap::new();
        for set in &sets {
            let own = folder.join(&set.source);
            for entry in std::fs::read_dir(&own)? {
                let path = entry?.path();
                if path.to_string_lossy().ends_with(".local-references.csv") {
                    for row in rows(&path)? {
                        let reference = hex(&row["record_ref"])?;
                        references
                            .insert((row["source"].clone(), row["own_id"].clone()), reference);
                    }
                }
            }
        }
        let truth = folder.join("sample/truth");
        let mut entity = BTreeMap::new();
        let mut all = Vec::new();
        for row in rows(&truth.join("truth.csv"))? {
            let key = (row["source"].clone(), row["rec_id"].clone());
            let reference = references.get(&key).copied();
            if let Some(reference) = reference {
                entity.entry(reference).or_insert(row["entity_id"].clone());
            }
            all.push((reference, row["entity_id"].clone()));
        }
        let known: BTreeSet<&String> = all.iter().map(|(_, entity)| entity).collect();
        let memberships = rows(&truth.join("households.csv"))?
            .into_iter()
            .filter(|row| known.contains(&row["entity_id"]))
            .map(|row| Membership {
                household: row["household_id"].clone(),
                entity: row["entity_id"].clone(),
                past: !row["to"].is_empty(),
                role: row["role"].clone(),
            })
            .collect();
        let cases = rows(&truth.join("cases.csv"))?
            .into_iter()
            .map(|row| Planted {
                case: row["case"].clone(),
                entity: row["entity_id"].clone(),
                household: row["household_id"].clone(),
            })
            .collect();
        Ok(Self {
            schema,
            sets,
            stages,
            entity,
            rows: all,
            memberships,
            cases,
        })
    }
}

fn rows(path: &Path) -> Result<Vec<BTreeMap<String, String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

fn hex(text: &str) -> Result<[u8; 16], Box<dyn Error>> {
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = text
            .get(2 * index..2 * index + 2)
            .ok_or("a short reference")?;
        *byte = u8::from_str_radix(digits, 16)?;
    }
    Ok(bytes)
}
