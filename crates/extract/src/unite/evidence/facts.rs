//! Comparing two people field by field, and counting what they are.

use super::frequency::{Frequencies, Kind, RAREST};
use super::pattern::{Field, Pattern};
use crate::unite::brief::{Brief, List};
use crate::unite::compare::{Identifiers, Two, parts_meet};
use crate::unite::judge::never_one;
use crate::unite::likeness::{Memo, Question, jaro_winkler, within};
use crate::unite::values::{Home, NONE, Values, mix};
use std::cmp::Reverse;

/// Jaro-Winkler likeness from which two names are a slip of the pen apart (Splink's usual levels: 0.92 and 0.8).
const NEAR: f64 = 0.92;
/// And from which they may be.
const LOOSE: f64 = 0.8;

/// Counts the values of a unit.
pub(super) fn count(values: &Values, person: &Brief, counts: &mut Frequencies) {
    let mut add = |kind, hashes: &mut dyn Iterator<Item = u64>| {
        let mut hashes: Vec<u64> = hashes.collect();
        hashes.sort_unstable();
        hashes.dedup();
        for hash in hashes {
            counts.add(kind, hash);
        }
    };
    let texts = |list| person.list(list).iter().map(|text| values.hash(*text));
    let homes = || {
        person
            .list(List::Home)
            .iter()
            .map(|home| values.home(*home))
    };
    let some = |text: u32| (text != NONE).then(|| values.hash(text));
    add(Kind::First, &mut texts(List::First));
    add(
        Kind::Family,
        &mut families(values, person).map(|name| values.hash(name)),
    );
    let births = person.list(List::Birth).iter();
    add(
        Kind::Birth,
        &mut births.map(|birth| values.birth(*birth).hash),
    );
    add(
        Kind::Home,
        &mut homes().filter_map(|home| home_hash(values, home)),
    );
    add(
        Kind::Area,
        &mut homes().filter_map(|home| some(home.postcode)),
    );
    add(Kind::Town, &mut homes().filter_map(|home| some(home.town)));
    add(Kind::Telephone, &mut texts(List::Telephone));
    add(Kind::Email, &mut texts(List::Email));
    add(Kind::BirthPlace, &mut some(person.birth_place).into_iter());
}

/// One number for all that a person is compared by: an order of people that does not depend on the order of the rows.
pub(in crate::unite) fn fingerprint(values: &Values, person: &Brief) -> u64 {
    let list = |list| person.list(list).iter().map(|text| values.hash(*text));
    let homes = || {
        person
            .list(List::Home)
            .iter()
            .map(|home| values.home(*home))
    };
    let some = |text: u32| (text != NONE).then(|| values.hash(text));
    let mut texts: Vec<u64> = Vec::new();
    texts.extend(list(List::First));
    texts.extend(list(List::Middle));
    texts.extend(families(values, person).map(|name| mix(values.hash(name) ^ 1)));
    let births = person.list(List::Birth).iter();
    texts.extend(births.map(|birth| values.birth(*birth).hash));
    texts.extend(person.sex.map(|sex| mix(sex as u64 + 7)));
    texts.extend(homes().filter_map(|home| home_hash(values, home)));
    texts.extend(homes().filter_map(|home| some(home.postcode)));
    texts.extend(homes().filter_map(|home| some(home.town).map(|hash| mix(hash ^ 2))));
    texts.extend(list(List::Telephone));
    texts.extend(list(List::Email));
    texts.extend(some(person.birth_place).map(|hash| mix(hash ^ 3)));
    texts.extend(
        [person.nhs, person.nino, person.upn]
            .into_iter()
            .filter_map(some),
    );
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().fold(0, |all, text| mix(all ^ text))
}

/// Family names and their parts, each once for two equal spellings.
fn families<'a>(values: &'a Values, person: &'a Brief) -> impl Iterator<Item = u32> + Clone + 'a {
    person.list(List::Family).iter().flat_map(move |family| {
        let family = values.family(*family);
        let parts = values.parts(family).iter().copied();
        std::iter::once(family.whole).chain(parts.filter(move |part| *part != family.whole))
    })
}

