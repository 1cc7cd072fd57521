//! How sure it must be that two people so far are one, and what keeps two apart whatever they have in common.

use super::brief::Briefs;
use super::groups::Groups;
use super::units::Units;
use crate::decided::Decided;
use crate::rows::Rows;
use std::collections::BTreeSet;

/// How carefully rows are brought together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Care {
    /// By own ids, verified identifiers, exact identities and what the custodian decided alone.
    Rules,
    /// For a release: also by all evidence together, from this probability on (above 0.5, below 1), if the two agree on what a person has
    /// alone and no source gives them two own ids where an own id is a person.
    Release(f64),
    /// For a bench on open data: also by all evidence together, from this probability on.
    Bench(f64),
}

impl Care {
    /// As a custodian's own rows are brought together before a release.
    ///
    /// A wrong union puts a stranger's history on a person before anything leaves, and nobody sees it again; a missed one costs match keys,
    /// and the linkage unit may still find it. The limit is the lowest of those tried (0.9, 0.95, 0.98, 0.99) at which the unions by
    /// evidence had a measured precision above 0.9995 on every set that was tried: `unite_truth` of the benches has the figures.
    pub const RELEASE: Self = Self::Release(0.95);

    /// As the rows of a bench's table are brought together: one in twenty is the worst pair; the precision of all of them is far higher.
    ///
    /// It is not told to believe in at most twice as many pairs as agree beyond doubt, as a release is. That bound is a caution for files of which
    /// nobody knows the truth, and it costs right pairs where most of the duplicates are bad ones, as in the open sets: at 0.95 fake_1000 has
    /// 1,777 right pairs as a bench and 1,416 as a release, and no wrong one; febrl3 5,662 and 5,033, and no wrong one. A bench is there to measure against a truth, and its codes are refused by every release. What the bound is worth to a release:
    /// 73,000 invented people of whom only names, birth date and sex are told, 758 of them twice, have 21 wrong pairs by evidence without it
    /// and none with it.
    pub const BENCH: Self = Self::Bench(0.95);

    /// The natural logarithm of the odds from which two come together.
    pub(super) fn log_odds(self) -> f64 {
        match self {
            Self::Rules => f64::INFINITY,
            Self::Release(probability) | Self::Bench(probability) => {
                libm::log(probability / (1.0 - probability))
            }
        }
    }

    pub(super) fn is_for_release(self) -> bool {
        matches!(self, Self::Release(_))
    }
}

/// The source of a unit whose own id says nothing about people.
const NO_SOURCE: u16 = u16::MAX;

/// What keeps units apart beside what their rows say.
#[derive(Default)]
pub(super) struct Apart {
    /// The source of each unit where an own id is a person. Empty when own ids are not asked.
    sources: Vec<u16>,
    /// Pairs of units that the custodian decided to be two people, the lower first.
    two: BTreeSet<(u32, u32)>,
    /// Pairs of units that the custodian decided to be one person, the lower first.
    one: BTreeSet<(u32, u32)>,
}

impl Apart {
    pub(super) fn of(rows: &Rows, units: &Units, care: Care, decided: &Decided) -> Self {
        let own_id = |unit: usize| -> u16 {
            let source = rows.source(units.rows(unit)[0] as usize);
            match u16::try_from(source) {
                Ok(number) if rows.own_ids_are_people(source) => number,
                _ => NO_SOURCE,
            }
        };
        let sources = if care.is_for_release() {
            (0..units.len()).map(own_id).collect()
        } else {
            Vec::new()
        };
        let (mut one, mut two) = (BTreeSet::new(), BTreeSet::new());
        if !decided.pairs.is_empty() {
            let unit_of_row = units.of_rows(rows.len());
            for pair in &decided.pairs {
                let [left, right] = pair.rows.map(|row| unit_of_row[row as usize]);
                let pairs = if pair.is_one { &mut one } else { &mut two };
                if left != right {
                    pairs.insert((left.min(right), left.max(right)));
                }
            }
        }
        Self { sources, two, one }
    }

    /// Whether one source gives two groups of units own ids of their own, where an own id is a person.
    pub(super) fn own_ids_differ(&self, lefts: &[u32], rights: &[u32]) -> bool {
        let source = |unit: &u32| {
            let source = self.sources.get(*unit as usize);
            source.copied().unwrap_or(NO_SOURCE)
        };
        lefts
            .iter()
            .map(source)
            .any(|left| left != NO_SOURCE && rights.iter().map(source).any(|right| right == left))
    }

    /// Whether the custodian decided that some of two groups are two people.
    pub(super) fn are_decided_two(&self, lefts: &[u32], rights: &[u32]) -> bool {
        !self.two.is_empty()
            && lefts.iter().any(|left| {
                rights
                    .iter()
                    .any(|right| self.two.contains(&(*left.min(right), *left.max(right))))
            })
    }

    /// Joins what the custodian decided to be one person: how many joins that made, and the pairs that were not joined. Decisions that hang
    /// together stand or fall together: none is followed when two of their people were decided to be two, must not be linked or have two
    /// verified NHS numbers. So it does not matter in which order they are written.
    pub(super) fn join_decided(
        &self,
        briefs: &Briefs,
        groups: &mut Groups,
    ) -> (usize, Vec<(u32, u32)>) {
        let mut wished = Groups::new(briefs.units.len());
        for (left, right) in &self.one {
            wished.join(*left, *right);
        }
        let contradicts = |unit: u32| {
            let members = wished.members(unit);
            let pairs = members.iter().enumerate();
            let mut pairs = pairs
                .flat_map(|(at, one)| members[at + 1..].iter().map(move |other| (*one, *other)));
            pairs.any(|(one, other)| {
                let two = briefs.two(one, other);
                self.two.contains(&(one.min(other), one.max(other)))
                    || two.left.do_not_link
                    || two.right.do_not_link
                    || two.identifiers().nhs_differs
            })
        };
        // Asked once for each group, by its lowest unit.
        let lowest: BTreeSet<u32> = self.one.iter().map(|pair| wished.find(pair.0)).collect();
        let wrong: BTreeSet<u32> = lowest
            .into_iter()
            .filter(|unit| contradicts(*unit))
            .collect();
        let (mut joins, mut refused) = (0, Vec::new());
        for (left, right) in &self.one {
            if wrong.contains(&wished.find(*left)) {
                refused.push((*left, *right));
            } else if groups.find(*left) != groups.find(*right) {
                groups.join(*left, *right);
                joins += 1;
            }
        }
        (joins, refused)
    }
}
