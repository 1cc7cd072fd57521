//! Pairs of places whose tokens meet, in bounded memory; and the candidates that they make.

use std::sync::{Mutex, PoisonError};

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

/// The candidates of one round: those from `from` on, up to an end that comes nearer whenever there are too many to keep.
#[derive(Debug)]
pub(super) struct Window {
    from: u128,
    end: Mutex<u128>,
}

impl Window {
    pub(super) fn new(from: u128) -> Self {
        Self {
            from,
            end: Mutex::new(u128::MAX),
        }
    }

    /// Before which hit the round ends; `u128::MAX`, which is no hit, when all are in.
    pub(super) fn end(&self) -> u128 {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the round before `hit` at the latest, and says before which it ends.
    fn end_before(&self, hit: u128) -> u128 {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        *end = hit.min(*end);
        *end
    }
}

/// The hits of one worker.
#[derive(Debug)]
pub(super) struct Hits<'a> {
    window: &'a Window,
    end: u128,
    list: Vec<u128>,
    most: usize,
}

impl<'a> Hits<'a> {
    /// Keeps at most `most` hits, or those of one pair.
    pub(super) fn new(window: &'a Window, most: usize) -> Self {
        Self {
            window,
            end: window.end(),
            list: Vec::new(),
            most: most.max(2),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, hit: u128) {
        if hit < self.window.from || hit >= self.end {
            return;
        }
        if self.list.len() >= self.most {
            self.cut();
            if hit >= self.end {
                return;
            }
        }
        self.list.push(hit);
    }

    /// Gives the later half of the pairs up to a later round.
    #[cold]
    fn cut(&mut self) {
        self.drop_after(self.window.end());
        if self.list.len() < self.most {
            return;
        }
        let middle = self.list.len() / 2;
        let (before, &mut hit, _) = self.list.select_nth_unstable(middle);
        let pair = hit >> SLOTS << SLOTS;
        let end = if before.iter().any(|other| *other < pair) {
            pair
        } else {
            pair + (1 << SLOTS)
        };
        self.drop_after(self.window.end_before(end));
        // All of one pair: there are only as many as slots meet slots.
        if self.list.len() >= self.most {
            self.most *= 2;
        }
    }

    fn drop_after(&mut self, end: u128) {
        self.end = end;
        self.list.retain(|hit| *hit < end);
    }

    /// The hits before the end of the round.
    pub(super) fn finish(mut self) -> Vec<u128> {
        self.drop_after(self.window.end());
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
