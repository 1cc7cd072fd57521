//! `match`: compares every row of one file of encodings with every row of another, or of one file with itself.
//!
//! Files are compared where they lie, tile by tile; pairs go to the disk as they are found ([`stream`], [`writer`]), so memory depends neither
//! on the size of the files nor on the number of pairs, except for the index of one side. Ctrl-C stops between two pieces of work.

mod job;
mod pace;
mod stream;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use kinfold_matcher::{Control, Cut, Join, PackedSet, Pairing, SimdLevel, Stopped, nearest};
use kinfold_message::{Exit, Problem};
use kinfold_store::{PairParts, SimilarPair};
use serde_json::json;

use crate::args::MatchArgs;
use crate::encodings::Encodings;
use crate::interrupt;
use crate::screen::{Answer, Screen};
use job::{Job, TILE_ROWS};
use pace::Pace;
use stream::Stream;
use writer::WAITING_PAIRS;

/// Matches that are held in memory at a time, three times: some 60 MB.
const HELD_MATCHES: usize = 1 << 20;

/// Comparisons from which memory is announced beforehand.
const MANY: u64 = 1_000_000_000;

/// How often the pace is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) fn run(args: &MatchArgs, screen: &Screen) -> Result<Answer, Problem> {
    let job = Job::new(args)?;
    if job.options.simd != SimdLevel::Auto && job.options.simd.resolve() != job.options.simd {
        screen.note(&format!(
            "this processor does not have {:?}; using {:?}",
            job.options.simd,
            job.options.simd.resolve()
        ));
    }
    let parts = if args.resume {
        PairParts::resume(&args.output, &job.description())?
    } else {
        PairParts::create(&args.output, &job.description())?
    };
    let (tiles_before, pairs_before) = (parts.tiles(), parts.pairs());
    if args.resume {
        screen.note(&match tiles_before {
            0 => "nothing to continue: beginning".into(),
            tiles => format!("continuing after {tiles} finished tiles with {pairs_before} pairs"),
        });
    }

    // From here on there is something to tidy up.
    let control = Arc::new(Control::default());
    let cancel = Arc::clone(&control);
    interrupt::at_first(move || cancel.cancel());
    let began = Instant::now();
    let mut stream = Stream::new(parts, job.metric, job.bits(), job.top.is_some());
    let compared = compare(&job, &mut stream, &control, screen);
    let (waited, comparing) = (stream.writer.waited, began.elapsed());
    let mut written = stream.writer.finish();
    let outcome = compared.and_then(|compared| match written.failure.take() {
        Some(error) => Err(error.into()),
        None if compared.stopped.is_some() || control.is_cancelled() => Ok(None),
        None => {
            job.check_unchanged()?;
            let is_there = written.parts.finish(&|| control.is_cancelled())?;
            Ok(is_there.then_some(compared))
        }
    });
    let compared = match outcome {
        Ok(Some(compared)) => compared,
        // A changed input makes every part doubtful; after anything else they are as good as before.
        Err(problem) if problem.code == "E-MATCH-CHANGED" => return Err(problem),
        stopped => {
            let is_long =
                tiles_before > 0 || began.elapsed() >= Duration::from_secs(args.keep_after);
            let is_kept = is_long && written.parts.keep();
            return Err(match stopped {
                Err(problem) => problem,
                Ok(_) => interrupted(args, is_kept),
            });
        }
    };
    let pairs = written.parts.pairs();
    Ok(Answer::new(
        format!(
            "{pairs} pairs of {} comparisons written to {}",
            compared.comparisons,
            args.output.display()
        ),
        json!({
            "pairs": pairs,
            "comparisons": compared.comparisons,
            "seconds": comparing.saturating_sub(waited).as_secs_f64(),
            "seconds_waiting": waited.as_secs_f64(),
            "seconds_writing": written.took.as_secs_f64(),
            "seconds_total": began.elapsed().as_secs_f64(),
            "left": job.left.len(),
            "right": job.other().len(),
            "bits": job.bits(),
            "job": job.description(),
            "dismissal_probability": compared.dismissal,
            "memory_bytes": compared.memory,
            "in_place": [job.left.is_in_place(), job.other().is_in_place()],
            "tiles_resumed": tiles_before,
            "simd": format!("{:?}", job.options.simd.resolve()).to_lowercase(),
        }),
    ))
}

/// What a comparison was like.
struct Compared {
    comparisons: u64,
    /// The largest probability with which a pair that passes is lost.
    dismissal: f64,
    /// Estimated bytes beside the files.
    memory: u64,
    stopped: Option<Stopped>,
}

