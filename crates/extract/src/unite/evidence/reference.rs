//! The plain way to compare, which the quick one is held against: people as they are read, value by value, nothing remembered.

use super::frequency::{Frequencies, Kind};
use super::pattern::{BUCKETS, Field, Pattern};
use crate::unite::compare::Identifiers;
use crate::unite::reference::compare::identifiers;
use crate::unite::reference::judge::never_one;
use crate::unite::reference::things::shared_things;
use crate::unite::values::{hash, mix};
use kinfold_identity::{
    AddressSpell, BirthDate, Email, NhsNumber, Nino, Person, Telephone, Upn, canonical_nicknames,
    soundex,
};
use std::hash::{BuildHasher as _, RandomState};

/// Jaro-Winkler likeness from which two names are a slip of the pen apart (Splink's usual levels: 0.92 and 0.8).
const NEAR: f64 = 0.92;
/// And from which they may be.
const LOOSE: f64 = 0.8;

/// Counts the values of a unit.
pub(super) fn count(person: &Person, counts: &mut Frequencies) {
    let mut add = |kind, values: Vec<u64>| {
        let mut values = values;
        values.sort_unstable();
        values.dedup();
        for value in values {
            counts.add(kind, value);
        }
    };
    add(
        Kind::First,
        hashes(person.first_names.iter().map(String::as_str)),
    );
    add(Kind::Family, hashes(families(person)));
    add(
        Kind::Birth,
        person.births.iter().copied().map(birth_hash).collect(),
    );
    let homes = person.addresses.iter();
    add(
        Kind::Home,
        homes
            .clone()
            .filter_map(home)
            .map(|home| home.hash())
            .collect(),
    );
    add(Kind::Area, hashes(homes.clone().filter_map(postcode)));
    add(Kind::Town, hashes(homes.filter_map(town)));
    add(
        Kind::Telephone,
        hashes(person.telephones.iter().map(Telephone::as_str)),
    );
    add(Kind::Email, hashes(person.emails.iter().map(Email::as_str)));
    add(
        Kind::BirthPlace,
        hashes(person.birth_place.iter().map(|own| &**own)),
    );
}

/// One number for all that a person is compared by: an order of people that does not depend on the order of the rows.
pub(in crate::unite) fn fingerprint(person: &Person) -> u64 {
    let mut texts: Vec<u64> = Vec::new();
    texts.extend(hashes(person.first_names.iter().map(String::as_str)));
    texts.extend(hashes(person.middle_names.iter().map(String::as_str)));
    texts.extend(hashes(families(person)).iter().map(|hash| mix(hash ^ 1)));
    texts.extend(person.births.iter().copied().map(birth_hash));
    texts.extend(person.sex.map(|sex| mix(sex as u64 + 7)));
    texts.extend(
        person
            .addresses
            .iter()
            .filter_map(home)
            .map(|home| home.hash()),
    );
    texts.extend(hashes(person.addresses.iter().filter_map(postcode)));
    texts.extend(
        hashes(person.addresses.iter().filter_map(town))
            .iter()
            .map(|hash| mix(hash ^ 2)),
    );
    texts.extend(hashes(person.telephones.iter().map(Telephone::as_str)));
    texts.extend(hashes(person.emails.iter().map(Email::as_str)));
    texts.extend(
        hashes(person.birth_place.iter().map(|own| &**own))
            .iter()
            .map(|hash| mix(hash ^ 3)),
    );
    texts.extend(hashes(person.nhs.iter().map(NhsNumber::as_str)));
    texts.extend(hashes(person.nino.iter().map(Nino::as_str)));
    texts.extend(hashes(person.upn.iter().map(Upn::as_str)));
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().fold(0, |all, text| mix(all ^ text))
}

fn hashes<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u64> {
    texts.map(hash).collect()
}

fn birth_hash(birth: BirthDate) -> u64 {
    let part = |part: Option<u8>| u64::from(part.unwrap_or(0));
    mix(u64::from(birth.year) << 16 | part(birth.month) << 8 | part(birth.day))
}

fn set_valued(pattern: &mut Pattern, field: Field, level: usize, share: f64) {
    let rarity = -libm::log2(share.clamp(1e-12, 1.0));
    let rarity = (libm::round(rarity) as u64).min(BUCKETS - 1);
    pattern.set_valued(field, level, rarity);
}

