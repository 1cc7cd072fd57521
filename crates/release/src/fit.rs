//! How well a group of records fits a household on the list: the likelihood of all similarities within the group, for the best way to
//! give each record a person.

/// Most records of a group, and most people of a household, that are matched.
pub(crate) const PEOPLE_MAX: usize = 8;
/// Pairs of so many.
const PAIRS_MAX: usize = PEOPLE_MAX * (PEOPLE_MAX - 1) / 2;

/// A group of records with the similarities within it.
pub(crate) struct Group {
    pub(crate) rows: Vec<u32>,
    /// The half of the groups it belongs to.
    pub(crate) half: usize,
    /// For each filter the similarities of its pairs.
    pub(crate) seen: Vec<f64>,
}

/// A household on the list with the similarities that are expected within it.
pub(crate) struct Household {
    pub(crate) people: Vec<u32>,
    /// For each filter and pair: the expected similarity, one over twice its variance, and the logarithm of its deviation.
    pub(crate) expected: Vec<[f64; 3]>,
}

/// How a group was matched.
#[derive(Clone)]
pub(crate) struct Match {
    /// People, one for each record of the group; empty when there is no household of its size.
    pub(crate) people: Vec<u32>,
    pub(crate) household: usize,
    pub(crate) score: f64,
    /// By how much the household is ahead of the next.
    pub(crate) ahead: f64,
    /// By how much the order of its members is ahead of the next order.
    pub(crate) order_ahead: f64,
    /// Whether the group is also what fits the household best.
    pub(crate) mutual: bool,
}

impl Match {
    pub(crate) const NONE: Self = Self {
        people: Vec::new(),
        household: 0,
        score: f64::NEG_INFINITY,
        ahead: 0.0,
        order_ahead: 0.0,
        mutual: false,
    };

    /// Takes the better of two; the other is what it is ahead of.
    pub(crate) fn offer(&mut self, other: Self) {
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

/// The place of a pair among the pairs of a group.
pub(crate) fn pair(a: usize, b: usize) -> usize {
    let (a, b) = (a.min(b), a.max(b));
    b * b.saturating_sub(1) / 2 + a
}

/// The pairs of a group, in the order of [`pair`].
pub(crate) fn pairs(people: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..people).flat_map(|b| (0..b).map(move |a| (a, b)))
}

/// Fits groups to households; what it needs for that is kept between calls.
pub(crate) struct Fitter {
    /// The likelihood of each seen pair (rows) under each expected one.
    likelihood: [f64; PAIRS_MAX * PAIRS_MAX],
    /// Expected pairs: the length of a row.
    expected: usize,
    single: [[f64; PEOPLE_MAX]; PEOPLE_MAX],
    /// The most that this record and those after it can add.
    rest: [f64; PEOPLE_MAX + 1],
    records: usize,
    people: usize,
    /// The person of each record so far.
    taken: [usize; PEOPLE_MAX],
    best: f64,
    second: f64,
    best_taken: [usize; PEOPLE_MAX],
}

impl Fitter {
    pub(crate) fn new() -> Self {
        Self {
            likelihood: [0.0; PAIRS_MAX * PAIRS_MAX],
            expected: 0,
            single: [[0.0; PEOPLE_MAX]; PEOPLE_MAX],
            rest: [0.0; PEOPLE_MAX + 1],
            records: 0,
            people: 0,
            taken: [0; PEOPLE_MAX],
            best: f64::NEG_INFINITY,
            second: f64::NEG_INFINITY,
            best_taken: [0; PEOPLE_MAX],
        }
    }

