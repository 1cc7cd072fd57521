//! Ways to harden one Bloom filter, as the literature gives them. All start from the same plain filters of the same pieces (2,048 bits, fill
//! about 0.47), so what differs is the hardening alone.

use std::collections::BTreeMap;

use kinfold_encoding::ListedToken;
use kinfold_release::{Draws, File, View};

/// How a filter is hardened before release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hardening {
    /// Not at all (Schnell, Bachteler and Reiher 2009; positions by random hashing).
    Plain,
    /// The left half exclusive-or the right half: half as many bits (Schnell and Borgs 2016, "XOR-folding for hardening Bloom filter-based
    /// encryptions for privacy-preserving record linkage", German Record Linkage Center).
    Folded,
    /// Each bit becomes the exclusive-or of its two neighbours on a ring (Schnell and Borgs 2018, "Hardening encrypted patient names against
    /// cryptographic attacks using cellular automata", ICDM workshops, doi 10.1109/ICDMW.2018.00082).
    Rule90,
    /// Each bit is flipped with so many percent, in each record by itself: BLIP (Alaggan, Gambs and Kermarrec 2012, SSS) or randomised
    /// response, which draws a new bit with twice that probability (Schnell and Borgs 2016, ICDM workshops).
    Flipped(u8),
    /// Every piece is hashed together with the year of birth (Niedermeyer, Steinmetzer, Kroll and Schnell 2014, Journal of Privacy and
    /// Confidentiality 6(2)).
    Salted,
    /// Each of 2,048 released bits is the exclusive-or of so many bits (Armknecht, Heng and Schnell 2023, PoPETs 2023(2), algorithm 1).
    Diffused(u8),
}

impl Hardening {
    /// The part of the covariance of two records that is left after noise.
    pub fn kept(self) -> f64 {
        match self {
            Self::Flipped(percent) => {
                let unlike = 1.0 - 2.0 * f64::from(percent) / 100.0;
                unlike * unlike
            }
            _ => 1.0,
        }
    }

    /// Codes the people of a file of one filter under a key. `years` are the years of birth that a salt is made of; `noise` is what bits are
    /// flipped by, another one for each custodian.
    pub fn harden(
        self,
        file: &File,
        years: &[Option<u16>],
        key: &[u8; 32],
        noise: &[u8; 32],
    ) -> File {
        match self {
            Self::Plain => file.coded(key, 0),
            Self::Diffused(t) => file.coded(key, usize::from(t)),
            Self::Salted => salted(file, years).coded(key, 0),
            Self::Folded => changed(file.coded(key, 0), 2, |_, row| folded(row)),
            Self::Rule90 => changed(file.coded(key, 0), 2, |_, row| rule90(row)),
            Self::Flipped(percent) => changed(file.coded(key, 0), 0, |number, row| {
                let mut draws = Draws::new(noise, &format!("flips/{number}"));
                flipped(row, percent, &mut draws)
            }),
        }
    }
}

/// Changes every record's filter; what is released is the exclusive-or of so many bits, or 0 for the bits themselves.
fn changed(mut file: File, diffusion: usize, change: impl Fn(usize, &[u64]) -> Vec<u64>) -> File {
    for view in &mut file.views {
        let codes: Vec<u64> = (0..view.tokens.len())
            .flat_map(|number| change(number, view.row(number)))
            .collect();
        *view = View {
            id: view.id.clone(),
            bits: codes.len() * 64 / view.tokens.len().max(1),
            inner_bits: view.bits,
            diffusion,
            codes,
            tokens: std::mem::take(&mut view.tokens),
            withheld: view.withheld.clone(),
            vocabulary: view.vocabulary,
        };
    }
    file
}

/// The first half exclusive-or the second.
fn folded(row: &[u64]) -> Vec<u64> {
    let (left, right) = row.split_at(row.len() / 2);
    left.iter().zip(right).map(|(a, b)| a ^ b).collect()
}

/// Each bit from its two neighbours; the first and the last are neighbours too.
fn rule90(row: &[u64]) -> Vec<u64> {
    let bits = row.len() * 64;
    let bit = |at: usize| row[at / 64] >> (at % 64) & 1;
    let mut out = vec![0; row.len()];
    for at in 0..bits {
        out[at / 64] |= (bit((at + bits - 1) % bits) ^ bit((at + 1) % bits)) << (at % 64);
    }
    out
}

