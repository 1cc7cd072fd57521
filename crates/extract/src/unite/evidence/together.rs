//! How much oftener two strangers have both names in common than their names by themselves would have it.
//!
//! Names go together: Fariha seldom meets O'Neill, and often Begum. A model that takes first and family names of strangers for independent
//! expects far too few strangers of one whole name; the others look like people whose birth date was written down wrongly, thousands of them
//! in a file of 70,000 people who are there once. So it is counted: pairs of one whole name whose birth dates have nothing to do with each
//! other are strangers, and how many there should be is known from the names by themselves, for common and for rare ones.

use super::facts::Comparer;
use super::frequency::Kind;
use super::pattern::{BUCKETS, Field, Pattern};
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

    /// For each code of the first name and each of the family name how much oftener than by chance strangers agree on both, `codes` of each;
    /// from how people of one person ([`Field::Birth`]) and strangers agree on birth dates.
    pub(super) fn factors(&self, one: &[f64], strangers: &[f64], codes: usize) -> Vec<f64> {
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
        let mut factors = Vec::with_capacity(codes * codes);
        for first in 0..codes {
            for family in 0..codes {
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
    use super::super::tests::row;
    use super::*;
    use crate::unite::likeness::Memo;
    use crate::unite::values::{Values, mix};

    /// Birth levels of one person and of strangers.
    const BIRTH: usize = 3;
    const CODES: usize = 1 << 5;

    /// So many people, each once, of ten names in each of some communities: every name has people of its own community alone.
    fn town(people: usize, communities: u64, errors: bool) -> Vec<String> {
        let lot = |person: usize, what: u64| mix(mix(person as u64 + 1) ^ what);
        let name = |number: u64| -> String {
            let letter = |at: u32| (b'a' + (mix(number) >> (5 * at) & 15) as u8) as char;
            (0..8).map(letter).collect()
        };
        let of = |person: usize| {
            let community = lot(person, 1) % communities;
            let first = 20 * community + lot(person, 2) % 10;
            let family = 20 * community + 10 + lot(person, 3) % 10;
            let (year, month) = (1930 + lot(person, 4) % 90, 1 + lot(person, 5) % 12);
            let day = 1 + lot(person, 6) % 28;
            let (first, family) = (name(first), name(family));
            format!("{first}|{family}|{day:02}/{month:02}/{year}|M||")
        };
        let all = (0..people).map(of);
        // The same people again, one in ten with another birth date.
        let again = (0..people).map(|person| match of(person).split_once("|M") {
            Some((known, _)) if lot(person, 7).is_multiple_of(10) => {
                format!("{}01/01/1901|M||", &known[..known.len() - 10])
            }
            _ => of(person),
        });
        if errors {
            all.chain(again).collect()
        } else {
            all.collect()
        }
    }

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
        let factors = together.factors(&ONE_PERSON[BIRTH], &STRANGERS[BIRTH], CODES);
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
        assert!((factors[code(4, 0) * CODES + same] - 1.0).abs() < 1e-12);
        assert!(
            (factors[same * CODES] - 1.0).abs() < 1e-12,
            "a name that one has not"
        );
        [factors[same * CODES + same], factors[near * CODES + near]]
    }

    #[test]
    fn names_that_have_nothing_to_do_with_each_other_meet_as_often_as_they_should() {
        let [same, near] = factors(&town(2_000, 1, false));
        assert!((0.9..1.1).contains(&same), "{same}");
        assert!((0.9..1.1).contains(&near), "{near}");
    }

    #[test]
    fn names_of_eight_communities_meet_eight_times_as_often() {
        let [same, near] = factors(&town(4_000, 8, false));
        assert!((7.0..9.0).contains(&same), "{same}");
        assert!((7.0..9.0).contains(&near), "{near}");
    }

    #[test]
    fn second_rows_of_a_person_are_no_strangers_of_one_name() {
        // Four hundred times two rows, a tenth with a wrong birth date: as the prior has it, fewer, so that some seem strangers.
        let [same, _] = factors(&town(400, 1, true));
        assert!((1.0..1.6).contains(&same), "{same}");
    }
}