/// Runs the tiles that are not done yet.
fn compare(
    job: &Job,
    stream: &mut Stream,
    control: &Control,
    screen: &Screen,
) -> Result<Compared, Problem> {
    let nothing = Compared {
        comparisons: 0,
        dismissal: 0.0,
        memory: 0,
        stopped: None,
    };
    let (Some(left), Some(right)) = (job.left.packed(), job.other().packed()) else {
        return Ok(nothing);
    };
    let first = stream.first;
    let done = Arc::clone(&stream.done);
    let seen = Seen {
        control,
        done: &done,
        screen,
    };
    if let Some(most) = job.top {
        let comparisons = left.len() as u64 * right.len() as u64;
        // The matcher's tiles of nearest rows are as long as ours.
        let before = (first * TILE_ROWS as u64 * right.len() as u64).min(comparisons);
        let memory = memory_of_nearest(&right, most);
        let stopped = watched(job, seen, (comparisons, before), memory, || {
            let itself = job.right.is_none();
            nearest(
                &left,
                &right,
                job.rule,
                most,
                itself,
                &job.options,
                first,
                control,
                stream,
            )
        })?;
        Ok(Compared {
            comparisons,
            memory,
            stopped,
            ..nothing
        })
    } else {
        let (one, two) = ([left], [right]);
        let both: [&[PackedSet]; 2] = [&one, &two];
        let (sets, pairing) = if job.right.is_none() {
            (&both[..1], Pairing::Within)
        } else {
            (&both[..], Pairing::Between)
        };
        let cut = Cut {
            tile_rows: TILE_ROWS,
            held_matches: HELD_MATCHES,
        };
        let join = Join::new(sets, &[job.rule], pairing, job.sequential, job.options, cut)
            .map_err(|error| unfit(&error))?;
        let comparisons = join.comparisons();
        let before = pairs_before(&join, first, right.len(), job.right.is_none());
        let memory = join.memory() + memory_of_waiting();
        let stopped = watched(job, seen, (comparisons, before), memory, || {
            Ok(join.run(first, control, stream))
        })?;
        Ok(Compared {
            comparisons,
            dismissal: join.dismissal(),
            memory,
            stopped,
        })
    }
}

/// Pairs in the tiles before the first that is not done.
fn pairs_before(join: &Join, first: u64, right: usize, itself: bool) -> u64 {
    let done = join.tiles().take_while(|tile| tile.index < first);
    done.flat_map(|tile| tile.rows)
        .map(|row| {
            if itself {
                right as u64 - 1 - u64::from(row)
            } else {
                right as u64
            }
        })
        .sum()
}

/// The index of the right side, and twice the matches of a tile.
fn memory_of_nearest(right: &PackedSet, most: usize) -> u64 {
    let index = right.len() * (right.bits / 8 + 12);
    let matches = 3 * TILE_ROWS * most * size_of::<kinfold_matcher::Match>();
    (index + matches) as u64 + memory_of_waiting()
}

/// Pairs that wait to be written, with those that a piece of the comparison adds.
fn memory_of_waiting() -> u64 {
    ((WAITING_PAIRS + HELD_MATCHES) * size_of::<SimilarPair>()) as u64
}

/// How far the work is, and where that is shown.
#[derive(Clone, Copy)]
struct Seen<'a> {
    control: &'a Control,
    done: &'a AtomicU64,
    screen: &'a Screen,
}

/// Runs the work and shows its pace meanwhile.
fn watched(
    job: &Job,
    seen: Seen,
    (comparisons, before): (u64, u64),
    memory: u64,
    work: impl FnOnce() -> Result<Result<(), Stopped>, kinfold_matcher::JoinError>,
) -> Result<Option<Stopped>, Problem> {
    let Seen {
        control,
        done,
        screen,
    } = seen;
    let title = format!(
        "Comparing {} × {} filters",
        job.left.len(),
        job.other().len()
    );
    if comparisons >= MANY {
        screen.note(&format!(
            "  {comparisons} comparisons; about {} of memory beside {} of filters, however many pairs there are",
            pace::size(memory),
            pace::size(job.left.size() + job.right.as_ref().map_or(0, Encodings::size))
        ));
    }
    let step = screen.step(&title, comparisons.max(1));
    let began = Instant::now();
    let (finished, is_finished) = mpsc::channel::<()>();
    let outcome = std::thread::scope(|scope| {
        let step = &step;
        scope.spawn(move || {
            let mut pace = Pace::new(screen, step, comparisons, before);
            while is_finished.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                // The matcher counts within a tile when it looks for pairs, and not when it looks for the nearest.
                pace.at(control.pairs_done().max(done.load(Ordering::Relaxed)));
            }
        });
        let outcome = work();
        drop(finished);
        outcome
    });
    let stopped = outcome.map_err(|error| unfit(&error))?.err();
    let rate = (comparisons - before) as f64 / began.elapsed().as_secs_f64();
    match stopped {
        None => step.done(&pace::speed(rate)),
        Some(_) => step.done("stopped"),
    }
    Ok(stopped)
}

/// The sides were checked before; what is left is said in the matcher's words.
fn unfit(error: &kinfold_matcher::JoinError) -> Problem {
    Problem::new(
        "E-MATCH-FILE",
        Exit::CouldNotRun,
        format!("the encodings cannot be compared: {error}"),
        "check that both files were made with the same linkage schema",
    )
}

fn interrupted(args: &MatchArgs, is_kept: bool) -> Problem {
    let folder = PairParts::folder_of(&args.output);
    let (what, hint) = if is_kept {
        (
            format!(
                "interrupted; no output was written, and finished parts are in `{}`",
                folder.display()
            ),
            "add `--resume` to the same command to continue, or remove the folder",
        )
    } else {
        (
            "interrupted; no output was written, and nothing is left of the run".to_owned(),
            "run the same command again to start from the beginning",
        )
    };
    Problem::new("E-MATCH-INTERRUPTED", Exit::Interrupted, what, hint)
}
