//! M1: codes that occur more than once, and what their counts alone give away.

use std::collections::BTreeMap;
use std::io;

use crate::groups::{Tell, each_value};
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
    let tell_codes = |each: &mut dyn FnMut(u64, u32)| {
        codes
            .iter()
            .zip(0..)
            .for_each(|(code, row)| each(*code, row));
        Ok(())
    };
    let tell_values = |each: &mut dyn FnMut(u64, u32)| {
        let values = values.iter().zip(0..);
        values.for_each(|(value, row)| value.iter().for_each(|value| each(*value, row)));
        Ok(())
    };
    count_told(codes.len(), &tell_codes, &tell_values, usize::MAX).expect("nothing is read")
}

/// Counts codes of which a record has several, and lines them up with the values of its person. Values that more than `cap` people have are
/// known not to be released. `number` is about how many codes and values there are.
pub(crate) fn count_told(
    number: usize,
    codes: &Tell<'_, u64, u32>,
    values: &Tell<'_, u64, u32>,
    cap: usize,
) -> io::Result<Counts> {
    let (mut all, mut distinct) = (0, 0);
    // Of each size of a group the records of the first group and how many groups there are.
    let mut sizes: BTreeMap<usize, (Vec<u32>, u64)> = BTreeMap::new();
    each_value(number, codes, &mut |same| {
        let rows = rows(same);
        distinct += 1;
        all += rows.len() as u64;
        let (first, groups) = sizes.entry(rows.len()).or_default();
        *groups += 1;
        *first = if *groups == 1 { rows } else { Vec::new() };
    })?;
    // A code that occurs once is not read by its count, be it the only one.
    let alone = |size: &usize, groups: u64| *size > 1 && groups == 1;
    let mut of_values: BTreeMap<usize, (Vec<u32>, u64)> = sizes
        .iter()
        .filter(|(size, (_, groups))| **size <= cap && alone(size, *groups))
        .map(|(size, _)| (*size, (Vec::new(), 0)))
        .collect();
    if !of_values.is_empty() {
        each_value(number, values, &mut |same| {
            let people = rows(same);
            if let Some((first, groups)) = of_values.get_mut(&people.len()) {
                *groups += 1;
                *first = if *groups == 1 { people } else { Vec::new() };
            }
        })?;
    }
    let mut read = 0;
    for (size, (people, groups)) in &of_values {
        if *groups == 1 {
            // Both are sorted by record.
            let rows = &sizes[size].0;
            read += rows
                .iter()
                .filter(|row| people.binary_search(row).is_ok())
                .count() as u64;
        }
    }
    let of_size = |least: usize| -> u64 {
        sizes
            .range(least..)
            .map(|(size, (_, groups))| *size as u64 * groups)
            .sum()
    };
    Ok(Counts {
        codes: all,
        distinct,
        shared: Share::new(of_size(2), all),
        in_tens: Share::new(of_size(10), all),
        largest: sizes.keys().next_back().map_or(0, |size| *size as u64),
        read_by_count: Share::new(read, all),
    })
}

/// The records of a group, each once.
fn rows(same: &[(u64, u32)]) -> Vec<u32> {
    let mut rows: Vec<u32> = same.iter().map(|(_, row)| *row).collect();
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_in_records(seen: &[Vec<u64>], listed: &[Vec<u64>], cap: usize) -> Counts {
        let number = seen.iter().chain(listed).map(Vec::len).sum();
        count_told(number, &told(seen), &told(listed), cap).unwrap()
    }

    fn told(lists: &[Vec<u64>]) -> impl Fn(&mut dyn FnMut(u64, u32)) -> io::Result<()> {
        |each| {
            let lists = lists.iter().zip(0u32..);
            lists.for_each(|(own, row)| own.iter().for_each(|code| each(*code, row)));
            Ok(())
        }
    }

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
