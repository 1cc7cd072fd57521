//! Accuracy of encoding and linking on open data sets with truth.
//!
//! `cargo run -p kinfold-benches --bin accuracy [-- DATA_FOLDER]` reads each set (`a.csv.gz`, `b.csv.gz`, …, `truth.csv.gz`; the default
//! folder lies beside the project), encodes every source as one custodian with the `standard` schema, links them, and prints precision,
//! recall and F1 at kinfold's own threshold. It says which sets are absent. Nothing is tuned here.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use flate2::read::GzDecoder;
use kinfold_encoding::{Input, ProjectSecrets, encode};
use kinfold_identity::{
    AddressSpell, DateOrder, DateRules, NO_MONTH, Person, SexCodes, read_address, read_date,
    read_family_names, read_given_names, read_place, read_sex,
};
use kinfold_linkage::measures::{Labelled, pairwise};
use kinfold_linkage::{Options, RecordSet, link};
use kinfold_schema::Schema;

/// Which columns of a set say what.
struct Layout {
    name: &'static str,
    first: &'static str,
    middle: &'static str,
    last: &'static str,
    birth: &'static [&'static str],
    order: DateOrder,
    sex: &'static str,
    lines: &'static [&'static str],
    postcode: &'static str,
    birth_place: &'static str,
}

const NONE: Layout = Layout {
    name: "",
    first: "",
    middle: "",
    last: "",
    birth: &[],
    order: DateOrder::DayFirst,
    sex: "",
    lines: &[],
    postcode: "",
    birth_place: "",
};

fn layouts() -> Vec<Layout> {
    vec![
        Layout {
            name: "hist3",
            first: "first_name",
            last: "surname",
            birth: &["dob"],
            sex: "gender",
            postcode: "postcode_fake",
            birth_place: "birth_place",
            ..NONE
        },
        Layout {
            name: "febrl4",
            first: "given_name",
            last: "surname",
            birth: &["date_of_birth"],
            lines: &["street_number", "address_1", "suburb"],
            ..NONE
        },
        Layout {
            name: "pp_census_easy",
            first: "first_name",
            middle: "middle_initial",
            last: "last_name",
            birth: &["date_of_birth"],
            order: DateOrder::MonthFirst,
            sex: "sex",
            lines: &["unit_number", "street_number", "street_name", "city"],
            ..NONE
        },
        Layout {
            name: "ons_essnet_half",
            first: "pername1",
            last: "pername2",
            birth: &["dob_day", "dob_mon", "dob_year"],
            sex: "sex",
            lines: &["enumcap"],
            postcode: "enumpc",
            ..NONE
        },
        Layout {
            name: "anonlink_mp5",
            first: "givenname",
            last: "surname",
            birth: &["dob"],
            sex: "gender",
            birth_place: "city",
            ..NONE
        },
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "../shared/data".to_owned());
    println!("| set | records | precision | recall | F1 | expected precision | seconds |");
    println!("|---|---|---|---|---|---|---|");
    for layout in layouts() {
        let set = Path::new(&folder).join(layout.name);
        if set.join("truth.csv.gz").exists() {
            measure(&set, &layout)?;
        } else {
            println!("| {} | absent: {} | | | | | |", layout.name, set.display());
        }
    }
    Ok(())
}

