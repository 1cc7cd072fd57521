//! How far filters can be compared with a list of the population, and how many people they are therefore safe for.
//!
//! The attacker of these figures knows every public parameter and no key. For a filter he can compute the expected similarity of any
//! two listed people; what he sees is that similarity in noise. The correlation of the two over pairs of strangers, **rho**, was
//! measured by the release check, mostly on an invented borough, where names go with age and community and relatives live together
//! (26 November 2026: 3,000 to 50,000 people, 2,048 bits, mean fill 0.44 to 0.48). kinfold's design study, with names and dates
//! drawn independently and two pieces of a date more, had two thirds of it: 0.067, 0.025 and 0.012 at t = 4, 5 and 6.
//! Naming people without knowing anybody needs about n * sum(rho^2) >= 4 ln n; a schema must keep n * sum(rho^2) <= ln n, which leaves a
//! factor of four in hand. Somebody who already knows L people of the file is held off while L * sum(rho^2) <= 0.1.

use std::collections::BTreeMap;

use crate::fact::{FieldName, Theme};
use crate::file::{FieldSchema, FilterSchema, TokenForm, TokenSchema};

/// Diffusion and measured rho, at 2,048 bits.
type Curve = &'static [(f64, f64)];

/// Names and birth date. The release check measured 0.093, 0.038, 0.0174 to 0.0193, 0.0086, 0.0043 to 0.0062 and 0.0028 at t = 4, 5, 6, 7, 8 and 10
/// (`benches/README.md`, "Privacy"); what is promised is the largest of these or a little more.
const NAMES_BIRTH: Curve = &[
    (4.0, 0.100),
    (5.0, 0.041),
    (6.0, 0.020),
    (8.0, 0.0065),
    (10.0, 0.003),
];
/// Names, birth date and place in one filter: the design study's 0.083, 0.041 and 0.022, raised as [`NAMES_BIRTH`] was.
const ALL: Curve = &[(4.0, 0.125), (5.0, 0.068), (6.0, 0.037)];
/// Names and place: relatives stand out.
const NAMES_PLACE: Curve = &[
    (4.0, 0.230),
    (5.0, 0.162),
    (6.0, 0.119),
    (8.0, 0.069),
    (10.0, 0.048),
];
/// Birth date and place: the smallest vocabulary.
const BIRTH_PLACE: Curve = &[
    (4.0, 0.241),
    (5.0, 0.128),
    (6.0, 0.071),
    (8.0, 0.029),
    (10.0, 0.015),
];

/// Sizes that are promised; what the law gives is rounded down to one of them.
const SIZES: [u32; 6] = [500, 5_000, 25_000, 75_000, 270_000, 1_000_000];

/// The attacker's correlation for one filter, estimated from what was measured; 1 for filters that nothing was measured for: fewer than
/// four inputs an output, or one theme alone (a bare code of it).
pub fn rho(filter: &FilterSchema) -> f64 {
    let has = |theme| {
        filter
            .tokens
            .iter()
            .any(|token| token.weight > 0.0 && token.field.theme() == theme)
    };
    let curve = match (has(Theme::Names), has(Theme::Birth), has(Theme::Place)) {
        (true, true, false) => NAMES_BIRTH,
        (true, true, true) => ALL,
        (true, false, true) => NAMES_PLACE,
        (false, true, true) => BIRTH_PLACE,
        _ => return 1.0,
    };
    // An identifier, a telephone number or an e-mail address among the tokens was never measured; an initial, a sector or a town has far
    // fewer values than a name or a place.
    let short = |field| {
        matches!(
            field,
            FieldName::FirstInitial
                | FieldName::LastInitial
                | FieldName::PostcodeSector
                | FieldName::Town
        )
    };
    let has_short = filter.tokens.iter().any(|token| short(token.field));
    let has_number = has(Theme::Identifier) || has(Theme::Contact);
    if has_number || has_short || filter.diffusion < 4 {
        return 1.0;
    }
    let width = (f64::from(filter.bits) / 2048.0).sqrt();
    (at(curve, f64::from(filter.diffusion)) * width).min(1.0)
}

/// Geometric interpolation, beyond the ends with the last step's ratio.
fn at(curve: Curve, t: f64) -> f64 {
    let upper = curve
        .iter()
        .position(|&(x, _)| x >= t)
        .unwrap_or(curve.len() - 1)
        .max(1);
    let ((x0, y0), (x1, y1)) = (curve[upper - 1], curve[upper]);
    let share = (t - x0) / (x1 - x0);
    libm::exp(libm::log(y0) + share * (libm::log(y1) - libm::log(y0)))
}

