//! The values that a person has for each match key.
//!
//! Values are listed in order of worth (the latest home and the first-named names first), because a record releases a fixed number of
//! tokens a key and the rest is dropped.

use kinfold_identity::{Address, BirthDate, Person, UpnKind};
use kinfold_schema::{Atom, BirthForm, IdentifierKind, NameForm, NameOf, PlaceForm};

use crate::codes::{CODE, Code, CodeBook, Kind};
use crate::lanes::BLOCK;
use crate::names::{NameBook, NameId};
use crate::person;
use crate::plan::{Alternatives, Plan, RecipePlan, alternatives};

/// Most values of one key that are looked at; a person with very many names and homes cannot make the work explode.
const VALUES_MAX: usize = 96;
/// Most homes and most birth dates of one person that are looked at.
const ALTERNATIVES_MAX: usize = 12;

/// One value of a match key: the codes of its facts, the rest zero.
pub(crate) type Block = [u8; BLOCK];

/// The codes of one person's facts, atom by atom. Kept from person to person to save its memory.
#[derive(Default)]
pub(crate) struct Values {
    arena: Vec<Code>,
    /// Start and end in the arena, for each atom and each alternative of it.
    ranges: Vec<(u32, u32)>,
    /// The first range of each atom.
    first_range: Vec<u32>,
    births: usize,
    places: usize,
    scratch: Vec<Code>,
}

/// The names of a person, by their numbers in the book.
#[derive(Default)]
pub(crate) struct PersonNames {
    /// First names and their formal names, each once.
    pub first: Vec<NameId>,
    /// Family names, whole and in parts, each once.
    pub last: Vec<NameId>,
    /// Middle names.
    pub middle: Vec<NameId>,
    /// Name parts with the number of the name they come from; parts of one name are never paired with each other.
    pub parts: Vec<(u16, NameId)>,
    /// For the filter: first names, middle names, parts of family names.
    pub own_first: Vec<NameId>,
    pub own_last: Vec<NameId>,
}

impl PersonNames {
    /// Looks the names of a person up.
    pub(crate) fn read(
        &mut self,
        person: &Person,
        plan: &Plan,
        filters: usize,
        book: &mut NameBook,
        codes: &mut CodeBook,
    ) {
        for list in [
            &mut self.first,
            &mut self.last,
            &mut self.middle,
            &mut self.own_first,
            &mut self.own_last,
        ] {
            list.clear();
        }
        self.parts.clear();
        let mut group = 0;
        let mut number = |text: &str| book.number(text, plan, filters, codes);
        for name in person.first_names.iter() {
            let own = number(name);
            push(&mut self.first, own);
            push(&mut self.own_first, own);
            self.parts.push((group, own));
            for formal in kinfold_identity::canonical_nicknames(name) {
                let formal = number(formal);
                push(&mut self.first, formal);
                self.parts.push((group, formal));
            }
            group += 1;
        }
        for name in person.family_names.iter() {
            let whole = number(&name.whole);
            push(&mut self.last, whole);
            self.parts.push((group, whole));
            for part in name.parts.iter() {
                let part = number(part);
                push(&mut self.last, part);
                push(&mut self.own_last, part);
                if part != whole {
                    self.parts.push((group, part));
                }
            }
            group += 1;
        }
        for name in person.middle_names.iter() {
            let own = number(name);
            push(&mut self.middle, own);
            self.parts.push((group, own));
            group += 1;
        }
    }
}

fn push(list: &mut Vec<NameId>, number: NameId) {
    if !list.contains(&number) {
        list.push(number);
    }
}

/// One home, as the atoms see it.
struct Place<'a> {
    address: Option<&'a Address>,
    uprn: Option<&'a str>,
}

