//! Whether a schema has the shape that clkhash demands: its own three JSON Schemas, and the few keywords they use.
//!
//! The files in `shapes/` are clkhash 0.18.3's (Apache-2.0, `clkhash/schemas/`) without their addresses, so that what is accepted here
//! and there cannot drift apart. Rejected: a general JSON Schema library, which would bring far more than the eleven keywords below.

use super::json::{self, Node, Value};
use num_bigint::BigInt;

/// One place where a schema has the wrong shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, such as `features[2].hashing.strategy`.
    pub path: String,
    /// Line in the schema's file, counted from 1.
    pub line: u32,
    /// What is wrong, in words.
    pub what: String,
}

/// Which rules there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Global `k` and weights.
    V1,
    /// `k` or `numBits` of each feature.
    V2,
    /// The present one.
    V3,
}

/// All faults of a schema, in the order of the text. Empty if it has the shape of that version.
pub fn faults(schema: &Node, version: Version) -> Vec<Fault> {
    let text = match version {
        Version::V1 => include_str!("shapes/v1.json"),
        Version::V2 => include_str!("shapes/v2.json"),
        Version::V3 => include_str!("shapes/v3.json"),
    };
    let rules = json::read(text).expect("the shipped shapes are JSON");
    let checker = Checker {
        rules: &rules,
        // From draft 6 on, `1024.0` is an integer; version 1 is written in draft 4, where it is not.
        whole_floats: version != Version::V1,
    };
    let mut faults = Vec::new();
    checker.check(schema, &rules, "", &mut faults);
    faults
}

struct Checker<'rules> {
    rules: &'rules Node,
    whole_floats: bool,
}

impl Checker<'_> {
    fn check(&self, node: &Node, rule: &Node, path: &str, faults: &mut Vec<Fault>) {
        if let Some(reference) = rule.get("$ref").and_then(Node::text) {
            let name = reference.trim_start_matches("#/definitions/");
            let rule = self.rules.get("definitions").and_then(|all| all.get(name));
            return self.check(node, rule.expect("definitions exist"), path, faults);
        }
        let mut fault = |what: String| {
            faults.push(Fault {
                path: path.to_owned(),
                line: node.line,
                what,
            });
        };
        if let Some(kind) = rule.get("type").and_then(Node::text)
            && !self.has_type(node, kind)
        {
            fault(format!("should be {}", article(kind)));
            return;
        }
        if let Some(constant) = rule.get("const")
            && !equal(&constant.value, &node.value)
        {
            fault(format!("should be {}", written(&constant.value)));
        }
        if let Some(list) = rule.get("enum")
            && !list.list().iter().any(|one| equal(&one.value, &node.value))
        {
            let allowed: Vec<String> = list.list().iter().map(|one| written(&one.value)).collect();
            fault(format!("should be {}", allowed.join(" or ")));
        }
        if let Some(least) = rule.get("minimum")
            && below(&node.value, &least.value, false)
        {
            fault(format!("should be at least {}", written(&least.value)));
        }
        if let Some(least) = rule.get("exclusiveMinimum")
            && below(&node.value, &least.value, true)
        {
            fault(format!("should be more than {}", written(&least.value)));
        }
        if let Value::Object(entries) = &node.value {
            for name in rule.get("required").map_or(&[][..], Node::list) {
                let name = name.text().expect("names are text");
                if node.get(name).is_none() {
                    fault(format!("has no `{name}`"));
                }
            }
            let known = rule.get("properties");
            if rule.get("additionalProperties").is_some() {
                for (name, value) in entries {
                    if known.and_then(|known| known.get(name)).is_none() {
                        faults.push(Fault {
                            path: joined(path, name),
                            line: value.line,
                            what: "is not a name that clkhash knows here".to_owned(),
                        });
                    }
                }
            }
            for (name, value) in entries {
                if let Some(rule) = known.and_then(|known| known.get(name)) {
                    self.check(value, rule, &joined(path, name), faults);
                }
            }
        }
        if let Some(rule) = rule.get("items") {
            for (index, item) in node.list().iter().enumerate() {
                self.check(item, rule, &format!("{path}[{index}]"), faults);
            }
        }
        if let Some(choices) = rule.get("oneOf") {
            self.one_of(node, choices.list(), path, faults);
        }
    }

    /// Exactly one of the forms must fit. If none does, the faults of the form that was most likely meant are the helpful ones.
    fn one_of(&self, node: &Node, choices: &[Node], path: &str, faults: &mut Vec<Fault>) {
        let mut fitting = 0;
        let mut nearest: Option<(usize, Vec<Fault>)> = None;
        for choice in choices {
            let mut found = Vec::new();
            self.check(node, choice, path, &mut found);
            if found.is_empty() {
                fitting += 1;
                continue;
            }
            // A wrong tag (`type`) or a missing part says that another form was meant.
            let tag = joined(path, "type");
            let distance: usize = found
                .iter()
                .map(|fault| match () {
                    () if fault.path == tag => 100,
                    () if fault.path == path => 10,
                    () => 1,
                })
                .sum();
            if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                nearest = Some((distance, found));
            }
        }
        match (fitting, nearest) {
            (1, _) => {}
            (0, Some((_, found))) => faults.extend(found),
            _ => faults.push(Fault {
                path: path.to_owned(),
                line: node.line,
                what: "can be read in two ways; leave one of them out".to_owned(),
            }),
        }
    }

    fn has_type(&self, node: &Node, kind: &str) -> bool {
        match (kind, &node.value) {
            ("object", Value::Object(_))
            | ("array", Value::List(_))
            | ("string", Value::Text(_))
            | ("boolean", Value::Bool(_))
            | ("integer" | "number", Value::Int(_))
            | ("number", Value::Float(_)) => true,
            ("integer", Value::Float(value)) => self.whole_floats && value.fract() == 0.0,
            _ => false,
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "object" => "an object",
        "array" => "an array",
        "string" => "a string",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        _ => "something else".to_owned(),
    }
}

