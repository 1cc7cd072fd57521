//! What attacks reach against filters of different diffusion.
//!
//! `cargo run --release -p kinfold-benches --bin privacy [-- PEOPLE [SEED]]` makes people up, codes their names and birth dates with the
//! tokens of the `standard` schema at several diffusions, and prints for each what the attacks of the release check name, and how well an
//! attacker's expectation fits what he sees. Two populations: one whose names and dates are drawn independently, as in the studies that
//! the check is compared with, and an invented borough, where names go with age.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_benches::Words;
use kinfold_benches::released::released;
use kinfold_benches::tables;
use kinfold_encoding::{Lister, ProjectSecrets};
use kinfold_identity::{
    AddressSpell, BirthDate, Person, read_address, read_family_names, read_given_names,
};
use kinfold_release::{
    Choice, Draws, File, Form, ListQuality, Options, Scene, Share, Stay, View, attack, check,
    choose, household_attack, law, page, visible,
};
use kinfold_schema::Schema;
use kinfold_synth::{Profile, generate};

const DIFFUSIONS: [usize; 5] = [0, 4, 5, 6, 8];
const KNOWN: [usize; 3] = [20, 200, 1000];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == "check").is_some() {
        let people = arguments
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(50_000);
        let schema = arguments.next().unwrap_or_else(|| "standard".to_owned());
        return whole_check(people, &schema);
    }
    let people: usize = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3000);
    let seed: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    for (set, first, last) in [
        ("pp_census_easy", "first_name", "last_name"),
        ("anonlink_ncvr3_ocp0", "firstname", "lastname"),
    ] {
        let path = tables::folder().join(set).join("a.csv.gz");
        match names(&path, first, last) {
            Ok(seeds) => report(
                &format!("names of {set}, drawn independently"),
                &independent(&seeds, people, seed),
                seed,
            ),
            Err(error) => println!("\n{set} is absent: {error}"),
        }
    }
    let seeds = borough(2_500, 7);
    let drawn = independent(&seeds, people, seed);
    report(
        "names of an invented borough, drawn independently",
        &drawn,
        seed,
    );
    let mut invented = borough(people / 2, 1000 + seed);
    invented.retain(|person| !person.births.is_empty() && !person.first_names.is_empty());
    invented.truncate(people);
    report("invented borough", &invented, seed);
}

/// Encodes an invented borough and checks it.
fn whole_check(count: usize, schema: &str) {
    // A shipped schema by its name, or a file.
    let schema = Schema::shipped(schema).unwrap_or_else(|| {
        let text = std::fs::read_to_string(schema).expect("a shipped schema or a file of one");
        Schema::parse_for_bench(&text).expect("a schema")
    });
    let mut people = borough(count / 2, 77);
    people.truncate(count);
    let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
    let reference = |number: usize| {
        let mut reference = [0; 16];
        reference.copy_from_slice(&blake3::hash(&number.to_le_bytes()).as_bytes()[..16]);
        reference
    };
    let started = Instant::now();
    let file = released(&schema, &people, &secrets, reference)
        .expect("invented people can be encoded and listed");
    println!(
        "{} records encoded and listed in {:.1} s",
        file.records,
        started.elapsed().as_secs_f64()
    );
    for form in [Form::Quick, Form::Full] {
        let started = Instant::now();
        let options = Options {
            form,
            payload: [1; 32],
        };
        let outcome = check(&file, &options, &mut |progress| {
            eprintln!(
                "{:6.1} s {}",
                started.elapsed().as_secs_f64(),
                progress.step
            );
        });
        println!(
            "\n{form:?}: {:?} in {:.1} s, {} outliers",
            outcome.report.verdict,
            started.elapsed().as_secs_f64(),
            outcome.outliers.len()
        );
        for line in &outcome.report.lines {
            println!(
                "{:?} {} [{}]: {}",
                line.level, line.id, line.subject, line.sentence
            );
        }
        let path = std::env::temp_dir().join(format!("release-{form:?}.html").to_lowercase());
        std::fs::write(&path, page(&outcome.report, "Invented borough"))
            .expect("a file for the page");
        let json = path.with_extension("json");
        std::fs::write(json, outcome.report.to_json()).expect("a file for the report");
    }
}