impl Values {
    /// Works out the codes of a person's facts.
    pub(crate) fn read(
        &mut self,
        person: &Person,
        names: &PersonNames,
        plan: &Plan,
        book: &NameBook,
        codes: &mut CodeBook,
    ) {
        self.arena.clear();
        self.ranges.clear();
        self.first_range.clear();
        let places = places_of(person);
        let births = &person.births[..person.births.len().min(ALTERNATIVES_MAX)];
        (self.places, self.births) = (places.len(), births.len());
        for &atom in &plan.atoms {
            self.first_range.push(self.ranges.len() as u32);
            match atom {
                Atom::Name(of, form) => {
                    self.begin();
                    self.names(person, names, of, form, plan, book, codes);
                    self.end();
                }
                Atom::Birth(form) => {
                    for &birth in births {
                        self.begin();
                        self.birth(birth, form, codes);
                        self.end();
                    }
                }
                Atom::Place(form) => {
                    for place in &places {
                        self.begin();
                        self.place(place, form, codes);
                        self.end();
                    }
                }
                _ => {
                    self.begin();
                    self.other(person, atom, codes);
                    self.end();
                }
            }
        }
    }

    /// The values of a recipe: every combination of its atoms' values, the most worthy first, each once.
    pub(crate) fn blocks(&self, recipe: &RecipePlan, plan: &Plan, out: &mut Vec<Block>) {
        let start = out.len();
        let count = |varies: bool, number: usize| if varies { number } else { 1 };
        for place in 0..count(recipe.places, self.places) {
            for birth in 0..count(recipe.births, self.births) {
                let mut block = [0; BLOCK];
                self.combine(recipe, plan, (place, birth), 0, 0, &mut block, start, out);
            }
        }
    }

    /// Puts one value of the atom at `depth` into the block after another and goes on with the next atom.
    #[allow(clippy::too_many_arguments)]
    fn combine(
        &self,
        recipe: &RecipePlan,
        plan: &Plan,
        alternative: (usize, usize),
        depth: usize,
        at: usize,
        block: &mut Block,
        start: usize,
        out: &mut Vec<Block>,
    ) {
        if out.len() - start >= VALUES_MAX {
            return;
        }
        let Some(&index) = recipe.atoms.get(depth) else {
            if !out[start..].contains(block) {
                out.push(*block);
            }
            return;
        };
        let atom = plan.atoms[index];
        let which = match alternatives(atom) {
            Alternatives::One => 0,
            Alternatives::Places => alternative.0,
            Alternatives::Births => alternative.1,
        };
        let (from, to) = self.ranges[self.first_range[index] as usize + which];
        let codes = &self.arena[from as usize..to as usize];
        let width = atom.facts();
        for value in codes.chunks_exact(width) {
            let bytes = value.as_flattened();
            block[at..at + width * CODE].copy_from_slice(bytes);
            self.combine(
                recipe,
                plan,
                alternative,
                depth + 1,
                at + width * CODE,
                block,
                start,
                out,
            );
        }
    }

    fn begin(&mut self) {
        let at = self.arena.len() as u32;
        self.ranges.push((at, at));
    }

    fn end(&mut self) {
        let at = self.arena.len() as u32;
        self.ranges.last_mut().expect("a range was begun").1 = at;
    }

