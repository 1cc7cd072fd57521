//! One feature of a schema.

use super::{Encoding, Feature, HashKind, Hashing, Missing, Report, Strategy, Trap};
use crate::clkhash::date::DateFormat;
use crate::clkhash::format::{Bound, Format, Letters};
use crate::clkhash::json::{Node, Value};
use crate::clkhash::number;
use crate::clkhash::pattern::{Pattern, Refusal};
use crate::clkhash::token::{Comparison, Numeric};
use num_bigint::BigInt;
use std::sync::Arc;

/// What the features must fit to.
pub struct Context {
    /// Bits before folding, if known.
    pub filter_length: Option<u64>,
    /// Bytes, if known.
    pub key_size: Option<u32>,
    /// What to do with names that have no effect.
    pub trap: Trap,
}

/// Positions of one token or feature; a filter of the greatest length is full long before.
const MOST_BITS: u64 = 1 << 24;

pub fn read(node: &Node, path: &str, context: &Context, report: &mut Report) -> Option<Feature> {
    let identifier = node.get("identifier")?.text()?.to_owned();
    if node.get("ignored").is_some_and(Node::is_truthy) {
        return Some(Feature {
            identifier,
            hashing: None,
        });
    }
    let hashing_node = node.get("hashing")?;
    let hashing_path = format!("{path}.hashing");
    let format_node = node.get("format")?;
    let format = format(format_node, &format!("{path}.format"), report);
    let encoding = match format_node.get("encoding").and_then(Node::text) {
        Some("ascii") => Encoding::Ascii,
        Some("utf-16") => Encoding::Utf16,
        Some("utf-32") => Encoding::Utf32,
        _ => Encoding::Utf8,
    };
    let comparison_node = hashing_node.get("comparison")?;
    let comparison = comparison(
        comparison_node,
        &format!("{hashing_path}.comparison"),
        context.trap,
        report,
    );
    let strategy = strategy(
        hashing_node.get("strategy")?,
        &format!("{hashing_path}.strategy"),
        report,
    );
    let hash = hash(hashing_node, &hashing_path, context, report);
    let missing = hashing_node.get("missingValue").and_then(|node| {
        let sentinel = node.get("sentinel")?.text()?.to_owned();
        let replacement = node.get("replaceWith").and_then(Node::text);
        let replacement = replacement.map_or_else(|| sentinel.clone(), str::to_owned);
        Some(Missing {
            sentinel,
            replacement,
        })
    });
    let hashing = Hashing {
        format: format?,
        encoding,
        comparison: comparison?,
        strategy: strategy?,
        hash: hash?,
        missing,
    };
    Some(Feature {
        identifier,
        hashing: Some(hashing),
    })
}

fn format(node: &Node, path: &str, report: &mut Report) -> Option<Format> {
    let bound = |name: &str| node.get(name).map(bound_of);
    match node.get("type")?.text()? {
        "string" => {
            let Some(pattern) = node.get("pattern") else {
                let letters = match node.get("case").and_then(Node::text) {
                    Some("upper") => Letters::Upper,
                    Some("lower") => Letters::Lower,
                    _ => Letters::Mixed,
                };
                return Some(Format::Text {
                    letters,
                    shortest: bound("minLength"),
                    longest: bound("maxLength"),
                });
            };
            let compiled = Pattern::full(pattern.text()?);
            refused(compiled, &format!("{path}.pattern"), pattern, report)
                .map(|pattern| Format::Pattern(Arc::new(pattern)))
        }
        "integer" => Some(Format::Integer {
            least: bound("minimum"),
            most: bound("maximum"),
        }),
        "date" => {
            let format = node.get("format")?;
            let read = DateFormat::new(format.text()?);
            refused(read, &format!("{path}.format"), format, report)
                .map(|date| Format::Date(Arc::new(date)))
        }
        _ => {
            let values = node.get("values")?.list().iter();
            Some(Format::Enum(Arc::new(
                values.filter_map(Node::text).map(str::to_owned).collect(),
            )))
        }
    }
}

fn refused<T>(made: Result<T, Refusal>, path: &str, node: &Node, report: &mut Report) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(Refusal::Invalid(what)) => {
            report.wrong(
                path,
                node,
                format!("is refused by Python too: {what}"),
                "correct it",
            );
            None
        }
        Err(Refusal::Unsupported(what)) => {
            let hint = "write it in another way that means the same";
            report.refuse(
                path,
                node,
                format!("cannot be carried over from Python exactly: {what}"),
                hint,
            );
            None
        }
    }
}

fn bound_of(node: &Node) -> Bound {
    match &node.value {
        Value::Int(value) => Bound(value.clone()),
        // The shapes take `5.0` as a whole number.
        Value::Float(value) => Bound(number::truncated(*value).unwrap_or_default()),
        _ => Bound(BigInt::ZERO),
    }
}

