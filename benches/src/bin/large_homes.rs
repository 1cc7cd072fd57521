//! What household keys of large families cost: the household attack of the release check on files under two rules.
//!
//! `cargo run --release -p kinfold-benches --bin large_homes [-- PEOPLE [SEEDS]]` makes boroughs up, encodes the people of each with
//! `standard` as it is (five drawn of six to eight) and without `crowd_max` (no household key for a home over five), and prints whom the
//! attack names, by size of household, with nobody known and an exact list. Another seed is another borough, another key and other lots.
//!
//! `... --bin large_homes -- links [HOUSEHOLDS [SEEDS]]` links what five agencies know of such boroughs, with their slips, under both rules, and
//! prints how well pairs of household members and whole households are found. The agencies give no months of addresses here.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use kinfold_benches::joined::Joined;
use kinfold_benches::open::{OpenSet, Source};
use kinfold_benches::released::released;
use kinfold_encoding::ProjectSecrets;
use kinfold_identity::Person;
use kinfold_linkage::measures::{HouseholdTable, Memberships, pairwise};
use kinfold_linkage::{LifeStage, form_households};
use kinfold_release::{Draws, File, ListQuality, Named, Scene, Share, household_attack};
use kinfold_schema::Schema;
use kinfold_synth::{Profile, generate};

const SIZES: [&str; 6] = ["1", "2", "3", "4", "5", "6+"];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let links = arguments.next_if(|own| own == "links").is_some();
    let mut arguments = arguments.map(|own| own.parse().ok());
    let people: usize = arguments
        .next()
        .flatten()
        .unwrap_or(if links { 2_000 } else { 10_000 });
    let seeds = arguments.next().flatten().unwrap_or(5);
    let text = include_str!("../../../crates/schema/schemas/standard.toml");
    let strict = text.replace("crowd_max = 8\n", "");
    let schemas = [
        (
            "none over five",
            Schema::parse_for_bench(&strict).expect("standard with another rule"),
        ),
        ("five drawn of six to eight", Schema::standard()),
    ];
    if links {
        for seed in 1..=seeds as u64 {
            for (rule, schema) in &schemas {
                found(schema, people, seed, rule).expect("invented people are linked");
            }
        }
        return;
    }
    let mut sums: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for seed in 1..=seeds as u64 {
        for (rule, schema) in &schemas {
            let started = Instant::now();
            let file = file(schema, people, seed);
            let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
            let scene = Scene::draw(&file, ListQuality::EXACT, &key);
            let mut draws = Draws::new(&key, "large homes");
            let reached = household_attack::attack_keys(&scene, &mut draws);
            println!(
                "\nseed {seed}, {rule}: {} people, {} believed ({} rightly), {:.1} s",
                file.records,
                reached.believed,
                reached.believed_rightly,
                started.elapsed().as_secs_f64()
            );
            groups(&scene);
            show("households alone", &reached.households);
            show("after the snowball", &reached.snowball);
            let sum = sums.entry(rule).or_insert_with(|| vec![(0, 0); 14]);
            let both = [&reached.households, &reached.snowball];
            let shares = both
                .iter()
                .flat_map(|named| named.all.iter().chain(&named.by_size));
            for (sum, share) in sum.iter_mut().zip(shares) {
                *sum = (sum.0 + share.hits, sum.1 + share.of);
            }
        }
    }
    println!("\nall seeds together");
    for (rule, sum) in sums {
        for (words, own) in [
            ("households alone", &sum[..7]),
            ("after the snowball", &sum[7..]),
        ] {
            let own = own.iter().map(|(hits, of)| Share::new(*hits, *of));
            let names = ["all"].into_iter().chain(SIZES);
            let line: Vec<String> = names
                .zip(own)
                .map(|(name, share)| text_of(name, share))
                .collect();
            println!("{rule}, {words}: {}", line.join("; "));
        }
    }
}

fn text_of(name: &str, share: Share) -> String {
    format!(
        "{name} {}/{} {:.4} (<= {:.4})",
        share.hits, share.of, share.share, share.upper
    )
}

