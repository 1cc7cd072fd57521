//! When things happened: one lane per need, dots for events, bars for episodes, gaps left as gaps.

use std::collections::BTreeMap;

use kinfold_verdict::html::length;

use super::{Anchor, Picture, lines};

/// One lane.
pub(in crate::report) struct Lane {
    pub(in crate::report) label: String,
    pub(in crate::report) marks: Vec<Mark>,
}

/// One event in months on the axis: 0 is the first month shown.
pub(in crate::report) struct Mark {
    pub(in crate::report) from: i32,
    /// The last month, for an episode.
    pub(in crate::report) to: Option<i32>,
    /// Still open: drawn with an arrow.
    pub(in crate::report) open: bool,
}

const WIDTH: f64 = 960.0;
const LABEL: f64 = 190.0;
const TOP: f64 = 34.0;
const ROW: f64 = 34.0;

/// Lanes over `months` months. The months from `window` on are shaded and called by `window_label`. `ticks` are months with a label.
pub(in crate::report) fn timeline(
    id: &str,
    title: &str,
    description: &str,
    months: i32,
    window: Option<(i32, String)>,
    ticks: &[(i32, String)],
    lanes: &[Lane],
) -> String {
    let step = (WIDTH - LABEL - 12.0) / f64::from(months.max(1));
    let x = |month: i32| LABEL + step * f64::from(month);
    let base = TOP + ROW * lanes.len() as f64;
    let mut picture = Picture::new(WIDTH, base + 30.0);
    if let Some((window, label)) = window {
        picture.rect(
            "shade",
            x(window),
            TOP - 6.0,
            x(months) - x(window),
            base - TOP + 6.0,
        );
        picture.text(
            "label-quiet",
            Anchor::Middle,
            f64::midpoint(x(window), x(months)),
            TOP - 14.0,
            &label,
        );
    }
    for (month, label) in ticks {
        picture.line("grid", x(*month), TOP - 6.0, x(*month), base + 5.0);
        picture.text("label", Anchor::Start, x(*month) + 3.0, base + 20.0, label);
    }
    for (position, lane) in lanes.iter().enumerate() {
        let middle = TOP + ROW * (position as f64 + 0.5);
        picture.row_label(LABEL - 12.0, middle, &lines(&lane.label, 24));
        picture.line("lane", LABEL, middle, x(months), middle);
        lane_marks(&mut picture, lane, middle, &x, step);
    }
    picture.line("axis", LABEL, base, x(months), base);
    picture.finish(id, title, description)
}

/// Episodes first, so that no bar hides a dot. Events of one month stand beside each other; more than three become one disc with their
/// number.
fn lane_marks(picture: &mut Picture, lane: &Lane, middle: f64, x: &impl Fn(i32) -> f64, step: f64) {
    let mut in_month = BTreeMap::<i32, u32>::new();
    for mark in &lane.marks {
        match mark.to {
            Some(to) if to > mark.from || mark.open => {
                episode(picture, x(mark.from), x(to + 1), middle, mark.open);
            }
            _ => *in_month.entry(mark.from).or_insert(0) += 1,
        }
    }
    for (month, events) in in_month {
        let centre = x(month) + step / 2.0;
        if events > 3 {
            picture.circle("event", centre, middle, 11.0);
            picture.text(
                "value-light",
                Anchor::Middle,
                centre,
                middle + 5.0,
                &events.to_string(),
            );
        } else {
            let first = centre - 5.0 * f64::from(events - 1);
            for nth in 0..events {
                picture.circle("event", first + 10.0 * f64::from(nth), middle, 5.5);
            }
        }
    }
}

fn episode(picture: &mut Picture, from: f64, to: f64, middle: f64, open: bool) {
    let to = to.max(from + 8.0);
    if open {
        let (tip, neck) = (length(to + 8.0), length(to - 1.0));
        let (top, bottom) = (length(middle - 6.0), length(middle + 6.0));
        let (left, centre) = (length(from), length(middle));
        picture.path(
            "episode",
            &format!("M{left} {top}H{neck}L{tip} {centre}L{neck} {bottom}H{left}z"),
        );
    } else {
        picture.rounded("episode", from, middle - 6.0, to - from, 12.0, 3.0);
    }
}
