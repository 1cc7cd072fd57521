//! Joining a result with the truth: each true record with its entity, its cluster and the households of both.

use std::collections::HashMap;
use std::path::Path;

use kinfold_linkage::measures::{Labelled, Memberships};
use kinfold_message::Problem;
use kinfold_store::Column;

use super::files::{Keys, Names, People, SOURCE, filled, own, visit};
use crate::args::EvaluateArgs;

/// More sources than this are a mistaken column: measures for each two of them would fill the memory.
const SOURCES_MAX: usize = 200;

/// The records of the truth with all their labels, numbered.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// One for each row of the truth, in its order.
    pub(crate) records: Vec<Labelled>,
    /// The source of each record; empty when the truth does not say.
    pub(super) sources: Vec<u32>,
    /// Names of the sources, sorted; a record's source is a position here.
    pub(super) source_names: Vec<String>,
    /// Whether the result has the record.
    pub(crate) present: Vec<bool>,
    /// Records of the result that the truth does not have.
    pub(crate) unknown: usize,
    /// Whether any file says what the true households are.
    pub(crate) has_true_households: bool,
    /// Every true household of each record's person.
    pub(super) truth: Memberships,
    /// Every predicted household of each record's cluster.
    pub(super) predicted: Memberships,
    /// The same two of the households in which people are now, where both files say so.
    pub(super) now: Option<[Memberships; 2]>,
    /// The true households of each record itself, as its source knows them.
    pub(super) homes: Memberships,
    /// Numbers of the true households, in the order of their ids.
    pub(crate) true_households: Numbers,
    /// Numbers of the predicted households, in the order of their ids.
    pub(crate) predicted_households: Numbers,
    /// Ids of the true people.
    pub(super) entities: Names,
    /// Rows by source and id, as the truth has them.
    pub(super) own: Names,
    /// Rows by the key of the record in the result.
    pub(super) rows: HashMap<String, u32>,
}

impl Labels {
    /// Reads the truth and the households and joins them with the people of the result.
    pub(super) fn read(
        args: &EvaluateArgs,
        truth: &Path,
        keys: &Keys,
        people: &People,
    ) -> Result<Self, Problem> {
        let truth = read_truth(truth, keys)?;
        let of_entities = match &args.true_households {
            Some(path) => Some(read_memberships(path, "entity_id", "to", &truth.entities)?),
            None => truth.households.as_ref().map(|rows| {
                let pairs = truth
                    .entity
                    .iter()
                    .zip(rows)
                    .flat_map(|(&entity, ids)| ids.iter().map(move |id| (entity, id.clone())));
                Households::new(pairs.collect(), truth.entities.len())
            }),
        };
        let has_true_households = of_entities.is_some();
        let of_entities = of_entities.unwrap_or_default();
        let of_clusters = match &args.households {
            Some(path) => read_memberships(path, "cluster_id", "current", &people.clusters)?,
            None => Households::default(),
        };
        let count = truth.entity.len();
        let mut records = Vec::with_capacity(count);
        let mut present = Vec::with_capacity(count);
        let mut rows = HashMap::with_capacity(count);
        let mut known = vec![false; people.cluster.len()];
        for (row, &entity) in truth.entity.iter().enumerate() {
            let found = truth.keys[row]
                .as_ref()
                .and_then(|key| people.numbers.get(key));
            // A record that the result does not have is a person of its own.
            let mut cluster = (people.clusters.len() + row) as u32;
            if let Some(&record) = found {
                known[record as usize] = true;
                cluster = people.cluster[record as usize];
            }
            present.push(found.is_some());
            records.push(Labelled { entity, cluster });
        }
        for (row, key) in truth.keys.into_iter().enumerate() {
            if let Some(key) = key {
                rows.insert(key, row as u32);
            }
        }
        let homes = match (&truth.households, args.true_households.is_some()) {
            (Some(of_records), false) => Memberships::new(of_records.iter().map(|ids| {
                ids.iter()
                    .filter_map(|id| of_entities.ids.find(id))
                    .collect::<Vec<_>>()
            })),
            _ => of_entities.by(records.iter().map(|record| record.entity)),
        };
        let now = match (of_entities.now(), of_clusters.now()) {
            (Some(truth), Some(predicted)) => Some([
                truth.by(records.iter().map(|record| record.entity)),
                predicted.by(records.iter().map(|record| record.cluster)),
            ]),
            _ => None,
        };
        let (sources, source_names) = sorted(&truth.source, &truth.sources);
        Ok(Self {
            truth: of_entities.by(records.iter().map(|record| record.entity)),
            predicted: of_clusters.by(records.iter().map(|record| record.cluster)),
            now,
            homes,
            sources,
            source_names,
            records,
            present,
            unknown: known.iter().filter(|known| !**known).count(),
            has_true_households,
            true_households: of_entities.ids,
            predicted_households: of_clusters.ids,
            entities: truth.entities,
            own: truth.own,
            rows,
        })
    }
}

/// Sources numbered in the order of their names.
fn sorted(of: &[u32], names: &Names) -> (Vec<u32>, Vec<String>) {
    let list = names.list();
    let mut order: Vec<u32> = (0..list.len() as u32).collect();
    order.sort_unstable_by_key(|&number| list[number as usize]);
    let mut place = vec![0u32; order.len()];
    for (position, &number) in order.iter().enumerate() {
        place[number as usize] = position as u32;
    }
    (
        of.iter().map(|&number| place[number as usize]).collect(),
        order
            .iter()
            .map(|&number| list[number as usize].to_owned())
            .collect(),
    )
}

