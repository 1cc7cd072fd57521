//! What the missed pairs and the wrong ones look like: counts of fields and of decisions, never a value.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use kinfold_store::{Column, read_text_columns};
use serde::Serialize;

use crate::measure::Record;
use kinfold_benches::sets::Columns;

/// Patterns of fields that are listed; the rest are counted together.
const PATTERNS: usize = 8;
/// Edits up to which two texts are near.
const EDITS_MAX: usize = 2;

/// How two texts of one field compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Same,
    Near,
    Differs,
    Blank,
    NotHeld,
}

impl Agreement {
    fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Near => "near",
            Self::Differs => "differs",
            Self::Blank => "blank",
            Self::NotHeld => "not held",
        }
    }
}

/// Pairs of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Profile {
    /// How many.
    pub pairs: u64,
    /// What linking decided about them; `not encoded` and `no candidate` where it never saw them.
    pub decisions: BTreeMap<String, u64>,
    /// For each field, how its texts compare.
    pub fields: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// How all fields compare that are not the same, the most frequent first.
    pub patterns: Vec<(String, u64)>,
}

/// What is wrong with a result.
#[derive(Clone, Debug, Serialize)]
pub struct Errors {
    /// Pairs of one person that were not put together.
    pub missed: Profile,
    /// Pairs of two people that were.
    pub wrong: Profile,
}

/// The texts of a source's rows, by identifier: one for each field.
pub struct Texts(BTreeMap<String, Vec<Option<String>>>);

impl Texts {
    /// Reads the columns of a table, the fields in the order of `fields`; all texts of a field as one.
    pub fn read(
        table: &Path,
        columns: &Columns,
        fields: &[String],
    ) -> Result<Self, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(table)?;
        let mut texts = BTreeMap::new();
        for row in reader.deserialize() {
            let row: BTreeMap<String, String> = row?;
            let text = |columns: &Vec<String>| -> String {
                let names = columns.iter().flat_map(|names| names.split('+'));
                let cells = names.filter_map(|name| row.get(name));
                let cells = cells.map(|cell| cell.trim().to_lowercase());
                cells
                    .filter(|cell| !cell.is_empty())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let of_fields = fields.iter().map(|field| columns.get(field).map(text));
            let id = row.get("rec_id").ok_or("a table without rec_id")?;
            texts.insert(id.clone(), of_fields.collect());
        }
        Ok(Self(texts))
    }
}

/// Profiles of the pairs across every two sources, or within the one there is.
pub fn of(
    records: &[Record],
    fields: &[String],
    texts: &[Texts],
    pairs: &Path,
) -> Result<Errors, Box<dyn Error>> {
    let decisions = read_decisions(pairs)?;
    let across = texts.len() > 1;
    let profile = |key: fn(&Record) -> u32, other: fn(&Record) -> u32| {
        let mut groups: BTreeMap<u32, Vec<&Record>> = BTreeMap::new();
        for record in records {
            groups.entry(key(record)).or_default().push(record);
        }
        let mut counts = Counts::default();
        for group in groups.values() {
            for (position, one) in group.iter().enumerate() {
                for two in &group[position + 1..] {
                    if other(one) != other(two) && !(across && one.source == two.source) {
                        counts.add(one, two, fields, texts, &decisions);
                    }
                }
            }
        }
        counts.profile()
    };
    Ok(Errors {
        missed: profile(|record| record.entity, |record| record.cluster),
        wrong: profile(|record| record.cluster, |record| record.entity),
    })
}

#[derive(Default)]
struct Counts {
    profile: Profile,
    patterns: BTreeMap<String, u64>,
}

