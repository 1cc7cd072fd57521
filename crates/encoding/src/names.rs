//! Names met before: the codes of all their forms, and the bits that they switch on in each filter.
//!
//! Names repeat: a thousand names are three quarters of a population. Each worker keeps a book of those it has met.

use kinfold_identity::{canonical_nicknames, soundex};
use kinfold_schema::NameForm;
use zeroize::{Zeroize as _, Zeroizing};

use crate::Map;
use crate::codes::{Code, CodeBook, Kind};
use crate::filter::{FilterPlan, NameField, TokenBook};
use crate::plan::Plan;

/// Most names that a book keeps.
const NAMES_MAX: usize = 1 << 14;

/// A name, by its number in the book.
pub(crate) type NameId = u32;

/// One name.
pub(crate) struct Name {
    text: Zeroizing<String>,
    /// Its formal names, when it is a short form.
    formals: &'static [&'static str],
    codes: Vec<Code>,
    /// Ends of the codes of each form in `codes`.
    ends: Vec<u32>,
    /// Bits in each filter when the name stands in each field of names.
    masks: Vec<[Option<Box<[u64]>>; NameField::COUNT]>,
}

impl Name {
    /// Its formal names, when it is a short form.
    pub(crate) fn formals(&self) -> &'static [&'static str] {
        self.formals
    }

    /// The codes of one form.
    pub(crate) fn codes(&self, form: usize) -> &[Code] {
        let start = form.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.codes[start as usize..self.ends[form] as usize]
    }
}

/// The names that a worker has met.
#[derive(Default)]
pub(crate) struct NameBook {
    numbers: Map<Box<str>, NameId>,
    names: Vec<Name>,
}

impl Drop for NameBook {
    fn drop(&mut self) {
        self.forget();
    }
}

impl NameBook {
    /// Forgets everything when the book is full. To be called between records: numbers do not outlive it.
    pub(crate) fn make_room(&mut self) {
        if self.names.len() >= NAMES_MAX {
            self.forget();
        }
    }

    /// Forgets everything, and leaves no plain text in memory.
    fn forget(&mut self) {
        for (name, _) in self.numbers.drain() {
            name.into_string().zeroize();
        }
        self.names.clear();
    }

    /// The number of a name.
    pub(crate) fn number(
        &mut self,
        text: &str,
        plan: &Plan,
        filters: usize,
        codes: &mut CodeBook,
    ) -> NameId {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let formals = canonical_nicknames(text);
        let mut name = Name {
            text: Zeroizing::new(text.to_owned()),
            formals,
            codes: Vec::new(),
            ends: Vec::new(),
            masks: (0..filters).map(|_| Default::default()).collect(),
        };
        for &form in &plan.name_forms {
            add_form(&mut name.codes, text, formals, form, codes);
            name.ends.push(name.codes.len() as u32);
        }
        let number = self.names.len() as NameId;
        self.names.push(name);
        self.numbers.insert(text.into(), number);
        number
    }

    /// A name by its number.
    pub(crate) fn get(&self, number: NameId) -> &Name {
        &self.names[number as usize]
    }

    /// Switches on the bits of a name.
    pub(crate) fn mark(
        &mut self,
        number: NameId,
        field: NameField,
        filter: &FilterPlan,
        tokens: &mut TokenBook,
        out: &mut [u64],
    ) {
        let name = &mut self.names[number as usize];
        let (text, formals) = (&name.text, name.formals);
        let mask = name.masks[filter.index][field as usize]
            .get_or_insert_with(|| filter.name_mask(text, formals, field, tokens));
        for (word, bits) in out.iter_mut().zip(mask.iter()) {
            *word |= bits;
        }
    }
}

fn add_form(
    out: &mut Vec<Code>,
    text: &str,
    formals: &[&str],
    form: NameForm,
    codes: &mut CodeBook,
) {
    let name = text.as_bytes();
    match form {
        NameForm::Whole => out.push(codes.code(Kind::Name, &[name])),
        NameForm::Sound => {
            if let Some(sound) = soundex(text) {
                out.push(codes.code(Kind::Sound, &[&sound]));
            }
        }
        NameForm::Initial => {
            if let Some(first) = name.first() {
                out.push(codes.code(Kind::Initial, &[&[*first]]));
            }
        }
        NameForm::Prefix(length) => {
            if name.len() >= length as usize {
                out.push(codes.code(Kind::Prefix, &[&name[..length as usize]]));
            }
        }
        NameForm::Deletions => {
            let start = out.len();
            out.push(codes.code(Kind::Deletion, &[name]));
            for at in 0..name.len() {
                let code = codes.code(Kind::Deletion, &[&[&name[..at], &name[at + 1..]].concat()]);
                if !out[start..].contains(&code) {
                    out.push(code);
                }
            }
        }
        NameForm::Formal if formals.is_empty() => out.push(codes.code(Kind::Name, &[name])),
        NameForm::Formal => out.extend(
            formals
                .iter()
                .map(|formal| codes.code(Kind::Name, &[formal.as_bytes()])),
        ),
    }
}
