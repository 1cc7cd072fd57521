//! Finding the columns that a mapping names, and how the dates in them are written.

use crate::dates::{DateForms, FormEvidence, Mixed};
use crate::error::Error;
use crate::mapping::DateForm;
use crate::sheet::Sheet;
use crate::table::Table;
use kinfold_identity::{DateEvidence, DateRules, MixedDateOrder};
use std::collections::BTreeMap;

/// The position of a mapped column. What the file has instead is told only where the column of own ids is among it: without that, the line
/// taken for the header may be a person.
pub(crate) fn find_column(sheet: &Sheet, name: &str, own_id: &str) -> Result<usize, Error> {
    sheet.column(name).ok_or_else(|| Error::Column {
        column: name.to_owned(),
        found: match sheet.column(own_id) {
            Some(_) => sheet.columns().to_vec(),
            None => Vec::new(),
        },
    })
}

/// What whole columns of dates show, by position. No single cell shows it, so they are looked through before any row is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateColumns(BTreeMap<usize, (DateEvidence, FormEvidence)>);

impl DateColumns {
    /// The columns of these names that there are.
    pub(crate) fn named<'name>(heading: &Sheet, names: impl Iterator<Item = &'name str>) -> Self {
        let found = names.filter_map(|name| heading.column(name));
        Self(found.map(|column| (column, Default::default())).collect())
    }

    /// Looks through some rows.
    pub(crate) fn add(&mut self, sheet: &Sheet) {
        for (column, (births, forms)) in &mut self.0 {
            for row in 0..sheet.rows() {
                let cell = sheet.cell(row, *column);
                births.add(cell);
                forms.add(cell);
            }
        }
    }

    /// Looks through a table.
    pub(crate) fn of_table<'name>(
        table: &Table,
        names: impl Iterator<Item = &'name str>,
    ) -> Result<Self, Error> {
        let mut columns = Self::named(&table.heading(), names);
        if !columns.0.is_empty() {
            table.parts(|_, sheet| {
                columns.add(sheet);
                Ok(())
            })?;
        }
        Ok(columns)
    }

    /// The date forms of a column: told, or recognised; or the error that says its order is mixed.
    pub(crate) fn forms(
        &self,
        sheet: &Sheet,
        column: usize,
        told: &[DateForm],
    ) -> Result<DateForms, Error> {
        if !told.is_empty() {
            return Ok(DateForms::told(told));
        }
        let (_, seen) = self.0.get(&column).copied().unwrap_or_default();
        seen.forms().map_err(
            |Mixed {
                 day_first,
                 month_first,
             }| Error::MixedDates {
                column: sheet.columns()[column].clone(),
                day_first,
                month_first,
            },
        )
    }

    /// The rules of a column of birth dates, as its cells show them.
    pub(crate) fn birth_rules(&self, column: usize) -> Result<DateRules, MixedDateOrder> {
        let (seen, _) = self.0.get(&column).copied().unwrap_or_default();
        seen.rules()
    }
}
