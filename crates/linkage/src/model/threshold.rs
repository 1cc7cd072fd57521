//! Where to draw the line: the match probability from which linking gives the best expected F1.

/// Bounds of the chosen probability: below, a link would be more likely wrong than right by a margin; above, caution costs more than it saves.
const CHOSEN: std::ops::RangeInclusive<f64> = 0.4..=0.9;

/// The probability from which linked pairs have the largest expected F1, given the probabilities of all candidates and how many matches
/// are among no candidates (Lipton, Elkan and Naryanaswamy, ECML PKDD 2014: the optimum links from half of the F1 that it reaches).
pub(super) fn best(mut probabilities: Vec<f64>, missed: f64) -> f64 {
    probabilities.sort_unstable_by(|a, b| b.total_cmp(a));
    let all: f64 = probabilities.iter().sum::<f64>() + missed;
    let (mut right, mut best, mut chosen) = (0.0, 0.0, *CHOSEN.end());
    for (index, own) in probabilities.iter().enumerate() {
        right += own;
        let f1 = 2.0 * right / (index as f64 + 1.0 + all);
        if f1 > best {
            (best, chosen) = (f1, *own);
        }
    }
    chosen.clamp(*CHOSEN.start(), *CHOSEN.end())
}

/// Expected precision of links of which the model has doubts: on fifty made sets what came out was up to a tenth below what was expected.
const PRECISE: f64 = 0.98;

/// The lowest probability, not below another, from which linked pairs have an expected precision of [`PRECISE`]; one when there is none.
pub(super) fn precise(mut probabilities: Vec<f64>, least: f64) -> f64 {
    probabilities.retain(|own| *own >= least);
    probabilities.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut right, mut chosen) = (0.0, 1.0);
    for (index, own) in probabilities.iter().enumerate() {
        right += own;
        // Pairs of one probability are linked together or not at all.
        let is_last = probabilities.get(index + 1).is_none_or(|next| next < own);
        if is_last && right >= PRECISE * (index as f64 + 1.0) {
            chosen = *own;
        }
    }
    if probabilities.is_empty() {
        least
    } else {
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_half_of_the_f1_that_it_gives() {
        // Many sure pairs and few others: the line is near one half, or the lowest that is allowed.
        let sure: Vec<f64> = (0..1000).map(|n| 1.0 - f64::from(n) / 1000.0).collect();
        let chosen = best(sure, 0.0);
        assert!((0.4..0.45).contains(&chosen), "{chosen}");
        assert!((best(vec![0.99; 50], 0.0) - 0.9).abs() < 1e-9);
        assert!((best(Vec::new(), 0.0) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn doubt_asks_for_precision() {
        let mixed: Vec<f64> = [vec![0.99; 100], vec![0.6; 100]].concat();
        assert!((precise(mixed.clone(), 0.5) - 0.99).abs() < 1e-9);
        // Two of the doubtful ones do no harm.
        assert!((precise([vec![0.99; 100], vec![0.6; 2]].concat(), 0.5) - 0.6).abs() < 1e-9);
        assert!((precise(vec![0.6; 10], 0.5) - 1.0).abs() < 1e-9);
        assert!((precise(mixed, 0.995) - 0.995).abs() < 1e-9);
    }
}
