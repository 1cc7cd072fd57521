//! Products of matrices whose bits are the same on every machine.
//!
//! Floats give other results when sums are taken in another order, which threads and vector instructions do. Here the factors are
//! rounded to whole numbers first, so small that every partial sum fits the float exactly: then the order does not matter.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// Whole numbers below this are exact in an `f32`.
const WHOLE_F32: f64 = (1u64 << 24) as f64;
/// Whole numbers below this are exact in an `f64`.
const WHOLE_F64: f64 = (1u64 << 53) as f64;

/// The largest power of two at most half of `value`: half, because the logarithm is rounded.
fn power_below(value: f64) -> f64 {
    if value > 0.0 && value.is_finite() {
        libm::exp2(libm::floor(libm::log2(value)) - 1.0)
    } else {
        1.0
    }
}

/// Rounds a column so that a sum of it with any signs is exact in an `f32`; gives what it was multiplied with.
pub(crate) fn whole_column(
    column: impl Iterator<Item = f64>,
    mut put: impl FnMut(usize, f32),
    sum: f64,
) -> f64 {
    let scale = power_below(WHOLE_F32 / sum);
    for (row, value) in column.enumerate() {
        put(row, libm::round(value * scale) as f32);
    }
    scale
}

/// A factor that was rounded to whole numbers.
pub(crate) struct Whole {
    values: Array2<f64>,
    scale: f64,
    /// Largest sum of the absolute values of a row.
    row_sum: f64,
}

impl Whole {
    /// A matrix by its rows, rounded to 26 bits.
    pub(crate) fn new(rows: usize, columns: usize, values: &[f64]) -> Self {
        let most = values
            .iter()
            .fold(0.0, |most: f64, value| most.max(libm::fabs(*value)));
        let scale = power_below(f64::from(1u32 << 26) / most);
        let values: Vec<f64> = values
            .iter()
            .map(|value| libm::round(value * scale))
            .collect();
        let row_sum = values
            .chunks(columns.max(1))
            .map(|row| row.iter().map(|value| libm::fabs(*value)).sum())
            .fold(1.0, f64::max);
        Self {
            values: Array2::from_shape_vec((rows, columns), values)
                .expect("rows times columns values"),
            scale,
            row_sum,
        }
    }

    /// The product with another matrix, row-major, rounded as far as needed to be exact.
    pub(crate) fn times(&self, other: &[f64], columns: usize) -> Vec<f64> {
        let most = other
            .iter()
            .fold(0.0, |most: f64, value| most.max(libm::fabs(*value)));
        let scale = power_below((WHOLE_F64 / self.row_sum) / most);
        let other: Vec<f64> = other
            .iter()
            .map(|value| libm::round(value * scale))
            .collect();
        let other = Array2::from_shape_vec((self.values.ncols(), columns), other)
            .expect("as many rows as the first has columns");
        let back = 1.0 / (self.scale * scale);
        let product = self.values.dot(&other);
        product.iter().map(|value| value * back).collect()
    }
}

/// The product of two matrices of whole numbers whose partial sums are below 2^24.
pub(crate) fn whole_product(a: &ArrayView2<'_, f32>, b: &ArrayView2<'_, f32>) -> Array2<f32> {
    a.dot(b)
}

/// The inverse of a symmetric positive definite matrix, by Gauss-Jordan elimination: every row has its own sums, so threads change nothing.
///
/// A matrix that is not positive definite to working precision gets what its larger pivots give.
pub(crate) fn inverse(size: usize, mut matrix: Vec<f64>) -> Vec<f64> {
    const LEAST_PIVOT: f64 = 1e-9;
    let mut pivot_row = vec![0.0; size];
    for pivot in 0..size {
        let own = matrix[pivot * size + pivot];
        let factor = if own > LEAST_PIVOT { 1.0 / own } else { 0.0 };
        let row = &mut matrix[pivot * size..(pivot + 1) * size];
        row[pivot] = 1.0;
        for value in row.iter_mut() {
            *value *= factor;
        }
        pivot_row.copy_from_slice(row);
        let eliminate = |(number, row): (usize, &mut [f64])| {
            if number != pivot {
                let times = row[pivot];
                row[pivot] = 0.0;
                for (value, above) in row.iter_mut().zip(&pivot_row) {
                    *value -= times * above;
                }
            }
        };
        // Below this size a thread takes longer to start than to finish.
        if size < 256 {
            matrix
                .chunks_exact_mut(size)
                .enumerate()
                .for_each(eliminate);
        } else {
            matrix
                .par_chunks_exact_mut(size)
                .with_min_len(64)
                .enumerate()
                .for_each(eliminate);
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_inverse_by_hand() {
        // [[4, 2], [2, 3]]: determinant 8.
        let inverse = inverse(2, vec![4.0, 2.0, 2.0, 3.0]);
        for (value, expected) in inverse.iter().zip([0.375, -0.25, -0.25, 0.5]) {
            assert!((value - expected).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn a_product_is_near_the_true_one(
            a in proptest::collection::vec(-3.0f64..3.0, 12),
            b in proptest::collection::vec(-1e-3f64..1e-3, 8),
        ) {
            let product = Whole::new(3, 4, &a).times(&b, 2);
            for row in 0..3 {
                for column in 0..2 {
                    let expected: f64 = (0..4).map(|k| a[row * 4 + k] * b[k * 2 + column]).sum();
                    prop_assert!((product[row * 2 + column] - expected).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn columns_of_any_size_are_rounded_to_sums_that_a_float_holds(values in proptest::collection::vec(-5.0f64..5.0, 1..400)) {
            let sum: f64 = values.iter().map(|value| value.abs()).sum();
            let mut whole = vec![0f32; values.len()];
            let scale = whole_column(values.iter().copied(), |row, value| whole[row] = value, sum);
            let total: f64 = whole.iter().map(|value| f64::from(value.abs())).sum();
            prop_assert!(total < WHOLE_F32);
            for (value, whole) in values.iter().zip(&whole) {
                prop_assert_eq!(whole.fract(), 0.0);
                prop_assert!((f64::from(*whole) / scale - value).abs() <= 0.5 / scale);
            }
        }

        #[test]
        fn an_inverse_inverts(seed in 0u64..1000) {
            let size = 30;
            let mut draws = crate::draws::Draws::new(&[seed as u8; 32], &seed.to_string());
            let half: Vec<f64> = (0..size * size).map(|_| draws.share() - 0.5).collect();
            let mut matrix = vec![0.0; size * size];
            for i in 0..size {
                for j in 0..size {
                    matrix[i * size + j] = (0..size).map(|k| half[i * size + k] * half[j * size + k]).sum::<f64>()
                        + if i == j { 0.5 } else { 0.0 };
                }
            }
            let inverse = inverse(size, matrix.clone());
            for i in 0..size {
                for j in 0..size {
                    let entry: f64 = (0..size).map(|k| matrix[i * size + k] * inverse[k * size + j]).sum();
                    let expected = f64::from(u8::from(i == j));
                    prop_assert!((entry - expected).abs() < 1e-8);
                }
            }
        }
    }
}
