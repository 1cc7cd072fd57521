//! Which needs come together.

use super::super::chart::{self, UpSet, UpSetColumn};
use super::super::words::{self, number};
use super::super::{OverlapFacts, ReportData, sentences};
use super::{Figure, Section, Table};

/// How many combinations of needs the overlap chart shows before it pools the rest.
const COMBINATIONS_MAX: usize = 15;

/// The part of the page.
pub(super) fn overlap(data: &ReportData) -> Section {
    let mut sets: Vec<&OverlapFacts> = data
        .overlap
        .iter()
        .filter(|set| !set.indicators.is_empty() && set.households > 0)
        .collect();
    sets.sort_by(|a, b| {
        b.households
            .cmp(&a.households)
            .then_with(|| a.indicators.cmp(&b.indicators))
    });
    let sentence = sentences::overlap(data, &sets);
    let row_of = |id: &String| data.needs.iter().position(|need| need.indicator == *id);
    let mut columns: Vec<UpSetColumn> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for set in sets.iter().take(COMBINATIONS_MAX) {
        let mut members: Vec<usize> = set.indicators.iter().filter_map(row_of).collect();
        members.sort_unstable();
        let names: Vec<String> = set
            .indicators
            .iter()
            .map(|id| words::small(&sentences::indicator_name(data, id)))
            .collect();
        rows.push(vec![
            words::capital(&words::list(&names)),
            set.indicators.len().to_string(),
            number(set.households),
        ]);
        columns.push(UpSetColumn {
            members,
            value: set.households,
        });
    }
    let others: u64 = sets
        .iter()
        .skip(COMBINATIONS_MAX)
        .map(|set| set.households)
        .sum();
    let mut rest = String::new();
    if others > 0 {
        let combinations = sets.len() - COMBINATIONS_MAX;
        rows.push(vec![
            format!("Other combinations ({combinations})"),
            String::new(),
            number(others),
        ]);
        rest = format!(
            "not drawn: {} in {}",
            words::counted(others, "household", "households"),
            words::counted(
                combinations as u64,
                "other combination",
                "other combinations"
            )
        );
    }
    let picture = UpSet {
        rows: data.needs.iter().map(|need| need.name.clone()).collect(),
        columns,
        rest,
    };
    Section {
        id: "overlap",
        heading: "Which needs come together",
        figures: vec![Figure {
            heading: "Households by exact combination of current needs",
            sentence: String::new(),
            svg: chart::upset(
                "c-overlap",
                "Households by combination of current needs",
                &sentence,
                &picture,
            ),
            table: Table::new(
                "Households by combination",
                &[
                    "Current needs, and no others",
                    "How many needs",
                    "Households",
                ],
                &[],
                rows,
            ),
            wide: true,
            folded: false,
        }],
        sentence,
        note: "Dark columns are combinations of three or more needs. Each household is counted once, in its exact combination.",
    }
}
