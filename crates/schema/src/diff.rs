//! What differs between two schemas, and what each difference does to accuracy and privacy.

use std::collections::{BTreeMap, BTreeSet};

use crate::file::{KeyScope, LinkageUnit};
use crate::{FilterSchema, Schema};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The key, such as `filter names-birth: diffusion`.
    pub key: String,
    /// The value in the first schema; empty when it has none.
    pub from: String,
    /// The value in the second; empty when it has none.
    pub to: String,
    /// What the change does, in a sentence without a full stop.
    pub effect: String,
}

/// The differences from one schema to another, in the order of the file. Codes of two schemas with different texts can never be
/// compared, whatever stands here.
pub fn diff(a: &Schema, b: &Schema) -> Vec<Change> {
    let mut list = Vec::new();
    let mut push = |key: String, from: String, to: String, effect: &str| {
        if from != to {
            list.push(Change {
                key,
                from,
                to,
                effect: effect.to_owned(),
            });
        }
    };
    push("id".into(), a.id.clone(), b.id.clone(), "another name");
    push(
        "version".into(),
        a.version.clone(),
        b.version.clone(),
        "another version",
    );
    push(
        "title".into(),
        a.title.clone(),
        b.title.clone(),
        "for people only",
    );
    push(
        "standardisation".into(),
        a.standardisation.clone(),
        b.standardisation.clone(),
        "values are read by other rules; every custodian must use the program that has them",
    );
    push(
        "people_max".into(),
        a.people_max.to_string(),
        b.people_max.to_string(),
        "the number of people of one file for whom diffusion must be strong enough",
    );
    push(
        "linkage_unit".into(),
        word(a.linkage_unit == LinkageUnit::Inside, "inside", "outside"),
        word(b.linkage_unit == LinkageUnit::Inside, "inside", "outside"),
        "inside: filters may leave undiffused, and whoever holds the codes and a list of the population can name nearly everybody",
    );
    push(
        "key_scope".into(),
        word(a.key_scope == KeyScope::Pair, "pair", "agreement"),
        word(b.key_scope == KeyScope::Pair, "pair", "agreement"),
        "pair: as many sets of tokens as there are other custodians, and the linkage unit cannot see what three of them share",
    );
    push(
        "usable".into(),
        usable(a),
        usable(b),
        "which records are encoded at all",
    );
    let fields = |schema: &Schema| -> BTreeMap<String, String> {
        schema
            .fields
            .iter()
            .map(|field| {
                (
                    field.name.as_str().to_owned(),
                    format!("group {}, invalid {}", field.group, field.invalid.as_str()),
                )
            })
            .collect()
    };
    entries(&fields(a), &fields(b), |name, from, to| {
        push(
            format!("field {name}"),
            from,
            to,
            "which facts are read, and what becomes of one that cannot be",
        );
    });
    let filters: BTreeSet<&str> = [a, b]
        .iter()
        .flat_map(|schema| schema.filters.iter().map(|filter| filter.id.as_str()))
        .collect();
    for id in filters {
        let find = |schema: &Schema| {
            schema
                .filters
                .iter()
                .find(|filter| filter.id == id)
                .map(settings)
                .unwrap_or_default()
        };
        entries(&find(a), &find(b), |key, from, to| {
            let effect = filter_effect(&key);
            push(format!("filter {id}: {key}"), from, to, effect);
        });
    }
    let keys = |schema: &Schema| -> BTreeMap<String, String> {
        schema
            .keys
            .iter()
            .map(|key| {
                (
                    key.recipe.to_string(),
                    format!("{} slots, cap {}", key.slots, key.cap),
                )
            })
            .collect()
    };
    entries(&keys(a), &keys(b), |recipe, from, to| {
        push(
            format!("key {recipe}"),
            from,
            to,
            "a key more finds more true pairs and brings more chance agreements; slots cut off values beyond them",
        );
    });
    let pools = |schema: &Schema| {
        let pools = schema.pools().into_iter();
        let mixed: Vec<String> = pools
            .filter(|pool| pool.counted.is_some())
            .map(|pool| {
                let kinds = &schema.keys[pool.keys];
                let recipes: Vec<String> = kinds.iter().map(|key| key.recipe.to_string()).collect();
                format!("{}: {}", pool.name, recipes.join(", "))
            })
            .collect();
        mixed.join("; ")
    };
    push(
        "pools".into(),
        pools(a),
        pools(b),
        "kinds of a pool cannot be told apart by the linkage unit: whoever has a list of the population learns less, and links rest on numbers",
    );
    let household = |schema: &Schema| {
        schema.household.as_ref().map_or_else(String::new, |h| {
            format!(
                "{} slots, groups up to {}, crowds up to {}, {}, {}",
                h.slots,
                h.group_max,
                h.crowd(),
                match h.step() {
                    0 => "no months".to_owned(),
                    1 => "months as they are".to_owned(),
                    step => format!("months in steps of {step}"),
                },
                match h.left_max {
                    None => "homes however long ago they were left".to_owned(),
                    Some(months) => format!("homes up to {months} months after they were left"),
                }
            )
        })
    };
    push(
        "household_keys".into(),
        household(a),
        household(b),
        "larger groups join more families and are easier to recognise by their size; finer months tell tenants apart, and who has a register of moves names families by them",
    );
    let filter_max = |schema: &Schema| {
        let most = schema.household.as_ref().and_then(|h| h.filter_max);
        most.map_or_else(String::new, |most| {
            format!("no filter of who is shown in a home of more than {most}")
        })
    };
    push(
        "household_keys.filter_max".into(),
        filter_max(a),
        filter_max(b),
        "without a filter nobody is named by how alike the members of a home are; these people are found by keys alone",
    );
    let presence = |schema: &Schema| {
        let slots: Vec<&str> = schema
            .presence
            .slots
            .iter()
            .map(|fact| fact.as_str())
            .collect();
        format!(
            "{}; at least {} records",
            slots.join(", "),
            schema.presence.min_records
        )
    };
    push(
        "presence".into(),
        presence(a),
        presence(b),
        "a missing fact is not taken for a disagreement; rarer patterns point at people",
    );
    list
}

