//! Schemas of versions 1 and 2 as version 3, as clkhash upgrades them (`clkhash/schema.py`).

use super::json::{Node, Value};
use super::number;
use num_bigint::BigInt;

/// A schema of version 1 as one of version 2: the global `k`, times the feature's weight, becomes the feature's own. A weight of zero
/// makes an ignored feature. Everything else in `clkConfig` is dropped.
///
/// Nothing if a number is too large to be worked with.
pub fn from_v1(mut schema: Node) -> Option<Node> {
    let mut config = schema.take("clkConfig")?;
    let k = config.take("k")?;
    let hash = config.take("hash")?;
    let mut features = schema.take("features")?;
    if let Value::List(features) = &mut features.value {
        for feature in features {
            convert_feature(feature, &k, &hash)?;
        }
    }
    let mut kept = object(config.line);
    kept.put("l", config.take("l")?);
    let folds = config.take("xor_folds");
    kept.put(
        "xor_folds",
        folds.unwrap_or_else(|| whole(0.into(), config.line)),
    );
    kept.put("kdf", config.take("kdf")?);
    let mut converted = object(schema.line);
    converted.put("version", whole(2.into(), schema.line));
    converted.put("clkConfig", kept);
    converted.put("features", features);
    Some(converted)
}

fn convert_feature(feature: &mut Node, k: &Node, hash: &Node) -> Option<()> {
    if feature.get("ignored").is_some_and(Node::is_truthy) {
        return Some(());
    }
    let line = feature.line;
    let mut hashing = feature.take("hashing")?;
    let weight = hashing.take("weight");
    if weight.as_ref().is_some_and(|weight| !weight.is_truthy()) {
        let mut ignored = object(line);
        ignored.put("identifier", feature.take("identifier")?);
        ignored.put(
            "ignored",
            Node {
                line,
                value: Value::Bool(true),
            },
        );
        *feature = ignored;
        return Some(());
    }
    let mut strategy = object(hashing.line);
    strategy.put("k", whole(weighted(weight.as_ref(), k)?, hashing.line));
    hashing.put("strategy", strategy);
    hashing.put("hash", hash.clone());
    feature.put("hashing", hashing);
    Some(())
}

/// `int(round(weight * k))`, where a missing weight is 1.0.
fn weighted(weight: Option<&Node>, k: &Node) -> Option<BigInt> {
    let Value::Int(k) = &k.value else {
        return None;
    };
    match weight.map(|weight| &weight.value) {
        Some(Value::Int(weight)) => Some(weight * k),
        Some(Value::Float(weight)) => number::rounded(weight * number::to_float(k)?),
        None => number::rounded(number::to_float(k)?),
        Some(_) => None,
    }
}

/// A schema of version 2 as one of version 3: other names, and the n-gram becomes a comparison.
///
/// Nothing if a part is missing that the shape of version 2 demands.
pub fn from_v2(mut schema: Node) -> Option<Node> {
    let line = schema.line;
    schema.put("version", whole(3.into(), line));
    let mut features = schema.take("features")?;
    if let Value::List(features) = &mut features.value {
        for feature in features {
            if feature.get("ignored").is_some_and(Node::is_truthy) {
                continue;
            }
            let mut hashing = feature.take("hashing")?;
            let mut strategy = hashing.take("strategy")?;
            for (old, new) in [("k", "bitsPerToken"), ("numBits", "bitsPerFeature")] {
                if let Some(number) = strategy.take(old) {
                    strategy.put(new, number);
                    break;
                }
            }
            hashing.put("strategy", strategy);
            let ngram = hashing.take("ngram")?;
            let line = ngram.line;
            let mut comparison = object(line);
            comparison.put(
                "type",
                Node {
                    line,
                    value: Value::Text("ngram".to_owned()),
                },
            );
            comparison.put("n", ngram);
            let positional = hashing.take("positional");
            comparison.put(
                "positional",
                positional.unwrap_or(Node {
                    line,
                    value: Value::Bool(false),
                }),
            );
            hashing.put("comparison", comparison);
            feature.put("hashing", hashing);
        }
    }
    schema.put("features", features);
    Some(schema)
}

fn object(line: u32) -> Node {
    Node {
        line,
        value: Value::Object(Vec::new()),
    }
}

fn whole(value: BigInt, line: u32) -> Node {
    Node {
        line,
        value: Value::Int(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clkhash::json::read;

    #[test]
    fn weights_are_rounded_half_to_even() {
        let k = read("5").unwrap();
        for (weight, expected) in [("0.5", 2), ("0.7", 4), ("1", 5), ("1.5", 8), ("2", 10)] {
            let weight = read(weight).unwrap();
            assert_eq!(weighted(Some(&weight), &k), Some(expected.into()));
        }
        assert_eq!(weighted(None, &k), Some(5.into()));
    }

    #[test]
    fn names_change_and_folds_stay() {
        let v1 = read(
            r#"{"version": 1, "clkConfig": {"l": 64, "k": 4, "xor_folds": 1, "kdf": {}, "hash": {"type": "blakeHash"}, "x": 1},
                "features": [{"identifier": "a", "format": {}, "hashing": {"ngram": 2, "weight": 0.5}},
                             {"identifier": "b", "format": {}, "hashing": {"ngram": 2, "weight": 0}}]}"#,
        )
        .unwrap();
        let v3 = from_v2(from_v1(v1).unwrap()).unwrap();
        let expected = read(
            r#"{"version": 3, "clkConfig": {"l": 64, "xor_folds": 1, "kdf": {}},
                "features": [{"identifier": "a", "format": {}, "hashing": {"hash": {"type": "blakeHash"}, "strategy": {"bitsPerToken": 2},
                              "comparison": {"type": "ngram", "n": 2, "positional": false}}},
                             {"identifier": "b", "ignored": true}]}"#,
        )
        .unwrap();
        assert_eq!(plain(&v3), plain(&expected));
    }

    /// Without lines and without the order of names.
    fn plain(node: &Node) -> String {
        match &node.value {
            Value::Object(entries) => {
                let mut parts: Vec<String> = entries
                    .iter()
                    .map(|(name, node)| format!("{name}:{}", plain(node)))
                    .collect();
                parts.sort();
                parts.join(",")
            }
            Value::List(nodes) => nodes.iter().map(plain).collect::<Vec<_>>().join(";"),
            other => format!("{other:?}"),
        }
    }
}
