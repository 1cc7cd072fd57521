//! The five states of every need, as one bar per need.

use kinfold_indicators::NeedState;

use super::{Anchor, Picture, lines, state_class};
use crate::report::words::number;

/// One bar.
pub(in crate::report) struct StackedRow {
    pub(in crate::report) label: String,
    /// Counts in the order of [`NeedState::ALL`].
    pub(in crate::report) counts: [u64; 5],
}

const WIDTH: f64 = 960.0;
const LABEL: f64 = 190.0;
const TOP: f64 = 40.0;
const ROW: f64 = 42.0;

/// All bars have the same full length, because every household has every need in exactly one state.
pub(in crate::report) fn stacked(
    id: &str,
    title: &str,
    description: &str,
    rows: &[StackedRow],
) -> String {
    let room = WIDTH - LABEL;
    let mut picture = Picture::new(WIDTH, TOP + ROW * rows.len() as f64);
    legend(&mut picture);
    for (position, row) in rows.iter().enumerate() {
        let top = TOP + ROW * position as f64;
        picture.row_label(LABEL - 12.0, top + 15.0, &lines(&row.label, 24));
        let total = row.counts.iter().sum::<u64>().max(1) as f64;
        let mut left = LABEL;
        for (state, &count) in NeedState::ALL.into_iter().zip(&row.counts) {
            let width = room * count as f64 / total;
            if count > 0 {
                // Two pixels of paper between neighbours: the border does not depend on the two colours.
                picture.rect(
                    &format!("seg-{}", state_class(state)),
                    left,
                    top,
                    (width - 2.0).max(1.0),
                    30.0,
                );
                let text = number(count);
                if width > 9.0 * text.len() as f64 + 4.0 {
                    let centre = left + (width - 2.0) / 2.0;
                    if matches!(state, NeedState::NoData | NeedState::Withheld) {
                        // A plain ground keeps the number readable on a pattern.
                        let plate = 8.0 * text.len() as f64 + 6.0;
                        picture.rounded("plate", centre - plate / 2.0, top + 6.0, plate, 18.0, 3.0);
                        picture.text("value", Anchor::Middle, centre, top + 20.0, &text);
                    } else {
                        let class = if state == NeedState::Current {
                            "value-light"
                        } else {
                            "value"
                        };
                        picture.text(class, Anchor::Middle, centre, top + 20.0, &text);
                    }
                }
            }
            left += width;
        }
    }
    picture.finish(id, title, description)
}

fn legend(picture: &mut Picture) {
    let mut left = LABEL;
    for state in NeedState::ALL {
        let class = state_class(state);
        picture.rect(&format!("seg-{class}"), left, 6.0, 22.0, 16.0);
        picture.text("label", Anchor::Start, left + 29.0, 19.0, state.words());
        left += 29.0 + 8.2 * state.words().chars().count() as f64 + 22.0;
    }
}
