//! The report as one self-contained page, for a data protection impact assessment: no script, nothing loaded, counts and shares only.

use std::fmt::Write as _;

use kinfold_message::grouped;

use crate::bound::Share;
use crate::html::{escape, length};
use crate::report::{Form, Level, Line, Report};

const CSS: &str = include_str!("page.css");

/// The page. `title` says whose file it is, for instance the custodian's name and the month.
pub fn page(report: &Report, title: &str) -> String {
    let mut out = String::with_capacity(64 << 10);
    let verdict = word(report.verdict);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>Release check: {title}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n\
         <header class=\"masthead\">\n<p class=\"kicker\">Release check</p>\n<h1>{title}</h1>\n\
         <div class=\"verdict {verdict}\"><p class=\"lead\">{}</p></div>\n\
         <dl class=\"facts\">\n<div><dt>Records checked</dt><dd>{}</dd></div>\n<div><dt>Form of the check</dt><dd>{}</dd></div>\n\
         <div><dt>Lines passed, warned, blocked</dt><dd>{}</dd></div>\n\
         <div><dt>Codes that were checked (BLAKE3)</dt><dd><code>{}</code></dd></div>\n</dl>\n</header>\n<main>\n",
        escape(headline(report)),
        grouped(report.records),
        match report.form {
            Form::Full => "full",
            Form::Quick => "quick: no ground for a release",
        },
        counts(report),
        escape(&report.payload),
        title = escape(title),
    );
    out.push_str(
        "<p>We tried to name people in this file as an intruder would who holds a full list of the same people and knows how the codes are made, \
         but has no key. Each attack was tried on unprotected codes of the same people first and had to succeed there.</p>\n",
    );
    out.push_str(&glance(report));
    let sections: [(&str, &[&str]); 3] = [
        (
            "Attacks",
            &[
                "control",
                "known/",
                "households/",
                "incomplete",
                "graph/",
                "patterns",
                "packages/",
                "homes",
                "months",
                "epochs",
                "linear/",
                "legacy/",
            ],
        ),
        (
            "How many people these codes are safe for",
            &["law", "rho/", "visible", "outliers", "suspicion"],
        ),
        (
            "What the codes show by themselves",
            &["counts/", "balance/", "length/", "columns/", "scan/"],
        ),
    ];
    let mut shown = vec![false; report.lines.len()];
    for (heading, prefixes) in sections {
        let mut body = String::new();
        for (number_of, (line, shown)) in report.lines.iter().zip(&mut shown).enumerate() {
            if prefixes.iter().any(|prefix| line.id.starts_with(prefix)) {
                *shown = true;
                write_line(&mut body, line, number_of);
            }
        }
        if !body.is_empty() {
            let _ = write!(out, "<section>\n<h2>{heading}</h2>\n{body}</section>\n");
        }
    }
    // A line of a later version still shows.
    if shown.iter().any(|shown| !shown) {
        out.push_str("<section>\n<h2>Other lines</h2>\n");
        for (number_of, line) in report.lines.iter().enumerate() {
            if !shown[number_of] {
                write_line(&mut out, line, number_of);
            }
        }
        out.push_str("</section>\n");
    }
    out.push_str(
        "</main>\n<footer>\n<p>Codes are pseudonymised personal data. Safety rests on the key staying away from the linkage unit, on the tested \
         schema, and on deletion on time. Upper bounds are one-sided 95 % Clopper-Pearson bounds; they hold for these attacks, not for all that may \
         be thought of. No encoding survives somebody who holds both the key and the codes.</p>\n</footer>\n</body>\n</html>\n",
    );
    out
}

/// The lines that deserve a look, the worst first, each leading to its own place.
fn glance(report: &Report) -> String {
    let mut items = String::new();
    for level in [Level::Broken, Level::Block, Level::Warn] {
        for (number_of, line) in report.lines.iter().enumerate() {
            if line.level == level {
                let _ = writeln!(
                    items,
                    "<li><span class=\"badge {}\">{}</span><a href=\"#line-{number_of}\"><code>{}</code></a> {}</li>",
                    word(level),
                    badge(level),
                    escape(&line.id),
                    escape(&line.sentence)
                );
            }
        }
    }
    if items.is_empty() {
        return items;
    }
    format!(
        "<nav class=\"glance\" aria-label=\"What deserves a look\">\n<h2>What deserves a look</h2>\n<ul>\n{items}</ul>\n</nav>\n"
    )
}

