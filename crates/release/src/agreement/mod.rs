//! What agreeing keys show to somebody who weighs them: a record's agreements against every listed person's.
//!
//! A value that two people of a file have is not released, so which tokens of a person can agree at all depends on which of the person's
//! values are rare. Somebody with a list knows that of everybody. He need not find the very pattern (that is what [`crate::sharing`] looks
//! for): values that a partner writes otherwise are missing from it, and he weighs how likely each listed person's agreements become the seen
//! ones. Of the kinds of a pool he sees only how many agree; but he knows the kinds that can agree of each person, and how often each kind is
//! lost, alone and together with others.

mod chances;
mod patterns;

use std::collections::BTreeMap;

use rayon::prelude::*;

use chances::{Chances, Classes};
pub use patterns::Known;
use patterns::Met;

use kinfold_verdict::Share;

/// What the attacker looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The agreements of each record with the partner's record that most tokens agree with.
    Pairs,
    /// Those with other people's records too.
    Strangers,
}

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// Records with a partner's record that some token agrees with.
    pub paired: Share,
    /// Listed people of the partners whose expected agreements, kind by kind, no other has: with every kind seen by itself and nothing written
    /// otherwise, all of them can be named.
    pub alone: u64,
    /// Records named rightly, of all.
    pub named: Share,
    /// Of the tenth of the paired records in which the first person is farthest ahead of the second, those named rightly.
    pub surest_tenth: Share,
    /// In bits, what a paired record's agreements say about who it is: how much likelier they are of its person than of anybody, on average.
    pub bits: f64,
    /// The same for each pool, with its name.
    pub information: Vec<(String, f64)>,
}

/// Everything that is weighed.
struct Scales {
    met: Met,
    chances: Chances,
    /// The people who can be a paired record's.
    people: Vec<usize>,
    /// The paired records by their agreements.
    patterns: Vec<(Vec<u8>, Vec<usize>)>,
}

impl Scales {
    fn new(first: Known<'_>, partners: &[Known<'_>], people: usize, sight: Sight) -> Self {
        let strangers = sight == Sight::Strangers;
        let met = partners
            .iter()
            .map(|second| Met::of(first, *second, people, strangers));
        let met = Met::beside(met.collect());
        let has: Vec<usize> = (0..people).filter(|own| met.has[*own]).collect();
        let mut most = vec![0; met.seen.width];
        let mut patterns: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for row in (0..people).filter(|row| met.paired[*row]) {
            let own = met.seen.row(row);
            for (most, count) in most.iter_mut().zip(own) {
                *most = (*most).max(*count);
            }
            patterns.entry(own.to_vec()).or_default().push(row);
        }
        let classes = Classes::learn(&met.expected, &met.truly, &has);
        let chances = Chances::new(&classes, &met.expected, &has, &met.pool_of, &most);
        Self {
            met,
            chances,
            people: has,
            patterns: patterns.into_iter().collect(),
        }
    }

    /// For each kind of record what is found of it, given how likely it is of each person.
    fn weigh<T: Send>(&self, found: impl Fn(&[f64], &[usize]) -> T + Sync) -> Vec<T> {
        let pieces: Vec<Vec<T>> = self
            .patterns
            .par_chunks(PIECE)
            .map(|piece| {
                let mut walk = self.chances.walk();
                let each = piece.iter().map(|(seen, rows)| found(walk.to(seen), rows));
                each.collect()
            })
            .collect();
        pieces.into_iter().flatten().collect()
    }

    /// The person who is likeliest, with how far ahead of the next, as a logarithm.
    fn best(&self, likely: &[f64]) -> (f64, usize) {
        let (mut first, mut second) = ((0.0, usize::MAX), 0.0);
        for (likely, person) in likely.iter().zip(&self.people) {
            if *likely > first.0 {
                second = first.0;
                first = (*likely, *person);
            } else {
                second = f64::max(second, *likely);
            }
        }
        (libm::log(first.0) - libm::log(second), first.1)
    }

    /// How much likelier something seen is of the people of these records than of anybody: the sum of bits, and how many are of a person
    /// whom a partner has.
    fn bits(&self, likely: &[f64], rows: &[usize]) -> (f64, f64) {
        let mean = likely.iter().sum::<f64>() / likely.len().max(1) as f64;
        let own = rows
            .iter()
            .filter_map(|row| self.people.binary_search(row).ok());
        own.map(|place| libm::log2(likely[place] / mean))
            .fold((0.0, 0.0), |(sum, n), bits| (sum + bits, n + 1.0))
    }

    /// The bits of one column by itself.
    fn bits_of_column(&self, column: usize) -> f64 {
        let mut rows: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (seen, own) in &self.patterns {
            rows.entry(seen[column]).or_default().extend(own);
        }
        let each = rows.iter();
        mean_of(each.map(|(n, rows)| self.bits(&self.chances.of_column(column, *n), rows)))
    }
}

