//! Which parts of a package leak to somebody who knows nobody: attacks by match keys and by household keys with parts left out.
//!
//! ```text
//! cargo run -p kinfold-benches --bin leaks -- keys [--schema FILE] [--people N] [--seed N]... [--cut STEP]
//! cargo run -p kinfold-benches --bin leaks -- homes [--schema FILE] [--people N] [--seed N]... [--parts all|no]
//! ```
//!
//! `keys` matches a borough with an invented partner of the release check (half of the people, a fifth of the values written otherwise) and
//! with a council that knows it with its own slips, prints what each kind of key tells, and with `--cut` leaves out the kinds that tell most,
//! so many at a time. `homes` runs the attack by household keys, with the filter or the presence pattern left out too.
//! Boroughs are of seeds that nothing was tuned on.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_benches::released::released;
use kinfold_encoding::{Lister, ProjectSecrets};
use kinfold_identity::Person;
use kinfold_release::{
    Draws, File, KeyView, ListQuality, Named, Scene, Share, agreement, household_attack, sharing,
};
use kinfold_schema::Schema;
use kinfold_synth::{Borough, Profile, Source, generate};

/// Seeds of the boroughs when none are given.
const SEEDS: [u64; 2] = [614_071, 614_083];
/// Registers of the council; of a person's rows the first is taken.
const COUNCIL: [Source; 3] = [Source::Housing, Source::SchoolCensus, Source::LscbPeople];
/// The partner of the release check: share of the people it has, and of their values written otherwise.
const PARTNER: (f64, f64) = (0.5, 0.2);

struct Options {
    schema: Schema,
    people: usize,
    seeds: Vec<u64>,
    cut: Option<usize>,
    parts: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        schema: Schema::standard(),
        people: 20_000,
        seeds: Vec::new(),
        cut: None,
        parts: true,
    };
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("keys or homes?")?;
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("the option needs a value")?;
        match argument.as_str() {
            "--schema" => {
                options.schema = match Schema::shipped(&value) {
                    Some(schema) => schema,
                    None => Schema::parse_for_bench(&std::fs::read_to_string(value)?)?,
                };
            }
            "--people" => options.people = value.parse()?,
            "--seed" => options.seeds.push(value.parse()?),
            "--parts" => options.parts = value == "all",
            "--cut" => options.cut = Some(value.parse()?),
            _ => return Err(format!("{argument} is no option").into()),
        }
    }
    if options.seeds.is_empty() {
        options.seeds.extend(SEEDS);
    }
    match what.as_str() {
        "keys" => keys(&options),
        "homes" => homes(&options),
        _ => Err("keys or homes?".into()),
    }
}

fn borough(people: usize, seed: u64) -> Borough {
    generate(&kinfold_synth::Options {
        households: people / 2,
        seed,
        profile: Profile::Uk,
    })
}

/// The values of match keys of some people; `None` where somebody is not there.
fn views(schema: &Schema, people: &[Option<&Person>]) -> Result<Vec<KeyView>, Box<dyn Error>> {
    let mut lister = Lister::new(schema)?;
    let mut views: Vec<KeyView> = schema
        .keys
        .iter()
        .map(|key| KeyView {
            id: key.recipe.to_string(),
            cap: key.cap,
            seen: vec![vec![[0; 16]; key.slots as usize]; people.len()],
            listed: vec![Vec::new(); people.len()],
        })
        .collect();
    for (row, person) in people.iter().enumerate() {
        for (key, value) in person.map_or_else(Vec::new, |own| lister.list(own).keys) {
            views[usize::from(key)].listed[row].push(value);
        }
    }
    Ok(views)
}

/// Two files of the same people, and the list that an attacker has of each.
struct Matched {
    name: &'static str,
    first: Vec<KeyView>,
    second: Vec<KeyView>,
    listed: (Vec<KeyView>, Vec<KeyView>),
}

impl Matched {
    /// With these kinds of keys only.
    fn only(&self, kinds: &[usize]) -> Self {
        let pick = |all: &[KeyView]| kinds.iter().map(|kind| all[*kind].clone()).collect();
        Self {
            name: self.name,
            first: pick(&self.first),
            second: pick(&self.second),
            listed: (pick(&self.listed.0), pick(&self.listed.1)),
        }
    }

    /// The partner of the release check.
    fn invented(own: &[KeyView], seed: u64) -> Self {
        let mut draws = Draws::new(blake3::hash(&seed.to_le_bytes()).as_bytes(), "partner");
        let people = own.first().map_or(0, |key| key.listed.len());
        let has: Vec<bool> = (0..people).map(|_| draws.share() < PARTNER.0).collect();
        let mut partner = |slips: f64| -> Vec<KeyView> {
            let mut of_key = |key: &KeyView| {
                let mut listed = Vec::with_capacity(people);
                for (values, has) in key.listed.iter().zip(&has) {
                    let mut own = if *has { values.clone() } else { Vec::new() };
                    for value in &mut own {
                        if draws.share() < slips {
                            *value = draws.word();
                        }
                    }
                    listed.push(own);
                }
                KeyView {
                    listed,
                    ..key.clone()
                }
            };
            own.iter().map(&mut of_key).collect()
        };
        Self {
            name: "invented partner",
            first: own.to_vec(),
            second: partner(PARTNER.1),
            listed: (own.to_vec(), partner(0.0)),
        }
    }

