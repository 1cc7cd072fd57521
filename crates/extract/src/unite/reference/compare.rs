//! Comparing two people as they are read, value by value.

use crate::unite::compare::{Births, FirstNames, Identifiers};
use kinfold_identity::{FamilyName, NhsNumber, Nino, Person, Upn, canonical_nicknames};

/// Compares the first names: the best of all alternatives.
pub(in crate::unite) fn first_names(left: &Person, right: &Person) -> FirstNames {
    if left.first_names.is_empty() || right.first_names.is_empty() {
        return FirstNames::Unknown;
    }
    let crossed = |one: &Person, other: &Person| {
        one.first_names
            .iter()
            .any(|name| name.len() > 1 && other.middle_names.contains(name))
    };
    // Both ways round it is one pair of names in two orders. One way round it may be a person called by the middle name, or a twin
    // whose name the other has as a second one.
    let mut best = match (crossed(left, right), crossed(right, left)) {
        (true, true) => FirstNames::Near,
        (false, false) => FirstNames::Different,
        _ => FirstNames::Unsure,
    };
    for one in &left.first_names {
        for other in &right.first_names {
            best = best.max(first_name(one, other));
        }
    }
    best
}

fn first_name(one: &str, other: &str) -> FirstNames {
    if one == other || forms(one).any(|form| forms(other).any(|second| form == second)) {
        return FirstNames::Same;
    }
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let likeness = strsim::jaro_winkler(one, other);
    if likeness >= 0.93 {
        FirstNames::Near
    } else if likeness >= 0.88 || (short.len() >= 3 && long.starts_with(short)) {
        FirstNames::Loose
    } else if likeness >= 0.80 || (short.len() == 1 && long.starts_with(short)) {
        FirstNames::Unsure
    } else {
        FirstNames::Different
    }
}

/// A name and the formal names it may stand for.
fn forms(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(canonical_nicknames(name).iter().copied())
}

/// Whether any family name, present or former, whole or part, is shared.
pub(in crate::unite) fn family_agrees(left: &Person, right: &Person) -> bool {
    shared_families(left, right).next().is_some()
}

/// Whether a shared family name says much: `KAUR` and `SINGH` alone do not.
pub(in crate::unite) fn family_tells(left: &Person, right: &Person) -> bool {
    let tells = |one, other| shared_families(one, other).any(|name| !name.is_low_information());
    tells(left, right) && tells(right, left)
}

fn shared_families<'people>(
    left: &'people Person,
    right: &'people Person,
) -> impl Iterator<Item = &'people FamilyName> {
    let share = |one: &FamilyName, other: &FamilyName| {
        one.whole == other.whole
            || one
                .parts
                .iter()
                .any(|part| part.len() > 1 && other.parts.contains(part))
    };
    left.family_names
        .iter()
        .filter(move |one| right.family_names.iter().any(|other| share(one, other)))
}

/// Whether any two family names are a slip of the pen apart.
pub(in crate::unite) fn family_near(left: &Person, right: &Person) -> bool {
    let near = |one: &FamilyName, other: &FamilyName| {
        strsim::jaro_winkler(&one.whole, &other.whole) >= 0.85
    };
    left.family_names
        .iter()
        .any(|one| right.family_names.iter().any(|other| near(one, other)))
}

/// Whether each one's first name stands in the other's family name, a slip of the pen allowed.
pub(in crate::unite) fn names_swapped(left: &Person, right: &Person) -> bool {
    let near = |one: &str, other: &str| one == other || strsim::jaro_winkler(one, other) >= 0.9;
    let stands = |one: &Person, other: &Person| {
        let mut families = other
            .family_names
            .iter()
            .flat_map(|family| family.parts.iter().chain([&family.whole]));
        families.any(|family| one.first_names.iter().any(|first| near(first, family)))
    };
    // A person whose first and family name are alike would be swapped with everybody of the family.
    stands(left, right) && stands(right, left) && !stands(left, left) && !stands(right, right)
}

