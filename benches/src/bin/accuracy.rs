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
    AddressSpell, DateOrder, DateRules, Email, NO_MONTH, Person, SexCodes, read_address_abroad,
    read_date, read_family_names, read_given_names, read_place, read_rest_of_date, read_sex,
    read_telephones, read_town,
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
    town: &'static str,
    telephone: &'static str,
    email: &'static str,
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
    town: "",
    telephone: "",
    email: "",
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
            lines: &["street_number", "address_1", "address_2"],
            town: "suburb",
            postcode: "postcode",
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
            lines: &["unit_number", "street_number", "street_name"],
            town: "city",
            postcode: "zipcode",
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
            town: "city",
            telephone: "phone number",
            ..NONE
        },
        Layout {
            name: "anonlink_ncvr3_ocp0",
            first: "firstname",
            last: "lastname",
            postcode: "postcode",
            town: "suburb",
            ..NONE
        },
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder = "../shared/data".to_owned();
    let mut schema = Schema::standard();
    let mut only: Option<String> = None;
    let mut sources = "abcde".to_owned();
    let mut detail = false;
    let mut dump: Option<String> = None;
    let mut keep = 100u32;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("the option needs a value");
        match argument.as_str() {
            "--schema" => schema = Schema::parse_for_bench(&std::fs::read_to_string(value()?)?)?,
            "--set" => only = Some(value()?),
            "--sources" => sources = value()?,
            "--detail" => detail = true,
            "--dump" => dump = Some(value()?),
            "--keep" => keep = value()?.parse()?,
            _ => folder = argument,
        }
    }
    println!(
        "| set | records | true pairs | candidates | reach | precision | recall | F1 | best F1 | expected precision | seconds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for layout in layouts() {
        let set = Path::new(&folder).join(layout.name);
        if only.as_deref().is_some_and(|name| name != layout.name) {
            continue;
        }
        if set.join("truth.csv.gz").exists() {
            let asked = Asked {
                schema: &schema,
                sources: &sources,
                keep,
                detail,
                dump: dump.as_deref(),
            };
            measure(&set, &layout, &asked)?;
        } else {
            println!(
                "| {} | absent: {} | | | | | | | | | |",
                layout.name,
                set.display()
            );
        }
    }
    Ok(())
}

/// What to measure, and what to tell.
struct Asked<'a> {
    schema: &'a Schema,
    sources: &'a str,
    /// Of each source so many in a hundred people, drawn by name: the same set with another overlap.
    keep: u32,
    detail: bool,
    /// Folder for what the model saw of each candidate.
    dump: Option<&'a str>,
}

impl Asked<'_> {
    /// Whether a person of a source is measured.
    fn has(&self, source: &str, entity: &str) -> bool {
        let hash = blake3::hash(format!("keep {source} {entity}").as_bytes());
        let word = u32::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"));
        self.sources.contains(source) && word % 100 < self.keep
    }
}

