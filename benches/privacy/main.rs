//! The frontier: what hardenings and whole packages leak against how well they link. `cargo run -p kinfold-benches --bin frontier`.
//! See `benches/privacy/README.md`.

mod attacks;
mod hardening;
mod kept;
mod labels;
mod linkage;
mod people;
mod picture;
mod release;
mod schemes;
mod summary;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use kinfold_benches::open::{OpenSet, layouts};

use crate::attacks::{Attack, Scenery};
use crate::kept::{Attacked, Kept, Linked};
use crate::schemes::Scheme;
use crate::summary::Summary;

const HELP: &str = "\
Measures what hardened filters and whole packages leak and how well they link, and draws it.

Usage: frontier [--data FOLDER] [--out FOLDER] [--docs FOLDER] [--ladders FOLDER] [--scheme ID]... [--size N]... [--minutes N] [--draw]

  --data FOLDER     open sets with truth [shared/data beside the project]
  --out FOLDER      linked.csv and attacked.csv, which a run goes on from; frontier.csv and frontier.md [benches/privacy]
  --docs FOLDER     where the pictures go [docs/src/explanation]
  --ladders FOLDER  schemas of the ladder bench [benches/ladder/candidates]
  --scheme ID       only this one (may be repeated)
  --size N          only files of this many people (may be repeated)
  --minutes N       stop after so many minutes; the next run goes on
  --draw            measure nothing, write tables and pictures of what is there
";

/// Sizes of the attacked files, and how many boroughs of each: fewer where it takes longer.
const SIZES: [(usize, usize); 3] = [(3_000, 2), (10_000, 1), (20_000, 1)];
/// Boroughs of each size for shipped profiles.
const SHIPPED: usize = 2;

struct Options {
    data: PathBuf,
    out: PathBuf,
    docs: PathBuf,
    ladders: PathBuf,
    schemes: Vec<String>,
    sizes: Vec<usize>,
    minutes: f64,
    draw: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        data: kinfold_benches::tables::folder(),
        out: "benches/privacy".into(),
        docs: "docs/src/explanation".into(),
        ladders: "benches/ladder/candidates".into(),
        schemes: Vec::new(),
        sizes: Vec::new(),
        minutes: f64::INFINITY,
        draw: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--data" => options.data = value()?.into(),
            "--out" => options.out = value()?.into(),
            "--docs" => options.docs = value()?.into(),
            "--ladders" => options.ladders = value()?.into(),
            "--scheme" => options.schemes.push(value()?),
            "--size" => options.sizes.push(value()?.parse()?),
            "--minutes" => options.minutes = value()?.parse()?,
            "--draw" => options.draw = true,
            _ => {
                print!("{HELP}");
                return if name == "--help" {
                    Ok(())
                } else {
                    Err(format!("{name} is no option").into())
                };
            }
        }
    }
    let schemes = schemes::all(&options.ladders)?;
    let is_current =
        |id: &str, hash: &str| schemes.iter().any(|own| own.id == id && own.hash == hash);
    let mut linked: Kept<Linked> = Kept::read(&options.out.join("linked.csv"), is_current)?;
    let mut attacked: Kept<Attacked> = Kept::read(&options.out.join("attacked.csv"), is_current)?;
    // What is no longer wanted goes first, so that rows can be appended.
    linked.tidy()?;
    attacked.tidy()?;
    if !options.draw {
        let started = Instant::now();
        let wanted: Vec<&Scheme> = schemes
            .iter()
            .filter(|own| options.schemes.is_empty() || options.schemes.contains(&own.id))
            .collect();
        link_all(&options, &wanted, &mut linked, started)?;
        attack_all(&options, &wanted, &mut attacked, started)?;
        linked.tidy()?;
        attacked.tidy()?;
    }
    let summary = Summary::new(&schemes, linked.rows(), attacked.rows());
    std::fs::write(options.out.join("frontier.csv"), table::csv(&summary)?)?;
    std::fs::write(options.out.join("frontier.md"), table::markdown(&summary))?;
    for size in summary.sizes() {
        let path = options.docs.join(format!("privacy-frontier-{size}.svg"));
        std::fs::write(path, picture::draw(&summary, size))?;
    }
    Ok(())
}