/// Family names and their parts, each once for two equal spellings.
fn families(person: &Person) -> impl Iterator<Item = &str> {
    person.family_names.iter().flat_map(|name| {
        let parts = name.parts.iter().filter(|part| **part != name.whole);
        std::iter::once(name.whole.as_str()).chain(parts.map(String::as_str))
    })
}

/// Number or name of the house, and the street without spaces.
struct Home<'a> {
    flat: Option<&'a str>,
    number: &'a str,
    street: String,
}

impl Home<'_> {
    fn hash(&self) -> u64 {
        mix(hash(self.number) ^ hash(&self.street).rotate_left(17))
    }
}

fn home(spell: &AddressSpell) -> Option<Home<'_>> {
    let address = spell.address.as_ref()?;
    let home = Home {
        flat: address.flat.as_deref(),
        number: address.number.as_deref().or(address.flat.as_deref())?,
        street: address.street.concat(),
    };
    (!home.street.is_empty()).then_some(home)
}

fn postcode(spell: &AddressSpell) -> Option<&str> {
    Some(spell.address.as_ref()?.postcode.as_ref()?.unit())
}

fn town(spell: &AddressSpell) -> Option<&str> {
    let own = spell.town.as_deref();
    own.or_else(|| spell.address.as_ref()?.town.as_deref())
}

/// Compares two people.
pub(super) fn compare(left: &Person, right: &Person, counts: &Frequencies) -> Pattern {
    let mut pattern = Pattern::default();
    names(left, right, counts, &mut pattern);
    births(left, right, counts, &mut pattern);
    if let (Some(one), Some(other)) = (left.sex, right.sex) {
        pattern.set(Field::Sex, usize::from(one != other));
    }
    middle(left, right, &mut pattern);
    place(left, right, counts, &mut pattern);
    contact(left, right, counts, &mut pattern);
    if let (Some(one), Some(other)) = (&left.birth_place, &right.birth_place) {
        if **one == **other {
            let share = counts.share(Kind::BirthPlace, hash(one));
            set_valued(&mut pattern, Field::BirthPlace, 0, share);
        } else {
            let near = strsim::jaro_winkler(one, other) >= 0.9;
            pattern.set(Field::BirthPlace, if near { 1 } else { 2 });
        }
    }
    let Identifiers {
        shared,
        nhs_differs,
        other_differs,
    } = identifiers(left, right);
    if shared || nhs_differs || other_differs {
        pattern.set(Field::Numbers, usize::from(!shared));
    }
    if never_one(left, right) || strangers(pattern) {
        pattern.forbid();
    }
    pattern
}

/// Two full birth dates with no part in common but perhaps one, and two first names.
fn strangers(pattern: Pattern) -> bool {
    let level = |field| pattern.level(field).map(|own| own.level);
    level(Field::Birth) == Some(5) && level(Field::First) == Some(4)
}

/// A level, and for an equal value how common it is. Lower is stronger.
type Found = (usize, f64);

/// The stronger of two; of two equal values the rarer.
fn stronger(one: Found, other: Found) -> Found {
    if (one.0, one.1) <= (other.0, other.1) {
        one
    } else {
        other
    }
}

fn names(left: &Person, right: &Person, counts: &Frequencies, pattern: &mut Pattern) {
    let first = |person: &'_ Person| -> Vec<String> { person.first_names.to_vec() };
    let family =
        |person: &'_ Person| -> Vec<String> { families(person).map(str::to_owned).collect() };
    let common = |name: &str| {
        let hash = hash(name);
        counts
            .share(Kind::First, hash)
            .max(counts.share(Kind::Family, hash))
    };
    let own_first = |name: &str| counts.share(Kind::First, hash(name));
    let own_family = |name: &str| counts.share(Kind::Family, hash(name));
    let (left_first, right_first) = (first(left), first(right));
    let (left_family, right_family) = (family(left), family(right));
    let straight = [
        best(&left_first, &right_first, own_first).map(|found| by_middle(left, right, found)),
        family_level(left, right, own_family),
    ];
    let mut crossed = [
        best(&left_first, &right_family, common),
        best(&left_family, &right_first, common),
    ];
    // The stronger for the family name.
    crossed.sort_by(|one, other| match (one, other) {
        (Some(one), Some(other)) => other.0.cmp(&one.0).then(other.1.total_cmp(&one.1)),
        _ => one.is_none().cmp(&other.is_none()),
    });
    let cost = |found: [Option<Found>; 2]| -> Option<usize> { Some(found[0]?.0 + found[1]?.0) };
    let swapped = match (cost(straight), cost(crossed)) {
        (Some(straight), Some(cost)) => {
            let both = crossed.iter().flatten().all(|own| own.0 <= 3);
            both && cost + 2 < straight
        }
        // One of the two has but one name.
        (None, None) => {
            let only =
                |found: [Option<Found>; 2]| found.into_iter().flatten().map(|own| own.0).min();
            only(crossed).is_some_and(|own| own <= 1) && only(straight).is_none_or(|own| own >= 4)
        }
        _ => false,
    };
    for (field, found) in
        [Field::First, Field::Family]
            .into_iter()
            .zip(if swapped { crossed } else { straight })
    {
        match found {
            Some((0, share)) => set_valued(pattern, field, 0, share),
            Some((level, _)) => pattern.set(field, level),
            None => {}
        }
    }
    if pattern.0 != 0 {
        pattern.set(Field::Order, usize::from(swapped));
    }
}