/// The names of an open set, as people with nothing else.
fn names(path: &Path, first: &str, last: &str) -> Result<Vec<Person>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(tables::open(path)?);
    let columns = reader.headers()?.clone();
    let column = |name: &str| {
        columns
            .iter()
            .position(|own| own == name)
            .ok_or("a column is missing")
    };
    let (first, last) = (column(first)?, column(last)?);
    let mut people = Vec::new();
    for row in reader.records() {
        let row = row?;
        let (Ok(given), Ok(family)) =
            (read_given_names(&row[first]), read_family_names(&row[last]))
        else {
            continue;
        };
        let mut person = Person::default();
        person.add_given_names(given);
        person.family_names = family;
        people.push(person);
    }
    Ok(people)
}

fn borough(households: usize, seed: u64) -> Vec<Person> {
    generate(&kinfold_synth::Options {
        households,
        seed,
        profile: Profile::Uk,
    })
    .people()
}

/// Households of one to five (0.30, 0.35, 0.16, 0.13, 0.06), 85 % with the family name of the household, forty people a postcode.
fn independent(seeds: &[Person], count: usize, seed: u64) -> Vec<Person> {
    let mut words = Words(seed);
    let mut draw = move |below: usize| (words.next().unwrap_or(0) % below as u64) as usize;
    let mut people = Vec::new();
    let mut home = 0;
    while people.len() < count {
        home += 1;
        let size = match draw(100) {
            0..30 => 1,
            30..65 => 2,
            65..81 => 3,
            81..94 => 4,
            _ => 5,
        };
        let family = draw(seeds.len());
        for _ in 0..size {
            let own = if draw(100) < 85 {
                family
            } else {
                draw(seeds.len())
            };
            let mut person = Person::default();
            person
                .first_names
                .extend(seeds[draw(seeds.len())].first_names.first().cloned());
            person
                .family_names
                .extend(seeds[own].family_names.first().cloned());
            person.births.push(BirthDate {
                year: 1930 + draw(95) as u16,
                month: Some(1 + draw(12) as u8),
                day: Some(1 + draw(28) as u8),
            });
            let postcode = format!("XE{} {}AB", home / 180 % 90 + 1, home / 18 % 10);
            person.addresses.push(AddressSpell {
                address: read_address(&[&format!("{home} Hawthorn Road")], &postcode).ok(),
                town: None,
                uprn: None,
                from: 1400,
                to: 1500,
            });
            people.push(person);
        }
    }
    people.truncate(count);
    people
}

/// A token with its weight.
type Weighted = (u32, f64);

