//! Matches that no key and no filter reached: how many there are at least, as far as what was found tells.
//!
//! Nobody can count what shares nothing. Two things that can be seen foretell some of it:
//!
//! - **Few keys** ([`by_keys`]). Matches that the filters do not find are caught by one shared key, two, three, … Where many hang on one or two,
//!   more hang on none. Chao's bound says how many at least, however unlike the matches are: with `f1` and `f2` matches of one and two shared keys
//!   `f1 (f1 - 1) / (2 (f2 + 1))` share none (A. Chao, "Nonparametric estimation of the number of classes in a population", *Scandinavian Journal
//!   of Statistics* 11, 1984, 265-270; "Estimating the population size for capture-recapture data with unequal catchability", *Biometrics* 43, 1987,
//!   783-791, of which the interval is too; the form without bias also where nobody has two).
//! - **Lacking facts** ([`by_facts`]). Whether somebody is in the other file has, as a rule, little to do with which facts a custodian has of them. So
//!   where records that lack a fact find partners more seldom than those that have all, the difference was missed: what survey statistics call
//!   missing at random. This is more than few keys can tell, and it can be wrong: people without an address may really be nowhere else. So it is
//!   in what is expected and in the upper bound, and not in the lower.
//!
//! The larger of the two is expected, as both see the same pairs from two sides. Both are bounds from below: a match of two whole records of
//! which everything was changed or written wrongly is seen by neither. Zelterman's estimate (1988), which takes everybody to be caught alike, and
//! Chao and Lee's (1992) by sample coverage were measured too: the first was thousands of matches too high where strangers of one key
//! were taken for matches, the second gave about what the bound gives (`docs/src/explanation/how-links-are-decided.md`).

use kinfold_schema::FLAG_DO_NOT_LINK;

use super::Score;
use super::compete::taken;
use crate::RecordSet;
use crate::candidates::{Candidate, SetPair};

/// From this probability a pair says something about how many keys matches share. Below it strangers of one shared key, who are very many, would.
const LIKELY: f64 = 0.5;
/// Two-sided, 95 in 100.
pub(super) const Z: f64 = 1.96;

/// A number of matches, with the bounds of a 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Unseen {
    pub expected: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Unseen {
    /// A number with a variance: the logarithm of what is unseen is taken as normal (Chao 1987).
    fn new(expected: f64, variance: f64) -> Self {
        if expected <= 0.0 {
            return Self::default();
        }
        let spread = libm::log(1.0 + variance / (expected * expected));
        let factor = libm::exp(Z * libm::sqrt(spread));
        Self {
            expected,
            lower: expected / factor,
            upper: expected * factor,
        }
    }

    /// No more than there is room for.
    fn at_most(self, room: f64) -> Self {
        let room = room.max(0.0);
        Self {
            expected: self.expected.min(room),
            lower: self.lower.min(room),
            upper: self.upper.min(room),
        }
    }
}

/// The matches that are no candidates. A custodian holds a person once, so there are no more matches than the smaller of two files has records.
pub(super) fn unseen(sets: &[RecordSet], set_pairs: &[SetPair], scores: &[Vec<Score>]) -> Unseen {
    let few = by_keys(few_keys(set_pairs, scores));
    let lacking = by_facts(sets, set_pairs, scores);
    let room = sum(set_pairs.iter().zip(scores).map(|(pair, scores)| {
        let found = sum(scores.iter().map(|score| score.probability));
        (pair.smaller as f64 - found).max(0.0)
    }));
    let of_both = Unseen {
        expected: few.expected.max(lacking.expected),
        lower: few.lower,
        upper: few.upper.max(lacking.upper),
    };
    of_both.at_most(room)
}

/// Expected matches that share one, two and three keys and that no filter finds.
fn few_keys(set_pairs: &[SetPair], scores: &[Vec<Score>]) -> [f64; 3] {
    [1, 2, 3].map(|keys| {
        sum(set_pairs.iter().zip(scores).flat_map(|(pair, scores)| {
            let candidates = pair.candidates.iter().zip(scores).enumerate();
            candidates.filter_map(move |(at, (candidate, score))| {
                let counts = score.probability >= LIKELY
                    && tokens(candidate) == keys
                    && !by_filter(pair, at, candidate).unwrap_or(false);
                counts.then_some(score.probability)
            })
        }))
    })
}

/// How many keys two records share: of mixed kinds every token, of others each kind once.
fn tokens(candidate: &Candidate) -> u32 {
    let counted = candidate.counts.iter().map(|&count| u32::from(count));
    let pools = counted.clone().filter(|&count| count > 0).count() as u32;
    candidate.keys.count_ones().saturating_sub(pools) + counted.sum::<u32>()
}

