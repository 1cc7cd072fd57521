//! The parts of the page that are a sentence, a chart and a table each: from what was sent to which needs come together.

mod joined;
mod overlap;

use kinfold_indicators::NeedState;

use super::ReportData;
use super::chart::{self, Bar, Column, StackedRow};
use super::sentences::{self, SEVERAL};
use super::words::{self, number, percent};

/// All parts, in the order of the page.
pub(super) fn sections(data: &ReportData) -> Vec<Section> {
    vec![
        received(data),
        known(data),
        joined::joined(data),
        needs(data),
        by_count(data),
        overlap::overlap(data),
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
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the template engine passes arguments by reference"
    )]
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
        note: "A record is one person as one agency knows them, sent as a code without names, dates of birth or addresses.",
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