    /// Adds a value that the current range does not have yet.
    fn add(&mut self, value: &[Code]) {
        let from = self.ranges.last().expect("a range was begun").0 as usize;
        let known = self.arena[from..]
            .chunks_exact(value.len())
            .any(|other| other == value);
        if !known {
            self.arena.extend_from_slice(value);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn names(
        &mut self,
        person: &Person,
        names: &PersonNames,
        of: NameOf,
        form: NameForm,
        plan: &Plan,
        book: &NameBook,
        codes: &mut CodeBook,
    ) {
        let number = plan.form(form);
        let list: &[NameId] = match of {
            NameOf::First => &names.first,
            NameOf::Last => &names.last,
            NameOf::Middle => &names.middle,
            NameOf::AnyOne => {
                for &(_, name) in &names.parts {
                    for code in book.get(name).codes(number) {
                        self.add(&[*code]);
                    }
                }
                return;
            }
            NameOf::AnyTwo => {
                self.pairs(names, number, book);
                return;
            }
        };
        for &name in list {
            for code in book.get(name).codes(number) {
                self.add(&[*code]);
            }
        }
        // Sources without names have initials only.
        if form == NameForm::Initial {
            let initials: Vec<u8> = match of {
                NameOf::First => person::first_initials(person).collect(),
                NameOf::Last => person::last_initials(person).collect(),
                _ => Vec::new(),
            };
            for initial in initials {
                let code = codes.code(Kind::Initial, &[&[initial]]);
                self.add(&[code]);
            }
        }
    }

    /// Unordered pairs of parts of different names.
    fn pairs(&mut self, names: &PersonNames, form: usize, book: &NameBook) {
        self.scratch.clear();
        let mut groups: Vec<u16> = Vec::with_capacity(names.parts.len());
        for &(group, name) in &names.parts {
            for code in book.get(name).codes(form) {
                self.scratch.push(*code);
                groups.push(group);
            }
        }
        let parts = std::mem::take(&mut self.scratch);
        for (index, left) in parts.iter().enumerate() {
            for (other, right) in parts.iter().enumerate().skip(index + 1) {
                if groups[index] != groups[other] {
                    self.add(&[*left.min(right), *left.max(right)]);
                }
            }
        }
        self.scratch = parts;
    }

    fn birth(&mut self, birth: BirthDate, form: BirthForm, codes: &mut CodeBook) {
        let mut digits = [0; 8];
        person::date_digits(birth, &mut digits);
        let label = [form_label(form)];
        let mut add = |text: &[u8]| {
            let code = codes.code(Kind::Birth, &[&label, text]);
            self.add(&[code]);
        };
        let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..]);
        let full = birth.is_full();
        match form {
            BirthForm::Full if full => add(&digits),
            BirthForm::FullOrYear if full => add(&digits),
            BirthForm::FullOrYear | BirthForm::Year => add(year),
            BirthForm::YearNear => {
                add(year);
                let next = BirthDate {
                    year: birth.year.saturating_add(1),
                    month: None,
                    day: None,
                };
                let mut digits = [0; 8];
                person::date_digits(next, &mut digits);
                add(&digits[..4]);
            }
            BirthForm::Swapped if full => {
                add(&[year, month.min(day), month.max(day)].concat());
            }
            BirthForm::YearMonth if birth.month.is_some() => add(&digits[..6]),
            BirthForm::YearDay if full => add(&[year, day].concat()),
            BirthForm::MonthDay if full => add(&digits[4..]),
            BirthForm::Deletions if full => {
                for at in 0..8 {
                    // The place of the gap does not count: a digit too many elsewhere is the same slip.
                    add(&[&digits[..at], &digits[at + 1..]].concat());
                }
            }
            _ => {}
        }
    }

    fn place(&mut self, place: &Place<'_>, form: PlaceForm, codes: &mut CodeBook) {
        if form == PlaceForm::Property {
            if let Some(uprn) = place.uprn {
                let code = codes.code(Kind::Property, &[uprn.as_bytes()]);
                self.add(&[code]);
            }
            return;
        }
        let Some(address) = place.address else {
            return;
        };
        let unit = address.postcode.as_ref().map(|postcode| postcode.unit());
        let district = address.postcode.as_ref().map(|p| p.district());
        let words = street_words(address);
        let house = address.number.as_deref().or(address.flat.as_deref());
        let mut one = |kind, parts: &[&[u8]]| {
            let code = codes.code(kind, parts);
            self.add(&[code]);
        };
        match form {
            PlaceForm::Locality => match unit {
                Some(unit) => one(Kind::Postcode, &[unit.as_bytes()]),
                None if !words.is_empty() => one(Kind::Street, &[words.join(" ").as_bytes()]),
                None => {}
            },
            PlaceForm::Postcode => {
                if let Some(unit) = unit {
                    one(Kind::Postcode, &[unit.as_bytes()]);
                }
            }
            PlaceForm::Sector => {
                if let Some(postcode) = &address.postcode {
                    one(Kind::Sector, &[postcode.sector().as_bytes()]);
                }
            }
            PlaceForm::District => {
                if let Some(district) = district {
                    one(Kind::District, &[district.as_bytes()]);
                }
            }
            PlaceForm::DistrictOrStreet => match district {
                Some(district) => one(Kind::District, &[district.as_bytes()]),
                None => {
                    for word in words {
                        one(Kind::StreetWord, &[word.as_bytes()]);
                    }
                }
            },
            PlaceForm::StreetWord => {
                for word in words {
                    one(Kind::StreetWord, &[word.as_bytes()]);
                }
            }
            PlaceForm::Street => {
                if !words.is_empty() {
                    one(Kind::Street, &[words.join(" ").as_bytes()]);
                }
            }
            PlaceForm::Home => {
                if let Some(house) = house {
                    match unit {
                        Some(unit) => one(Kind::Home, &[house.as_bytes(), unit.as_bytes()]),
                        None if !words.is_empty() => one(
                            Kind::Home,
                            &[house.as_bytes(), b"street", words.join(" ").as_bytes()],
                        ),
                        None => {}
                    }
                }
            }
            PlaceForm::HouseStreet => {
                if let Some(house) = house {
                    for word in words {
                        one(Kind::HouseStreet, &[house.as_bytes(), word.as_bytes()]);
                    }
                }
            }
            PlaceForm::House => {
                if let Some(house) = house {
                    one(Kind::House, &[house.as_bytes()]);
                }
            }
            PlaceForm::Town => {
                if let Some(town) = &address.town {
                    one(Kind::Town, &[town.as_bytes()]);
                }
            }
            PlaceForm::Property => {}
        }
    }

