//! Match keys: the values that a person has for each recipe.
//!
//! Values are listed in order of worth (the latest home and the first-named names first), because a record releases a fixed number
//! of tokens a key and the rest is dropped.

use kinfold_identity::{
    Address, AddressKind, BirthDate, Person, Sex, UpnKind, canonical_nicknames, soundex,
};
use kinfold_schema::{Atom, Recipe};

/// Most values of one key that are looked at; a person with very many names and homes cannot make the work explode.
const VALUES_MAX: usize = 96;

/// Everything about one person that recipes need, worked out once.
pub(crate) struct Facts {
    first: Vec<String>,
    last: Vec<String>,
    middle: Vec<String>,
    /// Name parts with the number of the name they come from; parts of one name are never paired with each other.
    parts: Vec<(usize, String)>,
    births: Vec<BirthDate>,
    sex: Option<Sex>,
    places: Vec<Place>,
    birth_place: Option<String>,
    nhs: Option<String>,
    upn: Option<String>,
    nino: Option<String>,
}

/// One home, as the atoms see it.
struct Place {
    unit: Option<String>,
    sector: Option<String>,
    district: Option<String>,
    street: Vec<String>,
    house: Option<String>,
}

impl Facts {
    /// The facts of a person. Homes are left out when the address is protected; a home with no fixed abode is a fact about housing,
    /// not a place.
    pub(crate) fn of(person: &Person) -> Self {
        let mut first: Vec<String> = Vec::new();
        let mut parts: Vec<(usize, String)> = Vec::new();
        let mut group = 0;
        let push = |list: &mut Vec<String>, value: &str| {
            if !value.is_empty() && !list.iter().any(|known| known == value) {
                list.push(value.to_owned());
            }
        };
        for name in &person.first_names {
            push(&mut first, name);
            parts.push((group, name.clone()));
            for formal in canonical_nicknames(name) {
                push(&mut first, formal);
                parts.push((group, (*formal).to_owned()));
            }
            group += 1;
        }
        let mut last: Vec<String> = Vec::new();
        for name in &person.family_names {
            push(&mut last, &name.whole);
            parts.push((group, name.whole.clone()));
            for part in &name.parts {
                push(&mut last, part);
                if *part != name.whole {
                    parts.push((group, part.clone()));
                }
            }
            group += 1;
        }
        for name in &person.middle_names {
            parts.push((group, name.clone()));
            group += 1;
        }
        let mut spells: Vec<_> = person.addresses.iter().collect();
        // The latest home first; an unknown month counts as late, as it does in most registers.
        spells.sort_by_key(|spell| std::cmp::Reverse((spell.to, spell.from)));
        let places = spells
            .iter()
            .filter(|_| !person.protected_address)
            .filter_map(|spell| spell.address.as_ref())
            .filter(|address| address.kind != AddressKind::NoFixedAbode)
            .map(Place::of)
            .collect();
        Self {
            first,
            last,
            middle: person.middle_names.to_vec(),
            parts,
            births: person.births.clone(),
            sex: person.sex,
            places,
            birth_place: person.birth_place.as_deref().map(str::to_owned),
            nhs: person.nhs.as_ref().map(|id| id.as_str().to_owned()),
            upn: person
                .upn
                .as_ref()
                .filter(|upn| upn.kind() == UpnKind::Permanent)
                .map(|id| id.as_str().to_owned()),
            nino: person.nino.as_ref().map(|id| id.as_str().to_owned()),
        }
    }

