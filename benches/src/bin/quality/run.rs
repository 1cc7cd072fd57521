//! One set with one linkage schema: encode every source, link every run, compare with the truth.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kinfold_benches::tables;
use kinfold_linkage::measures::{Labelled, pairwise};
use kinfold_store::{Column, read_text_columns};
use serde_json::{Value, json};

use crate::errors::{self, Errors, Texts};
use crate::measure::{Measures, Record};
use crate::programs::Programs;
use kinfold_benches::sets::Set;

/// The key of every bench: its codes are not for release, and the figures must come out again.
const KEY: &str = "kinfold quality bench: a key that everyone knows";

/// What one run gave.
#[derive(Debug)]
pub struct Outcome {
    /// The set's name.
    pub set: String,
    /// The set's title.
    pub title: String,
    /// The schema's name.
    pub schema: String,
    /// The sources that were linked.
    pub sources: Vec<String>,
    /// Rows of all sources.
    pub rows: usize,
    /// Rows that became codes; others count as people of one row.
    pub encoded: usize,
    /// What `kinfold encode` said about each source: what it left out and what it could not read.
    pub encodings: BTreeMap<String, Value>,
    /// How right it is.
    pub measures: Measures,
    /// What is wrong, if that was asked.
    pub errors: Option<Errors>,
    /// What the model says about itself.
    pub model: Value,
    /// Seconds of linking.
    pub seconds: f64,
}

/// Runs a set with a schema; `with_errors` profiles what is wrong.
pub fn run(
    set: &Set,
    schema: &Path,
    data: &Path,
    work: &Path,
    programs: &Programs,
    with_errors: bool,
) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let name = schema.file_stem().and_then(|stem| stem.to_str());
    let name = name.ok_or("the schema's file has no name")?.to_owned();
    let folder = work.join(&set.name).join(&name);
    std::fs::create_dir_all(&folder)?;
    let key = work.join("bench.key");
    std::fs::write(&key, KEY)?;
    let mut sources: BTreeMap<&str, Source> = BTreeMap::new();
    let mut said: BTreeMap<String, Value> = BTreeMap::new();
    for source in set.all_sources() {
        let job = Encoding {
            set,
            source,
            schema,
            key: &key,
            table: work.join(&set.name).join(format!("{source}.csv")),
            codes: folder.join(format!("{source}.codes")),
        };
        unpack(
            &data.join(&set.name).join(format!("{source}.csv.gz")),
            &job.table,
        )?;
        said.insert(source.to_owned(), job.encode(programs)?);
        sources.insert(source, Source::read(&job.codes)?);
    }
    let truth = read_truth(&data.join(&set.name).join("truth.csv.gz"))?;
    for (name, source) in &sources {
        if let Some(said) = said.get_mut(*name) {
            said["unions"] = source.unions(name, &truth);
        }
    }
    let mut outcomes = Vec::new();
    for run in &set.runs {
        let output = folder.join(format!("out-{}", run.concat()));
        let mut words: Vec<String> = vec!["link".to_owned()];
        let codes = run
            .iter()
            .map(|source| folder.join(format!("{source}.codes")));
        words.extend(codes.map(|path| path.display().to_string()));
        words.extend(["-o".to_owned(), output.display().to_string()]);
        let began = Instant::now();
        let answer = programs.hub(words)?;
        let seconds = began.elapsed().as_secs_f64();
        let records = label(run, &sources, &truth, &output.join("people.parquet"))?;
        let profile = |output: &Path, records: &[Record]| -> Result<Errors, Box<dyn Error>> {
            let fields = set.fields();
            let tables: Vec<Texts> = run
                .iter()
                .map(|source| {
                    let table = work.join(&set.name).join(format!("{source}.csv"));
                    Texts::read(&table, set.columns_of(source), &fields)
                })
                .collect::<Result<_, _>>()?;
            errors::of(records, &fields, &tables, &output.join("pairs.parquet"))
        };
        outcomes.push(Outcome {
            set: set.name.clone(),
            title: set.title.clone(),
            schema: name.clone(),
            sources: run.clone(),
            rows: records.len(),
            encoded: records
                .iter()
                .filter(|record| record.reference.is_some())
                .count(),
            encodings: said
                .iter()
                .filter(|(source, _)| run.contains(source))
                .map(|(source, said)| (source.clone(), said.clone()))
                .collect(),
            measures: Measures::of(run, &records, set.one_to_one),
            errors: with_errors
                .then(|| profile(&output, &records))
                .transpose()?,
            model: answer["model"].clone(),
            seconds,
        });
    }
    Ok(outcomes)
}

