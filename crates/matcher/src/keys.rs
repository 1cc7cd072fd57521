//! Pairs of records that share a match key.

mod files;
mod hits;
#[cfg(test)]
mod laws;
mod meet;
mod partition;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::Options;
use files::Places;
pub use files::{KeyFile, KeyFileError};
use hits::{Hits, Window};
use meet::{Crowds, Meeting, Rules};
use partition::{Layout, Scatter};

/// The most key types that a [`KeyMatch`] can name.
pub const MAX_KEY_TYPES: usize = 128;

/// The most files that one join takes.
pub const MAX_KEY_FILES: usize = 65_536;

/// Bits of a word that the place of a token may take: the other 16 and those of the partition are left for its hash.
const MAX_PLACE_BITS: u32 = 48;
/// Tokens that one partition holds when they are spread evenly: 128 KiB of words and as much again to see what meets.
const PARTITION: u64 = 1 << 14;
/// Two to this power is about the most partitions that one pass fills side by side: the chunks under way take 2 MiB a worker then.
const PASS_BITS: u32 = 13;
/// Two to this power is the most partitions of all passes: a worker counts the tokens of each in 8 MiB.
const MAX_PARTITION_BITS: u32 = 20;
/// Tokens that a worker takes at a time.
const PIECE: usize = 1 << 16;
/// Hits that a worker may keep when the others have taken all room.
const LEAST_HITS: usize = 4096;
/// Hits that a worker compares in full at a time.
const HITS: usize = 1 << 14;

/// The match keys of a file: `slots` tokens a record, row-major. Which key type a slot belongs to is the same for all records.
/// Unused slots hold random tokens, which meet nothing.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable<'a> {
    /// Tokens of each record.
    pub slots: usize,
    /// All tokens, record after record.
    pub tokens: &'a [[u8; 16]],
}

/// Two records that share at least one token of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyMatch {
    /// Row number on the left.
    pub left: u32,
    /// Row number on the right.
    pub right: u32,
    /// Bit `i` is set when a token of key type `i` is the same in both.
    pub types: u128,
}

/// Two records, of two of many files or of one, that share at least one token of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyCandidate {
    /// Number of the left record's file.
    pub file_a: u16,
    /// Number of the right record's file: above `file_a`, or the same for a pair within a file.
    pub file_b: u16,
    /// Row number in `file_a`.
    pub left: u32,
    /// Row number in `file_b`; above `left` within a file.
    pub right: u32,
    /// Bit `i` is set when a token of key type `i` is the same in both.
    pub types: u128,
}

/// What happens to a crowded token: one that would make a candidate, and that more than a number of records of one file hold. Two files
/// of which 1,000 records each hold it would make a million candidates of it. In a file that keeps the rule of one record a value,
/// no token is crowded at a limit of 1. A token that meets nothing is never crowded, however many records of its file hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// It makes all its candidates. Memory stays bounded; time does not.
    Keep,
    /// Nothing is delivered: [`KeyJoinError::Crowded`].
    Refuse(u32),
    /// It makes no candidate of its own and is counted in [`KeyJoinReport::crowded`].
    LeaveOut(u32),
}

impl Crowd {
    fn limit(self) -> u32 {
        match self {
            Self::Keep => u32::MAX,
            Self::Refuse(limit) | Self::LeaveOut(limit) => limit,
        }
    }
}

/// How to join match keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyJoin {
    /// Number of threads; 0 uses the pool that is already there. It changes the time taken, never the answer.
    pub threads: usize,
    /// Working memory in bytes, beside the tokens themselves and some MiB a thread. It changes the time taken, never the answer. One
    /// pass over the input needs 16 bytes a token and, for every 64 bytes, one pair of equal tokens; with less there are several passes.
    pub memory: usize,
    /// Whether pairs of records of one file are candidates too.
    pub within: bool,
    /// What happens to a token that many records hold.
    pub crowd: Crowd,
}

impl Default for KeyJoin {
    /// All cores, 1 GiB, pairs of different files only, and an error when more than 1,000 records of a file hold a token that meets.
    fn default() -> Self {
        Self {
            threads: 0,
            memory: 1 << 30,
            within: false,
            crowd: Crowd::Refuse(1_000),
        }
    }
}

/// What a join of match keys did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyJoinReport {
    /// Tokens of all files.
    pub tokens: u64,
    /// Candidates delivered.
    pub candidates: u64,
    /// Tokens left out because too many records hold them.
    pub crowded: u64,
    /// How often the tokens were read: once, or more for want of memory.
    pub passes: u64,
}

