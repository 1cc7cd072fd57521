//! Charts as inline SVG, made in Rust so that the report needs no script.
//!
//! Every chart has a title and a description for screen readers, writes its numbers beside its marks, tells states apart by shape or
//! pattern as well as by colour, and has a table twin in the page. Coordinates are CSS pixels at full width; colours and fonts come from
//! the page's style sheet, so that print and screen can differ.

mod bars;
mod columns;
mod histogram;
mod stacked;
mod states;
mod timeline;
mod upset;

pub(super) use bars::{Bar, bars};
pub(super) use columns::{Column, columns};
pub(super) use histogram::{Histogram, histogram};
pub(super) use stacked::{StackedRow, stacked};
pub(super) use states::{state_class, state_mark, strip, symbols};
pub(super) use timeline::{Lane, Mark, timeline};
pub(super) use upset::{UpSet, UpSetColumn, upset};

use std::fmt::Write as _;

/// An SVG picture in the making. Writing to its `String` cannot fail, so results of `write!` are dropped.
struct Picture {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text sits relative to its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Picture {
    fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, width, height) = (length(x), length(y), length(width), length(height));
        let _ = write!(self.body, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#);
    }

    fn rounded(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64, radius: f64) {
        let (x, y, width, height, radius) = (length(x), length(y), length(width), length(height), length(radius));
        let _ = write!(self.body, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>"#);
    }

    fn line(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) {
        let (x1, y1, x2, y2) = (length(x1), length(y1), length(x2), length(y2));
        let _ = write!(self.body, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    fn circle(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        let (x, y, radius) = (length(x), length(y), length(radius));
        let _ = write!(self.body, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#);
    }

    fn path(&mut self, class: &str, d: &str) {
        let _ = write!(self.body, r#"<path class="{class}" d="{d}"/>"#);
    }

    fn text(&mut self, class: &str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, text) = (length(x), length(y), escape(text));
        let _ = write!(self.body, r#"<text class="{class}" text-anchor="{anchor}" x="{x}" y="{y}">{text}</text>"#);
    }

    fn symbol(&mut self, id: &str, x: f64, y: f64, size: f64) {
        let (x, y, size) = (length(x), length(y), length(size));
        let _ = write!(self.body, r##"<use href="#{id}" x="{x}" y="{y}" width="{size}" height="{size}"/>"##);
    }

    /// The finished picture. `id` is unique on the page.
    fn finish(self, id: &str, title: &str, description: &str) -> String {
        let (width, height) = (length(self.width), length(self.height));
        let (title, description, body) = (escape(title), escape(description), self.body);
        format!(
            r#"<svg class="picture" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{body}</svg>"#
        )
    }
}

/// A coordinate with at most one decimal, written the same way on every machine.
fn length(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Breaks a label into at most two lines of about `letters` letters, at a space.
fn two_lines(text: &str, letters: usize) -> Vec<String> {
    if text.chars().count() <= letters {
        return vec![text.to_string()];
    }
    let mut first = String::new();
    let mut rest: Vec<&str> = text.split(' ').collect();
    while rest.len() > 1 && (first.is_empty() || first.chars().count() + 1 + rest[0].chars().count() <= letters) {
        if !first.is_empty() {
            first.push(' ');
        }
        first.push_str(rest.remove(0));
    }
    if first.is_empty() { vec![text.to_string()] } else { vec![first, rest.join(" ")] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_labels_are_escaped() {
        assert_eq!((length(3.0), length(2.25), length(-0.01)), ("3".into(), "2.2".into(), "0".into()));
        let mut picture = Picture::new(10.0, 10.0);
        picture.text("label", Anchor::Start, 0.0, 0.0, "<b>&\"");
        assert!(picture.finish("x", "a < b", "").contains("&lt;b&gt;&amp;&quot;"));
    }

    #[test]
    fn long_labels_break_once() {
        assert_eq!(two_lines("Education", 12), ["Education"]);
        assert_eq!(two_lines("Anti-social behaviour", 14), ["Anti-social", "behaviour"]);
        assert_eq!(two_lines("Incomprehensibilities", 5), ["Incomprehensibilities"]);
    }
}
