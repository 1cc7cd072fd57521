//! The frontier as a picture: how well a scheme links against what attacks name, each point with its name.

use kinfold_message::grouped;

use crate::attacks::Attack;
use crate::hardening::Hardening;
use crate::labels::{Box4, HEIGHT as NAME_HEIGHT, Named, place};
use crate::schemes::Kind;
use crate::summary::{Point, Summary, nobody_known, thousand_known};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 34.0;
/// Height of a panel's plot, and of what is above and below it.
const PLOT: f64 = 400.0;
const ABOVE: f64 = 54.0;
const BELOW: f64 = 58.0;
const TOP: f64 = 74.0;
/// Shares at the ends of the scale; less is drawn at the left edge, which says so.
const LEAST: f64 = 1e-4;
const EDGE: f64 = 66.0;
/// Where nothing is drawn, from the left.
const NONE: f64 = 18.0;

/// One of the two panels.
struct Panel {
    title: &'static str,
    kind: fn(Attack) -> bool,
    /// What `standard` is aimed at.
    target: f64,
    target_words: &'static str,
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "The attacker knows nobody",
        kind: nobody_known,
        target: 0.001,
        target_words: "aim for 20,000 people: at most 0.1 %",
    },
    Panel {
        title: "The attacker knows 1,000 of them",
        kind: thousand_known,
        target: 0.005,
        target_words: "aim for 20,000 people: at most 0.5 %",
    },
];

/// A point on its panel.
struct Mark<'a> {
    point: &'a Point<'a>,
    x: f64,
    y: f64,
    /// Where its bound ends.
    bound: f64,
    class: &'static str,
    /// Order in which names are placed, and drawn over others.
    rank: u8,
}

/// Draws both panels of one size of file.
pub fn draw(summary: &Summary<'_>, size: usize) -> String {
    let f1: Vec<f64> = summary
        .points
        .iter()
        .filter(|point| point.reached.keys().any(|(own, _)| *own == size))
        .filter_map(|point| point.f1(&summary.sets))
        .collect();
    let low = (f1.iter().copied().fold(1.0, f64::min) * 20.0 - 0.2).floor() / 20.0;
    let high = (f1.iter().copied().fold(0.0, f64::max) * 20.0 + 0.2).ceil() / 20.0;
    let height = TOP + PANELS.len() as f64 * (ABOVE + PLOT + BELOW) + 6.0;
    let title = format!(
        "Linkage against re-identification, files of {} people",
        grouped(size)
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"title desc\">\n<title id=\"title\">{title}</title>\n<desc id=\"desc\">{}</desc>\n<style>\n{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" class=\"bg\"/>\n<text x=\"20\" y=\"28\" class=\"h\">{title}</text>\n{}",
        described(summary, size),
        legend()
    );
    for (number, panel) in (0u8..).zip(&PANELS) {
        let top = TOP + f64::from(number) * (ABOVE + PLOT + BELOW) + ABOVE;
        svg.push_str(&drawn(panel, summary, size, top, (low, high)));
    }
    svg.push_str("</svg>\n");
    svg
}