fn show(words: &str, named: &Named) {
    let all = named.all.iter().map(|share| text_of("all", *share));
    let sizes = SIZES.iter().zip(&named.by_size);
    let sizes = sizes.map(|(size, share)| text_of(size, *share));
    let sure = named
        .surest_tenth
        .iter()
        .map(|share| text_of("surest tenth", *share));
    let line: Vec<String> = all.chain(sizes).chain(sure).collect();
    println!("  {words}: {}", line.join("; "));
}

/// How many groups of each size household keys show.
fn groups(scene: &Scene) {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for size in scene.group_sizes() {
        *sizes.entry(size).or_default() += 1;
    }
    let mut listed: BTreeMap<u32, usize> = BTreeMap::new();
    for (person, home) in scene.home.iter().enumerate() {
        if *home as usize == person {
            *listed.entry(scene.home_size[person]).or_default() += 1;
        }
    }
    println!("  groups seen {sizes:?}, households listed {listed:?}");
}

/// An invented borough, encoded.
fn file(schema: &Schema, count: usize, seed: u64) -> File {
    let mut people: Vec<Person> = generate(&kinfold_synth::Options {
        households: count / 2,
        seed: 4_000 + seed,
        profile: Profile::Uk,
    })
    .people();
    people.truncate(count);
    let secrets = ProjectSecrets::new(move |purpose| {
        *blake3::Hasher::new_keyed(blake3::hash(&seed.to_le_bytes()).as_bytes())
            .update(purpose.as_bytes())
            .finalize()
            .as_bytes()
    });
    let reference = |number: usize| {
        let hash = blake3::hash(&(number as u64).to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    released(schema, &people, &secrets, reference)
        .expect("invented people can be encoded and listed")
}

/// Links what the agencies know of a borough and prints what was found of its households.
fn found(schema: &Schema, households: usize, seed: u64, rule: &str) -> Result<(), Box<dyn Error>> {
    let borough = generate(&kinfold_synth::Options {
        households,
        seed: 5_000 + seed,
        profile: Profile::Uk,
    });
    let mut set = OpenSet {
        sources: Vec::new(),
        truth: BTreeMap::new(),
    };
    for source in kinfold_synth::Source::ALL {
        let name = source.id().to_owned();
        let mut people = Vec::new();
        for (row, (person, known)) in borough.known_to(source).enumerate() {
            set.truth
                .insert((name.clone(), row.to_string()), person as u32);
            people.push((row.to_string(), known));
        }
        set.sources.push(Source { name, people });
    }
    let joined = Joined::of(schema, &set)?;
    let people = joined.linked.people.len();
    let formed = form_households(
        schema,
        &joined.sets,
        &joined.linked,
        &vec![LifeStage::Unknown; people],
    );
    let mut of_cluster: Vec<Vec<u32>> = vec![Vec::new(); people];
    for (number, household) in (0u32..).zip(&formed.households) {
        for member in &household.members {
            of_cluster[member.person].push(number);
        }
    }
    let mut of_entity: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let files = borough.files();
    let (_, text) = files
        .iter()
        .find(|(name, _)| *name == "truth/households.csv")
        .ok_or("no truth of households")?;
    for row in csv::Reader::from_reader(&text[..]).records() {
        let row = row?;
        let number = |at: usize| row[at][1..].parse::<u32>();
        // Ids of people count from one.
        of_entity
            .entry(number(1)? - 1)
            .or_default()
            .push(number(0)?);
    }
    let records = joined.labelled();
    let truth = Memberships::new(
        records
            .iter()
            .map(|own| of_entity.get(&own.entity).cloned().unwrap_or_default()),
    );
    let predicted = Memberships::new(records.iter().map(|own| {
        of_cluster
            .get(own.cluster as usize)
            .cloned()
            .unwrap_or_default()
    }));
    let table = HouseholdTable {
        records: &records,
        truth: &truth,
        predicted: &predicted,
    };
    let (pairs, whole) = (table.pairs().rates, table.whole().rates);
    println!(
        "seed {seed}, {rule}: pairs precision {:.4} recall {:.4} F1 {:.4}; whole precision {:.4} recall {:.4} F1 {:.4}; people F1 {:.4}",
        pairs.precision,
        pairs.recall,
        pairs.f1,
        whole.precision,
        whole.recall,
        whole.f1,
        pairwise(&records).f1
    );
    Ok(())
}
