//! The kernels: one algorithm for each instruction set, and a plain loop that they must equal.
//!
//! Three algorithms have the same name in every file. `scan` (see `sliced.rs`) says which right records are near enough to a left row;
//! `near_distances` (see `near.rs`) looks at what a scan leaves; `distances` (see `lanes.rs`) writes every distance down, for histograms.
//! Which copy runs is decided by asking the processor, never by a build flag.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
mod lanes;
mod near;
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod neon;
mod scalar;
mod sliced;

pub(crate) use lanes::{Groups, LANES};
pub(crate) use sliced::{
    CaseTable, LOW_PLANES, MAX_VECTOR_WORDS, Near, PHASE_WORDS, Phase, Threshold, WORD_VECTORS,
    phases,
};

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
    /// 128-bit vectors of AArch64.
    Neon,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors with a population count (`VPOPCNTDQ`).
    Avx512,
}

impl SimdLevel {
    /// Every level, plainest first.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Scalar,
        Self::Neon,
        Self::Avx2,
        Self::Avx512,
    ];

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
            Self::Neon => cfg!(target_arch = "aarch64"),
        }
    }

    /// The level that really runs: never `Auto`, and the best available one that is not above the wanted one.
    pub fn resolve(self) -> Self {
        let highest = if self == Self::Auto {
            Self::Avx512
        } else {
            self
        };
        [Self::Avx512, Self::Avx2, Self::Neon]
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

/// Calls the function of that name in the file of the chosen level.
macro_rules! call {
    ($kernel:expr, $name:ident($($argument:expr),*)) => {
        match $kernel.level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Kernel::choose` has asked the processor for these features before a kernel of this level can exist.
            SimdLevel::Avx512 => unsafe { avx512::$name($($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            SimdLevel::Avx2 => unsafe { avx2::$name($($argument),*) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: every AArch64 processor has NEON.
            SimdLevel::Neon => unsafe { neon::$name($($argument),*) },
            _ => scalar::$name($($argument),*),
        }
    };
}

#[allow(unsafe_code)] // The calls of kernels for instructions that were found to be there.
impl Kernel {
    /// Chooses the kernel for a wanted level.
    pub(crate) fn choose(wanted: SimdLevel) -> Self {
        Self {
            level: wanted.resolve(),
        }
    }

    /// Words in a vector of the scan: it compares 64 times as many records with a row at once.
    pub(crate) fn vector_words(self) -> usize {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => avx512::N,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => avx2::N,
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => neon::N,
            _ => scalar::N,
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
        call!(self, distances(left, rows, right, groups, distances));
    }

    /// Number of differing bits of two filters of one length.
    pub(crate) fn distance(self, one: &[u64], other: &[u64]) -> u32 {
        assert_eq!(one.len(), other.len());
        call!(self, distance(one, other))
    }

    /// Places and distances of those of `records`, bits for the filters `others`, that differ from `one` in at most `limit` bits. Bits after
    /// the last filter are ignored.
    pub(crate) fn near_distances(
        self,
        one: &[u64],
        others: &[u64],
        records: &[u64; MAX_VECTOR_WORDS],
        limit: u32,
        distances: &mut Vec<(u16, u16)>,
    ) {
        call!(self, near_distances(one, others, records, limit, distances));
    }

    /// Makes the table of one word from its 64 planes, and brings the parity of all planes so far up to date.
    pub(crate) fn tabulate(self, planes: &[u64], parity: &mut [u64], table: &mut [u64]) {
        call!(self, tabulate(planes, parity, table));
    }

    /// Scans rows against the tables of one or two words: see [`Phase`]. `sums` holds [`LOW_PLANES`] vectors for each row, `carries` one.
    pub(crate) fn scan(self, phase: &Phase, sums: &mut [u64], carries: &mut [u64]) {
        call!(self, scan(phase, sums, carries));
    }

    /// Adds up the carries of all phases, `stride` words a phase and a vector a row, and names those of `rows` that have a near record;
    /// row 0 of the carries is row `first` of the names.
    pub(crate) fn settle(
        self,
        threshold: Threshold,
        carries: &[u64],
        stride: usize,
        rows: Range<usize>,
        first: usize,
        near: &mut Vec<Near>,
    ) {
        call!(self, settle(threshold, carries, stride, rows, first, near));
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
