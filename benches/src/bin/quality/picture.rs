//! The picture of the page: for each set, how many pairs in a thousand are missed or wrong, on a scale of factors.

use std::fmt::Write as _;

use crate::page::Group;

/// Left end of the scale, and how wide it is.
const LEFT: f64 = 300.0;
const WIDE: f64 = 410.0;

/// Height of a line, and where the first is.
const LINE: f64 = 36.0;
const TOP: f64 = 112.0;

/// Pairs in a thousand at the marks of the scale.
const MARKS: [f64; 10] = [500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5];

/// The worst and the best that the scale shows.
const ENDS: (f64, f64) = (600.0, 0.25);

/// The picture, as SVG. Shapes tell the tools apart, not colours alone; it follows a dark page.
pub fn picture(groups: &[Group]) -> String {
    let height = TOP + LINE * groups.len() as f64 + 46.0;
    let mut text = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" viewBox="0 0 760 {height}" role="img" aria-labelledby="title desc">
  <title id="title">Pairs missed or wrong, of a thousand</title>
  <desc id="desc">{}</desc>
{STYLE}  <rect class="bg" width="760" height="{height}"/>
  <text class="h" x="16" y="26">Pairs missed or wrong, of 1,000 (1 − F1)</text>
"#,
        words(groups)
    );
    legend(&mut text);
    let bottom = TOP + LINE * groups.len() as f64 - 8.0;
    for mark in MARKS {
        let x = place(mark);
        let _ = writeln!(
            text,
            r#"  <line class="g" x1="{x:.1}" x2="{x:.1}" y1="{:.1}" y2="{bottom:.1}"/>
  <text class="s" x="{x:.1}" y="{:.1}" text-anchor="middle">{mark}</text>"#,
            TOP - 18.0,
            bottom + 18.0
        );
    }
    let _ = writeln!(
        text,
        r#"  <text class="s" x="{LEFT}" y="{:.1}">← more missed or wrong</text>
  <text class="s" x="{:.1}" y="{:.1}" text-anchor="end">fewer →</text>"#,
        bottom + 36.0,
        LEFT + WIDE,
        bottom + 36.0
    );
    for (line, group) in groups.iter().enumerate() {
        let y = TOP + LINE * line as f64;
        let (short, rest) = names(group);
        let _ = writeln!(
            text,
            r#"  <text x="16" y="{:.1}">{short}</text>
  <text class="s" x="16" y="{:.1}">{rest}</text>"#,
            y + 1.0,
            y + 15.0
        );
        let points = points(group);
        let places = points.iter().map(|(_, f1)| place((1.0 - f1) * 1000.0));
        let (low, high) = places.fold((f64::MAX, f64::MIN), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let _ = writeln!(
            text,
            r#"  <line class="l" x1="{low:.1}" x2="{high:.1}" y1="{y:.1}" y2="{y:.1}"/>"#
        );
        for (kind, f1) in points {
            mark(kind, place((1.0 - f1) * 1000.0), y, &mut text);
        }
    }
    text.push_str("</svg>\n");
    text
}

/// Whose figure a mark is. kinfold's `standard` is drawn last, above the others.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Private,
    Trusted,
    Contact,
    Standard,
}

fn points(group: &Group) -> Vec<(Kind, f64)> {
    [
        (Kind::Plain, group.best(false).map(|best| best.0)),
        (Kind::Private, group.best(true).map(|best| best.0)),
        (Kind::Trusted, group.f1("trusted")),
        (Kind::Contact, group.f1("standard-contact")),
        (Kind::Standard, group.f1("standard")),
    ]
    .into_iter()
    .filter_map(|(kind, f1)| Some((kind, f1?)))
    .collect()
}

fn place(of_a_thousand: f64) -> f64 {
    let at = of_a_thousand.clamp(ENDS.1, ENDS.0);
    LEFT + WIDE * libm::log(ENDS.0 / at) / libm::log(ENDS.0 / ENDS.1)
}

