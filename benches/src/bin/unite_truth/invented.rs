//! Invented people: a council of a borough, and people who are each there once.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use kinfold_benches::people;
use kinfold_message::grouped;
use kinfold_synth::{Options, Profile, generate};
use tempfile::TempDir;

use crate::cases::{Borough, Case};

/// People of the table that has no borough behind it.
const DRAWN: usize = 100_000;
/// The borough whose patients are measured.
const PATIENTS: Options = Options {
    households: 20_000,
    seed: 7,
    profile: Profile::Uk,
};
/// The truth of a borough.
const TRUTH: &str = "truth/truth.csv";
/// What is told of a patient: the own id and what most registers have.
const TOLD: [&str; 5] = ["own_id", "given_name", "family_name", "birth_date", "sex"];
/// What is told beside it where there are addresses.
const HOME: [&str; 2] = ["address", "postcode"];

/// The council's two sources, as the borough writes them.
pub fn council(borough: Borough) -> Result<Case, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    generate(&borough.0).write(folder.path())?;
    Ok(Case::made(
        borough.name(),
        folder,
        "council/mapping.toml",
        TRUTH,
    ))
}

/// People who are each there once, and for comparison the same patients with the second rows that their file has.
pub fn once() -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = vec![drawn()?];
    let files: BTreeMap<&str, Vec<u8>> = generate(&PATIENTS).files().into_iter().collect();
    for (also, second_rows, what) in [
        (&[][..], false, "each once, no address"),
        (&HOME[..], false, "each once, with address"),
        (&[][..], true, "with second rows, no address"),
    ] {
        cases.push(patients(&files, also, second_rows, what)?);
    }
    Ok(cases)
}

/// People whose names are as frequent as in a borough, and whose birth dates are drawn: names, birth date and sex are told.
fn drawn() -> Result<Case, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::write(
        folder.path().join("people.csv"),
        people::csv(&people::people(DRAWN)),
    )?;
    let mapping = r#"
custodian = "agency"
[[people]]
source = "people"
file = "people.csv"
own_ids = "records"
datasets = ["invented"]
[people.columns]
own_id = "id"
given_name = "first_name"
family_name = "last_name"
birth_date = "birth_date"
sex = "sex"
"#;
    fs::write(folder.path().join("mapping.toml"), mapping)?;
    fs::write(folder.path().join("truth.csv"), "source,rec_id,entity_id\n")?;
    let name = format!(
        "{} people of `make_table`, each once, no address",
        grouped(DRAWN)
    );
    Ok(Case::made(name, folder, "mapping.toml", "truth.csv"))
}

/// The patients of a borough: of each person the first row, or all rows; without any number that would prove who is who.
fn patients(
    files: &BTreeMap<&str, Vec<u8>>,
    also: &[&str],
    second_rows: bool,
    what: &str,
) -> Result<Case, Box<dyn Error>> {
    let file = |name: &str| {
        let found = files.get(name).map(Vec::as_slice);
        found.ok_or_else(|| format!("the borough has no file {name}"))
    };
    let mapping = Mapped::read(std::str::from_utf8(file("health/mapping.toml")?)?, also)?;
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("truth"))?;
    fs::write(folder.path().join(TRUTH), file(TRUTH)?)?;
    fs::write(folder.path().join("mapping.toml"), &mapping.text)?;
    let rows = file(&format!("health/{}", mapping.file))?;
    let count = mapping.write_rows(rows, file(TRUTH)?, second_rows, &folder)?;
    let name = format!("{} patients, {what}", grouped(count));
    Ok(Case::made(name, folder, "mapping.toml", TRUTH))
}

/// The mapping of one file of people with fewer columns, own ids being records.
struct Mapped {
    text: String,
    source: String,
    file: String,
    delimiter: u8,
    own_id: String,
}

