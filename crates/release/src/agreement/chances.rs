//! How likely so many tokens of a pool agree when so many of each kind can.
//!
//! What a partner writes otherwise takes many agreements at once: without the family name all kinds with it are gone. So pairs are of a few
//! classes, and in each class every kind has a share that is kept. Given the class, the number that agree of a pool is a sum of unlike
//! coins (the Poisson binomial distribution). Classes and shares are learnt from the pairs themselves, which no attacker could do so well.

use rayon::prelude::*;

use super::patterns::Rows;

/// Classes of pairs.
const CLASSES: usize = 5;
/// Rounds of learning (EM).
const ROUNDS: usize = 25;
/// Share of the tokens of a pool that are not as the model has them: somebody else's slip makes a value rare, or a chance agreement.
const ODD: f64 = 0.02;
/// Least and largest share of agreements that are kept; outside it one exception would count for too much.
const KEPT: (f64, f64) = (0.02, 0.98);

/// The classes: how frequent each is, and the share that is kept of each kind.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    pub weight: Vec<f64>,
    pub kept: Vec<Vec<f64>>,
}

impl Classes {
    /// Learns from people of whom it is known what can agree and what does.
    pub(super) fn learn(expected: &Rows, truly: &Rows, people: &[usize]) -> Self {
        let kinds = expected.width;
        let counts = |person: usize| {
            let can = expected.row(person).iter();
            let got = truly.row(person).iter();
            can.zip(got)
                .map(|(can, got)| (f64::from(*can), f64::from(*got.min(can))))
        };
        // To begin with, those of whom much is lost are one class, and so on.
        let mut by_loss: Vec<(f64, usize)> = people
            .iter()
            .map(|person| {
                let sums =
                    counts(*person).fold((0.0, 0.0), |(a, b), (can, got)| (a + can, b + got));
                (sums.1 / f64::max(sums.0, 1.0), *person)
            })
            .collect();
        by_loss.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut of: Vec<[f64; CLASSES]> = vec![[0.0; CLASSES]; people.len()];
        let order: Vec<usize> = by_loss.into_iter().map(|(_, person)| person).collect();
        for (place, of) in of.iter_mut().enumerate() {
            of[place * CLASSES / people.len()] = 1.0;
        }
        let mut classes = Self::from_shares(&order, &of, &counts, kinds);
        for _ in 0..ROUNDS {
            let logs = classes.logs();
            let class = |person| Self::class_of(&logs, &counts, person);
            of = order.par_iter().map(|person| class(*person)).collect();
            classes = Self::from_shares(&order, &of, &counts, kinds);
        }
        classes
    }

    fn from_shares<I: Iterator<Item = (f64, f64)>>(
        people: &[usize],
        of: &[[f64; CLASSES]],
        counts: &impl Fn(usize) -> I,
        kinds: usize,
    ) -> Self {
        let mut all = (vec![0.0; kinds], vec![0.0; kinds]);
        let mut sums = vec![(0.0, vec![0.0; kinds], vec![0.0; kinds]); CLASSES];
        for (person, of) in people.iter().zip(of) {
            for (kind, (can, got)) in counts(*person).enumerate() {
                if can == 0.0 {
                    continue;
                }
                all.0[kind] += can;
                all.1[kind] += got;
                for (sums, share) in sums.iter_mut().zip(of) {
                    sums.1[kind] += share * can;
                    sums.2[kind] += share * got;
                }
            }
            for (sums, share) in sums.iter_mut().zip(of) {
                sums.0 += share;
            }
        }
        // Of a kind that hardly occurs in a class the share over all counts as two more cases.
        let usual = |kind: usize| (all.1[kind] + 0.5) / (all.0[kind] + 1.0);
        let kept = |can: &[f64], got: &[f64]| -> Vec<f64> {
            let of_kind = |kind: usize| (got[kind] + 2.0 * usual(kind)) / (can[kind] + 2.0);
            (0..kinds)
                .map(|kind| of_kind(kind).clamp(KEPT.0, KEPT.1))
                .collect()
        };
        let n = (people.len() + CLASSES) as f64;
        Self {
            weight: sums.iter().map(|(sum, ..)| (sum + 1.0) / n).collect(),
            kept: sums.iter().map(|(_, can, got)| kept(can, got)).collect(),
        }
    }

