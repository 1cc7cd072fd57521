//! Fields one by one: what plain filters of single fields say about a pair.
//!
//! A schema whose filters are not diffused and that has several of them (a filter a field, as in `trusted`) lets every field be compared by
//! itself. Equal filters are equal values, so the values of a field can be numbered ([`values`]), each two different values compared once,
//! and their frequencies counted. How near the fields of two records are, each in one of a few levels, is the pair's [`Levels`];
//! [`blocks`] finds the pairs whose levels strangers seldom reach, and the model ([`crate::model`]) weighs them.

pub(crate) mod blocks;
mod parts;
pub(crate) mod values;

use kinfold_schema::{Agreement, Field, FieldName, FilterSchema, Metric, Schema};

/// Fields at most; a schema with more plain filters is compared by the first of them.
pub(crate) const FIELDS_MAX: usize = 8;

/// Levels of a field: something missing, far apart, three bands of nearness, the same.
pub(crate) const LEVELS: usize = 6;
/// One or both records lack the field.
pub(crate) const MISSING: usize = 0;
/// Both have it, and it is no nearer than those of strangers.
pub(crate) const FAR: usize = 1;
/// The least of three bands of nearness.
pub(crate) const ALIKE: usize = 2;
/// As near as the schema's `candidate_dice`: a slip apart.
pub(crate) const NEAR: usize = 4;
/// The same filter, bit for bit.
pub(crate) const EXACT: usize = 5;

/// The level of each field of a pair. A field of which one has a part of what the other has is at [`EXACT`], and marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Levels(pub(crate) u32);

impl Levels {
    pub(crate) fn get(self, field: usize) -> usize {
        (self.0 >> (3 * field) & 7) as usize
    }

    pub(crate) fn set(&mut self, field: usize, level: usize) {
        self.0 = self.0 & !(7 << (3 * field)) | (level as u32) << (3 * field);
    }

    /// Whether what one has of a field is a part of what the other has.
    pub(crate) fn is_part(self, field: usize) -> bool {
        self.0 >> (3 * FIELDS_MAX + field) & 1 == 1
    }

    /// Whether any field is known in part.
    pub(crate) fn any_part(self) -> bool {
        self.0 >> (3 * FIELDS_MAX) != 0
    }

    pub(crate) fn set_part(&mut self, field: usize) {
        self.set(field, EXACT);
        self.0 |= 1 << (3 * FIELDS_MAX + field);
    }

    /// Of each field whether the two agree, do not, or cannot be compared.
    pub(crate) fn coarse(self, fields: usize) -> usize {
        (0..fields).fold(0, |code, field| {
            code * 3
                + match self.get(field) {
                    MISSING => 0,
                    NEAR.. => 2,
                    _ => 1,
                }
        })
    }
}

/// One plain filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldFilter<'a> {
    /// Its place among the schema's filters.
    pub index: usize,
    pub filter: &'a FilterSchema,
    /// The field of the agreement that it speaks of.
    pub speaks_of: Option<Field>,
    /// The same in words.
    pub label: &'static str,
}

/// The plain filters of a schema that has several and no diffused one; otherwise none.
pub(crate) fn of_schema(schema: &Schema) -> Vec<FieldFilter<'_>> {
    let plain = |filter: &FilterSchema| filter.metric == Metric::Dice && filter.diffusion == 0;
    if schema.filters.len() < 2 || !schema.filters.iter().all(plain) {
        return Vec::new();
    }
    let filters = schema.filters.iter().enumerate().take(FIELDS_MAX);
    filters
        .map(|(index, filter)| FieldFilter {
            index,
            filter,
            speaks_of: speaks_of(filter),
            label: label(filter),
        })
        .collect()
}

