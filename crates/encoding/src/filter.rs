//! Filters: from the values of fields to tokens, from tokens to bits.
//!
//! Positions of a token are `k` distinct numbers read from a keyed BLAKE3 stream: independent positions, never double hashing, whose
//! structure gives tokens away (Kroll and Steinmetzer 2015; Niedermeyer and others 2014). `k` is the schema's `unit_positions` times the
//! token's weight times its group's scale. A token of a smaller `k` has the first of the same positions.

use kinfold_identity::{Address, BirthDate, Person, Postcode};
use kinfold_schema::{FieldName, FilterSchema, Schema, TokenForm, risk};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Map;
use crate::births::BirthHalf;
use crate::contact;
use crate::diffusion::Diffusion;
use crate::person;
use crate::{ProjectSecrets, Simd};

/// One kind of filter, prepared.
pub(crate) struct FilterPlan {
    /// Its number in the schema.
    pub index: usize,
    /// Facts that a record must have (bits of `Fact::bit`).
    pub requires: u32,
    /// A bit of a random filter is one when a random byte is below this.
    random_below: u8,
    /// Words before diffusion.
    pub inner_words: usize,
    /// Words that are released.
    pub words: usize,
    /// The diffusion, if there is one.
    pub diffusion: Option<Diffusion>,
    /// A keyed hash for random bits.
    blank: blake3::Hasher,
    hashers: Vec<blake3::Hasher>,
    tokens: Vec<TokenPlan>,
    /// What it has tokens of.
    pub themes: Themes,
}

/// What a filter has tokens of. A filter that gets none of one of them is a bare code of the rest.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Themes {
    pub names: bool,
    pub birth: bool,
    pub others: bool,
}

impl Themes {
    fn of(tokens: &[TokenPlan]) -> Self {
        let mut themes = Self::default();
        for token in tokens.iter().filter(|token| token.positions > 0) {
            match token.field {
                FieldName::FirstName | FieldName::MiddleName | FieldName::LastName => {
                    themes.names = true;
                }
                FieldName::BirthDate => themes.birth = true,
                _ => themes.others = true,
            }
        }
        themes
    }
}

/// One kind of token, prepared.
struct TokenPlan {
    field: FieldName,
    form: TokenForm,
    positions: u16,
    /// The number of its group's hasher: all fields of a group share one key, so that a name in another field keeps its bits.
    hasher: usize,
}

/// Fields of names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameField {
    First,
    Middle,
    Last,
}

impl NameField {
    pub(crate) const COUNT: usize = 3;

    fn name(self) -> FieldName {
        match self {
            Self::First => FieldName::FirstName,
            Self::Middle => FieldName::MiddleName,
            Self::Last => FieldName::LastName,
        }
    }
}

impl FilterPlan {
    /// Prepares a filter of a schema.
    pub(crate) fn new(
        index: usize,
        filter: &FilterSchema,
        schema: &Schema,
        secrets: &ProjectSecrets,
        simd: Simd,
    ) -> Self {
        let purpose = |part: &str| secrets.hasher(&format!("filter/{}/{part}", filter.id));
        let group_of = |field| {
            schema
                .field(field)
                .expect("a schema's tokens are of its fields")
                .group
                .as_str()
        };
        let mut groups: Vec<&str> = filter
            .tokens
            .iter()
            .map(|token| group_of(token.field))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let tokens: Vec<TokenPlan> = filter
            .tokens
            .iter()
            .map(|token| {
                let group = group_of(token.field);
                let positions =
                    f64::from(filter.unit_positions) * token.weight * filter.scale[group];
                TokenPlan {
                    field: token.field,
                    form: token.form,
                    positions: libm::round(positions) as u16,
                    hasher: groups
                        .binary_search(&group)
                        .expect("the groups of all tokens are there"),
                }
            })
            .collect();
        let (m, l) = (
            filter.inner_bits.unwrap_or(filter.bits) as usize,
            filter.bits as usize,
        );
        Self {
            index,
            requires: filter
                .requires
                .iter()
                .fold(0, |facts, fact| facts | fact.bit()),
            random_below: (risk::nominal_fill(filter, &schema.fields).clamp(0.05, 0.95) * 256.0)
                as u8,
            inner_words: m / 64,
            words: l / 64,
            diffusion: (filter.diffusion > 0).then(|| {
                Diffusion::draw(&purpose("diffusion"), m, l, filter.diffusion as usize, simd)
            }),
            blank: purpose("blank"),
            hashers: groups
                .iter()
                .map(|group| purpose(&format!("group/{group}")))
                .collect(),
            themes: Themes::of(&tokens),
            tokens,
        }
    }

