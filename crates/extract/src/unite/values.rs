//! Every value that people are compared by, once and by number.
//!
//! A name stands in hundreds of rows, and a pair of names in thousands of comparisons. Here each text is kept once; people are short lists of
//! numbers (see [`super::brief`]), equal values are equal numbers, and what a text needs for comparing is worked out when it is met first.

use super::likeness::within;
use kinfold_identity::{AddressSpell, BirthDate, FamilyName, canonical_nicknames, soundex};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// The number of no value.
pub(super) const NONE: u32 = u32::MAX;
/// Bytes of texts that are kept together. The room is never moved, so that no copy is left behind unwiped.
const CHUNK: usize = 1 << 18;

/// All values of some rows.
pub(super) struct Values {
    chunks: Vec<Zeroizing<String>>,
    texts: Vec<Text>,
    /// Numbers of texts by their hashes, open addressing; [`NONE`] where free.
    table: Vec<u32>,
    families: Vec<Family>,
    /// Parts of the family names, one name after another.
    parts: Vec<u32>,
    family_numbers: HashMap<Box<[u32]>, u32>,
    births: Vec<Birth>,
    birth_numbers: HashMap<BirthDate, u32>,
    homes: Vec<Home>,
    home_numbers: HashMap<[u32; 7], u32>,
}

/// A text, and what comparing it as a name needs.
#[derive(Clone, Copy)]
struct Text {
    chunk: u32,
    start: u32,
    length: u32,
    hash: u64,
    /// The last eight bytes, or all of a shorter text.
    tail: [u8; 8],
    name: NameFacts,
    initial: u8,
}

/// What a name is known by beside its letters.
#[derive(Clone, Copy)]
pub(super) struct NameFacts {
    /// The formal names that it may stand for; [`NONE`] for no more.
    pub(super) formal: [u32; 2],
    /// How it sounds; 0 when it has no letters.
    pub(super) sound: u32,
}

const NO_NAME: NameFacts = NameFacts {
    formal: [NONE; 2],
    sound: 0,
};

/// A family name.
#[derive(Clone, Copy)]
pub(super) struct Family {
    pub(super) whole: u32,
    parts: (u32, u32),
    /// Whether agreement on it says little.
    pub(super) says_little: bool,
}

/// A birth date.
#[derive(Clone, Copy)]
pub(super) struct Birth {
    pub(super) date: BirthDate,
    pub(super) hash: u64,
    /// How often each digit stands in a full date, four bits each.
    counts: u64,
    /// The eight digits of a full date, four bits each, the year's first.
    digits: u32,
}

impl Birth {
    /// The edits between two different full dates as far as their digits alone say it, more than two being three: the optimal string
    /// alignment of their canonical texts.
    pub(super) fn edits(&self, other: &Self) -> Option<u8> {
        if self.date.year.max(other.date.year) > 9999 {
            return None;
        }
        let differ = self.digits ^ other.digits;
        let places = (differ | differ >> 1 | differ >> 2 | differ >> 3) & 0x1111_1111;
        match places.count_ones() {
            1 => Some(1),
            2 => {
                let low = places.trailing_zeros();
                let pair = |digits: u32| (digits >> low & 15, digits >> (low + 4) & 15);
                let (one, second) = (pair(self.digits), pair(other.digits));
                // Neighbours with no hyphen between them: day with day, month with month, year with year.
                let beside = places >> low == 0x11 && ![4, 12].contains(&low);
                let exchanged = beside && one == (second.1, second.0);
                Some(if exchanged { 1 } else { 2 })
            }
            // Two edits that change three places or more are exchanges or a digit moved, with one other digit at most.
            _ if counts_apart(self.counts, other.counts) > 1 => Some(3),
            _ => None,
        }
    }
}

/// Digits that one date has and the other lacks: never more than the edits between them.
fn counts_apart(one: u64, other: u64) -> u32 {
    if one == other {
        return 0;
    }
    let (mut over, mut under) = (0, 0);
    for digit in 0..10 {
        let count = |counts: u64| (counts >> (4 * digit) & 15) as u32;
        over += count(one).saturating_sub(count(other));
        under += count(other).saturating_sub(count(one));
    }
    over.max(under)
}

fn tail(text: &str) -> [u8; 8] {
    let mut tail = [0; 8];
    let bytes = text.as_bytes();
    let last = &bytes[bytes.len().saturating_sub(8)..];
    tail[..last.len()].copy_from_slice(last);
    tail
}

/// An address as far as it is compared: numbers of texts, [`NONE`] for what it lacks.
#[derive(Clone, Copy)]
pub(super) struct Home {
    pub(super) flat: u32,
    /// Number or name of the house.
    pub(super) house: u32,
    /// The street without spaces.
    pub(super) street: u32,
    pub(super) postcode: u32,
    pub(super) town: u32,
    /// The whole address in one form.
    pub(super) canonical: u32,
    pub(super) uprn: u32,
}

