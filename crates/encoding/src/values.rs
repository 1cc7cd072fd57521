//! The values that a person has for each match key.
//!
//! Values are listed in order of worth (the latest home and the first-named names first), because a record releases a fixed number of
//! tokens a key and the rest is dropped.

use kinfold_identity::{BirthDate, Person, UpnKind};
use kinfold_schema::{Atom, IdentifierKind, NameForm, NameOf, PlaceForm};

use zeroize::Zeroizing;

use crate::births::{self, BirthBook};
use crate::codes::{CODE, Code, CodeBook, Kind, same};
use crate::contact;
use crate::filter::{NameField, TokenBook};
use crate::names::{NameBook, NameId};
use crate::person;
use crate::places::{HomeOrder, Place, places_of};
use crate::plan::{Plan, SINGLES_MAX, bit_of};

/// Most homes and most birth dates of one person that are looked at.
pub(crate) const ALTERNATIVES_MAX: usize = 12;
/// As many homes as most people have at most.
const FEW: usize = 2;
/// Most first, middle and family names (their parts) in a filter: with more, the number of ones would tell that somebody has many names.
const FILTER_FIRST_MAX: usize = 3;
const FILTER_MIDDLE_MAX: usize = 2;
const FILTER_LAST_MAX: usize = 4;

/// In the start of a range, the bit that says that its codes stand in the book of names: those of a single name need not be copied.
const OF_A_NAME: u32 = 1 << 31;

/// The codes of one person's facts, atom by atom: plain text nearly all, so they are wiped. Kept from person to person to save its memory.
#[derive(Default)]
pub(crate) struct Values {
    arena: Zeroizing<Vec<Code>>,
    /// Start and end in the arena (or in the book of names, see [`OF_A_NAME`]), for each atom and each alternative of it.
    ranges: Vec<(u32, u32)>,
    /// The first range of each atom.
    first_range: Vec<u32>,
    /// Birth dates.
    pub births: usize,
    /// Homes.
    pub places: usize,
    /// The bits of atoms that have some value.
    pub present: u64,
    /// The bits of atoms that have one value and no more; those of homes and birth dates only for people who have one.
    pub single: u64,
    /// For each atom its value, if it has one and no more: two places, of which an atom of one fact has the first.
    pub singles: Zeroizing<Vec<Code>>,
    scratch: Zeroizing<Vec<(u16, Code)>>,
    homes: Vec<HomeOrder>,
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
    /// Birth dates and their digits, full ones first: of somebody with many, a full one must be among those that are looked at.
    pub births: Vec<(BirthDate, [u8; 8])>,
    /// Sounds of the family names so far.
    sounds: Vec<Option<[u8; 4]>>,
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
        let dates = full.chain(partial).take(ALTERNATIVES_MAX);
        self.births.extend(dates.map(|&birth| {
            let mut digits = [0; 8];
            person::date_digits(birth, &mut digits);
            (birth, digits)
        }));
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
            for &formal in book.formals(own) {
                push(&mut self.first, formal);
                self.parts.push((group, formal));
            }
        }
        // Family names that sound alike are spellings of one (MULLER, MUELLER); a maiden and a married name are two.
        self.sounds.clear();
        for name in &person.family_names {
            let whole = book.number(&name.whole, plan, filters, codes);
            let sound = book.sound(whole);
            let known = self.sounds.iter().position(|other| *other == sound);
            let rank = known.unwrap_or_else(|| {
                self.sounds.push(sound);
                self.sounds.len() - 1
            });
            group = 1 + rank as u16;
            push(&mut self.last, whole);
            self.parts.push((group, whole));
            for part in &name.parts {
                let part = if *part == name.whole {
                    whole
                } else {
                    book.number(part, plan, filters, codes)
                };
                push(&mut self.last, part);
                push(&mut self.own_last, part);
                if part != whole {
                    self.parts.push((group, part));
                }
            }
        }
        // Where the family name says little (BEGUM, KAUR), another source may hold a given name in its place: the atoms of any name part meet
        // it there. As a family name proper it would pair a first name with itself.
        group = 1 + self.sounds.len() as u16;
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

    /// Reads a little of every line of memory that the book has for these names, so that it is near when it is needed. What is given says
    /// nothing.
    pub(crate) fn fetch(&self, book: &NameBook) -> u64 {
        let lists = [
            (NameField::First, &self.own_first),
            (NameField::Middle, &self.own_middle),
            (NameField::Last, &self.own_last),
        ];
        let mut fetched = 0;
        for (field, list) in lists {
            for &name in list {
                fetched ^= book.fetch(name, field);
            }
        }
        fetched
    }
}

