//! Which columns of a table are read as what.

use super::joined::{self, Joined};
use super::{bad_row, open, united};
use crate::headers::{are_names, plain};
use crate::release::field_of_role;
use kinfold_extract::{TABLE_ROLES, TableColumns, usual_columns};
use kinfold_message::{Exit, Problem};
use kinfold_schema::{FieldName, Schema};
use std::fmt::Write as _;
use std::path::Path;

/// The columns of a table.
pub(super) struct Found {
    pub(super) id: Option<usize>,
    pub(super) table: TableColumns,
    /// Values of several columns, at positions after those of the table's own.
    pub(super) joined: Joined,
    /// Fields of the schema that no column has.
    pub(super) absent: Vec<FieldName>,
    /// Fields for which a column was told and that the schema does not read.
    pub(super) unread: Vec<FieldName>,
    /// Fields that were read from a column with another name, without being told.
    pub(super) guessed: Vec<(FieldName, String)>,
    /// The names of all columns.
    pub(super) headers: Vec<String>,
}

/// Most names of columns that are told on the screen.
const NAMED: usize = 12;

impl Found {
    /// The names of the columns that are not read for anything, in the order of the table.
    pub(super) fn unused(&self) -> Vec<&str> {
        let read = |position: &usize| {
            self.id == Some(*position)
                || self.joined.reads(*position)
                || self.table.columns.iter().any(|(_, own)| own == position)
        };
        let names = self.headers.iter().enumerate();
        names
            .filter(|(position, _)| !read(position))
            .map(|(_, name)| match name.as_str() {
                "" => "(no name)",
                name => name,
            })
            .collect()
    }

    /// Says which columns no field has, as a field's second column is easily forgotten, and that no column is the row's own id.
    pub(super) fn tell_rest(&self, text: &mut String) {
        let unused = self.unused();
        if !unused.is_empty() {
            let told = &unused[..unused.len().min(NAMED)];
            let _ = write!(text, "Columns of no field: {}", told.join(", "));
            if unused.len() > told.len() {
                let _ = write!(text, " and {} more", unused.len() - told.len());
            }
            text.push('\n');
        }
        if self.id.is_none() {
            text.push_str(
                "No column of ids: rows are known by their number (`--column id=COLUMN`)\n",
            );
        }
    }
}

/// Finds the columns: by the names of the schema's fields, by usual names, or as told.
///
/// To unite the rows of one person, columns are read that the schema does not list; nothing else sees them.
pub(super) fn columns(
    input: &Path,
    told: &[String],
    schema: &Schema,
    unite: bool,
) -> Result<Found, Problem> {
    let mut reader = open(input)?;
    let headers = reader
        .headers()
        .map_err(|error| bad_row(input, &error))?
        .clone();
    let position = |name: &str| {
        headers
            .iter()
            .position(|header| plain(header) == plain(name))
    };
    let mut found = Found {
        id: ["id", "rec_id", "own_id", "record_id"]
            .iter()
            .find_map(|name| position(name)),
        table: TableColumns::default(),
        joined: Joined::after(headers.len()),
        absent: Vec::new(),
        unread: Vec::new(),
        guessed: Vec::new(),
        headers: headers.iter().map(|name| name.trim().to_owned()).collect(),
    };
    let mut named: Vec<(FieldName, &str)> = Vec::new();
    for pair in told {
        let split = pair.split_once('=');
        if let Some(("id", column)) = split {
            found.id = position(column);
            if found.id.is_none() {
                return Err(no_column(input, column, &headers));
            }
            continue;
        }
        let field = split.and_then(|(field, _)| {
            FieldName::ALL
                .into_iter()
                .find(|known| plain(known.as_str()) == plain(field))
        });
        let (Some(field), Some((_, column))) = (field, split) else {
            let fields: Vec<&str> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
            return Err(Problem::new(
                "E-ENCODE-COLUMN",
                Exit::CouldNotRun,
                format!("`--column {pair}` is not FIELD=COLUMN"),
                format!("the fields are {}, and id", fields.join(", ")),
            ));
        };
        if schema.field(field).is_none() && !found.unread.contains(&field) {
            found.unread.push(field);
        }
        named.push((field, column));
    }
    for field in &schema.fields {
        let role = TABLE_ROLES
            .into_iter()
            .find(|role| field_of_role(role) == Some(field.name))
            .expect("every field has a role");
        let told: Vec<&str> = named
            .iter()
            .filter(|(name, _)| *name == field.name)
            .map(|(_, column)| *column)
            .collect();
        for columns in &told {
            let mut positions = Vec::new();
            for column in joined::split(columns, &headers) {
                let Some(position) = position(column) else {
                    return Err(no_column(input, column, &headers));
                };
                positions.push(position);
            }
            let position = found.joined.position(role, positions);
            found.table.add(role, position);
        }
        if told.is_empty() {
            let usual = std::iter::once(role).chain(usual_columns(role).iter().copied());
            match position(field.name.as_str()).or_else(|| usual.into_iter().find_map(&position)) {
                Some(position) => {
                    found.table.add(role, position);
                    let header = found.headers[position].clone();
                    if plain(&header) != plain(field.name.as_str()) {
                        found.guessed.push((field.name, header));
                    }
                }
                None => found.absent.push(field.name),
            }
        }
    }
    if unite {
        united::add_columns(&mut found, schema, &named, &headers, &position);
    }
    if found.table.columns.is_empty() {
        return Err(Problem::new(
            "E-ENCODE-COLUMN",
            Exit::CouldNotRun,
            "no column has the name of a field of the linkage schema",
            "the first line must hold the names of the columns; say which is which, for instance `--column first-name=COLUMN`",
        )
        .at(input.display().to_string()));
    }
    Ok(found)
}

/// The names of the columns are told only where one of them is known: in a file without a first line of names they are a person.
fn no_column(input: &Path, column: &str, headers: &csv::StringRecord) -> Problem {
    let hint = if are_names(headers) {
        format!(
            "the columns are {}",
            headers.iter().collect::<Vec<_>>().join(", ")
        )
    } else {
        "the first line of the table must hold the names of its columns".to_owned()
    };
    Problem::new(
        "E-ENCODE-COLUMN",
        Exit::CouldNotRun,
        format!("there is no column `{column}`"),
        hint,
    )
    .at(input.display().to_string())
}