    fn other(&mut self, person: &Person, atom: Atom, codes: &mut CodeBook) {
        let mut add = |code: Code| self.add(&[code]);
        match atom {
            Atom::Sex => {
                if let Some(sex) = person.sex {
                    add(codes.code(Kind::Sex, &[sex.letter().as_bytes()]));
                }
            }
            Atom::BirthPlace => {
                if let Some(place) = &person.birth_place {
                    add(codes.code(Kind::BirthPlace, &[place.as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Nhs) => {
                if let Some(id) = &person.nhs {
                    add(codes.code_once(Kind::Nhs, id.as_str().as_bytes()));
                }
            }
            Atom::Identifier(IdentifierKind::Upn) => {
                if let Some(id) = person
                    .upn
                    .as_ref()
                    .filter(|upn| upn.kind() == UpnKind::Permanent)
                {
                    add(codes.code_once(Kind::Upn, id.as_str().as_bytes()));
                }
            }
            Atom::Identifier(IdentifierKind::Nino) => {
                if let Some(id) = &person.nino {
                    add(codes.code_once(Kind::Nino, id.as_str().as_bytes()));
                }
            }
            Atom::Identifier(IdentifierKind::Uln) => {
                if let Some(id) = person::uln(person) {
                    add(codes.code_once(Kind::Uln, id.as_bytes()));
                }
            }
            Atom::Name(..) | Atom::Birth(_) | Atom::Place(_) => {}
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

/// The homes that may be spoken of, the latest first; an unknown month counts as late, as it does in most registers.
fn places_of(person: &Person) -> Vec<Place<'_>> {
    if person.protected_address {
        return Vec::new();
    }
    let mut spells: Vec<_> = person.addresses.iter().collect();
    spells.sort_by_key(|spell| std::cmp::Reverse((spell.to, spell.from)));
    spells
        .into_iter()
        .map(|spell| Place {
            address: spell
                .address
                .as_ref()
                .filter(|address| address.kind != kinfold_identity::AddressKind::NoFixedAbode),
            uprn: spell.uprn.as_ref().map(|uprn| uprn.as_str()),
        })
        .filter(|place| place.address.is_some() || place.uprn.is_some())
        .take(ALTERNATIVES_MAX)
        .collect()
}

/// Forms of a date that are written with as many digits must not meet: 2001 with month 12 is not 2001 with day 12.
fn form_label(form: BirthForm) -> u8 {
    match form {
        BirthForm::Full | BirthForm::FullOrYear | BirthForm::Year | BirthForm::YearNear => b'y',
        BirthForm::Swapped => b's',
        BirthForm::YearMonth => b'm',
        BirthForm::YearDay => b'd',
        BirthForm::MonthDay => b'n',
        BirthForm::Deletions => b'x',
    }
}