/// A source to encode.
struct Encoding<'a> {
    set: &'a Set,
    source: &'a str,
    schema: &'a Path,
    key: &'a Path,
    table: PathBuf,
    codes: PathBuf,
}

impl Encoding<'_> {
    /// Encodes, unless the codes that are there were made of the same table, schema, columns, key and program; gives back what was said
    /// about the table then.
    fn encode(&self, programs: &Programs) -> Result<Value, Box<dyn Error>> {
        let flags = self.set.flags(self.source);
        let mut hasher = blake3::Hasher::new();
        hasher.update(programs.kinfold_hash.as_bytes());
        for path in [self.schema, self.key, self.table.as_path()] {
            hasher.update(&std::fs::read(path)?).update(b"\0");
        }
        for flag in &flags {
            hasher.update(flag.as_bytes()).update(b"\0");
        }
        let made_from = hasher.finalize().to_hex().to_string();
        let stamp = self.codes.with_extension("encoded.json");
        let before: Value = std::fs::read(&stamp)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        if before["made_from"] == made_from && self.codes.exists() {
            return Ok(before["said"].clone());
        }
        let path = |path: &Path| path.display().to_string();
        let mut words = vec![
            "encode".to_owned(),
            "--unite".to_owned(),
            "--schema".to_owned(),
        ];
        words.extend([path(self.schema), "--key-file".to_owned(), path(self.key)]);
        words.extend([path(&self.table), "-o".to_owned(), path(&self.codes)]);
        words.extend(flags);
        let answer = programs.kinfold(words)?;
        let mut said = json!({});
        for name in [
            "rows",
            "records",
            "left_out",
            "rejected",
            "mean_fill",
            "united",
        ] {
            said[name] = answer["data"][name].clone();
        }
        let now = json!({ "made_from": made_from, "said": said });
        std::fs::write(stamp, now.to_string())?;
        Ok(now["said"].clone())
    }
}

/// Unpacks a table; it is written only when it differs, and then in one step.
fn unpack(packed: &Path, table: &Path) -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    tables::open(packed)?.read_to_end(&mut bytes)?;
    if std::fs::read(table).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let waiting = table.with_extension("part");
    std::fs::write(&waiting, bytes)?;
    Ok(std::fs::rename(waiting, table)?)
}

/// The rows of a source: its own identifiers by record reference. A record is of all rows that `kinfold encode` brought together.
struct Source(BTreeMap<String, Vec<String>>);

impl Source {
    /// The file that `kinfold encode` leaves beside the codes; only a bench has it and the codes in one place.
    fn read(codes: &Path) -> Result<Self, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(codes.with_extension("local-references.csv"))?;
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in reader.deserialize() {
            let (own_id, record_ref): (String, String) = row?;
            ids.entry(record_ref).or_default().push(own_id);
        }
        Ok(Self(ids))
    }

    /// How right it was to bring rows together, before anything was encoded: counts of pairs, and of rows that are in a record of
    /// somebody else.
    fn unions(&self, source: &str, truth: &Truth) -> Value {
        let mut labelled: Vec<Labelled> = Vec::new();
        let mut strangers = 0;
        for (cluster, ids) in self.0.values().enumerate() {
            let mut entities: BTreeMap<u32, usize> = BTreeMap::new();
            for id in ids {
                if let Some(&(entity, _)) = truth.get(&(source.to_owned(), id.clone())) {
                    let cluster = cluster as u32;
                    labelled.push(Labelled { entity, cluster });
                    *entities.entry(entity).or_default() += 1;
                }
            }
            let most = entities.values().max().copied().unwrap_or_default();
            strangers += entities.values().sum::<usize>() - most;
        }
        json!({ "pairs": pairwise(&labelled), "rows_of_strangers": strangers })
    }
}

