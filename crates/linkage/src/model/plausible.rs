//! Matches are of a kind: where many are unlike in everything, more are unlike in one thing only.
//!
//! What the counts within files cannot foretell is who comes into two files together. A register of children and one of their parents, or
//! two schools of brothers and sisters, have hardly anybody in common, and very many pairs that share a family name and a home. Within each
//! file such pairs are few, or none, so nothing speaks against taking them for matches, and where two files have nobody in common at all, the
//! luckiest strangers are taken for matches. But of the matches that have names and birth dates on both sides most have near filters, fewer
//! have a slip that puts the filters at a middle distance, and hardly more are as far apart as strangers. Relatives and strangers are nearly
//! all far apart.
//!
//! So when the model has settled, the expected matches of each zone of distance are compared with those that are nearer, and those of pairs
//! that have no filters to compare with those that have. Where they are too many by a margin, the zone is **held**: the rounds go on with
//! the weights of its pairs lowered until it has no more matches than allowed, and its pairs are for review, not for links. On the open
//! sets and on fifty made ones, from clean to forty in a hundred fields wrong, the true matches far apart are 0.3 to 1.7 times those at a
//! middle distance (`benches/quality/README.md`); what looked like matches between registers of brothers and sisters was fifty times as many.

use kinfold_schema::Field;

use super::{Score, compete, relatives};
use crate::RecordSet;
use crate::candidates::SetPair;
use crate::fields::{self, Levels};

/// Two records that have this much of their names and birth date in common, as the bits before diffusion show it, are at a middle distance;
/// strangers hardly ever come so near.
const MIDDLE_FROM: f64 = 0.75;
/// Those that have this much in common are near: two people who are neither twins nor namesakes do not come so near.
const NEAR_FROM: f64 = 0.864;
/// No zone but the farthest begins below so many standard deviations, or chance would put strangers there: with 1.5 and 12 bits mixed, of the
/// links between registers of brothers and sisters with one in ten in both 0.77 are right instead of 0.97.
const EDGE_MIN: f64 = 2.5;
/// Matches far apart for each at a middle distance.
const FAR_PER_MIDDLE: f64 = 2.0;
/// Matches far apart for each that is near: people with another birth date or name.
const FAR_PER_NEAR: f64 = 0.05;
/// Matches at a middle distance for each that is near.
const MIDDLE_PER_NEAR: f64 = 4.0;
/// Matches without filters to compare, for each that would be there if blanks fell on matches as on others.
const BLANK_PER_SHARE: f64 = 3.0;
/// So large a share of all pairs must have filters to compare before it says anything about those that have none.
const COMPARED_MIN: f64 = 0.2;
/// Matches that are allowed in any zone: none near does not mean none.
const ALLOWED: f64 = 1.0;
/// A zone is held when it has so many times the matches that are allowed.
const TOO_MANY: f64 = 1.5;
/// Halvings when the factor is looked for; the odds are lowered by 60 bits at most.
const HALVINGS: u32 = 40;

/// Zones of the distance of filters.
const ZONES: usize = 4;
/// Both filters are there, and at a middle distance.
const MIDDLE: usize = 0;
/// They are as far apart as those of strangers, or nearly.
const FAR: usize = 1;
/// One is missing.
const BLANK: usize = 2;
/// They are near.
const NEAR: usize = 3;

/// Which zones of a set pair have more matches than can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    zones: [bool; NEAR],
    /// Pairs of one home that are far apart and share fewer keys than this (see [`relatives`]).
    below: usize,
}

impl Held {
    /// Whether any is held.
    pub(super) fn any(self) -> bool {
        self.below > 0 || self.zones.contains(&true)
    }

    /// Whether a candidate is in a zone that is held.
    pub(super) fn has(self, pair: &SetPair, candidate: usize) -> bool {
        if !self.any() {
            return false;
        }
        let edges = edges(pair.bits, pair.diffusion);
        zone(pair, candidate, edges).is_some_and(|zone| zone < NEAR && self.zones[zone])
            || relatives::step(pair, candidate, edges[0]).is_some_and(|step| step < self.below)
    }

    /// Holds the zones in which too many matches are expected too; says whether any is new.
    pub(super) fn look(&mut self, pair: &SetPair, scores: &[Score]) -> bool {
        let edges = edges(pair.bits, pair.diffusion);
        let mut found = [0.0; ZONES];
        for (index, score) in scores.iter().enumerate() {
            if let Some(zone) = zone(pair, index, edges) {
                found[zone] += score.probability;
            }
        }
        let before = *self;
        for zone in [MIDDLE, FAR, BLANK] {
            let most = most(zone, pair, &found);
            self.zones[zone] |= found[zone] > TOO_MANY * most;
            found[zone] = found[zone].min(most);
        }
        let found = relatives::found(pair, scores, edges[0]);
        let allowed = relatives::allowed(&found);
        let above = |step: &usize| found[*step] > TOO_MANY * allowed[*step] + ALLOWED;
        if let Some(step) = (0..found.len()).rfind(above) {
            self.below = self.below.max(step + 1);
        }
        *self != before
    }

