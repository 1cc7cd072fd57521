//! An open set as the files of one agency: a table a source, a mapping and the truth, as the set's own TOML file says what the columns are.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use kinfold_benches::sets::{Columns, Set};
use kinfold_benches::tables;

use crate::cases::Case;

/// The column of identifiers, in every table of every set.
const ID: &str = "rec_id";

/// Roles of a mapping by the field that a set's file calls them, and whether the role takes several columns.
const ROLES: [(&str, &str, bool); 11] = [
    ("first-name", "given_name", false),
    ("middle-name", "middle_names", false),
    ("last-name", "family_name", false),
    ("birth-date", "birth_date", false),
    ("sex", "sex", false),
    ("birth-place", "birth_place", false),
    ("address", "address", true),
    ("postcode", "postcode", false),
    ("town", "town", false),
    ("telephone", "telephone", true),
    ("email", "email", true),
];

/// One cell of what is written: role, its column's name, and the columns of the set whose texts it joins.
struct Cell {
    role: &'static str,
    column: String,
    of: Vec<String>,
}

/// Makes the case of a set: `from` is the folder of its tables.
pub fn of_set(from: &Path, set: &Set, sources: &str) -> Result<Case, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut mapping = "custodian = \"agency\"\n".to_owned();
    for source in sources.chars().map(|letter| letter.to_string()) {
        let path = tables::find(from, &source)
            .ok_or_else(|| format!("{} has no source `{source}`", set.name))?;
        let cells = cells(set.columns_of(&source))?;
        mapping.push_str(&entry(set, &source, &cells));
        write_table(&path, &cells, &folder.path().join(format!("{source}.csv")))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    fs::write(folder.path().join("mapping.toml"), mapping)?;
    let truth = tables::find(from, "truth").ok_or("a set without its truth")?;
    let mut text = fs::File::create(folder.path().join("truth.csv"))?;
    io::copy(&mut tables::open(&truth)?, &mut text)?;
    let name = match sources.len() {
        1 => set.name.clone(),
        _ => format!("{}, {} as one agency's", set.name, listed(sources)),
    };
    Ok(Case::made(name, folder, "mapping.toml", "truth.csv"))
}

/// `a, b, c`.
fn listed(sources: &str) -> String {
    let letters: Vec<String> = sources.chars().map(String::from).collect();
    letters.join(", ")
}

/// The cells of a source, from the columns that its set's file names.
fn cells(columns: &Columns) -> Result<Vec<Cell>, Box<dyn Error>> {
    let mut cells = Vec::new();
    for (field, texts) in columns {
        let (_, role, many) = ROLES
            .into_iter()
            .find(|(own, ..)| own == field)
            .ok_or_else(|| format!("no role for the field `{field}`"))?;
        if texts.len() > 1 && !many {
            return Err(format!("`{field}` takes one column").into());
        }
        for (at, text) in texts.iter().enumerate() {
            cells.push(Cell {
                role,
                column: format!("{role} {}", at + 1),
                of: text.split('+').map(str::to_owned).collect(),
            });
        }
    }
    Ok(cells)
}

/// The entry of a source in the mapping. As in every bench on open data, births from 1600 are believed.
fn entry(set: &Set, source: &str, cells: &[Cell]) -> String {
    let mut text = format!(
        "\n[[people]]\nsource = \"{source}\"\nfile = \"{source}.csv\"\ndatasets = [\"open\"]\nbirths = {{ year_min = 1600 }}\n"
    );
    if set.many_rows.iter().any(|own| own == source) {
        text.push_str("own_ids = \"records\"\n");
    }
    let dates = match set.date_order.as_deref() {
        Some("day-first") => "dates = [\"dd/mm/yyyy\"]\n",
        Some("month-first") => "dates = [\"mm/dd/yyyy\"]\n",
        _ => "",
    };
    text.push_str(dates);
    let _ = write!(text, "[people.columns]\nown_id = \"{ID}\"\n");
    let mut by_role: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for cell in cells {
        let columns = by_role.entry(cell.role).or_default();
        columns.push(format!("\"{}\"", cell.column));
    }
    for (role, columns) in by_role {
        let _ = match &columns[..] {
            [one] => writeln!(text, "{role} = {one}"),
            several => writeln!(text, "{role} = [{}]", several.join(", ")),
        };
    }
    text
}

