//! A thread that writes pairs, so that comparing does not wait for it: a queue between the two, with room for some hundred thousand.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use kinfold_store::{Error, PairParts, SimilarPair};

/// Pairs that may wait to be written before comparing stands still: 4 MB. What one piece of the comparison finds comes on top.
pub(super) const WAITING_PAIRS: usize = 1 << 18;

/// What the writer is given.
enum Order {
    Pairs(Vec<SimilarPair>),
    TileDone,
}

#[derive(Default)]
struct Queue {
    orders: VecDeque<Order>,
    /// Pairs in the orders, and in the one that is being carried out.
    pairs: usize,
    /// No more orders come.
    closed: bool,
    /// Writing failed: orders are dropped from now on.
    failed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that holds the lock can fail half way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'q>(&self, queue: MutexGuard<'q, Queue>) -> MutexGuard<'q, Queue> {
        let woken = self.changed.wait(queue);
        woken.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left when all is written.
pub(super) struct Written {
    pub(super) parts: PairParts,
    pub(super) failure: Option<Error>,
    /// Time spent writing.
    pub(super) took: Duration,
}

/// The side that gives orders.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: JoinHandle<Written>,
    /// For how long comparing stood still because too much waited to be written.
    pub(super) waited: Duration,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(parts: PairParts) -> Self {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        Self {
            shared,
            thread: thread::spawn(move || work(parts, &own)),
            waited: Duration::ZERO,
        }
    }

    /// Takes pairs, to be written after all before; false when writing has failed.
    pub(super) fn pairs(&self, pairs: Vec<SimilarPair>) -> bool {
        let count = pairs.len();
        self.order(Order::Pairs(pairs), count)
    }

    /// Says that the pairs of a tile are complete; false when writing has failed.
    pub(super) fn tile_done(&self) -> bool {
        self.order(Order::TileDone, 0)
    }

    fn order(&self, order: Order, pairs: usize) -> bool {
        let mut queue = self.shared.lock();
        queue.orders.push_back(order);
        queue.pairs += pairs;
        let is_good = !queue.failed;
        drop(queue);
        self.shared.changed.notify_all();
        is_good
    }

    /// Waits until little enough waits to be written.
    pub(super) fn make_room(&mut self) {
        let began = Instant::now();
        let mut queue = self.shared.lock();
        if queue.pairs <= WAITING_PAIRS {
            return;
        }
        while queue.pairs > WAITING_PAIRS {
            queue = self.shared.wait(queue);
        }
        drop(queue);
        self.waited += began.elapsed();
    }

    /// Waits until all is written.
    pub(super) fn finish(self) -> Written {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        self.thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn work(mut parts: PairParts, shared: &Shared) -> Written {
    let (mut failure, mut took) = (None, Duration::ZERO);
    let mut queue = shared.lock();
    loop {
        let Some(order) = queue.orders.pop_front() else {
            if queue.closed {
                break;
            }
            queue = shared.wait(queue);
            continue;
        };
        drop(queue);
        let mut count = 0;
        if failure.is_none() {
            let began = Instant::now();
            let written = match order {
                Order::Pairs(pairs) => {
                    count = pairs.len();
                    parts.write(pairs)
                }
                Order::TileDone => parts.tile_done(),
            };
            failure = written.err();
            took += began.elapsed();
        } else if let Order::Pairs(pairs) = order {
            count = pairs.len();
        }
        queue = shared.lock();
        queue.pairs -= count;
        queue.failed = failure.is_some();
        shared.changed.notify_all();
    }
    drop(queue);
    Written {
        parts,
        failure,
        took,
    }
}