/// The tokens of the study that the check is compared with (names as pairs of letters and whole; day, month, year, day with month, month with
/// year, and the eight digits of a birth date, together 0.8 of the weight of an average name), and how many there are.
fn study_tokens(people: &[Person]) -> (Vec<Vec<Weighted>>, usize) {
    let mut numbers = std::collections::BTreeMap::<String, u32>::new();
    let mut number = |token: String| {
        let next = numbers.len() as u32;
        *numbers.entry(token).or_insert(next)
    };
    let mut names: Vec<Vec<Weighted>> = Vec::new();
    let mut dates: Vec<Vec<u32>> = Vec::new();
    for person in people {
        let mut own = Vec::new();
        let first = person.first_names.first().map(ToString::to_string);
        let last = person.family_names.first().map(|name| name.whole.clone());
        for name in first.into_iter().chain(last) {
            let padded: Vec<char> = format!("_{name}_").chars().collect();
            own.extend(
                padded
                    .windows(2)
                    .map(|pair| (number(pair.iter().collect()), 1.0)),
            );
            own.push((number(format!("whole {name}")), 0.7));
        }
        own.sort_by_key(|(token, _)| *token);
        own.dedup_by_key(|(token, _)| *token);
        names.push(own);
        let birth = person.births[0];
        let (year, month, day) = (birth.year, birth.month.unwrap_or(0), birth.day.unwrap_or(0));
        let parts = [
            format!("d{day}"),
            format!("m{month}"),
            format!("y{year}"),
            format!("dm{day}-{month}"),
            format!("my{month}-{year}"),
        ];
        let digits = format!("{year:04}{month:02}{day:02}");
        let digits = digits
            .chars()
            .enumerate()
            .map(|(place, digit)| format!("digit {place} {digit}"));
        dates.push(parts.into_iter().chain(digits).map(&mut number).collect());
    }
    let mass: f64 = names.iter().flatten().map(|(_, weight)| weight).sum();
    let weight = 0.8 * mass / (13.0 * people.len() as f64);
    for (own, date) in names.iter_mut().zip(dates) {
        own.extend(date.into_iter().map(|token| (token, weight)));
        own.sort_by_key(|(token, _)| *token);
    }
    (names, numbers.len())
}

/// A file of one filter of names and birth date, with positions chosen so that the mean fill is 0.48: with the tokens of the study, or those of
/// the first filter of `standard`.
fn file(people: &[Person], study: bool) -> File {
    let schema = Schema::standard();
    let mut lister = Lister::new(&schema).expect("the shipped schema can be encoded with");
    let listed: Vec<_> = people.iter().map(|person| lister.list(person)).collect();
    let mut vocabulary = lister.vocabulary()[0];
    let mut tokens: Vec<_> = listed
        .iter()
        .map(|person| person.filters[0].clone())
        .collect();
    if study {
        let (weighted, count) = study_tokens(people);
        vocabulary = count;
        let heavy = |own: Vec<Weighted>| {
            own.into_iter()
                .map(|(token, weight)| (token, (weight * 40.0).round() as u16))
                .collect()
        };
        tokens = weighted.into_iter().map(|own| Some(heavy(own))).collect();
    }
    let fill = |tokens: &[Option<Vec<(u32, u16)>>], factor: f64| {
        let fills = tokens.iter().flatten().map(|own| {
            let positions: f64 = own
                .iter()
                .map(|(_, k)| (f64::from(*k) * factor).round())
                .sum();
            1.0 - (-positions / 2048.0).exp()
        });
        fills.sum::<f64>() / tokens.iter().flatten().count() as f64
    };
    let factor = (50..300)
        .map(|percent| f64::from(percent) / 100.0)
        .min_by(|a, b| {
            (fill(&tokens, *a) - 0.48)
                .abs()
                .total_cmp(&(fill(&tokens, *b) - 0.48).abs())
        })
        .unwrap_or(1.0);
    println!(
        "mean fill {:.3}, positions of a token times {factor:.2}",
        fill(&tokens, factor)
    );
    for (_, k) in tokens.iter_mut().flatten().flatten() {
        *k = (f64::from(*k) * factor).round() as u16;
    }
    let stay = |key: &kinfold_schema::HouseholdKey| Stay {
        home: key.token,
        from: 0,
        to: u16::MAX,
    };
    let stays: Vec<Vec<Stay>> = listed
        .iter()
        .map(|person| person.homes.iter().take(1).map(stay).collect())
        .collect();
    File {
        records: people.len(),
        views: vec![View {
            id: "names-birth".to_owned(),
            bits: 2048,
            inner_bits: 2048,
            diffusion: 0,
            codes: Vec::new(),
            tokens,
            withheld: Vec::new(),
            vocabulary,
        }],
        crowd: 5,
        stays_seen: stays.clone(),
        stays_listed: stays,
        place: listed.iter().map(|person| person.place).collect(),
        names: listed.iter().map(|person| person.names.clone()).collect(),
        ..File::default()
    }
}

