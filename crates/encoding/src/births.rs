//! Birth dates: the codes of their forms, and the bits that they switch on in each filter.
//!
//! A population has some thirty thousand birth dates, too many to keep close to the processor. Their years and their days of the year are
//! few hundred, and a date switches on what its two halves do.

use kinfold_identity::BirthDate;
use kinfold_schema::BirthForm;

use crate::Map;
use crate::codes::{Code, Kind, MARK, written};
use crate::filter::{FilterPlan, TokenBook};
use crate::person::date_digits;

/// Most halves of dates that a book keeps for each filter; there are 366 days and some hundred and fifty years.
const HALVES_MAX: usize = 1 << 12;

/// Bits of halves of dates that a worker has met, for each filter.
#[derive(Default)]
pub(crate) struct BirthBook {
    masks: Map<(u8, BirthHalf), Box<[u64]>>,
}

/// One half of a date.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BirthHalf {
    /// The year.
    Year(u16),
    /// Month and day, 0 where one is not known.
    Day(u8, u8),
}

impl BirthBook {
    /// Forgets everything when the book is full.
    pub(crate) fn make_room(&mut self) {
        if self.masks.len() >= HALVES_MAX {
            self.masks.clear();
        }
    }

    /// Switches on the bits of a date; says whether there are any.
    pub(crate) fn mark(
        &mut self,
        birth: BirthDate,
        filter: &FilterPlan,
        tokens: &mut TokenBook,
        out: &mut [u64],
    ) -> bool {
        let mut any = false;
        let halves = [
            BirthHalf::Year(birth.year),
            BirthHalf::Day(birth.month.unwrap_or(0), birth.day.unwrap_or(0)),
        ];
        for half in halves {
            let mask = self
                .masks
                .entry((filter.index as u8, half))
                .or_insert_with(|| {
                    let mut mask = vec![0; filter.inner_words].into_boxed_slice();
                    filter.mark_birth(half, tokens, &mut mask);
                    mask
                });
            let mut all = 0;
            for (word, bits) in out.iter_mut().zip(mask.iter()) {
                *word |= bits;
                all |= bits;
            }
            any |= all != 0;
        }
        filter.mark_whole_birth(birth, tokens, out) || any
    }
}

/// Appends the codes of one form of a date, each once; `digits` are those of the date.
pub(crate) fn add_form(out: &mut Vec<Code>, birth: BirthDate, digits: [u8; 8], form: BirthForm) {
    let label = form_label(form);
    // The first digit is the last byte of a number.
    let all = u64::from_le_bytes(digits);
    let (year, month, day) = (all & 0xffff_ffff, all >> 32 & 0xffff, all >> 48);
    let full = birth.is_full();
    match form {
        BirthForm::Full | BirthForm::FullOrYear if full => out.push(code(label, all, 8)),
        BirthForm::FullOrYear | BirthForm::Year => out.push(code(label, year, 4)),
        BirthForm::YearNear => {
            let next = BirthDate {
                year: birth.year.saturating_add(1),
                month: None,
                day: None,
            };
            let mut digits = [0; 8];
            date_digits(next, &mut digits);
            let next = u64::from_le_bytes(digits) & 0xffff_ffff;
            out.push(code(label, year, 4));
            if next != year {
                out.push(code(label, next, 4));
            }
        }
        BirthForm::Swapped if full => {
            // As texts: the first digit decides.
            let swap = digits[6..] < digits[4..6];
            let (month, day) = if swap { (day, month) } else { (month, day) };
            out.push(code(label, year | month << 32 | day << 48, 8));
        }
        BirthForm::YearMonth if birth.month.is_some() => {
            out.push(code(label, year | month << 32, 6));
        }
        BirthForm::YearDay if full => out.push(code(label, year | day << 32, 6)),
        BirthForm::MonthDay if full => out.push(code(label, all >> 32, 4)),
        BirthForm::Deletions if full => {
            for at in 0..8 {
                // Of equal neighbours it is the same whichever is left out. The place of the gap does not count: a digit too many elsewhere
                // is the same slip.
                if at > 0 && digits[at] == digits[at - 1] {
                    continue;
                }
                let before = (1 << (8 * at)) - 1;
                out.push(code(label, all & before | all >> 8 & !before, 7));
            }
        }
        _ => {}
    }
}

/// The code of a form's label and up to eight digits.
#[inline]
fn code(label: u8, digits: u64, length: usize) -> Code {
    let text = u128::from(digits) << 16 | u128::from(MARK) << 8 | u128::from(label);
    written(Kind::Birth, 2 + length, text)
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