fn is_over(options: &Options, started: Instant) -> bool {
    started.elapsed().as_secs_f64() / 60.0 > options.minutes
}

/// Links every set under every scheme, where that has not been done.
fn link_all(
    options: &Options,
    schemes: &[&Scheme],
    kept: &mut Kept<Linked>,
    started: Instant,
) -> Result<(), Box<dyn Error>> {
    let mut sets: Vec<(String, Option<OpenSet>)> = Vec::new();
    let missing = |kept: &Kept<Linked>, scheme: &Scheme, set: &str| {
        let key = (scheme.id.clone(), scheme.hash.clone(), 0, 0, set.to_owned());
        !kept.has(&key)
    };
    for layout in layouts() {
        if schemes.iter().any(|own| missing(kept, own, layout.name)) {
            let set = OpenSet::read(&options.data, &layout, "ab")?;
            if set.is_none() {
                let path = options.data.join(layout.name);
                eprintln!("{} is absent: there is no {}", layout.name, path.display());
            }
            sets.push((layout.name.to_owned(), set));
        }
    }
    if schemes.iter().any(|own| missing(kept, own, "borough")) {
        sets.push(("borough".to_owned(), Some(people::two_agencies())));
    }
    let sets: Vec<(String, OpenSet)> = sets
        .into_iter()
        .filter_map(|(name, set)| Some((name, set?)))
        .collect();
    for (number, scheme) in schemes.iter().enumerate() {
        for (name, set) in &sets {
            if !missing(kept, scheme, name) {
                continue;
            }
            if is_over(options, started) {
                return Ok(());
            }
            let begun = Instant::now();
            let row = linkage::measure(scheme, set, name)?;
            eprintln!(
                "linked {} of {}: {} on {name}, F1 {:.4}, {:.1} s",
                number + 1,
                schemes.len(),
                scheme.id,
                row.f1,
                begun.elapsed().as_secs_f64()
            );
            kept.add(row)?;
        }
    }
    Ok(())
}

/// One attack on one file that has not been run.
struct Task<'a> {
    size: usize,
    seed: u64,
    scheme: &'a Scheme,
    attacks: Vec<Attack>,
}

/// What has to be done: the first borough of every size first, and graphs last, which take as long as all the rest.
fn tasks<'a>(options: &Options, schemes: &[&'a Scheme], kept: &Kept<Attacked>) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    let boroughs = || people::SEEDS.into_iter().enumerate();
    let order = boroughs()
        .map(|own| (false, own))
        .chain(boroughs().map(|own| (true, own)));
    for (graphs, (number, seed)) in order {
        for (size, repeats) in SIZES {
            if !options.sizes.is_empty() && !options.sizes.contains(&size) {
                continue;
            }
            for scheme in schemes {
                let repeats = if scheme.is_shipped() {
                    SHIPPED
                } else {
                    repeats
                };
                if number >= repeats {
                    continue;
                }
                let attacks: Vec<Attack> = Attack::ALL
                    .into_iter()
                    .filter(|attack| attack.applies(scheme, size))
                    .filter(|attack| (*attack == Attack::Graph) == graphs)
                    .filter(|attack| number < attack.boroughs_max())
                    .filter(|attack| {
                        let id = (scheme.id.clone(), scheme.hash.clone());
                        !kept.has(&(id.0, id.1, size, seed, attack.id()))
                    })
                    .collect();
                if !attacks.is_empty() {
                    tasks.push(Task {
                        size,
                        seed,
                        scheme,
                        attacks,
                    });
                }
            }
        }
    }
    tasks
}

