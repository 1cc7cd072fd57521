//! Solving the diffusion by linear algebra: an attacker stronger than M, who knows very many people.
//!
//! A released bit is the exclusive-or of t inner bits, so any exclusive-or of released bits is one of inner bits too. A token that a person
//! has sets its positions to 1 in every record of everybody who has it. So for two positions of one token some sum of released bits, modulo
//! 2, is 0 for all its holders (for an odd t one position will do), **whatever t is**. Whoever knows more holders of a token than the filter
//! has bits finds all these sums by elimination: what is left of the released bits' sums that is the same for all of them is that, and no
//! more. Of fewer holders every sum fits, and nothing is learnt. There is no noise, so none of this is guesswork.
//!
//! Each token that is solved so tells of every record in the file, and in every package under its key, whether its person has the token:
//! that the birth year begins with 1, for instance. The facts leave attack M fewer people for each record.
//!
//! Beyond that the sums are inner bits of those **without** the token, in a mix that other tokens could sort out; with thousands of known
//! people that gave little (see the explanation in the docs) and is not done here.

use kinfold_encoding::ListedToken;
use rayon::prelude::*;

use crate::draws::Draws;
use crate::file::View;
use crate::known::{Named, attack as rank};
use crate::predict::Known;
use crate::scene::Scene;
use crate::subject::Subject;
use kinfold_verdict::Share;

/// Holders beyond the number of unknowns, so that sums that fit by chance are one in a million.
const SURPLUS: usize = 20;
/// Fewest sums that tell who has a token.
const SUMS_MIN: usize = 10;
/// Most tokens that are solved.
const TOKENS_MAX: usize = 8;

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    /// Tokens that were solved.
    pub tokens: usize,
    /// Sums of released bits that are the same for all holders of one of them and not for everybody.
    pub sums: usize,
    /// Of the records of people who are not known and each solved token: for how many it is rightly told whether they have it.
    pub told: Share,
    /// How many times fewer people these facts leave for a record, on average.
    pub narrowed: f64,
    /// For each record what was told, as a presence pattern beyond the real one.
    facts: Vec<u32>,
    /// The tokens.
    of: Vec<u32>,
}

/// The tokens of a filter that not everybody has, with the number of people who have them; the commonest first.
fn commonest(view: &View) -> Vec<(u32, usize)> {
    let mut counted = Counted::new(view);
    for tokens in view.tokens.iter().flatten() {
        counted.add(tokens);
    }
    counted.commonest()
}

/// How many people have each token of a filter.
struct Counted {
    holders: Vec<usize>,
    people: usize,
}

impl Counted {
    fn new(view: &View) -> Self {
        Self {
            holders: vec![0; view.vocabulary],
            people: 0,
        }
    }

    fn add(&mut self, tokens: &[ListedToken]) {
        self.people += 1;
        for (token, _) in tokens {
            self.holders[*token as usize] += 1;
        }
    }

    fn commonest(self) -> Vec<(u32, usize)> {
        let Self { holders, people } = self;
        let mut counts: Vec<(u32, usize)> = (0u32..)
            .zip(holders)
            // Of a token that nearly everybody has, those without it are too few to be told from slips.
            .filter(|(_, holders)| holders * 50 < people * 49)
            .collect();
        counts.sort_by_key(|(token, holders)| (usize::MAX - holders, *token));
        counts
    }
}

/// People who must be known, by lot, before a token of this filter of a file can be solved.
pub(crate) fn needed(subject: &Subject<'_>, filter: usize) -> Option<usize> {
    let view = &subject.shape.views[filter];
    let mut counted = Counted::new(view);
    let mut tokens = Vec::new();
    for row in 0..subject.records() as u32 {
        if subject.is_listed(filter, row) {
            subject.tokens(filter, row, &mut tokens);
            counted.add(&tokens);
        }
    }
    // Whoever is known by lot may have no filter because of the home, and foretells nothing.
    let people = counted.people + subject.without_filters().unwrap_or(0);
    let (_, holders) = *counted.commonest().first()?;
    (holders > 0).then(|| (view.bits + SURPLUS) * people / holders + 1)
}

