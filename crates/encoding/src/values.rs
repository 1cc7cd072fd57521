//! The values that a person has for each match key.
//!
//! Values are listed in order of worth (the latest home and the first-named names first), because a record releases a fixed number of
//! tokens a key and the rest is dropped.

use kinfold_identity::{Address, BirthDate, Person, PostcodeSector, UpnKind, soundex};
use kinfold_schema::{Atom, FACTS_MAX, IdentifierKind, NameForm, NameOf, PlaceForm};

use crate::births::{BirthBook, BirthId};
use crate::codes::{CODE, Code, CodeBook, Kind, same};
use crate::filter::TokenBook;
use crate::lanes::BLOCK;
use crate::names::{NameBook, NameId};
use crate::person;
use crate::plan::{Alternatives, Plan, RecipePlan};

/// Most values of one key that are looked at; a person with very many names and homes cannot make the work explode.
const VALUES_MAX: usize = 96;
/// Most homes and most birth dates of one person that are looked at.
const ALTERNATIVES_MAX: usize = 12;
/// Most first, middle and family names (their parts) in a filter: with more, the number of ones would tell that somebody has many names.
const FILTER_FIRST_MAX: usize = 3;
const FILTER_MIDDLE_MAX: usize = 2;
const FILTER_LAST_MAX: usize = 4;

/// One value of a match key: the codes of its facts, zeroes, and in the last two bytes the number of the key, so that all values of a record
/// are hashed under one key.
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
    scratch: Vec<(u16, Code)>,
}

/// The names and birth dates of a person, by their numbers in the books.
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
    pub own_middle: Vec<NameId>,
    pub own_last: Vec<NameId>,
    /// Birth dates, full ones first: of somebody with many, a full one must be among those that are looked at.
    pub births: Vec<(BirthId, BirthDate)>,
}

impl PersonNames {
    /// Looks the names and birth dates of a person up.
    pub(crate) fn read(
        &mut self,
        person: &Person,
        plan: &Plan,
        filters: usize,
        books: &mut Books,
        codes: &mut CodeBook,
    ) {
        self.births.clear();
        let full = person.births.iter().filter(|birth| birth.is_full());
        let partial = person.births.iter().filter(|birth| !birth.is_full());
        for &birth in full.chain(partial).take(ALTERNATIVES_MAX) {
            let number = books
                .births
                .number(birth, &plan.birth_forms, filters, codes);
            self.births.push((number, birth));
        }
        let book = &mut books.names;
        for list in [
            &mut self.first,
            &mut self.last,
            &mut self.middle,
            &mut self.own_first,
            &mut self.own_middle,
            &mut self.own_last,
        ] {
            list.clear();
        }
        self.parts.clear();
        // First names are alternatives of each other (known as, short and formal, spelt for another alphabet), so no two of them are a pair:
        // `Robert (Bob)` would agree with every other Robert called Bob on "any two name parts".
        let mut group = 0;
        for name in &person.first_names {
            let own = book.number(name, plan, filters, codes);
            push(&mut self.first, own);
            push(&mut self.own_first, own);
            self.parts.push((group, own));
            for formal in book.get(own).formals() {
                let formal = book.number(formal, plan, filters, codes);
                push(&mut self.first, formal);
                self.parts.push((group, formal));
            }
        }
        // Family names that sound alike are spellings of one (MULLER, MUELLER); a maiden and a married name are two.
        let mut sounds: Vec<Option<[u8; 4]>> = Vec::new();
        for name in &person.family_names {
            let sound = soundex(&name.whole);
            let known = sounds.iter().position(|other| *other == sound);
            let rank = known.unwrap_or_else(|| {
                sounds.push(sound);
                sounds.len() - 1
            });
            group = 1 + rank as u16;
            let whole = book.number(&name.whole, plan, filters, codes);
            push(&mut self.last, whole);
            self.parts.push((group, whole));
            for part in &name.parts {
                let part = book.number(part, plan, filters, codes);
                push(&mut self.last, part);
                push(&mut self.own_last, part);
                if part != whole {
                    self.parts.push((group, part));
                }
            }
        }
        // Where the family name says little (BEGUM, KAUR), another source may hold a given name in its place: the atoms of any name part meet
        // it there. As a family name proper it would pair a first name with itself.
        group = 1 + sounds.len() as u16;
        for name in &person.middle_names {
            let own = book.number(name, plan, filters, codes);
            push(&mut self.middle, own);
            self.parts.push((group, own));
            group += 1;
        }
        self.own_middle.extend_from_slice(&self.middle);
        self.own_first.truncate(FILTER_FIRST_MAX);
        self.own_middle.truncate(FILTER_MIDDLE_MAX);
        self.own_last.truncate(FILTER_LAST_MAX);
    }
}

