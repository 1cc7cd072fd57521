//! Standing columns for counts that have a natural order, with one group set apart by a bracket.

use super::{Anchor, Picture};
use crate::report::words::number;

/// One column.
pub(in crate::report) struct Column {
    pub(in crate::report) label: String,
    pub(in crate::report) value: u64,
}

const WIDTH: f64 = 570.0;
const TOP: f64 = 58.0;
const PLOT: f64 = 190.0;
const BOTTOM: f64 = 48.0;

/// Columns from left to right; those from position `marked` on are darker, under a bracket with `bracket` written over it.
pub(in crate::report) fn columns(
    id: &str,
    title: &str,
    description: &str,
    axis: &str,
    items: &[Column],
    marked: usize,
    bracket: &str,
) -> String {
    let largest = items
        .iter()
        .map(|column| column.value)
        .max()
        .unwrap_or(0)
        .max(1);
    let step = WIDTH / items.len().max(1) as f64;
    let base = TOP + PLOT;
    let mut picture = Picture::new(WIDTH, TOP + PLOT + BOTTOM);
    let mut highest_marked = base;
    for (position, column) in items.iter().enumerate() {
        let height = (PLOT * column.value as f64 / largest as f64).max(if column.value > 0 {
            2.0
        } else {
            0.0
        });
        let left = step * position as f64;
        let class = if position >= marked {
            "bar"
        } else {
            "bar-quiet"
        };
        if position >= marked {
            highest_marked = highest_marked.min(base - height);
        }
        picture.rect(
            class,
            left + step * 0.16,
            base - height,
            step * 0.68,
            height,
        );
        picture.text(
            "value",
            Anchor::Middle,
            left + step / 2.0,
            base - height - 7.0,
            &number(column.value),
        );
        picture.text(
            "label",
            Anchor::Middle,
            left + step / 2.0,
            base + 19.0,
            &column.label,
        );
    }
    picture.line("axis", 0.0, base, WIDTH, base);
    picture.text(
        "label-quiet",
        Anchor::Middle,
        WIDTH / 2.0,
        base + 40.0,
        axis,
    );
    if marked < items.len() {
        let y = (highest_marked - 34.0).max(22.0);
        let (left, right) = (step * marked as f64 + step * 0.16, WIDTH - step * 0.16);
        picture.line("bracket", left, y, right, y);
        picture.line("bracket", left, y, left, y + 7.0);
        picture.line("bracket", right, y, right, y + 7.0);
        picture.text(
            "strong",
            Anchor::Middle,
            f64::midpoint(left, right),
            y - 8.0,
            bracket,
        );
    }
    picture.finish(id, title, description)
}
