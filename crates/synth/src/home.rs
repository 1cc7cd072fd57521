//! Homes: streets, numbers, flats, postcodes and UPRNs of the made-up borough Eastmere (postcode area XE).

use std::collections::BTreeSet;

use crate::dice::Dice;
use crate::names::Names;

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HomeKind {
    /// A house or flat where a household lives.
    Private,
    /// A women's refuge.
    Refuge,
    /// A hostel for homeless people.
    Hostel,
    /// A care home for older people.
    CareHome,
}

/// One address.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) kind: HomeKind,
    /// Name of a communal place.
    pub(crate) name: Option<String>,
    pub(crate) flat: Option<u32>,
    pub(crate) number: u32,
    pub(crate) street: String,
    pub(crate) locality: &'static str,
    pub(crate) postcode: String,
    pub(crate) uprn: u64,
}

/// The post town of every address.
pub(crate) const TOWN: &str = "Eastmere";

const LOCALITIES: [&str; 9] = [
    "Northmere",
    "Abbey Heath",
    "Kingsfield",
    "Stonebridge End",
    "Marsh Lane",
    "Holm Green",
    "Upper Eastmere",
    "Railway Fields",
    "Old Quay",
];

const STREET_TYPES: [(&str, u32); 10] = [
    ("Road", 30),
    ("Avenue", 16),
    ("Close", 14),
    ("Street", 12),
    ("Drive", 9),
    ("Gardens", 6),
    ("Way", 5),
    ("Lane", 4),
    ("Crescent", 4),
    ("Court", 3),
];

/// Letters that may stand in the last two places of a postcode.
const UNIT_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";

/// Hands out addresses, each once.
#[derive(Default)]
pub(crate) struct Homes {
    pub(crate) all: Vec<Home>,
    taken: BTreeSet<(usize, u32, u32)>,
}

impl Homes {
    /// A house or flat that nobody in the borough has lived in yet; its index.
    pub(crate) fn fresh(&mut self, names: &Names, dice: &mut Dice) -> usize {
        self.add(HomeKind::Private, None, names, dice)
    }

    /// A communal place; its index.
    pub(crate) fn communal(
        &mut self,
        kind: HomeKind,
        name: String,
        names: &Names,
        dice: &mut Dice,
    ) -> usize {
        self.add(kind, Some(name), names, dice)
    }

    fn add(
        &mut self,
        kind: HomeKind,
        name: Option<String>,
        names: &Names,
        dice: &mut Dice,
    ) -> usize {
        loop {
            let place = dice.below(names.streets.len());
            // The type follows from the name most of the time, so that streets are long and hold several homes of the borough.
            let street_type = if dice.chance(0.8) {
                STREET_TYPES[place % 4].0
            } else {
                dice.weighted(&STREET_TYPES)
            };
            let number = dice.between(1, 180) as u32;
            let flat = if kind == HomeKind::Private && dice.chance(0.24) {
                dice.between(1, 16) as u32
            } else {
                0
            };
            let street_key = place * 16
                + STREET_TYPES
                    .iter()
                    .position(|(kind, _)| *kind == street_type)
                    .unwrap_or(0);
            // A house and flats do not share a number.
            let clash = if flat == 0 {
                self.taken
                    .range((street_key, number, 0)..=(street_key, number, u32::MAX))
                    .next()
                    .is_some()
            } else {
                self.taken.contains(&(street_key, number, flat))
                    || self.taken.contains(&(street_key, number, 0))
            };
            if clash {
                continue;
            }
            self.taken.insert((street_key, number, flat));
            let district = street_key % 9;
            let sector = street_key / 9 % 10;
            let unit = (street_key * 7 + number as usize / 20) % 400;
            let letters = (
                char::from(UNIT_LETTERS[unit / 20]),
                char::from(UNIT_LETTERS[unit % 20]),
            );
            self.all.push(Home {
                kind,
                name,
                flat: (flat > 0).then_some(flat),
                number,
                street: format!("{} {street_type}", names.streets[place]),
                locality: LOCALITIES[district],
                postcode: format!("XE{} {sector}{}{}", district + 1, letters.0, letters.1),
                uprn: 900_000_000_001 + self.all.len() as u64,
            });
            return self.all.len() - 1;
        }
    }
}

impl Home {
    /// Flat or room, and the name of a communal place: what stands before the street line.
    pub(crate) fn before_street(&self) -> String {
        match (&self.name, self.flat) {
            (Some(name), _) => name.clone(),
            (None, Some(flat)) => format!("Flat {flat}"),
            (None, None) => String::new(),
        }
    }

    /// `14 Mill Road`
    pub(crate) fn street_line(&self) -> String {
        format!("{} {}", self.number, self.street)
    }

    /// `Flat 2, 14 Mill Road, Eastmere`
    pub(crate) fn one_line(&self) -> String {
        let before = self.before_street();
        let comma = if before.is_empty() { "" } else { ", " };
        format!("{before}{comma}{}, {TOWN}", self.street_line())
    }
}

/// A street type as clerks shorten it.
pub(crate) fn abbreviated(line: &str) -> String {
    for (long, short) in [
        (" Road", " Rd"),
        (" Avenue", " Ave"),
        (" Street", " St"),
        (" Close", " Cl"),
        (" Gardens", " Gdns"),
        (" Crescent", " Cres"),
        (" Drive", " Dr"),
    ] {
        if let Some(stem) = line.strip_suffix(long) {
            return format!("{stem}{short}");
        }
    }
    line.to_owned()
}