fn best(lefts: &[String], rights: &[String], share: impl Fn(&str) -> f64) -> Option<Found> {
    let mut best: Option<Found> = None;
    for one in lefts {
        for other in rights {
            let found = name_level(one, other, &share);
            best = Some(best.map_or(found, |own| stronger(own, found)));
        }
    }
    best
}

fn name_level(one: &str, other: &str, share: &impl Fn(&str) -> f64) -> Found {
    let initial = one.len() == 1 || other.len() == 1;
    if one == other && !initial {
        return (0, share(one));
    }
    let mut forms = std::iter::once(one).chain(canonical_nicknames(one).iter().copied());
    if !initial && forms.any(|form| form == other || canonical_nicknames(other).contains(&form)) {
        return (1, 1.0);
    }
    let likeness = strsim::jaro_winkler(one, other);
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let begins = long.starts_with(short) && (initial || short.len() >= 3);
    let one_slip = || short.len() >= 4 && strsim::osa_distance(one, other) <= 1;
    if !initial && (likeness >= NEAR || one_slip()) {
        (2, 1.0)
    } else if (!initial && (likeness >= LOOSE || jumbled(one, other))) || begins {
        (3, 1.0)
    } else {
        (4, 1.0)
    }
}

/// Two edits apart, and long enough that two names seldom are.
fn jumbled(one: &str, other: &str) -> bool {
    one.len().min(other.len()) >= 4 && strsim::osa_distance(one, other) <= 2
}

/// A first name that stands among the other's middle names.
fn by_middle(left: &Person, right: &Person, found: Found) -> Found {
    let crossed = |one: &Person, other: &Person| {
        one.first_names
            .iter()
            .any(|name| name.len() > 1 && other.middle_names.contains(name))
    };
    match (crossed(left, right), crossed(right, left)) {
        (true, true) => stronger(found, (2, 1.0)),
        (false, false) => found,
        _ => stronger(found, (3, 1.0)),
    }
}

fn family_level(left: &Person, right: &Person, share: impl Fn(&str) -> f64) -> Option<Found> {
    let mut best: Option<Found> = None;
    for one in &left.family_names {
        for other in &right.family_names {
            let part = || {
                one.parts
                    .iter()
                    .any(|part| part.len() > 1 && other.parts.contains(part))
            };
            let found = if one.whole == other.whole {
                (0, share(&one.whole))
            } else if part() {
                (1, 1.0)
            } else {
                let level = name_level(&one.whole, &other.whole, &|_| 1.0);
                // Nicknames are of first names.
                (level.0.max(2), 1.0)
            };
            best = Some(best.map_or(found, |own| stronger(own, found)));
        }
    }
    best
}

fn births(left: &Person, right: &Person, counts: &Frequencies, pattern: &mut Pattern) {
    let mut best: Option<Found> = None;
    for one in &left.births {
        for other in &right.births {
            let found = if one == other && one.is_full() {
                (0, counts.share(Kind::Birth, birth_hash(*one)))
            } else {
                (birth_level(*one, *other), 1.0)
            };
            best = Some(best.map_or(found, |own| stronger(own, found)));
        }
    }
    match best {
        Some((0, share)) => set_valued(pattern, Field::Birth, 0, share),
        Some((level, _)) => pattern.set(Field::Birth, level),
        None => {}
    }
}

