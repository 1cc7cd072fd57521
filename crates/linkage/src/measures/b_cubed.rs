//! B-cubed: the question of pairs asked record by record, so that one large wrong cluster does not drown everything else.

use serde::Serialize;

use super::interval::{Moments, Z95, interval_of};
use super::rates::Intervals;
use super::table::{Labelled, Table};

/// B-cubed precision, recall and F1 (their harmonic mean), each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BCubed {
    /// Average over records of the share of its cluster that is the same person.
    pub precision: f64,
    /// Average over records of the share of the person's records that are in its cluster.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// B-cubed with 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BCubedMeasured {
    /// The figures.
    #[serde(flatten)]
    pub figures: BCubed,
    /// What they could have been by chance.
    pub intervals: Intervals,
}

/// B-cubed over all records (Bagga and Baldwin, *COLING-ACL* 1998); 1 everywhere when there is no record.
pub fn b_cubed(records: &[Labelled]) -> BCubed {
    Table::new(records, &[]).b_cubed().figures
}

/// Shares are counted in steps of 2⁻³², so that the sums behind the intervals are integers.
const STEPS: f64 = 4_294_967_296.0;

impl Table {
    /// B-cubed over all records, with intervals.
    pub fn b_cubed(&self) -> BCubedMeasured {
        let (mut precision, mut recall) = (0.0, 0.0);
        let (mut of_precision, mut of_recall) = (Moments::default(), Moments::default());
        let (mut product, mut faulty) = (0u128, 0);
        for part in self.parts() {
            let (mut steps_p, mut steps_r) = (0u64, 0u64);
            for &record in part {
                let (p, r) = self.shares(record);
                precision += p;
                recall += r;
                steps_p += (p * STEPS) as u64;
                steps_r += (r * STEPS) as u64;
            }
            let whole = (part.len() as u64) << 32;
            of_precision.add(steps_p, whole);
            of_recall.add(steps_r, whole);
            product += u128::from(steps_p) * u128::from(steps_r);
            faulty += u64::from(steps_p != whole || steps_r != whole);
        }
        let count = self.records().max(1) as f64;
        let share = |sum: f64| {
            if self.records() == 0 {
                1.0
            } else {
                sum / count
            }
        };
        let (p, r) = (share(precision), share(recall));
        let f1 = 2.0 * p * r / (p + r);
        // F = 2PR/(P+R), linearised: dF = 2(R²dP + P²dR)/(P+R)².
        let (by_p, by_r) = (
            2.0 * r * r / (p + r) / (p + r),
            2.0 * p * p / (p + r) / (p + r),
        );
        let variance = by_p * by_p * of_precision.variance()
            + by_r * by_r * of_recall.variance()
            + 2.0 * by_p * by_r * of_precision.covariance(&of_recall, product);
        BCubedMeasured {
            figures: BCubed {
                precision: p,
                recall: r,
                f1,
            },
            intervals: Intervals {
                precision: of_precision.interval(),
                recall: of_recall.interval(),
                f1: interval_of(
                    f1,
                    variance.max(0.0),
                    of_precision.effective_parts(),
                    faulty,
                    Z95,
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::brute::labelled;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn b_cubed_equals_the_average_over_records(records in labelled()) {
            let share = |group: &dyn Fn(&Labelled, &Labelled) -> bool| -> f64 {
                let of = |a: &Labelled| {
                    let group: Vec<_> = records.iter().filter(|b| group(a, b)).collect();
                    let same = |b: &&&Labelled| b.entity == a.entity && b.cluster == a.cluster;
                    group.iter().filter(same).count() as f64 / group.len() as f64
                };
                records.iter().map(of).sum::<f64>() / records.len().max(1) as f64
            };
            let found = b_cubed(&records);
            if records.is_empty() {
                prop_assert_eq!(found.f1, 1.0);
            } else {
                prop_assert!((found.precision - share(&|a, b| a.cluster == b.cluster)).abs() < 1e-9);
                prop_assert!((found.recall - share(&|a, b| a.entity == b.entity)).abs() < 1e-9);
            }
        }

        #[test]
        fn the_truth_itself_scores_one(records in labelled()) {
            let perfect: Vec<_> = records.iter().map(|r| Labelled { cluster: r.entity, ..*r }).collect();
            prop_assert!((b_cubed(&perfect).f1 - 1.0).abs() < 1e-12);
        }

        /// The covariance that the interval of F1 uses is the one of the definition.
        #[test]
        fn the_covariance_equals_the_definition(parts in prop::collection::vec((0u64..9, 0u64..9, 9u64..12), 2..20)) {
            let (mut a, mut b) = (Moments::default(), Moments::default());
            for &(n, m, d) in &parts {
                a.add(n, d);
                b.add(m, d);
            }
            let product = parts.iter().map(|&(n, m, _)| u128::from(n * m)).sum();
            let (p, q) = (a.ratio().unwrap(), b.ratio().unwrap());
            let all: f64 = parts.iter().map(|&(_, _, d)| d as f64).sum();
            let count = parts.len() as f64;
            let slow: f64 = parts
                .iter()
                .map(|&(n, m, d)| (n as f64 - p * d as f64) * (m as f64 - q * d as f64))
                .sum::<f64>() / all / all * count / (count - 1.0);
            prop_assert!((a.covariance(&b, product) - slow).abs() < 1e-12);
        }
    }
}
