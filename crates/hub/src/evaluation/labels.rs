//! Joining a result with the truth: each true record with its entity, its cluster and the households of both.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use kinfold_linkage::measures::HouseholdRecord;
use kinfold_message::Problem;
use kinfold_store::{Column, TextTable, read_text_columns};

use super::contradiction;
use crate::args::EvaluateArgs;

const SOURCE: &[&str] = &["source", "source_dataset"];
const RECORD_REF: &[&str] = &["record_ref", "unique_id"];

/// The records of the truth with all their labels, numbered.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// One for each row of the truth, in its order.
    pub(crate) records: Vec<HouseholdRecord>,
    /// Whether the result has the record.
    pub(crate) present: Vec<bool>,
    /// Records of the result that the truth does not have.
    pub(crate) unknown: usize,
    /// Whether any file says what the true households are.
    pub(crate) has_true_households: bool,
    /// Numbers of the true households, in the order of their ids.
    pub(crate) true_households: Numbers,
    /// Numbers of the predicted households, in the order of their ids.
    pub(crate) predicted_households: Numbers,
}

impl Labels {
    /// Reads and joins the files.
    pub(crate) fn read(args: &EvaluateArgs) -> Result<Self, Problem> {
        let keys = Keys::choose(args)?;
        let clusters = read_clusters(&args.people, &keys)?;
        let truth = read_truth(&args.truth, &keys)?;
        let true_households = match &args.true_households {
            Some(path) => Some(read_memberships(path, "entity_id")?),
            None => truth.households.clone(),
        };
        let predicted_households = match &args.households {
            Some(path) => read_memberships(path, "cluster_id")?,
            None => Memberships::new(),
        };

        let has_true_households = true_households.is_some();
        let true_households = true_households.unwrap_or_default();
        let true_numbers = Numbers::of(true_households.values().flatten());
        let predicted_numbers = Numbers::of(predicted_households.values().flatten());
        let entities = Numbers::of(truth.rows.iter().map(|(_, entity)| entity));
        let names = Numbers::of(clusters.values());
        let nobody = BTreeSet::new();
        let (mut records, mut present) = (Vec::new(), Vec::new());
        let mut known = HashSet::new();
        for (row, (key, entity)) in truth.rows.iter().enumerate() {
            let cluster = key.as_ref().and_then(|key| clusters.get_key_value(key));
            if let Some((key, _)) = cluster {
                known.insert(key);
            }
            let of_entity = true_households.get(entity).unwrap_or(&nobody);
            let of_cluster = cluster
                .and_then(|(_, name)| predicted_households.get(name))
                .unwrap_or(&nobody);
            records.push(HouseholdRecord {
                entity: entities.number(entity),
                // A record that the result does not have is a person of its own.
                cluster: cluster.map_or((names.len() + row) as u32, |(_, name)| names.number(name)),
                true_households: of_entity.iter().map(|id| true_numbers.number(id)).collect(),
                predicted_households: of_cluster
                    .iter()
                    .map(|id| predicted_numbers.number(id))
                    .collect(),
            });
            present.push(cluster.is_some());
        }
        Ok(Self {
            unknown: clusters.len() - known.len(),
            records,
            present,
            has_true_households,
            true_households: true_numbers,
            predicted_households: predicted_numbers,
        })
    }
}

/// Ids numbered in their order, so that "the smaller id" and "the smaller number" are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(BTreeMap<String, u32>);

