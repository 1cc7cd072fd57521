//! Which parts of a package leak to somebody who knows nobody: attacks by match keys and by household keys with parts left out.
//!
//! ```text
//! cargo run -p kinfold-benches --bin leaks -- keys [--schema FILE]... [--people N] [--seed N]... [--parts all|no]
//! cargo run -p kinfold-benches --bin leaks -- homes [--schema FILE] [--people N] [--seed N]... [--parts all|no]
//! ```
//!
//! `keys` matches a borough with an invented partner of the release check (half of the people, a fifth of the values written otherwise) and
//! with a council that knows it with its own slips, says whom the keys that agree name, and prints what each pool tells; with `--parts all` also
//! with strangers' keys, with the schools as a third custodian, and with the keys weighed in the attack by household keys. Further schemas may
//! choose among the kinds of the first, or pool them otherwise. `homes` runs the attack by household keys
//! alone, with the filter or the presence pattern left out too.
//! Boroughs are of seeds that nothing was tuned on.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_benches::named::{share_text, sizes_text};
use kinfold_benches::released::released;
use kinfold_encoding::{Lister, ProjectSecrets};
use kinfold_identity::Person;
use kinfold_release::agreement::{Agreed, Known, Sight, Weights, attack};
use kinfold_release::{
    Draws, File, KeyView, Likeness, ListQuality, Named, Partner, Scene, household_attack, sharing,
};
use kinfold_schema::{KeySchema, Pool, Schema};
use kinfold_synth::{Borough, Profile, Source, generate};

/// Seeds of the boroughs when none are given.
const SEEDS: [u64; 2] = [614_071, 614_083];
/// Registers of the council; of a person's rows the first is taken.
const COUNCIL: [Source; 3] = [Source::Housing, Source::SchoolCensus, Source::LscbPeople];
/// A third custodian.
const SCHOOLS: [Source; 1] = [Source::SchoolCensus];

