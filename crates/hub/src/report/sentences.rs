//! The sentence that leads each part: what the chart says, for people who do not read charts.

use std::collections::BTreeSet;

use kinfold_indicators::NeedState;

use super::words::{capital, counted, list, month, number, percent, small, spoken};
use super::{HouseholdFacts, OverlapFacts, ReportData};

/// Households with at least this many current needs come first in programmes that start at three.
pub(super) const SEVERAL: usize = 3;

/// How the model's own estimate compared with the truth where that is known: the sample of 500 households, seed 7.
const HOPEFUL: &str =
    "on the synthetic sample, where truth is known, it expected 0.06 % wrong and 0.3 % were";

pub(super) fn headline(data: &ReportData) -> String {
    format!(
        "{} sent {}. Joined, they describe {} in {}. {} three or more current needs.",
        capital(&counted(data.custodians.len() as u64, "agency", "agencies")),
        counted(data.totals.records, "record", "records"),
        counted(data.totals.people, "person", "people"),
        counted(data.totals.households, "household", "households"),
        has(several(data)),
    )
}

pub(super) fn received(data: &ReportData) -> String {
    let Some(most) = data
        .custodians
        .iter()
        .rev()
        .max_by_key(|custodian| custodian.records)
    else {
        return "No package has been received.".to_string();
    };
    format!(
        "{} sent the most, {} of {} records ({}).",
        most.name,
        number(most.records),
        number(data.totals.records),
        percent(most.records, data.totals.records)
    )
}

pub(super) fn known(data: &ReportData) -> String {
    let several: u64 = data.totals.people_by_custodians.iter().skip(1).sum();
    let mut sentence = format!(
        "{} ({}) {} known to two or more agencies",
        capital(&counted(several, "person", "people")),
        percent(several, data.totals.people),
        if several == 1 { "is" } else { "are" },
    );
    if let [_, _, .., all] = data.totals.people_by_custodians.as_slice() {
        sentence.push_str(&format!(
            ", {} of them to all {}",
            spoken(*all),
            spoken(data.totals.people_by_custodians.len() as u64)
        ));
    }
    if data.totals.people_without_household > 0 {
        let people = counted(
            data.totals.people_without_household,
            "person is",
            "people are",
        );
        sentence.push_str(&format!("; {people} in no household at the reference date"));
    }
    sentence + "."
}

pub(super) fn joined(data: &ReportData) -> String {
    let links = &data.links;
    let mut sentence = format!(
        "{} of records {} linked and {} {} for review.",
        capital(&counted(links.links, "pair", "pairs")),
        if links.links == 1 { "was" } else { "were" },
        spoken(links.review),
        if links.review == 1 { "is" } else { "are" },
    );
    if let Some(share) = links.expected_precision {
        // Rounded up, so that the sentence never promises more than the model does.
        let wrong = ((1.0 - share.clamp(0.0, 1.0)) * 10_000.0 - 1e-6).ceil() / 100.0;
        sentence.push_str(&format!(
            " By the model\u{2019}s own estimate {} % of links are wrong, which is known to be too hopeful: {HOPEFUL}.",
            wrong.max(0.01)
        ));
    }
    if let Some(recall) = links.expected_recall {
        // Rounded down, for the same reason, and the upper end up.
        let tenths = |share: f64| share.clamp(0.0, 1.0) * 1000.0;
        let [share, low] =
            [recall[0], recall[1]].map(|share| (tenths(share) + 1e-6).floor() / 10.0);
        let high = (tenths(recall[2]) - 1e-6).ceil() / 10.0;
        sentence.push_str(&format!(
            " As far as shared keys and facts tell, {share} % of all pairs that are one person are linked ({low} to {high} %); pairs that share nothing cannot be counted, so it is at most this."
        ));
    }
    sentence
}

pub(super) fn pairs(data: &ReportData) -> String {
    match data
        .links
        .custodian_pairs
        .iter()
        .rev()
        .max_by_key(|pair| pair.links)
    {
        Some(most) if most.links > 0 && most.left == most.right => {
            format!(
                "Most links are within {}: {}.",
                most.left,
                number(most.links)
            )
        }
        Some(most) if most.links > 0 => format!(
            "Most links are between {} and {}: {}.",
            most.left,
            most.right,
            number(most.links)
        ),
        _ => "No records were linked.".to_string(),
    }
}

pub(super) fn needs(data: &ReportData) -> String {
    let most = data.needs.iter().rev().max_by_key(|need| need.current);
    let unseen = data.needs.iter().rev().max_by_key(|need| need.no_data);
    let mut sentence = match most {
        Some(most) if most.current > 0 => {
            format!(
                "{} is the most common current need, in {}.",
                most.name,
                counted(most.current, "household", "households")
            )
        }
        _ => "No household has a current need.".to_string(),
    };
    if let Some(unseen) = unseen.filter(|need| need.no_data > 0) {
        sentence.push_str(&format!(
            " Least is known about {}: no agency that could have seen it knows {} ({}).",
            small(&unseen.name),
            counted(unseen.no_data, "household", "households"),
            percent(unseen.no_data, data.totals.households),
        ));
    }
    sentence
}