/// Solves the commonest tokens of a filter from known people; `None` when too few are known.
pub fn solve(scene: &Scene, view: &View, known: &[Known]) -> Option<Solved> {
    let mut is_known = vec![false; scene.records];
    for (row, _) in known {
        is_known[*row as usize] = true;
    }
    let mut solved = Solved {
        tokens: 0,
        sums: 0,
        told: Share::new(0, 0),
        narrowed: 1.0,
        facts: vec![0; scene.records],
        of: Vec::new(),
    };
    let (mut right, mut of) = (0, 0);
    for (token, _) in commonest(view).into_iter().take(4 * TOKENS_MAX) {
        let (holders, others): (Vec<Known>, Vec<Known>) = known
            .iter()
            .filter(|(_, person)| view.tokens[*person as usize].is_some())
            .partition(|(_, person)| has(view, *person, token));
        if holders.len() < view.bits + SURPLUS || solved.tokens == TOKENS_MAX {
            break;
        }
        let sums = Sums::constant(view, &holders).that_differ(view, &others);
        // Somebody without the token passes for one with it once in two to the power of the sums.
        if sums.sums.len() < SUMS_MIN {
            continue;
        }
        let of_holders = sums.values(view.row(holders[0].0 as usize));
        let said: Vec<bool> = (0..scene.records)
            .into_par_iter()
            .map(|row| sums.values(view.row(row)) == of_holders)
            .collect();
        // Two tokens that the same people have are one.
        let place = 16 + 2 * solved.tokens;
        let pattern = |said: bool| 1u32 << (place + usize::from(!said));
        let same = |before: usize| {
            let rows = solved.facts.iter().zip(&said);
            rows.filter(|(facts, said)| *facts >> (16 + 2 * before) & 1 == u32::from(**said))
                .count()
        };
        if (0..solved.tokens).any(|before| same(before) * 50 > 49 * scene.records) {
            continue;
        }
        for (facts, said) in solved.facts.iter_mut().zip(&said) {
            *facts |= pattern(*said);
        }
        // Of random bits nothing is said, and whose they are because of the home can be seen.
        let (mut yes, mut with) = (0u32, 0u32);
        for (said, person) in said.iter().zip(&scene.truth) {
            if !view.is_withheld(*person) {
                yes += u32::from(*said);
                with += 1;
            }
        }
        let yes = f64::from(yes) / f64::from(with.max(1));
        solved.narrowed /= yes * yes + (1.0 - yes) * (1.0 - yes);
        for (row, said) in said.iter().enumerate().filter(|(row, _)| !is_known[*row]) {
            let person = scene.truth[row];
            if view
                .tokens
                .get(person as usize)
                .is_some_and(Option::is_some)
            {
                right += u64::from(*said == has(view, person, token));
                of += 1;
            } else if view.is_withheld(person) {
                of += 1;
            }
        }
        solved.tokens += 1;
        solved.sums += sums.sums.len();
        solved.of.push(token);
    }
    solved.told = Share::new(right, of);
    (solved.tokens > 0).then_some(solved)
}

/// Attack M with what was told of each record.
pub fn attack(
    scene: &Scene,
    view: &View,
    known: &[Known],
    solved: &Solved,
    most: usize,
    draws: &mut Draws,
) -> Named {
    let of_people: Vec<u32> = (0..scene.people as u32)
        .map(|person| {
            let places = (0..).zip(&solved.of);
            let bits = places.map(|(place, token)| {
                1u32 << (16 + 2 * place + u32::from(!has(view, person, *token)))
            });
            bits.sum()
        })
        .collect();
    rank(&scene.told(&solved.facts, &of_people), known, most, draws)
}

/// Whether a listed person has a token.
fn has(view: &View, person: u32, token: u32) -> bool {
    let own = view.tokens[person as usize].as_deref().unwrap_or_default();
    own.binary_search_by_key(&token, |(own, _)| *own).is_ok()
}