/// What a filter's tokens are of, when they are all of one kind.
fn speaks_of(filter: &FilterSchema) -> Option<Field> {
    let kind = |field: FieldName| match field {
        FieldName::FirstName | FieldName::FirstInitial => Some(Field::First),
        FieldName::LastName | FieldName::LastInitial => Some(Field::Last),
        FieldName::BirthDate => Some(Field::Birth),
        FieldName::Postcode
        | FieldName::PostcodeSector
        | FieldName::Address
        | FieldName::Uprn
        | FieldName::Town => Some(Field::Place),
        FieldName::BirthPlace => Some(Field::BirthPlace),
        FieldName::Telephone | FieldName::Email => Some(Field::Contact),
        _ => None,
    };
    let mut kinds = filter.tokens.iter().map(|token| kind(token.field));
    let first = kinds.next()??;
    kinds.all(|other| other == Some(first)).then_some(first)
}

/// What a filter is about, in words.
fn label(filter: &FilterSchema) -> &'static str {
    let is = |field: FieldName| filter.tokens.iter().all(|token| token.field == field);
    match speaks_of(filter) {
        Some(Field::First) => "first name",
        Some(Field::Last) => "family name",
        Some(Field::Birth) => "birth date",
        Some(Field::Place) => "place",
        Some(Field::BirthPlace) => "place of birth",
        Some(Field::Contact) if is(FieldName::Telephone) => "telephone number",
        Some(Field::Contact) => "telephone number or e-mail address",
        _ if is(FieldName::MiddleName) => "middle name",
        _ => "other facts",
    }
}

/// The lower edges of the three bands of nearness in thousandths of the Dice coefficient: the schema's `candidate_dice`, and twice and three
/// times as far from 1.
pub(crate) fn edges(filter: &FilterSchema) -> [u32; 3] {
    let step = 1.0 - filter.candidate_dice.unwrap_or(0.85);
    [3.0, 2.0, 1.0].map(|steps| ((1.0 - steps * step) * 1000.0).round().clamp(1.0, 999.0) as u32)
}

/// Raises the levels of an agreement to what the fields say.
pub(crate) fn imply(fields: &[FieldFilter<'_>], levels: Levels, agreement: &mut Agreement) {
    for (at, field) in fields.iter().enumerate() {
        let Some(of) = field.speaks_of else {
            continue;
        };
        let level = match levels.get(at) {
            // A part of a name is a name; that of a date or a place may be a year or a town.
            EXACT if levels.is_part(at) => match of {
                Field::First | Field::Last => 2,
                _ => 1,
            },
            EXACT => 3,
            NEAR => 2,
            _ => 0,
        };
        let own = &mut agreement.levels[of as usize];
        *own = (*own).max(level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_kept_field_by_field() {
        let mut levels = Levels::default();
        for field in 0..FIELDS_MAX {
            levels.set(field, EXACT);
        }
        levels.set(3, FAR);
        levels.set(5, MISSING);
        let each: Vec<usize> = (0..FIELDS_MAX).map(|field| levels.get(field)).collect();
        assert_eq!(each, [5, 5, 5, 1, 5, 0, 5, 5]);
        let mut slipped = levels;
        slipped.set(0, NEAR);
        assert_eq!(slipped.coarse(FIELDS_MAX), levels.coarse(FIELDS_MAX));
        slipped.set(0, ALIKE);
        assert_ne!(slipped.coarse(FIELDS_MAX), levels.coarse(FIELDS_MAX));
    }

    #[test]
    fn bands_begin_where_the_schema_says() {
        let schema = Schema::parse(include_str!("../../../schema/schemas/trusted.toml")).unwrap();
        let fields = of_schema(&schema);
        assert_eq!(edges(fields[0].filter), [460, 640, 820]);
        let mut agreement = Agreement::default();
        let mut levels = Levels::default();
        levels.set(0, NEAR);
        levels.set(2, EXACT);
        imply(&fields, levels, &mut agreement);
        assert_eq!(agreement.level(Field::First), 2);
        assert_eq!(agreement.level(Field::Last), 3);
        assert_eq!(agreement.level(Field::Birth), 0);
    }
}
