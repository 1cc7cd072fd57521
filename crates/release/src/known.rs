//! Attack M: somebody who knows some people of the file names others, with a list and the public parameters, without the key.
//!
//! Somebody known whose filter is not released, because household keys show the person in a larger home, foretells nobody. And of a record
//! without a filter nothing can be foretold: one of the listed people who have none either is guessed by lot.

use rayon::prelude::*;

use crate::draws::Draws;
use crate::file::View;
use crate::predict::{BLOCK, Known, Predictor, Targets};
use crate::scene::{NOBODY, Scene};
use kinfold_verdict::{Share, round};

/// How the known people are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// One by one, by lot.
    Random,
    /// Whole households, by lot.
    Households,
    /// The people around one place.
    Neighbourhood,
}

impl Choice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Random, Self::Households, Self::Neighbourhood];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Random => "chosen by lot",
            Self::Households => "as whole households",
            Self::Neighbourhood => "as one neighbourhood",
        }
    }
}

/// What an attack got right.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Named {
    /// People named rightly among those that were not known.
    pub all: Option<Share>,
    /// The same, without those who live with a known person.
    pub beyond_households: Option<Share>,
    /// Rightly named among the surest tenth of what an attacker would pick: the picks that point at each other, by how far they are ahead of
    /// the next.
    pub surest_tenth: Option<Share>,
    /// Rightly named by size of household on the list, from one to six and more.
    pub by_size: Vec<Share>,
    /// M5: what an intruder is left with, on average: one divided by the number of people who fit a record, each counted by how well
    /// (the probability of suspicion of Vatsalan and others 2014).
    pub suspicion: Option<f64>,
    /// Records that only one person fits.
    pub sure_of_one: Option<Share>,
}

impl Named {
    /// The counts of two attempts together.
    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let add = |a: Share, b: Share| Share::new(a.hits + b.hits, a.of + b.of);
        let both = |a: Option<Share>, b: Option<Share>| match (a, b) {
            (Some(a), Some(b)) => Some(add(a, b)),
            (one, other) => one.or(other),
        };
        Self {
            all: both(self.all, other.all),
            beyond_households: both(self.beyond_households, other.beyond_households),
            surest_tenth: both(self.surest_tenth, other.surest_tenth),
            by_size: self
                .by_size
                .iter()
                .zip(&other.by_size)
                .map(|(a, b)| add(*a, *b))
                .collect(),
            suspicion: match (self.suspicion, other.suspicion) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (one, another) => one.or(another),
            },
            sure_of_one: both(self.sure_of_one, other.sure_of_one),
        }
    }
}

/// Chooses known people.
pub fn choose(scene: &Scene, number: usize, choice: Choice, draws: &mut Draws) -> Vec<Known> {
    let mut rows: Vec<u32> = draws.order(scene.records);
    rows.retain(|row| scene.truth[*row as usize] != NOBODY);
    let person = |row: u32| scene.truth[row as usize] as usize;
    match choice {
        Choice::Random => {}
        Choice::Households => {
            // Households in the order of their first member by lot.
            let mut first = vec![u32::MAX; scene.people];
            for (place, row) in rows.iter().enumerate() {
                let home = scene.home[person(*row)] as usize;
                first[home] = first[home].min(place as u32);
            }
            rows.sort_by_key(|row| first[scene.home[person(*row)] as usize]);
        }
        Choice::Neighbourhood => {
            rows.sort_by_key(|row| scene.place[person(*row)]);
            let room = rows.len().saturating_sub(number);
            let start = draws.below(room + 1);
            rows.drain(..start);
        }
    }
    rows.truncate(number);
    rows.into_iter()
        .map(|row| (row, person(row) as u32))
        .collect()
}

/// The best candidate of a record so far.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    candidate: u32,
    second: f64,
    /// Sums of e^(score - best) and of its square: how many candidates fit.
    fit: f64,
    fit_squared: f64,
}

impl Best {
    const NONE: Self = Self {
        score: f64::NEG_INFINITY,
        candidate: NOBODY,
        second: f64::NEG_INFINITY,
        fit: 0.0,
        fit_squared: 0.0,
    };

