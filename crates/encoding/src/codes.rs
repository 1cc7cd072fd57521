//! Codes of single facts: what the values of match keys are put together from.
//!
//! A fact (a name by sound, a birth year, a street word) becomes 12 bytes; the up to five codes of a value fill one block of 64 bytes, which
//! is hashed under the key of all values. Only that hash leaves the machine, so a code need not hide its fact; it must only differ from the
//! codes of all others. A fact of up to ten letters, and nearly all are, is therefore its own code. A longer one is hashed down to
//! eleven bytes.

use zeroize::{Zeroize as _, Zeroizing};

use crate::Map;

/// Bytes of a code.
pub(crate) const CODE: usize = 12;

/// The code of one fact.
pub(crate) type Code = [u8; CODE];

/// In place of the kind, what tells a hashed fact. Eighty-eight bits of hash: among the hundred million long facts of a large file two meet
/// by chance with a probability of 10^-11.
const HASHED: u8 = 0xff;

/// Whether two lists of codes are the same. They are one or two codes long, too short to call a function of the system for.
#[inline]
pub(crate) fn same(a: &[Code], b: &[Code]) -> bool {
    let parts = |code: &Code| {
        let (low, high) = code.split_at(8);
        (
            u64::from_ne_bytes(low.try_into().expect("eight bytes")),
            u32::from_ne_bytes(high.try_into().expect("four bytes")),
        )
    };
    a.iter().zip(b).all(|(x, y)| parts(x) == parts(y))
}

/// What kind of fact a code is of: equal texts of different kinds have different codes.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Kind {
    Name = 1,
    Sound,
    Initial,
    Prefix,
    Deletion,
    Birth,
    Postcode,
    Sector,
    District,
    Street,
    StreetWord,
    Home,
    House,
    HouseStreet,
    Town,
    Property,
    BirthPlace,
    Sex,
    Nhs,
    Upn,
    Nino,
    Uln,
    Telephone,
    TelephoneDeletion,
    Email,
    EmailLocal,
    EmailDeletion,
}

/// Most codes that a book remembers, so that memory stays bounded however many streets a file has.
const REMEMBERED: usize = 1 << 16;

/// Makes codes, and remembers those of long facts: nearly every one of a file is met again.
pub(crate) struct CodeBook {
    hasher: blake3::Hasher,
    known: Map<Box<[u8]>, Code>,
    text: Zeroizing<Vec<u8>>,
}

impl Drop for CodeBook {
    fn drop(&mut self) {
        self.forget();
    }
}

impl CodeBook {
    /// Forgets everything, and leaves no plain text in memory.
    fn forget(&mut self) {
        for (mut text, _) in self.known.drain() {
            text.zeroize();
        }
    }

    pub(crate) fn new(hasher: blake3::Hasher) -> Self {
        Self {
            hasher,
            known: Map::default(),
            text: Zeroizing::new(Vec::new()),
        }
    }

    /// The code of a fact given in parts, with a mark between them.
    #[inline]
    pub(crate) fn code(&mut self, kind: Kind, parts: &[&[u8]]) -> Code {
        short(kind, parts).unwrap_or_else(|| self.long(kind, parts))
    }

    fn long(&mut self, kind: Kind, parts: &[&[u8]]) -> Code {
        self.text.clear();
        self.text.push(kind as u8);
        for part in parts {
            self.text.push(MARK);
            self.text.extend_from_slice(part);
        }
        if let Some(code) = self.known.get(self.text.as_slice()) {
            return *code;
        }
        let mut hasher = self.hasher.clone();
        hasher.update(&self.text);
        let mut code = [HASHED; CODE];
        code[1..].copy_from_slice(&hasher.finalize().as_bytes()[..CODE - 1]);
        if self.known.len() >= REMEMBERED {
            self.forget();
        }
        self.known.insert(self.text.as_slice().into(), code);
        code
    }
}

/// Stands between the parts of a fact; no standardised value has one.
pub(crate) const MARK: u8 = 0x1f;

/// Most letters of a fact that is its own code.
const LETTERS: usize = CODE - 2;

/// A fact that is its own code: the kind, the number of letters, the letters, zeroes.
#[inline]
fn short(kind: Kind, parts: &[&[u8]]) -> Option<Code> {
    let mut text = 0;
    let mut length = 0;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            if length == LETTERS {
                return None;
            }
            text |= u128::from(MARK) << (8 * length);
            length += 1;
        }
        if part.len() > LETTERS - length {
            return None;
        }
        text |= letters(part) << (8 * length);
        length += part.len();
    }
    Some(written(kind, length, text))
}

/// The code of so many letters, the first of them the last byte of a number.
#[inline]
pub(crate) fn written(kind: Kind, length: usize, text: u128) -> Code {
    let bytes = (text << 16 | (length as u128) << 8 | kind as u128).to_le_bytes();
    *bytes.first_chunk().expect("a code is shorter")
}

/// Up to sixteen letters as a number: in two steps of a fixed size that may overlap, since a copy of any size is a call.
#[inline]
fn letters(text: &[u8]) -> u128 {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let last = u128::from(u64::from_le_bytes(*last));
        return u128::from(u64::from_le_bytes(*first)) | last << (8 * (text.len() - 8));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return u128::from(u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4)));
    }
    let byte = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    u128::from(text.iter().rev().fold(0, byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn book() -> CodeBook {
        CodeBook::new(blake3::Hasher::new_keyed(&[3; 32]))
    }

    proptest! {
        #[test]
        fn other_facts_have_other_codes(
            a in proptest::collection::vec("[A-C\u{0}]{0,12}", 1..3),
            b in proptest::collection::vec("[A-C\u{0}]{0,12}", 1..3),
            kinds in any::<(bool, bool)>(),
        ) {
            let kind = |sound| if sound { Kind::Sound } else { Kind::Name };
            let parts = |texts: &[String]| texts.iter().map(|t| t.as_bytes().to_vec()).collect::<Vec<_>>();
            let (left, right) = (parts(&a), parts(&b));
            let views = |parts: &'_ [Vec<u8>]| -> Vec<Vec<u8>> { parts.to_vec() };
            let code = |kind, parts: &[Vec<u8>]| {
                let list: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                book().code(kind, &list)
            };
            let (one, two) = (code(kind(kinds.0), &views(&left)), code(kind(kinds.1), &views(&right)));
            prop_assert_eq!(one == two, kinds.0 == kinds.1 && left == right);
            prop_assert_eq!(one, code(kind(kinds.0), &left));
        }
    }

    #[test]
    fn a_short_fact_is_its_own_code_and_a_long_one_is_hashed() {
        let code = |kind, parts: &[&[u8]]| book().code(kind, parts);
        assert_eq!(&code(Kind::Name, &[b"OKAFOR"]), b"\x01\x06OKAFOR\0\0\0\0");
        assert_eq!(
            &code(Kind::Home, &[b"12", b"XE12AB"]),
            b"\x0c\x0912\x1fXE12AB\0"
        );
        assert_eq!(&code(Kind::Name, &[b"ABCDEFGHIJ"]), b"\x01\x0aABCDEFGHIJ");
        assert_eq!(code(Kind::Name, &[b"ABCDEFGHIJK"])[0], HASHED);
    }
}