/// Records that are weighed one after another.
const PIECE: usize = 64;

fn mean_of(sums: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, n) = sums.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    sum / f64::max(n, 1.0)
}

/// Record `i` of all files is person `i`. Whose records a partner has is known from the list: those with a value there.
pub fn attack(first: Known<'_>, partners: &[Known<'_>], people: usize, sight: Sight) -> Agreed {
    let scales = Scales::new(first, partners, people, sight);
    let found = scales.weigh(|likely, rows| (scales.best(likely), scales.bits(likely, rows)));
    // Of several people who fit equally he knows none; nor of several records that show the same.
    let mut sure: Vec<(f64, usize, bool)> = Vec::new();
    for (((ahead, person), _), (_, rows)) in found.iter().zip(&scales.patterns) {
        for row in rows {
            sure.push((*ahead, *row, *ahead > 0.0 && row == person));
        }
    }
    let paired = sure.len();
    let named = sure.iter().filter(|(.., right)| *right).count();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    sure.truncate(paired.div_ceil(10));
    let sure_right = sure.iter().filter(|(.., right)| *right).count();
    let met = &scales.met;
    let mut expected: Vec<&[u8]> = scales
        .people
        .iter()
        .map(|own| met.expected.row(*own))
        .collect();
    expected.sort_unstable();
    let alone = expected
        .chunk_by(|a, b| a == b)
        .filter(|own| own.len() == 1 && own[0].iter().any(|count| *count > 0));
    Agreed {
        alone: alone.count() as u64,
        paired: Share::new(paired as u64, people as u64),
        named: Share::new(named as u64, people as u64),
        surest_tenth: Share::new(sure_right as u64, sure.len() as u64),
        bits: mean_of(found.iter().map(|(_, bits)| *bits)),
        information: (0..)
            .zip(&met.names)
            .map(|(column, name)| (name.clone(), scales.bits_of_column(column)))
            .collect(),
    }
}

/// The score of a record that agrees with a partner's for somebody whom the partner does not have: it would be a stranger's by chance.
const STRANGER: f64 = 1e-3;

/// How likely each record's agreements are of each person, as logarithms: what another attack can take for what a record tells by itself.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    /// For each record the number of its row of logarithms.
    of: Vec<u32>,
    /// For each kind of record a logarithm for each person.
    logs: Vec<Vec<f32>>,
}

