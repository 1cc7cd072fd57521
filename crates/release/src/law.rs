//! How well an attacker's expectation fits what he sees, and how many people a file may therefore have.
//!
//! Over pairs of strangers the similarity that a list predicts and the similarity of the codes have the correlation **rho**. One seen
//! similarity carries rho^2 of signal to noise, filters add up. With nobody known and any amount of computing people can be named from
//! about n = 4 ln n / sum(rho^2) people on; with a factor of four in hand a file keeps n * sum(rho^2) <= ln n, and withstands L known people while
//! L * sum(rho^2) <= 0.1 (composite attack study, section 3 and 5.7).
//!
//! Rho belongs to tokens and people. With the study's tokens and names of like frequency this measure gives 0.061, 0.024 and 0.011 at
//! t = 4, 5 and 6, where the study published 0.067, 0.025 and 0.012; the eleven date tokens of the `standard` schema, two of them under one
//! label, give 0.093, 0.038 and 0.017, and people whose names go with their age 0.019 at t = 6 (`benches/README.md`, Privacy). So what counts
//! is what is measured on the file itself.

use std::io;

use crate::draws::Draws;
use crate::file::View;
use crate::kernel::{Kernel, positions};
use crate::subject::Subject;

/// What pairs of strangers show of one filter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signal {
    /// Pairs that were looked at.
    pub pairs: u64,
    /// Correlation of the expected with the seen similarity.
    pub seen: f64,
    /// The same without the noise of having looked at so many pairs only: the root of l * Var(K), which a seen similarity of noise 1/l gives.
    pub expected: f64,
    /// The root of l * mean(K^2), which counts the mean of K too; the mean tells nobody from anybody.
    pub with_mean: f64,
}

/// Measures a filter on pairs of people by lot who do not share a home.
pub fn signal(view: &View, home: &[u32], pairs: usize, draws: &mut Draws) -> Signal {
    let listed: Vec<u32> = (0..view.tokens.len() as u32)
        .filter(|person| view.tokens[*person as usize].is_some())
        .collect();
    let kernel = Kernel::new(view);
    let look = |a: u32, b: u32| {
        let tokens = |person: u32| view.tokens[person as usize].as_deref().unwrap_or_default();
        let rows = view.row(a as usize).iter().zip(view.row(b as usize));
        let differ = rows.map(|(x, y)| (x ^ y).count_ones()).sum();
        Ok((kernel.between(tokens(a), tokens(b)), differ))
    };
    over_pairs(&listed, home, pairs, view.bits, draws, look).expect("nothing is read")
}

/// The same of a filter of a file, wherever it lies.
pub(crate) fn signal_of(
    subject: &Subject<'_>,
    filter: usize,
    pairs: usize,
    draws: &mut Draws,
) -> io::Result<Signal> {
    let view = &subject.shape.views[filter];
    let rows = 0..subject.records() as u32;
    let listed: Vec<u32> = rows.filter(|row| subject.is_listed(filter, *row)).collect();
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    let mut most = 0;
    for row in &listed {
        subject.tokens(filter, *row, &mut of_a);
        most = most.max(positions(&of_a));
    }
    let kernel = Kernel::up_to(view, most);
    let (mut code_a, mut code_b) = (vec![0; view.bits / 64], vec![0; view.bits / 64]);
    let look = |a: u32, b: u32| {
        subject.tokens(filter, a, &mut of_a);
        subject.tokens(filter, b, &mut of_b);
        subject.codes.words(filter, a as usize, &mut code_a)?;
        subject.codes.words(filter, b as usize, &mut code_b)?;
        let words = code_a.iter().zip(&code_b);
        let differ = words.map(|(x, y)| (x ^ y).count_ones()).sum();
        Ok((kernel.between(&of_a, &of_b), differ))
    };
    over_pairs(&listed, subject.households(), pairs, view.bits, draws, look)
}

/// Draws pairs of listed people; `look` gives the expected covariance of two and the bits in which they differ.
fn over_pairs(
    listed: &[u32],
    home: &[u32],
    pairs: usize,
    bits: usize,
    draws: &mut Draws,
    mut look: impl FnMut(u32, u32) -> io::Result<(f64, u32)>,
) -> io::Result<Signal> {
    if listed.len() < 2 {
        return Ok(Signal::default());
    }
    let bits = bits as f64;
    let mut sums = Sums::default();
    for _ in 0..pairs {
        let a = listed[draws.below(listed.len())];
        let b = listed[draws.below(listed.len())];
        if home[a as usize] == home[b as usize] {
            continue;
        }
        let (expected, differ) = look(a, b)?;
        sums.add(expected, 1.0 - 2.0 * f64::from(differ) / bits);
    }
    Ok(sums.signal(bits))
}

#[derive(Default)]
struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    fn signal(&self, bits: f64) -> Signal {
        if self.n < 2.0 {
            return Signal::default();
        }
        let (x, y) = (self.x / self.n, self.y / self.n);
        let (xx, yy) = (self.xx / self.n - x * x, self.yy / self.n - y * y);
        let xy = self.xy / self.n - x * y;
        let spread = libm::sqrt(xx.max(0.0) * yy.max(0.0));
        // The correlation that a seen similarity of K and independent noise of variance 1/l has.
        let of = |signal: f64| libm::sqrt(bits * signal / (1.0 + bits * signal));
        Signal {
            pairs: self.n as u64,
            seen: if spread > 0.0 { xy / spread } else { 0.0 },
            expected: of(xx.max(0.0)),
            with_mean: of(self.xx / self.n),
        }
    }
}

/// Known people that a file withstands: L * sum(rho^2) <= 0.1.
pub fn known_withstood(signal: f64) -> f64 {
    if signal > 0.0 {
        0.1 / signal
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;

    #[test]
    fn a_signal_by_hand() {
        let mut sums = Sums::default();
        for (x, y) in [(0.0, 1.0), (0.02, 3.0), (0.0, 1.0), (0.02, 3.0)] {
            sums.add(x, y);
        }
        let signal = sums.signal(10_000.0);
        assert!((signal.seen - 1.0).abs() < 1e-9);
        // Var(K) = 0.0001, l Var(K) = 1; mean(K^2) = 0.0002, l mean(K^2) = 2.
        assert!((signal.expected - 0.5f64.sqrt()).abs() < 1e-9);
        assert!((signal.with_mean - (2.0f64 / 3.0).sqrt()).abs() < 1e-9);
        assert!((known_withstood(0.001) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_seen_is_what_the_kernel_expects() {
        let seed = [4; 32];
        let mut before = 1.0;
        for diffusion in [0, 2, 4] {
            let file = made_up::people(400, 4).coded(&seed, diffusion);
            let home: Vec<u32> = (0..400).collect();
            let signal = signal(&file.views[0], &home, 60_000, &mut Draws::new(&seed, "law"));
            assert!(
                (signal.seen - signal.expected).abs() < 0.05,
                "{diffusion} {signal:?}"
            );
            assert!(signal.seen < before);
            before = signal.seen;
        }
    }
}