    /// The logarithm of how frequent each class is, and for each kind those of what is kept and what is lost.
    fn logs(&self) -> Vec<(f64, Vec<(f64, f64)>)> {
        let logs = |kept: &f64| (libm::log(*kept), libm::log(1.0 - kept));
        self.weight
            .iter()
            .zip(&self.kept)
            .map(|(weight, kept)| (libm::log(*weight), kept.iter().map(logs).collect()))
            .collect()
    }

    /// How likely somebody is of each class.
    fn class_of<I: Iterator<Item = (f64, f64)>>(
        logs: &[(f64, Vec<(f64, f64)>)],
        counts: &impl Fn(usize) -> I,
        person: usize,
    ) -> [f64; CLASSES] {
        let mut all = [0.0; CLASSES];
        for (all, (weight, _)) in all.iter_mut().zip(logs) {
            *all = *weight;
        }
        for (kind, (can, got)) in counts(person).enumerate().filter(|(_, own)| own.0 > 0.0) {
            for (all, (_, logs)) in all.iter_mut().zip(logs) {
                *all += got * logs[kind].0 + (can - got) * logs[kind].1;
            }
        }
        let most = all.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let likely = all.map(|log| libm::exp(log - most));
        let sum: f64 = likely.iter().sum();
        likely.map(|own| own / sum)
    }
}

/// The distribution of the number of agreements of a pool: for each kind how many can agree and the share that is kept. `chances[n]` is the
/// chance of `n`; what exceeds the length is counted with its last.
pub(super) fn sum_of_coins(kinds: impl Iterator<Item = (u8, f64)>, chances: &mut [f64]) {
    chances.fill(0.0);
    chances[0] = 1.0;
    let last = chances.len() - 1;
    let mut most = 0;
    for (can, kept) in kinds {
        for _ in 0..can {
            most = (most + 1).min(last);
            for n in (1..=most).rev() {
                let stays = if n == last { 1.0 } else { 1.0 - kept };
                chances[n] = chances[n] * stays + chances[n - 1] * kept;
            }
            if last > 0 {
                chances[0] *= 1.0 - kept;
            }
        }
    }
    let odd = ODD / chances.len() as f64;
    for chance in chances {
        *chance = (1.0 - ODD) * *chance + odd;
    }
}

/// For each class, pool and number how likely it is of each person.
pub(super) struct Chances {
    weight: Vec<f64>,
    people: usize,
    /// Columns that say anything, with the numbers that are told apart.
    columns: Vec<(usize, usize)>,
    /// By class, column and number, a row of people each.
    tables: Vec<Vec<Vec<f32>>>,
}

impl Chances {
    /// `pool_of` has for each kind its column; `most` for each column the largest number that was seen.
    pub(super) fn new(
        classes: &Classes,
        expected: &Rows,
        people: &[usize],
        pool_of: &[usize],
        most: &[u8],
    ) -> Self {
        let mut columns = Vec::new();
        let mut kinds_of: Vec<Vec<usize>> = vec![Vec::new(); most.len()];
        for (kind, column) in pool_of.iter().enumerate() {
            kinds_of[*column].push(kind);
        }
        for (column, kinds) in kinds_of.iter().enumerate() {
            let can = |person: &usize| -> usize {
                let row = expected.row(*person);
                kinds.iter().map(|kind| usize::from(row[*kind])).sum()
            };
            let expected = people.par_iter().map(can).max().unwrap_or(0);
            let width = 1 + expected.max(usize::from(most[column]));
            if width > 1 {
                columns.push((column, width));
            }
        }
        let table = |kept: &Vec<f64>, (column, width): (usize, usize)| -> Vec<f32> {
            let mut by_person = vec![0.0f32; people.len() * width];
            by_person.par_chunks_mut(width).zip(people).for_each_init(
                || vec![0.0; width],
                |chances, (own, person)| {
                    let row = expected.row(*person);
                    let kinds = kinds_of[column].iter();
                    sum_of_coins(kinds.map(|kind| (row[*kind], kept[*kind])), chances);
                    for (to, from) in own.iter_mut().zip(chances.iter()) {
                        *to = *from as f32;
                    }
                },
            );
            // Rows of people: whoever looks for a number looks at everybody.
            let mut table = vec![0.0; by_person.len()];
            for (person, own) in by_person.chunks(width).enumerate() {
                for (number, chance) in own.iter().enumerate() {
                    table[number * people.len() + person] = *chance;
                }
            }
            table
        };
        Self {
            weight: classes.weight.clone(),
            people: people.len(),
            tables: classes
                .kept
                .iter()
                .map(|kept| columns.iter().map(|own| table(kept, *own)).collect())
                .collect(),
            columns,
        }
    }

