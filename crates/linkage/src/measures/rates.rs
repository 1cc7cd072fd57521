//! Precision, recall and F1 from counts, and the same with intervals.

use serde::Serialize;

use super::interval::{Interval, Moments};

/// Precision, recall and F1, with the counts they come from.
///
/// With nothing predicted, precision is 1 when there was nothing to find and 0 otherwise; recall is treated the same way. So a
/// result that says nothing never looks perfect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// Share of what was predicted that is true, 0 to 1.
    pub precision: f64,
    /// Share of what is true that was predicted, 0 to 1.
    pub recall: f64,
    /// Harmonic mean of the two, 0 to 1.
    pub f1: f64,
    /// How many predicted items are true.
    pub true_positives: u64,
    /// How many items were predicted.
    pub predicted: u64,
    /// How many items are true.
    pub actual: u64,
}

impl Rates {
    /// From the three counts; `true_positives` is at most each of the others.
    pub fn from_counts(true_positives: u64, predicted: u64, actual: u64) -> Self {
        let share = |whole: u64| match (whole, predicted + actual) {
            (_, 0) => 1.0,
            (0, _) => 0.0,
            (whole, _) => true_positives as f64 / whole as f64,
        };
        let f1 = if predicted + actual == 0 {
            1.0
        } else {
            2.0 * true_positives as f64 / (predicted + actual) as f64
        };
        Self {
            precision: share(predicted),
            recall: share(actual),
            f1,
            true_positives,
            predicted,
            actual,
        }
    }
}

/// Precision, recall and F1 with their 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The figures.
    #[serde(flatten)]
    pub rates: Rates,
    /// What they could have been by chance.
    pub intervals: Intervals,
}

/// The 95 % intervals of precision, recall and F1; `None` where there are too few independent parts to say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// Of precision.
    pub precision: Option<Interval>,
    /// Of recall.
    pub recall: Option<Interval>,
    /// Of F1.
    pub f1: Option<Interval>,
}

/// What one independent part of the data adds to a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Predicted and true.
    pub both: u64,
    /// Predicted.
    pub predicted: u64,
    /// True.
    pub actual: u64,
}

impl Counts {
    /// Whether it adds nothing.
    pub fn is_nothing(self) -> bool {
        self.predicted == 0 && self.actual == 0
    }

    /// These and those.
    pub fn plus(self, other: Self) -> Self {
        Self {
            both: self.both + other.both,
            predicted: self.predicted + other.predicted,
            actual: self.actual + other.actual,
        }
    }

    /// These without those, which are among them.
    pub fn without(self, other: Self) -> Self {
        Self {
            both: self.both - other.both,
            predicted: self.predicted - other.predicted,
            actual: self.actual - other.actual,
        }
    }
}

/// The sums behind a [`Measured`]: fed with one [`Counts`] for each independent part, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of precision.
    pub precision: Moments,
    /// Of recall.
    pub recall: Moments,
    f1: Moments,
}

impl Sums {
    /// Adds an independent part.
    pub fn add(&mut self, part: Counts) {
        self.precision.add(part.both, part.predicted);
        self.recall.add(part.both, part.actual);
        self.f1.add(2 * part.both, part.predicted + part.actual);
    }

    /// Takes out a part that was added.
    pub fn remove(&mut self, part: Counts) {
        self.precision.remove(part.both, part.predicted);
        self.recall.remove(part.both, part.actual);
        self.f1.remove(2 * part.both, part.predicted + part.actual);
    }

    /// The counts alone.
    pub fn rates(&self) -> Rates {
        Rates::from_counts(
            self.precision.numerator() as u64,
            self.precision.denominator() as u64,
            self.recall.denominator() as u64,
        )
    }

    /// The figures with their intervals.
    pub fn measured(&self) -> Measured {
        Measured {
            rates: self.rates(),
            intervals: Intervals {
                precision: self.precision.interval(),
                recall: self.recall.interval(),
                f1: self.f1.interval(),
            },
        }
    }

    /// From one [`Counts`] for each part.
    pub fn of(parts: impl IntoIterator<Item = Counts>) -> Self {
        let mut sums = Self::default();
        for part in parts {
            sums.add(part);
        }
        sums
    }
}

/// A share with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// 0 to 1; 1 of nothing is 1.
    pub value: f64,
    /// How many have it.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The 95 % interval; `None` where there are too few independent parts to say.
    pub interval: Option<Interval>,
}

impl Share {
    /// From the sums of its parts.
    pub fn of(moments: &Moments) -> Self {
        Self {
            value: moments.ratio().unwrap_or(1.0),
            count: moments.numerator() as u64,
            of: moments.denominator() as u64,
            interval: moments.interval(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_predicted_is_not_perfect() {
        assert_eq!(Rates::from_counts(0, 0, 5).precision, 0.0);
        assert_eq!(Rates::from_counts(0, 0, 0).f1, 1.0);
    }
}
