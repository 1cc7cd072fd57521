//! Joins of whole data sets, tile by tile, with memory that does not grow with what is found.

use crate::Options;
use crate::compare::{Found, GROUP, ScratchPool, Test};
use crate::kernel::Kernel;
use crate::order::sort_into;
use crate::packed::{PackedSet, ShapeError};
use crate::plan::Plan;
use crate::rule::Rule;
use crate::sequential::Sequential;
use crate::stream::{Control, Match, Progress, Sink, Stopped, Tile};
use rayon::prelude::*;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most filters of a record: each has its bit in [`Match::passed`].
pub const MAX_FILTERS: usize = 32;

/// Which data sets are compared with which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// Every two different sets.
    #[default]
    Between,
    /// Each set with itself, every two different rows once.
    Within,
    /// Both: what one set of all records would give.
    Everything,
}

impl Pairing {
    fn includes(self, left: usize, right: usize) -> bool {
        match self {
            Self::Between => left < right,
            Self::Within => left == right,
            Self::Everything => left <= right,
        }
    }
}

/// How a join is cut. It changes memory and time, never the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Left rows of a tile. Resuming needs the same number.
    pub tile_rows: usize,
    /// Matches held at a time, three times: while some are found and put in order, those before are delivered. A single left row that has
    /// more is held whole.
    pub held_matches: usize,
}

impl Default for Cut {
    /// Tiles of 4,096 rows, and 4 million matches (three times 80 MB).
    fn default() -> Self {
        Self {
            tile_rows: 4_096,
            held_matches: 1 << 22,
        }
    }
}

/// A join of filters, ready to run.
pub struct Join<'a> {
    sets: &'a [&'a [PackedSet<'a>]],
    rules: Vec<Rule>,
    pairs: Vec<SetPair>,
    options: Options,
    cut: Cut,
}

/// Two data sets to compare.
struct SetPair {
    left: usize,
    right: usize,
    /// One for each filter.
    plans: Vec<Plan>,
}