fn mark(kind: Kind, x: f64, y: f64, text: &mut String) {
    let _ = match kind {
        Kind::Plain => writeln!(
            text,
            r#"  <path class="plain" d="M{:.1} {:.1}l5.5 9.5h-11z"/>"#,
            x,
            y - 6.0
        ),
        Kind::Private => writeln!(
            text,
            r#"  <rect class="private" x="{:.1}" y="{:.1}" width="9" height="9"/>"#,
            x - 4.5,
            y - 4.5
        ),
        Kind::Trusted => writeln!(
            text,
            r#"  <path class="trusted" d="M{:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>"#,
            x,
            y - 5.5
        ),
        Kind::Contact => writeln!(
            text,
            r#"  <circle class="contact" cx="{x:.1}" cy="{y:.1}" r="5"/>"#
        ),
        Kind::Standard => writeln!(
            text,
            r#"  <circle class="standard" cx="{x:.1}" cy="{y:.1}" r="5.5"/>"#
        ),
    };
}

fn legend(text: &mut String) {
    let entries = [
        (Kind::Standard, 24.0, 46.0, "kinfold, standard"),
        (Kind::Contact, 176.0, 46.0, "with e-mail and telephone"),
        (Kind::Trusted, 372.0, 46.0, "kinfold, trusted"),
        (Kind::Private, 24.0, 68.0, "best other private tool"),
        (
            Kind::Plain,
            212.0,
            68.0,
            "Splink, plain text (both at the threshold best by the truth)",
        ),
    ];
    for (kind, x, y, words) in entries {
        mark(kind, x, y, text);
        let _ = writeln!(
            text,
            r#"  <text class="s" x="{:.1}" y="{:.1}">{words}</text>"#,
            x + 11.0,
            y + 4.0
        );
    }
}

/// The set, and what it is, short enough for the margin.
fn names<'a>(group: &'a Group) -> (String, &'a str) {
    let title = group.title();
    let rest = title.split_once(": ").map_or(title, |(start, _)| start);
    let rest = rest.split(", ").next().unwrap_or(rest);
    (format!("{} {}", group.set, group.sources), rest)
}

fn words(groups: &[Group]) -> String {
    let each: Vec<String> = groups
        .iter()
        .map(|group| {
            let kinfold = group
                .f1("standard")
                .map_or(String::from("not run"), |f1| format!("{f1:.4}"));
            let private = group.best(true).map_or(String::new(), |(f1, _)| {
                format!(", best other private tool {f1:.4}")
            });
            let plain = group.best(false).map_or(String::new(), |(f1, _)| {
                format!(", Splink on plain text {f1:.4}")
            });
            format!(
                "{} {}: F1 of kinfold {kinfold}{private}{plain}",
                group.set, group.sources
            )
        })
        .collect();
    format!("{}.", each.join("; "))
}

const STYLE: &str = r#"  <style>
    text { font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 13px; fill: #1f2328; }
    .h { font-weight: 600; font-size: 15px; }
    .s { fill: #57606a; font-size: 11.5px; }
    .bg { fill: #ffffff; }
    .g { stroke: #d8dee4; }
    .l { stroke: #8c959f; stroke-width: 1.5; }
    .standard { fill: #0969da; stroke: #ffffff; }
    .contact { fill: #ffffff; stroke: #0969da; stroke-width: 2; }
    .trusted { fill: #ffffff; stroke: #0969da; stroke-width: 2; }
    .private { fill: #bc4c00; stroke: #ffffff; }
    .plain { fill: #6e7781; stroke: #ffffff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; } .s { fill: #9da7b3; } .bg { fill: #0d1117; } .g { stroke: #30363d; } .l { stroke: #6e7681; }
      .standard { fill: #58a6ff; stroke: #0d1117; } .contact, .trusted { fill: #0d1117; stroke: #58a6ff; }
      .private { fill: #f0883e; stroke: #0d1117; } .plain { fill: #9da7b3; stroke: #0d1117; }
    }
  </style>
"#;