    /// Lowers the weights of the pairs in the zones that are held until no more matches are expected there than are allowed.
    pub(super) fn lower(self, sets: &[RecordSet], pair: &SetPair, scores: &mut [Score]) {
        if !self.any() {
            return;
        }
        let edges = edges(pair.bits, pair.diffusion);
        let mut zones: [Vec<usize>; ZONES] = Default::default();
        for index in 0..pair.candidates.len() {
            if let Some(zone) = zone(pair, index, edges) {
                zones[zone].push(index);
            }
        }
        let sum = |zone: &Vec<usize>| zone.iter().map(|&at| scores[at].probability).sum();
        let mut found: [f64; ZONES] = zones.each_ref().map(sum);
        for zone in [MIDDLE, FAR, BLANK] {
            let most = most(zone, pair, &found);
            if self.zones[zone] && found[zone] > most {
                let bits = bits_to(&zones[zone], most, scores);
                for &at in &zones[zone] {
                    scores[at].filter += bits;
                }
            }
            found[zone] = found[zone].min(most);
        }
        self.lower_relatives(pair, scores, edges[0]);
        compete::compete(sets, pair, scores);
    }

    /// Lowers the weights of pairs of one home that are far apart, from each number of keys to the next lower one.
    fn lower_relatives(self, pair: &SetPair, scores: &mut [Score], middle: f64) {
        if self.below == 0 {
            return;
        }
        let found = relatives::found(pair, scores, middle);
        let allowed = relatives::allowed(&found);
        let mut of_step: Vec<Vec<usize>> = vec![Vec::new(); self.below];
        for index in 0..pair.candidates.len() {
            if let Some(of) =
                relatives::step(pair, index, middle).and_then(|at| of_step.get_mut(at))
            {
                of.push(index);
            }
        }
        for (step, of) in of_step.iter().enumerate() {
            if found[step] > allowed[step] {
                let bits = bits_to(of, allowed[step], scores);
                for &at in of {
                    scores[at].filter += bits;
                }
            }
        }
    }
}

/// From how many standard deviations filters of so many bits are at a middle distance, and near. Each bit is the exclusive-or of `diffusion`
/// bits of the record, so what two records have in common shows to that power: the more is mixed, the farther apart the same
/// two records are, and a fixed distance would take them for strangers.
pub(super) fn edges(bits: u32, diffusion: u32) -> [f64; 2] {
    let all = f64::from(bits).sqrt();
    [MIDDLE_FROM, NEAR_FROM]
        .map(|share| (all * libm::pow(share, f64::from(diffusion))).max(EDGE_MIN))
}

/// The zone of a candidate. A shared verified identifier says more than any filter, and a veto more than that.
fn zone(pair: &SetPair, index: usize, edges: [f64; 2]) -> Option<usize> {
    let candidate = &pair.candidates[index];
    if candidate.veto.is_some() || candidate.agreement.level(Field::Identifier) > 0 {
        return None;
    }
    if let Some(levels) = pair.levels.get(index) {
        return Some(zone_of_fields(*levels, &pair.personal));
    }
    Some(match candidate.sigmas {
        None => BLANK,
        Some(sigmas) if sigmas >= edges[1] => NEAR,
        Some(sigmas) if sigmas >= edges[0] => MIDDLE,
        Some(_) => FAR,
    })
}

/// The zone of a pair whose fields are compared one by one: how many of first name, family name and birth date are as far apart as those of
/// strangers, or nearly. Near are those of which two are whole on both sides and one agrees at least: names and birth dates that are all somewhat alike, or
/// of which one side has a part only, strangers' may be too. With fewer than two of them to compare it says nothing.
fn zone_of_fields(levels: Levels, personal: &[usize]) -> usize {
    let count = |is: &dyn Fn(usize) -> bool| personal.iter().filter(|&&field| is(field)).count();
    let compared = count(&|field| levels.get(field) != fields::MISSING);
    let far = count(&|field| (fields::FAR..=fields::ALIKE).contains(&levels.get(field)));
    let parts = count(&|field| levels.is_part(field));
    let agree = count(&|field| levels.get(field) >= fields::NEAR && !levels.is_part(field));
    match far {
        _ if compared < 2 => BLANK,
        0 if agree > 0 && compared - parts > 1 => NEAR,
        0 | 1 => MIDDLE,
        _ => FAR,
    }
}

/// The most matches of a zone, given those of the zones before it.
fn most(zone: usize, pair: &SetPair, found: &[f64; ZONES]) -> f64 {
    let compared = pair.compared;
    ALLOWED
        + match zone {
            MIDDLE => MIDDLE_PER_NEAR * found[NEAR],
            FAR => FAR_PER_MIDDLE * found[MIDDLE] + FAR_PER_NEAR * found[NEAR],
            _ if compared < COMPARED_MIN => f64::INFINITY,
            _ => {
                let all: f64 = [MIDDLE, FAR, NEAR].map(|zone| found[zone]).iter().sum();
                BLANK_PER_SHARE * all * (1.0 - compared) / compared
            }
        }
}