impl Weights {
    /// As [`attack`] weighs them.
    pub fn new(first: Known<'_>, partners: &[Known<'_>], people: usize, sight: Sight) -> Self {
        let scales = Scales::new(first, partners, people, sight);
        let nothing = vec![0; scales.met.seen.width];
        let logs = |likely: &[f64], unknown: f64| -> Vec<f32> {
            let mut all = vec![libm::log(unknown) as f32; people];
            for (likely, person) in likely.iter().zip(&scales.people) {
                all[*person] = libm::log(*likely) as f32;
            }
            all
        };
        // The first row is of the records that nobody's agrees with.
        let mut of = vec![0; people];
        for (number, (_, rows)) in (1..).zip(&scales.patterns) {
            for row in rows {
                of[*row] = number;
            }
        }
        let mut all = vec![logs(scales.chances.walk().to(&nothing), 1.0)];
        all.extend(scales.weigh(|likely, _| logs(likely, STRANGER)));
        Self { of, logs: all }
    }

    /// The logarithm of how likely the agreements of a record are of a person.
    #[inline]
    pub(crate) fn of(&self, row: u32, person: u32) -> f64 {
        f64::from(self.logs[self.of[row as usize] as usize][person as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;
    use crate::keys::KeyView;
    use crate::partner::{Likeness, Partner};

    /// Sixty people with forty kinds of keys, each seen by itself; whose values are rare is drawn.
    fn kinds(rare: f64) -> Vec<KeyView> {
        let mut draws = Draws::new(&[4; 32], "agreement");
        let kinds = (0..40u64).map(|kind| {
            let mut value = |person: u64| {
                let own = draws.share() < rare;
                let value = if own {
                    1_000 * (kind + 1) + person
                } else {
                    kind
                };
                vec![(0, value)]
            };
            KeyView {
                id: format!("kind {kind}"),
                cap: 1,
                slots: vec![1],
                seen: Vec::new(),
                listed: (0..60).map(&mut value).collect(),
            }
        });
        kinds.collect()
    }

    /// The same kinds in one pool.
    fn pooled(kinds: &[KeyView]) -> Vec<KeyView> {
        let of = |person: usize| {
            let own = (0u16..).zip(kinds).flat_map(|(kind, key)| {
                let values = key.listed[person].iter();
                values.map(move |(_, value)| (kind, *value))
            });
            own.collect()
        };
        vec![KeyView {
            id: "all".to_owned(),
            cap: 1,
            slots: vec![1; kinds.len()],
            seen: Vec::new(),
            listed: (0..60).map(of).collect(),
        }]
    }

    /// Everybody is known to the partner, who writes a fifth of the values otherwise.
    fn attacked(keys: &[KeyView], sight: Sight) -> Agreed {
        let mut draws = Draws::new(&[4; 32], "partner");
        let likeness = Likeness {
            overlap: 1.0,
            slips: 0.2,
        };
        let partner = Partner::draw(keys, likeness, &mut draws);
        attack(Known::exact(keys), &[partner.known()], 60, sight)
    }

    #[test]
    fn whose_values_are_rare_is_told_by_what_agrees_and_slips_do_not_hide_it() {
        for sight in [Sight::Pairs, Sight::Strangers] {
            let told = attacked(&kinds(0.5), sight);
            assert!(told.paired.hits == 60 && told.named.hits > 50, "{told:?}");
            assert_eq!(told.surest_tenth.share, 1.0);
            assert!(told.bits > 5.0, "{told:?}");
        }
    }

    #[test]
    fn in_one_pool_the_same_tells_next_to_nothing() {
        let told = attacked(&pooled(&kinds(0.5)), Sight::Pairs);
        assert!(told.paired.hits == 60 && told.named.hits < 6, "{told:?}");
        assert!(told.bits < 1.5, "{told:?}");
        // Nobody else has the same kinds; that it is known of everybody does not help.
        assert_eq!(told.alone, 60);
    }

    #[test]
    fn when_every_value_is_rare_nobody_is_told() {
        let told = attacked(&kinds(1.0), Sight::Pairs);
        assert_eq!((told.paired.hits, told.named.hits), (60, 0), "{told:?}");
        assert!(told.bits.abs() < 1e-9, "{told:?}");
    }

    #[test]
    fn a_second_partner_tells_more() {
        let keys = pooled(&kinds(0.5));
        let mut draws = Draws::new(&[4; 32], "partners");
        let mut partner = || Partner::draw(&keys, Likeness::USUAL, &mut draws);
        let (one, other) = (partner(), partner());
        let of = |partners: &[Known<'_>]| attack(Known::exact(&keys), partners, 60, Sight::Pairs);
        let (alone, both) = (of(&[one.known()]), of(&[one.known(), other.known()]));
        assert!(both.bits > alone.bits, "{alone:?} {both:?}");
    }

    #[test]
    fn threads_change_nothing() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let run = || attacked(&kinds(0.5), Sight::Strangers);
            pool.build().unwrap().install(run)
        };
        assert_eq!(run(1), run(3));
    }
}