/// Sums of released bits, each as the set of the bits.
struct Sums {
    sums: Vec<Vec<u64>>,
}

impl Sums {
    /// A basis of the sums that are the same for all of these records.
    fn constant(view: &View, known: &[Known]) -> Self {
        let words = view.bits / 64;
        let first = view.row(known[0].0 as usize);
        let differences = known[1..].iter().map(|(row, _)| {
            let own = view.row(*row as usize);
            own.iter().zip(first).map(|(a, b)| a ^ b).collect()
        });
        Self {
            sums: kernel(words * 64, differences.collect()),
        }
    }

    /// Those that are not the same for these records: one for each that the rest cannot tell.
    fn that_differ(&self, view: &View, known: &[Known]) -> Self {
        // Eliminate by the values that the sums have on the records: a sum without any change is left out.
        let Some((first, _)) = known.first() else {
            return Self { sums: Vec::new() };
        };
        let reference = self.values(view.row(*first as usize));
        let mut changes: Vec<Vec<u64>> = known
            .par_iter()
            .map(|(row, _)| {
                let own = self.values(view.row(*row as usize));
                own.iter().zip(&reference).map(|(a, b)| a ^ b).collect()
            })
            .collect();
        let pivots = reduce(&mut changes);
        Self {
            sums: pivots.into_iter().map(|at| self.sums[at].clone()).collect(),
        }
    }

    /// The value of each sum for a record, as bits.
    fn values(&self, row: &[u64]) -> Vec<u64> {
        let mut values = vec![0; self.sums.len().div_ceil(64)];
        for (at, sum) in self.sums.iter().enumerate() {
            let ones: u32 = sum.iter().zip(row).map(|(a, b)| (a & b).count_ones()).sum();
            values[at / 64] |= u64::from(ones & 1) << (at % 64);
        }
        values
    }
}

fn bit(words: &[u64], at: usize) -> bool {
    words[at / 64] >> (at % 64) & 1 == 1
}

/// Brings a matrix over two elements to reduced form; gives the pivot column of each row that is left.
fn reduce(rows: &mut Vec<Vec<u64>>) -> Vec<usize> {
    let columns = rows.first().map_or(0, |row| row.len() * 64);
    let mut pivots = Vec::new();
    for column in 0..columns {
        let done = pivots.len();
        let Some(found) = (done..rows.len()).find(|row| bit(&rows[*row], column)) else {
            continue;
        };
        rows.swap(done, found);
        let pivot = rows[done].clone();
        rows.par_iter_mut().enumerate().for_each(|(number, row)| {
            if number != done && bit(row, column) {
                for (word, own) in row.iter_mut().zip(&pivot) {
                    *word ^= own;
                }
            }
        });
        pivots.push(column);
    }
    rows.truncate(pivots.len());
    pivots
}

