//! The schema that keeps every rule, its text and its hash.

use std::ops::Range;

use crate::error::{Error, Fault, FaultKind};
use crate::fact::{Fact, FieldName};
use crate::file::{
    FieldSchema, File, FilterSchema, HouseholdSchema, KeyScope, LinkageUnit, PresenceSchema,
};
use crate::locate::{line_at, path_at};
use crate::{Recipe, risk, rules};

/// A linkage schema that keeps every rule.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Short name, for instance `standard`.
    pub id: String,
    /// Version of this schema.
    pub version: String,
    /// One sentence for people.
    pub title: String,
    /// Version of the standardisation rules that custodians must use.
    pub standardisation: String,
    /// Most people of one file for whom the schema is meant.
    pub people_max: u32,
    /// Where the linkage unit stands.
    pub linkage_unit: LinkageUnit,
    /// Who shares the key of match keys.
    pub key_scope: KeyScope,
    /// A record is encoded when it has all facts of one of these lists.
    pub usable: Vec<Vec<Fact>>,
    /// The fields that are read.
    pub fields: Vec<FieldSchema>,
    /// The filters.
    pub filters: Vec<FilterSchema>,
    /// The match keys, in the order of their slots.
    pub keys: Vec<KeySchema>,
    /// The household keys, if there are any.
    pub household: Option<HouseholdSchema>,
    /// The presence pattern.
    pub presence: PresenceSchema,
    text: String,
    refusals: Vec<Fault>,
}

/// One kind of match key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySchema {
    /// What the value is made of.
    pub recipe: Recipe,
    /// Tokens released for every record, padded with random ones.
    pub slots: u16,
    /// Most records of one file that may share a released value.
    pub cap: u32,
    /// The pool in which its tokens are mixed with those of other kinds, if there is one.
    pub pool: Option<String>,
}

impl Schema {
    /// Reads a schema and checks every rule, those of release too.
    ///
    /// # Errors
    /// Every fault with line, key and mend. An unknown key is one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let schema = Self::read(text, true)?;
        if schema.refusals.is_empty() {
            Ok(schema)
        } else {
            Err(Error::new(schema.refusals))
        }
    }

    /// Reads a schema for trying it on open data: rules of release are not enforced, [`Schema::refusals`] lists those it breaks. What is
    /// made with it must not be released.
    ///
    /// # Errors
    /// As [`Schema::parse`], without faults of [`FaultKind::Release`].
    pub fn parse_for_bench(text: &str) -> Result<Self, Error> {
        Self::read(text, false)
    }

    /// When a rule is broken, the faults of release are listed beside it only if they matter.
    fn read(text: &str, for_release: bool) -> Result<Self, Error> {
        let file: File =
            toml::from_str(text).map_err(|error| Error::new(vec![shape(text, &error)]))?;
        let checked = rules::check(&file, text);
        let (refusals, mut faults): (Vec<Fault>, Vec<Fault>) = checked
            .faults
            .into_iter()
            .partition(|fault| fault.kind == FaultKind::Release);
        if !faults.is_empty() {
            if for_release {
                faults.extend(refusals);
            }
            return Err(Error::new(faults));
        }
        Ok(Self {
            id: file.schema.id,
            version: file.schema.version,
            title: file.schema.title,
            standardisation: file.schema.standardisation,
            people_max: file.schema.people_max,
            linkage_unit: file.schema.linkage_unit,
            key_scope: file.schema.key_scope,
            usable: file.schema.usable,
            fields: file.field,
            filters: file.filter,
            keys: checked.keys,
            household: file.household_keys,
            presence: file.presence,
            text: text.to_owned(),
            refusals,
        })
    }

    /// The rules of release that the schema breaks; empty for one that [`Schema::parse`] gave.
    pub fn refusals(&self) -> &[Fault] {
        &self.refusals
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// BLAKE3 of the text: what an agreement pins. A comment changes it too, on purpose: parties sign what they read.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text.as_bytes()).as_bytes()
    }

    /// Match-key tokens of one record, for one partner.
    pub fn key_slots(&self) -> usize {
        self.keys.iter().map(|key| key.slots as usize).sum()
    }

    /// For each key, in order, the slots of a record that hold its tokens. In a pool ([`Schema::pools`]) the tokens of the kinds are mixed
    /// afterwards, so that only the slots of the whole pool mean anything.
    pub fn key_layout(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        self.keys
            .iter()
            .map(|key| {
                let range = start..start + key.slots as usize;
                start = range.end;
                range
            })
            .collect()
    }

    /// Household keys of one record.
    pub fn household_slots(&self) -> usize {
        self.household
            .as_ref()
            .map_or(0, |household| household.slots as usize)
    }

    /// The field, if the schema reads it.
    pub fn field(&self, name: FieldName) -> Option<&FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The most people for whom the filters are safe (see [`risk`]).
    pub fn people_max_of_filters(&self) -> u32 {
        risk::people_max(&self.filters)
    }
}

/// The fault that the TOML reader found.
fn shape(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message().trim().replace('\n', " ");
    let offset = error.span().map(|span| span.start);
    let key = offset
        .and_then(|offset| path_at(text, offset))
        .unwrap_or_else(|| "schema".to_owned());
    let fix = match unknown_key(&message) {
        Some((wrong, known)) => match nearest(wrong, &known) {
            Some(near) => format!("write `{near}` instead of `{wrong}`"),
            None => format!("remove `{wrong}`, or write one of {}", known.join(", ")),
        },
        None if message.starts_with("missing field") => {
            "add the key; `kinfold schema show standard` has an example of every key".to_owned()
        }
        None => "compare the line with `kinfold schema show standard`".to_owned(),
    };
    Fault {
        kind: FaultKind::Shape,
        line: offset.map(|offset| line_at(text, offset)),
        key,
        what: message,
        fix,
    }
}

/// The unknown word and the known ones in a message of serde: "unknown field `x`, expected one of `a`, `b`".
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message
        .strip_prefix("unknown field `")
        .or_else(|| message.strip_prefix("unknown variant `"))?;
    let mut quoted = rest.split('`');
    let wrong = quoted.next()?;
    Some((wrong, quoted.skip(1).step_by(2).collect()))
}

/// The known word that somebody most likely meant: fewest edits, a swap counting one, then nearest in length.
fn nearest<'w>(wrong: &str, known: &[&'w str]) -> Option<&'w str> {
    known
        .iter()
        .map(|word| {
            let edits = strsim::damerau_levenshtein(wrong, word);
            (edits, word.len().abs_diff(wrong.len()), *word)
        })
        .filter(|&(edits, _, word)| edits <= (word.len() / 3).max(1))
        .min()
        .map(|(.., word)| word)
}