impl Home {
    /// House, or the flat where there is no house, of an address with a street.
    pub(super) fn number(&self) -> Option<u32> {
        let number = if self.house == NONE {
            self.flat
        } else {
            self.house
        };
        (self.street != NONE && number != NONE).then_some(number)
    }
}

impl Values {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            texts: Vec::new(),
            table: vec![NONE; 1 << 10],
            families: Vec::new(),
            parts: Vec::new(),
            family_numbers: HashMap::new(),
            births: Vec::new(),
            birth_numbers: HashMap::new(),
            homes: Vec::new(),
            home_numbers: HashMap::new(),
        }
    }

    pub(super) fn text(&self, number: u32) -> &str {
        let text = &self.texts[number as usize];
        let start = text.start as usize;
        &self.chunks[text.chunk as usize][start..start + text.length as usize]
    }

    pub(super) fn length(&self, text: u32) -> usize {
        self.texts[text as usize].length as usize
    }

    /// See [`hash`].
    pub(super) fn hash(&self, text: u32) -> u64 {
        self.texts[text as usize].hash
    }

    pub(super) fn name(&self, text: u32) -> &NameFacts {
        &self.texts[text as usize].name
    }

    /// The first byte; 0 of an empty text.
    pub(super) fn initial(&self, name: u32) -> u8 {
        self.texts[name as usize].initial
    }

    /// Whether two texts are at most one edit apart, see [`within`].
    pub(super) fn one_slip(&self, one: u32, other: u32) -> bool {
        let (first, second) = (&self.texts[one as usize], &self.texts[other as usize]);
        // One edit changes at most two of the bytes of texts of one length.
        if first.length == second.length {
            let bytes = first.tail.iter().zip(&second.tail);
            if bytes.filter(|(one, other)| one != other).count() > 2 {
                return false;
            }
        }
        within(self.text(one), self.text(other), 1)
    }

    /// A name and the formal names it may stand for.
    pub(super) fn forms(&self, name: u32) -> impl Iterator<Item = u32> {
        let formal = self.name(name).formal.into_iter();
        std::iter::once(name).chain(formal.filter(|form| *form != NONE))
    }

    pub(super) fn family(&self, number: u32) -> &Family {
        &self.families[number as usize]
    }

    pub(super) fn parts(&self, family: &Family) -> &[u32] {
        &self.parts[family.parts.0 as usize..family.parts.1 as usize]
    }

    pub(super) fn birth(&self, number: u32) -> &Birth {
        &self.births[number as usize]
    }

    pub(super) fn home(&self, number: u32) -> &Home {
        &self.homes[number as usize]
    }

    /// The number of a text.
    pub(super) fn add_text(&mut self, text: &str) -> u32 {
        let hash = hash(text);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while self.table[at] != NONE {
            let known = self.table[at];
            if self.hash(known) == hash && self.text(known) == text {
                return known;
            }
            at = (at + 1) & mask;
        }
        let number = self.texts.len() as u32;
        self.table[at] = number;
        let room = |chunk: &Zeroizing<String>| chunk.capacity() - chunk.len() >= text.len();
        if !self.chunks.last().is_some_and(room) {
            let chunk = String::with_capacity(CHUNK.max(text.len()));
            self.chunks.push(Zeroizing::new(chunk));
        }
        let chunk = self.chunks.len() - 1;
        let start = self.chunks[chunk].len() as u32;
        self.chunks[chunk].push_str(text);
        self.texts.push(Text {
            chunk: chunk as u32,
            start,
            length: text.len() as u32,
            hash,
            tail: tail(text),
            name: NO_NAME,
            initial: text.bytes().next().unwrap_or(0),
        });
        if self.texts.len() * 2 > self.table.len() {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        self.table = vec![NONE; mask + 1];
        for (number, text) in self.texts.iter().enumerate() {
            let mut at = text.hash as usize & mask;
            while self.table[at] != NONE {
                at = (at + 1) & mask;
            }
            self.table[at] = number as u32;
        }
    }

    /// The number of a name, with its formal names and its sound.
    pub(super) fn add_name(&mut self, name: &str) -> u32 {
        let number = self.add_text(name);
        if self.name(number).sound == 0 && self.name(number).formal == [NONE; 2] {
            let mut facts = NO_NAME;
            let formal = canonical_nicknames(name).iter();
            for (place, form) in facts.formal.iter_mut().zip(formal) {
                *place = self.add_text(form);
            }
            facts.sound = soundex(name).map_or(0, u32::from_be_bytes);
            self.texts[number as usize].name = facts;
        }
        number
    }

    pub(super) fn add_family(&mut self, name: &FamilyName) -> u32 {
        let whole = self.add_name(&name.whole);
        let mut key = vec![whole];
        for part in &name.parts {
            key.push(self.add_name(part));
        }
        if let Some(known) = self.family_numbers.get(&*key) {
            return *known;
        }
        let number = self.families.len() as u32;
        let start = self.parts.len() as u32;
        self.parts.extend(&key[1..]);
        self.families.push(Family {
            whole,
            parts: (start, self.parts.len() as u32),
            says_little: name.is_low_information(),
        });
        self.family_numbers.insert(key.into(), number);
        number
    }

    pub(super) fn add_birth(&mut self, date: BirthDate) -> u32 {
        let births = &mut self.births;
        *self.birth_numbers.entry(date).or_insert_with(|| {
            let iso = date.iso();
            let digits = iso.bytes().filter(u8::is_ascii_digit);
            births.push(Birth {
                date,
                hash: birth_hash(date),
                counts: digits
                    .clone()
                    .fold(0, |all, digit| all + (1 << (4 * (digit - b'0')))),
                digits: digits.fold(0, |all, digit| all << 4 | u32::from(digit - b'0')),
            });
            births.len() as u32 - 1
        })
    }

    pub(super) fn add_home(&mut self, spell: &AddressSpell) -> u32 {
        let mut add = |text: Option<&str>| text.map_or(NONE, |text| self.add_text(text));
        let address = spell.address.as_ref();
        let own_town = spell.town.as_deref();
        let street = address.map(|address| address.street.concat());
        let home = Home {
            flat: add(address.and_then(|address| address.flat.as_deref())),
            house: add(address.and_then(|address| address.number.as_deref())),
            street: add(street.as_deref().filter(|street| !street.is_empty())),
            postcode: add(address.and_then(|address| Some(address.postcode.as_ref()?.unit()))),
            town: add(own_town.or_else(|| address?.town.as_deref())),
            canonical: add(address
                .and_then(kinfold_identity::Address::canonical)
                .as_deref()),
            uprn: add(spell.uprn.as_ref().map(kinfold_identity::Uprn::as_str)),
        };
        let key = [
            home.flat,
            home.house,
            home.street,
            home.postcode,
            home.town,
            home.canonical,
            home.uprn,
        ];
        let homes = &mut self.homes;
        *self.home_numbers.entry(key).or_insert_with(|| {
            homes.push(home);
            homes.len() as u32 - 1
        })
    }
}