    /// The bits of a name in a field.
    pub(crate) fn name_mask(
        &self,
        name: &str,
        formals: &[&str],
        field: NameField,
        book: &mut TokenBook,
    ) -> Box<[u64]> {
        let mut mask = vec![0; self.inner_words].into_boxed_slice();
        for token in self.tokens.iter().filter(|t| t.field == field.name()) {
            match token.form {
                TokenForm::Bigrams => {
                    bigrams(name, |pair| self.set(token, b'B', pair, book, &mut mask));
                }
                TokenForm::NicknameBigrams => {
                    for formal in formals {
                        bigrams(formal, |pair| self.set(token, b'B', pair, book, &mut mask));
                    }
                }
                TokenForm::Whole => self.set(token, b'W', name.as_bytes(), book, &mut mask),
                _ => {}
            }
        }
        mask
    }

    /// Switches on the bits of one half of a birth date.
    pub(crate) fn mark_birth(&self, half: BirthHalf, book: &mut TokenBook, out: &mut [u64]) {
        let mut digits = [0; 8];
        let (year, month, day) = match half {
            BirthHalf::Year(year) => (year, 0, 0),
            BirthHalf::Day(month, day) => (0, month, day),
        };
        let known = |number: u8| (number > 0).then_some(number);
        let birth = BirthDate {
            year,
            month: known(month),
            day: known(day),
        };
        person::date_digits(birth, &mut digits);
        for token in self.tokens_of(FieldName::BirthDate) {
            match (token.form, half) {
                // Day and month share one label: when they are swapped, the set of tokens stays the same.
                (TokenForm::DayMonth, BirthHalf::Day(month, day)) => {
                    for part in [day, month].into_iter().filter(|part| *part > 0) {
                        self.set(token, b'v', &[part], book, out);
                    }
                }
                (TokenForm::Year, BirthHalf::Year(year)) => {
                    self.set(token, b'y', &year.to_le_bytes(), book, out);
                }
                (TokenForm::Digits, half) => {
                    let places = match half {
                        BirthHalf::Year(_) => 0..4,
                        BirthHalf::Day(month, day) if month > 0 && day > 0 => 4..8,
                        BirthHalf::Day(..) => 0..0,
                    };
                    for place in places {
                        self.set(token, b'd', &[place as u8, digits[place]], book, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// Switches on the bits of tokens of a whole birth date; says whether there are any.
    pub(crate) fn mark_whole_birth(
        &self,
        birth: BirthDate,
        book: &mut TokenBook,
        out: &mut [u64],
    ) -> bool {
        let mut any = false;
        for token in self.tokens_of(FieldName::BirthDate) {
            if token.form == TokenForm::Whole {
                let mut digits = [0; 8];
                person::date_digits(birth, &mut digits);
                self.set(token, b'D', &digits, book, out);
                any |= token.positions > 0;
            }
        }
        any
    }

    fn tokens_of(&self, field: FieldName) -> impl Iterator<Item = &TokenPlan> {
        self.tokens.iter().filter(move |token| token.field == field)
    }

    /// Switches on the bits of all other fields.
    pub(crate) fn mark_others(&self, person: &Person, book: &mut TokenBook, out: &mut [u64]) {
        let homes = || person::open_homes(person);
        for token in &self.tokens {
            let mut set = |label: u8, text: &[u8]| self.set(token, label, text, book, out);
            match token.field {
                FieldName::FirstName
                | FieldName::MiddleName
                | FieldName::LastName
                | FieldName::BirthDate => {}
                FieldName::Sex => {
                    if let Some(sex) = person.sex {
                        set(b'x', sex.letter().as_bytes());
                    }
                }
                FieldName::BirthPlace => {
                    if let Some(place) = &person.birth_place {
                        match token.form {
                            TokenForm::Words => {
                                for word in place.split(' ') {
                                    set(b'b', word.as_bytes());
                                }
                            }
                            TokenForm::Bigrams => bigrams(place, |pair| set(b'g', pair)),
                            _ => set(b'p', place.as_bytes()),
                        }
                    }
                }
                FieldName::Telephone => {
                    for number in contact::telephones(person) {
                        match token.form {
                            TokenForm::Bigrams => bigrams(number.as_str(), |pair| set(b'a', pair)),
                            form => number_tokens(number.as_str(), b'c', form, &mut set),
                        }
                    }
                }
                FieldName::Email => {
                    for email in &person.emails {
                        match token.form {
                            TokenForm::Bigrams => bigrams(email.local(), |pair| set(b'e', pair)),
                            _ => set(b'E', email.as_str().as_bytes()),
                        }
                    }
                }
                FieldName::Town => {
                    for town in person::towns(person) {
                        match token.form {
                            TokenForm::Words => {
                                for word in town.split(' ') {
                                    set(b'k', word.as_bytes());
                                }
                            }
                            TokenForm::Bigrams => bigrams(town, |pair| set(b'm', pair)),
                            // As the town of an address.
                            _ => set(b'T', town.as_bytes()),
                        }
                    }
                }
                FieldName::Postcode => {
                    for postcode in homes().filter_map(|home| home.postcode.as_ref()) {
                        postcode_tokens(postcode, token.form, &mut set);
                    }
                }
                FieldName::Address => {
                    for home in homes() {
                        address_tokens(home, token.form, &mut set);
                    }
                }
                FieldName::Uprn => {
                    if !person.protected_address {
                        for uprn in person.addresses.iter().filter_map(|s| s.uprn.as_ref()) {
                            number_tokens(uprn.as_str(), b'u', token.form, &mut set);
                        }
                    }
                }
                FieldName::PostcodeSector => {
                    for sector in person::sectors(person) {
                        set(b's', sector.sector().as_bytes());
                    }
                }
                FieldName::FirstInitial => {
                    for initial in person::first_initials(person) {
                        set(b'i', &[initial]);
                    }
                }
                FieldName::LastInitial => {
                    for initial in person::last_initials(person) {
                        set(b'j', &[initial]);
                    }
                }
                FieldName::NhsNumber => {
                    if let Some(id) = &person.nhs {
                        number_tokens(id.as_str(), b'n', token.form, &mut set);
                    }
                }
                FieldName::Upn => {
                    if let Some(id) = &person.upn {
                        number_tokens(id.as_str(), b'q', token.form, &mut set);
                    }
                }
                FieldName::Nino => {
                    if let Some(id) = &person.nino {
                        number_tokens(id.as_str(), b'o', token.form, &mut set);
                    }
                }
                FieldName::Uln => {
                    if let Some(id) = &person.uln {
                        number_tokens(id.as_str(), b'l', token.form, &mut set);
                    }
                }
            }
        }
    }

    fn set(
        &self,
        token: &TokenPlan,
        label: u8,
        text: &[u8],
        book: &mut TokenBook,
        out: &mut [u64],
    ) {
        let mask = book.mask(self, token, label, text);
        for (word, bits) in out.iter_mut().zip(mask) {
            *word |= bits;
        }
    }

    /// Bits before diffusion for a record that may not have a filter: random, as many ones as others have, made from a reference that lasts so
    /// that two periods show the same. They go through the diffusion like any other: its outputs obey relations that free bits would not,
    /// and whoever knows them could tell the two apart.
    pub(crate) fn random(&self, lasting_ref: &[u8; 16], inner: &mut [u64]) {
        let mut hasher = self.blank.clone();
        hasher.update(lasting_ref);
        let mut reader = hasher.finalize_xof();
        let mut bytes = [0; 64];
        for word in inner {
            reader.fill(&mut bytes);
            *word = bytes.iter().fold(0, |word, &byte| {
                word << 1 | u64::from(byte < self.random_below)
            });
        }
    }
}

fn postcode_tokens(postcode: &Postcode, form: TokenForm, set: &mut dyn FnMut(u8, &[u8])) {
    match form {
        TokenForm::Whole => set(b'U', postcode.unit().as_bytes()),
        TokenForm::Sector => set(b's', postcode.sector().as_bytes()),
        TokenForm::District => set(b't', postcode.district().as_bytes()),
        TokenForm::PositionalBigrams => {
            for (place, pair) in postcode.unit().as_bytes().windows(2).enumerate() {
                set(b'z', &[place as u8, pair[0], pair[1]]);
            }
        }
        _ => {}
    }
}

fn address_tokens(home: &Address, form: TokenForm, set: &mut dyn FnMut(u8, &[u8])) {
    let house = home.number.as_deref().or(home.flat.as_deref());
    let street = home.street.join(" ");
    let with = |house: &str, other: &str| format!("{house}\u{1f}{other}");
    match form {
        TokenForm::House => {
            if let Some(house) = house {
                set(b'h', house.as_bytes());
            }
        }
        TokenForm::HousePostcode => {
            if let (Some(house), Some(postcode)) = (house, &home.postcode) {
                set(b'H', with(house, postcode.unit()).as_bytes());
            }
        }
        TokenForm::HouseStreet => {
            if let (Some(house), false) = (house, street.is_empty()) {
                set(b'S', with(house, &street).as_bytes());
            }
        }
        TokenForm::StreetWords => {
            for word in &home.street {
                set(b'w', word.as_bytes());
            }
        }
        TokenForm::StreetBigrams => bigrams(&street, |pair| set(b'r', pair)),
        TokenForm::Town => {
            if let Some(town) = &home.town {
                set(b'T', town.as_bytes());
            }
        }
        TokenForm::Flat => {
            if let Some(flat) = &home.flat {
                set(b'f', flat.as_bytes());
            }
        }
        _ => {}
    }
}

fn number_tokens(text: &str, label: u8, form: TokenForm, set: &mut dyn FnMut(u8, &[u8])) {
    if form == TokenForm::Digits {
        for (place, digit) in text.bytes().enumerate() {
            set(label, &[place as u8, digit]);
        }
    } else {
        set(label, text.as_bytes());
    }
}

/// Pairs of neighbouring letters, with a pad at each end.
fn bigrams(text: &str, mut each: impl FnMut(&[u8])) {
    let mut before = b'_';
    for letter in text.bytes().chain([b'_']) {
        each(&[before, letter]);
        before = letter;
    }
}

/// Tokens met before, with their bits.
#[derive(Default)]
pub(crate) struct TokenBook {
    masks: Map<Box<[u8]>, Box<[u64]>>,
    name: Zeroizing<Vec<u8>>,
    /// What was asked for, when somebody listens.
    heard: Option<Vec<Heard>>,
}

/// A token that was asked for.
pub(crate) struct Heard {
    /// A number for the token and its key.
    pub token: u64,
    /// Its positions.
    pub positions: u16,
}

impl TokenBook {
    /// Forgets everything, and leaves no plain text in memory.
    fn forget(&mut self) {
        for (mut token, _) in self.masks.drain() {
            token.zeroize();
        }
    }
}

impl Drop for TokenBook {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Most tokens that a book keeps.
const TOKENS_MAX: usize = 1 << 14;

impl TokenBook {
    /// From now on remembers what is asked for.
    pub(crate) fn listen(&mut self) {
        self.heard = Some(Vec::new());
    }

    /// What was asked for since the call of [`TokenBook::listen`]; no longer remembers.
    pub(crate) fn heard(&mut self) -> Vec<Heard> {
        self.heard.take().unwrap_or_default()
    }

    fn mask(&mut self, filter: &FilterPlan, token: &TokenPlan, label: u8, text: &[u8]) -> &[u64] {
        self.name.clear();
        self.name.extend([filter.index as u8, token.hasher as u8]);
        self.name.extend(token.positions.to_le_bytes());
        let hashed = self.name.len();
        self.name.push(label);
        self.name.extend_from_slice(text);
        if let Some(heard) = &mut self.heard {
            // Fields of a group share their key, and one token has the same first positions whatever its weight.
            let mut hasher = filter.hashers[token.hasher].clone();
            hasher.update(&self.name[hashed..]);
            let number = *hasher
                .finalize()
                .as_bytes()
                .first_chunk()
                .expect("32 bytes");
            heard.push(Heard {
                token: u64::from_le_bytes(number),
                positions: token.positions,
            });
        }
        if self.masks.len() >= TOKENS_MAX {
            self.forget();
        }
        if !self.masks.contains_key(self.name.as_slice()) {
            let mask = positions(
                &filter.hashers[token.hasher],
                &self.name[hashed..],
                token.positions as usize,
                filter.inner_words,
            );
            self.masks.insert(self.name.as_slice().into(), mask);
        }
        &self.masks[self.name.as_slice()]
    }
}

/// A mask with `k` distinct bits.
fn positions(hasher: &blake3::Hasher, token: &[u8], k: usize, words: usize) -> Box<[u64]> {
    let mut hasher = hasher.clone();
    hasher.update(token);
    let mut reader = hasher.finalize_xof();
    let bits = words as u32 * 64;
    // Numbers at or above the largest multiple of `bits` would favour small positions.
    let zone = u32::MAX - u32::MAX % bits;
    let mut mask = vec![0u64; words].into_boxed_slice();
    let mut left = k.min(bits as usize);
    let mut bytes = [0; 64];
    while left > 0 {
        reader.fill(&mut bytes);
        for chunk in bytes.as_chunks::<4>().0 {
            let number = u32::from_le_bytes(*chunk);
            let position = (number % bits) as usize;
            let bit = 1 << (position % 64);
            if left > 0 && number < zone && mask[position / 64] & bit == 0 {
                mask[position / 64] |= bit;
                left -= 1;
            }
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_k_positions_and_a_lighter_one_has_the_first_of_them() {
        let hasher = blake3::Hasher::new_keyed(&[5; 32]);
        for k in [1, 2, 41, 100, 300] {
            let ones = |mask: &[u64]| mask.iter().map(|word| word.count_ones()).sum::<u32>();
            let heavy = positions(&hasher, b"token", k, 32);
            let light = positions(&hasher, b"token", k / 2, 32);
            assert_eq!(ones(&heavy), k as u32);
            assert!(heavy.iter().zip(&light).all(|(h, l)| h & l == *l));
        }
        let all = positions(&hasher, b"token", 9999, 4);
        assert!(all.iter().all(|word| *word == u64::MAX));
    }

    #[test]
    fn bigrams_are_padded() {
        let mut pairs = Vec::new();
        bigrams("AB", |pair| {
            pairs.push(String::from_utf8(pair.to_vec()).unwrap());
        });
        assert_eq!(pairs, ["_A", "AB", "B_"]);
    }
}
