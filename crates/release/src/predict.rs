//! From some records whose people are known to an expectation of every other person's released bits.
//!
//! Each released bit, taken as +1 or -1, is one draw of a field over people with the covariance of [`crate::kernel`]. With the codes X of
//! known people L, the best linear expectation of a candidate c's bits is `X_L K_LL^-1 K_Lc`, with variance `1 - K_cL K_LL^-1 K_Lc`; a record
//! is scored by the logarithm of the likelihood ratio between being c's and being anybody's, and filters add up (composite attack study,
//! section 1, attack M). No key and no learning are needed.

use ndarray::{Array2, s};
use rayon::prelude::*;

use crate::exact::{Whole, inverse, whole_column, whole_product};
use crate::kernel::{Kernel, Postings};
use crate::scene::Scene;

/// What is added to the variances of known people: the model is a little wrong, and two known people may be nearly the same.
const RIDGE: f64 = 0.02;
/// No bit is expected with more certainty than this variance says.
const LEAST_VARIANCE: f64 = 0.02;
/// Candidates that are scored at once.
pub(crate) const BLOCK: usize = 256;

/// Known pairs of a record and a person on the list.
pub type Known = (u32, u32);

/// Expectations from known people.
pub(crate) struct Predictor<'a> {
    scene: &'a Scene,
    views: Vec<ViewPredictor>,
}

struct ViewPredictor {
    kernel: Kernel,
    /// Known people by their tokens.
    postings: Postings,
    /// For each person on the list the place among the known, or `u32::MAX`.
    place: Vec<u32>,
    inverse: Vec<f64>,
    whole_inverse: Whole,
    /// Bits of the known as +1 and -1: one row a bit.
    codes: Array2<f32>,
}

/// The bits of some records as +1 and -1, one row a record, for each filter.
pub(crate) struct Targets {
    views: Vec<Array2<f32>>,
    /// How many there are.
    pub(crate) count: usize,
}

impl Targets {
    pub(crate) fn new(scene: &Scene, rows: &[u32]) -> Self {
        let views = scene.views.iter().map(|view| {
            let mut codes = Array2::zeros((rows.len(), view.bits));
            for (mut out, row) in codes.outer_iter_mut().zip(rows) {
                for (place, value) in out.iter_mut().enumerate() {
                    *value = signed(view.row(*row as usize), place);
                }
            }
            codes
        });
        Self {
            views: views.collect(),
            count: rows.len(),
        }
    }
}

fn signed(words: &[u64], bit: usize) -> f32 {
    if words[bit / 64] >> (bit % 64) & 1 == 1 {
        1.0
    } else {
        -1.0
    }
}

impl<'a> Predictor<'a> {
    /// Prepares from known people.
    pub(crate) fn new(scene: &'a Scene, known: &[Known]) -> Self {
        let views = scene.views.iter().map(|view| {
            let listed: Vec<Known> = known
                .iter()
                .copied()
                .filter(|(_, person)| view.tokens[*person as usize].is_some())
                .collect();
            let tokens = |person: u32| view.tokens[person as usize].as_deref().unwrap_or_default();
            let postings = Postings::new(
                view.vocabulary,
                listed.iter().map(|(_, person)| tokens(*person)),
            );
            let kernel = Kernel::new(view).kept(scene.kept);
            let size = listed.len();
            let mut covariance = vec![0.0; size * size];
            covariance
                .par_chunks_mut(size.max(1))
                .zip(&listed)
                .enumerate()
                .for_each(|(number, (row, (_, person)))| {
                    postings.covariance(&kernel, tokens(*person), row);
                    // A record agrees with itself, noise and all.
                    row[number] += RIDGE + 1.0 - scene.kept;
                });
            let inverse = inverse(size, covariance);
            let mut place = vec![u32::MAX; scene.people];
            for (number, (_, person)) in listed.iter().enumerate() {
                place[*person as usize] = number as u32;
            }
            let mut codes = Array2::zeros((view.bits, size));
            for (number, (row, _)) in listed.iter().enumerate() {
                let words = view.row(*row as usize);
                for bit in 0..view.bits {
                    codes[[bit, number]] = signed(words, bit);
                }
            }
            ViewPredictor {
                kernel,
                postings,
                place,
                whole_inverse: Whole::new(size, size, &inverse),
                inverse,
                codes,
            }
        });
        Self {
            scene,
            views: views.collect(),
        }
    }