/// The bits, negative, by which the odds of these pairs have to change for so many expected matches among them.
fn bits_to(zone: &[usize], most: f64, scores: &[Score]) -> f64 {
    let (mut low, mut high) = (-60.0, 0.0);
    for _ in 0..HALVINGS {
        let bits = f64::midpoint(low, high);
        let factor = libm::exp2(bits);
        let with = |at: &usize| {
            let own = scores[*at].probability;
            own * factor / (1.0 - own + own * factor)
        };
        if zone.iter().map(with).sum::<f64>() > most {
            high = bits;
        } else {
            low = bits;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::Candidate;
    use crate::people::laws::sets;
    use proptest::prelude::*;

    /// So many pairs with near filters, at a middle distance, far apart and without filters, all of one weight.
    fn pair_of(counts: [u32; 4], weight: f64) -> (SetPair, Vec<Score>) {
        let sigmas = [Some(30.0), Some(8.0), Some(0.0), None];
        let each = counts.iter().zip(sigmas);
        let each = each.flat_map(|(&count, sigmas)| (0..count).map(move |_| sigmas));
        let candidates: Vec<Candidate> = (0..)
            .zip(each)
            .map(|(row, sigmas)| Candidate {
                sigmas,
                ..Candidate::bare(row, row)
            })
            .collect();
        let score = Score {
            keys: weight,
            ..Score::default()
        };
        let scores = vec![score; candidates.len()];
        let pair = SetPair {
            compared: 0.5,
            ..SetPair::bare(candidates)
        };
        (pair, scores)
    }

    fn held_zones(zones: [bool; NEAR]) -> Held {
        Held { zones, below: 0 }
    }

    /// What is held, and the expected matches of each zone once it is.
    fn hold(counts: [u32; 4], weight: f64) -> (Held, [f64; ZONES]) {
        let (pair, mut scores) = pair_of(counts, weight);
        let sets = sets(&[pair.candidates.len(), pair.candidates.len()]);
        compete::compete(&sets, &pair, &mut scores);
        let mut held = Held::default();
        held.look(&pair, &scores);
        held.lower(&sets, &pair, &mut scores);
        let mut found = [0.0; ZONES];
        for (index, score) in scores.iter().enumerate() {
            found[zone(&pair, index, edges(2048, 8)).unwrap()] += score.probability;
        }
        (held, found)
    }

    #[test]
    fn relatives_are_held_and_slips_are_not() {
        // As in the open sets: most are near, and as many far apart as at a middle distance.
        assert!(!hold([700, 150, 150, 100], 6.0).0.any());
        // Nobody near, at no distance: whatever looks like a match is none.
        let (held, found) = hold([0, 10, 2000, 50], 6.0);
        assert_eq!(held, held_zones([true, true, true]));
        assert!(found.iter().sum::<f64>() < 20.0, "{found:?}");
        // Parents and children: a few are in both files.
        let (held, found) = hold([550, 20, 450, 10], 6.0);
        assert_eq!(held, held_zones([false, true, false]));
        assert!((found[NEAR] - 550.0).abs() < 10.0);
        assert!(found[FAR] < 70.0, "{found:?}");
    }

    #[test]
    fn the_same_two_records_are_in_the_same_zone_whatever_the_diffusion() {
        // What `standard` was measured with, and one a quarter as wide.
        let [middle, near] = edges(2048, 8);
        assert!((middle - 4.5).abs() < 0.1 && (near - 14.0).abs() < 0.1);
        assert!((edges(512, 8)[1] - near / 2.0).abs() < 1e-9);
        for diffusion in 4..=10 {
            let edges = edges(2048, diffusion);
            let shown = |share: f64| {
                let (mut pair, _) = pair_of([1, 0, 0, 0], 0.0);
                pair.candidates[0].sigmas =
                    Some(f64::from(2048).sqrt() * libm::pow(share, f64::from(diffusion)));
                zone(&pair, 0, edges)
            };
            assert_eq!(shown(0.70), Some(FAR));
            assert_eq!(shown(0.80), Some(MIDDLE));
            assert_eq!(shown(0.90), Some(NEAR));
        }
        // Where hardly anything shows, what chance brings near is still far.
        assert!((edges(2048, 16)[0] - EDGE_MIN).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn no_zone_that_is_held_has_more_than_is_allowed(
            near in 0u32..200, middle in 0u32..200, far in 0u32..200, blank in 0u32..200, weight in -2.0f64..10.0
        ) {
            let (held, found) = hold([near, middle, far, blank], weight);
            let (pair, _) = pair_of([1, 1, 1, 1], 0.0);
            for zone in [MIDDLE, FAR, BLANK] {
                if held.zones[zone] {
                    prop_assert!(found[zone] <= most(zone, &pair, &found) + 1e-6, "{:?}", found);
                }
            }
        }
    }
}
