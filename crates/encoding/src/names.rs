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

/// One name: where its codes and bits stand in the book. Names are met in no order, so each costs a journey to memory; what belongs to one
/// stands together.
struct Name {
    /// Where its codes begin.
    codes: u32,
    /// Its formal names: start and number.
    formals: (u32, u32),
    sound: Option<[u8; 4]>,
}

/// The names that a worker has met.
#[derive(Default)]
pub(crate) struct NameBook {
    numbers: Map<Box<str>, NameId>,
    names: Vec<Name>,
    texts: Vec<Zeroizing<String>>,
    /// The codes of all names, form after form.
    codes: Vec<Code>,
    /// For each name and each form: where its codes end, from the start of the name's.
    ends: Vec<u16>,
    /// Forms of a name.
    forms: usize,
    formals: Vec<NameId>,
    /// For each name, filter and field of names: its bits, once they are known.
    masks: Vec<Option<Box<[u64]>>>,
    filters: usize,
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
        self.texts.clear();
        self.codes.zeroize();
        self.ends.clear();
        self.formals.clear();
        self.masks.clear();
    }

    /// The number of a name. Plan and number of filters are the same in every call.
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
        let start = self.codes.len();
        for &form in &plan.name_forms {
            add_form(&mut self.codes, text, formals, form, codes);
            self.ends.push((self.codes.len() - start) as u16);
        }
        let number = self.names.len() as NameId;
        self.names.push(Name {
            codes: start as u32,
            formals: (0, 0),
            sound: soundex(text),
        });
        self.texts.push(Zeroizing::new(text.to_owned()));
        (self.forms, self.filters) = (plan.name_forms.len(), filters);
        let slots = filters * NameField::COUNT;
        self.masks.resize(self.masks.len() + slots, None);
        self.numbers.insert(text.into(), number);
        // After the name itself has its number: a name may be among its own formal names.
        let own: Vec<NameId> = formals
            .iter()
            .map(|formal| self.number(formal, plan, filters, codes))
            .collect();
        self.names[number as usize].formals = (self.formals.len() as u32, own.len() as u32);
        self.formals.extend(own);
        number
    }

    /// The codes of one form of a name.
    #[inline]
    pub(crate) fn codes(&self, number: NameId, form: usize) -> &[Code] {
        let (from, to) = self.range(number, form);
        &self.codes[from as usize..to as usize]
    }

    /// Where the codes of one form of a name stand among [`NameBook::all_codes`].
    #[inline]
    pub(crate) fn range(&self, number: NameId, form: usize) -> (u32, u32) {
        let number = number as usize;
        let ends = &self.ends[number * self.forms..(number + 1) * self.forms];
        let from = if form == 0 { 0 } else { ends[form - 1] };
        let start = self.names[number].codes;
        (start + u32::from(from), start + u32::from(ends[form]))
    }

    /// The codes of all names.
    #[inline]
    pub(crate) fn all_codes(&self) -> &[Code] {
        &self.codes
    }

    /// The formal names of a name, when it is a short form.
    pub(crate) fn formals(&self, number: NameId) -> &[NameId] {
        let (start, count) = self.names[number as usize].formals;
        &self.formals[start as usize..(start + count) as usize]
    }

    /// The sound of a name.
    pub(crate) fn sound(&self, number: NameId) -> Option<[u8; 4]> {
        self.names[number as usize].sound
    }

    /// A name and its formal names, as text.
    pub(crate) fn text(&self, number: NameId) -> (&str, &'static [&'static str]) {
        let text = self.texts[number as usize].as_str();
        (text, canonical_nicknames(text))
    }

    /// Reads a little of every line of memory that has the codes of a name and its bits in a field; see [`crate::values::PersonNames::fetch`].
    #[inline]
    pub(crate) fn fetch(&self, number: NameId, field: NameField) -> u64 {
        /// Codes and words of a line of memory, or a little less.
        const LINE: (usize, usize) = (5, 8);
        let mut fetched = 0;
        let number = number as usize;
        let start = self.names[number].codes as usize;
        let ends = &self.ends[number * self.forms..][..self.forms];
        let length = ends.last().copied().unwrap_or(0);
        let codes = &self.codes[start..start + usize::from(length)];
        for code in codes.iter().step_by(LINE.0) {
            fetched ^= u64::from(code[0]);
        }
        let slots = NameField::COUNT * self.filters;
        let masks = &self.masks[number * slots..][..slots];
        let own = masks.iter().skip(field as usize).step_by(NameField::COUNT);
        for word in own.flatten().flat_map(|mask| mask.iter().step_by(LINE.1)) {
            fetched ^= word;
        }
        fetched
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
        let slot = (number as usize * self.filters + filter.index) * NameField::COUNT;
        let mask = self.masks[slot + field as usize].get_or_insert_with(|| {
            let text = &self.texts[number as usize];
            filter.name_mask(text, canonical_nicknames(text), field, tokens)
        });
        for (word, bits) in out.iter_mut().zip(mask.iter()) {
            *word |= bits;
        }
    }
}

/// A text, and the text with each of its bytes left out: of two spellings one slip apart some are the same.
pub(crate) fn deletions(text: &[u8], mut each: impl FnMut(&[u8])) {
    each(text);
    let mut shorter = Zeroizing::new(Vec::with_capacity(text.len()));
    for at in 0..text.len() {
        shorter.clear();
        shorter.extend_from_slice(&text[..at]);
        shorter.extend_from_slice(&text[at + 1..]);
        each(&shorter);
    }
}

/// Appends the codes of one form of a name, each once.
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
            deletions(name, |text| {
                let code = codes.code(Kind::Deletion, &[text]);
                if !out[start..].contains(&code) {
                    out.push(code);
                }
            });
        }
        NameForm::Formal if formals.is_empty() => out.push(codes.code(Kind::Name, &[name])),
        NameForm::Formal => {
            let start = out.len();
            for formal in formals {
                let code = codes.code(Kind::Name, &[formal.as_bytes()]);
                if !out[start..].contains(&code) {
                    out.push(code);
                }
            }
        }
    }
}