    /// The scores of records against a block of candidates, one row a record.
    ///
    /// A candidate who is among the known is expected from the others: what a record is believed to be must not decide what it is.
    pub(crate) fn scores(&self, targets: &Targets, candidates: &[u32]) -> Vec<f64> {
        let columns = candidates.len();
        let mut scores = vec![0.0; targets.count * columns];
        for (number, predictor) in self.views.iter().enumerate() {
            let expected = predictor.expect(self.scene, number, candidates);
            let bits = predictor.codes.nrows() as f64;
            let agreement = whole_product(&targets.views[number].view(), &expected.bits.view());
            // Of each column what every record gets, and the factor of the agreement.
            let terms: Vec<(f64, f64)> = (0..columns)
                .map(|c| {
                    let variance = expected.variance[c];
                    // Against an expectation of 0 with variance 1.
                    let constant = -(expected.squares[c] + bits) / (2.0 * variance) + bits / 2.0
                        - bits / 2.0 * libm::log(variance);
                    (constant, 1.0 / (expected.scale[c] * variance))
                })
                .collect();
            for (out, row) in scores
                .chunks_exact_mut(columns.max(1))
                .zip(agreement.outer_iter())
            {
                for ((out, agreement), (constant, factor)) in out.iter_mut().zip(row).zip(&terms) {
                    *out += f64::from(*agreement) * factor + constant;
                }
            }
        }
        scores
    }
}

/// The expected bits of a block of candidates.
struct Expected {
    /// One row a bit, in whole numbers.
    bits: Array2<f32>,
    /// What each column was multiplied with.
    scale: Vec<f64>,
    /// Sum of squares of each column.
    squares: Vec<f64>,
    variance: Vec<f64>,
}

impl ViewPredictor {
    fn expect(&self, scene: &Scene, view: usize, candidates: &[u32]) -> Expected {
        let (size, columns, bits) = (self.codes.ncols(), candidates.len(), self.codes.nrows());
        // Covariances with the known, one row a known person.
        let mut covariance = vec![0.0; size * columns];
        let mut own = vec![0.0; size];
        for (column, candidate) in candidates.iter().enumerate() {
            if let Some(tokens) = &scene.views[view].tokens[*candidate as usize] {
                self.postings.covariance(&self.kernel, tokens, &mut own);
                for (row, value) in own.iter().enumerate() {
                    covariance[row * columns + column] = *value;
                }
            }
        }
        let mut weights = self.whole_inverse.times(&covariance, columns);
        let mut variance = vec![1.0; columns];
        let mut sums = vec![0.0; columns];
        for row in 0..size {
            for column in 0..columns {
                let weight = weights[row * columns + column];
                variance[column] -= weight * covariance[row * columns + column];
            }
        }
        for (column, candidate) in candidates.iter().enumerate() {
            let place = self.place[*candidate as usize];
            if place != u32::MAX {
                // Leave one out: from the inverse without its own row and column.
                let place = place as usize;
                let pivot = self.inverse[place * size + place];
                for row in 0..size {
                    weights[row * columns + column] = if row == place {
                        0.0
                    } else {
                        -self.inverse[place * size + row] / pivot
                    };
                }
                variance[column] = 1.0 / pivot - RIDGE;
            }
            variance[column] = variance[column].clamp(LEAST_VARIANCE, 1.0);
        }
        for row in weights.chunks_exact(columns.max(1)) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += libm::fabs(*weight);
            }
        }
        let mut whole = Array2::zeros((size, columns));
        let scale: Vec<f64> = (0..columns)
            .map(|column| {
                let values = (0..size).map(|row| weights[row * columns + column]);
                let mut into = whole.slice_mut(s![.., column]);
                whole_column(values, |row, value| into[row] = value, sums[column])
            })
            .collect();
        let product = whole_product(&self.codes.view(), &whole.view());
        let mut expected = Expected {
            bits: Array2::zeros((bits, columns)),
            scale: vec![1.0; columns],
            squares: vec![0.0; columns],
            variance,
        };
        for (column, scale) in scale.iter().enumerate() {
            let own = || {
                product
                    .column(column)
                    .into_iter()
                    .map(|value| f64::from(*value) / scale)
            };
            let (mut sum, mut squares) = (0.0, 0.0);
            for value in own() {
                sum += libm::fabs(value);
                squares += value * value;
            }
            let mut into = expected.bits.slice_mut(s![.., column]);
            expected.scale[column] = whole_column(own(), |row, value| into[row] = value, sum);
            expected.squares[column] = squares;
        }
        expected
    }
}
