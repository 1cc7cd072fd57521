//! Attacks H and S: nobody is known, but households are seen.
//!
//! **H** takes the records that household keys (or likeness) put together and matches each group with the listed households of its size, by
//! the likelihood of all similarities within the group over all filters, for the best order of the members. **S**, the snowball, takes the
//! surest of these groups as known people, ranks everybody by them as [`crate::predict`] does, and matches again. What is believed of one
//! half of the groups decides only on the other half (composite attack study, section 1).

use rayon::prelude::*;

use crate::draws::Draws;
use crate::homes::HOUSEHOLD_MAX;
use crate::kernel::Kernel;
use crate::known::{Named, Pick, has_codes, judge};
use crate::predict::{BLOCK, Known, Predictor, Targets};
use crate::scene::{NOBODY, Scene};

/// Rounds of the snowball.
const ROUNDS: usize = 6;
/// Most people who are taken as known.
const LANDMARKS_MAX: usize = 1_000;
/// A group is believed when its household is at least this much likelier than the next: e^4, fifty to one.
const BELIEVED: f64 = 4.0;

/// The score of somebody who lacks a fact that the record claims.
const IMPOSSIBLE: f64 = -1e9;

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// By households alone.
    pub households: Named,
    /// After the snowball.
    pub snowball: Named,
    /// Records taken as known in the end.
    pub believed: usize,
    /// Of these, rightly.
    pub believed_rightly: usize,
}

/// Matches groups of records with listed households.
pub fn attack(scene: &Scene, groups: &[Vec<u32>], draws: &mut Draws) -> Reached {
    let sides = Sides::new(scene, groups, draws);
    let mut matches = sides.matched(scene, &[Vec::new(), Vec::new()]);
    let households = sides.named(scene, &matches);
    let mut known: [Vec<Known>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let next = sides.believed(&matches);
        if next == known || next.iter().all(Vec::is_empty) {
            break;
        }
        known = next;
        matches = sides.matched(scene, &known);
    }
    let believed = known.iter().flatten();
    Reached {
        snowball: sides.named(scene, &matches),
        households,
        believed: believed.clone().count(),
        believed_rightly: believed
            .filter(|(row, person)| scene.truth[*row as usize] == *person)
            .count(),
    }
}

/// A group of records with the similarities within it.
struct Group {
    rows: Vec<u32>,
    /// The half of the groups it belongs to.
    half: usize,
    /// For each filter the similarities of its pairs.
    seen: Vec<f64>,
}

/// A household on the list with the similarities that are expected within it.
struct Household {
    people: Vec<u32>,
    /// For each filter and pair: the expected similarity, one over twice its variance, and the logarithm of its deviation.
    expected: Vec<[f64; 3]>,
}

/// How a group was matched.
#[derive(Clone)]
struct Match {
    /// People, one for each record of the group; empty when there is no household of its size.
    people: Vec<u32>,
    household: usize,
    score: f64,
    /// By how much the household is ahead of the next.
    ahead: f64,
    /// By how much the order of its members is ahead of the next order.
    order_ahead: f64,
    /// Whether the group is also what fits the household best.
    mutual: bool,
}

/// Both sides by size: index 0 holds single ones.
struct Sides {
    groups: Vec<Vec<Group>>,
    households: Vec<Vec<Household>>,
    orders: Vec<Vec<Vec<usize>>>,
    views: usize,
}

/// The place of a pair among the pairs of a group.
fn pair(a: usize, b: usize) -> usize {
    let (a, b) = (a.min(b), a.max(b));
    b * (b - 1) / 2 + a
}

