//! Codes of the same people under a key of the check's own, as hardened as wanted: what an attack must prove itself on, and what a schema
//! would leak with another diffusion.

use kinfold_encoding::ListedToken;

use crate::draws::Draws;
use crate::file::{File, View};

impl File {
    /// The same people, coded anew under a key made from `seed`; `diffusion` 0 leaves filters as they are.
    #[must_use]
    pub fn coded(&self, seed: &[u8; 32], diffusion: usize) -> Self {
        Self {
            views: self
                .views
                .iter()
                .map(|view| code(view, seed, diffusion))
                .collect(),
            ..self.clone()
        }
    }
}

/// One filter of the people of a view, coded under a key made from `seed`.
pub(crate) fn code(view: &View, seed: &[u8; 32], diffusion: usize) -> View {
    let (m, l) = (view.inner_bits, view.bits);
    let positions = positions(view, seed);
    let bits = if diffusion == 0 { m } else { l };
    let lists = lists(
        m,
        l,
        diffusion,
        &mut Draws::new(seed, &format!("lists/{}", view.id)),
    );
    let mut blank = Draws::new(seed, &format!("blank/{}", view.id));
    let mut codes = vec![0u64; view.tokens.len() * bits / 64];
    let mut inner = vec![0u64; m / 64];
    for (tokens, out) in view.tokens.iter().zip(codes.chunks_exact_mut(bits / 64)) {
        match tokens {
            Some(tokens) => {
                inner.fill(0);
                for &(token, k) in tokens {
                    for position in &positions[token as usize][..k as usize] {
                        inner[*position as usize / 64] |= 1 << (position % 64);
                    }
                }
            }
            None => inner.fill_with(|| blank.word()),
        }
        if diffusion == 0 {
            out.copy_from_slice(&inner);
            continue;
        }
        out.fill(0);
        for (output, list) in lists.chunks_exact(diffusion).enumerate() {
            let bit = list.iter().fold(0, |sum, input| {
                sum ^ (inner[*input as usize / 64] >> (input % 64) & 1)
            });
            out[output / 64] |= bit << (output % 64);
        }
    }
    View {
        id: view.id.clone(),
        bits,
        inner_bits: m,
        diffusion,
        codes,
        tokens: view.tokens.clone(),
        withheld: view.withheld.clone(),
        vocabulary: view.vocabulary,
    }
}

/// For each token as many distinct positions as it takes at most; one that takes fewer has the first of them.
fn positions(view: &View, seed: &[u8; 32]) -> Vec<Vec<u16>> {
    let mut most = vec![0u16; view.vocabulary];
    let all: &[Option<Vec<ListedToken>>] = &view.tokens;
    for &(token, k) in all.iter().flatten().flatten() {
        most[token as usize] = most[token as usize].max(k);
    }
    let mut draws = Draws::new(seed, &format!("positions/{}", view.id));
    let mut taken = vec![usize::MAX; view.inner_bits];
    most.iter()
        .enumerate()
        .map(|(token, &k)| {
            let mut own = Vec::with_capacity(k as usize);
            while own.len() < (k as usize).min(view.inner_bits) {
                let position = draws.below(view.inner_bits);
                if taken[position] != token {
                    taken[position] = token;
                    own.push(position as u16);
                }
            }
            own
        })
        .collect()
}

/// For each output its inputs, drawn without replacement until the pool is empty (Armknecht, Heng and Schnell 2023, algorithm 1).
fn lists(m: usize, l: usize, t: usize, draws: &mut Draws) -> Vec<u16> {
    let mut lists: Vec<u16> = Vec::with_capacity(l * t);
    let mut pool: Vec<u16> = Vec::new();
    for output in 0..l {
        while lists.len() < (output + 1) * t {
            if pool.is_empty() {
                pool.extend(0..m as u16);
            }
            let at = draws.below(pool.len());
            if lists[output * t..].contains(&pool[at]) {
                // An input twice would cancel itself. With every remaining one taken the pool starts again.
                if pool.iter().all(|input| lists[output * t..].contains(input)) {
                    pool.clear();
                }
                continue;
            }
            lists.push(pool.swap_remove(at));
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_people(diffusion: usize) -> File {
        let view = View {
            id: "test".to_owned(),
            bits: 256,
            inner_bits: 256,
            diffusion: 3,
            codes: Vec::new(),
            tokens: vec![Some(vec![(0, 10), (1, 20)]), Some(vec![(0, 5)]), None],
            withheld: Vec::new(),
            vocabulary: 2,
        };
        let file = File {
            records: 3,
            views: vec![view],
            ..File::default()
        };
        file.coded(&[1; 32], diffusion)
    }

    fn ones(view: &View, row: usize) -> u32 {
        view.row(row).iter().map(|word| word.count_ones()).sum()
    }

    #[test]
    fn plain_codes_have_the_positions_of_their_tokens() {
        let view = &two_people(0).views[0];
        assert_eq!(ones(view, 1), 5);
        // Two tokens of ten and twenty positions can share some.
        assert!((20..=30).contains(&ones(view, 0)));
        // The lighter token has the first of the same positions.
        assert!(
            view.row(0)
                .iter()
                .zip(view.row(1))
                .all(|(all, some)| all & some == *some)
        );
    }

    #[test]
    fn every_input_feeds_as_many_outputs() {
        let lists = lists(256, 256, 3, &mut Draws::new(&[2; 32], "test"));
        let mut uses = vec![0; 256];
        for input in &lists {
            uses[*input as usize] += 1;
        }
        assert!(uses.iter().all(|n| (2..=4).contains(n)));
        assert!(
            lists
                .chunks(3)
                .all(|list| list[0] != list[1] && list[1] != list[2] && list[0] != list[2])
        );
    }

    #[test]
    fn a_diffused_code_is_that_of_its_bits() {
        let (plain, diffused) = (two_people(0), two_people(3));
        let lists = lists(256, 256, 3, &mut Draws::new(&[1; 32], "lists/test"));
        let bit = |view: &View, at: usize| view.row(0)[at / 64] >> (at % 64) & 1;
        for (output, list) in lists.chunks(3).enumerate() {
            let expected = list
                .iter()
                .fold(0, |sum, at| sum ^ bit(&plain.views[0], *at as usize));
            assert_eq!(bit(&diffused.views[0], output), expected);
        }
    }
}
