//! Lying bars: one amount per name.

use super::{Anchor, Picture, two_lines};
use crate::report::words::number;

/// One bar.
pub(in crate::report) struct Bar {
    pub(in crate::report) label: String,
    pub(in crate::report) value: u64,
    /// Shown after the number, such as a share.
    pub(in crate::report) note: String,
}

const WIDTH: f64 = 640.0;
const LABEL: f64 = 190.0;
const NUMBER: f64 = 120.0;
const ROW: f64 = 38.0;

/// Bars from top to bottom in the order given.
pub(in crate::report) fn bars(id: &str, title: &str, description: &str, items: &[Bar]) -> String {
    let largest = items.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let room = WIDTH - LABEL - NUMBER;
    let mut picture = Picture::new(WIDTH, ROW * items.len() as f64 + 6.0);
    for (position, bar) in items.iter().enumerate() {
        let top = ROW * position as f64 + 6.0;
        let lines = two_lines(&bar.label, 26);
        let first = top + 18.0 - 7.5 * (lines.len() - 1) as f64;
        for (line, text) in lines.iter().enumerate() {
            picture.text("label", Anchor::End, LABEL - 12.0, first + 15.0 * line as f64, text);
        }
        let width = (room * bar.value as f64 / largest as f64).max(if bar.value > 0 { 2.0 } else { 0.0 });
        picture.rounded("bar", LABEL, top, width, 26.0, 2.0);
        let amount = if bar.note.is_empty() { number(bar.value) } else { format!("{} ({})", number(bar.value), bar.note) };
        picture.text("value", Anchor::Start, LABEL + width + 8.0, top + 18.0, &amount);
    }
    picture.line("axis", LABEL, 0.0, LABEL, ROW * items.len() as f64);
    picture.finish(id, title, description)
}