    /// The best way to take a household's people for a group's records.
    ///
    /// The household may have more people than the group: some of a large home are drawn by lot, and which of them is not known. Every
    /// choice is as likely as every other, so the likelihood of each is divided by their number. `single` scores one record as one person.
    pub(crate) fn fit(
        &mut self,
        group: &Group,
        household: &Household,
        number: usize,
        single: &dyn Fn(usize, usize) -> f64,
    ) -> Match {
        let (records, people) = (group.rows.len(), household.people.len());
        if records == 0 || records > people || people > PEOPLE_MAX {
            return Match::NONE;
        }
        (self.records, self.people) = (records, people);
        let seen_of = records * (records - 1) / 2;
        self.expected = people * (people - 1) / 2;
        self.likelihood[..seen_of * self.expected].fill(0.0);
        if seen_of > 0 {
            let views = group.seen.chunks_exact(seen_of);
            for (seen, expected) in views.zip(household.expected.chunks_exact(self.expected)) {
                let lines = self.likelihood.chunks_exact_mut(self.expected);
                for (line, seen) in lines.zip(seen) {
                    for (cell, [alike, weight, deviation]) in line.iter_mut().zip(expected) {
                        *cell -= (seen - alike) * (seen - alike) * weight + deviation;
                    }
                }
            }
        }
        for (record, line) in self.single[..records].iter_mut().enumerate() {
            for (person, cell) in line[..people].iter_mut().enumerate() {
                *cell = single(record, person);
            }
        }
        let most = |cells: &[f64]| cells.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.rest[records] = 0.0;
        for record in (0..records).rev() {
            let mut own = most(&self.single[record][..people]);
            for other in 0..record {
                let line = pair(other, record) * self.expected;
                own += most(&self.likelihood[line..line + self.expected]);
            }
            self.rest[record] = self.rest[record + 1] + own;
        }
        (self.best, self.second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.search(0, 0, 0.0);
        let people_of = self.best_taken[..records].iter();
        Match {
            people: people_of.map(|person| household.people[*person]).collect(),
            household: number,
            score: self.best - libm::log(choices(people, records)),
            ahead: f64::INFINITY,
            order_ahead: self.best - self.second,
            mutual: false,
        }
    }

    /// Tries all ways to give records people, without those that can be neither the best nor the second best.
    fn search(&mut self, record: usize, used: u32, score: f64) {
        if record == self.records {
            if score > self.best {
                (self.second, self.best, self.best_taken) = (self.best, score, self.taken);
            } else {
                self.second = self.second.max(score);
            }
            return;
        }
        for person in (0..self.people).filter(|person| used >> person & 1 == 0) {
            let mut score = score + self.single[record][person];
            for other in 0..record {
                let line = pair(other, record) * self.expected;
                score += self.likelihood[line + pair(self.taken[other], person)];
            }
            // A little is given for sums that were rounded otherwise.
            if score + self.rest[record + 1] + 1e-6 >= self.second {
                self.taken[record] = person;
                self.search(record + 1, used | 1 << person, score);
            }
        }
    }
}

/// In how many ways so many can be chosen.
fn choices(of: usize, chosen: usize) -> f64 {
    (0..chosen)
        .map(|n| (of - n) as f64 / (n + 1) as f64)
        .product()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A household whose pairs are alike as told, on one filter of so many bits.
    fn household(alike: &[f64], bits: f64, people: usize) -> Household {
        Household {
            people: (0..people as u32).map(|person| 100 + person).collect(),
            expected: alike
                .iter()
                .map(|alike| {
                    let variance = (1.0 - alike * alike) / bits;
                    [*alike, 0.5 / variance, 0.5 * libm::log(variance)]
                })
                .collect(),
        }
    }

    fn group(seen: &[f64], records: usize) -> Group {
        Group {
            rows: (0..records as u32).collect(),
            half: 0,
            seen: seen.to_vec(),
        }
    }

    #[test]
    fn pairs_have_their_places() {
        for (number, (a, b)) in pairs(PEOPLE_MAX).enumerate() {
            assert_eq!(pair(a, b), number);
            assert_eq!(pair(b, a), number);
        }
        assert_eq!(
            [choices(8, 5), choices(6, 5), choices(5, 5), choices(3, 0)],
            [56.0, 6.0, 1.0, 1.0]
        );
    }

    #[test]
    fn a_group_of_three_is_put_in_order() {
        // Pairs 01, 02, 12 of the household; the group has them as 20, 21, 01.
        let home = household(&[0.1, 0.3, 0.6], 2048.0, 3);
        let found = Fitter::new().fit(&group(&[0.6, 0.1, 0.3], 3), &home, 4, &|_, _| 0.0);
        // Records 0, 1 are the pair 12, records 0, 2 the pair 01: record 0 is person 1, record 1 person 2, record 2 person 0.
        assert_eq!(found.people, [101, 102, 100]);
        assert!(found.order_ahead > 10.0 && found.household == 4);
    }

    #[test]
    fn three_drawn_of_four_are_found() {
        // Pairs 01 02 12 03 13 23; drawn are 3, 1, 0.
        let home = household(&[0.1, 0.3, 0.6, 0.2, 0.5, 0.4], 2048.0, 4);
        let found = Fitter::new().fit(&group(&[0.5, 0.2, 0.1], 3), &home, 0, &|_, _| 0.0);
        assert_eq!(found.people, [103, 101, 100]);
        let whole = Fitter::new().fit(
            &group(&[0.5, 0.2, 0.1], 3),
            &household(&[0.5, 0.2, 0.1], 2048.0, 3),
            0,
            &|_, _| 0.0,
        );
        // The same likelihood, but for the four ways to draw three.
        assert!((whole.score - found.score - 4f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn what_one_record_says_counts_and_smaller_homes_do_not_fit() {
        let home = household(&[0.3], 2048.0, 2);
        let found = Fitter::new().fit(&group(&[0.3], 2), &home, 0, &|record, person| {
            if record == person { -3.0 } else { 0.0 }
        });
        assert_eq!(found.people, [101, 100]);
        assert!((found.order_ahead - 6.0).abs() < 1e-9);
        assert!(
            Fitter::new()
                .fit(&group(&[0.3; 3], 3), &home, 0, &|_, _| 0.0)
                .people
                .is_empty()
        );
    }

    #[test]
    fn the_bound_changes_nothing() {
        let mut draws = crate::draws::Draws::new(&[4; 32], "fit");
        for _ in 0..40 {
            let alike: Vec<f64> = (0..15).map(|_| draws.share() * 0.1).collect();
            let seen: Vec<f64> = (0..10).map(|_| draws.share() * 0.1).collect();
            let home = household(&alike, 2048.0, 6);
            let group = group(&seen, 5);
            let found = Fitter::new().fit(&group, &home, 0, &|_, _| 0.0);
            // All 720 ways by hand.
            let mut scores = Vec::new();
            for code in 0..6usize.pow(5) {
                let taken: Vec<usize> = (0..5).map(|at| code / 6usize.pow(at) % 6).collect();
                if (0..5).any(|a| taken[..a].contains(&taken[a])) {
                    continue;
                }
                let own = pairs(5).zip(&seen).map(|((a, b), seen)| {
                    let [alike, weight, deviation] = home.expected[pair(taken[a], taken[b])];
                    -(seen - alike) * (seen - alike) * weight - deviation
                });
                scores.push(own.sum::<f64>());
            }
            scores.sort_by(|a, b| b.total_cmp(a));
            assert_eq!(scores.len(), 720);
            assert!((found.score - (scores[0] - 6f64.ln())).abs() < 1e-9);
            assert!((found.order_ahead - (scores[0] - scores[1])).abs() < 1e-9);
        }
    }
}
