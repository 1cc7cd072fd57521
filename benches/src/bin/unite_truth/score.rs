//! Which pairs of rows come together, and which of them are one person.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::Path;

use kinfold_extract::{Care, Gathered, Memory, Reason, gather, unite};

use crate::cases::Case;

/// How careful, without the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As before a release.
    Release,
    /// As the table of a bench.
    Bench,
}

impl Kind {
    fn at(self, limit: f64) -> Care {
        match self {
            Self::Release => Care::Release(limit),
            Self::Bench => Care::Bench(limit),
        }
    }
}

/// What came together.
#[derive(Clone, Debug, Default)]
pub struct Unions {
    /// Pairs of rows of one person that are together.
    pub right: usize,
    /// Pairs of rows of two people that are together.
    pub wrong: usize,
    /// Joins by reason.
    pub joins: BTreeMap<Reason, usize>,
    /// Of the doubtful pairs, by reason, how many are one person and how many are two.
    pub doubtful: BTreeMap<String, [usize; 2]>,
}

/// A case, measured.
pub struct Scored {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: usize,
    /// Pairs of rows of one person.
    pub possible: usize,
    /// By the sure rules alone.
    pub rules: Unions,
    /// With all evidence: how carefully, at which limit, and what came together.
    pub with_evidence: Vec<(Kind, f64, Unions)>,
}

/// Measures a case with every kind of care at every limit.
pub fn score(case: &Case, kinds: &[Kind], limits: &[f64]) -> Result<Scored, Box<dyn Error>> {
    let scratch = std::env::temp_dir();
    let gathered = gather(&case.mapping, Memory::default(), &scratch, |_| ())?;
    let entities = entities(&gathered, &case.truth)?;
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for entity in &entities {
        *sizes.entry(*entity).or_default() += 1;
    }
    let mut with_evidence = Vec::new();
    for &kind in kinds {
        for &limit in limits {
            let unions = unions(&gathered, &entities, kind.at(limit))?;
            with_evidence.push((kind, limit, unions));
        }
    }
    Ok(Scored {
        name: case.name.clone(),
        rows: entities.len(),
        possible: sizes.values().map(|size| size * (size - 1) / 2).sum(),
        rules: unions(&gathered, &entities, Care::Rules)?,
        with_evidence,
    })
}

fn unions(gathered: &Gathered, entities: &[u32], care: Care) -> Result<Unions, Box<dyn Error>> {
    let united = unite(&gathered.rows, care, &gathered.decided, &|_| ())?;
    let mut unions = Unions::default();
    for person in 0..united.people() {
        let rows = united.rows(person);
        for (at, one) in rows.iter().enumerate() {
            for other in &rows[at + 1..] {
                if entities[*one as usize] == entities[*other as usize] {
                    unions.right += 1;
                } else {
                    unions.wrong += 1;
                }
            }
        }
    }
    for pair in &united.doubtful {
        let counts = unions.doubtful.entry(format!("{:?}", pair.why));
        counts.or_default()[usize::from(entities[pair.left] != entities[pair.right])] += 1;
    }
    unions.joins = united.joins;
    Ok(unions)
}

/// The person of each row, as a number; a row that the truth does not name is somebody of its own.
fn entities(gathered: &Gathered, truth: &Path) -> Result<Vec<u32>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(truth)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.ok_or_else(|| format!("{} has no column `{name}`", truth.display()))
    };
    let [source, id, entity] = [column("source")?, column("rec_id")?, column("entity_id")?];
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut known: HashMap<(String, String), u32> = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let next = numbers.len() as u32;
        let number = *numbers.entry(record[entity].to_owned()).or_insert(next);
        known.insert((record[source].to_owned(), record[id].to_owned()), number);
    }
    let rows = &gathered.rows;
    let mut next = numbers.len() as u32;
    let mut entities = Vec::with_capacity(rows.len());
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    for part in all.chunks(4096) {
        for row in rows.load(part)? {
            let source = gathered.mapping.people[row.source].source.clone();
            let found = known.get(&(source, row.own_id.expose().clone()));
            entities.push(found.copied().unwrap_or_else(|| {
                next += 1;
                next
            }));
        }
    }
    Ok(entities)
}