/// Of the house and the street.
fn home_hash(values: &Values, home: &Home) -> Option<u64> {
    let number = home.number()?;
    Some(mix(
        values.hash(number) ^ values.hash(home.street).rotate_left(17)
    ))
}

/// A level, and for an equal value how rare it is, negated. Lower is stronger.
type Found = (usize, i64);

/// The rarity of what is no value.
const NO_VALUE: i64 = 1;

/// The stronger of all; of two equal values the rarer.
fn strongest(all: impl Iterator<Item = Found>) -> Option<Found> {
    all.min()
}

fn put(field: Field, found: Option<Found>, pattern: &mut Pattern) {
    match found {
        Some((level, rarity)) if level < field.valued() => {
            pattern.set_valued(field, level, rarity.unsigned_abs());
        }
        Some((level, _)) => pattern.set(field, level),
        None => {}
    }
}

/// What comparisons need beside the two people.
#[derive(Clone, Copy)]
pub(super) struct Comparer<'a> {
    pub(super) values: &'a Values,
    pub(super) counts: &'a Frequencies,
    pub(super) memo: &'a Memo,
}

impl Comparer<'_> {
    /// Compares two people.
    pub(super) fn compare(&self, left: &Brief, right: &Brief) -> Pattern {
        let two = Two {
            values: self.values,
            left,
            right,
        };
        let mut pattern = Pattern::default();
        self.names(two, &mut pattern);
        self.births(two, &mut pattern);
        if let (Some(one), Some(other)) = (left.sex, right.sex) {
            pattern.set(Field::Sex, usize::from(one != other));
        }
        self.middle(two, &mut pattern);
        self.place(two, &mut pattern);
        self.contact(two, &mut pattern);
        let (one, other) = (left.birth_place, right.birth_place);
        if one != NONE && other != NONE {
            let found = if one == other {
                (0, self.rarity(Kind::BirthPlace, one))
            } else {
                let near = self.alike(Question::Towns, one, other, 0.9);
                (if near { 1 } else { 2 }, NO_VALUE)
            };
            put(Field::BirthPlace, Some(found), &mut pattern);
        }
        let Identifiers {
            shared,
            nhs_differs,
            other_differs,
        } = two.identifiers();
        if shared || nhs_differs || other_differs {
            pattern.set(Field::Numbers, usize::from(!shared));
        }
        if never_one(two) || strangers(pattern) {
            pattern.forbid();
        }
        pattern
    }

    /// How rare a text is, negated.
    fn rarity(&self, kind: Kind, text: u32) -> i64 {
        -self
            .counts
            .rarity(kind, self.values.hash(text))
            .cast_signed()
    }

    /// Whether two texts are at least so alike; each question has one measure.
    fn alike(&self, question: Question, one: u32, other: u32, least: f64) -> bool {
        let answer = || {
            let (one, other) = (self.values.text(one), self.values.text(other));
            u8::from(jaro_winkler(one, other) >= least)
        };
        self.memo.ask(question, one, other, answer) == 1
    }

    /// Whether the local parts of two e-mail addresses are alike. Where their digits differ they are not: `john.hill23` and `john.hill81` are the
    /// second and third to come with that name, and what they share the names have said already.
    fn locals_alike(&self, one: u32, other: u32) -> bool {
        let answer = || {
            let (one, other) = (self.values.text(one), self.values.text(other));
            let digits =
                |text: &'_ str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<u8>>();
            u8::from(digits(one) == digits(other) && jaro_winkler(one, other) >= NEAR)
        };
        self.memo.ask(Question::Locals, one, other, answer) == 1
    }

    fn names(&self, two: Two<'_>, pattern: &mut Pattern) {
        let values = self.values;
        let (left, right) = (two.left, two.right);
        let lefts = left.list(List::First).iter().copied();
        let rights = right.list(List::First).iter().copied();
        let first = self.best(lefts.clone(), rights.clone(), |name| {
            self.rarity(Kind::First, name)
        });
        let straight = [
            first.map(|found| by_middle(two, found)),
            self.family_level(two),
        ];
        let cost = |found: [Option<Found>; 2]| -> Option<usize> { Some(found[0]?.0 + found[1]?.0) };
        let mut found = straight;
        let mut swapped = false;
        // Names that agree as they stand cannot agree better crossed over.
        if cost(straight).is_none_or(|cost| cost > 2) {
            // The more common of the two.
            let common = |name: u32| {
                self.rarity(Kind::First, name)
                    .max(self.rarity(Kind::Family, name))
            };
            let crossed = [
                self.best(lefts, families(values, right), common),
                self.best(families(values, left), rights, common),
            ];
            swapped = match (cost(straight), cost(crossed)) {
                (Some(straight), Some(cost)) => {
                    let both = crossed.iter().flatten().all(|own| own.0 <= 3);
                    both && cost + 2 < straight
                }
                // One of the two has but one name.
                (None, None) => {
                    let only = |found: [Option<Found>; 2]| {
                        found.into_iter().flatten().map(|own| own.0).min()
                    };
                    only(crossed).is_some_and(|own| own <= 1)
                        && only(straight).is_none_or(|own| own >= 4)
                }
                _ => false,
            };
            if swapped {
                found = crossed;
                // Neither of the two people is the left one. The stronger stands for the family name: what a household shares must not count as
                // a person's own.
                found.sort_unstable_by_key(|own| (own.is_none(), Reverse(*own)));
            }
        }
        put(Field::First, found[0], pattern);
        put(Field::Family, found[1], pattern);
        if pattern.0 != 0 {
            pattern.set(Field::Order, usize::from(swapped));
        }
    }

    fn best(
        &self,
        lefts: impl Iterator<Item = u32>,
        rights: impl Iterator<Item = u32> + Clone,
        rarity: impl Fn(u32) -> i64,
    ) -> Option<Found> {
        let pairs = lefts.flat_map(|one| rights.clone().map(move |other| (one, other)));
        strongest(pairs.map(|(one, other)| match self.name_level(one, other) {
            0 => (0, rarity(one)),
            level => (level, NO_VALUE),
        }))
    }

    fn name_level(&self, one: u32, other: u32) -> usize {
        if one == other && self.values.length(one) != 1 {
            return 0;
        }
        let answer = || name_level(self.values, one, other);
        usize::from(self.memo.ask(Question::Names, one, other, answer))
    }

    fn family_level(&self, two: Two<'_>) -> Option<Found> {
        let values = self.values;
        let (lefts, rights) = (two.left.list(List::Family), two.right.list(List::Family));
        let pairs = lefts
            .iter()
            .flat_map(|one| rights.iter().map(move |other| (*one, *other)));
        strongest(pairs.map(|(one, other)| {
            let (one, other) = (values.family(one), values.family(other));
            if one.whole == other.whole {
                (0, self.rarity(Kind::Family, one.whole))
            } else if parts_meet(values, one, other) {
                (1, NO_VALUE)
            } else {
                // Nicknames are of first names.
                (self.name_level(one.whole, other.whole).max(2), NO_VALUE)
            }
        }))
    }

    pub(super) fn births(&self, two: Two<'_>, pattern: &mut Pattern) {
        let (lefts, rights) = (two.left.list(List::Birth), two.right.list(List::Birth));
        let pairs = lefts
            .iter()
            .flat_map(|one| rights.iter().map(move |other| (*one, *other)));
        let found = strongest(pairs.map(|(one, other)| {
            let birth = self.values.birth(one);
            if one == other && birth.date.is_full() {
                (
                    0,
                    -self.counts.rarity(Kind::Birth, birth.hash).cast_signed(),
                )
            } else {
                (self.birth_level(one, other), NO_VALUE)
            }
        }));
        put(Field::Birth, found, pattern);
    }

    fn birth_level(&self, first: u32, second: u32) -> usize {
        let (birth, compared) = (self.values.birth(first), self.values.birth(second));
        let (one, other) = (birth.date, compared.date);
        let agree =
            |one: Option<u8>, other: Option<u8>| one.is_none() || other.is_none() || one == other;
        if !(one.is_full() && other.is_full()) {
            let same = one.year == other.year
                && agree(one.month, other.month)
                && agree(one.day, other.day);
            return if same { 4 } else { 5 };
        }
        let same = [
            one.year == other.year,
            one.month == other.month,
            one.day == other.day,
        ];
        if one.year == other.year && one.month == other.day && one.day == other.month {
            return 1;
        }
        let edits = birth.edits(compared).unwrap_or_else(|| {
            let answer = || {
                let (one, other) = (one.iso(), other.iso());
                match (within(&one, &other, 1), within(&one, &other, 2)) {
                    (true, _) => 1,
                    (_, true) => 2,
                    _ => 3,
                }
            };
            self.memo.ask(Question::Births, first, second, answer)
        });
        if edits <= 1 {
            return 1;
        }
        match same.into_iter().filter(|same| *same).count() {
            2 => 2,
            _ if edits <= 2 => 3,
            _ if same[0] => 4,
            _ => 5,
        }
    }

    fn middle(&self, two: Two<'_>, pattern: &mut Pattern) {
        let values = self.values;
        let (lefts, rights) = (two.left.list(List::Middle), two.right.list(List::Middle));
        if lefts.is_empty() || rights.is_empty() {
            return;
        }
        let same = lefts
            .iter()
            .any(|name| rights.contains(name) && values.length(*name) > 1);
        let level = if same {
            0
        } else {
            let initials = lefts.iter().any(|one| {
                let mut rights = rights.iter();
                rights.any(|other| values.initial(*one) == values.initial(*other))
            });
            if initials { 1 } else { 2 }
        };
        pattern.set(Field::Middle, level);
    }

    fn place(&self, two: Two<'_>, pattern: &mut Pattern) {
        let (lefts, rights) = (two.left.list(List::Home), two.right.list(List::Home));
        let pairs = lefts
            .iter()
            .flat_map(|one| rights.iter().map(move |other| (*one, *other)));
        let levels = pairs.filter_map(|(one, other)| self.place_level(one, other));
        let found = strongest(levels.map(|(level, rarity)| (RANKS[level], rarity)));
        if let Some((rank, rarity)) = found {
            put(Field::Place, Some((PLACES[rank], rarity)), pattern);
        }
    }

    fn place_level(&self, one: u32, other: u32) -> Option<Found> {
        let values = self.values;
        let (one, other) = (values.home(one), values.home(other));
        let both = |one: u32, other: u32| one != NONE && other != NONE;
        // Of two spellings of one property the commoner: neither of the two people is the left one.
        let home_rarity = || {
            let hashes = [one, other]
                .into_iter()
                .filter_map(|own| home_hash(values, own));
            let rarities = hashes.map(|hash| self.counts.rarity(Kind::Home, hash));
            rarities.min().unwrap_or(RAREST)
        };
        let mut near = false;
        let mut comparable = false;
        if both(one.uprn, other.uprn) {
            comparable = true;
            if one.uprn == other.uprn {
                return Some((0, -home_rarity().cast_signed()));
            }
        }
        if let (Some(number), Some(second)) = (one.number(), other.number()) {
            comparable = true;
            let flats = one.flat == other.flat || !both(one.flat, other.flat);
            let street = one.street == other.street;
            if number == second && street && flats {
                return Some((0, -home_rarity().cast_signed()));
            }
            if number == second
                && (street || self.alike(Question::Streets, one.street, other.street, 0.9))
            {
                return Some((3, NO_VALUE));
            }
            near = street;
        }
        if both(one.postcode, other.postcode) {
            comparable = true;
            if one.postcode == other.postcode {
                return Some((1, self.rarity(Kind::Area, one.postcode)));
            }
            near = near || values.one_slip(one.postcode, other.postcode);
        }
        if both(one.town, other.town) {
            comparable = true;
            if one.town == other.town {
                return Some((2, self.rarity(Kind::Town, one.town)));
            }
            near = near || self.alike(Question::Towns, one.town, other.town, 0.9);
        }
        comparable.then_some((if near { 4 } else { 5 }, NO_VALUE))
    }

    fn contact(&self, two: Two<'_>, pattern: &mut Pattern) {
        let values = self.values;
        let (left, right) = (two.left, two.right);
        let rights = right.list(List::Telephone);
        let pairs = left
            .list(List::Telephone)
            .iter()
            .flat_map(|one| rights.iter().map(move |other| (*one, *other)));
        let found = strongest(pairs.map(|(one, other)| {
            if one == other {
                (0, self.rarity(Kind::Telephone, one))
            } else {
                let near = values.one_slip(one, other);
                (if near { 1 } else { 2 }, NO_VALUE)
            }
        }));
        put(Field::Telephone, found, pattern);
        let emails = |person: &'_ Brief| -> Vec<(u32, u32)> {
            let local = person.list(List::EmailLocal).iter().copied();
            person
                .list(List::Email)
                .iter()
                .copied()
                .zip(local)
                .collect()
        };
        if left.list(List::Email).is_empty() || right.list(List::Email).is_empty() {
            return;
        }
        let rights = emails(right);
        let pairs = emails(left)
            .into_iter()
            .flat_map(|one| rights.iter().map(move |other| (one, *other)));
        let found = strongest(pairs.map(|((one, local), (other, other_local))| {
            if one == other {
                (0, self.rarity(Kind::Email, one))
            } else if local == other_local {
                (1, NO_VALUE)
            } else {
                let near = self.locals_alike(local, other_local);
                (if near { 2 } else { 3 }, NO_VALUE)
            }
        }));
        put(Field::Email, found, pattern);
    }
}

