//! Writing a parsed pattern for the engine.

use super::characters::{self, Alphabet, Set};
use super::tree::{Anchor, Greed, Node};
use std::fmt::Write as _;

/// The whole pattern.
pub fn whole(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

/// The pattern for a match of the whole text: an anchor at its very beginning or end says nothing then and only makes the engine slower.
pub fn without_ends(node: &Node) -> String {
    let Node::Sequence(nodes) = node else {
        return whole(node);
    };
    let mut nodes = &nodes[..];
    while let [Node::Anchor(Anchor::Start | Anchor::LineStart), rest @ ..] = nodes {
        nodes = rest;
    }
    while let [
        rest @ ..,
        Node::Anchor(Anchor::End | Anchor::LineEnd | Anchor::VeryEnd),
    ] = nodes
    {
        nodes = rest;
    }
    let mut text = String::new();
    for node in nodes {
        write(node, &mut text);
    }
    text
}

fn write(node: &Node, text: &mut String) {
    match node {
        Node::Set(set) => write_set(set, text),
        Node::Anchor(anchor) => write_anchor(*anchor, text),
        Node::Sequence(nodes) => nodes.iter().for_each(|node| write(node, text)),
        Node::Choice(choices) => {
            text.push_str("(?:");
            for (index, choice) in choices.iter().enumerate() {
                if index > 0 {
                    text.push('|');
                }
                write(choice, text);
            }
            text.push(')');
        }
        Node::Group(inner) => wrap("(", inner, text),
        Node::Atomic(inner) => wrap("(?>", inner, text),
        Node::Look {
            behind,
            negative,
            inner,
        } => {
            let open = match (behind, negative) {
                (false, false) => "(?=",
                (false, true) => "(?!",
                (true, false) => "(?<=",
                (true, true) => "(?<!",
            };
            wrap(open, inner, text);
        }
        Node::Repeat {
            least,
            most,
            greed,
            inner,
        } => {
            // A possessive repetition is an atomic group around a greedy one.
            if *greed == Greed::Possessive {
                text.push_str("(?>");
            }
            wrap("(?:", inner, text);
            match most {
                Some(most) => write!(text, "{{{least},{most}}}"),
                None => write!(text, "{{{least},}}"),
            }
            .expect("a string takes everything");
            match greed {
                Greed::Greedy => {}
                Greed::Lazy => text.push('?'),
                Greed::Possessive => text.push(')'),
            }
        }
        Node::Reference(group) => write!(text, "(?:\\{group})").expect("a string takes everything"),
        Node::If { group, yes, no } => {
            write!(text, "(?({group})").expect("a string takes everything");
            wrap("(?:", yes, text);
            text.push('|');
            wrap("(?:", no, text);
            text.push(')');
        }
    }
}

fn wrap(open: &str, inner: &Node, text: &mut String) {
    text.push_str(open);
    write(inner, text);
    text.push(')');
}

fn write_anchor(anchor: Anchor, text: &mut String) {
    match anchor {
        Anchor::Start => text.push_str("\\A"),
        Anchor::LineStart => text.push_str("(?:\\A|(?<=\\x{a}))"),
        Anchor::VeryEnd => text.push_str("\\z"),
        Anchor::End => text.push_str("(?=\\x{a}?\\z)"),
        Anchor::LineEnd => text.push_str("(?:\\z|(?=\\x{a}))"),
        Anchor::Word { inverse, alphabet } => {
            let word = word(alphabet);
            // Between a word character and something else; the other way round, between two of a kind.
            let (first, second) = if inverse { ("!", "=") } else { ("=", "!") };
            if inverse {
                // To Python 3.11, an empty text has neither.
                text.push_str("(?!\\A\\z)");
            }
            write!(
                text,
                "(?:(?<={word})(?{second}{word})|(?<!{word})(?{first}{word}))"
            )
            .expect("a string takes everything");
        }
    }
}

fn word(alphabet: Alphabet) -> String {
    let mut text = String::new();
    write_set(&characters::category('w', alphabet), &mut text);
    text
}

fn write_set(set: &Set, text: &mut String) {
    let code = u32::from;
    match set.ranges() {
        // Nothing matches an empty class; `[^\s\S]` is one.
        [] => text.push_str("(?!)"),
        [one] if one.start() == one.end() => {
            write!(text, "\\x{{{:x}}}", code(one.start())).expect("a string takes everything");
        }
        ranges => {
            text.push('[');
            for range in ranges {
                write!(
                    text,
                    "\\x{{{:x}}}-\\x{{{:x}}}",
                    code(range.start()),
                    code(range.end())
                )
                .expect("a string takes everything");
            }
            text.push(']');
        }
    }
}
