//! Lines of keys in a TOML text, so that a fault points at the place to edit.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The 1-based line of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.split(|&byte| byte == b'\n').count()
}

/// The line of a key path such as `filter[0].tokens[2].weight`, or of the nearest enclosing key that the text has.
pub(crate) fn line_of(text: &str, path: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut span: Option<Range<usize>> = None;
    let mut at: Option<&Spanned<DeValue<'_>>> = None;
    for step in steps(path) {
        let next = match (at.map(Spanned::get_ref), &step) {
            (None, Step::Key(name)) => entry(table.get_ref(), name),
            (Some(DeValue::Table(inner)), Step::Key(name)) => entry(inner, name),
            (Some(DeValue::Array(items)), Step::Index(index)) => {
                items.get(*index).map(|value| (value.span(), value))
            }
            _ => None,
        };
        let Some((place, value)) = next else { break };
        span = Some(place);
        at = Some(value);
    }
    span.map(|span| line_at(text, span.start))
}

/// The path of the innermost key or item whose text holds the offset.
pub(crate) fn path_at(text: &str, offset: usize) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let mut path = String::new();
    descend(table.get_ref(), offset, &mut path);
    (!path.is_empty()).then_some(path)
}

fn descend(table: &DeTable<'_>, offset: usize, path: &mut String) {
    // The span of a table is that of its header, so what is inside is looked into as well.
    let found = table
        .iter()
        .find(|(key, value)| key.span().contains(&offset) || covers(value, offset));
    if let Some((key, value)) = found {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key.get_ref());
        inside(value, offset, path);
    }
}

fn inside(value: &Spanned<DeValue<'_>>, offset: usize, path: &mut String) {
    match value.get_ref() {
        DeValue::Table(inner) => descend(inner, offset, path),
        DeValue::Array(items) => {
            if let Some(index) = items.iter().position(|item| covers(item, offset)) {
                path.push_str(&format!("[{index}]"));
                inside(&items[index], offset, path);
            }
        }
        _ => {}
    }
}

/// Whether a value or anything in it stands at the offset.
fn covers(value: &Spanned<DeValue<'_>>, offset: usize) -> bool {
    value.span().contains(&offset)
        || match value.get_ref() {
            DeValue::Table(inner) => inner
                .iter()
                .any(|(key, value)| key.span().contains(&offset) || covers(value, offset)),
            DeValue::Array(items) => items.iter().any(|item| covers(item, offset)),
            _ => false,
        }
}

fn entry<'t, 'i>(
    table: &'t DeTable<'i>,
    name: &str,
) -> Option<(Range<usize>, &'t Spanned<DeValue<'i>>)> {
    table
        .iter()
        .find(|(key, _)| key.get_ref() == name)
        .map(|(key, value)| (key.span(), value))
}

enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let mut pieces = part.split('[');
        if let Some(name) = pieces.next()
            && !name.is_empty()
        {
            steps.push(Step::Key(name.to_owned()));
        }
        for piece in pieces {
            if let Ok(index) = piece.trim_end_matches(']').parse() {
                steps.push(Step::Index(index));
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[head]\nid = \"x\"\n\n[[filter]]\nbits = 1\ntokens = [\n  { w = 1 },\n  { w = 2 },\n]\n\n[[filter]]\nbits = 2\n";

    #[test]
    fn paths_have_lines() {
        for (path, line) in [
            ("head.id", 2),
            ("filter[0].bits", 5),
            ("filter[0].tokens[1].w", 8),
            ("filter[1].bits", 12),
            // What the text does not have is shown at what encloses it.
            ("filter[1].missing", 11),
            ("filter[0].tokens[9]", 6),
        ] {
            assert_eq!(line_of(TEXT, path), Some(line), "{path}");
        }
        assert_eq!(line_of(TEXT, "nothing"), None);
    }

    #[test]
    fn offsets_have_paths() {
        let at = |needle: &str| path_at(TEXT, TEXT.find(needle).unwrap());
        assert_eq!(at("\"x\"").as_deref(), Some("head.id"));
        assert_eq!(at("bits = 2").as_deref(), Some("filter[1].bits"));
        assert_eq!(at("w = 2").as_deref(), Some("filter[0].tokens[1].w"));
    }
}