/// Two full birth dates with no part in common but perhaps one, and two first names.
fn strangers(pattern: Pattern) -> bool {
    let level = |field| pattern.level(field).map(|own| own.level);
    level(Field::Birth) == Some(5) && level(Field::First) == Some(4)
}

fn name_level(values: &Values, first: u32, second: u32) -> u8 {
    let (one, other) = (values.text(first), values.text(second));
    let initial = one.len() == 1 || other.len() == 1;
    let forms_meet = || {
        let mut forms = values.forms(first);
        forms.any(|form| values.forms(second).any(|other| form == other))
    };
    if !initial && forms_meet() {
        return u8::from(first != second);
    }
    let likeness = jaro_winkler(one, other);
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let begins = long.starts_with(short) && (initial || short.len() >= 3);
    let one_slip = || short.len() >= 4 && within(one, other, 1);
    // Two edits apart, and long enough that two names seldom are.
    let jumbled = || short.len() >= 4 && within(one, other, 2);
    if !initial && (likeness >= NEAR || one_slip()) {
        2
    } else if (!initial && (likeness >= LOOSE || jumbled())) || begins {
        3
    } else {
        4
    }
}

/// A first name that stands among the other's middle names.
fn by_middle(two: Two<'_>, found: Found) -> Found {
    match two.first_is_middle() {
        (true, true) => found.min((2, NO_VALUE)),
        (false, false) => found,
        _ => found.min((3, NO_VALUE)),
    }
}

/// Levels of a place in the order of their strength.
const PLACES: [usize; 6] = [0, 3, 1, 2, 4, 5];
/// The place of each level in that order.
const RANKS: [usize; 6] = [0, 2, 3, 1, 4, 5];