/// Person and, where it is told, household of each row: by source and identifier.
type Truth = BTreeMap<(String, String), (u32, Option<u32>)>;

fn read_truth(path: &Path) -> Result<Truth, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(tables::open(path)?);
    let (mut entities, mut households) = (Numbers::default(), Numbers::default());
    let mut truth = Truth::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row?;
        let column = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
        let household = Some(column("household_id")).filter(|id| !id.is_empty());
        truth.insert(
            (column("source").to_owned(), column("rec_id").to_owned()),
            (
                entities.of(column("entity_id")),
                household.map(|id| households.of(id)),
            ),
        );
    }
    Ok(truth)
}

/// Numbers of texts, in the order in which they are met.
#[derive(Default)]
struct Numbers(BTreeMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(text.to_owned()).or_insert(next)
    }
}

/// Every row of the truth with the person that it was put into. A row that was not encoded is a person of its own.
fn label(
    run: &[String],
    sources: &BTreeMap<&str, Source>,
    truth: &Truth,
    people: &Path,
) -> Result<Vec<Record>, Box<dyn Error>> {
    let columns = [
        Column::needed(&["source"]),
        Column::needed(&["record_ref"]),
        Column::needed(&["cluster_id"]),
    ];
    let table = read_text_columns(people, &columns).map_err(|error| error.to_string())?;
    let (Some(source), Some(reference), Some(cluster)) =
        (table.column(0), table.column(1), table.column(2))
    else {
        return Err("people.parquet lacks a column".into());
    };
    let mut clusters = Numbers::default();
    let mut of: BTreeMap<(&str, &str), (u32, &str)> = BTreeMap::new();
    for row in 0..table.rows {
        let ids = &sources
            .get(source[row].as_str())
            .ok_or("a source of no run")?
            .0;
        let rows = ids.get(&reference[row]).ok_or("a reference of no row")?;
        let found = (clusters.of(&cluster[row]), reference[row].as_str());
        of.extend(
            rows.iter()
                .map(|id| ((source[row].as_str(), id.as_str()), found)),
        );
    }
    let mut alone = clusters.0.len() as u32..;
    // Rows that came together stay together, also where their record had too little to be encoded.
    let mut left_out: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for source in run {
        let ids = &sources.get(source.as_str()).ok_or("a source of no run")?.0;
        for rows in ids.values().filter(|rows| rows.len() > 1) {
            let cluster = alone.next().ok_or("too many people")?;
            left_out.extend(
                rows.iter()
                    .map(|id| ((source.as_str(), id.as_str()), cluster)),
            );
        }
    }
    let mut records = Vec::new();
    for ((source, id), &(entity, household)) in truth {
        let Some(position) = run.iter().position(|own| own == source) else {
            continue;
        };
        let found = of.get(&(source.as_str(), id.as_str())).copied();
        let cluster = found.map(|(cluster, _)| cluster);
        records.push(Record {
            source: position,
            own_id: id.clone(),
            reference: found.map(|(_, reference)| reference.to_owned()),
            entity,
            household,
            cluster: cluster
                .or_else(|| left_out.get(&(source.as_str(), id.as_str())).copied())
                .or_else(|| alone.next())
                .ok_or("too many people")?,
        });
    }
    Ok(records)
}