fn birth_hash(birth: BirthDate) -> u64 {
    let part = |part: Option<u8>| u64::from(part.unwrap_or(0));
    mix(u64::from(birth.year) << 16 | part(birth.month) << 8 | part(birth.day))
}

/// A text's hash: FNV-1a (Fowler, Noll, Vo), finished by the mixer of `SplitMix64` (Steele, Lea, Flood 2014). The same on every machine.
pub(super) fn hash(text: &str) -> u64 {
    let bytes = text.bytes();
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn edits_of_dates_are_those_of_their_texts(
            one in (1898_u16..2030, 1_u8..13, 1_u8..32),
            other in (1898_u16..2030, 1_u8..13, 1_u8..32),
            near in any::<[bool; 3]>(),
        ) {
            // Dates that share a part, as most do that are compared.
            let other = (
                if near[0] { one.0 } else { other.0 },
                if near[1] { one.1 } else { other.1 },
                if near[2] { one.2 } else { other.2 },
            );
            let date = |(year, month, day)| BirthDate { year, month: Some(month), day: Some(day) };
            let mut values = Values::new();
            let (first, second) = (values.add_birth(date(one)), values.add_birth(date(other)));
            let edits = strsim::osa_distance(&date(one).iso(), &date(other).iso()).min(3);
            if first != second && let Some(found) = values.birth(first).edits(values.birth(second)) {
                prop_assert_eq!(usize::from(found), edits);
            }
        }

        #[test]
        fn one_slip_is_one_edit(one in "[A-C0-3]{0,12}", other in "[A-C0-3]{0,12}", at in 0_usize..12, letter in "[A-C]") {
            let mut near = one.clone();
            if at < near.len() {
                near.replace_range(at..=at, &letter);
            }
            let mut values = Values::new();
            for other in [other, near] {
                let numbers = (values.add_text(&one), values.add_text(&other));
                prop_assert_eq!(values.text(numbers.0), one.as_str());
                prop_assert_eq!(values.one_slip(numbers.0, numbers.1), strsim::osa_distance(&one, &other) <= 1);
            }
        }
    }
}
