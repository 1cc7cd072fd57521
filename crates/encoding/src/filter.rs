//! The filter of names and birth date: tokens, their positions, the diffused bits.
//!
//! Positions of a token are `k` distinct numbers read from a keyed BLAKE3 stream: independent positions, never double hashing, whose
//! structure gives tokens away (Kroll and Steinmetzer 2015; Niedermeyer and others 2014).

use std::collections::{BTreeSet, HashMap};

use kinfold_identity::{Person, canonical_nicknames};
use kinfold_schema::FilterSchema;

use crate::ProjectSecrets;
use crate::diffusion::Diffusion;

/// Makes one kind of filter.
pub(crate) struct FilterMaker {
    bits: usize,
    names: blake3::Hasher,
    birth: blake3::Hasher,
    blank: blake3::Hasher,
    diffusion: Diffusion,
    k: Positions,
}

/// Positions of each kind of token.
struct Positions {
    name_bigram: usize,
    name_part: usize,
    birth_day_month: usize,
    birth_year: usize,
    birth_digit: usize,
}

/// Positions already drawn, per worker. There are few distinct tokens (bigrams, name parts, digits), so nearly every token is met
/// again; the map is never iterated, so its order cannot matter.
#[derive(Default)]
pub(crate) struct Cache {
    positions: HashMap<(bool, Vec<u8>), Vec<u16>>,
}

/// Most tokens that a cache keeps, so that memory stays bounded however many names a file has.
const CACHE_MAX: usize = 1 << 15;

impl FilterMaker {
    pub(crate) fn new(schema: &FilterSchema, secrets: &ProjectSecrets) -> Self {
        let purpose = |part: &str| secrets.hasher(&format!("filter/{}/{part}", schema.id));
        let unit = f64::from(schema.unit_positions);
        let count = |weight: f64| (unit * weight).round() as usize;
        let w = schema.weights;
        Self {
            bits: schema.bits as usize,
            names: purpose("names"),
            birth: purpose("birth"),
            blank: purpose("blank"),
            diffusion: Diffusion::draw(
                &purpose("diffusion"),
                schema.bits as usize,
                schema.diffusion as usize,
            ),
            k: Positions {
                name_bigram: count(w.name_bigram),
                name_part: count(w.name_part),
                birth_day_month: count(w.birth_day_month),
                birth_year: count(w.birth_year),
                birth_digit: count(w.birth_digit),
            },
        }
    }

    /// Words of one filter.
    pub(crate) fn words(&self) -> usize {
        self.bits / 64
    }

    /// Writes the diffused filter of `person` into `out` and returns its fill before diffusion, or `None` when the person lacks a
    /// first name, a family name or a full birth date: then the bits are random, drawn from the record reference, because a filter
    /// of part of the tokens would be a bare code of that part. So they are when the person may not be linked.
    pub(crate) fn make(
        &self,
        person: &Person,
        record_ref: &[u8; 16],
        cache: &mut Cache,
        out: &mut [u64],
    ) -> Option<f64> {
        let names = name_tokens(person).filter(|_| !person.do_not_link);
        let birth = person
            .births
            .iter()
            .find_map(|b| Some((b.year, b.month?, b.day?)));
        let (Some(names), Some((year, month, day))) = (names, birth) else {
            let mut hasher = self.blank.clone();
            hasher.update(record_ref);
            let mut bytes = vec![0; self.bits / 8];
            hasher.finalize_xof().fill(&mut bytes);
            for (word, chunk) in out.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
            }
            return None;
        };
        let mut filter = vec![0u64; self.words()];
        for token in &names {
            let k = if token[0] == b'W' {
                self.k.name_part
            } else {
                self.k.name_bigram
            };
            self.set(&mut filter, true, token, k, cache);
        }
        // Day and month share one label: when they are swapped, the set of tokens stays the same.
        for part in BTreeSet::from([day, month]) {
            self.set(
                &mut filter,
                false,
                format!("v{part:02}").as_bytes(),
                self.k.birth_day_month,
                cache,
            );
        }
        self.set(
            &mut filter,
            false,
            format!("y{year:04}").as_bytes(),
            self.k.birth_year,
            cache,
        );
        for (index, digit) in format!("{year:04}{month:02}{day:02}").bytes().enumerate() {
            self.set(
                &mut filter,
                false,
                &[b'd', b'0' + index as u8, digit],
                self.k.birth_digit,
                cache,
            );
        }
        let ones: u32 = filter.iter().map(|word| word.count_ones()).sum();
        self.diffusion.apply(&filter, out);
        Some(f64::from(ones) / self.bits as f64)
    }

    fn set(&self, filter: &mut [u64], is_name: bool, token: &[u8], k: usize, cache: &mut Cache) {
        if cache.positions.len() >= CACHE_MAX {
            cache.positions.clear();
        }
        let positions = cache
            .positions
            .entry((is_name, token.to_vec()))
            .or_insert_with(|| {
                self.positions(if is_name { &self.names } else { &self.birth }, token, k)
            });
        for &position in positions.iter() {
            filter[position as usize / 64] |= 1 << (position % 64);
        }
    }

    /// `k` distinct positions of a token.
    fn positions(&self, hasher: &blake3::Hasher, token: &[u8], k: usize) -> Vec<u16> {
        let mut hasher = hasher.clone();
        hasher.update(token);
        let mut reader = hasher.finalize_xof();
        let zone = u32::MAX - u32::MAX % self.bits as u32;
        let mut positions = Vec::with_capacity(k);
        while positions.len() < k.min(self.bits) {
            let mut bytes = [0; 4];
            reader.fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            let position = (number % self.bits as u32) as u16;
            if number < zone && !positions.contains(&position) {
                positions.push(position);
            }
        }
        positions
    }
}

/// The set of name tokens: padded bigrams (`B..`) and whole parts (`W..`) of every name part; bigrams only of formal names of short
/// forms. `None` without a first or without a family name.
fn name_tokens(person: &Person) -> Option<BTreeSet<Vec<u8>>> {
    if person.first_names.is_empty() || person.family_names.is_empty() {
        return None;
    }
    let mut tokens = BTreeSet::new();
    let mut bigrams = |part: &str| {
        let padded: Vec<u8> = [b"_", part.as_bytes(), b"_"].concat();
        for pair in padded.windows(2) {
            tokens.insert(vec![b'B', pair[0], pair[1]]);
        }
    };
    let parts = person
        .first_names
        .iter()
        .chain(&person.middle_names)
        .chain(person.family_names.iter().flat_map(|name| &name.parts));
    for part in parts.clone() {
        bigrams(part);
    }
    for first in &person.first_names {
        for formal in canonical_nicknames(first) {
            bigrams(formal);
        }
    }
    for part in parts {
        tokens.insert([b"W", part.as_bytes()].concat());
    }
    Some(tokens)
}
