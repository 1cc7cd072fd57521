//! Groups of people, and how far a result is from treating them alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kinfold_linkage::measures::{self, Gap, Gaps, Interval, Measured, Table};
use kinfold_message::{Exit, Problem};
use kinfold_store::{Column, column_names};
use serde::Serialize;

use super::Labels;
use super::files::{Keys, OWN_ID, RECORD_REF, SOURCE, filled, own, visit};
use crate::args::EvaluateArgs;

/// A column with more values than this is no grouping.
const VALUES_MAX: usize = 40;
/// What stands where a record has no value.
const NOT_GIVEN: &str = "(not given)";

/// A result by the groups of one column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ByGroup {
    /// The column.
    pub(crate) column: String,
    /// Its groups, in the order of their values.
    pub(crate) groups: Vec<GroupResult>,
}

/// A result for one group. The counts are ends of pairs: a pair inside the group has two there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroupResult {
    /// The value of the column.
    pub(crate) value: String,
    /// Records in the group.
    pub(crate) records: u64,
    /// Pairwise measures.
    #[serde(flatten)]
    pub(crate) measured: Measured,
    /// How far the group is from all other records.
    pub(crate) gaps: Gaps,
}

/// The largest gap that chance does not explain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct LargestGap {
    /// The column.
    pub(crate) column: String,
    /// The group.
    pub(crate) value: String,
    /// `precision` or `recall`.
    pub(crate) measure: &'static str,
    /// The group's rate.
    pub(crate) rate: f64,
    /// The rate of all other records.
    pub(crate) others: f64,
    /// The one less the other.
    pub(crate) difference: f64,
    /// Interval of the difference, for all comparisons at once.
    pub(crate) interval: Interval,
    /// The same in words.
    pub(crate) sentence: String,
}

/// A column with the value of each record.
struct Grouping {
    column: String,
    values: Vec<String>,
    of: Vec<u32>,
}

/// The groups of all columns that were asked for, and of the sources.
pub(super) fn evaluate(
    args: &EvaluateArgs,
    truth: &Path,
    keys: &Keys,
    labels: &Labels,
    table: &Table,
) -> Result<(Vec<ByGroup>, Option<LargestGap>), Problem> {
    let mut groupings = Vec::new();
    if (2..=VALUES_MAX).contains(&labels.source_names.len()) {
        groupings.push(Grouping {
            column: "source".into(),
            values: labels.source_names.clone(),
            of: labels.sources.clone(),
        });
    }
    groupings.extend(read(args, truth, keys, labels)?);
    let groups: Vec<_> = groupings
        .iter()
        .map(|grouping| table.by_group(&grouping.of, grouping.values.len()))
        .collect();
    let gaps = measures::compare(&groups);
    let results: Vec<ByGroup> = groupings
        .into_iter()
        .zip(groups.iter().zip(gaps))
        .map(|(grouping, (groups, gaps))| ByGroup {
            column: grouping.column,
            groups: grouping
                .values
                .into_iter()
                .zip(groups.iter().zip(gaps))
                .map(|(value, (group, gaps))| GroupResult {
                    value,
                    records: group.records,
                    measured: group.own.measured(),
                    gaps,
                })
                .collect(),
        })
        .collect();
    let largest = largest(&results);
    Ok((results, largest))
}

/// The largest gap beyond chance; of two as large, the one to the worse comes first.
fn largest(results: &[ByGroup]) -> Option<LargestGap> {
    let mut found: Option<LargestGap> = None;
    for by in results {
        for group in &by.groups {
            let rates = &group.measured.rates;
            for (measure, rate, gap) in [
                ("recall", rates.recall, group.gaps.recall),
                ("precision", rates.precision, group.gaps.precision),
            ] {
                let Some(gap) = gap.filter(|gap| gap.beyond_chance) else {
                    continue;
                };
                let weight = |difference: f64| (difference.abs(), difference < 0.0);
                if found
                    .as_ref()
                    .is_none_or(|other| weight(gap.difference) > weight(other.difference))
                {
                    found = Some(LargestGap {
                        sentence: sentence(&by.column, &group.value, measure, rate, &gap),
                        column: by.column.clone(),
                        value: group.value.clone(),
                        measure,
                        rate,
                        others: gap.others,
                        difference: gap.difference,
                        interval: gap.interval,
                    });
                }
            }
        }
    }
    found
}

fn sentence(column: &str, value: &str, measure: &str, rate: f64, gap: &Gap) -> String {
    let (word, low, high) = if gap.difference < 0.0 {
        ("lower", -gap.interval.high, -gap.interval.low)
    } else {
        ("higher", gap.interval.low, gap.interval.high)
    };
    let name = if measure == "recall" {
        "Recall"
    } else {
        "Precision"
    };
    format!(
        "{name} is {word} where {column} is {value}: {rate:.4}, against {:.4} for all others. The gap of {:.4} (between {low:.4} and {high:.4}) is more than chance explains.",
        gap.others,
        gap.difference.abs()
    )
}

