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

use kinfold_verdict::html::{escape, length};

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
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, width, height) = (length(x), length(y), length(width), length(height));
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#
        );
    }

    fn rounded(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64, radius: f64) {
        let (x, y, width, height, radius) = (
            length(x),
            length(y),
            length(width),
            length(height),
            length(radius),
        );
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>"#
        );
    }

    fn line(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) {
        let (x1, y1, x2, y2) = (length(x1), length(y1), length(x2), length(y2));
        let _ = write!(
            self.body,
            r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#
        );
    }

    fn circle(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        let (x, y, radius) = (length(x), length(y), length(radius));
        let _ = write!(
            self.body,
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#
        );
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
        let _ = write!(
            self.body,
            r#"<text class="{class}" text-anchor="{anchor}" x="{x}" y="{y}">{text}</text>"#
        );
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

/// Breaks a label at spaces into lines of at most about `letters` letters (a longer word keeps its line).
fn lines(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

impl Picture {
    /// A label to the left of `x`, broken into lines around the height `middle`.
    fn row_label(&mut self, x: f64, middle: f64, lines: &[String]) {
        let first = middle + 4.5 - 7.5 * lines.len().saturating_sub(1) as f64;
        for (line, text) in lines.iter().enumerate() {
            self.text("label", Anchor::End, x, first + 15.0 * line as f64, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut picture = Picture::new(10.0, 10.0);
        picture.text("label", Anchor::Start, 0.0, 0.0, "<b>&\"");
        assert!(
            picture
                .finish("x", "a < b", "")
                .contains("&lt;b&gt;&amp;&quot;")
        );
    }

    #[test]
    fn long_labels_break_at_spaces() {
        assert_eq!(lines("Education", 12), ["Education"]);
        assert_eq!(
            lines("Anti-social behaviour", 14),
            ["Anti-social", "behaviour"]
        );
        assert_eq!(lines("Incomprehensibilities", 5), ["Incomprehensibilities"]);
    }
}