/// Whether places of birth or middle names speak against one person.
pub(in crate::unite) fn origins_differ(left: &Person, right: &Person) -> bool {
    let initials = |person: &Person| -> Vec<u8> {
        let names = person.middle_names.iter().chain(&person.first_names);
        names.filter_map(|name| name.bytes().next()).collect()
    };
    let apart = |one: &Person, other: &Person| {
        let known = initials(other);
        one.middle_names
            .iter()
            .filter_map(|name| name.bytes().next())
            .all(|initial| !known.contains(&initial))
    };
    let middle = !left.middle_names.is_empty()
        && !right.middle_names.is_empty()
        && apart(left, right)
        && apart(right, left);
    let birth_place = both(left.birth_place.as_ref(), right.birth_place.as_ref()) == Some(false);
    middle || birth_place
}

/// Compares the birth dates: the best of all alternatives.
pub(in crate::unite) fn births(left: &Person, right: &Person) -> Births {
    let full = |person: &Person| -> Vec<(u16, u8, u8)> {
        person
            .births
            .iter()
            .filter_map(|birth| Some((birth.year, birth.month?, birth.day?)))
            .collect()
    };
    let (left, right) = (full(left), full(right));
    let mut best = Births::Unknown;
    for (year, month, day) in &left {
        for (other_year, other_month, other_day) in &right {
            let same = [year == other_year, month == other_month, day == other_day];
            let swapped = month == other_day && day == other_month;
            best = best.max(match same {
                [true, true, true] => Births::Same,
                [true, true, false] | [true, false, true] => Births::Slip,
                [true, false, false] if swapped => Births::Slip,
                _ => Births::Different,
            });
        }
    }
    best
}

/// Whether the two have shared a home: the same property number or the same standardised address.
pub(in crate::unite) fn address_agrees(left: &Person, right: &Person) -> bool {
    left.addresses.iter().any(|one| {
        right.addresses.iter().any(|other| {
            let property = one.uprn.is_some() && one.uprn == other.uprn;
            let canonical =
                || Some(one.address.as_ref()?.canonical()? == other.address.as_ref()?.canonical()?);
            property || canonical() == Some(true)
        })
    })
}

/// Whether the two have shared a postcode.
pub(in crate::unite) fn postcode_agrees(left: &Person, right: &Person) -> bool {
    let postcodes = |person: &'_ Person| -> Vec<String> {
        person
            .addresses
            .iter()
            .filter_map(|spell| Some(spell.address.as_ref()?.postcode.as_ref()?.unit().to_owned()))
            .collect()
    };
    let right = postcodes(right);
    postcodes(left).iter().any(|one| right.contains(one))
}

/// Whether both have a sex and it is the same one; `None` when one of them has none.
pub(in crate::unite) fn sex_agrees(left: &Person, right: &Person) -> Option<bool> {
    Some(left.sex? == right.sex?)
}

/// Whether both have a value of this kind and it is the same one; `None` when one of them has none.
fn both<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> Option<bool> {
    Some(left? == right?)
}

/// Compares verified NHS numbers, permanent pupil numbers and National Insurance numbers.
pub(in crate::unite) fn identifiers(left: &Person, right: &Person) -> Identifiers {
    let permanent =
        |person: &'_ Person| -> Option<Upn> { person.upn.clone().filter(Upn::is_permanent) };
    let nhs = both::<NhsNumber>(left.nhs.as_ref(), right.nhs.as_ref());
    // A number that the other record lists as a former one takes the contradiction away and proves nothing: an adopted child has
    // a new number so that the old one leads nowhere.
    let upn = both::<Upn>(permanent(left).as_ref(), permanent(right).as_ref())
        .filter(|same| *same || !(former_upn(left, right) || former_upn(right, left)));
    let nino = both::<Nino>(left.nino.as_ref(), right.nino.as_ref());
    Identifiers {
        shared: [nhs, upn, nino].contains(&Some(true)),
        nhs_differs: nhs == Some(false),
        other_differs: [upn, nino].contains(&Some(false)),
    }
}

/// Whether one's present pupil number is among the other's former ones.
fn former_upn(one: &Person, other: &Person) -> bool {
    one.upn
        .as_ref()
        .is_some_and(|upn| other.former_upns.contains(upn))
}