fn push(list: &mut Vec<NameId>, number: NameId) {
    if !list.contains(&number) {
        list.push(number);
    }
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
        // Few people have several homes, and room for all of them is longer than many values.
        let (mut few, mut many);
        let places: &mut [Place<'_>] = if person.addresses.len() + person.sectors.len() <= FEW {
            few = [Place::default(); FEW];
            &mut few
        } else {
            many = [Place::default(); ALTERNATIVES_MAX];
            &mut many
        };
        let count = places_of(person, &mut self.homes, places);
        let places = &places[..count];
        (self.places, self.births) = (places.len(), names.births.len());
        (self.present, self.single) = (0, 0);
        self.singles.resize(2 * plan.atoms.len(), [0; CODE]);
        let forms = plan.atom_forms.iter().zip(&plan.atom_widths);
        for (index, (&atom, (&form, &width))) in plan.atoms.iter().zip(forms).enumerate() {
            self.first_range.push(self.ranges.len() as u32);
            let before = self.arena.len();
            match atom {
                Atom::Name(of, name_form) => {
                    if let Some(name) = single(person, names, of, name_form) {
                        let (from, to) = book.range(name, form);
                        self.ranges.push((from | OF_A_NAME, to));
                        self.present |= bit_of(index) * u64::from(to > from);
                        let codes = &book.all_codes()[from as usize..to as usize];
                        note_single(&mut self.singles, &mut self.single, index, width, codes);
                        continue;
                    }
                    self.names(person, names, of, name_form, form, book, codes);
                    self.end(before);
                }
                Atom::Birth(form) => {
                    for (birth, digits) in &names.births {
                        let from = self.arena.len();
                        births::add_form(&mut self.arena, *birth, *digits, form);
                        self.end(from);
                    }
                }
                Atom::Place(form) => {
                    for place in places {
                        let from = self.arena.len();
                        self.place(place, form, codes);
                        self.end(from);
                    }
                }
                _ => {
                    self.other(person, atom, codes);
                    self.end(before);
                }
            }
            if self.arena.len() > before {
                self.present |= bit_of(index);
                // Alternatives are never one value, even where only one of them has any.
                if self.ranges.len() == self.first_range[index] as usize + 1 {
                    let codes = &self.arena[before..];
                    note_single(&mut self.singles, &mut self.single, index, width, codes);
                }
            }
        }
    }

    /// The codes of an atom, of one alternative.
    #[inline]
    pub(crate) fn codes<'a>(
        &'a self,
        atom: usize,
        alternative: usize,
        book: &'a NameBook,
    ) -> &'a [Code] {
        let (from, to) = self.ranges[self.first_range[atom] as usize + alternative];
        if from & OF_A_NAME == 0 {
            &self.arena[from as usize..to as usize]
        } else {
            &book.all_codes()[(from ^ OF_A_NAME) as usize..to as usize]
        }
    }

    /// Ends the codes of an alternative, which begin at a place of the arena.
    #[inline]
    fn end(&mut self, from: usize) {
        self.ranges.push((from as u32, self.arena.len() as u32));
    }

    /// Adds the codes of a form of a name, which are distinct, as far as they are not there yet from a place of the arena on.
    #[inline]
    fn add_name(&mut self, from: usize, codes: &[Code]) {
        let before = self.arena.len();
        if from == before {
            self.arena.extend_from_slice(codes);
            return;
        }
        for code in codes {
            let own = &self.arena[from..before];
            if !own.iter().any(|other| same(&[*other], &[*code])) {
                self.arena.push(*code);
            }
        }
    }

    /// Adds a value of one code that is not there yet from a place of the arena on.
    #[inline]
    fn add_one(&mut self, from: usize, code: Code) {
        let own = &self.arena[from..];
        if !own.iter().any(|other| same(&[*other], &[code])) {
            self.arena.push(code);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn names(
        &mut self,
        person: &Person,
        names: &PersonNames,
        of: NameOf,
        form: NameForm,
        number: usize,
        book: &NameBook,
        codes: &mut CodeBook,
    ) {
        let from = self.arena.len();
        let list: &[NameId] = match of {
            NameOf::First => &names.first,
            NameOf::Last => &names.last,
            NameOf::Middle => &names.middle,
            NameOf::AnyOne => {
                for &(_, name) in &names.parts {
                    self.add_name(from, book.codes(name, number));
                }
                return;
            }
            NameOf::AnyTwo => {
                self.pairs(names, number, book);
                return;
            }
        };
        for &name in list {
            self.add_name(from, book.codes(name, number));
        }
        // Sources without names have initials only.
        if form == NameForm::Initial {
            let mut add = |initial: u8| {
                let code = codes.code(Kind::Initial, &[&[initial]]);
                self.add_one(from, code);
            };
            match of {
                NameOf::First => person::first_initials(person).for_each(&mut add),
                NameOf::Last => person::last_initials(person).for_each(&mut add),
                _ => {}
            }
        }
    }

    /// Unordered pairs of parts of different names.
    fn pairs(&mut self, names: &PersonNames, form: usize, book: &NameBook) {
        // Borrowed and not taken: memory that was taken would be wiped whole each time, as plain text is.
        let Self {
            arena,
            scratch: parts,
            ..
        } = self;
        let from = arena.len();
        parts.clear();
        for &(group, name) in &names.parts {
            parts.extend(book.codes(name, form).iter().map(|code| (group, *code)));
        }
        for (index, (group, left)) in parts.iter().enumerate() {
            for (other, right) in &parts[index + 1..] {
                if group == other || left == right {
                    continue;
                }
                let pair = [*left.min(right), *left.max(right)];
                let mut known = arena[from..].chunks_exact(2);
                if !known.any(|other| same(other, &pair)) {
                    arena.extend_from_slice(&pair);
                }
            }
        }
    }

    fn place(&mut self, place: &Place<'_>, form: PlaceForm, codes: &mut CodeBook) {
        let words = place.words;
        let from = self.arena.len();
        let mut one = |kind, parts: &[&[u8]]| {
            let code = codes.code(kind, parts);
            self.add_one(from, code);
        };
        match form {
            PlaceForm::Property => {
                if let Some(uprn) = place.uprn {
                    one(Kind::Property, &[uprn.as_bytes()]);
                }
            }
            PlaceForm::Locality => match place.unit {
                Some(unit) => one(Kind::Postcode, &[unit.as_bytes()]),
                None if !words.is_empty() => one(Kind::Street, &[words.join(" ").as_bytes()]),
                None => {}
            },
            PlaceForm::Postcode => {
                if let Some(unit) = place.unit {
                    one(Kind::Postcode, &[unit.as_bytes()]);
                }
            }
            PlaceForm::Sector => {
                if let Some(sector) = place.sector {
                    one(Kind::Sector, &[sector.as_bytes()]);
                }
            }
            PlaceForm::District => {
                if let Some(district) = place.district {
                    one(Kind::District, &[district.as_bytes()]);
                }
            }
            PlaceForm::DistrictOrStreet => match place.district {
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
                if let Some(house) = place.house {
                    match place.unit {
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
                if let Some(house) = place.house {
                    for word in words {
                        one(Kind::HouseStreet, &[house.as_bytes(), word.as_bytes()]);
                    }
                }
            }
            PlaceForm::House => {
                if let Some(house) = place.house {
                    one(Kind::House, &[house.as_bytes()]);
                }
            }
            PlaceForm::Town => {
                for town in place.towns.into_iter().flatten() {
                    one(Kind::Town, &[town.as_bytes()]);
                }
            }
        }
    }

    fn other(&mut self, person: &Person, atom: Atom, codes: &mut CodeBook) {
        let from = self.arena.len();
        let mut add = |code: Code| self.add_one(from, code);
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
                    add(codes.code(Kind::Nhs, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Upn) => {
                if let Some(id) = person
                    .upn
                    .as_ref()
                    .filter(|upn| upn.kind() == UpnKind::Permanent)
                {
                    add(codes.code(Kind::Upn, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Nino) => {
                if let Some(id) = &person.nino {
                    add(codes.code(Kind::Nino, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::Uln) => {
                if let Some(id) = &person.uln {
                    add(codes.code(Kind::Uln, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Identifier(IdentifierKind::AnyUpn) => {
                for id in person.upn.iter().chain(&person.former_upns) {
                    add(codes.code(Kind::Upn, &[id.as_str().as_bytes()]));
                }
            }
            Atom::Contact(form) => contact::each(person, form, codes, add),
            Atom::Name(..) | Atom::Birth(_) | Atom::Place(_) => {}
        }
    }
}

/// Notes the value of an atom of so many facts, if it has one and no more.
#[inline]
fn note_single(singles: &mut [Code], single: &mut u64, index: usize, width: usize, codes: &[Code]) {
    // A schema of very many atoms has no bit for the last ones.
    if codes.len() != width || index >= SINGLES_MAX {
        return;
    }
    *single |= bit_of(index);
    let Some([first, second]) = singles.as_chunks_mut::<2>().0.get_mut(index) else {
        return;
    };
    match *codes {
        [code] => *first = code,
        [left, right] => (*first, *second) = (left, right),
        _ => {}
    }
}

/// The name that an atom is about, when it is about one and nothing else.
#[inline]
fn single(person: &Person, names: &PersonNames, of: NameOf, form: NameForm) -> Option<NameId> {
    let initials = form == NameForm::Initial;
    let list = match of {
        NameOf::First if initials && !person.first_initials.is_empty() => return None,
        NameOf::Last if initials && !person.last_initials.is_empty() => return None,
        NameOf::First => &names.first,
        NameOf::Last => &names.last,
        NameOf::Middle => &names.middle,
        NameOf::AnyOne | NameOf::AnyTwo => return None,
    };
    match list[..] {
        [name] => Some(name),
        _ => None,
    }
}
