//! What is asked of `match`: two sides, a rule, and everything else that decides the result.

use kinfold_matcher::{Options, Rule, Sequential, SimdLevel};
use kinfold_message::{Exit, Problem};
use serde_json::{Map, Value, json};

use crate::args::{MatchArgs, Metric, SequentialMode, Simd};
use crate::encodings::{Encodings, Form, Threshold, broken};

/// Left rows of a tile: what an interrupted run loses at most. Part of the job, because tiles are numbered by it.
pub(super) const TILE_ROWS: usize = 4_096;

/// The most that `--top` takes: all of a tile is held until it is written, and this is some 250 MB.
pub(super) const TOP_MAX: usize = 1_000;

/// A checked order.
pub(super) struct Job {
    pub(super) left: Encodings,
    /// None when the left side is compared with itself.
    pub(super) right: Option<Encodings>,
    pub(super) metric: Metric,
    pub(super) rule: Rule,
    pub(super) sequential: Sequential,
    pub(super) top: Option<usize>,
    pub(super) options: Options,
    threshold: Threshold,
    mode: SequentialMode,
    filter: Option<String>,
}

impl Job {
    /// Reads the files and checks that they fit each other and the order.
    pub(super) fn new(args: &MatchArgs) -> Result<Self, Problem> {
        let threshold = Threshold::parse(&args.threshold)?;
        if args.top.is_some_and(|top| top == 0 || top > TOP_MAX) {
            return Err(usage(
                &format!("`--top` takes a number from 1 to {TOP_MAX}"),
                "leave it out to get every pair at the threshold",
            ));
        }
        if args.top.is_some() && args.sequential != SequentialMode::Off {
            return Err(usage(
                "`--top` and `--sequential` do not go together",
                "leave out one of them: the nearest rows are always found by comparing all bits",
            ));
        }
        let form = Form {
            bits: args.bits,
            filter: args.filter.as_deref(),
        };
        let left = Encodings::read(&args.left, form)?;
        let right = args
            .right
            .as_deref()
            .map(|path| Encodings::read(path, form))
            .transpose()?;
        if let (Some(path), Some(right)) = (&args.right, &right)
            && left.len() > 0
            && right.len() > 0
            && left.bits() != right.bits()
        {
            let reason = format!(
                "its filters have {} bits, those of the other file {}",
                right.bits(),
                left.bits()
            );
            return Err(broken(path, &reason));
        }
        let mut job = Self {
            left,
            right,
            metric: args.metric,
            rule: Rule::Hamming { max_distance: 0 },
            sequential: Sequential::Off,
            top: args.top,
            options: Options {
                threads: args.threads,
                simd: level(args.simd),
            },
            threshold,
            mode: args.sequential,
            filter: args.filter.clone(),
        };
        job.rule = match args.metric {
            Metric::Dice => Rule::Dice {
                numerator: threshold.numerator,
                denominator: threshold.denominator,
            },
            Metric::Hamming => Rule::Hamming {
                max_distance: threshold.distance_max(job.bits()),
            },
        };
        let key = job.key();
        job.sequential = match args.sequential {
            SequentialMode::Off => Sequential::Off,
            SequentialMode::Exact => Sequential::Exact { key },
            SequentialMode::Bounded(dismissal) => Sequential::Bounded { key, dismissal },
        };
        Ok(job)
    }

    /// The right side, which may be the left.
    pub(super) fn other(&self) -> &Encodings {
        self.right.as_ref().unwrap_or(&self.left)
    }

    /// Bits of one filter.
    pub(super) fn bits(&self) -> usize {
        self.left.bits().max(self.other().bits())
    }

    /// Refuses the result when an input was changed meanwhile.
    pub(super) fn check_unchanged(&self) -> Result<(), Problem> {
        self.left.check_unchanged()?;
        self.other().check_unchanged()
    }

    /// Everything that decides the result. An interrupted run is continued only by the same.
    pub(super) fn description(&self) -> Map<String, Value> {
        let members = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "left": self.left.hash,
            "right": self.right.as_ref().map(|right| &right.hash),
            "bits": self.bits(),
            "filter": self.filter,
            "metric": self.metric_name(),
            "threshold": [self.threshold.numerator, self.threshold.denominator],
            "top": self.top,
            "sequential": self.sequential_name(),
            "tile_rows": TILE_ROWS,
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn metric_name(&self) -> &'static str {
        match self.metric {
            Metric::Dice => "dice",
            Metric::Hamming => "hamming",
        }
    }

    fn sequential_name(&self) -> String {
        match self.mode {
            SequentialMode::Off => "off".into(),
            SequentialMode::Exact => "exact".into(),
            SequentialMode::Bounded(dismissal) => format!("bounded={dismissal:e}"),
        }
    }

    /// The key of the order of bits, from the hashes of both files: the same files are compared in the same way again, and whoever
    /// made one of them could not know the other.
    fn key(&self) -> [u64; 4] {
        let mut hasher = blake3::Hasher::new_derive_key("kinfold match 1: order of bits");
        hasher.update(self.left.hash.as_bytes());
        hasher.update(self.other().hash.as_bytes());
        let hash = *hasher.finalize().as_bytes();
        let mut key = [0; 4];
        for (word, bytes) in key.iter_mut().zip(hash.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        key
    }
}

fn usage(what: &str, hint: &str) -> Problem {
    Problem::new("E-USAGE", Exit::CouldNotRun, what, hint)
}

fn level(simd: Simd) -> SimdLevel {
    match simd {
        Simd::Auto => SimdLevel::Auto,
        Simd::Scalar => SimdLevel::Scalar,
        Simd::Avx2 => SimdLevel::Avx2,
        Simd::Avx512 => SimdLevel::Avx512,
    }
}
