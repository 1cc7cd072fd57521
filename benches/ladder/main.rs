//! The search for a ladder of match keys: `cargo run --release -p kinfold-benches --bin ladder`. See `benches/ladder/README.md`.

mod borough;
mod cache;
mod graph;
mod join;
mod measure;
mod open;
mod pair;
mod picture;
mod pool;
mod report;
mod schemas;
mod search;
mod select;
mod table;

use std::error::Error;
use std::path::PathBuf;

use kinfold_schema::Schema;

const HELP: &str = "\
Searches for ladders of match keys and writes what it finds.

Usage: ladder [--data FOLDER] [--out FOLDER] [--kept FOLDER] [--sizes N,N,...] [--second X] [--key X] [--people N]

  --data FOLDER   open sets with truth [shared/data beside the project]
  --out FOLDER    where frontier.md, frontier.svg and candidates/ go [benches/ladder]
  --kept FOLDER   results of earlier runs, to go on from [target/ladder]
  --sizes N,...   people a file of the invented boroughs [10000,50000,250000]
  --second X      what a second key for a pair is worth beside the first [0.3]
  --key X         slots that a new key counts as, beyond its own [0.5]
  --people N      most people of a file, on average, who may share a value of a key [16]
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut data = kinfold_benches::tables::folder();
    let mut out = PathBuf::from("benches/ladder");
    let mut kept = PathBuf::from("target/ladder");
    let mut taste = select::Taste::LADDER;
    let mut sizes = vec![10_000, 50_000, 250_000];
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--data" => data = value()?.into(),
            "--out" => out = value()?.into(),
            "--kept" => kept = value()?.into(),
            "--second" => taste.second = value()?.parse()?,
            "--key" => taste.key = value()?.parse()?,
            "--people" => taste.people = value()?.parse()?,
            "--sizes" => {
                sizes = value()?
                    .split(',')
                    .map(str::parse)
                    .collect::<Result<_, _>>()?;
                sizes.sort_unstable();
            }
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
    let schema = Schema::standard();
    let ground = search::prepare(
        &schema,
        &search::Options {
            data: &data,
            kept: &kept,
            sizes: &sizes,
        },
    )?;
    report::write(&schema, &ground, taste, &out)
}
