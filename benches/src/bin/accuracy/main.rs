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
//! nobody in common, relatives in two files, unlike sizes. `--borough uk` and `--borough stress` measure three invented boroughs as two agencies know them:
//! families in one home, which no open set has many of.
//!
//! `--cut PERCENT` leaves out of each source all but so many records in a hundred: then most people have nobody to be, and those who are left of a
//! family look like each other.
//!
//! `--ceiling` says instead where pairs are lost and where wrong ones come from, and the F1 that could be had at most ([`ceiling`]).

mod ceiling;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use kinfold_benches::borough::two_agencies;
use kinfold_benches::joined::Joined;
use kinfold_benches::made;
use kinfold_benches::open::{OpenSet, layouts, own_layouts};
use kinfold_benches::tables;
use kinfold_linkage::measures::pairwise;
use kinfold_schema::{Mixing, Schema};
use kinfold_synth::Profile;

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder = tables::folder();
    let mut schema = Schema::standard();
    let mut only: Option<String> = None;
    let mut sources = "abcde".to_owned();
    let mut detail = false;
    let mut ceilings = false;
    let (mut own, mut families) = (false, false);
    let mut percent: Option<u8> = None;
    let mut borough: Option<Profile> = None;
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
            "--ceiling" => ceilings = true,
            "--made" => families = true,
            "--cut" => percent = Some(value()?.parse()?),
            "--borough" => borough = Some(profile(&value()?)?),
            "--own" => (own, folder) = (true, value()?.into()),
            _ => folder = argument.into(),
        }
    }
    let show = |name: &str, set: &OpenSet| -> Result<(), Box<dyn Error>> {
        if ceilings {
            ceiling::show(name, &Joined::of(&schema, set)?);
            return Ok(());
        }
        measure(name, set, &schema, detail)
    };
    if ceilings {
        ceiling::head();
    } else {
        println!(
            "| set | records | true pairs | candidates | reach | precision | recall | F1 | best F1 | expected precision | wrong links | doubts | seconds |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    }
    if families {
        for kind in &made::KINDS {
            show(kind.name, &made::make(kind, 1))?;
        }
        return Ok(());
    }
    if let Some(profile) = borough {
        for seed in BOROUGHS {
            let name = format!("borough {seed}, {profile:?}");
            let mut set = two_agencies(PEOPLE, seed, profile);
            if let Some(percent) = percent {
                set.cut(percent);
            }
            show(&name.to_lowercase(), &set)?;
        }
        return Ok(());
    }
    let sets = if own {
        own_layouts(&folder)?
    } else {
        layouts()
    };
    for layout in sets {
        if only.as_deref().is_some_and(|name| name != layout.name) {
            continue;
        }
        match OpenSet::read(&folder, &layout, &sources)? {
            Some(mut set) => {
                if let Some(percent) = percent {
                    set.cut(percent);
                }
                show(layout.name, &set)?;
            }
            None => println!(
                "| {} | absent: {} | | | | | | | | | | | |",
                layout.name,
                folder.join(layout.name).display()
            ),
        }
    }
    Ok(())
}

/// Seeds of the invented boroughs, the first of them that of the frontier bench, and people of each of their two files.
const BOROUGHS: [u64; 3] = [612_023, 613_001, 613_003];
const PEOPLE: usize = 10_000;

fn profile(name: &str) -> Result<Profile, String> {
    match name {
        "uk" => Ok(Profile::Uk),
        "stress" => Ok(Profile::Stress),
        _ => Err("--borough is uk or stress".to_owned()),
    }
}

fn measure(name: &str, set: &OpenSet, schema: &Schema, detail: bool) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let joined = Joined::of(schema, set)?;
    let linked = &joined.linked;
    let of = |id| joined.entity(id);
    let labelled = joined.labelled();
    let rates = pairwise(&labelled);
    let known: Vec<bool> = linked
        .pairs
        .iter()
        .map(|pair| of(pair.left) == of(pair.right))
        .collect();
    let reached = known.iter().filter(|known| **known).count();
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
        ceiling::best_f1(&linked.pairs, &known, rates.actual, |at| {
            linked.pairs[at].probability
        }),
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
