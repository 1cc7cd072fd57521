//! How fast a comparison goes, and how long the rest takes.

use std::time::{Duration, Instant};

use crate::screen::{Screen, Step};

/// A run that takes longer than this is announced.
const LONG: Duration = Duration::from_secs(10);

/// Measured for so long before the rest is estimated.
const SAMPLE: Duration = Duration::from_secs(1);

/// Where there is no bar, a line comes as often as this.
const LINE_EVERY: Duration = Duration::from_mins(1);

/// The pace of a running comparison.
pub(super) struct Pace<'a> {
    screen: &'a Screen,
    step: &'a Step,
    total: u64,
    /// Pairs that an earlier run did.
    before: u64,
    began: Instant,
    announced: bool,
    line_after: Duration,
}

impl<'a> Pace<'a> {
    pub(super) fn new(screen: &'a Screen, step: &'a Step, total: u64, before: u64) -> Self {
        Self {
            screen,
            step,
            total,
            before,
            began: Instant::now(),
            announced: false,
            line_after: LINE_EVERY,
        }
    }

    /// Shows how far it is, and at the right moment how long it will take.
    pub(super) fn at(&mut self, done: u64) {
        let elapsed = self.began.elapsed();
        let done = done.min(self.total);
        let Some((rate, left)) =
            estimate(elapsed, done.saturating_sub(self.before), self.total - done)
        else {
            return;
        };
        self.step.at(done);
        let pace = format!("{}, {} left", speed(rate), duration(left));
        self.step.pace(&pace);
        if !self.announced && elapsed >= SAMPLE {
            self.announced = true;
            if left >= LONG {
                self.screen.note(&format!(
                    "  at the pace of the first {}: {pace}",
                    duration(elapsed)
                ));
            }
        } else if elapsed >= self.line_after {
            self.line_after = elapsed + LINE_EVERY;
            let percent = (done as f64 / self.total as f64) * 100.0;
            self.step.line(&format!("{percent:.0} % done, {pace}"));
        }
    }
}

/// Pairs a second, and how long the rest takes; none before there is anything to tell it from.
fn estimate(elapsed: Duration, done: u64, rest: u64) -> Option<(f64, Duration)> {
    if done == 0 || elapsed.is_zero() {
        return None;
    }
    let rate = done as f64 / elapsed.as_secs_f64();
    Duration::try_from_secs_f64(rest as f64 / rate)
        .ok()
        .map(|left| (rate, left))
}

/// A rate in words.
pub(super) fn speed(rate: f64) -> String {
    if rate >= 1e9 {
        format!("{:.1} thousand million pairs a second", rate / 1e9)
    } else if rate >= 1e6 {
        format!("{:.0} million pairs a second", rate / 1e6)
    } else {
        format!("{rate:.0} pairs a second")
    }
}

/// A length of time in words: two units are enough.
pub(super) fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Bytes in words.
pub(super) fn size(bytes: u64) -> String {
    if bytes >= 10_000_000_000 {
        format!("{} GB", bytes / 1_000_000_000)
    } else {
        format!("{} MB", bytes.div_ceil(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_the_pace_says() {
        let second = Duration::from_secs(1);
        assert_eq!(estimate(second * 2, 100, 300), Some((50.0, second * 6)));
        assert_eq!(estimate(second, 0, 300), None);
        assert_eq!(estimate(Duration::ZERO, 1, 300), None);
    }

    #[test]
    fn figures_are_in_words() {
        assert_eq!(speed(2.34e9), "2.3 thousand million pairs a second");
        assert_eq!(speed(7.6e6), "8 million pairs a second");
        assert_eq!(speed(12.0), "12 pairs a second");
        assert_eq!(duration(Duration::from_secs(119)), "119 s");
        assert_eq!(duration(Duration::from_secs(150)), "2 min");
        assert_eq!(duration(Duration::from_mins(121)), "2 h 1 min");
        assert_eq!(size(1), "1 MB");
        assert_eq!(size(12_000_000_000), "12 GB");
    }
}