    /// The values of a recipe: every combination of its atoms' values, the most worthy first, each once.
    pub(crate) fn values(&self, recipe: &Recipe) -> Vec<String> {
        // Atoms about a home must all speak of the same home, and atoms about a birth date of the same date.
        let places: Vec<Option<&Place>> = if recipe.atoms().iter().any(|atom| is_place(*atom)) {
            self.places.iter().map(Some).collect()
        } else {
            vec![None]
        };
        let births: Vec<Option<&BirthDate>> = if recipe.atoms().iter().any(|atom| is_birth(*atom)) {
            self.births.iter().map(Some).collect()
        } else {
            vec![None]
        };
        let mut values: Vec<String> = Vec::new();
        for place in &places {
            for birth in &births {
                let mut combinations = vec![String::new()];
                for &atom in recipe.atoms() {
                    let own = self.atom(atom, *place, *birth);
                    combinations = combinations
                        .iter()
                        .flat_map(|left| {
                            own.iter().map(move |right| format!("{left}\u{1f}{right}"))
                        })
                        .take(VALUES_MAX)
                        .collect();
                }
                for value in combinations {
                    if values.len() < VALUES_MAX && !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
        }
        values
    }

    fn atom(&self, atom: Atom, place: Option<&Place>, birth: Option<&BirthDate>) -> Vec<String> {
        let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
        let sounds = |names: &[String]| distinct(names.iter().filter_map(|name| sound(name)));
        let starts = |names: &[String], n: usize| {
            distinct(
                names
                    .iter()
                    .filter(|name| name.len() >= n)
                    .map(|name| name[..n].to_owned()),
            )
        };
        let full = birth.and_then(|b| Some((b.year, b.month?, b.day?)));
        match atom {
            Atom::First => self.first.clone(),
            Atom::FirstSound => sounds(&self.first),
            Atom::FirstInitial => starts(&self.first, 1),
            Atom::FirstThree => starts(&self.first, 3),
            Atom::Last => self.last.clone(),
            Atom::LastSound => sounds(&self.last),
            Atom::LastInitial => starts(&self.last, 1),
            Atom::LastThree => starts(&self.last, 3),
            Atom::AnyOne => distinct(self.parts.iter().map(|(_, part)| part.clone())),
            Atom::AnyOneSound => distinct(self.parts.iter().filter_map(|(_, part)| sound(part))),
            Atom::AnyTwo => self.pairs(|part| Some(part.to_owned())),
            Atom::AnyTwoSound => self.pairs(sound),
            Atom::Middle => self.middle.clone(),
            Atom::MiddleInitial => starts(&self.middle, 1),
            Atom::Sex => one(self.sex.map(|sex| match sex {
                Sex::Female => "F".to_owned(),
                Sex::Male => "M".to_owned(),
                Sex::Other => "X".to_owned(),
            })),
            Atom::BirthFull => one(full.map(|(y, m, d)| format!("{y:04}{m:02}{d:02}"))),
            Atom::Birth => one(match full {
                Some((y, m, d)) => Some(format!("{y:04}{m:02}{d:02}")),
                None => birth.map(|b| format!("{:04}", b.year)),
            }),
            Atom::BirthYear => one(birth.map(|b| format!("{:04}", b.year))),
            Atom::BirthYearNear => birth.map_or_else(Vec::new, |b| {
                vec![format!("{:04}", b.year), format!("{:04}", b.year + 1)]
            }),
            Atom::BirthSwapped => {
                one(full.map(|(y, m, d)| format!("{y:04}{:02}{:02}", m.min(d), m.max(d))))
            }
            Atom::BirthYearMonth => {
                one(birth.and_then(|b| Some(format!("{:04}{:02}", b.year, b.month?))))
            }
            Atom::BirthYearDay => one(full.map(|(y, _, d)| format!("{y:04}{d:02}"))),
            Atom::BirthMonthDay => one(full.map(|(_, m, d)| format!("{m:02}{d:02}"))),
            Atom::Locality => one(place.and_then(Place::locality)),
            Atom::Postcode => one(place.and_then(|p| p.unit.clone())),
            Atom::Sector => one(place.and_then(|p| p.sector.clone())),
            Atom::District => one(place.and_then(|p| p.district.clone())),
            Atom::DistrictOrStreet => match place {
                Some(Place {
                    district: Some(district),
                    ..
                }) => vec![district.clone()],
                Some(place) => place.street.clone(),
                None => Vec::new(),
            },
            Atom::StreetWord => place.map_or_else(Vec::new, |p| p.street.clone()),
            Atom::Home => {
                one(place
                    .and_then(|p| Some(format!("{}\u{1e}{}", p.house.as_ref()?, p.locality()?))))
            }
            Atom::House => one(place.and_then(|p| p.house.clone())),
            Atom::BirthPlace => one(self.birth_place.clone()),
            Atom::Nhs => one(self.nhs.clone()),
            Atom::Upn => one(self.upn.clone()),
            Atom::Nino => one(self.nino.clone()),
        }
    }

    /// Unordered pairs of parts of different names.
    fn pairs(&self, transform: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let parts: Vec<(usize, String)> = self
            .parts
            .iter()
            .filter_map(|(group, part)| Some((*group, transform(part)?)))
            .collect();
        let mut pairs = Vec::new();
        for (index, (group, left)) in parts.iter().enumerate() {
            for (other, right) in &parts[index + 1..] {
                if group != other {
                    let (a, b) = if left <= right {
                        (left, right)
                    } else {
                        (right, left)
                    };
                    pairs.push(format!("{a}\u{1e}{b}"));
                }
            }
        }
        distinct(pairs.into_iter())
    }
}

impl Place {
    fn of(address: &Address) -> Self {
        Self {
            unit: address
                .postcode
                .as_ref()
                .map(|postcode| postcode.unit().to_owned()),
            sector: address
                .postcode
                .as_ref()
                .map(|postcode| postcode.sector().to_owned()),
            district: address
                .postcode
                .as_ref()
                .map(|postcode| postcode.district().to_owned()),
            // The last word of a street is nearly always its type (ROAD, CLOSE), which says nothing.
            street: match address.street.split_last() {
                Some((_, rest)) if !rest.is_empty() => rest.to_vec(),
                _ => address.street.clone(),
            },
            house: address.number.clone().or_else(|| address.flat.clone()),
        }
    }

    /// The postcode, else the street.
    fn locality(&self) -> Option<String> {
        self.unit
            .clone()
            .or_else(|| (!self.street.is_empty()).then(|| self.street.join(" ")))
    }
}

fn is_place(atom: Atom) -> bool {
    matches!(
        atom,
        Atom::Locality
            | Atom::Postcode
            | Atom::Sector
            | Atom::District
            | Atom::DistrictOrStreet
            | Atom::StreetWord
            | Atom::Home
            | Atom::House
    )
}

fn is_birth(atom: Atom) -> bool {
    matches!(
        atom,
        Atom::BirthFull
            | Atom::Birth
            | Atom::BirthYear
            | Atom::BirthYearNear
            | Atom::BirthSwapped
            | Atom::BirthYearMonth
            | Atom::BirthYearDay
            | Atom::BirthMonthDay
    )
}

fn sound(part: &str) -> Option<String> {
    soundex(part).map(|code| code.iter().map(|&byte| char::from(byte)).collect())
}

/// Each value once, in order of first appearance.
fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for value in values {
        if !list.contains(&value) {
            list.push(value);
        }
    }
    list
}
