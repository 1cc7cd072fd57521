//! Accuracy of encoding and linking on open data sets with truth.
//!
//! `cargo run -p kinfold-benches --bin accuracy [-- DATA_FOLDER]` reads each set (`a.csv.gz`, `b.csv.gz`, …, `truth.csv.gz`; the default
//! folder lies beside the project), encodes every source as one custodian with the `standard` schema, links them, and prints precision,
//! recall and F1 at kinfold's own threshold. It says which sets are absent. Nothing is tuned here. `--mixing apart` keeps every kind of match key by itself, and
//! `--mixing places-apart` mixes places in a pool of their own.
//!
//! `--own DIR` measures sets of your own instead: a folder each with `a.csv`, `b.csv`, … and `truth.csv` (`source`, `rec_id`, `entity_id`), the
//! columns named `rec_id`, `first_name`, `middle_name`, `last_name`, `date_of_birth` (day first), `sex`, `address`, `postcode`, `town`,
//! `birth_place`, `telephone`, `email`, `nhs_number`, as far as they are there. `--made` measures sets of families that are made from a seed:
//! nobody in common, relatives in two files, unlike sizes.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_benches::joined::Joined;
use kinfold_benches::made;
use kinfold_benches::open::{OpenSet, layouts, own_layouts};
use kinfold_linkage::measures::pairwise;
use kinfold_schema::{Mixing, Schema};

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder = "../shared/data".to_owned();
    let mut schema = Schema::standard();
    let mut only: Option<String> = None;
    let mut sources = "abcde".to_owned();
    let mut detail = false;
    let (mut own, mut families) = (false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("the option needs a value");
        match argument.as_str() {
            "--schema" => schema = Schema::parse_for_bench(&std::fs::read_to_string(value()?)?)?,
            "--set" => only = Some(value()?),
            "--sources" => sources = value()?,
            "--mixing" => {
                schema = schema.with(match value()?.as_str() {
                    "apart" => Mixing::Apart,
                    "places-apart" => Mixing::PlacesApart,
                    _ => return Err("--mixing is apart or places-apart".into()),
                });
            }
            "--detail" => detail = true,
            "--made" => families = true,
            "--own" => (own, folder) = (true, value()?),
            _ => folder = argument,
        }
    }
    println!(
        "| set | records | true pairs | candidates | reach | precision | recall | F1 | best F1 | expected precision | wrong links | doubts | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    if families {
        for kind in &made::KINDS {
            measure(kind.name, &made::make(kind, 1), &schema, detail)?;
        }
        return Ok(());
    }
    let sets = if own {
        own_layouts(Path::new(&folder))?
    } else {
        layouts()
    };
    for layout in sets {
        if only.as_deref().is_some_and(|name| name != layout.name) {
            continue;
        }
        let folder = Path::new(&folder);
        match OpenSet::read(folder, &layout, &sources)? {
            Some(set) => measure(layout.name, &set, &schema, detail)?,
            None => println!(
                "| {} | absent: {} | | | | | | | | | | | |",
                layout.name,
                folder.join(layout.name).display()
            ),
        }
    }
    Ok(())
}

fn measure(name: &str, set: &OpenSet, schema: &Schema, detail: bool) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let joined = Joined::of(schema, set)?;
    let linked = &joined.linked;
    let of = |id| joined.entity(id);
    let labelled = joined.labelled();
    let rates = pairwise(&labelled);
    let reached = linked
        .pairs
        .iter()
        .filter(|pair| of(pair.left) == of(pair.right))
        .count();
    if detail {
        println!("{:?}", linked.model);
        println!("left out: {}", joined.left_out());
        let mut by_kind: BTreeMap<(String, i32), (usize, usize)> = BTreeMap::new();
        for pair in &linked.pairs {
            let band = pair.sigmas.map_or(-9, |s| (s / 2.0) as i32);
            let entry = by_kind
                .entry((format!("{:?}", pair.verdict), band))
                .or_default();
            if of(pair.left) == of(pair.right) {
                entry.0 += 1;
            } else {
                entry.1 += 1;
            }
        }
        for ((verdict, band), (right, wrong)) in by_kind {
            println!("{verdict} sigma {} : true {right} false {wrong}", band * 2);
        }
    }
    println!(
        "| {} | {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {} | {} | {:.1} |",
        name,
        labelled.len(),
        rates.actual,
        linked.pairs.len(),
        reached as f64 / rates.actual as f64,
        rates.precision,
        rates.recall,
        rates.f1,
        best_f1(
            &linked.pairs,
            |pair| of(pair.left) == of(pair.right),
            rates.actual
        ),
        linked.model.expected_precision,
        rates.predicted - rates.true_positives,
        doubts(&linked.model.doubts),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Why the model says that it should not be trusted.
fn doubts(doubts: &[kinfold_linkage::Doubt]) -> String {
    let each: Vec<String> = doubts.iter().map(|doubt| format!("{doubt:?}")).collect();
    each.join(", ")
}

/// The best F1 that any threshold on the weight reaches when each record has at most one partner in another set, the surest first: what
/// the weights are worth, whatever threshold was chosen.
fn best_f1(
    pairs: &[kinfold_linkage::Pair],
    is_true: impl Fn(&kinfold_linkage::Pair) -> bool,
    actual: u64,
) -> f64 {
    let mut order: Vec<&kinfold_linkage::Pair> = pairs.iter().collect();
    order.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then(b.weight.total_cmp(&a.weight))
            .then((a.left, a.right).cmp(&(b.left, b.right)))
    });
    let mut taken = std::collections::BTreeSet::new();
    let (mut right, mut all, mut best) = (0u64, 0u64, 0.0f64);
    for pair in order {
        if taken.contains(&(pair.left, pair.right.set))
            || taken.contains(&(pair.right, pair.left.set))
        {
            continue;
        }
        taken.insert((pair.left, pair.right.set));
        taken.insert((pair.right, pair.left.set));
        all += 1;
        right += u64::from(is_true(pair));
        best = best.max(2.0 * right as f64 / (all + actual) as f64);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_linkage::Doubt;

    /// Wrong links, right links, true pairs and doubts of a made set.
    fn outcome(kind: &made::Kind) -> (u64, u64, u64, Vec<Doubt>) {
        let joined = Joined::of(&Schema::standard(), &made::make(kind, 1)).unwrap();
        let rates = pairwise(&joined.labelled());
        let wrong = rates.predicted - rates.true_positives;
        (
            wrong,
            rates.true_positives,
            rates.actual,
            joined.linked.model.doubts,
        )
    }

    #[test]
    fn relatives_and_strangers_are_not_linked() {
        for kind in &made::KINDS {
            let (wrong, right, actual, doubts) = outcome(kind);
            let said = format!(
                "{}: {right} of {actual} right, {wrong} wrong, {doubts:?}",
                kind.name
            );
            if actual == 0 {
                assert!(wrong <= 1, "{said}");
                assert!(!doubts.is_empty(), "{said}");
            } else {
                assert!(right * 10 >= (right + wrong) * 9, "{said}");
            }
            // Where there is enough to learn from, caution costs little.
            if actual > 500 {
                assert!(right * 100 >= actual * 93, "{said}");
                assert!(doubts.is_empty(), "{said}");
            }
        }
    }
}
