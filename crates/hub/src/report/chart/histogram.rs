//! Pairs by match weight, with the two thresholds that decide what becomes of them.

use super::{Anchor, Picture};
use crate::report::WeightBin;
use crate::report::words::number;

/// What the picture shows.
pub(in crate::report) struct Histogram<'a> {
    pub(in crate::report) bins: &'a [WeightBin],
    pub(in crate::report) review: f64,
    pub(in crate::report) link: f64,
}

const WIDTH: f64 = 960.0;
const TOP: f64 = 50.0;
const PLOT: f64 = 200.0;
const BOTTOM: f64 = 50.0;

/// One column per bin (a first bin that starts at minus infinity stands for all lower weights); the thresholds are written across the top, and what became of the pairs is stacked in each column with a fill of its own.
pub(in crate::report) fn histogram(
    id: &str,
    title: &str,
    description: &str,
    data: &Histogram<'_>,
) -> String {
    let (Some(first), Some(last)) = (data.bins.first(), data.bins.last()) else {
        return String::new();
    };
    // A first bin without a lower end is drawn as wide as the last.
    let pooled = first.from == f64::NEG_INFINITY;
    let left_end = if pooled {
        first.to - (last.to - last.from)
    } else {
        first.from
    };
    let (low, high) = (left_end.min(data.review), last.to.max(data.link));
    let x = |weight: f64| WIDTH * (weight - low) / (high - low);
    let base = TOP + PLOT;
    let largest = data
        .bins
        .iter()
        .map(WeightBin::pairs)
        .max()
        .unwrap_or(0)
        .max(1);
    let mut picture = Picture::new(WIDTH, TOP + PLOT + BOTTOM);

    for bin in data.bins {
        let (left, right) = (x(bin.from.max(left_end)) + 1.0, x(bin.to) - 1.0);
        // What was linked stands at the foot. A share too low to draw still gets two points.
        let mut height = 0.0;
        for (class, pairs) in [
            ("bar", bin.linked),
            ("bar-review", bin.review),
            ("bar-quiet", bin.not_linked),
        ] {
            if pairs > 0 {
                let part = (PLOT * pairs as f64 / largest as f64).max(2.0);
                height += part;
                picture.rect(class, left, base - height, (right - left).max(0.5), part);
            }
        }
        // Written over every column that is wide enough, because a low column among high ones cannot be read off.
        let text = number(bin.pairs());
        if bin.pairs() > 0 && right - left > 5.8 * text.len() as f64 {
            picture.text(
                "value-small",
                Anchor::Middle,
                f64::midpoint(left, right),
                base - height - 5.0,
                &text,
            );
        }
    }
    picture.line("axis", 0.0, base, WIDTH, base);
    let step = tick_step(high - low);
    let mut tick = (low / step).ceil() * step;
    if pooled {
        picture.text("label", Anchor::Start, 0.0, base + 20.0, "lower");
        tick = (first.to / step).ceil() * step;
        if x(tick) < 60.0 {
            tick += step;
        }
    }
    while tick <= high + 1e-9 {
        picture.line("axis", x(tick), base, x(tick), base + 5.0);
        let anchor = if x(tick) < 8.0 {
            Anchor::Start
        } else if x(tick) > WIDTH - 12.0 {
            Anchor::End
        } else {
            Anchor::Middle
        };
        picture.text(
            "label",
            anchor,
            x(tick),
            base + 20.0,
            &format!("{tick:.0}").replace('-', "\u{2212}"),
        );
        tick += step;
    }
    picture.text(
        "label-quiet",
        Anchor::Middle,
        WIDTH / 2.0,
        base + 42.0,
        "match weight (each step up doubles the odds that the two records are one person)",
    );

    for (threshold, from, word) in [
        (data.review, TOP - 22.0, ""),
        (data.link, TOP - 22.0, "linked \u{2192}"),
    ] {
        picture.line("threshold", x(threshold), from, x(threshold), base);
        picture.text(
            "strong",
            Anchor::Start,
            x(threshold) + 6.0,
            TOP - 10.0,
            word,
        );
    }
    let middle = f64::midpoint(x(data.review), x(data.link));
    if x(data.link) - x(data.review) > 105.0 {
        picture.text("strong", Anchor::Middle, middle, TOP - 10.0, "for review");
    } else {
        picture.text("strong", Anchor::Middle, middle, TOP - 30.0, "for review");
    }
    if x(data.review) > 100.0 {
        picture.text(
            "strong",
            Anchor::End,
            x(data.review) - 6.0,
            TOP - 10.0,
            "\u{2190} not linked",
        );
    }
    picture.finish(id, title, description)
}

/// A round distance between ticks that gives about a dozen of them.
fn tick_step(range: f64) -> f64 {
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        .into_iter()
        .find(|step| range / step <= 14.0)
        .unwrap_or(range.max(1.0))
}