/// Whether the filters of a candidate find it by themselves; nothing when they cannot be compared.
pub(super) fn by_filter(pair: &SetPair, at: usize, candidate: &Candidate) -> Option<bool> {
    match candidate.sigmas {
        Some(sigmas) => Some(sigmas >= pair.candidate_sigmas),
        None => pair.by_fields.get(at).copied(),
    }
}

/// Chao's bound, from how many share one key, two and three.
///
/// A few strangers taken for matches would be many of those of one key, and the bound goes with their square. So no more of these are believed
/// than the other two numbers bear out: the odds against being found once more, `f1 / (2 f2)` from one key to two and `2 f2 / (3 f3)` from two
/// to three, at most double (after C.-H. Chiu and A. Chao, "Estimating and comparing microbial diversity in the presence of sequencing errors",
/// *PeerJ* 4:e1634, 2016, where single reads are not to be trusted either).
fn by_keys([one, two, three]: [f64; 3]) -> Unseen {
    let one = one.min(4.0 * two * two / (3.0 * (three + 1.0)));
    chao(one, two)
}

/// Chao's bound without bias, with his variance and interval.
fn chao(one: f64, two: f64) -> Unseen {
    if one <= 1.0 {
        return Unseen::default();
    }
    let (all, more) = (one * (one - 1.0), two + 1.0);
    let doubled = 2.0 * one - 1.0;
    let variance = all / (2.0 * more)
        + one * doubled * doubled / (4.0 * more * more)
        + all * all * two / (4.0 * more * more * more * more);
    Unseen::new(all / (2.0 * more), variance)
}

/// How many more matches there would be, did records that lack a fact find partners as often as those that have all that most of their file
/// have.
fn by_facts(sets: &[RecordSet], set_pairs: &[SetPair], scores: &[Vec<Score>]) -> Unseen {
    let whole: Vec<Vec<Option<bool>>> = sets.iter().map(whole).collect();
    let (mut missing, mut variance) = (0.0, 0.0);
    for (pair, scores) in set_pairs.iter().zip(scores) {
        let found: Vec<f64> = scores.iter().map(|score| score.probability).collect();
        let (left, right) = taken(sets, pair, &found);
        for (set, found) in [(pair.left_set, left), (pair.right_set, right)] {
            let (lacking, spread) = lacking(&whole[set as usize], &found);
            missing += lacking;
            variance += spread;
        }
    }
    Unseen::new(missing, variance)
}

/// For each record whether it has every fact that at least half of its file have; nothing for those that may not be linked.
fn whole(set: &RecordSet) -> Vec<Option<bool>> {
    let table = &set.table;
    let records = table.presence.iter().zip(&table.flags);
    let records =
        records.map(|(presence, flags)| (flags & FLAG_DO_NOT_LINK == 0).then_some(*presence));
    let mut have = [0usize; u32::BITS as usize];
    for presence in records.clone().flatten() {
        for (fact, have) in have.iter_mut().enumerate() {
            *have += (presence >> fact & 1) as usize;
        }
    }
    let all = records.clone().flatten().count();
    let facts = have
        .iter()
        .enumerate()
        .filter(|(_, have)| 2 * **have >= all);
    let usual = facts.fold(0u32, |usual, (fact, _)| usual | 1 << fact);
    records
        .map(|presence| presence.map(|presence| presence & usual == usual))
        .collect()
}

/// Of one file's records, with the expected matches of each, how many matches are missing, and the variance of that.
fn lacking(whole: &[Option<bool>], found: &[f64]) -> (f64, f64) {
    let of = |wanted: bool| {
        let records = whole.iter().zip(found);
        records
            .filter(move |(own, _)| **own == Some(wanted))
            .map(|(_, found)| *found)
    };
    let (wholes, others) = (of(true).count() as f64, of(false).count() as f64);
    if wholes <= 0.0 {
        return (0.0, 0.0);
    }
    let (ratio, of_whole) = (others / wholes, sum(of(true)));
    let missing = of_whole * ratio - sum(of(false));
    if missing <= 0.0 {
        return (0.0, 0.0);
    }
    (missing, ratio * ratio * of_whole)
}

