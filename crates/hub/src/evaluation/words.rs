//! An evaluation on a terminal of 80 columns.

use std::fmt::Write as _;

use kinfold_linkage::measures::{Interval, Intervals, Measured};
use kinfold_message::{counted, grouped};

use super::groups::ByGroup;
use super::promise::Promise;
use super::{Against, Evaluation};

/// Columns of the terminal.
const WIDTH: usize = 80;
/// Columns of the small picture of intervals.
const PICTURE: usize = 12;
/// More pairs of sources than this are in the JSON only.
const SOURCE_PAIRS_MAX: usize = 10;

/// The whole text.
pub(crate) fn text(found: &Evaluation) -> String {
    let mut text = String::new();
    if let Some(truth) = &found.truth {
        against(&mut text, truth);
    }
    if let Some(promise) = &found.without_truth {
        if found.truth.is_some() {
            text.push('\n');
        }
        promised(&mut text, promise);
    }
    text
}

// Writing to a string cannot fail, so what `writeln!` says is not looked at.

fn against(text: &mut String, found: &Against) {
    let _ = writeln!(
        text,
        "{} of {}; {} of them not in the result\n",
        counted(found.records, "record", "records"),
        counted(found.entities, "person", "people"),
        grouped(found.missing as u64)
    );
    let _ = writeln!(
        text,
        "{:22}{:20}{:20}F1",
        "with 95 % intervals", "precision", "recall"
    );
    measured(text, "pairs of records", &found.pairwise);
    if let Some(across) = &found.across_sources {
        measured(text, "  across sources", across);
    }
    if found.by_source_pair.len() <= SOURCE_PAIRS_MAX {
        for pair in &found.by_source_pair {
            let [a, b] = &pair.sources;
            let (name, rates) = (format!("  {a} x {b}"), &pair.measured.rates);
            if rates.actual == 0 {
                // Rates of nothing to find would only puzzle.
                let wrong = grouped(rates.predicted);
                let _ = writeln!(text, "{:22}nothing to find, {wrong} wrong", cut(&name, 21));
            } else {
                measured(text, &name, &pair.measured);
            }
        }
    } else {
        let _ = writeln!(
            text,
            "  {} pairs of sources: see --json",
            found.by_source_pair.len()
        );
    }
    let cubed = &found.b_cubed;
    let rates = [
        cubed.figures.precision,
        cubed.figures.recall,
        cubed.figures.f1,
    ];
    row(text, "B-cubed", rates, &cubed.intervals);
    measured(text, "people, exactly", &found.exact_cluster);
    if let Some(pairs) = &found.household_pair {
        measured(text, "household pairs", pairs);
    }
    if let Some(whole) = &found.whole_household {
        measured(text, "households, whole", whole);
    }
    if let Some(pairs) = &found.household_pair_now {
        measured(text, "household pairs, now", pairs);
    }
    if let Some(whole) = &found.whole_household_now {
        measured(text, "households whole, now", whole);
    }
    if let Some(links) = &found.household_link {
        measured(text, "household links", &links.links);
        let whole = figure(links.whole.value, links.whole.interval);
        let _ = writeln!(text, "{:42}{whole}", "  with all people right");
    }
    if let Some(needs) = &found.needs {
        measured(text, "current needs", &needs.measured);
        for (indicator, each) in &needs.by_indicator {
            measured(text, &format!("  {indicator}"), each);
        }
    }
    for by in &found.by_group {
        text.push('\n');
        groups(text, by);
    }
    if found.by_group.is_empty() {
        return;
    }
    text.push('\n');
    match &found.largest_gap {
        Some(gap) => text.push_str(&wrapped(&gap.sentence, "")),
        None => text.push_str(&wrapped(
            "No group differs from all others by more than chance explains. Small groups can hide large gaps: look at their intervals.",
            "",
        )),
    }
}

/// One line of the table: name, then precision, recall and F1, each with its interval.
fn measured(text: &mut String, name: &str, found: &Measured) {
    let rates = &found.rates;
    row(
        text,
        name,
        [rates.precision, rates.recall, rates.f1],
        &found.intervals,
    );
}

