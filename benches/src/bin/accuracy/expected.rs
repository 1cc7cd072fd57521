//! What a run says of itself beside what came of it: expected precision and recall with their intervals, and the actual ones.
//!
//! Actual recall is of the records that were sent, as the linkage unit knows of no others; what the encoding left out is in the last
//! column but one.

use std::error::Error;

use kinfold_benches::joined::Joined;
use kinfold_benches::open::{layouts, own_layouts};
use kinfold_linkage::measures::{Rates, pairwise};
use kinfold_schema::Schema;

use crate::Wanted;

/// Fewer true pairs than this say nothing about an interval.
const PAIRS_MIN: u64 = 50;

/// Records in a hundred of each source that are left.
const CUTS: [Option<u8>; 3] = [None, Some(60), Some(30)];

/// Compares all sets, or less where a schema or a cut was asked for.
pub fn all(
    wanted: &Wanted,
    schema: Option<Schema>,
    percent: Option<u8>,
) -> Result<(), Box<dyn Error>> {
    let trusted = include_str!("../../../../crates/schema/schemas/trusted.toml");
    let schemas = match schema {
        Some(schema) => vec![schema],
        None => vec![Schema::standard(), Schema::parse(trusted)?],
    };
    let cuts = match percent {
        Some(_) => vec![percent],
        None => CUTS.to_vec(),
    };
    head();
    let mut over_all = Compared::default();
    for schema in &schemas {
        for &cut in &cuts {
            let mut compared = Compared::default();
            let left = cut.map_or(String::new(), |cut| format!(" {cut} %"));
            let mut show = |name: &str, set: &_| {
                compared.show(
                    &format!("{}{left}: {name}", schema.id),
                    &Joined::of(schema, set)?,
                );
                Ok(())
            };
            wanted.each_in(&wanted.folder, layouts(), cut, &mut show)?;
            if let Some(own) = &wanted.own {
                wanted.each_in(own, own_layouts(own)?, cut, &mut show)?;
            }
            wanted.each_borough(cut, &mut show)?;
            if cut.is_none() {
                wanted.each_made(&mut show)?;
            }
            for (all, own) in over_all.figures.iter_mut().zip(compared.figures) {
                all.extend(own);
            }
        }
    }
    over_all.sum_up();
    Ok(())
}

/// Expected figures that were compared with actual ones.
#[derive(Default)]
struct Compared {
    /// For precision and recall: expected, lower, upper, actual.
    figures: [Vec<[f64; 4]>; 2],
}

/// The head of the table.
fn head() {
    println!(
        "| set | true pairs | precision | expected | recall | expected | recall of all, sent or not | doubts |"
    );
    println!("|---|---|---|---|---|---|---|---|");
}

impl Compared {
    /// A line of the table.
    fn show(&mut self, name: &str, joined: &Joined) {
        let labelled = joined.labelled();
        let sent: Rates = pairwise(&labelled[..labelled.len() - joined.left_out()]);
        let model = &joined.linked.model;
        let actual = [sent.precision, sent.recall];
        let said = [model.at_link.precision, model.at_link.recall];
        if sent.actual >= PAIRS_MIN {
            for ((figures, [figure, low, high]), actual) in
                self.figures.iter_mut().zip(said).zip(actual)
            {
                figures.push([figure, low, high, actual]);
            }
        }
        let beside = |at: usize| {
            let [figure, low, high] = said[at];
            let is_in = (low..=high).contains(&actual[at]);
            let (open, close) = if is_in { ("", "") } else { ("**", "**") };
            format!(
                "{open}{:.3}{close} | {figure:.3} ({low:.3} to {high:.3})",
                actual[at]
            )
        };
        println!(
            "| {name} | {} | {} | {} | {:.3} | {} |",
            sent.actual,
            beside(0),
            beside(1),
            pairwise(&labelled).recall,
            super::doubts(&model.doubts),
        );
    }

    /// How far the expected figures are from the actual ones, over all sets of fifty true pairs and more.
    fn sum_up(&self) {
        for (name, figures) in ["precision", "recall"].into_iter().zip(&self.figures) {
            let count = figures.len().max(1) as f64;
            let share = |is: fn(&[f64; 4]) -> bool| {
                figures.iter().filter(|own| is(own)).count() as f64 / count
            };
            let mean = |of: fn(&[f64; 4]) -> f64| figures.iter().map(of).sum::<f64>() / count;
            let mut widths: Vec<f64> = figures.iter().map(|own| own[2] - own[1]).collect();
            widths.sort_unstable_by(f64::total_cmp);
            println!(
                "{name} of {} sets: in the interval {:.2}, below it {:.2}, above it {:.2}; expected less actual {:+.4}, without sign {:.4}; half of the intervals are narrower than {:.3}",
                figures.len(),
                share(|[_, low, high, actual]| (low..=high).contains(&actual)),
                share(|[_, low, _, actual]| actual < low),
                share(|[_, _, high, actual]| actual > high),
                mean(|own| own[0] - own[3]),
                mean(|own| (own[0] - own[3]).abs()),
                widths.get(widths.len() / 2).copied().unwrap_or_default(),
            );
        }
    }
}