impl<'a> Join<'a> {
    /// Checks the shapes, and looks at samples to choose how each filter is scanned.
    ///
    /// `sets[s][f]` is filter `f` of data set `s`; every set has the filters that `rules` is for, in the same order, with as many rows in
    /// each. A pair is a match if it passes the rule of any filter.
    ///
    /// # Errors
    /// [`JoinError`] when sets, filters and rules do not fit together.
    pub fn new(
        sets: &'a [&'a [PackedSet<'a>]],
        rules: &[Rule],
        pairing: Pairing,
        sequential: Sequential,
        options: Options,
        cut: Cut,
    ) -> Result<Self, JoinError> {
        if rules.is_empty() || rules.len() > MAX_FILTERS {
            return Err(JoinError::Filters(rules.len()));
        }
        if rules
            .iter()
            .any(|rule| matches!(rule, Rule::Dice { denominator: 0, .. }))
        {
            return Err(JoinError::Denominator);
        }
        if let Sequential::Bounded { dismissal, .. } = sequential
            && !(dismissal > 0.0 && dismissal < 1.0)
        {
            return Err(JoinError::Dismissal);
        }
        for set in sets {
            if set.len() != rules.len() {
                return Err(JoinError::Filters(set.len()));
            }
            for (filter, column) in set.iter().enumerate() {
                column.check().map_err(JoinError::Shape)?;
                if column.bits != sets[0][filter].bits {
                    return Err(JoinError::Bits(sets[0][filter].bits, column.bits));
                }
                if column.len() != set[0].len() {
                    return Err(JoinError::Rows(set[0].len(), column.len()));
                }
            }
        }
        let kernel = Kernel::choose(options.simd);
        let pairs = (0..sets.len())
            .flat_map(|left| (left..sets.len()).map(move |right| (left, right)))
            .filter(|(left, right)| pairing.includes(*left, *right))
            .map(|(left, right)| {
                let filters = sets[left].iter().zip(sets[right]).zip(rules);
                let plans = filters
                    .map(|((a, b), rule)| Plan::choose(a, b, *rule, sequential, kernel))
                    .collect();
                SetPair { left, right, plans }
            })
            .collect();
        let cut = Cut {
            tile_rows: cut.tile_rows.max(1),
            held_matches: cut.held_matches.max(1),
        };
        Ok(Self {
            sets,
            rules: rules.to_vec(),
            pairs,
            options,
            cut,
        })
    }

    /// Pairs of records to compare.
    pub fn comparisons(&self) -> u64 {
        self.tiles().map(|tile| self.pairs_of(&tile)).sum()
    }

    /// An upper bound on the probability that a pair which passes is lost: 0 unless a bounded test was asked for and pays. It belongs
    /// in the manifest of a run.
    pub fn dismissal(&self) -> f64 {
        let plans = self.pairs.iter().flat_map(|pair| &pair.plans);
        plans.map(Plan::dismissal).fold(0.0, f64::max)
    }

    /// Bits of each filter that are scanned before a pair is looked at more closely, by data sets and filters: for messages.
    pub fn scanned_bits(&self) -> Vec<Vec<usize>> {
        let bits = |plan: &Plan| plan.fold.words() * 64;
        self.pairs
            .iter()
            .map(|pair| pair.plans.iter().map(bits).collect())
            .collect()
    }

    /// Bytes of memory at the peak beside the filters themselves, an upper estimate.
    pub fn memory(&self) -> u64 {
        // What is delivered, what is found, and what is put in order.
        let matches = 3 * self.cut.held_matches * size_of::<Match>();
        let threads = if self.options.threads == 0 {
            rayon::current_num_threads()
        } else {
            self.options.threads
        };
        let scratch = threads * (1 << 22);
        let sides = self.pairs.iter().map(|pair| {
            let filters = pair.plans.iter().map(|plan| {
                let right = self.sets[pair.right][0].len() * (plan.fold.words() * 8 + 12);
                right
                    + self.sets[pair.left][0].len() * 4
                    + self.cut.tile_rows * plan.fold.words() * 64
            });
            filters.sum::<usize>()
        });
        (matches + scratch + sides.max().unwrap_or(0)) as u64
    }

    /// The tiles, in the order in which they are delivered.
    pub fn tiles(&self) -> impl Iterator<Item = Tile> + '_ {
        let parts = self.pairs.iter().enumerate().flat_map(|(place, pair)| {
            let rows = self.sets[pair.left][0].len();
            (0..rows)
                .step_by(self.cut.tile_rows)
                .map(move |start| (place, start, rows))
        });
        parts.enumerate().map(|(index, (place, start, rows))| Tile {
            index: index as u64,
            left_set: self.pairs[place].left,
            right_set: self.pairs[place].right,
            rows: start as u32..(start + self.cut.tile_rows).min(rows) as u32,
        })
    }

    fn pairs_of(&self, tile: &Tile) -> u64 {
        let right = self.sets[tile.right_set][0].len() as u64;
        let rows = tile.rows.len() as u64;
        if tile.left_set == tile.right_set {
            // Row `r` meets the `right - 1 - r` rows after it.
            let (first, last) = (
                right - 1 - u64::from(tile.rows.start),
                right - u64::from(tile.rows.end),
            );
            (first + last) * rows / 2
        } else {
            rows * right
        }
    }

    /// Runs the tiles from number `first` on (0 for all of them), and delivers the matches of each to `sink` in order.
    ///
    /// # Errors
    /// [`Stopped`] when `control` or the sink said so: it names the tile to begin with the next time.
    pub fn run(&self, first: u64, control: &Control, sink: &mut dyn Sink) -> Result<(), Stopped> {
        self.options.run(|| self.run_here(first, control, sink))
    }

