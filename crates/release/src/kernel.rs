//! What an attacker expects of two listed people without any key: how alike their filters will be.
//!
//! A token takes k positions of m. Two lists A and B with x_A, x_B positions and x_AB in common fill bits(x) = m (1 - e^(-x/m)) bits,
//! so their filters differ in d = 2 bits(x_A + x_B - x_AB) - bits(x_A) - bits(x_B) bits; each released bit is the exclusive-or of t
//! of them, so as numbers +1 and -1 two released bits have the covariance K = (1 - 2d/m)^t (composite attack study, section 1).

use kinfold_encoding::ListedToken;

use crate::file::View;

/// The covariance of two people's released bits.
#[derive(Clone, Debug)]
pub struct Kernel {
    m: f64,
    t: usize,
    kept: f64,
    /// Expected ones of so many positions.
    ones: Vec<f64>,
}

impl Kernel {
    /// The kernel of a filter.
    pub fn new(view: &View) -> Self {
        let most = view
            .tokens
            .iter()
            .flatten()
            .map(|tokens| positions(tokens))
            .max()
            .unwrap_or(0);
        Self::up_to(view, most)
    }

    /// The kernel of a filter in which nobody has more than so many positions.
    pub(crate) fn up_to(view: &View, most: u32) -> Self {
        let m = view.inner_bits as f64;
        Self {
            m,
            t: view.diffusion.max(1),
            kept: 1.0,
            ones: (0..=2 * most)
                .map(|x| -m * libm::expm1(-f64::from(x) / m))
                .collect(),
        }
    }

    /// Of filters whose bits were flipped by chance before release, each record's own: the part of the covariance of two different records that
    /// is left, `(1 - 2p)^2` for bits that flip with probability p.
    #[must_use]
    pub fn kept(self, kept: f64) -> Self {
        Self { kept, ..self }
    }

    /// The covariance for so many positions of each and in common.
    pub fn of(&self, a: u32, b: u32, common: u32) -> f64 {
        let ones = |x: u32| self.ones[(x as usize).min(self.ones.len() - 1)];
        let distance = 2.0 * ones(a + b - common) - ones(a) - ones(b);
        let alike = 1.0 - 2.0 * distance / self.m;
        (1..self.t).fold(self.kept * alike, |power, _| power * alike)
    }

    /// The covariance of two lists of tokens.
    pub fn between(&self, a: &[ListedToken], b: &[ListedToken]) -> f64 {
        self.of(positions(a), positions(b), common(a, b))
    }
}

/// Positions of a list.
pub fn positions(tokens: &[ListedToken]) -> u32 {
    tokens.iter().map(|(_, k)| u32::from(*k)).sum()
}

/// Positions that two lists have in common: a token in both has the first of the same positions in both.
pub fn common(a: &[ListedToken], b: &[ListedToken]) -> u32 {
    let (mut i, mut j, mut sum) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += u32::from(a[i].1.min(b[j].1));
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

/// People by their tokens, to find what others have in common with each of them.
pub(crate) struct Postings {
    /// For each token the people who have it.
    people: Vec<Vec<(u32, u16)>>,
    /// Positions of each person.
    pub(crate) positions: Vec<u32>,
}

impl Postings {
    pub(crate) fn new<'a>(
        vocabulary: usize,
        lists: impl Iterator<Item = &'a [ListedToken]>,
    ) -> Self {
        let mut people = vec![Vec::new(); vocabulary];
        let mut all = Vec::new();
        for (number, tokens) in lists.enumerate() {
            for &(token, k) in tokens {
                people[token as usize].push((number as u32, k));
            }
            all.push(positions(tokens));
        }
        Self {
            people,
            positions: all,
        }
    }

    /// The covariance of somebody with each person.
    pub(crate) fn covariance(&self, kernel: &Kernel, tokens: &[ListedToken], out: &mut [f64]) {
        let mut common = vec![0u32; self.positions.len()];
        for &(token, k) in tokens {
            for &(person, other) in &self.people[token as usize] {
                common[person as usize] += u32::from(k.min(other));
            }
        }
        let own = positions(tokens);
        for ((out, common), other) in out.iter_mut().zip(&common).zip(&self.positions) {
            *out = kernel.of(own, *other, *common);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(diffusion: usize, tokens: Vec<Vec<ListedToken>>) -> View {
        View {
            id: "test".to_owned(),
            bits: 2048,
            inner_bits: 2048,
            diffusion,
            codes: Vec::new(),
            tokens: tokens.into_iter().map(Some).collect(),
            withheld: Vec::new(),
            vocabulary: 100,
        }
    }

    #[test]
    fn a_covariance_by_hand() {
        let lists = vec![
            vec![(0, 40), (1, 40), (2, 20)],
            vec![(1, 30), (2, 20), (3, 40)],
        ];
        assert_eq!((positions(&lists[0]), positions(&lists[1])), (100, 90));
        // 30 of the second token and 20 of the third.
        assert_eq!(common(&lists[0], &lists[1]), 50);
        // bits(140) = 135.3220, bits(100) = 97.5978, bits(90) = 88.0511: d = 84.9951, 1 - 2d/m = 0.916997.
        let plain = Kernel::new(&view(0, lists.clone())).between(&lists[0], &lists[1]);
        assert!((plain - 0.916_997).abs() < 2e-6, "{plain}");
        let diffused = Kernel::new(&view(6, lists.clone())).between(&lists[0], &lists[1]);
        assert!((diffused - 0.916_997f64.powi(6)).abs() < 1e-5);
        assert!(
            (Kernel::new(&view(6, lists.clone())).between(&lists[0], &lists[0]) - 1.0).abs()
                < 1e-12
        );
    }

    #[test]
    fn postings_give_the_same() {
        let lists = vec![vec![(0, 40), (1, 40)], vec![(1, 30), (7, 20)], vec![(8, 5)]];
        let view = view(4, lists.clone());
        let kernel = Kernel::new(&view);
        let postings = Postings::new(100, lists.iter().map(Vec::as_slice));
        let mut out = vec![0.0; 3];
        postings.covariance(&kernel, &lists[1], &mut out);
        for (value, other) in out.iter().zip(&lists) {
            assert_eq!(*value, kernel.between(&lists[1], other));
        }
    }

    #[test]
    fn the_expected_likeness_is_what_codes_have() {
        // Two people who share 20 of 30 tokens, coded under 40 keys.
        let lists: Vec<Vec<ListedToken>> = vec![
            (0..30).map(|token| (token, 40)).collect(),
            (10..40).map(|token| (token, 40)).collect(),
        ];
        for diffusion in [0, 2, 4] {
            let view = view(diffusion, lists.clone());
            let expected = Kernel::new(&view).between(&lists[0], &lists[1]);
            let file = crate::File {
                records: 2,
                views: vec![view],
                ..crate::File::default()
            };
            let mean = (0..40u8)
                .map(|key| {
                    let coded = file.coded(&[key; 32], diffusion);
                    let rows = coded.views[0].row(0).iter().zip(coded.views[0].row(1));
                    let differ: u32 = rows.map(|(a, b)| (a ^ b).count_ones()).sum();
                    1.0 - 2.0 * f64::from(differ) / 2048.0
                })
                .sum::<f64>()
                / 40.0;
            assert!(
                (mean - expected).abs() < 0.02,
                "{diffusion}: {mean} for {expected}"
            );
        }
    }
}
