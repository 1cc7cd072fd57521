//! Which events fall in a window, and which run together into one spell.
//!
//! The window is half-open, `(reference - look-back, reference]`: an event exactly twelve months before the reference date is too old, one
//! on the reference date counts. So the windows of two yearly runs neither overlap nor leave a gap.

use crate::Event;
use crate::calendar::{Months, add_months};

/// The days after `after`, up to and including `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) after: i32,
    pub(super) until: i32,
}

impl Window {
    pub(super) fn before(reference: i32, look_back: Months) -> Self {
        Self {
            after: add_months(reference, -look_back.0),
            until: reference,
        }
    }

    /// Whether any day of the event lies in the window.
    pub(super) fn overlaps(self, event: &Event) -> bool {
        event.start <= self.until
            && last_day(event.start, event.end, event.ongoing, self.until) > self.after
    }
}

/// The last day of an event as known at the reference date. An end before the start is a slip of the pen: the start stands.
pub(super) fn last_day(start: i32, end: Option<i32>, ongoing: bool, reference: i32) -> i32 {
    let end = match end {
        _ if ongoing => reference,
        Some(end) => end.min(reference),
        None => start,
    };
    end.max(start)
}

/// Events that run together, as positions in the slice they came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spell {
    start: i32,
    end: i32,
    pub(super) events: Vec<usize>,
}

impl Spell {
    /// Whether it lasts at least so many months: a spell from 1 March to 31 August lasts six.
    pub(super) fn lasts(&self, duration: Months) -> bool {
        add_months(self.start, duration.0) <= self.end.saturating_add(1)
    }

    /// Whether it reaches the reference date, give or take the gap.
    pub(super) fn open_at(&self, reference: i32, gap: Option<Months>) -> bool {
        reach(self.end, gap) >= reference
    }

    /// Whether any of its days lies in the window.
    pub(super) fn overlaps(&self, window: Window) -> bool {
        self.start <= window.until && self.end > window.after
    }
}

/// Joins events into spells: those that overlap, touch, or are at most `gap` apart. Events after the reference date are left out.
pub(super) fn spells(
    events: &[(usize, &Event)],
    reference: i32,
    gap: Option<Months>,
) -> Vec<Spell> {
    let mut days: Vec<(i32, i32, usize)> = events
        .iter()
        .filter(|(_, event)| event.start <= reference)
        .map(|&(position, event)| {
            (
                event.start,
                last_day(event.start, event.end, event.ongoing, reference),
                position,
            )
        })
        .collect();
    days.sort_unstable();
    let mut spells: Vec<Spell> = Vec::new();
    for (start, end, position) in days {
        match spells.last_mut() {
            Some(spell) if start <= reach(spell.end, gap).saturating_add(1) => {
                spell.end = spell.end.max(end);
                spell.events.push(position);
            }
            _ => spells.push(Spell {
                start,
                end,
                events: vec![position],
            }),
        }
    }
    spells
}

/// The last day up to which a spell that ended on this day is taken to last.
fn reach(end: i32, gap: Option<Months>) -> i32 {
    gap.map_or(end, |gap| add_months(end, gap.0))
}
