//! The cheapest way to give every row a column of its own (Kuhn 1955; shortest augmenting paths with potentials, Jonker and Volgenant 1987).

use super::dense::Dense;

/// For each row its column; with fewer columns than rows some have none.
pub(super) fn cheapest(cost: &Dense) -> Vec<Option<usize>> {
    if cost.rows > cost.columns {
        let mut of_row = vec![None; cost.rows];
        for (column, row) in cheapest(&cost.turned()).into_iter().enumerate() {
            if let Some(row) = row {
                of_row[row] = Some(column);
            }
        }
        return of_row;
    }
    let (n, m) = (cost.rows, cost.columns);
    let mut row_price = vec![0.0; n];
    let mut column_price = vec![0.0; m];
    let mut row_of: Vec<Option<usize>> = vec![None; m];
    for start in 0..n {
        // The shortest path of exchanges from this row to a free column.
        let mut shortest = vec![f64::INFINITY; m];
        let mut before: Vec<Option<usize>> = vec![None; m];
        let mut done = vec![false; m];
        let (mut row, mut last, mut so_far) = (start, None, 0.0);
        let end = loop {
            let mut next: Option<usize> = None;
            for column in 0..m {
                if done[column] {
                    continue;
                }
                let over = so_far + cost.row(row)[column] - row_price[row] - column_price[column];
                if over < shortest[column] {
                    shortest[column] = over;
                    before[column] = last;
                }
                if next.is_none_or(|best| shortest[column] < shortest[best]) {
                    next = Some(column);
                }
            }
            let column = next.expect("no more rows than columns");
            so_far = shortest[column];
            done[column] = true;
            match row_of[column] {
                Some(owner) => (row, last) = (owner, Some(column)),
                None => break column,
            }
        };
        row_price[start] += so_far;
        for column in (0..m).filter(|column| done[*column]) {
            let rest = so_far - shortest[column];
            column_price[column] -= rest;
            if let Some(owner) = row_of[column] {
                row_price[owner] += rest;
            }
        }
        // Along the path every row takes the next column.
        let mut column = end;
        while let Some(earlier) = before[column] {
            row_of[column] = row_of[earlier];
            column = earlier;
        }
        row_of[column] = Some(start);
    }
    let mut of_row = vec![None; n];
    for (column, row) in row_of.into_iter().enumerate() {
        if let Some(row) = row {
            of_row[row] = Some(column);
        }
    }
    of_row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least cost, by trying everything.
    fn least(cost: &Dense, row: usize, taken: u32) -> f64 {
        if row == cost.rows {
            return 0.0;
        }
        (0..cost.columns)
            .filter(|column| taken >> column & 1 == 0)
            .map(|column| cost.row(row)[column] + least(cost, row + 1, taken | 1 << column))
            .fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper(rows in 1usize..6, more in 0usize..3, values in proptest::collection::vec(0u8..30, 48)) {
            let columns = rows + more;
            let cost = Dense::new(rows, columns, |row, column| f64::from(values[row * 8 + column]));
            let found = cheapest(&cost);
            let mut taken: Vec<usize> = found.iter().map(|column| column.unwrap()).collect();
            let sum: f64 = taken.iter().enumerate().map(|(row, column)| cost.row(row)[*column]).sum();
            prop_assert_eq!(sum, least(&cost, 0, 0));
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), rows);
            // On its side it is the same.
            let other = cheapest(&cost.turned());
            let sum: f64 = other.iter().enumerate().filter_map(|(column, row)| row.map(|row| cost.row(row)[column])).sum();
            prop_assert_eq!(sum, least(&cost, 0, 0));
        }
    }
}
