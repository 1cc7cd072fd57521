//! The parts of the page that are a sentence, a chart and a table each: from what was sent to which needs come together.

use kinfold_indicators::NeedState;

use super::chart::{self, Bar, Column, Histogram, StackedRow, UpSet, UpSetColumn};
use super::sentences::{self, SEVERAL};
use super::words::{self, number, percent};
use super::{CountedReason, OverlapFacts, ReportData, WeightBin};

/// How many combinations of needs the overlap chart shows before it pools the rest.
const COMBINATIONS_MAX: usize = 15;

/// More columns than this cannot be labelled; neighbours are then joined.
const BINS_MAX: usize = 32;

/// All parts, in the order of the page.
pub(super) fn sections(data: &ReportData) -> Vec<Section> {
    vec![
        received(data),
        known(data),
        joined(data),
        needs(data),
        by_count(data),
        overlap(data),
    ]
}

/// A part of the page made of figures.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) sentence: String,
    pub(super) figures: Vec<Figure>,
    pub(super) note: &'static str,
}

/// A chart and its table, or a table alone.
pub(super) struct Figure {
    pub(super) heading: &'static str,
    /// What the chart says, unless the section's sentence has said it.
    pub(super) sentence: String,
    pub(super) svg: String,
    pub(super) table: Table,
    /// The chart takes the whole width and the table follows it; otherwise they stand side by side.
    pub(super) wide: bool,
    /// The table is long and starts folded on screen (never on paper).
    pub(super) folded: bool,
}

/// A table: the first column names the row, the others are numbers unless listed as words.
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) foot: Vec<String>,
}

pub(super) struct Head {
    pub(super) text: String,
    pub(super) numeric: bool,
}

impl Table {
    fn new(caption: &str, head: &[&str], words: &[usize], rows: Vec<Vec<String>>) -> Self {
        let head = head.iter().enumerate().map(|(position, text)| Head {
            text: (*text).to_string(),
            numeric: position > 0 && !words.contains(&position),
        });
        Self {
            caption: caption.to_string(),
            head: head.collect(),
            rows,
            foot: Vec::new(),
        }
    }

    fn with_foot(mut self, foot: Vec<String>) -> Self {
        self.foot = foot;
        self
    }

    /// Whether a column (by position) holds numbers; the template aligns by it.
    pub(super) fn numeric(&self, column: &usize) -> bool {
        self.head.get(*column).is_some_and(|head| head.numeric)
    }
}

fn received(data: &ReportData) -> Section {
    let sentence = sentences::received(data);
    let total = data.totals.records;
    let bars: Vec<Bar> = data
        .custodians
        .iter()
        .map(|one| Bar {
            label: one.name.clone(),
            value: one.records,
            note: percent(one.records, total),
        })
        .collect();
    let rows = data
        .custodians
        .iter()
        .map(|one| {
            let datasets: Vec<String> = one
                .datasets
                .iter()
                .map(|set| format!("{} ({})", set.id, number(set.records)))
                .collect();
            let datasets = if datasets.is_empty() {
                "none".to_string()
            } else {
                datasets.join(", ")
            };
            vec![
                one.name.clone(),
                number(one.records),
                number(one.events),
                datasets,
            ]
        })
        .collect();
    let events = data.custodians.iter().map(|one| one.events).sum();
    Section {
        id: "received",
        heading: "What the agencies sent",
        figures: vec![Figure {
            heading: "Records by agency",
            sentence: String::new(),
            svg: chart::bars(
                "c-received",
                "Records received, by agency",
                &sentence,
                &bars,
            ),
            table: Table::new(
                "Packages received",
                &[
                    "Agency",
                    "Records",
                    "Events",
                    "Datasets that can show a need (records known in each)",
                ],
                &[3],
                rows,
            )
            .with_foot(vec![
                "All".into(),
                number(total),
                number(events),
                String::new(),
            ]),
            wide: true,
            folded: false,
        }],
        sentence,
        note: "A record is one person's row in one agency's file, sent as a code without names, dates of birth or addresses.",
    }
}

fn known(data: &ReportData) -> Section {
    let sentence = sentences::known(data);
    let groups = &data.totals.people_by_custodians;
    let label = |position: usize| match position {
        0 => "one agency".to_string(),
        _ if position + 1 == groups.len() => {
            format!("all {} agencies", words::spoken(groups.len() as u64))
        }
        _ => format!("{} agencies", words::spoken(position as u64 + 1)),
    };
    let bars: Vec<Bar> = groups
        .iter()
        .enumerate()
        .map(|(position, &people)| Bar {
            label: words::capital(&label(position)),
            value: people,
            note: percent(people, data.totals.people),
        })
        .collect();
    let rows = bars
        .iter()
        .map(|bar| vec![bar.label.clone(), number(bar.value), bar.note.clone()])
        .collect();
    Section {
        id: "known",
        heading: "Who is known to more than one agency",
        figures: vec![Figure {
            heading: "People by number of agencies",
            sentence: String::new(),
            svg: chart::bars(
                "c-known",
                "People by the number of agencies that know them",
                &sentence,
                &bars,
            ),
            table: Table::new(
                "People by number of agencies",
                &["Known to", "People", "Share"],
                &[],
                rows,
            )
            .with_foot(vec![
                "All people".into(),
                number(data.totals.people),
                percent(data.totals.people, data.totals.people),
            ]),
            wide: false,
            folded: false,
        }],
        sentence,
        note: "These counts are exact and not masked. They are for the teams named in the agreement and may not be published.",
    }
}

