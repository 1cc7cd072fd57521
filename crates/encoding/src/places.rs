//! The homes of a person, as the atoms of match keys see them.

use std::cmp::Reverse;

use kinfold_identity::{Address, Person};

use crate::person;

/// Last and first month of a spell and its number, so that the latest spell sorts first.
pub(crate) type HomeOrder = (Reverse<(u16, u16)>, u32);

/// One home, as the atoms see it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    pub uprn: Option<&'a str>,
    pub unit: Option<&'a str>,
    pub sector: Option<&'a str>,
    pub district: Option<&'a str>,
    /// Words of the street, without its type.
    pub words: &'a [String],
    pub house: Option<&'a str>,
    /// The town of a column of its own, and the town of the address.
    pub towns: [Option<&'a str>; 2],
}

impl<'a> Place<'a> {
    fn of(address: Option<&'a Address>, uprn: Option<&'a str>, town: Option<&'a str>) -> Self {
        let Some(address) = address else {
            return Self {
                uprn,
                towns: [town, None],
                ..Self::default()
            };
        };
        let postcode = address.postcode.as_ref();
        Self {
            uprn,
            unit: postcode.map(kinfold_identity::Postcode::unit),
            sector: postcode.map(kinfold_identity::Postcode::sector),
            district: postcode.map(kinfold_identity::Postcode::district),
            words: street_words(address),
            house: address.number.as_deref().or(address.flat.as_deref()),
            towns: [town, address.town.as_deref()],
        }
    }
}

/// The last word of a street is nearly always its type (ROAD, CLOSE), which says nothing.
fn street_words(address: &Address) -> &[String] {
    match address.street.split_last() {
        Some((_, rest)) if !rest.is_empty() => rest,
        _ => &address.street,
    }
}

/// Puts the homes that may be spoken of into `places` and says how many there are, the latest first; an unknown month counts as late, as
/// it does in most registers.
pub(crate) fn places_of<'a>(
    person: &'a Person,
    order: &mut Vec<HomeOrder>,
    places: &mut [Place<'a>],
) -> usize {
    if person.protected_address {
        return 0;
    }
    order.clear();
    order.extend(
        person
            .addresses
            .iter()
            .zip(0..)
            .map(|(spell, number)| (Reverse((spell.to, spell.from)), number)),
    );
    order.sort_unstable();
    let homes = order
        .iter()
        .map(|&(_, number)| &person.addresses[number as usize])
        .filter_map(|spell| {
            let address = spell
                .address
                .as_ref()
                .filter(|address| address.kind != kinfold_identity::AddressKind::NoFixedAbode);
            let uprn = spell.uprn.as_ref().map(kinfold_identity::Uprn::as_str);
            let town = person::own_town(spell);
            (address.is_some() || uprn.is_some() || town.is_some())
                .then(|| Place::of(address, uprn, town))
        });
    let sectors = person.sectors.iter().map(|sector| Place {
        sector: Some(sector.sector()),
        district: Some(sector.district()),
        ..Place::default()
    });
    let mut count = 0;
    for (slot, place) in places.iter_mut().zip(homes.chain(sectors)) {
        *slot = place;
        count += 1;
    }
    count
}
