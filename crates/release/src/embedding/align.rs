//! Two clouds of points that are the same up to a rotation and the order of points, laid upon each other: Wasserstein-Procrustes (Grave,
//! Joulin and Berthet 2019). In turn every point is given a soft partner (Sinkhorn and Knopp 1967; Cuturi 2013), and the rotation follows the
//! partners.

use rayon::prelude::*;

use super::dense::{Dense, nearest_rotation};

/// How soft the partners of a start are, as shares of the spread of what they go by. The start that ends best is taken; the published attack starts
/// up to three times too.
const STARTS: [f64; 3] = [0.01, 0.05, 0.2];
/// Steps of the alternation, and how soft partners are in the first and the last: by then each point has nearly one.
const ROUNDS: usize = 40;
const SOFT: (f64, f64) = (0.1, 0.01);
/// Rescalings of rows and columns for each set of partners.
const RESCALED: usize = 30;

/// Weights e^(-cost / soft), rescaled until rows and columns sum to about one each.
pub(super) fn soft_partners(cost: &Dense, soft: f64) -> Dense {
    let (n, m) = (cost.rows, cost.columns);
    // From the least of each row: so no row is lost to rounding.
    let weights: Vec<f64> = (0..n)
        .into_par_iter()
        .flat_map_iter(|row| {
            let own = cost.row(row);
            let least = own.iter().copied().fold(f64::INFINITY, f64::min);
            own.iter().map(move |cost| libm::exp((least - cost) / soft))
        })
        .collect();
    let weights = Dense {
        rows: n,
        columns: m,
        values: weights,
    };
    let turned = weights.turned();
    let scaled = |matrix: &Dense, by: &[f64]| -> Vec<f64> {
        (0..matrix.rows)
            .into_par_iter()
            .map(|row| {
                let sum = super::dense::dot(matrix.row(row), by);
                if sum > 1e-300 { 1.0 / sum } else { 0.0 }
            })
            .collect()
    };
    let mut columns = vec![1.0; m];
    let mut rows = scaled(&weights, &columns);
    for _ in 0..RESCALED {
        columns = scaled(&turned, &rows);
        rows = scaled(&weights, &columns);
    }
    Dense::new(n, m, |row, column| {
        weights.row(row)[column] * rows[row] * columns[column]
    })
}

/// The rotation from the first cloud to the second that lays them upon each other best, from several starts. `apart` says how unlike a point of the
/// first and one of the second are, by anything that no rotation changes.
///
/// The published start is the relaxed problem min |K_x P - P K_y| (Gold-Rush), which on some hundred points ended at a good start in one of ten
/// tries; that of the distributions of similarities, a lower bound of the distance between the clouds (Mémoli 2011, section 6), did in all.
pub(super) fn rotation(x: &Dense, y: &Dense, apart: &Dense) -> Dense {
    let count = apart.values.len().max(1) as f64;
    let mean = apart.values.iter().sum::<f64>() / count;
    let spread = apart
        .values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>();
    let deviation = libm::sqrt(spread / count).max(1e-300);
    let mut best: Option<(f64, Dense)> = None;
    for soft in STARTS {
        let partners = soft_partners(apart, soft * deviation);
        let start = nearest_rotation(&x.turned().times(&partners.times(y)));
        let (together, rotation) = alternate(x, y, start);
        if best.as_ref().is_none_or(|(before, _)| together > *before) {
            best = Some((together, rotation));
        }
    }
    best.expect("there are starts").1
}

/// Partners and rotation in turn; gives how near partners are in the end, too.
fn alternate(x: &Dense, y: &Dense, mut rotation: Dense) -> (f64, Dense) {
    let mut together = 0.0;
    for round in 0..ROUNDS {
        let part = round as f64 / (ROUNDS - 1) as f64;
        let soft = SOFT.0 * libm::pow(SOFT.1 / SOFT.0, part);
        let cost = cost(x, y, &rotation);
        let partners = soft_partners(&cost, soft);
        together = -super::dense::dot(&cost.values, &partners.values);
        rotation = nearest_rotation(&x.turned().times(&partners.times(y)));
    }
    (together, rotation)
}

/// Minus the cosine of every pair, with the first cloud rotated.
pub(super) fn cost(x: &Dense, y: &Dense, rotation: &Dense) -> Dense {
    x.times(rotation).times(&y.turned()).each(|alike| -alike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    #[test]
    fn rows_and_columns_sum_to_one() {
        let cost = Dense::new(6, 6, |row, column| ((row * 5 + column * 3) % 7) as f64);
        let partners = soft_partners(&cost, 1.0);
        for row in 0..6 {
            assert!(libm::fabs(partners.row(row).iter().sum::<f64>() - 1.0) < 1e-6);
            assert!(libm::fabs(partners.turned().row(row).iter().sum::<f64>() - 1.0) < 1e-6);
        }
        // Hardly soft, each row has the column that is the cheapest of all ways.
        let cost = Dense::new(
            4,
            4,
            |row, column| if (row + 1) % 4 == column { 0.0 } else { 1.0 },
        );
        assert!((0..4).all(|row| soft_partners(&cost, 0.01).row(row)[(row + 1) % 4] > 0.99));
    }

    #[test]
    fn a_turned_and_shuffled_cloud_is_laid_upon_itself() {
        let mut draws = Draws::new(&[3; 32], "cloud");
        // Uneven along its coordinates, as points of a graph are: a round cloud could be turned anyhow.
        let values: Vec<f64> = (0..80 * 6)
            .map(|at| {
                let skewed = draws.share();
                skewed * skewed * (6.0 - (at % 6) as f64)
            })
            .collect();
        let x = Dense {
            rows: 80,
            columns: 6,
            values,
        }
        .unit_rows();
        let random = Dense::new(6, 6, |row, column| {
            ((row * 13 + column * 29 + row * column * 7) % 11) as f64 - 5.0
        });
        let turn = nearest_rotation(&random);
        let order = draws.order(80);
        let turned = x.times(&turn);
        let y = Dense::new(80, 6, |row, column| turned.row(order[row] as usize)[column]);
        // How far a point is from the middle of its cloud, which no rotation changes.
        let middle = |cloud: &Dense| -> Vec<f64> {
            let sums = Dense::new(1, 80, |_, _| 1.0).times(cloud);
            (0..80)
                .map(|row| super::super::dense::dot(cloud.row(row), &sums.values))
                .collect()
        };
        let (of_x, of_y) = (middle(&x), middle(&y));
        let apart = Dense::new(80, 80, |a, b| (of_x[a] - of_y[b]) * (of_x[a] - of_y[b]));
        let costs = cost(&x, &y, &rotation(&x, &y, &apart));
        let found = super::super::assign::cheapest(&costs);
        let right = (0..80)
            .filter(|row| order[found[*row].unwrap()] as usize == *row)
            .count();
        assert!(right > 75, "{right}");
    }
}
