//! What pages and pictures are written with, on both sides.

/// A text as it may stand in HTML and SVG, between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
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

/// A coordinate with at most one decimal, written the same way on every machine.
pub fn length(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0").unwrap_or(&text) {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_html_is_escaped() {
        assert_eq!(
            escape("<a title='x'>\"R&D\"</a>"),
            "&lt;a title=&#39;x&#39;&gt;&quot;R&amp;D&quot;&lt;/a&gt;"
        );
    }

    #[test]
    fn lengths_are_short() {
        let written = [3.0, 2.25, -0.01, -1.5].map(length);
        assert_eq!(written, ["3", "2.2", "0", "-1.5"]);
    }
}