pub(super) fn by_count(data: &ReportData) -> String {
    let most = data
        .households_by_current_needs
        .iter()
        .rposition(|&households| households > 0)
        .unwrap_or(0);
    let none = data
        .households_by_current_needs
        .first()
        .copied()
        .unwrap_or(0);
    format!(
        "{} three or more current needs; the most for one household is {}. {} none.",
        has(several(data)),
        spoken(most as u64),
        has(none),
    )
}

pub(super) fn overlap(data: &ReportData, largest_first: &[&OverlapFacts]) -> String {
    match largest_first.iter().find(|set| set.indicators.len() >= 2) {
        Some(set) => {
            let names: Vec<String> = set
                .indicators
                .iter()
                .map(|id| small(&indicator_name(data, id)))
                .collect();
            let households = counted(set.households, "household", "households");
            format!(
                "The commonest combination is {}, the only current needs of {households}.",
                list(&names)
            )
        }
        None => "No household has more than one current need.".to_string(),
    }
}

/// What the worklist holds: rows, those of them with a page, and those of them with three or more current needs.
pub(super) struct Listed {
    pub(super) rows: u64,
    pub(super) pages: u64,
    pub(super) several_rows: u64,
    pub(super) several_pages: u64,
}

pub(super) fn worklist(data: &ReportData, listed: &Listed) -> String {
    let several = several(data);
    let with_need: u64 = data.households_by_current_needs.iter().skip(1).sum();
    let mut sentence = format!("{} three or more current needs.", has(several));
    let missing = |shown: u64| several.saturating_sub(shown);
    if several > 0 && missing(listed.several_rows) == 0 && missing(listed.several_pages) == 0 {
        sentence.push_str(" Every one is listed here and has a page below.");
    } else if several > 0 {
        let unlisted = match missing(listed.several_rows) {
            0 => String::new(),
            rows => format!("{} not listed here and ", counted(rows, "is", "are")),
        };
        sentence.push_str(&format!(
            " Of these {unlisted}{} no page below; they are in needs.parquet.",
            counted(missing(listed.several_pages), "has", "have"),
        ));
    }
    if listed.rows < with_need {
        sentence.push_str(&format!(
            " Of {} with a current need the first {} are listed, {} with a page; all are in needs.parquet.",
            counted(with_need, "household", "households"),
            number(listed.rows),
            number(listed.pages),
        ));
    }
    sentence
}

/// What is said where nothing may be said by person.
pub(super) fn as_a_whole(agencies: &BTreeSet<&String>, reason: &str) -> String {
    let agencies: Vec<&String> = agencies.iter().copied().collect();
    let known = if agencies.is_empty() {
        String::new()
    } else {
        format!("This household is known to {}. ", list(&agencies))
    };
    format!(
        "{known}Which agency knows whom, how many records a person has and which links are whose is not shown by person, because {reason}."
    )
}

pub(super) fn household(
    data: &ReportData,
    household: &HouseholdFacts,
    agencies: usize,
    last: Option<i32>,
) -> String {
    let current = household
        .needs
        .iter()
        .filter(|need| need.state == NeedState::Current)
        .count() as u64;
    let total = household.needs.len() as u64;
    let needs = match current {
        0 => format!("none of {} needs has", spoken(total)),
        1 => format!("one of {} needs has", spoken(total)),
        all if all == total => format!("all {} needs have", spoken(total)),
        some => format!("{} of {} needs have", spoken(some), spoken(total)),
    };
    let agencies = capital(&counted(agencies as u64, "agency knows", "agencies know"));
    let recent = data.method.look_back.map_or_else(
        || "current evidence".to_string(),
        |months| format!("evidence in the last {months} months"),
    );
    let mut sentence = format!("{agencies} this household; {needs} {recent}");
    let unseen: Vec<&str> = household
        .needs
        .iter()
        .filter(|need| need.state == NeedState::NoData)
        .map(|need| need.indicator.as_str())
        .collect();
    if !unseen.is_empty() {
        sentence.push_str(&format!(
            "; nothing could be checked for {}",
            spoken(unseen.len() as u64)
        ));
    }
    if let Some(last) = last {
        sentence.push_str(&format!("; the latest event was in {}", month(last)));
    }
    sentence + "."
}

/// Households with [`SEVERAL`] or more current needs.
pub(super) fn several(data: &ReportData) -> u64 {
    data.households_by_current_needs.iter().skip(SEVERAL).sum()
}

/// The name of an indicator, or its id when the totals do not know it.
pub(super) fn indicator_name(data: &ReportData, id: &str) -> String {
    data.needs
        .iter()
        .find(|need| need.indicator == id)
        .map_or_else(|| id.to_string(), |need| need.name.clone())
}

fn has(households: u64) -> String {
    format!(
        "{} {}",
        capital(&counted(households, "household", "households")),
        if households == 1 { "has" } else { "have" }
    )
}