impl Numbers {
    fn of<'a>(ids: impl IntoIterator<Item = &'a String>) -> Self {
        let sorted: BTreeSet<&String> = ids.into_iter().collect();
        Self(
            sorted
                .into_iter()
                .zip(0..)
                .map(|(id, number)| (id.clone(), number))
                .collect(),
        )
    }

    /// The number of an id, if it is one of these.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.0.get(id).copied()
    }

    fn number(&self, id: &str) -> u32 {
        self.0[id]
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Person (or entity) to household ids.
type Memberships = BTreeMap<String, BTreeSet<String>>;

/// What names a record in both files.
enum Keys {
    /// Source and own id stand in both.
    OwnId,
    /// The record reference stands in both.
    Reference,
    /// The result has record references, the truth own ids; the custodians' files say which is which.
    Translated(HashMap<(String, String), String>),
}

impl Keys {
    fn choose(args: &EvaluateArgs) -> Result<Self, Problem> {
        if !args.references.is_empty() {
            return read_references(&args.references).map(Self::Translated);
        }
        let wanted = [Column::optional(RECORD_REF)];
        let has_reference =
            |path: &Path| Ok::<_, Problem>(read_text_columns(path, &wanted)?.column(0).is_some());
        Ok(
            if has_reference(&args.people)? && has_reference(&args.truth)? {
                Self::Reference
            } else {
                Self::OwnId
            },
        )
    }

    /// One text that names the record; sources and ids come from files, so a separator they cannot hold is used.
    fn own(source: &str, id: &str) -> String {
        format!("{source}\0{id}")
    }
}

fn read_references(paths: &[PathBuf]) -> Result<HashMap<(String, String), String>, Problem> {
    let mut references = HashMap::new();
    for path in paths {
        let wanted = [
            Column::needed(SOURCE),
            Column::needed(&["own_id", "rec_id"]),
            Column::needed(RECORD_REF),
        ];
        let table = read_text_columns(path, &wanted)?;
        for ((source, id), reference) in column(&table, 0)
            .iter()
            .zip(column(&table, 1))
            .zip(column(&table, 2))
        {
            references.insert((source.clone(), id.clone()), reference.to_ascii_lowercase());
        }
    }
    Ok(references)
}

/// Record key to cluster.
fn read_clusters(path: &Path, keys: &Keys) -> Result<HashMap<String, String>, Problem> {
    let by_reference = !matches!(keys, Keys::OwnId);
    let (id, source): (&[&str], _) = if by_reference {
        (RECORD_REF, Column::optional(SOURCE))
    } else {
        (&["rec_id"], Column::needed(SOURCE))
    };
    let wanted = [Column::needed(&["cluster_id"]), Column::needed(id), source];
    let table = read_text_columns(path, &wanted)?;
    let mut clusters = HashMap::new();
    for (row, (cluster, id)) in column(&table, 0).iter().zip(column(&table, 1)).enumerate() {
        let key = if by_reference {
            id.to_ascii_lowercase()
        } else {
            Keys::own(&column(&table, 2)[row], id)
        };
        if clusters
            .insert(key, cluster.clone())
            .is_some_and(|other| other != *cluster)
        {
            return Err(contradiction(
                path,
                &format!("the record of row {} is in two clusters", row + 1),
            ));
        }
    }
    Ok(clusters)
}

/// The truth as it is read.
struct Truth {
    /// Record key (none when its custodian left it out) and entity, in the file's order.
    rows: Vec<(Option<String>, String)>,
    /// Households of each entity, when the file says.
    households: Option<Memberships>,
}

fn read_truth(path: &Path, keys: &Keys) -> Result<Truth, Problem> {
    let id: &[&str] = if matches!(keys, Keys::Reference) {
        RECORD_REF
    } else {
        &["rec_id", "own_id"]
    };
    let source = if matches!(keys, Keys::Reference) {
        Column::optional(SOURCE)
    } else {
        Column::needed(SOURCE)
    };
    let wanted = [
        Column::needed(id),
        Column::needed(&["entity_id"]),
        source,
        Column::optional(&["household_id"]),
    ];
    let table = read_text_columns(path, &wanted)?;
    let mut rows = Vec::with_capacity(table.rows);
    let mut seen = HashSet::new();
    let mut households = table.column(3).map(|_| Memberships::new());
    for (row, (id, entity)) in column(&table, 0).iter().zip(column(&table, 1)).enumerate() {
        let source = column(&table, 2).get(row).map_or("", String::as_str);
        if !seen.insert((source, id)) {
            return Err(contradiction(
                path,
                &format!("the record of row {} is there twice", row + 1),
            ));
        }
        let key = match keys {
            Keys::OwnId => Some(Keys::own(source, id)),
            Keys::Reference => Some(id.to_ascii_lowercase()),
            Keys::Translated(references) => {
                references.get(&(source.to_owned(), id.clone())).cloned()
            }
        };
        rows.push((key, entity.clone()));
        if let (Some(households), Some(ids)) = (&mut households, table.column(3)) {
            let ids = ids[row]
                .split(';')
                .map(str::trim)
                .filter(|id| !id.is_empty());
            households
                .entry(entity.clone())
                .or_default()
                .extend(ids.map(str::to_owned));
        }
    }
    Ok(Truth { rows, households })
}

fn read_memberships(path: &Path, member: &str) -> Result<Memberships, Problem> {
    let table = read_text_columns(
        path,
        &[Column::needed(&[member]), Column::needed(&["household_id"])],
    )?;
    let mut memberships = Memberships::new();
    for (member, household) in column(&table, 0).iter().zip(column(&table, 1)) {
        memberships
            .entry(member.clone())
            .or_default()
            .insert(household.clone());
    }
    Ok(memberships)
}

/// A column that was needed, or nothing for an optional one that is missing.
pub(super) fn column(table: &TextTable, position: usize) -> &[String] {
    table.column(position).unwrap_or_default()
}