fn strategy(node: &Node, path: &str, report: &mut Report) -> Option<Strategy> {
    let (name, node) = match (node.get("bitsPerToken"), node.get("bitsPerFeature")) {
        (Some(node), _) => ("bitsPerToken", node),
        (None, Some(node)) => ("bitsPerFeature", node),
        (None, None) => return None,
    };
    // Here clkhash does take `20.0`.
    let value = bound_of(node).0;
    let Some(bits) = u32::try_from(value)
        .ok()
        .filter(|bits| u64::from(*bits) <= MOST_BITS)
    else {
        report.refuse(
            &format!("{path}.{name}"),
            node,
            format!("is more than {MOST_BITS}"),
            "choose a smaller number",
        );
        return None;
    };
    Some(match name {
        "bitsPerToken" => Strategy::BitsPerToken(bits),
        _ => Strategy::BitsPerFeature(bits),
    })
}

fn hash(hashing: &Node, path: &str, context: &Context, report: &mut Report) -> Option<HashKind> {
    let node = hashing.get("hash");
    let kind = node.and_then(|node| node.get("type")).and_then(Node::text);
    let guard = node.and_then(|node| node.get("prevent_singularity"));
    let path = format!("{path}.hash");
    let place = node.unwrap_or(hashing);
    if kind == Some("doubleHash") {
        let prevent_singularity = guard.is_some_and(Node::is_truthy);
        if prevent_singularity && context.filter_length == Some(1) {
            report.wrong(
                &path,
                place,
                "can never avoid the only bit of the filter",
                "make `l` greater",
            );
            return None;
        }
        return Some(HashKind::Double {
            prevent_singularity,
        });
    }
    if let Some(guard) = guard.filter(|guard| guard.value != Value::Null) {
        let what = "belongs to `doubleHash` alone";
        report.wrong(
            &format!("{path}.prevent_singularity"),
            guard,
            what,
            "take it out",
        );
    }
    if context
        .filter_length
        .is_some_and(|length| !length.is_power_of_two())
    {
        let what = "`blakeHash` needs an `l` that is a power of two";
        report.wrong(
            &path,
            place,
            what,
            "make `l` 1024, for instance, or use `doubleHash`",
        );
    }
    if context.key_size.is_some_and(|size| size > 64) {
        let what = "`blakeHash` takes keys of at most 64 bytes";
        report.wrong(&path, place, what, "make `keySize` of the `kdf` 64");
    }
    Some(HashKind::Blake)
}

fn comparison(node: &Node, path: &str, trap: Trap, report: &mut Report) -> Option<Comparison> {
    match node.get("type")?.text()? {
        "ngram" => {
            let n = report.number(&format!("{path}.n"), node.get("n")?, 10_000)? as usize;
            let positional = node.get("positional").is_some_and(Node::is_truthy);
            Some(Comparison::Ngram { n, positional })
        }
        "exact" => Some(Comparison::Exact),
        _ => numeric(node, path, trap, report).map(Comparison::Numeric),
    }
}

fn numeric(node: &Node, path: &str, trap: Trap, report: &mut Report) -> Option<Numeric> {
    let resolution = report.number(
        &format!("{path}.resolution"),
        node.get("resolution")?,
        1_000_000,
    );
    let digits = match node.get("fractional_precision") {
        None => Some(0),
        Some(node) => match node.value {
            // clkhash works with floats then, and its tokens are written as floats.
            Value::Float(digits) if digits != 0.0 => {
                let hint = "write it as a whole number, without point";
                report.refuse(
                    &format!("{path}.fractional_precision"),
                    node,
                    "is written as a decimal",
                    hint,
                );
                None
            }
            Value::Float(_) => Some(0),
            _ => report.number(&format!("{path}.fractional_precision"), node, 4_000),
        },
    };
    if let (Some(camel), Some(digits), Trap::Refuse) =
        (node.get("fractionalPrecision"), digits, trap)
        && camel.value != Value::Int(BigInt::from(digits))
    {
        report.refuse(
            &format!("{path}.fractionalPrecision"),
            camel,
            "has no effect in clkhash 0.18.3, which reads `fractional_precision`",
            "write `fractional_precision`; to get what clkhash makes of this schema, use `--clkhash-0.18-compat`",
        );
    }
    let threshold = node.get("thresholdDistance")?;
    let digits = digits?;
    let interval = interval(&threshold.value, digits);
    let path = format!("{path}.thresholdDistance");
    match interval {
        None => report.wrong(
            &path,
            threshold,
            "is too large or not a number",
            "choose a smaller one",
        ),
        Some(ref zero) if *zero == BigInt::ZERO => {
            let hint = "make it greater, or raise `fractional_precision`";
            report.wrong(&path, threshold, "rounds to zero at this precision", hint);
            return None;
        }
        Some(_) => {}
    }
    Some(Numeric {
        interval: interval?,
        resolution: resolution?,
        fractional_digits: digits,
    })
}

/// `int(round(threshold * pow(10, digits)))`
fn interval(threshold: &Value, digits: u32) -> Option<BigInt> {
    let scale = BigInt::from(10).pow(digits);
    match threshold {
        Value::Int(threshold) => Some(threshold * scale),
        Value::Float(threshold) => number::rounded(threshold * number::to_float(&scale)?),
        _ => None,
    }
}
