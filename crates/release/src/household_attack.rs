//! Attacks H and S: nobody is known, but households are seen.
//!
//! **H** takes the records that household keys (or likeness) put together and matches each group with the listed households of its size, by
//! the likelihood of all similarities within the group over all filters, for the best order of the members. **S**, the snowball, takes the
//! surest of these groups as known people, ranks everybody by them as [`crate::predict`] does, and matches again. What is believed of one
//! half of the groups decides only on the other half (composite attack study, section 1).

use rayon::prelude::*;

use crate::draws::Draws;
use crate::fit::{Fitter, Group, Household, Match, PEOPLE_MAX, pairs};
use crate::homes::{HOUSEHOLD_MAX, Shown};
use crate::kernel::Kernel;
use crate::known::{Named, Pick, counts, judge};
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

/// Matches groups of records with listed households of the same number of people.
pub fn attack(scene: &Scene, groups: &[Vec<u32>], draws: &mut Draws) -> Reached {
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); scene.people];
    for (person, home) in scene.home.iter().enumerate() {
        members[*home as usize].push(person as u32);
    }
    members.retain(|people| people.len() <= HOUSEHOLD_MAX);
    let listed = Shown {
        whole: members,
        ..Shown::default()
    };
    let small = groups.iter().filter(|rows| rows.len() <= HOUSEHOLD_MAX);
    let groups: Vec<(Vec<u32>, bool)> = small.map(|rows| (rows.clone(), false)).collect();
    run(scene, &groups, &listed, draws)
}

/// Matches the groups that household keys show with the listed households that can show so: of a home in which some are drawn by lot any
/// choice of people is tried, and records without a key are looked for among the people whom none is made for or who may not be drawn.
pub fn attack_keys(scene: &Scene, draws: &mut Draws) -> Reached {
    run(scene, &scene.shown, &scene.listed, draws)
}