    /// How likely numbers are of each person, asked for one row of numbers after another.
    pub(super) fn walk(&self) -> Walk<'_> {
        let size = self.people * self.weight.len();
        let mut start = Vec::with_capacity(size);
        for weight in &self.weight {
            start.extend(std::iter::repeat_n(*weight, self.people));
        }
        let mut products = vec![start];
        products.resize(self.columns.len() + 1, Vec::new());
        Walk {
            chances: self,
            products,
            done: Vec::new(),
            sums: vec![0.0; self.people],
        }
    }

    /// How likely a number of one column is of each person.
    pub(super) fn of_column(&self, column: usize, number: u8) -> Vec<f64> {
        let mut all = vec![0.0; self.people];
        let Some(place) = self.columns.iter().position(|(own, _)| *own == column) else {
            return vec![1.0; self.people];
        };
        let start = usize::from(number) * self.people;
        for (weight, tables) in self.weight.iter().zip(&self.tables) {
            let own = &tables[place][start..start + self.people];
            for (all, chance) in all.iter_mut().zip(own) {
                *all += weight * f64::from(*chance);
            }
        }
        all
    }
}

/// Goes from row to row of numbers. What two rows begin with in common is multiplied once: rows in order cost least.
pub(super) struct Walk<'a> {
    chances: &'a Chances,
    /// For each number of columns from the first the products so far, by class and person.
    products: Vec<Vec<f64>>,
    /// The numbers whose products are there.
    done: Vec<u8>,
    sums: Vec<f64>,
}

impl Walk<'_> {
    /// How likely the numbers are of each person.
    pub(super) fn to(&mut self, seen: &[u8]) -> &[f64] {
        let (columns, people) = (&self.chances.columns, self.chances.people);
        let own = columns.iter().map(|(column, _)| seen[*column]);
        let same = own.clone().zip(&self.done).take_while(|(a, b)| a == *b);
        let same = same.count();
        self.done.truncate(same);
        for (depth, number) in own.enumerate().skip(same) {
            let (before, after) = self.products.split_at_mut(depth + 1);
            let (before, after) = (&before[depth], &mut after[0]);
            after.clear();
            for (before, tables) in before.chunks(people.max(1)).zip(&self.chances.tables) {
                let start = usize::from(number) * people;
                let chances = &tables[depth][start..start + people];
                let products = before.iter().zip(chances);
                after.extend(products.map(|(before, chance)| before * f64::from(*chance)));
            }
            self.done.push(number);
        }
        self.sums.fill(0.0);
        for own in self.products[columns.len()].chunks(people.max(1)) {
            for (sum, own) in self.sums.iter_mut().zip(own) {
                *sum += own;
            }
        }
        &self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_unlike_coins_by_hand() {
        let mut chances = [0.0; 4];
        sum_of_coins([(1, 0.8), (1, 0.5)].into_iter(), &mut chances);
        for (found, likely) in chances.iter().zip([0.1, 0.5, 0.4, 0.0]) {
            assert!(
                (found - (0.98 * likely + 0.005)).abs() < 1e-12,
                "{chances:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn like_coins_are_binomial_and_sums_are_one(can in 0u8..12, kept in 0.02f64..0.98) {
            let mut chances = vec![0.0; usize::from(can) + 1];
            sum_of_coins([(can, kept)].into_iter(), &mut chances);
            let mut choose = 1.0;
            for (n, found) in chances.iter().enumerate() {
                let lost = f64::from(can) - n as f64;
                let likely = choose * libm::pow(kept, n as f64) * libm::pow(1.0 - kept, lost);
                let expected = 0.98 * likely + 0.02 / chances.len() as f64;
                prop_assert!((found - expected).abs() < 1e-9);
                choose *= lost / (n as f64 + 1.0);
            }
            prop_assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            // In one kind or in two.
            let mut two = vec![0.0; chances.len()];
            sum_of_coins([(can / 2, kept), (can - can / 2, kept)].into_iter(), &mut two);
            for (one, two) in chances.iter().zip(&two) {
                prop_assert!((one - two).abs() < 1e-12);
            }
        }
    }
}