/// Why a join of match keys ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyJoinError<E> {
    /// More files than [`MAX_KEY_FILES`], or so many files, rows and slots that their numbers together take more than 48 bits.
    TooLarge,
    /// Too many records of a file hold one token.
    Crowded {
        /// Number of the file.
        file: u16,
        /// Type of the token.
        key_type: u8,
        /// How many records of the file hold it.
        holders: u32,
    },
    /// What takes the candidates failed.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for KeyJoinError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(formatter, "too many files, rows and slots to join at once"),
            Self::Crowded {
                file,
                key_type,
                holders,
            } => write!(
                formatter,
                "{holders} records of file {file} hold the same match key of type {key_type}"
            ),
            Self::Sink(error) => error.fmt(formatter),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for KeyJoinError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sink(error) => error.source(),
            _ => None,
        }
    }
}

/// Finds all pairs of records of different files that share at least one token of the same type, and delivers them to `sink` in parts,
/// sorted by `(file_a, file_b, left, right)` overall, each pair once. An error of the sink ends the join.
///
/// # How
/// Each token becomes a word of eight bytes: leading bits of a hash of type and token, and its place. Words are dealt out to
/// partitions by the very first bits, in parallel, from where the tokens are; each partition then fits a core's cache. There a table of
/// a byte for each value of the leading bits drops the words that no other file has, which is nearly all that meet nothing, and
/// the rest are sorted. Words that meet become pairs of places, and these, sorted, candidates, whose tokens are compared in full:
/// the answer does not rest on the hash.
///
/// With less memory than all words take, each pass over the tokens does a range of partitions; when there are more pairs than memory,
/// each round of passes delivers the next pairs in order. Nothing is written to disk, since mapped tokens can be read again.
/// What was tried and is not here is told with its figures in the README of this crate.
///
/// # Errors
/// [`KeyJoinError`].
pub fn join_key_files<E: Send>(
    files: &[KeyFile],
    how: &KeyJoin,
    sink: impl FnMut(&[KeyCandidate]) -> Result<(), E> + Send,
) -> Result<KeyJoinReport, KeyJoinError<E>> {
    let places = Places::of(files);
    if files.len() > MAX_KEY_FILES || places.bits > MAX_PLACE_BITS {
        return Err(KeyJoinError::TooLarge);
    }
    let options = Options {
        threads: how.threads,
        ..Options::default()
    };
    options.run(|| Join::new(files, places, how).run(sink))
}

/// A join under way.
struct Join<'a> {
    rules: Rules<'a>,
    pieces: Vec<(usize, u32, &'a [[u8; 16]])>,
    tokens: u64,
    workers: usize,
    /// Words that fit.
    words: u64,
    /// Hits that fit.
    hits: usize,
}