struct Options {
    schemas: Vec<Schema>,
    people: usize,
    seeds: Vec<u64>,
    parts: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        schemas: Vec::new(),
        people: 20_000,
        seeds: Vec::new(),
        parts: true,
    };
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("keys or homes?")?;
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("the option needs a value")?;
        match argument.as_str() {
            "--schema" => {
                options.schemas.push(match Schema::shipped(&value) {
                    Some(schema) => schema,
                    None => Schema::parse_for_bench(&std::fs::read_to_string(value)?)?,
                });
            }
            "--people" => options.people = value.parse()?,
            "--seed" => options.seeds.push(value.parse()?),
            "--parts" => options.parts = value == "all",
            _ => return Err(format!("{argument} is no option").into()),
        }
    }
    if options.schemas.is_empty() {
        options.schemas.push(Schema::standard());
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

/// For each of some people the values of match keys; none where somebody is not there.
type Values = Vec<Vec<(u16, u64)>>;

fn values(schema: &Schema, people: &[Option<&Person>]) -> Result<Values, Box<dyn Error>> {
    let mut lister = Lister::new(schema)?;
    let each = people.iter();
    Ok(each
        .map(|person| person.map_or_else(Vec::new, |own| lister.list(own).keys))
        .collect())
}

/// The match keys as they can be told apart under a schema whose kinds are among those of the one that the values were listed with.
fn views(schema: &Schema, of: &Schema, values: &Values) -> Vec<KeyView> {
    let pools = schema.pools();
    let place = |key: usize| {
        let same = |own: &KeySchema| own.recipe == of.keys[key].recipe;
        let key = schema.keys.iter().position(same)?;
        let pool = pools.iter().position(|pool| pool.keys.contains(&key))?;
        Some((pool, (key - pools[pool].keys.start) as u16))
    };
    let places: Vec<Option<(usize, u16)>> = (0..of.keys.len()).map(place).collect();
    let view = |(number, pool): (usize, &Pool)| KeyView {
        id: pool.name.clone(),
        cap: schema.keys[pool.keys.start].cap,
        slots: schema.keys[pool.keys.clone()]
            .iter()
            .map(|key| key.slots as usize)
            .collect(),
        seen: Vec::new(),
        listed: values
            .iter()
            .map(|own| {
                let own = own.iter().filter_map(|(key, value)| {
                    let (pool, kind) = places[usize::from(*key)]?;
                    (pool == number).then_some((kind, *value))
                });
                own.collect()
            })
            .collect(),
    };
    pools.iter().enumerate().map(view).collect()
}

/// What a custodian has of some people, and what an attacker's list has.
struct Custodian {
    written: Values,
    listed: Values,
}

impl Custodian {
    /// What registers know of these people, each with the slips of the register; the list has the people as they are.
    fn registered(
        schema: &Schema,
        borough: &Borough,
        people: &[(usize, Person)],
        sources: &[Source],
    ) -> Result<Self, Box<dyn Error>> {
        let true_people = borough.people();
        let rows = rows(borough, sources);
        let written: Vec<Option<&Person>> = people.iter().map(|(own, _)| rows.get(own)).collect();
        let listed: Vec<Option<&Person>> = people
            .iter()
            .zip(&written)
            .map(|((own, _), there)| there.map(|_| &true_people[*own]))
            .collect();
        Ok(Self {
            written: values(schema, &written)?,
            listed: values(schema, &listed)?,
        })
    }

    fn keys(&self, schema: &Schema, of: &Schema) -> Partner {
        Partner {
            written: views(schema, of, &self.written),
            listed: views(schema, of, &self.listed),
        }
    }
}

/// Whom registers know, by the number of the person.
fn rows(borough: &Borough, sources: &[Source]) -> BTreeMap<usize, Person> {
    let mut rows: BTreeMap<usize, Person> = BTreeMap::new();
    for source in sources {
        for (number, person) in borough.known_to(*source) {
            rows.entry(number).or_insert(person);
        }
    }
    rows
}

fn keys(options: &Options) -> Result<(), Box<dyn Error>> {
    let first = &options.schemas[0];
    for &seed in &options.seeds {
        let borough = borough(options.people, seed);
        let true_people = borough.people();
        let mut people = true_people.clone();
        people.truncate(options.people);
        let own = values(first, &people.iter().map(Some).collect::<Vec<_>>())?;
        let patients: Vec<(usize, Person)> = rows(&borough, &[Source::Patients])
            .into_iter()
            .filter(|(number, _)| *number < true_people.len())
            .take(options.people)
            .collect();
        let of = |sources: &[Source]| Custodian::registered(first, &borough, &patients, sources);
        let (patients, council) = (of(&[Source::Patients])?, of(&COUNCIL)?);
        let schools = of(&SCHOOLS)?;
        for (number, schema) in options.schemas.iter().enumerate() {
            println!(
                "\nseed {seed}, {} people, schema {}",
                people.len(),
                number + 1
            );
            let own = views(schema, first, &own);
            let mut draws = Draws::new(blake3::hash(&seed.to_le_bytes()).as_bytes(), "partner");
            let mut invented = || Partner::draw(&own, Likeness::USUAL, &mut draws);
            let partners = [invented(), invented()];
            weigh("invented partner", options, Known::exact(&own), &partners);
            if options.parts {
                joint(schema, seed, &people)?;
            }
            let patients = patients.keys(schema, first);
            let others = [council.keys(schema, first), schools.keys(schema, first)];
            weigh("council with slips", options, patients.known(), &others);
        }
    }
    Ok(())
}

fn weigh(words: &str, options: &Options, first: Known<'_>, partners: &[Partner; 2]) {
    let n = first.written.first().map_or(0, |key| key.listed.len());
    let known: Vec<Known<'_>> = partners.iter().map(Partner::known).collect();
    line(words, &attack(first, &known[..1], n, Sight::Pairs));
    if options.parts {
        let second = &partners[0];
        let seen = sharing::Graph::of_matches(first.written, &second.written, n, n);
        let list = sharing::Graph::of_matches(first.listed, &second.listed, n, n);
        let named = sharing::attack(&seen, &list, n).named;
        println!("  {words}, very pattern: {}", share_text(named));
        let agreed = attack(first, &known[..1], n, Sight::Strangers);
        line(&format!("{words}, and strangers"), &agreed);
        let agreed = attack(first, &known, n, Sight::Strangers);
        line(&format!("{words}, and a third file"), &agreed);
    }
}

fn line(words: &str, agreed: &Agreed) {
    println!(
        "  {words}: likeliest {}; of {} paired, surest tenth {:.1} %; {:.2} bits",
        share_text(agreed.named),
        agreed.paired.hits,
        agreed.surest_tenth.share * 100.0,
        agreed.bits
    );
    let told = agreed.information.iter().filter(|(_, bits)| *bits > 0.005);
    let told: Vec<String> = told
        .map(|(name, bits)| format!("{name} {bits:.2}"))
        .collect();
    println!("    {}", told.join("; "));
}

/// Household keys, presence patterns, filters and the keys that agree, all together: with whom the partner has known and not known, and with
/// nothing but the first pool or kind, which says little more than whom the partner has.
fn joint(schema: &Schema, seed: u64, people: &[Person]) -> Result<(), Box<dyn Error>> {
    let (file, key) = file(schema, seed, people)?;
    let mut draws = Draws::new(&key, "partners");
    let mut invented = || Partner::draw(&file.keys, Likeness::USUAL, &mut draws);
    let partners = [invented(), invented()];
    let both = partners.each_ref().map(Partner::known);
    let unknown = Known {
        listed: &file.keys,
        ..both[0]
    };
    let one_kind = Known {
        written: &both[0].written[..1],
        listed: &both[0].listed[..1],
    };
    let all = Known::exact(&file.keys);
    let tries: [(&str, Known<'_>, &[Known<'_>]); 4] = [
        ("a partner", all, &both[..1]),
        ("a partner, not known whom he has", all, &[unknown]),
        (
            "a partner, one kind",
            Known::exact(&file.keys[..1]),
            &[one_kind],
        ),
        ("two partners", all, &both),
    ];
    for (words, first, partners) in tries {
        let weights = Weights::new(first, partners, file.records, Sight::Pairs);
        let scene = Scene::draw(&file, ListQuality::EXACT, &key).weighed(weights);
        let reached = household_attack::attack_keys(&scene, &mut Draws::new(&key, "homes"));
        show(&format!("homes and {words}"), &reached.households);
        show(&format!("homes and {words}, snowball"), &reached.snowball);
    }
    let unknown = attack(all, &[unknown], file.records, Sight::Pairs);
    line("no homes, and not known whom the partner has", &unknown);
    Ok(())
}

/// The file of a borough, and a key for what is drawn.
fn file(schema: &Schema, seed: u64, people: &[Person]) -> Result<(File, [u8; 32]), Box<dyn Error>> {
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    let secrets = ProjectSecrets::new(move |purpose| {
        *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes()
    });
    let reference = |number: usize| {
        let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    Ok((released(schema, people, &secrets, reference)?, key))
}

fn homes(options: &Options) -> Result<(), Box<dyn Error>> {
    for &seed in &options.seeds {
        let mut people = borough(options.people, seed).people();
        people.truncate(options.people);
        let (file, key) = file(&options.schemas[0], seed, &people)?;
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
    println!(
        "  {words}: {}; by size {}; surest tenth {:.1} %",
        named.all.map_or_else(String::new, share_text),
        sizes_text(named),
        named.surest_tenth.map_or(0.0, |share| share.share * 100.0)
    );
}
