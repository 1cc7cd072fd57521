//! One spelling for one JSON value.

use serde_json::Value;

/// JSON without spaces and with the keys of every object sorted by their UTF-8 bytes. Numbers and strings are spelt as serde_json
/// spells them: integers in full, other numbers with the fewest digits that give the same number back.
///
/// The keys are sorted here, and not left to serde_json's map, because that keeps another order when any crate of a build asks
/// for its `preserve_order` feature.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| key.as_bytes());
            text.push('{');
            for (index, (key, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(&Value::from(key.as_str()), text);
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        // Zero has one spelling: without a sign.
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => {
            text.push_str("0.0");
        }
        // Strings, other numbers, true, false and null have one spelling already.
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("JSON has no infinity", |number| number.is_finite())
                .prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_and_writing_again_gives_the_same_bytes(value in values()) {
            let text = canonical_json(&value);
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical_json(&back), text);
        }
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": 2.5}], "a": "\u{e9}\n", "\u{e9}": null, "B": -1});
        assert_eq!(
            canonical_json(&value),
            "{\"B\":-1,\"a\":\"\u{e9}\\n\",\"b\":[{\"a\":2.5,\"z\":1}],\"\u{e9}\":null}"
        );
    }
}