impl<'a> Join<'a> {
    fn new(files: &'a [KeyFile<'a>], places: Places, how: &KeyJoin) -> Self {
        let tokens: u64 = files.iter().map(KeyFile::tokens).sum();
        // Half for words, a quarter for hits and a quarter for putting them together.
        let words = (how.memory / 2 / size_of::<u64>()) as u64;
        let in_partition = PARTITION
            .min(words / 4)
            .max(words.min(tokens) >> PASS_BITS)
            .max(1);
        let partition_bits = (tokens / in_partition)
            .max(1)
            .ilog2()
            .min(MAX_PARTITION_BITS);
        let layout = Layout {
            places,
            partition_bits,
        };
        let pieces = files.iter().enumerate().flat_map(|(number, file)| {
            let rows = (PIECE / file.slots().max(1)).max(1);
            file.pieces(rows)
                .map(move |(first, piece)| (number, first, piece))
        });
        Self {
            rules: Rules {
                files,
                layout,
                within: how.within,
                crowd: how.crowd,
            },
            pieces: pieces.collect(),
            tokens,
            workers: rayon::current_num_threads().max(1),
            words,
            hits: how.memory / 4 / size_of::<u128>(),
        }
    }

    fn run<E>(
        &self,
        mut sink: impl FnMut(&[KeyCandidate]) -> Result<(), E>,
    ) -> Result<KeyJoinReport, KeyJoinError<E>> {
        let mut report = KeyJoinReport {
            tokens: self.tokens,
            ..KeyJoinReport::default()
        };
        let ranges = self.plan(&mut report);
        let mut from = 0;
        loop {
            let window = Window::new(from, self.hits);
            let (hits, crowds) = self.round(&ranges, &window);
            report.passes += ranges.len() as u64;
            // Every round meets the same ones.
            report.crowded = crowds.tokens;
            if let Crowd::Refuse(_) = self.rules.crowd
                && let Some((key_type, _, holders, file)) = crowds.first
            {
                return Err(KeyJoinError::Crowded {
                    file,
                    key_type,
                    holders,
                });
            }
            self.deliver(&hits, &mut |found: &[KeyCandidate]| {
                report.candidates += found.len() as u64;
                sink(found).map_err(KeyJoinError::Sink)
            })?;
            from = window.end();
            if from == u128::MAX {
                return Ok(report);
            }
        }
    }

    /// Which partitions each pass does. Where one pass is not enough the tokens of each are counted first, so that tokens that are not
    /// spread evenly do not take more memory than there is. (A partition that alone is too large is done alone.)
    fn plan(&self, report: &mut KeyJoinReport) -> Vec<Range<usize>> {
        let layout = self.rules.layout;
        let partitions = 1 << layout.partition_bits;
        if self.tokens <= self.words {
            return std::iter::once(0..partitions).collect();
        }
        report.passes += 1;
        let mut counts = vec![vec![0u64; partitions]; self.workers];
        let next = AtomicUsize::new(0);
        counts.par_iter_mut().for_each(|counts| {
            while let Some(&(number, first, tokens)) =
                self.pieces.get(next.fetch_add(1, Ordering::Relaxed))
            {
                layout.count(&self.rules.files[number], first, tokens, counts);
            }
        });
        let mut ranges = Vec::new();
        let (mut start, mut held) = (0, 0);
        for partition in 0..partitions {
            let count: u64 = counts.iter().map(|counts| counts[partition]).sum();
            if held + count > self.words && partition > start {
                ranges.push(start..partition);
                (start, held) = (partition, 0);
            }
            held += count;
        }
        ranges.push(start..partitions);
        ranges
    }

    /// All hits in a window, sorted, and the crowded tokens.
    fn round(&self, ranges: &[Range<usize>], window: &Window) -> (Vec<u128>, Crowds) {
        let mut scatters: Vec<Scatter> = (0..self.workers).map(|_| Scatter::default()).collect();
        let mut meetings: Vec<(Meeting, Hits)> = (0..self.workers)
            .map(|_| {
                (
                    Meeting::default(),
                    Hits::new(window, (self.hits / self.workers).min(LEAST_HITS)),
                )
            })
            .collect();
        for range in ranges {
            let next = AtomicUsize::new(0);
            scatters.par_iter_mut().for_each(|scatter| {
                scatter.begin(range.clone());
                while let Some(&(number, first, tokens)) =
                    self.pieces.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    scatter.take(
                        self.rules.layout,
                        &self.rules.files[number],
                        number,
                        first,
                        tokens,
                    );
                }
            });
            let next = AtomicUsize::new(range.start);
            meetings.par_iter_mut().for_each(|(meeting, hits)| {
                loop {
                    let partition = next.fetch_add(1, Ordering::Relaxed);
                    if partition >= range.end {
                        break;
                    }
                    hits.refresh();
                    meeting.partition(&scatters, partition, self.rules, hits);
                }
            });
        }
        drop(scatters);
        let mut all = Vec::new();
        let mut crowds = Crowds::default();
        for (meeting, hits) in meetings {
            crowds.merge(&meeting.crowds);
            let mut list = hits.finish();
            if all.is_empty() {
                all = list;
            } else {
                all.append(&mut list);
            }
        }
        all.par_sort_unstable();
        (all, crowds)
    }

    /// Makes candidates of hits, a few pieces side by side, and delivers them in order.
    fn deliver<E>(
        &self,
        hits: &[u128],
        sink: &mut impl FnMut(&[KeyCandidate]) -> Result<(), E>,
    ) -> Result<(), E> {
        let pieces = hits::pieces(hits, HITS);
        for some in pieces.chunks(self.workers * 4) {
            let found: Vec<Vec<KeyCandidate>> = some
                .par_iter()
                .map(|piece| hits::candidates(piece, self.rules.files))
                .collect();
            for candidates in found.iter().filter(|candidates| !candidates.is_empty()) {
                sink(candidates)?;
            }
        }
        Ok(())
    }
}

/// All pairs that share at least one token of the same type, sorted by `(left, right)`. `slot_types[s]` is the key type of slot
/// `s`, below [`MAX_KEY_TYPES`]. This is [`join_key_files`] of two files, with the candidates in memory and no limit to how many records
/// may hold a token.
///
/// A token that many records of both files hold makes a pair of each combination. In a file that keeps the rule of one record a
/// value, no token does.
///
/// # Panics
/// When the tables do not have one token for each entry of `slot_types` in every row, when a type is too large, or when there are too
/// many rows for a `u32`.
pub fn join_keys(
    a: &KeyTable,
    b: &KeyTable,
    slot_types: &[u8],
    options: &Options,
) -> Vec<KeyMatch> {
    assert_eq!(a.slots, slot_types.len(), "every slot has a type");
    assert_eq!(b.slots, slot_types.len(), "every slot has a type");
    let files = [a, b].map(|table| {
        KeyFile::new(slot_types)
            .and_then(|mut file| file.push(table.tokens).map(|()| file))
            .expect("the tokens are whole rows, and key types fit the bits of a match")
    });
    let how = KeyJoin {
        threads: options.threads,
        crowd: Crowd::Keep,
        ..KeyJoin::default()
    };
    let mut matches = Vec::new();
    join_key_files(&files, &how, |found| {
        matches.extend(found.iter().map(|pair| KeyMatch {
            left: pair.left,
            right: pair.right,
            types: pair.types,
        }));
        Ok::<(), std::convert::Infallible>(())
    })
    .expect("two files of one layout are not too large, and nothing else can fail");
    matches
}