    fn run_here(&self, first: u64, control: &Control, sink: &mut dyn Sink) -> Result<(), Stopped> {
        let kernel = Kernel::choose(self.options.simd);
        let pool = ScratchPool::default();
        let total = self.comparisons();
        let mut tests: Option<(usize, usize, Vec<Test>)> = None;
        // How many rows are compared at a time: fewer where they have more matches than can be held.
        let mut most = self.cut.tile_rows as u32;
        let mut waiting = Waiting {
            sink,
            pieces: None,
            spare: Vec::new(),
            progress: Progress { done: 0, total },
        };
        for tile in self.tiles() {
            let pairs = self.pairs_of(&tile);
            if tile.index < first {
                waiting.progress.done += pairs;
                continue;
            }
            control.start(waiting.done_with_waiting());
            if tests
                .as_ref()
                .is_none_or(|(left, right, _)| (*left, *right) != (tile.left_set, tile.right_set))
            {
                tests = Some((
                    tile.left_set,
                    tile.right_set,
                    self.tests(tile.left_set, tile.right_set, kernel),
                ));
            }
            let tests = tests.as_ref().map_or(&[][..], |(_, _, tests)| tests);
            let mut start = tile.rows.start;
            while start < tile.rows.end {
                let rows = start..tile.rows.end.min(start.saturating_add(most));
                waiting.sink.make_room();
                let spare = std::mem::take(&mut waiting.spare);
                let work = || self.piece(tests, &tile, rows.clone(), control, &pool, spare);
                // Some are delivered while the next are computed.
                let (delivered, piece) = rayon::join(|| waiting.deliver(), work);
                delivered?;
                if control.is_cancelled() {
                    return Err(Stopped { tile: tile.index });
                }
                match piece {
                    None => most = (rows.len() as u32 / 2).max(1),
                    Some(matches) => {
                        // Other rows may have fewer again.
                        if rows.len() as u32 == most && matches.len() < self.cut.held_matches / 4 {
                            most = most.saturating_mul(2).min(self.cut.tile_rows as u32);
                        }
                        let last = rows.end == tile.rows.end;
                        waiting.pieces = Some((tile.clone(), matches, last.then_some(pairs)));
                        start = rows.end;
                    }
                }
            }
        }
        waiting.deliver()
    }

    fn tests(&self, left: usize, right: usize, kernel: Kernel) -> Vec<Test<'a>> {
        let Some(pair) = self
            .pairs
            .iter()
            .find(|pair| (pair.left, pair.right) == (left, right))
        else {
            return Vec::new();
        };
        let filters = self.sets[left].iter().zip(self.sets[right]);
        filters
            .zip(self.rules.iter().zip(&pair.plans))
            .map(|((a, b), (rule, plan))| Test::new(*a, *b, *rule, plan.clone(), kernel))
            .collect()
    }

    /// The matches of some rows, in order, in a buffer that may be used again; `None` when there are more than can be held.
    fn piece(
        &self,
        tests: &[Test],
        tile: &Tile,
        rows: Range<u32>,
        control: &Control,
        pool: &ScratchPool,
        mut matches: Vec<Match>,
    ) -> Option<Vec<Match>> {
        let itself = tile.left_set == tile.right_set;
        let single = rows.len() == 1;
        let (held, pairs_a_block) = (
            AtomicUsize::new(0),
            self.pairs_of(&Tile {
                rows: rows.clone(),
                ..tile.clone()
            }),
        );
        let most = self.cut.held_matches;
        let mut all: Vec<Vec<Match>> = Vec::new();
        for (filter, test) in tests.iter().enumerate() {
            let band = test.band(rows.clone());
            let groups = band.rows.len().div_ceil(GROUP);
            let blocks = test
                .blocks
                .iter()
                .filter(|block| !itself || block.highest > rows.start);
            let blocks: Vec<_> = blocks.collect();
            // Enough tasks for every thread, each with enough rows to be worth a table.
            let parts = (4 * rayon::current_num_threads())
                .div_ceil(blocks.len().max(1))
                .clamp(1, groups.div_ceil(8).max(1));
            let part = groups.div_ceil(parts).max(1);
            let tasks: Vec<_> = blocks
                .iter()
                .flat_map(|block| {
                    (0..groups)
                        .step_by(part)
                        .map(move |start| (*block, start..(start + part).min(groups)))
                })
                .collect();
            let share = pairs_a_block / (tasks.len() * tests.len()).max(1) as u64;
            all.par_extend(tasks.into_par_iter().map(|(block, groups)| {
                let mut some = Vec::new();
                if control.is_cancelled() || (!single && held.load(Ordering::Relaxed) > most) {
                    return some;
                }
                pool.with(|scratch| {
                    let limit = |group| test.limit(&band, group, block);
                    test.compare(&band, groups, block, limit, scratch, |found: Found| {
                        if !itself || found.left < found.right {
                            some.push(Match::new(found, filter));
                        }
                    });
                });
                held.fetch_add(some.len(), Ordering::Relaxed);
                control.add(share);
                some
            }));
            if !single && held.load(Ordering::Relaxed) > most {
                return None;
            }
        }
        sort_into(&mut matches, &all, &rows);
        if tests.len() > 1 {
            // A pair that passes by several filters is one match; the first filter's distance stays.
            matches.dedup_by(|next, kept| {
                let same = (next.left, next.right) == (kept.left, kept.right);
                if same {
                    kept.passed |= next.passed;
                }
                same
            });
        }
        Some(matches)
    }
}

