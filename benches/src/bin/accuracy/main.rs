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
//! `--expected` says instead what each run expected of itself beside what came of it ([`expected`]): of the open sets, the made ones and those of
//! `--own`, whole and cut to 60 and to 30 in a hundred, with the schemas `standard` and `trusted`; `--schema`, `--cut` and `--set` ask for less.
//!
//! `--ceiling` says instead where pairs are lost and where wrong ones come from, and the F1 that could be had at most ([`ceiling`]).

mod ceiling;
mod expected;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kinfold_benches::borough::two_agencies;
use kinfold_benches::joined::Joined;
use kinfold_benches::made;
use kinfold_benches::open::{Layout, OpenSet, layouts, own_layouts};
use kinfold_benches::tables;
use kinfold_linkage::measures::pairwise;
use kinfold_schema::{Mixing, Schema};
use kinfold_synth::Profile;

fn main() -> Result<(), Box<dyn Error>> {
    let mut schema: Option<Schema> = None;
    let mut mixing: Option<Mixing> = None;
    let mut wanted = Wanted {
        folder: tables::folder(),
        own: None,
        made: false,
        borough: None,
        only: None,
        sources: "abcde".to_owned(),
    };
    let (mut detail, mut ceilings, mut expected) = (false, false, false);
    let mut percent: Option<u8> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("the option needs a value");
        match argument.as_str() {
            "--schema" => {
                schema = Some(Schema::parse_for_bench(
                    &std::fs::read_to_string(value()?)?,
                )?);
            }
            "--set" => wanted.only = Some(value()?),
            "--sources" => wanted.sources = value()?,
            "--mixing" => {
                mixing = Some(match value()?.as_str() {
                    "apart" => Mixing::Apart,
                    "places-apart" => Mixing::PlacesApart,
                    _ => return Err("--mixing is apart or places-apart".into()),
                });
            }
            "--detail" => detail = true,
            "--ceiling" => ceilings = true,
            "--expected" => expected = true,
            "--made" => wanted.made = true,
            "--cut" => percent = Some(value()?.parse()?),
            "--borough" => wanted.borough = Some(profile(&value()?)?),
            "--own" => wanted.own = Some(value()?.into()),
            _ => wanted.folder = argument.into(),
        }
    }
    if expected {
        return expected::all(&wanted, schema, percent);
    }
    let mut schema = schema.unwrap_or_else(Schema::standard);
    if let Some(mixing) = mixing {
        schema = schema.with(mixing);
    }
    if ceilings {
        ceiling::head();
    } else {
        println!(
            "| set | records | true pairs | candidates | reach | precision | recall | F1 | best F1 | expected precision | wrong links | doubts | seconds |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    }
    wanted.each(percent, &mut |name, set| {
        if ceilings {
            ceiling::show(name, &Joined::of(&schema, set)?);
            return Ok(());
        }
        measure(name, set, &schema, detail)
    })
}

/// Which sets.
struct Wanted {
    folder: PathBuf,
    own: Option<PathBuf>,
    made: bool,
    borough: Option<Profile>,
    only: Option<String>,
    sources: String,
}

/// What is done with a set of a name.
type Shown<'a> = dyn FnMut(&str, &OpenSet) -> Result<(), Box<dyn Error>> + 'a;

impl Wanted {
    /// The sets that were asked for, one after another: those of one's own, made ones, or the open ones.
    fn each(&self, percent: Option<u8>, show: &mut Shown<'_>) -> Result<(), Box<dyn Error>> {
        if self.made {
            return self.each_made(show);
        }
        if self.borough.is_some() {
            return self.each_borough(percent, show);
        }
        match &self.own {
            Some(own) => self.each_in(own, own_layouts(own)?, percent, show),
            None => self.each_in(&self.folder, layouts(), percent, show),
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
    }

    fn each_made(&self, show: &mut Shown<'_>) -> Result<(), Box<dyn Error>> {
        let kinds = made::KINDS.iter().filter(|kind| self.wants(kind.name));
        for kind in kinds {
            show(kind.name, &made::make(kind, 1))?;
        }
        Ok(())
    }

    /// The boroughs of the profile that was asked for, if any.
    fn each_borough(
        &self,
        percent: Option<u8>,
        show: &mut Shown<'_>,
    ) -> Result<(), Box<dyn Error>> {
        let Some(profile) = self.borough else {
            return Ok(());
        };
        for seed in BOROUGHS {
            let name = format!("borough {seed}, {profile:?}");
            let mut set = two_agencies(PEOPLE, seed, profile);
            if let Some(percent) = percent {
                set.cut(percent);
            }
            show(&name.to_lowercase(), &set)?;
        }
        Ok(())
    }

    /// Sets that lie in a folder.
    fn each_in(
        &self,
        folder: &Path,
        sets: Vec<Layout>,
        percent: Option<u8>,
        show: &mut Shown<'_>,
    ) -> Result<(), Box<dyn Error>> {
        for layout in sets {
            if !self.wants(layout.name) {
                continue;
            }
            match OpenSet::read(folder, &layout, &self.sources)? {
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

    /// No open set has many families in one home, and rules that are right for all of them have done harm here.
    #[test]
    fn every_shipped_schema_links_an_ordinary_borough_without_doubts() {
        let borough = two_agencies(4_000, BOROUGHS[0], Profile::Uk);
        for name in ["standard", "high", "partial", "trusted"] {
            let joined = Joined::of(&Schema::shipped(name).unwrap(), &borough).unwrap();
            let rates = pairwise(&joined.labelled());
            let doubts = &joined.linked.model.doubts;
            assert!(
                rates.f1 > 0.985 && doubts.is_empty(),
                "{name}: {rates:?}, {doubts:?}"
            );
        }
    }

    #[test]
    fn names_in_each_other_s_column_are_found_and_cost_no_other_link() {
        let kind = made::KINDS
            .iter()
            .find(|kind| kind.name == "half in common")
            .unwrap();
        let mut set = made::make(kind, 1);
        let mut swapped = BTreeMap::new();
        for (number, (id, person)) in set.sources[1].people.iter_mut().enumerate() {
            let ([first], [family]) = (&person.first_names[..], &person.family_names[..]) else {
                continue;
            };
            if number % 20 > 0 || *first == family.whole {
                continue;
            }
            let family = kinfold_identity::read_family_names(first).unwrap();
            person.first_names = vec![person.family_names[0].whole.clone()].into();
            person.family_names = family;
            swapped.insert(set.truth[&("b".to_owned(), id.clone())], false);
        }
        let trusted = Schema::shipped("trusted").unwrap();
        let joined = Joined::of(&trusted, &set).unwrap();
        let rates = pairwise(&joined.labelled());
        assert!(rates.precision > 0.98 && rates.recall > 0.97, "{rates:?}");
        for pair in &joined.linked.pairs {
            let entity = joined.entity(pair.left);
            if pair.verdict == kinfold_linkage::Verdict::Linked
                && joined.entity(pair.right) == entity
            {
                swapped.entry(entity).and_modify(|found| *found = true);
            }
        }
        let in_both = |entity: &u32| set.truth.values().filter(|own| *own == entity).count() > 1;
        let all: Vec<bool> = swapped
            .into_iter()
            .filter(|(entity, _)| in_both(entity))
            .map(|(_, found)| found)
            .collect();
        let found = all.iter().filter(|found| **found).count();
        assert!(
            all.len() > 30 && found * 10 >= all.len() * 8,
            "{found} of {}",
            all.len()
        );
    }
}
