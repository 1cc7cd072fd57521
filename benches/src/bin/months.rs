//! What the months of household keys tell, and what coarser ones cost.
//!
//! ```text
//! cargo run -p kinfold-benches --bin months -- tell [--people N] [--seed N]... [--source council|housing|health|police]
//! cargo run -p kinfold-benches --bin months -- links [--households N] [--seed N]...
//! ```
//!
//! Boroughs are made up from seeds that nothing was tuned on; agencies know their people with slips, late moves and their own months. `tell` prints
//! for each way in which a schema can release months whom the attacks of the release check name with nobody known: by the pattern of homes without
//! months, with months, and with a list of which a fifth of the months are one off; and what the first months, last months and lengths tell by
//! themselves. `links` links four agencies of a borough under each and prints how well households are found.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_benches::agencies::{AGENCIES, Agencies, Found, known, month};
use kinfold_benches::joined::Joined;
use kinfold_benches::released::released_in;
use kinfold_encoding::ProjectSecrets;
use kinfold_identity::Person;
use kinfold_release::{Draws, File, ListQuality, Scene, Share, Stay, months};
use kinfold_schema::Schema;
use kinfold_synth::{Borough, Profile, Source, generate};

/// Seeds of the boroughs when none are given.
const SEEDS: [u64; 2] = [740_101, 740_117];
/// Ways to release months: the step, and how long after a home was left it is still released.
const WAYS: [(u16, Option<u16>); 11] = [
    (1, None),
    (3, None),
    (6, None),
    (12, None),
    (1, Some(12)),
    (12, Some(60)),
    (12, Some(24)),
    (12, Some(12)),
    (0, Some(24)),
    (0, Some(12)),
    (0, Some(6)),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("tell or links?")?;
    let (mut size, mut seeds, mut source) = (3_000, Vec::new(), "council".to_owned());
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("the option needs a value")?;
        match argument.as_str() {
            "--people" | "--households" => size = value.parse()?,
            "--seed" => seeds.push(value.parse()?),
            "--source" => source = value,
            _ => return Err(format!("{argument} is no option").into()),
        }
    }
    if seeds.is_empty() {
        seeds.extend(SEEDS);
    }
    for seed in seeds {
        match what.as_str() {
            "tell" => tell(size, seed, &source)?,
            "links" => links(size, seed)?,
            _ => return Err("tell or links?".into()),
        }
    }
    Ok(())
}

/// `standard` with months released in another way.
fn schema((step, left_max): (u16, Option<u16>)) -> Result<Schema, Box<dyn Error>> {
    let text = include_str!("../../../crates/schema/schemas/standard.toml");
    let start = text.find("\n[household_keys]").ok_or("no household keys")?;
    let end = start + 1 + text[start + 1..].find("\n#").ok_or("nothing after them")?;
    let left = left_max.map_or_else(String::new, |months| format!("left_max = {months}\n"));
    let table = format!(
        "\n[household_keys]\nslots = 6\ngroup_max = 5\ncrowd_max = 8\nmonths = {step}\n{left}"
    );
    Ok(Schema::parse_for_bench(&format!(
        "{}{table}{}",
        &text[..start],
        &text[end..]
    ))?)
}

fn words((step, left_max): (u16, Option<u16>)) -> String {
    let step = match step {
        0 => "none".to_owned(),
        1 => "as they are".to_owned(),
        step => format!("steps of {step}"),
    };
    let left = left_max.map_or_else(|| "no limit".to_owned(), |months| format!("{months}"));
    format!("months {step:11}, left {left:8}")
}

fn borough(households: usize, seed: u64) -> Borough {
    generate(&kinfold_synth::Options {
        households,
        seed,
        profile: Profile::Uk,
    })
}

fn tell(people: usize, seed: u64, source: &str) -> Result<(), Box<dyn Error>> {
    let sources = match source {
        "housing" => &[Source::Housing][..],
        other => {
            let agency = AGENCIES.iter().find(|(name, _)| *name == other);
            agency.ok_or("no such source")?.1
        }
    };
    let mut people_known: Vec<Person> = known(&borough(people, seed), sources)
        .into_values()
        .collect();
    people_known.truncate(people);
    println!("\nseed {seed}, {source}, {} people", people_known.len());
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    let secrets = ProjectSecrets::new(move |purpose| {
        *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes()
    });
    let reference = |number: usize| {
        let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    for way in WAYS {
        let file = released_in(&schema(way)?, &people_known, &secrets, reference, month())?;
        if way == (1, None) {
            parts(&file, &key);
        }
        line(&words(way), &file, &key);
    }
    Ok(())
}

/// What first months, last months and lengths tell by themselves.
fn parts(file: &File, key: &[u8; 32]) {
    let only = |of: fn(&Stay) -> (u16, u16)| {
        let all = |stays: &[Vec<Stay>]| -> Vec<Vec<Stay>> {
            let own = stays.iter().map(|own| {
                let own = own.iter().map(|stay| {
                    let (from, to) = of(stay);
                    Stay { from, to, ..*stay }
                });
                own.collect()
            });
            own.collect()
        };
        File {
            stays_seen: all(&file.stays_seen),
            stays_listed: all(&file.stays_listed),
            ..file.clone()
        }
    };
    line(
        "first months only",
        &only(|stay| (stay.from, u16::MAX)),
        key,
    );
    // As first months, which are the ones that the attack looks for.
    line("last months only", &only(|stay| (stay.to, u16::MAX)), key);
    line(
        "lengths only",
        &only(|stay| (1 + stay.to.saturating_sub(stay.from), u16::MAX)),
        key,
    );
}

fn line(words: &str, file: &File, key: &[u8; 32]) {
    let scene = Scene::draw(file, ListQuality::EXACT, key);
    let named = |off| {
        let dated = months::attack(&scene, off, &mut Draws::new(key, "months"));
        dated.named.all.unwrap_or(Share::new(0, 0))
    };
    let (by_homes, patterns) = scene.by_homes();
    let right = scene.right(&by_homes);
    println!(
        "  {words}: with months {}, a fifth off {}; homes without months {} in {patterns} patterns",
        text_of(named(0.0)),
        text_of(named(0.2)),
        text_of(right),
    );
    // By the number of household keys of a record.
    let mut counts: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for (row, stays) in file.stays_seen.iter().enumerate() {
        let own = counts.entry(stays.len()).or_default();
        own.1 += 1;
        own.0 += u64::from(by_homes[row] == Some(scene.truth[row]));
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(keys, (right, of))| format!("{keys}: {right}/{of}"))
        .collect();
    println!("    without months by number of keys {}", counts.join(" "));
}

fn text_of(share: Share) -> String {
    format!(
        "{:.2} % (<= {:.2}) of {}",
        share.share * 100.0,
        share.upper * 100.0,
        share.of
    )
}

fn links(households: usize, seed: u64) -> Result<(), Box<dyn Error>> {
    let agencies = Agencies::of(&borough(households, seed))?;
    println!("\nseed {seed}, {households} households");
    for way in WAYS {
        let schema = schema(way)?;
        let joined = Joined::in_month(&schema, &agencies.set, month())?;
        let (found, people) = agencies.found(&schema, &joined);
        print!("  {}:", words(way));
        for Found {
            moment,
            pairs,
            whole,
        } in found
        {
            print!(
                " {moment} pairs {:.4}/{:.4} F1 {:.4}, whole {:.4}/{:.4};",
                pairs.precision, pairs.recall, pairs.f1, whole.precision, whole.recall
            );
        }
        println!(" people F1 {people:.4}");
    }
    Ok(())
}