/// Matches groups, each with whether it is a record without any household key.
fn run(scene: &Scene, groups: &[(Vec<u32>, bool)], listed: &Shown, draws: &mut Draws) -> Reached {
    let sides = Sides::new(scene, groups, listed, draws);
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

/// Groups and the households that can be theirs.
#[derive(Default)]
struct Class {
    groups: Vec<Group>,
    households: Vec<Household>,
}

/// Both sides by the number of records of a group, single ones first; behind them the records without any household key.
struct Sides {
    classes: Vec<Class>,
}

/// The class of the records without any household key.
const BARE: usize = PEOPLE_MAX;

impl Sides {
    fn new(scene: &Scene, groups: &[(Vec<u32>, bool)], listed: &Shown, draws: &mut Draws) -> Self {
        let kernels: Vec<Kernel> = scene
            .views
            .iter()
            .map(|view| Kernel::new(view).kept(scene.kept))
            .collect();
        let mut sides = Self {
            classes: (0..=BARE).map(|_| Class::default()).collect(),
        };
        for (rows, bare) in groups
            .iter()
            .filter(|(rows, _)| (1..=PEOPLE_MAX).contains(&rows.len()))
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
            let class = if *bare { BARE } else { rows.len() - 1 };
            sides.classes[class].groups.push(Group {
                seen: scene.views.iter().flat_map(seen).collect(),
                half: draws.below(2),
                rows,
            });
        }
        let household = |people: &[u32]| Household {
            expected: expected(scene, &kernels, people),
            people: people.to_vec(),
        };
        let fits = |people: &&Vec<u32>| (1..=PEOPLE_MAX).contains(&people.len());
        for people in listed.whole.iter().filter(fits) {
            sides.classes[people.len() - 1]
                .households
                .push(household(people));
        }
        for people in listed.drawn.iter().filter(fits) {
            for shown in listed.drawn_least.clamp(1, people.len())..=people.len() {
                sides.classes[shown - 1].households.push(household(people));
            }
        }
        let bare = listed.bare.iter().chain(listed.drawn.iter().flatten());
        sides.classes[BARE].households = bare.map(|person| household(&[*person])).collect();
        sides
    }

    /// Matches every group, with what is known of the other half of the groups.
    fn matched(&self, scene: &Scene, known: &[Vec<Known>; 2]) -> Vec<Vec<Match>> {
        let mut all: Vec<Vec<Match>> = self
            .classes
            .iter()
            .map(|class| vec![Match::NONE; class.groups.len()])
            .collect();
        for half in 0..2 {
            let others = &known[1 - half];
            let predictor = (!others.is_empty()).then(|| Predictor::new(scene, others));
            for (class, all) in self.classes.iter().zip(&mut all) {
                let of_half = |number: &usize| class.groups[*number].half == half;
                let numbers: Vec<usize> = (0..class.groups.len()).filter(of_half).collect();
                let own = class.matched(scene, &numbers, predictor.as_ref());
                for (number, found) in numbers.into_iter().zip(own) {
                    all[number] = found;
                }
            }
        }
        // Of each household the group that fits it best.
        for (class, matches) in self.classes.iter().zip(&mut all) {
            let mut best = vec![(f64::NEG_INFINITY, usize::MAX); class.households.len()];
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

    /// For each half the records whose people are believed to be known.
    fn believed(&self, matches: &[Vec<Match>]) -> [Vec<Known>; 2] {
        let mut sure: Vec<(f64, Known, usize)> = Vec::new();
        for (class, matches) in self.classes.iter().zip(matches) {
            for (group, found) in class.groups.iter().zip(matches) {
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
        for (class, matches) in self.classes.iter().zip(matches) {
            for (group, found) in class.groups.iter().zip(matches) {
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
        // Of records in larger groups the attack says nothing, and they count as not named.
        let mut seen = vec![false; scene.records];
        for pick in &picks {
            seen[pick.row as usize] = true;
        }
        picks.retain(|pick| counts(scene, pick.row));
        let unseen = |row: &u32| !seen[*row as usize] && counts(scene, *row);
        for row in (0..scene.records as u32).filter(unseen) {
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

impl Class {
    /// Matches some groups.
    fn matched(
        &self,
        scene: &Scene,
        numbers: &[usize],
        predictor: Option<&Predictor<'_>>,
    ) -> Vec<Match> {
        let rows: Vec<u32> = numbers
            .iter()
            .flat_map(|number| self.groups[*number].rows.clone())
            .collect();
        let targets = predictor.map(|_| Targets::new(scene, &rows));
        let blocks: Vec<Vec<Match>> = self
            .blocks()
            .into_par_iter()
            .map(|(first, households)| {
                let candidates: Vec<u32> = households
                    .iter()
                    .flat_map(|household| household.people.clone())
                    .collect();
                let width = candidates.len();
                let scores = match (predictor, &targets) {
                    (Some(predictor), Some(targets)) => predictor.scores(targets, &candidates),
                    _ => vec![0.0; rows.len() * width],
                };
                let mut fitter = Fitter::new();
                let mut found = vec![Match::NONE; numbers.len()];
                let mut row = 0;
                for (found, number) in found.iter_mut().zip(numbers) {
                    let group = &self.groups[*number];
                    let mut start = 0;
                    for (number, household) in (first..).zip(households) {
                        let single = |member: usize, person: usize| {
                            let at = start + person;
                            if scene.can_be(group.rows[member], candidates[at]) {
                                scores[(row + member) * width + at]
                                    + scene.weight(group.rows[member], candidates[at])
                            } else {
                                IMPOSSIBLE
                            }
                        };
                        found.offer(fitter.fit(group, household, number, &single));
                        start += household.people.len();
                    }
                    row += group.rows.len();
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

    /// Households that are scored together, with the number of the first.
    fn blocks(&self) -> Vec<(usize, &[Household])> {
        let mut blocks = Vec::new();
        let (mut first, mut people) = (0, 0);
        for (number, household) in self.households.iter().enumerate() {
            if people + household.people.len() > BLOCK {
                blocks.push((first, &self.households[first..number]));
                (first, people) = (number, 0);
            }
            people += household.people.len();
        }
        blocks.push((first, &self.households[first..]));
        blocks
    }
}

/// For each filter and pair of people: the expected similarity, one over twice its variance, and the logarithm of its deviation.
fn expected(scene: &Scene, kernels: &[Kernel], people: &[u32]) -> Vec<[f64; 3]> {
    let mut expected = Vec::new();
    for (view, kernel) in scene.views.iter().zip(kernels) {
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
    expected
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

    /// Homes of up to eight, of whom five are drawn.
    fn large(diffusion: usize) -> Reached {
        let sizes = [1, 2, 3, 4, 5, 6, 7, 8];
        let mut file = made_up::in_homes_of(&sizes, 400, 7).coded(&SEED, diffusion);
        (file.crowd, file.drawn) = (8, 5);
        let mut draws = Draws::new(&SEED, "lots");
        file.stays_seen = crate::homes::drawn_by_lot(&file.stays_listed, 5, 8, &mut draws);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        assert!(scene.group_sizes().all(|size| size <= 5));
        attack_keys(&scene, &mut draws)
    }

    #[test]
    fn five_drawn_of_a_large_home_are_found_in_plain_filters() {
        let plain = large(0);
        let [.., five, more] = &plain.households.by_size[..] else {
            panic!("sizes up to six and more");
        };
        // Those who were not drawn are looked for when others are known; five of six to eight are some five in seven.
        assert!(five.share > 0.8 && more.share > 0.5, "{plain:?}");
        let more = plain.snowball.by_size[5];
        assert!(more.share > 0.9, "{plain:?}");
        let diffused = large(8);
        assert!(diffused.snowball.all.unwrap().share < 0.06, "{diffused:?}");
    }

    /// Homes of one to five, coded without diffusion; of a home of more than `most` nobody's filter is released.
    fn without_large(most: u32) -> crate::File {
        let mut file = made_up::in_homes_of(&[1, 2, 3, 4, 5], 300, 7);
        made_up::withhold(&mut file, most);
        file.coded(&SEED, 0)
    }

    #[test]
    fn who_has_no_filter_because_of_the_home_is_not_named_and_counts() {
        let of = |file: &crate::File| {
            let scene = Scene::draw(file, ListQuality::EXACT, &SEED);
            attack_keys(&scene, &mut Draws::new(&SEED, "test"))
        };
        let (all, file) = (of(&without_large(5)), without_large(2));
        let reached = of(&file);
        for (named, all) in [
            (&reached.households, &all.households),
            (&reached.snowball, &all.snowball),
        ] {
            // As many people are there to be named as with everybody's filter.
            assert_eq!(named.all.unwrap().of, file.records as u64);
            for (own, all) in named.by_size.iter().zip(&all.by_size) {
                assert_eq!(own.of, all.of);
            }
            // By plain filters all large homes are named; without them no more than chance names.
            for size in 2..5 {
                assert!(all.by_size[size].share > 0.5, "{all:?}");
                assert!(named.by_size[size].share < 0.1, "{named:?}");
            }
        }
        // Nothing is left to list of them, and what proves the attacks has everybody again.
        let held = crate::subject::Held::new(&file);
        let subject = held.subject();
        let listed = (0..file.records as u32).filter(|row| subject.is_listed(0, *row));
        let real = file.views[0].tokens.iter().filter(|own| own.is_some());
        assert_eq!(listed.count(), real.count());
        let sample = subject.sample(usize::MAX, &SEED).unwrap();
        assert_eq!(sample.views[0].tokens, file.views[0].tokens);
        assert_eq!(sample.views[0].withheld, file.views[0].withheld);
        let again = of(&sample.with_all_filters().coded(&SEED, 0));
        assert_eq!(again, all);
    }
}