/// Matches that have been computed and not delivered yet.
struct Waiting<'s> {
    sink: &'s mut dyn Sink,
    /// The tile, some of its matches, and, if they are its last, the number of its pairs.
    pieces: Option<(Tile, Vec<Match>, Option<u64>)>,
    /// The buffer of matches that have been delivered.
    spare: Vec<Match>,
    progress: Progress,
}

impl Waiting<'_> {
    fn done_with_waiting(&self) -> u64 {
        let waiting = self.pieces.as_ref().and_then(|(_, _, pairs)| *pairs);
        self.progress.done + waiting.unwrap_or(0)
    }

    fn deliver(&mut self) -> Result<(), Stopped> {
        let Some((tile, matches, pairs)) = self.pieces.take() else {
            return Ok(());
        };
        let mut flow = self.sink.matches(&tile, &matches);
        self.spare = matches;
        let mut next = tile.index;
        if let (Some(pairs), true) = (pairs, flow.is_continue()) {
            self.progress.done += pairs;
            next += 1;
            flow = self.sink.done(&tile, self.progress);
        }
        if flow.is_break() {
            Err(Stopped { tile: next })
        } else {
            Ok(())
        }
    }
}

/// All matches of two filters, in memory.
///
/// # Panics
/// When the filters are not well-shaped or not of one length, or the rule has the denominator 0.
pub(crate) fn all_matches(
    a: &PackedSet,
    b: &PackedSet,
    rule: Rule,
    options: &Options,
) -> Vec<Match> {
    let (left, right) = ([*a], [*b]);
    let sets: [&[PackedSet]; 2] = [&left, &right];
    let mut matches = Vec::new();
    match Join::new(
        &sets,
        &[rule],
        Pairing::Between,
        Sequential::Off,
        *options,
        Cut::default(),
    ) {
        Err(error) => panic!("the caller passes well-shaped filters of one length: {error}"),
        Ok(join) => {
            let finished = join.run(0, &Control::default(), &mut matches);
            debug_assert_eq!(finished, Ok(()), "nobody stops it");
        }
    }
    matches
}

/// Why filters cannot be joined: a mistake in how they were put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// A set does not have one filter for each rule, or there are none or too many.
    Filters(usize),
    /// A threshold has the denominator 0.
    Denominator,
    /// The probability of losing a pair is not between 0 and 1.
    Dismissal,
    /// The same filter has two lengths.
    Bits(usize, usize),
    /// The filters of a set have two numbers of rows.
    Rows(usize, usize),
    /// A filter is not well-shaped.
    Shape(ShapeError),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filters(count) => {
                write!(
                    f,
                    "{count} filters: every set needs one for each rule, from 1 to {MAX_FILTERS}"
                )
            }
            Self::Denominator => write!(f, "a threshold needs a denominator other than 0"),
            Self::Dismissal => write!(
                f,
                "the probability of losing a pair must be above 0 and below 1"
            ),
            Self::Bits(one, other) => write!(
                f,
                "the same filter has {one} bits in one set and {other} in another"
            ),
            Self::Rows(one, other) => {
                write!(f, "two filters of one set have {one} and {other} rows")
            }
            Self::Shape(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for JoinError {}