fn report(title: &str, people: &[Person], seed: u64) {
    println!("\n{title}: {} people, seed {seed}", people.len());
    commonest(people);
    measure(&file(people, true), "tokens of the study", seed);
    measure(&file(people, false), "tokens of `standard`", seed);
}

fn measure(plain: &File, tokens: &str, seed: u64) {
    println!("\n{tokens}");
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    for diffusion in DIFFUSIONS {
        let coded = plain.coded(&key, diffusion);
        let scene = Scene::draw(&coded, ListQuality::EXACT, &key);
        let mut home = vec![0; plain.records];
        for (row, person) in scene.truth.iter().enumerate() {
            home[row] = scene.home[*person as usize];
        }
        let mut draws = Draws::new(&key, "law");
        let signal = law::signal(&coded.views[0], &home, 4_000_000, &mut draws);
        println!(
            "t={diffusion}: rho seen {:.4}, root of l Var(K) {:.4}, root of l mean(K^2) {:.4} over {} pairs",
            signal.seen, signal.expected, signal.with_mean, signal.pairs
        );
        let sight = visible::Sight::new(&coded.views, coded.records, &mut draws);
        println!(
            "  visible at 4.5 sigma {}",
            share(Some(visible::visible(&sight.edges(4.5), coded.records)))
        );
        let rebuilt = visible::groups(&sight.edges(5.5), coded.records);
        for (words, groups) in [
            ("household keys", &scene.groups),
            ("groups rebuilt", &rebuilt),
        ] {
            let started = Instant::now();
            let reached = household_attack::attack(&scene, groups, &mut draws);
            println!(
                "  H/S with {words}: H {}, S {}, surest tenth {}, {} of {} believed rightly, by size {:?}, {:.1} s",
                share(reached.households.all),
                share(reached.snowball.all),
                share(reached.snowball.surest_tenth),
                reached.believed_rightly,
                reached.believed,
                reached
                    .snowball
                    .by_size
                    .iter()
                    .map(|s| s.share)
                    .collect::<Vec<_>>(),
                started.elapsed().as_secs_f64()
            );
        }
        for known in KNOWN {
            for choice in Choice::ALL {
                let started = Instant::now();
                let known = choose(&scene, known.min(plain.records / 2), choice, &mut draws);
                let named = attack(&scene, &known, usize::MAX, &mut draws);
                println!(
                    "  M {} known {}: all {}, beyond households {}, surest tenth {}, {:.1} s",
                    known.len(),
                    choice.words(),
                    share(named.all),
                    share(named.beyond_households),
                    share(named.surest_tenth),
                    started.elapsed().as_secs_f64()
                );
            }
        }
    }
}

/// How common names are: the figures by which populations are told apart.
fn commonest(people: &[Person]) {
    let of = |names: Vec<String>| {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for name in &names {
            *counts.entry(name.clone()).or_default() += 1;
        }
        let shared = names.iter().filter(|name| counts[*name] > 1).count();
        let most = counts.values().max().copied().unwrap_or(0);
        (
            shared as f64 / names.len() as f64,
            most as f64 / names.len() as f64,
        )
    };
    let first = people
        .iter()
        .filter_map(|person| person.first_names.first().map(ToString::to_string));
    let last = people
        .iter()
        .filter_map(|person| person.family_names.first().map(|name| name.whole.clone()));
    let (first, last) = (of(first.collect()), of(last.collect()));
    println!(
        "people whose first name is shared {:.2}, the commonest {:.3}; family names {:.2}, {:.3}",
        first.0, first.1, last.0, last.1
    );
}

fn share(share: Option<Share>) -> String {
    share.map_or(String::new(), |s| {
        format!("{:.4} (<= {:.4})", s.share, s.upper)
    })
}
