//! Pairs of places whose tokens meet, in bounded memory; and the candidates that they make.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::KeyCandidate;
use super::files::{KeyFile, Place};

/// Two places, so packed that the order of the numbers is the order of the candidates: both files, both rows, both slots.
pub(super) fn hit(left: Place, right: Place) -> u128 {
    u128::from(left.file) << 112
        | u128::from(right.file) << 96
        | u128::from(left.row) << 64
        | u128::from(right.row) << 32
        | u128::from(left.slot) << 16
        | u128::from(right.slot)
}

/// The bits of a hit that say which slots.
const SLOTS: u32 = 32;

/// Room for hits that a worker asks for at a time.
const STEP: usize = 4096;

/// The candidates of one round: those from `from` on, up to an end that comes nearer whenever there are too many to keep.
#[derive(Debug)]
pub(super) struct Window {
    from: u128,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Before which hit the round ends; `u128::MAX`, which is no hit, when all are in.
    end: u128,
    /// Hits for which no worker has taken the room.
    room: usize,
}

impl Window {
    /// A round from the hit `from` on, with room for `room` hits.
    pub(super) fn new(from: u128, room: usize) -> Self {
        let end = u128::MAX;
        Self {
            from,
            state: Mutex::new(State { end, room }),
        }
    }

    /// Before which hit the round ends; `u128::MAX`, which is no hit, when all are in.
    pub(super) fn end(&self) -> u128 {
        self.state().end
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hits of one worker.
#[derive(Debug)]
pub(super) struct Hits<'a> {
    window: &'a Window,
    end: u128,
    list: Vec<u128>,
    /// How many it may keep.
    room: usize,
    /// How many it may always keep.
    least: usize,
}

impl<'a> Hits<'a> {
    /// Keeps `least` hits, or those of one pair, and more while the window has room.
    pub(super) fn new(window: &'a Window, least: usize) -> Self {
        let least = least.max(2);
        Self {
            window,
            end: window.end(),
            list: Vec::new(),
            room: least,
            least,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, hit: u128) {
        if hit < self.window.from || hit >= self.end {
            return;
        }
        if self.list.len() >= self.room {
            self.make_room();
            if hit >= self.end {
                return;
            }
        }
        self.list.push(hit);
    }

    /// Gives room back when another worker has ended the round earlier.
    pub(super) fn refresh(&mut self) {
        let window = self.window;
        let mut state = window.state();
        if state.end < self.end {
            self.drop_after(&mut state);
        }
    }

    #[cold]
    fn make_room(&mut self) {
        let window = self.window;
        let mut state = window.state();
        if state.end < self.end {
            self.drop_after(&mut state);
        }
        if self.list.len() < self.room {
            return;
        }
        if state.room > 0 {
            let more = state.room.min(STEP);
            state.room -= more;
            self.room += more;
            return;
        }
        // The later half of the pairs is given up to a later round.
        let middle = self.list.len() / 2;
        let (before, &mut hit, _) = self.list.select_nth_unstable(middle);
        let pair = hit >> SLOTS << SLOTS;
        let end = if before.iter().any(|other| *other < pair) {
            pair
        } else {
            pair + (1 << SLOTS)
        };
        state.end = state.end.min(end);
        self.drop_after(&mut state);
        // All of one pair: there are only as many as slots meet slots.
        if self.list.len() >= self.room {
            self.room += STEP;
            self.least += STEP;
        }
    }

    /// Drops what is after the end of the round, and gives back the room that is free.
    fn drop_after(&mut self, state: &mut State) {
        self.end = state.end;
        self.list.retain(|hit| *hit < state.end);
        let keep = (self.list.len() + 1).next_multiple_of(STEP).max(self.least);
        if keep < self.room {
            state.room += self.room - keep;
            self.room = keep;
            self.list.shrink_to(keep);
        }
    }

    /// The hits before the end of the round.
    pub(super) fn finish(mut self) -> Vec<u128> {
        self.refresh();
        self.list
    }
}

/// Compares the tokens of sorted hits in full, and adds the candidates that they make.
pub(super) fn candidates(hits: &[u128], files: &[KeyFile]) -> Vec<KeyCandidate> {
    let mut found = Vec::new();
    for pair in hits.chunk_by(|one, next| one >> SLOTS == next >> SLOTS) {
        let hit = pair[0];
        let mut candidate = KeyCandidate {
            file_a: (hit >> 112) as u16,
            file_b: (hit >> 96) as u16,
            left: (hit >> 64) as u32,
            right: (hit >> 32) as u32,
            types: 0,
        };
        let (a, b) = (
            &files[usize::from(candidate.file_a)],
            &files[usize::from(candidate.file_b)],
        );
        // Equal hashes are all that brought them here; files of two groups have nothing to do with each other.
        if a.group() != b.group() {
            continue;
        }
        let (left, right) = (a.row(candidate.left), b.row(candidate.right));
        for &hit in pair {
            let (one, two) = (usize::from((hit >> 16) as u16), usize::from(hit as u16));
            let key_type = a.slot_types()[one];
            if key_type == b.slot_types()[two] && left[one] == right[two] {
                candidate.types |= 1 << key_type;
            }
        }
        if candidate.types != 0 {
            found.push(candidate);
        }
    }
    found
}

/// Divides sorted hits into pieces of about `most`, none of which ends inside a pair.
pub(super) fn pieces(mut hits: &[u128], most: usize) -> Vec<&[u128]> {
    let mut pieces = Vec::new();
    while hits.len() > most {
        let pair = hits[most] >> SLOTS;
        let more = hits[most..]
            .iter()
            .take_while(|hit| **hit >> SLOTS == pair)
            .count();
        let (piece, rest) = hits.split_at(most + more);
        pieces.push(piece);
        hits = rest;
    }
    pieces.push(hits);
    pieces
}