fn row(text: &mut String, name: &str, [precision, recall, f1]: [f64; 3], of: &Intervals) {
    let line = format!(
        "{:22}{:20}{:20}{}",
        cut(name, 21),
        figure(precision, of.precision),
        figure(recall, of.recall),
        figure(f1, of.f1)
    );
    let _ = writeln!(text, "{}", line.trim_end());
}

fn groups(text: &mut String, by: &ByGroup) {
    let lowest = by
        .groups
        .iter()
        .map(|group| {
            let recall = group.measured.rates.recall;
            group.measured.intervals.recall.map_or(recall, |i| i.low)
        })
        .fold(1.0, f64::min);
    // The scale begins at a whole hundredth, and is never shorter than one.
    let from = (libm::floor(lowest * 100.0) / 100.0).min(0.99);
    let _ = writeln!(
        text,
        "{:17}{:>8}  {:19}{:<6}{:>6}  precision",
        cut(&format!("by {}", by.column), 16),
        "records",
        "recall",
        edge(from),
        "1"
    );
    let mut marked = false;
    for group in &by.groups {
        let found = &group.measured;
        let gaps = [group.gaps.precision, group.gaps.recall];
        let mark = gaps.into_iter().flatten().any(|gap| gap.beyond_chance);
        marked |= mark;
        let line = format!(
            "  {:15}{:>8}  {:19}{}  {:19}{}",
            cut(&group.value, 14),
            grouped(group.records),
            figure(found.rates.recall, found.intervals.recall),
            picture(from, found.rates.recall, found.intervals.recall),
            figure(found.rates.precision, found.intervals.precision),
            if mark { "*" } else { "" }
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if marked {
        text.push_str("  * differs from all others by more than chance explains\n");
    }
}

/// An interval drawn between `from` and 1, the figure as a dot.
fn picture(from: f64, value: f64, interval: Option<Interval>) -> String {
    let place = |value: f64| {
        let share = (value - from) / (1.0 - from);
        (share.clamp(0.0, 1.0) * (PICTURE - 1) as f64 + 0.5) as usize
    };
    let (low, high) = interval.map_or((place(value), place(value)), |i| {
        (place(i.low), place(i.high))
    });
    (0..PICTURE)
        .map(|at| match at {
            at if at == place(value) => '●',
            at if (low..=high).contains(&at) => '─',
            _ => ' ',
        })
        .collect()
}

fn promised(text: &mut String, found: &Promise) {
    let _ = writeln!(
        text,
        "What to expect without truth: {}, {}\n",
        counted(found.records, "record", "records"),
        counted(found.people, "person", "people")
    );
    let expected = &found.expected;
    for (name, value, interval, of) in [
        (
            "expected precision",
            expected.precision,
            expected.intervals.precision,
            format!(
                "of {}",
                counted(expected.linked, "linked candidate", "linked candidates")
            ),
        ),
        (
            "expected recall",
            expected.recall,
            expected.intervals.recall,
            "of the true among the candidates".to_owned(),
        ),
    ] {
        let shown = value.map_or_else(|| "nothing".to_owned(), |value| figure(value, interval));
        let _ = writeln!(text, "{name:22}{shown:20}{of}");
    }
    let alone = &found.no_candidate.share;
    let _ = writeln!(
        text,
        "{:22}{:20}{}",
        "no candidate",
        figure(alone.value, alone.interval),
        counted(alone.count, "record", "records")
    );
    for (source, share) in &found.no_candidate.by_source {
        let _ = writeln!(
            text,
            "{:22}{:20}{}",
            cut(&format!("  {source}"), 21),
            figure(share.value, share.interval),
            counted(share.count, "record", "records")
        );
    }
    text.push('\n');
    text.push_str(&wrapped(
        "These hold if the match probabilities are right; true pairs that never became candidates are in none of them.",
        "",
    ));
    if found.implied > 0 {
        text.push_str(&wrapped(
            &format!(
                "{} together only through others, without evidence of their own.",
                counted(found.implied, "pair of records is", "pairs of records are")
            ),
            "",
        ));
    }
    text.push('\n');
    warnings(text, found);
    if let Some(bands) = &found.calibration {
        let _ = writeln!(
            text,
            "\n{:22}{:20}{:20}pairs",
            "probability", "expected right", "really right"
        );
        for band in bands {
            let _ = writeln!(
                text,
                "{:22}{:<20.4}{:20}{}{}",
                format!("  {} and up", band.from),
                band.expected,
                figure(band.found, band.interval),
                grouped(band.pairs),
                if band.calibrated == Some(false) {
                    "  off"
                } else {
                    ""
                }
            );
        }
    }
}

fn warnings(text: &mut String, found: &Promise) {
    let mut note = |line: &str| text.push_str(&wrapped(line, "  "));
    let sizes = &found.sizes;
    if sizes.larger_than_sources > 0 {
        let listed: Vec<String> = sizes
            .listed
            .iter()
            .map(|large| format!("{} ({})", large.id, large.size))
            .collect();
        note(&format!(
            "! {} more records than there are sources ({}): {}",
            counted(sizes.larger_than_sources, "person has", "people have"),
            sizes.sources,
            listed.join(", ")
        ));
    }
    if let Some(households) = found.households.as_ref().filter(|h| h.larger > 0) {
        let listed: Vec<String> = households
            .listed
            .iter()
            .map(|large| format!("{} ({})", large.id, large.size))
            .collect();
        note(&format!(
            "! {} more than {} people at once: {}",
            counted(households.larger, "household has", "households have"),
            households.limit,
            listed.join(", ")
        ));
    }
    let bridges = &found.bridges;
    if bridges.weak > 0 {
        note(&format!(
            "! {} held together by one weak link (below {}). The weakest, with the records on both sides:",
            counted(bridges.people, "person is", "people are"),
            bridges.weak_below
        ));
        for bridge in &bridges.listed {
            let [small, large] = bridge.sides;
            note(&format!(
                "  {} {:.4} ({small} + {large})",
                bridge.cluster_id, bridge.probability
            ));
        }
    }
    let quiet = sizes.larger_than_sources == 0
        && bridges.weak == 0
        && found.households.as_ref().is_none_or(|h| h.larger == 0);
    if quiet {
        note("No person or household is too large, and none hangs on one weak link.");
    }
}

/// A figure with its interval, in at most 18 columns: `0.9971 .9950-.9983`.
fn figure(value: f64, interval: Option<Interval>) -> String {
    match interval {
        Some(interval) => format!("{value:.4} {}-{}", edge(interval.low), edge(interval.high)),
        None => format!("{value:.4} too few"),
    }
}

/// An end of an interval in five columns.
fn edge(value: f64) -> String {
    let shown = format!("{value:.4}");
    match shown.strip_prefix('0') {
        Some(fraction) => fraction.to_owned(),
        None => "1.000".to_owned(),
    }
}

/// A name in at most so many columns.
fn cut(name: &str, columns: usize) -> String {
    if name.chars().count() <= columns {
        return name.to_owned();
    }
    let kept: String = name.chars().take(columns - 1).collect();
    format!("{kept}…")
}

/// A paragraph in lines of the terminal's width; all lines but the first begin with `indent`.
fn wrapped(paragraph: &str, indent: &str) -> String {
    let mut lines = String::new();
    // Spaces that a paragraph begins with are kept.
    let spaces = paragraph.len() - paragraph.trim_start().len();
    let mut line = paragraph[..spaces].to_owned();
    let mut empty = true;
    for word in paragraph.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            indent.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push_str(&line);
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_fit_their_column() {
        let of = |low, high| Some(Interval { low, high });
        assert_eq!(figure(0.997_12, of(0.995, 0.9983)), "0.9971 .9950-.9983");
        assert_eq!(figure(1.0, of(0.9962, 1.0)), "1.0000 .9962-1.000");
        assert_eq!(figure(0.5, None), "0.5000 too few");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
    }

    #[test]
    fn the_picture_shows_the_interval_and_the_figure() {
        let of = |low, high| Some(Interval { low, high });
        assert_eq!(picture(0.9, 1.0, of(0.96, 1.0)), "       ────●");
        assert_eq!(picture(0.9, 0.94, None), "    ●       ");
    }

    #[test]
    fn paragraphs_keep_to_the_width() {
        let text = wrapped(&"word ".repeat(60), "  ");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 60);
    }
}
