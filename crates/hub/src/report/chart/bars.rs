//! Lying bars: one amount per name.

use super::{Anchor, Picture, lines};
use crate::report::words::number;

/// One bar.
pub(in crate::report) struct Bar {
    pub(in crate::report) label: String,
    pub(in crate::report) value: u64,
    /// Shown after the number, such as a share.
    pub(in crate::report) note: String,
}

const WIDTH: f64 = 570.0;
const LABEL: f64 = 216.0;
const LABEL_LETTERS: usize = 25;
const NUMBER: f64 = 112.0;

/// Bars from top to bottom in the order given.
pub(in crate::report) fn bars(id: &str, title: &str, description: &str, items: &[Bar]) -> String {
    let largest = items.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let room = WIDTH - LABEL - NUMBER;
    let labels: Vec<Vec<String>> = items
        .iter()
        .map(|bar| lines(&bar.label, LABEL_LETTERS))
        .collect();
    let height = |labels: &[Vec<String>]| labels.iter().map(|label| row_height(label)).sum::<f64>();
    let mut picture = Picture::new(WIDTH, height(&labels) + 4.0);
    let mut top = 4.0;
    for (bar, label) in items.iter().zip(&labels) {
        let row = row_height(label);
        let middle = top + row / 2.0 - 4.0;
        picture.row_label(LABEL - 12.0, middle, label);
        let width =
            (room * bar.value as f64 / largest as f64).max(if bar.value > 0 { 2.0 } else { 0.0 });
        picture.rect("bar", LABEL, middle - 13.0, width, 26.0);
        let amount = if bar.note.is_empty() {
            number(bar.value)
        } else {
            format!("{} ({})", number(bar.value), bar.note)
        };
        picture.text(
            "value",
            Anchor::Start,
            LABEL + width + 8.0,
            middle + 5.0,
            &amount,
        );
        top += row;
    }
    picture.line("axis", LABEL, 0.0, LABEL, top);
    picture.finish(id, title, description)
}

fn row_height(label: &[String]) -> f64 {
    (15.0 * label.len() as f64 + 10.0).max(36.0)
}