fn joined(data: &ReportData) -> Section {
    let sentence = sentences::joined(data);
    let links = &data.links;
    let bins = fewer_bins(&links.histogram);
    let zone = |bin: &WeightBin| match f64::midpoint(bin.from, bin.to) {
        centre if centre >= links.link_threshold => "linked",
        centre if centre >= links.review_threshold => "for review",
        _ => "not linked",
    };
    let rows = bins
        .iter()
        .filter(|bin| bin.pairs > 0)
        .map(|bin| {
            vec![
                format!("{} to {}", weight(bin.from), weight(bin.to)),
                number(bin.pairs),
                zone(bin).to_string(),
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
            sentence: String::new(),
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
                &["Match weight", "Pairs", "Becomes"],
                &[2],
                rows,
            ),
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
        "Pairs kept apart by a veto",
        "Veto",
        "Pairs",
        &links.vetoes,
    ));
    figures.extend(reasons(
        "Addresses that form no household",
        "Reason",
        "Addresses",
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

fn needs(data: &ReportData) -> Section {
    let sentence = sentences::needs(data);
    let rows: Vec<StackedRow> = data
        .needs
        .iter()
        .map(|need| StackedRow {
            label: need.name.clone(),
            counts: NeedState::ALL.map(|state| need.count(state)),
        })
        .collect();
    let table_rows = rows
        .iter()
        .map(|row| {
            std::iter::once(row.label.clone())
                .chain(row.counts.iter().map(|&count| number(count)))
                .collect()
        })
        .collect();
    let head: Vec<&str> = std::iter::once("Need")
        .chain(NeedState::ALL.iter().map(|state| state.words()))
        .collect();
    Section {
        id: "needs",
        heading: "Seven needs",
        figures: vec![Figure {
            heading: "Households by state of each need",
            sentence: String::new(),
            svg: chart::stacked(
                "c-needs",
                "Households by state of each need",
                &sentence,
                &rows,
            ),
            table: Table::new("Households by state of each need", &head, &[], table_rows),
            wide: true,
            folded: false,
        }],
        sentence,
        note: "",
    }
}

fn by_count(data: &ReportData) -> Section {
    let sentence = sentences::by_count(data);
    let columns: Vec<Column> = data
        .households_by_current_needs
        .iter()
        .enumerate()
        .map(|(count, &households)| Column {
            label: count.to_string(),
            value: households,
        })
        .collect();
    let rows = columns
        .iter()
        .map(|column| {
            vec![
                column.label.clone(),
                number(column.value),
                percent(column.value, data.totals.households),
            ]
        })
        .collect();
    let bracket = format!("three or more: {}", number(sentences::several(data)));
    Section {
        id: "by-count",
        heading: "How many needs at once",
        figures: vec![Figure {
            heading: "Households by number of current needs",
            sentence: String::new(),
            svg: chart::columns(
                "c-count",
                "Households by number of current needs",
                &sentence,
                "current needs of a household",
                &columns,
                SEVERAL,
                &bracket,
            ),
            table: Table::new(
                "Households by number of current needs",
                &["Current needs", "Households", "Share"],
                &[],
                rows,
            )
            .with_foot(vec![
                "All".into(),
                number(data.totals.households),
                percent(data.totals.households, data.totals.households),
            ]),
            wide: false,
            folded: false,
        }],
        sentence,
        note: "",
    }
}

fn overlap(data: &ReportData) -> Section {
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
    if others > 0 {
        let combinations = sets.len() - COMBINATIONS_MAX;
        rows.push(vec![
            format!("Other combinations ({combinations})"),
            String::new(),
            number(others),
        ]);
        columns.push(UpSetColumn {
            members: Vec::new(),
            value: others,
        });
    }
    let picture = UpSet {
        rows: data.needs.iter().map(|need| need.name.clone()).collect(),
        columns,
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

fn reasons(
    heading: &'static str,
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
        sentence: String::new(),
        svg: chart::bars(&id, heading, heading, &bars),
        table: Table::new(heading, &[what, count], &[], rows),
        wide: false,
        folded: false,
    })
}

/// Joins neighbouring bins until they can be labelled.
fn fewer_bins(bins: &[WeightBin]) -> Vec<WeightBin> {
    let each = bins.len().div_ceil(BINS_MAX).max(1);
    bins.chunks(each)
        .filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            Some(WeightBin {
                from: first.from,
                to: last.to,
                pairs: chunk.iter().map(|bin| bin.pairs).sum(),
            })
        })
        .collect()
}

fn weight(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_string)
        .replace('-', "\u{2212}")
}