impl Sides {
    fn new(scene: &Scene, groups: &[Vec<u32>], draws: &mut Draws) -> Self {
        let kernels: Vec<Kernel> = scene
            .views
            .iter()
            .map(|view| Kernel::new(view).kept(scene.kept))
            .collect();
        let mut sides = Self {
            groups: (0..HOUSEHOLD_MAX).map(|_| Vec::new()).collect(),
            households: (0..HOUSEHOLD_MAX).map(|_| Vec::new()).collect(),
            orders: (1..=HOUSEHOLD_MAX).map(orders).collect(),
            views: scene.views.len(),
        };
        for rows in groups
            .iter()
            .filter(|rows| (1..=HOUSEHOLD_MAX).contains(&rows.len()))
        {
            let mut rows = rows.clone();
            draws.shuffle(&mut rows);
            let seen = |view: &crate::file::View| {
                let row = |at: usize| view.row(rows[at] as usize).iter();
                let similarity = |a: usize, b: usize| {
                    let differ: u32 = row(a).zip(row(b)).map(|(x, y)| (x ^ y).count_ones()).sum();
                    1.0 - 2.0 * f64::from(differ) / view.bits as f64
                };
                pairs(rows.len())
                    .map(|(a, b)| similarity(a, b))
                    .collect::<Vec<_>>()
            };
            sides.groups[rows.len() - 1].push(Group {
                seen: scene.views.iter().flat_map(seen).collect(),
                half: draws.below(2),
                rows,
            });
        }
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); scene.people];
        for (person, home) in scene.home.iter().enumerate() {
            members[*home as usize].push(person as u32);
        }
        for people in members
            .into_iter()
            .filter(|people| (1..=HOUSEHOLD_MAX).contains(&people.len()))
        {
            let mut expected = Vec::new();
            for (view, kernel) in scene.views.iter().zip(&kernels) {
                for (a, b) in pairs(people.len()) {
                    let tokens = |at: usize| view.tokens[people[at] as usize].as_deref();
                    let alike = match (tokens(a), tokens(b)) {
                        (Some(a), Some(b)) => kernel.between(a, b),
                        _ => 0.0,
                    };
                    // A similarity over l bits of the covariance K has the variance (1 - K^2) / l; not below that of one bit in l.
                    let bits = view.bits as f64;
                    let variance = ((1.0 - alike * alike) / bits).max(1.0 / (bits * bits));
                    expected.push([alike, 0.5 / variance, 0.5 * libm::log(variance)]);
                }
            }
            sides.households[people.len() - 1].push(Household { people, expected });
        }
        sides
    }

    /// Matches every group, with what is known of the other half of the groups.
    fn matched(&self, scene: &Scene, known: &[Vec<Known>; 2]) -> Vec<Vec<Match>> {
        let mut all: Vec<Vec<Match>> = self
            .groups
            .iter()
            .map(|groups| vec![Match::NONE; groups.len()])
            .collect();
        for half in 0..2 {
            let others = &known[1 - half];
            let predictor = (!others.is_empty()).then(|| Predictor::new(scene, others));
            for (size, all) in all.iter_mut().enumerate() {
                let of_half = |number: &usize| self.groups[size][*number].half == half;
                let numbers: Vec<usize> = (0..self.groups[size].len()).filter(of_half).collect();
                let own = self.matched_size(scene, size, &numbers, predictor.as_ref());
                for (number, found) in numbers.into_iter().zip(own) {
                    all[number] = found;
                }
            }
        }
        // Of each household the group that fits it best.
        for (size, matches) in all.iter_mut().enumerate() {
            let mut best = vec![(f64::NEG_INFINITY, usize::MAX); self.households[size].len()];
            for (number, found) in matches.iter().enumerate() {
                if !found.people.is_empty() && found.score > best[found.household].0 {
                    best[found.household] = (found.score, number);
                }
            }
            for (number, found) in matches.iter_mut().enumerate() {
                found.mutual = !found.people.is_empty() && best[found.household].1 == number;
            }
        }
        all
    }

    /// Matches some groups of one size.
    fn matched_size(
        &self,
        scene: &Scene,
        size: usize,
        numbers: &[usize],
        predictor: Option<&Predictor<'_>>,
    ) -> Vec<Match> {
        let households = &self.households[size];
        let people = size + 1;
        let rows: Vec<u32> = numbers
            .iter()
            .flat_map(|number| self.groups[size][*number].rows.clone())
            .collect();
        let listed: Vec<u32> = households
            .iter()
            .flat_map(|household| household.people.clone())
            .collect();
        let targets = predictor.map(|_| Targets::new(scene, &rows));
        // Whole households a block.
        let together = (BLOCK / people).max(1);
        let blocks: Vec<Vec<Match>> = listed
            .par_chunks(together * people)
            .enumerate()
            .map(|(block, candidates)| {
                let first = block * together;
                let scores = match (predictor, &targets) {
                    (Some(predictor), Some(targets)) => predictor.scores(targets, candidates),
                    _ => vec![0.0; rows.len() * candidates.len()],
                };
                let mut found = vec![Match::NONE; numbers.len()];
                for (place, number) in numbers.iter().enumerate() {
                    let group = &self.groups[size][*number];
                    for number in 0..candidates.len() / people {
                        let household = &households[first + number];
                        let single = |member: usize, person: usize| {
                            let at = number * people + person;
                            if scene.can_be(group.rows[member], candidates[at]) {
                                scores[(place * people + member) * candidates.len() + at]
                            } else {
                                IMPOSSIBLE
                            }
                        };
                        let own = self.fit(group, household, first + number, &single);
                        found[place].offer(own);
                    }
                }
                found
            })
            .collect();
        let mut all = vec![Match::NONE; numbers.len()];
        for block in blocks {
            for (all, own) in all.iter_mut().zip(block) {
                all.offer(own);
            }
        }
        all
    }

    /// The best order of a household's members for a group.
    fn fit(
        &self,
        group: &Group,
        household: &Household,
        number: usize,
        single: &dyn Fn(usize, usize) -> f64,
    ) -> Match {
        let people = group.rows.len();
        let pairs_of = people * (people - 1) / 2;
        // The likelihood of each seen pair under each expected one.
        let mut likelihood = [[0.0; 10]; 10];
        for (view, seen) in group
            .seen
            .chunks_exact(pairs_of.max(1))
            .enumerate()
            .take(self.views)
        {
            let expected = &household.expected[view * pairs_of..(view + 1) * pairs_of];
            for (line, seen) in likelihood.iter_mut().zip(seen) {
                for (cell, [alike, weight, deviation]) in line.iter_mut().zip(expected) {
                    *cell -= (seen - alike) * (seen - alike) * weight + deviation;
                }
            }
        }
        let (mut best, mut second, mut best_order) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
        for (at, order) in self.orders[people - 1].iter().enumerate() {
            let mut score = 0.0;
            for (member, person) in order.iter().enumerate() {
                score += single(member, *person);
                for other in 0..member {
                    score += likelihood[pair(other, member)][pair(order[other], *person)];
                }
            }
            if score > best {
                (second, best, best_order) = (best, score, at);
            } else {
                second = second.max(score);
            }
        }
        let order = &self.orders[people - 1][best_order];
        Match {
            people: order
                .iter()
                .map(|person| household.people[*person])
                .collect(),
            household: number,
            score: best,
            ahead: f64::INFINITY,
            order_ahead: best - second,
            mutual: false,
        }
    }

    /// For each half the records whose people are believed to be known.
    fn believed(&self, matches: &[Vec<Match>]) -> [Vec<Known>; 2] {
        let mut sure: Vec<(f64, Known, usize)> = Vec::new();
        for (groups, matches) in self.groups.iter().zip(matches) {
            for (group, found) in groups.iter().zip(matches) {
                let confidence = found.ahead.min(found.order_ahead);
                if found.mutual && confidence >= BELIEVED {
                    let known = group.rows.iter().zip(&found.people);
                    sure.extend(
                        known.map(|(row, person)| (confidence, (*row, *person), group.half)),
                    );
                }
            }
        }
        sure.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        sure.truncate(2 * LANDMARKS_MAX);
        let mut halves = [Vec::new(), Vec::new()];
        for (_, known, half) in sure {
            halves[half].push(known);
        }
        for known in &mut halves {
            known.truncate(LANDMARKS_MAX);
            known.sort_unstable();
        }
        halves
    }

    fn named(&self, scene: &Scene, matches: &[Vec<Match>]) -> Named {
        let mut picks = Vec::new();
        for (groups, matches) in self.groups.iter().zip(matches) {
            for (group, found) in groups.iter().zip(matches) {
                for (member, row) in group.rows.iter().enumerate() {
                    picks.push(Pick {
                        row: *row,
                        candidate: found.people.get(member).copied().unwrap_or(NOBODY),
                        ahead: found.ahead.min(found.order_ahead),
                        mutual: found.mutual,
                    });
                }
            }
        }
        // Records in groups of more than five are no household's: the attack says nothing of them, and they count as not named.
        let mut seen = vec![false; scene.records];
        for pick in &picks {
            seen[pick.row as usize] = true;
        }
        // Random bits are nobody's: they are not counted.
        picks.retain(|pick| has_codes(scene, pick.row));
        for row in
            (0..scene.records as u32).filter(|row| !seen[*row as usize] && has_codes(scene, *row))
        {
            picks.push(Pick {
                row,
                candidate: NOBODY,
                ahead: 0.0,
                mutual: false,
            });
        }
        judge(scene, &picks, &[])
    }
}