    fn offer(&mut self, score: f64, candidate: u32) {
        if score > self.score {
            let shrink = libm::exp(self.score - score);
            self.fit = self.fit * shrink + 1.0;
            self.fit_squared = self.fit_squared * shrink * shrink + 1.0;
            (self.second, self.score, self.candidate) = (self.score, score, candidate);
        } else {
            self.second = self.second.max(score);
            // What is e^-30 of the best does not count.
            if score > self.score - 30.0 {
                let part = libm::exp(score - self.score);
                self.fit += part;
                self.fit_squared += part * part;
            }
        }
    }

    fn join(&mut self, other: &Self) {
        if other.candidate == NOBODY {
            return;
        }
        let (best, less) = if other.score > self.score {
            (*other, *self)
        } else {
            (*self, *other)
        };
        let shrink = libm::exp(less.score - best.score);
        *self = Self {
            score: best.score,
            candidate: best.candidate,
            second: best.second.max(less.score),
            fit: best.fit + less.fit * shrink,
            fit_squared: best.fit_squared + less.fit_squared * shrink * shrink,
        };
    }

    /// The number of candidates that fit: 1 when one alone does.
    fn fitting(&self) -> f64 {
        if self.fit_squared > 0.0 {
            self.fit * self.fit / self.fit_squared
        } else {
            1.0
        }
    }
}

/// Names the records whose people are not known, or `most` of them by lot, whether they have a filter or not.
pub fn attack(scene: &Scene, known: &[Known], most: usize, draws: &mut Draws) -> Named {
    let mut is_known = vec![false; scene.records];
    let mut candidates: Vec<u32> = Vec::new();
    let mut taken = vec![false; scene.people];
    let mut known_home = vec![false; scene.people];
    for (row, person) in known {
        is_known[*row as usize] = true;
        taken[*person as usize] = true;
        known_home[scene.home[*person as usize] as usize] = true;
    }
    let mut rows: Vec<u32> = draws.order(scene.records);
    rows.retain(|row| !is_known[*row as usize] && counts(scene, *row));
    rows.truncate(most);
    candidates.extend((0..scene.people as u32).filter(|person| !taken[*person as usize]));
    let predictor = Predictor::new(scene, known);
    let targets = Targets::new(scene, &rows);
    // For each block of candidates: the best of each record, and the record that is best for each candidate.
    let blocks: Vec<(Vec<Best>, Vec<u32>)> = candidates
        .par_chunks(BLOCK)
        .map(|block| {
            let scores = predictor.scores(&targets, block);
            let mut best = vec![Best::NONE; rows.len()];
            let mut record = vec![(f64::NEG_INFINITY, NOBODY); block.len()];
            for (row, scores) in scores.chunks_exact(block.len()).enumerate() {
                for ((score, candidate), record) in scores.iter().zip(block).zip(&mut record) {
                    if !scene.can_be(rows[row], *candidate) {
                        continue;
                    }
                    best[row].offer(*score, *candidate);
                    if *score > record.0 {
                        *record = (*score, row as u32);
                    }
                }
            }
            (best, record.into_iter().map(|(_, row)| row).collect())
        })
        .collect();
    let mut best = vec![Best::NONE; rows.len()];
    let mut best_record = vec![NOBODY; scene.people];
    for ((block_best, block_record), block) in blocks.iter().zip(candidates.chunks(BLOCK)) {
        for (all, own) in best.iter_mut().zip(block_best) {
            all.join(own);
        }
        for (candidate, record) in block.iter().zip(block_record) {
            best_record[*candidate as usize] = *record;
        }
    }
    let mut picks: Vec<Pick> = rows
        .iter()
        .zip(&best)
        .enumerate()
        .map(|(place, (row, best))| Pick {
            row: *row,
            candidate: best.candidate,
            ahead: best.score - best.second,
            mutual: best.candidate != NOBODY
                && best_record[best.candidate as usize] == place as u32,
        })
        .collect();
    // All who can be a record without a filter fit it alike: the first of them would be picked in every attempt.
    for pick in &mut picks {
        if scene.is_without_filter(pick.row) {
            let can_be = |person: &&u32| scene.can_be(pick.row, **person);
            let all: Vec<u32> = candidates.iter().filter(can_be).copied().collect();
            let drawn = (!all.is_empty()).then(|| all[draws.below(all.len())]);
            pick.candidate = drawn.unwrap_or(NOBODY);
            (pick.ahead, pick.mutual) = (0.0, false);
        }
    }
    let mut named = judge(scene, &picks, &known_home);
    let fitting: Vec<f64> = best.iter().map(Best::fitting).collect();
    named.suspicion = Some(round(
        fitting.iter().map(|fit| 1.0 / fit).sum::<f64>() / fitting.len().max(1) as f64,
    ));
    let sure = fitting.iter().filter(|fit| **fit < 1.5).count();
    named.sure_of_one = Some(Share::new(sure as u64, fitting.len() as u64));
    named
}

