//! How the records were joined: weights, pairs of agencies, and what was kept apart.

use super::super::chart::{self, Bar, Histogram};
use super::super::words::{self, number};
use super::super::{CountedReason, ReportData, WeightBin, sentences};
use super::{Figure, Section, Table};

/// More columns than this cannot be labelled; neighbours are then joined.
const BINS_MAX: usize = 32;

/// Match weights this far below the review threshold are all the same to a reader: surely not linked.
const WEIGHTS_BELOW: f64 = 24.0;

/// The part of the page.
pub(super) fn joined(data: &ReportData) -> Section {
    let sentence = sentences::joined(data);
    let links = &data.links;
    let bins = fewer_bins(&pooled(
        &links.histogram,
        links.review_threshold - WEIGHTS_BELOW,
    ));
    let rows = bins
        .iter()
        .filter(|bin| bin.pairs() > 0)
        .map(|bin| {
            vec![
                if bin.from == f64::NEG_INFINITY {
                    format!("below {}", weight(bin.to))
                } else {
                    format!("{} to {}", weight(bin.from), weight(bin.to))
                },
                number(bin.linked),
                number(bin.review),
                number(bin.not_linked),
            ]
        })
        .collect();
    let pair_label = |left: &str, right: &str| {
        if left == right {
            format!("within {left}")
        } else {
            format!("{left} and {right}")
        }
    };
    let mut pairs: Vec<Bar> = links
        .custodian_pairs
        .iter()
        .map(|pair| Bar {
            label: words::capital(&pair_label(&pair.left, &pair.right)),
            value: pair.links,
            note: String::new(),
        })
        .collect();
    pairs.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.label.cmp(&b.label)));
    let pair_rows = pairs
        .iter()
        .map(|bar| vec![bar.label.clone(), number(bar.value)])
        .collect();
    let mut figures = vec![
        Figure {
            heading: "Pairs of records by match weight",
            sentence: "Dark: linked. Striped: for review. Pale: not linked. What becomes of a pair follows its weight, except that a rule, or a record that fits better, can keep it apart or send it to review.".to_string(),
            svg: chart::histogram(
                "c-weights",
                "Pairs of records by match weight",
                &sentence,
                &Histogram {
                    bins: &bins,
                    review: links.review_threshold,
                    link: links.link_threshold,
                },
            ),
            table: Table::new(
                &format!(
                    "Pairs by match weight: linked from {}, for review from {}",
                    weight(links.link_threshold),
                    weight(links.review_threshold)
                ),
                &["Match weight", "Linked", "For review", "Not linked"],
                &[],
                rows,
            )
            .with_foot(vec![
                "All".to_string(),
                number(bins.iter().map(|bin| bin.linked).sum()),
                number(bins.iter().map(|bin| bin.review).sum()),
                number(bins.iter().map(|bin| bin.not_linked).sum()),
            ]),
            wide: true,
            folded: true,
        },
        Figure {
            heading: "Links between agencies",
            sentence: sentences::pairs(data),
            svg: chart::bars(
                "c-pairs",
                "Links by pair of agencies",
                &sentences::pairs(data),
                &pairs,
            ),
            table: Table::new(
                "Links by pair of agencies",
                &["Agencies", "Links"],
                &[],
                pair_rows,
            ),
            wide: false,
            folded: false,
        },
    ];
    figures.extend(reasons(
        "Pairs that a rule kept apart",
        "",
        "Rule",
        "Pairs",
        &links.vetoes,
    ));
    figures.extend(reasons(
        "Further homes that form no household",
        "The agencies leave refuges, hostels, care homes and other communal homes out before anything is sent, so they are not counted here. These are further homes.",
        "Reason",
        "Homes",
        &links.not_households,
    ));
    Section {
        id: "joined",
        heading: "How the records were joined",
        sentence,
        figures,
        note: "A link is a judgement about two codes. Nobody has seen names, so treat a probable link as a reason to ask, not as a fact.",
    }
}

fn reasons(
    heading: &'static str,
    sentence: &str,
    what: &str,
    count: &str,
    reasons: &[CountedReason],
) -> Option<Figure> {
    if reasons.is_empty() {
        return None;
    }
    let bars: Vec<Bar> = reasons
        .iter()
        .map(|one| Bar {
            label: words::capital(&one.reason),
            value: one.count,
            note: String::new(),
        })
        .collect();
    let rows = reasons
        .iter()
        .map(|one| vec![words::capital(&one.reason), number(one.count)])
        .collect();
    let id = format!("c-{}", what.to_lowercase());
    Some(Figure {
        heading,
        sentence: sentence.to_string(),
        svg: chart::bars(&id, heading, heading, &bars),
        table: Table::new(heading, &[what, count], &[], rows),
        wide: false,
        folded: false,
    })
}

/// Puts all bins that end at or below `edge` into one without a lower end.
fn pooled(bins: &[WeightBin], edge: f64) -> Vec<WeightBin> {
    let low = bins.iter().take_while(|bin| bin.to <= edge).count();
    let (below, above) = bins.split_at(low);
    let first = below
        .last()
        .map(|last| together(below, f64::NEG_INFINITY, last.to));
    first.into_iter().chain(above.iter().copied()).collect()
}

/// Joins neighbouring bins until they can be labelled.
fn fewer_bins(bins: &[WeightBin]) -> Vec<WeightBin> {
    let each = bins.len().div_ceil(BINS_MAX).max(1);
    bins.chunks(each)
        .filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            Some(together(chunk, first.from, last.to))
        })
        .collect()
}

/// Several bins as one.
fn together(bins: &[WeightBin], from: f64, to: f64) -> WeightBin {
    WeightBin {
        from,
        to,
        linked: bins.iter().map(|bin| bin.linked).sum(),
        review: bins.iter().map(|bin| bin.review).sum(),
        not_linked: bins.iter().map(|bin| bin.not_linked).sum(),
    }
}

fn weight(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_string)
        .replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(edges: std::ops::Range<i32>) -> Vec<WeightBin> {
        edges
            .map(|edge| WeightBin {
                from: f64::from(edge),
                to: f64::from(edge + 1),
                linked: u64::from(edge >= 8),
                review: 0,
                not_linked: u64::from(edge < 8),
            })
            .collect()
    }

    #[test]
    fn low_weights_are_one_bin_and_no_pair_is_lost() {
        let all = pooled(&bins(-100..20), -20.0);
        assert_eq!(
            (all[0].from, all[0].to, all[0].pairs()),
            (f64::NEG_INFINITY, -20.0, 80)
        );
        assert_eq!(all.len(), 41);
        let fewer = fewer_bins(&all);
        assert!(fewer.len() <= BINS_MAX);
        assert_eq!(fewer.iter().map(WeightBin::pairs).sum::<u64>(), 120);
        assert_eq!(fewer.iter().map(|bin| bin.linked).sum::<u64>(), 12);
        assert_eq!(pooled(&bins(0..5), -20.0).len(), 5);
    }

    #[test]
    fn weights_are_short() {
        assert_eq!(
            (weight(8.0), weight(-2.25)),
            ("8".into(), "\u{2212}2.2".into())
        );
    }
}
