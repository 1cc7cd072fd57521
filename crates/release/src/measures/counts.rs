//! M1: codes that occur more than once, and what their counts alone give away.

use std::collections::BTreeMap;

use rayon::prelude::*;

use kinfold_verdict::Share;

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
    let codes = holders(seen);
    let values = holders(listed);
    let groups = || codes.chunk_by(|a, b| a.0 == b.0);
    let mut distinct = 0;
    // Of each size of a group the first group and how many there are.
    let mut code_of_size: Sizes<'_> = BTreeMap::new();
    for group in groups() {
        distinct += 1;
        code_of_size.entry(group.len()).or_insert((group, 0)).1 += 1;
    }
    let mut value_of_size: Sizes<'_> = BTreeMap::new();
    for group in values
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() <= cap)
    {
        value_of_size.entry(group.len()).or_insert((group, 0)).1 += 1;
    }
    let mut read = 0;
    // A code that occurs once is not read by its count, be it the only one.
    for (size, (rows, number)) in code_of_size.range(2..) {
        if let (1, Some((people, 1))) = (number, value_of_size.get(size)) {
            // Both are sorted by record.
            let listed = |row: u32| {
                people
                    .binary_search_by_key(&row, |(_, person)| *person)
                    .is_ok()
            };
            read += rows.iter().filter(|(_, row)| listed(*row)).count() as u64;
        }
    }
    let of_size = |least: usize| -> u64 {
        code_of_size
            .range(least..)
            .map(|(size, (_, number))| *size as u64 * number)
            .sum()
    };
    let all = codes.len() as u64;
    Counts {
        codes: all,
        distinct,
        shared: Share::new(of_size(2), all),
        in_tens: Share::new(of_size(10), all),
        largest: code_of_size
            .keys()
            .next_back()
            .map_or(0, |size| *size as u64),
        read_by_count: Share::new(read, all),
    }
}

/// For each size of a group of equal codes the first such group, and how many there are.
type Sizes<'a> = BTreeMap<usize, (&'a [(u64, u32)], u64)>;

/// Codes with their records, sorted, each pair once.
fn holders(lists: &[Vec<u64>]) -> Vec<(u64, u32)> {
    let pairs = lists
        .iter()
        .zip(0u32..)
        .flat_map(|(own, row)| own.iter().map(move |code| (*code, row)));
    let mut pairs: Vec<(u64, u32)> = pairs.collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
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
