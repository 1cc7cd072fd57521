//! Graph matching by embeddings, as published (Schaefer, Armknecht and Heng, ACSAC 2024; security study, section 1.4), as a legacy line.
//!
//! ```text
//!  similarities of all pairs ─► graph of the most alike ─► points (walks) ─┐
//!  the list, coded under another key ─► the same ──────────────────────────┴─► rotation (align) ─► one to one (assign)
//! ```
//!
//! Nobody is known. Like [`crate::legacy`], it compares noise with noise once filters are diffused, so it is no ground for calm.

mod align;
mod assign;
mod dense;
mod walks;

use self::dense::Dense;
use crate::draws::Draws;
use crate::known::{Named, Pick, judge};
use crate::legacy::{Similarities, coded_list};
use crate::scene::{NOBODY, Scene};

/// Matches the records with the list, coded under another key, with nobody known.
pub fn attack(scene: &Scene, draws: &mut Draws) -> Named {
    let own = coded_list(scene, draws);
    let seen = Similarities::new(&scene.views, scene.records);
    let list = Similarities::new(&own, scene.people);
    let x = walks::points(scene.records, seen.values(), draws);
    let y = walks::points(scene.people, list.values(), draws);
    let (left, right) = (seen.features(), list.features());
    let apart = Dense::new(scene.records, scene.people, |row, person| {
        let both = left[row].iter().zip(&right[person]);
        both.map(|(a, b)| (a - b) * (a - b)).sum()
    });
    let cost = align::cost(&x, &y, &align::rotation(&x, &y, &apart));
    let pairs = assign::cheapest(&cost);
    let picks: Vec<Pick> = pairs
        .into_iter()
        .enumerate()
        .map(|(row, person)| {
            let own = cost.row(row);
            let candidate = person.map_or(NOBODY, |person| person as u32);
            // How much better than the next that the person given is.
            let next = own
                .iter()
                .enumerate()
                .filter(|(other, _)| Some(*other) != person)
                .map(|(_, cost)| *cost)
                .fold(f64::INFINITY, f64::min);
            Pick {
                row: row as u32,
                candidate,
                ahead: person.map_or(0.0, |person| next - own[person]),
                mutual: person.is_some(),
            }
        })
        .collect();
    judge(scene, &picks, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use crate::scene::ListQuality;

    const SEED: [u8; 32] = [9; 32];

    fn named(diffusion: usize, threads: usize) -> Named {
        let file = made_up::people(300, 7).coded(&SEED, diffusion);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| attack(&scene, &mut draws))
    }

    #[test]
    fn plain_filters_are_matched_and_diffused_ones_are_not() {
        let plain = named(0, 2);
        assert!(plain.all.unwrap().share > 0.9, "{plain:?}");
        let diffused = named(6, 2);
        assert!(diffused.all.unwrap().share < 0.05, "{diffused:?}");
    }

    #[test]
    fn threads_change_nothing() {
        assert_eq!(named(2, 1), named(2, 3));
    }
}