/// The constants of the shapes are strings and `true`; `true` and `1` differ, as in jsonschema.
fn equal(one: &Value, other: &Value) -> bool {
    one == other
}

fn below(value: &Value, least: &Value, or_equal: bool) -> bool {
    let as_float = |value: &Value| match value {
        // The bounds of the shapes are 0 and 1: a huge whole number keeps its sign as a float.
        Value::Int(value) => Some(small_or_infinite(value)),
        Value::Float(value) => Some(*value),
        _ => None,
    };
    match (as_float(value), as_float(least)) {
        (Some(value), Some(least)) => value < least || (or_equal && value == least),
        _ => false,
    }
}

fn small_or_infinite(value: &BigInt) -> f64 {
    i64::try_from(value).map_or_else(
        |_| {
            if value.sign() == num_bigint::Sign::Minus {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }
        },
        |value| value as f64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v3(features: &str) -> Vec<String> {
        let text = format!(
            "{{\"version\": 3, \"clkConfig\": {{\"l\": 64, \"kdf\": {{\"type\": \"HKDF\"}}}},\n\"features\": [{features}]}}"
        );
        let node = json::read(&text).unwrap();
        faults(&node, Version::V3)
            .into_iter()
            .map(|fault| format!("{} {}", fault.path, fault.what))
            .collect()
    }

    #[test]
    fn good_features() {
        assert!(v3("").is_empty());
        assert!(v3(r#"{"identifier": "a", "ignored": true}"#).is_empty());
        let full = r#"{"identifier": "a", "format": {"type": "string"},
            "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 2.0}}}"#;
        assert!(v3(full).is_empty());
        assert!(v3(&full.replace("\"a\",", "\"a\", \"ignored\": true,")).is_empty());
    }

    #[test]
    fn faults_name_the_place_and_the_form_that_was_meant() {
        let feature = |format: &str, strategy: &str| {
            format!(
                r#"{{"identifier": "a", "format": {format}, "hashing": {{"comparison": {{"type": "exact"}}, "strategy": {strategy}}}}}"#
            )
        };
        let good = r#"{"bitsPerToken": 3}"#;
        assert_eq!(
            v3(&feature(r#"{"type": "date"}"#, good)),
            ["features[0].format has no `format`"]
        );
        assert_eq!(
            v3(&feature(r#"{"type": "integer", "maxlength": 3}"#, good)),
            ["features[0].format.maxlength is not a name that clkhash knows here"]
        );
        assert_eq!(
            v3(&feature(r#"{"type": "string"}"#, r#"{"bitsPerToken": 0}"#)),
            ["features[0].hashing.strategy.bitsPerToken should be at least 1"]
        );
        assert_eq!(
            v3(r#"{"identifier": "a", "ignored": false}"#).len(),
            1,
            "an ignored feature was meant"
        );
    }
}
