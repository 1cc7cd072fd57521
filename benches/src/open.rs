//! Open test sets with truth: `NAME/{a,b,...}.csv.gz` and `truth.csv.gz` in a folder beside the project.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use kinfold_identity::{
    AddressSpell, DateOrder, DateRules, Email, NO_MONTH, NhsNumber, Person, SexCodes,
    read_address_abroad, read_date, read_family_names, read_given_names, read_place,
    read_rest_of_date, read_sex, read_telephones, read_town,
};

use crate::tables::{find, rows};

/// Which columns of a set say what.
pub struct Layout {
    /// The set's folder.
    pub name: &'static str,
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
    nhs: &'static str,
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
    nhs: "",
};

/// Every folder of one, as a set whose columns are named for the fields that they hold; dates begin with the day.
///
/// # Errors
/// A folder that cannot be read.
pub fn own_layouts(folder: &Path) -> Result<Vec<Layout>, Box<dyn Error>> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names
        .into_iter()
        .map(|name| own_layout(name.leak()))
        .collect())
}

/// A set whose columns are named for the fields that they hold; dates begin with the day.
pub fn own_layout(name: &'static str) -> Layout {
    Layout {
        name,
        first: "first_name",
        middle: "middle_name",
        last: "last_name",
        birth: &["date_of_birth"],
        sex: "sex",
        lines: &["address"],
        postcode: "postcode",
        birth_place: "birth_place",
        town: "town",
        telephone: "telephone",
        email: "email",
        nhs: "nhs_number",
        ..NONE
    }
}

/// The sets that the benches know.
pub fn layouts() -> Vec<Layout> {
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

/// One source of a set.
pub struct Source {
    /// Its letter.
    pub name: String,
    /// Record numbers as the set writes them, with people.
    pub people: Vec<(String, Person)>,
}

/// A set: its sources, and for each record, by source and number, who it is.
pub struct OpenSet {
    /// The sources that were asked for.
    pub sources: Vec<Source>,
    /// The true person of each record of these sources.
    pub truth: BTreeMap<(String, String), u32>,
}

impl OpenSet {
    /// Leaves of each source so many records in a hundred, chosen by their ids, so that most who are left have nobody in the other sources.
    pub fn cut(&mut self, percent: u8) {
        let kept = |source: &str, id: &str| {
            let hash = blake3::hash(format!("{source}/{id}").as_bytes());
            u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]]) % 100 < percent.into()
        };
        for source in &mut self.sources {
            source.people.retain(|(id, _)| kept(&source.name, id));
        }
        self.truth.retain(|(source, id), _| kept(source, id));
    }

    /// Reads those of a set's sources whose letters are in `wanted`; `None` when the set is absent.
    ///
    /// # Errors
    /// Files that cannot be read or lack a column.
    pub fn read(
        folder: &Path,
        layout: &Layout,
        wanted: &str,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let set = folder.join(layout.name);
        let Some(truth_path) = find(&set, "truth") else {
            return Ok(None);
        };
        let mut entities: BTreeMap<String, u32> = BTreeMap::new();
        let mut truth = BTreeMap::new();
        for row in rows(&truth_path)? {
            if !wanted.contains(&row["source"]) {
                continue;
            }
            let next = entities.len() as u32;
            let entity = *entities.entry(row["entity_id"].clone()).or_insert(next);
            truth.insert((row["source"].clone(), row["rec_id"].clone()), entity);
        }
        let mut sources = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            let Some(path) = find(&set, name).filter(|_| wanted.contains(name)) else {
                continue;
            };
            let people = rows(&path)?
                .iter()
                .map(|row| (row["rec_id"].clone(), person(row, layout)))
                .collect();
            sources.push(Source {
                name: name.to_owned(),
                people,
            });
        }
        Ok(Some(Self { sources, truth }))
    }
}

/// A person from a row of a set.
pub(crate) fn person(row: &BTreeMap<String, String>, layout: &Layout) -> Person {
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
    person.nhs = NhsNumber::parse(cell(layout.nhs)).ok();
    person.telephones = read_telephones(cell(layout.telephone)).unwrap_or_default();
    person.emails = Email::parse(cell(layout.email)).into_iter().collect();
    person.birth_place = read_place(cell(layout.birth_place)).ok();
    person
}