const STYLE: &str = "\
text { font-family: system-ui, \"Segoe UI\", \"Helvetica Neue\", Arial, sans-serif; font-size: 12px; fill: #1f2328; }
.h { font-weight: 600; font-size: 16px; }
.k { font-weight: 600; font-size: 14px; }
.s { fill: #57606a; }
.n { paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round; }
.big { font-weight: 600; }
.bg { fill: #ffffff; }
.grid { stroke: #d8dee4; }
.axis { stroke: #57606a; }
.aim { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 6 4; }
.lead { stroke: #8c959f; stroke-width: .8; fill: none; }
.t { stroke: #0072b2; stroke-width: 1.5; fill: none; opacity: .6; }
.diffused { stroke: #0072b2; fill: #0072b2; }
.other { stroke: #a64d79; fill: #a64d79; }
.shipped { stroke: #c04a00; fill: #c04a00; }
.package { stroke: #c04a00; fill: #ffffff; }
.ladder { stroke: #00795a; fill: #00795a; }
.bound { stroke-width: 1.2; opacity: .55; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .s { fill: #b1bac4; }
  .bg { fill: #161b22; }
  .n { stroke: #161b22; }
  .grid { stroke: #30363d; }
  .axis, .aim { stroke: #b1bac4; }
  .lead { stroke: #768390; }
  .t { stroke: #56b4e9; }
  .diffused { stroke: #56b4e9; fill: #56b4e9; }
  .other { stroke: #e58fbb; fill: #e58fbb; }
  .shipped { stroke: #ff9d5c; fill: #ff9d5c; }
  .package { stroke: #ff9d5c; fill: #161b22; }
  .ladder { stroke: #3fd0a4; fill: #3fd0a4; }
}
";

/// What each mark is, in one line.
fn legend() -> String {
    let marks = [
        ("diffused", "filter alone, diffused"),
        ("other", "filter alone, otherwise"),
        ("shipped", "shipped profile"),
        ("package", "`standard`, other t"),
        ("ladder", "ladder of the bench"),
    ];
    let mut svg = String::new();
    let mut x = 28.0;
    for (class, words) in marks {
        let words = words.replace('`', "");
        svg.push_str(&mark(class, x, 48.0));
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"52\">{words}</text>\n",
            x + 11.0
        ));
        x += 26.0 + width(&words);
    }
    svg.push_str(
        "<text x=\"20\" y=\"72\" class=\"s\">Up is better linkage, left is less named. Lines to the right of a mark: the 95 % bound.</text>\n",
    );
    svg
}

/// A mark: its form says what its colour says.
fn mark(class: &str, x: f64, y: f64) -> String {
    match class {
        "diffused" => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" class=\"diffused\"/>\n"),
        "other" => format!(
            "<path d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\" class=\"other\" stroke-width=\"2.2\"/>\n",
            x - 4.0,
            y - 4.0
        ),
        "shipped" => format!(
            "<path d=\"M{x:.1} {:.1}l6 6l-6 6l-6 -6z\" class=\"shipped\"/>\n",
            y - 6.0
        ),
        "package" => format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" class=\"package\" stroke-width=\"1.8\"/>\n",
            x - 4.0,
            y - 4.0
        ),
        _ => format!(
            "<path d=\"M{x:.1} {:.1}l5 9h-10z\" class=\"ladder\"/>\n",
            y - 5.0
        ),
    }
}

fn class(point: &Point<'_>) -> (&'static str, u8) {
    match &point.scheme.kind {
        Kind::Alone(Hardening::Diffused(_)) => ("diffused", 3),
        Kind::Alone(_) => ("other", 2),
        Kind::Package(_) if point.scheme.is_shipped() => ("shipped", 0),
        Kind::Package(_) if point.scheme.id.starts_with("ladder") => ("ladder", 4),
        Kind::Package(_) => ("package", 1),
    }
}

/// How wide words of 12 pixels are at most, in fonts that are common.
fn width(words: &str) -> f64 {
    words.chars().count() as f64 * 6.3 + 2.0
}

fn across(share: f64) -> f64 {
    let scale = WIDTH - LEFT - RIGHT - EDGE;
    if share <= LEAST {
        LEFT + NONE
    } else {
        LEFT + EDGE + (libm::log10(share / LEAST) / 4.0) * scale
    }
}

/// One panel.
fn drawn(
    panel: &Panel,
    summary: &Summary<'_>,
    size: usize,
    top: f64,
    (low, high): (f64, f64),
) -> String {
    let down = |f1: f64| top + (high - f1) / (high - low) * PLOT;
    let bottom = top + PLOT;
    let mut svg = format!(
        "<text x=\"20\" y=\"{:.1}\" class=\"k\">{}</text>\n<text x=\"20\" y=\"{:.1}\" class=\"s\">F1, mean of the sets with birth dates</text>\n",
        top - 28.0,
        panel.title,
        top - 10.0
    );
    let steps = ((high - low) * 20.0).round() as usize;
    for step in 0..=steps {
        let f1 = high - step as f64 * 0.05;
        svg.push_str(&format!(
            "<line x1=\"{LEFT}\" y1=\"{0:.1}\" x2=\"{1:.1}\" y2=\"{0:.1}\" class=\"grid\"/>\n<text x=\"{2:.1}\" y=\"{3:.1}\" text-anchor=\"end\">{f1:.2}</text>\n",
            down(f1),
            WIDTH - RIGHT,
            LEFT - 8.0,
            down(f1) + 4.0
        ));
    }
    let edge = LEFT + NONE;
    svg.push_str(&format!(
        "<text x=\"{edge:.1}\" y=\"{:.1}\" text-anchor=\"middle\">none</text>\n",
        bottom + 18.0
    ));
    for (share, words) in [
        (1e-4, "0.01 %"),
        (1e-3, "0.1 %"),
        (1e-2, "1 %"),
        (1e-1, "10 %"),
        (1.0, "100 %"),
    ] {
        // The end of the scale, not the edge to its left.
        let x = across(share + 1e-12);
        let anchor = if share == 1.0 { "end" } else { "middle" };
        svg.push_str(&format!(
            "<line x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\" class=\"grid\"/>\n<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{words}</text>\n",
            bottom + 18.0
        ));
    }
    svg.push_str(&format!(
        "<line x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{:.1}\" y2=\"{bottom}\" class=\"axis\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"s\">people named beyond what chance names, by the worst attack (log scale)</text>\n",
        WIDTH - RIGHT,
        (LEFT + WIDTH - RIGHT) / 2.0,
        bottom + 38.0
    ));
    let aim = across(panel.target);
    let aim_box = Box4 {
        left: aim + 4.0,
        top: bottom - 20.0,
        right: aim + 4.0 + width(panel.target_words),
        bottom: bottom - 4.0,
    };
    svg.push_str(&format!(
        "<line x1=\"{aim:.1}\" y1=\"{top}\" x2=\"{aim:.1}\" y2=\"{bottom}\" class=\"aim\"/>\n<text x=\"{:.1}\" y=\"{:.1}\" class=\"s\">{}</text>\n",
        aim_box.left,
        bottom - 8.0,
        panel.target_words
    ));
    let mut marks: Vec<Mark<'_>> = summary
        .points
        .iter()
        .filter_map(|point| {
            let f1 = point.f1(&summary.sets)?;
            let (_, reached) = point.worst(size, panel.kind)?;
            let (beyond, bound) = reached.beyond_chance();
            let (class, rank) = class(point);
            Some(Mark {
                point,
                x: across(beyond),
                y: down(f1),
                bound: across(bound),
                class,
                rank,
            })
        })
        .collect();
    svg.push_str(&line_of_diffusions(&marks));
    marks.sort_by_key(|mark| mark.rank);
    let area = Box4 {
        left: LEFT + 2.0,
        top: top + 1.0,
        right: WIDTH - 2.0,
        bottom: bottom - 2.0,
    };
    let names: Vec<Named> = marks
        .iter()
        .map(|mark| Named {
            x: mark.x,
            y: mark.y,
            // Heavy letters are wider.
            width: width(&mark.point.scheme.label) * if mark.rank == 0 { 1.1 } else { 1.0 },
        })
        .collect();
    let taken: Vec<Box4> = marks
        .iter()
        .map(|mark| Box4 {
            left: mark.x,
            top: mark.y - 1.0,
            right: mark.bound,
            bottom: mark.y + 1.0,
        })
        .chain([aim_box])
        .collect();
    let places = place(&names, &taken, area);
    for (mark, place) in marks.iter().zip(&places) {
        svg.push_str(&lead(mark, place));
    }
    for own in marks.iter().rev() {
        svg.push_str(&format!(
            "<line x1=\"{:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" class=\"{} bound\"/>\n",
            own.x,
            own.bound,
            own.class,
            y = own.y
        ));
        svg.push_str(&mark(own.class, own.x, own.y));
    }
    for (mark, place) in marks.iter().zip(&places) {
        let bold = if mark.class == "shipped" { " big" } else { "" };
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"n{bold}\">{}</text>\n",
            place.left + 1.0,
            place.bottom - 3.0,
            mark.point.scheme.label
        ));
    }
    svg
}

/// The filter alone from t = 2 on, in order.
fn line_of_diffusions(marks: &[Mark<'_>]) -> String {
    let points: Vec<String> = marks
        .iter()
        .filter(|mark| mark.class == "diffused")
        .map(|mark| format!("{:.1},{:.1}", mark.x, mark.y))
        .collect();
    format!("<polyline points=\"{}\" class=\"t\"/>\n", points.join(" "))
}

/// A line from a point to a name that stands apart from it.
fn lead(mark: &Mark<'_>, name: &Box4) -> String {
    let to = (
        mark.x.clamp(name.left, name.right),
        mark.y.clamp(name.top + 2.0, name.bottom - 2.0),
    );
    let (across, down) = (to.0 - mark.x, to.1 - mark.y);
    if libm::sqrt(across * across + down * down) < NAME_HEIGHT {
        return String::new();
    }
    format!(
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" class=\"lead\"/>\n",
        mark.x, mark.y, to.0, to.1
    )
}

/// The picture in words, for who cannot see it.
fn described(summary: &Summary<'_>, size: usize) -> String {
    let mut words = Vec::new();
    for point in &summary.points {
        let Some(f1) = point.f1(&summary.sets) else {
            continue;
        };
        let beyond = |kind: fn(Attack) -> bool| {
            point
                .worst(size, kind)
                .map(|(_, reached)| reached.beyond_chance().0)
        };
        if let (Some(nobody), Some(thousand)) = (beyond(nobody_known), beyond(thousand_known)) {
            words.push(format!(
                "{}: F1 {f1:.3}; named beyond chance {:.2} % with nobody known and {:.2} % with 1,000 known.",
                point.scheme.label,
                nobody * 100.0,
                thousand * 100.0
            ));
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::{Attacked, Linked};

    #[test]
    fn every_point_has_its_mark_and_its_name() {
        let schemes = crate::schemes::all(std::path::Path::new("ladder/candidates")).unwrap();
        let linked: Vec<Linked> = schemes
            .iter()
            .zip(0u8..)
            .map(|(scheme, number)| Linked {
                scheme: scheme.id.clone(),
                hash: scheme.hash.clone(),
                set: "hist3".to_owned(),
                threshold: "best".to_owned(),
                pairs: 1,
                precision: 1.0,
                recall: 1.0,
                f1: 0.7 + 0.005 * f64::from(number),
            })
            .collect();
        let attacked: Vec<Attacked> = schemes
            .iter()
            .flat_map(|scheme| {
                Attack::ALL.map(|attack| Attacked {
                    scheme: scheme.id.clone(),
                    hash: scheme.hash.clone(),
                    size: 3_000,
                    seed: 1,
                    attack: attack.id(),
                    named: 3,
                    of: 3_000,
                    named_all: 3,
                    of_all: 3_000,
                    sure: 0,
                    sure_of: 0,
                    chance: 0.0,
                })
            })
            .collect();
        let summary = Summary::new(&schemes, &linked, &attacked);
        let svg = draw(&summary, 3_000);
        assert_eq!(svg, draw(&summary, 3_000));
        for scheme in &schemes {
            assert_eq!(
                svg.matches(&format!(">{}</text>", scheme.label)).count(),
                2,
                "{}",
                scheme.label
            );
        }
        assert!(svg.contains("files of 3,000 people") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn the_scale_by_hand() {
        assert_eq!(across(0.0), LEFT + NONE);
        assert!((across(1.0) - (WIDTH - RIGHT)).abs() < 1e-9);
        let decade = (WIDTH - LEFT - RIGHT - EDGE) / 4.0;
        assert!((across(0.1) - across(0.01) - decade).abs() < 1e-9);
    }
}
