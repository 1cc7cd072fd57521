//! The distance kernels: one algorithm for each instruction set, and a plain loop that they must equal.
//!
//! Lanes are records. The right-hand side is regrouped so that the same word of eight filters lies side by side; a word of a
//! left-hand filter is compared with all eight at once and no sum across lanes is ever needed. Which copy runs is decided by
//! asking the processor, never by a build flag.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
mod lanes;
mod scalar;

pub(crate) use lanes::{Groups, LANES};

use crate::packed::PackedSet;
use std::ops::Range;

/// Which instructions the kernels may use. All levels give the same answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimdLevel {
    /// The best that this processor has.
    #[default]
    Auto,
    /// The plain loop: the reference that all others are held to.
    Scalar,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors with a population count (`VPOPCNTDQ`).
    Avx512,
}

impl SimdLevel {
    /// Every level, plainest first.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Scalar, Self::Avx2, Self::Avx512];

    /// Whether this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Auto | Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The level that really runs: never `Auto`, and the best available one that is not above the wanted one.
    pub fn resolve(self) -> Self {
        let highest = if self == Self::Auto {
            Self::Avx512
        } else {
            self
        };
        [Self::Avx512, Self::Avx2]
            .into_iter()
            .find(|level| *level <= highest && level.is_available())
            .unwrap_or(Self::Scalar)
    }
}

/// A chosen kernel. It exists only for a level that the processor has, which is what makes calling it sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    level: SimdLevel,
}

impl Kernel {
    /// Chooses the kernel for a wanted level.
    pub(crate) fn choose(wanted: SimdLevel) -> Self {
        Self {
            level: wanted.resolve(),
        }
    }

    /// Hamming distances of the left rows `rows` to all lanes of the right groups `groups`, row after row:
    /// `distances[r * groups.len() * LANES + g * LANES + lane]`. Lanes beyond the last record hold anything.
    pub(crate) fn distances(
        self,
        left: &PackedSet,
        rows: Range<usize>,
        right: &Groups,
        groups: Range<usize>,
        distances: &mut [u16],
    ) {
        assert_eq!(left.words_per_row(), right.width());
        assert_eq!(distances.len(), rows.len() * groups.len() * LANES);
        match self.level {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => x86::with_avx512(left, rows, right, groups, distances),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => x86::with_avx2(left, rows, right, groups, distances),
            _ => scalar::distances(left, rows, right, groups, distances),
        }
    }
}

/// The copies for x86-64. Private, and reached only through a [`Kernel`] whose level was detected.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use super::{Groups, PackedSet, Range, avx512, lanes};

    pub(super) fn with_avx512(
        left: &PackedSet,
        rows: Range<usize>,
        right: &Groups,
        groups: Range<usize>,
        distances: &mut [u16],
    ) {
        // SAFETY: `Kernel::choose` has asked the processor for both features before a kernel of this level can exist.
        unsafe { avx512::distances(left, rows, right, groups, distances) }
    }

    pub(super) fn with_avx2(
        left: &PackedSet,
        rows: Range<usize>,
        right: &Groups,
        groups: Range<usize>,
        distances: &mut [u16],
    ) {
        // SAFETY: `Kernel::choose` has asked the processor for both features before a kernel of this level can exist.
        unsafe { avx2_copy(left, rows, right, groups, distances) }
    }

    #[target_feature(enable = "avx2,popcnt")]
    fn avx2_copy(
        left: &PackedSet,
        rows: Range<usize>,
        right: &Groups,
        groups: Range<usize>,
        distances: &mut [u16],
    ) {
        lanes::distances(left, rows, right, groups, distances);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_never_resolves_above_what_was_asked_or_what_is_there() {
        assert_eq!(SimdLevel::Scalar.resolve(), SimdLevel::Scalar);
        for level in SimdLevel::ALL {
            let chosen = level.resolve();
            assert_ne!(chosen, SimdLevel::Auto);
            assert!(chosen.is_available());
            assert!(level == SimdLevel::Auto || chosen <= level);
        }
    }
}