fn birth_level(one: BirthDate, other: BirthDate) -> usize {
    let agree =
        |one: Option<u8>, other: Option<u8>| one.is_none() || other.is_none() || one == other;
    if !(one.is_full() && other.is_full()) {
        let same =
            one.year == other.year && agree(one.month, other.month) && agree(one.day, other.day);
        return if same { 4 } else { 5 };
    }
    let same = [
        one.year == other.year,
        one.month == other.month,
        one.day == other.day,
    ];
    let swapped = one.year == other.year && one.month == other.day && one.day == other.month;
    let edits = strsim::osa_distance(&one.iso(), &other.iso());
    if swapped || edits <= 1 {
        return 1;
    }
    match same.into_iter().filter(|same| *same).count() {
        2 => 2,
        _ if edits <= 2 => 3,
        _ if same[0] => 4,
        _ => 5,
    }
}

fn middle(left: &Person, right: &Person, pattern: &mut Pattern) {
    let (lefts, rights) = (&left.middle_names, &right.middle_names);
    if lefts.is_empty() || rights.is_empty() {
        return;
    }
    let same = lefts
        .iter()
        .any(|name| name.len() > 1 && rights.contains(name));
    let initial = |name: &String| name.bytes().next();
    let initials = lefts
        .iter()
        .any(|one| rights.iter().any(|other| initial(one) == initial(other)));
    pattern.set(
        Field::Middle,
        if same {
            0
        } else if initials {
            1
        } else {
            2
        },
    );
}

/// Levels of a place in the order of their strength.
const PLACES: [usize; 6] = [0, 3, 1, 2, 4, 5];

fn place(left: &Person, right: &Person, counts: &Frequencies, pattern: &mut Pattern) {
    let mut best: Option<(usize, f64)> = None;
    for one in &left.addresses {
        for other in &right.addresses {
            let Some((level, share)) = place_level(one, other, counts) else {
                continue;
            };
            let rank = PLACES
                .iter()
                .position(|own| *own == level)
                .unwrap_or(PLACES.len() - 1);
            best = Some(best.map_or((rank, share), |own| stronger(own, (rank, share))));
        }
    }
    if let Some((rank, share)) = best {
        match PLACES[rank] {
            level @ 0..=2 => set_valued(pattern, Field::Place, level, share),
            level => pattern.set(Field::Place, level),
        }
    }
}

fn place_level(one: &AddressSpell, other: &AddressSpell, counts: &Frequencies) -> Option<Found> {
    let homes = (home(one), home(other));
    let areas = (postcode(one), postcode(other));
    let towns = (town(one), town(other));
    let mut near = false;
    let mut comparable = false;
    if let (Some(property), Some(second)) = (&one.uprn, &other.uprn) {
        comparable = true;
        if property == second {
            // Of two spellings of one property the commoner.
            let shares = [&homes.0, &homes.1].map(|home| {
                let share = |home: &Home<'_>| counts.share(Kind::Home, home.hash());
                home.as_ref().map_or(0.0, share)
            });
            return Some((0, shares[0].max(shares[1])));
        }
    }
    if let (Some(home), Some(second)) = &homes {
        comparable = true;
        let flats = home.flat == second.flat || home.flat.is_none() || second.flat.is_none();
        let street = home.street == second.street;
        if home.number == second.number && street && flats {
            return Some((0, counts.share(Kind::Home, home.hash())));
        }
        if home.number == second.number && strsim::jaro_winkler(&home.street, &second.street) >= 0.9
        {
            return Some((3, 1.0));
        }
        near = street;
    }
    if let (Some(area), Some(second)) = areas {
        comparable = true;
        if area == second {
            return Some((1, counts.share(Kind::Area, hash(area))));
        }
        near |= strsim::osa_distance(area, second) <= 1;
    }
    if let (Some(town), Some(second)) = towns {
        comparable = true;
        if town == second {
            return Some((2, counts.share(Kind::Town, hash(town))));
        }
        near |= strsim::jaro_winkler(town, second) >= 0.9;
    }
    comparable.then_some((if near { 4 } else { 5 }, 1.0))
}