fn measure(set: &Path, layout: &Layout, asked: &Asked<'_>) -> Result<(), Box<dyn Error>> {
    let (schema, detail) = (asked.schema, asked.detail);
    let start = Instant::now();
    let mut entities: BTreeMap<String, u32> = BTreeMap::new();
    let mut truth: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in rows(&set.join("truth.csv.gz"))? {
        let person = row.get("household_id").filter(|id| !id.is_empty());
        if !asked.has(&row["source"], person.unwrap_or(&row["entity_id"])) {
            continue;
        }
        let next = entities.len() as u32;
        let entity = *entities.entry(row["entity_id"].clone()).or_insert(next);
        truth.insert((row["source"].clone(), row["rec_id"].clone()), entity);
    }
    let mut sets = Vec::new();
    let mut names: BTreeMap<[u8; 16], (String, String)> = BTreeMap::new();
    for source in ["a", "b", "c", "d", "e"] {
        let path = set.join(format!("{source}.csv.gz"));
        if !path.exists() || !asked.sources.contains(source) {
            continue;
        }
        let mut rows = rows(&path)?;
        rows.retain(|row| truth.contains_key(&(source.to_owned(), row["rec_id"].clone())));
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
        let options = kinfold_encoding::Options {
            bench: true,
            ..Default::default()
        };
        let encoded = encode(schema, &secrets, &inputs, &options)?;
        sets.push(RecordSet {
            source: source.to_owned(),
            table: encoded.table,
        });
    }
    let linked = link(schema, &sets, &Options::default(), &());
    let known = truth.clone();
    let of = |id: kinfold_linkage::RecordId| {
        known[&names[&sets[id.set as usize].table.record_ref[id.row as usize]]]
    };
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
    let left_out = truth.len();
    labelled.extend(truth.values().enumerate().map(|(index, &entity)| Labelled {
        cluster: clusters + index as u32,
        entity,
    }));
    let rates = pairwise(&labelled);
    let reached = linked
        .pairs
        .iter()
        .filter(|pair| of(pair.left) == of(pair.right))
        .count();
    if detail {
        println!("{:?}", linked.model);
        println!("left out: {left_out}");
        let mut by_kind: BTreeMap<(String, i32), (usize, usize)> = BTreeMap::new();
        for pair in &linked.pairs {
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
    if let Some(folder) = asked.dump {
        let text = dump(&linked, &sets, &names, &known);
        std::fs::write(Path::new(folder).join(layout.name), text)?;
    }
    println!(
        "| {} | {} | {} | {} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {:.1} |",
        layout.name,
        labelled.len(),
        rates.actual,
        linked.pairs.len(),
        reached as f64 / rates.actual as f64,
        rates.precision,
        rates.recall,
        rates.f1,
        best_f1(
            &linked.pairs,
            |pair| of(pair.left) == of(pair.right),
            rates.actual
        ),
        linked.model.expected_precision,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// What the model saw of each candidate and made of it, a line each; then the counts within the files.
fn dump(
    linked: &kinfold_linkage::Linked,
    sets: &[RecordSet],
    names: &BTreeMap<[u8; 16], (String, String)>,
    truth: &BTreeMap<(String, String), u32>,
) -> String {
    let digits = |levels: [u8; 8]| -> String {
        levels
            .iter()
            .map(|level| char::from(b'0' + level))
            .collect()
    };
    let mut text = String::new();
    let mut seen = std::collections::BTreeSet::new();
    for (index, pair) in linked.pairs.iter().enumerate() {
        let name = |id: kinfold_linkage::RecordId| {
            &names[&sets[id.set as usize].table.record_ref[id.row as usize]]
        };
        let (left, right) = (name(pair.left), name(pair.right));
        seen.insert((left, right));
        let steps = linked.waterfalls.steps(index).iter();
        let steps: Vec<String> = steps.map(|step| format!("{:.2}", step.bits)).collect();
        text.push_str(&format!(
            "pair {}/{} {}/{} {:x} {} {} {} {} {:.4} {} {} {}\n",
            left.0,
            left.1,
            right.0,
            right.1,
            pair.keys,
            digits(pair.agreement.levels),
            pair.comparable.class(),
            pair.sigmas
                .map_or("-".to_owned(), |sigmas| format!("{sigmas:.2}")),
            u8::from(pair.same_home),
            pair.probability,
            format!("{:?}", pair.verdict).replace(' ', ""),
            steps.join(","),
            u8::from(truth[left] == truth[right]),
        ));
    }
    let mut of: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
    for (number, set) in sets.iter().enumerate() {
        for (row, reference) in set.table.record_ref.iter().enumerate() {
            of.entry(truth[&names[reference]])
                .or_default()
                .push((number, row));
        }
    }
    for records in of.values() {
        for (at, one) in records.iter().enumerate() {
            for two in records[at + 1..].iter().filter(|two| two.0 != one.0) {
                let name = |of: &(usize, usize)| &names[&sets[of.0].table.record_ref[of.1]];
                if !seen.contains(&(name(one), name(two))) {
                    let filter = |of: &(usize, usize)| sets[of.0].table.filters[0].row(of.1);
                    let distance: u32 = filter(one)
                        .iter()
                        .zip(filter(two))
                        .map(|(a, b)| (a ^ b).count_ones())
                        .sum();
                    let (one, two) = (name(one), name(two));
                    text.push_str(&format!(
                        "missed {}/{} {}/{} {distance}\n",
                        one.0, one.1, two.0, two.1
                    ));
                }
            }
        }
    }
    for set in sets {
        text.push_str(&format!("set {} {}\n", set.source, set.table.len()));
        for (agreement, comparable, alike) in set.table.within.iter() {
            text.push_str(&format!(
                "within {} {} {} {} {}\n",
                set.source,
                digits(agreement.levels),
                comparable.class(),
                alike.thousandths,
                alike.alone
            ));
        }
    }
    text
}

/// The best F1 that any threshold on the weight reaches when each record has at most one partner in another set, the surest first: what
/// the weights are worth, whatever threshold was chosen.
fn best_f1(
    pairs: &[kinfold_linkage::Pair],
    is_true: impl Fn(&kinfold_linkage::Pair) -> bool,
    actual: u64,
) -> f64 {
    let mut order: Vec<&kinfold_linkage::Pair> = pairs.iter().collect();
    order.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then(b.weight.total_cmp(&a.weight))
            .then((a.left, a.right).cmp(&(b.left, b.right)))
    });
    let mut taken = std::collections::BTreeSet::new();
    let (mut right, mut all, mut best) = (0u64, 0u64, 0.0f64);
    for pair in order {
        if taken.contains(&(pair.left, pair.right.set))
            || taken.contains(&(pair.right, pair.left.set))
        {
            continue;
        }
        taken.insert((pair.left, pair.right.set));
        taken.insert((pair.right, pair.left.set));
        all += 1;
        right += u64::from(is_true(pair));
        best = best.max(2.0 * right as f64 / (all + actual) as f64);
    }
    best
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
    let written = written.join("/");
    // A date of digits alone, as some sets have it.
    let written = match written.as_bytes() {
        digits if digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) => {
            format!("{}-{}-{}", &written[..4], &written[4..6], &written[6..])
        }
        _ => written,
    };
    let rules = DateRules {
        order: layout.order,
        // One set is of the seventeenth to nineteenth centuries.
        year_min: 1600,
        ..DateRules::default()
    };
    person.births = read_date(&written, &rules)
        .ok()
        .or_else(|| read_rest_of_date(&written, &rules))
        .into_iter()
        .collect();
    person.sex = read_sex(cell(layout.sex), SexCodes::Standard);
    let lines: Vec<&str> = layout.lines.iter().map(|name| cell(name)).collect();
    let address = read_address_abroad(&lines, cell(layout.postcode)).ok();
    let town = read_town(cell(layout.town)).ok();
    if address.is_some() || town.is_some() {
        person.addresses.push(AddressSpell {
            address,
            town,
            uprn: None,
            from: NO_MONTH,
            to: NO_MONTH,
        });
    }
    person.telephones = read_telephones(cell(layout.telephone)).unwrap_or_default();
    person.emails = Email::parse(cell(layout.email)).into_iter().collect();
    person.birth_place = read_place(cell(layout.birth_place)).ok();
    person
}

/// The rows of a compressed CSV file, by column.
fn rows(path: &Path) -> Result<Vec<BTreeMap<String, String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path)?));
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}
