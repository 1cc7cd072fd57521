//! What the months of household keys tell, and what coarser ones cost.
use std::error::Error;

use kinfold_benches::joined::Joined;
use kinfold_benches::open::{OpenSet, Source as OpenSource};
use kinfold_benches::released::released;
use kinfold_linkage::measures::{HouseholdTable, Labelled, Memberships, pairwise};
use kinfold_linkage::{LifeStage, Options, form_households, link};
use kinfold_schema::{HOUSEHOLD_NONE, NO_MONTH};
use kinfold_encoding::ProjectSecrets;
use kinfold_identity::Person;
use kinfold_release::{Draws, File, ListQuality, Scene, Share, Stay, months, patterns::Patterns};
use kinfold_schema::Schema;
use kinfold_synth::{Borough, Profile, Source, generate};
use std::collections::BTreeMap;

const COUNCIL: &[Source] = &[Source::SchoolCensus, Source::Housing];

fn borough(people: usize, seed: u64) -> Borough {
    generate(&kinfold_synth::Options { households: people, seed, profile: Profile::Uk })
}

fn file(schema: &Schema, borough: &Borough, sources: &[Source], people: usize, seed: u64) -> Result<File, Box<dyn Error>> {
    let mut all: BTreeMap<usize, Person> = BTreeMap::new();
    for source in sources {
        for (number, person) in borough.known_with_months(*source) {
            match all.entry(number) {
                std::collections::btree_map::Entry::Vacant(e) => { e.insert(person); }
                std::collections::btree_map::Entry::Occupied(mut e) => e.get_mut().merge(person),
            }
        }
    }
    let mut people_of: Vec<Person> = all.into_values().collect();
    people_of.truncate(people);
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    let secrets = ProjectSecrets::new(move |purpose| *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes());
    let reference = |number: usize| {
        let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    released(schema, &people_of, &secrets, reference)
}

const LATEST: u16 = 1519; // 2026-08
fn map(file: &File, rule: &dyn Fn(Stay) -> Option<Stay>) -> File {
    let all = |stays: &[Vec<Stay>]| stays.iter().map(|own| own.iter().filter_map(|s| rule(*s)).collect()).collect();
    File { stays_seen: all(&file.stays_seen), stays_listed: all(&file.stays_listed), ..file.clone() }
}
fn floor(m: u16, n: u16) -> u16 { if m == 0 { 0 } else { m / n * n } }
fn ceil(m: u16, n: u16) -> u16 { if m == u16::MAX { m } else { m / n * n + n - 1 } }

fn with_months(borough: &Borough, sources: &[Source]) -> BTreeMap<usize, Person> {
    let mut all: BTreeMap<usize, Person> = BTreeMap::new();
    for source in sources {
        for (number, person) in borough.known_with_months(*source) {
            match all.entry(number) {
                std::collections::btree_map::Entry::Vacant(e) => { e.insert(person); }
                std::collections::btree_map::Entry::Occupied(mut e) => e.get_mut().merge(person),
            }
        }
    }
    all
}

fn links(households: usize, seed: u64) -> Result<(), Box<dyn Error>> {
    let schema = Schema::standard();
    let borough = borough(households, seed);
    let truth_people = borough.people();
    let mut set = OpenSet { sources: Vec::new(), truth: BTreeMap::new() };
    for (name, sources) in [("council", COUNCIL), ("health", &[Source::Patients][..]), ("police", &[Source::PolicePeople]), ("lscb", &[Source::LscbPeople])] {
        let mut people = Vec::new();
        for (row, (person, known)) in with_months(&borough, sources).into_iter().enumerate() {
            set.truth.insert((name.into(), row.to_string()), person as u32);
            people.push((row.to_string(), known));
        }
        set.sources.push(OpenSource { name: name.into(), people });
    }
    let joined = Joined::of(&schema, &set)?;
    let files = borough.files();
    let (_, text) = files.iter().find(|(name, _)| *name == "truth/households.csv").ok_or("truth")?;
    let mut of_entity: [BTreeMap<u32, Vec<u32>>; 2] = Default::default();
    let mut crowd: BTreeMap<u32, usize> = BTreeMap::new();
    for row in csv::Reader::from_reader(&text[..]).records() {
        let row = row?;
        let number = |at: usize| row[at][1..].parse::<u32>();
        of_entity[0].entry(number(1)? - 1).or_default().push(number(0)?);
        if row[3].is_empty() { of_entity[1].entry(number(1)? - 1).or_default().push(number(0)?); }
        *crowd.entry(number(0)?).or_default() += 1;
    }
    for (words, rule) in &rules() {
        let mut sets = joined.sets.clone();
        let slots = schema.household_slots();
        for set in &mut sets {
            for own in set.table.household.chunks_mut(slots) {
                for key in own.iter_mut().filter(|key| key.kind != HOUSEHOLD_NONE) {
                    let stay = Stay { home: key.token, from: if key.from == NO_MONTH { 0 } else { key.from }, to: key.to };
                    match rule(stay) {
                        Some(stay) => { key.from = stay.from; key.to = stay.to; if stay.from == 0 && stay.to == NO_MONTH { key.from = NO_MONTH; } }
                        None => { key.kind = HOUSEHOLD_NONE; key.from = NO_MONTH; key.to = NO_MONTH; }
                    }
                }
            }
        }
        let linked = link(&schema, &sets, &Options::default(), &());
        let stages: Vec<LifeStage> = linked.people.iter().map(|p| {
            let e = joined.entity(p.members[0]) as usize;
            let year = truth_people[e].births[0].year;
            if year >= 2009 { LifeStage::Child } else { LifeStage::Adult }
        }).collect();
        let formed = form_households(&schema, &sets, &linked, &stages);
        let mut records: Vec<Labelled> = Vec::new();
        for (cluster, person) in (0..).zip(&linked.people) {
            records.extend(person.members.iter().map(|id| Labelled { cluster, entity: joined.entity(*id) }));
        }
        let mut of_cluster: [Vec<Vec<u32>>; 2] = [vec![Vec::new(); linked.people.len()], vec![Vec::new(); linked.people.len()]];
        for (number, household) in (0u32..).zip(&formed.households) {
            for member in &household.members {
                of_cluster[0][member.person].push(number);
                if member.current { of_cluster[1][member.person].push(number); }
            }
        }
        print!("{words:40}");
        for at in 0..2 {
            let truth = Memberships::new(records.iter().map(|own| of_entity[at].get(&own.entity).cloned().unwrap_or_default()));
            let predicted = Memberships::new(records.iter().map(|own| of_cluster[at][own.cluster as usize].clone()));
            let table = HouseholdTable { records: &records, truth: &truth, predicted: &predicted };
            let (pairs, whole) = (table.pairs().rates, table.whole().rates);
            print!(" {}: pairs p {:.4} r {:.4} F1 {:.4}, whole p {:.4} r {:.4};", ["ever", "now"][at], pairs.precision, pairs.recall, pairs.f1, whole.precision, whole.recall);
        }
        println!(" people F1 {:.4}", pairwise(&records).f1);
    }
    Ok(())
}

type Rule = Box<dyn Fn(Stay) -> Option<Stay>>;

fn rules() -> Vec<(String, Rule)> {
    let mut rules: Vec<(String, Rule)> = vec![
        ("as they are".into(), Box::new(Some)),
        ("from only".into(), Box::new(|s| Some(Stay { to: u16::MAX, ..s }))),
        ("to only".into(), Box::new(|s| Some(Stay { from: 0, ..s }))),
        ("length only".into(), Box::new(|s| Some(Stay { from: 0, to: s.to.saturating_sub(s.from), ..s }))),
        ("no months".into(), Box::new(|s| Some(Stay { from: 0, to: u16::MAX, ..s }))),
    ];
    for n in [3, 6, 12, 24, 36, 60] {
        rules.push((format!("step {n}"), Box::new(move |s| Some(Stay { from: floor(s.from, n), to: ceil(s.to, n), ..s }))));
    }
    for n in [3, 6, 12, 24, 36, 60] {
        rules.push((format!("step {n}, recent end open"), Box::new(move |s| Some(Stay { from: floor(s.from, n), to: if s.to + 12 > LATEST { u16::MAX } else { ceil(s.to, n) }, ..s }))));
    }
    for (n, w) in [(12, 36), (12, 24), (12,60), (6, 24), (12,12)] {
        rules.push((format!("step {n}, window {w}, recent end open"), Box::new(move |s| {
            let first = LATEST + 1 - w;
            if s.to < first { return None; }
            Some(Stay { from: floor(s.from.max(first), n), to: if s.to + 12 > LATEST { u16::MAX } else { ceil(s.to, n) }, ..s })
        })));
    }
    for w in [12, 24, 36, 60] {
        rules.push((format!("ended before window {w} dropped, no months but end"), Box::new(move |s| {
            let first = LATEST + 1 - w;
            if s.to < first { return None; }
            Some(Stay { from: 0, to: if s.to + 12 > LATEST { u16::MAX } else { ceil(s.to, 12) }, ..s })
        })));
    }
    rules.push(("only whether recent".into(), Box::new(|s| Some(Stay { from: 0, to: if s.to + 12 > LATEST { u16::MAX } else { 0 }, ..s }))));
    rules.push(("only recent homes".into(), Box::new(|s| (s.to + 12 > LATEST).then_some(Stay { from: 0, to: u16::MAX, ..s }))));
    rules
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    if args[3] == "links" { return links(args[1].parse()?, args[2].parse()?); }
    let people: usize = args[1].parse()?;
    let seed: u64 = args[2].parse()?;
    let sources: &[Source] = match args[3].as_str() { "council" => COUNCIL, "housing" => &[Source::Housing], "health" => &[Source::Patients], _ => &[Source::PolicePeople] };
    let mut schema_text = include_str!("../../../crates/schema/schemas/standard.toml").to_owned();
    if args.get(4).is_some_and(|a| a == "strict") { schema_text = schema_text.replace("crowd_max = 8\n", ""); }
    let schema = Schema::parse_for_bench(&schema_text)?;
    let file = file(&schema, &borough(people, seed), sources, people, seed)?;
    println!("{} records, {} with keys, {} stays", file.records, file.stays_seen.iter().filter(|s| !s.is_empty()).count(), file.stays_seen.iter().map(Vec::len).sum::<usize>());
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    for (words, rule) in &rules() {
        let file = map(&file, rule);
        let scene = Scene::draw(&file, ListQuality::EXACT, &key);
        let old = months::attack(&scene, 0.0, &mut Draws::new(&key, "months"));
        let off = months::attack(&scene, 0.2, &mut Draws::new(&key, "months"));
        let patterns = scene.patterns();
        let named = patterns.named();
        let keyed = file.stays_seen.iter().filter(|s| !s.is_empty()).count() as u64;
        let right = named.iter().zip(&scene.truth).filter(|(n, t)| n.is_some_and(|n| n == **t)).count() as u64;
        let mut by: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        for (row, n) in named.iter().enumerate() {
            let homes = file.stays_seen[row].len();
            let e = by.entry(homes).or_default();
            e.1 += 1;
            e.0 += u64::from(n.is_some_and(|n| n == scene.truth[row]));
        }
        let text = |s: Option<Share>| s.map_or("-".into(), |s| format!("{:.2} % of {}", s.share * 100., s.of));
        let by: Vec<String> = by.iter().map(|(h, (a, b))| format!("{h}: {a}/{b}")).collect();
        println!("{words:45} old {} ({} off); pattern alone {:.2} % ({right}/{keyed}), different {} {:.2} %; by keys {}", text(old.named.all), text(off.named.all), right as f64 / keyed as f64 * 100., patterns.different(), patterns.different() as f64 / keyed as f64 * 100., by.join(" "));
    }
    let _: Option<Patterns> = None;
    Ok(())
}