/// A record that is there to be named. Who has random bits for want of a name or date is not: a list says nothing about these. But who has
/// them because of the home would have a filter otherwise, and stays in the count of those among whom an attack names some.
pub(crate) fn counts(scene: &Scene, row: u32) -> bool {
    let person = scene.truth[row as usize];
    let has = |view: &View| view.tokens[person as usize].is_some() || view.is_withheld(person);
    person == NOBODY || scene.views.iter().any(has)
}

/// What an attack says of a record.
pub(crate) struct Pick {
    pub(crate) row: u32,
    /// The person, or [`NOBODY`].
    pub(crate) candidate: u32,
    /// By how much the person is ahead of the next.
    pub(crate) ahead: f64,
    /// Whether the record is also what fits the person best.
    pub(crate) mutual: bool,
}

/// Counts what is right. `known_home` says which households have a known person; empty when nobody is known.
pub(crate) fn judge(scene: &Scene, picks: &[Pick], known_home: &[bool]) -> Named {
    let mut all = (0, 0);
    let mut beyond = (0, 0);
    let mut sizes = [(0, 0); 6];
    let mut sure: Vec<(f64, usize, bool)> = Vec::new();
    for (place, pick) in picks.iter().enumerate() {
        let person = scene.truth[pick.row as usize];
        let right = person != NOBODY && person == pick.candidate;
        if pick.mutual {
            sure.push((pick.ahead, place, right));
        }
        if person == NOBODY {
            continue;
        }
        let count = |(hits, of): &mut (u64, u64)| {
            *hits += u64::from(right);
            *of += 1;
        };
        count(&mut all);
        let home = scene.home[person as usize] as usize;
        if !known_home.get(home).copied().unwrap_or(false) {
            count(&mut beyond);
        }
        let size = scene.home_size[person as usize].clamp(1, 6) as usize;
        count(&mut sizes[size - 1]);
    }
    // The surest first; which pick comes first among equals was drawn by lot.
    sure.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let tenth = sure.len().div_ceil(10);
    let right = sure[..tenth].iter().filter(|(_, _, right)| *right).count();
    Named {
        all: Some(Share::new(all.0, all.1)),
        beyond_households: (!known_home.is_empty()).then(|| Share::new(beyond.0, beyond.1)),
        surest_tenth: Some(Share::new(right as u64, tenth as u64)),
        by_size: sizes
            .iter()
            .map(|(hits, of)| Share::new(*hits, *of))
            .collect(),
        suspicion: None,
        sure_of_one: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use crate::scene::ListQuality;

    const SEED: [u8; 32] = [7; 32];

    fn named(diffusion: usize, known: usize, threads: usize) -> Named {
        let file = made_up::people(300, 1).coded(&SEED, diffusion);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let known = choose(&scene, known, Choice::Random, &mut draws);
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| attack(&scene, &known, usize::MAX, &mut draws))
    }

    #[test]
    fn plain_filters_name_nearly_everybody_and_diffused_ones_nobody() {
        let plain = named(0, 20, 2);
        let all = plain.all.unwrap();
        assert_eq!(all.of, 280);
        assert!(all.share >= 0.9, "{plain:?}");
        assert!(plain.surest_tenth.unwrap().share >= 0.9);
        let weak = named(2, 100, 2).all.unwrap();
        assert!(weak.share > 0.5, "{weak:?}");
        let diffused = named(8, 20, 2);
        assert!(diffused.all.unwrap().share < 0.03, "{diffused:?}");
        assert!(diffused.suspicion.unwrap() < 0.2 && plain.suspicion.unwrap() > 0.5);
    }

    #[test]
    fn threads_change_nothing() {
        assert_eq!(named(3, 40, 1), named(3, 40, 3));
    }

    #[test]
    fn known_people_are_chosen_as_asked() {
        let file = made_up::people(300, 2).coded(&SEED, 4);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        for choice in Choice::ALL {
            let known = choose(&scene, 40, choice, &mut draws);
            assert_eq!(known.len(), 40);
            assert!(
                known
                    .iter()
                    .all(|(row, person)| scene.truth[*row as usize] == *person)
            );
        }
        let known = choose(&scene, 60, Choice::Households, &mut draws);
        let homes: std::collections::BTreeSet<u32> = known
            .iter()
            .map(|(_, person)| scene.home[*person as usize])
            .collect();
        let members = known
            .iter()
            .map(|(_, person)| scene.home_size[*person as usize]);
        // All members of all but the last household are known.
        assert!(members.map(|size| 1.0 / f64::from(size)).sum::<f64>() > homes.len() as f64 - 1.0);
        let known = choose(&scene, 60, Choice::Neighbourhood, &mut draws);
        let places: Vec<u64> = known
            .iter()
            .map(|(_, person)| scene.place[*person as usize])
            .collect();
        let (least, most) = (places.iter().min().unwrap(), places.iter().max().unwrap());
        let inside = scene
            .place
            .iter()
            .filter(|place| *least < **place && *place < most)
            .count();
        assert!(inside <= 60);
    }

    /// Plain codes of homes of one to five; of three and more nobody's filter is released.
    fn without_families() -> (crate::File, Scene) {
        let mut file = made_up::in_homes_of(&[1, 2, 3, 4, 5], 300, 7);
        made_up::withhold(&mut file, 2);
        let file = file.coded(&SEED, 0);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        (file, scene)
    }

    #[test]
    fn who_has_no_filter_because_of_the_home_counts_and_is_not_named() {
        let (file, scene) = without_families();
        let mut draws = Draws::new(&SEED, "test");
        let known = choose(&scene, 60, Choice::Random, &mut draws);
        let named = attack(&scene, &known, usize::MAX, &mut draws);
        // All others are there to be named, whether they have a filter or not.
        assert_eq!(named.all.unwrap().of, file.records as u64 - 60);
        assert_eq!(named.sure_of_one.unwrap().of, file.records as u64 - 60);
        for (size, share) in (1..).zip(&named.by_size[..5]) {
            if size <= 2 {
                assert!(share.share > 0.9, "{named:?}");
            } else {
                assert!(share.of > 20 && share.share < 0.05, "{named:?}");
            }
        }
        // Nobody without a filter fits alone: all of them fit each of their records.
        let with: u64 = named.by_size[..2].iter().map(|share| share.of).sum();
        assert!(named.sure_of_one.unwrap().hits <= with);
        assert!(named.suspicion.unwrap() < with as f64 / (file.records - 60) as f64 + 0.01);
    }

    #[test]
    fn somebody_known_without_a_filter_foretells_nobody() {
        let (file, scene) = without_families();
        let withheld = file.withheld();
        let of = |without: bool| -> Vec<Known> {
            let rows = (0..scene.records as u32).filter(|row| withheld[*row as usize] == without);
            rows.map(|row| (row, scene.truth[row as usize]))
                .take(20)
                .collect()
        };
        let named = |known: &[Known]| {
            let named = attack(&scene, known, usize::MAX, &mut Draws::new(&SEED, "test"));
            named.beyond_households.unwrap()
        };
        let (useless, useful) = (named(&of(true)), named(&of(false)));
        assert!(useless.share < 0.02, "{useless:?}");
        assert!(useful.hits > 20, "{useful:?}");
    }

    #[test]
    fn half_a_list_names_at_most_the_half_that_is_on_it() {
        let file = made_up::people(400, 3).coded(&SEED, 0);
        let quality = ListQuality {
            overlap: 0.5,
            errors: 0.0,
        };
        let scene = Scene::draw(&file, quality, &SEED);
        assert_eq!((scene.records, scene.people), (266, 266));
        let shared = scene
            .truth
            .iter()
            .filter(|person| **person != NOBODY)
            .count();
        assert_eq!(shared, 133);
        let mut draws = Draws::new(&SEED, "test");
        let known = choose(&scene, 20, Choice::Random, &mut draws);
        let named = attack(&scene, &known, usize::MAX, &mut draws).all.unwrap();
        assert_eq!(named.of, 113);
        assert!(named.share > 0.8, "{named:?}");
    }
}
