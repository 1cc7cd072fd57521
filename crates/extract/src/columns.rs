//! Finding the columns that a mapping names.

use crate::dates::{DateForms, Mixed};
use crate::error::Error;
use crate::mapping::DateForm;
use crate::sheet::Sheet;

/// The position of a mapped column.
pub(crate) fn find_column(sheet: &Sheet, name: &str) -> Result<usize, Error> {
    sheet.column(name).ok_or_else(|| Error::Column {
        column: name.to_owned(),
        found: sheet.columns().to_vec(),
    })
}

/// The date forms of a column, or the error that says its order is mixed.
pub(crate) fn date_forms(
    sheet: &Sheet,
    column: usize,
    told: &[DateForm],
) -> Result<DateForms, Error> {
    DateForms::of_column(sheet, column, told).map_err(
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