/// The verdict in one sentence.
pub fn headline(report: &Report) -> &'static str {
    match (report.verdict, report.form) {
        (Level::Broken, _) => {
            "The check is broken: an attack that must succeed on unprotected codes did not. Nothing may be released."
        }
        (Level::Block, _) => {
            "This file must not be released: at least one line is above its limit."
        }
        (_, Form::Quick) => {
            "A quick look found nothing above a limit. Only the full check allows a release."
        }
        (Level::Warn, _) => {
            "This file may be released; some lines are above half of their limit and deserve a look."
        }
        _ => "This file may be released: every line is well below its limit.",
    }
}

fn counts(report: &Report) -> String {
    let of = |wanted: &[Level]| {
        report
            .lines
            .iter()
            .filter(|line| wanted.contains(&line.level))
            .count()
    };
    format!(
        "{}, {}, {}",
        of(&[Level::Pass]),
        of(&[Level::Warn]),
        of(&[Level::Block, Level::Broken])
    )
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Pass => "pass",
        Level::Warn => "warn",
        Level::Block => "block",
        Level::Broken => "broken",
    }
}

fn badge(level: Level) -> &'static str {
    match level {
        Level::Note => "for information",
        Level::Pass => "\u{2713} passed",
        Level::Warn => "! warning",
        Level::Block => "\u{2715} above the limit",
        Level::Broken => "\u{2715} check broken",
    }
}

fn write_line(out: &mut String, line: &Line, number_of: usize) {
    let level = word(line.level);
    let _ = write!(
        out,
        "<article class=\"line {level}\" id=\"line-{number_of}\">\n<p><span class=\"badge {level}\">{}</span><span class=\"subject\">{} \
         <code>{}</code></span></p>\n<h3>{}</h3>\n<p class=\"why\">Why it matters: {}</p>\n",
        badge(line.level),
        escape(&line.subject),
        escape(&line.id),
        escape(&line.sentence),
        escape(&line.why),
    );
    if !line.to_do.is_empty() {
        let _ = writeln!(
            out,
            "<p class=\"do\">What to do: {}</p>",
            with_code(&escape(&line.to_do))
        );
    }
    if let Some(share) = line.share {
        let _ = writeln!(
            out,
            "<div class=\"chart\">{}</div>",
            bar(share, line.limit, number_of)
        );
    }
    if line.by_size.iter().any(|share| share.of > 0) {
        let open = if line.level >= Level::Warn {
            " open"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<details{open}><summary>By size of household</summary><table><caption>People attacked and named; a small file is attacked several \
             times</caption><thead><tr><th>Household of</th><th class=\"n\">Attacked</th><th class=\"n\">Named</th><th class=\"n\">At most</th>\
             </tr></thead><tbody>",
        );
        for (size, share) in line.by_size.iter().enumerate() {
            let last = size + 1 == line.by_size.len();
            let more = if last { " and more" } else { "" };
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\">{}{more}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                size + 1,
                grouped(share.of),
                grouped(share.hits),
                percent(share.upper)
            );
        }
        out.push_str("</tbody></table></details>\n");
    }
    if !line.figures.is_empty() {
        out.push_str("<details><summary>Figures</summary><table><tbody>\n");
        for (name, value) in &line.figures {
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>",
                escape(name),
                value
            );
        }
        out.push_str("</tbody></table></details>\n");
    }
    out.push_str("</article>\n");
}

const WIDTH: f64 = 570.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 90.0;

