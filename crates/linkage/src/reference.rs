//! References of people and households: short, pronounceable over a telephone, with a check character.

use std::collections::HashSet;

/// Letters and digits that are hard to confuse (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Mints references of one kind in one run. The same first record references give the same references, in whatever order they are
/// asked for, except where two hash to the same text: then the one asked for later takes the next.
pub(crate) struct Mint {
    prefix: &'static str,
    /// Bodies of the references that are taken, as numbers; only asked, never listed, so its order does not matter.
    used: HashSet<u32>,
}

impl Mint {
    pub(crate) fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            used: HashSet::new(),
        }
    }

    /// Keeps a reference from being minted; a text that is none of this kind is none of its business.
    pub(crate) fn reserve(&mut self, reference: &str) {
        let mut parts = reference.split('-');
        let (prefix, body) = (parts.next(), parts.next());
        if prefix != Some(self.prefix) {
            return;
        }
        let number = body.and_then(|body| {
            body.bytes().try_fold(0u32, |sum, letter| {
                let value = LETTERS.iter().position(|known| *known == letter)?;
                Some(sum << 5 | value as u32)
            })
        });
        self.used.extend(number);
    }

    /// A reference for the person or household whose smallest record reference is `anchor`: `P-7Q4K2M-X`.
    pub(crate) fn mint(&mut self, anchor: &[u8; 16]) -> String {
        for attempt in 0u32.. {
            let mut hasher =
                blake3::Hasher::new_derive_key("kinfold 2026 person and household references");
            hasher.update(self.prefix.as_bytes());
            hasher.update(anchor);
            hasher.update(&attempt.to_le_bytes());
            let hash = hasher.finalize();
            let body: Vec<u8> = hash.as_bytes()[..6].iter().map(|byte| byte % 32).collect();
            let number = body
                .iter()
                .fold(0, |sum, &value| sum << 5 | u32::from(value));
            if !self.used.insert(number) {
                continue;
            }
            let text: String = body
                .iter()
                .map(|&value| char::from(LETTERS[value as usize]))
                .collect();
            return format!("{}-{text}-{}", self.prefix, check(&body));
        }
        unreachable!("a run has fewer people than references")
    }
}

/// Weighted sum modulo 31, so that one wrong letter or two swapped neighbours are noticed.
fn check(body: &[u8]) -> char {
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(index, &value)| (index as u32 + 2) * u32::from(value))
        .sum();
    char::from(LETTERS[(sum % 31) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn references_are_distinct_and_repeatable() {
        let mut mint = Mint::new("P");
        let mut seen = BTreeSet::new();
        for number in 0..50_000u128 {
            assert!(seen.insert(mint.mint(&number.to_le_bytes())));
        }
        assert_eq!(Mint::new("P").mint(&[1; 16]), Mint::new("P").mint(&[1; 16]));
        assert_ne!(
            Mint::new("P").mint(&[1; 16])[2..],
            Mint::new("HH").mint(&[1; 16])[3..]
        );
    }
}
