//! The page as the template sees it: every number already a word, every chart already drawn.

use askama::Template;
use kinfold_indicators::NeedState;

use super::ReportData;
use super::chart;
use super::household::{HouseholdView, WorklistRow};
use super::sections::Section;
use super::sentences::{self, Listed};
use super::words::{self, number};

/// With more evidence sentences than this, a household starts with them folded (on screen only).
const JOINS_OPEN_MAX: usize = 6;

/// The whole page.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page<'a> {
    css: &'static str,
    symbols: &'static str,
    data: &'a ReportData,
    reference_date: String,
    period: String,
    expires: String,
    headline: String,
    tiles: Vec<Tile>,
    sections: Vec<Section>,
    states: Vec<StateKey>,
    worklist_sentence: String,
    worklist: Vec<WorklistRow>,
    households: Vec<HouseholdView>,
    rule_pack_short_hash: String,
    /// What each need means: name and sentence.
    meanings: Vec<(String, String)>,
}

/// A figure in large type.
struct Tile {
    number: String,
    label: &'static str,
}

/// What a state means.
struct StateKey {
    mark: String,
    word: &'static str,
    meaning: &'static str,
}

impl<'a> Page<'a> {
    pub(super) fn new(data: &'a ReportData) -> Self {
        let ordered = super::household::in_order(data);
        // The order puts those with several needs first.
        let several = ordered
            .iter()
            .take_while(|household| super::household::current(household) >= sentences::SEVERAL)
            .count();
        let up_to = |least: usize| ordered.len().min(several.min(data.limits.most).max(least));
        let sections = up_to(data.limits.sections);
        let rows = up_to(data.limits.worklist_rows).max(sections);
        let listed = Listed {
            rows: rows as u64,
            pages: sections as u64,
            several_rows: several.min(rows) as u64,
            several_pages: several.min(sections) as u64,
        };
        Self {
            css: include_str!("../../templates/report.css"),
            symbols: chart::symbols(),
            data,
            reference_date: words::date(data.reference_date),
            period: words::iso(&data.period),
            expires: words::iso(&data.agreement.expires),
            headline: sentences::headline(data),
            tiles: tiles(data),
            sections: super::sections::sections(data),
            states: states(),
            worklist_sentence: sentences::worklist(data, &listed),
            worklist: ordered
                .iter()
                .take(rows)
                .enumerate()
                .map(|(at, h)| WorklistRow::new(data, h, at < sections))
                .collect(),
            households: ordered
                .iter()
                .take(sections)
                .map(|household| HouseholdView::new(data, household))
                .collect(),
            meanings: data
                .needs
                .iter()
                .map(|need| (need.name.clone(), words::capital(&need.meaning) + "."))
                .collect(),
            rule_pack_short_hash: data.method.rule_pack_hash.chars().take(12).collect(),
        }
    }
}

fn tiles(data: &ReportData) -> Vec<Tile> {
    vec![
        Tile {
            number: number(data.totals.records),
            label: "records received",
        },
        Tile {
            number: number(data.totals.people),
            label: "people they describe",
        },
        Tile {
            number: number(data.totals.households),
            label: "households formed",
        },
        Tile {
            number: number(sentences::several(data)),
            label: "households with three or more current needs",
        },
    ]
}

fn states() -> Vec<StateKey> {
    NeedState::ALL
        .into_iter()
        .map(|state| StateKey {
            mark: chart::state_mark(state),
            word: state.words(),
            meaning: match state {
                NeedState::Current => "A rule of the rule pack holds at the reference date; the events are listed.",
                NeedState::Past => "There is evidence, but it is older than the rules look back.",
                NeedState::Checked => "An agency that would have seen it knows somebody in the household and found nothing.",
                NeedState::NoData => "No agency that could have seen it knows anybody in the household. This does not mean that there is no need.",
                NeedState::Withheld => "A member\u{2019}s records are protected by a rule, so nothing is said either way. Ask the agency.",
            },
        })
        .collect()
}