/// Ids numbered in their order, so that "the smaller id" and "the smaller number" are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(Vec<String>);

impl Numbers {
    /// The number of an id, if it is one of these.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        let at = self.0.binary_search_by(|known| known.as_str().cmp(id)).ok();
        at.map(|at| at as u32)
    }
}

/// The households of people.
#[derive(Clone, Debug, Default)]
struct Households {
    ids: Numbers,
    /// By person.
    of: Vec<Vec<u32>>,
    /// By person, those in which the person is now; where the file does not say, none.
    now: Option<Vec<Vec<u32>>>,
}

impl Households {
    /// From (person, household id). A person that no record has is `u32::MAX`; its households still have numbers.
    fn new(pairs: Vec<(u32, String)>, people: usize) -> Self {
        let mut ids: Vec<&str> = pairs.iter().map(|(_, id)| id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let ids = Numbers(ids.into_iter().map(str::to_owned).collect());
        let mut of = vec![Vec::new(); people];
        for (person, id) in &pairs {
            if let (Some(own), Some(number)) = (of.get_mut(*person as usize), ids.find(id)) {
                own.push(number);
            }
        }
        Self { ids, of, now: None }
    }

    /// The households in which people are now, where the file says so.
    fn now(&self) -> Option<Self> {
        let of = self.now.clone()?;
        Some(Self {
            of,
            ..Self::default()
        })
    }

    /// The households of each of some people.
    fn by(&self, people: impl Iterator<Item = u32>) -> Memberships {
        Memberships::new(people.map(|person| {
            let own = self.of.get(person as usize);
            own.map(Vec::as_slice).unwrap_or_default().iter().copied()
        }))
    }
}

/// The truth as it is read.
struct Truth {
    /// By row: key (none when its custodian left it out), entity, source.
    keys: Vec<Option<String>>,
    entity: Vec<u32>,
    source: Vec<u32>,
    entities: Names,
    sources: Names,
    /// Rows by source and id.
    own: Names,
    /// Household ids of each row, when the file says.
    households: Option<Vec<Vec<String>>>,
}

fn read_truth(path: &Path, keys: &Keys) -> Result<Truth, Problem> {
    let (id, source) = keys.truth_columns();
    let wanted = [
        Column::needed(id),
        Column::needed(&["entity_id"]),
        source,
        Column::optional(&["household_id"]),
    ];
    let mut truth = Truth {
        keys: Vec::new(),
        entity: Vec::new(),
        source: Vec::new(),
        entities: Names::default(),
        sources: Names::default(),
        own: Names::default(),
        households: None,
    };
    visit(path, &wanted, |row, at| {
        let (id, source) = (filled(row, at, 0, id)?, row.cell(2));
        let entity = filled(row, at, 1, &["entity_id"])?;
        let next = truth.own.len() as u32;
        if truth.own.number(&own(source.unwrap_or_default(), id)) != next {
            return Err(at.row("the record of this row is there twice"));
        }
        truth
            .keys
            .push(keys.of_truth(source.unwrap_or_default(), id));
        truth.entity.push(truth.entities.number(entity));
        if let Some(source) = source {
            truth.source.push(truth.sources.number(source));
            if truth.sources.len() > SOURCES_MAX {
                return Err(at.cell(
                    SOURCE,
                    "there are more than 200 sources; a source is a custodian's file, not a record",
                ));
            }
        }
        if let Some(ids) = row.cell(3) {
            let ids = ids.split(';').map(str::trim).filter(|id| !id.is_empty());
            truth
                .households
                .get_or_insert_default()
                .push(ids.map(str::to_owned).collect());
        }
        Ok(())
    })?;
    Ok(truth)
}

/// Reads who is in which household. The column that says whether the person is there now is `current` (true or false) or `to` (the month of leaving, or
/// nothing).
fn read_memberships(
    path: &Path,
    member: &str,
    now: &str,
    people: &Names,
) -> Result<Households, Problem> {
    let (member, household, now) = ([member], ["household_id"], [now]);
    let wanted = [
        Column::needed(&member),
        Column::needed(&household),
        Column::optional(&now),
    ];
    let (mut pairs, mut currently) = (Vec::new(), Vec::new());
    let mut is_said = false;
    visit(path, &wanted, |row, at| {
        let person = people.find(filled(row, at, 0, &member)?);
        let household = filled(row, at, 1, &household)?;
        let pair = (person.unwrap_or(u32::MAX), household.to_owned());
        if let Some(cell) = row.cell(2) {
            is_said = true;
            if cell.is_empty() || cell.eq_ignore_ascii_case("true") {
                currently.push(pair.clone());
            }
        }
        pairs.push(pair);
        Ok(())
    })?;
    let mut households = Households::new(pairs, people.len());
    if is_said {
        let mut now = vec![Vec::new(); people.len()];
        for (person, id) in currently {
            if let (Some(own), Some(number)) =
                (now.get_mut(person as usize), households.ids.find(&id))
            {
                own.push(number);
            }
        }
        households.now = Some(now);
    }
    Ok(households)
}
