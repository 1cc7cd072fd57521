//! Accuracy of encoding and linking on open data sets with truth.
//!
//! `cargo run -p kinfold-benches --bin accuracy [-- DATA_FOLDER]` reads each set (`a.csv.gz`, `b.csv.gz`, …, `truth.csv.gz`; the default
//! folder lies beside the project), encodes every source as one custodian with the `standard` schema, links them, and prints precision,
//! recall and F1 at kinfold's own threshold. It says which sets are absent. Nothing is tuned here. `--mixing apart` keeps every kind of match key by itself, and
//! `--mixing places-apart` mixes places in a pool of their own.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_benches::joined::Joined;
use kinfold_benches::open::{Layout, OpenSet, layouts, own_layouts};
use kinfold_linkage::measures::pairwise;
use kinfold_schema::{Mixing, Schema};

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder = "../shared/data".to_owned();
    let mut schema = Schema::standard();
    let mut only: Option<String> = None;
    let mut sources = "abcde".to_owned();
    let mut detail = false;
    let mut own = false;
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
            "--own" => (own, folder) = (true, value()?),
            _ => folder = argument,
        }
    }
    println!(
        "| set | records | true pairs | candidates | reach | precision | recall | F1 | best F1 | expected precision | wrong links | doubts | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let sets = if own {
        own_layouts(Path::new(&folder))?
    } else {
        layouts()
    };
    for layout in sets {
        if only.as_deref().is_some_and(|name| name != layout.name) {
            continue;
        }
        measure(Path::new(&folder), &layout, &schema, &sources, detail)?;
    }
    Ok(())
}

fn measure(
    folder: &Path,
    layout: &Layout,
    schema: &Schema,
    wanted: &str,
    detail: bool,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let Some(set) = OpenSet::read(folder, layout, wanted)? else {
        let path = folder.join(layout.name);
        println!(
            "| {} | absent: {} | | | | | | | | | | | |",
            layout.name,
            path.display()
        );
        return Ok(());
    };
    let joined = Joined::of(schema, &set)?;
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
        let mut cells: BTreeMap<(bool, u8, u8), [usize; 4]> = BTreeMap::new();
        for pair in &linked.pairs {
            let both = pair.comparable.first && pair.comparable.birth;
            let near = pair.sigmas.map_or(9, |s| match s { s if s < 1.5 => 0, s if s < 4.5 => 1, s if s < 8.0 => 2, _ => 3 });
            let cell = cells.entry((both, pair.agreement.pools[0], near)).or_default();
            let right = of(pair.left) == of(pair.right);
            let at = usize::from(!right) + 2 * usize::from(pair.verdict != kinfold_linkage::Verdict::Linked);
            cell[at] += 1;
        }
        for ((both, step, near), [lt, lf, nt, nf]) in cells {
            println!("CELL {both} step {step} near {near}: linked {lt} / {lf} wrong; not {nt} / {nf}");
        }
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
        layout.name,
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
