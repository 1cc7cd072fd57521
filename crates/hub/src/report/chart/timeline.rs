//! When things happened: one lane per need, dots for events, bars for episodes, gaps left as gaps.

use super::{Anchor, Picture, two_lines};

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
    (window, window_label): (i32, &str),
    ticks: &[(i32, String)],
    lanes: &[Lane],
) -> String {
    let step = (WIDTH - LABEL - 12.0) / f64::from(months.max(1));
    let x = |month: i32| LABEL + step * f64::from(month);
    let base = TOP + ROW * lanes.len() as f64;
    let mut picture = Picture::new(WIDTH, base + 30.0);
    picture.rect("shade", x(window), TOP - 6.0, x(months) - x(window), base - TOP + 6.0);
    picture.text("label-quiet", Anchor::Middle, f64::midpoint(x(window), x(months)), TOP - 14.0, window_label);
    for (month, label) in ticks {
        picture.line("grid", x(*month), TOP - 6.0, x(*month), base + 5.0);
        picture.text("label", Anchor::Start, x(*month) + 3.0, base + 20.0, label);
    }
    for (position, lane) in lanes.iter().enumerate() {
        let middle = TOP + ROW * (position as f64 + 0.5);
        let lines = two_lines(&lane.label, 24);
        let first = middle + 4.5 - 7.5 * (lines.len() - 1) as f64;
        for (line, text) in lines.iter().enumerate() {
            picture.text("label", Anchor::End, LABEL - 12.0, first + 15.0 * line as f64, text);
        }
        picture.line("lane", LABEL, middle, x(months), middle);
        // Events of one month stand beside each other rather than on top of each other.
        let mut in_month = std::collections::BTreeMap::<i32, i32>::new();
        for mark in &lane.marks {
            match mark.to {
                Some(to) if to > mark.from || mark.open => episode(&mut picture, x(mark.from), x(to + 1), middle, mark.open),
                _ => {
                    let nth = in_month.entry(mark.from).or_insert(0);
                    let shift = f64::from(*nth).min(3.0) * 7.0;
                    *nth += 1;
                    picture.circle("event", x(mark.from) + step / 2.0 + shift - 3.0, middle, 6.0);
                }
            }
        }
    }
    picture.line("axis", LABEL, base, x(months), base);
    picture.finish(id, title, description)
}

fn episode(picture: &mut Picture, from: f64, to: f64, middle: f64, open: bool) {
    let to = to.max(from + 8.0);
    if open {
        let (tip, neck) = (super::length(to + 8.0), super::length(to - 1.0));
        let (top, bottom) = (super::length(middle - 6.0), super::length(middle + 6.0));
        let (left, centre) = (super::length(from), super::length(middle));
        picture.path("episode", &format!("M{left} {top}H{neck}L{tip} {centre}L{neck} {bottom}H{left}z"));
    } else {
        picture.rounded("episode", from, middle - 6.0, to - from, 12.0, 3.0);
    }
}
