//! Who shares a value, over a whole file, in bounded memory: values are told once for each part of their range, and only those of one part are held
//! and sorted at a time.
//!
//! Nothing is written to disk for it. What is told is read from where it lies anyway (codes on disk), at gigabytes a second; 400,000 records of
//! 100 tokens are told twenty times, which takes some seconds.

use std::io;

use rayon::prelude::*;

/// Entries that are held at once: 2 million, 32 to 48 MB.
const HELD: usize = 1 << 21;

/// A value that spreads evenly: a hash.
pub(crate) trait Spread: Ord + Copy + Send {
    /// Its first bits, those that its order begins with.
    fn leading(&self) -> u64;
}

impl Spread for u64 {
    fn leading(&self) -> u64 {
        *self
    }
}

impl Spread for [u8; 16] {
    fn leading(&self) -> u64 {
        u64::from_be_bytes(*self.first_chunk().expect("sixteen bytes"))
    }
}

/// Tells entries one after another, the same each time it is asked.
pub(crate) type Tell<'a, V, T> = dyn Fn(&mut dyn FnMut(V, T)) -> io::Result<()> + 'a;

/// Takes the entries of a value.
pub(crate) type Each<'a, V, T> = dyn FnMut(&[(V, T)]) + 'a;

/// Hands on all entries of each value together, sorted; values ascending. `number` is about how many entries there are.
pub(crate) fn each_value<V: Spread, T: Ord + Copy + Send>(
    number: usize,
    tell: &Tell<'_, V, T>,
    each: &mut Each<'_, V, T>,
) -> io::Result<()> {
    each_value_held(number, HELD, tell, each)
}

fn each_value_held<V: Spread, T: Ord + Copy + Send>(
    number: usize,
    held: usize,
    tell: &Tell<'_, V, T>,
    each: &mut Each<'_, V, T>,
) -> io::Result<()> {
    let parts = number.div_ceil(held).max(1) as u64;
    let part_of = |value: &V| ((u128::from(value.leading()) * u128::from(parts)) >> 64) as u64;
    let mut entries: Vec<(V, T)> = Vec::new();
    for part in 0..parts {
        entries.clear();
        tell(&mut |value, of| {
            if part_of(&value) == part {
                entries.push((value, of));
            }
        })?;
        entries.par_sort_unstable();
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            each(same);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_give_what_the_whole_gives(
            // Some values alike, some at the ends of the range.
            entries in proptest::collection::vec(
                (prop_oneof![0u64..4, any::<u64>(), Just(u64::MAX), (0u64..8).prop_map(|n| n << 61)], 0u32..9),
                0..60,
            ),
            held in 1usize..20,
        ) {
            let tell = |each: &mut dyn FnMut(u64, u32)| {
                for (value, of) in &entries {
                    each(*value, *of);
                }
                Ok(())
            };
            let all = |held| {
                let mut all: Vec<Vec<(u64, u32)>> = Vec::new();
                each_value_held(entries.len(), held, &tell, &mut |same| all.push(same.to_vec())).unwrap();
                all
            };
            prop_assert_eq!(all(held), all(usize::MAX));
        }
    }
}
