//! How much oftener two strangers have both names in common than their names by themselves would have it.
//!
//! Names go together: Fariha seldom meets O'Neill, and often Begum. A model that takes first and family names of strangers for independent
//! expects far too few strangers of one whole name; the others look like people whose birth date was written down wrongly, thousands of them
//! in a file of 70,000 people who are there once. So it is counted: pairs of one whole name whose birth dates have nothing to do with each
//! other are strangers, and how many there should be is known from the names by themselves, for common and for rare ones.

use super::facts::Comparer;
use super::frequency::Kind;
use super::pattern::{BUCKETS, Field, NAME_CODES, Pattern};
use super::thin;
use crate::unite::brief::{Brief, List};
use crate::unite::compare::Two;

const SIDE: usize = BUCKETS as usize;
/// People whose names are counted; of more, a share.
const PEOPLE: usize = 1 << 17;
/// People of one whole name who are compared with each other; what the others would say is taken from them.
const NAMESAKES: usize = 200;
/// So many pairs of a cell are taken to agree as all cells together do, before any is counted.
const PRIOR_PAIRS: f64 = 1.0;

/// Pairs of one whole name.
#[derive(Clone, Copy, Default)]
struct Pairs {
    /// That there should be if first and family names had nothing to do with each other.
    expected: f64,
    /// Whose birth dates have nothing to do with each other.
    apart: f64,
    /// Whose birth dates are one, but for a slip.
    born_together: f64,
}

/// Pairs of one whole name, by how rare the first name and the family name are.
pub(super) struct Together(Vec<Pairs>);