impl Mapped {
    /// Takes the first file of people from a mapping, and of its columns those in [`TOLD`] and `also`.
    fn read(text: &str, also: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut mapping: toml::Table = text.parse()?;
        mapping.remove("events");
        let people = mapping
            .get_mut("people")
            .and_then(toml::Value::as_array_mut);
        let people = people.ok_or("a mapping without people")?;
        people.truncate(1);
        let input = people.first_mut().and_then(toml::Value::as_table_mut);
        let input = input.ok_or("a mapping without people")?;
        input.insert("own_ids".to_owned(), "records".into());
        if let Some(columns) = input.get_mut("columns").and_then(toml::Value::as_table_mut) {
            columns.retain(|role, _| TOLD.contains(&role) || also.contains(&role));
        }
        if let Some(values) = input.get_mut("values").and_then(toml::Value::as_table_mut) {
            values.retain(|role, _| role == "sex");
        }
        let told = |keys: &[&str]| {
            let mut value = input.get(keys[0]);
            for key in &keys[1..] {
                value = value.and_then(|value| value.get(key));
            }
            value.and_then(toml::Value::as_str).map(str::to_owned)
        };
        let (source, file) = (told(&["source"]), told(&["file"]));
        let own_id = told(&["columns", "own_id"]).ok_or("a mapping without own ids")?;
        let delimiter = told(&["form", "delimiter"]).unwrap_or_else(|| ",".to_owned());
        Ok(Self {
            source: source.ok_or("a mapping without a source")?,
            file: file.ok_or("a mapping without a file")?,
            delimiter: delimiter.as_bytes()[0],
            own_id,
            text: mapping.to_string(),
        })
    }

    /// Writes the table into a folder, the first row of each person or all rows, and says how many. Cells are copied byte for byte.
    fn write_rows(
        &self,
        table: &[u8],
        truth: &[u8],
        second_rows: bool,
        folder: &TempDir,
    ) -> Result<usize, Box<dyn Error>> {
        let entities = self.entities(truth)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .from_reader(table);
        let headers = reader.byte_headers()?.clone();
        let own_id = headers
            .iter()
            .position(|header| header == self.own_id.as_bytes());
        let own_id = own_id.ok_or_else(|| format!("no column `{}`", self.own_id))?;
        let mut out = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .from_path(folder.path().join(Path::new(&self.file)))?;
        out.write_byte_record(&headers)?;
        let (mut met, mut count) = (BTreeSet::new(), 0);
        for row in reader.byte_records() {
            let row = row?;
            let entity = entities.get(&row[own_id]);
            let is_first = entity.is_none_or(|entity| met.insert(entity));
            if is_first || second_rows {
                out.write_byte_record(&row)?;
                count += 1;
            }
        }
        out.flush()?;
        Ok(count)
    }

    /// The person of each own id.
    fn entities(&self, truth: &[u8]) -> Result<BTreeMap<Vec<u8>, String>, Box<dyn Error>> {
        let mut entities = BTreeMap::new();
        for row in csv::Reader::from_reader(truth).deserialize() {
            let row: BTreeMap<String, String> = row?;
            if row["source"] == self.source {
                entities.insert(row["rec_id"].clone().into_bytes(), row["entity_id"].clone());
            }
        }
        Ok(entities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_extract::{Mapping, OwnIds};

    #[test]
    fn of_each_patient_the_first_row_is_kept_and_no_number_is_told() {
        let small = generate(&Options {
            households: 60,
            ..PATIENTS
        });
        let files: BTreeMap<&str, Vec<u8>> = small.files().into_iter().collect();
        let rows = |second_rows, also: &[&str]| {
            let case = patients(&files, also, second_rows, "").unwrap();
            let mapping = Mapping::load(&case.mapping).unwrap();
            assert_eq!(mapping.people.len(), 1);
            let input = &mapping.people[0];
            assert_eq!(input.own_ids, OwnIds::Records);
            assert!(input.columns.nhs_number.is_none() && input.columns.uprn.is_none());
            assert!(input.columns.sex.is_some() && mapping.events.is_empty());
            assert_eq!(input.columns.postcode.is_some(), !also.is_empty());
            let folder = case.mapping.parent().unwrap();
            fs::read(folder.join(&input.file)).unwrap()
        };
        let entities = Mapped::read(
            std::str::from_utf8(&files["health/mapping.toml"]).unwrap(),
            &[],
        )
        .unwrap()
        .entities(&files[TRUTH])
        .unwrap();
        let people: BTreeSet<&String> = entities.values().collect();
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count() - 2;
        assert_eq!(lines(&rows(false, &[])), people.len());
        assert_eq!(lines(&rows(false, &HOME)), people.len());
        assert_eq!(lines(&rows(true, &[])), entities.len());
        assert!(people.len() < entities.len());
    }
}
