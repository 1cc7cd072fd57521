//! Rules of release that could hold the attacks by homes off, what they leave of them, and what they cost in linkage.
//!
//! ```text
//! cargo run --release -p kinfold-benches --bin home_rules -- tell  [--rule RULE]... [--people N] [--seed N]... [--part homes|all]
//! cargo run --release -p kinfold-benches --bin home_rules -- links [--rule RULE]... [--households N] [--seed N]...
//! cargo run --release -p kinfold-benches --bin home_rules -- sets  [--rule RULE]... [--set NAME]... [DATA_FOLDER]
//! ```
//!
//! A rule is `standard`, or what is otherwise than in it, separated by commas:
//!
//! | part | what |
//! |---|---|
//! | `t=9` | diffusion of the filter |
//! | `last=0.5` | weight of the family name in the filter, for 1 |
//! | `k=44` | `unit_positions` of the filter |
//! | `group=3`, `crowd=3` | `group_max` and `crowd_max` of the household keys |
//! | `filter=2` | of a home in which household keys show more people than that nobody's filter is released: it is random bits |
//! | `filters=2` | of a home so many filters are released, whose is drawn by lot |
//! | `keys=12` | of the mixed match keys of a record so many are released at most: the first in a keyed order that all custodians share |
//! | `keys=links` | what the links alone say: no number of keys, only which records agree at all |
//!
//! `tell` runs the attacks of the release check on a borough: by household keys, by household keys with the keys that agree with an invented
//! partner's, and by these alone. Where only some keys are released it says what somebody names who knows which, and what somebody who does not
//! and takes them to be lost by slips; the truth is between. `links` links four agencies of a borough, `sets` the open sets. There the counts of
//! chance agreements within a file stay those of all keys.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use kinfold_benches::agencies::{Agencies, month};
use kinfold_benches::joined::{Joined, encoded};
use kinfold_benches::named::{share_text, sizes_text};
use kinfold_benches::open::{OpenSet, layouts};
use kinfold_benches::released::released;
use kinfold_benches::tables;
use kinfold_encoding::{Input, ProjectSecrets};
use kinfold_identity::{NO_MONTH, Person};
use kinfold_linkage::measures::pairwise;
use kinfold_release::agreement::{Known, Sight, Weights, attack};
use kinfold_release::{
    Draws, File, KeyView, Likeness, ListQuality, Named, Partner, Scene, household_attack,
};
use kinfold_schema::{CodeTable, Fact, HOUSEHOLD_NONE, Schema};
use kinfold_synth::{Borough, Profile, generate};

/// Seeds of the boroughs when none are given.
const SEEDS: [u64; 1] = [818_021];

/// Which match keys are released.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    All,
    /// The first so many of a record.
    First(usize),
    /// None, but that records are of one person.
    Links,
}

/// Whose filters are released.
#[derive(Clone, Copy, PartialEq)]
enum Filters {
    All,
    /// Of people in homes of no more than so many.
    Homes(usize),
    /// Of so many people of each home.
    Drawn(usize),
}

struct Rule {
    words: String,
    schema: Schema,
    /// The schema as the linkage unit takes it, which is told by the fact of a sex whether a record has a filter where some are withheld.
    linking: Schema,
    keys: Keys,
    filters: Filters,
}

impl Rule {
    fn read(words: &str) -> Result<Self, Box<dyn Error>> {
        // Rules are laid over `standard` without its own: everybody has a filter.
        let text = include_str!("../../../crates/schema/schemas/standard.toml");
        let mut text = text.replace("\nfilter_max = 2\n", "\n");
        let (mut keys, mut filters) = (Keys::All, Filters::All);
        let mut change = |from: &str, to: String| -> Result<(), Box<dyn Error>> {
            if !text.contains(from) {
                return Err(format!("`standard` has no {from}").into());
            }
            text = text.replacen(from, &to, 1);
            Ok(())
        };
        for part in words.split(',').filter(|part| *part != "standard") {
            let (name, value) = part.split_once('=').ok_or("a rule is NAME=VALUE")?;
            match name {
                "t" => change("diffusion = 8", format!("diffusion = {value}"))?,
                "k" => change("unit_positions = 41", format!("unit_positions = {value}"))?,
                "group" => change("group_max = 5", format!("group_max = {value}"))?,
                "crowd" => change("crowd_max = 8", format!("crowd_max = {value}"))?,
                "last" => {
                    let weight: f64 = value.parse()?;
                    for (form, of) in [("bigrams", 1.0), ("whole", 0.7)] {
                        let token = |weight: f64| {
                            format!(
                                "{{ field = \"last-name\", form = \"{form}\", weight = {weight:?} }}"
                            )
                        };
                        change(&token(of), token(of * weight))?;
                    }
                }
                "filter" => filters = Filters::Homes(value.parse()?),
                "filters" => filters = Filters::Drawn(value.parse()?),
                "keys" if value == "links" => keys = Keys::Links,
                "keys" => keys = Keys::First(value.parse()?),
                _ => return Err(format!("{name} is no part of a rule").into()),
            }
        }
        let required = "requires = [\"first\", \"last\", \"birth\"]";
        let told = match filters {
            Filters::All => text.clone(),
            _ => text.replacen(required, &required.replace(']', ", \"sex\"]"), 1),
        };
        Ok(Self {
            words: words.to_owned(),
            schema: Schema::parse_for_bench(&text)?,
            linking: Schema::parse_for_bench(&told)?,
            keys,
            filters,
        })
    }