/// A basis of the vectors whose product with every row is 0.
fn kernel(columns: usize, mut rows: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    let pivots = reduce(&mut rows);
    let mut is_pivot = vec![false; columns];
    for pivot in &pivots {
        is_pivot[*pivot] = true;
    }
    let free = (0..columns).filter(|column| !is_pivot[*column]);
    free.map(|column| {
        let mut vector = vec![0u64; columns / 64];
        vector[column / 64] |= 1 << (column % 64);
        for (pivot, row) in pivots.iter().zip(&rows) {
            if bit(row, column) {
                vector[pivot / 64] |= 1 << (pivot % 64);
            }
        }
        vector
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::File;
    use crate::known::{Choice, choose};
    use crate::made_up;
    use crate::scene::ListQuality;
    use crate::subject::Held;

    const SEED: [u8; 32] = [21; 32];

    /// People with filters of 512 bits, with few positions a token so that they are as full as real ones.
    fn file(people: usize, diffusion: usize) -> File {
        let mut file = made_up::people(people, 12);
        let view = &mut file.views[0];
        (view.bits, view.inner_bits) = (512, 512);
        for (_, positions) in view.tokens.iter_mut().flatten().flatten() {
            *positions = 13;
        }
        file.coded(&SEED, diffusion)
    }

    fn scene(file: &File, known: usize) -> (Scene, Vec<Known>, Option<Solved>) {
        let scene = Scene::draw(file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let known = choose(&scene, known, Choice::Random, &mut draws);
        let solved = solve(&scene, &scene.views[0], &known);
        (scene, known, solved)
    }

    #[test]
    fn a_kernel_by_hand() {
        // x0 + x1 = 0 and x1 + x2 = 0 of 64 unknowns: 62 free ones, and all three are the same.
        let mut rows = vec![vec![0b011u64], vec![0b110]];
        let basis = kernel(64, rows.clone());
        assert_eq!(basis.len(), 62);
        assert!(basis.contains(&vec![0b111]));
        for vector in &basis {
            assert!(
                rows.iter()
                    .all(|row| (row[0] & vector[0]).count_ones() % 2 == 0)
            );
        }
        assert_eq!(reduce(&mut rows), [0, 1]);
        assert_eq!(rows, [vec![0b101], vec![0b110]]);
    }

    #[test]
    fn many_known_people_solve_any_diffusion() {
        for diffusion in [2, 5, 8, 12] {
            let file = file(1_500, diffusion);
            assert!((600..800).contains(&needed(&Held::new(&file).subject(), 0).unwrap()));
            let (.., solved) = scene(&file, 1_000);
            let solved = solved.unwrap();
            assert!(solved.tokens >= 1, "{diffusion}");
            assert!(solved.told.share > 0.98, "{diffusion}: {:?}", solved.told);
            assert!(solved.narrowed > 1.5);
        }
    }

    #[test]
    fn what_is_told_leaves_the_ranking_fewer_people() {
        let (scene, known, solved) = scene(&file(1_500, 6), 1_000);
        let solved = solved.unwrap();
        let draws = || Draws::new(&SEED, "rank");
        let alone = rank(&scene, &known, 500, &mut draws());
        let told = attack(&scene, &scene.views[0], &known, &solved, 500, &mut draws());
        let (alone, told) = (alone.all.unwrap(), told.all.unwrap());
        assert!(told.hits > alone.hits, "{told:?} after {alone:?}");
    }

    #[test]
    fn who_has_no_filter_because_of_the_home_teaches_nothing_and_counts_as_not_told() {
        let mut all = file(3_000, 0);
        let before = needed(&Held::new(&all).subject(), 0).unwrap();
        made_up::withhold(&mut all, 2);
        let file = all.coded(&SEED, 5);
        let without = file.withheld().iter().filter(|own| **own).count();
        assert!((1_000..2_000).contains(&without), "{without}");
        // So many more have to be known by lot as have no filter.
        let now = needed(&Held::new(&file).subject(), 0).unwrap();
        let times = now as f64 / before as f64;
        assert!(
            (times - 3_000.0 / (3_000.0 - without as f64)).abs() < 0.2,
            "{times}"
        );
        let (.., solved) = scene(&file, 2_200);
        let solved = solved.unwrap();
        let tried = solved.told.of as f64 / solved.tokens as f64;
        assert!((tried - 800.0).abs() < 1.0, "{:?}", solved.told);
        let with = 1.0 - without as f64 / 3_000.0;
        assert!((solved.told.share - with).abs() < 0.06, "{:?}", solved.told);
        assert!(solved.narrowed > 1.5);
    }

    #[test]
    fn fewer_known_people_than_bits_solve_nothing() {
        assert!(scene(&file(1_500, 8), 530).2.is_none());
    }

    #[test]
    fn a_few_flipped_bits_stop_it() {
        let mut file = file(1_500, 8);
        let mut draws = Draws::new(&SEED, "flips");
        for row in file.views[0].codes.chunks_exact_mut(8) {
            for _ in 0..5 {
                let at = draws.below(512);
                row[at / 64] ^= 1 << (at % 64);
            }
        }
        assert!(scene(&file, 1_000).2.is_none());
    }
}