/// Runs every attack on every scheme, size and borough, where that has not been done.
fn attack_all(
    options: &Options,
    schemes: &[&Scheme],
    kept: &mut Kept<Attacked>,
    started: Instant,
) -> Result<(), Box<dyn Error>> {
    let tasks = tasks(options, schemes, kept);
    let mut pace = Pace::new(&tasks);
    let mut people: Option<((usize, u64), Vec<kinfold_identity::Person>)> = None;
    for task in &tasks {
        let place = (task.size, task.seed);
        if people.as_ref().is_none_or(|(own, _)| *own != place) {
            people = Some((place, people::attacked(task.size, task.seed)));
        }
        let Some((_, people)) = &people else { continue };
        if is_over(options, started) {
            return Ok(());
        }
        let name = format!("{}/{}", task.seed, task.size);
        let file = release::release(task.scheme, people, &name)?;
        let scenery = Scenery::new(task.scheme, file, &name);
        for attack in &task.attacks {
            if is_over(options, started) {
                return Ok(());
            }
            let begun = Instant::now();
            let found = scenery.run(*attack);
            let seconds = begun.elapsed().as_secs_f64();
            pace.done(attack.work(task.scheme, task.size), seconds);
            eprintln!(
                "{} people, borough {}, {}, {}: {} of {} named, {seconds:.1} s; about {:.0} min left",
                task.size,
                task.seed,
                task.scheme.id,
                attack.id(),
                found.named,
                found.of,
                pace.minutes_left()
            );
            kept.add(Attacked {
                scheme: task.scheme.id.clone(),
                hash: task.scheme.hash.clone(),
                size: task.size,
                seed: task.seed,
                attack: attack.id(),
                ..found
            })?;
        }
    }
    Ok(())
}

/// How long the rest will take, by what has been done so far.
#[derive(Default)]
struct Pace {
    left: f64,
    done: f64,
    seconds: f64,
}

impl Pace {
    fn new(tasks: &[Task<'_>]) -> Self {
        let work = tasks.iter().flat_map(|task| {
            let of = |attack: &Attack| attack.work(task.scheme, task.size);
            task.attacks.iter().map(of)
        });
        Self {
            left: work.sum(),
            ..Self::default()
        }
    }

    fn done(&mut self, work: f64, seconds: f64) {
        self.left -= work;
        self.done += work;
        self.seconds += seconds;
    }

    fn minutes_left(&self) -> f64 {
        if self.done > 0.0 {
            self.left.max(0.0) * self.seconds / self.done / 60.0
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small run of everything: plain filters are named and diffused ones are not.
    #[test]
    fn attacks_tell_plain_from_diffused() {
        let schemes = schemes::all(std::path::Path::new("ladder/candidates")).unwrap();
        let people = people::attacked(400, 5);
        let named = |id: &str, attack: Attack| {
            let scheme = schemes.iter().find(|own| own.id == id).unwrap();
            assert!(attack.applies(scheme, people.len()), "{id}");
            let file = release::release(scheme, &people, "test").unwrap();
            let found = Scenery::new(scheme, file, "test").run(attack);
            assert!(found.named <= found.of && found.of <= 400);
            found.named as f64 / found.of as f64
        };
        let ranking = Attack::Known(20, kinfold_release::Choice::Random);
        for id in ["plain", "flipped-05", "trusted"] {
            assert!(named(id, ranking) > 0.8, "{id}");
        }
        let many = Attack::Known(200, kinfold_release::Choice::Random);
        for id in ["folded", "rule-90", "t02"] {
            assert!(named(id, many) > 0.8, "{id}");
        }
        for id in ["t10", "standard", "high", "partial"] {
            assert!(named(id, ranking) < 0.05, "{id}");
        }
        assert!(named("plain", Attack::Graph) > 0.8);
        assert!(named("t08", Attack::Graph) < 0.05);
        assert!(named("standard", Attack::HouseholdKeys) < 0.1);
        assert_eq!(named("t08", Attack::Counts), 0.0);
        assert!(named("standard", Attack::KeysOneList) <= named("standard", Attack::KeysBothLists));
    }
}
