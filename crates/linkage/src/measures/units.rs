//! Independent parts of the data: records that truth and result tie together, directly or through others.

/// The part of each record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// For each record its part; parts are numbered by their first record.
    pub of: Vec<u32>,
    /// How many parts there are.
    pub count: usize,
}

/// Builds [`Units`]: records with a common label are in one part.
#[derive(Clone, Debug)]
pub struct Joiner {
    parent: Vec<u32>,
}

impl Joiner {
    /// Every record on its own.
    pub fn new(records: usize) -> Self {
        Self {
            parent: (0..records as u32).collect(),
        }
    }

    /// Ties two records.
    ///
    /// # Panics
    /// When there is no such record.
    pub fn tie(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller number is the root, so that parts are numbered by their first record.
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high as usize] = low;
    }

    /// Ties all records that share a label; `labels` gives (record, label), labels being numbered from 0 without large gaps.
    pub fn tie_by(&mut self, labels: impl Iterator<Item = (u32, u32)>) {
        let mut first: Vec<u32> = Vec::new();
        for (record, label) in labels {
            let label = label as usize;
            if first.len() <= label {
                first.resize(label + 1, u32::MAX);
            }
            match first[label] {
                u32::MAX => first[label] = record,
                other => self.tie(other, record),
            }
        }
    }

    /// The parts.
    pub fn units(mut self) -> Units {
        let mut number = vec![0u32; self.parent.len()];
        let mut count = 0;
        let mut of = Vec::with_capacity(self.parent.len());
        for record in 0..self.parent.len() as u32 {
            let root = self.root(record);
            if root == record {
                number[record as usize] = count;
                count += 1;
            }
            of.push(number[root as usize]);
        }
        Units {
            of,
            count: count as usize,
        }
    }

    fn root(&mut self, record: u32) -> u32 {
        let mut at = record;
        while self.parent[at as usize] != at {
            // Halving the path keeps later walks short.
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }
}

impl Units {
    /// The records in the order of their parts, and where each part begins (one more entry than there are parts).
    pub fn order(&self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0u32; self.count + 1];
        for &unit in &self.of {
            starts[unit as usize + 1] += 1;
        }
        for unit in 0..self.count {
            starts[unit + 1] += starts[unit];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; self.of.len()];
        for (record, &unit) in self.of.iter().enumerate() {
            order[next[unit as usize] as usize] = record as u32;
            next[unit as usize] += 1;
        }
        (order, starts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Parts are the connected components, by walking from record to record until nothing changes.
        #[test]
        fn parts_are_connected_components(labels in prop::collection::vec((0u32..8, 0u32..8), 0..30)) {
            let mut joiner = Joiner::new(labels.len());
            joiner.tie_by(labels.iter().zip(0..).map(|(label, record)| (record, label.0)));
            joiner.tie_by(labels.iter().zip(0..).map(|(label, record)| (record, label.1)));
            let units = joiner.units();
            let mut slow: Vec<usize> = (0..labels.len()).collect();
            for _ in 0..labels.len() {
                for a in 0..labels.len() {
                    for b in 0..labels.len() {
                        if labels[a].0 == labels[b].0 || labels[a].1 == labels[b].1 {
                            slow[a] = slow[a].min(slow[b]);
                        }
                    }
                }
            }
            for a in 0..labels.len() {
                for b in 0..labels.len() {
                    prop_assert_eq!(units.of[a] == units.of[b], slow[a] == slow[b]);
                }
            }
            let (order, starts) = units.order();
            prop_assert_eq!(starts.len(), units.count + 1);
            for unit in 0..units.count {
                for &record in &order[starts[unit] as usize..starts[unit + 1] as usize] {
                    prop_assert_eq!(units.of[record as usize] as usize, unit);
                }
            }
        }
    }
}
