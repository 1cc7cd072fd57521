//! Open test sets with truth, for ladders of keys: the first two sources of each.
//!
//! What is read differs from the accuracy bench on purpose. A ladder's key of a home is of one address, so a town is a line of it here, or the place of
//! birth where a set has no home at all, and postcodes of other countries are left out; the tables of [`crate::report`] rest on that reading.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use kinfold_benches::tables::{find, rows};
use kinfold_identity::{
    AddressSpell, DateOrder, DateRules, NO_MONTH, Person, SexCodes, read_address, read_date,
    read_family_names, read_given_names, read_place, read_sex,
};

use crate::pair::Pair;

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

const LAYOUTS: [Layout; 6] = [
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
    // The suburb is all there is of a home.
    Layout {
        name: "anonlink_ncvr3_ocp0",
        first: "firstname",
        last: "lastname",
        lines: &["suburb"],
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
];

/// Reads every set that is there; says on standard error which are not.
pub fn read(folder: &Path) -> Result<Vec<Pair>, Box<dyn Error>> {
    let mut pairs = Vec::new();
    for layout in &LAYOUTS {
        let set = folder.join(layout.name);
        let Some(truth_path) = find(&set, "truth") else {
            eprintln!(
                "{} is absent: there is no truth in {}",
                layout.name,
                set.display()
            );
            continue;
        };
        let mut entities: BTreeMap<String, u64> = BTreeMap::new();
        let mut truth: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in rows(&truth_path)? {
            let next = entities.len() as u64;
            let entity = *entities.entry(row["entity_id"].clone()).or_insert(next);
            truth.insert((row["source"].clone(), row["rec_id"].clone()), entity);
        }
        let source = |name: &str| -> Result<Vec<(u64, Person)>, Box<dyn Error>> {
            let path = find(&set, name)
                .ok_or_else(|| format!("{} has no source {name}", set.display()))?;
            Ok(rows(&path)?
                .iter()
                .filter_map(|row| {
                    let entity = truth.get(&(name.to_owned(), row["rec_id"].clone()))?;
                    Some((*entity, person(row, layout)))
                })
                .collect())
        };
        pairs.push(Pair::new(layout.name, [source("a")?, source("b")?]));
    }
    Ok(pairs)
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
            town: None,
            uprn: None,
            from: NO_MONTH,
            to: NO_MONTH,
        })
        .collect();
    person.birth_place = read_place(cell(layout.birth_place)).ok();
    person
}