/// How many tokens of a form an average person of the United Kingdom has: counted on kinfold's invented borough, where a person who lacks the
/// field counts as none. The borough has no telephones, e-mail addresses and columns of towns: their figures are of one value each, and no rule
/// of release rests on them (see [`rho`]).
fn typical_tokens(token: &TokenSchema) -> f64 {
    match (token.field, token.form) {
        (FieldName::FirstName, TokenForm::Bigrams) => 6.6,
        (FieldName::FirstName, TokenForm::NicknameBigrams) => 0.6,
        (FieldName::MiddleName, TokenForm::Bigrams) => 3.9,
        (FieldName::MiddleName, TokenForm::Whole) => 0.6,
        (FieldName::LastName, TokenForm::Bigrams) => 6.9,
        (FieldName::BirthPlace, TokenForm::Bigrams) => 8.5,
        (FieldName::Telephone, TokenForm::Bigrams) => 12.0,
        (FieldName::Telephone, TokenForm::Digits) => 11.0,
        (FieldName::Email, TokenForm::Bigrams) => 12.0,
        (FieldName::Town, TokenForm::Bigrams) => 9.0,
        (_, TokenForm::DayMonth) => 2.0,
        (FieldName::BirthDate, TokenForm::Digits) => 8.0,
        (_, TokenForm::Digits) => 10.0,
        (_, TokenForm::PositionalBigrams) => 5.5,
        (_, TokenForm::StreetWords) => 2.1,
        (_, TokenForm::StreetBigrams) => 12.0,
        (_, TokenForm::Flat) => 0.2,
        _ => 1.0,
    }
}

/// Positions that the tokens of an average person take, in all and for each theme that the filter has any of.
fn typical_positions(filter: &FilterSchema, fields: &[FieldSchema]) -> (f64, BTreeMap<Theme, f64>) {
    let mut themes: BTreeMap<Theme, f64> = BTreeMap::new();
    for token in &filter.tokens {
        let group = fields
            .iter()
            .find(|field| field.name == token.field)
            .map(|field| field.group.as_str());
        let scale = group
            .and_then(|group| filter.scale.get(group))
            .unwrap_or(&1.0);
        let each = libm::round(f64::from(filter.unit_positions) * token.weight * scale);
        if token.weight > 0.0 {
            *themes.entry(token.field.theme()).or_default() += each * typical_tokens(token);
        }
    }
    (themes.values().sum(), themes)
}

/// The share of ones before diffusion that an average person's tokens give.
pub fn nominal_fill(filter: &FilterSchema, fields: &[FieldSchema]) -> f64 {
    let bits = f64::from(filter.inner_bits.unwrap_or(filter.bits));
    1.0 - libm::exp(-typical_positions(filter, fields).0 / bits)
}

/// The least share that a theme has of a filter's positions; `None` when the filter has one theme alone.
pub(crate) fn least_theme_share(filter: &FilterSchema, fields: &[FieldSchema]) -> Option<f64> {
    let (all, themes) = typical_positions(filter, fields);
    (themes.len() > 1).then(|| {
        themes
            .values()
            .fold(1.0, |least, own| f64::min(least, own / all))
    })
}

/// Sum of rho squared over the filters of a record: they are attacked together.
pub fn signal(filters: &[FilterSchema]) -> f64 {
    filters.iter().map(|filter| rho(filter).powi(2)).sum()
}

/// The largest number of people with n * signal <= ln n, 0 when there is none.
pub fn people_max_of_signal(signal: f64) -> u32 {
    let safe = |n: u32| f64::from(n) * signal <= libm::log(f64::from(n));
    // n / ln n grows from n = 3 on.
    let (mut low, mut high) = (3u32, 100_000_000u32);
    if !safe(low) {
        return 0;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if safe(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The most people of one file for whom the filters are safe: the law, rounded down to a promised size.
pub fn people_max(filters: &[FilterSchema]) -> u32 {
    if filters.is_empty() {
        return u32::MAX;
    }
    let law = people_max_of_signal(signal(filters));
    SIZES
        .iter()
        .rev()
        .copied()
        .find(|&size| size <= law)
        .unwrap_or(0)
}

/// How many people of the file somebody may know beforehand: L * signal <= 0.1.
pub fn known_max(filters: &[FilterSchema]) -> u32 {
    let signal = signal(filters);
    if signal <= 0.0 {
        return u32::MAX;
    }
    (0.1 / signal) as u32
}

/// The least diffusion that makes a filter by itself safe for so many people, if any up to 16 does.
pub fn diffusion_for(filter: &FilterSchema, people: u32) -> Option<u32> {
    (1..=16).find(|&diffusion| {
        let filter = FilterSchema {
            diffusion,
            ..filter.clone()
        };
        people_max(&[filter]) >= people
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    fn with(t: u32) -> Vec<FilterSchema> {
        let mut filters = Schema::standard().filters;
        filters[0].diffusion = t;
        filters
    }

    #[test]
    fn the_promised_sizes() {
        let sizes = [3, 4, 5, 6, 7, 8, 10].map(|t| people_max(&with(t)));
        assert_eq!(sizes, [0, 500, 5_000, 25_000, 75_000, 270_000, 1_000_000]);
    }

    #[test]
    fn more_filters_or_places_protect_fewer() {
        let one = with(6);
        let two = [one.clone(), one.clone()].concat();
        assert!(people_max(&two) < people_max(&one));
        let mut placed = one.clone();
        placed[0].tokens[0].field = FieldName::Postcode;
        assert!(rho(&placed[0]) > rho(&one[0]));
        let mut bare = one;
        bare[0]
            .tokens
            .retain(|token| token.field.theme() == Theme::Names);
        assert_eq!(people_max(&bare), 0);
    }

    #[test]
    fn known_people() {
        // 0.1 / 0.020^2, and 0.1 / 0.0065^2.
        assert!((249..=250).contains(&known_max(&with(6))));
        assert!((2_365..=2_368).contains(&known_max(&with(8))));
    }
}
