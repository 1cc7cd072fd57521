//! Distances of the few pairs that a scan leaves. A loop over the bits of a mask, so that its instructions are those of the calling file.

use super::sliced::MAX_VECTOR_WORDS;

/// As [`super::Kernel::near_distances`].
#[inline(always)]
#[allow(clippy::inline_always)] // Compiled anew for each instruction set, with its own population count.
pub(super) fn distances(
    one: &[u64],
    others: &[u64],
    records: &[u64; MAX_VECTOR_WORDS],
    limit: u32,
    distances: &mut Vec<(u16, u16)>,
) {
    match one.len() {
        // The usual lengths, so that the loop over the words is laid out.
        16 => of_width::<16>(one, others, records, limit, distances),
        32 => of_width::<32>(one, others, records, limit, distances),
        _ => of_width::<0>(one, others, records, limit, distances),
    }
}

/// For filters of `WIDTH` words, or of any number when that is 0.
#[inline(always)]
#[allow(clippy::inline_always)] // As above.
fn of_width<const WIDTH: usize>(
    one: &[u64],
    others: &[u64],
    records: &[u64; MAX_VECTOR_WORDS],
    limit: u32,
    distances: &mut Vec<(u16, u16)>,
) {
    let width = if WIDTH == 0 { one.len() } else { WIDTH };
    let one = &one[..width];
    let count = others.len() / width;
    for (first, mask) in (0..count).step_by(64).zip(records) {
        let mut mask = *mask;
        if count - first < 64 {
            mask &= (1 << (count - first)) - 1;
        }
        while mask != 0 {
            let place = first + mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let other = &others[place * width..][..width];
            let distance: u32 = one
                .iter()
                .zip(other)
                .map(|(x, y)| (x ^ y).count_ones())
                .sum();
            if distance <= limit {
                // At most 4,096 bits, and at most 512 places.
                distances.push((place as u16, distance as u16));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kernel::{Kernel, MAX_VECTOR_WORDS, SimdLevel};
    use crate::laws::words;
    use proptest::prelude::*;

    proptest! {
        /// Every instruction set gives what a plain loop over the records gives, in the same order.
        #[test]
        fn every_level_names_the_records_within_the_limit(
            width in prop::sample::select(vec![1_usize, 4, 5, 16, 32, 64]),
            count in 1_usize..=512,
            limit in 0_u32..2_200,
            records in any::<[u64; MAX_VECTOR_WORDS]>(),
            seed in any::<u64>(),
        ) {
            let all = words(seed, width * (count + 1));
            let (one, others) = all.split_at(width);
            let limit = limit % (width as u32 * 48);
            let mut expected = Vec::new();
            for (place, other) in others.chunks(width).enumerate() {
                let distance: u32 = one.iter().zip(other).map(|(x, y)| (x ^ y).count_ones()).sum();
                if records[place / 64] >> (place % 64) & 1 == 1 && distance <= limit {
                    expected.push((place as u16, distance as u16));
                }
            }
            for level in SimdLevel::ALL {
                let mut found = Vec::new();
                Kernel::choose(level).near_distances(one, others, &records, limit, &mut found);
                prop_assert_eq!(&found, &expected, "{:?}", level);
            }
        }
    }
}