impl Match {
    const NONE: Self = Self {
        people: Vec::new(),
        household: 0,
        score: f64::NEG_INFINITY,
        ahead: 0.0,
        order_ahead: 0.0,
        mutual: false,
    };

    /// Takes the better of two; the other is what it is ahead of.
    fn offer(&mut self, other: Self) {
        if other.people.is_empty() {
            return;
        }
        if self.people.is_empty() {
            *self = other;
            return;
        }
        if other.score > self.score {
            let ahead = other.ahead.min(other.score - self.score);
            *self = Self { ahead, ..other };
        } else {
            self.ahead = self.ahead.min(self.score - other.score);
        }
    }
}

/// The pairs of a group, in the order of [`pair`].
fn pairs(people: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..people).flat_map(|b| (0..b).map(move |a| (a, b)))
}

/// All orders of so many things.
fn orders(size: usize) -> Vec<Vec<usize>> {
    if size == 1 {
        return vec![vec![0]];
    }
    let mut all = Vec::new();
    for shorter in orders(size - 1) {
        for at in 0..size {
            let mut order = shorter.clone();
            order.insert(at, size - 1);
            all.push(order);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use crate::scene::ListQuality;
    use crate::visible::{Sight, groups as visible_groups};

    const SEED: [u8; 32] = [8; 32];

    fn reached(diffusion: usize, threads: usize) -> Reached {
        let file = made_up::people(400, 5).coded(&SEED, diffusion);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| attack(&scene, &scene.groups, &mut draws))
    }

    #[test]
    fn orders_and_pairs() {
        assert_eq!(orders(3).len(), 6);
        let mut all = orders(5);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 120);
        for (number, (a, b)) in pairs(5).enumerate() {
            assert_eq!(pair(a, b), number);
            assert_eq!(pair(b, a), number);
        }
    }

    #[test]
    fn households_name_people_of_plain_filters() {
        let plain = reached(0, 2);
        // Households of three to five are found by their likeness alone; couples are two people in either order.
        let by_size = &plain.households.by_size;
        assert!(
            by_size[3].share > 0.6 && by_size[4].share > 0.8,
            "{plain:?}"
        );
        assert!(plain.snowball.all.unwrap().share > 0.9, "{plain:?}");
        assert!(plain.believed_rightly * 10 > plain.believed * 9);
    }

    #[test]
    fn strong_diffusion_holds_them_off() {
        let diffused = reached(8, 2);
        assert!(diffused.snowball.all.unwrap().share < 0.06, "{diffused:?}");
    }

    #[test]
    fn threads_change_nothing() {
        assert_eq!(reached(2, 1), reached(2, 3));
    }

    #[test]
    fn without_household_keys_likeness_gives_the_groups() {
        let mut file = made_up::people(400, 6);
        // A home in the filter, as the invented names and dates of a household have too little in common.
        let homes = crate::homes::households(&file.stays_listed, usize::MAX);
        for (tokens, home) in file.views[0].tokens.iter_mut().zip(&homes) {
            let own = tokens.get_or_insert_default();
            own.extend((0..12).map(|part| (2300 + home * 12 + part, 40)));
        }
        file.views[0].vocabulary = 2300 + 400 * 12;
        let file = file.coded(&SEED, 2);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let edges = Sight::new(&scene.views, scene.records, &mut draws).edges(5.0);
        let groups = visible_groups(&edges, scene.records);
        let real = |group: &&Vec<u32>| group.len() > 1 && scene.groups.contains(group);
        let rebuilt = groups.iter().filter(|group| group.len() > 1).count();
        assert!(rebuilt > 50, "{rebuilt}");
        assert!(groups.iter().filter(real).count() * 2 > rebuilt);
        let reached = attack(&scene, &groups, &mut draws);
        assert_eq!(reached.households.all.unwrap().of, 400);
    }
}
