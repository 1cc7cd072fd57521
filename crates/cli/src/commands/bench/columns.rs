//! Which column of a table is which field: by the fields' names, or as told.

use super::{bad_row, open};
use crate::release::field_of_role;
use kinfold_extract::{TABLE_ROLES, TableColumns};
use kinfold_message::{Exit, Problem};
use kinfold_schema::{FieldName, Schema};
use std::path::Path;

/// Names of a column that holds a row's own identifier.
const IDS: [&str; 4] = ["id", "rec_id", "own_id", "record_id"];

/// The columns of a table.
pub(super) struct Found {
    /// The column of the rows' own identifiers.
    pub id: Option<usize>,
    /// The columns of the fields.
    pub table: TableColumns,
}

/// Finds the columns.
///
/// `told` are texts `FIELD=COLUMN` or `FIELD=COLUMN+COLUMN`; a field that is told several times has several values. A field that is not
/// told has the column of its own name, if there is one.
pub(super) fn find(input: &Path, told: &[String], schema: &Schema) -> Result<Found, Problem> {
    let mut reader = open(input)?;
    let headers = Headers(
        reader
            .headers()
            .map_err(|error| bad_row(input, &error))?
            .clone(),
    );
    let mut named: Vec<(FieldName, &str)> = Vec::new();
    for pair in told {
        named.push(split(pair)?);
    }
    let mut table = TableColumns::default();
    for field in &schema.fields {
        let role = TABLE_ROLES
            .into_iter()
            .find(|role| field_of_role(role) == Some(field.name))
            .expect("every field has a role");
        let told = || named.iter().filter(|(name, _)| *name == field.name);
        for (_, columns) in told() {
            table.add(role, &headers.positions(columns, input)?);
        }
        if told().next().is_none()
            && let Some(position) = headers.position(field.name.as_str())
        {
            table.add(role, &[position]);
        }
    }
    if table.columns.is_empty() {
        return Err(Problem::new(
            "E-ENCODE-COLUMN",
            Exit::CouldNotRun,
            "no column has the name of a field of the linkage schema",
            format!(
                "say which is which, for instance `--column first-name={}`",
                headers.0.get(0).unwrap_or("COLUMN")
            ),
        )
        .at(input.display().to_string()));
    }
    Ok(Found {
        id: IDS.iter().find_map(|name| headers.position(name)),
        table,
    })
}

/// A field, and the text of its columns. A field that the schema does not read is no fault: schemas are tried one after another with the
/// same columns.
fn split(pair: &str) -> Result<(FieldName, &str), Problem> {
    let split = pair.split_once('=').and_then(|(field, columns)| {
        let field = FieldName::ALL
            .into_iter()
            .find(|known| plain(known.as_str()) == plain(field))?;
        Some((field, columns))
    });
    split.ok_or_else(|| {
        let fields: Vec<&str> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
        Problem::new(
            "E-ENCODE-COLUMN",
            Exit::CouldNotRun,
            format!("`--column {pair}` is not FIELD=COLUMN"),
            format!("the fields are {}", fields.join(", ")),
        )
    })
}

/// The first line of a table.
struct Headers(csv::StringRecord);

impl Headers {
    fn position(&self, name: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|header| plain(header) == plain(name))
    }

    /// The positions of one column, or of several with a plus between them. A column whose own name has a plus is one column.
    fn positions(&self, columns: &str, input: &Path) -> Result<Vec<usize>, Problem> {
        let exact = |name: &str| self.0.iter().position(|header| header == name);
        if let Some(position) = exact(columns) {
            return Ok(vec![position]);
        }
        let one = |name: &str| {
            let name = name.trim();
            exact(name).or_else(|| self.position(name)).ok_or_else(|| {
                Problem::new(
                    "E-ENCODE-COLUMN",
                    Exit::CouldNotRun,
                    format!("there is no column `{name}`"),
                    format!(
                        "the columns are {}",
                        self.0.iter().collect::<Vec<_>>().join(", ")
                    ),
                )
                .at(input.display().to_string())
            })
        };
        columns.split('+').map(one).collect()
    }
}

/// Letters and digits alone, in small letters.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str, told: &[&str]) -> Result<Found, Problem> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, format!("{header}\n")).unwrap();
        let told: Vec<String> = told.iter().map(|&pair| pair.to_owned()).collect();
        find(&path, &told, &Schema::standard())
    }

    #[test]
    fn columns_are_found_by_name_or_as_told() {
        let by_name = found("rec_id,First Name,postcode,shoes", &[]).unwrap();
        assert_eq!(by_name.id, Some(0));
        assert_eq!(
            by_name.table.columns,
            [("given_name", vec![1]), ("postcode", vec![2])]
        );
        let told = found(
            "d,m,y,street,town,a+b,first_name",
            &[
                "birth-date=d+m+y",
                "address=street",
                "address=town",
                "last-name=a+b",
                // Not a field of this schema.
                "uln=d",
            ],
        )
        .unwrap();
        assert_eq!(told.id, None);
        assert_eq!(
            told.table.columns,
            [
                ("given_name", vec![6]),
                ("family_name", vec![5]),
                ("birth_date", vec![0, 1, 2]),
                ("address", vec![3]),
                ("address", vec![4]),
            ]
        );
    }

    #[test]
    fn what_cannot_be_found_is_named() {
        for (told, says) in [
            ("first-name=d+q", "there is no column `q`"),
            ("shoes=d", "`--column shoes=d` is not FIELD=COLUMN"),
            ("d", "is not FIELD=COLUMN"),
        ] {
            let problem = found("d,first_name", &[told]).err().expect(told);
            assert_eq!(problem.code, "E-ENCODE-COLUMN");
            assert!(problem.what.contains(says), "{}", problem.what);
        }
        let problem = found("x,y", &[]).err().unwrap();
        assert!(problem.hint.contains("--column first-name=x"));
    }
}