/// Writes a table of the cells alone, row by row.
fn write_table(from: &Path, cells: &[Cell], to: &Path) -> Result<(), Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(tables::open(from)?);
    let headers = reader.headers()?.clone();
    let position = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.ok_or_else(|| format!("no column `{name}`"))
    };
    let id = position(ID)?;
    let mut positions: Vec<Vec<usize>> = Vec::new();
    for cell in cells {
        positions.push(
            cell.of
                .iter()
                .map(|name| position(name))
                .collect::<Result<_, _>>()?,
        );
    }
    let mut out = csv::Writer::from_path(to)?;
    let columns = cells.iter().map(|cell| cell.column.as_str());
    out.write_record([ID].into_iter().chain(columns))?;
    for row in reader.records() {
        let row = row?;
        let mut written = vec![row[id].to_owned()];
        for (cell, positions) in cells.iter().zip(&positions) {
            let texts: Vec<&str> = positions.iter().map(|at| row[*at].trim()).collect();
            written.push(joined(cell.role, &texts));
        }
        out.write_record(&written)?;
    }
    Ok(out.flush()?)
}

/// One text of several: words with spaces between them, and a date as `5/3/1999`, which it is only if it is whole.
fn joined(role: &str, texts: &[&str]) -> String {
    let whole = texts.iter().all(|text| !text.is_empty());
    let there = texts.iter().copied().filter(|text| !text.is_empty());
    match role {
        "birth_date" if whole => texts.join("/"),
        "birth_date" => String::new(),
        _ => there.collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_extract::{Mapping, OwnIds};

    /// Two sources of a set with two columns of its own each; the second holds several rows a person.
    fn set() -> Set {
        let text = r#"
            title = "a set"
            runs = [["a", "b"]]
            many_rows = ["b"]
            date_order = "month-first"
            [columns]
            first-name = ["first"]
            birth-date = ["day+month+year"]
            address = ["number+street", "place"]
            [sources.b]
            last-name = ["name"]
            birth-date = ["born"]
        "#;
        let set: Set = toml::from_str(text).unwrap();
        Set {
            name: "own".to_owned(),
            ..set
        }
    }

    #[test]
    fn a_set_becomes_the_files_of_an_agency() {
        let data = tempfile::tempdir().unwrap();
        for (file, text) in [
            (
                "a.csv",
                "rec_id,first,day,month,year,number,street,place\n1,Ann,5,3,1999,12,Hill Road,Eastmere\n2,Bo,5,,1999,,Hill Road,\n",
            ),
            ("b.csv", "born,rec_id,name\n05/03/1999,1,Lee\n"),
            (
                "truth.csv",
                "source,rec_id,entity_id\na,1,x\na,2,y\nb,1,x\n",
            ),
        ] {
            fs::write(data.path().join(file), text).unwrap();
        }
        let case = of_set(data.path(), &set(), "ab").unwrap();
        assert_eq!(case.name, "own, a, b as one agency's");
        let mapping = Mapping::load(&case.mapping).unwrap();
        let own_ids: Vec<OwnIds> = mapping.people.iter().map(|input| input.own_ids).collect();
        assert_eq!(own_ids, [OwnIds::People, OwnIds::Records]);
        let folder = case.mapping.parent().unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("a.csv")).unwrap(),
            "rec_id,address 1,address 2,birth_date 1,given_name 1\n1,12 Hill Road,Eastmere,5/3/1999,Ann\n2,Hill Road,,,Bo\n"
        );
        assert_eq!(
            fs::read_to_string(folder.join("b.csv")).unwrap(),
            "rec_id,birth_date 1,family_name 1\n1,05/03/1999,Lee\n"
        );
        assert!(fs::read_to_string(case.truth).unwrap().ends_with("b,1,x\n"));
        let error = of_set(data.path(), &set(), "ac").err().unwrap();
        assert_eq!(error.to_string(), "own has no source `c`");
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("b.csv"), "rec_id,name\n1,Lee\n").unwrap();
        let error = of_set(data.path(), &set(), "b").err().unwrap();
        assert!(error.to_string().ends_with("no column `born`"), "{error}");
    }

    /// Every field of every set has a role, and its mapping can be read.
    #[test]
    fn every_set_has_a_mapping() {
        let sets = Set::read_all(&kinfold_benches::sets::folder(), &[]).unwrap();
        assert!(sets.len() >= 9);
        let folder = tempfile::tempdir().unwrap();
        for set in sets {
            let mut text = "custodian = \"agency\"\n".to_owned();
            for source in set.all_sources() {
                text.push_str(&entry(
                    &set,
                    source,
                    &cells(set.columns_of(source)).unwrap(),
                ));
            }
            let path = folder.path().join("mapping.toml");
            fs::write(&path, text).unwrap();
            let mapping = Mapping::load(&path).unwrap();
            assert_eq!(
                mapping.people.len(),
                set.all_sources().len(),
                "{}",
                set.name
            );
        }
    }
}