fn read(
    args: &EvaluateArgs,
    truth: &Path,
    keys: &Keys,
    labels: &Labels,
) -> Result<Vec<Grouping>, Problem> {
    let of_file = match &args.groups {
        Some(path) => columns_of(path)?,
        None => Vec::new(),
    };
    let of_truth = columns_of(truth)?;
    let wanted: Vec<String> = if args.by.is_empty() {
        of_file.clone()
    } else {
        args.by.clone()
    };
    let mut groupings = Vec::new();
    for column in wanted {
        let path = match &args.groups {
            Some(path) if of_file.contains(&column) => path.as_path(),
            _ if of_truth.contains(&column) => truth,
            _ => {
                return Err(no_column(
                    &column,
                    args.groups.as_deref().unwrap_or(truth),
                    &of_file,
                    &of_truth,
                ));
            }
        };
        groupings.push(read_column(path, column, keys, labels)?);
    }
    Ok(groupings)
}

/// The columns of a file that do not name records, people or households.
fn columns_of(path: &Path) -> Result<Vec<String>, Problem> {
    let mut names = column_names(path)?;
    names.retain(|name| {
        let name = name.as_str();
        ![SOURCE, RECORD_REF, OWN_ID]
            .iter()
            .any(|known| known.contains(&name))
            && !["entity_id", "household_id"].contains(&name)
    });
    Ok(names)
}

fn no_column(column: &str, path: &Path, of_file: &[String], of_truth: &[String]) -> Problem {
    let known: BTreeSet<&str> = of_file.iter().chain(of_truth).map(String::as_str).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let hint = if known.is_empty() {
        "name a file with the column after `--groups`".to_owned()
    } else {
        format!("there are `{}`", known.join("`, `"))
    };
    Problem::new(
        "E-EVALUATE-GROUPS",
        Exit::CouldNotRun,
        format!("there is no column `{column}` to compare by"),
        hint,
    )
    .at(path.display().to_string())
}

fn read_column(
    path: &Path,
    column: String,
    keys: &Keys,
    labels: &Labels,
) -> Result<Grouping, Problem> {
    let names = column_names(path)?;
    let (id, source) = keys.truth_columns();
    // A file about people says the same of all their records.
    let of_people = !id.iter().any(|id| names.iter().any(|name| name == id));
    let (id, source): (&[&str], _) = if of_people {
        (&["entity_id"], Column::optional(SOURCE))
    } else {
        (id, source)
    };
    let name = [column.as_str()];
    let wanted = [Column::needed(id), source, Column::needed(&name)];
    let mut of_person: Vec<Option<u32>> = vec![None; labels.entities.len()];
    let mut of_record: Vec<Option<u32>> = vec![None; labels.records.len()];
    let mut values: BTreeMap<String, u32> = BTreeMap::new();
    visit(path, &wanted, |row, at| {
        let id = filled(row, at, 0, id)?;
        let value = row.cell(2).unwrap_or_default().trim();
        if value.is_empty() {
            return Ok(());
        }
        let next = values.len() as u32;
        let number = match values.get(value) {
            Some(&number) => number,
            None if values.len() == VALUES_MAX => return Err(too_many(&column, path)),
            None => *values.entry(value.to_owned()).or_insert(next),
        };
        let target = if of_people {
            let person = labels.entities.find(id);
            person.map(|person| &mut of_person[person as usize])
        } else {
            let record = labels.own.find(&own(row.cell(1).unwrap_or_default(), id));
            record.map(|record| &mut of_record[record as usize])
        };
        match target {
            Some(Some(other)) if *other != number => Err(at.cell(
                &name,
                "this record or person has another value in a row above",
            )),
            Some(target) => {
                *target = Some(number);
                Ok(())
            }
            None => Ok(()),
        }
    })?;
    if of_people {
        for (value, labels) in of_record.iter_mut().zip(&labels.records) {
            *value = of_person[labels.entity as usize];
        }
    }
    Ok(grouping(column, values, &of_record))
}

/// Values in their order, the missing ones last.
fn grouping(column: String, values: BTreeMap<String, u32>, of: &[Option<u32>]) -> Grouping {
    let mut order: Vec<(String, u32)> = values.into_iter().collect();
    order.sort_by_key(|(value, _)| (leading_number(value), value.clone()));
    let mut place = vec![0u32; order.len()];
    for (position, (_, number)) in order.iter().enumerate() {
        place[*number as usize] = position as u32;
    }
    let missing = order.len() as u32;
    let of: Vec<u32> = of
        .iter()
        .map(|value| value.map_or(missing, |number| place[number as usize]))
        .collect();
    let mut values: Vec<String> = order.into_iter().map(|(value, _)| value).collect();
    if of.contains(&missing) {
        values.push(NOT_GIVEN.into());
    }
    Grouping { column, values, of }
}

/// Bands such as `5-9` come before `10-14`; what does not begin with a number comes after all that do.
fn leading_number(value: &str) -> u64 {
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}

fn too_many(column: &str, path: &Path) -> Problem {
    Problem::new(
        "E-EVALUATE-GROUPS",
        Exit::CouldNotRun,
        format!("the column `{column}` has more than {VALUES_MAX} values"),
        "put its values into bands, such as `0-4` and `5-9`, or choose other columns with `--by`",
    )
    .at(path.display().to_string())
}
