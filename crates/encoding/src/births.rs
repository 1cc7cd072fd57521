//! Birth dates met before: the codes of all their forms, and the bits that they switch on in each filter.
//!
//! A population has some thirty thousand birth dates.

use kinfold_identity::BirthDate;
use kinfold_schema::BirthForm;

use crate::Map;
use crate::codes::{Code, CodeBook, Kind};
use crate::filter::{FilterPlan, TokenBook};
use crate::person::date_digits;

/// Most dates that a book keeps.
const DATES_MAX: usize = 1 << 15;

/// A date, by its number in the book.
pub(crate) type BirthId = u32;

/// The dates that a worker has met.
#[derive(Default)]
pub(crate) struct BirthBook {
    numbers: Map<u32, BirthId>,
    dates: Vec<Born>,
}

/// One date.
struct Born {
    codes: Vec<Code>,
    /// Ends of the codes of each form in `codes`.
    ends: Vec<u8>,
    /// Bits in each filter.
    masks: Vec<Option<Box<[u64]>>>,
}

impl BirthBook {
    /// Forgets everything when the book is full. To be called between records: numbers do not outlive it.
    pub(crate) fn make_room(&mut self) {
        if self.dates.len() >= DATES_MAX {
            self.numbers.clear();
            self.dates.clear();
        }
    }

    /// The number of a date.
    pub(crate) fn number(
        &mut self,
        birth: BirthDate,
        forms: &[BirthForm],
        filters: usize,
        codes: &mut CodeBook,
    ) -> BirthId {
        let packed = u32::from(birth.year) << 16
            | u32::from(birth.month.unwrap_or(0)) << 8
            | u32::from(birth.day.unwrap_or(0));
        if let Some(&number) = self.numbers.get(&packed) {
            return number;
        }
        let mut born = Born {
            codes: Vec::new(),
            ends: Vec::new(),
            masks: vec![None; filters],
        };
        for &form in forms {
            add_form(&mut born.codes, birth, form, codes);
            born.ends.push(born.codes.len() as u8);
        }
        let number = self.dates.len() as BirthId;
        self.dates.push(born);
        self.numbers.insert(packed, number);
        number
    }

    /// The codes of one form.
    pub(crate) fn codes(&self, number: BirthId, form: usize) -> &[Code] {
        let born = &self.dates[number as usize];
        let start = form.checked_sub(1).map_or(0, |before| born.ends[before]);
        &born.codes[start as usize..born.ends[form] as usize]
    }

    /// Switches on the bits of a date; says whether there are any.
    pub(crate) fn mark(
        &mut self,
        number: BirthId,
        birth: BirthDate,
        filter: &FilterPlan,
        tokens: &mut TokenBook,
        out: &mut [u64],
    ) -> bool {
        let mask = self.dates[number as usize].masks[filter.index].get_or_insert_with(|| {
            let mut mask = vec![0; filter.inner_words].into_boxed_slice();
            filter.mark_birth(birth, tokens, &mut mask);
            mask
        });
        for (word, bits) in out.iter_mut().zip(mask.iter()) {
            *word |= bits;
        }
        mask.iter().any(|word| *word != 0)
    }
}

fn add_form(out: &mut Vec<Code>, birth: BirthDate, form: BirthForm, codes: &mut CodeBook) {
    let mut digits = [0; 8];
    date_digits(birth, &mut digits);
    let label = [form_label(form)];
    // Distinct within the form; two forms may well have one code.
    let start = out.len();
    let mut add = |text: &[u8]| {
        let code = codes.code_once(Kind::Birth, &[&label, text]);
        if !out[start..].contains(&code) {
            out.push(code);
        }
    };
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..]);
    let full = birth.is_full();
    match form {
        BirthForm::Full | BirthForm::FullOrYear if full => add(&digits),
        BirthForm::FullOrYear | BirthForm::Year => add(year),
        BirthForm::YearNear => {
            add(year);
            let next = BirthDate {
                year: birth.year.saturating_add(1),
                month: None,
                day: None,
            };
            let mut digits = [0; 8];
            date_digits(next, &mut digits);
            add(&digits[..4]);
        }
        BirthForm::Swapped if full => add(&[year, month.min(day), month.max(day)].concat()),
        BirthForm::YearMonth if birth.month.is_some() => add(&digits[..6]),
        BirthForm::YearDay if full => add(&[year, day].concat()),
        BirthForm::MonthDay if full => add(&digits[4..]),
        BirthForm::Deletions if full => {
            for at in 0..8 {
                // The place of the gap does not count: a digit too many elsewhere is the same slip.
                add(&[&digits[..at], &digits[at + 1..]].concat());
            }
        }
        _ => {}
    }
}

/// Forms of a date that are written with as many digits must not meet: 2001 with month 12 is not 2001 with day 12.
fn form_label(form: BirthForm) -> u8 {
    match form {
        BirthForm::Full | BirthForm::FullOrYear | BirthForm::Year | BirthForm::YearNear => b'y',
        BirthForm::Swapped => b's',
        BirthForm::YearMonth => b'm',
        BirthForm::YearDay => b'd',
        BirthForm::MonthDay => b'n',
        BirthForm::Deletions => b'x',
    }
}
