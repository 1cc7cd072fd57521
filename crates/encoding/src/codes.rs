//! Codes of single facts: what the values of match keys are put together from.
//!
//! A fact (a name by sound, a birth year, a street word) becomes 12 bytes of a keyed hash; the up to five codes of a value fill one
//! block of 64 bytes, which is hashed again under the recipe's own key. So a fact is hashed once however many recipes use it, and the
//! last step has blocks of one size, many of which are hashed side by side. Codes never leave the machine: only tokens do.

use zeroize::{Zeroize as _, Zeroizing};

use crate::Map;

/// Bytes of a code. Ninety-six bits: among the hundred million facts of a large file two meet by chance with a probability of 10^-13.
pub(crate) const CODE: usize = 12;

/// The code of one fact.
pub(crate) type Code = [u8; CODE];

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
}

/// Most codes that a book remembers, so that memory stays bounded however many streets a file has.
const REMEMBERED: usize = 1 << 16;

/// Makes codes and remembers them: nearly every fact of a file is met again.
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

    fn spell(&mut self, kind: Kind, parts: &[&[u8]]) {
        self.text.clear();
        self.text.push(kind as u8);
        for part in parts {
            self.text.push(0x1f);
            self.text.extend_from_slice(part);
        }
    }

    /// The code of a fact given in parts, with a mark between them.
    pub(crate) fn code(&mut self, kind: Kind, parts: &[&[u8]]) -> Code {
        self.spell(kind, parts);
        if let Some(code) = self.known.get(self.text.as_slice()) {
            return *code;
        }
        let code = hash(&self.hasher, &self.text);
        if self.known.len() >= REMEMBERED {
            self.forget();
        }
        self.known.insert(self.text.as_slice().into(), code);
        code
    }

    /// The same for a fact that is seldom met again (a verified number): nothing is remembered.
    pub(crate) fn code_once(&mut self, kind: Kind, parts: &[&[u8]]) -> Code {
        self.spell(kind, parts);
        let code = hash(&self.hasher, &self.text);
        self.text.as_mut_slice().zeroize();
        code
    }
}

fn hash(hasher: &blake3::Hasher, text: &[u8]) -> Code {
    let mut hasher = hasher.clone();
    hasher.update(text);
    let mut code = [0; CODE];
    code.copy_from_slice(&hasher.finalize().as_bytes()[..CODE]);
    code
}
