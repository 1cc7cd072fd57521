//! The numbers behind a pair: its match weight as a sum of steps, as data.
//!
//! The law: the steps of a pair add up to its weight. A chart can then be drawn from them without knowing the model, and a reader can add
//! them up by hand.

use std::collections::BTreeMap;

use crate::Pair;

/// The largest difference between a weight and the sum of its steps, in bits: rounding and nothing else.
pub const WATERFALL_TOLERANCE: f64 = 1e-9;

/// One step of a waterfall.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct WaterfallStep {
    /// What it is about, in plain words: "before anything is compared", "names, birth date and place".
    pub label: &'static str,
    /// Its weight in bits: for one person when positive, for two when negative.
    pub bits: f64,
}

/// Waterfalls of many pairs. Pairs of one pattern have the same one, so each is kept once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfalls {
    steps: Vec<WaterfallStep>,
    /// Where each distinct waterfall begins, and the end of the last.
    starts: Vec<u32>,
    /// For each pair, its waterfall.
    of_pair: Vec<u32>,
}

impl Waterfalls {
    /// One waterfall for each pair, in their order.
    ///
    /// # Panics
    /// With four thousand million steps or more.
    pub fn new<W: AsRef<[WaterfallStep]>>(waterfalls: impl IntoIterator<Item = W>) -> Self {
        let mut all = Self {
            starts: vec![0],
            ..Self::default()
        };
        let mut known: BTreeMap<Vec<(&'static str, u64)>, u32> = BTreeMap::new();
        for waterfall in waterfalls {
            let waterfall = waterfall.as_ref();
            let name = waterfall
                .iter()
                .map(|step| (step.label, step.bits.to_bits()))
                .collect();
            let number = *known.entry(name).or_insert_with(|| {
                all.steps.extend_from_slice(waterfall);
                let end = u32::try_from(all.steps.len()).expect("fewer steps than 2^32");
                all.starts.push(end);
                (all.starts.len() - 2) as u32
            });
            all.of_pair.push(number);
        }
        all
    }

    /// The steps of a pair, by its position among the pairs; none for a position beyond them.
    pub fn steps(&self, pair: usize) -> &[WaterfallStep] {
        let Some(&number) = self.of_pair.get(pair) else {
            return &[];
        };
        let (from, to) = (
            self.starts[number as usize],
            self.starts[number as usize + 1],
        );
        &self.steps[from as usize..to as usize]
    }

    /// Whether the law holds for these pairs: one waterfall each, and the steps add up to the weight.
    pub fn add_up(&self, pairs: &[Pair]) -> bool {
        self.of_pair.len() == pairs.len()
            && pairs.iter().enumerate().all(|(index, pair)| {
                let sum: f64 = self.steps(index).iter().map(|step| step.bits).sum();
                (sum - pair.weight).abs() <= WATERFALL_TOLERANCE
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_waterfalls_are_kept_once() {
        let step = |bits| WaterfallStep {
            label: "names",
            bits,
        };
        let all = Waterfalls::new([&[step(1.0), step(2.0)][..], &[], &[step(1.0), step(2.0)]]);
        assert_eq!(all.steps(0), [step(1.0), step(2.0)]);
        assert!(all.steps(1).is_empty() && all.steps(9).is_empty());
        assert_eq!(all.steps(2), all.steps(0));
        assert_eq!(all.steps.len(), 2);
    }
}