/// The share, its upper bound and the limit as two bars and a line.
fn bar(share: Share, limit: Option<f64>, number_of: usize) -> String {
    let most = share.upper.max(limit.unwrap_or(0.0)).max(1e-6) * 1.05;
    let place = |value: f64| value / most * (WIDTH - LEFT - RIGHT);
    let mut out = format!(
        "<svg class=\"picture\" viewBox=\"0 0 570 84\" role=\"img\" aria-labelledby=\"c{number_of}-t c{number_of}-d\">\
         <title id=\"c{number_of}-t\">Share of people named</title><desc id=\"c{number_of}-d\">{} of {} ({}), at most {}{}</desc>",
        grouped(share.hits),
        grouped(share.of),
        percent(share.share),
        percent(share.upper),
        limit.map_or(String::new(), |limit| format!(", limit {}", percent(limit)))
    );
    for (row, (class, label, value)) in [
        ("bar", "named", share.share),
        ("bar-quiet", "at most", share.upper),
    ]
    .into_iter()
    .enumerate()
    {
        let top = 4.0 + 30.0 * row as f64;
        let width = if value > 0.0 {
            place(value).max(2.0)
        } else {
            0.0
        };
        let _ = write!(
            out,
            "<text text-anchor=\"end\" x=\"98\" y=\"{}\">{label}</text><rect class=\"{class}\" x=\"110\" y=\"{}\" width=\"{}\" height=\"22\"/>\
             <text class=\"value\" x=\"{}\" y=\"{}\">{}</text>",
            length(top + 16.0),
            length(top),
            length(width),
            length(LEFT + width + 8.0),
            length(top + 16.0),
            percent(value)
        );
    }
    if let Some(limit) = limit {
        let x = length(LEFT + place(limit));
        let _ = write!(
            out,
            "<line class=\"threshold\" x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"64\"/><text text-anchor=\"end\" x=\"{x}\" y=\"80\">limit {}</text>",
            percent(limit)
        );
    }
    out.push_str("<line class=\"axis\" x1=\"110\" y1=\"0\" x2=\"110\" y2=\"64\"/></svg>");
    out
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Escaped text in which what stands between two backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (place, part) in parts.into_iter().enumerate() {
        if place % 2 == 1 {
            let _ = write!(out, "<code>{part}</code>");
        } else {
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(level_value: f64) -> Report {
        let line = |id: &str| {
            Line::note(
                id,
                "names-birth",
                "Because <x> & y.",
                "A sentence.".to_owned(),
            )
        };
        Report::new(
            Form::Full,
            &[1; 32],
            47_198,
            vec![
                line("known/20").share_at_most(
                    Share::new(2, 3_000),
                    level_value,
                    "Do \"this\" with `t`.",
                ),
                line("law").with("rho", 0.012),
                line("households/keys").sizes_at_most(
                    &[Share::new(0, 900), Share::new(1, 20)],
                    0.01,
                    "do",
                ),
                line("new/thing"),
            ],
        )
    }

    #[test]
    fn a_page_says_the_verdict_and_loads_nothing() {
        let page = page(&report(0.001), "Eastmere <housing>, August 2026");
        assert!(page.contains("must not be released"));
        assert!(page.contains("Eastmere &lt;housing&gt;, August 2026"));
        assert!(page.contains("Because &lt;x&gt; &amp; y."));
        assert!(page.contains("Do &quot;this&quot; with <code>t</code>."));
        // The worst lines are found from the top.
        assert!(page.contains("<a href=\"#line-0\">") && page.contains("id=\"line-0\""));
        assert!(page.contains("47,198") && page.contains("Other lines"));
        for never in ["<script", "http://", "https://", "src=", "url("] {
            assert!(!page.contains(never), "{never}");
        }
        assert_eq!(page.matches("<article").count(), 4);
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    }

    #[test]
    fn headlines_differ() {
        assert!(page(&report(0.5), "x").contains("every line is well below"));
        assert!(page(&report(0.003), "x").contains("above half"));
        let quick = Report {
            form: Form::Quick,
            ..report(0.5)
        };
        assert!(page(&quick, "x").contains("Only the full check"));
        let broken = Report {
            verdict: Level::Broken,
            ..report(0.5)
        };
        assert!(page(&broken, "x").contains("broken"));
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(with_code("a `b` c"), "a <code>b</code> c");
        assert_eq!(with_code("a ` c"), "a ` c");
        assert_eq!(length(3.04), "3");
        assert_eq!(percent(0.0123), "1.23 %");
    }
}