impl Together {
    /// Counts the pairs of a file. `prints` are the fingerprints of the people, so that it does not matter where their rows stand.
    pub(super) fn count<'a>(
        brief: impl Fn(u32) -> &'a Brief,
        comparer: Comparer<'_>,
        prints: &[u64],
    ) -> Self {
        let every = thin(prints.len(), PEOPLE);
        let mut taken: Vec<u32> = (0..prints.len() as u32)
            .filter(|person| (prints[*person as usize] >> 32) & (every - 1) == 0)
            .collect();
        taken.sort_unstable_by_key(|person| prints[*person as usize]);
        let values = comparer.values;
        // An initial is nobody's name.
        let is_name = |name: &u32| values.length(*name) > 1;
        let (mut firsts, mut families, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
        for (at, person) in (0_u32..).zip(&taken) {
            let brief = brief(*person);
            let first = brief.list(List::First).iter().copied().filter(is_name);
            let family = brief.list(List::Family).iter();
            let family = family
                .map(|name| values.family(*name).whole)
                .filter(is_name);
            let begin = (firsts.len(), families.len());
            firsts.extend(first);
            families.extend(family);
            for first in &firsts[begin.0..] {
                wholes.extend(
                    families[begin.1..]
                        .iter()
                        .map(|family| (*first, *family, at)),
                );
            }
        }
        let rarity = |kind, name| comparer.counts.rarity(kind, values.hash(name)) as usize;
        let common = [(Kind::First, firsts), (Kind::Family, families)].map(|(kind, mut names)| {
            let mut pairs = [0.0; SIDE];
            names.sort_unstable();
            for same in names.chunk_by(|one, other| one == other) {
                pairs[rarity(kind, same[0])] += (same.len() * (same.len() - 1)) as f64;
            }
            pairs
        });
        let all = 2.0 * (taken.len() as f64).powi(2).max(1.0);
        let mut cells: Vec<Pairs> = (0..SIDE * SIDE)
            .map(|cell| Pairs {
                expected: common[0][cell / SIDE] * common[1][cell % SIDE] / all,
                ..Pairs::default()
            })
            .collect();
        wholes.sort_unstable();
        for same in wholes.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let compared = &same[..same.len().min(NAMESAKES)];
            let pairs = |size: usize| (size * size.saturating_sub(1)) as f64;
            let stands_for = pairs(same.len()) / pairs(compared.len()).max(1.0);
            let (first, family) = (
                rarity(Kind::First, same[0].0),
                rarity(Kind::Family, same[0].1),
            );
            let cell = &mut cells[first * SIDE + family];
            for (at, one) in compared.iter().enumerate() {
                for other in &compared[at + 1..] {
                    let [left, right] = [one, other].map(|whole| brief(taken[whole.2 as usize]));
                    let mut pattern = Pattern::default();
                    let two = Two {
                        values,
                        left,
                        right,
                    };
                    comparer.births(two, &mut pattern);
                    match pattern.level(Field::Birth).map(|birth| birth.level) {
                        Some(0..=2) => cell.born_together += stands_for,
                        Some(5) => cell.apart += stands_for,
                        _ => {}
                    }
                }
            }
        }
        Self(cells)
    }

    /// For each code of the first name and each of the family name how much oftener than by chance strangers agree on both, [`NAME_CODES`] of
    /// each; from how people of one person ([`Field::Birth`]) and strangers agree on birth dates.
    pub(super) fn factors(&self, one: &[f64], strangers: &[f64]) -> Vec<f64> {
        // Of one person are also some pairs whose birth dates have nothing to do with each other.
        let wrong = one[5] / one[..3].iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let strangers = |pairs: &Pairs| {
            let apart = (pairs.apart - pairs.born_together * wrong).max(0.0);
            apart / strangers[5].max(0.5)
        };
        let sum = |cells: &mut dyn Iterator<Item = &Pairs>| {
            cells.fold([0.0, 0.0], |[found, expected], pairs| {
                [found + strangers(pairs), expected + pairs.expected]
            })
        };
        let factor = |[found, expected]: [f64; 2], prior: f64| {
            ((found + PRIOR_PAIRS * prior) / (expected + PRIOR_PAIRS)).max(1.0)
        };
        let of_all = factor(sum(&mut self.0.iter()), 1.0);
        let by_first: Vec<f64> = (0..SIDE)
            .map(|first| factor(sum(&mut self.0[first * SIDE..][..SIDE].iter()), of_all))
            .collect();
        let by_family: Vec<f64> = (0..SIDE)
            .map(|family| {
                let cells = self.0[family..].iter().step_by(SIDE);
                factor(sum(&mut { cells }), of_all)
            })
            .collect();
        /// A name that both have, by how rare it is; one that is nearly the same; one that is another, or missing.
        enum Name {
            Same(usize),
            Near,
            Other,
        }
        let name = |field: Field, code: usize| match field.level(code) {
            Some(found) if found.level == 0 => Name::Same(found.rarity as usize),
            Some(found) if found.level <= 3 => Name::Near,
            _ => Name::Other,
        };
        let mut factors = Vec::with_capacity(NAME_CODES * NAME_CODES);
        for first in 0..NAME_CODES {
            for family in 0..NAME_CODES {
                factors.push(
                    match (name(Field::First, first), name(Field::Family, family)) {
                        (Name::Other, _) | (_, Name::Other) => 1.0,
                        (Name::Same(first), Name::Same(family)) => {
                            let pairs = &self.0[first * SIDE + family];
                            factor([strangers(pairs), pairs.expected], of_all)
                        }
                        (Name::Same(first), Name::Near) => by_first[first],
                        (Name::Near, Name::Same(family)) => by_family[family],
                        (Name::Near, Name::Near) => of_all,
                    },
                );
            }
        }
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts;
    use super::super::frequency::Frequencies;
    use super::super::model::{ONE_PERSON, STRANGERS};
    use super::super::tests::{communities, row};
    use super::*;
    use crate::unite::likeness::Memo;
    use crate::unite::values::{Values, mix};

    /// The factor of two names that both have, the commonest of both, and of two that are nearly the same.
    fn factors(town: &[String]) -> [f64; 2] {
        let mut values = Values::new();
        let briefs: Vec<Brief> = town
            .iter()
            .map(|text| Brief::of(&row(0, text).person, &mut values))
            .collect();
        let mut counts = Frequencies::new(briefs.len());
        for brief in &briefs {
            facts::count(&values, brief, &mut counts);
        }
        let prints: Vec<u64> = (0..briefs.len() as u64).map(mix).collect();
        let memo = Memo::new();
        let comparer = Comparer {
            values: &values,
            counts: &counts,
            memo: &memo,
        };
        let together = Together::count(|person| &briefs[person as usize], comparer, &prints);
        let birth = Field::Birth as usize;
        let factors = together.factors(&ONE_PERSON[birth], &STRANGERS[birth]);
        let code = |level: usize, rarity: u64| {
            let mut pattern = Pattern::default();
            if level == 0 {
                pattern.set_valued(Field::First, level, rarity);
            } else {
                pattern.set(Field::First, level);
            }
            pattern.code(Field::First)
        };
        let rarity = (0..BUCKETS).max_by_key(|rarity| {
            let same = |brief: &&Brief| {
                let name = brief.list(List::First)[0];
                counts.rarity(Kind::First, values.hash(name)) == *rarity
            };
            briefs.iter().filter(same).count()
        });
        let same = code(0, rarity.expect("there are buckets"));
        let near = code(2, 0);
        assert!((factors[code(4, 0) * NAME_CODES + same] - 1.0).abs() < 1e-12);
        assert!(
            (factors[same * NAME_CODES] - 1.0).abs() < 1e-12,
            "a name that one has not"
        );
        [
            factors[same * NAME_CODES + same],
            factors[near * NAME_CODES + near],
        ]
    }

    #[test]
    fn names_that_have_nothing_to_do_with_each_other_meet_as_often_as_they_should() {
        let [same, near] = factors(&communities(2_000, 1));
        assert!((0.9..1.1).contains(&same), "{same}");
        assert!((0.9..1.1).contains(&near), "{near}");
    }

    #[test]
    fn names_of_eight_communities_meet_eight_times_as_often() {
        let [same, near] = factors(&communities(8_000, 8));
        // Rather fewer: some dates of strangers are near each other by chance.
        assert!((6.5..8.5).contains(&same), "{same}");
        assert!((6.5..8.5).contains(&near), "{near}");
    }

    #[test]
    fn second_rows_of_a_person_are_no_strangers_of_one_name() {
        // Each twice, one in ten the second time with another birth date: more than the prior has, so that some seem strangers.
        let mut town = communities(1_000, 1);
        let again = town.iter().enumerate().map(|(at, text)| {
            let mut parts: Vec<&str> = text.split('|').collect();
            if at % 10 == 0 {
                parts[2] = "01/01/1901";
            }
            parts.join("|")
        });
        let again: Vec<String> = again.collect();
        town.extend(again);
        let [same, _] = factors(&town);
        assert!((1.0..1.6).contains(&same), "{same}");
    }
}