fn push(list: &mut Vec<NameId>, number: NameId) {
    if !list.contains(&number) {
        list.push(number);
    }
}

/// One home, as the atoms see it.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    address: Option<&'a Address>,
    uprn: Option<&'a str>,
    sector: Option<&'a PostcodeSector>,
}

/// What a worker has met before.
#[derive(Default)]
pub(crate) struct Books {
    /// Names.
    pub names: NameBook,
    /// Birth dates.
    pub births: BirthBook,
    /// Tokens.
    pub tokens: TokenBook,
}

impl Books {
    /// Forgets what is too much. To be called between records.
    pub(crate) fn make_room(&mut self) {
        self.names.make_room();
        self.births.make_room();
    }
}

impl Values {
    /// Works out the codes of a person's facts.
    pub(crate) fn read(
        &mut self,
        person: &Person,
        names: &PersonNames,
        plan: &Plan,
        books: &Books,
        codes: &mut CodeBook,
    ) {
        let book = &books.names;
        self.arena.clear();
        self.ranges.clear();
        self.first_range.clear();
        let places = places_of(person);
        (self.places, self.births) = (places.len(), names.births.len());
        let mut birth_form = 0;
        for &atom in &plan.atoms {
            self.first_range.push(self.ranges.len() as u32);
            match atom {
                Atom::Name(of, form) => {
                    self.begin();
                    self.names(person, names, of, form, plan, book, codes);
                    self.end();
                }
                Atom::Birth(_) => {
                    for &(birth, _) in &names.births {
                        self.begin();
                        self.arena
                            .extend_from_slice(books.births.codes(birth, birth_form));
                        self.end();
                    }
                    birth_form += 1;
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
    pub(crate) fn blocks(&self, key: usize, plan: &Plan, out: &mut Vec<Block>) {
        let recipe = &plan.recipes[key];
        let start = out.len();
        let count = |varies: bool, number: usize| if varies { number } else { 1 };
        let mut block = [0; BLOCK];
        block[BLOCK - 2..].copy_from_slice(&(key as u16).to_le_bytes());
        for place in 0..count(recipe.places, self.places) {
            for birth in 0..count(recipe.births, self.births) {
                let before = out.len();
                let room = (start + VALUES_MAX).saturating_sub(before);
                self.combine(recipe, (place, birth), &mut block, room, out);
                // An atom's values are distinct, so only values of other homes and dates can come again.
                if before > start {
                    let mut kept = before;
                    for index in before..out.len() {
                        if !out[start..before].contains(&out[index]) {
                            out.swap(kept, index);
                            kept += 1;
                        }
                    }
                    out.truncate(kept);
                }
            }
        }
    }

    /// Every combination of the atoms' values for one home and one date: the last atom turns fastest.
    fn combine(
        &self,
        recipe: &RecipePlan,
        alternative: (usize, usize),
        block: &mut Block,
        room: usize,
        out: &mut Vec<Block>,
    ) {
        let mut lists: [(&[Code], usize, usize); FACTS_MAX] = [(&[], 1, 0); FACTS_MAX];
        let mut total = 1;
        for (list, atom) in lists.iter_mut().zip(&recipe.atoms) {
            let which = match atom.varies {
                Alternatives::One => 0,
                Alternatives::Places => alternative.0,
                Alternatives::Births => alternative.1,
            };
            let (from, to) = self.ranges[self.first_range[atom.index] as usize + which];
            // Half of the recipes find nothing to join in a record.
            if from == to {
                return;
            }
            *list = (&self.arena[from as usize..to as usize], atom.width, atom.at);
            total *= if atom.width == 1 {
                list.0.len()
            } else {
                list.0.len() / 2
            };
        }
        let lists = &lists[..recipe.atoms.len()];
        let put = |block: &mut Block, list: usize, value: usize| {
            let (codes, width, at) = lists[list];
            // Copies of a known length are a move or two, those of an unknown one a call.
            block[at..at + CODE].copy_from_slice(&codes[value * width]);
            if width == 2 {
                block[at + CODE..at + 2 * CODE].copy_from_slice(&codes[value * 2 + 1]);
            }
        };
        for list in 0..lists.len() {
            put(block, list, 0);
        }
        let mut turn = [0usize; FACTS_MAX];
        for number in 1..=total.min(room) {
            out.push(*block);
            if number == total {
                break;
            }
            for list in (0..lists.len()).rev() {
                turn[list] += 1;
                if turn[list] * lists[list].1 < lists[list].0.len() {
                    put(block, list, turn[list]);
                    break;
                }
                turn[list] = 0;
                put(block, list, 0);
            }
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
            .any(|other| same(other, value));
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
        let mut parts = std::mem::take(&mut self.scratch);
        parts.clear();
        for &(group, name) in &names.parts {
            parts.extend(book.get(name).codes(form).iter().map(|code| (group, *code)));
        }
        for (index, (group, left)) in parts.iter().enumerate() {
            for (other, right) in &parts[index + 1..] {
                if group != other && left != right {
                    self.add(&[*left.min(right), *left.max(right)]);
                }
            }
        }
        self.scratch = parts;
    }

    fn place(&mut self, place: &Place<'_>, form: PlaceForm, codes: &mut CodeBook) {
        if form == PlaceForm::Property {
            if let Some(uprn) = place.uprn {
                let code = codes.code(Kind::Property, &[uprn.as_bytes()]);
                self.add(&[code]);
            }
            return;
        }
        if let Some(sector) = place.sector {
            let (kind, text) = match form {
                PlaceForm::Sector => (Kind::Sector, sector.sector()),
                PlaceForm::District | PlaceForm::DistrictOrStreet => {
                    (Kind::District, sector.district())
                }
                _ => return,
            };
            let code = codes.code(kind, &[text.as_bytes()]);
            self.add(&[code]);
        }
        let Some(address) = place.address else {
            return;
        };
        let unit = address
            .postcode
            .as_ref()
            .map(kinfold_identity::Postcode::unit);
        let district = address
            .postcode
            .as_ref()
            .map(kinfold_identity::Postcode::district);
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
                    add(codes.code_once(Kind::Nhs, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Upn) => {
                if let Some(id) = person
                    .upn
                    .as_ref()
                    .filter(|upn| upn.kind() == UpnKind::Permanent)
                {
                    add(codes.code_once(Kind::Upn, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Nino) => {
                if let Some(id) = &person.nino {
                    add(codes.code_once(Kind::Nino, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Uln) => {
                if let Some(id) = &person.uln {
                    add(codes.code_once(Kind::Uln, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::AnyUpn) => {
                for id in person.upn.iter().chain(&person.former_upns) {
                    add(codes.code_once(Kind::Upn, &[id.as_str().as_bytes()]));
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
    if person.protected_address || (person.addresses.is_empty() && person.sectors.is_empty()) {
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
            uprn: spell.uprn.as_ref().map(kinfold_identity::Uprn::as_str),
            sector: None,
        })
        .filter(|place| place.address.is_some() || place.uprn.is_some())
        .chain(person.sectors.iter().map(|sector| Place {
            sector: Some(sector),
            ..Place::default()
        }))
        .take(ALTERNATIVES_MAX)
        .collect()
}