    /// The rows whose filters are not released, given the rows of each home.
    fn without_filter<'a>(&self, homes: impl Iterator<Item = &'a Vec<usize>>) -> Vec<usize> {
        let mut rows: Vec<usize> = Vec::new();
        for home in homes {
            match self.filters {
                Filters::All => {}
                Filters::Homes(most) if home.len() <= most => {}
                Filters::Homes(_) => rows.extend(home),
                Filters::Drawn(number) => {
                    // One home has two keys: the draw goes by the record alone.
                    let mut order = home.clone();
                    order.sort_by_key(|row| hash(*row as u64, "filters"));
                    rows.extend(order.iter().skip(number));
                }
            }
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// A file with what the rule takes from it. Whoever holds the list knows whose filters are missing.
    fn applied(&self, mut file: File) -> File {
        let mut homes: BTreeMap<[u8; 16], Vec<usize>> = BTreeMap::new();
        for (row, stays) in file.stays_seen.iter().enumerate() {
            for stay in stays {
                homes.entry(stay.home).or_default().push(row);
            }
        }
        let rows = self.without_filter(homes.values());
        for view in &mut file.views {
            let width = view.bits / 64;
            // Somebody without a filter is still a person to be named: one token that nobody else has, of half of the bits.
            let half = (0.64 * view.inner_bits as f64) as u16;
            for (number, &row) in rows.iter().enumerate() {
                for (word, place) in view.codes[row * width..][..width].iter_mut().zip(0..) {
                    *word = hash(row as u64 * 1_000 + place, "random bits");
                }
                view.tokens[row] = Some(vec![((view.vocabulary + number) as u32, half)]);
            }
            view.vocabulary += rows.len();
        }
        if self.keys == Keys::Links {
            // A value that nobody else has and no slip changes.
            let records = file.records as u64;
            file.keys = vec![KeyView {
                id: "links".to_owned(),
                cap: 1,
                slots: vec![1],
                seen: Vec::new(),
                listed: (0..records).map(|row| vec![(0, row)]).collect(),
            }];
        }
        file
    }

    /// The match keys of a file that it releases.
    fn kept(&self, views: &[KeyView]) -> Vec<KeyView> {
        let Keys::First(most) = self.keys else {
            return views.to_vec();
        };
        views.iter().map(|view| first(view, most)).collect()
    }

    /// The codes of some people.
    fn codes(&self, inputs: &[Input<'_>], month: u16) -> Result<CodeTable, Box<dyn Error>> {
        let schema = &self.schema;
        let mut table = encoded(schema, inputs, month, "")?;
        let slots = schema.household_slots();
        let mut homes: BTreeMap<[u8; 16], Vec<usize>> = BTreeMap::new();
        for (place, key) in table.household.iter().enumerate() {
            if key.kind != HOUSEHOLD_NONE {
                homes.entry(key.token).or_default().push(place / slots);
            }
        }
        let told = schema.presence.bit(Fact::Sex).unwrap_or(0);
        for row in self.without_filter(homes.values()) {
            table.presence[row] &= !told;
            for filter in &mut table.filters {
                let width = filter.bits as usize / 64;
                let seed = u64::from_le_bytes(
                    *table.record_ref[row].first_chunk().expect("sixteen bytes"),
                );
                for (word, place) in filter.words[row * width..][..width].iter_mut().zip(0..) {
                    *word = hash(seed.wrapping_add(place), "random bits");
                }
            }
        }
        if let Keys::First(most) = self.keys {
            // Random tokens are others in the second table, so what is in both is real.
            let again = encoded(schema, inputs, month, "again")?;
            let width = schema.key_slots();
            for row in 0..table.len() {
                for pool in schema.pools() {
                    if pool.slots.len() < 4 {
                        continue;
                    }
                    let start = row * width;
                    let range = start + pool.slots.start..start + pool.slots.end;
                    let real = &again.keys[range.clone()];
                    let own = &mut table.keys[range];
                    let head =
                        |token: &[u8; 16]| u64::from_le_bytes(*token.first_chunk().expect("16"));
                    let mut order: Vec<(u64, usize)> = (0..own.len())
                        .filter(|place| real.contains(&own[*place]))
                        .map(|place| (hash(head(&own[place]), "order"), place))
                        .collect();
                    order.sort_unstable();
                    for (number, (_, place)) in (0u64..).zip(order.into_iter().skip(most)) {
                        let word = hash(row as u64 * 1_000 + number, "gap");
                        own[place][..8].copy_from_slice(&word.to_le_bytes());
                        let seed = u64::from_le_bytes(
                            *table.record_ref[row].first_chunk().expect("sixteen bytes"),
                        );
                        own[place][8..].copy_from_slice(&hash(seed ^ number, "gap").to_le_bytes());
                    }
                    own.sort_unstable();
                }
            }
        }
        Ok(table)
    }
}

/// Of a pool of several kinds the first so many released values of each person, in an order that is the same in all files.
fn first(view: &KeyView, most: usize) -> KeyView {
    if view.slots.len() < 4 {
        return view.clone();
    }
    let mut number: BTreeMap<u64, u32> = BTreeMap::new();
    for (_, value) in view.listed.iter().flatten() {
        *number.entry(*value).or_default() += 1;
    }
    let of = |own: &Vec<(u16, u64)>| {
        let mut left = view.slots.clone();
        let mut released: Vec<(u16, u64)> = Vec::new();
        for &(kind, value) in own {
            let left = &mut left[usize::from(kind)];
            if *left > 0 && number[&value] <= view.cap {
                *left -= 1;
                released.push((kind, value));
            }
        }
        released.sort_by_key(|(_, value)| hash(*value, "order"));
        released.truncate(most);
        released.sort_unstable();
        released
    };
    KeyView {
        listed: view.listed.iter().map(of).collect(),
        id: view.id.clone(),
        seen: Vec::new(),
        slots: view.slots.clone(),
        ..*view
    }
}

fn hash(value: u64, purpose: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(purpose.as_bytes())
        .update(&value.to_le_bytes());
    u64::from_le_bytes(
        *hasher
            .finalize()
            .as_bytes()
            .first_chunk()
            .expect("32 bytes"),
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("tell, links or sets?")?;
    let (mut rules, mut size, mut seeds) = (Vec::new(), None, Vec::new());
    let (mut sets, mut folder) = (Vec::new(), tables::folder());
    let mut joint = true;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("the option needs a value");
        match argument.as_str() {
            "--rule" => rules.push(Rule::read(&value()?)?),
            "--people" | "--households" => size = Some(value()?.parse()?),
            "--seed" => seeds.push(value()?.parse()?),
            "--set" => sets.push(value()?),
            "--part" => joint = value()? != "homes",
            _ => folder = argument.into(),
        }
    }
    if rules.is_empty() {
        rules.push(Rule::read("standard")?);
    }
    if seeds.is_empty() {
        seeds.extend(SEEDS);
    }
    match what.as_str() {
        "sets" => open_sets(&rules, &sets, &folder),
        "tell" => seeds
            .iter()
            .try_for_each(|seed| tell(&rules, size.unwrap_or(20_000), *seed, joint)),
        "links" => seeds
            .iter()
            .try_for_each(|seed| links(&rules, size.unwrap_or(1_500), *seed)),
        _ => Err("tell, links or sets?".into()),
    }
}

fn borough(households: usize, seed: u64) -> Borough {
    generate(&kinfold_synth::Options {
        households,
        seed,
        profile: Profile::Uk,
    })
}

fn tell(rules: &[Rule], count: usize, seed: u64, joint: bool) -> Result<(), Box<dyn Error>> {
    let mut people: Vec<Person> = borough(count / 2, seed).people();
    people.truncate(count);
    let key = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    let reference = |number: usize| {
        let hash = blake3::keyed_hash(&key, &(number as u64).to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    for rule in rules {
        let secrets = ProjectSecrets::new(move |purpose| {
            *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes()
        });
        let file = rule.applied(released(&rule.schema, &people, &secrets, reference)?);
        println!("\nseed {seed}, {} people, {}", file.records, rule.words);
        let scene = Scene::draw(&file, ListQuality::EXACT, &key);
        let reached = household_attack::attack_keys(&scene, &mut Draws::new(&key, "homes"));
        show("household keys", &reached.households);
        show("household keys, snowball", &reached.snowball);
        if !joint {
            continue;
        }
        let mut draws = Draws::new(&key, "partners");
        let slips = if rule.keys == Keys::Links { 0.0 } else { 0.2 };
        let likeness = Likeness {
            slips,
            ..Likeness::USUAL
        };
        let partner = Partner::draw(&file.keys, likeness, &mut draws);
        let (own, theirs) = (rule.kept(&file.keys), rule.kept(&partner.written));
        let listed = (rule.kept(&file.keys), rule.kept(&partner.listed));
        let mut sights = vec![("partner", &listed.0, &listed.1)];
        if matches!(rule.keys, Keys::First(_)) {
            sights.push(("partner, not known which keys", &file.keys, &partner.listed));
        }
        for (words, own_list, their_list) in sights {
            let first = Known {
                written: &own,
                listed: own_list,
            };
            let second = Known {
                written: &theirs,
                listed: their_list,
            };
            let alone = attack(first, &[second], file.records, Sight::Pairs);
            println!(
                "  {words}, alone: {}; {} paired, {:.2} bits",
                share_text(alone.named),
                alone.paired.hits,
                alone.bits
            );
            let weights = Weights::new(first, &[second], file.records, Sight::Pairs);
            let scene = Scene::draw(&file, ListQuality::EXACT, &key).weighed(weights);
            let reached = household_attack::attack_keys(&scene, &mut Draws::new(&key, "homes"));
            show(&format!("homes and {words}"), &reached.households);
        }
    }
    Ok(())
}

fn show(words: &str, named: &Named) {
    println!(
        "  {words}: {}; by size {}",
        named.all.map_or_else(String::new, share_text),
        sizes_text(named)
    );
}

fn links(rules: &[Rule], households: usize, seed: u64) -> Result<(), Box<dyn Error>> {
    let agencies = Agencies::of(&borough(households, seed))?;
    println!("\nseed {seed}, {households} households");
    for rule in rules {
        let release = |inputs: &[Input<'_>]| rule.codes(inputs, month());
        let joined = Joined::released(&rule.linking, &agencies.set, &release)?;
        let (found, people) = agencies.found(&rule.schema, &joined);
        print!("  {}: people F1 {people:.4};", rule.words);
        for own in found {
            print!(
                " {} pairs {:.4}/{:.4} F1 {:.4}, whole F1 {:.4};",
                own.moment, own.pairs.precision, own.pairs.recall, own.pairs.f1, own.whole.f1
            );
        }
        println!();
    }
    Ok(())
}

fn open_sets(rules: &[Rule], only: &[String], folder: &Path) -> Result<(), Box<dyn Error>> {
    for layout in layouts() {
        if !only.is_empty() && only.iter().all(|name| name != layout.name) {
            continue;
        }
        let Some(set) = OpenSet::read(folder, &layout, "abcde")? else {
            continue;
        };
        for rule in rules {
            let release = |inputs: &[Input<'_>]| rule.codes(inputs, NO_MONTH);
            let joined = Joined::released(&rule.linking, &set, &release)?;
            let rates = pairwise(&joined.labelled());
            println!(
                "{} {}: precision {:.4} recall {:.4} F1 {:.4}",
                layout.name, rule.words, rates.precision, rates.recall, rates.f1
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_what_is_otherwise_than_in_standard() {
        let rule = Rule::read("t=9,last=0.5,group=3,filter=2,keys=12").unwrap();
        assert_eq!(rule.schema.filters[0].diffusion, 9);
        assert_eq!(rule.schema.household.as_ref().unwrap().group_max, 3);
        assert!(rule.filters == Filters::Homes(2) && rule.keys == Keys::First(12));
        let standard = Rule::read("standard").unwrap();
        assert_eq!(
            standard.schema.filters[0].diffusion,
            Schema::standard().filters[0].diffusion
        );
        assert!(Rule::read("cap=2").is_err() && Rule::read("t").is_err());
    }

    #[test]
    fn who_has_no_filter() {
        let homes = [vec![0], vec![1, 2], vec![3, 4, 5], vec![5, 3, 4]];
        let rows = |rule: &str| Rule::read(rule).unwrap().without_filter(homes.iter());
        assert!(rows("standard").is_empty());
        assert_eq!(rows("filter=2"), [3, 4, 5]);
        // One of each home is left, of a home with two keys the same one.
        assert_eq!(rows("filters=1").len(), 3);
        assert_eq!(rows("filters=2").len(), 1);
    }

    #[test]
    fn the_first_keys_are_the_same_in_all_files() {
        let view = |listed: Vec<Vec<(u16, u64)>>| KeyView {
            id: "all".to_owned(),
            cap: 1,
            slots: vec![1; 6],
            seen: Vec::new(),
            listed,
        };
        let own: Vec<(u16, u64)> = (0..6).map(|kind| (kind, 100 + u64::from(kind))).collect();
        let alone = first(&view(vec![own.clone()]), 3).listed[0].clone();
        assert_eq!(alone.len(), 3);
        // What somebody else has too is not released, and the next takes its place.
        let shared = first(&view(vec![own, vec![alone[0]]]), 3).listed;
        assert_eq!((shared[0].len(), shared[1].len()), (3, 0));
        assert!(shared[0].contains(&alone[1]) && shared[0].contains(&alone[2]));
    }
}