impl Counts {
    fn add(
        &mut self,
        one: &Record,
        two: &Record,
        fields: &[String],
        texts: &[Texts],
        decisions: &Decisions,
    ) {
        self.profile.pairs += 1;
        let decision = match (&one.reference, &two.reference) {
            (Some(one), Some(two)) => decisions
                .get(&(one.min(two).clone(), one.max(two).clone()))
                .map_or("no candidate", String::as_str),
            _ => "not encoded",
        };
        *self
            .profile
            .decisions
            .entry(decision.to_owned())
            .or_default() += 1;
        let mut parts: Vec<String> = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            let text = |record: &Record| {
                let row = texts[record.source].0.get(&record.own_id)?;
                row[index].as_deref()
            };
            let agreement = compare(text(one), text(two));
            let of_field = self.profile.fields.entry(field.clone()).or_default();
            *of_field.entry(agreement.word()).or_default() += 1;
            if agreement != Agreement::Same && agreement != Agreement::NotHeld {
                parts.push(format!("{field} {}", agreement.word()));
            }
        }
        let pattern = if parts.is_empty() {
            "all the same".to_owned()
        } else {
            parts.join(", ")
        };
        *self.patterns.entry(pattern).or_default() += 1;
    }

    fn profile(self) -> Profile {
        let mut patterns: Vec<(String, u64)> = self.patterns.into_iter().collect();
        patterns.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest: u64 = patterns.iter().skip(PATTERNS).map(|(_, count)| count).sum();
        patterns.truncate(PATTERNS);
        if rest > 0 {
            patterns.push(("others".to_owned(), rest));
        }
        Profile {
            patterns,
            ..self.profile
        }
    }
}

fn compare(one: Option<&str>, two: Option<&str>) -> Agreement {
    match (one, two) {
        (None, _) | (_, None) => Agreement::NotHeld,
        (Some(""), _) | (_, Some("")) => Agreement::Blank,
        (Some(one), Some(two)) if one == two => Agreement::Same,
        (Some(one), Some(two)) if strsim::osa_distance(one, two) <= EDITS_MAX => Agreement::Near,
        _ => Agreement::Differs,
    }
}

/// What was decided about two records, the smaller reference first.
type Decisions = BTreeMap<(String, String), String>;

fn read_decisions(pairs: &Path) -> Result<Decisions, Box<dyn Error>> {
    let columns = [
        Column::needed(&["record_ref_l"]),
        Column::needed(&["record_ref_r"]),
        Column::needed(&["decision"]),
    ];
    let table = read_text_columns(pairs, &columns).map_err(|error| error.to_string())?;
    let (Some(left), Some(right), Some(decision)) =
        (table.column(0), table.column(1), table.column(2))
    else {
        return Err("pairs.parquet lacks a column".into());
    };
    let mut decisions = Decisions::new();
    for row in 0..table.rows {
        let (one, two) = (&left[row], &right[row]);
        let key = (one.min(two).clone(), one.max(two).clone());
        decisions.insert(key, decision[row].clone());
    }
    Ok(decisions)
}

/// Both profiles as a list in Markdown.
pub fn markdown(errors: &Errors) -> String {
    let mut text = String::new();
    for (what, profile) in [("Missed", &errors.missed), ("Wrong", &errors.wrong)] {
        let share = |count: u64| 100.0 * count as f64 / profile.pairs.max(1) as f64;
        text.push_str(&format!("- {what} pairs: {}", profile.pairs));
        for (decision, count) in &profile.decisions {
            text.push_str(&format!(" · {decision} {count}"));
        }
        text.push('\n');
        for (field, agreements) in &profile.fields {
            let each = agreements.iter();
            let each: Vec<String> = each
                .map(|(word, &count)| format!("{word} {:.0} %", share(count)))
                .collect();
            text.push_str(&format!("  - {field}: {}\n", each.join(", ")));
        }
        for (pattern, count) in &profile.patterns {
            text.push_str(&format!("  - {count} with {pattern}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_compare_as_said() {
        for (one, two, expected) in [
            (Some("ann"), Some("ann"), Agreement::Same),
            (Some("anna"), Some("nana"), Agreement::Near),
            (Some("ann"), Some("william"), Agreement::Differs),
            (Some(""), Some("ann"), Agreement::Blank),
            (None, Some("ann"), Agreement::NotHeld),
        ] {
            assert_eq!(compare(one, two), expected);
        }
    }
}