/// A sum that does not depend on the order: in steps of 2^-40.
pub(super) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    const STEPS: f64 = (1u64 << 40) as f64;
    values.fold(0i128, |sum, value| sum + (value * STEPS) as i128) as f64 / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::laws::sets;
    use proptest::prelude::*;
    use std::slice::from_ref;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.01, "{found} for {expected}");
    }

    #[test]
    fn the_bound_is_that_of_the_literature() {
        // Nine kinds seen, three of them once and three twice: 9.75 in all, 9.07 to 17.45, as scikit-bio's tests of `chao1` have it.
        let found = chao(3.0, 3.0);
        close(found.expected, 0.75);
        close(found.lower, 0.07);
        close(found.upper, 8.45);
    }

    #[test]
    fn nothing_is_unseen_where_nothing_hangs_on_little() {
        for (one, two) in [(0.0, 0.0), (0.0, 50.0), (1.0, 0.0), (0.7, 3.0)] {
            assert_eq!(chao(one, two), Unseen::default());
        }
        // Where nobody shares two, the form without bias is still finite; but then those of one key are not believed.
        close(chao(4.0, 0.0).expected, 6.0);
        assert_eq!(by_keys([40.0, 0.0, 0.0]), Unseen::default());
        assert_eq!(unseen(&sets(&[3, 3]), &[], &[]), Unseen::default());
    }

    #[test]
    fn strangers_of_one_key_are_not_believed() {
        let honest = by_keys([30.0, 30.0, 25.0]);
        assert_eq!(honest, chao(30.0, 30.0));
        let with_strangers = by_keys([300.0, 30.0, 25.0]);
        assert!(with_strangers.expected < 3.0 * honest.expected);
    }

    /// Files of as many rows, of which the first `whole` have both facts and the others one of them.
    fn files(rows: usize, whole: usize) -> Vec<RecordSet> {
        let mut sets = sets(&[rows, rows]);
        sets[0].table.presence = (0..rows)
            .map(|row| if row < whole { 3 } else { 1 })
            .collect();
        sets[1].table.presence = vec![3; rows];
        sets
    }

    fn scored(pairs: &[(u32, u32, f64)], smaller: usize) -> (SetPair, Vec<Score>) {
        let candidates = pairs.iter().map(|&(l, r, _)| Candidate {
            sigmas: Some(30.0),
            ..Candidate::bare(l, r)
        });
        let pair = SetPair {
            candidate_sigmas: 4.5,
            smaller,
            ..SetPair::bare(candidates.collect())
        };
        let score = |&(_, _, probability): &(u32, u32, f64)| Score {
            probability,
            ..Score::default()
        };
        (pair, pairs.iter().map(score).collect())
    }

    #[test]
    fn records_that_lack_a_fact_are_missed_as_far_as_they_find_less() {
        // Of 60 whole records 30 have a partner, of 40 others 5: they lack 15.
        let with = |row: u32| row < 30 || (60..65).contains(&row);
        let pairs: Vec<_> = (0..100)
            .filter(|&row| with(row))
            .map(|row| (row, row, 1.0))
            .collect();
        let (pair, scores) = scored(&pairs, 100);
        let found = unseen(&files(100, 60), from_ref(&pair), from_ref(&scores));
        close(found.expected, 15.0);
        assert_eq!(found.lower, 0.0);
        assert!(found.upper > 20.0, "{found:?}");
        // They find more, or nobody lacks anything: nothing is missing.
        for whole in [20, 100] {
            let lacking = unseen(&files(100, whole), from_ref(&pair), from_ref(&scores));
            assert_eq!(lacking, Unseen::default(), "{whole}");
        }
        // There is no more room than the smaller file has.
        let (pair, scores) = scored(&pairs, 40);
        close(unseen(&files(100, 60), &[pair], &[scores]).expected, 5.0);
    }

    proptest! {
        #[test]
        fn the_order_of_pairs_is_no_matter(chances in proptest::collection::vec((0u32..20, 0u32..20, 0.0f64..1.0, 1u128..16), 0..40), shift in 0usize..40) {
            let (mut pair, mut scores) = scored(&chances.iter().map(|&(l, r, p, _)| (l, r, p)).collect::<Vec<_>>(), 20);
            for (candidate, &(.., keys)) in pair.candidates.iter_mut().zip(&chances) {
                (candidate.keys, candidate.sigmas) = (keys, None);
            }
            let files = files(20, 10);
            let before = unseen(&files, &[pair.clone()], &[scores.clone()]);
            if !scores.is_empty() {
                let by = shift % scores.len();
                pair.candidates.rotate_left(by);
                scores.rotate_left(by);
            }
            let after = unseen(&files, &[pair], &[scores]);
            prop_assert!((before.expected - after.expected).abs() < 1e-9 && (before.upper - after.upper).abs() < 1e-6);
            prop_assert!(0.0 <= before.lower && before.lower <= before.expected && before.expected <= before.upper);
        }
    }
}
