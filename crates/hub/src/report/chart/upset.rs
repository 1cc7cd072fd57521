//! Which needs come together: an UpSet plot. Columns are combinations, dots say which needs each holds. (A Venn diagram cannot show more
//! than three sets.)

use super::{Anchor, Picture};
use crate::report::words::number;

/// What the picture shows.
pub(in crate::report) struct UpSet {
    /// Names of the sets, one row each.
    pub(in crate::report) rows: Vec<String>,
    /// Combinations, largest first.
    pub(in crate::report) columns: Vec<UpSetColumn>,
    /// What is not drawn, in words; empty when everything is. (A column for it would dwarf the others.)
    pub(in crate::report) rest: String,
}

/// One combination.
pub(in crate::report) struct UpSetColumn {
    /// Rows that it holds, ascending.
    pub(in crate::report) members: Vec<usize>,
    /// How many households.
    pub(in crate::report) value: u64,
}

const WIDTH: f64 = 960.0;
const LABEL: f64 = 190.0;
const TOP: f64 = 24.0;
const PLOT: f64 = 150.0;
const GAP: f64 = 18.0;
const ROW: f64 = 26.0;
const COLUMNS_MIN: f64 = 10.0;

/// Columns over a matrix of dots.
pub(in crate::report) fn upset(id: &str, title: &str, description: &str, data: &UpSet) -> String {
    let largest = data
        .columns
        .iter()
        .map(|column| column.value)
        .max()
        .unwrap_or(0)
        .max(1);
    let step = (WIDTH - LABEL) / (data.columns.len() as f64).max(COLUMNS_MIN);
    let base = TOP + PLOT;
    let matrix = base + GAP;
    let mut picture = Picture::new(WIDTH, matrix + ROW * data.rows.len() as f64 + 4.0);
    for (position, row) in data.rows.iter().enumerate() {
        let middle = matrix + ROW * (position as f64 + 0.5);
        if position % 2 == 0 {
            picture.rect(
                "stripe",
                LABEL - 4.0,
                middle - ROW / 2.0,
                step * data.columns.len() as f64 + 4.0,
                ROW,
            );
        }
        picture.text("label", Anchor::End, LABEL - 12.0, middle + 4.5, row);
    }
    for (position, column) in data.columns.iter().enumerate() {
        let centre = LABEL + step * (position as f64 + 0.5);
        let height = (PLOT * column.value as f64 / largest as f64).max(2.0);
        let class = match column.members.len() {
            0..=2 => "bar-quiet",
            _ => "bar",
        };
        picture.rect(
            class,
            centre - step * 0.32,
            base - height,
            step * 0.64,
            height,
        );
        picture.text(
            "value",
            Anchor::Middle,
            centre,
            base - height - 6.0,
            &number(column.value),
        );
        for row in 0..data.rows.len() {
            let class = if column.members.contains(&row) {
                "dot"
            } else {
                "dot-off"
            };
            picture.circle(
                class,
                centre,
                matrix + ROW * (row as f64 + 0.5),
                if class == "dot" { 6.5 } else { 3.5 },
            );
        }
        if let [first, .., last] = column.members.as_slice() {
            let y = |row: &usize| matrix + ROW * (*row as f64 + 0.5);
            picture.line("dot-line", centre, y(first), centre, y(last));
        }
    }
    picture.line(
        "axis",
        LABEL - 4.0,
        base,
        LABEL + step * data.columns.len() as f64,
        base,
    );
    if !data.rest.is_empty() {
        picture.text("label-quiet", Anchor::End, WIDTH, 14.0, &data.rest);
    }
    picture.finish(id, title, description)
}
