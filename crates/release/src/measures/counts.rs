//! M1: codes that occur more than once, and what their counts alone give away.

use std::collections::BTreeMap;

use crate::bound::Share;

/// How often codes occur.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// Codes in all.
    pub codes: u64,
    /// Different codes.
    pub distinct: u64,
    /// Codes that occur elsewhere too.
    pub shared: Share,
    /// Codes of which there are ten or more.
    pub in_tens: Share,
    /// The largest number of equal codes.
    pub largest: u64,
    /// Codes whose value can be read by lining up counts: so many records have no other code, and so many people no other value
    /// (frequency alignment, Christen and others 2017, step 1, without its tolerance).
    pub read_by_count: Share,
}

/// A number for a filter.
pub fn fingerprint(words: &[u64]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for word in words {
        hasher.update(&word.to_le_bytes());
    }
    u64::from_le_bytes(
        *hasher
            .finalize()
            .as_bytes()
            .first_chunk()
            .expect("32 bytes"),
    )
}

/// Counts released codes and lines them up with the values of a list; code `i` and value `i` belong together, which only the judge uses.
/// Random codes have no value.
pub fn count(codes: &[u64], values: &[Option<u64>]) -> Counts {
    let seen: Vec<Vec<u64>> = codes.iter().map(|code| vec![*code]).collect();
    let listed: Vec<Vec<u64>> = values
        .iter()
        .map(|value| value.iter().copied().collect())
        .collect();
    count_in_records(&seen, &listed, usize::MAX)
}

/// Counts codes of which a record has several, and lines them up with the values of its person. Values that more than `cap` people have are
/// known not to be released.
pub fn count_in_records(seen: &[Vec<u64>], listed: &[Vec<u64>], cap: usize) -> Counts {
    let by_code = holders(seen);
    let mut by_value = holders(listed);
    by_value.retain(|_, people| people.len() <= cap);
    let mut code_of_size: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for (code, rows) in &by_code {
        code_of_size.entry(rows.len()).or_default().push(*code);
    }
    let mut value_of_size: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for (value, people) in &by_value {
        value_of_size.entry(people.len()).or_default().push(*value);
    }
    let mut read = 0;
    // A code that occurs once is not read by its count, be it the only one.
    for (size, codes) in code_of_size.range(2..) {
        if let ([code], Some([value])) =
            (codes.as_slice(), value_of_size.get(size).map(Vec::as_slice))
        {
            let people = &by_value[value];
            read += by_code[code]
                .iter()
                .filter(|row| people.contains(row))
                .count() as u64;
        }
    }
    let of_size = |least: usize| -> u64 {
        by_code
            .values()
            .map(|rows| rows.len() as u64)
            .filter(|size| *size >= least as u64)
            .sum()
    };
    let all = of_size(0);
    Counts {
        codes: all,
        distinct: by_code.len() as u64,
        shared: Share::new(of_size(2), all),
        in_tens: Share::new(of_size(10), all),
        largest: by_code.values().map(Vec::len).max().unwrap_or(0) as u64,
        read_by_count: Share::new(read, all),
    }
}

/// The records of each code, each once.
fn holders(lists: &[Vec<u64>]) -> BTreeMap<u64, Vec<u32>> {
    let mut holders: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (row, own) in lists.iter().enumerate() {
        for code in own {
            let rows = holders.entry(*code).or_default();
            if rows.last() != Some(&(row as u32)) {
                rows.push(row as u32);
            }
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        // Three of code 5, two each of 6 and 7, one of 8: the three are the only three, the twos could be either.
        let codes = [5, 6, 5, 7, 6, 5, 7, 8];
        let values = [1, 2, 1, 3, 2, 1, 3, 4].map(Some);
        let counts = count(&codes, &values);
        assert_eq!((counts.codes, counts.distinct, counts.largest), (8, 4, 3));
        assert_eq!(
            (
                counts.shared.hits,
                counts.in_tens.hits,
                counts.read_by_count.hits
            ),
            (7, 0, 3)
        );
        let tens = count(&[9; 12], &[Some(1); 12]);
        assert_eq!((tens.in_tens.hits, tens.read_by_count.hits), (12, 12));
    }

    #[test]
    fn records_with_several_codes_by_hand() {
        // Code 1 in three records, code 2 in two, with values 10 and 20 behind them; value 30 is of four people and above the cap.
        let seen = [vec![1, 2], vec![1], vec![1, 2], vec![3]];
        let listed = [vec![10, 20, 30], vec![10, 30], vec![10, 20, 30], vec![30]];
        let counts = count_in_records(&seen, &listed, 3);
        assert_eq!(
            (counts.codes, counts.shared.hits, counts.read_by_count.hits),
            (6, 5, 5)
        );
        // Without the cap the four-fold value is no code's.
        assert_eq!(count_in_records(&seen, &listed, 9).read_by_count.hits, 5);
        assert_eq!(count_in_records(&seen, &listed, 1).read_by_count.hits, 0);
    }

    #[test]
    fn codes_that_are_all_different_say_nothing_by_their_counts() {
        let codes: Vec<u64> = (0..50).collect();
        let values: Vec<Option<u64>> = (0..50).map(|n| Some(n / 2)).collect();
        let counts = count(&codes, &values);
        assert_eq!(
            (
                counts.shared.hits,
                counts.read_by_count.hits,
                counts.largest
            ),
            (0, 0, 1)
        );
    }
}