fn contact(left: &Person, right: &Person, counts: &Frequencies, pattern: &mut Pattern) {
    let mut best: Option<Found> = None;
    for one in &left.telephones {
        for other in &right.telephones {
            let found = if one == other {
                (0, counts.share(Kind::Telephone, hash(one.as_str())))
            } else {
                let near = strsim::osa_distance(one.as_str(), other.as_str()) <= 1;
                (if near { 1 } else { 2 }, 1.0)
            };
            best = Some(best.map_or(found, |own| stronger(own, found)));
        }
    }
    put(Field::Telephone, best, pattern);
    let mut best: Option<Found> = None;
    for one in &left.emails {
        for other in &right.emails {
            let found = if one == other {
                (0, counts.share(Kind::Email, hash(one.as_str())))
            } else if one.local() == other.local() {
                (1, 1.0)
            } else {
                let digits = |email: &Email| -> String {
                    email.local().chars().filter(char::is_ascii_digit).collect()
                };
                let near = digits(one) == digits(other)
                    && strsim::jaro_winkler(one.local(), other.local()) >= NEAR;
                (if near { 2 } else { 3 }, 1.0)
            };
            best = Some(best.map_or(found, |own| stronger(own, found)));
        }
    }
    put(Field::Email, best, pattern);
}

fn put(field: Field, found: Option<Found>, pattern: &mut Pattern) {
    match found {
        Some((0, share)) => set_valued(pattern, field, 0, share),
        Some((level, _)) => pattern.set(field, level),
        None => {}
    }
}

/// Hashes of what a person shares with others.
pub(super) fn things(person: &Person, key: &RandomState) -> Vec<u64> {
    let mut things: Vec<u64> = shared_things(person, key)
        .into_iter()
        .map(|hash| hash & !3)
        .collect();
    let mut put = |kind: u64, pass: u8, one: &str, other: &str| {
        things.push(key.hash_one((pass, one, other)) & !3 | kind);
    };
    let families = person.family_names.iter().map(|name| name.whole.as_str());
    let names: Vec<&str> = person
        .first_names
        .iter()
        .map(String::as_str)
        .chain(families)
        .collect();
    let sounds: Vec<String> = names
        .iter()
        .filter_map(|name| soundex(name))
        .map(|code| String::from_utf8_lossy(&code).into_owned())
        .collect();
    let days: Vec<String> = person
        .births
        .iter()
        .filter(|birth| birth.is_full())
        .map(|birth| birth.iso())
        .collect();
    for telephone in &person.telephones {
        put(1, 10, telephone.as_str(), "");
    }
    for email in &person.emails {
        put(1, 11, email.as_str(), "");
        put(1, 12, email.local(), "");
    }
    for day in &days {
        for name in &names {
            put(1, 13, day, &name[..name.len().min(1)]);
        }
        let (year_month, month_day) = (&day[..day.len().min(7)], &day[day.len().min(5)..]);
        let year_day = format!("{}{}", &day[..4], &day[day.len().min(8)..]);
        for sound in &sounds {
            put(1, 24, &day[..4], sound);
            put(1, 14, year_month, sound);
            put(1, 15, month_day, sound);
            put(1, 16, &year_day, sound);
        }
    }
    // Both names in either order.
    for (at, one) in sounds.iter().enumerate() {
        for other in &sounds[at + 1..] {
            put(1, 17, one.min(other), one.max(other));
        }
    }
    for (at, one) in names.iter().enumerate() {
        for other in &names[at + 1..] {
            put(1, 18, one.min(other), one.max(other));
        }
    }
    for spell in &person.addresses {
        let address = spell.address.as_ref();
        let postcode = address.and_then(|address| Some(address.postcode.as_ref()?.unit()));
        let town = spell.town.as_deref().or_else(|| address?.town.as_deref());
        for sound in &sounds {
            if let Some(postcode) = postcode {
                put(1, 19, postcode, sound);
            }
            for year in person.births.iter().map(|birth| birth.year.to_string()) {
                if let Some(town) = town {
                    put(1, 20, &format!("{town}|{year}"), sound);
                }
            }
        }
        if let Some(address) = address.filter(|address| !address.street.is_empty()) {
            let street = address.street.concat();
            let number = address.number.as_deref().unwrap_or("");
            if !number.is_empty() {
                put(2, 21, number, &street);
            }
            for year in person.births.iter().map(|birth| birth.year.to_string()) {
                put(1, 22, &street, &year);
            }
            for sound in &sounds {
                put(1, 23, &street, sound);
            }
        }
    }
    things.sort_unstable();
    things.dedup();
    things
}