/// Each bit flipped when a number drawn from 0 to 99 is below `percent`.
fn flipped(row: &[u64], percent: u8, draws: &mut Draws) -> Vec<u64> {
    let mut out = row.to_vec();
    for at in 0..row.len() * 64 {
        out[at / 64] ^= u64::from(draws.below(100) < usize::from(percent)) << (at % 64);
    }
    out
}

/// Each piece with the year of birth is a piece of its own: people of different years have none in common.
fn salted(file: &File, years: &[Option<u16>]) -> File {
    let mut salted = file.clone();
    for view in &mut salted.views {
        let mut numbers: BTreeMap<(u32, Option<u16>), u32> = BTreeMap::new();
        for (tokens, year) in view.tokens.iter_mut().zip(years) {
            let Some(tokens) = tokens else { continue };
            let mut own: Vec<ListedToken> = tokens
                .iter()
                .map(|(token, k)| {
                    let next = numbers.len() as u32;
                    (*numbers.entry((*token, *year)).or_insert(next), *k)
                })
                .collect();
            own.sort_unstable();
            *tokens = own;
        }
        view.vocabulary = numbers.len();
    }
    salted
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [3; 32];
    const NOISE: [u8; 32] = [4; 32];

    /// People with these tokens in one filter of 128 bits.
    fn file(tokens: &[&[ListedToken]]) -> File {
        File {
            records: tokens.len(),
            views: vec![View {
                id: "names-birth".to_owned(),
                bits: 128,
                inner_bits: 128,
                diffusion: 8,
                codes: Vec::new(),
                tokens: tokens.iter().map(|own| Some(own.to_vec())).collect(),
                withheld: Vec::new(),
                vocabulary: 8,
            }],
            ..File::default()
        }
    }

    fn hardened(hardening: Hardening, file: &File, years: &[Option<u16>]) -> View {
        hardening.harden(file, years, &KEY, &NOISE).views.remove(0)
    }

    fn ones(row: &[u64]) -> u32 {
        row.iter().map(|word| word.count_ones()).sum()
    }

    #[test]
    fn plain_bits_are_the_positions_of_the_pieces() {
        let view = hardened(
            Hardening::Plain,
            &file(&[&[(0, 3)], &[(0, 2)], &[(1, 128)]]),
            &[],
        );
        assert_eq!((view.bits, view.inner_bits, view.diffusion), (128, 128, 0));
        assert_eq!((ones(view.row(0)), ones(view.row(1))), (3, 2));
        assert!(
            view.row(1)
                .iter()
                .zip(view.row(0))
                .all(|(a, b)| a & b == *a)
        );
        assert_eq!(view.row(2), [u64::MAX, u64::MAX]);
    }

    #[test]
    fn folding_by_hand() {
        assert_eq!(folded(&[0b1100, 0b1010]), [0b0110]);
        assert_eq!(folded(&[1, 2, 4, 8]), [1 ^ 4, 2 ^ 8]);
        let plain = hardened(Hardening::Plain, &file(&[&[(0, 9)]]), &[]);
        let view = hardened(Hardening::Folded, &file(&[&[(0, 9)]]), &[]);
        assert_eq!((view.bits, view.inner_bits, view.diffusion), (64, 128, 2));
        assert_eq!(view.row(0), [plain.row(0)[0] ^ plain.row(0)[1]]);
    }

    #[test]
    fn rule_90_by_hand() {
        // One bit sets its neighbours, two bits with one between them cancel on it, and the ring closes.
        assert_eq!(rule90(&[0b10, 0]), [0b101, 0]);
        assert_eq!(rule90(&[0b1010, 0]), [0b10001, 0]);
        assert_eq!(rule90(&[1, 0]), [0b10, 1 << 63]);
        assert_eq!(rule90(&[1 << 63, 0]), [1 << 62, 1]);
        // A row of the Sierpinski triangle after two more steps.
        assert_eq!(rule90(&rule90(&[1 << 20, 0])), [(1 << 18) | (1 << 22), 0]);
        assert_eq!(rule90(&[u64::MAX, u64::MAX]), [0, 0]);
        let plain = hardened(Hardening::Plain, &file(&[&[(0, 9)]]), &[]);
        let view = hardened(Hardening::Rule90, &file(&[&[(0, 9)]]), &[]);
        assert_eq!((view.bits, view.inner_bits, view.diffusion), (128, 128, 2));
        assert_eq!(view.row(0), rule90(plain.row(0)));
    }

    #[test]
    fn flipping_by_hand() {
        let draws = || Draws::new(&NOISE, "flips/0");
        assert_eq!(flipped(&[5, 6], 0, &mut draws()), [5, 6]);
        assert_eq!(flipped(&[5, 6], 100, &mut draws()), [!5, !6]);
        // The numbers of the stream, one a bit.
        let mut numbers = draws();
        let flips: Vec<usize> = (0..128).filter(|_| numbers.below(100) < 10).collect();
        let mut expected = [5u64, 6];
        for at in &flips {
            expected[at / 64] ^= 1 << (at % 64);
        }
        assert_eq!(flipped(&[5, 6], 10, &mut draws()), expected);
        assert!((5..25).contains(&flips.len()), "{flips:?}");
        // Equal people are flipped each by themselves, and by another custodian otherwise.
        let file = file(&[&[(0, 9)], &[(0, 9)]]);
        let view = hardened(Hardening::Flipped(10), &file, &[]);
        assert_ne!(view.row(0), view.row(1));
        assert_eq!((view.bits, view.diffusion), (128, 0));
        let other = Hardening::Flipped(10).harden(&file, &[], &KEY, &[5; 32]);
        assert_ne!(view.row(0), other.views[0].row(0));
        // Of two records that agree, bits agree with 0.9^2 + 0.1^2 = 0.82: the covariance is 2 * 0.82 - 1 = 0.64.
        assert!((Hardening::Flipped(10).kept() - 0.64).abs() < 1e-12);
        assert_eq!(Hardening::Plain.kept(), 1.0);
    }

    #[test]
    fn flipped_bits_agree_as_often_as_reckoned() {
        let tokens: Vec<&[ListedToken]> = vec![&[(0, 60)]; 200];
        let view = hardened(Hardening::Flipped(20), &file(&tokens), &[]);
        let differ: u32 = (0..100)
            .map(|pair| {
                let rows = view.row(2 * pair).iter().zip(view.row(2 * pair + 1));
                rows.map(|(a, b)| (a ^ b).count_ones()).sum::<u32>()
            })
            .sum();
        let covariance = 1.0 - 2.0 * f64::from(differ) / (100.0 * 128.0);
        // 0.36, of 12,800 bits: five standard deviations are 0.04.
        assert!(
            (covariance - Hardening::Flipped(20).kept()).abs() < 0.04,
            "{covariance}"
        );
    }

    #[test]
    fn salting_by_hand() {
        let file = file(&[
            &[(0, 3), (1, 4)],
            &[(1, 4), (2, 5)],
            &[(0, 3), (1, 4)],
            &[(0, 3)],
        ]);
        let years = [Some(1980), Some(1980), Some(1981), None];
        let view = hardened(Hardening::Salted, &file, &years);
        // Pieces of 1980: 0 and 1 of the first are 0 and 1; of the second, 1 again and the new 2. Those of 1981 and of no year are new.
        let tokens: Vec<Vec<ListedToken>> = view.tokens.iter().flatten().cloned().collect();
        assert_eq!(tokens[0], [(0, 3), (1, 4)]);
        assert_eq!(tokens[1], [(1, 4), (2, 5)]);
        assert_eq!(tokens[2], [(3, 3), (4, 4)]);
        assert_eq!(tokens[3], [(5, 3)]);
        assert_eq!((view.vocabulary, view.diffusion), (6, 0));
        // Same pieces, another year: another code.
        assert_ne!(view.row(0), view.row(2));
    }

    #[test]
    fn diffusion_by_hand() {
        // A filter of one bit: every input feeds t outputs, so t bits are set; of no bit: none; of all bits: each output is the
        // exclusive-or of t ones.
        let file = file(&[&[(0, 1)], &[], &[(1, 128)]]);
        for t in [2, 3, 8] {
            let view = hardened(Hardening::Diffused(t), &file, &[]);
            assert_eq!(
                (view.bits, view.inner_bits, view.diffusion),
                (128, 128, usize::from(t))
            );
            assert_eq!(ones(view.row(0)), u32::from(t));
            assert_eq!(ones(view.row(1)), 0);
            assert_eq!(ones(view.row(2)), u32::from(t % 2) * 128);
        }
    }
}
