//! Dense matrices whose sums are taken in one order, so that results are the same on every machine: products go along rows of the second
//! factor, and no sum is split between threads or vector lanes.

use rayon::prelude::*;

/// A matrix by its rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dense {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Vec<f64>,
}

impl Dense {
    pub(super) fn new(
        rows: usize,
        columns: usize,
        value: impl Fn(usize, usize) -> f64 + Sync,
    ) -> Self {
        let mut values = vec![0.0; rows * columns];
        values
            .par_chunks_mut(columns.max(1))
            .enumerate()
            .for_each(|(row, out)| {
                for (column, out) in out.iter_mut().enumerate() {
                    *out = value(row, column);
                }
            });
        Self {
            rows,
            columns,
            values,
        }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(super) fn turned(&self) -> Self {
        Self::new(self.columns, self.rows, |row, column| {
            self.values[column * self.columns + row]
        })
    }

    /// The same with a function of each value.
    pub(super) fn each(mut self, change: impl Fn(f64) -> f64 + Sync) -> Self {
        self.values
            .par_iter_mut()
            .for_each(|value| *value = change(*value));
        self
    }

    /// The product.
    pub(super) fn times(&self, other: &Self) -> Self {
        debug_assert_eq!(self.columns, other.rows);
        let mut values = vec![0.0; self.rows * other.columns];
        values
            .par_chunks_mut(other.columns.max(1))
            .enumerate()
            .for_each(|(row, out)| {
                for (factor, line) in self
                    .row(row)
                    .iter()
                    .zip(other.values.chunks_exact(other.columns))
                {
                    for (out, value) in out.iter_mut().zip(line) {
                        *out += factor * value;
                    }
                }
            });
        Self {
            rows: self.rows,
            columns: other.columns,
            values,
        }
    }

    /// The first with a multiple of the second.
    pub(super) fn plus(mut self, factor: f64, other: &Self) -> Self {
        for (own, other) in self.values.iter_mut().zip(&other.values) {
            *own += factor * other;
        }
        self
    }

    /// With one added on the diagonal.
    pub(super) fn plus_one(mut self) -> Self {
        for at in 0..self.rows.min(self.columns) {
            self.values[at * self.columns + at] += 1.0;
        }
        self
    }

    /// Rows of length one; an empty row stays.
    pub(super) fn unit_rows(mut self) -> Self {
        for row in self.values.chunks_exact_mut(self.columns.max(1)) {
            let length = libm::sqrt(row.iter().map(|value| value * value).sum());
            if length > 0.0 {
                for value in row {
                    *value /= length;
                }
            }
        }
        self
    }

    /// Columns made orthogonal and of length one, each to those before it (Gram and Schmidt, modified, done twice for accuracy).
    pub(super) fn orthonormal(&self) -> Self {
        let mut columns = self.turned();
        let length = columns.columns;
        for at in 0..columns.rows {
            let (before, own) = columns.values.split_at_mut(at * length);
            let own = &mut own[..length];
            for _ in 0..2 {
                for other in before.chunks_exact(length) {
                    let along = dot(own, other);
                    for (own, other) in own.iter_mut().zip(other) {
                        *own -= along * other;
                    }
                }
            }
            let norm = libm::sqrt(dot(own, own));
            let scale = if norm > 1e-12 { 1.0 / norm } else { 0.0 };
            for value in own {
                *value *= scale;
            }
        }
        columns.turned()
    }
}

/// The scalar product, from the first to the last.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Sweeps of Jacobi rotations at most; ten are usually enough.
const SWEEPS: usize = 40;

/// A square matrix as U S V^T: columns of U, sizes, columns of V; the largest first (one-sided Jacobi rotations, Hestenes 1958).
pub(super) fn decompose(matrix: &Dense) -> (Dense, Vec<f64>, Dense) {
    let n = matrix.rows;
    // Columns as rows: a rotation changes two of them.
    let mut left = matrix.turned();
    let mut right = Dense::new(n, n, |row, column| f64::from(u8::from(row == column)));
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b) = (left.row(p), left.row(q));
                let (alpha, beta, gamma) = (dot(a, a), dot(b, b), dot(a, b));
                if libm::fabs(gamma) <= 1e-14 * libm::sqrt(alpha * beta) || gamma == 0.0 {
                    continue;
                }
                turned = true;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let tangent =
                    libm::copysign(1.0, zeta) / (libm::fabs(zeta) + libm::sqrt(1.0 + zeta * zeta));
                let cosine = 1.0 / libm::sqrt(1.0 + tangent * tangent);
                rotate(&mut left, p, q, cosine, cosine * tangent);
                rotate(&mut right, p, q, cosine, cosine * tangent);
            }
        }
        if !turned {
            break;
        }
    }
    let sizes: Vec<f64> = (0..n)
        .map(|at| libm::sqrt(dot(left.row(at), left.row(at))))
        .collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]).then(a.cmp(b)));
    let u = Dense::new(n, n, |row, column| {
        let at = order[column];
        left.row(at)[row] / sizes[at].max(1e-300)
    });
    let v = Dense::new(n, n, |row, column| right.row(order[column])[row]);
    (u, order.iter().map(|at| sizes[*at]).collect(), v)
}

fn rotate(matrix: &mut Dense, p: usize, q: usize, cosine: f64, sine: f64) {
    let length = matrix.columns;
    let (before, after) = matrix.values.split_at_mut(q * length);
    let (a, b) = (
        &mut before[p * length..(p + 1) * length],
        &mut after[..length],
    );
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// The nearest orthogonal matrix (Schönemann 1966).
pub(super) fn nearest_rotation(matrix: &Dense) -> Dense {
    let (u, _, v) = decompose(matrix);
    u.times(&v.turned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: &Dense, b: &Dense) -> bool {
        let length = |matrix: &Dense| libm::sqrt(dot(&matrix.values, &matrix.values));
        length(&a.clone().plus(-1.0, b)) < 1e-9 * (1.0 + length(a))
    }

    fn square(n: usize, values: Vec<f64>) -> Dense {
        Dense {
            rows: n,
            columns: n,
            values,
        }
    }

    #[test]
    fn a_product_by_hand() {
        let a = square(2, vec![1.0, 2.0, 3.0, 4.0]);
        let b = square(2, vec![5.0, 6.0, 7.0, 8.0]);
        assert_eq!(a.times(&b).values, [19.0, 22.0, 43.0, 50.0]);
        assert_eq!(a.turned().values, [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(a.plus_one().values, [2.0, 2.0, 3.0, 5.0]);
    }

    proptest! {
        #[test]
        fn parts_make_the_whole(values in proptest::collection::vec(-3.0f64..3.0, 25)) {
            let matrix = square(5, values);
            let (u, sizes, v) = decompose(&matrix);
            prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
            let scaled = Dense::new(5, 5, |row, column| u.row(row)[column] * sizes[column]);
            prop_assert!(near(&matrix, &scaled.times(&v.turned())));
            let one = square(5, vec![0.0; 25]).plus_one();
            prop_assert!(near(&one, &v.turned().times(&v)));
            let rotation = nearest_rotation(&matrix);
            prop_assert!(sizes[4] < 1e-6 || near(&one, &rotation.turned().times(&rotation)));
            let columns = matrix.orthonormal();
            prop_assert!(sizes[4] < 1e-3 || near(&one, &columns.turned().times(&columns)));
        }
    }
}