    /// Patients against people whom the council knows, each with the slips of the register; the list has them as they are.
    fn council(schema: &Schema, borough: &Borough, people: usize) -> Result<Self, Box<dyn Error>> {
        let true_people = borough.people();
        let known = |sources: &[Source]| {
            let mut rows: BTreeMap<usize, Person> = BTreeMap::new();
            for source in sources {
                for (number, person) in borough.known_to(*source) {
                    rows.entry(number).or_insert(person);
                }
            }
            rows
        };
        let patients: Vec<(usize, Person)> = known(&[Source::Patients])
            .into_iter()
            .filter(|(number, _)| *number < true_people.len())
            .take(people)
            .collect();
        let council = known(&COUNCIL);
        let first: Vec<Option<&Person>> = patients.iter().map(|(_, own)| Some(own)).collect();
        let second: Vec<Option<&Person>> = patients
            .iter()
            .map(|(number, _)| council.get(number))
            .collect();
        let listed: Vec<Option<&Person>> = patients
            .iter()
            .map(|(number, _)| Some(&true_people[*number]))
            .collect();
        let listed_second: Vec<Option<&Person>> = listed
            .iter()
            .zip(&second)
            .map(|(own, there)| there.and(*own))
            .collect();
        Ok(Self {
            name: "council with slips",
            first: views(schema, &first)?,
            second: views(schema, &second)?,
            listed: (views(schema, &listed)?, views(schema, &listed_second)?),
        })
    }

    /// Both attacks: the very pattern, and the likeliest one.
    fn attacked(&self) -> (sharing::Singled, agreement::Agreed) {
        let n = self.first.first().map_or(0, |key| key.listed.len());
        let seen = sharing::Graph::of_matches(&self.first, &self.second, n, n);
        let list = sharing::Graph::of_matches(&self.listed.0, &self.listed.1, n, n);
        let listed = (&self.listed.0[..], &self.listed.1[..]);
        (
            sharing::attack(&seen, &list, n),
            agreement::attack(&self.first, &self.second, listed, n),
        )
    }
}

fn text_of(share: Share) -> String {
    format!(
        "{}/{} {:.2} % (at most {:.2} %)",
        share.hits,
        share.of,
        share.share * 100.0,
        share.upper * 100.0
    )
}

fn keys(options: &Options) -> Result<(), Box<dyn Error>> {
    let schema = &options.schema;
    for &seed in &options.seeds {
        let borough = borough(options.people, seed);
        let mut people = borough.people();
        people.truncate(options.people);
        let own = views(schema, &people.iter().map(Some).collect::<Vec<_>>())?;
        let mut order: Vec<usize> = Vec::new();
        for matched in [
            Matched::invented(&own, seed),
            Matched::council(schema, &borough, options.people)?,
        ] {
            println!("\nseed {seed}, {}, {} people", matched.name, people.len());
            let all: Vec<usize> = (0..schema.keys.len()).collect();
            let (_, agreed) = line(&matched, &all);
            let mut told: Vec<(f64, usize)> = agreed.information.iter().copied().zip(all).collect();
            told.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            if order.is_empty() {
                order = told.iter().map(|(_, kind)| *kind).collect();
            }
            let sum: f64 = agreed.information.iter().sum();
            println!("  {sum:.1} bits in all, kind by kind:");
            for (bits, kind) in &told {
                print!(" {} {bits:.2};", schema.keys[*kind].recipe);
            }
            println!();
            if let Some(step) = options.cut {
                for cut in (step..schema.keys.len()).step_by(step) {
                    let mut kinds = order[cut..].to_vec();
                    kinds.sort_unstable();
                    line(&matched, &kinds);
                }
            }
        }
    }
    Ok(())
}

fn line(matched: &Matched, kinds: &[usize]) -> (sharing::Singled, agreement::Agreed) {
    let (exact, agreed) = matched.only(kinds).attacked();
    println!(
        "  {} kinds: very pattern {}; likeliest {}; of {} paired, surest tenth {:.0} %",
        kinds.len(),
        text_of(exact.named),
        text_of(agreed.named),
        agreed.paired.hits,
        agreed.surest_tenth.share * 100.0
    );
    (exact, agreed)
}

fn homes(options: &Options) -> Result<(), Box<dyn Error>> {
    for &seed in &options.seeds {
        let mut people = borough(options.people, seed).people();
        people.truncate(options.people);
        let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
        let secrets = ProjectSecrets::new(move |purpose| {
            *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes()
        });
        let reference = |number: usize| {
            let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
            *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
        };
        let file = released(&options.schema, &people, &secrets, reference)?;
        println!("\nseed {seed}, {} people", file.records);
        let blind = |mut file: File| {
            // Random bits say nothing, so what is left is the shape of homes and the presence pattern.
            let mut draws = Draws::new(&key, "blind");
            for word in file.views.iter_mut().flat_map(|view| &mut view.codes) {
                *word = draws.word();
            }
            file
        };
        let bare = |file: File| File {
            presence: Vec::new(),
            presence_listed: Vec::new(),
            ..file
        };
        let mut parts = vec![("all", file.clone())];
        if options.parts {
            parts.extend([
                ("no filter", blind(file.clone())),
                ("no presence", bare(file.clone())),
                ("neither", bare(blind(file.clone()))),
            ]);
        }
        for (words, file) in parts {
            let scene = Scene::draw(&file, ListQuality::EXACT, &key);
            let reached = household_attack::attack_keys(&scene, &mut Draws::new(&key, "homes"));
            show(words, &reached.households);
            show(&format!("{words}, snowball"), &reached.snowball);
        }
    }
    Ok(())
}

fn show(words: &str, named: &Named) {
    let sizes: Vec<String> = named
        .by_size
        .iter()
        .map(|share| format!("{}/{}", share.hits, share.of))
        .collect();
    println!(
        "  {words}: {}; by size {}; surest tenth {:.1} %",
        named.all.map_or_else(String::new, text_of),
        sizes.join(" "),
        named.surest_tenth.map_or(0.0, |share| share.share * 100.0)
    );
}