fn usable(schema: &Schema) -> String {
    let lists: Vec<String> = schema
        .usable
        .iter()
        .map(|facts| {
            let facts: Vec<&str> = facts.iter().map(|fact| fact.as_str()).collect();
            facts.join(" + ")
        })
        .collect();
    lists.join("; ")
}

fn word(yes: bool, one: &str, other: &str) -> String {
    if yes { one } else { other }.to_owned()
}

/// Calls for every name of either map.
fn entries(
    a: &BTreeMap<String, String>,
    b: &BTreeMap<String, String>,
    mut call: impl FnMut(String, String, String),
) {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        let value = |map: &BTreeMap<String, String>| map.get(name).cloned().unwrap_or_default();
        call(name.clone(), value(a), value(b));
    }
}

fn settings(filter: &FilterSchema) -> BTreeMap<String, String> {
    let mut map = BTreeMap::from([
        ("bits".to_owned(), filter.bits.to_string()),
        ("diffusion".to_owned(), filter.diffusion.to_string()),
        ("metric".to_owned(), filter.metric.as_str().to_owned()),
        (
            "unit_positions".to_owned(),
            filter.unit_positions.to_string(),
        ),
        (
            "requires".to_owned(),
            filter
                .requires
                .iter()
                .map(|fact| fact.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ]);
    let mut optional = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    optional("inner_bits", filter.inner_bits.map(|bits| bits.to_string()));
    optional(
        "candidate_sigmas",
        filter.candidate_sigmas.map(|value| value.to_string()),
    );
    optional(
        "candidate_dice",
        filter.candidate_dice.map(|value| value.to_string()),
    );
    for (group, scale) in &filter.scale {
        map.insert(format!("scale of {group}"), scale.to_string());
    }
    for token in &filter.tokens {
        map.insert(
            format!("token {} {}", token.field.as_str(), token.form.as_str()),
            token.weight.to_string(),
        );
    }
    map
}

fn filter_effect(key: &str) -> &'static str {
    match key {
        "bits" => {
            "more bits: less noise, so misspellings are seen from further away, by attackers too"
        }
        "inner_bits" => "the size before diffusion sets the fill",
        "diffusion" => {
            "more: strangers look alike from nearer by and more people are safe, but fewer misspellings are seen"
        }
        "unit_positions" => "sets the fill; 0.47 to 0.48 leaks least for the accuracy it gives",
        "requires" => "records without these facts release a random filter",
        "candidate_sigmas" | "candidate_dice" => {
            "a lower threshold finds more true pairs and many more chance ones"
        }
        "metric" => "how filters are compared",
        _ => "shifts how much of the filter each kind of fact has",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_does_not_differ_from_itself_and_differs_from_others_both_ways() {
        let all: Vec<Schema> = Schema::shipped_names()
            .map(|name| Schema::shipped(name).unwrap())
            .collect();
        for a in &all {
            assert_eq!(diff(a, a), []);
            for b in &all {
                let back: Vec<Change> = diff(b, a);
                let forth = diff(a, b);
                assert_eq!(forth.len(), back.len());
                for (one, other) in forth.iter().zip(&back) {
                    assert_eq!(
                        (&one.key, &one.from, &one.to),
                        (&other.key, &other.to, &other.from)
                    );
                }
            }
        }
    }

    #[test]
    fn a_difference_is_named_with_both_values() {
        let (a, b) = (Schema::standard(), Schema::shipped("high").unwrap());
        let change = diff(&a, &b)
            .into_iter()
            .find(|change| change.key == "filter names-birth: diffusion")
            .unwrap();
        assert_eq!((change.from.as_str(), change.to.as_str()), ("8", "10"));
    }
}