fn measure(set: &Path, layout: &Layout) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let schema = Schema::standard();
    let mut entities: BTreeMap<String, u32> = BTreeMap::new();
    let mut truth: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in rows(&set.join("truth.csv.gz"))? {
        let next = entities.len() as u32;
        let entity = *entities.entry(row["entity_id"].clone()).or_insert(next);
        truth.insert((row["source"].clone(), row["rec_id"].clone()), entity);
    }
    let mut sets = Vec::new();
    let mut names: BTreeMap<[u8; 16], (String, String)> = BTreeMap::new();
    for source in ["a", "b", "c", "d", "e"] {
        let path = set.join(format!("{source}.csv.gz"));
        if !path.exists() {
            continue;
        }
        let rows = rows(&path)?;
        let people: Vec<Person> = rows.iter().map(|row| person(row, layout)).collect();
        let inputs: Vec<Input<'_>> = rows
            .iter()
            .zip(&people)
            .map(|(row, person)| {
                let hash = blake3::hash(format!("{source}/{}", row["rec_id"]).as_bytes());
                let mut record_ref = [0; 16];
                record_ref.copy_from_slice(&hash.as_bytes()[..16]);
                names.insert(record_ref, (source.to_owned(), row["rec_id"].clone()));
                Input::new(record_ref, person)
            })
            .collect();
        let secrets = ProjectSecrets::new(|purpose| {
            *blake3::keyed_hash(&[42; 32], purpose.as_bytes()).as_bytes()
        });
        let encoded = encode(
            &schema,
            &secrets,
            &inputs,
            &kinfold_encoding::Options::default(),
        )?;
        sets.push(RecordSet {
            source: source.to_owned(),
            table: encoded.table,
        });
    }
    let linked = link(&schema, &sets, &Options::default(), &());
    let known = truth.clone();
    let mut labelled: Vec<Labelled> = Vec::new();
    for (cluster, person) in linked.people.iter().enumerate() {
        for id in &person.members {
            let reference = sets[id.set as usize].table.record_ref[id.row as usize];
            let entity = truth
                .remove(&names[&reference])
                .ok_or("a record without truth")?;
            labelled.push(Labelled {
                cluster: cluster as u32,
                entity,
            });
        }
    }
    // Records that could not be encoded count as people of their own.
    let clusters = linked.people.len() as u32;
    labelled.extend(truth.values().enumerate().map(|(index, &entity)| Labelled {
        cluster: clusters + index as u32,
        entity,
    }));
    if std::env::var_os("ACCURACY_DETAIL").is_some() {
        println!("{:?}", linked.model);
        let mut by_kind: BTreeMap<(String, i32), (usize, usize)> = BTreeMap::new();
        for pair in &linked.pairs {
            let of = |id: kinfold_linkage::RecordId| {
                known[&names[&sets[id.set as usize].table.record_ref[id.row as usize]]]
            };
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
    let rates = pairwise(&labelled);
    println!(
        "| {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.1} |",
        layout.name,
        labelled.len(),
        rates.precision,
        rates.recall,
        rates.f1,
        linked.model.expected_precision,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn person(row: &BTreeMap<String, String>, layout: &Layout) -> Person {
    let cell = |name: &str| row.get(name).map_or("", String::as_str);
    let mut person = Person::default();
    if let Ok(names) = read_given_names(&format!("{} {}", cell(layout.first), cell(layout.middle)))
    {
        person.add_given_names(names);
    }
    person.family_names = read_family_names(cell(layout.last)).unwrap_or_default();
    let written: Vec<&str> = layout.birth.iter().map(|name| cell(name)).collect();
    let rules = DateRules {
        order: layout.order,
        // One set is of the seventeenth to nineteenth centuries.
        year_min: 1600,
        ..DateRules::default()
    };
    person.births = read_date(&written.join("/"), &rules).into_iter().collect();
    person.sex = read_sex(cell(layout.sex), SexCodes::Standard);
    let lines: Vec<&str> = layout.lines.iter().map(|name| cell(name)).collect();
    person.addresses = read_address(&lines, cell(layout.postcode))
        .into_iter()
        .map(|address| AddressSpell {
            address: Some(address),
            uprn: None,
            town: None,
            from: NO_MONTH,
            to: NO_MONTH,
        })
        .collect();
    person.birth_place = read_place(cell(layout.birth_place)).ok();
    person
}

/// The rows of a compressed CSV file, by column.
fn rows(path: &Path) -> Result<Vec<BTreeMap<String, String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path)?));
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}
